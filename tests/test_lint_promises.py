"""Promises that cannot be kept and warnings that are not given: found where replaying shows them, and nowhere else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticketcore import BusinessHours, Created, Desk, Lifecycle, Metric, Person, Policy, SlotSet, Status, Targets, load_desk
from ticketcore._clocks import parse_target
from ticketcore._lint_levels import _TRIED
from ticketcore._time import HOUR_US
from ticketcore.extra import strategies
from ticketcore.lint import Findings, lint
from ticketcore.model import Breached, Length, Target, Warned
from ticketcore.sla import WarnAt

OFFICE = {"office": BusinessHours(zone="Europe/Riga", week={"mon-fri": ["09:00-17:00"]})}
ADA = Person(name="Ada")
LIFECYCLE = Lifecycle(statuses=(*Lifecycle().statuses, Status(name="lost", category="open")))  # no move leads there


def desk_of(targets: dict[str, str] | str, *warn: str, **metric: Any) -> Desk:
    """A desk of one promise, counted in office hours."""
    by_level = {level: parse_target(text) for level, text in targets.items()} if isinstance(targets, dict) else {}
    promised = Targets(by_level=by_level, otherwise=parse_target(targets) if isinstance(targets, str) else None)
    policy = Policy(name="gold", targets={"work": promised}, warn=tuple(map(WarnAt.parse, warn)))
    made = Metric(**{"name": "work", "start": ["created"], "stop": ["agent_reply"], **metric})
    return Desk(metrics=(made,), policies=(policy,), hours=OFFICE, default_hours="office", lifecycle=LIFECYCLE)


def found(desk: Desk, code: str) -> Findings:
    return lint(desk).of(code)


# --- clocks that nothing stops -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("metric", "because"),
    [
        ({"stop": ()}, "it has no stop"),
        ({"stop": (), "cancel": ["enter:resolved"]}, "it has no stop"),
        ({"stop": ["enter:resolved"], "cancel": ["enter:resolved", "assign"]}, "what stops it cancels it, too"),
        ({"stop": ["enter:lost", "leave:lost"]}, "no move leads to the status with which it stops"),
        ({"stop": (), "restart": ["enter:lost"]}, "no move leads to the status with which it stops"),
    ],
)
def test_a_promise_that_nothing_can_keep(metric: dict[str, Any], because: str) -> None:
    (finding,) = found(desk_of("4h", **metric), "no-stop")
    assert (finding.place, finding.severity, finding.verdict, finding.because) == ("metrics.work.stop", "warning", "proven", because)
    assert "give it a stop that happens" in finding.message


@pytest.mark.parametrize(
    "metric",
    [{}, {"stop": (), "restart": ["agent_reply"]}, {"stop": ["enter:resolved", "agent_reply"], "cancel": ["enter:resolved"]}],
)
def test_a_promise_that_can_be_kept(metric: dict[str, Any]) -> None:
    assert not found(desk_of("4h", **metric), "no-stop")


def test_a_clock_without_a_promise_or_a_start_is_not_said_to_have_no_stop() -> None:
    idle = Metric(name="idle", start=["created"])
    desk = desk_of("4h")
    assert not found(desk.evolve(metrics=(*desk.metrics.values(), idle)), "no-stop")
    assert [one.code for one in lint(desk_of("4h", start=(), stop=()))] == ["no-clock", "unreachable-status"]
    assert found(desk_of("4h", start=(), stop=(), start_on_attach=True), "no-stop")


# --- warnings that are not given ---------------------------------------------------------------------------------------


def test_a_warning_longer_than_every_promise() -> None:
    desk = desk_of({"low": "4h", "medium": "4h", "high": "4h", "urgent": "1h"}, "80%", "-4h")
    (finding,) = found(desk, "idle-warning")
    assert (finding.place, finding.severity, finding.verdict) == ("sla[0].warn[1]", "warning", "proven")
    assert finding.message == (
        "the warning '-4h' of 'gold' is not given for 'work' for 'low', 'medium', 'high' (4h), 'work' for 'urgent' (1h): "
        "their clocks have not started by then; make it shorter, or write a share such as '80%'"
    )
    assert finding.witness is not None
    events = [event for outcome in finding.witness.replay(desk) for event in outcome.events]
    assert [event.warning for event in events if isinstance(event, Warned)] == ["80%"]
    assert any(isinstance(event, Breached) for event in events)


def test_a_warning_longer_than_some_promises_is_worth_knowing() -> None:
    (finding,) = found(desk_of({"low": "8h", "urgent": "30m"}, "-30m"), "idle-warning")
    assert (finding.severity, finding.verdict) == ("info", "proven")
    assert "'work' for 'urgent' (30m)" in finding.message


def test_only_some_promises_are_named() -> None:
    metrics = [Metric(name=f"m{number}", start=["created"], stop=["agent_reply"]) for number in range(6)]
    promises = {one.name: Targets(otherwise=Length(HOUR_US)) for one in metrics}
    desk = Desk(metrics=metrics, policies=[Policy(name="gold", targets=promises, warn=(WarnAt.parse("-1h"),))])
    (finding,) = found(desk, "idle-warning")
    assert "'m3' (1h) and 2 more: " in finding.message


@pytest.mark.parametrize(
    ("target", "warn", "verdict"),
    [
        ("4h", "-239m", None),
        ("4h", "4h", None),  # after it is due
        ("4h", "0m", None),  # when it is due
        ("4h", "1000%", None),
        ("4h calendar", "-4h", "proven"),
        ("2 working days", "-1 working day", None),
        ("2 working days", "-2 working days", "proven"),
        ("1 working day", "-3 working days", "proven"),
        ("1 working day, end of day", "-1 working day", None),  # the closing of the day it starts on
        ("1 working day, end of day", "-2 working days", "unknown"),
        ("1 day", "-8h", None),  # a clock that starts on a Thursday evening has all of Friday
        ("1 day", "-9h", "unknown"),  # there are eight open hours a day
        ("4h", "-1 working day", "unknown"),
        ("9h", "-1 working day", None),
    ],
)
def test_which_warnings_are_not_given(target: str, warn: str, verdict: str | None) -> None:
    findings = found(desk_of(target, warn), "idle-warning")
    assert [one.verdict for one in findings] == ([] if verdict is None else [verdict])


def test_no_ticket_shows_a_warning_of_a_clock_that_starts_later() -> None:
    (finding,) = found(desk_of("1h", "-2h", start=["assign"]), "idle-warning")
    assert (finding.verdict, finding.witness) == ("proven", None)


def test_no_ticket_shows_it_where_a_rule_stops_the_clock() -> None:
    data = {
        "metrics": {"work": {"start": ["created"], "stop": ["assign"]}},
        "sla": [{"name": "gold", "targets": {"work": "1h"}, "warn": ["-2h"]}],
        "rules": [{"name": "taken", "when": {"since": "created", "at_least": "10m"}, "then": [{"assign": "maria"}]}],
    }
    (finding,) = found(load_desk(data), "idle-warning")
    assert (finding.verdict, finding.witness) == ("proven", None)


def test_hours_that_have_ended_say_nothing_of_warnings() -> None:
    ended = {"office": BusinessHours(zone="UTC", week={"mon-fri": ["09:00-17:00"]}, valid_until="2025-12-31")}
    desk = desk_of("1 working day", "-2h").evolve(hours=ended)
    assert {one.code for one in lint(desk)} == {"hours-end", "unreachable-status"}


# --- against what happens ----------------------------------------------------------------------------------------------


def test_a_warning_as_long_as_the_promise_is_given_to_clocks_that_start_out_of_hours() -> None:
    """So says docs/reference/findings.md."""
    desk, night = desk_of("8h", "-8h"), _TRIED[0] + 9 * HOUR_US
    assert found(desk, "idle-warning")
    assert not warns(desk, Length(8 * HOUR_US), _TRIED[0])
    assert warns(desk, Length(8 * HOUR_US), night)
    assert not warns(desk_of("8h", "-9h"), Length(8 * HOUR_US), night)


TARGETS = st.sampled_from(["1h", "4h", "8h", "20h", "4h calendar", "30h calendar", "1 day", "3 days", "1 working day", "2 working days"])
WARNINGS = st.sampled_from(["-30m", "-1h", "-4h", "-8h", "-9h", "-20h", "-30h", "-1 working day", "-2 working days", "50%", "1h"])


def warns(desk: Desk, target: Target, at_us: int, level: str = "low") -> bool:
    """Whether a clock that starts at an instant warns before or when it is due, and nobody acts."""
    ticket = desk.handle(None, Created(at=at_us, ticket="T", by=ADA), SlotSet(at=at_us, by=ADA, level=level)).ticket
    clock = ticket.clocks["work"].cycle
    assert clock.target == target
    due = desk.sla.due_us(clock)
    assert due is not None
    return any(isinstance(event, Warned) for event in desk.tick(ticket, due + 5 * HOUR_US).events)


@given(TARGETS, WARNINGS, st.data())
def test_a_finding_is_what_clocks_left_alone_do(target: str, warning: str, data: st.DataObject) -> None:
    desk = desk_of(target, warning)
    findings = found(desk, "idle-warning")
    promise = parse_target(target)
    for finding in findings:
        at = data.draw(st.integers(_TRIED[0], _TRIED[-1]) if finding.verdict == "proven" else st.sampled_from(_TRIED))
        is_equal = isinstance(promise, Length) and f"-{Length(promise.us)}" == warning
        assert not warns(desk, promise, OFFICE["office"].next_open_us(at) if is_equal else at)
    if not findings:
        assert any(warns(desk, promise, at) for at in _TRIED[::3] + _TRIED)


@given(
    strategies.zones(),
    st.sampled_from(["mon-fri", "mon,wed", "sat", "mon-sun"]),
    st.integers(*_TRIED[:: len(_TRIED) - 1]),
    st.integers(1, 5),
)
def test_working_days_there_and_back_never_end_later(zone: str, days: str, at_us: int, count: int) -> None:
    """What `_gives` takes for granted of warnings that count as many working days as the promise."""
    hours = BusinessHours(zone=zone, week={days: ["09:00-12:30", "22:00-03:00"]}, holidays=["2026-11-26", "2026-12-02"])
    there = hours.add_working_days_us(at_us, count)
    assert hours.add_working_days_us(there, -count) <= at_us
