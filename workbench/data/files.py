"""Files: which ones a location names, what they are, and their bytes."""

from __future__ import annotations

import codecs
import difflib
import glob
import gzip
import hashlib
import shlex
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast, get_args

from workbench.data.source import Format
from workbench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator

HUB = "hf://"
FORMATS: tuple[str, ...] = get_args(Format)
SUFFIXES: dict[str, Format] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
}
_SAMPLE = 65_536  # bytes that the encoding is judged by
_BOMS = (
    (codecs.BOM_UTF32_LE, "UTF-32LE"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "UTF-32BE"),
    (codecs.BOM_UTF16_LE, "UTF-16LE"),
    (codecs.BOM_UTF16_BE, "UTF-16BE"),
)


@dataclass(frozen=True, kw_only=True)
class InputFile:
    """One file, directory of ``datasets``, or name on the hub.

    Attributes:
        name: as messages and the column ``source`` show it: the location as given, or a path below it.
        path: where it is; of no meaning for ``hub``.
        format: how it is read: a ``Format``, or ``hub``.
    """

    name: str
    path: Path
    format: str

    @property
    def packed(self) -> bool:
        """Whether it is compressed by gzip."""
        return self.path.suffix.lower() == ".gz"

    @property
    def size(self) -> int:
        """Bytes on disk; 0 for what is not a file."""
        return self.path.stat().st_size if self.path.is_file() else 0


def find_files(location: str, base: Path, format: Format | None = None) -> tuple[InputFile, ...]:  # noqa: A002 - a recipe's key
    """The files that a location names, sorted by path.

    Args:
        location: see ``DataSource``.
        base: the folder that a relative location starts from.
        format: of all of them, where the suffix does not say it.

    Raises:
        DataError: where there is none, or the format of one is not known.
    """
    if location.startswith(HUB):
        return (InputFile(name=location, path=Path(location), format="hub"),)
    path = base / location
    if path.is_file():
        return (InputFile(name=location, path=path, format=format or _format(location, path)),)
    if path.is_dir():
        return _directory(location, path, format)
    names = sorted(name for name in glob.glob(location, root_dir=base, recursive=True) if (base / name).is_file())  # noqa: PTH207 - names stay as given
    if not names:
        raise DataError(
            f"there is no file {location!r}{'' if base == Path() else f' in {base}'}.",
            expected="a file, a glob, a directory, or hf://owner/name@split",
            advice=_nearest(path),
        )
    return tuple(InputFile(name=name, path=base / name, format=format or _format(name, base / name)) for name in names)


def fingerprint(files: tuple[InputFile, ...]) -> str:
    """32 hexadecimal digits of the bytes of these files, in this order; neither their names nor their dates count."""
    whole = hashlib.blake2b(digest_size=16)
    for file in files:
        if file.format == "hub":
            from workbench.data.columnar import hub_fingerprint

            whole.update(hub_fingerprint(file.name).encode())
            continue
        for path in _parts(file):
            with _explained(file), path.open("rb") as stream:
                whole.update(hashlib.file_digest(stream, lambda: hashlib.blake2b(digest_size=16)).digest())
    return whole.hexdigest()


def _parts(file: InputFile) -> list[Path]:
    """The file itself, or what a saved dataset is made of, without what ``datasets`` caches beside it."""
    if not file.path.is_dir():
        return [file.path]
    return sorted(each for each in file.path.rglob("*") if each.is_file() and not each.name.startswith(("cache-", ".")))


@contextmanager
def open_text(file: InputFile) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    """Open a text file as UTF-8 bytes, unpacked and behind a byte order mark.

    Yields:
        The bytes, and the stream on disk below them, whose position tells how far the reading is.

    Raises:
        DataError: where it cannot be read, is damaged, or is in another encoding as a whole.
    """
    with _explained(file), file.path.open("rb") as raw:
        stream = cast("IO[bytes]", gzip.GzipFile(fileobj=raw)) if file.packed else raw
        sample = stream.read(_SAMPLE)
        _check_encoding(sample, file)
        stream.seek(len(codecs.BOM_UTF8) if sample.startswith(codecs.BOM_UTF8) else 0)
        yield stream, raw


