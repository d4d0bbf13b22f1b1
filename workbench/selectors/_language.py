"""Texts in another language than the others, and answers in another than their questions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from workbench.errors import WorkbenchError
from workbench.selectors._columns import Evidence, findings, joined_text, text_of
from workbench.selectors._input_target import InputTargetParams
from workbench.selectors._patterns import matching
from workbench.types import Action, Direction, Rule, Scope, SelectorKind, Signal

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from workbench.types import ExampleTable, Findings, SelectorContext

_LEAST_LETTERS: Final = 40
"""Letters of a text that is judged; a character of a script without spaces counts as four."""
_SURE: Final = 0.9
_COMMON: Final = 0.05
_MOST_NAMED: Final = 10
"""Expected languages that are told by name."""
_ABOUT_LANGUAGE: Final = (
    r"(?i)translat|\b(?:spanish|french|german|chinese|mandarin|japanese|korean|italian|portuguese|russian|arabic|hindi|latin|dutch|swedish|turkish|greek|"
    r"polish|hebrew|vietnamese|indonesian|english|language)\b|翻译|译[成为文]|英[语文]|[中汉法德日韩俄]语|[中日韩法德]文|西班牙|语言"
)
_CODE: Final = r"(?i)```|\bcode\b|program|function|python|javascript|java\b|c\+\+|\bsql\b|\bhtml\b|regex|regular expression|代码|编程|函数|正则"
_LANGUAGES: Final = (
    *("translat", "spanish", "french", "german", "chinese", "mandarin", "japanese", "korean", "italian", "portuguese", "russian", "arabic", "hindi"),
    *("latin", "dutch", "swedish", "turkish", "greek", "polish", "hebrew", "vietnamese", "indonesian", "english", "language", "翻译", "译成", "译为"),
    *("译文", "英语", "英文", "西班牙", "语言", *(f"{name}语" for name in "中汉法德日韩俄"), *(f"{name}文" for name in "中日韩法德")),
)
_PROGRAMS: Final = (
    *("```", "code", "program", "function", "python", "javascript", "java", "c++", "sql", "html", "regex", "regular expression"),
    *("代码", "编程", "函数", "正则"),
)


@dataclass(frozen=True, kw_only=True)
class LanguageParams:
    """What is looked at.

    Attributes:
        roles: text roles; where there are several, the most foreign counts.
        expected: two-letter codes (ISO 639-1); empty takes those that at least one in twenty of the texts is surely in.
    """

    roles: tuple[str, ...] = ("text",)
    expected: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Language:
    """Finds texts in a language that is not expected: the probability of the likeliest other one, by py3langid (see ``_langid``).

    Texts of fewer than 40 letters (10 characters, in scripts without spaces) are not judged: null. Names, code and formulas look foreign: for review.
    """

    params: LanguageParams = LanguageParams()
    name: str = "language"
    version: str = "1"
    kind: SelectorKind = SelectorKind.NOISE
    scope: Scope = Scope.DATASET
    signals: tuple[Signal, ...] = (
        Signal(
            name="foreign",
            dtype="float64",
            summary="Probability of the likeliest language that is not expected.",
            low=0.0,
            high=1.0,
            direction=Direction.LOWER,
            rule=Rule(action=Action.REVIEW, operator=">=", threshold=_SURE),
            reasons={"foreign": "{role} looks like {language!r} (probability {probability}), expected {expected}"},
        ),
    )

    @property
    def reads(self) -> tuple[str, ...]:
        """The roles that are looked at."""
        return self.params.roles

    def score(self, examples: ExampleTable, context: SelectorContext) -> Findings:  # noqa: ARG002 - the contract's signature
        """See ``Selector.score``.

        Raises:
            WorkbenchError: where a language is expected that the model does not know.
        """
        import numpy as np

        from workbench.selectors._langid import languages_of, model

        names = np.array(model().languages)
        unknown = set(self.params.expected) - set(names.tolist())
        if unknown:
            raise WorkbenchError(f"the language {min(unknown)!r} is not known.", expected=f"two-letter codes out of {', '.join(names.tolist())}")
        judged, chances = [], []
        for role in self.params.roles:
            texts = text_of(examples, role)
            judged.append(_has_letters(texts))
            chances.append(languages_of(texts))
        expected = np.isin(names, self.params.expected) if self.params.expected else _common(judged, chances)
        foreign = np.full(len(examples), np.nan)
        which = np.zeros(len(examples), dtype=np.int64)
        for place, (some, each) in enumerate(zip(judged, chances, strict=True)):
            value = np.where(some, np.minimum(each[:, ~expected].max(axis=1, initial=0.0).astype(np.float64), 1.0), np.nan)
            better = np.isnan(foreign) | (value > foreign)
            foreign, which = np.where(some & better, value, foreign), np.where(some & better, place, which)
        evidence = Evidence()
        told = ", ".join(sorted(names[expected].tolist())) if expected.sum() <= _MOST_NAMED else f"any of {int(expected.sum())}"
        for position in np.flatnonzero(foreign >= _SURE):
            row = np.where(expected, 0.0, chances[which[position]][position])
            values = {
                "role": self.params.roles[which[position]],
                "language": str(names[row.argmax()]),
                "probability": round(float(row.max()), 4),
                "expected": told,
            }
            evidence.add(position, "foreign", "foreign", values)
        return findings(self.signals, {"foreign": _with_null(foreign)}, evidence=evidence, notes=[f"expected languages: {told}"])


@dataclass(frozen=True, kw_only=True)
class TargetLanguage:
    """Finds targets in another language than their input, by py3langid (see ``_langid``): 1 where both are surely known and differ, else 0.

    Inputs that speak of languages or translation, and those about code, may well ask for another one: they are not judged, nor are texts of fewer
    than 40 letters (10 characters, in scripts without spaces): null. For review.
    """

    params: InputTargetParams = InputTargetParams()
    name: str = "target-language"
    version: str = "1"
    kind: SelectorKind = SelectorKind.NOISE
    scope: Scope = Scope.ROW
    signals: tuple[Signal, ...] = (
        Signal(
            name="other",
            dtype="bool",
            summary="Whether the target is in another language than its input.",
            direction=Direction.LOWER,
            rule=Rule(action=Action.REVIEW, operator=">=", threshold=1.0),
            reasons={"other": "{target} looks like {answered!r}, its input like {asked!r}"},
        ),
    )

    @property
    def reads(self) -> tuple[str, ...]:
        """The roles of the input, and the target."""
        return (*self.params.inputs, self.params.target)

    def score(self, examples: ExampleTable, context: SelectorContext) -> Findings:  # noqa: ARG002 - the contract's signature
        """See ``Selector.score``."""
        import numpy as np

        from workbench.selectors._langid import languages_of, model

        source, target = joined_text(examples, self.params.inputs), text_of(examples, self.params.target)
        judged = _has_letters(source) & _has_letters(target) & ~matching(source, _ABOUT_LANGUAGE, _LANGUAGES)
        judged &= ~matching(source, _CODE, _PROGRAMS)
        names = model().languages
        some = np.flatnonzero(judged)
        asked = languages_of(source.take(some))
        some, asked = some[asked.max(axis=1) >= _SURE], asked[asked.max(axis=1) >= _SURE]
        answered = languages_of(target.take(some))
        other = np.zeros(len(examples), dtype=bool)
        other[some] = (answered.max(axis=1) >= _SURE) & (asked.argmax(axis=1) != answered.argmax(axis=1))
        evidence = Evidence()
        for place in np.flatnonzero(other[some]):
            values = {"target": self.params.target, "answered": names[answered[place].argmax()], "asked": names[asked[place].argmax()]}
            evidence.add(some[place], "other", "other", values)
        return findings(self.signals, {"other": _with_null(np.where(judged, other.astype(np.float64), np.nan))}, evidence=evidence)


def _has_letters(texts: pa.LargeStringArray) -> np.ndarray:
    from workbench.selectors._composition import has_letters

    return has_letters(texts, _LEAST_LETTERS)


def _common(judged: list[np.ndarray], chances: list[np.ndarray]) -> np.ndarray:
    """The languages that at least one in twenty of the texts is surely in, or the most frequent one: bool [languages]."""
    import numpy as np

    rows = np.concatenate([each[some] for some, each in zip(judged, chances, strict=True)])
    sure = rows[rows.max(axis=1) >= _SURE] if len(rows) else rows
    counts = np.bincount(sure.argmax(axis=1), minlength=rows.shape[1]) if len(sure) else np.zeros(rows.shape[1], dtype=np.int64)
    common: np.ndarray = counts >= max(_COMMON * counts.sum(), 1)
    return common if common.any() else np.ones(len(common), dtype=bool)


def _with_null(values: np.ndarray) -> pa.Array:
    import pyarrow as pa

    return pa.array(values, from_pandas=True)
