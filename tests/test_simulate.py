"""Simulations of staffing: against a recursion that knows no desk, against the textbook's closed form, and against replay."""

from __future__ import annotations

import heapq
import os
from collections.abc import Callable, Iterable
from datetime import timedelta
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk_day import ADA, at, length, promise
from ticketcore import Action, BusinessHours, Created, Desk, Metric, Order, Person, Rule, Settings, Ticket, TicketcoreError, field, since
from ticketcore._time import DAY_US, HOUR_US, MINUTE_US
from ticketcore.errors import BadDuration, BadValue, DeskError
from ticketcore.extra.simulate import Simulated, Worker, exponential, fixed, mmc_wait, poisson, simulate
from ticketcore.replay import replay
from ticketcore.report import report

FIFO = Order.by("fifo")
BARE = Desk(metrics=())
FA = Metric(name="fa", start=("created",), stop=("enter:answered",))
DAY = BusinessHours(zone="UTC", week={"mon-fri": ["09:00-17:00"]})
NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
WORKERS = [Worker("maria"), Worker("ivan"), Worker("lin")]


def coming(*clocks: str, **given_: Any) -> list[Created]:
    return [Created(at=at(clock), ticket=f"T{number}", by=ADA, **given_) for number, clock in enumerate(clocks)]


def work(found: Simulated) -> list[tuple[str, str, int, int]]:
    """Who worked on which ticket from when to when, in minutes after nine."""
    nine = at("09:00")
    return [
        (visit.ticket, visit.agent, (visit.taken_us - nine) // MINUTE_US, (visit.done_us - nine) // MINUTE_US) for visit in found.visits
    ]  # fmt: skip


# --- against what is known otherwise -------------------------------------------------------------------------------------


def waits_of(arrivals: Iterable[Created], work_us: Callable[[str], int], agents: int) -> dict[str, int]:
    """First come, first served by several: each ticket is taken as soon as the first of them is free (Kiefer and Wolfowitz)."""
    free = [0] * agents
    found = {}
    for event in arrivals:
        taken = max(event.at_us, heapq.heappop(free))
        found[event.ticket] = taken - event.at_us
        heapq.heappush(free, taken + work_us(event.ticket))
    return found


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 60)), max_size=30), st.integers(1, 4))
def test_waits_are_those_of_a_recursion_that_knows_no_desk(tickets: list[tuple[int, int]], agents: int) -> None:
    arrivals, lengths, now = [], {}, 0
    for number, (gap, minutes) in enumerate(tickets):
        now += gap * MINUTE_US
        arrivals.append(Created(at=now, ticket=f"T{number:02}", by=ADA))
        lengths[f"T{number:02}"] = minutes * MINUTE_US
    workers = [Worker(f"a{n}") for n in range(agents)]
    found = simulate(BARE, arrivals, workers, service=lambda ticket, _: lengths[ticket.id], order=FIFO)
    expected = waits_of(arrivals, lengths.__getitem__, agents)
    assert {visit.ticket: visit.taken_us - visit.waiting_us for visit in found.visits} == expected
    assert found.left == ()


QUEUES = [(1, 3.0), (2, 7.2), (4, 18.0)]  # agents, and tickets an hour of ten minutes each: loads of 0.5, 0.6 and 0.75


@pytest.mark.parametrize(("agents", "per_hour"), QUEUES)
def test_the_recursion_waits_as_long_as_the_textbook_says(agents: int, per_hour: float) -> None:
    """The chance that the simulation draws on is that of M/M/c: 15,000 tickets come within 8 %, 400,000 (nightly) within 1 %."""
    count, near = (400_000, 0.01) if NIGHTLY else (15_000, 0.08)
    service, nobody = exponential("10m"), Ticket(id="")
    waits = waits_of(
        poisson(per_hour=per_hour, start=0, count=count, seed=1), lambda name: service(nobody, Random(f"1/{name}")), agents
    ).values()  # fmt: skip
    expected = mmc_wait(per_hour=per_hour, service="10m", agents=agents)
    assert abs(timedelta(microseconds=sum(waits)) / count / expected - 1) < near


