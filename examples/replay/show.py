"""What the host prints: queue, broken promises with their reasons, one of each kind of decision, the report. It reads, it never decides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Final

from attrs import evolve
from pendulum import DateTime
from pendulum import datetime as utc
from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text
from store import Store

from ticketcore import Closed, Desk, Order, Outcome, Ticket, TicketcoreError
from ticketcore.model import Breached, Outside, RuleFired
from ticketcore.report import Figures, Report, say
from ticketcore.routing import Choice, Due, HeadStart
from ticketcore.sla import Ledger

LIVE: Final = ("new", "open", "answered", "postponed")
AGEING: Final = ("3d", "1d")  # the head starts of the highest level and the next
COLOURS: Final = {"urgent": "bold red", "high": "red", "medium": "yellow", "low": "default"}


class Show:
    """One desk and one store on a console, at one instant."""

    def __init__(self, console: Console, desk: Desk, store: Store, now: DateTime) -> None:
        self.console, self.desk, self.store, self.now = console, desk, store, now

    def title(self, text: str, more: str = "") -> None:
        """The head of a section."""
        self.console.print()
        self.console.rule(Text(text, "bold cyan"), align="left")
        if more:
            self.console.print(Text(more, "dim"))

    def when(self, at: DateTime | None) -> str:
        """An instant on the desk's wall clock; a dash for none."""
        if at is None:
            return "-"
        local = at.in_timezone(self.desk.zone)
        return local.format("ddd D MMM HH:mm" if local.year == self.now.year else "D MMM YYYY HH:mm")

    # --- the queue -------------------------------------------------------------------------------------------------------

    def earliest(self, ticket: Ticket) -> tuple[DateTime | None, str]:
        """The promise of a ticket that is due first, and its metric."""
        dues = [(due, metric) for metric in ticket.clocks if (due := self.desk.due(ticket, metric)) is not None]
        return min(dues, default=(None, ""))

    def queue(self, count: int = 15) -> None:
        """The first tickets to work on, each with the reason for its place."""
        levels = self.desk.priority.levels.names
        order = Order.by(Due(find=lambda ticket, _: self.earliest(ticket)[0])).then("priority").then("waiting").bind(levels=levels)
        order = evolve(order, leave_out={"answered", "postponed", "resolved", "closed", "removed"})
        tickets = self.store.tickets(*LIVE)
        first = order.first(count, tickets)
        waiting = sum(order.takes(ticket) for ticket in tickets)
        self.title(
            f"The queue on {self.when(self.now)}",
            f"{waiting} wait for an agent; first what is due first, then by priority, then by waiting",
        )
        table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
        ids = min(12, max((len(ticket.id) for ticket in first), default=0))
        for name, width in (("#", 2), ("ticket", ids), ("level", 6), ("who", 11), ("subject", max(12, self.console.width - 53 - ids))):
            table.add_column(name, no_wrap=True, width=width, overflow="ellipsis")
        for name in ("because", "is due"):
            table.add_column(name, no_wrap=True)
        for place, ticket in enumerate(first, 1):
            level = Text(ticket.priority, COLOURS.get(ticket.priority, ""))
            who = ticket.assignee or ticket.group or "-"
            table.add_row(f"{place:>2}", ticket.id, level, who, ticket.subject or "-", *self._reason(ticket))
        if first:
            self.console.print(table)
        for ticket in dict.fromkeys((*first[1:2], *first[-1:])):
            self.console.print(Text(f"in full: {order.explain(ticket, tickets)}", "dim"))
        if first:
            self.ageing(order, tickets)

    def ageing(self, order: Order, tickets: Sequence[Ticket], count: int = 3) -> None:
        """In order of waiting, the two highest levels with a head start: who would come first, and as what they count by now."""
        levels = self.desk.priority.levels.names
        starts = dict(zip(levels[:0:-1], AGEING, strict=False))
        term = HeadStart(starts=starts)
        first = evolve(order, terms=(term, *order.terms)).first(count, tickets)
        told = ", ".join(f"{ticket.id} ({term.effective(ticket, self.now, levels)})" for ticket in first)
        head = ", ".join(f"{start} for {level}" for level, start in starts.items())
        self.console.print(Text(f"with ageing (a head start of {head}), first would be {told}", "dim"))

    def _reason(self, ticket: Ticket) -> tuple[Text, Text]:
        due, metric = self.earliest(ticket)
        if due is None:
            return Text("waiting" if ticket.waiting_since else "no promise"), Text(self.when(ticket.waiting_since))
        style = "red" if due <= self.now else ""
        return Text(metric.replace("_", " "), style), Text(self.when(due), style)

    # --- promises --------------------------------------------------------------------------------------------------------

    def breaches(self, report: Report, count: int = 8) -> None:
        """The latest broken promises, and for a few of them why they were due when they were."""
        broken = [event for event in self.store.events_of("breached") if isinstance(event, Breached)]
        if not broken:
            return
        told = ", ".join(f"{row['breached']} {metric}" for metric, row in report.by_metric().items() if row["breached"])
        self.title(f"Broken promises: {len(broken):,}", f"{told}; the latest:")
        table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
        for name in ("ticket", "promised", "by policy", "was due", "since then"):
            table.add_column(name, no_wrap=True, overflow="ellipsis")
        for event in broken[: -count - 1 : -1]:
            table.add_row(event.ticket, f"{event.metric}, {event.target}", event.policy, self.when(event.due), self._kept(event))
        self.console.print(table)
        self.ledgers(broken)

    def _kept(self, event: Breached) -> Text:
        ticket = self._ticket(event.ticket)
        standing = self.desk.standing(ticket, event.metric, max(self.now, ticket.as_of))
        if standing is None or standing.cycle != event.number or standing.is_open:
            return Text("still open", "bold red")
        return Text(f"{_roughly(standing.ended_us - event.due_us)} late" if standing.ended_us else standing.state)

    def ledgers(self, broken: Sequence[Breached]) -> None:
        """Due instants taken apart: one with a pause, one over a holiday, one on other hours than the desk's own; or else a plain one."""
        wanted, chosen, plain = {"holiday", "paused", "abroad"}, list[tuple[str, Ledger]](), list[tuple[str, Ledger]]()
        for event in reversed(broken):
            ticket = self._ticket(event.ticket)
            if not wanted or ticket.clocks[event.metric].cycle.number != event.number:
                continue
            ledger = self.desk.why_due(ticket, event.metric)
            features = {line.kind for line in ledger.lines if line.end_us is not None}
            features |= {"abroad"} if ledger.zone != self.desk.zone else set()
            if ledger.due_us is not None and len(ledger.lines) <= 9:
                (chosen if wanted & features else plain).append((ticket.id, ledger))
                wanted -= features
        for name, ledger in chosen or plain[:1]:
            title = f"{name}: why it was due when it was"
            self.console.print(Panel(Text(str(ledger)), title=title, title_align="left", border_style="dim"))

    def _ticket(self, name: str) -> Ticket:
        ticket = self.store.ticket(name)
        if ticket is None:
            raise LookupError(name)
        return ticket

    # --- one of each -----------------------------------------------------------------------------------------------------

    def arrival(self, outcome: Outcome, choice: Choice | None) -> None:
        """What the desk made of one message, and who gets the ticket, if the desk asked for somebody."""
        ticket = outcome.ticket
        self.title(
            f"A message comes in at {self.when(ticket.created)}", f"“{ticket.subject}: {ticket.text}” ({ticket.requester.tier} customer)"
        )
        self.console.print(
            f"[bold]{ticket.id}[/] is [bold]{ticket.status}[/], group [bold]{ticket.group}[/], policy [bold]{ticket.policy}[/]"
        )
        self.console.print(Text(f"priority {self.desk.why(ticket)}"))
        for metric in ticket.clocks:
            if (due := self.desk.due(ticket, metric)) is not None:
                self.console.print(f"  {metric:<12} due {self.when(due)}")
        self.console.print("to do: " + ", ".join(f"{effect.kind} {_whom(effect)}".strip() for effect in outcome.effects), highlight=False)
        if choice is None:
            return
        self.console.print(Text(f"\nWho gets it? {choice}", "bold"))
        fits = [verdict for verdict in choice.verdicts if verdict.fits]
        for verdict in fits:
            self.console.print(Text(f"  {verdict}", "green"))
        others = Counter(reason.text for verdict in choice.verdicts if not verdict.fits for reason in verdict.reasons[:1])
        self.console.print(Text("  not: " + ", ".join(f"{count} {why}" for why, count in others.most_common()), "dim"))

    def decisions(self, outcome: Outcome, *rules: str) -> None:
        """Of a message that began a ticket: why a rule fired or did not, asked of the desk in one line."""
        came = [event for event in outcome.events if isinstance(event, Outside) and not event.cause]
        for rule in rules:
            if rule in {each.name for each in self.desk.rules}:
                account = self.desk.why_not(None, rule, events=came)
                self.title(f"Why {'did' if account.fired else 'did not'} “{rule}” fire on {outcome.ticket.id}?")
                self.console.print(Text(str(account)))

    def ladder(self) -> None:
        """One escalation, from the promise on."""
        ladders = {ladder.name for ladder in self.desk.rules.escalations}
        fired = [event for event in self.store.events_of("rule_fired") if isinstance(event, RuleFired) and _ladder(event) in ladders]
        if not fired:
            return
        steps = Counter(event.ticket for event in fired)
        acknowledged = {event.ticket for event in self.store.events_of("acknowledged")}
        first = {event.ticket: event.at for event in reversed(fired)}
        quick = sorted(name for name in steps if steps[name] > 1 and name in acknowledged) or sorted(steps)
        name = min(quick, key=lambda each: self._ticket(each).as_of - first[each])
        self.title("An escalation", f"“{_ladder(fired[0])}” went off on {len(steps)} tickets; on {name}:")
        shown = {"created", "breached", "escalated", "priority_changed", "acknowledged", "agent_replied"}
        for event in self.store.events(name):
            if event.kind in shown or (isinstance(event, RuleFired) and _ladder(event) in ladders):
                words = [str(value) for key in ("rule", "metric", "target", "was", "to") if (value := getattr(event, key, None))]
                told = " -> ".join(words) if event.kind == "priority_changed" else ", ".join(words)
                self.console.print(Text(f"  {self.when(event.at)}  {event.kind.replace('_', ' '):<17} {told}".rstrip()))
            if event.kind == "agent_replied":
                break

    def refusal(self) -> None:
        """What was refused, and one click that is not allowed, with what is."""
        codes = Counter(code for _, code, _ in self.store.refusals())
        told = ", ".join(f"{count} {code}" for code, count in codes.most_common())
        self.title("Refused", f"of the history: {told or 'nothing'}; a refused moment changes nothing")
        for ticket in self.store.tickets("open", "new"):
            try:
                self.desk.handle(ticket, Closed(at=max(self.now, ticket.floor)), observe=False)
            except TicketcoreError as error:
                self.console.print(Text(f"{ticket.id}: {error.message}", "red"))
                for trigger, ends in error.details.get("targets", {}).items():
                    self.console.print(Text(f"  allowed: {trigger:<17} -> {' or '.join(ends)}"))
                break

    def why_not(self, rule: str) -> None:
        """Why a rule has not fired for a ticket that waits for its customer, and when it would."""
        if rule not in {each.name for each in self.desk.rules}:
            return
        ticket = next(iter(self.store.tickets("answered")), None)
        if ticket is not None:
            self.title(f"Why has “{rule}” not fired on {ticket.id}?")
            self.console.print(Text(str(self.desk.why_not(ticket, rule, max(self.now, ticket.as_of)))))

    def deviations(self, count: int = 12) -> None:
        """What was irregular in an observed log: how many of each, and where the first one is."""
        first: dict[str, str] = {}
        kinds: Counter[str] = Counter()
        tickets = set()
        for ticket, told in self.store.deviations():
            tickets.add(ticket)
            for part in _deviations(told):
                kinds[part] += 1
                first.setdefault(part, ticket)
        if not kinds:
            return
        self.title(
            f"Deviations: {kinds.total():,} on {len(tickets):,} tickets",
            "recorded where they happened; moved, or taken as the log says; nothing lost",
        )
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        table.add_column("times", justify="right")
        table.add_column("what")
        table.add_column("first on")
        for what, times in kinds.most_common(count):
            table.add_row(f"{times:,}", what, first[what])
        self.console.print(table)
        if len(kinds) > count:
            self.console.print(Text(f"and {len(kinds) - count} more kinds", "dim"))

    # --- the report ------------------------------------------------------------------------------------------------------

    def report(self, report: Report) -> None:
        """The figures of the whole history."""
        total = report.total()
        self.title("The report")
        self.console.print(
            f"[bold]{total.tickets:,}[/] tickets, [bold]{total.backlog:,}[/] of them open, {total.removed:,} spam or deleted; "
            f"first reply [bold]{say(total.first_reply.median_us)}[/] (median), resolved in [bold]{say(total.resolution.median_us)}[/], "
            f"promises kept [bold]{_share(total.compliance)}[/], reopened [bold]{_share(total.reopen_rate)}[/]", highlight=False,
        )  # fmt: skip
        self.weeks(report)
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        table.add_column("", no_wrap=True, overflow="ellipsis", max_width=24)
        for name in ("tickets", "open", "first reply", "resolved in", "kept", "reopened"):
            table.add_column(name, justify="right", no_wrap=True)
        ranks = {level: -rank for rank, level in enumerate(self.desk.priority.levels.names)}
        for field in ("priority", "group", "channel", "policy"):
            found = report.by(field)
            if len(found) > 1:
                table.add_row(Text(f"by {field}", "bold cyan"))
                for name in sorted(found, key=lambda name: (ranks.get(name, 0), -found[name].tickets))[:8]:
                    table.add_row(*_row(found[name]))
                if len(found) > 8:
                    table.add_row(Text(f"  and {len(found) - 8} more", "dim"))
        self.console.print(table)
        rules = [f"{rule} {count:,}" for rule, count in report.rules().items()]
        if rules:
            self.console.print(Text("\nrules fired: ", "bold"), Text(", ".join(rules[:20])), sep="")

    def weeks(self, report: Report) -> None:
        """Volume and backlog, week by week; by month or quarter, where a history is long."""
        volume: Counter[date] = Counter()
        daily = report.volume()
        days = (date.fromisoformat(max(daily)) - date.fromisoformat(min(daily))).days
        for name, count in daily.items():
            day = date.fromisoformat(name)
            volume[_period(day, days)] += count
        most = max(volume.values())
        ends = [*list(volume)[1:], date.max]
        lines = []
        for (day, count), next_day in zip(volume.items(), ends, strict=True):
            end = self.now if next_day == date.max else utc(next_day.year, next_day.month, next_day.day)
            bar = "█" * max(1, round(28 * count / most))
            lines.append(f"{day}  {count:>5,}  {bar:<28}  open at its end {report.backlog(end):>5,}")
        self.console.print(Text("\n".join(lines) + "\n"))


