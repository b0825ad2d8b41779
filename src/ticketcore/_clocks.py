"""What a ticket remembers of its SLA clocks: targets, runs, cycles. `ticketcore.sla` decides, these only hold.

A cycle keeps when it started, the runs in which time counted and what they counted, never a due date: due, warnings and
breach are derived from these and the hours (docs/explanation/sla-clock.md).
"""

from __future__ import annotations

from attrs import field, frozen

from ticketcore._time import iso, say_duration


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


@frozen
class Run:
    """One closed stretch in which a clock ran: ``[start, end)``, the business time counted in it, and why it ended."""

    start_us: int = field(repr=iso)
    end_us: int = field(repr=iso)
    counted_us: int = field(repr=say_duration)
    why: str = ""  # the status that paused it, or "hours" when the hours changed
    event: str = ""  # the id of the event that ended it


@frozen(kw_only=True)
class Cycle:
    """One turn of a metric's clock, from its start to its verdict."""

    number: int
    started_us: int = field(repr=iso)
    runs: tuple[Run, ...] = ()
    run_us: int | None = field(default=None, repr=iso)  # start of the open run; None while paused or ended
    banked_us: int = field(default=0, repr=say_duration)  # counted in the closed runs
    policy: str | None = None
    target: Target | None = None
    hours: str = ""
    extension_us: int = 0
    warned: tuple[str, ...] = ()
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


@frozen(kw_only=True)
class Clock:
    """A metric's clock on one ticket: the latest cycle, open or ended, and how the earlier ones ended."""

    metric: str
    cycle: Cycle
    cycles: int = 1  # how many were opened
    met: int = 0
    late: int = 0
    cancelled: int = 0
    total_us: int = field(default=0, repr=say_duration)  # used by all ended cycles
