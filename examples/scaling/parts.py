"""A part of a history, worked through: what an engine calls with the rows of some tickets. Plain rows in, plain rows out.

Nothing here knows an engine. A history is rows of four columns: ``ticket``; ``number``, the place of the event among those of its
ticket; ``at_us``, its instant; ``body``, the event as a line of JSON. A `Job` says what is made of them and which columns come out. The
one thing that an engine has to see to: all rows of a ticket reach the same worker, together, in the order of ``number``.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from attrs import frozen

from ticketcore import Desk
from ticketcore.codec import event_to_line, history_from_lines, ticket_to_data
from ticketcore.model import Breached, EventBase
from ticketcore.replay import compare, replay

__all__ = ["EVENT_COLUMNS", "Job", "Line", "Row", "changes", "event_rows", "tickets"]

Row = dict[str, Any]
Line = tuple[str, str]  # the id of a ticket, and one of its events as a line of JSON

EVENT_COLUMNS: Final[Mapping[str, type]] = {"ticket": str, "number": int, "at_us": int, "body": str}


@frozen(kw_only=True)
class Job:
    """What to make of the lines of some tickets, and the columns of the rows that come out (every value is of its type, or None).

    It pickles, so a worker process or a cluster gets it as it is.
    """

    columns: Mapping[str, type]
    run: Callable[[Iterable[Line]], Iterator[Row]]


def event_rows(history: Iterable[EventBase]) -> Iterator[Row]:
    """A history as rows."""
    numbers: Counter[str] = Counter()
    for event in history:
        yield {"ticket": event.ticket, "number": numbers[event.ticket], "at_us": event.at_us, "body": event_to_line(event)}
        numbers[event.ticket] += 1


# --- the tickets at the end ----------------------------------------------------------------------------------------------


def tickets(desk: Desk, until: datetime | int) -> Job:
    """Replay every ticket under *desk*, time going on up to *until* (one instant for all): one row for each as it then stands.

    ``breaches`` and ``effects`` count what happened on the way, ``met`` and ``late`` are the verdicts of its clocks, and ``body`` is the
    whole ticket: a live desk goes on from there.
    """
    columns = {
        "ticket": str, "status": str, "priority": str, "channel": str, "assignee": str, "created_us": int, "replies": int, "reopens": int,
        "breaches": int, "met": int, "late": int, "effects": int, "wake_us": int, "body": str,
    }  # fmt: skip
    return Job(columns=columns, run=partial(_tickets, desk, until))


def _tickets(desk: Desk, until: datetime | int, lines: Iterable[Line]) -> Iterator[Row]:
    for _, mine in groupby(lines, key=itemgetter(0)):  # one ticket at a time: no more of the part is held in memory
        history = history_from_lines((body for _, body in mine), trusted=True)
        outcomes = list(replay(desk, history, until=until))
        ticket = outcomes[-1].ticket
        clocks = ticket.clocks.values()
        yield {
            "ticket": ticket.id, "status": ticket.status, "priority": ticket.priority, "channel": ticket.channel,
            "assignee": ticket.assignee, "created_us": ticket.created_us, "replies": ticket.agent_replies, "reopens": ticket.reopens,
            "breaches": sum(isinstance(event, Breached) for one in outcomes for event in one.events),
            "met": sum(clock.met for clock in clocks), "late": sum(clock.late for clock in clocks),
            "effects": sum(len(one.effects) for one in outcomes), "wake_us": outcomes[-1].wake_us,
            "body": json.dumps(ticket_to_data(ticket), ensure_ascii=False),
        }  # fmt: skip


# --- the tickets that another desk would treat otherwise -----------------------------------------------------------------


def changes(now: Desk, trial: Desk, until: datetime | int) -> Job:
    """Compare two desks over every ticket, time going on up to *until*: one row for each ticket that differs, as in `Differing.row`."""
    columns = {
        "ticket": str, "at": str, "moment": str, "kind": str, "name": str, "why_a": str, "why_b": str, "decision_a": str, "decision_b": str,
        "breaches_a": int, "breaches_b": int, "effects_a": int, "effects_b": int, "ends": str,
    }  # fmt: skip
    return Job(columns=columns, run=partial(_changes, now, trial, until))


def _changes(now: Desk, trial: Desk, until: datetime | int, lines: Iterable[Line]) -> Iterator[Row]:
    history = history_from_lines((body for _, body in lines), trusted=True)
    return iter(compare(now, trial, history, until=until).rows())  # holds the tickets of a part, not its events
