"""A state machine for hosts: the same random days through the library and through your application, compared after every step.

Subclass `DeskMachine`, say how your application is started, fed and read, and let pytest run its ``TestCase``::

    class MyHost(DeskMachine):
        desk = my_desk
        def start(self): self.app = App(my_desk)
        def deliver(self, moment): self.app.post(moment)
        def wake(self, now): self.app.run_timers(now)
        def ticket(self, name): return self.app.tickets.get(name)

    TestMyHost = MyHost.TestCase

What it does to the host: several tickets, moments at the instants that matter, the same delivery twice, two workers on one ticket,
timers on time, late and in bulk, an outbox, a restart in between. What it looks for: docs/how-to/test-your-host.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, Final

import attrs
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule
from pendulum import DateTime

from ticketcore._time import DAY_US, HOUR_US, MINUTE_US, from_us, iso
from ticketcore._values import changed
from ticketcore.desk import Desk, Outcome
from ticketcore.errors import TicketcoreError
from ticketcore.extra.strategies.conditions import EVENING_US
from ticketcore.extra.strategies.histories import Moment, actors, creations, moment_instants, outside_events
from ticketcore.model import EffectBase, EventBase, Ticket, fold

__all__ = ["DeskMachine"]

_NAMES: Final = ("T-1", "T-2", "T-3")


@attrs.define
class _Life:
    """What the library makes of one ticket: the ticket, its log, its effects, and every moment that was taken."""

    ticket: Ticket
    events: list[EventBase] = attrs.field(factory=list)
    effects: dict[str, EffectBase] = attrs.field(factory=dict)
    taken: list[Moment] = attrs.field(factory=list)
    number: int = 0  # of moments drawn, to name the events by

    def add(self, outcome: Outcome) -> None:
        self.ticket = outcome.ticket
        self.events += outcome.events
        self.effects |= {effect.key: effect for effect in outcome.effects}


class DeskMachine(RuleBasedStateMachine):
    """Random days of a desk through the library and through a host, compared after every step. To be subclassed.

    ``desk`` is the desk that both run. `start`, `deliver` and `ticket` must be given; each of the others makes more be looked at.
    A host that differs fails with an `AssertionError` that says which ticket, which fields, and what each has.

    >>> class Dictionary(DeskMachine):
    ...     desk = Desk()
    ...     def start(self):
    ...         self.tickets = {}
    ...     def deliver(self, moment):
    ...         with suppress(TicketcoreError):
    ...             outcome = self.desk.handle(self.tickets.get(moment[0].ticket), *moment)
    ...             self.tickets[outcome.ticket.id] = outcome.ticket
    ...     def ticket(self, name):
    ...         return self.tickets.get(name)
    ...     def wake(self, now):
    ...         self.tickets = {name: self.desk.tick(ticket, now).ticket for name, ticket in self.tickets.items()}
    >>> from contextlib import suppress
    >>> from hypothesis import settings
    >>> from hypothesis.stateful import run_state_machine_as_test
    >>> run_state_machine_as_test(Dictionary, settings=settings(max_examples=3, stateful_step_count=5, deadline=None, database=None))
    """

    desk: ClassVar[Desk]

    # --- what a host says of itself ----------------------------------------------------------------------------------

    def start(self) -> None:
        """Make the application anew, empty."""
        raise NotImplementedError("say how the host is started: def start(self)")

    def deliver(self, moment: Moment) -> None:
        """Hand the application what happened to one ticket at one instant. A refusal of the desk's is no error: the host may swallow it."""
        raise NotImplementedError("say how the host hears of events: def deliver(self, moment)")

    def ticket(self, name: str) -> Ticket | None:
        """The ticket of that id as the application has stored it; None if it has none."""
        raise NotImplementedError("say what the host has stored: def ticket(self, name)")

    def wake(self, now: DateTime) -> None:
        """Run the timers of the application: everything that is due at or before *now*."""
        raise NotImplementedError("say how the host's timers run: def wake(self, now)")

    def events(self, name: str) -> Iterable[EventBase] | None:  # noqa: ARG002 - for a subclass to use
        """The stored log of a ticket, in order; None: the host keeps none, and it is not looked at."""
        return None

    def sent(self) -> Iterable[str] | None:
        """The keys of all effects that the application has carried out, each as often as it did; None: not looked at."""
        return None

    def send(self, now: DateTime) -> None:
        """Carry out what waits in the outbox, at *now*."""

    def race(self, first: Moment, second: Moment) -> None:
        """Let two workers deliver at once to one ticket, both having read it before either writes."""
        self.deliver(first)
        self.deliver(second)

    def restart(self) -> None:
        """Stop the application and start it again on what it has stored."""

    # --- what happens to it ------------------------------------------------------------------------------------------

    def __init__(self) -> None:
        super().__init__()
        self._lives: dict[str, _Life] = {}
        self._now = EVENING_US
        self._sent: Counter[str] = Counter()
        self.start()

    @precondition(lambda self: len(self._lives) < len(_NAMES))
    @rule(data=st.data(), wait=st.sampled_from([0, 0, 30 * MINUTE_US, 7 * HOUR_US]))
    def a_ticket_is_created(self, data: st.DataObject, wait: int) -> None:
        """Somebody asks."""
        name = _NAMES[len(self._lives)]
        self._now += wait
        moment: Moment = (changed(data.draw(creations(self.desk, self._now)), ticket=name),)
        self.deliver(moment)
        outcome = self.desk.handle(None, *moment)
        life = self._lives[name] = _Life(outcome.ticket, taken=[moment])
        life.add(outcome)
        self._compare(name, f"{name} was created")

    @precondition(lambda self: self._lives)
    @rule(data=st.data())
    def something_happens(self, data: st.DataObject) -> None:
        """A moment, legal or not, at an instant that matters."""
        name = data.draw(st.sampled_from(sorted(self._lives)))
        moment = self._moment(data, name)
        self.deliver(moment)
        self._model(name, moment)
        self._compare(name, f"{name}: {_say(moment)}")

    @precondition(lambda self: self._lives)
    @rule(data=st.data())
    def it_is_delivered_again(self, data: st.DataObject) -> None:
        """The network delivers a moment a second time: nothing may change."""
        name = data.draw(st.sampled_from(sorted(self._lives)))
        moment = data.draw(st.sampled_from(self._lives[name].taken[-3:]))
        self.deliver(moment)
        self._compare(name, f"{name}: {_say(moment)} was delivered again")

    @precondition(lambda self: self._lives)
    @rule(data=st.data())
    def two_workers_meet(self, data: st.DataObject) -> None:
        """Two moments of one instant, at once: both are taken, in one order or the other."""
        name = data.draw(st.sampled_from(sorted(self._lives)))
        first = self._moment(data, name)
        second = self._moment(data, name, first[0].at_us)
        self.race(first, second)
        stored = self.ticket(name)
        for order in ((first, second), (second, first)):
            if self._after(name, order) == stored:
                break
        else:
            order = (first, second)
        for moment in order:
            self._model(name, moment)
        self._compare(name, f"{name}: two workers, {_say(first)} and {_say(second)}")

    @precondition(lambda self: self._lives)
    @rule(data=st.data())
    def time_passes(self, data: st.DataObject) -> None:
        """The timers run: just before something is due, exactly then, or long after."""
        wakes = [wake for life in self._lives.values() if (wake := self.desk.wake_us(life.ticket)) is not None]
        near = [at for wake in wakes for at in (wake - 1, wake, wake, wake + 1) if self._now <= at < self._now + 40 * DAY_US]
        self._now = data.draw(st.sampled_from([self._now + MINUTE_US, self._now + 5 * HOUR_US, self._now + 3 * DAY_US, *near, *near]))
        self.wake(from_us(self._now))
        for name, life in self._lives.items():
            wake = self.desk.wake_us(life.ticket)
            if wake is not None and wake <= self._now:
                self._add(name, self.desk.tick(life.ticket, self._now))
        for name in self._lives:
            self._compare(name, f"the timers ran at {iso(self._now)}")

    @precondition(lambda self: self._lives)
    @rule()
    def the_outbox_is_sent(self) -> None:
        """Effects go out: each once, none that is stale, none forgotten."""
        self.send(from_us(self._now))
        self._compare_sent(flushed=True)

    @precondition(lambda self: self._lives)
    @rule()
    def the_host_restarts(self) -> None:
        """A deployment, or a crash between two steps: all that was stored is still there."""
        self.restart()
        for name in self._lives:
            self._compare(name, "the host restarted")

    # --- the library's side ------------------------------------------------------------------------------------------

    def _moment(self, data: st.DataObject, name: str, at_us: int | None = None) -> Moment:
        """A moment for a ticket; every event has an id, so that a second delivery can be told from a second event."""
        life = self._lives[name]
        life.number += 1
        at = data.draw(moment_instants(life.ticket, self.desk.wake_us(life.ticket))) if at_us is None else at_us
        self._now = max(self._now, at)
        by = data.draw(actors())
        count = data.draw(st.sampled_from([1, 1, 1, 2]))
        drawn = (data.draw(outside_events(self.desk, at, by, f"e{life.number}.{place}")) for place in range(count))
        return tuple(changed(event, ticket=name) for event in drawn)

    def _model(self, name: str, moment: Moment) -> None:
        life = self._lives[name]
        try:
            outcome = self.desk.handle(life.ticket, *moment)
        except TicketcoreError:
            return
        life.taken.append(moment)
        self._add(name, outcome)

    def _add(self, name: str, outcome: Outcome) -> None:
        self._lives[name].add(outcome)

    def _after(self, name: str, moments: Sequence[Moment]) -> Ticket:
        ticket = self._lives[name].ticket
        for moment in moments:
            try:
                ticket = self.desk.handle(ticket, *moment).ticket
            except TicketcoreError:
                continue
        return ticket

    # --- comparing ---------------------------------------------------------------------------------------------------

    def _compare(self, name: str, after: str) -> None:
        life = self._lives[name]
        stored = self.ticket(name)
        _must(stored is not None, f"after {after}: the host has no ticket {name}")
        _must(stored == life.ticket, f"after {after}: the host's ticket is another one\n{_difference(stored, life.ticket)}")
        log = self.events(name)
        if log is not None:
            self._compare_log(name, list(log), after)
        self._compare_sent(flushed=False)

    def _compare_log(self, name: str, log: list[EventBase], after: str) -> None:
        wanted = self._lives[name].events
        for place, (theirs, ours) in enumerate(zip(log, wanted, strict=False)):
            _must(theirs == ours, f"after {after}: event {place} of {name} is\n  {theirs}\nnot\n  {ours}")
        _must(len(log) == len(wanted), f"after {after}: the log of {name} has {len(log)} events, not {len(wanted)}")
        _must(fold(log) == self.ticket(name), f"after {after}: the log of {name} does not fold to its ticket")

    def _compare_sent(self, *, flushed: bool) -> None:
        """Every key once, only what the desk asked for, nothing stale; after a flush everything that is not stale."""
        keys = self.sent()
        if keys is None:
            return
        wanted = {key: effect for life in self._lives.values() for key, effect in life.effects.items()}
        sent = Counter(keys)
        for key, times in sent.items():
            _must(key in wanted, f"{key!r} was sent, and nobody asked for it")
            _must(times == 1, f"{key!r} was sent {times} times")
            expires = wanted[key].expires_us
            in_time = key in self._sent or expires is None or expires >= self._now
            _must(in_time, f"{key!r} was sent at {iso(self._now)}, stale since {iso(expires)}")
        for key, effect in wanted.items():
            fresh = effect.expires_us is None or effect.expires_us > self._now
            _must(key in sent or not (flushed and fresh), f"{key!r} ({effect.kind}) was not sent")
        self._sent = sent


def _must(held: object, broken: str) -> None:
    """An assertion that ``python -O`` does not take out."""
    if not held:
        raise AssertionError(broken)


def _say(moment: Moment) -> str:
    return f"{' + '.join(event.kind for event in moment)} at {iso(moment[0].at_us)}"


def _difference(theirs: Any, ours: Ticket) -> str:
    """The fields in which two tickets differ, a line each."""
    if not isinstance(theirs, Ticket):
        return f"  it is no ticket but {type(theirs).__name__}"
    lines = []
    for part in attrs.fields(Ticket):
        one, other = getattr(theirs, part.name), getattr(ours, part.name)
        if part.eq and one != other:
            lines.append(f"  {part.name}: the host has {one!r}, the library {other!r}")
    return "\n".join(lines)
