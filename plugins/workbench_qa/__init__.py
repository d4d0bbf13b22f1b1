"""Question answering: the answer as a span of a context, or none."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from workbench.finetune import SpanQuestionAnswering
from workbench.hookspecs import hookimpl
from workbench.metrics import constant_answer, squad_scores
from workbench.selectors import (
    AnswerForm,
    AnswerNotInContext,
    AnswerPrior,
    AreaUnderMargin,
    Balance,
    BalanceParams,
    Cartography,
    Composition,
    Contamination,
    ContaminationParams,
    ContradictingAnswers,
    Coverage,
    Diverse,
    DiverseParams,
    EmptyText,
    ErrorNorm,
    ExactDuplicateParams,
    ExactDuplicates,
    Forgetting,
    Garbled,
    GopherParams,
    GopherRepetition,
    GroupAssociation,
    GroupAssociationParams,
    GroupCounts,
    GroupCountsParams,
    ImportanceParams,
    ImportanceResampling,
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
    SpanParams,
    TargetSimilarity,
    TargetSimilarityParams,
    Toxicity,
    ToxicityModel,
    ToxicityModelParams,
    ToxicityParams,
)
from workbench.types import Floor, Role, RoleType, Task
from workbench_qa._sample import PLANTS, sample
from workbench_qa._squad import parse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workbench.types import FineTuneAdapter, Metric, Selector

TASK = Task(
    name="qa",
    title="Question answering",
    summary="The answer to a question as a span of a context.",
    roles=(
        Role(name="question", type=RoleType.TEXT, columns=("query",)),
        Role(name="context", type=RoleType.TEXT, columns=("passage", "paragraph", "document")),
        Role(name="answers", type=RoleType.SPANS, columns=("answer",)),
    ),
    target="answers",
    selectors=(
        "exact-duplicates",
        "near-duplicates",
        "contamination",
        "empty-text",
        "garbled",
        "leftovers",
        "personal-data",
        "composition",
        "gopher-repetition",
        "length-outliers",
        "language",
        "answer-not-in-context",
        "answer-form",
        "contradicting-answers",
        "group-association",
    ),
    adapter="span-question-answering",
    metrics=("f1", "exact-match", "f1-v2", "exact-match-v2"),
    parse=parse,
    plants=tuple(plant for plant, _ in PLANTS),
    floor=Floor(name="constant answer", predict=partial(constant_answer, target="answers")),
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
    """Supply what curates questions with contexts and answers."""
    return [
        ExactDuplicates(params=ExactDuplicateParams(roles=("question", "context"))),
        NearDuplicates(params=NearDuplicateParams(roles=("question", "context"))),
        Contamination(params=ContaminationParams(roles=("question",), answer="answers", shared=("context",))),
        SemanticDuplicates(params=SemanticDuplicateParams(roles=("question", "context"))),
        EmptyText(params=RolesParams(roles=("question", "context"))),
        Garbled(params=RolesParams(roles=("question", "context"))),
        Leftovers(params=RolesParams(roles=("question", "context"))),
        PersonalData(params=RolesParams(roles=("question", "context"))),
        Composition(params=RolesParams(roles=("question", "context"))),
        GopherRepetition(params=GopherParams(roles=("context",))),
        LengthOutliers(params=RolesParams(roles=("question", "context"))),
        Language(params=LanguageParams(roles=("question", "context"))),
        AnswerNotInContext(params=SpanParams(spans="answers", context="context")),
        AnswerForm(),
        ContradictingAnswers(),
        GroupAssociation(params=GroupAssociationParams(roles=("question",))),
        GroupCounts(params=GroupCountsParams(roles=("question",))),
        Reweighing(params=ReweighingParams(roles=("question",))),
        Balance(params=BalanceParams(roles=("question",))),
        Toxicity(params=ToxicityParams(roles=("question", "context"))),
        ToxicityModel(params=ToxicityModelParams(roles=("question", "context"))),
        AnswerPrior(),
        SourceAssociation(),
        RandomOrder(),
        Coverage(params=SpaceParams(roles=("question", "context"))),
        Diverse(params=DiverseParams(roles=("question", "context"))),
        ImportanceResampling(params=ImportanceParams(roles=("question", "context"))),
        TargetSimilarity(params=TargetSimilarityParams(roles=("question", "context"))),
        Cartography(),
        Forgetting(),
        AreaUnderMargin(),
        ErrorNorm(),
        LossCurves(),
    ]


@hookimpl
def workbench_adapters() -> Iterable[FineTuneAdapter]:
    """Supply the fine-tune adapter."""
    return [SpanQuestionAnswering(question="question", context="context", answers="answers")]


@hookimpl
def workbench_metrics() -> Iterable[Metric]:
    """Supply the scores of SQuAD v1.1 and v2.0."""
    return squad_scores(answers="answers")
