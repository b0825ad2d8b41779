"""Histories as moments: what happened together on one ticket is handled together again."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator
from typing import Final, TypeVar

from ticketcore._people import check_event
from ticketcore.errors import BadValue, check_kind, shorten
from ticketcore.model import EventBase, Outside

__all__ = ["FINISHED", "moments", "steps", "ticket_by_ticket"]

T = TypeVar("T")

FINISHED: Final = frozenset({"closed", "removed"})  # categories in which a ticket may be over
AT_ONCE: Final = 16_384  # how far a history is read ahead


def moments(history: Iterable[EventBase]) -> Iterator[tuple[Outside, ...]]:
    """The outside moments of a history, in order: neighbours of one ticket with one moment id belong together.

    What a desk decided, and what a rule did, is passed over. Raises `BadValue` for what is no event.

    >>> from ticketcore import Created, Desk, Resolved
    >>> from ticketcore.replay import replay
    >>> log = [Created(at=0, ticket="T-1"), Resolved(at=60_000_000, ticket="T-1")]
    >>> stored = [event for outcome in replay(Desk(), log) for event in outcome.events]
    >>> len(stored), [[event.kind for event in moment] for moment in moments(stored)]
    (8, [['created'], ['resolved']])
    """
    check_kind(history, Iterable, "a history of events", "give a list of them", "history")
    waiting: list[Outside] = []
    for event in history:
        if not isinstance(event, Outside) or not event.is_outside or event.cause:
            check_event(event)
            continue
        if waiting and (not event.moment or event.moment != waiting[0].moment or event.ticket != waiting[0].ticket):
            yield tuple(waiting)
            waiting = []
        waiting.append(event)
    if waiting:
        yield tuple(waiting)


def steps(log: Iterable[EventBase], fingerprint: str) -> Iterator[tuple[tuple[Outside, ...], list[EventBase]]]:
    """A stored log step by step: the moment (empty for what time brought), and all events of the step as the desk recorded them.

    Raises `BadValue` for a log that another desk made, or in which the events of one step do not stand together.
    """
    moment: list[Outside] = []
    found: list[EventBase] = []
    for event in log:
        if event.desk != fingerprint:
            hint = "compare without recorded=True: then everything is derived anew"
            raise BadValue(f"event {event.id!r} was not recorded by the first desk", value=shorten(event.desk), hint=hint)
        outside = isinstance(event, Outside) and event.is_outside and not event.cause
        new = not found or found[0].ticket != event.ticket
        if outside:
            new = new or not moment or event.moment != moment[0].moment  # type: ignore[attr-defined]  # it is outside
        elif event.is_due:
            new = new or bool(moment)
        elif new:
            raise BadValue(f"event {event.id!r} stands apart from its step", value=shorten(event.ticket), hint="keep a log in its order")
        if new and found:
            yield tuple(moment), found
            moment, found = [], []
        if outside:
            moment.append(event)  # type: ignore[arg-type]  # as above
        found.append(event)
    if found:
        yield tuple(moment), found


def ticket_by_ticket(steps: Iterable[T], read: Callable[[T], tuple[str, tuple[Outside, ...]]]) -> Iterator[tuple[int, T]]:
    """The same steps with their places, ticket after ticket within each `AT_ONCE` of them: what belongs to one ticket is still at hand.

    Each ticket keeps its order, tickets begin in their order, and none is asked for an answer before it has sent what is answered.
    *read* gives the ticket and the moment of a step.
    """
    waiting: dict[str, tuple[list[int], list[T]]] = {}
    known: set[str] = set()
    count = 0
    for place, step in enumerate(steps):
        name, moment = read(step)
        if count == AT_ONCE or any(event.answers and _is_asked_by_another(event.answers, name, known) for event in moment):
            for those in waiting.values():
                yield from zip(*those, strict=True)
            waiting.clear()
            count = 0
        if name not in waiting:
            waiting[name] = ([], [])
            known.add(name)
        places, held = waiting[name]
        places.append(place)
        held.append(step)
        count += 1
    for those in waiting.values():
        yield from zip(*those, strict=True)


def _is_asked_by_another(key: str, name: str, known: Container[str]) -> bool:
    """Whether the effect of this key may be of a ticket in *known* that is not the one of that name: a key begins with its ticket's."""
    return any(letter == "/" and key[:end] != name and key[:end] in known for end, letter in enumerate(key))
