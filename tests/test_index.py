"""The index: whatever is asked of it, it gives what the plain evaluator gives, one condition after the other."""

from __future__ import annotations

import pickle
import threading
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desk_day import ADA, MARIA, at, born, fired, ruled
from ticketcore import (
    Action,
    AgentReplied,
    Closed,
    Desk,
    Message,
    Noted,
    Resolved,
    Rule,
    Rules,
    RuleSet,
    TagsAdded,
    _index,
    _tables,
    since,
    until,
)
from ticketcore import rules as rules_room
from ticketcore._tables import mask_of, rows_of
from ticketcore._time import DAY_US
from ticketcore.conditions import (
    FALSE,
    NAME,
    NUMBER,
    TAGS,
    TEXT,
    TRUE,
    AllOf,
    AnyOf,
    Changed,
    Condition,
    FieldType,
    Index,
    Not,
    Test,
    View,
    Vocabulary,
    field,
    holds,
)  # fmt: skip
from ticketcore.errors import BadValue, UnknownName
from ticketcore.extra import strategies
from ticketcore.extra.laws import History, live
from ticketcore.model import FrozenMap, Ticket

Case = tuple[Vocabulary, list[Condition], list[View]]
LIMITS: dict[Any, dict[str, int]] = {
    _index: {"MOST_ROWS": 2, "MOST_ANSWERS": 1, "MOST_TURNS": 1, "SHORT_TEXT": 5, "MOST_WORDS": 2, "LONGEST_WORD": 4},
    _tables: {"MOST_VALUES": 1, "LONGEST_VALUE": 4, "MOST_NAMES": 1, "MOST_BOUNDS": 2},
}


def plainly(conditions: Sequence[Condition], view: View) -> tuple[int, ...]:
    return tuple(number for number, condition in enumerate(conditions) if holds(condition, view))


def same(case: Case) -> None:
    vocabulary, conditions, views = case
    index = Index(conditions, vocabulary)
    for view in (*views, *views):  # what was remembered is as good as what was worked out
        expected = plainly(conditions, view)
        assert index.matching(view) == expected
        assert set(index.matching(view, maybe=True)) >= set(expected)


# --- laws ----------------------------------------------------------------------------------------------------------------


@st.composite
def anything(draw: st.DrawFn) -> Case:
    """Conditions of all kinds, and tickets to ask them of."""
    vocabulary = draw(strategies.vocabularies())
    conditions = draw(st.lists(strategies.conditions(vocabulary), max_size=6))
    return vocabulary, conditions, draw(st.lists(strategies.views(vocabulary), min_size=1, max_size=2))


def with_little_memory(case: Case) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for module, limits in LIMITS.items():
            for name, limit in limits.items():
                patch.setattr(module, name, limit)
        same(case)


