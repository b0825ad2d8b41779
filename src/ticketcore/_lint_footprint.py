"""What a rule reads and writes: the ground for saying that two rules cannot meet, or that one cannot wake another.

Footprints are names: a field's full name; ``tags:vip`` for one tag and ``tags:*`` for the set as a whole; ``sla`` for all clocks.
They err on the safe side: what a rule might read or write is in them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

from attrs import field, fields_dict, frozen

from ticketcore._folding import TEXT_FIELDS
from ticketcore._lint_domain import Given, Tagged, atoms_of
from ticketcore._values import FrozenMap
from ticketcore.conditions import Changed, Condition, Since, Sla, Test, Until, Vocabulary
from ticketcore.desk import Desk
from ticketcore.model import EVENTS, Outside, Spoken
from ticketcore.rules import ACTIONS, Action, Rule

__all__ = ["ANY", "Footprint", "after", "cone_of", "event_fields", "footprint", "kinds_of", "moves_of", "reads_of", "share"]

ANY: Final = frozenset({"*"})  # some value, which is not known beforehand
Values = Mapping[str, frozenset[Any]]

# Actions that move the ticket, and the trigger of the lifecycle that each pulls.
TRIGGER_OF: Final[Mapping[str, str]] = FrozenMap({
    "resolve": "resolve", "close": "close", "reopen": "reopen", "mark_answered": "mark_answered", "mark_spam": "spam",
    "not_spam": "not_spam", "delete": "delete", "restore": "restore", "purge": "purge", "postpone": "postpone",
})  # fmt: skip
MOVES: Final = frozenset((*TRIGGER_OF, "set_status"))
# The event an action makes of itself.
EVENT_OF: Final[Mapping[str, str]] = FrozenMap({name: kind.becomes for name, kind in ACTIONS.items() if not kind.is_effect})
_CLOCK_EVENTS: Final = frozenset({"clock_started", "clock_paused", "clock_resumed", "clock_stopped", "retargeted", "policy_applied"})
_MOVED: Final = ("category", "status_since", "resolved_at", "closed_at", "reopens", "postponed_until", "acknowledged_at")


@frozen
class Footprint:
    """What a rule reads, what it writes (with the values, `ANY` if they are not known), and the kinds of events it makes in its cycle.

    ``direct`` is what its actions set themselves; the rest of ``writes`` follows from that: a policy, a clock, an instant.
    """

    reads: frozenset[str]
    direct: FrozenMap[str, frozenset[Any]]
    writes: FrozenMap[str, frozenset[Any]]
    makes: frozenset[str]
    added: frozenset[str] = field(default=frozenset())  # tags put on
    removed: frozenset[str] = field(default=frozenset())  # tags taken off


def reads_of(condition: Condition, vocabulary: Vocabulary) -> frozenset[str]:
    """What a condition reads."""
    found: set[str] = set()
    for atom in atoms_of(condition):
        match atom:
            case Test(field=name, value=value) if name == "tags" and value is not None:
                found.update(f"tags:{tag}" for tag in (value if isinstance(value, tuple) else (value,)))
            case Test(field=name) | Changed(field=name):
                found.update(_read(vocabulary.field(name).name))
            case Since(of=name) | Until(of=name):
                found.update(_read(vocabulary.field(name).name))
            case Sla():
                found.add("sla")
            case _:  # hours are read by no name
                pass
    return frozenset(found)


def _read(name: str) -> Iterator[str]:
    if name == "tags":
        yield "tags:*"
    elif name.startswith("sla."):
        yield "sla"
    elif name == "text":
        yield from ("subject", "description", "text")
    else:
        yield "status" if name == "category" else name


class _Same:
    """A desk as a key of a memory: only the very same one is equal, since comparing whole desks takes longer than working out again."""

    __slots__ = ("desk",)

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def __hash__(self) -> int:
        return hash(self.desk.vocabulary)  # by identity

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.desk is other.desk


def footprint(rule: Rule, desk: Desk) -> Footprint:
    """The footprint of one rule of a desk."""
    return _footprint(rule, _Same(desk))


@lru_cache(maxsize=1024)
def _footprint(rule: Rule, same: _Same) -> Footprint:
    desk, words = same.desk, same.desk.vocabulary
    reads = set(reads_of(rule.when, words))
    writes: dict[str, frozenset[Any]] = {}
    makes = {"rule_fired"}
    added: set[str] = set()
    removed: set[str] = set()
    for action in rule.then:
        if ACTIONS[action.name].is_effect:
            continue
        makes |= {EVENT_OF[action.name], "action_refused"}
        if action.name in ("add_tag", "add_tags", "remove_tag", "remove_tags"):
            (added if action.name.startswith("add") else removed).update(_listed(action.value))
        elif action.name == "clear_tags":
            added.clear()  # what was added above it is gone again
        for name, values in _written(action, desk):
            writes[name] = writes.get(name, frozenset()) | values
        reads |= _read_by(action, desk)
    direct = FrozenMap(writes)
    _derive(writes, makes, desk)
    return Footprint(frozenset(reads), direct, FrozenMap(writes), frozenset(makes), frozenset(added), frozenset(removed))


def _listed(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def moves_of(action: Action, desk: Desk) -> frozenset[str]:
    """The statuses that an action may lead to; none for one that moves nothing."""
    if action.name == "set_status":
        return frozenset((action.value,))
    trigger = TRIGGER_OF.get(action.name) or desk.lifecycle.triggers.get(EVENT_OF.get(action.name, ""))
    if trigger is None:
        return frozenset()
    return frozenset(to for status in desk.lifecycle.statuses for to in desk.lifecycle.allowed(status.name).get(trigger, ()))


def _written(action: Action, desk: Desk) -> Iterator[tuple[str, frozenset[Any]]]:
    """The fields that an action itself sets, with the values."""
    statuses = moves_of(action, desk)
    if statuses:
        yield "status", statuses
    made = _SETS.get(action.name)
    if made is not None:
        yield from made(action)


Pairs = tuple[tuple[str, frozenset[Any]], ...]


def _tags(action: Action) -> Pairs:
    word = frozenset(("on" if action.name.startswith("add") else "off",))
    return tuple((f"tags:{tag}", word) for tag in _listed(action.value))


def _field(action: Action) -> Pairs:
    name = action.value
    return ((name if name in TEXT_FIELDS else f"fields.{name}", frozenset((action.options.get("to"),))),)


def _value_of(name: str, *others: str) -> Callable[[Action], Pairs]:
    """A writer of one field with the action's value, and of others that go with it."""
    return lambda action: ((name, frozenset((action.value,))), *((other, ANY) for other in others))


