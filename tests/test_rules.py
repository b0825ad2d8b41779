"""Rules: event rules, time rules, sets and stop, ladders, repetitions, refusals, macros, and the laws of a cycle."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from desk_day import ADA, MARIA, at, born, fired, kinds, length, only, promise, ruled
from ticketcore import (
    Acknowledged,
    Action,
    Agent,
    Assigned,
    BusinessHours,
    Closed,
    CustomerReplied,
    Deleted,
    Desk,
    Escalation,
    Fact,
    FieldType,
    Message,
    Metric,
    Noted,
    Reopened,
    Resolved,
    Rule,
    Rules,
    RuleSet,
    SlotSet,
    TagsAdded,
    field,
    since,
)  # fmt: skip
from ticketcore import rules as room
from ticketcore._time import HOUR_US, MINUTE_US
from ticketcore.conditions import TRUE, TWO_YEARS_US
from ticketcore.conditions import Sla as SlaTest
from ticketcore.errors import BadValue, DeskError, IllegalMove, MissingFacts, OutOfOrder, UnknownName
from ticketcore.extra._plain_rules import PlainRules, with_rules
from ticketcore.model import Days, WorkingDays
from ticketcore.replay import moments
from ticketcore.rules import Step, is_automatic

FA = Metric(name="fa", start=("created",), stop=("enter:answered",))
NOTIFY = (Action("notify", "lead"),)
HOT = field.tags.has("hot")


def note(clock: str, day: int = 0, *, text: str = "") -> Noted:
    return Noted(at=at(clock, day), by=MARIA, message=Message(text=text, public=False))


def heat(clock: str, day: int = 0) -> TagsAdded:
    return TagsAdded(at=at(clock, day), by=MARIA, tags=["hot"])


# --- laws ------------------------------------------------------------------------------------------------------------

LINKED = st.lists(
    st.tuples(st.sampled_from(["a", "b", "c", "d"]), st.sampled_from(["a", "b", "c", "d"]), st.booleans(), st.booleans()), max_size=7
)


def chain(links: list[tuple[str, str, bool, bool]]) -> list[Rule]:
    """Rules that put one tag on, or take one off, when another is there."""
    return [
        Rule(
            name=f"r{number}", on=["noted", "tags_added", "tags_removed"], when=field.tags.has(wanted), stop=stop,
            then=(Action("add_tag" if put else "remove_tag", tag), *NOTIFY),
        )
        for number, (wanted, tag, put, stop) in enumerate(links)
    ]  # fmt: skip


@given(LINKED)
def test_each_rule_fires_at_most_once_in_a_cycle_so_a_cycle_ends(links: list[tuple[str, str, bool, bool]]) -> None:
    desk = ruled(*chain(links))
    after = desk.handle(born(desk, tags=["a"]).ticket, note("10:00"))
    assert len(set(fired(after))) == len(fired(after))


@given(LINKED)
def test_passes_agree_with_trying_every_rule_one_by_one(links: list[tuple[str, str, bool, bool]]) -> None:
    """An index of listeners only narrows: what fires is what the plain loop of the definition fires."""
    desk = ruled(*chain(links))
    after = desk.handle(born(desk, tags=["a"]).ticket, note("10:00"))
    tags, seen, closed, again = {"a"}, [], False, True
    while again:
        again = False
        for number, (wanted, tag, put, stop) in enumerate(links):
            if f"r{number}" in seen or closed or wanted not in tags:
                continue
            seen.append(f"r{number}")
            again, closed = True, closed or stop
            tags = tags | {tag} if put else tags - {tag}
    assert (fired(after), set(after.ticket.tags)) == (seen, tags)


WORDS = ("fire", "water", "smoke")
SPOKEN = st.lists(st.sampled_from(["a fire", "Water!", "smoke and fire", "nothing", ""]), min_size=1, max_size=3)


@st.composite
def word_rules(draw: st.DrawFn) -> list[Rule]:
    """Rules in a row that look for words in a text, with others among them."""

    def rule(number: int) -> Rule:
        words = draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=2))
        text = draw(st.sampled_from([field.text, field.text, field.event.text, field.subject]))
        when = draw(st.sampled_from([text.mentions_any(*words), text.mentions_any(*words) & ~HOT, HOT, ~text.mentions_any(*words)]))
        on = draw(st.sampled_from([("noted",), ("noted",), ("created", "noted"), ("tags_added",), ()]))
        then = draw(st.sampled_from([NOTIFY, (Action("add_tag", "hot"),)]))
        return Rule(name=f"r{number}", on=on, when=when, then=then, stop=draw(st.booleans()), automatic=draw(st.booleans()))

    return [rule(number) for number in range(draw(st.integers(2, 6)))]


@given(word_rules(), SPOKEN, st.booleans())
def test_rules_that_look_for_words_behind_one_test_fire_as_one_by_one(rules: list[Rule], spoken: list[str], automatic: bool) -> None:
    desk = ruled(*rules)
    first = born(desk, subject="a fire")
    moment = [
        Noted(at=at("10:00"), by=MARIA, message=Message(text=text, public=False, automatic=automatic and number == 0))
        for number, text in enumerate(spoken)
    ]
    plain = with_rules(desk, PlainRules(desk))
    assert desk.handle(first.ticket, *moment) == plain.handle(first.ticket, *moment)
    assert born(plain, subject="a fire") == first


# --- event rules -----------------------------------------------------------------------------------------------------


def test_rules_in_a_row_that_look_for_words_stand_behind_one_test() -> None:
    words = [Rule(name=word, on=["noted"], when=field.text.mentions_any(word), then=NOTIFY) for word in WORDS]
    desk = ruled(*words, Rule(name="any", on=["noted"], then=NOTIFY), evolve(words[0], name="again"))
    ticket = born(desk).ticket
    assert fired(desk.handle(ticket, note("10:00", text="Smoke, I think"))) == ["smoke", "any"]
    assert fired(desk.handle(ticket, note("10:00", text="all is well"), note("10:00", text="fire"))) == ["fire", "any", "again"]
    (plan,) = [plan for key, plan in desk.rules._plans.items() if key == (0, "noted", "noted") and plan is not None]
    assert [(guard is not None, [entry[0].rule.name for entry in row]) for guard, row in plan] == [
        (True, ["fire", "water", "smoke"]), (False, ["any"]), (False, ["again"]),
    ]  # fmt: skip


def test_a_rule_listens_to_its_kinds_of_events_only() -> None:
    desk = ruled(Rule(name="new", on=["created"], then=NOTIFY), Rule(name="said", on=["noted", "agent_replied"], then=NOTIFY))
    first = born(desk)
    assert (fired(first), fired(desk.handle(first.ticket, note("10:00")))) == (["new"], ["said"])


def test_it_is_remembered_for_some_rows_of_events_only_which_rules_listen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MOST_PLANS", 2)
    desk = ruled(Rule(name="noted", on=["noted"], then=[Action("add_tag", "seen")]))
    ticket = born(desk).ticket
    for number, event in enumerate((Noted, Resolved, Noted), 1):
        ticket = desk.handle(ticket, event(at=at("10:00") + number, by=MARIA)).ticket
        assert len(desk.rules._plans) <= 2
    assert ticket.tags == {"seen"}


def test_without_on_a_rule_listens_to_everything_from_outside_and_to_nothing_else() -> None:
    desk = ruled(Rule(name="any", then=(Action("add_tag", "seen"), *NOTIFY)), Rule(name="put", on=["tags_added"], then=NOTIFY))
    first = born(desk)
    assert fired(first) == ["any", "put"]  # the tag of a rule is news for who listens to tags, not from outside
    assert fired(desk.handle(first.ticket, note("10:00"))) == ["any"]  # the tag is there already: no event but the firing
    assert fired(desk.tick(first.ticket, at("23:00"))) == []


def test_a_time_reached_is_nothing_from_outside() -> None:
    desk = ruled(Rule(name="old", when=since("created") >= "1h", then=NOTIFY), Rule(name="any", when=TRUE, then=NOTIFY))
    assert fired(desk.tick(born(desk).ticket, at("12:00"))) == ["old"]


def test_of_several_events_the_earliest_that_holds_is_listened_to() -> None:
    wanted = Rule(name="long", on=["noted"], when=field.event.text.contains("fire"), then=NOTIFY)
    desk = ruled(wanted)
    both = desk.handle(born(desk).ticket, note("10:00", text="hello"), note("10:00", text="fire"), note("10:00", text="fire!"))
    listened = only(both, "rule_fired").on
    assert [event.message.text for event in both.events if isinstance(event, Noted) and event.id == listened] == ["fire"]


@pytest.mark.parametrize(("automatic", "expected"), [(False, ["people"]), (True, [])])
def test_a_message_of_a_machine_is_for_rules_that_say_so(automatic: bool, expected: list[str]) -> None:
    desk = ruled(
        Rule(name="people", on=["customer_replied"], then=NOTIFY), Rule(name="all", on=["customer_replied"], automatic=True, then=NOTIFY)
    )
    reply = CustomerReplied(at=at("10:00"), by=ADA, message=Message(automatic=automatic))
    assert fired(desk.handle(born(desk).ticket, reply)) == [*expected, "all"]


def test_what_is_automatic() -> None:
    machine = Message(automatic=True)
    assert is_automatic(CustomerReplied(at=0, message=machine))
    assert not is_automatic(CustomerReplied(at=0))
    assert not is_automatic(Resolved(at=0))


def test_a_disabled_rule_and_a_disabled_set_are_silent_but_known() -> None:
    off = Rule(name="off", enabled=False, then=NOTIFY)
    desk = Desk(
        metrics=(), rules=Rules(sets=[RuleSet(rules=[off]), RuleSet(name="b", enabled=False, rules=[Rule(name="also", then=NOTIFY)])])
    )
    assert fired(born(desk)) == []
    assert [rule.enabled for rule in desk.rules] == [False, False]
    assert not desk.rules.rule("also").enabled


def test_an_empty_desk_of_rules_does_nothing() -> None:
    assert kinds(born(ruled())) == ["created"]


# --- passes, sets and stop -------------------------------------------------------------------------------------------


def test_a_rule_above_sees_the_changes_of_one_below_in_the_next_pass() -> None:
    above = Rule(name="above", on=["noted"], when=HOT, then=NOTIFY)
    below = Rule(name="below", on=["noted"], then=(Action("add_tag", "hot"),))
    desk = ruled(above, below)
    assert fired(desk.handle(born(desk).ticket, note("10:00"))) == ["below", "above"]


def test_a_rule_below_sees_them_in_the_same_pass() -> None:
    first = Rule(name="first", on=["noted"], then=(Action("add_tag", "hot"),))
    heard = Rule(name="heard", on=["tags_added"], then=NOTIFY)
    last = Rule(name="last", on=["noted"], when=HOT, then=NOTIFY)
    desk = ruled(first, heard, last)
    assert fired(desk.handle(born(desk).ticket, note("10:00"))) == ["first", "heard", "last"]


def test_a_rule_may_listen_to_the_firing_of_another() -> None:
    desk = ruled(Rule(name="echo", on=["rule_fired"], then=NOTIFY), Rule(name="one", on=["noted"], then=NOTIFY))
    assert fired(desk.handle(born(desk).ticket, note("10:00"))) == ["one", "echo"]


def test_what_the_clocks_decide_starts_the_rules_again_but_nobody_fires_twice() -> None:
    """Steps 9 and 10: a retarget is news for the rules; what fired before them stays fired."""
    urgent = Rule(name="urgent", on=["created", "clock_started"], then=(Action("set_priority", "high"),))
    heard = Rule(name="heard", on=["retargeted"], then=NOTIFY)
    late = Rule(name="late", on=["clock_started"], then=(Action("set_priority", "urgent"),))
    desk = Desk(metrics=(FA,), policies=(promise(1, "fast", when=field.priority >= "urgent"), promise(2)), rules=(urgent, heard, late))
    first = born(desk)
    assert fired(first) == ["urgent", "late", "heard"]
    assert fired(desk.handle(first.ticket, SlotSet(at=at("10:00"), by=MARIA, level="low"))) == ["heard"]


def test_stop_closes_its_set_for_the_rest_of_the_cycle_and_no_other() -> None:
    stopper = Rule(name="stopper", on=["noted"], stop=True, then=(Action("add_tag", "hot"),))
    sets = [
        RuleSet(
            name="a", rules=[stopper, Rule(name="below", on=["noted"], then=NOTIFY), Rule(name="heard", on=["tags_added"], then=NOTIFY)]
        ),
        RuleSet(name="b", rules=[Rule(name="other", on=["noted"], then=NOTIFY)]),
    ]
    desk = Desk(metrics=(), rules=sets)
    first = desk.handle(born(desk).ticket, note("10:00"))
    assert fired(first) == ["stopper", "other"]
    assert fired(desk.handle(first.ticket, note("11:00"))) == ["stopper", "other"]  # a set is open again in the next cycle


def test_stop_also_holds_after_the_clocks_of_the_same_cycle() -> None:
    stopper = Rule(name="stopper", on=["created"], stop=True, then=NOTIFY)
    after = Rule(name="after", on=["clock_started"], then=NOTIFY)
    desk = Desk(metrics=(FA,), policies=(promise(2),), rules=[RuleSet(rules=[stopper, after])])
    assert fired(born(desk)) == ["stopper"]


def test_stop_never_consumes_the_rise_of_a_time_rule() -> None:
    rising = HOT & (since("created") >= "1h")
    rules = (Rule(name="stopper", on=["tags_added"], stop=True, then=NOTIFY), Rule(name="old", when=rising, then=NOTIFY))
    desk = ruled(*rules)
    assert fired(desk.handle(born(desk).ticket, heat("11:00"))) == ["stopper", "old"]


def test_sets_are_tried_in_order_loose_rules_first() -> None:
    desk = Desk(metrics=(), rules=[RuleSet(name="z", rules=[Rule(name="set", then=NOTIFY)]), Rule(name="loose", then=NOTIFY)])
    assert fired(born(desk)) == ["loose", "set"]


# --- closed and removed tickets --------------------------------------------------------------------------------------

SLEEP = (
    Rule(name="any", then=NOTIFY),
    Rule(name="closed too", when=field.category.is_any("new", "closed"), then=NOTIFY),
    Rule(name="by status", when=field.status == "closed", then=NOTIFY),
    Rule(name="binned", when=field.category == "removed", then=NOTIFY),
)


def test_no_rule_runs_on_a_closed_ticket_unless_it_names_the_category() -> None:
    desk = ruled(*SLEEP)
    first = desk.handle(born(desk).ticket, Resolved(at=at("10:00"), by=MARIA))
    closing = desk.handle(first.ticket, Closed(at=at("11:00"), by=MARIA))
    assert fired(closing) == ["any", "closed too", "by status"]  # it was open before the root
    assert fired(desk.handle(closing.ticket, note("12:00"))) == ["closed too", "by status"]


def test_no_rule_runs_on_a_removed_ticket_unless_it_names_the_category() -> None:
    desk = ruled(*SLEEP)
    binned = desk.handle(born(desk).ticket, Deleted(at=at("10:00"), by=MARIA))
    assert fired(binned) == ["any", "binned"]
    assert fired(desk.handle(binned.ticket, note("11:00"))) == ["binned"]


def test_a_time_rule_sleeps_on_a_closed_ticket_and_does_not_wake_the_host() -> None:
    resting = Rule(name="old", when=since("created") >= "5h", then=NOTIFY)
    tidy = Rule(name="tidy", when=(field.category == "closed") & (since("closed_at") >= "2h"), then=(Action("add_tag", "tidy"),))
    desk = ruled(resting, tidy)
    first = desk.handle(born(desk).ticket, Resolved(at=at("10:00"), by=MARIA), Closed(at=at("10:00"), by=MARIA))
    assert first.wake_us == at("12:00")
    last = desk.tick(first.ticket, at("23:00"))
    assert (fired(last), last.wake_us) == (["tidy"], None)


def test_a_condition_that_came_true_asleep_rises_when_the_ticket_comes_back() -> None:
    desk = ruled(Rule(name="old", when=since("created") >= "1h", then=NOTIFY))
    closed = desk.handle(born(desk).ticket, Resolved(at=at("09:10"), by=MARIA), Closed(at=at("09:10"), by=MARIA))
    assert desk.tick(closed.ticket, at("12:00")).ticket is closed.ticket
    assert fired(desk.handle(closed.ticket, Reopened(at=at("12:00"), by=MARIA))) == ["old"]


# --- time rules ------------------------------------------------------------------------------------------------------


def test_a_time_rule_fires_at_the_exact_instant_and_once() -> None:
    desk = ruled(Rule(name="old", when=since("created") >= "1h 30m", then=NOTIFY))
    first = born(desk)
    assert first.wake_us == at("10:30")
    assert desk.tick(first.ticket, at("10:30") - 1).ticket is first.ticket
    rise = desk.tick(first.ticket, at("10:30"))
    assert (kinds(rise), fired(rise), rise.wake_us) == (["time_reached", "rule_fired"], ["old"], None)
    assert only(rise, "time_reached").rules == ("old",)


def test_time_rules_of_one_instant_rise_together_in_one_cycle() -> None:
    rules = [Rule(name=name, when=since("created") >= "1h", then=(Action("add_tag", name),)) for name in ("a", "b")]
    desk = ruled(*rules, Rule(name="later", when=since("created") >= "2h", then=NOTIFY))
    rise = desk.tick(born(desk).ticket, at("10:00"))
    assert only(rise, "time_reached").rules == ("a", "b")
    assert (fired(rise), set(rise.ticket.tags), rise.wake_us) == (["a", "b"], {"a", "b"}, at("11:00"))


def test_on_creation_a_time_rule_that_is_true_at_once_fires() -> None:
    desk = ruled(Rule(name="new", when=(since("created") <= "1h") & (field.status == "new"), then=NOTIFY))
    first = born(desk)
    assert fired(first) == ["new"]
    assert fired(desk.handle(first.ticket, note("09:30"))) == []  # it was true just before


def test_a_time_rule_that_an_event_makes_true_fires_in_that_cycle() -> None:
    desk = ruled(Rule(name="old", when=HOT & (since("created") >= "1h"), then=NOTIFY))
    assert fired(desk.handle(born(desk).ticket, heat("10:30"))) == ["old"]
    assert fired(desk.handle(born(desk).ticket, heat("10:00"))) == ["old"]  # by the event and by time, at one instant


def test_a_search_without_an_end_asks_for_one_wake_up_at_its_horizon() -> None:
    desk = ruled(Rule(name="ages", when=since("created") >= "1000d", then=NOTIFY))
    first = born(desk)
    horizon = at("09:00") + TWO_YEARS_US
    assert first.wake_us == horizon
    at_it = desk.tick(first.ticket, horizon)
    assert (at_it.events, at_it.wake_us) == ((), at("09:00", 1000))


@pytest.mark.parametrize(
    ("every", "times", "expected"),
    [
        (None, 1, ["remind"]),  # without every: once
        (HOUR_US, 1, ["remind 1"]),
        (HOUR_US, 3, ["remind 1", "remind 2", "remind 3"]),
        (5 * HOUR_US, 9, ["remind 1", "remind 2", "remind 3"]),  # as far as the day goes
    ],
)
def test_a_time_rule_repeats_while_it_stays_true(every: int | None, times: int, expected: list[str]) -> None:
    desk = ruled(Rule(name="remind", when=since("updated") >= "1h", every_us=every, times=times, then=NOTIFY))
    assert fired(desk.tick(born(desk).ticket, at("23:00"))) == expected


def test_repetitions_count_from_the_rise_and_begin_anew_with_the_next_one() -> None:
    desk = ruled(Rule(name="remind", when=since("updated") >= "1h", every_us=30 * MINUTE_US, times=3, then=NOTIFY))
    first = desk.tick(born(desk).ticket, at("10:40"))
    assert fired(first) == ["remind 1", "remind 2"]
    quiet = desk.handle(first.ticket, note("10:45"))  # false from here to 11:45: the third is not due
    assert (fired(quiet), quiet.wake_us) == ([], at("11:45"))
    assert fired(desk.tick(quiet.ticket, at("12:00"))) == ["remind 1"]


def test_a_repetition_that_an_event_falls_upon_fires_in_the_cycle_of_the_event() -> None:
    desk = ruled(Rule(name="remind", when=HOT & (since("created") >= "1h"), every_us=HOUR_US, times=3, then=NOTIFY))
    first = desk.tick(desk.handle(born(desk).ticket, heat("09:05")).ticket, at("10:30"))
    on_the_dot = desk.handle(first.ticket, note("11:00"))
    assert (fired(first), fired(on_the_dot)) == (["remind 1"], ["remind 2"])
    assert kinds(on_the_dot)[0] == "noted"


def test_a_second_event_at_the_instant_of_a_repetition_does_not_repeat_it_again() -> None:
    desk = ruled(Rule(name="remind", when=HOT & (since("created") >= "1h"), every_us=HOUR_US, times=3, then=NOTIFY))
    first = desk.tick(desk.handle(born(desk).ticket, heat("09:05")).ticket, at("10:30"))
    one = desk.handle(first.ticket, note("11:00"))
    two = desk.handle(one.ticket, note("11:00"))
    assert (fired(one), fired(two), two.wake_us) == (["remind 2"], [], at("12:00"))


# --- ladders ---------------------------------------------------------------------------------------------------------


def ladder(*hours: float, **given: Any) -> Escalation:
    steps = [Step(after=length(amount), then=(Action("notify", f"step {number}"),)) for number, amount in enumerate(hours, 1)]
    return Escalation(**{"name": "up", "when": field.assignee.is_empty(), "since": "created", "steps": steps, **given})


def climbing(*ladders: Escalation, **given: Any) -> Desk:
    return Desk(**{"metrics": (), "rules": Rules(escalations=ladders), **given})


def test_the_steps_of_a_ladder_act_one_after_another() -> None:
    desk = climbing(ladder(1, 2, 4))
    ticked = desk.tick(born(desk).ticket, at("23:00"))
    assert fired(ticked) == ["up 1", "up 2", "up 3"]
    assert [(effect.at_us, effect.level, effect.skipped, effect.about) for effect in ticked.effects] == [  # type: ignore[attr-defined]  # a notice has them
        (at("10:00"), 1, (), "time"), (at("11:00"), 2, (), "time"), (at("13:00"), 3, (), "time"),
    ]  # fmt: skip


def test_of_several_steps_due_at_once_only_the_highest_acts_and_names_what_it_skipped() -> None:
    desk = climbing(ladder(1, 2, 4, when=HOT))
    late = desk.handle(born(desk).ticket, heat("11:30"))
    assert (fired(late), only(late, "rule_fired").skipped) == (["up 2"], ("up 1",))
    assert late.effects[0].skipped == ("up 1",)  # type: ignore[attr-defined]  # a notice has it
    assert fired(desk.tick(late.ticket, at("23:00"))) == ["up 3"]


def test_two_ladders_do_not_skip_each_other() -> None:
    desk = climbing(ladder(1, 2, when=HOT), ladder(1, 1.5, when=HOT, name="other"))
    late = desk.handle(born(desk).ticket, heat("11:30"))
    assert fired(late) == ["up 2", "other 2"]


def test_a_ladder_step_and_a_plain_time_rule_of_one_instant_both_act() -> None:
    old = Rule(name="old", when=HOT & (since("created") >= "1h"), then=NOTIFY)
    desk = Desk(metrics=(), rules=Rules(sets=[RuleSet(rules=[old])], escalations=[ladder(1, 2, when=HOT)]))
    assert fired(desk.handle(born(desk).ticket, heat("11:30"))) == ["old", "up 2"]


def test_somebody_who_acknowledges_stops_the_ladder() -> None:
    desk = climbing(ladder(1, 2, 4))
    first = desk.tick(born(desk).ticket, at("10:30"))
    seen = desk.handle(first.ticket, Acknowledged(at=at("10:40"), by=MARIA))
    assert (fired(first), seen.wake_us) == (["up 1"], None)


def test_a_ladder_stops_when_its_condition_ends() -> None:
    desk = climbing(ladder(1, 2))
    first = desk.tick(born(desk).ticket, at("10:30"))
    assert desk.handle(first.ticket, Assigned(at=at("10:40"), by=MARIA, agent="maria")).wake_us is None


def test_a_ladder_may_count_from_a_due_instant() -> None:
    up = ladder(0, 0.5, when=SlaTest("fa", "is", "breached"), since="sla.fa.due")
    desk = climbing(up, metrics=(FA,), policies=(promise(2),))
    ticked = desk.tick(born(desk).ticket, at("23:00"))
    assert [(event.at_us, event.kind) for event in ticked.events if event.kind in ("breached", "rule_fired")] == [
        (at("11:00"), "breached"), (at("11:00"), "rule_fired"), (at("11:30"), "rule_fired"),
    ]  # fmt: skip
    assert fired(ticked) == ["up 1", "up 2"]


def test_a_ladder_goes_through_its_steps_again_in_rounds() -> None:
    up = ladder(1, 2, rounds=2, round_us=3 * HOUR_US)
    assert [rule.name for rule in up.rules()] == ["up 1", "up 2", "up 3", "up 4"]
    desk = climbing(up)
    ticked = desk.tick(born(desk).ticket, at("23:00"))
    assert [event.at_us for event in ticked.events if event.kind == "rule_fired"] == [at("10:00"), at("11:00"), at("13:00"), at("14:00")]


def test_a_ladder_counts_in_the_hours_it_names() -> None:
    days = BusinessHours(zone="UTC", week={"mon-fri": ["08:00-10:00"]})
    desk = climbing(ladder(1, 2, hours="support"), hours={"support": days})
    ticked = desk.tick(born(desk).ticket, at("23:00", 2))
    assert [event.at_us for event in ticked.events if event.kind == "rule_fired"] == [at("10:00"), at("09:00", 1)]


def test_a_step_may_count_days() -> None:
    up = Escalation(
        name="up", when=TRUE, since="created", steps=[Step(after=Days(1), then=NOTIFY), Step(after=WorkingDays(5), then=NOTIFY)]
    )
    desk = climbing(up)
    ticked = desk.tick(born(desk).ticket, at("23:00", 9))
    assert [event.at_us for event in ticked.events if event.kind == "rule_fired"] == [at("09:00", 1), at("09:00", 5)]


def test_a_disabled_ladder_is_silent() -> None:
    assert born(climbing(ladder(1, enabled=False))).wake_us is None


# --- actions that are refused ----------------------------------------------------------------------------------------


def test_a_refused_action_is_recorded_and_the_rest_go_on() -> None:
    desk = ruled(Rule(name="close", on=["noted"], then=(Action("close", True), Action("add_tag", "hot"))))
    after = desk.handle(born(desk).ticket, note("10:00"))
    refused = only(after, "action_refused")
    assert (refused.rule, refused.action, after.ticket.status, set(after.ticket.tags)) == ("close", "close", "new", {"hot"})
    assert "allowed" in refused.reason


def test_an_action_that_changes_nothing_gives_no_event_beyond_the_firing() -> None:
    desk = ruled(Rule(name="tag", on=["noted"], then=(Action("add_tag", "hot"),)))
    assert kinds(desk.handle(born(desk, tags=["hot"]).ticket, note("10:00"))) == ["noted", "rule_fired"]


def test_the_events_of_an_action_name_the_rule_and_what_it_listened_to() -> None:
    desk = ruled(Rule(name="tag", on=["noted"], then=(Action("add_tag", "hot"),)))
    after = desk.handle(born(desk).ticket, note("10:00"))
    assert (only(after, "tags_added").cause, only(after, "rule_fired").cause) == ("rule:tag", after.events[0].id)
    assert str(after.trace).splitlines()[2].startswith("    ")  # the tag under the firing under the note


# --- macros ----------------------------------------------------------------------------------------------------------


def with_macros(*actions: Action, rules: tuple[Rule, ...] = (), **given: Any) -> Desk:
    return Desk(metrics=(), rules=Rules(sets=[RuleSet(rules=rules)], macros=[Rule(name="m", then=actions)]), **given)


def test_a_macro_counts_as_its_agent() -> None:
    heard = Rule(name="heard", on=["tags_added"], when=field.event.by_role == "agent", then=NOTIFY)
    desk = with_macros(Action("add_tag", "hot"), Action("resolve", True), Action("notify", "lead"), rules=(heard,))
    done = desk.macro(born(desk).ticket, "m", at=at("10:00"), by=MARIA)
    assert kinds(done) == ["macro_used", "tags_added", "resolved", "status_changed", "rule_fired"]
    assert [event.by for event in done.events[:3]] == [MARIA, MARIA, MARIA]  # type: ignore[attr-defined]  # from outside
    assert [(effect.rule, effect.kind) for effect in done.effects] == [("m", "notify"), ("heard", "notify")]
    assert len({effect.key for effect in done.effects}) == 2


def test_a_macro_fills_the_slot_of_a_person_whatever_the_rules_have_chosen() -> None:
    rule = Rule(name="rule", on=["created"], then=(Action("set_priority", "high"),))
    desk = with_macros(Action("set_priority", "high"), rules=(rule,))
    done = desk.macro(born(desk).ticket, "m", at=at("10:00"), by=MARIA)
    assert {name: slot.level for name, slot in done.ticket.slots.items()} == {"rules": "high", "manual": "high"}
    again = desk.macro(done.ticket, "m", at=at("11:00"), by=MARIA)
    assert kinds(again) == ["macro_used"]  # there was nothing to do, and it is known who asked for it


def test_a_macro_empties_the_slot_of_a_person() -> None:
    desk = with_macros(Action("release_priority", True))
    first = desk.handle(born(desk).ticket, SlotSet(at=at("09:30"), by=MARIA, level="high"))
    done = desk.macro(first.ticket, "m", at=at("10:00"), by=MARIA)
    assert (done.ticket.slots, done.ticket.priority) == ({}, "low")


def test_a_macro_chooses_and_releases_the_policy_by_hand() -> None:
    rule = Rule(name="rule", on=["created"], then=(Action("set_policy", "gold"),))
    macros = [Rule(name="set", then=[Action("set_policy", "gold")]), Rule(name="release", then=[Action("release_policy", True)])]
    policies = (promise(2), promise(1, "gold", when=HOT))
    desk = Desk(metrics=(FA,), policies=policies, rules=Rules(sets=[RuleSet(rules=[rule])], macros=macros))
    done = desk.macro(born(desk).ticket, "set", at=at("09:10"), by=MARIA)
    assert done.ticket.policy_choices == {"rule": "gold", "manual": "gold"}
    assert desk.macro(done.ticket, "release", at=at("09:20"), by=MARIA).ticket.policy_choices == {"rule": "gold"}


def test_a_macro_of_effects_alone_is_recorded_and_pressed_twice_asks_twice() -> None:
    desk = with_macros(Action("notify", "lead"), Action("create_follow_up"))
    first = born(desk)
    once = desk.macro(first.ticket, "m", at=at("10:00"), by=MARIA)
    twice = desk.macro(once.ticket, "m", at=at("10:00"), by=MARIA)
    assert [kinds(outcome) for outcome in (once, twice)] == [["macro_used"], ["macro_used"]]
    keys = [effect.key for outcome in (once, twice) for effect in outcome.effects]
    assert keys == ["T/2/macro:m/0", "T/2/macro:m/1", "T/3/macro:m/0", "T/3/macro:m/1"]
    assert (once.effects[0].about, once.effects[1].event) == ("macro_used", once.events[0].id)  # type: ignore[attr-defined]  # by their kinds


def test_a_log_with_a_macro_in_it_asks_the_same_again() -> None:
    desk = with_macros(Action("add_tag", "hot"), Action("notify", "lead"))
    first = born(desk)
    done = desk.macro(first.ticket, "m", at=at("10:00"), by=MARIA)
    (created,), moment = moments((*first.events, *done.events))
    again = desk.handle(desk.handle(None, created).ticket, *moment)
    assert (again.events, again.effects, again.ticket) == (done.events, done.effects, done.ticket)
    without = Desk(metrics=())
    there = without.handle(None, created).ticket
    assert without.handle(there, *(evolve(event, desk="") for event in moment)).effects == ()  # it has no such macro


def test_a_macro_brings_facts() -> None:
    """Also those that an event which its actions make needs, and those that a rule reads."""
    busy = Rule(name="busy", on=["macro_used"], when=field["facts.queue"] > 3, then=NOTIFY)
    number = FieldType(kind="number")
    facts = {"queue": Fact(type=number, default=0), "why": Fact(type=FieldType(kind="name"), required_with=("tags_added",))}
    desk = with_macros(Action("add_tag", "hot"), rules=(busy,), facts=facts)
    with pytest.raises(MissingFacts):
        desk.macro(born(desk).ticket, "m", at=at("10:00"), by=MARIA)
    done = desk.macro(born(desk).ticket, "m", at=at("10:00"), by=MARIA, facts={"queue": 7, "why": "fire"})
    assert (fired(done), done.ticket.facts) == (["busy"], {"queue": 7, "why": "fire"})
    assert [event.facts for event in done.events[:2]] == [{"queue": 7, "why": "fire"}, {"why": "fire"}]  # type: ignore[attr-defined]  # from outside


def test_a_macro_lets_the_agent_take_the_ticket() -> None:
    desk = with_macros(Action("take"), Action("clear_tags"))
    done = desk.macro(born(desk, tags=["a", "b"]).ticket, "m", at=at("10:00"), by=MARIA)
    assert (done.ticket.assignee, done.ticket.tags) == ("maria", frozenset())


def test_a_macro_lives_through_what_was_due_before_it() -> None:
    old = Rule(name="old", when=since("created") >= "30m", then=NOTIFY)
    desk = with_macros(Action("notify", "lead"), rules=(old,))
    done = desk.macro(born(desk).ticket, "m", at=at("10:00"), by=MARIA)
    assert (fired(done), len(done.effects), kinds(done)) == (["old"], 2, ["time_reached", "rule_fired", "macro_used"])


def test_a_macro_that_is_refused_changes_nothing() -> None:
    desk = with_macros(Action("close", True))
    first = born(desk)
    with pytest.raises(IllegalMove):
        desk.macro(first.ticket, "m", at=at("10:00"), by=MARIA)
    effects_only = with_macros(Action("notify", "lead"))
    for one in (desk, effects_only):
        with pytest.raises(OutOfOrder):
            one.macro(born(one).ticket, "m", at=at("08:00"), by=MARIA)
    with pytest.raises(UnknownName, match="unknown macro 'n'; known are m"):
        desk.macro(first.ticket, "n", at=at("10:00"), by=MARIA)


# --- rules as values -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "path", "words"),
    [
        ({"every_us": MINUTE_US - 1, "when": since("created") >= "1h"}, "rules.r.every", "once a minute"),
        ({"times": 2}, "rules.r.times", "needs every"),
        ({"times": 0, "every_us": HOUR_US, "when": since("created") >= "1h"}, "rules.r.times", "at least 1"),
        ({"times": 1001, "every_us": HOUR_US, "when": since("created") >= "1h"}, "rules.r.times", "at most 1000"),
        ({"every_us": HOUR_US}, "rules.r.every", "only a time rule"),
        ({"every_us": HOUR_US, "on": ["noted"], "when": since("created") >= "1h"}, "rules.r.every", "only a time rule"),  # it listens
    ],
)
def test_a_rule_that_cannot_repeat_so_is_refused(given: dict[str, Any], path: str, words: str) -> None:
    with pytest.raises(BadValue, match=words) as caught:
        Rule(name="r", **given)
    assert caught.value.path == path


@pytest.mark.parametrize(
    ("given", "path", "words"),
    [
        ({"steps": []}, "steps", "needs a step"),
        ({"rounds": 0}, "repeat", "at least 1"),
        ({"rounds": 51, "round_us": HOUR_US}, "repeat", "at most 100"),  # two steps each
        ({"rounds": 2}, "round", "how far apart"),
        ({"steps": [Step(after=length(2), then=()), Step(after=length(1), then=())]}, "steps", "go up"),
        ({"steps": [Step(after=Days(1), then=())], "rounds": 2, "round_us": HOUR_US}, "steps", "plain length"),
    ],
)
def test_a_ladder_that_cannot_be_climbed_is_refused(given: dict[str, Any], path: str, words: str) -> None:
    with pytest.raises(BadValue, match=words) as caught:
        ladder(1, 2, **given)
    assert caught.value.path == f"escalations.up.{path}"


def test_names_are_unique_across_sets_ladders_and_macros() -> None:
    same = Rule(name="up 1", then=NOTIFY)
    with pytest.raises(DeskError) as caught:
        Rules(
            sets=[RuleSet(rules=[same, same]), RuleSet(rules=[])], escalations=[ladder(1)],
            macros=[Rule(name="m", then=()), Rule(name="m", then=())],
        )  # fmt: skip
    assert [(problem.path, problem.message) for problem in caught.value.problems] == [
        ("rules[1].name", "a second rule 'up 1'"),
        ("escalations[0].name", "a second rule 'up 1'"),
        ("sets[1].name", "a second rule set 'rules'"),
        ("macros[1].name", "a second macro 'm'"),
    ]


def test_no_rule_is_called_as_a_macro_is_in_the_keys_of_effects() -> None:
    """Its effects would have the keys of the macro's: the rule may listen to the macro's use."""
    heard = Rule(name="macro:m", on=["macro_used"], then=NOTIFY)
    with pytest.raises(DeskError, match="'macro:m' is how a macro is called in the keys of effects; give it another name"):
        Rules(sets=[RuleSet(rules=[heard])], macros=[Rule(name="m", then=NOTIFY)])
    assert Rules(sets=[RuleSet(rules=[heard])], macros=[Rule(name="n", then=NOTIFY)]).rule("macro:m") == heard


def test_rules_are_found_by_name() -> None:
    rules = Rules(sets=[RuleSet(rules=[Rule(name="ack")])], escalations=[ladder(1, 2)], macros=[Rule(name="m")])
    assert [rule.name for rule in rules] == ["ack", "up 1", "up 2"]
    assert (rules.rule("up 2").name, rules.macro("m").name) == ("up 2", "m")
    with pytest.raises(UnknownName, match="unknown rule 'akc'; did you mean 'ack'"):
        rules.rule("akc")
    with pytest.raises(UnknownName, match="unknown macro 'n'"):
        rules.macro("n")


def test_rules_survive_pickling_compiled_and_not() -> None:
    rules = Rules(sets=[RuleSet(rules=[Rule(name="ack", when=HOT, then=NOTIFY)])], escalations=[ladder(1)], macros=[Rule(name="m")])
    desk = Desk(metrics=(), rules=rules)
    for one in (rules, desk.rules):
        back = pickle.loads(pickle.dumps(one))
        assert back == one
        assert len(back.timed) == len(one.timed)


def test_rules_run_only_when_they_know_the_names_of_a_desk() -> None:
    rules = Rules(sets=[RuleSet(rules=[Rule(name="ack", when=since("created") >= "1h")])])
    assert (len(rules.timed), len(Desk(rules=rules).rules.timed)) == (0, 1)


def test_a_named_agent_is_all_a_macro_needs() -> None:
    desk = with_macros(Action("assign", "eve"))
    assert desk.macro(born(desk).ticket, "m", at=at("10:00"), by=Agent(id="boss")).ticket.assignee == "eve"
