"""Tables of holidays: complete, for stated years, an error past them; from the holidays package and from iCalendar text."""

from __future__ import annotations

import pickle
import subprocess
import sys
from calendar import monthrange
from datetime import UTC, date, datetime
from importlib.metadata import version
from itertools import count, islice, takewhile
from typing import Any

import holidays as package
import pytest
from dateutil import rrule
from hypothesis import assume, given
from hypothesis import strategies as st

from ticketcore import BusinessHours, always
from ticketcore.errors import BadHours, BadValue, BeyondHorizon, DataError, UnknownName
from ticketcore.extra import holidays as room
from ticketcore.extra.holidays import HolidayTable, of_calendar, of_country

WEEK = {"mon-fri": ["09:00-17:00"]}


def table(*dates: str | tuple[str, str], years: Any = 2026) -> HolidayTable:
    return HolidayTable(source="by hand", version="1", years=years, dates=dates)


def calendar(*lines: str, end: str = "\r\n") -> str:
    """A calendar with these lines inside VCALENDAR; the first of them is line 2."""
    return end.join(["BEGIN:VCALENDAR", *lines, "END:VCALENDAR", ""])


def event(*lines: str) -> str:
    """A calendar of one event; the first of these lines is line 3."""
    return calendar("BEGIN:VEVENT", *lines, "END:VEVENT")


def days(text: str, years: Any = 2026) -> list[str]:
    return [day.isoformat() for day, _ in of_calendar(text, years=years)]


def problems(text: str, years: Any = 2026) -> list[str]:
    with pytest.raises(DataError) as caught:
        of_calendar(text, years=years)
    return [str(problem) for problem in caught.value.problems]


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# --- the table ---------------------------------------------------------------------------------------------------------


def test_a_table_is_taken_as_the_holidays_of_hours() -> None:
    dates = table(("2026-12-25", "Christmas"), "2026-12-26")
    hours = BusinessHours(zone="UTC", week=WEEK, holidays=dates)
    assert hours.holidays == dates.dates == ((date(2026, 12, 25), "Christmas"), (date(2026, 12, 26), ""))
    assert (len(dates), "2026-12-26" in dates, "2026-12-24" in dates) == (2, True, False)


def test_in_its_years_a_date_that_is_not_listed_is_no_holiday_and_outside_them_nothing_is_known() -> None:
    dates = table(("2026-12-25", "Christmas"), years=[2027, 2026])
    assert (dates.name_of("2026-12-25"), dates.name_of(date(2027, 12, 25))) == ("Christmas", None)
    assert [dates.covers(day) for day in ("2025-12-31", "2026-01-01", "2027-12-31", "2028-01-01")] == [False, True, True, False]
    assert (dates.dates_in(2026), dates.dates_in(2027), dates.dates_in(2026, 2027)) == (dates.dates, (), dates.dates)
    with pytest.raises(BeyondHorizon, match=r"2028-12-25 lies outside the years of this table; it covers 2026 to 2027"):
        dates.name_of("2028-12-25")
    with pytest.raises(BeyondHorizon):
        assert "2025-12-25" in dates
    with pytest.raises(BeyondHorizon):
        dates.dates_in(2026, 2028)


def test_hours_of_a_table_are_known_for_its_years_only() -> None:
    hours = table("2026-12-25", years=range(2026, 2028)).hours(
        zone="Pacific/Auckland", week=WEEK, exceptions={"2026-12-24": ["09:00-12:00"]}
    )
    assert (hours.valid_from, hours.valid_until) == (date(2026, 1, 1), date(2028, 1, 1))
    assert hours.add(instant("2026-12-23T23:00"), "1h") == instant("2026-12-27T21:00"), "24 December 12:00 in Auckland, then Monday"
    for question in (
        lambda: hours.is_open(instant("2028-01-03T00:00")),
        lambda: hours.add(instant("2027-12-31T00:00"), "40h"),
        lambda: hours.is_working_day("2028-01-03"),
        lambda: hours.is_holiday("2028-12-25"),
        lambda: hours.holiday_name("2025-12-25"),
    ):
        with pytest.raises(BeyondHorizon):
            question()


