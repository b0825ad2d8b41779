"""Business hours: the laws of DESIGN 5, the plain definition they are held against, and tables of the edges where systems differ."""

from __future__ import annotations

import copy
import json
import os
import pickle
import threading
import zoneinfo
from collections import Counter
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, _zoneinfo  # type: ignore[attr-defined]  # the pure twin shows its transitions

import attrs
import pendulum
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pendulum import DateTime

import conform_hours
from ticketcore import _spans, _time, _timeline
from ticketcore._time import DAY_US, EPOCH_ORDINAL, HOUR_US, MINUTE_US, from_us, load_zone, offset_us, parse_instant, wall_us, zone_offsets
from ticketcore._timeline import Table, Timeline
from ticketcore.errors import (
    BadDuration,
    BadHours,
    BadValue,
    BadZone,
    BeyondHorizon,
    NaiveDateTime,
    NeverOpen,
    NotAnInstant,
    OutOfRange,
    TicketcoreError,
)
from ticketcore.extra.strategies.hours import (
    business_hours,
    clock_changes,
    covered_instants,
    day_spans,
    durations,
    hours,
    weeks,
    zones,
)
from ticketcore.hours import (
    ALWAYS,
    Always,
    BusinessHours,
    Changing,
    Combined,
    Hours,
    Transition,
    always,
    changing,
    difference,
    intersection,
    union,
)

VECTORS = Path(__file__).resolve().parent.parent.parent / "shared" / "vectors"
ODD = ("Pacific/Apia", "Pacific/Kwajalein", "Australia/Lord_Howe", "America/Sao_Paulo", "Asia/Tehran", "Europe/Dublin")

WEEKDAYS = BusinessHours(zone="UTC", week={"mon-fri": ["09:00-17:00"]})
ATHENS = BusinessHours(zone="Europe/Athens", week={"mon-fri": ["09:00-12:30", "13:30-18:00"]}, holidays={"2026-12-25": "Christmas"})


def at(text: str) -> int:
    """An instant from ISO text; without an offset it is meant in UTC."""
    return parse_instant(text if text[-6] in "+-" or text.endswith("Z") else text + "Z")


def say(us: int) -> str:
    return _time.iso(us)[:16]


# --- the plain definition ---------------------------------------------------------------------------------------------
# The wall clock is stepped minute by minute. A wall time is over once the clock has shown it, so what counts is the furthest
# the clock has come: it stands still while an hour is repeated, and it jumps where one is skipped.


