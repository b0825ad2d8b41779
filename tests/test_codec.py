"""The codec: what is written is read back, what is wrong is refused with every problem and its path, and nothing else is ever raised."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone
from functools import partial
from typing import Any

import attrs
import cattrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ticketcore import _plain, codec
from ticketcore._clocks import Cycle, Days, Length, Run, WorkingDays, parse_target
from ticketcore._time import MAX_US, MIN_US, from_us, iso
from ticketcore._typed import check_types
from ticketcore._values import DRAFTS, FrozenMap
from ticketcore.codec import (
    converter,
    effect_from_data,
    effect_to_data,
    event_from_data,
    event_to_data,
    event_to_line,
    from_data,
    history_from_lines,
    load_desk,
    outcome_from_data,
    ticket_from_data,
    ticket_to_data,
    to_data,
)
from ticketcore.errors import BadDuration, BadValue, DataError, OutOfRange, TicketcoreError
from ticketcore.extra.strategies.model import agents, effects, events, field_values, instants, messages, of_class, persons, targets, tickets
from ticketcore.model import (
    EFFECTS,
    EVENTS,
    Actor,
    Agent,
    Clock,
    Created,
    CustomerReplied,
    Decision,
    Effect,
    Event,
    FieldSet,
    Group,
    Message,
    Noted,
    Person,
    Repeat,
    Resolved,
    Slot,
    StatusSet,
    Ticket,
    fold,
)
from ticketcore.seal import sealed_from_data

EACH = max(10, settings.default.max_examples // 10) if settings.default else 10  # of a law that is tried for each of 58 kinds
NINE = "2026-11-20T09:00:00Z"


def plain(data: Any) -> bool:
    """Whether JSON holds it without losing anything."""
    if isinstance(data, dict):
        return all(type(key) is str and plain(value) for key, value in data.items())
    if isinstance(data, list):
        return all(plain(value) for value in data)
    return data is None or type(data) in (str, int, float, bool)


def refusal(call: Any, *args: Any) -> DataError | None:
    """The `DataError` that *call* refuses its arguments with; None if it takes them. Any other error goes on."""
    try:
        call(*args)
    except DataError as error:
        return error
    return None


def problems(call: Any, *args: Any, **named: Any) -> list[tuple[str, str, str]]:
    """The problems that *call* refuses its arguments with: path, message, hint."""
    with pytest.raises(DataError) as caught:
        call(*args, **named)
    return [(problem.path, problem.message, problem.hint) for problem in caught.value.problems]


# --- what is written is read back ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", EVENTS)
def test_an_event_is_read_back(kind: str) -> None:
    @settings(max_examples=EACH)
    @given(events(kind))
    def law(event: Any) -> None:
        data = event_to_data(event)
        assert data["kind"] == kind
        assert plain(data)
        assert event_from_data(data) == event
        assert event_from_data(json.loads(json.dumps(data))) == event

    law()


@pytest.mark.parametrize("kind", EFFECTS)
def test_an_effect_is_read_back(kind: str) -> None:
    @settings(max_examples=EACH)
    @given(effects(kind))
    def law(effect: Any) -> None:
        data = effect_to_data(effect)
        assert data["kind"] == kind
        assert plain(data)
        assert effect_from_data(json.loads(json.dumps(data))) == effect

    law()


@given(tickets() | of_class(Ticket))
def test_a_ticket_is_read_back(ticket: Ticket) -> None:
    data = ticket_to_data(ticket)
    assert plain(data)
    assert ticket_from_data(json.loads(json.dumps(data))) == ticket


@given(persons() | agents() | messages() | of_class(Clock))
def test_a_part_is_read_back(part: Any) -> None:
    assert from_data(type(part), to_data(part)) == part


@given(st.lists(events(), max_size=5))
def test_a_history_is_read_back_line_by_line(history: list[Any]) -> None:
    lines = [event_to_line(event) for event in history]
    assert list(history_from_lines(lines)) == history
    text = "\n".join(lines)
    assert list(history_from_lines(text.splitlines())) == history  # no text holds what a reader takes for a line end
    assert list(history_from_lines(text.encode().split(b"\n"))) == history


@given(st.frozensets(st.text(), max_size=6), st.dictionaries(st.text(), field_values(), max_size=6))
def test_equal_values_give_equal_text(tags: frozenset[str], fields: dict[str, Any]) -> None:
    there = Created(at=0, tags=tags, fields=fields)
    back = Created(at=0, tags=frozenset(sorted(tags, reverse=True)), fields=dict(reversed(fields.items())))
    assert event_to_line(there) == event_to_line(back)


@given(instants())
def test_instants_are_written_as_iso_says(us: int) -> None:
    assert _plain.write_instant(us) == iso(us)


@given(targets())
def test_a_target_is_read_back(target: Any) -> None:
    assert parse_target(str(target)) == target


def test_what_has_its_default_is_left_out() -> None:
    assert event_to_data(Created(at=0)) == {"kind": "created", "at": "1970-01-01T00:00:00Z"}
    assert ticket_to_data(Ticket(id="T-1")) == {"schema": 1, "id": "T-1"}
    assert to_data(Message(text="x")) == {"text": "x"}


def test_a_whole_event_in_plain_data() -> None:
    event = Created(
        at=datetime(2026, 11, 20, 11, tzinfo=timezone(timedelta(hours=2))), id="e1", ticket="T-1",
        by=Agent(id="maria", permissions={"b", "a"}),
        requester=Person(email="vip@example.gr", fields={"seats": 3}), message=Message(text="Εκτός λειτουργίας", attachments=["a.png"]),
        tags=["vip"], fields={"since": from_us(1), "for": timedelta(hours=1), "on": date(2026, 1, 2), "any": {"x"}, "list": [1, "a"]},
    )  # fmt: skip
    data = {
        "kind": "created", "at": NINE, "id": "e1", "ticket": "T-1", "by": {"role": "agent", "id": "maria", "permissions": ["a", "b"]},
        "message": {"text": "Εκτός λειτουργίας", "attachments": ["a.png"]}, "tags": ["vip"],
        "requester": {"email": "vip@example.gr", "fields": {"seats": 3}},
        "fields": {
            "any": {"set": ["x"]}, "for": {"duration": "1h"}, "list": [1, "a"], "on": {"date": "2026-01-02"},
            "since": {"instant": "1970-01-01T00:00:00.000001Z"},
        },
    }  # fmt: skip
    assert event_to_data(event) == data
    assert event_from_data(data) == event


def test_which_microseconds_are_instants_is_decided_for_each_field() -> None:
    names = {
        field.name
        for kind in (*EVENTS.values(), *EFFECTS.values(), *(type(part) for part in _parts()))
        for field in attrs.fields(kind)
        if field.name.endswith("_us")
    }
    assert names - codec.DURATIONS - {"sum_us"} == {  # that one is left out: it follows from what the runs counted
        "acknowledged_us", "as_of_us", "assigned_us", "at_us", "breached_us", "closed_us", "created_us", "due_us", "end_us", "ended_us",
        "escalated_us", "expires_us", "first_agent_reply_us", "first_us", "floor_us", "last_agent_reply_us", "last_customer_reply_us",
        "postponed_until_us", "priority_since_us", "resolved_us", "run_us", "said_at_us", "start_us", "started_us", "status_since_us",
        "last_warned_us", "until_us", "updated_us", "waiting_since_us", "waiting_us",
    }  # fmt: skip
    assert names >= codec.DURATIONS


def _parts() -> list[Any]:
    from ticketcore.model import Cycle, Repeat, Run, Slot

    cycle = Cycle(number=1, started_us=0)
    return [Ticket(id=""), Run(0, 0, 0), cycle, Clock(metric="", cycle=cycle), Slot(level=""), Repeat(first_us=0)]


@pytest.mark.parametrize("written", [
    datetime(2026, 11, 20, 9, tzinfo=UTC),  # as TOML gives it
    "2026-11-20T11:00:00+02:00",
    "2026-11-20T09:00:00.000000Z",
])  # fmt: skip
def test_instants_are_read_in_any_offset(written: Any) -> None:
    assert event_from_data({"kind": "closed", "at": written}).at == datetime(2026, 11, 20, 9, tzinfo=UTC)


def test_toml_dates_and_instants_are_field_values() -> None:
    given_ = {"on": date(2026, 1, 2), "at": datetime(2026, 1, 2, 3, tzinfo=timezone(timedelta(hours=1)))}
    event = from_data(Person, {"fields": given_})
    assert event.fields == {"on": date(2026, 1, 2), "at": datetime(2026, 1, 2, 2, tzinfo=UTC)}


# --- what is wrong is refused ----------------------------------------------------------------------------------------

keys = st.text() | st.sampled_from(["kind", "at", "role", "by", "fields", "set"])
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


@given(st.sampled_from([Event, Effect, Actor, Ticket, Clock, Person, Message]), json_values)
def test_any_data_is_read_or_refused_with_a_data_error(kind: Any, data: Any) -> None:
    error = refusal(from_data, kind, data, "here")
    if error is not None:
        assert error.problems
        assert all(problem.path.startswith("here") for problem in error.problems)
        assert str(error)
        assert error.__cause__ is None
        assert error.__context__ is None


@st.composite
def corrupted(draw: st.DrawFn, good: st.SearchStrategy[Any]) -> Any:
    """Plain data of something good, with one place of it changed."""
    data = json.loads(json.dumps(to_data(draw(good))))
    place: Any = data
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        if not keys:
            return data
        key = draw(st.sampled_from(keys))
        if isinstance(place[key], dict | list) and place[key] and draw(st.booleans()):
            place = place[key]
            continue
        if isinstance(place, dict) and draw(st.booleans()):
            place[draw(st.text())] = place.pop(key)
        else:
            place[key] = draw(json_values)
        return data


@given(corrupted(events() | effects() | tickets() | persons()), st.sampled_from([Event, Effect, Ticket, Person]))
def test_corrupted_data_is_read_or_refused_with_a_data_error(data: Any, kind: Any) -> None:
    error = refusal(from_data, kind, data)
    assert error is None or error.problems


@given(st.text() | st.binary())
def test_any_line_is_read_or_refused_with_a_data_error(line: Any) -> None:
    error = refusal(lambda: list(history_from_lines([line])))
    assert error is None or all(problem.path.startswith("line[1]") for problem in error.problems)


def test_all_problems_are_listed_with_their_paths() -> None:
    data = {
        "kind": "created", "at": "yesterday", "tagz": [], "by": {"role": "customer", "emial": "x", "tags": ["a", 3, None]},
        "message": {"public": 1}, "fields": {"a b": [[]], "n": float("nan")}, "facts": {"score": 2**63},
    }  # fmt: skip
    assert [path for path, _, _ in problems(event_from_data, data, "history[3]")] == [
        "history[3].at", "history[3].tagz", "history[3].by.emial", "history[3].by.tags[1]", "history[3].by.tags[2]",
        "history[3].message.public", "history[3].fields['a b'][0]", "history[3].fields.n", "history[3].facts.score",
    ]  # fmt: skip


def test_the_listing_reads_well() -> None:
    with pytest.raises(DataError) as caught:
        event_from_data({"kind": "status_set", "status": 3, "cuase": ""}, "events[0]")
    assert str(caught.value).splitlines() == [
        "event: 3 problems",
        "  events[0].status  text is wanted, not a whole number",
        "  events[0].cuase   status_set event has no 'cuase'; did you mean 'cause'?",
        "  events[0].at      status_set event needs 'at'",
    ]


@pytest.mark.parametrize(("read", "what"), [
    (event_from_data, "event"), (effect_from_data, "effect"), (ticket_from_data, "ticket"), (outcome_from_data, "outcome"),
    (load_desk, "desk"), (sealed_from_data, "sealed event"), (partial(event_from_data, trusted=True), "event"),
    (partial(ticket_from_data, trusted=True), "ticket"), (partial(from_data, Event), "event"), (partial(from_data, Effect), "effect"),
    (partial(from_data, Actor), "actor"), (partial(from_data, Person), "person"), (partial(from_data, Clock), "clock"),
])  # fmt: skip
def test_a_refusal_says_what_was_to_be_read_and_where(read: Any, what: str) -> None:
    for path, asked in (("", ()), ("here[3]", ("here[3]",))):
        with pytest.raises(DataError) as caught:
            read(5, *asked)
        assert (caught.value.message, caught.value.path, caught.value.problems[0].value) == (f"{what}: 1 problem", path, "5")


AT = {"at": NINE}
NUMBERED: dict[Any, Any] = {"kind": "closed", "at": NINE, 5: 1}


@pytest.mark.parametrize(("data", "path", "words"), [
    (None, "", "a table is wanted, not nothing"),
    ([], "", "a table is wanted, not a list"),
    (AT, "kind", "event needs 'kind'"),
    ({"kind": "closd", **AT}, "kind", "did you mean 'closed'?"),
    ({"kind": 7, **AT}, "kind", "event kind is text, not a whole number"),
    ({"kind": ["closed"], **AT}, "kind", "not a list"),  # cannot be hashed
    ({"kind": "closed"}, "at", "needs 'at'"),
    ({"kind": "closed", "at": 1_000}, "at", "an instant is ISO 8601 text, not a whole number"),
    ({"kind": "closed", "at": "2026-11-20T09:00:00"}, "at", "naive"),
    ({"kind": "closed", "at": datetime(2026, 1, 1)}, "at", "naive"),
    ({"kind": "closed", "at": "0001-01-01T00:00:00+01:00"}, "at", "outside the years"),
    ({"kind": "closed", **AT, "schema": 2}, "schema", "this release reads 1"),
    ({"kind": "closed", **AT, "schema": True}, "schema", "not true or false"),
    (NUMBERED, "[5]", "a key is text, not a whole number"),
    ({"kind": "closed", **AT, "id": True}, "id", "text is wanted, not true or false"),
    ({"kind": "closed", **AT, "id": "x" * 65_537}, "id", "65537 characters"),
    ({"kind": "closed", **AT, "id": "\ud800"}, "id", "half a surrogate pair"),
    ({"kind": "closed", **AT, "by": {"id": "x"}}, "by.role", "an actor needs 'role'"),
    ({"kind": "closed", **AT, "by": {"role": "agnet", "id": "x"}}, "by.role", "did you mean 'agent'?"),
    ({"kind": "closed", **AT, "by": "maria"}, "by", "a table is wanted, not text"),
    ({"kind": "created", **AT, "requester": {"role": "agent"}}, "requester.role", "known are customer"),
    ({"kind": "created", **AT, "has_message": 1}, "has_message", "true or false is wanted, not a whole number"),
    ({"kind": "created", **AT, "has_message": None}, "has_message", "not nothing"),
    ({"kind": "created", **AT, "tags": "vip"}, "tags", "a list is wanted, not text"),
    ({"kind": "rated", **AT, "score": True}, "score", "a whole number is wanted, not true or false"),
    ({"kind": "rated", **AT, "score": 5.0}, "score", "not a number with a fraction"),
    ({"kind": "rated", **AT, "score": -(2**63)}, "score", "too large"),
    ({"kind": "transferred", **AT}, "group", "needs 'group'"),  # None is a group too: none
    ({"kind": "target_extended", **AT, "metric": "m", "extra": 4}, "extra", "a duration is text"),
    ({"kind": "target_extended", **AT, "metric": "m", "extra": "4 hours"}, "extra", "'4 hours' is no duration"),
    ({"kind": "breached", **AT, "metric": "m", "number": 1, "due": NINE, "target": "soon"}, "target", "'soon' is no target"),
    ({"kind": "breached", **AT, "metric": "m", "number": 1, "due": NINE, "target": 4}, "target", "a target is text"),
    ({"kind": "field_set", **AT, "name": "n", "value": {"a": 1}}, "value", "not a table"),
    ({"kind": "field_set", **AT, "name": "n", "value": {"set": "ab"}}, "value.set", "a list is wanted"),
    ({"kind": "field_set", **AT, "name": "n", "value": {"set": [{"set": []}]}}, "value.set[0]", "not a table"),
    ({"kind": "field_set", **AT, "name": "n", "value": {"date": "2026-02-30"}}, "value.date", "this is no date"),
    ({"kind": "field_set", **AT, "name": "n", "value": {"instant": "now"}}, "value.instant", "no ISO 8601 instant"),
    ({"kind": "field_set", **AT, "name": "n", "value": {3: "now"}}, "value", "not a table"),
    ({"kind": "field_set", **AT, "name": "n", "value": float("inf")}, "value", "no finite number"),
    ({"kind": "field_set", **AT, "name": "n", "value": {1, 2}}, "value", "not set"),
    ({"kind": "field_set", **AT, "name": "n", "value": b"x"}, "value", "not bytes"),
    ({"kind": "facts_reported", **AT, "facts": {3: 4}}, "facts[3]", "text is wanted"),
    ({"kind": "facts_reported", **AT, "facts": [3]}, "facts", "a table is wanted, not a list"),
    ({"kind": "facts_reported", **AT, "facts": {"f": datetime(2026, 1, 1)}}, "facts.f", "naive"),
    ({"kind": "retargeted", **AT, "metric": "m", "policy": None, "target": None, "counted": ["1h", 2]}, "counted[1]", "a duration is text"),
])  # fmt: skip
def test_an_event_is_refused(data: Any, path: str, words: str) -> None:
    found = problems(event_from_data, data)
    assert [place for place, _, _ in found] == [path]
    assert words in f"{found[0][1]}; {found[0][2]}"


def nested(levels: int) -> list[Any]:
    data: list[Any] = []
    for _ in range(levels - 1):
        data = [data]
    return data


def circle() -> Any:
    data: dict[str, Any] = {"kind": "closed", "at": NINE}
    data["by"] = data
    return data


@pytest.mark.parametrize(("data", "words"), [
    (nested(400), "nested more than 32 levels deep"),
    (nested(100_000), "nested more than 32 levels deep"),
    ({"fields": nested(32)}, "nested more than 32 levels deep"),
    (circle(), "nested more than 32 levels deep"),
    ({"tags": ["x"] * 10_001}, "more than 10000 items"),
    ({"tags": ["x"] * 9_000, "fields": dict.fromkeys(map(str, range(2_000)), 1)}, "more than 10000 parts"),
    ({"fields": {str(n): 1 for n in range(10_001)}}, "more than 10000 items"),
])  # fmt: skip
def test_data_that_is_too_large_is_refused_before_it_is_read(data: Any, words: str) -> None:
    found = problems(event_from_data, data)
    assert [words in message for _, message, _ in found] == [True]


@given(
    st.recursive(
        st.none() | st.integers() | st.dates(), lambda part: st.lists(part, max_size=4) | st.dictionaries(st.text(), part, max_size=4)
    ),
    st.builds(_plain.Limits, depth=st.integers(1, 5), nodes=st.integers(1, 12), items=st.integers(1, 4)),
)
def test_data_fits_when_nothing_is_found_too_large_in_it(data: Any, limits: Any) -> None:
    try:
        _plain._refuse_size(data, limits)
    except _plain.Refusal:
        assert not _plain.fits(data, limits)
    else:
        assert _plain.fits(data, limits)


# --- in one pass, or through the readers that explain ----------------------------------------------------------------


def answer(read: Any, *args: Any, **named: Any) -> Any:
    """The value that *read* gives, with its type, or every problem it refuses with."""
    try:
        value = read(*args, **named)
    except DataError as error:
        told = [(problem.path, problem.message, problem.hint, problem.code, problem.value) for problem in error.problems]
        return error.message, told
    return value, type(value), hash(value)


def explained(kind: Any, data: Any, path: str = "") -> Any:
    """`from_data` by the explaining readers alone, which make every value by its constructor."""
    what = {Event: "event", Effect: "effect", Actor: "actor"}.get(kind) or kind.__name__.lower()
    limits = _plain.LARGE if kind is Ticket else _plain.LIMITS
    return _plain.read_document(codec._BY_TYPE[kind], data, path=path, what=what, limits=limits)


@given(st.data())
def test_data_is_read_in_one_pass_as_by_the_readers_that_explain(data: Any) -> None:
    kind, values = data.draw(
        st.sampled_from([(Event, events()), (Effect, effects()), (Ticket, tickets() | of_class(Ticket)), (Actor, persons() | agents())])
    )
    for written in (to_data(data.draw(values)), data.draw(corrupted(values))):
        wanted = answer(explained, kind, written, "here")
        assert answer(from_data, kind, written, "here") == wanted
        if kind is Event:
            assert answer(event_from_data, written, "here") == wanted
        elif kind is Ticket:
            assert answer(ticket_from_data, written, "here") == wanted


@given(
    corrupted(events() | effects() | tickets() | persons()), st.sampled_from([Event, Effect, Ticket, Actor, Person, Clock, Run, Message])
)
def test_data_of_another_kind_is_refused_in_the_same_words(data: Any, kind: Any) -> None:
    assert answer(from_data, kind, data) == answer(explained, kind, data)


class Table(dict[Any, Any]):
    """A dict that is not quite one."""


RUN = {"start": NINE, "end": NINE, "counted": "1m"}
CLOCK: dict[str, Any] = {"metric": "m", "cycle": {"number": 1, "started": NINE, "runs": [RUN, {**RUN, "why": "open"}]}}
GOAL = {"kind": "retargeted", "at": NINE, "metric": "m", "policy": None, "target": "4h"}


@pytest.mark.parametrize("data", [
    {"id": "T", "schema": 2}, {"id": "T", "schema": True}, {"id": "T", "requester": {"role": "agent"}}, {"id": "T", "memo": None},
    {"id": "T", "requester": {"role": "customer", "zone": "Mars"}}, {"id": "T", "requester": {"zone": "Europe/Athens"}},
    Table(id="T"), FrozenMap(id="T"), {"id": "T", "tags": ("a", "b")}, {"id": "T", "tags": {"a"}}, {"id": "T", "tags": "ab"},
    {"id": "T", "created": datetime(2026, 1, 1, tzinfo=UTC)}, {"id": "T", "created": datetime(2026, 1, 1)}, {"id": "T", "created": None},
    {"id": "T", "assignee": None}, {"id": "T", "resolved": None}, {"id": "T", "version": True}, {"id": "T", "version": 2**63},
    {"id": "T", "silenced": 1}, {"id": "T", "subject": "\ud800"}, {"id": "T", "policy_choices": {"rule": 3}}, {"id": "T", "fields": {1: 2}},
    {"id": "T", "clocks": {"m": CLOCK}}, {"id": "T", "clocks": {1: CLOCK}}, {"id": "T", "clocks": []},
    {"id": "T", "clocks": {"m": {**CLOCK, "cycle": {**CLOCK["cycle"], "runs": [{**RUN, "sum": "1m"}]}}}},
    {"id": "T", "clocks": {"m": {**CLOCK, "cycle": {**CLOCK["cycle"], "runs": (RUN,)}}}},
    {"id": "T", "fields": {"a": [1, {"instant": NINE}]}},
    GOAL, {**GOAL, "target": None}, {**GOAL, "counted": None}, {**GOAL, "counted": ["1h"]}, {**GOAL, "policy": 1}, {**GOAL, "schema": 1},
    {"kind": "retargeted", "at": NINE, "metric": "m", "target": "4h"}, {"kind": "closed", "at": NINE, "by": {"role": ["x"]}},
    {"kind": ["x"]},
    {"kind": "closed", "at": NINE, "by": {"role": "customer", "zone": "Europe/Athens"}}, {"kind": "closed", "at": 0}, ["id"], "id", 5, None,
])  # fmt: skip
def test_one_pass_and_the_explaining_readers_agree(data: Any) -> None:
    for kind in (Ticket, Event, Actor):
        assert answer(from_data, kind, data, "here") == answer(explained, kind, data, "here")


@pytest.mark.parametrize("kind", [*EVENTS.values(), *EFFECTS.values(), Ticket, Person, Agent, Group, Message, Decision, Run, Slot, Repeat])
def test_nothing_is_left_to_a_constructor_that_a_reader_does_not_do(kind: type) -> None:
    assert getattr(kind, "__attrs_post_init__", check_types) is check_types  # of the right type is what a reader gives
    for part in attrs.fields(kind):
        assert part.validator is None
        assert part.converter in codec._DONE or (kind, part.name) == (Person, "zone")


@pytest.mark.parametrize("zone", ["Europe/Athens", "", "Mars/Base"])
def test_what_a_constructor_alone_can_say_is_asked_of_it(zone: str) -> None:
    try:
        wanted: Any = Person(id="p", zone=zone)
    except TicketcoreError as error:
        wanted = [(error.path, error.message, error.hint)]
    try:
        found: Any = from_data(Person, {"id": "p", "zone": zone})
    except DataError as error:
        found = [(problem.path, problem.message, problem.hint) for problem in error.problems]
    assert found == wanted


@pytest.mark.parametrize("text", ["1h 30m", " " * 99 + "1h 30m"])
def test_a_duration_is_the_same_however_it_is_written(text: str) -> None:
    for _ in range(2):
        event: Any = event_from_data({"kind": "target_extended", "at": NINE, "metric": "m", "extra": text})
        assert event.extra_us == 5_400_000_000


def test_readers_made_anew_read_and_refuse_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are made while the library is imported, when no test looks."""
    table = [row[0] for mark in vars(test_an_event_is_refused)["pytestmark"] for row in mark.args[1]]
    table += [{"kind": kind, **AT, "schema": 1, "id": "x"} for kind in EVENTS] + [GOAL, {**GOAL, "target": 5}, {**GOAL, "at": None}]
    monkeypatch.setattr(codec, "_BY_TYPE", dict(codec._BY_TYPE))
    monkeypatch.setattr(codec, "_ASIDE", dict(codec._ASIDE))
    people = {
        "customer": codec._known(Person, "a person", {"role": _plain.one_of(["customer"], "role here")}),
        "agent": codec._known(Agent, "an agent", {"role": _plain.one_of(["agent"], "role here")}),
    }
    actors = codec._BY_TYPE[Actor] = _plain.tagged("role", people, "an actor")
    codec._BY_TYPE[Actor | None] = _plain.optional(actors)
    anew = codec._union("kind", EVENTS, "event")
    for data in table:
        assert answer(_plain.read_document, anew, data, what="event") == answer(event_from_data, data)
    assert codec._ASIDE[Noted].keys() == {"kind", "schema"}
    assert codec._ASIDE[Person].keys() == {"role"}


