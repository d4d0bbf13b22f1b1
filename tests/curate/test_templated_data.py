"""Templated data, by every task at its defaults: copies leave, fillings of a template stay."""

from __future__ import annotations

import json
import random

import pytest

WORDS = [f"{stem}{ending}" for stem in ("lamp", "river", "stone", "glass", "tree", "cloud", "paper", "chair") for ending in ("", "s", "er", "ing")]
CITIES = ["Oslo", "New York City", "Rio de Janeiro", "Bern", "San Francisco", "Paris", "Kuala Lumpur", "Lima", "Ho Chi Minh City", "北京", "Cairo"]
AREAS = ["travel", "sports", "music", "politics", "weather", "science"]


def flight(rng):
    """A long request with four slots; the answer is another template."""
    start, end, day, people = rng.choice(CITIES), rng.choice(CITIES), rng.randint(1, 28), rng.randint(1, 9)
    text = (
        f"Please book me a flight from {start} to {end} on {day} May for {people} passengers. I would like a window seat if there is one, the cheapest "
        "fare that still includes one checked bag, and an invoice sent to my usual address. If nothing is available on that day, please look at the two "
        "days before and after, and tell me what it would cost then and there."
    )
    return text, f"Your flight from {start} to {end} on {day} May is booked for {people} passengers, with a window seat and one checked bag each."


def function_call(rng):
    """JSON with the same keys; the answer is JSON too."""
    arguments = {"city": rng.choice(CITIES), "days": rng.randint(1, 14), "unit": rng.choice(["celsius", "fahrenheit"])}
    description = "Returns the forecast for a city, with the temperature, the wind and the chance of rain of each of the days that were asked for"
    return json.dumps({"name": "get_weather", "description": description, "arguments": arguments}), json.dumps({"call": "get_weather", **arguments})


def drill(rng):
    """Arithmetic: short, and all that differs is numbers."""
    left, right = rng.randint(1, 999), rng.randint(1, 999)
    return f"What is {left} plus {right}? Work it out step by step.", f"{left} plus {right} is {left + right}."


def one_word(rng):
    """A word, and a word for it."""
    return rng.choice(WORDS), rng.choice(AREAS)


def labelled(rng):
    """A template whose slot is a subject, with a one-word answer."""
    return f"Is the following headline about {rng.choice(AREAS)} or about {rng.choice(AREAS)}? Answer with one word, please.", rng.choice(AREAS)


def varied(rng):
    """Texts that have nothing in common."""
    return " ".join(rng.choices(WORDS, k=50)), " ".join(rng.choices(WORDS, k=12))


def mostly_varied(rng):
    """A template that makes up 4 % of an otherwise varied set."""
    return flight(rng) if rng.random() < 0.04 else varied(rng)


def columns(task, pairs):
    """Inputs and answers as the roles of a task."""
    inputs, answers = [one for one, _ in pairs], [other for _, other in pairs]
    if task == "classification":
        return {"text": inputs, "label": [AREAS[len(answer) % 3] for answer in answers]}
    if task == "generation":
        return {"prompt": inputs, "response": answers}
    if task == "summarization":
        return {"document": inputs, "summary": answers}
    spans = [[{"start": 0, "end": len(answer), "text": answer}] for answer in answers]
    return {"question": inputs, "context": [f"{answer} {one}" for one, answer in pairs], "answers": spans}


TASKS = ["classification", "generation", "summarization", "qa"]


@pytest.mark.parametrize("task", TASKS)
def test_fillings_stay_and_copies_leave(scored, task):
    """Of equal examples one stays; no conflict and no template leaves, and every copy does."""
    rng = random.Random(0)
    pairs = [template(rng) for template in (flight, function_call, drill, one_word, labelled) for _ in range(120)]
    check(scored, task, pairs + pairs[::10])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("task", "template"), [("classification", flight), ("generation", flight), ("summarization", mostly_varied), ("qa", mostly_varied)]
)
def test_so_it_is_with_ten_thousand_rows(scored, task, template):
    """All of them of one template, or 4 % of them beside texts that have nothing in common; a hundred are copies."""
    rng = random.Random(0)
    pairs = [template(rng) for _ in range(9_900)]
    check(scored, task, pairs + pairs[:100])


def check(scored, task, pairs):
    """What leaves is what equals another row, but for one of each."""
    values = columns(task, pairs)
    keys = [json.dumps([value[at] for value in values.values()]) for at in range(len(pairs))]
    data = scored(task, values)
    decision, verdicts = data.decide()
    assert decision.counts.alarms == ()
    by_key = {}
    for key, verdict in zip(keys, verdicts, strict=True):
        by_key.setdefault(key, []).append(verdict["verdict"])
    assert [(key, found) for key, found in by_key.items() if found.count("drop") != len(found) - 1] == []
    kinds = {edge["kind"] for edge in data.edges() + data.edges("exact-duplicates")}
    assert "copy" in kinds
