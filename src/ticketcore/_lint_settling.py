"""Whether rules come to rest: none whose work another undoes in the same cycle, and none that time alone brings up without end.

*Unsettled*: when a cycle is over, a rule that fired in it still matches, and what it set has been set otherwise by another: it would
do it again, and only that each rule fires once in a cycle holds it back. Actions that add up (a note, a step up, a postponement)
are done once on purpose and do not count.

*Runs on*: time alone brings the same rules up again and again. It cannot when the graph of which firing can wake which rule has no
circle; for a rule in a circle a life is looked for in which it comes up again with the ticket as it was before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from attrs import evolve

from ticketcore._lint_domain import Wanted, atoms_of, possible
from ticketcore._lint_findings import Finding
from ticketcore._lint_footprint import ANY, MOVES, Footprint, footprint, moves_of, reads_of, share
from ticketcore._lint_order import exclusive
from ticketcore._lint_rules import Placed, placed
from ticketcore._lint_script import Script, shrink
from ticketcore._lint_space import Space, Visit, Walk
from ticketcore._lint_survey import Survey, cycles_of, seeds_for
from ticketcore._time import DAY_US
from ticketcore.conditions import InHours, View, holds
from ticketcore.desk import Desk
from ticketcore.errors import TicketcoreError
from ticketcore.model import EventBase, RuleFired, Ticket, fold
from ticketcore.rules import Action, Rule, deed_of

__all__ = ["judge_running", "judge_settling", "running_circles", "settled", "unsettled_in"]

# --- within a cycle ----------------------------------------------------------------------------------------------------

_SETTING: Final = frozenset({
    "set_priority", "release_priority", "set_status", "add_tag", "add_tags", "remove_tag", "remove_tags", "set_field", "assign", "unassign",
    "transfer", "set_policy", "release_policy",
})  # fmt: skip


class _Scene:
    """What an action that sets something may ask of a desk: nothing but who does it."""

    by_hand = False
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


def _can_undo(desk: Desk) -> Iterator[tuple[Rule, Rule]]:
    """Pairs of rules of which the second may undo the first in one cycle while that still matches."""
    rules = [one.rule for one in placed(desk)]
    for rule in rules:
        mine = footprint(rule, desk)
        if not any(action.name in _SETTING for action in rule.then):
            continue
        for other in rules:
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
    known = set(values)
    if "*" in known or name not in desk.vocabulary.specs:
        return True
    return possible([Wanted(rule.when)], desk.vocabulary, only={name: known.__contains__}) is not False


def judge_settling(desk: Desk, survey: Survey) -> Iterator[Finding]:
    """A finding for each rule that was seen unsettled, or one for all when it could not be told."""
    verdict, shown = settled(desk, survey)
    places = {one.rule.name: one.place for one in placed(desk)}
    for rule, action, visit in shown:
        others = _undoing(desk, visit, rule, action)
        by = f" by {', '.join(map(repr, others))}" if others else ""
        yield Finding(
            code="unsettled", place=places[rule.name], severity="info", witness=visit.script,
            message=f"what {rule.name!r} sets ({action.name}) is set otherwise{by} in the same cycle; let only one of them match",
        )  # fmt: skip
    if verdict == "unknown":
        pairs = list(_can_undo(desk))
        listed = "; ".join(f"{other.name!r} and {rule.name!r}" for rule, other in pairs[:3])
        yield Finding(
            code="unsettled", place="rules", severity="info", verdict="unknown",
            message=f"whether a rule undoes another in the same cycle was not decided for {len(pairs)} pairs: {listed}",
        )  # fmt: skip


def _undoing(desk: Desk, visit: Visit, rule: Rule, action: Action) -> list[str]:
    """The rules that fired in the same step and write what the action sets."""
    mine = footprint(evolve(rule, then=(action,)), desk).direct
    names = dict.fromkeys(event.rule for event in visit.outcome.events if isinstance(event, RuleFired))
    return [name for name in names if name != rule.name and share(mine, footprint(desk.rules.rule(name), desk).direct)]


# --- by time alone -----------------------------------------------------------------------------------------------------

_TIME_KINDS: Final = frozenset({"woken", "warned", "breached", "time_reached"})


def running_circles(desk: Desk) -> list[frozenset[str]]:
    """Groups of rules that time alone could bring up again and again, as far as can be told from what they read and write.

    An empty list is a proof that nothing runs on.
    """
    rules = {one.rule.name: one.rule for one in placed(desk)}
    edges = {name: {other for other in rules if _wakes(desk, rule, rules[other])} for name, rule in rules.items()}
    timely = {name for name, rule in rules.items() if rule.is_timed or rule.on & _TIME_KINDS}
    reached = _reachable(edges, timely)
    circles = [circle for circle in _circles({name: edges[name] & reached for name in reached}) if circle & timely]
    return [circle for circle in circles if not _is_bounded(desk, [rules[name] for name in circle])]


def _wakes(desk: Desk, rule: Rule, other: Rule) -> bool:
    """Whether a firing of one rule can lead to a firing of another later, by time or in the same cycle."""
    mine = footprint(rule, desk)
    if rule is other and rule.is_timed and _rises_by_itself(desk, rule):
        return True
    if not other.is_timed:
        heard = mine.makes & other.on
        waking = "woken" in other.on and any(action.name == "postpone" for action in rule.then)
        timely = "sla" in mine.writes and bool(other.on & {"warned", "breached"})
        return bool(heard or waking or timely) and _can_follow(desk, mine, other)
    return bool(share(mine.writes, reads_of(other.when, desk.vocabulary))) and _can_follow(desk, mine, other)


def _can_follow(desk: Desk, mine: Footprint, other: Rule) -> bool:
    """Whether the other rule's condition can hold with what the first has written."""
    only = {
        name: values.__contains__ for name, values in mine.writes.items()
        if "*" not in values and not name.startswith("tags:") and name in desk.vocabulary.specs
    }  # fmt: skip
    return possible([Wanted(other.when)], desk.vocabulary, only=only) is not False


