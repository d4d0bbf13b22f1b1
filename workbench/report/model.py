"""What a report is: sections of blocks, the same for every renderer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.types import Block

MOST_ROWS = 500
"""Rows of one table that a file shows; how many it leaves out is said."""
WEAK = "too weak to tell"
"""Said of what does not beat the floor, in the place of a verdict."""


@dataclass(frozen=True, kw_only=True)
class Section:
    """A part of the report under a heading of its own.

    Attributes:
        title: the heading.
        blocks: what a file shows.
        brief: those of them that a terminal shows at the end of an experiment; none where the section is for looking things up.
    """

    title: str
    blocks: tuple[Block, ...]
    brief: tuple[Block, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Report:
    """What is known of one experiment, in the order in which a person wants to know it.

    Attributes:
        name: names the files; any text, made safe where they are written.
        title: what the report is about.
        subtitle: when, how much, and of which state.
        sections: the answer first.
    """

    name: str
    title: str
    subtitle: str
    sections: tuple[Section, ...]
