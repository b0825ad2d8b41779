"""The ticket, and what each event makes of it: `evolve` and `fold` know no desk, no rule and no clock.

Every decision is an event that carries the decided value, so folding a log gives the ticket, for ever, whatever became of
the configuration. A step folds into one mutable `Draft` of the same layout and freezes it at the end: one new ticket a step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from attrs import field, frozen
from pendulum import DateTime

from ticketcore import _clocks, _effects, _events
from ticketcore._clocks import (
    Clock,
    Cycle,
    Days,
    Length,
    Run,
    Target,
    WorkingDays,
    clock_with,
    cut_at,
    cycle_with,
    promise_key,
    recounted,
    run_ended,
)
from ticketcore._effects import (
    EFFECTS,
    Classify,
    CreateChild,
    CreateFollowUp,
    Effect,
    EffectBase,
    Erase,
    ForwardReply,
    Notify,
    Reply,
    RequestMerge,
    RequestRating,
    Route,
    SuggestArticle,
    Webhook,
)  # fmt: skip
from ticketcore._events import (
    EVENTS,
    Absorbed,
    Acknowledged,
    ActionRefused,
    Actor,
    Agent,
    AgentReplied,
    Assigned,
    Breached,
    CcAdded,
    CcRemoved,
    ClockPaused,
    ClockResumed,
    ClockStarted,
    ClockStopped,
    Closed,
    Confirmed,
    Created,
    CustomerReplied,
    DecidedEvent,
    Decision,
    Deleted,
    DeskAdopted,
    Diverted,
    Escalated,
    Event,
    EventBase,
    FactsReported,
    FieldSet,
    FollowersAdded,
    FollowersRemoved,
    Group,
    MacroUsed,
    MarkedAnswered,
    MarkedSpam,
    Merged,
    Message,
    Noted,
    NotSpam,
    Outside,
    OutsideEvent,
    Person,
    PolicyApplied,
    PolicySet,
    Postponed,
    PriorityChanged,
    Purged,
    Rated,
    Reopened,
    Resolved,
    Restored,
    Retargeted,
    RuleFired,
    Silenced,
    SlotCleared,
    SlotSet,
    Split,
    Spoken,
    StatusChanged,
    StatusSet,
    TagsAdded,
    TagsRemoved,
    TargetExtended,
    TimeReached,
    Transferred,
    Unassigned,
    Verified,
    Warned,
    Woken,
)  # fmt: skip
from ticketcore._time import from_us, iso, maybe_from_us
from ticketcore._values import EMPTY, FrozenMap
from ticketcore.errors import UnknownName, WrongTicket

__all__ = [
    "EFFECTS", "EMPTY", "EVENTS", "Absorbed", "Acknowledged", "ActionRefused", "Actor", "Agent", "AgentReplied", "Assigned",
    "Breached", "CcAdded", "CcRemoved", "Classify", "Clock", "ClockPaused", "ClockResumed", "ClockStarted", "ClockStopped",
    "Closed", "Confirmed", "CreateChild", "CreateFollowUp", "Created", "CustomerReplied", "Cycle", "Days", "DecidedEvent",
    "Decision", "Deleted", "DeskAdopted", "Diverted", "Draft", "Effect", "EffectBase", "Erase", "Escalated", "Event", "EventBase",
    "FactsReported", "FieldSet", "FollowersAdded", "FollowersRemoved", "ForwardReply", "FrozenMap", "Group", "Length",
    "MacroUsed", "MarkedAnswered", "MarkedSpam", "Memo", "Merged", "Message", "NotSpam", "Noted", "Notify", "Outside", "OutsideEvent",
    "Person", "PolicyApplied", "PolicySet", "Postponed", "PriorityChanged", "Purged", "Rated", "Reopened", "Repeat", "Reply",
    "RequestMerge", "RequestRating", "Resolved", "Restored", "Retargeted", "Route", "RuleFired", "Run", "Silenced", "Slot", "SlotCleared",
    "SlotSet", "Split", "Spoken", "StatusChanged", "StatusSet", "SuggestArticle", "TagsAdded", "TagsRemoved", "Target",
    "TargetExtended", "Ticket", "TimeReached", "Transferred", "Unassigned", "Verified", "Warned", "Webhook", "Woken",
    "WorkingDays", "apply", "evolve", "fold",
]  # fmt: skip

for _room in (_clocks, _effects, _events):  # this module is their front door: names, pickles and reprs say so
    for _value in vars(_room).values():
        if isinstance(_value, type) and _value.__module__ == _room.__name__:
            _value.__module__ = __name__


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
            raise UnknownName(f"no due instant for {metric!r} on ticket {self.id!r}", value=metric, hint="ask desk.due(ticket, metric)")
        return maybe_from_us(self.memo.dues[metric])


# --- folding ---------------------------------------------------------------------------------------------------------


class _Draft:
    """A ticket in the making: the slots of `Ticket`, but mutable. It never leaves a step; `freeze` makes it a `Ticket`."""

    __slots__ = tuple(name for name in Ticket.__slots__ if name != "__weakref__")  # type: ignore[attr-defined]  # attrs adds it


Draft = Any  # a `_Draft`: it has the attributes of `Ticket`, which a type checker knows as read-only


def draft_of(ticket: Ticket) -> Draft:  # noqa: PLR0915 - one statement a slot
    """A mutable copy of *ticket*. Written out, because a loop over the slots takes three times as long (a test compares)."""
    draft: Draft = _Draft()
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


def freeze(draft: Draft, memo: Memo | None = None) -> Ticket:
    """The draft itself as an immutable `Ticket`, without a copy: both classes have the same slots. The draft is used up."""
    draft.memo = memo
    draft.__class__ = Ticket
    return draft  # type: ignore[no-any-return]  # a Ticket by now


def evolve(ticket: Ticket | None, event: EventBase) -> Ticket:
    """The ticket after *event*; with None, the ticket that a `Created` makes. Decides nothing.

    Raises `WrongTicket` when there is no ticket and the event creates none, or the other way round.

    >>> first = evolve(None, Created(at=0, ticket="T-1", by=Person(name="Ada")))
    >>> evolve(first, TagsAdded(at=5, tags=["vip"])).tags
    frozenset({'vip'})
    """
    draft = _start(event) if ticket is None else draft_of(ticket)
    if ticket is not None:
        apply(draft, event)
    return freeze(draft)


def fold(events: Iterable[EventBase], ticket: Ticket | None = None) -> Ticket:
    """The ticket after all *events*, in one pass with one copy. The same as `evolve` one by one (law).

    Raises `WrongTicket` as `evolve` does, and when there is neither a ticket nor an event.

    >>> fold([Created(at=0, ticket="T-1", by=Person(name="Ada")), TagsAdded(at=1, tags=["vip"])]).tags
    frozenset({'vip'})
    """
    draft: Draft = None if ticket is None else draft_of(ticket)
    rest = iter(events)
    if draft is None:
        first = next(rest, None)
        if first is None:
            raise WrongTicket("an empty history makes no ticket", hint="it begins with a Created event")
        draft = _start(first)
    handlers, count = _APPLY, 0
    for event in rest:
        handlers[event.kind](draft, event)
        count += 1
    draft.version += count
    return freeze(draft)


def _start(event: EventBase) -> Draft:
    """The draft that a `Created` event makes."""
    if not isinstance(event, Created):
        raise WrongTicket(f"no ticket yet: the first event must be Created, not {type(event).__name__}", value=event.id)
    return start(event)


def start(event: Created) -> Draft:
    """The draft of a new ticket, as *event* and the decision stamped on it say."""
    by, message, at = event.by, event.message, event.at_us
    decided = event.decided or _UNDECIDED
    spoken = event.has_message and not message.automatic
    from_agent = type(by) is Agent and not event.requester.is_same(by)
    requester = event.requester if from_agent or event.requester != _NOBODY else (by if isinstance(by, Person) else _NOBODY)
    draft = draft_of(_BLANK)
    draft.id = event.ticket
    draft.desk = event.desk
    draft.version = 1
    draft.status, draft.category, draft.priority = decided.status, decided.category, decided.priority
    draft.subject, draft.text, draft.channel = event.subject, message.text, event.channel
    draft.language = event.language or message.language or requester.language
    draft.requester, draft.assignee, draft.group = requester, event.assignee, event.group
    draft.tags, draft.fields, draft.facts = event.tags, event.fields, event.facts
    draft.origin, draft.relation, draft.followers, draft.cc = event.origin, event.relation, event.followers, event.cc
    draft.created_us = draft.updated_us = draft.status_since_us = draft.priority_since_us = at
    draft.as_of_us = draft.floor_us = at
    draft.seen = frozenset((event.id,)) if event.id else frozenset()
    draft.deviations = 1 if event.deviation else 0
    if event.assignee is not None:
        draft.assigned_us = at
    if from_agent and spoken and message.public:
        draft.agent_replies = 1
        draft.first_agent_reply_us = draft.last_agent_reply_us = at
    elif spoken and not from_agent:
        draft.last_customer_reply_us = draft.waiting_since_us = at
    elif not from_agent:
        draft.waiting_since_us = at
    return draft


_BLANK: Final = Ticket(id="")
_NOBODY: Final = Person()
_UNDECIDED: Final = Decision(status="", category="", priority="")


def apply(draft: Draft, event: EventBase) -> None:
    """Fold one event into *draft*.

    >>> draft = draft_of(fold([Created(at=0, ticket="T-1", by=Person(name="Ada"))]))
    >>> apply(draft, TagsAdded(at=1, tags=["vip"]))
    >>> ticket = freeze(draft)
    >>> ticket.tags, ticket.version
    (frozenset({'vip'}), 2)
    """
    _APPLY[event.kind](draft, event)
    draft.version += 1


def _outside(draft: Draft, event: Any) -> None:
    """What every outside event does; one made by a rule's action (it has a cause) is no news from outside."""
    if event.facts:
        draft.facts = FrozenMap({**draft.facts, **event.facts})
    if event.cause:
        return
    at = event.at_us
    draft.seen = draft.seen | {event.id} if at == draft.updated_us else frozenset((event.id,))
    draft.updated_us = draft.as_of_us = draft.floor_us = at
    if not (event.kind in _SPEAKING and event.message.automatic):  # a machine's message is nobody who writes
        draft.time_roots = 0
        draft.silenced = False
    if event.deviation:
        draft.deviations += 1


