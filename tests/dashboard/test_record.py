"""What the page of a record says in words."""

from __future__ import annotations

import pytest

from workbench.curate import Explanation
from workbench.dashboard.record import automatic_verdict

CASES = {
    "nobody decided": ("review", None, ("length.characters drop",), "review"),
    "no rule fired": ("drop", "drop", (), "keep"),
    "a rule asks for a drop": ("keep", "keep", ("capitals.share review", "length.characters drop"), "drop"),
    "a rule asks for a review": ("drop", "drop", ("capitals.share review",), "review"),
    "the choice alone passed it over": ("keep", "keep", ("choose drop",), "drop"),
    "an alarm holds it back": ("keep", "keep", ("alarm.cluster review",), "review"),
    "of another split": ("", None, (), ""),
}


@pytest.mark.parametrize("name", CASES)
def test_the_rules_say_what_they_would_without_the_pin(name):
    """Whatever fired speaks, the choice and the alarms too; where nobody decided, it is the verdict itself."""
    verdict, pin, fired, expected = CASES[name]
    about = {"example_id": "a", "row": 0, "dataset": "mail", "split": "train", "source": "", "roles": {}}
    known = Explanation(**about, verdict=verdict, pin=pin, fired=fired, signals=(), findings=(), partners=(), took_part=())

    assert expected == automatic_verdict(known)
