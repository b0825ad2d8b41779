"""What a desk built in Python refuses: every problem at once, each by its path, with the nearest right name."""

from __future__ import annotations

from typing import Any

import pytest

from desk_day import length
from ticketcore import (
    Action,
    BusinessHours,
    Desk,
    DeskError,
    Escalation,
    Fact,
    FieldType,
    Lifecycle,
    Metric,
    Move,
    Policy,
    Priority,
    Rule,
    Rules,
    RuleSet,
    Score,
    ScoreCard,
    Targets,
    field,
    since,
)  # fmt: skip
from ticketcore._actions import ACTIONS
from ticketcore._checks import _TAKES
from ticketcore._time import HOUR_US
from ticketcore.conditions import InHours
from ticketcore.conditions import Sla as SlaTest
from ticketcore.model import Days, Length, WorkingDays
from ticketcore.rules import Step

SUPPORT = BusinessHours(zone="UTC", week={"mon-fri": ["09:00-17:00"]})
EVENINGS = BusinessHours(zone="UTC", week={"mon-fri": ["18:00-22:00"]})
HOURS = {"support": SUPPORT, "evenings": EVENINGS}
FA = Metric(name="fa", start=("created",))


def desk_of(**parts: Any) -> Desk:
    return Desk(**{"metrics": (FA,), "hours": HOURS, "templates": {"ack": "hello"}, **parts})


def problems(**parts: Any) -> list[tuple[str, str, str]]:
    """The problems of a desk with these parts: (path, message, hint)."""
    with pytest.raises(DeskError) as caught:
        desk_of(**parts)
    return [(problem.path, problem.message, problem.hint) for problem in caught.value.problems]


def one(**parts: Any) -> tuple[str, str, str]:
    (problem,) = problems(**parts)
    return problem


def metric(**given: Any) -> dict[str, Any]:
    return {"metrics": (Metric(name="fa", **given),)}


def policy(**given: Any) -> dict[str, Any]:
    return {"policies": (Policy(**{"name": "std", **given}),)}


def targets(*by: Any, **levels: Any) -> dict[str, Any]:
    return policy(targets={"fa": Targets(by_level=levels, otherwise=by[0] if by else None)})


def rule(*then: Action, **given: Any) -> dict[str, Any]:
    return {"rules": (Rule(**{"name": "r", "then": then, **given}),)}


def act(name: str, value: Any = None, **options: Any) -> dict[str, Any]:
    return rule(Action(name, value, options))


def climb(*steps: Step, **given: Any) -> dict[str, Any]:
    ladder = Escalation(
        **{"name": "up", "when": field.status == "new", "since": "created", "steps": steps or (Step(after=length(1), then=()),), **given}
    )
    return {"rules": Rules(escalations=[ladder])}


MET = (since("created") >= "1h") & InHours("support", "open") & InHours("evenings", "open")
MOOD = {
    "facts": {
        "mood": Fact(type=FieldType(kind="name"), required_with=("noted",)),
        "called": Fact(type=FieldType(kind="instant"), required_with=("noted",)),
    }
}

