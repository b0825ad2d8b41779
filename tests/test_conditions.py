"""Conditions: what they mean, that every form of them agrees, when they rise, and what is refused with which words."""

from __future__ import annotations

import itertools
import pickle
import random
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

import attrs
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ticketcore import _compiled, _rises, _text
from ticketcore._clocks import parse_target
from ticketcore._explaining import _value
from ticketcore._rises import NEVER, hours_flip, in_hours
from ticketcore._text import PLAIN_FOLDING, Folding, fold, words_of
from ticketcore._ticket import draft_of
from ticketcore._time import MAX_US
from ticketcore.conditions import (
    DURATION,
    FALSE,
    FLAG,
    INSTANT,
    LAYERS,
    NAME,
    NUMBER,
    OPERATORS,
    TAGS,
    TEXT,
    TRUE,
    AllOf,
    AnyOf,
    Changed,
    Condition,
    Fact,
    FieldType,
    InHours,
    Not,
    Since,
    Sla,
    Test,
    Timed,
    Until,
    View,
    Vocabulary,
    compiled,
    explain,
    facts_needed,
    field,
    fields_of,
    holds,
    hours,
    is_timed,
    names_category,
    next_rise,
    no_clock,
    parse,
    parse_facts,
    parse_fields,
    parse_type,
    say,
    say_span,
    since,
    sla,
    span_of,
    static_part,
    to_data,
    until,
)  # fmt: skip
from ticketcore.errors import BadDuration, BadValue, Problem, UnknownName, shorten
from ticketcore.extra.strategies.conditions import EVENING_US, MINUTE_US, Reading
from ticketcore.hours import ALWAYS, BusinessHours
from ticketcore.model import (
    Agent,
    AgentReplied,
    Assigned,
    Breached,
    Created,
    CustomerReplied,
    Days,
    FieldSet,
    FrozenMap,
    Length,
    Message,
    Person,
    Ticket,
    Transferred,
    WorkingDays,
    apply,
    evolve,
)  # fmt: skip

strategies: Any = import_module("ticketcore.extra.strategies.conditions")  # the module: its package has a function of that name
HOUR_US = 60 * MINUTE_US
NOW = EVENING_US
OPEN = BusinessHours(zone="UTC", week={"mon-fri": ["09:00-17:00"]}, holidays=["2026-11-23"])
NIGHT = BusinessHours(zone="UTC", week={"mon-sun": ["22:00-24:00"]})
WORDS = Vocabulary(
    statuses={"new": "new", "open": "open", "answered": "answered", "resolved": "resolved", "closed": "closed", "spam": "removed"},
    levels=("low", "medium", "high", "urgent"),
    metrics=("first_reply", "resolution"),
    hours={"support": OPEN, "night": NIGHT},
    default_hours="support",
    policies=("std", "gold"),
    groups=("sales", "technicians"),
    fields={
        "site": NAME, "impact": FieldType(kind="ordered", choices=("small", "big")), "score": NUMBER, "vip": FLAG, "deadline": INSTANT,
        "effort": DURATION, "parts": FieldType(kind="set", choices=("disk", "fan")), "remark": TEXT,
        "shop": FieldType(kind="choice", choices=("web", "store")),
    },
    requester_fields={"plan": NAME},
    facts={"queue": Fact(type=NUMBER, default=0), "mood": Fact(type=NAME, required_with=("created",))},
    regex=strategies.literally,
)  # fmt: skip
ANN = Person(id="c-7", email="Ann@Example.gr", tier="gold", tags={"press"}, fields={"plan": "pro"})
TICKET = Ticket(
    id="T-1", status="open", category="open", priority="medium", subject="Εκτός λειτουργίας", text="The shop is DOWN", channel="email",
    requester=ANN, assignee="maria", group="sales", tags=frozenset({"vip", "outage"}), policy="std", agent_replies=2,
    fields=FrozenMap({
        "site": "north", "impact": "big", "score": 7, "vip": True, "deadline": NOW + HOUR_US, "effort": HOUR_US,
        "parts": frozenset({"disk"}), "remark": "Nestrādā", "shop": "web",
    }),
    facts=FrozenMap({"mood": "angry"}), created_us=NOW - HOUR_US, updated_us=NOW - HOUR_US,
)  # fmt: skip
READING = Reading(
    state="running", is_open=True, is_running=True, due_us=NOW + 2 * HOUR_US, started_us=NOW - 2 * HOUR_US, half_us=NOW,
)  # fmt: skip


def seen(ticket: Ticket = TICKET, *, at: int = NOW, before: Ticket | None = None, event: Any = None, **clocks: Reading) -> View:
    return View(WORDS, ticket, at, before, event, clocks.get)


def read(data: Any, words: Vocabulary = WORDS, layer: str = "rules") -> Condition:
    problems: list[Problem] = []
    condition = parse(data, words, "", problems, layer)
    assert problems == []
    return condition


def refused(data: Any, words: Vocabulary = WORDS, layer: str = "rules") -> list[str]:
    problems: list[Problem] = []
    parse(data, words, "when", problems, layer)
    return [str(problem) for problem in problems]


@st.composite
def any_desk(draw: st.DrawFn) -> tuple[Condition, View]:
    words = draw(strategies.vocabularies())
    return draw(strategies.conditions(words)), draw(strategies.views(words))


@st.composite
def cases(draw: st.DrawFn, words: Vocabulary = WORDS) -> tuple[Condition, View]:
    return draw(strategies.conditions(words)), draw(strategies.views(words))


@st.composite
def timed_cases(draw: st.DrawFn) -> tuple[Condition, View]:
    support, night = draw(strategies.short_hours()), draw(strategies.short_hours())
    words = Vocabulary(
        statuses={"open": "open", "closed": "closed"}, levels=("low",), metrics=("first_reply",), fields={"deadline": INSTANT},
        hours={"support": support, "night": night}, default_hours=draw(st.sampled_from(["support", "night", None])),
    )  # fmt: skip
    return draw(strategies.timed_conditions(words)), draw(strategies.views(words))


# --- laws --------------------------------------------------------------------------------------------------------------


@given(any_desk())
def test_the_compiled_form_means_the_same(case: tuple[Condition, View]) -> None:
    condition, view = case
    assert compiled(condition, view.vocabulary)(view) == holds(condition, view)


@given(any_desk())
def test_plain_data_reads_back(case: tuple[Condition, View]) -> None:
    condition, view = case
    problems: list[Problem] = []
    assert parse(to_data(condition), view.vocabulary, "", problems) == condition
    assert problems == []


@given(cases())
def test_a_condition_made_in_python_is_read_as_its_data(case: tuple[Condition, View]) -> None:
    condition, view = case
    problems: list[Problem] = []
    assert parse(condition, view.vocabulary, "", problems) == condition
    assert problems == []


@given(cases())
def test_conditions_are_values(case: tuple[Condition, View]) -> None:
    condition, _ = case
    again = pickle.loads(pickle.dumps(condition))
    assert again == condition
    assert hash(again) == hash(condition)


@given(cases())
def test_an_explanation_has_the_verdict_and_the_shape_of_its_condition(case: tuple[Condition, View]) -> None:
    condition, view = case
    told = explain(condition, view)
    assert told.holds == holds(condition, view)
    assert told.condition == condition
    assert str(told).count("\n") + 1 == _size(condition)
    assert told.data()["holds"] == told.holds
    assert say(condition)


def _size(condition: Condition) -> int:
    match condition:
        case AllOf(parts) | AnyOf(parts):
            return 1 + sum(map(_size, parts))
        case Not(part):
            return 1 + _size(part)
        case _:
            return 1


NEGATED = [(kind, op) for kind, ops in OPERATORS.items() for op in ops if op in {
    "is_not", "is_none", "has_none", "not_contains", "not_matches", "not_matches_regex", "mentions_none",
    "is_empty"}]  # fmt: skip


@given(st.sampled_from(NEGATED), st.data())
def test_a_negated_operator_is_exactly_not_of_its_positive(case: tuple[str, str], data: st.DataObject) -> None:
    kind, op = case
    positive = {"is_not": "is", "is_none": "is_any", "has_none": "has_any", "not_contains": "contains", "not_matches": "matches",
                "not_matches_regex": "matches_regex", "mentions_none": "mentions_any", "is_empty": "is_set"}[op]  # fmt: skip
    declared = FieldType(kind=kind, choices=("a", "b")) if kind in {"choice", "ordered"} else FieldType(kind=kind)
    words = Vocabulary(fields={"it": declared}, regex=strategies.literally)
    operand = data.draw(strategies.operands(declared, op)) if op != "is_empty" else True
    value = data.draw(strategies.values(declared))
    view = View(words, Ticket(id="T", fields=FrozenMap({} if value is None else {"it": value})), 0)
    assert holds(read({"field": "it", op: operand}, words), view) != holds(read({"field": "it", positive: operand}, words), view)


@given(st.sampled_from(list(OPERATORS)), st.data())
def test_a_positive_test_on_an_empty_field_is_false(kind: str, data: st.DataObject) -> None:
    declared = FieldType(kind=kind, choices=("a", "b")) if kind in {"choice", "ordered"} else FieldType(kind=kind)
    words = Vocabulary(fields={"it": declared}, regex=strategies.literally)
    op = data.draw(st.sampled_from([op for op in OPERATORS[kind] if (kind, op) not in NEGATED and op != "is_set"]))
    condition = read({"field": "it", op: data.draw(strategies.operands(declared, op))}, words)
    empty = data.draw(st.sampled_from([FrozenMap(), FrozenMap({"it": ""}) if kind in {"text", "name"} else FrozenMap()]))
    assert not holds(condition, View(words, Ticket(id="T", fields=empty), 0))
    assert not compiled(condition, words)(View(words, Ticket(id="T", fields=empty), 0))


@given(st.sampled_from(LAYERS[1:]), st.data())
def test_every_layer_has_conditions_of_its_own(layer: str, data: st.DataObject) -> None:
    condition = data.draw(strategies.conditions(WORDS, layer))
    assert layer == "rules" or not is_timed(condition)
    assert all(LAYERS.index(WORDS.field(name).layer) < LAYERS.index(layer) for name in fields_of(condition))