@contextmanager
def _explained(file: InputFile) -> Iterator[None]:
    """Tell a user what an error of the file system or of gzip means."""
    try:
        yield
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DataError(f"{file.name} is damaged: {error}.", expected="a whole gzip file", advice="Fetch it again.") from None
    except OSError as error:
        raise DataError(f"{file.name} cannot be read: {error.strerror or error}.") from None


def _nearest(path: Path) -> str:
    try:
        names = [each.name for each in path.parent.iterdir()]
    except OSError:
        return ""
    nearest = difflib.get_close_matches(path.name, names, n=1)
    return f"Did you mean {nearest[0]!r}?" if nearest else ""


def _directory(location: str, path: Path, format: Format | None) -> tuple[InputFile, ...]:  # noqa: A002 - as above
    if (path / "state.json").is_file() and (path / "dataset_info.json").is_file():
        return (InputFile(name=location, path=path, format="datasets"),)
    if (path / "dataset_dict.json").is_file():
        splits = sorted(each.name for each in path.iterdir() if each.is_dir())
        raise DataError(
            f"{location} holds several splits of a saved dataset: {', '.join(splits)}.",
            expected="one of them",
            advice=f"Name it: {location.rstrip('/')}/{splits[0]}" if splits else "",
        )
    below = sorted(each for each in path.rglob("*") if each.is_file() and not any(part[0] in "._" for part in each.relative_to(path).parts))
    named = [(f"{location.rstrip('/')}/{each.relative_to(path).as_posix()}", each) for each in below]
    if format is not None:
        found = tuple(InputFile(name=name, path=each, format=format) for name, each in named)
    else:
        found = tuple(InputFile(name=name, path=each, format=known) for name, each in named if (known := _known_format(each)) is not None)
    if not found:
        raise DataError(f"the directory {location!r} holds no file that can be read.", expected=_expected_suffixes())
    return found


def _format(name: str, path: Path) -> Format:
    known = _known_format(path)
    if known is None:
        raise DataError(
            f"the format of {name} is not known by its suffix.",
            expected=_expected_suffixes(),
            advice=f"Say it with format: one of {', '.join(FORMATS)}.",
        )
    return known


def _known_format(path: Path) -> Format | None:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] == ".gz":
        suffixes.pop()
        if suffixes and suffixes[-1] == ".parquet":
            return None
    return SUFFIXES.get(suffixes[-1]) if suffixes else None


def _expected_suffixes() -> str:
    return f"{', '.join(SUFFIXES)} (the text ones also as .gz)"


def _check_encoding(sample: bytes, file: InputFile) -> None:
    """Refuse a file that is in another encoding as a whole; single bad bytes are the rows' own trouble."""
    other = _other_encoding(sample)
    if other:
        raise DataError(
            f"{file.name} is not UTF-8: it looks like {other}.",
            expected="text in UTF-8",
            advice=f"Convert it first: iconv -f {other if other.startswith('UTF') else 'ENCODING'} -t UTF-8 {shlex.quote(file.name)}",
        )


def _other_encoding(sample: bytes) -> str:
    """What the sample is written in, where that is not UTF-8 but for a few bad lines; else empty."""
    for mark, name in _BOMS:
        if sample.startswith(mark):
            return name
    if sample.count(0) * 5 > len(sample):
        return "UTF-16LE" if sample[1::2].count(0) >= sample[::2].count(0) else "UTF-16BE"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        text = sample.decode(errors="replace")
    else:
        return ""
    bad = text.count("\ufffd")
    good = sum(character > "\x7f" for character in text) - bad
    lines = [line for line in text.split("\n") if line.strip()]
    bad_lines = sum("\ufffd" in line for line in lines)
    # One line is no majority: a document on a single line is judged by the share of its characters.
    mostly = bad_lines * 2 > len(lines) if len(lines) > 1 else bad * 200 > len(text)
    if bad <= good or not mostly:
        return ""
    high = sum(byte > 0x7F for byte in sample)
    if high * 3 < len(sample):
        return "an 8-bit encoding such as Windows-1252"
    return "an older encoding such as GB18030, Shift_JIS or Windows-1251"
