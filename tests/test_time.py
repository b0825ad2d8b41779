"""The time edge: instants in and out, durations as text and ISO 8601, zones and wall times; every refusal."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import pendulum
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticketcore import _time
from ticketcore._time import (
    DAY_US,
    EPOCH_ORDINAL,
    HOUR_US,
    MAX_US,
    MIN_US,
    MINUTE_US,
    SECOND_US,
    duration_us,
    from_us,
    iso,
    load_zone,
    maybe_from_us,
    maybe_us,
    offset_us,
    parse_instant,
    pendulum_zone,
    say_duration,
    to_timedelta,
    to_us,
    wall_us,
    zone_offsets,
)  # fmt: skip
from ticketcore.errors import BadDuration, BadZone, NaiveDateTime, NotAnInstant, OutOfRange

INSTANTS = st.integers(MIN_US, MAX_US)
ZONES = st.sampled_from(["UTC", "Europe/Riga", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Africa/Casablanca"])


# --- instants --------------------------------------------------------------------------------------------------------


@given(INSTANTS)
def test_out_and_in_again_is_the_same_instant(us: int) -> None:
    when = from_us(us)
    assert type(when) is pendulum.DateTime
    assert when.tzinfo is pendulum.UTC
    assert to_us(when) == us == to_us(us)
    assert parse_instant(iso(us)) == us


@given(st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 12, 31)), ZONES, st.integers(0, 1))
def test_any_aware_datetime_is_the_instant_the_standard_library_says(naive: datetime, name: str, fold: int) -> None:
    when = naive.replace(tzinfo=ZoneInfo(name), fold=fold)
    plain = when.astimezone(UTC)
    assert to_us(when) == (plain - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


@given(st.integers(0, 59), ZONES)
def test_both_passes_of_a_repeated_hour_are_told_apart(minute: int, name: str) -> None:
    first = datetime(2026, 10, 25, 3, minute, tzinfo=ZoneInfo("Europe/Riga"))
    assert to_us(first.replace(fold=1)) - to_us(first) == HOUR_US
    assert to_us(first.astimezone(ZoneInfo(name))) == to_us(first)


class Silent(tzinfo):
    def utcoffset(self, dt: datetime | None) -> timedelta | None:
        return None

    def dst(self, dt: datetime | None) -> timedelta | None:
        return None

    def tzname(self, dt: datetime | None) -> str | None:
        return None


class Broken(Silent):
    def utcoffset(self, dt: datetime | None) -> timedelta | None:
        raise RuntimeError("no answer")


@pytest.mark.parametrize(
    ("value", "error", "words"),
    [
        (datetime(2026, 1, 1), NaiveDateTime, r"naive datetime is not an instant: datetime\.datetime\(2026, 1, 1, 0, 0\);"),
        (datetime(2026, 1, 1, tzinfo=Silent()), NaiveDateTime, "naive"),  # a zone that does not say
        (datetime(2026, 1, 1, tzinfo=Broken()), NotAnInstant, "fails to answer"),
        (date(2026, 1, 1), NotAnInstant, r"not datetime\.date\(2026, 1, 1\);"),
        ("2026-01-01T00:00:00Z", NotAnInstant, "not '2026-01-01T00:00:00Z';"),  # text is for `parse_instant`
        (1.5, NotAnInstant, r"not 1\.5;"),
        (True, NotAnInstant, "not True;"),
        (None, NotAnInstant, "not None;"),
        (MAX_US + 1, OutOfRange, "years 1 to 9999"),
        (MIN_US - 1, OutOfRange, "years 1 to 9999"),
        (10**400, OutOfRange, "years 1 to 9999"),
        (datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1))), OutOfRange, "in UTC"),
        (datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-2))), OutOfRange, "in UTC"),
    ],
)
def test_what_is_no_instant_is_refused(value: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        to_us(value)


@pytest.mark.parametrize("us", [MAX_US + 1, MIN_US - 1, 10**30])
def test_an_instant_beyond_the_calendar_has_no_datetime(us: int) -> None:
    with pytest.raises(OutOfRange):
        from_us(us)


def test_nothing_stays_nothing() -> None:
    assert (maybe_us(None), maybe_from_us(None), iso(None)) == (None, None, "never")
    assert (maybe_us(5), maybe_from_us(5)) == (5, from_us(5))


@pytest.mark.parametrize(
    ("us", "text"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (1, "1970-01-01T00:00:00.000001Z"),
        (-1, "1969-12-31T23:59:59.999999Z"),
        (MIN_US, "0001-01-01T00:00:00Z"),
        (MAX_US, "9999-12-31T23:59:59.999999Z"),
    ],
)
def test_instants_as_text(us: int, text: str) -> None:
    assert iso(us) == text


@pytest.mark.parametrize(
    ("text", "us"),
    [
        ("1970-01-01T02:00:00+02:00", 0),
        ("1970-01-01 00:00:00Z", 0),
        ("19700101T000000Z", 0),
        ("1969-12-31T19:00-05:00", 0),
        ("1970-01-01T00:00:00.5+00:00", SECOND_US // 2),
    ],
)
def test_instants_from_text(text: str, us: int) -> None:
    assert parse_instant(text) == us


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("2026-11-20T09:00:00", NaiveDateTime),
        ("2026-11-20", NaiveDateTime),
        ("0001-01-01T00:00:00+01:00", OutOfRange),
        ("now", NotAnInstant),  # it would read the clock
        ("", NotAnInstant),
        ("2026-02-30T00:00:00Z", NotAnInstant),
        ("2026-11-20T09:00:00+02:00" + " " * 64, NotAnInstant),  # too long
        (5, NotAnInstant),
        (None, NotAnInstant),
    ],
)
def test_text_that_is_no_instant_is_refused(text: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        parse_instant(text)


# --- durations -------------------------------------------------------------------------------------------------------


@given(st.integers(0, MAX_US))
def test_what_is_said_is_read_back(us: int) -> None:
    assert duration_us(say_duration(us)) == us
    assert say_duration(-us) == ("-" + say_duration(us) if us else "0s")


@given(st.integers(0, MAX_US))
def test_timedeltas_are_exact(us: int) -> None:
    assert duration_us(to_timedelta(us)) == us


@given(st.integers(0, 400), st.integers(0, 23), st.integers(0, 59), st.integers(0, 59), st.integers(0, 999_999))
def test_every_way_of_writing_a_duration_is_the_same(days: int, hours: int, minutes: int, seconds: int, micro: int) -> None:
    plain = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds, microseconds=micro)
    other = pendulum.duration(days=days, hours=hours, minutes=minutes, seconds=seconds, microseconds=micro)
    text = f"P{days}DT{hours}H{minutes}M{seconds}.{micro:06}S"
    assert duration_us(plain) == duration_us(other) == duration_us(text) == duration_us(f"{days}d {hours}h {minutes}m {seconds}s {micro}us")


@pytest.mark.parametrize(
    ("text", "us"),
    [
        ("90s", 90 * SECOND_US),
        ("15m", 15 * MINUTE_US),
        (" 4h ", 4 * HOUR_US),
        ("1h 30m", 90 * MINUTE_US),
        ("1h30m", 90 * MINUTE_US),
        ("1 h  30 m", 90 * MINUTE_US),
        ("1w 1d", 8 * DAY_US),
        ("5ms 3us", 5003),
        ("0s", 0),
        ("PT4H", 4 * HOUR_US),
        ("pt4h", 4 * HOUR_US),
        ("P1W", 7 * DAY_US),
        ("P1DT2H", 26 * HOUR_US),
        ("PT1.5S", 1_500_000),
        ("PT1,5S", 1_500_000),  # ISO 8601 allows the comma
        ("PT0.000001S", 1),
        ("P0D", 0),
    ],
)
def test_durations_from_text(text: str, us: int) -> None:
    assert duration_us(text) == us


@pytest.mark.parametrize(
    "value",
    [
        "", "   ", "x", "4", "h", "4x", "-4h", "+4h", "4.5h", "30m 1h", "1h 1h", "4 hours", "1h, 30m", "٤h", "1" * 19 + "s",
        "1s" + " " * 64 + "x",
        "P", "PT", "P1", "P1DT", "P1Y", "P1M", "PT1D", "P1H", "PT1M1H", "PT1H1H", "PTH", "PT1HT1M", "P1TH", "PT1.5H", "PT1.5", "PT1.2.3S",
        "PT.5S", "PT1.1234567S", "PT-1H", "P1D2", "P" + "1" * 19 + "D", "PT1 H",
        "99999999999999999w",  # beyond the time line
        "P99999999999999999W", timedelta(microseconds=-1), pendulum.duration(days=-1), 5, 5.0, None, ["1h"],
    ],
)  # fmt: skip
def test_what_is_no_duration_is_refused(value: Any) -> None:
    with pytest.raises(BadDuration) as caught:
        duration_us(value)
    assert caught.value.value


# --- zones -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Europe/Nowhere", "unknown time zone"),
        ("", "no time zone name"),
        ("x" * 65, "no time zone name"),
        ("Europe/Rīga", "no time zone name"),  # letters of zone names are plain
        ("../etc/passwd", "no time zone name"),
        ("Europe Riga", "no time zone name"),
        ("localtime", "depends on the machine"),
        ("posixrules", "depends on the machine"),
        ("Factory", "depends on the machine"),
        ("posix/Europe/Riga", "depends on the machine"),
        ("right/Europe/Riga", "depends on the machine"),
        ("/Europe/Riga", "depends on the machine"),
        ("Europe", "unknown time zone"),  # a folder of zones
        (None, "no time zone name"),
        (5, "no time zone name"),
    ],
)
def test_what_is_no_zone_is_refused(name: Any, words: str) -> None:
    with pytest.raises(BadZone, match=words) as caught:
        load_zone(name)
    assert "Europe/Athens" in caught.value.hint


def test_zones_are_loaded_once() -> None:
    assert load_zone("Europe/Riga") is load_zone("Europe/Riga")
    assert pendulum_zone("Europe/Riga") is pendulum.timezone("Europe/Riga")


@given(st.integers(to_us(datetime(1900, 1, 1, tzinfo=UTC)), to_us(datetime(2100, 1, 1, tzinfo=UTC))), ZONES)
def test_an_offset_is_what_the_standard_library_says(us: int, name: str) -> None:
    zone = load_zone(name)
    stdlib = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)).astimezone(zone).utcoffset()
    assert stdlib is not None
    assert timedelta(microseconds=offset_us(zone, us)) == stdlib


RIGA = ZoneInfo("Europe/Riga")


@pytest.mark.parametrize(
    ("day", "clock", "expected"),
    [
        (date(2026, 11, 23), 9 * HOUR_US, "2026-11-23T07:00:00Z"),
        (date(2026, 3, 29), 3 * HOUR_US + 1, "2026-03-29T01:00:00Z"),  # skipped: the instant of the change
        (date(2026, 3, 29), 4 * HOUR_US, "2026-03-29T01:00:00Z"),
        (date(2026, 10, 25), 3 * HOUR_US, "2026-10-25T00:00:00Z"),  # twice: the first time
        (date(2026, 10, 25), 4 * HOUR_US, "2026-10-25T02:00:00Z"),
        (date(2026, 11, 23), 33 * HOUR_US, "2026-11-24T07:00:00Z"),  # 24 h and more run into the next date
    ],
)
def test_a_wall_time_is_one_instant(day: date, clock: int, expected: str) -> None:
    assert iso(wall_us(RIGA, day.toordinal(), clock)) == expected


@given(st.integers(date(2025, 1, 1).toordinal(), date(2027, 1, 1).toordinal()), st.integers(0, DAY_US), st.integers(0, DAY_US), ZONES)
def test_wall_times_are_monotone(day: int, one: int, other: int, name: str) -> None:
    low, high = sorted((one, other))
    assert wall_us(load_zone(name), day, low) <= wall_us(load_zone(name), day, high)


@pytest.mark.parametrize(
    "ordinal", [1, 2, date(1, 12, 31).toordinal(), date(9999, 1, 1).toordinal(), date(9999, 12, 31).toordinal(), -5, 10**9, 10**30]
)
def test_wall_times_beyond_the_calendar_are_refused(ordinal: int) -> None:
    with pytest.raises(OutOfRange, match="years 2 to 9998"):
        wall_us(RIGA, ordinal, 0)


@pytest.mark.parametrize("year", [1, 9999, 0, -1])
def test_offsets_are_known_in_the_years_that_have_neighbours(year: int) -> None:
    with pytest.raises(OutOfRange):
        zone_offsets(RIGA, year)


def test_the_offsets_of_a_year() -> None:
    assert [(iso(at), offset // HOUR_US) for at, offset in zone_offsets(RIGA, 2026)] == [
        ("2026-01-01T00:00:00Z", 2), ("2026-03-29T01:00:00Z", 3), ("2026-10-25T01:00:00Z", 2),
    ]  # fmt: skip
    assert zone_offsets(ZoneInfo("UTC"), 2026) == (((date(2026, 1, 1).toordinal() - EPOCH_ORDINAL) * DAY_US, 0),)


def test_a_change_on_the_last_instant_of_a_year_belongs_to_the_next_one() -> None:
    niamey = ZoneInfo("Africa/Niamey")
    assert [offset // HOUR_US for _, offset in zone_offsets(niamey, 1959)] == [0]
    assert [(iso(at), offset // HOUR_US) for at, offset in zone_offsets(niamey, 1960)] == [("1960-01-01T00:00:00Z", 1)]


def test_only_so_many_dates_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_time, "_dates", _time._Dates())
    monkeypatch.setattr(_time, "_MOST_DATES", 2)
    days = [-3, 0, 11_016, -3, 11_016]
    shown = ["1969-12-29", "1970-01-01", "2000-02-29", "1969-12-29", "2000-02-29"]
    assert [from_us(day * 86_400_000_000).to_date_string() for day in days] == shown
    assert _time._dates == {-3: (1969, 12, 29), 0: (1970, 1, 1)}
