"""Routing: who may have a ticket, who gets it, and why everybody else does not."""

from __future__ import annotations

import pickle
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticketcore._time import DAY_US, from_us
from ticketcore.errors import BadValue, DataError, NaiveDateTime, UnknownName
from ticketcore.extra.strategies.routing import members, needs, queued_tickets, rosters, routing_steps, routing_strategies
from ticketcore.hours import BusinessHours
from ticketcore.model import Agent, Assigned, Ticket
from ticketcore.routing import (
    CONSTRAINTS,
    STRATEGIES,
    BestSkill,
    Choice,
    LeastLoaded,
    Member,
    Need,
    Order,
    Roster,
    RoundRobin,
    SeniorsFirst,
    Shuffled,
    Sticky,
    choose,
    next_for,
    parse_roster,
)  # fmt: skip
from ticketcore.routing import StrategyBase as Base

TICKET = Ticket(id="T-1", category="open", status="open", priority="high", group="billing", channel="chat", assignee="ben")
ANY = Need()
FAIR = [["round_robin"], ["least_loaded"], [LeastLoaded(relative=True)], ["best_skill"], ["seniors_first"], ["sticky", "round_robin"]]


def agents_of(choice: Choice) -> list[str]:
    return [verdict.agent for verdict in choice.verdicts if verdict.fits]


# --- laws ------------------------------------------------------------------------------------------------------------

asked = st.fixed_dictionaries(
    {
        "by": st.lists(routing_strategies(), max_size=3),
        "need": st.none() | needs(),
        "fallbacks": routing_steps(),
        "last_agent": st.none() | st.text(min_size=1, max_size=2),
    }
)
tickets = queued_tickets().filter(bool).map(lambda found: found[0])


@given(tickets, rosters(), st.integers(0, DAY_US), asked, st.randoms(use_true_random=False))
def test_the_answer_does_not_depend_on_the_order_of_the_roster(ticket: Ticket, roster: Roster, at: int, how: Any, random: Any) -> None:
    shuffled = Roster(members=random.sample(roster.members, len(roster.members)))
    assert choose(ticket, shuffled, at, **how) == choose(ticket, roster, at, **how)


@given(tickets, rosters(), st.integers(0, DAY_US), asked)
def test_nobody_gets_over_capacity_whatever_is_let_go(ticket: Ticket, roster: Roster, at: int, how: Any) -> None:
    choice = choose(ticket, roster, at, **how)
    if choice.agent is not None:
        steps = [how["need"] or Need.of(ticket), *how["fallbacks"][: len(choice.loosened)]]
        need = next(step for step in reversed(steps) if isinstance(step, Need))
        assert roster[choice.agent].room_for(need.weight, need.channel)
        assert choice.agent not in need.exclude


@given(tickets, rosters(), st.integers(0, DAY_US), asked)
def test_everybody_has_a_verdict_with_a_reason(ticket: Ticket, roster: Roster, at: int, how: Any) -> None:
    choice = choose(ticket, roster, at, **how)
    assert sorted(verdict.agent for verdict in choice.verdicts) == [member.agent for member in roster.members]
    assert choice.agent == next(iter(agents_of(choice)), None)
    assert [verdict.rank for verdict in choice.verdicts if verdict.fits] == list(range(1, len(agents_of(choice)) + 1))
    assert all(verdict.reasons for verdict in choice.verdicts if not verdict.fits)
    assert choice.because


@given(tickets, rosters(), st.integers(0, DAY_US), asked)
def test_fallbacks_are_used_only_as_far_as_needed(ticket: Ticket, roster: Roster, at: int, how: Any) -> None:
    choice = choose(ticket, roster, at, **how)
    shorter = {**how, "fallbacks": how["fallbacks"][: max(0, len(choice.loosened) - 1)]}
    if choice.loosened:
        assert choose(ticket, roster, at, **shorter).agent is None


