"""Counterexamples: what can happen is shown by a shortest script that replays, what cannot is said to be kept, up to a depth."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from desk_day import length, promise, ruled
from ticketcore import (
    Action,
    Agent,
    AgentReplied,
    Assigned,
    Created,
    CustomerReplied,
    Desk,
    DeskError,
    Escalation,
    Lifecycle,
    Metric,
    Move,
    Person,
    Policy,
    Priority,
    Resolved,
    Rule,
    Rules,
    RuleSet,
    SlotSet,
    TagsAdded,
    Targets,
    TicketcoreError,
    field,
    since,
)  # fmt: skip
from ticketcore._time import HOUR_US, MINUTE_US
from ticketcore.conditions import Condition, hours, sla
from ticketcore.errors import BadValue
from ticketcore.lint import Answer, search
from ticketcore.model import Length, Outside, Postponed
from ticketcore.rules import Step
from ticketcore.sla import WarnAt

ON_TIME = Metric(name="fa", start=("created",), stop=("enter:answered",))
UNANSWERED = (field.status == "resolved") & (field.agent_replies == 0)
VIP_WAITS = (field.requester.tier == "vip") & (field.priority == "urgent") & field.assignee.is_empty() & (since("created") > "15m")


def kinds(answer: Answer) -> list[str]:
    assert answer.script is not None
    return [event.kind for event in answer.script.events]


def guarded_in(*statuses: str) -> Desk:
    """A desk that lets nobody resolve a ticket without a reply from one of these statuses."""
    move = Move(to="resolved", guard=field.agent_replies > 0)
    moves = {status: {"resolve": move} for status in statuses}
    return Desk(metrics=(), lifecycle=Lifecycle(moves=moves, direct=dict.fromkeys(statuses, ())))


# --- the two of the issue ----------------------------------------------------------------------------------------------


def test_no_ticket_is_resolved_without_a_public_reply() -> None:
    answer = search(Desk(), UNANSWERED)
    assert (answer.verdict, kinds(answer), answer.shows(Desk())) == ("violated", ["created", "resolved"], True)
    guarded = guarded_in("new", "open", "postponed")
    assert kinds(search(guarded, UNANSWERED, depth=3)) == ["created", "marked_answered", "resolved"]  # the way round the guard
    guarded = guarded_in("new", "open", "postponed", "answered")
    kept = search(guarded, UNANSWERED, depth=3)
    assert (kept.verdict, kept.script, kept.at, kept.shows(guarded)) == ("kept", None, None, False)
    assert str(kept).startswith("none up to depth 3 (")


def test_no_urgent_vip_ticket_stays_unassigned_for_more_than_a_quarter_of_an_hour() -> None:
    answer = search(ruled(), VIP_WAITS)
    assert answer.script is not None
    assert answer.at_us == answer.script.moments[-1][0].at_us + 15 * MINUTE_US + 1
    assert answer.shows(ruled())
    guard = Rule(name="guard", when=(field.priority == "urgent") & (since("created") >= "10m"), then=[Action("assign", "duty")])
    assert search(ruled(guard), VIP_WAITS, depth=1).verdict == "kept"
    again = search(ruled(guard), VIP_WAITS, depth=3)
    assert (again.verdict, kinds(again)[-1], again.shows(ruled(guard))) == ("violated", "marked_spam", True)  # where rules sleep


def test_the_answer_prints_as_a_story() -> None:
    text = str(search(ruled(), VIP_WAITS))
    assert text.splitlines() == [
        "violated: requester.tier is 'vip' and priority is 'urgent' and assignee is empty and more than 15m since created",
        "1. Mon 23 Nov 2026 09:00  created by customer: requester tier 'vip', and slot set by customer: level 'urgent'",
        "   2026-11-23T09:15:00.000001Z  nobody has acted since",
    ]


# --- what can be asked -------------------------------------------------------------------------------------------------


def test_plain_data_and_conditions_are_the_same() -> None:
    data = {"all": [{"field": "status", "is": "resolved"}, {"field": "agent_replies", "is": 0}]}
    assert search(Desk(), data) == search(Desk(), UNANSWERED)


@pytest.mark.parametrize(
    ("never", "text"),
    [
        (field.status.changed(), "speaks of an event"),
        (field.event.kind == "created", "speaks of an event"),
        ({"field": "stattus", "is": "new"}, "status"),
        (field.priority == "very high", "very high"),
    ],
)
def test_what_cannot_be_asked_is_refused(never: Any, text: str) -> None:
    with pytest.raises(DeskError, match=text):
        search(Desk(), never)


@pytest.mark.parametrize("given", [{"depth": 0}, {"budget": 0}, {"depth": "2"}])
def test_depth_and_budget_are_whole_numbers_from_one(given: dict[str, Any]) -> None:
    with pytest.raises(BadValue, match="whole number"):
        search(Desk(), UNANSWERED, **given)


def test_a_small_budget_leaves_it_unknown() -> None:
    answer = search(Desk(metrics=()), (field.category == "resolved") & (field.reopens >= 2), depth=6, budget=30)
    assert (answer.verdict, answer.is_complete) == ("unknown", False)
    assert str(answer).startswith("unknown: none was found, but not all was seen up to depth 6")


@pytest.mark.parametrize(
    ("desk", "never", "depth", "expected"),
    [
        # Reopened twice: five events after the creation, and no fewer.
        (ruled(), (field.category == "resolved") & (field.reopens >= 2), 7,
         ["created", "resolved", "customer_replied", "resolved", "customer_replied", "resolved"]),
        # Time alone does it.
        (Desk(metrics=(ON_TIME,), policies=(promise(2),)), sla("fa").is_("breached"), 2, ["created"]),
        (Desk(metrics=(ON_TIME,), policies=(promise(2),)), sla("fa").due_within("30m"), 2, ["created"]),
        # A ladder that nobody stops.
        (Desk(metrics=(), rules=Rules(escalations=[Escalation(name="up", when=field.assignee.is_empty(), since="created",
                                                              steps=[Step(after=length(1), then=(Action("escalate", 1),))])])),
         field.escalation >= 1, 2, ["created"]),
        # A postponement.
        (ruled(), (field.status == "postponed") & (since("created") >= "30m"), 2, ["created", "postponed"]),
        (ruled(), field.transfers >= 2, 4, ["created", "transferred", "transferred", "transferred"]),
        (ruled(), field.rating <= 1, 2, ["created", "rated"]),
        (ruled(), (field.category == "answered") & (field.customer_replies >= 1), 3, ["created", "customer_replied", "agent_replied"]),
        # Whatever the hours say.
        (ruled(), (field.status == "new") & hours("24x7").is_closed(), 2, None),
        (ruled(), (field.status == "new") & hours("24x7").is_open(), 2, ["created"]),
        (ruled(), field.merged_into.is_set(), 2, ["created", "merged"]),
        (ruled(), field.acknowledged_at.is_set(), 2, ["created", "acknowledged"]),
        (ruled(), field.tags.has("x") & ~field.tags.has("y"), 2, ["created"]),
        (ruled(), (field.priority == "low") & field.tags.has("hot"), 2, ["created"]),
        (ruled(priority=Priority(tags={"hot": "high"})), (field.priority == "low") & field.tags.has("hot"), 1, ["created", "slot_set"]),
        (ruled(), (field.language == "zh") & (field.group == "sales") & field.subject.contains("invoice"), 2, ["created"]),
    ],
)  # fmt: skip
def test_shortest_scripts(desk: Desk, never: Condition, depth: int, expected: list[str] | None) -> None:
    answer = search(desk, never, depth=depth, budget=6000)
    if expected is None:
        assert answer.verdict == "kept"
        return
    assert answer.verdict == "violated"
    assert len(kinds(answer)) == len(expected) or kinds(answer) == expected
    assert answer.shows(desk)


def test_a_minute_lies_between_moments_where_that_shows_the_same() -> None:
    answer = search(ruled(), UNANSWERED)
    assert answer.script is not None
    one, two = answer.script.moments
    assert two[0].at_us - one[0].at_us == MINUTE_US
    at_once = search(ruled(), (field.status == "resolved") & (since("created") < "1m"))
    assert at_once.script is not None
    assert at_once.script.moments[1][0].at_us == at_once.script.moments[0][0].at_us
    later = search(ruled(), (field.status == "postponed") & (field.notes == 0))
    assert later.script is not None
    (postponed,) = later.script.moments[1]
    assert isinstance(postponed, Postponed)
    assert postponed.until_us - postponed.at_us == HOUR_US


def test_moments_that_cannot_lie_apart_stay_together() -> None:
    """A minute later the ticket is spam, and the second moment is refused; or time has moved it on."""
    quick = Rule(name="quick", when=(field.status == "new") & (since("created") >= "1m"), then=[Action("mark_spam")])
    answer = search(ruled(quick), field.status == "resolved", depth=2)
    assert (kinds(answer), answer.shows(ruled(quick))) == (["created", "resolved"], True)
    third = search(ruled(quick), (field.status == "resolved") & (field.notes >= 1), depth=3)
    assert (len(kinds(third)), third.shows(ruled(quick))) == (3, True)
    warned = Desk(metrics=(ON_TIME,), policies=(promise(2, warn=(WarnAt.parse("-2h"),)),))  # at the very instant of the creation
    assert search(warned, sla("fa").is_("breached"), depth=2).shows(warned)
    tagged = Rule(name="tagged", when=since("created") >= "1m", then=[Action("add_tag", "late")])
    late = search(ruled(tagged), field.tags.has("late") & (field.notes >= 1), depth=3)
    assert (late.verdict, late.shows(ruled(tagged))) == ("violated", True)
    due = search(Desk(metrics=(ON_TIME,), policies=(promise(2),)), sla("fa").is_("breached") & (field.notes >= 1), depth=3)
    assert due.verdict == "violated"


def test_what_is_due_at_the_very_instant_comes_first() -> None:
    """The promise is tightened to just now, so that it breaks at this instant; and a minute apart the last moment is refused."""
    tight = Policy(name="std", targets={"fa": Targets(by_level={"high": length(1)}, otherwise=length(2))})
    desk = Desk(metrics=(ON_TIME,), policies=(tight,), rules=[Rule(name="r", when=since("created") >= "1h", then=[Action("notify", "x")])])
    answer = search(desk, sla("fa").is_("breached") & (since("created") <= "1h"), depth=4)
    assert (answer.verdict, answer.shows(desk)) == ("violated", True)
    guard = Lifecycle(moves={"new": {"resolve": Move(to="resolved", guard=field.notes > 0)}}, direct={"new": ()})
    quick = Rule(name="quick", when=(field.status == "new") & (since("created") >= "1m"), then=[Action("mark_spam")])
    noted = search(ruled(quick, lifecycle=guard), (field.status == "resolved") & (since("created") < "1m"), depth=3)
    assert noted.verdict == "violated"
    spam = search(ruled(quick, lifecycle=guard), (field.status == "resolved") & (field.agent_replies == 0), depth=3)
    assert spam.shows(ruled(quick, lifecycle=guard))


# --- twenty policies, twenty rule sets ---------------------------------------------------------------------------------

LATE = Length(HOUR_US, calendar=True)
POLICIES: tuple[Condition, ...] = (
    UNANSWERED, VIP_WAITS, (field.status == "closed") & (since("created") < "1h"), field.tags.has("x") & (field.priority == "low"),
    field.tags.has("x") & field.tags.has("y"), (field.status == "new") & (field.agent_replies > 0), field.reopens >= 1,
    (field.priority == "urgent") & (field.category == "answered"), field.assignee == "duty",
    (field.assignee == "duty") & field.tags.has("x"),
    (field.status == "open") & (field.customer_replies == 0), (field.status == "spam") & field.tags.has("x"), field.transfers >= 1,
    (field.group == "sales") & field.assignee.is_empty(), field.escalation >= 1, (field.status == "new") & (since("created") > "2h"),
    (field.status == "answered") & (field.agent_replies == 0), (field.priority == "high") & field.tags.has("y"),
    field.postponed_until.is_set() & (field.priority == "urgent"), (field.category == "resolved") & field.assignee.is_empty(),
)  # fmt: skip
DUTY, HOT = Action("assign", "duty"), Action("set_priority", "urgent")
SETS: tuple[tuple[Rule, ...], ...] = (
    (), (Rule(name="r", on=["created"], then=[DUTY]),), (Rule(name="r", on=["resolved"], then=[DUTY]),),
    (Rule(name="r", on=["created"], when=field.tags.has("x"), then=[HOT]),),
    (Rule(name="r", on=["tags_added"], then=[HOT]),),
    (Rule(name="r", on=["created"], then=[Action("add_tag", "x")]),),
    (Rule(name="r", on=["tags_added"], then=[Action("remove_tag", "y")]),),
    (Rule(name="r", on=["created"], then=[Action("mark_answered")]),), (Rule(name="r", when=since("created") >= "1h", then=[HOT]),),
    (Rule(name="r", when=(field.status == "new") & (since("created") >= "2h"), then=[Action("resolve")]),),
    (Rule(name="r", on=["resolved"], when=field.agent_replies == 0, then=[Action("reopen")]),),
    (Rule(name="r", on=["resolved"], then=[Action("close")]),), (Rule(name="r", on=["created"], then=[Action("transfer", "sales")]),),
    (Rule(name="r", on=["transferred"], then=[DUTY]),), (Rule(name="r", on=["created"], then=[Action("escalate", 1)]),),
    (Rule(name="r", on=["noted"], then=[Action("mark_spam")]),), (Rule(name="r", on=["created"], then=[Action("postpone", LATE)]),),
    (Rule(name="r", on=["customer_replied"], then=[Action("add_tag", "y"), Action("set_priority", "high")]),),
    (Rule(name="r", on=["slot_set"], then=[DUTY]), Rule(name="s", on=["assigned"], then=[Action("add_tag", "x")])),
    (Rule(name="r", on=["created"], then=[DUTY]), Rule(name="s", on=["agent_replied"], then=[Action("unassign")])),
)  # fmt: skip
_T = 1_795_424_400_000_000
MARIA, ADA, VIP = Agent(id="m"), Person(email="a@example.org"), Person(email="a@example.org", tier="vip")


def lives(desk: Desk, never: Condition, depth: int) -> bool:
    """Whether brute force finds a life of so many events, and an hour or three of waiting, in which *never* holds."""
    waits = (0, 16 * MINUTE_US, HOUR_US + 1, 2 * HOUR_US + 1)

    def follow(ticket: Any, at: int, left: int) -> bool:
        for wait in waits:
            waited = desk.tick(ticket, at + wait).ticket
            if desk_holds(desk, never, waited, at + wait):
                return True
            for event in deeds(at + wait + 1) if left else ():
                try:
                    after = desk.handle(waited, event).ticket
                except TicketcoreError:
                    continue
                if follow(after, at + wait + 1, left - 1):
                    return True
        return False

    return any(
        follow(desk.handle(None, Created(at=_T, id="1", ticket="T", by=by, tags=tags)).ticket, _T, depth - 1)
        for by, tags in product((ADA, VIP), ((), ("x",), ("y",), ("x", "y")))
    )


def desk_holds(desk: Desk, never: Condition, ticket: Any, at: int) -> bool:
    from ticketcore.conditions import holds

    return holds(never, desk.view(ticket, at))


def deeds(at: int) -> list[Outside]:
    return [
        Resolved(at=at, by=MARIA), AgentReplied(at=at, by=MARIA), CustomerReplied(at=at, by=ADA), SlotSet(at=at, by=MARIA, level="urgent"),
        TagsAdded(at=at, by=MARIA, tags=("x",)), Assigned(at=at, by=MARIA, agent="duty"),
    ]  # fmt: skip


@pytest.mark.parametrize("number", range(20))
def test_twenty_policies_on_twenty_rule_sets(number: int) -> None:
    """Every policy on the rule set of its number and the next: whatever brute force finds, search finds, and in no more steps."""
    for rules in (SETS[number], SETS[(number + 7) % 20]):
        desk = Desk(metrics=(), groups=("sales", "support"), rules=[RuleSet(rules=rules)])
        answer = search(desk, POLICIES[number], depth=3, budget=4000)
        if lives(desk, POLICIES[number], 2):
            assert answer.verdict == "violated", answer
        if answer.script is not None:
            assert len(answer.script.events) <= 6
            assert answer.shows(desk)
