"""Writes a report into files, whole or not at all."""

from __future__ import annotations

import hashlib
import unicodedata
from typing import TYPE_CHECKING

from workbench.errors import UnknownNameError, WorkbenchError
from workbench.files import whole
from workbench.report.html import to_html
from workbench.report.markdown import to_markdown

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from workbench.report.model import Report

FORMATS = {"html": to_html, "md": to_markdown}
_LONGEST_NAME = 120  # bytes; file systems allow 255, and a suffix, a digest and a temporary name come on top


def write(report: Report, folder: Path, formats: Iterable[str] = ("html",)) -> list[Path]:
    """Write the report as one file per format, replacing those of the same name.

    Args:
        report: what to write; its name names the files.
        folder: where to; made if it is missing.
        formats: of ``html`` and ``md``.

    Returns:
        The files, in the order of the formats.

    Raises:
        UnknownNameError: for a format that there is not; nothing is written then.
        WorkbenchError: where the folder cannot be written to.
    """
    wanted = list(formats)
    for name in wanted:
        if name not in FORMATS:
            raise UnknownNameError("report format", name, FORMATS)
    paths = [folder / f"{file_stem(report.name)}.{name}" for name in wanted]
    texts = [FORMATS[name](report) for name in wanted]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, text in zip(paths, texts, strict=True):
            with whole(path) as file:
                file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise WorkbenchError(
            f"the report cannot be written to {folder}: {error.strerror or error}.", advice="Give another folder with --to."
        ) from None
    return paths


def file_stem(name: str) -> str:
    """A file name without suffix for any name at all, the same each time; two names never share one.

    Letters, digits and ``. - _ @`` stay; a name with anything else in it, or a long one, also gets a digest of the whole.
    """
    kept = "".join(letter if letter.isalnum() or letter in ".-_@" else "-" for letter in unicodedata.normalize("NFC", name)).lstrip(".-")
    stem = kept.encode("utf-8", "ignore")[:_LONGEST_NAME].decode("utf-8", "ignore")
    if stem and stem == name:
        return stem
    digest = hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()
    return f"{stem or 'report'}-{digest}"
