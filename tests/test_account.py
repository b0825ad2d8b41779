"""What became of a rule, and why: asked of a ticket as it stands, and of what happens to it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ticketcore import (
    Action,
    Agent,
    AgentReplied,
    Closed,
    Created,
    CustomerReplied,
    Desk,
    Escalation,
    Message,
    Person,
    Rule,
    Rules,
    RuleSet,
)
from ticketcore._account import RuleAccount
from ticketcore.conditions import TRUE, field, holds, since
from ticketcore.errors import BadValue, OutOfOrder, TicketcoreError, UnknownName
from ticketcore.extra import strategies
from ticketcore.model import Length, MarkedSpam, Outside, Postponed, Resolved, RuleFired, TagsAdded, Ticket
from ticketcore.rules import Step

HOUR = 3_600_000_000
ADA = Person(email="ada@example.gr")
MARIA = Agent(id="maria")
LESS = max(10, settings.default.max_examples // 4) if settings.default else 10  # a desk and a history take long to draw
NOTIFY = (Action("notify", "lead"),)
BORN = Created(at=0, ticket="T-1", by=ADA, subject="down", tags=["vip"])


def desk(*rules: Any, **more: Any) -> Desk:
    return Desk(rules=Rules(sets=[RuleSet(rules=rules)], **more))


def born(on: Desk) -> Ticket:
    return on.handle(None, BORN).ticket


URGENT = Rule(name="vip", on=["created"], when=field.tags.has("vip"), then=[Action("set_priority", "urgent")])
PAGE = Rule(name="page", on=["created"], when=field.priority >= "high", then=NOTIFY)


def test_a_rule_that_fired_saw_the_ticket_as_the_rules_before_it_left_it() -> None:
    told = desk(URGENT, PAGE).why_not(None, "page", events=[BORN])
    assert told.fired is told.holds is True
    assert str(told) == "rule 'page': fired on created, 1970-01-01T00:00:00Z\nyes  priority is at least 'high'   ('urgent')"


def test_a_rule_is_seen_at_the_instant_it_fires_and_not_at_the_end() -> None:
    calm = Rule(name="calm", on=["created"], when=field.priority == "urgent", then=[Action("set_priority", "low")])
    told = desk(URGENT, calm).why_not(None, "calm", events=[BORN])
    assert told.fired
    assert "('urgent')" in str(told)  # by the end it is low


def test_a_rule_that_did_not_fire_says_what_it_lacks() -> None:
    one = desk(PAGE, Rule(name="hot", on=["customer_replied"], when=field.text.mentions_any("fire"), then=NOTIFY))
    assert str(one.why_not(None, "page", events=[BORN])) == (
        "rule 'page': did not fire on created, 1970-01-01T00:00:00Z\n"
        "no   priority is at least 'high'   ('low')\n"
        "what would make it true, the fewest changes first:\n"
        "  1  priority: 'high' instead of 'low'"
    )
    ticket = born(one)
    reply = CustomerReplied(at=HOUR, by=ADA, message=Message(text="still down"))
    assert one.why_not(ticket, "hot", events=[reply]).on == "customer_replied"
    assert [str(way) for way in one.why_not(ticket, "hot", events=[reply]).why.ways] == [
        "description: 'fire' instead of empty",
    ]


@pytest.mark.parametrize(
    ("rule", "event", "note"),
    [
        (Rule(name="r", on=["created", "noted"], then=NOTIFY), Resolved(at=HOUR, by=MARIA), "it listens to created, noted; what happened"),
        (Rule(name="r", then=NOTIFY), None, "it listens to everything from outside: give events="),
        (Rule(name="r", on=["noted"], then=NOTIFY), None, "it listens to noted: give events= to ask what it would do then"),
        (Rule(name="r", enabled=False, when=TRUE, then=NOTIFY), Resolved(at=HOUR, by=MARIA), "it is disabled"),
        (Rule(name="r", enabled=False, when=TRUE, then=NOTIFY), None, "it is disabled"),
        (Rule(name="r", on=["customer_replied"], then=NOTIFY),
         CustomerReplied(at=HOUR, by=ADA, message=Message(text="out of office", automatic=True)), "the message was made by a machine"),
        (Rule(name="r", when=since("created") >= "30m", then=NOTIFY), Resolved(at=HOUR, by=MARIA), "its condition was true already"),
        (Rule(name="r", when=since("created") >= "30m", then=NOTIFY), None, None),
        (Rule(name="r", when=since("created") >= "30h", then=NOTIFY), Resolved(at=HOUR, by=MARIA), None),  # not yet
    ],
)  # fmt: skip
def test_what_keeps_a_rule_from_firing_besides_its_condition(rule: Rule, event: Any, note: str | None) -> None:
    one = desk(rule)
    told = one.why_not(born(one), "r", events=[] if event is None else [event])
    assert told.fired is (None if event is None else False)
    if note is None:
        assert told.notes == ()
    else:
        assert [line for line in told.notes if line.startswith(note)], told.notes
        assert f"\n  - {note}" in str(told)


def test_no_rule_runs_on_a_closed_ticket() -> None:
    one = desk(Rule(name="r", then=NOTIFY), Rule(name="named", when=field.category == "removed", then=NOTIFY))
    spam = one.handle(born(one), MarkedSpam(at=HOUR, by=MARIA)).ticket
    note = "no rule runs on a removed ticket, unless its condition names that category"
    assert note in one.why_not(spam, "r").notes
    assert note not in one.why_not(spam, "named").notes
    reply = CustomerReplied(at=2 * HOUR, by=ADA, message=Message(text="more"))
    assert note in one.why_not(spam, "r", events=[reply]).notes
    assert one.why_not(spam, "named", events=[reply]).fired


def test_a_set_that_was_stopped() -> None:
    one = desk(Rule(name="first", on=["created"], then=NOTIFY, stop=True), Rule(name="second", on=["created"], then=NOTIFY))
    assert one.why_not(None, "second", events=[BORN]).notes == ("a rule before it stopped the set 'rules'",)
    assert one.why_not(None, "first", events=[BORN]).fired


def test_a_lower_step_of_a_ladder_gives_way() -> None:
    steps = [Step(after=Length(HOUR, calendar=True), then=NOTIFY), Step(after=Length(2 * HOUR, calendar=True), then=NOTIFY)]
    when = field.assignee.is_empty() & field.tags.has("late")
    one = desk(escalations=[Escalation(name="up", when=when, since="created", steps=steps)])
    told = one.why_not(born(one), "up 1", events=[TagsAdded(at=3 * HOUR, by=MARIA, tags=["late"])])
    assert told.fired is False
    assert told.notes == ("a higher step of its ladder acted: 'up 2'",)
    assert one.why_not(born(one), "up 2", events=[TagsAdded(at=3 * HOUR, by=MARIA, tags=["late"])]).fired


def test_what_was_due_before_the_event_is_lived_through_first() -> None:
    old = Rule(name="old", when=since("created") >= "1h", then=[Action("set_priority", "high")])
    one = desk(old, Rule(name="hot", on=["agent_replied"], when=field.priority == "high", then=NOTIFY))
    reply = AgentReplied(at=2 * HOUR, by=MARIA, message=Message(text="on it"))
    assert one.why_not(born(one), "hot", events=[reply]).fired
    assert not one.why_not(born(one), "old", events=[reply]).fired  # an hour before the reply, not by it
    asleep = one.why_not(born(one), "old", events=[Postponed(at=1, by=MARIA, until=3 * HOUR)])
    assert asleep.fired is False
    assert next(map(str, asleep.why.ways)) == "wait until 1970-01-01T01:00:00Z"


def test_a_ticket_as_it_stands() -> None:
    one = desk(Rule(name="old", when=(field.status == "new") & (since("created") >= "2h"), then=NOTIFY))
    ticket = born(one)
    told = one.why_not(ticket, "old")
    assert told.fired is None
    assert str(told).startswith("rule 'old': its condition does not hold, 1970-01-01T00:00:00Z\nno   all of\n")
    assert "\n  1  wait until 1970-01-01T02:00:00Z" in str(told)
    later = one.why_not(ticket, "old", 2 * HOUR)
    assert later.holds
    assert str(later).startswith("rule 'old': its condition holds, 1970-01-01T02:00:00Z\nyes  all of\n")
    assert "what would" not in str(later)


def test_every_way_is_one_for_the_rule_of_the_desk() -> None:
    one = desk(URGENT, PAGE)
    told = one.why_not(born(one), "page")
    view = one.view(born(one))
    for way in told.why.ways:
        assert holds(PAGE.when, way.apply(view))


def test_asking_changes_nothing_and_refuses_as_handle_does() -> None:
    one = desk(URGENT, PAGE)
    ticket = born(one)
    with pytest.raises(OutOfOrder):
        one.why_not(one.handle(ticket, Resolved(at=HOUR, by=MARIA)).ticket, "page", events=[Resolved(at=5, by=MARIA)])
    with pytest.raises(UnknownName, match="unknown rule 'pgae'; did you mean 'page'"):
        one.why_not(ticket, "pgae")
    with pytest.raises(BadValue, match="an account of a rule needs a ticket or events"):
        one.why_not(None, "page")
    assert isinstance(one.why_not(ticket, "page"), RuleAccount)


def test_an_account_is_plain_data_too() -> None:
    one = desk(PAGE)
    told = one.why_not(None, "page", events=[BORN]).data()
    assert json.loads(json.dumps(told)) == told == {
        "rule": "page", "at": "1970-01-01T00:00:00Z", "fired": False, "on": "created", "notes": [], "holds": False, "complete": True,
        "note": "",
        "why": {"holds": False, "test": {"field": "priority", "at_least": "high"}, "seen": "low", "note": "'low'"},
        "ways": [[{"kind": "by hand", "field": "priority", "op": "set", "before": False, "said": "priority: 'high' instead of 'low'"}]],
    }  # fmt: skip


# --- the law -----------------------------------------------------------------------------------------------------------


@st.composite
def days_of_desks(draw: st.DrawFn) -> tuple[Desk, Any]:
    made = draw(strategies.desks())
    return made, draw(strategies.histories(made))


@settings(max_examples=LESS)
@given(days_of_desks(), st.data())
def test_every_account_says_what_happened_and_why(case: tuple[Desk, Any], data: st.DataObject) -> None:
    one, log = case
    rules, ticket = list(one.rules), None
    asked = data.draw(st.lists(st.sampled_from(rules), min_size=1, max_size=2, unique_by=lambda rule: rule.name)) if rules else []
    for moment in log:
        try:
            outcome = one.handle(ticket, *moment)
        except TicketcoreError as refused:
            for rule in asked[:1]:
                with pytest.raises(type(refused)):
                    one.why_not(ticket, rule.name, events=moment)
            continue
        root = next(event.moment for event in outcome.events if isinstance(event, Outside) and event.is_outside and not event.cause)
        fired = {event.rule for event in outcome.events if isinstance(event, RuleFired) and event.id.startswith(f"{root}/")}
        for rule in asked:
            told = one.why_not(ticket, rule.name, events=moment)
            assert told.fired is (rule.name in fired), (rule, told)
            # What fired had a true condition; what did not had a false one, or something else against it.
            assert told.holds if told.fired else (told.notes or not told.holds), str(told)
            assert told.at_us == max(event.at_us for event in outcome.events if event.id == root or event.id.startswith(f"{root}/"))
        ticket = outcome.ticket


def test_a_reply_that_belongs_to_another_ticket_has_its_account_too() -> None:
    """It leads to a follow-up: no rule of a reply has heard of it."""
    one = desk(Rule(name="heard", on=["customer_replied"], then=NOTIFY))
    ticket = born(one)
    for event in (Resolved(at=1, by=MARIA), Closed(at=2, by=MARIA)):
        ticket = one.handle(ticket, event).ticket
    account = one.why_not(ticket, "heard", events=[CustomerReplied(at=10, by=ADA)])
    assert (account.fired, "diverted" in str(account)) == (False, True)