def _rises_by_itself(desk: Desk, rule: Rule) -> bool:
    """Whether time makes a rule's condition true again and again: hours open and close. Not if the rule ends its condition itself."""
    if not any(isinstance(atom, InHours) for atom in atoms_of(rule.when)):
        return False
    return not any(_ends(desk, rule, action) for action in rule.then)


_SURE: Final = frozenset({"add_tag", "add_tags", "remove_tag", "remove_tags", "set_field", "assign", "unassign", "transfer"})


def _ends(desk: Desk, rule: Rule, action: Action) -> bool:
    """Whether an action that cannot be refused makes the rule's condition false."""
    if action.name in MOVES:
        targets = moves_of(action, desk)
        legal = all(
            possible([Wanted(rule.when)], desk.vocabulary, only={"status": status.name.__eq__}) is False
            or _leads(desk, action, status.name)
            for status in desk.lifecycle.statuses
        )
        return legal and possible([Wanted(rule.when)], desk.vocabulary, only={"status": targets.__contains__}) is False
    if action.name not in _SURE:
        return False
    if action.name in ("add_tag", "add_tags", "remove_tag", "remove_tags"):
        tags = frozenset((action.value,) if isinstance(action.value, str) else action.value)
        adds = action.name.startswith("add")
        only = {"tags": lambda seen: tags <= (seen or frozenset()) if adds else not tags & (seen or frozenset())}
        return possible([Wanted(rule.when)], desk.vocabulary, only=only) is False
    written = footprint(Rule(name="one", then=(action,)), desk).writes
    return any(
        possible([Wanted(rule.when)], desk.vocabulary, only={name: values.__contains__}) is False
        for name, values in written.items() if "*" not in values and name in desk.vocabulary.specs
    )  # fmt: skip


def _leads(desk: Desk, action: Action, status: str) -> bool:
    """Whether the move is in the table from that status, and nothing guards it."""
    if action.name == "set_status":
        move = desk.lifecycle.choices().get(status, {}).get(action.value)
    else:
        move = next((move for trigger, move in desk.lifecycle.rows()[status].items() if trigger == action.name), None)
    return move is not None and move.guard is None


def _reachable(edges: dict[str, set[str]], first: set[str]) -> set[str]:
    found, waiting = set(first), list(first)
    while waiting:
        for other in edges[waiting.pop()] - found:
            found.add(other)
            waiting.append(other)
    return found


def _circles(edges: dict[str, set[str]]) -> list[frozenset[str]]:
    """The strongly connected parts with an edge inside, by asking who reaches whom: sets of rules are small."""
    after = {name: _reachable(edges, edges[name]) for name in edges}
    found: dict[frozenset[str], None] = {}
    for name in edges:
        if name in after[name]:
            found[frozenset(other for other in edges if other in after[name] and name in after[other])] = None
    return list(found)


def _is_bounded(desk: Desk, circle: list[Rule]) -> bool:
    """Whether a circle comes to an end because what its rules change can change only so often.

    What all of them set to one value changes once; the priority only ever raised, as often as there are levels. A circle that needs
    such a change to go round again ends.
    """
    if any(_rises_by_itself(desk, rule) for rule in circle):
        return False
    writes: dict[str, frozenset[Any]] = {}
    for rule in circle:
        for name, values in footprint(rule, desk).writes.items():
            writes[name] = writes.get(name, frozenset()) | values
    if any(action.name == "postpone" for rule in circle for action in rule.then):
        writes["status"] = ANY  # its end changes the status back
    lasting = {name for name, values in writes.items() if len(values) == 1 and "*" not in values}
    if _only_raised(desk, circle):
        lasting |= {"priority", "priority_since"}
    if "assignee" in lasting:
        lasting |= {"assigned_at", "reassignments"}
    if "group" in lasting:
        lasting |= {"transfers", "returns"}
    if "status" in lasting:
        lasting |= {"category", "status_since", "resolved_at", "closed_at", "reopens", "postponed_until"}
    causes = {name for name in ("status", "priority", "policy", "assignee", "group", "notes") if name in writes}
    if causes <= lasting and not any(action.name == "extend_target" for rule in circle for action in rule.then):
        lasting.add("sla")
    moving = {name for name in writes if name not in lasting}
    quiet = frozenset({"rule_fired", "action_refused"})
    for rule in circle:
        read = reads_of(rule.when, desk.vocabulary)
        if share(read, moving) or (rule.on and rule.on & (quiet | _made_by_moving(desk, circle, moving))):
            return False
    return True


