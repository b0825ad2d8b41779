"""Judging rules one by one and beside each other: what can never fire, does nothing new, or tries what is refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from attrs import frozen

from ticketcore._lint_domain import Wanted, possible
from ticketcore._lint_findings import Finding
from ticketcore._lint_footprint import EVENT_OF, MOVES, TRIGGER_OF, event_fields, footprint, kinds_of, reads_of, share
from ticketcore._lint_script import Script
from ticketcore._lint_space import created
from ticketcore._lint_survey import Survey, seeds_for
from ticketcore.conditions import AllOf, AnyOf, Condition, Not, Test, names_category
from ticketcore.desk import Desk, Outcome
from ticketcore.errors import TicketcoreError
from ticketcore.model import EVENTS, ActionRefused, RuleFired
from ticketcore.rules import Action, Rule

__all__ = ["Placed", "can_hold", "fired_in", "illegal_macros", "is_legal", "judge_rules", "moved", "placed"]

# Kinds of events that only people and the host make, never an action of a rule: a rule without `on` hears every one of them.
_OUTSIDE_ONLY: Final = frozenset(kind for kind, event in EVENTS.items() if event.is_outside and kind not in EVENT_OF.values())


@frozen
class Placed:
    """A rule in its place: the name of its set, its number there, and the path of both."""

    rule: Rule
    set_name: str
    number: int
    place: str


def placed(desk: Desk) -> tuple[Placed, ...]:
    """The enabled rules of a desk in the order they are tried, the steps of ladders among them."""
    found = [
        Placed(rule, one.name, number, f"{one.name}[{number}]")
        for one in desk.rules.sets if one.enabled
        for number, rule in enumerate(one.rules) if rule.enabled
    ]  # fmt: skip
    for number, ladder in enumerate(desk.rules.escalations):
        if ladder.enabled:
            found += [Placed(rule, f"~{ladder.name}", step, f"escalations[{number}].steps[{step % len(ladder.steps)}]")
                      for step, rule in enumerate(ladder.rules())]  # fmt: skip
    return tuple(found)


def judge_rules(desk: Desk, survey: Survey, reachable: frozenset[str]) -> Iterator[Finding]:
    """What is wrong with each rule by itself, and beside those above it. *reachable*: the statuses that a ticket can have."""
    above: list[Placed] = []
    for one in placed(desk):
        doubles = list(_duplicates(desk, one, above, survey))
        yield from doubles
        dead = _never(desk, one, reachable) or (None if doubles else _shadowed(desk, one, above))
        if dead is None:
            yield from _illegal(desk, one, survey, reachable)
        if dead is None and not doubles and survey.reach(one.rule) is None:
            dead = Finding(
                code="unreachable-rule", place=one.place, verdict="unknown", severity="info",
                message=f"no ticket was found for which {one.rule.name!r} fires; see whether it is still needed",
                because=f"looked for in {survey.steps} steps",
            )  # fmt: skip
        if dead is not None:
            yield dead
        yield from _negated_any(one.rule, f"{one.place}.when")
        above.append(one)


# --- what can never fire -----------------------------------------------------------------------------------------------


def can_hold(desk: Desk, condition: Condition, only: Mapping[str, Any] | None = None) -> bool | None:
    """Whether *condition* can hold for any ticket of the desk; None if it is too much to tell."""
    return possible([Wanted(condition)], desk.vocabulary, only=only or {})


def _never(desk: Desk, one: Placed, reachable: frozenset[str]) -> Finding | None:
    rule = one.rule
    if can_hold(desk, rule.when) is False:
        return Finding(
            code="contradictory-rule", place=one.place, severity="error", because="all classes of values were gone through",
            message=f"{rule.name!r} never fires: its condition contradicts itself; mend it",
        )  # fmt: skip
    known: dict[str, Any] = {"status": reachable.__contains__}
    if rule.is_timed:
        heard = [known | dict.fromkeys(_EVENT_FIELDS, _is_empty)]
    else:
        heard = [known | dict(event_fields(kind, automatic=rule.automatic)) for kind in sorted(kinds_of(rule, desk))]
    if not heard:
        why = f"no {' or '.join(sorted(rule.on))} ever happens on this desk"
    elif all(can_hold(desk, rule.when, only) is False for only in heard):
        why = "no event that it listens to, and no status that a ticket can have, meets its condition"
    else:
        return None
    return Finding(
        code="unreachable-rule", place=one.place, severity="error", because=why,
        message=f"{rule.name!r} never fires; listen to other events, or mend its condition",
    )  # fmt: skip


_EVENT_FIELDS: Final = tuple(f"event.{name}" for name in (
    "kind", "by_role", "by", "channel", "text", "language", "public", "automatic", "reason", "group", "metric", "warning",
))  # fmt: skip


def _is_empty(value: Any) -> bool:
    return value is None


def _shadowed(desk: Desk, one: Placed, above: list[Placed]) -> Finding | None:
    """A rule below some that stop its set whenever it could fire. ``stop`` never takes a rise from a time rule."""
    rule = one.rule
    if rule.is_timed:
        return None
    stops = [other for other in above if other.set_name == one.set_name and other.rule.stop and _hears_all(desk, other.rule, rule)]
    demands = [Wanted(rule.when), *(Wanted(other.rule.when, true=False) for other in stops)]
    if not stops or possible(demands, desk.vocabulary) is not False:
        return None
    stops = _needed(desk, rule, stops)
    first = above.index(stops[0])
    disturbing = [other for other in above[first + 1 :] if any(_disturbs(desk, other.rule, stop.rule, rule) for stop in stops)]
    if disturbing:
        return None  # what comes between may make it fire after all: it is looked for
    names = " and ".join(repr(other.rule.name) for other in stops)
    return Finding(
        code="shadowed-rule", place=one.place, severity="error", witness=_shown_stop(desk, rule, stops),
        because="all classes of values were gone through",
        message=f"{rule.name!r} never fires: {names} above it stops the set for every ticket it matches; move it up",
    )  # fmt: skip


def _needed(desk: Desk, rule: Rule, stops: list[Placed]) -> list[Placed]:
    """The fewest of *stops*, from below, that still take everything."""
    kept = list(stops)
    for other in reversed(stops):
        fewer = [one for one in kept if one is not other]
        demands = [Wanted(rule.when), *(Wanted(one.rule.when, true=False) for one in fewer)]
        if fewer and possible(demands, desk.vocabulary) is False:
            kept = fewer
    return kept


def _hears_all(desk: Desk, above: Rule, below: Rule) -> bool:
    """Whether *above* is tried on every event that *below* is, and is awake whenever that is."""
    heard = below.on <= above.on if above.on and below.on else above.on == below.on or (not above.on and below.on <= _OUTSIDE_ONLY)
    awake = all(
        names_category(above.when, desk.vocabulary, category) or not names_category(below.when, desk.vocabulary, category)
        for category in ("closed", "removed")
    )
    return heard and awake and not above.is_timed and (above.automatic or not below.automatic)


def _disturbs(desk: Desk, between: Rule, above: Rule, below: Rule) -> bool:
    """Whether a rule between two may change what the upper one would have seen when the lower one is tried."""
    made = footprint(between, desk)
    return bool(share(made.writes, reads_of(above.when, desk.vocabulary)) or made.makes & below.on)


def _shown_stop(desk: Desk, rule: Rule, stops: list[Placed]) -> Script | None:
    """A ticket that the rule would take, and that is taken by one of those above it."""
    names = {other.rule.name for other in stops}
    for seed in seeds_for(desk, rule.when):
        script = Script((created(desk, seed),))
        try:
            outcome = script.replay(desk)[-1]
        except TicketcoreError:
            continue
        if names & fired_in(outcome):
            return script
    return None


def fired_in(outcome: Outcome) -> set[str]:
    """The names of the rules that fired."""
    return {event.rule for event in outcome.events if isinstance(event, RuleFired)}


# --- what adds nothing -------------------------------------------------------------------------------------------------


def _duplicates(desk: Desk, one: Placed, above: list[Placed], survey: Survey) -> Iterator[Finding]:
    for other in above:
        if _does_the_same(desk, other, one):
            scripts = survey.together.get((other.rule.name, one.rule.name), [])
            yield Finding(
                code="duplicate-rule", place=one.place, witness=scripts[0] if scripts else None,
                message=f"{one.rule.name!r} does the same as {other.rule.name!r} ({other.place}); remove one",
                because="their conditions hold for the same tickets",
            )  # fmt: skip


def _does_the_same(desk: Desk, above: Placed, below: Placed) -> bool:
    """Whether the lower rule adds nothing to the upper one: the same events, actions and tickets."""
    one, other = above.rule, below.rule
    same = one.then and all(getattr(one, part) == getattr(other, part) for part in ("on", "then", "every_us", "times", "is_timed"))
    stops = one.stop or not other.stop
    if not same or one.ladder is not None or (other.automatic and not one.automatic) or not stops:
        return False
    if above.set_name != below.set_name and (one.stop or other.stop):
        return False
    return one.when == other.when or all(
        possible([Wanted(left.when), Wanted(right.when, true=False)], desk.vocabulary) is False
        for left, right in ((one, other), (other, one))
    )


# --- what is refused ---------------------------------------------------------------------------------------------------


def _illegal(desk: Desk, one: Placed, survey: Survey, reachable: frozenset[str]) -> Iterator[Finding]:
    """The first action of a rule that the table refuses: in every status the rule fires in, or in one it was seen to."""
    rule = one.rule
    if not any(action.name in MOVES for action in rule.then):
        return
    known = {"status": reachable.__contains__}
    statuses = {status for status in reachable
                if can_hold(desk, rule.when, known | {"status": status.__eq__}) is not False}  # fmt: skip
    for number, action in enumerate(rule.then):
        if action.name not in MOVES:
            statuses |= moved(desk, action, statuses)
            continue
        refused = {status for status in statuses if not is_legal(desk, action, status)}
        place = f"{one.place}.then[{number}]"
        if statuses and refused == statuses:
            found = _refusal(survey, rule, action)
            yield Finding(
                code="illegal-action", place=place, severity="error", witness=found[0] if found else None,
                message=f"{action.name} is refused in {_either(statuses)}, where {rule.name!r} fires; {_allowed(desk, statuses)}",
                because=_first_clause(found[1]) if found else "the table has no such move from any of these statuses",
            )  # fmt: skip
            return
        if refused:
            yield from _sometimes(rule, action, place, refused, survey)
        statuses = (statuses - refused) and (moved(desk, action, statuses - refused) | refused)


def _sometimes(rule: Rule, action: Action, place: str, refused: set[str], survey: Survey) -> Iterator[Finding]:
    """A move that is legal from some of the statuses in which the rule fires, if it was seen to be refused in another."""
    found = _refusal(survey, rule, action)
    if found is not None:
        yield Finding(
            code="illegal-action", place=place, witness=found[0], because=_first_clause(found[1]),
            message=f"{action.name} is refused in {_either(refused)}, where {rule.name!r} may fire; say in its condition from which status",
        )  # fmt: skip


def _refusal(survey: Survey, rule: Rule, action: Action) -> tuple[Script, str] | None:
    """The smallest script at whose end the action is refused, and the refusal, if one was found."""
    found = survey.reach_refusal(rule, action.name)
    if found is None:
        return None
    return survey.smallest(found[0], lambda outcome: _is_refused(outcome, rule.name, action.name)), found[1]


def _is_refused(outcome: Outcome, rule: str, action: str) -> bool:
    return any(isinstance(event, ActionRefused) and event.rule == rule and event.action == action for event in outcome.events)


def is_legal(desk: Desk, action: Action, status: str) -> bool:
    """Whether the table, in the workflow of some type, has the move of an action from a status, whatever its guard."""
    flows = [flow for flow in (desk.lifecycle, *desk.lifecycle.by_type.values()) if status in flow.rows()]
    if action.name == "set_status":
        return action.value == status or any(action.value in flow.choices().get(status, {}) for flow in flows)
    return any(TRIGGER_OF[action.name] in flow.allowed(status) for flow in flows)


def moved(desk: Desk, action: Action, statuses: set[str]) -> set[str]:
    """Where an action leads from any of *statuses*, the status itself among them where it may stay."""
    if action.name == "set_status":
        return {action.value}
    trigger = TRIGGER_OF.get(action.name) or desk.lifecycle.triggers.get(EVENT_OF.get(action.name, ""))
    if trigger is None:
        return set(statuses)
    return {to for status in statuses for to in desk.lifecycle.allowed(status).get(trigger, (status,))}


def _either(statuses: set[str]) -> str:
    listed = [repr(status) for status in sorted(statuses)]
    return " or ".join(listed[:3]) + (f" or {len(listed) - 3} more statuses" if len(listed) > 3 else "")


def _first_clause(reason: str) -> str:
    """A refusal without its list of what is allowed."""
    return reason.partition(";")[0]


def _allowed(desk: Desk, statuses: set[str]) -> str:
    allowed = sorted({trigger for status in statuses for trigger in desk.lifecycle.allowed(status)})
    return f"allowed there: {', '.join(allowed) or 'nothing'}"


def illegal_macros(desk: Desk) -> Iterator[Finding]:
    """Macros that no status allows: such a macro is refused whole, whenever it is used."""
    for number, macro in enumerate(desk.rules.macros):
        for status in desk.lifecycle.every_status():
            statuses = {status.name}
            for action in macro.then:
                if action.name in MOVES:
                    statuses = {one for one in statuses if is_legal(desk, action, one)}
                statuses = moved(desk, action, statuses)
            if statuses:
                break
        else:
            yield Finding(
                code="illegal-action", place=f"macros[{number}]", severity="error", because="every status was tried",
                message=f"macro {macro.name!r} is refused in every status; put its moves into an order that is allowed",
            )  # fmt: skip


# --- what is hardly meant ----------------------------------------------------------------------------------------------


def _negated_any(rule: Rule, place: str) -> Iterator[Finding]:
    stack: list[Condition] = [rule.when]
    while stack:
        condition = stack.pop()
        if isinstance(condition, AnyOf):
            fields = [field for part in dict.fromkeys(condition.parts) if (field := _negated_field(part))]
            doubled = next((field for field in fields if fields.count(field) > 1), None)
            if doubled is not None:
                yield Finding(
                    code="or-not-contains", place=place, because="only a ticket for which none of the 'not' holds is left out",
                    message=f"any of several 'not' on {doubled!r} is true of nearly every ticket; use all of them",
                )  # fmt: skip
        if isinstance(condition, AllOf | AnyOf):
            stack.extend(condition.parts)
        elif isinstance(condition, Not):
            stack.append(condition.part)


_NEGATED: Final = frozenset({"is_not", "not_contains", "not_matches", "is_none", "has_none", "mentions_none"})


def _negated_field(condition: Condition) -> str:
    """The field of a negated test, else nothing."""
    if isinstance(condition, Not) and isinstance(condition.part, Test):
        return condition.part.field
    return condition.field if isinstance(condition, Test) and condition.op in _NEGATED else ""
