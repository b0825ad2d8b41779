"""Hypothesis strategies for conditions: vocabularies, conditions over them (as values and as plain data), and views to judge.

The texts, names, numbers and instants are drawn from small pools, so that tests and tickets meet; each pool has the awkward ones.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from attrs import frozen
from hypothesis import strategies as st

from ticketcore._fields import FOLDED, REGEX
from ticketcore._time import iso
from ticketcore.conditions import (
    CATEGORIES,
    LAYERS,
    OPERATORS,
    SLA_STATES,
    Condition,
    Fact,
    FieldSpec,
    FieldType,
    View,
    Vocabulary,
    parse,
)  # fmt: skip
from ticketcore.errors import BadValue, Problem
from ticketcore.hours import ALWAYS, BusinessHours, Hours
from ticketcore.model import (
    Agent,
    AgentReplied,
    Assigned,
    Breached,
    Created,
    CustomerReplied,
    EventBase,
    FrozenMap,
    Message,
    Noted,
    Person,
    Ticket,
    Transferred,
)  # fmt: skip

MINUTE_US: Final = 60_000_000
EVENING_US: Final = 1_795_212_000_000_000  # Friday 2026-11-20T22:00Z; the hours below have the next day as a holiday

_NAMES: Final = ("gold", "Gold", "silver", "web", "e-mail", "Ωμέγα", "宕机", "42")
_TEXTS: Final = (
    "", "   ", "The shop is DOWN", "shop", "down", "Εκτός λειτουργίας", "εκτος", "ΛΕΙΤΟΥΡΓΙΑΣ", "系统宕机了", "宕机", "nestrādā",
    "Nestrada", "straße 12", "STRASSE", "istanbul İstanbul ışık", "ＦＡＸ", "don't", "c++", "a*b", "мой йод", "ผู้ใช้", "e\u0301te\u0301",
)  # fmt: skip
_NUMBERS: Final = (0, 1, 2, 5, -3, 1.5, 2**62)


def minutes() -> st.SearchStrategy[int]:
    """Instants on whole minutes around `EVENING_US`, now and then a day or a year before.

    >>> from hypothesis import find
    >>> iso(find(minutes(), lambda at: at < EVENING_US - 300 * 1440 * MINUTE_US))[:4]  # a year before
    '2025'
    """
    far = st.builds(lambda at, days: at - days * 1440 * MINUTE_US, evening(), st.sampled_from([1, 2, 7, 365]))
    return st.one_of(evening(), evening(), evening(), far)


def evening() -> st.SearchStrategy[int]:
    """Instants on whole minutes within the hours around `EVENING_US`.

    >>> from hypothesis import given, settings
    >>> @settings(max_examples=5, derandomize=True, deadline=None)
    ... @given(evening())
    ... def test_it_is_from_eight_to_four(at):
    ...     assert "2026-11-20T20:00:00Z" <= iso(at) <= "2026-11-21T04:00:00Z" and at % MINUTE_US == 0
    >>> test_it_is_from_eight_to_four()
    """
    return st.sampled_from(range(-120, 361)).map(lambda minute: EVENING_US + minute * MINUTE_US)


def field_types() -> st.SearchStrategy[FieldType]:
    """Every kind of field type.

    >>> from hypothesis import find
    >>> find(field_types(), lambda kind: kind.kind == "ordered" and len(kind.choices) > 1)
    FieldType(kind='ordered', choices=('gold', 'Gold'), what='value')
    """
    plain = st.sampled_from(["text", "name", "set", "number", "duration", "instant", "flag"]).map(lambda kind: FieldType(kind=kind))
    choices = st.lists(st.sampled_from(_NAMES), min_size=1, unique=True).map(tuple)
    listed = st.builds(lambda kind, names: FieldType(kind=kind, choices=names), st.sampled_from(["choice", "ordered", "set"]), choices)
    return st.one_of(plain, listed)


def values(kind: FieldType) -> st.SearchStrategy[Any]:
    """What a ticket may hold in a field of this type, None for an empty one included.

    >>> from hypothesis import given, settings
    >>> @settings(max_examples=5, derandomize=True, deadline=None)
    ... @given(values(FieldType(kind="choice", choices=("one", "all"))))
    ... def test_a_value_is_listed_or_missing(value):
    ...     assert value in (None, "one", "all")
    >>> test_a_value_is_listed_or_missing()
    """
    return st.none() | _filled(kind)


def _filled(kind: FieldType) -> st.SearchStrategy[Any]:
    names = st.sampled_from(kind.choices or _NAMES)
    match kind.kind:
        case "text":
            return st.sampled_from(_TEXTS)
        case "name" | "choice" | "ordered":
            return names
        case "set":
            return st.frozensets(names, max_size=3)
        case "number":
            return st.sampled_from(_NUMBERS)
        case "duration":
            return st.integers(0, 300).map(lambda minute: minute * MINUTE_US)
        case "instant":
            return minutes()
        case _:
            return st.booleans()


def short_hours() -> st.SearchStrategy[Hours]:
    """Business hours with several spans a day, some never open, some always.

    >>> from hypothesis import given, settings
    >>> @settings(max_examples=5, derandomize=True, deadline=None)
    ... @given(short_hours())
    ... def test_hours_may_be_open_never_or_always(hours):
    ...     assert hours.elapsed(EVENING_US, EVENING_US).total_seconds() == 0
    >>> test_hours_may_be_open_never_or_always()
    """
    spans = st.sampled_from(["21:00-22:30", "22:45-23:15", "23:30-01:00", "02:00-03:30", "04:00-06:00"])
    weeks = st.lists(spans, min_size=1, max_size=3, unique=True).map(sorted)
    made = st.builds(
        lambda zone, week, holidays: BusinessHours(zone=zone, week={"mon-sun": week}, holidays=holidays),
        st.sampled_from(["UTC", "Europe/Riga", "Asia/Kolkata"]), weeks,
        st.sampled_from([(), ("2026-11-21",), ("2026-11-20", "2026-11-22")]),
    )  # fmt: skip
    bounded = BusinessHours(zone="UTC", week={"mon-sun": ["21:00-23:00"]}, valid_from="2026-11-01", valid_until="2026-11-21")
    never = BusinessHours(zone="UTC", week={"mon-sun": ["09:00-10:00"]}) & BusinessHours(zone="UTC", week={"mon-sun": ["10:00-11:00"]})
    return st.one_of(made, st.just(ALWAYS), st.just(bounded), st.just(never))


@st.composite
def vocabularies(draw: st.DrawFn) -> Vocabulary:
    """The names of a desk, with custom fields and facts of every type.

    >>> from hypothesis import given, settings
    >>> @settings(max_examples=5, derandomize=True, deadline=None)
    ... @given(vocabularies())
    ... def test_a_declared_field_is_known(words):
    ...     assert all(words.field("fields." + name).type == kind for name, kind in words.fields.items())
    >>> test_a_declared_field_is_known()
    """
    statuses = ("new", "open", "answered", "waiting for parts", "postponed", "resolved", "closed", "spam")
    kept = draw(st.lists(st.sampled_from(statuses), min_size=1, unique=True))
    category = {name: name if name in CATEGORIES else "removed" if name == "spam" else "answered" for name in kept}
    hours = draw(st.dictionaries(st.sampled_from(["support", "night"]), short_hours()))
    names = st.sampled_from(["site", "impact", "due_date", "vip", "score"])
    return Vocabulary(
        statuses=category, levels=draw(st.lists(st.sampled_from(["low", "medium", "high", "urgent"]), min_size=1, unique=True)),
        metrics=draw(st.lists(st.sampled_from(["first_reply", "resolution"]), unique=True)), hours=hours,
        default_hours=draw(st.none() | st.sampled_from(sorted(hours))) if hours else None,
        policies=draw(st.lists(st.sampled_from(["std", "gold"]), unique=True)),
        groups=draw(st.lists(st.sampled_from(["sales", "technicians"]), unique=True)),
        fields=draw(st.dictionaries(names, field_types())), requester_fields=draw(st.dictionaries(names, field_types())),
        facts=draw(st.dictionaries(st.sampled_from(["queue", "mood"]), facts())), regex=draw(st.sampled_from([None, literally])),
    )  # fmt: skip


def literally(pattern: str) -> Callable[[str], bool]:
    """In place of a matcher of regular expressions: every letter stands for itself, small or capital. "(" cannot be read.

    >>> found = literally("Down")
    >>> found("The shop is DOWN"), found("The shop is up")
    (True, False)
    >>> literally("(")
    Traceback (most recent call last):
    ticketcore.errors.BadValue: a parenthesis is open
    """
    if "(" in pattern:
        raise BadValue("a parenthesis is open", value=pattern)
    return lambda text: pattern.casefold() in text.casefold()


@st.composite
def facts(draw: st.DrawFn) -> Fact:
    """Declared facts, with a default or required with an event.

    >>> from hypothesis import given, settings
    >>> @settings(max_examples=5, derandomize=True, deadline=None)
    ... @given(facts())
    ... def test_a_fact_has_a_default_or_comes_with_an_event(fact):
    ...     assert fact.default is not None or fact.required_with == ("created",)
    >>> test_a_fact_has_a_default_or_comes_with_an_event()
    """
    kind = draw(field_types())
    default = draw(values(kind))
    return Fact(type=kind, default=default, required_with=() if default is not None else ("created",))


# --- conditions --------------------------------------------------------------------------------------------------------


def condition_data(vocabulary: Vocabulary, layer: str = "rules") -> st.SearchStrategy[Any]:
    """Conditions as plain data that this vocabulary accepts in this layer.

    >>> from hypothesis import given, settings
    >>> @settings(max_examples=5, derandomize=True, deadline=None)
    ... @given(condition_data(Vocabulary(statuses={"open": "open"}, levels=("low", "high"))))
    ... def test_it_can_be_read(data):
    ...     problems = []
    ...     parse(data, Vocabulary(statuses={"open": "open"}, levels=("low", "high")), "when", problems)
    ...     assert not problems
    >>> test_it_can_be_read()
    """
    tests = st.one_of(_field_data(vocabulary, layer), _changed_data(vocabulary, layer))
    if layer == "rules":
        tests = st.one_of(tests, timed_data(vocabulary))
    return st.recursive(tests, _combined, max_leaves=6)


def conditions(vocabulary: Vocabulary, layer: str = "rules") -> st.SearchStrategy[Condition]:
    """Conditions as values.

    >>> from hypothesis import given, settings
    >>> from ticketcore import Desk
    >>> from ticketcore.conditions import to_data
    >>> @settings(max_examples=5, derandomize=True, deadline=None)
    ... @given(conditions(Desk().vocabulary))
    ... def test_a_condition_comes_back(condition):
    ...     assert parse(to_data(condition), Desk().vocabulary, "when", []) == condition
    >>> test_a_condition_comes_back()
    """
    return condition_data(vocabulary, layer).map(lambda data: _parsed(data, vocabulary, layer))


def timed_conditions(vocabulary: Vocabulary) -> st.SearchStrategy[Condition]:
    """Conditions of tests of time and of the category: one, some of them, or groups of some.

    >>> from hypothesis import given, settings
    >>> from ticketcore import Desk
    >>> from ticketcore.conditions import holds, next_rise
    >>> @settings(max_examples=5, derandomize=True, deadline=None)
    ... @given(timed_conditions(Desk().vocabulary), views(Desk().vocabulary))
    ... def test_it_is_true_when_it_rises(condition, view):
    ...     rise = next_rise(condition, view)
    ...     assert rise is None or not rise.found or holds(condition, view.at(rise.at_us))
    >>> test_it_is_true_when_it_rises()
    """
    one = timed_data(vocabulary)
    some = _groups(st.sampled_from([one, one, one, st.just({"field": "category", "is": "open"})]).flatmap(lambda test: test))
    return st.one_of(one, some, _groups(some)).map(lambda data: _parsed(data, vocabulary, "rules"))


def _groups(parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.lists(parts, min_size=1, max_size=3)
    return st.builds(
        lambda head, items, negated: {"not": {head: items}} if negated else {head: items},
        st.sampled_from(["all", "any"]), several, st.booleans(),
    )  # fmt: skip


def _parsed(data: Any, vocabulary: Vocabulary, layer: str) -> Condition:
    problems: list[Problem] = []
    condition = parse(data, vocabulary, "", problems, layer)
    if problems:
        raise AssertionError(f"{data}: {problems[0]}")  # the strategy is wrong, or parse is
    return condition


def _combined(parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.lists(parts, max_size=3)
    return st.one_of(
        several, several.map(lambda items: {"all": items}), several.map(lambda items: {"any": items}),
        parts.map(lambda item: {"not": item}),
        st.builds(lambda left, right: {"all": left, "any": right}, several, several),
    )  # fmt: skip


@lru_cache(maxsize=64)
def _readable(vocabulary: Vocabulary, layer: str) -> list[FieldSpec]:
    below = LAYERS.index(layer)
    return [
        spec
        for name, spec in sorted(vocabulary.specs.items())
        if LAYERS.index(spec.layer) < below and (spec.type.choices or spec.type.kind not in {"choice", "ordered"})
    ]


@lru_cache(maxsize=64)
def _tested_by(vocabulary: Vocabulary, layer: str) -> dict[str, list[FieldSpec]]:
    """The fields that each operator can test; those of texts are many, and few fields are texts."""
    found: dict[str, list[FieldSpec]] = {}
    for spec in _readable(vocabulary, layer):
        for op in OPERATORS[spec.type.kind]:
            if op not in REGEX or vocabulary.regex is not None:
                found.setdefault(op, []).append(spec)
    return found


@st.composite
def _field_data(draw: st.DrawFn, vocabulary: Vocabulary, layer: str) -> dict[str, Any]:
    fields = _tested_by(vocabulary, layer)
    op = draw(st.sampled_from(list(fields)))
    spec = draw(st.sampled_from(fields[op]))
    data = {"field": spec.name, op: draw(operands(spec.type, op))}
    compared = spec.type.kind == "text" and op not in {"is_set", "is_empty"}
    return {**data, **draw(foldings())} if op in FOLDED or (compared and op not in REGEX) else data


def foldings() -> st.SearchStrategy[dict[str, Any]]:
    """How a text test folds, as plain data; mostly as usual.

    >>> from hypothesis import given, settings
    >>> @settings(max_examples=5, derandomize=True, deadline=None)
    ... @given(foldings())
    ... def test_a_text_test_takes_them(options):
    ...     parse({"field": "subject", "contains": "I", **options}, Vocabulary(), "when", problems := [])
    ...     assert not problems
    >>> test_a_text_test_takes_them()
    """
    options = st.fixed_dictionaries({}, optional={"accents": st.booleans(), "language": st.sampled_from(["tr", "az"])})
    return st.one_of(st.just({}), st.just({}), options)


def operands(kind: FieldType, op: str) -> st.SearchStrategy[Any]:
    """What may stand behind this operator for a field of this type, as plain data.

    >>> from hypothesis import find
    >>> find(operands(FieldType(kind="number"), "between"), lambda pair: pair[0] < pair[1])
    [0, 1]
    """
    one = _operand(kind)
    if op in {"is_set", "is_empty"}:
        return st.booleans()
    if op == "between":
        return st.tuples(one, one).map(lambda pair: sorted(pair, key=_order(kind)))
    if op in {"is_any", "is_none", "has_any", "has_all", "has_none", "mentions_any", "mentions_all", "mentions_none"}:
        return st.lists(one, min_size=1, max_size=3)
    if op in REGEX:
        return st.sampled_from(["shop", "DOWN", ["no such", "o"], "宕机"])
    if op in {"matches", "not_matches"}:
        return st.sampled_from(["*", "*shop*", "the*d?wn", "s?op", "?old", "*宕?", ["x", "*o*"], "a\\*b", "**?"])
    return st.one_of(one, st.lists(one, min_size=1, max_size=2)) if op in {"contains", "not_contains", "starts_with", "ends_with"} else one


def _order(kind: FieldType) -> Callable[[Any], Any]:
    return lambda value: kind.key(kind.stored(value))


def _operand(kind: FieldType) -> st.SearchStrategy[Any]:
    match kind.kind:
        case "text":
            return st.sampled_from([text for text in _TEXTS if text.strip()])
        case "duration":
            return st.integers(0, 300).map(lambda minute: f"{minute}m")
        case "instant":
            return minutes().map(_iso)
        case "set":
            return st.sampled_from(kind.choices or _NAMES)
        case _:
            return _filled(kind)


def _iso(us: int) -> str:
    return iso(us).replace("Z", "+00:00")


@st.composite
def _changed_data(draw: st.DrawFn, vocabulary: Vocabulary, layer: str) -> dict[str, Any]:
    spec = draw(st.sampled_from([spec for spec in _readable(vocabulary, layer) if spec.changes]))
    given = draw(st.fixed_dictionaries({}, optional={"from": _operand(spec.type), "to": _operand(spec.type)}))
    return {"changed": spec.name, **given}


def spans(*, until: bool = False) -> st.SearchStrategy[str]:
    """Spans of time as text, in all their forms.

    >>> from hypothesis import find
    >>> find(spans(), lambda span: "business" in span)
    '30m business'
    """
    lengths = st.sampled_from([30, 0, 1, 15, 60, 95, 120, 240, 480]).map(lambda minute: f"{minute}m")
    suffix = st.sampled_from(["", " business"])
    days = st.builds(lambda count, unit: f"{count} {unit}", st.integers(0, 2), st.sampled_from(["day", "days", "working days"]))
    closing = days if until else st.integers(0, 2).map(lambda count: f"{count} working days, end of day")
    timed = st.builds("{}{}".format, lengths, suffix)
    return st.one_of(timed, timed, days, closing)


_SET: Final = ("created", "updated", "status_since", "priority_since")


@st.composite
def timed_data(draw: st.DrawFn, vocabulary: Vocabulary) -> dict[str, Any]:
    """Tests of time, hours and clocks as plain data.

    >>> from hypothesis import given, settings
    >>> from ticketcore import Desk
    >>> from ticketcore.conditions import is_timed
    >>> @settings(max_examples=5, derandomize=True, deadline=None)
    ... @given(timed_data(Desk().vocabulary))
    ... def test_time_has_a_say_in_it(data):
    ...     assert is_timed(parse(data, Desk().vocabulary, "when", []))
    >>> test_time_has_a_say_in_it()
    """
    instants = [spec.name for spec in _readable(vocabulary, "rules") if spec.type.kind == "instant"]
    kinds = ["since", "until"] + (["hours", "hours"] if vocabulary.hours else []) + (["sla"] if vocabulary.metrics else [])
    kind = draw(st.sampled_from(kinds))
    if kind == "hours":
        return {"hours": draw(st.sampled_from(sorted(vocabulary.hours))), "is": draw(st.sampled_from(["open", "closed", "holiday"]))}
    if kind == "sla":
        op, value = draw(
            st.one_of(
                st.tuples(st.just("is"), st.sampled_from(SLA_STATES)),
                st.tuples(st.just("due_within"), st.sampled_from([30, 0, 1, 60, 120, 240]).map(lambda minute: f"{minute}m")),
                st.tuples(st.just("used_at_least"), st.sampled_from([50, 0, 25, 100, 150])),
            ),
        )
        return {"sla": draw(st.sampled_from(vocabulary.metrics)), op: value}
    op = draw(st.sampled_from(["at_least", "at_most", "above", "below"]))
    data = {kind: draw(st.sampled_from(_SET) | st.sampled_from(instants)), op: draw(spans(until=kind == "until"))}
    if draw(st.booleans()) and vocabulary.hours:
        data["hours"] = draw(st.sampled_from(sorted(vocabulary.hours)))
    return data


# --- what they read ----------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class Reading:
    """A clock's reading, as the sla room gives it.

    >>> reading = Reading(state="running", is_open=True, is_running=True, due_us=120, started_us=20, half_us=70)
    >>> reading.reaches_us(50), reading.reaches_us(80)
    (70, 100)
    """

    state: str
    is_open: bool
    is_running: bool
    due_us: int | None
    started_us: int
    half_us: int | None  # half of the promised time is used

    def reaches_us(self, percent: int) -> int | None:
        """A straight line through the start and the half."""
        return None if self.half_us is None else self.started_us + (self.half_us - self.started_us) * percent // 50


@st.composite
def readings(draw: st.DrawFn, now_us: int) -> Reading:
    """Readings of clocks at *now_us* that contradict themselves in nothing.

    >>> from hypothesis import given, settings
    >>> @settings(max_examples=5, derandomize=True, deadline=None)
    ... @given(readings(EVENING_US))
    ... def test_a_clock_that_ended_does_not_run(reading):
    ...     assert reading.is_open or not reading.is_running
    >>> test_a_clock_that_ended_does_not_run()
    """
    started = draw(minutes())
    due = draw(st.none() | minutes().filter(lambda at: at >= started))
    half = None if due is None else started + (due - started) // 2 // MINUTE_US * MINUTE_US
    if draw(st.booleans()):
        verdict = draw(st.sampled_from(["met", "late", "cancelled", "removed", "untargeted"]))
        return Reading(state=verdict, is_open=False, is_running=False, due_us=due, started_us=started, half_us=half)
    breached = due is not None and now_us >= due
    running = draw(st.booleans()) or (due is not None and not breached)  # paused and not breached: no due
    state = "breached" if breached else "running" if running else "paused"
    return Reading(state=state, is_open=True, is_running=running, due_us=due, started_us=started, half_us=half)


@st.composite
def seen_tickets(draw: st.DrawFn, vocabulary: Vocabulary) -> Ticket:
    """Tickets of a desk with this vocabulary, in any state that a view may show.

    >>> from hypothesis import given, settings
    >>> from ticketcore import Desk
    >>> @settings(max_examples=5, derandomize=True, deadline=None)
    ... @given(seen_tickets(Desk().vocabulary))
    ... def test_a_ticket_has_a_level_of_the_desk(ticket):
    ...     assert ticket.priority in Desk().vocabulary.levels
    >>> test_a_ticket_has_a_level_of_the_desk()
    """
    status = draw(st.sampled_from(list(vocabulary.statuses)))
    instants = st.fixed_dictionaries({name: minutes() for name in _ALWAYS}, optional={name: minutes() for name in _SOMETIMES})
    moments: dict[str, Any] = dict(draw(instants))
    text, name, few = st.sampled_from(_TEXTS), st.sampled_from(["", *_NAMES]), st.integers(0, 3)
    requester = Person(
        name=draw(text), email=draw(st.sampled_from(["", "nobody", "ann@example.gr", "BOB@EXAMPLE.ORG"])), tier=draw(name),
        organisation=draw(name), tags=draw(st.frozensets(st.sampled_from(_NAMES), max_size=2)),
        fields=draw(_declared(vocabulary.requester_fields)),
    )  # fmt: skip
    return Ticket(
        id="T-1", status=status, category=vocabulary.statuses[status], priority=draw(st.sampled_from(vocabulary.levels)),
        subject=draw(text), text=draw(text), channel=draw(name), requester=requester, assignee=draw(st.none() | name),
        group=draw(st.none() | st.sampled_from(["sales", "technicians"])), tags=draw(st.frozensets(st.sampled_from(_NAMES), max_size=3)),
        fields=draw(_declared(vocabulary.fields)), facts=draw(_declared({name: fact.type for name, fact in vocabulary.facts.items()})),
        policy=draw(st.sampled_from([None, "std", "gold"])), rating=draw(st.none() | few), agent_replies=draw(few), reopens=draw(few),
        **moments,
    )  # fmt: skip


_ALWAYS: Final = ("created_us", "updated_us", "status_since_us", "priority_since_us")
_SOMETIMES: Final = (
    "first_agent_reply_us", "last_agent_reply_us", "last_customer_reply_us", "waiting_since_us", "assigned_us", "resolved_us", "closed_us",
    "acknowledged_us", "escalated_us", "postponed_until_us",
)  # fmt: skip


def _declared(types: Any) -> st.SearchStrategy[FrozenMap[str, Any]]:
    return st.fixed_dictionaries({}, optional={name: _filled(kind) for name, kind in types.items()}).map(FrozenMap)


def seen_events(vocabulary: Vocabulary, at_us: int) -> st.SearchStrategy[EventBase]:
    """Events a rule may listen to.

    >>> from hypothesis import given, settings
    >>> from ticketcore import Desk
    >>> @settings(max_examples=5, derandomize=True, deadline=None)
    ... @given(seen_events(Desk().vocabulary, EVENING_US))
    ... def test_an_event_is_of_now(event):
    ...     assert event.at_us == EVENING_US
    >>> test_an_event_is_of_now()
    """
    ann, agent = Person(email="ann@example.gr"), Agent(id="maria", email="ANN@example.gr")
    by = st.sampled_from([None, ann, agent, Agent(id="ivan"), Person(id="42")])
    message = st.builds(lambda text, public, automatic: Message(text=text, public=public, automatic=automatic),
                        st.sampled_from(_TEXTS), st.booleans(), st.booleans())  # fmt: skip
    spoken = st.sampled_from([Created, CustomerReplied, AgentReplied, Noted])
    said = st.builds(lambda kind, who, what, cause: kind(at=at_us, by=who, message=what, cause=cause), spoken, by, message,
                     st.sampled_from(["", "rule:ack"]))  # fmt: skip
    others = [
        Assigned(at=at_us, agent="maria"), Transferred(at=at_us, group="sales", reason="Εκτός"), Transferred(at=at_us, group=None),
        *(Breached(at=at_us, metric=metric, number=1, due_us=at_us) for metric in vocabulary.metrics),
    ]  # fmt: skip
    return st.one_of(said, st.sampled_from(others))


@st.composite
def views(draw: st.DrawFn, vocabulary: Vocabulary) -> View:
    """Views: a ticket at an instant, perhaps with a ticket before, an event and clocks.

    >>> from hypothesis import given, settings
    >>> from ticketcore import Desk
    >>> from ticketcore.conditions import compiled, holds
    >>> @settings(max_examples=5, derandomize=True, deadline=None)
    ... @given(conditions(Desk().vocabulary), views(Desk().vocabulary))
    ... def test_ready_or_not_it_means_the_same(condition, view):
    ...     assert compiled(condition, Desk().vocabulary)(view) == holds(condition, view)
    >>> test_ready_or_not_it_means_the_same()
    """
    now = draw(evening())
    ticket = draw(seen_tickets(vocabulary))
    before = draw(st.none() | st.just(ticket) | seen_tickets(vocabulary))
    event = draw(st.none() | seen_events(vocabulary, now))
    clocks = draw(st.fixed_dictionaries({}, optional={metric: readings(now) for metric in vocabulary.metrics}))
    return View(vocabulary, ticket, now, before, event, clocks.get)