def test_a_table_narrows_the_hours_it_is_applied_to() -> None:
    own = BusinessHours(
        zone="UTC", week=WEEK, holidays={"2026-05-01": "ours", "2026-07-01": ""}, valid_from="2026-03-01", valid_until="2030-01-01"
    )
    both = table(("2026-05-01", "theirs"), ("2026-07-01", "theirs"), "2026-12-25", years=[2026, 2027]).apply(own)
    assert dict(both.holidays) == {date(2026, 5, 1): "ours", date(2026, 7, 1): "theirs", date(2026, 12, 25): ""}
    assert (both.valid_from, both.valid_until, both.week, both.zone) == (date(2026, 3, 1), date(2028, 1, 1), own.week, own.zone)
    assert table(years=range(2020, 2041)).apply(own) == own
    with pytest.raises(BadHours, match="valid_until is not after valid_from"):
        table(years=2031).apply(own)


def test_a_table_up_to_the_horizon_has_no_end_of_its_own() -> None:
    hours = table("2199-12-25", years=2199).hours(zone="UTC", week=WEEK)
    assert (hours.valid_from, hours.valid_until) == (date(2199, 1, 1), None)


def test_a_table_is_not_applied_to_hours_put_together() -> None:
    with pytest.raises(BadValue, match="not to Always; apply it to the hours they are put together of"):
        table().apply(always())


@pytest.mark.parametrize(
    ("years", "said"),
    [
        ([], "no year is stated"),
        ([2025, 2027], "the year 2026 is left out"),
        ([1899, 1900], "1899 is no year from 1900 to 2199"),
        (2200, "2200 is no year"),
        (True, "True is no year"),
        ([2026.0], "2026.0 is no year"),
        ("2026", "years are numbers"),
        (None, "years are numbers"),
        (count(2026), "2200 is no year"),  # endless
    ],
)
def test_years_that_no_table_can_cover(years: Any, said: str) -> None:
    with pytest.raises(BadHours, match=said):
        table(years=years)


def test_dates_lie_in_the_years() -> None:
    with pytest.raises(BadHours, match="2027-01-01 lies outside 2026 to 2026"):
        table("2027-01-01")


def test_a_table_is_a_value() -> None:
    dates = table(("2026-12-25", "Christmas"))
    assert pickle.loads(pickle.dumps(dates)) == dates == table(("2026-12-25", "Christmas"))
    assert len({dates, table(("2026-12-25", "Christmas"))}) == 1
    assert dates != table("2026-12-25")


def test_this_room_loads_the_package_only_when_asked_by_country() -> None:
    script = "import sys, ticketcore.extra.holidays as room; before = 'holidays' in sys.modules; room.of_country('LV', years=2026); "
    script += "print(before, 'holidays' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60, env={"PYTHONPATH": ":".join(sys.path)}
    )
    assert done.stdout.split() == ["False", "True"]


# --- by country --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("country", "part"), [("DE", "BY"), ("US", None), ("GB", "SCT"), ("LV", None), ("NZ", "AUK"), ("IL", None), ("CN", None)]
)
def test_a_table_has_what_the_package_has(country: str, part: str | None) -> None:
    found = of_country(country, part, years=range(2025, 2029), language="en_US" if country == "DE" else None)
    wide = package.country_holidays(
        country, subdiv=part, years=range(2020, 2035), language="en_US" if country == "DE" else None, expand=False
    )
    assert [day for day, _ in found] == sorted(day for day in wide if 2025 <= day.year <= 2028)
    assert (found.version, found.years) == (version("holidays"), (2025, 2026, 2027, 2028))
    assert all(type(day) is date and type(name) is str and name for day, name in found)


def test_a_holiday_observed_in_the_year_before_is_in_it() -> None:
    assert of_country("US", years=2027).name_of("2027-12-31") == "New Year's Day (observed)"
    plain = of_country("US", years=2027, observed=False)
    assert (plain.name_of("2027-12-31"), plain.source) == (None, "holidays US; as dated, not as observed")


def test_names_are_in_the_countrys_own_language_whatever_the_machine_speaks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGUAGE", "en_US")
    assert of_country("DE", years=2026).name_of("2026-12-25") == "Erster Weihnachtstag"
    assert of_country("DE", years=2026, language="en_US").name_of("2026-12-25") == "Christmas Day"


