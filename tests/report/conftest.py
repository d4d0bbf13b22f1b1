"""Real stores with real experiments in them, made through the store's own interface: one of ordinary text, one whose every text is hostile."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest

from workbench.compare import Arm, adjust, compare_arms, comparison_table
from workbench.curate import ConfiguredSelector, decide, score, to_plain, training_rows
from workbench.metrics import LabelScore, evaluate
from workbench.report import build
from workbench.store import MetricResult, Store
from workbench.types import Action, Direction, Findings, Policy, PolicyRule, Role, RoleType, Rule, RunEvent, Scope, SelectorKind, Signal, Task

HOSTILE = (
    "<script>document.title = 'owned'</script><img src=http://evil.example/i.png onerror=alert(1)></title></style></textarea>"
    "{{ 7 * 7 }}{% raw %} [click](http://evil.example/l) ![i](http://evil.example/m.png) https://evil.example/a www.evil.example @everyone "
    "a@evil.example | pipe || `tick` ``` *star* _under_ ~~gone~~ $math$ \x1b[31mred\x1b[0m\x1b]0;title\x07 [bold red]markup[/] :skull: "
    "\u202egnorw\u202c مرحبا 你好 \r# over &lt;b&gt; \" ' \\"
)
"""One text with something in it for each renderer that would take text for more than text."""

REJECTED = 7
AREAS = ("files", "network", "numeric", "text")
WORDS = ("open", "return", "the", "buffer", "socket", "value", "path", "matrix", "string", "closed", "given", "reads", "until", "line")


@dataclass(frozen=True, kw_only=True)
class Words:
    """The texts that an experiment is told in; ``hostile`` ones hold something that no renderer may act on."""

    hostile: bool = False

    def __call__(self, text: str) -> str:
        """The text, with something bad behind it."""
        return f"{text} {HOSTILE}" if self.hostile else text


@dataclass(frozen=True, kw_only=True)
class Nothing:
    """No parameters."""


@dataclass(frozen=True, kw_only=True)
class Short:
    """Sends short texts to review."""

    words: Words
    name: str = "length"
    version: str = "1"
    kind: SelectorKind = SelectorKind.NOISE
    scope: Scope = Scope.ROW
    reads: tuple[str, ...] = ("text",)
    params: Nothing = field(default_factory=Nothing)

    @property
    def signals(self):
        """Words, under review below five of them."""
        rule = Rule(action=Action.REVIEW, operator="<", threshold=5)
        reasons = {"short": self.words("{value} words are few").replace("{{ 7 * 7 }}{% raw %}", "")}
        return (Signal(name="words", dtype="int64", summary="Words.", low=0, direction=Direction.HIGHER, rule=rule, reasons=reasons),)

    def score(self, examples, context):  # noqa: ARG002 - the protocol's
        """Count."""
        counts = [len(text.split()) for text in examples.texts("text")]
        short = [position for position, count in enumerate(counts) if count < 5]
        evidence = pa.table(
            {
                "position": pa.array(short, pa.int64()),
                "signal": pa.array(["words"] * len(short), pa.string()),
                "reason": pa.array(["short"] * len(short), pa.string()),
                "values": pa.array([json.dumps({"value": counts[position]}) for position in short], pa.string()),
                "partners": pa.array([[]] * len(short), pa.list_(pa.int64())),
                "spans": pa.array([[]] * len(short), pa.list_(pa.struct([("role", pa.string()), ("start", pa.int32()), ("end", pa.int32())]))),
            },
        )
        return Findings(signals=pa.table({"words": pa.array(counts, pa.int64())}), evidence=evidence, notes=(self.words("counts words by spaces"),))


@dataclass(frozen=True, kw_only=True)
class Copies:
    """Drops all but one of equal texts."""

    name: str = "copies"
    version: str = "1"
    kind: SelectorKind = SelectorKind.DEDUP
    scope: Scope = Scope.DATASET
    reads: tuple[str, ...] = ("text",)
    params: Nothing = field(default_factory=Nothing)
    signals: tuple[Signal, ...] = (
        Signal(
            name="similarity",
            dtype="float64",
            summary="Similarity to the nearest other.",
            low=0,
            high=1,
            direction=Direction.LOWER,
            rule=Rule(action=Action.DROP, operator=">=", threshold=0.9),
            pairwise=True,
        ),
    )

    def score(self, examples, context):  # noqa: ARG002 - the protocol's
        """Compare."""
        first, pairs = {}, []
        for position, text in enumerate(examples.texts("text")):
            if first.setdefault(text, position) != position:
                pairs.append((first[text], position))
        values = np.full(len(examples), np.nan)
        for pair in pairs:
            values[list(pair)] = 1.0
        edges = pa.table(
            {
                "a": pa.array([a for a, _ in pairs], pa.int64()),
                "b": pa.array([b for _, b in pairs], pa.int64()),
                "signal": pa.array(["similarity"] * len(pairs), pa.string()),
                "kind": pa.array(["copy"] * len(pairs), pa.string()),
                "similarity": pa.array([1.0] * len(pairs), pa.float64()),
            },
        )
        return Findings(signals=pa.table({"similarity": pa.array(values, pa.float64(), from_pandas=True)}), edges=edges)


@dataclass(frozen=True, kw_only=True)
class Known:
    """A plant as a task declares it; the fixture plants by hand."""

    name: str
    found_by: tuple[str, ...]

    def apply(self, table, share, seed):
        """Never asked."""
        raise NotImplementedError


ROLES = (Role(name="text", type=RoleType.TEXT), Role(name="label", type=RoleType.LABEL))
TASK = Task(
    name="areas",
    title="Areas",
    summary="Which area a text is about.",
    roles=ROLES,
    target="label",
    selectors=("copies", "length"),
    adapter="linear",
    metrics=("areas.macro-f1", "areas.accuracy"),
    plants=(Known(name="copy", found_by=("copies",)), Known(name="empty", found_by=("length",)), Known(name="bias", found_by=("absent",))),
    model="scratch:none",
)


@dataclass(frozen=True, kw_only=True)
class Made:
    """A store and the experiment in it."""

    store: Store
    experiment: object
    words: Words


def make(path, *, hostile=False, seeds=(0, 1), fail=()):
    """An experiment on ``n`` examples of four areas, with planted copies and short texts.

    Args:
        path: of the store.
        hostile: whether every text holds something bad.
        seeds: of the runs.
        fail: further arms, whose run fails.
    """
    words = Words(hostile=hostile)
    store = Store.create(path)
    dataset = _import(store, words)
    selectors = [
        ConfiguredSelector(id=f"areas.{each.name}", selector=each, plugin="areas", distribution="areas-dist", distribution_version="1.2")
        for each in (Copies(), Short(words=words))
    ]
    runs = score(store, dataset, selectors)
    rules = tuple(PolicyRule(signal=f"{run.name}.{signal.name}", rule=signal.rule) for run in runs for signal in run.signals)
    policy = store.ledger.put_policy(dataset.name, words("strict"), Policy(rules=rules), author=words("ada"))
    store.ledger.pin(dataset.name, [3, 4], "keep", author=words("ada"), note="seen")
    decision = decide(store, dataset.dataset_id, runs, policy.policy)
    experiment = store.experiments.open(
        name=words("areas-demo"),
        identity=_digest("areas-demo"),
        task="areas.areas",
        dataset_id=dataset.dataset_id,
        recipe="task: areas\n" + (f"# {HOSTILE}\n" if hostile else ""),
        resolved={
            "task": "areas.areas",
            "select": {each.id: {"version": each.selector.version, "params": dict(each.params)} for each in selectors},
            "policy": to_plain(policy.policy),
            "compare": {"budget": "steps", "seeds": list(seeds), "arms": ["raw", "curated", "random"]},
            "metrics": {"areas.macro-f1": "1", "areas.accuracy": "1"},
        },
    )
    raw = store.datasets.examples(dataset.dataset_id, split="train").table["row"].to_numpy()
    curated = training_rows(store, decision)
    for arm, rows in (("raw", raw), ("curated", curated)):
        store.experiments.freeze(experiment.experiment_id, arm, None, rows, policy_id=policy.policy_id, ledger_number=decision.ledger_number)
    for seed in seeds:
        drawn = np.sort(np.random.default_rng(seed).choice(raw, size=len(curated), replace=False))
        store.experiments.freeze(experiment.experiment_id, "random", seed, drawn, policy_id=policy.policy_id, ledger_number=decision.ledger_number)
    sizes = {"raw": len(raw), "curated": len(curated), "random": len(curated)}
    _run_all(store, words, experiment, dataset, sizes=sizes, seeds=seeds, fail=fail)
    _compare(store, experiment)
    steps = {words("import"): 1.25, "score": 3.5, "decide": 0.1, "train": 83.0, "predict": 6.0, "compare": 2.5}
    store.experiments.update(experiment.experiment_id, state="failed" if fail else "finished", steps=steps)
    return Made(store=store, experiment=store.experiments.get(experiment.experiment_id), words=words)


def _digest(*parts):
    return hashlib.blake2b("".join(parts).encode(), digest_size=16).hexdigest()


def _import(store, words):
    """120 rows of train: 10 planted copies, 6 planted short texts, 3 natural copies and 4 natural short texts among them; 80 of eval."""
    draw = random.Random(5)
    texts = [words(" ".join(draw.choices(WORDS, k=8)) + f" {number}") for number in range(190)]
    train = texts[:110]
    for position in (0, 1, 2):
        train[50 + position] = train[80 + position]  # natural copies
    for position in range(20, 30):
        train[position] = f"short {position}"
    train += [train[position] for position in range(30, 40)]
    rows = [("train", text) for text in train] + [("eval", text) for text in texts[110:]]
    labels = [words(AREAS[draw.randrange(4)]) for _ in rows]
    content = [_digest(split, text, label) for (split, text), label in zip(rows, labels, strict=True)]
    for position in range(10):
        labels[110 + position], content[110 + position] = labels[30 + position], content[30 + position]
    for position in range(3):
        labels[50 + position], content[50 + position] = labels[80 + position], content[80 + position]
    source = json.dumps({"train": words("train.jsonl"), "plant": {"copy": 0.1}, "fingerprint": "0"})
    with store.datasets.stage(
        name=words("areas"), task="areas.areas", source=source, license=words("CC0"), roles=ROLES, target="label", keyed=False
    ) as stage:
        stage.add(
            pa.table(
                {
                    "split": [split for split, _ in rows],
                    "key": pa.nulls(len(rows), pa.string()),
                    "raw_hash": pa.nulls(len(rows), pa.string()),
                    "content_hash": content,
                    "source": [words("data/train.jsonl")] * len(rows),
                    "line": list(range(1, len(rows) + 1)),
                    "meta": ["{}"] * len(rows),
                    "text": [text for _, text in rows],
                    "label": labels,
                },
            ),
        )
        stage.reject(
            pa.table(
                {
                    "file": [words("data/train.jsonl")] * REJECTED,
                    "line": pa.array(range(300, 300 + REJECTED), pa.int64()),
                    "reason": [words("the label is missing")] * REJECTED,
                    "excerpt": [words(f"secret {number}") for number in range(REJECTED)],
                },
            ),
        )
        planted = [(110 + position, "copy", {"original": 30 + position}) for position in range(10)]
        planted += [(position, "empty", {}) for position in range(20, 26)] + [(60, words("bias") if words.hostile else "bias", {})]
        rows_planted, kinds, details = zip(*planted, strict=True)
        stage.plant(pa.table({"row": rows_planted, "kind": kinds, "detail": [json.dumps(detail) for detail in details]}))
        return stage.finish(read=len(rows) + REJECTED)


def _run_all(store, words, experiment, dataset, *, sizes, seeds, fail):
    skill = {"raw": 0.62, "random": 0.6, "curated": 0.8}
    for arm, rows in sizes.items():
        for seed in seeds:
            run = _planned(store, words, experiment, dataset, arm=arm, seed=seed, rows=rows)
            store.experiments.start_run(run.run_id)
            if not words.hostile:  # there is no text in what training tells
                _train(store, run, seed)
            _predict(store, words, run, dataset, skill=skill[arm], seed=seed)
            store.experiments.finish_run(run.run_id, steps=60, seconds=9.5)
    for arm in fail:
        run = _planned(store, words, experiment, dataset, arm=arm, seed=0, rows=0)
        store.experiments.fail_run(run.run_id, words(f"the arm {arm!r} has no examples."))
    floor = _planned(store, words, experiment, dataset, arm="floor", seed=0, rows=0)
    _predict(store, words, floor, dataset, skill=0.25, seed=99)
    store.experiments.finish_run(floor.run_id, steps=0, seconds=0.0)


def _planned(store, words, experiment, dataset, *, arm, seed, rows):
    plan = {"model": words("scratch:tiny"), "batch_size": 16, "epochs": 3.0, "options": {"words": words("many")}, "assets": "/nowhere"}
    return store.experiments.plan_run(
        experiment_id=experiment.experiment_id,
        dataset_id=dataset.dataset_id,
        name=f"{experiment.name}/{arm}/{seed}",
        arm=arm,
        seed=seed,
        adapter=words("majority") if arm == "floor" else "areas.linear",
        version="1",
        plugin="areas",
        distribution="areas-dist",
        distribution_version="1.2",
        plan={} if arm == "floor" else plan,
        environment={} if arm == "floor" else {"device": "cpu", "cores": 2},
        rows=rows,
    )


def _train(store, run, seed):
    audit = {"row": list(range(run.rows)), "tokens": [20] * run.rows, "supervised_tokens": [1] * run.rows}
    audit |= {"truncated": [row % 10 == 0 for row in range(run.rows)], "stop_token_trained": pa.nulls(run.rows, pa.bool_())}
    store.experiments.add_audit(run.run_id, pa.table(audit))
    pace = {"raw": 40, "random": 35, "curated": 25}[run.arm]
    losses = {step: 1.4 * math.exp(-step / pace) + 0.05 * seed for step in range(3, 61, 3)}
    events = [(datetime.now(UTC), RunEvent(kind="step", step=step, total=60, values={"loss": loss})) for step, loss in losses.items()]
    store.experiments.add_events(run.run_id, events)


def _predict(store, words, run, dataset, *, skill, seed):
    """Right on the first ``skill`` of the examples, but for a few that the seed decides."""
    evaluation = store.datasets.examples(dataset.dataset_id, split="eval")
    truth = evaluation.texts("label")
    draw = random.Random(seed)
    right = [position < skill * len(truth) for position in range(len(truth))]
    for position in draw.sample(range(len(truth)), 4):
        right[position] = not right[position]
    labels = [label if hit else words(AREAS[(AREAS.index(label.split(" ")[0]) + 1) % 4]) for label, hit in zip(truth, right, strict=True)]
    predictions = pa.table({"label": pa.array(labels, pa.large_string())})
    metrics = [("areas.macro-f1", LabelScore(name="macro-f1")), ("areas.accuracy", LabelScore(name="accuracy"))]
    results = [
        MetricResult(
            metric=each.metric,
            version="1",
            value=each.value,
            n=each.n,
            not_scored=each.not_scored,
            signature=words(each.signature),
            state=each.state,
            direction="higher",
            percent=False,
            kind="additive",
            statistics=each.statistics,
            plugin="areas",
            distribution="areas-dist",
            distribution_version="1.2",
        )
        for each in evaluate(metrics, predictions, evaluation)
    ]
    store.results.save(run.run_id, predictions=predictions.add_column(0, "row", evaluation.column("row")), metrics=results)


def _compare(store, experiment):
    """As an experiment does: Holm's family is the primary metric on the pairs of arms; all else is exploratory."""
    runs = [run for run in store.experiments.runs(experiment.experiment_id) if run.state == "finished"]
    names = list(dict.fromkeys(run.arm for run in runs))
    found = []
    for metric, scorer in (("areas.macro-f1", LabelScore(name="macro-f1")), ("areas.accuracy", LabelScore(name="accuracy"))):
        arms, state = [], {}
        for name in names:
            statistics = {}
            for run in (run for run in runs if run.arm == name):
                _, statistics[run.seed], state = store.results.statistics(run.run_id, metric)
            arms.append(Arm(name=name, runs=statistics))
        pairs = [("raw", "curated"), ("random", "curated"), ("raw", "random"), *(("floor", name) for name in names if name != "floor")]
        pairs = [(a, b) for a, b in pairs if a in names and b in names]
        family = "primary" if metric == "areas.macro-f1" else "exploratory"
        listed = compare_arms(metric, scorer, state, arms, pairs, family=family, resamples=200)
        found += [dataclasses.replace(each, family="exploratory") if each.a == "floor" else each for each in listed]
    store.results.save_comparisons(experiment.experiment_id, comparison_table(adjust(found)))


@pytest.fixture(scope="session")
def task():
    """The task of the experiments, as its plugin declares it."""
    return TASK


@pytest.fixture(scope="session")
def plain(tmp_path_factory):
    """An ordinary experiment: two seeds, everything finished."""
    return make(tmp_path_factory.mktemp("plain") / "plain.duckdb")


@pytest.fixture(scope="session")
def hostile(tmp_path_factory):
    """One seed of the same, with something bad in every text and an arm that failed."""
    return make(tmp_path_factory.mktemp("hostile") / "hostile.duckdb", hostile=True, seeds=(0,), fail=("without:copies",))


@pytest.fixture(scope="session")
def report(plain):
    """The report of the ordinary experiment."""
    return build(plain.store, plain.experiment, task=TASK)


@pytest.fixture(scope="session")
def hostile_report(hostile):
    """The report of the hostile one."""
    return build(hostile.store, hostile.experiment, task=TASK)
