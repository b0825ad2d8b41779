"""Comparisons: one history under two desks, against two replays side by side and against plain data compared by force."""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import combinations, permutations
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import crowd
from desk_day import ADA, MARIA, at, length, promise
from ticketcore import (
    Action,
    AgentReplied,
    Closed,
    Created,
    CustomerReplied,
    Deleted,
    Desk,
    Escalation,
    FieldSet,
    FieldType,
    Lifecycle,
    Merged,
    Metric,
    Move,
    Noted,
    Policy,
    Postponed,
    Priority,
    Resolved,
    Restored,
    Rule,
    Rules,
    RuleSet,
    Settings,
    SlotCleared,
    SlotSet,
    TagsAdded,
    TagsRemoved,
    TargetExtended,
    Targets,
    Ticket,
    TicketcoreError,
    _moments,
    codec,
    field,
    since,
)  # fmt: skip
from ticketcore._behaviour import changes_between
from ticketcore._clocks import Clock, Cycle
from ticketcore._compare import compared
from ticketcore._moments import steps, ticket_by_ticket
from ticketcore._reasons import Reason
from ticketcore._time import DAY_US, HOUR_US, MINUTE_US
from ticketcore._together import Apart, _kept, joint
from ticketcore._values import FrozenMap, changed
from ticketcore.conditions import TRUE, hours, sla
from ticketcore.errors import BadValue, UnknownName, WrongTicket
from ticketcore.extra import strategies
from ticketcore.extra.strategies.histories import History
from ticketcore.model import EMPTY, EventBase, MacroUsed, Notify, Outside, PolicySet, Repeat, Reply, Slot
from ticketcore.replay import Comparison, Replay, compare, moments, replay
from ticketcore.rules import Step
from ticketcore.sla import WarnAt

FA = Metric(name="fa", start=("created",), stop=("enter:answered",))
HOT = Rule(name="hot", on=["created"], when=field.subject.contains("down"), then=[Action("set_priority", "high")])
DESK = Desk(name="now", metrics=(FA,), policies=(promise(2),), rules=[HOT])
NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"


def told(kind: type[Outside], ticket: str, clock: str, day: int = 0, **given_: Any) -> Outside:
    by = ADA if kind in (Created, CustomerReplied) else MARIA
    return kind(**{"at": at(clock, day), "ticket": ticket, "by": by, **given_})


def ruled(*rules: Rule, **given_: Any) -> Desk:
    return Desk(**{"name": "trial", "metrics": (FA,), "policies": (promise(2),), "rules": rules, **given_})


HISTORY = [
    told(Created, "A", "09:00", subject="shop down"), told(Created, "B", "09:10", subject="price"), told(AgentReplied, "A", "10:00"),
    told(AgentReplied, "B", "12:00"), told(Resolved, "A", "13:00"), told(Closed, "A", "14:00"),
]  # fmt: skip


# --- by force: everything as plain data, moment by moment ----------------------------------------------------------------

_BOOKS = {"id", "desk", "version", "seen", "floor", "as_of", "time_roots", "repeats", "cause", "moment", "answers", "because", "runs",
          "cut", "key", "rule", "skipped", "schema", "slot", "event", "on"}  # fmt: skip
_SILENT = {"rule_fired", "time_reached", "action_refused"}


def stripped(data: Any) -> Any:
    if isinstance(data, dict):
        return {name: stripped(value) for name, value in data.items() if name not in _BOOKS}
    return [stripped(item) for item in data] if isinstance(data, list) else data


def seen_by(desk: Desk, script: Sequence[tuple[Outside, ...]], until: int) -> list[Any]:
    """What shows of one ticket after each of its moments, and after the time that follows, as plain data."""
    found: list[Any] = []
    ticket = None
    for moment in script:
        try:
            outcome = desk.handle(ticket, *moment, late="restamp", observe=True)
        except TicketcoreError:
            found.append("refused")
            continue
        ticket = outcome.ticket
        found.append(_shown(codec.outcome_to_data(outcome)))
    if ticket is not None:
        found.append(_shown(codec.outcome_to_data(desk.tick(ticket, until))))
    return found


def _shown(data: dict[str, Any]) -> Any:
    ticket = data["ticket"]
    slots = {name: slot["level"] for name, slot in ticket.pop("slots", {}).items()}
    for event in data["events"]:
        event["decided"] = [event.get("decided", {}).get(name) for name in ("status", "priority")]
    events = sorted(repr(stripped({**event, "by": 0})) for event in data["events"] if event["kind"] not in _SILENT)
    effects = sorted(repr(stripped(effect)) for effect in data["effects"])
    return stripped(ticket), slots, events, effects


def differing_by_force(a: Desk, b: Desk, history: Iterable[EventBase], until: int | None = None) -> set[str]:
    scripts: dict[str, list[tuple[Outside, ...]]] = {}
    for moment in moments(history):
        scripts.setdefault(moment[0].ticket, []).append(moment)
    end = max(moment[0].at_us for script in scripts.values() for moment in script) if until is None else until
    return {name for name, script in scripts.items() if seen_by(a, script, end) != seen_by(b, script, end)}


TRIALS = {
    "a condition": crowd.with_rule(11, when={"field": "requester.tier", "is_any": ["gold", "silver"]}),
    "an action": crowd.with_rule(3, then=[{"add_tag": "account"}]),
    "a time rule": crowd.with_rule(18, when=[{"field": "status", "is": "answered"}, {"since": "last_agent_reply", "at_least": "24h"}]),
    "a rule less": crowd.desk(name="trial", rules=crowd.desk_data()["rules"][:15]),
    "another order": crowd.desk(name="trial", rules=crowd.desk_data()["rules"][::-1]),
    "a name": crowd.with_rule(10, name="platinum first"),
}
PARTS = {
    "a target": crowd.desk(sla=[{"name": "standard", "hours": "support", "targets": {"first_reply": "4h"}}]),
    "a holiday": crowd.desk().with_holiday("support", "2026-09-08", "feast"),
}


@pytest.mark.parametrize("name", TRIALS)
def test_the_tickets_that_differ_are_those_found_by_force(name: str) -> None:
    history = list(crowd.history(16, spread_minutes=60 * 24 * 10))
    found = compare(crowd.desk(), TRIALS[name], history)
    assert {one.ticket for one in found.tickets} == differing_by_force(crowd.desk(), TRIALS[name], history)
    assert found.is_same == (name in {"another order", "a name"})  # tags in another order, a priority by one rule at most


@pytest.mark.parametrize("name", PARTS)
def test_so_are_they_where_more_than_rules_differs(name: str) -> None:
    history = list(crowd.history(10, spread_minutes=60 * 24 * 10))
    assert joint(crowd.desk(), PARTS[name]) is None
    found = compare(crowd.desk(), PARTS[name], history)
    assert {one.ticket for one in found.tickets} == differing_by_force(crowd.desk(), PARTS[name], history)


def test_so_are_they_among_many() -> None:
    """Ten thousand tickets, two hundred thousand events under the nightly profile: minutes, by force."""
    trial, count = TRIALS["a condition"], 10_000 if NIGHTLY else 40
    found = compare(crowd.desk(), trial, crowd.history(count))
    assert {one.ticket for one in found.tickets} == differing_by_force(crowd.desk(), trial, crowd.history(count))
    assert found.tickets


# --- the fast path is the plain one --------------------------------------------------------------------------------------

