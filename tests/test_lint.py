"""Lint: every code is found where it is due, with a witness that shows it, and nothing is found on a healthy desk."""

from __future__ import annotations

from typing import Any

import pytest

from desk_day import length, promise, ruled
from ticketcore import (
    Action,
    Created,
    Desk,
    Escalation,
    Fact,
    FieldType,
    Lifecycle,
    Metric,
    Outcome,
    Person,
    Policy,
    Priority,
    Rule,
    Rules,
    RuleSet,
    Settings,
    Status,
    Targets,
    field,
    since,
)  # fmt: skip
from ticketcore._time import HOUR_US
from ticketcore.conditions import Sla as SlaTest
from ticketcore.lint import Finding, lint
from ticketcore.model import Days, Length, WorkingDays
from ticketcore.rules import Step

FA = Metric(name="fa", start=("created",), stop=("enter:answered",))
NOTIFY = (Action("notify", "lead"),)
HOT, NEW = field.tags.has("hot"), field.status == "new"


def found(desk: Desk, code: str) -> list[Finding]:
    return [finding for finding in lint(desk) if finding.code == code]


def places(desk: Desk, code: str) -> list[tuple[str, str]]:
    return [(finding.place, finding.verdict) for finding in found(desk, code)]


def set_of(*rules: Rule, **given: Any) -> Desk:
    return Desk(**{"metrics": (), "rules": [RuleSet(name="s", rules=rules)], **given})


def targets(**levels: Any) -> Desk:
    return Desk(metrics=(FA,), policies=(Policy(name="std", targets={"fa": Targets(by_level=levels, otherwise=None)}),))


HEALTHY = Desk(
    metrics=(FA,), policies=(promise(2, "gold", when=HOT), promise(4)), templates={"ack": "by {{ due }}"}, groups=("sales", "support"),
    rules=Rules(
        sets=[RuleSet(name="s", rules=[
            Rule(name="ack", on=["created"], then=(Action("reply", "ack"),)),
            Rule(name="hot", on=["created"], when=HOT, then=(Action("set_priority", "high"),)),
            Rule(name="close", when=(field.status == "resolved") & (since("resolved_at") >= "3d"), then=(Action("close", True),)),
            Rule(name="remind", when=NEW & (since("updated") >= "1d"), every_us=24 * HOUR_US, times=5, then=NOTIFY),
        ])],
        escalations=[
            Escalation(name="up", when=SlaTest("fa", "is", "breached"), since="sla.fa.due", steps=[Step(after=length(0), then=NOTIFY)]),
        ],
    ),
)  # fmt: skip


def test_nothing_is_found_on_a_healthy_desk() -> None:
    assert lint(HEALTHY) == ()


def test_a_finding_prints_severity_place_remedy_and_code() -> None:
    finding = Finding(code="unused", place="x", message="no rule uses it")
    assert str(finding) == "warning: x: no rule uses it (unused)"
    assert str(Finding(code="unused", place="x", message="m", severity="info", verdict="unknown")) == "info: x: m (unused) [unknown]"


# --- service levels --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ({"low": length(1), "high": length(2)}, 1),
        ({"low": length(2), "high": length(2)}, 0),
        ({"low": length(1), "medium": length(3), "high": length(2)}, 1),  # each beside the one below it that has a target
        ({"low": Length(HOUR_US, True), "high": length(2)}, 0),  # calendar and business time are not compared
        ({"low": Length(HOUR_US, True), "high": Length(2 * HOUR_US, True)}, 1),
        ({"low": Days(1), "high": Days(2)}, 1),
        ({"low": WorkingDays(1), "high": Days(2)}, 0),
        ({"low": WorkingDays(1), "high": WorkingDays(2)}, 1),
        ({"low": WorkingDays(1), "high": WorkingDays(1, True)}, 1),  # the end of the day is later
        ({"low": WorkingDays(1, True), "high": WorkingDays(1)}, 0),
        ({"low": length(1), "high": Days(2)}, 0),
    ],
)
def test_targets_not_monotone(levels: dict[str, Any], expected: int) -> None:
    findings = found(targets(**levels), "targets-not-monotone")
    assert [finding.place for finding in findings] == ["sla[0].targets.fa"] * expected


def test_no_clock_has_a_ticket_without_a_policy_as_its_witness() -> None:
    desk = Desk(metrics=(FA,), policies=(promise(2, when=HOT),))
    (finding,) = found(desk, "no-clock")
    assert finding.witness is not None
    assert (finding.verdict, finding.witness.ticket(desk).policy) == ("proven", None)


