"""Histories as moments: what happened together on one ticket is handled together again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from ticketcore.model import EventBase, Outside

__all__ = ["FINISHED", "moments"]

FINISHED: Final = frozenset({"closed", "removed"})  # categories in which a ticket may be over


def moments(history: Iterable[EventBase]) -> Iterator[tuple[Outside, ...]]:
    """The outside moments of a history, in order: neighbours of one ticket with one moment id belong together.

    What a desk decided, and what a rule did, is passed over.
    """
    waiting: list[Outside] = []
    for event in history:
        if not isinstance(event, Outside) or not event.is_outside or event.cause:
            continue
        if waiting and (not event.moment or event.moment != waiting[0].moment or event.ticket != waiting[0].ticket):
            yield tuple(waiting)
            waiting = []
        waiting.append(event)
    if waiting:
        yield tuple(waiting)