# Drawing a whole desk takes long, and each is lived through many times.
patient = settings(
    max_examples=max(8, settings().max_examples // 4),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)

# What differs, and the lean desks and histories, come by chance from a drawn number, so that each example is new: drawn choice by choice,
# most are what the one before was but for one choice, and what takes three things at a time is hardly ever met.

_TARGETS = Targets(by_level={"high": length(2)}, otherwise=length(4))
_LADDER = Escalation(
    name="up", when=field.status == "new", since="created",
    steps=[Step(after=length(hours), then=[Action("notify", to)]) for hours, to in ((1, "lead"), (3, "boss"))],
)  # fmt: skip
_RULES = [
    Rule(name="seen", then=[Action("notify", "lead")]),  # on whatever comes from outside: in other words, each step is taken apart
    Rule(name="hot", on=["created"], when=field.subject.contains("printer"), then=[Action("set_priority", "high")]),
    Rule(name="ack", on=["created", "customer_replied"], then=[Action("reply", "ack")]),
    Rule(name="vip", on=["agent_replied"], when=field.requester.tier == "gold", then=[Action("add_tag", "vip"), Action("notify", "lead")]),
    Rule(name="lead", on=["warned", "breached"], then=[Action("notify", "lead")]),
    Rule(name="due", when=sla("fa").is_("breached"), then=[Action("add_tag", "hot")]),
    Rule(name="old", when=since("created") >= "2h", then=[Action("add_tag", "calm")]),
    Rule(name="still", when=since("updated") >= "30m", then=[Action("notify", "lead")], every_us=HOUR_US, times=2),
]
_KINDS: list[tuple[type[Outside], dict[str, Any]]] = [
    *[(Noted, {})] * 2, *[(SlotSet, {"level": "high"})] * 4, (SlotSet, {"level": "low"}), (SlotCleared, {}), (CustomerReplied, {}),
    (AgentReplied, {}), (MacroUsed, {"macro": "ask"}), (TagsAdded, {"tags": ["vip"]}), (TagsAdded, {"tags": ["hot"]}),
    (TagsRemoved, {"tags": ["vip", "hot"]}), (Resolved, {}), (Closed, {}), (Deleted, {}), (Restored, {}),
    (TargetExtended, {"metric": "fa", "extra_us": HOUR_US}), (PolicySet, {"policy": "std"}),
]  # fmt: skip
_GAPS = (0, 1, 10 * MINUTE_US, 30 * MINUTE_US, HOUR_US, 2 * HOUR_US, 5 * HOUR_US, 26 * HOUR_US)


def lean_desk(chance: random.Random) -> Desk:
    """A desk with a few rules and at most two promises, on which often nothing is due: what only another would do is not hidden."""
    policies = [
        Policy(name=name, when=field.tags.has("vip") if name == "gold" else TRUE, targets={"fa": _TARGETS}, warn=_warnings(chance))
        for name in chance.choice([(), ("std",), ("gold", "std")])
    ]
    kept = [*chance.choice([_RULES[:1], []]), *chance.sample(_RULES[1:], chance.randint(0, 3))]
    ladders, ask = chance.choice([(), (), (_LADDER,)]), Rule(name="ask", then=[Action("notify", "lead")])
    rules = Rules(sets=[RuleSet(rules=kept)], escalations=ladders, macros=[ask])
    silent = Settings(silence_after=chance.choice([1000, 1000, 3]))
    priority, templates = Priority(tags={"hot": "high"}), {"ack": "by {{ due }}"}
    return Desk(metrics=(FA,), policies=policies, rules=rules, priority=priority, templates=templates, settings=silent)


def lean_history(chance: random.Random) -> History:
    """What moves clocks and levels, and what rules listen to, at once or much later."""
    now = at("09:00")
    found = [(told(Created, "", "09:00", id="e0", subject=chance.choice(["printer", ""])),)]
    for number in range(1, chance.randint(1, 7)):
        now += chance.choice(_GAPS)
        kind, given_ = chance.choice(_KINDS)
        found.append((told(kind, "", "09:00", **{**given_, "at": now, "id": f"e{number}"}),))
    return tuple(found)


def _warnings(chance: random.Random) -> tuple[WarnAt, ...]:
    texts = chance.sample(["-3h", "-2h", "-1h", "-15m", "25%", "50%", "100%", "150%", "30m", "2h"], chance.randint(0, 3))
    return tuple(map(WarnAt.parse, texts))


def trial_of(desk: Desk, chance: random.Random) -> Desk:
    """A desk whose rules, or promises, are not quite those of *desk*."""
    sets = list(desk.rules.sets) or [RuleSet()]
    ladders = list(desk.rules.escalations)
    macros = list(desk.rules.macros)
    templates = dict(desk.templates)
    policies = list(desk.policies)
    usual = [("words", "time"), ("words", "time"), ("words", "warning"), ("warning",), ("time", "warning"), ()]
    others = ["rule", "rule", "rule", "set", "ladder", "template", "macro", "policy"]
    first = chance.choice(usual)
    for number, what in enumerate([*first, *chance.choices(others, k=chance.choice([0, 0, 1, 2]) if first else 1)]):
        place = chance.randrange(len(sets))
        if what == "rule" and sets[place].rules:
            sets[place] = attrs.evolve(sets[place], rules=chance.choice(_other_rules(sets[place].rules, chance)))
        elif what == "words":  # where such a rule fires a ticket is stepped apart, and for both again from then on
            sets = [attrs.evolve(one, rules=[_in_other_words(rule) for rule in one.rules]) for one in sets]
        elif what == "time":
            sets[place] = attrs.evolve(sets[place], rules=chance.choice(_other_times(sets[place].rules, f"time {number}", chance)))
        elif what == "set":
            sets = chance.choice([sets[::-1], [attrs.evolve(one, name=one.name + "!") for one in sets], sets[1:] or sets])
        elif what == "ladder" and ladders:
            steps = [attrs.evolve(step, then=[*step.then, Action("add_tag", "hot")]) for step in ladders[0].steps]
            ladders = chance.choice([[], [attrs.evolve(ladders[0], steps=steps)], [attrs.evolve(ladders[0], enabled=False)]])
        elif what == "template":
            templates = {name: text + "!" for name, text in templates.items()}
        elif what == "macro" and macros:
            macros = [attrs.evolve(macros[0], then=[*macros[0].then, chance.choice([Action("notify", "boss"), *macros[0].then])])]
        elif policies and what in ("policy", "warning"):
            which = chance.randrange(len(policies))
            policies[which] = chance.choice(
                _other_promises(policies[which]) if what == "policy" else _warned_otherwise(policies[which], chance)
            )
    return desk.evolve(name="trial", templates=templates, policies=policies, rules=Rules(sets=sets, escalations=ladders, macros=macros))


def _in_other_words(rule: Rule) -> Rule:
    return rule if rule.is_timed else attrs.evolve(rule, when=rule.when & field.status.is_set())


def _other_promises(policy: Policy) -> list[Policy]:
    sooner = {metric: Targets(otherwise=length(1)) for metric in policy.targets}
    return [
        attrs.evolve(policy, targets=sooner), attrs.evolve(policy, targets={}), attrs.evolve(policy, warn=(WarnAt.parse("50%"),)),
        attrs.evolve(policy, keep_used=not policy.keep_used), attrs.evolve(policy, hours="24x7"),
        attrs.evolve(policy, due_at="closing" if policy.due_at == "next_opening" else "next_opening"),
    ]  # fmt: skip


def _warned_otherwise(policy: Policy, chance: random.Random) -> list[Policy]:
    """Other warnings, more, fewer, or the same in another order."""
    other = _warnings(chance)
    fewer = [policy.warn[:place] + policy.warn[place + 1 :] for place in range(len(policy.warn))]
    more = tuple(dict.fromkeys((*other, *policy.warn)))
    return [attrs.evolve(policy, warn=warn) for warn in (other, more, more, policy.warn[::-1], *fewer)]


def _other_times(rules: Sequence[Rule], name: str, chance: random.Random) -> list[Sequence[Rule]]:
    """The rules with one time rule more or less, or with one that waits for another instant or fires more often."""
    when = since(chance.choice(["created", "updated", "status_since"])) >= chance.choice(["1m", "30m", "2h", "4h", "24h"])
    more = Rule(name=name, when=when, then=[chance.choice([Action("notify", "boss"), Action("add_tag", "calm")])])
    changes: list[Sequence[Rule]] = [[more, *rules], [*rules, more]]
    for place, rule in enumerate(rules):
        if rule.is_timed:
            others = [[], [attrs.evolve(rule, when=when)]]
            if rule.every_us is not None:
                others.append([attrs.evolve(rule, times=rule.times + 1)])
            changes += [[*rules[:place], *other, *rules[place + 1 :]] for other in others]
    return changes


def _other_rules(rules: Sequence[Rule], chance: random.Random) -> list[Sequence[Rule]]:
    place = chance.randrange(len(rules))
    rule, rest = rules[place], [*rules[:place], *rules[place + 1 :]]
    others = [
        attrs.evolve(rule, name=rule.name + "!"), attrs.evolve(rule, enabled=not rule.enabled), attrs.evolve(rule, stop=not rule.stop),
        attrs.evolve(rule, then=[*rule.then, Action("add_tag", "calm")]), attrs.evolve(rule, then=[*rule.then, Action("notify", "boss")]),
        attrs.evolve(rule, then=rule.then[1:]),
    ]  # fmt: skip
    if not rule.is_timed:
        others += [attrs.evolve(rule, when=rule.when & field.tags.has("vip")), attrs.evolve(rule, when=~rule.when)]
    return [rest, [*rest, rule], [rule, *rest], *([*rest[:place], other, *rest[place:]] for other in others)]


@st.composite
def compared_desks(draw: st.DrawFn) -> tuple[Desk, Desk, list[EventBase]]:
    desk, chance = draw(strategies.desks()), random.Random(draw(_SEEDS))
    pair = [desk, trial_of(desk, chance)]
    a, b = chance.sample(pair, 2)
    return a, b, flat(draw(strategies.histories(chance.choice(pair))), "T-1")


_SEEDS = st.integers(0, 2**64)


def log_of(desk: Desk, history: Iterable[EventBase], until: int) -> list[EventBase]:
    """What a desk would have stored of it."""
    run, log = Replay(desk, late="restamp", observe=True), list[EventBase]()
    for moment in moments(history):
        with suppress(TicketcoreError):
            log += run.feed(*moment).events
    return log + [event for outcome in run.settle(until) for event in outcome.events]


def flat(history: History, name: str) -> list[EventBase]:
    """A history as one stream, its moments named."""
    return [
        changed(event, moment=f"m{number}", ticket=name)
        for number, moment in enumerate(history) for event in moment
    ]  # fmt: skip


@patient
@given(compared_desks())
def test_stepped_together_or_apart_or_by_force_it_is_the_same_comparison(given_: tuple[Desk, Desk, list[EventBase]]) -> None:
    _is_the_same_comparison(*given_)


@settings(max_examples=2 * settings().max_examples)
@given(_SEEDS)
def test_so_it_is_on_desks_on_which_little_else_is_due(seed: int) -> None:
    chance = random.Random(seed)
    desk = lean_desk(chance)
    a, b = chance.sample([desk, trial_of(desk, chance)], 2)
    _is_the_same_comparison(a, b, flat(lean_history(chance), "T-1"))


def _is_the_same_comparison(a: Desk, b: Desk, history: Sequence[EventBase]) -> None:
    until = history[-1].at_us + 3 * DAY_US
    for end in (None, until):
        fast, plain = (compared(a, b, history, both, until=end) for both in (joint(a, b), None))
        assert fast == plain
        assert str(fast) == str(plain)
        assert {one.ticket for one in fast.tickets} == differing_by_force(a, b, history, end)
    ordered = sorted(history, key=lambda event: event.at_us)
    assert compared(a, b, ordered, joint(a, b), until=until, keep="open") == compared(a, b, ordered, None, until=until, keep="open")
    log = log_of(a, history, until)
    assert compared(a, b, log, joint(a, b), until=until, recorded=True) == compared(a, b, log, None, until=until)
    for both in (joint(a, a), None):
        same = compared(a, a, history, both, until=until)
        assert same.is_same
        assert same.listed == ()
        assert same.a == same.b


@st.composite
def tickets_that_answer_each_other(draw: st.DrawFn) -> tuple[Desk, Desk, list[EventBase]]:
    """A few tickets by turns, in which events answer effects that some ticket may have sent before, may send later, or never."""
    child = Rule(name="child", on=["noted"], then=[Action("create_child", "a part"), Action("notify", "lead")])
    other = attrs.evolve(child, name="part", then=draw(st.sampled_from([child.then, child.then[:1], child.then[1:]])))
    a, b = ruled(HOT, child), draw(st.sampled_from([ruled(HOT), ruled(HOT, other), ruled(child), ruled(HOT, child)]))
    names = draw(st.lists(st.sampled_from(["A", "A/1", "B"]), min_size=4, max_size=12))
    history: list[EventBase] = []
    seen: Counter[str] = Counter()
    for minute, name in enumerate(names):
        kind = draw(st.sampled_from([Noted, Noted, Noted, CustomerReplied, Resolved])) if seen[name] else Created
        seen[name] += 1
        asked = [f"{event.ticket}/{event.id}/child/0" for event in history if event.kind == "noted"]
        later = f"{draw(st.sampled_from(names))}/{draw(st.integers(2, 4))}/child/0"
        answers = draw(st.sampled_from(["", "", "", *asked[-2:], later, later.replace("child", "part")])) if seen[name] > 1 else ""
        history.append(told(kind, name, f"09:{minute:02}", id=str(seen[name]), answers=answers))
    return a, b, history


@given(tickets_that_answer_each_other(), st.integers(2, 9))
def test_read_ahead_ticket_by_ticket_it_is_the_same_comparison(given_: tuple[Desk, Desk, list[EventBase]], ahead: int) -> None:
    a, b, history = given_
    with pytest.MonkeyPatch.context() as patch:
        for both in (joint(a, b), None):
            for recorded, read in ((False, history), (True, log_of(a, history, at("09:20")))):
                found = []
                for at_once in (1, ahead, 16_384):
                    patch.setattr(_moments, "AT_ONCE", at_once)
                    found.append(compared(a, b, read, both, until=at("20:00"), recorded=recorded))
                assert found[0] == found[1] == found[2]


def test_an_answer_to_what_only_the_first_desk_asked_of_another_ticket_is_dropped_from_its_log_too() -> None:
    """Also where the ticket differs already, so that the second desk alone takes the moment."""
    child = Rule(name="child", on=["noted"], then=[Action("create_child", "a part")])
    tag = Rule(name="tag", on=["tags_added"], then=[Action("set_priority", "high")])
    begun = [told(Created, name, "09:00", id="c") for name in "AB"]
    asked = [told(Noted, "A", "09:10", id="n"), told(CustomerReplied, "B", "09:20", id="e", answers="A/n/child/0")]
    for other, dropped in ((ruled(child, tag), 0), (ruled(tag), 1)):
        for more in ([], [told(TagsAdded, "B", "09:05", id="t", tags=["x"])]):
            log = log_of(ruled(child), [*begun, *more, *asked], at("20:00"))
            found = compare(ruled(child), other, log, recorded=True, until=at("20:00"))
            assert found == compared(ruled(child), other, log, None, until=at("20:00"))
            assert (found.a.dropped, found.b.dropped) == (0, dropped)


def test_of_a_ticket_that_is_known_to_differ_only_the_second_desk_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    from ticketcore._compare import _Run

    stepped = Counter[int]()
    alone = _Run._take_alone

    def counted(run: _Run, pair: Any, side: int, *rest: Any) -> Any:
        stepped[side] += 1
        return alone(run, pair, side, *rest)

    monkeypatch.setattr(_Run, "_take_alone", counted)
    log = log_of(DESK, HISTORY, at("20:00"))
    assert [one.ticket for one in compare(DESK, ruled(), log, recorded=True).tickets] == ["A"]
    assert stepped == {0: 2, 1: 5}  # both when it is created and at the end, the second alone three times in between


def test_a_log_is_read_step_by_step() -> None:
    log = log_of(DESK, HISTORY[1:2], at("20:00"))
    found = [([event.kind for event in moment], [event.kind for event in events]) for moment, events in steps(log, DESK.fingerprint)]
    assert found == [(["created"], ["created", "policy_applied", "clock_started"]), ([], ["breached"])]


def test_effort_is_what_agents_did_and_what_is_asked_of_staff() -> None:
    asked = [("reply", "ack"), ("notify", "requester"), ("webhook", "hook"), ("notify", "lead"), ("route", "sales")]
    desk = ruled(Rule(name="all", on=["noted"], then=[Action(*one) for one in asked]), templates={"ack": "we are on it"})
    history = [told(Created, "A", "09:00"), told(CustomerReplied, "A", "09:10"), told(Noted, "A", "09:20")]
    found = compare(desk, desk, history)
    assert found.a.effects == {"reply": 1, "notify": 2, "webhook": 1, "route": 1}
    assert found.a.effort == 3  # the note, the lead's notice, the route


def test_a_dropped_event_leaves_the_ticket_as_it_was() -> None:
    ask = Rule(name="ask", on=["noted"], then=[Action("create_child", "a part")])
    history = [
        told(Created, "A", "09:00"), told(Created, "B", "09:00"), told(Noted, "B", "09:10", id="n"),
        told(SlotSet, "A", "09:20", level="high", answers="B/n/ask/0"),
    ]  # fmt: skip
    dropped = compare(ruled(ask), ruled(), history).ticket("A")
    assert dropped.first_difference.changed["priority"] == dropped.ends["priority"] == ("high", "low")


def test_what_is_told_stands_in_the_order_of_the_history() -> None:
    lead = Rule(name="lead", on=["noted"], then=[Action("notify", "lead")])
    history = [told(Created, name, "09:00", id="1") for name in "AB"]
    for minute, name in enumerate("BA", 1):
        history.append(told(Noted, name, f"09:0{minute}", id="2"))
        history.append(told(CustomerReplied, name, f"09:0{minute}", id="3", answers=f"{name}/2/lead/0"))
    found = compare(ruled(lead), ruled(), history, until=at("20:00"))
    assert [one.ticket for one in found.tickets] == [one.ticket for one in found.listed] == ["B", "A"]


def test_a_history_is_read_ahead_ticket_by_ticket(monkeypatch: pytest.MonkeyPatch) -> None:
    def order(*steps: str) -> str:
        read = (tuple(step.partition("<")[::2]) for step in steps)
        return " ".join(f"{place}{step[0]}" for place, step in ticket_by_ticket(read, answering))

    def answering(step: tuple[str, ...]) -> tuple[str, tuple[Outside, ...]]:
        return step[0], (Noted(at=0, answers=step[1]),)

    assert order("A", "B", "A", "C", "B") == "0A 2A 1B 4B 3C"
    assert order("A", "B<A/1/x/0", "A", "B") == "0A 1B 3B 2A"  # B is not asked before A has sent it, and goes on from there
    assert order("A", "B", "A", "B<B/1/x/0", "A") == "0A 2A 4A 1B 3B"  # an answer to what it sent itself
    assert order("A", "B<A/1/x/0", "C<A/1/x/0", "B<A/1/x/0") == "0A 1B 2C 3B"  # what A lives through before each is told in this order
    assert order("A/1", "A", "A/1", "A<A/1/x/0", "A/1") == "0A/1 2A/1 1A 3A 4A/1"  # it may be of A or of A/1
    monkeypatch.setattr(_moments, "AT_ONCE", 3)
    assert order("A", "B", "A", "B", "A") == "0A 2A 1B 3B 4A"


# --- what is said ----------------------------------------------------------------------------------------------------


def test_the_first_difference_names_the_event_the_rule_and_what_it_did() -> None:
    wider = ruled(attrs.evolve(HOT, when=field.subject.contains("down", "price")))
    found = compare(DESK, wider, HISTORY)
    (one,) = found.tickets
    assert one.ticket == "B"
    first = one.first_difference
    assert first.moment == "created"
    assert first.at == HISTORY[1].at
    assert first.reason == Reason(
        kind="rule", name="hot", a="when subject contains 'down'", b="when subject contains 'down', 'price'",
    )  # fmt: skip
    assert first.changed["priority"] == ("low", "high")
    assert first.decision_a is None
    assert isinstance(first.decision_b, SlotSet)
    assert found.reasons() == {("rule", "hot"): 1}
    assert found.ticket("B") is one
    with pytest.raises(WrongTicket, match="ticket 'A' does not differ"):
        found.ticket("A")


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        ([], ("when subject contains 'down'", "no such rule")),
        ([attrs.evolve(HOT, enabled=False)], ("fired", "not enabled")),
        ([attrs.evolve(HOT, then=[Action("set_priority", "urgent")])], ("then set_priority high", "then set_priority urgent")),
        ([attrs.evolve(HOT, on=["agent_replied"])], ("on created", "on agent_replied")),
        (
            [attrs.evolve(HOT, then=(), stop=True, automatic=True)],
            ("then set_priority high; then goes on; not for", "then nothing; then stops its set; also for automatic messages"),
        ),
        ([Rule(name="first", on=["created"], stop=True), HOT], ("fired", "held back: 'first' above it stopped the set")),
        ([Rule(name="first", on=["created"], then=[Action("set_field", "subject", {"to": "?"})]), HOT], ("no such rule", "fired")),
    ],
)  # fmt: skip
def test_each_side_of_a_rule_is_told(rules: list[Rule], reason: tuple[str, str]) -> None:
    (one,) = compare(DESK, ruled(*rules), HISTORY[:1]).tickets
    told_ = one.first_difference.reason
    assert told_.kind == "rule"
    assert reason[0] in told_.a
    assert reason[1] in told_.b