@pytest.mark.parametrize(("agents", "per_hour"), QUEUES)
def test_the_simulation_waits_as_long_as_the_recursion(agents: int, per_hour: float) -> None:
    """On the same draws exactly; so long runs of the one are long runs of the other. The nightly profile makes one, beside the textbook."""
    count = 400_000 if NIGHTLY else 300
    service, nobody = exponential("10m"), Ticket(id="")
    workers = [Worker(f"a{n}") for n in range(agents)]
    arrivals = list(poisson(per_hour=per_hour, start=0, count=count, seed=1))
    found = simulate(BARE, arrivals, workers, service=service, order=FIFO, seed=1)
    expected = waits_of(arrivals, lambda name: service(nobody, Random(f"1/{name}")), agents)
    assert {visit.ticket: visit.taken_us - visit.waiting_us for visit in found.visits} == expected
    if NIGHTLY:
        assert abs(found.mean_wait() / mmc_wait(per_hour=per_hour, service="10m", agents=agents) - 1) < 0.02


@pytest.mark.parametrize(
    ("agents", "per_hour", "minutes"), [(1, 3, 10), (2, 6, 10 / 3), (2, 9, 12.857142), (3, 12, 4.444444)]
)  # fmt: skip  # M/M/1: load/(1-load) of the service; c = 2: load^2/(1-load^2); c = 3 and load 2/3: 4/9
def test_the_closed_form(agents: int, per_hour: float, minutes: float) -> None:
    wait = mmc_wait(per_hour=per_hour, service=timedelta(minutes=10), agents=agents)
    assert abs(wait - timedelta(minutes=minutes)) < timedelta(milliseconds=1)


def rich() -> Desk:
    """A desk on which something happens while tickets wait."""
    rules = [
        Rule(name="old", when=(field.category == "new") & (since("created") >= "45m"), then=[Action("raise_priority", 1)]),
        Rule(name="late", on=["breached"], then=[Action("notify", "lead")]),
    ]
    return Desk(metrics=(FA,), policies=(promise(1),), rules=rules)


@pytest.mark.parametrize("order", [FIFO, Order.by("priority").then("fifo"), Order.by("due").then("fifo")])
def test_what_comes_out_is_a_history_like_any_other(order: Order) -> None:
    desk = rich()
    arrivals = list(poisson(per_hour=14, start=at("09:00"), count=60, seed=2, make=_some))
    found = simulate(desk, arrivals, WORKERS[:2], service=exponential("9m"), order=order, seed=2, returns=0.2, until=at("09:00", 1))
    again = list(replay(desk, found.history, until=found.until_us))
    last = {outcome.ticket.id: outcome.ticket for outcome in again}
    assert last == dict(found.tickets)
    assert report(again, DAY).rows("priority", "assignee") == found.report(DAY).rows("priority", "assignee")
    assert sum(len(outcome.effects) for outcome in again) == sum(found.effects.values())


def _some(number: int, at_us: int, chance: Random) -> Created:
    return Created(at=at_us, ticket=f"T{number:03}", by=Person(id=f"c{number}"), tags=["hot"] if chance.random() < 0.2 else [])


def test_the_same_seed_gives_the_same_again_and_another_seed_does_not() -> None:
    def run(seed: int) -> Simulated:
        arrivals = poisson(per_hour=14, start=0, count=60, seed=seed, make=_some)
        return simulate(rich(), arrivals, WORKERS[:2], service=exponential("9m"), order=FIFO, seed=seed, returns=0.3)

    assert run(1) == run(1)
    assert run(1).rows() == run(1).rows()
    assert run(1).visits != run(2).visits


def test_another_discipline_meets_the_same_tickets_with_the_same_work() -> None:
    """Urgent ones first: they wait less, the others more, and the work is the same."""
    vip = Rule(name="vip", on=["created"], when=field.tags.has("hot"), then=[Action("set_priority", "urgent")])
    desk = Desk(metrics=(), rules=[vip])

    def run(order: Order) -> dict[str, tuple[int, int]]:
        arrivals = poisson(per_hour=11, start=0, count=90, seed=3, make=_some)
        found = simulate(desk, arrivals, WORKERS[:2], service=exponential("10m"), order=order, seed=3)
        return {visit.ticket: (visit.taken_us - visit.waiting_us, visit.done_us - visit.taken_us) for visit in found.visits}

    fifo, urgent = run(FIFO), run(Order.by("priority").then("fifo"))
    assert {name: work_us for name, (_, work_us) in fifo.items()} == {name: work_us for name, (_, work_us) in urgent.items()}
    hot = [
        name
        for name in fifo
        if any(name == event.ticket and event.tags for event in poisson(per_hour=11, start=0, count=90, seed=3, make=_some))
    ]
    calm = [name for name in fifo if name not in hot]
    assert hot
    assert sum(urgent[name][0] for name in hot) < sum(fifo[name][0] for name in hot) / 2
    assert sum(urgent[name][0] for name in calm) > sum(fifo[name][0] for name in calm)