@given(st.integers(1, 6), st.sampled_from(FAIR), st.lists(st.integers(0, 2), max_size=25), st.lists(st.none() | st.integers(-5, 0)))
def test_equals_stay_equally_loaded(size: int, by: Any, pauses: list[int], before: list[int | None]) -> None:
    lasts = (before + [None] * size)[:size]
    roster = Roster(members=[Member(agent=f"a{number}", load=3, last_assigned=last) for number, last in enumerate(lasts)])
    at = 0
    for number, pause in enumerate(pauses):
        at += pause  # 0: at the same instant
        agent = choose(Ticket(id=f"T-{number}"), roster, at, by=by).agent
        assert agent is not None
        roster = roster.assigned(agent, at)
        loads = [member.load for member in roster.members]
        assert max(loads) - min(loads) <= 1


@given(st.lists(st.integers(0, 4), min_size=1, max_size=5), st.integers(0, 25))
def test_a_run_fills_everybody_and_then_nobody(limits: list[int], count: int) -> None:
    roster = Roster(members=[Member(agent=f"a{number}", capacity=limit) for number, limit in enumerate(limits)])
    for number in range(count):
        agent = choose(Ticket(id="T"), roster, number).agent
        assert (agent is None) == (number >= sum(limits))
        roster = roster if agent is None else roster.assigned(agent, number)
    assert all(member.load <= (member.capacity or 0) for member in roster.members)


@given(rosters(), st.text(max_size=3), st.text(max_size=3))
def test_who_comes_or_goes_moves_no_drawn_ticket_between_the_others(roster: Roster, seed: str, name: str) -> None:
    ticket, free = Ticket(id=name), [attrs.evolve(member, presence="online", capacity=None) for member in roster.members]
    need = Need(waived=["hours", "out_of_office"])
    drawn = choose(ticket, Roster(members=free), 0, by=Shuffled(seed=seed), need=need).agent
    for gone in free:
        if gone.agent != drawn:
            fewer = Roster(members=[member for member in free if member is not gone])
            assert choose(ticket, fewer, 0, by=Shuffled(seed=seed), need=need).agent == drawn


@given(members(), queued_tickets(), needs(), st.integers(0, DAY_US), st.integers(0, 4))
def test_a_member_is_offered_what_would_be_given_to_them(member: Member, found: list[Ticket], need: Need, at: int, n: int) -> None:
    alone, order = Roster(members=[member]), Order.by("priority").then("waiting")
    fitting = [
        each for each in found if each.assignee in {None, member.agent} and choose(each, alone, at, need=need).agent is not None
    ]  # fmt: skip
    assert next_for(member, found, order, at, n=n, need=lambda _: need) == order.first(n, fitting)


@given(rosters())
def test_rosters_pickle_and_do_not_change(roster: Roster) -> None:
    again = pickle.loads(pickle.dumps(roster))
    assert again == roster
    for member in roster.members:
        after = roster.assigned(member.agent, 5, weight=2, channel="chat")
        assert (roster[member.agent], after[member.agent].load) == (member, member.load + 2)
        assert after.released(member.agent, weight=2, channel="chat")[member.agent].load == member.load


# --- tables ----------------------------------------------------------------------------------------------------------

WEEKDAYS = BusinessHours(zone="UTC", week={"mon-fri": ["09:00-17:00"]})
SATURDAYS = BusinessHours(zone="UTC", week={"sat": ["09:00-17:00"]})
THURSDAY_NOON = 12 * 3600 * 1_000_000  # of 1970-01-01


