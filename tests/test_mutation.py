"""The mutation score of a rule set: which changes there are, which of them histories notice, the same every time."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk_day import ADA, MARIA, at, length
from ticketcore import (
    Action,
    Created,
    Desk,
    Escalation,
    Noted,
    Person,
    Priority,
    Resolved,
    Rule,
    Rules,
    RuleSet,
    SlotSet,
    field,
    since,
    until,
)
from ticketcore._time import HOUR_US
from ticketcore._values import changed
from ticketcore.conditions import FALSE, TRUE, AllOf, AnyOf, Condition, FieldType, say, sla
from ticketcore.errors import DeskError
from ticketcore.extra import strategies
from ticketcore.extra.laws import live
from ticketcore.extra.mutation import KINDS, Mutant, mutants, mutation_score
from ticketcore.model import Days, EventBase, Outside
from ticketcore.rules import Step

GOLD = Person(name="Ada", email="ada@example.org", tier="gold")
NOTIFY = (Action("notify", "lead"),)


def born(by: Person = ADA, ticket: str = "T", **given: Any) -> Created:
    return Created(at=at("09:00"), ticket=ticket, by=by, **given)


def on(kind: type[Outside], clock: str, **given: Any) -> Outside:
    return kind(at=at(clock), ticket="T", by=MARIA, **given)


def desk_of(*rules: Rule, **given: Any) -> Desk:
    return Desk(metrics=(), rules=rules, **given)


def made(desk: Desk) -> list[str]:
    return [str(mutant) for mutant in mutants(desk)]


# --- which changes there are -----------------------------------------------------------------------------------------


def of_condition(when: Condition, **given: Any) -> list[tuple[str, str, str]]:
    """The changes of a condition, without those of the rule around it."""
    desk = Desk(rules=[Rule(name="r", on=["noted"], when=when, then=NOTIFY)], **given)
    found = [(mutant.kind, mutant.place.removeprefix("rules[0]."), mutant.change) for mutant in mutants(desk)]
    return [one for one in found if one[0] not in ("drop-rule", "drop-action")]


FIELDS = {"seats": FieldType(kind="number"), "left": FieldType(kind="duration"), "size": FieldType(kind="ordered", choices=("s", "m", "l"))}


@pytest.mark.parametrize(
    ("when", "changes"),
    [
        (field.tags.has("a"), [("flip-test", "when", "not (tags has 'a')"), ("drop-test", "when", "without: tags has 'a'")]),
        (~field.tags.has("a"), [("flip-test", "when.not", "not (tags has 'a')") ]),
        (field.tags.has("a") & field.tags.has("b"), [
            ("join", "when", "any of instead of all of"), ("drop-test", "when.all[0]", "without: tags has 'a'"),
            ("flip-test", "when.all[0]", "not (tags has 'a')"), ("drop-test", "when.all[1]", "without: tags has 'b'"),
            ("flip-test", "when.all[1]", "not (tags has 'b')"),
        ]),
        (AnyOf((field.tags.has("a"),)), [
            ("drop-test", "when.any[0]", "without: tags has 'a'"), ("flip-test", "when.any[0]", "not (tags has 'a')"),
        ]),
        (field.priority >= "high", [
            ("boundary", "when", "priority is above 'high'"), ("boundary", "when", "priority is at least 'medium'"),
            ("boundary", "when", "priority is at least 'urgent'"),
        ]),
        (field.priority < "low", [("boundary", "when", "priority is at most 'low'"), ("boundary", "when", "priority is below 'medium'")]),
        (field.seats > 3, [
            ("boundary", "when", "seats is at least 3"), ("boundary", "when", "seats is above 2"), ("boundary", "when", "seats is above 4"),
        ]),
        (field.seats.between(2, 5), [
            ("boundary", "when", f"seats is between {low} and {high}") for low, high in [(1, 5), (3, 5), (2, 4), (2, 6)]
        ]),
        (field.left <= timedelta(hours=2), [
            ("boundary", "when", f"left is {bound}") for bound in ("below 2h", "at most 1h", "at most 4h")
        ]),
        (field.left <= timedelta(0), [("boundary", "when", "left is below 0s")]),
        (field.created < "2026-11-23T00:00:00+00:00", [("boundary", "when", "created is at most '2026-11-23T00:00:00+00:00'")]),
        (since("created") >= "2h", [("boundary", "when", "at least 1h since created"), ("boundary", "when", "at least 4h since created")]),
        (until("sla.first_reply.due") <= "1 working day", [("boundary", "when", "at most 2 working days until sla.first_reply.due")]),
        (sla("first_reply").due_within("30m"), [
            ("boundary", "when", "first_reply is due within 15m"), ("boundary", "when", "first_reply is due within 1h"),
        ]),
        (sla("first_reply").used_at_least(5), [("boundary", "when", "first_reply has used 15 % or more")]),
        (sla("first_reply").is_("breached"), []),
        (field.size.between("s", "l"), [
            ("boundary", "when", "size is between 'm' and 'l'"), ("boundary", "when", "size is between 's' and 'm'"),
        ]),
    ],
    ids=lambda value: say(value) if not isinstance(value, list) else "",
)  # fmt: skip
def test_each_part_of_a_condition_is_changed(when: Condition, changes: list[tuple[str, str, str]]) -> None:
    found = of_condition(when, fields=FIELDS)
    if not any(kind in ("flip-test", "join", "drop-test") for kind, _, _ in changes):  # bounds alone are listed
        found = [one for one in found if one[0] == "boundary"]
    assert found == changes


def test_each_part_of_a_rule_is_changed() -> None:
    first = Rule(
        name="a", on=["noted", "created"], stop=True, then=[Action("set_priority", "high"), Action("raise_priority", 1), Action("resolve")]
    )
    again = Rule(name="b", when=since("created") >= "2h", every_us=HOUR_US, times=3, then=NOTIFY)
    off = Rule(name="off", enabled=False, then=NOTIFY)
    desk = Desk(metrics=(), rules=Rules(sets=[
        RuleSet(rules=[first, again, off]), RuleSet(name="none", enabled=False, rules=[Rule(name="c")]),
    ]))  # fmt: skip
    assert made(desk) == [
        "rules[0] 'a': never fires (drop-rule)",
        "rules[0].then[0] 'a': without set_priority 'high' (drop-action)",
        "rules[0].then[0] 'a': set_priority 'medium' instead of set_priority 'high' (value)",
        "rules[0].then[0] 'a': set_priority 'urgent' instead of set_priority 'high' (value)",
        "rules[0].then[1] 'a': without raise_priority 1 (drop-action)",
        "rules[0].then[1] 'a': raise_priority -1 instead of raise_priority 1 (value)",
        "rules[0].then[2] 'a': without resolve (drop-action)",
        "rules[0].stop 'a': does not stop its set (drop-stop)",
        "rules[0].on 'a': does not listen to created (drop-event)",
        "rules[0].on 'a': does not listen to noted (drop-event)",
        "rules[0] 'a': comes after 'b' (swap)",
        "rules[1] 'b': never fires (drop-rule)",
        "rules[1].when 'b': not (at least 2h since created) (flip-test)",
        "rules[1].when 'b': at least 1h since created (boundary)",
        "rules[1].when 'b': at least 4h since created (boundary)",
        "rules[1].then[0] 'b': without notify 'lead' (drop-action)",
        "rules[1].times 'b': 2 times instead of 3 (boundary)",
        "rules[1].every 'b': every 2h (boundary)",
    ]


def test_every_change_makes_another_desk() -> None:
    ladder = Escalation(
        name="up", when=field.tags.has("hot"), since="created",
        steps=[Step(after=length(1), then=[Action("notify", "lead"), Action("add_tag", "late")])],
    )  # fmt: skip
    rule = Rule(name="r", on=["noted", "created"], when=field.tags.has("a") & (field.priority >= "high"), then=[*NOTIFY, Action("resolve")])
    desk = Desk(metrics=(), rules=Rules(sets=[RuleSet(rules=[rule])], escalations=[ladder]))
    changes = list(mutants(desk))
    assert len({mutant.rules for mutant in changes} | {desk.rules}) == len(changes) + 1


def test_each_part_of_a_ladder_is_changed() -> None:
    steps = [Step(after=length(1), then=NOTIFY), Step(after=length(1.5), then=NOTIFY), Step(after=Days(1), then=())]
    ladder = Escalation(name="up", when=field.tags.has("hot"), since="created", steps=steps)
    off = Escalation(name="off", when=TRUE, since="created", steps=steps[:1], enabled=False)
    once = Rule(name="once", when=since("created") >= "2h", every_us=HOUR_US, then=NOTIFY)
    desk = Desk(metrics=(), rules=Rules(sets=[RuleSet(rules=[once])], escalations=[ladder, off]))
    assert [one for one in made(desk) if "escalations" in one] == [
        "escalations[0] 'up': never fires (drop-rule)",
        "escalations[0].when 'up': not (tags has 'hot') (flip-test)",
        "escalations[0].when 'up': without: tags has 'hot' (drop-test)",
        "escalations[0].steps[0] 'up': without the step after 1h (drop-step)",
        "escalations[0].steps[0].then[0] 'up': without notify 'lead' (drop-action)",
        "escalations[0].steps[0].after 'up': after 30m instead of 1h (boundary)",
        "escalations[0].steps[1] 'up': without the step after 1h 30m (drop-step)",
        "escalations[0].steps[1].then[0] 'up': without notify 'lead' (drop-action)",
        "escalations[0].steps[1].after 'up': after 3h instead of 1h 30m (boundary)",
        "escalations[0].steps[2] 'up': without the step after 1 day (drop-step)",
        "escalations[0].steps[2].after 'up': after 2 days instead of 1 day (boundary)",
    ]
    assert [one for one in made(desk) if ".times" in one] == []


def test_the_score_is_the_same_to_the_bit_in_another_process() -> None:
    """Whatever the order of sets there: each process hashes texts in its own way."""
    program = (
        "from test_mutation import *\n"
        "desk = desk_of(VIP, Rule(name='note', on=['noted', 'created'], when=field.tags.has_any('b', 'a'), then=NOTIFY))\n"
        "told = mutation_score(desk, [[born(GOLD), on(Noted, '10:00')], [born(tags=['a', 'b', 'c']), on(Noted, '10:00')]], wait='1d')\n"
        "print(told, told.percent, [(str(one.mutant), one.history) for one in told.noticed])\n"
    )
    told = []
    for seed in ("1", "2"):
        given = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        told.append(subprocess.run([sys.executable, "-c", program], env=given, capture_output=True, text=True, check=True).stdout)
    assert told[0] == told[1]
    assert "%" in told[0]


@settings(max_examples=max(5, settings.default.max_examples // 5) if settings.default else 10)
@given(strategies.desks())
def test_every_change_is_one_and_has_a_name(desk: Desk) -> None:
    found = list(mutants(desk))
    original = Rules(sets=desk.rules.sets, escalations=desk.rules.escalations, macros=desk.rules.macros)
    assert all(mutant.rules != original for mutant in found)
    assert {mutant.kind for mutant in found} <= set(KINDS)
    assert max(Counter(map(str, found)).values(), default=1) <= 2  # two parts may read the same
    for mutant in found[:20]:
        try:
            assert mutant.of(desk).rules != desk.rules
        except DeskError:
            continue  # a time rule that waits less than a minute, hours that never meet


# --- which are noticed -----------------------------------------------------------------------------------------------

BELOW = field.priority < "high"
VIP = Rule(name="vip", on=["created"], when=(field.requester.tier == "gold") & BELOW, then=[Action("set_priority", "high")])
TAGGED = Desk(metrics=(), rules=[VIP], priority=Priority(tags={"m": "medium", "u": "urgent"}))


def test_what_no_history_notices_is_named() -> None:
    told = mutation_score(TAGGED, [[born()], [born(GOLD)]])
    assert [(one.place, one.change) for one in told.unnoticed] == [
        ("rules[0].when.all[1]", "without: priority is below 'high'"),
        ("rules[0].when.all[1]", "priority is at most 'high'"),
        ("rules[0].when.all[1]", "priority is below 'medium'"),
        ("rules[0].when.all[1]", "priority is below 'urgent'"),
    ]
    assert (told.total, told.percent, told.of("vip"), told.of("nobody")) == (12, 66, (8, 12), (0, 0))
    assert str(told).splitlines()[0] == "desk: 8 of 12 changes noticed (66 %) by 2 histories"
    assert len(str(told).splitlines()) == 5


def test_a_history_for_each_bound_notices_it() -> None:
    """Medium is still below high, urgent is not; high itself cannot be told apart here, for then the rule changes nothing."""
    told = mutation_score(TAGGED, [[born()], [born(GOLD)], [born(GOLD, tags=["m"])], [born(GOLD, tags=["u"])]])
    assert [one.change for one in told.unnoticed] == ["priority is at most 'high'", "priority is below 'urgent'"]


def test_the_first_history_that_notices_is_named() -> None:
    told = mutation_score(desk_of(VIP), [[born()], [born(GOLD)], [born(GOLD)]])
    by = {one.mutant.change: one.history for one in told.noticed}
    assert (by["never fires"], by["without: requester.tier is 'gold'"]) == (1, 0)


def test_what_only_the_log_tells_is_not_noticed() -> None:
    """A rule that fires and changes nothing, an action that is always refused, a rule that rises for nothing."""
    idle = Rule(name="idle", on=["created"], then=[Action("add_tag", "a"), Action("close")])
    timed = Rule(name="timed", when=since("created") >= "2h", then=[Action("add_tag", "a")])
    told = mutation_score(desk_of(idle, timed), [[born(tags=["a"]), on(Noted, "12:00"), on(Resolved, "13:00")]], wait="2d")
    assert told.noticed == ()
    assert told.total == len(made(desk_of(idle, timed)))


def test_a_refused_moment_and_time_after_the_end_are_looked_at() -> None:
    close = Rule(name="done", on=["noted"], then=[Action("resolve")])
    shut = Rule(name="shut", when=since("resolved_at") >= "2h", then=[Action("close")])
    history: list[EventBase] = [
        born(),
        on(Noted, "10:00"),
        on(SlotSet, "13:00", level="high"),
        on(Noted, "13:00", id="x"),
        on(Noted, "12:00"),
    ]
    told = mutation_score(desk_of(close, shut), [history])
    assert {one.mutant.change for one in told.noticed if one.mutant.rule == "shut"} >= {"never fires", "at least 4h since resolved_at"}
    waited = mutation_score(desk_of(shut), [[born(), on(Resolved, "10:00")]], wait="3h")
    assert {one.change for one in waited.unnoticed} == set()
    at_once = mutation_score(desk_of(shut), [[born(), on(Resolved, "10:00")]])
    assert [one.mutant.kind for one in at_once.noticed] == ["drop-test"]  # it closes the ticket when it is resolved
    assert len(mutation_score(desk_of(shut), [[]], wait="3h").unnoticed) == at_once.total


def test_changes_of_ones_own_are_tried() -> None:
    desk = desk_of(VIP)
    mine = Mutant(kind="drop-rule", place="rules", rule="vip", change="no rules at all", rules=Rules())
    wrong = Mutant(
        kind="join",
        place="rules",
        rule="x",
        change="unknown field",
        rules=Rules(sets=[RuleSet(rules=[Rule(name="x", when=field.nobody == 1)])]),
    )
    told = mutation_score(desk, [[born(GOLD)]], changes=[mine, wrong])
    assert [one.mutant for one in told.noticed] == [mine]
    assert (told.total, told.percent) == (1, 100)
    assert mutation_score(desk.evolve(rules=()), [[born()]]).percent == 100


def test_the_same_inputs_give_the_same_score() -> None:
    desk = desk_of(VIP, Rule(name="note", on=["noted", "created"], when=field.tags.has_any("b", "a"), then=NOTIFY))
    histories: list[list[EventBase]] = [[born(GOLD), on(Noted, "10:00")], [born(tags=["a"]), on(Noted, "10:00")]]
    told = mutation_score(desk, histories, wait="1d")
    assert told == mutation_score(pickle.loads(pickle.dumps(desk)), (iter(history) for history in histories), wait="1d")
    assert pickle.loads(pickle.dumps(told)) == told


@settings(max_examples=max(5, settings.default.max_examples // 5) if settings.default else 10)
@given(st.data())
def test_a_change_that_is_not_noticed_leaves_every_ticket_as_it_was(data: st.DataObject) -> None:
    desk = data.draw(strategies.desks())
    history = data.draw(strategies.histories(desk))
    log = [
        changed(event, id=f"e{number}.{place}", ticket="T-1", moment=f"e{number}")
        for number, moment in enumerate(history) for place, event in enumerate(moment)
    ]  # fmt: skip
    few = list(mutants(desk))[:12]
    told = mutation_score(desk, [log], changes=few)
    before = seen(desk, history)
    assert all(seen(mutant.of(desk), history) == before for mutant in told.unnoticed[:4])


def seen(desk: Desk, history: Any) -> tuple[Any, ...]:
    ticket = live(desk, history).ticket
    return ticket.status, ticket.priority, ticket.tags, ticket.fields, ticket.assignee, ticket.group, ticket.policy, ticket.escalation


def test_the_empty_conditions_have_nothing_to_change() -> None:
    assert of_condition(AllOf(())) == of_condition(FALSE) == []
