"""Runs selectors over a dataset: score once, decide many times.

A row selector is scored in batches and only on examples that no earlier run of it knows; a dataset selector sees all of train at once. Either way the
signals become visible as a whole, so a run that is interrupted leaves nothing behind but the time it took.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import time
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.errors import PluginError
from workbench.store import NewSelectorRun
from workbench.types import Findings, Scope, SelectorContext, Silent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    import pyarrow as pa

    from workbench.store import DatasetRecord, SelectorRun, Store
    from workbench.types import ExampleTable, Progress, Scorer, Selector

BATCH = 20_000


@dataclass(frozen=True, kw_only=True)
class ConfiguredSelector:
    """A selector as a recipe wants it, with where it comes from.

    Attributes:
        id: ``<plugin>.<name>``.
        selector: with the recipe's parameters in place.
        plugin, distribution, distribution_version: its provenance.
    """

    id: str
    selector: Selector
    plugin: str
    distribution: str
    distribution_version: str

    @property
    def params(self) -> Mapping[str, object]:
        """The parameters as plain values, defaults and falsy ones too."""
        params = self.selector.params
        if not dataclasses.is_dataclass(params) or isinstance(params, type):
            raise PluginError(f"the parameters of {self.id} are a {type(params).__name__}.", expected="a frozen dataclass")
        return dataclasses.asdict(params)

    @property
    def params_hash(self) -> str:
        """32 hexadecimal digits of the parameters."""
        body = json.dumps(self.params, sort_keys=True, default=list)
        return hashlib.blake2b(body.encode(), digest_size=16).hexdigest()


def score(
    store: Store,
    dataset: DatasetRecord,
    selectors: Sequence[ConfiguredSelector],
    *,
    seed: int = 0,
    scorer: Scorer | None = None,
    progress: Progress | None = None,
) -> list[SelectorRun]:
    """Score train with each selector that has not scored it yet, and give the runs in the order asked for.

    Raises:
        PluginError: where a dataset selector fails, or one breaks its contract.
    """
    progress = progress or Silent()
    runs = []
    for configured in selectors:
        selector = configured.selector
        done = store.signals.find(dataset.dataset_id, configured.id, selector.version, configured.params_hash)
        if done is None:
            progress.begin(f"score {configured.id}")
            context = SelectorContext(
                seed=seed,
                roles={role.name: role for role in dataset.roles},
                target=dataset.target,
                threads=os.cpu_count() or 1,
                progress=progress.advance,
                scorer=scorer,
            )
            done = _run(store, dataset, configured, context)
            progress.end()
        for note in done.notes:
            progress.say(f"{configured.id}: {note}")
        runs.append(done)
    return runs


def _run(store: Store, dataset: DatasetRecord, configured: ConfiguredSelector, context: SelectorContext) -> SelectorRun:
    started = time.monotonic()
    selector = configured.selector
    scored = _score_rows(store, dataset, configured, context) if selector.scope is Scope.ROW else _score_dataset(store, dataset, configured, context)
    new = NewSelectorRun(
        dataset_id=dataset.dataset_id,
        selector=configured.id,
        name=selector.name,
        version=selector.version,
        kind=selector.kind.value,
        scope=selector.scope.value,
        plugin=configured.plugin,
        distribution=configured.distribution,
        distribution_version=configured.distribution_version,
        params=configured.params,
        params_hash=configured.params_hash,
        signals=selector.signals,
        scored=scored.scored,
        cached=scored.cached,
        errors=scored.errors,
        seconds=time.monotonic() - started,
        notes=scored.findings.notes,
    )
    return store.signals.add(new, scored.rows, scored.findings)


@dataclass(frozen=True, kw_only=True)
class _Scored:
    rows: np.ndarray
    findings: Findings
    scored: int
    cached: int = 0
    errors: int = 0


def _score_dataset(store: Store, dataset: DatasetRecord, configured: ConfiguredSelector, context: SelectorContext) -> _Scored:
    examples = store.datasets.examples(dataset.dataset_id, split="train")
    try:
        findings = configured.selector.score(examples, context)
    except Exception as error:
        raise PluginError(
            f"{configured.id} {configured.selector.version} of {configured.distribution} {configured.distribution_version} failed: {error!r}.",
            advice="Leave it out of the recipe, or report it to its authors with the traceback that -v shows.",
        ) from error
    return _Scored(rows=examples.column("row").to_numpy(), findings=_checked(configured, findings, len(examples)), scored=len(examples))


def _score_rows(store: Store, dataset: DatasetRecord, configured: ConfiguredSelector, context: SelectorContext) -> _Scored:
    """Score what no earlier run knows, batch by batch; a batch that fails is tried again row by row."""
    import numpy as np
    import pyarrow as pa

    identity = (dataset.dataset_id, configured.id, configured.selector.version, configured.params_hash)
    known = store.signals.known(*identity)
    known_rows = known["row"].to_numpy() if known is not None else np.empty(0, dtype=np.int64)
    rows: list[np.ndarray] = [known_rows]
    signals: list[pa.Table] = [known.drop_columns(["row"])] if known is not None else []
    evidence: list[pa.Table] = []
    if known is not None and len(known_rows):
        evidence.append(_by_position(store.signals.known_evidence(*identity), known_rows))
    notes: list[str] = []
    errors = 0
    done = len(known_rows)
    total = dataset.splits.get("train", 0)
    for batch in store.datasets.batches(dataset.dataset_id, split="train", size=BATCH):
        fresh = batch.take(np.flatnonzero(~np.isin(batch.column("row").to_numpy(), known_rows)))
        if not len(fresh):
            continue
        findings, failed = _guarded(configured, fresh, context)
        errors += failed
        if findings.evidence is not None:
            evidence.append(_shifted(findings.evidence, done))
        rows.append(fresh.column("row").to_numpy())
        signals.append(findings.signals)
        notes += [note for note in findings.notes if note not in notes]
        done += len(fresh)
        context.progress(done, total)
    if errors:
        notes.append(f"{errors} rows could not be scored; their findings say why")
    if len(known_rows):
        notes.append(f"{done - len(known_rows)} rows scored, {len(known_rows)} known from earlier runs")
    findings = Findings(
        signals=pa.concat_tables(signals, promote_options="permissive") if signals else _empty_signals(configured),
        evidence=pa.concat_tables(evidence, promote_options="permissive") if evidence else None,
        notes=tuple(notes),
    )
    return _Scored(rows=np.concatenate(rows), findings=findings, scored=done - len(known_rows), cached=len(known_rows), errors=errors)


def _guarded(configured: ConfiguredSelector, examples: ExampleTable, context: SelectorContext) -> tuple[Findings, int]:
    """Score one batch; where that fails, each of its rows alone, so that one bad row costs no other its score."""
    try:
        return _checked(configured, configured.selector.score(examples, context), len(examples)), 0
    except Exception as error:  # noqa: BLE001 - whatever a plugin raises is told with the row that it was raised for
        if len(examples) == 1:
            return _error_finding(configured, error), 1
    import pyarrow as pa

    signals, evidence, failed = [], [], 0
    for position in range(len(examples)):
        findings, error_count = _guarded(configured, examples.slice(position, 1), context)
        failed += error_count
        signals.append(findings.signals)
        if findings.evidence is not None:
            evidence.append(_shifted(findings.evidence, position))
    merged = pa.concat_tables(evidence, promote_options="permissive") if evidence else None
    return Findings(signals=pa.concat_tables(signals, promote_options="permissive"), evidence=merged), failed


def _error_finding(configured: ConfiguredSelector, error: Exception) -> Findings:
    """Null signals and, as evidence, what was raised."""
    import pyarrow as pa

    empty = _empty_signals(configured)
    spans = pa.list_(pa.struct([("role", pa.string()), ("start", pa.int32()), ("end", pa.int32())]))
    place = traceback.extract_tb(error.__traceback__)[-1]
    values = json.dumps({"error": repr(error)[:500], "line": f"{os.path.basename(place.filename)}:{place.lineno}"})  # noqa: PTH119 - a name, not a path
    return Findings(
        signals=pa.table({name: pa.nulls(1, empty.schema.field(name).type) for name in empty.column_names}),
        evidence=pa.table(
            {
                "position": pa.array([0], pa.int64()),
                "signal": [configured.selector.signals[0].name],
                "reason": ["error"],
                "values": [values],
                "partners": pa.array([[]], pa.list_(pa.int64())),
                "spans": pa.array([[]], spans),
            },
        ),
    )


def _empty_signals(configured: ConfiguredSelector) -> pa.Table:
    import pyarrow as pa

    types = {"float64": pa.float64(), "int64": pa.int64(), "bool": pa.bool_()}
    return pa.table({signal.name: pa.array([], types[signal.dtype]) for signal in configured.selector.signals})


def _checked(configured: ConfiguredSelector, findings: Findings, size: int) -> Findings:
    """Hold findings against the contract, with the declared columns in the declared order and type."""
    expected = _empty_signals(configured).schema
    table = findings.signals
    if table.num_rows != size or set(table.column_names) != set(expected.names):
        raise PluginError(
            f"{configured.id} gave {table.num_rows} rows of {table.column_names}.",
            expected=f"{size} rows of {expected.names}",
        )
    return dataclasses.replace(findings, signals=table.select(expected.names).cast(expected))


def _shifted(evidence: pa.Table, offset: int) -> pa.Table:
    """Evidence of a part, as evidence of the whole that the part begins in at ``offset``; row selectors have no partners."""
    import pyarrow.compute as pc

    return evidence.set_column(evidence.schema.get_field_index("position"), "position", pc.add(evidence["position"], offset))


def _by_position(evidence: pa.Table, rows: np.ndarray) -> pa.Table:
    """Evidence by store row, as evidence by position in ``rows`` (ascending)."""
    import numpy as np
    import pyarrow as pa

    index = evidence.schema.get_field_index("row")
    return evidence.set_column(index, "position", pa.array(np.searchsorted(rows, evidence["row"].to_numpy()), pa.int64()))
