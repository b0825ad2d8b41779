"""The parts of lint by themselves: domains of conditions, footprints of rules, spaces and walks, scripts."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from desk_day import length, promise, ruled
from ticketcore import (
    Action,
    Agent,
    AgentReplied,
    Closed,
    Created,
    Desk,
    Fact,
    FieldSet,
    FieldType,
    Lifecycle,
    Matrix,
    Message,
    Metric,
    Move,
    Noted,
    Person,
    Policy,
    Priority,
    Resolved,
    Rule,
    RuleSet,
    Score,
    ScoreCard,
    TagsAdded,
    Targets,
    TicketcoreError,
    View,
    always,
    field,
    since,
    until,
)  # fmt: skip
from ticketcore._lint_domain import UNKNOWN, Given, Tagged, Wanted, group_of, possible, representatives, solutions
from ticketcore._lint_footprint import after, cone_of, event_fields, footprint, kinds_of, reads_of, share
from ticketcore._lint_order import differ, order_of
from ticketcore._lint_running import running_circles
from ticketcore._lint_script import Script, shrink
from ticketcore._lint_search import _shown, _shown_if_taken
from ticketcore._lint_space import AGENT, MONDAY, Space, Walk, conditions_of, created, is_settable
from ticketcore._lint_survey import Survey, distance
from ticketcore._time import DAY_US, HOUR_US
from ticketcore.conditions import AllOf, AnyOf, Condition, Test, holds, hours, sla
from ticketcore.extra.strategies import actions
from ticketcore.hours import BusinessHours
from ticketcore.lint import lint
from ticketcore.model import Length, Merged, Postponed, TargetExtended, Ticket
from ticketcore.priority import Suggestion
from ticketcore.rules import ACTIONS

FA = Metric(name="fa", start=("created",), stop=("enter:answered",), pause=field.channel == "phone")
OFFICE = BusinessHours(zone="UTC", week={"mon-fri": ["09:00-17:00"]}, holidays=["2026-12-25"])
RICH = Desk(
    metrics=(FA,), policies=(promise(2, "gold", when=field.requester.tier == "gold"), promise(4)), hours={"office": OFFICE},
    groups=("sales", "support"), fields={"seats": FieldType(kind="number"), "impact": FieldType(kind="choice", choices=("low", "high")),
                                         "urgency": FieldType(kind="choice", choices=("low", "high")), "due": FieldType(kind="instant")},
    facts={"queue": Fact(type=FieldType(kind="number"), default=0), "mood": Fact(type=FieldType(kind="name"), required_with=("created",))},
    requester_fields={"site": FieldType(kind="name")},
    priority=Priority(
        tags={"hot": "urgent"},
        matrix=Matrix({"low": {"low": "low", "high": "high"}, "high": {"low": "low", "high": "urgent"}}),
        suggestion=Suggestion(fact="mood"),
        score=ScoreCard(entries=[Score(condition=field.subject.contains("now"), weight=3)], thresholds=[(2, "high")]),
    ),
    lifecycle=Lifecycle(moves={"new": {"resolve": Move(to="resolved", guard=field.agent_replies > 0)}}, triggers={"assigned": "assign"}),
)  # fmt: skip
WORDS = RICH.vocabulary


def can(*conditions: Condition, **given: Any) -> bool | None:
    return possible([Wanted(condition) for condition in conditions], WORDS, **given)


# --- domains -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ([since("created") >= "2h", since("created") < "1h"], False),
        ([since("created") >= "1h", since("created") < "2h"], True),
        ([since("created") >= "2h", since("updated") < "1h"], True),  # two instants
        ([since("created") >= "2 days", since("created") < "1 day"], False),
        ([since("created") >= "2h business", since("created") < "1h"], True),  # two measures are not compared
        ([since("created") > "1h", since("created") <= "1h"], False),
        ([until("postponed_until") <= "1h", until("postponed_until") > "1h"], False),
        ([hours("office").is_open(), hours("office").is_closed()], False),
        ([hours("office").is_open(), hours("office").is_holiday()], True),
        ([hours("office").is_open(), hours("24x7").is_closed()], True),
        ([sla("fa").is_("running"), sla("fa").is_("paused")], False),
        ([sla("fa").used_at_least(80), ~sla("fa").used_at_least(50)], False),
        ([sla("fa").due_within("1h"), ~sla("fa").due_within("2h")], False),
        ([sla("fa").is_("breached"), sla("fa").used_at_least(100)], True),
        ([field.subject.contains("a"), field.subject.is_empty()], None),  # texts: it is not worked out that it cannot
        ([field.subject.contains("a") & ~field.subject.contains("a")], False),
        ([field.subject.mentions_all("a", "b"), field.subject.matches("c*d?"), ~field.subject.contains("zz")], True),
        ([field.status.changed(to="open"), field.status == "new"], False),
        ([field.status.changed(was="new"), field.status == "new"], False),
        ([field.channel.changed(), field.channel == "chat"], True),
        ([field.transfers.changed(), field.transfers == 2], True),
        ([field.tags.changed(to="x"), ~field.tags.has("x")], False),
        ([field["fields.seats"].between(3, 4), field["fields.seats"] > 3.5, field["fields.seats"] < 4], True),
        ([field["fields.seats"] > 3, field["fields.seats"] < 4, field.notes == 0], True),
        ([field.notes > 3, field.notes < 4], False),  # whole numbers
        ([field.notes < 0], False),
        ([field.category == "open", field.status == "new"], False),
        ([field.resolved_at.is_set(), field.resolved_at.is_empty()], False),
        ([field.event.public == True, field.event.public == False], False),  # noqa: E712 - conditions
        ([field["fields.impact"].is_empty(), field["fields.impact"] == "low"], False),
    ],
)  # fmt: skip
def test_what_can_hold_together(conditions: list[Condition], expected: bool | None) -> None:
    found = can(*conditions)
    assert found is (True if expected is None else expected)  # None: a text that both holds a letter and is empty is thought possible


def test_many_names_of_a_set_are_looked_at_in_part() -> None:
    tags = [field.tags.has(f"t{number}") for number in range(7)]
    assert can(*tags) is True
    assert can(tags[0], tags[3], tags[5], ~tags[1], ~tags[2], ~tags[4], ~tags[6]) is None


def test_what_takes_too_long_is_too_much_to_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    condition = (field.channel != "a") & (field.language != "b") & (field.assignee != "c") & (field.channel == "d")
    assert can(condition) is True
    assert len(list(solutions([Wanted(condition)], WORDS))) > 1
    monkeypatch.setattr("ticketcore._lint_domain.MOST_NODES", 3)
    assert can(condition) is None
    assert list(solutions([Wanted(condition)], WORDS)) == []


def test_fields_may_be_another_tickets_in_each_scope() -> None:
    demands = [Wanted(field.channel == "chat", scope="one"), Wanted(field.channel == "email", scope="other")]
    assert possible(demands, WORDS) is False
    assert possible(demands, WORDS, shared=lambda _name: False) is True


def test_only_restricts_values() -> None:
    assert can(field.status == "new", only={"status": "open".__eq__}) is False
    assert can(field.category == "open", only={"status": "open".__eq__}) is True
    ann = {"assignee": Given(frozenset({"ann"}))}
    assert [can(one, only=ann) for one in (field.assignee.is_set(), field.assignee == "ann", field.assignee == "bob")] == [
        True,
        True,
        False,
    ]
    tagged = {"tags": Tagged(frozenset({"a"}), frozenset({"b"}))}
    assert [can(one, only=tagged) for one in (field.tags.is_empty(), field.tags.has("c"), field.tags.has("b"))] == [False, True, False]
    gone = {"tags": Tagged(frozenset(), frozenset({"b"}))}
    assert can(field.tags.is_empty(), only=gone) is True
    assert can(field.subject.contains("x"), only={"subject": Given(frozenset({"y"}))}) is False
    assert can(field.assignee.changed(to="ann"), only=ann) is True


def test_groups_have_names() -> None:
    atoms = [
        field.category == "new",
        since("created") >= "1h",
        until("created") >= "1 day",
        hours("office").is_open(),
        sla("fa").is_("met"),
    ]
    assert [group_of(atom, WORDS) for atom in atoms] == [
        "status", "since created (calendar)", "until created (Days in default hours)", "hours office", "sla fa",
    ]  # fmt: skip
    assert repr(UNKNOWN) == "UNKNOWN"


def test_representatives_of_a_field_that_nothing_asks_for() -> None:
    assert representatives("fields.impact", (), WORDS) == (("low", "high", None), True)


def test_texts_with_more_tests_than_can_be_combined_prove_nothing() -> None:
    tests = [field.subject.contains(letter) for letter in "abcdefg"]
    assert can(*tests) is True
    assert can(AllOf(tuple(tests)), ~tests[0]) is None


# --- footprints --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "writes"),
    [
        (Action("set_priority", "high"), {"priority": {"high"}}),
        (Action("raise_priority", 1), {"priority": {"*"}}),
        (Action("add_tags", ["a", "hot"]), {"tags:a": {"on"}, "tags:hot": {"on"}}),
        (Action("remove_tag", "a"), {"tags:a": {"off"}}),
        (Action("set_field", "impact", {"to": "low"}), {"fields.impact": {"low"}}),
        (Action("set_field", "subject", {"to": "x"}), {"subject": {"x"}}),
        (Action("unassign"), {"assignee": {None}, "assigned_at": {"*"}}),
        (Action("escalate", 2), {"escalation": {2}, "escalated_at": {"*"}}),
        (Action("set_policy", "gold"), {"policy": {"gold"}}),
        (Action("extend_target", "fa", {"by_us": 5}), {"sla": {"*"}}),
        (Action("notify", "lead"), {}),
        (Action("set_status", "open"), {"status": {"open"}}),
    ],
)
def test_what_an_action_sets_itself(action: Action, writes: dict[str, set[Any]]) -> None:
    assert footprint(Rule(name="r", then=[action]), RICH).direct == writes


def test_every_action_has_a_footprint() -> None:
    """Those that change a ticket say which event they make and what they write, and a desk that has them all can be judged."""
    for action in dict.fromkeys(actions(WORDS).elements):  # type: ignore[attr-defined]  # all that is drawn
        made = footprint(Rule(name="r", then=[action]), RICH)
        kind = ACTIONS[action.name]
        assert kind.is_effect != bool(made.direct), action
        assert kind.is_effect or {kind.becomes, "action_refused"} <= made.makes
    every = [Rule(name=name, on=["created"], then=[Action(name)]) for name, kind in ACTIONS.items() if kind.takes == "flag"]
    assert lint(ruled(*every)).of("illegal-action")


def test_what_is_cleared_is_gone() -> None:
    clear = Action("clear_tags")
    assert after(Rule(name="r", then=[Action("add_tag", "a"), clear]), ruled()) == {}
    assert after(Rule(name="r", then=[clear, Action("add_tag", "a")]), ruled()) == {"tags": Tagged(frozenset({"a"}), frozenset())}
    assert "cc" in footprint(Rule(name="r", then=[Action("add_cc", ["bob@example.org"])]), RICH).writes
    assert "followers" in footprint(Rule(name="r", then=[Action("remove_followers", ["ann"])]), RICH).writes
    assert "assignee" in footprint(Rule(name="r", then=[Action("take")]), RICH).reads


def test_what_follows_from_it() -> None:
    made = footprint(Rule(name="r", then=[Action("add_tag", "hot")]), RICH)
    assert {"priority", "priority_since", "sla"} <= made.writes.keys()
    assert {"tags_added", "priority_changed", "retargeted"} <= made.makes
    assert "policy" in footprint(Rule(name="r", then=[Action("set_field", "channel", {"to": "x"})]), RICH).writes.keys() | {"policy"}
    tiered = RICH.evolve(policies=(Policy(name="p", when=field["fields.seats"] > 3, targets={"fa": Targets(otherwise=length(1))}),))
    assert "policy" in footprint(Rule(name="r", then=[Action("set_field", "seats", {"to": 4})]), tiered).writes
    assert "status" in footprint(Rule(name="r", then=[Action("resolve")]), RICH).writes
    assert "agent_replies" in footprint(Rule(name="r", then=[Action("resolve")]), RICH).reads  # the guard
    assert "priority" in footprint(Rule(name="r", then=[Action("raise_priority", 1)]), RICH).reads


def test_what_conditions_read() -> None:
    condition = AllOf((field.tags.has_any("a", "b"), field.tags.is_set(), field.category == "new", field.text.contains("x"),
                       sla("fa").is_("met"), since("sla.fa.due") >= "1h", hours("office").is_open()))  # fmt: skip
    assert reads_of(condition, WORDS) == {"tags:a", "tags:b", "tags:*", "status", "subject", "description", "text", "sla"}
    assert share({"tags:*"}, {"tags:a", "x"}) == {"tags:a"} == share({"tags:a", "y"}, {"tags:*"})


def test_kinds_of_events_that_can_come() -> None:
    heard = Rule(name="r", on=["warned", "breached", "woken", "time_reached", "clock_started", "policy_applied", "silenced"])
    assert kinds_of(heard, ruled()) == {"woken"}
    assert kinds_of(heard, RICH) == {"woken", "breached", "clock_started", "policy_applied"}
    warned = RICH.evolve(policies=(promise(2, warn=("80%",)),), rules=[Rule(name="t", when=since("created") >= "1h")])
    assert kinds_of(heard, warned) == {"woken", "warned", "breached", "clock_started", "policy_applied", "time_reached"}
    assert "created" in kinds_of(Rule(name="r"), ruled())
    never = ruled(lifecycle=Lifecycle(statuses=tuple(one for one in Lifecycle().statuses if one.category != "postponed")))
    assert kinds_of(heard, never) == set()


def test_fields_of_events() -> None:
    only = event_fields("created", automatic=False)
    assert (only["event.kind"]("created"), only["event.automatic"](value=False), "event.text" in only) == (True, True, False)
    decided = event_fields("status_changed", automatic=True)
    assert (decided["event.by"](None), decided["event.by_role"]("agent"), decided["event.text"]("x")) == (True, False, False)


def test_what_holds_after_a_firing() -> None:
    sure = after(Rule(name="r", then=[Action("add_tag", "a"), Action("assign", "ann"), Action("resolve")]), ruled())
    assert sure == {"tags": Tagged(frozenset({"a"}), frozenset()), "assignee": Given(frozenset({"ann"}))}
    assert after(Rule(name="r", then=[Action("resolve")]), ruled())["status"] == Given(frozenset({"resolved"}))


def test_what_can_have_a_say() -> None:
    one = Rule(name="one", on=["created"], when=field.channel == "chat", then=[Action("set_field", "impact", {"to": "high"})])
    two = Rule(name="two", on=["field_set"], when=field.language == "el", then=[Action("add_tag", "x")])
    stop = Rule(name="stop", on=["created"], when=field.subject == "x", stop=True)
    apart = Rule(name="apart", on=["created"], then=[Action("transfer", "sales")])
    timed = Rule(name="timed", when=since("created") >= "1h", then=[Action("raise_priority", 1)])
    desk = RICH.evolve(rules=[RuleSet(name="a", rules=[stop, one]), RuleSet(name="b", rules=[apart, two, timed])])
    names, reads = cone_of(desk, {"priority"})
    assert names == {"one", "stop", "timed"}
    assert {"channel", "subject", "fields.impact", "facts.mood", "tags:hot"} <= reads
    assert cone_of(desk, {"tags:x"})[0] == {"one", "two", "stop"}
    assert {"agent_replies"} <= cone_of(desk, {"status"})[1]
    assert {"requester.tier", "channel"} <= cone_of(desk, {"sla"})[1]


def test_what_can_have_a_say_in_whether_a_rule_is_tried() -> None:
    one = Rule(name="one", on=["tags_added"], when=field.channel == "chat", then=[Action("notify", "lead")])
    tags = Rule(name="tags", on=["created"], when=field.language == "el", then=[Action("add_tag", "x")])
    stop = Rule(name="stop", on=["created"], when=field.subject == "x", stop=True)  # below it: in the next pass it holds back
    desk = RICH.evolve(rules=[RuleSet(name="a", rules=[one, stop]), RuleSet(name="b", rules=[tags])])
    assert cone_of(desk, {"channel"})[0] == set()
    names, reads = cone_of(desk, {"channel"}, ["one"])
    assert names == {"one", "stop", "tags"}
    assert {"subject", "language"} <= reads


# --- spaces ------------------------------------------------------------------------------------------------------------


def test_a_space_may_leave_the_status_alone() -> None:
    ticket = Desk(metrics=()).handle(None, Created(at=MONDAY, ticket="T-1", by=ADA)).ticket

    def kinds(rule: Rule, **given: Any) -> set[str]:
        space = Space([Desk(metrics=(), rules=[rule])], rules=frozenset(("one",)), reads=frozenset(("tags:x",)), **given)
        return {moment[0].kind for moment in space.moments(ticket, MONDAY)}

    tag = Rule(name="one", on=["noted"], then=[Action("add_tag", "x")])
    assert "resolved" in kinds(tag)
    assert kinds(tag, still=True) == {"noted"}
    assert "resolved" in kinds(attrs.evolve(tag, on=["status_changed"]), still=True)
    assert "resolved" in kinds(attrs.evolve(tag, when=field.category == "open"), still=True)


def test_a_ticket_with_values() -> None:
    moment = created(RICH, {
        "requester.email_domain": "example.gr", "requester.fields.site": "Riga", "requester.tier": "gold", "priority": "high",
        "policy": "gold", "text": "help", "event.text": "help", "subject": "s", "tags": frozenset({"x"}), "fields.seats": 3,
        "status": "open",
        "facts.queue": 5, "event.public": False,
    })  # fmt: skip
    birth = moment[0]
    assert isinstance(birth, Created)
    assert [event.kind for event in moment] == ["created", "slot_set", "policy_set"]
    assert birth.by == Person(email="someone@example.gr", tier="gold", fields={"site": "Riga"})
    assert (birth.message.text, birth.message.public, birth.facts, birth.fields) == (
        "help",
        False,
        {"mood": "some", "queue": 5},
        {"seats": 3},
    )
    ticket = RICH.handle(None, *moment).ticket
    assert (ticket.priority, ticket.policy) == ("high", "gold")
    by_agent = created(RICH, {"event.by_role": "agent", "@at": MONDAY + HOUR_US})[0]
    assert (by_agent.by, by_agent.at_us) == (Agent(id="maria"), MONDAY + HOUR_US)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("priority", "high"), ("policy", "gold"), ("subject", "s"), ("channel", "chat"), ("language", "lv"), ("group", "sales"),
        ("tags", frozenset({"x"})), ("requester.tier", "gold"), ("requester.email_domain", "example.gr"), ("requester.fields.site", "Riga"),
        ("fields.seats", 3), ("facts.queue", 5), ("status", "resolved"), ("agent_replies", 2), ("rating", "good"), ("requester.age", 7),
    ],
)  # fmt: skip
def test_what_a_ticket_can_be_created_with_is_known(name: str, value: Any) -> None:
    if is_settable(name):
        ticket = RICH.handle(None, *created(RICH, {name: value})).ticket
        assert holds(Test(name, "has" if name == "tags" else "is", "x" if name == "tags" else value), RICH.view(ticket))
    else:
        assert created(RICH, {name: value}) == created(RICH)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (FieldType(kind="choice", choices=("a", "b")), "a"), (FieldType(kind="set", choices=("a", "b")), frozenset({"a"})),
        (FieldType(kind="flag"), False), (FieldType(kind="instant"), MONDAY), (FieldType(kind="set"), frozenset({"some"})),
        (FieldType(kind="name"), "some"),
    ],
)  # fmt: skip
def test_a_fact_that_is_asked_for_is_given_some_value(kind: FieldType, value: Any) -> None:
    desk = ruled(facts={"it": Fact(type=kind, required_with=("created", "noted"))})
    (birth,) = created(desk)
    assert birth.facts == {"it": value}
    space = Space([desk], [field.notes > 0])
    ticket = desk.handle(None, birth).ticket
    noted = next(event for (event,) in space.moments(ticket, MONDAY) if event.kind == "noted")
    assert noted.facts == {"it": value}


def kinds_of_moments(space: Space, ticket: Ticket) -> set[str]:
    return {event.kind for (event,) in space.moments(ticket, ticket.as_of_us)}


def test_what_people_can_do_is_what_makes_a_difference() -> None:
    desk = ruled()
    ticket = desk.handle(None, *created(desk)).ticket
    plain = kinds_of_moments(Space([desk]), ticket)
    assert "resolved" in plain
    assert plain & {"slot_set", "tags_added", "assigned", "noted", "rated", "facts_reported"} == set()
    told = Space([desk], [field.priority == "high", field.tags.has("x"), field.assignee.is_set(), field.notes > 1, field.rating < 2,
                          field.group == "sales", field.escalation > 1, field.acknowledged_at.is_set()])  # fmt: skip
    assert {"slot_set", "tags_added", "assigned", "noted", "rated", "transferred", "escalated", "acknowledged"} <= kinds_of_moments(
        told, ticket
    )
    full = desk.handle(None, *created(desk, {"tags": frozenset({"x"}), "assignee": "ann", "priority": "high", "group": "sales"})).ticket
    assert {"tags_removed", "unassigned", "slot_cleared"} <= kinds_of_moments(told, full)


def test_events_that_rules_hear_can_happen() -> None:
    heard = Rule(name="r", on=["merged", "purged", "target_extended", "policy_set", "assigned", "transferred", "postponed"], automatic=True)
    desk = Desk(metrics=(FA,), policies=(promise(2),), rules=[heard])
    ticket = desk.handle(None, *created(desk)).ticket
    space = Space([desk])
    assert {"merged", "purged", "target_extended", "policy_set"} <= kinds_of_moments(space, ticket)
    assert any(moment[0].message.automatic for moment in space.beginnings if isinstance(moment[0], Created))
    by_hand = desk.handle(None, *created(desk, {"policy": "std"})).ticket
    released = [event for (event,) in space.moments(by_hand, MONDAY) if event.kind == "policy_set" and event.policy is None]  # type: ignore[attr-defined]
    assert len(released) == 1


def test_words_and_fields_can_be_said_and_set() -> None:
    desk = RICH
    space = Space([desk], [field.event.text.contains("help"), field.event.automatic == True, field.event.public == True,  # noqa: E712
                           field.facts.queue > 3, field["fields.seats"] > 3, field.subject == "x"])  # fmt: skip
    ticket = desk.handle(None, *created(desk)).ticket
    events = [event for (event,) in space.moments(ticket, MONDAY)]
    assert any(event.kind == "facts_reported" for event in events)
    assert {event.name for event in events if isinstance(event, FieldSet)} >= {"seats", "subject"}
    said = [event.message for event in events if isinstance(event, AgentReplied)]
    assert {message.text for message in said} >= {"help"}
    assert {(message.public, message.automatic) for message in said} == {(True, False), (True, True), (False, False)}


def test_an_instant_that_the_host_gives_is_one_or_none() -> None:
    assert Space([RICH], [since("fields.due") >= "1h"]).values["fields.due"] == (None, MONDAY)


def test_tickets_are_created_at_hours_that_differ() -> None:
    desk = RICH.evolve(rules=[Rule(name="r", on=["created"], when=hours("office").is_closed() | hours("office").is_holiday())])
    starts = {moment[0].at_us for moment in Space([desk], limit=400).beginnings}
    answers = {(OFFICE.is_open_us(at), OFFICE.is_holiday(at)) for at in starts}
    assert answers == {(True, False), (False, False), (False, True)}


def test_the_time_of_the_week_matters_where_hours_are_asked_for() -> None:
    given: dict[str, Any] = {"hours": {"office": OFFICE}, "default_hours": "office"}
    assert not Space([ruled(Rule(name="r", when=since("created") >= "1h"), **given)]).in_hours
    assert Space([ruled(Rule(name="r", when=since("created") >= "1h business"), **given)]).in_hours
    assert Space([ruled(Rule(name="r", when=hours("office").is_open() & (since("created") >= "1h")), **given)]).in_hours


def test_only_what_matters_is_looked_at() -> None:
    desk = RICH.evolve(
        rules=[Rule(name="r", on=["created"], when=field.channel == "chat"), Rule(name="s", on=["created"], when=field.id == "x")]
    )
    assert len(conditions_of(desk)) == 2 + 2 + 1 + 2 + 1
    assert len(conditions_of(desk, frozenset({"r"}), frozenset({"agent_replies"}))) == 1 + 2
    assert "fields.impact" not in Space([desk], rules=frozenset({"r"}), reads=frozenset({"channel"})).values


def test_a_walk_ends_with_its_budget_or_its_states() -> None:
    desk = ruled(Rule(name="r", on=["created"], when=field.tags.has("x")))
    small = Walk(Space([desk]), depth=3, budget=1)
    assert (len(list(small)), small.is_complete, small.is_closed) == (1, False, False)
    some = Walk(Space([desk]), depth=2, budget=9)
    assert (len(list(some)), some.is_complete) == (9, False)
    shallow = Walk(Space([desk]), depth=1, budget=1000)
    assert (len(list(shallow)), shallow.is_complete, shallow.is_closed) == (len(Space([desk]).beginnings), True, False)
    whole = Walk(Space([desk]), depth=30, budget=20_000)
    assert len(list(whole)) > 100
    assert (whole.is_complete, whole.is_closed) == (True, True)


def test_two_desks_are_walked_side_by_side() -> None:
    strict = ruled(lifecycle=Lifecycle(moves={"new": {"resolve": None}}, direct={"new": ()}))
    walk = Walk(Space([ruled(), strict]), depth=2, budget=500)
    parted = [visit for visit in walk if isinstance(visit.outcomes[1], TicketcoreError)]
    assert {visit.script.events[-1].kind for visit in parted} == {"resolved", "status_set"}
    assert all(visit.outcome.ticket.status != "" for visit in parted)
    back = Walk(Space([strict, ruled()]), depth=2, budget=500)
    refused = [visit for visit in back if isinstance(visit.outcomes[0], TicketcoreError)]
    assert refused == []  # what the first desk refuses is not tried


def test_the_outcome_of_a_refused_step_is_its_refusal() -> None:
    desk = ruled(facts={"it": Fact(type=FieldType(kind="name"), required_with=("created",))})
    other = ruled()
    (visit, *_) = Walk(Space([other, desk]), depth=1, budget=10)
    assert visit.outcome.ticket.status == "new"
    swapped = Walk(
        Space([ruled(lifecycle=Lifecycle(moves={"new": {"resolve": Move(to="resolved", guard=field.notes > 5)}}))]), depth=2, budget=99
    )
    refused = next(visit for visit in swapped if isinstance(visit.outcomes[0], TicketcoreError))
    with pytest.raises(TicketcoreError, match="guard"):
        _ = refused.outcome


def test_tickets_that_differ_only_in_age_beyond_what_is_asked_for_are_alike() -> None:
    desk = ruled(Rule(name="r", when=since("created") >= "1h"))
    space, ticket = Space([desk]), desk.handle(None, *created(desk)).ticket
    assert space.key(ticket, MONDAY + 2 * HOUR_US) == space.key(ticket, MONDAY + 30 * DAY_US)
    assert space.key(ticket, MONDAY) != space.key(ticket, MONDAY + 2 * HOUR_US)
    days = Space([ruled(Rule(name="r", when=since("created") >= "1 day"))])
    assert days.key(ticket, MONDAY + 2 * DAY_US) != days.key(ticket, MONDAY + 30 * DAY_US)


# --- nearness ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (field.status == "new", 0), (field.status == "open", 1), ((field.status == "open") & field.tags.has("x"), 2),
        ((field.status == "open") | (field.status == "new"), 0), (AnyOf(()), 1), (field.transfers >= 3, 3), (field.transfers > 3, 4),
        (field.notes >= 90, 20), (~(field.status == "new"), 1), (~(since("created") >= "1h"), 0), (since("created") >= "1h", 0),
        (field.event.text == "x", 0),
    ],
)  # fmt: skip
def test_how_far_a_ticket_is_from_a_condition(condition: Condition, expected: int) -> None:
    desk = ruled()
    ticket = desk.handle(None, *created(desk)).ticket
    assert distance(condition, View(desk.vocabulary, ticket, MONDAY)) == expected


def test_a_survey_finds_what_is_deep() -> None:
    deep = Rule(name="deep", on=["transferred"], when=(field.transfers >= 3) & (field.status == "answered"), then=[Action("add_tag", "x")])
    late = Rule(name="late", when=field.tags.has("x") & (since("updated") >= "3d"), then=[Action("close")])
    desk = ruled(deep, late)
    survey = Survey(desk, budget=40)
    for rule in (deep, late):
        script = survey.reach(rule)
        assert script is not None
        outcomes = script.replay(desk)
        assert any(event.kind == "rule_fired" and event.rule == rule.name for event in outcomes[-1].events)  # type: ignore[attr-defined]
    refused = survey.reach_refusal(late, "close")
    assert refused is not None
    assert refused[1].startswith("close is refused")
    never = Rule(name="never", on=["created"], when=field.transfers >= 3)
    assert Survey(ruled(never), budget=40).reach(never) is None


# --- order, once more --------------------------------------------------------------------------------------------------


def pair_of(desk: Desk, **given: Any) -> str:
    (pair,) = order_of(desk, Survey(desk, budget=given.pop("survey", 60)), **given)
    return pair.verdict


def noted(name: str, *then: Action, when: Condition = AllOf(()), on: str = "noted") -> Rule:
    return Rule(name=name, on=[on], when=when, then=then)


TAG, ASSIGN, TELL = Action("add_tag", "x"), Action("assign", "ann"), Action("notify", "lead")
A_TEXT, STD = field.text.contains("a"), field.policy == "std"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (noted("a", TAG, on="rule_fired"), noted("b", Action("add_tag", "y")), "unknown"),
        (noted("a", ASSIGN), noted("b", Action("transfer", "sales")), "unknown"),  # clocks start and stop in the order of events
        (noted("a", Action("purge"), on="created"), noted("b", TAG, on="created"), "unknown"),
        (noted("a", TAG), noted("b", TAG), "commutes"),
        # Never both.
        (noted("a", ASSIGN, when=field.tags.has("x")), noted("b", Action("unassign"), when=field.tags.has_none("x", "y")), "commutes"),
        # They write nothing.
        (noted("a", TELL, when=sla("fa").is_("met")), noted("b", TELL, when=sla("fa").is_("paused")), "commutes"),
        (noted("a", ASSIGN, when=A_TEXT & STD, on="created"), noted("b", Action("unassign"), when=~A_TEXT & STD, on="created"), "commutes"),
    ],
)  # fmt: skip
def test_whose_order_matters(one: Rule, other: Rule, expected: str) -> None:
    desk = Desk(metrics=(FA,), policies=(promise(2),), groups=("sales",), rules=[RuleSet(name="s", rules=[one, other]), RuleSet(name="t")])
    assert pair_of(desk) == expected


def test_a_walk_finds_what_scripts_at_hand_do_not_show() -> None:
    one = Rule(name="a", on=["transferred"], when=field.transfers >= 1, then=[Action("assign", "a")])
    other = Rule(name="b", on=["transferred"], when=field.transfers >= 1, then=[Action("assign", "b")])
    desk = ruled(one, other, groups=("sales", "support"))
    assert pair_of(desk, survey=1) == "unknown"
    assert pair_of(desk, survey=1, budget=4000) == "differs"
    small = ruled(Rule(name="a", on=["noted"], then=[Action("set_field", "subject", {"to": "a"})]),
                  Rule(name="b", on=["noted"], when=field.subject == "z", then=[Action("set_field", "subject", {"to": "a"})]))  # fmt: skip
    assert pair_of(small, budget=4000) in ("commutes", "unknown")


def test_too_many_pairs_are_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ticketcore._lint_order.MOST_PAIRS", 0)
    rules = [Rule(name=name, on=["created"], then=[Action("assign", name)]) for name in "ab"]
    assert pair_of(ruled(*rules)) == "unknown"


def test_a_script_that_both_desks_refuse_shows_no_difference() -> None:
    refused = Script(((Resolved(at=MONDAY),),))
    assert not differ(ruled(), ruled(), refused)
    assert differ(ruled(), ruled(facts={"it": Fact(type=FieldType(kind="flag"), required_with=("created",))}), Script((created(ruled()),)))


# --- what a desk refuses -----------------------------------------------------------------------------------------------


def refuse(*_given: Any) -> Any:
    raise TicketcoreError("refused")


def test_what_a_desk_refuses_is_no_witness(monkeypatch: pytest.MonkeyPatch) -> None:
    stop = Rule(name="a", on=["created"], stop=True)
    desk = Desk(metrics=(FA,), rules=[RuleSet(name="s", rules=[stop, Rule(name="b", on=["created"], when=field.tags.has("x"))])])
    monkeypatch.setattr("ticketcore._lint_levels.Script.ticket", refuse)
    monkeypatch.setattr("ticketcore._lint_rules.Script.replay", refuse)
    findings = lint(desk)
    assert [(one.verdict, one.witness) for one in findings.of("no-clock")] == [("unknown", None)]
    assert [(one.verdict, one.witness) for one in findings.of("shadowed-rule")] == [("proven", None)]


def test_a_life_that_is_refused_does_not_go_round(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = ruled(Rule(name="again", on=["woken"], then=[Action("postpone", Length(HOUR_US, calendar=True))]))
    monkeypatch.setattr("ticketcore._lint_running.Script.ticket", refuse)
    assert [(one.verdict, one.severity) for one in lint(desk).of("runs-on")] == [("unknown", "info")]


def test_a_life_that_did_not_come_round_in_time_is_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = ruled(Rule(name="again", on=["woken"], then=[Action("postpone", Length(HOUR_US, calendar=True))]))
    monkeypatch.setattr("ticketcore._lint_running._ROOTS", 1)
    assert [one.verdict for one in lint(desk).of("runs-on")] == ["proven"]  # the desk falls silent
    monkeypatch.setattr("ticketcore._lint_running._OFTEN", 10_000)
    assert [one.verdict for one in lint(desk).of("runs-on")] == ["unknown"]


def test_a_circle_through_the_score_card_or_the_matrix_is_not_taken_for_one_that_only_rises() -> None:
    rule = Rule(
        name="up", when=since("priority_since") >= "1h", then=[Action("raise_priority", 1), Action("set_field", "impact", {"to": "low"})]
    )
    assert running_circles(RICH.evolve(rules=[rule])) == [frozenset({"up"})]


def test_a_life_may_be_long_without_going_round() -> None:
    """Rules that each fire once, one an hour later than the other."""
    first = Rule(name="t0", when=field.tags.is_empty() & (since("created") >= "1h"), then=[Action("add_tag", "x0")])
    rules = [Rule(name=f"t{n}", when=field.tags.has(f"x{n - 1}") & ~field.tags.has(f"x{n}") & (since("created") >= f"{n + 1}h"),
                  then=[Action("add_tag", f"x{n}"), Action("escalate", n)]) for n in range(1, 5)]  # fmt: skip
    last = Rule(
        name="last",
        when=field.tags.has("x4") & (since("escalated_at") >= "1h") & (field.notes == 0),
        then=[Action("escalate", 9), Action("note", "x")],
    )
    desk = ruled(first, *rules, last, templates={"x": "seen"})
    assert all(one.verdict == "unknown" for one in lint(desk).of("runs-on"))


# --- scripts -----------------------------------------------------------------------------------------------------------

ADA = Person(email="ada@example.org", tier="gold", tags={"vip", "old"}, fields={"site": "Riga"})
BIRTH = Created(
    at=MONDAY, id="1", ticket="T", by=ADA, message=Message(text="help", language="en"), tags={"b", "a"}, fields={"seats": 3, "vip": True}
)


def test_a_script_reads_as_a_story() -> None:
    agent = Agent(id="m")
    script = Script((
        (BIRTH,),
        (Postponed(at=MONDAY + HOUR_US, by=agent, until=MONDAY + 2 * HOUR_US), TagsAdded(at=MONDAY + HOUR_US, tags=("x", "y"))),
        (TargetExtended(at=MONDAY + HOUR_US + 5, metric="fa", extra_us=HOUR_US),), (Merged(at=MONDAY + 2 * HOUR_US, into="T-2"),),
        (Created(at=MONDAY + 3 * HOUR_US, by=agent, requester=ADA, has_message=False),),
    ), MONDAY + DAY_US)  # fmt: skip
    ada = "requester email 'ada@example.org', requester tier 'gold', requester tags 'old', 'vip', requester site 'Riga'"
    assert str(script).splitlines() == [
        f"1. Mon 23 Nov 2026 09:00  created by customer: {ada}, text 'help', language 'en', tags 'a', 'b', seats 3, vip yes",
        "2. Mon 23 Nov 2026 10:00  postponed by agent: until Mon 23 Nov 2026 11:00, and tags added: tags 'x', 'y'",
        "3. 2026-11-23T10:00:00.000005Z  target extended: metric 'fa', extra 1:00:00",
        "4. Mon 23 Nov 2026 11:00  merged: into 'T-2'",
        f"5. Mon 23 Nov 2026 12:00  created by agent: {ada}, has message no",
        "   Tue 24 Nov 2026 09:00  nobody has acted since",
    ]
    assert (len(script), len(script.events)) == (5, 6)


def shrunk(desk: Desk, script: Script, condition: Condition) -> Script:
    from ticketcore.conditions import holds

    def shows(smaller: Script) -> Script | None:
        return smaller if holds(condition, desk.view(smaller.ticket(desk))) else None

    return shrink(script, shows)


def test_everything_that_is_not_needed_is_left_out() -> None:
    desk = ruled(
        fields={"seats": FieldType(kind="number"), "vip": FieldType(kind="flag")}, requester_fields={"site": FieldType(kind="name")}
    )
    agent = Agent(id="m")
    script = Script((
        (BIRTH, TagsAdded(at=MONDAY, by=ADA, tags=("c",)), FieldSet(at=MONDAY, by=ADA, name="language", value="el")),
        (AgentReplied(at=MONDAY, by=agent, message=Message(text="x", public=True)),), (Resolved(at=MONDAY, by=agent),),
    ))  # fmt: skip
    gold = shrunk(desk, script, (field.requester.tier == "gold") & field.tags.has("a") & (field["fields.vip"] == True))  # noqa: E712
    assert str(gold) == "1. Mon 23 Nov 2026 09:00  created by customer: requester tier 'gold', tags 'a', vip yes"
    old = shrunk(desk, script, field.requester.tags.has("old") & (field.status == "resolved") & field.tags.has("c"))
    assert [len(moment) for moment in old.moments] == [2, 1]
    assert old.ticket(desk).requester.tags == frozenset({"old"})
    told = shrunk(desk, script, field.description.contains("help"))
    assert str(told) == "1. Mon 23 Nov 2026 09:00  created by customer: text 'help'"
    by_agent = Script(((Created(at=MONDAY, id="1", ticket="T", by=agent, requester=ADA),),))
    answered = shrunk(desk, by_agent, field.status == "answered")
    assert str(answered) == "1. Mon 23 Nov 2026 09:00  created by agent"


def test_shrinking_gives_up_after_so_many_tries() -> None:
    script = Script(((BIRTH,),))
    assert shrink(script, lambda _smaller: None, most=2) == script
    assert shrink(script, lambda smaller: smaller, most=1) != script
    assert shrink(script, lambda smaller: smaller, most=0) == script


def test_a_script_up_to_an_instant_lets_time_pass() -> None:
    desk = ruled(Rule(name="r", when=since("created") >= "1h", then=[Action("add_tag", "late")]), zone="Europe/Riga")
    script = Script(((created(desk)[0],),), MONDAY + HOUR_US)
    assert [outcome.ticket.tags for outcome in script.replay(desk)] == [frozenset(), frozenset({"late"})]
    assert always("UTC").is_open_us(MONDAY)
    assert isinstance(Test("status", "is", "new"), Test)
    assert isinstance(Length(5), Length)


# --- at one instant, and what is not asked ------------------------------------------------------------------------------------

SOON = Metric(name="soon", start=("created",), stop=("enter:answered",))
HOURLY = Desk(
    metrics=(SOON,), policies=(Policy(name="std", targets={"soon": Targets(by_level={"high": Length(1)}, otherwise=Length(HOUR_US))}),)
)


def test_what_is_due_at_the_instant_of_the_last_moment_is_lived_through_first() -> None:
    """People come before time at one instant: the breach of that very instant is still to come when the moment is over."""
    born, noted = Created(at=MONDAY, ticket="T", by=Person()), Noted(at=MONDAY + HOUR_US, by=AGENT)
    on_the_dot = Script(((born,), (noted,)))
    ticket = on_the_dot.replay(HOURLY)[-1].ticket
    assert HOURLY.wake_us(ticket) == MONDAY + HOUR_US
    shown = _shown(HOURLY, sla("soon").is_("breached"), on_the_dot)
    assert shown is not None
    assert shown.until_us == MONDAY + HOUR_US
    assert Space([HOURLY]).flip_us(HOURLY, ticket, MONDAY + HOUR_US, MONDAY + HOUR_US) == MONDAY + HOUR_US


def test_a_script_whose_moments_are_refused_shows_nothing() -> None:
    refused = Script(((Created(at=MONDAY, ticket="T", by=Person()),), (Closed(at=MONDAY + 1, by=AGENT),)))
    assert _shown_if_taken(Desk(), field.status == "new", refused) is None


def test_levels_are_values_of_their_own_only_where_promises_are_asked_for() -> None:
    assert "priority" not in Space([HOURLY], [field.tags.has("x")], reads=frozenset({"tags"})).values
    assert Space([HOURLY], reads=frozenset({"sla"})).values["priority"] == HOURLY.priority.levels.names
