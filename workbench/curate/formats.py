"""The file formats of an export, each read back by the importer as the same examples.

A format is one function from pages of examples to a file. A format that cannot hold the roles of a dataset is refused before anything is written.
"""

from __future__ import annotations

import itertools
import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast, get_args

from workbench.errors import DataError, UnknownNameError
from workbench.types import RoleType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    import pyarrow as pa

    from workbench.store import DatasetRecord
    from workbench.types import Role

    Record = Mapping[str, object]

FormatName = Literal["jsonl", "parquet", "datasets", "messages", "alpaca", "sharegpt", "squad"]
FORMATS: tuple[str, ...] = get_args(FormatName)

_OWN_COLUMNS = ("example_id", "source")
_CONVERSATION = {"prompt": RoleType.TEXT, "input": RoleType.TEXT, "response": RoleType.TEXT}
_QUESTION = {"question": RoleType.TEXT, "context": RoleType.TEXT, "answers": RoleType.SPANS}


@dataclass(frozen=True, kw_only=True)
class _Format:
    """One format.

    Attributes:
        write: takes pages of examples (``example_id``, ``source``, ``meta`` and the roles) and a path, gives the number of rows written.
        needs: the roles that it can hold, with their types; None is any.
        optional: those of them that a dataset may lack.
    """

    write: Callable[[Iterable[pa.Table], Path, DatasetRecord], int]
    needs: Mapping[str, RoleType] | None = None
    optional: frozenset[str] = frozenset()


def by_suffix(path: Path) -> FormatName:
    """The format that a file's name stands for: Parquet or JSON Lines."""
    return "parquet" if path.suffix == ".parquet" else "jsonl"


def check_format(name: str, dataset: DatasetRecord) -> None:
    """See that a format can hold a dataset.

    Raises:
        UnknownNameError: there is no such format.
        DataError: it cannot hold these roles.
    """
    if name not in _WRITERS:
        raise UnknownNameError("export format", name, FORMATS)
    needed = _obstacle(name, dataset)
    if needed is not None:
        held = ", ".join(f"{role} ({kind.value})" for role, kind in needed.items())
        raise DataError(
            f"The format {name!r} cannot hold the roles {', '.join(role.name for role in dataset.roles)} of {dataset.name!r}.",
            expected=f"the roles {held}",
            advice="The formats jsonl, parquet and datasets hold any roles.",
        )


def _obstacle(name: str, dataset: DatasetRecord) -> Mapping[str, RoleType] | None:
    """The roles that a format holds, where those of a dataset are others; None where it can hold them."""
    chosen = _WRITERS[name]
    roles = {role.name: role.type for role in dataset.roles}
    if chosen.needs is None or (name == "messages" and RoleType.MESSAGES in roles.values() and len(roles) == 1):
        return None
    fits = all(chosen.needs.get(role) is kind for role, kind in roles.items())
    return None if fits and chosen.needs.keys() - chosen.optional <= roles.keys() else chosen.needs


def formats_for(dataset: DatasetRecord) -> tuple[FormatName, ...]:
    """The formats that can hold a dataset."""
    return tuple(name for name in cast("tuple[FormatName, ...]", FORMATS) if _obstacle(name, dataset) is None)


def write_examples(name: str, pages: Iterable[pa.Table], path: Path, dataset: DatasetRecord) -> int:
    """Write pages of examples in a format; the number of rows written."""
    return _WRITERS[name].write(pages, path, dataset)


def records(pages: Iterable[pa.Table], roles: Iterable[Role]) -> Iterator[dict[str, object]]:
    """Examples as plain objects: the metadata under the names it came with, then id, source and roles; absent values are left out.

    A column of the metadata whose name an importer would take for a role gets the prefix ``meta.``.
    """
    taken = {name for role in roles for name in (role.name, *role.columns)} | set(_OWN_COLUMNS) | {"messages", "conversations", "data"}
    for page in pages:
        for record in page.to_pylist():
            meta = json.loads(record.pop("meta") or "{}")
            named = {f"meta.{key}" if key in taken else key: value for key, value in meta.items()}
            yield named | {key: value for key, value in record.items() if value is not None}


def _write_lines(pages: Iterable[pa.Table], path: Path, dataset: DatasetRecord) -> int:
    return _lines(records(pages, dataset.roles), path)


def _lines(objects: Iterable[Record], path: Path) -> int:
    written = 0
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for written, each in enumerate(objects, start=1):  # noqa: B007 - the count is what is returned
            file.write(_json(each) + "\n")
    return written


def _array(objects: Iterable[Record], path: Path) -> int:
    """A JSON array, an object a line."""
    written = 0
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write("[")
        for written, each in enumerate(objects, start=1):
            file.write(("\n" if written == 1 else ",\n") + _json(each))
        file.write("\n]\n")
    return written


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _write_parquet(pages: Iterable[pa.Table], path: Path, _dataset: DatasetRecord) -> int:
    import pyarrow.parquet as pq

    first, pages = _peeked(pages)
    written = 0
    with pq.ParquetWriter(path, first.schema, compression="zstd") as writer:
        for page in pages:
            writer.write_table(page)
            written += page.num_rows
    return written