def test_a_rule_that_differs_only_in_how_it_ends_its_set_is_told_so() -> None:
    a = ruled(attrs.evolve(HOT, then=[Action("add_tag", "x")]), Rule(name="more", on=["created"], then=[Action("add_tag", "y")]))
    b = ruled(attrs.evolve(HOT, then=[Action("add_tag", "x")], stop=True), *a.rules.sets[0].rules[1:])
    (one,) = compare(a, b, HISTORY[:1]).tickets
    assert one.first_difference.reason.name == "more"
    assert one.first_difference.reason.b == "held back: 'hot' above it stopped the set"


def test_a_rule_held_back_by_another_condition_of_the_ticket_is_told_so() -> None:
    late = Rule(name="late", on=["tags_added"], when=field.priority == "high", then=[Action("notify", "lead")])
    a = ruled(HOT, late)
    b = ruled(attrs.evolve(HOT, then=[Action("set_priority", "urgent")]), late)
    history = [*HISTORY[:1], told(TagsAdded, "A", "09:30", tags=["x"])]
    found = compare(a, b, history)
    assert found.tickets[0].first_difference.reason.name == "hot"  # the first, not the last
    assert (found.a.effects, found.b.effects) == ({"notify": 1}, {})
    assert found.tickets[0].effects == (1, 0)
    silent = compare(ruled(late, HOT), ruled(attrs.evolve(late, then=[Action("notify", "boss")]), HOT), history)
    assert silent.tickets[0].first_difference.reason.name == "late"
    assert isinstance(silent.tickets[0].first_difference.decision_a, Notify)


