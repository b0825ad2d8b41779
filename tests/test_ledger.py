"""The ledger: every stretch of a clock's time, adding up exactly to what was used, printed and as plain data."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk_day import MARIA, MIDNIGHT, at, born, length
from ticketcore import (
    AgentReplied,
    BusinessHours,
    CustomerReplied,
    Deleted,
    Desk,
    Metric,
    Outcome,
    Policy,
    PolicySet,
    Resolved,
    SlotSet,
    TargetExtended,
    Targets,
)  # fmt: skip
from ticketcore._time import DAY_US, HOUR_US, MINUTE_US
from ticketcore.model import Outside, WorkingDays

SUPPORT = BusinessHours(zone="Europe/Riga", week={"mon-fri": ["09:00-12:30", "13:30-17:00"]}, holidays=[("2026-11-25", "Name day")])
SOLVE = Metric(name="solve", start=("created",), stop=("enter:resolved",), pause_status=("answered",))


def desk(hours: float = 10, *, name: str = "support", **given: Any) -> Desk:
    std = Policy(name="std", hours=name, targets={"solve": Targets(by_level={"urgent": length(1)}, otherwise=length(hours))}, **given)
    return Desk(metrics=(SOLVE,), policies=(std,), hours={"support": SUPPORT})


def lived(on: Desk, *events: Outside, start: str = "09:00") -> Outcome:
    outcome = born(on, start)
    for event in events:
        outcome = on.handle(outcome.ticket, event)
    return outcome


def answer(clock: str, day: int = 0) -> AgentReplied:
    return AgentReplied(at=at(clock, day), by=MARIA)


def reply(clock: str, day: int = 0) -> CustomerReplied:
    return CustomerReplied(at=at(clock, day))


# --- laws ------------------------------------------------------------------------------------------------------------

MOMENTS = st.lists(st.tuples(st.sampled_from([AgentReplied, CustomerReplied, Resolved]), st.integers(1, 3000)), max_size=6)


@given(MOMENTS, st.integers(0, 8000), st.sampled_from(["support", "24x7"]))
def test_the_counted_stretches_add_up_and_the_stretches_join_without_a_gap(moments: list[Any], later: int, name: str) -> None:
    on = desk(40, name=name)
    outcome, minute = born(on), 9 * 60
    for kind, wait in moments:
        minute += wait
        if outcome.ticket.status != "resolved":
            outcome = on.handle(outcome.ticket, kind(at=MIDNIGHT + minute * MINUTE_US, by=MARIA if kind is not CustomerReplied else None))
    end = max(outcome.ticket.as_of_us, MIDNIGHT + minute * MINUTE_US) + later * MINUTE_US
    cycle = outcome.ticket.clocks["solve"].cycle
    ledger = on.sla.ledger(outcome.ticket, "solve", end)
    if cycle.is_open:
        assert ledger.used_us == on.sla.used_us(cycle, end)
    else:
        assert ledger.used_us == cycle.banked_us
    assert ledger.lines == () or ledger.lines[0].start_us == cycle.started_us
    for line, following in zip(ledger.lines, ledger.lines[1:], strict=False):
        assert line.end_us == following.start_us
    assert all(
        line.counted_us == (line.end_us - line.start_us if line.kind == "counted" and line.end_us is not None else 0)
        for line in ledger.lines
    )


@given(st.integers(1, 200))
def test_up_to_its_due_instant_a_running_promise_counts_exactly_what_was_promised(hours: int) -> None:
    on = desk(hours)
    assert on.why_due(born(on).ticket, "solve").used_us == hours * HOUR_US


# --- tables ----------------------------------------------------------------------------------------------------------


def test_a_ledger_prints_as_a_table_in_the_zone_of_the_hours() -> None:
    on = desk(14)
    outcome = lived(on, answer("10:00"), reply("14:10"))
    assert str(on.why_due(outcome.ticket, "solve")).splitlines() == [
        "solve: 14h promised (Europe/Riga)",
        "counted    Mon 23 Nov 11:00-12:00      1h",
        "paused     Mon 23 Nov 12:00-16:10      answered",
        "counted    Mon 23 Nov 16:10-17:00      50m",
        "closed     Mon 23 Nov 17:00-Tue 24 Nov 09:00",
        "counted    Tue 24 Nov 09:00-12:30      3h 30m",
        "closed     Tue 24 Nov 12:30-13:30",
        "counted    Tue 24 Nov 13:30-17:00      3h 30m",
        "closed     Tue 24 Nov 17:00-Wed 25 Nov 00:00",
        "holiday    Wed 25 Nov 00:00-Thu 26 Nov 00:00 Name day",
        "closed     Thu 26 Nov 00:00-09:00",
        "counted    Thu 26 Nov 09:00-12:30      3h 30m",
        "closed     Thu 26 Nov 12:30-13:30",
        "counted    Thu 26 Nov 13:30-15:10      1h 40m",
        "due        Thu 26 Nov 15:10",
    ]


def test_the_same_as_plain_data() -> None:
    on = desk(1)
    assert on.why_due(born(on).ticket, "solve").data() == {
        "metric": "solve", "promise": "1h", "zone": "Europe/Riga", "due": "2026-11-23T10:00:00Z",
        "lines": [{"from": "2026-11-23T09:00:00Z", "to": "2026-11-23T10:00:00Z", "kind": "counted", "why": "", "counted": "1h"}],
    }  # fmt: skip


def test_while_paused_nothing_is_due_and_the_pause_has_no_end() -> None:
    on = desk(14)
    ledger = on.why_due(lived(on, answer("10:00")).ticket, "solve")
    assert str(ledger).splitlines()[-2:] == ["paused     Mon 23 Nov 12:00-           answered", "due        not while this lasts"]
    data = ledger.data()
    assert (data["due"], data["lines"][-1]["to"]) == (None, None)
    assert ledger.lines[-1].event


def test_a_clock_paused_from_the_first_moment_says_so() -> None:
    paused = Metric(name="solve", start=("created",), pause_status=("new",))
    on = Desk(metrics=(paused,), policies=(Policy(name="std", targets={"solve": Targets(otherwise=length(1))}),))
    first = born(on)
    (line,) = on.why_due(first.ticket, "solve").lines
    assert (line.kind, line.why, line.start_us, line.end_us) == ("paused", "from the start", at("09:00"), None)
    later = on.handle(on.handle(first.ticket, answer("10:00")).ticket, reply("12:00"))
    assert [(one.kind, one.end_us) for one in on.why_due(later.ticket, "solve").lines] == [
        ("paused", at("10:00")),
        ("counted", at("11:00")),
    ]


def test_a_ledger_up_to_an_instant_is_cut_there() -> None:
    on = desk(14)
    outcome = lived(on, answer("10:00"), reply("14:10"))
    ledger = on.sla.ledger(outcome.ticket, "solve", at("12:00"))  # in the middle of the pause
    assert [(line.kind, line.start_us, line.end_us) for line in ledger.lines] == [
        ("counted", at("09:00"), at("10:00")), ("paused", at("10:00"), at("12:00")),
    ]  # fmt: skip
    inside = on.sla.ledger(outcome.ticket, "solve", at("09:40"))
    assert (len(inside.lines), inside.used_us) == (1, 40 * MINUTE_US)
    assert on.sla.ledger(outcome.ticket, "solve", at("09:00")).lines == ()


def test_a_tightened_promise_was_due_before_the_clock_paused() -> None:
    on = desk(14)
    outcome = lived(on, answer("11:00"), SlotSet(at=at("12:00"), by=MARIA, level="urgent"))
    ledger = on.why_due(outcome.ticket, "solve")
    assert [(line.kind, line.end_us) for line in ledger.lines] == [("counted", at("10:00")), ("paused", None)]
    assert (ledger.promise, ledger.due_us) == ("1h", at("10:00"))


def test_an_ended_clock_tells_its_verdict() -> None:
    on = desk(2, name="24x7")
    met = lived(on, Resolved(at=at("10:30"), by=MARIA))
    assert str(on.why_due(met.ticket, "solve")).splitlines() == [
        "solve: 2h promised (UTC)", "counted    Mon 23 Nov 09:00-10:30      1h 30m", "due        Mon 23 Nov 11:00   (met)",
    ]  # fmt: skip
    late = lived(on, Resolved(at=at("11:30"), by=MARIA))
    assert str(on.why_due(late.ticket, "solve")).splitlines()[1:] == [
        "counted    Mon 23 Nov 09:00-11:00      2h", "due        Mon 23 Nov 11:00   (late)",  # up to due
    ]  # fmt: skip
    gone = lived(on, Deleted(at=at("10:30"), by=MARIA))
    assert str(on.why_due(gone.ticket, "solve")).splitlines()[-1] == "due        never   (removed)"


def test_an_extension_is_named_with_the_promise() -> None:
    on = desk(2, name="24x7")
    outcome = lived(on, TargetExtended(at=at("09:30"), by=MARIA, metric="solve", extra_us=30 * MINUTE_US))
    ledger = on.why_due(outcome.ticket, "solve")
    assert (ledger.promise, ledger.used_us) == ("2h (+30m)", 150 * MINUTE_US)


def test_a_clock_without_a_promise_says_nothing_was_promised() -> None:
    on = Desk(metrics=(SOLVE,))
    assert str(on.why_due(born(on).ticket, "solve")).splitlines() == ["solve: nothing promised (UTC)", "due        not while this lasts"]


def test_a_promise_in_working_days_shows_the_days() -> None:
    std = Policy(name="std", hours="support", targets={"solve": Targets(otherwise=WorkingDays(1))})
    on = Desk(metrics=(SOLVE,), policies=(std,), hours={"support": SUPPORT})
    ledger = on.why_due(born(on).ticket, "solve")
    assert (ledger.promise, ledger.due_us) == ("1 working day", at("09:00", 1))


def test_what_was_counted_on_other_hours_is_shown_in_one_piece() -> None:
    kept = Policy(name="kept", targets={"solve": Targets(otherwise=length(20))}, hours="24x7", keep_used=True)
    std = Policy(name="std", hours="support", targets={"solve": Targets(otherwise=length(14))})
    on = Desk(metrics=(SOLVE,), policies=(std, kept), hours={"support": SUPPORT})
    outcome = lived(on, PolicySet(at=at("12:00"), by=MARIA, policy="kept"))  # 12:30-13:30 in Riga was closed
    first = on.why_due(outcome.ticket, "solve").lines[0]
    assert (first.kind, first.why, first.end_us, first.counted_us) == ("counted", "on the hours of then", at("12:00"), 2 * HOUR_US)


@pytest.mark.parametrize(
    ("us", "text"),
    [(0, "09:00"), (1_000_000, "09:00:01"), (1, "09:00:00.000001"), (1_500_000, "09:00:01.500000")],
)
def test_seconds_are_printed_where_there_are_any(us: int, text: str) -> None:
    on = desk(1, name="24x7")
    from ticketcore import Created

    first = on.handle(None, Created(at=at("09:00") + us, ticket="T"))
    assert f"Mon 23 Nov {text}-" in str(on.why_due(first.ticket, "solve"))


def test_a_week_goes_by_in_a_ledger() -> None:
    on = desk(7 * 24, name="24x7")
    (line,) = on.why_due(born(on).ticket, "solve").lines
    assert line.counted_us == 7 * DAY_US
