"""What a step came to, what would follow and how a clock stands, printed in plain words."""

from __future__ import annotations

from typing import Any, Final

import pytest

from desk_day import ADA, MARIA, at
from ticketcore import AgentReplied, Created, Deleted, Desk, MarkedSpam, Purged, Standing, Ticket, load_desk
from ticketcore.model import Outside

DESK: Final[Desk] = load_desk({
    "sla": [{"name": "gold", "warn": ["-15m"], "targets": {"first_reply": {"high": "30m", "else": "1h"}}}],
    "metrics": {
        "first_reply": {"start": ["created"], "stop": ["agent_reply"], "pause_status": ["postponed"]},
        "resolution": {"start": ["created"], "stop": ["enter:resolved"]},
    },
    "rules": [{"name": "ask", "on": ["created"], "then": [{"notify": "lead"}, {"notify": "sales"}, {"add_tag": "new"}]}],
})  # fmt: skip
BORN: Final = Created(at=at("09:00"), ticket="T-1", by=ADA)


def lived(*events: Outside) -> Ticket:
    ticket = DESK.handle(None, BORN).ticket
    for event in events:
        ticket = DESK.handle(ticket, event).ticket
    return ticket


def test_an_outcome_prints_as_what_came_of_it() -> None:
    outcome = DESK.handle(None, BORN)
    assert str(outcome).splitlines() == [
        "T-1: new, priority low",
        "  6 events: created, rule_fired, tags_added, policy_applied, 2 x clock_started; 2 effects: 2 x notify",
        "  wake at 2026-11-23T09:45:00Z",
    ]
    nothing = DESK.tick(outcome.ticket, at("09:10"))
    assert str(nothing).splitlines()[1:] == ["  no events; no effects", "  wake at 2026-11-23T09:45:00Z"]
    assert repr(outcome).startswith("Outcome(ticket=Ticket(id='T-1'")


def test_a_purge_prints_with_the_effect_that_it_asks_for() -> None:
    outcome = DESK.handle(lived(Deleted(at=at("10:00"), by=MARIA)), Purged(at=at("11:00"), by=MARIA))
    assert str(outcome).splitlines() == [
        "T-1: purged, priority low",
        "  2 events: purged, status_changed; 1 effect: erase",
        "  nothing will happen by itself",
    ]


def test_a_forecast_prints_as_what_it_would_come_to() -> None:
    ahead = DESK.forecast(lived(), AgentReplied(at=at("09:20"), by=MARIA), until=at("12:00"))
    assert str(ahead).splitlines() == [
        "T-1: answered, priority low",
        "  3 events: agent_replied, status_changed, clock_stopped; no effects",
        "  first_reply: met, due 2026-11-23T10:00:00Z, ended 2026-11-23T09:20:00Z, 20m used, 1h promised",
        "  resolution: running, 3h used, nothing promised",
        "  nothing will happen by itself",
    ]
    assert repr(ahead).startswith("Forecast(ticket=Ticket(")


CLOCKS: list[tuple[tuple[Outside, ...], str, str]] = [
    ((), "09:10", "running, due 2026-11-23T10:00:00Z, 10m used, 1h promised"),
    ((), "10:30", "breached, due 2026-11-23T10:00:00Z, 1h 30m used, 1h promised"),
    (
        (AgentReplied(at=at("11:00"), by=MARIA),), "11:00",
        "late, due 2026-11-23T10:00:00Z, ended 2026-11-23T11:00:00Z, 2h used, 1h promised",
    ),
    ((MarkedSpam(at=at("09:20"), by=MARIA),), "09:30", "removed, ended 2026-11-23T09:20:00Z, 20m used, 1h promised"),
]  # fmt: skip


@pytest.mark.parametrize(("events", "now", "said"), CLOCKS)
def test_a_standing_prints_as_a_line(events: tuple[Outside, ...], now: str, said: str) -> None:
    assert str(DESK.standing(lived(*events), "first_reply", at(now))) == f"first_reply: {said}"


def test_a_paused_clock_is_not_due_and_an_old_breach_is_told() -> None:
    parts: dict[str, Any] = {
        "metric": "fa",
        "state": "paused",
        "used_us": 60_000_000,
        "target": DESK.policies[0].targets["first_reply"].otherwise,
    }
    assert str(Standing(**parts)) == "fa: paused, not due as things are, 1m used, 1h promised"
    assert str(Standing(**parts, ever_breached=True)) == "fa: paused, not due as things are, 1m used, 1h promised, broken before"
