"""Tables of holidays for stated years: from the ``holidays`` package by country, or from iCalendar text.

A `HolidayTable` is complete when it is made and remembers where it came from. It knows which years it covers: `HolidayTable.hours`
and `HolidayTable.apply` give business hours that are valid for exactly these, so that whoever asks past them meets `BeyondHorizon`
and not a year without holidays.

The recurrences of a calendar are read here and not by a library. `dateutil.rrule`, the oracle of the tests, looks at UNTIL only when
a date matches: a rule such as ``FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30`` keeps it busy up to the year 9999, seconds for one line that a
stranger wrote. Here the days of the covered years are tried one by one, and only a rule with COUNT from its start on.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from hashlib import sha256
from itertools import islice
from typing import Any, Final, Literal, NoReturn

from attrs import evolve, field, frozen

from ticketcore._names import hint
from ticketcore._spans import FIRST_YEAR, LAST_YEAR, MAX_DATES, calendar_date, named_dates
from ticketcore.errors import BadHours, BadValue, BeyondHorizon, DataError, Problem, UnknownName, shorten
from ticketcore.hours import BusinessHours, Hours

__all__ = ["HolidayTable", "of_calendar", "of_country"]

MAX_TEXT: Final = 1 << 20  # characters of a calendar
MAX_NAME: Final = 200  # characters of a holiday's name
MAX_PROBLEMS: Final = 100  # listed of one calendar
MAX_LENGTH: Final = 366  # days of one event
MAX_TRIED: Final = 2_000_000  # days tried for the recurrences of one calendar: a second or two

_DAY: Final = timedelta(days=1)


# --- the table ---------------------------------------------------------------------------------------------------------


def _years(value: object) -> tuple[int, ...]:
    given = (value,) if isinstance(value, int) else value
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise BadHours("years are numbers such as 2026 or range(2025, 2028)", path="years", value=shorten(value))
    found: set[int] = set()
    for year in islice(given, LAST_YEAR):
        if type(year) is not int or not FIRST_YEAR <= year <= LAST_YEAR:
            text = f"{shorten(year)} is no year from {FIRST_YEAR} to {LAST_YEAR}"
            raise BadHours(text, path="years", value=shorten(year), hint="holidays are worked out for stated years")
        found.add(year)
    if not found:
        raise BadHours("no year is stated", path="years", hint="holidays are worked out for stated years, such as range(2025, 2028)")
    gap = next((year for year in range(min(found), max(found)) if year not in found), None)
    if gap is not None:
        raise BadHours(f"the year {gap} is left out", path="years", value=str(gap), hint="a table covers years that follow each other")
    return tuple(sorted(found))


@frozen(kw_only=True)
class HolidayTable:
    """The holidays of some years that follow each other, with where they came from.

    - *source*, *version*: what made the table; the version of the package, or the digest of the calendar's text.
    - *years*: those covered. In them a date that is not listed is no holiday; outside them nothing is known.
    - *dates*: pairs (date, name), sorted.

    Iterating gives the pairs, so a table is taken as ``BusinessHours(holidays=...)``; such hours know nothing of the covered
    years, those of `hours` and `apply` do. Raises `BadHours`.

    >>> table = HolidayTable(source="by hand", version="1", years=2026, dates=[("2026-12-25", "Christmas")])
    >>> table.name_of("2026-12-25"), table.name_of("2026-12-24")
    ('Christmas', None)
    >>> table.name_of("2027-12-25")
    Traceback (most recent call last):
    ticketcore.errors.BeyondHorizon: 2027-12-25 lies outside the years of this table; it covers 2026 to 2026
    >>> str(table.valid_from), str(table.valid_until), table.covers("2027-01-01"), len(table.dates_in(2026))
    ('2026-01-01', '2027-01-01', False, 1)
    """

    source: str
    version: str
    years: tuple[int, ...] = field(converter=_years)
    dates: tuple[tuple[date, str], ...] = field(converter=named_dates)
    _names: Mapping[date, str] = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "_names", dict(self.dates))
        for day, _ in self.dates:
            if not self.covers(day):
                raise BadHours(f"{day.isoformat()} lies outside {self._said_years}", path="dates", value=day.isoformat())

    @property
    def valid_from(self) -> date:
        """The first date covered."""
        return date(self.years[0], 1, 1)

    @property
    def valid_until(self) -> date | None:
        """The first date no longer covered; None where that is the horizon of all hours."""
        return None if self.years[-1] == LAST_YEAR else date(self.years[-1] + 1, 1, 1)

    @property
    def _said_years(self) -> str:
        return f"{self.years[0]} to {self.years[-1]}"

    def __iter__(self) -> Iterator[tuple[date, str]]:
        return iter(self.dates)

    def __len__(self) -> int:
        return len(self.dates)

    def __contains__(self, day: object) -> bool:
        return self.name_of(calendar_date(day)) is not None

    def covers(self, day: date | str) -> bool:
        """Whether *day* lies in the years of this table."""
        return self.years[0] <= calendar_date(day).year <= self.years[-1]

    def name_of(self, day: date | str) -> str | None:
        """The name of the holiday on *day* ("" if it has none), None if it is no holiday. Raises `BeyondHorizon`."""
        day = calendar_date(day)
        self._check(day.year, day.isoformat())
        return self._names.get(day)

    def dates_in(self, *years: int) -> tuple[tuple[date, str], ...]:
        """The pairs (date, name) of these years. Raises `BeyondHorizon` for a year that is not covered."""
        for year in years:
            self._check(year, str(year))
        return tuple((day, name) for day, name in self.dates if day.year in years)

    def _check(self, year: int, said: str) -> None:
        if not self.years[0] <= year <= self.years[-1]:
            raise BeyondHorizon(f"{said} lies outside the years of this table", value=said, hint=f"it covers {self._said_years}")

    def hours(self, *, zone: str, week: object, **given: Any) -> BusinessHours:
        """Business hours with these holidays, valid for exactly the covered years.

        *given* is what else `BusinessHours` takes (exceptions, closures, merge, also more holidays). Raises as it does.

        >>> table = HolidayTable(source="by hand", version="1", years=2026, dates=["2026-12-25"])
        >>> support = table.hours(zone="Europe/Riga", week={"mon-fri": ["09:00-17:00"]})
        >>> support.holidays == table.dates, str(support.valid_from), str(support.valid_until)
        (True, '2026-01-01', '2027-01-01')
        """
        return self.apply(BusinessHours(zone=zone, week=week, **given))

    def apply(self, hours: Hours) -> BusinessHours:
        """These hours with the table's holidays besides their own, valid only in the covered years as well.

        Where both name a date the hours' own name stays. Raises `BadHours` when nothing is left, `BadValue` for hours put
        together out of others: apply the table to their parts.

        >>> table = HolidayTable(source="by hand", version="1", years=2026, dates=[("2026-12-25", "Christmas")])
        >>> hours = table.apply(BusinessHours(zone="UTC", week={"mon-fri": ["09:00-17:00"]}, holidays=[("2026-12-24", "ours")]))
        >>> hours.holiday_name("2026-12-24"), hours.holiday_name("2026-12-25"), str(hours.valid_until)
        ('ours', 'Christmas', '2027-01-01')
        """
        if not isinstance(hours, BusinessHours):
            text = f"a table of holidays is applied to business hours, not to {type(hours).__name__}"
            raise BadValue(text, value=shorten(hours), hint="apply it to the hours they are put together of")
        until = [day for day in (hours.valid_until, self.valid_until) if day is not None]
        return evolve(
            hours,
            holidays=[*hours.holidays, *self.dates],
            valid_from=max(hours.valid_from or self.valid_from, self.valid_from),
            valid_until=min(until, default=None),
        )


def _complete(table: HolidayTable) -> HolidayTable:
    """The table, unless it says of a whole year that it has no holiday: that is a source that does not reach so far."""
    empty = next((year for year in table.years if not any(day.year == year for day, _ in table.dates)), None)
    if empty is not None:
        raise BeyondHorizon(f"{table.source} has no holiday in {empty}", path="years", value=str(empty), hint="state the years it reaches")
    return table


# --- by country --------------------------------------------------------------------------------------------------------

_NOT_WHOLE_DAYS: Final = {"half_day": "write them as exceptions with the hours that are open", "workday": "these are days of work"}


def of_country(
    country: str,
    subdivision: str | None = None,
    *,
    years: int | Iterable[int],
    language: str | None = None,
    observed: bool = True,
    categories: Iterable[str] = ("public",),
) -> HolidayTable:
    """The holidays of a country, and one of its parts, for these years as the installed ``holidays`` package knows them.

    *country* is an ISO 3166 code, *subdivision* the code of a part. *language* is that of the names: without it the country's
    own, whatever language the machine speaks. *observed* adds the days on which a holiday of a weekend is observed. *categories*
    are the package's (``public``, ``bank``, ``catholic``, ...). Several names of one date are joined by "; ".

    Raises `UnknownName` for a country, part, language or category that the package does not know, `BadHours` for the years, and
    `BeyondHorizon` for a year it has nothing about, and `BadValue` for what is no text, or no category at all.

    >>> table = of_country("DE", "BY", years=2026, language="en_US")
    >>> table.source, table.name_of("2026-01-06")
    ('holidays DE-BY', 'Epiphany')
    """
    import holidays as package
    from holidays.version import __version__

    wanted = _years(years)
    chosen = (categories,) if isinstance(categories, str) else tuple(categories)
    for given in (country, subdivision or "", language or "", *(chosen or (None,))):
        if not isinstance(given, str):
            raise BadValue("country, part, language and categories are texts, and there is a category", value=shorten(given))
    known = package.list_supported_countries(include_aliases=True)
    if country not in known:
        raise UnknownName(
            f"the holidays package does not know the country {shorten(country)}", value=shorten(country), hint=hint(country, known)
        )
    entity = getattr(package, country)()
    if language is not None and language not in entity.supported_languages:
        text = f"{country} has no names of holidays in {shorten(language)}"
        raise UnknownName(text, value=shorten(language), hint=hint(language, entity.supported_languages))
    for category in chosen:
        if category not in entity.supported_categories or category in _NOT_WHOLE_DAYS:
            way_out = _NOT_WHOLE_DAYS.get(category) or hint(category, entity.supported_categories)
            text = f"{country} has no whole days off in the category {shorten(category)}"
            raise UnknownName(text, value=shorten(category), hint=way_out)
    try:
        found = package.country_holidays(
            country,
            subdiv=subdivision,
            # The years beside them too: New Year's Day on a Saturday is observed in the year before.
            years=range(wanted[0] - 1, wanted[-1] + 2),
            expand=False,
            observed=observed,
            language=language or entity.default_language,
            categories=chosen,
        )
    except NotImplementedError:
        text = f"the holidays package does not know the part {shorten(subdivision)} of {country}"
        raise UnknownName(text, value=shorten(subdivision), hint=hint(subdivision, known[country])) from None
    said = [f"holidays {country}" + (f"-{subdivision}" if subdivision else "")]
    said += [] if chosen == ("public",) else ["categories " + ", ".join(chosen)]
    said += [] if observed else ["as dated, not as observed"]
    dates = [(day, str(name)) for day, name in found.items() if wanted[0] <= day.year <= wanted[-1]]
    return _complete(HolidayTable(source="; ".join(said), version=__version__, years=wanted, dates=dates))


# --- from iCalendar: lines ---------------------------------------------------------------------------------------------


class _Refused(Exception):
    """One line that cannot be taken; it becomes a `Problem`."""

    def __init__(self, line: int, message: str, way_out: str = "", value: str = "", *, final: bool = False) -> None:
        super().__init__(message)
        self.final = final  # what follows cannot be understood either
        self.problem = Problem(f"line {line}", message, way_out, "bad-calendar", shorten(value) if value else "")


def _refuse(line: _Line, message: str, way_out: str = "") -> NoReturn:
    raise _Refused(line.number, f"{line.name}: {message}", way_out, line.value)


@frozen
class _Line:
    """One content line: ``NAME;PARAMETER=value:value``, with the number of the line it begins on."""

    number: int
    name: str
    parameters: Mapping[str, str]
    value: str


def _content_lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines with their folding undone, each with the number of its first line. Only LF and CRLF end a line."""
    start, parts = 1, [""]
    for number, raw in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        line = raw.removesuffix("\r")
        if line.startswith((" ", "\t")):
            parts.append(line[1:])
            continue
        if any(parts):
            yield start, "".join(parts)
        start, parts = number, [line]
    if any(parts):
        yield start, "".join(parts)


