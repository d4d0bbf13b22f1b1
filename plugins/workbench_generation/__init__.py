"""Generation: a response to a prompt."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from workbench.finetune import CausalGeneration
from workbench.hookspecs import hookimpl
from workbench.metrics import constant_answer, likelihoods, translation_scores
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
    Garbled,
    GroupAssociation,
    GroupAssociationParams,
    GroupCounts,
    GroupCountsParams,
    ImportanceParams,
    ImportanceResampling,
    InputTargetParams,
    InstructionDifficulty,
    Language,
    LanguageParams,
    Leftovers,
    LengthOutliers,
    Longest,
    LossCurves,
    NearDuplicateParams,
    NearDuplicates,
    PerplexityOutliers,
    PersonalData,
    RandomOrder,
    Repetition,
    ResponseForm,
    Reweighing,
    ReweighingParams,
    RolesParams,
    SemanticDuplicateParams,
    SemanticDuplicates,
    SourceAssociation,
    SpaceParams,
    TargetCopiesInput,
    TargetLanguage,
    TargetSimilarity,
    TargetSimilarityParams,
    Toxicity,
    ToxicityModel,
    ToxicityModelParams,
    ToxicityParams,
    Truncation,
)
from workbench.types import Floor, Role, RoleType, Task
from workbench_generation._chat import parse
from workbench_generation._sample import PLANTS, sample

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workbench.types import FineTuneAdapter, Metric, Selector

TASK = Task(
    name="generation",
    title="Generation",
    summary="A response to an instruction or a question.",
    roles=(
        Role(name="prompt", type=RoleType.TEXT, columns=("instruction", "question", "query")),
        Role(name="input", type=RoleType.TEXT, required=False, columns=("context",)),
        Role(name="response", type=RoleType.TEXT, columns=("output", "answer", "completion", "target")),
    ),
    target="response",
    selectors=(
        "exact-duplicates",
        "near-duplicates",
        "cross-role-duplicates",
        "contamination",
        "empty-text",
        "garbled",
        "truncation",
        "boilerplate",
        "leftovers",
        "personal-data",
        "composition",
        "repetition",
        "length-outliers",
        "language",
        "target-language",
        "target-copies-input",
        "response-form",
        "group-association",
    ),
    adapter="causal-generation",
    metrics=("bits-per-byte", "perplexity", "bleu", "chrf"),
    parse=parse,
    plants=tuple(plant for plant, _ in PLANTS),
    floor=Floor(name="constant answer", predict=partial(constant_answer, target="response")),
    sample=sample,
    model="scratch:causal-tiny",
    epochs=3.0,
)


@hookimpl
def workbench_tasks() -> Iterable[Task]:
    """Supply the task."""
    return [TASK]


@hookimpl
def workbench_selectors() -> Iterable[Selector]:
    """Supply what curates prompts with responses."""
    return [
        ExactDuplicates(params=ExactDuplicateParams(roles=("prompt", "input"))),
        NearDuplicates(params=NearDuplicateParams(roles=("prompt", "input", "response"))),
        CrossRoleDuplicates(params=CrossRoleParams(roles=("prompt", "response"))),
        Contamination(params=ContaminationParams(roles=("prompt", "input"), searched=("response",))),
        SemanticDuplicates(params=SemanticDuplicateParams(roles=("prompt", "input"))),
        EmptyText(params=RolesParams(roles=("prompt", "response"))),
        Garbled(params=RolesParams(roles=("prompt", "response"))),
        Truncation(params=RolesParams(roles=("response",))),
        Boilerplate(params=RolesParams(roles=("response",))),
        Leftovers(params=RolesParams(roles=("prompt", "input", "response"))),
        PersonalData(params=RolesParams(roles=("prompt", "input", "response"))),
        Composition(params=RolesParams(roles=("prompt", "input", "response"))),
        Repetition(params=RolesParams(roles=("response",))),
        LengthOutliers(params=RolesParams(roles=("prompt", "response"))),
        Language(params=LanguageParams(roles=("prompt", "response"))),
        TargetLanguage(params=InputTargetParams(inputs=("prompt", "input"), target="response")),
        TargetCopiesInput(params=InputTargetParams(inputs=("prompt", "input"), target="response")),
        ResponseForm(),
        GroupAssociation(params=GroupAssociationParams(roles=("prompt", "input"))),
        GroupCounts(params=GroupCountsParams(roles=("prompt", "input"))),
        Reweighing(params=ReweighingParams(roles=("prompt", "input"))),
        Balance(params=BalanceParams(roles=("prompt", "input"))),
        Counterfactual(params=CounterfactualParams(roles=("prompt", "input"))),
        Toxicity(params=ToxicityParams(roles=("prompt", "input", "response"))),
        ToxicityModel(params=ToxicityModelParams(roles=("prompt", "input", "response"))),
        SourceAssociation(),
        RandomOrder(),
        Longest(params=RolesParams(roles=("response",))),
        Coverage(params=SpaceParams(roles=("prompt", "input", "response"))),
        Diverse(params=DiverseParams(roles=("prompt", "input", "response"))),
        ImportanceResampling(params=ImportanceParams(roles=("prompt", "input", "response"))),
        TargetSimilarity(params=TargetSimilarityParams(roles=("prompt", "input", "response"))),
        Cartography(),
        AreaUnderMargin(),
        ErrorNorm(),
        LossCurves(),
        InstructionDifficulty(params=InputTargetParams(inputs=("prompt", "input"), target="response")),
        PerplexityOutliers(params=InputTargetParams(inputs=("prompt", "input"), target="response")),
    ]


@hookimpl
def workbench_adapters() -> Iterable[FineTuneAdapter]:
    """Supply the fine-tune adapter."""
    return [CausalGeneration(prompt=("prompt", "input"), response="response")]


@hookimpl
def workbench_metrics() -> Iterable[Metric]:
    """Supply BLEU and chrF, and what a model thinks of the reference."""
    return [*translation_scores(reference="response"), *likelihoods(reference="response")]