def test_the_strategy_would_not_hide_data_that_is_refused() -> None:
    with pytest.raises(AssertionError, match="unknown field"):
        strategies._parsed({"field": "nope", "is": 1}, WORDS, "rules")


# The oracle of `next_rise` asks at every instant at which anything can change: all instants and spans are whole minutes, hours
# open and close on whole minutes, and "more than" and "less than" begin a microsecond later.
_WINDOW = 480  # minutes


def _flips(condition: Condition, view: View, after: int, horizon: int) -> list[tuple[int, bool]]:
    """Every instant in ``(after, horizon]`` at which the condition changes, and to what."""
    found: list[tuple[int, bool]] = []
    last = holds(condition, view.at(after))
    for minute in range(after // MINUTE_US * MINUTE_US, horizon + MINUTE_US, MINUTE_US):
        for at in (minute, minute + 1):
            if after < at <= horizon and (now := holds(condition, view.at(at))) != last:
                found.append((at, now))
                last = now
    return found


def _check_flips(condition: Condition, view: View, start: int) -> int:
    """Compare the chain of rises of the condition and of its opposite with what asking shows; how many there were."""
    horizon = start + _WINDOW * MINUTE_US
    flips = _flips(condition, view, start, horizon)
    for form, wanted in ((condition, True), (Not(condition), False)):
        after = start
        for expected in [at for at, now in flips if now is wanted]:
            assert next_rise(form, view, after, horizon) == _rises.Rise(expected)
            assert holds(form, view.at(expected))
            assert not holds(form, view.at(expected - 1))
            after = expected
        last = next_rise(form, view, after, horizon)
        assert last is None or (not last.found and last.at_us == horizon)
    return len(flips)


@given(timed_cases(), st.sampled_from(range(-240, 31)))
def test_every_rise_and_fall_is_found_as_by_asking_at_every_instant(case: tuple[Condition, View], shift: int) -> None:
    condition, view = case
    _check_flips(condition, view, view.now_us + shift * MINUTE_US)


def test_rises_of_conditions_that_flip_often() -> None:
    dice = random.Random(20261120)

    def instant() -> int:
        return NOW + dice.randrange(-120, 360) * MINUTE_US - dice.choice([0, 0, 0, 1440]) * MINUTE_US

    def condition(depth: int) -> Condition:
        if depth and dice.random() < 0.7:
            parts = [condition(depth - 1) for _ in range(dice.randrange(2, 4))]
            whole: Condition = AllOf(parts) if dice.random() < 0.5 else AnyOf(parts)
            return whole if dice.random() < 0.5 else Not(whole)
        of = dice.choice(["created", "updated", "deadline", "sla.first_reply.due"])
        span = f"{dice.randrange(0, 300)}m" + dice.choice(["", "", " business"])
        kinds: list[type[Since | Until]] = [Since, Until]
        kind, name = dice.choice(kinds), dice.choice(["support", "night"])
        op = dice.choice(["at_least", "at_most", "above", "below"])
        tests: list[Condition] = [
            kind(of, op, span_of(dice.choice([span, span, "1 day", "1 working day"]))),
            kind(of, op, span_of(f"{dice.randrange(0, 200)}m", business=True), name),
            InHours(name, dice.choice(["open", "closed", "holiday"])),
            Sla("first_reply", "is", dice.choice(["running", "breached"])),
            Sla("first_reply", "due_within", timedelta(minutes=dice.randrange(0, 240))),
            Sla("first_reply", "used_at_least", dice.choice([0, 50, 100, 150])),
        ]  # fmt: skip
        return dice.choice(tests)

    day = BusinessHours(
        zone="Europe/Riga", week={"mon-sun": ["21:00-22:15", "23:00-23:45", "00:30-02:00", "03:10-05:00"]}, holidays=["2026-11-22"]
    )
    night = BusinessHours(zone="UTC", week={"mon-sun": ["22:00-24:00", "01:00-01:30"]}, holidays=["2026-11-21"])
    words = Vocabulary(
        metrics=("first_reply",), fields={"deadline": INSTANT}, hours={"support": day, "night": night}, default_hours="night"
    )
    flips = 0
    for _ in range(240):
        started = NOW - dice.randrange(0, 120) * MINUTE_US
        half = started + dice.randrange(0, 150) * MINUTE_US
        reading = Reading(state="running", is_open=True, is_running=True, due_us=2 * half - started, started_us=started, half_us=half)
        ticket = Ticket(id="T", created_us=instant(), updated_us=instant(), fields=FrozenMap({"deadline": instant()}))
        view = View(words, ticket, NOW, clock={"first_reply": reading}.get)
        flips += _check_flips(condition(2), view, NOW - 240 * MINUTE_US)
    assert flips > 200  # the law was not kept by silence


@given(timed_cases())
def test_the_prepared_form_finds_the_same_rise(case: tuple[Condition, View]) -> None:
    condition, view = case
    timed = Timed(condition, view.vocabulary)
    horizon = view.now_us + 3 * 24 * HOUR_US
    plain = next_rise(condition, view, horizon_us=horizon)
    assert timed.holds(view) == holds(condition, view)
    if timed.can_hold(view):
        assert timed.next_rise(view, horizon_us=horizon) == plain
    else:
        assert timed.next_rise(view, horizon_us=horizon) is None
        assert plain is None or not plain.found


@given(timed_cases(), st.integers(0, 600))
def test_the_static_part_holds_whenever_the_condition_can(case: tuple[Condition, View], minute: int) -> None:
    condition, view = case
    part = static_part(condition)
    assert not is_timed(part)
    if holds(condition, view.at(view.now_us + minute * MINUTE_US)):
        assert holds(part, view)
    if not is_timed(condition):
        assert holds(part, view) == holds(condition, view)


@given(cases())
def test_time_alone_moves_only_timed_conditions(case: tuple[Condition, View]) -> None:
    condition, view = case
    assume(not is_timed(condition))
    assert holds(condition, view) == holds(condition, view.at(view.now_us + 12345 * MINUTE_US))


# --- what each operator means ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"field": "status", "is": "open"}, True),
        ({"field": "status", "is_not": "open"}, False),
        ({"field": "status", "is_any": ["new", "open"]}, True),
        ({"field": "status", "is_none": ["new", "open"]}, False),
        ({"field": "status", "before": "resolved"}, True),  # statuses are in the order listed
        ({"field": "status", "after": "answered"}, False),
        ({"field": "category", "is": "open"}, True),
        ({"field": "priority", "below": "urgent"}, True),
        ({"field": "priority", "at_least": "high"}, False),
        ({"field": "priority", "at_most": "medium"}, True),
        ({"field": "priority", "above": "low"}, True),
        ({"field": "priority", "between": ["low", "medium"]}, True),
        ({"field": "priority", "at_least": "low", "below": "medium"}, False),  # several operators: all of them
        ({"field": "requester.tier", "is": "gold"}, True),
        ({"field": "requester.tier", "is": "Gold"}, False),  # a name is exact
        ({"field": "requester.email", "is": "ANN@example.gr"}, True),  # a text is not
        ({"field": "requester.email_domain", "is": "example.gr"}, True),
        ({"field": "requester.email", "matches": "*@example.*"}, True),
        ({"field": "requester.phone", "is_set": True}, False),
        ({"field": "requester.phone", "is_set": False}, True),
        ({"field": "requester.phone", "is_empty": True}, True),
        ({"field": "requester.phone", "is_empty": False}, False),
        ({"field": "requester.tags", "has": "press"}, True),
        ({"field": "requester.fields.plan", "is": "pro"}, True),
        ({"field": "tags", "has": "vip"}, True),
        ({"field": "tags", "has_any": ["x", "vip"]}, True),
        ({"field": "tags", "has_all": ["x", "vip"]}, False),
        ({"field": "tags", "has_none": ["x", "y"]}, True),
        ({"field": "subject", "mentions_any": ["outage", "εκτός λειτουργίας"]}, True),
        ({"field": "text", "mentions_all": ["shop", "εκτος"]}, True),  # subject and description
        ({"field": "text", "mentions_all": ["shop", "fire"]}, False),
        ({"field": "text", "mentions_none": ["fire", "the shop is"]}, False),
        ({"field": "description", "contains": "hop is d"}, True),
        ({"field": "description", "not_contains": ["x", "hop"]}, False),
        ({"field": "description", "starts_with": ["a ", "the"]}, True),
        ({"field": "description", "ends_with": "Down"}, True),
        ({"field": "description", "not_matches": "*up*"}, True),
        ({"field": "channel", "starts_with": "E"}, True),  # parts of a name are compared as text
        ({"field": "agent_replies", "at_least": 2}, True),
        ({"field": "agent_replies", "is_any": [1, 3]}, False),
        ({"field": "rating", "below": 3}, False),  # not rated
        ({"field": "site", "is": "north"}, True),
        ({"field": "fields.site", "is": "north"}, True),
        ({"field": "impact", "above": "small"}, True),
        ({"field": "score", "between": [6.5, 7]}, True),
        ({"field": "vip", "is": True}, True),
        ({"field": "vip", "is": False}, False),
        ({"field": "deadline", "after": "2026-11-20T22:59:59Z"}, True),
        ({"field": "deadline", "at_least": datetime(2026, 11, 20, 23, 0, 1, tzinfo=UTC)}, False),
        ({"field": "effort", "is": "60m"}, True),
        ({"field": "effort", "above": timedelta(hours=1)}, False),
        ({"field": "parts", "has": "disk"}, True),
        ({"field": "shop", "is_any": ["web"]}, True),
        ({"field": "remark", "mentions_any": ["nestrada"]}, True),
        ({"field": "queue", "is": 0}, True),  # the default of the fact
        ({"field": "facts.mood", "is": "angry"}, True),
        ({"field": "policy", "is": "gold"}, False),
        ({"field": "group", "is": "sales"}, True),
        ({"field": "merged_into", "is_empty": True}, True),
        ({"field": "created", "before": "2026-11-20T22:00:00Z"}, True),
        ({"field": "event.kind", "is": "created"}, False),  # nothing happened
        ({"field": "event.by_role", "is_set": True}, False),
        ({"field": "event.text", "is_set": True}, False),
        ([], True),
        ({"any": []}, False),
        ({"not": {"any": []}}, True),
        ({"all": [], "any": [{"field": "tags", "has": "vip"}]}, True),
        ([{"field": "tags", "has": "vip"}, {"field": "tags", "has": "x"}], False),
    ],
)
def test_what_it_means(data: Any, expected: bool) -> None:
    condition = read(data)
    assert holds(condition, seen()) is expected
    assert compiled(condition, WORDS)(seen()) is expected