def _any_of(*names: str) -> Callable[[Action], Pairs]:
    return lambda _action: tuple((name, ANY) for name in names)


_SETS: Final[Mapping[str, Callable[[Action], Pairs]]] = FrozenMap({
    "set_priority": _value_of("priority"), "raise_priority": _any_of("priority"), "release_priority": _any_of("priority"),
    "add_tag": _tags, "add_tags": _tags, "remove_tag": _tags, "remove_tags": _tags, "clear_tags": _any_of("tags:*"),
    "add_followers": _any_of("followers"), "remove_followers": _any_of("followers"), "add_cc": _any_of("cc"), "remove_cc": _any_of("cc"),
    "set_field": _field, "assign": _value_of("assignee", "assigned_at", "reassignments"),
    "take": _any_of("assignee", "assigned_at", "reassignments"),
    "unassign": lambda _action: (("assignee", frozenset((None,))), ("assigned_at", ANY)),
    "transfer": _value_of("group", "transfers", "returns"), "escalate": _value_of("escalation", "escalated_at"),
    "set_policy": _value_of("policy"), "release_policy": _any_of("policy"), "extend_target": _any_of("sla"), "note": _any_of("notes"),
    "acknowledge": _any_of("acknowledged_at"), "postpone": _any_of("postponed_until"), "mark_answered": _any_of("waiting_since"),
    "purge": _any_of("subject", "description", "text", "language", "tags:*"),
})  # fmt: skip