@pytest.mark.parametrize(
    ("member", "need", "code", "why"),
    [
        ({}, Need(exclude={"ann"}), "exclude", "excluded"),
        ({"groups": {"sales"}}, Need(group="billing"), "group", "not in group 'billing'"),
        ({"presence": "away"}, ANY, "presence", "away"),
        ({"presence": "offline"}, Need(presence={"online", "away"}), "presence", "offline"),
        ({"out_of_office": [(0, DAY_US), (0, 9)]}, ANY, "out_of_office", "out of office until 1970-01-02T00:00:00Z"),
        ({"hours": SATURDAYS}, ANY, "hours", "outside working hours"),
        ({"capacity": 2, "load": 2}, ANY, "capacity", "no room: carries 2 of 2, this weighs 1"),
        ({"capacity": 0}, ANY, "capacity", "no room: carries 0 of 0, this weighs 1"),
        ({"capacity": 5, "load": 3}, Need(weight=3), "capacity", "no room: carries 3 of 5, this weighs 3"),
        (
            {"channel_capacity": {"chat": 1}, "channel_load": {"chat": 1}},
            Need(channel="chat"),
            "capacity",
            "no room on chat: carries 1 of 1, this weighs 1",
        ),
        ({"skills": {"net": 1}}, Need(skills={"net": 2, "db": 1}), "skills", "lacks skill: db 0 of 1, net 1 of 2"),
        ({"languages": ["lv"]}, Need(language="el"), "language", "does not speak 'el'"),
        ({"seniority": 1}, Need(seniority=2), "seniority", "seniority 1, 2 is needed"),
    ],
)
def test_why_not(member: dict[str, Any], need: Need, code: str, why: str) -> None:
    roster = Roster(members=[Member(agent="ann", **member)])
    choice = choose(TICKET, roster, THURSDAY_NOON, need=need)
    assert choice.agent is None
    assert [(reason.code, str(reason)) for reason in choice.why("ann").reasons] == [(code, why)]
    assert str(choice) == f"T-1: unassigned, because none of 1 fits ({code} 1)"
    if code not in {"exclude", "capacity"}:  # letting it go helps, and is told
        loosened = choose(TICKET, roster, THURSDAY_NOON, need=need, fallbacks=[code])
        assert str(loosened) == f"T-1: ann, because the only one of 1 who fit, after letting go: {code}"


@pytest.mark.parametrize(
    ("member", "need"),
    [
        ({"hours": WEEKDAYS}, ANY),  # open on Thursday at noon
        ({"out_of_office": [(0, THURSDAY_NOON)]}, ANY),  # spans are half-open
        ({"capacity": 3, "load": 2}, ANY),  # filled to the brim
        ({"channel_capacity": {"email": 0}}, Need(channel="chat")),  # another channel's limit
        ({"skills": {"net": 2}}, Need(skills={"net": 2})),
        ({"languages": ["el", "lv"]}, Need(language="el")),
        ({"seniority": 2}, Need(seniority=2)),
        ({"groups": ["billing"]}, Need.of(TICKET)),
        ({"presence": "away"}, ANY.loosened("away")),
        ({"presence": "offline"}, ANY.loosened("presence")),
    ],
)
def test_who_fits(member: dict[str, Any], need: Need) -> None:
    assert choose(TICKET, Roster(members=[Member(agent="ann", **member)]), THURSDAY_NOON, need=need).agent == "ann"


def test_every_constraint_has_a_row_above() -> None:
    assert set(CONSTRAINTS) == {"exclude", "group", "presence", "out_of_office", "hours", "capacity", "skills", "language", "seniority"}


ANN = Member(agent="ann", load=2, capacity=10, last_assigned=5, skills={"net": 3}, seniority=1)
BEN = Member(agent="ben", load=1, capacity=2, last_assigned=9, skills={"net": 1, "db": 4}, seniority=5)
CAT = Member(agent="cat", load=4, last_assigned=7, skills={"net": 2}, seniority=3)
NOT_BEN = Need(exclude={"ben"})
LOADS = "first by least_loaded (carries 1 of 2; ann: carries 2 of 10) among 3"
high, low, last = (
    "seniority {} for priority high".format,
    "seniority {} for priority low".format,
    "last assigned 1970-01-01T00:00:00.00000{}Z".format,
)
LOW = attrs.evolve(TICKET, priority="low")