def test_what_is_no_list_hides_no_list_behind_it() -> None:
    data: Any = {"a": object(), "b": datetime(2026, 1, 1), "c": [object(), [[1, 2], [3]]]}
    limits = attrs.evolve(_plain.LIMITS, depth=3)
    assert not _plain.fits(data, limits)
    with pytest.raises(_plain.Refusal) as caught:
        _plain.check_size(data, limits)
    assert [(problem.path, problem.code) for problem in caught.value.problems] == [(".c[1][0]", "too-deep")]
    assert _plain.fits(data, attrs.evolve(limits, depth=5))


def test_data_may_be_as_deep_as_the_limit() -> None:
    _plain.check_size(nested(32))


def test_a_ticket_may_have_thousands_of_runs() -> None:
    clock = from_data(Clock, {"metric": "m", "cycle": {"number": 1, "started": NINE}})
    run = from_data(_parts()[1].__class__, {"start": NINE, "end": NINE, "counted": "0s"})
    ticket = Ticket(id="T", clocks=FrozenMap(m=attrs.evolve(clock, cycle=attrs.evolve(clock.cycle, runs=(run,) * 5_000))))
    assert ticket_from_data(ticket_to_data(ticket)) == ticket


@pytest.mark.parametrize("data", [
    {"kind": "closed", "at": NINE, **{f"k{n}": 1 for n in range(500)}},  # unknown keys
    {"kind": "created", "at": NINE, "tags": [1] * 500},  # a list
    {"kind": "created", "at": NINE, "fields": {str(n): b"" for n in range(500)}},  # a mapping
    {"kind": "created", "at": NINE, "tags": [1] * 80, "fields": {str(n): b"" for n in range(80)}},  # together
])  # fmt: skip
def test_no_more_problems_are_listed_than_are_read(data: Any) -> None:
    found = problems(event_from_data, data)
    assert len(found) == 101
    assert found[-1] == ("", "only the first 100 problems are listed", "")