@pytest.mark.parametrize(
    ("desk", "expected"),
    [
        (Desk(metrics=(FA,), policies=(promise(2),)), []),
        (Desk(metrics=(FA,), policies=(promise(2, when=HOT),), default_policy="std"), []),
        (Desk(metrics=()), []),  # nothing is measured
        (Desk(metrics=(FA,), policies=(promise(2, when=field.requester.tier == "gold"),)), [("sla", "proven")]),
        (Desk(metrics=(FA,), policies=(promise(2, when=HOT), promise(3, "cold", when=~HOT))), []),  # one of them takes every ticket
        (Desk(metrics=(FA,), policies=(promise(2, when=NEW | (field.agent_replies < 5)),)), [("sla", "unknown")]),  # none begins so
        (
            Desk(metrics=(FA,), facts={"mood": Fact(type=FieldType(kind="name"), required_with=("created",))}),
            [("sla", "proven")],  # the fact is given some value
        ),
        (Desk(metrics=(FA,), facts={"queue": Fact(type=FieldType(kind="number"), default=0)}), [("sla", "proven")]),
    ],
)
def test_no_clock(desk: Desk, expected: list[tuple[str, str]]) -> None:
    assert places(desk, "no-clock") == expected


@pytest.mark.parametrize(
    ("policies", "given", "expected"),
    [
        ((promise(1, "a"), promise(2, "b", when=HOT)), {}, ["sla[1]"]),  # below one that takes every ticket
        ((promise(1, "a", when=HOT), promise(2, "b", when=HOT)), {}, ["sla[1]"]),  # the same condition
        ((promise(1, "a", when=HOT), promise(2, "b")), {}, []),
        ((promise(1, "a"), promise(2, "b")), {"default_policy": "b"}, []),
        ((promise(1, "a"), promise(2, "b"), promise(3, "c")), {}, ["sla[1]", "sla[2]"]),
    ],
)
def test_shadowed_policy(policies: tuple[Policy, ...], given: dict[str, Any], expected: list[str]) -> None:
    assert [finding.place for finding in found(Desk(metrics=(FA,), policies=policies, **given), "shadowed-policy")] == expected


# --- lifecycle -------------------------------------------------------------------------------------------------------

LOOSE_END = ruled(
    lifecycle=Lifecycle(
        statuses=(*Lifecycle().statuses, Status(name="lost", category="open"), Status(name="stuck", category="open")),
        table={"stuck": {}}, direct={"open": ("stuck", "resolved"), "stuck": ()},
    )
)  # fmt: skip


def test_unreachable_statuses_and_dead_ends() -> None:
    assert [finding.place for finding in found(LOOSE_END, "unreachable-status")] == ["lifecycle.statuses[9]"]
    assert [(finding.place, finding.severity) for finding in found(LOOSE_END, "dead-end")] == [("lifecycle.statuses[10]", "error")]


# --- rules -----------------------------------------------------------------------------------------------------------

SAME: dict[str, Any] = {"on": ["created"], "when": HOT, "then": NOTIFY}


@pytest.mark.parametrize(
    ("above", "below", "expected"),
    [
        (SAME, SAME, 1),
        (SAME, {**SAME, "on": ["noted"]}, 0),
        (SAME, {**SAME, "when": NEW}, 0),
        (SAME, {**SAME, "then": ()}, 0),
        (SAME, {**SAME, "enabled": False}, 0),
        (SAME, {**SAME, "automatic": True}, 0),  # it also answers machines
        ({**SAME, "automatic": True}, SAME, 1),
        (SAME, {**SAME, "stop": True}, 0),  # it also stops the set
        ({**SAME, "stop": True}, {**SAME, "stop": True}, 1),
    ],
)
def test_duplicate_rules(above: dict[str, Any], below: dict[str, Any], expected: int) -> None:
    assert len(found(set_of(Rule(name="a", **above), Rule(name="b", **below)), "duplicate-rule")) == expected


