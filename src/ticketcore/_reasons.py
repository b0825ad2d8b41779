"""Where two runs of one moment part, and why: the first decision that has no counterpart, and the rule or policy behind it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from attrs import field, frozen
from pendulum import DateTime

from ticketcore._behaviour import effect_shape, event_shape, is_telling, left_over
from ticketcore._time import from_us, iso, say_duration
from ticketcore._values import EMPTY, FrozenMap
from ticketcore.conditions import say
from ticketcore.desk import Desk, Outcome
from ticketcore.errors import counted
from ticketcore.model import Breached, Created, EffectBase, EventBase, Outside, StatusChanged, Ticket
from ticketcore.rules import Rule

__all__ = ["Difference", "Reason", "Taken", "difference_between", "say_decision"]

_NOTHING: Final = "nothing"
_POLICY_KINDS: Final = frozenset({
    "policy_applied", "clock_started", "clock_stopped", "clock_paused", "clock_resumed", "retargeted", "warned", "breached",
})  # fmt: skip
_LISTED: Final = 6  # changed fields in a line of text


@frozen(kw_only=True)
class Reason:
    """What is behind a difference: ``kind`` (rule, policy, priority, lifecycle, moment, order, time), its name, and each desk's side.

    >>> print(Reason(kind="rule", name="shop down", a="when text mentions 'outage'", b="no such rule"))
    rule 'shop down' (a: when text mentions 'outage'; b: no such rule)
    """

    kind: str
    name: str = ""
    a: str = ""
    b: str = ""

    def __str__(self) -> str:
        return f"{self.kind}{f' {self.name!r}' if self.name else ''} (a: {self.a}; b: {self.b})"


@frozen(kw_only=True)
class Taken:
    """What one desk made of one moment: its outcome, or None with the reason why the moment was refused or dropped."""

    ticket: Ticket | None
    outcome: Outcome | None
    refused: str = ""


@frozen(kw_only=True)
class Difference:
    """The first thing in which two runs of a ticket differ.

    ``moment`` names what came in (``customer_replied e7``; ``time`` when nothing did); ``decision_a`` and ``decision_b`` are the first
    recorded events or effects that the other does not have (None: this desk did nothing of the kind); ``changed`` are the fields of the
    ticket that differ after the moment, each with its two values.

    >>> from ticketcore import Action, Created, Rule
    >>> from ticketcore.replay import compare
    >>> urgent = Desk(rules=[Rule(name="hot", on=["created"], then=[Action("set_priority", "urgent")])])
    >>> first = compare(Desk(), urgent, [Created(at=0, ticket="T-1")]).tickets[0].first_difference
    >>> str(first.at), first.moment, str(first.reason)
    ('1970-01-01 00:00:00+00:00', 'created', "rule 'hot' (a: no such rule; b: fired, when always)")
    >>> first.data()["decision_b"]
    'slot_set level urgent'
    """

    at_us: int = field(repr=iso)
    moment: str
    reason: Reason
    decision_a: EventBase | EffectBase | None = None
    decision_b: EventBase | EffectBase | None = None
    changed: FrozenMap[str, tuple[Any, Any]] = EMPTY

    @property
    def at(self) -> DateTime:
        """When it happened."""
        return from_us(self.at_us)

    def __str__(self) -> str:
        told = f"{iso(self.at_us)} {self.moment}: {self.reason}: {say_decision(self.decision_a)} | {say_decision(self.decision_b)}"
        parts = [f"{name} {_short(one)} | {_short(other)}" for name, (one, other) in list(self.changed.items())[:_LISTED]]
        more = len(self.changed) - _LISTED
        return f"{told}; then {', '.join(parts)}{f' and {more} more' if more > 0 else ''}" if parts else told

    def data(self) -> dict[str, Any]:
        """The difference as plain data; values as text."""
        return {
            "at": iso(self.at_us), "moment": self.moment, "kind": self.reason.kind, "name": self.reason.name, "why_a": self.reason.a,
            "why_b": self.reason.b, "decision_a": say_decision(self.decision_a), "decision_b": say_decision(self.decision_b),
            "changed": {name: [_short(one), _short(other)] for name, (one, other) in self.changed.items()},
        }  # fmt: skip


def _short(value: Any) -> str:
    """A value of a ticket as people read it."""
    if value is None or value == "":
        return "-"
    if isinstance(value, frozenset):
        return "{" + ", ".join(sorted(map(str, value))) + "}"
    if type(value) is int and abs(value) > 10**14:  # an instant
        return iso(value)
    return str(value)


_TOLD: Final = (
    "metric", "was", "to", "level", "policy", "target", "verdict", "warning", "status", "tags", "name", "value", "agent", "group", "into",
    "template", "text",
)  # fmt: skip


def say_decision(decision: EventBase | EffectBase | None) -> str:
    """A recorded event or an effect in a few words."""
    if decision is None:
        return _NOTHING
    told = [f"{name} {_short(value)}" for name in _TOLD if (value := getattr(decision, name, None)) not in (None, "", ())]
    if isinstance(decision, Created) and decision.decided is not None:
        told.append(f"as {decision.decided.status}, {decision.decided.priority}")
    if isinstance(decision, Breached):
        told.append(f"due {iso(decision.due_us)}")
    return " ".join((decision.kind, *told))[:160]


def difference_between(desks: tuple[Desk, Desk], at_us: int, moment: Sequence[Outside], a: Taken, b: Taken, changed: Any) -> Difference:
    """Where two runs of one moment part. They do: the caller has seen that."""
    name = f"{moment[0].kind} {moment[0].id}".strip() if moment else "time"
    if a.outcome is None or b.outcome is None:
        reason = Reason(kind="moment", a=a.refused or "taken", b=b.refused or "taken")
        return Difference(at_us=at_us, moment=name, reason=reason, changed=changed)
    outcomes = (a.outcome, b.outcome)
    ones, others = _unmatched(*outcomes)
    one, other = ones[0] if ones else None, others[0] if others else None
    if one is None and other is None:
        reason = Reason(kind="order", a="the same, in one order", b="and in another")
        return Difference(at_us=at_us, moment=name, reason=reason, changed=changed)
    side = _first_side(desks, outcomes, one, other)
    first, rest = (other, ones) if side else (one, others)
    assert first is not None  # noqa: S101 - one of the two is there, and that one was chosen
    counterpart = next((each for each in rest if _is_of_a_kind(each, first)), None)
    return Difference(
        at_us=first.at_us, moment="time" if first.at_us < at_us else name, changed=changed,
        decision_a=counterpart if side else first, decision_b=first if side else counterpart,
        reason=_reason(desks, outcomes, side, first, (a.ticket, b.ticket)),
    )  # fmt: skip


def _is_of_a_kind(one: EventBase | EffectBase, other: EventBase | EffectBase) -> bool:
    """Whether the one is what the other desk did instead: the same kind of thing, of the same metric."""
    return one.kind == other.kind and getattr(one, "metric", "") == getattr(other, "metric", "")


def _first_side(
    desks: tuple[Desk, Desk], outcomes: tuple[Outcome, Outcome], one: EventBase | EffectBase | None, other: EventBase | EffectBase | None
) -> int:
    """Which of two decisions came first, 0 or 1; of two at one place, the one behind which is a rule that the other desk has not."""
    if one is None or other is None:
        return 1 if one is None else 0
    mine, theirs = _place(one, outcomes[0]), _place(other, outcomes[1])
    if mine != theirs:
        return 0 if mine < theirs else 1
    name = _rule_of(other, outcomes[1])
    return 1 if name and _named(desks[1], name) != _named(desks[0], name) else 0


def _named(desk: Desk, name: str) -> Rule | None:
    return next((rule for rule in desk.rules if rule.name == name), None)


def _rule_of(decision: EventBase | EffectBase, outcome: Outcome) -> str:
    return decision.rule if isinstance(decision, EffectBase) else _rule_behind(decision, outcome)


def _unmatched(a: Outcome, b: Outcome) -> tuple[list[EventBase | EffectBase], list[EventBase | EffectBase]]:
    """The telling events of each without a counterpart in the other; if there is none, the effects."""
    mine, theirs = ([event for event in outcome.events if is_telling(event)] for outcome in (a, b))
    shapes, others = [event_shape(event) for event in mine], [event_shape(event) for event in theirs]
    left, right = left_over(shapes, others), left_over(others, shapes)
    if left or right:
        return [mine[place] for place in left], [theirs[place] for place in right]
    shapes, others = [effect_shape(effect) for effect in a.effects], [effect_shape(effect) for effect in b.effects]
    return [a.effects[place] for place in left_over(shapes, others)], [b.effects[place] for place in left_over(others, shapes)]


def _place(decision: EventBase | EffectBase, outcome: Outcome) -> tuple[int, int]:
    """When a decision was made, for comparing those of two runs: its instant, then its place among the run's."""
    found: Iterable[Any] = outcome.effects if isinstance(decision, EffectBase) else outcome.events
    return decision.at_us, next(place for place, one in enumerate(found) if one is decision)


