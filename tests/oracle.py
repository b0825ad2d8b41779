"""Law 7's oracle: it steps the clock over tickets at rest and looks whether anything should have happened by then.

It asks neither ``wake_at`` nor ``next_rise`` nor ``due_us``. Between two roots a ticket does not change, so at every step, and just
before the next root, it must hold that nobody is to be woken, warned or told of a breach, and that no time rule has become true.
What time did bring must be true at that instant and not a microsecond before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ticketcore import Desk, Ticket, fold
from ticketcore._clocks import promise_key
from ticketcore._time import MINUTE_US
from ticketcore.conditions import AllOf, AnyOf, Changed, Condition, Not, holds, names_category
from ticketcore.errors import BeyondHorizon, NeverOpen
from ticketcore.extra.laws import cycles
from ticketcore.model import Breached, Cycle, EventBase, Length, TimeReached, Warned, Woken, WorkingDays
from ticketcore.rules import Rule
from ticketcore.sla import WarnAt

By = Callable[[int], bool]  # whether it is due by an instant
_UNREACHABLE = (NeverOpen, BeyondHorizon)


def nothing_was_missed(desk: Desk, events: tuple[EventBase, ...], end_us: int, step_us: int = MINUTE_US) -> None:
    """Step through the whole life of a ticket, from root to root, and from the last one to *end_us*."""
    ticket: Ticket | None = None
    for log in cycles(events):
        before, ticket = ticket, fold(log, ticket)
        if before is not None:
            _at_rest(desk, before, log[0].at_us, log[0], step_us)
        if log[0].kind != "silenced":
            _rises_fired(desk, before, ticket, log)
    if ticket is not None:
        _at_rest(desk, ticket, end_us + 1, None, step_us)


def _at_rest(desk: Desk, ticket: Ticket, next_us: int, root: EventBase | None, step_us: int) -> None:
    """Nothing fell due on *ticket* before *next_us*; and what *root* brings fell due then."""
    if ticket.silenced:
        return
    waiting = dict(_waiting(desk, ticket))
    timed = [rule for rule in desk.rules if rule.enabled and rule.is_timed and not _sleeps(desk, rule, ticket)]
    timed = [rule for rule in timed if _in_force(desk, rule)]
    was = {rule.name: _true(desk, rule, ticket, ticket.as_of_us) for rule in timed}
    for at in _steps(ticket.as_of_us, next_us, step_us):
        for what, is_due in waiting.items():
            assert not is_due(at), f"{what} was due by {at}, and the next thing is {root}"
        for rule in timed:
            now = _true(desk, rule, ticket, at)
            assert was[rule.name] or not now, f"{rule.name} became true by {at}, and the next thing is {root}"
            assert not _repeats(rule, ticket, at) or not now, f"{rule.name} was to repeat at {at}, and the next thing is {root}"
            was[rule.name] = now
    if root is not None and root.kind == "silenced":
        return
    if root is None or not root.is_due:
        late = [what for what, is_due in waiting.items() if is_due(ticket.as_of_us - 1)]
        assert not late, f"{late} were late already, and the next thing is {root}"
        return
    at = root.at_us
    if isinstance(root, TimeReached):
        rising = {
            rule.name for rule in timed if _rises(desk, rule, ticket, at) or (_repeats(rule, ticket, at) and _true(desk, rule, ticket, at))
        }
        assert set(root.rules) == rising, f"{root} at {at}, but these rise: {rising}"
        return
    is_due = waiting[_name(root)]
    if at > ticket.as_of_us:
        assert is_due(at), f"not due yet: {root}"
        assert not is_due(at - 1), f"due before: {root}"


def _steps(start_us: int, next_us: int, step_us: int) -> Iterator[int]:
    yield from range(start_us, next_us, step_us)
    if next_us > start_us:
        yield next_us - 1


def _name(root: EventBase) -> str:
    match root:
        case Warned():
            return f"{root.metric}: warning {root.warning}"
        case Breached():
            return f"{root.metric}: breach"
        case _:
            assert isinstance(root, Woken)
            return "wake"


# --- what waits for its time ---------------------------------------------------------------------------------------------


def _waiting(desk: Desk, ticket: Ticket) -> Iterator[tuple[str, By]]:
    until = ticket.postponed_until_us
    if ticket.category == "postponed" and until is not None:
        yield "wake", lambda at: at >= until
    for metric, clock in ticket.clocks.items():
        cycle = clock.cycle
        if cycle.verdict is not None or cycle.target is None:
            continue
        watch = _Watch(desk, ticket, cycle)
        if cycle.breached_us is None and promise_key(cycle.target, cycle.extension_us) not in cycle.breaches:
            yield f"{metric}: breach", watch.is_broken
        for warning in desk.sla.policy(cycle.policy or "").warn:
            if str(warning) not in cycle.warned:
                yield f"{metric}: warning {warning}", watch.warns(warning)


class _Watch:
    """One open cycle with a promise, at rest since ``as_of``: what it has used by an instant, and what that means."""

    def __init__(self, desk: Desk, ticket: Ticket, cycle: Cycle) -> None:
        assert cycle.target is not None
        self.cycle, self.target, self.since = cycle, cycle.target, ticket.as_of_us
        self.hours = desk.hours[cycle.hours]
        self.displayed = desk.sla.policy(cycle.policy or "").due_at

    def used(self, at: int) -> int:
        """Time used by *at*: what the closed runs counted, the one that *at* lies in up to there, and the open one."""
        return sum(run.counted_us if run.end_us <= at else self.counted(run.start_us, at) for run in self.cycle.runs) + (
            0 if self.cycle.run_us is None else self.counted(self.cycle.run_us, at)
        )

    def counted(self, start: int, at: int) -> int:
        try:
            return self.hours.elapsed_us(start, at) if at > start else 0
        except _UNREACHABLE:
            return 0

    def promised(self) -> int | None:
        """The open time promised: for dates, the open time up to them; None: dates that are never reached."""
        if isinstance(self.target, Length):
            return self.target.us + self.cycle.extension_us
        try:
            return self.hours.elapsed_us(self.cycle.started_us, self.date()) + self.cycle.extension_us
        except _UNREACHABLE:
            return None

    def date(self) -> int:
        start, target = self.cycle.started_us, self.target
        if isinstance(target, WorkingDays):
            return self.hours.add_working_days_us(start, target.count, end_of_day=target.end_of_day)
        assert not isinstance(target, Length)
        return self.hours.add_days_us(start, target.count)

    def is_broken(self, at: int) -> bool:
        if not isinstance(self.target, Length):
            due = self.due_date()
            return due is not None and at >= due
        if self.used(at) < self.target.us + self.cycle.extension_us:
            return False
        try:
            return self.displayed == "closing" or self.hours.is_open_us(at)
        except _UNREACHABLE:  # past what the hours cover they do not open
            return False

    def due_date(self) -> int | None:
        """The date, moved on by an extension and by the open time of each pause that began before it; None: paused before it."""
        try:
            due = self.date()
            if self.cycle.extension_us:
                due = self.hours.add_us(due, self.cycle.extension_us)
            for start, end in self.pauses():
                if start >= due:
                    break
                if end is None:
                    return None
                if self.hours.elapsed_us(start, end):
                    due = self.hours.add_us(due, self.hours.elapsed_us(start, end))
        except _UNREACHABLE:
            return None
        return due

    def pauses(self) -> Iterator[tuple[int, int | None]]:
        runs = [(run.start_us, run.end_us) for run in self.cycle.runs]
        ends = [self.cycle.started_us, *(end for _, end in runs)]
        starts: list[int | None] = [*(start for start, _ in runs), self.cycle.run_us]
        for end, start in zip(ends, starts, strict=True):
            if start is None or start > end:
                yield end, start

    def due(self) -> int | None:
        """When it is due if nothing changes; None while it is paused before that, or never."""
        if not isinstance(self.target, Length):
            return self.due_date()
        left = self.target.us + self.cycle.extension_us - self.used(self.since)
        try:
            if left > 0:
                due = None if self.cycle.run_us is None else self.hours.add_us(max(self.since, self.cycle.run_us), left)
            else:
                due = next(self.reached(self.target.us + self.cycle.extension_us))
            return due if due is None or self.displayed == "closing" else self.hours.next_open_us(due)
        except _UNREACHABLE:
            return None

    def reached(self, amount: int) -> Iterator[int]:
        """The instant in the past at which *amount* was used."""
        runs = [(run.start_us, run.end_us, run.counted_us) for run in self.cycle.runs]
        if self.cycle.run_us is not None:
            runs.append((self.cycle.run_us, self.since, self.counted(self.cycle.run_us, self.since)))
        for start, end, counted in runs:
            if counted >= amount:
                yield min(self.hours.add_us(start, amount), end)
            amount -= counted

    def warns(self, warning: WarnAt) -> By:
        never = lambda at: False  # noqa: E731 - said once, used four times
        promised = self.promised()
        if promised is None:
            return never
        if warning.kind == "percent" or (warning.value > 0 and warning.kind == "offset"):
            amount = -(-promised * warning.value // 100) if warning.kind == "percent" else promised + warning.value
            return (lambda at: self.used(at) >= amount) if amount > 0 else never
        due = self.due()
        if due is None:
            return never
        try:
            at_us = (
                self.hours.subtract_us(due, -warning.value)
                if warning.kind == "offset"
                else self.hours.add_working_days_us(due, warning.value)
            )
        except _UNREACHABLE:
            return never
        return (lambda at: at >= at_us) if at_us > self.cycle.started_us else never


# --- time rules ----------------------------------------------------------------------------------------------------------


def _in_force(desk: Desk, rule: Rule) -> bool:
    return not any(rule in one.rules and not one.enabled for one in desk.rules.sets)


def _true(desk: Desk, rule: Rule, ticket: Ticket, at: int) -> bool:
    return holds(rule.when, desk.view(ticket, at))


def _rises(desk: Desk, rule: Rule, ticket: Ticket, at: int) -> bool:
    return _true(desk, rule, ticket, at) and not _true(desk, rule, ticket, at - 1)


def _repeats(rule: Rule, ticket: Ticket, at: int) -> bool:
    repeat = ticket.repeats.get(rule.name)
    if rule.every_us is None or repeat is None or repeat.number >= rule.times:
        return False
    return at > ticket.as_of_us and at == repeat.first_us + repeat.number * rule.every_us


def _sleeps(desk: Desk, rule: Rule, ticket: Ticket) -> bool:
    return ticket.category in ("closed", "removed") and not names_category(rule.when, desk.vocabulary, ticket.category)


def _rises_fired(desk: Desk, before: Ticket | None, after: Ticket, log: list[EventBase]) -> None:
    """A time rule that is true after a root, and was not before it, fired in its cycle (or a higher step of its ladder did)."""
    at = log[0].at_us
    fired = {name for event in log if event.kind == "rule_fired" for name in (event.rule, *event.skipped)}  # type: ignore[attr-defined]  # by its kind
    for rule in desk.rules:
        if not (rule.enabled and rule.is_timed) or not _in_force(desk, rule) or _changes(rule.when) or rule.name in fired:
            continue
        if _sleeps(desk, rule, after) or not _true(desk, rule, after, at):
            continue
        was = before is not None and not _sleeps(desk, rule, before) and _true(desk, rule, before, max(at - 1, before.as_of_us))
        assert was, f"{rule.name} rose at {at} and did not fire"


def _changes(condition: Condition) -> bool:
    """Whether it asks what has changed: that is judged within the cycle only."""
    match condition:
        case AllOf(parts) | AnyOf(parts):
            return any(map(_changes, parts))
        case Not(part):
            return _changes(part)
        case _:
            return isinstance(condition, Changed)
