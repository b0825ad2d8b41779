"""What no other help desk shows of itself (rows 6, 16 and 22 of the team's list; the other rows stand with their rooms).

A commit tries a sample; HYPOTHESIS_PROFILE=nightly tries what the rows ask for: 10,000 cases and runs, 1,000 corrupted files.
docs/development/soaks.md has the figures.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable, Iterator
from copy import deepcopy
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ticketcore import Action, Agent, Created, Desk, FieldType, Message, Noted, Person, Rule, SlotSet, field, load_desk
from ticketcore._values import changed
from ticketcore.conditions import AllOf, AnyOf, Condition, Edit
from ticketcore.errors import DeskError, TicketcoreError
from ticketcore.extra import strategies
from ticketcore.extra.laws import History, live
from ticketcore.model import RuleFired

SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)
WHOLE = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
DESK_FILE = Path(__file__).resolve().parent.parent / "examples" / "replay" / "desk.toml"


# --- row 6: what would make a rule fire does, and nothing less ---------------------------------------------------------------

LEAVES: list[Condition] = [
    field.priority >= "high", field.priority == "low", field.priority != "medium", field.tags.has("a"), field.tags.has_none("a", "b"),
    field.tags.has_all("b", "c"), field.tags.is_set(), field["fields.vip"].is_(True), field["fields.vip"].is_set(),
    field["fields.score"] > 2, field["fields.score"].between(1, 3), field["fields.site"] == "web", field.channel == "chat",
    field.channel.is_empty(), field.requester.tier.is_any("gold", "silver"), field.subject.contains("fire", "smoke"),
    field.subject.starts_with("re:"), field.text.mentions_any("outage"), field.description.matches("*down*"),
    field.assignee.is_set(), field.group == "sales",
]  # fmt: skip
MARIA = Agent(id="maria")
FIELDS = {"vip": FieldType(kind="flag"), "score": FieldType(kind="number"), "site": FieldType(kind="choice", choices=("web", "shop"))}


def conditions() -> st.SearchStrategy[Condition]:
    def groups(parts: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
        several = st.lists(parts, min_size=1, max_size=4).map(tuple)
        return st.one_of(several.map(AllOf), several.map(AnyOf), parts.map(lambda part: ~part))

    return st.recursive(st.sampled_from(LEAVES), groups, max_leaves=8)


@st.composite
def births(draw: st.DrawFn) -> tuple[Created, SlotSet]:
    texts = st.sampled_from(["", "fire", "re: smoke", "an outage", "all is down", "nothing"])
    given_fields = draw(st.fixed_dictionaries({}, optional={
        "vip": st.booleans(), "score": st.sampled_from([0, 1, 2.5, 3, 9]), "site": st.sampled_from(["web", "shop"])}))  # fmt: skip
    person = Person(name="Ada", tier=draw(st.sampled_from(["", "gold", "bronze"])))
    birth = Created(at=0, ticket="T", by=person, subject=draw(texts), message=Message(text=draw(texts)), fields=given_fields,
                    channel=draw(st.sampled_from(["", "chat", "email"])), tags=sorted(draw(st.sets(st.sampled_from("abcd")))),
                    assignee=draw(st.sampled_from([None, "maria"])))  # fmt: skip
    level = SlotSet(at=0, ticket="T", by=person, level=draw(st.sampled_from(["low", "medium", "high", "urgent"])))
    return birth, level


@settings(max_examples=10_000 if WHOLE else settings().max_examples, suppress_health_check=SLOW, deadline=None)
@given(conditions(), births())
def test_each_suggested_change_makes_the_rule_fire_and_no_part_of_it_does(when: Condition, birth: tuple[Created, SlotSet]) -> None:
    desk = Desk(metrics=(), fields=FIELDS, rules=[Rule(name="it", on=["noted"], when=when, then=[Action("notify", "lead")])])
    ticket = desk.handle(None, *birth).ticket
    noted = Noted(at=60_000_000, ticket="T", by=MARIA)

    def fires(edits: Iterable[Edit]) -> bool:
        view, level = desk.view(ticket), ticket.priority
        for edit in edits:
            if edit.field == "priority":
                level = edit.value  # as an agent sets it: a desk derives the priority anew from who chose what
            else:
                view = edit.apply(view)
        chosen = desk.handle(view.ticket, SlotSet(at=30_000_000, ticket="T", by=MARIA, level=level)).ticket
        return "it" in {event.rule for event in desk.handle(chosen, noted).events if isinstance(event, RuleFired)}

    account = desk.why_not(ticket, "it")
    assert account.why.holds == fires(())
    for way in account.why.ways:
        assert fires(way.edits), way
        for part in range(len(way.edits)):
            assert not fires(way.edits[:part] + way.edits[part + 1 :]), (way, part)


@settings(max_examples=2_000 if WHOLE else max(5, settings().max_examples // 10), suppress_health_check=SLOW, deadline=None)
@given(st.data())
def test_each_suggested_change_makes_any_rule_of_any_desk_match(data: st.DataObject) -> None:
    """As the index of the desk sees it, whatever the condition reads: clocks, events, what was before, the time."""
    desk = data.draw(strategies.desks())
    ticket = live(desk, data.draw(strategies.histories(desk))).ticket
    view = desk.view(ticket)
    for rule in (rule for rule in desk.rules if rule.enabled):
        for way in desk.why_not(ticket, rule.name).why.ways:
            assert rule in desk.rules.matching(way.apply(view)), way
            for part in range(len(way.edits)):
                rest = type(way)(edits=way.edits[:part] + way.edits[part + 1 :])
                assert rule not in desk.rules.matching(rest.apply(view)), (way, part)


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
