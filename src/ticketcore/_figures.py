"""The figures of a group of tickets, and what each of them means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from attrs import frozen

from ticketcore._time import say_duration
from ticketcore._values import FrozenMap
from ticketcore.errors import counted

__all__ = ["DEFINITIONS", "Figures", "Spread", "say", "seconds", "share"]

DEFINITIONS: Final[Mapping[str, str]] = FrozenMap({
    "name": "the value that the tickets of this row have in common",
    "tickets": "how many tickets were created",
    "backlog": "neither resolved, closed nor removed (spam, deleted, purged) at the end",
    "resolved": "resolved or closed at the end",
    "removed": "spam, deleted or purged at the end",
    "resolution_rate": "resolved among the tickets that were not removed",
    "ever_resolved": "resolved or closed at some instant, whatever became of them",
    "reopened": "of those, reopened at least once",
    "reopen_rate": "reopened among ever_resolved",
    "one_touch": "resolved with a single agent reply and never reopened: resolved at first contact",
    "first_contact_rate": "one_touch among resolved",
    "deflected": "resolved after an article was suggested, without any agent's reply",
    "escalated": "raised to a level of attention at least once, by a person or a rule",
    "escalation_rate": "escalated among tickets",
    "transfers": "how often a ticket went from one group to another",
    "reassignments": "how often a ticket went from one agent to another",
    "replies": "public replies of agents",
    "rated": "tickets that the customer rated",
    "rating_mean": "the mean of the last ratings",
    "breached": "promises that were broken at some instant, whatever became of them",
    "met": "finished promises that were kept, as their clocks said, in the hours of the promise",
    "late": "finished promises that were not kept",
    "compliance": "met among met and late",
    "first_reply": "from the creation to the first public reply of an agent",
    "next_reply": "from the oldest customer message without an answer to the agent's reply, first replies excluded; one value a reply",
    "handling": "of resolved tickets: the time in which it was the help desk's turn (statuses of the categories new and open)",
    "resolution": "of resolved tickets: from the creation to the last resolution, or closing without one",
})  # fmt: skip
_DURATIONS: Final = ("first_reply", "next_reply", "handling", "resolution")


@frozen(kw_only=True)
class Spread:
    """How a set of durations lies: how many, and their median and 90th percentile (the nearest rank; None of nothing).

    >>> Spread.of(range(1, 101)), Spread.of([])
    (Spread(count=100, median_us=50, p90_us=90), Spread(count=0, median_us=None, p90_us=None))
    """

    count: int
    median_us: int | None
    p90_us: int | None

    @classmethod
    def of(cls, values: Iterable[int]) -> Spread:
        """The spread of *values*.

        >>> Spread.of([5, 1, 9])
        Spread(count=3, median_us=5, p90_us=9)
        """
        ranked = sorted(values)
        return cls(count=len(ranked), median_us=_rank(ranked, 50), p90_us=_rank(ranked, 90))


def _rank(ranked: list[int], percent: int) -> int | None:
    """The nearest-rank percentile: the smallest value that at least *percent* of all values do not exceed."""
    return ranked[-(-len(ranked) * percent // 100) - 1] if ranked else None


NOTHING: Final = Spread.of(())


@frozen(kw_only=True)
class Figures:
    """The figures of one group of tickets; `DEFINITIONS` says what each means.

    ``first_reply``, ``next_reply``, ``handling`` and ``resolution`` are spreads of calendar time; ``business`` holds the same four in
    the hours of the report, and is empty when it was given none. A ticket is counted under the values it has at the end.

    >>> from ticketcore import AgentReplied, Created, Desk, Resolved
    >>> from ticketcore.replay import replay
    >>> from ticketcore.report import report
    >>> history = [Created(at=0, ticket="T-1"), AgentReplied(at=60_000_000, ticket="T-1"), Resolved(at=120_000_000, ticket="T-1")]
    >>> figures = report(replay(Desk(), history)).total()
    >>> figures.resolution_rate, figures.first_contact_rate, figures.first_reply.median_us, figures.compliance
    (1.0, 1.0, 60000000, None)
    >>> figures.row()["first_reply_median_s"]
    60.0
    >>> figures.reopen_rate, figures.escalation_rate, figures.rating_mean
    (0.0, 0.0, None)
    >>> print(figures)
    all: 1 ticket, 0 open, 1 resolved, 0 removed
      first reply: 1m (median of 1)
      handling: 1m (median of 1)
      resolution: 2m (median of 1)
      resolved at first contact: 100.0%
      reopened: 0.0%
      escalated: 0.0%
    """

    name: str
    tickets: int
    backlog: int
    resolved: int
    removed: int
    ever_resolved: int
    reopened: int
    one_touch: int
    escalated: int
    transfers: int
    breached: int
    met: int
    late: int
    first_reply: Spread
    resolution: Spread
    deflected: int = 0
    reassignments: int = 0
    replies: int = 0
    rated: int = 0
    rating_sum: int = 0
    next_reply: Spread = NOTHING
    handling: Spread = NOTHING
    business: FrozenMap[str, Spread] = FrozenMap()

    @property
    def resolution_rate(self) -> float | None:
        """The share of the tickets that were not removed which is resolved or closed, 0 to 1; None of nothing."""
        return share(self.resolved, self.tickets - self.removed)

    @property
    def compliance(self) -> float | None:
        """The share of finished promises that were kept, 0 to 1; None if none finished."""
        return share(self.met, self.met + self.late)

    @property
    def reopen_rate(self) -> float | None:
        """The share of ever resolved tickets that were reopened; None if none was resolved."""
        return share(self.reopened, self.ever_resolved)

    @property
    def escalation_rate(self) -> float | None:
        """The share of tickets that were escalated; None if there are none."""
        return share(self.escalated, self.tickets)

    @property
    def first_contact_rate(self) -> float | None:
        """The share of resolved tickets that were resolved with a single agent reply and never reopened; None if none is resolved."""
        return share(self.one_touch, self.resolved)

    @property
    def rating_mean(self) -> float | None:
        """The mean of the customers' last ratings; None if nobody rated."""
        return share(self.rating_sum, self.rated)

    def __str__(self) -> str:
        shares = (
            ("promises kept", self.compliance), ("resolved at first contact", self.first_contact_rate), ("reopened", self.reopen_rate),
            ("escalated", self.escalation_rate),
        )  # fmt: skip
        lines = [
            f"{self.name}: {counted(self.tickets, 'ticket')}, {self.backlog:,} open, {self.resolved:,} resolved, {self.removed:,} removed",
            *(f"{name.replace('_', ' ')}: {say(spread.median_us)} (median of {spread.count:,})"
              for name in _DURATIONS if (spread := getattr(self, name)).count),
            *(f"{what}: {value:.1%}" for what, value in shares if value is not None),
        ]  # fmt: skip
        return "\n  ".join(lines)

    def row(self) -> dict[str, Any]:
        """The figures as a flat row of plain data: durations in seconds, those in business time under ``..._business_...``."""
        row = {name: getattr(self, name) for name in DEFINITIONS if name not in _DURATIONS}
        for name in _DURATIONS:
            spread: Spread = getattr(self, name)
            row[f"{name}_median_s"], row[f"{name}_p90_s"] = seconds(spread.median_us), seconds(spread.p90_us)
        for name in _DURATIONS:
            spread = self.business.get(name, NOTHING)
            row[f"{name}_business_median_s"], row[f"{name}_business_p90_s"] = seconds(spread.median_us), seconds(spread.p90_us)
        return row


def share(part: int, whole: int) -> float | None:
    """*part* of *whole*; None of nothing."""
    return part / whole if whole else None


def seconds(us: int | None) -> float | None:
    """Microseconds as seconds."""
    return None if us is None else us / 1_000_000


def say(us: int | None) -> str:
    """A duration for a table, to the minute; a dash for none.

    >>> say(5_430_000_000), say(None)
    ('1h 30m', '-')
    """
    if us is None:
        return "-"
    return say_duration(us // 60_000_000 * 60_000_000) if us >= 60_000_000 else "<1m"
