"""The ticket as a value, and the mutable draft of the same layout that a step folds into."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from attrs import field, frozen
from pendulum import DateTime

from ticketcore._clocks import Clock, Cycle
from ticketcore._people import Person
from ticketcore._time import from_us, iso, maybe_from_us
from ticketcore._values import EMPTY, FrozenMap, each
from ticketcore.errors import BadValue, UnknownName, shorten, unwanted


@frozen(kw_only=True)
class Slot:
    """A filled priority slot: the level, and who or what put it there.

    >>> from ticketcore import Created, Desk, Person
    >>> ticket = Desk().handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> Desk().handle(ticket, SlotSet(at=1, level="high")).ticket.slots["manual"].level
    'high'
    """

    level: str
    cause: str = ""
    at_us: int = field(default=0, repr=iso)


@frozen(kw_only=True)
class Repeat:
    """How far a repeating time rule has got since its condition last became true.

    >>> from ticketcore import Action, Created, Desk, Person, Rule, since
    >>> nag = Rule(name="nag", when=since("created") >= "1h", then=[Action("notify", "lead")], every_us=3_600_000_000, times=9)
    >>> ticket = Desk(rules=[nag]).handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> Desk(rules=[nag]).tick(ticket, 3 * 3_600_000_000).ticket.repeats["nag"]
    Repeat(first_us=1970-01-01T01:00:00Z, number=3)
    """

    first_us: int = field(repr=iso)
    number: int = 1


@frozen(kw_only=True)
class Memo:
    """What the desk worked out at the end of the step that made a ticket; not part of its identity.

    >>> from ticketcore import Created, load_desk
    >>> desk = load_desk({"sla": [{"name": "gold", "warn": ["-15m"], "targets": {"first_reply": "1h"}}]})
    >>> ticket = desk.handle(None, Created(at=0, ticket="T-1")).ticket
    >>> ticket.memo.wake_us // 60_000_000, ticket.memo.dues["first_reply"] // 60_000_000, fold((), ticket).memo
    (45, 60, None)
    """

    wake_us: int | None = field(repr=iso)
    dues: Mapping[str, int | None] = EMPTY
    # By metric: the open cycle, when it is due, and what time brings first for it (`Sla.due_items`). Of another cycle it says nothing.
    known: Mapping[str, tuple[Cycle, int | None, tuple[int, int, str, str] | None]] = field(default=EMPTY, repr=False)
    settled: bool = False  # priority and promises are those of the ticket as it is


@frozen(kw_only=True, weakref_slot=False)
class Ticket:
    """A support ticket at one point of its history. Immutable; a step returns a new one.

    Instants are properties (``created``, ``updated``, ``status_since``, ...) in UTC; inside they are microseconds. ``fields``
    are the desk's declared custom fields (impact and urgency among them), ``facts`` what the host reported. ``version`` counts
    events and is the host's optimistic lock.

    >>> from ticketcore import Created, Desk, Person
    >>> ticket = Desk().handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> ticket.status, ticket.priority, ticket.version
    ('new', 'low', 4)
    >>> from ticketcore import AgentReplied
    >>> answered = Desk().handle(ticket, AgentReplied(at=60_000_000)).ticket
    >>> str(answered.created), str(answered.first_agent_reply), str(answered.status_since), answered.last_agent_reply == answered.as_of
    ('1970-01-01 00:00:00+00:00', '1970-01-01 00:01:00+00:00', '1970-01-01 00:01:00+00:00', True)
    >>> ticket.waiting_since == ticket.created, answered.waiting_since, answered.resolved_at, answered.closed_at
    (True, None, None, None)
    >>> answered.updated == answered.floor == answered.as_of, answered.last_customer_reply == ticket.created, answered.postponed_until
    (True, True, None)
    """

    id: str
    desk: str = ""
    version: int = 0
    status: str = ""
    category: str = ""
    priority: str = ""
    subject: str = ""
    text: str = ""
    channel: str = ""
    language: str = ""
    requester: Person = Person()
    assignee: str | None = None
    group: str | None = None
    tags: frozenset[str] = frozenset()
    fields: FrozenMap[str, Any] = EMPTY
    facts: FrozenMap[str, Any] = EMPTY
    slots: FrozenMap[str, Slot] = EMPTY
    policy: str | None = None
    policy_choices: FrozenMap[str, str] = EMPTY  # source (manual, rule) -> policy
    clocks: FrozenMap[str, Clock] = EMPTY
    repeats: FrozenMap[str, Repeat] = EMPTY
    merged_into: str | None = None
    origin: str | None = None  # the ticket it came out of
    relation: str = ""  # how: follow_up, split, child
    followers: frozenset[str] = frozenset()
    cc: frozenset[str] = frozenset()
    checks: frozenset[str] = frozenset()  # verified, confirmed: passed since it was last taken up
    rating: int | None = None
    agent_replies: int = 0
    customer_replies: int = 0
    notes: int = 0
    reopens: int = 0
    reassignments: int = 0
    transfers: int = 0
    returns: int = 0  # transfers straight back to the group it came from
    came_from: str | None = None
    escalation: int = 0
    deviations: int = 0
    created_us: int = field(default=0, repr=iso)
    updated_us: int = field(default=0, repr=iso)
    status_since_us: int = field(default=0, repr=iso)
    priority_since_us: int = field(default=0, repr=iso)
    first_agent_reply_us: int | None = field(default=None, repr=iso)
    last_agent_reply_us: int | None = field(default=None, repr=iso)
    last_customer_reply_us: int | None = field(default=None, repr=iso)
    waiting_since_us: int | None = field(default=None, repr=iso)  # the oldest customer message without an answer
    assigned_us: int | None = field(default=None, repr=iso)
    resolved_us: int | None = field(default=None, repr=iso)
    closed_us: int | None = field(default=None, repr=iso)
    acknowledged_us: int | None = field(default=None, repr=iso)
    escalated_us: int | None = field(default=None, repr=iso)
    postponed_until_us: int | None = field(default=None, repr=iso)
    before_postpone: str = ""
    before_delete: str = ""
    as_of_us: int = field(default=0, repr=iso)  # instant of the last root
    floor_us: int = field(default=0, repr=iso)  # nothing earlier is accepted
    seen: frozenset[str] = frozenset()  # ids of the outside events at the last outside instant
    time_roots: int = 0  # due items lived through since the last outside event that no machine wrote
    silenced: bool = False
    # Not taken over by `attrs.evolve`: what a desk worked out does not hold for a ticket that was changed by hand.
    memo: Memo | None = field(init=False, default=None, eq=False, hash=False, repr=False)

    @property
    def created(self) -> DateTime:
        """When it was created."""
        return from_us(self.created_us)

    @property
    def updated(self) -> DateTime:
        """When something last came from outside."""
        return from_us(self.updated_us)

    @property
    def status_since(self) -> DateTime:
        """Since when it has its status."""
        return from_us(self.status_since_us)

    @property
    def first_agent_reply(self) -> DateTime | None:
        """When an agent first replied."""
        return maybe_from_us(self.first_agent_reply_us)

    @property
    def last_agent_reply(self) -> DateTime | None:
        """When an agent last replied."""
        return maybe_from_us(self.last_agent_reply_us)

    @property
    def last_customer_reply(self) -> DateTime | None:
        """When a customer last wrote."""
        return maybe_from_us(self.last_customer_reply_us)

    @property
    def waiting_since(self) -> DateTime | None:
        """Since when the customer waits for an answer; None while nobody waits."""
        return maybe_from_us(self.waiting_since_us)

    @property
    def resolved_at(self) -> DateTime | None:
        """When it was last resolved; None while it is not."""
        return maybe_from_us(self.resolved_us)

    @property
    def closed_at(self) -> DateTime | None:
        """When it was closed; None while it is not."""
        return maybe_from_us(self.closed_us)

    @property
    def postponed_until(self) -> DateTime | None:
        """When a postponement ends."""
        return maybe_from_us(self.postponed_until_us)

    @property
    def as_of(self) -> DateTime:
        """The instant of the last thing that happened, by people or by time."""
        return from_us(self.as_of_us)

    @property
    def floor(self) -> DateTime:
        """The earliest instant at which an event is accepted."""
        return from_us(self.floor_us)

    def due(self, metric: str) -> DateTime | None:
        """When the open promise for *metric* is due, as the desk last worked it out; None: paused, ended or nothing promised.

        Raises `UnknownName` when no clock of that name was ever started, or the ticket was folded without a desk
        (ask `Desk.due` then).

        >>> from ticketcore import AgentReplied, Created, Person, load_desk
        >>> desk = load_desk({"sla": [{"name": "gold", "targets": {"first_reply": "1h"}}]})
        >>> ticket = desk.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
        >>> str(ticket.due("first_reply")), desk.handle(ticket, AgentReplied(at=5)).ticket.due("first_reply")
        ('1970-01-01 01:00:00+00:00', None)
        """
        if self.memo is None or metric not in self.memo.dues:
            told = f"no due instant for {shorten(metric)} on ticket {self.id!r}"
            raise UnknownName(told, value=shorten(metric), hint="ask desk.due(ticket, metric)")
        return maybe_from_us(self.memo.dues[metric])


# --- the ticket in the making ----------------------------------------------------------------------------------------


class _Draft(Ticket):
    """A ticket in the making: as `Ticket`, but mutable. It never leaves a step; `freeze` makes it a `Ticket`.

    It stands under `Ticket`, because a change of class costs three times as much between two that both have slots of their own.
    """

    __slots__ = ()
    __setattr__, __delattr__ = object.__setattr__, object.__delattr__  # both, or its stores are slow


_new: Final = object.__new__
Draft = Any  # a `_Draft`: it has the attributes of `Ticket`, which a type checker knows as read-only


def draft_of(ticket: Ticket) -> Draft:  # noqa: PLR0915 - one statement a slot
    """A mutable copy of *ticket*. Written out, because a loop over the slots takes three times as long (a test compares)."""
    draft: Draft = _new(_Draft)
    draft.id = ticket.id
    draft.desk = ticket.desk
    draft.version = ticket.version
    draft.status = ticket.status
    draft.category = ticket.category
    draft.priority = ticket.priority
    draft.subject = ticket.subject
    draft.text = ticket.text
    draft.channel = ticket.channel
    draft.language = ticket.language
    draft.requester = ticket.requester
    draft.assignee = ticket.assignee
    draft.group = ticket.group
    draft.tags = ticket.tags
    draft.fields = ticket.fields
    draft.facts = ticket.facts
    draft.slots = ticket.slots
    draft.policy = ticket.policy
    draft.policy_choices = ticket.policy_choices
    draft.clocks = ticket.clocks
    draft.repeats = ticket.repeats
    draft.merged_into = ticket.merged_into
    draft.origin = ticket.origin
    draft.relation = ticket.relation
    draft.followers = ticket.followers
    draft.cc = ticket.cc
    draft.checks = ticket.checks
    draft.rating = ticket.rating
    draft.agent_replies = ticket.agent_replies
    draft.customer_replies = ticket.customer_replies
    draft.notes = ticket.notes
    draft.reopens = ticket.reopens
    draft.reassignments = ticket.reassignments
    draft.transfers = ticket.transfers
    draft.returns = ticket.returns
    draft.came_from = ticket.came_from
    draft.escalation = ticket.escalation
    draft.deviations = ticket.deviations
    draft.created_us = ticket.created_us
    draft.updated_us = ticket.updated_us
    draft.status_since_us = ticket.status_since_us
    draft.priority_since_us = ticket.priority_since_us
    draft.first_agent_reply_us = ticket.first_agent_reply_us
    draft.last_agent_reply_us = ticket.last_agent_reply_us
    draft.last_customer_reply_us = ticket.last_customer_reply_us
    draft.waiting_since_us = ticket.waiting_since_us
    draft.assigned_us = ticket.assigned_us
    draft.resolved_us = ticket.resolved_us
    draft.closed_us = ticket.closed_us
    draft.acknowledged_us = ticket.acknowledged_us
    draft.escalated_us = ticket.escalated_us
    draft.postponed_until_us = ticket.postponed_until_us
    draft.before_postpone = ticket.before_postpone
    draft.before_delete = ticket.before_delete
    draft.as_of_us = ticket.as_of_us
    draft.floor_us = ticket.floor_us
    draft.seen = ticket.seen
    draft.time_roots = ticket.time_roots
    draft.silenced = ticket.silenced
    draft.memo = None
    return draft


def no_ticket(given: object, *, or_none: bool = False) -> BadValue:
    """The refusal of what is no ticket; *or_none* where None makes a new one."""
    held = getattr(given, "ticket", None)  # an outcome has it; an event has only its id
    otherwise = "give the .ticket of an outcome" + (", or None for a new one" if or_none else "")
    return unwanted(given, "a ticket", "give its .ticket" if isinstance(held, Ticket) else otherwise)


def check_ticket(given: object) -> None:
    """Refuse what is no ticket. Raises `BadValue`."""
    if not isinstance(given, Ticket):
        raise no_ticket(given)


def each_ticket(tickets: Iterable[Ticket]) -> tuple[Ticket, ...]:
    """The tickets of a list; what is none, or none of them, is refused. Raises `BadValue`."""
    return each(tickets, Ticket, "tickets", "give the .ticket of an outcome", "tickets")


def ticket_of(row: Sequence[Any]) -> Ticket:
    """A ticket of these values, which nobody checks: one for each slot in their order, before them one that is not used.

    Written out as `draft_of` is: measured, so many arguments for a constructor take a third longer than all of this.
    """
    made: Draft = _new(_Draft)
    (
        _, made.id, made.desk, made.version, made.status, made.category, made.priority, made.subject, made.text, made.channel,
        made.language, made.requester, made.assignee, made.group, made.tags, made.fields, made.facts, made.slots, made.policy,
        made.policy_choices, made.clocks, made.repeats, made.merged_into, made.origin, made.relation, made.followers, made.cc,
        made.checks, made.rating, made.agent_replies, made.customer_replies, made.notes, made.reopens, made.reassignments,
        made.transfers, made.returns, made.came_from, made.escalation, made.deviations, made.created_us, made.updated_us,
        made.status_since_us, made.priority_since_us, made.first_agent_reply_us, made.last_agent_reply_us, made.last_customer_reply_us,
        made.waiting_since_us, made.assigned_us, made.resolved_us, made.closed_us, made.acknowledged_us, made.escalated_us,
        made.postponed_until_us, made.before_postpone, made.before_delete, made.as_of_us, made.floor_us, made.seen, made.time_roots,
        made.silenced, made.memo,
    ) = row  # fmt: skip
    made.__class__ = Ticket
    return made  # type: ignore[no-any-return]  # a Ticket by now


def freeze(draft: Draft, memo: Memo | None = None) -> Ticket:
    """The draft itself as an immutable `Ticket`, without a copy. The draft is used up."""
    draft.memo = memo
    draft.__class__ = Ticket
    return draft  # type: ignore[no-any-return]  # a Ticket by now
