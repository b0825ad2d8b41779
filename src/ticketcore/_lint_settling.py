"""Whether cycles come to rest: no rule's work is undone by another in the same cycle.

*Unsettled*: when a cycle is over, a rule that fired in it still matches, and what it set has been set otherwise by another: it would
do it again, and only that each rule fires once in a cycle holds it back. Actions that add up (a note, a step up, a postponement)
are done once on purpose and do not count.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Final

from attrs import evolve

from ticketcore._lint_domain import Given, Wanted, possible
from ticketcore._lint_findings import Finding
from ticketcore._lint_footprint import Footprint, footprint, share
from ticketcore._lint_order import exclusive
from ticketcore._lint_rules import placed
from ticketcore._lint_script import Script, shrink
from ticketcore._lint_space import Visit
from ticketcore._lint_survey import Survey, cycles_of
from ticketcore.conditions import View, holds
from ticketcore.desk import Desk
from ticketcore.errors import counted
from ticketcore.model import EventBase, RuleFired, Ticket, fold
from ticketcore.rules import Action, Rule, deed_of

__all__ = ["judge_settling", "settled", "unsettled_in"]

# --- within a cycle ----------------------------------------------------------------------------------------------------

_SETTING: Final = frozenset({
    "set_priority", "release_priority", "set_status", "add_tag", "add_tags", "remove_tag", "remove_tags", "set_field", "assign", "unassign",
    "transfer", "set_policy", "release_policy",
})  # fmt: skip


class _Scene:
    """What an action that sets something may ask of a desk: nothing but who does it."""

    by_hand = False
    actor: str | None = None
    event_id = ""
    at_us = 0

    def raised(self, level: str, by: int) -> str:
        """Not asked by an action that sets."""
        raise NotImplementedError(level, by)

    def after(self, span: Any, hours: str | None) -> int:
        """Not asked by an action that sets."""
        raise NotImplementedError(span, hours)

    def filled(self, template: str) -> str:
        """Not asked by an action that sets."""
        raise NotImplementedError(template)


_SCENE: Final = _Scene()


def would_again(action: Action, ticket: Ticket) -> bool:
    """Whether an action that sets something finds it set otherwise."""
    return action.name in _SETTING and deed_of(action, ticket, _SCENE) is not None


def unsettled_in(desk: Desk, visit: Visit) -> Iterator[tuple[Rule, Action]]:
    """The rules that fired in the last cycle of a step and would set again what has been set otherwise, with the action."""
    outcome = visit.outcome
    cycle = list(cycles_of(outcome.events))[-1:]
    for events in cycle:
        before = _before(visit, events)
        for event in events:
            if isinstance(event, RuleFired):
                rule = desk.rules.rule(event.rule)
                action = next((action for action in rule.then if would_again(action, outcome.ticket)), None)
                if action is not None and _matches(desk, rule, outcome.ticket, before, events):
                    yield rule, action


def _before(visit: Visit, events: list[EventBase]) -> Ticket | None:
    """What change tests of a cycle compare with: the ticket before it, or as it was created."""
    if visit.befores[0] is not None:
        return visit.befores[0]
    first = next((number for number, event in enumerate(events) if isinstance(event, RuleFired)), 0)
    return fold(events[:first])


def _matches(desk: Desk, rule: Rule, ticket: Ticket, before: Ticket | None, events: list[EventBase]) -> bool:
    """Whether the rule would match once more at the end of the cycle."""
    at = events[0].at_us

    def view(event: EventBase | None) -> View:
        return View(desk.vocabulary, ticket, at, before, event, lambda metric: desk.sla.reading(ticket, metric, at))

    if rule.is_timed:
        return holds(rule.when, view(None))
    heard = (event for event in events if (event.kind in rule.on if rule.on else event.is_outside and not event.cause))
    return any(holds(rule.when, view(event)) for event in heard)


def settled(desk: Desk, survey: Survey) -> tuple[str, list[tuple[Rule, Action, Visit]]]:
    """Whether every cycle of a desk settles: ``proven``, or ``shown`` not to with a step for each rule, or ``unknown``."""
    shown: dict[str, tuple[Rule, Action, Visit]] = {}
    for visit in survey.visits:
        if any(event.kind == "rule_fired" for event in visit.outcome.events):
            for rule, action in unsettled_in(desk, visit):
                shown.setdefault(rule.name, (rule, action, visit))
    if shown:
        return "shown", list(shown.values())
    certain = survey.is_closed or next(_can_undo(desk), None) is None
    return ("proven" if certain else "unknown"), []


def _undecided(desk: Desk, survey: Survey, shown: Mapping[str, Collection[str]]) -> list[tuple[Rule, Rule]]:
    """Pairs that may undo each other's work, but for rules *shown* unsettled already, and pairs that were shown the other way round."""
    pairs = () if survey.is_closed else _can_undo(desk)
    return [(rule, other) for rule, other in pairs if rule.name not in shown and rule.name not in shown.get(other.name, ())]


