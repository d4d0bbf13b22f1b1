"""The contract between the workbench and its plugins.

Data crosses it as Arrow tables and frozen keyword-only dataclasses, behaviour as protocols. Nothing here imports a heavy library: pyarrow and numpy
are named for the type checker alone, so that a plugin module stays cheap to import.

In reading order: roles and tasks, examples, selectors and what they find, policies, fine-tuning, metrics, reports.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    import pyarrow as pa
    from scipy.sparse import csr_array


# --- roles and tasks --------------------------------------------------------------------------------------------------------------------------------


class RoleType(StrEnum):
    """The closed list of types that a role can have, each with its Arrow type."""

    TEXT = "text"  # large_string
    LABEL = "label"  # large_string
    NUMBER = "number"  # float64
    TEXTS = "texts"  # large_list<large_string>
    SPANS = "spans"  # large_list<struct<start: int32, end: int32, text: large_string>>, offsets in code points
    MESSAGES = "messages"  # large_list<struct<role, content, name, tool_call_id, tool_calls>>, tool calls as JSON text


@dataclass(frozen=True, kw_only=True)
class Role:
    """A named part of an example.

    Attributes:
        name: a lower-case word, unique within the task; it becomes a column.
        type: what the column holds.
        required: whether a row without it is rejected.
        columns: further names that data commonly has for it, in order of preference; the role's own name is always tried first.
    """

    name: str
    type: RoleType
    required: bool = True
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ParsedExample:
    """One example that ``Task.parse`` read from a row.

    Attributes:
        roles: role name to value, plain Python values of the role's type.
        meta: further columns to keep beside it, such as ``{"article": "Normans"}``; a split can be made by one of them.
        key: the row's own identifier, or empty.
    """

    roles: Mapping[str, object]
    meta: Mapping[str, object] = field(default_factory=dict)
    key: str = ""


@dataclass(frozen=True, kw_only=True)
class Rejection:
    """A row, or a part of one, that ``Task.parse`` could not read."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class Planted:
    """A table with known defects in it.

    Attributes:
        table: the examples, one column per role and ``source``; a plant changes rows in place or appends some, it never removes or reorders.
        rows: which rows are planted: ``row`` int64 (position in ``table``), ``kind`` string (the plant's name), ``detail`` string (JSON).
    """

    table: pa.Table
    rows: pa.Table


class Plant(Protocol):
    """Puts one kind of known defect into training examples, to measure with.

    Attributes:
        name: the kind of defect, such as ``"label-flip"``.
        found_by: names of the selectors that are meant to find it; recall is reported for these.
    """

    @property
    def name(self) -> str: ...
    @property
    def found_by(self) -> tuple[str, ...]: ...

    def apply(self, table: pa.Table, share: float, seed: int) -> Planted:
        """Plant the defect in ``share`` (0 to 1) of the rows that can carry it; the same arguments give the same result."""
        ...


@dataclass(frozen=True, kw_only=True)
class Sample:
    """What a task shows itself with, in the demo, the conformance kit and the docs.

    Attributes:
        train: examples with defects planted in them; one column per role and ``source`` (string).
        eval: clean examples of the same columns; no text of them stands in ``train`` unless it was planted there.
        planted: the rows of ``train`` that are planted, as in ``Planted.rows``.
        license: the terms that the text stands under.
    """

    train: pa.Table
    eval: pa.Table
    planted: pa.Table
    license: str


@dataclass(frozen=True, kw_only=True)
class Floor:
    """Predictions that any useful model must beat: the majority label, a constant answer, the lead sentence.

    Attributes:
        name: what it predicts, in a word or two.
        predict: takes the raw training examples and the evaluation examples, gives a prediction table (see ``FineTuneAdapter.predict``).
    """

    name: str
    predict: Callable[[ExampleTable, ExampleTable], pa.Table]