@pytest.mark.parametrize(("line", "words"), [
    ("{", "this is no JSON"),
    ('{"a": 1, "a": 2}', "the key 'a' stands twice"),
    ('{"kind": "closed", "by": {"id": 1, "id": 2}}', "the key 'id' stands twice"),
    ('{"a": NaN}', "NaN is no number"),
    ('{"a": -Infinity}', "-Infinity is no number"),
    ('{"a": 1e999}', ""),  # read as infinite, and the key is unknown anyway
    ("1" * 5_000, "a number in this JSON text is too large"),
    ("[" * 100_000, "nested too deeply"),
    ("[" * 100 + "]" * 100, "nested more than 32"),
    (" " + "1" * 1_048_577, "1048578 characters"),
    (b"\xff", "this is no UTF-8"),
    ('"\\ud800"', "a table is wanted"),
    (7, "JSON text is wanted, not a whole number"),
])  # fmt: skip
def test_a_line_is_refused(line: Any, words: str) -> None:
    found = problems(lambda: list(history_from_lines(["", line])))
    assert found[0][0].startswith("line[2]")
    assert words in found[0][1]


def test_a_history_is_read_up_to_the_line_that_is_wrong() -> None:
    good = event_to_line(Resolved(at=0, id="e1"))
    reading = history_from_lines([good, "  \n", b'{"kind": "closed", "by": {"role": "agent", "idd": "m"}}'])
    assert next(reading).id == "e1"
    assert [path for path, _, _ in problems(next, reading)] == ["line[3].by.idd", "line[3].by.id", "line[3].at"]


