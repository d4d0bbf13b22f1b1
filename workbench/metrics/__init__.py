"""Reusable metrics, equal to the reference implementations to the last digit that these print.

A plugin makes them with the names of its task's roles: ``label_scores(label="intent")``, ``Rouge(name="rougeL", reference="short")``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from workbench.metrics.bleu import Bleu
from workbench.metrics.chrf import Chrf
from workbench.metrics.evaluation import Evaluated, evaluate, value_of
from workbench.metrics.floors import constant_answer, lead_sentence, majority_label
from workbench.metrics.labels import LabelScore, LabelScoreName
from workbench.metrics.likelihood import BitsPerByte, Perplexity
from workbench.metrics.rouge import Rouge, RougeName
from workbench.metrics.sentences import sentences
from workbench.metrics.squad import Squad, SquadName

if TYPE_CHECKING:
    from workbench.types import Metric

__all__ = [
    "BitsPerByte",
    "Bleu",
    "Chrf",
    "Evaluated",
    "LabelScore",
    "Perplexity",
    "Rouge",
    "Squad",
    "constant_answer",
    "evaluate",
    "label_scores",
    "lead_sentence",
    "likelihoods",
    "majority_label",
    "rouge_scores",
    "sentences",
    "squad_scores",
    "translation_scores",
    "value_of",
]


def label_scores(label: str = "label") -> tuple[Metric, ...]:
    """All metrics of classification: accuracy, macro and weighted F1, precision and recall, and MCC."""
    return tuple(LabelScore(name=name, label=label) for name in get_args(LabelScoreName))


def squad_scores(answers: str = "answers") -> tuple[Metric, ...]:
    """Exact match and F1 of SQuAD v1.1 and v2.0."""
    return tuple(Squad(name=name, answers=answers) for name in get_args(SquadName))


def rouge_scores(reference: str = "summary", *, stemmer: bool = False) -> tuple[Metric, ...]:
    """ROUGE-1, 2, L and Lsum."""
    return tuple(Rouge(name=name, reference=reference, stemmer=stemmer) for name in get_args(RougeName))


def translation_scores(reference: str = "response") -> tuple[Metric, ...]:
    """BLEU and chrF2 of the texts as a corpus."""
    return (Bleu(reference=reference), Chrf(reference=reference))


def likelihoods(reference: str = "response") -> tuple[Metric, ...]:
    """Bits per byte and perplexity of the reference."""
    return (BitsPerByte(reference=reference), Perplexity())
