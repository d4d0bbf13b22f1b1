"""Classification: one label for a text."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from workbench.finetune import SequenceClassification
from workbench.hookspecs import hookimpl
from workbench.metrics import label_scores, majority_label
from workbench.selectors import (
    AreaUnderMargin,
    Balance,
    BalanceParams,
    Cartography,
    Composition,
    Contamination,
    ContaminationParams,
    Counterfactual,
    CounterfactualParams,
    Coverage,
    Diverse,
    DiverseParams,
    EmptyText,
    ErrorNorm,
    ExactDuplicateParams,
    ExactDuplicates,
    Forgetting,
    Garbled,
    GroupAssociation,
    GroupAssociationParams,
    GroupCounts,
    GroupCountsParams,
    ImportanceParams,
    ImportanceResampling,
    LabelNoise,
    LabelNoiseParams,
    LabelSet,
    LabelSetParams,
    Language,
    LanguageParams,
    Leftovers,
    LengthOutliers,
    LossCurves,
    NearDuplicateParams,
    NearDuplicates,
    PersonalData,
    RandomOrder,
    Reweighing,
    ReweighingParams,
    RolesParams,
    SemanticDuplicateParams,
    SemanticDuplicates,
    SourceAssociation,
    SpaceParams,
    TargetSimilarity,
    TargetSimilarityParams,
    Toxicity,
    ToxicityModel,
    ToxicityModelParams,
    ToxicityParams,
    Truncation,
)
from workbench.types import Action, Floor, PolicyRule, Role, RoleType, Rule, Task
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
        "leftovers",
        "personal-data",
        "composition",
        "length-outliers",
        "language",
        "label-noise",
        "label-set",
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
    # One label in five of the sample is wrong: where so many are, what looks mislabelled is worth losing, hard texts among it included.
    sample_policy=(PolicyRule(signal="label-noise.label-issue", rule=Rule(action=Action.DROP, operator=">=", threshold=1.0)),),
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
        Leftovers(params=RolesParams(roles=("text",))),
        PersonalData(params=RolesParams(roles=("text",))),
        Composition(params=RolesParams(roles=("text",))),
        LengthOutliers(params=RolesParams(roles=("text",))),
        Language(params=LanguageParams(roles=("text",))),
        LabelNoise(params=LabelNoiseParams(roles=("text",))),
        LabelSet(params=LabelSetParams(roles=("text",))),
        GroupAssociation(params=GroupAssociationParams(roles=("text",))),
        GroupCounts(params=GroupCountsParams(roles=("text",))),
        Reweighing(params=ReweighingParams(roles=("text",))),
        Balance(params=BalanceParams(roles=("text",))),
        Counterfactual(params=CounterfactualParams(roles=("text",))),
        Toxicity(params=ToxicityParams(roles=("text",))),
        ToxicityModel(params=ToxicityModelParams(roles=("text",))),
        SourceAssociation(),
        RandomOrder(),
        Coverage(params=SpaceParams(roles=("text",))),
        Diverse(params=DiverseParams(roles=("text",))),
        ImportanceResampling(params=ImportanceParams(roles=("text",))),
        TargetSimilarity(params=TargetSimilarityParams(roles=("text",))),
        Cartography(),
        Forgetting(),
        AreaUnderMargin(),
        ErrorNorm(),
        LossCurves(),
    ]


@hookimpl
def workbench_adapters() -> Iterable[FineTuneAdapter]:
    """Supply the fine-tune adapter."""
    return [SequenceClassification(text=("text",), label="label")]


@hookimpl
def workbench_metrics() -> Iterable[Metric]:
    """Supply the scores of scikit-learn."""
    return label_scores(label="label")
