"""Service levels: what was promised, which clock measures it, and when it breaks.

A `Metric` says what is measured: which happenings start, stop, restart, cancel and pause its clock. A `Policy` says what is
promised: a target for each metric and priority, and the hours that count. A clock on the ticket keeps what it has used, never
a due date; due, warnings, breach and verdict are derived by one function for history, for now and for what-if. The model and
its fixed answers are explained in docs/explanation/sla-clock.md.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, Protocol

from attrs import field, frozen

from ticketcore._clocks import cut_at, cycle_with, promise_key, recounted
from ticketcore._ledger import Ledger, Line, ledger_of
from ticketcore._names import hint
from ticketcore._promises import Metric, Policy, Standing, Targets, WarnAt
from ticketcore._triggers import CLOSED, ENTERED_REMOVED, FINAL, LEFT_REMOVED, MARKS, NAMED_TRIGGERS, REMOVED, SIMPLE_TRIGGERS, triggers_of
from ticketcore._values import EMPTY, FrozenMap, frozen_map
from ticketcore.conditions import Condition, View, Vocabulary, compiled, holds
from ticketcore.errors import BeyondHorizon, DeskError, NeverOpen, Problem, UnknownName, shorten
from ticketcore.hours import Hours
from ticketcore.model import (
    Clock,
    ClockPaused,
    ClockResumed,
    ClockStarted,
    ClockStopped,
    Cycle,
    Draft,
    EventBase,
    Length,
    PolicyApplied,
    Retargeted,
    Run,
    Target,
    Ticket,
    WorkingDays,
)  # fmt: skip

__all__ = [
    "ALWAYS_NAME",
    "NAMED_TRIGGERS",
    "SIMPLE_TRIGGERS",
    "Ledger",
    "Line",
    "Metric",
    "Policy",
    "Sla",
    "Standing",
    "Targets",
    "WarnAt",
    "triggers_of",
]

ALWAYS_NAME: Final = "24x7"  # the name of the hours that never close
MOST_HEARD: Final = 1_000  # sets of triggers for which it is remembered which metrics they concern
_UNREACHABLE: Final = (NeverOpen, BeyondHorizon)


class Emit(Protocol):
    """How a room records a decision: the desk builds the event, folds it and keeps it.

    *values* are the fields that are the kind's own, in their order; *fields* the same by name, which takes longer.
    """

    def __call__(self, kind: type[EventBase], *values: Any, **fields: Any) -> None: ...


Due = Callable[[Cycle], "int | None"]


class _Compiled:
    """One metric with its sets and predicates made ready."""

    __slots__ = ("cancel", "heard", "metric", "name", "pause", "pause_status", "restart", "start", "start_but_leaving", "stop", "stopping")

    def __init__(self, metric: Metric, vocabulary: Vocabulary | None) -> None:
        self.metric = metric
        self.name = metric.name
        self.start, self.stop = frozenset(metric.start), frozenset(metric.stop)
        self.restart, self.cancel = frozenset(metric.restart), frozenset(metric.cancel)
        if metric.start_at == "created" and metric.start_on_attach:
            self.start |= {"created"}  # runs latently from creation, so that its earlier pauses are known
        self.start_but_leaving = frozenset(trigger for trigger in self.start if not trigger.startswith("leave:"))
        self.stopping = self.stop | self.cancel
        self.heard = self.start | self.stopping | self.restart
        self.pause_status = metric.pause_status
        self.pause = None if metric.pause is None else _test(metric.pause, vocabulary)

    def asked(self, triggers: frozenset[str]) -> str:
        """What an event asks of the clock: to end an open cycle, or else to begin a new one."""
        if not self.stopping.isdisjoint(triggers):
            return "stop" if self.cancel.isdisjoint(triggers) else "cancel"
        starts = not self.start.isdisjoint(triggers) and (CLOSED not in triggers or not self.start_but_leaving.isdisjoint(triggers))
        restarts = not self.restart.isdisjoint(triggers)
        return " or ".join(("start",) * starts + ("restart",) * restarts)

    def is_paused(self, draft: Draft, view: View) -> bool:
        """Whether time does not count in the present state."""
        return draft.status in self.pause_status or (self.pause is not None and self.pause(view))


@frozen(kw_only=True)
class Sla:
    """Metrics, policies and hours together: the service levels of a desk. Everything about clocks is asked here.

    ``hours`` maps names to business hours; ``24x7`` must be among them. ``choose="creation"`` chooses the policy by condition only
    when a ticket is created (by hand or by rule always). ``default_policy`` holds where none matches.
    ``removed_gap="counted"`` lets clocks run on through spam and bin. Raises `DeskError` for names that do not fit together.

    >>> from ticketcore import Policy, Targets
    >>> from ticketcore.hours import always
    >>> from ticketcore.model import Length
    >>> gold = Policy(name="gold", targets={"first_reply": Targets(otherwise=Length(3_600_000_000))})
    >>> levels = Sla(metrics={"first_reply": DEFAULT_METRICS[0]}, policies=(gold,), hours={ALWAYS_NAME: always()})
    >>> levels.promise("gold", "first_reply", "low"), levels.policy("gold") == gold
    ((Length(us=3600000000, calendar=False), '24x7'), True)
    """

    metrics: FrozenMap[str, Metric] = field(default=EMPTY, converter=frozen_map)
    policies: tuple[Policy, ...] = ()
    hours: FrozenMap[str, Hours] = field(default=EMPTY, converter=frozen_map)
    default_hours: str = ALWAYS_NAME
    default_policy: str | None = None
    choose: str = "always"
    removed_gap: str = "excluded"
    vocabulary: Vocabulary | None = field(default=None, eq=False, repr=False)
    _ready: tuple[_Compiled, ...] = field(init=False, eq=False, repr=False)
    _hearing: dict[frozenset[str], tuple[bool, tuple[tuple[_Compiled, str], ...]]] = field(init=False, eq=False, repr=False, factory=dict)
    _chooser: tuple[tuple[Policy, Callable[[View], bool]], ...] = field(init=False, eq=False, repr=False)
    _policy: Mapping[str, Policy] = field(init=False, eq=False, repr=False)
    _at_opening: frozenset[str] = field(init=False, eq=False, repr=False)
    _warnings: Mapping[str | None, tuple[tuple[str, WarnAt], ...]] = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        problems = list(self._problems())
        if problems:
            raise DeskError(problems, what="service levels")
        put = object.__setattr__
        put(self, "_ready", tuple(_Compiled(metric, self.vocabulary) for metric in self.metrics.values()))
        put(self, "_chooser", tuple((policy, _test(policy.when, self.vocabulary)) for policy in self.policies))
        put(self, "_policy", {policy.name: policy for policy in self.policies})
        put(self, "_at_opening", frozenset(policy.name for policy in self.policies if policy.due_at == "next_opening"))
        put(self, "_warnings", {policy.name: tuple((str(one), one) for one in policy.warn) for policy in self.policies})

    def __reduce__(self) -> tuple[Any, ...]:
        given = {
            "metrics": self.metrics, "policies": self.policies, "hours": self.hours, "default_hours": self.default_hours,
            "default_policy": self.default_policy, "choose": self.choose, "removed_gap": self.removed_gap,
            "vocabulary": self.vocabulary,
        }  # fmt: skip
        return (_rebuild, (given,))

    def _problems(self) -> Iterable[Problem]:
        if ALWAYS_NAME not in self.hours:
            yield Problem("hours", f"the hours {ALWAYS_NAME!r} are missing", "add ticketcore.hours.always(zone)")
        if self.default_hours not in self.hours:
            yield _unknown("settings.hours", "hours", self.default_hours, self.hours)
        if self.choose not in ("always", "creation"):
            yield Problem("settings.choose_policy", f"choose is always or creation, not {self.choose!r}")
        if self.removed_gap not in ("excluded", "counted"):
            yield Problem("settings.removed_gap", f"removed_gap is excluded or counted, not {self.removed_gap!r}")
        seen: set[str] = set()
        for number, policy in enumerate(self.policies):
            path = f"sla[{number}]"
            if policy.name in seen:
                yield Problem(f"{path}.name", f"a second policy {policy.name!r}", "give each its own name")
            seen.add(policy.name)
            if policy.hours and policy.hours not in self.hours:
                yield _unknown(f"{path}.hours", "hours", policy.hours, self.hours)
            for metric in policy.targets:
                if metric not in self.metrics:
                    yield _unknown(f"{path}.targets.{metric}", "metric", metric, self.metrics)
        if self.default_policy is not None and self.default_policy not in seen:
            yield _unknown("settings.default_policy", "policy", self.default_policy, seen)

    # --- what is promised --------------------------------------------------------------------------------------------

    def policy(self, name: str) -> Policy:
        """The policy of this name. Raises `UnknownName`."""
        try:
            return self._policy[name]
        except KeyError:
            raise UnknownName(f"unknown policy {name!r}", value=name, hint=hint(name, self._policy)) from None

    def promise(self, policy: str | None, metric: str, level: str) -> tuple[Target | None, str]:
        """The target for a metric under a policy and priority level, and the name of the hours that count for it.

        The hours are the policy's also where it promises nothing for this level, so that nothing is measured anew on the way.
        """
        chosen = None if policy is None else self._policy.get(policy)
        targets = None if chosen is None else chosen.targets.get(metric)
        target = None if targets is None else targets.of(level)
        if chosen is None or (type(target) is Length and target.calendar):
            return target, ALWAYS_NAME
        return target, chosen.hours or self.default_hours

    def chosen_policy(self, draft: Draft, view: View, *, created: bool) -> tuple[str | None, str]:
        """Which policy holds for the ticket, and by what: manual, rule, match or default.

        >>> from ticketcore import Created, Desk, Person, field
        >>> desk = Desk(policies=[Policy(name="gold", when=field.requester.tier == "gold"), Policy(name="all")])
        >>> ticket = desk.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
        >>> desk.sla.chosen_policy(ticket, desk.view(ticket), created=True)
        ('all', 'match')
        """
        choices = draft.policy_choices
        if choices:
            for source in ("manual", "rule"):
                if source in choices and choices[source] in self._policy:
                    return choices[source], source
        if created or self.choose == "always":
            for policy, matches in self._chooser:
                if matches(view):
                    return policy.name, "match"
            return self.default_policy, "default"
        return draft.policy, "match"

    def promised_anew(self, cycle: Cycle, metric: str, level: str) -> Cycle:
        """The cycle as the same policy promises it here; itself when this configuration has no such policy or promises the same.

        >>> from ticketcore import Created, load_desk
        >>> old, new = (load_desk({"sla": [{"name": "gold", "targets": {"first_reply": span}}]}) for span in ("1h", "2h"))
        >>> cycle = old.handle(None, Created(at=0, ticket="T-1")).ticket.clocks["first_reply"].cycle
        >>> str(new.sla.promised_anew(cycle, "first_reply", "low").target), old.sla.promised_anew(cycle, "first_reply", "low") is cycle
        ('2h', True)
        """
        if cycle.policy not in self._policy:
            return cycle
        target, hours = self.promise(cycle.policy, metric, level)
        if target == cycle.target and hours == cycle.hours:
            return cycle
        return cycle_with(cycle, target=target, hours=hours)

    # --- one cycle ---------------------------------------------------------------------------------------------------

    def used_us(self, cycle: Cycle, at_us: int) -> int:
        """The time a cycle has used at an instant (not before its last change).

        >>> from ticketcore import Created, load_desk
        >>> desk = load_desk({"sla": [{"name": "gold", "targets": {"first_reply": "1h"}}]})
        >>> cycle, minute = desk.handle(None, Created(at=0, ticket="T-1")).ticket.clocks["first_reply"].cycle, 60_000_000
        >>> desk.sla.used_us(cycle, 9 * minute) // minute, desk.sla.promise_us(cycle) // minute
        (9, 60)
        >>> desk.sla.due_us(cycle) // minute, desk.sla.reaches_us(cycle, 50) // minute
        (60, 30)
        """
        if cycle.run_us is None or at_us <= cycle.run_us:
            return cycle.banked_us
        return cycle.banked_us + self._elapsed(cycle.hours, cycle.run_us, at_us)

    def due_us(self, cycle: Cycle) -> int | None:
        """When an open cycle is due if nothing changes, or was, if its promise is used up.

        None: nothing promised, paused, or unreachable.
        """
        target = cycle.target
        if target is None:
            return None
        try:
            if type(target) is not Length:
                return self._day_due_us(cycle, target)
            due = self._reaches_us(cycle, target.us + cycle.extension_us)
            if due is not None and cycle.policy in self._at_opening:
                return self._hours_of(cycle.hours).next_open_us(due)
        except _UNREACHABLE:
            return None
        return due

    def reaches_us(self, cycle: Cycle, percent: int) -> int | None:
        """When a share of the promise is or was used, if nothing changes; None as in `due_us`."""
        if cycle.target is None:
            return None
        try:
            return self._reaches_us(cycle, -(-self.promise_us(cycle) * percent // 100))
        except _UNREACHABLE:
            return None

    def promise_us(self, cycle: Cycle) -> int:
        """The open time promised: of a target in days, the open time between start and due."""
        target = cycle.target
        if target is None:
            return 0
        if type(target) is Length:
            return target.us + cycle.extension_us
        return self._hours_of(cycle.hours).elapsed_us(cycle.started_us, self._day_base_us(cycle, target)) + cycle.extension_us

    def _reaches_us(self, cycle: Cycle, amount: int) -> int | None:
        """The earliest instant at which *amount* of time was used; None if it will not be while nothing changes."""
        hours = self._hours_of(cycle.hours)
        if cycle.runs and cycle.banked_us >= amount:
            run = cycle.runs[bisect_left(cycle.runs, amount, key=_counted_up_to)]
            return min(hours.add_us(run.start_us, amount - run.sum_us + run.counted_us), run.end_us)
        return None if cycle.run_us is None else hours.add_us(cycle.run_us, amount - cycle.banked_us)

    def _day_base_us(self, cycle: Cycle, target: Target) -> int:
        hours = self._hours_of(cycle.hours)
        if isinstance(target, WorkingDays):
            return hours.add_working_days_us(cycle.started_us, target.count, end_of_day=target.end_of_day)
        assert not isinstance(target, Length)  # noqa: S101 - for the type checker: lengths do not come here
        return hours.add_days_us(cycle.started_us, target.count)

    def _day_due_us(self, cycle: Cycle, target: Target) -> int | None:
        """Due by dates: moved on by the open time of every pause that began before it, and by an extension.

        The open time of the pauses before a run is what was open since the start less what was counted. It is due in the first
        run that ends at or after the date moved on by the pauses before it; that run is sought among those that reach the open
        time promised. `plain_day_due_us` says the same pause by pause; it alone knows runs that were counted on other hours.
        """
        hours = self._hours_of(cycle.hours)
        base = self._day_base_us(cycle, target)
        if cycle.extension_us:
            base = hours.add_us(base, cycle.extension_us)
        if base <= cycle.started_us:
            return base
        if cycle.cut:
            return plain_day_due_us(cycle, hours, base)

        def moved(start: int, counted: int) -> int:
            paused = hours.elapsed_us(cycle.started_us, start) - counted
            return hours.add_us(base, paused) if paused else base

        runs = cycle.runs
        if runs:
            promised = hours.elapsed_us(cycle.started_us, base)
            first, last = bisect_left(runs, promised, key=_counted_up_to), bisect_right(runs, promised, key=_counted_up_to)
            found = bisect_left(
                runs, x=True, lo=first, hi=last, key=lambda run: run.end_us >= moved(run.start_us, run.sum_us - run.counted_us)
            )
            if found < len(runs):
                return moved(runs[found].start_us, runs[found].sum_us - runs[found].counted_us)
        return None if cycle.run_us is None else moved(cycle.run_us, cycle.banked_us)

    def warning_us(self, cycle: Cycle, warning: WarnAt, due_us: int | None) -> int | None:
        """When a warning of an open cycle is due; None: suspended by a pause, or the promise was never that long."""
        hours = self._hours_of(cycle.hours)
        try:
            if warning.kind == "percent":
                at = self._reaches_us(cycle, -(-self.promise_us(cycle) * warning.value // 100))
            elif warning.kind == "offset" and warning.value > 0:
                at = self._reaches_us(cycle, self.promise_us(cycle) + warning.value)
            elif due_us is None:
                at = None
            elif warning.kind == "offset":
                at = hours.subtract_us(due_us, -warning.value)
            else:
                at = hours.add_working_days_us(due_us, warning.value)
        except _UNREACHABLE:
            return None
        return None if at is None or at <= cycle.started_us else at

    def warnings_of(self, cycle: Cycle) -> tuple[WarnAt, ...]:
        """The warnings of the policy that holds for a cycle."""
        policy = None if cycle.policy is None else self._policy.get(cycle.policy)
        return () if policy is None else policy.warn

    def due_items(self, metric: str, cycle: Cycle, due_us: int | None) -> list[tuple[int, int, str, str]]:
        """What time will bring for an open cycle, as (instant, 1 warning or 2 breach, sort name, warning).

        >>> from ticketcore import Created, load_desk
        >>> desk = load_desk({"sla": [{"name": "gold", "warn": ["-15m"], "targets": {"first_reply": "1h"}}]})
        >>> cycle, minute = desk.handle(None, Created(at=0, ticket="T-1")).ticket.clocks["first_reply"].cycle, 60_000_000
        >>> [(at // minute, warning or "breach") for at, _, _, warning in desk.sla.due_items("first_reply", cycle, 60 * minute)]
        [(60, 'breach'), (45, '-15m')]
        >>> [desk.sla.warning_us(cycle, warning, 60 * minute) // minute for warning in desk.sla.warnings_of(cycle)]
        [45]
        """
        items: list[tuple[int, int, str, str]] = []
        if cycle.target is None:
            return items
        broken = cycle.breaches and promise_key(cycle.target, cycle.extension_us) in cycle.breaches
        if due_us is not None and cycle.breached_us is None and not broken:
            items.append((due_us, 2, metric, ""))
        for name, warning in self._warnings.get(cycle.policy, ()):
            if name not in cycle.warned:
                at = self.warning_us(cycle, warning, due_us)
                if at is not None:
                    items.append((at, 1, f"{metric} {name}", name))
        return items

    def _hours_of(self, name: str) -> Hours:
        """The hours of that name; around the clock for a name that only an earlier desk of the ticket had."""
        found = self.hours.get(name)
        return self.hours[ALWAYS_NAME] if found is None else found

    def _elapsed(self, hours: str, start: int, end: int) -> int:
        """Open time in a step: never raises; beyond what the hours cover, nothing is counted."""
        known = self._hours_of(hours)
        start, end = max(start, known.low_us), min(end, known.high_us)
        return known.elapsed_us(start, end) if start < end else 0

    # --- one event ---------------------------------------------------------------------------------------------------

    def decide(
        self,
        draft: Draft,
        happened: Sequence[frozenset[str]],
        view: View,
        emit: Emit,
        *,
        created: bool = False,
        due: Due | None = None,
        promised: str | None = None,
    ) -> None:
        """Step 9 of the desk: choose the policy, retarget, then for each event cancel, stop, restart, start; then pause or resume.

        *happened* holds the triggers of each event since the last time (`triggers_of`); *due* may remember what `due_us` says. *promised*
        is the priority for which the clocks have what the ticket's policy promises, if that is known: then only another one is looked at.
        """  # fmt: skip
        due_of = due or self.due_us
        at = view.now_us
        name, source = self.chosen_policy(draft, view, created=created)
        was = draft.policy
        if name != was:
            emit(PolicyApplied, policy=name, was=was, source=source)
        if name != was or draft.priority != promised:
            self._retarget(draft, at, emit)
        if not self._ready:
            return
        for triggers in happened:
            self._happen(draft, triggers, view, at, emit, due_of)
        if name != was and name is not None:
            for ready in self._ready:
                if ready.metric.start_on_attach:
                    self._attach(draft, ready, view, at, emit)
        if draft.category != "removed":
            status, clocks = draft.status, draft.clocks
            for ready in self._ready:
                clock: Clock | None = clocks.get(ready.name)
                if clock is not None and clock.cycle.verdict is None:
                    paused = status in ready.pause_status or (ready.pause is not None and bool(ready.pause(view)))
                    if paused != (clock.cycle.run_us is None):
                        self._pause_or_resume(ready, clock.cycle, status, at, emit)

    def _happen(self, draft: Draft, triggers: frozenset[str], view: View, at: int, emit: Emit, due_of: Due) -> None:
        """What one event means for all metrics."""
        hearing = self._hearing
        known = hearing.get(triggers)
        if known is None:
            heard = tuple((ready, ready.asked(triggers)) for ready in self._ready if not triggers.isdisjoint(ready.heard))
            known = (not triggers.isdisjoint(MARKS), heard)
            if len(hearing) < MOST_HEARD:
                hearing[triggers] = known
        marked, heard = known
        if marked and self._mark(draft, triggers, view, at, emit, due_of):
            return
        for ready, asked in heard:
            self._turn(draft, ready, asked, view, at, emit, due_of)

    def _mark(self, draft: Draft, triggers: frozenset[str], view: View, at: int, emit: Emit, due_of: Due) -> bool:
        """Removal, return and final ends. True: nothing else of this event concerns the clocks."""
        if FINAL in triggers:
            for ready in self._ready:
                self._stop(draft, ready, at, emit, due_of, "cancelled")
            return True
        if ENTERED_REMOVED in triggers:
            if self.removed_gap == "excluded":
                for ready in self._ready:
                    self._stop(draft, ready, at, emit, due_of, "removed")
            return True
        if LEFT_REMOVED in triggers:
            for ready in self._ready:
                clock = draft.clocks.get(ready.name)
                if clock is not None and clock.cycle.verdict == "removed":
                    emit(ClockResumed, metric=ready.name, runs=not ready.is_paused(draft, view))
            self._retarget(draft, at, emit)  # the promise may have changed while it was removed
            return False
        return REMOVED in triggers

    def _turn(self, draft: Draft, ready: _Compiled, asked: str, view: View, at: int, emit: Emit, due_of: Due) -> None:
        """What one event means for one metric."""
        clock: Clock | None = draft.clocks.get(ready.name)
        if clock is not None and clock.cycle.verdict is None:
            if asked == "cancel":
                self._stop(draft, ready, at, emit, due_of, "cancelled")
            elif asked == "stop":
                self._stop(draft, ready, at, emit, due_of, None)
            elif asked in {"restart", "start or restart"}:
                self._stop(draft, ready, at, emit, due_of, None)
                self._start(draft, ready, view, at, emit)
        elif asked in {"start", "start or restart"}:
            self._start(draft, ready, view, at, emit)

    def _start(self, draft: Draft, ready: _Compiled, view: View, at: int, emit: Emit) -> None:
        if draft.merged_into is not None:  # it goes on in another ticket, and so does what is promised
            return
        clock: Clock | None = draft.clocks.get(ready.name)
        metric = ready.metric
        runs = not ready.is_paused(draft, view)
        if clock is None:
            number = 1
        elif metric.reopen == "resume":
            emit(
                ClockStarted, metric=ready.name, number=clock.cycles, started_us=clock.cycle.started_us, runs=runs, resumed=True,
                policy=clock.cycle.policy, target=clock.cycle.target, hours=clock.cycle.hours,
            )  # fmt: skip
            self._retarget(draft, at, emit)  # the promise may have changed while it was ended
            return
        elif metric.cycles == "once":
            return
        else:
            number = clock.cycles + 1
        target, hours = self.promise(draft.policy, ready.name, draft.priority)
        started = draft.created_us if metric.start_at == "created" else at
        emit(ClockStarted, ready.name, number, started, runs, draft.policy if target is not None else None, target, hours)

    def _attach(self, draft: Draft, ready: _Compiled, view: View, at: int, emit: Emit) -> None:
        """Start a metric that counts from the attachment of a policy, if the policy promises something for it."""
        clock: Clock | None = draft.clocks.get(ready.name)
        target, _ = self.promise(draft.policy, ready.name, draft.priority)
        if target is not None and draft.category != "removed" and (clock is None or not clock.cycle.is_open):
            self._start(draft, ready, view, at, emit)

    def _stop(self, draft: Draft, ready: _Compiled, at: int, emit: Emit, due_of: Due, verdict: str | None) -> None:
        """End the open cycle, if there is one; with None the verdict is worked out: met iff it ends at or before due."""
        clock: Clock | None = draft.clocks.get(ready.name)
        if clock is None or clock.cycle.verdict is not None:
            return
        cycle = clock.cycle
        counted = 0 if cycle.run_us is None else self._elapsed(cycle.hours, cycle.run_us, at)
        due = None
        if verdict is None:
            due = due_of(cycle)
            verdict = "untargeted" if cycle.target is None else "met" if due is None or at <= due else "late"
            if due is None and cycle.target is not None:
                due = self.due_us(_as_if_running(cycle, at))
        emit(ClockStopped, ready.name, verdict, counted, cycle.banked_us + counted, due)

    def _pause_or_resume(self, ready: _Compiled, cycle: Cycle, status: str, at: int, emit: Emit) -> None:
        """The other of the two, for a clock that is in the wrong one."""
        if cycle.run_us is None:
            emit(ClockResumed, ready.name)
        else:
            emit(ClockPaused, ready.name, self._elapsed(cycle.hours, cycle.run_us, at), status)

    # --- changes of the promise --------------------------------------------------------------------------------------

    def _retarget(self, draft: Draft, at: int, emit: Emit) -> None:
        """Record for every clock whose promise changed: the new target, and whether it is exceeded already."""
        policy = draft.policy
        for name, clock in draft.clocks.items():
            cycle: Cycle = clock.cycle
            if cycle.verdict is not None:
                if cycle.verdict == "untargeted" and policy is not None:
                    self._judge_late(draft, name, cycle, emit)
                continue
            target, hours = self.promise(policy, name, draft.priority)
            holder = policy if target is not None else None
            if target == cycle.target and holder == cycle.policy and hours == cycle.hours:
                continue
            self._emit_retarget(cycle, name, holder, target, hours, at, emit)

    def _emit_retarget(self, cycle: Cycle, name: str, policy: str | None, target: Target | None, hours: str, at: int, emit: Emit) -> None:
        counted: tuple[int, ...] | None = None
        split: int | None = None
        fresh = cycle_with(cycle, policy=policy, target=target, hours=hours)
        if hours != cycle.hours:
            if policy is not None and policy != cycle.policy and cycle.policy is not None and self._policy[policy].keep_used:
                split = 0 if cycle.run_us is None else self._elapsed(cycle.hours, cycle.run_us, at)
                fresh = cycle_with(fresh, **cut_at(fresh, at, split))
            else:
                counted = tuple(self._elapsed(hours, run.start_us, run.end_us) for run in cycle.runs)
                fresh = cycle_with(fresh, **recounted(fresh, counted))
        self.emit_promise(cycle, fresh, name, at, emit, counted=counted, split=split)

    def emit_promise(
        self, cycle: Cycle, fresh: Cycle, name: str, at: int, emit: Emit, *, counted: tuple[int, ...] | None, split: int | None
    ) -> None:
        """Record that *cycle* goes on as *fresh*: exceeded or not, and which warnings fell into the past without being given."""
        due = self.due_us(fresh)
        exceeded = due is not None and due <= at
        past = []
        for warning in self.warnings_of(fresh):
            if str(warning) not in fresh.warned:
                instant = self.warning_us(fresh, warning, due)
                if instant is not None and instant <= at:
                    past.append((instant, str(warning)))
        past.sort()
        skipped = tuple(text for _, text in (past if exceeded else past[:-1]))
        emit(
            Retargeted, metric=name, policy=fresh.policy, target=fresh.target, hours=fresh.hours, was=cycle.target,
            exceeded=exceeded, counted=counted, split_us=split, skipped=skipped, due_us=due if exceeded else None,
        )  # fmt: skip

    def _judge_late(self, draft: Draft, name: str, cycle: Cycle, emit: Emit) -> None:
        """A cycle that ended before anything was promised for it is judged by the first policy that promises."""
        target, hours = self.promise(draft.policy, name, draft.priority)
        if target is None or cycle.ended_us is None:
            return
        counted = tuple(self._elapsed(hours, run.start_us, run.end_us) for run in cycle.runs)
        fresh = cycle_with(cycle, policy=draft.policy, target=target, hours=hours, **recounted(cycle, counted))
        due = self.due_us(fresh)
        verdict = "met" if due is None or cycle.ended_us <= due else "late"
        if due is None:
            due = self.due_us(_as_if_running(fresh, cycle.ended_us))
        emit(Retargeted, metric=name, policy=draft.policy, target=target, hours=hours, counted=counted, verdict=verdict, due_us=due)

    def extend(self, draft: Draft, metric: str, at: int, emit: Emit) -> None:
        """After a `TargetExtended` was folded: record what it did to the open promise."""
        clock: Clock | None = draft.clocks.get(metric)
        if clock is not None and clock.cycle.is_open and clock.cycle.target is not None:
            self.emit_promise(clock.cycle, clock.cycle, metric, at, emit, counted=None, split=None)

    def adopt(self, draft: Draft, old: Sla, at: int, emit: Emit) -> None:
        """Take over open clocks whose hours were edited: cut the open run at *at*, or measure all of it anew, as the policy says.

        Of an ended clock the verdict is frozen; a policy that measures the whole span gives only the reported due anew.
        """
        for name, clock in list(draft.clocks.items()):
            cycle: Cycle = clock.cycle
            if name not in self.metrics or cycle.hours not in old.hours:
                continue
            if not cycle.is_open:
                self._redate(name, cycle, old, emit)
                continue
            target, hours = self.promise(draft.policy, name, draft.priority)
            if self.hours[hours] == old.hours[cycle.hours]:
                continue
            policy = draft.policy if target is not None else None
            fresh = cycle_with(cycle, policy=policy, target=target, hours=hours)
            whole = policy is not None and self._policy[policy].schedule_change == "whole_span"
            if whole or cycle.hours != hours:
                counted = tuple(self._elapsed(hours, run.start_us, run.end_us) for run in cycle.runs)
                self.emit_promise(cycle, cycle_with(fresh, **recounted(fresh, counted)), name, at, emit, counted=counted, split=None)
            else:
                split = 0 if cycle.run_us is None else old._elapsed(cycle.hours, cycle.run_us, at)
                self.emit_promise(cycle, cycle_with(fresh, **cut_at(fresh, at, split)), name, at, emit, counted=None, split=split)

    def _redate(self, name: str, cycle: Cycle, old: Sla, emit: Emit) -> None:
        """After an edit of the hours: the reported due of a clock that ended met or late, where its policy measures the whole span."""
        policy = None if cycle.policy is None else self._policy.get(cycle.policy)
        if policy is None or policy.schedule_change != "whole_span" or cycle.verdict not in ("met", "late") or cycle.ended_us is None:
            return
        if cycle.hours not in self.hours or self.hours[cycle.hours] == old.hours[cycle.hours]:
            return
        counted = tuple(self._elapsed(cycle.hours, run.start_us, run.end_us) for run in cycle.runs)
        fresh = cycle_with(cycle, **recounted(cycle, counted))
        due = self.due_us(fresh)
        if due is None:
            due = self.due_us(_as_if_running(fresh, cycle.ended_us))
        if due != cycle.due_us:
            emit(
                Retargeted, metric=name, policy=cycle.policy, target=cycle.target, hours=cycle.hours, was=cycle.target,
                verdict=cycle.verdict, due_us=due,
            )  # fmt: skip

    # --- questions ---------------------------------------------------------------------------------------------------

    def standing(self, ticket: Ticket | Draft, metric: str, at_us: int) -> Standing | None:
        """How the clock of *metric* stands at an instant at or after the ticket's last change; None: it was never started."""
        clock: Clock | None = ticket.clocks.get(metric)
        if clock is None:
            return None
        cycle = clock.cycle
        if cycle.verdict is not None:
            return Standing(
                metric=metric, state=cycle.verdict, policy=cycle.policy, target=cycle.target, cycle=clock.cycles,
                started_us=cycle.started_us, due_us=cycle.due_us, used_us=cycle.banked_us, ended_us=cycle.ended_us,
                breached_us=cycle.due_us if cycle.verdict == "late" and cycle.breached_us is None else cycle.breached_us,
                ever_breached=bool(cycle.breaches), counts_from_us=self._counts_from(cycle),
            )  # fmt: skip
        due = self.due_us(cycle)
        breached = due is not None and at_us >= due
        return Standing(
            metric=metric, state=_state(cycle, due, at_us), policy=cycle.policy, target=cycle.target, cycle=clock.cycles,
            started_us=cycle.started_us, due_us=due, used_us=self.used_us(cycle, at_us), breached_us=due if breached else None,
            ever_breached=bool(cycle.breaches) or breached, counts_from_us=self._counts_from(cycle),
            warnings=tuple((item[3], item[0]) for item in sorted(self.due_items(metric, cycle, due)) if item[1] == 1),
        )  # fmt: skip

    def _counts_from(self, cycle: Cycle) -> int:
        try:
            return self._hours_of(cycle.hours).next_open_us(cycle.started_us)
        except _UNREACHABLE:
            return cycle.started_us

    def reading(self, draft: Draft | Ticket, metric: str, at_us: int, due: Due | None = None) -> Reading | None:
        """What a condition sees of a clock; None: it was never started."""
        clock: Clock | None = draft.clocks.get(metric)
        return None if clock is None else Reading(self, clock.cycle, at_us, due or self.due_us)

    def ledger(self, ticket: Ticket | Draft, metric: str, at_us: int | None = None) -> Ledger:
        """Why *metric* is due when it is: every stretch from start to due (or to *at_us*) as counted, closed or paused.

        Raises `UnknownName` when the clock was never started.

        >>> from ticketcore import Created, load_desk
        >>> desk = load_desk({"sla": [{"name": "gold", "targets": {"first_reply": "1h"}}]})
        >>> ticket = desk.handle(None, Created(at=0, ticket="T-1")).ticket
        >>> desk.sla.standing(ticket, "first_reply", 0).state, desk.sla.reading(ticket, "first_reply", 3_600_000_000).state
        ('running', 'breached')
        >>> [line.kind for line in desk.sla.ledger(ticket, "first_reply").lines]
        ['counted']
        """
        clock: Clock | None = ticket.clocks.get(metric)
        if clock is None:
            raise UnknownName(f"no clock {metric!r} on ticket {ticket.id!r}", value=metric)
        cycle = clock.cycle
        due = cycle.due_us if cycle.verdict is not None else self.due_us(cycle)
        return ledger_of(cycle, metric, self._hours_of(cycle.hours), due, at_us)


def _test(condition: Condition, vocabulary: Vocabulary | None) -> Callable[[View], bool]:
    """A condition made ready: compiled where the names are known, else by its plain meaning."""
    return (lambda view: holds(condition, view)) if vocabulary is None else compiled(condition, vocabulary)


def _unknown(path: str, what: str, name: str, known: Iterable[str]) -> Problem:
    return Problem(path, f"unknown {what} {name!r}", hint(name, known), "unknown-name", shorten(name))


def _rebuild(given: dict[str, Any]) -> Sla:
    return Sla(**given)


class Reading:
    """A clock as a condition reads it, at one instant (`ticketcore.conditions.ClockReading`)."""

    __slots__ = ("_at", "_cycle", "_due", "_sla")

    def __init__(self, sla: Sla, cycle: Cycle, at_us: int, due: Due) -> None:
        self._sla, self._cycle, self._at, self._due = sla, cycle, at_us, due

    @property
    def state(self) -> str:
        """See `Standing.state`."""
        return self._cycle.verdict or _state(self._cycle, self.due_us, self._at)

    @property
    def is_open(self) -> bool:
        """Whether the cycle has not ended."""
        return self._cycle.verdict is None

    @property
    def is_running(self) -> bool:
        """Whether time counts."""
        return self._cycle.run_us is not None

    @property
    def started_us(self) -> int:
        """When the cycle started."""
        return self._cycle.started_us

    @property
    def warned_us(self) -> int | None:
        """When the last warning of the cycle was given; None: none was."""
        return self._cycle.last_warned_us

    @property
    def due_us(self) -> int | None:
        """When it is due; of an ended cycle, when it was."""
        return self._cycle.due_us if self._cycle.verdict is not None else self._due(self._cycle)

    def reaches_us(self, percent: int) -> int | None:
        """When that share of the promise is or was used; None if it will not be while nothing happens."""
        return self._sla.reaches_us(self._cycle, percent)


def _state(cycle: Cycle, due: int | None, at: int) -> str:
    if due is not None and at >= due:
        return "breached"
    return "paused" if cycle.run_us is None else "running"


def plain_day_due_us(cycle: Cycle, hours: Hours, base_us: int) -> int | None:
    """A date moved on by the open time of every pause that begins before it: pause by pause. None: a pause lasts."""
    due = base_us
    for start, end in gaps_of(cycle):
        if start >= due:
            break
        if end is None:
            return None
        pause = hours.elapsed_us(start, end)
        if pause:
            due = hours.add_us(due, pause)
    return due


def gaps_of(cycle: Cycle) -> list[tuple[int, int | None]]:
    """The stretches in which a cycle did not run: from its start to its first run, between runs, and since it was paused."""
    gaps: list[tuple[int, int | None]] = []
    last = cycle.started_us
    for run in cycle.runs:
        if run.start_us > last:
            gaps.append((last, run.start_us))
        last = run.end_us
    if cycle.run_us is None:
        gaps.append((last, None))
    elif cycle.run_us > last:
        gaps.append((last, cycle.run_us))
    return gaps


def _counted_up_to(run: Run) -> int:
    return run.sum_us


def _as_if_running(cycle: Cycle, at: int) -> Cycle:
    """The cycle as if it ran on from *at*: for the due instant that a paused or ended one would have had."""
    return cycle_with(cycle, run_us=at, verdict=None)


DEFAULT_METRICS: Final[tuple[Metric, ...]] = (
    Metric(
        name="first_reply", start=("created",), stop=("enter:answered",), cancel=("enter:resolved",),
        text="from creation to the first answer (LiveAgent: first answer)",
    ),
    Metric(
        name="next_reply", start=("enter:open",), stop=("enter:answered",), cancel=("enter:resolved",), cycles="many",
        text="from each return to open to the next answer (LiveAgent: next answer)",
    ),
    Metric(name="first_assign", start=("created",), stop=("assign",), text="from creation to the first assignment"),
    Metric(
        name="resolution", start=("created",), stop=("enter:resolved",), pause_status=("answered",),
        text="from creation to resolved, waiting for the customer left out (LiveAgent: first resolve)",
    ),
)  # fmt: skip