# --- by hand -------------------------------------------------------------------------------------------------------------


def test_the_next_ticket_goes_to_whoever_has_been_free_longest() -> None:
    found = simulate(BARE, coming("09:00", "09:01", "09:02", "09:30", "09:31"), WORKERS[:2], service=fixed("10m"), order=FIFO)
    assert work(found) == [
        ("T0", "maria", 0, 10), ("T1", "ivan", 1, 11), ("T2", "maria", 10, 20), ("T3", "ivan", 30, 40), ("T4", "maria", 31, 41),
    ]  # fmt: skip
    assert found.waits().count == 5
    assert found.mean_wait() == timedelta(minutes=8) / 5
    assert found.rows() == [
        {"agent": "maria", "visits": 3, "busy_s": 1800.0, "shift_s": 2460.0, "utilisation": 1800 / 2460},
        {"agent": "ivan", "visits": 2, "busy_s": 1200.0, "shift_s": 2460.0, "utilisation": 1200 / 2460},
    ]


def test_the_due_come_first() -> None:
    desk = Desk(metrics=(FA,), policies=(promise(1, "vip", when=field.tags.has("vip")), promise(8)))
    arrivals = coming("09:00", "09:01", "09:02")
    arrivals[2] = Created(at=at("09:02"), ticket="T2", by=ADA, tags=["vip"])
    found = simulate(desk, arrivals, WORKERS[:1], service=fixed("10m"), order=Order.by("due"))
    assert [ticket for ticket, *_ in work(found)] == ["T0", "T2", "T1"]
    assert found.report().by_metric() == {"fa": {"met": 3, "late": 0, "cancelled": 0, "breached": 0}}


def test_a_ticket_moves_up_as_time_passes() -> None:
    """T1 is raised after three quarters of an hour of waiting, and passes T2, which came as medium before that."""
    medium = Rule(name="medium", on=["created"], when=field.tags.has("m"), then=[Action("set_priority", "medium")])
    old = Rule(name="old", when=(field.category == "new") & (since("created") >= "45m"), then=[Action("set_priority", "high")])
    arrivals = [*coming("09:00", "09:01"), Created(at=at("09:30"), ticket="T2", by=ADA, tags=["m"])]
    order = Order.by("priority").then("fifo")
    for rules, expected in (([medium], ["T0", "T2", "T1"]), ([medium, old], ["T0", "T1", "T2"])):
        found = simulate(Desk(metrics=(), rules=rules), arrivals, WORKERS[:1], service=fixed("50m"), order=order)
        assert [ticket for ticket, *_ in work(found)] == expected


def test_work_is_done_on_shifts() -> None:
    arrivals = coming("08:00", "16:50", "20:00")
    found = simulate(BARE, arrivals, [Worker("maria", DAY)], service=fixed("20m"), order=FIFO)
    day = DAY_US // MINUTE_US
    assert work(found) == [("T0", "maria", 60 - 60, 20), ("T1", "maria", 470, day + 10), ("T2", "maria", day + 10, day + 30)]
    assert found.rows() == [{"agent": "maria", "visits": 3, "busy_s": 3600.0, "shift_s": 8.5 * 3600, "utilisation": 3600 / (8.5 * 3600)}]


def test_who_has_gone_home_is_passed_over_and_comes_back() -> None:
    early = BusinessHours(zone="UTC", week={"mon-fri": ["09:00-10:00"]})
    arrivals = [*coming("09:00", "11:00"), Created(at=at("09:00", 1), ticket="T2", by=ADA), Created(at=at("09:01", 1), ticket="T3", by=ADA)]
    found = simulate(BARE, arrivals, [Worker("maria", early), Worker("ivan")], service=fixed("10m"), order=FIFO)
    assert [(visit.ticket, visit.agent) for visit in found.visits] == [("T0", "maria"), ("T1", "ivan"), ("T2", "ivan"), ("T3", "maria")]


