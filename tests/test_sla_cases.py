"""Single rules of the SLA clocks that the conformance vectors brought up, each named."""

from __future__ import annotations

from typing import Any

import pytest

from ticketcore import Agent, AgentReplied, BusinessHours, Created, Desk, Metric, Person, Policy, Resolved, Targets
from ticketcore._time import HOUR_US, parse_instant
from ticketcore.model import Length

ADA, MARIA = Person(email="ada@example.org"), Agent(id="maria")
REPLY = Metric(name="reply", start=("created",), stop=("agent_reply",))


def at(text: str) -> int:
    return parse_instant(f"2026-11-{text}:00Z")


def desk_of(opens: str, change: str) -> Desk:
    hours = BusinessHours(zone="UTC", week={"mon-fri": [f"{opens}-20:00"]})
    policy = Policy(name="std", targets={"reply": Targets(otherwise=Length(HOUR_US))}, hours="office", schedule_change=change)
    return Desk(metrics=(REPLY,), policies=(policy,), hours={"office": hours})


@pytest.mark.parametrize(
    ("change", "replied", "verdict", "due"),
    [
        ("whole_span", "23T08:30", "met", "23T05:00"),  # the due is given anew, the verdict is frozen
        ("whole_span", "23T09:30", "late", "23T05:00"),  # so is a late one; it broke when it broke
        ("per_interval", "23T08:30", "met", "23T09:00"),  # an ended clock stays as it was judged
    ],
)
def test_edited_hours_date_an_ended_clock_anew_but_never_judge_it_anew(change: str, replied: str, verdict: str, due: str) -> None:
    old, new = desk_of("08:00", change), desk_of("04:00", change)
    ticket = old.handle(None, Created(at=at("21T12:00"), ticket="T", by=ADA)).ticket  # a Saturday
    ticket = old.handle(ticket, AgentReplied(at=at(replied), by=MARIA)).ticket
    outcome = new.adopt(ticket, at("23T10:00"), old)
    standing = new.standing(outcome.ticket, "reply")
    clock = outcome.ticket.clocks["reply"]
    assert standing is not None
    assert (standing.state, standing.due_us) == (verdict, at(due))
    assert standing.breached_us == (at("23T09:00") if verdict == "late" else None)
    assert (clock.met, clock.late) == ((1, 0) if verdict == "met" else (0, 1))
    assert standing.used_us == old.standing(ticket, "reply").used_us  # type: ignore[union-attr]  # it was started


def test_the_same_hours_or_a_metric_that_is_gone_leave_an_ended_clock_alone() -> None:
    old = desk_of("08:00", "whole_span")
    ticket = old.handle(None, Created(at=at("21T12:00"), ticket="T", by=ADA)).ticket
    ticket = old.handle(ticket, AgentReplied(at=at("23T08:30"), by=MARIA)).ticket
    for new in (old.evolve(zone="Europe/Riga"), old.evolve(metrics=(), policies=())):
        outcome = new.adopt(ticket, at("23T10:00"), old)
        assert [event for event in outcome.events if event.kind == "retargeted"] == []
        assert outcome.ticket.clocks == ticket.clocks


def test_a_standing_tells_its_instants() -> None:
    desk = desk_of("08:00", "per_interval")
    ticket = desk.handle(None, Created(at=at("21T12:00"), ticket="T", by=ADA)).ticket
    standing: Any = desk.standing(ticket, "reply", at("23T09:00"))
    assert (standing.started, standing.counts_from) == (desk.tick(ticket, 0).ticket.created, _moment("23T08:00"))
    assert (standing.breached_at, standing.ended, standing.coming) == (_moment("23T09:00"), None, {})
    ended: Any = desk.standing(desk.handle(ticket, AgentReplied(at=at("23T08:30"), by=MARIA)).ticket, "reply")
    assert (ended.breached_at, ended.ended) == (None, _moment("23T08:30"))


def _moment(text: str) -> Any:
    return Resolved(at=at(text)).at