@pytest.mark.parametrize("value", [3, "x", None, object(), [Resolved(at=0)], Resolved])
def test_only_values_of_ours_are_written(value: Any) -> None:
    for write in (to_data, event_to_data, effect_to_data, ticket_to_data):
        with pytest.raises(BadValue):
            write(value)


def test_a_value_of_another_kind_is_not_written() -> None:
    with pytest.raises(BadValue, match="an event is wanted, not Ticket"):
        event_to_data(Ticket(id=""))  # type: ignore[arg-type]  # the error under test
    with pytest.raises(BadValue, match="a ticket is wanted, not Resolved"):
        ticket_to_data(Resolved(at=0))  # type: ignore[arg-type]  # the error under test
    with pytest.raises(BadValue, match="an effect is wanted, not Resolved"):
        effect_to_data(Resolved(at=0))  # type: ignore[arg-type]  # the error under test


@pytest.mark.parametrize("value", [object(), {"a": 1}, ((),), b"x", 1j])
def test_a_field_that_has_no_plain_form_is_not_written(value: Any) -> None:
    with pytest.raises(BadValue, match="no plain form"):
        to_data(FieldSet(at=0, name="n", value=value))


@pytest.mark.parametrize("kind", [dict, None, "Event", datetime])
def test_only_types_of_ours_are_read(kind: Any) -> None:
    with pytest.raises(TicketcoreError):
        from_data(kind, {})


