"""Strategies for histories that a desk takes as they are: nothing in them is refused, and every move of the lifecycle is soon seen."""

from __future__ import annotations

from typing import Any, Final

from hypothesis import strategies as st

from ticketcore._time import DAY_US, MINUTE_US
from ticketcore.desk import Desk, Outcome
from ticketcore.errors import TicketcoreError
from ticketcore.extra.strategies.conditions import EVENING_US
from ticketcore.extra.strategies.histories import MARIA, History, Moment, actors, creations, moment_instants, outside_events
from ticketcore.lifecycle import TRIGGERS
from ticketcore.model import (
    AgentReplied,
    Closed,
    CustomerReplied,
    Deleted,
    MarkedAnswered,
    MarkedSpam,
    Merged,
    Message,
    NotSpam,
    Outside,
    Postponed,
    Purged,
    Reopened,
    Resolved,
    Restored,
    StatusSet,
)  # fmt: skip

__all__ = ["legal_histories"]

_MOVED_BY: Final[dict[str, type[Outside]]] = {
    TRIGGERS[kind.kind]: kind for kind in (
        AgentReplied, CustomerReplied, MarkedAnswered, Resolved, Postponed, Closed, Reopened, MarkedSpam, NotSpam, Deleted, Restored,
        Purged, Merged, StatusSet,
    )
}  # fmt: skip
_FINAL: Final = frozenset({"purge", "merge"})  # after these a history has little left to say


@st.composite
def legal_histories(draw: st.DrawFn, desk: Desk, *, most: int = 12) -> History:
    """Histories of one ticket of *desk* that it takes as they are, moment by moment, of at most so many.

    Half of the moments move the status, by a trigger that the present status knows; the rest are anything that is not refused.

    >>> from hypothesis import given, settings
    >>> from ticketcore.extra.laws import live
    >>> @settings(max_examples=5, derandomize=True, deadline=None)
    ... @given(legal_histories(Desk()))
    ... def test_nothing_is_refused(history):
    ...     assert len(live(Desk(), history).taken) == len(history)
    >>> test_nothing_is_refused()
    """
    creation: Moment = (draw(creations(desk, EVENING_US)),)
    outcome = desk.handle(None, *creation)
    log: list[Moment] = [creation]
    for number in range(1, draw(st.integers(1, max(1, most - 1))) + 1):
        at = max(draw(moment_instants(outcome.ticket, outcome.wake_us)), outcome.ticket.floor_us)
        moment, after = draw(_taken(desk, outcome, at, f"e{number}"))
        if after is not None:
            log.append(moment)
            outcome = after
    return tuple(log)


@st.composite
def _taken(draw: st.DrawFn, desk: Desk, before: Outcome, at_us: int, name: str) -> tuple[Moment, Outcome | None]:
    """A moment that the desk takes, and what follows; None where what was drawn is refused."""
    ticket = desk.tick(before.ticket, at_us).ticket if draw(st.booleans()) else before.ticket
    triggers = [trigger for trigger in desk.lifecycle.of(ticket).allowed(ticket.status) if trigger in _MOVED_BY]
    lasting = [trigger for trigger in triggers if trigger not in _FINAL]
    moves: bool = draw(st.booleans())
    event: Outside
    if triggers and moves:
        event = draw(_moving(desk, ticket.status, draw(st.sampled_from(lasting * 4 + triggers)), at_us, name))
    else:
        event = draw(outside_events(desk, at_us, draw(actors()), name))
    try:
        return (event,), desk.handle(before.ticket, event)
    except TicketcoreError:
        return (event,), None


def _moving(desk: Desk, status: str, trigger: str, at_us: int, name: str) -> st.SearchStrategy[Outside]:
    """An event that pulls *trigger*."""
    kind = _MOVED_BY[trigger]
    by = actors() if trigger == "customer_replies" else st.just(MARIA)
    more: dict[str, st.SearchStrategy[Any]] = {}
    if kind is Postponed:
        more["until"] = st.sampled_from([10 * MINUTE_US, 90 * MINUTE_US, 3 * DAY_US]).map(at_us.__add__)
    elif kind is Merged:
        more["into"] = st.just("T-2")
    elif kind is StatusSet:
        more["status"] = st.sampled_from(sorted(desk.lifecycle.allowed(status)[trigger]) or [status])
    elif kind in (AgentReplied, CustomerReplied):
        more["message"] = st.sampled_from([Message(text="Λοιπόν;"), Message(text="and now?", language="en")])
    return st.builds(kind, at=st.just(at_us), id=st.just(name), by=by, **more)
