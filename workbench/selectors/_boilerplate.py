"""What a chat assistant or a web page says whatever it is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from workbench.selectors._columns import Evidence, findings
from workbench.selectors._patterns import Pattern, families_of, spans_of
from workbench.selectors._roles import RolesParams
from workbench.types import Action, Direction, Rule, Scope, SelectorKind, Signal

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from workbench.types import ExampleTable, Findings, SelectorContext

_MACHINE: Final = (
    r"(?:large )?language model|ai(?: language)?(?: model| assistant)?|artificial intelligence(?: model| assistant)?|virtual assistant|chat ?bot"
)
_MACHINE_ZH: Final = "(?:AI|人工智能|大型?语言模型|语言模型|智能助手|虚拟助手|聊天机器人)"
_CANNOT: Final = (
    r"help|assist|provide|answer|comply|fulfill?|generate|create|write|discuss|offer|engage|access|browse|open|view|see|feel|predict|give|support|"
    r"promote|have (?:access|personal|the ability|feelings|opinions)"
)
_MACHINES: Final = ("large language model", "language model", "ai", "artificial intelligence", "virtual assistant", "chatbot", "chat bot")
_REFUSALS: Final = (
    Pattern(
        code="refusal",
        expression=r"(?i)^[\s\"“]*(?:i['’]m|i am) (?:(?:very|so|really|truly) )?(?:sorry|afraid),? (?:but |that )?(?:i|as an?|this|it)\b",
        literals=("sorry", "afraid"),
    ),
    Pattern(
        code="refusal",
        expression=r"(?i)^[\s\"“]*(?:sorry|unfortunately|i apologi[sz]e),? (?:but )?i (?:am|['’]m|cannot|can['’]?t|can not|do not|don['’]t)\b",
        literals=("sorry", "unfortunately", "i apologi"),
    ),
    Pattern(
        code="refusal",
        expression=rf"(?i)^[^.!?\n]{{0,120}}\bi (?:can ?not|can['’]t|won['’]t|will not|am (?:unable|not able|not allowed) to) (?:{_CANNOT})\b",
        literals=("i can", "i won", "i will not", "i am unable", "i am not"),
    ),
    Pattern(
        code="refusal",
        expression=r"^\W{0,3}(?:非常|很|十分)?(?:抱歉|对不起)[，,。]?(?:但|但是|我|作为|无法|这个|该)",
        literals=("抱歉", "对不起"),
    ),
    Pattern(
        code="refusal",
        expression=r"^[^。！？\n]{0,40}我(?:无法|不能|没办法)(?:为您|为你|给您|给你|直接)?(?:回答|提供|满足|帮助|协助|访问|执行|生成|处理|查看|打开)",
        literals=("我无法", "我不能", "我没办法"),
    ),
)
_ASSISTANT: Final = (
    Pattern(
        code="assistant",
        expression=rf"(?i)\b(?:as|i['’]m|i am|being|i['’]m just|i am just|i['’]m only|i am only) an? (?:{_MACHINE})\b",
        literals=tuple(f" {article} {machine}" for article in ("a", "an") for machine in _MACHINES),
    ),
    Pattern(
        code="assistant",
        expression=r"(?i)\bmy (?:knowledge cut-?off|training data|last (?:training|knowledge) update|programming)\b",
        literals=("my knowledge", "my training data", "my last ", "my programming"),
    ),
    Pattern(
        code="assistant",
        expression=r"(?i)\bi (?:was|am) (?:trained|developed|created|made) by (?:openai|anthropic|google|meta|microsoft)\b",
        literals=("by openai", "by anthropic", "by google", "by meta", "by microsoft"),
    ),
    Pattern(
        code="assistant",
        expression=rf"(?:作为|我是|我只是|身为)(?:一[个名款位种])?(?:由[^，。]{{1,12}}(?:开发|训练)的)?{_MACHINE_ZH}",
        literals=("作为", "我是", "我只是", "身为"),
    ),
    Pattern(
        code="assistant",
        expression=r"我的(?:知识截止|训练数据|知识库(?:截止|更新))|我是由[^，。]{1,12}(?:开发|训练|创造)的",
        literals=("我的知识", "我的训练数据", "我是由"),
    ),
)
_PHRASES: Final = (
    Pattern(
        code="closing",
        expression=r"(?i)\bi hope (?:this|that) (?:helps|was helpful|answers)\b|\blet me know if you (?:have|need)\b|\bfeel free to ask\b",
        literals=("i hope th", "let me know if you ", "feel free to ask"),
    ),
    Pattern(
        code="closing",
        expression=r"希望(?:这|以上|我的)[^。！\n]{0,12}(?:帮助|有用)|如果(?:您|你)(?:还)?有(?:任何|其他|更多|别的)[^。\n]{0,6}(?:问题|疑问)|请随时(?:告诉|联系|问)我",
        literals=("希望", "如果", "请随时"),
    ),
    Pattern(
        code="page",
        expression=r"(?i)\ball rights reserved\b|\bclick here (?:to|for)\b|\bsubscribe to our\b|\bsign up for our\b|\bread more\s*(?:\.\.\.|…|»|$)|"
        r"\b(?:we|this (?:web)?site) uses? cookies\b|\bterms of (?:use|service) (?:and|&) privacy\b|\bshare (?:this )?on (?:facebook|twitter)\b",
        literals=("all rights reserved", "click here ", "subscribe to our", "sign up for our", "read more", " cookies", "terms of ", "share "),
    ),
    Pattern(
        code="page",
        expression=r"版权所有|未经(?:许可|授权)[^。\n]{0,6}(?:转载|禁止)|点击(?:这里|此处|查看更多|阅读原文)|关注我们的(?:公众号|微信)|扫(?:描|一扫)[^。\n]{0,6}二维码",
        literals=("版权所有", "未经", "点击", "关注我们", "二维码"),
    ),
)


@dataclass(frozen=True, kw_only=True)
class Boilerplate:
    """Finds refusals, chat assistants that speak of themselves, and phrases that stand anywhere.

    ``refusal``: the text begins by declining. ``assistant``: it speaks as a language model (a model that is trained on this says so of itself).
    ``phrase``: closing phrases of assistants and the furniture of web pages. A refusal may be wanted, and a text may be about assistants: for review.
    """

    params: RolesParams = RolesParams()
    name: str = "boilerplate"
    version: str = "1"
    kind: SelectorKind = SelectorKind.NOISE
    scope: Scope = Scope.ROW
    signals: tuple[Signal, ...] = (
        Signal(
            name="refusal",
            dtype="int64",
            summary="How many of its texts begin by declining to answer.",
            low=0.0,
            direction=Direction.LOWER,
            rule=Rule(action=Action.REVIEW, operator=">", threshold=0.0),
            reasons={"refusal": "{role} begins as a refusal: {example!r}"},
        ),
        Signal(
            name="assistant",
            dtype="int64",
            summary="How often its texts speak as a chat assistant of itself.",
            low=0.0,
            direction=Direction.LOWER,
            rule=Rule(action=Action.REVIEW, operator=">", threshold=0.0),
            reasons={"assistant": "{role} speaks as a chat assistant: {example!r}"},
        ),
        Signal(
            name="phrase",
            dtype="int64",
            summary="How many phrases of assistants and web pages stand in its texts that say nothing.",
            low=0.0,
            direction=Direction.LOWER,
            rule=Rule(action=Action.REVIEW, operator=">", threshold=0.0),
            reasons={"closing": "{role} has an assistant's closing phrase: {example!r}", "page": "{role} has a phrase of a web page: {example!r}"},
        ),
    )

    @property
    def reads(self) -> tuple[str, ...]:
        """The roles that are looked at."""
        return self.params.roles

    def score(self, examples: ExampleTable, context: SelectorContext) -> Findings:  # noqa: ARG002 - the contract's signature
        """See ``Selector.score``."""
        evidence = Evidence()
        columns: dict[str, pa.Array | np.ndarray] = {}
        found_of = families_of(examples, self.params.roles, (_REFUSALS, _ASSISTANT, _PHRASES))
        for name, matches in zip(("refusal", "assistant", "phrase"), found_of, strict=True):
            columns[name] = matches.column()
            for position, found in matches.items():
                values = {"role": found[0].role, "example": found[0].text.strip()[:80]}
                evidence.add(position, name, found[0].code, values, spans=spans_of(found))
        return findings(self.signals, columns, evidence=evidence)