def _outside_quotes(text: str, mark: str) -> list[str]:
    """*text* cut at every *mark* that does not stand between double quotes."""
    parts, start, quoted = [], 0, False
    for index, char in enumerate(text):
        if char == '"':
            quoted = not quoted
        elif char == mark and not quoted:
            parts.append(text[start:index])
            start = index + 1
    return [*parts, text[start:]]


def _line(number: int, text: str) -> _Line:
    if any(char < " " and char != "\t" for char in text):
        raise _Refused(number, "a control character in the line")
    head = _outside_quotes(text, ":")[0]
    if len(head) == len(text):
        raise _Refused(number, f"{shorten(text)} is no line of a calendar", "write NAME:value")
    name, *rest = _outside_quotes(head, ";")
    pairs = (parameter.partition("=") for parameter in rest)
    return _Line(number, name.strip().upper(), {key.strip().upper(): value.strip('"') for key, _, value in pairs}, text[len(head) + 1 :])


def _unescaped(text: str) -> str:
    """Text with its escapes undone, on one line: what breaks a line there is a space in a name."""
    done, escaped = [], False
    for char in text:
        if escaped:
            done.append(" " if char in "nN" else char)
            escaped = False
        elif char == "\\":
            escaped = True
        else:
            done.append(char)
    return " ".join("".join(done).split())


