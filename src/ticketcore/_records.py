"""What a report remembers of each ticket: instants and spans, so that every figure can be worked out when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from attrs import frozen

from ticketcore._folding import is_from_customer
from ticketcore._values import FrozenMap
from ticketcore.model import Agent, EffectBase, EventBase, Person, Ticket

__all__ = ["Deed", "Promise", "Record"]

_OURS: Final = frozenset({"new", "open"})  # categories in which it is the help desk's turn
DONE: Final = frozenset({"resolved", "closed", "removed"})  # categories outside the backlog

Span = tuple[int, int]


@frozen(kw_only=True)
class Deed:
    """Something that a rule did to a ticket: it fired, an event of its actions, an effect, or an action that was refused."""

    rule: str
    at_us: int
    ticket: str
    what: str


class Promise:
    """One promise on a ticket: a cycle of a metric, and what became of it."""

    __slots__ = ("at_us", "breaches", "metric", "policy", "verdict")

    def __init__(self, metric: str, policy: str | None) -> None:
        self.metric, self.policy = metric, policy
        self.verdict: str | None = None
        self.at_us = 0  # of the verdict
        self.breaches: list[int] = []


class Record:
    """One ticket's record. Events are taken in order; nothing is decided here."""

    __slots__ = (
        "agents",
        "assigned",
        "category",
        "current",
        "escalated",
        "first_by",
        "name",
        "promises",
        "replied",
        "replies",
        "resolved_by",
        "resolved_us",
        "suggested",
        "turn_us",
        "turns",
        "waiting_us",
        "waits",
        "waits_by",
        "while_ours",
    )

    def __init__(self, name: str) -> None:
        self.name = name
        self.category = "new"
        self.turns: list[int] = []  # when it left the backlog, came back, left again, ...
        self.turn_us: int | None = None  # since when it is the help desk's turn
        self.while_ours: list[Span] = []
        self.waiting_us: int | None = None
        self.replied = False
        self.waits: list[Span] = []  # from a customer's message to the reply that answered it, first replies excluded
        self.waits_by: list[str] = []  # who gave these replies
        self.first_by = ""  # who gave the first
        self.replies: dict[str, int] = {}
        self.agents: set[str] = set()  # everybody of the staff who did something
        self.assigned: list[str] = []  # to whom it was given, one after the other
        self.resolved_us: int | None = None
        self.resolved_by = ""
        self.escalated = False
        self.suggested = False
        self.promises: dict[tuple[str, int], Promise] = {}
        self.current: dict[str, tuple[str, int]] = {}  # metric -> its latest promise

    def take(self, event: EventBase, requester: Person) -> None:
        """Take in one event."""
        if event.is_outside and not event.cause:
            by = getattr(event, "by", None)
            if type(by) is Agent and not requester.is_same(by):
                self.agents.add(by.id)
        take = _TAKE.get(event.kind)
        if take is not None:
            take(self, event, requester)

    def saw_effect(self, effect: EffectBase) -> None:
        """Take in one effect."""
        if effect.kind == "suggest_article":
            self.suggested = True

    # --- what each event says ----------------------------------------------------------------------------------------

    def _created(self, event: Any, requester: Person) -> None:
        if event.decided is not None:
            self.category = event.decided.category
        if self.category in _OURS:
            self.turn_us = event.at_us
        if event.assignee is not None:
            self.assigned.append(event.assignee)
        if type(event.by) is not Agent or requester.is_same(event.by):
            if not (event.has_message and event.message.automatic):
                self.waiting_us = event.at_us
        elif event.has_message and event.message.public and not event.message.automatic:
            self._answer(event.at_us, event.by.id)

    def _customer_replied(self, event: Any, requester: Person) -> None:
        if event.message.automatic:
            return
        if event.kind == "customer_replied" or is_from_customer(event, requester):
            if self.waiting_us is None:
                self.waiting_us = event.at_us
        elif event.message.public:
            self._answer(event.at_us, event.by.id if type(event.by) is Agent else "")

    def _answer(self, at_us: int, by: str) -> None:
        self.replies[by] = self.replies.get(by, 0) + 1
        if not self.replied:
            self.replied, self.first_by = True, by
        elif self.waiting_us is not None:
            self.waits.append((self.waiting_us, at_us))
            self.waits_by.append(by)
        self.waiting_us = None

    def _marked_answered(self, _event: Any, _requester: Person) -> None:
        self.waiting_us = None

    def _diverted(self, event: Any, _requester: Person) -> None:
        if self.waiting_us == event.at_us:
            self.waiting_us = None

    def _moved(self, event: Any, _requester: Person) -> None:
        at, to, was = event.at_us, event.category, self.category
        self.category = to
        if to == "resolved" or (to == "closed" and was != "resolved"):
            self.resolved_us = at  # closing a resolved ticket resolves nothing anew
        if (to in DONE) != (was in DONE):
            self.turns.append(at)
        if to in _OURS and self.turn_us is None:
            self.turn_us = at
        elif to not in _OURS and self.turn_us is not None:
            self.while_ours.append((self.turn_us, at))
            self.turn_us = None

    def _adopted(self, event: Any, requester: Person) -> None:
        if event.category:
            self._moved(event, requester)

    def _resolved(self, event: Any, _requester: Person) -> None:
        self.resolved_by = event.by.id if type(event.by) is Agent else ""

    def _assigned(self, event: Any, _requester: Person) -> None:
        self.assigned.append(event.agent)

    def _raised(self, _event: Any, _requester: Person) -> None:
        self.escalated = True

    # --- promises ----------------------------------------------------------------------------------------------------

    def _started(self, event: Any, _requester: Person) -> None:
        key = (event.metric, event.number)
        self.current[event.metric] = key
        if key not in self.promises:
            self.promises[key] = Promise(event.metric, event.policy)
        else:
            self.promises[key].verdict = None  # resumed: it is open again, and will be judged again

    def _promise(self, metric: str) -> Promise:
        key = self.current.setdefault(metric, (metric, 1))
        if key not in self.promises:
            self.promises[key] = Promise(metric, None)
        return self.promises[key]

    def _stopped(self, event: Any, _requester: Person) -> None:
        promise = self._promise(event.metric)
        promise.verdict, promise.at_us = event.verdict, event.at_us

    def _retargeted(self, event: Any, _requester: Person) -> None:
        promise = self._promise(event.metric)
        promise.policy = event.policy
        if event.verdict is not None:
            promise.verdict = event.verdict
            promise.at_us = promise.at_us or event.at_us

    def _resumed(self, event: Any, _requester: Person) -> None:
        self._promise(event.metric).verdict = None  # taken back from the bin, it is open again

    def _broke(self, event: Any, _requester: Person) -> None:
        promise = self._promise(event.metric)
        promise.policy = event.policy or promise.policy
        promise.breaches.append(event.at_us)


