"""Classification: one label for a text."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from workbench.finetune import SequenceClassification
from workbench.hookspecs import hookimpl
from workbench.metrics import label_scores, majority_label
from workbench.selectors import (
    Contamination,
    ContaminationParams,
    EmptyText,
    ExactDuplicateParams,
    ExactDuplicates,
    Garbled,
    GroupAssociation,
    GroupAssociationParams,
    LabelNoise,
    LabelNoiseParams,
    NearDuplicateParams,
    NearDuplicates,
    RolesParams,
    SemanticDuplicateParams,
    SemanticDuplicates,
    Truncation,
)
from workbench.types import Floor, Role, RoleType, Task
from workbench_classification._sample import PLANTS, sample

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workbench.types import FineTuneAdapter, Metric, Selector

TASK = Task(
    name="classification",
    title="Text classification",
    summary="One label for a text: intents, topics, sentiment.",
    roles=(
        Role(name="text", type=RoleType.TEXT, columns=("sentence", "content", "question", "utterance", "input")),
        Role(name="label", type=RoleType.LABEL, columns=("category", "class", "intent", "target", "topic")),
    ),
    target="label",
    selectors=(
        "exact-duplicates",
        "near-duplicates",
        "contamination",
        "empty-text",
        "garbled",
        "truncation",
        "label-noise",
        "group-association",
    ),
    adapter="sequence-classification",
    metrics=(
        "macro-f1",
        "accuracy",
        "weighted-f1",
        "macro-precision",
        "macro-recall",
        "weighted-precision",
        "weighted-recall",
        "mcc",
    ),
    plants=tuple(plant for plant, _ in PLANTS),
    floor=Floor(name="majority label", predict=partial(majority_label, label="label")),
    sample=sample,
    model="scratch:encoder-tiny",
    epochs=3.0,
)


@hookimpl
def workbench_tasks() -> Iterable[Task]:
    """Supply the task."""
    return [TASK]


@hookimpl
def workbench_selectors() -> Iterable[Selector]:
    """Supply what curates texts with labels."""
    return [
        ExactDuplicates(params=ExactDuplicateParams(roles=("text",))),
        NearDuplicates(params=NearDuplicateParams(roles=("text",))),
        Contamination(params=ContaminationParams(roles=("text",))),
        SemanticDuplicates(params=SemanticDuplicateParams(roles=("text",))),
        EmptyText(params=RolesParams(roles=("text",))),
        Garbled(params=RolesParams(roles=("text",))),
        Truncation(params=RolesParams(roles=("text",))),
        LabelNoise(params=LabelNoiseParams(roles=("text",))),
        GroupAssociation(params=GroupAssociationParams(roles=("text",))),
    ]


@hookimpl
def workbench_adapters() -> Iterable[FineTuneAdapter]:
    """Supply the fine-tune adapter."""
    return [SequenceClassification(text=("text",), label="label")]


@hookimpl
def workbench_metrics() -> Iterable[Metric]:
    """Supply the scores of scikit-learn."""
    return label_scores(label="label")
