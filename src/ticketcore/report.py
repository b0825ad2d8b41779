"""Figures out of histories: volume, backlog, first reply, resolution, service levels kept, reopenings, by any field of a ticket.

A `Report` is fed outcomes (or stored events with the ticket they led to) and gives plain rows, ready for a data frame. First
reply and resolution are calendar time; whether a promise was kept is what its clock said, in the hours of the promise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from attrs import frozen

from ticketcore._time import DAY_US, from_us, say_duration, to_us
from ticketcore.desk import Outcome
from ticketcore.errors import BadValue, UnknownName, shorten
from ticketcore.model import EventBase, Ticket

__all__ = ["Figures", "Report", "Spread", "report", "say"]

_DONE: Final = frozenset({"resolved", "closed", "removed"})  # categories outside the backlog
_A_MONDAY_US: Final = -3 * DAY_US  # 29 December 1969
_FIELDS: Final[Mapping[str, Callable[[Ticket], str]]] = {
    "priority": lambda ticket: ticket.priority,
    "group": lambda ticket: ticket.group or "",
    "channel": lambda ticket: ticket.channel,
    "assignee": lambda ticket: ticket.assignee or "",
    "status": lambda ticket: ticket.status,
    "policy": lambda ticket: ticket.policy or "",
    "tier": lambda ticket: ticket.requester.tier,
    "language": lambda ticket: ticket.language,
    "organisation": lambda ticket: ticket.requester.organisation,
}


@frozen(kw_only=True)
class Spread:
    """How a set of durations lies: how many, and their median and 90th percentile (the nearest rank; None of nothing)."""

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


@frozen(kw_only=True)
class Figures:
    """The figures of one group of tickets.

    ``backlog``: neither resolved, closed nor removed at the end. ``first_reply``: calendar time from creation to an agent's first
    public reply. ``resolution``: calendar time from creation to the last resolution (or closing without one), of tickets that are
    resolved or closed. ``met`` and ``late``: finished promises; ``breached``: promises broken at some instant, whatever became of
    them; ``compliance``: met among met and late. ``ever_resolved``: tickets that were resolved or closed at some instant,
    ``reopened``: those of them that were reopened at least once. ``one_touch``: resolved with a single agent reply and never
    reopened.
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

    @property
    def compliance(self) -> float | None:
        """The share of finished promises that were kept, 0 to 1; None if none finished."""
        return self.met / (self.met + self.late) if self.met + self.late else None

    @property
    def reopen_rate(self) -> float | None:
        """The share of ever resolved tickets that were reopened; None if none was resolved."""
        return self.reopened / self.ever_resolved if self.ever_resolved else None

    def row(self) -> dict[str, Any]:
        """The figures as a flat row of plain data, durations in seconds."""
        return {
            "name": self.name, "tickets": self.tickets, "backlog": self.backlog, "resolved": self.resolved, "removed": self.removed,
            "ever_resolved": self.ever_resolved, "reopened": self.reopened, "reopen_rate": self.reopen_rate,
            "one_touch": self.one_touch, "escalated": self.escalated, "transfers": self.transfers, "breached": self.breached,
            "met": self.met, "late": self.late, "compliance": self.compliance,
            "first_reply_median_s": _seconds(self.first_reply.median_us), "first_reply_p90_s": _seconds(self.first_reply.p90_us),
            "resolution_median_s": _seconds(self.resolution.median_us), "resolution_p90_s": _seconds(self.resolution.p90_us),
        }  # fmt: skip


def _seconds(us: int | None) -> float | None:
    return None if us is None else us / 1_000_000