STOP = Rule(name="stop", on=["created", "noted"], when=HOT, stop=True, then=NOTIFY)


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([STOP, Rule(name="b", on=["created"], when=HOT & NEW)], [("s[1]", "proven")]),
        ([STOP, Rule(name="b", on=["created"], when=NEW)], []),
        ([STOP, Rule(name="b", on=["resolved"], when=HOT)], []),  # it listens to something else
        ([STOP, Rule(name="b", when=HOT)], []),  # to everything from outside
        ([STOP, Rule(name="b", on=["created"], when=HOT, automatic=True)], []),
        ([STOP, Rule(name="b", when=HOT & (since("created") >= "1h"))], []),  # stop consumes no rise
        ([STOP, Rule(name="b", on=["noted"], when=HOT & (field.status == "closed"))], []),  # the upper one sleeps there
        ([Rule(name="any", stop=True), Rule(name="b", when=HOT)], [("s[1]", "proven")]),
        # A rule between the two makes the lower one true after the upper one was tried.
        ([STOP, Rule(name="tag", then=(Action("add_tag", "hot"),)), Rule(name="b", on=["created"], when=HOT)], []),
        ([STOP, Rule(name="tell", then=NOTIFY), Rule(name="b", on=["created"], when=HOT)], [("s[2]", "proven")]),
    ],
)
def test_shadowed_rules(rules: list[Rule], expected: list[tuple[str, str]]) -> None:
    assert places(set_of(*rules), "shadowed-rule") == expected


def test_a_rule_that_may_be_shadowed_but_is_not_fires() -> None:
    """The tag comes between the two."""
    desk = set_of(STOP, Rule(name="tag", then=(Action("add_tag", "hot"),)), Rule(name="b", on=["created"], when=HOT, then=NOTIFY))
    outcome: Outcome = desk.handle(None, Created(at=0, ticket="T", by=Person()))
    assert [effect.rule for effect in outcome.effects] == ["b", "stop"]


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        (HOT & ~HOT, 1),
        (NEW & (field.status == "open"), 1),
        (NEW & (NEW & (field.status == "open")), 1),  # however deep in all-of
        (NEW & field.status.is_any("open", "closed"), 1),
        (NEW & field.status.is_any("open", "new"), 0),
        (NEW | (field.status == "open"), 0),
        (NEW & (field.subject == "x"), 0),
        (NEW & NEW, 0),
    ],
)
def test_contradictory_rules(when: Any, expected: int) -> None:
    assert len(found(ruled(Rule(name="a", when=when)), "contradictory-rule")) == expected


def test_any_of_nothing_never_holds() -> None:
    from ticketcore.conditions import AnyOf

    assert len(found(ruled(Rule(name="a", when=AnyOf(()))), "contradictory-rule")) == 1


def negated(name: str) -> Any:
    return ~(field.subject.contains(name))


OR_NOT = ruled(Rule(name="a", when=negated("spam") | negated("offer")))


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        (negated("a") | negated("b"), 1),
        ((field.status != "new") | (field.status != "open"), 1),
        (NEW & ((field.status != "new") | (field.status != "open")), 1),  # however deep
        (~(negated("a") | negated("b")), 1),
        (negated("a") & negated("b"), 0),
        (negated("a") | (field.status != "new"), 0),  # two fields
        (negated("a") | NEW, 0),
    ],
)
def test_or_not_contains(when: Any, expected: int) -> None:
    assert len(found(ruled(Rule(name="a", when=when)), "or-not-contains")) == expected


@pytest.mark.parametrize(
    ("when", "then", "expected"),
    [
        (NEW, [Action("close", True)], ["rules[0].then[0]"]),
        (NEW & HOT, [Action("add_tag", "x"), Action("close", True)], ["rules[0].then[1]"]),
        (NEW, [Action("resolve", True), Action("close", True)], []),  # legal after the first move
        (NEW, [Action("set_status", "closed")], ["rules[0].then[0]"]),
        (NEW, [Action("set_status", "new")], []),
        (NEW, [Action("set_status", "answered")], []),
        (HOT, [Action("close", True)], ["rules[0].then[0]"]),  # any status, and in some of them
        (field.status == "purged", [Action("restore", True)], ["rules[0].then[0]"]),
        (NEW, [Action("add_tag", "x")], []),
    ],
)
def test_illegal_actions(when: Any, then: list[Action], expected: list[str]) -> None:
    findings = found(ruled(Rule(name="a", when=when, then=then)), "illegal-action")
    assert [finding.place for finding in findings] == expected
    assert all((finding.severity, finding.verdict) == ("warning" if when is HOT else "error", "proven") for finding in findings)


def test_an_earlier_action_may_move_the_ticket_by_a_trigger_of_the_desks_own() -> None:
    lifecycle = Lifecycle(triggers={"assigned": "assign"}, moves={"new": {"assign": "resolved"}})
    rule = Rule(name="a", on=["noted"], when=NEW, then=(Action("assign", "eve"), Action("close", True)))
    assert places(ruled(rule, lifecycle=lifecycle), "illegal-action") == []


