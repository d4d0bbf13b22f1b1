"""Checkpoints that an interrupted run goes on from: which one is whole, and belongs to this very run.

The Trainer writes a checkpoint file by file. A seal, written last and in one step, lists its files with their sizes and the fingerprint of the run;
a folder without a seal that holds was cut off while it was written, or belongs to another run.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import asdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from workbench.finetune._features import Features
    from workbench.types import RunPlan, TrainContext

_SEAL = "sealed.json"


def run_fingerprint(features: Features, plan: RunPlan, context: TrainContext) -> str:
    """A hash of all that decides the weights of a run, and its trace."""
    decisive = {name: value for name, value in asdict(plan).items() if name not in {"assets", "warnings"}}
    digest = hashlib.blake2b(json.dumps([decisive, context.seed], sort_keys=True, default=str).encode(), digest_size=16)
    digest.update(features.fingerprint().encode())
    digest.update(b"" if context.weights is None else context.weights.tobytes())
    digest.update(b"" if context.trace is None else b"traced")  # it could not go on from a run that was not
    return digest.hexdigest()


def seal(checkpoint: Path, fingerprint: str) -> None:
    """Declare a checkpoint whole."""
    files = {file.name: file.stat().st_size for file in checkpoint.iterdir()}
    draft = checkpoint / f"{_SEAL}.draft"
    draft.write_text(json.dumps({"fingerprint": fingerprint, "files": files}), encoding="utf-8")
    draft.replace(checkpoint / _SEAL)


def newest_checkpoint(folder: Path, fingerprint: str) -> Path | None:
    """The newest whole checkpoint of this run; others are removed."""
    whole = []
    for checkpoint in folder.glob("checkpoint-*"):
        if _is_whole(checkpoint, fingerprint):
            whole.append(checkpoint)
        else:
            shutil.rmtree(checkpoint)
    return max(whole, key=step_of, default=None)


def step_of(checkpoint: Path) -> int:
    """The optimizer steps that a checkpoint was written after."""
    return int(checkpoint.name.rpartition("-")[2])


def _is_whole(checkpoint: Path, fingerprint: str) -> bool:
    try:
        sealed = json.loads((checkpoint / _SEAL).read_text(encoding="utf-8"))
        sizes = {name: (checkpoint / name).stat().st_size for name in sealed["files"]}
    except (OSError, ValueError):
        return False
    return bool(sealed["fingerprint"] == fingerprint and sealed["files"] == sizes)