@pytest.mark.parametrize("data", [{"field": "status", "below": "spam"}, {"field": "status", "at_least": "new"}])
def test_a_status_of_another_desk_has_no_place_in_the_order(data: Any) -> None:
    view = seen(Ticket(id="T-1", status="legacy"))
    assert not holds(read(data), view)
    assert not compiled(read(data), WORDS)(view)


def test_a_condition_made_in_python_holds_before_any_desk_has_read_it() -> None:
    view = seen(first_reply=READING, before=BEFORE)
    for condition in (
        field.created < "2026-11-20T22:00:00Z", field.deadline == NOW + HOUR_US, field.effort == "1h",
        field.effort >= timedelta(minutes=30),
        field.effort.between("1h", "2h"), field.deadline.changed(to="2026-11-20T23:00:00Z"), Sla("first_reply", "due_within", "2h"),
    ):  # fmt: skip
        assert holds(condition, view)
        assert compiled(condition, WORDS)(view)


@pytest.mark.parametrize("first", [
    {"field": "subject", "is": TICKET.subject.upper()}, {"field": "subject", "is": "x"}, {"field": "status", "is": "open"},
    {"field": "status", "is": "new"}, {"field": "assignee", "is": "maria"}, {"field": "assignee", "is_not": "maria"},
    {"field": "requester.tier", "is": "gold"}, {"field": "fields.score", "is": 2}, {"field": "rating", "is": 1},
])  # fmt: skip
@pytest.mark.parametrize(
    "second", [{"since": "created", "at_least": "1m"}, {"since": "created", "at_least": "9h"}, {"field": "tags", "has": "vip"}]
)
def test_two_tests_together_mean_both(first: Any, second: Any) -> None:
    for pair in ([first, second], [second, first]):
        condition = read(pair)
        assert compiled(condition, WORDS)(seen()) is holds(condition, seen())


def test_long_lists_of_parts() -> None:
    parts = [field.tags.has("vip"), field.status == "open", field.assignee == "maria", field.vip.is_(True)]
    for count in range(len(parts) + 1):
        assert compiled(AllOf(parts[:count]), WORDS)(seen())
        assert not compiled(AllOf([*parts[:count], FALSE]), WORDS)(seen())
        assert compiled(AnyOf([Not(part) for part in parts[:count]] + [TRUE]), WORDS)(seen())
        assert not compiled(AnyOf([Not(part) for part in parts[:count]]), WORDS)(seen())


MARIA = Agent(id="maria", email="maria@example.org")
REPLY = AgentReplied(at=NOW, by=MARIA, message=Message(text="Try again", public=True))


@pytest.mark.parametrize(
    ("event", "data", "expected"),
    [
        (REPLY, {"field": "event.kind", "is": "agent_replied"}, True),
        (REPLY, {"field": "event.by_role", "is": "agent"}, True),
        (REPLY, {"field": "event.by", "is": "maria"}, True),
        (REPLY, {"field": "event.public", "is": True}, True),
        (REPLY, {"field": "event.automatic", "is": False}, True),
        (REPLY, {"field": "text", "mentions_any": ["again"]}, True),  # what was just said counts
        (REPLY, {"field": "event.text", "contains": "try"}, True),
        (AgentReplied(at=NOW), {"field": "event.by_role", "is": "agent"}, True),  # by its kind
        (
            AgentReplied(at=NOW, by=Agent(id="x", email="ann@example.gr")),
            {"field": "event.by_role", "is": "customer"},
            True,
        ),  # the requester
        (AgentReplied(at=NOW, by=MARIA, cause="rule:ack"), {"field": "event.by_role", "is": "system"}, True),
        (CustomerReplied(at=NOW, by=ANN), {"field": "event.by_role", "is": "customer"}, True),
        (CustomerReplied(at=NOW, by=ANN), {"field": "event.by", "is": "c-7"}, True),
        (CustomerReplied(at=NOW, by=Person(email="b@example.org")), {"field": "event.by", "is": "b@example.org"}, True),
        (CustomerReplied(at=NOW), {"field": "event.by", "is_set": True}, False),
        (Assigned(at=NOW, agent="maria"), {"field": "event.by_role", "is": "system"}, True),
        (Assigned(at=NOW, agent="maria"), {"field": "event.public", "is_set": True}, False),
        (Created(at=NOW, channel="chat"), {"field": "event.channel", "is": "chat"}, True),
        (Created(at=NOW, message=Message(text="The shop is DOWN")), {"field": "text", "matches": "*down"}, True),  # its text only once
        (Transferred(at=NOW, group="sales", reason="Wrong team"), {"field": "event.reason", "mentions_any": ["team"]}, True),
        (Transferred(at=NOW, group="sales"), {"field": "event.group", "is": "sales"}, True),
        (Breached(at=NOW, metric="resolution", number=1, due_us=NOW), {"field": "event.metric", "is": "resolution"}, True),
        (Breached(at=NOW, metric="resolution", number=1, due_us=NOW), {"field": "event.by_role", "is": "system"}, True),
    ],
)
def test_what_just_happened(event: Any, data: Any, expected: bool) -> None:
    assert holds(read(data), seen(event=event)) is expected


BEFORE = Ticket(id="T-1", status="new", category="new", priority="low", subject=TICKET.subject, text=TICKET.text, requester=ANN,
                tags=frozenset({"vip", "slow"}), fields=FrozenMap({"effort": HOUR_US}))  # fmt: skip


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"changed": "priority"}, True),
        ({"changed": "priority", "to": "medium"}, True),
        ({"changed": "priority", "from": "low", "to": "medium"}, True),
        ({"changed": "priority", "from": "high"}, False),
        ({"changed": "priority", "to": "high"}, False),
        ({"changed": "subject"}, False),
        ({"changed": "assignee", "to": "maria"}, True),  # from nobody
        ({"changed": "tags"}, True),
        ({"changed": "tags", "to": "outage"}, True),  # gained
        ({"changed": "tags", "from": "slow"}, True),  # lost
        ({"changed": "tags", "to": "vip"}, False),
        ({"changed": "tags", "from": "vip"}, False),
        ({"changed": "parts", "to": "disk"}, True),  # from an empty field
        ({"changed": "effort"}, False),
        ({"changed": "deadline", "to": "2026-11-20T23:00:00Z"}, True),
        ({"changed": "requester.email_domain"}, False),
    ],
)
def test_change_is_against_the_ticket_before(data: Any, expected: bool) -> None:
    condition = read(data)
    assert holds(condition, seen(before=BEFORE)) is expected
    assert compiled(condition, WORDS)(seen(before=BEFORE)) is expected
    assert not holds(condition, seen())  # no ticket before, no change


@pytest.mark.parametrize(
    ("data", "low", "high"),  # minutes from NOW, Friday 22:00, at which it becomes true and false; None: not within the year
    [
        ({"since": "created", "at_least": "3h"}, 120, None),  # created at 21:00
        ({"since": "created", "at_most": "3h"}, None, 120.5),  # true now, up to and including the instant
        ({"since": "created", "below": "3h"}, None, 120),
        ({"since": "created", "above": "3h"}, 120.5, None),
        ({"since": "created", "at_least": "1h", "hours": "support"}, 5040, None),  # Monday is a holiday: Tuesday 10:00
        ({"since": "created", "at_least": "1h business"}, 5040, None),  # the default hours
        ({"since": "created", "at_least": "1h", "hours": "night"}, 60, None),
        ({"since": "created", "at_least": "1 working day"}, 5700, None),  # Tuesday 21:00
        ({"since": "created", "at_least": "1 working day, end of day"}, 5460, None),  # Tuesday 17:00
        ({"since": "created", "at_least": "2 days"}, 2820, None),
        ({"since": "created", "above": "2 days"}, 2820.5, None),
        ({"until": "deadline", "at_most": "30m"}, 30, 60.5),  # due at 23:00, true at it
        ({"until": "deadline", "below": "30m"}, 30.5, 60.5),
        ({"until": "deadline", "at_least": "30m"}, None, 30.5),
        ({"until": "deadline", "above": "30m"}, None, 30),
        ({"until": "deadline", "at_most": "30m", "hours": "night"}, 30, 60.5),
        ({"until": "deadline", "below": "30m", "hours": "night"}, 30.5, 60.5),
        ({"until": "deadline", "below": "0m", "hours": "night"}, None, None),
        ({"until": "deadline", "at_most": "0 days"}, 60, 60.5),
        ({"until": "deadline", "at_least": "0 working days"}, None, 60.5),
        ({"hours": "night", "is": "open"}, 1440, 120),  # open now, till midnight
        ({"hours": "night", "is": "closed"}, 120, 1440),
        ({"hours": "support", "is": "open"}, 4980, 5460),
        ({"hours": "support", "is": "holiday"}, 3000, 4440),  # Monday
        ({"sla": "first_reply", "is": "running"}, None, 120),
        ({"sla": "first_reply", "is": "breached"}, 120, None),
        ({"sla": "first_reply", "is": "paused"}, None, None),
        ({"sla": "first_reply", "due_within": "30m"}, 90, 120),
        ({"sla": "first_reply", "used_at_least": 75}, 60, None),
        ({"sla": "resolution", "is": "breached"}, None, None),  # never started
        ({"until": "sla.first_reply.due", "at_most": "30m"}, 90, 120.5),
        ({"since": "sla.first_reply.started", "at_least": "3h"}, 60, None),
        ({"since": "sla.resolution.due", "at_least": "0m"}, None, None),
        ({"since": "waiting_since", "at_least": "0m"}, None, None),  # nobody waits
        ({"since": "deadline", "at_most": "1h"}, 60, 120.5),  # still to come: since begins there
        ([{"since": "created", "at_least": "2h"}, {"hours": "night", "is": "open"}], 60, 120),
        ([{"since": "created", "at_least": "4h"}, {"hours": "night", "is": "open"}], 1440, 1560),  # waits for the next opening
        ({"any": [{"since": "created", "at_least": "9h"}, {"since": "created", "at_least": "3h"}]}, 120, None),
        ({"not": {"since": "created", "below": "3h"}}, 120, None),
        ([{"field": "status", "is": "closed"}, {"since": "created", "at_least": "3h"}], None, None),
    ],
)
def test_when_time_makes_it_true_and_false(data: Any, low: float | None, high: float | None) -> None:
    def instant(minute: float) -> int:  # .5 stands for a microsecond later
        return NOW + int(minute) * MINUTE_US + (minute % 1 > 0)

    condition, view = read(data), seen(first_reply=READING)
    year = NOW + 365 * 24 * HOUR_US
    for form, expected in ((condition, low), (Not(condition), high)):
        found = next_rise(form, view, NOW, year)
        if expected is None:
            assert found is None or not found.found
        else:
            assert found == _rises.Rise(instant(expected))