def _can_undo(desk: Desk) -> Iterator[tuple[Rule, Rule]]:
    """Pairs of rules of which the second may undo the first in one cycle while that still matches."""
    rules = placed(desk)
    for one in rules:
        rule = one.rule
        mine = footprint(rule, desk)
        if not any(action.name in _SETTING for action in rule.then):
            continue
        for two in rules:
            other = two.rule
            if rule.stop and one.set_name == two.set_name:
                continue  # itself, or one of its set: no other of that acts after it in the cycle
            if other is not rule and _undoes(desk, rule, mine, other) and not exclusive(desk, rule, other):
                yield rule, other


def _undoes(desk: Desk, rule: Rule, mine: Footprint, other: Rule) -> bool:
    theirs = footprint(other, desk).direct
    for name in share(mine.direct, theirs):
        values, others = mine.direct.get(name), theirs.get(name, frozenset())
        if values is not None and len(values) == 1 and "*" not in values and values == others:
            continue  # both set it to the same
        if name in mine.direct and not _still_matches(desk, rule, name, others):
            continue
        return True
    return False


def _still_matches(desk: Desk, rule: Rule, name: str, values: Iterable[Any]) -> bool:
    """Whether a rule may match when a field has one of *values* (which another has given it)."""
    known = frozenset(values)
    if "*" in known or name not in desk.vocabulary.specs:
        return True
    return possible([Wanted(rule.when)], desk.vocabulary, only={name: Given(known)}) is not False


def judge_settling(desk: Desk, survey: Survey) -> Iterator[Finding]:
    """A finding for each rule that was seen unsettled, or one for all when it could not be told."""
    _, shown = settled(desk, survey)
    places = {one.rule.name: one.place for one in placed(desk)}
    undone: dict[str, list[str]] = {}
    for rule, action, visit in shown:
        others = undone[rule.name] = _undoing(desk, visit, rule, action)
        by = f" by {', '.join(map(repr, others))}" if others else ""
        yield Finding(
            code="unsettled", place=places[rule.name], severity="info", witness=_smallest(desk, rule, visit.script),
            message=f"what {rule.name!r} sets ({action.name}) is set otherwise{by} in the same cycle; let only one of them match",
        )  # fmt: skip
    pairs = _undecided(desk, survey, undone)
    if pairs:
        listed = "; ".join(f"{other.name!r} and {rule.name!r}" for rule, other in pairs[:3])
        yield Finding(
            code="unsettled", place="rules", severity="info", verdict="unknown",
            message=f"whether a rule undoes another in the same cycle was not decided for {counted(len(pairs), 'pair')}: {listed}"
                    f"{'; ...' if len(pairs) > 3 else ''}",
        )  # fmt: skip


def _smallest(desk: Desk, rule: Rule, script: Script) -> Script:
    """The script with everything left out that the rule does not need to be unsettled at its end."""

    def shows(smaller: Script) -> Script | None:
        outcomes = smaller.replay(desk)
        before = outcomes[-2].ticket if len(outcomes) > 1 else None
        end = outcomes[len(outcomes) - 1]
        last = Visit(smaller, (end,), (before,), end.ticket.as_of_us)
        return smaller if any(one.name == rule.name for one, _ in unsettled_in(desk, last)) else None

    return shrink(script, shows, most=80)


def _undoing(desk: Desk, visit: Visit, rule: Rule, action: Action) -> list[str]:
    """The rules that fired in the same step and write what the action sets."""
    mine = footprint(evolve(rule, then=(action,)), desk).direct
    names = dict.fromkeys(event.rule for event in visit.outcome.events if isinstance(event, RuleFired))
    return [name for name in names if name != rule.name and share(mine, footprint(desk.rules.rule(name), desk).direct)]