@dataclass(frozen=True, kw_only=True)
class Task:
    """What a plugin supplies to teach the workbench a kind of data.

    Components are named by id (``<plugin>.<name>``) or short name; a short name is looked up in the task's own plugin first.

    Attributes:
        name: how recipes call it.
        title: how people call it.
        summary: one sentence.
        roles: the parts of an example.
        target: the role that the model learns to produce.
        selectors: the selectors that curate it by default.
        adapter: the fine-tune adapter.
        metrics: its metrics, the primary one first.
        policy: rules beyond the default rules of its selectors; they replace those on the same signal.
        parse: only for nested layouts: turns one raw row (or one whole JSON document) into examples and rejections.
        plants: the defects that can be planted in it.
        floor: the predictions that any useful model must beat.
        sample: makes examples from nothing but the running Python: ``(seed, size) -> Sample``, ``size`` being rows of train before planting.
        sample_policy: rules that the defects planted in the sample call for; the recipe of the demo states them.
        model: the model that it is fine-tuned from by default.
        epochs: passes over the raw arm by default.
    """

    name: str
    title: str
    summary: str
    roles: tuple[Role, ...]
    target: str
    selectors: tuple[str, ...]
    adapter: str
    metrics: tuple[str, ...]
    policy: tuple[PolicyRule, ...] = ()
    parse: Callable[[Mapping[str, object]], Iterable[ParsedExample | Rejection]] | None = None
    plants: tuple[Plant, ...] = ()
    floor: Floor | None = None
    sample: Callable[[int, int], Sample] | None = None
    sample_policy: tuple[PolicyRule, ...] = ()
    model: str
    epochs: float = 3.0


# --- examples ---------------------------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ExampleTable:
    """Examples as columns.

    Attributes:
        table: ``row`` int64, ``example_id`` string, ``content_hash`` string (32 hexadecimal digits), ``split`` string, ``source`` string,
            ``meta`` string (JSON object), then one column per role in its Arrow type (see ``RoleType``). A null is an absent optional role.
        roles: the names of the role columns.
    """

    table: pa.Table
    roles: tuple[str, ...]

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def column(self, name: str) -> pa.ChunkedArray:
        """One column as Arrow holds it."""
        return self.table.column(name)

    def values(self, name: str) -> list[object]:
        """One column as Python values: the convenience for authors who think in rows."""
        values: list[object] = self.table.column(name).to_pylist()
        return values

    def texts(self, name: str) -> list[str]:
        """A text or label column as Python strings, an absent text as the empty string."""
        return ["" if value is None else str(value) for value in self.values(name)]

    def slice(self, start: int, length: int) -> ExampleTable:
        """``length`` examples from position ``start`` on, without a copy."""
        return ExampleTable(self.table.slice(start, length), self.roles)

    def take(self, positions: np.ndarray | Sequence[int]) -> ExampleTable:
        """The examples at these positions, in this order."""
        return ExampleTable(self.table.take(positions), self.roles)


# --- selectors --------------------------------------------------------------------------------------------------------------------------------------


class SelectorKind(StrEnum):
    """What a selector looks for."""

    DEDUP = "dedup"
    NOISE = "noise"
    BIAS = "bias"
    DECONTAMINATION = "decontamination"
    DIFFICULTY = "difficulty"
    CHOICE = "choice"


class Scope(StrEnum):
    """What a score depends on: one example alone (cached by its content, computed in batches), or the whole dataset."""

    ROW = "row"
    DATASET = "dataset"


class Direction(StrEnum):
    """Which end of a range is the better one."""

    HIGHER = "higher"
    LOWER = "lower"
    NONE = "none"


class Action(StrEnum):
    """What a rule asks for when it fires."""

    DROP = "drop"
    REVIEW = "review"


