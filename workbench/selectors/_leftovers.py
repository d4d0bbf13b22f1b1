"""Places that nobody filled in, and markup that nobody took out."""

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

_TO_FILL: Final = (
    r"insert|enter|fill in|your|you|recipient|sender|employer|company|customer|client|hiring manager|first name|last name|full name|name|surname|"
    r"address|city|state|zip|date|phone|email|e-mail|number|title|position|product|link|url|topic|placeholder"
)
_NOTHING: Final = tuple(f"no{gap}{what}" for gap in ("", " ", "_", "-") for what in ("input", "output", "answer", "response"))
_PLACEHOLDERS: Final = (
    Pattern(code="none", expression=r"(?i)^\s*[<\[(]?\s*no[ _-]?(?:input|output|answer|response)\s*[>\])]?[.\s]*$", literals=_NOTHING),
    Pattern(
        code="none",
        expression=r"^\s*[<\[(（]?\s*(?:无(?:需)?输入|没有输入|无输出|输入为空)\s*[>\])）]?[。.\s]*$",
        literals=("无输入", "无需输入", "没有输入", "无输出", "输入为空"),
    ),
    Pattern(code="place", expression=rf"\[\s*(?i:{_TO_FILL})(?:[\s'’][^\[\]\n]{{0,60}})?\]", needs="["),
    Pattern(code="place", expression=r"<\s*(?i:insert|enter|fill in|your)\s[^<>\n]{1,60}>", needs="<"),
    Pattern(
        code="place",
        expression=r"[\[【]\s*(?:请?(?:在此)?(?:插入|填写|填入|输入)|您的|你的|此处)[^\]】\n]{0,20}[\]】]|（请?(?:在此)?(?:插入|填写|填入)[^）\n]{0,20}）",
        literals=("插入", "填写", "填入", "输入", "您的", "你的", "此处"),
    ),
    Pattern(code="template", expression=r"\{\{[^{}\n]{1,80}\}\}|\{%[^{}\n]{1,80}%\}|<%=?[^<>\n]{1,80}%>", literals=("{{", "{%", "<%")),
    Pattern(code="filler", expression=r"(?i)\blorem ipsum\b", literals=("lorem ipsum",)),
)
_TAGS: Final = (
    "p|br|b|i|u|em|strong|span|div|a|img|table|tbody|tr|td|th|ul|ol|li|h[1-6]|font|script|style|center|blockquote|pre|code|sup|sub|hr|html|body|head|"
    "iframe|input|form|button"
)
_MARKUP: Final = (
    Pattern(code="tag", expression=rf"</?(?i:{_TAGS})(?:\s[^<>]{{0,300}})?/?>", needs="<"),
    Pattern(
        code="entity",
        expression=r"&(?:[a-zA-Z]{2,8}|#\d{2,6}|#[xX][0-9a-fA-F]{2,5});|\B#\d{2,4};|\b(?:lt|gt|amp|quot|nbsp);",
        needs=";",
        literals=("&", "#", "lt;", "gt;", "amp;", "quot;", "nbsp;"),
    ),
    Pattern(code="bbcode", expression=r"\[(?i:/?(?:url|img|quote)(?:=[^\[\]\n]{0,200})?|/[biu])\]", needs="["),
    Pattern(code="escape", expression=r"\\u[0-9a-fA-F]{4}|\\n\\n|\\r\\n", needs="\\"),
)
_ABOUT_CODE: Final = r"(?i)```|\bhtml\b|\bxml\b|\bcss\b|\bphp\b|javascript|jinja|template|</\w+>\s*</\w+>|\bdef \w+\(|网页|代码|标签|模板"


@dataclass(frozen=True, kw_only=True)
class Leftovers:
    """Finds places that nobody filled in (``[Your Name]``, ``{{date}}``, ``Noinput``, ``【请填写】``) and leftover markup.

    ``placeholder`` counts the first, ``markup`` the second: HTML tags and entities, also those that lost their ampersand (``#39;``), BBCode, and
    escapes that were never resolved. Texts that are about markup, or code, are left alone. All of it can be repaired: for review.
    """

    params: RolesParams = RolesParams()
    name: str = "leftovers"
    version: str = "1"
    kind: SelectorKind = SelectorKind.NOISE
    scope: Scope = Scope.ROW
    signals: tuple[Signal, ...] = (
        Signal(
            name="placeholder",
            dtype="int64",
            summary="How many places in its texts were never filled in.",
            low=0.0,
            direction=Direction.LOWER,
            rule=Rule(action=Action.REVIEW, operator=">", threshold=0.0),
            reasons={
                "none": "{role} says {example!r} instead of nothing",
                "place": "{role} has a place that nobody filled in: {example!r}",
                "template": "{role} has a piece of a template: {example!r}",
                "filler": "{role} has filler text: {example!r}",
            },
        ),
        Signal(
            name="markup",
            dtype="int64",
            summary="How many tags, entities and escapes are left in its texts.",
            low=0.0,
            direction=Direction.LOWER,
            rule=Rule(action=Action.REVIEW, operator=">", threshold=0.0),
            reasons={
                "tag": "{role} has leftover markup in {count} places, such as {example!r}",
                "entity": "{role} has leftover entities in {count} places, such as {example!r}",
                "bbcode": "{role} has leftover markup in {count} places, such as {example!r}",
                "escape": "{role} has escapes in {count} places that were never resolved, such as {example!r}",
            },
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
        found_of = families_of(examples, self.params.roles, (_PLACEHOLDERS, _MARKUP), unless=_ABOUT_CODE)
        for name, matches in zip(("placeholder", "markup"), found_of, strict=True):
            columns[name] = matches.column()
            for position, found in matches.items():
                values = {"role": found[0].role, "count": len(found), "example": found[0].text.strip()[:60]}
                evidence.add(position, name, found[0].code, values, spans=spans_of(found))
        return findings(self.signals, columns, evidence=evidence)
