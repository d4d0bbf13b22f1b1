"""Prints the documentation inside the Python that runs it, one JSON object a line; ``corpus`` runs this file as a script, in a process of its own.

It imports the whole standard library, which has side effects: hence the process. It imports nothing of the workbench.
"""

from __future__ import annotations

import contextlib
import importlib
import inspect
import io
import json
import pkgutil
import re
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    Record = dict[str, str | None]

# They open a browser, print a poem, hold tests and examples, or run programs.
_SKIPPED = {"antigravity", "this", "idlelib", "turtledemo", "test", "tests", "__main__", "__phello__"}
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def main() -> None:
    """Print everything; what modules print meanwhile is swallowed."""
    output = sys.stdout
    warnings.simplefilter("ignore")
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        seen: set[int] = set()
        for module in _modules():
            for record in _of_module(module, seen):
                print(json.dumps(record), file=output)
        for record in _topics():
            print(json.dumps(record), file=output)


def _modules() -> Iterator[ModuleType]:
    """The public modules of the standard library with their submodules, in the order of their names."""
    for name in sorted(sys.stdlib_module_names):
        if _wanted(name):
            yield from _with_submodules(name)


def _with_submodules(name: str) -> Iterator[ModuleType]:
    try:
        module = importlib.import_module(name)
    except BaseException:  # noqa: BLE001 - whatever a module of another platform raises, SystemExit too
        return
    yield module
    for info in pkgutil.iter_modules(getattr(module, "__path__", [])):
        if _wanted(info.name):
            yield from _with_submodules(f"{name}.{info.name}")


def _wanted(name: str) -> bool:
    return not name.startswith("_") and name not in _SKIPPED


def _of_module(module: ModuleType, seen: set[int]) -> Iterator[Record]:
    name = module.__name__
    yield from _record(module, name, name, "module", name)
    for member, value in sorted(vars(module).items()):
        home = getattr(value, "__module__", None)
        # What a public module only borrows is told where it is at home; what comes from a private one is at home here.
        if member.startswith("_") or id(value) in seen or not isinstance(home, str) or (home != name and _wanted(home)):
            continue
        if inspect.isclass(value):
            seen.add(id(value))
            yield from _of_class(value, name, member, f"{name}:{member}", seen)
        elif inspect.isroutine(value):
            seen.add(id(value))
            yield from _record(value, name, f"{name}.{member}", "function", name)


def _of_class(kind: type, module: str, path: str, group: str, seen: set[int]) -> Iterator[Record]:
    yield from _record(kind, module, f"{module}.{path}", "class", group)
    for member, value in sorted(vars(kind).items()):
        if member.startswith("_") and not (member.startswith("__") and member.endswith("__")):
            continue
        inner = value.__func__ if isinstance(value, staticmethod | classmethod) else value
        if inspect.isclass(inner):
            if member.startswith("_") or id(inner) in seen or inner.__module__ != kind.__module__:
                continue
            seen.add(id(inner))
            yield from _of_class(inner, module, f"{path}.{member}", group, seen)
        elif inspect.isroutine(inner) or isinstance(inner, property):
            yield from _record(inner, module, f"{module}.{path}.{member}", "method", group)


def _record(value: object, module: str, name: str, kind: str, group: str) -> Iterator[Record]:
    text = value.__doc__
    if isinstance(text, str) and text.strip():
        text = _ADDRESS.sub("", inspect.cleandoc(text))
        yield {"module": module, "name": name, "kind": kind, "signature": _signature(value), "docstring": text, "group": group}


def _signature(value: object) -> str | None:
    """How it is called. A default that is no plain value, or a place on this machine, is shown as ``...``: it may even be the environment."""
    if not callable(value):
        return None
    try:
        signature = inspect.signature(value)
        shown = [each if _plain(each.default) else each.replace(default=_Anything()) for each in signature.parameters.values()]
        return _ADDRESS.sub("", str(signature.replace(parameters=shown)))
    except Exception:  # noqa: BLE001 - most of what is written in C has none
        return None


class _Anything:
    def __repr__(self) -> str:
        return "..."


def _plain(value: object) -> bool:
    if isinstance(value, tuple):
        return all(_plain(each) for each in value)
    if isinstance(value, str):
        return not Path(value).is_absolute() or len(value) == 1
    return value is inspect.Parameter.empty or value is None or type(value) in {bool, int, float, bytes}


def _topics() -> Iterator[Record]:
    """The topics of the language reference that ``help`` knows."""
    try:
        topics = importlib.import_module("pydoc_data.topics").topics
    except ImportError:
        return
    for name, text in sorted(topics.items()):
        group = f"topic:{name}"
        yield {"module": "pydoc_data.topics", "name": name, "kind": "topic", "signature": None, "docstring": inspect.cleandoc(text), "group": group}


if __name__ == "__main__":
    main()
