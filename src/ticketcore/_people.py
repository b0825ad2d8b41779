"""What events are made of: the people in them, what they write, and the two bases that all events have."""

from __future__ import annotations

from typing import Any, ClassVar

from attrs import field, frozen
from pendulum import DateTime

from ticketcore._time import from_us, iso, load_zone, maybe_from_us, maybe_us, to_us
from ticketcore._typed import ALLOWED, check_types
from ticketcore._values import EMPTY, FrozenMap, frozen_map, name_set, names
from ticketcore.errors import BadZone, unwanted

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
    that recorded it. Both, and a missing ``id`` or ``ticket``, are filled in by the desk. It counts the events of the ticket for an id
    (``7``): a host that names only some of them gives no bare numbers, because the keys of effects are made of these names.

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


def check_event(given: object) -> None:
    """Refuse what is no event. Raises `BadValue`."""
    if not isinstance(given, EventBase):
        raise unwanted(given, "an event", "give its .events" if hasattr(given, "events") else "give Noted(at=...)")


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