def test_the_parts_of_a_note_are_as_in_python() -> None:
    assert event_from_data({"kind": "noted", **AT}) == Noted(at=datetime(2026, 11, 20, 9, tzinfo=UTC))
    assert event_to_data(Noted(at=0, message=Message(text="x", public=False)))["message"] == {"text": "x", "public": False}


# --- targets ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("written", "target"), [
    ("4h", Length(14_400_000_000)),
    ("1h 30m calendar", Length(5_400_000_000, calendar=True)),
    ("PT4H", Length(14_400_000_000)),
    ("2d", Length(172_800_000_000)),  # two times 24 hours
    ("15 days", Days(15)),
    ("1 day", Days(1)),
    ("3  working days ", WorkingDays(3)),
    ("1 working day, end of day", WorkingDays(1, end_of_day=True)),
    (timedelta(minutes=1), Length(60_000_000)),
    (Days(2), Days(2)),
])  # fmt: skip
def test_a_target_is_read(written: Any, target: Any) -> None:
    assert parse_target(written) == target


@pytest.mark.parametrize("written", [
    "", "4", "h", "-4h", "4h 4h", "four days", "-1 days", "1.5 days", "٣ days", "99999 days", "100000000000 days", "days", "working days",
    "3 working", "3 working days, end", "calendar", "x" * 65, 4, None, True, timedelta(-1), "9999999d calendar", "²days", "² days",
])  # fmt: skip
def test_a_target_is_refused(written: Any) -> None:
    with pytest.raises(BadDuration):
        parse_target(written)