Operator = Literal["<", "<=", ">", ">=", "==", "!="]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A signal against a threshold: fires where ``value operator threshold`` holds; a null value never fires.

    Attributes:
        action: what it asks for.
        operator: how the value is compared.
        threshold: what it is compared with; bool signals count as 0 and 1.
    """

    action: Action
    operator: Operator
    threshold: float


@dataclass(frozen=True, kw_only=True)
class Signal:
    """A column of scores, one value per example.

    Attributes:
        name: unique within the selector; ``<selector>.<signal>`` is how policies call it.
        dtype: the Arrow type of the column.
        summary: what the value means, in a sentence a curator understands, with its unit.
        low, high: the range that values lie in; None is unbounded.
        direction: which end is better.
        rule: the default rule, or None for a signal that is only shown.
        reasons: reason code to a sentence with ``{name}`` places for the values of the evidence (``{value}`` is the signal's own).
        about_target: whether it says that the target is wrong. Such signals, and those of duplicates, are computed of the evaluation split too, for
            the report alone.
        pairwise: the rule is held against each edge's similarity and decides between partners (stage 2); the column holds each row's greatest one.
            A parameter ``floor`` of such a selector is the least similarity of its edges, and a review rule on another signal of it asks to look
            before its similar rows are dropped.
    """

    name: str
    dtype: Literal["float64", "int64", "bool"]
    summary: str
    low: float | None = None
    high: float | None = None
    direction: Direction = Direction.NONE
    rule: Rule | None = None
    reasons: Mapping[str, str] = field(default_factory=dict)
    about_target: bool = False
    pairwise: bool = False


class PairKind(StrEnum):
    """What two similar examples are to one another. Rules act on ``copy`` and ``near``; the others are shown."""

    COPY = "copy"
    NEAR = "near"
    CONFLICT = "conflict"  # same prompt, different answers
    TEMPLATE = "template"  # all that differs is numbers, quoted strings, slot words or the target role


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What a selector found.

    Attributes:
        signals: one row per example in the order given, one column per declared signal; null where it does not apply.
        evidence: sparse; ``position`` int64 (in the examples given), ``signal`` string, ``reason`` string (a code that the signal declares),
            ``values`` string (JSON object), ``partners`` list<int64> (positions), ``spans`` list<struct<role: string, start: int32, end: int32>>
            (code points). A value ``other`` is a text outside of the dataset that the example is like: ``{"where": ..., "text": ..., "start": ...,
            "end": ..., "content_hash": ...}``, the span in code points of the text; where the text is an example's, by the hash it is erased with
            that example. None is none.
        edges: ``a`` < ``b`` int64 (positions), ``signal`` string, ``kind`` string (``PairKind``), ``similarity`` float64, each pair once.
            Exact copies are collapsed: a ``copy`` edge goes from the first of a group to each other member, and only the first has edges of other
            kinds, which hold for the whole group. None is none.
        notes: what the person who runs it should be told, one sentence each.
    """

    signals: pa.Table
    evidence: pa.Table | None = None
    edges: pa.Table | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False)
class HeldOut:
    """What models are judged on. Only selectors of kind ``decontamination`` see it, and compare training examples with it.

    Attributes:
        examples: the recipe's evaluation examples and those of further files that the selector's parameters name; the table has one more column,
            ``line`` int64 (of ``source``, null where it is not known). A role that a further file lacks is null.
        fingerprint: changes when any of it does.
    """

    examples: ExampleTable
    fingerprint: str


class Remember(Protocol):
    """Spares a selector of scope ``dataset`` what it has computed of an example before, such as a sketch or an embedding."""

    def __call__(self, name: str, keys: pa.ChunkedArray, compute: Callable[[np.ndarray], pa.Table], *, batch: int = 100_000) -> pa.Table:
        """One record per key, in order.

        Args:
            name: what the records are, with everything beside the selector's version and parameters that decides them.
            keys: what each record depends on: 32 hexadecimal digits, such as the examples' content hashes.
            compute: takes positions (int64, ascending) whose record is not known and gives these, with the same columns at each call.
            batch: positions per call at most; what a call gave outlives an interrupt.
        """
        ...


def _compute_all(
    name: str,  # noqa: ARG001 - the protocol's signature
    keys: pa.ChunkedArray,
    compute: Callable[[np.ndarray], pa.Table],
    *,
    batch: int = 100_000,  # noqa: ARG001 - as above
) -> pa.Table:
    import numpy as np

    return compute(np.arange(len(keys)))


class Scorer(Protocol):
    """The one way for a selector to reach a model."""

    def score(self, examples: ExampleTable, kind: Literal["loss", "log_probability", "hidden", "logits"]) -> pa.Table:
        """One row per example; the columns that ``FineTuneAdapter.score`` gives for this kind."""
        ...


