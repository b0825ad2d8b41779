"""Filters: what a desk picks, how one is written and refused; and as SQL they pick the same (examples/filters)."""

from __future__ import annotations

import pickle
import sqlite3
from typing import Any

import pytest
from attrs import evolve
from filters.sqlite import Columns, Untranslatable
from hypothesis import event, given, settings
from hypothesis import strategies as st

from desk_day import ADA, MARIA, at, length, promise
from ticketcore import (
    Assigned,
    BusinessHours,
    Created,
    Desk,
    Filter,
    Metric,
    Order,
    Policy,
    Resolved,
    SlotSet,
    TagsAdded,
    Targets,
    Ticket,
    desk_to_data,
    field,
    load_desk,
    since,
)
from ticketcore._time import HOUR_US, from_us
from ticketcore.conditions import SLA_STATES, TRUE, AllOf, AnyOf, Condition, hours, say, sla, until
from ticketcore.errors import BadValue, DeskError, UnknownName
from ticketcore.extra import strategies
from ticketcore.extra.laws import live
from ticketcore.model import FrozenMap
from ticketcore.routing import Due as DueTerm
from ticketcore.routing import First as FirstTerm
from ticketcore.routing import HeadStart, Priority, filter_to_data, parse_filter
from ticketcore.sla import WarnAt

