"""Actions: each of them as a row of a table, what it makes, when it would change nothing, and what it refuses."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest

from desk_day import MARIA, at, born, length, only, promise
from ticketcore import (
    Action,
    AgentReplied,
    Assigned,
    BusinessHours,
    Deleted,
    Desk,
    FieldSet,
    FieldType,
    MarkedSpam,
    Metric,
    Noted,
    Outcome,
    PolicySet,
    Resolved,
    Rule,
    Rules,
    RuleSet,
    SlotSet,
    TagsAdded,
    desk_to_data,
    field,
    load_desk,
    since,
)  # fmt: skip
from ticketcore._actions import ACTIONS
from ticketcore._desk_file import IN_FILE
from ticketcore._time import HOUR_US
from ticketcore.errors import BadValue, DeskError, UnknownName
from ticketcore.model import EFFECTS, CcAdded, Days, FollowersAdded, Length, Outside, WorkingDays

FA = Metric(name="fa", start=("created",), stop=("enter:answered",))
NEXT = Metric(name="next", start=("customer_reply",), stop=("enter:answered",))
DAY = BusinessHours(zone="UTC", week={"mon-fri": ["09:00-11:00"]})


def desk_with(*actions: Action, **given: Any) -> Desk:
    """A desk whose one rule does *actions* on every note; all names an action may speak of are there."""
    rule = Rule(name="act", on=["noted"], then=actions)
    return Desk(**{
        "metrics": (FA, NEXT), "policies": (promise(2), promise(1, "gold")), "rules": Rules(sets=[RuleSet(rules=[rule])]),
        "templates": {"ack": "Dear {{ requester_name }}, {{ id }}"}, "groups": ("sales", "support"), "hours": {"support": DAY},
        "fields": {"site": FieldType(kind="text"), "score": FieldType(kind="number")}, **given,
    })  # fmt: skip


def acted(desk: Desk, *before: Outside, **given: Any) -> Outcome:
    """What the rule's actions came to, at ten, on a ticket to which *before* happened."""
    outcome = born(desk, **given)
    for event in before:
        outcome = desk.handle(outcome.ticket, event)
    return desk.handle(outcome.ticket, Noted(at=at("10:00"), by=MARIA))


def made(outcome: Outcome) -> list[Any]:
    """The events that the actions made, without the consequences the desk drew."""
    return [event for event in outcome.events if event.cause == "rule:act" and isinstance(event, Outside)]


def on(clock: str, kind: type[Outside], **given: Any) -> Outside:
    return kind(at=at(clock), by=MARIA, **given)


BIN = on("09:20", Deleted)
SPAM = on("09:20", MarkedSpam)
DONE = on("09:20", Resolved)