def test_a_search_tells_never_from_not_before_the_horizon() -> None:
    late = since("created") >= "4000 days"
    assert next_rise(late, seen()) == _rises.Rise(NOW + 730 * 24 * HOUR_US, found=False)
    assert Timed(late, WORDS).next_rise(seen()) == _rises.Rise(NOW + 730 * 24 * HOUR_US, found=False)
    assert next_rise(since("waiting_since") >= "1h", seen()) is None
    assert next_rise(FALSE, seen()) is None
    assert next_rise(TRUE, seen()) is None  # it never becomes so
    never = hours("support").is_open() & hours("night").is_open()
    assert next_rise(never, seen()) == _rises.Rise(NOW + 730 * 24 * HOUR_US, found=False)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"since": "created", "at_least": "1h", "hours": "gone"}, False),  # never reached: the hours are closed for good
        ({"since": "created", "at_most": "1h", "hours": "gone"}, True),
        ({"until": "deadline", "at_most": "9h", "hours": "gone"}, True),  # nothing is left of them
        ({"until": "deadline", "above": "9h", "hours": "gone"}, False),
        ({"since": "created", "at_least": "3 working days", "hours": "gone"}, False),
        ({"until": "deadline", "at_most": "3 working days", "hours": "gone"}, True),
        ({"hours": "gone", "is": "open"}, False),
        ({"hours": "gone", "is": "closed"}, True),
        ({"hours": "gone", "is": "holiday"}, False),
    ],
)
def test_hours_that_have_no_answer_are_closed(data: Any, expected: bool) -> None:
    gone = BusinessHours(zone="UTC", week={"mon": ["09:00-10:00"]}, valid_from="2020-01-01", valid_until="2020-02-01")
    words = Vocabulary(hours={"gone": gone}, fields={"deadline": INSTANT})
    assert holds(read(data, words), View(words, TICKET, NOW)) is expected


def test_days_beyond_the_calendar_are_never_reached() -> None:
    far = View(WORDS, TICKET, NOW)
    assert not holds(since("created") >= Days(100_000), far)
    assert next_rise(since("created") >= WorkingDays(99_999), far) is None
    assert holds(until("deadline") <= WorkingDays(99_999), far)


def test_a_holiday_ends_at_midnight_also_when_the_clock_changes() -> None:
    # In Paraguay the clock goes from 24:00 back to 23:00 of the same day: the date changes an hour later.
    back = BusinessHours(zone="America/Asuncion", week={"sun": ["09:00-10:00"]}, holidays=["2024-03-23"])
    words = Vocabulary(hours={"back": back})
    view = View(words, TICKET, 1_711_162_800_000_000)  # 2024-03-23 00:00 there, four hours behind UTC after the change
    test = InHours("back", "holiday")
    end = next_rise(Not(test), view)
    assert end is not None
    assert end.at_us - view.now_us == 25 * HOUR_US
    assert in_hours(test, view, end.at_us - 1)


def test_hours_beyond_their_horizon_do_not_flip() -> None:
    assert hours_flip(InHours("support", "holiday"), seen(), 7_289_654_400_000_000 - 1) > 0
    assert hours_flip(InHours("support"), seen(), 8_000_000_000_000_000) == NEVER


@pytest.mark.parametrize(
    ("reading", "op", "value", "expected"),
    [
        (Reading(state="met", is_open=False, is_running=False, due_us=NOW, started_us=0, half_us=None), "is", "met", True),
        (Reading(state="met", is_open=False, is_running=False, due_us=NOW, started_us=0, half_us=None), "is", "breached", False),
        (Reading(state="late", is_open=False, is_running=False, due_us=NOW, started_us=0, half_us=None), "due_within", timedelta(1), False),
        (Reading(state="paused", is_open=True, is_running=False, due_us=None, started_us=0, half_us=None), "is", "paused", True),
        (Reading(state="breached", is_open=True, is_running=False, due_us=NOW + 1, started_us=0, half_us=None), "is", "paused", True),
        (Reading(state="breached", is_open=True, is_running=True, due_us=NOW + 1, started_us=0, half_us=None), "is", "running", True),
        (Reading(state="running", is_open=True, is_running=True, due_us=None, started_us=0, half_us=None), "used_at_least", 0, False),
        (Reading(state="running", is_open=True, is_running=True, due_us=NOW, started_us=0, half_us=NOW), "used_at_least", 100, False),
    ],
)
def test_clocks(reading: Reading, op: str, value: Any, expected: bool) -> None:
    assert holds(Sla("first_reply", op, value), seen(first_reply=reading)) is expected


# --- the Python form ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("made", "data"),
    [
        (field.tags.has("vip") & (field.priority >= "high"), [{"field": "tags", "has": "vip"}, {"field": "priority", "at_least": "high"}]),
        (field.status == "open", {"field": "status", "is": "open"}),
        (field.status != "open", {"field": "status", "is_not": "open"}),
        (field.status.is_("open"), {"field": "status", "is": "open"}),
        (field.status.is_not("open"), {"field": "status", "is_not": "open"}),
        (field.status.is_any("open", "new"), {"field": "status", "is_any": ["open", "new"]}),
        (field.status.is_none("open"), {"field": "status", "is_none": ["open"]}),
        (field.priority < "high", {"field": "priority", "below": "high"}),
        (field.priority > "low", {"field": "priority", "above": "low"}),
        (field.priority <= "high", {"field": "priority", "at_most": "high"}),
        (field.priority.between("low", "high"), {"field": "priority", "between": ["low", "high"]}),
        (field.tags.has_any("a", "b"), {"field": "tags", "has_any": ["a", "b"]}),
        (field.tags.has_all("a"), {"field": "tags", "has_all": ["a"]}),
        (field.tags.has_none("a"), {"field": "tags", "has_none": ["a"]}),
        (field.requester.email.ends_with("gr"), {"field": "requester.email", "ends_with": "gr"}),
        (field["requester.email"].starts_with("a", "b"), {"field": "requester.email", "starts_with": ["a", "b"]}),
        (field.text.contains("x"), {"field": "text", "contains": "x"}),
        (field.text.matches("*x"), {"field": "text", "matches": "*x"}),
        (field.text.mentions_any("x"), {"field": "text", "mentions_any": ["x"]}),
        (field.text.mentions_all("x"), {"field": "text", "mentions_all": ["x"]}),
        (field.text.mentions_none("x"), {"field": "text", "mentions_none": ["x"]}),
        (field.assignee.is_set(), {"field": "assignee", "is_set": True}),
        (field.assignee.is_empty(), {"field": "assignee", "is_empty": True}),
        (field.priority.changed(to="high"), {"changed": "priority", "to": "high"}),
        (field.created >= datetime(2026, 11, 20, tzinfo=UTC), {"field": "created", "at_least": "2026-11-20T00:00:00Z"}),
        (field.effort < timedelta(hours=4), {"field": "effort", "below": "4h"}),
        (Test("tags", "has_any", {"b", "a"}), {"field": "tags", "has_any": ["a", "b"]}),
        (since("last_agent_reply") >= "4h", {"since": "last_agent_reply", "at_least": "4h"}),
        (since("created", hours="support") <= "4h", {"since": "created", "at_most": "4h", "hours": "support"}),
        (since("created") > timedelta(days=5), {"since": "created", "above": "5d"}),
        (until("postponed_until") < "1 day", {"until": "postponed_until", "below": "1 day"}),
        (sla("first_reply").is_("breached"), {"sla": "first_reply", "is": "breached"}),
        (sla("first_reply").due_within("30m"), {"sla": "first_reply", "due_within": "30m"}),
        (sla("first_reply").used_at_least(80), {"sla": "first_reply", "used_at_least": 80}),
        (hours("support").is_open(), {"hours": "support", "is": "open"}),
        (hours("support").is_closed(), {"hours": "support", "is": "closed"}),
        (hours("support").is_holiday(), {"hours": "support", "is": "holiday"}),
        (~field.tags.has("vip"), {"not": {"field": "tags", "has": "vip"}}),
        (~~field.tags.has("vip"), {"field": "tags", "has": "vip"}),
        (
            field.tags.has("a") | field.tags.has("b") | field.tags.has("c"),  # flat, not nested
            {"any": [{"field": "tags", "has": "a"}, {"field": "tags", "has": "b"}, {"field": "tags", "has": "c"}]},
        ),
    ],
)
def test_python_and_data_say_the_same(made: Condition, data: Any) -> None:
    assert read(made) == read(data)
    assert read(to_data(made)) == read(data)


@pytest.mark.parametrize("op", ["contains", "starts_with", "ends_with", "matches", "mentions_any", "mentions_all", "mentions_none"])
def test_how_texts_are_to_be_compared_is_a_part_of_the_test(op: str) -> None:
    made = getattr(field.subject, op)
    assert made("x", "y") == Test("subject", op, ("x", "y"), accents=False, language="")
    assert made("x", "y", accents=True) == Test("subject", op, ("x", "y"), accents=True, language="")
    assert made("x", language="tr") == Test("subject", op, ("x",), accents=False, language="tr")


