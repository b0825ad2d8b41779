"""How long anyone waits: ageing shows its rank, and the worst wait that is worked out is never exceeded (nightly: 20,000 days)."""

from __future__ import annotations

import heapq
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticketcore._time import DAY_US, HOUR_US, MINUTE_US, to_timedelta
from ticketcore._values import FrozenMap
from ticketcore.errors import BadDuration, BadValue, UnknownName
from ticketcore.model import Ticket
from ticketcore.routing import LEVELS, Age, HeadStart, Member, Order, Priority, Queue, Roster, choose, longest_wait

starts = st.dictionaries(st.sampled_from(LEVELS), st.integers(0, 9))
AGEING = HeadStart(starts={"urgent": "4h", "high": "1h"})


def waiting(level: str, since: int | None = 0, name: str = "T") -> Ticket:
    return Ticket(id=name, category="open", priority=level, waiting_since_us=since)


# --- the rank that ageing gives --------------------------------------------------------------------------------------


@given(starts, st.sampled_from(LEVELS), st.integers(0, 9), st.integers(0, 20))
def test_a_ticket_counts_as_the_highest_level_that_would_not_pass_it_on_arriving_now(
    given_starts: dict[str, int], level: str, since: int, at: int
) -> None:
    term, mine = HeadStart(starts=given_starts), waiting(level, since)
    at = max(at, since)
    above = [other for other in LEVELS[LEVELS.index(level) :] if term.of(waiting(other)) < term.of(waiting(level))]
    not_passing = [level, *(other for other in above if term.of(mine) <= term.of(waiting(other, at)))]
    effective = term.effective(mine, at)
    assert (effective.level, effective.counts_as) == (level, not_passing[-1])
    assert effective.waited == to_timedelta(at - since)


@pytest.mark.parametrize(("ticket", "hours", "said"), [
    (waiting("low"), 0.5, "low"),
    (waiting("low"), 1, "low, counts as high after 1h"),
    (waiting("low"), 4, "low, counts as urgent after 4h"),
    (waiting("high"), 3, "high, counts as urgent after 3h"),
    (waiting("urgent"), 99, "urgent"),
    (waiting("low", None), 99, "low"),              # nobody waits
    (waiting("low", 5 * HOUR_US), 1, "low"),        # it has not come yet
])  # fmt: skip
def test_the_stored_level_and_the_rank_it_counts_as_are_both_shown(ticket: Ticket, hours: float, said: str) -> None:
    assert str(AGEING.effective(ticket, int(hours * HOUR_US))) == said
    assert ticket.priority == said.partition(",")[0]  # waiting changes no stored level


def test_levels_of_ones_own_age_too_and_an_unknown_one_is_named() -> None:
    term = HeadStart(starts={"refund request": "2h"}, since="age")
    ticket = Ticket(id="T", category="open", priority="normal", created_us=0)
    levels = ["normal", "refund request", "high"]  # high has no head start: it is nothing to become
    assert term.effective(ticket, HOUR_US, levels).counts_as == "normal"
    assert term.effective(ticket, 2 * HOUR_US, levels).counts_as == "refund request"
    with pytest.raises(UnknownName, match="unknown level 'normal'"):
        term.effective(ticket, HOUR_US)


# --- the bound -------------------------------------------------------------------------------------------------------


def arrivals(draw: random.Random, *, every: int, burst: int, count: int) -> list[int]:
    """Instants as close together as the bounds let them be, with gaps here and there."""
    credit, at, found = burst * every, 0, []
    for _ in range(count):
        gap = draw.choice([0, 0, 0, 0, draw.randrange(3 * every), draw.randrange(burst * every)])
        gap = max(gap, every - credit)
        at, credit = at + gap, min(burst * every, credit + gap) - every
        found.append(at)
    return found


def waits(tickets: list[Ticket], order: Order, agents: int, service: Any) -> dict[str, int]:
    """How long each waits, when whoever is free takes the first of the queue."""
    waited: dict[str, int] = {}
    free, queue, came = [0] * agents, Queue(order), 0
    while len(waited) < len(tickets):
        at = heapq.heappop(free)
        if not len(queue):
            at = max(at, tickets[came].waiting_since_us or 0)
        while came < len(tickets) and (tickets[came].waiting_since_us or 0) <= at:
            queue.put(tickets[came])
            came += 1
        (first,) = queue.first()
        queue.discard(first.id)
        waited[first.id] = at - (first.waiting_since_us or 0)
        heapq.heappush(free, at + service(first))
    return waited


