"""Sequence classifiers of the user's own, loaded by transformers alone: no code and no pickle of the model's own is ever run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import numpy as np

from workbench.selectors._model_files import ModelKind, load_quietly, model_folder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

CLASSIFIER: Final = ModelKind(
    name="classifier",
    missing="toxicity by a model has no model.",
    parameter="model: a folder, or a hub id such as owner/name",
    expected="a sequence classifier of transformers with safetensors weights",
)
_TOXIC: Final = ("toxic", "hate", "offens", "insult", "obscen", "threat", "abus", "attack", "profan")
_NOT: Final = ("non", "not", "no_", "no-", "neutral", "counter")
_LONGEST: Final = 512
_BATCH: Final = 32


def classifier_folder(source: str, labels: Sequence[str]) -> Path:
    """The folder of a classifier, from the hub where it is not on this machine.

    Raises:
        RecipeError: where there is none, it cannot be used, or it has none of the labels.
    """
    folder = model_folder(source, CLASSIFIER)
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CLASSIFIER.unusable(source, f"config.json cannot be read: {error}") from None
    toxic_labels(source, {int(place): str(name) for place, name in (config.get("id2label") or {}).items()}, labels)
    return folder


def toxic_labels(source: str, names: dict[int, str], wanted: Sequence[str]) -> list[int]:
    """The places of a classifier's labels that mean something toxic: those that are wanted, else those whose names say so.

    Raises:
        RecipeError: where one that is wanted is not there, or no name says so.
    """
    unknown = [label for label in wanted if label not in names.values()]
    found = [
        place
        for place, name in sorted(names.items())
        if (name in wanted if wanted else any(part in name.lower() for part in _TOXIC) and not name.lower().startswith(_NOT))
    ]
    if unknown or not found:
        listing = ", ".join(names[place] for place in sorted(names)) or "none"
        why = f"it has no label {unknown[0]!r}" if unknown else "none of its labels says that it means something toxic"
        raise CLASSIFIER.unusable(source, f"{why}; its labels are {listing}; name those that count, such as labels: [LABEL_1]")
    return found


class Classifier:
    """A loaded classifier.

    Args:
        folder: as ``classifier_folder`` gives it.
        labels: names of the labels that count; none takes those whose names say so.

    Raises:
        RecipeError: where transformers cannot load it.
    """

    def __init__(self, folder: Path, labels: Sequence[str]) -> None:
        import torch
        import transformers

        self._tokenizer, self._model, told = load_quietly(folder, transformers.AutoModelForSequenceClassification, CLASSIFIER)
        if told["missing_keys"]:
            raise CLASSIFIER.unusable(str(folder), f"it lacks weights, such as {min(told['missing_keys'])}")
        config = self._model.config
        self._names = {int(place): str(name) for place, name in config.id2label.items()}
        self._places = toxic_labels(str(folder), self._names, labels)
        self._several = config.problem_type == "multi_label_classification" or len(self._names) == 1
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._model.to(self._device).eval()
        self._longest = min(_LONGEST, int(getattr(config, "max_position_embeddings", None) or _LONGEST))

    def judge(self, texts: Sequence[str]) -> tuple[np.ndarray, list[str]]:
        """Probability that a text is toxic, float64 [n], and the label that says so most. What is longer than the model reads is cut.

        Of labels that exclude one another probabilities add up; of labels that do not, the greatest counts.
        """
        import torch

        order = sorted(range(len(texts)), key=lambda at: (len(texts[at]), texts[at]))  # texts of a length need little padding
        found = np.empty(len(texts))
        labels = [""] * len(texts)
        with torch.inference_mode():
            for start in range(0, len(order), _BATCH):
                part = order[start : start + _BATCH]
                tokens = self._tokenizer([texts[at] for at in part], padding=True, truncation=True, max_length=self._longest, return_tensors="pt")
                logits = self._model(**tokens.to(self._device)).logits.double()
                shares = (torch.sigmoid(logits) if self._several else torch.softmax(logits, dim=1)).cpu().numpy()[:, self._places]
                found[part] = shares.max(axis=1) if self._several else np.minimum(shares.sum(axis=1), 1.0)
                for at, place in zip(part, shares.argmax(axis=1), strict=True):
                    labels[at] = self._names[self._places[int(place)]]
        return found, labels