@pytest.mark.parametrize(
    ("ticket", "by", "need", "order", "because"),
    [
        (TICKET, "round_robin", ANY, "ann cat ben", f"first by round_robin ({last(5)}; cat: {last(7)}) among 3"),
        (TICKET, "least_loaded", ANY, "ben ann cat", LOADS),
        (TICKET, LeastLoaded(relative=True), ANY, "cat ann ben", "first by least_loaded (carries 4; ann: carries 2 of 10) among 3"),
        (TICKET, "best_skill", Need(skills={"net": 1}), "ann cat ben", "first by best_skill (net 3; cat: net 2) among 3"),
        (TICKET, BestSkill(skills={"net", "db"}), ANY, "ben ann cat", "first by best_skill (db 4, net 1; ann: db 0, net 3) among 3"),
        (TICKET, "best_skill", ANY, "ben ann cat", LOADS),  # none asked for
        (TICKET, "sticky", ANY, "ben ann cat", "first by sticky (had it last; ann: did not have it last) among 3"),
        (TICKET, "seniors_first", ANY, "ben cat ann", f"first by seniors_first ({high(5)}; cat: {high(3)}) among 3"),
        (LOW, SeniorsFirst(juniors_else=True), ANY, "ann cat ben", f"first by seniors_first ({low(1)}; cat: {low(3)}) among 3"),
        (LOW, "seniors_first", ANY, "ben ann cat", LOADS),  # no preference
        (TICKET, Shuffled(seed="x"), ANY, "ben cat ann", "first by random (drew 88660f45; cat: drew 9d8e1a83) among 3"),
        (TICKET, ["sticky", "seniors_first"], NOT_BEN, "cat ann", f"first by seniors_first ({high(3)}; ann: {high(1)}) among 2"),
    ],
)  # fmt: skip
def test_who_is_first(ticket: Ticket, by: Any, need: Need, order: str, because: str) -> None:
    choice = choose(ticket, Roster(members=[CAT, BEN, ANN]), 10, by=by, need=need)
    assert " ".join(agents_of(choice)) == order
    assert choice.because == f"{because} of 3 who fit"


def test_drawn_agents_get_like_shares() -> None:
    roster = Roster(members=[ANN, BEN, CAT])
    drawn = [choose(Ticket(id=f"T-{number}"), roster, 0, by="random").agent for number in range(600)]
    assert choose(Ticket(id="T-\ud800"), roster, 0, by="random").agent in {member.agent for member in roster.members}
    assert all(150 < drawn.count(agent) < 250 for agent in ("ann", "ben", "cat"))


def test_equals_are_told_apart_by_id() -> None:
    roster = Roster(members=[Member(agent="b"), Member(agent="a")])
    assert str(choose(TICKET, roster, 0, need=ANY)) == "T-1: a, because first by id among 2 equals of 2 who fit"


def test_the_last_agent_may_be_named() -> None:
    roster = Roster(members=[ANN, BEN, CAT])
    assert choose(TICKET, roster, 0, by=Sticky(), need=ANY, last_agent="cat").agent == "cat"
    assert choose(TICKET, roster, 0, by=["sticky", "round_robin"], need=ANY, last_agent="gone").agent == "ann"  # falls to the next


def test_fallbacks_add_up_and_a_need_takes_the_place_of_all() -> None:
    far = Member(agent="far", groups=["sales"], presence="away", languages=["lv"])
    roster, need = Roster(members=[far]), Need(group="billing", language="el")
    tried = ["language", "away", "group"]
    choice = choose(TICKET, roster, 0, need=need, fallbacks=tried)
    assert (choice.agent, choice.loosened) == ("far", ("language", "away", "group"))
    assert choose(TICKET, roster, 0, need=need, fallbacks=tried[:2]).because == (
        "none of 1 fits (group 1), even after letting go: language, away"
    )
    other = Need(group="sales", presence={"away"})
    assert choose(TICKET, roster, 0, need=need, fallbacks=["language", other]).loosened == ("language", "need 2")


def test_nothing_is_left_unassigned_unseen() -> None:
    assert str(choose(TICKET, Roster(), 0)) == "T-1: unassigned, because the roster is empty"
    busy = [
        Member(agent="a", capacity=0),
        Member(agent="b", presence="away", capacity=0),
        Member(agent="c", groups=["billing"], capacity=0),
    ]
    choice = choose(TICKET, Roster(members=busy), 0)
    assert choice.because == "none of 3 fits (capacity 3, group 2, presence 1)"
    assert str(choice.why("b")) == "b: no: not in group 'billing'; away; no room: carries 0 of 0, this weighs 1"
    assert choice.assigned() is None


