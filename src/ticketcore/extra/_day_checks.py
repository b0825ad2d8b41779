"""What a desk day may expect of a ticket at an instant: how each key is read, and what it says when it is not so."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final
from zoneinfo import ZoneInfo

from attrs import frozen

from ticketcore._names import hint
from ticketcore._time import duration_us, say_duration
from ticketcore.conditions import Condition, explain, parse
from ticketcore.desk import Desk, Outcome
from ticketcore.errors import BadValue, DataError, Problem, UnknownName, shorten
from ticketcore.extra._day_instants import say_instant
from ticketcore.model import EFFECTS, EVENTS, Ticket

Instants = Callable[[Any], int]


@frozen
class Seen:
    """What an expectation looks at: the ticket at the instant, and what came of all steps since the expectation before."""

    desk: Desk
    zone: ZoneInfo
    at_us: int
    ticket: Ticket
    wake_us: int | None
    since: tuple[Outcome, ...]

    def effects(self, kind: str, attribute: str) -> list[Any]:
        """One attribute of the effects of a kind, in order; of every kind if it is empty."""
        return [getattr(effect, attribute) for outcome in self.since for effect in outcome.effects if kind in ("", effect.kind)]

    def events(self, kind: str, attribute: str) -> list[Any]:
        """One attribute of the events of a kind, in order; of every kind if it is empty."""
        return [getattr(event, attribute) for outcome in self.since for event in outcome.events if kind in ("", event.kind)]


@frozen
class Wanted:
    """One thing expected: its key, and the lines it says when it is not so."""

    name: str
    wrong: Callable[[Seen], Iterable[str]]


@frozen
class Check:
    """A key of an expectation: what it is for, and how its value is read into a `Wanted`."""

    about: str
    read: Callable[[str, Any, Desk, Instants], Wanted]


def mismatches(
    desk: Desk, zone: ZoneInfo, at_us: int, wanted: Iterable[Wanted], outcome: Outcome, since: Iterable[Outcome]
) -> list[str]:  # fmt: skip
    """A line for everything that is not as wanted."""
    seen = Seen(desk, zone, at_us, outcome.ticket, outcome.wake_us, tuple(since))
    return [line for one in wanted for line in one.wrong(seen)]


def _differs(name: str, wanted: Any, was: Any) -> str:
    return f"{name}: expected {_say(wanted)}, was {_say(was)}"


def _say(value: Any) -> str:
    if isinstance(value, list | tuple | set | frozenset):
        items = sorted(value, key=str) if isinstance(value, set | frozenset) else value
        return "[" + ", ".join(_say(item) for item in items) + "]"
    return "none" if value in (None, "") else repr(value)


def _known(name: str, value: Any, choices: Iterable[str], what: str) -> Any:
    """*value*, which must be one of the names that the desk knows."""
    listed = list(choices)
    if value not in listed:
        raise UnknownName(f"unknown {what} {shorten(value)}", path=name, value=shorten(value), hint=hint(value, listed))
    return value


# --- the fields of a ticket ------------------------------------------------------------------------------------------

_NAMED: Final[Mapping[str, Callable[[Desk], Iterable[str]]]] = {
    "status": lambda desk: [status.name for status in desk.lifecycle.statuses],
    "priority": lambda desk: desk.priority.levels.names,
    "group": lambda desk: desk.groups,
    "policy": lambda desk: [policy.name for policy in desk.policies],
}
_TEXTS: Final = ("assignee", "category", "subject", "text", "channel", "language", "merged_into")
_COUNTS: Final = (
    "agent_replies", "customer_replies", "notes", "reopens", "reassignments", "transfers", "returns", "escalation", "deviations", "rating",
)  # fmt: skip


def _field(name: str, value: Any, desk: Desk, _instants: Instants) -> Wanted:
    if name in _COUNTS:
        if type(value) is not int:
            raise BadValue("a whole number is wanted", value=shorten(value))
    elif type(value) is not str:
        raise BadValue('text is wanted, "" for none', value=shorten(value))
    elif name in _NAMED and value:
        _known("", value, _NAMED[name](desk), name)

    def wrong(seen: Seen) -> Iterator[str]:
        was = getattr(seen.ticket, name)
        if value not in (was or "", was):
            yield _differs(name, value, was)
            if name in ("priority", "policy"):
                yield f"  why: {seen.desk.why(seen.ticket, name)}"

    return Wanted(name, wrong)


def _tags(name: str, value: Any, _desk: Desk, _instants: Instants) -> Wanted:
    wanted = _names(value)

    def wrong(seen: Seen) -> Iterator[str]:
        tags = seen.ticket.tags
        right = {"tags": tags == wanted, "has_tags": wanted <= tags, "lacks_tags": not wanted & tags}[name]
        if not right:
            yield _differs(name, wanted, tags)

    return Wanted(name, wrong)


def _names(value: Any) -> frozenset[str]:
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not all(isinstance(item, str) for item in values):
        raise BadValue("a text or a list of texts is wanted", value=shorten(value))
    return frozenset(values)


def _entries(name: str, value: Any, _desk: Desk, _instants: Instants) -> Wanted:
    wanted = _mapped(value)

    def wrong(seen: Seen) -> Iterator[str]:
        held = getattr(seen.ticket, name)
        for key, item in wanted.items():
            was = held.get(key)
            many = isinstance(was, tuple | frozenset) and isinstance(item, list)
            if not (sorted(was) == sorted(item) if many else item == was or (item == "" and was is None)):
                yield _differs(f"{name}.{key}", item, was)

    return Wanted(name, wrong)


def _mapped(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict) or not value:
        raise BadValue("a table is wanted", value=shorten(value))
    return value


# --- clocks ----------------------------------------------------------------------------------------------------------

_STATES: Final = ("running", "paused", "breached", "met", "late", "cancelled", "removed", "untargeted", "none")


def _state(name: str, value: Any, desk: Desk, _instants: Instants) -> Wanted:
    wanted = {_metric(desk, key): _known(key, state, _STATES, "state of a clock") for key, state in _mapped(value).items()}

    def wrong(seen: Seen) -> Iterator[str]:
        for metric, state in wanted.items():
            standing = seen.desk.standing(seen.ticket, metric, seen.at_us)
            was = "none" if standing is None else standing.state
            if was != state:
                yield from _clock_differs(seen, f"{name}.{metric}", state, was, metric)

    return Wanted(name, wrong)


def _metric(desk: Desk, key: str) -> str:
    return str(_known(key, key, desk.metrics, "metric"))


def _clock_differs(seen: Seen, name: str, wanted: str, was: str, metric: str) -> Iterator[str]:
    """The difference, and under it the ledger of the clock: why it stands as it does."""
    yield f"{name}: expected {wanted}, was {was}"
    if metric in seen.ticket.clocks:
        for line in str(seen.desk.why_due(seen.ticket, metric)).splitlines():
            yield f"  | {line}"


def _due(name: str, value: Any, desk: Desk, instants: Instants) -> Wanted:
    wanted = {_metric(desk, key): None if when in ("never", "") else instants(when) for key, when in _mapped(value).items()}

    def wrong(seen: Seen) -> Iterator[str]:
        for metric, due in wanted.items():
            standing = seen.desk.standing(seen.ticket, metric, seen.at_us)
            was = None if standing is None else standing.due_us
            if was != due:
                yield from _clock_differs(seen, f"{name}.{metric}", say_instant(due, seen.zone), say_instant(was, seen.zone), metric)

    return Wanted(name, wrong)


def _used(name: str, value: Any, desk: Desk, _instants: Instants) -> Wanted:
    wanted = {_metric(desk, key): duration_us(amount) for key, amount in _mapped(value).items()}

    def wrong(seen: Seen) -> Iterator[str]:
        for metric, amount in wanted.items():
            standing = seen.desk.standing(seen.ticket, metric, seen.at_us)
            was = 0 if standing is None else standing.used_us
            if was != amount:
                yield from _clock_differs(seen, f"{name}.{metric}", say_duration(amount), say_duration(was), metric)

    return Wanted(name, wrong)


def _wake(name: str, value: Any, _desk: Desk, instants: Instants) -> Wanted:
    wanted = None if value in ("never", "") else instants(value)

    def wrong(seen: Seen) -> Iterator[str]:
        if seen.wake_us != wanted:
            yield f"{name}: expected {say_instant(wanted, seen.zone)}, was {say_instant(seen.wake_us, seen.zone)}"

    return Wanted(name, wrong)


# --- what happened since the expectation before ----------------------------------------------------------------------


def _among(choices: Callable[[Desk], Iterable[str]] | None, what: str, found: Callable[[Seen], list[Any]]) -> Check:
    """A key that looks at a list: a text is to be among them, a list is to be exactly them, in order."""

    def read(name: str, value: Any, desk: Desk, _instants: Instants) -> Wanted:
        for item in _names(value):
            if choices is not None:
                _known("", item, choices(desk), what)

        def wrong(seen: Seen) -> Iterator[str]:
            were = found(seen)
            if isinstance(value, str) and value not in were:
                yield f"{name}: expected {value!r} among them, were {_say(were)}"
            elif not isinstance(value, str) and were != value:
                yield f"{name}: expected exactly {_say(value)}, were {_say(were)}"

        return Wanted(name, wrong)

    return Check(f"{what}s since the expectation before", read)


# --- reasons and conditions ------------------------------------------------------------------------------------------


def _why(name: str, value: Any, _desk: Desk, _instants: Instants) -> Wanted:
    wanted = {_known(key, key, ("priority", "policy", "status"), "account"): str(text) for key, text in _mapped(value).items()}

    def wrong(seen: Seen) -> Iterator[str]:
        for what, text in wanted.items():
            said = seen.desk.why(seen.ticket, what)
            if text not in said:
                yield f"{name}.{what}: expected to contain {text!r}, was {said!r}"

    return Wanted(name, wrong)


def _holds(name: str, value: Any, desk: Desk, _instants: Instants) -> Wanted:
    problems: list[Problem] = []
    condition: Condition = parse(value, desk.vocabulary, "", problems)
    if problems:
        raise DataError([Problem(f".{one.path}" if one.path else "", one.message, one.hint, one.code) for one in problems])

    def wrong(seen: Seen) -> Iterator[str]:
        told = explain(condition, seen.desk.view(seen.ticket, seen.at_us))
        if not told.holds:
            yield f"{name}: it does not hold"
            yield from (f"  | {line}" for line in str(told).splitlines())

    return Wanted(name, wrong)


def _rule_names(desk: Desk) -> list[str]:
    return [rule.name for rule in desk.rules] + [ladder.name for ladder in desk.rules.escalations]


CHECKS: Final[Mapping[str, Check]] = {
    **{name: Check(f"the ticket's {name}", _field) for name in (*_NAMED, *_TEXTS, *_COUNTS)},
    "tags": Check("its tags, exactly these", _tags),
    "has_tags": Check("these among its tags", _tags),
    "lacks_tags": Check("none of these among its tags", _tags),
    "fields": Check("these custom fields", _entries),
    "facts": Check("these facts", _entries),
    "due": Check("when each metric is due", _due),
    "sla": Check("how each metric's clock stands", _state),
    "used": Check("the time each metric's clock has counted", _used),
    "wake_at": Check("when something happens if nobody acts", _wake),
    "notified": _among(None, "recipient", lambda seen: seen.effects("notify", "to")),
    "replied": _among(lambda desk: desk.templates, "template", lambda seen: seen.effects("reply", "template")),
    "webhooks": _among(None, "webhook", lambda seen: seen.effects("webhook", "name")),
    "effects": _among(lambda _desk: EFFECTS, "effect", lambda seen: seen.effects("", "kind")),
    "fired": _among(_rule_names, "rule", lambda seen: seen.events("rule_fired", "rule")),
    "events": _among(lambda _desk: EVENTS, "event", lambda seen: seen.events("", "kind")),
    "why": Check("a text in the reason for priority, policy or status", _why),
    "holds": Check("a condition that holds", _holds),
}  # fmt: skip