# --- for the host's own classes --------------------------------------------------------------------------------------


@attrs.frozen
class Row:
    """A class of a host's that holds our values."""

    ticket: Ticket
    events: list[Event]
    by: Actor | None
    note: str = ""


def test_a_converter_reads_and_writes_the_hosts_own_classes() -> None:
    row = Row(Ticket(id="T"), [Resolved(at=0), StatusSet(at=0, status="open")], Agent(id="m"))
    ours = converter()
    data = ours.unstructure(row)
    assert plain(data)
    assert data["by"] == {"role": "agent", "id": "m"}
    assert ours.structure(data, Row) == row
    with pytest.raises(cattrs.ClassValidationError) as caught:
        ours.structure({**data, "ticket": {"idd": ""}}, Row)
    assert isinstance(caught.value.exceptions[0], DataError)


def test_the_limits_of_time_can_be_written() -> None:
    for us in (MIN_US, MAX_US):
        event = CustomerReplied(at=us)
        assert event_from_data(event_to_data(event)) == event


def test_an_instant_past_the_end_of_time_is_not_written() -> None:
    with pytest.raises(OutOfRange):
        to_data(Ticket(id="T", floor_us=MAX_US + 1))


def plainly(value: Any) -> dict[str, Any]:
    """What a value is written as, said in a loop: its tag, the fields without a default, then those that have not their default."""
    data: dict[str, Any] = dict([codec._TAGS[type(value)]] if type(value) in codec._TAGS else [])
    for part in sorted(attrs.fields(type(value)), key=lambda part: part.default is not attrs.NOTHING):
        held, default = getattr(value, part.name), part.default
        if part.name in ("memo", "sum_us") or (default is not attrs.NOTHING and held == default):
            continue
        write = codec._hook(part)
        data[part.name.removesuffix("_us")] = held if write is None else write(held)
    return data


