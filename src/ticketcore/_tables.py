"""Tables from what a field says to the rows it does not rule out, a row being one bit of an int. The index joins them with ``&``.

A table is made of `Uses`: what rows want of a field, or that they want the opposite. Rows that want nothing of it are never ruled
out. What a table says of a value is worked out when the value first comes by, and remembered for the next ticket.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from ticketcore._conditions import Condition
from ticketcore._fields import is_empty

MOST_VALUES: Final = 1_024  # that one table remembers
LONGEST_VALUE: Final = 64  # of a name that is remembered, in characters
MOST_NAMES: Final = 16  # of a set that is remembered
MOST_BOUNDS: Final = 1_024  # of numbers or instants that are told apart; with more of them some rows are decided otherwise

Answer = Callable[[Any], int]


# A lower and an upper bound, None where there is none, each with whether it is within.
Bounds = tuple[Any, bool, Any, bool]


class Uses:
    """What rows want of one side of one field; a row wants one thing of it at most."""

    __slots__ = ("bounded", "by_name", "positive", "rows")

    def __init__(self) -> None:
        self.rows: list[int] = []
        self.positive: list[int] = []  # those of the rows that do not want the opposite of what is said
        self.by_name: dict[Any, list[int]] = {}  # the rows that name each name
        self.bounded: list[tuple[int, Bounds, bool, Condition]] = []  # row, bounds, whether all but that, the test that says so

    def name(self, row: int, names: Iterable[Any], *, negated: bool) -> None:
        """A row wants one of *names*; without any, just what it is."""
        self.rows.append(row)
        if not negated:
            self.positive.append(row)
        by_name = self.by_name
        for name in names:
            rows = by_name.get(name)
            if rows is None:
                by_name[name] = [row]
            elif rows[-1] != row:  # a name may stand twice
                rows.append(row)

    def bound(self, row: int, bounds: Bounds, test: Condition, *, negated: bool) -> None:
        """A row wants a value within *bounds*."""
        self.rows.append(row)
        if not negated:
            self.positive.append(row)
        self.bounded.append((row, bounds, negated, test))


class Table(dict[Any, int]):
    """What a table has said so far, by value: asking again takes one look into a dict. Bounded, whatever values come."""

    __slots__ = ("_answer",)

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self._answer = answer

    def __missing__(self, value: Any) -> int:
        found = self._answer(value)
        if len(self) < MOST_VALUES and _is_small(value):
            self[value] = found
        return found


def _is_small(value: Any) -> bool:
    """Whether a value may be kept for long: what a customer wrote may be huge."""
    if isinstance(value, str):
        return len(value) <= LONGEST_VALUE
    if isinstance(value, frozenset | tuple):
        return len(value) <= MOST_NAMES and all(_is_small(item) for item in value)
    return True


def mask_of(rows: Sequence[int]) -> int:
    """The int with the bits of *rows*."""
    if len(rows) < 4:
        return sum([1 << row for row in rows])
    found = bytearray((max(rows) >> 3) + 1)
    for row in rows:
        found[row >> 3] |= 1 << (row & 7)
    return int.from_bytes(found, "little")


def rows_of(mask: int) -> list[int]:
    """The rows whose bits are in *mask*, in order."""
    if mask.bit_count() * 16 < mask.bit_length():
        found = []
        while mask:
            row = mask.bit_length() - 1
            mask ^= 1 << row
            found.append(row)
        found.reverse()
        return found
    return [row for row, bit in enumerate(reversed(bin(mask))) if bit == "1"]


def of_name(uses: Uses, everything: int) -> Answer:
    """For a field with one name (or number, or flag): which rows want that one."""
    base, by_name = everything ^ mask_of(uses.positive), uses.by_name

    def answer(name: Any) -> int:
        rows = by_name.get(name)
        return base if rows is None else base ^ mask_of(rows)  # ruled out by any other name, or by this one

    return answer


def of_set(uses: Uses, everything: int) -> Answer:
    """For a field with a set of names: which rows want one of them, or more."""
    base, by_name = everything ^ mask_of(uses.positive), uses.by_name
    wanted = frozenset(by_name)
    of_one = Table(lambda name: mask_of(by_name[name]))

    def answer(names: frozenset[Any] | tuple[Any, ...] | None) -> int:
        found = 0
        for name in wanted.intersection(names or ()):
            found |= of_one[name]  # a row that names two of them is turned once
        return base ^ found

    return answer


def of_presence(uses: Uses, everything: int) -> Answer:
    """For whether a field has a value at all: True for one."""
    wanting = mask_of(uses.positive)
    refusing = mask_of(uses.rows) ^ wanting
    return lambda given: everything ^ (refusing if given else wanting)


def of_order(uses: Uses, everything: int) -> tuple[Answer, list[tuple[int, Condition]]]:
    """For a number or an instant: which rows want a value within their bounds. Also the rows of which it cannot tell exactly.

    Every bound is a place, and so is every gap between two: what is ruled out at each is worked out beforehand, one from the other.
    """
    bounds = sorted({bound for _, (low, _, high, _), _, _ in uses.bounded for bound in (low, high) if bound is not None})
    kept = bounds[:: -(-len(bounds) // MOST_BOUNDS)] if len(bounds) > MOST_BOUNDS else bounds
    places = {bound: 2 * number + 1 for number, bound in enumerate(kept)}  # 0 is the gap before the first
    base = everything ^ mask_of(uses.positive)
    turned: list[list[int]] = [[] for _ in range(2 * len(kept) + 2)]
    unsure: list[tuple[int, Condition]] = []
    for row, (low, low_in, high, high_in), negated, test in uses.bounded:
        first = 0 if low is None else places.get(low) or 2 * bisect_left(kept, low)
        last = 2 * len(kept) if high is None else places.get(high) or 2 * bisect_left(kept, high)
        if (low is not None and first % 2 == 0) or (high is not None and last % 2 == 0):  # a bound that was not kept: in a gap
            unsure.append((row, test))
            if negated:  # what it wants would be ruled out in that gap
                continue
        first += first % 2 and not low_in
        last -= last % 2 and not high_in
        if first <= last:
            turned[first].append(row)
            turned[last + 1].append(row)
    at: list[int] = []
    mask = base
    for rows in turned:
        if rows:  # else the very same int, not another of its size
            mask ^= mask_of(rows)
        at.append(mask)

    def answer(value: Any) -> int:
        if value is None or value != value:  # noqa: PLR0124 - not a number: no comparison with it is true
            return base
        place = bisect_left(kept, value)
        return at[2 * place + 1 if place < len(kept) and kept[place] == value else 2 * place]

    return answer, unsure


def presence_of(read: Callable[[Any], Any]) -> Callable[[Any], bool]:
    """Whether a field has a value, as a function of the view."""
    return lambda view: not is_empty(read(view))