def test_conditions_refuse_to_be_taken_for_truth() -> None:
    with pytest.raises(TypeError, match=r"combine with & \| ~"):
        bool(field.tags.has("a"))
    with pytest.raises(BadValue, match="a condition is wanted"):
        field.tags.has("a") & True  # type: ignore[operator]
    with pytest.raises(BadValue, match="a condition is wanted"):
        Not("x")


@pytest.mark.parametrize("op", ["mentions_any", "mentions_all", "mentions_none", "contains", "not_contains", "starts_with", "ends_with"])
@pytest.mark.parametrize(
    ("words", "why"),
    [("", "blank"), (" \t", "blank"), ("\u0301", "blank"), (["fire", ""], "blank"), ([], "empty list"), ([5], "wants texts, not int")],
)
def test_words_that_no_text_could_have_are_refused_where_a_test_is_made(op: str, words: Any, why: str) -> None:
    with pytest.raises(BadValue, match=why) as caught:
        Test("text", op, words)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("op", "value", "why"),
    [
        ("is_any", [], "empty list"), ("is_none", (), "empty list"), ("has_any", set(), "empty list"), ("has_all", [], "empty list"),
        ("between", [], "two bounds, not 0"), ("between", [1, 2, 3], "two bounds, not 3"), ("matches", "", "blank"),
        ("matches_regex", [""], "blank"), ("not_matches_regex", [None], "wants texts, not NoneType"),
    ],
)  # fmt: skip
def test_lists_that_say_nothing_are_refused_where_a_test_is_made(op: str, value: Any, why: str) -> None:
    with pytest.raises(BadValue, match=why) as caught:
        Test("subject", op, value)
    assert caught.value.hint


def test_a_pattern_may_be_a_blank_and_an_accent_may_count() -> None:
    assert Test("subject", "matches", " ").value == (" ",)
    assert Test("subject", "contains", "\u0301", accents=True).value == ("\u0301",)
    assert holds(Test("subject", "contains", "\u0301", accents=True), seen(Ticket(id="T", subject="x\u0301")))


def test_field_references_have_no_hidden_attributes() -> None:
    assert repr(field.requester.tier) == "field['requester.tier']"
    assert hash(field.status) == hash(field["status"])
    for thing in (field, field.status):
        with pytest.raises(AttributeError):
            thing.__wrapped__  # noqa: B018 - looked up by doctest and others


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("4h", Length(4 * HOUR_US, calendar=True)),
        ("4h business", Length(4 * HOUR_US)),
        ("4h calendar", Length(4 * HOUR_US, calendar=True)),
        ("PT4H", Length(4 * HOUR_US, calendar=True)),
        (timedelta(hours=4), Length(4 * HOUR_US, calendar=True)),
        ("1 day", Days(1)),
        ("15 days", Days(15)),
        ("1d", Length(24 * HOUR_US, calendar=True)),  # 24 hours
        ("1 working day", WorkingDays(1)),
        ("3 working days, end of day", WorkingDays(3, end_of_day=True)),
        (Days(3), Days(3)),
    ],
)
def test_spans(text: Any, span: Any) -> None:
    assert span_of(text) == span
    assert span_of(say_span(span)) == span
    assert span_of(say_span(span, business=True), business=True) == span


@pytest.mark.parametrize(
    "text",
    [
        "",
        "4 days business",
        "4h calendar business",
        "4",
        "four hours",
        "-1 day",
        "1.5 days",
        "999999 days",
        "1 working",
        4,
        None,
        True,
        "x" * 100,
    ],
)
def test_no_spans(text: Any) -> None:
    with pytest.raises(BadDuration):
        span_of(text)


class target:  # noqa: N801 - a word of the refusal, which is never taken for one
    def __repr__(self) -> str:
        return "target()"


@pytest.mark.parametrize(
    ("value", "as_span", "as_target"),
    [
        (timedelta(-1), "a span of time cannot be negative", "a target cannot be negative"),
        ("99999999w", "this span of time is longer than the supported time line", "this target is longer than the supported time line"),
        (target(), "a span of time is text, not target", "a target is text, not target"),
        ("soon calendar", "'soon calendar' is no span of time", "'soon calendar' is no target"),
    ],
)
def test_what_is_read_is_refused_in_its_own_words(value: Any, as_span: str, as_target: str) -> None:
    for read, said in ((span_of, as_span), (parse_target, as_target)):
        with pytest.raises(BadDuration) as caught:
            read(value)
        assert caught.value.message == said
        assert caught.value.value == shorten(value)
        assert caught.value.hint.startswith('write "4h", "4h ')


# --- how texts are compared --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "data", "expected"),
    [
        ("Mon résumé", {"mentions_any": ["resume"]}, True),  # accents count only when asked to
        ("Mon résumé", {"mentions_any": ["resume"], "accents": True}, False),
        ("Mon RÉSUMÉ", {"mentions_all": ["mon", "résumé"], "accents": True}, True),
        ("Mon résumé", {"mentions_none": ["resume"], "accents": True}, True),
        ("Mon résumé", {"is": "mon résumé", "accents": True}, True),
        ("Mon résumé", {"is_any": ["mon resume", "x"], "accents": True}, False),
        ("Mon résumé", {"contains": "ésum", "starts_with": ["mon r"], "ends_with": "é", "accents": True}, True),
        ("Mon résumé", {"contains": "esum", "accents": True}, False),
        ("Mon résumé", {"matches": "*r?sumé", "accents": True}, True),
        ("Mon résumé", {"matches": "*resume", "accents": True}, False),
        ("ILIK SU", {"mentions_any": ["ılık"], "language": "tr"}, True),  # Turkish: lukewarm water
        ("ILIK SU", {"mentions_any": ["ilik"], "language": "tr"}, False),
        ("ILIK SU", {"mentions_any": ["ilik"], "language": "az"}, False),
        ("ILIK SU", {"mentions_any": ["ilik"]}, True),
        ("DIŞ KAPI", {"contains": "dış k", "accents": True, "language": "tr"}, True),
        ("Invoice 17 is due", {"matches_regex": "INVOICE 17"}, True),
        ("Invoice 17 is due", {"matches_regex": ["no", "17"]}, True),
        ("Invoice 17 is due", {"not_matches_regex": ["no", "18"]}, True),
        ("  ", {"matches_regex": " "}, False),  # nothing matches an empty field
    ],
)
def test_how_texts_are_compared(text: str, data: Any, expected: bool) -> None:
    condition, view = read({"field": "subject", **data}), seen(Ticket(id="T", subject=text))
    assert holds(condition, view) is expected
    assert compiled(condition, WORDS)(view) is expected
    assert explain(condition, view).holds is expected
    assert read(to_data(condition)) == condition


def test_a_view_sees_a_text_that_an_event_has_changed_since_it_was_last_asked() -> None:
    draft = draft_of(evolve(TICKET, FieldSet(at=NOW, name="subject", value="The shop is down")))
    view = View(WORDS, draft, NOW)
    shop, door = (compiled(read({"field": "subject", "mentions_any": [word]}), WORDS) for word in ("shop", "door"))
    assert (shop(view), shop(view), door(view)) == (True, True, False)
    apply(draft, FieldSet(at=NOW, name="subject", value="The door is open"))
    assert (shop(view), shop(view), door(view)) == (False, False, True)


def test_a_span_around_the_clock_that_ends_after_all_time_is_never_over() -> None:
    words = Vocabulary(hours={"24x7": ALWAYS}, default_hours="24x7")
    for at, op in itertools.product((MAX_US - HOUR_US, MAX_US - HOUR_US - 1, MAX_US - HOUR_US + 1), ("at_least", "above")):
        ticket = attrs.evolve(TICKET, created_us=at)
        for span in ("1h", "1h calendar"):
            condition = read({"since": "created", op: span}, words)
            for now in (MAX_US - 1, MAX_US, MAX_US + 1):
                view = View(words, ticket, now)
                assert compiled(condition, words)(view) == holds(condition, view)
    assert compiled(read({"since": "created", "at_least": "1h"}, words), words)(View(words, attrs.evolve(TICKET, created_us=0), HOUR_US))
    assert not compiled(read({"since": "escalated_at", "at_least": "1h"}, words), words)(
        View(words, attrs.evolve(TICKET, escalated_us=None), HOUR_US)
    )


def test_a_text_is_folded_once_for_each_way_of_folding(monkeypatch: pytest.MonkeyPatch) -> None:
    folded: list[tuple[str, Folding]] = []
    looked: list[str] = []

    def counting(text: str, folding: Folding = PLAIN_FOLDING) -> str:
        folded.append((text, folding))
        return fold(text, folding)

    def looking(text: str) -> frozenset[str]:
        looked.append(text)
        return words_of(fold(text))

    rules = [
        compiled(read({"field": name, **test}), WORDS)
        for name in ("subject", "description", "text")
        for test in (
            {"mentions_any": ["shop", f"word {number}"], **way}
            for number in range(50)
            for way in ({}, {"accents": True}, {"language": "tr"}, {"accents": True, "language": "tr"})
        )
    ]
    monkeypatch.setattr(_text, "fold", counting)
    monkeypatch.setattr(_text, "words_in", looking)
    views = [seen(), seen().at(NOW + HOUR_US), seen(event=CustomerReplied(at=NOW, message=Message(text="The shop is DOWN")))]
    for view in views:
        view.folds = views[0].folds
        for rule in rules:
            rule(view)
    assert len(folded) == len(set(folded))
    assert len([way for _, way in folded if way != PLAIN_FOLDING]) == 3 * 3
    assert len(looked) == len(set(looked)) == 3  # of plain folding the words are found first: most texts are not folded


