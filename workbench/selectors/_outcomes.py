"""What an example leads to, so that it can be asked what goes with it: a label, or what can be counted of a text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from workbench.selectors._columns import composed, text_of
from workbench.selectors._profile import profile_of
from workbench.selectors._sentiment import sentiments
from workbench.selectors._statistics import indicators
from workbench.types import RoleType

if TYPE_CHECKING:
    import pyarrow as pa
    import scipy.sparse

    from workbench.types import ExampleTable, SelectorContext

REFUSAL: Final = (
    r"(?i)\bi(?:['’]m| am) (?:sorry|unable|not able|afraid)\b"
    r"|(?i)\bi (?:cannot|can['’]t|won['’]t|will not|am not allowed)\b|(?i)\bas an? (?:ai|language model)\b"
    r"|抱歉|对不起|我无法|我不能|无法(?:回答|提供|满足|帮助)|作为(?:一个|一名)?(?:AI|人工智能|语言模型)"
)
"""How answers begin that refuse, in RE2's syntax."""
_BEGINNING: Final = 200
_LEAST_REPEATS: Final = 5
_MOST_VALUES: Final = 200


@dataclass(frozen=True, kw_only=True)
class Outcomes:
    """Outcomes as columns.

    Attributes:
        matrix: 0 or 1 [n, outcomes]; an example may have several.
        names: what each is called.
    """

    matrix: scipy.sparse.csr_array
    names: tuple[str, ...]


def outcomes_of(examples: ExampleTable, context: SelectorContext) -> Outcomes:
    """The outcomes of examples, by the type of the task's target.

    A label has one outcome, its value. Any other target may be a text that repeats (in at least five examples), a refusal, in the shortest or the
    longest third by words, and one that speaks well or ill (see ``_sentiment``). Without a target there are none.
    """
    size = len(examples)
    if context.target not in examples.roles or not size:
        return Outcomes(matrix=indicators([], size), names=())
    texts = composed(text_of(examples, context.target))
    role = context.roles.get(context.target)
    if role is not None and role.type is RoleType.LABEL:
        return _named(_values(texts, least=1), size)
    return _named([*_values(texts, least=_LEAST_REPEATS), *_refusals(texts), *_lengths(texts), *_moods(texts)], size)


def _named(columns: list[tuple[str, np.ndarray]], size: int) -> Outcomes:
    return Outcomes(matrix=indicators([rows for _, rows in columns], size), names=tuple(name for name, _ in columns))


def _values(texts: pa.LargeStringArray, *, least: int) -> list[tuple[str, np.ndarray]]:
    """Values that stand in at least so many examples, and where."""
    import pyarrow.compute as pc

    encoded = texts.dictionary_encode()
    codes = pc.fill_null(encoded.indices, len(encoded.dictionary)).to_numpy()
    counts = np.bincount(codes, minlength=len(encoded.dictionary) + 1)[:-1]
    frequent = np.flatnonzero(counts >= least)
    if least > 1:
        frequent = frequent[np.lexsort((encoded.dictionary.take(frequent).to_numpy(zero_copy_only=False).astype(str), -counts[frequent]))][
            :_MOST_VALUES
        ]
    order = np.argsort(codes, kind="stable")
    begins = np.searchsorted(codes[order], frequent)
    return [
        (encoded.dictionary[int(code)].as_py().split("\n")[0][:80], order[begin : begin + counts[code]])
        for code, begin in zip(frequent, begins, strict=True)
    ]


def _refusals(texts: pa.LargeStringArray) -> list[tuple[str, np.ndarray]]:
    import pyarrow.compute as pc

    beginnings = pc.utf8_slice_codeunits(texts.fill_null(""), 0, _BEGINNING)
    return [("a refusal", np.flatnonzero(pc.match_substring_regex(beginnings, REFUSAL).to_numpy(zero_copy_only=False)))]


def _lengths(texts: pa.LargeStringArray) -> list[tuple[str, np.ndarray]]:
    words = profile_of(texts).words
    short, long = np.quantile(words, [1 / 3, 2 / 3])
    if short == long:
        return []
    return [
        (f"a short target (at most {short:.0f} words)", np.flatnonzero(words <= short)),
        (f"a long target (over {long:.0f} words)", np.flatnonzero(words > long)),
    ]


def _moods(texts: pa.LargeStringArray) -> list[tuple[str, np.ndarray]]:
    good, bad = sentiments(texts)
    return [("a target that speaks well", np.flatnonzero(good)), ("a target that speaks ill", np.flatnonzero(bad))]
