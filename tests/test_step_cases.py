"""Cases of the step that random desks found, one reason each; the laws that found them are in tests/test_laws.py."""

from __future__ import annotations

from typing import Any

import pytest

from ticketcore import (
    Action, Agent, AgentReplied, Created, CustomerReplied, Desk, Lifecycle, Merged, Metric, NotSpam, MarkedSpam, Noted, Person, Policy,
    Postponed, Rule, Settings, SlotSet, Targets, field, since,
)  # fmt: skip
from ticketcore._time import HOUR_US, MINUTE_US
from ticketcore.errors import Duplicate
from ticketcore.model import Length
from ticketcore.sla import WarnAt

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
    policy = Policy(name="std", targets={"fa": Targets(by_level={"low": hours(8), "high": hours(1)})}, warn=(WarnAt.parse("1h"),))
    desk = Desk(metrics=(FA,), policies=(policy,), settings=Settings(late="restamp"))
    born = made(desk)
    raised = desk.handle(born.ticket, SlotSet(at=2 * HOUR_US, by=MARIA, level="high"))  # breached at 1 h; the warning after it is due now
    assert kinds(raised)[-1] == "breached"
    assert raised.ticket.floor_us == 2 * HOUR_US + 1
    late = Noted(at=2 * HOUR_US, by=MARIA)
    assert desk.handle(raised.ticket, late).events == (
        *(ticked := desk.tick(raised.ticket, 2 * HOUR_US)).events, *desk.handle(ticked.ticket, late).events
    )  # fmt: skip


def test_an_event_that_comes_again_after_time_moved_on_is_a_duplicate_and_not_restamped() -> None:
    desk = Desk(metrics=(FA,), policies=(Policy(name="std", targets={"fa": Targets(otherwise=hours(1))}),), settings=Settings(late="restamp"))
    note = Noted(at=MINUTE_US, id="n1", by=MARIA)
    noted = desk.handle(made(desk).ticket, note)
    ticked = desk.tick(noted.ticket, 2 * HOUR_US)
    assert kinds(ticked) == ["breached"]
    with pytest.raises(Duplicate):
        desk.handle(ticked.ticket, note)


def test_a_deviation_is_noted_once_also_when_the_log_is_handled_again() -> None:
    desk = Desk(metrics=(), settings=Settings(observe=True))
    first = desk.handle(made(desk).ticket, NotSpam(at=5, by=MARIA))
    again = desk.handle(made(desk).ticket, *(event for event in first.events if not event.cause))
    assert first.events[0].deviation
    assert again.events == first.events


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
