"""The store: one DuckDB file, and the only room that opens it."""

from __future__ import annotations

from workbench.store.curation import GoneError
from workbench.store.filtering import Range, RowFilter
from workbench.store.records import (
    ArmRecord,
    DatasetRecord,
    EvalCheck,
    EvalRule,
    ExperimentRecord,
    LedgerEntry,
    MetricResult,
    NewSelectorRun,
    NewTrace,
    Pin,
    PolicyRecord,
    RunRecord,
    SelectorRun,
    StoreStatus,
)
from workbench.store.staging import ImportStage
from workbench.store.store import Store

__all__ = [
    "ArmRecord",
    "DatasetRecord",
    "EvalCheck",
    "EvalRule",
    "ExperimentRecord",
    "GoneError",
    "ImportStage",
    "LedgerEntry",
    "MetricResult",
    "NewSelectorRun",
    "NewTrace",
    "Pin",
    "PolicyRecord",
    "Range",
    "RowFilter",
    "RunRecord",
    "SelectorRun",
    "Store",
    "StoreStatus",
]