# parts of a desk, path, words of the message, words of the hint
UNKNOWN: list[tuple[dict[str, Any], str, str, str]] = [
    ({"zone": "Europe/Rga"}, "zone", "unknown time zone", "IANA"),
    ({"default_hours": "suport"}, "settings.hours", "unknown hours", ""),
    ({"default_policy": "std"}, "settings.default_policy", "unknown policy", ""),
    # metrics
    (metric(start=("enter:opne",)), "metrics.fa.start[0]", "unknown status 'opne'", "did you mean 'open'"),
    (metric(stop=("created", "leave:opne")), "metrics.fa.stop[1]", "unknown status", "open"),
    (metric(pause_status=("answerd", "open")), "metrics.fa.pause_status", "unknown status 'answerd'", "answered"),
    (metric(pause=field.status == "opne"), "metrics.fa.pause.is", "unknown status", "open"),
    ({**metric(cancel=("group:sale",)), "groups": ("sales",)}, "metrics.fa.cancel[0]", "unknown group 'sale'", "sales"),
    ({**metric(restart=("ungroup:sale",)), "groups": ("sales",)}, "metrics.fa.restart[0]", "unknown group", "sales"),
    # policies
    (policy(hours="suport"), "sla[0].hours", "unknown hours 'suport'", "support"),
    (policy(when=field.priority == "hihg"), "sla[0].when.is", "unknown", "high"),
    (policy(targets={"fb": Targets(otherwise=length(1))}), "sla[0].targets.fb", "unknown metric 'fb'", "fa"),
    (targets(hihg=length(1)), "sla[0].targets.fa.hihg", "unknown priority level 'hihg'", "high"),
    # rules
    (rule(on=["agent_replyed"]), "rules[0].on", "unknown kind of event 'agent_replyed'", "agent_replied"),
    (rule(when=field.status == "slved"), "rules[0].when.is", "unknown status 'slved'", "resolved"),
    (rule(when=(since("created") >= "1h") & InHours("suport", "open")), "rules[0].when", "unknown hours 'suport'", "support"),
    (act("set_priority", "hihg"), "rules[0].then[0]", "unknown priority level 'hihg'", "high"),
    (act("set_status", "opne"), "rules[0].then[0]", "unknown status 'opne'", "open"),
    (act("set_policy", "std"), "rules[0].then[0]", "unknown policy 'std'", ""),
    ({**act("transfer", "sale"), "groups": ("sales",)}, "rules[0].then[0]", "unknown group 'sale'", "sales"),
    ({**act("route", "sale"), "groups": ("sales",)}, "rules[0].then[0]", "unknown group 'sale'", "sales"),
    (act("extend_target", "fb", by_us=1), "rules[0].then[0]", "unknown metric 'fb'", "fa"),
    (act("postpone", length(1), hours="suport"), "rules[0].then[0].hours", "unknown hours 'suport'", "support"),
    (act("set_field", "sit", to="x"), "rules[0].then[0]", "unknown field 'sit'", ""),
    (act("reply", "akc"), "rules[0].then[0]", "unknown template 'akc'", "did you mean 'ack'"),
    (act("note", "akc"), "rules[0].then[0]", "unknown template 'akc'", "did you mean 'ack'"),
    (act("notify", "lead", template="akc"), "rules[0].then[0].template", "unknown template 'akc'", "did you mean 'ack'"),
    (act("request_rating", True, template="akc"), "rules[0].then[0].template", "unknown template 'akc'", "did you mean 'ack'"),
    # ladders and macros
    (climb(since="cretaed"), "escalations[0].since", "unknown field 'cretaed'", "created"),
    (climb(hours="suport"), "escalations[0].hours", "unknown hours 'suport'", "support"),
    (climb(when=field.status == "slved"), "escalations[0].when.is", "unknown status 'slved'", "resolved"),
    (climb(when=SlaTest("fb", "is", "breached")), "escalations[0].when.sla", "unknown metric 'fb'", "declare it"),
    (climb(Step(after=length(1), then=(Action("set_status", "opne"),))), "escalations[0].steps[0].then[0]", "unknown status", "open"),
    ({"rules": Rules(macros=[Rule(name="m", then=(Action("set_status", "opne"),))])}, "macros[0].then[0]", "unknown status", "open"),
    # what the other rooms find, under their places in the desk
    ({"lifecycle": Lifecycle(moves={"new": {"resolve": Move(to="resolved", guard=field.priority == "hihg")}})},
     "lifecycle.moves.new.resolve.guard", "", ""),
    ({"priority": Priority(score=ScoreCard(entries=[Score(condition=field.status == "opne", weight=1)], thresholds=[(1, "high")]))},
     "priority.score.entries[0].condition", "unknown status", "open"),
    # templates, facts
    ({"templates": {"ack": "by {{ deu }}"}}, "templates.ack", "unknown template variable 'deu'", "due"),
    ({"facts": {"mood": Fact(type=FieldType(kind="name"), required_with=("creatd",))}}, "facts.mood.required_with", "unknown kind of event",
     "created"),
    ({"fields": {"site": FieldType(kind="txt")}}, "fields.site", "unknown type 'txt'", "text"),
    ({"facts": {"mood": Fact(type=FieldType(kind="nmae"), default="")}}, "facts.mood", "unknown type 'nmae'", "name"),
]  # fmt: skip