# action, what happened before, the kind of event it makes, what that event carries
EVENTS_MADE: list[tuple[Action, tuple[Outside, ...], str, dict[str, Any]]] = [
    (Action("set_priority", "high"), (), "slot_set", {"slot": "rules", "level": "high"}),
    (Action("raise_priority", 1), (), "slot_set", {"slot": "rules", "level": "medium"}),  # low is the default
    (Action("raise_priority", 9), (), "slot_set", {"slot": "rules", "level": "urgent"}),  # no higher than the highest
    (Action("raise_priority", -1), (on("09:20", SlotSet, level="high"),), "slot_set", {"slot": "rules", "level": "medium"}),
    (Action("set_status", "answered"), (), "status_set", {"status": "answered"}),
    (Action("mark_answered", True), (), "marked_answered", {}),
    (Action("resolve", True), (), "resolved", {}),
    (Action("close", True), (DONE,), "closed", {}),
    (Action("reopen", True), (DONE,), "reopened", {}),
    (Action("postpone", length(3)), (), "postponed", {"until_us": at("13:00")}),
    (Action("mark_spam", True), (), "marked_spam", {}),
    (Action("not_spam", True), (SPAM,), "not_spam", {}),
    (Action("delete", True), (), "deleted", {}),
    (Action("restore", True), (BIN,), "restored", {}),
    (Action("purge", True), (BIN,), "purged", {}),
    (Action("acknowledge", True), (), "acknowledged", {}),
    (Action("add_tag", "hot"), (), "tags_added", {"tags": ("hot",)}),
    (Action("add_tags", ["hot", "vip"]), (on("09:20", TagsAdded, tags=["vip"]),), "tags_added", {"tags": ("hot",)}),  # the new ones only
    (Action("remove_tag", "hot"), (on("09:20", TagsAdded, tags=["hot"]),), "tags_removed", {"tags": ("hot",)}),
    (Action("remove_tags", ["hot", "vip"]), (on("09:20", TagsAdded, tags=["vip"]),), "tags_removed", {"tags": ("vip",)}),
    (Action("add_followers", "eve"), (), "followers_added", {"agents": ("eve",)}),
    (Action("remove_followers", ["eve", "bo"]), (on("09:20", FollowersAdded, agents=["bo"]),), "followers_removed", {"agents": ("bo",)}),
    (Action("add_cc", ["a@x", "b@x"]), (on("09:20", CcAdded, addresses=["a@x"]),), "cc_added", {"addresses": ("b@x",)}),
    (Action("remove_cc", "a@x"), (on("09:20", CcAdded, addresses=["a@x"]),), "cc_removed", {"addresses": ("a@x",)}),
    (Action("clear_tags"), (on("09:20", TagsAdded, tags=["hot", "cold"]),), "tags_removed", {"tags": ("cold", "hot")}),
    (Action("take"), (), "assigned", {"agent": "maria"}),  # who wrote the note
    (Action("note", "ack", {"public": True}), (), "noted", {}),
    (Action("set_field", "site", {"to": "Riga"}), (), "field_set", {"name": "site", "value": "Riga"}),
    (Action("set_field", "site"), (on("09:20", FieldSet, name="site", value="Riga"),), "field_set", {"name": "site", "value": None}),
    (Action("set_field", "subject", {"to": "printer"}), (), "field_set", {"name": "subject", "value": "printer"}),
    (Action("set_field", "language", {"to": "lv"}), (), "field_set", {"name": "language", "value": "lv"}),
    (Action("set_field", "channel"), (on("09:20", FieldSet, name="channel", value="chat"),), "field_set", {"value": None}),
    (Action("assign", "eve"), (), "assigned", {"agent": "eve"}),
    (Action("unassign", True), (on("09:20", Assigned, agent="eve"),), "unassigned", {}),
    (Action("transfer", "sales", {"reason": "invoice"}), (), "transferred", {"group": "sales", "reason": "invoice"}),
    (Action("escalate", 2, {"to": "boss"}), (), "escalated", {"level": 2, "to": "boss"}),
    (Action("set_policy", "gold"), (), "policy_set", {"policy": "gold"}),
    (Action("extend_target", "fa", {"by_us": HOUR_US, "reason": "parts"}), (), "target_extended",
     {"metric": "fa", "extra_us": HOUR_US, "reason": "parts"}),
    (Action("note", "ack"), (), "noted", {}),
]  # fmt: skip


@pytest.mark.parametrize(("action", "before", "kind", "carried"), EVENTS_MADE, ids=lambda value: getattr(value, "name", None))
def test_an_action_that_changes_the_ticket_is_an_event_with_its_cause(
    action: Action, before: tuple[Outside, ...], kind: str, carried: dict[str, Any]
) -> None:
    # The rule names the two categories in which rules sleep, so that it may act there.
    awake = field.category.is_any("new", "open", "answered", "postponed", "resolved", "closed", "removed")
    desk = desk_with().evolve(rules=(Rule(name="act", on=["noted"], when=awake, then=(action,)),))
    (event,) = made(acted(desk, *before))
    assert (event.kind, event.at_us, event.by, event.ticket) == (kind, at("10:00"), None, "T")
    assert {name: getattr(event, name) for name in carried} == carried


# action, what happened before: it would change nothing
NOTHING_MADE: list[tuple[Action, tuple[Outside, ...], dict[str, Any]]] = [
    (Action("release_priority", True), (on("09:20", SlotSet, level="high"),), {}),  # the slot of a person is no rule's to empty
    (Action("raise_priority", 1), (on("09:20", SlotSet, level="urgent"),), {}),  # no level is higher: no slot is filled
    (Action("raise_priority", -1), (), {}),
    (Action("clear_tags"), (), {}),
    (Action("take"), (), {"assignee": "maria"}),
    (Action("set_status", "new"), (), {}),
    (Action("add_tag", "hot"), (), {"tags": ["hot"]}),
    (Action("remove_tags", ["hot", "vip"]), (), {}),
    (Action("add_followers", "eve"), (), {"followers": ["eve"]}),
    (Action("remove_cc", "a@x"), (), {}),
    (Action("set_field", "site", {"to": "Riga"}), (), {"fields": {"site": "Riga"}}),
    (Action("set_field", "site"), (), {}),
    (Action("set_field", "subject", {"to": "printer"}), (), {"subject": "printer"}),
    (Action("set_field", "subject"), (), {}),  # an empty text is empty already
    (Action("assign", "eve"), (), {"assignee": "eve"}),
    (Action("unassign", True), (), {}),
    (Action("transfer", "sales"), (), {"group": "sales"}),
    (Action("release_policy", True), (on("09:20", PolicySet, policy="gold"),), {}),  # chosen by hand
    (Action("extend_target", "fa", {"by_us": HOUR_US}), (on("09:20", AgentReplied),), {}),  # the cycle has ended
    (Action("extend_target", "next", {"by_us": HOUR_US}), (), {}),  # none was started
]  # fmt: skip


