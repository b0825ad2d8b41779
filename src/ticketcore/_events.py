"""The closed union of events: what happened to a ticket, said in the past tense, and here all that people and the host may report.

Two kinds of event. What people and the host report (`Outside`) comes in through `Desk.handle`; what the desk decides of it
(`ticketcore._decided`) goes out with the outcome. A rule's action makes an event of the first kind too: then its ``cause`` names
the rule. Folding all of them, in order, gives the ticket without any desk (`ticketcore.model.fold`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from attrs import field, frozen
from pendulum import DateTime

from ticketcore._decided import (
    ActionRefused,
    Breached,
    ClockPaused,
    ClockResumed,
    ClockStarted,
    ClockStopped,
    Diverted,
    PolicyApplied,
    PriorityChanged,
    Retargeted,
    RuleFired,
    Silenced,
    StatusChanged,
    TimeReached,
    Warned,
    Woken,
)
from ticketcore._people import Decision, EventBase, Message, Outside, Person, Spoken
from ticketcore._time import from_us, iso, maybe_us, to_us
from ticketcore._values import EMPTY, FrozenMap, frozen_map, frozen_value, name_set, names


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