FEWER = settings(max_examples=max(10, settings().max_examples // 5))  # drawing a whole desk, or all its names, takes long


@FEWER
@given(anything())
def test_the_index_gives_what_the_plain_evaluator_gives(case: Case) -> None:
    """Also when it may remember next to nothing."""
    same(case)
    with_little_memory(case)


# Many conditions on few fields: the tables are full, and most of the fields are asked for the same thing twice.

SMALL = Vocabulary(
    statuses={"new": "new", "open": "open", "closed": "closed"}, levels=("low", "medium", "high"), groups=("sales", "support"),
    fields={"score": NUMBER, "plan": NAME, "notes": TEXT, "labels": TAGS, "size": FieldType(kind="ordered", choices=("s", "m", "l"))},
)  # fmt: skip
NAMES, WORDS = ("a", "b", "c"), ("printer", "print", "on fire", "fire", "Ärger", "宕机", "log in")
NUMBERS = st.sampled_from([-1, 0, 1, 1.5, 2, 3, 7])


def few_tests() -> st.SearchStrategy[Condition]:
    one, some = st.sampled_from(NAMES), st.lists(st.sampled_from(NAMES), min_size=1, max_size=3)
    word, words = st.sampled_from(WORDS), st.lists(st.sampled_from(WORDS), min_size=1, max_size=3)
    level, levels = st.sampled_from(SMALL.levels), st.lists(st.sampled_from(SMALL.levels), min_size=1, max_size=2)
    compare = st.sampled_from(["below", "above", "at_least", "at_most"])
    return st.one_of(
        st.builds(Test, st.just("fields.score"), st.one_of(compare, st.sampled_from(["is", "is_not"])), NUMBERS),
        st.builds(Test, st.just("priority"), st.one_of(compare, st.sampled_from(["is", "is_not"])), level),
        st.builds(Test, st.just("priority"), st.sampled_from(["is_any", "is_none"]), levels),
        st.builds(lambda low, high: Test("fields.score", "between", (low, high)), NUMBERS, NUMBERS),
        st.builds(Test, st.sampled_from(["tags", "fields.labels"]), st.sampled_from(["has_any", "has_all", "has_none"]), some),
        st.builds(Test, st.just("tags"), st.just("has"), one), st.builds(Test, st.just("fields.plan"), st.just("is"), one),
        st.builds(Test, st.sampled_from(["subject", "fields.notes", "text"]), st.sampled_from(["contains", "not_contains"]), word),
        st.builds(Test, st.just("subject"), st.sampled_from(["mentions_any", "mentions_all", "mentions_none"]), words),
        st.builds(Test, st.just("subject"), st.sampled_from(["is_any", "contains"]), words),
        st.builds(Test, st.just("subject"), st.sampled_from(["is", "is_not", "starts_with"]), word),
        st.builds(Test, st.sampled_from(["assignee", "fields.plan", "tags", "subject"]), st.sampled_from(["is_set", "is_empty"])),
        st.builds(Changed, st.just("priority"), st.none(), st.none() | level), st.builds(Changed, st.just("tags"), st.none(), one),
        st.builds(Test, st.just("event.by_role"), st.just("is"), st.sampled_from(["customer", "agent"])), st.sampled_from([TRUE, FALSE]),
    )  # fmt: skip


def few_conditions() -> st.SearchStrategy[Condition]:
    several = st.lists(few_tests(), min_size=1, max_size=4).map(tuple)
    joined = st.one_of(several.map(AllOf), several.map(AnyOf))
    return st.one_of(joined, joined.map(Not), st.lists(st.one_of(joined, few_tests().map(Not)), max_size=3).map(AllOf))


@st.composite
def few_views(draw: st.DrawFn) -> View:
    said = st.lists(st.sampled_from(["printer", "on  fire", "ÄRGER", "系统宕机了", "log", "in", "fires"]), max_size=3).map(" ".join)
    some = st.frozensets(st.sampled_from([*NAMES, "d"]), max_size=3)
    fields = draw(st.fixed_dictionaries({}, optional={"score": NUMBERS, "plan": st.sampled_from(NAMES), "notes": said, "labels": some}))

    def ticket() -> Ticket:
        return Ticket(
            id="T", status="new", category="new", priority=draw(st.sampled_from(SMALL.levels)), subject=draw(said), tags=draw(some),
            fields=FrozenMap(fields), assignee=draw(st.sampled_from([None, "", "maria"])), text=draw(said),
        )  # fmt: skip

    before = ticket() if draw(st.booleans()) else None
    by: Any = draw(st.sampled_from([ADA, MARIA]))
    event = AgentReplied(at=0, by=by, message=Message(text=draw(said))) if draw(st.booleans()) else None
    return View(SMALL, ticket(), 0, before, event)


@given(st.lists(few_conditions(), max_size=40), st.lists(few_views(), min_size=1, max_size=3))
def test_many_conditions_on_few_fields(conditions: list[Condition], views: list[View]) -> None:
    same((SMALL, conditions, views))
    with_little_memory((SMALL, conditions, views))


@given(st.sets(st.integers(0, 300)))
def test_a_mask_has_the_bits_of_its_rows(rows: set[int]) -> None:
    assert mask_of(list(rows)) == sum(1 << row for row in rows)
    assert rows_of(mask_of(list(rows))) == sorted(rows)


def test_of_many_different_parts_only_those_that_may_matter_are_looked_for() -> None:
    parts = [
        field.subject.contains(f"part {number}" if number % 2 else f"part{number}") & field.tags.has(str(number % 30))
        for number in range(90)
    ]
    view = View(SMALL, a_ticket(subject="PART 3, Part8 and part  61; part33", tags=frozenset({"1", "3", "8"})), 0)
    assert Index(parts, SMALL).matching(view) == plainly(parts, view) == (3, 8, 61)


@pytest.mark.parametrize("count", [3, 300], ids=["few", "many"])
@pytest.mark.parametrize("times", [1, 40], ids=["short", "long"])
def test_all_parts_are_looked_for_at_once_when_most_rows_look_for_one(count: int, times: int) -> None:
    wanted = [field.subject.contains(f"part{number}x") for number in range(count)] * 2
    view = View(SMALL, a_ticket(subject="PART1X, part2x part299x " * times), 0)
    numbers = [number for number in (1, 2, 299) if number < count]
    assert Index(wanted, SMALL).matching(view) == plainly(wanted, view) == (*numbers, *(number + count for number in numbers))


@pytest.mark.parametrize("empty", [True, False])
def test_what_only_the_tests_can_say_is_left_to_them(empty: bool) -> None:
    spans = [compare for span in ("0m", "1h", "2h") for compare in (since("resolved_at") >= span, since("resolved_at") <= span)]
    spans += [compare for span in ("0m", "1h", "2h") for compare in (since("resolved_at") > span, until("postponed_until") < span)]
    spans += [compare for span in ("0m", "1h", "2h") for compare in (until("postponed_until") >= span, until("postponed_until") <= span)]
    instants = {} if empty else {"resolved_us": at("10:00"), "postponed_until_us": at("12:00")}
    for clock in ("09:59", "10:00", "11:00", "11:59", "12:00", "12:01"):
        view = View(SMALL, a_ticket(**instants), at(clock))
        assert Index(spans, SMALL).matching(view) == plainly(spans, view)


def test_rules_that_look_for_one_of_several_parts_share_them() -> None:
    wanted: list[Condition] = [
        field.subject.contains("fire", "smoke"), field.subject.contains("smoke", "ash"), ~field.subject.contains("fire", "ash"),
        field.subject.contains(*(f"part {number}" for number in range(20)), "on f"), field.subject.contains("Fire", "smoke", accents=True),
    ]  # fmt: skip
    for subject, expected in (("On Fire", (0, 3, 4)), ("smoke and ash", (0, 1, 4)), ("part 7", (2, 3))):
        view = View(SMALL, a_ticket(subject=subject), 0)
        assert Index(wanted, SMALL).matching(view) == plainly(wanted, view) == expected


def test_an_all_of_any_ofs_is_not_taken_apart_without_end() -> None:
    three = AnyOf((field.tags.has("a"), field.priority == "high", field.subject.contains("fire")))
    four = AnyOf((*three.parts, field.category == "closed"))
    wanted: list[Condition] = [AllOf((three, four, ~four)), AllOf((three, four, three)), AllOf((four, field.plan == "a", three))]
    for tags in ({"a"}, {"b"}):
        view = View(SMALL, a_ticket(tags=frozenset(tags), fields=FrozenMap({"plan": "a"})), 0)
        assert Index(wanted, SMALL).matching(view) == plainly(wanted, view) == ((1, 2) if "a" in tags else ())


def test_a_word_of_which_folding_leaves_nothing_is_left_to_the_test() -> None:
    accent = "\u0301"
    wanted: list[Condition] = [field.subject == accent, field.subject.is_any("a", accent)]
    view = View(SMALL, a_ticket(subject="é"), 0)
    assert Index(wanted, SMALL).matching(view) == plainly(wanted, view)


# --- a whole desk ----------------------------------------------------------------------------------------------------------


@st.composite
def desks_and_histories(draw: st.DrawFn) -> tuple[Desk, History]:
    desk = draw(strategies.desks())
    return desk, draw(strategies.histories(desk))


@settings(FEWER, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much])
@given(desks_and_histories())
def test_a_desk_lives_the_same_with_and_without_an_index(lived: tuple[Desk, History]) -> None:
    desk, history = lived
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rules_room, "FEW", 1 << 62)
        plain = live(desk, history, then_us=DAY_US)
        patch.setattr(rules_room, "FEW", 1)
        indexed = live(desk, history, then_us=DAY_US)
    assert indexed.outcomes == plain.outcomes


