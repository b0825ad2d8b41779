"""The orders of other systems: held to a reading of each that fits on a page, and the table of cases in the documentation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st

from desk_day import ADA, MARIA, at, born, length, promise
from test_docs import run_page
from ticketcore import Action, Created, Desk, Escalation, Metric, Noted, Rule, Rules, RuleSet, TagsAdded, field, since
from ticketcore.conditions import AllOf
from ticketcore.errors import UnknownName
from ticketcore.extra.vendors import ORDERS, SYSTEMS, OrderDifference, OrderReport, compare_orders, in_order, report_orders
from ticketcore.rules import Step

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "vendor-orders.md"
OTHERS = [name for name in ORDERS if name != "ours"]


# --- rules in few words: "a: x -y > +z stop" -------------------------------------------------------------------------


@frozen
class Short:
    """A rule that needs some tags and the lack of others, and puts tags on and takes them off."""

    name: str
    needs: tuple[str, ...]
    does: tuple[str, ...]
    stops: bool

    @classmethod
    def read(cls, text: str) -> Short:
        name, rest = text.split(":")
        needs, does = rest.split(">")
        words = does.split()
        return cls(name.strip(), tuple(needs.split()), tuple(word for word in words if word != "stop"), "stop" in words)

    def matches(self, tags: frozenset[str]) -> bool:
        return all((need[1:] not in tags) if need.startswith("-") else need in tags for need in self.needs)

    def on(self, tags: frozenset[str]) -> frozenset[str]:
        for deed in self.does:
            tags = tags | {deed[1:]} if deed.startswith("+") else tags - {deed[1:]}
        return tags

    def rule(self) -> Rule:
        tests = [~field.tags.has(need[1:]) if need.startswith("-") else field.tags.has(need) for need in self.needs]
        then = [Action("add_tag" if deed.startswith("+") else "remove_tag", deed[1:]) for deed in self.does]
        return Rule(name=self.name, on=["created"], when=AllOf(tuple(tests)), then=then, stop=self.stops)


def short(text: str) -> tuple[Short, ...]:
    return tuple(Short.read(part) for part in text.split(";"))


def by_hand(order: str, rules: tuple[Short, ...], tags: frozenset[str]) -> tuple[str, frozenset[str]]:
    """What a list of rules does with these tags, each order in a few lines."""
    fired: list[Short] = []
    if order == "snapshot":
        for rule in [rule for rule in rules if rule.matches(tags)]:
            fired.append(rule)
            tags = rule.on(tags)
            if rule.stops:
                break
    elif order == "first match":
        fired = [rule for rule in rules if rule.matches(tags)][:1]
        tags = fired[0].on(tags) if fired else tags
    else:
        again = True
        while again and not any(rule.stops for rule in fired):
            again = False
            for rule in rules:
                if rule in fired or not rule.matches(tags):
                    continue
                fired.append(rule)
                tags = rule.on(tags)
                again = order != "one pass"
                if rule.stops or order == "restart":
                    break
    return " ".join(rule.name for rule in fired), tags


def came(order: str, rules: tuple[Short, ...], tags: frozenset[str]) -> tuple[str, frozenset[str]]:
    desk = in_order(Desk(metrics=(), rules=[rule.rule() for rule in rules]), order)
    outcome = born(desk, tags=sorted(tags))
    return " ".join(event.rule for event in outcome.events if event.kind == "rule_fired"), outcome.ticket.tags  # type: ignore[attr-defined]  # by its kind


_TAGS = st.sampled_from(["x", "y", "z"])
_NEEDS = st.lists(st.builds("{}{}".format, st.sampled_from(["", "-"]), _TAGS), max_size=2, unique=True).map(tuple)
_DOES = st.lists(st.builds("{}{}".format, st.sampled_from("+-"), _TAGS), max_size=2, unique=True).map(tuple)
LISTS = st.lists(st.tuples(_NEEDS, _DOES, st.sampled_from([False, False, True])), max_size=5).map(
    lambda drawn: tuple(Short("abcde"[number], *parts) for number, parts in enumerate(drawn))
)


@given(st.sampled_from(list(ORDERS)), LISTS, st.frozensets(_TAGS))
def test_each_order_is_what_it_says(order: str, rules: tuple[Short, ...], tags: frozenset[str]) -> None:
    assert came(order, rules, tags) == by_hand(order, rules, tags)


# --- the table of the documentation ----------------------------------------------------------------------------------


def table() -> list[tuple[str, str, list[str]]]:
    """The rows: the rules, the tags at the start, and what each order comes to."""
    rows = [line.strip("|").split("|") for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| `")]
    return [(row[0].strip().strip("`"), row[1].strip(), [cell.strip() for cell in row[2:]]) for row in rows]


def cell(fired: str, tags: frozenset[str]) -> str:
    return f"{fired or '-'} → {' '.join(sorted(tags)) or '-'}"


@pytest.mark.parametrize(("rules", "tags", "cells"), table(), ids=lambda value: value if isinstance(value, str) else "")
def test_the_table_of_cases(rules: str, tags: str, cells: list[str]) -> None:
    start = frozenset(tags.replace("-", "").split())
    for order, expected in zip(ORDERS, cells, strict=True):
        assert cell(*came(order, short(rules), start)) == expected, order
        assert cell(*by_hand(order, short(rules), start)) == expected, order


def test_every_order_has_thirty_cases_and_differs_from_every_other_in_some() -> None:
    rows = table()
    assert len(rows) >= 30
    columns = list(zip(*(cells for _, _, cells in rows), strict=True))
    assert len(columns) == len(ORDERS)
    assert len(set(columns)) == len(ORDERS)


def test_the_page_says_what_each_order_is() -> None:
    text = PAGE.read_text("utf-8")
    assert all(f"**{name}**: {meaning}" in text for name, meaning in ORDERS.items())


# --- beyond tags -----------------------------------------------------------------------------------------------------


def test_sets_are_lists_of_their_own() -> None:
    one = RuleSet(name="one", rules=[Rule(name="a", on=["created"]), Rule(name="b", on=["created"])])
    two = RuleSet(name="two", rules=[Rule(name="c", on=["created"], stop=True), Rule(name="d", on=["created"])])
    told = compare_orders(Desk(metrics=(), rules=[one, two]), None, Created(at=at("09:00"), ticket="T", by=ADA))
    assert told.order("first match").fired == ("a", "c")
    assert told.order("snapshot").fired == ("a", "b", "c")
    assert told.differ == ("first match",)


def test_rules_for_what_the_clocks_decide_are_tried_when_they_have_spoken() -> None:
    """`step 10`: the policy is applied after the rules have run, and what listens to it comes then, in every order."""
    rules = [
        Rule(name="page", on=["policy_applied"], then=[Action("notify", "duty")]),
        Rule(name="born", on=["created"], then=[Action("add_tag", "hot")]),
        Rule(name="late", on=["created", "clock_started"], when=field.tags.has("hot"), then=[Action("add_tag", "late")]),
    ]
    desk = Desk(metrics=(Metric(name="fa", start=("created",)),), policies=(promise(2),), rules=rules)
    told = compare_orders(desk, None, Created(at=at("09:00"), ticket="T", by=ADA))
    assert [(order.name, order.fired) for order in told.orders] == [
        ("ours", ("born", "late", "page")), ("one pass", ("born", "late", "page")), ("restart", ("born", "late", "page")),
        ("first match", ("born",)), ("snapshot", ("born", "page", "late")),
    ]  # fmt: skip
    assert told.differences("first match") == ("tags: hot, ours hot, late", "effects: none, ours notify duty")


def test_time_rules_rise_in_every_order() -> None:
    step = Rule(name="old", when=since("created") >= "1h", then=[Action("notify", "lead")])
    desk = Desk(metrics=(), rules=[step, Rule(name="note", on=["noted"], stop=True), Rule(name="more", on=["noted"])])
    ticket = born(desk).ticket
    told = compare_orders(desk, ticket, Noted(at=at("11:00"), by=MARIA))
    assert {order.fired for order in told.orders} == {("old", "note")}
    assert told.differ == ()
    assert [line.split("  ")[-1].strip() for line in str(told).splitlines()] == ["old, note"] * len(ORDERS)


def test_a_ladder_is_climbed_in_every_order() -> None:
    steps = [Step(after=length(hours), then=[Action("notify", f"step {hours}")]) for hours in (1, 2)]
    desk = Desk(metrics=(), rules=Rules(escalations=[Escalation(name="up", when=field.tags.has("hot"), since="created", steps=steps)]))
    told = compare_orders(desk, born(desk).ticket, TagsAdded(at=at("12:00"), by=MARIA, tags=["hot"]))
    assert {order.fired for order in told.orders} == {("up 2",)}


def test_what_is_different_is_said() -> None:
    rules = [
        Rule(name="vip", on=["created"], when=field.tags.has("gold"), then=[Action("set_priority", "high"), Action("reply", "ack")]),
        Rule(name="gold", on=["created"], then=[Action("add_tag", "gold"), Action("assign", "eve")]),
    ]
    told = compare_orders(Desk(metrics=(), rules=rules), None, Created(at=at("09:00"), ticket="T", by=ADA))
    assert told.differ == ("one pass", "first match", "snapshot")
    assert str(told).splitlines()[:4] == [
        "ours         gold, vip",
        "one pass     gold",
        "               priority: low, ours high",
        "               effects: none, ours reply ack",
    ]
    nobody = compare_orders(Desk(metrics=()), None, Created(at=at("09:00"), ticket="T", by=ADA))
    assert str(nobody).splitlines()[0] == "ours         no rule fires"
    lone = Rule(name="lone", on=["created"], when=field.assignee.is_empty(), then=[Action("set_field", "subject", {"to": "x"})])
    assign = Rule(name="assign", on=["created"], when=field.subject == "x", then=[Action("assign", "eve")])
    told = compare_orders(Desk(metrics=(), rules=[assign, lone]), None, Created(at=at("09:00"), ticket="T", by=ADA))
    assert told.differences("one pass") == ("assignee: none, ours eve",)


def test_an_unknown_order_is_refused() -> None:
    desk: Any = Desk()
    with pytest.raises(UnknownName, match="orders are ours, one pass"):
        in_order(desk, "random")
    with pytest.raises(UnknownName, match="orders are ours, one pass"):
        compare_orders(desk, None, Created(at=0, ticket="T", by=ADA)).order("random")


# --- a history -------------------------------------------------------------------------------------------------------

# What docs/reference/vendor-orders.md says of five rule sets, worked out by hand: ticket, the rules that fire, and those of ours.
FIVE: dict[str, dict[str, list[tuple[str, str, str]]]] = {
    "escalation_above_its_cause": {
        "one pass": [("T-1", "outage", "outage escalate")], "first match": [("T-1", "outage", "outage escalate")],
        "snapshot": [("T-1", "outage", "outage escalate")],
    },
    "catch_all_at_the_end": {"snapshot": [("T-1", "gold the rest", "gold")]},
    "stop_at_the_top": {},
    "two_that_both_fit": {"first match": [("T-1", "gold", "gold chat")]},
    "switch": {
        "one pass": [("T-1", "on", "on off")], "first match": [("T-1", "on", "on off"), ("T-2", "off", "off on")],
        "snapshot": [("T-1", "on", "on off"), ("T-2", "off", "off on")],
    },
}  # fmt: skip


def test_the_report_of_five_rule_sets_is_what_was_worked_out_by_hand() -> None:
    made = run_page(PAGE.read_text("utf-8"), str(PAGE))
    for name, expected in FIVE.items():
        report: OrderReport = made[name]
        for order in OTHERS:
            told = [(one.ticket, " ".join(one.fired), " ".join(one.ours)) for one in report.of(order)]
            assert told == expected.get(order, []), (name, order)
    assert len(FIVE) == 5


def test_a_report_is_the_comparisons_of_its_moments() -> None:
    rules = short("a: x > +y; b: > +x; c: y > -x")
    history = [Created(at=at("09:00"), ticket=name, by=ADA, tags=tags) for name, tags in (("T-1", ["x"]), ("T-2", []), ("T-3", ["y"]))]
    desk = Desk(metrics=(), rules=[rule.rule() for rule in rules])
    report = report_orders(desk, history)
    found = {(one.order, one.ticket): (one.fired, one.ours, one.differences) for one in report.differences}
    expected = {}
    for event in history:
        told = compare_orders(desk, None, event)
        for name in told.differ:
            expected[name, event.ticket] = told.order(name).fired, told.orders[0].fired, told.differences(name)
    assert found == expected
    assert report.moments == 3
    assert [row["order"] for row in report.rows()] == [one.order for one in report.differences]
    assert report.rows()[0].keys() == {"order", "ticket", "at", "on", "fired", "ours", "differences"}


def test_a_difference_is_told_where_it_begins() -> None:
    """The second moment starts in every order from what ours made of the first."""
    rules = [Rule(name="a", on=["created"], when=field.tags.has("x"), then=[Action("add_tag", "y")])]
    rules.append(Rule(name="b", on=["created"], then=[Action("add_tag", "x")]))
    rules.append(Rule(name="c", on=["noted"], when=field.tags.has("y"), then=[Action("notify", "lead")]))
    history = [Created(at=at("09:00"), ticket="T", by=ADA), Noted(at=at("10:00"), ticket="T", by=MARIA)]
    report = report_orders(Desk(metrics=(), rules=rules), history)
    assert {(one.order, one.on) for one in report.differences} == {
        ("one pass", ("created",)), ("first match", ("created",)), ("snapshot", ("created",)),
    }  # fmt: skip
    assert report.rules("one pass") == ("a",)


def test_a_long_report_shows_the_first_few() -> None:
    rules = [rule.rule() for rule in short("a: x > +y; b: > +x")]
    history = [Created(at=at("09:00"), ticket=f"T-{number}", by=ADA) for number in range(8)]
    lines = str(report_orders(Desk(metrics=(), rules=rules), history)).splitlines()
    assert lines[1].endswith("8 different; look at 'a'")
    assert lines.count("  and 3 more") == 3
    assert str(report_orders(Desk(metrics=()), history[:1])).splitlines()[0] == "1 moment, in ours and in 4 other orders"


def test_the_same_rules_in_another_order_are_looked_at_too() -> None:
    rules = [rule.rule() for rule in short("a: x > +y; b: > +x; c: > +z; d: -y > ")]
    (one,) = (report := report_orders(Desk(metrics=(), rules=rules), [Created(at=at("09:00"), ticket="T", by=ADA)])).of("restart")
    assert (one.ours, one.fired) == (("b", "c", "d", "a"), ("b", "a", "c"))
    assert report.rules("restart") == ("c", "d", "a")
    assert "'b', then 'a', then 'c' instead of 'b', then 'c', then 'd', then 'a'" in str(one)
    with pytest.raises(UnknownName, match="orders are ours, one pass"):
        report.of("random")


def test_no_rule_has_a_name_too() -> None:
    later = Rule(name="later", on=["created"], when=field.tags.has("x"), then=[Action("add_tag", "y")])
    rules = [later, Rule(name="first", on=["created"], when=field.tags.has("y"), then=[Action("add_tag", "z")])]
    assert report_orders(Desk(metrics=(), rules=rules), [Created(at=at("09:00"), ticket="T", by=ADA)]).differences == ()
    one = OrderDifference(order="snapshot", ticket="T", at_us=0, on=("noted",), fired=(), ours=("a",), differences=())
    assert str(one) == "T, noted, 1970-01-01T00:00:00Z: no rule instead of 'a'"


def test_every_order_but_ours_is_that_of_some_system() -> None:
    assert list(SYSTEMS) == OTHERS
    text = PAGE.read_text("utf-8")
    assert all(system.split()[0] in text for systems in SYSTEMS.values() for system in systems)