_ONCE: Final = frozenset({"DTSTART", "DTEND", "DURATION", "RRULE", "SUMMARY", "UID", "STATUS", "RECURRENCE-ID"})
_MANY: Final = frozenset({"EXDATE", "RDATE"})
_REFUSED: Final = frozenset({"EXRULE"})


@frozen
class _Properties:
    """The lines of one VEVENT that matter here; the rest (alarms, attendees, categories) says nothing about dates."""

    number: int
    once: dict[str, _Line] = field(factory=dict)
    many: list[_Line] = field(factory=list)

    def add(self, line: _Line) -> None:
        if line.name in _REFUSED:
            _refuse(line, "has been taken out of iCalendar", "list the dates with EXDATE")
        if line.name in _ONCE:
            if line.name in self.once:
                _refuse(line, "a second one in this event")
            self.once[line.name] = line
        elif line.name in _MANY:
            self.many.append(line)


def _events(text: str, problems: list[Problem]) -> list[_Properties]:
    """The VEVENTs of the calendar; a line of one that cannot be taken is noted, and so is the first that is not well nested."""
    found: list[_Properties] = []
    inside: list[tuple[str, int]] = []
    for number, content in _content_lines(text):
        try:
            line = _line(number, content)
            if line.name in {"BEGIN", "END"}:
                _nest(line, inside)
                if line.name == "BEGIN" and [name for name, _ in inside] == ["VCALENDAR", "VEVENT"]:
                    found.append(_Properties(number))
            elif not inside:
                _refuse(line, "stands outside the calendar", "it goes from BEGIN:VCALENDAR to END:VCALENDAR")
            elif [name for name, _ in inside] == ["VCALENDAR", "VEVENT"]:
                found[-1].add(line)
        except _Refused as bad:
            problems.append(bad.problem)
            if bad.final or len(problems) >= MAX_PROBLEMS:
                return []
    if inside:
        problems.append(Problem(f"line {inside[-1][1]}", f"BEGIN:{shorten(inside[-1][0])} has no end", code="bad-calendar"))
    return found