def test_a_desk_without_a_matcher_takes_no_regular_expression() -> None:
    bare = Vocabulary()
    way_out = 'give it one: Desk(regex=ticketcore.extra.re2.regex), or write a pattern with * and ? under "matches"'
    assert refused({"field": "text", "matches_regex": "a+"}, bare) == [
        f"when.matches_regex: this desk has no matcher for regular expressions; {way_out}"
    ]
    with pytest.raises(BadValue, match="no matcher"):
        holds(field.subject.matches_regex("a+"), View(bare, TICKET, NOW))
    with pytest.raises(BadValue, match="no matcher"):
        compiled(field.subject.matches_regex("a+"), bare)


def test_why_a_regular_expression_matches() -> None:
    told = explain(read({"field": "description", "matches_regex": ["down", "up"]}), seen())
    assert told.note == "'down' in 'The shop is DOWN'"
    assert say(told.condition) == "description matches the expression 'down', 'up'"
    assert say(field.text.mentions_any("é", accents=True, language="tr")) == "text mentions 'é' (accents count, tr)"


# --- large lists -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("op", ["mentions_any", "mentions_all", "mentions_none", "contains", "not_contains"])
@pytest.mark.parametrize("words", [3, 12, 100])
@given(st.data())
def test_a_long_list_means_what_its_items_mean(op: str, words: int, data: st.DataObject) -> None:
    pool = [f"{head}{tail}" for head in ("shop", "the shop", "c++", "宕", "系统", "a", "b-c") for tail in ("", " is", "機", "!", " x y")]
    items = data.draw(st.lists(st.sampled_from(pool), min_size=1, max_size=12)) + [f"no {number}" for number in range(words - 12)]
    if data.draw(st.booleans()):
        items = items[:12]
    text = "".join(data.draw(st.lists(st.sampled_from([*pool, " ", "no 3 "]), max_size=12)))
    condition, view = Test("subject", op, tuple(items)), seen(Ticket(id="T", subject=text))
    assert compiled(condition, WORDS)(view) is holds(condition, view)
    positive = {"mentions_none": "mentions_any", "not_contains": "contains"}.get(op, op)
    single = "mentions_any" if positive == "mentions_all" else positive
    found = [item for item in items if holds(Test("subject", single, (item,)), view)]
    assert explain(condition, view).note.startswith(f"{_value(tuple(found))} in" if found else "none of it" if text.strip() else "")


def test_ten_thousand_words_are_looked_for_in_one_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    searches = 0

    def counting(folded: str, needle: str) -> bool:
        nonlocal searches
        searches += 1
        return _text.mentions(folded, needle)

    monkeypatch.setattr(_compiled, "mentions", counting)
    phrases = [f"word{number}" if number % 2 else f"two words {number}" for number in range(10_000)]
    condition = read({"field": "description", "mentions_any": phrases})
    rule = compiled(condition, WORDS)
    assert rule(seen(Ticket(id="T", text="here are two words 9998, at last")))
    assert rule(seen(Ticket(id="T", text="and word9999")))
    assert not rule(seen(Ticket(id="T", text="two words 9997")))
    assert explain(condition, seen(Ticket(id="T", text="Two words 9998"))).note == "'two words 9998' in 'Two words 9998'"
    assert searches == 0  # none of them was looked for by itself


# --- what is refused ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ({"field": "status", "is": "slved"}, "when.is: unknown status 'slved'; did you mean 'resolved'?"),
        (
            {"all": [{"field": "priority", "is_any": ["low", "urgnt"]}]},
            "when.all[0].is_any[1]: unknown priority level 'urgnt'; did you mean 'urgent'?",
        ),
        ({"field": "category", "is": "pending"}, "unknown status category 'pending'; known are answered, closed"),
        ({"field": "policy", "is": "golden"}, "unknown policy 'golden'; did you mean 'gold'?"),
        ({"field": "group", "is": "sale"}, "unknown group 'sale'; did you mean 'sales'?"),
        ({"field": "event.kind", "is": "create"}, "unknown event kind 'create'; did you mean 'created'?"),
        ({"field": "parts", "has": "fann"}, "unknown value 'fann'; did you mean 'fan'?"),
        ({"field": "requester.teir", "is": "gold"}, "when.field: unknown field 'requester.teir'; did you mean 'requester.tier'?"),
        ({"field": "zzzzz", "is": "gold"}, "declare it among the desk's fields or facts"),
        ({"field": ["status"], "is": "open"}, "when.field: unknown field list of 1"),
        ({"field": "tags", "is": "vip"}, "when.is: 'tags' is a set of names and has no 'is'; did you mean 'has'?"),
        ({"field": "subject", "has": "x"}, "'subject' is a text and has no 'has'; did you mean 'contains'?"),
        ({"field": "tags", "below": "x"}, "'tags' is a set of names and has no 'below'; it has has, has_any"),
        ({"field": "status", "iss": "open"}, "when.iss: unknown operator 'iss'; did you mean 'is'?"),
        ({"field": "status", 7: "open"}, "when.7: unknown operator 7"),
        ({"field": "status"}, "when: nothing is said about 'status'; add one of is, is_not"),
        ({"field": "agent_replies", "at_least": True}, "when.at_least: a number is wanted, not True"),
        ({"field": "agent_replies", "is": float("nan")}, "a number is wanted, not nan"),
        ({"field": "agent_replies", "is": float("inf")}, "a number is wanted, not inf"),
        ({"field": "agent_replies", "is": 10**5000}, "a number is wanted, not an integer of"),
        ({"field": "agent_replies", "is": "2"}, "a number is wanted, not '2'"),
        ({"field": "vip", "is": 1}, "true or false is wanted, not 1"),
        ({"field": "tags", "is_set": 1}, "true or false is wanted, not int"),
        ({"field": "status", "is": 1}, "a name is wanted, not 1"),
        ({"field": "subject", "is": None}, "a text is wanted, not NoneType"),
        ({"field": "status", "is_any": "open"}, "a list is wanted, not str; put it in brackets"),
        ({"field": "status", "is_any": []}, "an empty list"),
        ({"field": "status", "is_any": ["open"] * 10_001}, "a list of more than 10000"),
        ({"field": "score", "between": [1]}, "two bounds are wanted"),
        ({"field": "score", "between": [2, 1]}, "the lower bound comes first"),
        ({"field": "subject", "contains": " "}, "a blank text; to ask for an empty field"),
        ({"field": "subject", "matches": ""}, "a blank text"),
        ({"field": "subject", "contains": "x" * 1001}, "a text of more than 1000 characters"),
        ({"field": "subject", "contains": "x", "accents": 1}, "when.accents: true or false is wanted, not int"),
        ({"field": "subject", "contains": "x", "language": "de"}, "when.language: unknown language 'de'; leave it out: only Turkish (tr)"),
        ({"field": "subject", "contains": "x", "language": ["tr"]}, "when.language: unknown language list"),
        ({"field": "subject", "is_set": True, "accents": True}, "when.is_set: accents and language are for the comparison of texts"),
        ({"field": "subject", "matches_regex": "x", "accents": True}, "accents and language are for the comparison of texts, not for"),
        ({"field": "tags", "has": "x", "language": "tr"}, "accents and language are for the comparison of texts, not for 'has'"),
        ({"field": "subject", "accents": True}, "when: nothing is said about 'subject'"),
        ({"field": "subject", "contains": "\u0301"}, "a blank text"),
        ({"field": "subject", "matches": ["x"] * 101}, "more than 100 patterns; words and phrases may be many more: mentions_any"),
        ({"field": "subject", "mentions_any": ["x" * 999] * 300}, "a list of more than 262144 characters; split it"),
        ({"field": "subject", "matches_regex": "x("}, "when.matches_regex: a parenthesis is open"),
        ({"field": "subject", "not_matches_regex": ["x", "x("]}, "when.not_matches_regex[1]: a parenthesis is open"),
        ({"field": "subject", "matches_regex": ""}, "a blank text"),
        ([{"field": "subject", "matches_regex": ["x"] * 60}] * 2, "more than 100 regular expressions in one condition; join them with |"),
        ({"field": "tags", "matches_regex": "x"}, "'tags' is a set of names and has no 'matches_regex'; it has"),
        ({"field": "created", "after": "yesterday"}, "when.after: 'yesterday' is no ISO 8601 instant"),
        ({"field": "created", "after": datetime(2026, 1, 1)}, "a naive datetime is not an instant: datetime.datetime(2026, 1, 1, 0, 0)"),
        ({"field": "created", "after": 5}, "an instant is wanted, not 5"),
        ({"field": "effort", "is": "soon"}, "'soon' is no duration"),
        ({"field": "effort", "is": 5}, "a duration is wanted, not 5"),
        ({"changed": "event.kind"}, "'event.kind' has no value before the event"),
        ({"changed": "prioritty"}, "when.changed: unknown field 'prioritty'; did you mean 'priority'?"),
        ({"changed": "priority", "to": "hihg"}, "when.to: unknown priority level 'hihg'; did you mean 'high'?"),
        ({"changed": "priority", "form": "low"}, "when.form: unknown key 'form'; did you mean 'from'?"),
        ({"since": "status", "at_least": "1h"}, "when.since: 'status' is one of an ordered list, no instant; did you mean 'status_since'?"),
        ({"since": "crated", "at_least": "1h"}, "unknown field 'crated'; did you mean 'created'?"),
        ({"since": "created"}, "when: no length of time is given; add at_least, at_most"),
        ({"since": "created", "at_least": "soon"}, "when.at_least: 'soon' is no span of time; write "),
        ({"since": "created", "at_least": "1h", "hours": "suport"}, "when.hours: unknown hours 'suport'; did you mean 'support'?"),
        ({"since": "created", "at_least": "1h calendar", "hours": "support"}, "hours are named, but all time is to count"),
        ({"until": "deadline", "at_most": "1 working day, end of day"}, "the end of a day is counted forward only"),
        ({"hours": 5, "is": "open"}, "unknown hours 5"),
        ({"hours": "support", "is": "opened"}, "when.is: unknown state of hours 'opened'; did you mean 'open'?"),
        ({"hours": "support"}, "unknown state of hours None"),
        ({"sla": "first_repl", "is": "breached"}, "when.sla: unknown metric 'first_repl'; did you mean 'first_reply'?"),
        ({"sla": "first_reply", "is": "breach"}, "unknown state of a clock 'breach'; did you mean 'breached'?"),
        ({"sla": "first_reply", "used_at_least": True}, "a percentage from 0 to 1000 is wanted, not True"),
        ({"sla": "first_reply", "due_within": "1 working day"}, "when.due_within: '1 working day' is no duration"),
        ({"sla": "first_reply"}, "nothing is said about this clock"),
        ({"feild": "status"}, "when.feild: unknown kind of condition 'feild'; did you mean 'field'?"),
        ({3: 4}, "when.3: unknown kind of condition 3"),
        ({10**5000: 4}, "when.an integer of"),
        ({}, "when: an empty condition"),
        ({"all": {}}, "when.all: a list of conditions is wanted, not dict"),
        ({"any": [5]}, "when.any[0]: a condition is a table or a list, not int"),
        ({"all": [], "field": "status"}, "one table holds one test, not both 'all' and 'field'"),
        ({"all": [], "nay": []}, "when.nay: unknown key 'nay'; known are all"),
        (True, "a condition is a table or a list, not bool"),
        ([[]] * 10_001, "a list of more than 10000"),
        ([[[]] * 5000] * 3, "a condition of more than 10000 parts"),
        (field.tags.is_("vip"), "when.is: 'tags' is a set of names and has no 'is'; did you mean 'has'?"),
        (field.tags.has("a") | ~(field.statsu == "open"), "when.any[1].not.field: unknown field 'statsu'; did you mean 'status'?"),
        (since("created", hours="suport") >= "1h", "when.hours: unknown hours 'suport'"),
        (Test("created", "above", 5), "an instant is wanted, not 5"),
    ],
)
def test_what_is_refused_and_how(data: Any, problem: str) -> None:
    told = refused(data)
    assert len(told) == 1 or "more than" in problem or data == {3: 4}
    assert problem in told[0]