def test_categories_are_chosen_and_said() -> None:
    plain, more = of_country("DE", "BY", years=2026), of_country("DE", "BY", years=2026, categories=("public", "catholic"))
    assert set(plain.dates) < set(more.dates)
    assert of_country("DE", "BY", years=2026, categories="public") == plain
    assert (plain.source, more.source) == ("holidays DE-BY", "holidays DE-BY; categories public, catholic")


@pytest.mark.parametrize(
    ("asked", "kind", "said"),
    [
        ({"country": "DEE"}, UnknownName, "does not know the country 'DEE'; did you mean"),
        ({"country": "DE", "subdivision": "BX"}, UnknownName, "does not know the part 'BX' of DE; known are "),
        ({"country": "DE", "language": "de_DE"}, UnknownName, "no names of holidays in 'de_DE'; known are de, en_US"),
        ({"country": "DE", "categories": ["publik"]}, UnknownName, "category 'publik'; did you mean 'public'"),
        ({"country": "BR", "categories": ["half_day"]}, UnknownName, "write them as exceptions"),  # would close the other half, too
        ({"country": "DE", "categories": []}, BadValue, "there is a category"),
        ({"country": 49}, BadValue, "are texts"),
        ({"country": "DE", "years": range(1980, 2000)}, BeyondHorizon, "holidays DE has no holiday in 1980; state the years it reaches"),
        ({"country": "DE", "years": range(2095, 2110)}, BeyondHorizon, "has no holiday in 2101"),  # the package answers with no dates
        ({"country": "DE", "years": []}, BadHours, "no year is stated"),
    ],
)
def test_what_the_package_does_not_know_is_an_error(asked: dict[str, Any], kind: type[Exception], said: str) -> None:
    with pytest.raises(kind, match=said):
        of_country(**{"years": 2026, **asked})


def test_a_calendar_written_by_the_package_reads_back() -> None:
    from holidays.ical import ICalExporter

    written = ICalExporter(package.country_holidays("LV", years=range(2025, 2028), language="lv")).generate()
    text = written.decode() if isinstance(written, bytes) else written
    assert of_calendar(text, years=range(2025, 2028)).dates == of_country("LV", years=range(2025, 2028)).dates


# --- from iCalendar: recurrences against another's reading ----------------------------------------------------------------

FREQUENCIES = {"DAILY": rrule.DAILY, "WEEKLY": rrule.WEEKLY, "MONTHLY": rrule.MONTHLY, "YEARLY": rrule.YEARLY}
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
OFTEN = {"DAILY": 1, "WEEKLY": 7, "MONTHLY": 31, "YEARLY": 366}


