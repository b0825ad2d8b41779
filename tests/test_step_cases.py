"""Cases of the step that random desks found, one reason each; the laws that found them are in tests/test_laws.py."""

from __future__ import annotations

from typing import Any

import pytest

from ticketcore import (
    Action,
    Agent,
    AgentReplied,
    BusinessHours,
    Created,
    Desk,
    Lifecycle,
    MarkedSpam,
    Merged,
    Metric,
    Noted,
    NotSpam,
    Person,
    Policy,
    Postponed,
    Rule,
    Settings,
    SlotCleared,
    SlotSet,
    TagsAdded,
    Targets,
    field,
    since,
)  # fmt: skip
from ticketcore._time import HOUR_US, MINUTE_US
from ticketcore.conditions import sla
from ticketcore.errors import Duplicate
from ticketcore.extra.laws import outside_moments
from ticketcore.model import Length

ADA, MARIA = Person(email="ada@example.org"), Agent(id="maria")
FA = Metric(name="fa", start=("created",), stop=("agent_reply",))


def hours(amount: float) -> Length:
    return Length(int(amount * HOUR_US))


def made(desk: Desk, at: int = 0, **given: Any) -> Any:
    return desk.handle(None, Created(at=at, ticket="T", id="e0", by=ADA, **given))


def kinds(outcome: Any) -> list[str]:
    return [event.kind for event in outcome.events]


# --- late and repeated events ------------------------------------------------------------------------------------------


def test_an_event_that_is_moved_to_the_floor_does_not_pass_by_what_is_due_before_it() -> None:
    other = Metric(name="other", start=("created",))
    targets = {"fa": Targets(by_level={"low": hours(8), "high": hours(1)}), "other": Targets(otherwise=hours(2))}
    desk = Desk(metrics=(FA, other), policies=(Policy(name="std", targets=targets),), settings=Settings(late="restamp"))
    raised = desk.handle(made(desk).ticket, SlotSet(at=2 * HOUR_US, by=MARIA, level="high"))  # fa is breached now, other is due now
    assert (kinds(raised)[-1], raised.ticket.floor_us, raised.wake_us) == ("breached", 2 * HOUR_US + 1, 2 * HOUR_US)
    late = Noted(at=2 * HOUR_US, by=MARIA)
    ticked = desk.tick(raised.ticket, 2 * HOUR_US)
    assert kinds(ticked) == ["breached"]
    assert desk.handle(raised.ticket, late).events == (*ticked.events, *desk.handle(ticked.ticket, late).events)


def test_an_event_that_comes_again_after_time_moved_on_is_a_duplicate_and_not_restamped() -> None:
    policy = Policy(name="std", targets={"fa": Targets(otherwise=hours(1))})
    desk = Desk(metrics=(FA,), policies=(policy,), settings=Settings(late="restamp"))
    note = Noted(at=MINUTE_US, id="n1", by=MARIA)
    noted = desk.handle(made(desk).ticket, note)
    ticked = desk.tick(noted.ticket, 2 * HOUR_US)
    assert kinds(ticked) == ["breached"]
    with pytest.raises(Duplicate):
        desk.handle(ticked.ticket, note)


def test_a_deviation_is_noted_once_also_when_the_log_is_handled_again() -> None:
    desk = Desk(metrics=(), settings=Settings(observe=True))
    first = desk.handle(made(desk).ticket, NotSpam(at=5, by=MARIA))
    (moment,) = outside_moments(first.events)
    assert moment[0].deviation
    assert desk.handle(made(desk).ticket, *moment).events == first.events


# --- a postponement always ends ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("lifecycle", "says"), [
    (Lifecycle(moves={"postponed": {"wake": None}}), ["woken", "action_refused"]),  # the table has no way: it is said, and the ticket stays
    (Lifecycle(moves={"postponed": {"wake": "@stays"}}), ["woken"]),
])  # fmt: skip
def test_a_ticket_that_may_not_wake_stays_postponed_without_a_date(lifecycle: Lifecycle, says: list[str]) -> None:
    desk = Desk(metrics=(), lifecycle=lifecycle)
    put_off = desk.handle(made(desk).ticket, Postponed(at=5, by=MARIA, until=HOUR_US))
    ticked = desk.tick(put_off.ticket, 9 * HOUR_US)
    assert kinds(ticked) == says
    assert (ticked.ticket.status, ticked.ticket.postponed_until, ticked.wake_at) == ("postponed", None, None)


def test_a_ticket_postponed_in_a_messy_log_after_it_was_merged_wakes_without_an_error() -> None:
    desk = Desk(metrics=(), settings=Settings(observe=True))
    merged = desk.handle(made(desk).ticket, Merged(at=5, by=MARIA, into="T-2"))
    put_off = desk.handle(merged.ticket, Postponed(at=6, by=MARIA, until=HOUR_US))
    assert kinds(desk.tick(put_off.ticket, HOUR_US)) == ["woken", "action_refused"]


