"""Corpus BLEU (Papineni et al. 2002), equal to sacrebleu's ``corpus_score``."""

# ruff: noqa: ARG002 (methods of a protocol take what some metrics have no use for)

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from workbench.errors import UnknownNameError
from workbench.metrics.columns import predicted, reference_texts
from workbench.metrics.ngrams import blocks, of_tokens, possible_ngrams, shared_ngrams
from workbench.metrics.scripts import is_unspaced, is_unspaced_beyond_han
from workbench.types import Direction, MetricKind, Need

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pyarrow as pa

    from workbench.types import ExampleTable

ORDER = 4
"""The longest n-gram."""


@dataclass(frozen=True, kw_only=True)
class Bleu:
    """BLEU of all texts together, 0 to 100: clipped n-gram precision up to 4 and a brevity penalty, exponential smoothing, mixed case.

    The tokenizer is chosen once, from the references: ``char`` where at least a tenth of them is Japanese, Thai or the like; else ``zh`` where at
    least a hundredth is Chinese (it treats all other text as ``13a`` does); else ``13a``, which would give Chinese 0. The state says which.

    Attributes:
        reference: the role that holds the reference text, or several.
        tokenizer: ``auto``, or the name of one of sacrebleu's tokenizers.
    """

    reference: str = "response"
    tokenizer: str = "auto"

    name: ClassVar[str] = "bleu"
    version: ClassVar[str] = "1"
    kind: ClassVar[MetricKind] = MetricKind.ADDITIVE
    needs: ClassVar[tuple[Need, ...]] = (Need.TEXT,)
    direction: ClassVar[Direction] = Direction.HIGHER
    low: ClassVar[float] = 0.0
    high: ClassVar[float] = 100.0
    percent: ClassVar[bool] = True

    @property
    def roles(self) -> tuple[str, ...]:
        """The reference text."""
        return (self.reference,)

    def signature(self) -> str:
        """In the manner of sacrebleu's, which ``prepare`` completes with tokenizer and number of references."""
        tokenizer = "by script (13a, zh, char)" if self.tokenizer == "auto" else self.tokenizer
        return f"case:mixed|eff:no|tok:{tokenizer}|smooth:exp|version:{sacrebleu_version()}"

    def prepare(self, references: ExampleTable) -> Mapping[str, object]:
        """``tokenizer``: the one chosen; ``nrefs``: references per example, ``"var"`` if they differ."""
        texts = [wanted for wanted in reference_texts(references, self.reference) if wanted]
        return {"tokenizer": choose_tokenizer(texts) if self.tokenizer == "auto" else self.tokenizer, "nrefs": count_references(texts)}

    def statistics(self, predictions: pa.Table, references: ExampleTable, state: Mapping[str, object]) -> np.ndarray:
        """Tokens, tokens of the closest reference, matches of order 1 to 4, n-grams of order 1 to 4: float64 [n, 10]; NaN where a text is null."""
        tokenize = _tokenizer(str(state["tokenizer"]))
        given = predicted(predictions, Need.TEXT)
        wanted = reference_texts(references, self.reference)
        statistics = np.full((len(given), 2 + 2 * ORDER), np.nan)
        pairs = [
            (row, tokenize(text), [*map(tokenize, texts)])
            for row, (text, texts) in enumerate(zip(given, wanted, strict=True))
            if text is not None and texts
        ]
        for block in blocks([len(tokens) + sum(map(len, targets)) for _, tokens, targets in pairs]):
            rows, tokens, targets = zip(*pairs[block], strict=True)
            statistics[list(rows)] = _statistics(tokens, targets)
        return statistics

    def expand(self, statistics: np.ndarray, state: Mapping[str, object]) -> np.ndarray:
        """As they are."""
        return statistics

    def finish(self, sums: np.ndarray) -> np.ndarray:
        """Sums [b, 10] to BLEU [b], after ``BLEU.compute_bleu`` of sacrebleu."""
        length, wanted = sums[:, 0], sums[:, 1]
        correct, total = sums[:, 2 : 2 + ORDER], sums[:, 2 + ORDER :]
        missed = (correct == 0) & (total > 0)
        # Each further order without a match counts as half a match less: 1/2, 1/4, ...
        counted = np.where(missed, 0.5 ** np.cumsum(missed, axis=1), correct)
        with np.errstate(divide="ignore", invalid="ignore"):
            penalty = np.where(length < wanted, np.exp(1 - wanted / length), 1.0)
            logarithms = np.log(100.0 * counted / total).sum(axis=1) / ORDER
        # No match at all is 0 by definition; so is a corpus without a single 4-gram, whose precision has no value.
        defined = (correct.sum(axis=1) > 0) & (total > 0).all(axis=1)
        return np.where(defined, penalty * np.exp(np.where(defined, logarithms, 0.0)), 0.0)


def choose_tokenizer(references: Sequence[Sequence[str]]) -> str:
    """The tokenizer that fits the script of the references; see ``Bleu``."""
    if not references:
        return "13a"
    texts = [" ".join(wanted) for wanted in references]
    if sum(map(is_unspaced_beyond_han, texts)) >= 0.1 * len(texts):
        return "char"
    return "zh" if sum(map(is_unspaced, texts)) >= 0.01 * len(texts) else "13a"


def count_references(references: Sequence[Sequence[str]]) -> int | str:
    """References per example, ``"var"`` if the examples differ, as sacrebleu's signature has it."""
    counts = {len(wanted) for wanted in references}
    return counts.pop() if len(counts) == 1 else "var"


def sacrebleu_version() -> str:
    """The version of the installed sacrebleu, read without importing it."""
    from importlib.metadata import version

    return version("sacrebleu")


def _tokenizer(name: str) -> Callable[[str], list[str]]:
    from sacrebleu.metrics.bleu import BLEU

    if name not in BLEU.TOKENIZERS:
        raise UnknownNameError("tokenizer of sacrebleu", name, BLEU.TOKENIZERS)
    # Built through the metric: that is the public way to a tokenizer.
    tokenize: Callable[[str], str] = BLEU(tokenize=name).tokenizer
    return lambda text: tokenize(text.rstrip()).split()


def _statistics(given: Sequence[list[str]], wanted: Sequence[Sequence[list[str]]]) -> np.ndarray:
    vocabulary: dict[str, int] = {}
    ours = of_tokens(given, vocabulary)
    theirs = [of_tokens(column, vocabulary) for column in zip_longest(*wanted, fillvalue=())]
    matches = shared_ngrams(ours, theirs, ORDER)
    # The closest length, the shorter one of two equally close.
    closest = [min((abs(len(target) - len(tokens)), len(target)) for target in targets)[1] for tokens, targets in zip(given, wanted, strict=True)]
    return np.column_stack([ours.lengths, closest, matches, possible_ngrams(ours.lengths, ORDER)])
