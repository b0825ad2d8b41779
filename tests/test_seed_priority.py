"""What the sources ask of priority, row by row (docs/reference/coverage.md), and that a manual choice wins over everything else."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk_day import ADA, MARIA, at, born, only
from ticketcore import (
    Action,
    Created,
    CustomerReplied,
    Desk,
    Fact,
    FactsReported,
    FieldSet,
    FieldType,
    Levels,
    Matrix,
    Message,
    Noted,
    Order,
    Person,
    Priority,
    Rule,
    Score,
    ScoreCard,
    SlotCleared,
    SlotSet,
    TagsAdded,
    TagsRemoved,
    TargetExtended,
    Ticket,
    desk_to_data,
    field,
    load_desk,
    since,
)  # fmt: skip
from ticketcore._time import HOUR_US, MINUTE_US
from ticketcore.errors import DeskError, UnknownName
from ticketcore.lint import lint
from ticketcore.model import Outside, PriorityChanged
from ticketcore.priority import SLOTS, Suggestion
from ticketcore.routing import First

# The criteria of the sources as one desk: words in six languages, customers, impact and urgency, what a classifier thinks.
CRITERIA: dict[str, Any] = {
    "fields": {
        "impact": {"type": "choice", "choices": ["low", "medium", "high"], "ordered": True},
        "urgency": {"type": "choice", "choices": ["low", "medium", "high"], "ordered": True},
        "affected": {"type": "number"}, "type": {"type": "name"},
    },
    "requester_fields": {"years": {"type": "number"}, "yearly_value": {"type": "number"}},
    "facts": {
        "guess": {"type": "text", "default": ""}, "sure": {"type": "number", "default": 0},
        "similar": {"type": "number", "default": 0},
    },
    "priority": {
        "levels": ["low", "medium", "high", "refund request", "urgent"],
        "tags": {"high priority": "high", "urgent": "urgent"},
        "matrix": {"impact": ["low", "medium", "high"], "urgency": ["low", "medium", "high"],
                   "levels": [["low", "low", "medium"], ["low", "medium", "high"], ["medium", "high", "urgent"]]},
        "score": {
            "entries": [
                {"when": {"field": "requester.tier", "is": "gold"}, "weight": 4, "reason": "gold customer"},
                {"when": {"field": "requester.fields.years", "at_least": 5}, "weight": 3, "reason": "with us for years"},
                {"when": {"field": "affected", "at_least": 10}, "weight": 4, "reason": "many are affected"},
                {"when": {"field": "affected", "at_least": 1000}, "weight": 4, "reason": "very many are affected"},
                {"when": {"field": "similar", "at_least": 3}, "weight": 2, "reason": "others report it too"},
                {"when": {"field": "type", "is": "technical"}, "weight": 6, "reason": "technical support"},
                {"when": {"field": "text", "mentions_any": ["typo", "feature request"]}, "weight": -5, "reason": "can wait"},
            ],
            "thresholds": [[3, "medium"], [6, "high"], [12, "urgent"]],
        },
        "suggestion": {"fact": "guess", "confidence": "sure", "at_least": 80},
    },
    "rules": [
        {"name": "critical", "on": ["created", "customer_replied"],
         "when": {"field": "text", "mentions_any": [
             "outage", "data breach", "payment failed", "διακοπή", "宕机", "сбой", "leállás", "pārtraukums",
         ]},
         "then": [{"set_priority": "urgent", "add_tag": "critical", "notify": "duty"}]},
        {"name": "refund", "on": "created", "when": {"field": "text", "contains": "refund"}, "then": {"set_priority": "refund request"}},
        {"name": "plan", "on": "created",
         "when": {"all": [{"field": "text", "contains": "as soon as possible"}, {"field": "requester.tier", "is_any": ["gold", "silver"]}]},
         "then": {"raise_priority": 1}},
    ],
}  # fmt: skip
DESK = load_desk(CRITERIA)


def asked(text: str = "", *, by: Person = ADA, desk: Desk = DESK, **given_: Any) -> Ticket:
    return desk.handle(None, Created(at=at("09:00"), ticket="T", by=by, message=Message(text=text), **given_)).ticket


def level(text: str = "", **given_: Any) -> str:
    return asked(text, **given_).priority


# --- levels ----------------------------------------------------------------------------------------------------------


@pytest.mark.seed("S26", "S29", "S34", "S36")
def test_levels_are_an_order_and_a_custom_one_stands_at_its_rank() -> None:
    assert list(Levels()) == ["low", "medium", "high", "urgent"]
    custom = DESK.priority.levels
    assert custom.rank("high") < custom.rank("refund request") < custom.rank("urgent")
    tickets = [asked(text, channel=str(number)) for number, text in enumerate(["hello", "outage", "a refund please"])]
    assert [each.priority for each in Order.by("priority").bind(levels=custom).sorted(tickets)] == ["urgent", "refund request", "low"]
    lifted = Rule(name="refunds", on=["created"], when=field.priority >= "refund request", then=[Action("add_tag", "lifted")])
    assert born(Desk(priority=Priority(levels=custom, default="refund request"), rules=[lifted])).ticket.tags == {"lifted"}
    assert list(Levels(("P4", "P3", "P2", "P1"))) == ["P4", "P3", "P2", "P1"]


@pytest.mark.seed("S57")
@given(st.sampled_from(list(DESK.priority.levels)), st.integers(-6, 6).filter(bool))
def test_a_priority_is_raised_and_lowered_by_steps_within_the_scale(start: str, steps: int) -> None:
    levels = DESK.priority.levels
    nudge = Rule(name="nudge", on=["noted"], then=[Action("raise_priority", steps)])
    desk = Desk(priority=Priority(levels=levels, default=start), rules=[nudge])
    moved = desk.handle(born(desk).ticket, Noted(at=at("10:00"), by=MARIA)).ticket
    wanted = max(0, min(levels.rank(start) + steps, len(levels) - 1))
    assert moved.priority == levels.names[wanted]
    for _ in range(8):
        moved = desk.handle(moved, Noted(at=moved.floor_us + 1, by=MARIA)).ticket
    assert moved.priority == (levels.highest if steps > 0 else levels.lowest)


@pytest.mark.seed("S27", "S39", "S41", "S32")
@pytest.mark.parametrize("text", ["", "how do I change my password?", "a typo on the price list", "it would be nice to have a dark theme"])
def test_every_ticket_has_a_level_from_the_first_and_what_nobody_marks_is_low(text: str) -> None:
    first = DESK.handle(None, Created(at=0, ticket="T", by=ADA, message=Message(text=text)))
    assert (first.ticket.priority, first.ticket.slots, first.ticket.tags) == ("low", {}, frozenset())
    assert DESK.why(first.ticket) == "low: default"


@pytest.mark.seed("S28")
def test_a_desk_where_a_higher_level_has_more_time_is_told() -> None:
    def found(**targets: str) -> list[str]:
        desk = load_desk({"sla": [{"name": "std", "targets": {"first_reply": targets}}]})
        return [str(finding) for finding in lint(desk) if finding.code == "targets-not-monotone"]

    assert found(urgent="1h", high="2h", medium="4h", low="8h") == []
    assert len(found(urgent="4h", high="2h", low="8h")) == 1


# --- criteria --------------------------------------------------------------------------------------------------------


@pytest.mark.seed("S30", "S40", "S46", "S50")
@pytest.mark.parametrize("text", [
    "total outage!", "we fear a data breach", "payment failed twice", "Υπάρχει διακοπή από το πρωί", "服务器宕机了", "Полный сбой системы",
    "leállás", "pilnīgs PĀRTRAUKUMS",
])  # fmt: skip
def test_what_is_critical_is_urgent_flagged_and_told_in_every_language(text: str) -> None:
    outcome = DESK.handle(None, Created(at=0, ticket="T", by=ADA, message=Message(text=text)))
    assert (outcome.ticket.priority, outcome.ticket.tags) == ("urgent", frozenset({"critical"}))
    assert [(effect.kind, getattr(effect, "to", "")) for effect in outcome.effects] == [("notify", "duty")]
    assert DESK.why(outcome.ticket).startswith('urgent: rule "critical"')


@pytest.mark.seed("S35")
def test_tags_set_the_level_and_the_highest_counts() -> None:
    assert [level(tags=tags) for tags in ([], ["high priority"], ["urgent", "high priority"], ["else"])] == ["low", "high", "urgent", "low"]


@pytest.mark.seed("S42", "S43", "S55", "S31")
@pytest.mark.parametrize(("impact", "urgency", "expected"), [
    ("low", "low", "low"), ("medium", "medium", "medium"), ("medium", "high", "high"), ("high", "high", "urgent"),
    ("high", "low", "medium"),
])  # fmt: skip
def test_two_answers_of_a_triage_give_the_level(impact: str, urgency: str, expected: str) -> None:
    before = asked("it does not print")
    both = (
        FieldSet(at=at("09:05"), by=MARIA, name="impact", value=impact),
        FieldSet(at=at("09:05"), by=MARIA, name="urgency", value=urgency),
    )
    after = DESK.handle(before, *both).ticket
    assert after.priority == expected
    assert f"impact {impact}, urgency {urgency}" in DESK.why(after)


@pytest.mark.seed("S37", "S47")
def test_a_small_matter_of_a_long_standing_valuable_customer_outranks_that_of_a_new_one() -> None:
    loyal = Person(name="Ada", tier="gold", fields={"years": 9, "yearly_value": 90_000})
    assert (level("a question", by=loyal), level("a question", by=Person(name="Bob"))) == ("high", "low")
    assert DESK.why(asked("a question", by=loyal)) == (
        "high: 7 points: gold customer (+4), with us for years (+3); overruled: low (default)"
    )
    assert level("a typo", by=loyal) == "low"  # what can wait can wait
    vips = First(name="vip", when=field.requester.tier.is_("gold"))
    queue = Order.by(vips).then("age").using(DESK.vocabulary)
    old, vip = asked("hello"), DESK.handle(None, Created(at=at("09:30"), ticket="V", by=loyal)).ticket
    assert queue.sorted([old, vip]) == (vip, old)


@pytest.mark.seed("S49")
@pytest.mark.parametrize(
    ("affected", "similar", "expected"), [(1, 0, "low"), (10, 0, "medium"), (10, 3, "high"), (1000, 0, "high"), (1000, 9, "high")]
)
def test_how_many_customers_it_touches_decides(affected: int, similar: int, expected: str) -> None:
    assert level("it fails", fields={"affected": affected}, facts={"similar": similar}) == expected


@pytest.mark.seed("S56")
def test_technical_support_may_have_high_priority_as_such() -> None:
    assert (level(fields={"type": "technical"}), level(fields={"type": "sales"})) == ("high", "low")


@pytest.mark.seed("S33")
def test_a_level_may_be_kept_for_plans_that_include_it() -> None:
    text = "please, as soon as possible"
    assert (level(text, by=Person(name="Ada", tier="silver")), level(text, by=Person(name="Bob", tier="free"))) == ("medium", "low")


@pytest.mark.seed("S58")
def test_a_classifiers_guess_counts_when_it_is_sure_enough_and_nothing_else_speaks() -> None:
    ticket = asked("hm")
    unsure = DESK.handle(ticket, FactsReported(at=at("09:01"), facts={"guess": "high", "sure": 79})).ticket
    sure = DESK.handle(unsure, FactsReported(at=at("09:02"), facts={"guess": "high", "sure": 80})).ticket
    assert (unsure.priority, sure.priority, DESK.why(sure)) == ("low", "high", "high: guess, 80 % sure; overruled: low (default)")
    tagged = DESK.handle(sure, TagsAdded(at=at("09:03"), by=MARIA, tags=["urgent"])).ticket
    assert DESK.why(tagged) == 'urgent: tag "urgent"; overruled: high (guess, 80 % sure), low (default)'


@pytest.mark.seed("S59", "S122")
def test_suggestions_are_asked_of_the_host() -> None:
    then = [Action("classify", "priority"), Action("suggest_article", "reset-password")]
    desk = Desk(rules=[Rule(name="ask", on=["created"], then=then)])
    outcome = desk.handle(None, Created(at=0, ticket="T", by=ADA))
    assert [(effect.kind, getattr(effect, "name", ""), getattr(effect, "article", "")) for effect in outcome.effects] == [
        ("classify", "priority", ""), ("suggest_article", "", "reset-password"),
    ]  # fmt: skip
    assert len({effect.key for effect in outcome.effects}) == 2


@pytest.mark.seed("S38")
def test_a_promise_is_extended_for_one_ticket_with_a_reason() -> None:
    desk = load_desk({"sla": [{"name": "std", "targets": {"resolution": "4h calendar"}}]})
    ticket = born(desk).ticket
    more = TargetExtended(at=at("10:00"), by=MARIA, metric="resolution", extra_us=2 * HOUR_US, reason="needs a look at the logs")
    extended = desk.handle(ticket, more)
    assert (extended.ticket.due("resolution"), only(extended, "target_extended").reason) == (
        ticket.created.add(hours=6), "needs a look at the logs",
    )  # fmt: skip


@pytest.mark.seed("S51", "S54", "S124")
@given(st.sampled_from(["outage", "a refund", "hello", "typo"]), st.sampled_from(["gold", "silver", ""]), st.integers(0, 2000))
def test_the_same_ticket_always_gets_the_same_level_and_is_told_why(text: str, tier: str, affected: int) -> None:
    again = load_desk(desk_to_data(DESK))  # the criteria as text are the criteria
    first, second = (asked(text, by=Person(name="A", tier=tier), fields={"affected": affected}, desk=desk) for desk in (DESK, again))
    assert first.priority == second.priority
    assert DESK.why(first) == again.why(second)
    assert DESK.why(first).startswith(f"{first.priority}: ")


@pytest.mark.seed("S52", "S53", "S76")
def test_in_a_surge_the_critical_ones_come_first_and_the_old_ones_still_have_their_turn() -> None:
    order = Order.by(head_start={"urgent": "8h", "refund request": "4h", "high": "2h", "medium": "1h"}).using(DESK.vocabulary)
    tickets = [
        DESK.handle(None, Created(at=at("09:00") + number * MINUTE_US, ticket=f"T-{number:02}", by=ADA, message=Message(text=text))).ticket
        for number, text in enumerate(["hello"] * 10 + ["outage since the release"] * 5 + ["hello"] * 5)
    ]  # fmt: skip
    assert [each.id for each in order.first(5, tickets)] == [f"T-{number}" for number in range(10, 15)]
    late = DESK.handle(None, Created(at=at("18:00"), ticket="T-99", by=ADA, message=Message(text="outage"))).ticket
    assert order.sorted([*tickets, late])[-1] == late  # who has waited the whole day comes before what is urgent since a minute


# --- slots: a manual choice above all, the default below all ----------------------------------------------------------


@pytest.mark.seed("S129", "S43", "S27")
def test_by_itself_by_hand_above_it_and_it_is_recorded_which() -> None:
    urgent = asked("outage")
    calm = DESK.handle(urgent, SlotSet(at=at("09:10"), by=MARIA, level="medium"))
    assert DESK.why(calm.ticket) == 'medium: manual, by maria; overruled: urgent (rule "critical"), low (default)'
    changed = only(calm, "priority_changed")
    assert (changed.was, changed.to, changed.slot, changed.because) == ("urgent", "medium", "manual", "manual, by maria")
    again = DESK.handle(calm.ticket, CustomerReplied(at=at("09:20"), by=ADA, message=Message(text="outage!!")))
    assert again.ticket.priority == "medium"  # the rule fires, and stays below
    back = DESK.handle(again.ticket, SlotCleared(at=at("09:30"), by=MARIA))
    assert (back.ticket.priority, only(back, "priority_changed").slot) == ("urgent", "rules")


def full_desk(*, pinned: bool = True) -> Desk:
    """A desk on which every slot can be filled, and rules pull at the priority with every event."""
    levels = ("low", "medium", "high", "urgent")
    rules = [
        *(
            Rule(name=f"set {name}", on=["noted"], when=field.event.text.contains(name), then=[Action("set_priority", name)])
            for name in levels
        ),
        Rule(name="up", on=["tags_added", "priority_changed"], when=field.tags.has("up"), then=[Action("raise_priority", 1)]),
        Rule(name="down", on=["customer_replied", "breached"], then=[Action("raise_priority", -1)]),
        Rule(name="free", on=["noted"], when=field.event.text.contains("free"), then=[Action("release_priority")]),
        Rule(name="old", when=since("updated") >= "1h", every_us=HOUR_US, times=3, then=[Action("raise_priority", 1)]),
    ]  # fmt: skip
    return Desk(
        priority=Priority(
            levels=levels, tags={"vip": "high", "calm": "low"}, manual_pinned=pinned,
            matrix=Matrix.of(impact=[1, 2], urgency=[1, 2], levels=[["low", "medium"], ["high", "urgent"]]),
            score=ScoreCard(entries=[Score(condition=field.customer_replies >= 2, weight=5)], thresholds=[(5, "medium")]),
            suggestion=Suggestion(fact="guess", confidence="sure", at_least=50),
        ),
        fields={"impact": FieldType(kind="number"), "urgency": FieldType(kind="number")},
        facts={"guess": Fact(type=FieldType(kind="text"), default=""), "sure": Fact(type=FieldType(kind="number"), default=0)},
        rules=rules,
    )  # fmt: skip


FULL, UNPINNED = full_desk(), full_desk(pinned=False)
LEVELS = ("low", "medium", "high", "urgent")
DRAWN: Any = (
    lambda us, draw: SlotSet(at=us, by=MARIA, level=draw.choice(LEVELS)),
    lambda us, draw: SlotCleared(at=us, by=MARIA),
    lambda us, draw: Noted(at=us, by=MARIA, message=Message(text=draw.choice([*LEVELS, "free"]), public=False)),
    lambda us, draw: CustomerReplied(at=us, by=ADA),
    lambda us, draw: TagsAdded(at=us, by=MARIA, tags=[draw.choice(["vip", "calm", "up"])]),
    lambda us, draw: TagsRemoved(at=us, by=MARIA, tags=[draw.choice(["vip", "calm", "up"])]),
    lambda us, draw: FieldSet(at=us, by=MARIA, name=draw.choice(["impact", "urgency"]), value=draw.choice([1, 2])),
    lambda us, draw: FactsReported(at=us, facts={"guess": draw.choice(LEVELS), "sure": draw.choice([20, 60])}),
)


@pytest.mark.seed("S129")
@given(st.integers(0, 2**32))
def test_a_manual_choice_wins_over_everything_else_in_any_history(seed: int) -> None:
    """Row 20 of what the others lack (20,000 histories under the nightly profile): nothing but a person moves a manual choice."""
    draw = random.Random(seed)
    ticket, chosen, now = born(FULL).ticket, None, at("09:00")
    for _ in range(draw.randint(1, 25)):
        now += draw.randrange(3 * HOUR_US)
        event: Outside = draw.choice(DRAWN)(now, draw)
        outcome = FULL.handle(ticket, event)
        for step in outcome.events:
            if isinstance(step, SlotSet | SlotCleared) and step.slot == "manual":
                assert not step.cause  # people do it, never a rule
                chosen = step.level if isinstance(step, SlotSet) else None
            if isinstance(step, PriorityChanged):
                assert step.because
                assert step.slot in SLOTS
                assert chosen is None or (step.slot, step.to) == ("manual", chosen)
        ticket = outcome.ticket
        assert ticket.priority == (chosen or FULL.priority.why(ticket, FULL.view(ticket))[0].level)
        assert (ticket.slots.get("manual") is None) == (chosen is None)
    undone = FULL.handle(ticket, SlotCleared(at=now + 1, by=MARIA)).ticket
    below = [verdict for verdict in FULL.priority.why(undone, FULL.view(undone)) if verdict.slot != "manual"]
    assert undone.priority == below[0].level  # the derived level of now


@given(st.integers(0, 2**32))
def test_the_level_is_that_of_the_highest_filled_slot_in_any_history(seed: int) -> None:
    draw = random.Random(seed)
    ticket, now = born(UNPINNED).ticket, at("09:00")
    for _ in range(draw.randint(1, 15)):
        now += draw.randrange(2 * HOUR_US)
        ticket = UNPINNED.handle(ticket, draw.choice(DRAWN)(now, draw)).ticket
        why = UNPINNED.priority.why(ticket, UNPINNED.view(ticket))
        assert ticket.priority == why[0].level
        manual, rules = ticket.slots.get("manual"), ticket.slots.get("rules")
        if manual is not None and rules is not None:
            assert why[0].slot == ("rules" if rules.at_us >= manual.at_us else "manual")


@pytest.mark.parametrize(("given_", "path", "said"), [
    ({"tags": {"refund": "refund requst"}}, "priority.tags.refund", "did you mean 'refund request'"),
    ({"score": {"entries": [], "thresholds": [[3, "hihg"]]}}, "priority.score.thresholds[0]", "did you mean 'high'"),
    ({"suggestion": {"fact": "gess", "confidence": "sure"}}, "priority.suggestion.fact", "did you mean 'guess'"),
])  # fmt: skip
def test_a_wrong_name_is_told_at_its_place(given_: dict[str, Any], path: str, said: str) -> None:
    with pytest.raises(DeskError) as caught:
        load_desk({**CRITERIA, "priority": {**CRITERIA["priority"], **given_}})
    assert any(problem.path.startswith(path) and said in str(problem) for problem in caught.value.problems)
    with pytest.raises(UnknownName):
        DESK.priority.levels.rank("hihg")