@pytest.mark.parametrize(("parts", "path", "words", "way_out"), UNKNOWN, ids=lambda value: value if isinstance(value, str) else "")
def test_an_unknown_name_is_refused_wherever_it_stands(parts: dict[str, Any], path: str, words: str, way_out: str) -> None:
    place, message, hint = one(**parts)
    assert place.startswith(path)
    assert words in message
    assert way_out in hint


# parts of a desk, path, words of the message
WRONG: list[tuple[dict[str, Any], str, str]] = [
    (targets(Length(0)), "sla[0].targets.fa", "longer than nothing"),
    (targets(Days(0)), "sla[0].targets.fa", "longer than nothing"),
    (targets(WorkingDays(10_001)), "sla[0].targets.fa", "at most 10000 days"),
    (targets("4h"), "sla[0].targets.fa", "a target is a length of time, not str"),  # text is for files
    (targets(Length(0), low=length(1)), "sla[0].targets.fa.else", "longer than nothing"),
    (targets(low=Length(-1)), "sla[0].targets.fa.low", "longer than nothing"),
    ({"choose_policy": "never"}, "settings.choose_policy", "always or creation"),
    ({"removed_gap": "ignored"}, "settings.removed_gap", "excluded or counted"),
    ({"policies": (Policy(name="std"), Policy(name="std"))}, "sla[1].name", "a second policy 'std'"),
    ({"metrics": (FA, Metric(name="fb"), FA, FA)}, "metrics.fa", "a second metric 'fa'"),
    (act("set_priority", 3), "rules[0].then[0]", "set_priority takes a priority level, not 3"),
    (act("set_priority", ""), "rules[0].then[0]", "takes a priority level"),
    (act("extend_target", None, by_us=1), "rules[0].then[0]", "takes a metric"),
    (act("extend_target", "fa"), "rules[0].then[0].by", "positive length of time"),
    (act("extend_target", "fa", by_us=0), "rules[0].then[0].by", "positive length of time"),
    (act("extend_target", "fa", by_us=True), "rules[0].then[0].by", "positive length of time"),
    (act("transfer", 3), "rules[0].then[0]", "takes a group"),  # any text while the desk names no groups
    (act("assign", None), "rules[0].then[0]", "assign takes a name, not None"),
    (act("webhook", ""), "rules[0].then[0]", "webhook takes a name"),
    (act("notify", 7), "rules[0].then[0]", "notify takes a name, not 7"),
    (act("create_child", ("a",)), "rules[0].then[0]", "create_child takes a name"),
    (act("resolve", False), "rules[0].then[0]", "resolve takes true, not False"),
    (act("close", 1), "rules[0].then[0]", "close takes true, not 1"),
    (act("reply", 5), "rules[0].then[0]", "reply takes the name of a template, not 5"),
    ({**act("note", "ack"), "templates": {}}, "rules[0].then[0]", "unknown template 'ack'"),  # the desk writes it itself
    (act("add_tag", ""), "rules[0].then[0]", "takes a tag or a list of tags"),
    (act("add_tags", []), "rules[0].then[0]", "takes a tag or a list of tags"),
    (act("add_tags", ["hot", ""]), "rules[0].then[0]", "takes a tag or a list of tags"),
    (act("remove_tags", [5]), "rules[0].then[0]", "takes a tag or a list of tags"),
    (act("remove_tag", 5), "rules[0].then[0]", "takes a tag or a list of tags"),
    (act("raise_priority", 0), "rules[0].then[0]", "from -100 to 100"),
    (act("raise_priority", True), "rules[0].then[0]", "from -100 to 100"),
    (act("raise_priority", -101), "rules[0].then[0]", "from -100 to 100"),
    (act("escalate", 0), "rules[0].then[0]", "from 1 to 100"),
    (act("escalate", "1"), "rules[0].then[0]", "from 1 to 100"),
    (act("postpone", Length(0)), "rules[0].then[0]", "longer than nothing"),
    (act("postpone", "4h"), "rules[0].then[0]", "length of time, not str"),
    (act("set_field", "subject", to=5), "rules[0].then[0].to", "subject is a text, not 5"),
    ({**act("set_field", "score", to="x"), "fields": {"score": FieldType(kind="number")}}, "rules[0].then[0].to", "a number is wanted"),
    (act("notify", "lead", stale_after_us=0), "rules[0].then[0].stale_after", "length of time"),
    (act("notify", "lead", stale_after_us="1h"), "rules[0].then[0].stale_after", "length of time"),
    (climb(since="subject"), "escalations[0].since", "no instant"),
    (climb(Step(after=WorkingDays(-1), then=())), "escalations[0].steps[0].after", "or later"),
    (climb(Step(after=Length(-1), then=())), "escalations[0].steps[0].after", "or later"),
    ({"rules": Rules(macros=[Rule(name="m", on=["noted"])])}, "macros[0]", "a macro is fired by hand"),
    ({"rules": Rules(macros=[Rule(name="m", when=field.status == "new")])}, "macros[0]", "a macro is fired by hand"),
    ({"rules": Rules(macros=[Rule(name="m", when=since("created") >= "1h", every_us=HOUR_US)])}, "macros[0]", "a macro is fired by hand"),
    ({"templates": {"ack": "by {{ due"}}, "templates.ack", "not closed by }}"),
    ({"templates": {"ack": 5}}, "templates.ack", "a template is a text"),
    ({"facts": {"queue": Fact(type=FieldType(kind="number"))}}, "facts.queue", "needs a default or required_with"),
    ({"facts": {"queue": Fact(type=FieldType(kind="number"), default="x")}}, "facts.queue.default", "a number is wanted"),
    ({"facts": {"queue": FieldType(kind="number")}}, "facts.queue", "Fact is wanted, not FieldType"),
    ({"fields": {"site": "text"}}, "fields.site", "FieldType is wanted, not str"),
    ({"fields": {"due date": FieldType(kind="instant")}}, "fields.due date", "without dots and blanks is wanted"),
    ({"facts": {"status": Fact(type=FieldType(kind="text"), default="")}}, "facts.status", "every ticket has a field 'status'"),
    ({"requester_fields": {"site": "text"}}, "requester_fields.site", "FieldType is wanted"),
    ({"hours": {"support": "mon-fri 9-17"}}, "hours.support", "Hours is wanted, not str"),
    (rule(when=since("created") >= "59s"), "rules[0].when", "waits a minute or more, not 59s"),
    (rule(when=MET), "rules[0].when", "the hours evenings and support are never open at once"),
    (rule(when=~(field.status == "new") & ((field.status == "open") | MET)), "rules[0].when", "never open at once"),
    ({**rule(when=(field.mood == "bad") & (since("created") >= "1h")), **MOOD}, "rules[0].when", "cannot read the fact 'mood'"),
    ({**climb(when=field.mood == "bad"), **MOOD}, "escalations[0].when", "cannot read the fact 'mood'"),
    ({**climb(since="facts.called"), **MOOD}, "escalations[0].since", "cannot read the fact 'called'"),
    (policy(when=since("created") >= "1h"), "sla[0].when", ""),  # a time test is for rules
    (policy(when=SlaTest("fa", "is", "breached")), "sla[0].when", ""),  # so is a clock
]  # fmt: skip