@pytest.mark.parametrize(("category", "status"), [("closed", "closed"), ("removed", "spam")])
def test_a_ticket_that_is_gone_goes_to_nobody(category: str, status: str) -> None:
    gone = attrs.evolve(TICKET, category=category, status=status)
    choice = choose(gone, Roster(members=[ANN]), 0, need=ANY)
    assert (choice.agent, choice.because, str(choice.why("ann"))) == (None, f"the ticket is {status}", f"ann: no: the ticket is {status}")
    assert next_for(ANN, [gone], Order.by("age"), 0, need=lambda _: ANY) == ()


def test_a_choice_is_handed_back_as_an_event() -> None:
    choice = choose(TICKET, Roster(members=[BEN]), from_us(7), need=ANY)
    lead = Agent(id="lead")
    assert choice.at == from_us(7)
    assert choice.assigned(by=lead, answers="T-1/route") == Assigned(at=7, ticket="T-1", agent="ben", by=lead, answers="T-1/route")
    assert str(choice.why("ben")) == "ben: 1. last assigned 1970-01-01T00:00:00.000009Z"


def test_an_agent_seeks_a_ticket() -> None:
    order = Order.by("priority")
    high, low = attrs.evolve(TICKET, id="H", assignee=None), attrs.evolve(TICKET, id="L", priority="low")
    taken, other = attrs.evolve(TICKET, id="A", assignee="ann"), attrs.evolve(TICKET, id="B", group="sales", assignee=None)
    ben = attrs.evolve(BEN, groups=["billing"])
    assert [each.id for each in next_for(ben, [low, other, taken, high], order, 0, n=5)] == ["H", "L"]


def test_loads_go_up_and_down() -> None:
    roster = Roster(members=[ANN]).assigned("ann", from_us(8), weight=3, channel="chat")
    assert (roster["ann"].load, roster["ann"].channel_load, roster["ann"].last_assigned) == (5, {"chat": 3}, from_us(8))
    roster = roster.released("ann", weight=9, channel="chat")
    assert (roster["ann"].load, roster["ann"].channel_load) == (0, {"chat": 0})
    assert Member(agent="new").last_assigned is None
    assert Roster(members=[BEN]).replace(ANN) == Roster(members=[ANN, BEN])


def test_strategies_have_the_names_that_effects_carry() -> None:
    assert list(STRATEGIES) == ["round_robin", "least_loaded", "best_skill", "sticky", "seniors_first", "random"]
    assert STRATEGIES["round_robin"] == RoundRobin()