def _write_datasets(pages: Iterable[pa.Table], path: Path, _dataset: DatasetRecord) -> int:
    """A directory that ``datasets.load_from_disk`` reads."""
    import datasets
    import pyarrow as pa

    first, pages = _peeked(pages)
    written = 0
    table = path / "unsaved" / "rows.arrow"
    table.parent.mkdir(parents=True)
    shown = not datasets.are_progress_bars_disabled()
    try:
        with pa.OSFile(str(table), "wb") as file, pa.ipc.new_stream(file, first.schema) as writer:
            for page in pages:
                writer.write_table(page)
                written += page.num_rows
        datasets.disable_progress_bars()
        datasets.Dataset.from_file(str(table)).save_to_disk(str(path))
    finally:
        shutil.rmtree(table.parent)
        if shown:
            datasets.enable_progress_bars()
    return written


def _peeked(pages: Iterable[pa.Table]) -> tuple[pa.Table, Iterator[pa.Table]]:
    """The first page, and all of them."""
    rest = iter(pages)
    first = next(rest, None)
    if first is None:
        raise DataError("There is nothing to export: the dataset has no examples in train.")
    return first, itertools.chain([first], rest)


def _write_messages(pages: Iterable[pa.Table], path: Path, dataset: DatasetRecord) -> int:
    own = next((role.name for role in dataset.roles if role.type is RoleType.MESSAGES), None)

    def turned() -> Iterator[Record]:
        for record in records(pages, dataset.roles):
            if own is not None:
                yield _without(record, (own,)) | {"messages": record[own]}
            else:
                prompt, response = _pair(record, "messages")
                turns = [{"role": "user", "content": prompt}, {"role": "assistant", "content": response}]
                yield _without(record, _CONVERSATION) | {"messages": turns}

    return _lines(turned(), path)


def _write_sharegpt(pages: Iterable[pa.Table], path: Path, dataset: DatasetRecord) -> int:
    def turned() -> Iterator[Record]:
        for record in records(pages, dataset.roles):
            prompt, response = _pair(record, "sharegpt")
            yield _without(record, _CONVERSATION) | {"conversations": [{"from": "human", "value": prompt}, {"from": "gpt", "value": response}]}

    return _array(turned(), path)


def _write_alpaca(pages: Iterable[pa.Table], path: Path, dataset: DatasetRecord) -> int:
    def renamed() -> Iterator[Record]:
        for record in records(pages, dataset.roles):
            named = {"instruction": record["prompt"], "input": record.get("input", ""), "output": record["response"]}
            yield _without(record, _CONVERSATION) | named

    return _array(renamed(), path)


def _write_squad(pages: Iterable[pa.Table], path: Path, dataset: DatasetRecord) -> int:
    """SQuAD's layout, v2.0 where a question has no answer is allowed; questions on one context in a row share a paragraph."""

    def paragraph(record: Record) -> tuple[str, str]:
        return str(record.get("article", "")), cast("str", record["context"])

    written = 0
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write('{"version": "v2.0", "data": [')
        for number, ((title, context), group) in enumerate(itertools.groupby(records(pages, dataset.roles), paragraph)):
            questions = [_question(record) for record in group]
            written += len(questions)
            article = {"title": title, "paragraphs": [{"context": context, "qas": questions}]}
            file.write((",\n" if number else "\n") + _json(article))
        file.write("\n]}\n")
    return written


def _question(record: Record) -> Record:
    answers = cast("list[Mapping[str, object]]", record["answers"])
    listed = [{"text": each["text"], **({"answer_start": each["start"]} if each["start"] is not None else {})} for each in answers]
    return {"id": record["example_id"], "question": record["question"], "answers": listed, "is_impossible": not listed}


def _pair(record: Record, name: str) -> tuple[object, object]:
    """Prompt and response of a row that has nothing else to say."""
    if record.get("input"):
        raise DataError(
            f"The format {name!r} has no place for the input of the example {record['example_id']}.",
            expected="prompts and responses alone",
            advice="The format alpaca holds inputs.",
        )
    return record["prompt"], record["response"]


def _without(record: Record, names: Iterable[str]) -> dict[str, object]:
    left_out = set(names)
    return {key: value for key, value in record.items() if key not in left_out}


_WRITERS: Mapping[str, _Format] = {
    "jsonl": _Format(write=_write_lines),
    "parquet": _Format(write=_write_parquet),
    "datasets": _Format(write=_write_datasets),
    "messages": _Format(write=_write_messages, needs=_CONVERSATION, optional=frozenset({"input"})),
    "alpaca": _Format(write=_write_alpaca, needs=_CONVERSATION, optional=frozenset({"input"})),
    "sharegpt": _Format(write=_write_sharegpt, needs=_CONVERSATION, optional=frozenset({"input"})),
    "squad": _Format(write=_write_squad, needs=_QUESTION),
}
