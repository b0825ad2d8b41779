"""The instants of a desk day as people write them: ``Fri 20 Nov 2026 16:50``, ``Mon 09:05``, ``17:00``, ``+30m``, ISO 8601.

A form without a date is the first such wall time at or after the instant before it in the same list.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from ticketcore._time import DAY_US, HOUR_US, MINUTE_US, duration_us, from_us, load_zone, to_us, wall_us
from ticketcore.errors import NotAnInstant, shorten

_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_FORMS: Final = 'write "Fri 20 Nov 2026 16:50", "2026-11-20 16:50", "Mon 09:05", "17:00" or "+30m"'


def read_instant(value: Any, zone: ZoneInfo, after_us: int | None) -> int:
    """The instant that *value* means in *zone*, *after_us* being the one before it. Raises `NotAnInstant`, `BadZone`, `BadDuration`.

    >>> from ticketcore._time import iso
    >>> athens = load_zone("Europe/Athens")
    >>> friday = read_instant("Fri 20 Nov 2026 16:50", athens, None)
    >>> iso(friday), iso(read_instant("Mon 09:05", athens, friday)), iso(read_instant("+30m", athens, friday))
    ('2026-11-20T14:50:00Z', '2026-11-23T07:05:00Z', '2026-11-20T15:20:00Z')
    """
    if isinstance(value, datetime):
        return to_us(value if value.tzinfo is not None else _local(value, zone))
    if not isinstance(value, str) or not value.strip() or len(value) > 100:
        raise _wrong(value)
    text = value.strip()
    if text[0] == "+":
        return _after(after_us, value) + duration_us(text[1:])
    if text[10:11] == "T":
        return read_instant(_iso(text), zone, after_us)
    return _worded(text.split(), value, zone, after_us)


def _local(value: datetime, zone: ZoneInfo) -> datetime:
    """A wall time in *zone* as an aware datetime: one that is skipped or comes twice is placed as business hours place it."""
    of_day = value.hour * HOUR_US + value.minute * MINUTE_US + value.second * 1_000_000 + value.microsecond
    return from_us(wall_us(zone, value.toordinal(), of_day))


def _iso(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise _wrong(text) from None


def _worded(words: list[str], value: str, zone: ZoneInfo, after_us: int | None) -> int:
    """``[weekday] [date] clock [zone]``."""
    if len(words) > 1 and ("/" in words[-1] or words[-1] == "UTC"):
        zone = load_zone(words.pop())
    weekday = _DAYS.index(words[0][:3].lower()) if words and words[0][:3].lower() in _DAYS else None
    rest = words if weekday is None else words[1:]
    if not rest:
        raise _wrong(value)
    of_day = _clock(rest[-1], value)
    if len(rest) > 1:
        day = _date(rest[:-1], value)
        if weekday is not None and day.weekday() != weekday:
            named = _DAYS[day.weekday()].capitalize()
            raise NotAnInstant(
                f"{day.isoformat()} is a {named}, not a {words[0]}", value=shorten(value), hint="correct the day or the date"
            )
        return wall_us(zone, day.toordinal(), of_day)
    start = _after(after_us, value)
    first = from_us(start).in_timezone(zone.key).toordinal()
    found = (
        at for ordinal in range(first, first + 9)
        if (weekday is None or (ordinal - 1) % 7 == weekday) and (at := wall_us(zone, ordinal, of_day)) >= start
    )  # fmt: skip
    return next(found)


def _after(after_us: int | None, value: str) -> int:
    if after_us is None:
        raise NotAnInstant("the first instant needs its date", value=shorten(value), hint='write "Fri 20 Nov 2026 16:50"')
    return after_us


def _clock(word: str, value: str) -> int:
    """``16:50``, ``16:50:30``, ``16:50:30.000001``, ``24:00`` as microseconds since midnight."""
    parts = word.split(":")
    seconds, _, fraction = (parts[2] if len(parts) == 3 else "0").partition(".")
    if len(parts) not in (2, 3) or not all(part.isdecimal() and len(part) <= 2 for part in (*parts[:2], seconds)):
        raise _wrong(value)
    if fraction and not (fraction.isdecimal() and len(fraction) <= 6):
        raise _wrong(value)
    hours, minutes = int(parts[0]), int(parts[1])
    total = hours * HOUR_US + minutes * MINUTE_US + int(seconds) * 1_000_000 + int((fraction or "0").ljust(6, "0"))
    if minutes > 59 or int(seconds) > 59 or total > DAY_US:
        raise _wrong(value)
    return total


def _date(words: list[str], value: str) -> date:
    """``20 Nov 2026`` or ``2026-11-20``."""
    try:
        if len(words) == 1:
            return date.fromisoformat(words[0])
        day, month, year = words
        return date(int(year), _MONTHS.index(month[:3].lower()) + 1, int(day))
    except ValueError:
        raise _wrong(value) from None


def _wrong(value: Any) -> NotAnInstant:
    return NotAnInstant("this is no instant of a desk day", value=shorten(value), hint=_FORMS)


def say_instant(us: int | None, zone: ZoneInfo) -> str:
    """An instant as a desk day writes it, in *zone*; ``never`` for None.

    >>> say_instant(0, load_zone("Europe/Athens")), say_instant(None, load_zone("UTC"))
    ('Thu 1 Jan 1970 02:00', 'never')
    """
    if us is None:
        return "never"
    at = from_us(us).in_timezone(zone.key)
    seconds = f":{at.second:02}" + (f".{at.microsecond:06}" if at.microsecond else "") if at.second or at.microsecond else ""
    day, month = _DAYS[at.weekday()].capitalize(), _MONTHS[at.month - 1].capitalize()
    return f"{day} {at.day} {month} {at.year} {at.hour:02}:{at.minute:02}{seconds}"
