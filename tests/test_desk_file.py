"""The desk file: read to a desk and written back, and refused as a whole with every problem at its path."""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticketcore import _desk_data
from ticketcore._actions import Action
from ticketcore._desk_file import OPTIONS, bad_leaves
from ticketcore._hours_file import hours_to_data
from ticketcore.codec import desk_to_data, effect_to_data, load_desk, outcome_from_data, outcome_to_data
from ticketcore.conditions import FieldType, field, since
from ticketcore.desk import Desk
from ticketcore.errors import BadValue, DataError, DeskError
from ticketcore.extra.strategies.model import effects, events, tickets
from ticketcore.hours import Always, BusinessHours, Hours, changing, union
from ticketcore.lifecycle import STATUSES, Lifecycle, Move, Status, To
from ticketcore.model import Created, Length, Message, Person, WorkingDays
from ticketcore.priority import Priority
from ticketcore.rules import Escalation, Rule, Rules, RuleSet, Step
from ticketcore.sla import Metric, Policy, Targets, WarnAt

# A desk file that says everything that can be said.
WHOLE = tomllib.loads("""
schema = 1
name = "whole"
zone = "Europe/Riga"
groups = ["sales", "support", "technicians"]

[settings]
late = "restamp"
observe = true
silence_after = 100
handoff_reason = true
hours = "support"
default_policy = "standard"
choose_policy = "creation"
removed_gap = "counted"

[hours.support]
zone = "Europe/Athens"
week = { mon-thu = ["09:00-12:30", "13:30-18:00"], fri = ["09:00-24:00"] }
holidays = ["2026-12-25", ["2027-01-01", "New Year"], 2027-05-01]
exceptions = { "2026-12-24" = ["09:00-12:00"], "2026-12-31" = [] }
closures = [["2026-08-10T12:00", "2026-08-11T00:00", "move"], ["2026-09-01", "2026-09-02"]]
valid_from = "2020-01-01"
valid_until = 2040-01-01

[hours.night]
week = { mon-sun = ["20:00-06:00"] }
merge = true

[hours.all]
union = ["support", "night", { zone = "UTC", week = { sat = ["10:00-14:00"] } }]

[hours.rest]
difference = [{ always = true }, "support"]

[hours.both]
intersection = ["support", "all"]

[hours.moved]
before = "support"
changes = { "2027-01-01" = "night", "2028-01-01" = { always = true, zone = "UTC" } }

[fields]
impact = ["minor", "major"]
urgency = { type = "choice", choices = ["later", "now"], ordered = true, what = "urgency" }
seats = "number"
promised = "instant"
effort = "duration"
parts = { type = "set", choices = ["disk", "fan"] }
note = "text"
paid = "flag"

[requester_fields]
plan = ["free", "paid"]

[facts]
queue = { type = "number", default = 0 }
level = { type = "choice", choices = ["low", "high"], required_with = ["created"] }
sure = { type = "number", default = 0 }
seen = { type = "instant", default = "2026-01-01T00:00:00Z" }
left = { type = "duration", default = "4h" }
langs = { type = "set", default = ["el", "en"] }

[lifecycle]
reopen_on_reply = false
reopen_window = "48h"
follow_up_from_closed = false
restore_on_reply = false
reopen_closed = false
undated_postpone = true
initial_status = "new"
main = { open = "working" }
triggers = { assigned = "assign" }
direct = { new = ["open", "working"] }

[[lifecycle.statuses]]
name = "new"
category = "new"
text = "nobody has answered"
[[lifecycle.statuses]]
name = "open"
category = "open"
[[lifecycle.statuses]]
name = "working"
category = "open"
[[lifecycle.statuses]]
name = "waiting"
category = "pending"
[[lifecycle.statuses]]
name = "resolved"
category = "resolved"
[[lifecycle.statuses]]
name = "closed"
category = "closed"

[lifecycle.table.closed]
reopen = "open"

[lifecycle.moves.new]
assign = "working"
spam = false
agent_replies = "@stays"
resolve = { to = "resolved", guard = { field = "note", is_set = true }, reason = "say what was done" }

[lifecycle.moves.resolved]
customer_replies = { to = "open", within = "48h", otherwise = "@follow_up" }

[priority]
levels = ["low", "medium", "high"]
default = "medium"
tags = { vip = "high" }
matrix = { impact = ["minor", "major"], urgency = ["later", "now"], levels = [["low", "medium"], ["medium", "high"]] }
impact = "impact"
urgency = "urgency"
slots = ["manual", "tags", "rules", "matrix", "score", "suggestion", "default"]
manual_pinned = false
suggestion = { fact = "level", confidence = "sure", at_least = 80 }
[priority.score]
thresholds = [[5, "medium"], [10, "high"]]
[[priority.score.entries]]
when = { field = "requester.fields.plan", is = "paid" }
weight = 6
reason = "pays"
[[priority.score.entries]]
when = { field = "seats", at_least = 10 }
weight = -1

[metrics.first]
start = ["created"]
stop = ["agent_reply", "enter:waiting"]
restart = ["customer_reply"]
cancel = ["enter:resolved", "group:sales"]
pause_status = ["waiting"]
pause = { field = "paid", is = false }
cycles = "many"
reopen = "resume"
start_at = "created"
start_on_attach = true
text = "to the first answer"

[metrics.whole]
start = ["created"]
stop = ["enter:resolved"]

[[sla]]
name = "gold"
when = { all = [{ field = "requester.tier", is = "gold" }, { not = { field = "tags", has = "trial" } }] }
hours = "support"
targets.first = { high = "15m", else = "4h calendar" }
targets.whole = "2 working days, end of day"
warn = ["-15m", "80%", "1h", "-1 working day"]
keep_used = true
due_at = "next_opening"
schedule_change = "whole_span"

[[sla]]
name = "standard"
targets.first = { low = "15 days" }

[[rules]]
name = "down"
on = ["created", "customer_replied"]
when.any = [
  { field = "text", mentions_any = ["outage", "宕机"] },
  { changed = "priority", from = "low", to = "high" },
  { field = "parts", has_all = ["disk"] },
]
then = [
  { set_priority = "high" }, { add_tag = "outage" }, { add_tags = ["a", "b"] }, { remove_tag = "c" }, { remove_tags = ["d"] },
  { raise_priority = -1 }, { release_priority = true }, { set_status = "working" }, { mark_answered = true },
  { postpone = "4h", hours = "support" }, { postpone = "2 working days" }, { postpone = "1h business" },
  { set_field = "seats", to = 3 }, { set_field = "promised", to = "2026-01-01T00:00:00Z" }, { set_field = "effort", to = "4h" },
  { set_field = "parts", to = ["disk"] }, { set_field = "note" }, { set_field = "subject", to = "changed" },
  { assign = "maria" }, { unassign = true }, { transfer = "technicians", reason = "skill" }, { escalate = 2, to = "lead" },
  { set_policy = "gold" }, { release_policy = true }, { extend_target = "first", by = "2h", reason = "agreed" }, { note = "ack" },
]
stop = true
automatic = true

[[rules]]
name = "silent"
when = [{ field = "status", is_any = ["waiting"] }, { since = "last_agent_reply", at_least = "5 working days", hours = "support" }]
then = { resolve = true, reply = "ack", stale_after = "1h" }
every = "1h"
times = 3
enabled = false

[[rules]]
name = "late"
set = "evening"
when = { all = [{ until = "sla.first.due", at_most = "30m" }, { hours = "night", is = "open" }, { sla = "whole", used_at_least = 80 }] }
then = [
  { notify = "duty", template = "ack", stale_after = "30m", webhook = "pager" }, { request_rating = true, template = "ack" },
  { suggest_article = "kb-1" }, { create_child = "part", fields = { seats = 2, effort = "1h", subject = "x" } },
  { route = "technicians", strategy = "round_robin" }, { classify = "topic" },
]

[[rules]]
name = "deep"
on = "noted"
set = "evening"

[[rule_sets]]
name = "off"
enabled = false
rules = [{ name = "acknowledge", on = ["noted"], then = [{ acknowledge = true }, { close = true }, { reopen = true }] }]

[[escalations]]
name = "unanswered"
when = { sla = "first", is = "breached" }
steps = [{ after = "0m", notify = "lead" }, { after = "30m", raise_priority = 1, then = [{ notify = "boss" }] }]
repeat = 2

[[escalations]]
name = "old"
when = { all = [{ field = "status", is = "open" }] }
since = "created"
hours = "support"
enabled = false
[[escalations.steps]]
after = "1 working day"
then = { mark_spam = true }
[[escalations.steps]]
after = "2 working days"
not_spam = true
delete = true
restore = true
purge = true

[[escalations]]
name = "slow"
when = [{ field = "status", is = "open" }, { sla = "whole", due_within = "1h" }]
steps = [{ after = "1h" }]
repeat = 3
round = "2h"

[[macros]]
name = "thanks"
then = [{ reply = "ack" }, { resolve = true }]

[templates]
ack = "Dear {{ requester_name }}, {{ subject }} by {{ due_first }}"
""")