@pytest.mark.seed("S53", "S84")
@given(st.integers(0, 2**32))
def test_no_ticket_waits_longer_than_the_bound_on_any_day(seed: int) -> None:
    """Row 19 of what the others lack: the worst wait, from the rate of arrivals and the people there are, is never exceeded."""
    draw = random.Random(seed)
    agents, every, burst = draw.randint(1, 4), draw.randint(1, 30) * MINUTE_US, draw.randint(1, 12)
    service = draw.randint(1, agents * every)
    head_starts = {level: draw.randrange(4 * HOUR_US) for level in LEVELS}
    order = draw.choice([Order.by(HeadStart(starts=head_starts)), Order.by(Age()), Order.by(Priority()).then("waiting")])
    came = arrivals(draw, every=every, burst=burst, count=draw.randint(1, 40))
    tickets = [
        Ticket(id=f"{number:02}", category="open", priority=draw.choice(LEVELS), waiting_since_us=at, created_us=at)
        for number, at in enumerate(came)
    ]  # fmt: skip
    longest = max(waits(tickets, order, agents, lambda _: draw.choice([service, service, draw.randint(1, service)])).values())
    largest = to_timedelta(max(head_starts.values())) if isinstance(order.terms[0], HeadStart) else to_timedelta(0)
    if isinstance(order.terms[0], Priority):  # without ageing the bound is that of a head start without end
        largest = to_timedelta(100_000 * DAY_US)
        if service == agents * every:
            return
    bound = longest_wait(agents=agents, service=to_timedelta(service), every=to_timedelta(every), burst=burst, head_start=largest)
    assert to_timedelta(longest) <= bound


def test_the_bound_is_reached_where_all_come_at_once() -> None:
    tickets = [waiting("low", 0, f"{number}") for number in range(6)]
    waited = waits(tickets, Order.by(AGEING), 1, lambda _: 10 * MINUTE_US)
    bound = longest_wait(agents=1, service="10m", every="1h", burst=6)
    assert to_timedelta(max(waited.values())) == bound == to_timedelta(50 * MINUTE_US)


def test_urgent_tickets_without_end_starve_the_low_one_without_ageing_and_not_with_it() -> None:
    low = waiting("low", 0, "low")
    urgent = [waiting("urgent", number * 10 * MINUTE_US, f"u{number}") for number in range(60)]
    tickets = [urgent[0], low, *urgent[1:]]
    served = {order.terms[0].word: waits(tickets, order, 1, lambda _: 10 * MINUTE_US)["low"] for order in (
        Order.by("priority").then("waiting"), Order.by(AGEING),
    )}  # fmt: skip
    assert served == {"priority": 10 * HOUR_US, "head_start": 4 * HOUR_US}  # it lets pass who comes within the head start, and nobody after
    assert to_timedelta(served["head_start"]) <= longest_wait(agents=1, service="10m", every="10m", burst=2, head_start="4h")


@pytest.mark.parametrize(("given_bounds", "error", "said"), [
    ({"agents": 0}, BadValue, "agents is a whole number from 1"),
    ({"burst": True}, BadValue, "burst is a whole number from 1"),
    ({"every": "9m"}, BadValue, "more work comes in than can be done"),
    ({"every": "0m", "service": "0m"}, BadValue, "more work comes in"),
    ({"service": "soon"}, BadDuration, "no duration"),
])  # fmt: skip
def test_a_wait_without_a_bound_is_refused(given_bounds: dict[str, Any], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        longest_wait(**{"agents": 1, "service": "10m", "every": "10m", **given_bounds})


# --- fairness --------------------------------------------------------------------------------------------------------


@pytest.mark.seed("S81")
@given(st.integers(1, 6), st.integers(0, 2**32), st.sampled_from(["round_robin", "least_loaded", "seniors_first", "best_skill"]))
def test_loads_of_equals_differ_by_at_most_one_all_day(size: int, seed: int, by: str) -> None:
    """Row 19, the other half: with equal skills and loads nobody gets two more than another, whatever comes in."""
    draw = random.Random(seed)
    roster = Roster(members=[Member(agent=f"a{number}", capacity=9, skills={"net": 2}) for number in range(size)])
    for number in range(draw.randrange(30)):
        ticket = Ticket(id=f"T-{number}", priority=draw.choice(LEVELS), fields=FrozenMap(), channel=draw.choice(["", "chat"]))
        agent = choose(ticket, roster, number, by=by).agent
        if agent is None:
            assert all(member.load == 9 for member in roster.members)
            break
        roster = roster.assigned(agent, number)
        loads = [member.load for member in roster.members]
        assert max(loads) - min(loads) <= 1
