"""What the store gives back and takes in: one frozen dataclass per kind of record.

Times are aware and in UTC. A *row* is the number that an example has within its dataset version; joins inside the store use nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    import numpy as np

    from workbench.types import Policy, Role, Signal


@dataclass(frozen=True, kw_only=True)
class StoreStatus:
    """How a store is doing.

    Attributes:
        path: the database file.
        bytes: size of the database file on disk, its write-ahead log included.
        schema_version: number of the last migration that ran on it.
        memory_limit: bytes that one connection may use.
        counts: number of records by table name, for the tables that people ask about.
    """

    path: Path
    bytes: int
    schema_version: int
    memory_limit: int
    counts: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class DatasetRecord:
    """One version of a dataset.

    Attributes:
        version: fingerprint of the content, 32 hexadecimal digits; the order of rows does not matter.
        task: component id of the task that read it.
        source: the files it was read from, as the importer names them.
        license: the terms it stands under, as given.
        roles: the parts of its examples.
        target: the role that a model learns to produce.
        read, imported, rejected: numbers of rows; ``read = imported + rejected``.
        splits: imported rows by split.
        keyed: whether examples are known by the user's own ids.
    """

    dataset_id: int
    name: str
    version: str
    task: str
    source: str
    license: str
    created: datetime
    roles: tuple[Role, ...]
    target: str
    read: int
    imported: int
    rejected: int
    splits: Mapping[str, int]
    keyed: bool


@dataclass(frozen=True, kw_only=True)
class NewSelectorRun:
    """A scoring of one dataset by one selector, before the store has numbered it.

    Attributes:
        selector: component id, such as ``classification.label-noise``.
        name: short name, as policies call it.
        version: the selector's own.
        kind, scope: see ``SelectorKind`` and ``Scope``.
        plugin, distribution, distribution_version: where the selector came from; readable after it is gone.
        params: its parameters, JSON values.
        params_hash: of the parameters and of whatever else decides a score.
        signals: the columns that it wrote.
        scored, cached, errors: numbers of rows scored now, taken from earlier runs, and left null because scoring failed.
        seconds: time that scoring took.
        notes: what it told the person who ran it.
    """

    dataset_id: int
    selector: str
    name: str
    version: str
    kind: str
    scope: str
    plugin: str
    distribution: str
    distribution_version: str
    params: Mapping[str, object]
    params_hash: str
    signals: tuple[Signal, ...]
    scored: int
    cached: int
    errors: int
    seconds: float
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SelectorRun(NewSelectorRun):
    """A scoring of one dataset by one selector; its scores stand in the table ``signals_<selector_run>``."""

    selector_run: int
    created: datetime


@dataclass(frozen=True, kw_only=True)
class NewTrace:
    """A training run that is kept for what its model said of each example.

    Attributes:
        dataset_id: of the version that it was trained on.
        identity: a hash of everything that decides it.
        adapter, version, head: the fine-tune adapter.
        plugin, distribution, distribution_version: where the adapter comes from.
        model: what was trained.
        options: the adapter's options.
        seed: of the run.
        seconds: time that it took.
    """

    dataset_id: int
    identity: str
    adapter: str
    version: str
    head: str
    plugin: str
    distribution: str
    distribution_version: str
    model: str
    options: Mapping[str, object]
    seed: int
    seconds: float


@dataclass(frozen=True, kw_only=True)
class LedgerEntry:
    """One line of the history, which only ever grows.

    Attributes:
        number: 1, 2, 3, ... over the whole store.
        action: ``pin``, ``survivor``, ``policy``, ``judge``, ``undo``, ``redo`` and what else callers append.
        payload: what was done, JSON values.
        undoes: number of the entry that this one takes back.
        undone: whether a later entry took this one back, and none took that back in turn.
    """

    number: int
    time: datetime
    author: str
    action: str
    dataset: str
    payload: Mapping[str, object]
    undoes: int | None
    undone: bool


@dataclass(frozen=True, kw_only=True)
class Pin:
    """A person's override that is in force on one row of a dataset version.

    Attributes:
        number: the ledger entry that set it.
        text_changed: the row is known by the user's key or by position in the raw data, and its text is not the one that was judged.
    """

    row: int
    split: str
    example_id: str
    decision: Literal["keep", "drop"]
    author: str
    time: datetime
    number: int
    note: str
    text_changed: bool


@dataclass(frozen=True, kw_only=True)
class PolicyRecord:
    """One version of a named policy of a dataset."""

    policy_id: int
    dataset: str
    name: str
    version: int
    policy: Policy
    created: datetime
    author: str


@dataclass(frozen=True, kw_only=True)
class ExperimentRecord:
    """One revision of an experiment.

    Attributes:
        identity: hash of everything that decides its results; an equal one is the same experiment.
        recipe: the YAML text as it was written.
        resolved: the recipe with every default filled in.
        steps: seconds by step.
    """

    experiment_id: int
    name: str
    revision: int
    identity: str
    task: str
    dataset_id: int
    recipe: str
    resolved: Mapping[str, object]
    state: Literal["running", "finished", "failed"]
    created: datetime
    finished: datetime | None
    steps: Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class ArmRecord:
    """One training set of an experiment, frozen when it was made.

    Attributes:
        seed: the seed it was drawn for; None where all seeds train on the same rows.
        ledger_number: the newest entry of the ledger that its rows take account of.
        rows: how many rows it has.
    """

    arm_id: int
    experiment_id: int
    arm: str
    seed: int | None
    policy_id: int | None
    ledger_number: int
    rows: int
    note: str


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """One arm trained with one seed, or one set of predictions that was made elsewhere.

    Attributes:
        experiment_id: None for predictions made elsewhere.
        name: ``<experiment>/<arm>/<seed>``, or the prediction set's own name.
        adapter, version, plugin, distribution, distribution_version: what trained it.
        plan: see ``RunPlan``.
        environment: machine and library versions.
        rows: training examples.
        steps: optimizer steps taken.
        seconds: time that it took.
        error: why it failed, or empty.
    """

    run_id: int
    experiment_id: int | None
    dataset_id: int
    name: str
    arm: str
    seed: int
    state: Literal["planned", "running", "finished", "failed"]
    adapter: str
    version: str
    plugin: str
    distribution: str
    distribution_version: str
    plan: Mapping[str, object]
    environment: Mapping[str, object]
    rows: int
    steps: int
    seconds: float
    error: str
    created: datetime
    finished: datetime | None


@dataclass(frozen=True, kw_only=True, eq=False)
class MetricResult:
    """What one metric said of one run.

    Attributes:
        metric: component id.
        version: the metric's own.
        value: None (or NaN) where nothing could be scored.
        n: examples that were scored.
        not_scored: examples that were not.
        stray: predicted labels outside the label set; 0 for metrics of other things.
        signature: everything that decides the value, in one line.
        state: what ``Metric.prepare`` gave.
        direction, kind: see ``Direction`` and ``MetricKind``.
        percent: whether values run from 0 to 100.
        statistics: float64 [n + not_scored, k], in the order of the predictions; a row of NaN is not scored.
        plugin, distribution, distribution_version: where the metric came from.
    """

    metric: str
    version: str
    value: float | None
    n: int
    not_scored: int
    stray: int = 0
    signature: str
    state: Mapping[str, object] = field(default_factory=dict)
    direction: str
    percent: bool
    kind: str
    statistics: np.ndarray
    plugin: str
    distribution: str
    distribution_version: str


@dataclass(frozen=True, kw_only=True)
class EvalRule:
    """What a rule of a policy says of an evaluation split.

    Attributes:
        rule: ``<selector>.<signal>``, operator and threshold.
        sure: whether it is on a signal whose default rule drops, for it is right nine times in ten.
        about: ``target``, where it says that a row's target is wrong, or ``duplicate``, where it says that a row is like an earlier one.
        fired: rows that it fires on.
    """

    rule: str
    about: str
    sure: bool
    fired: int


@dataclass(frozen=True, kw_only=True)
class EvalCheck:
    """What selectors say of the evaluation split of one dataset version.

    Attributes:
        key: 32 hexadecimal digits of what decided it: selectors, parameters and rules.
        rows: of the split.
        rules: in the order of the selectors.
        notes: what people should be told.
        seconds: that it took.
    """

    eval_check: int
    dataset_id: int
    key: str
    rows: int
    rules: tuple[EvalRule, ...]
    notes: tuple[str, ...]
    seconds: float
    created: datetime