_SPEAKING: Final = frozenset({"customer_replied", "agent_replied", "noted"})


def _time_root(draft: Draft, event: EventBase) -> None:
    """What every due item does: later events come strictly after it."""
    draft.as_of_us = event.at_us
    draft.floor_us = event.at_us + 1
    draft.time_roots += 1


def _woken(draft: Draft, event: EventBase) -> None:
    _time_root(draft, event)
    draft.postponed_until_us = None  # also where the status stays: a postponement ends once


def is_from_customer(event: Outside, requester: Person) -> bool:
    """Whether a message counts as the customer's: any end user's, and an agent's who is the requester."""
    by = event.by
    if type(by) is Agent:
        return by.email != "" and requester.is_same(by)
    return type(by) is Person or type(event) is CustomerReplied


def _customer_replied(draft: Draft, event: CustomerReplied | AgentReplied) -> None:
    _outside(draft, event)
    if event.message.automatic:
        return
    draft.customer_replies += 1
    draft.last_customer_reply_us = event.at_us
    if draft.waiting_since_us is None:
        draft.waiting_since_us = event.at_us


def _agent_replied(draft: Draft, event: AgentReplied) -> None:
    if is_from_customer(event, draft.requester):
        _customer_replied(draft, event)
        return
    _outside(draft, event)
    message = event.message
    if message.automatic:
        return
    if not message.public:
        draft.notes += 1
        return
    draft.agent_replies += 1
    draft.last_agent_reply_us = event.at_us
    if draft.first_agent_reply_us is None:
        draft.first_agent_reply_us = event.at_us
    draft.waiting_since_us = draft.acknowledged_us = None  # an answer is what was acknowledged to come