def _reason(
    desks: tuple[Desk, Desk], outcomes: tuple[Outcome, Outcome], side: int, first: EventBase | EffectBase,
    tickets: tuple[Ticket | None, Ticket | None],
) -> Reason:  # fmt: skip
    rule = _rule_of(first, outcomes[side])
    if rule:
        return _rule_reason(desks, outcomes, rule)
    if first.kind in _POLICY_KINDS:
        return _policy_reason(desks, getattr(first, "metric", ""), tickets)
    if isinstance(first, StatusChanged):
        ways = [_ways(outcome) for outcome in outcomes]
        return Reason(kind="lifecycle", name=first.trigger, a=ways[0], b=ways[1])
    if first.kind in ("priority_changed", "created"):
        told = [_priority(outcome) for outcome in outcomes]
        return Reason(kind="priority", a=told[0], b=told[1])
    sides = ["recorded" if number == side else _NOTHING for number in (0, 1)]
    return Reason(kind="time" if isinstance(first, EventBase) and first.is_due else "moment", name=first.kind, a=sides[0], b=sides[1])


def _rule_behind(event: EventBase, outcome: Outcome) -> str:
    """The name of the rule that led to *event*, by its chain of causes; "" if none did."""
    by_id = {one.id: one for one in outcome.events}
    cause = event.cause
    while cause and not cause.startswith("rule:"):
        led = by_id.get(cause)
        cause = "" if led is None else led.cause
    return cause.removeprefix("rule:")


