"""Data: reading files into examples, their identity, splits, planted defects, and the documentation of the running Python as a corpus.

``load``, ``from_sample`` and ``apply_plants`` give datasets as Arrow tables. ``workbench.data.plant`` and ``workbench.data.corpus`` are for plugins;
importing them, or this package, loads no heavy library.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.data.source import DataSource, EvalSplit

if TYPE_CHECKING:
    from workbench.data.identity import content_hashes
    from workbench.data.loading import Counts, Loaded, load, source_fingerprint
    from workbench.data.samples import apply_plants, from_sample

__all__ = ["Counts", "DataSource", "EvalSplit", "Loaded", "apply_plants", "content_hashes", "from_sample", "load", "source_fingerprint"]

_HOMES = {
    "Counts": "loading",
    "Loaded": "loading",
    "load": "loading",
    "source_fingerprint": "loading",
    "apply_plants": "samples",
    "from_sample": "samples",
    "content_hashes": "identity",
}


def __getattr__(name: str) -> object:
    """Import what needs pyarrow when it is asked for."""
    import importlib

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