@dataclass(frozen=True, kw_only=True, eq=False)
class Trace:
    """What a model said of each training example at the end of every epoch of one run.

    A *target* is what carries loss: the label of a text; each token of a response or a summary, the stop token among them, given those before it
    (teacher forcing); the start and the end of an answer in each window that a context is read in. With logits ``z``, probabilities
    ``p = softmax(z)`` and the right class ``y`` of a target, all values but one are means over the targets of an example, whatever the head:

    - ``loss`` = mean of ``-ln p_y``, in nats: so ``exp(-loss)`` is the probability of a label, and the geometric mean of those of a text's tokens;
    - ``margin`` = mean of ``z_y - max over i != y of z_i``, in nats, for differences of logits are those of log-probabilities (Pleiss et al. 2020,
      equation 1);
    - ``correct`` = share of targets whose margin is above 0: 0 or 1 of a label;
    - ``error_norm`` = mean of ``|p - onehot(y)|``, the Euclidean norm, 0 to the square root of 2 (EL2N: Paul et al. 2021, definition 2.2);
    - ``log_probability`` = the sum of ``ln p_y`` over the targets, in nats (of a span: the mean of the sums of its windows).

    They are measured after the last step of each epoch, by one pass over all training examples without dropout, so that they are comparable with
    one another. An epoch is a pass over the training examples; the last one may be a part of a pass.

    Attributes:
        table: one row per epoch and example, by epoch, then in the order of training examples: ``epoch`` int32 (1, 2, ...), ``row`` int64,
            ``loss``, ``log_probability``, ``margin``, ``correct``, ``error_norm`` float64. Null where an example has no target; a margin is null too
            where there is no other class.
        head: of the adapter, see ``RunPlan``.
    """

    table: pa.Table
    head: str


@dataclass(frozen=True, kw_only=True)
class SelectorContext:
    """What a selector may use beside the examples.

    Attributes:
        seed: for everything random; the same seed gives the same findings.
        roles: the task's roles by name.
        target: the role that the model learns to produce.
        threads: how many cores it may use.
        progress: to be called with (done, total) now and then.
        stopped: whether the user asked to stop; a long loop looks at it and raises KeyboardInterrupt.
        scorer: a model, where the recipe gives one and the selector says that it uses it; see ``ModelBased``.
        trace: gives the trace of one training run on all of the examples, where there is one and the selector says that it uses it.
        held_out: what models are judged on; None but for selectors of kind ``decontamination``.
        towards: examples that a selector of kind ``choice`` chooses towards, of the files that its parameter ``towards`` names; a role that a file
            lacks is null. None where it names none.
        signals: what ``ReadsSignals.reads_signals`` names: float64, one value per example, NaN where there is none.
        remember: keeps records of single examples from one version of a dataset to the next; see ``Remember``.
    """

    seed: int = 0
    roles: Mapping[str, Role] = field(default_factory=dict)
    target: str = ""
    threads: int = 1
    progress: Callable[[int, int], None] = lambda _done, _total: None
    stopped: Callable[[], bool] = lambda: False
    scorer: Scorer | None = None
    trace: Callable[[], Trace] | None = None
    held_out: HeldOut | None = None
    towards: ExampleTable | None = None
    signals: Mapping[str, np.ndarray] = field(default_factory=dict)
    remember: Remember = _compute_all


@runtime_checkable
class Selector(Protocol):
    """Scores examples. A frozen dataclass with a field ``params``: a recipe's parameters replace it through ``dataclasses.replace``.

    A selector of scope ``row`` is given the roles that it reads and no others. It is called for batches of any size, in several processes where that
    is quicker, and its scores are kept by the content of those roles: nothing else may decide them. A row that it raises an exception for is left
    without a score, with what was raised as its finding; so it should not catch what it cannot mend.

    Attributes:
        name: unique within the plugin; lower-case words joined by hyphens.
        version: changes when the same input can give another score.
        kind: what it looks for.
        scope: what a score depends on.
        signals: the columns that it writes.
        reads: the roles that its scores depend on.
        params: a frozen dataclass of JSON values, all with defaults; thresholds of rules do not belong here.
    """

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def kind(self) -> SelectorKind: ...
    @property
    def scope(self) -> Scope: ...
    @property
    def signals(self) -> tuple[Signal, ...]: ...
    @property
    def reads(self) -> tuple[str, ...]: ...
    @property
    def params(self) -> object: ...

    def score(self, examples: ExampleTable, context: SelectorContext) -> Findings:
        """Score all examples; must not change them, and must not depend on their order but for which of equals comes first."""
        ...