def test_all_problems_are_listed_at_once() -> None:
    assert len(refused({"field": "status", "iss": "open", "is": "slved", "below": "hgh"})) == 3
    data = {"all": [{"field": "status", "is": "slved", "iz": 1}, {"any": [{"hours": "x", "is": "y"}, {"sla": "z"}]}]}
    assert [line.split(":")[0] for line in refused(data)] == [
        "when.all[0].is", "when.all[0].iz", "when.all[1].any[0].hours", "when.all[1].any[0].is", "when.all[1].any[1].sla",
        "when.all[1].any[1]",
    ]  # fmt: skip


@pytest.mark.parametrize("wrap", [lambda inner: {"not": inner}, lambda inner: [inner], lambda inner: {"any": [inner]}])
def test_nesting_is_bounded(wrap: Any) -> None:
    deep: Any = {"field": "status", "is": "open"}
    for _ in range(400):
        deep = wrap(deep)
    assert len(refused(deep)) == 1
    assert "nested deeper than 32" in refused(deep)[0]


def test_nesting_in_python_is_bounded() -> None:
    deep: Condition = field.status == "open"
    for _ in range(40):
        deep = AllOf((deep,))
    assert "nested deeper than 32" in refused(deep)[0]


def test_hints_stop_before_they_cost_more_than_the_mistake() -> None:
    told = refused([{"field": f"statu{number}", "is": "open"} for number in range(300)])
    assert len(told) == 300
    assert ["did you mean" in problem for problem in told] == [True] * 100 + [False] * 200


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | st.binary(max_size=3)
    | st.sampled_from(["status", "open", "tags", "created", "support", "first_reply", "4h"]) | st.just(5000).map(lambda digits: 10**digits),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(["all", "any", "not", "field", "is", "is_any", "at_least", "between", "since", "until", "hours", "sla", "changed"])
        | st.integers() | st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(JUNK, st.sampled_from(LAYERS))
def test_no_plain_data_raises(data: Any, layer: str) -> None:
    problems: list[Problem] = []
    condition = parse(data, WORDS, "when", problems, layer)
    assert all(problem.path.startswith("when") and problem.message for problem in problems)
    if not problems:
        holds(condition, seen())
    parse_type(data, "fields.x", problems)
    parse_fields(data, "fields", problems)
    parse_facts(data, "facts", problems)


@pytest.mark.parametrize(
    ("layer", "name", "readable"),
    [
        ("lifecycle", "tags", True),
        ("lifecycle", "status", False),
        ("priority", "status", True),
        ("priority", "reopens", True),
        ("lifecycle", "reopens", False),
        ("priority", "priority", False),
        ("policy", "priority", True),
        ("policy", "policy", False),
        ("clocks", "policy", True),
        ("rules", "policy", True),
    ],
)
def test_a_layer_reads_what_is_set_below_it(layer: str, name: str, readable: bool) -> None:
    told = refused({"field": name, "is_set": True}, layer=layer)
    assert (told == []) is readable
    assert readable or f"'{name}' is set by" in told[0]


@pytest.mark.parametrize(
    "data", [{"since": "created", "at_least": "1h"}, {"hours": "support", "is": "open"}, {"sla": "first_reply", "is": "met"}]
)
def test_time_is_for_rules_only(data: Any) -> None:
    for layer in LAYERS[1:-1]:
        assert "cannot be tested in the layer" in refused(data, layer=layer)[0]


# --- what a desk declares ----------------------------------------------------------------------------------------------


def test_declared_fields_and_facts() -> None:
    problems: list[Problem] = []
    fields = parse_fields(
        {"site": "name", "impact": {"type": "choice", "choices": ["low", "high"], "ordered": True}, "shop": ["web", "store"],
         "parts": {"type": "set", "choices": ["disk"]}, "cost": {"choices": ["a"]}}, "fields", problems,
    )  # fmt: skip
    assert problems == []
    assert {name: (kind.kind, kind.choices) for name, kind in fields.items()} == {
        "site": ("name", ()), "impact": ("ordered", ("low", "high")), "shop": ("choice", ("web", "store")), "parts": ("set", ("disk",)),
        "cost": ("choice", ("a",)),
    }  # fmt: skip
    facts = parse_facts(
        {"queue": {"type": "number", "default": 0}, "agent_online": {"type": "flag", "required_with": ["created"]}}, "facts", problems,
    )  # fmt: skip
    assert problems == []
    assert facts == {"queue": Fact(type=NUMBER, default=0), "agent_online": Fact(type=FLAG, required_with=("created",))}


@pytest.mark.parametrize(
    ("what", "data", "problem"),
    [
        (parse_fields, {"x": "nmber"}, "x.type: unknown type 'nmber'; did you mean 'number'?"),
        (parse_fields, {"x": 5}, "x: a type is a name or a table, not int"),
        (parse_fields, {"x": {}}, "x.type: unknown type None; write"),
        (parse_fields, {"x": {"type": "text", "chioces": []}}, "x.chioces: unknown key 'chioces'; did you mean 'choices'?"),
        (parse_fields, {"x": {"type": "text", "choices": ["a"]}}, "x.choices: a text has no choices"),
        (parse_fields, {"x": {"type": "text", "ordered": True}}, "x.ordered: only a choice can be ordered"),
        (parse_fields, {"x": {"choices": ["a"], "ordered": 1}}, "x.ordered: only a choice can be ordered"),
        (parse_fields, {"x": {"type": "choice"}}, "x.choices: a list of names is wanted, not None"),
        (parse_fields, {"x": {"choices": ["a", 5, ""]}}, "x.choices[1]: a name is wanted, not 5"),
        (parse_fields, {"x": ["a", "a"]}, "x.choices: a name is listed twice"),
        (parse_fields, {"x": ["a"] * 10_001}, "x.choices: a list of more than 10000"),
        (parse_fields, {"status": "text"}, "status: every ticket has a field 'status'; choose another name"),
        (parse_fields, {"a.b": "text"}, "a.b: a name of at most 64 characters"),
        (parse_fields, {5: "text"}, "5: a name of at most 64 characters"),
        (parse_fields, [], "a table of names is wanted, not list"),
        (parse_fields, {str(number): "text" for number in range(10_001)}, "more than 10000 names"),
        (parse_facts, {"x": "number"}, "x: a fact is a table, not str"),
        (parse_facts, {"x": {"type": "number"}}, "x: a fact needs a default or required_with"),
        (parse_facts, {"x": {"type": "number", "default": True}}, "x.default: a number is wanted"),
        (parse_facts, {"x": {"type": "number", "required_with": "created"}}, "x.required_with: a list of event kinds is wanted"),
        (
            parse_facts,
            {"x": {"type": "number", "required_with": ["crated", 5]}},
            "x.required_with[0]: unknown event kind 'crated'; did you mean",
        ),
    ],
)
def test_declarations_that_are_refused(what: Any, data: Any, problem: str) -> None:
    problems: list[Problem] = []
    what(data, "", problems)
    assert problem in str(problems[0])


@pytest.mark.parametrize(
    ("kind", "value", "stored"),
    [
        (TEXT, "x", "x"),
        (NUMBER, 5, 5),
        (NUMBER, 0.5, 0.5),
        (FLAG, False, False),
        (INSTANT, "1970-01-01T00:00:01Z", 1_000_000),
        (INSTANT, datetime(1970, 1, 1, tzinfo=UTC), 0),
        (INSTANT, 7, 7),
        (DURATION, "4h", 4 * HOUR_US),
        (DURATION, timedelta(hours=4), 4 * HOUR_US),
        (DURATION, 7, 7),
        (TAGS, ["a", "a"], frozenset({"a"})),
        (WORDS.fields["impact"], "big", "big"),
        (WORDS.fields["parts"], ("disk",), frozenset({"disk"})),
    ],
)
def test_how_a_ticket_keeps_a_value(kind: FieldType, value: Any, stored: Any) -> None:
    assert kind.stored(value) == stored
    assert kind.stored(stored) == stored


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (TEXT, 5), (TEXT, "x" * 70_000), (NUMBER, True), (NUMBER, float("nan")), (NUMBER, "5"), (FLAG, 1), (INSTANT, "now"), (INSTANT, 5.0),
        (DURATION, "-4h"), (DURATION, -1), (DURATION, True), (TAGS, "vip"), (TAGS, [5]), (WORDS.fields["impact"], "huge"),
        (WORDS.fields["parts"], ["disk", "cpu"]), (WORDS.fields["shop"], None),
    ],
)  # fmt: skip
def test_values_that_no_ticket_keeps(kind: FieldType, value: Any) -> None:
    with pytest.raises(BadValue, match=r"wanted|unknown"):
        kind.stored(value)