def test_nobody_comes_after_the_last_shift() -> None:
    """What cannot be ended in it is not begun: it waits, or goes to somebody else."""
    last = BusinessHours(zone="UTC", exceptions={"2026-11-23": ["09:00-10:00"]})
    arrivals = coming("09:50", "09:52", "12:00")
    found = simulate(BARE, arrivals, [Worker("maria", last)], service=fixed("6m"), order=FIFO)
    assert [visit.ticket for visit in found.visits] == ["T0"]
    assert found.left == ("T1", "T2")
    found = simulate(BARE, coming("09:00", "12:00"), [Worker("maria", last)], service=fixed("6m"), order=FIFO)
    assert ([visit.ticket for visit in found.visits], found.left) == (["T0"], ("T1",))
    found = simulate(BARE, arrivals, [Worker("maria", last), Worker("ivan", groups=["", "sales"])], service=fixed("20m"), order=FIFO)
    assert [(visit.ticket, visit.agent, visit.waiting_us) for visit in found.visits] == [
        ("T0", "ivan", at("09:50")), ("T1", "ivan", at("09:52")), ("T2", "ivan", at("12:00")),
    ]  # fmt: skip


def test_agents_take_tickets_of_their_groups() -> None:
    arrivals = coming("09:00", "09:01", "09:02")
    arrivals[1] = Created(at=at("09:01"), ticket="T1", by=ADA, group="sales")
    workers = [Worker("maria", groups=["sales"]), Worker("ivan", groups=[""])]
    found = simulate(BARE, arrivals, workers, service=fixed("30m"), order=FIFO)
    assert work(found) == [("T0", "ivan", 0, 30), ("T1", "maria", 1, 31), ("T2", "ivan", 30, 60)]
    both = simulate(BARE, [arrivals[0], arrivals[1], arrivals[2]], [Worker("eve")], service=fixed("30m"), order=FIFO)
    assert [ticket for ticket, *_ in work(both)] == ["T0", "T1", "T2"]
    turned = simulate(BARE, [arrivals[1], arrivals[2]], [Worker("eve", groups=["sales", ""])], service=fixed("30m"), order=FIFO)
    assert [ticket for ticket, *_ in work(turned)] == ["T1", "T2"]
    three = [*arrivals, Created(at=at("09:03"), ticket="T3", by=ADA, group="sales")]
    alone = simulate(BARE, three, [Worker("eve")], service=fixed("30m"), order=FIFO)
    assert [ticket for ticket, *_ in work(alone)] == ["T0", "T1", "T2", "T3"]


def test_a_ticket_that_is_handed_on_waits_in_the_other_queue() -> None:
    hand = Rule(name="hand", when=(field.category == "new") & (since("created") >= "10m"), then=[Action("transfer", "sales")])
    arrivals = coming("09:00", "09:01")
    found = simulate(Desk(metrics=(), rules=[hand]), arrivals, [Worker("maria", groups=[""]), Worker("eve", groups=["sales"])],
                     service=fixed("30m"), order=FIFO)  # fmt: skip
    assert work(found) == [("T0", "maria", 0, 30), ("T1", "eve", 11, 41)]
    assert found.visits[1].waiting_us == at("09:01")


def test_customers_come_back() -> None:
    arrivals = poisson(per_hour=6, start=0, count=80, seed=4)
    found = simulate(BARE, arrivals, WORKERS, service=fixed("5m"), order=FIFO, seed=4, returns=0.5, returns_after="2h")
    again = sum(ticket.customer_replies for ticket in found.tickets.values())
    assert len(found.visits) == 80 + again
    assert 50 < again < 120  # one more each, on average
    assert {ticket.status for ticket in found.tickets.values()} == {"resolved"}


@pytest.mark.parametrize(
    ("then", "status", "replies"),
    [("close", "closed", 0), ("delete", "deleted", 0), ("resolve", "resolved", 1), ("mark_answered", "resolved", 1)],
)
def test_what_time_does_meanwhile_is_not_undone(then: str, status: str, replies: int) -> None:
    rules = [
        Rule(name="end", when=since("created") >= "10m", then=[Action("resolve"), Action(then)] if then == "close" else [Action(then)]),
    ]
    found = simulate(Desk(metrics=(), rules=rules), coming("09:00"), WORKERS[:1], service=fixed("30m"), order=FIFO)
    (ticket,) = found.tickets.values()
    assert (ticket.status, ticket.agent_replies) == (status, replies)
    waiting = simulate(Desk(metrics=(), rules=rules), coming("09:00", "09:01"), WORKERS[:1], service=fixed("30m"), order=FIFO)
    assert len(waiting.visits) == 1  # nobody takes what is done already


