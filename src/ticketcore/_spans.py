"""Spans: the texts people write for opening hours, read once; and the arithmetic of spans on the time line.

A span of the day is a pair of microseconds since midnight on the wall clock; an end past 24 hours lies on the next date.
A span of the time line is a pair of instants. Spans are half-open, sorted, disjoint and never touching.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from itertools import groupby
from typing import Final

from ticketcore._time import DAY_US, EPOCH_ORDINAL, HOUR_US, MINUTE_US, SECOND_US
from ticketcore.errors import BadHours, shorten

Span = tuple[int, int]
Day = tuple[Span, ...]
Week = tuple[Day, ...]

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MAX_SPANS_A_DAY: Final = 96
MAX_DATES: Final = 20_000
FIRST_YEAR: Final = 1900  # before it clocks ran on local mean time, and no ticket was ever opened
LAST_YEAR: Final = 2199  # a promise is kept or broken within a lifetime; tables of zones are guesses long before
FIRST_DATE: Final = date(FIRST_YEAR, 1, 1)
LAST_DATE: Final = date(LAST_YEAR, 12, 31)
FIRST_US: Final = (FIRST_DATE.toordinal() - EPOCH_ORDINAL) * DAY_US
LAST_US: Final = (LAST_DATE.toordinal() + 1 - EPOCH_ORDINAL) * DAY_US

_DIGITS: Final = frozenset("0123456789")
_SPAN_HINT: Final = 'write "09:00-17:30"'
_DATE_HINT: Final = 'write "2026-12-25"'

# --- reading what people write ----------------------------------------------------------------------------------------


def time_of_day(text: object, path: str = "") -> int:
    """``"09:30"`` or ``"09:30:15"`` as microseconds since midnight; ``"24:00"`` is the end of the day."""
    if type(text) is int and 0 <= text <= DAY_US:
        return text
    if not isinstance(text, str):
        raise BadHours(f'a time of day is text such as "09:30", not {type(text).__name__}', path=path, value=shorten(text))
    parts = text.strip().split(":")
    if len(parts) not in {2, 3} or not all(0 < len(part) <= 2 and _DIGITS.issuperset(part) for part in parts):
        raise BadHours(f"{shorten(text)} is no time of day", path=path, value=shorten(text), hint='write "09:30" or "09:30:15"')
    hour, minute, second = int(parts[0]), int(parts[1]), int(parts[2]) if len(parts) == 3 else 0
    of_day = hour * HOUR_US + minute * MINUTE_US + second * SECOND_US
    if minute > 59 or second > 59 or of_day > DAY_US:
        raise BadHours(f"{shorten(text)} is no time of day", path=path, value=shorten(text), hint="days run from 00:00 to 24:00")
    return of_day


def day_span(value: object, path: str = "") -> Span:
    """``"09:00-17:30"`` or a pair of times as a span of the day; an end not after its start lies on the next date."""
    if isinstance(value, str):
        parts: list[object] = list(value.split("-"))
    elif isinstance(value, tuple | list):
        parts = list(value)
    else:
        raise BadHours(f"a span is text or a pair of times, not {type(value).__name__}", path=path, value=shorten(value), hint=_SPAN_HINT)
    if len(parts) != 2:
        raise BadHours(f"{shorten(value)} is no span of the day", path=path, value=shorten(value), hint=_SPAN_HINT)
    if isinstance(value, tuple) and type(value[0]) is int and type(value[1]) is int and 0 <= value[0] < value[1] <= value[0] + DAY_US:
        return (value[0], value[1])  # a span already read, perhaps past midnight
    start, end = time_of_day(parts[0], path), time_of_day(parts[1], path)
    if start == end:
        hint = 'the whole day is "00:00-24:00", a closed day has no span'
        raise BadHours(f"{shorten(value)} starts and ends at the same time", path=path, value=shorten(value), hint=hint)
    if start == DAY_US:
        raise BadHours(f"{shorten(value)} starts at the end of the day", path=path, value=shorten(value), hint="it belongs to the next day")
    return (start, end if end > start else end + DAY_US)


def day_spans(value: object, path: str = "") -> Day:
    """The spans of one date, sorted by their start; overlaps are left for `checked` to judge."""
    if isinstance(value, str) or not isinstance(value, Iterable):
        hint = 'write ["09:00-12:30", "13:30-18:00"]'
        raise BadHours("the hours of a day are a list of spans", path=path, value=shorten(value), hint=hint)
    spans = sorted(day_span(item, f"{path}[{index}]") for index, item in enumerate(value))
    if len(spans) > MAX_SPANS_A_DAY:
        raise BadHours(f"a day has at most {MAX_SPANS_A_DAY} spans, not {len(spans)}", path=path)
    return tuple(spans)


def weekdays(key: object, path: str = "") -> list[int]:
    """The weekdays a key names: ``"mon"``, ``"mon-fri"``, ``"fri-mon"``, ``"mon,wed,sat-sun"``."""
    if not isinstance(key, str):
        raise BadHours(f"a weekday is text, not {type(key).__name__}", path=path, value=shorten(key), hint="write mon, tue, ... or mon-fri")
    found: list[int] = []
    for part in key.lower().split(","):
        ends = [DAYS.index(name.strip()) if name.strip() in DAYS else -1 for name in part.split("-")]
        if -1 in ends or len(ends) > 2:
            hint = "write mon, tue, ... or mon-fri or mon,wed"
            raise BadHours(f"{shorten(key)} names no weekday", path=path, value=shorten(key), hint=hint)
        found += [(ends[0] + step) % 7 for step in range((ends[-1] - ends[0]) % 7 + 1)]
    return found


def week(value: object) -> Week:
    """A week of spans from a mapping of weekdays to spans; a week already read passes."""
    if isinstance(value, tuple) and len(value) == 7:
        return tuple(day_spans(day, f"week.{DAYS[index]}") for index, day in enumerate(value))
    if not isinstance(value, Mapping):
        hint = 'write {"mon-fri": ["09:00-17:30"]}'
        text = f"a week is a mapping of weekdays to spans, not {type(value).__name__}"
        raise BadHours(text, path="week", value=shorten(value), hint=hint)
    days: list[Day] = [()] * 7
    named: dict[int, object] = {}
    for key, spans in value.items():
        path = f"week.{key}" if isinstance(key, str) else "week"
        for index in weekdays(key, path):
            if index in named:
                text = f"{DAYS[index]} is given by {shorten(named[index])} and again by {shorten(key)}"
                raise BadHours(text, path=path, value=shorten(key))
            named[index] = key
            days[index] = day_spans(spans, path)
    return tuple(days)


def calendar_date(value: object, path: str = "") -> date:
    """A date from ISO text or a `date`; datetimes are refused, because their date depends on the zone."""
    if isinstance(value, str) and len(value) == 10:
        try:
            value = date.fromisoformat(value)
        except ValueError:
            raise BadHours(f"{shorten(value)} is no date", path=path, value=shorten(value), hint=_DATE_HINT) from None
    if not isinstance(value, date) or isinstance(value, datetime):
        raise BadHours(f"{shorten(value)} is no date", path=path, value=shorten(value), hint=_DATE_HINT)
    if not FIRST_DATE <= value <= LAST_DATE:
        raise BadHours(f"{value.isoformat()} lies outside the years {FIRST_YEAR} to {LAST_YEAR}", path=path, value=shorten(value))
    return date(value.year, value.month, value.day)  # a plain date, also where pendulum's was given


def wall_time(value: object, path: str = "") -> datetime:
    """A wall time: naive `datetime`, a `date` (its midnight), or text such as ``"2026-12-24T12:00"``; ``T24:00`` is allowed."""
    if isinstance(value, datetime):
        if value.tzinfo is not None:
            hint = "leave the offset out: it is a time on the wall clock of these hours"
            raise BadHours(f"{shorten(value)} has a time zone", path=path, value=shorten(value), hint=hint)
        day, of_day = calendar_date(value.date(), path), value.time()
        return datetime.combine(day, of_day.replace(fold=0))
    if isinstance(value, str) and len(value) > 10 and value[10] in "T ":
        of_day_us = time_of_day(value[11:], path)
        ordinal = calendar_date(value[:10], path).toordinal() + of_day_us // DAY_US
        seconds = of_day_us % DAY_US // SECOND_US
        return datetime.combine(date.fromordinal(ordinal), datetime.min.time().replace(seconds // 3600, seconds // 60 % 60, seconds % 60))
    return datetime.combine(calendar_date(value, path), datetime.min.time())


def naive_us(value: datetime) -> int:
    """A wall time as microseconds, the clock read as if it were UTC."""
    of_day = (value.hour * 3600 + value.minute * 60 + value.second) * SECOND_US + value.microsecond
    return (value.toordinal() - EPOCH_ORDINAL) * DAY_US + of_day


def named_dates(value: object) -> tuple[tuple[date, str], ...]:
    """Holidays: dates, pairs (date, name), or a mapping of dates to names; sorted, each date once."""
    if isinstance(value, Mapping):
        value = value.items()
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise BadHours("holidays are a list of dates", path="holidays", value=shorten(value), hint='write ["2026-12-25"]')
    found: dict[date, str] = {}
    for index, item in enumerate(value):
        path = f"holidays[{index}]"
        day, name = item if isinstance(item, tuple | list) and len(item) == 2 else (item, "")
        if not isinstance(name, str):
            raise BadHours("the name of a holiday is text", path=path, value=shorten(name))
        when = calendar_date(day, path)
        found[when] = found.get(when) or name  # a date listed twice is one holiday
        if index >= MAX_DATES:
            raise BadHours(f"more than {MAX_DATES} holidays", path="holidays")
    return tuple(sorted(found.items()))


def dated_spans(value: object) -> tuple[tuple[date, Day], ...]:
    """Exceptions: a mapping of dates to the spans that replace that date's hours; an empty list closes the date."""
    if isinstance(value, Mapping):
        value = value.items()
    if isinstance(value, str) or not isinstance(value, Iterable):
        hint = 'write {"2026-12-24": ["09:00-12:00"]}'
        raise BadHours("exceptions are a mapping of dates to spans", path="exceptions", value=shorten(value), hint=hint)
    found: dict[date, Day] = {}
    for item in value:
        if not isinstance(item, tuple | list) or len(item) != 2:
            raise BadHours("an exception is a date and its spans", path="exceptions", value=shorten(item))
        path = f"exceptions.{item[0]}"
        day = calendar_date(item[0], path)
        if day in found:
            raise BadHours(f"{day.isoformat()} is given twice", path=path)
        found[day] = day_spans(item[1], path)
    if len(found) > MAX_DATES:
        raise BadHours(f"more than {MAX_DATES} exceptions", path="exceptions")
    return tuple(sorted(found.items()))