@st.composite
def rules(draw: st.DrawFn) -> tuple[str, date]:
    """A rule and a start in it, of the kinds that a calendar of holidays may have."""
    start = draw(st.dates(date(2019, 1, 1), date(2027, 12, 31)))
    frequency = draw(st.sampled_from(sorted(FREQUENCIES)))
    last = monthrange(start.year, start.month)[1]
    parts = [f"FREQ={frequency}", f"INTERVAL={draw(st.integers(1, 5))}"]
    if draw(st.booleans()):
        months = draw(st.sets(st.integers(1, 12), max_size=3)) | {start.month}
        parts.append("BYMONTH=" + ",".join(map(str, sorted(months))))
    if frequency != "WEEKLY" and draw(st.booleans()):
        own = draw(st.sampled_from([start.day, start.day - last - 1]))
        parts.append("BYMONTHDAY=" + ",".join(map(str, sorted({own} | draw(st.sets(st.integers(1, 31), max_size=8))))))
    if draw(st.booleans()):
        # dateutil reads BYDAY=1MO,TU of a monthly rule as RFC 5545 does; the two kinds are drawn apart to keep the rules readable.
        every = draw(st.sets(st.sampled_from(DAYS), max_size=2)) | {DAYS[start.weekday()]}
        yearly = frequency == "YEARLY" and not any(part.startswith("BYMONTH=") for part in parts)
        index, size = (start.timetuple().tm_yday, 365 + (monthrange(start.year, 2)[1] == 29)) if yearly else (start.day, last)
        which = draw(st.sampled_from(["", str((index - 1) // 7 + 1), str(-((size - index) // 7 + 1))]))
        which = which if frequency in {"MONTHLY", "YEARLY"} else ""
        parts.append("BYDAY=" + ",".join(which + day for day in sorted(every)))
    if draw(st.booleans()):
        parts.append("WKST=" + draw(st.sampled_from(DAYS)))
    end = draw(st.sampled_from(["", "UNTIL", "COUNT"]))
    if end == "UNTIL":
        parts.append(f"UNTIL={draw(st.dates(start, date(2032, 1, 1))):%Y%m%d}")
    elif end == "COUNT":
        parts.append(f"COUNT={draw(st.integers(1, 30))}")
    return ";".join(parts), start


@given(rules())
def test_recurrences_are_those_of_dateutil(given_rule: tuple[str, date]) -> None:
    text, start = given_rule
    years = range(2026, 2029)
    given_parts = dict(part.split("=") for part in text.split(";"))
    end = given_parts.pop("COUNT", None)
    # Without an end of its own dateutil would go on to the year 9999.
    parts = [f"{name}={value}" for name, value in given_parts.items()]
    if "UNTIL" not in given_parts:
        parts.append("UNTIL=20401231")
    theirs = rrule.rrulestr(";".join(parts), dtstart=datetime.combine(start, datetime.min.time()))
    until = islice(theirs, None if end is None else int(end))
    expected = [day.date().isoformat() for day in takewhile(lambda day: day.year <= 2028, until) if day.year >= 2026]
    assume({day[:4] for day in expected} == {"2026", "2027", "2028"})  # else the table refuses the empty year
    assert days(event(f"DTSTART;VALUE=DATE:{start:%Y%m%d}", f"RRULE:{text}"), years) == expected


@pytest.mark.parametrize(
    ("start", "rule", "expected"),
    [
        ("19701126", "FREQ=YEARLY;BYMONTH=11;BYDAY=4TH", ["2026-11-26"]),  # Thanksgiving
        ("20081104", "FREQ=YEARLY;INTERVAL=2;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8", ["2026-11-03"]),  # RFC 5545: election day
        ("20000529", "FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO", ["2026-05-25"]),  # the last Monday of May
        ("20180101", "FREQ=YEARLY;BYDAY=1MO,-1MO", ["2026-01-05", "2026-12-28"]),  # without a month it is counted in the year
        ("20241230", "FREQ=YEARLY;BYDAY=53MO", []),  # 2024 is a leap year that begins on a Monday
        ("17760704", "FREQ=YEARLY", ["2026-07-04"]),  # from before there were hours
        ("20260131", "FREQ=MONTHLY;COUNT=3", ["2026-01-31", "2026-03-31", "2026-05-31"]),  # months without a 31st are passed over
        ("20260131", "FREQ=MONTHLY;BYMONTHDAY=-1;UNTIL=20260331", ["2026-01-31", "2026-02-28", "2026-03-31"]),  # UNTIL is in it
        ("20251230", "FREQ=DAILY;COUNT=4", ["2026-01-01", "2026-01-02"]),  # COUNT counts from the start, not from the stated years
        ("20260105", "freq=weekly;interval=26", ["2026-01-05", "2026-07-06"]),  # capitals do not matter
        ("20251225", "FREQ=YEARLY;UNTIL=20251231", []),  # over before the stated years
        ("20270101", "FREQ=YEARLY", []),  # begins after them
    ],
)
def test_rules_of_real_calendars(start: str, rule: str, expected: list[str]) -> None:
    other = ["BEGIN:VEVENT", "DTSTART;VALUE=DATE:20260228", "END:VEVENT"]
    text = calendar("BEGIN:VEVENT", f"DTSTART;VALUE=DATE:{start}", f"RRULE:{rule}", "END:VEVENT", *other)
    assert days(text) == sorted({*expected, "2026-02-28"})


# --- from iCalendar: events --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["DTSTART;VALUE=DATE:20261225"], ["2026-12-25"]),  # one day
        (["DTSTART;VALUE=DATE:20261224", "DTEND;VALUE=DATE:20261227"], ["2026-12-24", "2026-12-25", "2026-12-26"]),  # the end is not in it
        (["DTSTART;VALUE=DATE:20261231", "DURATION:P2D"], ["2026-12-31"]),  # cut at the end of the years
        (["DTSTART;VALUE=DATE:20251227", "DURATION:+P1W"], ["2026-01-01", "2026-01-02"]),  # begun before them
        (["dtstart;value=date:20260501", "rdate;value=date:20260601,20260701"], ["2026-05-01", "2026-06-01", "2026-07-01"]),
        (
            [
                "DTSTART;VALUE=DATE:20260501",
                "RRULE:FREQ=DAILY;COUNT=4",
                "EXDATE;VALUE=DATE:20260501",
                "EXDATE;VALUE=DATE:20260503,20260504",
            ],
            ["2026-05-02"],  # COUNT counts what is then left out
        ),
        (["DTSTART;VALUE=DATE:20260501", "STATUS:CANCELLED", "RDATE;VALUE=DATE:20260502"], []),
        (["DTSTART;VALUE=DATE:20240501", "RDATE;VALUE=DATE:20270501"], []),  # in no stated year
        (["DTSTART;VALUE=DATE:20260501", "STATUS:CONFIRMED", "TRANSP:TRANSPARENT"], ["2026-05-01"]),  # free or busy is no matter
    ],
)
def test_the_days_of_an_event(lines: list[str], expected: list[str]) -> None:
    text = calendar("BEGIN:VEVENT", *lines, "END:VEVENT", "BEGIN:VEVENT", "DTSTART;VALUE=DATE:20260228", "END:VEVENT")
    assert days(text) == sorted([*expected, "2026-02-28"])


@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_a_calendar_as_programs_write_it(end: str) -> None:
    text = calendar(
        "VERSION:2.0",
        "BEGIN:VTIMEZONE",  # has times and rules of its own
        "TZID:Europe/Athens",
        "BEGIN:STANDARD",
        "DTSTART:16010101T030000",
        "RRULE:FREQ=YEARLY;BYHOUR=3",
        "END:STANDARD",
        "END:VTIMEZONE",
        "BEGIN:VEVENT",
        "DTSTART;VALUE=DATE:20261028",
        'ATTENDEE;CN="Support: all; night":mailto:support@example.org',
        "DESCRIPTION:DTSTART:19990101\\n",
        "SUMMARY;LANGUAGE=en:Ohi\\, or No\\; Day \\\\ Οχ",
        "\tι \\nGreece",
        "BEGIN:VALARM",
        "DURATION:PT15M",
        "END:VALARM",
        "END:VEVENT",
        "",
        "BEGIN:VTODO",
        "DTSTART:20260101T090000Z",
        "END:VTODO",
        end=end,
    )
    found = of_calendar("\ufeff" + text + text, years=2026, source="ops.ics")  # two calendars in one text, after a byte-order mark
    assert found.dates == ((date(2026, 10, 28), "Ohi, or No; Day \\ Οχι Greece"),)
    assert (found.source, found.version[:11], len(found.version)) == ("ops.ics", "sha256:" + found.version[7:11], 71)
    assert found.version != of_calendar(text, years=2026).version


def test_names_of_one_date_are_joined_and_kept_once() -> None:
    lines = [
        line for name in ("A", "B", "", "A") for line in ("BEGIN:VEVENT", "DTSTART;VALUE=DATE:20260501", f"SUMMARY:{name}", "END:VEVENT")
    ]
    assert of_calendar(calendar(*lines), years=2026).dates == ((date(2026, 5, 1), "A; B"),)


def test_one_of_a_series_is_moved_or_called_off() -> None:
    text = calendar(
        "BEGIN:VEVENT", "UID:s", "DTSTART;VALUE=DATE:20260105", "RRULE:FREQ=WEEKLY;COUNT=4", "END:VEVENT",
        "BEGIN:VEVENT", "UID:s", "RECURRENCE-ID;VALUE=DATE:20260112", "DTSTART;VALUE=DATE:20260113", "END:VEVENT",
        "BEGIN:VEVENT", "UID:s", "RECURRENCE-ID;VALUE=DATE:20260119", "DTSTART;VALUE=DATE:20260119", "STATUS:CANCELLED", "END:VEVENT",
        "BEGIN:VEVENT", "UID:other", "DTSTART;VALUE=DATE:20260112", "SUMMARY:other", "END:VEVENT",
    )  # fmt: skip
    assert days(text) == ["2026-01-05", "2026-01-12", "2026-01-13", "2026-01-26"]
    assert of_calendar(text, years=2026).name_of("2026-01-12") == "other"


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["SUMMARY:x"], "line 2: the event has no DTSTART"),
        (["DTSTART:20261225T090000Z"], "line 3: DTSTART: has a time, not a date; a holiday is a whole day"),
        (["DTSTART;TZID=Europe/Riga:20261225T090000"], "line 3: DTSTART: has a time"),
        (["DTSTART:20261225"], "line 3: DTSTART: has a time"),  # without VALUE=DATE it is none
        (["DTSTART;VALUE=DATE:2026-12-25"], "line 3: DTSTART: '2026-12-25' is no date; write it as 20261225"),
        (["DTSTART;VALUE=DATE:20260230"], "line 3: DTSTART: '20260230' is no date"),
        (["DTSTART;VALUE=DATE:２０２６１２２５"], "is no date"),  # other digits
        (["DTSTART;VALUE=DATE:20260501,20260502"], "line 3: DTSTART: more than one date"),
        (["DTSTART;VALUE=DATE:20260501", "DTSTART;VALUE=DATE:20260502"], "line 4: DTSTART: a second one in this event"),
        (["DTSTART;VALUE=DATE:20260501", "DTEND;VALUE=DATE:20260501"], "line 4: DTEND: is not after DTSTART; it is the first day after"),
        (["DTSTART;VALUE=DATE:20260501", "DTEND:20260502T000000Z"], "line 4: DTEND: has a time, not a date; write DTEND;VALUE=DATE"),
        (["DTSTART;VALUE=DATE:20260501", "DTEND;VALUE=DATE:20280501"], "line 4: DTEND: the event lasts 731 days, more than 366"),
        (["DTSTART;VALUE=DATE:20260501", "DURATION:P60W"], "line 4: DURATION: the event lasts 420 days"),
        (["DTSTART;VALUE=DATE:20260501", "DURATION:PT24H"], "line 4: DURATION: 'PT24H' is no number of whole days; write P3D or P1W"),
        (["DTSTART;VALUE=DATE:20260501", "DURATION:P1DT2D"], "is no number of whole days"),
        (["DTSTART;VALUE=DATE:20260501", "DURATION:3D"], "is no number of whole days"),
        (["DTSTART;VALUE=DATE:20260501", "DURATION:P0D"], "line 4: DURATION: '0' is no number from 1 to 366"),
        (["DTSTART;VALUE=DATE:20260501", "DURATION:P1D", "DTEND;VALUE=DATE:20260502"], "line 4: DURATION: the event has a DTEND as well"),
        (["DTSTART;VALUE=DATE:20260501", "EXDATE:20260502T000000Z"], "line 4: EXDATE: has a time"),
        (["DTSTART;VALUE=DATE:20260501", "RDATE;VALUE=PERIOD:20260502T000000Z/P1D"], "line 4: RDATE: has a time"),
        (["DTSTART;VALUE=DATE:20260501", "EXRULE:FREQ=YEARLY"], "line 4: EXRULE: has been taken out of iCalendar"),
        (["DTSTART;VALUE=DATE:20260501", "SUMMARY:" + "x" * 201], "line 4: SUMMARY: a name of 201 characters, more than 200"),
        (["DTSTART;VALUE=DATE:20260501", "SUMMARY:\x1b[31m"], "line 4: a control character in the line"),
        (["DTSTART;VALUE=DATE:20260501", 'X;Y=":'], "line 4: 'X;Y=\":' is no line of a calendar; write NAME:value"),
        (
            ["UID:s", "DTSTART;VALUE=DATE:20260501", "RECURRENCE-ID;RANGE=THISANDFUTURE;VALUE=DATE:20260501"],
            "line 5: RECURRENCE-ID: moves all",
        ),
        (["DTSTART;VALUE=DATE:20260501", "RECURRENCE-ID;VALUE=DATE:20260501"], "line 4: RECURRENCE-ID: without the UID"),
    ],
)
def test_an_event_that_is_no_holiday_is_refused_by_its_line(lines: list[str], said: str) -> None:
    (problem,) = problems(event(*lines))
    assert said in problem


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("FREQ=HOURLY", "holidays do not recur 'HOURLY'; write FREQ=YEARLY"),
        ("FREQ=MINUTELY;COUNT=3", "holidays do not recur 'MINUTELY'"),
        ("FREQ=SECONDLY;UNTIL=20270101", "holidays do not recur 'SECONDLY'"),
        ("COUNT=3", "holidays do not recur ''"),
        ("", "'' is no part"),
        ("FREQ=DAILY;BYHOUR=9,17", "'BYHOUR' is no part that holidays need; a holiday does not recur within a day"),
        ("FREQ=MONTHLY;BYDAY=FR;BYSETPOS=-1", "'BYSETPOS' is no part that holidays need; write BYDAY=-1MO"),
        ("FREQ=YEARLY;BYWEEKNO=18", "write BYMONTH and BYDAY"),
        ("FREQ=YEARLY;BYEASTER=0", "'BYEASTER' is no part"),
        ("FREQ=YEARLY;FREQ=DAILY", "'FREQ' twice"),
        ("FREQ=YEARLY;COUNT=2;UNTIL=20270101", "both COUNT and UNTIL"),
        ("FREQ=YEARLY;UNTIL=20270101T000000Z", "UNTIL is a date, as DTSTART is"),
        ("FREQ=YEARLY;COUNT=0", "'0' is no number from 1 to 999999"),
        ("FREQ=YEARLY;COUNT=-1", "'-1' is no number"),
        ("FREQ=YEARLY;INTERVAL=0", "'0' is no number from 1 to 1000"),
        ("FREQ=YEARLY;INTERVAL=" + "9" * 5000, "is no number"),
        ("FREQ=YEARLY;BYMONTH=13", "'13' is no number from 1 to 12"),
        ("FREQ=YEARLY;BYMONTH=", "'' is no number"),
        ("FREQ=YEARLY;BYMONTHDAY=0", "'0' is no number other than 0 up to 31"),
        ("FREQ=YEARLY;BYMONTHDAY=-32", "'-32' is no number"),
        ("FREQ=YEARLY;BYDAY=54FR", "'54' is no number other than 0 up to 53"),
        ("FREQ=YEARLY;BYDAY=FRI", "'FRI' is no weekday"),
        ("FREQ=YEARLY;WKST=X", "'X' is no weekday"),
        ("FREQ=WEEKLY;BYDAY=1FR", "'1FR' in a rule that is neither monthly nor yearly"),
        ("FREQ=WEEKLY;BYMONTHDAY=1", "BYMONTHDAY in a weekly rule"),
        # What RFC 5545 leaves undefined; libraries differ whether the start counts.
        ("FREQ=YEARLY;BYMONTH=5;BYDAY=1MO", "starts on 2026-05-01, which is no day of its own rule; start it on the first of them"),
        ("FREQ=YEARLY;BYMONTH=6", "no day of its own rule"),
    ],
)
def test_a_rule_that_is_not_for_holidays_is_refused(rule: str, said: str) -> None:
    (problem,) = problems(event("DTSTART;VALUE=DATE:20260501", f"RRULE:{rule}"))
    assert problem.startswith("line 4: RRULE: ")
    assert said in problem


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1: no event in this text"),
        (calendar("X-NAME:empty"), "line 1: no event in this text"),
        ("DTSTART;VALUE=DATE:20261225", "line 1: DTSTART: stands outside the calendar"),
        (" folded", "line 1: 'folded' is no line of a calendar"),
        ("BEGIN:VEVENT", "line 1: BEGIN:VEVENT does not stand here; a calendar begins with BEGIN:VCALENDAR"),
        (calendar("BEGIN:VCALENDAR"), "line 2: BEGIN:VCALENDAR does not stand here"),
        ("END:VCALENDAR", "line 1: END:VCALENDAR does not end what was begun last"),
        (calendar("BEGIN:VEVENT", "END:VTODO"), "line 3: END:VTODO does not end what was begun last"),
        ("BEGIN:VCALENDAR\nBEGIN:VEVENT", "line 2: BEGIN:'VEVENT' has no end"),
    ],
)
def test_a_text_that_is_no_calendar_is_refused(text: str, said: str) -> None:
    (problem,) = problems(text)
    assert said in problem


