"""Sentence encoders as ``sentence-transformers`` saves them, loaded by transformers alone: no code and no pickle of the model's own is ever run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from workbench.selectors._model_files import ModelKind, load_quietly, model_folder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from workbench.errors import RecipeError

ENCODER: Final = ModelKind(
    name="encoder",
    missing="semantic duplicates have no encoder.",
    parameter="encoder: a folder, or a hub id such as owner/name",
    expected="a sentence-transformers model with safetensors weights",
)
_MODULES: Final = ("Transformer", "Pooling", "Normalize")
_POOLING: Final = {"pooling_mode_mean_tokens": "mean", "pooling_mode_cls_token": "cls", "pooling_mode_max_tokens": "max"}
_LONGEST: Final = 512
_BATCH: Final = 64


def encoder_folder(source: str) -> Path:
    """The folder of an encoder, from the hub where it is not on this machine.

    Raises:
        RecipeError: where there is none, or it is not one that can be loaded.
    """
    folder = model_folder(source, ENCODER)
    _check(source, folder)
    return folder


def _check(source: str, folder: Path) -> None:
    for module in _modules(folder):
        name = str(module.get("type", ""))
        if not name.startswith("sentence_transformers.") or name.rpartition(".")[2] not in _MODULES:
            raise _unusable(source, f"it has a module {name!r}; known are {', '.join(_MODULES)}")
    _pooling(source, folder)


def _modules(folder: Path) -> list[dict[str, Any]]:
    return _json(folder / "modules.json") or []


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
    except (OSError, ValueError) as error:
        raise _unusable(str(path.parent), f"{path.name} cannot be read: {error}") from None


def _pooling(source: str, folder: Path) -> str:
    """How the vectors of tokens become one: as the model says, else their mean, as sentence-transformers has it."""
    for module in _modules(folder):
        if str(module["type"]).endswith(".Pooling"):
            config = _json(folder / module["path"] / "config.json") or {}
            ways = [_POOLING.get(name, name) for name, used in config.items() if name.startswith("pooling_mode_") and used is True]
            if len(ways) != 1 or ways[0] not in _POOLING.values():
                raise _unusable(source, f"it pools by {' and '.join(ways) or 'nothing'}; known are {', '.join(_POOLING.values())}, one of them")
            return str(ways[0])
    return "mean"


def _unusable(source: str, why: str) -> RecipeError:
    return ENCODER.unusable(source, why)


class Encoder:
    """A loaded encoder.

    Args:
        folder: as ``encoder_folder`` gives it.

    Raises:
        RecipeError: where transformers cannot load it.
    """

    def __init__(self, folder: Path) -> None:
        import torch
        import transformers

        self._tokenizer, self._model, told = load_quietly(folder, transformers.AutoModel, ENCODER)
        lacking = [name for name in told["missing_keys"] if "pooler." not in name]  # which sentence encoders do without
        if lacking:
            raise _unusable(str(folder), f"it lacks weights, such as {lacking[0]}")
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._model.to(self._device).eval()
        self._way = _pooling(str(folder), folder)
        settings = _json(folder / "sentence_bert_config.json") or {}
        longest = getattr(self._model.config, "max_position_embeddings", None) or _LONGEST
        self._longest = min(int(settings.get("max_seq_length") or _LONGEST), int(longest))

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Vectors of length 1: float32 [n, d]. What is longer than the model reads is cut."""
        import torch

        order = sorted(range(len(texts)), key=lambda at: (len(texts[at]), texts[at]))  # texts of a length need little padding
        found = np.empty((len(texts), int(self._model.config.hidden_size)), dtype=np.float32)
        with torch.inference_mode():
            for start in range(0, len(order), _BATCH):
                part = order[start : start + _BATCH]
                tokens = self._tokenizer([texts[at] for at in part], padding=True, truncation=True, max_length=self._longest, return_tensors="pt")
                tokens = tokens.to(self._device)
                states = self._model(**tokens).last_hidden_state
                mask = tokens["attention_mask"].unsqueeze(-1)
                if self._way == "cls":
                    pooled = states[:, 0]
                elif self._way == "max":
                    pooled = states.masked_fill(mask == 0, float("-inf")).max(dim=1).values
                else:
                    pooled = (states * mask).sum(dim=1) / mask.sum(dim=1).clamp(min=1)
                found[part] = torch.nn.functional.normalize(pooled, dim=1).cpu().numpy()
        return found
