"""Where the examples of a dataset come from, as a recipe says it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from workbench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping

Format = Literal["jsonl", "json", "csv", "tsv", "parquet", "datasets"]


@dataclass(frozen=True, kw_only=True)
class EvalSplit:
    """An evaluation split cut from train.

    Attributes:
        share: of the rows, above 0 and below 1; the cut comes as near to it as whole groups allow.
        by: the role or column whose values stay whole on one side; empty keeps only identical content together.
        seed: decides which groups.
    """

    share: float
    by: str = ""
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class DataSource:
    """Where the examples of a dataset come from.

    A location is a file, a glob, a directory of files, a directory that ``datasets`` saved to disk, or ``hf://owner/name@split``.

    Attributes:
        train: location of the training examples.
        validation: location, or the share that is cut from train, or None for no validation split.
        eval: location, or how it is cut from train, or None for no evaluation split.
        fields: role name to column, where the columns have other names than the role knows. Integers are positions from 0 in a CSV or TSV file, which
            then has no header.
        key: the column that holds the user's own id, unique within the files of a split.
        limit: at most so many rows of train (the validation cut included) and of eval, the same ones whatever the order of the rows: those that come
            first by a seeded hash of their content, so that copies are taken or left together. It leaves validation files whole.
        format: of all files, where their suffix does not say it.
        max_rejected: the share of rows of a location that may be set aside, 0 to 1.
        base: the folder that relative locations start from; messages show them as given.
        seed: of the validation cut and the limit.
    """

    train: str
    validation: str | float | None = None
    eval: str | EvalSplit | None = None
    fields: Mapping[str, str | int] = field(default_factory=dict)
    key: str | int | None = None
    limit: int | None = None
    format: Format | None = None
    max_rejected: float = 0.10
    base: Path = Path()
    seed: int = 0

    @property
    def header(self) -> bool:
        """Whether delimited files have a line with the names of their columns.

        Raises:
            DataError: for a mixture of names and positions.
        """
        columns = [*self.fields.values(), *([] if self.key is None else [self.key])]
        positions = [isinstance(column, int) for column in columns]
        if any(positions) and not all(positions):
            raise DataError(
                f"the fields mix positions and names: {', '.join(map(str, columns))}.",
                expected="names of columns only, or, for a file without a header, positions (0, 1, ...) only",
            )
        return not any(positions)
