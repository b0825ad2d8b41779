"""Business hours over whole columns at once, with numpy (extra ``batch``): millions of elapsed times and deadlines.

The answers are those of `ticketcore.hours.Hours`, to the microsecond. Columns are int64 microseconds since the epoch, as the library
counts them, or ``datetime64`` in UTC; what comes out is of the same kind. One `Batch` compiles the hours for a stretch of time and is
asked many times; it never changes, so threads may share it.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from attrs import field, frozen

from ticketcore._time import iso
from ticketcore.errors import BadValue, BeyondHorizon, NotAnInstant, shorten
from ticketcore.hours import Hours

__all__ = ["Batch", "add", "elapsed"]

_MOST_SLOTS: Final = 1 << 22  # 4 million slots are 64 MB: beyond that the spans are searched
_Column = Any  # an array, or what numpy makes one of


@frozen(eq=False)
class _Slots:
    """The open time before each slot of one width, and whether the slot is open: every opening and closing lies between two slots."""

    base_us: int
    width: int
    before: Any
    is_open: Any


@frozen(eq=False)
class Batch:
    """Hours compiled for ``[low_us, high_us]``. Asking about an instant outside raises `BeyondHorizon`.

    >>> from datetime import datetime, timedelta
    >>> from ticketcore import BusinessHours
    >>> weekdays = BusinessHours(zone="UTC", week={"mon-fri": ["09:00-17:00"]})
    >>> batch = Batch.of(weekdays, "2026-01-01", "2027-01-01")
    >>> starts = np.array(["2026-11-20T16:00", "2026-11-21T12:00"], dtype="datetime64[m]")  # a Friday and a Saturday
    >>> ends = np.array(["2026-11-23T10:00", "2026-11-23T09:30"], dtype="datetime64[m]")
    >>> batch.elapsed(starts, ends).astype("timedelta64[m]").tolist() == [timedelta(hours=2), timedelta(minutes=30)]
    True
    >>> batch.add(starts, 2 * 3_600_000_000).astype("datetime64[m]").tolist() == [datetime(2026, 11, 23, 10), datetime(2026, 11, 23, 11)]
    True
    >>> batch.is_open(starts).tolist()
    [True, False]
    """

    hours: Hours
    low_us: int = field(repr=iso)
    high_us: int = field(repr=iso)
    _starts: Any = field(repr=False)
    _ends: Any = field(repr=False)
    _before: Any = field(repr=False)  # the open time before each span, and in all
    _slots: _Slots | None = field(repr=False)

    @classmethod
    def of(cls, hours: Hours, low: Any, high: Any) -> Batch:
        """Compile *hours* for the instants from *low* to *high*: ints, or what ``datetime64`` reads, in UTC.

        Raises `BeyondHorizon` where the hours are not known.
        """
        low_us, high_us = int(_column(low)[0]), int(_column(high)[0])
        end_us = max(min(high_us + 1, hours.high_us), high_us)  # the last instant may be open, too
        spans = np.array(list(hours.spans_us(low_us, end_us)), dtype=np.int64).reshape(-1, 2)
        starts, ends = spans[:, 0].copy(), spans[:, 1].copy()
        before = np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(ends - starts)))
        return cls(hours, low_us, high_us, starts, ends, before, _slots_of(low_us, high_us, starts, ends))

    def elapsed(self, starts: _Column, ends: _Column) -> Any:
        """The open time between each start and its end; negative where the end is earlier. ``timedelta64[us]`` for ``datetime64``."""
        one, other = _column(starts), _column(ends)
        found = self._position(other) - self._position(one)
        return found.astype("timedelta64[us]") if _is_dated(starts) else found

    def add(self, starts: _Column, amount_us: Any) -> Any:
        """The earliest instants by which *amount_us* of open time has passed: one amount for all, or a column of them.

        Raises `BeyondHorizon` where that lies after the stretch compiled, and `BadValue` for a negative amount.
        """
        one = _column(starts)
        amounts = np.asarray(amount_us, dtype=np.int64)
        if (amounts < 0).any():
            raise BadValue("an amount of open time cannot be negative", value=shorten(int(amounts.min())))
        wanted = self._position(one) + amounts
        if wanted.size and wanted.max() > self._before[-1]:
            raise BeyondHorizon(f"an answer lies beyond {iso(self.high_us)}", value=iso(self.high_us), hint="compile a longer stretch")
        row = np.searchsorted(self._before, wanted, side="left") - 1
        row = np.maximum(row, 0)
        found = np.where(amounts > 0, wanted - self._before[row] + self._starts[row], one) if self._starts.size else one.copy()
        return found.view("datetime64[us]") if _is_dated(starts) else found

    def is_open(self, at: _Column) -> Any:
        """Whether the hours are open, for each instant."""
        moments = self._checked(_column(at))
        if moments.size and moments.max() >= self.hours.high_us:
            raise BeyondHorizon(f"these hours are known only until {iso(self.hours.high_us)}", value=iso(self.hours.high_us))
        row = np.searchsorted(self._starts, moments, side="right") - 1
        return (row >= 0) & (moments < self._ends[row]) if self._ends.size else np.zeros(moments.shape, dtype=bool)

    def _position(self, at: Any) -> Any:
        """The open time from the beginning of the stretch to each instant."""
        at = self._checked(at)
        if self._slots is not None:
            slots = self._slots
            rest = at - slots.base_us
            slot = rest // slots.width
            rest -= slot * slots.width
            rest *= slots.is_open[slot]
            rest += slots.before[slot]
            return rest
        return self._searched(at)

    def _searched(self, at: Any) -> Any:
        """The plain definition of `_position`: the span that began last, and what is over of it."""
        row = np.searchsorted(self._starts, at, side="right")
        if not self._starts.size:
            return np.zeros(at.shape, dtype=np.int64)
        last = np.maximum(row - 1, 0)
        used = np.minimum(at, self._ends[last]) - self._starts[last]
        return np.where(row > 0, self._before[last] + used, 0)

    def _checked(self, at: Any) -> Any:
        if at.size and (at.min() < self.low_us or at.max() > self.high_us):
            out = int(at.min()) if at.min() < self.low_us else int(at.max())
            known = f"{iso(self.low_us)} to {iso(self.high_us)}"
            raise BeyondHorizon(f"{out} lies outside the stretch compiled", value=str(out), hint=f"it is {known}; compile a longer one")
        return at


def elapsed(hours: Hours, starts: _Column, ends: _Column) -> Any:
    """`Batch.elapsed` for the stretch that these columns span.

    >>> from ticketcore import BusinessHours
    >>> office = BusinessHours(zone="UTC", week={"mon-fri": ["09:00-17:00"]})
    >>> fridays, mondays = (np.array([day, day], dtype="datetime64[h]") for day in ("2026-11-20T16", "2026-11-23T10"))
    >>> elapsed(office, fridays, mondays).astype("timedelta64[m]").astype(int).tolist()
    [120, 120]
    """
    return _spanning(hours, starts, ends).elapsed(starts, ends)


def add(hours: Hours, starts: _Column, amount_us: Any) -> Any:
    """`Batch.add`, compiled as far as the longest answer may lie. Raises `NeverOpen` or `BeyondHorizon` as `Hours.add` does.

    >>> from ticketcore import BusinessHours
    >>> office = BusinessHours(zone="UTC", week={"mon-fri": ["09:00-17:00"]})
    >>> starts = np.array(["2026-11-20T16", "2026-11-21T12"], dtype="datetime64[h]")  # a Friday and a Saturday
    >>> [str(due) for due in add(office, starts, 2 * 3_600_000_000).astype("datetime64[m]")]
    ['2026-11-23T10:00', '2026-11-23T11:00']
    """
    column = _column(starts)
    if not column.size:
        return Batch.of(hours, 0, 0).add(starts, amount_us)
    amounts = np.asarray(amount_us, dtype=np.int64)
    furthest = hours.add_us(int(column.max()), max(int(amounts.max()), 0))
    return Batch.of(hours, column.min(), max(furthest, column.max())).add(starts, amount_us)


def _spanning(hours: Hours, *columns: _Column) -> Batch:
    known = [column for one in columns if (column := _column(one)).size]
    if not known:
        return Batch.of(hours, 0, 0)
    return Batch.of(hours, min(column.min() for column in known), max(column.max() for column in known))


def _is_dated(value: _Column) -> bool:
    return np.asarray(value).dtype.kind == "M"


def _column(value: _Column) -> Any:
    """A column of int64 microseconds since the epoch. Raises `NotAnInstant`."""
    array = np.atleast_1d(np.asarray(value, dtype="datetime64") if isinstance(value, str) else np.asarray(value))
    if array.dtype.kind == "M":
        if np.isnat(array).any():
            raise NotAnInstant("a column of instants holds NaT", value="NaT", hint="leave out what has no instant")
        return array.astype("datetime64[us]").view(np.int64)
    if array.dtype.kind == "i" or (array.size == 0 and array.dtype.kind == "f"):
        return array.astype(np.int64, copy=False)
    message = f"a column of instants is int64 microseconds or datetime64 in UTC, not {array.dtype}"
    raise NotAnInstant(message, value=str(array.dtype), hint="convert it first")


def _slots_of(low: int, high: int, starts: Any, ends: Any) -> _Slots | None:
    """Slots as wide as all openings and closings allow, from the last such edge at or before *low* on; None where there are too many."""
    edges = np.concatenate((starts, ends))
    edges = edges[(edges > low) & (edges <= high)]
    if not edges.size:
        return None
    width = int(np.gcd.reduce(edges - edges[0])) or max(high - low, 1)
    first = int(edges[0])
    base = first - -(-(first - low) // width) * width
    count = (high - base) // width + 1
    if count > _MOST_SLOTS:
        return None
    is_open = np.zeros(count + 1, dtype=np.int64)
    np.add.at(is_open, (starts - base) // width, 1)
    np.add.at(is_open, -(-(ends - base) // width), -1)
    is_open = np.cumsum(is_open)[:count]
    # What comes before *low* in its slot is taken off, so that every position counts from *low*.
    before = np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(is_open * width)[:-1])) - (low - base) * is_open[0]
    return _Slots(base, width, before, is_open)
