"""Columns of instants: every answer is that of the hours themselves; what is no column of instants is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pendulum
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticketcore import BusinessHours, always
from ticketcore._time import DAY_US, HOUR_US, MINUTE_US, to_us
from ticketcore.errors import BadValue, BeyondHorizon, NeverOpen, NotAnInstant
from ticketcore.extra import strategies
from ticketcore.extra.batch import Batch, add, elapsed
from ticketcore.hours import Hours

AROUND = pendulum.date(2026, 3, 28)
LOW, HIGH = to_us(pendulum.datetime(2026, 3, 20)), to_us(pendulum.datetime(2026, 4, 10))
WEEKDAYS = BusinessHours(zone="Europe/Riga", week={"mon-fri": ["09:00-17:00"]})

instants = st.integers(LOW, HIGH) | st.integers(LOW // MINUTE_US, HIGH // MINUTE_US).map(MINUTE_US.__mul__) | st.sampled_from([LOW, HIGH])


@given(strategies.hours(AROUND), st.lists(st.tuples(instants, instants), max_size=8), st.integers(0, 3 * DAY_US))
def test_a_column_of_elapsed_times_and_deadlines_is_what_the_hours_say(config: Hours, pairs: list[tuple[int, int]], amount: int) -> None:
    batch = Batch.of(config, LOW, HIGH)
    starts, ends = (np.array([pair[side] for pair in pairs], dtype=np.int64) for side in (0, 1))
    wanted = [config.elapsed_us(*pair) for pair in pairs]
    assert batch.elapsed(starts, ends).tolist() == wanted == elapsed(config, starts, ends).tolist()
    assert (batch._searched(ends) - batch._searched(starts)).tolist() == wanted
    assert batch.is_open(starts).tolist() == [config.is_open_us(start) for start, _ in pairs]
    amounts = [max(used, 0) for used in wanted]
    assert batch.add(starts, amounts).tolist() == [config.add_us(start, used) for (start, _), used in zip(pairs, amounts, strict=True)]
    try:
        due = [config.add_us(start, amount) for start, _ in pairs]
    except (NeverOpen, BeyondHorizon) as error:
        with pytest.raises(type(error)):
            add(config, starts, amount)
    else:
        assert add(config, starts, amount).tolist() == due


@given(st.sampled_from([1, 7, 11, 13, 17, 59]), st.lists(instants, min_size=1))
def test_openings_that_no_slot_fits_are_searched(odd: int, moments: list[int]) -> None:
    config = BusinessHours(zone="UTC", week={"mon-sun": ["09:00-17:00"]}, closures=[(f"2026-03-24T12:00:{odd:02}", "2026-03-24T12:30", "")])
    batch = Batch.of(config, LOW, HIGH + 300 * DAY_US)
    assert batch._slots is None
    column = np.array(moments)
    assert batch.elapsed(np.full(len(moments), LOW), column).tolist() == [config.elapsed_us(LOW, at) for at in moments]


def test_dates_of_numpy_come_back_as_dates_of_numpy() -> None:
    starts = np.array(["2026-03-27T14:00", "2026-03-28T00:00"], dtype="datetime64[m]")  # a Friday and a Saturday
    ends = np.array(["2026-03-30T07:00", "2026-03-30T06:30"], dtype="datetime64[m]")  # the clocks of Riga changed between
    found = elapsed(WEEKDAYS, starts, ends)
    assert (found.dtype, found.tolist()) == (np.dtype("timedelta64[us]"), [pendulum.duration(hours=2), pendulum.duration(minutes=30)])
    due = add(WEEKDAYS, starts, HOUR_US)
    assert due.tolist() == [pendulum.naive(2026, 3, 27, 15), pendulum.naive(2026, 3, 30, 7)]
    assert Batch.of(WEEKDAYS, "2026-03-27", "2026-03-28").is_open(starts).tolist() == [True, False]


def test_around_the_clock_and_never() -> None:
    column = np.array([0, HOUR_US])
    assert elapsed(always("UTC"), column, column[::-1]).tolist() == [HOUR_US, -HOUR_US]
    assert add(always("UTC"), column, [5, 7]).tolist() == [5, HOUR_US + 7]
    monday = to_us(pendulum.datetime(2026, 3, 23))
    weekend = Batch.of(WEEKDAYS, monday - DAY_US, monday - HOUR_US)
    assert weekend.elapsed([monday - DAY_US], [monday - HOUR_US]).tolist() == [0]
    assert weekend.is_open([monday - HOUR_US]).tolist() == [False]
    assert weekend.add([monday - HOUR_US], 0).tolist() == [monday - HOUR_US]


def test_no_rows_give_no_rows() -> None:
    assert elapsed(WEEKDAYS, [], []).tolist() == add(WEEKDAYS, [], HOUR_US).tolist() == []
    assert Batch.of(WEEKDAYS, LOW, HIGH).is_open([]).tolist() == []


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ([1.5], "float64"), (["now"], "U3"), ([True], "bool"), (np.array(["NaT"], dtype="datetime64[s]"), "NaT"),
        (np.array([1], dtype="timedelta64[s]"), "timedelta64"),
    ],
)  # fmt: skip
def test_what_is_no_column_of_instants_is_refused(column: Any, words: str) -> None:
    with pytest.raises(NotAnInstant, match=words):
        elapsed(WEEKDAYS, column, column)


def test_amounts_and_instants_outside_are_refused() -> None:
    batch = Batch.of(WEEKDAYS, LOW, HIGH)
    with pytest.raises(BadValue, match="cannot be negative"):
        batch.add([LOW], -1)
    with pytest.raises(BeyondHorizon, match="lies beyond 2026-04-10"):
        batch.add([LOW], [400 * HOUR_US])
    for outside in (LOW - 1, HIGH + 1):
        with pytest.raises(BeyondHorizon, match="compile a longer one"):
            batch.is_open([outside])
    known = BusinessHours(zone="UTC", week={"mon": ["09:00-17:00"]}, valid_until="2026-04-01")
    with pytest.raises(BeyondHorizon):
        Batch.of(known, LOW, HIGH)
    april = to_us(pendulum.datetime(2026, 4, 1))
    up_to = Batch.of(known, LOW, april)
    assert up_to.elapsed([LOW], [april]).tolist() == [known.elapsed_us(LOW, april)]
    with pytest.raises(BeyondHorizon, match="known only until"):
        up_to.is_open([april])