@given(events() | effects() | tickets() | of_class(Ticket) | persons() | agents() | messages() | of_class(Clock))
def test_a_value_is_written_field_by_field(value: Any) -> None:
    assert list(to_data(value).items()) == list(plainly(value).items())


# --- trusted data -----------------------------------------------------------------------------------------------------------


@given(tickets())
def test_a_trusted_ticket_is_the_one_that_is_read_strictly(ticket: Ticket) -> None:
    data = codec.ticket_to_data(ticket)
    found = codec.ticket_from_data(json.loads(json.dumps(data)), trusted=True)
    assert found == codec.ticket_from_data(data) == ticket
    assert hash(found) == hash(ticket)
    assert fold((), found) == ticket


@given(of_class(Ticket))
def test_any_ticket_can_be_trusted(ticket: Ticket) -> None:
    assert codec.ticket_from_data(codec.ticket_to_data(ticket), trusted=True) == ticket


@given(events())
def test_a_trusted_event_is_the_one_that_is_read_strictly(event: Any) -> None:
    data = event_to_data(event)
    found = event_from_data(json.loads(json.dumps(data)), trusted=True)
    assert (found, type(found)) == (event, type(event))
    assert hash(found) == hash(event)
    line = json.dumps(data)
    assert list(codec.history_from_lines([line, "", line.encode()], trusted=True)) == [event, event]


@given(st.dictionaries(st.text(), field_values(), max_size=4), instants(), instants())
def test_the_parts_of_trusted_data_are_read_as_strictly(fields: dict[str, Any], at: int, then: int) -> None:
    person = Person(id="p", tags={"b", "a"}, fields=fields)
    log = [
        Created(at=at, said_at=then, ticket="T", by=person, requester=person, fields=fields),
        FieldSet(at=then, name="f", value=at, by=Agent(id="m")),
        FieldSet(at=then, name="f", value=from_us(at)),
    ]
    for event in log:
        data = json.loads(json.dumps(event_to_data(event)))
        assert event_from_data(data, trusted=True) == event_from_data(data) == event


