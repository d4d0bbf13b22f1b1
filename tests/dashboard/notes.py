"""A plugin of one file with a task that is scored in a moment."""

from __future__ import annotations

from workbench.hookspecs import hookimpl
from workbench.selectors import from_function
from workbench.types import Action, Role, RoleType, Rule, SelectorKind, Signal, Task

WORDS = Signal(name="words", dtype="float64", summary="Words.", low=0, rule=Rule(action=Action.DROP, operator="<", threshold=3))
ROLES = (Role(name="text", type=RoleType.TEXT), Role(name="label", type=RoleType.LABEL))


@hookimpl
def workbench_tasks():
    """Notes with a label."""
    about = {"name": "notes", "title": "Notes", "summary": "Notes with a label.", "roles": ROLES, "target": "label"}
    return [
        Task(
            **about,
            selectors=("brevity",),
            adapter="classification.sequence-classification",
            metrics=("classification.accuracy",),
            model="scratch:encoder-tiny",
        )
    ]


@hookimpl
def workbench_selectors():
    """Few words are too few."""
    count = from_function(
        name="brevity", kind=SelectorKind.NOISE, signals=(WORDS,), reads=("text",), function=lambda example: float(len(example["text"].split()))
    )
    return [count]
