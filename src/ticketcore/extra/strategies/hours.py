"""Strategies for business hours: zones with every oddity of the tz database, weeks, and all the kinds of hours there are."""

from __future__ import annotations

import zoneinfo
from datetime import date, datetime, timedelta
from functools import cache, reduce
from typing import Any

from hypothesis import strategies as st

from ticketcore._spans import DAYS, FIRST_DATE, FIRST_US, LAST_DATE, LAST_US
from ticketcore._time import DAY_US, load_zone, zone_offsets
from ticketcore.errors import BadHours, BadZone, NeverOpen
from ticketcore.hours import BusinessHours, Hours, always, changing

__all__ = ["business_hours", "clock_changes", "covered_instants", "day_spans", "durations", "hours", "weeks", "zones"]

# Skipped dates, half-hour daylight saving, midnight gaps, negative daylight saving, 45-minute offsets, two-hour jumps, a second midnight.
ODD_ZONES = (
    "Pacific/Apia", "Pacific/Kwajalein", "Australia/Lord_Howe", "America/Sao_Paulo", "Asia/Tehran", "Europe/Dublin", "Asia/Kathmandu",
    "Antarctica/Troll", "America/St_Johns", "Africa/Cairo", "Africa/Casablanca", "Asia/Gaza", "America/Havana", "Pacific/Chatham",
    "Asia/Pyongyang", "America/Caracas", "UTC", "Europe/Athens", "America/New_York",
)  # fmt: skip


@cache
def _known(name: str) -> bool:
    try:
        return bool(load_zone(name))
    except BadZone:
        return False


def zones() -> st.SearchStrategy[str]:
    """Names of time zones of the machine's tz database, the odd ones more often.

    >>> from hypothesis import given, settings
    >>> @settings(max_examples=5, derandomize=True, deadline=None)
    ... @given(zones(), covered_instants())
    ... def test_around_the_clock_is_always_open(zone, at):
    ...     assert always(zone).is_open(at)
    >>> test_around_the_clock_is_always_open()
    """
    return st.sampled_from([name for name in ODD_ZONES if _known(name)]) | st.sampled_from(
        sorted(name for name in zoneinfo.available_timezones() if _known(name))
    )


