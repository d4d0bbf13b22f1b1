"""Models: built from the config of a preset, or loaded from a folder or the hub."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import torch
import transformers

from workbench.errors import RunError
from workbench.finetune._presets import SCRATCH
from workbench.finetune._quiet import quiet

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from transformers import PreTrainedConfig, PreTrainedModel

    from workbench.types import RunPlan

_CLASSES = {
    "sequence-classification": "AutoModelForSequenceClassification",
    "span-qa": "AutoModelForQuestionAnswering",
    "seq2seq": "AutoModelForSeq2SeqLM",
    "causal": "AutoModelForCausalLM",
}


def load_config(source: str | Path, *, trust_remote_code: bool = False) -> PreTrainedConfig:
    """The config of a model.

    Raises:
        RunError: where there is none.
    """
    try:
        with quiet():
            config: PreTrainedConfig = transformers.AutoConfig.from_pretrained(source, trust_remote_code=trust_remote_code)
    except (OSError, ValueError, ImportError) as error:
        raise _unloadable(source, error) from error
    return config


def set_labels(config: PreTrainedConfig, labels: Sequence[str]) -> None:
    """Give a config the label set of a classification."""
    config.id2label = dict(enumerate(labels))
    config.label2id = {label: index for index, label in enumerate(labels)}


def count_parameters(config: PreTrainedConfig, head: str, *, trust_remote_code: bool) -> int:
    """How many weights a model of this config has; builds it without memory."""
    with quiet(), torch.device("meta"):
        model = getattr(transformers, _CLASSES[head]).from_config(config, trust_remote_code=trust_remote_code)
    return int(model.num_parameters())


def new_model(plan: RunPlan, labels: Sequence[str], folder: Path) -> PreTrainedModel:
    """The model that a run starts from; new weights come from torch's random state.

    Args:
        plan: of the run.
        labels: the label set of a classification, else empty.
        folder: the assets, with the config of a scratch model.
    """
    if plan.model.startswith(SCRATCH):
        with quiet():
            model: PreTrainedModel = getattr(transformers, _CLASSES[plan.head]).from_config(load_config(folder), dtype=_dtype(plan))
        return model
    config = load_config(plan.model, trust_remote_code=plan.trust_remote_code)
    if labels:
        set_labels(config, labels)
    return read_model(plan, plan.model, config)


def read_model(plan: RunPlan, source: str | Path, config: PreTrainedConfig | None = None) -> PreTrainedModel:
    """A model from a folder or the hub; safetensors only, since other weight files can run code.

    Raises:
        RunError: where it cannot be loaded.
    """
    try:
        with quiet():
            model: PreTrainedModel = getattr(transformers, _CLASSES[plan.head]).from_pretrained(
                source,
                config=config,
                dtype=_dtype(plan),
                use_safetensors=True,
                trust_remote_code=plan.trust_remote_code,
                # A classifier fine-tuned for other labels is a fine start: its last layer is made anew.
                ignore_mismatched_sizes=plan.head == "sequence-classification",
            )
    except (OSError, ValueError, ImportError) as error:
        raise _unloadable(source, error) from error
    return model


def check_labels(plan: RunPlan, labels: Sequence[str]) -> None:
    """See that a classifier that is used as it is gives these labels in this order.

    Raises:
        RunError: where it does not.
    """
    if not labels or plan.model.startswith(SCRATCH):
        return
    own: dict[int, str] = load_config(plan.model, trust_remote_code=plan.trust_remote_code).id2label or {}  # type: ignore[assignment]  # transformers
    given = [own[index] for index in sorted(own)]
    if given != list(labels):
        raise RunError(
            f"the model {plan.model} gives the labels {', '.join(given[:5]) or 'none'}.",
            expected=f"those of raw train, in their order: {', '.join(labels[:5])}",
            advice="Use a model that was fine-tuned on this label set.",
        )


def placed(model: PreTrainedModel, plan: RunPlan) -> None:
    """Make a model ready to be asked: on the plan's device, where this machine has it, and in evaluation mode."""
    torch.set_num_threads(cast("int", plan.options["threads"]))
    available = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    model.to(plan.device if available[plan.device] else "cpu")  # type: ignore[arg-type]  # transformers
    model.eval()  # type: ignore[no-untyped-call]  # transformers


def _dtype(plan: RunPlan) -> torch.dtype:
    dtype = getattr(torch, plan.dtype)
    if not isinstance(dtype, torch.dtype):
        raise RunError(f"the plan asks for weights of type {plan.dtype!r}.", expected="a floating-point type of torch, such as float32")
    return dtype


def _unloadable(source: str | Path, error: Exception) -> RunError:
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return RunError(
        f"the model {source} could not be loaded: {reason}",
        expected="a hub id or a folder with config.json and model.safetensors, or scratch:<preset>",
        advice="Without a network, use scratch:<preset> or a folder on this machine.",
    )