def _read_by(action: Action, desk: Desk) -> set[str]:
    """What decides on what an action comes to, besides what it writes: moves read the status and the guards."""
    found: set[str] = set()
    if moves_of(action, desk):
        found.add("status")
        for row in (*desk.lifecycle.rows().values(), *desk.lifecycle.choices().values()):
            for move in row.values():
                if move.guard is not None:
                    found |= reads_of(move.guard, desk.vocabulary)
    if action.name == "raise_priority":
        found.add("priority")
    if action.name in ("assign", "take", "transfer"):  # what is so already is not done again, and is not counted
        found.add("group" if action.name == "transfer" else "assignee")
    return found


def _derive(writes: dict[str, frozenset[Any]], makes: set[str], desk: Desk) -> None:
    """What follows from a write: the priority, the policy, the clocks, and the instants that go with them."""
    if any(name in writes for name in _priority_inputs(desk)):
        writes["priority"] = ANY
    if "status" in writes:
        makes.add("status_changed")
        writes.update(dict.fromkeys(_MOVED, ANY))
    if "priority" in writes:
        makes.add("priority_changed")
        writes["priority_since"] = ANY
    if not desk.metrics:
        return
    inputs = {"status", "priority", "policy", "assignee", "group", "notes", "sla"}
    for condition in (*(policy.when for policy in desk.policies), *(m.pause for m in desk.metrics.values() if m.pause is not None)):
        inputs |= reads_of(condition, desk.vocabulary)
    if any(name in writes for name in inputs):
        writes["sla"] = ANY
        makes |= _CLOCK_EVENTS
        if any(name in writes for policy in desk.policies for name in reads_of(policy.when, desk.vocabulary)):
            writes["policy"] = ANY


def _priority_inputs(desk: Desk) -> set[str]:
    priority = desk.priority
    found = {f"tags:{tag}" for tag in priority.tags}
    if priority.matrix is not None:
        found |= {f"fields.{priority.impact}", f"fields.{priority.urgency}"}
    if priority.score is not None:
        for entry in priority.score.entries:
            found |= reads_of(entry.condition, desk.vocabulary)
    return found


_REFUSABLE: Final = MOVES | {"set_priority", "raise_priority", "release_priority", "set_policy", "release_policy", "extend_target"}


def after(rule: Rule, desk: Desk) -> dict[str, Any]:
    """What is known of fields once a rule has fired and changed anything, by name, for `ticketcore._lint_domain.possible`.

    Of several actions only those count that nothing can refuse or overrule; one by itself either sets its field or changes nothing.
    """
    changing = [action for action in rule.then if not ACTIONS[action.name].is_effect]
    if len(changing) > 1:
        changing = [action for action in changing if action.name not in _REFUSABLE and not moves_of(action, desk)]
    made = footprint(Rule(name=rule.name, then=tuple(changing)), desk)
    only: dict[str, Any] = {
        name: Given(values) for name, values in made.direct.items() if "*" not in values and name in desk.vocabulary.specs
    }
    added, removed = made.added - made.removed, made.removed - made.added
    if added or removed:
        only["tags"] = Tagged(added, removed)
    return only


def share(names: Iterable[str], others: Iterable[str]) -> frozenset[str]:
    """What two footprints have in common; ``tags:*`` meets every tag."""
    mine, theirs = set(names), set(others)
    common = mine & theirs
    if "tags:*" in mine:
        common |= {name for name in theirs if name.startswith("tags:")}
    if "tags:*" in theirs:
        common |= {name for name in mine if name.startswith("tags:")}
    return frozenset(common)


# --- what bears on what ------------------------------------------------------------------------------------------------


