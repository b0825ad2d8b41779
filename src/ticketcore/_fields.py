"""What a condition may ask: the types of fields with their operators, the fields of a ticket, and the names a desk knows.

`Vocabulary` is made once, when a desk is loaded, and answers by name; `View` is what a condition reads, made anew whenever
something has changed. Every field has the layer that sets it, and a condition in a layer reads only what is set below it
(step.md 3).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any, Final, Protocol

from attrs import field, frozen
from attrs import fields as attr_fields

from ticketcore._folding import is_from_customer
from ticketcore._names import hint
from ticketcore._text import LONGEST_TEXT, PLAIN_FOLDING, Folded, Folding
from ticketcore._time import duration_us, parse_instant, to_us
from ticketcore._values import EMPTY, FrozenMap, frozen_map, names
from ticketcore.errors import BadValue, TicketcoreError, UnknownName, shorten
from ticketcore.hours import ALWAYS, Hours
from ticketcore.model import EVENTS, Agent, Draft, EventBase, Outside, Person, Spoken, Ticket

LAYERS: Final = ("input", "lifecycle", "priority", "policy", "clocks", "rules")
CATEGORIES: Final = ("new", "open", "answered", "postponed", "resolved", "closed", "removed")
ROLES: Final = ("customer", "agent", "system")
SLA_STATES: Final = ("running", "paused", "breached", "met", "late", "cancelled", "removed", "untargeted")
MAX_DIGITS: Final = 2**63  # numbers are smaller than this

# --- types -----------------------------------------------------------------------------------------------------------

_PRESENCE: Final = ("is_set", "is_empty")
_EQUAL: Final = ("is", "is_not", "is_any", "is_none")
_ORDER: Final = ("below", "above", "at_least", "at_most", "between")
_PARTS: Final = ("contains", "not_contains", "starts_with", "ends_with", "matches", "not_matches")
_REGEX: Final = ("matches_regex", "not_matches_regex")
_MENTIONS: Final = ("mentions_any", "mentions_all", "mentions_none")

# Which operators a type has. A choice is a closed list of names, an ordered one is in the order listed; a name is an open one.
OPERATORS: Final[Mapping[str, tuple[str, ...]]] = FrozenMap({
    "text": (*_EQUAL, *_PARTS, *_REGEX, *_MENTIONS, *_PRESENCE),
    "name": (*_EQUAL, *_PARTS, *_REGEX, *_PRESENCE),
    "choice": (*_EQUAL, *_PRESENCE),
    "ordered": (*_EQUAL, *_ORDER, *_PRESENCE),
    "set": ("has", "has_any", "has_all", "has_none", *_PRESENCE),
    "number": (*_EQUAL, *_ORDER, *_PRESENCE),
    "duration": ("is", "is_not", *_ORDER, *_PRESENCE),
    "instant": (*_ORDER, *_PRESENCE),
    "flag": ("is", "is_not", *_PRESENCE),
})  # fmt: skip
# A negated operator is exactly `not` of its positive.
POSITIVE: Final[Mapping[str, str]] = FrozenMap({
    "is_not": "is", "is_none": "is_any", "has_none": "has_any", "not_contains": "contains", "not_matches": "matches",
    "not_matches_regex": "matches_regex", "mentions_none": "mentions_any", "is_empty": "is_set",
})  # fmt: skip
MANY: Final = frozenset({
    "is_any", "is_none", "has_any", "has_all", "has_none", "mentions_any", "mentions_all", "mentions_none", "between",
})  # a list is wanted  # fmt: skip
ONE_OR_MANY: Final = frozenset({*_PARTS, *_REGEX})
REGEX: Final = frozenset(_REGEX)  # reads the text as it was written
FOLDED: Final = frozenset({*_PARTS, *_MENTIONS})  # compared folded, whatever the type
KINDS: Final[Mapping[str, str]] = FrozenMap({
    "text": "a text", "name": "a name", "choice": "one of a list", "ordered": "one of an ordered list", "set": "a set of names",
    "number": "a number", "duration": "a duration", "instant": "an instant", "flag": "true or false",
})  # fmt: skip


@frozen(kw_only=True)
class FieldType:
    """The type of a field: its kind (a key of `OPERATORS`), and for a choice or ordered list the names, in order.

    >>> FieldType(kind="ordered", choices=("low", "high")).key("high")
    1
    """

    kind: str
    choices: tuple[str, ...] = field(default=(), converter=names)
    what: str = "value"  # what the names are, for messages: status, level, group
    _ranks: FrozenMap[str, int] = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "_ranks", FrozenMap({name: rank for rank, name in enumerate(self.choices)}))

    def key(self, value: Any) -> Any:
        """What orders *value* among others of this type; None for an empty one, or a name that is not listed."""
        return self._ranks.get(value) if self.kind == "ordered" else self.bound(value)

    def bound(self, value: Any) -> Any:
        """What a value of a ticket is compared with, for a *value* as it stands in a condition.

        >>> FieldType(kind="duration").bound("1m"), FieldType(kind="ordered", choices=("low", "high")).bound("high")
        (60000000, 'high')
        """
        return self.stored(value) if self.kind in {"instant", "duration"} else value

    def stored(self, value: Any) -> Any:
        """*value* as a ticket keeps it: instants and durations as microseconds, a set as a frozenset.

        Raises `BadValue` for a value of another type, or a name that is not listed.

        >>> FieldType(kind="duration").stored("1h 30m"), sorted(FieldType(kind="set", choices=("eu", "us")).stored(["us", "eu"]))
        (5400000000, ['eu', 'us'])
        >>> FieldType(kind="choice", choices=("low", "high"), what="level").stored("hihg")
        Traceback (most recent call last):
        ticketcore.errors.BadValue: unknown level 'hihg'; did you mean 'high'?
        """
        try:
            stored = _STORED[self.kind](value)
        except TicketcoreError as error:
            raise BadValue(f"{KINDS[self.kind]} is wanted: {error.message}", value=shorten(value), hint=error.hint) from None
        if stored is None:
            raise BadValue(f"{KINDS[self.kind]} is wanted, not {type(value).__name__}", value=shorten(value))
        if self.choices:
            for name in stored if self.kind == "set" else (stored,):
                if name not in self._ranks:
                    raise BadValue(f"unknown {self.what} {shorten(name)}", value=shorten(name), hint=hint(name, self.choices))
        return stored


def is_empty(value: Any) -> bool:
    """Whether a field counts as empty: None, a blank text, a set without names."""
    if isinstance(value, str):
        return not value or value.isspace()
    return value is None or (isinstance(value, frozenset | tuple) and not value)


def _text_stored(value: Any) -> str | None:
    if isinstance(value, str) and len(value) > LONGEST_TEXT:
        raise BadValue(f"at most {LONGEST_TEXT} characters")
    return value if isinstance(value, str) else None


def _set_stored(value: Any) -> frozenset[str] | None:
    if not isinstance(value, list | tuple | set | frozenset) or not all(isinstance(item, str) for item in value):
        return None
    return frozenset(value)


def number_of(value: Any) -> int | float | None:
    """*value* if it is a number: no bool, no NaN, no infinity, at most 18 digits."""
    if type(value) not in {int, float} or not -MAX_DIGITS < value < MAX_DIGITS:
        return None
    return value  # type: ignore[no-any-return]  # its type was looked at


def _duration_stored(value: Any) -> int | None:
    if type(value) is int and 0 <= value < MAX_DIGITS:
        return value
    return duration_us(value) if isinstance(value, str | timedelta) else None


def instant_of(value: Any) -> int | None:
    """*value* as microseconds since the epoch: an aware datetime, ISO 8601 text, or already an int."""
    if isinstance(value, str):
        return parse_instant(value)
    return to_us(value) if isinstance(value, datetime) or type(value) is int else None


_STORED: Final[Mapping[str, Callable[[Any], Any]]] = FrozenMap({
    "text": _text_stored, "name": _text_stored, "choice": _text_stored, "ordered": _text_stored, "set": _set_stored,
    "number": number_of, "duration": _duration_stored, "instant": instant_of,
    "flag": lambda value: value if isinstance(value, bool) else None,
})  # fmt: skip

TEXT: Final = FieldType(kind="text")
NAME: Final = FieldType(kind="name")
NUMBER: Final = FieldType(kind="number")
FLAG: Final = FieldType(kind="flag")
INSTANT: Final = FieldType(kind="instant")
DURATION: Final = FieldType(kind="duration")
TAGS: Final = FieldType(kind="set", what="tag")
AGENTS: Final = FieldType(kind="set", what="agent")
ADDRESSES: Final = FieldType(kind="set", what="address")
CHECKS: Final = FieldType(kind="set", choices=("verified", "confirmed"), what="check")


@frozen(kw_only=True)
class Fact:
    """A declared fact: a field that only the host sets. Without a default, an event of a kind in *required_with* must bring it.

    >>> from ticketcore import Created, Desk
    >>> desk = Desk(facts={"queue": Fact(type=NUMBER, default=0), "mood": Fact(type=NAME, required_with=("created",))})
    >>> desk.handle(None, Created(at=0, ticket="T-1", facts={"mood": "angry"})).ticket.facts
    {'mood': 'angry'}
    >>> desk.handle(None, Created(at=0, ticket="T-1"))
    Traceback (most recent call last):
    ticketcore.errors.MissingFacts: created needs the fact 'mood'; give it in facts=
    """

    type: FieldType
    default: Any = None
    required_with: tuple[str, ...] = field(default=(), converter=names)


# --- what a condition reads --------------------------------------------------------------------------------------------


class ClockReading(Protocol):
    """What a condition may know of an SLA clock at an instant. The sla room has the class.

    >>> from ticketcore import Created, Person, load_desk
    >>> desk = load_desk({"sla": [{"name": "gold", "targets": {"first_reply": "1h"}}]})
    >>> ticket = desk.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> reading = desk.view(ticket).clock("first_reply")
    >>> reading.state, reading.due_us, reading.reaches_us(50)
    ('running', 3600000000, 1800000000)
    >>> reading.is_open, reading.is_running, reading.started_us
    (True, True, 0)
    """

    @property
    def state(self) -> str:
        """One of `SLA_STATES`; breached holds from due on while the cycle is open."""
        ...

    @property
    def is_open(self) -> bool:
        """Whether the cycle has not ended."""
        ...

    @property
    def is_running(self) -> bool:
        """Whether time counts just now."""
        ...

    @property
    def due_us(self) -> int | None:
        """When the promise is due if nothing happens; None: paused, nothing promised or unknown."""
        ...

    @property
    def started_us(self) -> int:
        """When the cycle started."""
        ...

    def reaches_us(self, percent: int) -> int | None:
        """The instant at which that share of the promised time is or was used; None if never while nothing happens."""
        ...


def no_clock(_metric: str) -> ClockReading | None:
    """The clock of a ticket on which none was started: None for every metric. The default of a `View`.

    >>> from ticketcore.conditions import holds, sla
    >>> holds(sla("first_reply").is_("running"), View(Vocabulary(), Ticket(id="T-1"), 0, clock=no_clock))
    False
    """
    return None


class Regex(Protocol):
    """What makes a regular expression ready: the extra ``re2`` has one. It must take time linear in the text, whatever the pattern.

    >>> from ticketcore.conditions import field, holds
    >>> words = Vocabulary(regex=lambda pattern: lambda text: pattern in text)  # in earnest: ticketcore.extra.re2
    >>> holds(field.subject.matches_regex("TX-"), View(words, Ticket(id="T-1", subject="order TX-12"), 0))
    True
    """

    def __call__(self, pattern: str, /) -> Callable[[str], bool]:
        """Whether *pattern* is found anywhere in a text, as a function of it. Raises `BadValue` for a pattern that cannot be read."""
        ...


class View:
    """What a condition reads: a ticket at an instant, and what just happened. Cheap to make, and made anew after each change.

    *ticket* may be a draft. *before* is the ticket before the root of the cycle (None: change tests are false), *event* the
    event a rule listens to (None: tests on it are false), *clock* gives the reading of a metric's clock at this instant.
    *folds* keeps folded texts; views of one step may share it.

    >>> from ticketcore import Created, Desk, Person, field
    >>> from ticketcore.conditions import holds
    >>> desk = Desk()
    >>> ticket = desk.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> holds(field.status == "new", View(desk.vocabulary, ticket, 0))
    True
    """

    __slots__ = ("before", "clock", "event", "folds", "now_us", "seen", "ticket", "vocabulary")

    def __init__(
        self,
        vocabulary: Vocabulary,
        ticket: Ticket | Draft,
        now_us: int,
        before: Ticket | Draft | None = None,
        event: EventBase | None = None,
        clock: Callable[[str], ClockReading | None] = no_clock,
        folds: dict[Any, Folded] | None = None,
    ) -> None:
        self.vocabulary = vocabulary
        self.ticket = ticket
        self.now_us = now_us
        self.before = before
        self.event = event
        self.clock = clock
        self.folds = {} if folds is None else folds
        self.seen = _NOTHING_SEEN

    def at(self, now_us: int) -> View:
        """The same view at another instant, given that nothing happens in between.

        >>> from ticketcore.conditions import holds, since
        >>> view = View(Vocabulary(), Ticket(id="T-1", created_us=0), 0)
        >>> holds(since("created") >= "4h", view), holds(since("created") >= "4h", view.at(4 * 3_600_000_000))
        (False, True)
        """
        if now_us == self.now_us:
            return self
        return View(self.vocabulary, self.ticket, now_us, self.before, self.event, self.clock, self.folds)

    def show(self, event: EventBase) -> None:
        """Turn to another event of the same cycle.

        >>> from ticketcore.model import AgentReplied
        >>> view = View(Vocabulary(), Ticket(id="T-1"), 0)
        >>> view.show(AgentReplied(at=0))
        >>> Vocabulary().field("event.kind").read(view)
        'agent_replied'
        """
        self.event = event
        self.seen = _NOTHING_SEEN

    def of_before(self) -> View:
        """The view of the ticket as it was before.

        >>> view = View(Vocabulary(), Ticket(id="T-1", priority="high"), 0, before=Ticket(id="T-1", priority="low"))
        >>> view.ticket.priority, view.of_before().ticket.priority
        ('high', 'low')
        """
        return View(self.vocabulary, self.before, self.now_us, None, self.event, self.clock, self.folds)

    def hours(self, name: str | None) -> Hours:
        """The hours of that name, the desk's default hours for None.

        >>> View(Vocabulary(), Ticket(id="T-1"), 0).hours(None).is_open(0)  # around the clock where the desk names no default
        True
        """
        return self.vocabulary.hours_of(name)

    def folded(self, spec: FieldSpec, folding: Folding = PLAIN_FOLDING) -> Folded:
        """The folded text of a field, folded once for all views that share `folds`.

        >>> words = Vocabulary()
        >>> View(words, Ticket(id="T-1", subject="Εκτός ΛΕΙΤΟΥΡΓΊΑΣ"), 0).folded(words.field("subject")).text
        'εκτοσ λειτουργιασ'
        """
        key = spec.key(self) if folding is PLAIN_FOLDING else (spec.key(self), folding)
        found = self.folds.get(key)
        if found is None:
            found = self.folds[key] = Folded(spec.read(self) or "", folding)
        return found

    def folded_again(self, spec: FieldSpec) -> Folded:
        """`folded`, kept for the tests that ask for the same next, as many in a row do, while no event is folded into the ticket."""
        found = self.folded(spec)
        self.seen = (spec, self.ticket.version, found)
        return found


_NOTHING_SEEN: Final[tuple[Any, int, Any]] = (None, -1, None)


@frozen(kw_only=True, eq=False)
class FieldSpec:
    """A field: its name, its type, the layer that sets it, and how it is read. *changes*: it has a value before and after.

    >>> spec = Vocabulary(levels=("low", "high")).field("priority")
    >>> spec.type.kind, spec.layer, spec.read(View(Vocabulary(), Ticket(id="T-1", priority="high"), 0))
    ('ordered', 'priority', 'high')
    """

    name: str
    type: FieldType
    layer: str
    read: Callable[[View], Any]
    key: Callable[[View], Any]  # what a folded text is remembered by: cheaper to get than the text where that is put together
    changes: bool = True
    entry: tuple[str, str, Any] | None = None  # mapping of the ticket, name in it, default: for what a desk declares
    attribute: str = ""  # of the ticket, where reading the field is reading that


def _spec(name: str, kind: FieldType, layer: str, attribute: str = "") -> FieldSpec:
    attribute = attribute or name
    read = attrgetter("ticket." + attribute)
    return FieldSpec(name=name, type=kind, layer=layer, read=read, key=read, attribute=attribute)


def _entry_spec(name: str, kind: FieldType, mapping: str, key: str, default: Any = None) -> FieldSpec:
    get = attrgetter("ticket." + mapping)

    def read(view: View) -> Any:
        return get(view).get(key, default)

    return FieldSpec(name=name, type=kind, layer="input", read=read, key=read, entry=(mapping, key, default))


def _texts(view: View) -> tuple[str, str, str]:
    event = view.event
    said = event.message.text if isinstance(event, Spoken) else ""
    ticket = view.ticket
    return ticket.subject, ticket.text, "" if said is ticket.text or said == ticket.text else said


def _whole_text(view: View) -> str:
    return "\n".join(part for part in _texts(view) if part)


def email_domain(email: str) -> str:
    """What stands behind the last @."""
    return email.rpartition("@")[2] if "@" in email else ""


def event_role(view: View) -> str | None:
    """Who did it: customer, agent or system. An agent who is the requester is a customer."""
    event = view.event
    if event is None:
        return None
    if not isinstance(event, Outside) or event.cause:
        return "system"
    if is_from_customer(event, view.ticket.requester):
        return "customer"
    return "agent" if isinstance(event.by, Agent) or event.kind == "agent_replied" else "system"


def _event_by(view: View) -> str | None:
    by = getattr(view.event, "by", None)
    if isinstance(by, Person):
        return by.id or by.email
    return by.id if isinstance(by, Agent) else None


def _attachments(view: View) -> int | None:
    return len(view.event.message.attachments) if isinstance(view.event, Spoken) else None


def _by_assignee(view: View) -> bool | None:
    """Whether the agent the ticket is assigned to did it; None where nobody did, or the machinery."""
    by = getattr(view.event, "by", None)
    return None if by is None else isinstance(by, Agent) and by.id == view.ticket.assignee


def _by_requester(view: View) -> bool | None:
    """Whether who asked for help did it, and no colleague of theirs."""
    by = getattr(view.event, "by", None)
    return None if by is None else bool(view.ticket.requester.is_same(by))


def _of_event(attribute: str) -> Callable[[View], Any]:
    return lambda view: getattr(view.event, attribute, None)


def _of_message(attribute: str) -> Callable[[View], Any]:
    get = attrgetter("message." + attribute)
    return lambda view: get(view.event) if isinstance(view.event, Spoken) else None


def _of_clock(metric: str, attribute: str) -> Callable[[View], Any]:
    return lambda view: getattr(view.clock(metric), attribute, None)


_COUNTERS: Final = (
    "agent_replies", "customer_replies", "notes", "reassignments", "transfers", "returns", "escalation", "deviations", "rating",
)  # fmt: skip
_INSTANTS: Final = (
    ("created", "input"), ("updated", "input"), ("first_agent_reply", "input"), ("last_agent_reply", "input"),
    ("last_customer_reply", "input"), ("waiting_since", "input"), ("assigned_at", "input"), ("acknowledged_at", "input"),
    ("escalated_at", "input"), ("postponed_until", "input"), ("status_since", "lifecycle"), ("resolved_at", "lifecycle"),
    ("closed_at", "lifecycle"), ("priority_since", "priority"),
)  # fmt: skip


def _ticket_fields() -> Iterable[FieldSpec]:
    """The fields that every desk has and whose types depend on no desk."""
    for name, kind in (
        ("id", NAME), ("subject", TEXT), ("channel", NAME), ("language", NAME), ("assignee", NAME), ("tags", TAGS), ("merged_into", NAME),
        ("origin", NAME), ("relation", NAME), ("followers", AGENTS), ("cc", ADDRESSES), ("checks", CHECKS),
    ):  # fmt: skip
        yield _spec(name, kind, "input")
    yield _spec("description", TEXT, "input", "text")
    yield FieldSpec(name="text", type=TEXT, layer="input", read=_whole_text, key=_texts, changes=False)
    for name in _COUNTERS:
        yield _spec(name, NUMBER, "input")
    yield _spec("reopens", NUMBER, "lifecycle")
    for name, layer in _INSTANTS:
        yield _spec(name, INSTANT, layer, name.removesuffix("_at") + "_us")
    for name, kind in (
        ("id", NAME), ("name", TEXT), ("email", TEXT), ("phone", TEXT), ("organisation", NAME), ("tier", NAME), ("language", NAME),
        ("location", NAME), ("zone", NAME), ("tags", TAGS),
    ):  # fmt: skip
        yield _spec("requester." + name, kind, "input")
    email = attrgetter("ticket.requester.email")
    yield FieldSpec(name="requester.email_domain", type=TEXT, layer="input", read=lambda view: email_domain(email(view)),
                    key=lambda view: ("@", email(view)))  # fmt: skip


def _event_fields(groups: FieldType, metrics: FieldType) -> Iterable[FieldSpec]:
    """The fields of what just happened; they have no before."""
    kinds = FieldType(kind="choice", choices=tuple(EVENTS), what="event kind")
    roles = FieldType(kind="choice", choices=ROLES, what="role")
    for name, kind, read in (
        ("kind", kinds, _of_event("kind")), ("by_role", roles, event_role), ("by", NAME, _event_by),
        ("channel", NAME, _of_event("channel")), ("text", TEXT, _of_message("text")), ("language", NAME, _of_message("language")),
        ("public", FLAG, _of_message("public")), ("attachments", NUMBER, _attachments),
        ("by_assignee", FLAG, _by_assignee), ("by_requester", FLAG, _by_requester),
        ("automatic", FLAG, _of_message("automatic")), ("reason", TEXT, _of_event("reason")), ("group", groups, _of_event("group")),
        ("metric", metrics, _of_event("metric")), ("warning", NAME, _of_event("warning")),
    ):  # fmt: skip
        yield FieldSpec(name="event." + name, type=kind, layer="input", read=read, key=read, changes=False)


# --- the names of a desk -----------------------------------------------------------------------------------------------


def _declared(value: Mapping[str, Any]) -> FrozenMap[str, Any]:
    return frozen_map(value)


@frozen(kw_only=True, eq=False)
class Vocabulary:
    """The names one desk knows, and the fields it has. Made once, at load.

    *statuses* are names with their category, *levels* priorities from the lowest up, both in order. *hours* are the business
    hours by name; *default_hours* names those that count where a condition names none. Empty *groups* or *policies* mean that
    any name will do for a group, and that there is no policy. *fields*, *requester_fields* and *facts* are what the desk declares.
    *regex* makes regular expressions ready; without it none is accepted.

    >>> words = Vocabulary(statuses={"open": "open", "resolved": "resolved"}, levels=("low", "high"))
    >>> words.field("priority").type.choices
    ('low', 'high')
    """

    statuses: FrozenMap[str, str] = field(default=EMPTY, converter=_declared)
    levels: tuple[str, ...] = field(default=(), converter=names)
    metrics: tuple[str, ...] = field(default=(), converter=names)
    hours: FrozenMap[str, Hours] = field(default=EMPTY, converter=_declared)
    default_hours: str | None = None
    policies: tuple[str, ...] = field(default=(), converter=names)
    groups: tuple[str, ...] = field(default=(), converter=names)
    fields: FrozenMap[str, FieldType] = field(default=EMPTY, converter=_declared)
    requester_fields: FrozenMap[str, FieldType] = field(default=EMPTY, converter=_declared)
    facts: FrozenMap[str, Fact] = field(default=EMPTY, converter=_declared)
    regex: Regex | None = None
    specs: FrozenMap[str, FieldSpec] = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        specs = {spec.name: spec for spec in self._all_fields()}
        for prefix, declared in (("fields.", self.fields), ("facts.", self.facts)):
            for name in declared:  # a declared name may be written without its prefix, where no other field has it
                specs.setdefault(name, specs[prefix + name])
        object.__setattr__(self, "specs", FrozenMap(specs))

    def __reduce__(self) -> tuple[Any, ...]:
        given = {one.name: getattr(self, one.name) for one in attr_fields(type(self)) if one.init}
        return (_vocabulary, (given,))  # the fields' readers are functions and are made anew

    def _all_fields(self) -> Iterable[FieldSpec]:
        groups = FieldType(kind="choice", choices=self.groups, what="group") if self.groups else NAME
        metrics = FieldType(kind="choice", choices=self.metrics, what="metric")
        yield from _ticket_fields()
        yield from _event_fields(groups, metrics)
        yield _spec("group", groups, "input")
        yield _spec("status", FieldType(kind="ordered", choices=tuple(self.statuses), what="status"), "lifecycle")
        yield _spec("category", FieldType(kind="ordered", choices=CATEGORIES, what="status category"), "lifecycle")
        yield _spec("priority", FieldType(kind="ordered", choices=self.levels, what="priority level"), "priority")
        yield _spec("policy", FieldType(kind="choice", choices=self.policies, what="policy"), "policy")
        for metric in self.metrics:
            for name in ("due", "started", "warned"):
                read = _of_clock(metric, name + "_us")
                yield FieldSpec(name=f"sla.{metric}.{name}", type=INSTANT, layer="clocks", read=read, key=read, changes=False)
        for name, kind in self.fields.items():
            yield _entry_spec("fields." + name, kind, "fields", name)
        for name, kind in self.requester_fields.items():
            yield _entry_spec("requester.fields." + name, kind, "requester.fields", name)
        for name, fact in self.facts.items():
            yield _entry_spec("facts." + name, fact.type, "facts", name, fact.default)

    def field(self, name: str) -> FieldSpec:
        """The field of that name. Raises `UnknownName` with the nearest right name.

        >>> Vocabulary().field("subjct")
        Traceback (most recent call last):
        ticketcore.errors.UnknownName: unknown field 'subjct'; did you mean 'subject'?
        """
        found = self.specs.get(name)
        if found is None:
            raise UnknownName(f"unknown field {shorten(name)}", value=shorten(name), hint=self.field_hint(name))
        return found

    def field_hint(self, name: object) -> str:
        """The way out for a field name that nobody knows.

        >>> Vocabulary().field_hint("prioritty"), Vocabulary().field_hint("shoe size")
        ("did you mean 'priority'?", "declare it among the desk's fields or facts")
        """
        return hint(name, self.specs, otherwise="declare it among the desk's fields or facts")

    def hours_of(self, name: str | None) -> Hours:
        """The hours of that name; for None the default hours, around the clock without any. Raises `UnknownName`.

        >>> from ticketcore.hours import BusinessHours
        >>> office = BusinessHours(zone="UTC", week={"mon-fri": ["09:00-17:00"]})
        >>> words = Vocabulary(hours={"office": office}, default_hours="office")
        >>> words.hours_of(None) == words.hours_of("office") == office
        True
        """
        if name is None:
            name = self.default_hours
            if name is None:
                return ALWAYS
        found = self.hours.get(name)
        if found is None:
            raise UnknownName(f"unknown hours {shorten(name)}", value=shorten(name), hint=hint(name, self.hours))
        return found


def _vocabulary(given: dict[str, Any]) -> Vocabulary:
    return Vocabulary(**given)