def test_a_promise_that_differs_names_its_policy() -> None:
    found = compare(DESK, DESK.evolve(name="slow", policies=(promise(4),)), HISTORY)
    first = found.tickets[0].first_difference
    assert first.reason == Reason(
        kind="policy", name="std", a="std promises 2h in hours '24x7' for fa", b="std promises 4h in hours '24x7' for fa"
    )
    assert (found.a.breaches, found.b.breaches) == ({"fa": 1}, {})
    assert (found.a.late, found.b.met) == ({"fa": 1}, {"fa": 2})
    assert [one.breaches for one in found.tickets] == [(0, 0), (1, 0)]


def test_a_rule_that_did_not_hold_is_told_with_its_condition() -> None:
    greet = Rule(name="greet", on=["created"], when=hours("day").is_open(), then=[Action("notify", "lead")])
    a = ruled(greet, hours={"day": crowd.desk().hours["support"]})
    (one,) = compare(a, a.with_holiday("day", "2026-11-23", "feast"), [told(Created, "A", "09:00")]).tickets
    assert one.first_difference.reason == Reason(
        kind="rule", name="greet", a="fired, when hours 'day' are open", b="did not hold, when hours 'day' are open"
    )


def test_another_policy_is_named_and_so_is_none() -> None:
    found = compare(DESK, DESK.evolve(policies=(promise(2, "other"),)), HISTORY[:1])
    assert found.tickets[0].first_difference.reason.a == "std"
    assert found.tickets[0].first_difference.reason.b == "other"
    found = compare(DESK, DESK.evolve(policies=()), HISTORY[:1])
    assert found.tickets[0].first_difference.reason == Reason(kind="policy", name="std", a="std", b="no policy")


def test_hours_that_differ_show_when_the_promise_breaks() -> None:
    history = [told(Created, "A", "09:00"), told(Noted, "A", "09:00", 3)]
    a = Desk(
        metrics=(FA,),
        policies=(Policy(name="std", hours="day", targets={"fa": Targets(otherwise=length(10))}),),
        hours={"day": crowd.desk().hours["support"]},
    )
    b = a.with_holiday("day", "2026-11-24", "feast")
    (one,) = compare(a, b, history).tickets
    first = one.first_difference
    assert first.reason.kind == "policy"
    assert first.reason.a == "std promises 10h in hours 'day' for fa; hours 'day' differ"
    assert one.ends == first.changed
    assert first.changed["fa.breached_us"][0] is not None
    assert first.moment == "time"
    assert "breached metric fa policy std target 10h due 2026-11-24T11:00:00Z | breached" in str(first)
    warned = attrs.evolve(a.policies[0], warn=(WarnAt.parse("-1h"),))
    (one,) = compare(a, a.evolve(policies=(warned,)), history).tickets
    assert one.first_difference.reason.b.endswith("for fa; metric or policy differs")


def test_another_lifecycle_and_another_matrix_are_named() -> None:
    other = DESK.evolve(lifecycle=Lifecycle(moves={"new": {"agent_replies": Move(to="open")}}))
    first = compare(DESK, other, HISTORY).tickets[0].first_difference
    assert first.reason == Reason(
        kind="lifecycle", name="agent_replies", a="new -> answered by agent_replies", b="new -> open by agent_replies"
    )
    first = compare(DESK.evolve(rules=()), DESK.evolve(rules=(), priority=Priority(tags={"x": "urgent"})), [
        told(Created, "A", "09:00", tags=["x"])
    ]).tickets[0].first_difference  # fmt: skip
    assert first.reason == Reason(kind="priority", a="low by default", b="urgent by tags")
    history = [told(Created, "A", "09:00"), told(TagsAdded, "A", "09:30", tags=["x"])]
    first = compare(DESK, DESK.evolve(priority=Priority(tags={"x": "urgent"})), history).tickets[0].first_difference
    assert first.reason == Reason(kind="priority", a="nothing", b="urgent by tags")


def test_the_same_things_in_another_order_differ_only_if_the_ticket_does() -> None:
    one = Rule(name="one", on=["created"], then=[Action("set_field", "subject", {"to": "1"})])
    two = Rule(name="two", on=["created"], then=[Action("set_field", "subject", {"to": "2"})])
    (found,) = compare(ruled(one, two), ruled(two, one), HISTORY[:1]).tickets
    assert found.first_difference.reason.kind == "order"
    assert found.first_difference.changed == {"subject": ("2", "1")}
    tags = [Rule(name=name, on=["created"], then=[Action("add_tag", name)]) for name in "xy"]
    assert compare(ruled(*tags), ruled(*tags[::-1]), HISTORY).is_same


def test_a_postponement_ends_alike_on_both() -> None:
    history = [told(Created, "A", "09:00"), told(Postponed, "A", "09:10", until=at("10:00")), told(Noted, "A", "12:00")]
    assert compared(DESK, DESK, history, None).is_same
    late = ruled(HOT, Rule(name="back", on=["woken"], then=[Action("notify", "lead")]))
    (one,) = compare(DESK, late, history).tickets
    assert isinstance(one.first_difference.decision_b, Notify)


def test_renamed_rules_and_sets_make_no_difference() -> None:
    renamed = Desk(
        name="now", metrics=(FA,), policies=(promise(2),), rules=[RuleSet(name="intake", rules=[attrs.evolve(HOT, name="heat")])]
    )
    found = compare(DESK, renamed, HISTORY)
    assert found.is_same
    assert (found.a.rules, found.b.rules) == ({"hot": 1}, {"heat": 1})


def test_a_silent_desk_is_told() -> None:
    tick = Rule(name="tick", when=since("created") >= "1h", then=[Action("add_tag", "x")], every_us=HOUR_US, times=5)
    a, b = ruled(tick, settings=Settings(silence_after=3)), ruled(tick, settings=Settings(silence_after=9))
    found = compare(a, b, [told(Created, "A", "09:00")], until=at("20:00"))
    assert found.tickets[0].first_difference.reason == Reason(kind="moment", name="silenced", a="recorded", b="nothing")


# --- what one of them does not do ----------------------------------------------------------------------------------------


def test_the_echo_of_an_effect_that_was_not_sent_is_dropped() -> None:
    ack = Rule(name="ack", on=["created"], then=[Action("reply", "ack")])
    a, b = (ruled(*rules, templates={"ack": "we are on it"}) for rules in ([ack], []))
    key = next(iter(a.handle(None, *HISTORY[:1]).effects)).key
    echo = told(AgentReplied, "A", "09:01", answers=key)
    found = compare(a, b, [HISTORY[0], echo])
    assert (found.a.dropped, found.b.dropped, found.a.events, found.b.events) == (0, 1, 2, 1)
    assert [str(one) for one in found.listed] == [
        f"2026-11-23T09:01:00Z A agent_replied: dropped by desk b: it answers {key!r}, which was not sent"
    ]
    assert isinstance(found.tickets[0].first_difference.decision_a, Reply)
    renamed = ruled(attrs.evolve(ack, name="receipt"), templates=a.templates)
    found = compare(a, renamed, [HISTORY[0], echo])
    assert found.is_same  # the same was sent, under another key
    assert (found.a.dropped, found.b.dropped) == (0, 0)
    assert compare(renamed, a, [HISTORY[0], echo]).is_same
    nowhere = compare(a, a, [HISTORY[0], told(AgentReplied, "A", "09:01", answers="T/9/x/0")])
    assert (nowhere.a.dropped, nowhere.b.dropped, nowhere.is_same) == (1, 1, True)
    other = ruled(attrs.evolve(ack, then=[Action("notify", "lead")]), templates=a.templates)
    assert compare(a, other, [HISTORY[0], echo]).b.dropped == 1


@pytest.mark.parametrize("keep", ["all", "open"])
def test_the_echo_of_what_time_brought_is_taken(keep: str) -> None:
    """A breach sends a reply, and nothing but the echo of it comes after."""
    sorry = Rule(name="sorry", on=["breached"], then=[Action("reply", "ack")])
    a, other = (ruled(*rules, templates={"ack": "sorry"}) for rules in ([sorry], []))
    history = [told(Created, "A", "09:00", id="c"), told(AgentReplied, "A", "11:30", id="r", answers="A/breached/fa/1/2h/sorry/0")]
    log = [event for outcome in replay(a, history) for event in outcome.events]
    for b, dropped in ((a, 0), (other, 1)):
        for found in (
            compare(a, b, history, keep=keep), compared(a, b, history, None, keep=keep), compare(a, b, log, keep=keep, recorded=True),
        ):  # fmt: skip
            assert (found.a.dropped, found.b.dropped, found.a.events) == (0, dropped, 2)