def test_time_rules_go_on_after_the_work() -> None:
    tidy = Rule(name="tidy", when=(field.status == "resolved") & (since("resolved_at") >= "24h"), then=[Action("close")])
    found = simulate(Desk(metrics=(), rules=[tidy]), coming("09:00"), WORKERS[:1], service=fixed("30m"), order=FIFO)
    assert [ticket.status for ticket in found.tickets.values()] == ["closed"]
    assert found.until_us == at("09:30")
    cut = simulate(Desk(metrics=(), rules=[tidy]), coming("09:00"), WORKERS[:1], service=fixed("30m"), order=FIFO, until=at("09:20"))
    assert (cut.until_us, cut.visits, [ticket.status for ticket in cut.tickets.values()]) == (at("09:20"), (), ["new"])
    far = Rule(name="far", when=since("created") >= "1000d", then=[Action("close")])  # beyond where time is searched: woken in vain
    assert simulate(Desk(metrics=(), rules=[far]), coming("09:00"), WORKERS[:1], service=fixed("30m"), order=FIFO).left == ()


def test_nothing_comes_of_nothing() -> None:
    found = simulate(BARE, [], [Worker("maria", DAY)], service=fixed("5m"), order=FIFO)
    assert (found.visits, found.mean_wait(), found.waits().count) == ((), timedelta(0), 0)
    assert found.rows() == [{"agent": "maria", "visits": 0, "busy_s": 0.0, "shift_s": 0.0, "utilisation": None}]


def test_arrivals_may_come_in_business_time_only() -> None:
    events = list(poisson(per_hour=3, start=at("09:00"), count=100, hours=DAY))
    assert all(DAY.is_open(event.at) for event in events)
    assert 2.5 < len(events) / (DAY.elapsed_us(at("09:00"), events[-1].at_us) / HOUR_US) < 3.5
    assert max(later.at_us - event.at_us for event, later in pairwise(events)) > 10 * HOUR_US  # nights


@pytest.mark.parametrize(
    ("wrong", "error", "words"),
    [
        (lambda: simulate(BARE, [], [], service=fixed("1m"), order=FIFO), BadValue, "needs workers"),
        (lambda: simulate(BARE, [], [Worker("a"), Worker("a")], service=fixed("1m"), order=FIFO), BadValue, "an agent of its own"),
        (lambda: simulate(BARE, [], WORKERS, service=fixed("1m"), order=FIFO, returns=1.0), BadValue, "below 1"),
        (lambda: simulate(BARE, coming("09:01", "09:00"), WORKERS, service=fixed("1m"), order=FIFO), BadValue, "in order of time"),
        (lambda: simulate(BARE, [], WORKERS, service=fixed("1m"), order=Order.by(due="fa")), DeskError, "fa"),
        (lambda: fixed("soon"), BadDuration, "'soon' is no duration"),
        (lambda: poisson(per_hour=0, start=0, count=1), BadValue, "positive rate"),
        (lambda: mmc_wait(per_hour=12, service="10m", agents=2), BadValue, "2 agents cannot keep up with work for 2.00"),
        (lambda: mmc_wait(per_hour=1, service="10m", agents=0), BadValue, "cannot keep up"),
    ],
)
def test_what_cannot_be_is_refused(wrong: Callable[[], object], error: type[TicketcoreError], words: str) -> None:
    with pytest.raises(error, match=words):
        wrong()


def test_a_strict_desk_is_obeyed() -> None:
    """Late by a microsecond: what time brought at the very instant of the reply comes first, and the reply is moved, not lost."""
    desk = Desk(metrics=(FA,), policies=(promise(0.5),), settings=Settings(late="refuse"))
    found = simulate(desk, coming("09:00"), WORKERS[:1], service=lambda _ticket, _chance: 30 * MINUTE_US, order=FIFO)
    (ticket,) = found.tickets.values()
    assert ticket.status == "resolved"
    assert isinstance(ticket, Ticket)
    assert length(0.5).us == 30 * MINUTE_US
