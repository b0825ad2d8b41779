"""Figures out of histories: volume, backlog, replies, handling, resolution, service levels kept, reopenings, by any field of a ticket.

A `Report` is fed outcomes (or stored events with the ticket they led to) and gives plain rows, ready for a data frame. Times are
calendar time, and in business time where the report is given hours; whether a promise was kept is what its clock said, in the hours of
the promise. `DEFINITIONS` says what each figure means.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from attrs import field, frozen
from pendulum import DateTime

from ticketcore._effects import EffectBase
from ticketcore._figures import DEFINITIONS, Figures, Spread, say, seconds, share
from ticketcore._records import DONE, Deed, Promise, Record, deeds_of
from ticketcore._ticket import check_ticket, each_ticket
from ticketcore._time import DAY_US, duration_us, from_us, iso, to_us
from ticketcore._values import FrozenMap, each
from ticketcore.desk import Desk, Outcome
from ticketcore.errors import BadValue, UnknownName, check_kind, counted, shorten, unwanted
from ticketcore.hours import Hours
from ticketcore.model import EventBase, Ticket

__all__ = ["DEFINITIONS", "Figures", "OpenPromise", "Report", "RuleRecord", "Spread", "at_risk", "overdue", "report", "say"]

By = str | Callable[[Ticket], str]

_VERDICTS: Final = ("met", "late", "cancelled", "breached")
_A_MONDAY_US: Final = -3 * DAY_US  # 29 December 1969
_FIELDS: Final[Mapping[str, Callable[[Ticket], str]]] = FrozenMap({
    "priority": lambda ticket: ticket.priority,
    "group": lambda ticket: ticket.group or "",
    "channel": lambda ticket: ticket.channel,
    "assignee": lambda ticket: ticket.assignee or "",
    "status": lambda ticket: ticket.status,
    "category": lambda ticket: ticket.category,
    "policy": lambda ticket: ticket.policy or "",
    "tier": lambda ticket: ticket.requester.tier,
    "language": lambda ticket: ticket.language,
    "organisation": lambda ticket: ticket.requester.organisation,
    "location": lambda ticket: ticket.requester.location,
})  # fmt: skip
_PERIODS: Final[Mapping[str, Callable[[int], str]]] = FrozenMap({
    "day": lambda at: from_us(at).to_date_string(),
    "week": lambda at: from_us((at - _A_MONDAY_US) // (7 * DAY_US) * 7 * DAY_US + _A_MONDAY_US).to_date_string(),
    "month": lambda at: from_us(at).to_date_string()[:7],
})  # fmt: skip
_DECLARED: Final[Mapping[str, Callable[[Ticket], Mapping[str, Any]]]] = FrozenMap({
    "fields": lambda ticket: ticket.fields, "facts": lambda ticket: ticket.facts,
    "requester.fields": lambda ticket: ticket.requester.fields,
})  # fmt: skip


class Report:
    """Collects a history and answers with figures. Feed it every outcome of a replay, or what a host stored.

    *hours* are those in which times are given besides calendar time. Raises `BadValue` for what are no hours. Prints as the figures of
    all tickets.

    >>> from ticketcore import Created, Desk, Person
    >>> from ticketcore.replay import replay
    >>> found = report(replay(Desk(), [Created(at=0, ticket="T-1", by=Person(name="Ada"), channel="email")]))
    >>> found.by("channel")["email"].tickets
    1
    """

    def __init__(self, hours: Hours | None = None) -> None:
        if hours is not None and not isinstance(hours, Hours):
            raise BadValue("the hours of a report are business hours", value=shorten(hours), hint='give desk.hours["support"]')
        self.hours: Final = hours
        self.tickets: dict[str, Ticket] = {}
        self._records: dict[str, Record] = {}
        self._deeds: list[Deed] = []

    def add(self, outcome: Outcome) -> None:
        """Take in one outcome. Raises `BadValue` for anything else."""
        check_kind(outcome, Outcome, "an outcome", "what a host stored goes in by add_stored(ticket, events)")
        self.add_stored(outcome.ticket, outcome.events, outcome.effects)

    def add_stored(self, ticket: Ticket, events: Iterable[EventBase], effects: Iterable[EffectBase] = ()) -> None:
        """Take in events, in order, the ticket they led to, and what was asked of the host. Raises `BadValue` for what is none of these.

        >>> from ticketcore import Created, Desk
        >>> outcome = Desk().handle(None, Created(at=0, ticket="T-1"))
        >>> found = Report()
        >>> found.add_stored(outcome.ticket, outcome.events)  # out of the host's store; `found.add(outcome)` takes an outcome as it comes
        >>> found.total().tickets
        1
        """
        check_ticket(ticket)
        events = each(events, EventBase, "events", "give the .events of an outcome", "events")
        effects = each(effects, EffectBase, "effects", "give the .effects of an outcome", "effects")
        self.tickets[ticket.id] = ticket
        record = self._records.get(ticket.id)
        if record is None:
            record = self._records[ticket.id] = Record(ticket.id)
        for event in events:
            record.take(event, ticket.requester)
        for effect in effects:
            record.saw_effect(effect)
        self._deeds.extend(deeds_of(ticket, events, effects))

    def __str__(self) -> str:
        return str(self.total())

    # --- figures of tickets ------------------------------------------------------------------------------------------

    def total(self) -> Figures:
        """The figures of all tickets."""
        return self._figures("all", self.tickets.values())

    def by(self, field: By) -> dict[str, Figures]:
        """The figures of each value of a field, sorted by value; a ticket counts under the value it has at the end.

        Fields are priority, group, channel, assignee, status, category, policy, tier, language, organisation, location; ``tag`` and
        ``requester.tag`` (a ticket counts under each); ``day``, ``week`` (by its Monday) and ``month`` of creation (UTC); declared ones
        as ``fields.site``, ``facts.queue``, ``requester.fields.plan``; or any function of a ticket. Raises `UnknownName`.
        """
        groups: dict[str, list[Ticket]] = {}
        for ticket in self.tickets.values():
            for value in _values(field, ticket, ticket.created_us):
                groups.setdefault(value, []).append(ticket)
        return {value: self._figures(value, groups[value]) for value in sorted(groups)}

    def rows(self, *fields: str) -> list[dict[str, Any]]:
        """All figures as flat rows: one for all tickets, then one for each value of each field, ready for a data frame.

        >>> from ticketcore import Created, Desk
        >>> from ticketcore.replay import replay
        >>> found = report(replay(Desk(), [Created(at=0, ticket="T-1", channel="email"), Created(at=5, ticket="T-2", channel="chat")]))
        >>> [(row["by"], row["name"], row["tickets"]) for row in found.rows("channel")]
        [('all', 'all', 2), ('channel', 'chat', 1), ('channel', 'email', 1)]
        >>> [row["name"] for row in found.channels()]
        ['chat', 'email']
        """
        rows = [{"by": "all", **self.total().row()}]
        for name in fields:
            rows.extend({"by": name, **figures.row()} for figures in self.by(name).values())
        return rows

    def channels(self) -> list[dict[str, Any]]:
        """One row of all figures for each channel."""
        return [figures.row() for figures in self.by("channel").values()]

    def _figures(self, name: str, tickets: Iterable[Ticket]) -> Figures:
        group = [(ticket, self._records[ticket.id]) for ticket in tickets]
        finished = [(ticket, record) for ticket, record in group if ticket.category in ("resolved", "closed")]
        promises = [promise for _, record in group for promise in record.promises.values()]
        verdicts = [promise.verdict for promise in promises]
        spans: dict[str, list[tuple[int, int]]] = {
            "first_reply": [(one.created_us, one.first_agent_reply_us) for one, _ in group if one.first_agent_reply_us is not None],
            "next_reply": [wait for _, record in group for wait in record.waits],
            "resolution": [(one.created_us, record.resolved_us) for one, record in finished if record.resolved_us is not None],
        }  # fmt: skip
        spreads = {what: Spread.of(end - start for start, end in found) for what, found in spans.items()}
        spreads["handling"] = Spread.of(sum(end - start for start, end in record.while_ours) for _, record in finished)
        business: dict[str, Spread] = {}
        if self.hours is not None:
            elapsed = self.hours.elapsed_us
            business = {what: Spread.of(elapsed(start, end) for start, end in found) for what, found in spans.items()}
            business["handling"] = Spread.of(sum(elapsed(start, end) for start, end in record.while_ours) for _, record in finished)
        ratings = [ticket.rating for ticket, _ in group if ticket.rating is not None]
        return Figures(
            name=name, tickets=len(group), resolved=len(finished), backlog=sum(ticket.category not in DONE for ticket, _ in group),
            removed=sum(ticket.category == "removed" for ticket, _ in group),
            ever_resolved=sum(record.resolved_us is not None for _, record in group),
            reopened=sum(ticket.reopens > 0 for ticket, _ in group),
            one_touch=sum(ticket.agent_replies == 1 and not ticket.reopens for ticket, _ in finished),
            deflected=sum(record.suggested and not ticket.agent_replies for ticket, record in finished),
            escalated=sum(record.escalated for _, record in group), transfers=sum(ticket.transfers for ticket, _ in group),
            reassignments=sum(ticket.reassignments for ticket, _ in group), replies=sum(ticket.agent_replies for ticket, _ in group),
            rated=len(ratings), rating_sum=sum(ratings), breached=sum(len(promise.breaches) for promise in promises),
            met=verdicts.count("met"), late=verdicts.count("late"), **spreads, business=FrozenMap(business),
        )  # fmt: skip

    # --- volume and backlog ------------------------------------------------------------------------------------------

    def backlog(self, at: datetime | int) -> int:
        """How many tickets existed at an instant and were not resolved, closed or removed at it.

        >>> from ticketcore import Created, Desk, Resolved
        >>> from ticketcore.replay import replay
        >>> found = report(replay(Desk(), [Created(at=0, ticket="T-1"), Resolved(at=60_000_000, ticket="T-1")]))
        >>> [found.backlog(at) for at in (59_999_999, 60_000_000)]
        [1, 0]
        """
        at_us = to_us(at)
        return sum(1 for ticket in self.tickets.values() if ticket.created_us <= at_us and self._open_at(ticket, at_us))

    def _open_at(self, ticket: Ticket, at_us: int) -> bool:
        return sum(turn <= at_us for turn in self._records[ticket.id].turns) % 2 == 0

    def volume(self, *, days: int = 1) -> dict[str, int]:
        """How many tickets were created in each period of so many days (UTC), named by its first date; empty periods are left out.

        Periods are counted from a Monday, so that those of seven days are calendar weeks. Raises `BadValue` for less than a day.

        >>> from ticketcore import Created, Desk
        >>> from ticketcore.replay import replay
        >>> found = report(replay(Desk(), [Created(at=day * 86_400_000_000, ticket=f"T-{day}") for day in (0, 1, 5)]))
        >>> found.volume(days=7)
        {'1969-12-29': 2, '1970-01-05': 1}
        """
        counts = Counter(_period(ticket.created_us, days) for ticket in self.tickets.values())
        return {_first_date(period, days): counts[period] for period in sorted(counts)}

    def flow(self, *, days: int = 1) -> list[dict[str, Any]]:
        """One row for each period of so many days (as in `volume`, but none is left out).

        ``from``: its first date; ``created``; ``left``: how often a ticket left the backlog; ``back``: how often one came back; ``backlog``
        at its end; ``breached``: promises broken in it. Raises `BadValue` for less than a day.

        >>> from ticketcore import Created, Desk, Resolved
        >>> from ticketcore.replay import replay
        >>> found = report(replay(Desk(), [Created(at=0, ticket="T-1"), Resolved(at=86_400_000_000, ticket="T-1")]))
        >>> [(row["from"], row["created"], row["left"], row["backlog"]) for row in found.flow()]
        [('1970-01-01', 1, 0, 1), ('1970-01-02', 0, 1, 0)]
        """
        created: Counter[int] = Counter(_period(ticket.created_us, days) for ticket in self.tickets.values())
        left: Counter[int] = Counter()
        back: Counter[int] = Counter()
        breached: Counter[int] = Counter()
        for record in self._records.values():
            left.update(_period(at, days) for at in record.turns[::2])
            back.update(_period(at, days) for at in record.turns[1::2])
            breached.update(_period(at, days) for promise in record.promises.values() for at in promise.breaches)
        known = {*created, *left, *back, *breached}
        rows: list[dict[str, Any]] = []
        backlog = 0
        for period in range(min(known), max(known) + 1) if known else ():
            backlog += created[period] + back[period] - left[period]
            rows.append({
                "from": _first_date(period, days), "created": created[period], "left": left[period], "back": back[period],
                "backlog": backlog, "breached": breached[period],
            })  # fmt: skip
        return rows

    # --- promises ----------------------------------------------------------------------------------------------------

    def compliance(self, *by: By) -> list[dict[str, Any]]:
        """One row for each combination of the values of *by*: how many promises were met, late, cancelled, and how many broke.

        *by* is what `by` takes, and ``metric``; ``policy`` is here the policy that made the promise, and ``day``, ``week`` and ``month``
        are those of the verdict or, of a breach, of the breach. ``compliance`` is met among met and late. A function stands under its name.
        Raises `UnknownName`.

        >>> Report().compliance("metric", "month")
        []
        """
        counts: dict[tuple[str, ...], Counter[str]] = {}
        for name, record in self._records.items():
            for promise in record.promises.values():
                told = [] if promise.verdict in (None, "untargeted") else [(promise.verdict, promise.at_us)]
                for what, at_us in (*told, *(("breached", at_us) for at_us in promise.breaches)):
                    for values in _products(by, self.tickets[name], promise, at_us):
                        counts.setdefault(values, Counter())[what] += 1
        names = [one if isinstance(one, str) else getattr(one, "__name__", "by") for one in by]
        return [{**dict(zip(names, values, strict=True)), **_kept(counts[values])} for values in sorted(counts)]

    def by_metric(self) -> dict[str, dict[str, int]]:
        """For each metric: how many finished promises were met, late, cancelled, and how many ever broke.

        >>> from ticketcore import AgentReplied, Created, load_desk
        >>> from ticketcore.replay import replay
        >>> desk = load_desk({"sla": [{"name": "gold", "targets": {"first_reply": "1h"}}]})
        >>> report(replay(desk, [Created(at=0, ticket="T-1"), AgentReplied(at=60_000_000, ticket="T-1")])).by_metric()
        {'first_reply': {'met': 1, 'late': 0, 'cancelled': 0, 'breached': 0}}
        """
        return {row["metric"]: {what: row[what] for what in _VERDICTS} for row in self.compliance("metric")}

    # --- people ------------------------------------------------------------------------------------------------------

    def agents(self) -> list[dict[str, Any]]:
        """One row for each agent who did something or was given a ticket.

        ``touched``: tickets on which they did anything; ``assigned``: how often they were given one; ``open``: tickets of the backlog
        that are theirs; ``replies``: public replies; ``resolved``: tickets that are resolved or closed and that they resolved last, and
        ``reopened``, how many of these had been reopened; ``met``, ``late`` and ``compliance`` are of the promises of the tickets that
        are theirs at the end; the spreads are of the first replies and of the next replies that they gave, in seconds of calendar time
        and, under ``..._business_...``, of business time.

        >>> from ticketcore import Agent, AgentReplied, Created, Desk
        >>> from ticketcore.replay import replay
        >>> found = report(replay(Desk(), [Created(at=0, ticket="T-1"), AgentReplied(at=60_000_000, ticket="T-1", by=Agent(id="maria"))]))
        >>> [(row["agent"], row["replies"], row["first_reply_median_s"]) for row in found.agents()]
        [('maria', 1, 60.0)]
        """
        names = {name for record in self._records.values() for name in (*record.agents, *record.assigned, *record.replies) if name}
        names |= {ticket.assignee for ticket in self.tickets.values() if ticket.assignee}
        return [self._agent(name) for name in sorted(names)]

    def _agent(self, name: str) -> dict[str, Any]:
        pairs = [(self.tickets[record.name], record) for record in self._records.values()]
        resolved = [ticket for ticket, record in pairs if record.resolved_by == name and ticket.category in ("resolved", "closed")]
        verdicts = [promise.verdict for ticket, record in pairs if ticket.assignee == name for promise in record.promises.values()]
        firsts = [(one.created_us, one.first_agent_reply_us) for one, record in pairs if record.first_by == name]
        nexts = [wait for _, record in pairs for wait, by in zip(record.waits, record.waits_by, strict=True) if by == name]
        row: dict[str, Any] = {
            "agent": name, "touched": sum(name in record.agents for _, record in pairs),
            "assigned": sum(record.assigned.count(name) for _, record in pairs),
            "open": sum(ticket.assignee == name and ticket.category not in DONE for ticket, _ in pairs),
            "replies": sum(record.replies.get(name, 0) for _, record in pairs), "resolved": len(resolved),
            "reopened": sum(ticket.reopens > 0 for ticket in resolved), "met": verdicts.count("met"), "late": verdicts.count("late"),
            "compliance": share(verdicts.count("met"), verdicts.count("met") + verdicts.count("late")),
        }  # fmt: skip
        for what, spans in (("first_reply", firsts), ("next_reply", nexts)):
            known = [(start, end) for start, end in spans if end is not None]
            spread = Spread.of(end - start for start, end in known)
            business = Spread.of(self.hours.elapsed_us(start, end) for start, end in known) if self.hours is not None else Spread.of(())
            row[f"{what}_median_s"], row[f"{what}_p90_s"] = seconds(spread.median_us), seconds(spread.p90_us)
            row[f"{what}_business_median_s"], row[f"{what}_business_p90_s"] = seconds(business.median_us), seconds(business.p90_us)
        return row

    # --- rules -------------------------------------------------------------------------------------------------------

    def rules(self) -> dict[str, int]:
        """How often each rule fired, the busiest first.

        >>> from ticketcore import Action, Created, Rule
        >>> from ticketcore.replay import replay
        >>> desk = Desk(rules=[Rule(name="hot", on=["created"], then=[Action("add_tag", "hot")])])
        >>> found = report(replay(desk, [Created(at=0, ticket="T-1"), Created(at=9, ticket="T-2")]))
        >>> found.rules(), found.rule("hot", start=5).tickets
        ({'hot': 2}, ('T-2',))
        """
        fired = Counter(deed.rule for deed in self._deeds if deed.what == "fired")
        return dict(sorted(fired.items(), key=lambda pair: (-pair[1], pair[0])))

    def rule(self, name: str, start: datetime | int | None = None, end: datetime | int | None = None) -> RuleRecord:
        """What a rule did from *start* on and before *end* (None: ever): "what did this rule do last month".

        A rule that never fired did nothing: a report knows no desk, so it cannot tell whether there is one of that name.
        """
        low, high = None if start is None else to_us(start), None if end is None else to_us(end)
        deeds = [
            deed for deed in self._deeds
            if deed.rule == name and (low is None or deed.at_us >= low) and (high is None or deed.at_us < high)
        ]  # fmt: skip
        counts = Counter(deed.what for deed in deeds)
        fired = counts.pop("fired", 0)
        return RuleRecord(
            rule=name, fired=fired, tickets=tuple(dict.fromkeys(deed.ticket for deed in deeds)),
            did=FrozenMap(dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))),
        )  # fmt: skip


@frozen(kw_only=True)
class RuleRecord:
    """What one rule did: how often it fired, on which tickets, and what came of it, each with how often.

    >>> from ticketcore import Action, Created, Rule
    >>> from ticketcore.replay import replay
    >>> desk = Desk(rules=[Rule(name="hot", on=["created"], then=[Action("add_tag", "hot"), Action("notify", "lead")])])
    >>> record = report(replay(desk, [Created(at=0, ticket="T-1"), Created(at=0, ticket="T-2")])).rule("hot")
    >>> print(record)
    'hot' fired 2 times on 2 tickets
      effect notify lead: 2
      tags_added hot: 2
    >>> record.rows()[0]
    {'rule': 'hot', 'what': 'effect notify lead', 'times': 2}
    """

    rule: str
    fired: int
    tickets: tuple[str, ...]
    did: FrozenMap[str, int]

    def rows(self) -> list[dict[str, Any]]:
        """One row for each thing that it did, the most frequent first."""
        return [{"rule": self.rule, "what": what, "times": times} for what, times in self.did.items()]

    def __str__(self) -> str:
        head = f"{self.rule!r} fired {counted(self.fired, 'time')} on {counted(len(self.tickets), 'ticket')}"
        return "\n".join([head, *(f"  {what}: {times:,}" for what, times in self.did.items())])


# --- lists -----------------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class OpenPromise:
    """An open promise of a ticket, and how long it has until it is due (``left_us``; negative: overdue by so much).

    >>> from ticketcore import Created, Person, load_desk
    >>> desk = load_desk({"sla": [{"name": "std", "targets": {"first_reply": "4h"}}]})
    >>> ticket = desk.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> [promise] = at_risk(desk, [ticket], 14_000_000_000)
    >>> str(promise.due), promise.left, promise.row()["left_s"]
    ('1970-01-01 04:00:00+00:00', datetime.timedelta(seconds=400), 400.0)
    """

    ticket: str
    metric: str
    due_us: int = field(repr=iso)
    left_us: int
    priority: str
    group: str
    assignee: str

    @property
    def due(self) -> DateTime:
        """When it is due, or was."""
        return from_us(self.due_us)

    @property
    def left(self) -> timedelta:
        """How long it has until it is due; negative: overdue by so much."""
        return timedelta(microseconds=self.left_us)

    def row(self) -> dict[str, Any]:
        """The same as a flat row of plain data."""
        return {
            "ticket": self.ticket, "metric": self.metric, "due": iso(self.due_us), "left_s": seconds(self.left_us),
            "priority": self.priority, "group": self.group, "assignee": self.assignee,
        }  # fmt: skip


def overdue(desk: Desk, tickets: Iterable[Ticket], at: datetime | int) -> list[OpenPromise]:
    """The open promises that were due before an instant, the longest overdue first. Raises `WrongDesk`.

    >>> from ticketcore import Created, Person, Policy, Targets
    >>> from ticketcore.model import Length
    >>> desk = Desk(policies=[Policy(name="std", targets={"first_reply": Targets(otherwise=Length(3_600_000_000))})])
    >>> ticket = desk.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> [str(promise.left) for promise in overdue(desk, [ticket], 5_400_000_000)]
    ['-1 day, 23:30:00']
    """
    at_us = to_us(at)
    return [promise for promise in _open(desk, tickets, at_us) if promise.left_us < 0]


def at_risk(desk: Desk, tickets: Iterable[Ticket], at: datetime | int, within: timedelta | str = "1h") -> list[OpenPromise]:
    """The open promises that are due at an instant or within a time after it, the soonest first. Raises `WrongDesk`, `BadDuration`.

    >>> from ticketcore import Created, Person, load_desk
    >>> desk = load_desk({"sla": [{"name": "std", "targets": {"first_reply": "4h"}}]})
    >>> ticket = desk.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> [promise.metric for promise in at_risk(desk, [ticket], 11_000_000_000, within="1h")]
    ['first_reply']
    """
    at_us, within_us = to_us(at), duration_us(within)
    return [promise for promise in _open(desk, tickets, at_us) if 0 <= promise.left_us <= within_us]


def _open(desk: Desk, tickets: Iterable[Ticket], at_us: int) -> list[OpenPromise]:
    """The open promises of *tickets* that have a due instant, the soonest first."""
    check_kind(desk, Desk, "a desk", "overdue(desk, tickets, at), at_risk(desk, tickets, at)", "desk")
    found = [
        OpenPromise(
            ticket=ticket.id, metric=metric, due_us=due_us, left_us=due_us - at_us, priority=ticket.priority, group=ticket.group or "",
            assignee=ticket.assignee or "",
        ) for ticket in each_ticket(tickets) for metric in ticket.clocks
        if metric in desk.metrics and (due := desk.due(ticket, metric)) is not None and (due_us := to_us(due)) is not None
    ]  # fmt: skip
    return sorted(found, key=lambda promise: (promise.due_us, promise.ticket, promise.metric))


# --- by what ---------------------------------------------------------------------------------------------------------


def _period(at_us: int, days: int) -> int:
    if type(days) is not int or days < 1:
        raise BadValue("a period is at least one day", value=shorten(days))
    return (at_us - _A_MONDAY_US) // (DAY_US * days)


def _first_date(period: int, days: int) -> str:
    return str(from_us(period * DAY_US * days + _A_MONDAY_US).to_date_string())


def _values(field: By, ticket: Ticket, at_us: int) -> Iterable[str]:
    """The values of a field that a ticket counts under."""
    if not isinstance(field, str):
        if not callable(field):
            raise unwanted(field, "the name of a field, or a function of a ticket", 'give "priority"', "by")
        return (field(ticket),)
    if field == "tag":
        return sorted(ticket.tags)
    if field == "requester.tag":
        return sorted(ticket.requester.tags)
    if field in _PERIODS:
        return (_PERIODS[field](at_us),)
    read = _FIELDS.get(field)
    if read is not None:
        return (read(ticket),)
    where, _, name = field.rpartition(".")
    if where not in _DECLARED:
        known = ", ".join((*_FIELDS, "tag", "requester.tag", *_PERIODS))
        raise UnknownName(
            f"no report by {field!r}", value=field, hint=f"by {known}, fields.<name>, facts.<name>, or a function of a ticket"
        )
    value = _DECLARED[where](ticket).get(name, "")
    return (value if isinstance(value, str) else str(value),)


def _kept(counts: Mapping[str, int]) -> dict[str, Any]:
    """The columns of promises in a row."""
    row: dict[str, Any] = {what: counts[what] for what in _VERDICTS}
    row["compliance"] = share(counts["met"], counts["met"] + counts["late"])
    return row


def _products(by: Iterable[By], ticket: Ticket, promise: Promise, at_us: int) -> Iterator[tuple[str, ...]]:
    """Every combination of the values of *by* that a promise counts under."""
    found: list[tuple[str, ...]] = [()]
    for one in by:
        if one == "metric":
            values: Iterable[str] = (promise.metric,)
        elif one == "policy":
            values = (promise.policy or "",)
        else:
            values = tuple(_values(one, ticket, at_us))
        found = [(*before, value) for before in found for value in values]
    return iter(found)


def report(outcomes: Iterable[Outcome], hours: Hours | None = None) -> Report:
    """The report of a replay, or of any outcomes in order. Raises `BadValue` for what is none.

    >>> from ticketcore import Created, Desk, Person
    >>> from ticketcore.replay import replay
    >>> report(replay(Desk(), [Created(at=0, ticket="T-1", by=Person(name="Ada"))])).total().tickets
    1
    """
    collected = Report(hours)
    check_kind(outcomes, Iterable, "a list of outcomes", "give a list, even of one", "outcomes")
    for outcome in outcomes:
        collected.add(outcome)
    return collected
