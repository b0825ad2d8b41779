"""What the sources ask of service levels, queue, routing, rules and replies, row by row (docs/reference/coverage.md)."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from desk_day import ADA, MARIA, at, born, fired, kinds, only
from ticketcore import (
    Action,
    Agent,
    AgentReplied,
    Assigned,
    Created,
    CustomerReplied,
    Desk,
    Message,
    Noted,
    Order,
    Outcome,
    Person,
    PolicySet,
    Resolved,
    Roster,
    Route,
    Rule,
    Rules,
    SlotSet,
    TagsAdded,
    Ticket,
    Transferred,
    choose,
    field,
    load_desk,
)  # fmt: skip
from ticketcore._time import HOUR_US, MINUTE_US
from ticketcore.conditions import holds
from ticketcore.lint import lint
from ticketcore.model import Outside
from ticketcore.replay import replay
from ticketcore.report import report
from ticketcore.routing import HeadStart, Member, Need, Queue, SeniorsFirst

FILE: dict[str, Any] = {
    "zone": "UTC",
    "hours": {"day": {"zone": "UTC", "week": {"mon-fri": ["09:00-17:00"]}}},
    "settings": {"hours": "day"},
    "metrics": {
        "first_reply": {"start": ["created"], "stop": ["enter:answered"]},
        "next_reply": {"start": ["customer_reply"], "stop": ["agent_reply"], "cycles": "many"},
        "resolution": {"start": ["created"], "stop": ["enter:resolved"]},
        "first_assign": {"start": ["created"], "stop": ["assign"]},
    },
    "sla": [
        {"name": "gold", "when": {"field": "requester.tier", "is": "gold"}, "hours": "day",
         "targets": {"first_reply": {"urgent": "15m", "else": "1h"}, "resolution": {"urgent": "4h", "else": "8h"}}},
        {"name": "std", "hours": "day", "targets": {"first_reply": {"urgent": "1h", "else": "4h"}, "resolution": "3 working days"}},
    ],
    "templates": {"ack": "Hello {{ requester_name }}, we answer {{ id }} by {{ due_first_reply }}.", "news": "We are still at it."},
    "rules": [
        {"name": "ack", "on": "created", "when": {"field": "event.by_role", "is": "customer"}, "then": {"reply": "ack"}},
        {"name": "news", "when": [{"field": "category", "is_any": ["new", "open"]}, {"since": "updated", "at_least": "1 working day"}],
         "then": {"reply": "news"}},
    ],
}  # fmt: skip
DESK = load_desk(FILE)
GOLD = Person(name="Ada", email="ada@example.org", tier="gold")


def asked(name: str = "T", clock: str = "09:00", *, by: Person = ADA, desk: Desk = DESK, **given_: Any) -> Ticket:
    return desk.handle(None, Created(at=at(clock), ticket=name, by=by, **given_)).ticket


def due(ticket: Ticket, metric: str = "first_reply") -> str:
    instant = ticket.due(metric)
    return "-" if instant is None else instant.format("D HH:mm")


# --- service levels --------------------------------------------------------------------------------------------------


@pytest.mark.seed("S60", "S61", "S64", "S66", "S127")
def test_first_reply_next_reply_resolution_and_own_metrics_by_priority_in_business_hours() -> None:
    ticket = asked(by=GOLD)
    assert set(ticket.clocks) == {"first_reply", "resolution", "first_assign"}
    assert (ticket.policy, due(ticket), due(ticket, "resolution"), due(ticket, "first_assign")) == ("gold", "23 10:00", "23 17:00", "-")
    urgent = DESK.handle(ticket, SlotSet(at=at("09:05"), by=MARIA, level="urgent")).ticket
    assert (due(urgent), due(urgent, "resolution")) == ("23 09:15", "23 13:00")
    assert due(asked(clock="15:00")) == "24 11:00"  # four hours, two of them tomorrow
    again = DESK.handle(ticket, AgentReplied(at=at("09:30"), by=MARIA)).ticket
    assert "next_reply" in DESK.handle(again, CustomerReplied(at=at("10:00"), by=GOLD)).ticket.clocks


@pytest.mark.seed("S62", "S63", "S71", "S73")
def test_levels_are_given_by_conditions_and_rules_on_creation_and_later_and_every_change_is_recorded() -> None:
    ticket = asked()
    assert (ticket.policy, due(ticket)) == ("std", "23 13:00")
    other = Rule(name="promoted", on=["tags_added"], when=field.tags.has("vip"), then=[Action("set_policy", "gold")])
    desk = DESK.evolve(rules=Rules(sets=(*DESK.rules.sets, attrs.evolve(DESK.rules.sets[0], name="more", rules=[other]))))
    changed = desk.handle(asked(desk=desk), TagsAdded(at=at("09:10"), by=MARIA, tags=["vip"]))
    assert (changed.ticket.policy, due(changed.ticket)) == ("gold", "23 10:00")
    assert {"policy_applied", "retargeted"} <= set(kinds(changed))
    assert only(changed, "policy_applied").policy == "gold"
    by_hand = desk.handle(changed.ticket, PolicySet(at=at("09:20"), by=MARIA, policy="std"))
    assert by_hand.ticket.policy == "std"


@pytest.mark.seed("S45")
def test_a_broken_promise_is_on_record_with_the_time_it_was_missed_by() -> None:
    late = DESK.handle(asked(by=GOLD), AgentReplied(at=at("10:45"), by=MARIA))
    standing = DESK.standing(late.ticket, "first_reply")
    assert standing is not None
    assert (standing.state, standing.ever_breached) == ("late", True)
    assert standing.ended_us is not None
    assert standing.due_us is not None
    assert standing.ended_us - standing.due_us == 45 * MINUTE_US


@pytest.mark.seed("S68")
def test_promises_can_be_tried_before_they_are_made() -> None:
    ticket = asked()
    stricter = load_desk(
        {**FILE, "sla": [{"name": "std", "hours": "day", "targets": {"first_reply": "1h", "resolution": "3 working days"}}]}
    )
    assert [(one.ticket, one.metric) for one in DESK.redated([ticket], stricter)] == [("T", "first_reply")]
    assert [one.metric for one in DESK.forecast(ticket, until=at("13:00")).breaches] == ["first_reply"]
    assert DESK.forecast(ticket, AgentReplied(at=at("12:59"), by=MARIA), until=at("15:00")).breaches == ()


@pytest.mark.seed("S72")
def test_no_ticket_is_without_a_clock() -> None:
    hole = {**FILE, "sla": FILE["sla"][:1]}
    findings = [finding for finding in lint(load_desk(hole)) if finding.code == "no-clock"]
    assert len(findings) >= 1
    covered = load_desk({**hole, "settings": {"hours": "day", "default_policy": "gold"}})
    assert [finding for finding in lint(covered) if finding.code == "no-clock"] == []
    assert asked(desk=covered).policy == "gold"


# --- the queue -------------------------------------------------------------------------------------------------------


@pytest.mark.seed("S67", "S70", "S74", "S76", "S78", "S82")
@pytest.mark.parametrize(("order", "expected"), [
    (Order.by(due="first_reply"), "G N O W"),                       # what is due soon first; answered, so nothing due: last
    (Order.by("waiting"), "O G N W"),                               # who waits longest for an answer on top
    (Order.by("fifo"), "W O G N"),                                  # order of receipt: the old before the new
    (Order.by("priority").then("age"), "N W O G"),                  # urgency
    (Order.by(head_start={"urgent": "8h"}), "N O G W"),
])  # fmt: skip
def test_the_order_of_work_is_a_choice_and_can_explain_itself(order: Order, expected: str) -> None:
    answered = DESK.handle(asked("W", "09:00"), AgentReplied(at=at("09:05"), by=MARIA)).ticket
    urgent = DESK.handle(asked("N", "12:00"), SlotSet(at=at("12:00"), by=MARIA, level="urgent")).ticket
    urgent = DESK.handle(urgent, SlotSet(at=at("12:01"), by=MARIA, level="urgent")).ticket
    tickets = [urgent, asked("G", "11:00", by=GOLD), answered, asked("O", "10:00")]
    order = order.using(DESK.vocabulary)
    assert " ".join(each.id for each in order.sorted(tickets)) == expected
    for place, name in enumerate(expected.split(), 1):
        (mine,) = (each for each in tickets if each.id == name)
        standing = order.explain(mine, tickets)
        assert (standing.position, sum(term.ahead for term in standing.terms)) == (place, place - 1)


@pytest.mark.seed("S79", "S52")
def test_orders_can_be_compared_on_the_same_days_work() -> None:
    """One agent, twelve minutes a ticket: what each order does to the longest wait of the urgent and of all."""

    def day(order: Order) -> tuple[int, int]:
        queue, now, waited = Queue(order), 0, dict[str, int]()
        tickets = [
            Ticket(
                id=f"{number:02}", category="open", priority="low" if number % 5 else "urgent", waiting_since_us=number * 10 * MINUTE_US
            )
            for number in range(40)
        ]  # fmt: skip
        coming = list(tickets)
        while coming or len(queue):
            while coming and (not len(queue) or (coming[0].waiting_since_us or 0) <= now):
                now = max(now, coming[0].waiting_since_us or 0)
                queue.put(coming.pop(0))
            (first,) = queue.first()
            queue.discard(first.id)
            waited[first.id] = now - (first.waiting_since_us or 0)
            now += 12 * MINUTE_US
        return max(waited[each.id] for each in tickets if each.priority == "urgent") // MINUTE_US, max(waited.values()) // MINUTE_US

    fifo, urgency = day(Order.by("waiting")), day(Order.by("priority").then("waiting"))
    ageing = day(Order.by(HeadStart(starts={"urgent": HOUR_US})))
    assert (fifo, urgency) == ((70, 78), (10, 82))
    assert urgency[0] <= ageing[0] <= fifo[0]
    assert fifo[1] <= ageing[1] <= urgency[1]


# --- who gets it -----------------------------------------------------------------------------------------------------

ROUTES: dict[str, Any] = {
    "fields": {"type": {"type": "choice", "choices": ["technical", "billing", "sales"]}},
    "groups": ["technicians", "billing", "sales", "support"],
    "facts": {"queue": {"type": "number", "default": 0}},
    "rules": [
        {"name": "technical", "on": "created", "stop": True,
         "when": {"any": [{"field": "type", "is": "technical"}, {"field": "text", "contains": "error"}]},
         "then": [{"transfer": "technicians"}, {"route": "technicians", "strategy": "seniors_first"}]},
        {"name": "billing", "on": "created", "stop": True,
         "when": {"any": [{"field": "type", "is": "billing"}, {"field": "tags", "has": "refund"}]},
         "then": [{"transfer": "billing"}, {"route": "billing"}]},
        {"name": "sales", "on": "created", "stop": True, "when": {"field": "type", "is": "sales"},
         "then": [{"transfer": "sales"}, {"route": "sales"}]},
        {"name": "rest", "on": "created", "then": [{"transfer": "support"}, {"route": "support"}]},
        {"name": "to and fro", "on": "transferred", "when": {"field": "returns", "at_least": 1},
         "then": {"add_tag": "ping-pong", "notify": "lead"}},
        {"name": "overload", "when": [{"field": "queue", "above": 50}, {"since": "created", "at_least": "1h"}], "then": {"notify": "lead"}},
    ],
}  # fmt: skip
ROUTER = load_desk(ROUTES)
ROSTER = Roster(members=[
    Member(agent="nia", groups=["technicians"], skills={"network": 3, "billing": 0}, seniority=3, capacity=2),
    Member(agent="jo", groups=["technicians"], skills={"network": 1}, seniority=1, capacity=2),
    Member(agent="bea", groups=["billing", "support"], skills={"billing": 3}, capacity=3),
    Member(agent="sam", groups=["sales", "support"], capacity=3),
])  # fmt: skip


def routed(**given_: Any) -> tuple[Outcome, Route]:
    outcome = ROUTER.handle(None, Created(at=at("09:00"), ticket="T", by=ADA, **given_))
    (route,) = (effect for effect in outcome.effects if isinstance(effect, Route))
    return outcome, route


@pytest.mark.seed("S15", "S75", "S80", "S88", "S89", "S90", "S92", "S100")
@pytest.mark.parametrize(("given_", "group", "agent"), [
    ({"fields": {"type": "technical"}}, "technicians", "jo"),
    ({"message": Message(text="error 500")}, "technicians", "jo"),
    ({"fields": {"type": "billing"}}, "billing", "bea"),
    ({"tags": ["refund"]}, "billing", "bea"),
    ({"fields": {"type": "sales"}}, "sales", "sam"),
    ({}, "support", "bea"),
])  # fmt: skip
def test_topic_tags_and_kind_lead_to_the_right_group_and_agent(given_: dict[str, Any], group: str, agent: str) -> None:
    outcome, route = routed(**given_)
    assert (outcome.ticket.group, route.to) == (group, group)
    strategy = "least_loaded" if not route.strategy else route.strategy
    need = Need(group=route.to)
    choice = choose(outcome.ticket, ROSTER, at("09:00"), by=[strategy, "least_loaded"], need=need)
    assert choice.agent == agent
    assert {verdict.agent for verdict in choice.verdicts} == {"nia", "jo", "bea", "sam"}
    event = choice.assigned(answers=route.key)
    assert event is not None
    assigned = ROUTER.handle(outcome.ticket, event).ticket
    assert (assigned.assignee, assigned.assigned_us) == (choice.agent, at("09:00"))


@pytest.mark.seed("S75", "S77", "S67")
@pytest.mark.parametrize(("level", "agent"), [("urgent", "nia"), ("high", "nia"), ("medium", "jo"), ("low", "jo")])
def test_experienced_agents_get_the_high_ones_and_a_needed_skill_decides_first(level: str, agent: str) -> None:
    outcome, _ = routed(fields={"type": "technical"})
    ticket = ROUTER.handle(outcome.ticket, SlotSet(at=at("09:01"), by=MARIA, level=level)).ticket
    by = SeniorsFirst(juniors_else=True)
    assert choose(ticket, ROSTER, at("09:01"), by=by).agent == agent
    assert choose(ticket, ROSTER, at("09:01"), by=by, need=Need(group="technicians", skills={"network": 2})).agent == "nia"


@pytest.mark.seed("S81")
def test_nobody_is_overloaded_and_what_nobody_can_take_is_said() -> None:
    outcome, _ = routed(fields={"type": "technical"})
    roster, taken = ROSTER, list[str]()
    while (agent := choose(outcome.ticket, roster, at("09:00"), by="least_loaded").agent) is not None:
        taken.append(agent)
        roster = roster.assigned(agent, at("09:00"))
    assert taken == ["jo", "nia", "jo", "nia"]
    assert choose(outcome.ticket, roster, at("09:00")).because == "none of 4 fits (capacity 2, group 2)"
    ticket = ROUTER.handle(None, Created(at=at("09:00"), ticket="T", by=ADA, facts={"queue": 80})).ticket
    assert fired(ROUTER.tick(ticket, at("10:00"))) == ["overload"]


@pytest.mark.seed("S83")
@pytest.mark.parametrize(("way", "returns", "told"), [
    (["technicians", "support"], 1, ["to and fro"]),                             # straight back to where it came from
    (["technicians", "billing", "sales"], 0, []),                                # onwards
    (["technicians", "billing", "support"], 0, []),                              # a round is no ping-pong
    (["technicians", "support", "technicians"], 2, ["to and fro", "to and fro"]),
    (["technicians", "technicians"], 0, []),                                     # it is there already
])  # fmt: skip
def test_moves_between_groups_are_counted_and_going_to_and_fro_is_acted_on(way: list[str], returns: int, told: list[str]) -> None:
    ticket, outcomes = routed()[0].ticket, []
    assert (ticket.group, ticket.transfers, ticket.returns) == ("support", 0, 0)
    for number, group in enumerate(way, 1):
        outcomes.append(ROUTER.handle(ticket, Transferred(at=at("10:00") + number, by=MARIA, group=group, reason="not ours")))
        ticket = outcomes[-1].ticket
    assert (ticket.transfers, ticket.returns, fired(*outcomes)) == (len(way) - (len(set(way)) == 1), returns, told)
    assert ("ping-pong" in ticket.tags) == bool(returns)


@pytest.mark.seed("S91")
def test_it_is_known_who_works_on_what() -> None:
    tickets = [ROUTER.handle(asked(f"T-{number}", desk=ROUTER), Assigned(at=at("09:10"), by=MARIA, agent=agent)).ticket
               for number, agent in enumerate(["nia", "jo", "nia"])]  # fmt: skip
    assert [each.id for each in tickets if each.assignee == "nia"] == ["T-0", "T-2"]
    moved = ROUTER.handle(tickets[0], Assigned(at=at("09:20"), by=MARIA, agent="jo"))
    assert (moved.ticket.assignee, moved.ticket.reassignments) == ("jo", 1)


# --- tags, filters, rules --------------------------------------------------------------------------------------------


@pytest.mark.seed("S65", "S93", "S95", "S96", "S99")
def test_rules_add_tags_that_come_into_being_and_filters_find_them() -> None:
    desk = load_desk(
        {
            "rules": [
                {"name": "label", "on": "created", "when": {"field": "subject", "contains": "invoice"}, "then": {"add_tag": "brand new"}}
            ]
        }
    )
    found, other = asked("A", desk=desk, subject="my invoice", by=GOLD), asked("B", desk=desk, subject="hello")
    assert (found.tags, other.tags) == (frozenset({"brand new"}), frozenset())
    wanted = field.tags.has("brand new") & (field.priority <= "medium") & field.status.is_("new") & field.requester.tier.is_("gold")
    assert [each.id for each in (found, other) if holds(wanted, desk.view(each))] == ["A"]


@pytest.mark.seed("S101", "S102", "S119")
def test_receipt_is_acknowledged_with_the_time_of_the_answer_and_machines_do_not_answer_each_other() -> None:
    outcome = DESK.handle(None, Created(at=at("09:00"), ticket="T-1", by=GOLD))
    (ack,) = outcome.effects
    assert ack.kind == "reply"
    text = getattr(ack, "text", "")
    assert text.startswith("Hello Ada, we answer T-1 by Mon 23 Nov")
    assert "10:00" in text
    machine = DESK.handle(None, Created(at=at("09:00"), ticket="T-2", by=ADA, message=Message(text="out of office", automatic=True)))
    assert machine.effects == ()
    echo = DESK.handle(outcome.ticket, AgentReplied(at=at("09:01"), message=Message(text="ack", automatic=True), answers=ack.key))
    assert (echo.ticket.status, echo.ticket.agent_replies, echo.effects) == ("new", 0, ())


@pytest.mark.seed("S123")
def test_customers_hear_how_things_stand_even_when_nothing_has_changed() -> None:
    ticket = asked("T", "10:00")
    noted = DESK.handle(ticket, Noted(at=at("16:00"), by=MARIA))
    quiet = DESK.tick(noted.ticket, at("16:00", 1))
    assert [(effect.kind, getattr(effect, "text", ""), effect.at_us) for effect in quiet.effects] == [
        ("reply", "We are still at it.", at("16:00", 1)),
    ]  # fmt: skip


@pytest.mark.seed("S24")
def test_other_tools_are_reached_by_webhooks_and_notices() -> None:
    then = [Action("webhook", "trello"), Action("notify", "#support", {"stale_after_us": HOUR_US})]
    desk = Desk(rules=[Rule(name="tell", on=["created"], then=then)])
    hook, note = born(desk).effects
    assert (hook.kind, note.kind, note.expires_us) == ("webhook", "notify", at("10:00"))
    assert hook.key != note.key


@pytest.mark.seed("S103")
def test_the_same_is_done_to_many_tickets_each_keeping_its_own_record() -> None:
    macro = Rule(name="spam wave", then=[Action("add_tag", "wave"), Action("mark_spam")])
    desk = Desk(rules=Rules(macros=[macro]))
    tickets = [asked(f"T-{number}", desk=desk) for number in range(3)]
    outcomes = [desk.macro(each, "spam wave", at=at("10:00"), by=MARIA) for each in tickets]
    assert {(one.ticket.status, one.ticket.tags) for one in outcomes} == {("spam", frozenset({"wave"}))}
    assert all(event.by == MARIA for one in outcomes for event in one.events if isinstance(event, Outside))
    assert len({event.ticket for one in outcomes for event in one.events}) == 3


@pytest.mark.seed("S121")
def test_matters_settled_by_self_service_are_counted() -> None:
    desk = Desk(
        rules=[Rule(name="suggest", on=["created"], when=field.subject.contains("password"), then=[Action("suggest_article", "reset")])]
    )
    history: list[Outside] = [
        Created(at=1, ticket="A", by=ADA, subject="my password"), Resolved(at=2, ticket="A", by=ADA),
        Created(at=3, ticket="B", by=ADA, subject="my password"), AgentReplied(at=4, ticket="B", by=MARIA),
        Resolved(at=5, ticket="B", by=MARIA),
        Created(at=6, ticket="C", by=ADA, subject="the printer"), Resolved(at=7, ticket="C", by=Agent(id="maria")),
    ]  # fmt: skip
    assert report(replay(desk, history)).total().deflected == 1
