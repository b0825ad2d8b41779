"""Lint: every code is found where it is due, with a witness that shows it, and nothing is found on a healthy desk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from desk_day import length, promise, ruled
from ticketcore import (
    Action,
    BusinessHours,
    Created,
    Desk,
    Escalation,
    Fact,
    FieldType,
    Lifecycle,
    Metric,
    Move,
    Outcome,
    Person,
    Policy,
    Priority,
    Roster,
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
from ticketcore.conditions import hours
from ticketcore.lint import CODES, Finding, Findings, Script, lint
from ticketcore.model import Days, Length, WorkingDays
from ticketcore.routing import Member
from ticketcore.rules import Step
from ticketcore.sla import WarnAt

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
        ({"low": length(1), "medium": Days(1), "high": length(2)}, 1),  # past one of another kind
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


NO_CHANNEL = (field.channel == "chat") & (field.channel == "phone")
SHUT = Desk(metrics=(), lifecycle=Lifecycle(
    statuses=(*Lifecycle().statuses, Status(name="far", category="open"), Status(name="cellar", category="open")),
    table={"cellar": {"resolve": Move(to="resolved", guard=NO_CHANNEL)}}, direct={"far": ("open",), "cellar": ()},
    moves={"new": {"resolve": Move(to="far", guard=NO_CHANNEL), "mark_answered": Move(to="cellar", guard=field.channel == "chat")}},
))  # fmt: skip


def test_a_move_whose_guard_never_holds_leads_nowhere() -> None:
    found = [(finding.code, finding.place) for finding in lint(SHUT)]
    assert found == [
        ("contradictory-guard", "lifecycle.moves.new.resolve"), ("contradictory-guard", "lifecycle.table.cellar.resolve"),
        ("dead-end", "lifecycle.statuses[10]"), ("unreachable-status", "lifecycle.statuses[9]"),
    ]  # fmt: skip


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
        (negated("a") | negated("a"), 0),  # the same
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


@pytest.mark.parametrize("kind", ["clock_started", "clock_paused", "clock_resumed", "clock_stopped"])
def test_a_rule_may_wait_for_what_a_clock_does(kind: str) -> None:
    desk = Desk(rules=[Rule(name="a", on=[kind], then=NOTIFY)])
    assert [finding.code for finding in lint(desk) if "'a'" in finding.message] == []


def test_of_many_statuses_that_refuse_three_are_named() -> None:
    when = field.status.is_any("new", "open", "answered", "postponed", "resolved")
    (finding,) = found(ruled(Rule(name="a", when=when, then=[Action("restore", True)])), "illegal-action")
    assert finding.message.startswith("restore is refused in 'answered' or 'new' or 'open' or 2 more statuses, where 'a' fires")


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


# --- promises, once more ---------------------------------------------------------------------------------------------

HOURS = BusinessHours(zone="UTC", week={"mon-fri": ["09:00-17:00"]})
GOLD, CHAT = field.requester.tier == "gold", field.channel == "chat"


def test_a_level_for_which_nothing_is_promised() -> None:
    desk = Desk(metrics=(FA,), policies=(Policy(name="std", targets={"fa": Targets(by_level={"low": length(2)}, otherwise=None)}),))
    findings = found(desk, "no-clock")
    assert [(finding.place, finding.verdict) for finding in findings] == [("sla[0].targets", "proven")] * 3
    for finding, level in zip(findings, ("medium", "high", "urgent"), strict=True):
        assert finding.witness is not None
        ticket = finding.witness.ticket(desk)
        assert (ticket.priority, ticket.clocks["fa"].cycle.target) == (level, None)
    nowhere = Policy(name="none", when=field.status == "closed", targets={"fa": Targets(by_level={"low": length(2)}, otherwise=None)})
    assert {finding.verdict for finding in found(Desk(metrics=(FA,), policies=(nowhere, promise(2))), "no-clock")} == {"unknown"}


def test_a_ticket_that_the_desk_refuses_is_no_witness() -> None:
    """Instants of facts that are asked for with a creation are given; what a guard of types refuses is not."""
    gold = Policy(name="g", when=field.group == "sales", targets={"fa": Targets(by_level={"low": length(2)}, otherwise=None)})
    desk = Desk(metrics=(FA,), policies=(gold,), groups=("sales",))
    assert {finding.verdict for finding in found(desk, "no-clock")} == {"proven"}


@pytest.mark.parametrize(
    ("policies", "expected"),
    [
        ((promise(1, "a", when=GOLD), promise(2, "b", when=CHAT)), ["sla[1]"]),
        ((promise(1, "a", when=GOLD), promise(2, "b", when=GOLD & CHAT)), []),  # a case of the other, and below it: shadowed
        ((promise(1, "a", when=GOLD & CHAT), promise(2, "b", when=GOLD)), []),  # the special case first
        ((promise(1, "a", when=GOLD), promise(2, "b", when=field.requester.tier == "silver")), []),
        ((promise(1, "a", when=GOLD), promise(1, "b", when=CHAT)), []),  # they promise the same
        ((promise(1, "a", when=GOLD), evolve(promise(1, "b", when=CHAT), hours="24x7")), ["sla[1]"]),  # though in other hours
        ((promise(1, "a", when=GOLD), promise(2, "b")), []),
        ((promise(1, "a", when=GOLD & (field.agent_replies > 3)), promise(2, "b", when=CHAT & (field.agent_replies < 9))), []),  # not shown
    ],
)
def test_overlapping_policies(policies: tuple[Policy, ...], expected: list[str]) -> None:
    desk = Desk(metrics=(FA,), policies=policies)
    findings = found(desk, "overlapping-policies")
    assert [finding.place for finding in findings] == expected
    assert all(finding.witness is not None and finding.witness.ticket(desk).policy == "a" for finding in findings)


def test_policies_shadowed_by_several_together() -> None:
    desk = Desk(metrics=(FA,), policies=(promise(1, "a", when=GOLD), promise(2, "b", when=~GOLD), promise(3, "c", when=CHAT)))
    (finding,) = found(desk, "shadowed-policy")
    assert (finding.place, "'a' and 'b' above it" in finding.message) == ("sla[2]", True)
    never = Desk(metrics=(FA,), policies=(promise(1, "a", when=GOLD), promise(2, "b", when=HOT & ~HOT)))
    assert found(never, "shadowed-policy") == []
    (finding,) = found(never, "contradictory-policy")
    assert (finding.place, finding.severity) == ("sla[1]", "error")
    assert found(evolve(never, default_policy="b"), "contradictory-policy") == []  # it is chosen where nothing else is


@pytest.mark.parametrize(
    ("hours", "target", "expected"),
    [
        (HOURS, length(2), []),
        (evolve(HOURS, valid_until="2027-03-01"), length(2), ["hours.office"]),
        (evolve(HOURS, valid_until="2026-03-01"), length(2), ["hours.office"]),
        (evolve(HOURS, valid_until="2027-03-01"), Length(HOUR_US, True), []),  # counts all time
        (evolve(HOURS, valid_until="2027-03-01"), WorkingDays(2), ["hours.office"]),
    ],
)
def test_hours_that_end(hours: BusinessHours, target: Any, expected: list[str]) -> None:
    desk = Desk(
        metrics=(FA,), policies=(Policy(name="std", targets={"fa": Targets(otherwise=target)}),), hours={"office": hours},
        default_hours="office",
    )  # fmt: skip
    assert [finding.place for finding in found(desk, "hours-end")] == expected


# --- rules, once more ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        (Rule(name="a", on=["warned"]), "no warned ever happens on this desk"),
        (Rule(name="a", on=["desk_adopted", "silenced"]), "no desk_adopted or silenced ever happens"),
        (Rule(name="a", on=["assigned"], when=field.event.text.contains("x")), "no event that it listens to"),
        (Rule(name="a", on=["created"], when=field.event.automatic == True), "no event that it listens to"),  # noqa: E712
        (Rule(name="a", when=(since("created") >= "1h") & (field.event.kind == "created")), "no event that it listens to"),
    ],
)
def test_rules_that_nothing_can_make_fire(rule: Rule, why: str) -> None:
    (finding,) = found(ruled(rule), "unreachable-rule")
    assert (finding.verdict, finding.because.startswith(why)) == ("proven", True)


def test_a_rule_for_which_no_ticket_is_found_is_undecided() -> None:
    (finding,) = found(ruled(Rule(name="a", on=["created"], when=field.transfers >= 3)), "unreachable-rule")
    assert (finding.verdict, finding.severity) == ("unknown", "info")


def test_rules_shadowed_by_several_together() -> None:
    rules = [
        Rule(name="x", on=["created"], when=field.tags.has("x"), stop=True), Rule(name="gold", on=["created"], when=GOLD, stop=True),
        Rule(name="not", on=["created"], when=~GOLD, stop=True), Rule(name="b", on=["created"], when=CHAT),
    ]  # fmt: skip
    (finding,) = found(set_of(*rules), "shadowed-rule")
    assert "'gold' and 'not' above it" in finding.message


def test_a_shadowed_rule_that_no_creation_shows_has_no_witness() -> None:
    desk = set_of(
        Rule(name="up", on=["created"], when=field.notes >= 0, stop=True), Rule(name="b", on=["created"], when=field.notes > 3),
        lifecycle=Lifecycle(),
    )  # fmt: skip
    (finding,) = found(desk, "shadowed-rule")
    assert finding.witness is not None  # the plain ticket is stopped too
    later = set_of(Rule(name="up", on=["noted"], when=field.notes > 2, stop=True), Rule(name="b", on=["noted"], when=field.notes > 3))
    (other,) = found(later, "shadowed-rule")
    assert other.witness is None


def test_duplicates_in_another_set_and_under_other_words() -> None:
    same: dict[str, Any] = {"on": ["created"], "then": NOTIFY}
    one, equal = Rule(name="a", when=HOT & NEW, **same), Rule(name="b", when=~(~HOT | ~NEW), **same)
    desk = Desk(metrics=(), rules=[RuleSet(name="s", rules=[one]), RuleSet(name="t", rules=[equal])])
    (finding,) = found(desk, "duplicate-rule")
    assert (finding.place, finding.witness is not None) == ("t[0]", True)
    stops = [Rule(name=name, when=HOT, stop=True, **same) for name in "ab"]
    stopping = Desk(metrics=(), rules=[RuleSet(name=rule.name, rules=[rule]) for rule in stops])
    assert found(stopping, "duplicate-rule") == []


def test_steps_of_ladders_have_a_place() -> None:
    off = Escalation(name="off", when=NEW, since="created", steps=[Step(after=length(1), then=(Action("close"),))], enabled=False)
    up = Escalation(name="up", when=NEW, since="created", steps=[Step(after=length(1), then=(Action("close"),))])
    desk = Desk(metrics=(), rules=Rules(escalations=[off, up]))
    assert [(finding.place, finding.severity) for finding in found(desk, "illegal-action")] == [
        ("escalations[1].steps[0].then[0]", "error")
    ]
    assert found(desk, "illegal-action")[0].because == "close is refused: new has no such move"


def test_macros_that_every_status_refuses() -> None:
    macros = [
        Rule(name="good", then=[Action("resolve"), Action("close")]),
        Rule(name="bad", then=[Action("add_tag", "x"), Action("resolve"), Action("not_spam")]),
    ]
    (finding,) = found(Desk(metrics=(), rules=Rules(macros=macros)), "illegal-action")
    assert (finding.place, finding.because) == ("macros[1]", "every status was tried")


# --- settling and running on -----------------------------------------------------------------------------------------


def test_a_rule_whose_work_is_undone_is_named_with_who_undoes_it() -> None:
    up = Rule(name="up", on=["noted"], when=field.priority < "high", then=[Action("set_priority", "high"), Action("add_tag", "x")])
    down = Rule(name="down", on=["noted"], when=field.priority >= "high", then=[Action("set_priority", "low")])
    desk = ruled(up, down)
    findings = found(desk, "unsettled")
    assert "what 'up' sets (set_priority) is set otherwise by 'down'" in findings[0].message
    assert findings[0].witness is not None


def test_time_rules_settle_or_not_as_others_do() -> None:
    up = Rule(name="up", when=since("created") >= "1h", then=[Action("add_tag", "x")])
    down = Rule(name="down", when=since("created") >= "60m", then=[Action("remove_tag", "x")])
    assert {finding.verdict for finding in found(ruled(up, down), "unsettled")} <= {"proven", "unknown"}
    assert found(ruled(up, down), "unsettled") != []


def test_what_could_not_be_told_about_settling_is_said() -> None:
    one = Rule(name="one", on=["noted"], when=field.subject.contains("a"), then=[Action("set_field", "subject", {"to": "b"})])
    two = Rule(
        name="two",
        on=["noted"],
        when=field.subject.contains("c") & (field.transfers >= 4),
        then=[Action("set_field", "subject", {"to": "a"})],
    )
    (finding,) = found(ruled(one, two), "unsettled")
    assert (finding.verdict, finding.place) == ("unknown", "rules")
    assert finding.message.endswith("was not decided for 1 pair: 'two' and 'one'")
    up = Rule(name="up", on=["noted"], when=field.priority < "high", then=[Action("set_priority", "high")])
    down = Rule(name="down", on=["noted"], when=field.priority >= "high", then=[Action("set_priority", "low")])
    shown, unknown = found(ruled(one, two, up, down), "unsettled")
    assert (shown.verdict, unknown) == ("proven", finding)  # what is shown of some rules hides nothing of the others
    assert found(ruled(evolve(one, stop=True), evolve(two, stop=True)), "unsettled") == []  # whichever acts is the last of its set


def test_actions_that_set_nothing_are_asked_nothing() -> None:
    from ticketcore._lint_settling import _SCENE

    for ask in (lambda: _SCENE.raised("low", 1), lambda: _SCENE.after("1h", None), lambda: _SCENE.filled("ack")):
        with pytest.raises(NotImplementedError):
            ask()


BY_DAY = {"office": HOURS}
RAISES, OLD = [Action("raise_priority", 1)], since("priority_since") >= "1h"
GUARDED = Lifecycle(moves={"new": {"resolve": Move(to="resolved", guard=field.agent_replies > 0)}})


@pytest.mark.parametrize(
    ("rules", "given", "verdicts"),
    [
        # Hours open every day.
        ([Rule(name="a", when=NEW & hours("office").is_open(), then=NOTIFY)], {"hours": BY_DAY}, ["proven"]),
        ([Rule(name="a", when=NEW & hours("office").is_open(), then=[Action("resolve")])], {"hours": BY_DAY}, []),
        ([Rule(name="a", when=~HOT & hours("office").is_open(), then=[Action("add_tag", "hot")])], {"hours": BY_DAY}, []),
        # A priority that is only raised; one that goes up and down; one that tags decide on.
        ([Rule(name="a", when=(field.priority < "urgent") & OLD, then=RAISES)], {}, []),
        ([Rule(name="a", when=(field.priority < "high") & OLD, then=[Action("set_priority", "high")]),
          Rule(name="b", when=(field.priority >= "high") & OLD, then=[Action("set_priority", "low")])], {}, ["proven"]),
        ([Rule(name="a", when=OLD, then=[*RAISES, Action("add_tag", "hot")])],
         {"priority": Priority(tags={"hot": "low"}, slots=("tags", "rules", "manual", "default"))}, ["unknown"]),
        # Assigned and taken away again.
        ([Rule(name="a", when=field.assignee.is_empty() & (since("created") >= "1h"), then=[Action("assign", "ann")]),
          Rule(name="b", when=field.assignee.is_set() & (since("assigned_at") >= "1h"), then=[Action("unassign")])], {}, ["proven"]),
        # Woken by a postponement.
        ([Rule(name="a", on=["woken"], then=[Action("postpone", Length(HOUR_US, True))])], {}, ["proven"]),
        ([Rule(name="a", on=["woken"], then=[Action("postpone", Length(HOUR_US, True)), Action("resolve")])], {}, []),
        # A flip of the promise, which is broken again and again.
        ([Rule(name="a", on=["breached"], then=[Action("extend_target", "fa", {"by_us": HOUR_US})])],
         {"metrics": (FA,), "policies": (promise(2),)}, ["proven"]),
        ([Rule(name="a", on=["breached"], then=[Action("set_priority", "high")])], {"metrics": (FA,), "policies": (promise(2),)}, []),
        # A move that a guard may refuse.
        ([Rule(name="a", when=NEW & hours("office").is_open(), then=[Action("resolve")])],
         {"hours": BY_DAY, "lifecycle": GUARDED}, ["proven"]),
        # Only so often.
        ([Rule(name="a", when=NEW & (since("updated") >= "1h"), every_us=HOUR_US, times=900, then=NOTIFY)], {}, []),
        ([Rule(name="a", on=["noted"], then=[Action("notify", "x")]), Rule(name="b", when=since("updated") >= "1h", then=NOTIFY)], {}, []),
    ],
)  # fmt: skip
def test_what_runs_on(rules: list[Rule], given: dict[str, Any], verdicts: list[str]) -> None:
    desk = Desk(**{"metrics": (), "rules": rules, **given})
    findings = found(desk, "runs-on")
    assert [finding.verdict for finding in findings] == verdicts
    for finding in findings:
        if finding.witness is not None:
            ticket = Script(finding.witness.moments).ticket(desk)
            later = desk.tick(ticket, ticket.as_of_us + 400 * 24 * HOUR_US)
            assert sum(event.kind == "rule_fired" for event in later.events) > 20


# --- names, once more ------------------------------------------------------------------------------------------------


def test_names_that_a_roster_does_not_have() -> None:
    roster = Roster(members=[Member(agent="maria", groups={"sales"})])
    rules = Rules(
        sets=[RuleSet(name="s", rules=[Rule(name="a", on=["created"], then=[Action("assign", "marias"), Action("route", "sales")])])],
        macros=[Rule(name="m", then=[Action("transfer", "support"), Action("assign", "maria")])],
    )
    findings = lint(Desk(metrics=(), rules=rules), roster).of("unknown-name")
    assert [(finding.place, finding.severity) for finding in findings] == [("s[0].then[0]", "error"), ("macros[0].then[0]", "error")]
    assert "did you mean 'maria'?" in findings[0].message
    assert len(lint(Desk(metrics=(), rules=rules), Roster()).of("unknown-name")) == 4


def test_values_of_fields_and_groups_that_look_alike() -> None:
    rules = [
        Rule(name="a", on=["created"], when=field.channel == "e-mail", then=[Action("transfer", "billing")]),
        Rule(
            name="b",
            on=["created"],
            when=field.channel.is_any("email", "chat") & field.requester.tags.has("vip"),
            then=[Action("route", "Billing")],
        ),
        Rule(name="c", on=["noted"], when=field.group == "biling", then=NOTIFY),
    ]
    assert [finding.message.split(" look")[0] for finding in found(ruled(*rules), "near-duplicates")] == [
        "group 'Billing' and 'biling'", "group 'Billing' and 'billing'", "group 'biling' and 'billing'", "channel 'e-mail' and 'email'",
    ]  # fmt: skip


# --- how it reads ----------------------------------------------------------------------------------------------------


def test_findings_print_with_what_shows_them_and_are_counted() -> None:
    desk = set_of(
        Rule(name="a", on=["created"], when=HOT & ~HOT), Rule(name="b", on=["created"], then=[Action("set_priority", "high")]),
        Rule(name="c", on=["created"], then=[Action("set_priority", "low")]), Rule(name="d", on=["created"], when=field.transfers > 3),
    )  # fmt: skip
    assert str(lint(desk)).splitlines() == [
        "error: s[0]: 'a' never fires: its condition contradicts itself; mend it (contradictory-rule)",
        "    all classes of values were gone through",
        "info: s[3]: no ticket was found for which 'd' fires; see whether it is still needed (unreachable-rule) [unknown]",
        "    " + found(desk, "unreachable-rule")[0].because,
        "info: s: what becomes of a ticket depends on which of two rules comes first (order-sensitive)",
        "    'b' above 'c': 1. Mon 23 Nov 2026 09:00  created by customer",
        "info: s[1]: what 'b' sets (set_priority) is set otherwise by 'c' in the same cycle; let only one of them match (unsettled)",
        "    1. Mon 23 Nov 2026 09:00  created by customer",
        "1 error, 3 info; 1 undecided",
    ]
    assert str(Findings()) == "nothing found"
    several = lint(set_of(*(Rule(name=name, on=["created"], then=[Action("set_field", "subject", {"to": name})]) for name in "abc")))
    assert "depends on which of two rules comes first" in str(several)  # it is the last that counts
    assert several.of("order-sensitive", "unsettled") == several
    lists = lint(set_of(*(Rule(name=name, on=["created"], then=[Action("assign", name)], stop=True) for name in "ab"), Rule(name="c")))
    assert "depends on which of" in str(lists)
    firsts = set_of(
        *(Rule(name=name, on=["created"], when=field.tags.has(name), then=[Action("assign", name)], stop=True) for name in "abc")
    )
    assert "depends on which of 3 pairs of rules comes first" in str(lint(firsts))


def test_every_code_is_found_somewhere_in_these_tests() -> None:
    desks = [
        targets(low=length(1), high=length(2)), Desk(metrics=(FA,)), Desk(metrics=(FA,), policies=(promise(2), promise(4, "late"))),
        LOOSE_END, set_of(*(Rule(name=name, on=["created"], then=NOTIFY) for name in "ab")), OR_NOT, RUNS_ON,
        set_of(Rule(name="a", on=["created"], stop=True), Rule(name="b", on=["created"], when=HOT)), ruled(Rule(name="a", when=HOT & ~HOT)),
        ruled(Rule(name="a", when=NEW, then=(Action("close", True),))), ruled(Rule(name="a", on=["warned"])),
        set_of(*(Rule(name=name, on=["created"], then=[Action("assign", name)]) for name in "ab")),
        Desk(metrics=(FA,), policies=(promise(1, "a", when=GOLD), promise(2, "b", when=CHAT))),
        Desk(metrics=(FA,), policies=(promise(2),), hours={"x": evolve(HOURS, valid_until="2027-01-04")}, default_hours="x"),
        Desk(groups=("sales", "Sales")), Desk(templates={"ack": "x"}), SHUT, Desk(metrics=(FA,), policies=(promise(2, when=HOT & ~HOT),)),
        Desk(metrics=(evolve(FA, stop=()),), policies=(promise(2),)),
        Desk(metrics=(FA,), policies=(evolve(promise(2), warn=(WarnAt.parse("-3h"),)),)),
    ]  # fmt: skip
    findings = [finding for desk in desks for finding in lint(desk, Roster())]
    assert {finding.code for finding in findings} | {"unknown-name"} == set(CODES)
    assert all(finding.severity in ("error", "warning", "info") for finding in findings)


def test_the_reference_has_a_section_for_every_code_with_its_example() -> None:
    text = (Path(__file__).parents[1] / "docs" / "reference" / "findings.md").read_text(encoding="utf-8")
    sections = {part.partition("\n")[0]: part for part in text.split("\n### ")[1:]}
    assert sorted(sections) == sorted(CODES)
    for code, part in sections.items():
        assert f'"{code}"' in part, code
        assert any(word in part for word in ("*Error", "*Warning", "*Info", "*error*", "*warning*", "*info*")), code
