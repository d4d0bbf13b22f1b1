"""The documentation inside the running Python: real text with its natural repetitions, on every machine, without a download.

A plugin makes its ``Task.sample`` from it. One record is one docstring of the standard library, found by introspection in a process of its own, or
one topic of the language reference. The same Python gives the same records in the same order.

The columns of a corpus, all string:

* ``area``: one of ``AREAS``, by module.
* ``module``: such as ``collections.abc``.
* ``name``: qualified, such as ``json.JSONDecoder.decode``; of a topic its title.
* ``kind``: ``module``, ``class``, ``function``, ``method`` or ``topic``.
* ``signature``: such as ``(self, s)``; null where there is none. Defaults that are no plain values are ``...``.
* ``docstring``: without indentation.
* ``group``: of what belongs together (the members of a class, the functions of a module), to split by.
"""

from __future__ import annotations

import functools
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from workbench.types import Plant, Sample

LICENSE = "PSF-2.0 (documentation of the Python standard library)"
_MODULES = {
    "concurrency": "asyncio concurrent contextvars multiprocessing queue sched signal subprocess threading",
    "data types": """
        array bisect calendar collections copy copyreg dataclasses datetime enum graphlib heapq pprint reprlib struct time types uuid weakref zoneinfo
    """,
    "files": """
        bz2 dbm filecmp fileinput fnmatch genericpath glob gzip io linecache lzma marshal mmap nt ntpath nturl2path os pathlib pickle pickletools
        pipes posix posixpath shelve shutil sqlite3 stat tarfile tempfile xdrlib zipapp zipfile zipimport zlib
    """,
    "graphics": "aifc audioop chunk colorsys curses imghdr ossaudiodev sndhdr sunau tkinter turtle wave winsound",
    "network": """
        asynchat asyncore cgi cgitb email ftplib http imaplib ipaddress mailbox mailcap mimetypes netrc nis nntplib poplib select selectors smtpd
        smtplib socket socketserver ssl telnetlib urllib webbrowser wsgiref xmlrpc
    """,
    "numeric": "cmath crypt decimal fractions functools hashlib hmac itertools math numbers operator random secrets statistics",
    "text": """
        base64 binascii codecs configparser csv difflib encodings gettext html json locale plistlib pyexpat quopri re shlex string stringprep
        textwrap tomllib unicodedata uu xml
    """,
}
_AREA_OF = {module: area for area, modules in _MODULES.items() for module in modules.split()}
_REST = "language"
AREAS: tuple[str, ...] = tuple(sorted([*_MODULES, _REST]))
"""The areas of the library; a module that none of them names belongs to ``language``."""

_COLUMNS = ("module", "name", "kind", "signature", "docstring", "group")
FEWEST = 200
"""Evaluation examples that a sample has at least, where the corpus holds so many: fewer show no difference."""
_SECONDS = 120  # a few are the rule
_WITNESS = "textwrap.dedent"  # any Python that has docstrings has one for it


@functools.cache
def documentation() -> pa.Table:
    """The documentation of the running Python, with the columns described above.

    Takes a few seconds once per process.

    Raises:
        DataError: for a Python that was built or installed without docstrings, or cannot be introspected.
    """
    return _collect(())


def split_by_group(table: pa.Table, *, share: float, seed: int, within: str = "area", by: str = "group") -> tuple[pa.Table, pa.Table]:
    """Cut a table in two so that every group stays whole, in each stratum by itself.

    Args:
        table: a corpus, or what was made from one.
        share: of each stratum's rows that the second part is to hold, above 0 and below 1; it comes as near as whole groups allow.
        seed: decides which groups.
        within: the column of strata.
        by: the column of groups.

    Returns:
        The first and the second part, rows in their order.
    """
    import numpy as np
    import pyarrow as pa

    from workbench.data.splits import cut

    strata = np.array(table.column(within).to_pylist(), dtype=object)
    mask = np.zeros(table.num_rows, dtype=bool)
    for stratum in sorted(set(strata)):
        rows = np.flatnonzero(strata == stratum)
        mask[rows] = cut(table.column(by).take(rows), share, seed=seed, purpose=f"{within} {stratum}")
    return table.filter(pa.array(~mask)), table.filter(pa.array(mask))


def drop_seen(held_out: pa.Table, train: pa.Table, columns: Sequence[str] = ("docstring",)) -> pa.Table:
    """The rows of ``held_out`` none of whose texts stands in the same column of ``train``; case and white space do not count."""
    import pyarrow as pa

    keep = [True] * held_out.num_rows
    for column in columns:
        seen = {_normalised(text) for text in train.column(column).to_pylist()}
        keep = [kept and _normalised(text) not in seen for kept, text in zip(keep, held_out.column(column).to_pylist(), strict=True)]
    return held_out.filter(pa.array(keep, pa.bool_()))


def sample_of(
    examples: pa.Table,
    *,
    seen: Sequence[str],
    plants: Sequence[tuple[Plant, float]],
    seed: int,
    size: int,
    share: float = 0.2,
) -> Sample:
    """Make a task's sample from examples that a corpus gave.

    Whole groups of each area go to one side; then every evaluation example whose text stands in training is dropped; then ``size`` rows of training
    and a fitting number of evaluation are drawn, and defects are planted into training only.

    Args:
        examples: one column per role, ``source``, and ``area`` and ``group``, which stay behind.
        seen: the roles whose texts evaluation must not share with training.
        plants: each with the share of training rows that it is to plant.
        seed: decides on everything.
        size: rows of training before planting; all where there are fewer.
        share: of evaluation.
    """
    import numpy as np

    from workbench.data.planting import plant_all
    from workbench.types import Sample

    train, held_out = split_by_group(examples, share=share, seed=seed)
    held_out = drop_seen(held_out, train, seen)
    rng = np.random.default_rng(seed)
    drawn = []
    for table, wanted in ((train, size), (held_out, max(FEWEST, round(size * share)))):
        rows = np.sort(rng.permutation(table.num_rows)[:wanted])
        drawn.append(table.take(rows).drop_columns(["area", "group"]))
    planted = plant_all(drawn[0], plants, seed)
    return Sample(train=planted.table, eval=drawn[1], planted=planted.rows, license=LICENSE)


def _normalised(text: str | None) -> str | None:
    return None if text is None else " ".join(text.casefold().split())


def _collect(options: Sequence[str]) -> pa.Table:
    """Introspect in a process of its own, which gets none of the user's environment: some defaults are made from it."""
    import pyarrow as pa

    script = Path(__file__).with_name("_introspect.py")
    try:
        done = subprocess.run(  # noqa: S603 - our own script in our own Python
            [sys.executable, "-S", "-P", *options, str(script)],
            env={"PYTHONHASHSEED": "0", "PYTHONIOENCODING": "utf-8"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DataError(f"the documentation of {sys.executable} cannot be read: {error}.") from None
    if done.returncode != 0:
        reason = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise DataError(f"the documentation of {sys.executable} cannot be read: {' '.join(reason)}.")
    records = [json.loads(line) for line in done.stdout.splitlines()]
    if all(record["name"] != _WITNESS for record in records):
        raise DataError(
            f"{sys.executable} has no docstrings.",
            expected="a Python with the documentation of its standard library",
            advice="Take one that was not built or installed without docstrings, or a recipe with data of your own.",
        )
    areas = [_AREA_OF.get(record["module"].partition(".")[0], _REST) for record in records]
    columns = {"area": areas} | {name: [record[name] for record in records] for name in _COLUMNS}
    return pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})