OVER = [
    told(Created, "A/1", "09:00", id="c"), told(Resolved, "A/1", "09:10", id="r"), told(Closed, "A/1", "09:20", id="x"),
    told(CustomerReplied, "A/1", "09:30", id="late"),
]  # fmt: skip


def follow_up(key: str) -> list[Outside]:
    return [*OVER, told(Created, "A/1-F", "09:30", answers=key, id="f"), told(AgentReplied, "A/1-F", "09:50", id="g")]


@pytest.mark.parametrize("together", [True, False])
def test_a_ticket_that_another_asked_for_is_there_under_both_desks(*, together: bool) -> None:
    """A follow-up, or a child, answers an effect of the ticket it comes from."""
    (effect,) = list(replay(DESK, OVER))[-1].effects
    history = follow_up(effect.key)
    both = joint(DESK, ruled(HOT)) if together else None
    found = compared(DESK, ruled(HOT), history, both)
    assert (found.a.dropped, found.b.dropped, found.a.tickets, found.b.tickets, found.is_same) == (0, 0, 2, 2, True)
    assert found.a.events == len(history)
    log = [event for outcome in replay(DESK, history) for event in outcome.events]
    assert compare(DESK, ruled(HOT), log, recorded=True) == compare(DESK, ruled(HOT), log)
    nobody = compare(DESK, ruled(HOT), follow_up("A/1/late/none"))
    assert (nobody.a.dropped, nobody.b.dropped, nobody.a.tickets) == (1, 1, 1)


@pytest.mark.parametrize("together", [True, False])
def test_what_a_forgotten_ticket_asked_for_is_there_under_both_desks(*, together: bool) -> None:
    bare, other = (
        ruled(*rules, metrics=(), policies=()) for rules in ((), (HOT,))
    )  # nothing is due on what is closed, so that it is forgotten at once
    (effect,) = list(replay(bare, OVER))[-1].effects
    both = joint(bare, other) if together else None
    found = compared(bare, other, follow_up(effect.key), both, keep="open")
    assert (found.forgotten, found.a.dropped, found.b.dropped, found.a.tickets, found.b.tickets) == (1, 0, 0, 2, 2)  # the late reply
    own = [told(Created, "A/1", "09:00", id="c"), told(Noted, "A/1", "09:10", answers="A/1/c/none/0")]
    found = compared(bare, other, own, both, keep="open")
    assert (found.forgotten, found.a.dropped, found.b.dropped) == (0, 1, 1)


def test_a_child_that_one_desk_did_not_ask_for_is_dropped_by_that_one() -> None:
    child = Rule(name="child", on=["noted"], then=[Action("create_child", "order a part")])
    a, b, renamed = ruled(child), ruled(), ruled(attrs.evolve(child, name="part"))
    history = [
        told(Created, "A", "09:00", id="c"), told(Noted, "A", "09:10", id="n"), told(Created, "B", "09:10", answers="A/n/child/0"),
        told(AgentReplied, "B", "09:20"), told(TagsAdded, "B", "09:30", tags=["x"]),
    ]  # fmt: skip
    found = compare(a, b, history)
    assert (found.a.dropped, found.b.dropped, found.a.tickets, found.b.tickets) == (0, 1, 2, 1)
    assert compare(a, renamed, history).is_same
    assert compare(renamed, a, [*history[:2], changed(history[2], answers="A/n/part/0"), *history[3:]]).is_same
    log = [event for outcome in replay(a, history) for event in outcome.events]
    for other in (b, renamed):
        assert compare(a, other, log, recorded=True) == compare(a, other, log)


@pytest.mark.parametrize("keep", ["all", "open"])
def test_a_child_that_time_asked_for_is_there_under_the_desk_that_asked(keep: str) -> None:
    """Nothing else has happened to the ticket that asks, when the child is created."""
    child = Rule(name="child", when=since("created") >= "1h", then=[Action("create_child", "order a part")])
    a, b = (ruled(*rules, metrics=(), policies=()) for rules in ((child,), ()))
    (effect,) = a.tick(a.handle(None, told(Created, "A", "09:00", id="c")).ticket, at("12:00")).effects
    history = [
        told(Created, "A", "09:00", id="c"), told(Created, "B", "10:30", answers=effect.key, id="d"),
        told(AgentReplied, "B", "10:50", id="e"), told(Noted, "A", "12:00", id="n"),
    ]  # fmt: skip
    for both in (joint(a, b), None):
        found = compared(a, b, history, both, keep=keep)
        assert (found.a.dropped, found.b.dropped, found.a.tickets, found.b.tickets) == (0, 1, 2, 1)
        same = compared(a, a, history, joint(a, a) if both else None, keep=keep)
        assert (same.a.dropped, same.a.tickets, same.is_same) == (0, 2, True)
        log = [event for outcome in replay(a, history) for event in outcome.events]
        again = compare(a, b, log, recorded=True, keep=keep)
        assert (again.a.dropped, again.b.dropped, again.a.tickets, again.b.tickets) == (0, 1, 2, 1)


def test_a_reply_that_is_forwarded_comes_to_the_ticket_it_is_forwarded_to() -> None:
    sent = Rule(name="lead", on=["created"], when=field.channel == "chat", then=[Action("notify", "lead")])
    history = [
        told(Created, "A", "09:00", id="c", channel="chat"), told(Created, "B", "09:05", id="d"),
        told(Merged, "A", "09:10", id="m", into="B"), told(CustomerReplied, "A", "09:30", id="late"),
        told(CustomerReplied, "B", "09:30", id="e", answers="A/late/divert/late"),
    ]  # fmt: skip
    for other in (ruled(), ruled(sent)):
        found = compare(ruled(name="now"), other, history)
        assert (found.a.dropped, found.b.dropped, found.a.events) == (0, 0, 5)
        log = [event for outcome in replay(ruled(name="now"), history) for event in outcome.events]
        assert compare(ruled(name="now"), other, log, recorded=True) == compare(ruled(name="now"), other, log)


def test_a_dropped_echo_may_be_the_whole_or_a_part_of_a_moment() -> None:
    ack = Rule(name="ack", on=["created"], then=[Action("reply", "ack")])
    a = ruled(ack, templates={"ack": "we are on it"})
    key = "A/c/ack/0"
    history = [
        told(Created, "A", "09:00", id="c"), told(AgentReplied, "A", "09:05", answers=key, moment="m", id="1"),
        told(TagsAdded, "A", "09:05", tags=["x"], moment="m", id="2"),
    ]  # fmt: skip
    for both in (joint(a, ruled()), None):
        found = compared(a, ruled(), history, both)
        assert (found.a.dropped, found.b.dropped, found.b.events) == (0, 1, 2)
    apart = compared(ruled(), ruled(), history, None)
    assert (apart.a.dropped, apart.is_same) == (1, True)
    together = compare(ruled(), ruled(), history)
    assert together == apart


def test_moves_that_one_desk_refuses_are_observed_and_listed() -> None:
    strict = DESK.evolve(lifecycle=Lifecycle(moves={"answered": {"resolve": None}}))
    found = compare(DESK, strict, HISTORY)
    assert [(one.desk, one.what, one.ticket, one.kind) for one in found.listed] == [("b", "observed", "A", "resolved")]
    assert (found.a.observed, found.b.observed) == (0, 1)
    assert found.tickets[0].first_difference.changed["deviations"] == (0, 1)
    assert found.a.statuses == {"answered": 1, "closed": 1}


def test_what_a_desk_cannot_take_at_all_is_refused_and_listed() -> None:
    known = DESK.evolve(fields={"site": FieldType(kind="text")})
    history = [HISTORY[0], told(FieldSet, "A", "09:30", name="site", value="x")]
    found = compare(DESK, known, history)
    assert [(one.desk, one.what, one.kind) for one in found.listed] == [("a", "refused", "field_set")]
    assert found.listed[0].reason.startswith("undeclared field 'site'")
    assert found.tickets[0].first_difference.reason.a.startswith("refused: undeclared field 'site'")
    assert (found.a.refused, found.b.refused) == (1, 0)
    both = compare(DESK, DESK.evolve(policies=(promise(4),)), history)
    assert (both.a.refused, both.b.refused, both.listed) == (1, 1, ())
    assert compare(DESK, DESK, history).a.refused == 1
    assert compared(DESK, DESK, history, None).b.refused == 1


def test_a_ticket_that_one_desk_cannot_even_create() -> None:
    grouped = DESK.evolve(groups=("sales",))
    history = [told(Created, "A", "09:00", group="support"), told(Noted, "A", "09:30")]
    found = compare(DESK, grouped, history)
    assert (found.a.tickets, found.b.tickets, found.b.refused) == (1, 0, 2)
    assert (found.tickets[0].ends, found.tickets[0].first_difference.moment) == ({}, "created")
    assert compare(grouped, grouped, history).a.tickets == 0
    assert compare(grouped, grouped, history, keep="open").a.tickets == 0
    assert compare(grouped, DESK, history, keep="open").b.tickets == 1


# --- the stream --------------------------------------------------------------------------------------------------------


def test_time_goes_on_to_the_last_instant_or_to_until() -> None:
    old = Rule(name="old", when=since("created") >= "3h", then=[Action("add_tag", "old")])
    history = [*HISTORY[:2], told(Noted, "B", "12:00")]
    found = compare(DESK, ruled(HOT, old), history)
    assert [one.ticket for one in found.tickets] == ["A"]
    assert found.tickets[0].first_difference.moment == "time"
    assert found.until == history[-1].at
    assert [one.ticket for one in compare(DESK, ruled(HOT, old), history, until=at("13:00")).tickets] == ["A", "B"]
    assert compare(DESK, ruled(), []).until is None


