"""The same rules in the orders of other systems, for those who move from one: what each would do with this ticket.

`compare_orders` handles one moment in each order and shows where they differ from ours, rule by rule and on the ticket::

    print(compare_orders(desk, ticket, CustomerReplied(at=now, by=requester)))

The orders are `ORDERS`. Only event rules differ: time rules and ladders rise at their instant in every order, and other systems run
theirs apart. Each set of rules is a list of its own, which ``stop`` ends. Rules for what the desk's clocks decide (a policy applied,
a breach) are tried in the same order once the clocks have spoken, on what is new. docs/reference/vendor-orders.md has cases.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from attrs import field, frozen

from ticketcore._values import FrozenMap
from ticketcore.desk import Desk, Outcome
from ticketcore.errors import UnknownName
from ticketcore.extra._plain_rules import Entry, Match, PlainRules, with_rules
from ticketcore.model import EventBase, Outside, RuleFired, Ticket
from ticketcore.rules import Cycle

__all__ = ["ORDERS", "RuleOrder", "RuleOrders", "compare_orders", "in_order"]

ORDERS: Final[Mapping[str, str]] = FrozenMap({
    "ours": "top to bottom, again and again until nothing new fires; each rule once; later rules see what earlier ones did",
    "one pass": "top to bottom, once; later rules see what earlier ones did, earlier ones not what later ones did",
    "restart": "after each rule that fires, back to the top; each rule once",
    "first match": "the first rule that matches fires, and the list is over",
    "snapshot": "all rules are matched with the ticket as it came, then the matching ones act, top to bottom",
})  # fmt: skip
_RAN: Final = 1  # marks a cycle in which rules have run before; rules have the bits above it


class _Ordered(PlainRules):
    """Rules in another order. A call after the first in a cycle looks at the events that the clocks have added."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._known = 0  # events of the cycle that rules have been tried for

    def run(self, cycle: Cycle, fired: int, closed: set[str]) -> int:
        """One call of a cycle."""
        if not fired & _RAN:
            self._known = 0
        fired = self.order(cycle, fired >> 1, closed)
        self._known = len(cycle.happened_events())
        return fired << 1 | _RAN

    def order(self, cycle: Cycle, fired: int, closed: set[str]) -> int:
        """The rules tried in this order, and those that have fired in this cycle."""
        for entry in self.entries:
            fired = self.attempt(entry, cycle, fired, closed)
        return fired

    def attempt(self, entry: Entry, cycle: Cycle, fired: int, closed: set[str]) -> int:
        """One rule tried; those that have fired in this cycle."""
        match = None if fired & entry.bit else self.match(entry, cycle, fired, closed)
        return fired if match is None else self.act(entry, cycle, match, fired, closed)

    def act(self, entry: Entry, cycle: Cycle, match: Match, fired: int, closed: set[str]) -> int:
        """A rule that matches fires."""
        self.fire(entry, cycle, match)
        if entry.rule.stop or self.ends_its_list(entry):
            closed.add(entry.set_name)
        for lower in match[2]:
            fired |= lower.bit
        return fired | entry.bit

    def ends_its_list(self, entry: Entry) -> bool:  # noqa: ARG002 - what another order asks
        """Whether the list is over when this rule has fired, without a word of its own."""
        return False

    def event_match(self, entry: Entry, cycle: Cycle, events: list[EventBase]) -> Match | None:
        """Of the events, those that are new."""
        return super().event_match(entry, cycle, events[self._known :])


class _Restart(_Ordered):
    def order(self, cycle: Cycle, fired: int, closed: set[str]) -> int:
        at = 0
        while at < len(self.entries):
            after = self.attempt(self.entries[at], cycle, fired, closed)
            at = at + 1 if after == fired else 0
            fired = after
        return fired


class _FirstMatch(_Ordered):
    def ends_its_list(self, entry: Entry) -> bool:
        return not entry.rule.is_timed


class _Snapshot(_Ordered):
    def order(self, cycle: Cycle, fired: int, closed: set[str]) -> int:
        matches = [(entry, None if fired & entry.bit else self.match(entry, cycle, fired, closed)) for entry in self.entries]
        for entry, match in matches:
            held_back = fired & entry.bit or (entry.set_name in closed and not entry.rule.is_timed)
            if match is not None and not held_back:
                fired = self.act(entry, cycle, match, fired, closed)
        return fired