def _noted(draft: Draft, event: Noted) -> None:
    _outside(draft, event)
    draft.notes += 1


def _answered(draft: Draft, event: MarkedAnswered) -> None:
    _outside(draft, event)
    draft.waiting_since_us = None


def _postponed(draft: Draft, event: Postponed) -> None:
    _outside(draft, event)
    if draft.postponed_until_us is None:
        draft.before_postpone = draft.status
    draft.postponed_until_us = event.until_us


def _deleted(draft: Draft, event: Deleted) -> None:
    _outside(draft, event)
    draft.before_delete = draft.status


def _purged(draft: Draft, event: Purged) -> None:
    """The tombstone: id, times and counts stay, contents go."""
    _outside(draft, event)
    draft.subject = draft.text = draft.language = ""
    draft.requester = _NOBODY
    draft.tags, draft.fields, draft.facts, draft.slots = frozenset(), EMPTY, EMPTY, EMPTY
    draft.followers = draft.cc = frozenset()


def _acknowledged(draft: Draft, event: Acknowledged) -> None:
    _outside(draft, event)
    draft.acknowledged_us = event.at_us


def _merged(draft: Draft, event: Merged) -> None:
    _outside(draft, event)
    draft.merged_into = event.into
    draft.waiting_since_us = None  # an answer comes from the other ticket


