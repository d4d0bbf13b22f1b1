"""ROUGE (Lin 2004), equal to the package rouge-score, and defined where that package gives 0: outside Latin script."""

# ruff: noqa: ARG002 (methods of a protocol take what some metrics have no use for)

from __future__ import annotations

import functools
import itertools
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from workbench.metrics.columns import predicted, reference_texts
from workbench.metrics.lcs import lcs_length, lcs_positions
from workbench.metrics.scripts import is_foreign, words
from workbench.metrics.sentences import RULE, sentences
from workbench.metrics.sums import ratio, with_count
from workbench.types import Direction, MetricKind, Need

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pyarrow as pa

    from workbench.types import ExampleTable

    Tokenizer = Callable[[str], list[str]]

RougeName = Literal["rouge1", "rouge2", "rougeL", "rougeLsum"]

_LATIN_WORD = re.compile("[a-z0-9]+")


@dataclass(frozen=True, kw_only=True)
class Rouge:
    """The F-measure of n-grams or longest common subsequences between a text and its reference, 0 to 1; the best over several references.

    Tokens are rouge-score's, ``[a-z0-9]+`` of the lower-cased text, where a reference is in Latin script. Where at least a fifth of
    its words are in another one, tokens are Unicode words, and in scripts without spaces (Chinese, Japanese, Thai, ...) single characters.

    ``rougeLsum`` compares sentence by sentence. rouge-score takes lines for sentences and leaves the splitting to its caller; here a text with
    newlines is taken line by line, and one without is split first (see ``workbench.metrics.sentences``).

    Attributes:
        name: which variant.
        reference: the role that holds the reference text, or several.
        stemmer: whether Porter's stemmer is applied to Latin words of more than three letters, as ROUGE-1.5.5's option ``-m``.
    """

    name: RougeName
    reference: str = "summary"
    stemmer: bool = False

    version: ClassVar[str] = "1"
    kind: ClassVar[MetricKind] = MetricKind.ADDITIVE
    needs: ClassVar[tuple[Need, ...]] = (Need.TEXT,)
    direction: ClassVar[Direction] = Direction.HIGHER
    low: ClassVar[float] = 0.0
    high: ClassVar[float] = 1.0
    percent: ClassVar[bool] = False

    @property
    def roles(self) -> tuple[str, ...]:
        """The reference text."""
        return (self.reference,)

    def signature(self) -> str:
        """Variant, tokenizers and rules."""
        lines = f"|sentences:{RULE}" if self.name == "rougeLsum" else ""
        stemmer = "porter" if self.stemmer else "no"
        return (
            f"{self.name}|F|tok:rouge-score, Unicode words and CJK characters outside Latin|stemmer:{stemmer}{lines}|refs:best|version:{self.version}"
        )

    def prepare(self, references: ExampleTable) -> Mapping[str, object]:
        """Nothing is shared."""
        return {}

    def statistics(self, predictions: pa.Table, references: ExampleTable, state: Mapping[str, object]) -> np.ndarray:
        """The F-measure of each text, float64 [n, 1]; NaN where the prediction is null or there is no reference."""
        score = _SCORES[self.name]
        latin = functools.partial(latin_words, stem=_stemmer() if self.stemmer else None)
        given = predicted(predictions, Need.TEXT)
        statistics = np.full((len(given), 1), np.nan)
        for row, (wanted, text) in enumerate(zip(reference_texts(references, self.reference), given, strict=True)):
            if text is not None and wanted:
                statistics[row, 0] = max(score(reference, text, words_of_any_script if is_foreign(reference) else latin) for reference in wanted)
        return statistics

    def expand(self, statistics: np.ndarray, state: Mapping[str, object]) -> np.ndarray:
        """(F, 1) per example."""
        return with_count(statistics)

    def finish(self, sums: np.ndarray) -> np.ndarray:
        """The mean."""
        return ratio(sums)


def latin_words(text: str, stem: Callable[[str], str] | None = None) -> list[str]:
    """The tokens of rouge-score's default tokenizer."""
    tokens = _LATIN_WORD.findall(text.lower())
    return [stem(token) if len(token) > 3 else token for token in tokens] if stem else tokens


def words_of_any_script(text: str) -> list[str]:
    """Lower-cased Unicode words, and single characters of scripts without spaces."""
    return words(text.lower())


@functools.cache
def _stemmer() -> Callable[[str], str]:
    # rouge-score's own stemmer, which is nltk's; seconds to import.
    from rouge_score.tokenizers import porter

    stem: Callable[[str], str] = porter.PorterStemmer().stem
    return functools.lru_cache(maxsize=100_000)(stem)


def _f_measure(shared: int, wanted: int, given: int) -> float:
    precision, recall = shared / max(given, 1), shared / max(wanted, 1)
    return 2 * precision * recall / (precision + recall) if precision + recall > 0 else 0.0


def _unigrams(reference: str, text: str, tokens: Tokenizer) -> float:
    wanted, given = tokens(reference), tokens(text)
    return _f_measure((Counter(wanted) & Counter(given)).total(), len(wanted), len(given))


def _bigrams(reference: str, text: str, tokens: Tokenizer) -> float:
    wanted, given = (list(itertools.pairwise(found)) for found in (tokens(reference), tokens(text)))
    return _f_measure((Counter(wanted) & Counter(given)).total(), len(wanted), len(given))


def _subsequence(reference: str, text: str, tokens: Tokenizer) -> float:
    wanted, given = tokens(reference), tokens(text)
    return _f_measure(lcs_length(wanted, given), len(wanted), len(given))


def _subsequence_of_sentences(reference: str, text: str, tokens: Tokenizer) -> float:
    """Section 3.2 of the paper, with ROUGE-1.5.5's rule that no token is counted more often than it stands on either side."""
    wanted = [tokens(sentence) for sentence in sentences(reference)]
    given = [tokens(sentence) for sentence in sentences(text)]
    left = Counter(token for sentence in wanted for token in sentence) & Counter(token for sentence in given for token in sentence)
    hits = 0
    for sentence in wanted:
        for token in _union(sentence, given):
            if left[token] > 0:
                left[token] -= 1
                hits += 1
    return _f_measure(hits, sum(map(len, wanted)), sum(map(len, given)))


def _union(sentence: list[str], given: Sequence[list[str]]) -> list[str]:
    """Tokens of the sentence that stand in its longest common subsequence with any sentence given."""
    return [sentence[place] for place in set().union(*(lcs_positions(sentence, other) for other in given))]


_SCORES: Mapping[RougeName, Callable[[str, str, Tokenizer], float]] = {
    "rouge1": _unigrams,
    "rouge2": _bigrams,
    "rougeL": _subsequence,
    "rougeLsum": _subsequence_of_sentences,
}
