"""Selectors that rest on a model: one training run serves them all, and is done once."""

from __future__ import annotations

import json

import numpy as np
import pytest

from workbench.errors import RecipeError, RunError
from workbench.experiment import curate, recipe_from_text, resolve
from workbench.host import PluginHost
from workbench.store import Store
from workbench.types import Environment, Silent

HOST = PluginHost.load()
MACHINE = Environment(device="cpu", cores=1, memory=8 * 2**30)
WORDS = {"good": ["fine", "great", "lovely", "superb"], "bad": ["awful", "dull", "poor", "weak"]}
FILLER = ["the", "film", "was", "so", "very", "and", "long", "short"]


class Steps(Silent):
    """Remembers the steps that were begun."""

    def __init__(self):
        self.steps = []
        self.told = []

    def begin(self, step, total=None):  # noqa: ARG002 - the protocol's signature
        self.steps.append(step)

    def say(self, message):
        self.told.append(message)


def write(path, rows):
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def plan_of(select, *, task="classification", more=""):
    text = f"name: r\ntask: {task}\ndata: {{train: train.jsonl, eval: eval.jsonl}}\nselect: {select}\n{more}"
    recipe, located = recipe_from_text(text, "r.yaml")
    return resolve(recipe, HOST, located=located)


def values(store, done, name, signal):
    (found,) = (each for each in done.runs if each.name == name)
    return np.array(store.signals.read(found.selector_run)[signal].to_pylist(), dtype=np.float64)


@pytest.fixture
def reviews(tmp_path):
    """Reviews of which one in eight is labelled wrongly; and which these are."""
    random = np.random.default_rng(0)
    rows, flipped = [], []
    for number in range(96):
        label = str(random.choice(["good", "bad"]))
        text = " ".join([*random.choice(FILLER, 4), random.choice(WORDS[label]), str(random.choice(FILLER)), str(random.choice(WORDS[label]))])
        flipped.append(number % 8 == 3)
        rows.append({"text": f"{text} {number}", "label": label if not flipped[-1] else {"good": "bad", "bad": "good"}[label]})
    write(tmp_path / "train.jsonl", rows)
    write(tmp_path / "eval.jsonl", rows[:2])
    return np.array(flipped)


TRACED = "cartography: {}, area-under-margin: {}, el2n: {epochs: 3}"
TRACE = "trace: {epochs: 3}\nfinetune: {batch_size: 8}\n"


def test_one_run_feeds_all_and_finds_wrong_labels(tmp_path, reviews):
    """Wrong labels have a margin and a confidence below, and an error above the median; asked again, or for more, nothing is trained."""
    store = Store.create(tmp_path / "w.duckdb")
    progress = Steps()
    done = curate(store, plan_of(f"{{{TRACED}}}", more=TRACE), tmp_path, author="me", environment=MACHINE, progress=progress)
    assert 1 == progress.steps.count("train for a trace")
    assert ["traced 96 examples over 3 epochs of scratch:encoder-tiny with seed 0"] == progress.told
    for name, signal, sign in (("area-under-margin", "margin", 1), ("cartography", "confidence", 1), ("el2n", "norm", -1)):
        scores = sign * values(store, done, name, signal)
        assert (scores[reviews] < np.median(scores)).all(), name
    assert [] == [path for path in (store.files / "cache" / "traces").iterdir() if path.is_dir()]
    again = Steps()
    more = plan_of(f"{{{TRACED}, forgetting: {{}}, loss-curves: {{clusters: 4}}}}", more=TRACE)
    assert done.runs == curate(store, more, tmp_path, author="me", environment=MACHINE, progress=again).runs[:3]
    assert ["score classification.forgetting", "score classification.loss-curves"] == [step for step in again.steps if step.startswith("score")]
    assert "train for a trace" not in again.steps