@runtime_checkable
class Fingerprinted(Protocol):
    """A selector whose scores depend on a file that its parameters only name: a model, a lexicon."""

    def fingerprint(self) -> str:
        """Changes when the content of such a file does; scores are not taken over then. Raises ``RecipeError`` where one cannot be used."""
        ...


@runtime_checkable
class ReadsSignals(Protocol):
    """A selector of scope ``dataset`` whose scores depend on what other selectors of the same recipe wrote; these are scored first."""

    @property
    def reads_signals(self) -> tuple[str, ...]:
        """The signals, each ``<selector>.<signal>``; what they are scored with counts among what decides the score."""
        ...


@runtime_checkable
class ModelBased(Protocol):
    """A selector that rests on a model. What it uses is made when it asks for it, once for all selectors, and is part of what its scores are kept by.

    Attributes:
        uses: ``scorer`` for ``SelectorContext.scorer``, the model that a recipe names under ``scorer``; ``trace`` for ``SelectorContext.trace``.
    """

    @property
    def uses(self) -> tuple[Literal["scorer", "trace"], ...]: ...


@runtime_checkable
class ModelAided(Protocol):
    """A selector that does more with a model, where a recipe names one, and does without where it names none.

    Attributes:
        may_use: as ``ModelBased.uses``.
    """

    @property
    def may_use(self) -> tuple[Literal["scorer", "trace"], ...]: ...


# --- policies ---------------------------------------------------------------------------------------------------------------------------------------


class Verdict(StrEnum):
    """What becomes of an example. A row leaves the training set only by a drop."""

    KEEP = "keep"
    DROP = "drop"
    REVIEW = "review"


@dataclass(frozen=True, kw_only=True)
class PolicyRule:
    """One rule of a policy: ``signal`` is ``<selector>.<signal>``."""

    signal: str
    rule: Rule


@dataclass(frozen=True, kw_only=True)
class Choice:
    """The third stage: of what the first two keep, the ``k`` best by a signal.

    Attributes:
        signal: ``<selector>.<signal>``.
        k: how many (1 or more), or which share (below 1) of what the first two stages keep.
        order: whether the highest or the lowest values are chosen.
        unit: what k counts: rows, or the tokens of rows, as ``workbench.selectors.token_counts`` counts them without a model. Rows are chosen in
            order for as long as their tokens together are no more than k.
    """

    signal: str
    k: float
    order: Literal["highest", "lowest"] = "highest"
    unit: Literal["rows", "tokens"] = "rows"


@dataclass(frozen=True, kw_only=True)
class Alarms:
    """When rules on duplicates would take so much that people should look first: their drops there become reviews.

    Attributes:
        cluster: the share of train that one cluster of duplicates may have; 1 raises no alarm.
        source: the share of its rows that a source may lose to duplicates; 1 raises no alarm.
    """

    cluster: float = 0.05
    source: float = 0.5


@dataclass(frozen=True, kw_only=True)
class Policy:
    """What turns signals into verdicts.

    Attributes:
        rules: row rules and, on pairwise signals, duplicate rules. A signal may have one rule of each action.
        survivor: which of a group of duplicates stays: the ``"longest"``, or the one that a signal calls best (the highest, where the signal's
            direction is not that lower is better). Pins come before it; then come the longest and the content hash, always.
        choice: the third stage, if any.
        pins: whether people's pins override the rules.
        review: whether rows under review are trained on.
        alarms: when drops of duplicates become reviews.
    """

    rules: tuple[PolicyRule, ...] = ()
    survivor: str = "longest"
    choice: Choice | None = None
    pins: bool = True
    review: Literal["include", "exclude"] = "include"
    alarms: Alarms = Alarms()


# --- fine-tuning ------------------------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class FineTuneSpec:
    """What an experiment asks of its adapter, the same for all of its arms but for ``max_steps``.

    Attributes:
        model: a hub id, a local path, or ``scratch:<preset>``.
        options: the recipe's ``finetune`` keys beside ``model``: ``epochs``, ``learning_rate``, ``batch_size`` and what else the adapter declares.
        assets: the folder of what ``FineTuneAdapter.prepare`` made.
        max_steps: optimizer steps, where the experiment fixes them; else epochs decide.
        trust_remote_code: whether the user allowed code from a model's repository.
    """

    model: str
    options: Mapping[str, object] = field(default_factory=dict)
    assets: Path | None = None
    max_steps: int | None = None
    trust_remote_code: bool = False


