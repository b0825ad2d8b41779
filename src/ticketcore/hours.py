"""Business hours: which time counts, how much of it lies between two instants, and when an amount of it is used up.

All kinds of hours are `Hours` and answer the same questions. Spans are half-open: the opening instant is open, the
closing instant is not. A wall time becomes an instant by one monotone map (`ticketcore._time.wall_us`), a span belongs
to the date it starts on, and amounts are real elapsed time. The pages of explanation are in docs/explanation.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final, Literal, NoReturn
from zoneinfo import ZoneInfo

from attrs import field, fields, frozen
from pendulum import DateTime

from ticketcore._spans import (
    DAYS,
    FIRST_DATE,
    FIRST_US,
    LAST_DATE,
    LAST_US,
    Day,
    Span,
    Table,
    Week,
    WorkingDates,
    calendar_date,
    checked,
    clipped,
    closed_ranges,
    common,
    dated_spans,
    joined,
    naive_us,
    named_dates,
    united,
    week,
    without,
    year_of,
    year_start,
)
from ticketcore._time import (
    DAY_US,
    EPOCH_ORDINAL,
    MAX_US,
    MIN_US,
    duration_us,
    first_showing,
    from_us,
    iso,
    load_zone,
    offset_us,
    to_timedelta,
    to_us,
    wall_runs,
    wall_us,
)
from ticketcore.errors import BadDuration, BadHours, BadValue, BeyondHorizon, NeverOpen, shorten

Kind = Literal["open", "closed", "holiday", "exception", "closure"]
Piece = tuple[int, int, Kind, str]

_NOTHING: Final = Table(1, 0, [])
_NO_DATES: Final = WorkingDates(1, 0, [])
_MARGIN: Final = 4  # days by which a date's spans can lie outside the same UTC dates: 24 h past midnight, offsets, date-line changes


@frozen
class Transition:
    """The next change of hours: at which instant, and whether they open or close there."""

    at: DateTime
    opens: bool


@frozen(kw_only=True)
class Hours:
    """What all business hours answer. Values: they compare, hash, pickle, and are safe to share between threads.

    Instants go in as aware datetimes (or as ints, microseconds since the epoch) and come out as `pendulum.DateTime` in
    UTC. The questions named ``..._us`` are the same on ints, for loops. What is asked is compiled year by year and kept;
    the cost of a question does not grow with the distance between instants.

    Errors: `NeverOpen` when the hours never open (again), `BeyondHorizon` when the answer would lie outside what the
    hours cover: the years 1900 to 2199, or their own ``valid_from`` and ``valid_until``.
    """

    zone: str
    _tz: ZoneInfo = field(init=False, eq=False, repr=False)
    _low: int = field(init=False, eq=False, repr=False, default=FIRST_US)  # the first covered instant
    _high: int = field(init=False, eq=False, repr=False, default=LAST_US)  # the first instant no longer covered
    _first: int = field(init=False, eq=False, repr=False, default=FIRST_DATE.toordinal())  # the first covered date
    _last: int = field(init=False, eq=False, repr=False, default=LAST_DATE.toordinal())  # the last covered date
    _table: Table = field(init=False, eq=False, repr=False, default=_NOTHING)
    _dates: WorkingDates = field(init=False, eq=False, repr=False, default=_NO_DATES)

    # --- questions ---------------------------------------------------------------------------------------------------

    def is_open(self, at: datetime | int) -> bool:
        """Whether the hours are open at *at*: true at the opening instant, false at the closing instant."""
        return self.is_open_us(to_us(at))

    def elapsed(self, start: datetime | int, end: datetime | int) -> timedelta:
        """The open time between two instants, to the microsecond; negative if *end* is earlier."""
        return to_timedelta(self.elapsed_us(to_us(start), to_us(end)))

    def add(self, at: datetime | int, amount: timedelta | str) -> DateTime:
        """The earliest instant by which *amount* of open time has passed since *at*.

        An amount used up exactly at closing gives the closing instant; none at all gives *at*, open or not.
        Raises `BadDuration` for a negative amount, `NeverOpen` or `BeyondHorizon`.

        >>> weekdays = BusinessHours(zone="UTC", week={"mon-fri": ["09:00-17:00"]})
        >>> str(weekdays.add(DateTime(2026, 11, 20, 16, 30, tzinfo=UTC), "1h"))  # Friday afternoon
        '2026-11-23 09:30:00+00:00'
        """
        return from_us(self.add_us(to_us(at), duration_us(amount)))

    def subtract(self, at: datetime | int, amount: timedelta | str) -> DateTime:
        """The latest instant from which *amount* of open time passes until *at*: the mirror of `add`."""
        return from_us(self.subtract_us(to_us(at), duration_us(amount)))

    def next_open(self, at: datetime | int) -> DateTime:
        """The first open instant at or after *at*: *at* itself while the hours are open."""
        return from_us(self.next_open_us(to_us(at)))

    def previous_open(self, at: datetime | int) -> DateTime:
        """The latest instant at or before *at* just before which the hours were open: at an opening, the closing before it."""
        return from_us(self.previous_open_us(to_us(at)))

    def next_transition(self, at: datetime | int) -> Transition:
        """The first opening or closing strictly after *at*. Raises `BeyondHorizon` or `NeverOpen` when there is none."""
        us, opens = self.next_transition_us(to_us(at))
        return Transition(from_us(us), opens)

    def spans(self, start: datetime | int, end: datetime | int) -> Iterator[tuple[DateTime, DateTime]]:
        """The open spans within ``[start, end)``, in order and lazily; touching runs are one."""
        return ((from_us(opens), from_us(closes)) for opens, closes in self.spans_us(to_us(start), to_us(end)))

    def explain(self, start: datetime | int, end: datetime | int) -> Iterator[tuple[DateTime, DateTime, Kind, str]]:
        """Why time counts or not: pieces that cover ``[start, end)``, each with its kind and the name of the holiday or closure."""
        pieces = self.explain_us(to_us(start), to_us(end))
        return ((from_us(low), from_us(high), kind, name) for low, high, kind, name in pieces)

    # --- dates -------------------------------------------------------------------------------------------------------

    def add_days(self, at: datetime | int, count: int) -> DateTime:
        """The same wall time *count* dates on (or back, if negative), working or not."""
        return from_us(self.add_days_us(to_us(at), count))

    def add_working_days(self, at: datetime | int, count: int, *, end_of_day: bool = False) -> DateTime:
        """The same wall time *count* working days on (or back, if negative).

        The date of *at* is not counted, so from a Saturday one working day on is Monday, as it is from Friday. With
        *end_of_day* the answer is the closing of that day. A count of 0 is *at* itself, or the closing of its date; of
        the next working day, if its date is none. A working day is a date on which a span starts (one that a closure
        does not swallow whole); the wall time is kept, open or not.
        """
        return from_us(self.add_working_days_us(to_us(at), count, end_of_day=end_of_day))

    def is_working_day(self, day: date | str | int) -> bool:
        """Whether *day* (a date, or the date of an instant in the zone of the hours) is a working day."""
        ordinal = self._ordinal(day)
        dates = self._dates_covering(ordinal, ordinal)
        return dates.before[ordinal - dates.first + 1] > dates.before[ordinal - dates.first]

    def shift_working_days(self, day: date | str | int, count: int) -> date:
        """The date *count* working days after *day* (before, if negative); 0 gives the date itself.

        >>> weekdays = BusinessHours(zone="UTC", week={"mon-fri": ["09:00-17:00"]})
        >>> weekdays.shift_working_days("2026-11-20", 1)
        datetime.date(2026, 11, 23)
        """
        return date.fromordinal(self._shifted(self._ordinal(day), _count(count)))

    def working_days_between(self, start: date | str | int, end: date | str | int) -> int:
        """How many working days lie in ``[start, end)``; negative if *end* is earlier."""
        first, last = self._ordinal(start), self._ordinal(end)
        dates = self._dates_covering(min(first, last), max(first, last) - 1)
        return dates.before[last - dates.first] - dates.before[first - dates.first]

    def is_holiday(self, at: date | str | int) -> bool:
        """Whether the date of *at* in the zone of the hours (or the date given) is one of the holidays."""
        return self.holiday_name(at) is not None

    def holiday_name(self, at: date | str | int) -> str | None:
        """The name of the holiday on the date of *at* (or the date given): "" if it has none, None if it is no holiday."""
        return self._holiday(self._ordinal(at))

    # --- algebra -----------------------------------------------------------------------------------------------------

    def __or__(self, other: object) -> Hours:
        return Combined(op="union", left=self, right=other) if isinstance(other, Hours) else NotImplemented

    def __and__(self, other: object) -> Hours:
        return Combined(op="intersection", left=self, right=other) if isinstance(other, Hours) else NotImplemented

    def __sub__(self, other: object) -> Hours:
        return Combined(op="difference", left=self, right=other) if isinstance(other, Hours) else NotImplemented

    def then(self, day: date | str, following: Hours) -> Hours:
        """These hours until midnight of *day* on the clock of *following*, and *following* from there on."""
        return Changing(phases=((None, self), (calendar_date(day, "then"), following)))

    def __reduce__(self) -> tuple[Any, ...]:
        given = {one.name: getattr(self, one.name) for one in fields(type(self)) if one.init}
        return (_rebuild, (type(self), given))

    # --- the same on ints --------------------------------------------------------------------------------------------

    def is_open_us(self, at_us: int) -> bool:
        """`is_open` on ints."""
        table = self._table
        if not table.low <= at_us < table.high:
            table = self._covering(at_us, at_us + 1)
        return at_us < table.end[bisect_right(table.start, at_us) - 1]

    def elapsed_us(self, start_us: int, end_us: int) -> int:
        """`elapsed` on ints."""
        table = self._table
        if not (table.low <= start_us <= table.high and table.low <= end_us <= table.high):
            table = self._covering(min(start_us, end_us), max(start_us, end_us))
        return table.position(end_us) - table.position(start_us)

    def add_us(self, at_us: int, amount_us: int) -> int:
        """`add` on ints."""
        if amount_us <= 0:
            return _unmoved(at_us, amount_us)
        table = self._table
        if not table.low <= at_us <= table.high:
            table = self._covering(at_us, at_us)
        position = table.position(at_us) + amount_us
        while position > table.total:
            table = self._longer(table, at_us)
            position = table.position(at_us) + amount_us
        return table.earliest(position)

    def subtract_us(self, at_us: int, amount_us: int) -> int:
        """`subtract` on ints."""
        if amount_us <= 0:
            return _unmoved(at_us, amount_us)
        table = self._table
        if not table.low <= at_us <= table.high:
            table = self._covering(at_us, at_us)
        position = table.position(at_us) - amount_us
        while position < 0:
            table = self._earlier(table, at_us)
            position = table.position(at_us) - amount_us
        return table.latest(position)

    def next_open_us(self, at_us: int) -> int:
        """`next_open` on ints."""
        table = self._covering(at_us, at_us)
        while True:
            row = bisect_right(table.start, at_us) - 1
            if at_us < table.end[row]:
                return at_us
            if row + 1 < len(table.start):
                return table.start[row + 1]
            table = self._longer(table, at_us)

    def previous_open_us(self, at_us: int) -> int:
        """`previous_open` on ints."""
        table = self._covering(at_us, at_us)
        while True:
            row = bisect_left(table.start, at_us) - 1
            if row:
                return min(at_us, table.end[row])
            table = self._earlier(table, at_us)

    def next_transition_us(self, at_us: int) -> tuple[int, bool]:
        """`next_transition` on ints: the instant, and whether the hours open there."""
        table = self._covering(at_us, at_us)
        while True:
            row = bisect_right(table.start, at_us) - 1
            closes = table.end[row]
            if at_us < closes:
                if closes < table.high:
                    return closes, False
            elif row + 1 < len(table.start):
                return table.start[row + 1], True
            table = self._longer(table, at_us, change=True)

    def spans_us(self, start_us: int, end_us: int) -> Iterator[Span]:
        """`spans` on ints."""
        if start_us < end_us:
            self._check_covered(start_us, end_us)
        return self._spans_from(start_us, end_us)

    def _spans_from(self, low: int, high: int) -> Iterator[Span]:
        while low < high:
            table = self._covering(low, low)
            row = bisect_right(table.start, low) - 1
            if low >= table.end[row]:
                row += 1
            while row < len(table.start) and table.start[row] < high and (table.end[row] < table.high or high <= table.high):
                yield max(low, table.start[row]), min(table.end[row], high)
                row += 1
            if high <= table.high:
                return
            if row == len(table.start):
                low = table.high
            elif table.start[row] >= high:
                return
            else:  # the last span may go on beyond the table
                low = max(low, table.start[row])
            self._covering(table.low, min(table.high + max(table.high - table.low, DAY_US), high))

    def explain_us(self, start_us: int, end_us: int) -> Iterator[Piece]:
        """`explain` on ints: (from, to, kind, name), kind being open, closed, holiday, exception or closure."""
        return _melted(self._pieces(start_us, end_us))

    def _pieces(self, low: int, high: int) -> Iterator[Piece]:
        for opens, closes in self.spans_us(low, high):
            if low < opens:
                yield from self._reasons(low, opens)
            yield opens, closes, "open", ""
            low = closes
        if low < high:
            yield from self._reasons(low, high)

    def add_days_us(self, at_us: int, count: int) -> int:
        """`add_days` on ints."""
        if _count(count) == 0:
            return at_us
        ordinal, of_day = self._wall(at_us)
        return wall_us(self._tz, ordinal + count, of_day)

    def add_working_days_us(self, at_us: int, count: int, *, end_of_day: bool = False) -> int:
        """`add_working_days` on ints."""
        ordinal, of_day = self._wall(at_us)
        if _count(count) == 0 and not end_of_day:
            return at_us
        ordinal = self._shifted(ordinal, count)
        if not end_of_day:
            return wall_us(self._tz, ordinal, of_day)
        if count == 0 and not self.is_working_day(date.fromordinal(ordinal)):
            ordinal = self._shifted(ordinal, 1)
        return self._closing(ordinal)

    # --- what each kind of hours has to say -----------------------------------------------------------------------------

    def _dated(self, first: int, last: int) -> Iterator[tuple[int, list[Span]]]:
        """The spans that belong to each date from *first* to *last*, as instants, for the dates that have any."""
        raise NotImplementedError

    def _reasons(self, low: int, high: int) -> Iterator[Piece]:
        """Why the hours are closed in ``[low, high)``."""
        raise NotImplementedError

    def _holiday(self, ordinal: int) -> str | None:
        """The name of the holiday on a date, None if it is none."""
        raise NotImplementedError

    def _settled(self, *, forward: bool) -> tuple[int, bool] | None:
        """From which instant on (before which, if not *forward*) the hours never change again, and whether they are open then."""
        raise NotImplementedError

    # --- the tables -----------------------------------------------------------------------------------------------------

    def _open(self, low: int, high: int) -> list[Span]:
        """The open spans of ``[low, high)``, compiled anew."""
        first, last = low // DAY_US + EPOCH_ORDINAL - _MARGIN, high // DAY_US + EPOCH_ORDINAL + _MARGIN
        return clipped(united([span for _, spans in self._dated(first, last) for span in spans]), low, high)

    def _check_covered(self, low: int, high: int) -> None:
        if low < self._low or high > self._high:
            at = low if low < self._low else high
            raise BeyondHorizon(
                f"{iso(at) if MIN_US <= at <= MAX_US else at} lies outside what these hours cover",
                value=str(at),
                hint=f"they cover {iso(self._low)} to {iso(self._high)}",
            )

    def _covering(self, low: int, high: int) -> Table:
        """The table, made to cover ``[low, high]``."""
        table = self._table
        if table.low <= low and high <= table.high and low < table.high:
            return table
        self._check_covered(low, high)
        first = max(year_start(year_of(low)), self._low)
        last = min(year_start(year_of(max(high, low + 1) - 1) + 1), self._high)
        return self._grown(first, last)

    def _longer(self, table: Table, at: int, *, change: bool = False) -> Table:
        """A table that reaches further on; an error if further on there is no open time, or no *change* of any kind.

        *at* is where the search began.
        """
        settled = self._settled(forward=True)
        hopeless = settled is not None and (change or not settled[1]) and table.high >= settled[0]
        if hopeless or table.high >= self._high:
            self._refuse(at, table, settled, forward=True)
        reach = min(table.high + max(table.high - table.low, DAY_US), LAST_US) - 1
        return self._grown(table.low, min(year_start(year_of(reach) + 1), self._high))

    def _earlier(self, table: Table, at: int) -> Table:
        """A table that reaches further back; an error if further back there is nothing."""
        settled = self._settled(forward=False)
        if table.low <= self._low or (settled and not settled[1] and table.low <= settled[0]):
            self._refuse(at, table, settled, forward=False)
        reach = max(table.low - max(table.high - table.low, DAY_US), FIRST_US)
        return self._grown(max(year_start(year_of(reach)), self._low), table.high)

    def _refuse(self, at: int, table: Table, settled: tuple[int, bool] | None, *, forward: bool) -> NoReturn:
        where = f"{'after' if forward else 'before'} {iso(at)}"
        edge, limit = (self._high, LAST_US) if forward else (self._low, FIRST_US)
        if settled and not settled[1]:
            raise NeverOpen(f"these hours are not open long enough {where}", value=str(at), hint="give them a week with open days")
        if edge != limit:
            raise BeyondHorizon(f"these hours are known only {'until' if forward else 'from'} {iso(edge)}", value=str(at), hint="extend them")
        never = table.position(table.high) == table.position(at) if forward else table.position(at) == 0
        if never and not settled:
            raise NeverOpen(f"these hours are never open {where}", value=str(at), hint="give them a week with open days")
        raise BeyondHorizon(f"the answer lies beyond {iso(edge)}", value=str(at), hint="ask for less time")

    def _grown(self, low: int, high: int) -> Table:
        # A snapshot is replaced, never changed: threads that grow it together do some work twice and agree on the result.
        table = self._table
        if table is _NOTHING:
            spans = self._open(low, high)
        else:
            low, high = min(low, table.low), max(high, table.high)
            spans = list(table.spans())
            if low < table.low:
                spans = joined(self._open(low, table.low), spans)
            if high > table.high:
                spans = joined(spans, self._open(table.high, high))
        table = Table(low, high, spans)
        object.__setattr__(self, "_table", table)
        return table

    def _wall(self, us: int) -> tuple[int, int]:
        """What the wall clock shows: the date as ordinal, and the microseconds since its midnight."""
        days, of_day = divmod(us + offset_us(self._tz, us), DAY_US)
        return days + EPOCH_ORDINAL, of_day

    def _ordinal(self, day: date | str | int) -> int:
        if isinstance(day, datetime | int):
            return self._wall(to_us(day))[0]
        return calendar_date(day, "date").toordinal()

    def _dates_covering(self, first: int, last: int) -> WorkingDates:
        """The working dates, made to cover *first* to *last* (both included)."""
        dates = self._dates
        if dates.first <= first and last <= dates.last:
            return dates
        if first < self._first or last > self._last:
            out = first if first < self._first else last
            raise BeyondHorizon(
                f"the date {date.fromordinal(out).isoformat()} lies outside what these hours cover",
                hint=f"they cover {date.fromordinal(self._first).isoformat()} to {date.fromordinal(self._last).isoformat()}",
            )
        if dates is not _NO_DATES:
            first, last = min(first, dates.first), max(last, dates.last)
        last = max(last, first)
        first = max(date(date.fromordinal(first).year, 1, 1).toordinal(), self._first)
        last = min(date(date.fromordinal(last).year, 12, 31).toordinal(), self._last)
        dates = WorkingDates(first, last, [ordinal for ordinal, _ in self._dated(first, last)])
        object.__setattr__(self, "_dates", dates)
        return dates

    def _shifted(self, ordinal: int, count: int) -> int:
        """The date *count* working dates on or back."""
        if count == 0:
            return ordinal
        dates = self._dates_covering(ordinal, ordinal)
        while True:
            row = ordinal - dates.first
            index = dates.before[row + 1] + count - 1 if count > 0 else dates.before[row] + count
            if 0 <= index < len(dates.dates):
                return dates.dates[index]
            settled = self._settled(forward=count > 0)
            reach = dates.last + max(dates.last - dates.first, 366) if count > 0 else dates.first - max(dates.last - dates.first, 366)
            reach = min(reach, self._last) if count > 0 else max(reach, self._first)
            if dates.first <= reach <= dates.last or (settled and not settled[1] and _past(dates, settled[0], forward=count > 0)):
                missing = f"there are no {abs(count)} working days {'after' if count > 0 else 'before'} {date.fromordinal(ordinal).isoformat()}"
                kind = NeverOpen if (settled and not settled[1]) or not dates.dates else BeyondHorizon
                raise kind(missing, value=str(count), hint="these hours are not open that often")
            dates = self._dates_covering(min(reach, dates.first), max(reach, dates.last))

    def _closing(self, ordinal: int) -> int:
        """The last closing of what belongs to a working date."""
        return max(end for _, spans in self._dated(ordinal, ordinal) for _, end in spans)


def _past(dates: WorkingDates, settled: int, *, forward: bool) -> bool:
    ordinal = settled // DAY_US + EPOCH_ORDINAL
    return dates.last > ordinal + 1 if forward else dates.first < ordinal - 1


def _rebuild(kind: type[Hours], given: dict[str, Any]) -> Hours:
    return kind(**given)


def _count(value: int) -> int:
    if type(value) is not int or abs(value) > 200_000:
        raise BadValue("a number of days is a whole number, at most 200000", value=shorten(value))
    return value


def _unmoved(at: int, amount: int) -> int:
    if amount < 0:
        raise BadDuration("an amount of open time cannot be negative", value=shorten(amount), hint="use subtract for add, add for subtract")
    return at


def _melted(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """The pieces with neighbours of the same kind and name made one."""
    last: Piece | None = None
    for piece in pieces:
        if last is not None and last[2:] == piece[2:]:
            last = (last[0], piece[1], last[2], last[3])
            continue
        if last is not None:
            yield last
        last = piece
    if last is not None:
        yield last


@frozen(kw_only=True, cache_hash=True)
class BusinessHours(Hours):
    """A week of opening hours in a time zone, with holidays, exceptions and closures.

    - *week*: ``{"mon-fri": ["09:00-12:30", "13:30-18:00"], "sat": ["10:00-14:00"]}``; keys name one or more weekdays
      (``mon``, ``mon-fri``, ``mon,wed``). ``24:00`` is the end of a day; an end not after its start lies on the next
      date, and the span still belongs to the date it starts on.
    - *holidays*: dates without hours; dates, pairs (date, name), or a mapping of dates to names.
    - *exceptions*: dates whose spans replace the week's (and a holiday's). What the date before left running goes on.
    - *closures*: ranges of wall time, cut out last, perhaps with a name: ``("2026-12-24T12:00", "2026-12-27T00:00")``.
    - *valid_from*, *valid_until*: the first date these hours are known for, and the first they are no longer known for.
    - *merge*: take overlapping spans together instead of refusing them.

    Raises `BadHours` with the place in ``path``, `BadZone`, and `NeverOpen` if nothing in it is ever open.

    >>> support = BusinessHours(zone="Europe/Riga", week={"mon-fri": ["09:00-12:30", "13:30-18:00"]}, holidays=["2026-11-18"])
    >>> support.is_working_day("2026-11-18"), support.is_working_day("2026-11-19")
    (False, True)
    """

    week: Week = field(converter=week, default=())
    holidays: tuple[tuple[date, str], ...] = field(converter=named_dates, default=())
    exceptions: tuple[tuple[date, Day], ...] = field(converter=dated_spans, default=())
    closures: tuple[tuple[datetime, datetime, str], ...] = field(converter=closed_ranges, default=())
    valid_from: date | None = field(converter=lambda value: value if value is None else calendar_date(value, "valid_from"), default=None)
    valid_until: date | None = field(converter=lambda value: value if value is None else calendar_date(value, "valid_until"), default=None)
    merge: bool = field(default=False, eq=False, repr=False)
    _special: dict[int, Day] = field(init=False, eq=False, repr=False)  # the dates that do not follow the week
    _reason: dict[int, tuple[Kind, str]] = field(init=False, eq=False, repr=False)
    _marked: list[int] = field(init=False, eq=False, repr=False)  # those dates, sorted
    _shut: list[Span] = field(init=False, eq=False, repr=False)  # closures as instants
    _shut_names: list[tuple[int, int, str]] = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        put = object.__setattr__
        put(self, "_tz", load_zone(self.zone))
        put(self, "week", tuple(checked(day, f"week.{DAYS[index]}", merge=self.merge) for index, day in enumerate(self.week or ((),) * 7)))
        exceptions = ((day, checked(spans, f"exceptions.{day.isoformat()}", merge=self.merge)) for day, spans in self.exceptions)
        put(self, "exceptions", tuple(exceptions))
        special: dict[int, Day] = {day.toordinal(): () for day, _ in self.holidays}
        reason: dict[int, tuple[Kind, str]] = {day.toordinal(): ("holiday", name) for day, name in self.holidays}
        for day, spans in self.exceptions:  # an exception beats a holiday: it is the more particular word about that date
            special[day.toordinal()] = spans
            reason[day.toordinal()] = ("exception", reason.get(day.toordinal(), ("", ""))[1])
        put(self, "_special", special)
        put(self, "_reason", reason)
        put(self, "_marked", sorted(special))
        self._check_nights()
        self._set_limits()
        named = [(self._wall_time_us(naive_us(start)), self._wall_time_us(naive_us(end)), name) for start, end, name in self.closures]
        put(self, "_shut_names", [one for one in named if one[0] < one[1]])
        put(self, "_shut", united([(start, end) for start, end, _ in self._shut_names]))
        if not any(self.week) and not any(spans for _, spans in self.exceptions):
            raise NeverOpen("these hours are never open", hint='give them a week such as {"mon-fri": ["09:00-17:00"]}, or an exception with hours')

    def _check_nights(self) -> None:
        """No span may run into the first one of the next date, unless they are to be merged."""
        if self.merge:
            return
        for index, day in enumerate(self.week):
            _check_night(day, self.week[(index + 1) % 7], f"week.{DAYS[index]}")
        for ordinal in self._marked:
            before, own, after = (self._pattern(ordinal + step) for step in (-1, 0, 1))
            path = f"exceptions.{date.fromordinal(ordinal).isoformat()}"
            _check_night(before, own, path)
            _check_night(own, after, path)

    def _set_limits(self) -> None:
        if self.valid_from is not None and self.valid_until is not None and self.valid_until <= self.valid_from:
            raise BadHours("valid_until is not after valid_from", path="valid_until", hint="it is the first date no longer covered")
        if self.valid_from is not None:
            object.__setattr__(self, "_first", self.valid_from.toordinal())
            object.__setattr__(self, "_low", max(wall_us(self._tz, self._first, 0), FIRST_US))
        if self.valid_until is not None:
            object.__setattr__(self, "_last", self.valid_until.toordinal() - 1)
            object.__setattr__(self, "_high", min(wall_us(self._tz, self._last + 1, 0), LAST_US))

    def _wall_time_us(self, naive: int) -> int:
        days, of_day = divmod(naive, DAY_US)
        return wall_us(self._tz, days + EPOCH_ORDINAL, of_day)

    def _pattern(self, ordinal: int) -> Day:
        spans = self._special.get(ordinal)
        return self.week[(ordinal + 6) % 7] if spans is None else spans

    def _dated(self, first: int, last: int) -> Iterator[tuple[int, list[Span]]]:
        first, last = max(first, self._first), min(last, self._last)
        runs = wall_runs(self._tz, date.fromordinal(first - _MARGIN).year, date.fromordinal(last + _MARGIN).year) if first <= last else []
        index = 0
        for ordinal in range(first, last + 1):
            pattern = self._pattern(ordinal)
            if not pattern:
                continue
            naive = (ordinal - EPOCH_ORDINAL) * DAY_US
            while runs[index][2] <= naive:
                index += 1
            since, offset, until = runs[index]
            midnight = naive - offset
            if midnight >= since and naive + 2 * DAY_US < until:  # one offset for the whole date: the common case
                spans = [(midnight + start, midnight + end) for start, end in pattern]
            else:
                ends = ((first_showing(runs, naive + start, index), first_showing(runs, naive + end, index)) for start, end in pattern)
                spans = [(start, end) for start, end in ends if start < end]
            if self._shut:
                spans = without(spans, self._shut)
            if spans:
                yield ordinal, spans

    def _reasons(self, low: int, high: int) -> Iterator[Piece]:
        """Closures first, then the dates with a reason of their own, then plainly closed."""
        at = low
        while at < high:
            names = [name for start, end, name in self._shut_names if start <= at < end]
            ends = [edge for start, end, _ in self._shut_names for edge in (start, end) if edge > at]
            until = min([high, *ends])
            if names:
                yield at, until, "closure", next((name for name in names if name), "")
            else:
                yield from self._dates_closed(at, until)
            at = until

    def _dates_closed(self, low: int, high: int) -> Iterator[Piece]:
        row = bisect_left(self._marked, self._wall(low)[0] - 1)
        at = low
        for ordinal in self._marked[row:]:
            start, end = wall_us(self._tz, ordinal, 0), wall_us(self._tz, ordinal + 1, 0)
            if start >= high:
                break
            start, end = max(start, at), min(end, high)
            if start < end:
                if at < start:
                    yield at, start, "closed", ""
                yield start, end, *self._reason[ordinal]
                at = end
        if at < high:
            yield at, high, "closed", ""

    def _holiday(self, ordinal: int) -> str | None:
        index = bisect_left(self.holidays, (date.fromordinal(ordinal), ""))
        found = self.holidays[index] if index < len(self.holidays) else None
        return found[1] if found and found[0].toordinal() == ordinal else None

    def _settled(self, *, forward: bool) -> tuple[int, bool] | None:
        whole = all(day == ((0, DAY_US),) for day in self.week)
        if any(self.week) and not whole:
            return None
        edges = [(ordinal - EPOCH_ORDINAL) * DAY_US for ordinal in self._marked if whole or self._special[ordinal]]
        edges += [edge for span in self._shut for edge in span]
        if forward:
            return max(edges, default=self._low) + _MARGIN * DAY_US, whole
        return min(edges, default=self._high) - _MARGIN * DAY_US, whole


def _check_night(day: Day, following: Day, path: str) -> None:
    if day and following and day[-1][1] - DAY_US > following[0][0]:
        raise BadHours(
            "the last span runs into the first one of the next date", path=path, hint="mend it, or give merge=True to take both together"
        )


@frozen(kw_only=True, cache_hash=True)
class Always(Hours):
    """Around the clock, every day: every instant counts, without a horizon. `ALWAYS` is the one in UTC."""

    zone: str = "UTC"

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "_tz", load_zone(self.zone))
        object.__setattr__(self, "_low", MIN_US)
        object.__setattr__(self, "_high", MAX_US)

    def is_open_us(self, at_us: int) -> bool:  # noqa: ARG002 - every instant
        """`is_open` on ints."""
        return True

    def elapsed_us(self, start_us: int, end_us: int) -> int:
        """`elapsed` on ints."""
        return end_us - start_us

    def add_us(self, at_us: int, amount_us: int) -> int:
        """`add` on ints."""
        if amount_us < 0:
            _unmoved(at_us, amount_us)
        if at_us + amount_us > MAX_US:
            raise BeyondHorizon("the answer lies beyond the year 9999", value=shorten(amount_us), hint="ask for less time")
        return at_us + amount_us

    def subtract_us(self, at_us: int, amount_us: int) -> int:
        """`subtract` on ints."""
        if amount_us < 0:
            _unmoved(at_us, amount_us)
        if at_us - amount_us < MIN_US:
            raise BeyondHorizon("the answer lies before the year 1", value=shorten(amount_us), hint="ask for less time")
        return at_us - amount_us

    def next_open_us(self, at_us: int) -> int:
        """`next_open` on ints."""
        return at_us

    def previous_open_us(self, at_us: int) -> int:
        """`previous_open` on ints."""
        return at_us

    def next_transition_us(self, at_us: int) -> tuple[int, bool]:
        """`next_transition` on ints: always an error."""
        raise BeyondHorizon("hours around the clock never close", value=str(at_us), hint="ask is_open first")

    def spans_us(self, start_us: int, end_us: int) -> Iterator[Span]:
        """`spans` on ints."""
        return iter([(start_us, end_us)] if start_us < end_us else [])

    def is_working_day(self, day: date | str | int) -> bool:
        """Every date is a working day."""
        self._ordinal(day)
        return True

    def working_days_between(self, start: date | str | int, end: date | str | int) -> int:
        """How many dates lie in ``[start, end)``."""
        return self._ordinal(end) - self._ordinal(start)

    def _shifted(self, ordinal: int, count: int) -> int:
        return ordinal + count

    def _closing(self, ordinal: int) -> int:
        return wall_us(self._tz, ordinal + 1, 0)

    def _dated(self, first: int, last: int) -> Iterator[tuple[int, list[Span]]]:
        for ordinal in range(max(first, self._first), min(last, self._last) + 1):
            start, end = wall_us(self._tz, ordinal, 0), wall_us(self._tz, ordinal + 1, 0)
            if start < end:
                yield ordinal, [(start, end)]

    def _reasons(self, low: int, high: int) -> Iterator[Piece]:  # noqa: ARG002 - it is never closed
        return iter(())

    def _holiday(self, ordinal: int) -> str | None:  # noqa: ARG002 - it has none
        return None

    def _settled(self, *, forward: bool) -> tuple[int, bool] | None:
        return (MIN_US if forward else MAX_US), True


ALWAYS: Final = Always()


def always(zone: str = "UTC") -> Always:
    """Around the clock in *zone*, which decides what a date is."""
    return Always(zone=zone)


Operation = Literal["union", "intersection", "difference"]


@frozen(kw_only=True, cache_hash=True)
class Combined(Hours):
    """Two hours taken together: open when either is (union), both are (intersection), or only the left one is (difference).

    Made by ``a | b``, ``a & b`` and ``a - b``. The zone is the left one's; the spans of a date are those of the parts.
    """

    zone: str = field(init=False, default="UTC")
    op: Operation
    left: Hours
    right: Hours

    def __attrs_post_init__(self) -> None:
        if self.op not in {"union", "intersection", "difference"}:
            raise BadHours(f"{shorten(self.op)} is no way to combine hours", path="op", hint="union, intersection or difference")
        put, left, right = object.__setattr__, self.left, self.right
        put(self, "zone", left.zone)
        put(self, "_tz", left._tz)
        put(self, "_low", max(left._low, right._low, FIRST_US))
        put(self, "_high", min(left._high, right._high, LAST_US))
        put(self, "_first", max(left._first, right._first))
        put(self, "_last", min(left._last, right._last))
        if self._low >= self._high or self._first > self._last:
            raise BadHours("these hours are never known at the same time", path=self.op, hint="look at their valid_from and valid_until")

    def _dated(self, first: int, last: int) -> Iterator[tuple[int, list[Span]]]:
        if self.op == "union":
            found = dict(self.left._dated(first, last))
            for ordinal, spans in self.right._dated(first, last):
                found[ordinal] = united(found[ordinal] + spans) if ordinal in found else spans
            yield from sorted(found.items())
            return
        low, high = ((ordinal - EPOCH_ORDINAL) * DAY_US for ordinal in (first - _MARGIN, last + _MARGIN))
        others = self.right._open(low, high)
        for ordinal, spans in self.left._dated(first, last):
            rest = common(spans, others) if self.op == "intersection" else without(spans, others)
            if rest:
                yield ordinal, rest

    def _reasons(self, low: int, high: int) -> Iterator[Piece]:
        """The first reason of a part that keeps the hours closed and is more than plainly closed."""
        for start, end, left, right in _zipped(self.left.explain_us(low, high), self.right.explain_us(low, high)):
            parts = (left,) if self.op == "difference" else (left, right)
            kind, name = next((part for part in parts if part[0] not in {"open", "closed"}), ("closed", ""))
            yield start, end, kind, name

    def _holiday(self, ordinal: int) -> str | None:
        left = self.left._holiday(ordinal)
        if self.op == "difference":
            return left
        right = self.right._holiday(ordinal)
        if self.op == "union":  # a holiday only where it is one for both
            return None if left is None or right is None else left or right
        return right if left is None else left or right or ""

    def _settled(self, *, forward: bool) -> tuple[int, bool] | None:
        left, right = self.left._settled(forward=forward), self.right._settled(forward=forward)
        if self.op == "difference" and right is not None:
            right = right[0], not right[1]
        deciding = self.op == "union"  # the value that decides alone, whatever the other part does
        alone = [one for one in (left, right) if one is not None and one[1] is deciding]
        pick = (min if forward else max)
        if alone:
            return pick(alone)[0], deciding
        if left is None or right is None:
            return None
        return (max if forward else min)(left[0], right[0]), not deciding


def _zipped(left: Iterator[Piece], right: Iterator[Piece]) -> Iterator[tuple[int, int, tuple[Kind, str], tuple[Kind, str]]]:
    """Two explanations of the same range, cut where either changes."""
    one, two = next(left, None), next(right, None)
    while one is not None and two is not None:
        end = min(one[1], two[1])
        yield max(one[0], two[0]), end, one[2:], two[2:]
        one = next(left, None) if one[1] == end else one
        two = next(right, None) if two[1] == end else two


def _phases(value: Iterable[tuple[date | str | None, Hours]]) -> tuple[tuple[date | None, Hours], ...]:
    return tuple((None if day is None else calendar_date(day, "changes"), hours) for day, hours in value)


@frozen(kw_only=True, cache_hash=True)
class Changing(Hours):
    """Hours that change on a date: each phase is in force from midnight of its date, on its own clock, to the next one's.

    Made by `changing` and `Hours.then`. The first phase may have no date: it has always been in force. A change cuts at
    its instant, also through a night. The zone is the last phase's.
    """

    zone: str = field(init=False, default="UTC")
    phases: tuple[tuple[date | None, Hours], ...] = field(converter=_phases)
    _starts: list[int] = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        if not self.phases or any(day is None for day, _ in self.phases[1:]):
            raise BadHours("every change of hours has a date", path="changes", hint='write {"2027-01-01": hours}')
        put = object.__setattr__
        put(self, "zone", self.phases[-1][1].zone)
        put(self, "_tz", self.phases[-1][1]._tz)
        first_day, first = self.phases[0]
        starts = [max(first._low, FIRST_US) if day is None else wall_us(hours._tz, day.toordinal(), 0) for day, hours in self.phases]
        put(self, "_starts", starts)
        put(self, "_low", max(starts[0], FIRST_US))
        put(self, "_high", min(self.phases[-1][1]._high, LAST_US))
        put(self, "_first", first._first if first_day is None else first_day.toordinal())
        put(self, "_last", self.phases[-1][1]._last)
        for index, (_, hours) in enumerate(self.phases):
            until = self._until(index)
            if starts[index] >= until:
                raise BadHours("the changes of hours are not in the order of their dates", path="changes")
            if hours._low > starts[index] or hours._high < until:
                hint = "look at their valid_from and valid_until"
                raise BadHours(f"the hours in force from {iso(starts[index])} do not cover their phase", path="changes", hint=hint)

    def _until(self, index: int) -> int:
        return self._starts[index + 1] if index + 1 < len(self._starts) else self._high

    def then(self, day: date | str, following: Hours) -> Hours:
        """These hours until midnight of *day* on the clock of *following*, and *following* from there on."""
        return Changing(phases=(*self.phases, (calendar_date(day, "then"), following)))

    def _phase(self, us: int) -> Hours:
        return self.phases[max(bisect_right(self._starts, us) - 1, 0)][1]

    def _dated(self, first: int, last: int) -> Iterator[tuple[int, list[Span]]]:
        low, high = ((ordinal - EPOCH_ORDINAL) * DAY_US for ordinal in (first - _MARGIN, last + _MARGIN))
        found: dict[int, list[Span]] = {}
        for index, (_, hours) in enumerate(self.phases):
            since, until = self._starts[index], self._until(index)
            if since >= high or until <= low:
                continue
            for ordinal, spans in hours._dated(first, last):
                rest = clipped(spans, since, until)
                if rest:
                    found[ordinal] = found.get(ordinal, []) + rest
        yield from sorted(found.items())

    def _reasons(self, low: int, high: int) -> Iterator[Piece]:
        while low < high:
            index = max(bisect_right(self._starts, low) - 1, 0)
            until = min(self._until(index), high)
            yield from self.phases[index][1]._reasons(low, until)
            low = until

    def _holiday(self, ordinal: int) -> str | None:
        return self._phase(wall_us(self._tz, ordinal, 0))._holiday(ordinal)

    def _settled(self, *, forward: bool) -> tuple[int, bool] | None:
        settled = self.phases[-1 if forward else 0][1]._settled(forward=forward)
        if settled is None:
            return None
        edge = self._starts[-1] if forward else self._until(0)
        return (max if forward else min)(settled[0], edge), settled[1]


def changing(changes: Mapping[date | str, Hours], *, before: Hours | None = None) -> Hours:
    """Hours that change on dates: ``{"2026-01-01": old, "2027-01-01": new}``, in any order; *before* holds before the first date.

    Without *before* the hours are known from the first date on. Raises `BadHours`.
    """
    phases: list[tuple[date | None, Hours]] = sorted(((calendar_date(day, "changes"), hours) for day, hours in changes.items()), key=_day)
    return Changing(phases=([] if before is None else [(None, before)]) + phases)


def _day(phase: tuple[date | None, Hours]) -> date:
    return phase[0] or FIRST_DATE


def union(*parts: Hours) -> Hours:
    """Open when any of them is: follow the sun."""
    return _folded("union", parts)


def intersection(*parts: Hours) -> Hours:
    """Open when all of them are: a shift within company hours."""
    return _folded("intersection", parts)


def difference(hours: Hours, *others: Hours) -> Hours:
    """Open when the first is and none of the others."""
    return _folded("difference", (hours, *others))


def _folded(op: Operation, parts: tuple[Hours, ...]) -> Hours:
    if not parts:
        raise BadHours(f"a {op} needs at least one part", path=op)
    whole = parts[0]
    for part in parts[1:]:
        whole = Combined(op=op, left=whole, right=part)
    return whole
