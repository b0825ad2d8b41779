"""What a ticket remembers of its SLA clocks: targets, runs, cycles. `ticketcore.sla` decides, these only hold.

A cycle keeps when it started, the runs in which time counted and what they counted, never a due date: due, warnings and
breach are derived from these and the hours (docs/explanation/sla-clock.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from itertools import accumulate
from typing import Any, Final, NamedTuple

from attrs import field, frozen

from ticketcore._time import MAX_US, duration_us, iso, read_duration, say_duration
from ticketcore._values import DRAFTS
from ticketcore.errors import BadDuration, kind_name, shorten


@frozen
class Length:
    """A target that is a length of time, of business time or (*calendar*) of all time.

    >>> str(Length(14_400_000_000)), str(Length(60_000_000, True))
    ('4h', '1m calendar')
    """

    us: int
    calendar: bool = False

    def __str__(self) -> str:
        return say_duration(self.us) + (" calendar" if self.calendar else "")


@frozen
class Days:
    """The same wall time *count* dates on, in the zone of the hours.

    >>> str(Days(15))
    '15 days'
    """

    count: int

    def __str__(self) -> str:
        return f"{self.count} day" + ("" if self.count == 1 else "s")


@frozen
class WorkingDays:
    """The same wall time *count* working days on; with *end_of_day*, the closing of that day.

    >>> str(WorkingDays(2)), str(WorkingDays(1, True))
    ('2 working days', '1 working day, end of day')
    """

    count: int
    end_of_day: bool = False

    def __str__(self) -> str:
        plural = "" if self.count == 1 else "s"
        return f"{self.count} working day{plural}" + (", end of day" if self.end_of_day else "")


Target = Length | Days | WorkingDays

MOST_DAYS: Final = 36_525  # a hundred years


class Wording(NamedTuple):
    """What a text is to be that is read as a target, and the way out, in the words of its refusals."""

    what: str
    hint: str

    def refusal(self, message: str, given: object) -> BadDuration:
        """The refusal of what was given."""
        return BadDuration(message, value=shorten(given), hint=self.hint)


_TARGET: Final = Wording("target", 'write "4h", "4h calendar", "15 days", "3 working days" or "3 working days, end of day"')


def parse_target(value: str | timedelta | Target) -> Target:
    """A target from its text; a `timedelta` is a length of business time, a target is itself. ``str`` writes what this reads.

    Raises `BadDuration`.

    >>> [parse_target(text) for text in ("4h", "4h calendar", "15 days")]
    [Length(us=14400000000, calendar=False), Length(us=14400000000, calendar=True), Days(count=15)]
    >>> parse_target("3 working days"), parse_target("1 working day, end of day")
    (WorkingDays(count=3, end_of_day=False), WorkingDays(count=1, end_of_day=True))
    """
    return read_target(value, value, _TARGET)


def read_target(value: Any, given: object, words: Wording) -> Target:
    """As `parse_target`; refusals speak of *given*, of which *value* may be a part, in these *words*."""
    if isinstance(value, Length | Days | WorkingDays):
        return value
    if isinstance(value, timedelta):
        if value < timedelta(0):
            raise words.refusal(f"a {words.what} cannot be negative", given)
        return Length(duration_us(value))
    if not isinstance(value, str):
        raise words.refusal(f"a {words.what} is text, not {kind_name(value)}", given)
    if len(value) > 64:
        raise words.refusal(f"{shorten(given)} is no {words.what}", given)
    match value.split():
        case [count, "day" | "days"]:
            return Days(_count(count, given, words))
        case [count, "working", "day" | "days"]:
            return WorkingDays(_count(count, given, words))
        case [count, "working", "day," | "days,", "end", "of", "day"]:
            return WorkingDays(_count(count, given, words), end_of_day=True)
        case [*length, "calendar"]:
            return Length(_length(" ".join(length), given, words), calendar=True)
        case _:
            return Length(_length(value, given, words))


def _count(digits: str, given: object, words: Wording) -> int:
    if not (digits.isascii() and digits.isdecimal()) or len(digits) > 5 or int(digits) > MOST_DAYS:
        raise words.refusal(f"a {words.what} of days counts them in whole numbers", given)
    return int(digits)


def _length(text: str, given: object, words: Wording) -> int:
    us = read_duration(text)
    if us is None:
        raise words.refusal(f"{shorten(given)} is no {words.what}", given)
    if us > MAX_US:
        raise words.refusal(f"this {words.what} is longer than the supported time line", given)
    return us


def promise_key(target: Target | None, extension_us: int = 0) -> str:
    """The name a promise is remembered by: its target, and what it was extended by.

    >>> promise_key(Length(60_000_000), 60_000_000)
    '1m +1m'
    """
    return f"{target} +{say_duration(extension_us)}" if extension_us else str(target)


@frozen
class Run:
    """One closed stretch in which a clock ran: ``[start, end)``, the business time counted in it, and why it ended.

    >>> from ticketcore import AgentReplied, Created, Desk, Person
    >>> ticket = Desk().handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> ticket = Desk().handle(ticket, AgentReplied(at=60_000_000)).ticket
    >>> ticket.clocks["resolution"].cycle.runs
    (Run(start_us=1970-01-01T00:00:00Z, end_us=1970-01-01T00:01:00Z, counted_us=1m, why='answered', event='5/3', sum_us=1m),)
    """

    start_us: int = field(repr=iso)
    end_us: int = field(repr=iso)
    counted_us: int = field(repr=say_duration)
    why: str = ""  # the status that paused it, or "hours" when the hours changed
    event: str = ""  # the id of the event that ended it
    sum_us: int = field(default=0, repr=say_duration)  # counted in this run and all before it: what is sought in is sorted


@frozen(kw_only=True, weakref_slot=False)
class Cycle:
    """One turn of a metric's clock, from its start to its verdict.

    >>> from ticketcore import Created, Person, Resolved, load_desk
    >>> desk = load_desk({"sla": [{"name": "gold", "targets": {"resolution": "4h"}}]})
    >>> ticket = desk.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> cycle = ticket.clocks["resolution"].cycle
    >>> cycle.is_open, cycle.is_running, str(cycle.target)
    (True, True, '4h')
    >>> desk.handle(ticket, Resolved(at=60_000_000)).ticket.clocks["resolution"].cycle.verdict
    'met'
    """

    number: int
    started_us: int = field(repr=iso)
    runs: tuple[Run, ...] = ()
    run_us: int | None = field(default=None, repr=iso)  # start of the open run; None while paused or ended
    banked_us: int = field(default=0, repr=say_duration)  # counted in the closed runs
    cut: bool = False  # a run was counted on hours that hold no more
    policy: str | None = None
    target: Target | None = None
    hours: str = ""
    extension_us: int = 0
    warned: tuple[str, ...] = ()
    last_warned_us: int | None = field(default=None, repr=iso)  # when the last of them was given
    breached_us: int | None = field(default=None, repr=iso)  # the due instant of the breach that stands; None when loosened
    breaches: tuple[str, ...] = ()  # the targets for which a breach was recorded, for ever
    verdict: str | None = None  # met, late, cancelled, removed; untargeted when nothing was promised
    ended_us: int | None = field(default=None, repr=iso)
    due_us: int | None = field(default=None, repr=iso)  # of an ended cycle: when it was or would have been due
    desk: str = ""  # the fingerprint of the desk that judged it

    @property
    def is_open(self) -> bool:
        """Whether the cycle has not ended."""
        return self.verdict is None

    @property
    def is_running(self) -> bool:
        """Whether time counts just now."""
        return self.run_us is not None


def end_run(draft: Any, at_us: int, counted_us: int, why: str, event: str = "") -> None:
    """Close the open run of a cycle in the making, if it has one."""
    if draft.run_us is not None:
        banked = draft.banked_us + counted_us
        run = DRAFTS[Run](draft.run_us, at_us, counted_us, why, event, banked)
        run.__class__ = Run
        draft.runs = (*draft.runs, run)
        draft.banked_us, draft.run_us = banked, None


def cut_at(cycle: Cycle, at_us: int, counted_us: int, event: str = "") -> dict[str, Any]:
    """The changes that keep what was counted so far as it is, while from *at_us* on time counts on other hours."""
    if cycle.run_us is None:
        return {"cut": bool(cycle.runs)}
    ended = cycle_draft(cycle)
    end_run(ended, at_us, counted_us, "hours", event)
    return {"runs": ended.runs, "banked_us": ended.banked_us, "run_us": at_us, "cut": True}


def recounted(cycle: Cycle, counted: tuple[int, ...]) -> dict[str, Any]:
    """The changes that give every closed run what it counts on the hours that hold now."""
    return {"runs": summed(cycle.runs, counted), "banked_us": sum(counted), "cut": False}


def summed(runs: Iterable[Run], counted: Sequence[int]) -> tuple[Run, ...]:
    """The runs with what each counts, and what it counts together with those before it."""
    return tuple(
        Run(run.start_us, run.end_us, amount, run.why, run.event, total)
        for run, amount, total in zip(runs, counted, accumulate(counted), strict=True)
    )


class _CycleDraft:
    """A cycle in the making: the slots of `Cycle`, but mutable; ``draft.__class__ = Cycle`` ends that."""

    __slots__ = Cycle.__slots__  # type: ignore[attr-defined]  # attrs adds it


def cycle_draft(cycle: Cycle) -> Any:
    """`ticketcore._values.thawed` for a cycle, written out: in half the time (a test compares)."""
    new: Any = _CycleDraft()
    new.number = cycle.number
    new.started_us = cycle.started_us
    new.runs = cycle.runs
    new.run_us = cycle.run_us
    new.banked_us = cycle.banked_us
    new.cut = cycle.cut
    new.policy = cycle.policy
    new.target = cycle.target
    new.hours = cycle.hours
    new.extension_us = cycle.extension_us
    new.warned = cycle.warned
    new.last_warned_us = cycle.last_warned_us
    new.breached_us = cycle.breached_us
    new.breaches = cycle.breaches
    new.verdict = cycle.verdict
    new.ended_us = cycle.ended_us
    new.due_us = cycle.due_us
    new.desk = cycle.desk
    return new


def cycle_with(cycle: Cycle, /, **changes: Any) -> Cycle:
    """*cycle* with some fields changed."""
    new = cycle_draft(cycle)
    for name, value in changes.items():
        setattr(new, name, value)
    new.__class__ = Cycle
    return new  # type: ignore[no-any-return]  # a Cycle by now


@frozen(kw_only=True, weakref_slot=False)
class Clock:
    """A metric's clock on one ticket: the latest cycle, open or ended, and how the earlier ones ended.

    >>> from ticketcore import AgentReplied, Created, Person, load_desk
    >>> desk = load_desk({"sla": [{"name": "gold", "targets": {"first_reply": "4h"}}]})
    >>> ticket = desk.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> clock = desk.handle(ticket, AgentReplied(at=60_000_000)).ticket.clocks["first_reply"]
    >>> clock.cycles, clock.met, clock.late, clock.total_us
    (1, 1, 0, 60000000)
    """

    metric: str
    cycle: Cycle
    cycles: int = 1  # how many were opened
    met: int = 0
    late: int = 0
    cancelled: int = 0
    total_us: int = field(default=0, repr=say_duration)  # used by all ended cycles


class _ClockDraft:
    """A clock in the making, as `_CycleDraft` is a cycle."""

    __slots__ = Clock.__slots__  # type: ignore[attr-defined]  # attrs adds it


def clock_draft(clock: Clock) -> Any:
    """`ticketcore._values.thawed` for a clock, written out."""
    new: Any = _ClockDraft()
    new.metric = clock.metric
    new.cycle = clock.cycle
    new.cycles = clock.cycles
    new.met = clock.met
    new.late = clock.late
    new.cancelled = clock.cancelled
    new.total_us = clock.total_us
    return new


def clock_with(clock: Clock, /, **changes: Any) -> Clock:
    """*clock* with some fields changed."""
    new = clock_draft(clock)
    for name, value in changes.items():
        setattr(new, name, value)
    new.__class__ = Clock
    return new  # type: ignore[no-any-return]  # a Clock by now
