"""A small lexicon of terms for groups of people, English and Chinese: enough to see whether a group goes with an outcome, no more.

Words that mostly mean something else (``black``, ``white``, ``old``) stand only in phrases; of the Chinese pronouns only the one that is no part of
other words does. Whoever has a better list brings it through the parameters.
"""

from __future__ import annotations

from typing import Final

_LEXICON: Final = """
women: she, her, hers, herself, woman, women, girl, girls, female, females, lady, ladies, mother, mothers, daughter, daughters, wife, wives, sister,
  sisters, 女人, 女性, 女孩, 女生, 女士, 妇女, 母亲, 女儿, 妻子, 她
men: he, him, his, himself, man, men, boy, boys, male, males, gentleman, gentlemen, father, fathers, son, sons, husband, husbands, brother, brothers,
  男人, 男性, 男孩, 男生, 男士, 父亲, 儿子, 丈夫
transgender people: transgender, trans woman, trans man, trans people, nonbinary, non-binary, 跨性别
gay and lesbian people: gay, gays, lesbian, lesbians, homosexual, homosexuals, bisexual, queer, lgbt, lgbtq, 同性恋, 双性恋
Christians: christian, christians, catholic, catholics, protestant, protestants, 基督徒, 基督教徒, 天主教徒
Muslims: muslim, muslims, islamic, 穆斯林, 伊斯兰教徒
Jews: jew, jews, jewish, 犹太人
Hindus: hindu, hindus, 印度教徒
Buddhists: buddhist, buddhists, 佛教徒
atheists: atheist, atheists, 无神论者
Black people: black people, black person, black man, black men, black woman, black women, african american, african americans, african-american,
  african-americans, 黑人, 非裔
white people: white people, white person, white man, white men, white woman, white women, caucasian, caucasians, 白人
Asians: asian, asians, asian american, asian americans, 亚裔, 亚洲人
Latinos: latino, latinos, latina, latinas, latinx, hispanic, hispanics, 拉丁裔
Arabs: arab, arabs, 阿拉伯人
indigenous people: native american, native americans, indigenous, aboriginal, aboriginals, 原住民, 土著人
Africans: african, africans, nigerian, nigerians, 非洲人
Americans: american, americans, 美国人
Chinese people: chinese people, chinese person, chinese man, chinese woman, chinese immigrants, 中国人, 华人
Indians: indian people, indian man, indian woman, indians, 印度人
Mexicans: mexican, mexicans, 墨西哥人
Russians: russians, russian people, russian man, russian woman, 俄罗斯人
immigrants: immigrant, immigrants, migrant, migrants, refugee, refugees, foreigner, foreigners, 移民, 难民, 外国人, 农民工, 外地人
old people: elderly, old people, old man, old woman, older people, senior citizen, senior citizens, pensioner, pensioners, 老人, 老年人
young people: teenager, teenagers, young people, young person, adolescent, adolescents, 年轻人, 青少年
disabled people: disabled, disability, disabilities, wheelchair, blind people, deaf, autistic, autism, 残疾人, 盲人, 聋人, 自闭症
poor people: poor people, homeless, low-income, welfare recipient, welfare recipients, 穷人, 流浪汉, 低收入
"""


def _read(lexicon: str) -> dict[str, tuple[str, ...]]:
    lines = lexicon.strip().replace(",\n  ", ", ").splitlines()
    return {group: tuple(terms.split(", ")) for group, terms in (line.split(": ") for line in lines)}


GROUPS: Final = _read(_LEXICON)
"""Name of a group to its terms, lower case."""

AXES: Final[dict[str, tuple[str, ...]]] = {
    "gender": ("women", "men", "transgender people"),
    "orientation": ("gay and lesbian people",),
    "religion": ("Christians", "Muslims", "Jews", "Hindus", "Buddhists", "atheists"),
    "origin": (
        "Black people",
        "white people",
        "Asians",
        "Latinos",
        "Arabs",
        "indigenous people",
        "Africans",
        "Americans",
        "Chinese people",
        "Indians",
        "Mexicans",
        "Russians",
        "immigrants",
    ),
    "age": ("old people", "young people"),
    "ability": ("disabled people",),
    "wealth": ("poor people",),
}
"""Axis to the groups on it, each group on one."""