def _absorbed(draft: Draft, event: Absorbed) -> None:
    _outside(draft, event)
    if event.waiting_us is not None and (draft.waiting_since_us is None or event.waiting_us < draft.waiting_since_us):
        draft.waiting_since_us = event.waiting_us


def _checked(draft: Draft, event: Verified | Confirmed) -> None:
    _outside(draft, event)
    draft.checks = draft.checks | {event.kind}


def _followers_added(draft: Draft, event: FollowersAdded) -> None:
    _outside(draft, event)
    draft.followers = draft.followers.union(event.agents)


def _followers_removed(draft: Draft, event: FollowersRemoved) -> None:
    _outside(draft, event)
    draft.followers = draft.followers.difference(event.agents)


def _cc_added(draft: Draft, event: CcAdded) -> None:
    _outside(draft, event)
    draft.cc = draft.cc.union(event.addresses)


def _cc_removed(draft: Draft, event: CcRemoved) -> None:
    _outside(draft, event)
    draft.cc = draft.cc.difference(event.addresses)


def _slot_set(draft: Draft, event: SlotSet) -> None:
    _outside(draft, event)
    cause = event.cause or (event.by.id if isinstance(event.by, Agent) else "")
    draft.slots = draft.slots.set(event.slot, Slot(level=event.level, cause=cause, at_us=event.at_us))


def _slot_cleared(draft: Draft, event: SlotCleared) -> None:
    _outside(draft, event)
    draft.slots = draft.slots.without(event.slot)


def _tags_added(draft: Draft, event: TagsAdded) -> None:
    _outside(draft, event)
    draft.tags = draft.tags.union(event.tags)


def _tags_removed(draft: Draft, event: TagsRemoved) -> None:
    _outside(draft, event)
    draft.tags = draft.tags.difference(event.tags)


TEXT_FIELDS: Final = frozenset({"subject", "language", "channel"})


def _field_set(draft: Draft, event: FieldSet) -> None:
    _outside(draft, event)
    if event.name in TEXT_FIELDS:
        setattr(draft, event.name, event.value or "")
    elif event.value is None:
        draft.fields = draft.fields.without(event.name)
    else:
        draft.fields = draft.fields.set(event.name, event.value)