def closed_ranges(value: object) -> tuple[tuple[datetime, datetime, str], ...]:
    """Closures: triples (from, to, name) or pairs of wall times; sorted, and they may overlap."""
    if isinstance(value, str) or not isinstance(value, Iterable):
        hint = 'write [("2026-12-24T12:00", "2026-12-27T00:00")]'
        raise BadHours("closures are a list of ranges", path="closures", value=shorten(value), hint=hint)
    found = []
    for index, item in enumerate(value):
        path = f"closures[{index}]"
        if not isinstance(item, tuple | list) or len(item) not in {2, 3}:
            raise BadHours("a closure is a pair of wall times, perhaps with a name", path=path, value=shorten(item))
        start, end, name = wall_time(item[0], path), wall_time(item[1], path), item[2] if len(item) == 3 else ""
        if not isinstance(name, str):
            raise BadHours("the name of a closure is text", path=path, value=shorten(name))
        if end <= start:
            raise BadHours(f"the closure ends at {end.isoformat()}, not after its start {start.isoformat()}", path=path)
        found.append((start, end, name))
    if len(found) > MAX_DATES:
        raise BadHours(f"more than {MAX_DATES} closures", path="closures")
    return tuple(sorted(found))


def checked(day: Day, path: str, *, merge: bool) -> Day:
    """One date's spans with overlaps refused, or merged if asked; spans that only touch are one span in any case."""
    done: list[Span] = []
    for start, end in day:
        if done and start < done[-1][1] and not merge:
            text = f"{say_span((start, end))} overlaps {say_span(done[-1])}"
            raise BadHours(text, path=path, hint="mend it, or give merge=True to take both together")
        if done and start <= done[-1][1]:
            done[-1] = (done[-1][0], max(end, done[-1][1]))
        else:
            done.append((start, end))
    return tuple(done)


