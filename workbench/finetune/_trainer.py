"""Training with ``transformers.Trainer``: our loss, our order of batches, our events; its optimizer, schedule, devices and checkpoints."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import torch
from torch.utils.data import Dataset
from transformers import PrinterCallback, Trainer, TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from workbench.errors import RunError
from workbench.finetune._checkpoints import newest_checkpoint, run_fingerprint, seal, step_of
from workbench.finetune._features import Features, collate, schedule
from workbench.finetune._losses import Losses, losses_of, weighted_mean
from workbench.finetune._quiet import quiet
from workbench.finetune._trace import epoch_ends
from workbench.types import RunEvent

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from transformers import PreTrainedModel

    from workbench.finetune._trace import TraceKeeper
    from workbench.types import RunPlan, TrainContext

_REPORTS = 200
"""Step events of a whole run, about."""


def train_model(
    model: PreTrainedModel,
    features: Features,
    validation: Features | None,
    *,
    losses: Losses,
    keeper: TraceKeeper | None = None,
    pad: int,
    plan: RunPlan,
    context: TrainContext,
) -> Path:
    """Train a model in place, from the newest checkpoint on where there is one.

    Args:
        model: what to train.
        features: of the training examples.
        validation: of the validation examples, if any.
        losses: the head's loss.
        keeper: measures the trace that the context asks for, if it does.
        pad: the padding token.
        plan: how to train.
        context: seed, folder, weights, events, stop flag.

    Returns:
        The folder of the checkpoints, to be removed once the model is saved.

    Raises:
        RunError: where there is nothing to train on, or the weights don't fit the examples.
        KeyboardInterrupt: where ``context.stopped`` said so; a checkpoint is written first.
    """
    weights = _weights(features, context)
    usable = np.flatnonzero(weights > 0)
    if len(usable) == 0:
        raise RunError("there are no training examples.", expected="at least one, of a weight above 0", advice="Look at what the policy drops.")
    batch_size = min(plan.batch_size, len(usable))
    steps = plan.max_steps or math.ceil(plan.epochs * len(usable) / batch_size)
    order = schedule(features.lengths, usable, batch_size=batch_size, steps=steps, seed=context.seed)
    checkpoints = context.folder / "checkpoints"
    fingerprint = run_fingerprint(features, plan, context)
    torch.set_num_threads(cast("int", plan.options["threads"]))
    resumed = newest_checkpoint(checkpoints, fingerprint)
    if keeper is not None:
        done = 0 if resumed is None else step_of(resumed)
        if not keeper.start(checkpoints / "trace", fingerprint, epoch_ends(len(usable), batch_size, steps), done):
            resumed = None
    with quiet():
        trainer = _Trainer(
            losses=losses,
            validation=validation,
            pad=pad,
            model=model,
            args=_arguments(plan, checkpoints, context.seed, batch_size, steps),
            train_dataset=_Positions(order.ravel()),
            data_collator=_Collator(features, weights, pad),
            callbacks=[_Reporter(plan, context, steps, fingerprint, keeper)],
        )
        trainer.remove_callback(PrinterCallback)
        result = trainer.train(resume_from_checkpoint=None if resumed is None else str(resumed))
    if trainer.state.global_step < steps:
        raise KeyboardInterrupt
    model.config.use_cache = True  # the Trainer turns it off; generation needs it
    model.eval()  # type: ignore[no-untyped-call]  # transformers
    if keeper is not None and context.trace is not None:
        context.trace(keeper.whole())
    context.emit(RunEvent(kind="end", step=steps, total=steps, values={"seconds": result.metrics["train_runtime"]}))
    return checkpoints


def _weights(features: Features, context: TrainContext) -> np.ndarray:
    if context.weights is None:
        return np.ones(len(features))
    examples = int(features.example.max(initial=-1)) + 1
    weights = np.asarray(context.weights, np.float64)
    if len(weights) != examples or not np.isfinite(weights).all() or (weights < 0).any():
        raise RunError(
            f"the example weights do not fit: {len(weights)} values for {examples} examples.",
            expected="one finite weight of at least 0 for each example",
        )
    return np.asarray(weights[features.example])


def _arguments(plan: RunPlan, folder: Path, seed: int, batch_size: int, steps: int) -> TrainingArguments:
    best = plan.options["keep_best"] is True
    arguments = TrainingArguments(
        output_dir=str(folder),
        max_steps=steps,
        per_device_train_batch_size=batch_size,
        learning_rate=plan.learning_rate,
        lr_scheduler_type="linear",
        warmup_steps=round(plan.warmup * steps),
        weight_decay=plan.weight_decay,
        seed=seed,
        # The order of the batches is ours already; shuffling it again could not be resumed bit for bit.
        train_sampling_strategy="sequential",
        dataloader_drop_last=True,
        dataloader_pin_memory=plan.device == "cuda",
        remove_unused_columns=False,
        full_determinism=plan.device == "cuda",
        bf16=plan.options["autocast"] == "bfloat16",
        use_cpu=plan.device == "cpu",
        # When to log, evaluate and save is decided by _Reporter.
        logging_strategy="no",
        eval_strategy="no",
        save_strategy="best" if best else "no",
        load_best_model_at_end=best,
        metric_for_best_model="loss" if best else None,
        greater_is_better=False if best else None,
        save_total_limit=2,
        disable_tqdm=True,
        report_to=[],
    )
    # One process would spread a batch over all GPUs by DataParallel, which is slower than one of them and changes the loss.
    arguments._n_gpu = min(arguments.n_gpu, 1)  # noqa: SLF001 - there is no public way
    return arguments


class _Positions(Dataset[int]):
    """The order of training as a dataset of positions; the collator looks the features up."""

    def __init__(self, order: np.ndarray) -> None:
        self._order = order

    def __len__(self) -> int:
        return len(self._order)

    def __getitem__(self, index: int) -> int:
        return int(self._order[index])


class _Collator:
    """Makes a batch, with the weight of each row."""

    def __init__(self, features: Features, weights: np.ndarray, pad: int) -> None:
        self._features = features
        self._weights = torch.from_numpy(weights.astype(np.float32))
        self._pad = pad

    def __call__(self, positions: Sequence[int]) -> dict[str, torch.Tensor]:
        batch = collate(self._features, np.asarray(positions), self._pad)
        return {**batch, "weights": self._weights[torch.as_tensor(positions)]}


class _Trainer(Trainer):
    """The Trainer with per-example weights, and a validation loss that is exact: nats over targets, not a mean of batch means."""

    def __init__(self, *, losses: Losses, validation: Features | None, pad: int, **keywords: Any) -> None:
        super().__init__(**keywords)
        self._losses = losses
        self._validation = validation
        self._pad = pad

    def compute_loss(self, model: Any, inputs: dict[str, Any], *_: Any, **__: Any) -> Any:
        weights = inputs.pop("weights")
        nats, targets = self._losses(model, inputs)
        return weighted_mean(nats, targets, weights)

    def floating_point_ops(self, inputs: dict[str, Any]) -> int:  # noqa: ARG002
        return 0  # counting them walks over all modules at every step

    def evaluate(self, *_args: Any, **_keywords: Any) -> dict[str, float]:
        nats, targets = losses_of(cast("PreTrainedModel", self.model), self._losses, cast("Features", self._validation), self._pad)
        # Without a single target among them the loss is infinite: never the best, and visible.
        metrics = {"eval_loss": float(nats.sum() / targets.sum()) if targets.any() else math.inf}
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics


class _Reporter(TrainerCallback):
    """Decides when to log, evaluate, save and stop, and turns what happens into events."""

    def __init__(self, plan: RunPlan, context: TrainContext, steps: int, fingerprint: str, keeper: TraceKeeper | None) -> None:
        evaluations = cast("int", plan.options["evaluations"]) if context.validation is not None else 0
        self._context = context
        self._steps = steps
        self._fingerprint = fingerprint
        self._keeper = keeper
        self._log_every = max(1, steps // _REPORTS)
        self._evaluate_at = {math.ceil(steps * (index + 1) / evaluations) for index in range(evaluations)}
        self._checkpoint_seconds = cast("float", plan.options["checkpoint_seconds"])
        self._saved = time.monotonic()

    def _emit(self, kind: str, state: TrainerState, **values: float) -> None:
        self._context.emit(RunEvent(kind=kind, step=state.global_step, total=self._steps, values=values))

    def on_train_begin(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: object) -> None:  # noqa: ARG002
        if state.global_step:
            self._emit("resume", state)

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **told: Any) -> None:  # noqa: ARG002
        if self._keeper is not None:
            self._keeper.after_step(state.global_step, told["model"])  # before a checkpoint of this step is written, so that none lacks its epochs
        last = state.global_step >= self._steps
        control.should_log = last or state.global_step % self._log_every == 0
        control.should_evaluate = state.global_step in self._evaluate_at
        control.should_save = not last and time.monotonic() - self._saved >= self._checkpoint_seconds
        # An evaluation decides by itself whether its step is saved; stopping waits for the next step.
        if not last and not control.should_evaluate and self._context.stopped():
            control.should_save = True
            control.should_training_stop = True

    def on_log(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **told: Any) -> None:  # noqa: ARG002
        logs = told["logs"]
        if "loss" in logs:
            self._emit("step", state, loss=logs["loss"], learning_rate=logs["learning_rate"], grad_norm=logs["grad_norm"])

    def on_evaluate(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **told: Any) -> None:  # noqa: ARG002
        self._emit("validation", state, loss=told["metrics"]["eval_loss"])

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: object) -> None:  # noqa: ARG002
        seal(self._context.folder / "checkpoints" / f"checkpoint-{state.global_step}", self._fingerprint)
        self._saved = time.monotonic()
        self._emit("checkpoint", state)