def test_every_line_that_is_wrong_is_listed_up_to_a_hundred() -> None:
    wrong = ["BEGIN:VEVENT", "DTSTART:20261225T090000Z", "END:VEVENT"]
    assert [problem.split(":")[0] for problem in problems(calendar(*wrong, *wrong))] == ["line 3", "line 6"]
    assert len(problems(calendar(*wrong * 150))) == 100
    assert len(problems(calendar("BEGIN:VEVENT", *["DTSTART\x00:x"] * 150, "END:VEVENT"))) == 100


def test_a_stated_year_without_a_holiday_is_an_error() -> None:
    with pytest.raises(BeyondHorizon, match="ops has no holiday in 2028; state the years it reaches"):
        of_calendar(event("DTSTART;VALUE=DATE:20261225", "RRULE:FREQ=YEARLY;UNTIL=20271231"), years=range(2026, 2030), source="ops")


def test_a_calendar_is_bounded_text() -> None:
    with pytest.raises(BadHours, match="a calendar of 1048577 characters"):
        of_calendar("x" * 1_048_577, years=2026)
    with pytest.raises(BadValue, match="a calendar is text, not bytes; decode it as UTF-8"):
        of_calendar(b"BEGIN:VCALENDAR", years=2026)  # type: ignore[arg-type]  # refused
    with pytest.raises(BadHours, match="no year is stated"):
        of_calendar("", years=[])


