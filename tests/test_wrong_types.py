"""What is handed over in the wrong place, or not taken out of what holds it, is refused at the entrance, and the way out is named."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from desk_day import ADA, MARIA, at
from ticketcore import (
    AgentReplied,
    BusinessHours,
    Created,
    CustomerReplied,
    Desk,
    Filter,
    Message,
    Order,
    Person,
    Priority,
    Replay,
    Report,
    Roster,
    Score,
    ScoreCard,
    choose,
    desk_to_data,
    evolve,
    field,
    fold,
    load_desk,
)
from ticketcore.codec import history_from_lines, outcome_to_data
from ticketcore.conditions import explain, holds, next_rise, why_not
from ticketcore.difference import difference
from ticketcore.discovery import conform, deviations, discover
from ticketcore.errors import BadMoment, BadValue, DeskError, NotAnInstant, TicketcoreError, UnknownName, shorten
from ticketcore.hours import changing, union
from ticketcore.identity import email_key, keys_of, match_requester, phone_key
from ticketcore.lint import lint, search
from ticketcore.presets import side_by_side
from ticketcore.replay import compare, moments, replay
from ticketcore.report import at_risk, overdue, report
from ticketcore.routing import First, HeadStart, Member, Need, Queue, next_for
from ticketcore.seal import seal

DESK: Any = load_desk({
    "sla": [{"name": "gold", "targets": {"first_reply": "1h"}}],
    "rules": [{"name": "vip", "on": ["created"], "when": {"field": "tags", "has": "vip"}, "then": [{"notify": "lead"}]}],
    "macros": [{"name": "hot", "then": [{"add_tag": "hot"}]}],
    "filters": [{"name": "all"}],
})  # fmt: skip
BORN = Created(at=at("09:00"), ticket="T-1", by=ADA)
REPLY = AgentReplied(at=at("10:00"), ticket="T-1", by=MARIA)
WRITTEN = CustomerReplied(at=at("10:00"), ticket="T-1", by=ADA, message=Message(text="and now?"))
OUTCOME: Any = DESK.handle(None, BORN)
TICKET: Any = OUTCOME.ticket
NOON = at("12:00")
OFFICE: Any = BusinessHours(zone="UTC", week={"mon-fri": ["09:00-17:00"]})
ROSTER: Any = Roster(members=[Member(agent="maria")])
ORDER: Any = Order.by("age")
VIP: Any = field.tags.has("vip")
REPORT: Any = report([OUTCOME])
PERSON: Any = Person
IN_A_LIST = "give a list, even of one"
NO_TICKET = "a ticket is wanted, not Outcome; give its .ticket"
NO_TICKET_AT_ALL = "a ticket is wanted, not None; give the .ticket of an outcome"
NO_LIST = f"tickets: a list of tickets is wanted, not Ticket; {IN_A_LIST}"
HISTORY = "a history of events is wanted, not Outcome; give a list of them"
MESSAGE = "the event of a message is wanted, not Ticket; give CustomerReplied(at=..., message=...)"

# The call, and all that is said.
REFUSED: list[tuple[Callable[[], Any], str]] = [
    # an outcome or nothing where a ticket is wanted
    (lambda: DESK.tick(None, NOON), NO_TICKET_AT_ALL),
    (lambda: DESK.wake_at(OUTCOME), NO_TICKET),
    (lambda: DESK.wake_us(None), NO_TICKET_AT_ALL),
    (lambda: DESK.due(OUTCOME, "first_reply"), NO_TICKET),
    (lambda: DESK.standing(OUTCOME, "first_reply"), NO_TICKET),
    (lambda: DESK.why_due(OUTCOME, "first_reply"), NO_TICKET),
    (lambda: DESK.why_due("T-1", "first_reply"), "a ticket is wanted, not str; give the .ticket of an outcome"),
    (lambda: DESK.why(OUTCOME), NO_TICKET),
    (lambda: DESK.explain(OUTCOME, "vip"), NO_TICKET),
    (lambda: DESK.why_not(OUTCOME, "vip"), NO_TICKET),
    (lambda: DESK.matching(OUTCOME), NO_TICKET),
    (lambda: DESK.view(None), NO_TICKET_AT_ALL),
    (lambda: DESK.public(OUTCOME), NO_TICKET),
    (lambda: DESK.forecast(OUTCOME, until=NOON), NO_TICKET),
    (lambda: DESK.macro(None, "hot", at=NOON, by=MARIA), NO_TICKET_AT_ALL),
    (lambda: DESK.merge(None, TICKET, at=NOON), NO_TICKET_AT_ALL),
    (lambda: DESK.merge(TICKET, OUTCOME, at=NOON), NO_TICKET),
    (lambda: DESK.follow_up(OUTCOME, ticket="T-2", message=WRITTEN), NO_TICKET),
    (lambda: DESK.adopt(OUTCOME, NOON), NO_TICKET),
    (lambda: DESK.select("all", [OUTCOME], NOON), NO_TICKET),
    (lambda: list(DESK.redated([OUTCOME], DESK)), NO_TICKET),
    (lambda: DESK.lifecycle.check(OUTCOME), NO_TICKET),
    (lambda: DESK.lifecycle.text(OUTCOME), NO_TICKET),
    (lambda: DESK.priority.why(OUTCOME), NO_TICKET),
    (lambda: evolve(OUTCOME, REPLY), NO_TICKET),
    (lambda: fold([REPLY], OUTCOME), NO_TICKET),
    (lambda: choose(OUTCOME, ROSTER, NOON), NO_TICKET),
    (lambda: Need.of(OUTCOME), NO_TICKET),
    (lambda: ORDER.key(OUTCOME), NO_TICKET),
    (lambda: ORDER.takes(OUTCOME), NO_TICKET),
    (lambda: ORDER.sorted([TICKET, OUTCOME]), NO_TICKET),
    (lambda: ORDER.first(1, [TICKET, OUTCOME]), NO_TICKET),
    (lambda: Order.by("due").first(1, [TICKET] * 3000 + [OUTCOME]), NO_TICKET),
    (lambda: ORDER.explain(OUTCOME, [TICKET]), NO_TICKET),
    (lambda: Queue(ORDER, [OUTCOME]), NO_TICKET),
    (lambda: HeadStart(starts={}).effective(OUTCOME, NOON), NO_TICKET),
    (lambda: Report().add_stored(OUTCOME, []), NO_TICKET),
    (
        lambda: next_for(ROSTER["maria"], [TICKET, OUTCOME], ORDER, NOON),
        "tickets[1]: a list of tickets is wanted, and this is Outcome; give the .ticket of an outcome",
    ),
    (lambda: overdue(DESK, [None], NOON), "tickets[0]: a list of tickets is wanted, and this is None; give the .ticket of an outcome"),  # type: ignore[list-item]
    # one alone where a list is wanted
    (lambda: ORDER.sorted(TICKET), NO_LIST),
    (lambda: ORDER.first(1, TICKET), NO_LIST),
    (lambda: ORDER.explain(TICKET, TICKET), NO_LIST),
    (lambda: Queue(ORDER, TICKET), NO_LIST),
    (lambda: next_for(ROSTER["maria"], TICKET, ORDER, NOON), NO_LIST),
    (lambda: at_risk(DESK, TICKET, NOON), NO_LIST),
    (lambda: DESK.select("all", TICKET, NOON), NO_LIST),
    (lambda: DESK.redated(TICKET, DESK), NO_LIST),
    (lambda: fold(BORN), f"events: a list of events is wanted, not Created; {IN_A_LIST}"),  # type: ignore[arg-type]
    (lambda: report(OUTCOME), f"outcomes: a list of outcomes is wanted, not Outcome; {IN_A_LIST}"),
    (lambda: DESK.why_not(TICKET, "vip", events=REPLY), f"events: a list of events is wanted, not AgentReplied; {IN_A_LIST}"),
    (lambda: Roster(members=Member(agent="maria")), f"members: a list of members is wanted, not Member; {IN_A_LIST}"),  # type: ignore[arg-type]
    (lambda: list(history_from_lines(None)), "line: a list of lines is wanted, not None; give text.splitlines(), or an open file"),  # type: ignore[arg-type]
    (lambda: seal(BORN, salt=b"x" * 16), "events: a list of events is wanted, not Created; give the .events of an outcome"),  # type: ignore[arg-type]
    # what changed places
    (lambda: compare(DESK, [BORN], DESK), "desk_b: a desk is wanted, not list; compare(desk_a, desk_b, history)"),  # type: ignore[arg-type]
    (lambda: compare([BORN], DESK, DESK), "desk_a: a desk is wanted, not list; compare(desk_a, desk_b, history)"),  # type: ignore[arg-type]
    (lambda: compare(DESK, DESK, OUTCOME), f"history: {HISTORY}"),
    (lambda: difference(DESK, OUTCOME), "desk_b: a desk is wanted, not Outcome; difference(desk_a, desk_b)"),
    (lambda: next(replay([BORN], DESK)), "desk: a desk is wanted, not list; replay(desk, history)"),  # type: ignore[arg-type]
    (lambda: next(replay(DESK, OUTCOME)), f"history: {HISTORY}"),
    (lambda: choose(ROSTER, TICKET, NOON), "a ticket is wanted, not Roster; give the .ticket of an outcome"),
    (lambda: choose(TICKET, [ROSTER["maria"]], NOON), "roster: a roster is wanted, not list; choose(ticket, roster, at)"),  # type: ignore[arg-type]
    (lambda: next_for("maria", [TICKET], ORDER, NOON), 'member: a member of a roster is wanted, not str; give roster["maria"]'),  # type: ignore[arg-type]
    (lambda: next_for(ROSTER["maria"], [TICKET], "age", NOON), 'order: an order is wanted, not str; give Order.by("priority")'),  # type: ignore[arg-type]
    (lambda: Queue([TICKET], ORDER), 'order: an order is wanted, not list; give Order.by("priority")'),  # type: ignore[arg-type]
    (lambda: overdue([TICKET], DESK, NOON), "desk: a desk is wanted, not list; overdue(desk, tickets, at), at_risk(desk, tickets, at)"),  # type: ignore[arg-type]
    (lambda: holds(VIP, TICKET), "a view is wanted, not Ticket; give desk.view(ticket)"),
    (lambda: holds(DESK.view(TICKET), VIP), 'a condition is wanted, not View; give field.tags.has("vip"), or parse it from data'),
    (lambda: explain(VIP, TICKET), "a view is wanted, not Ticket; give desk.view(ticket)"),
    (lambda: why_not(VIP, OUTCOME), "a view is wanted, not Outcome; give desk.view(ticket)"),
    (lambda: next_rise("vip", DESK.view(TICKET)), 'a condition is wanted, not str; give field.tags.has("vip"), or parse it from data'),  # type: ignore[arg-type]
    # a ticket, an outcome or another thing where something else is wanted
    (lambda: evolve(TICKET, OUTCOME), "an event is wanted, not Outcome; give its .events"),
    (lambda: evolve(None, "created"), "an event is wanted, not str; give Noted(at=...)"),  # type: ignore[arg-type]
    (lambda: fold([OUTCOME]), "an event is wanted, not Outcome; give its .events"),
    (lambda: list(moments([OUTCOME])), "an event is wanted, not Outcome; give its .events"),
    (lambda: compare(DESK, DESK, [OUTCOME]), "an event is wanted, not Outcome; give its .events"),
    (lambda: discover([OUTCOME]), "an event is wanted, not Outcome; give its .events"),
    (lambda: discover(OUTCOME), f"history: {HISTORY}"),
    (lambda: list(deviations([OUTCOME])), "an event is wanted, not Outcome; give its .events"),
    (lambda: list(deviations(OUTCOME)), f"history: {HISTORY}"),
    (lambda: conform(OUTCOME, [BORN]), "desk: a desk is wanted, not Outcome; conform(desk, history)"),
    (lambda: discover([BORN]).against(DESK), "lifecycle: a lifecycle is wanted, not Desk; give desk.lifecycle"),
    (lambda: Replay(DESK).feed([BORN]), "an event is wanted, not list; hand over one after the other: handle(ticket, *events)"),  # type: ignore[arg-type]
    (lambda: side_by_side([OUTCOME]), "history[0]: a list of events from outside is wanted, and this is Outcome; give Created(at=...)"),
    (lambda: seal([OUTCOME], salt=b"x" * 16), "an event is wanted, not Outcome; give its .events"),
    (lambda: report([TICKET]), "an outcome is wanted, not Ticket; what a host stored goes in by add_stored(ticket, events)"),
    (
        lambda: Report().add_stored(TICKET, (*OUTCOME.effects, TICKET)),
        "events[0]: a list of events is wanted, and this is Ticket; give the .events of an outcome",
    ),
    (
        lambda: Report().add_stored(TICKET, OUTCOME.events, OUTCOME.events),
        "effects[0]: a list of effects is wanted, and this is Created; give the .effects of an outcome",
    ),
    (lambda: REPORT.by(TICKET), 'by: the name of a field, or a function of a ticket is wanted, not Ticket; give "priority"'),
    (lambda: REPORT.volume(days="7"), "a period is at least one day"),
    (lambda: DESK.macro(TICKET, "hot", at=NOON, by="maria"), 'by: an agent is wanted, not str; give Agent(id="maria")'),
    (lambda: DESK.follow_up(TICKET, ticket="T-2", message=TICKET), f"message: {MESSAGE}"),
    (lambda: DESK.split(TICKET, ticket="T-2", at=NOON, message=TICKET), f"message: {MESSAGE}"),
    (lambda: DESK.adopt(TICKET, NOON, old="old"), "old: the desk of the ticket is wanted, not str; new.adopt(ticket, at, old=old)"),
    (lambda: DESK.redated([TICKET], OUTCOME), "new: another desk is wanted, not Outcome; desk.redated(tickets, new)"),
    (lambda: DESK.select(VIP, [TICKET], NOON), 'filter: a filter or its name is wanted, not Test; desk.select("urgent", tickets, now)'),
    (lambda: DESK.public(TICKET, tags="vip"), "a list of names is wanted, not 'vip'; put it in brackets"),
    (lambda: choose(TICKET, ROSTER, NOON, need="billing"), 'need: a need is wanted, not str; give Need(group="billing")'),  # type: ignore[arg-type]
    (lambda: choose(TICKET, ROSTER, NOON, fallbacks=None), f"fallbacks: a list of fallbacks is wanted, not None; {IN_A_LIST}"),  # type: ignore[arg-type]
    (
        lambda: choose(TICKET, ROSTER, NOON, fallbacks=[None]),  # type: ignore[list-item]
        'fallbacks[0]: a constraint to let go, or a need is wanted, not None; give "skills" or Need(...)',
    ),
    (
        lambda: choose(TICKET, ROSTER, NOON, by=5),  # type: ignore[arg-type]
        "by: a strategy is wanted, not int; it is one of round_robin, least_loaded, best_skill, sticky, seniors_first, random",
    ),
    (
        lambda: choose(TICKET, ROSTER, NOON, by=["sticky", 5]),  # type: ignore[list-item]
        "by: a strategy is wanted, not int; it is one of round_robin, least_loaded, best_skill, sticky, seniors_first, random",
    ),
    (lambda: ROSTER.replace("maria"), 'member: a member of a roster is wanted, not str; give Member(agent="maria")'),
    (lambda: Filter(name="old", order="age"), 'order: an order is wanted, not str; give Order.by("priority")'),  # type: ignore[arg-type]
    (lambda: union("office"), 'union: a set of business hours is wanted, not str; give desk.hours["support"]'),  # type: ignore[arg-type]
    (lambda: union(OFFICE, TICKET), 'union: a set of business hours is wanted, not Ticket; give desk.hours["support"]'),
    (lambda: changing({"2027-01-01": "office"}), 'changes: a set of business hours is wanted, not str; give desk.hours["support"]'),  # type: ignore[dict-item]
    (lambda: lint(OUTCOME), "desk: a desk is wanted, not Outcome; lint(desk, roster)"),
    (lambda: lint(DESK, DESK), "roster: a roster is wanted, not Desk; give Roster(members=[...])"),
    (lambda: search(VIP, DESK), "desk: a desk is wanted, not Test; search(desk, never)"),
    (lambda: desk_to_data(OUTCOME), "a desk is wanted, not Outcome; load_desk makes one of data"),
    (lambda: outcome_to_data(TICKET), "an outcome is wanted, not Ticket"),
    (lambda: Priority(tags=["vip"]), 'priority.tags: a mapping of tags to levels is wanted, not list; write {"vip": "high"}'),  # type: ignore[arg-type]
    (lambda: Priority(matrix={}), "priority.matrix: a Matrix is wanted, not dict; leave it out for none"),  # type: ignore[arg-type]
    (lambda: Priority(score=5), "priority.score: a ScoreCard is wanted, not int; leave it out for none"),  # type: ignore[arg-type]
    (
        lambda: ScoreCard(entries=[VIP], thresholds=[]),
        "score.entries[0]: a list of scores is wanted, and this is Test; give Score(condition=..., weight=...)",
    ),
    (
        lambda: ScoreCard(entries=[Score(condition=VIP, weight=1)], thresholds=5),  # type: ignore[arg-type]
        'score.thresholds: a list of thresholds is wanted, not int; write [[10, "high"]]',
    ),
    (lambda: email_key(None), 'an e-mail address is wanted, not None; what is empty is ""'),  # type: ignore[arg-type]
    (lambda: phone_key(3712), 'a phone number is wanted, not int; what is empty is ""'),  # type: ignore[arg-type]
    (lambda: keys_of("ada@example.org"), 'a person is wanted, not str; give Person(email="ada@example.org")'),  # type: ignore[arg-type]
    (
        lambda: match_requester(ADA, [ADA, "bob"]),  # type: ignore[list-item]
        'candidates[1]: a list of persons is wanted, and this is str; give Person(email="ada@example.org")',
    ),
]  # fmt: skip


@pytest.mark.parametrize(("call", "said"), REFUSED)
def test_what_is_of_the_wrong_kind_is_refused_in_words(call: Callable[[], Any], said: str) -> None:
    with pytest.raises((BadValue, BadMoment)) as caught:
        call()
    assert str(caught.value) == said
    assert caught.value.value  # what was given, shortened
    assert len(caught.value.value) <= 60


WRONG_NAMES: list[Callable[[Any], Any]] = [
    lambda name: DESK.due(TICKET, name),
    lambda name: DESK.standing(TICKET, name),
    lambda name: DESK.why_due(TICKET, name),
    lambda name: DESK.why(TICKET, name),
    TICKET.due,
    lambda name: Queue(ORDER, [TICKET]).position(name),
    lambda name: ROSTER[name],
    lambda name: choose(TICKET, ROSTER, NOON).why(name),
]


@pytest.mark.parametrize("ask", WRONG_NAMES)
@pytest.mark.parametrize("name", [TICKET, "x" * 100, None])
def test_a_name_that_is_none_is_told_shortened(ask: Callable[[Any], Any], name: Any) -> None:
    with pytest.raises(UnknownName) as caught:
        ask(name)
    assert caught.value.value == shorten(name)
    assert shorten(name) in caught.value.message
    assert len(caught.value.message) < 120


def test_a_desk_of_wrong_parts_is_refused_with_all_of_them() -> None:
    parts: dict[str, Any] = {"lifecycle": "liveagent", "priority": None, "settings": {}}
    with pytest.raises(DeskError) as caught:
        Desk(**parts)
    assert [str(problem) for problem in caught.value.problems] == [
        "lifecycle: Lifecycle is wanted, not str", "priority: Priority is wanted, not None", "settings: Settings is wanted, not dict",
    ]  # fmt: skip


@pytest.mark.parametrize(("parts", "said"), [
    ({"policies": [None, TICKET]}, ["sla[0]: Policy is wanted, not None", "sla[1]: Policy is wanted, not Ticket"]),
    ({"metrics": ["first_reply"]}, ["metrics[0]: Metric is wanted, not str"]),
    ({"filters": ["all"]}, ["filters[0]: Filter is wanted, not str"]),
    ({"rules": [VIP]}, ["rules[0]: Rule or RuleSet is wanted, not Test"]),
    ({"rules": 5}, ["rules: a list of Rule or RuleSet is wanted, not int; give a list, even of one"]),
    ({"policies": DESK.policies[0]}, ["sla: a list of Policy is wanted, not Policy; give a list, even of one"]),
])  # fmt: skip
def test_a_list_of_wrong_parts_is_refused_by_their_places(parts: dict[str, Any], said: list[str]) -> None:
    with pytest.raises(DeskError) as caught:
        Desk(**parts)
    assert [str(problem) for problem in caught.value.problems] == said


def test_what_a_hosts_own_function_raises_comes_through() -> None:
    """It is not taken for a wrong ticket."""
    order = Order.by(First(name="odd", when=lambda ticket: ticket.oddity))
    with pytest.raises(AttributeError, match="oddity"):
        order.key(TICKET)

    def read() -> Iterator[Any]:
        yield OUTCOME.tickets

    with pytest.raises(AttributeError, match="tickets"):
        ORDER.sorted(read())


def test_an_instant_is_asked_for_where_there_is_none() -> None:
    with pytest.raises(NotAnInstant):
        choose(TICKET, ROSTER, None)  # type: ignore[arg-type]


def test_no_salt_is_too_short_a_salt_and_no_secret_is_shown() -> None:
    with pytest.raises(BadValue, match="a salt is 16 bytes or more") as caught:
        seal([BORN], salt=None)  # type: ignore[arg-type]
    assert caught.value.value == ""


def test_a_refused_outcome_leaves_a_report_as_it_was() -> None:
    found = Report()
    with pytest.raises(TicketcoreError):
        found.add_stored(TICKET, [OUTCOME])
    assert found.tickets == {}
