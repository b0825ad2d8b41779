"""Escalation ladders, from the presets and through a whole desk: exact instants, bounded, stopped by who acknowledges."""

from __future__ import annotations

from typing import Any

import pytest

from desk_day import ADA, MARIA, at, born, fired
from ticketcore import Acknowledged, AgentReplied, CustomerReplied, Desk, Outcome, Postponed, Resolved, SlotSet, load_desk
from ticketcore._time import HOUR_US, MINUTE_US
from ticketcore.errors import UnknownName
from ticketcore.presets import ladder_data

DESK = {
    "zone": "UTC",
    "hours": {"day": {"zone": "UTC", "week": {"mon-fri": ["08:00-18:00"]}}},
    "metrics": {
        "first_reply": {"start": ["created"], "stop": ["enter:answered"]},
        "next_reply": {"start": ["customer_reply"], "stop": ["agent_reply"], "cycles": "many"},
        "resolution": {"start": ["created"], "stop": ["enter:resolved"], "pause_status": ["postponed"]},
    },
    "sla": [{"name": "std", "warn": ["-30m"], "targets": {"first_reply": "2h", "next_reply": "1h", "resolution": "4h"}}],
}


def climbing(*ladders: dict[str, Any]) -> Desk:
    return load_desk({**DESK, "escalations": list(ladders)})


def told(*outcomes: Outcome) -> list[tuple[str, str]]:
    """When each notice of a ladder goes out, and to whom."""
    day = at("00:00")
    notices = [effect for outcome in outcomes for effect in outcome.effects if effect.kind == "notify"]
    return [(f"{(one.at_us - day) // HOUR_US:02}:{(one.at_us - day) % HOUR_US // MINUTE_US:02}", one.to) for one in notices]  # type: ignore[attr-defined]  # by its kind


@pytest.mark.seed("S44", "S85")
def test_who_is_on_call_is_called_by_steps_twice_at_most() -> None:
    desk = climbing(ladder_data("on call"))
    urgent = desk.handle(born(desk).ticket, SlotSet(at=at("09:10"), by=MARIA, level="urgent"))
    day = desk.tick(urgent.ticket, at("23:00", 3))
    assert told(urgent, day) == [
        ("09:10", "on call"), ("09:40", "second on call"), ("10:10", "manager"),
        ("10:40", "on call"), ("11:10", "second on call"), ("11:40", "manager"),
    ]  # fmt: skip
    assert day.ticket.escalation == 2


@pytest.mark.seed("S44", "S85")
def test_whoever_acknowledges_stops_the_calls() -> None:
    desk = climbing(ladder_data("on call"))
    urgent = desk.handle(born(desk).ticket, SlotSet(at=at("09:10"), by=MARIA, level="urgent"))
    seen = desk.handle(urgent.ticket, Acknowledged(at=at("09:45"), by=MARIA))
    later = desk.tick(seen.ticket, at("23:00", 3))
    assert told(urgent, seen, later) == [("09:10", "on call"), ("09:40", "second on call")]


def test_an_acknowledgement_is_for_what_was_waited_for_and_not_for_ever() -> None:
    ladder = {**ladder_data("overdue"), "when": {"sla": "next_reply", "is": "breached"}, "since": "sla.next_reply.due"}
    desk = climbing(ladder)
    asked = desk.handle(born(desk).ticket, CustomerReplied(at=at("09:00"), by=ADA))
    late = desk.handle(asked.ticket, Acknowledged(at=at("10:05"), by=MARIA))
    answered = desk.handle(late.ticket, AgentReplied(at=at("10:10"), by=MARIA))
    again = desk.handle(answered.ticket, CustomerReplied(at=at("12:00"), by=ADA))
    evening = desk.tick(again.ticket, at("15:00"))
    assert told(late, answered, again, evening) == [("10:00", "group"), ("13:00", "group"), ("14:00", "team lead")]


@pytest.mark.seed("S44", "S45")
def test_a_broken_promise_climbs_from_its_due_instant_and_is_recorded() -> None:
    desk = climbing(ladder_data("overdue"))
    day = desk.tick(born(desk).ticket, at("23:00"))
    assert told(day) == [("11:00", "group"), ("12:00", "team lead"), ("15:00", "manager")]
    assert day.ticket.priority == "medium"  # raised by a step
    standing = desk.standing(day.ticket, "first_reply", at("15:30"))
    assert standing is not None
    assert (standing.state, standing.breached_us, at("15:30") - at("11:00")) == ("breached", at("11:00"), 4 * HOUR_US + 30 * MINUTE_US)


def test_a_ladder_may_count_from_a_warning_and_goes_on_after_a_pause_with_the_step_it_has_come_to() -> None:
    desk = climbing(ladder_data("due soon"))
    first = born(desk)
    warned = desk.tick(first.ticket, at("12:30") - 1)
    assert told(first, warned) == []
    on_time = desk.tick(first.ticket, at("12:30"))
    assert told(on_time) == [("12:30", "assignee")]
    pause = desk.handle(on_time.ticket, Postponed(at=at("12:40"), by=MARIA, until=at("14:00")))
    evening = desk.tick(pause.ticket, at("23:00"))
    assert told(pause, evening)[-1] == ("14:00", "team lead")
    assert fired(pause, evening).count("due soon 2") == 1


@pytest.mark.parametrize("name", ["on call", "overdue", "due soon"])
def test_a_settled_ticket_climbs_no_ladder(name: str) -> None:
    desk = climbing(ladder_data(name))
    urgent = desk.handle(born(desk).ticket, SlotSet(at=at("09:00"), by=MARIA, level="urgent"))
    done = desk.handle(urgent.ticket, AgentReplied(at=at("09:20"), by=MARIA), Resolved(at=at("09:20"), by=MARIA))
    assert told(desk.tick(done.ticket, at("23:00", 9))) == []


@pytest.mark.parametrize(("since", "first"), [
    ("created", "10:00"),              # 09:00
    ("last_agent_reply", "10:10"),
    ("last_customer_reply", "10:40"),
    ("waiting_since", "10:30"),        # the first message without an answer
    ("status_since", "10:30"),
    ("sla.first_reply.started", "10:00"),
])  # fmt: skip
def test_a_ladder_counts_from_the_instant_it_names(since: str, first: str) -> None:
    desk = climbing(
        {"name": "up", "when": {"field": "category", "is": "open"}, "since": since, "steps": [{"after": "1h", "notify": "lead"}]}
    )
    ticket = born(desk).ticket
    for event in (
        AgentReplied(at=at("09:10"), by=MARIA), CustomerReplied(at=at("09:30"), by=ADA), CustomerReplied(at=at("09:40"), by=ADA),
    ):  # fmt: skip
        ticket = desk.handle(ticket, event).ticket
    assert told(desk.tick(ticket, at("10:00") - 1)) == []
    assert told(desk.tick(ticket, at("23:00"))) == [(first, "lead")]


def test_a_ladder_in_business_time_rests_over_night() -> None:
    desk = climbing({**ladder_data("overdue"), "hours": "day"})
    evening = born(desk, "15:30")
    assert told(desk.tick(evening.ticket, at("23:00", 2))) == [("17:30", "group"), ("32:30", "team lead"), ("35:30", "manager")]


def test_a_ladder_as_data_is_a_copy() -> None:
    ladder_data("overdue")["steps"][0]["after"] = "9h"
    assert ladder_data("overdue")["steps"][0]["after"] == "0m"
    with pytest.raises(UnknownName, match="unknown ladder 'on cal'; did you mean 'on call'"):
        ladder_data("on cal")
