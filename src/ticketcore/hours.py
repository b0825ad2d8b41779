"""Business hours: which time counts, how much of it lies between two instants, and when an amount of it is used up.

All kinds of hours are `Hours` and answer the same questions. Spans are half-open: the opening instant is open, the
closing instant is not. A wall time becomes an instant by one monotone map (`ticketcore._time.wall_us`), a span belongs
to the date it starts on, and amounts are real elapsed time. The pages of explanation are in docs/explanation.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any, Final, Literal

from attrs import field, frozen
from pendulum import DateTime

from ticketcore._spans import (
    DAYS,
    FIRST_DATE,
    FIRST_US,
    LAST_US,
    Day,
    Span,
    Week,
    calendar_date,
    checked,
    clipped,
    closed_ranges,
    common,
    dated_spans,
    naive_us,
    named_dates,
    say_week,
    united,
    week,
    without,
)
from ticketcore._time import (
    DAY_US,
    EPOCH_ORDINAL,
    MAX_US,
    MIN_US,
    ONE_US,
    SECOND_US,
    duration_us,
    first_showing,
    from_us,
    iso,
    load_zone,
    pendulum_zone,
    to_us,
    wall_runs,
    wall_us,
)
from ticketcore._timeline import MARGIN, NOTHING, Kind, Piece, Timeline, say_dates, whole
from ticketcore.errors import BadDuration, BadHours, BeyondHorizon, NeverOpen, check_kind, shorten

_UTC: Final[Any] = pendulum_zone("UTC")
_NO_DAYS: Final = NOTHING.utc_days  # of other zones nothing is known by date


@frozen
class Transition:
    """The next change of hours: at which instant, and whether they open or close there.

    >>> BusinessHours(zone="UTC", week={"mon": ["09:00-17:00"]}).next_transition(0).opens
    True
    """

    at: DateTime
    opens: bool


@frozen(kw_only=True)
class Hours(Timeline):
    """What all business hours answer. Values: they compare, hash, pickle, and are safe to share between threads.

    Instants go in as aware datetimes (or as ints, microseconds since the epoch) and come out as `pendulum.DateTime` in
    UTC. The questions named ``..._us`` are the same on ints, for loops: they trust their arguments. What is asked is
    compiled year by year and kept; the cost of a question does not grow with the distance between instants.

    Errors: `NeverOpen` when the hours never open (again), `BeyondHorizon` when the answer would lie outside what the
    hours cover: the years 1900 to 2199, or their own ``valid_from`` and ``valid_until``.

    >>> always("UTC").elapsed(0, 3_600_000_000)
    datetime.timedelta(seconds=3600)
    >>> office = BusinessHours(zone="UTC", week={"mon-fri": ["09:00-17:00"]}, holidays=[("2026-12-24", "Christmas Eve")])
    >>> noon = datetime.fromisoformat("2026-12-24T12:00:00Z")  # a Thursday
    >>> office.is_open(noon), office.is_holiday(noon), office.holiday_name(noon), office.is_working_day("2026-12-25")
    (False, True, 'Christmas Eve', True)
    >>> str(office.next_open(noon)), str(office.previous_open(noon))
    ('2026-12-25 09:00:00+00:00', '2026-12-23 17:00:00+00:00')
    """

    _local: object = field(init=False, eq=False, repr=False, default=None)  # pendulum's object for the zone, to know its datetimes by

    # --- questions ---------------------------------------------------------------------------------------------------

    def is_open(self, at: datetime | int) -> bool:
        """Whether the hours are open at *at*: true at the opening instant, false at the closing instant."""
        return self.is_open_us(self._us(at))

    def elapsed(self, start: datetime | int, end: datetime | int) -> timedelta:
        """The open time between two instants, to the microsecond; negative if *end* is earlier."""
        if type(start) is DateTime and type(end) is DateTime and (zone := start.tzinfo) is end.tzinfo:
            # As `elapsed_us`, its plain definition, from the fields alone; a law holds them equal.
            table = self._table
            days = table.utc_days if zone is _UTC else table.own_days if zone is self._local else _NO_DAYS
            index, until = start.toordinal() - days.base, end.toordinal() - days.base
            if 0 <= index < days.size and 0 <= until < days.size:
                first, last = days.rows[index] or days.made(index), days.rows[until] or days.made(until)
                if first and last:
                    before, minutes, opens = first
                    minute = start.hour * 60 + start.minute
                    before += minutes[minute]
                    if opens[minute]:
                        before += start.second * SECOND_US + start.microsecond
                    after, minutes, opens = last
                    minute = end.hour * 60 + end.minute
                    after += minutes[minute]
                    if opens[minute]:
                        after += end.second * SECOND_US + end.microsecond
                    return ONE_US * (after - before)
        return ONE_US * self.elapsed_us(self._us(start), self._us(end))

    def add(self, at: datetime | int, amount: timedelta | str) -> DateTime:
        """The earliest instant by which *amount* of open time has passed since *at*.

        An amount used up exactly at closing gives the closing instant; none at all gives *at*, open or not.
        Raises `BadDuration` for a negative amount, `NeverOpen` or `BeyondHorizon`.

        >>> weekdays = BusinessHours(zone="UTC", week={"mon-fri": ["09:00-17:00"]})
        >>> friday_16_30 = datetime.fromisoformat("2026-11-20T16:30:00Z")
        >>> str(weekdays.add(friday_16_30, "1h"))
        '2026-11-23 09:30:00+00:00'
        """
        if type(amount) is timedelta:  # as `duration_us`, without the call
            amount_us = (amount.days * 86_400 + amount.seconds) * SECOND_US + amount.microseconds
        else:
            amount_us = duration_us(amount)
        if type(at) is DateTime and amount_us > 0:
            # As `add_us`, its plain definition, from the fields alone; a law holds them equal.
            zone, table = at.tzinfo, self._table
            days = table.utc_days if zone is _UTC else table.own_days if zone is self._local else _NO_DAYS
            index = at.toordinal() - days.base
            if 0 <= index < days.size and (day := days.rows[index] or days.made(index)):
                position, minutes, opens = day
                minute = at.hour * 60 + at.minute
                position += minutes[minute] + amount_us
                if opens[minute]:
                    position += at.second * SECOND_US + at.microsecond
                if position <= table.total:
                    before, rows = table.before, table.before_rows
                    bucket = position >> table.before_bits
                    row = rows[bucket]
                    if before[row + 1] < position:
                        row = bisect_left(before, position, row + 2, rows[bucket + 1] + 1) - 1
                    return from_us(position - table.shift[row])
        return from_us(self.add_us(self._us(at), amount_us))

    def subtract(self, at: datetime | int, amount: timedelta | str) -> DateTime:
        """The latest instant from which *amount* of open time passes until *at*: the mirror of `add`, and raises as it does.

        >>> weekdays = BusinessHours(zone="UTC", week={"mon-fri": ["09:00-17:00"]})
        >>> str(weekdays.subtract(datetime.fromisoformat("2026-11-23T09:30:00Z"), "1h"))
        '2026-11-20 16:30:00+00:00'
        """
        return from_us(self.subtract_us(self._us(at), duration_us(amount)))

    def next_open(self, at: datetime | int) -> DateTime:
        """The first open instant at or after *at*: *at* itself while the hours are open."""
        return from_us(self.next_open_us(self._us(at)))

    def previous_open(self, at: datetime | int) -> DateTime:
        """The latest instant at or before *at* just before which the hours were open: at an opening, the closing before it."""
        return from_us(self.previous_open_us(self._us(at)))

    def next_transition(self, at: datetime | int) -> Transition:
        """The first opening or closing strictly after *at*. Raises `BeyondHorizon` or `NeverOpen` when there is none.

        >>> change = BusinessHours(zone="UTC", week={"thu": ["09:00-17:00"]}).next_transition(10 * 3_600_000_000)
        >>> str(change.at), change.opens
        ('1970-01-01 17:00:00+00:00', False)
        """
        us, opens = self.next_transition_us(self._us(at))
        return Transition(from_us(us), opens)

    def spans(self, start: datetime | int, end: datetime | int) -> Iterator[tuple[DateTime, DateTime]]:
        """The open spans within ``[start, end)``, in order and lazily; touching runs are one.

        >>> weekdays = BusinessHours(zone="UTC", week={"mon-fri": ["09:00-12:00", "13:00-17:00"]})
        >>> [(opens.hour, closes.hour) for opens, closes in weekdays.spans(0, 86_400_000_000)]  # a Thursday
        [(9, 12), (13, 17)]
        """
        return ((from_us(opens), from_us(closes)) for opens, closes in self.spans_us(self._us(start), self._us(end)))

    def explain(self, start: datetime | int, end: datetime | int) -> Iterator[tuple[DateTime, DateTime, Kind, str]]:
        """Why time counts or not: pieces that cover ``[start, end)``, each with its kind and the name of the holiday or closure.

        >>> office = BusinessHours(zone="UTC", week={"mon-fri": ["09:00-17:00"]}, holidays=[("1970-01-02", "a bridge")])
        >>> [(start.format("ddd HH:mm"), kind, name) for start, _, kind, name in office.explain(0, 2 * 86_400_000_000)]
        [('Thu 00:00', 'closed', ''), ('Thu 09:00', 'open', ''), ('Thu 17:00', 'closed', ''), ('Fri 00:00', 'holiday', 'a bridge')]
        """
        pieces = self.explain_us(self._us(start), self._us(end))
        return ((from_us(low), from_us(high), kind, name) for low, high, kind, name in pieces)

    def _set_zone(self, zone: str) -> None:
        object.__setattr__(self, "tz", load_zone(zone))
        object.__setattr__(self, "_local", pendulum_zone(zone))

    def _us(self, at: datetime | int) -> int:
        """`to_us`, with short cuts for pendulum's datetimes in UTC and in the zone of the hours: asking a zone costs more."""
        if type(at) is DateTime and ((zone := at.tzinfo) is _UTC or zone is self._local):
            days = at.toordinal()
            seconds = (days - EPOCH_ORDINAL) * 86_400 + at.hour * 3600 + at.minute * 60 + at.second
            if zone is _UTC:
                return seconds * SECOND_US + at.microsecond
            table = self._table
            days -= table.first_day
            if 0 <= days < len(table.offsets) and (offset := table.offsets[days]) is not None:
                return seconds * SECOND_US + at.microsecond - offset
        return to_us(at)

    # --- dates -------------------------------------------------------------------------------------------------------

    def add_days(self, at: datetime | int, count: int) -> DateTime:
        """The same wall time *count* dates on (or back, if negative), working or not.

        >>> riga = BusinessHours(zone="Europe/Riga", week={"mon-fri": ["09:00-17:00"]})
        >>> saturday = datetime.fromisoformat("2026-03-28T10:00:00+02:00")  # the clocks go forward in the night
        >>> str(riga.add_days(saturday, 1).in_timezone("Europe/Riga"))
        '2026-03-29 10:00:00+03:00'
        """
        return from_us(self.add_days_us(to_us(at), count))

    def add_working_days(self, at: datetime | int, count: int, *, end_of_day: bool = False) -> DateTime:
        """The same wall time *count* working days on (or back, if negative).

        The date of *at* is not counted, so from a Saturday one working day on is Monday, as it is from Friday. With
        *end_of_day* the answer is the closing of that day. A count of 0 is *at* itself, or the closing of its date; of
        the next working day, if its date is none. A working day is a date on which a span starts (one that a closure
        does not swallow whole); the wall time is kept, open or not.

        >>> weekdays = BusinessHours(zone="UTC", week={"mon-fri": ["09:00-17:00"]})
        >>> friday = datetime.fromisoformat("2026-11-20T11:00:00Z")
        >>> str(weekdays.add_working_days(friday, 2)), str(weekdays.add_working_days(friday, 0, end_of_day=True))
        ('2026-11-24 11:00:00+00:00', '2026-11-20 17:00:00+00:00')
        """
        return from_us(self.add_working_days_us(to_us(at), count, end_of_day=end_of_day))

    def is_working_day(self, day: date | str | int) -> bool:
        """Whether *day* (a date, or the date of an instant in the zone of the hours) is a working day."""
        return self.works_on(self._ordinal(day))

    def shift_working_days(self, day: date | str | int, count: int) -> date:
        """The date *count* working days after *day* (before, if negative); 0 gives the date itself.

        >>> weekdays = BusinessHours(zone="UTC", week={"mon-fri": ["09:00-17:00"]})
        >>> weekdays.shift_working_days("2026-11-20", 1)
        datetime.date(2026, 11, 23)
        """
        return date.fromordinal(self.shifted(self._ordinal(day), whole(count)))

    def working_days_between(self, start: date | str | int, end: date | str | int) -> int:
        """How many working days lie in ``[start, end)``; negative if *end* is earlier.

        >>> weekdays = BusinessHours(zone="UTC", week={"mon-fri": ["09:00-17:00"]})
        >>> weekdays.working_days_between("2026-11-20", "2026-11-24")  # Friday and Monday
        2
        """
        return self.count_between(self._ordinal(start), self._ordinal(end))

    def is_holiday(self, at: date | str | int) -> bool:
        """Whether the date of *at* in the zone of the hours (or the date given) is one of the holidays. Raises `BeyondHorizon`."""
        return self.holiday_name(at) is not None

    def holiday_name(self, at: date | str | int) -> str | None:
        """The name of the holiday on the date of *at* (or the date given): "" if it has none, None if it is no holiday.

        Raises `BeyondHorizon` for a date that the hours do not cover: nothing is known of its holidays.
        """
        ordinal = self._ordinal(at)
        if not self.first_day <= ordinal <= self.last_day:
            out = date.fromordinal(ordinal).isoformat()
            raise BeyondHorizon(f"the date {out} lies outside what these hours cover", value=out, hint=say_dates(self))
        return self.holiday_on(ordinal)

    def _ordinal(self, day: date | str | int) -> int:
        if isinstance(day, datetime | int):
            return self.wall(to_us(day))[0]
        return calendar_date(day, "date").toordinal()

    # --- algebra -----------------------------------------------------------------------------------------------------

    def __or__(self, other: object) -> Hours:
        return Combined(op="union", left=self, right=other) if isinstance(other, Hours) else NotImplemented

    def __and__(self, other: object) -> Hours:
        return Combined(op="intersection", left=self, right=other) if isinstance(other, Hours) else NotImplemented

    def __sub__(self, other: object) -> Hours:
        return Combined(op="difference", left=self, right=other) if isinstance(other, Hours) else NotImplemented

    def then(self, day: date | str, following: Hours) -> Hours:
        """These hours until midnight of *day* on the clock of *following*, and *following* from there on.

        >>> summer, winter = (BusinessHours(zone="UTC", week={"mon-sun": [span]}) for span in ("07:00-15:00", "09:00-17:00"))
        >>> summer.then("1970-01-02", winter).elapsed(7 * 3_600_000_000, 33 * 3_600_000_000)
        datetime.timedelta(seconds=28800)
        """
        return Changing(phases=((None, self), (calendar_date(day, "then"), following)))


