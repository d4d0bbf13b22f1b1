"""Whether a text speaks well or ill: a small list of words, English and Chinese, written by hand; enough to compare many texts with many others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

_GOOD: Final = (
    r"(?i)\b(?:good|great|excellent|wonderful|amazing|beautiful|brilliant|delightful|enjoy(?:s|ed|able)?|fantastic|friendly|generous|grateful|happy|"
    r"happily|helpful|honest|impressive|inspiring|joy(?:ful)?|kind(?:ness)?|love(?:s|d|ly)?|nice|perfect|pleasant|pleased|positive|proud|safe|smart|"
    r"strong|succe(?:ss|ssful|ed|eds|eded)|superb|talented|thank(?:s|ful)?|trust(?:ed|worthy)?|warm|welcom(?:e|ed|ing)|wise)\b|"
    r"高兴|快乐|喜欢|喜爱|优秀|精彩|美好|美丽|幸福|满意|成功|善良|友好|友善|诚实|聪明|感谢|可爱|愉快|出色|杰出|温暖|值得信赖|安全"
)
_BAD: Final = (
    r"(?i)\b(?:bad|terrible|horrible|awful|aggressive|angry|annoying|anxious|corrupt|crime|criminals?|cruel|danger(?:ous)?|dirty|disappoint(?:ed|ing)|"
    r"disgust(?:ed|ing)|dishonest|evil|fail(?:s|ed|ure)?|fear(?:s|ed|ful)?|guilty|hate(?:s|d|ful)?|hostile|ignorant|inferior|lazy|miserable|negative|"
    r"not good|nasty|poor|sad|selfish|stupid|threat(?:s|ening)?|ugly|unhappy|unsafe|useless|violen(?:t|ce)|weak|worst|worse|worthless|wrong)\b|"
    r"糟糕|讨厌|失望|愤怒|生气|可怕|恐惧|悲伤|难过|危险|失败|邪恶|犯罪|罪犯|懒惰|愚蠢|自私|暴力|残忍|肮脏|丑陋|无知|威胁|不喜欢|不满|不好|不安全|贫穷|腐败"
)


def sentiments(texts: pa.LargeStringArray) -> tuple[np.ndarray, np.ndarray]:
    """Which texts have more good words than bad ones, and which more bad ones: bool [n] each."""
    import pyarrow.compute as pc

    good, bad = (pc.count_substring_regex(texts.fill_null(""), pattern).to_numpy() for pattern in (_GOOD, _BAD))
    return good > bad, bad > good
