"""Tiny real models on toy mappings that they learn in a second or two."""

from __future__ import annotations

import gc
import os
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest

from workbench.finetune import CausalGeneration, SequenceClassification, SequenceToSequence, SpanQuestionAnswering
from workbench.types import Environment, ExampleTable, FineTuneSpec, TrainContext

if TYPE_CHECKING:
    from pathlib import Path

    from workbench.finetune._adapter import Adapter
    from workbench.finetune._artifact import Artifact
    from workbench.types import Encoded, RunPlan

MACHINE = Environment(device="cpu", cores=1, memory=8 * 2**30)
TEXT, SPANS = pa.large_string(), pa.large_list(pa.struct([("start", pa.int32()), ("end", pa.int32()), ("text", pa.large_string())]))
MESSAGES = pa.large_list(
    pa.struct([(name, pa.large_string()) for name in ("role", "content", "name", "tool_call_id", "tool_calls")]),
)
TYPES = {"answers": SPANS, "messages": MESSAGES}


def examples(split: str = "train", **roles: list) -> ExampleTable:
    """An example table of these roles."""
    count = len(next(iter(roles.values())))
    columns = {
        "row": pa.array(range(100, 100 + count), pa.int64()),
        "example_id": pa.array([f"{split}-{index}" for index in range(count)], pa.string()),
        "content_hash": pa.array(["0" * 32] * count, pa.string()),
        "split": pa.array([split] * count, pa.string()),
        "source": pa.array(["toy"] * count, pa.string()),
        "meta": pa.array(["{}"] * count, pa.string()),
    }
    columns |= {name: pa.array(values, TYPES.get(name, TEXT)) for name, values in roles.items()}
    return ExampleTable(pa.table(columns), tuple(roles))


def sentiment(count: int = 64, seed: int = 0) -> ExampleTable:
    """One word of each text decides its label."""
    random = np.random.default_rng(seed)
    noise = ["the", "film", "was", "so", "very", "and", "long", "short"]
    words = {"good": ["fine", "great", "lovely"], "bad": ["awful", "dull", "poor"]}
    labels = [str(random.choice(["good", "bad"])) for _ in range(count)]
    texts = [" ".join([*random.choice(noise, random.integers(2, 9)), random.choice(words[label]), *random.choice(noise, 2)]) for label in labels]
    return examples(text=texts, label=labels)


COLOURS = {"red": "rouge", "blue": "bleu", "green": "vert", "black": "noir", "white": "blanc", "grey": "gris"}


def colours(count: int = 64, seed: int = 0, source: str = "document", target: str = "summary") -> ExampleTable:
    """Each word has a translation."""
    chosen = np.random.default_rng(seed).choice(list(COLOURS), count)
    return examples(**{source: [f"the word {word}" for word in chosen], target: [COLOURS[word] for word in chosen]})


def cities(count: int = 64, seed: int = 0, *, unanswerable: bool = False) -> ExampleTable:
    """A city stands somewhere in each context, in Chinese; with ``unanswerable``, in every third there is none."""
    random = np.random.default_rng(seed)
    names, filler = ["北京", "上海", "广州", "成都"], ["小明", "今天", "坐车", "去了", "😀", "然后", "回家"]
    contexts, answers = [], []
    for index in range(count):
        before, after = "".join(random.choice(filler, random.integers(1, 6))), "".join(random.choice(filler, random.integers(1, 6)))
        city = "" if unanswerable and index % 3 == 0 else str(random.choice(names))
        contexts.append(before + city + after)
        answers.append([{"start": len(before), "end": len(before) + len(city), "text": city}] if city else [])
    return examples(question=["哪个城市?"] * count, context=contexts, answers=answers)


@dataclass(frozen=True)
class Case:
    """An adapter with a mapping that it can learn."""

    adapter: Adapter
    model: str
    train: ExampleTable = field(repr=False)
    test: ExampleTable = field(repr=False)
    options: dict[str, object] = field(default_factory=dict)

    def spec(self, folder: Path, *, steps: int | None = None, **options: object) -> FineTuneSpec:
        """A spec with the case's options and these."""
        return FineTuneSpec(model=self.model, assets=folder / "assets", options={**self.options, **options}, max_steps=steps)

    def ready(self, folder: Path, *, steps: int | None = None, **options: object) -> tuple[RunPlan, Encoded]:
        """Prepare, plan and encode."""
        spec = self.spec(folder, steps=steps, **options)
        if not (folder / "assets").exists():
            self.adapter.prepare(self.train, spec, folder / "assets")
        plan = self.adapter.plan(spec, MACHINE)
        return plan, self.adapter.encode(self.train, plan)

    def fit(self, folder: Path, **options: object) -> Artifact:
        """Prepare, plan, encode and train."""
        plan, encoded = self.ready(folder, **options)
        return self.adapter.train(encoded, plan, TrainContext(seed=0, folder=folder / "run"))


CASES = {
    "classification": Case(SequenceClassification(), "scratch:encoder-tiny", sentiment(), sentiment(seed=1), {"epochs": 6, "batch_size": 16}),
    "qa": Case(SpanQuestionAnswering(), "scratch:encoder-tiny", cities(96), cities(seed=1), {"epochs": 12, "batch_size": 16, "learning_rate": 3e-3}),
    "seq2seq": Case(
        SequenceToSequence(), "scratch:seq2seq-tiny", colours(), colours(seed=1), {"epochs": 12, "batch_size": 16, "learning_rate": 5e-3}
    ),
    "causal": Case(
        CausalGeneration(prompt=("prompt",), response="response"),
        "scratch:causal-tiny",
        colours(source="prompt", target="response"),
        colours(seed=1, source="prompt", target="response"),
        {"epochs": 12, "batch_size": 16, "learning_rate": 5e-3},
    ),
}


@pytest.fixture(scope="session", autouse=True)
def _settled_garbage() -> None:
    """The Trainer collects garbage before each run; over all that transformers and torch keep alive for good that takes longer than these runs do."""
    os.environ["HF_HUB_OFFLINE"] = "1"  # read when the hub's library is first imported, which is here
    from transformers import AutoModel, LlamaModel, ModernBertModel, T5Model, Trainer

    assert all((AutoModel, LlamaModel, ModernBertModel, T5Model, Trainer))
    gc.freeze()


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    """Each head in turn."""
    return CASES[request.param]


@pytest.fixture(scope="session")
def _kept() -> dict[str, tuple[Artifact, Path]]:
    return {}


@pytest.fixture
def trained(case: Case, _kept: dict[str, tuple[Artifact, Path]], tmp_path_factory: pytest.TempPathFactory) -> tuple[Case, Artifact, Path]:
    """Each head, trained once for all tests, and its folder."""
    if case.adapter.name not in _kept:
        folder = tmp_path_factory.mktemp(case.adapter.name)
        _kept[case.adapter.name] = case.fit(folder), folder
    return case, *_kept[case.adapter.name]


@pytest.fixture(scope="session")
def toys() -> SimpleNamespace:
    """The makers of toy examples, for tests that need others than their head's own."""
    return SimpleNamespace(cases=CASES, cities=cities, colours=colours, examples=examples, machine=MACHINE, sentiment=sentiment)
