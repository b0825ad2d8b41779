"""The time line of business hours on ints: tables of open spans, compiled when they are asked for and kept.

`Timeline` answers every question from two things that each kind of hours says for itself: which spans belong to which
date, and why it is closed. A table covers a stretch of whole years and is never changed; a longer one replaces it.
Instants are microseconds since the epoch, dates are proleptic ordinals.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import accumulate, pairwise
from typing import Any, Final, Literal, NoReturn
from zoneinfo import ZoneInfo

from attrs import field, fields, frozen

from ticketcore._spans import FIRST_DATE, FIRST_US, LAST_DATE, LAST_US, Span, clipped, joined, united, year_of, year_start
from ticketcore._time import DAY_US, EPOCH_ORDINAL, MAX_US, MIN_US, MINUTE_US, iso, offset_us, wall_runs, wall_us
from ticketcore.errors import BadDuration, BadValue, BeyondHorizon, NeverOpen, shorten

Kind = Literal["open", "closed", "holiday", "exception", "closure"]
Piece = tuple[int, int, Kind, str]

MARGIN: Final = 4  # days by which a date's spans can lie outside the same UTC dates: 24 h past midnight, offsets, date-line changes
_ALL_CALENDARS: Final = 28 * 366 * DAY_US  # within 28 years every date has been every weekday: what is closed so long stays closed
_LATE: Final = 1 << 62  # later than any instant
MOST_PATTERNS: Final = 64  # of a day's opening hours that one table keeps by minute, some 60 KB each
DAY_MINUTES: Final = 24 * 60


class Table:
    """The open spans of a stretch of time with running totals: where an instant stands, and which instant stands there.

    Row 0 is a sentinel before all spans and the row after the last one a sentinel behind them, so every instant of the
    stretch has a row: the last span that starts at or before it. ``before[i]`` is the open time before span i and
    ``shift[i] = before[i] - start[i]``: inside a span the open time so far is ``at + shift[i]``.

    Both ways there is a table of buckets: ``start_rows[b]`` is the row of the instant ``low + (b << start_bits)``, so the
    row of any instant lies between two neighbouring entries. They hold about one span each, whatever the distances.
    ``utc_days`` and ``own_days`` say the same of the fields of a datetime, in UTC and in the zone of the hours.
    """

    __slots__ = (
        "after", "before", "before_bits", "before_rows", "count", "end", "first_day", "high", "low", "offsets", "own_days",
        "shift", "start", "start_bits", "start_rows", "total", "utc_days",
    )  # fmt: skip

    def __init__(self, low: int, high: int, spans: list[Span], zone: ZoneInfo | None = None) -> None:
        self.low, self.high, self.count = low, high, len(spans)
        starts = [start for start, _ in spans]
        after = list(accumulate(end - start for start, end in spans))
        before = [0, *after[:-1]] if after else []
        self.total = after[-1] if after else 0
        self.start = [-_LATE, *starts, _LATE]
        self.end = [-_LATE, *(end for _, end in spans)]
        self.after = [0, *after]
        self.before = [-1, *before, _LATE]
        self.shift = [0, *(so_far - start for so_far, start in zip(before, starts, strict=True))]
        count = max(self.count, 1)
        self.start_bits = max(((high - low) // count).bit_length() - 1, 0)
        self.before_bits = max((self.total // count).bit_length() - 1, 0)
        round_up = (1 << self.start_bits) - 1
        self.start_rows = _buckets([(start - low + round_up) >> self.start_bits for start in starts], (high - low) >> self.start_bits)
        self.before_rows = _buckets([(so_far >> self.before_bits) + 1 for so_far in before], self.total >> self.before_bits)
        self.first_day, self.offsets = _day_offsets(zone, low, high) if zone else (0, [])
        patterns: dict[tuple[Span, ...], DayPattern] = {}
        first = -(-low // DAY_US)  # the dates that lie in the stretch as a whole
        self.utc_days = DayRows(self, first + EPOCH_ORDINAL, [0] * max(high // DAY_US - first, 0), patterns)
        self.own_days = DayRows(self, self.first_day, self.offsets, patterns)

    def spans(self) -> list[Span]:
        """The spans of the stretch; one that is cut by its edge may go on beyond."""
        return list(zip(self.start[1:-1], self.end[1:], strict=True))

    # The plain definitions: the questions below spell out the same with buckets, because a call costs as much as the search.

    def row(self, at: int) -> int:
        """The last row that starts at or before *at*."""
        return bisect_right(self.start, at) - 1

    def position(self, at: int) -> int:
        """The open time from the start of the stretch to *at*, which lies in ``[low, high]``."""
        row = self.row(at)
        return at + self.shift[row] if at < self.end[row] else self.after[row]

    def earliest(self, position: int) -> int:
        """The earliest instant at that position, which lies in ``(0, total]``."""
        return position - self.shift[bisect_left(self.before, position) - 1]

    def latest(self, position: int) -> int:
        """The latest instant at that position, which lies in ``[0, total)``."""
        return position - self.shift[bisect_right(self.before, position) - 1]


# Of each minute of a day: the open time before it since midnight, and whether it is open (all of it) or closed (all of it).
DayPattern = tuple[list[int], bytes]


def _by_minute(spans: Iterable[Span]) -> DayPattern:
    """The pattern of a day with these open spans, which begin and end with a minute."""
    opens = bytearray(DAY_MINUTES)
    for start, end in spans:
        opens[start // MINUTE_US : end // MINUTE_US] = b"\1" * ((end - start) // MINUTE_US)
    return list(accumulate((minute * MINUTE_US for minute in opens[:-1]), initial=0)), bytes(opens)


# Where a date stands in a table: the open time before its midnight, and its pattern. Empty: that is not told by the minute.
DayRow = tuple[int, list[int], bytes] | tuple[()]


class DayRows:
    """The `DayRow` of each date of one wall clock, made when first asked for: ``rows[ordinal - base]``, None while it is not made.

    So the open time before any time of day is read off its fields, without working out which instant it is. Nothing is told of a date
    whose clock changes, and of one whose pattern is not by minutes: there the instant decides.
    """

    __slots__ = ("_after", "_end", "_offsets", "_patterns", "_shift", "_start", "base", "rows", "size")

    def __init__(
        self, table: Table, base: int, offsets: Sequence[int | None], patterns: dict[tuple[Span, ...], DayPattern],
    ) -> None:  # fmt: skip
        # Not the table itself: it holds these rows, and what is in no circle goes when a longer table replaces it.
        self._start, self._end, self._shift, self._after = table.start, table.end, table.shift, table.after
        self._offsets, self._patterns = offsets, patterns
        self.base, self.size = base, len(offsets)
        self.rows: list[DayRow | None] = [None] * self.size

    def made(self, index: int) -> DayRow:
        """The row of a date that is not made yet, or that is empty; two threads make the same."""
        found = self.rows[index]
        if found is None:
            found = self.rows[index] = self._row(index)
        return found

    def _row(self, index: int) -> DayRow:
        offset = self._offsets[index]
        if offset is None:
            return ()
        midnight = (self.base + index - EPOCH_ORDINAL) * DAY_US - offset
        row = bisect_right(self._start, midnight) - 1
        open_already = midnight < self._end[row]
        pattern = self._pattern(midnight, row if open_already else row + 1)
        if pattern is None:
            return ()
        return (midnight + self._shift[row] if open_already else self._after[row], *pattern)

    def _pattern(self, midnight: int, row: int) -> DayPattern | None:
        """The pattern of the 24 hours from *midnight* on, whose first span is that *row*.

        None if an edge lies within a minute, or there are too many patterns.
        """
        inside = []
        while (start := self._start[row]) < midnight + DAY_US:
            inside.append((max(start - midnight, 0), min(self._end[row] - midnight, DAY_US)))
            row += 1
        spans, patterns = tuple(inside), self._patterns
        known = patterns.get(spans)
        if known is None and len(patterns) < MOST_PATTERNS and not any(edge % MINUTE_US for span in spans for edge in span):
            known = patterns[spans] = _by_minute(spans)
        return known


def _buckets(firsts: list[int], last: int) -> list[int]:
    """For the buckets 0 to *last* + 1 the row that holds at their beginning; ``firsts[i]`` is the first bucket of row i + 1."""
    rows: list[int] = []
    for row, first in enumerate(firsts):
        rows.extend([row] * (first - len(rows)))
    rows.extend([len(firsts)] * (last + 2 - len(rows)))
    return rows


def _day_offsets(zone: ZoneInfo, low: int, high: int) -> tuple[int, list[int | None]]:
    """The first date of a list of offsets by date: the one offset a whole date has on the wall clock, None where it has not just one.

    The dates reach a little less far than the instants, so that every wall time of theirs lies between *low* and *high*.
    """
    first, end = low // DAY_US + EPOCH_ORDINAL + 2, high // DAY_US + EPOCH_ORDINAL - 2
    if first >= end:
        return first, []
    offsets: list[int | None] = [None] * (end - first)
    runs = wall_runs(zone, year_of(low), year_of(high - 1))
    clear = first  # the first date all of whose wall times are in the run
    for (_, offset, _), (change, following, _) in pairwise(runs):
        until = max(min((change + min(offset, following)) // DAY_US + EPOCH_ORDINAL, end), clear)
        offsets[clear - first : until - first] = [offset] * (until - clear)
        clear = max(-(-(change + max(offset, following)) // DAY_US) + EPOCH_ORDINAL, first)
    offsets[clear - first :] = [runs[-1][1]] * (end - clear)
    return first, offsets


class WorkingDates:
    """The working dates of a stretch of dates, with how many lie before each: an immutable snapshot, as `Table` is."""

    __slots__ = ("before", "dates", "first", "last")

    def __init__(self, first: int, last: int, dates: list[int]) -> None:
        self.first, self.last, self.dates = first, last, dates
        self.before = _buckets([ordinal + 1 - first for ordinal in dates], last - first)  # of first, first + 1, ..., last + 1


NOTHING: Final = Table(1, 0, [])
NO_DATES: Final = WorkingDates(1, 0, [])


@frozen(kw_only=True)
class Timeline:
    """The questions on ints; see `ticketcore.hours.Hours` for what they mean."""

    zone: str
    tz: ZoneInfo = field(init=False, eq=False, repr=False)
    low_us: int = field(init=False, eq=False, repr=False, default=FIRST_US)  # the first covered instant
    high_us: int = field(init=False, eq=False, repr=False, default=LAST_US)  # the first instant no longer covered
    # The dates reach a little further than the instants, whose last hours fall on other dates in other zones.
    first_day: int = field(init=False, eq=False, repr=False, default=FIRST_DATE.toordinal() - MARGIN)  # the first covered date
    last_day: int = field(init=False, eq=False, repr=False, default=LAST_DATE.toordinal() + MARGIN)  # the last covered date
    _table: Table = field(init=False, eq=False, repr=False, default=NOTHING)
    _dates: WorkingDates = field(init=False, eq=False, repr=False, default=NO_DATES)

    # --- what each kind of hours says for itself ----------------------------------------------------------------------

    def dated_us(self, first: int, last: int) -> Iterable[tuple[int, list[Span]]]:
        """The spans that belong to each date from *first* to *last*, in order, for the dates that have any."""
        raise NotImplementedError

    def reasons_us(self, low: int, high: int) -> Iterator[Piece]:
        """Why the hours are closed in ``[low, high)``, where they are closed throughout."""
        raise NotImplementedError

    def holiday_on(self, ordinal: int) -> str | None:
        """The name of the holiday on a date ("" if it has none), None if it is no holiday."""
        raise NotImplementedError

    def settled_us(self, *, forward: bool) -> tuple[int, bool] | None:
        """From which instant on (before which, if not *forward*) the hours never change, and whether they are open then."""
        raise NotImplementedError

    # --- questions -----------------------------------------------------------------------------------------------------

    def is_open_us(self, at_us: int) -> bool:
        """`is_open` on ints."""
        table = self._table
        if not table.low <= at_us < table.high:
            table = self._covering(at_us, at_us + 1)
        return at_us < table.end[table.row(at_us)]

    def elapsed_us(self, start_us: int, end_us: int) -> int:
        """`elapsed` on ints."""
        table = self._table
        low, high = table.low, table.high
        if not (low <= start_us <= high and low <= end_us <= high):
            table = self._covering(min(start_us, end_us), max(start_us, end_us))
            low = table.low
        start, bits, rows = table.start, table.start_bits, table.start_rows
        bucket = (end_us - low) >> bits
        row = rows[bucket]
        if start[row + 1] <= end_us:
            row = bisect_right(start, end_us, row + 2, rows[bucket + 1] + 1) - 1
        position = end_us + table.shift[row] if end_us < table.end[row] else table.after[row]
        bucket = (start_us - low) >> bits
        row = rows[bucket]
        if start[row + 1] <= start_us:
            row = bisect_right(start, start_us, row + 2, rows[bucket + 1] + 1) - 1
        return position - (start_us + table.shift[row] if start_us < table.end[row] else table.after[row])

    def add_us(self, at_us: int, amount_us: int) -> int:
        """`add` on ints."""
        if amount_us <= 0:
            return _unmoved(at_us, amount_us)
        table = self._table
        if not table.low <= at_us <= table.high:
            table = self._covering(at_us, at_us)
        start, rows = table.start, table.start_rows
        bucket = (at_us - table.low) >> table.start_bits
        row = rows[bucket]
        if start[row + 1] <= at_us:
            row = bisect_right(start, at_us, row + 2, rows[bucket + 1] + 1) - 1
        position = (at_us + table.shift[row] if at_us < table.end[row] else table.after[row]) + amount_us
        if position > table.total:
            return self._add_far(at_us, amount_us)
        before, rows = table.before, table.before_rows
        bucket = position >> table.before_bits
        row = rows[bucket]
        if before[row + 1] < position:
            row = bisect_left(before, position, row + 2, rows[bucket + 1] + 1) - 1
        return position - table.shift[row]

    def _add_far(self, at_us: int, amount_us: int) -> int:
        table = self._covering(at_us, at_us)
        while True:
            position = table.position(at_us) + amount_us
            if position <= table.total:
                return table.earliest(position)
            if amount_us > self.high_us - at_us:  # there are not so many instants left
                self._refuse(at_us, table, forward=True, searched=False)
            table = self._longer(table, at_us)

    def subtract_us(self, at_us: int, amount_us: int) -> int:
        """`subtract` on ints."""
        if amount_us <= 0:
            return _unmoved(at_us, amount_us)
        table = self._covering(at_us, at_us)
        while True:
            position = table.position(at_us) - amount_us
            if position >= 0:
                return table.latest(position)
            if amount_us > at_us - self.low_us:
                self._refuse(at_us, table, forward=False, searched=False)
            table = self._earlier(table, at_us)

    def next_open_us(self, at_us: int) -> int:
        """`next_open` on ints."""
        table = self._covering(at_us, at_us)
        while True:
            row = table.row(at_us)
            if at_us < table.end[row]:
                return at_us
            if row < table.count:
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
            row = table.row(at_us)
            closes = table.end[row]
            if at_us < closes:
                if closes < table.high:
                    return closes, False
            elif row < table.count:
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
            row = table.row(low)
            row += low >= table.end[row]
            while row <= table.count and table.start[row] < high and (table.end[row] < table.high or high <= table.high):
                yield max(low, table.start[row]), min(table.end[row], high)
                row += 1
            if high <= table.high:
                return
            # Here the table ends before *high*: nothing more in it, or a last span that may go on beyond it.
            low = max(low, table.start[row]) if row <= table.count else table.high
            self._covering(table.low, min(2 * table.high - table.low, high))

    def explain_us(self, start_us: int, end_us: int) -> Iterator[Piece]:
        """`explain` on ints: (from, to, kind, name)."""
        return _melted(self._pieces(self.spans_us(start_us, end_us), start_us, end_us))

    def _pieces(self, spans: Iterator[Span], low: int, high: int) -> Iterator[Piece]:
        for opens, closes in spans:
            if low < opens:
                yield from self.reasons_us(low, opens)
            yield opens, closes, "open", ""
            low = closes
        if low < high:
            yield from self.reasons_us(low, high)

    def compiled_us(self, low: int, high: int) -> list[Span]:
        """The open spans of ``[low, high)``, compiled anew."""
        first, last = low // DAY_US + EPOCH_ORDINAL - MARGIN, high // DAY_US + EPOCH_ORDINAL + MARGIN
        return clipped(united([span for _, spans in self.dated_us(first, last) for span in spans]), low, high)

    # --- dates ---------------------------------------------------------------------------------------------------------

    def add_days_us(self, at_us: int, count: int) -> int:
        """`add_days` on ints."""
        if whole(count) == 0:
            return at_us
        ordinal, of_day = self.wall(at_us)
        return wall_us(self.tz, ordinal + count, of_day)

    def add_working_days_us(self, at_us: int, count: int, *, end_of_day: bool = False) -> int:
        """`add_working_days` on ints."""
        ordinal, of_day = self.wall(at_us)
        if whole(count) == 0 and not end_of_day:
            return at_us
        ordinal = self.shifted(ordinal, count)
        if not end_of_day:
            return wall_us(self.tz, ordinal, of_day)
        if count == 0 and not self.works_on(ordinal):
            ordinal = self.shifted(ordinal, 1)
        return self.closing_us(ordinal)

    def wall(self, us: int) -> tuple[int, int]:
        """What the wall clock shows: the date as ordinal, and the microseconds since its midnight."""
        days, of_day = divmod(us + offset_us(self.tz, us), DAY_US)
        return days + EPOCH_ORDINAL, of_day

    def works_on(self, ordinal: int) -> bool:
        """Whether the date is a working day."""
        return self.count_between(ordinal, ordinal + 1) == 1

    def count_between(self, first: int, end: int) -> int:
        """How many working days lie in ``[first, end)``; negative if *end* is earlier."""
        low, high = (first, end) if first <= end else (end, first)
        dates = self._dates_covering(low, max(high - 1, low))
        return dates.before[end - dates.first] - dates.before[first - dates.first]

    def closing_us(self, ordinal: int) -> int:
        """The last closing of what belongs to a working date."""
        return max(end for _, spans in self.dated_us(ordinal, ordinal) for _, end in spans)

    def shifted(self, ordinal: int, count: int) -> int:
        """The date *count* working days on, or back if it is negative."""
        if count == 0:
            return ordinal
        dates = self._dates_covering(ordinal, ordinal)
        while True:
            row = ordinal - dates.first
            index = dates.before[row + 1] + count - 1 if count > 0 else dates.before[row] + count
            if 0 <= index < len(dates.dates):
                return dates.dates[index]
            dates = self._more_dates(dates, ordinal, count)

    def _more_dates(self, dates: WorkingDates, ordinal: int, count: int) -> WorkingDates:
        """Working dates that reach further; an error if further there are none."""
        forward = count > 0
        settled = self.settled_us(forward=forward)
        edge, limit = (dates.last, self.last_day) if forward else (dates.first, self.first_day)
        never = False
        if settled is not None and not settled[1]:
            since = settled[0] // DAY_US + EPOCH_ORDINAL
            never = edge > since + 1 if forward else edge < since - 1
        if never or edge == limit:
            kind = NeverOpen if never else BeyondHorizon
            text = f"there are no {abs(count)} working days {'after' if forward else 'before'} {date.fromordinal(ordinal).isoformat()}"
            raise kind(text, value=str(count), hint="these hours are not open that often" if never else say_dates(self))
        step = max(dates.last - dates.first, 366)
        if forward:
            return self._dates_covering(dates.first, min(edge + step, limit))
        return self._dates_covering(max(edge - step, limit), dates.last)

    def _dates_covering(self, first: int, last: int) -> WorkingDates:
        """The working dates, made to cover *first* to *last* (both included)."""
        dates = self._dates
        if dates.first <= first and last <= dates.last:
            return dates
        if first < self.first_day or last > self.last_day:
            out = date.fromordinal(first if first < self.first_day else last).isoformat()
            raise BeyondHorizon(f"the date {out} lies outside what these hours cover", value=out, hint=say_dates(self))
        if dates is not NO_DATES:
            first, last = min(first, dates.first), max(last, dates.last)
        first = max(date(date.fromordinal(first).year, 1, 1).toordinal(), self.first_day)
        last = min(date(date.fromordinal(last).year, 12, 31).toordinal(), self.last_day)
        dates = WorkingDates(first, last, [ordinal for ordinal, _ in self.dated_us(first, last)])
        object.__setattr__(self, "_dates", dates)
        return dates

    # --- the tables ----------------------------------------------------------------------------------------------------

    def _check_covered(self, low: int, high: int) -> None:
        if low < self.low_us or high > self.high_us:
            at = low if low < self.low_us else high
            text = f"{iso(at) if MIN_US <= at <= MAX_US else at} lies outside what these hours cover"
            raise BeyondHorizon(text, value=str(at), hint=f"they cover {iso(self.low_us)} to {iso(self.high_us)}")

    def _covering(self, low: int, high: int) -> Table:
        """The table, made to cover ``[low, high]``."""
        table = self._table
        if table.low <= low and high <= table.high:
            return table
        self._check_covered(low, high)
        last_instant = self.high_us - 1
        first_year, last_year = year_of(min(low, last_instant)), year_of(min(high, last_instant))
        return self._grown(max(year_start(first_year), self.low_us), min(year_start(last_year + 1), self.high_us))

    def _longer(self, table: Table, at: int, *, change: bool = False) -> Table:
        """A table that reaches further on; an error if further on there is no open time, or no *change* of any kind.

        *at* is where the search began.
        """
        settled = self.settled_us(forward=True)
        hopeless = settled is not None and (change or not settled[1]) and table.high >= settled[0]
        if hopeless or table.high >= self.high_us:
            self._refuse(at, table, forward=True)
        reach = min(2 * table.high - table.low, self.high_us) - 1
        return self._grown(table.low, min(year_start(year_of(reach) + 1), self.high_us))

    def _earlier(self, table: Table, at: int) -> Table:
        """A table that reaches further back; an error if further back there is no open time."""
        settled = self.settled_us(forward=False)
        hopeless = settled is not None and not settled[1] and table.low <= settled[0]
        if hopeless or table.low <= self.low_us:
            self._refuse(at, table, forward=False)
        reach = max(2 * table.low - table.high, self.low_us)
        return self._grown(max(year_start(year_of(reach)), self.low_us), table.high)

    def _refuse(self, at: int, table: Table, *, forward: bool, searched: bool = True) -> NoReturn:
        """There is no answer: because the hours are never open again, or because it lies beyond what is known.

        *searched*: the table reaches as far as there is anything to find. Else it must not decide, or the error would
        depend on what was asked before.
        """
        settled = self.settled_us(forward=forward)
        where = f"{'after' if forward else 'before'} {iso(at)}"
        edge, limit = (self.high_us, LAST_US) if forward else (self.low_us, FIRST_US)
        seen = table.total - table.position(at) if forward else table.position(at)
        if settled is not None and not settled[1]:
            raise NeverOpen(f"these hours are not open long enough {where}", value=str(at), hint="give them a week with open days")
        if edge != limit:
            text = f"these hours are known only {'until' if forward else 'from'} {iso(edge)}"
            raise BeyondHorizon(text, value=str(at), hint="extend their validity, or let other hours follow with then()")
        if searched and not seen and abs(edge - at) > _ALL_CALENDARS and edge in {table.low, table.high}:
            raise NeverOpen(f"these hours are never open {where}", value=str(at), hint="give them days on which they meet")
        raise BeyondHorizon(f"the answer lies beyond {iso(edge)}", value=str(at), hint="ask for less time")

    def _grown(self, low: int, high: int) -> Table:
        # A snapshot is replaced, never changed: threads that grow it together do some work twice and agree on the result.
        table = self._table
        if table is NOTHING:
            spans = self.compiled_us(low, high)
        else:
            low, high = min(low, table.low), max(high, table.high)
            spans = table.spans()
            if low < table.low:
                spans = joined(self.compiled_us(low, table.low), spans)
            if high > table.high:
                spans = joined(spans, self.compiled_us(table.high, high))
        table = Table(low, high, spans, self.tz)
        object.__setattr__(self, "_table", table)
        return table

    def __reduce__(self) -> tuple[Any, ...]:
        given = {one.name: getattr(self, one.name) for one in fields(type(self)) if one.init}
        return (_rebuild, (type(self), given))


def _rebuild(kind: type[Timeline], given: dict[str, Any]) -> Timeline:
    return kind(**given)


def say_dates(hours: Timeline) -> str:
    """Which dates the hours cover, for the hint of an error."""
    return f"they cover {date.fromordinal(hours.first_day).isoformat()} to {date.fromordinal(hours.last_day).isoformat()}"


def whole(count: int) -> int:
    """*count* if it is a whole number of days within bounds."""
    if type(count) is not int or abs(count) > 200_000:
        raise BadValue("a number of days is a whole number, at most 200000", value=shorten(count))
    return count


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
