"""Exact match and F1 of answers, equal to the official SQuAD v1.1 and v2.0 evaluation scripts (Rajpurkar et al. 2016, 2018)."""

# ruff: noqa: ARG002 (methods of a protocol take what some metrics have no use for)

from __future__ import annotations

import functools
import re
import string
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from workbench.metrics.columns import predicted, reference_texts
from workbench.metrics.scripts import UNSPACED, is_unspaced
from workbench.metrics.sums import ratio, with_count
from workbench.types import Direction, MetricKind, Need

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pyarrow as pa

    from workbench.types import ExampleTable

SquadName = Literal["exact-match", "f1", "exact-match-v2", "f1-v2"]

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


@dataclass(frozen=True, kw_only=True)
class Squad:
    """Exact match or F1 of an answer text, the best over the reference answers, on the scale 0 to 100.

    Answers are lower-cased and lose ASCII punctuation and the articles *a, an, the*; F1 counts shared tokens as a multiset. The editions differ where
    there is nothing to find: v1.1 knows no unanswerable question (an example without answers is not scored) and gives F1 0 to an empty answer; v2.0
    takes the empty text as the right answer to a question without one.

    Where a reference answer is written without spaces (a fifth of its words are such characters), tokens follow the definition of MLQA for
    Chinese (Lewis et al. 2020, "mixed segmentation", a bag of characters): each such character is a token, all Unicode punctuation is removed and
    articles stay. Where a tenth of the examples have such an answer all answers are treated so, as MLQA does with the Chinese part. Kana, Thai, Lao,
    Khmer and Burmese are treated like Chinese. CMRC2018's own definition is another one, a longest common substring.

    Attributes:
        name: which score and edition.
        answers: the role that holds the reference answers: spans, texts or one text.
    """

    name: SquadName
    answers: str = "answers"

    version: ClassVar[str] = "1"
    kind: ClassVar[MetricKind] = MetricKind.ADDITIVE
    needs: ClassVar[tuple[Need, ...]] = (Need.TEXT,)
    direction: ClassVar[Direction] = Direction.HIGHER
    low: ClassVar[float] = 0.0
    high: ClassVar[float] = 100.0
    percent: ClassVar[bool] = True

    @property
    def roles(self) -> tuple[str, ...]:
        """The reference answers."""
        return (self.answers,)

    def signature(self) -> str:
        """Edition and tokenizers."""
        edition = "2.0" if self.name.endswith("-v2") else "1.1"
        return f"{self.name}|definition:SQuAD v{edition}|tok:SQuAD, MLQA-zh for answers without spaces|refs:best of all|version:{self.version}"

    def prepare(self, references: ExampleTable) -> Mapping[str, object]:
        """``tokenizer``: ``MLQA-zh`` where at least a tenth of the examples have an answer without spaces, else ``SQuAD``."""
        texts = [answers for answers in reference_texts(references, self.answers) if answers]
        unspaced = sum(any(map(is_unspaced, answers)) for answers in texts)
        return {"tokenizer": "MLQA-zh" if unspaced and unspaced >= 0.1 * len(texts) else "SQuAD"}

    def statistics(self, predictions: pa.Table, references: ExampleTable, state: Mapping[str, object]) -> np.ndarray:
        """The score of each answer, 0 to 1, float64 [n, 1]; NaN where the prediction is null or, in v1.1, where there is no reference answer."""
        score = _SCORES[self.name]
        default = mlqa_tokens if state["tokenizer"] == "MLQA-zh" else squad_tokens
        given = predicted(predictions, Need.TEXT)
        statistics = np.full((len(given), 1), np.nan)
        for row, (answers, text) in enumerate(zip(reference_texts(references, self.answers), given, strict=True)):
            if text is None or answers is None:
                continue
            tokenizers = [mlqa_tokens if is_unspaced(answer) else default for answer in answers]
            pairs = [(tokens(text), tokens(answer)) for tokens, answer in zip(tokenizers, answers, strict=True)]
            if self.name.endswith("-v2"):
                # The script drops answers that normalise to nothing; without any left, the right answer is the empty one.
                pairs = [(given, wanted) for given, wanted in pairs if wanted] or [(default(text), [])]
            if pairs:
                statistics[row, 0] = max(score(given, wanted) for given, wanted in pairs)
        return statistics

    def expand(self, statistics: np.ndarray, state: Mapping[str, object]) -> np.ndarray:
        """(score, 1) per example."""
        return with_count(statistics)

    def finish(self, sums: np.ndarray) -> np.ndarray:
        """The mean in percent."""
        return 100.0 * ratio(sums)


def squad_tokens(text: str) -> list[str]:
    """The tokens of an answer as the official script normalises it."""
    return _ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split()


def mlqa_tokens(text: str) -> list[str]:
    """The tokens of an answer as MLQA's script normalises Chinese: each character of an unspaced script by itself, the rest split at spaces."""
    punctuation, unspaced = _patterns()
    return unspaced(r" \g<0> ", punctuation("", text.lower())).split()


@functools.cache
def _patterns() -> tuple[Callable[[str, str], str], Callable[[str, str], str]]:
    import regex

    # MLQA removes Unicode punctuation and string.punctuation, which also holds symbols such as "$" and "+".
    return regex.compile(rf"[\p{{P}}{re.escape(string.punctuation)}]").sub, regex.compile(rf"[{UNSPACED}]\p{{M}}*").sub


def _exact(given: list[str], wanted: list[str]) -> float:
    return float(given == wanted)


def _f1(given: list[str], wanted: list[str]) -> float:
    shared = (Counter(given) & Counter(wanted)).total()
    if shared == 0:
        return 0.0
    precision, recall = shared / len(given), shared / len(wanted)
    return 2 * precision * recall / (precision + recall)


def _f1_v2(given: list[str], wanted: list[str]) -> float:
    return _f1(given, wanted) if given and wanted else _exact(given, wanted)


_SCORES: Mapping[SquadName, Callable[[list[str], list[str]], float]] = {"exact-match": _exact, "f1": _f1, "exact-match-v2": _exact, "f1-v2": _f1_v2}
