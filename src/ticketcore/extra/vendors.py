"""The same rules in the orders of other systems, for those who move from one: what each would do with this ticket.

`compare_orders` handles one moment in each order and shows where they differ from ours, rule by rule and on the ticket::

    print(compare_orders(desk, ticket, CustomerReplied(at=now, by=requester)))

`report_orders` does so for every moment of a history::

    print(report_orders(desk, history))

The orders are `ORDERS`, and `SYSTEMS` says who tries rules so. Only event rules differ: time rules and ladders rise at their instant in
every order, and other systems run theirs apart. Each set of rules is a list of its own, which ``stop`` ends. Rules for what the desk's
clocks decide (a policy applied, a breach) are tried in the same order once the clocks have spoken, on what is new.
docs/reference/vendor-orders.md has cases, and five rule sets with their reports.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from attrs import field, frozen

from ticketcore._time import from_us, iso
from ticketcore._values import FrozenMap
from ticketcore.desk import Desk, Outcome
from ticketcore.errors import UnknownName
from ticketcore.extra._plain_rules import Entry, Match, PlainRules, with_rules
from ticketcore.model import EventBase, Outside, RuleFired, Ticket
from ticketcore.replay import Replay, moments
from ticketcore.rules import Cycle

__all__ = ["ORDERS", "SYSTEMS", "OrderDifference", "OrderReport", "RuleOrder", "RuleOrders", "compare_orders", "in_order", "report_orders"]

ORDERS: Final[Mapping[str, str]] = FrozenMap({
    "ours": "top to bottom, again and again until nothing new fires; each rule once; later rules see what earlier ones did",
    "one pass": "top to bottom, once; later rules see what earlier ones did, earlier ones not what later ones did",
    "restart": "after each rule that fires, back to the top; each rule once",
    "first match": "the first rule that matches fires, and the list is over",
    "snapshot": "all rules are matched with the ticket as it came, then the matching ones act, top to bottom",
})  # fmt: skip
# Who tries rules in which order, as far as their public documents and sources say; docs/reference/vendor-orders.md has the small print.
SYSTEMS: Final[Mapping[str, tuple[str, ...]]] = FrozenMap({
    "one pass": ("Zammad", "LiveAgent", "Freshdesk set to all matches"),
    "restart": ("Zendesk", "Zammad with recursion"),
    "first match": ("Freshdesk set to first match", "GLPI set to stop"),
    "snapshot": ("osTicket",),
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

    >>> from ticketcore import Action, Created, Rule
    >>> desk = Desk(rules=[Rule(name=name, on=["created"], then=[Action("add_tag", name)]) for name in ("one", "two")])
    >>> sorted(in_order(desk, "first match").handle(None, Created(at=0, ticket="T-1")).ticket.tags)
    ['one']
    """
    _check_order(order)
    return desk if order == "ours" else with_rules(desk, _RUN[order](desk))


def _check_order(order: str) -> None:
    if order not in ORDERS:
        raise UnknownName(f"unknown order {order!r}", value=order, hint=f"orders are {', '.join(ORDERS)}")


@frozen(kw_only=True)
class RuleOrder:
    """What came of a moment in one order: the rules that fired, in order, and the outcome.

    >>> from ticketcore import Action, Created, Rule
    >>> desk = Desk(rules=[Rule(name=name, on=["created"], then=[Action("add_tag", name)]) for name in ("one", "two")])
    >>> first = compare_orders(desk, None, Created(at=0, ticket="T-1")).order("first match")
    >>> first.fired, first.result["tags"]
    (('one',), ('one',))
    """

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
    """One moment in every order, ours first. Prints what fired in each, and what is different from ours.

    >>> from ticketcore import Action, Created, Rule
    >>> desk = Desk(rules=[Rule(name=name, on=["created"], then=[Action("add_tag", name)]) for name in ("one", "two")])
    >>> orders = compare_orders(desk, None, Created(at=0, ticket="T-1"))
    >>> orders.differ, orders.differences("first match")
    (('first match',), ('tags: one, ours one, two',))
    >>> orders.order("ours").fired, orders.order("first match").fired
    (('one', 'two'), ('one',))
    """

    orders: tuple[RuleOrder, ...] = field(converter=_orders)

    def order(self, name: str) -> RuleOrder:
        """What came of it in that order. Raises `UnknownName`."""
        _check_order(name)
        return next(order for order in self.orders if order.name == name)

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


# --- a history ---------------------------------------------------------------------------------------------------------

_SHOWN: Final = 5  # differences of one order that are printed


@frozen(kw_only=True)
class OrderDifference:
    """A moment of which one order makes something else than ours: the rules that fire in both, and what else is different.

    >>> from ticketcore import Action, Created, Rule
    >>> desk = Desk(rules=[Rule(name=name, on=["created"], then=[Action("add_tag", name)]) for name in ("one", "two")])
    >>> [found] = report_orders(desk, [Created(at=0, ticket="T-1")]).differences
    >>> found.order, found.fired, found.ours, found.differences
    ('first match', ('one',), ('one', 'two'), ('tags: one, ours one, two',))
    >>> found.row()["ticket"]
    'T-1'
    """

    order: str
    ticket: str
    at_us: int = field(repr=iso)
    on: tuple[str, ...]
    fired: tuple[str, ...]
    ours: tuple[str, ...]
    differences: tuple[str, ...]

    def row(self) -> dict[str, object]:
        """The same as a plain row, ready for a data frame."""
        return {
            "order": self.order, "ticket": self.ticket, "at": from_us(self.at_us), "on": ", ".join(self.on), "fired": ", ".join(self.fired),
            "ours": ", ".join(self.ours), "differences": "; ".join(self.differences),
        }  # fmt: skip

    def __str__(self) -> str:
        head = f"{self.ticket}, {' and '.join(self.on)}, {iso(self.at_us)}"
        told = f"{head}: {_names(self.fired)} instead of {_names(self.ours)}"
        return "\n".join((told, *(f"  {line}" for line in self.differences)))


