"""The values of an event as it comes in: names and values that the desk does not know are refused, the rest is put as a ticket keeps it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from ticketcore._names import hint
from ticketcore._parts import DeskParts
from ticketcore._values import FrozenMap, changed
from ticketcore.conditions import FieldType
from ticketcore.errors import BadValue, MissingFacts, UnknownName, shorten
from ticketcore.model import Outside, Transferred

E = TypeVar("E", bound=Outside)

WITHOUT: Final = "without it"  # what is seen where something was to be given with an observed event


def incoming(desk: DeskParts, event: E) -> E:
    """*event* with its values as a ticket keeps them. Raises `UnknownName` and `BadValue`."""
    check = _CHECKS.get(event.kind)
    changes = {} if check is None else check(desk, event) or {}
    if event.facts:
        _stored(changes, "facts", event.facts, {name: fact.type for name, fact in desk.facts.items()}, "fact")
    return changed(event, **changes) if changes else event


def demand(desk: DeskParts, event: Outside) -> None:
    """Refuse an event with which people were to give something and did not: facts that must come with it, or the reason for a hand-off."""
    required = desk.required_facts
    missing = tuple(name for name in required.get(event.kind, ()) if name not in event.facts) if required else ()
    if missing:
        what, those = ("fact", "it") if len(missing) == 1 else ("facts", "them")
        said = f"{event.kind} needs the {what} {', '.join(map(repr, missing))}"
        raise MissingFacts(said, value=", ".join(missing), hint=f"give {those} in facts=", facts=missing)
    if isinstance(event, Transferred) and desk.settings.handoff_reason and not event.reason:
        raise BadValue("a hand-off to another group needs a reason", value=shorten(event.group), hint="give reason=")


def _declared(known: Mapping[str, Any], what: str, name: str) -> None:
    if name not in known:
        way_out = hint(name, known, otherwise="" if known else f"the desk declares no {what}")
        raise UnknownName(f"undeclared {what} {shorten(name)}", value=shorten(name), hint=way_out)


def _stored(changes: dict[str, Any], field: str, values: Mapping[str, Any], types: Mapping[str, FieldType], what: str) -> None:
    """Check the values of an event's *field*; where a ticket keeps some in another form, that goes into *changes*."""
    kept = {}
    for name, value in values.items():
        _declared(types, what, name)
        kept[name] = types[name].stored(value)
    if any(kept[name] is not value for name, value in values.items()):
        changes[field] = FrozenMap(kept)


def _check_created(desk: DeskParts, event: Any) -> dict[str, Any]:
    _check_group(desk, event)
    changes: dict[str, Any] = {}
    _stored(changes, "fields", event.fields, desk.fields, "field")
    return changes


def _check_group(desk: DeskParts, event: Any) -> None:
    if event.group is not None and desk.groups and event.group not in desk.groups:
        raise UnknownName(f"unknown group {shorten(event.group)}", value=shorten(event.group), hint=hint(event.group, desk.groups))


def _check_field_set(desk: DeskParts, event: Any) -> dict[str, Any] | None:
    if event.name in ("subject", "language", "channel"):
        if event.value is not None and not isinstance(event.value, str):
            raise BadValue(f"{event.name} is a text", value=shorten(event.value))
        return None
    _declared(desk.fields, "field", event.name)
    if event.value is None:
        return None
    kept = desk.fields[event.name].stored(event.value)
    return None if kept is event.value else {"value": kept}


def _check_slot(desk: DeskParts, event: Any) -> None:
    desk.priority.levels.rank(event.level)
    _check_slot_name(desk, event)


def _check_slot_name(_desk: DeskParts, event: Any) -> None:
    if event.slot not in ("manual", "rules"):
        raise BadValue(f"only the slots manual and rules are filled by hand, not {shorten(event.slot)}", value=shorten(event.slot))


def _check_policy(desk: DeskParts, event: Any) -> None:
    if event.policy is not None:
        desk.sla.policy(event.policy)


def _check_extension(desk: DeskParts, event: Any) -> None:
    _declared(desk.metrics, "metric", event.metric)
    if type(event.extra_us) is not int or event.extra_us <= 0:
        raise BadValue("an extension is a positive length of time", value=shorten(event.extra_us))


# Each refuses what is wrong, and answers with what a ticket keeps in another form, if anything.
_CHECKS: Final[Mapping[str, Callable[[Any, Any], dict[str, Any] | None]]] = {
    "created": _check_created,
    "transferred": _check_group,
    "field_set": _check_field_set,
    "slot_set": _check_slot,
    "slot_cleared": _check_slot_name,
    "policy_set": _check_policy,
    "target_extended": _check_extension,
}
CHECKED: Final = frozenset(_CHECKS)  # kinds of which more than the facts is looked at
