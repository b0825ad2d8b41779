"""Whether time alone brings the same rules up again and again: proven not to, or shown by a life that goes round.

A firing can wake a rule later when it changes what that reads, or makes an event that it hears; which can wake which is a graph. Without
a circle in it that time drives, nothing runs on. A circle still ends when it needs changes that can only be made so often: a tag
that is put on and never taken off, statuses that lead one way, a priority that is only raised. For what is left a life is looked for
in which the ticket comes back to where it was while nobody acts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from attrs import frozen

from ticketcore._lint_domain import Wanted, atoms_of, possible
from ticketcore._lint_findings import Finding
from ticketcore._lint_footprint import MOVES, after, footprint, reads_of, share
from ticketcore._lint_rules import Placed, is_legal, moved, placed
from ticketcore._lint_script import Script, shrink
from ticketcore._lint_space import Space, Visit, Walk
from ticketcore._lint_survey import Survey, seeds_for
from ticketcore._time import DAY_US
from ticketcore.conditions import InHours
from ticketcore.desk import Desk
from ticketcore.errors import TicketcoreError, counted
from ticketcore.lifecycle import Move
from ticketcore.model import EventBase, RuleFired
from ticketcore.rules import Rule

__all__ = ["judge_running", "running_circles"]

_TIMELY: Final = frozenset({"woken", "warned", "breached"})
_STATUS: Final = ("status", "category", "status_since", "resolved_at", "closed_at", "reopens", "postponed_until", "acknowledged_at")


@frozen
class _Effect:
    """What a firing leaves behind: fields with the values they may be given, moves between statuses, and what surely holds after it."""

    writes: dict[str, frozenset[Any]]
    moves: frozenset[tuple[str, str]]
    only: dict[str, Any]
    makes: frozenset[str]
    postpones: bool


def _effect(desk: Desk, rule: Rule) -> _Effect:
    moves, ends = _flow(desk, rule)
    asked = any(action.name == "postpone" for action in rule.then)
    waiting = {status for status in ends if asked and desk.lifecycle.category(status) == "postponed"}
    woken = {(status, to) for status in waiting for to in desk.lifecycle.allowed(status).get("wake", ()) if to != status}
    moves, ends = moves | woken, ends | {to for _, to in woken}  # the end of a postponement moves the ticket once more
    writes = dict(footprint(rule, desk).writes)
    direct = footprint(rule, desk).direct
    if not moves:
        writes = {name: values for name, values in writes.items() if name not in _STATUS or (name in direct and name != "status")}
    only = {**after(rule, desk), "status": ends.__contains__}
    return _Effect(writes, moves, only, footprint(rule, desk).makes, postpones=bool(waiting))


def _flow(desk: Desk, rule: Rule) -> tuple[frozenset[tuple[str, str]], frozenset[str]]:
    """The moves that a rule can make from the statuses in which it matches, one by one, and where the ticket then is."""
    pairs: set[tuple[str, str]] = set()
    ends: set[str] = set()
    for status in desk.lifecycle.statuses:
        if possible([Wanted(rule.when)], desk.vocabulary, only={"status": status.name.__eq__}) is False:
            continue
        now = {status.name}
        for action in rule.then:
            then = set()
            for one in now:
                to = moved(desk, action, {one}) if action.name not in MOVES or is_legal(desk, action, one) else {one}
                stays = action.name in MOVES and _is_guarded(desk, one)
                then |= to | ({one} if stays else set())
                pairs |= {(one, other) for other in to if other != one}
            now = then
        ends |= now
    return frozenset(pairs), frozenset(ends)


def _is_guarded(desk: Desk, status: str) -> bool:
    """Whether a move from a status may be refused by a guard."""
    rows: tuple[Mapping[str, Move], ...] = (desk.lifecycle.rows()[status], desk.lifecycle.choices().get(status, {}))
    return any(move.guard is not None for row in rows for move in row.values())


# --- the graph ---------------------------------------------------------------------------------------------------------


def running_circles(desk: Desk) -> list[frozenset[str]]:
    """Groups of rules that time alone could bring up again and again, as far as can be told from what they read and write.

    An empty list is a proof that nothing runs on.
    """
    rules = {one.rule.name: one.rule for one in placed(desk)}
    effects = {name: _effect(desk, rule) for name, rule in rules.items()}
    later = {name: {other for other in rules if _wakes(desk, rules[name], effects[name], rules[other])} for name in rules}
    at_once = {name: {other for other in rules if _is_heard(desk, rules[name], effects[name], rules[other])} for name in rules}
    edges = {name: later[name] | at_once[name] for name in rules}
    circles = [circle for circle in _circles(edges) if any(later[name] & circle for name in circle)]
    return [circle for circle in circles if not _is_bounded(desk, {name: rules[name] for name in circle}, effects)]


def _is_heard(desk: Desk, rule: Rule, effect: _Effect, other: Rule) -> bool:
    """Whether a firing makes an event that another rule hears in the same cycle."""
    if other.is_timed or not footprint(rule, desk).makes & other.on:
        return False
    return possible([Wanted(other.when)], desk.vocabulary, only=effect.only) is not False


def _wakes(desk: Desk, rule: Rule, effect: _Effect, other: Rule) -> bool:
    """Whether a firing of one rule can lead to a firing of another by time."""
    if rule is other and rule.is_timed and _rises_by_itself(desk, rule):
        return True
    if other.is_timed:
        touched = bool(share(effect.writes, reads_of(other.when, desk.vocabulary)))
    else:
        touched = ("woken" in other.on and effect.postpones) or ("sla" in effect.writes and bool(other.on & {"warned", "breached"}))
    return touched and possible([Wanted(other.when)], desk.vocabulary, only=effect.only) is not False


def _rises_by_itself(desk: Desk, rule: Rule) -> bool:
    """Whether time makes a rule's condition true again and again: hours open and close. Not if the rule ends its condition itself."""
    if not any(isinstance(atom, InHours) for atom in atoms_of(rule.when)):
        return False
    only = _effect(desk, rule).only
    return possible([Wanted(rule.when)], desk.vocabulary, only=only) is not False


