"""How much of the machine a connection may use."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

_CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")
_LEAST = 2**30


def memory_limit() -> int:
    """Bytes of memory for one connection: a quarter of what this machine (or container) has, but at least 1 GiB.

    A quarter, because training, a dashboard and a query may well run side by side, each with a connection of its own.
    """
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with suppress(OSError, ValueError):  # no such file, or the word "max": nothing but the machine limits us
        total = min(total, int(_CGROUP_LIMIT.read_text()))
    return max(_LEAST, total // 4)
