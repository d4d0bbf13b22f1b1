"""How kernels are compiled: once per machine, without the interpreter's lock."""

from __future__ import annotations

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

    try:
        compiled: Function = numba.njit(function, cache=True, nogil=True, error_model="numpy")
    except RuntimeError:  # neither the package's folder nor the user's can be written: compiled anew in each process
        compiled = numba.njit(function, nogil=True)
    return compiled