def _rule_reason(desks: tuple[Desk, Desk], outcomes: tuple[Outcome, Outcome], name: str) -> Reason:
    rules = [_named(desk, name) for desk in desks]
    fired = [any(event.kind == "rule_fired" and event.rule == name for event in outcome.events) for outcome in outcomes]  # type: ignore[attr-defined]  # by its kind it has one
    told = []
    for number in (0, 1):
        rule, other = rules[number], rules[1 - number]
        if rule is None:
            told.append("no such rule")
        elif not rule.enabled:
            told.append("not enabled")
        elif other is not None and other.enabled and rule != other:
            told.append(_unlike(rule, other))
        elif fired[number]:
            told.append(f"fired, when {say(rule.when)}")
        else:
            told.append(_held_back(desks[number], outcomes[number], rule))
    return Reason(kind="rule", name=name, a=told[0], b=told[1])


def _unlike(rule: Rule, other: Rule) -> str:
    """What of a rule is not as in the other."""
    told = []
    if rule.on != other.on:
        told.append(f"on {', '.join(sorted(rule.on)) or 'anything'}")
    if rule.when != other.when:
        told.append(f"when {say(rule.when)}")
    if rule.then != other.then:
        told.append("then " + (", ".join(f"{action.name} {_short(action.value)}" for action in rule.then) or "nothing"))
    if (rule.every_us, rule.times) != (other.every_us, other.times):
        told.append("once" if rule.every_us is None else f"every {say_duration(rule.every_us)}, {counted(rule.times, 'time')}")
    if rule.stop != other.stop:
        told.append("then stops its set" if rule.stop else "then goes on")
    if rule.automatic != other.automatic:
        told.append("also for automatic messages" if rule.automatic else "not for automatic messages")
    return "; ".join(told)


def _held_back(desk: Desk, outcome: Outcome, rule: Rule) -> str:
    """Why a rule that is the same on both desks did not fire on this one."""
    of_set = {name: one.name for one in desk.rules.sets for name in (other.name for other in one.rules)}
    stops = {one.name for one in desk.rules if one.stop}
    for event in outcome.events:
        stopper = getattr(event, "rule", "")
        if event.kind == "rule_fired" and stopper in stops and of_set.get(stopper) == of_set.get(rule.name, ""):
            return f"held back: {stopper!r} above it stopped the set"
    return f"did not hold, when {say(rule.when)}"


def _policy_reason(desks: tuple[Desk, Desk], metric: str, tickets: tuple[Ticket | None, Ticket | None]) -> Reason:
    told, chosen = [], []
    for desk, ticket in zip(desks, tickets, strict=True):
        policy = None if ticket is None else ticket.policy
        chosen.append(policy or "")
        clock = None if ticket is None or not metric else ticket.clocks.get(metric)
        target = None if clock is None else clock.cycle.target
        promised = "" if target is None or clock is None else f" promises {target} in hours {clock.cycle.hours or desk.default_hours!r}"
        told.append(f"{policy or 'no policy'}{promised}" + (f" for {metric}" if metric else ""))
    if told[0] == told[1]:
        unlike = [name for name in desks[0].hours if desks[0].hours[name] != desks[1].hours.get(name)]
        told = [f"{one}; {f'hours {unlike[0]!r} differ' if unlike else 'metric or policy differs'}" for one in told]
    return Reason(kind="policy", name=chosen[0] or chosen[1], a=told[0], b=told[1])


def _ways(outcome: Outcome) -> str:
    moves = [event for event in outcome.events if isinstance(event, StatusChanged)]
    return ", ".join(f"{move.was} -> {move.to} by {move.trigger}" for move in moves) or "stays"


def _priority(outcome: Outcome) -> str:
    """What put the priority where it is."""
    found: list[str] = []
    for event in outcome.events:
        if isinstance(event, Created) and event.decided is not None:
            found.append(f"{event.decided.priority} by {event.decided.slot}")
        elif event.kind == "priority_changed":
            found.append(f"{event.to} by {event.slot}")  # type: ignore[attr-defined]  # by its kind it has both
    return found[-1] if found else _NOTHING
