"""How kernels are compiled: once per machine, without the interpreter's lock."""

from __future__ import annotations

import contextlib
import functools
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Function = TypeVar("Function", bound="Callable[..., object]")


def kernel(function: Function) -> Function:
    """Compile a function of arrays and numbers with numba at its first call, and keep the machine code on disk where there is a place for it.

    Args:
        function: at the top of a module that is imported only where work is done, for this imports numba.
    """
    import numba

    _drop_stale(Path(function.__code__.co_filename).parent)
    try:
        compiled: Function = numba.njit(function, cache=True, nogil=True, error_model="numpy")
    except RuntimeError:  # neither the package's folder nor the user's can be written: compiled anew in each process
        compiled = numba.njit(function, nogil=True)
    return compiled


@functools.cache
def _drop_stale(folder: Path) -> None:
    """Forget the machine code beside these modules when one of them, or of this room's, has changed.

    Numba looks at the file of a kernel alone, and would go on with the old code of another file's kernel that stands inlined in it.
    """
    modules = sorted({*folder.glob("*.py"), *Path(__file__).parent.glob("*.py")})
    states = [(module.name, module.stat().st_mtime_ns, module.stat().st_size) for module in modules]
    stamp = hashlib.blake2b(repr(states).encode(), digest_size=16).hexdigest()
    kept = folder / "__pycache__" / "kernels.stamp"
    with contextlib.suppress(OSError):  # where nothing can be written, numba keeps nothing here either
        if kept.is_file() and kept.read_text(encoding="ascii") == stamp:
            return
        kept.parent.mkdir(exist_ok=True)
        for index in kept.parent.glob("*.nbi"):
            index.unlink(missing_ok=True)
        kept.write_text(stamp, encoding="ascii")