@pytest.mark.parametrize("kind", [*EVENTS.values(), Ticket, Person, Agent, Message, Clock, Cycle, Run])
def test_a_draft_begins_with_the_defaults_and_becomes_the_value(kind: type) -> None:
    given = {part.name: 0 for part in attrs.fields(kind) if part.default is attrs.NOTHING}
    draft: Any = DRAFTS[kind]()
    for name in given:
        assert getattr(draft, name) is None
        setattr(draft, name, 0)
    draft.__class__ = kind
    made: Any = draft  # no draft any more
    for part in attrs.fields(kind):
        assert getattr(made, part.name) == (0 if part.name in given else part.default)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        made.anything = "x"


@pytest.mark.parametrize("data", [
    {"id": "T", "requester": None}, {"id": "T", "assignee": None}, {"id": "T", "resolved": None}, {"id": "T", "clocks": None},
    {"id": "T", "fields": {"a": {}}}, {"id": "T", "x": 1}, {"id": "T", 1: 1}, {"id": "T", "created": 5}, {"id": "T", "created": []},
    {"id": "T", "created": "2026-11-20T09:00:00"}, {"kind": "closed", "by": None, "at": NINE},
    {"kind": "closed", "by": {"role": "boss"}, "at": NINE}, {"kind": "closed"},
])  # fmt: skip
def test_where_trusted_reading_stumbles_the_strict_reading_answers(data: Any) -> None:
    read = event_from_data if "kind" in data else ticket_from_data

    assert answer(read, data, trusted=True) == answer(read, data)


@given(corrupted(events() | tickets()))
def test_what_cannot_be_trusted_is_refused_as_strictly_or_taken(data: Any) -> None:
    for read in (codec.ticket_from_data, codec.event_from_data):
        with suppress(DataError):
            read(data, trusted=True)


@given(corrupted(events() | tickets()))
def test_whatever_the_library_could_have_written_is_trusted_as_it_is_read_strictly(data: Any) -> None:
    for read in (codec.ticket_from_data, codec.event_from_data):
        with suppress(DataError):
            value = read(data)
            if to_data(value) == data:
                found = read(json.loads(json.dumps(data)), trusted=True)
                assert (found, type(found), hash(found)) == (value, type(value), hash(value))


@given(st.lists(persons() | agents(), min_size=1, max_size=3), st.data())
def test_people_are_trusted_alike_however_often_they_come_and_in_whatever_order_of_keys(people: list[Any], data: st.DataObject) -> None:
    for person in data.draw(st.lists(st.sampled_from(people), max_size=8)):
        given_data = json.loads(json.dumps(to_data(person)))
        keys = data.draw(st.permutations(list(given_data)))
        event = {"kind": "resolved", "at": "1970-01-01T00:00:00Z", "by": {key: given_data[key] for key in keys}}
        assert event_from_data(event, trusted=True) == event_from_data(event) == Resolved(at=0, by=person)


def test_people_that_are_wrong_do_not_spoil_those_that_come_after() -> None:
    for wrong in (1, True, 1.0, None):
        event_from_data({"kind": "closed", "at": NINE, "by": {"role": "agent", "id": wrong}}, trusted=True)
    right = {"kind": "closed", "at": NINE, "by": {"role": "agent", "id": "1", "name": "True"}}
    assert event_from_data(right, trusted=True) == event_from_data(right)
    lacking = {"kind": "closed", "at": NINE, "by": {"role": "agent", "name": "Maria"}}
    assert answer(event_from_data, lacking, trusted=True) == answer(event_from_data, lacking)
    assert answer(event_from_data, lacking, trusted=True) == answer(event_from_data, lacking)


def test_trusted_data_that_lacks_something_is_refused_with_its_path() -> None:
    broken: tuple[Any, ...] = (
        {},
        {"status": "open"},
        None,
        [],
        {"id": "T", "clocks": {"m": {"metric": "m"}}},
        {"id": "T", "created": "soon"},
    )
    for data in broken:
        with pytest.raises(DataError) as caught:
            codec.ticket_from_data(data, "tickets[3]", trusted=True)
        assert str(caught.value) == str(refusal(ticket_from_data, data, "tickets[3]"))
    with pytest.raises(DataError, match="line"):
        list(codec.history_from_lines(["{"], trusted=True))
    with pytest.raises(DataError, match="unknown"):
        codec.event_from_data({"kind": "closd"}, trusted=True)


def test_every_kind_of_value_can_be_trusted() -> None:
    from ticketcore.model import Retargeted

    target = Length(3_600_000_000)
    log = (
        Retargeted(at=0, metric="m", policy=None, target=target, hours="24x7", counted=(1, 60_000_000)),
        FieldSet(at=0, name="f", value=["a", 1]), FieldSet(at=0, name="f", value="a"), StatusSet(at=0, status="open", by=Agent(id="maria")),
        Created(at=0, ticket="T", requester=Person(fields={"seats": frozenset({"a"})}), message=Message(attachments=("a",))),
    )  # fmt: skip
    assert [event_from_data(event_to_data(event), trusted=True) for event in log] == list(log)
    run = Run(0, 5, 5, "open", "e1", 5)
    cycle = Cycle(number=1, started_us=0, runs=(run,), banked_us=5, target=target)
    ticket = Ticket(id="T", clocks=FrozenMap({"m": Clock(metric="m", cycle=cycle)}))
    assert codec.ticket_from_data(codec.ticket_to_data(ticket), trusted=True) == ticket