def say_span(span: Span) -> str:
    """A span of the day as people write it.

    >>> say_span((32_400_000_000, 61_200_000_000)), say_span((79_200_000_000, 108_000_000_000))
    ('09:00-17:00', '22:00-06:00')
    """
    start, end = span
    return f"{_say_time(start)}-{_say_time(end if end <= DAY_US else end - DAY_US)}"


def say_week(days: Week) -> dict[str, list[str]]:
    """A week as people write it, neighbours with the same hours taken together; closed days are left out. `week` reads it back.

    >>> say_week(week({"mon,tue": ["09:00-17:00"], "sat": ["22:00-06:00"]}))
    {'mon-tue': ['09:00-17:00'], 'sat': ['22:00-06:00']}
    """
    said: dict[str, list[str]] = {}
    for spans, run in groupby(range(len(days)), key=days.__getitem__):
        names = [DAYS[index] for index in run]
        if spans:
            said[names[0] if len(names) == 1 else f"{names[0]}-{names[-1]}"] = [say_span(span) for span in spans]
    return said


def _say_time(of_day: int) -> str:
    minutes, rest = divmod(of_day, MINUTE_US)
    seconds = f":{rest // SECOND_US:02}" if rest else ""
    return f"{minutes // 60:02}:{minutes % 60:02}{seconds}"