WISHED = """
[hours.support]
zone = "Europe/Athens"
week = { mon-fri = ["09:00-17:00"] }
holidays = ["2026-12-25", "2027-01-01"]

[priority]
levels = ["low", "medium", "high", "urgent"]
tags   = { urgent = "urgent" }
matrix = { impact = ["low", "high"], urgency = ["low", "high"], levels = [["low", "medium"], ["medium", "urgent"]] }

[[sla]]
name = "gold"
when = { field = "requester.tier", is = "gold" }
hours = "support"
targets.first_reply = { urgent = "15m", high = "1h", else = "4h" }
targets.resolution  = { urgent = "2h", else = "2 working days" }
warn = ["-15m", "80%"]

[[rules]]
name = "shop down"
on   = ["created", "customer_replied"]
when.all = [ { field = "text", mentions_any = ["outage", "εκτός λειτουργίας", "宕机", "nestrādā"] },
             { field = "requester.tier", is_any = ["gold", "platinum"] } ]
then = [ { set_priority = "urgent" }, { add_tag = "outage" }, { route = "technicians" },
         { reply = "ack" }, { notify = "duty" } ]

[[rules]]
name = "silent customer"
when.all = [ { field = "status", is = "answered" }, { since = "last_agent_reply", at_least = "5 working days" } ]
then = [ { resolve = true }, { reply = "closing" } ]

[[escalations]]
name = "unanswered gold"
when  = { sla = "first_reply", is = "breached" }
steps = [ { after = "0m", notify = "team lead" }, { after = "30m", raise_priority = 1, notify = "manager" } ]
repeat = 2

[templates]
ack = "We have it."
closing = "We close it."
"""


def whole() -> dict[str, Any]:
    return deepcopy(WHOLE)


def problems(data: Any) -> list[tuple[str, str]]:
    """What a desk file is refused with: path, message and hint; nothing if it is read."""
    try:
        load_desk(data)
    except DeskError as error:
        found = [(problem.path, f"{problem.message}; {problem.hint}") for problem in error.problems]
    else:
        return []
    assert found
    return found