# --- promises that change ------------------------------------------------------------------------------------------------


def test_a_promise_that_changed_while_the_ticket_was_spam_holds_from_its_return() -> None:
    policy = Policy(name="std", targets={"fa": Targets(by_level={"low": hours(8), "high": hours(1)})})
    desk = Desk(metrics=(FA,), policies=(policy,))
    spam = desk.handle(made(desk).ticket, MarkedSpam(at=MINUTE_US, by=MARIA))
    raised = desk.handle(spam.ticket, SlotSet(at=2 * MINUTE_US, by=MARIA, level="high"))
    back = desk.handle(raised.ticket, NotSpam(at=3 * MINUTE_US, by=MARIA))
    assert kinds(back) == ["not_spam", "status_changed", "clock_resumed", "retargeted"]
    assert back.wake_us == 3 * MINUTE_US + HOUR_US - MINUTE_US


def test_a_level_without_a_promise_on_the_way_measures_nothing_anew() -> None:
    office = BusinessHours(zone="UTC", week={"mon-sun": ["09:00-17:00"]})
    low = Targets(by_level={"low": hours(3)})
    policies = (
        Policy(name="office", when=field.tags.has("office"), targets={"fa": low}, hours="office", keep_used=True),
        Policy(name="std", targets={"fa": Targets(otherwise=hours(5))}),
    )
    desk = Desk(metrics=(FA,), policies=policies, hours={"office": office})
    six, ten = 6 * HOUR_US, 10 * HOUR_US
    taken = desk.handle(made(desk, six).ticket, TagsAdded(at=ten, by=MARIA, tags=["office"]))  # four hours used around the clock
    raised = desk.handle(taken.ticket, SlotSet(at=ten + 1, by=MARIA, level="high"))
    back = desk.handle(raised.ticket, SlotCleared(at=ten + 2, by=MARIA))
    assert [outcome.ticket.clocks["fa"].cycle.banked_us for outcome in (taken, raised, back)] == [4 * HOUR_US] * 3


def test_a_clock_that_ended_before_anything_was_promised_counts_in_the_total_what_its_policy_counts() -> None:
    office = BusinessHours(zone="UTC", week={"mon-sun": ["09:00-17:00"]})
    policy = Policy(name="late", when=field.tags.has("late"), targets={"fa": Targets(otherwise=hours(3))}, hours="office")
    desk = Desk(metrics=(FA,), policies=(policy,), hours={"office": office})
    answered = desk.handle(made(desk, 8 * HOUR_US).ticket, AgentReplied(at=10 * HOUR_US, by=MARIA))
    judged = desk.handle(answered.ticket, TagsAdded(at=11 * HOUR_US, by=MARIA, tags=["late"]))
    clock = judged.ticket.clocks["fa"]
    assert (clock.cycle.verdict, clock.cycle.banked_us, clock.total_us) == ("met", HOUR_US, HOUR_US)


# --- another desk ---------------------------------------------------------------------------------------------------------


def test_a_ticket_can_be_adopted_at_the_instant_at_which_something_is_due() -> None:
    old = Desk(metrics=(FA,), policies=(Policy(name="std", targets={"fa": Targets(otherwise=hours(1))}),))
    new = old.evolve(name="new")
    adopted = new.adopt(made(old).ticket, HOUR_US, old)
    assert kinds(adopted) == ["breached", "desk_adopted"]
    assert adopted.ticket.floor_us == HOUR_US + 1


def test_clocks_on_hours_and_policies_that_the_new_desk_lacks_can_still_be_read() -> None:
    office = BusinessHours(zone="UTC", week={"mon-sun": ["09:00-17:00"]})
    solve = Metric(name="solve", start=("created",), stop=("agent_reply",), reopen="resume")
    policy = Policy(name="std", targets={"solve": Targets(otherwise=hours(1))}, hours="office")
    old = Desk(metrics=(solve,), policies=(policy,), hours={"office": office})
    used = Rule(name="used", when=sla("solve").used_at_least(10) & (since("created") >= "1m"), then=(Action("notify", "lead"),))
    new = Desk(metrics=(solve,), rules=(used,))
    answered = old.handle(made(old, 9 * HOUR_US).ticket, AgentReplied(at=9 * HOUR_US + 30 * MINUTE_US, by=MARIA))
    adopted = new.adopt(answered.ticket, 10 * HOUR_US, old).ticket
    noted = new.handle(adopted, Noted(at=11 * HOUR_US, by=MARIA)).ticket
    standing = new.standing(noted, "solve")
    assert standing is not None
    assert standing.state == "met"
    assert new.why_due(noted, "solve").used_us == 30 * MINUTE_US