@pytest.mark.parametrize(("action", "before", "given"), NOTHING_MADE, ids=lambda value: getattr(value, "name", None))
def test_an_action_that_would_change_nothing_makes_nothing(action: Action, before: tuple[Outside, ...], given: dict[str, Any]) -> None:
    outcome = acted(desk_with(action), *before, **given)
    assert [event.kind for event in outcome.events] == ["noted", "rule_fired"]
    assert outcome.effects == ()


@pytest.mark.parametrize("name", ["set_priority", "set_policy"])
def test_a_choice_of_the_rules_that_stands_already_is_not_made_again(name: str) -> None:
    value, release = ("high", "release_priority") if name == "set_priority" else ("gold", "release_policy")
    desk = desk_with(Action(name, value), Action(name, value), Action(release, True), Action(release, True))
    assert [event.kind for event in made(acted(desk))] == (["slot_set", "slot_cleared"] if name == "set_priority" else ["policy_set"] * 2)


# action, what happened before, words of the reason: the lifecycle or the desk refuses it
REFUSED: list[tuple[Action, tuple[Outside, ...], str]] = [
    (Action("set_status", "closed"), (), "new cannot be set to closed directly"),
    (Action("close", True), (), "close is refused: new has no such move"),
    (Action("reopen", True), (), "reopen is refused"),
    (Action("not_spam", True), (), "not_spam is refused"),
    (Action("restore", True), (), "restore is refused"),
    (Action("purge", True), (), "purge is refused"),
    (Action("postpone", Length(HOUR_US), {"hours": "never"}), (), "lies outside what these hours cover"),
]  # fmt: skip


@pytest.mark.parametrize(("action", "before", "words"), REFUSED, ids=lambda value: getattr(value, "name", None))
def test_an_action_that_is_not_allowed_is_refused_visibly(action: Action, before: tuple[Outside, ...], words: str) -> None:
    shut = BusinessHours(zone="UTC", week={"mon": ["09:00-11:00"]}, valid_until="2020-01-01")
    outcome = acted(desk_with(action, Action("add_tag", "after"), hours={"support": DAY, "never": shut}), *before)
    refused = only(outcome, "action_refused")
    assert (refused.rule, refused.action) == ("act", action.name)
    assert words in refused.reason
    assert outcome.ticket.tags == frozenset({"after"})


@pytest.mark.parametrize(
    ("span", "options", "until"),
    [
        (length(3), {}, at("13:00")),  # default hours 24x7
        (length(3), {"hours": "support"}, at("11:00", 1)),  # one hour on Monday, two on Tuesday
        (Length(3 * HOUR_US, True), {"hours": "support"}, at("13:00")),  # calendar
        (Days(2), {}, at("10:00", 2)),
        (Days(5), {"hours": "support"}, at("10:00", 5)),  # a Saturday: dates are dates
        (WorkingDays(5), {"hours": "support"}, at("10:00", 7)),  # over the weekend
        (WorkingDays(1, True), {"hours": "support"}, at("11:00", 1)),  # end of day
    ],
)
def test_a_postponement_counts_as_its_span_says(span: Any, options: dict[str, Any], until: int) -> None:
    outcome = acted(desk_with(Action("postpone", span, options)))
    assert made(outcome)[0].until_us == until
    assert outcome.ticket.category == "postponed"


def test_a_note_is_internal_automatic_and_filled_in_at_once() -> None:
    (event,) = made(acted(desk_with(Action("note", "ack"))))
    assert (event.message.text, event.message.public, event.message.automatic) == ("Dear Ada, T", False, True)