@pytest.mark.parametrize(
    ("wrong", "error", "said"),
    [
        (lambda: choose(TICKET, Roster(), 0, by="alphabetical"), UnknownName, "no strategy 'alphabetical'; it is one of round_robin"),
        (lambda: choose(TICKET, Roster(members=[ANN]), 0, need=ANY, fallbacks=["mood"]), UnknownName, "no constraint 'mood'"),
        (lambda: choose(TICKET, Roster(), 0, fallbacks=["capacity"]), BadValue, "'capacity' is never waived; waive one of group"),
        (lambda: Need(waived=["exclude"]), BadValue, "never waived"),
        (lambda: Need(weight=-1), BadValue, "weight of a ticket"),
        (lambda: Need(weight=True), BadValue, "weight of a ticket"),
        (lambda: Roster(members=[ANN, ANN]), BadValue, "'ann' is in the roster twice"),
        (lambda: Roster()["ann"], UnknownName, "'ann' is not in this roster"),
        (lambda: choose(TICKET, Roster(), 0).why("ann"), UnknownName, "'ann' was not in the roster"),
        (lambda: Member(agent="a", presence="asleep"), BadValue, "no presence 'asleep'; it is one of online, away, offline"),
        (lambda: Member(agent="a", load=-1), BadValue, "whole numbers from 0"),
        (lambda: Member(agent="a", capacity=True), BadValue, "whole numbers from 0"),
        (lambda: Member(agent="a", skills={"net": 1.5}), BadValue, "whole numbers from 0"),
        (lambda: Member(agent="a", seniority="very"), BadValue, "is a whole number"),  # type: ignore[arg-type]  # that is the test
        (lambda: Member(agent="a", groups="sales"), BadValue, "list of names"),
    ],
)  # fmt: skip
def test_what_is_refused(wrong: Any, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        wrong()


def test_naive_instants_are_refused() -> None:
    with pytest.raises(NaiveDateTime):
        choose(TICKET, Roster(), from_us(0).replace(tzinfo=None))


def test_strategies_say_what_each_must() -> None:
    ask: Any = None
    with pytest.raises(NotImplementedError):
        Base().key(ANN, ask)
    with pytest.raises(NotImplementedError):
        Base().says(ANN, ask)


# --- a roster in plain data ------------------------------------------------------------------------------------------


def test_a_roster_is_read_from_plain_data() -> None:
    roster = parse_roster(
        {
            "maria": {
                "groups": ["billing"], "skills": {"refunds": 2}, "languages": ["el", "en"], "capacity": 8, "load": 3, "hours": "week",
                "channel_capacity": {"chat": 2}, "channel_load": {"chat": 1}, "presence": "away", "seniority": 3,
                "out_of_office": [["1970-01-02T00:00:00Z", from_us(2 * DAY_US)]], "last_assigned": "1970-01-01T00:00:00Z",
            },
            "otto": {},
        },
        {"week": WEEKDAYS},
    )  # fmt: skip
    maria = Member(
        agent="maria", groups=["billing"], skills={"refunds": 2}, languages=["el", "en"], capacity=8, load=3, hours=WEEKDAYS,
        channel_capacity={"chat": 2}, channel_load={"chat": 1}, presence="away", seniority=3, out_of_office=[(DAY_US, 2 * DAY_US)],
        last_assigned=0,
    )  # fmt: skip
    assert roster == Roster(members=[maria, Member(agent="otto")])
    assert parse_roster({}) == Roster()


@pytest.mark.parametrize(("row", "said"), [
    ({"group": ["billing"]}, "maria.group: unknown key 'group'; did you mean 'groups'?"),
    ({"groups": "billing"}, "maria.groups: a list of names is wanted, not 'billing'"),
    ({"skills": {"refunds": "2"}}, "maria.skills: a table of whole numbers is wanted, not dict of 1; write { refunds = 2 }"),
    ({"capacity": True}, "maria.capacity: a whole number is wanted, not True"),
    ({"capacity": -1}, "maria: capacity, loads and skill levels of 'maria' are whole numbers from 0"),
    ({"hours": "weak"}, "maria.hours: unknown hours 'weak'; did you mean 'week'?"),
    ({"hours": 5}, "maria.hours: unknown hours 5; known are week"),
    ({"presence": "here"}, "maria.presence: no presence 'here'; it is one of online, away, offline"),
    ({"out_of_office": ["2026-01-01"]}, "maria.out_of_office: absences are pairs of a first instant and an end"),
    ({"out_of_office": [["1970-01-02T00:00:00Z", "1970-01-02T00:00:00Z"]]}, "maria.out_of_office: an absence ends after it has begun"),
    (["billing"], 'maria: an agent is a name with a table of facts; write [maria] groups = ["support"]'),
])  # fmt: skip
def test_a_wrong_roster_is_refused_with_every_problem(row: Any, said: str) -> None:
    with pytest.raises(DataError) as caught:
        parse_roster({"maria": row, "": {}}, {"week": WEEKDAYS})
    assert [str(problem) for problem in caught.value.problems][:-1] == [said]
    assert caught.value.problems[-1].message == "an agent is a name with a table of facts"
    with pytest.raises(DataError, match="instant"):
        parse_roster({"maria": {"last_assigned": 5.5}})
    with pytest.raises(DataError, match="a roster is a table for each agent, not list"):
        parse_roster([])