def _assigned(draft: Draft, event: Assigned) -> None:
    _outside(draft, event)
    if draft.assignee is not None and draft.assignee != event.agent:
        draft.reassignments += 1
    draft.assignee = event.agent
    draft.assigned_us = event.at_us


def _unassigned(draft: Draft, event: Unassigned) -> None:
    _outside(draft, event)
    draft.assignee = None
    draft.assigned_us = None


def _transferred(draft: Draft, event: Transferred) -> None:
    _outside(draft, event)
    if draft.group is not None and draft.group != event.group:
        draft.transfers += 1
        draft.returns += event.group is not None and event.group == draft.came_from
        draft.came_from = draft.group
    draft.group = event.group


def _escalated(draft: Draft, event: Escalated) -> None:
    _outside(draft, event)
    draft.escalation = event.level
    draft.escalated_us = event.at_us


def _policy_set(draft: Draft, event: PolicySet) -> None:
    _outside(draft, event)
    source = "rule" if event.cause else "manual"
    choices = draft.policy_choices
    draft.policy_choices = choices.without(source) if event.policy is None else choices.set(source, event.policy)


def _rated(draft: Draft, event: Rated) -> None:
    _outside(draft, event)
    draft.rating = event.score


def _desk_adopted(draft: Draft, event: DeskAdopted) -> None:
    draft.desk = event.desk
    draft.category = event.category or draft.category
    draft.as_of_us = event.at_us
    draft.floor_us = max(draft.floor_us, event.at_us)  # it may have lived through what was due at this instant


def _status_changed(draft: Draft, event: StatusChanged) -> None:
    at, category, was = event.at_us, event.category, event.was_category
    draft.status, draft.category, draft.status_since_us = event.to, category, at
    if category == "removed" and was != "removed":
        draft.before_delete = event.was
    if category not in ("postponed", "removed"):  # a bin or a spam folder keeps the date: a restored ticket wakes by it
        draft.postponed_until_us = None
        draft.before_postpone = ""
    if category == "resolved":
        if was != "resolved":  # another status of the same kind does not resolve it anew
            draft.resolved_us = at
        draft.acknowledged_us = None
    elif category == "closed":
        draft.closed_us = at
    elif category != "removed":
        if was in ("resolved", "closed"):
            draft.reopens += 1
        if draft.resolved_us is not None or draft.closed_us is not None:
            draft.checks = frozenset()  # what is taken up again is to be checked again
        draft.resolved_us = draft.closed_us = None
    if was == "removed" and category != "removed":
        draft.before_delete = ""


def _priority_changed(draft: Draft, event: PriorityChanged) -> None:
    draft.priority = event.to
    draft.priority_since_us = event.at_us


def _policy_applied(draft: Draft, event: PolicyApplied) -> None:
    draft.policy = event.policy


def _rule_fired(draft: Draft, event: RuleFired) -> None:
    if event.number == 1:
        draft.repeats = draft.repeats.set(event.rule, Repeat(first_us=event.at_us))
    elif event.number:
        draft.repeats = draft.repeats.set(event.rule, Repeat(first_us=draft.repeats[event.rule].first_us, number=event.number))


def _silenced(draft: Draft, event: Silenced) -> None:  # noqa: ARG001 - one signature for all
    draft.silenced = True


def _nothing(draft: Draft, event: EventBase) -> None:
    """Events that only stand in the log."""


def _diverted(draft: Draft, event: Diverted) -> None:
    """The reply belongs to another ticket: nobody waits for an answer to it here."""
    if draft.waiting_since_us == event.at_us:
        draft.waiting_since_us = None


def _created_again(draft: Draft, event: Created) -> None:
    raise WrongTicket(f"ticket {draft.id!r} exists already", value=event.id, hint="a Created event begins a history")