def _nest(line: _Line, inside: list[tuple[str, int]]) -> None:
    """Go into a component or out of it; *inside* are the open ones, each with the line it begins on."""
    component = line.value.strip().upper()
    if line.name == "BEGIN":
        if (component == "VCALENDAR") == bool(inside):
            raise _Refused(line.number, f"BEGIN:{component[:60]} does not stand here", "a calendar begins with BEGIN:VCALENDAR", final=True)
        inside.append((component, line.number))
    elif not inside or inside.pop()[0] != component:
        raise _Refused(line.number, f"END:{component[:60]} does not end what was begun last", final=True)


# --- from iCalendar: dates ---------------------------------------------------------------------------------------------

_WEEKDAYS: Final = {name: index for index, name in enumerate(("MO", "TU", "WE", "TH", "FR", "SA", "SU"))}
_DIGITS: Final = frozenset("0123456789")
_WHOLE_DAYS: Final = "a holiday is a whole day: write DTSTART;VALUE=DATE:20261225"
Frequency = Literal["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]
_FREQUENCIES: Final[Mapping[str, Frequency]] = {"DAILY": "DAILY", "WEEKLY": "WEEKLY", "MONTHLY": "MONTHLY", "YEARLY": "YEARLY"}


def _date(line: _Line, text: str, way_out: str = "write it as 20261225") -> date:
    if len(text) != 8 or not _DIGITS.issuperset(text):
        _refuse(line, f"{shorten(text)} is no date", way_out)
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        _refuse(line, f"{shorten(text)} is no date")


def _dates(line: _Line) -> list[date]:
    """The dates of a line whose values are dates, and not times."""
    if line.parameters.get("VALUE", "").upper() != "DATE":
        _refuse(line, "has a time, not a date", _WHOLE_DAYS if line.name == "DTSTART" else f"write {line.name};VALUE=DATE:20261225")
    return [_date(line, one.strip()) for one in line.value.split(",")]


def _one_date(line: _Line) -> date:
    found = _dates(line)
    if len(found) > 1:
        _refuse(line, "more than one date")
    return found[0]


def _number(line: _Line, text: str, low: int, high: int) -> int:
    """A whole number from *low* to *high* in absolute value; a sign only where it may be negative, which *low* < 0 says."""
    digits = text[1:] if low < 0 and text[:1] in {"+", "-"} else text
    if not 0 < len(digits) <= 6 or not _DIGITS.issuperset(digits) or not max(low, 1) <= int(digits) <= high:
        _refuse(line, f"{shorten(text)} is no number {'other than 0 up to' if low < 0 else f'from {low} to'} {high}")
    return -int(digits) if text.startswith("-") else int(digits)


def _length(event: _Properties, start: date) -> int:
    """How many days an event lasts."""
    end, duration = event.once.get("DTEND"), event.once.get("DURATION")
    if end is not None and duration is not None:
        _refuse(duration, "the event has a DTEND as well")
    days, line = 1, end or duration
    if end is not None:
        days = (_one_date(end) - start).days
        if days < 1:
            _refuse(end, "is not after DTSTART", "it is the first day after the event")
    elif duration is not None:
        text = duration.value.strip().upper().removeprefix("+")
        unit = {"D": 1, "W": 7}.get(text[-1:])
        if not text.startswith("P") or unit is None or "T" in text:
            _refuse(duration, f"{shorten(text)} is no number of whole days", "write P3D or P1W")
        days = unit * _number(duration, text[1:-1], 1, MAX_LENGTH)
    if line is not None and days > MAX_LENGTH:
        _refuse(line, f"the event lasts {days} days, more than {MAX_LENGTH}")
    return days


@frozen(kw_only=True)
class _Recurrence:
    """A rule that says of every day whether it recurs then, without looking at the days before: only COUNT needs those."""

    start: date
    frequency: Frequency
    interval: int = 1
    until: date = date.max
    count: int | None = None
    week_start: int = 0
    months: frozenset[int] = frozenset()
    month_days: frozenset[int] = frozenset()
    weekdays: frozenset[tuple[int, int]] = frozenset()  # (which one, weekday); 0: every one

    def has_month(self, day: date) -> bool:
        """Whether a day of this month can match."""
        if self.months and day.month not in self.months:
            return False
        if self.frequency == "YEARLY":
            return (day.year - self.start.year) % self.interval == 0
        return self.frequency != "MONTHLY" or (12 * (day.year - self.start.year) + day.month - self.start.month) % self.interval == 0

    def has_day(self, day: date) -> bool:
        """Whether *day* matches, its month doing so."""
        if self.frequency == "DAILY" and (day - self.start).days % self.interval:
            return False
        if self.frequency == "WEEKLY" and (self._week(day) - self._week(self.start)) % self.interval:
            return False
        last = monthrange(day.year, day.month)[1]
        if self.month_days and day.day not in self.month_days and day.day - last - 1 not in self.month_days:
            return False
        if not self.weekdays:
            return True
        if self.frequency == "YEARLY" and not self.months:
            index, last = day.timetuple().tm_yday, 366 if monthrange(day.year, 2)[1] == 29 else 365
        else:
            index = day.day
        weekday, forth, back = day.weekday(), (index - 1) // 7 + 1, -((last - index) // 7 + 1)
        return not self.weekdays.isdisjoint({(0, weekday), (forth, weekday), (back, weekday)})

    def _week(self, day: date) -> int:
        return (day.toordinal() - 1 - self.week_start) // 7


_MEANT: Final = {
    "BYHOUR": "a holiday does not recur within a day",
    "BYMINUTE": "a holiday does not recur within a day",
    "BYSECOND": "a holiday does not recur within a day",
    "BYSETPOS": "write BYDAY=-1MO, or BYDAY with BYMONTHDAY",
    "BYWEEKNO": "write BYMONTH and BYDAY",
    "BYYEARDAY": "write BYMONTH and BYMONTHDAY",
}
_PARTS: Final = ("FREQ", "INTERVAL", "UNTIL", "COUNT", "WKST", "BYMONTH", "BYMONTHDAY", "BYDAY")


def _recurrence(line: _Line, start: date) -> _Recurrence:
    """The rule of an RRULE line. What RFC 5545 leaves undefined is refused: a DTSTART that does not match its own rule."""
    parts: dict[str, str] = {}
    for part in line.value.strip().upper().split(";"):
        name, _, value = part.partition("=")
        if name in parts or name not in _PARTS:
            _refuse(line, f"{shorten(name)} {'twice' if name in parts else 'is no part that holidays need'}", _MEANT.get(name, ""))
        parts[name] = value
    frequency = _FREQUENCIES.get(parts.get("FREQ", ""))
    if frequency is None:
        _refuse(line, f"holidays do not recur {shorten(parts.get('FREQ', ''))}", "write FREQ=YEARLY, MONTHLY, WEEKLY or DAILY")
    if "COUNT" in parts and "UNTIL" in parts:
        _refuse(line, "both COUNT and UNTIL", "an end is stated once")
    if frequency == "WEEKLY" and "BYMONTHDAY" in parts:
        _refuse(line, "BYMONTHDAY in a weekly rule")
    if parts.get("WKST", "MO") not in _WEEKDAYS:
        _refuse(line, f"{shorten(parts['WKST'])} is no weekday")
    months = frozenset(_number(line, one, 1, 12) for one in _listed(parts, "BYMONTH"))
    month_days = frozenset(_number(line, one, -31, 31) for one in _listed(parts, "BYMONTHDAY"))
    weekdays = frozenset(_weekday(line, one, frequency) for one in _listed(parts, "BYDAY"))
    if not month_days and not weekdays:
        if frequency == "YEARLY":
            months = months or frozenset({start.month})
        if frequency in {"YEARLY", "MONTHLY"}:
            month_days = frozenset({start.day})
        if frequency == "WEEKLY":
            weekdays = frozenset({(0, start.weekday())})
    rule = _Recurrence(
        start=start,
        frequency=frequency,
        interval=_number(line, parts.get("INTERVAL", "1"), 1, 1_000),
        until=_date(line, parts["UNTIL"], "UNTIL is a date, as DTSTART is") if "UNTIL" in parts else date.max,
        count=_number(line, parts["COUNT"], 1, 999_999) if "COUNT" in parts else None,
        week_start=_WEEKDAYS[parts.get("WKST", "MO")],
        months=months,
        month_days=month_days,
        weekdays=weekdays,
    )
    if not (rule.has_month(start) and rule.has_day(start)):
        _refuse(line, f"the event starts on {start.isoformat()}, which is no day of its own rule", "start it on the first of them")
    return rule


def _listed(parts: Mapping[str, str], name: str) -> list[str]:
    return parts[name].split(",") if name in parts else []


def _weekday(line: _Line, text: str, frequency: Frequency) -> tuple[int, int]:
    """``MO`` as (0, 0), ``-1FR`` as (-1, 4)."""
    weekday, which = _WEEKDAYS.get(text[-2:]), text[:-2]
    if weekday is None:
        _refuse(line, f"{shorten(text)} is no weekday")
    if which and frequency not in {"MONTHLY", "YEARLY"}:
        _refuse(line, f"{shorten(text)} in a rule that is neither monthly nor yearly")
    return (_number(line, which, -53, 53) if which else 0), weekday


# --- from iCalendar: the years -----------------------------------------------------------------------------------------


class _Years:
    """The covered years being filled from events, with the bounds on how much work that may be."""

    def __init__(self, years: tuple[int, ...]) -> None:
        self.first, self.last = date(years[0], 1, 1), date(years[-1], 12, 31)
        self.names: dict[date, dict[str, None]] = {}  # the names of a date in their order, each once
        self.pairs = 0
        self.tried = 0

    def add(self, event: _Properties, moved: Mapping[str, set[date]]) -> None:
        """Fill in the days of one event; *moved* are the recurrences, by UID, that an event of their own stands for."""
        line = event.once.get("DTSTART")
        if line is None:
            raise _Refused(event.number, "the event has no DTSTART", _WHOLE_DAYS)
        start = _one_date(line)
        length = _length(event, start)
        rule = _recurrence(event.once["RRULE"], start) if "RRULE" in event.once else None
        name = _unescaped(event.once["SUMMARY"].value) if "SUMMARY" in event.once else ""
        if len(name) > MAX_NAME:
            _refuse(event.once["SUMMARY"], f"a name of {len(name)} characters, more than {MAX_NAME}")
        added, left_out = ({day for one in event.many if one.name == kind for day in _dates(one)} for kind in ("RDATE", "EXDATE"))
        if "RECURRENCE-ID" not in event.once and "UID" in event.once:
            left_out |= moved.get(event.once["UID"].value, set())
        status = event.once.get("STATUS")
        if status is not None and status.value.strip().upper() == "CANCELLED":
            return
        earliest = self.first - (length - 1) * _DAY
        starts = {start} if rule is None else set(self._recurring(rule, earliest, event.once["RRULE"]))
        for begin in sorted((starts | added) - left_out):
            if earliest <= begin <= self.last:
                self._fill(begin, length, name, line)

    def _recurring(self, rule: _Recurrence, earliest: date, line: _Line) -> Iterator[date]:
        day, end, left = max(rule.start, earliest if rule.count is None else rule.start), min(self.last, rule.until), rule.count
        while day <= end and left != 0:
            self.tried += 1
            if self.tried > MAX_TRIED:
                _refuse(line, f"the recurrences of this calendar take more than {MAX_TRIED} days to try", "state fewer years, or UNTIL")
            if not rule.has_month(day):
                day = day.replace(day=1) + timedelta(days=monthrange(day.year, day.month)[1])
                continue
            if rule.has_day(day):
                left = None if left is None else left - 1
                if day >= earliest:
                    yield day
            day += _DAY

    def _fill(self, begin: date, length: int, name: str, line: _Line) -> None:
        for step in range(length):
            day = begin + timedelta(days=step)
            if self.first <= day <= self.last:
                self.pairs += 1
                if self.pairs > MAX_DATES:
                    _refuse(line, f"more than {MAX_DATES} days in this calendar", "state fewer years")
                names = self.names.setdefault(day, {})
                if name:
                    names[name] = None


def _moved(events: Iterable[_Properties], problems: list[Problem]) -> dict[str, set[date]]:
    """Which recurrences an event of their own stands for, by the UID of the series."""
    found: dict[str, set[date]] = {}
    for event in events:
        line = event.once.get("RECURRENCE-ID")
        if line is None:
            continue
        try:
            if "RANGE" in line.parameters:
                _refuse(line, "moves all that follow", "write a series of their own")
            if "UID" not in event.once:
                _refuse(line, "without the UID of its series")
            found.setdefault(event.once["UID"].value, set()).add(_one_date(line))
        except _Refused as bad:
            problems.append(bad.problem)
    return found


def of_calendar(text: str, *, years: int | Iterable[int], source: str = "iCalendar") -> HolidayTable:
    r"""The holidays of an iCalendar text (RFC 5545) for these years: its events of whole days.

    Taken are DTSTART;VALUE=DATE with DTEND or a DURATION in days or weeks; RRULE yearly, monthly, weekly or daily with INTERVAL,
    BYMONTH, BYMONTHDAY, BYDAY and WKST, as far as its COUNT, its UNTIL or the stated years go; RDATE, EXDATE, RECURRENCE-ID.
    Cancelled events are left out. Everything in the calendar that is no VEVENT is passed over. Several names of one date are
    joined by "; ". The version of the table is the SHA-256 of the text.

    Refused with a `DataError` that names every line: events with a time of day, rules within a day, what makes more than 20,000
    dates or is too much work, RRULE parts other than these, a start that is not in its own rule, and text that is no calendar.
    Also `BadValue` for what is no text, `BadHours` for the years or a text over 1,048,576 characters, `BeyondHorizon` for a stated
    year without any holiday: whether the calendar goes on to the end of its last year, only its publisher can say.

    >>> event = ["BEGIN:VEVENT", "UID:1", "SUMMARY:Līgo", "DTSTART;VALUE=DATE:20250623", "RRULE:FREQ=YEARLY", "END:VEVENT"]
    >>> table = of_calendar("\r\n".join(["BEGIN:VCALENDAR", *event, "END:VCALENDAR", ""]), years=[2026, 2027])
    >>> [(str(day), name) for day, name in table.dates]
    [('2026-06-23', 'Līgo'), ('2027-06-23', 'Līgo')]
    """
    wanted = _years(years)
    if not isinstance(text, str):
        raise BadValue(f"a calendar is text, not {type(text).__name__}", path="text", value=shorten(text), hint="decode it as UTF-8")
    if len(text) > MAX_TEXT:
        raise BadHours(f"a calendar of {len(text)} characters, more than {MAX_TEXT}", path="text")
    problems: list[Problem] = []
    events = _events(text, problems)
    if not events and not problems:
        problems.append(Problem("line 1", "no event in this text", "a calendar has VEVENTs between BEGIN:VCALENDAR and END:VCALENDAR"))
    moved = _moved(events, problems)
    found = _Years(wanted)
    for event in [] if problems else events:
        try:
            found.add(event, moved)
        except _Refused as bad:
            problems.append(bad.problem)
            if len(problems) >= MAX_PROBLEMS or found.tried > MAX_TRIED or found.pairs > MAX_DATES:
                break
    if problems:
        raise DataError(problems, what=source)
    version = "sha256:" + sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    dates = [(day, "; ".join(names)) for day, names in sorted(found.names.items())]
    return _complete(HolidayTable(source=source, version=version, years=wanted, dates=dates))