def _from_date(value: date | str | None) -> date | None:
    return None if value is None else calendar_date(value, "valid_from")


def _until_date(value: date | str | None) -> date | None:
    return None if value is None else calendar_date(value, "valid_until")


@frozen(kw_only=True, cache_hash=True, repr=False)
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
    >>> due = support.add(datetime.fromisoformat("2026-11-17T17:30:00+02:00"), "1h")  # half an hour before a holiday
    >>> str(due.in_timezone("Europe/Riga")), str(support.elapsed(due, due.add(days=1)))
    ('2026-11-19 09:30:00+02:00', '8:00:00')
    """

    week: Week = field(converter=week, default=((),) * 7)
    holidays: tuple[tuple[date, str], ...] = field(converter=named_dates, default=())
    exceptions: tuple[tuple[date, Day], ...] = field(converter=dated_spans, default=())
    closures: tuple[tuple[datetime, datetime, str], ...] = field(converter=closed_ranges, default=())
    valid_from: date | None = field(converter=_from_date, default=None)
    valid_until: date | None = field(converter=_until_date, default=None)
    merge: bool = field(default=False, eq=False, repr=False)
    _special: dict[int, Day] = field(init=False, eq=False, repr=False)  # the dates that do not follow the week
    _reason: dict[int, tuple[Kind, str]] = field(init=False, eq=False, repr=False)
    _marked: list[int] = field(init=False, eq=False, repr=False)  # those dates, sorted
    _shut: list[Span] = field(init=False, eq=False, repr=False)  # closures as instants
    _shut_names: list[tuple[int, int, str]] = field(init=False, eq=False, repr=False)  # the same, cut where the name changes

    def __attrs_post_init__(self) -> None:
        put = object.__setattr__
        self._set_zone(self.zone)
        put(self, "week", tuple(checked(day, f"week.{DAYS[index]}", merge=self.merge) for index, day in enumerate(self.week)))
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
        put(self, "_shut_names", self._named_closures())
        put(self, "_shut", united([(start, end) for start, end, _ in self._shut_names]))
        if not any(self.week) and not any(spans for _, spans in self.exceptions):
            hint = 'give them a week such as {"mon-fri": ["09:00-17:00"]}, or an exception with hours'
            raise NeverOpen("these hours are never open", path="week", hint=hint)

    def __repr__(self) -> str:
        said = {"zone": repr(self.zone), "week": repr(say_week(self.week))}
        for name in ("holidays", "exceptions", "closures"):
            if getattr(self, name):
                said[name] = f"<{len(getattr(self, name))}>"
        for name in ("valid_from", "valid_until"):
            if getattr(self, name):
                said[name] = repr(getattr(self, name).isoformat())
        return f"BusinessHours({', '.join(f'{name}={text}' for name, text in said.items())})"

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
            object.__setattr__(self, "first_day", self.valid_from.toordinal())
            object.__setattr__(self, "low_us", max(wall_us(self.tz, self.first_day, 0), FIRST_US))
        if self.valid_until is not None:
            object.__setattr__(self, "last_day", self.valid_until.toordinal() - 1)
            object.__setattr__(self, "high_us", min(wall_us(self.tz, self.last_day + 1, 0), LAST_US))

    def _named_closures(self) -> list[tuple[int, int, str]]:
        """Closures as instants, disjoint: where two overlap, the one that starts first gives the name."""
        done: list[tuple[int, int, str]] = []
        cursor = MIN_US
        for one in self.closures:
            start, end = (wall_us(self.tz, wall.toordinal(), naive_us(wall) % DAY_US) for wall in one[:2])
            if cursor < end and start < end:
                done.append((max(start, cursor), end, one[2]))
                cursor = end
        return done

    def _pattern(self, ordinal: int) -> Day:
        spans = self._special.get(ordinal)
        return self.week[(ordinal + 6) % 7] if spans is None else spans

    def dated_us(self, first: int, last: int) -> Iterator[tuple[int, list[Span]]]:
        """The spans that belong to each date."""
        first, last = max(first, self.first_day), min(last, self.last_day)
        runs = wall_runs(self.tz, date.fromordinal(first - MARGIN).year, date.fromordinal(last + MARGIN).year) if first <= last else []
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

    def reasons_us(self, low: int, high: int) -> Iterator[Piece]:
        """Closures first, then the dates with a reason of their own, then plainly closed."""
        row = max(bisect_left(self._shut_names, (low,)) - 1, 0)
        for start, end, name in islice(self._shut_names, row, None):
            if start >= high:
                break
            if end <= low:
                continue
            if low < start:
                yield from self._dates_closed(low, start)
            yield max(low, start), min(end, high), "closure", name
            low = min(end, high)
        if low < high:
            yield from self._dates_closed(low, high)

    def _dates_closed(self, low: int, high: int) -> Iterator[Piece]:
        row = bisect_left(self._marked, self.wall(low)[0] - 1)
        for ordinal in islice(self._marked, row, None):
            start, end = wall_us(self.tz, ordinal, 0), wall_us(self.tz, ordinal + 1, 0)
            if start >= high:
                break
            start, end = max(start, low), min(end, high)
            if start < end:
                if low < start:
                    yield low, start, "closed", ""
                yield start, end, *self._reason[ordinal]
                low = end
        if low < high:
            yield low, high, "closed", ""

    def holiday_on(self, ordinal: int) -> str | None:
        """The name of the holiday on a date, None if it is none."""
        index = bisect_left(self.holidays, (date.fromordinal(ordinal), ""))
        found = self.holidays[index] if index < len(self.holidays) else None
        return found[1] if found and found[0].toordinal() == ordinal else None

    def settled_us(self, *, forward: bool) -> tuple[int, bool] | None:
        """From when on these hours never change, and whether they are open then."""
        whole = all(day == ((0, DAY_US),) for day in self.week)
        if any(self.week) and not whole:
            return None
        edges = [(ordinal - EPOCH_ORDINAL) * DAY_US for ordinal in self._marked if whole or self._special[ordinal]]
        edges += [edge for span in self._shut for edge in span]
        if forward:
            return max(edges, default=self.low_us) + MARGIN * DAY_US, whole
        return min(edges, default=self.high_us) - MARGIN * DAY_US, whole


def _check_night(day: Day, following: Day, path: str) -> None:
    if day and following and day[-1][1] - DAY_US > following[0][0]:
        raise BadHours(
            "the last span runs into the first one of the next date", path=path, hint="mend it, or give merge=True to take both together"
        )


@frozen(kw_only=True, cache_hash=True)
class Always(Hours):
    """Around the clock, every day: every instant counts, without a horizon. `ALWAYS` is the one in UTC.

    >>> Always().is_open(0)
    True
    >>> whole = always("Europe/Riga")
    >>> whole.is_open_us(0), whole.elapsed_us(0, 5), whole.add_us(0, 5), whole.subtract_us(5, 5)
    (True, 5, 5, 0)
    >>> whole.next_open_us(7), whole.previous_open_us(7)
    (7, 7)
    >>> list(whole.spans_us(0, 5)), whole.working_days_between("2026-12-24", "2026-12-27"), whole.holiday_name("2026-12-25")
    ([(0, 5)], 3, None)
    """

    zone: str = "UTC"

    def __attrs_post_init__(self) -> None:
        self._set_zone(self.zone)
        object.__setattr__(self, "low_us", MIN_US)
        object.__setattr__(self, "high_us", MAX_US)

    def is_open_us(self, at_us: int) -> bool:
        """`is_open` on ints."""
        return MIN_US <= at_us <= MAX_US

    def elapsed_us(self, start_us: int, end_us: int) -> int:
        """`elapsed` on ints."""
        return end_us - start_us

    def add_us(self, at_us: int, amount_us: int) -> int:
        """`add` on ints."""
        if 0 <= amount_us <= MAX_US - at_us:
            return at_us + amount_us
        raise self._too_much(amount_us)

    def subtract_us(self, at_us: int, amount_us: int) -> int:
        """`subtract` on ints."""
        if 0 <= amount_us <= at_us - MIN_US:
            return at_us - amount_us
        raise self._too_much(amount_us)

    def _too_much(self, amount_us: int) -> BadDuration | BeyondHorizon:
        if amount_us < 0:
            return BadDuration("an amount of open time cannot be negative", value=shorten(amount_us))
        return BeyondHorizon("the answer lies outside the years 1 to 9999", value=shorten(amount_us), hint="ask for less time")

    def next_open_us(self, at_us: int) -> int:
        """`next_open` on ints."""
        return at_us

    def previous_open_us(self, at_us: int) -> int:
        """`previous_open` on ints."""
        return at_us

    def next_transition_us(self, at_us: int) -> tuple[int, bool]:
        """`next_transition` on ints: always `BeyondHorizon`."""
        raise BeyondHorizon("hours around the clock never close", value=str(at_us), hint="ask is_open first")

    def spans_us(self, start_us: int, end_us: int) -> Iterator[Span]:
        """`spans` on ints."""
        return iter([(start_us, end_us)] if start_us < end_us else [])

    def count_between(self, first: int, end: int) -> int:
        """How many dates lie in ``[first, end)``: all of them are working days."""
        return end - first

    def shifted(self, ordinal: int, count: int) -> int:
        """The date *count* dates on."""
        return ordinal + count

    def closing_us(self, ordinal: int) -> int:
        """The midnight that ends a date."""
        return wall_us(self.tz, ordinal + 1, 0)

    def holiday_name(self, at: date | str | int) -> str | None:
        """The name of the holiday on the date of *at*: always None, whatever the date."""
        return self.holiday_on(self._ordinal(at))

    def dated_us(self, first: int, last: int) -> Iterator[tuple[int, list[Span]]]:
        """The spans that belong to each date."""
        for ordinal in range(max(first, self.first_day), min(last, self.last_day) + 1):
            start, end = wall_us(self.tz, ordinal, 0), wall_us(self.tz, ordinal + 1, 0)
            if start < end:
                yield ordinal, [(start, end)]

    def reasons_us(self, low: int, high: int) -> Iterator[Piece]:  # noqa: ARG002 - it is never closed
        """Why these hours are closed."""
        return iter(())

    def holiday_on(self, ordinal: int) -> str | None:  # noqa: ARG002 - it has none
        """The name of the holiday on a date, None if it is none."""
        return None

    def settled_us(self, *, forward: bool) -> tuple[int, bool] | None:
        """From when on these hours never change, and whether they are open then."""
        return (MIN_US if forward else MAX_US), True


ALWAYS: Final = Always()


def always(zone: str = "UTC") -> Always:
    """Around the clock in *zone*, which decides what a date is.

    >>> riga = always("Europe/Riga")
    >>> riga.is_open(0), str(riga.add(0, "36h")), riga.working_days_between("2026-12-24", "2026-12-27")
    (True, '1970-01-02 12:00:00+00:00', 3)
    """
    return Always(zone=zone)


Operation = Literal["union", "intersection", "difference"]
_HOURS_HINT: Final = 'give desk.hours["support"]'


@frozen(kw_only=True, cache_hash=True)
class Combined(Hours):
    """Two hours taken together: open when either is (union), both are (intersection), or only the left one is (difference).

    Made by ``a | b``, ``a & b`` and ``a - b``. The zone is the left one's; the spans of a date are those of the parts. Raises `BadHours`
    for parts that are never known at the same time.

    >>> day, night = (BusinessHours(zone="UTC", week={"mon-sun": [span]}) for span in ("08:00-20:00", "22:00-06:00"))
    >>> both = day | night
    >>> both.op, str(both.elapsed(0, 86_400_000_000))
    ('union', '20:00:00')
    """

    zone: str = field(init=False, default="UTC")
    op: Operation
    left: Hours
    right: Hours

    def __attrs_post_init__(self) -> None:
        if self.op not in {"union", "intersection", "difference"}:
            raise BadHours(f"{shorten(self.op)} is no way to combine hours", path="op", hint="union, intersection or difference")
        put, left, right = object.__setattr__, self.left, self.right
        for part in (left, right):
            check_kind(part, Hours, "a set of business hours", _HOURS_HINT, self.op)
        put(self, "zone", left.zone)
        self._set_zone(left.zone)
        put(self, "low_us", max(left.low_us, right.low_us, FIRST_US))
        put(self, "high_us", min(left.high_us, right.high_us, LAST_US))
        put(self, "first_day", max(left.first_day, right.first_day))
        put(self, "last_day", min(left.last_day, right.last_day))
        if self.low_us >= self.high_us or self.first_day > self.last_day:
            raise BadHours("these hours are never known at the same time", path=self.op, hint="look at their valid_from and valid_until")

    def dated_us(self, first: int, last: int) -> Iterator[tuple[int, list[Span]]]:
        """The spans that belong to each date."""
        if self.op == "union":
            found = dict(self.left.dated_us(first, last))
            for ordinal, spans in self.right.dated_us(first, last):
                found[ordinal] = united(found[ordinal] + spans) if ordinal in found else spans
            yield from sorted(found.items())
            return
        low, high = ((ordinal - EPOCH_ORDINAL) * DAY_US for ordinal in (first - MARGIN, last + MARGIN))
        others = self.right.compiled_us(low, high)
        for ordinal, spans in self.left.dated_us(first, last):
            rest = common(spans, others) if self.op == "intersection" else without(spans, others)
            if rest:
                yield ordinal, rest

    def reasons_us(self, low: int, high: int) -> Iterator[Piece]:
        """The first reason of a part that keeps the hours closed and is more than plainly closed."""
        for start, end, left, right in _zipped(self.left.explain_us(low, high), self.right.explain_us(low, high)):
            parts = (left,) if self.op == "difference" else (left, right)
            kind, name = next((part for part in parts if part[0] not in {"open", "closed"}), ("closed", ""))
            yield start, end, kind, name

    def holiday_on(self, ordinal: int) -> str | None:
        """The name of the holiday on a date, None if it is none."""
        left = self.left.holiday_on(ordinal)
        if self.op == "difference":
            return left
        right = self.right.holiday_on(ordinal)
        if self.op == "union":  # a holiday only where it is one for both
            return None if left is None or right is None else left or right
        return right if left is None else left or right or ""

    def settled_us(self, *, forward: bool) -> tuple[int, bool] | None:
        """From when on these hours never change, and whether they are open then."""
        left, right = self.left.settled_us(forward=forward), self.right.settled_us(forward=forward)
        if self.op == "difference" and right is not None:
            right = right[0], not right[1]
        deciding = self.op == "union"  # the value that decides alone, whatever the other part does
        alone = [one for one in (left, right) if one is not None and one[1] is deciding]
        pick = min if forward else max
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
    its instant, also through a night. The zone is the last phase's. Raises `BadHours` for phases out of order, and for hours that
    do not cover theirs.

    >>> from datetime import UTC, datetime
    >>> summer, winter = (BusinessHours(zone="UTC", week={"mon-sun": [span]}) for span in ("07:00-15:00", "09:00-17:00"))
    >>> hours = summer.then("2026-11-01", winter)
    >>> [str(hours.next_open(datetime(2026, month, day, tzinfo=UTC))) for month, day in ((10, 31), (11, 1))]
    ['2026-10-31 07:00:00+00:00', '2026-11-01 09:00:00+00:00']
    """

    zone: str = field(init=False, default="UTC")
    phases: tuple[tuple[date | None, Hours], ...] = field(converter=_phases)
    _starts: list[int] = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        if not self.phases or any(day is None for day, _ in self.phases[1:]):
            raise BadHours("every change of hours has a date", path="changes", hint='write {"2027-01-01": hours}')
        for _, hours in self.phases:
            check_kind(hours, Hours, "a set of business hours", _HOURS_HINT, "changes")
        put = object.__setattr__
        put(self, "zone", self.phases[-1][1].zone)
        self._set_zone(self.zone)
        first_day, first = self.phases[0]
        starts = [max(first.low_us, FIRST_US) if day is None else wall_us(hours.tz, day.toordinal(), 0) for day, hours in self.phases]
        put(self, "_starts", starts)
        put(self, "low_us", max(starts[0], FIRST_US))
        put(self, "high_us", min(self.phases[-1][1].high_us, LAST_US))
        put(self, "first_day", first.first_day if first_day is None else first_day.toordinal())
        put(self, "last_day", self.phases[-1][1].last_day)
        for index, (_, hours) in enumerate(self.phases):
            until = self._until(index)
            if starts[index] >= until:
                raise BadHours("the changes of hours are not in the order of their dates", path="changes")
            if hours.low_us > starts[index] or hours.high_us < until:
                hint = "look at their valid_from and valid_until"
                raise BadHours(f"the hours in force from {iso(starts[index])} do not cover their phase", path="changes", hint=hint)

    def _until(self, index: int) -> int:
        return self._starts[index + 1] if index + 1 < len(self._starts) else self.high_us

    def then(self, day: date | str, following: Hours) -> Hours:
        """These hours until midnight of *day* on the clock of *following*, and *following* from there on."""
        return Changing(phases=(*self.phases, (calendar_date(day, "then"), following)))

    def _phase(self, us: int) -> Hours:
        return self.phases[max(bisect_right(self._starts, us) - 1, 0)][1]

    def dated_us(self, first: int, last: int) -> Iterator[tuple[int, list[Span]]]:
        """The spans that belong to each date."""
        low, high = ((ordinal - EPOCH_ORDINAL) * DAY_US for ordinal in (first - MARGIN, last + MARGIN))
        found: dict[int, list[Span]] = {}
        for index, (_, hours) in enumerate(self.phases):
            since, until = self._starts[index], self._until(index)
            if since >= high or until <= low:
                continue
            for ordinal, spans in hours.dated_us(first, last):
                rest = clipped(spans, since, until)
                if rest:
                    found[ordinal] = found.get(ordinal, []) + rest
        yield from sorted(found.items())

    def reasons_us(self, low: int, high: int) -> Iterator[Piece]:
        """Why these hours are closed."""
        while low < high:
            index = max(bisect_right(self._starts, low) - 1, 0)
            until = min(self._until(index), high)
            yield from self.phases[index][1].reasons_us(low, until)
            low = until

    def holiday_on(self, ordinal: int) -> str | None:
        """The name of the holiday on a date, None if it is none."""
        return self._phase(wall_us(self.tz, ordinal, 0)).holiday_on(ordinal)

    def settled_us(self, *, forward: bool) -> tuple[int, bool] | None:
        """From when on these hours never change, and whether they are open then."""
        settled = self.phases[-1 if forward else 0][1].settled_us(forward=forward)
        if settled is None:
            return None
        edge = self._starts[-1] if forward else self._until(0)
        return (max if forward else min)(settled[0], edge), settled[1]