RUNS_ON = ruled(
    Rule(name="again", on=["woken"], then=(Action("postpone", Length(24 * HOUR_US, True)),)),
    Rule(name="first", when=NEW & (since("created") >= "1h"), then=(Action("postpone", Length(HOUR_US, True)),)),
)  # fmt: skip


@pytest.mark.parametrize("wait", [1, 24 * 3])
def test_rules_that_run_on(wait: int) -> None:
    again = Rule(name="again", on=["woken"], then=(Action("postpone", Length(wait * HOUR_US, True)),))
    first = Rule(name="first", when=NEW & (since("created") >= "1h"), then=(Action("postpone", Length(HOUR_US, True)),))
    desk = ruled(again, first)
    (finding,) = found(desk, "runs-on")
    assert (finding.verdict, "'again' fires again and again" in finding.message) == ("proven", True)
    assert finding.witness is not None
    ticket = finding.witness.ticket(desk)
    later = desk.tick(ticket, ticket.created_us + 700 * 24 * HOUR_US)
    assert sum(one.kind == "woken" for one in later.events) > 50


def test_a_desk_that_falls_silent_early_does_not_run_on() -> None:
    """One rise and silence: a limit of the desk's own is no sign of rules without bound."""
    assert found(ruled(Rule(name="a", when=since("created") >= "1h", then=NOTIFY), settings=Settings(silence_after=1)), "runs-on") == []


def test_a_required_fact_does_not_keep_rules_from_being_judged() -> None:
    mood = {"mood": Fact(type=FieldType(kind="name"), required_with=("created",))}
    assert found(ruled(Rule(name="a", when=since("created") >= "1h", then=NOTIFY), facts=mood), "runs-on") == []


# --- names -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("sales", "Sales", True),  # case
        ("customer care", "customer-care", True),  # blanks and punctuation
        ("refund", "refunds", True),  # a letter more
        ("support", "suport", True),
        ("billing", "billinq", True),  # another letter
        ("vip", "vib", False),  # short words are apart
        ("team alpha", "team bravo", False),
        ("team 1", "team 2", False),  # numbers tell apart
        ("queue 1", "queue 11", False),
        ("abcdef", "abdcef", False),  # two letters
    ],
)
def test_near_duplicates(one: str, other: str, alike: bool) -> None:
    assert bool(found(Desk(groups=(one, other)), "near-duplicates")) is alike
    assert bool(found(Desk(groups=(other, one)), "near-duplicates")) is alike


def test_tags_are_looked_for_in_priorities_actions_and_conditions() -> None:
    desk = ruled(
        Rule(name="a", when=field.tags.has("outage"), then=(Action("add_tag", "Outage"),)),
        Rule(name="b", when=field.tags.has_any("refund", "other") & ~field.tags.is_empty(), then=(Action("remove_tags", ["refunds"]),)),
        priority=Priority(tags={"urgent": "urgent", "urgentt": "high"}),
    )
    assert [finding.message.split(" look alike")[0] for finding in found(desk, "near-duplicates")] == [
        "tag 'Outage' and 'outage'", "tag 'refund' and 'refunds'", "tag 'urgent' and 'urgentt'",
    ]  # fmt: skip


def test_unused_templates_and_metrics() -> None:
    metrics = (FA, Metric(name="fb", start=("created",)))
    rules = Rules(
        sets=[RuleSet(rules=[Rule(name="a", on=["created"], then=(Action("reply", "one"), Action("notify", "x", {"template": "two"})))])],
        macros=[Rule(name="m", then=(Action("note", "three"),))],
    )
    desk = Desk(metrics=metrics, policies=(promise(2),), rules=rules, templates=dict.fromkeys(("one", "two", "three", "four"), "x"))
    assert [finding.place for finding in found(desk, "unused")] == ["templates.four", "metrics.fb"]
    assert found(Desk(metrics=metrics), "unused") == []  # without policies nothing is promised at all


def test_a_disabled_rule_or_set_is_not_judged() -> None:
    rules = [Rule(name="a", when=HOT & ~HOT, enabled=False), Rule(name="b")]
    assert lint(ruled(*rules)) == ()
    off = Desk(metrics=(), rules=[RuleSet(name="s", enabled=False, rules=[Rule(name="a", when=HOT & ~HOT)])])
    assert lint(off) == ()
