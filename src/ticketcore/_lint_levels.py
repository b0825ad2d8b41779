"""Judging what is promised, and the statuses: targets, policies, hours, and the table of moves."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any, Final

from attrs import evolve

from ticketcore._clocks import Cycle
from ticketcore._lint_domain import Wanted, possible
from ticketcore._lint_findings import Finding
from ticketcore._lint_script import Script
from ticketcore._lint_space import MONDAY, created
from ticketcore._lint_survey import seeds_for
from ticketcore._time import DAY_US, HOUR_US
from ticketcore.conditions import TRUE, AllOf, AnyOf, Condition, Not
from ticketcore.desk import Desk
from ticketcore.errors import BeyondHorizon, NeverOpen, OutOfRange, TicketcoreError, key_step
from ticketcore.lifecycle import Lifecycle, Move, To
from ticketcore.model import Agent, Breached, Created, Length, Target, Ticket, Warned, WorkingDays
from ticketcore.sla import ALWAYS_NAME, Metric, Policy, Targets, WarnAt

__all__ = ["judge_promises", "judge_statuses", "reachable_statuses"]

_FAR_US: Final = 5 * 365 * DAY_US  # hours open then are open for ever, as far as a desk is concerned


def judge_promises(desk: Desk) -> Iterator[Finding]:
    """Targets, tickets without a clock, clocks that never start or stop, idle warnings, policies never chosen, hours that end."""
    yield from _targets(desk)
    yield from _no_clock(desk)
    yield from _levels_without_clock(desk)
    yield from _never_started(desk)
    yield from _never_stopped(desk)
    yield from _idle_warnings(desk)
    yield from _contradictory(desk)
    yield from _shadowed(desk)
    yield from _overlapping(desk)
    yield from _hours(desk)


# --- targets -----------------------------------------------------------------------------------------------------------


def _targets(desk: Desk) -> Iterator[Finding]:
    levels = desk.priority.levels.names
    for number, policy in enumerate(desk.policies):
        for metric, targets in policy.targets.items():
            below: dict[object, tuple[str, Target]] = {}  # of each sort, the nearest level below
            for level in levels:
                target = targets.of(level)
                if target is None:
                    continue
                lower = below.get(_sort(target))
                if lower is not None and _longer(target, lower[1]):
                    yield Finding(
                        code="targets-not-monotone", place=f"sla[{number}].targets{key_step(metric)}",
                        because=f"{level!r} ranks above {lower[0]!r}",
                        message=f"{lower[0]!r} is promised sooner ({lower[1]}) than {level!r} ({target}); shorten {level!r}",
                    )  # fmt: skip
                below[_sort(target)] = (level, target)


def _sort(target: Target) -> object:
    """What is the same for two targets that can be compared."""
    return target.calendar if isinstance(target, Length) else type(target)


def _longer(one: Target, other: Target) -> bool:
    """Whether one target is longer than another of its sort."""
    if isinstance(one, Length) or isinstance(other, Length):
        return isinstance(one, Length) and isinstance(other, Length) and one.us > other.us
    if isinstance(one, WorkingDays) and isinstance(other, WorkingDays):
        return (one.count, one.end_of_day) > (other.count, other.end_of_day)
    return one.count > other.count


# --- tickets without a clock -------------------------------------------------------------------------------------------


def _shows(desk: Desk, values: Any) -> tuple[Script, Ticket] | None:
    """The script that creates a ticket with these values, and the ticket; None if the desk refuses it."""
    script = Script((created(desk, values),))
    try:
        return script, script.ticket(desk)
    except TicketcoreError:
        return None


def _no_clock(desk: Desk) -> Iterator[Finding]:
    """Tickets that match no policy, where none is the default."""
    unmatched = Not(AnyOf(tuple(policy.when for policy in desk.policies)))
    if desk.default_policy is not None or not desk.metrics:
        return
    if possible([Wanted(unmatched)], desk.vocabulary) is False:
        return
    shown = [found for values in ({}, *seeds_for(desk, unmatched)) if (found := _shows(desk, values)) is not None]
    witness = next((script for script, ticket in shown if ticket.policy is None), None)
    yield Finding(
        code="no-clock", place="sla", verdict="proven" if witness is not None else "unknown", witness=witness,
        message="a ticket that matches no policy has no promise; add a policy without a condition, or name a default",
    )  # fmt: skip


def _levels_without_clock(desk: Desk) -> Iterator[Finding]:
    """Levels for which a policy promises nothing at all."""
    for number, policy in enumerate(desk.policies):
        bare = [level for level in desk.priority.levels.names if all(targets.of(level) is None for targets in policy.targets.values())]
        takes = _takes(desk, number)
        if not policy.targets or not bare or possible([Wanted(takes)], desk.vocabulary) is False:
            continue
        seeds = seeds_for(desk, takes)
        for level in bare:
            shown = [found for values in seeds if (found := _shows(desk, {**values, "priority": level})) is not None]
            witness = next((script for script, ticket in shown if _is_unpromised(ticket, policy, level)), None)
            yield Finding(
                code="no-clock", place=f"sla[{number}].targets", verdict="proven" if witness is not None else "unknown", witness=witness,
                message=f"{policy.name!r} promises nothing for the priority {level!r}; add a target for it, or for else",
            )  # fmt: skip


def _takes(desk: Desk, number: int) -> Condition:
    """What a ticket meets that a policy takes: its condition and none above it, or none at all where it is the default."""
    policy = desk.policies[number]
    taken = _all(policy.when, *(Not(other.when) for other in desk.policies[:number]))
    return AnyOf((taken, Not(AnyOf(tuple(other.when for other in desk.policies))))) if policy.name == desk.default_policy else taken


def _is_unpromised(ticket: Ticket, policy: Policy, level: str) -> bool:
    return ticket.policy == policy.name and ticket.priority == level and all(clock.cycle.target is None for clock in ticket.clocks.values())


def _never_started(desk: Desk) -> Iterator[Finding]:
    """Metrics with a promise whose clock nothing can start."""
    lost = _lost(desk)
    for name, metric in _promised(desk):
        if not _can_start(metric, lost):
            yield Finding(
                code="no-clock", place=f"metrics{key_step(name)}.start",
                because="it has no start" if not metric.start else "no move leads to the status with which it starts",
                message=f"the clock of {name!r} never starts, so that its targets promise nothing; give it a start that happens",
            )  # fmt: skip


def _never_stopped(desk: Desk) -> Iterator[Finding]:
    """Metrics with a promise that can be broken or called off, and never be kept: a restart keeps it too."""
    lost = _lost(desk)
    for name, metric in _promised(desk):
        ends = {*metric.stop, *metric.restart} - {*metric.cancel}  # what cancels as well, cancels
        if _can_start(metric, lost) and all(_is_lost(trigger, lost) for trigger in ends):
            yield Finding(
                code="no-stop", place=f"metrics{key_step(name)}.stop",
                because="no move leads to the status with which it stops" if ends
                else "what stops it cancels it, too" if metric.stop else "it has no stop",
                message=f"nothing stops the clock of {name!r}, so that its promise can only be broken; give it a stop that happens",
            )  # fmt: skip


def _promised(desk: Desk) -> Iterator[tuple[str, Metric]]:
    """The metrics for which a policy promises something."""
    promised = {metric for policy in desk.policies for metric in policy.targets}
    return ((name, metric) for name, metric in desk.metrics.items() if name in promised)


def _lost(desk: Desk) -> frozenset[str]:
    """The statuses that no ticket comes to."""
    return frozenset(status.name for status in desk.lifecycle.every_status()) - reachable_statuses(desk)


def _is_lost(trigger: str, lost: frozenset[str]) -> bool:
    """Whether a trigger never happens: it is to enter or leave a status that no ticket comes to."""
    kind, _, status = trigger.partition(":")
    return kind in ("enter", "leave") and status in lost


def _can_start(metric: Metric, lost: frozenset[str]) -> bool:
    return metric.start_on_attach or not all(_is_lost(trigger, lost) for trigger in metric.start)


# --- warnings ----------------------------------------------------------------------------------------------------------

_TRIED: Final = tuple(MONDAY + hour * HOUR_US for hour in range(14 * 24))  # clocks that start in every hour of two weeks
_NAMED: Final = 4  # promises that a message names


def _idle_warnings(desk: Desk) -> Iterator[Finding]:
    """Warnings that would lie before their clock starts, because the promise is not longer than what they are to be ahead of it.

    A clock that starts out of hours may still give one that is exactly as long as the promise: at the opening that follows.
    """
    for number, policy in enumerate(desk.policies):
        promises = [(metric, target, levels) for metric, targets in policy.targets.items()
                    for target, levels in _by_target(targets, desk.priority.levels.names).items()]  # fmt: skip
        for place, warning in enumerate(policy.warn):
            verdicts = [_gives(desk, policy, target, warning) for _, target, _ in promises]
            idle = [promise for verdict, promise in zip(verdicts, promises, strict=True) if verdict is not True]
            if not idle:
                continue
            sure = None not in verdicts
            told = ", ".join(_promise(desk, *promise) for promise in idle[:_NAMED])
            told += f" and {len(idle) - _NAMED} more" if len(idle) > _NAMED else ""
            yield Finding(
                code="idle-warning", place=f"sla[{number}].warn[{place}]", severity="warning" if len(idle) == len(promises) else "info",
                verdict="proven" if sure else "unknown", witness=_unwarned(desk, number, idle[0], str(warning)),
                because="it is not shorter than the promise" if sure else "clocks that start in every hour of two weeks were tried",
                message=f"the warning {str(warning)!r} of {policy.name!r} is not given for {told}: their clocks have not started by then; "
                "make it shorter, or write a share such as '80%'",
            )  # fmt: skip


def _by_target(targets: Targets, levels: tuple[str, ...]) -> dict[Target, list[str]]:
    """What is promised for one metric, each with the levels it is promised for."""
    found: dict[Target, list[str]] = {}
    for level in levels:
        target = targets.of(level)
        if target is not None:
            found.setdefault(target, []).append(level)
    return found


def _promise(desk: Desk, metric: str, target: Target, levels: list[str]) -> str:
    """A promise in words: of which metric, for which levels, and how long."""
    which = "" if len(levels) == len(desk.priority.levels.names) else f" for {', '.join(map(repr, levels))}"
    return f"{metric!r}{which} ({target})"


def _gives(desk: Desk, policy: Policy, target: Target, warning: WarnAt) -> bool | None:
    """Whether a clock with that promise, left alone, gives a warning; None: of the clocks that were tried none does."""
    if warning.kind == "percent" or warning.value >= 0:
        return True
    if isinstance(target, Length) and warning.kind == "offset":
        return -warning.value < target.us  # counted in the same hours
    if isinstance(target, WorkingDays) and warning.kind == "working_days" and not target.end_of_day:
        return -warning.value < target.count  # so many working days on and back again lead to the same instant or before it
    hours = ALWAYS_NAME if isinstance(target, Length) and target.calendar else policy.hours or desk.default_hours
    cycles = (Cycle(number=1, started_us=at, run_us=at, policy=policy.name, target=target, hours=hours) for at in _TRIED)
    due = [(cycle, at) for cycle in cycles if (at := desk.sla.due_us(cycle)) is not None]
    return True if not due or any(desk.sla.warning_us(cycle, warning, at) is not None for cycle, at in due) else None


def _unwarned(desk: Desk, number: int, promise: tuple[str, Target, list[str]], warning: str) -> Script | None:
    """A ticket whose promise is broken without that warning, nobody having acted; None if none was found."""
    metric, target, levels = promise
    for values in seeds_for(desk, _takes(desk, number)):
        shown = _shows(desk, {**values, "priority": levels[0]})
        clock = None if shown is None else shown[1].clocks.get(metric)
        if shown is None or clock is None or clock.cycle.target != target or clock.cycle.policy != desk.policies[number].name:
            continue
        script = Script(shown[0].moments, desk.sla.due_us(clock.cycle))
        events = [event for outcome in script.replay(desk) for event in outcome.events]
        broken = any(isinstance(event, Breached) and event.metric == metric for event in events)
        if broken and not any(isinstance(event, Warned) and (event.metric, event.warning) == (metric, warning) for event in events):
            return script
    return None


# --- policies ----------------------------------------------------------------------------------------------------------


def _contradictory(desk: Desk) -> Iterator[Finding]:
    """Policies whose condition no ticket can meet."""
    for number, policy in enumerate(desk.policies):
        if policy.name != desk.default_policy and possible([Wanted(policy.when)], desk.vocabulary) is False:
            yield Finding(
                code="contradictory-policy", place=f"sla[{number}]", severity="error", because="all classes of values were gone through",
                message=f"{policy.name!r} is never chosen: its condition contradicts itself; mend it",
            )  # fmt: skip


def _shadowed(desk: Desk) -> Iterator[Finding]:
    """Policies whose every ticket is taken by those above, together."""
    for number, policy in enumerate(desk.policies):
        above = desk.policies[:number]
        if policy.name == desk.default_policy or not above:
            continue
        demands = [Wanted(policy.when), *(Wanted(other.when, true=False) for other in above)]
        if possible([Wanted(policy.when)], desk.vocabulary) is False or possible(demands, desk.vocabulary) is not False:
            continue
        taken = [other.name for other in above if possible([Wanted(policy.when), Wanted(other.when)], desk.vocabulary) is not False]
        names = " and ".join(map(repr, taken[:4]))
        witness = next((found[0] for values in seeds_for(desk, policy.when) if (found := _shows(desk, values)) is not None), None)
        yield Finding(
            code="shadowed-policy", place=f"sla[{number}]", witness=witness, because="all classes of values were gone through",
            message=f"{policy.name!r} is never chosen by its condition: {names} above it takes every ticket it would; move it up",
        )  # fmt: skip


def _overlapping(desk: Desk) -> Iterator[Finding]:
    """Pairs of policies that both fit a ticket although neither is a case of the other."""
    words = desk.vocabulary
    for (low, above), (high, below) in combinations(enumerate(desk.policies), 2):
        if TRUE in (above.when, below.when) or evolve(above, name=below.name, when=below.when) == below:
            continue
        one, other = above.when, below.when
        if any(possible([Wanted(one, true=a), Wanted(other, true=b)], words) is not True for a, b in ((True, False), (False, True))):
            continue
        before = [Not(policy.when) for policy in desk.policies[:low]]
        shown = [found for values in seeds_for(desk, _all(one, other, *before)) if (found := _shows(desk, values)) is not None]
        witness = next((script for script, ticket in shown if ticket.policy == above.name), None)
        if witness is not None:
            yield Finding(
                code="overlapping-policies", place=f"sla[{high}]", severity="info", witness=witness,
                message=f"a ticket can fit {above.name!r} and {below.name!r}: the upper one takes it; if that is not meant, narrow one",
            )  # fmt: skip


def _all(*parts: Condition) -> Condition:
    return AllOf(parts)


# --- hours -------------------------------------------------------------------------------------------------------------


def _hours(desk: Desk) -> Iterator[Finding]:
    """Hours that promises count in and that are not open for ever: past their end nothing is ever due."""
    used: dict[str, None] = {}
    for policy in desk.policies:
        if any(not (isinstance(target, Length) and target.calendar) for targets in policy.targets.values()
               for target in (*targets.by_level.values(), targets.otherwise) if target is not None):  # fmt: skip
            used[policy.hours or desk.default_hours] = None
    for name in used:
        for at, when in ((MONDAY, "from the end of 2026 on"), (MONDAY + _FAR_US, "for ever")):
            try:
                desk.hours[name].next_open_us(at)
            except (NeverOpen, BeyondHorizon, OutOfRange) as error:
                yield Finding(
                    code="hours-end", place=f"hours{key_step(name)}", because=str(error),
                    message=f"{name!r} are not open {when}: what is promised in them is then never due; extend them",
                )  # fmt: skip
                break


# --- statuses ----------------------------------------------------------------------------------------------------------

_AGENT: Final = Agent(id="agent")


def reachable_statuses(desk: Desk) -> frozenset[str]:
    """The statuses that a ticket can come to by the moves of the table, in the workflow of any type, unless a guard never holds."""
    return frozenset[str]().union(*(_reached(desk, workflow) for _, workflow in _workflows(desk)))


def _workflows(desk: Desk) -> Iterator[tuple[str, Lifecycle]]:
    """Every workflow of a desk, with its place."""
    yield "lifecycle", evolve(desk.lifecycle, by_type={}) if desk.lifecycle.by_type else desk.lifecycle
    yield from ((f"lifecycle.by_type{key_step(name)}", workflow) for name, workflow in desk.lifecycle.by_type.items())


def _reached(desk: Desk, lifecycle: Lifecycle) -> frozenset[str]:
    leads = _leads(desk, lifecycle)
    firsts = {lifecycle.initial(Created(at=0, ticket="T")), lifecycle.initial(Created(at=0, ticket="T", by=_AGENT))}
    reached, frontier = set(firsts), list(firsts)
    while frontier:
        for to in leads[frontier.pop()] - reached:
            reached.add(to)
            frontier.append(to)
    return frozenset(reached)


def _leads(desk: Desk, lifecycle: Lifecycle) -> dict[str, set[str]]:
    """Where each status leads, by moves whose guard can hold."""
    choices = lifecycle.choices()
    return {
        name: {
            to for trigger, targets in lifecycle.allowed(name).items() if not _goes_back(row.get(trigger)) for to in targets
            if not _is_shut(desk, choices[name][to] if trigger == "set" else row[trigger])
        } for name, row in lifecycle.rows().items()
    }  # fmt: skip


def _is_shut(desk: Desk, move: Move) -> bool:
    """Whether the guard of a move never holds."""
    return move.guard is not None and possible([Wanted(move.guard)], desk.vocabulary) is False


def judge_statuses(desk: Desk) -> Iterator[Finding]:
    """Statuses that no move leads to, live ones that no move leaves, and moves whose guard never holds."""
    for where, workflow in _workflows(desk):
        yield from _shut(desk, where, workflow)
        leads, reached = _leads(desk, workflow), _reached(desk, workflow)
        for number, status in enumerate(workflow.statuses):
            place = f"{where}.statuses[{number}]"
            if status.name not in reached:
                yield Finding(
                    code="unreachable-status", place=place, because="every move of the table was followed from the first statuses",
                    message=f"no move leads to {status.name!r}; add one, or remove it",
                )  # fmt: skip
            elif workflow.is_live(status.name) and not leads[status.name] - {status.name}:
                yield Finding(
                    code="dead-end", place=place, severity="error", because="its row was gone through",
                    message=f"no move leaves {status.name!r}: tickets stay there for ever; add one",
                )  # fmt: skip


def _shut(desk: Desk, where: str, workflow: Lifecycle) -> Iterator[Finding]:
    for status, row in workflow.rows().items():
        for trigger, move in row.items():
            if _is_shut(desk, move):
                given = "moves" if trigger in workflow.moves.get(status, {}) else "table"
                yield Finding(
                    code="contradictory-guard", place=f"{where}.{given}{key_step(status)}{key_step(trigger)}", severity="error",
                    because="all classes of values were gone through",
                    message=f"{trigger} is never allowed in {status!r}: its guard contradicts itself; mend it, or refuse the move",
                )  # fmt: skip


def _goes_back(move: Move | None) -> bool:
    """Whether a move only leads back to where the ticket has been."""
    return move is not None and move.to is To.BEFORE_DELETE
