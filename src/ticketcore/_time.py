"""The one place that touches pendulum and wall clocks: instants are integer microseconds since 1970-01-01T00:00Z.

Times come in as any aware `datetime` and go out as `pendulum.DateTime` in UTC; in between there are only ints, named
``_us``. A wall time becomes an instant by one monotone map, for starts and ends alike: a wall time that a clock change
skips is the instant of the change, one that occurs twice is its first occurrence (docs/explanation/business-time.md).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import pendulum
from pendulum import DateTime

from ticketcore.errors import BadDuration, BadZone, NaiveDateTime, NotAnInstant, OutOfRange, shorten

SECOND_US: Final = 1_000_000
MINUTE_US: Final = 60 * SECOND_US
HOUR_US: Final = 60 * MINUTE_US
DAY_US: Final = 24 * HOUR_US
MAX_US: Final = 253_402_300_799_999_999  # 9999-12-31T23:59:59.999999Z
MIN_US: Final = -62_135_596_800_000_000  # 0001-01-01T00:00Z
EPOCH_ORDINAL: Final = 719_163  # date(1970, 1, 1).toordinal()

_UTC: Final = pendulum.UTC
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=_UTC)
ONE_US: Final = timedelta(microseconds=1)
_ZERO: Final = timedelta(0)
_UNIX: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NEVER: Final = 1 << 80  # later than any instant


def to_us(when: datetime | int) -> int:
    """*when* as microseconds since the epoch. An int is taken as exactly that; naive datetimes are refused.

    Raises `NotAnInstant`, `NaiveDateTime` or `OutOfRange`.
    """
    kind = type(when)
    if kind is int:
        if not MIN_US <= when <= MAX_US:  # type: ignore[operator]  # kind is int; the type checker cannot see it
            raise OutOfRange("this instant is outside the years 1 to 9999", value=shorten(when))
        return when  # type: ignore[return-value]  # as above
    if not isinstance(when, datetime):
        raise NotAnInstant(
            f"an instant is an aware datetime, not {shorten(when)}",
            value=shorten(when),
            hint="give pendulum.DateTime or datetime with tzinfo",
        )
    tz = when.tzinfo
    if tz is _UTC or tz is UTC:  # the common cases, from the fields alone
        return (
            (when.toordinal() - EPOCH_ORDINAL) * DAY_US + (when.hour * 3600 + when.minute * 60 + when.second) * SECOND_US + when.microsecond
        )
    try:
        offset = when.utcoffset()
    except Exception as error:  # a foreign tzinfo may raise anything
        raise NotAnInstant("the time zone of this datetime fails to answer", value=shorten(when)) from error
    if offset is None:
        raise NaiveDateTime(
            f"a naive datetime is not an instant: {shorten(when)}", value=shorten(when), hint="attach the time zone it was meant in"
        )
    us = (
        (when.toordinal() - EPOCH_ORDINAL) * DAY_US
        + (when.hour * 3600 + when.minute * 60 + when.second) * SECOND_US
        + when.microsecond
        - offset // ONE_US
    )
    if not MIN_US <= us <= MAX_US:
        raise OutOfRange("this instant is outside the years 1 to 9999 in UTC", value=shorten(when))
    return us


def from_us(us: int) -> DateTime:
    """The instant *us* as a `pendulum.DateTime` in UTC."""
    seconds, micro = divmod(us, SECOND_US)
    days, seconds = divmod(seconds, 86_400)
    try:
        year, month, day = _dates[days]
    except (ValueError, OverflowError):
        raise OutOfRange("this instant is outside the years 1 to 9999", value=shorten(us)) from None
    return DateTime(year, month, day, seconds // 3600, seconds // 60 % 60, seconds % 60, micro, _UTC)


class _Dates(dict[int, tuple[int, int, int]]):
    """By days since the epoch, the date: looking it up costs a third of working it out. It keeps some twenty years."""

    def __missing__(self, days: int) -> tuple[int, int, int]:
        day = date.fromordinal(days + EPOCH_ORDINAL)
        found = day.year, day.month, day.day
        if len(self) < _MOST_DATES:
            self[days] = found
        return found


_MOST_DATES: Final = 8192
_dates: Final = _Dates()


def maybe_us(when: datetime | int | None) -> int | None:
    """`to_us`, passing None through."""
    return None if when is None else to_us(when)


def maybe_from_us(us: int | None) -> DateTime | None:
    """`from_us`, passing None through."""
    return None if us is None else from_us(us)


def iso(us: int | None) -> str:
    """The instant as ISO 8601 text in UTC, seconds or microseconds as needed; ``never`` for None.

    >>> iso(0), iso(1), iso(None)
    ('1970-01-01T00:00:00Z', '1970-01-01T00:00:00.000001Z', 'never')
    """
    if us is None:
        return "never"
    return str(datetime.isoformat(from_us(us))).replace("+00:00", "Z")


def parse_instant(text: str) -> int:
    """ISO 8601 text with an offset as microseconds since the epoch.

    Raises `NaiveDateTime` without an offset and `NotAnInstant` for anything else that is no instant.
    """
    if not isinstance(text, str) or len(text) > 64:
        raise NotAnInstant(f"an instant is ISO 8601 text with an offset, not {shorten(text)}", value=shorten(text))
    try:
        return to_us(datetime.fromisoformat(text))
    except ValueError as error:
        if isinstance(error, NaiveDateTime | OutOfRange):
            raise
        raise NotAnInstant(
            f"{shorten(text)} is no ISO 8601 instant", value=shorten(text), hint='write "2026-11-20T09:00:00+02:00" or "...Z"'
        ) from None


# --- durations -------------------------------------------------------------------------------------------------------

_UNITS: Final = {"w": 7 * DAY_US, "d": DAY_US, "h": HOUR_US, "m": MINUTE_US, "s": SECOND_US, "ms": 1000, "us": 1}
_DIGITS: Final = frozenset("0123456789")
_DURATION_HINT: Final = 'write "90s", "15m", "4h", "1h 30m", "2d" or ISO 8601 "PT4H"'


def duration_us(value: timedelta | str) -> int:
    """A duration as microseconds: a `timedelta` (pendulum's too), or text as ``"1h 30m"`` or ``"PT1H30M"``. Never negative.

    A day here is 24 hours and a week seven of them; for calendar and working days see `ticketcore.sla`.
    Raises `BadDuration`.

    >>> duration_us("1h 30m") == duration_us("PT1H30M") == 5_400_000_000
    True
    """
    if isinstance(value, timedelta):
        plain = type(value) is timedelta  # the common case
        us = (value.days * 86_400 + value.seconds) * SECOND_US + value.microseconds if plain else _timedelta_us(value)
        if us < 0:
            raise BadDuration("a duration cannot be negative", value=shorten(value))
        return us
    if not isinstance(value, str):
        raise BadDuration(f"a duration is text or a timedelta, not {type(value).__name__}", value=shorten(value), hint=_DURATION_HINT)
    read = read_duration(value)
    if read is None:
        raise BadDuration(f"{shorten(value)} is no duration", value=shorten(value), hint=_DURATION_HINT)
    if read > MAX_US:
        raise BadDuration("this duration is longer than the supported time line", value=shorten(value))
    return read


def read_duration(text: str) -> int | None:
    """The microseconds of a duration that is written down, however many; None for what is no duration.

    >>> read_duration("1h 30m"), read_duration("soon")
    (5400000000, None)
    """
    text = text.strip()
    if not text or len(text) > 64:
        return None
    return _iso_duration(text) if text[0] in "Pp" else _unit_duration(text)


def _timedelta_us(value: timedelta) -> int:
    # The three stored fields, not the properties: pendulum's Duration overrides days and seconds with remainders.
    days: int = timedelta.days.__get__(value)
    seconds: int = timedelta.seconds.__get__(value)
    microseconds: int = timedelta.microseconds.__get__(value)
    return days * DAY_US + seconds * SECOND_US + microseconds


def _unit_duration(text: str) -> int | None:
    """``"1h 30m"``: whole numbers with a unit, each unit once and the largest first; None if it is not one."""
    total, last, position = 0, 1 << 80, 0
    while position < len(text):
        start = position
        while position < len(text) and text[position] in _DIGITS:
            position += 1
        digits = text[start:position]
        while position < len(text) and text[position] == " ":
            position += 1
        start = position
        while position < len(text) and text[position].isalpha():
            position += 1
        unit = _UNITS.get(text[start:position])
        if not digits or len(digits) > 18 or unit is None or unit >= last:
            return None
        total, last = total + int(digits) * unit, unit
        while position < len(text) and text[position] == " ":
            position += 1
    return total


_ISO_DATE: Final = {"W": 7 * DAY_US, "D": DAY_US}
_ISO_TIME: Final = {"H": HOUR_US, "M": MINUTE_US, "S": SECOND_US}


def _iso_duration(text: str) -> int | None:
    """``"P1DT2H"``: weeks, days, hours, minutes and (fractional) seconds; years and months have no fixed length: None."""
    total, units, last, digits, fraction = 0, _ISO_DATE, 1 << 80, "", None
    if len(text) < 3 or text[-1] in "Tt":
        return None
    for char in text[1:].upper():
        if char == "T":
            if units is _ISO_TIME or digits:
                return None
            units = _ISO_TIME
        elif char in _DIGITS:
            digits += char
        elif char in ".," and digits and fraction is None:
            fraction, digits = digits, ""
        else:
            unit = units.get(char)
            if unit is None or unit >= last or not digits or len(digits) > 18:
                return None
            if fraction is None:
                total += int(digits) * unit
            elif char == "S" and len(digits) <= 6:
                total += int(fraction) * SECOND_US + int(digits.ljust(6, "0"))
            else:
                return None
            last, digits, fraction = unit, "", None
    return None if digits or fraction is not None else total


def say_duration(us: int) -> str:
    """A duration as people write it, exact, largest units first; `duration_us` reads it back.

    >>> say_duration(5_400_000_000), say_duration(0), say_duration(-60_000_000)
    ('1h 30m', '0s', '-1m')
    """
    if us < 0:
        return "-" + say_duration(-us)
    parts = []
    for name, unit in (("d", DAY_US), ("h", HOUR_US), ("m", MINUTE_US), ("s", SECOND_US), ("ms", 1000), ("us", 1)):
        count, us = divmod(us, unit)
        if count:
            parts.append(f"{count}{name}")
    return " ".join(parts) or "0s"


def to_timedelta(us: int) -> timedelta:
    """*us* as an exact `timedelta`."""
    return ONE_US * us  # a third faster than the constructor


# --- zones -----------------------------------------------------------------------------------------------------------

_ZONE_LETTERS: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/")
_ZONE_REFUSED: Final = frozenset({"localtime", "Factory", "posixrules", "posix", "right"})


def load_zone(name: str) -> ZoneInfo:
    """The time zone *name* of the IANA database. Raises `BadZone`.

    >>> load_zone("Europe/Athens").key
    'Europe/Athens'
    """
    if not isinstance(name, str) or not 0 < len(name) <= 64 or not _ZONE_LETTERS.issuperset(name):
        raise BadZone("this is no time zone name", value=shorten(name), hint='write an IANA name such as "Europe/Athens"')
    return _loaded(name)


@lru_cache(maxsize=1024)
def _loaded(name: str) -> ZoneInfo:
    if name.split("/", 1)[0] in _ZONE_REFUSED or name.startswith("/"):
        raise BadZone("this time zone depends on the machine", value=name, hint='write an IANA name such as "Europe/Athens"')
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise BadZone(f"unknown time zone {name!r}", value=name, hint='write an IANA name such as "Europe/Athens"') from None


def pendulum_zone(name: str) -> object:
    """The one tzinfo object that pendulum gives to datetimes of the zone *name*."""
    return pendulum.timezone(load_zone(name).key)


def offset_us(zone: ZoneInfo, us: int) -> int:
    """The offset from UTC of *zone* at the instant *us*, in microseconds."""
    days, rest = divmod(us, DAY_US)
    seconds, micro = divmod(rest, SECOND_US)
    utc = datetime.fromordinal(days + EPOCH_ORDINAL) + timedelta(seconds=seconds, microseconds=micro)
    offset = utc.replace(tzinfo=_UTC).astimezone(zone).utcoffset()
    return 0 if offset is None else offset // ONE_US


# No zone of the tz database changes its clocks twice within three days (the closest two: Freetown 1939, four days less
# twenty minutes), so two looks that agree two days apart saw one offset; tests/test_hours.py holds this for every zone.
_LOOK: Final = timedelta(days=2)


@lru_cache(maxsize=32_768)
def zone_offsets(zone: ZoneInfo, year: int) -> tuple[tuple[int, int], ...]:
    """The offsets of *zone* in the UTC year *year*: pairs (from which instant, which offset), the first at the year's first instant."""
    if not 1 < year < 9999:
        raise OutOfRange("wall times are known in the years 2 to 9998", value=shorten(year))
    at, end = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    offset = _offset(zone, at)
    found = [((at.toordinal() - EPOCH_ORDINAL) * DAY_US, offset)]
    while at < end:
        then = min(at + _LOOK, end)
        later = _offset(zone, then)
        if later != offset:
            change = _first_change(zone, at, then, offset)
            if change < end:
                found.append(((change - _UNIX) // ONE_US, later))
            offset = later
        at = then
    return tuple(found)


def _offset(zone: ZoneInfo, at: datetime) -> int:
    return (at.astimezone(zone).utcoffset() or _ZERO) // ONE_US


def _first_change(zone: ZoneInfo, low: datetime, high: datetime, before: int) -> datetime:
    """The first second after *low* at which the offset is no longer *before*; zones change at whole seconds."""
    span = int((high - low).total_seconds())
    start, reach = 0, span
    while reach - start > 1:
        middle = (start + reach) // 2
        if _offset(zone, low + timedelta(seconds=middle)) == before:
            start = middle
        else:
            reach = middle
    return low + timedelta(seconds=reach)


def wall_runs(zone: ZoneInfo, first_year: int, last_year: int) -> list[tuple[int, int, int]]:
    """The runs of one offset in these UTC years, in order: (first instant, offset, what the wall clock reads when it ends).

    The first run is taken to reach back for ever and the last one to go on for ever.
    """
    pairs = [pair for year in range(first_year, last_year + 1) for pair in zone_offsets(zone, year)]
    runs: list[tuple[int, int, int]] = []
    for at, offset in pairs:
        if not runs:
            runs.append((at - 4 * DAY_US, offset, _NEVER))
        elif runs[-1][1] != offset:
            start, before, _ = runs[-1]
            runs[-1] = (start, before, at + before)
            runs.append((at, offset, _NEVER))
    return runs


def wall_us(zone: ZoneInfo, ordinal: int, of_day_us: int) -> int:
    """The instant of a wall time: the date *ordinal* (as `date.toordinal`) plus *of_day_us* on its clock (24 h and more allowed).

    It is the first instant at which the clock of the zone shows this time or a later one. So a wall time that does not
    exist is the instant of the clock change, one that occurs twice is its first occurrence, and the map is monotone.
    """
    naive = (ordinal - EPOCH_ORDINAL) * DAY_US + of_day_us  # the wall clock read as if it were UTC
    days = naive // DAY_US + EPOCH_ORDINAL
    try:
        first, last = date.fromordinal(days - 3).year, date.fromordinal(days + 3).year
    except (ValueError, OverflowError):
        raise OutOfRange("wall times are known in the years 2 to 9998", value=shorten(naive)) from None
    return first_showing(wall_runs(zone, first, last), naive)


def first_showing(runs: list[tuple[int, int, int]], naive: int, index: int = 0) -> int:
    """The first instant at which a clock that runs through *runs* shows *naive* or later, sought from the run *index* on."""
    start, offset, end = runs[index]
    while end <= naive:
        index += 1
        start, offset, end = runs[index]
    return max(start, naive - offset)
