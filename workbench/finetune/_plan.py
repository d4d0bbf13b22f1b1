"""From what an experiment asks for to everything that decides a run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from workbench.errors import RecipeError, RunError
from workbench.finetune._assets import Assets
from workbench.finetune._options import Option, Value, read_options
from workbench.finetune._presets import preset_of
from workbench.types import RunPlan

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.types import Environment, FineTuneSpec

_WRITES = ("seq2seq", "causal")


@dataclass(frozen=True, kw_only=True)
class Defaults:
    """What a head does where neither the recipe nor a preset says otherwise.

    Attributes:
        learning_rate, batch_size: for a pretrained model.
        scratch_lengths, pretrained_lengths: the greatest input and target length that is chosen by itself, in tokens.
    """

    learning_rate: float
    batch_size: int
    scratch_lengths: tuple[int, int]
    pretrained_lengths: tuple[int, int]

    def lengths(self, model: str, head: str) -> tuple[int, int]:
        """The greatest lengths for this model."""
        return self.pretrained_lengths if preset_of(model, head) is None else self.scratch_lengths


def make_plan(
    *,
    adapter: str,
    head: str,
    spec: FineTuneSpec,
    environment: Environment,
    declared: Mapping[str, Option],
    defaults: Defaults,
    roles: Mapping[str, object],
) -> RunPlan:
    """Decide how to train.

    Args:
        adapter: its name.
        head: its head.
        spec: what the experiment asks for.
        environment: the machine.
        declared: the adapter's options.
        defaults: the head's.
        roles: what the adapter was configured with, to be kept with the plan.

    Raises:
        UnknownNameError: an unknown option or preset.
        RecipeError: an option of the wrong type or size.
        RunError: ``spec.assets`` holds no assets, or those of another model.
    """
    options = read_options(spec.options, declared)
    preset = preset_of(spec.model, head)
    longest, longest_target = defaults.lengths(spec.model, head)
    assets = None if spec.assets is None else Assets.read(spec.assets)
    if assets is not None:
        if assets.model != spec.model:
            raise RunError(f"the fine-tune assets in {spec.assets} were made for {assets.model}, not for {spec.model}.", advice="Prepare again.")
        longest, longest_target = assets.max_length, assets.max_target_length
    if spec.max_steps is not None and spec.max_steps < 1:
        raise RecipeError(f"the run is planned with {spec.max_steps} optimizer steps.", expected="at least 1")
    chosen: dict[str, Value] = {
        "learning_rate": preset.learning_rate if preset else defaults.learning_rate,
        "batch_size": preset.batch_size if preset else defaults.batch_size,
        "max_length": longest,
        "max_target_length": longest_target,
    }
    given = {name: chosen[name] if value is None and name in chosen else value for name, value in options.items()}
    fields = {name: given.pop(name) for name in ("epochs", "learning_rate", "batch_size", "warmup", "weight_decay", "max_length") if name in given}
    target = given.pop("max_target_length", 0)
    plan = RunPlan(
        adapter=adapter,
        head=head,
        model=spec.model,
        assets="" if spec.assets is None else str(spec.assets),
        device=environment.device,
        max_steps=spec.max_steps,
        max_target_length=int(target or 0),
        trust_remote_code=spec.trust_remote_code,
        options={
            **given,
            **roles,
            "threads": environment.cores,
            "autocast": "bfloat16" if environment.device == "cuda" and environment.bf16 else None,
        },
        **fields,  # type: ignore[arg-type]  # each was checked against its option
    )
    _check_lengths(plan, assets)
    return _with_warnings(plan, assets, environment)


def _check_lengths(plan: RunPlan, assets: Assets | None) -> None:
    if plan.head == "causal" and plan.max_target_length >= plan.max_length:
        raise RecipeError(
            f"max_target_length is {plan.max_target_length} and max_length {plan.max_length}.", expected="room for the prompt: max_length counts both"
        )
    limit = 0 if assets is None else assets.positions
    if limit and max(plan.max_length, plan.max_target_length) > limit:
        raise RecipeError(f"max_length is {plan.max_length}.", expected=f"at most {limit}, which is what {plan.model} can read")


def _with_warnings(plan: RunPlan, assets: Assets | None, environment: Environment) -> RunPlan:
    warnings = []
    if assets is None:
        warnings.append("Lengths and memory are estimated: the training data has not been looked at yet.")
    else:
        needed = estimate_memory(plan, assets)
        if needed > environment.memory:
            warnings.append(
                f"Training needs about {needed / 2**30:.1f} GiB, and this machine has {environment.memory / 2**30:.1f}: "
                "lower batch_size or max_length, or take a smaller model."
            )
    if environment.devices > 1:
        warnings.append(f"One of the {environment.devices} devices is used.")
    if environment.device == "cpu" and assets is not None and assets.parameters > 200_000_000:
        warnings.append(f"{assets.parameters / 1e6:.0f} million weights on a processor: an optimizer step takes many seconds.")
    return replace(plan, warnings=tuple(warnings))


def estimate_memory(plan: RunPlan, assets: Assets) -> float:
    """Bytes that training takes, about.

    Weights, gradients and Adam's two moments at 4 bytes each; of activations about 34 values of the model's width per layer and token (Korthikanti et
    al. 2022, section 4.1, without recomputation) and, where text is written, three copies of the logits.
    """
    tokens = plan.batch_size * (plan.max_length + (plan.max_target_length if plan.head == "seq2seq" else 0))
    written = plan.batch_size * (plan.max_length if plan.head == "causal" else plan.max_target_length) if plan.head in _WRITES else 0
    return 16.0 * assets.parameters + 4.0 * (34 * tokens * assets.hidden * assets.layers + 3 * written * assets.vocabulary)