Link = tuple[str, str, bool, bool, bool]  # the tag it waits for, the one it puts on or takes off, which, whether negated, whether it stops
LINKS = st.lists(
    st.tuples(st.sampled_from("abcd"), st.sampled_from("abcd"), st.booleans(), st.booleans(), st.booleans()), min_size=1, max_size=80
)


@given(LINKS, st.sets(st.sampled_from("abcd"), min_size=1))
def test_a_long_chain_of_rules_fires_in_the_order_of_the_plain_passes(
    links: list[tuple[str, str, bool, bool, bool]], tags: set[str]
) -> None:
    """Firings turn conditions of rules above and below true and false while a pass is under way."""
    rules = [
        Rule(
            name=f"r{number}", on=["noted", "tags_added"], stop=stop, then=(Action("add_tag" if put else "remove_tag", tag),),
            when=Not(field.tags.has(wanted)) if negated else field.tags.has(wanted),
        )
        for number, (wanted, tag, put, negated, stop) in enumerate(links)
    ]  # fmt: skip
    half = len(rules) // 2
    desk = Desk(metrics=(), rules=Rules(sets=[RuleSet(name="one", rules=rules[:half]), RuleSet(name="two", rules=rules[half:])]))
    ticket = born(desk, tags=tags).ticket
    note = Noted(at=at("10:00"), by=MARIA)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rules_room, "FEW", 1 << 62)
        plain = desk.handle(ticket, note)
        patch.setattr(rules_room, "FEW", 4)
        assert desk.handle(ticket, note) == plain