def _period(day: date, days: int) -> date:
    """The first day of the week of a date; of its month or quarter, where a history reaches over many days."""
    if days <= 150:
        return day - timedelta(day.weekday())
    return date(day.year, day.month if days <= 900 else (day.month - 1) // 3 * 3 + 1, 1)


def _row(row: Figures) -> Iterable[str]:
    return (
        f"  {row.name or '-'}", f"{row.tickets:,}", f"{row.backlog:,}", say(row.first_reply.median_us), say(row.resolution.median_us),
        _share(row.compliance), _share(row.reopen_rate),
    )  # fmt: skip


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"


def _roughly(us: int) -> str:
    """The two largest units of a length of time."""
    return " ".join(say(us).split()[:2])


def _whom(effect: object) -> str:
    return next((str(value) for name in ("to", "template", "name") if (value := getattr(effect, name, ""))), "")


def _ladder(event: RuleFired) -> str:
    return event.rule.rpartition(" ")[0]


def _deviations(told: str) -> Iterable[str]:
    """The kinds of irregularity in a recorded deviation: "close: new -> closed", "out of order"."""
    if told.startswith("out of order"):
        yield "out of order"
    _, found, seen = told.partition("seen: ")
    if found:
        trigger = told.removeprefix("out of order").rpartition("; ")[0]
        name = next((part for part in trigger.split("; ") if ": " in part and not part.startswith(": ")), "")
        yield f"{name.partition(':')[0] or 'move'}: {seen}"