def test_over_tickets_may_be_forgotten_and_what_comes_later_is_counted() -> None:
    history = [*HISTORY, told(CustomerReplied, "A", "15:00"), told(Created, "C", "16:00"), told(Deleted, "C", "17:00")]
    found = compare(DESK, ruled(), history, keep="open")
    assert (found.forgotten, found.a.tickets, found.a.priorities) == (1, 3, {"high": 1, "low": 2})
    assert "1 events of tickets that were over were passed over" in str(found)
    assert [one.ticket for one in found.tickets] == ["A"]
    whole = compare(DESK, ruled(), history)
    assert (whole.forgotten, whole.a.tickets, whole.a.effects) == (0, 3, {"create_follow_up": 1})
    same = compare(DESK, DESK, history, keep="open")
    assert (same.forgotten, same.a.statuses) == (1, {"answered": 1, "closed": 1, "deleted": 1})


def test_a_finished_ticket_is_kept_while_something_is_due_for_it() -> None:
    tidy = Rule(name="tidy", when=(field.category == "closed") & (since("closed_at") >= "1h"), then=[Action("notify", "archive")])
    history = [*HISTORY, told(Created, "C", "16:00")]
    found = compare(DESK, ruled(HOT, tidy), history, keep="open")
    assert (found.a.effects, found.b.effects) == ({}, {"notify": 1})
    found = compare(ruled(HOT, tidy), ruled(HOT, tidy), history, keep="open")
    assert found.a.effects == {"notify": 1}


def test_memory_is_bounded_by_the_open_tickets() -> None:
    """A stream of many tickets, few open at once, closed by people or by a rule: what the run holds does not grow."""
    from ticketcore._compare import _Run

    close = Rule(name="close", when=(field.status == "resolved") & (since("resolved_at") >= "24h"), then=[Action("close")])
    a, b = ruled(HOT, close), ruled(close)
    run = _Run(a, b, joint(a, b), keep_all=False)
    history: list[EventBase] = []
    for number in range(90):
        history += [told(Created, f"T-{number}", "09:00", number, subject="down" if number % 2 else ""),
                    told(Resolved, f"T-{number}", "10:00", number)]  # fmt: skip
        if number % 3 == 0:
            history.append(told(Closed, f"T-{number}", "11:00", number))
    held = []
    for moment in moments(history):
        run.feed(moment)
        held.append(len(run.pairs))
    assert max(held) <= 3
    assert len(run.wakes) <= 6
    open_only = compare(a, b, history, keep="open", until=at("23:00", 99))
    whole = compare(a, b, history, until=at("23:00", 99))
    assert (open_only.tickets, open_only.sums()) == (whole.tickets, whole.sums())
    assert whole.a.statuses == {"closed": 90}


def test_a_stream_that_forgets_is_in_order_of_time() -> None:
    with pytest.raises(BadValue, match='keep="open" reads a history in order of time'):
        compare(DESK, DESK, [HISTORY[1], HISTORY[0]], keep="open")


def test_what_does_not_belong_to_a_history_is_refused() -> None:
    with pytest.raises(WrongTicket, match="names its ticket"):
        compare(DESK, DESK, [Noted(at=0)])
    with pytest.raises(WrongTicket, match="no ticket 'X' in this history yet"):
        compare(DESK, DESK, [told(Noted, "X", "09:00")])
    with pytest.raises(BadValue, match="keep is all or open, not 'none'"):
        compare(DESK, DESK, [], keep="none")


def test_a_stored_log_is_as_good_as_what_came_in() -> None:
    stored = [event for outcome in replay(DESK, HISTORY) for event in outcome.events]
    trial = ruled(attrs.evolve(HOT, then=[Action("set_priority", "urgent")]))
    found, again = compare(DESK, trial, HISTORY), compare(DESK, trial, stored)
    assert [one.ticket for one in found.tickets] == [one.ticket for one in again.tickets]
    assert found.sums() == again.sums()


@pytest.mark.parametrize("name", TRIALS)
@pytest.mark.parametrize("keep", ["all", "open"])
def test_a_recorded_log_may_be_taken_as_it_stands(name: str, keep: str) -> None:
    a = crowd.desk()
    log = log_of(a, crowd.history(14, spread_minutes=60 * 24 * 10), crowd.START_US + 90 * DAY_US)
    log.sort(key=lambda event: event.at_us)  # tickets interleave, steps stay together
    until = log[-1].at_us
    fast, plain = (compare(a, TRIALS[name], log, recorded=recorded, keep=keep, until=until) for recorded in (True, False))
    assert [(one.ticket, one.first_difference) for one in fast.tickets] == [(one.ticket, one.first_difference) for one in plain.tickets]
    assert keep == "open" or fast == plain  # what comes after the last moment of a ticket may find it forgotten


def test_changes_between_two_tickets_are_told_field_by_field() -> None:
    def clock(started: int, metric: str, **given_: Any) -> Clock:
        return Clock(metric=metric, cycle=Cycle(number=1, started_us=started, target=length(1)), **given_)

    one = Ticket(id="T", status="new", slots=FrozenMap(rules=Slot(level="high", at_us=0), tags=Slot(level="low", at_us=0)),
                 clocks=FrozenMap(a=clock(0, "a"), b=clock(5, "b"), c=clock(0, "c", late=1)))  # fmt: skip
    other = Ticket(id="T", status="open", slots=FrozenMap(rules=Slot(level="high", at_us=9), manual=Slot(level="low", at_us=0)),
                   clocks=FrozenMap(b=clock(6, "b"), c=clock(0, "c", late=2), d=clock(0, "d")))  # fmt: skip
    assert changes_between(one, other) == {
        "status": ("new", "open"), "slots.manual": (None, "low"), "slots.tags": ("low", None), "a": (length(1), None),
        "b.started_us": (5, 6), "c.late": (1, 2), "d": (None, length(1)),
    }  # fmt: skip
    assert changes_between(one, one) == {}


@pytest.mark.parametrize("recorded", [False, True])
def test_breaches_before_the_first_difference_are_counted_too(recorded: bool) -> None:
    last = Rule(name="last", on=["noted"], then=[Action("add_tag", "noted")])
    a, b = ruled(HOT), ruled(HOT, last)
    log = log_of(a, [told(Created, "A", "09:00"), told(TagsAdded, "A", "12:00", tags=["x"]), told(Noted, "A", "13:00")], at("14:00"))
    (one,) = compare(a, b, log, recorded=recorded, until=at("14:00")).tickets
    assert one.breaches == (1, 1)


def test_the_echo_of_an_effect_is_dropped_from_a_recorded_log_too() -> None:
    ack = Rule(name="ack", on=["created"], then=[Action("reply", "ack")])
    a, b = (ruled(*rules, templates={"ack": "we are on it"}) for rules in ([ack], []))
    history = [told(Created, "A", "09:00", id="c"), told(AgentReplied, "A", "09:05", answers="A/c/ack/0"), told(Noted, "A", "09:10")]
    log = log_of(a, history, at("20:00"))
    assert compare(a, b, log, recorded=True, until=at("20:00")) == compare(a, b, log, until=at("20:00"))
    assert compare(a, b, log, recorded=True).b.dropped == 1


def test_most_steps_of_a_recorded_log_are_not_taken_anew() -> None:
    from ticketcore._compare import _Run

    a, b = crowd.desk(), TRIALS["a condition"]
    log = log_of(a, crowd.history(10), crowd.START_US + 90 * DAY_US)
    run, taken = _Run(a, b, joint(a, b), keep_all=True), 0
    for moment, events in steps(log, a.fingerprint):
        run.feed_recorded(moment, events)
        pair = run.pairs[events[0].ticket]
        taken += pair.ticket[0] is not None and pair.ticket[0].memo is None
    assert taken > 100  # folded: nothing was worked out


def test_a_log_that_another_desk_made_or_that_is_in_disorder_is_refused() -> None:
    log = log_of(DESK, HISTORY, at("20:00"))
    with pytest.raises(BadValue, match="was not recorded by the first desk; compare without recorded=True"):
        compare(ruled(), DESK, log, recorded=True)
    with pytest.raises(BadValue, match="was not recorded by the first desk"):
        compare(DESK, ruled(), HISTORY, recorded=True)
    moved = next(place for place, event in enumerate(log) if event.kind == "status_changed")
    other = next(event for event in log if event.ticket != log[moved].ticket)
    with pytest.raises(BadValue, match="stands apart from its step"):
        compare(DESK, ruled(), [*log[:moved], other, log[moved]], recorded=True)
    assert compare(DESK, ruled(), [], recorded=True).is_same


def test_a_ticket_is_stepped_for_both_again_once_it_is_the_same() -> None:
    """A rule that says the same in other words fires on both: they part, and go on together."""
    other = ruled(attrs.evolve(HOT, when=field.subject.contains("down") & field.subject.is_set()))
    from ticketcore._compare import _Run

    run = _Run(DESK, other, joint(DESK, other), keep_all=True)
    run.feed(moments_of(HISTORY[0]))
    assert run.pairs["A"].together
    assert run.tallies[0].events == 1  # it was stepped apart
    run.feed(moments_of(HISTORY[2]))
    assert run.shared.events == 1
    assert run.result(None).is_same


def moments_of(event: Outside) -> tuple[Outside, ...]:
    return (event,)


def test_a_time_rule_that_one_desk_has_rises_after_they_went_on_together() -> None:
    old = Rule(name="old", when=since("created") >= "4h", then=[Action("add_tag", "old")])
    reworded = attrs.evolve(HOT, when=field.subject.contains("down") & field.subject.is_set())
    a, b = (ruled(*rules, metrics=(), policies=()) for rules in ((HOT,), (reworded, old)))  # nothing is due under the first
    for one, other in ((a, b), (b, a)):
        for history in (HISTORY[:1], [HISTORY[0], told(Noted, "A", "15:00")]):
            found = compare(one, other, history, until=at("16:00"))
            assert found == compared(one, other, history, None, until=at("16:00"))
            assert found.tickets[0].ends["tags"] in [(set(), {"old"}), ({"old"}, set())]


