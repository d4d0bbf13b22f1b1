"""Texts with the terms of one group of people put in the place of another's, all at once."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from workbench.selectors._text import UNSPACED_RANGES, is_unspaced

if TYPE_CHECKING:
    from collections.abc import Sequence

_PAIRS: Final = """
gender: he/she, himself/herself, man/woman, men/women, boy/girl, boys/girls, male/female, males/females, father/mother, fathers/mothers, dad/mom,
  dads/moms, daddy/mommy, son/daughter, sons/daughters, brother/sister, brothers/sisters, husband/wife, husbands/wives, uncle/aunt, uncles/aunts,
  nephew/niece, nephews/nieces, grandfather/grandmother, grandpa/grandma, grandson/granddaughter, boyfriend/girlfriend, gentleman/lady,
  gentlemen/ladies, mr/ms, sir/madam, actor/actress, actors/actresses, waiter/waitress, businessman/businesswoman, king/queen, prince/princess,
  widower/widow, 他/她, 男人/女人, 男性/女性, 男孩/女孩, 男生/女生, 男子/女子, 男友/女友, 男朋友/女朋友, 男/女,
  父亲/母亲, 爸爸/妈妈, 爷爷/奶奶, 儿子/女儿, 丈夫/妻子, 哥哥/姐姐, 弟弟/妹妹, 兄弟/姐妹, 叔叔/阿姨, 先生/女士, 孙子/孙女
religion: christian/muslim, christians/muslims, christianity/islam, church/mosque, churches/mosques, bible/quran,
  基督徒/穆斯林, 基督教/伊斯兰教, 教堂/清真寺
race: white people/black people, white person/black person, white man/black man, white men/black men, white woman/black woman,
  white women/black women, caucasian/african american, caucasians/african americans, 白人/黑人
"""
KEPT: Final = (
    "其他",
    "其它",
    "吉他",
    "他人",
    "他乡",
    "他国",
    "利他",
    "他杀",
    "维他",
    "他律",
    "排他",
    "他日",
    "他山",
    "男女",
    "子女",
    "儿女",
    "先生们",
)
"""Chinese words that hold a character of a pair and name nobody of it."""
_CHARACTER: Final = "[^\\W" + "".join(f"{chr(first)}-{chr(last)}" for first, last in UNSPACED_RANGES) + "]"
_AFTER_OBJECT: Final = """
a about above after again all alone already also although always an and any are around as at away back be because been before behind being below
beside between beyond but by can could did do does down during each either enough even ever every everything five for four from had has have he her
here his how however i if in inside instead into is it its just last later less like many may me might more most much must my near never next no nor
not nothing now of off often on once one only onto or other our out outside over per please quite rather really right she should since so some
something sometimes soon still such than that the their them then there these they this those though three through till to today together tomorrow
tonight too toward towards two under unless until up upon very was we well were what whatever when whenever where whether which while who whom whose
why will with within without would yesterday yet you your
"""
"""Words that follow "her" where it means him; before others it means his."""


@dataclass(frozen=True, kw_only=True)
class Swapped:
    """A text with its terms exchanged.

    Attributes:
        text: the new text.
        places: of each term exchanged, (start, end) in code points of the old text, the old term, the new one.
        sides: +1 where the text names more of the first groups of pairs, -1 of the second, 0 as many of both, by axis; only axes that it names.
    """

    text: str
    places: tuple[tuple[int, int, str, str], ...]
    sides: tuple[tuple[str, int], ...]


def read_pairs(text: str) -> dict[str, tuple[tuple[str, str], ...]]:
    """Pairs from lines of ``axis: term/term, ...``."""
    lines = text.strip().replace(",\n  ", ", ").splitlines()
    found = {}
    for line in lines:
        axis, _, pairs = line.partition(": ")
        found[axis] = tuple((one, other) for one, _, other in (pair.partition("/") for pair in pairs.split(", ")))
    return found


PAIRS: Final = read_pairs(_PAIRS)
"""Axis to its pairs of terms, lower case; "him", "his", "her" and "hers" belong to the first where it has "he" and "she"."""


class Swapper:
    """Exchanges terms.

    Args:
        pairs: axis to pairs of terms.
    """

    def __init__(self, pairs: dict[str, Sequence[tuple[str, str]]]) -> None:
        self._partner: dict[str, tuple[str, str, int]] = {}
        for axis, listed in pairs.items():
            for one, other in listed:
                self._partner.setdefault(one.lower(), (other.lower(), axis, 1))
                self._partner.setdefault(other.lower(), (one.lower(), axis, -1))
        self._pronouns = self._partner.get("he", ("", "", 0))[0] == "she"
        axis = self._partner["he"][1] if self._pronouns else ""
        if self._pronouns:
            self._partner |= {"him": ("her", axis, 1), "his": ("her", axis, 1), "her": ("him", axis, -1), "hers": ("his", axis, -1)}
        ordered = sorted(self._partner, key=lambda term: (-len(term), term))
        spaced = [r"\s+".join(map(re.escape, term.split())) for term in ordered if not is_unspaced(term)]
        inside = [re.escape(term) for term in ordered if is_unspaced(term)]
        self._pattern = re.compile("|".join([rf"(?<!{_CHARACTER})(?:{'|'.join(spaced) or '(?!)'})(?!{_CHARACTER})", *KEPT, *inside]))
        self.sieve = "(?i)" + "|".join([*(rf"\b{term}\b" for term in spaced), *inside])

    def swap(self, text: str) -> Swapped | None:
        """Exchange all terms at once; None where there are none."""
        lower = text.replace("İ", "I").lower()
        places, pieces, sides, end = [], [], dict[str, int](), 0
        for found in self._pattern.finditer(lower):
            term = " ".join(found[0].split())
            if term not in self._partner:  # a word to be kept
                continue
            new, axis, side = self._partner[term]
            if self._pronouns and term in {"her", "his"}:
                new = _pronoun(term, lower, found.end())
            old = text[found.start() : found.end()]
            new = _cased(new, old)
            places.append((found.start(), found.end(), old, new))
            pieces += [text[end : found.start()], new]
            sides[axis] = sides.get(axis, 0) + side
            end = found.end()
        if not places:
            return None
        total = tuple((axis, (value > 0) - (value < 0)) for axis, value in sorted(sides.items()))
        return Swapped(text="".join([*pieces, text[end:]]), places=tuple(places), sides=total)


@functools.cache
def built_in() -> Swapper:
    """The swapper of the built-in pairs; it is made once."""
    return Swapper(dict(PAIRS))


def _pronoun(term: str, lower: str, end: int) -> str:
    """What "her" and "his" become, by the word that follows: both may stand before a noun or alone."""
    following = re.compile(r"[ ]+([a-z]+)").match(lower, end)
    before_noun = following is not None and following[1] not in _AFTER_OBJECT.split()
    if term == "her":
        return "his" if before_noun else "him"
    return "her" if before_noun else "hers"


def _cased(new: str, old: str) -> str:
    """The new term with the case of the old one."""
    if len(old) > 1 and old.isupper():
        return new.upper()
    return new[:1].upper() + new[1:] if old[:1].isupper() else new