def many(**more: Any) -> list[Rule]:
    """A hundred rules that wait for a tag nobody puts on."""
    return [Rule(name=f"idle {number}", when=field.tags.has(f"tag {number}"), **more) for number in range(100)]


def test_a_large_set_asks_the_index_and_fires_what_a_firing_above_made_true() -> None:
    below = Rule(name="below", on=["noted"], when=field.tags.has("tag 7"), then=[Action("add_tag", "tag 99")])
    above = Rule(name="above", on=["noted"], when=field.tags.has("tag 99"), then=[Action("add_tag", "done")])
    first = Rule(name="first", on=["noted"], when=field.subject.contains("printer"), then=[Action("add_tag", "tag 7")])
    desk = ruled(above, *many(on=["noted"]), first, *many_more(), below)
    after = desk.handle(born(desk, subject="The PRINTER").ticket, Noted(at=at("10:00"), by=MARIA))
    assert fired(after) == ["first", "below", "above", "idle 7", "idle 99"]


def many_more() -> list[Rule]:
    return [Rule(name=f"more {number}", on=["noted"], when=field.channel == f"channel {number}") for number in range(100)]


def test_rules_that_listen_to_what_another_decides_are_asked_too() -> None:
    echo = [Rule(name=f"echo {number}", on=["tags_added"], when=field.tags.has(f"tag {number}")) for number in range(50)]
    desk = ruled(Rule(name="put", on=["noted"], then=[Action("add_tag", "tag 42")]), *echo)
    assert fired(desk.handle(born(desk).ticket, Noted(at=at("10:00"), by=MARIA))) == ["put", "echo 42"]


def test_the_few_that_listen_to_another_event_of_the_moment_are_tried_as_ever() -> None:
    desk = ruled(*many(on=["noted"]), Rule(name="tagged", on=["tags_added"], when=field.tags.has("tag 3")))
    moment = Noted(at=at("10:00"), by=MARIA), TagsAdded(at=at("10:00"), by=MARIA, tags=["tag 3"])
    assert fired(desk.handle(born(desk).ticket, *moment)) == ["idle 3", "tagged"]