# --- folding: clocks -------------------------------------------------------------------------------------------------


def _put(draft: Draft, clock: Clock) -> None:
    draft.clocks = draft.clocks.set(clock.metric, clock)


_FIRST_CYCLE: Final = Cycle(number=1, started_us=0)


def _clock_started(draft: Draft, event: ClockStarted) -> None:
    old: Clock | None = draft.clocks.get(event.metric)
    run_us = event.at_us if event.runs else None
    if event.resumed and old is not None:
        _reopen(draft, old, run_us)
        return
    cycle = cycle_with(
        _FIRST_CYCLE, number=event.number, started_us=event.started_us, run_us=event.started_us if event.runs else None,
        policy=event.policy, target=event.target, hours=event.hours, desk=event.desk,
    )  # fmt: skip
    if old is None:
        _put(draft, Clock(metric=event.metric, cycle=cycle, cycles=event.number))
    else:
        _put(draft, clock_with(old, cycle=cycle, cycles=event.number))


def _end_run(cycle: Cycle, event: EventBase, counted_us: int, why: str) -> dict[str, Any]:
    """The changes that close the open run of *cycle*, if it has one."""
    if cycle.run_us is None:
        return {}
    return run_ended(cycle, event.at_us, counted_us, why, event.id)


def _clock_paused(draft: Draft, event: ClockPaused) -> None:
    clock: Clock = draft.clocks[event.metric]
    cycle = cycle_with(clock.cycle, **_end_run(clock.cycle, event, event.counted_us, event.why))
    _put(draft, clock_with(clock, cycle=cycle))


def _clock_resumed(draft: Draft, event: ClockResumed) -> None:
    clock: Clock = draft.clocks[event.metric]
    run_us = event.at_us if event.runs else None
    if clock.cycle.is_open:
        _put(draft, clock_with(clock, cycle=cycle_with(clock.cycle, run_us=run_us)))
    else:
        _reopen(draft, clock, run_us)


def _reopen(draft: Draft, clock: Clock, run_us: int | None) -> None:
    """Open the ended cycle again: its verdict is taken back from the counts; the log keeps the event that gave it."""
    cycle = clock.cycle
    verdict = cycle.verdict
    _put(
        draft,
        clock_with(
            clock, cycle=cycle_with(cycle, run_us=run_us, verdict=None, ended_us=None, due_us=None),
            total_us=clock.total_us - cycle.banked_us, met=clock.met - (verdict == "met"),
            late=clock.late - (verdict == "late"), cancelled=clock.cancelled - (verdict == "cancelled"),
        ),
    )  # fmt: skip


def _clock_stopped(draft: Draft, event: ClockStopped) -> None:
    clock: Clock = draft.clocks[event.metric]
    verdict = event.verdict
    cycle = cycle_with(
        clock.cycle, verdict=verdict, ended_us=event.at_us, due_us=event.due_us, desk=event.desk,
        **_end_run(clock.cycle, event, event.counted_us, verdict),
    )  # fmt: skip
    _put(
        draft,
        clock_with(
            clock, cycle=cycle, total_us=clock.total_us + event.used_us, met=clock.met + (verdict == "met"),
            late=clock.late + (verdict == "late"), cancelled=clock.cancelled + (verdict == "cancelled"),
        ),
    )  # fmt: skip


