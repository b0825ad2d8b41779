"""Coverage of rules: the desk that is watched is the desk, and what is counted is what a count by hand finds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk_day import ADA, MARIA, MIDNIGHT, at, length
from ticketcore import (
    Action,
    CustomerReplied,
    Deleted,
    Desk,
    Escalation,
    FieldType,
    Noted,
    Resolved,
    Rule,
    Rules,
    RuleSet,
    TagsAdded,
    View,
    field,
    since,
)
from ticketcore import Created as Born
from ticketcore._time import HOUR_US
from ticketcore._values import changed
from ticketcore.conditions import AllOf, AnyOf, Condition, Explanation, Not, explain, names_category
from ticketcore.errors import BadValue, TicketcoreError, UnknownName
from ticketcore.extra import strategies
from ticketcore.extra.coverage import Coverage, Watch, coverage, leaves
from ticketcore.extra.laws import live
from ticketcore.model import EventBase, Outside, RuleFired
from ticketcore.replay import moments
from ticketcore.rules import Step

HOT = field.tags.has("hot")
NOTIFY = (Action("notify", "lead"),)


def born(ticket: str = "T", clock: str = "09:00", **given: Any) -> Born:
    return Born(at=at(clock), ticket=ticket, by=ADA, **given)


def on(kind: type[Outside], clock: str, ticket: str = "T", **given: Any) -> Outside:
    return kind(at=at(clock), ticket=ticket, by=MARIA, **given)


# --- the desk that is watched is the desk ----------------------------------------------------------------------------


@given(st.data())
def test_a_watched_desk_decides_as_the_desk_does(data: st.DataObject) -> None:
    """Also the plain definition of a cycle of rules: one by one, top to bottom, without an index."""
    desk = data.draw(strategies.desks())
    history = data.draw(strategies.histories(desk))
    watch = Watch(desk)
    plain = live(desk, history, then_us=30 * HOUR_US)
    watched = live(watch.desk, plain.taken, then_us=30 * HOUR_US)
    assert (watched.events, watched.effects, watched.ticket) == (plain.events, plain.effects, plain.ticket)
    assert watch.desk.fingerprint == desk.fingerprint
    fired = Counter(event.rule for event in plain.events if isinstance(event, RuleFired))
    assert {rule.rule: rule.fired for rule in watch.coverage().rules if rule.fired} == fired


def test_a_watched_desk_knows_ladders_repetitions_and_closed_sets() -> None:
    steps = [Step(after=length(hours), then=NOTIFY) for hours in (1, 2, 6)]
    first = RuleSet(rules=[Rule(name="stop", on=["noted"], stop=True), Rule(name="held back", on=["noted"], then=NOTIFY)])
    again = Rule(name="again", when=HOT & (since("created") >= "2h"), every_us=HOUR_US, times=3, then=NOTIFY)
    desk = Desk(metrics=(), rules=Rules(
        sets=[first, RuleSet(name="time", rules=[again])],
        escalations=[Escalation(name=name, when=HOT, since="created", steps=steps) for name in ("up", "other")],
    ))  # fmt: skip
    history = [(born(),), (on(TagsAdded, "12:00", tags=["hot"]),), (on(Noted, "13:00"),)]
    plain, watched = (live(one, history, then_us=30 * HOUR_US) for one in (desk, Watch(desk).desk))
    assert (watched.events, watched.effects) == (plain.events, plain.effects)
    fired = [event.rule for event in plain.events if isinstance(event, RuleFired)]
    assert fired == ["again", "up 2", "other 2", "stop", "again", "again", "up 3", "other 3"]


# --- against a count by hand -----------------------------------------------------------------------------------------

QUIET = Desk(
    metrics=(), groups=("sales", "technicians", "Rēķini"),
    fields={"site": FieldType(kind="text"), "impact": FieldType(kind="ordered", choices=("low", "high"))},
)  # fmt: skip


def asleep(desk: Desk, rule: Rule, *tickets: Any) -> bool:
    """Whether the rule sleeps on all of these states of a ticket."""
    return all(
        ticket is not None and ticket.category in ("closed", "removed")
        and not names_category(rule.when, desk.vocabulary, ticket.category)
        for ticket in tickets
    )  # fmt: skip


def answers(told: Explanation, path: str = "when") -> Iterator[tuple[str, bool]]:
    match told.condition:
        case AllOf() | AnyOf():
            word = "all" if isinstance(told.condition, AllOf) else "any"
            for number, part in enumerate(told.parts):
                yield from answers(part, f"{path}.{word}[{number}]")
        case Not():
            yield from answers(told.parts[0], f"{path}.not")
        case _:
            yield path, told.holds


def by_hand(desk: Desk, history: Sequence[EventBase]) -> Counter[tuple[str, str]]:
    """What each rule of a desk, whose rules change nothing and wait for nothing, was asked and answered, by explaining every condition."""
    found: Counter[tuple[str, str]] = Counter()
    ticket = None
    for moment in moments(history):
        try:
            outcome = desk.handle(ticket, *moment)
        except TicketcoreError:
            continue
        before, ticket = ticket, outcome.ticket
        events = [event for event in outcome.events if event.kind != "rule_fired"]
        if any(event.kind == "diverted" for event in events):
            events = [event for event in events if event is not events[0]]  # no rule of a reply
        events += [event for event in outcome.events if event.kind == "rule_fired"]
        for rule in desk.rules:
            seen: set[tuple[str, str]] = set()
            for event in events:
                listens = event.kind in rule.on if rule.on else event.is_outside
                if not listens or (getattr(event, "message", None) and event.message.automatic and not rule.automatic):  # type: ignore[attr-defined]  # looked at just before
                    continue
                if asleep(desk, rule, ticket, ticket if before is None else before):
                    continue
                told = explain(rule.when, View(desk.vocabulary, ticket, event.at_us, before or ticket, event))
                seen |= {(rule.name, "asked")} | {(rule.name, f"{path} {holds}") for path, holds in answers(told)}
                if told.holds:
                    seen |= {(rule.name, "held"), (rule.name, "fired")}
                    break
            found.update(seen)
    return found


def counted(told: Coverage) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    for rule in told.rules:
        found.update({(rule.rule, "asked"): rule.asked, (rule.rule, "held"): rule.held, (rule.rule, "fired"): rule.fired})
        for test in rule.tests:
            found.update({(rule.rule, f"{test.path} True"): test.true, (rule.rule, f"{test.path} False"): test.false})
    return +found


@given(st.data())
def test_coverage_is_what_a_count_by_hand_finds(data: st.DataObject) -> None:
    kinds = st.frozensets(st.sampled_from(["created", "customer_replied", "agent_replied", "noted", "resolved", "status_changed"]))
    conditions = strategies.conditions(QUIET.vocabulary, "clocks")  # without time
    rules = [
        Rule(name=f"r{number}", on=data.draw(kinds), when=data.draw(conditions), automatic=data.draw(st.booleans()), then=NOTIFY)
        for number in range(data.draw(st.integers(1, 3)))
    ]
    desk = QUIET.evolve(rules=rules)
    history = [event for moment in data.draw(strategies.histories(desk)) for event in moment[:1]]
    named = [changed(event, id=f"e{number}", ticket="T-1", moment=f"e{number}") for number, event in enumerate(history)]
    assert counted(coverage(desk, [named])) == by_hand(desk, named)


# --- what it says ----------------------------------------------------------------------------------------------------

DESK = Desk(
    name="shop", metrics=(),
    rules=Rules(
        sets=[
            RuleSet(rules=[
                Rule(name="vip", on=["created"], when=field.requester.tier == "gold", then=[Action("add_tag", "vip")]),
                Rule(name="hot", on=["noted"], when=HOT & ~(field.priority >= "high"), then=[Action("close"), Action("add_tag", "hot")]),
                Rule(name="off", on=["noted"], enabled=False, then=NOTIFY),
            ]),
            RuleSet(name="later", rules=[Rule(name="old", when=since("created") >= "2h", then=NOTIFY)]),
            RuleSet(name="gone", enabled=False, rules=[Rule(name="never", on=["noted"], then=NOTIFY)]),
        ],
        escalations=[Escalation(name="up", when=HOT, since="created", steps=[Step(after=length(30), then=NOTIFY)])],
    ),
)  # fmt: skip
NOTED: list[EventBase] = [born(tags=["hot"]), on(Noted, "10:00")]


def test_what_is_missing_is_said_rule_by_rule() -> None:
    told = coverage(DESK, [NOTED, [born()]])
    assert str(told).splitlines() == [
        "shop: 9 of 23 branches of 6 rules (39 %) by 2 histories (3 moments)",
        "  rules[0] 'vip'",
        "    never fired, asked 2 times",
        "    when: requester.tier is 'gold': never true",
        "  rules[1] 'hot'",
        "    when.all[0]: tags has 'hot': never false",
        "    when.all[1].not: priority is at least 'high': never true",
        "    then[0]: close: always refused",
        "    then[1]: add_tag 'hot': never changed anything",
        "  rules[2] 'off' is disabled",
        "  later[0] 'old'",
        "    never fired, asked 3 times",
        "    when: at least 2h since created: never true",
        "  gone[0] 'never' is disabled",
        "  escalations[0] 'up 1'",
        "    never fired, asked 3 times",
        "    when.all[1]: acknowledged_at is empty: never false",
        "    when.all[2]: at least 1d 6h business since created: never true",
    ]
    assert told.missing()[0] == "rules[0] 'vip': never fired, asked 2 times"
    assert len(told.missing()) == 11


def test_a_rule_that_nothing_asks_says_so() -> None:
    told = coverage(DESK, [[born()]])
    assert told.missing()[2] == "rules[1] 'hot': never asked"
    assert (told.rule("hot").asked, told.rule("hot").covered, told.rule("hot").total) == (0, 0, 7)


def test_time_passes_only_when_it_is_told_to() -> None:
    waited = coverage(DESK, [NOTED], wait="2d")
    assert (waited.rule("old").fired, waited.rule("up 1").fired) == (1, 1)
    assert coverage(DESK, [NOTED], wait="1h").rule("old").fired == 1  # the last event is an hour old
    assert coverage(DESK, [NOTED]).rule("old").fired == 0
    assert coverage(DESK, [[]], wait="2d").moments == 0


def test_an_action_that_did_something_and_one_that_would_not_have() -> None:
    hot = coverage(DESK, [NOTED, [born(tags=["hot"]), on(Resolved, "09:30"), on(Noted, "10:00")]]).rule("hot")
    assert [(deed.done, deed.nothing, deed.refused) for deed in hot.actions] == [(1, 0, 1), (0, 2, 0)]


def test_an_effect_is_something_done() -> None:
    assert coverage(DESK, [NOTED], wait="2d").rule("old").actions[0].done == 1


def test_everything_seen_is_a_hundred_percent() -> None:
    desk = DESK.evolve(rules=[DESK.rules.rule("vip")])
    histories = [[born()], [born()], [Born(at=at("09:00"), ticket="T", by=type(ADA)(tier="gold"))]]
    told = coverage(desk, histories)
    assert (told.percent, told.missing(), told.covered, told.total) == (100, (), 4, 4)
    assert str(told) == "shop: 4 of 4 branches of 1 rule (100 %) by 3 histories (3 moments)"
    assert coverage(DESK.evolve(rules=()), histories).percent == 100


def test_what_is_refused_is_counted_and_tries_nothing_twice() -> None:
    """The time that passes in a step that is refused is lived through again in the next one, and counted once."""
    history: list[EventBase] = [born(), on(Noted, "13:00"), on(Noted, "12:00"), on(Deleted, "14:00"), on(Deleted, "15:00")]
    told = coverage(DESK.evolve(rules=[DESK.rules.rule("old")]), [[*history[:1], on(Resolved, "11:30", ticket="T"), *history[1:]]])
    assert told.refused == 2  # out of order; already in the bin
    assert told.rule("old").fired == 1
    illegal: list[EventBase] = [born(), CustomerReplied(at=at("12:00"), ticket="T", by=MARIA, facts={"nobody": 1}), on(Noted, "13:00")]
    told = coverage(DESK, [illegal])
    assert (told.refused, told.rule("old").fired) == (1, 1)


def test_coverage_of_two_runs_adds_up() -> None:
    other: list[EventBase] = [born()]
    one, two, both = (coverage(DESK, histories, wait="2d") for histories in ([NOTED], [other], [NOTED, other]))
    assert one + two == both
    with pytest.raises(BadValue, match="of one desk"):
        _ = one + coverage(DESK.evolve(rules=()), [])
    with pytest.raises(BadValue, match="of one desk"):
        _ = one + 1  # type: ignore[operator]  # on purpose


def test_rows_are_ready_for_a_data_frame() -> None:
    rows = coverage(DESK, [NOTED]).rows()
    assert rows[0] == {"rule": "vip", "place": "rules[0]", "what": "rule", "text": "", "yes": 0, "no": 1, "refused": 0}
    assert rows[5] == {
        "rule": "hot",
        "place": "rules[1]",
        "what": "when.all[1].not",
        "text": "priority is at least 'high'",
        "yes": 0,
        "no": 1,
        "refused": 0,
    }
    assert rows[6] == {"rule": "hot", "place": "rules[1]", "what": "then[0]", "text": "close", "yes": 0, "no": 0, "refused": 1}
    assert len(rows) == sum(1 + len(rule.tests) + len(rule.actions) for rule in coverage(DESK, []).rules)


def test_a_rule_that_is_not_there_is_refused() -> None:
    with pytest.raises(UnknownName, match="unknown rule 'vpi'; did you mean 'vip'"):
        coverage(DESK, []).rule("vpi")


def test_the_tests_of_a_condition_have_their_places() -> None:
    condition: Condition = HOT & ((field.priority >= "high") | ~field.tags.has("calm"))
    assert [path for path, _ in leaves(condition)] == ["when.all[0]", "when.all[1].any[0]", "when.all[1].any[1].not"]


def test_a_watch_goes_on_counting() -> None:
    watch = Watch(DESK)
    ticket = watch.desk.handle(None, born()).ticket
    assert watch.coverage().rule("vip").asked == 1
    ticket = watch.desk.handle(ticket, TagsAdded(at=at("09:10"), by=MARIA, tags=["hot"])).ticket
    watch.desk.tick(ticket, MIDNIGHT + 80 * HOUR_US)
    assert (watch.coverage().rule("old").fired, watch.coverage().rule("up 1").fired) == (1, 1)
    assert watch.desk.rules.rule("old").name == "old"  # what is not watched is the desk's own
