"""What the four adapters share: everything but how a head reads examples, loses and predicts."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, ClassVar, Literal

from workbench.errors import DataError, PluginError, UnknownNameError
from workbench.finetune._artifact import Artifact, checked, load_artifact, open_codec, save_artifact
from workbench.finetune._options import COMMON, Option
from workbench.finetune._plan import Defaults, make_plan
from workbench.types import Encoded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pyarrow as pa
    import torch
    from transformers import PreTrainedModel

    from workbench.finetune._artifact import Codec
    from workbench.finetune._features import Features
    from workbench.finetune._prepare import Measured
    from workbench.finetune._trace import TraceKeeper
    from workbench.types import Environment, ExampleTable, FineTuneSpec, RunPlan, TrainContext

_SAMPLE = 20_000
"""Examples whose lengths are measured; their percentile does not change with more."""


@dataclass(frozen=True, kw_only=True)
class Adapter(ABC):
    """A fine-tune adapter on transformers; see ``workbench.types.FineTuneAdapter`` for what each method gives.

    Attributes:
        name: unique within the plugin.
        version: changes when the same input can give another model.
    """

    name: str
    version: str = "1"

    declared: ClassVar[Mapping[str, Option]] = COMMON
    defaults: ClassVar[Defaults]
    kinds: ClassVar[tuple[str, ...]] = ("loss", "log_probability", "hidden")

    @property
    @abstractmethod
    def head(self) -> str:
        """See ``RunPlan``."""

    @property
    def options(self) -> Mapping[str, object]:
        """The options that a recipe may set, with their defaults; None is chosen for the model."""
        return {name: option.default for name, option in self.declared.items()}

    @abstractmethod
    def render(self, example: Mapping[str, object]) -> str | Sequence[Mapping[str, str]]:
        """The text or the messages that a model sees of one example; pure, needs no torch."""

    @abstractmethod
    def _measure(self, examples: ExampleTable, sample: ExampleTable) -> Measured:
        """What the head reads off raw train; lengths are taken from the sample."""

    @abstractmethod
    def _features(self, examples: ExampleTable, codec: Codec, *, scoring: bool) -> tuple[Features, pa.Table]:
        """Features and audit. When scoring, targets are not truncated; an example without a target supervises nothing."""

    @abstractmethod
    def _outputs(self, model: PreTrainedModel, batch: dict[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits and labels of each target, see ``_losses.Outputs``."""

    def _losses(self, model: PreTrainedModel, batch: dict[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        """Nats and targets per feature, see ``_losses.Losses``."""
        from workbench.finetune._losses import token_losses

        return token_losses(*self._outputs(model, batch))

    @abstractmethod
    def _predict(self, artifact: Artifact, examples: ExampleTable) -> pa.Table:
        """The prediction table of at least one example."""

    def prepare(self, examples: ExampleTable, spec: FineTuneSpec, folder: Path) -> None:
        """Make in ``folder`` what all arms share: the tokenizer, the label set, the lengths, and the config of a scratch model.

        Args:
            examples: raw train, best with the validation rows among it, so that no label of theirs is unknown.
            spec: what the experiment asks for.
            folder: to fill.

        Raises:
            DataError: where there are no examples, or no labels.
            RunError: where the model cannot be loaded.
            UnknownNameError: a preset that does not exist.
        """
        import numpy as np

        from workbench.finetune._prepare import prepare_assets

        sample = examples.take(np.unique(np.linspace(0, len(examples) - 1, min(len(examples), _SAMPLE)).astype(np.int64)))
        prepare_assets(self._measure(examples, sample), spec, folder, head=self.head, longest=self.defaults.lengths(spec.model, self.head))

    def plan(self, spec: FineTuneSpec, environment: Environment) -> RunPlan:
        """Decide how to train; reads nothing but ``spec.assets``.

        Raises:
            UnknownNameError: an unknown option or preset.
            RecipeError: an option of the wrong type or size.
            RunError: ``spec.assets`` holds no assets, or those of another model.
        """
        roles = {field.name: getattr(self, field.name) for field in fields(self) if field.name not in {"name", "version"}}
        return make_plan(
            adapter=self.name,
            head=self.head,
            spec=spec,
            environment=environment,
            declared=self.declared,
            defaults=self.defaults,
            roles={name: list(value) if isinstance(value, tuple) else value for name, value in roles.items()},
        )

    def encode(self, examples: ExampleTable, plan: RunPlan) -> Encoded:
        """Turn examples into features.

        Raises:
            DataError: an example of the split ``train`` has nothing to learn from: no target, or a label outside the label set; the message names it.
                In other splits such an example counts in no loss, and the audit shows it: one odd row held out must not stop a run.
        """
        features, audit = self._features(examples, open_codec(plan, plan.assets), scoring=False)
        supervised, splits = audit.column("supervised_tokens").to_pylist(), examples.values("split")
        empty = [position for position, (tokens, split) in enumerate(zip(supervised, splits, strict=True)) if tokens == 0 and split == "train"]
        if empty:
            first = examples.slice(empty[0], 1)
            others = f", and so have {len(empty) - 1} others" if len(empty) > 1 else ""
            raise DataError(
                f"the example {first.values('example_id')[0]} (row {first.values('row')[0]}) has no target that a model could learn{others}.",
                expected="a target in every example, and every label in the label set of raw train",
                advice="Correct these rows or leave them out.",
            )
        return Encoded(features=features, audit=audit)

    def train(self, encoded: Encoded, plan: RunPlan, context: TrainContext) -> Artifact:
        """Train; started again in the same folder it resumes at the newest whole checkpoint, to the same weights bit for bit.

        Raises:
            RunError: where there is nothing to train on, or the model cannot be loaded.
            KeyboardInterrupt: where ``context.stopped`` said so.
        """
        from dataclasses import replace

        from transformers import set_seed

        from workbench.finetune._trainer import train_model

        set_seed(context.seed)
        begun = self._begun(plan)
        model, pad = begun.model, begun.codec.pad
        validation = None if context.validation is None else _own(context.validation)
        keeper = None if context.trace is None else self._trace_keeper(encoded, pad)
        checkpoints = train_model(model, _own(encoded), validation, losses=self._losses, keeper=keeper, pad=pad, plan=plan, context=context)
        return replace(begun, checkpoints=checkpoints)

    def untrained(self, plan: RunPlan) -> Artifact:
        """The model as training would find it, ready to score with.

        Raises:
            RunError: where it cannot be loaded, or gives other labels than those of raw train.
        """
        from workbench.finetune._models import check_labels, placed

        begun = self._begun(plan)
        check_labels(plan, begun.codec.assets.labels)
        placed(begun.model, plan)
        return begun

    @staticmethod
    def _begun(plan: RunPlan) -> Artifact:
        from pathlib import Path

        from workbench.finetune._models import new_model

        codec = open_codec(plan, plan.assets)
        model = new_model(plan, codec.assets.labels, Path(plan.assets))
        if model.config.pad_token_id is None:
            model.config.pad_token_id = codec.pad
        return Artifact(model=model, codec=codec)

    def _trace_keeper(self, encoded: Encoded, pad: int) -> TraceKeeper:
        from workbench.finetune._trace import TraceKeeper

        if encoded.audit is None:
            raise PluginError("the features come without an audit, so a trace could not name its rows.", expected="what encode of this adapter gave")
        return TraceKeeper(_own(encoded), encoded.audit.column("row").to_numpy(), outputs=self._outputs, pad=pad)

    def predict(self, artifact: object, examples: ExampleTable) -> pa.Table:
        """Give one row per example, in order; see ``types.FineTuneAdapter.predict`` for the columns."""
        from workbench.finetune._tables import prediction_table

        own = checked(artifact)
        return self._predict(own, examples) if len(examples) else prediction_table(0)

    def score(self, artifact: object, examples: ExampleTable, kind: Literal["loss", "log_probability", "hidden", "logits"]) -> pa.Table:
        """One row per example: ``row`` and one column, named by ``kind``.

        ``loss`` is nats per target, ``log_probability`` nats of the whole reference (of a span: the mean over the windows that the context is read
        in), ``hidden`` the last hidden state (of a sequence-to-sequence model: the encoder's) averaged over the tokens. A loss is null where an
        example has no target.

        Raises:
            UnknownNameError: a kind that this head does not give.
        """
        import pyarrow as pa

        from workbench.finetune._scores import hidden_states, losses_by_example
        from workbench.finetune._tables import numbers, vectors

        if kind not in self.kinds:
            raise UnknownNameError(f"score of {self.head}", kind, self.kinds)
        own = checked(artifact)
        features, _ = self._features(examples, own.codec, scoring=True)
        if kind == "hidden":
            column = vectors(hidden_states(own.model, features, own.codec.pad, len(examples)))
        else:
            loss, log_probability = losses_by_example(own.model, self._losses, features, own.codec.pad, len(examples))
            column = numbers(loss if kind == "loss" else log_probability)
        return pa.table({"row": examples.column("row"), kind: column})

    def save(self, artifact: object, folder: Path) -> None:
        """Write weights as safetensors, tokenizer, label set and plan; the checkpoints of the run are removed."""
        save_artifact(checked(artifact), folder)

    def load(self, folder: Path, plan: RunPlan) -> Artifact:
        """Read an artifact that ``save`` wrote; needs no network and not the experiment's assets.

        Raises:
            RunError: where the folder holds no whole model.
        """
        return load_artifact(folder, plan)

    @staticmethod
    def _rows(examples: ExampleTable, roles: Sequence[str]) -> list[dict[str, object]]:
        """The given roles of each example, those left out that the table lacks."""
        present = [role for role in roles if role in examples.table.column_names]
        if not present:
            raise DataError(
                f"the examples have no {' and no '.join(roles)}.", expected=f"one of the columns {', '.join(examples.table.column_names)}"
            )
        rows: list[dict[str, object]] = examples.table.select(present).to_pylist()
        return rows


def _own(encoded: Encoded) -> Features:
    from workbench.finetune._features import Features

    if not isinstance(encoded.features, Features):
        raise PluginError(f"the features are a {type(encoded.features).__name__}.", expected="what encode of this adapter gave")
    return encoded.features