HALF = max(10, settings.default.max_examples // 2) if settings.default else 10  # each example asks a database of its own
FA = Metric(name="fa", start=("created",), stop=("enter:answered",))
MINE = Filter(name="mine", when=field.assignee == "maria", order=Order.by("priority").then("age"), text="what I work on")
LATE = Filter(name="late", when=sla("fa").is_("breached"), order=Order.by(due="fa"))
OLD = Filter(name="old", when=since("created") >= "2h")
DESK = Desk(metrics=(FA,), policies=(promise(2),), filters=(MINE, LATE, OLD))


def ticket(name: str, clock: str = "09:00", desk: Desk = DESK, **given: Any) -> Ticket:
    return desk.handle(None, Created(at=at(clock), ticket=name, by=ADA, **given)).ticket


def ids(found: tuple[Ticket, ...]) -> list[str]:
    return [one.id for one in found]


# --- what a desk picks -----------------------------------------------------------------------------------------------


def test_a_filter_picks_in_its_order() -> None:
    mine, urgent, theirs = ticket("A", assignee="maria"), ticket("B", "09:10", assignee="maria"), ticket("C", assignee="ivan")
    urgent = DESK.handle(urgent, SlotSet(at=at("09:20"), by=MARIA, level="urgent")).ticket
    assert ids(DESK.select("mine", [theirs, mine, urgent], at("09:30"))) == ["B", "A"]
    given_back = DESK.handle(urgent, Assigned(at=at("09:30"), by=MARIA, agent="ivan")).ticket
    assert ids(DESK.select("mine", [mine, given_back], at("09:30"))) == ["A"]


def test_a_filter_sees_the_instant_it_is_asked_for() -> None:
    tickets = [ticket("A", "09:00"), ticket("B", "10:00")]
    assert [ids(DESK.select("old", tickets, at(clock))) for clock in ("10:59", "11:00", "12:00")] == [[], ["A"], ["A", "B"]]
    assert [ids(DESK.select("late", tickets, at(clock))) for clock in ("10:59", "11:00", "12:00")] == [[], ["A"], ["A", "B"]]


def test_closed_tickets_are_picked_where_the_condition_says_so() -> None:
    """A queue leaves closed tickets out; a filter picks what its condition says."""
    done = DESK.handle(ticket("A"), Resolved(at=at("09:30"), by=MARIA)).ticket
    gone = evolve(done, status="closed", category="closed")
    assert ids(DESK.select(Filter(name="all"), [gone, done], at("10:00"))) == ["A", "A"]
    assert Filter(name="all", order=Order.by("age")).order.leave_out == frozenset()


def test_a_filter_for_the_occasion() -> None:
    vip = Filter(name="vip", when=field.tags.has("vip"), order=Order.by(due="fa"))
    assert ids(DESK.select(vip, [ticket("A", tags=["vip"]), ticket("B")], at("09:00"))) == ["A"]
    with pytest.raises(DeskError, match="unknown field 'tagz'"):
        DESK.select(Filter(name="x", when=field.tagz.has("vip"), order=Order.by(due="solve")), [], at("09:00"))
    with pytest.raises(BadValue, match="does not know a desk's names; use"):
        vip.select([], DESK.view, lambda _ticket, _metric: None)


def test_due_instants_are_worked_out_for_tickets_that_carry_none() -> None:
    early, late = ticket("A", "09:00"), ticket("B", "08:00")
    bare = [evolve(one) for one in (early, late)]
    for order in (Order.by(due="fa"), Order.by("due")):
        for tickets in (bare, [early, late], [bare[0], late]):
            assert ids(DESK.select(Filter(name="x", order=order), tickets, at("09:00"))) == ["B", "A"]
    paused = evolve(bare[0], clocks=FrozenMap())
    assert ids(DESK.select(LATE, [paused], at("23:00"))) == []
    assert ids(DESK.select(Filter(name="x", order=Order.by("due")), [paused, bare[1]], at("09:00"))) == ["B", "A"]


def test_tests_of_change_and_of_the_event_pick_nothing() -> None:
    for when in (field.priority.changed(), field.event.kind == "created"):
        assert DESK.select(Filter(name="x", when=when), [ticket("A")], at("09:00")) == ()


# --- filters of a desk -----------------------------------------------------------------------------------------------


def test_a_filter_is_found_by_its_name() -> None:
    assert DESK.filter("late").when == LATE.when
    with pytest.raises(UnknownName, match="unknown filter 'lat'; did you mean 'late'"):
        DESK.filter("lat")
    with pytest.raises(UnknownName, match="the desk has none"):
        Desk().filter("x")


def test_filters_decide_nothing() -> None:
    """A desk with another filter takes the tickets of the one without."""
    plain = DESK.evolve(filters=())
    assert plain.fingerprint == DESK.fingerprint
    assert plain != DESK
    assert ids(plain.select(MINE, [ticket("A", assignee="maria")], at("10:00"))) == ["A"]


def test_a_desk_refuses_filters_that_name_what_it_does_not_have() -> None:
    wrong = [
        Filter(name="a", when=field.tagz.has("x")),
        Filter(name="b", order=Order.by(due="fb").then(FirstTerm(name="x", when=OLD.when))),
    ]
    with pytest.raises(DeskError) as caught:
        DESK.evolve(filters=wrong)
    assert [(problem.path, problem.message) for problem in caught.value.problems] == [
        ("filters[0].when.field", "unknown field 'tagz'"),
        ("filters[1].order[0]", "unknown metric 'fb'"),
        ("filters[1].order[1]", "the condition 'x' tests time"),
    ]
    with pytest.raises(DeskError, match=r"filters\[1\].name: a second filter 'mine'|a second filter 'mine'"):
        DESK.evolve(filters=[MINE, MINE])


def test_filters_survive_plain_data_and_pickling() -> None:
    data = desk_to_data(DESK)
    assert data["filters"] == [
        {"name": "mine", "when": {"field": "assignee", "is": "maria"}, "order": ["priority", "age"], "text": "what I work on"},
        {"name": "late", "when": {"sla": "fa", "is": "breached"}, "order": [{"due": "fa"}]},
        {"name": "old", "when": {"since": "created", "at_least": "2h"}},
    ]
    for again in (load_desk(data), pickle.loads(pickle.dumps(DESK))):
        assert again.filters == DESK.filters
        assert ids(again.select("mine", [ticket("A", assignee="maria")], at("10:00"))) == ["A"]
    assert pickle.loads(pickle.dumps(MINE)) == MINE
    assert filter_to_data(Filter(name="x", when=TRUE)) == {"name": "x"}


@pytest.mark.parametrize(
    ("data", "path", "words"),
    [
        (5, "", "a filter is a table, not 5"),
        ({}, "name", "a name is a text of 1 to 200 characters"),
        ({"name": ""}, "name", "a name is a text of 1 to 200"),
        ({"name": "x" * 201}, "name", "a name is a text of 1 to 200"),
        ({"name": "x", "text": 5}, "text", "a text is a text of 0 to 200"),
        ({"name": "x", "whne": []}, "whne", "unknown key 'whne'"),
        ({"name": "x", 5: []}, "5", "unknown key 5"),
        ({"name": "x", "when": {"field": "statsu", "is": "open"}}, "when.field", "unknown field 'statsu'"),
        ({"name": "x", "order": ["agee"]}, "order[0]", "unknown order 'agee'"),
    ],
)
def test_a_filter_that_cannot_be_read_is_refused(data: Any, path: str, words: str) -> None:
    for start in ("", "filters[0]"):
        with pytest.raises(DeskError) as caught:
            parse_filter(data, DESK.vocabulary, start)
        (problem,) = caught.value.problems
        assert (problem.path, words in problem.message) == (f"{start}.{path}" if start and path else start or path, True)
    with pytest.raises(DeskError):
        load_desk({"filters": [data]})


def test_names_of_filters_in_a_file_are_unique() -> None:
    with pytest.raises(DeskError, match="filters"):
        load_desk({"filters": [{"name": "a"}, {"name": "a"}]})


# --- as SQL ----------------------------------------------------------------------------------------------------------


def asked(desk: Desk, one: Filter, tickets: list[Ticket], now_us: int) -> list[str]:
    """What SQLite answers."""
    columns = Columns(desk)
    query = columns.query("tickets", one, from_us(now_us))
    database = sqlite3.connect(":memory:")
    try:
        database.execute(columns.create("tickets"))
        database.executemany(columns.put("tickets"), [columns.row(one) for one in tickets])
        return [name for (name,) in database.execute(query.sql, query.values)]
    finally:
        database.close()


@st.composite
def wide_desks(draw: st.DrawFn) -> Desk:
    """Desks that declare fields and facts of every type."""
    words = draw(strategies.vocabularies())
    facts = {name: evolve(fact, required_with=("created",) if fact.default is None else ()) for name, fact in words.facts.items()}
    return Desk(
        metrics=(FA,), policies=(promise(2),), fields=words.fields, requester_fields=words.requester_fields, facts=facts, hours=words.hours,
        default_hours=words.default_hours or "24x7", groups=("sales", "technicians"),
    )  # fmt: skip


@st.composite
def filters_of(draw: st.DrawFn, desk: Desk) -> Filter:
    conditions = strategies.conditions(desk.vocabulary)
    first = strategies.conditions(desk.vocabulary, "clocks").map(lambda when: FirstTerm(name="first", when=when))
    terms = st.one_of(
        st.sampled_from(["due", "priority", "waiting", "age"]), st.just(DueTerm(metric="fa")), st.just(HeadStart(starts={})),
        st.sampled_from(["waiting", "age"]).map(lambda since: HeadStart(starts={"high": "90m", "urgent": "2d"}, since=since)), first,
        st.just(Priority(levels=("low", "high"))),
    )  # fmt: skip
    order = Order()
    for term in draw(st.lists(terms, max_size=3)):
        order = order.then(term)
    return Filter(name="drawn", when=draw(conditions), order=order)


@settings(max_examples=HALF)
@given(st.data())
def test_sqlite_picks_what_the_desk_picks(data: st.DataObject) -> None:
    desk = data.draw(wide_desks())
    tickets = [
        evolve(data.draw(strategies.seen_tickets(desk.vocabulary)), id=f"T-{number}") for number in range(data.draw(st.integers(1, 6)))
    ]
    one = data.draw(filters_of(desk)).using(desk.vocabulary)
    now_us = max(ticket.as_of_us for ticket in tickets) + data.draw(st.sampled_from([0, 1, 30, 60, 1440])) * HOUR_US // 60
    now_us += 1_795_212_000_000_000 if now_us < HOUR_US * 48 else 0
    try:
        answer = asked(desk, one, tickets, now_us)
    except Untranslatable as error:
        event("refused by name")
        assert error.parts  # noqa: PT017 - most are translated, and which not is the business of the table below
        return
    event("translated")
    assert answer == ids(desk.select(one, tickets, now_us))


CLOCKS = Desk(
    metrics=(FA, Metric(name="solve", start=("created",), stop=("enter:resolved",), pause_status=("answered",))),
    policies=(
        Policy(
            name="std", warn=(WarnAt.parse("-30m"),), targets={"fa": Targets(otherwise=length(2)), "solve": Targets(otherwise=length(5))}
        ),
    ),
)  # fmt: skip
STATES: list[Condition] = [sla(name).is_(state) for name in ("fa", "solve") for state in SLA_STATES]
STATES += [sla(name).due_within(f"{minutes}m") for name in ("fa", "solve") for minutes in (0, 30, 240)]
STATES += [since("sla.fa.due") >= "1h", until("sla.solve.due") <= "2h", field["sla.fa.started"].is_set()]


@settings(max_examples=HALF)
@given(st.data())
def test_sqlite_knows_the_states_of_clocks_that_time_brings(data: st.DataObject) -> None:
    """The row of a ticket is written when something happens to it; what its clocks say later is worked out by the query."""
    history = data.draw(strategies.histories(CLOCKS))
    life = live(CLOCKS, history)
    tickets = [evolve(outcome.ticket, id=f"T-{number}") for number, outcome in enumerate(life.outcomes)]
    now_us = life.ticket.as_of_us + data.draw(st.sampled_from([0, 1, 30, 90, 240, 480])) * HOUR_US // 60
    one = Filter(name="drawn", when=data.draw(st.sampled_from(STATES)), order=Order.by("due").then(due="fa")).using(CLOCKS.vocabulary)
    assert asked(CLOCKS, one, tickets, now_us) == ids(CLOCKS.select(one, tickets, now_us))


def test_what_a_table_cannot_know_is_refused_by_name() -> None:
    desk = DESK.evolve(hours={"support": BusinessHours(zone="UTC", week={"mon-fri": ["09:00-17:00"]})})
    parts = {
        hours("support").is_open(): "a table knows no business hours",
        since("created") >= "4h business": "a table knows no business time",
        since("created") >= "2 days": "a table knows no business time",
        until("sla.fa.due") <= "1 working day": "a table knows no business time",
        sla("fa").used_at_least(80): "a table knows no shares of a promise",
        field.subject.mentions_any("down"): "a table knows no words and patterns",
        field.subject.matches("*down*"): "a table knows no words and patterns",
        field.subject.contains("İ", language="tr"): "the table holds texts folded without accents and languages",
    }
    for condition, why in parts.items():
        with pytest.raises(Untranslatable) as caught:
            Columns(desk).query("tickets", Filter(name="x", when=~condition & field.assignee.is_empty()), from_us(at("09:00")))
        assert caught.value.parts == (f"when.all[0].not: {say(condition)}: {why}",)
    both = Filter(name="x", when=AllOf(tuple(parts)), order=Order.by(FirstTerm(name="f", when=lambda _ticket: True)))
    with pytest.raises(Untranslatable, match="the filter 'x' cannot be a query: when") as caught:
        Columns(desk).query("tickets", both, from_us(at("09:00")))
    assert len(caught.value.parts) == len(parts) + 1
    assert caught.value.parts[-1] == "order[0]: a function decides which come first"


def test_many_parts_make_no_deep_query() -> None:
    """SQLite refuses an expression more than a thousand deep."""
    many = Filter(name="x", when=AnyOf(tuple(field.assignee == f"a{number}" for number in range(5_000)))).using(DESK.vocabulary)
    assert asked(DESK, many, [ticket("A", assignee="a4999"), ticket("B", assignee="b")], at("09:00")) == ["A"]
    assert asked(DESK, Filter(name="x", when=AnyOf(())), [ticket("A")], at("09:00")) == []


def test_a_limit_and_a_later_version() -> None:
    columns = Columns(DESK)
    database = sqlite3.connect(":memory:")
    database.execute(columns.create("tickets"))
    first = ticket("A")
    for one in (first, ticket("B"), DESK.handle(first, TagsAdded(at=at("09:10"), by=MARIA, tags=["hot"])).ticket):
        database.execute(columns.put("tickets"), columns.row(one))
    query = columns.query("tickets", Filter(name="x"), from_us(at("09:10")), limit=1)
    assert database.execute(query.sql, query.values).fetchall() == [("A",)]
    query = columns.query("tickets", Filter(name="x", when=field.tags.has_all("hot")), from_us(at("09:10")))
    assert database.execute(query.sql, query.values).fetchall() == [("A",)]
    database.close()