def _retargeted(draft: Draft, event: Retargeted) -> None:
    clock: Clock = draft.clocks[event.metric]
    cycle = clock.cycle
    if event.verdict is not None and event.verdict == cycle.verdict:  # frozen: only the reported due is given anew
        _put(draft, clock_with(clock, cycle=cycle_with(cycle, due_us=event.due_us)))
        return
    changes: dict[str, Any] = {
        "policy": event.policy, "target": event.target, "hours": event.hours, "desk": event.desk or cycle.desk,
        "warned": cycle.warned + event.skipped,
    }  # fmt: skip
    if event.counted is not None:
        changes.update(recounted(cycle, event.counted))
    elif event.split_us is not None:
        changes.update(cut_at(cycle, event.at_us, event.split_us, event.id))
    if event.verdict is not None:
        changes["verdict"], changes["due_us"] = event.verdict, event.due_us
        clock = clock_with(
            clock, met=clock.met + (event.verdict == "met"), late=clock.late + (event.verdict == "late"),
            total_us=clock.total_us - cycle.banked_us + changes.get("banked_us", cycle.banked_us),
        )  # fmt: skip
    elif not event.exceeded:
        changes["breached_us"] = None  # loosened past the used time: the live breach is over, the record stays
    elif promise_key(event.target, cycle.extension_us) in cycle.breaches and cycle.breached_us is None:
        changes["breached_us"] = event.due_us  # tightened back to a promise that was already recorded as broken
    _put(draft, clock_with(clock, cycle=cycle_with(cycle, **changes)))


def _target_extended(draft: Draft, event: TargetExtended) -> None:
    _outside(draft, event)
    clock: Clock | None = draft.clocks.get(event.metric)
    if clock is not None and clock.cycle.is_open:
        _put(draft, clock_with(clock, cycle=cycle_with(clock.cycle, extension_us=clock.cycle.extension_us + event.extra_us)))


def _warned(draft: Draft, event: Warned) -> None:
    _time_root(draft, event)
    clock: Clock = draft.clocks[event.metric]
    warned = (*clock.cycle.warned, *event.skipped, event.warning)
    _put(draft, clock_with(clock, cycle=cycle_with(clock.cycle, warned=warned, last_warned_us=event.at_us)))


def _breached(draft: Draft, event: Breached) -> None:
    _time_root(draft, event)
    clock: Clock = draft.clocks[event.metric]
    breaches = (*clock.cycle.breaches, promise_key(event.target, clock.cycle.extension_us))
    _put(draft, clock_with(clock, cycle=cycle_with(clock.cycle, breached_us=event.due_us, breaches=breaches)))


_APPLY: Final[Mapping[str, Callable[[Draft, Any], None]]] = {
    "created": _created_again,
    "customer_replied": _customer_replied,
    "agent_replied": _agent_replied,
    "noted": _noted,
    "marked_answered": _answered,
    "status_set": _outside,
    "resolved": _outside,
    "postponed": _postponed,
    "closed": _outside,
    "reopened": _outside,
    "acknowledged": _acknowledged,
    "facts_reported": _outside,
    "target_extended": _target_extended,
    "marked_spam": _outside,
    "not_spam": _outside,
    "deleted": _deleted,
    "restored": _outside,
    "purged": _purged,
    "merged": _merged,
    "verified": _checked,
    "confirmed": _checked,
    "absorbed": _absorbed,
    "split": _outside,
    "followers_added": _followers_added,
    "followers_removed": _followers_removed,
    "cc_added": _cc_added,
    "cc_removed": _cc_removed,
    "slot_set": _slot_set,
    "slot_cleared": _slot_cleared,
    "tags_added": _tags_added,
    "tags_removed": _tags_removed,
    "field_set": _field_set,
    "assigned": _assigned,
    "unassigned": _unassigned,
    "transferred": _transferred,
    "escalated": _escalated,
    "policy_set": _policy_set,
    "rated": _rated,
    "macro_used": _outside,
    "desk_adopted": _desk_adopted,
    "status_changed": _status_changed,
    "priority_changed": _priority_changed,
    "policy_applied": _policy_applied,
    "clock_started": _clock_started,
    "clock_paused": _clock_paused,
    "clock_resumed": _clock_resumed,
    "clock_stopped": _clock_stopped,
    "retargeted": _retargeted,
    "warned": _warned,
    "breached": _breached,
    "woken": _woken,
    "time_reached": _time_root,
    "rule_fired": _rule_fired,
    "action_refused": _nothing,
    "diverted": _diverted,
    "silenced": _silenced,
}