# action, the kind of effect, what it carries
EFFECTS_MADE: list[tuple[Action, str, dict[str, Any]]] = [
    (Action("reply", "ack"), "reply", {"template": "ack", "text": "Dear Ada, T", "variables": {"requester_name": "Ada", "id": "T"}}),
    (Action("notify", "lead"), "notify", {"to": "lead", "template": "", "text": "", "about": "noted", "level": 0}),
    (Action("notify", "lead", {"template": "ack"}), "notify", {"to": "lead", "template": "ack", "text": "Dear Ada, T"}),
    (Action("notify", "lead", {"via": "sms"}), "notify", {"to": "lead", "via": "sms"}),
    (Action("request_merge", "same requester"), "request_merge", {"into": "same requester"}),
    (Action("webhook", "crm"), "webhook", {"name": "crm"}),
    (Action("request_rating", True), "request_rating", {"template": ""}),
    (Action("request_rating", True, {"template": "ack"}), "request_rating", {"variables": {"requester_name": "Ada", "id": "T"}}),
    (Action("suggest_article", "printers"), "suggest_article", {"article": "printers"}),
    (Action("create_child", "call back", {"fields": {"site": "Riga"}}), "create_child",
     {"subject": "call back", "fields": {"site": "Riga"}}),
    (Action("route", "sales"), "route", {"to": "sales", "strategy": ""}),
    (Action("route", "sales", {"strategy": "least_loaded"}), "route", {"to": "sales", "strategy": "least_loaded"}),
    (Action("classify", "mood"), "classify", {"name": "mood"}),
]  # fmt: skip


@pytest.mark.parametrize(("action", "kind", "carried"), EFFECTS_MADE, ids=lambda value: getattr(value, "name", None))
@pytest.mark.parametrize("stale", [None, HOUR_US])
def test_an_action_that_touches_the_world_is_an_effect(action: Action, kind: str, carried: dict[str, Any], stale: int | None) -> None:
    if stale is not None:
        action = Action(action.name, action.value, {**action.options, "stale_after_us": stale})
    outcome = acted(desk_with(action))
    (effect,) = outcome.effects
    assert type(effect) is EFFECTS[kind]
    assert (effect.at_us, effect.ticket, effect.rule, effect.key) == (at("10:00"), "T", "act", f"T/{outcome.events[0].id}/act/0")
    assert effect.expires_us == (None if stale is None else at("10:00") + stale)
    assert {name: getattr(effect, name) for name in carried} == carried
    assert made(outcome) == []


def test_a_follow_up_is_to_what_the_rule_listens_to() -> None:
    outcome = acted(desk_with(Action("create_follow_up", True, {"stale_after_us": HOUR_US})))
    (effect,) = outcome.effects
    assert (effect.kind, effect.event, effect.expires_us) == ("create_follow_up", outcome.events[0].id, at("11:00"))  # type: ignore[attr-defined]  # by its kind
    timed = Rule(name="old", when=since("created") >= "1h", then=[Action("create_follow_up"), Action("take")])
    ticked = desk_with().evolve(rules=[timed]).tick(born(desk_with().evolve(rules=[timed])).ticket, at("12:00"))
    assert [effect.event for effect in ticked.effects] == [""]  # type: ignore[attr-defined]  # by its kind
    assert ticked.ticket.assignee is None  # time has no agent who could take it


def test_a_note_may_be_public() -> None:
    notes = [made(acted(desk_with(Action("note", "ack", options))))[0].message.public for options in ({}, {"public": True})]
    assert notes == [False, True]


@pytest.mark.parametrize(
    ("action", "path", "words"),
    [
        (Action("note", "ack", {"public": "yes"}), "then[0].public", "public is true or false, not 'yes'"),
        (Action("notify", "lead", {"via": ""}), "then[0].via", "via is a word, not ''"),
        (Action("notify", "lead", {"via": 5}), "then[0].via", "via is a word, not 5"),
    ],
)
def test_a_wrong_option_is_refused_by_its_place(action: Action, path: str, words: str) -> None:
    with pytest.raises(DeskError) as caught:
        desk_with(action)
    assert [(problem.path, problem.message) for problem in caught.value.problems] == [(f"rules[0].{path}", words)]