def test_a_trace_is_known_by_what_decides_it(tmp_path, reviews):
    """Other epochs, another seed, other options or other data are another trace; other arms are not."""
    from workbench.experiment.importing import import_data
    from workbench.experiment.selecting import PlanModels

    store = Store.create(tmp_path / "w.duckdb")

    def name(more):
        plan = plan_of(f"{{{TRACED}}}", more=more)
        return PlanModels(store, plan, import_data(store, plan, tmp_path), environment=MACHINE, progress=Silent()).fingerprint("trace")

    same = [name("trace: {epochs: 3}\n"), name(""), name("finetune: {epochs: 3}\ncompare: {arms: [raw], seeds: [5]}\n")]
    others = [name("trace: {epochs: 4}\n"), name("trace: {seed: 1}\n"), name("finetune: {learning_rate: 0.001}\n")]
    assert 1 == len(set(same))
    assert 4 == len({same[0], *others})
    with (tmp_path / "train.jsonl").open("a") as file:
        file.write('{"text": "one more", "label": "good"}\n')
    assert name("") not in {*same, *others}
    plain, traced = plan_of("{empty-text: {}}"), plan_of(f"{{{TRACED}}}")
    assert ({"trace", "scorer"} & plain.plain(plain.policy).keys(), {"trace"}) == (set(), {"trace", "scorer"} & traced.plain(traced.policy).keys())