def _reachable(edges: dict[str, set[str]], first: set[str]) -> set[str]:
    found, waiting = set(first), list(first)
    while waiting:
        for other in edges[waiting.pop()] - found:
            found.add(other)
            waiting.append(other)
    return found


def _circles(edges: dict[str, set[str]]) -> list[frozenset[str]]:
    """The strongly connected parts with an edge inside, by asking who reaches whom: sets of rules are small."""
    reached = {name: _reachable(edges, edges[name]) for name in edges}
    found: dict[frozenset[str], None] = {}
    for name in edges:
        if name in reached[name]:
            found[frozenset(other for other in edges if other in reached[name] and name in reached[other])] = None
    return list(found)


def _is_bounded(desk: Desk, circle: dict[str, Rule], effects: dict[str, _Effect]) -> bool:
    """Whether a circle ends because what its rules change can change only so often.

    What all of them set to one value changes once, statuses that lead one way as often as there are statuses, a priority that is only
    raised as often as there are levels. A rule that needs such a change to come up again comes up so often and no more.
    """
    if any(_rises_by_itself(desk, rule) for rule in circle.values()):
        return False
    left = circle
    while True:  # those that come up without end need each other for it
        writes: dict[str, frozenset[Any]] = {}
        for name in left:
            for part, values in effects[name].writes.items():
                writes[part] = writes.get(part, frozenset()) | values
        moving = writes.keys() - _lasting(desk, left, effects, writes)
        made = _made(left, effects, moving)
        kept = {name: rule for name, rule in left.items() if share(reads_of(rule.when, desk.vocabulary), moving) or rule.on & made}
        if len(kept) == len(left):
            return not any(rule.is_timed or rule.on & made & _TIMELY for rule in kept.values())
        left = kept


def _lasting(desk: Desk, circle: dict[str, Rule], effects: dict[str, _Effect], writes: dict[str, frozenset[Any]]) -> set[str]:
    """The fields that the rules of a circle can change only so often."""
    lasting = {name for name, values in writes.items() if len(values) == 1 and "*" not in values}
    lasting.discard("status")
    moves = {pair for name in circle for pair in effects[name].moves}
    if _lead_one_way(moves):
        lasting |= {"status", *_STATUS} - {name for name in ("postponed_until", "acknowledged_at") if _is_direct(desk, circle, name)}
    if _only_raised(desk, list(circle.values())):
        lasting.add("priority")
    for name, followers in (("priority", ("priority_since",)), ("assignee", ("assigned_at", "reassignments")), ("group", ("transfers",))):
        if name in lasting:
            lasting.update(followers)
    causes = {name for name in ("status", "priority", "policy", "assignee", "group", "notes") if name in writes}
    if causes <= lasting and not _is_direct(desk, circle, "sla"):
        lasting.add("sla")
    return lasting