def test_a_time_rule_that_one_desk_has_keeps_a_ticket_that_is_over_after_they_went_on_together() -> None:
    """Else the ticket would be forgotten under both, and what the second desk does then would not be counted."""
    told_ = Rule(name="told", on=["closed"], then=[Action("notify", "lead")])
    tidy = Rule(name="tidy", when=(field.category == "closed") & (since("closed_at") >= "1h"), then=[Action("notify", "archive")])
    reworded = attrs.evolve(told_, when=field.subject.is_set() | field.subject.is_empty())
    a, b = (ruled(*rules, metrics=(), policies=()) for rules in ((told_,), (reworded, tidy)))
    history = [told(Created, "A", "09:00"), told(Closed, "A", "10:00"), told(Created, "B", "10:30"), told(Created, "C", "16:00")]
    for one, other, sent in ((a, b, [1, 2]), (b, a, [2, 1])):
        found = compare(one, other, history, keep="open")
        assert found == compared(one, other, history, None, keep="open")
        assert [found.a.effects["notify"], found.b.effects["notify"]] == sent


def test_a_rule_that_keeps_count_parts_a_ticket_for_good() -> None:
    tick = Rule(name="tick", when=since("created") >= "1h", then=[Action("notify", "lead")], every_us=HOUR_US, times=3)
    other = ruled(attrs.evolve(tick, times=4))
    found = compare(ruled(tick), other, [told(Created, "A", "09:00"), told(Noted, "A", "20:00")])
    assert (found.a.effects, found.b.effects) == ({"notify": 3}, {"notify": 4})
    assert found.tickets[0].first_difference.at_us == at("13:00")
    assert found.tickets[0].first_difference.reason == Reason(kind="rule", name="tick", a="every 1h, 3 times", b="every 1h, 4 times")
    once = compare(ruled(tick), ruled(attrs.evolve(tick, every_us=None, times=1)), [told(Created, "A", "09:00")], until=at("20:00"))
    assert once.tickets[0].first_difference.reason.b == "once"


def test_what_each_desk_asked_for_stays_counted_when_they_go_on_together() -> None:
    """One notice or two: the ticket is the same, so both desks step as one again."""
    lead, boss = Action("notify", "lead"), Action("notify", "boss")
    a, b = (ruled(Rule(name="ack", on=["created"], then=then)) for then in ([lead], [lead, boss]))
    history = [told(Created, "A", "09:00"), told(Noted, "A", "09:30"), told(Noted, "A", "10:00")]
    for both in (joint(a, b), None):
        found = compared(a, b, history, both, until=at("20:00"))
        assert (found.tickets[0].effects, found.tickets[0].breaches) == ((1, 2), (1, 1))
        assert (found.a.effects, found.b.effects) == ({"notify": 1}, {"notify": 2})


def test_the_effects_of_both_are_known_when_they_go_on_together() -> None:
    """Only the text of a reply differs; the echo of it is taken by both."""
    ack = Rule(name="ack", on=["created"], then=[Action("reply", "ack")])
    more = Rule(name="more", on=["noted"], then=[Action("notify", "lead")])
    a, b = (ruled(ack, more, templates={"ack": text}) for text in ("we are on it", "we come at once"))
    history = [
        told(Created, "A", "09:00", id="c"), told(Noted, "A", "09:01", id="n"), told(AgentReplied, "A", "09:05", answers="A/c/ack/0"),
        told(AgentReplied, "A", "09:06", answers="A/n/more/0"), told(AgentReplied, "A", "09:07", answers="A/0/none/0"),
    ]  # fmt: skip
    for both in (joint(a, b), None):
        found = compared(a, b, history, both)
        assert (found.a.dropped, found.b.dropped, found.a.events, found.b.events) == (1, 1, 4, 4)
        assert found.tickets[0].first_difference.reason.name == "ack"


def test_a_ticket_is_stepped_apart_from_the_first_look_at_a_promise_that_differs() -> None:
    """Gold is promised more by one desk; whoever is not gold is stepped for both, and parts when it is given gold."""
    from ticketcore._compare import _Run

    def sold(span: float, **given_: Any) -> Desk:
        gold = attrs.evolve(promise(span), name="gold", when=field.tags.has("gold"), **given_)
        return Desk(name="now", metrics=(FA,), policies=(gold, promise(4)))

    history = [
        told(Created, "A", "09:00"), told(Created, "B", "09:00", tags=["gold"]), told(Noted, "A", "09:30"),
        told(TagsAdded, "A", "10:00", tags=["gold"]), told(TagsRemoved, "A", "10:30", tags=["gold"]), told(AgentReplied, "A", "16:00"),
    ]  # fmt: skip
    for other in (sold(1), sold(1, warn=(WarnAt.parse("50%"),)), sold(2, hours="24x7"), sold(2, keep_used=True)):
        both = joint(sold(2), other)
        assert both is not None
        assert both.policies == {"gold"}
        assert both.must_step([])
        run, together = _Run(sold(2), other, both, keep_all=True), []
        for event in history:
            run.feed(moments_of(event))
            together.append((run.pairs["A"].together, "B" in run.pairs and run.pairs["B"].together))
        assert together[:4] == [(True, False), (True, False), (True, False), (False, False)]
        assert compared(sold(2), other, history, both) == compared(sold(2), other, history, None)
        log = log_of(sold(2), history, at("20:00"))
        until = at("20:00")
        assert compare(sold(2), other, log, recorded=True, until=until) == compared(sold(2), other, log, None, until=until)


def warned(*warnings: str) -> Desk:
    """Four hours, or three where it is high, with these warnings."""
    targets = {"fa": Targets(by_level={"high": length(3)}, otherwise=length(4))}
    policy = attrs.evolve(promise(4), targets=targets, warn=tuple(map(WarnAt.parse, warnings)))
    return ruled(Rule(name="lead", on=["warned"], then=[Action("notify", "lead")]), policies=(policy,))


@pytest.mark.parametrize(
    ("mine", "theirs", "unlike", "parted"),
    [
        (["-2h", "50%"], ["50%", "-1h"], {"-2h", "-1h"}, "11:30"), (["50%"], ["50%", "-1h"], {"-1h"}, "12:30"),
        (["50%", "-1h"], ["-2h"], {"50%", "-1h", "-2h"}, "11:30"), (["50%"], ["50%", "-30m"], {"-30m"}, "13:30"),
        (["50%", "-1h"], ["-1h", "50%"], set(), None), ([], ["1h"], {"1h"}, "14:30"), (["50%"], ["50%", "-5h"], {"-5h"}, None),
    ],
)  # fmt: skip
def test_a_ticket_is_stepped_for_both_until_a_warning_that_one_desk_gives(
    mine: list[str], theirs: list[str], unlike: set[str], parted: str | None
) -> None:
    from ticketcore._compare import _Run

    a, b = warned(*mine), warned(*theirs)
    notes = ["10:30", "11:30", "12:30", "13:30", "14:30"]
    history = [told(Created, "A", "09:00"), *(told(Noted, "A", clock) for clock in notes)]
    for one, other in ((a, b), (b, a)):
        both = joint(one, other)
        assert both is not None
        assert not both.policies
        assert both.warnings.get("std", frozenset()) == unlike
        assert both.must_step([]) == bool(unlike)
        run, apart = _Run(one, other, both, keep_all=True), []
        for event in history:
            run.feed(moments_of(event))
            if not run.pairs["A"].together:
                apart.append(event.at_us)
        assert apart[:1] == ([] if parted is None else [at(parted)])
        for priority in (None, "10:20", "11:50", "12:10"):
            changed_ = [*history, told(SlotSet, "A", priority, level="high")] if priority else history
            changed_.sort(key=lambda event: event.at_us)
            plain = compared(one, other, changed_, None, until=at("20:00"))
            assert compared(one, other, changed_, both, until=at("20:00")) == plain
            log = log_of(one, changed_, at("20:00"))
            assert compare(one, other, log, recorded=True, until=at("20:00")) == compared(one, other, log, None, until=at("20:00"))


def test_a_ticket_is_not_stepped_for_both_again_while_it_has_what_differs() -> None:
    both = joint(DESK, DESK.evolve(policies=(attrs.evolve(DESK.policies[0], keep_used=True),)))
    assert both is not None
    name = DESK.policies[0].name
    ticket = DESK.handle(None, HISTORY[0]).ticket
    assert ticket.policy == ticket.clocks["fa"].cycle.policy == name
    assert not both.may_join(ticket)
    assert not both.may_join(attrs.evolve(ticket, policy=None))
    assert not both.may_join(attrs.evolve(ticket, clocks=EMPTY))
    assert both.may_join(attrs.evolve(ticket, policy=None, clocks=EMPTY))
    tick = Rule(name="tick", when=since("created") >= "1h", then=[Action("notify", "lead")], every_us=HOUR_US, times=3)
    counting = joint(ruled(tick), ruled(attrs.evolve(tick, times=4)))
    assert counting is not None
    assert counting.may_join(ticket)
    assert not counting.may_join(attrs.evolve(ticket, repeats=FrozenMap({"tick": Repeat(first_us=0)})))


def test_what_a_setting_closes_is_closed_where_both_step_as_one() -> None:
    desk = DESK.evolve(lifecycle=Lifecycle(close_after=length(1)))
    history = [told(Created, "A", "09:00"), told(Resolved, "A", "09:30"), told(Created, "B", "12:00")]
    for both in (joint(desk, desk), None):
        found = compared(desk, desk, history, both)
        assert found.a == found.b
        assert (found.a.statuses, found.a.rules) == ({"closed": 1, "new": 1}, {"auto-close": 1})


