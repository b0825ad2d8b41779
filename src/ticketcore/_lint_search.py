"""Counterexamples: a day on which something happens that never should, or that there is none of up to so many steps.

What must never hold is a condition in the desk's own language. The search walks all tickets and events that can have a say in it, to
a depth of so many steps (moments of people and stretches of time), and the script it finds is the shortest, with everything left
out that is not needed. It replays through the desk.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from attrs import frozen
from pendulum import DateTime

from ticketcore._lint_domain import Wanted, atoms_of, solutions
from ticketcore._lint_footprint import cone_of, reads_of
from ticketcore._lint_script import Script, shrink
from ticketcore._lint_space import Space, Walk
from ticketcore._time import DAY_US, MINUTE_US, maybe_from_us
from ticketcore._values import changed
from ticketcore.conditions import Changed, Condition, Test, View, holds, next_rise, parse, say
from ticketcore.desk import Desk
from ticketcore.errors import BadValue, DeskError, Problem, TicketcoreError, check_kind
from ticketcore.model import Postponed, Ticket

__all__ = ["Answer", "search"]

_HORIZON_US: Final = 400 * DAY_US  # for so long nobody acts after the last moment
_SEEDS: Final = 12


@frozen(kw_only=True)
class Answer:
    """What a search came to. ``script`` shows it (None: none was found) and ``at`` is when it held first.

    ``is_complete``: every kind of ticket and every event that can have a say was tried, to the full depth. ``verdict`` is
    ``violated``, ``kept`` (up to that depth) or ``unknown``.

    It prints as a sentence, and the script if there is one.

    >>> from ticketcore import field
    >>> never = search(Desk(metrics=()), field.status == "purged", depth=2)
    >>> never.verdict, never.depth
    ('kept', 2)
    >>> print(search(Desk(metrics=()), field.status == "closed", depth=3))
    violated: status is 'closed'
    1. Mon 23 Nov 2026 09:00  created by customer
    2. Mon 23 Nov 2026 09:01  merged by agent: into 'T-2'
    >>> found = search(Desk(metrics=()), field.status == "closed", depth=3)
    >>> str(found.at), found.shows(Desk(metrics=()))
    ('2026-11-23 09:01:00+00:00', True)
    """

    never: Condition
    depth: int
    script: Script | None = None
    at_us: int | None = None
    states: int = 0
    steps: int = 0
    is_complete: bool = False

    @property
    def verdict(self) -> str:
        """Whether the policy is violated, kept as far as was looked, or that is unknown."""
        return "violated" if self.script is not None else "kept" if self.is_complete else "unknown"

    @property
    def at(self) -> DateTime | None:
        """When what must never hold held first, in the script."""
        return maybe_from_us(self.at_us)

    def shows(self, desk: Desk) -> bool:
        """Whether the script, replayed through *desk*, ends in what must never be."""
        if self.script is None or self.at_us is None:
            return False
        return holds(self.never, _view(desk, self.script.ticket(desk), self.at_us))

    def __str__(self) -> str:
        if self.script is not None:
            return f"violated: {say(self.never)}\n{self.script}"
        looked = f"{self.states} states of a ticket, {self.steps} steps"
        if self.is_complete:
            return f"none up to depth {self.depth} ({looked}): {say(self.never)}"
        return f"unknown: none was found, but not all was seen up to depth {self.depth} ({looked}): {say(self.never)}"


def search(desk: Desk, never: Condition | Mapping[str, Any], *, depth: int = 4, budget: int = 20_000) -> Answer:
    """A shortest script after which *never* holds, or that there is none up to *depth* steps; *budget* bounds the work.

    A step is a moment in which people act, the creation included, or a stretch of time. *never* is a condition or its plain data; it
    speaks of the ticket (since, until, hours and clocks included), not of events or changes.

    Raises `DeskError` for a condition that the desk cannot read, and `BadValue` for a depth or a budget below 1.

    >>> from ticketcore import Desk, field
    >>> answer = search(Desk(), (field.status == "resolved") & (field.agent_replies == 0))
    >>> answer.verdict, [event.kind for event in answer.script.events]
    ('violated', ['created', 'resolved'])
    """
    check_kind(desk, Desk, "a desk", "search(desk, never)", "desk")
    condition = _checked(desk, never)
    for name, value in (("depth", depth), ("budget", budget)):
        if type(value) is not int or value < 1:
            raise BadValue(f"{name} is a whole number from 1", value=repr(value))
    rules, reads = cone_of(desk, reads_of(condition, desk.vocabulary))
    seeds = list(solutions([Wanted(condition)], desk.vocabulary, most=_SEEDS))
    space = Space([desk], (condition,), seeds=seeds, rules=rules, reads=reads, limit=max(1, budget // 2))
    walk = Walk(space, depth=depth, budget=budget)
    for visit in walk:
        outcome = visit.outcomes[0]
        if isinstance(outcome, TicketcoreError) or (outcome.wake_us is not None and outcome.wake_us <= visit.now_us):
            continue  # refused, or more is due at this very instant
        at = _held_us(desk, condition, outcome.ticket, visit.now_us, outcome.wake_us)
        if at is not None:
            script, at = _told(desk, condition, Script(visit.script.moments, at))
            return Answer(never=condition, depth=depth, script=script, at_us=at, states=walk.states, steps=walk.steps)
    return Answer(never=condition, depth=depth, states=walk.states, steps=walk.steps, is_complete=walk.is_complete)


def _checked(desk: Desk, never: Condition | Mapping[str, Any]) -> Condition:
    """The condition, bound to the names of the desk. Raises `DeskError`."""
    problems: list[Problem] = []
    condition = parse(never, desk.vocabulary, "never", problems)
    problems += [
        Problem("never", f"{say(atom)} speaks of an event", "ask about the ticket as it is")
        for atom in atoms_of(condition)
        if isinstance(atom, Changed) or (isinstance(atom, Test) and atom.field.startswith("event."))
    ]
    if problems:
        raise DeskError(problems, what="search")
    return condition


def _view(desk: Desk, ticket: Ticket, at_us: int) -> View:
    return View(desk.vocabulary, ticket, at_us, None, None, lambda metric: desk.sla.reading(ticket, metric, at_us))


def _held_us(desk: Desk, condition: Condition, ticket: Ticket, now_us: int, wake_us: int | None) -> int | None:
    """When the condition holds first from now on if nobody acts, before anything is due; None: not."""
    view = _view(desk, ticket, now_us)
    if holds(condition, view):
        return now_us
    end = now_us + _HORIZON_US if wake_us is None else wake_us - 1
    rise = next_rise(condition, view, now_us, end) if end > now_us else None
    return rise.at_us if rise is not None and rise.found else None


def _told(desk: Desk, condition: Condition, script: Script) -> tuple[Script, int]:
    """The script made as small as it can be, with a minute between its moments if that shows the same."""

    def shows(smaller: Script) -> Script | None:
        return _shown(desk, condition, smaller)

    small = shrink(script, shows)
    small = _shown_if_taken(desk, condition, _spaced(small)) or small
    at = small.until_us
    assert at is not None  # noqa: S101 - every script here ends at the instant at which it shows
    last = small.moments[-1][0].at_us
    return (Script(small.moments) if at == last else small), at


def _shown(desk: Desk, condition: Condition, script: Script) -> Script | None:
    """The moments of a script up to the instant at which the condition holds after the last one, time passing; None: it never does."""
    outcome = Script(script.moments).replay(desk)[-1]
    ticket, now, wake = outcome.ticket, script.moments[-1][0].at_us, outcome.wake_us
    until = max(now, script.until_us or now)
    while True:
        if wake is None or wake > now:
            at = _held_us(desk, condition, ticket, now, wake)
            if at is not None and at <= until:
                return Script(script.moments, at)
        if wake is None or wake > until:
            return None
        outcome = desk.tick(ticket, wake)
        ticket, now, wake = outcome.ticket, wake, outcome.wake_us


def _shown_if_taken(desk: Desk, condition: Condition, script: Script) -> Script | None:
    try:
        return _shown(desk, condition, script)
    except TicketcoreError:  # a minute later something else has happened, and the next moment is refused
        return None


def _spaced(script: Script) -> Script:
    """The same moments, a minute later each, where they followed each other at once."""
    moments = []
    for number, moment in enumerate(script.moments):
        late = number * MINUTE_US
        moments.append(tuple(
            changed(event, at_us=event.at_us + late, until_us=event.until_us + late) if isinstance(event, Postponed)
            else changed(event, at_us=event.at_us + late) for event in moment
        ))  # fmt: skip
    until = None if script.until_us is None else script.until_us + len(moments) * MINUTE_US
    return Script(tuple(moments), until)