def test_rules_that_listen_to_all_from_outside_are_asked_by_the_index_too() -> None:
    desk = ruled(*many(then=[Action("add_tag", "tag 5")]))
    assert fired(born(desk, tags=["tag 3"])) == ["idle 3", "idle 5"]


def test_many_time_rules_wake_the_desk_only_where_one_can_rise() -> None:
    late = [Action("add_tag", "late")]
    waiting = [
        Rule(name=f"late {number}", when=field.tags.has(f"tag {number}") & (since("created") >= f"{number + 1}h"), then=late)
        for number in range(60)
    ]
    desk = ruled(*waiting)
    calm, tagged = born(desk).ticket, born(desk, tags=["tag 9", "tag 4"]).ticket
    assert desk.wake_at(calm) is None
    assert desk.wake_us(tagged) == at("14:00")
    assert fired(desk.tick(tagged, at("20:00"))) == ["late 4", "late 9"]


def test_a_large_set_that_sleeps_on_closed_tickets_sleeps_with_an_index_too() -> None:
    rules = [Rule(name=f"r{number}", on=["noted"], when=field.priority == "low") for number in range(40)]
    desk = ruled(*rules, Rule(name="awake", on=["noted"], when=field.category == "closed"))
    ticket = born(desk).ticket
    for number, event in enumerate((Resolved, Closed), 1):
        ticket = desk.handle(ticket, event(at=at("10:00", number), by=MARIA)).ticket
    assert fired(desk.handle(ticket, Noted(at=at("10:00", 3), by=MARIA))) == ["awake"]


# --- questions -------------------------------------------------------------------------------------------------------------


def test_which_rules_match_a_ticket_now_and_later() -> None:
    off = Rule(name="off", when=TRUE, enabled=False)
    late = Rule(name="late", when=since("created") >= "1h")
    desk = ruled(off, Rule(name="vip", on=["created"], when=field.tags.has("vip")), late, Rule(name="all"))
    ticket = born(desk, tags=["vip"]).ticket
    assert [rule.name for rule in desk.matching(ticket)] == ["vip", "all"]
    assert [rule.name for rule in desk.matching(ticket, at("10:00"))] == ["vip", "late", "all"]
    assert ruled().matching(born(ruled()).ticket) == ()


def test_rules_that_know_no_desk_match_nothing_and_say_so() -> None:
    rules = Rules(sets=[RuleSet(rules=[Rule(name="all")])])
    with pytest.raises(BadValue, match="these rules know no names yet"):
        rules.matching(View(SMALL, Ticket(id="T", status="new", category="new", priority="low"), 0))


def a_ticket(**given_: Any) -> Ticket:
    return Ticket(**{"id": "T", "status": "new", "category": "new", "priority": "low", **given_})


def test_an_empty_index_matches_nothing() -> None:
    index = Index([], SMALL)
    assert (len(index), repr(index), index.matching(View(SMALL, a_ticket(), 0))) == (0, "Index(0 conditions)", ())


def test_an_index_survives_pickling_and_asks_the_same() -> None:
    index = pickle.loads(pickle.dumps(Index([field.tags.has("a"), field.priority == "low"], SMALL)))
    assert index.matching(View(SMALL, a_ticket(), 0)) == (1,)


def test_rules_with_an_index_survive_pickling_and_are_equal_to_those_without() -> None:
    desk = ruled(*many(on=["noted"]))
    ticket = born(desk).ticket
    desk.handle(ticket, Noted(at=at("10:00"), by=MARIA))
    again = pickle.loads(pickle.dumps(desk))
    assert again == desk == ruled(*many(on=["noted"]))
    assert again.handle(ticket, Noted(at=at("10:00"), by=MARIA)) == desk.handle(ticket, Noted(at=at("10:00"), by=MARIA))


