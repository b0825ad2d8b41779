"""Judging what is promised, and the statuses: targets, policies, hours, and the table of moves."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any, Final

from attrs import evolve

from ticketcore._lint_domain import Wanted, possible
from ticketcore._lint_findings import Finding
from ticketcore._lint_script import Script
from ticketcore._lint_space import MONDAY, created
from ticketcore._lint_survey import seeds_for
from ticketcore._time import DAY_US
from ticketcore.conditions import TRUE, AllOf, AnyOf, Condition, Not
from ticketcore.desk import Desk
from ticketcore.errors import BeyondHorizon, NeverOpen, OutOfRange, TicketcoreError
from ticketcore.lifecycle import Lifecycle, Move, To
from ticketcore.model import Agent, Created, Length, Target, Ticket, WorkingDays
from ticketcore.sla import Policy

__all__ = ["judge_promises", "judge_statuses", "reachable_statuses"]

_FAR_US: Final = 5 * 365 * DAY_US  # hours open then are open for ever, as far as a desk is concerned


def judge_promises(desk: Desk) -> Iterator[Finding]:
    """Targets that are not monotone, tickets without a clock, policies that are never chosen or overlap, hours that end."""
    yield from _targets(desk)
    yield from _no_clock(desk)
    yield from _levels_without_clock(desk)
    yield from _shadowed(desk)
    yield from _overlapping(desk)
    yield from _hours(desk)


# --- targets -----------------------------------------------------------------------------------------------------------


def _targets(desk: Desk) -> Iterator[Finding]:
    levels = desk.priority.levels.names
    for number, policy in enumerate(desk.policies):
        for metric, targets in policy.targets.items():
            lower: tuple[str, Target] | None = None
            for level in levels:
                target = targets.of(level)
                if lower is not None and target is not None and _longer(target, lower[1]):
                    yield Finding(
                        code="targets-not-monotone", place=f"sla[{number}].targets.{metric}", because=f"{level!r} ranks above {lower[0]!r}",
                        message=f"{lower[0]!r} is promised sooner ({lower[1]}) than {level!r} ({target}); shorten {level!r}",
                    )  # fmt: skip
                if target is not None:
                    lower = (level, target)


def _longer(one: Target, other: Target) -> bool:
    """Whether one target is certainly longer than another; targets of different kinds are not compared."""
    if isinstance(one, Length) and isinstance(other, Length):
        return one.calendar == other.calendar and one.us > other.us
    if type(one) is type(other) and not isinstance(one, Length) and not isinstance(other, Length):
        return one.count > other.count or (
            isinstance(one, WorkingDays)
            and isinstance(other, WorkingDays)
            and one.count == other.count
            and one.end_of_day > other.end_of_day
        )
    return False


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
        for level in desk.priority.levels.names if policy.targets else ():
            if any(targets.of(level) is not None for targets in policy.targets.values()):
                continue
            shown = [found for values in seeds_for(desk, policy.when) if (found := _shows(desk, {**values, "priority": level})) is not None]
            witness = next((script for script, ticket in shown if _is_unpromised(ticket, policy, level)), None)
            yield Finding(
                code="no-clock", place=f"sla[{number}].targets", verdict="proven" if witness is not None else "unknown", witness=witness,
                message=f"{policy.name!r} promises nothing for the priority {level!r}; add a target for it, or for else",
            )  # fmt: skip


def _is_unpromised(ticket: Ticket, policy: Policy, level: str) -> bool:
    return ticket.policy == policy.name and ticket.priority == level and all(clock.cycle.target is None for clock in ticket.clocks.values())


# --- policies ----------------------------------------------------------------------------------------------------------


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
        if TRUE in (above.when, below.when) or above.targets == below.targets:
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
                    code="hours-end", place=f"hours.{name}", because=str(error),
                    message=f"{name!r} are not open {when}: what is promised in them is then never due; extend them",
                )  # fmt: skip
                break


# --- statuses ----------------------------------------------------------------------------------------------------------

_AGENT: Final = Agent(id="agent")


def reachable_statuses(desk: Desk) -> frozenset[str]:
    """The statuses that a ticket can come to by the moves of the table, in the workflow of any type, whatever guards say."""
    return frozenset[str]().union(*(_reached(workflow) for _, workflow in _workflows(desk)))


def _workflows(desk: Desk) -> Iterator[tuple[str, Lifecycle]]:
    """Every workflow of a desk, with its place."""
    yield "lifecycle", evolve(desk.lifecycle, by_type={}) if desk.lifecycle.by_type else desk.lifecycle
    yield from ((f"lifecycle.by_type.{name}", workflow) for name, workflow in desk.lifecycle.by_type.items())


def _reached(lifecycle: Lifecycle) -> frozenset[str]:
    leads = _leads(lifecycle)
    firsts = {lifecycle.initial(Created(at=0, ticket="T")), lifecycle.initial(Created(at=0, ticket="T", by=_AGENT))}
    reached, frontier = set(firsts), list(firsts)
    while frontier:
        for to in leads[frontier.pop()] - reached:
            reached.add(to)
            frontier.append(to)
    return frozenset(reached)


def _leads(lifecycle: Lifecycle) -> dict[str, set[str]]:
    return {
        name: {to for trigger, targets in lifecycle.allowed(name).items() if not _goes_back(row.get(trigger)) for to in targets}
        for name, row in lifecycle.rows().items()
    }


def judge_statuses(desk: Desk) -> Iterator[Finding]:
    """Statuses that no move leads to, and live ones that no move leaves."""
    for where, workflow in _workflows(desk):
        leads, reached = _leads(workflow), _reached(workflow)
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


def _goes_back(move: Move | None) -> bool:
    """Whether a move only leads back to where the ticket has been."""
    return move is not None and move.to is To.BEFORE_DELETE