def test_names_are_looked_up_with_a_hint() -> None:
    with pytest.raises(UnknownName, match="did you mean 'priority'"):
        WORDS.field("prioritty")
    with pytest.raises(UnknownName, match="did you mean 'support'"):
        WORDS.hours_of("suport")
    assert WORDS.hours_of(None) is OPEN
    assert Vocabulary().hours_of(None).is_open(NOW)  # around the clock without any
    assert no_clock("first_reply") is None


def test_a_vocabulary_can_be_sent_to_another_process() -> None:
    again = pickle.loads(pickle.dumps(WORDS))
    assert again.specs.keys() == WORDS.specs.keys()
    assert holds(field.site == "north", View(again, TICKET, NOW))


def test_a_fact_that_nobody_has_told_has_its_default() -> None:
    words = Vocabulary(
        facts={"queue": Fact(type=NUMBER, default=7), "mood": Fact(type=TEXT, required_with=["created"])}, fields={"seats": NUMBER}
    )
    assert holds(field.facts.queue == 7, View(words, Ticket(id="T"), NOW))
    assert not holds(field.facts.queue == 7, View(words, Ticket(id="T", facts=FrozenMap({"queue": 8})), NOW))
    for unknown in (field.facts.mood, field.fields.seats):
        assert not holds(unknown.is_set(), View(words, Ticket(id="T"), NOW))


def test_a_declared_name_gives_way_to_a_field_of_every_ticket() -> None:
    words = Vocabulary(fields={"status": NAME}, facts={"site": Fact(type=NAME)})
    assert words.field("status").type.kind == "ordered"
    assert words.field("fields.status").type.kind == "name"
    assert words.field("site").name == "facts.site"


# --- what a condition speaks of ----------------------------------------------------------------------------------------


def test_the_fields_of_a_condition() -> None:
    condition = (field.tags.has("a") | ~(since("created") >= "1h")) & field.priority.changed() & hours("support").is_open()
    assert fields_of(condition & sla("first_reply").is_("met")) == {"tags", "created", "priority"}


def test_the_facts_that_a_time_rule_may_not_read() -> None:
    assert facts_needed((field.mood == "angry") & (field.queue > 1) & (field.site == "north"), WORDS) == {"mood"}
    assert facts_needed(field.facts.mood == "angry", WORDS) == {"mood"}
    assert facts_needed(field.queue > 1, WORDS) == frozenset()


@pytest.mark.parametrize(
    ("condition", "category", "named"),
    [
        (field.status == "spam", "removed", True),
        (field.status.is_any("open", "closed"), "closed", True),
        (field.status != "spam", "removed", False),  # to exclude is not to name
        (field.category == "closed", "closed", True),
        (field.status.changed(to="closed"), "closed", True),
        (field.status.changed(), "closed", False),
        (field.tags.has("closed"), "closed", False),
        ((since("created") >= "1h") & ~(field.status == "closed"), "closed", True),
        (hours("support").is_open(), "closed", False),
        (hours("support").is_open() & field.tags.has("x") & field.status.changed() & (field.category == "closed"), "closed", True),
    ],
)
def test_conditions_that_name_a_category(condition: Condition, category: str, named: bool) -> None:
    assert names_category(condition, WORDS, category) is named


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (TRUE, "always"),
        (FALSE, "never"),
        (field.score.between(1, 2), "score is between 1 and 2"),
        (field.assignee.is_empty(), "assignee is empty"),
        (field.created > datetime(2026, 11, 20, tzinfo=UTC), "created is above 2026-11-20T00:00:00Z"),
        (field.effort < timedelta(hours=1), "effort is below 1h"),
        (field.tags.has_any(*(f"t{number}" for number in range(9))), "... (9 in all)"),
        (field.priority.changed("low", "high"), "priority changed from 'low' to 'high'"),
        (since("created", hours="support") >= "4h", "at least 4h business since created (hours 'support')"),
        (until("deadline") < "1 day", "less than 1 day until deadline"),
        (hours("support").is_closed(), "hours 'support' are closed"),
        (hours("support").is_holiday(), "a holiday in hours 'support'"),
        (sla("first_reply").is_("met"), "first_reply is met"),
        (sla("first_reply").due_within("30m"), "first_reply is due within 30m"),
        (sla("first_reply").used_at_least(80), "first_reply has used 80 % or more"),
        (AllOf((AnyOf((TRUE, FALSE)), Not(TRUE))), "(always or never) and not (always)"),
    ],
)
def test_conditions_in_words(condition: Condition, words: str) -> None:
    assert words in say(condition)


@pytest.mark.parametrize(
    ("condition", "line"),
    [
        (field.tags.has("vip"), "yes  tags has 'vip'   ('outage', 'vip')"),
        (field.assignee == "ivan", "no   assignee is 'ivan'   ('maria')"),
        (field.rating >= 3, "no   rating is at least 3   (empty)"),
        (field.text.mentions_any("fire", "shop"), "yes  text mentions 'fire', 'shop'   ('shop' in 'Εκτός λειτουργίας\\nThe shop is DOWN')"),
        (field.text.mentions_all("fire", "shop"), "('shop' in "),
        (field.text.mentions_none("fire"), "yes  text does not mention 'fire'   (none of it in "),
        (field.subject == "x", "no   subject is 'x'   ('Εκτός λειτουργίας')"),
        (field.requester.phone.contains("x"), "no   requester.phone contains 'x'   ('')"),
        (field.deadline > datetime(2026, 1, 1, tzinfo=UTC), "(2026-11-20T23:00:00Z)"),
        (field.effort.is_set(), "yes  effort is set   (1h)"),
        (field.priority.changed(), "no   priority changed   (nothing before)"),
        (since("created") >= "3h", "(created is 2026-11-20T21:00:00Z; true from 2026-11-21T00:00:00Z)"),
        (since("created") < "3h", "true from 2026-11-20T21:00:00Z until 2026-11-21T00:00:00Z"),
        (since("waiting_since") >= "3h", "(empty)"),
        (until("deadline") > "3h", "true until 2026-11-20T20:00:00Z"),
        (until("deadline") < "0m", "never true if nothing happens"),
        (hours("night").is_closed(), "no   hours 'night' are closed   (open until 2026-11-21T00:00:00Z)"),
        (hours("support").is_open(), "(closed until 2026-11-24T09:00:00Z)"),
        (sla("first_reply").is_("breached"), "(running; due 2026-11-21T00:00:00Z; true from 2026-11-21T00:00:00Z)"),
        (sla("resolution").is_("breached"), "(never started)"),
        (FALSE, "no   never"),
        (TRUE, "yes  always"),
        (~field.tags.has("vip"), "no   not\nyes    tags has 'vip'"),
        (
            field.rating.is_set() & ~field.tags.has("vip"),
            "no   all of\nno     rating is set   (empty)\nno     not\nyes      tags has 'vip'",
        ),
        (field.rating.is_set() | field.tags.has("vip"), "yes  any of\nno     rating is set   (empty)\nyes    tags has 'vip'"),
    ],
)
def test_why(condition: Condition, line: str) -> None:
    assert line in str(explain(read(condition), seen(first_reply=READING)))


def test_why_a_change_and_a_holiday() -> None:
    assert "(was 'low', is 'medium')" in str(explain(field.priority.changed(), seen(before=BEFORE)))
    assert "(was empty, is 'maria')" in str(explain(field.assignee.changed(), seen(before=BEFORE)))
    assert "(holiday)" in str(explain(hours("support").is_open(), seen(at=NOW + 3 * 24 * HOUR_US)))
    ended = Reading(state="met", is_open=False, is_running=False, due_us=NOW, started_us=0, half_us=None)
    assert "(met; due 2026-11-20T22:00:00Z; always true if nothing happens)" in str(
        explain(sla("first_reply").is_("met"), seen(first_reply=ended))
    )


def test_an_explanation_is_plain_data_too() -> None:
    told = explain(field.tags.has("vip") & ~(field.rating >= 3) & (field.status.is_any("new") | TRUE), seen())
    assert told.data() == {
        "holds": True,
        "all": [
            {"holds": True, "test": {"field": "tags", "has": "vip"}, "seen": ["outage", "vip"], "note": "'outage', 'vip'"},
            {"holds": True, "not": {"holds": False, "test": {"field": "rating", "at_least": 3}, "seen": None, "note": ""}},
            {"holds": True, "any": [
                {"holds": False, "test": {"field": "status", "is_any": ["new"]}, "seen": "open", "note": "'open'"},
                {"holds": True, "all": []},
            ]},
        ],
    }  # fmt: skip


def test_sets_before_and_now_are_lists_in_plain_data() -> None:
    view = seen()
    told = explain(field.tags.changed(to="vip"), View(view.vocabulary, view.ticket, view.now_us, view.ticket))
    assert told.data()["seen"] == [["outage", "vip"], ["outage", "vip"]]


def test_a_long_explanation_is_cut() -> None:
    told = str(explain(AllOf([TRUE] * 600), seen()))
    assert told.endswith("... (101 more lines)")


def test_one_fold_serves_all_views_of_a_step(monkeypatch: pytest.MonkeyPatch) -> None:
    folds: dict[Any, Any] = {}
    condition = field.text.mentions_any("shop") & field.text.contains("down") & field.subject.contains("ε")
    for at in (NOW, NOW + 1):
        assert holds(condition, View(WORDS, TICKET, at, folds=folds))
        assert compiled(condition, WORDS)(View(WORDS, TICKET, at, folds=folds))
    assert len(folds) == 2


def test_forms_of_conditions_are_what_they_are() -> None:
    assert Changed("x").was is None
    either: list[Condition] = [Since("created", "at_least", Days(1)), Until("created", "at_least", Days(1))]
    assert either[0] != either[1]
    assert InHours("support") == InHours("support", "open")
