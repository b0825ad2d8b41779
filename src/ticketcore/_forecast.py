"""What if: what would follow, and what would be due, before anybody commits to it. Nothing here changes anything."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from attrs import field, frozen
from pendulum import DateTime

from ticketcore._effects import EffectBase
from ticketcore._ticket import check_ticket
from ticketcore._time import iso, maybe_from_us
from ticketcore._trace import say_kinds, say_ticket, say_wake
from ticketcore.model import Breached, EventBase, Ticket, Warned
from ticketcore.sla import Sla, Standing


@frozen(kw_only=True)
class Forecast:
    """What would follow if these events happened and then nobody acted until an instant.

    ``standings`` are the clocks as they would stand at the end; ``warnings`` and ``breaches`` what time would bring on the way;
    ``events`` and ``effects`` all that would be recorded and asked for. Prints as what it would come to, a line for each clock.

    >>> from ticketcore import Created, Person, load_desk
    >>> desk = load_desk({"sla": [{"name": "gold", "warn": ["-15m"], "targets": {"first_reply": "1h"}}]})
    >>> ticket = desk.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> ahead = desk.forecast(ticket, until=7_200_000_000)  # if nobody answers for two hours
    >>> len(ahead.warnings), [str(breach.due) for breach in ahead.breaches], ahead.standings["first_reply"].state
    (1, ['1970-01-01 01:00:00+00:00'], 'breached')
    >>> print(ahead)
    T-1: new, priority low
      2 events: warned, breached; no effects
      first_reply: breached, due 1970-01-01T01:00:00Z, 2h used, 1h promised
      first_assign: running, 2h used, nothing promised
      resolution: running, 2h used, nothing promised
      nothing will happen by itself
    """

    ticket: Ticket
    standings: Mapping[str, Standing]
    events: tuple[EventBase, ...]
    effects: tuple[EffectBase, ...]
    wake_us: int | None = field(default=None, repr=iso)

    @property
    def warnings(self) -> tuple[Warned, ...]:
        """The warnings that would be given."""
        return tuple(event for event in self.events if isinstance(event, Warned))

    @property
    def breaches(self) -> tuple[Breached, ...]:
        """The promises that would be broken."""
        return tuple(event for event in self.events if isinstance(event, Breached))

    def due(self, metric: str) -> DateTime | None:
        """When *metric* would be due, or would have been; None: not at all, while it is paused, or where it would not have been started."""
        standing = self.standings.get(metric)
        return None if standing is None else standing.due

    def __str__(self) -> str:
        told = [say_ticket(self.ticket), say_kinds(self.events, self.effects), *map(str, self.standings.values()), say_wake(self.wake_us)]
        return "\n  ".join(told)


@frozen(kw_only=True)
class Redated:
    """One open promise that would be due at another instant: ``was_us`` now, ``now_us`` under the other configuration.

    None: not due while things stay as they are (paused, or nothing promised).

    >>> from ticketcore import Created, Person, load_desk
    >>> desk = load_desk({
    ...     "hours": {"office": {"zone": "UTC", "week": {"mon-sun": ["09:00-17:00"]}}},
    ...     "sla": [{"name": "gold", "hours": "office", "targets": {"first_reply": "4h"}}],
    ... })
    >>> ticket = desk.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> [saved] = desk.redated([ticket], desk.with_holiday("office", "1970-01-01"))
    >>> str(saved.was), str(saved.now), saved.saves(86_400_000_000)  # it would have broken within the day
    ('1970-01-01 13:00:00+00:00', '1970-01-02 13:00:00+00:00', True)
    """

    ticket: str
    metric: str
    was_us: int | None = field(repr=iso)
    now_us: int | None = field(repr=iso)

    @property
    def was(self) -> DateTime | None:
        """When it is due as things are."""
        return maybe_from_us(self.was_us)

    @property
    def now(self) -> DateTime | None:
        """When it would be due."""
        return maybe_from_us(self.now_us)

    def saves(self, at_us: int) -> bool:
        """Whether a promise that breaks at or before an instant would not have broken by then."""
        return self.was_us is not None and self.was_us <= at_us and (self.now_us is None or self.now_us > at_us)


def redated(tickets: Iterable[Ticket], old: Sla, new: Sla) -> Iterator[Redated]:
    """Every open promise of *tickets* that would be due at another instant if *new* held instead of *old*.

    Policies are not chosen anew and what is counted stays counted; the open run is measured on the new hours, and the target is
    the one that the same policy of the new configuration promises for the ticket's priority.
    """
    for ticket in tickets:
        check_ticket(ticket)
        for metric, clock in ticket.clocks.items():
            cycle = clock.cycle
            if cycle.verdict is None and cycle.target is not None:
                was = old.due_us(cycle)
                now = new.due_us(new.promised_anew(cycle, metric, ticket.priority))
                if was != now:
                    yield Redated(ticket=ticket.id, metric=metric, was_us=was, now_us=now)
