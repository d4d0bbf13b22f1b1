"""Conversations as prompt and response."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.types import ParsedExample, Rejection

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SPEAKERS = {"human": "user", "user": "user", "gpt": "assistant", "assistant": "assistant", "system": "system"}


def parse(row: Mapping[str, object]) -> Iterator[ParsedExample | Rejection]:
    """A row with ``messages`` (role, content) or ``conversations`` (from, value): the assistant's last turn is the response.

    What was said before it is the prompt; from the second turn on each turn stands under the name of its speaker.
    """
    turns = row.get("messages") or row.get("conversations")
    if not isinstance(turns, list):
        yield Rejection(reason="neither the columns prompt and response nor a list 'messages' or 'conversations'")
        return
    said: list[tuple[str, str]] = []
    for turn in turns:
        speaker = (turn.get("role") or turn.get("from")) if isinstance(turn, dict) else None
        text = (turn.get("content") or turn.get("value")) if isinstance(turn, dict) else None
        if speaker not in SPEAKERS or not isinstance(text, str):
            yield Rejection(reason=f"turn {len(said) + 1} has no text, or no speaker out of {', '.join(sorted(SPEAKERS))}")
            return
        said.append((SPEAKERS[speaker], text))
    last = max((place for place, (speaker, _) in enumerate(said) if speaker == "assistant"), default=0)
    if last == 0:
        yield Rejection(reason="no turn of the assistant follows another turn")
        return
    before = said[:last]
    prompt = before[0][1] if len(before) == 1 else "\n\n".join(f"{speaker}: {text}" for speaker, text in before)
    yield ParsedExample(roles={"prompt": prompt, "response": said[last][1]}, meta={"turns": last + 1})
