"""The models that selectors rest on: one training run on raw train that all of them learn from, and a model that they score with."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from workbench.errors import PluginError, RunError, WorkbenchError
from workbench.store import NewTrace
from workbench.types import FineTuneSpec, Trace, TrainContext, Untrained

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

    from workbench.experiment.resolve import Plan
    from workbench.host import Component
    from workbench.store import DatasetRecord, Store
    from workbench.types import Environment, ExampleTable, FineTuneAdapter, Progress, RunPlan, Scorer


class PlanModels:
    """Fits ``curate.ModelSource``: makes what a recipe's selectors ask for, when the first of them asks.

    The trace stands in the store, so that no later start trains again; training that was interrupted goes on at its last checkpoint.

    Args:
        store: where the dataset is.
        plan: the resolved recipe.
        dataset: whose split ``train`` is traced.
        environment: the machine; None looks at this one when it has to.
        progress: is told how far it is.
    """

    def __init__(self, store: Store, plan: Plan, dataset: DatasetRecord, *, environment: Environment | None, progress: Progress) -> None:
        self._store = store
        self._plan = plan
        self._dataset = dataset
        self._environment = environment
        self._progress = progress
        self._trace: Trace | None = None
        self._scorer: _ModelScorer | None = None

    def fingerprint(self, use: str) -> str:
        """See ``curate.ModelSource``."""
        if use == "trace":
            return self._trace_identity()
        scorer = self._own_scorer()
        return "" if scorer is None else scorer.fingerprint()

    def scorer(self) -> Scorer | None:
        """See ``curate.ModelSource``."""
        return self._own_scorer()

    def trace(self) -> Trace:
        """See ``curate.ModelSource``.

        Raises:
            PluginError: where the adapter gives none.
            RunError: where training fails.
        """
        if self._trace is None:
            identity = self._trace_identity()
            self._trace = self._store.traces.find(self._dataset.dataset_id, identity) or self._trained(identity)
        return self._trace

    def _spec(self) -> FineTuneSpec:
        wanted = self._plan.recipe.trace
        options = {**self._plan.spec.options, **({"epochs": wanted.epochs} if wanted.epochs is not None else {})}
        return dataclasses.replace(self._plan.spec, options=options)

    def _trace_identity(self) -> str:
        """All that decides a trace: the dataset, the adapter, the model, how it is trained, and the seed."""
        spec, adapter = self._spec(), self._plan.adapter
        what = [self._dataset.version, self._dataset.dataset_id, adapter.id, adapter.value.version, model_fingerprint(spec.model), dict(spec.options)]
        return _digest([*what, self._plan.recipe.trace.seed])

    def _trained(self, identity: str) -> Trace:
        """One run of the recipe's adapter on all of raw train; nothing of it is kept but its trace."""
        started = time.monotonic()
        component, spec, seed = self._plan.adapter, self._spec(), self._plan.recipe.trace.seed
        adapter = component.value
        folder = self._store.files / "cache" / "traces" / identity
        examples = self._store.datasets.examples(self._dataset.dataset_id, split="train")
        spec = dataclasses.replace(spec, assets=folder / "assets")
        prepared(adapter, lambda: examples, spec)
        run_plan = adapter.plan(spec, self._machine())
        tables: list[pa.Table] = []
        self._progress.begin("train for a trace", run_plan.max_steps)
        context = TrainContext(
            seed=seed, folder=folder / "run", trace=tables.append, emit=lambda event: self._progress.advance(event.step, event.total)
        )
        try:
            adapter.train(adapter.encode(examples, run_plan), run_plan, context)
        except (WorkbenchError, KeyboardInterrupt):
            raise
        except Exception as error:
            raise RunError(f"the training run for a trace failed in {self._plan.adapter.id}: {error!r}.", advice="-v shows the traceback.") from error
        if len(tables) != 1:
            raise PluginError(
                f"{self._plan.adapter.id} gave {len(tables)} traces of a run.",
                expected="one, at its end",
                advice="Leave out the selectors that rest on a trace, or name another adapter under finetune.",
            )
        self._progress.say(f"traced {len(examples):,} examples over {tables[0]['epoch'][-1].as_py()} epochs of {spec.model} with seed {seed}")
        new = NewTrace(
            dataset_id=self._dataset.dataset_id,
            identity=identity,
            adapter=component.id,
            version=adapter.version,
            head=adapter.head,
            plugin=component.plugin,
            distribution=component.distribution,
            distribution_version=component.distribution_version,
            model=spec.model,
            options=dict(spec.options),
            seed=seed,
            seconds=time.monotonic() - started,
        )
        self._store.traces.add(new, tables[0])
        shutil.rmtree(folder)
        self._progress.end()
        return Trace(table=tables[0], head=adapter.head)

    def _own_scorer(self) -> _ModelScorer | None:
        named = self._plan.recipe.scorer
        if self._scorer is None and named is not None:
            spec = FineTuneSpec(model=named.model, trust_remote_code=self._plan.spec.trust_remote_code)
            self._scorer = _ModelScorer(self._plan.adapter, spec, self._store, self._dataset, self._machine)
        return self._scorer

    def _machine(self) -> Environment:
        if self._environment is None:
            from workbench.finetune import environment

            self._environment = environment()
        return self._environment