def test_threads_that_ask_a_new_index_at_once_all_get_the_answer() -> None:
    conditions = [field.tags.has(name) for name in NAMES] * 200
    index, view = Index(conditions, SMALL), View(SMALL, a_ticket(tags=["b"]), 0)
    answers: list[tuple[int, ...]] = []
    threads = [threading.Thread(target=lambda: answers.append(index.matching(view))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [tuple(range(1, 600, 3))] * 8


def test_an_unknown_field_is_refused_when_first_asked() -> None:
    with pytest.raises(UnknownName, match=r"unknown field 'fields\.colour'"):
        Index([field["fields.colour"] == "red"], SMALL).matching(View(SMALL, a_ticket(), 0))


def test_a_value_that_no_table_can_look_up_is_left_to_the_tests() -> None:
    index = Index([field["fields.plan"] == "a", field["fields.plan"].is_set()], SMALL)
    odd = View(SMALL, a_ticket(fields=FrozenMap({"plan": {"not": "a name"}})), 0)
    assert index.matching(odd) == (1,) == plainly(index.conditions, odd)
    assert index.matching(odd) == index.matching(odd, maybe=True)


def test_no_number_is_beyond_any_bound() -> None:
    conditions = [field["fields.score"] > 1, field["fields.score"] <= 1, ~(field["fields.score"] > 1)]
    view = View(SMALL, a_ticket(fields=FrozenMap({"score": float("nan")})), 0)
    assert Index(conditions, SMALL).matching(view) == plainly(conditions, view) == (2,)


def test_an_error_while_reading_is_passed_on() -> None:
    words = Vocabulary(statuses=SMALL.statuses, levels=SMALL.levels, metrics=("fa",))
    index = Index([Test("sla.fa.due", "is_set")], words)
    with pytest.raises(KeyError, match="no such clock"):
        index.matching(View(words, a_ticket(), 0, clock=_no_such_clock))


def _no_such_clock(metric: str) -> Any:
    raise KeyError(f"no such clock: {metric}")


def test_many_parts_are_sought_in_one_pass_by_a_search_that_is_made_once() -> None:
    from ticketcore._index import _Needles

    needles = _Needles([(f"w{number}", 1 << number) for number in range(50)])
    assert [needles.rows_in(text) for text in ("w7", "w49", "w7", "x")] == [1 << 7, 1 << 49 | 1 << 4, 1 << 7, 0]


@pytest.mark.parametrize("bounds", [[0], [0, 2], [0, 1, 2, 3, 4]])
def test_a_value_on_a_bound_is_on_the_right_side_of_it(bounds: list[int]) -> None:
    ops = ("below", "above", "at_least", "at_most", "is", "is_not")
    conditions: list[Condition] = [Test("fields.score", op, bound) for op in ops for bound in bounds]
    conditions += [Test("fields.score", "between", (low, high)) for low in bounds for high in bounds]
    values = [-1, 0, 0.5, 1, 1.5, 2, 3, 4, 5]
    views = [View(SMALL, Ticket(id="T", fields=FrozenMap({"score": value})), 0) for value in values]
    same((SMALL, [*conditions, *map(Not, conditions)], views))


@pytest.mark.parametrize("op", ["is", "is_not", "is_any", "is_none", "contains", "not_contains", "starts_with", "ends_with", "matches",
                                "mentions_any", "mentions_all", "mentions_none"])  # fmt: skip
def test_every_test_of_a_text_is_answered_as_by_its_meaning(op: str) -> None:
    """Of one thing to look for or two, of words, of phrases and of what is written without blanks."""
    wanted = ["down", "Shop", "shop down", "the shop", "\u5e97", "s*", "o"]
    values: list[Any] = wanted if op in {"is", "is_not"} else [(one,) for one in wanted] + [(one, two) for one in wanted for two in wanted]
    conditions: list[Condition] = [Test("subject", op, value) for value in values]
    conditions += [Not(condition) for condition in conditions]
    said = [
        "",
        "down",
        "shop",
        "SHOP DOWN",
        "down shop",
        "the shop is down",
        "\u5e97\u304c\u843d\u3061\u305f",
        "showdown",
        "o s",
        "Shop\u00a0down, the shop",
    ]
    same((Vocabulary(), conditions, [View(Vocabulary(), Ticket(id="T", subject=subject), 0) for subject in said]))


@pytest.mark.parametrize("many", range(1, 11))
def test_so_many_fields_are_looked_up_together(many: int) -> None:
    """Four at a time; each of them decides."""
    names = [f"f{number}" for number in range(many)]
    kinds = [FieldType(kind=kind) for kind in ("number", "name", "flag")]
    words = Vocabulary(fields={name: kinds[number % 3] for number, name in enumerate(names)})
    good: dict[str, Any] = {name: (number, f"v{number}", True)[number % 3] for number, name in enumerate(names)}
    tests: list[Condition] = [Test(f"fields.{name}", "is", value) for name, value in good.items()]
    conditions = [*tests, AllOf(tuple(tests)), AnyOf(tuple(tests)), *(AllOf((tests[0], test)) for test in tests)]
    asked = [good, {}, *({**good, name: None} for name in names), *({name: good[name]} for name in names)]
    views = [View(words, Ticket(id="T", fields=FrozenMap({k: v for k, v in fields.items() if v is not None})), 0) for fields in asked]
    same((words, conditions, views))


@pytest.mark.parametrize("many", range(1, 8))
def test_so_many_counters_are_looked_up_together(many: int) -> None:
    words = Vocabulary()
    names = [name for name, spec in words.specs.items() if spec.attribute and spec.type.kind == "number"][:many]
    assert len(names) == many
    tests: list[Condition] = [Test(name, "at_least", 2) for name in names]
    conditions = [*tests, AllOf(tuple(tests)), AnyOf(tuple(tests)), *(AllOf((tests[0], test)) for test in tests)]
    asked: list[dict[str, Any]] = [dict.fromkeys(names, value) for value in (0, 1, 2, 3)]
    asked += [{**asked[2], name: 1} for name in names] + [{**asked[1], name: 2} for name in names]
    keys = {name: words.specs[name].attribute for name in names}
    views = [View(words, Ticket(id="T", **{keys[name]: value for name, value in each.items()}), 0) for each in asked]
    same((words, conditions, views))


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_index, "MOST_ANSWERS", 2)
    monkeypatch.setattr(_index, "LONGEST_ANSWER", 3)
    made = _index._Made([Test("fields.score", "at_least", bound) for bound in range(8)], SMALL)
    matching = made.asked()
    for value in range(-1, 8):
        view = View(SMALL, Ticket(id="T", fields=FrozenMap({"score": value})), 0)
        assert matching(view) == tuple(range(value + 1))
        assert len(made._answers) <= 2
        assert all(len(told) <= 3 for told in made._answers.values())


@pytest.mark.parametrize("limits", [{}, {"MOST_WORDS": 2}, {"LONGEST_WORD": 2}])
def test_parts_are_found_by_the_words_of_a_short_text(limits: dict[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    """What splits a text for other eyes than ours splits no part: only a blank does."""
    for name, most in limits.items():
        monkeypatch.setattr(_index, name, most)
    parts = [*(f"p{number}" for number in range(40)), "a\x1fb", "c\td", "rinte", "é"]
    conditions = [field.subject.contains(part) & field.tags.has(f"t{number % 4}") for number, part in enumerate(parts)]
    index = Index(conditions, Vocabulary())
    asked = 0
    by_word = _index._Needles.rows_by_word

    def counting(self: Any, text: str) -> int | None:
        nonlocal asked
        asked += 1
        return by_word(self, text)

    monkeypatch.setattr(_index._Needles, "rows_by_word", counting)
    subjects = ["printer p3 p11", "a\x1fb p39", "xc\tdx", "PRINTER\u00a0P7", "p3" * 30, "", "p0  p1", "é p5 rinte", "p3 p11 printer p3"]
    for subject in subjects * 2:
        for tag in ("t0", "t1", "t2", "t3"):
            view = View(Vocabulary(), Ticket(id="T-1", subject=subject, tags=frozenset({tag})), 0)
            assert index.matching(view) == plainly(conditions, view), subject
    assert asked > len(subjects)
