"""Toxic words, by a list with exceptions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import RecipeError
from workbench.selectors._columns import Evidence, findings, text_of
from workbench.selectors._groups import GROUPS
from workbench.selectors._patterns import Match, Matches, spans_of
from workbench.types import Action, Direction, Rule, Scope, SelectorKind, Signal

if TYPE_CHECKING:
    from workbench.selectors._lexicon import Finder
    from workbench.types import ExampleTable, Findings, SelectorContext

_BUILT_IN = "the built-in list of toxic words"


@dataclass(frozen=True, kw_only=True)
class ToxicityParams:
    """What is looked for.

    Attributes:
        roles: the roles that are looked at.
        lexicon: a file with a list of one's own (see ``_lexicon`` for its format); empty takes the built-in one, English and Chinese.
    """

    roles: tuple[str, ...] = ("text",)
    lexicon: str = ""


@dataclass(frozen=True, kw_only=True)
class Toxicity:
    """Finds toxic words by a list with exceptions: phrases in which a word means something else, and places that speak of a word and do not use it.

    A word list that holds names of groups takes whole groups of people out of a dataset (Dodge et al. 2021, "Documenting Large Webtext Corpora",
    section 5; Dixon et al. 2018 measure the same of classifiers by templates). So the built-in list has none: a group counts only right beside what
    is wished on it or said of it. It finds words and not what is meant: insults without an insulting word are not seen, and a quotation is found
    like its author. For review.
    """

    params: ToxicityParams = ToxicityParams()
    name: str = "toxicity"
    version: str = "1"
    kind: SelectorKind = SelectorKind.BIAS
    scope: Scope = Scope.ROW
    signals: tuple[Signal, ...] = (
        Signal(
            name="words",
            dtype="int64",
            summary="How many toxic words or phrases stand in its texts.",
            low=0.0,
            direction=Direction.LOWER,
            rule=Rule(action=Action.REVIEW, operator=">", threshold=0.0),
            reasons={"word": "{role} has {example!r} ({category})"},
        ),
    )

    @property
    def reads(self) -> tuple[str, ...]:
        """The roles that are looked at."""
        return self.params.roles

    def fingerprint(self) -> str:
        """That of the list.

        Raises:
            RecipeError: where the file is none that can be used.
        """
        import hashlib

        text, where = self._list()
        _finder(text, where)
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()

    def score(self, examples: ExampleTable, context: SelectorContext) -> Findings:  # noqa: ARG002 - the contract's signature
        """See ``Selector.score``.

        Raises:
            RecipeError: where the file of the list is none that can be used.
        """
        import numpy as np

        finder = _finder(*self._list())
        present = np.zeros(len(examples), dtype=bool)
        found: dict[int, list[Match]] = {}
        for role in self.params.roles:
            texts = text_of(examples, role)
            present |= texts.is_valid().to_numpy(zero_copy_only=False)
            for position, matches in finder.found_in(texts, role):
                found.setdefault(position, []).extend(matches)
        evidence = Evidence()
        told = Matches(present=present, found=found)
        for position, matches in told.items():
            values = {"role": matches[0].role, "example": matches[0].text[:80], "category": matches[0].code}
            evidence.add(position, "words", "word", values, spans=spans_of(matches))
        return findings(self.signals, {"words": told.column()}, evidence=evidence)

    def _list(self) -> tuple[str, str]:
        if not self.params.lexicon:
            from workbench.selectors._toxic_words import TOXIC

            return TOXIC, _BUILT_IN
        try:
            return Path(self.params.lexicon).read_text(encoding="utf-8-sig"), self.params.lexicon
        except (OSError, UnicodeDecodeError) as error:
            raise RecipeError(
                f"the list of toxic words {self.params.lexicon!r} cannot be read: {error}.",
                expected="a text file in UTF-8, one word or phrase a line",
            ) from None


def _finder(text: str, where: str) -> Finder:
    from workbench.selectors._lexicon import finder

    return finder(text, where, tuple(dict.fromkeys(term for terms in GROUPS.values() for term in terms)))