def test_a_look_at_a_promise_that_differs_ends_the_step() -> None:
    """Where only targets differ, the other metrics are promised the same; where anything else does, nothing of the policy is."""
    slow = Metric(name="slow", start=("created",), stop=("enter:resolved",))
    policy = attrs.evolve(promise(2), targets={"fa": Targets(otherwise=length(2)), "slow": Targets(otherwise=length(8))})
    one = ruled(metrics=(FA, slow), policies=(policy,))
    targets = one.evolve(policies=(attrs.evolve(policy, targets={**policy.targets, "fa": Targets(otherwise=length(4))}),))
    less = one.evolve(policies=(attrs.evolve(policy, targets={"slow": policy.targets["slow"]}),))
    for desk, mine in ((targets, one), (less, one), (one, less)):
        both = joint(mine, desk)
        assert both is not None
        sla = both.parts.sla
        with pytest.raises(Apart):
            sla.promise("std", "fa", "low")
        assert sla.promise("std", "slow", "low") == one.sla.promise("std", "slow", "low")
        assert sla.promise(None, "fa", "low") == (None, "24x7")
        with pytest.raises(UnknownName, match="unknown policy 'gold'"):
            sla.policy("gold")
    both = joint(one, one.evolve(policies=(attrs.evolve(policy, keep_used=True),)))
    assert both is not None
    looks: list[Any] = [
        lambda sla: sla.promise("std", "slow", "low"), lambda sla: list(sla._warnings["std"]), lambda sla: sla.policy("std").keep_used,
    ]  # fmt: skip
    for look in looks:
        with pytest.raises(Apart):
            look(both.parts.sla)
    assert not hasattr(both.parts.sla.policy("std"), "__wrapped__")  # what looks through a module, as doctest does, is not turned away


def test_a_policy_that_differs_may_be_chosen_by_hand() -> None:
    gold = promise(2, "gold", when=field.tags.has("gold"))
    a, b = (Desk(name="now", metrics=(FA,), policies=(policy, promise(4))) for policy in (gold, promise(3, "gold", when=gold.when)))
    history = [told(Created, "A", "09:00"), told(PolicySet, "A", "09:30", policy="gold"), told(AgentReplied, "A", "11:30")]
    both = joint(a, b)
    assert both is not None
    found = compared(a, b, history, both)
    assert found == compared(a, b, history, None)
    assert [one.first_difference.reason.name for one in found.tickets] == ["gold"]
    assert found.a.breaches == {"fa": 1}


def test_rules_of_a_set_that_only_the_second_desk_has_are_watched_by_their_names() -> None:
    tick = Rule(name="tick", when=since("created") >= "1h", then=[Action("notify", "lead")], every_us=HOUR_US, times=3)
    more = RuleSet(name="more", rules=[tick, Rule(name="ack", on=["noted"], then=[Action("notify", "lead")])])
    both = joint(DESK, DESK.evolve(rules=Rules(sets=[*DESK.rules.sets, more])))
    assert both is not None
    assert both.watched == {"tick\0other", "ack\0other"}
    assert both.repeating == {"tick"}


def test_what_two_lists_have_in_common_is_the_longest_that_stands_in_the_order_of_both() -> None:
    """Against every choice of the second list, for all orders of five and some that have only a part."""
    mine = [Rule(name=name) for name in "abcde"]
    for size in (3, 5):
        for theirs in permutations([*mine[1:], Rule(name="x")] if size == 3 else mine, size):
            kept = _kept(mine, theirs, lambda one, other: one == other)
            assert all(mine[here].name == theirs[there].name for here, there in kept)
            assert sorted(kept) == kept
            assert [there for _, there in kept] == sorted(there for _, there in kept)
            names = [rule.name for rule in theirs if rule.name != "x"]
            longest = max(len(some) for count in range(6) for some in combinations(names, count) if list(some) == sorted(some))
            assert len(kept) == longest


def test_joint_desks_differ_in_rules_templates_and_promises_alone() -> None:
    asked = DESK.evolve(rules=Rules(sets=DESK.rules.sets, macros=[Rule(name="ask", then=[Action("notify", "lead")])]))
    same = joint(asked, asked)
    assert same is not None
    assert not any((same.watched, same.macros, same.policies))
    assert same.heard == frozenset()
    assert joint(DESK, DESK.evolve(policies=())) is None
    assert joint(DESK, DESK.evolve(policies=(attrs.evolve(DESK.policies[0], when=field.tags.has("vip")),))) is None
    assert joint(DESK, DESK.evolve(metrics=(FA, Metric(name="more", start=("created",))))) is None
    assert joint(DESK, DESK.evolve(priority=Priority(matrix=None, tags={"x": "high"}))) is None
    ladder = Escalation(
        name="up", when=field.assignee.is_empty(), since="created", steps=[Step(after=length(1), then=[Action("escalate", 1)])]
    )
    a = DESK.evolve(rules=Rules(sets=DESK.rules.sets, escalations=[ladder]))
    both = joint(a, DESK)
    assert both is not None
    assert both.watched == {"up 1"}
    both = joint(DESK, a)
    assert both is not None
    assert len(both.watched) == 1
    assert joint(a, a) is not None


@pytest.mark.parametrize("then", ["lead", "duty"])
def test_what_a_macro_asks_for_is_counted(then: str) -> None:
    """Rules aside, a macro that is not the same on both makes a difference where it is used."""
    a, b = (
        ruled(HOT).evolve(rules=Rules(sets=[RuleSet(rules=[HOT])], macros=[Rule(name="ask", then=[Action("notify", to)])]))
        for to in ("lead", then)
    )  # fmt: skip
    history = [
        told(Created, "A", "09:00", id="c"), told(MacroUsed, "A", "09:01", id="m", macro="ask"), told(Noted, "A", "09:02", id="n"),
    ]  # fmt: skip
    log = [event for outcome in replay(a, history) for event in outcome.events]
    for both in (joint(a, b), None):
        for recorded in (False, True):
            found = compared(a, b, log, both, recorded=recorded)
            assert (found.a.effects["notify"], found.b.effects["notify"]) == (1, 1)
            assert [one.ticket for one in found.tickets] == ([] if then == "lead" else ["A"])


# --- how it is told ------------------------------------------------------------------------------------------------------


@pytest.fixture
def found() -> Comparison:
    trial = ruled(attrs.evolve(HOT, then=[Action("set_priority", "urgent"), Action("notify", "lead")]), templates={})
    history = [event for number in range(12) for event in (
        told(Created, f"T-{number}", "09:00", number, subject="down", assignee="maria"), told(AgentReplied, f"T-{number}", "15:00", number),
    )]  # fmt: skip
    return compare(DESK, trial.evolve(lifecycle=Lifecycle(moves={"new": {"agent_replies": None}})), history)


def test_it_prints_as_a_summary(found: Comparison) -> None:
    lines = str(found).splitlines()
    assert lines[0] == "12 of 12 tickets differ between a (now) and b (trial)"
    assert "  effects notify: 0 -> 12 (+12)" in lines
    assert "  priorities high: 12 -> 0 (-12)" in lines
    assert lines[lines.index("because of:") + 1] == "  rule 'hot': 12"
    assert lines.count("  ... and 2 more") == 2  # tickets and listed moments
    assert str(compare(DESK, DESK, HISTORY)) == "0 of 2 tickets differ between a (now) and b (now)"


def test_rows_and_data_are_plain(found: Comparison) -> None:
    rows = found.rows()
    assert len(rows) == 12
    assert rows[0]["ticket"] == "T-0"
    assert rows[0]["name"] == "hot"
    assert all(value is None or isinstance(value, str | int | float) for row in rows + found.sums() for value in row.values())
    data = found.data()
    assert (data["a"], data["b"], data["reasons"]) == ("now", "trial", [{"kind": "rule", "name": "hot", "tickets": 12}])
    assert len(data["listed"]) == 12
    assert list(data) == ["a", "b", "until", "rows", "sums", "listed", "forgotten", "reasons"]
    assert list(data["listed"][0]) == ["desk", "what", "ticket", "at", "kind", "reason"]
    sums = {(row["what"], row["of"]): (row["a"], row["b"], row["change"]) for row in found.sums()}
    assert sums["assignments", "maria"] == (12, 12, 0)
    assert sums["effort", ""] == (12, 24, 12)
    told_ = found.tickets[0].first_difference.data()
    assert told_["changed"]["priority"] == ["high", "urgent"]
    assert told_["at"] == "2026-11-23T09:00:00Z"


def test_a_difference_in_much_is_cut_short(found: Comparison) -> None:
    assert str(found.tickets[0]).startswith("T-0: 2026-11-23T09:00:00Z created: rule 'hot' (a: then set_priority high; b: ")
    trial = DESK.evolve(
        metrics=(FA, Metric(name="next", start=("created",), stop=("enter:answered",))),
        policies=(Policy(name="other", targets={"fa": Targets(otherwise=length(1)), "next": Targets(otherwise=length(1))}),),
        priority=Priority(tags={"x": "urgent"}),
        rules=[Rule(name="hot", on=["created"], then=[Action("add_tag", "y")])],
    )  # fmt: skip
    history = [told(Created, "A", "09:00", tags=["x"]), told(AgentReplied, "A", "12:00")]
    assert str(compare(DESK, trial, history).tickets[0]).endswith("fa.target 2h | 1h, next - | 1h")
    more = trial.evolve(rules=[attrs.evolve(trial.rules.rule("hot"), then=[Action("add_tag", "y"), Action("transfer", "sales")])])
    assert str(compare(DESK, more, history).tickets[0]).endswith("fa.target 2h | 1h and 1 more")


def test_sums_count_what_happened(found: Comparison) -> None:
    plain = Counter({name: count for name, of, count in found.a.rows() if not of})
    assert plain["tickets"] == 12
    assert plain["events"] == 24
    assert found.a.warnings == {}


def test_every_kind_of_value_is_told_in_short() -> None:
    trial = DESK.evolve(
        name="trial",
        rules=[Rule(name="hot", on=["created"], then=[Action("add_tags", ["x", "y"]), Action("postpone", length(1))])],
    )  # fmt: skip
    text = str(compare(DESK, trial, [told(Created, "A", "09:00"), told(SlotCleared, "A", "10:30"), told(Restored, "A", "11:00")]))
    assert "tags {} | {x, y}" in text
    assert "postponed_until_us - | 2026-11-23T10:00:00Z" in text
