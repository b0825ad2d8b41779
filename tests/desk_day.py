"""What several test modules need of a desk's day: people, instants of one date, and a log in short words."""

from __future__ import annotations

from typing import Any

from ticketcore import Agent, Created, Desk, Outcome, Person, Policy, Rule, Targets
from ticketcore._time import DAY_US, HOUR_US, MINUTE_US
from ticketcore.model import Length, Outside

MIDNIGHT = 1_795_392_000_000_000  # Monday 23 November 2026, UTC
ADA = Person(name="Ada", email="ada@example.org")
MARIA = Agent(id="maria", email="maria@example.org")

_SHOWN = ("rule", "number", "to", "level", "metric", "verdict", "tags", "name", "agent", "group", "action", "policy", "skipped")


def at(clock: str, day: int = 0) -> int:
    """The instant of a time of day, so many days after the Monday."""
    hours, minutes = clock.split(":")
    return MIDNIGHT + day * DAY_US + int(hours) * HOUR_US + int(minutes) * MINUTE_US


def length(hours: float) -> Length:
    return Length(int(hours * HOUR_US))


def promise(hours: float, name: str = "std", metric: str = "fa", **given: Any) -> Policy:
    """A policy that promises so many hours for one metric, whatever the priority."""
    return Policy(name=name, targets={metric: Targets(otherwise=length(hours))}, **given)


def born(desk: Desk, clock: str = "09:00", *more: Outside, **given: Any) -> Outcome:
    return desk.handle(None, Created(at=at(clock), ticket="T", by=ADA, **given), *more)


def fired(*outcomes: Outcome) -> list[str]:
    """The names of the rules that fired, in order, with the number of a repetition."""
    events: list[Any] = [event for outcome in outcomes for event in outcome.events]
    return [event.rule + (f" {event.number}" if event.number else "") for event in events if event.kind == "rule_fired"]


def kinds(*outcomes: Outcome) -> list[str]:
    return [event.kind for outcome in outcomes for event in outcome.events]


def only(outcome: Outcome, kind: str) -> Any:
    """The one event of that kind."""
    (event,) = (event for event in outcome.events if event.kind == kind)
    return event


def ruled(*rules: Rule, **given: Any) -> Desk:
    """A desk without clocks, with these rules."""
    return Desk(metrics=(), rules=rules, **given)
