"""A crowd of tickets for comparisons and benchmarks: a desk of 20 rules and 3 metrics, and a history as long as one likes.

`history` is a generator, in order of time over all tickets, and the same for the same seed; about 21 outside events a ticket.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Iterator
from typing import Any

from ticketcore import (
    Agent,
    AgentReplied,
    Assigned,
    Closed,
    Created,
    CustomerReplied,
    Desk,
    Message,
    Noted,
    Person,
    Rated,
    Resolved,
    TagsAdded,
    TagsRemoved,
    Transferred,
    load_desk,
)  # fmt: skip
from ticketcore._time import MINUTE_US
from ticketcore.model import Outside

START_US = 1_788_249_600_000_000  # a Monday in August 2026
WORDS = ["invoice", "refund", "crash", "login", "password", "delivery", "price", "bug", "slow", "order"]
TIERS = ["", "", "", "silver", "silver", "gold", "platinum"]
AGENTS = [Agent(id=name) for name in ("maria", "ivan", "lin", "wei", "ana")]
GROUPS = ["support", "billing", "technicians"]


def desk_data() -> dict[str, Any]:
    """A desk in business hours: three metrics, three policies, twenty rules (ten read the text, two are time rules)."""
    rules: list[dict[str, Any]] = [
        {"name": f"about {word}", "on": ["created", "customer_replied"], "when": {"field": "text", "mentions_any": [word]},
         "then": [{"add_tag": word}]}
        for word in WORDS
    ]  # fmt: skip
    rules += [
        {"name": f"tier {tier}", "on": ["created"], "when": {"field": "requester.tier", "is": tier}, "then": [{"set_priority": level}]}
        for tier, level in (("platinum", "urgent"), ("gold", "high"), ("silver", "medium"))
    ]
    rules += [
        {"name": f"breach {level}", "on": ["breached"], "when": {"field": "priority", "is": level}, "then": [{"notify": f"lead {level}"}]}
        for level in ("urgent", "high", "low")
    ]
    rules += [
        {"name": "reopened often", "on": ["status_changed"], "when": {"field": "reopens", "above": 2}, "then": [{"add_tag": "ping-pong"}]},
        {"name": "handed on often", "on": ["transferred"], "when": {"field": "transfers", "above": 2}, "then": [{"notify": "lead"}]},
        {"name": "silent customer", "when": [{"field": "status", "is": "answered"}, {"since": "last_agent_reply", "at_least": "120h"}],
         "then": [{"resolve": True}]},
        {"name": "close", "when": [{"field": "status", "is": "resolved"}, {"since": "resolved_at", "at_least": "168h"}],
         "then": [{"close": True}]},
    ]  # fmt: skip
    return {
        "name": "crowd", "groups": GROUPS, "zone": "Europe/Athens",
        "hours": {"support": {"zone": "Europe/Athens", "week": {"mon-fri": ["09:00-17:00"]}, "holidays": ["2026-10-28"]}},
        "sla": [
            {"name": "gold", "when": {"field": "requester.tier", "is_any": ["gold", "platinum"]}, "hours": "support", "warn": ["-30m"],
             "targets": {"first_reply": {"urgent": "1h", "else": "4h"}, "next_reply": "6h", "resolution": "3 working days"}},
            {"name": "standard", "hours": "support", "warn": ["-30m"],
             "targets": {"first_reply": {"urgent": "1h", "high": "3h", "else": "8h"}, "next_reply": "8h", "resolution": "40h"}},
        ],
        "rules": rules,
    }  # fmt: skip


def desk(**changes: Any) -> Desk:
    return load_desk({**desk_data(), **changes})


def with_rule(number: int, **changes: Any) -> Desk:
    """The desk with one of its rules changed; None takes a key out."""
    data = desk_data()
    rule = {**data["rules"][number], **changes}
    data["rules"][number] = {name: value for name, value in rule.items() if value is not None}
    return load_desk({**data, "name": "trial"})


def history(tickets: int, seed: int = 7, spread_minutes: int = 60 * 24 * 80) -> Iterator[Outside]:
    """What people did, in order of time; the tickets begin evenly over the time, so that few are open at once."""
    waiting: list[tuple[int, int, int, Iterator[Outside]]] = []
    step = max(1, spread_minutes * MINUTE_US // tickets)
    for number in range(tickets):
        begins = START_US + number * step
        while waiting and waiting[0][0] <= begins:
            yield from _next(waiting)
        told = _one(number, begins, random.Random(f"{seed}/{number}"))
        yield next(told)
        _push(waiting, number, told)
    while waiting:
        yield from _next(waiting)


def _push(waiting: list[Any], number: int, told: Iterator[Outside]) -> None:
    event = next(told, None)
    if event is not None:
        heapq.heappush(waiting, (event.at_us, number, event, told))


def _next(waiting: list[Any]) -> Iterator[Outside]:
    _, number, event, told = heapq.heappop(waiting)
    yield event
    _push(waiting, number, told)


def _one(number: int, at: int, chance: random.Random) -> Iterator[Outside]:
    """The life of one ticket."""
    name = f"T-{number}"
    tier, agent = chance.choice(TIERS), chance.choice(AGENTS)
    ada = Person(email=f"c{number}@example.org", tier=tier)
    yield Created(
        at=at, id="0", ticket=name, by=ada, subject=_text(chance, 4), channel=chance.choice(["email", "chat", "form"]), group="support",
        message=Message(text=_text(chance, 25)),
    )  # fmt: skip
    for place in range(1, 19):
        at += chance.choice([2, 5, 10, 30, 60, 90, 240, 600, 1500]) * MINUTE_US
        head: dict[str, Any] = {"at": at, "id": str(place), "ticket": name}
        roll = chance.random()
        if place % 3 == 0:
            yield CustomerReplied(by=ada, message=Message(text=_text(chance, 15)), **head)
        elif place % 3 == 1:
            yield AgentReplied(by=agent, message=Message(text="We are on it."), **head)
        elif roll < 0.45:
            yield Noted(by=agent, **head)
        elif roll < 0.65:
            yield Assigned(by=agent, agent=chance.choice(AGENTS).id, **head)
        elif roll < 0.75:
            yield Transferred(by=agent, group=chance.choice(GROUPS), **head)
        elif roll < 0.9:
            yield TagsAdded(by=agent, tags=[chance.choice(["vip", "parts", "legal"])], **head)
        else:
            yield TagsRemoved(by=agent, tags=["parts"], **head)
    at += 30 * MINUTE_US
    yield Resolved(at=at, id="19", ticket=name, by=agent)
    if chance.random() < 0.5:
        yield Rated(at=at + 60 * MINUTE_US, id="20", ticket=name, by=ada, score=chance.randint(1, 5))
    if chance.random() < 0.3:
        yield Closed(at=at + 90 * MINUTE_US, id="21", ticket=name, by=agent)


def _text(chance: random.Random, words: int) -> str:
    found = chance.choices(["the", "shop", "is", "we", "need", "please", "help", "with", "today", "again"], k=words)
    if chance.random() < 0.3:
        found[chance.randrange(words)] = chance.choice(WORDS)
    return " ".join(found)
