"""A trained model with all it takes to use it, in memory and in a folder."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import PluginError, RunError
from workbench.finetune._assets import Assets

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from workbench.types import RunPlan

_PLAN = "plan.json"


@dataclass(frozen=True, kw_only=True)
class Codec:
    """What turns examples into features and predictions into answers.

    Attributes:
        tokenizer: of the model.
        assets: label set and lengths.
        plan: of the run.
    """

    tokenizer: PreTrainedTokenizerBase
    assets: Assets
    plan: RunPlan

    @property
    def pad(self) -> int:
        """The padding token."""
        return int(self.tokenizer.pad_token_id or 0)


@dataclass(frozen=True, kw_only=True)
class Artifact:
    """A trained model.

    Attributes:
        model: in evaluation mode.
        codec: what stands around it.
        checkpoints: what training left to go on from; removed once the model is saved.
    """

    model: PreTrainedModel
    codec: Codec
    checkpoints: Path | None = None


def open_codec(plan: RunPlan, folder: str | Path) -> Codec:
    """The codec that ``prepare`` or ``save`` left in a folder.

    Raises:
        RunError: where there is none.
    """
    from workbench.finetune._tokenizers import load_tokenizer

    if not str(folder):
        raise RunError(
            "the plan names no assets.", expected="a plan made from a spec whose assets folder was prepared", advice="Call prepare, then plan."
        )
    assets = Assets.read(Path(folder))
    return Codec(tokenizer=load_tokenizer(folder, trust_remote_code=plan.trust_remote_code), assets=assets, plan=plan)


def checked(artifact: object) -> Artifact:
    """The artifact that an adapter was handed.

    Raises:
        PluginError: where it is none of ours.
    """
    if not isinstance(artifact, Artifact):
        raise PluginError(f"the artifact is a {type(artifact).__name__}.", expected="what train or load of this adapter gave")
    return artifact


def save_artifact(artifact: Artifact, folder: Path) -> None:
    """Write weights (safetensors), tokenizer, label set and, last of all, the plan; then remove the checkpoints."""
    from workbench.finetune._quiet import quiet

    folder.mkdir(parents=True, exist_ok=True)
    (folder / _PLAN).unlink(missing_ok=True)
    with quiet():
        artifact.model.save_pretrained(folder)
        artifact.codec.tokenizer.save_pretrained(folder)
    artifact.codec.assets.write(folder)
    (folder / _PLAN).write_text(json.dumps(asdict(artifact.codec.plan), ensure_ascii=False, indent=1), encoding="utf-8")
    if artifact.checkpoints is not None:
        shutil.rmtree(artifact.checkpoints, ignore_errors=True)


def load_artifact(folder: Path, plan: RunPlan) -> Artifact:
    """Read what ``save_artifact`` wrote, without a network.

    Raises:
        RunError: where the folder holds no whole model.
    """
    from workbench.finetune._models import placed, read_model

    if not (folder / _PLAN).is_file():
        raise RunError(f"{folder} holds no saved model, or one that was cut off while it was written.", advice="Run the arm again.")
    model = read_model(plan, folder)
    placed(model, plan)
    return Artifact(model=model, codec=open_codec(plan, folder))