def test_options_are_read_and_written_in_a_desk_file() -> None:
    then = [{"note": "ack", "public": True}, {"notify": "lead", "via": "sms"}, {"clear_tags": True}, {"take": True},
            {"create_follow_up": True, "stale_after": "1h"}, {"request_merge": "same requester"}]  # fmt: skip
    data = {"templates": {"ack": "hello"}, "rules": [{"name": "r", "on": "noted", "then": then}]}
    desk = load_desk(data)
    assert desk_to_data(desk)["rules"][0]["then"] == then
    with pytest.raises(DeskError, match="public"):
        load_desk({**data, "rules": [{"name": "r", "on": "noted", "then": [{"note": "ack", "public": "yes"}]}]})


PAGE = Path(__file__).parents[1] / "docs" / "reference" / "actions.md"
TAKES = {
    "level": "a priority level", "steps": "a whole number, not 0", "flag": "`true`", "status": "a status", "span": "a span of time",
    "tags": "a tag or a list of tags", "names": "a name or a list of names", "field": "the name of a field", "agent": "an agent",
    "group": "a group", "count": "a whole number from 1", "policy": "a policy", "metric": "a metric", "template": "a template",
    "to": "a name or an address", "name": "a name", "text": "a text",
}  # fmt: skip


def test_the_table_of_actions_in_the_documentation_is_the_table_of_the_library() -> None:
    """What each becomes is what the rows above have seen it become."""
    seen = {row[0].name: row[2] for row in EVENTS_MADE} | {row[0].name: row[1] for row in EFFECTS_MADE}
    seen |= {
        "release_priority": "slot_cleared",
        "release_policy": "policy_set",
        "create_follow_up": "create_follow_up",
    }  # tests of their own
    expected = []
    for name, kind in ACTIONS.items():
        assert kind.becomes == seen[name]
        options = ", ".join(f"`{IN_FILE.get(option, option)}`" for option in kind.options)
        sort = "effect" if kind.is_effect else "event"
        expected.append(f"| `{name}` | {TAKES[kind.takes]} | {options} | {sort} `{kind.becomes}` | {kind.text} |")
    assert [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| `")] == expected


def test_every_action_has_its_row() -> None:
    rows = {row[0].name for row in EVENTS_MADE} | {row[0].name for row in EFFECTS_MADE} | {row[0].name for row in NOTHING_MADE}
    rows.add("create_follow_up")
    assert rows == set(ACTIONS)
    effects = {name for name, kind in ACTIONS.items() if kind.is_effect}
    assert effects == {action.name for action, *_ in EFFECTS_MADE} | {"create_follow_up"}
    assert all(kind.text for kind in ACTIONS.values())


def test_what_an_action_came_to_is_worked_out_on_the_ticket_as_it_is() -> None:
    """Each action sees what those before it in the same rule have done."""
    outcome = acted(
        desk_with(Action("add_tag", "hot"), Action("add_tags", ["hot", "cold"]), Action("resolve", True), Action("close", True))
    )
    assert [(event.kind, getattr(event, "tags", ())) for event in made(outcome)] == [
        ("tags_added", ("hot",)), ("tags_added", ("cold",)), ("resolved", ()), ("closed", ()),
    ]  # fmt: skip


def test_effects_of_one_rule_have_keys_of_their_own() -> None:
    outcome = acted(desk_with(Action("notify", "lead"), Action("add_tag", "hot"), Action("notify", "lead")))
    assert [effect.key.rpartition("/")[2] for effect in outcome.effects] == ["0", "2"]


def test_a_purge_empties_the_ticket_and_asks_the_host_to_erase_what_it_keeps() -> None:
    wipe = Rule(name="act", on=["noted"], when=field.category == "removed", then=(Action("purge", True),))
    outcome = acted(desk_with().evolve(rules=(wipe,)), BIN, subject="printer")
    assert [effect.kind for effect in outcome.effects] == ["erase"]
    assert (outcome.ticket.subject, outcome.ticket.status) == ("", "purged")


# --- actions as values -----------------------------------------------------------------------------------------------


def test_an_unknown_action_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(UnknownName, match="'set_prioritty' is not an action; did you mean 'set_priority'"):
        Action("set_prioritty", "high")


@pytest.mark.parametrize(("name", "words"), [("transfer", "it has reason"), ("resolve", "it has none")])
def test_an_unknown_option_is_refused_with_those_there_are(name: str, words: str) -> None:
    with pytest.raises(BadValue, match=words):
        Action(name, "x", {"because": "y"})


def test_an_action_is_a_value() -> None:
    action = Action("add_tags", ["a", "b"], {})
    assert action.value == ("a", "b")
    assert len({action, Action("add_tags", ("a", "b"))}) == 1
    assert pickle.loads(pickle.dumps(action)) == action