@pytest.mark.parametrize(("parts", "path", "words"), WRONG, ids=lambda value: value if isinstance(value, str) else "")
def test_a_wrong_value_is_refused_wherever_it_stands(parts: dict[str, Any], path: str, words: str) -> None:
    place, message, _ = one(**parts)
    assert place.startswith(path)
    assert words in message


# parts of a desk that are right although they look like the wrong ones above
RIGHT: list[dict[str, Any]] = [
    metric(cancel=("group:sales",)),  # a desk that names no groups takes any
    act("transfer", "sales"),
    act("resolve"),  # nothing stands for true
    act("add_tags", ["hot", "vip"]),
    act("add_tag", "hot"),
    act("reply", "ack"),
    {**act("reply", "mine"), "templates": {}},  # a desk that declares none leaves them to the host
    {**act("notify", "lead", template="mine"), "templates": {}},
    act("raise_priority", -100),
    act("escalate", 100),
    act("set_field", "language"),
    {**act("set_field", "score"), "fields": {"score": FieldType(kind="number")}},
    {**act("set_field", "score", to=5), "fields": {"score": FieldType(kind="number")}},
    act("postpone", WorkingDays(3), hours="support"),
    act("extend_target", "fa", by_us=1),
    act("notify", "lead", template="ack", stale_after_us=1),
    {**act("set_policy", "std"), **policy()},
    targets(low=length(1)),
    {"default_hours": "support"},
    {**policy(), "default_policy": "std", "choose_policy": "creation", "removed_gap": "counted"},
    climb(Step(after=Length(0), then=()), Step(after=Days(3), then=()), hours="support", since="sla.fa.due"),
    {"rules": Rules(macros=[Rule(name="m", then=(Action("resolve"),))])},
    rule(when=(since("created") >= "1h") & InHours("support", "open") & InHours("evenings", "closed")),
    rule(when=(since("created") >= "1h") & InHours("support", "open") & InHours("24x7", "open")),
    {**rule(when=field.mood == "bad", on=["noted"]), **MOOD},  # no time rule
    {"facts": {"n": Fact(type=FieldType(kind="number"), default=0), "mood": Fact(type=FieldType(kind="name"), required_with=("noted",))}},
]  # fmt: skip