# --- spans of the time line -------------------------------------------------------------------------------------------


def united(spans: list[Span]) -> list[Span]:
    """All spans, sorted; overlapping and touching ones are one."""
    done: list[Span] = []
    last = -1 << 80
    for span in sorted(spans):
        start, end = span
        if start > last:
            done.append(span)
            last = end
        elif end > last:
            done[-1] = (done[-1][0], end)
            last = end
    return done


def clipped(spans: Iterable[Span], low: int, high: int) -> list[Span]:
    """What of *spans* lies in ``[low, high)``."""
    return [(max(start, low), min(end, high)) for start, end in spans if start < high and end > low]


def common(spans: Iterable[Span], others: list[Span]) -> list[Span]:
    """What of *spans* lies in *others*, which are sorted and disjoint."""
    found: list[Span] = []
    for start, end in spans:
        index = max(bisect_right(others, (start, 1 << 80)) - 1, 0)
        while index < len(others) and others[index][0] < end:
            low, high = max(start, others[index][0]), min(end, others[index][1])
            if low < high:
                found.append((low, high))
            index += 1
    return found


def without(spans: Iterable[Span], others: list[Span]) -> list[Span]:
    """What of *spans* lies outside *others*, which are sorted and disjoint."""
    found: list[Span] = []
    for start, end in spans:
        low = start
        index = max(bisect_right(others, (start, 1 << 80)) - 1, 0)
        while index < len(others) and others[index][0] < end:
            if others[index][0] > low:
                found.append((low, others[index][0]))
            low = max(low, others[index][1])
            index += 1
        if low < end:
            found.append((low, end))
    return found


def joined(left: list[Span], right: list[Span]) -> list[Span]:
    """Two runs of spans, *right* after *left*; a span cut by the seam is made whole."""
    if left and right and left[-1][1] == right[0][0]:
        return [*left[:-1], (left[-1][0], right[0][1]), *right[1:]]
    return left + right


def year_start(year: int) -> int:
    """The first instant of a UTC year."""
    return (date(year, 1, 1).toordinal() - EPOCH_ORDINAL) * DAY_US


def year_of(us: int) -> int:
    """The UTC year of an instant within the horizon."""
    return date.fromordinal(us // DAY_US + EPOCH_ORDINAL).year