def covered_instants(first_year: int = 1970, last_year: int = 2100) -> st.SearchStrategy[int]:
    """Instants (microseconds since the epoch) of these years; whole minutes, seconds and single microseconds all occur.

    >>> from hypothesis import find
    >>> from ticketcore._time import iso
    >>> iso(find(covered_instants(2026, 2026), lambda at: True))
    '2026-01-01T00:00:00Z'
    """
    low, high = (max(FIRST_US, _year(first_year)), min(LAST_US, _year(last_year + 1)))
    whole = st.one_of(*(st.integers(low // unit, (high - 1) // unit).map(unit.__mul__) for unit in (60_000_000, 1_000_000)))
    return whole | st.integers(low, high - 1)


def _year(year: int) -> int:
    return (date(year, 1, 1) - date(1970, 1, 1)).days * DAY_US


@st.composite
def clock_changes(draw: Any, zone: str, first_year: int = 1970, last_year: int = 2037) -> int:
    """Instants at which the clocks of *zone* change, and others near by; any instant for a zone that has none in the year drawn.

    >>> from hypothesis import find
    >>> from ticketcore._time import iso
    >>> iso(find(clock_changes("Europe/Riga", 2026, 2026), lambda at: at > 1_770_000_000_000_000))
    '2026-03-29T01:00:00Z'
    """
    year = draw(st.integers(first_year, last_year))
    changes = [at for at, _ in zone_offsets(load_zone(zone), year)]
    return int(draw(st.sampled_from(changes))) + int(draw(st.integers(-180, 180))) * 60_000_000


def durations(longest: timedelta = timedelta(days=400)) -> st.SearchStrategy[timedelta]:
    """Amounts of open time: never negative, to the microsecond.

    >>> from hypothesis import given, settings
    >>> @settings(max_examples=5, derandomize=True, deadline=None)
    ... @given(durations(timedelta(hours=8)))
    ... def test_what_is_added_is_open_time(amount):
    ...     assert always().elapsed(0, always().add(0, amount)) == amount
    >>> test_what_is_added_is_open_time()
    """
    return st.timedeltas(timedelta(0), longest)


def _time(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


@st.composite
def day_spans(draw: Any, *, overnight: bool = True) -> list[str]:
    """The spans of one day as text, sorted and disjoint; the last one may run into the next date.

    >>> from hypothesis import given, settings
    >>> @settings(max_examples=5, derandomize=True, deadline=None)
    ... @given(day_spans(overnight=False))
    ... def test_spans_are_in_order(spans):
    ...     assert spans == sorted(spans)
    >>> test_spans_are_in_order()
    """
    edges = sorted(draw(st.sets(st.integers(0, 24 * 60), max_size=6)))
    spans = [f"{_time(start)}-{_time(end)}" for start, end in zip(edges[::2], edges[1::2], strict=False)]
    if overnight and len(edges) % 2 and 0 < edges[-1] < 24 * 60:
        spans.append(f"{_time(edges[-1])}-{_time(draw(st.integers(0, edges[-1] - 1)))}")
    return spans


def weeks() -> st.SearchStrategy[dict[str, list[str]]]:
    """Weeks of spans as plain data; several spans a day, whole days, nights; their neighbours may overlap.

    >>> from hypothesis import find
    >>> find(weeks(), lambda week: "mon-fri" in week)
    {'mon-fri': []}
    """
    single: list[str] = list(DAYS)
    several = ["mon-fri", "sat,sun"]
    return st.dictionaries(st.sampled_from(single), day_spans(), max_size=7) | st.dictionaries(
        st.sampled_from(several), day_spans(), max_size=2
    )


def _dates(around: date) -> st.SearchStrategy[date]:
    near = st.integers(-12, 12).map(lambda days: around + timedelta(days))
    return near | st.dates(max(FIRST_DATE, date(1970, 1, 1)), min(LAST_DATE, date(2100, 1, 1)))


@st.composite
def _closures(draw: Any, around: date) -> tuple[str, str, str]:
    start = datetime.combine(draw(_dates(around)), datetime.min.time()) + timedelta(minutes=draw(st.integers(0, 1439)))
    end = start + timedelta(minutes=draw(st.integers(1, 6 * 1440)))
    return start.isoformat()[:16], end.isoformat()[:16], draw(st.sampled_from(["", "moving house", "outage"]))


@st.composite
def business_hours(draw: Any, zone: str | None = None, around: date | None = None) -> BusinessHours:
    """Business hours that open at some time, with holidays, exceptions and closures (most of them near *around*).

    >>> from hypothesis import given, settings
    >>> @settings(max_examples=5, derandomize=True, deadline=None)
    ... @given(business_hours(zone="Europe/Riga"))
    ... def test_business_hours_open_some_time(hours):
    ...     assert hours.is_open(hours.next_open(0)) or hours.is_open(hours.previous_open(0))
    >>> test_business_hours_open_some_time()
    """
    near = around or draw(st.dates(date(1970, 1, 1), date(2090, 1, 1)))
    given = {
        "zone": zone or draw(zones()),
        "week": draw(weeks()),
        "holidays": draw(st.lists(st.tuples(_dates(near), st.sampled_from(["", "Christmas", "Līgo"])), max_size=4)),
        "exceptions": draw(st.dictionaries(_dates(near), day_spans(), max_size=3)),
        "closures": draw(st.lists(_closures(near), max_size=3)),
    }
    try:
        return BusinessHours(**given, merge=draw(st.booleans()))
    except NeverOpen:
        return BusinessHours(**{**given, "week": {"mon-fri": ["09:00-17:00"]}}, merge=True)
    except BadHours:  # spans that run into each other across midnight
        return BusinessHours(**given, merge=True)


@st.composite
def hours(draw: Any, around: date | None = None) -> Hours:
    """Every kind of hours: business hours, around the clock, and what union, intersection, difference and changes make of them.

    >>> from hypothesis import given, settings
    >>> @settings(max_examples=5, derandomize=True, deadline=None)
    ... @given(hours(), covered_instants(), covered_instants(), covered_instants())
    ... def test_open_time_adds_up(hours, a, b, c):
    ...     assert hours.elapsed(a, b) + hours.elapsed(b, c) == hours.elapsed(a, c)
    >>> test_open_time_adds_up()
    """
    near = around or draw(st.dates(date(1975, 1, 1), date(2080, 1, 1)))
    single = business_hours(around=near) | zones().map(always)
    parts: list[Hours] = draw(st.lists(single, min_size=1, max_size=3))

    def joined(left: Hours, right: Hours) -> Hours:
        match draw(st.integers(0, 3)):
            case 0:
                return left | right
            case 1:
                return left & right
            case 2:
                return left - right
            case _:
                return changing({near + timedelta(draw(st.integers(-10, 10))): right}, before=left)

    return reduce(joined, parts)