def changing(changes: Mapping[date | str, Hours], *, before: Hours | None = None) -> Hours:
    """Hours that change on dates: ``{"2026-01-01": old, "2027-01-01": new}``, in any order; *before* holds before the first date.

    Without *before* the hours are known from the first date on. Raises `BadHours`.

    >>> old, new = (BusinessHours(zone="UTC", week={"mon-sun": [span]}) for span in ("07:00-15:00", "09:00-17:00"))
    >>> hours = changing({"1970-01-01": old, "1970-02-01": new})
    >>> hours.next_open(0).hour, hours.next_open(31 * 86_400_000_000).hour
    (7, 9)
    """
    phases: list[tuple[date | None, Hours]] = sorted(((calendar_date(day, "changes"), hours) for day, hours in changes.items()), key=_day)
    return Changing(phases=phases if before is None else [(None, before), *phases])


def _day(phase: tuple[date | None, Hours]) -> date:
    return phase[0] or FIRST_DATE


def union(*parts: Hours) -> Hours:
    """Open when any of them is: follow the sun. Raises `BadHours` for no part at all, or parts never known at the same time.

    >>> day, night = (BusinessHours(zone="UTC", week={"mon-sun": [span]}) for span in ("08:00-20:00", "20:00-08:00"))
    >>> union(day, night).is_open(0)
    True
    """
    return _folded("union", parts)