def _names(fired: tuple[str, ...]) -> str:
    return ", then ".join(map(repr, fired)) or "no rule"


def _differences(value: Iterable[OrderDifference]) -> tuple[OrderDifference, ...]:
    return tuple(value)


@frozen(kw_only=True)
class OrderReport:
    """Where the other orders come to something else than ours over a history: *moments* were compared. Prints order by order.

    >>> from ticketcore import Action, Created, Rule
    >>> desk = Desk(rules=[Rule(name=name, on=["created"], then=[Action("add_tag", name)]) for name in ("one", "two")])
    >>> report = report_orders(desk, [Created(at=0, ticket="T-1")])
    >>> report.rules("first match"), [row["order"] for row in report.rows()]
    (('two',), ['first match'])
    >>> print(str(report).splitlines()[0])
    1 moment, in ours and in 4 other orders
    >>> len(report.of("first match")), report.of("restart")
    (1, ())
    """

    moments: int
    differences: tuple[OrderDifference, ...] = field(converter=_differences)

    def of(self, order: str) -> tuple[OrderDifference, ...]:
        """The differences of one order, in the order of the history. Raises `UnknownName`."""
        _check_order(order)
        return tuple(found for found in self.differences if found.order == order)

    def rules(self, order: str) -> tuple[str, ...]:
        """The rules to look at before moving from a system of that order: those that fire in one of the two only, or elsewhere."""
        found: dict[str, None] = {}
        for one in self.of(order):
            found.update(dict.fromkeys(name for name in (*one.ours, *one.fired) if not _fires_alike(name, one)))
        return tuple(found)

    def rows(self) -> list[dict[str, object]]:
        """The differences as plain rows."""
        return [found.row() for found in self.differences]

    def __str__(self) -> str:
        lines = [f"{self.moments} moment{'' if self.moments == 1 else 's'}, in ours and in {len(ORDERS) - 1} other orders"]
        for order, systems in SYSTEMS.items():
            found = self.of(order)
            count = f"{len(found)} different" if found else "no difference"
            rules = f"; look at {', '.join(map(repr, self.rules(order)))}" if self.rules(order) else ""
            lines.append(f"{order} ({', '.join(systems)}): {count}{rules}")
            lines += [f"  {line}" for one in found[:_SHOWN] for line in str(one).splitlines()]
            if len(found) > _SHOWN:
                lines.append(f"  and {len(found) - _SHOWN} more")
        return "\n".join(lines)


def _fires_alike(name: str, one: OrderDifference) -> bool:
    """Whether a rule fires in both orders, after the same rules."""
    if name not in one.fired or name not in one.ours:
        return False
    return set(one.fired[: one.fired.index(name)]) == set(one.ours[: one.ours.index(name)])


def report_orders(desk: Desk, history: Iterable[EventBase]) -> OrderReport:
    """Where the orders come to something else over *history*, whose events name their tickets, as `ticketcore.replay.replay` takes it.

    Every moment is tried in every order on the ticket as ours has left it, so that a difference is told where it begins and not carried
    on from moment to moment. Raises as `Desk.handle` does.

    >>> from ticketcore import Action, Created, Person, Rule, field
    >>> late = Rule(name="late", on=["created"], when=field.tags.has("vip"), then=[Action("set_priority", "high")])
    >>> vip = Rule(name="vip", on=["created"], when=field.requester.tier == "gold", then=[Action("add_tag", "vip")])
    >>> people = {"T-1": Person(name="Ada", tier="gold"), "T-2": Person(name="Bo")}
    >>> history = [Created(at=0, ticket=name, by=person) for name, person in people.items()]
    >>> report = report_orders(Desk(rules=[late, vip]), history)
    >>> report.moments, report.rules("one pass"), report.of("restart")
    (2, ('late',), ())
    >>> print(report.of("snapshot")[0])
    T-1, created, 1970-01-01T00:00:00Z: 'vip' instead of 'vip', then 'late'
      priority: low, ours high
    """
    run, found, count = Replay(desk), list[OrderDifference](), 0
    for moment in moments(history):
        told = compare_orders(desk, run.tickets.get(moment[0].ticket), *moment)
        count += 1
        ours = told.orders[0].fired
        found += [
            OrderDifference(
                order=name, ticket=moment[0].ticket, at_us=moment[0].at_us, on=tuple(event.kind for event in moment),
                fired=told.order(name).fired, ours=ours, differences=told.differences(name),
            ) for name in told.differ
        ]  # fmt: skip
        run.feed(*moment)
    return OrderReport(moments=count, differences=found)
