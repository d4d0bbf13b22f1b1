"""The machine that this process runs on."""

from __future__ import annotations

import os
from pathlib import Path

from workbench.types import Environment

_GROUP = Path("/sys/fs/cgroup")


def environment() -> Environment:
    """Look at this machine: the device that training would use, and the cores and memory that this process may use.

    Limits of a container (Linux control groups, version 2) count, since torch itself sees the whole machine and would start too many threads.
    """
    import torch

    if torch.cuda.is_available():
        memory = int(torch.cuda.get_device_properties(0).total_memory)
        return Environment(device="cuda", cores=_cores(), memory=memory, bf16=torch.cuda.is_bf16_supported(), devices=torch.cuda.device_count())
    return Environment(device="mps" if torch.backends.mps.is_available() else "cpu", cores=_cores(), memory=_memory())


def _cores() -> int:
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota, _, period = _read("cpu.max").partition(" ")
    if quota.isdigit() and period.isdigit():
        allowed = min(allowed, max(1, int(quota) // int(period)))
    return allowed


def _memory() -> int:
    installed = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = _read("memory.max")
    return min(installed, int(limit)) if limit.isdigit() else installed


def _read(name: str) -> str:
    try:
        return (_GROUP / name).read_text().strip()
    except OSError:
        return ""