def intersection(*parts: Hours) -> Hours:
    """Open when all of them are: a shift within company hours. Raises as `union` does.

    >>> shift = BusinessHours(zone="UTC", week={"mon-sun": ["06:00-14:00"]})
    >>> office = BusinessHours(zone="UTC", week={"mon-fri": ["09:00-17:00"]})
    >>> intersection(shift, office).next_open(0)
    DateTime(1970, 1, 1, 9, 0, 0, tzinfo=Timezone('UTC'))
    """
    return _folded("intersection", parts)


def difference(hours: Hours, *others: Hours) -> Hours:
    """Open when the first is and none of the others. Raises as `union` does.

    >>> office = BusinessHours(zone="UTC", week={"mon-fri": ["09:00-17:00"]})
    >>> lunch = BusinessHours(zone="UTC", week={"mon-fri": ["12:00-13:00"]})
    >>> difference(office, lunch).elapsed(0, 86_400_000_000)
    datetime.timedelta(seconds=25200)
    """
    return _folded("difference", (hours, *others))


def _folded(op: Operation, parts: tuple[Hours, ...]) -> Hours:
    if not parts:
        raise BadHours(f"a {op} needs at least one part", path=op)
    whole = parts[0]
    check_kind(whole, Hours, "a set of business hours", _HOURS_HINT, op)
    for part in parts[1:]:
        whole = Combined(op=op, left=whole, right=part)
    return whole
