"""What comes out of the library, and is read by people: steps, accounts, rows and printed values, kept as text in tests/facts/shown.txt.

``python tests/test_shown.py`` writes it anew; that it still reads well, and is true, is for the reader to judge.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import attrs
import pytest

import crowd
from said import blocks, write_blocks
from ticketcore import Agent, AgentReplied, BusinessHours, Fact, FieldType, Lifecycle, Message, Outcome, Person, Ticket
from ticketcore._parsing import parse
from ticketcore._time import DAY_US, HOUR_US
from ticketcore._values import FrozenMap
from ticketcore.codec import outcome_to_data
from ticketcore.conditions import OPERATORS, View, Vocabulary, explain, say
from ticketcore.discovery import conform, deviations, discover
from ticketcore.hours import changing, difference, intersection, union
from ticketcore.identity import match_requester
from ticketcore.replay import compare, replay
from ticketcore.report import at_risk, overdue, report
from ticketcore.routing import choose, parse_roster

MANY = {"is_any", "is_none", "has_any", "has_all", "has_none", "mentions_any", "mentions_all", "mentions_none"}
KEPT = Path(__file__).with_name("facts") / "shown.txt"
DESK = crowd.desk()


@lru_cache(maxsize=1)
def outcomes() -> tuple[Outcome, ...]:
    """A few weeks of twelve tickets, and the weeks after them."""
    return tuple(replay(DESK, crowd.history(12, spread_minutes=60 * 24 * 14), until=crowd.START_US + 60 * DAY_US))


def lives() -> Mapping[str, list[Outcome]]:
    found: dict[str, list[Outcome]] = {}
    for outcome in outcomes():
        found.setdefault(outcome.ticket.id, []).append(outcome)
    return found


def plain(rows: Iterable[Any]) -> Iterator[str]:
    return (json.dumps(row, ensure_ascii=False, default=str) for row in rows)


def steps() -> Iterator[str]:
    """Two lives step by step: all that comes out of each, as data."""
    for name in ("T-1", "T-5"):
        for outcome in lives()[name]:
            data = outcome_to_data(outcome)
            parts = [*data["events"], *data["effects"], {"wake_at": data.get("wake_at")}]
            # The fingerprint of the desk changes with every field that a desk gets.
            yield from plain({key: value for key, value in part.items() if key != "desk"} for part in parts)


def traces() -> Iterator[str]:
    for outcome in lives()["T-2"]:
        yield from str(outcome.trace).splitlines()


def whys() -> Iterator[str]:
    for name in ("T-1", "T-3"):
        for outcome in lives()[name]:
            for what in ("status", "priority", "policy"):
                yield f"{what}: {DESK.why(outcome.ticket, what)}"


def ledgers() -> Iterator[str]:
    for name in ("T-1", "T-4"):
        for outcome in lives()[name][3::6]:
            for metric in outcome.ticket.clocks:
                told = DESK.why_due(outcome.ticket, metric)
                yield from str(told).splitlines()
                yield json.dumps(told.data(), ensure_ascii=False)


def reports() -> Iterator[str]:
    told = report(outcomes(), DESK.hours["support"])
    yield repr(told.total())
    yield from str(told).splitlines()
    yield from plain(told.rows("priority"))
    yield from plain(told.rows("group", "channel"))
    yield from plain([*told.channels(), *told.flow(days=7), *told.compliance("metric", "priority"), *told.agents(), told.by_metric()])
    yield from plain([told.volume(days=7), told.backlog(crowd.START_US + 9 * DAY_US), told.rules()])
    for rule in ("tier gold", "silent customer", "breach low"):
        yield from str(told.rule(rule)).splitlines()
        yield from plain(told.rule(rule).rows())
    tickets = [steps[3].ticket for steps in lives().values()]
    late = crowd.START_US + 40 * DAY_US
    yield from plain(one.row() for one in [*overdue(DESK, tickets, late)[:6], *at_risk(DESK, tickets, crowd.START_US + 2 * DAY_US, "3d")])


def comparisons() -> Iterator[str]:
    trial = crowd.with_rule(11, then=[{"set_priority": "urgent"}, {"notify": "lead"}]).evolve(
        lifecycle=Lifecycle(moves={"new": {"agent_replies": None}}),
        hours={"support": BusinessHours(zone="UTC", week={"mon-fri": ["09:00-12:00"]})},
    )
    found = compare(DESK, trial, crowd.history(12, spread_minutes=60 * 24 * 14))
    yield from str(found).splitlines()
    yield from plain([one.row() for one in found.tickets] + [one.row() for one in found.listed[:3]])
    yield from plain([found.sums()])


def discoveries() -> Iterator[str]:
    log = [event for outcome in outcomes() for event in outcome.events]
    found = discover(log)
    yield from str(found).splitlines()
    yield from plain(found.rows())
    yield from found.mermaid().splitlines()
    yield from found.mermaid(least=13).splitlines()
    yield from str(found.against(Lifecycle())).splitlines()
    strict = DESK.evolve(lifecycle=Lifecycle(moves={"answered": {"customer_replies": None}, "new": {"agent_replies": None}}))
    yield from str(conform(strict, log)).splitlines()
    seen = [event for outcome in replay(strict, crowd.history(6), observe=True) for event in outcome.events]
    yield from (line for one in deviations(seen) for line in (str(one), *plain([one.row()])))


ROSTER = parse_roster(
    {
        "ann": {"groups": ["support", "billing"], "skills": {"billing": 3}, "languages": ["en"], "capacity": 3, "load": 3},
        "bob": {
            "groups": ["support"],
            "skills": {"billing": 1},
            "languages": ["en", "lv"],
            "seniority": 2,
            "load": 1,
            "last_assigned": "2026-11-23T09:00:00Z",
        },
        "eve": {"groups": ["support"], "presence": "away"},
        "joe": {"groups": ["billing"], "out_of_office": [["2026-11-23T00:00Z", "2026-11-24T00:00Z"]]},
        "kim": {"groups": ["support"], "languages": ["lv"], "hours": "day"},
    },
    hours={"day": BusinessHours(zone="UTC", week={"mon": ["12:00-13:00"]})},
)


def choices() -> Iterator[str]:
    ways: list[dict[str, Any]] = [
        {},
        {"by": "least_loaded"},
        {"by": ["sticky", "least_loaded"]},
        {"by": "best_skill"},
        {"by": "seniors_first"},
        {"by": "random"},
        {"fallbacks": ["language", "hours", "presence"]},
    ]
    for group, tags in (("support", ()), ("support", ("billing",)), ("billing", ()), ("nobody", ())):
        ticket = Ticket(id="T-1", group=group, language="en", assignee="bob", priority="high", category="open", tags=frozenset(tags))
        for asked in ways:
            choice = choose(ticket, ROSTER, crowd.START_US, **asked)
            yield from str(choice).splitlines()
            yield from map(str, choice.verdicts)


def persons() -> Iterator[str]:
    ada = Person(id="7", name="Ada", email="ada@example.org", phone="+49 30 1234567", visitor_id="v1")
    known = [
        Person(id="7", name="A."),
        Person(email="Ada@example.org", phone="+49 30 7654321"),
        Person(id="8", visitor_id="v1"),
        Person(id="9", phone="0049 30 1234567"),
    ]
    for asked in (
        ada,
        Person(email="ada@example.org"),
        Person(visitor_id="v1", email="ada@example.org"),
        Person(phone="+49301234567"),
        Person(id="1"),
    ):
        found = match_requester(asked, known)
        yield str(found)
        yield from map(str, found.evidence)


WORDS = Vocabulary(
    statuses={status.name: status.category for status in Lifecycle().statuses},
    levels=("low", "high"),
    metrics=("first_reply",),
    hours={"support": DESK.hours["support"]},
    groups=("support",),
    policies=("gold",),
    regex=lambda _: lambda _: True,
)
SEEN = Ticket(
    id="T-1",
    subject="The shop is down",
    text="Please help. It is down again!",
    status="open",
    category="open",
    priority="high",
    policy="gold",
    group="support",
    tags=frozenset({"vip", "shop"}),
    created_us=crowd.START_US,
    last_agent_reply_us=crowd.START_US + HOUR_US,
    agent_replies=2,
)


def conditions() -> Iterator[str]:
    """Every operator of every kind of field, in words and with what it sees."""
    values: dict[str, Any] = {"between": [1, 3], "is_set": True, "is_empty": True, "used_at_least": 80, "due_within": "1h"}
    fields: dict[str, Any] = {
        "subject": "shop",
        "status": "open",
        "priority": "high",
        "tags": "vip",
        "agent_replies": 2,
        "created": "2026-11-20T09:00:00Z",
        "group": "support",
    }
    data: list[Any] = [
        {"field": name, op: values.get(op, [value] if op in MANY else value)}
        for name, value in fields.items()
        for op in OPERATORS[WORDS.specs[name].type.kind]
        if op != "between" or name == "agent_replies"
    ]
    data += [{how: "created", op: "4h"} for how in ("since", "until") for op in ("at_least", "at_most", "above", "below")]
    data += [{"since": "last_agent_reply", "at_least": "3 working days", "hours": "support"}, {"since": "closed_at", "below": "15 days"}]
    data += [{"hours": "support", "is": state} for state in ("open", "closed", "holiday")]
    data += [
        {"sla": "first_reply", "is": "breached"},
        {"sla": "first_reply", "due_within": "1h"},
        {"sla": "first_reply", "used_at_least": 80},
    ]
    data += [{"changed": "priority"}, {"changed": "priority", "from": "low"}, {"changed": "priority", "to": "high"}]
    data += [
        {"any": [{"not": {"field": "tags", "has": "vip"}}, []]},
        {"not": {"all": [{"field": "tags", "has": "a"}, {"field": "tags", "has": "b"}]}},
    ]
    for each in data:
        problems: list[Any] = []
        condition = parse(each, WORDS, "", problems)
        assert not problems, (each, problems)
        yield say(condition)
        told = explain(condition, View(WORDS, SEEN, crowd.START_US + 2 * HOUR_US))
        yield from str(told).splitlines()
        yield json.dumps(told.data(), default=str)


def fields() -> Iterator[str]:
    """Every field that a condition can name: type, layer, whether it changes, and what it reads of a ticket in the middle of its life."""
    mood = Fact(type=FieldType(kind="text"), required_with=["created"])
    words = attrs.evolve(
        WORDS,
        metrics=tuple(DESK.metrics),
        fields={"site": FieldType(kind="name"), "seats": FieldType(kind="number")},
        requester_fields={"plan": FieldType(kind="name")},
        facts={"queue": Fact(type=FieldType(kind="number"), default=7), "mood": mood},
    )
    was, now = lives()["T-1"][8].ticket, lives()["T-1"][9]
    ticket = attrs.evolve(now.ticket, fields=FrozenMap(site="Riga"), tags=frozenset({"vip"}), followers=frozenset({"bob"}), language="lv")
    reply = AgentReplied(at=ticket.as_of_us, by=Agent(id="kim"), message=Message(text="Welcome", language="en"))
    first = lives()["T-1"][0].events[0]
    for event, part in ((now.events[0], ""), (reply, "event."), (now.events[1], "event."), (first, "event."), (None, "event.")):
        view = View(words, ticket, ticket.as_of_us, was, event, DESK.view(ticket).clock)
        for name, spec in words.specs.items():
            if name.startswith(part):
                value = spec.read(view)
                seen = sorted(value) if isinstance(value, frozenset) else value
                kind = f"{spec.type.kind} {spec.type.what} {' '.join(spec.type.choices)}"
                yield f"{name}: {kind} {spec.layer} {spec.changes} {spec.attribute}: {seen!r}"


def hours() -> Iterator[str]:
    day = BusinessHours(
        zone="Europe/Riga",
        week={"mon-fri": ["09:00-12:30", "13:30-18:00"], "sat": ["22:00-02:00"]},
        holidays={"2026-12-25": "Christmas"},
        exceptions={"2026-12-24": ["09:00-12:00"]},
        closures=[("2026-12-28T12:00", "2026-12-30T00:00", "moving")],
    )
    night = BusinessHours(zone="Asia/Tokyo", week={"mon-sun": ["22:00-24:00"]})
    for each in (
        day,
        night,
        union(day, night),
        intersection(day, night),
        difference(day, night),
        changing({"2027-01-01": night}, before=day),
    ):
        yield repr(each)
        for at in (1_798_156_800_000_000, 1_798_200_000_000_000, 1_798_400_000_000_000):  # about Christmas 2026
            yield " ".join(map(str, (each.is_open(at), each.next_open(at), each.previous_open(at), each.next_transition(at))))
        yield from (str(span) for span in list(each.spans(1_798_156_800_000_000, 1_798_800_000_000_000)))


TABLES: dict[str, Callable[[], Iterable[str]]] = {
    "steps": steps,
    "traces": traces,
    "whys": whys,
    "ledgers": ledgers,
    "reports": reports,
    "comparisons": comparisons,
    "discoveries": discoveries,
    "choices": choices,
    "persons": persons,
    "conditions": conditions,
    "fields": fields,
    "hours": hours,
    "lifecycle": lambda: Lifecycle().mermaid().splitlines(),
}


@pytest.mark.parametrize("name", TABLES)
def test_what_is_shown_is_what_was_read_through(name: str) -> None:
    assert [f"  {line}" for line in TABLES[name]()] == blocks(KEPT)[name]


if __name__ == "__main__":
    write_blocks(KEPT, {name: [f"  {line}" for line in made()] for name, made in TABLES.items()})