_TAKE: Final[Mapping[str, Callable[[Record, Any, Person], None]]] = FrozenMap({
    "created": Record._created,
    "customer_replied": Record._customer_replied,
    "agent_replied": Record._customer_replied,
    "marked_answered": Record._marked_answered,
    "diverted": Record._diverted,
    "status_changed": Record._moved,
    "desk_adopted": Record._adopted,
    "resolved": Record._resolved,
    "assigned": Record._assigned,
    "escalated": Record._raised,
    "clock_started": Record._started,
    "clock_stopped": Record._stopped,
    "clock_resumed": Record._resumed,
    "retargeted": Record._retargeted,
    "breached": Record._broke,
})  # fmt: skip


_SAID: Final = ("level", "status", "tags", "name", "agent", "group", "policy", "metric", "template", "to", "action")


def deeds_of(ticket: Ticket, events: Iterable[EventBase], effects: Iterable[EffectBase]) -> Iterable[Deed]:
    """What rules did in these events and effects."""
    for event in events:
        if event.kind == "rule_fired":
            yield Deed(rule=event.rule, at_us=event.at_us, ticket=ticket.id, what="fired")  # type: ignore[attr-defined]  # by its kind it has one
        elif event.kind == "action_refused" and event.rule:  # type: ignore[attr-defined]  # as above
            what = f"refused {event.action}: {event.reason}"  # type: ignore[attr-defined]  # as above
            yield Deed(rule=event.rule, at_us=event.at_us, ticket=ticket.id, what=what)  # type: ignore[attr-defined]  # as above
        elif event.cause.startswith("rule:") and event.is_outside:
            yield Deed(rule=event.cause.removeprefix("rule:"), at_us=event.at_us, ticket=ticket.id, what=_said(event))
    for effect in effects:
        if effect.rule:
            yield Deed(rule=effect.rule, at_us=effect.at_us, ticket=ticket.id, what=f"effect {_said(effect)}")


def _said(one: EventBase | EffectBase) -> str:
    """An event or effect by its kind and what it names."""
    told = [one.kind]
    for name in _SAID:
        value = getattr(one, name, None)
        if value not in (None, "", ()) and not (name == "level" and value == 0):
            told.append(", ".join(value) if isinstance(value, tuple) else str(value))
    return " ".join(told)