def furthest_wall_times(zone: str, low: int, high: int, step: int = MINUTE_US) -> list[datetime]:
    """What the clock has come to, at best, at every minute of ``[low, high)``."""
    tz = ZoneInfo(zone)
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=low - 2 * DAY_US)
    best, shown = datetime.min, []
    for _ in range((high - low + 2 * DAY_US) // step):
        best = max(best, moment.astimezone(tz).replace(tzinfo=None))
        shown.append(best)
        moment += timedelta(microseconds=step)
    return shown[2 * DAY_US // step :]


def plainly_open(config: BusinessHours, wall: datetime) -> bool:
    """Whether the hours are open when the wall clock shows *wall* for the first time: read off the definition, a date at a time."""
    if any(start <= wall < end for start, end, _ in config.closures):
        return False
    exceptions, holidays = dict(config.exceptions), dict(config.holidays)
    for days_ago in (0, 1):
        day = wall.date() - timedelta(days_ago)
        pattern = exceptions.get(day, () if day in holidays else config.week[day.weekday()])
        of_day = (wall - datetime.combine(day, datetime.min.time())) // timedelta(microseconds=1)
        if any(start <= of_day < end for start, end in pattern):
            return True
    return False


def oracle(config: Hours, low: int, high: int) -> list[bool]:
    """Whether the hours are open in each minute of ``[low, high)``."""
    match config:
        case BusinessHours():
            return [plainly_open(config, wall) for wall in furthest_wall_times(config.zone, low, high)]
        case Always():
            return [True] * ((high - low) // MINUTE_US)
        case Combined(op=op, left=left, right=right):
            rows = zip(oracle(left, low, high), oracle(right, low, high), strict=True)
            match op:
                case "union":
                    return [one or two for one, two in rows]
                case "intersection":
                    return [one and two for one, two in rows]
            return [one and not two for one, two in rows]
        case Changing(phases=phases):
            answers = oracle(phases[0][1], low, high)
            for day, following in phases[1:]:
                later = oracle(following, low, high)
                begun = [day is not None and wall.date() >= day for wall in furthest_wall_times(following.zone, low, high)]
                answers = [new if since else old for old, new, since in zip(answers, later, begun, strict=True)]
            return answers
    raise AssertionError(config)


def runs(minutes: list[bool], low: int, step: int = MINUTE_US) -> list[tuple[int, int]]:
    edges = [low + index * step for index, (old, new) in enumerate(pairwise([False, *minutes, False])) if old != new]
    return list(zip(edges[::2], edges[1::2], strict=True))


WINDOW = 5 * DAY_US


@st.composite
def near_a_clock_change(draw: Any) -> tuple[BusinessHours, int]:
    zone = draw(zones())
    low = draw(clock_changes(zone)) // MINUTE_US * MINUTE_US - draw(st.integers(0, 4 * 1440)) * MINUTE_US
    around = from_us(low).date()
    return draw(business_hours(zone=zone, around=date(around.year, around.month, around.day))), low


@given(near_a_clock_change())
@settings(max_examples=40)
def test_open_spans_are_those_of_the_stepped_wall_clock(case: tuple[BusinessHours, int]) -> None:
    config, low = case
    assume(
        all(
            offset % MINUTE_US == 0
            for year in (from_us(low).year, from_us(low + WINDOW).year)
            for _, offset in zone_offsets(config.tz, year)
        )
    )
    minutes = oracle(config, low, low + WINDOW)
    expected = runs(minutes, low)
    assert list(config.spans_us(low, low + WINDOW)) == expected
    assert config.elapsed_us(low, low + WINDOW) == sum(minutes) * MINUTE_US
    for index in range(0, len(minutes), 97):
        moment = low + index * MINUTE_US
        assert config.is_open_us(moment) == minutes[index]
        ahead = minutes[index:]
        if any(ahead):
            assert config.next_open_us(moment) == moment + ahead.index(True) * MINUTE_US
            used = sum(ahead) // 2 + 1
            last = [step for step, is_open in enumerate(ahead) if is_open][used - 1]
            assert config.add_us(moment, used * MINUTE_US) == moment + (last + 1) * MINUTE_US
        behind = minutes[:index]
        if any(behind):
            steps_back = behind[::-1].index(True)
            assert config.previous_open_us(moment) == moment - steps_back * MINUTE_US
            assert config.subtract_us(moment, MINUTE_US) == moment - (steps_back + 1) * MINUTE_US
        if not ahead[0] and any(ahead):
            assert config.next_transition_us(moment) == (moment + ahead.index(True) * MINUTE_US, True)
        if ahead[0] and not all(ahead):
            assert config.next_transition_us(moment) == (moment + ahead.index(False) * MINUTE_US, False)


@given(st.data())
@settings(max_examples=25)
def test_combined_and_changing_hours_are_those_of_the_stepped_wall_clock(data: Any) -> None:
    around = data.draw(st.dates(date(1975, 1, 1), date(2080, 1, 1)))
    config = data.draw(hours(around=around))
    low = (around.toordinal() - EPOCH_ORDINAL - data.draw(st.integers(0, 12))) * DAY_US
    assert list(config.spans_us(low, low + WINDOW)) == runs(oracle(config, low, low + WINDOW), low)


# --- laws -------------------------------------------------------------------------------------------------------------


def answered(question: Any, *given_: Any) -> Any:
    """The answer, or the kind of the refusal: both must come, and at once."""
    try:
        return question(*given_)
    except (NeverOpen, BeyondHorizon) as error:
        return type(error)


@given(hours(), covered_instants(), durations())
def test_an_amount_added_has_elapsed(config: Hours, moment: int, amount: timedelta) -> None:
    amount_us = amount // timedelta(microseconds=1)
    end = answered(config.add_us, moment, amount_us)
    if isinstance(end, int):
        assert config.elapsed_us(moment, end) == amount_us
        assert end >= moment
        assert amount_us == 0 or config.elapsed_us(moment, end - 1) < amount_us, "it is the earliest such instant"


@given(hours(), covered_instants(), durations())
def test_an_amount_subtracted_has_elapsed(config: Hours, moment: int, amount: timedelta) -> None:
    amount_us = amount // timedelta(microseconds=1)
    start = answered(config.subtract_us, moment, amount_us)
    if isinstance(start, int):
        assert config.elapsed_us(start, moment) == amount_us
        assert start <= moment
        assert amount_us == 0 or config.elapsed_us(start + 1, moment) < amount_us, "it is the latest such instant"


@given(hours(), covered_instants(), covered_instants(), covered_instants())
def test_elapsed_time_adds_up(config: Hours, a: int, b: int, c: int) -> None:
    assert config.elapsed_us(a, b) + config.elapsed_us(b, c) == config.elapsed_us(a, c)
    assert config.elapsed_us(a, b) == -config.elapsed_us(b, a)


@given(hours(), covered_instants(), covered_instants())
def test_elapsed_time_never_shrinks_and_never_outruns_the_clock(config: Hours, a: int, b: int) -> None:
    low, high = sorted((a, b))
    assert 0 <= config.elapsed_us(low, high) <= high - low


@given(hours(), covered_instants(), durations(), durations())
def test_a_longer_amount_ends_no_earlier(config: Hours, moment: int, one: timedelta, two: timedelta) -> None:
    short, long = sorted((one, two))
    first, second = answered(config.add, moment, short), answered(config.add, moment, long)
    if isinstance(second, DateTime):
        assert isinstance(first, DateTime)
        assert first <= second


@given(hours(), covered_instants(1990, 2050), st.integers(0, 40 * DAY_US))
@settings(max_examples=30)
def test_spans_are_disjoint_apart_and_what_has_elapsed(config: Hours, low: int, length: int) -> None:
    found = list(config.spans_us(low, low + length))
    assert sum(end - start for start, end in found) == config.elapsed_us(low, low + length)
    assert all(low <= start < end <= low + length for start, end in found)
    assert all(one[1] < two[0] for one, two in pairwise(found)), "touching runs are one"
    for start, end in found[:5]:
        assert config.is_open_us(start)
        assert end == low + length or (not config.is_open_us(end) and config.next_transition_us(start) == (end, False))
        assert start == low or not config.is_open_us(start - 1)


@given(hours(), hours(), covered_instants())
def test_algebra_is_pointwise(one: Hours, two: Hours, moment: int) -> None:
    first, second = one.is_open_us(moment), two.is_open_us(moment)
    assert (one | two).is_open_us(moment) == (first or second)
    assert (one & two).is_open_us(moment) == (first and second)
    assert (one - two).is_open_us(moment) == (first and not second)
    assert union(one, two, one).is_open_us(moment) == (first or second)
    assert intersection(one, two).is_open_us(moment) == (first and second)
    assert difference(one, two, two).is_open_us(moment) == (first and not second)


@given(hours(), hours(), covered_instants(1990, 2050), st.integers(0, 400 * DAY_US))
@settings(max_examples=25)
def test_a_union_and_an_intersection_together_are_both_parts(one: Hours, two: Hours, low: int, length: int) -> None:
    both = (one | two).elapsed_us(low, low + length) + (one & two).elapsed_us(low, low + length)
    assert both == one.elapsed_us(low, low + length) + two.elapsed_us(low, low + length)
    assert (one - two).elapsed_us(low, low + length) + (one & two).elapsed_us(low, low + length) == one.elapsed_us(low, low + length)


@given(hours(), covered_instants(1990, 2050), st.integers(1, 60 * DAY_US))
@settings(max_examples=40)
def test_an_explanation_covers_the_range_and_agrees_with_the_questions(config: Hours, low: int, length: int) -> None:
    pieces = list(config.explain_us(low, low + length))
    assert pieces[0][0] == low
    assert pieces[-1][1] == low + length
    assert all(one[1] == two[0] and one[2:] != two[2:] for one, two in pairwise(pieces))
    assert all(start < end for start, end, _, _ in pieces)
    assert all(config.is_open_us(start) == (kind == "open") for start, _, kind, _ in pieces)
    assert sum(end - start for start, end, kind, _ in pieces if kind == "open") == config.elapsed_us(low, low + length)


@given(hours(), st.lists(covered_instants(), min_size=2, max_size=6), durations(timedelta(30)))
@settings(max_examples=15)
def test_answers_do_not_depend_on_what_was_asked_before(config: Hours, moments: list[int], amount: timedelta) -> None:
    def ask(who: Hours, moment: int) -> list[Any]:
        us = amount // timedelta(microseconds=1)
        return [
            who.is_open_us(moment), who.elapsed_us(moment, moments[0]),
            answered(who.add_us, moment, us), answered(who.subtract_us, moment, us),
            answered(who.next_open_us, moment), answered(who.previous_open_us, moment), answered(who.next_transition_us, moment),
            answered(who.add_working_days_us, moment, 3), answered(who.add_working_days_us, moment, -2),
        ]  # fmt: skip

    forward = [ask(config, moment) for moment in moments]
    fresh = pickle.loads(pickle.dumps(config))
    backward = [ask(fresh, moment) for moment in reversed(moments)]
    assert forward == backward[::-1]


@given(hours(), covered_instants(), durations(timedelta(30)))
def test_the_bucket_tables_agree_with_the_plain_search(config: Hours, moment: int, amount: timedelta) -> None:
    us = amount // timedelta(microseconds=1)
    end = answered(config.add_us, moment, us)
    if isinstance(config, Always) or not isinstance(end, int) or us == 0:
        return
    table = config._table
    assert end == table.earliest(table.position(moment) + us)
    assert config.elapsed_us(moment, end) == table.position(end) - table.position(moment)


@given(st.lists(st.integers(0, 2000), unique=True, max_size=60), st.integers(1, 12))
def test_a_table_finds_every_row_however_uneven_the_spans(edges: list[int], scale: int) -> None:
    points = sorted(edge**2 * scale for edge in edges)
    spans = list(zip(points[::2], points[1::2], strict=False))
    low, high = -7, 2001**2 * scale
    config = WEEKDAYS.then("2100-01-01", WEEKDAYS)  # a fresh value, to be given the table
    object.__setattr__(config, "_table", Table(low, high, spans))
    for moment in {low, high, *points, *(point + 1 for point in points), *(point - 1 for point in points)}:
        assert config.elapsed_us(low, moment) == sum(max(0, min(end, moment) - start) for start, end in spans)
    total = sum(end - start for start, end in spans)
    for amount in {1, total // 3, total // 2, total} - {0}:
        if amount <= total:
            assert config.add_us(low, amount) == config._table.earliest(amount)


@given(hours())
def test_hours_are_values(config: Hours) -> None:
    twin = pickle.loads(pickle.dumps(config))
    assert twin == config
    assert hash(twin) == hash(config)
    assert repr(twin) == repr(config)
    assert copy.deepcopy(config) == config
    assert len({config, twin}) == 1
    assert config != object()


@given(business_hours())
def test_what_was_read_once_can_be_read_again(config: BusinessHours) -> None:
    assert attrs.evolve(config) == config
    assert BusinessHours(zone=config.zone, week=_spans.say_week(config.week), exceptions=config.exceptions, merge=True).week == config.week


@given(st.data())
def test_datetimes_of_any_zone_mean_their_instant(data: Any) -> None:
    zone = data.draw(zones())
    config = data.draw(business_hours(zone=zone))
    moment = data.draw(clock_changes(zone)) + data.draw(st.integers(0, 999_999))
    local = from_us(moment).in_timezone(zone)
    forms = [moment, from_us(moment), local, datetime.fromtimestamp(moment // 1_000_000, UTC) + timedelta(microseconds=moment % 1_000_000)]
    assert config.elapsed(moment, moment + DAY_US) == timedelta(microseconds=config.elapsed_us(moment, moment + DAY_US))
    for form in forms:  # before and after the table is there to help with the zone
        assert config.is_open(form) == config.is_open_us(moment)
        assert config.elapsed(form, moment) == timedelta(0)
        assert answered(config.next_open, form) == answered(lambda: from_us(config.next_open_us(moment)))


@pytest.mark.parametrize("zone", [*ODD, "America/St_Johns", "America/Havana", "Africa/Cairo", "Asia/Beirut", "Europe/Athens"])
def test_datetimes_of_the_own_zone_mean_their_instant_around_every_clock_change(zone: str) -> None:
    config = BusinessHours(zone=zone, week={"mon-sun": ["00:00-12:00"]})
    config.elapsed_us(at("1985-01-01T00:00"), at("2030-01-01T00:00"))  # the table that helps with the zone
    for year in range(1986, 2030):
        for change, _ in zone_offsets(config.tz, year):
            noon = from_us(change).in_timezone(zone).set(hour=12)
            for step in range(-100, 101, 2):
                moment = change + step * 15 * MINUTE_US
                local = from_us(moment).in_timezone(zone)
                assert config.elapsed(local, moment) == timedelta(0)
                assert config.elapsed(noon, local) == timedelta(microseconds=config.elapsed_us(_time.to_us(noon), moment))
                shown = datetime.fromtimestamp(moment // 1_000_000, load_zone(zone))
                fields = (shown.year, shown.month, shown.day, shown.hour, shown.minute)
                for fold in (0, 1):
                    local = DateTime(*fields, tzinfo=pendulum.timezone(zone), fold=fold)
                    assert config._us(local) == _time.to_us(local)


@given(weeks())
def test_a_week_is_read_as_it_is_said(plain: dict[str, list[str]]) -> None:
    read = _spans.week(plain)
    assert _spans.week(_spans.say_week(read)) == read
    assert _spans.week(read) == read


@given(day_spans())
def test_spans_of_a_day_are_said_so_that_they_can_be_read(spans: list[str]) -> None:
    read = _spans.day_spans(spans)
    assert _spans.day_spans([_spans.say_span(span) for span in read]) == read
    assert _spans.day_spans([span.split("-") for span in spans]) == read, "pairs of times are spans too"


# --- the zones --------------------------------------------------------------------------------------------------------


@cache
def changes_of(name: str) -> tuple[tuple[int, int], ...]:
    """Every change of the offset of a zone since 1900 in its own table: (second, offset from there on), by the pure twin of zoneinfo."""
    tz = _zoneinfo.ZoneInfo(name)
    found, last = [], None if tz._tti_before is None else tz._tti_before.utcoff
    for second, info in zip(tz._trans_utc, tz._ttinfos, strict=True):
        if info.utcoff != last:
            found.append((second, info.utcoff // timedelta(seconds=1)))
        last = info.utcoff
    return tuple(change for change in found if change[0] >= _spans.FIRST_US // 1_000_000)


ZONES = sorted(name for name in zoneinfo.available_timezones() if name not in {"localtime", "Factory", "posixrules"})


def test_no_zone_changes_twice_within_three_days() -> None:
    closest = min(two[0] - one[0] for name in ZONES for one, two in pairwise(changes_of(name)))
    assert closest > 3 * 86_400, "zone_offsets looks every second day"


# `make soak` tries every change of every zone at every minute around it; a commit tries a sample.
EVERY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
AROUND = range(-90, 91) if EVERY else (-90, -60, -31, -30, -1, 0, 1, 29, 30, 59, 60, 90)


@pytest.mark.parametrize("remainder", range(4))
def test_every_change_of_every_zone_is_found(remainder: int) -> None:
    for index, name in enumerate(ZONES):
        changes = changes_of(name)
        wanted = changes if name in ODD or EVERY else changes[(index + remainder) % 4 :: 16]
        for second, offset in wanted:
            assert (second * 1_000_000, offset * 1_000_000) in zone_offsets(load_zone(name), from_us(second * 1_000_000).year), name


@pytest.mark.parametrize("remainder", range(4))
def test_a_wall_time_is_the_first_instant_at_which_the_clock_shows_it_or_a_later_one(remainder: int) -> None:
    for index, name in enumerate(ZONES):
        zone, changes = load_zone(name), changes_of(name)
        for second, _ in changes[remainder::4] if EVERY else changes if name in ODD else changes[(index + remainder) % 8 :: 40]:
            change = second * 1_000_000
            for offset in {offset_us(zone, change - 1), offset_us(zone, change)}:
                for minutes in AROUND:
                    wall = change + offset + minutes * MINUTE_US
                    found = wall_us(zone, wall // DAY_US + EPOCH_ORDINAL, wall % DAY_US)
                    assert furthest(zone, change, found) >= wall, (name, change, minutes)
                    assert furthest(zone, change, found - 1) < wall, (name, change, minutes)


# Spans and gaps of all lengths at all hours, one over midnight: wherever a clock changes, something begins, ends or lies across it.
BROKEN = BusinessHours(zone="UTC", week={
    "mon-sun": [
        "00:10-00:25", "00:40-01:50", "02:00-02:15", "02:25-02:35", "03:00-03:05", "03:30-11:15", "11:45-12:00", "12:30-22:20",
        "22:45-23:10", "23:20-00:05",
    ],
})  # fmt: skip


@pytest.mark.parametrize("remainder", range(4))
def test_hours_around_every_change_of_every_zone_are_those_of_the_stepped_clock(remainder: int) -> None:
    for index, name in enumerate(ZONES):
        changes = [second for second, _ in changes_of(name) if 0 <= second < 2_145_916_800]  # 1970 to 2037: offsets of half minutes at most
        sample = changes[-3:] if name in ODD else changes[index % 97 :][:1] if index % 8 == remainder else []
        wanted = changes[remainder::4] if EVERY else sample
        config = attrs.evolve(BROKEN, zone=name) if wanted else BROKEN
        for second in wanted:
            low, high = (second // 60 + AROUND[0]) * MINUTE_US, (second // 60 + AROUND[-1] + 1) * MINUTE_US
            step = 30_000_000 if any(offset_us(config.tz, at) % MINUTE_US for at in (low, high)) else MINUTE_US
            is_open = [plainly_open(config, wall) for wall in furthest_wall_times(name, low, high, step)]
            used = [0, *accumulate(is_open)]
            spans = list(config.spans_us(low, high))
            assert spans == runs(is_open, low, step), (name, second)
            for place, minute in enumerate(range(low, high, step)):
                assert config.is_open_us(minute) == is_open[place], (name, minute)
                assert config.elapsed_us(low, minute) == used[place] * step, (name, minute)
                if minute != low:
                    assert config.elapsed_us(minute, low) == -used[place] * step, (name, minute)
                assert config.add_us(low, used[place] * step) == low + used.index(used[place]) * step, (name, minute)


def furthest(zone: ZoneInfo, change: int, moment: int) -> int:
    """The furthest a clock has come by *moment*, when *change* is its only change near by."""
    shown = moment + offset_us(zone, moment)
    return max(shown, change - 1 + offset_us(zone, change - 1)) if moment >= change else shown


@pytest.mark.parametrize(
    ("zone", "wall", "instant", "why"),
    [
        ("Europe/Berlin", "2026-03-29T02:30", "2026-03-29T01:00Z", "skipped: the instant of the change"),
        ("Europe/Berlin", "2026-10-25T02:30", "2026-10-25T00:30Z", "twice: the first time"),
        ("Europe/Berlin", "2026-10-25T03:00", "2026-10-25T02:00Z", "after the repeated hour"),
        ("Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-03T15:30Z", "half an hour is skipped"),
        ("Pacific/Apia", "2011-12-30T12:00", "2011-12-30T10:00Z", "a skipped date is one instant"),
        ("Pacific/Apia", "2011-12-31T00:00", "2011-12-30T10:00Z", "and the next date begins with it"),
        ("Pacific/Kwajalein", "1993-08-21T12:00", "1993-08-21T12:00Z", "a skipped date"),
        ("America/Sao_Paulo", "2018-11-04T00:00", "2018-11-04T03:00Z", "a midnight that does not exist"),
        ("Asia/Tehran", "2022-03-22T00:00", "2022-03-21T20:30Z", "another"),
        ("Europe/Dublin", "2026-03-29T01:30", "2026-03-29T01:00Z", "winter time is the exception there, the clock is the same"),
    ],
)
def test_wall_times_that_are_skipped_or_come_twice(zone: str, wall: str, instant: str, why: str) -> None:
    moment = datetime.fromisoformat(wall)
    assert wall_us(load_zone(zone), moment.toordinal(), (moment.hour * 60 + moment.minute) * MINUTE_US) == at(instant), why


@pytest.mark.parametrize(("ordinal", "why"), [(1, "year 1"), (date.max.toordinal(), "year 9999"), (0, "no date"), (4_000_000, "no date")])
def test_wall_times_at_the_ends_of_the_calendar_are_refused(ordinal: int, why: str) -> None:
    with pytest.raises(OutOfRange):
        wall_us(load_zone("Europe/Athens"), ordinal, 0)


def test_offsets_are_known_in_the_years_2_to_9998() -> None:
    with pytest.raises(OutOfRange):
        zone_offsets(load_zone("UTC"), 9999)


# --- the facts of other systems ---------------------------------------------------------------------------------------


needs_vectors = pytest.mark.skipif(not VECTORS.is_dir(), reason=f"the facts of other systems' tests are not here: no {VECTORS}")


@needs_vectors
def test_every_fact_of_other_systems_holds(capsys: pytest.CaptureFixture[str]) -> None:
    passed, failed, skipped = conform_hours.run_hours([VECTORS / "hours.json"])
    assert (failed, skipped) == (0, 0), capsys.readouterr().out
    assert passed >= 553


# Our answer to each class of cases in which systems differ: the key of it in the case, or the answer itself.
EDGES: dict[str, tuple[Any, str]] = {
    "is_open-at-close": ("half-open", "spans are half-open: the closing instant is closed"),
    "add-ends-at-close": ("closing", "an amount used up at closing ends at closing"),
    "negative-elapsed": ("signed", "elapsed is signed"),
    "next_open-at-close": ("half-open", "the next opening, not the closing instant"),
    "zero-amount-closed": ("unchanged", "nothing added is nothing moved"),
    "minimum-one-second": ("everyone else", "no time is no time"),
    "previous_open-at-opening": ("strict (biz, working_hours, businesstimedelta)", "the closing before it"),
    "overnight-into-holiday": ("shift belongs to its start date", "a night belongs to the date it starts on"),
    "next_open-when-open": ("unchanged", "at or after: the instant itself"),
    "days-unit": ("days", "the same wall time n working days on"),
    "holiday-vs-exception": ("Intrepidd/working_hours (holiday_hours beat holidays)", "the more particular word about a date wins"),
    "overnight-into-exception": ("shift belongs to its start date (spatie overflow)", "an exception replaces its own date's hours only"),
    "zero-length-interval": (BadHours, "equal ends are an error"),
    "peer-quirk": ("oracle", "the stepped clock"),
    "elapsed-counts-wall-clock": ("znuny, biz (UTC segments), oracle", "real elapsed time: 25 hours that night"),
    "dst-endpoint": ("monotone map (recommended)", "one monotone map for starts and ends"),
}


def edge_answer(case: dict[str, Any], key: Any) -> Any:
    answers = case["answers"]
    if key == "signed":
        return next((value for value in answers.values() if value < 0), min(answers.values()))
    if key == "days":
        return answers.get("working_hours: same wall time, no roll", answers.get("glpi 7 days"))
    if key == "closing":
        return answers.get("closing", answers.get("everyone incl. biz"))
    if key == "unchanged":
        return answers.get("unchanged", case["start"])
    return next(value for name, value in answers.items() if name.startswith(key))


def edge_cases() -> list[Any]:
    path = VECTORS / "edges.json"
    cases = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []
    return [pytest.param(case, id=case["id"]) for case in cases]


@needs_vectors
def test_there_is_an_answer_to_every_class_of_edges() -> None:
    assert Counter(case.values[0]["class"] for case in edge_cases()).keys() == EDGES.keys()


@pytest.mark.parametrize("case", edge_cases())
def test_where_systems_differ_the_answer_is_stated(case: dict[str, Any]) -> None:
    key, why = EDGES[case["class"]]
    if key is BadHours:
        with pytest.raises(BadHours):
            conform_hours.answer(case)
        return
    got, expected = conform_hours.answer(case), edge_answer(case, key)
    assert conform_hours.same(expected, got), (case["id"], expected, got, why)


# --- tables -----------------------------------------------------------------------------------------------------------

GLPI = BusinessHours(zone="UTC", week={"mon": ["10:30-19:00"], "tue-fri": ["08:30-19:00"]})
NIGHTS = BusinessHours(
    zone="Europe/Athens", week={"fri": ["22:00-06:00"]}, holidays=["2026-11-27"], closures=[("2026-12-04", "2026-12-06")]
)


@pytest.mark.parametrize(
    ("config", "start", "count", "end_of_day", "expected", "why"),
    [
        (GLPI, "2034-06-09T08:46:12", 5, False, "2034-06-16T08:46:12", "glpi: the same time of day, 5 working days on"),
        (GLPI, "2034-06-07T10:00", 5, True, "2034-06-14T19:00", "glpi: to the closing of that day"),
        (WEEKDAYS, "2026-11-21T10:00", 1, False, "2026-11-23T10:00", "from a Saturday one working day on is Monday"),
        (WEEKDAYS, "2026-11-20T10:00", 1, False, "2026-11-23T10:00", "as it is from Friday"),
        (WEEKDAYS, "2026-11-21T10:00", -1, False, "2026-11-20T10:00", "and one back is Friday"),
        (WEEKDAYS, "2026-11-23T10:00", -1, False, "2026-11-20T10:00", "as it is from Monday"),
        (WEEKDAYS, "2026-11-20T23:00", 2, False, "2026-11-24T23:00", "the wall time is kept, open or not"),
        (WEEKDAYS, "2026-11-21T10:00", 0, False, "2026-11-21T10:00", "none on is the instant itself"),
        (WEEKDAYS, "2026-11-20T10:00", 0, True, "2026-11-20T17:00", "none on, end of day: today's closing"),
        (WEEKDAYS, "2026-11-21T10:00", 0, True, "2026-11-23T17:00", "on a Saturday that of the next working day"),
        (NIGHTS, "2026-11-19T12:00", 1, True, "2026-11-21T04:00", "a night belongs to Friday and ends on Saturday, 06:00 in Athens"),
        (NIGHTS, "2026-11-20T12:00", 1, False, "2026-12-11T12:00", "neither the holiday nor the closed Friday is a working day"),
        (ALWAYS, "2026-11-20T12:00", 3, False, "2026-11-23T12:00", "around the clock every day is one"),
        (ALWAYS, "2026-11-20T12:00", -3, True, "2026-11-18T00:00", "and ends at midnight"),
        (ATHENS, "2026-10-23T07:00+02:00", 1, False, "2026-10-26T06:00", "over the end of summer time: 08:00 in Athens both days"),
    ],
)
def test_working_days(config: Hours, start: str, count: int, end_of_day: bool, expected: str, why: str) -> None:
    assert say(config.add_working_days_us(at(start), count, end_of_day=end_of_day)) == say(at(expected)), why
    assert config.add_working_days(at(start), count, end_of_day=end_of_day) == from_us(at(expected)), why


@given(hours(), st.dates(date(1990, 1, 1), date(2060, 1, 1)), st.integers(-80, 80), st.integers(0, 60))
@settings(max_examples=30)
def test_working_days_on_and_counted_are_one_arithmetic(config: Hours, day: date, count: int, length: int) -> None:
    end = day + timedelta(length)
    working = [one for one in (day + timedelta(step) for step in range(length)) if config.is_working_day(one)]
    assert config.working_days_between(day, end) == len(working) == -config.working_days_between(end, day)
    there = answered(config.shift_working_days, day, count)
    if count and isinstance(there, date):
        assert config.is_working_day(there)
        low, high = (day + timedelta(1), there + timedelta(1)) if count > 0 else (there, day)
        assert config.working_days_between(low, high) == abs(count)


@given(business_hours(), covered_instants(1990, 2060), st.integers(-40, 40))
def test_days_keep_the_wall_time(config: BusinessHours, moment: int, count: int) -> None:
    day, of_day = config.wall(moment)
    there = config.add_days_us(moment, count)
    assert config.add_days(moment, count) == from_us(there)
    assert there == (moment if count == 0 else wall_us(config.tz, day + count, of_day))


def test_dates_can_be_given_as_text_dates_or_instants() -> None:
    christmas = datetime(2026, 12, 25, 1, tzinfo=timezone(timedelta(hours=2)))  # still the 24th in UTC
    for form in ("2026-12-25", date(2026, 12, 25), pendulum.date(2026, 12, 25), christmas, at("2026-12-24T23:00")):
        assert ATHENS.is_holiday(form)
        assert ATHENS.holiday_name(form) == "Christmas"
        assert not ATHENS.is_working_day(form)
    assert ATHENS.holiday_name("2026-12-24") is None
    assert not ALWAYS.is_holiday("2026-12-25")
    assert ALWAYS.working_days_between("2026-12-24", "2026-12-31") == 7
    assert ALWAYS.is_working_day("2026-12-25")


def test_holidays_of_combined_hours() -> None:
    riga = BusinessHours(zone="Europe/Riga", week={"mon-fri": ["09:00-17:00"]}, holidays=[("2026-12-25", "Ziemassvētki"), "2026-11-18"])
    assert (ATHENS | riga).holiday_name("2026-12-25") == "Christmas"
    assert (ATHENS | riga).holiday_name("2026-11-18") is None, "the other one works"
    assert (ATHENS & riga).holiday_name("2026-11-18") == ""
    assert (riga & ATHENS).holiday_name("2026-12-25") == "Ziemassvētki"
    assert (ALWAYS & ATHENS).holiday_name("2026-12-25") == "Christmas"
    assert (ATHENS - riga).holiday_name("2026-11-18") is None
    assert ATHENS.then("2026-06-01", riga).holiday_name("2026-11-18") == ""
    assert ATHENS.then("2027-06-01", riga).holiday_name("2026-11-18") is None


@pytest.mark.parametrize("day", ["2025-12-31", "2027-01-01", at("2027-06-01T00:00")])
def test_holidays_of_dates_that_are_not_covered_are_unknown(day: Any) -> None:
    year = BusinessHours(
        zone="UTC", week={"mon-fri": ["09:00-17:00"]}, holidays=["2026-01-01"], valid_from="2026-01-01", valid_until="2027-01-01"
    )
    assert year.is_holiday("2026-01-01")
    assert not year.is_holiday("2026-12-31")
    for config in (year, ALWAYS & year, year.then("2026-06-01", year)):
        for question in (config.is_holiday, config.holiday_name, config.is_working_day):
            with pytest.raises(BeyondHorizon, match="lies outside what these hours cover; they cover 2026-01-01 to 2026-12-31"):
                question(day)
    assert not ALWAYS.is_holiday("1900-01-01")
    assert not ALWAYS.is_holiday(datetime(1700, 1, 1, tzinfo=UTC)), "around the clock has no horizon"


def explained(config: Hours, start: str, end: str) -> list[str]:
    return [
        f"{from_us(low):%a %d %H:%M}-{from_us(high):%a %d %H:%M} {kind} {name}".strip()
        for low, high, kind, name in config.explain_us(at(start), at(end))
    ]


LEDGER = BusinessHours(
    zone="UTC",
    week={"mon-fri": ["09:00-17:00"]},
    holidays=[("2026-12-25", "Christmas"), ("2026-12-26", "Boxing Day")],
    exceptions={"2026-12-24": ["09:00-12:00"]},
    closures=[
        ("2026-12-29T10:00", "2026-12-29T12:00", "fire drill"),
        ("2026-12-29T11:00", "2026-12-29T13:00", "lunch"),
        ("2026-12-30T18:00", "2026-12-30T19:00"),
    ],
)


def test_an_explanation_names_holidays_exceptions_and_closures() -> None:
    assert explained(LEDGER, "2026-12-23T16:00", "2026-12-31T10:00") == [
        "Wed 23 16:00-Wed 23 17:00 open",
        "Wed 23 17:00-Thu 24 00:00 closed",
        "Thu 24 00:00-Thu 24 09:00 exception",
        "Thu 24 09:00-Thu 24 12:00 open",
        "Thu 24 12:00-Fri 25 00:00 exception",
        "Fri 25 00:00-Sat 26 00:00 holiday Christmas",
        "Sat 26 00:00-Sun 27 00:00 holiday Boxing Day",
        "Sun 27 00:00-Mon 28 09:00 closed",
        "Mon 28 09:00-Mon 28 17:00 open",
        "Mon 28 17:00-Tue 29 09:00 closed",
        "Tue 29 09:00-Tue 29 10:00 open",
        "Tue 29 10:00-Tue 29 12:00 closure fire drill",
        "Tue 29 12:00-Tue 29 13:00 closure lunch",
        "Tue 29 13:00-Tue 29 17:00 open",
        "Tue 29 17:00-Wed 30 09:00 closed",
        "Wed 30 09:00-Wed 30 17:00 open",
        "Wed 30 17:00-Wed 30 18:00 closed",
        "Wed 30 18:00-Wed 30 19:00 closure",
        "Wed 30 19:00-Thu 31 09:00 closed",
        "Thu 31 09:00-Thu 31 10:00 open",
    ]
    first = next(LEDGER.explain(at("2026-12-25T10:00"), at("2026-12-25T11:00")))
    assert first == (from_us(at("2026-12-25T10:00")), from_us(at("2026-12-25T11:00")), "holiday", "Christmas")
    assert list(LEDGER.explain_us(5, 5)) == []


def test_an_explanation_of_combined_hours_gives_the_reason_that_says_most() -> None:
    mornings = BusinessHours(zone="UTC", week={"mon-sun": ["06:00-10:00"]})
    assert explained(LEDGER & mornings, "2026-12-25T05:00", "2026-12-25T11:00") == ["Fri 25 05:00-Fri 25 11:00 holiday Christmas"]
    assert explained(mornings | LEDGER, "2026-12-25T05:00", "2026-12-25T11:00") == [
        "Fri 25 05:00-Fri 25 06:00 holiday Christmas", "Fri 25 06:00-Fri 25 10:00 open", "Fri 25 10:00-Fri 25 11:00 holiday Christmas",
    ]  # fmt: skip
    assert explained(mornings - LEDGER, "2026-12-28T05:00", "2026-12-28T11:00") == [
        "Mon 28 05:00-Mon 28 06:00 closed", "Mon 28 06:00-Mon 28 09:00 open", "Mon 28 09:00-Mon 28 11:00 closed",
    ]  # fmt: skip
    assert explained(mornings.then("2026-12-25", LEDGER), "2026-12-24T09:00", "2026-12-26T00:00") == [
        "Thu 24 09:00-Thu 24 10:00 open", "Thu 24 10:00-Fri 25 00:00 closed", "Fri 25 00:00-Sat 26 00:00 holiday Christmas",
    ]  # fmt: skip
    assert explained(ALWAYS, "2026-12-24T09:00", "2026-12-26T00:00") == ["Thu 24 09:00-Sat 26 00:00 open"]


def test_many_dates_with_reasons_in_one_closed_stretch_are_all_named() -> None:
    seldom = BusinessHours(
        zone="Europe/Athens",
        exceptions={"2030-01-02": ["10:00-11:00"]},
        holidays=[("2026-12-25", "Christmas"), ("2028-12-25", "Christmas")],
    )
    kinds = [(say(low), kind) for low, _, kind, _ in seldom.explain_us(at("2026-01-01T00:00"), at("2029-01-01T00:00"))]
    assert kinds == [
        ("2026-01-01T00:00", "closed"), ("2026-12-24T22:00", "holiday"), ("2026-12-25T22:00", "closed"),
        ("2028-12-24T22:00", "holiday"), ("2028-12-25T22:00", "closed"),
    ]  # fmt: skip


def test_a_date_that_the_clock_skips_has_no_hours_and_no_reason() -> None:
    apia = BusinessHours(zone="Pacific/Apia", week={"mon-fri": ["09:00-17:00"]}, holidays=[("2011-12-30", "never was")])
    assert "never was" not in {name for *_, name in apia.explain_us(at("2011-12-28T00:00"), at("2012-01-03T00:00"))}
    assert not apia.is_working_day("2011-12-30")
    assert apia.working_days_between("2011-12-29", "2012-01-03") == 2
    assert [day for day, _ in always("Pacific/Apia").dated_us(date(2011, 12, 29).toordinal(), date(2011, 12, 31).toordinal())] == [
        date(2011, 12, 29).toordinal(), date(2011, 12, 31).toordinal(),
    ]  # fmt: skip


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"week": {"mon": ["09:00-09:00"]}}, "week.mon[0]", "equal ends"),
    ({"week": {"mon": ["24:00-09:00"]}}, "week.mon[0]", "a start at the end of the day"),
    ({"week": {"mon": ["9-17"]}}, "week.mon[0]", "no minutes"),
    ({"week": {"mon": ["09:60-17:00"]}}, "week.mon[0]", "no such minute"),
    ({"week": {"mon": ["09:00-17:00:60"]}}, "week.mon[0]", "no such second"),
    ({"week": {"mon": ["09:00-24:01"]}}, "week.mon[0]", "past the end of the day"),
    ({"week": {"mon": ["09:00"]}}, "week.mon[0]", "no end"),
    ({"week": {"mon": ["٠٩:00-17:00"]}}, "week.mon[0]", "digits of another script"),
    ({"week": {"mon": [17]}}, "week.mon[0]", "a number"),
    ({"week": {"mon": [(9.0, 17.0)]}}, "week.mon[0]", "floats"),
    ({"week": {"mon": "09:00-17:00"}}, "week.mon", "a span instead of a list of them"),
    ({"week": {"mon": ["09:00-12:00", "11:00-17:00"]}}, "week.mon", "an overlap"),
    ({"week": {"mon": ["22:00-06:00"], "tue": ["05:00-12:00"]}}, "week.mon", "a night that runs into the next day's hours"),
    ({"week": {"sun": ["22:00-06:00"], "mon": ["05:00-12:00"]}}, "week.sun", "also over the end of the week"),
    ({"week": {"mon": [f"{n // 60:02}:{n % 60:02}-{n // 60:02}:{n % 60:02}:30" for n in range(97)]}}, "week.mon", "too many spans"),
    ({"week": {"monday": ["09:00-17:00"]}}, "week.monday", "no such weekday"),
    ({"week": {"mon-wed-fri": ["09:00-17:00"]}}, "week.mon-wed-fri", "no such range"),
    ({"week": {1: ["09:00-17:00"]}}, "week", "a number for a weekday"),
    ({"week": {"mon-fri": ["09:00-17:00"], "fri": ["09:00-12:00"]}}, "week.fri", "a day given twice"),
    ({"week": ["09:00-17:00"]}, "week", "no mapping"),
    ({"holidays": "2026-12-25"}, "holidays", "a text instead of a list"),
    ({"holidays": 7}, "holidays", "no list"),
    ({"holidays": ["25.12.2026"]}, "holidays[0]", "no ISO date"),
    ({"holidays": ["2026-02-29"]}, "holidays[0]", "no such date"),
    ({"holidays": ["1899-12-31"]}, "holidays[0]", "outside the horizon"),
    ({"holidays": [datetime(2026, 12, 25)]}, "holidays[0]", "a datetime"),
    ({"holidays": [("2026-12-25", 7)]}, "holidays[0]", "a name that is no text"),
    ({"holidays": [date(1990, 1, 1)] * 20_001}, "holidays", "too many"),
    ({"exceptions": "2026-12-25"}, "exceptions", "a text"),
    ({"exceptions": 7}, "exceptions", "no mapping"),
    ({"exceptions": ["2026-12-25"]}, "exceptions", "no pair"),
    ({"exceptions": [("2026-12-25", []), (date(2026, 12, 25), [])]}, "exceptions.2026-12-25", "a date twice"),
    ({"exceptions": {"2026-12-25": ["09:00-12:00", "11:00-13:00"]}}, "exceptions.2026-12-25", "an overlap"),
    ({"exceptions": {"2026-12-24": ["22:00-10:00"]}}, "exceptions.2026-12-24", "a night into the next day's hours"),
    ({"exceptions": {date(1970, 1, 1) + timedelta(n): [] for n in range(20_001)}}, "exceptions", "too many"),
    ({"closures": "2026-12-25"}, "closures", "a text"),
    ({"closures": 7}, "closures", "no list"),
    ({"closures": ["2026-12-25"]}, "closures[0]", "no pair"),
    ({"closures": [("2026-12-25T10:00", "2026-12-25T10:00")]}, "closures[0]", "it ends at its start"),
    ({"closures": [("2026-12-25T10:00", "2026-12-25T12:00", 7)]}, "closures[0]", "a name that is no text"),
    ({"closures": [("2026-12-25T10:00+02:00", "2026-12-26")]}, "closures[0]", "an offset"),
    ({"closures": [(datetime(2026, 1, 1, tzinfo=UTC), "2026-12-26")]}, "closures[0]", "a time zone"),
    ({"closures": [("1990-01-01", "1990-01-02")] * 20_001}, "closures", "too many"),
    ({"valid_from": "2026-01-01", "valid_until": "2026-01-01"}, "valid_until", "no day between"),
    ({"valid_from": 7}, "valid_from", "no date"),
    ({"valid_until": "soon"}, "valid_until", "no date"),
]


@pytest.mark.parametrize(("config", "path", "why"), WRONG, ids=[why for *_, why in WRONG])
def test_hours_that_contradict_themselves_are_refused_with_their_place(config: dict[str, Any], path: str, why: str) -> None:
    with pytest.raises(BadHours) as refused:
        BusinessHours(**{"zone": "UTC", "week": {"mon-fri": ["09:00-17:00"]}, **config})
    assert refused.value.path == path, (why, str(refused.value))


def test_a_night_before_an_exception_may_not_run_into_it() -> None:
    with pytest.raises(BadHours, match=r"exceptions.2026-11-24"):
        BusinessHours(zone="UTC", week={"mon": ["22:00-06:00"]}, exceptions={"2026-11-24": ["05:00-12:00"]})


def test_overlaps_are_merged_when_asked() -> None:
    merged = BusinessHours(zone="UTC", week={"mon": ["09:00-12:00", "11:00-17:00", "22:00-06:00"], "tue": ["05:00-12:00"]}, merge=True)
    assert [(say(start)[5:], say(end)[5:]) for start, end in merged.spans_us(at("2026-11-23T00:00"), at("2026-11-25T00:00"))] == [
        ("11-23T09:00", "11-23T17:00"), ("11-23T22:00", "11-24T12:00"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "form", [["09:00-12:00"], [("09:00", "12:00")], [["9:00", "12:00:00"]], [(9 * HOUR_US, 12 * HOUR_US)], [[9 * HOUR_US, 12 * HOUR_US]]]
)
def test_spans_are_read_in_every_form(form: Any) -> None:
    config = BusinessHours(zone="UTC", week={"mon, wed": form, "fri-sat": ["09:00-10:00"]})
    assert _spans.say_week(config.week) == {"mon": ["09:00-12:00"], "wed": ["09:00-12:00"], "fri-sat": ["09:00-10:00"]}
    assert "week={'mon': ['09:00-12:00']" in repr(config)


@pytest.mark.parametrize("form", ["2026-12-24T12:00", "2026-12-24 12:00:00", datetime(2026, 12, 24, 12)])
def test_closures_are_read_in_every_form(form: Any) -> None:
    config = BusinessHours(
        zone="UTC", week={"mon-sun": ["00:00-24:00"]}, closures=[(form, "2026-12-24T24:00"), ("2026-12-30", date(2026, 12, 31))]
    )
    assert [say(start) for start, _ in config.spans_us(at("2026-12-24T00:00"), at("2027-01-01T00:00"))] == [
        "2026-12-24T00:00", "2026-12-25T00:00", "2026-12-31T00:00",
    ]  # fmt: skip
    assert "closures=<2>" in repr(config)


def test_a_closure_that_the_clock_skips_closes_nothing() -> None:
    config = BusinessHours(zone="Pacific/Apia", week={"mon-sun": ["00:00-24:00"]}, closures=[("2011-12-30T10:00", "2011-12-30T12:00")])
    assert list(config.spans_us(at("2011-12-28T00:00"), at("2012-01-02T00:00"))) == [(at("2011-12-28T00:00"), at("2012-01-02T00:00"))]


def test_a_span_with_seconds_is_said_with_seconds() -> None:
    assert _spans.say_span(_spans.day_span("09:00:30-17:00")) == "09:00:30-17:00"


@pytest.mark.parametrize("zone", ["Mars/Phobos", "", "../etc/passwd", "localtime", 7, []])
def test_unknown_zones_are_refused(zone: Any) -> None:
    with pytest.raises(BadZone):
        BusinessHours(zone=zone, week={"mon": ["09:00-17:00"]})


# --- no answer --------------------------------------------------------------------------------------------------------


def test_hours_that_are_never_open_are_refused_when_they_are_made() -> None:
    with pytest.raises(NeverOpen):
        BusinessHours(zone="UTC", week={}, exceptions={"2026-12-25": []}, holidays=["2026-12-26"])


ONCE = BusinessHours(zone="UTC", exceptions={"2026-11-25": ["10:00-11:00"]})


@pytest.mark.parametrize(
    ("question", "why"),
    [
        (lambda: ONCE.next_open_us(at("2026-11-26T00:00")), "never open again"),
        (lambda: ONCE.add_us(at("2026-11-20T00:00"), 2 * HOUR_US), "not open long enough"),
        (lambda: ONCE.next_transition_us(at("2026-11-25T11:00")), "no further change"),
        (lambda: ONCE.previous_open_us(at("2026-11-25T10:00")), "never open before"),
        (lambda: ONCE.subtract_us(at("2026-11-26T00:00"), 2 * HOUR_US), "not open long enough before"),
        (lambda: ONCE.subtract_us(at("2026-11-26T00:00"), 5_000 * DAY_US * 365 // 10), "more than there is time"),
        (lambda: ONCE.shift_working_days("2026-11-20", 2), "no second working day"),
        (lambda: ONCE.shift_working_days("2026-11-20", -1), "none before"),
        (
            lambda: (WEEKDAYS & BusinessHours(zone="UTC", week={"sat": ["09:00-17:00"]})).next_open_us(at("2026-11-26T00:00")),
            "they never meet",
        ),
        (
            lambda: (WEEKDAYS & BusinessHours(zone="UTC", week={"sat": ["09:00-17:00"]})).previous_open_us(at("2026-11-26T00:00")),
            "nor did they",
        ),
        (lambda: (WEEKDAYS - ALWAYS).next_open_us(0), "nothing left"),
        (lambda: (WEEKDAYS & ONCE).next_open_us(at("2026-11-26T00:00")), "never again"),
        (lambda: (ONCE | ONCE).next_open_us(at("2026-11-26T00:00")), "never again"),
        (lambda: WEEKDAYS.then("2026-11-26", ONCE).next_open_us(at("2026-11-26T00:00")), "the hours that follow are over"),
        (lambda: ONCE.then("2026-11-24", WEEKDAYS).previous_open_us(at("2026-11-24T00:00")), "nor were the first ones open in their time"),
    ],
)
def test_hours_that_never_open_again_say_so(question: Any, why: str) -> None:
    with pytest.raises(NeverOpen):
        question()


WHOLE = BusinessHours(zone="Europe/Athens", week={"mon-sun": ["00:00-24:00"]}, closures=[("2026-12-25T00:00", "2026-12-26T00:00")])
YEAR = BusinessHours(zone="Europe/Athens", week={"mon-fri": ["09:00-17:00"]}, valid_from="2026-01-01", valid_until="2027-01-01")


@pytest.mark.parametrize(
    ("question", "why"),
    [
        (lambda: WEEKDAYS.add(0, "100000w"), "past 2200"),
        (lambda: WEEKDAYS.add_us(at("2199-12-30T00:00"), 9 * HOUR_US * 5), "past 2200 by little"),
        (lambda: WEEKDAYS.subtract_us(at("1900-01-04T00:00"), 40 * HOUR_US), "before 1900"),
        (lambda: WEEKDAYS.is_open_us(at("2200-01-01T00:00")), "after the horizon"),
        (lambda: WEEKDAYS.elapsed_us(at("1899-12-31T00:00"), 0), "before it"),
        (lambda: WEEKDAYS.elapsed_us(0, _time.MAX_US + 10**20), "an int that is no instant"),
        (lambda: WEEKDAYS.spans_us(0, at("2300-01-01T00:00")), "spans are refused when asked for, not when drawn"),
        (lambda: WEEKDAYS.shift_working_days("2199-12-30", 50), "dates past it"),
        (lambda: WEEKDAYS.shift_working_days("1900-01-03", -50), "dates before it"),
        (lambda: WEEKDAYS.previous_open_us(at("1900-01-01T03:00")), "perhaps it was open before"),
        (lambda: WHOLE.next_transition_us(at("2026-12-27T00:00")), "open for ever"),
        (lambda: ALWAYS.next_transition_us(0), "around the clock"),
        (lambda: ALWAYS.add_us(_time.MAX_US, 1), "past year 9999"),
        (lambda: ALWAYS.subtract_us(_time.MIN_US, 1), "before year 1"),
        (lambda: YEAR.is_open_us(at("2026-12-31T22:00")), "past valid_until, midnight in Athens"),
        (lambda: YEAR.is_open_us(at("2025-12-31T21:59")), "before valid_from"),
        (lambda: YEAR.next_open_us(at("2026-12-31T20:00")), "the next opening is not known"),
        (lambda: YEAR.add_us(at("2026-12-31T08:00"), 9 * HOUR_US), "not enough left"),
        (lambda: YEAR.subtract_us(at("2026-01-02T08:00"), 90 * HOUR_US), "not enough known before"),
        (lambda: YEAR.shift_working_days("2026-12-31", 1), "no date known"),
        (lambda: YEAR.is_working_day("2027-01-01"), "not known"),
        (lambda: YEAR.working_days_between("2025-12-31", "2026-01-05"), "not known"),
        (lambda: (YEAR | WEEKDAYS).is_open_us(at("2027-06-01T00:00")), "a union knows what both know"),
        (lambda: changing({"2026-01-01": WEEKDAYS}).is_open_us(at("2025-12-31T00:00")), "before the first change"),
    ],
)
def test_answers_beyond_what_is_known_are_refused(question: Any, why: str) -> None:
    with pytest.raises(BeyondHorizon) as refused:
        question()
    assert str(refused.value), why


def test_the_edges_of_what_is_known_are_known() -> None:
    low, high = YEAR.low_us, YEAR.high_us
    assert (say(low), say(high)) == ("2025-12-31T22:00", "2026-12-31T22:00")
    assert not YEAR.is_open_us(low)
    assert YEAR.elapsed_us(low, high) == sum(end - start for start, end in YEAR.spans_us(low, high))
    assert YEAR.previous_open_us(high) == at("2026-12-31T15:00")
    assert YEAR.add_us(at("2026-12-31T08:00"), 7 * HOUR_US) == at("2026-12-31T15:00")
    assert YEAR.working_days_between("2026-01-01", "2026-12-31") == 260
    assert "valid_until='2027-01-01'" in repr(YEAR)
    short = BusinessHours(zone="UTC", week={"mon-sun": ["09:00-17:00"]}, valid_from="2026-01-01", valid_until="2026-01-03")
    assert short.elapsed_us(short.low_us, short.high_us) == 16 * HOUR_US
    assert short.is_open(DateTime(2026, 1, 1, 12, tzinfo=pendulum.UTC))


FARTHEST = ["Pacific/Kiritimati", "Pacific/Niue"]  # from UTC, to both sides


@pytest.mark.parametrize("zone", [*FARTHEST, "Pacific/Apia", "America/Los_Angeles", "UTC"] if EVERY else [*FARTHEST, "UTC"])
def test_the_whole_horizon_is_known_in_every_zone(zone: str) -> None:
    whole = BusinessHours(zone=zone, week={"mon-sun": ["00:00-24:00"]})
    for config in (whole, always(zone) | always("UTC"), always(zone) & WEEKDAYS | whole):
        assert config.elapsed_us(_spans.LAST_US - 3 * DAY_US, _spans.LAST_US) == 3 * DAY_US
        assert config.elapsed_us(_spans.FIRST_US, _spans.FIRST_US + 3 * DAY_US) == 3 * DAY_US
        assert config.is_open_us(_spans.LAST_US - 1)
        assert answered(config.next_transition_us, _spans.LAST_US - 1) is BeyondHorizon


def test_a_refusal_does_not_depend_on_what_was_asked_before() -> None:
    never = WEEKDAYS & BusinessHours(zone="UTC", week={"sat": ["09:00-17:00"]})
    first = answered(never.add_us, 0, 10**16), answered(never.subtract_us, 0, 10**16)
    assert answered(never.next_open_us, 0) is answered(never.previous_open_us, 0) is NeverOpen
    assert (answered(never.add_us, 0, 10**16), answered(never.subtract_us, 0, 10**16)) == first


def test_around_the_clock_has_no_horizon() -> None:
    assert ALWAYS.elapsed_us(_time.MIN_US, _time.MAX_US) == _time.MAX_US - _time.MIN_US
    assert ALWAYS.is_open_us(_time.MAX_US)
    assert not ALWAYS.is_open_us(_time.MAX_US + 1)
    assert ALWAYS.add_us(5, 0) == 5
    assert ALWAYS.subtract_us(5, 3) == 2
    assert ALWAYS.next_open_us(7) == ALWAYS.previous_open_us(7) == 7
    assert list(ALWAYS.spans_us(3, 3)) == []
    assert always("Asia/Tokyo") != ALWAYS
    assert list(ALWAYS.reasons_us(0, 1)) == []
    assert ALWAYS.settled_us(forward=True) == (_time.MIN_US, True)
    for config in (WEEKDAYS | ALWAYS, ALWAYS | WEEKDAYS):
        assert config.elapsed_us(0, 10**15) == 10**15
        assert answered(config.next_transition_us, 0) is BeyondHorizon
    assert (ALWAYS - ONCE).next_transition_us(0) == (at("2026-11-25T10:00"), False)


@pytest.mark.parametrize("config", [WEEKDAYS, ALWAYS, WEEKDAYS | ATHENS])
def test_amounts_are_never_negative(config: Hours) -> None:
    for on_ints in (config.add_us, config.subtract_us):
        with pytest.raises(BadDuration):
            on_ints(0, -1)
    for question in (config.add, config.subtract):
        with pytest.raises(BadDuration):
            question(0, timedelta(-1))
        with pytest.raises(BadDuration):
            question(0, "-1h")


@pytest.mark.parametrize(
    ("wrong", "error"), [(datetime(2026, 1, 1), NaiveDateTime), ("2026-01-01", NotAnInstant), (1.5, NotAnInstant), (True, NotAnInstant)]
)
def test_instants_are_aware(wrong: Any, error: type[TicketcoreError]) -> None:
    with pytest.raises(error):
        WEEKDAYS.is_open(wrong)
    with pytest.raises(NaiveDateTime):
        WEEKDAYS.is_open(DateTime(2026, 1, 1))


@pytest.mark.parametrize("wrong", [1.0, True, "3", 10**6])
def test_a_number_of_days_is_a_whole_number(wrong: Any) -> None:
    for question in (WEEKDAYS.add_days, WEEKDAYS.add_working_days):
        with pytest.raises(BadValue):
            question(0, wrong)
    with pytest.raises(BadValue):
        WEEKDAYS.shift_working_days("2026-01-01", wrong)


# --- algebra and changes ----------------------------------------------------------------------------------------------


def test_hours_that_change_on_a_date() -> None:
    winter = BusinessHours(zone="Europe/Athens", week={"mon-fri": ["09:00-15:00"]})
    config = WEEKDAYS.then("2027-01-01", winter).then("2027-06-01", WEEKDAYS)
    assert config.elapsed(at("2026-12-31T00:00"), at("2027-01-02T00:00")) == timedelta(hours=8 + 6)
    assert config == changing({"2027-06-01": WEEKDAYS, "2027-01-01": winter}, before=WEEKDAYS)
    assert config.zone == "UTC"
    since = changing({date(2027, 1, 1): winter})
    assert since.low_us == at("2026-12-31T22:00"), "midnight on the clock of the hours that begin"
    assert since.zone == "Europe/Athens"


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: WEEKDAYS.then("2027-01-01", ATHENS).then("2026-01-01", WEEKDAYS), "not in order"),
        (lambda: YEAR.then("2028-01-01", WEEKDAYS), "a year that nobody knows"),
        (lambda: WEEKDAYS.then("2025-01-01", YEAR), "the first one of them"),
        (lambda: Changing(phases=[]), "none"),
        (lambda: changing({}), "none"),
        (lambda: Changing(phases=[("2026-01-01", WEEKDAYS), (None, ATHENS)]), "a change without a date"),
        (lambda: YEAR | BusinessHours(zone="UTC", week={"mon": ["09:00-10:00"]}, valid_from="2030-01-01"), "never known together"),
        (lambda: Combined(op="xor", left=WEEKDAYS, right=ATHENS), "no such operation"),  # type: ignore[arg-type]  # the point
        (union, "a union of nothing"),
        (intersection, "an intersection of nothing"),
    ],
)
def test_changes_and_combinations_that_make_no_sense_are_refused(make: Any, why: str) -> None:
    with pytest.raises(BadHours):
        make()


def test_only_hours_combine() -> None:
    for operation in ("__or__", "__and__", "__sub__"):
        assert getattr(WEEKDAYS, operation)("hours") is NotImplemented
    assert union(WEEKDAYS) is WEEKDAYS


def test_follow_the_sun() -> None:
    offices = {"Asia/Tokyo": "09:00-17:00", "Europe/London": "09:00-17:00", "America/Los_Angeles": "09:00-17:00"}
    config = union(*(BusinessHours(zone=zone, week={"mon-fri": [spans]}) for zone, spans in offices.items()))
    assert config.elapsed(at("2026-11-25T00:00"), at("2026-11-26T00:00")) == timedelta(hours=23), (
        "Wednesday but for an hour between Tokyo and London"
    )
    assert config.next_transition(at("2026-11-25T12:00")) == Transition(from_us(at("2026-11-26T08:00")), opens=False)


@pytest.mark.parametrize(
    ("start", "amount", "due", "why"),
    [
        ("2026-11-23T09:00", 8, "2026-11-23T17:00", "ends at closing, not at the next opening"),
        ("2026-11-23T09:00", 40, "2026-11-27T17:00", "also before a weekend"),
        ("2026-11-21T12:00", 8, "2026-11-23T17:00", "opened while closed"),
        ("2026-11-23T17:00", 1, "2026-11-24T10:00", "opened at closing"),
        ("2026-11-21T12:00", 0, "2026-11-21T12:00", "nothing added is nothing moved"),
    ],
)
def test_a_promise_counts_open_hours_only(start: str, amount: int, due: str, why: str) -> None:
    assert say(WEEKDAYS.add_us(at(start), amount * HOUR_US)) == due, why
    if amount:
        assert WEEKDAYS.subtract_us(at(due), amount * HOUR_US) == WEEKDAYS.next_open_us(at(start)), why


def test_the_pendulum_edge() -> None:
    friday = pendulum.datetime(2026, 11, 20, 16, 30)
    assert WEEKDAYS.add(friday, "1h") == pendulum.datetime(2026, 11, 23, 9, 30)
    assert WEEKDAYS.add(friday, pendulum.duration(hours=1)) == pendulum.datetime(2026, 11, 23, 9, 30)
    assert WEEKDAYS.subtract(pendulum.datetime(2026, 11, 23, 9, 30), timedelta(hours=1)) == friday
    assert WEEKDAYS.previous_open(friday) == friday
    assert list(WEEKDAYS.spans(friday, friday.add(days=3))) == [
        (friday, pendulum.datetime(2026, 11, 20, 17)),
        (pendulum.datetime(2026, 11, 23, 9), friday.add(days=3)),
    ]
    assert type(WEEKDAYS.next_open(friday)) is DateTime
    assert WEEKDAYS.next_open(friday).tzinfo is pendulum.UTC


def test_the_base_answers_nothing_by_itself() -> None:
    base = Timeline(zone="UTC")
    for question in (
        lambda: base.dated_us(0, 1),
        lambda: base.reasons_us(0, 1),
        lambda: base.holiday_on(1),
        lambda: base.settled_us(forward=True),
    ):
        with pytest.raises(NotImplementedError):
            question()


# --- cost and threads -------------------------------------------------------------------------------------------------


def test_a_long_way_compiles_every_year_once_and_answers_from_the_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    plain = BusinessHours.dated_us

    def counting(self: BusinessHours, first: int, last: int) -> Any:
        asked.append(last - first)
        return plain(self, first, last)

    monkeypatch.setattr(BusinessHours, "dated_us", counting)
    config = BusinessHours(zone="Europe/Paris", week={"mon-fri": ["09:00-17:00"]})
    config.add_us(at("2000-01-01T00:00"), 100 * 2000 * HOUR_US)
    assert sum(asked) < 2 * 100 * 366, "a hundred years on in stretches that double"
    assert len(asked) < 12
    before = len(asked)
    config.elapsed_us(at("2001-05-05T00:00"), at("2090-05-05T00:00"))
    assert len(asked) == before


def test_threads_share_hours() -> None:
    config = BusinessHours(zone="Europe/Paris", week={"mon-fri": ["09:00-17:00"]})
    moments = [at(f"{year}-05-05T12:00") for year in range(1980, 2080, 7)]
    alone = pickle.loads(pickle.dumps(config))
    expected = [(alone.add_us(moment, 900 * HOUR_US), alone.elapsed_us(moment, moments[7])) for moment in moments]
    results: list[Any] = []

    def work(order: int) -> None:
        mine = moments[order:] + moments[:order]
        found = {moment: (config.add_us(moment, 900 * HOUR_US), config.elapsed_us(moment, moments[7])) for moment in mine}
        results.append([found[moment] for moment in moments])

    workers = [threading.Thread(target=work, args=(order * 2,)) for order in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert results == [expected] * 6


def test_the_harness_tells_a_wrong_answer_from_a_right_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    schedule = {"time_zone": "UTC", "week": {"mon": [["09:00", "17:00"]]}, "holidays": []}
    case = {"id": "x", "op": "is_open", "schedule": schedule, "start": "2026-11-23T10:00:00+00:00", "expect": False}
    cases = [
        case, {**case, "expect": True}, {**case, "op": "fly"}, {**case, "expect": "no"},
        {**case, "op": "next_open", "expect": "no instant"},
        {**case, "op": "is_open", "schedule": {**schedule, "week": {}}, "expect": {"error": "never"}},
        {**case, "op": "is_open", "schedule": {**schedule, "week": {}}},
    ]  # fmt: skip
    file = tmp_path / "hours.json"
    file.write_text(json.dumps(cases), encoding="utf-8")
    assert conform_hours.run_hours([file]) == (2, 4, 1)
    assert "x: expected False, got True" in capsys.readouterr().out


def test_a_table_of_nothing_has_a_row_for_every_instant() -> None:
    empty = Table(0, 100, [])
    assert (empty.position(50), empty.row(50), empty.spans()) == (0, 0, [])
    assert _timeline.WorkingDates(5, 7, []).before == [0, 0, 0, 0]


@given(
    hours(around=date(2026, 3, 28)), st.integers(-30 * DAY_US, 30 * DAY_US), st.integers(0, 40 * DAY_US),
    st.booleans(), st.sampled_from(["UTC", "own", "Asia/Kathmandu"]),
)  # fmt: skip
def test_what_is_read_off_the_fields_of_datetimes_is_what_their_microseconds_say(
    config: Hours, offset: int, amount: int, asked_before: bool, zone: str
) -> None:
    start = at("2026-03-28T12:00:00Z") + offset
    plain = copy.copy(config)
    if asked_before:
        config.elapsed_us(start - 60 * DAY_US, start + 60 * DAY_US)

    def said(ask: Any) -> Any:
        try:
            return ask()
        except (NeverOpen, BeyondHorizon) as error:
            return type(error)

    zone = config.zone if zone == "own" else zone
    moment, later = (from_us(us) if zone == "UTC" else from_us(us).in_timezone(zone) for us in (start, start + amount))
    for _ in range(2):  # the second time from what the first one left behind
        assert said(lambda: config.add(moment, timedelta(microseconds=amount))) == said(lambda: from_us(plain.add_us(start, amount)))
        elapsed = said(lambda: timedelta(microseconds=plain.elapsed_us(start, start + amount)))
        assert said(lambda: config.elapsed(moment, later)) == elapsed
        if isinstance(elapsed, timedelta):
            assert config.elapsed(later, moment) == -elapsed


def test_days_whose_hours_begin_within_a_minute_are_not_read_by_minutes() -> None:
    config = BusinessHours(zone="UTC", week={"mon": ["09:00:30-17:00"], "tue": ["09:00-17:00"]})
    monday, tuesday = pendulum.datetime(2026, 11, 23, 9, 0, 45, 5), pendulum.datetime(2026, 11, 24, 9, 0, 45, 5)
    for _ in range(2):
        assert config.elapsed(monday.set(hour=8), monday) == timedelta(seconds=15, microseconds=5)
        assert config.elapsed(tuesday.set(hour=8), tuesday) == timedelta(seconds=45, microseconds=5)
        assert config.elapsed(monday, tuesday) == timedelta(hours=8)  # less half a minute, and the half minute that Monday began late
        assert config.add(monday, "8h") == tuesday
    days = config._table.utc_days
    assert days.rows[monday.toordinal() - days.base] == ()
    assert days.rows[tuesday.toordinal() - days.base] != ()


def test_only_so_many_patterns_of_a_day_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_timeline, "MOST_PATTERNS", 3)
    first = pendulum.datetime(2026, 3, 2)
    special = {first.add(days=day).to_date_string(): [f"08:{day:02}-17:00"] for day in range(20)}
    config = BusinessHours(zone="Europe/Athens", week={"mon-fri": ["09:00-17:00"]}, exceptions=special)
    plain = copy.copy(config)
    noons = [first.add(days=day, hours=12) for day in range(20)]
    for _ in range(2):
        for one, two in pairwise(noons):
            assert config.elapsed(one, two) == timedelta(microseconds=plain.elapsed_us(_time.to_us(one), _time.to_us(two)))
            assert config.add(one, "30h") == from_us(plain.add_us(_time.to_us(one), 30 * HOUR_US))
    kept = {id(row[1]) for row in config._table.utc_days.rows if row}
    assert len(kept) == 3


def test_dates_that_are_not_covered_are_not_remembered() -> None:
    config = BusinessHours(zone="Europe/Athens", week={"mon-fri": ["09:00-17:00"]}, valid_from="2026-01-01", valid_until="2027-01-01")
    for zone in ("UTC", "Europe/Athens"):
        inside, outside = pendulum.datetime(2026, 6, 1, tz=zone), pendulum.datetime(2027, 6, 1, tz=zone)
        for _ in range(2):  # the first time there is no table yet
            assert config.elapsed(inside, inside.add(days=1)) == timedelta(hours=8)
        for question in (lambda: config.elapsed(inside, outside), lambda: config.add(outside, "1h")):  # noqa: B023 - asked at once
            with pytest.raises(BeyondHorizon):
                question()
    for days in (config._table.utc_days, config._table.own_days):
        made = [date.fromordinal(days.base + index).isoformat() for index, row in enumerate(days.rows) if row is not None]
        assert made == ["2026-06-01", "2026-06-02"]


def test_adding_to_a_moment_goes_on_past_what_is_compiled() -> None:
    config, start = attrs.evolve(ATHENS), at("2026-03-30T06:00:00Z")
    config.elapsed_us(start, start)  # the year of the moment is compiled now
    assert config.add(from_us(start), timedelta(hours=9000)) == from_us(attrs.evolve(ATHENS).add_us(start, 9000 * 3_600_000_000))
    for hours_on in range(1, 60):
        assert config.add(from_us(start), timedelta(hours=hours_on)) == from_us(config.add_us(start, hours_on * 3_600_000_000))
