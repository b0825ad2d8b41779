"""Plain data <-> values: events, tickets, effects, people, and whole desks, as what JSON and TOML can hold.

Writing leaves out what has its default. Reading is strict: an unknown key, a wrong type, ``true`` for 1, NaN, a huge number or an
over-long text is refused, with all problems at once, each with its path. Data without a ``schema`` is of the first. Instants are
ISO 8601 in UTC, durations ``"1h 30m"``, targets ``"2 working days"``, sets sorted lists; a person is ``{"role": "customer", ...}``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, NoReturn, cast

import attrs
import cattrs

from ticketcore import _clocks, _effects, _events, model
from ticketcore._clocks import summed
from ticketcore._desk_data import desk_to_data
from ticketcore._desk_file import read_desk
from ticketcore._loading import STUMBLES, Load, Loaders
from ticketcore._plain import (
    LARGE,
    LIMITS,
    SCHEMA,
    Key,
    Limits,
    Reader,
    Writer,
    boolean,
    check_size,
    class_writer,
    duration,
    field_value,
    fits,
    instant,
    integer,
    list_of,
    map_of,
    one_of,
    optional,
    parse_json,
    read_document,
    record,
    schema,
    tagged,
    target,
    text,
    write_instant,
    write_json,
    write_map,
    write_names,
    write_value,
)  # fmt: skip
from ticketcore._ticket import ticket_of
from ticketcore._time import maybe_us, say_duration, to_us
from ticketcore._trusted import leaf_of
from ticketcore._values import FrozenMap, frozen_map, frozen_value, name_set, names
from ticketcore.conditions import Regex
from ticketcore.desk import Desk, Outcome
from ticketcore.errors import BadValue, check_kind, shorten, unwanted
from ticketcore.model import (
    EFFECTS,
    EVENTS,
    Actor,
    Agent,
    Clock,
    Cycle,
    Decision,
    Effect,
    EffectBase,
    Event,
    EventBase,
    Group,
    Message,
    Person,
    Repeat,
    Run,
    Slot,
    Target,
    Ticket,
)  # fmt: skip

__all__ = [
    "LIMITS", "SCHEMA", "Limits", "converter", "desk_to_data", "effect_from_data", "effect_to_data", "event_from_data", "event_to_data",
    "event_to_line", "from_data", "history_from_lines", "load_desk", "outcome_from_data", "outcome_to_data", "ticket_from_data",
    "ticket_to_data", "to_data",
]  # fmt: skip

# The names in the annotations of the model: its private modules import only what they use themselves.
_NAMES: Final = {**vars(_clocks), **vars(_effects), **vars(_events), **vars(model)}
# What ends in _us is an instant, but for these; its key is the name without the ending.
DURATIONS: Final = frozenset({"extra_us", "counted_us", "used_us", "split_us", "banked_us", "extension_us", "total_us"})
_LEFT_OUT: Final = frozenset({"memo", "sum_us"})  # what follows from the rest


def _key(name: str) -> str:
    return name.removesuffix("_us")


# --- reading ---------------------------------------------------------------------------------------------------------

# How a field is read, by its type. A field of a type that is not here stops the import of this module.
_BY_TYPE: dict[Any, Reader] = {
    str: text, int: integer, bool: boolean, Any: field_value, str | None: optional(text), int | None: optional(integer),
    frozenset[str]: list_of(text, frozenset), tuple[str, ...]: list_of(text, tuple),
    tuple[int, ...] | None: optional(list_of(duration, tuple)),
    FrozenMap[str, Any]: map_of(field_value), FrozenMap[str, str]: map_of(text), Target | None: optional(target),
}  # fmt: skip


def _class_reader(kind: type, what: str, aside: Mapping[str, Reader] = FrozenMap()) -> Reader:
    """The reader of a class of the model: one key a field, read as its type says."""
    attrs.resolve_types(kind, _NAMES)
    keys = {
        _key(field.name): Key(_field_reader(field.name, field.type), field.alias, field.default is attrs.NOTHING)
        for field in attrs.fields(kind)
        if field.name not in _LEFT_OUT
    }
    _ASIDE[kind] = aside
    return record(kind, keys, what, aside)


_ASIDE: Final[dict[type, Mapping[str, Reader]]] = {}


def _field_reader(name: str, wanted: Any) -> Reader:
    if not name.endswith("_us"):
        return _BY_TYPE[wanted]
    read = duration if name in DURATIONS else instant
    return read if wanted is int else optional(read)


def _known(kind: type, what: str, aside: Mapping[str, Reader] = FrozenMap()) -> Reader:
    read = _BY_TYPE[kind] = _BY_TYPE[kind | None] = _class_reader(kind, what, aside)
    return read


_PEOPLE: Final = FrozenMap({
    "customer": _known(Person, "a person", {"role": one_of(["customer"], "role here")}),
    "agent": _known(Agent, "an agent", {"role": one_of(["agent"], "role here")}),
})  # fmt: skip
_BY_TYPE[Actor] = tagged("role", _PEOPLE, "an actor")
_BY_TYPE[Actor | None] = optional(_BY_TYPE[Actor])
_known(Group, "a group")
_known(Message, "a message")
_known(Decision, "a decision")


def _runs(read: list[Run]) -> tuple[Run, ...]:
    return summed(read, tuple(run.counted_us for run in read))


_BY_TYPE[tuple[Run, ...]] = list_of(_known(Run, "a run"), _runs)
_known(Cycle, "a cycle")
_BY_TYPE[FrozenMap[str, Clock]] = map_of(_known(Clock, "a clock"))
_BY_TYPE[FrozenMap[str, Slot]] = map_of(_known(Slot, "a slot"))
_BY_TYPE[FrozenMap[str, Repeat]] = map_of(_known(Repeat, "a repeat"))
_known(Ticket, "a ticket", {"schema": schema})


def _union(tag: str, kinds: Mapping[str, type], what: str) -> Reader:
    aside = {tag: one_of(kinds, tag), "schema": schema}
    return tagged(tag, {name: _known(kind, f"{name} {what}", aside) for name, kind in kinds.items()}, what)


_read_event = _BY_TYPE[Event] = _union("kind", EVENTS, "event")
_read_effect = _BY_TYPE[Effect] = _union("kind", EFFECTS, "effect")
_read_ticket = _BY_TYPE[Ticket]
_WHAT: Final = {Event: "event", Effect: "effect", Actor: "actor"}


def from_data(kind: Any, data: Any, path: str = "") -> Any:
    """The value of type *kind* that *data* describes: a class of the model, or `Event`, `Effect`, `Actor`.

    *path* is where the data stands, for the errors. Raises `DataError` with every problem, and nothing else, whatever the data;
    `BadValue` when *kind* is none of ours.

    >>> from_data(Person, {"email": "vip@example.gr", "tags": ["b", "a"]}).email
    'vip@example.gr'
    >>> from_data(Person, {"emial": "vip@example.gr", "tier": 3}, path="people[4]")
    Traceback (most recent call last):
    ticketcore.errors.DataError: person: 2 problems
      people[4].emial                   a person has no 'emial'; did you mean 'email'?
      people[4].tier                    text is wanted, not a whole number
    """
    read = _BY_TYPE.get(kind)
    if read is None:
        raise BadValue("no value of this library is of this type", value=shorten(kind))
    what = _WHAT.get(kind) or str(getattr(kind, "__name__", "value")).lower()
    limits = LARGE if kind is Ticket else LIMITS
    if kind in _OURS or kind in _UNIONS:
        return _read(_STRICT[kind], read, data, path, what, limits)
    return read_document(read, data, path=path, what=what, limits=limits)


def _read(load: Load, explain: Reader, data: Any, path: str, what: str, limits: Limits = LIMITS) -> Any:
    """*data* in one pass where all of it is right; through the readers that explain where anything is not."""
    try:
        if fits(data, limits):
            return load(data)
    except STUMBLES:
        pass  # whatever it was, the readers say it
    return read_document(explain, data, path=path, what=what, limits=limits)


def event_from_data(data: Any, path: str = "", *, trusted: bool = False) -> Event:
    """The event that *data* describes. Raises `DataError` with every problem.

    ``trusted=True`` is for what this library wrote and nobody else touched (`event_to_data`): several times as fast, because nothing is
    checked. Data that cannot be read so is read strictly, for its errors; data that is wrong otherwise gives a wrong event.

    >>> event_from_data({"kind": "resolved", "at": "2026-11-20T09:00:00+02:00", "by": {"role": "agent", "id": "maria"}}).at
    DateTime(2026, 11, 20, 7, 0, 0, tzinfo=Timezone('UTC'))
    """
    if trusted:
        try:
            event: Event = _trust_event(data)
            return event
        except STUMBLES:
            pass  # read again below, for what is wrong
    return cast("Event", _read(_load_event, _read_event, data, path, "event"))


def effect_from_data(data: Any, path: str = "") -> Effect:
    """The effect that *data* describes. Raises `DataError` with every problem.

    >>> effect_from_data({"kind": "erase", "key": "T-1/e1/0", "at": "2026-11-20T09:00:00Z", "ticket": "T-1"}).kind
    'erase'
    """
    return cast("Effect", _read(_load_effect, _read_effect, data, path, "effect"))


def ticket_from_data(data: Any, path: str = "", *, trusted: bool = False) -> Ticket:
    """The ticket that *data* describes. Raises `DataError` with every problem. ``trusted=True`` as in `event_from_data`.

    >>> ticket = Ticket(id="T-1", status="open", tags=frozenset({"vip"}))
    >>> ticket_from_data(ticket_to_data(ticket), trusted=True) == ticket
    True
    """
    if trusted:
        try:
            ticket: Ticket = _trust_ticket(data)
            return ticket
        except STUMBLES:
            pass  # as above
    return cast("Ticket", _read(_STRICT[Ticket], _read_ticket, data, path, "ticket", LARGE))


def _key_of(name: str) -> str | None:
    return None if name in _LEFT_OUT else _key(name)


# What these converters make, the readers have made already.
_DONE: Final = (None, to_us, maybe_us, name_set, names, frozen_map, frozen_value)


def _strict_leaf(field: attrs.Attribute[Any]) -> Load:
    read: Reader = _field_reader(field.name, field.type)
    convert: Any = field.converter
    return read if convert in _DONE else lambda value: convert(read(value))


def _no_part(_: type) -> Mapping[str, None]:
    return dict.fromkeys(("schema", "kind", "role"))  # they say what the data is, and no more


_UNIONS: Final[Mapping[Any, tuple[str, Mapping[str, type]]]] = {
    Actor: ("role", {"customer": Person, "agent": Agent}), Event: ("kind", EVENTS), Effect: ("kind", EFFECTS),
}  # fmt: skip
_WHOLE: Final[Mapping[type, Load]] = {Ticket: ticket_of}
_STRICT: Final = Loaders(key=_key_of, leaf=_strict_leaf, name=text, aside=_ASIDE.__getitem__, unions=_UNIONS, whole=_WHOLE)
_TRUSTED: Final = Loaders(
    key=_key_of, leaf=leaf_of(DURATIONS.__contains__), name=str, aside=_no_part, unions=_UNIONS, often=(Person, Agent), whole=_WHOLE
)
_load_event, _load_effect, _trust_event, _trust_ticket = _STRICT[Event], _STRICT[Effect], _TRUSTED[Event], _TRUSTED[Ticket]


# --- writing ---------------------------------------------------------------------------------------------------------


_write_duration: Final = lru_cache(maxsize=256)(say_duration)
_target_text: Final = lru_cache(maxsize=256)(str)


def _write_target(value: Target | None) -> str | None:
    return None if value is None else _target_text(value)


def _write_durations(value: tuple[int, ...]) -> list[str]:
    return [_write_duration(us) for us in value]


def _write_parts(value: Mapping[str, Any]) -> dict[str, Any]:
    return {key: to_data(part) for key, part in sorted(value.items())}


def _write_runs(value: tuple[Run, ...]) -> list[dict[str, Any]]:
    return [to_data(run) for run in value]


@lru_cache(maxsize=1)
def _requester_writer() -> Writer:
    return _class_writer(Person, None)  # no role: it can only be a customer


def _write_requester(value: Person) -> Any:
    return _requester_writer()(value)


def _class_writer(kind: type, tag: tuple[str, Any] | None) -> Writer:
    return class_writer(kind, lambda name: None if name in _LEFT_OUT else _key(name), _hook, tag)


def _hook(field: attrs.Attribute[Any]) -> Writer | None:
    if field.name.endswith("_us"):
        return _write_duration if field.name in DURATIONS else write_instant
    return _WRITE_BY_TYPE.get(field.type)


def to_data(value: Any) -> dict[str, Any]:
    """A value of the model as plain data: an event, an effect, a ticket, a person, a message, a clock.

    Raises `BadValue` for anything else, and for a field's value that has no plain form.

    >>> to_data(Person(email="vip@example.gr", tags={"b", "a"}))
    {'role': 'customer', 'email': 'vip@example.gr', 'tags': ['a', 'b']}
    """
    write = _WRITERS.get(type(value)) or _writer(value)
    data: dict[str, Any] = write(value)
    return data


_WRITERS: Final[dict[type, Writer]] = {}


def _writer(value: Any) -> Writer:
    """The function that writes values of this class, made when first asked for."""
    kind = type(value)
    if kind not in _OURS:
        raise BadValue(f"a {kind.__name__} is no value of this library", value=shorten(value))
    made = _WRITERS[kind] = _class_writer(kind, _TAGS.get(kind))
    return made


# How a field is written, by its type, where cattrs needs to be told; a field that has its default is left out.
_WRITE_BY_TYPE: Final[dict[Any, Writer]] = {
    Any: write_value, frozenset[str]: write_names, tuple[str, ...]: list, tuple[int, ...] | None: _write_durations,
    FrozenMap[str, Any]: write_map, FrozenMap[str, str]: write_map, Target | None: _write_target, tuple[Run, ...]: _write_runs,
    FrozenMap[str, Slot]: _write_parts, FrozenMap[str, Clock]: _write_parts, FrozenMap[str, Repeat]: _write_parts,
    Person: _write_requester, Actor | None: to_data, Message: to_data, Cycle: to_data, Decision | None: to_data,
}  # fmt: skip
_TAGS: Final[Mapping[type, tuple[str, Any]]] = {
    Person: ("role", "customer"), Agent: ("role", "agent"), Ticket: ("schema", SCHEMA),
    **{kind: ("kind", name) for name, kind in (*EVENTS.items(), *EFFECTS.items())},
}  # fmt: skip
_OURS: Final = frozenset({*_TAGS, Message, Decision, Group, Run, Cycle, Clock, Slot, Repeat})


def event_to_data(event: EventBase) -> dict[str, Any]:
    """An event as plain data; `event_from_data` reads it back.

    >>> event_to_data(_events.Postponed(at=0, until=3_600_000_000, by=Agent(id="maria")))
    {'kind': 'postponed', 'at': '1970-01-01T00:00:00Z', 'until': '1970-01-01T01:00:00Z', 'by': {'role': 'agent', 'id': 'maria'}}
    """
    return to_data(event) if isinstance(event, EventBase) else _refuse_kind("an event", event)


def effect_to_data(effect: EffectBase) -> dict[str, Any]:
    """An effect as plain data; `effect_from_data` reads it back.

    >>> from ticketcore import Notify
    >>> effect_to_data(Notify(key="T-1/e1/late/0", at=0, ticket="T-1", to="lead"))["to"]
    'lead'
    """
    return to_data(effect) if isinstance(effect, EffectBase) else _refuse_kind("an effect", effect)


def ticket_to_data(ticket: Ticket) -> dict[str, Any]:
    """A ticket as plain data; `ticket_from_data` reads it back. What the desk worked out (`Ticket.due`) is not in it.

    >>> ticket_to_data(Ticket(id="T-1", status="new"))
    {'schema': 1, 'id': 'T-1', 'status': 'new'}
    """
    return to_data(ticket) if isinstance(ticket, Ticket) else _refuse_kind("a ticket", ticket)


def _refuse_kind(wanted: str, value: Any) -> NoReturn:
    raise unwanted(value, wanted)


# --- desks and outcomes ----------------------------------------------------------------------------------------------


def load_desk(data: Any, path: str = "", *, regex: Regex | None = None) -> Desk:
    """The desk that a desk file describes: what `tomllib` or `json` made of it.

    Refused whole: one `DeskError` lists every problem by its path, with the nearest right name. Nothing else is ever raised.
    *regex* makes regular expressions ready (`ticketcore.extra.re2`); a file that has some is refused without it.

    >>> desk = load_desk({"name": "shop", "priority": {"levels": ["low", "high"], "tags": {"vip": "high"}}})
    >>> desk.priority.levels.names
    ('low', 'high')
    >>> load_desk({"priority": {"levels": ["low", "high"], "tags": {"vip": "hihg"}}, "ruels": []})
    Traceback (most recent call last):
    ticketcore.errors.DeskError: desk: 2 problems
      priority.tags.vip  unknown level 'hihg'; did you mean 'high'?
      ruels              a desk has no 'ruels'; did you mean 'rules'?
    """
    return read_desk(data, path, regex)


def outcome_to_data(outcome: Outcome) -> dict[str, Any]:
    """What a step came to as plain data: the ticket, the events, the effects, and when to wake (left out: never).

    >>> from ticketcore import Created, Desk
    >>> sorted(outcome_to_data(Desk().handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada")))))
    ['effects', 'events', 'schema', 'ticket']
    """
    if not isinstance(outcome, Outcome):
        _refuse_kind("an outcome", outcome)
    data: dict[str, Any] = {
        "schema": SCHEMA, "ticket": to_data(outcome.ticket), "events": [to_data(event) for event in outcome.events],
        "effects": [to_data(effect) for effect in outcome.effects],
    }  # fmt: skip
    return data if outcome.wake_us is None else {**data, "wake_at": write_instant(outcome.wake_us)}


_read_outcome: Final = record(
    Outcome,
    {
        "ticket": Key(_read_ticket, required=True), "events": Key(list_of(_read_event, tuple)),
        "effects": Key(list_of(_read_effect, tuple)), "wake_at": Key(instant, "wake_us"),
    },
    "an outcome",
    {"schema": schema},
)  # fmt: skip


def outcome_from_data(data: Any, path: str = "") -> Outcome:
    """The outcome that *data* describes. Raises `DataError` with every problem.

    >>> from ticketcore import Created, Desk
    >>> outcome = Desk().handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada")))
    >>> outcome_from_data(outcome_to_data(outcome)) == outcome
    True
    """
    return cast("Outcome", read_document(_read_outcome, data, path=path, what="outcome", limits=LARGE))


# --- histories -------------------------------------------------------------------------------------------------------


def event_to_line(event: EventBase) -> str:
    """An event as one line of JSON, without the line end.

    >>> event_to_line(_events.TagsAdded(at=0, id="e1", tags=["чат"]))
    '{"kind":"tags_added","at":"1970-01-01T00:00:00Z","tags":["чат"],"id":"e1"}'
    """
    return write_json(event_to_data(event))


def history_from_lines(lines: Iterable[str | bytes], path: str = "line", *, trusted: bool = False) -> Iterator[Event]:
    """The events of a history that has one JSON object a line, one at a time as they are read; empty lines are passed over.

    Raises `DataError` at the first line that is wrong, with every problem in it; the paths name the line (``line[3].by.emial``).
    A key that stands twice, NaN and Infinity are refused too. ``trusted=True`` as in `event_from_data`.

    >>> list(history_from_lines(['{"kind": "closed", "at": "2026-11-20T09:00:00Z", "id": "e1"}', ""]))[0].id
    'e1'
    """
    check_kind(lines, Iterable, "a list of lines", "give text.splitlines(), or an open file", path)
    for number, line in enumerate(lines, 1):
        if not isinstance(line, str | bytes) or line.strip():
            if trusted:
                try:
                    data = json.loads(line)
                    event: Event = _trust_event(data)
                except STUMBLES:
                    pass  # as above
                else:
                    yield event
                    continue
            yield cast("Event", read_document(_read_line, line, path=f"{path}[{number}]", what="history"))


def _read_line(line: Any) -> Any:
    data = parse_json(line)
    try:
        if fits(data):
            return _load_event(data)
    except STUMBLES:
        pass  # as in `_read`
    check_size(data)
    return _read_event(data)


# --- for the host's own classes --------------------------------------------------------------------------------------


def converter() -> cattrs.Converter:
    """A cattrs converter that knows our values, for classes of the host's that hold them; it may be added to.

    The strictness for our values is that of `from_data`: what is wrong with them raises `DataError` (inside cattrs' own groups).

    >>> @attrs.frozen
    ... class Stored:
    ...     ticket: Ticket
    ...     customer: str
    >>> ours = converter()
    >>> ours.unstructure(Stored(Ticket(id="T-1"), "acme"))
    {'ticket': {'schema': 1, 'id': 'T-1'}, 'customer': 'acme'}
    >>> ours.structure({"ticket": {"id": "T-1"}, "customer": "acme"}, Stored).ticket.id
    'T-1'
    """
    made = cattrs.Converter()

    def read(data: Any, kind: Any) -> Any:
        return from_data(kind, data)

    for kind in _OURS:
        made.register_structure_hook(kind, read)
        made.register_unstructure_hook(kind, to_data)
    for union in (Event, Effect, Actor, Actor | None):
        made.register_structure_hook(union, read)
    return made