class Report:
    """Collects a history and answers with figures. Feed it every outcome of a replay, or what a host stored.

    >>> from ticketcore import Created, Desk, Person
    >>> from ticketcore.replay import replay
    >>> found = report(replay(Desk(), [Created(at=0, ticket="T-1", by=Person(name="Ada"), channel="email")]))
    >>> found.by("channel")["email"].tickets
    1
    """

    def __init__(self) -> None:
        self.tickets: dict[str, Ticket] = {}
        self._breaches: dict[str, dict[str, int]] = {}  # ticket -> metric -> how many promises broke
        self._verdicts: dict[str, dict[tuple[str, int], str]] = {}  # ticket -> (metric, cycle) -> verdict
        self._fired: dict[str, int] = {}
        self._escalated: set[str] = set()
        self._cycle: dict[tuple[str, str], int] = {}
        self._resolutions: dict[str, int] = {}
        self._turns: dict[str, list[int]] = {}  # ticket -> when it left the backlog, came back, left again, ...

    def add(self, outcome: Outcome) -> None:
        """Take in one outcome."""
        self.add_stored(outcome.ticket, outcome.events)

    def add_stored(self, ticket: Ticket, events: Iterable[EventBase]) -> None:
        """Take in events, in order, and the ticket they led to."""
        self.tickets[ticket.id] = ticket
        for event in events:
            take = _TAKE.get(event.kind)
            if take is not None:
                take(self, ticket.id, event)

    def _started(self, ticket: str, event: Any) -> None:
        self._cycle[ticket, event.metric] = event.number

    def _stopped(self, ticket: str, event: Any) -> None:
        number = self._cycle.get((ticket, event.metric), 1)
        self._verdicts.setdefault(ticket, {})[event.metric, number] = event.verdict

    def _judged(self, ticket: str, event: Any) -> None:
        if event.verdict is not None:
            self._stopped(ticket, event)

    def _broke(self, ticket: str, event: Any) -> None:
        counts = self._breaches.setdefault(ticket, {})
        counts[event.metric] = counts.get(event.metric, 0) + 1

    def _rule(self, _ticket: str, event: Any) -> None:
        self._fired[event.rule] = self._fired.get(event.rule, 0) + 1

    def _raised(self, ticket: str, _event: Any) -> None:
        self._escalated.add(ticket)

    def _moved(self, ticket: str, event: Any) -> None:
        if event.category == "resolved" or (event.category == "closed" and event.was_category != "resolved"):
            self._resolutions[ticket] = event.at_us  # closing a resolved ticket resolves nothing anew
        if (event.category in _DONE) != (event.was_category in _DONE):
            self._turns.setdefault(ticket, []).append(event.at_us)

    # --- questions ---------------------------------------------------------------------------------------------------

    def total(self) -> Figures:
        """The figures of all tickets."""
        return self._figures("all", self.tickets.values())

    def by(self, field: str | Callable[[Ticket], str]) -> dict[str, Figures]:
        """The figures of each value of a field, sorted by value.

        Fields are priority, group, channel, assignee, status, policy, tier, language, organisation, ``tag`` (a ticket counts
        under each of its tags), ``month`` of creation (UTC), or any function of a ticket. Raises `UnknownName`.
        """
        groups: dict[str, list[Ticket]] = {}
        for ticket in self.tickets.values():
            for value in _values(field, ticket):
                groups.setdefault(value, []).append(ticket)
        return {value: self._figures(value, groups[value]) for value in sorted(groups)}

    def by_metric(self) -> dict[str, dict[str, int]]:
        """For each metric: how many finished promises were met, late, cancelled, and how many ever broke."""
        counts: dict[str, dict[str, int]] = {}
        for verdicts in self._verdicts.values():
            for (metric, _), verdict in verdicts.items():
                row = counts.setdefault(metric, {"met": 0, "late": 0, "cancelled": 0, "breached": 0})
                if verdict in row:
                    row[verdict] += 1
        for breaches in self._breaches.values():
            for metric, count in breaches.items():
                counts.setdefault(metric, {"met": 0, "late": 0, "cancelled": 0, "breached": 0})["breached"] += count
        return dict(sorted(counts.items()))

    def rules(self) -> dict[str, int]:
        """How often each rule fired, the busiest first."""
        return dict(sorted(self._fired.items(), key=lambda pair: (-pair[1], pair[0])))

    def backlog(self, at: Any) -> int:
        """How many tickets existed at an instant (a datetime or microseconds) and were not resolved, closed or removed at it."""
        at_us = to_us(at)
        return sum(1 for ticket in self.tickets.values() if ticket.created_us <= at_us and self._open_at(ticket, at_us))

    def _open_at(self, ticket: Ticket, at_us: int) -> bool:
        return sum(turn <= at_us for turn in self._turns.get(ticket.id, ())) % 2 == 0

    def volume(self, *, days: int = 1) -> dict[str, int]:
        """How many tickets were created in each period of so many days (UTC), named by its first date; empty periods are left out.

        Periods are counted from a Monday, so that those of seven days are calendar weeks. Raises `BadValue` for less than a day.
        """
        if days < 1:
            raise BadValue("a period is at least one day", value=shorten(days))
        counts: dict[int, int] = {}
        for ticket in self.tickets.values():
            period = (ticket.created_us - _A_MONDAY_US) // (DAY_US * days)
            counts[period] = counts.get(period, 0) + 1
        return {from_us(period * DAY_US * days + _A_MONDAY_US).to_date_string(): counts[period] for period in sorted(counts)}

    def rows(self, *fields: str) -> list[dict[str, Any]]:
        """All figures as flat rows: one for all tickets, then one for each value of each field, ready for a data frame."""
        rows = [{"by": "all", **self.total().row()}]
        for field in fields:
            rows.extend({"by": field, **figures.row()} for figures in self.by(field).values())
        return rows

    def _figures(self, name: str, tickets: Iterable[Ticket]) -> Figures:
        group = list(tickets)
        finished = [ticket for ticket in group if ticket.category in ("resolved", "closed")]
        verdicts = [verdict for ticket in group for verdict in self._verdicts.get(ticket.id, {}).values()]
        return Figures(
            name=name, tickets=len(group), resolved=len(finished), removed=sum(ticket.category == "removed" for ticket in group),
            backlog=sum(ticket.category not in ("resolved", "closed", "removed") for ticket in group),
            ever_resolved=sum(ticket.id in self._resolutions for ticket in group), reopened=sum(ticket.reopens > 0 for ticket in group),
            one_touch=sum(ticket.agent_replies == 1 and not ticket.reopens for ticket in finished),
            escalated=sum(ticket.id in self._escalated for ticket in group), transfers=sum(ticket.transfers for ticket in group),
            breached=sum(sum(self._breaches.get(ticket.id, {}).values()) for ticket in group),
            met=verdicts.count("met"), late=verdicts.count("late"),
            first_reply=Spread.of(
                ticket.first_agent_reply_us - ticket.created_us for ticket in group if ticket.first_agent_reply_us is not None
            ),
            resolution=Spread.of(self._resolutions[ticket.id] - ticket.created_us for ticket in finished if ticket.id in self._resolutions),
        )  # fmt: skip


