"""What if: forecasts, and which open promises another configuration would move."""

from __future__ import annotations

import attrs
import pendulum
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticketcore import (
    Agent,
    AgentReplied,
    BusinessHours,
    Created,
    CustomerReplied,
    Desk,
    Noted,
    Person,
    Policy,
    SlotSet,
    Targets,
    Ticket,
    always,
)  # fmt: skip
from ticketcore.errors import BadValue, UnknownName
from ticketcore.model import Length, WorkingDays
from ticketcore.sla import WarnAt

HOUR = 3_600_000_000
ADA, MARIA = Person(name="Ada"), Agent(id="maria")
SUPPORT = BusinessHours(zone="Europe/Athens", week={"mon-fri": ["09:00-17:00"]})
TARGETS = {
    "first_reply": Targets(by_level={"high": Length(2 * HOUR)}, otherwise=Length(12 * HOUR)),
    "resolution": Targets(otherwise=WorkingDays(3)),
}
DESK = Desk(
    hours={"support": SUPPORT, "all": always("UTC")},
    policies=[Policy(name="std", hours="support", targets=TARGETS, warn=(WarnAt.parse("-1h"),))],
)
MONDAY = pendulum.datetime(2026, 11, 23, 9, tz="Europe/Athens")


def new(at: pendulum.DateTime = MONDAY, name: str = "T-1") -> Ticket:
    return DESK.handle(None, Created(at=at, ticket=name, by=ADA)).ticket


def test_nothing_changes_by_asking() -> None:
    ticket = new()
    before = attrs.asdict(ticket, recurse=False)
    DESK.forecast(ticket, AgentReplied(at=MONDAY.add(hours=1), by=MARIA), until=MONDAY.add(days=9))
    assert attrs.asdict(ticket, recurse=False) == before


def test_if_nobody_acts() -> None:
    told = DESK.forecast(new(), until=MONDAY.add(days=9))
    assert [(one.metric, one.due) for one in told.breaches] == [
        ("first_reply", MONDAY.add(days=1, hours=4)), ("resolution", MONDAY.add(days=3)),
    ]  # fmt: skip
    assert [one.metric for one in told.warnings] == ["first_reply", "resolution"]
    assert told.due("first_reply") == MONDAY.add(days=1, hours=4)
    assert told.due("next_reply") is None
    assert told.standings["first_reply"].state == "breached"


def test_if_answered_at_an_instant() -> None:
    in_time = DESK.forecast(new(), AgentReplied(at=MONDAY.add(days=1, hours=4), by=MARIA))
    assert in_time.standings["first_reply"].state == "met"
    assert in_time.breaches == ()
    late = DESK.forecast(new(), AgentReplied(at=MONDAY.add(days=1, hours=4, microseconds=1), by=MARIA))
    assert late.standings["first_reply"].state == "late"


def test_if_the_priority_rises() -> None:
    told = DESK.forecast(new(), SlotSet(at=MONDAY.add(hours=1), by=MARIA, level="high"))
    assert told.due("first_reply") == MONDAY.add(hours=2)
    assert told.ticket.priority == "high"
    assert told.effects == ()


def test_before_there_is_a_ticket() -> None:
    told = DESK.forecast(None, Created(at=MONDAY, ticket="T-9", by=ADA))
    assert told.due("resolution") == MONDAY.add(days=3)
    with pytest.raises(BadValue, match="needs a ticket or events"):
        DESK.forecast(None)


def test_which_tickets_a_holiday_moves() -> None:
    tuesday = "2026-11-24"
    friday = new(pendulum.datetime(2026, 11, 27, 9, tz="Europe/Athens"), "T-2")  # after the holiday: nothing moves
    answered = DESK.handle(new(name="T-3"), AgentReplied(at=MONDAY.add(hours=1), by=MARIA)).ticket
    moved = list(DESK.redated([new(), friday, answered], DESK.with_holiday("support", tuesday, "feast")))
    assert [(one.ticket, one.metric, one.was, one.now) for one in moved] == [
        ("T-1", "first_reply", MONDAY.add(days=1, hours=4), MONDAY.add(days=2, hours=4)),
        ("T-1", "resolution", MONDAY.add(days=3), MONDAY.add(days=4)),
    ]  # fmt: skip  # T-3 was answered: its resolution is paused, and due neither way
    assert [one.saves(one.was_us or 0) for one in moved] == [True, True]
    assert not moved[0].saves(moved[0].now_us or 0)


def test_hours_are_replaced_by_name() -> None:
    round_the_clock = DESK.with_hours(support=always("Europe/Athens"))
    (one,) = DESK.redated([new()], round_the_clock)
    assert one.now == MONDAY.add(hours=12)
    with pytest.raises(BadValue, match="only plain business hours"):
        DESK.with_holiday("all", "2026-11-24")
    with pytest.raises(UnknownName):
        DESK.with_holiday("supprt", "2026-11-24")


def test_a_policy_the_other_desk_lacks_promises_what_it_did() -> None:
    assert list(DESK.redated([new()], DESK.evolve(policies=()))) == []


@given(st.lists(st.integers(0, 20 * 24), min_size=1, max_size=8), st.integers(0, 30), st.booleans())
def test_redating_is_working_out_each_ticket_from_scratch(starts: list[int], day: int, shorter: bool) -> None:
    """The answer for many is the due instant of each under the other desk, where it differs."""
    date = MONDAY.add(days=day).date()
    other = DESK.with_holiday("support", date)
    if shorter:
        targets = {"first_reply": Targets(otherwise=Length(5 * HOUR)), "resolution": Targets(otherwise=WorkingDays(1))}
        other = other.evolve(policies=[attrs.evolve(DESK.policies[0], targets=targets)])
    tickets = []
    for number, hours in enumerate(starts):
        ticket = new(MONDAY.add(hours=hours), f"T-{number}")
        tickets.append(DESK.handle(ticket, Noted(at=MONDAY.add(hours=hours, minutes=5), by=MARIA)).ticket)
    found = {(one.ticket, one.metric): (one.was, one.now) for one in DESK.redated(tickets, other)}
    expected = {}
    for ticket in tickets:
        again = other.handle(None, Created(at=ticket.created, ticket=ticket.id, by=ADA)).ticket
        for metric in ("first_reply", "resolution"):
            if again.due(metric) != ticket.due(metric):
                expected[ticket.id, metric] = (ticket.due(metric), again.due(metric))
    assert found == expected


def test_a_reply_while_asking_about_another_desk_keeps_its_pauses() -> None:
    answered = DESK.handle(new(), AgentReplied(at=MONDAY.add(hours=1), by=MARIA)).ticket
    back = DESK.handle(answered, CustomerReplied(at=MONDAY.add(hours=3), by=ADA)).ticket
    moved = {one.metric: one for one in DESK.redated([back], DESK.with_holiday("support", "2026-11-26"))}
    assert moved["resolution"].was == MONDAY.add(days=3, hours=2)
    assert moved["resolution"].now == MONDAY.add(days=4, hours=2)
