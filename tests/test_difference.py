"""Whether two desks ever behave differently: against an exhaustive search of a small world, and in words."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Any

import attrs
import pytest

from desk_day import ADA, MARIA, MIDNIGHT, promise
from ticketcore import (
    Action,
    BusinessHours,
    Created,
    CustomerReplied,
    Desk,
    Escalation,
    FieldType,
    Levels,
    Lifecycle,
    Metric,
    Move,
    Noted,
    Outcome,
    Person,
    Priority,
    Rule,
    Rules,
    RuleSet,
    SlotCleared,
    SlotSet,
    TagsAdded,
    TagsRemoved,
    Ticket,
    TicketcoreError,
    field,
    since,
)  # fmt: skip
from ticketcore._time import HOUR_US, MINUTE_US
from ticketcore.difference import DeskDifference, difference
from ticketcore.model import Length
from ticketcore.rules import Step

NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
LEVELS = Priority(levels=Levels(("low", "high")))
VIP = Rule(name="vip", on=["created"], when=field.requester.tier == "gold", then=[Action("set_priority", "high")])
HOT = Rule(name="hot", on=["created"], when=field.tags.has("hot"), then=[Action("notify", "lead")])
FA = Metric(name="fa", start=("created",), stop=("enter:answered",))


def ruled(*rules: Rule | RuleSet, **given: Any) -> Desk:
    return Desk(metrics=(), rules=rules, **given)


# --- a small world, searched through ---------------------------------------------------------------------------------

TIERS = ("", "gold", "silver")
TAGS = ("vip", "hot")


def some_rule(chance: Random, name: str) -> Rule:
    tests = [
        field.requester.tier == "gold", field.requester.tier.is_any("gold", "silver"), field.tags.has("vip"), field.tags.has("hot"),
        field.priority == "high", ~field.tags.has("vip"), field.priority == "low",
    ]  # fmt: skip
    when = chance.choice(tests)
    if chance.random() < 0.5:
        when = when & chance.choice(tests) if chance.random() < 0.7 else when | chance.choice(tests)
    actions = [Action("add_tag", "vip"), Action("add_tag", "hot"), Action("remove_tag", "vip"), Action("set_priority", "high"),
               Action("set_priority", "low"), Action("notify", "lead"), Action("notify", "duty")]  # fmt: skip
    return Rule(
        name=name, on=chance.choice([["created"], ["customer_replied"], ["created", "noted"]]), when=when, then=[chance.choice(actions)],
        stop=chance.random() < 0.15,
    )  # fmt: skip


def mutated(chance: Random, rules: list[Rule]) -> list[Rule]:
    place = chance.randrange(len(rules))
    rule, rest = rules[place], [*rules[:place], *rules[place + 1 :]]
    other = some_rule(chance, rule.name)
    changes: list[list[Rule]] = [
        rest, [*rules[:place], attrs.evolve(rule, when=~rule.when), *rules[place + 1 :]],
        [*rules[:place], attrs.evolve(rule, when=other.when), *rules[place + 1 :]],
        [*rules[:place], attrs.evolve(rule, then=other.then), *rules[place + 1 :]],
        [*rules[:place], attrs.evolve(rule, on=other.on), *rules[place + 1 :]],
        [*rules[:place], attrs.evolve(rule, stop=not rule.stop), *rules[place + 1 :]],
        [*rules[:place], attrs.evolve(rule, name="renamed"), *rules[place + 1 :]],
        [*rest, rule], [rule, *rest],
    ]  # fmt: skip
    return chance.choice(changes)


def shown(outcome: Outcome) -> Any:
    """What shows, in this small world: the ticket, what was sent, and what was recorded, be it undone at once."""
    ticket = outcome.ticket
    slots = {name: slot.level for name, slot in ticket.slots.items()}
    effects = sorted((effect.kind, getattr(effect, "to", "")) for effect in outcome.effects)
    events = sorted(
        (event.kind, getattr(event, "level", ""), str(sorted(getattr(event, "tags", ()))), getattr(event, "to", ""))
        for event in outcome.events if event.kind not in ("rule_fired", "action_refused")
    )  # fmt: skip
    return ticket.status, ticket.priority, ticket.tags, slots, effects, events


def differ_by_force(one: Desk, other: Desk) -> bool:
    """Whether any ticket of the small world, whatever happens to it, shows a difference: every state there is, every event in it."""
    waiting: list[tuple[Ticket, Ticket]] = []
    seen = set()

    def reached(mine: Outcome, theirs: Outcome) -> bool:
        if shown(mine) != shown(theirs):
            return True
        state = (mine.ticket.requester.tier, repr(shown(mine)[:4]))
        if state not in seen:
            seen.add(state)
            waiting.append((mine.ticket, theirs.ticket))
        return False

    for tier in TIERS:
        for tags in ((), ("vip",), ("hot",), TAGS):
            for level in ("", "low", "high"):
                by = Person(email="c@example.org", tier=tier)
                moment: list[Any] = [Created(at=MIDNIGHT, ticket="T", by=by, tags=tags)]
                moment += [SlotSet(at=MIDNIGHT, by=by, level=level)] if level else []
                if reached(one.handle(None, *moment), other.handle(None, *moment)):
                    return True
    while waiting:
        mine, theirs = waiting.pop()
        for event in happening(mine.as_of_us + MINUTE_US):
            if reached(one.handle(mine, event), other.handle(theirs, event)):
                return True
    return False


def happening(at_us: int) -> Iterator[Any]:
    yield CustomerReplied(at=at_us, by=ADA)
    yield Noted(at=at_us, by=MARIA)
    for level in ("low", "high"):
        yield SlotSet(at=at_us, by=MARIA, level=level)
    yield SlotCleared(at=at_us, by=MARIA)
    for tag in TAGS:
        yield TagsAdded(at=at_us, by=MARIA, tags=[tag])
        yield TagsRemoved(at=at_us, by=MARIA, tags=[tag])


def test_every_mutant_that_differs_is_shown_and_no_other() -> None:
    """200 mutants under the nightly profile. Held back from above or from below, or undone at once: 52, 94, 115, 140."""
    verdicts: Counter[tuple[bool, str]] = Counter()
    for number in range(200) if NIGHTLY else (*range(8), 52, 94, 115, 140):
        chance = Random(f"mutant {number}")
        rules = [some_rule(chance, f"r{place}") for place in range(chance.randint(2, 4))]
        one, other = ruled(*rules, priority=LEVELS), ruled(*mutated(chance, rules), priority=LEVELS)
        found = difference(one, other)
        differs = differ_by_force(one, other)
        verdicts[differs, found.verdict] += 1
        assert (found.verdict == "differs") == differs, (number, str(found), rules)
        if found.witness is not None:
            mine, theirs = (lived(desk, found) for desk in (one, other))
            assert mine != theirs, number
    assert sum(count for (differs, _), count in verdicts.items() if differs) > 3
    assert verdicts[False, "equal"] > verdicts[False, "unknown"], verdicts


def lived(desk: Desk, found: DeskDifference) -> list[Any]:
    assert found.witness is not None
    return [shown(outcome) for outcome in found.witness.replay(desk)]


# --- equal by the look of it -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("other", "because"),
    [
        (ruled(attrs.evolve(VIP, name="gold"), HOT, name="other"), "the same but for names"),
        (ruled(RuleSet(name="a", rules=[VIP]), RuleSet(name="b", rules=[HOT])), "the same but for names"),
        (ruled(VIP, attrs.evolve(HOT, name="off", enabled=False), HOT, templates={"x": "unused"}), "the same but for names"),
        (ruled(HOT, VIP), "the same rules in another order, and those that changed places commute"),
    ],
)
def test_equal_at_a_glance(other: Desk, because: str) -> None:
    found = difference(ruled(VIP, HOT), other)
    assert (found.verdict, found.because, found.steps, found.witness) == ("equal", because, 0, None)
    assert found.is_equal
    assert str(found) == f"equal: {because}"
    assert found.data() == {"verdict": "equal", "because": because, "steps": 0, "witness": None, "first": None}


@pytest.mark.parametrize(
    ("other", "equal"),
    [
        (attrs.evolve(VIP, when=VIP.when & ~(field.requester.tier == "silver")), True),
        (attrs.evolve(VIP, when=VIP.when | ((field.requester.tier == "gold") & field.tags.has("hot"))), True),
        (attrs.evolve(VIP, when=VIP.when & field.category.is_any("new", "closed", "removed")), False),  # it wakes on finished tickets
        (attrs.evolve(VIP, when=VIP.when & field.tags.has("hot")), False),
        (attrs.evolve(VIP, when=VIP.when & (since("created") >= "1h")), False),
    ],
)
def test_equal_in_other_words(other: Rule, equal: bool) -> None:
    found = difference(ruled(VIP), ruled(other), budget=200)
    assert (found.because == "the same rules, their conditions in other words") == equal


def test_a_rule_that_can_never_fire_makes_no_difference() -> None:
    never = Rule(name="never", on=["created"], when=field.tags.has("x") & ~field.tags.has("x"), then=[Action("add_tag", "y")])
    assert difference(ruled(VIP), ruled(never, VIP)).because == "the same but for names"
    both = ruled(VIP, HOT), ruled(attrs.evolve(VIP, when=VIP.when & field.tags.has("x")), HOT, never)
    assert difference(*both).verdict == "differs"


def test_names_tell_where_a_rule_listens_to_rules() -> None:
    after = Rule(name="after", on=["rule_fired"], then=[Action("add_tag", "x")])
    assert difference(ruled(VIP, after), ruled(VIP, after, name="other")).because == "the same rules under the same names"
    renamed = ruled(attrs.evolve(VIP, name="gold"), after)
    assert difference(ruled(VIP, after), renamed, budget=200).verdict == "unknown"
    assert difference(ruled(VIP, after), renamed, budget=200).because != "the same rules under the same names"


# --- different -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "because"),
    [
        (ruled(VIP), ruled(), "because of rule 'vip'"),
        (ruled(), ruled(VIP), "because of rule 'vip'"),
        (ruled(VIP, HOT), ruled(HOT), "because of rule 'vip'"),
        (ruled(attrs.evolve(VIP, then=[Action("escalate", 2)])), ruled(attrs.evolve(VIP, then=[Action("escalate", 1)])),
         "because of rule 'vip'"),
        (ruled(VIP), ruled(VIP, VIP.__class__(name="two", on=["created"], when=VIP.when, then=[Action("add_tag", "x")])),
         "because of rule 'two'"),
        (ruled(Rule(name="ack", on=["created"], then=[Action("reply", "ack")]), templates={"ack": "hello"}),
         ruled(Rule(name="ack", on=["created"], then=[Action("reply", "ack")]), templates={"ack": "good day"}), "because of rule 'ack'"),
        (ruled(Rule(name="old", when=since("created") >= "2h", then=[Action("add_tag", "x")])),
         ruled(Rule(name="old", when=since("created") >= "3h", then=[Action("add_tag", "x")])), "because of rule 'old'"),
        (Desk(metrics=(FA,), policies=(promise(1),)), Desk(metrics=(FA,), policies=(promise(2),)), "because of policy 'std'"),
        (ruled(), ruled(lifecycle=Lifecycle(moves={"new": {"agent_replies": Move(to="open")}})), "because of lifecycle 'agent_replies'"),
    ],
)  # fmt: skip
def test_a_difference_is_shown_by_a_script_that_replays(one: Desk, other: Desk, because: str) -> None:
    found = difference(one, other)
    assert (found.verdict, found.because) == ("differs", because)
    assert found.witness is not None
    assert found.first is not None
    assert str(found).splitlines()[0] == f"differs: {because}"
    assert found.data()["witness"] == str(found.witness).splitlines()
    assert found.data()["first"]["kind"] == found.first.reason.kind


def test_a_field_more_that_nothing_reads_shows_nowhere() -> None:
    found = difference(ruled(), ruled(fields={"site": FieldType(kind="text")}), depth=2)
    assert found.verdict == "unknown"


def test_ladders_differ_too() -> None:
    def up(hours: int, **given: Any) -> Desk:
        step = Step(after=Length(hours * HOUR_US), then=[Action("notify", "lead")])
        ladder = Escalation(**{"name": "up", "when": field.assignee.is_empty(), "since": "created", "steps": [step], **given})
        return Desk(metrics=(), rules=Rules(escalations=[ladder]))

    assert difference(up(1), up(1, name="ladder")).because == "the same but for names"
    assert difference(up(1), up(2)).verdict == "differs"


def test_what_one_desk_alone_has_names_for() -> None:
    site = Rule(name="site", on=["created"], when=field["fields.site"] == "Riga", then=[Action("add_tag", "x")])
    one, other = ruled(), ruled(site, fields={"site": FieldType(kind="text")})
    for found in (difference(one, other), difference(other, one)):
        assert found.verdict == "differs"
    plan = Rule(name="plan", on=["created"], when=field["fields.plan"] == "big", then=[Action("add_tag", "x")])
    neither = difference(other, ruled(plan, fields={"plan": FieldType(kind="text")}))
    assert neither.verdict == "unknown"
    assert neither.because.startswith("each desk has names that the other lacks: ")


def test_what_is_not_found_is_unknown_and_never_equal() -> None:
    """A holiday next year, and a budget of next to nothing."""
    day = BusinessHours(zone="UTC", week={"mon-fri": ["09:00-17:00"]})
    one = Desk(metrics=(FA,), policies=(promise(1),), hours={"day": day})
    far = difference(one, one.with_holiday("day", "2027-06-01"), budget=500, depth=2)
    assert far.verdict == "unknown"
    deep = Rule(name="deep", on=["customer_replied"], when=field.customer_replies >= 9, then=[Action("add_tag", "x")])
    found = difference(ruled(deep), ruled(), budget=40, depth=2)
    assert found.verdict == "unknown"
    assert found.because == f"no difference was found in {found.steps} steps, which proves nothing"


def test_a_desk_that_refuses_what_the_other_takes() -> None:
    strict = ruled(lifecycle=Lifecycle(moves={"answered": {"resolve": None}}))
    found = difference(ruled(), strict)
    assert found.verdict == "differs"
    assert found.first is not None
    assert found.witness is not None
    with pytest.raises(TicketcoreError):
        found.witness.replay(strict)