REFUSED = {
    "no model to score with": ("{ifd: {}}", "", r"r\.yaml:4: ifd scores with a model, and the recipe names none.*scorer: \{model: FOLDER\}"),
    "a model that has learned nothing": (
        "{ifd: {}}",
        "scorer: {model: 'scratch:causal-tiny'}\n",
        r"r\.yaml:5: scratch:causal-tiny has learned nothing",
    ),
    "an unknown key": ("{ifd: {}}", "trace: {epoch: 3}\n", r"r\.yaml:5: there is no key 'trace.epoch'.*Did you mean 'epochs'"),
    "no epoch": ("{ifd: {}}", "trace: {epochs: 0}\n", r"r\.yaml:5: trace.epochs cannot be 0"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_is_refused_with_its_line(name):
    """Before any work starts."""
    select, more, message = REFUSED[name]
    with pytest.raises(RecipeError, match=message):
        plan_of(select, task="generation", more=more)


COLOURS = {"red": "rouge", "blue": "bleu", "green": "vert", "black": "noir", "white": "blanc", "天空": "蓝色"}


@pytest.fixture
def causal(tmp_path):
    """A tiny causal model that has learned which word answers which, in a folder as other programs leave one."""
    from workbench.finetune import CausalGeneration
    from workbench.types import FineTuneSpec, TrainContext

    random = np.random.default_rng(0)
    asked = random.choice(list(COLOURS), 96)
    # A third without a prompt: what a model thinks of a response alone means something where it has seen such.
    rows = [{"prompt": f"the word {word}" if at % 3 else "", "input": None, "response": COLOURS[word]} for at, word in enumerate(asked)]
    write(tmp_path / "train.jsonl", rows)
    write(tmp_path / "eval.jsonl", rows[:2])
    plan = plan_of("{empty-text: {}}", task="generation")
    store = Store.create(tmp_path / "model.duckdb")
    done = curate(store, plan, tmp_path, author="me")
    examples = store.datasets.examples(done.dataset.dataset_id, split="train")
    adapter = CausalGeneration(prompt=("prompt", "input"), response="response")
    options = {"epochs": 20, "batch_size": 16, "learning_rate": 5e-3}
    spec = FineTuneSpec(model="scratch:causal-tiny", options=options, assets=tmp_path / "assets")
    adapter.prepare(examples, spec, tmp_path / "assets")
    run_plan = adapter.plan(spec, MACHINE)
    artifact = adapter.train(adapter.encode(examples, run_plan), run_plan, TrainContext(seed=0, folder=tmp_path / "run"))
    adapter.save(artifact, tmp_path / "causal")
    return tmp_path / "causal"


@pytest.mark.slow
def test_a_local_causal_model_scores_responses(tmp_path, causal):
    """A right answer has a ratio far below 1, a swapped one above 1; the odd one out is surprising. Another model means other scores."""
    words = list(COLOURS)
    rows = [{"prompt": f"the word {words[at % 6]}", "response": COLOURS[words[at % 6]]} for at in range(48)]
    wrong = [5, 17, 30]
    for at in wrong:
        rows[at]["response"] = COLOURS[words[(at + 1) % 6]]
    write(tmp_path / "train.jsonl", rows)
    plan = plan_of("{ifd: {}, perplexity-outliers: {}}", task="generation", more=f"scorer: {{model: {causal}}}\n")
    store = Store.create(tmp_path / "w.duckdb")
    done = curate(store, plan, tmp_path, author="me", environment=MACHINE)
    ratio, perplexity = values(store, done, "ifd", "ratio"), values(store, done, "perplexity-outliers", "perplexity")
    assert wrong == np.flatnonzero(ratio >= 1).tolist(), ratio
    assert set(wrong) == set(np.argsort(-perplexity)[: len(wrong)])
    assert set(wrong) <= set(np.flatnonzero(values(store, done, "perplexity-outliers", "distance") >= 5))
    again = Steps()
    assert done.runs == curate(store, plan, tmp_path, author="me", environment=MACHINE, progress=again).runs
    assert [] == [step for step in again.steps if step.startswith("score")]
    weights = causal / "model.safetensors"
    damaged = bytearray(weights.read_bytes())
    damaged[-1] ^= 64
    weights.write_bytes(bytes(damaged))
    assert not {run.selector_run for run in done.runs} & {
        run.selector_run for run in curate(store, plan, tmp_path, author="me", environment=MACHINE).runs
    }


def test_a_selector_that_may_use_a_model_does_without(tmp_path, reviews):
    """With no scorer in the recipe it is not refused; with one, it is another experiment."""
    plain, aided = (plan_of("{counterfactual: {}}", more=more) for more in ("", "scorer: {model: FOLDER}\n"))
    assert "scorer" not in plain.plain(plain.policy)
    assert plain.identity("v", plain.policy) != aided.identity("v", aided.policy)


@pytest.mark.slow
def test_a_classifier_of_other_labels_is_refused(tmp_path, reviews):
    """For a score is looked up by place: labels of the same number in another order would be taken for one another."""
    from transformers import AutoModelForSequenceClassification

    from workbench.finetune import SequenceClassification
    from workbench.types import FineTuneSpec

    store = Store.create(tmp_path / "w.duckdb")
    done = curate(store, plan_of("{empty-text: {}}"), tmp_path, author="me")
    examples = store.datasets.examples(done.dataset.dataset_id, split="train")
    adapter = SequenceClassification()
    spec = FineTuneSpec(model="scratch:encoder-tiny", assets=tmp_path / "assets")
    adapter.prepare(examples, spec, tmp_path / "assets")
    adapter.save(adapter.untrained(adapter.plan(spec, MACHINE)), tmp_path / "model")
    for labels, refused in ((["bad", "good"], False), (["good", "bad"], True)):
        folder = tmp_path / labels[0]
        adapter.save(adapter.load(tmp_path / "model", adapter.plan(spec, MACHINE)), folder)
        model = AutoModelForSequenceClassification.from_pretrained(folder)
        model.config.id2label = dict(enumerate(labels))
        model.config.save_pretrained(folder)
        own = FineTuneSpec(model=str(folder), assets=tmp_path / f"assets-{labels[0]}")
        adapter.prepare(examples, own, own.assets)
        if refused:
            with pytest.raises(RunError, match=r"gives the labels good, bad.*those of raw train, in their order: bad, good"):
                adapter.untrained(adapter.plan(own, MACHINE))
        else:
            loss = adapter.score(adapter.untrained(adapter.plan(own, MACHINE)), examples, "loss")["loss"]
            assert np.isfinite(loss.to_numpy()).all()
