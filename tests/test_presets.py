"""Presets are desks as data."""

from __future__ import annotations

import pytest

from ticketcore import (
    Agent,
    AgentReplied,
    Assigned,
    Closed,
    Created,
    CustomerReplied,
    Desk,
    Person,
    Reopened,
    Resolved,
    StatusSet,
    Ticket,
)  # fmt: skip
from ticketcore.errors import UnknownName
from ticketcore.lint import lint
from ticketcore.model import Outside
from ticketcore.presets import PRESETS, preset, preset_data, side_by_side

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


def story(name: str, *events: Outside) -> Ticket:
    """A ticket under a preset: created at 0, then these events."""
    desk = preset(name)
    ticket = desk.handle(None, Created(at=0, ticket="T", by=ADA)).ticket
    for event in events:
        ticket = desk.handle(ticket, event).ticket
    return ticket


def verdict(ticket: Ticket, metric: str) -> str | None:
    return ticket.clocks[metric].cycle.verdict


def test_zendesk_a_reply_moves_nothing_and_solved_resumes() -> None:
    ticket = story("zendesk", AgentReplied(at=HOUR, by=MARIA))
    assert (ticket.status, verdict(ticket, "first_reply")) == ("new", "met")
    desk = preset("zendesk")
    ticket = desk.handle(ticket, StatusSet(at=2 * HOUR, by=MARIA, status="pending")).ticket
    assert [name for name, clock in ticket.clocks.items() if clock.cycle.is_open and not clock.cycle.is_running] == [
        "requester_wait", "agent_work", "pausable_update",
    ]  # fmt: skip
    ticket = desk.handle(ticket, CustomerReplied(at=5 * HOUR, by=ADA)).ticket
    assert ticket.status == "open"
    ticket = desk.handle(ticket, StatusSet(at=6 * HOUR, by=MARIA, status="solved")).ticket
    again = desk.handle(ticket, CustomerReplied(at=8 * HOUR, by=ADA)).ticket
    used = {metric: desk.standing(again, metric).used_us // HOUR for metric in ("requester_wait", "total_resolution")}  # type: ignore[union-attr]  # started
    assert used == {"requester_wait": 3, "total_resolution": 6}  # the time it was solved is left out, the time pending too for the first


def test_zendesk_closes_after_four_days_and_then_takes_no_reply() -> None:
    desk = preset("zendesk")
    solved = story("zendesk", StatusSet(at=HOUR, by=MARIA, status="solved"))
    reply = desk.handle(solved, CustomerReplied(at=98 * HOUR, by=ADA))
    assert [event.kind for event in reply.events][-2:] == ["customer_replied", "diverted"]
    assert [effect.kind for effect in reply.effects] == ["create_follow_up"]


def test_jsm_reopening_is_a_new_cycle_with_the_whole_goal() -> None:
    resolved = story("jsm", AgentReplied(at=HOUR, by=MARIA), Resolved(at=2 * HOUR, by=MARIA))
    again = preset("jsm").handle(resolved, Reopened(at=4 * HOUR, by=MARIA)).ticket
    assert (again.status, again.clocks["time_to_resolution"].cycles) == ("in progress", 2)
    assert again.due("time_to_resolution") == again.as_of.add(hours=24)
    assert verdict(again, "time_to_first_response") == "met"


def test_zammad_stands_still_while_pending() -> None:
    desk = preset("zammad")
    waiting = story("zammad", StatusSet(at=HOUR, by=MARIA, status="pending close"))
    assert waiting.due("solution") is None
    back = desk.handle(waiting, CustomerReplied(at=9 * HOUR, by=ADA)).ticket
    assert back.due("first_response") == back.as_of.add(hours=1)


def test_servicenow_looks_priority_up_and_stops_on_hold() -> None:
    desk = preset("servicenow")
    fields = {"impact": "1 - High", "urgency": "2 - Medium"}
    ticket = desk.handle(None, Created(at=0, ticket="T", by=ADA, fields=fields)).ticket
    assert ticket.priority == "2 - High"
    ticket = desk.handle(ticket, Assigned(at=HOUR // 4, by=MARIA, agent="maria")).ticket
    assert verdict(ticket, "response") == "met"
    ticket = desk.handle(ticket, StatusSet(at=HOUR, by=MARIA, status="On Hold")).ticket
    assert (ticket.due("resolution"), desk.standing(ticket, "resolution", 9 * HOUR).used_us) == (None, HOUR)  # type: ignore[union-attr]  # started


def test_itil_the_matrix_gives_the_code() -> None:
    desk = preset("itil")
    codes = {
        (impact, urgency): desk.handle(
            None, Created(at=0, ticket="T", by=ADA, fields={"impact": impact, "urgency": urgency})
        ).ticket.priority
        for impact in ("low", "medium", "high")
        for urgency in ("low", "medium", "high")
    }
    assert [codes["high", urgency] for urgency in ("high", "medium", "low")] == ["1", "2", "3"]
    assert codes["low", "low"] == "5"


def test_the_same_story_side_by_side() -> None:
    events = [
        Created(at=0, ticket="T", by=ADA, fields={"impact": "high"}), AgentReplied(at=HOUR, by=MARIA), CustomerReplied(at=3 * HOUR, by=ADA),
        Resolved(at=5 * HOUR, by=MARIA), Closed(at=6 * HOUR, by=MARIA),
    ]  # fmt: skip
    stand = side_by_side(events, at=10 * HOUR)
    assert set(stand) == set(PRESETS)
    assert {name: stand[name][metric].used_us // HOUR for name, metric in (
        ("liveagent", "resolution"), ("zendesk", "requester_wait"), ("jsm", "time_to_resolution"), ("zammad", "solution"),
        ("servicenow", "resolution"), ("itil", "resolution"),
    )} == {"liveagent": 3, "zendesk": 5, "jsm": 3, "zammad": 5, "servicenow": 5, "itil": 5}  # fmt: skip
    assert side_by_side(events, at=0) == side_by_side(events) == side_by_side(events, at=6 * HOUR)  # not before the last event
    assert side_by_side([]) == dict.fromkeys(()) == {}
