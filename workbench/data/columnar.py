"""Parquet, saved datasets and the hub: sources that are columns already."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from workbench.data.files import HUB
from workbench.data.readers import BATCH_BYTES, BATCH_ROWS, Batch, Failure
from workbench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbench.data.files import InputFile

_NAMES = {"parquet": "Parquet file", "datasets": "directory that save_to_disk wrote", "hub": "dataset"}


def read_columnar(file: InputFile) -> Iterator[Batch]:
    """Read a Parquet file, a directory that ``datasets`` saved, or a name on the hub; see ``readers.read``."""
    done = 0
    try:
        for batch in _parquet(file) if file.format == "parquet" else _dataset(_saved(file) if file.format == "datasets" else _from_hub(file.name)):
            yield _batch(batch, done, file.name)
            done += batch.num_rows
    except (pa.ArrowException, OSError) as error:
        place = f" behind row {done}" if done else ""
        raise DataError(f"{file.name} cannot be read{place}: {_first_line(error)}.", expected=f"a whole {_NAMES[file.format]}") from None
    yield Batch(file=file.name, lines=[], columns={}, consumed=file.size)


def hub_fingerprint(name: str) -> str:
    """What ``datasets`` knows this version of a dataset by."""
    return str(_from_hub(name)._fingerprint)  # noqa: SLF001 - there is no public name for it


def _parquet(file: InputFile) -> Iterator[pa.RecordBatch]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(file.path) as parquet:
        names = parquet.schema_arrow.names
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            raise DataError(f"{file.name} has {', '.join(map(repr, repeated))} more than once.", expected="each column by its own name")
        metadata = parquet.metadata
        size = sum(metadata.row_group(group).total_byte_size for group in range(metadata.num_row_groups))
        yield from parquet.iter_batches(batch_size=max(1, min(BATCH_ROWS, BATCH_BYTES * metadata.num_rows // max(size, 1))))


def _saved(file: InputFile) -> Any:
    import datasets

    try:
        return datasets.load_from_disk(str(file.path))
    except Exception as error:  # noqa: BLE001 - whatever datasets raises on a damaged directory
        raise DataError(f"{file.name} cannot be read by datasets: {_first_line(error)}.", expected="a directory that save_to_disk wrote") from None


def _from_hub(name: str) -> Any:
    import datasets

    path, _, split = name.removeprefix(HUB).partition("@")
    if not path or not split:
        raise DataError(f"{name} does not say which split.", expected="hf://owner/name@split")
    try:
        return datasets.load_dataset(path, split=split)
    except Exception as error:  # noqa: BLE001 - whatever datasets raises without a network, for a wrong name, ...
        raise DataError(f"{name} cannot be loaded: {_first_line(error)}.", advice="Without a network, give files or a saved dataset.") from None


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0].rstrip(".")


def _dataset(dataset: Any) -> Iterator[pa.RecordBatch]:
    """The rows of a ``datasets.Dataset``, its class numbers turned into the names of the classes."""
    from datasets import ClassLabel

    classes = {name: pa.array(feature.names, pa.large_string()) for name, feature in dataset.features.items() if isinstance(feature, ClassLabel)}
    for table in dataset.with_format("arrow").iter(batch_size=BATCH_ROWS):
        for batch in table.combine_chunks().to_batches():
            columns = {name: batch.column(name) for name in batch.schema.names}
            for name, names in classes.items():
                numbers = columns[name]
                known = pc.and_(pc.greater_equal(numbers, 0), pc.less(numbers, len(names)))  # -1 stands for no label
                columns[name] = names.take(pc.if_else(known, numbers, None))
            yield pa.RecordBatch.from_pydict(columns)


def _batch(batch: pa.RecordBatch, done: int, file: str) -> Batch:
    """Rows as a batch; what Arrow holds and Python cannot (texts that are not UTF-8, times beyond the year 9999) sets its row aside."""
    numbers = range(done + 1, done + 1 + batch.num_rows)
    bad: dict[int, str] = {}
    for name in batch.schema.names:
        column = batch.column(name)
        try:
            column.validate(full=True)
            if pa.types.is_temporal(column.type):
                column.to_pylist()
        except (OverflowError, ValueError):
            bad.update({position: f"{name}: {problem}" for position, problem in _unreadable(column)})
    good = batch.filter(pa.array([position not in bad for position in range(batch.num_rows)])) if bad else batch
    return Batch(
        file=file,
        lines=[number for position, number in enumerate(numbers) if position not in bad],
        columns=dict(zip(good.schema.names, good.columns, strict=True)),
        failures=[Failure(file=file, line=numbers[position], reason=bad[position], excerpt="") for position in sorted(bad)],
    )


def _unreadable(column: pa.Array) -> Iterator[tuple[int, str]]:
    for position, value in enumerate(column):
        try:
            value.as_py()
        except UnicodeDecodeError:
            yield position, "not UTF-8"
        except (OverflowError, ValueError) as error:
            yield position, _first_line(error)
