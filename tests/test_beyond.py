"""What no other help desk shows of itself (rows 16 and 22 of the team's list; the other rows stand with their rooms).

A commit tries a sample; HYPOTHESIS_PROFILE=nightly tries what the rows ask for: 10,000 runs, 1,000 corrupted files.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ticketcore import Desk, load_desk
from ticketcore._values import changed
from ticketcore.errors import DeskError, TicketcoreError
from ticketcore.extra import strategies
from ticketcore.extra.laws import History

SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)
WHOLE = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
DESK_FILE = Path(__file__).resolve().parent.parent / "examples" / "replay" / "desk.toml"


# --- row 16: a host that delivers at least once never sends twice ------------------------------------------------------------


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[Desk, History, list[list[bool]]]:
    """A life, and of each moment its one to three deliveries: whether the host stored what it got, or crashed before."""
    desk = draw(strategies.desks())
    history = draw(strategies.histories(desk))
    stored = st.lists(st.booleans(), max_size=2).map(lambda before: [*before, True])
    return desk, history, [draw(stored) for _ in history]


def outbox(desk: Desk, history: History, deliveries: list[list[bool]]) -> dict[str, Any]:
    """What a host would send that keeps its outbox by key."""
    sent: dict[str, Any] = {}
    ticket = None
    for moment, times in zip(history, deliveries, strict=True):
        for stored in times:
            after, effects = attempt(desk, ticket, moment)
            for effect in effects:
                assert sent.setdefault(effect.key, effect) == effect, "two decisions share a key"
            ticket = after if stored else ticket
    return sent


def attempt(desk: Desk, ticket: Any, moment: Any) -> tuple[Any, tuple[Any, ...]]:
    """One delivery: what a moment leads to, or nothing where it is refused, as a duplicate for example."""
    try:
        outcome = desk.handle(ticket, *moment)
    except TicketcoreError:
        return ticket, ()
    return outcome.ticket, outcome.effects


@settings(max_examples=10_000 if WHOLE else max(10, settings().max_examples), suppress_health_check=SLOW, deadline=None)
@given(deliveries())
def test_a_host_that_delivers_every_event_up_to_three_times_sends_each_effect_once(case: tuple[Desk, History, list[list[bool]]]) -> None:
    desk, history, times = case
    named = [tuple(event if event.id else named_event(event, n, m) for m, event in enumerate(one)) for n, one in enumerate(history)]
    assert outbox(desk, named, times) == outbox(desk, named, [[True]] * len(named))


def named_event(event: Any, number: int, place: int) -> Any:
    """The event with an id of its own: what is delivered again is known by it."""
    return changed(event, id=f"h{number}.{place}")


# --- row 22: a corrupted rule file is refused at the place that is wrong ----------------------------------------------------


def leaves_of(condition: Any, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every test of a condition in a desk file, with its place."""
    if isinstance(condition, list):
        for index, part in enumerate(condition):
            yield from leaves_of(part, f"{path}[{index}]")
        return
    if "field" in condition:
        yield path, condition
    for key in ("all", "any", "not"):
        if key in condition:
            yield from leaves_of(condition[key], f"{path}.{key}")


def corrupted(data: dict[str, Any], random: Random) -> tuple[str, str]:
    """Spoil one thing in the rules of *data*: where it is, and what was done."""
    number = random.randrange(len(data["rules"]))
    rule, path = data["rules"][number], f"rules[{number}]"
    found = list(leaves_of(rule["when"], f"{path}.when")) if "when" in rule else []
    place, test = random.choice(found) if found else ("", {})
    operator = next((key for key in test if key not in ("field", "hours", "language", "accents")), "")
    index = random.randrange(len(rule["then"])) if rule.get("then") else -1
    spoils = ["a key nobody knows", "a kind of event nobody knows", "a switch that is a word"]
    spoils += ["an unknown field", "an unknown operator", "a value of no type", "no operator"] if found else []
    spoils += ["an unknown action", "an action's value of no type"] if index >= 0 else []
    match what := random.choice(spoils):
        case "a key nobody knows":
            rule["whne"] = 1
            return f"{path}.whne", what
        case "a kind of event nobody knows":
            rule["on"] = ["crated"]
            return f"{path}.on", what
        case "a switch that is a word":
            rule["enabled"] = "yes"
            return f"{path}.enabled", what
        case "an unknown field":
            test["field"] += "x"
            return place, what
        case "an unknown operator":
            test[f"{operator}_x"] = test.pop(operator)
            return place, what
        case "a value of no type":
            test[operator] = {"x": [{}]}
            return place, what
        case "no operator":
            del test[operator]
            return place, what
        case "an unknown action":
            action = next(iter(rule["then"][index]))
            rule["then"][index][f"{action}_x"] = rule["then"][index].pop(action)
        case _:
            action = next(iter(rule["then"][index]))
            rule["then"][index][action] = {"x": [{}]}
    return f"{path}.then[{index}]", what


@pytest.mark.parametrize("part", range(10 if WHOLE else 1))
def test_a_corrupted_rule_file_is_refused_at_its_place(part: int) -> None:
    good = tomllib.loads(DESK_FILE.read_text(encoding="utf-8"))
    load_desk(good)
    for number in range(part * 100, part * 100 + 100):
        data = deepcopy(good)
        place, what = corrupted(data, Random(number))
        with pytest.raises(DeskError) as caught:
            load_desk(data)
        paths = [problem.path for problem in caught.value.problems]
        assert any(path == place or path.startswith((f"{place}.", f"{place}[")) for path in paths), (what, place, paths)
        assert all(path.startswith(place.partition("]")[0]) for path in paths), (what, place, paths)