class _ModelScorer:
    """Fits ``types.Scorer``: a model as it is, loaded when it first scores.

    Args:
        adapter: how the model reads examples.
        spec: the model.
        store: where it keeps what the adapter prepares.
        dataset: whose split ``train`` says how long examples are.
        machine: gives the machine.
    """

    def __init__(
        self, adapter: Component[FineTuneAdapter], spec: FineTuneSpec, store: Store, dataset: DatasetRecord, machine: Callable[[], Environment]
    ) -> None:
        self._adapter = adapter
        self._store = store
        self._dataset = dataset
        self._machine = machine
        self._model = [adapter.id, adapter.value.version, model_fingerprint(spec.model)]
        self._folder = store.files / "cache" / "scorers" / _digest([*self._model, dataset.version])
        self._spec = dataclasses.replace(spec, assets=self._folder / "assets")
        self._loaded: object = None

    def fingerprint(self) -> str:
        """Changes with the model and with how much of an example it reads."""
        lengths = self._folder / "lengths.json"
        if not lengths.is_file():
            plan = self._plan()
            draft = lengths.with_suffix(".draft")
            draft.write_text(json.dumps([plan.max_length, plan.max_target_length]), encoding="utf-8")
            draft.replace(lengths)
        return _digest([*self._model, lengths.read_text(encoding="utf-8")])

    def score(self, examples: ExampleTable, kind: Literal["loss", "log_probability", "hidden", "logits"]) -> pa.Table:
        """See ``types.Scorer``."""
        adapter = self._adapter.value
        if self._loaded is None:
            if not isinstance(adapter, Untrained):
                raise PluginError(
                    f"{self._adapter.id} cannot use a model as it is.",
                    expected="an adapter with a method untrained",
                    advice="Leave out the selectors that score with a model, or name another adapter under finetune.",
                )
            self._loaded = adapter.untrained(self._plan())
        return adapter.score(self._loaded, examples, kind)

    def _plan(self) -> RunPlan:
        adapter = self._adapter.value
        prepared(adapter, lambda: self._store.datasets.examples(self._dataset.dataset_id, split="train"), self._spec)
        return adapter.plan(self._spec, self._machine())


def prepared(adapter: FineTuneAdapter, examples: Callable[[], ExampleTable], spec: FineTuneSpec) -> None:
    """Fill the spec's folder of assets, once; what an interrupted try left there is made again."""
    if spec.assets is None:
        raise ValueError("a spec without a folder of assets cannot be prepared")
    done = spec.assets / "done"
    if not done.is_file():
        adapter.prepare(examples(), spec, spec.assets)
        done.touch()


def model_fingerprint(model: str) -> str:
    """Changes when the files of a model do; a preset is known by its name, a model of the hub by its revision.

    Raises:
        RunError: where the hub does not give it.
    """
    if model.startswith("scratch:"):
        return model
    if Path(model).is_dir():
        from workbench.selectors._model_files import fingerprint_of

        return fingerprint_of(Path(model))
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(model, allow_patterns=["config.json"])).name
    except (HFValidationError, HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        reason = str(error).partition("\n")[0]
        raise RunError(
            f"the model {model} could not be loaded: there is no such folder, and the hub does not give it: {reason}",
            expected="a folder with config.json and model.safetensors, or a hub id",
        ) from error


def _digest(value: object) -> str:
    return hashlib.blake2b(json.dumps(value, sort_keys=True, default=str).encode(), digest_size=16).hexdigest()
