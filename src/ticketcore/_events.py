"""People, messages and the closed union of events: what happened to a ticket, said in the past tense.

Two kinds of event. What people and the host report (`Outside`) comes in through `Desk.handle`; what the desk decides of it
(`Decided`) goes out with the outcome. A rule's action makes an event of the first kind too: then its ``cause`` names the rule.
Folding all of them, in order, gives the ticket without any desk (`ticketcore.model.fold`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from attrs import field, frozen
from pendulum import DateTime

from ticketcore._clocks import Target
from ticketcore._time import from_us, iso, load_zone, maybe_from_us, maybe_us, to_us
from ticketcore._typed import ALLOWED, check_types
from ticketcore._values import EMPTY, FrozenMap, frozen_map, frozen_value, name_set, names
from ticketcore.errors import BadZone

# --- people and messages ---------------------------------------------------------------------------------------------


def _zone(value: str) -> str:
    """The name of a zone that there is; it is loaded here, because a step touches no file."""
    if value == "":
        return ""
    try:
        return load_zone(value).key
    except BadZone as error:
        raise BadZone(error.message, value=error.value, hint=error.hint, path="zone") from None


@frozen(kw_only=True)
class Person:
    """An end user: who asks for help. Recognised by id, e-mail, phone or visitor id; all fields are optional.

    *zone* is the time zone that letters to this person tell times in, *language* a tag such as ``el``. Raises `BadZone`.

    >>> from ticketcore import Desk, Policy, field
    >>> desk = Desk(policies=[Policy(name="gold", when=field.requester.tier == "gold")])
    >>> desk.handle(None, Created(at=0, ticket="T-1", by=Person(email="vip@example.gr", tier="gold"))).ticket.policy
    'gold'
    >>> Person(zone="Europe/Athen")
    Traceback (most recent call last):
    ticketcore.errors.BadZone: zone: unknown time zone 'Europe/Athen'; write an IANA name such as "Europe/Athens"
    """

    id: str = ""
    name: str = ""
    email: str = ""
    phone: str = ""
    visitor_id: str = ""
    organisation: str = ""
    tier: str = ""
    language: str = ""
    location: str = ""
    zone: str = field(default="", converter=_zone)
    tags: frozenset[str] = field(default=frozenset(), converter=name_set)
    fields: FrozenMap[str, Any] = field(default=EMPTY, converter=frozen_map)
    role: ClassVar[str] = "customer"
    __attrs_post_init__ = check_types

    def is_same(self, other: Person | Agent | None) -> bool:
        """Whether *other* is this person, by the first of id, e-mail, phone and visitor id that both have.

        >>> ada = Person(email="Ada@example.org", phone="123")
        >>> ada.is_same(Person(email="ada@EXAMPLE.org", phone="456")), ada.is_same(Person(phone="123")), ada.is_same(Person(name="Ada"))
        (True, True, False)
        """
        if type(other) is Agent:  # asked for every agent's reply: an agent has one thing in common with a person
            email = other.email
            return bool(email) and bool(self.email) and self.email.casefold() == email.casefold()
        if not isinstance(other, Person):
            return False
        for mine, theirs in (
            (self.id, other.id),
            (self.email, other.email),
            (self.phone, other.phone),
            (self.visitor_id, other.visitor_id),
        ):
            if mine and theirs:
                return mine.casefold() == theirs.casefold()
        return False


@frozen(kw_only=True)
class Agent:
    """A member of the support staff who acts on tickets.

    >>> from ticketcore import Desk
    >>> reached_out = Created(at=0, ticket="T-1", by=Agent(id="maria"), requester=Person(name="Ada"), message=Message(text="Is it well?"))
    >>> Desk().handle(None, reached_out).ticket.status
    'answered'
    """

    id: str
    name: str = ""
    email: str = ""
    permissions: frozenset[str] = field(default=frozenset(), converter=name_set)
    role: ClassVar[str] = "agent"
    __attrs_post_init__ = check_types


@frozen(kw_only=True)
class Group:
    """A department or team that tickets belong to.

    >>> Group(id="billing", name="Billing").id
    'billing'
    """

    id: str
    name: str = ""


Actor = Person | Agent


@frozen(kw_only=True)
class Message:
    """What somebody wrote. *automatic*: made by a machine (auto-reply, out of office), never a reply of either side.

    >>> from ticketcore import Desk
    >>> ticket = Desk().handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> away = AgentReplied(at=5, by=Agent(id="maria"), message=Message(text="I am away", automatic=True))
    >>> Desk().handle(ticket, away).ticket.status, Desk().handle(ticket, AgentReplied(at=5, by=Agent(id="maria"))).ticket.status
    ('new', 'answered')
    """

    text: str = ""
    public: bool = True
    automatic: bool = False
    language: str = ""
    attachments: tuple[str, ...] = field(default=(), converter=names)
    __attrs_post_init__ = check_types


SILENT = Message()


@frozen(kw_only=True)
class Decision:
    """What the desk decided on creation, stamped on the stored `Created` and ignored on the way in.

    >>> from ticketcore import Desk
    >>> created = Desk().handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).events[0]
    >>> created.decided.status, created.decided.priority, created.decided.slot
    ('new', 'low', 'default')
    """

    status: str
    category: str
    priority: str
    slot: str = "default"
    because: str = ""


ALLOWED.update({
    "Actor | None": ((Person, Agent, type(None)), "a Person, an Agent or None", "Person(name=...) and Agent(id=...) make one"),
    "Person": ((Person,), "a Person", "Person(name=...) makes one"),
    "Message": ((Message,), "a Message", "Message(text=...) makes one"),
    "Decision | None": ((Decision, type(None)), "a Decision of the desk or None", "leave it out"),
})  # fmt: skip


# --- the two bases ---------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class EventBase:
    """What every event has. ``at`` is an aware datetime (or microseconds since the epoch); ``id`` is unique on its ticket.

    ``cause`` names what led to it (``rule:ack``, ``lifecycle``, an event's id); ``desk`` is the fingerprint of the desk
    that recorded it. Both, and a missing ``id`` or ``ticket``, are filled in by the desk.

    >>> from ticketcore import Desk
    >>> outcome = Desk().handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada")))
    >>> [(event.id, event.kind, event.cause) for event in outcome.events[:2]]
    [('1', 'created', ''), ('1/1', 'clock_started', '1')]
    >>> str(outcome.events[0].at), outcome.events[0].at_us
    ('1970-01-01 00:00:00+00:00', 0)
    """

    at_us: int = field(alias="at", converter=to_us, repr=iso)
    id: str = ""
    ticket: str = ""
    cause: str = ""
    desk: str = ""
    kind: ClassVar[str] = ""
    is_due: ClassVar[bool] = False  # brought by time alone
    is_outside: ClassVar[bool] = False  # may come from people or the host

    @property
    def at(self) -> DateTime:
        """When it happened, in UTC."""
        return from_us(self.at_us)


@frozen(kw_only=True)
class Outside(EventBase):
    """An event that people or the host may report.

    ``by`` is who did it (None: the host's own machinery); ``facts`` are declared facts that hold from now on; ``answers`` is
    the key of the effect that this is the echo of; ``moment`` groups what was handled together. ``said_at`` and ``deviation``
    are filled in when an imported history had to be bent: the instant as given, and what was irregular.

    >>> from ticketcore import Desk, Resolved
    >>> ticket = Desk().handle(None, Created(at=60_000_000, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> late = Desk().handle(ticket, Resolved(at=0, by=Agent(id="maria")), late="restamp").events[0]
    >>> late.at.isoformat(), late.said_at.isoformat(), late.deviation.partition(":")[0]
    ('1970-01-01T00:01:00+00:00', '1970-01-01T00:00:00+00:00', 'out of order')
    """

    by: Actor | None = None
    facts: FrozenMap[str, Any] = field(default=EMPTY, converter=frozen_map)
    answers: str = ""
    moment: str = ""
    said_at_us: int | None = field(default=None, alias="said_at", converter=maybe_us, repr=iso)
    deviation: str = ""
    is_outside: ClassVar[bool] = True
    __attrs_post_init__ = check_types

    @property
    def said_at(self) -> DateTime | None:
        """The instant as it was given, when it had to be moved; else None."""
        return maybe_from_us(self.said_at_us)


@frozen(kw_only=True)
class Spoken(Outside):
    """An outside event that carries a message.

    >>> [kind for kind, event in EVENTS.items() if issubclass(event, Spoken)]
    ['created', 'customer_replied', 'agent_replied', 'noted']
    >>> CustomerReplied(at=0, ticket="T-1", by=Person(name="Ada"), message=Message(text="Any news?")).message.text
    'Any news?'
    """

    message: Message = SILENT


# --- from outside ----------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class Created(Spoken):
    """A ticket came to be: a customer asked through a channel, or an agent reached out to one (``by`` is an `Agent`).

    A public message by the agent makes it answered from the start. ``requester`` is needed when ``by`` is not the requester.
    ``has_message=False`` says that nothing was written (a form without text, a call). ``origin`` is the ticket it came out of, and
    ``relation`` how: follow_up, split, child, or a word of the host's. ``followers`` are agents by id, ``cc`` addresses.

    >>> from ticketcore import Desk
    >>> asked = Created(at=0, ticket="T-1", by=Person(name="Ada"), channel="email", message=Message(text="It is broken"), tags=["vip"])
    >>> ticket = Desk().handle(None, asked).ticket
    >>> ticket.status, ticket.channel, ticket.text, ticket.requester.name, ticket.tags
    ('new', 'email', 'It is broken', 'Ada', frozenset({'vip'}))
    """

    requester: Person = Person()
    channel: str = ""
    subject: str = ""
    language: str = ""
    group: str | None = None
    assignee: str | None = None
    tags: frozenset[str] = field(default=frozenset(), converter=name_set)
    fields: FrozenMap[str, Any] = field(default=EMPTY, converter=frozen_map)
    has_message: bool = True
    origin: str | None = None
    relation: str = ""
    followers: frozenset[str] = field(default=frozenset(), converter=name_set)
    cc: frozenset[str] = field(default=frozenset(), converter=name_set)
    decided: Decision | None = None
    kind: ClassVar[str] = "created"


@frozen(kw_only=True)
class CustomerReplied(Spoken):
    """An end user wrote again.

    >>> fold([Created(at=0, ticket="T-1", by=Person(name="Ada")), CustomerReplied(at=1, by=Person(name="Ada"))]).customer_replies
    1
    """

    kind: ClassVar[str] = "customer_replied"


@frozen(kw_only=True)
class AgentReplied(Spoken):
    """An agent wrote to the customer, visibly.

    >>> from ticketcore import Desk
    >>> ticket = Desk().handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> Desk().handle(ticket, AgentReplied(at=60_000_000, by=Agent(id="maria"))).ticket.status
    'answered'
    """

    kind: ClassVar[str] = "agent_replied"


@frozen(kw_only=True)
class Noted(Spoken):
    """A note among agents, or a public remark that is no reply.

    >>> fold([Created(at=0, ticket="T-1", by=Person(name="Ada")), Noted(at=1, by=Agent(id="maria"))]).notes
    1
    """

    message: Message = Message(public=False)
    kind: ClassVar[str] = "noted"


@frozen(kw_only=True)
class MarkedAnswered(Outside):
    """An agent marked the ticket as answered without a message (answered by phone, say).

    >>> from ticketcore import Desk
    >>> ticket = Desk().handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> Desk().handle(ticket, MarkedAnswered(at=60_000_000, by=Agent(id="maria"))).ticket.status
    'answered'
    """

    kind: ClassVar[str] = "marked_answered"


@frozen(kw_only=True)
class StatusSet(Outside):
    """An agent chose a status directly; the lifecycle must allow it.

    >>> from ticketcore import Desk
    >>> ticket = Desk().handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> Desk().handle(ticket, StatusSet(at=60_000_000, by=Agent(id="maria"), status="resolved")).ticket.status
    'resolved'
    """

    status: str
    kind: ClassVar[str] = "status_set"


@frozen(kw_only=True)
class Resolved(Outside):
    """The needed steps were taken.

    >>> from ticketcore import Desk
    >>> ticket = Desk().handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> Desk().handle(ticket, Resolved(at=60_000_000, by=Agent(id="maria"))).ticket.status
    'resolved'
    """

    kind: ClassVar[str] = "resolved"


@frozen(kw_only=True)
class Postponed(Outside):
    """Put off until an instant; then it wakes by itself.

    >>> from ticketcore import Desk
    >>> ticket = Desk().handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> Desk().handle(ticket, Postponed(at=60_000_000, by=Agent(id="maria"), until=3_600_000_000)).ticket.postponed_until
    DateTime(1970, 1, 1, 1, 0, 0, tzinfo=Timezone('UTC'))
    >>> str(Postponed(at=0, until=3_600_000_000).until)
    '1970-01-01 01:00:00+00:00'
    """

    until_us: int = field(alias="until", converter=to_us, repr=iso)
    kind: ClassVar[str] = "postponed"

    @property
    def until(self) -> DateTime:
        """When it wakes."""
        return from_us(self.until_us)


@frozen(kw_only=True)
class Closed(Outside):
    """The whole matter is complete.

    >>> from ticketcore import Desk
    >>> ticket = Desk().handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> ticket = Desk().handle(ticket, Resolved(at=60_000_000, by=Agent(id="maria"))).ticket
    >>> Desk().handle(ticket, Closed(at=120_000_000, by=Agent(id="maria"))).ticket.status
    'closed'
    """

    kind: ClassVar[str] = "closed"


@frozen(kw_only=True)
class Reopened(Outside):
    """An agent took it up again.

    >>> from ticketcore import Desk
    >>> ticket = Desk().handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> ticket = Desk().handle(ticket, Resolved(at=60_000_000, by=Agent(id="maria"))).ticket
    >>> Desk().handle(ticket, Reopened(at=120_000_000, by=Agent(id="maria"))).ticket.status
    'open'
    """

    kind: ClassVar[str] = "reopened"


@frozen(kw_only=True)
class Verified(Outside):
    """The solution was tested: the problem is gone and no new one came. A close may need it (`Lifecycle.close_needs`).

    >>> from ticketcore import Desk, Lifecycle
    >>> desk = Desk(lifecycle=Lifecycle(close_needs=["verified"]))
    >>> ticket = desk.handle(desk.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket, Resolved(at=1)).ticket
    >>> desk.handle(desk.handle(ticket, Verified(at=2, by=Agent(id="lead"))).ticket, Closed(at=3)).ticket.status
    'closed'
    >>> desk.handle(ticket, Closed(at=3))
    Traceback (most recent call last):
    ticketcore.errors.IllegalMove: close is refused: closing needs verified; allowed: ...
    """

    kind: ClassVar[str] = "verified"


@frozen(kw_only=True)
class Confirmed(Outside):
    """The requester is satisfied that the matter is solved. A close may need it (`Lifecycle.close_needs`).

    >>> from ticketcore import Desk, Lifecycle
    >>> desk = Desk(lifecycle=Lifecycle(close_needs=["confirmed"]))
    >>> ticket = desk.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> for event in (Resolved(at=1), Confirmed(at=2, by=Person(name="Ada")), Closed(at=3)):
    ...     ticket = desk.handle(ticket, event).ticket
    >>> ticket.status, ticket.checks
    ('closed', frozenset({'confirmed'}))
    """

    kind: ClassVar[str] = "confirmed"


@frozen(kw_only=True)
class Acknowledged(Outside):
    """Somebody saw the escalation and took it on; ladders stop.

    >>> fold([Created(at=0, ticket="T-1", by=Person(name="Ada")), Acknowledged(at=1, by=Agent(id="maria"))]).acknowledged_us
    1
    """

    kind: ClassVar[str] = "acknowledged"


@frozen(kw_only=True)
class FactsReported(Outside):
    """The host reports declared facts (queue length, a classifier's score) without anything else having happened.

    >>> fold([Created(at=0, ticket="T-1", by=Person(name="Ada")), FactsReported(at=1, facts={"queue": 7})]).facts["queue"]
    7
    """

    kind: ClassVar[str] = "facts_reported"


@frozen(kw_only=True)
class TargetExtended(Outside):
    """More time was granted for the open cycle of a metric, with the reason.

    >>> from ticketcore import load_desk
    >>> desk = load_desk({"sla": [{"name": "gold", "targets": {"resolution": "4h"}}]})
    >>> ticket = desk.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> later = TargetExtended(at=60_000_000, metric="resolution", extra_us=3_600_000_000, reason="a part is on its way")
    >>> str(desk.handle(ticket, later).ticket.due("resolution"))
    '1970-01-01 05:00:00+00:00'
    """

    metric: str
    extra_us: int
    reason: str = ""
    kind: ClassVar[str] = "target_extended"


@frozen(kw_only=True)
class MarkedSpam(Outside):
    """Marked as spam.

    >>> from ticketcore import Desk
    >>> ticket = Desk().handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> Desk().handle(ticket, MarkedSpam(at=60_000_000, by=Agent(id="maria"))).ticket.status
    'spam'
    """

    kind: ClassVar[str] = "marked_spam"


@frozen(kw_only=True)
class NotSpam(Outside):
    """It was no spam after all.

    >>> from ticketcore import Desk
    >>> ticket = Desk().handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> ticket = Desk().handle(ticket, MarkedSpam(at=60_000_000, by=Agent(id="maria"))).ticket
    >>> Desk().handle(ticket, NotSpam(at=120_000_000, by=Agent(id="maria"))).ticket.status
    'new'
    """

    kind: ClassVar[str] = "not_spam"


@frozen(kw_only=True)
class Deleted(Outside):
    """Moved to the bin.

    >>> from ticketcore import Desk
    >>> ticket = Desk().handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> Desk().handle(ticket, Deleted(at=60_000_000, by=Agent(id="maria"))).ticket.status
    'deleted'
    """

    kind: ClassVar[str] = "deleted"


@frozen(kw_only=True)
class Restored(Outside):
    """Taken back from the bin.

    >>> from ticketcore import Desk
    >>> ticket = Desk().handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> ticket = Desk().handle(ticket, Deleted(at=60_000_000, by=Agent(id="maria"))).ticket
    >>> Desk().handle(ticket, Restored(at=120_000_000, by=Agent(id="maria"))).ticket.status
    'new'
    """

    kind: ClassVar[str] = "restored"


@frozen(kw_only=True)
class Purged(Outside):
    """Deleted for good: contents go, the tombstone stays.

    >>> from ticketcore import Desk
    >>> ticket = Desk().handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> ticket = Desk().handle(ticket, Deleted(at=60_000_000, by=Agent(id="maria"))).ticket
    >>> Desk().handle(ticket, Purged(at=120_000_000, by=Agent(id="maria"))).ticket.requester.name
    ''
    """

    kind: ClassVar[str] = "purged"


@frozen(kw_only=True)
class Merged(Outside):
    """Merged into another ticket, which goes on in its place.

    >>> fold([Created(at=0, ticket="T-1", by=Person(name="Ada")), Merged(at=1, into="T-2")]).merged_into
    'T-2'
    """

    into: str
    kind: ClassVar[str] = "merged"


@frozen(kw_only=True)
class Absorbed(Outside):
    """Another ticket, ``source``, was merged into this one, which goes on in its place; ``waiting`` is since when its customer waits.

    >>> from ticketcore import Desk
    >>> ask = lambda name: Desk().handle(None, Created(at=0, ticket=name, by=Person(email="ada@example.org"))).ticket
    >>> [event.source for event in Desk().merge(ask("T-1"), ask("T-2"), at=60_000_000).target.events if event.kind == "absorbed"]
    ['T-1']
    """

    source: str
    waiting_us: int | None = field(default=None, alias="waiting", converter=maybe_us, repr=iso)
    kind: ClassVar[str] = "absorbed"


@frozen(kw_only=True)
class Split(Outside):
    """Part of the matter became a ticket of its own, ``into``; ``event`` is the message that went there, if one did.

    >>> from ticketcore import Desk
    >>> ticket = Desk().handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"), subject="printer, and an invoice")).ticket
    >>> both = Desk().split(ticket, ticket="T-2", at=60_000_000, subject="invoice")
    >>> both.source.events[0].into, both.target.ticket.origin
    ('T-2', 'T-1')
    """

    into: str
    event: str = ""
    kind: ClassVar[str] = "split"


@frozen(kw_only=True)
class FollowersAdded(Outside):
    """Agents, by id, follow the ticket from now on.

    >>> fold([Created(at=0, ticket="T-1", by=Person(name="Ada")), FollowersAdded(at=1, agents=["ivan"])]).followers
    frozenset({'ivan'})
    """

    agents: tuple[str, ...] = field(converter=names)
    kind: ClassVar[str] = "followers_added"


@frozen(kw_only=True)
class FollowersRemoved(Outside):
    """Agents, by id, follow the ticket no longer.

    >>> fold([Created(at=0, ticket="T-1", by=Person(name="Ada"), followers=["ivan"]), FollowersRemoved(at=1, agents=["ivan"])]).followers
    frozenset()
    """

    agents: tuple[str, ...] = field(converter=names)
    kind: ClassVar[str] = "followers_removed"


@frozen(kw_only=True)
class CcAdded(Outside):
    """Addresses get a copy of every public reply from now on.

    >>> fold([Created(at=0, ticket="T-1", by=Person(name="Ada")), CcAdded(at=1, addresses=["boss@example.org"])]).cc
    frozenset({'boss@example.org'})
    """

    addresses: tuple[str, ...] = field(converter=names)
    kind: ClassVar[str] = "cc_added"


@frozen(kw_only=True)
class CcRemoved(Outside):
    """Addresses get no copies any more.

    >>> fold([Created(at=0, ticket="T-1", by=Person(name="Ada"), cc=["b@example.org"]), CcRemoved(at=1, addresses=["b@example.org"])]).cc
    frozenset()
    """

    addresses: tuple[str, ...] = field(converter=names)
    kind: ClassVar[str] = "cc_removed"


@frozen(kw_only=True)
class SlotSet(Outside):
    """A level was put into a priority slot: ``manual`` by a person, ``rules`` by a rule.

    >>> from ticketcore import Desk
    >>> ticket = Desk().handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> Desk().handle(ticket, SlotSet(at=60_000_000, by=Agent(id="maria"), level="high")).ticket.priority
    'high'
    """

    level: str
    slot: str = "manual"
    kind: ClassVar[str] = "slot_set"


@frozen(kw_only=True)
class SlotCleared(Outside):
    """A priority slot was emptied; the derived level of now shows again.

    >>> from ticketcore import Desk
    >>> ticket = Desk().handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> ticket = Desk().handle(ticket, SlotSet(at=60_000_000, by=Agent(id="maria"), level="high")).ticket
    >>> Desk().handle(ticket, SlotCleared(at=120_000_000, by=Agent(id="maria"))).ticket.priority
    'low'
    """

    slot: str = "manual"
    kind: ClassVar[str] = "slot_cleared"


@frozen(kw_only=True)
class TagsAdded(Outside):
    """Tags were put on.

    >>> fold([Created(at=0, ticket="T-1", by=Person(name="Ada")), TagsAdded(at=1, tags=["vip"])]).tags
    frozenset({'vip'})
    """

    tags: tuple[str, ...] = field(converter=names)
    kind: ClassVar[str] = "tags_added"


@frozen(kw_only=True)
class TagsRemoved(Outside):
    """Tags were taken off.

    >>> fold([Created(at=0, ticket="T-1", by=Person(name="Ada"), tags=["vip"]), TagsRemoved(at=1, tags=["vip"])]).tags
    frozenset()
    """

    tags: tuple[str, ...] = field(converter=names)
    kind: ClassVar[str] = "tags_removed"


@frozen(kw_only=True)
class FieldSet(Outside):
    """A field was set: a declared custom field, or subject, language, channel. None empties it.

    >>> fold([Created(at=0, ticket="T-1", by=Person(name="Ada")), FieldSet(at=1, name="subject", value="printer")]).subject
    'printer'
    """

    name: str
    value: Any = field(default=None, converter=frozen_value)
    kind: ClassVar[str] = "field_set"


@frozen(kw_only=True)
class Assigned(Outside):
    """The ticket was given to an agent.

    >>> fold([Created(at=0, ticket="T-1", by=Person(name="Ada")), Assigned(at=1, agent="ivan")]).assignee
    'ivan'
    """

    agent: str
    kind: ClassVar[str] = "assigned"


@frozen(kw_only=True)
class Unassigned(Outside):
    """The ticket was taken from its agent.

    >>> fold([Created(at=0, ticket="T-1", by=Person(name="Ada"), assignee="ivan"), Unassigned(at=1)]).assignee is None
    True
    """

    kind: ClassVar[str] = "unassigned"


@frozen(kw_only=True)
class Transferred(Outside):
    """The ticket went to a group (None: to none), with the reason for the hand-off.

    >>> fold([Created(at=0, ticket="T-1", by=Person(name="Ada")), Transferred(at=1, group="billing", reason="about money")]).group
    'billing'
    """

    group: str | None
    reason: str = ""
    kind: ClassVar[str] = "transferred"


@frozen(kw_only=True)
class Escalated(Outside):
    """The ticket was raised to a level of attention, to somebody.

    >>> fold([Created(at=0, ticket="T-1", by=Person(name="Ada")), Escalated(at=1, level=2, to="director")]).escalation
    2
    """

    level: int = 1
    to: str = ""
    kind: ClassVar[str] = "escalated"


@frozen(kw_only=True)
class PolicySet(Outside):
    """An SLA policy was chosen by hand, or by a rule; None releases the choice.

    >>> from ticketcore import Desk, Policy
    >>> desk = Desk(policies=[Policy(name="gold")])
    >>> ticket = desk.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> desk.handle(ticket, PolicySet(at=60_000_000, by=Agent(id="maria"), policy="gold")).ticket.policy
    'gold'
    """

    policy: str | None
    kind: ClassVar[str] = "policy_set"


@frozen(kw_only=True)
class Rated(Outside):
    """The customer rated the help.

    >>> fold([Created(at=0, ticket="T-1", by=Person(name="Ada")), Rated(at=1, score=5)]).rating
    5
    """

    score: int
    comment: str = ""
    kind: ClassVar[str] = "rated"


@frozen(kw_only=True)
class MacroUsed(Outside):
    """An agent has used a macro (`Desk.macro`); what it did to the ticket stands beside it in the same moment.

    >>> from ticketcore import Action, Desk, Rule, Rules
    >>> desk = Desk(rules=Rules(macros=[Rule(name="hot", then=[Action("add_tag", "hot")])]))
    >>> ticket = desk.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> [event.kind for event in desk.macro(ticket, "hot", at=5, by=Agent(id="maria")).events]
    ['macro_used', 'tags_added']
    """

    macro: str
    kind: ClassVar[str] = "macro_used"


@frozen(kw_only=True)
class DeskAdopted(Outside):
    """Another desk took the ticket over; ``desk`` is its fingerprint, ``was`` the old one; ``category`` is what it takes the status for.

    >>> from ticketcore import Desk
    >>> old, new = Desk(), Desk(name="second brand")
    >>> ticket = old.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> adopted = new.adopt(ticket, 60_000_000, old=old).events[0]
    >>> adopted.kind, adopted.was == old.fingerprint, adopted.desk == new.fingerprint
    ('desk_adopted', True, True)
    """

    was: str = ""
    category: str = ""
    kind: ClassVar[str] = "desk_adopted"
    is_outside: ClassVar[bool] = False  # made by Desk.adopt, never handed to handle


# --- decided by the desk ---------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class StatusChanged(EventBase):
    """The lifecycle moved the ticket; categories are those of the desk that decided.

    >>> from ticketcore import Desk
    >>> ticket = Desk().handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> moved = Desk().handle(ticket, AgentReplied(at=60_000_000, by=Agent(id="maria"))).events[1]
    >>> moved.was, moved.to, moved.trigger
    ('new', 'answered', 'agent_replies')
    """

    was: str
    to: str
    was_category: str
    category: str
    trigger: str = ""
    kind: ClassVar[str] = "status_changed"


@frozen(kw_only=True)
class PriorityChanged(EventBase):
    """Another slot, or another level in it, is now on top.

    >>> from ticketcore import Desk
    >>> ticket = Desk().handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> raised = Desk().handle(ticket, SlotSet(at=60_000_000, by=Agent(id="maria"), level="high")).events[1]
    >>> raised.was, raised.to, raised.slot, raised.because
    ('low', 'high', 'manual', 'manual, by maria')
    """

    was: str
    to: str
    slot: str = ""
    because: str = ""
    kind: ClassVar[str] = "priority_changed"


@frozen(kw_only=True)
class PolicyApplied(EventBase):
    """An SLA policy holds from now on (None: none); ``source`` is manual, rule, match or default.

    >>> from ticketcore import Desk, Policy, field
    >>> desk = Desk(policies=[Policy(name="gold", when=field["requester.tier"] == "gold"), Policy(name="standard")])
    >>> applied = desk.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada", tier="gold"))).events[1]
    >>> applied.kind, applied.policy, applied.source
    ('policy_applied', 'gold', 'match')
    """

    policy: str | None
    was: str | None = None
    source: str = "match"
    kind: ClassVar[str] = "policy_applied"


@frozen(kw_only=True)
class ClockStarted(EventBase):
    """A cycle of a metric opened. ``resumed`` goes on with the last one instead of opening a new one.

    >>> from ticketcore import load_desk
    >>> desk = load_desk({"sla": [{"name": "gold", "targets": {"first_reply": "1h"}}]})
    >>> started = desk.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).events[2]
    >>> started.metric, started.number, str(started.target), started.runs
    ('first_reply', 1, '1h', True)
    """

    metric: str
    number: int
    started_us: int
    runs: bool = True  # False: paused from the first moment
    policy: str | None = None
    target: Target | None = None
    hours: str = ""
    resumed: bool = False
    kind: ClassVar[str] = "clock_started"


@frozen(kw_only=True)
class ClockPaused(EventBase):
    """Time no longer counts, because of a status (``why``); ``counted_us`` is what the run that ended here counted.

    >>> from ticketcore import Desk
    >>> ticket = Desk().handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> events = Desk().handle(ticket, AgentReplied(at=60_000_000, by=Agent(id="maria"))).events
    >>> [(event.metric, event.counted_us, event.why) for event in events if event.kind == "clock_paused"]
    [('resolution', 60000000, 'answered')]
    """

    metric: str
    counted_us: int
    why: str = ""
    kind: ClassVar[str] = "clock_paused"


@frozen(kw_only=True)
class ClockResumed(EventBase):
    """Time counts again; after a removal (spam, deleted) the cycle is open again.

    >>> from ticketcore import Desk
    >>> ticket = Desk().handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> ticket = Desk().handle(ticket, AgentReplied(at=60_000_000, by=Agent(id="maria"))).ticket
    >>> events = Desk().handle(ticket, CustomerReplied(at=120_000_000, by=Person(name="Ada"))).events
    >>> [(event.metric, event.cause) for event in events if event.kind == "clock_resumed"]
    [('resolution', '9')]
    """

    metric: str
    runs: bool = True
    kind: ClassVar[str] = "clock_resumed"


@frozen(kw_only=True)
class ClockStopped(EventBase):
    """A cycle ended: ``verdict`` is met, late, cancelled, removed, or untargeted when nothing was promised.

    >>> from ticketcore import load_desk
    >>> desk = load_desk({"sla": [{"name": "gold", "targets": {"first_reply": "1h"}}]})
    >>> ticket = desk.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> events = desk.handle(ticket, AgentReplied(at=60_000_000, by=Agent(id="maria"))).events
    >>> [(event.metric, event.verdict, event.used_us) for event in events if event.kind == "clock_stopped"]
    [('first_reply', 'met', 60000000)]
    """

    metric: str
    verdict: str
    counted_us: int = 0  # of the run that ended here; 0 if it was paused
    used_us: int = 0
    due_us: int | None = field(default=None, repr=iso)
    kind: ClassVar[str] = "clock_stopped"


@frozen(kw_only=True)
class Retargeted(EventBase):
    """The promise for an open cycle changed: policy, priority, hours or an extension.

    ``exceeded``: used time is already past the new target. ``counted`` replaces what the closed runs counted, when they were
    measured anew on other hours; ``split_us`` is what the open run counted on the old hours, when it is cut here.

    >>> from ticketcore import load_desk
    >>> desk = load_desk({"sla": [{"name": "gold", "targets": {"first_reply": {"high": "15m", "else": "1h"}}}]})
    >>> ticket = desk.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> events = desk.handle(ticket, SlotSet(at=60_000_000, by=Agent(id="maria"), level="high")).events
    >>> [(event.metric, str(event.was), str(event.target), event.exceeded) for event in events if event.kind == "retargeted"]
    [('first_reply', '1h', '15m', False)]
    """

    metric: str
    policy: str | None
    target: Target | None
    hours: str = ""
    was: Target | None = None
    exceeded: bool = False
    counted: tuple[int, ...] | None = None
    split_us: int | None = None
    skipped: tuple[str, ...] = ()  # warnings that fell into the past without being given
    verdict: str | None = None  # of a cycle that had ended: judged late, or (the verdict it has) its due was given anew
    due_us: int | None = field(default=None, repr=iso)
    kind: ClassVar[str] = "retargeted"


@frozen(kw_only=True)
class Warned(EventBase):
    """A due instant is near; ``warning`` is the offset as the policy names it, and each is given once in a cycle.

    >>> from ticketcore import load_desk
    >>> desk = load_desk({"sla": [{"name": "gold", "warn": ["-15m"], "targets": {"first_reply": "1h"}}]})
    >>> ticket = desk.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> [(event.kind, event.warning, event.at.isoformat()) for event in desk.tick(ticket, 2_700_000_000).events]
    [('warned', '-15m', '1970-01-01T00:45:00+00:00')]
    """

    metric: str
    number: int
    warning: str
    due_us: int | None = field(default=None, repr=iso)
    skipped: tuple[str, ...] = ()
    kind: ClassVar[str] = "warned"
    is_due: ClassVar[bool] = True


@frozen(kw_only=True)
class Breached(EventBase):
    """A promise was broken at ``due``; recorded once for a cycle and target.

    >>> from ticketcore import load_desk
    >>> desk = load_desk({"sla": [{"name": "gold", "targets": {"first_reply": "1h"}}]})
    >>> ticket = desk.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> [(event.kind, event.metric, event.due.isoformat()) for event in desk.tick(ticket, 86_400_000_000).events]
    [('breached', 'first_reply', '1970-01-01T01:00:00+00:00')]
    """

    metric: str
    number: int
    due_us: int = field(repr=iso)
    target: Target | None = None
    policy: str | None = None
    kind: ClassVar[str] = "breached"
    is_due: ClassVar[bool] = True

    @property
    def due(self) -> DateTime:
        """The instant at which the promise broke."""
        return from_us(self.due_us)


@frozen(kw_only=True)
class Woken(EventBase):
    """A postponement ended.

    >>> from ticketcore import Desk
    >>> ticket = Desk().handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> ticket = Desk().handle(ticket, Postponed(at=60_000_000, by=Agent(id="maria"), until=3_600_000_000)).ticket
    >>> woken = Desk().tick(ticket, 7_200_000_000)
    >>> woken.events[0].kind, woken.events[0].at_us, woken.ticket.status
    ('woken', 3600000000, 'new')
    """

    kind: ClassVar[str] = "woken"
    is_due: ClassVar[bool] = True


@frozen(kw_only=True)
class TimeReached(EventBase):
    """The condition of one or more time rules became true by time alone; ``rules`` names them.

    >>> from ticketcore import Action, Desk, Rule, since
    >>> desk = Desk(rules=[Rule(name="untouched", when=since("created") >= "4h", then=[Action("add_tag", "untouched")])])
    >>> ticket = desk.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> reached = desk.tick(ticket, 86_400_000_000).events[0]
    >>> reached.kind, reached.rules, reached.at.isoformat()
    ('time_reached', ('untouched',), '1970-01-01T04:00:00+00:00')
    """

    rules: tuple[str, ...] = ()
    kind: ClassVar[str] = "time_reached"
    is_due: ClassVar[bool] = True


@frozen(kw_only=True)
class RuleFired(EventBase):
    """A rule fired. ``number`` counts the repetitions of a repeating time rule; ``skipped`` names lower ladder steps passed over.

    >>> from ticketcore import Action, Desk, Rule
    >>> desk = Desk(rules=[Rule(name="tag all", on=["created"], then=[Action("add_tag", "seen")])])
    >>> events = desk.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"), id="e1")).events
    >>> [(event.rule, event.on) for event in events if event.kind == "rule_fired"], events[2].kind, events[2].cause
    ([('tag all', 'e1')], 'tags_added', 'rule:tag all')
    """

    rule: str
    on: str = ""  # the id of the event it listened to
    number: int = 0
    skipped: tuple[str, ...] = ()
    kind: ClassVar[str] = "rule_fired"


@frozen(kw_only=True)
class ActionRefused(EventBase):
    """A rule's action was refused, visibly; the rest of its actions went on.

    >>> from ticketcore import Action, Desk, Rule
    >>> desk = Desk(rules=[Rule(name="hasty", on=["created"], then=[Action("close"), Action("add_tag", "seen")])])
    >>> outcome = desk.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada")))
    >>> [event.reason.partition(";")[0] for event in outcome.events if event.kind == "action_refused"], sorted(outcome.ticket.tags)
    (['close is refused: new has no such move'], ['seen'])
    """

    rule: str
    action: str
    reason: str
    kind: ClassVar[str] = "action_refused"


@frozen(kw_only=True)
class Diverted(EventBase):
    """A reply to a ticket that takes none: it leads to a follow-up, or to the ticket this one was merged into (``to``).

    >>> from ticketcore import Desk
    >>> ask = lambda name: Desk().handle(None, Created(at=0, ticket=name, by=Person(email="ada@example.org"))).ticket
    >>> merged = Desk().merge(ask("T-1"), ask("T-2"), at=60_000_000).source.ticket
    >>> reply = CustomerReplied(at=120_000_000, id="e9", by=Person(email="ada@example.org"))
    >>> [(event.event, event.to) for event in Desk().handle(merged, reply).events if event.kind == "diverted"]
    [('e9', 'T-2')]
    """

    event: str
    to: str = ""
    kind: ClassVar[str] = "diverted"


@frozen(kw_only=True)
class Silenced(EventBase):
    """Time rules ran on without an outside event up to the limit; nothing more happens until somebody writes, who is no machine.

    >>> from ticketcore import Action, Desk, Rule, Settings, since
    >>> nag = Rule(name="nag", when=since("created") >= "1h", then=[Action("notify", "lead")], every_us=3_600_000_000, times=100)
    >>> desk = Desk(rules=[nag], settings=Settings(silence_after=3))
    >>> ticket = desk.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> events = desk.tick(ticket, 86_400_000_000).events
    >>> sum(event.kind == "rule_fired" for event in events), events[-1].kind, events[-1].roots
    (3, 'silenced', 3)
    """

    roots: int = 0
    kind: ClassVar[str] = "silenced"


OutsideEvent = (
    Created | CustomerReplied | AgentReplied | Noted | MarkedAnswered | StatusSet | Resolved | Postponed | Closed | Reopened
    | Acknowledged | FactsReported | TargetExtended | MarkedSpam | NotSpam | Deleted | Restored | Purged | Merged | SlotSet
    | SlotCleared | TagsAdded | TagsRemoved | FieldSet | Assigned | Unassigned | Transferred | Escalated | PolicySet | Rated
    | Verified | Confirmed | Absorbed | Split | FollowersAdded | FollowersRemoved | CcAdded | CcRemoved | MacroUsed | DeskAdopted
)  # fmt: skip
DecidedEvent = (
    StatusChanged | PriorityChanged | PolicyApplied | ClockStarted | ClockPaused | ClockResumed | ClockStopped | Retargeted
    | Warned | Breached | Woken | TimeReached | RuleFired | ActionRefused | Diverted | Silenced
)  # fmt: skip
Event = OutsideEvent | DecidedEvent

EVENTS: Mapping[str, type[EventBase]] = FrozenMap({kind.kind: kind for kind in Event.__args__})
