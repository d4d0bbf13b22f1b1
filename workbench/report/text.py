"""Text that someone else wrote, made fit to be shown.

Records, labels and messages are hostile until shown otherwise. What this module gives has no character left that could move a cursor, recolour a
terminal or reverse the reading order; escaping for HTML or Markdown is the renderer's.
"""

from __future__ import annotations

import re

_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""C0 and C1 controls but tab and newline, line and paragraph separators, directional overrides and isolates, lone surrogates."""


def printable(text: str) -> str:
    r"""The text with each unsafe character written out, such as ``\x1b`` for an escape.

    It is written out and not removed because a record that holds one is worth seeing.
    """
    return _UNSAFE.sub(_written_out, text.replace("\r\n", "\n"))


def excerpt(text: str, limit: int = 240) -> str:
    """The beginning of a text on one line, at most ``limit`` code points, with an ellipsis where something was cut."""
    head = " ".join(text[: 4 * limit].split())
    if len(head) <= limit and len(text) <= 4 * limit:
        return head
    return head[: limit - 1] + "…"


def _written_out(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