def test_too_many_days_are_refused() -> None:
    every = ["BEGIN:VEVENT", "DTSTART;VALUE=DATE:20000101", "RRULE:FREQ=DAILY", "END:VEVENT"]
    (problem,) = problems(calendar(*every * 2), range(2000, 2040))
    assert problem == "line 7: DTSTART: more than 20000 days in this calendar; state fewer years"


def test_too_much_work_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MAX_TRIED", 1_000)
    # A rule with COUNT is tried from its start, whatever the years.
    rare = ["BEGIN:VEVENT", "DTSTART;VALUE=DATE:16000229", "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29;COUNT=999", "END:VEVENT"]
    daily = ["BEGIN:VEVENT", "DTSTART;VALUE=DATE:20240101", "RRULE:FREQ=DAILY;BYMONTH=1,2", "END:VEVENT"]
    said = "RRULE: the recurrences of this calendar take more than 1000 days to try; state fewer years, or UNTIL"
    assert problems(calendar(*rare)) == [f"line 4: {said}"]
    assert problems(calendar(*daily * 40)) == [f"line {4 * 15}: {said}"], "59 days and 10 other months each; the rest is not read"
    assert len(days(calendar(*daily * 14))) == 59


@given(
    st.text(max_size=60), st.lists(st.sampled_from(["DTSTART;VALUE=DATE:20260501", "RRULE:", "DTEND:", 'X;A="b:c"', "\t", "END:VEVENT"]))
)
def test_whatever_the_text_it_is_a_table_or_one_of_our_errors(noise: str, lines: list[str]) -> None:
    for text in (
        noise,
        event(*lines, noise),
        event("DTSTART;VALUE=DATE:20260501", f"RRULE:FREQ={noise}"),
        event(f"DTSTART;VALUE=DATE:{noise}"),
    ):
        try:
            found = of_calendar(text, years=2026)
        except (DataError, BeyondHorizon):
            continue
        assert all(found.covers(day) for day, _ in found)


@given(st.text(alphabet="ab ,;\\\nä", max_size=80), st.integers(1, 74))
def test_folding_and_escaping_lose_nothing(name: str, width: int) -> None:
    escaped = name.replace("\\", "\\\\").replace(",", "\\,").replace(";", "\\;").replace("\n", "\\n")
    line = f"SUMMARY:{escaped}"
    folded = "\r\n ".join(line[index : index + width] for index in range(0, len(line), width))
    assert of_calendar(event("DTSTART;VALUE=DATE:20260501", folded), years=2026).dates == ((date(2026, 5, 1), " ".join(name.split())),)
