"""Marks on shown text and differences between two texts, neither of which takes the text through HTML or Markdown.

Texts are drawn by `st.text` like all others. Marks are laid over them by the browser's highlight registry, to which nothing but numbers is sent; a
browser that has none shows the text without them, and the reasons quote what they point at.
"""

from __future__ import annotations

import json
import re
from difflib import SequenceMatcher
from itertools import count
from typing import TYPE_CHECKING

import streamlit as st

from workbench.report.text import printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_TOKENS = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\u3040-\u30ff\uac00-\ud7af]|[^\W_]+\s*|.\s*", re.DOTALL)
"""Single characters of scripts without spaces, words with the space after them, and other characters one by one."""
_COMPARED = 4000
"""Code points of each text that are compared; the time that takes grows with the square of it."""

_SCRIPT = """<script>/* %s */(() => {
  const marks = %s;
  let tries = marks.length ? 40 : 0;
  const paint = () => {
    const ranges = [];
    for (const [place, spans] of marks) {
      const box = document.querySelector(`.st-key-passage-${place} [data-testid="stText"]`);
      const node = box && document.createTreeWalker(box, NodeFilter.SHOW_TEXT).nextNode();
      if (!node) continue;
      for (const [start, end] of spans) {
        if (start >= node.length) continue;
        const range = new Range();
        range.setStart(node, start);
        range.setEnd(node, Math.min(end, node.length));
        ranges.push(range);
      }
    }
    if (ranges.length && window.CSS && CSS.highlights) CSS.highlights.set("evidence", new Highlight(...ranges));
    if (tries-- > 0) setTimeout(paint, 100);
  };
  if (window.CSS && CSS.highlights) CSS.highlights.delete("evidence");
  paint();
})()</script>"""
_numbers = count()


def draw_marks(marks: Mapping[str, Sequence[tuple[int, int]]], texts: Mapping[str, str]) -> None:
    """Mark spans of passages.

    Args:
        marks: key of a passage, of digits and hyphens alone, to spans in code points.
        texts: the passages' texts.
    """
    listed = [
        (key, [(_shown_length(texts[key][:start]), _shown_length(texts[key][:end])) for start, end in spans if start < end])
        for key, spans in marks.items()
        if re.fullmatch(r"[0-9-]+", key)
    ]
    # The counter makes each script another one, so that it runs again after the page was drawn again.
    st.html(_SCRIPT % (next(_numbers), json.dumps(listed)), unsafe_allow_javascript=True)


def _shown_length(text: str) -> int:
    """How long a text is for the browser, in the units that it counts by."""
    return len(printable(text).encode("utf-16-le")) // 2


def word_difference(before: str, after: str) -> str:
    """What of ``before`` is gone and what ``after`` has in its place, one run of words a line: two spaces, a minus or a plus begin it."""
    old, new = _TOKENS.findall(before[:_COMPARED]), _TOKENS.findall(after[:_COMPARED])
    lines: list[str] = []
    for change, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if change == "equal":
            lines.append("  " + _on_one_line(old[a:b]))
            continue
        lines += ["- " + _on_one_line(old[a:b])] if b > a else []
        lines += ["+ " + _on_one_line(new[c:d])] if d > c else []
    if len(before) > _COMPARED or len(after) > _COMPARED:
        lines.append(f"  … compared up to {_COMPARED:,} characters")
    return "\n".join(lines)


def _on_one_line(tokens: Sequence[str]) -> str:
    return printable("".join(tokens)).replace("\n", "⏎")
