"""`next_rise` against a clock that steps: no rise is missed within the second, none is invented, and each is right to the microsecond."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticketcore._time import from_us
from ticketcore.conditions import (
    INSTANT,
    TEXT,
    AllOf,
    AnyOf,
    Changed,
    Condition,
    InHours,
    Not,
    Rise,
    Since,
    Sla,
    Test,
    Timed,
    Until,
    View,
    Vocabulary,
    compiled,
    holds,
    next_rise,
)  # fmt: skip
from ticketcore.extra.strategies.conditions import Reading
from ticketcore.hours import BusinessHours, Hours
from ticketcore.model import Days, FrozenMap, Length, Ticket, WorkingDays

SECOND = 1_000_000
QUARTER = 900  # seconds
# Four places: an ordinary evening, the hour that Riga repeats, the hour that it skips, and midnight in Kathmandu.
STARTS = {
    "2026-11-20T22:00Z": 1_795_212_000 * SECOND, "2026-10-25T00:52Z": 1_792_889_520 * SECOND,
    "2026-03-29T00:52Z": 1_774_745_520 * SECOND, "2026-11-20T18:07Z": 1_795_198_020 * SECOND,
}  # fmt: skip


FINE = st.sampled_from([0, 0, 0, 1, -1, 500_000])


def near(start: int) -> st.SearchStrategy[int]:
    """Instants in the window, a quarter of an hour around it, or days before, on whole seconds and just beside them."""
    second = st.integers(-QUARTER, 2 * QUARTER).map(lambda at: start + at * SECOND)
    return st.builds(lambda at, days, step: at - days * 86_400 * SECOND + step, second, st.sampled_from([0, 0, 0, 0, 1, 2, 3, 7]), FINE)


def lengths(calendar: bool) -> st.SearchStrategy[Length]:
    seconds = st.one_of(st.integers(0, 2 * QUARTER), st.sampled_from([0, 1, 59, 60, 86_400, 3 * 86_400]))
    return st.builds(lambda at, step: Length(max(0, at * SECOND + step), calendar=calendar), seconds, FINE)


def spans(until: bool) -> st.SearchStrategy[Any]:
    days = st.one_of(st.integers(0, 3).map(Days), st.integers(0, 3).map(lambda count: WorkingDays(count=count)))
    closing = st.integers(0, 3).map(lambda count: WorkingDays(count=count, end_of_day=not until))
    return st.one_of(lengths(calendar=True), lengths(calendar=True), lengths(calendar=False), days, closing)


@st.composite
def some_hours(draw: st.DrawFn, start: int, window: int) -> Hours:
    """Hours that open and close within the window, on any second, in zones whose clocks change in it."""
    zone = draw(st.sampled_from(["UTC", "Europe/Riga", "Asia/Kathmandu"]))
    local = from_us(start).in_timezone(zone)
    base = local.hour * 3600 + local.minute * 60
    cuts = sorted(draw(st.lists(st.integers(-600, window + 600), min_size=2, max_size=8, unique=True)))
    pairs = [((base + low) % 86_400, (base + high) % 86_400) for low, high in zip(cuts[::2], cuts[1::2], strict=False)]
    week = [f"{_clock(low)}-{_clock(high)}" for low, high in sorted(pairs) if low < high] or ["00:00-24:00"]
    holidays = draw(st.sampled_from([(), (local.date().isoformat(),), (local.add(days=1).date().isoformat(),)]))
    return BusinessHours(zone=zone, week={"mon-sun": week}, holidays=holidays)


def _clock(second: int) -> str:
    return f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"


@st.composite
def readings(draw: st.DrawFn, start: int) -> Reading:
    started, half = draw(near(start)), draw(st.integers(0, QUARTER)) * SECOND + draw(FINE)
    due = started + 2 * max(half, 0)
    state = "breached" if due <= start else draw(st.sampled_from(["running", "running", "met", "paused"]))
    is_open = state in {"running", "breached", "paused"}
    return Reading(
        state=state, is_open=is_open, is_running=state in {"running", "breached"}, due_us=None if state == "paused" else due,
        started_us=started, half_us=started + max(half, 0),
    )  # fmt: skip


@st.composite
def polled(draw: st.DrawFn) -> tuple[Condition, View, int]:
    """A condition, what it reads, and how many seconds are polled."""
    window = draw(st.sampled_from([QUARTER, 300, 60, 3600]))
    start = STARTS[draw(st.sampled_from(sorted(STARTS)))]
    words = Vocabulary(
        statuses={"open": "open", "closed": "closed"}, metrics=("reply",), fields={"deadline": INSTANT, "note": TEXT},
        hours={name: draw(some_hours(start, window)) for name in ("day", "night")}, default_hours=draw(st.sampled_from(["day", None])),
    )  # fmt: skip
    name = st.sampled_from([None, "day", "night"])
    of = st.sampled_from(["created", "updated", "last_agent_reply", "deadline", "deadline", "sla.reply.due", "sla.reply.started"])
    op = st.sampled_from(["at_least", "at_most", "above", "below"])
    tests = st.one_of(
        st.builds(Since, of, op, spans(until=False), name), st.builds(Until, of, op, spans(until=True), name),
        st.builds(InHours, st.sampled_from(["day", "night"]), st.sampled_from(["open", "closed", "holiday"])),
        st.builds(Sla, st.just("reply"), st.just("is"), st.sampled_from(["running", "breached", "paused", "met"])),
        st.builds(Sla, st.just("reply"), st.just("due_within"), st.integers(0, QUARTER).map(lambda at: timedelta(seconds=at))),
        st.builds(Sla, st.just("reply"), st.just("used_at_least"), st.sampled_from([0, 25, 50, 80, 100, 150])),
        st.sampled_from([Test("status", "is", "open"), Test("note", "is_set")]),
    )  # fmt: skip
    whole = st.recursive(
        tests,
        lambda parts: st.one_of(
            st.lists(parts, min_size=1, max_size=4).map(AllOf), st.lists(parts, min_size=1, max_size=4).map(AnyOf), parts.map(Not)
        ),
        max_leaves=8,
    )
    instants: dict[str, Any] = {name: draw(near(start)) for name in ("created_us", "updated_us", "last_agent_reply_us")}
    ticket = Ticket(
        id="T", status="open", category="open", fields=FrozenMap({"deadline": draw(near(start))}), **instants,
    )  # fmt: skip
    clocks = {"reply": draw(readings(start))} if draw(st.integers(0, 3)) else {}
    return draw(whole), View(words, ticket, start, None, None, clocks.get), window


def check_against_the_poll(condition: Condition, view: View, window: int = QUARTER) -> int:
    """Every rise in the window, one after the other, and what a poll every second sees; how many rises there were."""
    start = view.now_us
    end = start + window * SECOND
    asked = compiled(condition, view.vocabulary)
    seen = [asked(view.at(at)) for at in range(start, end + 1, SECOND)]
    timed = Timed(condition, view.vocabulary)
    rises: list[int] = []
    after = start
    while True:
        rise = next_rise(condition, view, after, end)
        assert timed.next_rise(view, after, end) == rise
        if rise is None or not rise.found:
            break
        assert after < rise.at_us <= end
        assert holds(condition, view.at(rise.at_us))  # true at it,
        assert not holds(condition, view.at(rise.at_us - 1))  # false a microsecond before
        rises.append(rise.at_us)
        after = rise.at_us
    for second, (was, now) in enumerate(pairwise(seen)):
        low = start + second * SECOND
        within = [at for at in rises if low < at <= low + SECOND]
        if now and not was:
            assert within, f"a rise within the second after {low}"
        if was and now and not within:  # never false in between, or the rise is missing
            assert all(asked(view.at(low + part)) for part in (1, 250_000, 499_999, 500_001, 750_000, SECOND - 1))
    return len(rises)


@given(polled())
def test_a_poll_every_second_finds_no_rise_that_was_missed(case: tuple[Condition, View, int]) -> None:
    check_against_the_poll(*case)


def test_the_poll_would_see_a_rise_that_was_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    view = View(Vocabulary(), Ticket(id="T", created_us=0), 0)
    condition = Since("created", "at_least", Length(90 * SECOND + 1, calendar=True))
    assert check_against_the_poll(condition, view) == 1
    for wrong in (None, Rise(91 * SECOND), Rise(90 * SECOND)):
        monkeypatch.setattr("test_rises.next_rise", lambda *_, wrong=wrong: wrong)
        monkeypatch.setattr(Timed, "next_rise", lambda *_, wrong=wrong: wrong)
        with pytest.raises(AssertionError):
            check_against_the_poll(condition, view)


@pytest.mark.parametrize("test", [Test("status", "is", "open"), Changed("status"), Not(Test("status", "is", "open")), AllOf(())])
def test_what_time_cannot_change_never_rises(test: Condition) -> None:
    words = Vocabulary(statuses={"open": "open"})
    view = View(words, Ticket(id="T", status="new"), 0)
    assert next_rise(test, view) is None
    assert Timed(test, words).next_rise(view) is None


@pytest.mark.parametrize("test", [
    Sla("reply", "is", "running"), AllOf((Test("status", "is", "open"), Sla("reply", "is", "running"))), AllOf(()),
    Not(Since("created", "at_least", Length(2 * QUARTER * SECOND, calendar=True))),
])  # fmt: skip
def test_what_ends_for_good_after_the_search_ends_never_rises(test: Condition) -> None:
    words, due = Vocabulary(statuses={"open": "open"}, metrics=("reply",)), 2 * QUARTER * SECOND
    reading = Reading(state="running", is_open=True, is_running=True, due_us=due, started_us=0, half_us=due // 2)
    view = View(words, Ticket(id="T", status="open", created_us=0), 0, None, None, {"reply": reading}.get)
    for horizon in (QUARTER * SECOND, 3 * QUARTER * SECOND):
        assert next_rise(test, view, 0, horizon) is None
        assert Timed(test, words).next_rise(view, 0, horizon) is None


@pytest.mark.parametrize("horizon", [QUARTER * SECOND, 3 * QUARTER * SECOND])
def test_what_may_be_true_again_after_the_search_ends_was_not_found(horizon: int) -> None:
    day = BusinessHours(zone="UTC", week={"mon-sun": ["09:00-17:00"]})
    words = Vocabulary(hours={"day": day})
    view = View(words, Ticket(id="T", created_us=0), 0)
    test = AnyOf((Since("created", "at_most", Length(2 * QUARTER * SECOND, calendar=True)), InHours("day", "open")))
    assert next_rise(test, view, 0, horizon) == Timed(test, words).next_rise(view, 0, horizon) == Rise(horizon, found=False)


def test_a_holiday_begins_when_its_midnight_comes_for_the_second_time() -> None:
    """A minute after midnight St. John's set its clocks back to 23:01 of Saturday: Sunday began twice, and the holiday on it too."""
    hours = BusinessHours(zone="America/St_Johns", week={"mon-sun": ["09:00-17:00"]}, holidays=["2010-11-07"])
    vocabulary = Vocabulary(hours={"office": hours})
    again = 1_289_098_800 * SECOND  # half past eleven for the second time
    view = View(vocabulary, Ticket(id="T"), again)
    rise = next_rise(InHours("office", "holiday"), view, again)
    assert isinstance(rise, Rise)
    assert rise.at_us == again + 2 * QUARTER * SECOND
