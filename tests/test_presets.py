"""Presets are desks as data."""

from __future__ import annotations

import pytest

from ticketcore import Agent, AgentReplied, Created, CustomerReplied, Desk, Person, Resolved
from ticketcore.errors import UnknownName
from ticketcore.lint import lint
from ticketcore.presets import PRESETS, preset, preset_data

ADA, MARIA, HOUR = Person(name="Ada"), Agent(id="maria"), 3_600_000_000


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_a_sound_desk(name: str) -> None:
    desk = preset(name)
    assert desk.name == name
    assert [finding for finding in lint(desk) if finding.severity != "info"] == []
    assert preset(name).fingerprint == desk.fingerprint


def test_a_preset_as_data_is_a_copy() -> None:
    preset_data("liveagent")["sla"][0]["name"] = "mine"
    assert preset_data("liveagent")["sla"][0]["name"] == "seven days"
    with pytest.raises(UnknownName, match="did you mean 'liveagent'"):
        preset("liveagnt")


def test_liveagent_is_the_default_desk() -> None:
    desk, plain = preset(), Desk()
    assert desk.lifecycle == plain.lifecycle
    assert {name: (one.start, one.stop, one.cancel, one.pause_status, one.cycles) for name, one in desk.metrics.items()} == {
        name: (one.start, one.stop, one.cancel, one.pause_status, one.cycles) for name, one in plain.metrics.items()
    }


def test_a_ticket_without_a_level_has_seven_days() -> None:
    desk = preset()
    ticket = desk.handle(None, Created(at=0, ticket="T", by=ADA)).ticket
    assert ticket.due("first_reply") == desk.due(ticket, "first_reply")
    assert (ticket.due("first_reply") - ticket.created).in_hours() == 168  # type: ignore[operator]  # it is due


def test_liveagent_answers_and_returns() -> None:
    desk = preset()
    ticket = desk.handle(None, Created(at=0, ticket="T", by=ADA)).ticket
    ticket = desk.handle(ticket, AgentReplied(at=HOUR, by=MARIA)).ticket
    ticket = desk.handle(ticket, CustomerReplied(at=2 * HOUR, by=ADA)).ticket
    assert [(name, clock.cycle.verdict) for name, clock in ticket.clocks.items()] == [
        ("first_reply", "met"), ("first_assign", None), ("resolution", None), ("next_reply", None),
    ]  # fmt: skip
    ticket = desk.handle(ticket, Resolved(at=3 * HOUR, by=MARIA)).ticket
    assert ticket.clocks["next_reply"].cycle.verdict == "cancelled"  # resolving logs no answer
    assert desk.standing(ticket, "resolution").used_us == 2 * HOUR  # type: ignore[union-attr]  # it was started