@dataclass(frozen=True, kw_only=True)
class Environment:
    """The machine that a run is planned for. Memory in bytes."""

    device: Literal["cpu", "cuda", "mps"]
    cores: int
    memory: int
    bf16: bool = False
    devices: int = 1


@dataclass(frozen=True, kw_only=True)
class RunPlan:
    """Everything that decides how a run trains; plain values, so that it can be stored and shown.

    Attributes:
        adapter: name of the adapter.
        head: ``sequence-classification``, ``span-qa``, ``seq2seq`` or ``causal``.
        model: as in the spec.
        assets: folder with tokenizer, labels and, for scratch models, the config.
        dtype: of the weights.
        device: where it trains.
        epochs: passes over the training set, where ``max_steps`` is None.
        max_steps: optimizer steps.
        batch_size: examples per optimizer step.
        learning_rate, warmup, weight_decay: AdamW with linear decay; ``warmup`` is a share of the steps.
        max_length: tokens of the input (of input and target together for ``causal``).
        max_target_length: tokens of the target, for generation.
        options: what only this adapter knows.
        warnings: what the user should know before it starts.
    """

    adapter: str
    head: str
    model: str
    assets: str
    dtype: str = "float32"
    device: str = "cpu"
    epochs: float = 3.0
    max_steps: int | None = None
    batch_size: int = 16
    learning_rate: float = 5e-4
    warmup: float = 0.1
    weight_decay: float = 0.01
    max_length: int = 128
    max_target_length: int = 64
    trust_remote_code: bool = False
    options: Mapping[str, object] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RunEvent:
    """Something that happened during training.

    Attributes:
        kind: ``step``, ``validation``, ``checkpoint``, ``resume`` or ``end``.
        step: optimizer steps done.
        total: optimizer steps planned.
        values: numbers by name, such as ``{"loss": 1.2}``.
    """

    kind: str
    step: int
    total: int
    values: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Encoded:
    """Features and the audit of how they came about.

    Attributes:
        features: what the adapter's ``train`` takes; opaque to everyone else.
        audit: one row per example: ``row`` int64, ``tokens`` int32, ``supervised_tokens`` int32 (targets that carry loss), ``truncated`` bool,
            ``stop_token_trained`` bool (null where the head has none). None for adapters without tokens.
    """

    features: object
    audit: pa.Table | None = None


@dataclass(frozen=True, kw_only=True)
class TrainContext:
    """What training may use beside features and plan.

    Attributes:
        seed: of weights, order and dropout.
        folder: the run's own; checkpoints live here, and training resumes from the newest one.
        validation: features of the validation examples, if any.
        weights: one weight per training example, float64 [n]; None is all ones.
        trace: asks for the trace of the run: takes ``Trace.table`` once, when training has ended; that of a run that was interrupted and resumed is
            the same. None asks for none, and costs nothing.
        emit: takes events; must be cheap, it never waits for the store.
        stopped: whether to stop at the next step boundary, with a checkpoint; ``train`` then raises KeyboardInterrupt.
    """

    seed: int
    folder: Path
    validation: Encoded | None = None
    weights: np.ndarray | None = None
    trace: Callable[[pa.Table], None] | None = None
    emit: Callable[[RunEvent], None] = lambda _event: None
    stopped: Callable[[], bool] = lambda: False


@runtime_checkable
class Untrained(Protocol):
    """An adapter that can also use a model as it is, so that selectors can score with one."""

    def untrained(self, plan: RunPlan) -> object:
        """The artifact that training would start from."""
        ...