@pytest.mark.parametrize("parts", RIGHT, ids=str)
def test_what_is_right_is_taken(parts: dict[str, Any]) -> None:
    desk = Desk(**{"metrics": (FA,), "hours": HOURS, "templates": {"ack": "hello"}, **parts})
    assert desk.evolve() == desk


def test_every_kind_of_value_has_its_check() -> None:
    assert {kind.takes for kind in ACTIONS.values()} == set(_TAKES)


@pytest.mark.parametrize("order", [1, -1])
def test_one_wrong_declaration_does_not_hide_the_next(order: int) -> None:
    number = FieldType(kind="number")
    wrong: dict[str, Any] = {"due date": number, "site": "text", "kind": FieldType(kind="nmber"), "a.b": 5, "cost": 7}
    found = problems(fields={"fine": number, **dict([*wrong.items()][::order])})
    assert sorted(path for path, _, _ in found) == sorted(f"fields.{name}" for name in wrong)


def test_all_problems_are_listed_at_once() -> None:
    found = problems(
        zone="nowhere/land", default_hours="x", default_policy="y", metrics=(Metric(name="fa", start=("enter:opne",)),),
        policies=(Policy(name="std", hours="z", targets={"fb": Targets(otherwise=Length(0))}), Policy(name="std")),
        rules=Rules(
            sets=[RuleSet(name="intake", rules=[
                Rule(name="a"), Rule(name="b", on=["x"], when=field.status == "slved", then=(Action("reply", "n"),)),
            ])],
            macros=[Rule(name="m", then=(Action("set_status", "opne"),))], escalations=[Escalation(
                name="up", when=field.status == "new", since="nothing", hours="z",
                steps=[Step(after=Length(0), then=()), Step(after=Length(1), then=(Action("escalate", 0),))],
            )],
        ),
        templates={"bad": "{{ x }}"}, facts={"f": Fact(type=FieldType(kind="number"))},
        lifecycle=Lifecycle(moves={"new": {"resolve": Move(to="resolved", guard=field.priority == "hihg")}}),
        priority=Priority(score=ScoreCard(entries=[Score(condition=field.status == "opne", weight=1)], thresholds=[(1, "high")])),
    )  # fmt: skip
    paths = [path for path, _, _ in found]
    assert sorted(path.removesuffix(".is").removesuffix(".field") for path in paths) == sorted([
        "zone", "settings.hours", "settings.default_policy", "metrics.fa.start[0]", "sla[0].hours", "sla[0].targets.fb",
        "sla[0].targets.fb", "sla[1].name", "intake[1].on", "intake[1].when", "intake[1].then[0]", "macros[0].then[0]",
        "escalations[0].since", "escalations[0].hours", "escalations[0].steps[1].then[0]", "templates.bad", "facts.f",
        "lifecycle.moves.new.resolve.guard", "priority.score.entries[0].condition",
    ])  # fmt: skip


def test_a_refusal_prints_one_line_a_problem() -> None:
    with pytest.raises(DeskError) as caught:
        Desk(templates={"ack": "{{ deu }}"}, rules=(Rule(name="r", then=(Action("set_status", "slved"),)),))
    assert str(caught.value).splitlines() == [
        "desk: 2 problems",
        "  templates.ack     unknown template variable 'deu'; did you mean 'due'?",
        "  rules[0].then[0]  unknown status 'slved'; did you mean 'resolved'?",
    ]