def _only_raised(desk: Desk, circle: list[Rule]) -> bool:
    actions = [action for rule in circle for action in rule.then if action.name in ("set_priority", "raise_priority", "release_priority")]
    if any(action.name != "raise_priority" or action.value < 0 for action in actions):
        return False
    return bool(actions) and not any(name in footprint(rule, desk).writes for rule in circle for name in _derived_inputs(desk))


def _derived_inputs(desk: Desk) -> set[str]:
    priority = desk.priority
    found = {f"tags:{tag}" for tag in priority.tags}
    if priority.matrix is not None:
        found |= {f"fields.{priority.impact}", f"fields.{priority.urgency}"}
    return found


def _made_by_moving(desk: Desk, circle: list[Rule], moving: set[str]) -> frozenset[str]:
    """The kinds of events that the circle can go on making: those of rules that change what goes on changing."""
    found: set[str] = set()
    for rule in circle:
        made = footprint(rule, desk)
        if share(made.writes, moving):
            found |= made.makes
        if any(action.name == "postpone" for action in rule.then):
            found.add("woken")
    if "sla" in moving:
        found |= {"warned", "breached"}
    return frozenset(found)


_PATIENCE_US: Final = 730 * DAY_US
_SEARCHED: Final = 40  # tickets let alone
_ROOTS: Final = 60


def judge_running(desk: Desk, survey: Survey) -> Iterator[Finding]:
    """Rules that run on, each circle with a script that shows it, or undecided."""
    circles = running_circles(desk)
    if not circles:
        return
    places = {one.rule.name: one for one in placed(desk)}
    shown: set[str] = set()
    for circle in circles:
        found = None if circle & shown else _running(desk, [places[name] for name in sorted(circle)], survey)
        if found is not None:
            script, name, times = found
            shown |= circle
            yield Finding(
                code="runs-on", place=places[name].place, severity="error", witness=script,
                message=f"{name!r} fires again and again by time alone; give it times, or a condition that its actions end",
                because=f"nobody acts, and after {times} firings the ticket is as it was before",
            )  # fmt: skip
        elif not circle & shown:
            names = ", ".join(repr(name) for name in sorted(circle))
            yield Finding(
                code="runs-on", place="rules", severity="info", verdict="unknown",
                message=f"whether time alone brings {names} up again and again was not decided; no ticket was found on which it does",
            )  # fmt: skip


def _running(desk: Desk, circle: list[Placed], survey: Survey) -> tuple[Script, str, int] | None:
    """A script after which time alone goes in a circle, the rule that comes up most, and how often it did until that was seen."""
    names = {one.rule.name for one in circle}
    trial_scripts = [script for one in circle if (script := survey.reach(one.rule)) is not None]
    seeds = [seed for one in circle for seed in seeds_for(desk, one.rule.when, most=3)]
    space = Space([desk], seeds=seeds, rules=frozenset(names), limit=_SEARCHED)
    scripts = [*trial_scripts, *(visit.script for visit in Walk(space, depth=2, budget=_SEARCHED * 4) if not _is_refused(visit))]
    for script in dict.fromkeys(Script(script.moments) for script in scripts):
        found = _goes_round(desk, space, script, names)
        if found is not None:
            small = shrink(found[0], lambda smaller: _shown(_goes_round(desk, space, smaller, names)), most=60)
            return _goes_round(desk, space, small, names) or found
    return None


def _shown(found: tuple[Script, str, int] | None) -> Script | None:
    return None if found is None else found[0]


def _is_refused(visit: Visit) -> bool:
    return isinstance(visit.outcomes[0], TicketcoreError)


def _goes_round(desk: Desk, space: Space, script: Script, names: set[str]) -> tuple[Script, str, int] | None:
    """Whether the ticket at the end of a script comes back, by time alone, to where it was, rules having fired in between."""
    try:
        ticket = script.ticket(desk)
    except TicketcoreError:
        return None
    seen: dict[Any, int] = {}
    counts: dict[str, int] = {}
    start = ticket.as_of_us
    for number in range(_ROOTS):
        wake = desk.wake_us(ticket)
        if wake is None or wake > start + _PATIENCE_US:
            return None
        outcome = desk.tick(ticket, wake)
        fired = [event.rule for event in outcome.events if isinstance(event, RuleFired) and event.number <= 1]
        for name in fired:
            counts[name] = counts.get(name, 0) + 1
        ticket = outcome.ticket
        if ticket.silenced:
            break
        key = space.key(ticket, ticket.as_of_us, anywhen=True)
        if names & set(fired):
            if key in seen:
                busiest = max(names & set(counts), key=lambda name: (counts[name], name))
                return Script(script.moments, ticket.as_of_us), busiest, counts[busiest]
            seen[key] = number
    return None