@runtime_checkable
class FineTuneAdapter(Protocol):
    """Trains a model on examples and predicts with it.

    Attributes:
        name: unique within the plugin.
        version: changes when the same input can give another model.
        head: see ``RunPlan``.
        options: the options a recipe may set, with their defaults.
    """

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def head(self) -> str: ...
    @property
    def options(self) -> Mapping[str, object]: ...

    def render(self, example: Mapping[str, object]) -> str | Sequence[Mapping[str, str]]:
        """The text or the messages that a model sees of one example; pure, needs no torch."""
        ...

    def prepare(self, examples: ExampleTable, spec: FineTuneSpec, folder: Path) -> None:
        """Make in ``folder`` what all arms share, from raw train: the tokenizer of a scratch model, the label set, the maximum length."""
        ...

    def plan(self, spec: FineTuneSpec, environment: Environment) -> RunPlan:
        """Decide how to train; reads nothing but ``spec.assets``."""
        ...

    def encode(self, examples: ExampleTable, plan: RunPlan) -> Encoded:
        """Turn examples into features. An example without a supervised token is an error that names it."""
        ...

    def train(self, encoded: Encoded, plan: RunPlan, context: TrainContext) -> object:
        """Train and give the artifact; started again in the same folder it resumes at the last checkpoint, to the same weights."""
        ...

    def predict(self, artifact: object, examples: ExampleTable) -> pa.Table:
        """Give one row per example, in order.

        Columns: ``text`` large_string, ``label`` large_string, ``probabilities`` large_list<float64> (in the order of the label set), ``span``
        struct<start: int32, end: int32, no_answer: float64>, ``log_probability`` float64 (nats, of the reference target, summed over its tokens),
        ``tokens`` int32 (of the reference target). What a head lacks is null.
        """
        ...

    def score(self, artifact: object, examples: ExampleTable, kind: Literal["loss", "log_probability", "hidden", "logits"]) -> pa.Table:
        """One row per example: ``row`` int64 and ``loss`` or ``log_probability`` float64, or ``hidden`` or ``logits`` fixed_size_list<float32>."""
        ...

    def save(self, artifact: object, folder: Path) -> None:
        """Write the artifact; weights as safetensors only."""
        ...

    def load(self, folder: Path, plan: RunPlan) -> object:
        """Read an artifact that ``save`` wrote."""
        ...


# --- metrics ----------------------------------------------------------------------------------------------------------------------------------------


class MetricKind(StrEnum):
    """How statistics per example become a value; see the protocols below."""

    ADDITIVE = "additive"
    WEIGHTED = "weighted"
    SET = "set"


class Need(StrEnum):
    """What a metric needs of a prediction; the names of columns of a prediction table."""

    TEXT = "text"
    LABEL = "label"
    PROBABILITIES = "probabilities"
    SPAN = "span"
    LOG_PROBABILITY = "log_probability"


@runtime_checkable
class Metric(Protocol):
    """Turns predictions into statistics per example.

    Attributes:
        name: unique within the plugin; says the average, such as ``macro-f1``.
        version: changes when the same predictions can give another value.
        kind: how statistics become a value.
        needs: what it needs of predictions.
        roles: the roles of the reference that it reads.
        direction: which end is better.
        low, high: the range of its values.
        percent: whether the field prints it as 0 to 100 (then its values are on that scale).
    """

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def kind(self) -> MetricKind: ...
    @property
    def needs(self) -> tuple[Need, ...]: ...
    @property
    def roles(self) -> tuple[str, ...]: ...
    @property
    def direction(self) -> Direction: ...
    @property
    def low(self) -> float | None: ...
    @property
    def high(self) -> float | None: ...
    @property
    def percent(self) -> bool: ...

    def signature(self) -> str:
        """Everything that decides the value (tokenizer, case, smoothing, library version), in one line."""
        ...

    def prepare(self, references: ExampleTable) -> Mapping[str, object]:
        """Fix what all compared runs share (label set, document frequencies): the ``state`` of the methods below, in JSON values."""
        ...

    def statistics(self, predictions: pa.Table, references: ExampleTable, state: Mapping[str, object]) -> np.ndarray:
        """float64 [n, k], one row per example, in order; a row of NaN is not scored."""
        ...


@runtime_checkable
class AdditiveMetric(Metric, Protocol):
    """The value is a function of sums over examples, so resampling is one matrix product."""

    def expand(self, statistics: np.ndarray, state: Mapping[str, object]) -> np.ndarray | csr_array:
        """Stored statistics [n, k] as summable columns [n, m]; the identity unless statistics are stored as codes."""
        ...

    def finish(self, sums: np.ndarray) -> np.ndarray:
        """Weighted column sums [b, m] to values [b]."""
        ...


