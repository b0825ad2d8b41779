"""Staffing what-if: tickets arrive, agents on their shifts take the next one and work on it, and the desk does all it does.

A discrete-event simulation (SimPy, the extra ``simulate``) around the same `Desk.handle` and `Desk.tick` that a host calls: rules
fire, clocks run, priorities rise while tickets wait. What comes out is a history like any other, so it can be replayed, reported
and compared. Everything that chance decides about a ticket hangs on the seed and the ticket alone: with another order of work or
other shifts the same tickets come at the same instants and need the same work.

    from ticketcore.extra.simulate import Worker, exponential, poisson, simulate
    arrivals = poisson(per_hour=10, start=monday, count=500, seed=1)
    found = simulate(desk, arrivals, [Worker("maria"), Worker("ivan")], service=exponential("10m"), order=Order.by("fifo"), seed=1)
    found.waits().median_us, found.rows(), found.report().total().compliance
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator
from datetime import datetime, timedelta
from math import factorial, log
from random import Random
from typing import Any, Final

import simpy
from attrs import evolve, field, frozen

from ticketcore._time import HOUR_US, duration_us, iso, to_us
from ticketcore._values import FrozenMap, name_set
from ticketcore.desk import Desk, Outcome
from ticketcore.errors import BadValue, NeverOpen, shorten
from ticketcore.hours import Hours
from ticketcore.model import Agent, AgentReplied, Assigned, Created, CustomerReplied, Outside, Person, Resolved, Ticket
from ticketcore.report import Report, Spread
from ticketcore.routing import Order, Queue

__all__ = ["Arrival", "Service", "Simulated", "Visit", "Worker", "exponential", "fixed", "mmc_wait", "poisson", "simulate"]

Arrival = Callable[[int, int, Random], Created]  # the ticket's number, the instant, chance
Service = Callable[[Ticket, Random], int]  # how long the work on a ticket takes, in microseconds

_WORKABLE: Final = frozenset({"new", "open"})
_NOT_WORKABLE: Final = frozenset({"answered", "postponed", "resolved", "closed", "removed"})


@frozen
class Worker:
    """An agent who works on tickets, one at a time: on which shifts (None: always), and of which groups (none: of all).

    What is begun when a shift ends goes on in the next one; of a last shift nothing is begun that cannot be ended in it.

    >>> from ticketcore import BusinessHours
    >>> maria = Worker("maria", hours=BusinessHours(zone="UTC", week={"mon-sun": ["09:00-17:00"]}))
    >>> found = simulate(Desk(), [Created(at=0, ticket="T-1")], [maria], service=fixed("5m"), order=Order.by("fifo"))
    >>> found.visits[0].taken_us // HOUR_US  # nobody works at midnight
    9
    """

    agent: str
    hours: Hours | None = None
    groups: frozenset[str] = field(default=frozenset(), converter=name_set)


@frozen(kw_only=True)
class Visit:
    """One stretch of work on a ticket: since when it had been waiting for an agent, when one took it, and when the work was done.

    >>> arrivals = [Created(at=minute * 60_000_000, ticket=f"T-{minute}") for minute in (0, 1)]
    >>> found = simulate(Desk(), arrivals, [Worker("maria")], service=fixed("5m"), order=Order.by("fifo"))
    >>> [(visit.ticket, (visit.taken_us - visit.waiting_us) // 60_000_000) for visit in found.visits]  # waited, in minutes
    [('T-0', 0), ('T-1', 4)]
    """

    ticket: str
    agent: str
    waiting_us: int = field(repr=iso)
    taken_us: int = field(repr=iso)
    done_us: int = field(repr=iso)


@frozen(kw_only=True)
class Simulated:
    """What a simulation came to. ``history`` holds the outside events in order, as a desk stores them; ``visits`` the work, as it ended.

    ``left`` are the tickets that were still waiting for an agent at the end. ``until_us`` is the end that was asked for, or the instant
    at which the last work was done; agents' shifts are counted up to it.

    >>> arrivals = poisson(per_hour=6, start=0, count=50, seed=1)
    >>> found = simulate(Desk(), arrivals, [Worker("maria")], service=fixed("5m"), order=Order.by("fifo"), seed=1)
    >>> len(found.visits), found.left, found.waits().median_us < HOUR_US
    (50, (), True)
    >>> found.report().total().resolution_rate, found.rows()[0]["agent"]
    (1.0, 'maria')
    >>> timedelta(0) < found.mean_wait() < timedelta(minutes=5)
    True
    """

    desk: Desk = field(repr=False)
    until_us: int = field(repr=iso)
    history: tuple[Outside, ...] = field(repr=False)
    tickets: FrozenMap[str, Ticket] = field(repr=False)
    visits: tuple[Visit, ...] = field(repr=False)
    left: tuple[str, ...]
    effects: FrozenMap[str, int]
    shifts_us: FrozenMap[str, int]
    outcomes: tuple[Outcome, ...] = field(repr=False)
    _hours: FrozenMap[str, Hours | None] = field(alias="hours", repr=False, eq=False)

    def waits(self) -> Spread:
        """How long tickets waited for an agent, each time they did."""
        return Spread.of(visit.taken_us - visit.waiting_us for visit in self.visits)

    def mean_wait(self) -> timedelta:
        """The mean of these waits; nothing for nobody. Rounded down to a microsecond."""
        waits = [visit.taken_us - visit.waiting_us for visit in self.visits]
        return timedelta(microseconds=sum(waits) // len(waits) if waits else 0)

    def rows(self) -> list[dict[str, Any]]:
        """One flat row for each agent: how many visits, how long at work and on shift (seconds), and the share of the one in the other."""
        visits = Counter(visit.agent for visit in self.visits)
        busy: Counter[str] = Counter()
        for visit in self.visits:
            busy[visit.agent] += self._worked(visit)
        return [
            {
                "agent": agent, "visits": visits[agent], "busy_s": busy[agent] / 1_000_000, "shift_s": shift / 1_000_000,
                "utilisation": busy[agent] / shift if shift else None,
            } for agent, shift in self.shifts_us.items()
        ]  # fmt: skip

    def _worked(self, visit: Visit) -> int:
        hours = self._hours[visit.agent]
        return visit.done_us - visit.taken_us if hours is None else hours.elapsed_us(visit.taken_us, visit.done_us)

    def report(self, hours: Hours | None = None) -> Report:
        """The report of all that happened, times also in *hours* if given."""
        found = Report(hours)
        for outcome in self.outcomes:
            found.add(outcome)
        return found


# --- what chance decides -------------------------------------------------------------------------------------------------


def _drawn(chance: Random, mean_us: int) -> int:
    """A length of time from the exponential distribution; written out, because only `Random.random` is promised to stay the same."""
    return int(-log(1.0 - chance.random()) * mean_us)


def exponential(mean: timedelta | str) -> Service:
    """Work that takes an exponentially distributed time. Raises `BadDuration`.

    >>> exponential("10m")(Ticket(id="T-1"), Random(1)) == exponential("10m")(Ticket(id="T-2"), Random(1))
    True
    """
    mean_us = duration_us(mean)
    return lambda _ticket, chance: _drawn(chance, mean_us)


def fixed(length: timedelta | str) -> Service:
    """Work that always takes as long. Raises `BadDuration`.

    >>> fixed("10m")(Ticket(id="T-1"), Random(1))
    600000000
    """
    length_us = duration_us(length)
    return lambda _ticket, _chance: length_us


def _plain_ticket(number: int, at_us: int, _chance: Random) -> Created:
    return Created(at=at_us, ticket=f"S-{number:07}", by=Person(id=f"customer {number}"))


def poisson(
    *, per_hour: float, start: datetime | int, count: int, seed: int | str = 0, hours: Hours | None = None, make: Arrival = _plain_ticket
) -> Iterator[Created]:
    """*count* tickets that come independently of each other, so many an hour on average; with *hours*, an hour of business time.

    *make* gives the `Created` event of each, out of its number (from 0), its instant and chance. Raises `BadValue` for a rate that is
    not positive.

    >>> [event.ticket for event in poisson(per_hour=6, start=0, count=2)]
    ['S-0000000', 'S-0000001']
    """
    if not 0 < per_hour < float("inf"):
        raise BadValue("tickets come at a positive rate", value=shorten(per_hour))
    mean_us = int(HOUR_US / per_hour)
    return _coming(mean_us, to_us(start), count, seed, hours, make)


def _coming(mean_us: int, at_us: int, count: int, seed: int | str, hours: Hours | None, make: Arrival) -> Iterator[Created]:
    gaps = Random(f"{seed}/gaps")  # noqa: S311 - chance that can be had again is wanted
    for number in range(count):
        gap = _drawn(gaps, mean_us)
        at_us = at_us + gap if hours is None else hours.add_us(at_us, gap)
        yield make(number, at_us, Random(f"{seed}/arrival/{number}"))  # noqa: S311 - as above


def mmc_wait(*, per_hour: float, service: timedelta | str, agents: int) -> timedelta:
    """The mean wait of the textbook queue M/M/c: Poisson arrivals, exponential service, so many agents, first come first served.

    By Erlang's C formula, to the microsecond. Raises `BadValue` when the agents cannot keep up, `BadDuration`.

    >>> mmc_wait(per_hour=4, service="10m", agents=1)
    datetime.timedelta(seconds=1200)
    """
    mean_us = duration_us(service)
    load = per_hour * mean_us / HOUR_US
    if agents < 1 or load >= agents:
        raise BadValue(f"{agents} agents cannot keep up with work for {load:.2f}", value=shorten(agents), hint="more agents, or less work")
    full = load**agents / factorial(agents) * agents / (agents - load)
    waits = full / (sum(load**number / factorial(number) for number in range(agents)) + full)
    return timedelta(microseconds=round(waits * mean_us / (agents - load)))


# --- the simulation ------------------------------------------------------------------------------------------------------


def simulate(
    desk: Desk,
    arrivals: Iterable[Created],
    workers: Iterable[Worker],
    *,
    service: Service,
    order: Order,
    seed: int | str = 0,
    returns: float = 0.0,
    returns_after: timedelta | str = "1h",
    until: datetime | int | None = None,
) -> Simulated:
    """Live through *arrivals* (in order of time; of a log, or `poisson`) with these workers, up to *until* or until all is done.

    A free worker takes the first ticket in *order* of their groups that is new or open and that nobody works on; of several free
    workers the one who has been free longest is given it. When the work is done the agent replies and resolves the ticket, or, in the
    share *returns* of the visits, only replies, and the customer writes again after an exponentially distributed time with the mean
    *returns_after*. Disciplines are orders: ``Order.by("fifo")``, ``Order.by("priority").then("fifo")``, ``Order.by("due").then("fifo")``.

    The same arguments give the same result. Raises `BadValue`, `BadDuration`, `DeskError` for an order that the desk cannot read, and
    as `Desk.handle` does for an arrival.

    >>> from ticketcore import Priority
    >>> desk = Desk(priority=Priority(tags={"vip": "high"}))
    >>> coming = [Created(at=minute * 60_000_000, ticket=f"T-{minute}", tags=tags) for minute, tags in enumerate(([], [], ["vip"]))]
    >>> found = simulate(desk, coming, [Worker("maria")], service=fixed("5m"), order=Order.by("priority").then("fifo"))
    >>> [visit.ticket for visit in found.visits]  # the last to come is the second to be taken
    ['T-0', 'T-2', 'T-1']
    """
    staff = tuple(workers)
    if not staff or len({worker.agent for worker in staff}) < len(staff):
        raise BadValue("a simulation needs workers, each with an agent of its own", value=shorten([worker.agent for worker in staff]))
    if not 0.0 <= returns < 1.0:
        raise BadValue("the share of visits after which customers come back is at least 0 and below 1", value=shorten(returns))
    bound = evolve(order, leave_out=_NOT_WORKABLE).using(desk.vocabulary)
    return _Run(desk, staff, service, bound, seed, returns, duration_us(returns_after)).live(
        arrivals, None if until is None else to_us(until)
    )


Steps = Generator[simpy.Event, Any, None]


class _Run:
    """A simulation under way; its clock counts microseconds."""

    def __init__(
        self, desk: Desk, staff: tuple[Worker, ...], service: Service, order: Order, seed: int | str, returns: float, returns_us: int
    ) -> None:
        self.desk, self.staff, self.service, self.order, self.seed = desk, staff, service, order, seed
        self.returns, self.returns_us = returns, returns_us
        self.tickets: dict[str, Ticket] = {}
        self.queues: dict[str, Queue] = {}  # by group
        self.waiting: dict[str, int] = {}  # since when a ticket waits for an agent
        self.busy: set[str] = set()  # tickets that somebody works on
        self.free: list[tuple[Worker, simpy.Event]] = []  # whoever has nothing to do, the longest first
        self.chance: dict[str, Random] = {}
        self.work: dict[str, int] = {}  # how long the work will take that nobody has begun
        self.visits: list[Visit] = []
        self.outcomes: list[Outcome] = []
        self.worked_us = 0  # when the last work was done

    def live(self, arrivals: Iterable[Created], until_us: int | None) -> Simulated:
        """Everything from the first arrival on."""
        coming = iter(arrivals)
        first = next(coming, None)
        start_us = 0 if first is None else first.at_us
        self.env = simpy.Environment(initial_time=start_us)
        for worker in self.staff:
            self.env.process(self._work(worker))
        self.env.process(self._arrive(first, coming))
        self.env.run(until=None if until_us is None else max(until_us, start_us) + 1)
        end_us = max(self.worked_us, start_us) if until_us is None else max(until_us, start_us)
        shifts = {
            worker.agent: end_us - start_us if worker.hours is None else worker.hours.elapsed_us(start_us, end_us) for worker in self.staff
        }
        return Simulated(
            desk=self.desk, until_us=end_us, tickets=FrozenMap(self.tickets), visits=tuple(self.visits), left=tuple(self.waiting),
            history=tuple(
                event for outcome in self.outcomes for event in outcome.events if isinstance(event, Outside) and not event.cause
            ),
            effects=FrozenMap(Counter(effect.kind for outcome in self.outcomes for effect in outcome.effects)),
            shifts_us=FrozenMap(shifts), outcomes=tuple(self.outcomes),
            hours=FrozenMap({worker.agent: worker.hours for worker in self.staff}),
        )  # fmt: skip

    @property
    def now_us(self) -> int:
        return int(self.env.now)

    # --- processes -------------------------------------------------------------------------------------------------------

    def _arrive(self, event: Created | None, coming: Iterator[Created]) -> Steps:
        while event is not None:
            if event.at_us < self.now_us:
                raise BadValue("arrivals come in order of time", value=shorten(event.ticket))
            if event.at_us > self.now_us:
                yield self.env.timeout(event.at_us - self.now_us)
            self._step(None, event)
            event = next(coming, None)

    def _work(self, worker: Worker) -> Steps:
        while True:
            hours = worker.hours
            if hours is not None and not hours.is_open_us(self.now_us):
                try:
                    opens_us = hours.next_open_us(self.now_us)
                except NeverOpen:
                    return  # the last shift is over
                yield self.env.timeout(opens_us - self.now_us)
                continue
            name = self._reserved(worker)
            if name is None:
                bell = self.env.event()
                self.free.append((worker, bell))
                name = yield bell
            if name is not None and not (yield from self._serve(worker, name)):  # None: the shift has ended
                return

    def _serve(self, worker: Worker, name: str) -> Generator[simpy.Event, Any, bool]:
        """Work on a ticket; False if it cannot be ended in the last shift: then the worker goes home, and the ticket waits for others."""
        agent, taken_us = Agent(id=worker.agent), self.now_us
        chance = self._chance(name)
        if name not in self.work:
            self.work[name] = self.service(self.tickets[name], chance)
        work_us = self.work[name]
        try:
            done_us = taken_us + work_us if worker.hours is None else worker.hours.add_us(taken_us, work_us)
        except NeverOpen:
            self.busy.discard(name)
            self._put(self.tickets[name])
            return False
        del self.work[name]
        waiting_us = self.waiting.pop(name)
        if self.tickets[name].assignee != worker.agent:
            self._step(self.tickets[name], Assigned(at=taken_us, by=agent, agent=worker.agent))
        yield self.env.timeout(done_us - taken_us)
        self.busy.discard(name)
        self.worked_us = done_us
        self.visits.append(Visit(ticket=name, agent=worker.agent, waiting_us=waiting_us, taken_us=taken_us, done_us=done_us))
        self._finish(self.tickets[name], agent, back_us=_drawn(chance, self.returns_us) if chance.random() < self.returns else None)
        return True

    def _finish(self, ticket: Ticket, agent: Agent, back_us: int | None) -> None:
        """The agent replies, and resolves the ticket unless the customer will come back; not if it was closed or removed meanwhile."""
        if ticket.category in ("closed", "removed"):
            return
        events: list[Outside] = [AgentReplied(at=self.now_us, by=agent)]
        if back_us is None and ticket.category != "resolved":
            events.append(Resolved(at=self.now_us, by=agent))
        self._step(ticket, *events)
        if back_us is not None:
            self.env.process(self._come_back(ticket.id, back_us))

    def _come_back(self, name: str, after_us: int) -> Steps:
        yield self.env.timeout(after_us)
        ticket = self.tickets[name]
        self._step(ticket, CustomerReplied(at=self.now_us, by=ticket.requester))

    # --- steps of the desk -----------------------------------------------------------------------------------------------

    def _step(self, ticket: Ticket | None, *events: Outside) -> None:
        self._take(self.desk.handle(ticket, *events, late="restamp"))

    def _take(self, outcome: Outcome) -> None:
        """Keep the ticket, queue it or not, and see to it that it is woken."""
        ticket = outcome.ticket
        name = ticket.id
        self.outcomes.append(outcome)
        before = self.tickets.get(name)
        if before is not None and before.group != ticket.group:
            self._queue(before).discard(name)
        self.tickets[name] = ticket
        if ticket.category in _WORKABLE and name not in self.busy:
            self.waiting.setdefault(name, self.now_us)
            self._put(ticket)
        else:
            self._queue(ticket).discard(name)
            if name not in self.busy:
                self.waiting.pop(name, None)
        if outcome.wake_us is not None:
            self._wake_at(name, outcome.wake_us)

    def _wake_at(self, name: str, wake_us: int) -> None:
        bell = self.env.timeout(max(0, wake_us - self.now_us))
        assert bell.callbacks is not None  # noqa: S101 - it has not rung yet
        bell.callbacks.append(lambda _bell: self._wake(name))

    def _wake(self, name: str) -> None:
        wake = self.desk.wake_us(self.tickets[name])
        if wake is not None and wake <= self.now_us:  # else something happened meanwhile, and it is woken at another instant
            outcome = self.desk.tick(self.tickets[name], self.now_us)
            if outcome.events:
                self._take(outcome)

    # --- who takes what --------------------------------------------------------------------------------------------------

    def _queue(self, ticket: Ticket) -> Queue:
        group = ticket.group or ""
        if group not in self.queues:
            self.queues[group] = Queue(self.order)
        return self.queues[group]

    def _reserved(self, worker: Worker) -> str | None:
        """The first ticket that *worker* may take, out of the queues of their groups; nobody else is offered it."""
        best: Ticket | None = None
        for group, queue in self.queues.items():
            if len(queue) and (not worker.groups or group in worker.groups):
                (ticket,) = queue.first(1)
                if best is None or self.order.key(ticket) < self.order.key(best):
                    best = ticket
        if best is None:
            return None
        self._queue(best).discard(best.id)
        self.busy.add(best.id)
        return best.id

    def _put(self, ticket: Ticket) -> None:
        """Queue *ticket*, and give it to whoever has been free longest and may take it. Those whose shift has ended go home."""
        self._queue(ticket).put(ticket)
        free, self.free = self.free, []
        for worker, bell in free:
            at_work = worker.hours is None or worker.hours.is_open_us(self.now_us)
            given = at_work and ticket.id not in self.busy and (not worker.groups or (ticket.group or "") in worker.groups)
            if given or not at_work:
                bell.succeed(self._reserved(worker) if given else None)
            else:
                self.free.append((worker, bell))

    def _chance(self, name: str) -> Random:
        return self.chance.setdefault(name, Random(f"{self.seed}/{name}"))  # noqa: S311 - chance that can be had again
