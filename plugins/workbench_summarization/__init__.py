"""Summarization: a short text for a long one."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from workbench.finetune import SequenceToSequence
from workbench.hookspecs import hookimpl
from workbench.metrics import lead_sentence, likelihoods, rouge_scores
from workbench.selectors import (
    AreaUnderMargin,
    Balance,
    BalanceParams,
    Boilerplate,
    Cartography,
    Composition,
    Contamination,
    ContaminationParams,
    Counterfactual,
    CounterfactualParams,
    Coverage,
    CrossRoleDuplicates,
    CrossRoleParams,
    Diverse,
    DiverseParams,
    EmptyText,
    ErrorNorm,
    ExactDuplicateParams,
    ExactDuplicates,
    Extractiveness,
    Garbled,
    GopherParams,
    GopherRepetition,
    GroupAssociation,
    GroupAssociationParams,
    GroupCounts,
    GroupCountsParams,
    ImportanceParams,
    ImportanceResampling,
    InputTargetParams,
    Language,
    LanguageParams,
    LeadBias,
    Leftovers,
    LengthOutliers,
    Longest,
    LossCurves,
    NearDuplicateParams,
    NearDuplicates,
    PersonalData,
    PronounChange,
    RandomOrder,
    Repetition,
    Reweighing,
    ReweighingParams,
    RolesParams,
    SemanticDuplicateParams,
    SemanticDuplicates,
    SourceAssociation,
    SpaceParams,
    TargetCopiesInput,
    TargetLength,
    TargetSimilarity,
    TargetSimilarityParams,
    Toxicity,
    ToxicityModel,
    ToxicityModelParams,
    ToxicityParams,
    Unsupported,
)
from workbench.types import Action, Floor, PolicyRule, Role, RoleType, Rule, Task
from workbench_summarization._sample import PLANTS, sample

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workbench.types import FineTuneAdapter, Metric, Selector

TASK = Task(
    name="summarization",
    title="Summarization",
    summary="A short text that says what a long one does.",
    roles=(
        Role(name="document", type=RoleType.TEXT, columns=("text", "article", "dialogue", "source", "content", "long")),
        Role(name="summary", type=RoleType.TEXT, columns=("highlights", "abstract", "target", "headline", "short")),
    ),
    target="summary",
    selectors=(
        "exact-duplicates",
        "near-duplicates",
        "cross-role-duplicates",
        "contamination",
        "empty-text",
        "garbled",
        "boilerplate",
        "leftovers",
        "personal-data",
        "composition",
        "repetition",
        "gopher-repetition",
        "length-outliers",
        "language",
        "target-copies-input",
        "target-length",
        "extractiveness",
        "unsupported",
        "group-association",
    ),
    adapter="sequence-to-sequence",
    metrics=("bits-per-byte", "perplexity", "rougeL", "rouge1", "rouge2", "rougeLsum"),
    policy=(PolicyRule(signal="target-copies-input.similarity", rule=Rule(action=Action.DROP, operator=">=", threshold=0.9)),),
    plants=tuple(plant for plant, _ in PLANTS),
    floor=Floor(name="lead sentence", predict=partial(lead_sentence, document="document", target="summary")),
    sample=sample,
    model="scratch:seq2seq-tiny",
    epochs=4.0,
)


@hookimpl
def workbench_tasks() -> Iterable[Task]:
    """Supply the task."""
    return [TASK]


@hookimpl
def workbench_selectors() -> Iterable[Selector]:
    """Supply what curates documents with summaries."""
    return [
        ExactDuplicates(params=ExactDuplicateParams(roles=("document",))),
        NearDuplicates(params=NearDuplicateParams(roles=("document",))),
        CrossRoleDuplicates(params=CrossRoleParams(roles=("document", "summary"))),
        Contamination(params=ContaminationParams(roles=("document",))),
        SemanticDuplicates(params=SemanticDuplicateParams(roles=("document",))),
        EmptyText(params=RolesParams(roles=("document", "summary"))),
        Garbled(params=RolesParams(roles=("document", "summary"))),
        Boilerplate(params=RolesParams(roles=("summary",))),
        Leftovers(params=RolesParams(roles=("document", "summary"))),
        PersonalData(params=RolesParams(roles=("document", "summary"))),
        Composition(params=RolesParams(roles=("document", "summary"))),
        Repetition(params=RolesParams(roles=("summary",))),
        GopherRepetition(params=GopherParams(roles=("document",))),
        LengthOutliers(params=RolesParams(roles=("document", "summary"))),
        Language(params=LanguageParams(roles=("document", "summary"))),
        TargetCopiesInput(params=InputTargetParams(inputs=("document",), target="summary")),
        TargetLength(params=InputTargetParams(inputs=("document",), target="summary")),
        Extractiveness(params=InputTargetParams(inputs=("document",), target="summary")),
        Unsupported(params=InputTargetParams(inputs=("document",), target="summary")),
        GroupAssociation(params=GroupAssociationParams(roles=("document",))),
        GroupCounts(params=GroupCountsParams(roles=("document",))),
        Reweighing(params=ReweighingParams(roles=("document",))),
        Balance(params=BalanceParams(roles=("document",))),
        Counterfactual(params=CounterfactualParams(roles=("document",))),
        Toxicity(params=ToxicityParams(roles=("document", "summary"))),
        ToxicityModel(params=ToxicityModelParams(roles=("document", "summary"))),
        LeadBias(),
        PronounChange(),
        SourceAssociation(),
        RandomOrder(),
        Longest(params=RolesParams(roles=("summary",))),
        Coverage(params=SpaceParams(roles=("document",))),
        Diverse(params=DiverseParams(roles=("document",))),
        ImportanceResampling(params=ImportanceParams(roles=("document",))),
        TargetSimilarity(params=TargetSimilarityParams(roles=("document",))),
        Cartography(),
        AreaUnderMargin(),
        ErrorNorm(),
        LossCurves(),
    ]


@hookimpl
def workbench_adapters() -> Iterable[FineTuneAdapter]:
    """Supply the fine-tune adapter."""
    return [SequenceToSequence(source="document", target="summary", instruction="summarize: ")]


@hookimpl
def workbench_metrics() -> Iterable[Metric]:
    """Supply ROUGE, and what a model thinks of the reference."""
    return [*rouge_scores(reference="summary"), *likelihoods(reference="summary")]