@runtime_checkable
class WeightedMetric(Metric, Protocol):
    """The value needs all examples at once, each with a weight (AUROC, calibration error)."""

    def aggregate(self, statistics: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Statistics [n, k] and weights [b, n] to values [b]."""
        ...


@runtime_checkable
class SetMetric(Metric, Protocol):
    """The value belongs to the set as a whole and cannot be resampled by example (distinct-n, self-BLEU): no paired test."""

    def value(self, statistics: np.ndarray) -> float:
        """Statistics [n, k] to the value."""
        ...


# --- reports ----------------------------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class TextBlock:
    """A paragraph of plain text; escaped wherever it is shown.

    Attributes:
        text: what it says.
        style: how it stands out: as good news, bad news or a warning; ``verbatim`` keeps line breaks and spaces, for text that someone else wrote.
    """

    text: str
    style: Literal["plain", "good", "bad", "warning", "verbatim"] = "plain"


@dataclass(frozen=True, kw_only=True)
class TableBlock:
    """A table.

    Attributes:
        title: what it shows.
        columns: the headings.
        rows: cells; numbers are formatted by the renderer.
        note: a sentence below it.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | int | float | None, ...], ...]
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class ChartBlock:
    """The data of a chart; each renderer draws it its own way.

    Attributes:
        title: what it shows.
        kind: ``bar`` (categories x, values y), ``line`` (numbers x, values y) or ``interval`` (categories x, values y between low and high).
        x, y: axis titles.
        series: name of the series to its points: (x, y, low, high), low and high None where there is no interval.
        zero: whether the axis of values must reach zero; that of bars always does.
    """

    title: str
    kind: Literal["bar", "line", "interval"]
    x: str
    y: str
    series: Mapping[str, tuple[tuple[str | float, float, float | None, float | None], ...]]
    zero: bool = False


Block = TextBlock | TableBlock | ChartBlock


class ExperimentReader(Protocol):
    """What a report section may read of one experiment. Tables have the columns of the store's tables of the same name."""

    @property
    def name(self) -> str: ...
    @property
    def task(self) -> str: ...

    def scores(self) -> pa.Table:
        """``arm``, ``seed``, ``metric``, ``value``, ``n``, ``not_scored``."""
        ...

    def comparisons(self) -> pa.Table:
        """``metric``, ``a``, ``b``, ``effect``, ``low``, ``high``, ``p``, ``p_adjusted``, ``n``, ``detectable``, ``verdict``."""
        ...

    def predictions(self, arm: str, seed: int) -> pa.Table:
        """The prediction table of one run, with ``row``."""
        ...

    def eval_examples(self) -> ExampleTable:
        """The evaluation examples that all runs were judged on."""
        ...


@runtime_checkable
class ReportSection(Protocol):
    """A part of the report and of the dashboard's comparison page."""

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...

    def applies_to(self, experiment: ExperimentReader) -> bool:
        """Whether it has something to say about this experiment."""
        ...

    def build(self, experiment: ExperimentReader) -> Iterable[Block]:
        """Its blocks, in order."""
        ...


# --- progress ---------------------------------------------------------------------------------------------------------------------------------------


class Progress(Protocol):
    """How long work tells whoever waits for it. Calls come from one thread, in order."""

    def begin(self, step: str, total: int | None = None) -> None:
        """A step starts; ``total`` is how much it has to do, where that is known."""
        ...

    def advance(self, done: int, total: int | None = None) -> None:
        """``done`` of the step is done."""
        ...

    def end(self) -> None:
        """The step is over."""
        ...

    def say(self, message: str) -> None:
        """Tell something that should stay on the screen."""
        ...


class Silent:
    """The progress of work that nobody waits for."""

    def begin(self, step: str, total: int | None = None) -> None:
        """Say nothing."""

    def advance(self, done: int, total: int | None = None) -> None:
        """Say nothing."""

    def end(self) -> None:
        """Say nothing."""

    def say(self, message: str) -> None:
        """Say nothing."""