def cone_of(desk: Desk, reads: Iterable[str], seeds: Iterable[str] = ()) -> tuple[frozenset[str], frozenset[str]]:
    """The names of the rules that can have a say in what *reads* names, and everything that these read in turn.

    With *seeds*, the names of rules, those too that decide whether these are tried: that make what they listen to, or stop their set.
    """
    wanted = set(reads)
    names: set[str] = set(seeds)
    while True:
        known = len(wanted), len(names)
        wanted |= _behind(desk, wanted)
        for one in (*desk.rules.sets, None):
            rules = [rule for rule in (one.rules if one is not None else _steps(desk)) if rule.enabled]
            for rule in rules:
                made = footprint(rule, desk)
                heard = any(made.makes & other.on for other in _named(desk, names))
                held = rule.stop and any(other.name in names for other in rules)  # also those above it, in the next pass
                if rule.name not in names and (share(made.writes, wanted) or heard or held):
                    names.add(rule.name)
                    wanted |= made.reads
        if known == (len(wanted), len(names)):
            return frozenset(names), frozenset(wanted)


def _steps(desk: Desk) -> list[Rule]:
    return [rule for ladder in desk.rules.escalations for rule in ladder.rules()]


def _named(desk: Desk, names: set[str]) -> Iterator[Rule]:
    return (rule for rule in desk.rules if rule.name in names)


def _behind(desk: Desk, wanted: set[str]) -> set[str]:
    """What decides on a priority, a policy, a clock or a status besides rules."""
    words, found = desk.vocabulary, set[str]()
    if share(wanted, _SINCE_PRIORITY):
        found |= _priority_inputs(desk) | ({f"facts.{desk.priority.suggestion.fact}"} if desk.priority.suggestion is not None else set())
    if share(wanted, ("sla", "policy")):
        found |= {"status", "priority", "policy"}
        for condition in (*(policy.when for policy in desk.policies), *(m.pause for m in desk.metrics.values() if m.pause is not None)):
            found |= reads_of(condition, words)
    if share(wanted, ("status", *_MOVED)):
        for row in (*desk.lifecycle.rows().values(), *desk.lifecycle.choices().values()):
            for move in row.values():
                found |= reads_of(move.guard, words) if move.guard is not None else set()
    return found


_SINCE_PRIORITY: Final = ("priority", "priority_since")


# --- events ------------------------------------------------------------------------------------------------------------


def kinds_of(rule: Rule, desk: Desk) -> frozenset[str]:
    """The kinds of events that can make an event rule fire on this desk; without ``on`` all that come from outside."""
    outside = frozenset(kind for kind, event in EVENTS.items() if event.is_outside)
    given = rule.on or outside
    return frozenset(kind for kind in given if kind in outside or kind in _possible_decisions(desk))


def _possible_decisions(desk: Desk) -> set[str]:
    """The kinds of decisions that this desk can come to at all. A rule never hears of an adoption, nor of falling silent."""
    found = {"status_changed", "priority_changed", "rule_fired", "action_refused"}
    if any(status.category == "postponed" for status in desk.lifecycle.statuses):
        found.add("woken")
    if desk.metrics and desk.policies:
        found |= {"policy_applied", "retargeted"}
    if desk.metrics:
        found |= {"clock_started", "clock_paused", "clock_resumed", "clock_stopped"}
    if any(targets.by_level or targets.otherwise is not None for policy in desk.policies for targets in policy.targets.values()):
        found |= {"breached"} | ({"warned"} if any(policy.warn for policy in desk.policies) else set())
    if any(rule.is_timed and rule.enabled for rule in desk.rules):
        found.add("time_reached")
    return found | {"diverted"}


def event_fields(kind: str, *, automatic: bool) -> Mapping[str, Any]:
    """What the fields of an event of that kind can be, as tests of values for `ticketcore._lint_domain.possible`."""
    event = EVENTS[kind]
    spoken, outside = issubclass(event, Spoken), issubclass(event, Outside)
    empty = {"event.text", "event.public", "event.language", "event.automatic"} if not spoken else set()
    names = fields_dict(event)
    empty |= {f"event.{name}" for name in ("channel", "reason", "group", "metric", "warning") if name not in names}
    if not outside:
        empty.add("event.by")
    only: dict[str, Any] = dict.fromkeys(empty, _is_empty)
    only["event.kind"] = kind.__eq__
    if not automatic and spoken:
        only["event.automatic"] = _is_false
    if not outside:
        only["event.by_role"] = "system".__eq__
    return only


def _is_empty(value: Any) -> bool:
    return value is None


def _is_false(value: Any) -> bool:
    return value is False