_TAKE: Final[Mapping[str, Callable[[Report, str, Any], None]]] = {
    "clock_started": Report._started,
    "clock_stopped": Report._stopped,
    "retargeted": Report._judged,
    "breached": Report._broke,
    "rule_fired": Report._rule,
    "escalated": Report._raised,
    "status_changed": Report._moved,
}


def _values(field: str | Callable[[Ticket], str], ticket: Ticket) -> Iterable[str]:
    if not isinstance(field, str):
        return (field(ticket),)
    if field == "tag":
        return sorted(ticket.tags)
    if field == "month":
        return (ticket.created.to_date_string()[:7],)
    read = _FIELDS.get(field)
    if read is None:
        raise UnknownName(f"no report by {field!r}", value=field, hint=f"by {', '.join(_FIELDS)}, tag, month, or a function of a ticket")
    return (read(ticket),)


def report(outcomes: Iterable[Outcome]) -> Report:
    """The report of a replay, or of any outcomes in order."""
    collected = Report()
    for outcome in outcomes:
        collected.add(outcome)
    return collected


def say(us: int | None) -> str:
    """A duration for a table, to the minute; a dash for none.

    >>> say(5_430_000_000), say(None)
    ('1h 30m', '-')
    """
    if us is None:
        return "-"
    return say_duration(us // 60_000_000 * 60_000_000) if us >= 60_000_000 else "<1m"