def places(data: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Every place in *data*: its path, the container, the key in it."""
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in items:
        plain = isinstance(key, str) and key.replace("_", "a").replace("-", "a").isalnum()
        step = f"[{key}]" if isinstance(key, int) else f".{key}" if plain else f"['{key}']"
        here = (path + step).removeprefix(".")
        yield here, data, key
        yield from places(value, here)


# --- read and written back -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [whole(), tomllib.loads(WISHED), {}])
def test_a_desk_is_written_and_read_back(data: Any) -> None:
    desk = load_desk(data)
    written = desk_to_data(desk)
    again = load_desk(json.loads(json.dumps(written)))
    assert again == desk
    assert again.fingerprint == desk.fingerprint
    assert desk_to_data(again) == written


def test_a_file_without_anything_is_the_default_desk() -> None:
    assert load_desk({}) == Desk()
    assert desk_to_data(Desk()) == {"schema": 1, "name": "desk"}


def test_the_desk_file_we_wished_for_works() -> None:
    desk = load_desk(tomllib.loads(WISHED))
    friday = Created(
        at=1_795_186_200_000_000, ticket="T-1", by=Person(email="vip@example.gr", tier="gold"), message=Message(text="Outage!")
    )  # fmt: skip
    outcome = desk.handle(None, friday)  # 2026-11-20 16:50 in Athens
    assert (outcome.ticket.status, outcome.ticket.priority, outcome.ticket.policy) == ("new", "urgent", "gold")
    assert outcome.ticket.due("first_reply") == datetime(2026, 11, 23, 7, 5, tzinfo=UTC)  # ten minutes on Friday, five on Monday
    assert [effect.kind for effect in outcome.effects] == ["route", "reply", "notify"]
    assert desk.rules.escalations[0].since == "sla.first_reply.due"
    assert desk.fields["impact"].choices == ("low", "high")


def test_what_is_read_is_what_python_says() -> None:
    desk = load_desk(whole())
    assert desk.name == "whole"
    assert desk.hours["support"] == BusinessHours(
        zone="Europe/Athens", week={"mon-thu": ["09:00-12:30", "13:30-18:00"], "fri": ["09:00-24:00"]},
        holidays=["2026-12-25", ("2027-01-01", "New Year"), date(2027, 5, 1)],
        exceptions={"2026-12-24": ["09:00-12:00"], "2026-12-31": []},
        closures=[("2026-08-10T12:00", "2026-08-11T00:00", "move"), ("2026-09-01", "2026-09-02")],
        valid_from="2020-01-01", valid_until="2040-01-01",
    )  # fmt: skip
    assert desk.hours["night"].zone == "Europe/Riga"  # the desk's, where none is named
    assert desk.hours["all"] == union(desk.hours["support"], desk.hours["night"], BusinessHours(zone="UTC", week={"sat": ["10:00-14:00"]}))
    assert desk.hours["moved"] == changing({"2027-01-01": desk.hours["night"], "2028-01-01": Always()}, before=desk.hours["support"])
    assert desk.fields["urgency"] == FieldType(kind="ordered", choices=("later", "now"), what="urgency")
    assert desk.facts["left"].default == 14_400_000_000
    assert desk.lifecycle.moves["new"] == {
        "assign": Move(to="working"), "spam": None, "agent_replies": Move(to=To.STAYS),
        "resolve": Move(to="resolved", guard=field.note.is_set(), reason="say what was done"),
    }  # fmt: skip
    assert desk.policies[0].targets["first"] == Targets(
        by_level={"high": Length(900_000_000)}, otherwise=Length(14_400_000_000, calendar=True)
    )
    assert desk.policies[0].warn == tuple(WarnAt.parse(text) for text in ("-15m", "80%", "1h", "-1 working day"))
    assert [one.name for one in desk.rules.sets] == ["rules", "evening", "off"]
    assert desk.rules.rule("down").then[9:12] == (
        Action("postpone", Length(14_400_000_000), {"hours": "support"}), Action("postpone", WorkingDays(2)),
        Action("postpone", Length(3_600_000_000)),
    )  # fmt: skip
    assert desk.rules.rule("silent").then == (Action("resolve", True), Action("reply", "ack", {"stale_after_us": 3_600_000_000}))
    assert desk.rules.rule("late").then[:2] == (
        Action("notify", "duty", {"template": "ack", "stale_after_us": 1_800_000_000}),
        Action("webhook", "pager", {"stale_after_us": 1_800_000_000}),
    )  # fmt: skip
    assert desk.rules.escalations[0].round_us == 3_600_000_000  # one step after the last
    assert desk.rules.escalations[0].steps[1] == Step(
        after=Length(1_800_000_000, calendar=True), then=(Action("notify", "boss"), Action("raise_priority", 1))
    )
    assert desk.rules.escalations[2].since == "sla.whole.due"


@pytest.mark.parametrize(
    ("written", "of"),
    [
        ({"settings": {"late": "refuse restamp"}}, lambda desk: desk.settings.late),
        ({"settings": {"choose_policy": "always creation"}}, lambda desk: desk.choose_policy),
        ({"settings": {"removed_gap": "excluded counted"}}, lambda desk: desk.removed_gap),
        ({"metrics": {"work": {"start": ["created"], "cycles": "once many"}}}, lambda desk: desk.metrics["work"].cycles),
        ({"metrics": {"work": {"start": ["created"], "reopen": "new resume"}}}, lambda desk: desk.metrics["work"].reopen),
        ({"metrics": {"work": {"start": ["created"], "start_at": "event created"}}}, lambda desk: desk.metrics["work"].start_at),
        ({"sla": [{"name": "std", "due_at": "closing next_opening"}]}, lambda desk: desk.policies[0].due_at),
        ({"sla": [{"name": "std", "schedule_change": "per_interval whole_span"}]}, lambda desk: desk.policies[0].schedule_change),
    ],
)  # fmt: skip
def test_every_choice_can_be_written_the_usual_one_too(written: dict[str, Any], of: Any) -> None:
    """Each table names both words of a choice, where one of them is to stand."""
    said = json.dumps(written)
    both = max(re.findall(r'"(\w+ \w+)"', said))
    for choice in both.split():
        assert of(load_desk(json.loads(said.replace(both, choice)))) == choice


def test_a_desk_made_in_python_is_written_and_read_back() -> None:
    desk = Desk(
        lifecycle=Lifecycle(statuses=(*STATUSES, Status(name="Awaiting vendor", category="pending"))),
        priority=Priority(tags={"vip": "high"}),
        metrics=(Metric(name="first", start=["created"], stop=["agent_reply"]),),
        policies=[Policy(name="p", when=field.requester.tier == "gold", targets={"first": Targets(by_level={"low": Length(60_000_000)})})],
        rules=Rules(
            sets=[RuleSet(name="a", rules=[Rule(name="r", when=since("created") >= "4h", then=[Action("notify", "lead")])]), RuleSet()],
            escalations=[Escalation(name="l", when=field.status == "new", since="created", steps=[Step(after=Length(0, True), then=[])])],
        ),
        hours={"h": BusinessHours(zone="UTC", week={"mon": ["09:00-20:00", "20:00-09:00"]})},  # 24 hours from nine to nine
    )
    again = load_desk(desk_to_data(desk))
    assert again == desk
    assert again.fingerprint == desk.fingerprint


def test_instants_and_lengths_of_time_are_written_as_people_write_them() -> None:
    data = {
        "fields": {"due": "instant", "effort": "duration", "seats": "number"},
        "facts": {
            "seen": {"type": "instant", "default": "2026-11-20T09:00:00Z"}, "left": {"type": "duration", "default": "4h"},
            "queue": {"type": "number", "default": 7}, "moods": {"type": "set", "default": ["b", "a"]},
        },
        "rules": [{"name": "r", "then": [
            {"set_field": "due", "to": "2026-11-20T09:00:00Z"}, {"set_field": "effort", "to": "1h 30m"}, {"set_field": "seats", "to": 3},
        ]}],
    }  # fmt: skip
    written = desk_to_data(load_desk(data))
    assert {name: fact["default"] for name, fact in written["facts"].items()} == {
        "seen": "2026-11-20T09:00:00Z", "left": "4h", "queue": 7, "moods": ["a", "b"],
    }  # fmt: skip
    assert [action["to"] for action in written["rules"][0]["then"]] == ["2026-11-20T09:00:00Z", "1h 30m", 3]


def test_no_metrics_are_not_the_default_ones() -> None:
    assert load_desk(desk_to_data(Desk(metrics=()))).metrics == {}


@pytest.mark.parametrize("sets", [
    (RuleSet(name="x", rules=[Rule(name="a")]), RuleSet(rules=[Rule(name="b")])),  # the default set second
    (RuleSet(enabled=False, rules=[Rule(name="a")]),),
    (RuleSet(),),
])  # fmt: skip
def test_rule_sets_keep_their_order(sets: Any) -> None:
    desk = Desk(rules=Rules(sets=sets))
    assert load_desk(desk_to_data(desk)) == desk


def test_statuses_may_be_added_to_the_usual_ones() -> None:
    lifecycle = load_desk({"lifecycle": {"statuses": {"In progress": "open", "Vendor": "pending"}}}).lifecycle
    assert lifecycle.statuses == (*STATUSES, Status(name="In progress", category="open"), Status(name="Vendor", category="answered"))


def test_the_axes_of_a_matrix_need_no_declaration() -> None:
    data = {"priority": {"impact": "size", "matrix": {"impact": [1, 2], "urgency": ["x"], "levels": [["low"], ["high"]]}}}
    desk = load_desk(data)
    assert desk.fields == {"size": FieldType(kind="number"), "urgency": FieldType(kind="ordered", choices=("x",))}
    assert load_desk(desk_to_data(desk)) == desk


def test_one_axis_may_be_declared_and_the_other_not() -> None:
    matrix = {"impact": ["a"], "urgency": ["x"], "levels": [["low"]]}
    desk = load_desk({"fields": {"impact": ["a", "b"]}, "priority": {"matrix": matrix}})
    assert desk.fields == {"impact": FieldType(kind="choice", choices=("a", "b")), "urgency": FieldType(kind="ordered", choices=("x",))}


def test_an_axis_of_mixed_values_is_not_guessed() -> None:
    data = {"priority": {"matrix": {"impact": [1, "x"], "urgency": [], "levels": [[], []]}}}
    assert {path for path, _ in problems(data)} == {"priority.matrix"}


def test_hours_of_a_class_of_the_hosts_have_no_plain_form() -> None:
    class Odd(Hours):
        zone = "UTC"

    with pytest.raises(BadValue, match="no plain form"):
        hours_to_data(Odd.__new__(Odd))


@pytest.mark.parametrize("week", [
    {"mon": ["09:00-20:00", "20:00-09:00"]},  # 24 hours from nine to nine
    {"mon": ["00:00-24:00"]},
    {"mon": ["20:00-12:00", "23:00-21:00"]},  # 25 hours
    {"mon": ["00:00-20:00", "19:00-18:59"]},  # all but 48 hours
])  # fmt: skip
def test_hours_of_a_day_and_longer_are_read_back(week: Any) -> None:
    hours = BusinessHours(zone="Asia/Tokyo", week=week, merge=True)
    assert load_desk({"hours": {"h": hours_to_data(hours)}}).hours["h"] == hours


@given(tickets(), st.lists(events(), max_size=3), st.lists(effects(), max_size=3), st.none() | st.integers(0, 10**15))
def test_an_outcome_is_read_back(ticket: Any, log: list[Any], asked: list[Any], wake: int | None) -> None:
    from ticketcore.desk import Outcome

    outcome = Outcome(ticket=ticket, events=tuple(log), effects=tuple(asked), wake_us=wake)
    assert outcome_from_data(json.loads(json.dumps(outcome_to_data(outcome)))) == outcome
    with pytest.raises(DataError):
        outcome_from_data({**outcome_to_data(outcome), "events": [{}]})
    assert all(effect_to_data(effect) for effect in asked)


# --- refused ---------------------------------------------------------------------------------------------------------


def test_the_listing_is_the_one_we_wished_for() -> None:
    data = tomllib.loads(WISHED)
    data["rules"].insert(0, {"name": "a", "on": "created"})
    data["rules"][2]["when"]["all"][0]["is"] = "slved"
    data["rules"][2]["then"][1] = {"set_prioritty": "high"}
    with pytest.raises(DeskError) as caught:
        load_desk(data)
    assert str(caught.value).splitlines() == [
        "desk: 2 problems",
        "  rules[2].when.all[0].is  unknown status 'slved'; did you mean 'resolved'?",
        "  rules[2].then[1]         'set_prioritty' is not an action; did you mean 'set_priority'?",
    ]


def put(data: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """*data* with *value* at a place, which may be new."""
    *way, last = path.replace("[", ".[").removeprefix(".").split(".")
    here: Any = data
    for step in way:
        here = here[int(step[1:-1])] if step.startswith("[") else here.setdefault(step, {})
    here[int(last[1:-1]) if last.startswith("[") else last] = value
    return data


# place in the whole desk, what is put there, the path of the problem, words of its message
WRONG: list[tuple[str, Any, str, str]] = [
    ("nmae", "x", "nmae", "a desk has no 'nmae'; did you mean 'name'?"),
    ("name", 3, "name", "text is wanted, not a whole number"),
    ("name", " ", "name", "this text is empty"),
    ("schema", 2, "schema", "this release reads 1"),
    ("zone", "Europe/Rga", "zone", "unknown time zone 'Europe/Rga'"),
    ("groups", ["a", "a"], "groups[1]", "a second time"),
    ("settings.late", "restmp", "settings.late", "did you mean 'restamp'?"),
    ("settings.silence_after", 0, "settings.silence_after", "at least 1"),
    ("settings.silence_after", True, "settings.silence_after", "not true or false"),
    ("settings.hours", "suport", "settings.hours", "unknown hours 'suport'; did you mean 'support'?"),
    ("settings.default_policy", "gld", "settings.default_policy", "did you mean 'gold'?"),
    ("settings.observe", 1, "settings.observe", "true or false is wanted, not a whole number"),
    ("hours", [], "hours", "a table is wanted, not a list"),
    ("hours.support", "x", "hours.support", "a table is wanted"),
    ("hours.support.zone", "Greece/Athens", "hours.support.zone", "unknown time zone"),
    ("hours.support.zone", 2, "hours.support.zone", "text is wanted"),
    ("hours.support.zon", "UTC", "hours.support.zon", "did you mean 'zone'?"),
    ("hours.support.week", [], "hours.support.week", "a week is a mapping"),
    ("hours.support.week.mun", ["09:00-10:00"], "hours.support.week.mun", "names no weekday"),
    ("hours.support.week.fri", ["09:00-10:00", "9-5"], "hours.support.week.fri[1]", "no time of day"),
    ("hours.support.week.fri", ["09:00-12:00", "11:00-13:00"], "hours.support.week.fri", "overlaps"),
    ("hours.support.week.mon", ["09:00-12:00"], "hours.support.week.mon", "again"),
    ("hours.support.holidays[1]", "2026-02-30", "hours.support.holidays[1]", "no date"),
    ("hours.support.holidays", "2026-02-28", "hours.support.holidays", "a list of dates"),
    ("hours.support.exceptions.soon", [], "hours.support.exceptions.soon", "no date"),
    ("hours.support.exceptions", {"2026-12-24": ["x"]}, "hours.support.exceptions.2026-12-24[0]", "no span"),
    ("hours.support.closures[0]", ["2026-08-10", "2026-08-09"], "hours.support.closures[0]", "not after its start"),
    ("hours.support.valid_until", "2019-01-01", "hours.support.valid_until", "not after valid_from"),
    ("hours.support.valid_from", "later", "hours.support.valid_from", "no date"),
    ("hours.night", {}, "hours.night.week", "never open"),
    ("hours.all.union", ["suport"], "hours.all.union[0]", "unknown hours 'suport'; did you mean 'support'?"),
    ("hours.all.union", ["all"], "hours.all.union[0]", "made out of themselves"),
    ("hours.all.union", [], "hours.all.union", "from 1 to 16"),
    ("hours.all.union", ["night"] * 17, "hours.all.union", "from 1 to 16"),
    ("hours.all.union", [7], "hours.all.union[0]", "a table is wanted"),
    ("hours.all.zone", "UTC", "hours.all.zone", "such a table has no 'zone'"),
    ("hours.rest.difference", [{"always": False}], "hours.rest.difference[0].always", "only true"),
    ("hours.moved.changes", {"soon": "night"}, "hours.moved.changes.soon", "no date"),
    ("hours.moved", {"changes": {}}, "hours.moved.changes", "every change of hours has a date"),
    ("hours.moved.changes", {f"20{n:02d}-01-{m:02d}": "night" for n in range(10, 40) for m in range(1, 10)}, "hours.moved", "at most 200"),
    ("hours. ", {"always": True}, "hours[' ']", "a name is wanted"),
    ("fields.impact", [], "fields.impact", "a list of names"),
    ("fields.impact", ["a", 3], "fields.impact[1]", "a name is wanted"),
    ("fields.seats", "nmber", "fields.seats", "did you mean 'number'?"),
    ("fields.seats", {"type": "nmber"}, "fields.seats.type", "did you mean 'number'?"),
    ("fields.a b", {"type": "text", "what": "x"}, "fields.a b", "without dots and blanks"),
    ("fields.urgency.what", 3, "fields.urgency.what", "text is wanted"),
    ("fields.status", "text", "fields.status", "every ticket has a field"),
    ("fields", 3, "fields", "a table of names is wanted"),
    ("requester_fields.plan", 3, "requester_fields.plan", "a type is a name or a table"),
    ("facts.queue", {"type": "number"}, "facts.queue", "needs a default"),
    ("facts.queue.default", "x", "facts.queue.default", "a number is wanted"),
    ("lifecycle.statuses[1].name", "new", "lifecycle.statuses[1].name", "a second time"),
    ("lifecycle.statuses[1].category", "opn", "lifecycle.statuses[1].category", "did you mean 'open'?"),
    ("lifecycle.statuses", {"open": "open"}, "lifecycle.statuses.open", "a second status"),
    ("lifecycle.statuses", 3, "lifecycle.statuses", "a list is wanted"),
    ("lifecycle.table.clsed", {}, "lifecycle.table.clsed", "unknown status 'clsed'; did you mean 'closed'?"),
    ("lifecycle.table.closed.reopen", "opne", "lifecycle.table.closed.reopen", "unknown status 'opne'"),
    ("lifecycle.moves.new.rsolve", "resolved", "lifecycle.moves.new.rsolve", "unknown trigger 'rsolve'; did you mean 'resolve'?"),
    ("lifecycle.moves.new.resolve.guard.field", "nte", "lifecycle.moves.new.resolve.guard.field", "unknown field 'nte'"),
    ("lifecycle.moves.new.resolve.guard.field", "status", "lifecycle.moves.new.resolve.guard.field", "cannot be read here"),
    ("lifecycle.moves.new.resolve.within", "soon", "lifecycle.moves.new.resolve.within", "no duration"),
    ("lifecycle.moves.new.spam", True, "lifecycle.moves.new.spam", "status is text"),
    ("lifecycle.direct.new", ["opn"], "lifecycle.direct.new[0]", "unknown status 'opn'"),
    ("lifecycle.main.opn", "open", "lifecycle.main.opn", "unknown role"),
    ("lifecycle.reopen_window", 48, "lifecycle.reopen_window", "a duration is text"),
    ("priority.levels", [], "priority.levels", "no level"),
    ("priority.levels[1]", "low", "priority.levels[1]", "a second time"),
    ("priority.default", "hgh", "priority.default", "unknown level 'hgh'; did you mean 'high'?"),
    ("priority.tags.vip", "hgh", "priority.tags.vip", "unknown level"),
    ("priority.matrix.levels[0]", ["low"], "priority.matrix.levels[0]", "1 level for 2 urgencies"),
    ("priority.matrix.levels[0][1]", "hgh", "priority.matrix.levels[0][1]", "unknown level"),
    ("priority.matrix.impact", ["minor", "huge"], "priority.matrix.impact", "impact has no value 'huge'"),
    ("priority.matrix.impact[0]", True, "priority.matrix.impact[0]", "text is wanted"),
    ("priority.score.entries[0].weight", 1.5, "priority.score.entries[0].weight", "a whole number is wanted"),
    ("priority.score.entries[0].weight", 10**7, "priority.score.entries[0].weight", "no weight"),
    ("priority.score.entries[1].when", {"field": "priority", "is": "low"}, "priority.score.entries[1].when.field", "cannot be read here"),
    ("priority.score.thresholds[0]", [5], "priority.score.thresholds[0]", "a number of points and a level"),
    ("priority.score.thresholds[0]", ["5", "low"], "priority.score.thresholds[0][0]", "a whole number"),
    ("priority.score.thresholds[1]", [4, "high"], "priority.score.thresholds[1]", "do not come after"),
    ("priority.suggestion.fact", "lvl", "priority.suggestion.fact", "unknown fact"),
    ("priority.slots[0]", "manul", "priority.slots[0]", "did you mean 'manual'?"),
    ("metrics.first.start[0]", "creatd", "metrics.first.start[0]", "did you mean 'created'?"),
    ("metrics.first.stop[1]", "enter:waitng", "metrics.first.stop[1]", "did you mean 'waiting'?"),
    ("metrics.first.cancel[1]", "group:sals", "metrics.first.cancel[1]", "did you mean 'sales'?"),
    ("metrics.first.pause_status[0]", "waitin", "metrics.first.pause_status[0]", "unknown status"),
    ("metrics.first.pause", {"since": "created", "at_least": "4h"}, "metrics.first.pause.since", "cannot be tested"),
    ("metrics.first.cycles", "twice", "metrics.first.cycles", "known are many, once"),
    ("metrics. ", {}, "metrics[' ']", "a name is wanted"),
    ("sla[1].name", "gold", "sla[1].name", "a second policy 'gold'"),
    ("sla[0].hours", "suport", "sla[0].hours", "unknown hours"),
    ("sla[0].targets.frist", "4h", "sla[0].targets.frist", "unknown metric 'frist'; did you mean 'first'?"),
    ("sla[0].targets.first.hgh", "4h", "sla[0].targets.first.hgh", "unknown level"),
    ("sla[0].targets.first.high", "soon", "sla[0].targets.first.high", "no target"),
    ("sla[0].targets.first.high", "0m", "sla[0].targets.first.high", "longer than nothing"),
    ("sla[0].targets.whole", 4, "sla[0].targets.whole", "a target is text"),
    ("sla[0].warn[0]", "x%", "sla[0].warn[0]", "no warning"),
    ("sla[0].when.all[0].field", "requester.teir", "sla[0].when.all[0].field", "did you mean 'requester.tier'?"),
    ("sla[0].when.all[0]", {"field": "requester.tier", "at_least": 3}, "sla[0].when.all[0].at_least", "has no 'at_least'"),
    ("sla[0].due_at", "later", "sla[0].due_at", "unknown choice"),
    ("rules", {}, "rules", "a list is wanted, not a table"),
    ("rules[1].name", "down", "rules[1].name", "a second rule 'down'"),
    ("rules[1].every", "30s", "rules[1].every", "at most once a minute"),
    ("rules[1].times", 0, "rules[1].times", "at least 1"),
    ("rules[0].every", "1h", "rules[0].every", "only a time rule repeats"),
    ("rules[2].times", 2, "rules[2].times", "needs every"),
    ("rules[0].on[0]", "creatd", "rules[0].on[0]", "did you mean 'created'?"),
    ("rules[0].then[0]", {}, "rules[0].then[0]", "'' is not an action"),
    ("rules[0].then[0]", {"set_priorty": "high"}, "rules[0].then[0]", "did you mean 'set_priority'?"),
    ("rules[0].then[0]", {"set_priority": "hgh"}, "rules[0].then[0].set_priority", "did you mean 'high'?"),
    ("rules[0].then[0]", {"set_priority": ["high"]}, "rules[0].then[0].set_priority", "one value is wanted"),
    ("rules[0].then[0]", {"resolve": 1}, "rules[0].then[0].resolve", "takes true"),
    ("rules[0].then[0]", {"notify": "x", "tempate": "ack"}, "rules[0].then[0].tempate", "did you mean 'template'?"),
    ("rules[0].then[0]", {"notify": "x", "template": "akc"}, "rules[0].then[0].template", "unknown template"),
    ("rules[0].then[0]", {"notify": "x", "stale_after": "0s"}, "rules[0].then[0].stale_after", "a length of time"),
    ("rules[0].then[0]", {"notify": "x", "stale_after": 5}, "rules[0].then[0].stale_after", "a duration is text"),
    ("rules[0].then[0]", {"reply": "akc"}, "rules[0].then[0].reply", "unknown template 'akc'"),
    ("rules[0].then[0]", {"postpone": "soon"}, "rules[0].then[0].postpone", "no span"),
    ("rules[0].then[0]", {"postpone": "1h", "hours": "suport"}, "rules[0].then[0].hours", "unknown hours"),
    ("rules[0].then[0]", {"set_field": "saets", "to": "x"}, "rules[0].then[0].set_field", "did you mean 'seats'?"),
    ("rules[0].then[0]", {"set_field": "seats", "to": "x"}, "rules[0].then[0].to", "a number is wanted"),
    ("rules[0].then[0]", {"set_field": 5, "to": "x"}, "rules[0].then[0].set_field", "unknown field 5"),
    ("rules[0].then[0]", {"transfer": "sals"}, "rules[0].then[0].transfer", "did you mean 'sales'?"),
    ("rules[0].then[0]", {"extend_target": "first"}, "rules[0].then[0].by", "positive length"),
    ("rules[0].then[0]", {"escalate": 0}, "rules[0].then[0].escalate", "from 1 to 100"),
    ("rules[0].then[0]", {"route": "sales", "strategy": "robin"}, "rules[0].then[0].strategy", "unknown strategy"),
    ("rules[0].then[0]", {"create_child": "x", "fields": {"saets": 1}}, "rules[0].then[0].fields.saets", "unknown field"),
    ("rules[0].then[0]", {"create_child": "x", "fields": {"seats": "1"}}, "rules[0].then[0].fields.seats", "a number is wanted"),
    ("rules[0].then[0]", "resolve", "rules[0].then[0]", "a table is wanted, not text"),
    ("rules[0].then", {"reslve": True}, "rules[0].then", "did you mean 'resolve'?"),
    ("rule_sets[0].rules[0].name", "down", "rule_sets[0].rules[0].name", "a second rule"),
    ("rule_sets[0].nam", "x", "rule_sets[0].nam", "a rule set has no 'nam'"),
    ("macros[0].on", ["created"], "macros[0].on", "a macro has no 'on'"),
    ("escalations[0].name", "old", "escalations[1].name", "a second ladder"),
    ("escalations[0].steps", [], "escalations[0].steps", "needs a step"),
    ("escalations[0].steps[0].after", "1h", "escalations[0].steps", "go up in time"),
    ("escalations[0].steps[0].after", "x", "escalations[0].steps[0].after", "no span"),
    ("escalations[0].steps[0]", {"notify": "x"}, "escalations[0].steps[0].after", "a step needs 'after'"),
    ("escalations[0].steps[1].then", [{"x": 1}], "escalations[0].steps[1].then[0]", "'x' is not an action"),
    ("escalations[0].steps", 3, "escalations[0].steps", "a list is wanted"),
    ("escalations[0].repeat", 99, "escalations[0].repeat", "at most 100 steps"),
    ("escalations[0].round", "1s", "escalations[0].round", "how far apart"),
    ("escalations[1].since", "status", "escalations[1].since", "unknown instant 'status'"),
    ("escalations[0].when", {"field": "status", "is": "new"}, "escalations[0].since", "a ladder needs 'since'"),
    ("escalations[2].steps", [{"after": "1 working day"}], "escalations[2].steps", "steps of plain length"),
    ("templates.ack", "{{ sbject }}", "templates.ack", "did you mean 'subject'?"),
    ("templates.ack", "{{ subject", "templates.ack", "not closed"),
    ("templates.ack", 5, "templates.ack", "text is wanted"),
    ("settings.hours", 5, "settings.hours", "hours is text, not a whole number"),
    ("settings.hours", ["support"], "settings.hours", "hours is text, not a list"),
    ("settings.default_policy", ["gold"], "settings.default_policy", "policy is text, not a list"),
    ("settings.late", ["refuse"], "settings.late", "choice is text, not a list"),
]  # fmt: skip


@pytest.mark.parametrize(("place", "value", "path", "words"), WRONG)
def test_a_desk_file_is_refused_at_the_place_that_is_wrong(place: str, value: Any, path: str, words: str) -> None:
    with pytest.raises(DeskError) as caught:
        load_desk(put(whole(), place, value))
    at = [f"{problem.message}; {problem.hint}" for problem in caught.value.problems if problem.path == path]
    assert at, caught.value
    assert words in at[0]


def test_a_name_given_twice_is_one_problem() -> None:
    rule = {"name": "x", "on": ["created"], "then": [{"notify": "lead"}]}
    policy = {"name": "gold", "targets": {"first_reply": "1h"}}
    hint = "give each its own name"
    assert problems({"rules": [rule, rule]}) == [("rules[1].name", f"a second rule 'x'; {hint}")]
    found = problems({"sla": [policy, policy, policy]})
    assert found == [(f"sla[{place}].name", f"a second policy 'gold'; {hint}") for place in (1, 2)]


def test_a_ladder_without_lengths_has_no_rounds() -> None:
    data = {"escalations": [{"name": "l", "when": [], "since": "created", "steps": [{"after": "1 working day"}], "repeat": 2}]}
    assert [path for path, _ in problems(data)] == ["escalations[0].round"]


def test_every_wrong_hour_is_listed() -> None:
    data = {"hours": {"h": {"week": {"mon": ["x"], "tue": ["y"]}, "holidays": ["z", "2026-12-25", "w"], "zone": "Q"}}}
    assert [path for path, _ in problems(data)] == [
        "hours.h.week.mon[0]", "hours.h.week.tue[0]", "hours.h.holidays[0]", "hours.h.holidays[2]", "hours.h.zone",
    ]  # fmt: skip


def test_hours_are_put_together_only_so_deep() -> None:
    data = {f"h{n}": {"union": [f"h{n + 1}"]} for n in range(9)}
    found = problems({"hours": {**data, "h9": {"always": True}}})
    assert len(found) == 1
    assert "more than 8 deep" in found[0][1]


def test_hours_that_name_each_other_are_refused_at_once() -> None:
    data = {name: {"union": ["a", "b", "c"] * 5} for name in "abc"}
    assert {message.split(";")[0] for _, message in problems({"hours": data})} <= {
        "the hours 'a' are made out of themselves", "the hours 'b' are made out of themselves", "the hours 'c' are made out of themselves",
    }  # fmt: skip


@pytest.mark.parametrize("data", [None, [], 3, "x", [("name", "x")], {1: 2}, {"rules": 1, "sla": "x", "hours": 2, "fields": []}])
def test_data_of_another_shape_is_refused(data: Any) -> None:
    assert problems(data)


def nested(depth: int) -> Any:
    condition: Any = {"field": "status", "is": "new"}
    for _ in range(depth):
        condition = {"not": condition}
    return condition


@pytest.mark.parametrize(
    ("depth", "path"), [(40, "rules[0].when" + ".not" * 32), (400, "rules[0].when.not"), (100_000, "rules[0].when.not")]
)
def test_nesting_is_refused_with_its_path(depth: int, path: str) -> None:
    found = problems({"rules": [{"name": "deep", "when": nested(depth)}]})
    assert len(found) == 1
    assert found[0][0].startswith(path)


def test_a_desk_may_have_ten_thousand_rules() -> None:
    rules = [
        {"name": f"r{n}", "on": "created", "when": {"field": "tags", "has": f"t{n}"}, "then": [{"add_tag": "x"}]} for n in range(10_000)
    ]
    assert len(list(load_desk({"rules": rules}).rules)) == 10_000


def test_too_many_of_anything_are_refused_with_their_path() -> None:
    assert problems({"rules": [{"when": [{}] * 20_001}]}) == [("rules[0].when", "more than 20000 items in one place; ")]
    assert problems({"sla": [[0] * 20_000] * 60})[0][1].startswith("more than 1000000 parts")


EVERY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
BAD_LEAVES = [float("nan"), float("-inf"), 2**63, "\ud800", "x" * 65_537, b"x", object(), None, {1, 2}]


def test_what_no_place_can_hold_is_refused_at_every_place() -> None:
    tried = 0
    for path, container, key in list(places(data := whole())):
        for bad in BAD_LEAVES if EVERY else (BAD_LEAVES[tried % 9],):  # one at each place, in turn
            found = paths_with(data, container, key, bad)
            assert path in found, (path, bad, found)
            tried += 1
    assert tried > 350


def paths_with(data: dict[str, Any], container: Any, key: Any, value: Any) -> list[str]:
    """Where *data* is refused with *value* at one of its places; the good value is put back."""
    good = container[key]
    container[key] = value
    found = [where for where, _ in problems(data)]
    container[key] = good
    return found


def test_an_unknown_key_is_refused_in_every_table() -> None:
    data = whole()
    tables = [("", data), *((path, container[key]) for path, container, key in places(data) if isinstance(container[key], dict))]
    for path, table in tables:
        table["zzz"] = 1
        found = [where for where, _ in problems(data)]
        del table["zzz"]
        here = path if path.endswith(("steps[0]", "then")) and "zzz" not in str(found) else f"{path}.zzz".removeprefix(".")
        assert here in found, (path, found)  # what is no action among actions is a mistake of the table
    assert len(tables) > 100


STORED = ("facts.seen.default", "facts.left.default", "then[13].to", "then[14].to", "fields.effort")


def test_a_value_of_another_type_is_refused_at_every_place() -> None:
    for number, (path, container, key) in enumerate(list(places(data := whole()))):
        value = container[key]
        wrong: list[Any] = [7, True, 7.5] if isinstance(value, str) else [True, 7] if isinstance(value, list) else [True, "x"]
        if isinstance(value, bool):
            wrong = [1, "true"]
        if path.endswith(STORED):
            wrong.remove(7)  # an instant or a duration may also be given as a ticket keeps it, in microseconds
        for bad in wrong if EVERY else (wrong[number % len(wrong)],):  # one at each place, in turn
            found = paths_with(data, container, key, bad)
            assert any(path.startswith(where) or where.startswith(path) for where in found), (path, bad, found)


def test_a_missing_name_is_refused() -> None:
    data = whole()
    for path, table, key in list(places(data)):
        if key == "name" and path != "name":
            name = table.pop("name")
            assert path in [where for where, _ in problems(data)], path
            table["name"] = name


words = st.text(max_size=8) | st.sampled_from(["open", "created", "4h", "high", "support", "when", "name", "field", "is", "all", "steps"])
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)


@given(st.data())
def test_a_mutated_desk_file_is_read_or_refused_with_a_desk_error(data: st.DataObject) -> None:
    desk = whole()
    for _ in range(data.draw(st.integers(1, 4))):
        _, container, key = data.draw(st.sampled_from(list(places(desk))))
        match data.draw(st.sampled_from(["change", "drop", "rename", "swap"])):
            case "change":
                container[key] = data.draw(anything)
            case "drop":
                del container[key]
            case "rename" if isinstance(container, dict):
                container[data.draw(st.text(max_size=8))] = container.pop(key)
            case _:
                other = data.draw(st.sampled_from(list(places(desk))))
                container[key] = deepcopy(other[1][other[2]])
        if not desk:
            break
    for _, message in problems(desk):
        assert message


@given(st.dictionaries(st.sampled_from(list(WHOLE)) | st.text(), anything, max_size=6) | anything)
def test_any_data_is_read_or_refused_with_a_desk_error(data: Any) -> None:
    problems(data)


def test_every_leaf_that_no_file_can_hold_is_found_wherever_it_stands() -> None:
    bad = 2**63
    data = {"a": [1, [2, bad], bad, {"b": bad, "c": [bad], "d": "x"}], "e": {"f": {}, "g": bad}, "h": bad, "i j": [[], bad]}
    assert sorted(problem.path for problem in bad_leaves(data)) == [
        ".a[1][1]", ".a[2]", ".a[3].b", ".a[3].c[0]", ".e.g", ".h", "['i j'][1]",
    ]  # fmt: skip
    assert bad_leaves({"a": [1, 1.5, True, "x", {"b": date(2026, 1, 1)}]}) == []


def test_a_writer_writes_every_field_by_its_key_and_as_it_is_told_to() -> None:
    write = _desk_data._writer(RuleSet, ("rules",), enabled=("on", str))
    assert write(RuleSet(name="x", enabled=False)) == {"name": "x", "on": "False"}
    assert write(RuleSet(name="x")) == {"name": "x"}
    assert _desk_data._writer(Status)(Status(name="x", category="open")) == {"name": "x", "category": "open"}


def test_the_options_of_actions_have_one_name_each() -> None:
    from ticketcore._actions import ACTIONS

    options = {option for kind in ACTIONS.values() for option in kind.options}
    assert set(OPTIONS.values()) == {option for option in options if option.endswith("_us")}
    assert not options & ACTIONS.keys()  # in a table with several actions an option is told from an action by its name
