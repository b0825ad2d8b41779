"""Histories through a desk: the outside world's events go in again, everything else is derived anew. Streams.

A stored log can be fed as it is: what the desk once decided is passed over, events that were handled together are handled
together again. ``replay`` is a generator of outcomes; `Replay` is the same with the tickets kept, for hosts that feed as they read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from ticketcore._compare import Comparison, Differing, Listed, Sums, compare
from ticketcore._moments import FINISHED, moments
from ticketcore._reasons import Difference, Reason
from ticketcore._step import not_to_hand
from ticketcore._time import to_us
from ticketcore.desk import Desk, Outcome
from ticketcore.errors import BadValue, WrongTicket, check_kind, shorten
from ticketcore.model import Created, EventBase, Outside, Ticket

__all__ = ["Comparison", "Difference", "Differing", "Listed", "Reason", "Replay", "Sums", "compare", "moments", "replay"]


class Replay:
    """A desk with the tickets of one history. Feed it moments in order of time for each ticket; different tickets may interleave.

    ``keep="all"`` keeps every ticket; ``keep="open"`` forgets one as soon as it is closed or removed and nothing is due for it, so that
    memory is bounded by the open tickets (a later event of a forgotten ticket is refused). Raises `BadValue` for any other *keep*, and for
    what is no desk.

    >>> from ticketcore import AgentReplied, Agent, Created, Desk, Person
    >>> run = Replay(Desk())
    >>> _ = run.feed(Created(at=0, ticket="T-1", by=Person(name="Ada")))
    >>> run.feed(AgentReplied(at=60_000_000, ticket="T-1", by=Agent(id="maria"))).ticket.status
    'answered'
    """

    def __init__(self, desk: Desk, *, keep: str = "all", late: str | None = None, observe: bool | None = None) -> None:
        if keep not in ("all", "open"):
            raise BadValue(f"keep is all or open, not {shorten(keep)}", value=shorten(keep))
        check_kind(desk, Desk, "a desk", "replay(desk, history)", "desk")
        self.desk: Final = desk
        self.tickets: dict[str, Ticket] = {}
        self._keep_all = keep == "all"
        self._late, self._observe = late, observe

    def feed(self, *moment: Outside) -> Outcome:
        """Handle one moment; its first event names the ticket. Raises as `Desk.handle` does; then nothing has changed.

        Raises `WrongTicket` for a moment that names no ticket, or one that was not created in this history.
        """
        if moment and not isinstance(moment[0], EventBase):
            raise not_to_hand(moment[0])
        if not moment or not moment[0].ticket:
            raise WrongTicket("an event of a history names its ticket", value=moment[0].kind if moment else "", hint="give ticket=")
        name = moment[0].ticket
        ticket = self.tickets.get(name)
        if ticket is None and not isinstance(moment[0], Created):
            raise WrongTicket(f"no ticket {name!r} in this history yet", value=name, hint="it begins with a Created event")
        outcome = self.desk.handle(ticket, *moment, late=self._late, observe=self._observe)
        self._store(outcome.ticket, outcome.wake_us)
        return outcome

    def over(self, history: Iterable[EventBase]) -> Iterator[Outcome]:
        """Feed a whole history, moment by moment."""
        for moment in moments(history):
            yield self.feed(*moment)

    def settle(self, until: datetime | int) -> Iterator[Outcome]:
        """Let time pass for every ticket, up to and including *until*; outcomes of those to which something happened.

        >>> from ticketcore import Created, load_desk
        >>> run = Replay(load_desk({"sla": [{"name": "gold", "targets": {"first_reply": "1h"}}]}))
        >>> [outcome.ticket.status for outcome in run.over([Created(at=0, ticket="T-1"), Created(at=5, ticket="T-2")])]
        ['new', 'new']
        >>> [event.kind for outcome in run.settle(86_400_000_000) for event in outcome.events]
        ['breached', 'breached']
        """
        until_us = to_us(until)
        for ticket in list(self.tickets.values()):
            wake = self.desk.wake_us(ticket)
            if wake is not None and wake <= until_us:
                outcome = self.desk.tick(ticket, until_us)
                if outcome.events:
                    self._store(outcome.ticket, outcome.wake_us)
                    yield outcome

    def _store(self, ticket: Ticket, wake_us: int | None) -> None:
        if self._keep_all or ticket.category not in FINISHED or wake_us is not None:
            self.tickets[ticket.id] = ticket
        else:
            self.tickets.pop(ticket.id, None)


def replay(
    desk: Desk, history: Iterable[EventBase], *, until: datetime | int | None = None, late: str | None = None, observe: bool | None = None
) -> Iterator[Outcome]:
    """The outcome of every moment of *history* under *desk*, one by one; with *until*, then of the time that passes up to it.

    Raises as `Desk.handle` does, at the moment in question.

    >>> from ticketcore import Created, Desk, Person, Resolved
    >>> history = [Created(at=0, ticket="T-1", by=Person(name="Ada")), Resolved(at=5, ticket="T-1")]
    >>> [outcome.ticket.status for outcome in replay(Desk(), history)]
    ['new', 'resolved']
    """
    run = Replay(desk, late=late, observe=observe)
    yield from run.over(history)
    if until is not None:
        yield from run.settle(until)