def _is_direct(desk: Desk, circle: dict[str, Rule], name: str) -> bool:
    return any(name in footprint(rule, desk).direct for rule in circle.values())


def _lead_one_way(moves: set[tuple[str, str]]) -> bool:
    """Whether no status can be come back to by these moves."""
    edges: dict[str, set[str]] = {}
    for one, other in moves:
        edges.setdefault(one, set()).add(other)
        edges.setdefault(other, set())
    return not any(name in _reachable(edges, edges[name]) for name in edges)


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
    if priority.score is not None:
        for entry in priority.score.entries:
            found |= reads_of(entry.condition, desk.vocabulary)
    return found


# Events that are only made when the field is given another value.
_CHANGES: Final = {
    "status_changed": "status", "priority_changed": "priority", "slot_set": "priority", "slot_cleared": "priority", "tags_added": "tags:*",
    "tags_removed": "tags:*", "assigned": "assignee", "unassigned": "assignee", "transferred": "group", "policy_set": "policy",
    "policy_applied": "policy", "retargeted": "sla", "clock_started": "sla", "clock_paused": "sla", "clock_resumed": "sla",
    "clock_stopped": "sla", "warned": "sla", "breached": "sla",
}  # fmt: skip


def _made(circle: dict[str, Rule], effects: dict[str, _Effect], moving: set[str]) -> frozenset[str]:
    """The kinds of events that rules can go on making while they come up, given which fields go on changing."""
    found: set[str] = {"rule_fired", "action_refused", *(("warned", "breached") if "sla" in moving else ())}
    for name in circle:
        found |= {kind for kind in effects[name].makes if kind not in _CHANGES or share((_CHANGES[kind],), moving)}
        if effects[name].postpones:
            found.add("woken")
    return frozenset(found)


# --- a life that goes round --------------------------------------------------------------------------------------------

_PATIENCE_US: Final = 730 * DAY_US
_SEARCHED: Final = 40  # tickets let alone
_ROOTS: Final = 60


def judge_running(desk: Desk, survey: Survey) -> Iterator[Finding]:
    """Rules that run on, each circle with a script that shows it, or undecided."""
    circles = running_circles(desk)
    if not circles:
        return
    places = {one.rule.name: one for one in placed(desk)}
    for circle in circles:
        found = _running(desk, [places[name] for name in sorted(circle)], survey)
        if found is not None:
            script, name, times = found
            yield Finding(
                code="runs-on", place=places[name].place, severity="error", witness=script,
                message=f"{name!r} fires again and again by time alone; give it times, or a condition that its actions end",
                because=f"it has fired {counted(times, 'time')} at the end, and nobody has acted",
            )  # fmt: skip
        else:
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
    """Whether the ticket at the end of a script comes back, by time alone, to where it was, rules having fired in between.

    Or whether it goes on until the desk falls silent, rules of the circle having fired often.
    """
    try:
        ticket = script.ticket(desk)
    except TicketcoreError:
        return None
    seen: set[Any] = set()
    counts: Counter[str] = Counter()
    end = ticket.as_of_us + _PATIENCE_US
    for _ in range(_ROOTS):
        wake = desk.wake_us(ticket)
        if wake is None or wake > end:
            return None
        outcome = desk.tick(ticket, wake)
        fired = _fired_anew(outcome.events) & names
        counts.update(fired)
        ticket = outcome.ticket
        key = space.key(ticket, ticket.as_of_us, anywhen=True)
        if fired and key in seen:
            return Script(script.moments, ticket.as_of_us), *_busiest(counts)
        if fired:
            seen.add(key)
    later = desk.tick(ticket, end)
    counts.update(event.rule for event in later.events if isinstance(event, RuleFired) and event.number <= 1 and event.rule in names)
    if later.ticket.silenced and counts and _busiest(counts)[1] >= _OFTEN:
        return Script(script.moments, later.ticket.as_of_us), *_busiest(counts)
    return None


_OFTEN: Final = 200  # firings of one rule by time alone: far more than there are levels, statuses or steps of a ladder


def _fired_anew(events: Iterable[EventBase]) -> set[str]:
    return {event.rule for event in events if isinstance(event, RuleFired) and event.number <= 1}


def _busiest(counts: Counter[str]) -> tuple[str, int]:
    """The rule that fired most, and how often."""
    return max(counts.items(), key=lambda pair: (pair[1], pair[0]))
