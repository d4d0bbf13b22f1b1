"""What all arms of an experiment share, measured once on raw train: tokenizer, label set, lengths and the shape of the model."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Self

from workbench.errors import RunError

if TYPE_CHECKING:
    from pathlib import Path

_FILE = "assets.json"


@dataclass(frozen=True, kw_only=True)
class Assets:
    """The measured part; the tokenizer, and the config of a scratch model, stand in the same folder.

    Attributes:
        model: the model that they were made for.
        labels: the label set, sorted by code point; the order of all probabilities.
        unanswerable: whether training examples without an answer exist, so that a model may say so.
        max_length, max_target_length: tokens that nearly all of raw train fits into.
        positions: tokens that the model can read at most; 0 is any number.
        parameters: weights of the model.
        hidden, layers, vocabulary: the shape of the model, to estimate memory with.
    """

    model: str
    labels: tuple[str, ...] = ()
    unanswerable: bool = False
    max_length: int
    max_target_length: int = 0
    positions: int
    parameters: int
    hidden: int
    layers: int
    vocabulary: int

    def write(self, folder: Path) -> None:
        """Write them into a folder; this file comes last, so that its presence says that the folder is complete."""
        (folder / _FILE).write_text(json.dumps(asdict(self), ensure_ascii=False, indent=1), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read them.

        Raises:
            RunError: where the folder holds none.
        """
        try:
            found = cls(**json.loads((folder / _FILE).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise RunError(
                f"{folder} holds no fine-tune assets.", expected="a folder that the adapter's prepare filled", advice="Prepare again."
            ) from error
        return replace(found, labels=tuple(found.labels))
