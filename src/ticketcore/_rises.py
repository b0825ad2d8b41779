"""Time makes conditions flip without events: when a condition next becomes true, exactly, by leaping from flip to flip.

A time test is true in one interval (`interval`) or follows business hours; between flips nothing changes. So the first
instant at which a condition has a wanted value is found by the shape of the condition: for *all of* each part is asked in turn
until all agree, for *any of* the earliest part wins, *not* asks for the opposite. No instant is tried in vain.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, assert_never

from attrs import field, frozen

from ticketcore._clocks import Length, WorkingDays
from ticketcore._conditions import FALSE, TRUE, AllOf, AnyOf, Changed, Condition, InHours, Not, Since, Sla, Test, Until
from ticketcore._fields import ClockReading, View, Vocabulary
from ticketcore._time import DAY_US, EPOCH_ORDINAL, MAX_US, duration_us, from_us, iso, load_zone, offset_us, wall_us, zone_offsets
from ticketcore.errors import BeyondHorizon, NeverOpen, OutOfRange
from ticketcore.hours import Always, Hours

NEVER: Final = 1 << 80  # later than any instant
EVER: Final = -NEVER
TWO_YEARS_US: Final = 730 * DAY_US
_UNANSWERED: Final = (NeverOpen, BeyondHorizon, OutOfRange)

Holds = Callable[[View], bool]


class Search:
    """One search: where it ends, and what is known of the parts that time has no say in, each asked once."""

    __slots__ = ("horizon_us", "known")

    def __init__(self, horizon_us: int) -> None:
        self.horizon_us = horizon_us
        self.known: dict[object, bool] = {}


# (view, from, search, wanted) -> the first instant from there on with that value; past the horizon only a lower bound
First = Callable[[View, int, Search, bool], int]
_YES: Final = True  # the two values that are wanted, by name
_NO: Final = False


# --- when a test is true -----------------------------------------------------------------------------------------------


def interval(test: Since | Until | Sla, view: View) -> tuple[int, int] | None:
    """Where a time test is true while nothing happens: ``[low, high)``; None: nowhere."""
    match test:
        case Since():
            return _since(test, view)
        case Until():
            return _until(test, view)
        case Sla():
            reading = view.clock(test.metric)
            return None if reading is None else _sla(test, reading)
        case _:
            assert_never(test)


Where = Callable[[View], "tuple[int, int] | None"]


def plainly(test: Since | Until | Sla) -> Where:
    """`interval` as a function of the view alone."""
    return lambda view: interval(test, view)


def remembering(test: Since | Until | Sla, vocabulary: Vocabulary) -> Where:
    """`interval` for the desk with this vocabulary: while the instant it counts from stays the same, so does the answer."""
    if isinstance(test, Sla):
        return plainly(test)
    read = vocabulary.field(test.of).read
    if isinstance(test.span, Length) and test.span.calendar:
        return _calendar_since(test, test.span.us, read) if isinstance(test, Since) else _calendar_until(test, test.span.us, read)
    if isinstance(test, Since) and test.op in {"at_least", "above"} and isinstance(test.span, Length):
        hours = vocabulary.hours_of(test.hours)
        if isinstance(hours, Always):
            return _around_the_clock(read, test.span.us + (test.op == "above"))
    last: list[tuple[int, tuple[int, int] | None]] = []  # replaced as a whole, so that threads may share it

    def where(view: View) -> tuple[int, int] | None:
        origin: int | None = read(view)
        if origin is None:
            return None
        if last and (known := last[0])[0] == origin:
            return known[1]
        found = interval(test, view)
        last[:] = [(origin, found)]
        return found

    return where


def _calendar_since(test: Since, span_us: int, read: Callable[[View], int | None]) -> Where:
    """`_since` of all time: two additions, nothing worth remembering."""
    least, reached_us = test.op in {"at_least", "above"}, span_us + (test.op in {"above", "at_most"})

    def where(view: View) -> tuple[int, int] | None:
        origin = read(view)
        if origin is None:
            return None
        return (origin + reached_us, NEVER) if least else (origin, origin + reached_us)

    return where


def _around_the_clock(read: Callable[[View], int | None], span_us: int) -> Where:
    """`_since` at least a span on hours that never close: as of all time, but that they end with the years."""

    def where(view: View) -> tuple[int, int] | None:
        origin = read(view)
        if origin is None:
            return None
        low = origin + span_us
        return (low if low <= MAX_US else NEVER, NEVER)

    return where


def _calendar_until(test: Until, span_us: int, read: Callable[[View], int | None]) -> Where:
    """`_until` of all time."""
    most, near_us = test.op in {"at_most", "below"}, span_us - (test.op in {"below", "at_least"})

    def where(view: View) -> tuple[int, int] | None:
        end = read(view)
        if end is None:
            return None
        return (end - near_us, end + 1) if most else (EVER, min(end - near_us, end + 1))

    return where


def _since(test: Since, view: View) -> tuple[int, int] | None:
    origin: int | None = view.vocabulary.field(test.of).read(view)
    if origin is None:
        return None
    reached = _reached(test, view.hours(test.hours), origin, strictly=test.op in {"above", "at_most"})
    return (max(origin, reached), NEVER) if test.op in {"at_least", "above"} else (origin, reached)


def _reached(test: Since, hours: Hours, origin: int, *, strictly: bool) -> int:
    """The first instant at which at least (strictly: more than) the span has passed since *origin*."""
    span = test.span
    if isinstance(span, Length):
        if span.calendar:
            return origin + span.us + strictly
        try:
            return hours.add_us(origin, span.us + strictly)
        except _UNANSWERED:
            return NEVER
    try:
        if isinstance(span, WorkingDays):
            return hours.add_working_days_us(origin, span.count, end_of_day=span.end_of_day) + strictly
        return hours.add_days_us(origin, span.count) + strictly
    except _UNANSWERED:
        return NEVER


def _until(test: Until, view: View) -> tuple[int, int] | None:
    end: int | None = view.vocabulary.field(test.of).read(view)
    if end is None:
        return None
    near = _near(test, view.hours(test.hours), end, strictly=test.op in {"below", "at_least"})
    return (near, end + 1) if test.op in {"at_most", "below"} else (EVER, min(near, end + 1))


def _near(test: Until, hours: Hours, end: int, *, strictly: bool) -> int:
    """The first instant from which no more (strictly: less) than the span is left until *end*."""
    span = test.span
    if isinstance(span, Length):
        if span.calendar:
            return end - span.us + strictly
        more = span.us + (not strictly)
        try:
            return hours.subtract_us(end, more) + 1 if more else end + 1
        except _UNANSWERED:
            return EVER
    try:
        if isinstance(span, WorkingDays):
            return hours.add_working_days_us(end, -span.count) + strictly
        return hours.add_days_us(end, -span.count) + strictly
    except _UNANSWERED:
        return EVER


def _sla(test: Sla, reading: ClockReading) -> tuple[int, int] | None:
    due = reading.due_us
    if test.op == "used_at_least":
        reached = reading.reaches_us(test.value)
        return None if reached is None else (reached, NEVER)
    if test.op == "due_within":
        return None if due is None or not reading.is_open else (due - duration_us(test.value), due)
    state = reading.state
    if not reading.is_open or due is None:
        return (EVER, NEVER) if state == test.value else None
    if test.value == "breached":
        return due, NEVER
    if state == "breached":  # asked about an instant before the reading's own
        state = "running" if reading.is_running else "paused"
    return (EVER, due) if state == test.value else None


def in_hours(test: InHours, view: View, at_us: int) -> bool:
    """Whether the hours are in that state at *at_us*; where they do not reach, they are closed and there is no holiday."""
    hours = view.hours(test.hours)
    try:
        found = hours.is_holiday(at_us) if test.state == "holiday" else hours.is_open_us(at_us)
    except _UNANSWERED:
        found = False
    return found == (test.state != "closed")


def hours_flip(test: InHours, view: View, after_us: int) -> int:
    """An instant strictly after *after_us* up to which the test cannot change its value; `NEVER` if it never does again."""
    hours = view.hours(test.hours)
    try:
        if test.state == "holiday":
            return _next_date(hours, after_us)
        return hours.next_transition_us(after_us)[0]
    except _UNANSWERED:
        return NEVER


def _next_date(hours: Hours, after_us: int) -> int:
    """The next instant at which the date in the zone of the hours may change: midnight, or a change of the clock."""
    zone = load_zone(hours.zone)
    naive = after_us + offset_us(zone, after_us)
    midnight = wall_us(zone, naive // DAY_US + 1 + EPOCH_ORDINAL, 0)
    changes = [at for at, _ in zone_offsets(zone, from_us(after_us).year) if at > after_us]
    return min([at for at in (midnight, after_us - naive % DAY_US + DAY_US) if at > after_us] + changes)


# --- the first instant with a wanted value -----------------------------------------------------------------------------


def is_timed(condition: Condition) -> bool:
    """Whether time alone can change the value of *condition*.

    >>> from ticketcore.conditions import field, since
    >>> is_timed(field.tags.has("vip")), is_timed(field.tags.has("vip") & (since("created") >= "4h"))
    (False, True)
    """
    match condition:
        case AllOf(parts) | AnyOf(parts):
            return any(is_timed(part) for part in parts)
        case Not(part):
            return is_timed(part)
        case Since() | Until() | InHours() | Sla():
            return True
        case Test() | Changed():
            return False
        case _:
            assert_never(condition)


def first_of(condition: Condition, leaf: Callable[[Condition], Holds], timed: Callable[[Since | Until | Sla], Where] = plainly) -> First:
    """The function that finds the first instant with a wanted value.

    *leaf* gives the meaning of a condition without time tests, *timed* where a time test is true.
    """
    match condition:
        case AllOf(parts):
            return _all_first(_firsts(parts, AllOf, leaf, timed))
        case AnyOf(parts):
            return _opposite(_all_first(tuple(map(_opposite, _firsts(parts, AnyOf, leaf, timed)))))
        case Not(part):
            return _opposite(first_of(part, leaf, timed))
        case Since() | Until() | Sla():
            return _interval_first(timed(condition))
        case InHours():
            return _hours_first(condition)
        case Test() | Changed():
            return _static(leaf(condition))
        case _:
            assert_never(condition)


def _firsts(
    parts: tuple[Condition, ...], kind: type[AllOf | AnyOf], leaf: Callable[[Condition], Holds],
    timed: Callable[[Since | Until | Sla], Where],
) -> tuple[First, ...]:  # fmt: skip
    """The parts that time has no say in as one, then the others: however many they are, a search asks them once."""
    static: list[Condition] = []
    others: list[Condition] = []
    for part in parts:
        (others if is_timed(part) else static).append(part)
    first = [_static(leaf(kind(static)))] if static else []
    return (*first, *(first_of(part, leaf, timed) for part in others))


def _static(holds: Holds) -> First:
    def first(view: View, start: int, search: Search, wanted: bool) -> int:  # noqa: FBT001 - called by position, in a loop
        known = search.known.get(first)
        if known is None:
            known = search.known[first] = holds(view)
        return start if known == wanted else NEVER

    return first


def _opposite(first: First) -> First:
    return lambda view, start, search, wanted: first(view, start, search, not wanted)


def _all_first(parts: tuple[First, ...]) -> First:
    def first(view: View, start: int, search: Search, wanted: bool) -> int:  # noqa: FBT001 - as above
        if not wanted:  # one part that is false will do
            return min((part(view, start, search, _NO) for part in parts), default=NEVER)
        at, agreed, turn, horizon = start, 0, 0, search.horizon_us
        if at > horizon:  # nobody asks when they agree, but whether they ever can
            return max((part(view, at, search, _YES) for part in parts), default=at)
        while agreed < len(parts) and at <= horizon:
            later = parts[turn](view, at, search, _YES)
            agreed = agreed + 1 if later == at else 1
            at, turn = later, (turn + 1) % len(parts)
        return at

    return first


def _interval_first(ask: Where) -> First:
    def first(view: View, start: int, _search: Search, wanted: bool) -> int:  # noqa: FBT001 - as above
        where = ask(view)
        low, high = (NEVER, NEVER) if where is None else where
        inside = low <= start < high
        if inside == wanted:
            return start
        if inside:
            return high
        return low if start < low < high else NEVER

    return first


def _hours_first(test: InHours) -> First:
    def first(view: View, start: int, search: Search, wanted: bool) -> int:  # noqa: FBT001 - as above
        at, horizon = start, search.horizon_us
        while at <= horizon and in_hours(test, view, at) != wanted:
            at = hours_flip(test, view, at)
        return at

    return first


@frozen
class Rise:
    """The answer of a search: the condition becomes true at ``at_us``, or (not *found*) not before ``at_us``, the horizon.

    >>> from ticketcore.conditions import Vocabulary, next_rise, since
    >>> from ticketcore.model import Ticket
    >>> next_rise(since("created") >= "4h", View(Vocabulary(), Ticket(id="T-1"), 0))
    Rise(at_us=1970-01-01T04:00:00Z, found=True)
    >>> next_rise(since("created") >= "4h", View(Vocabulary(), Ticket(id="T-1"), 0), horizon_us=60_000_000)
    Rise(at_us=1970-01-01T00:01:00Z, found=False)
    """

    at_us: int = field(repr=iso)
    found: bool = True


def rise(first: First, holds: Holds, view: View, after_us: int, horizon_us: int) -> Rise | None:
    """The first instant strictly after *after_us* at which the condition becomes true; None: never."""
    start, search = after_us + 1, Search(horizon_us)
    if holds(view.at(after_us)):
        start = first(view, start, search, _NO)
    if start < NEVER:
        start = first(view, start, search, _YES)
    if start <= horizon_us:
        return Rise(start)
    return None if start >= NEVER else Rise(horizon_us, found=False)


def only_interval(condition: Condition) -> Since | Until | Sla | None:
    """The one time test of a condition that holds wherever it does and time has no say in the rest; None if it is not like that."""
    timed = [part for part in (condition.parts if isinstance(condition, AllOf) else (condition,)) if is_timed(part)]
    return timed[0] if len(timed) == 1 and isinstance(timed[0], Since | Until | Sla) else None


def rise_of(where: tuple[int, int] | None, after_us: int, horizon_us: int) -> Rise | None:
    """`rise` of a condition that is true ``[low, high)`` and nowhere else."""
    if where is None:
        return None
    low, high = where
    if low <= after_us or low >= min(high, NEVER):
        return None
    return Rise(low) if low <= horizon_us else Rise(horizon_us, found=False)


# --- the part that time has no say in ----------------------------------------------------------------------------------


def static_part(condition: Condition) -> Condition:
    """A condition without time tests that holds whenever *condition* can hold at any instant; often false when it cannot.

    >>> from ticketcore.conditions import field, say, since
    >>> say(static_part(field.tags.has("vip") & (since("created") >= "4h")))
    "tags has 'vip' and created is set"
    """
    return _bound(condition, upper=True)


def _bound(condition: Condition, *, upper: bool) -> Condition:
    match condition:
        case AllOf(parts):
            return _joined([_bound(part, upper=upper) for part in parts], AllOf, TRUE, FALSE)
        case AnyOf(parts):
            return _joined([_bound(part, upper=upper) for part in parts], AnyOf, FALSE, TRUE)
        case Not(part):
            inner = _bound(part, upper=not upper)
            return FALSE if inner == TRUE else TRUE if inner == FALSE else Not(inner)
        case Since(of=of) | Until(of=of):
            return Test(of, "is_set") if upper else FALSE
        case InHours() | Sla():
            return TRUE if upper else FALSE
        case Test() | Changed():
            return condition
        case _:
            assert_never(condition)


def _joined(parts: list[Condition], kind: type[AllOf | AnyOf], neutral: Condition, decisive: Condition) -> Condition:
    if decisive in parts:
        return decisive
    kept = tuple(part for part in parts if part != neutral)
    return kept[0] if len(kept) == 1 else kind(kept)