_RUN: Final[Mapping[str, type[_Ordered]]] = FrozenMap({
    "one pass": _Ordered, "restart": _Restart, "first match": _FirstMatch, "snapshot": _Snapshot,
})  # fmt: skip


def in_order(desk: Desk, order: str) -> Desk:
    """*desk*, its rules tried in the order of that name: the same fingerprint, so the same tickets. Not a value to be kept.

    Raises `UnknownName`.
    """
    if order not in ORDERS:
        raise UnknownName(f"unknown order {order!r}", value=order, hint=f"orders are {', '.join(ORDERS)}")
    return desk if order == "ours" else with_rules(desk, _RUN[order](desk))


@frozen(kw_only=True)
class RuleOrder:
    """What came of a moment in one order: the rules that fired, in order, and the outcome."""

    name: str
    fired: tuple[str, ...]
    outcome: Outcome

    @property
    def result(self) -> dict[str, object]:
        """What an order can make different: status, priority, assignee, group, policy, tags, fields, and what the host is asked to do."""
        ticket = self.outcome.ticket
        asked = [f"{effect.kind} {getattr(effect, 'template', '') or getattr(effect, 'to', '')}".strip() for effect in self.outcome.effects]
        return {
            "status": ticket.status, "priority": ticket.priority, "assignee": ticket.assignee, "group": ticket.group,
            "policy": ticket.policy, "tags": tuple(sorted(ticket.tags)), "fields": dict(ticket.fields), "effects": tuple(asked),
        }  # fmt: skip


def _orders(value: Iterable[RuleOrder]) -> tuple[RuleOrder, ...]:
    return tuple(value)


@frozen(kw_only=True)
class RuleOrders:
    """One moment in every order, ours first. Prints what fired in each, and what is different from ours."""

    orders: tuple[RuleOrder, ...] = field(converter=_orders)

    def order(self, name: str) -> RuleOrder:
        """What came of it in that order. Raises `UnknownName`."""
        for order in self.orders:
            if order.name == name:
                return order
        raise UnknownName(f"unknown order {name!r}", value=name, hint=f"orders are {', '.join(ORDERS)}")

    @property
    def differ(self) -> tuple[str, ...]:
        """The orders in which other rules fire than in ours, or in another order, or something else comes of it."""
        ours = self.orders[0]
        return tuple(order.name for order in self.orders[1:] if (order.fired, order.result) != (ours.fired, ours.result))

    def differences(self, name: str) -> tuple[str, ...]:
        """What is different from ours in one order, a line each: ``priority: low, ours high``."""
        ours, theirs = self.orders[0].result, self.order(name).result
        return tuple(f"{what}: {_text(theirs[what])}, ours {_text(ours[what])}" for what in ours if theirs[what] != ours[what])

    def __str__(self) -> str:
        width = max(len(order.name) for order in self.orders)
        lines = []
        for order in self.orders:
            lines.append(f"{order.name:<{width}}  {', '.join(order.fired) or 'no rule fires'}")
            lines += [f"{'':<{width}}    {line}" for line in self.differences(order.name)]
        return "\n".join(lines)


def _text(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    return "none" if value is None else str(value)


def compare_orders(desk: Desk, ticket: Ticket | None, *events: Outside) -> RuleOrders:
    """What the rules of *desk* make of one moment on *ticket* (None: a `Created` begins one) in each of `ORDERS`.

    Raises as `Desk.handle` does.

    >>> from ticketcore import Action, Created, Person, Rule, field
    >>> late = Rule(name="late", on=["created"], when=field.tags.has("vip"), then=[Action("set_priority", "high")])
    >>> vip = Rule(name="vip", on=["created"], when=field.requester.tier == "gold", then=[Action("add_tag", "vip")])
    >>> gold = Created(at=0, ticket="T-1", by=Person(name="Ada", tier="gold"))
    >>> print(compare_orders(Desk(rules=[late, vip]), None, gold))
    ours         vip, late
    one pass     vip
                   priority: low, ours high
    restart      vip, late
    first match  vip
                   priority: low, ours high
    snapshot     vip
                   priority: low, ours high
    """
    found = []
    for name in ORDERS:
        outcome = in_order(desk, name).handle(ticket, *events)
        fired = tuple(event.rule for event in outcome.events if isinstance(event, RuleFired))
        found.append(RuleOrder(name=name, fired=fired, outcome=outcome))
    return RuleOrders(orders=found)
