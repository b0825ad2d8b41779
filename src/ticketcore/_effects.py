"""The closed union of effects: what the host is asked to do in the world. Nothing here does it.

Every effect has a stable ``key`` (ticket, root, rule, position): a host that stores the key never sends twice. ``at`` is the
instant it belongs to, maybe long before the host's now; after ``expires`` it is stale.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from attrs import field, frozen
from pendulum import DateTime

from ticketcore._time import from_us, iso, maybe_from_us, maybe_us, to_us
from ticketcore._values import EMPTY, FrozenMap, frozen_map


@frozen(kw_only=True)
class EffectBase:
    """What every effect has.

    >>> Erase(key="T-1/e1/a rule/0", at=0, ticket="T-1", expires=60_000_000).expires
    DateTime(1970, 1, 1, 0, 1, 0, tzinfo=Timezone('UTC'))
    >>> str(Erase(key="T-1/e1/a rule/0", at=60_000_000, ticket="T-1").at)
    '1970-01-01 00:01:00+00:00'
    """

    key: str
    at_us: int = field(alias="at", converter=to_us, repr=iso)
    ticket: str
    rule: str = ""
    expires_us: int | None = field(default=None, alias="expires", converter=maybe_us, repr=iso)
    variables: FrozenMap[str, str] = field(default=EMPTY, converter=frozen_map)
    kind: ClassVar[str] = ""

    @property
    def at(self) -> DateTime:
        """The instant the effect belongs to."""
        return from_us(self.at_us)

    @property
    def expires(self) -> DateTime | None:
        """After this instant it is stale news; None: never."""
        return maybe_from_us(self.expires_us)


@frozen(kw_only=True)
class Reply(EffectBase):
    """Write to the requester, with a copy to the ticket's ``cc``: the template's name, its text filled in, and the variables used.

    >>> from ticketcore import Action, Desk, Rule
    >>> desk = Desk(rules=[Rule(name="ack", on=["created"], then=[Action("reply", "ack")])], templates={"ack": "We have it: {{ id }}"})
    >>> [reply] = desk.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).effects
    >>> reply.text, reply.variables, reply.key
    ('We have it: T-1', {'id': 'T-1'}, 'T-1/1/ack/0')
    """

    template: str
    text: str = ""
    kind: ClassVar[str] = "reply"


@frozen(kw_only=True)
class Notify(EffectBase):
    """Tell somebody: ``assignee``, ``group``, ``requester``, ``followers``, ``cc``, or a name or address that the host knows.

    >>> from ticketcore import Action, Desk, Rule
    >>> desk = Desk(rules=[Rule(name="hot", on=["created"], then=[Action("notify", "duty", {"via": "sms"})])])
    >>> [notice] = desk.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).effects
    >>> notice.to, notice.via, notice.about, notice.rule
    ('duty', 'sms', 'created', 'hot')
    """

    to: str
    template: str = ""
    text: str = ""
    via: str = ""  # by which means: a word of the host's, such as sms
    about: str = ""  # the kind of the event that led to it
    level: int = 0  # the step of an escalation ladder
    skipped: tuple[str, ...] = ()
    kind: ClassVar[str] = "notify"


@frozen(kw_only=True)
class Webhook(EffectBase):
    """Call the host's webhook of this name.

    >>> from ticketcore import Action, Desk, Rule
    >>> desk = Desk(rules=[Rule(name="hot", on=["created"], then=[Action("webhook", "pager")])])
    >>> [call] = desk.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).effects
    >>> call.name, call.key
    ('pager', 'T-1/1/hot/0')
    """

    name: str
    kind: ClassVar[str] = "webhook"


@frozen(kw_only=True)
class RequestRating(EffectBase):
    """Ask the requester to rate the help.

    >>> from ticketcore import Action, Desk, Rule
    >>> desk = Desk(rules=[Rule(name="ask", on=["resolved"], then=[Action("request_rating")])])
    >>> ticket = desk.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> [effect.kind for effect in desk.handle(ticket, Resolved(at=60_000_000)).effects]
    ['request_rating']
    """

    template: str = ""
    kind: ClassVar[str] = "request_rating"


@frozen(kw_only=True)
class SuggestArticle(EffectBase):
    """Suggest an article of the knowledge base.

    >>> from ticketcore import Action, Desk, Rule, field
    >>> forgot = Rule(name="forgot", on=["created"], when=field.text.contains("password"), then=[Action("suggest_article", "KB-12")])
    >>> asked = Created(at=0, ticket="T-1", by=Person(name="Ada"), message=Message(text="I forgot my password"))
    >>> [effect.article for effect in Desk(rules=[forgot]).handle(None, asked).effects]
    ['KB-12']
    """

    article: str
    kind: ClassVar[str] = "suggest_article"


@frozen(kw_only=True)
class CreateFollowUp(EffectBase):
    """Open a follow-up ticket for a reply that this one no longer takes.

    >>> from ticketcore import Desk
    >>> ticket = Desk().handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> for event in (Resolved(at=1), Closed(at=2)):
    ...     ticket = Desk().handle(ticket, event).ticket
    >>> [late] = Desk().handle(ticket, CustomerReplied(at=3, id="e9", by=Person(name="Ada"))).effects
    >>> late.kind, late.event  # `Desk.follow_up` makes the ticket
    ('create_follow_up', 'e9')
    """

    event: str
    kind: ClassVar[str] = "create_follow_up"


@frozen(kw_only=True)
class ForwardReply(EffectBase):
    """Hand a reply on to the ticket this one was merged into.

    >>> from ticketcore import Desk
    >>> ask = lambda name: Desk().handle(None, Created(at=0, ticket=name, by=Person(email="ada@example.org"))).ticket
    >>> merged = Desk().merge(ask("T-1"), ask("T-2"), at=1).source.ticket
    >>> [late] = Desk().handle(merged, CustomerReplied(at=2, id="e9", by=Person(email="ada@example.org"))).effects
    >>> late.event, late.to
    ('e9', 'T-2')
    """

    event: str
    to: str
    kind: ClassVar[str] = "forward_reply"


@frozen(kw_only=True)
class CreateChild(EffectBase):
    """Open a child ticket, with these fields.

    >>> from ticketcore import Action, Desk, Rule
    >>> desk = Desk(rules=[Rule(name="parts", on=["created"], then=[Action("create_child", "order a part")])])
    >>> [child] = desk.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).effects
    >>> child.subject, child.ticket  # the parent
    ('order a part', 'T-1')
    """

    subject: str = ""
    fields: FrozenMap[str, Any] = field(default=EMPTY, converter=frozen_map)
    kind: ClassVar[str] = "create_child"


@frozen(kw_only=True)
class Route(EffectBase):
    """Choose an agent (`ticketcore.routing.choose`) for the ticket, within the group if one is named, and hand back `Assigned`.

    >>> from ticketcore import Action, Desk, Roster, Rule, choose
    >>> from ticketcore.routing import Member
    >>> desk = Desk(rules=[Rule(name="in", on=["created"], then=[Action("route", "technicians", {"strategy": "least_loaded"})])])
    >>> outcome = desk.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada")))
    >>> [route] = outcome.effects
    >>> choice = choose(outcome.ticket, Roster(members=[Member(agent="maria", load=2), Member(agent="ivan")]), at=5, by=route.strategy)
    >>> desk.handle(outcome.ticket, choice.assigned(answers=route.key)).ticket.assignee
    'ivan'
    """

    to: str = ""
    strategy: str = ""
    kind: ClassVar[str] = "route"


@frozen(kw_only=True)
class Classify(EffectBase):
    """Ask the host's classifier of this name; its answer comes back as facts.

    >>> from ticketcore import Action, Desk, Fact, FieldType, Rule
    >>> mood = Fact(type=FieldType(kind="text"), default="calm")
    >>> desk = Desk(facts={"mood": mood}, rules=[Rule(name="read", on=["created"], then=[Action("classify", "mood")])])
    >>> outcome = desk.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada")))
    >>> [asked] = outcome.effects
    >>> desk.handle(outcome.ticket, FactsReported(at=5, facts={"mood": "angry"}, answers=asked.key)).ticket.facts
    {'mood': 'angry'}
    """

    name: str
    kind: ClassVar[str] = "classify"


@frozen(kw_only=True)
class Erase(EffectBase):
    """Erase the contents of a purged ticket from the host's store; the tombstone stays.

    >>> from ticketcore import Desk
    >>> ticket = Desk().handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> purged = Desk().handle(Desk().handle(ticket, Deleted(at=1)).ticket, Purged(at=2))
    >>> [effect.kind for effect in purged.effects], purged.ticket.requester.name
    (['erase'], '')
    """

    kind: ClassVar[str] = "erase"


@frozen(kw_only=True)
class RequestMerge(EffectBase):
    """Merge the ticket (`Desk.merge`) into the one that ``into`` names: an id, or a word by which the host finds it.

    >>> from ticketcore import Action, Desk, Rule, field
    >>> double = Rule(name="double", on=["created"], when=field.tags.has("outage"), then=[Action("request_merge", "the outage ticket")])
    >>> [wish] = Desk(rules=[double]).handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"), tags=["outage"])).effects
    >>> wish.into, wish.key
    ('the outage ticket', 'T-1/1/double/0')
    """

    into: str
    kind: ClassVar[str] = "request_merge"


Effect = (
    Reply | Notify | Webhook | RequestRating | SuggestArticle | CreateFollowUp | RequestMerge | ForwardReply | CreateChild | Route
    | Classify | Erase
)  # fmt: skip

EFFECTS: Mapping[str, type[EffectBase]] = FrozenMap({kind.kind: kind for kind in Effect.__args__})
