"""The nine laws of the step (step.md 7) on random desks and histories; and that the laws see a step that is wrong."""

from __future__ import annotations

import gc
import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any, Final

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import oracle
from ticketcore import (
    Agent,
    AgentReplied,
    BusinessHours,
    Created,
    CustomerReplied,
    Deleted,
    Desk,
    FieldType,
    Lifecycle,
    Matrix,
    Merged,
    Metric,
    Noted,
    Person,
    Policy,
    Postponed,
    Priority,
    Resolved,
    Restored,
    Rule,
    SlotSet,
    TagsAdded,
    TagsRemoved,
    TargetExtended,
    Targets,
    Transferred,
    field,
    since,
)  # fmt: skip
from ticketcore._clocks import summed
from ticketcore._step import StepRun
from ticketcore._time import DAY_US, HOUR_US, MINUTE_US, SECOND_US
from ticketcore.conditions import TRUE, Condition
from ticketcore.errors import TicketcoreError
from ticketcore.extra import laws, strategies
from ticketcore.extra._plain_rules import PlainRules, with_rules
from ticketcore.extra.laws import History, live
from ticketcore.hours import Hours
from ticketcore.model import Clock, Cycle, Days, Length, Outside, Purged, Run, Target, Ticket, WorkingDays
from ticketcore.rules import CLOCK_KINDS, Action
from ticketcore.sla import Sla, WarnAt

ADA, MARIA = Person(email="ada@example.org"), Agent(id="maria")


@st.composite
def desks_and_histories(draw: st.DrawFn, /, **given_: Any) -> tuple[Desk, History]:
    desk = draw(strategies.desks())
    return desk, draw(strategies.histories(desk, **given_))


# Drawing a whole desk is slow and takes many choices; its size is the point.
patient = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much])


def law(test: Callable[..., None]) -> Callable[..., None]:
    """A law on random desks, each with a history."""
    return patient(given(desks_and_histories())(test))


# --- the nine ------------------------------------------------------------------------------------------------------------


@law
def test_1_however_often_one_ticks_before_the_next_event_all_is_the_same(lived: tuple[Desk, History]) -> None:
    laws.ticks_change_nothing(*lived)


@law
def test_2_folding_the_events_gives_the_ticket(lived: tuple[Desk, History]) -> None:
    laws.folding_gives_the_ticket(*lived)


@law
def test_3_nothing_changes_before_wake_at_and_something_does_at_it(lived: tuple[Desk, History]) -> None:
    laws.nothing_happens_before_wake_at(*lived)


@law
def test_4_a_step_ends(lived: tuple[Desk, History]) -> None:
    laws.a_step_ends(*lived)


@law
def test_5_a_refused_moment_changes_nothing(lived: tuple[Desk, History]) -> None:
    laws.a_refused_moment_changes_nothing(*lived)


@law
def test_6_used_time_start_and_pauses_survive_changes_of_priority_and_policy(lived: tuple[Desk, History]) -> None:
    laws.used_time_adds_up(*lived)


@patient
@given(desks_and_histories(), strategies.desk_hours(), st.integers(0, 2 * DAY_US // MINUTE_US))
def test_6_used_time_start_and_pauses_survive_another_desk(lived: tuple[Desk, History], hours: Hours, later: int) -> None:
    old, history = lived
    new = old.evolve(name="new", hours={**old.hours, "support": hours, "night": hours})
    laws.adoption_keeps_clocks(old, new, history, later * MINUTE_US)


@patient
@given(desks_and_histories(unit_us=MINUTE_US, longest_us=DAY_US))
def test_7_a_clock_that_is_stepped_finds_nothing_missed(lived: tuple[Desk, History]) -> None:
    desk, history = lived
    quiet = desk.evolve(settings=attrs.evolve(desk.settings, silence_after=min(desk.settings.silence_after, 40)))
    life = live(quiet, history, then_us=DAY_US // 2)
    oracle.nothing_was_missed(quiet, life.events, life.until_us)


def test_a_promise_used_up_where_its_hours_end_is_never_broken_at_an_opening() -> None:
    ends = BusinessHours(zone="UTC", week={"mon-sun": ["00:00-24:00"]}, valid_from="1970-01-01", valid_until="1970-01-02")
    metric = Metric(name="solve", start=("created",), stop=("enter:resolved",))
    policy = Policy(name="std", targets={"solve": Targets(otherwise=Length(DAY_US))}, hours="ends", due_at="next_opening")
    desk = Desk(metrics=(metric,), policies=(policy,), hours={"ends": ends})
    life = live(desk, [(Created(at=0, ticket="T", by=ADA),)], then_us=2 * DAY_US)
    assert [event.kind for event in life.events] == ["created", "policy_applied", "clock_started"]
    oracle.nothing_was_missed(desk, life.events, life.until_us, HOUR_US)


HURRIED = (
    Metric(name="first", start=("created",), stop=("agent_reply",), cancel=("enter:resolved",)),
    Metric(name="next", start=("customer_reply",), stop=("agent_reply", "enter:resolved"), cycles="many"),
    Metric(name="update", start=("agent_reply",), restart=("agent_reply",), stop=("enter:resolved",), cycles="many"),
    Metric(
        name="work", start=("created", "leave:resolved"), stop=("enter:resolved",), pause_status=("answered", "postponed"), cycles="many",
        reopen="resume",
    ),
    Metric(name="gold", start_on_attach=True, start_at="created", start=("leave:resolved",), stop=("enter:resolved",), cycles="many"),
)  # fmt: skip
BUSTLE = BusinessHours(zone="Europe/Riga", week={"mon-sun": ["09:00-09:07", "09:08-09:21", "09:30-09:31", "09:32-10:45"]})


@st.composite
def hurried_desks(draw: st.DrawFn) -> Desk:
    """A desk whose promises are kept or broken within seconds, with two policies that take over from each other."""
    lengths = st.builds(Length, st.integers(1, 1500).map(SECOND_US.__mul__) | st.integers(1, 90 * SECOND_US), st.booleans())
    warnings = st.lists(st.sampled_from(["-90s", "-7s", "50%", "80%", "100%", "150%", "13s"]), max_size=3, unique=True)

    def policy(name: str, when: Condition) -> Policy:
        targets = {metric.name: Targets(by_level={"high": draw(lengths)}, otherwise=draw(lengths)) for metric in HURRIED}
        if name == "std":
            del targets["gold"]
        return Policy(
            name=name, when=when, targets=targets, hours=draw(st.sampled_from(["24x7", "bustle"])), keep_used=draw(st.booleans()),
            warn=tuple(WarnAt.parse(text) for text in draw(warnings)), due_at=draw(st.sampled_from(["closing", "closing", "next_opening"])),
        )  # fmt: skip

    return Desk(metrics=HURRIED, hours={"bustle": BUSTLE}, policies=(policy("vip", field.tags.has("vip")), policy("std", TRUE)))


@st.composite
def hurried_histories(draw: st.DrawFn) -> History:
    """A quarter of an hour around nine in which much happens, at any second and sometimes between two."""
    at = BUSTLE_OPENS_US - draw(st.integers(0, 120)) * SECOND_US
    log: list[tuple[Any, ...]] = [(Created(at=at, ticket="T", by=ADA),)]
    for _ in range(draw(st.integers(0, 8))):
        at += draw(st.sampled_from([0, 1, 7, 20, 60, 61, 200, 400])) * SECOND_US + draw(st.sampled_from([0, 0, 0, 1, 999_999]))
        events = (
            CustomerReplied(at=at, by=ADA), AgentReplied(at=at, by=MARIA), Noted(at=at, by=MARIA), Resolved(at=at, by=MARIA),
            SlotSet(at=at, by=MARIA, level="high"), SlotSet(at=at, by=MARIA, level="low"), TagsAdded(at=at, by=MARIA, tags=["vip"]),
            TagsRemoved(at=at, by=MARIA, tags=["vip"]), TargetExtended(at=at, by=MARIA, metric="work", extra_us=9 * SECOND_US),
            Postponed(at=at, by=MARIA, until=at + 45 * SECOND_US), Deleted(at=at, by=MARIA), Restored(at=at, by=MARIA),
        )  # fmt: skip
        log.append((draw(st.sampled_from(events)),))
    return tuple(log)


@patient
@given(hurried_desks(), hurried_histories())
def test_a_poll_every_second_finds_nothing_that_wake_at_did_not_bring(desk: Desk, history: History) -> None:
    """Of warnings, breaches and wakes, each is true at its instant and not a microsecond before, and none is left out."""
    life = live(desk, history, then_us=HOUR_US // 2)
    oracle.nothing_was_missed(desk, life.events, life.until_us, SECOND_US)
    laws.nothing_happens_before_wake_at(desk, history)


@law
def test_8_the_outside_moments_of_a_log_handled_again_give_the_same_log(lived: tuple[Desk, History]) -> None:
    laws.outside_moments_give_the_log_again(*lived)


def circles(number: int) -> Iterator[tuple[Any, ...]]:
    """A life that goes in circles, one a week: asked, noted, raised, answered, lowered, tagged."""
    at = number * 7 * DAY_US + 9 * HOUR_US
    if number == 0:
        yield (Created(at=at, ticket="T", by=ADA),)
    yield (CustomerReplied(at=at + HOUR_US, by=ADA),)
    yield (Noted(at=at + HOUR_US + 1, by=MARIA),)
    yield (SlotSet(at=at + 2 * HOUR_US, by=MARIA, level="high"),)
    yield (AgentReplied(at=at + 3 * HOUR_US, by=MARIA),)
    yield (SlotSet(at=at + 4 * HOUR_US, by=MARIA, level="low"),)
    yield (TagsAdded(at=at + 5 * HOUR_US, by=MARIA, tags=["vip"]),)


BUSTLE_OPENS_US: Final = 1_788_242_400_000_000  # a Tuesday, nine o'clock in Riga
OFFICE = BusinessHours(zone="UTC", week={"mon-fri": ["09:00-17:00"]})


@pytest.mark.parametrize("cycles", ["once", "many"])
@pytest.mark.parametrize("reopen", ["new", "resume"])
def test_9_the_cost_of_a_step_does_not_grow_with_the_history(cycles: str, reopen: str) -> None:
    metrics = (
        Metric(name="answer", start=("customer_reply",), stop=("agent_reply",), cycles=cycles, reopen=reopen),
        Metric(
            name="solve", start=("created",), stop=("enter:resolved",), pause_status=("answered",)
        ),  # paused once a round, and never ends
        Metric(name="update", start=("created",), restart=("agent_reply",), cycles="many"),
    )
    targets = {name: Targets(by_level={"high": Length(HOUR_US)}, otherwise=Length(20 * HOUR_US)) for name in ("answer", "solve", "update")}
    rules = (
        Rule(name="old", when=since("updated") >= "3h", every_us=HOUR_US, times=3, then=(Action("notify", "lead"),)),
        Rule(name="broken", on=["breached"], then=(Action("add_tag", "hot"),)),
        Rule(name="calm", on=["agent_replied"], when=field.tags.has("hot"), then=(Action("remove_tag", "hot"), Action("note", "ack"))),
    )
    policy = Policy(name="std", targets=targets, hours="office", warn=(WarnAt.parse("-30m"), WarnAt.parse("80%")))
    desk = Desk(metrics=metrics, policies=(policy,), rules=rules, hours={"office": OFFICE}, templates={"ack": "answer by {{ due }}"})
    laws.the_cost_does_not_grow(desk, circles)


@settings(patient, max_examples=max(3, settings().max_examples // 6))
@given(desks_and_histories(unit_us=MINUTE_US))
def test_9_the_cost_of_a_step_does_not_grow_on_random_desks(lived: tuple[Desk, History]) -> None:
    desk, history = lived
    laws.the_cost_does_not_grow(desk, laws.in_circles(history))


def test_a_life_in_circles_has_new_ids_and_later_dates_every_week() -> None:
    week = 7 * DAY_US
    postpone, note = Postponed(at=HOUR_US, by=MARIA, id="p", until=2 * HOUR_US), Noted(at=HOUR_US, by=MARIA)
    history: History = [
        (Created(at=0, ticket="T", by=ADA, id="c"),),
        (postpone, note),
        (Merged(at=2 * HOUR_US, by=MARIA, into="U", id="m"),),
    ]
    rounds = laws.in_circles(history)
    assert list(rounds(0)) == [history[0], (attrs.evolve(postpone, id="p~0"), note)]
    (((postponed, noted),)) = rounds(2)
    assert isinstance(postponed, Postponed)
    assert (postponed.id, postponed.at_us, postponed.until_us) == ("p~2", HOUR_US + 2 * week, 2 * HOUR_US + 2 * week)
    assert (noted.id, noted.at_us) == ("", HOUR_US + 2 * week)


def test_moments_that_must_be_refused_are() -> None:
    desk = Desk()
    ticket = desk.handle(None, Created(at=0, ticket="T", by=ADA, id="c")).ticket
    ticket = desk.handle(ticket, Noted(at=HOUR_US, by=MARIA, id="n")).ticket
    tried = list(laws._refusable(ticket, (Resolved(at=2 * HOUR_US, by=MARIA, id="r"),)))
    assert len(tried) == 6
    for moment in tried:
        with pytest.raises(TicketcoreError):
            desk.handle(ticket, *moment)


def test_lines_are_counted_and_nothing_else() -> None:
    lines = laws._Lines()
    for what in ("call", "line", "line", "return"):
        assert lines(None, what, None) is lines
    assert lines.count == 2


def test_the_law_of_cost_leaves_out_what_cannot_be_compared() -> None:
    """A step that is seen in the early rounds only; and dates on hours that were exchanged in the middle of a cycle."""
    solve = Metric(name="solve", start=("created",), stop=("enter:closed",), pause_status=("answered",))
    promised = {"solve": Targets(otherwise=Days(2))}
    vip = Policy(name="vip", when=field.tags.has("vip"), targets=promised, hours="office", keep_used=True)
    desk = Desk(metrics=(solve,), policies=(vip, Policy(name="std", targets=promised)), hours={"office": OFFICE})
    laws.the_cost_does_not_grow(desk, circles, few=0, many=6)


def test_the_law_of_cost_leaves_out_what_is_refused() -> None:
    rounds = laws.in_circles([[Created(at=0, ticket="T", by=ADA)], [Transferred(at=5, group="nowhere", by=MARIA)], [Noted(at=9, by=MARIA)]])
    laws.the_cost_does_not_grow(Desk(groups=("sales",)), rounds, few=0, many=6)


@pytest.mark.parametrize("target", [Length(HOUR_US), Days(2), WorkingDays(2)])
def test_the_law_of_cost_sees_a_due_instant_that_is_worked_out_pause_by_pause(monkeypatch: pytest.MonkeyPatch, target: Target) -> None:
    solve = Metric(name="solve", start=("created",), stop=("enter:closed",), pause_status=("answered",))
    policy = Policy(name="std", targets={"solve": Targets(otherwise=target)})
    desk = Desk(metrics=(solve,), policies=(policy,))
    laws.the_cost_does_not_grow(desk, circles)
    monkeypatch.setattr(Sla, "due_us", lambda sla, cycle: sum(1 for run in cycle.runs if run.start_us < 0) or None)
    with pytest.raises(AssertionError, match="lines after"):
        laws.the_cost_does_not_grow(desk, circles)


# --- what goes with them -------------------------------------------------------------------------------------------------


@law
def test_a_step_leaves_no_circle_for_the_garbage_collector(lived: tuple[Desk, History]) -> None:
    desk, history = lived

    def left() -> int:
        """The objects of a life, refused moments included, that only the collector frees."""
        gc.freeze()
        try:
            live(desk, history, laws.at_odd_instants, then_us=DAY_US)
            return gc.collect()
        finally:
            gc.unfreeze()

    gc.disable()
    try:
        left()  # what is made once for a desk
        assert left() == 0
    finally:
        gc.enable()


@law
def test_rules_fire_as_they_do_when_each_is_tried_one_by_one(lived: tuple[Desk, History]) -> None:
    desk, history = lived
    plain, quick = (live(one, history, then_us=3 * DAY_US) for one in (with_rules(desk, PlainRules(desk)), desk))
    assert (plain.ticket, plain.events, plain.effects) == (quick.ticket, quick.events, quick.effects)


@law
def test_what_is_decided_last_in_a_cycle_is_of_few_kinds(lived: tuple[Desk, History]) -> None:
    """Rules that hear none of these are not asked again after it."""
    desk, history = lived
    decide, seen = Sla.decide, set()

    def noting(sla: Sla, draft: Any, happened: Any, view: Any, emit: Any, **more: Any) -> None:
        def noted(kind: Any, *values: Any, **fields: Any) -> None:
            seen.add(kind.kind)
            emit(kind, *values, **fields)

        decide(sla, draft, happened, view, noted, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Sla, "decide", noting)
        live(desk, history, then_us=3 * DAY_US)
    assert seen <= CLOCK_KINDS


def _forgetting(desk: Desk, history: History, *, observe: bool) -> None:
    """A ticket that remembers nothing of the step that made it lives on as one that does."""
    ticket: Ticket | None = None
    for moment in history:
        bare = None if ticket is None else attrs.evolve(ticket)
        try:
            outcome = desk.handle(ticket, *moment, observe=observe)
        except TicketcoreError as error:
            with pytest.raises(type(error)):
                desk.handle(bare, *moment, observe=observe)
            continue
        assert desk.handle(bare, *moment, observe=observe) == outcome
        ticket, wake_us = outcome.ticket, outcome.wake_us
        assert desk.wake_us(attrs.evolve(ticket)) == wake_us
        if wake_us is not None:
            assert desk.tick(ticket, wake_us) == desk.tick(attrs.evolve(ticket), wake_us)
            ticket = desk.tick(ticket, wake_us).ticket


@law
def test_what_a_ticket_remembers_of_its_last_step_changes_nothing(lived: tuple[Desk, History]) -> None:
    _forgetting(*lived, observe=False)


@law
def test_what_an_imported_ticket_remembers_changes_nothing(lived: tuple[Desk, History]) -> None:
    _forgetting(*lived, observe=True)


def test_a_ticket_whose_contents_went_has_its_priority_derived_with_the_next_event() -> None:
    desk = Desk(lifecycle=Lifecycle(permissions={"purge": ["admin"]}), groups=())
    agent = Agent(id="maria")
    history: list[tuple[Outside, ...]] = [
        (Created(at=0, ticket="T", by=Person(name="Ada")),), (SlotSet(at=HOUR_US, level="high", by=agent),),
        (Purged(at=2 * HOUR_US, by=agent),), (Noted(at=3 * HOUR_US, by=agent),), (Noted(at=4 * HOUR_US, by=agent),),
    ]  # fmt: skip
    _forgetting(desk, history, observe=True)
    ticket: Ticket | None = None
    seen = []
    for moment in history:
        ticket = desk.handle(ticket, *moment, observe=True).ticket
        seen.append(ticket.priority)
    assert seen == ["low", "high", "high", "low", "low"]


@law
def test_event_ids_are_unique_on_a_ticket(lived: tuple[Desk, History]) -> None:
    laws.event_ids_are_unique(*lived)


@law
def test_effect_keys_are_unique_and_the_same_when_delivered_again(lived: tuple[Desk, History]) -> None:
    laws.effect_keys_are_unique_and_stable(*lived)


@law
def test_open_clocks_always_have_the_promise_of_now(lived: tuple[Desk, History]) -> None:
    laws.promises_are_current(*lived)


@law
def test_values_survive_pickling_and_a_desk_that_was_away_goes_on_the_same(lived: tuple[Desk, History]) -> None:
    laws.values_survive_pickling(*lived)


_ELSEWHERE = """
import pickle, sys
desk, history, events = pickle.load(sys.stdin.buffer)
from ticketcore.extra.laws import live
life = live(desk, history)
print(desk.fingerprint, life.events == events)
"""


@settings(patient, max_examples=3)
@given(desks_and_histories())
def test_a_desk_has_the_same_fingerprint_and_gives_the_same_log_in_a_process_with_other_hashes(lived: tuple[Desk, History]) -> None:
    desk, history = lived
    given_ = pickle.dumps((desk, history, live(desk, history).events))
    for seed in ("0", "4242"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)}
        done = subprocess.run([sys.executable, "-c", _ELSEWHERE], input=given_, capture_output=True, env=environment, check=True)
        assert done.stdout.decode().split() == [desk.fingerprint, "True"]


def test_check_tries_all_laws_on_a_desk() -> None:
    laws.check(Desk(), examples=5)
    matrix = Matrix.of(impact=["one", "all"], urgency=["any"], levels=[["low"], ["urgent"]])
    axes = {name: FieldType(kind="name") for name in ("impact", "urgency")}
    laws.check(Desk(priority=Priority(matrix=matrix), fields=axes), examples=50)


def test_the_laws_hold_on_a_desk_that_goes_through_every_corner() -> None:
    """Many wake-ups in one gap, a run that is cut, a clock that runs on in the bin, hours that are not known for long, overdue promises."""
    known = BusinessHours(zone="UTC", week={"mon-sun": ["00:00-24:00"]}, valid_from="1970-01-01", valid_until="1970-01-02")
    metrics = (Metric(name="answer", start=("created",), stop=("agent_reply",)), Metric(name="solve", start=("created",)))
    exact = {name: Targets(by_level={"high": Length(HOUR_US)}, otherwise=Length(9 * HOUR_US)) for name in ("answer", "solve")}
    policies = (
        Policy(name="vip", when=field.tags.has("vip"), targets=exact, hours="office", keep_used=True, warn=(WarnAt.parse("1h"),)),
        Policy(name="std", targets=exact, hours="known"),
    )
    often = Rule(name="often", when=since("created") >= "1m", every_us=MINUTE_US, times=200, then=(Action("notify", "lead"),))
    desk = Desk(metrics=metrics, policies=policies, rules=(often,), hours={"office": OFFICE, "known": known}, removed_gap="counted")
    born = Created(at=9 * HOUR_US, ticket="T", by=ADA, id="a")
    tagged = TagsAdded(at=10 * HOUR_US, by=MARIA, tags=["vip"], id="b")
    binned, raised = Deleted(at=11 * HOUR_US, by=MARIA, id="c"), SlotSet(at=12 * HOUR_US, by=MARIA, level="high", id="d")
    on_the_dot, later = Noted(at=18 * HOUR_US, by=MARIA, id="e"), Noted(at=3 * DAY_US, by=MARIA, id="f")
    for moments in ((tagged, binned, raised), (raised, binned), (tagged, tagged, raised), (on_the_dot, later)):
        history = ((born,), *((event,) for event in moments))
        for one in laws.LAWS.values():
            one(desk, history)
            one(desk.evolve(rules=()), history)


def test_runs_that_touch_are_one_stretch_and_empty_ones_none() -> None:
    runs = summed((Run(0, 5, 5), Run(5, 5, 0), Run(5, 7, 2), Run(9, 9, 0)), (5, 0, 2, 0))
    cycle = Cycle(number=1, started_us=0, runs=runs, run_us=11, banked_us=7)
    assert laws._stretches(cycle, 13) == [[0, 7], [11, 13]]
    laws._adds_up(Clock(metric="m", cycle=cycle))


def test_adoption_onto_hours_of_another_name_keeps_the_runs() -> None:
    def desk(hours: str) -> Desk:
        policy = Policy(name="std", hours=hours, targets={"first_reply": Targets(otherwise=Length(HOUR_US))})
        return Desk(hours={"office": OFFICE, "other": OFFICE}, policies=(policy,))

    history = ((Created(at=9 * HOUR_US, ticket="T", by=ADA),), (Noted(at=10 * HOUR_US, by=MARIA),))
    laws.adoption_keeps_clocks(desk("office"), desk("other"), history, HOUR_US)


@settings(max_examples=60)
@given(strategies.histories(Desk(), longest_us=HOUR_US))
def test_a_history_ends_in_time(history: History) -> None:
    end = history[0][0].at_us + HOUR_US  # moments that come too late to be taken are among them
    assert all(event.at_us <= end for moment in history for event in moment)


@settings(max_examples=100)
@given(strategies.tickets())
def test_drawn_tickets_are_tickets(ticket: Ticket) -> None:
    assert ticket.version >= 1 + len(ticket.clocks)


# --- that they see what is wrong -----------------------------------------------------------------------------------------


def test_a_broken_law_is_an_assertion_error_also_without_asserts(monkeypatch: pytest.MonkeyPatch) -> None:
    desk, history = Desk(), ((Created(at=0, ticket="T", by=ADA),), (AgentReplied(at=HOUR_US, by=MARIA),))
    laws.event_ids_are_unique(desk, history)
    emit = StepRun.emit

    def beginning_anew(run: StepRun, kind: Any, *values: Any, **fields: Any) -> None:
        run.count = 0
        emit(run, kind, *values, **fields)

    monkeypatch.setattr(StepRun, "emit", beginning_anew)
    with pytest.raises(AssertionError, match=r"event id .* twice"):
        laws.event_ids_are_unique(desk, history)


def test_the_oracle_sees_a_breach_that_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = Metric(name="answer", start=("created",), stop=("agent_reply",))
    desk = Desk(metrics=(answer,), policies=(Policy(name="std", targets={"answer": Targets(otherwise=Length(HOUR_US))}),))
    history = ((Created(at=0, ticket="T", by=ADA),), (Noted(at=3 * HOUR_US, by=MARIA),))
    oracle.nothing_was_missed(desk, live(desk, history).events, 4 * HOUR_US)
    monkeypatch.setattr(Sla, "due_items", lambda *_: [])
    with pytest.raises(AssertionError, match="answer: breach was due"):
        oracle.nothing_was_missed(desk, live(desk, history).events, 4 * HOUR_US)


def test_the_poll_sees_a_breach_that_comes_a_second_late(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = Metric(name="answer", start=("created",), stop=("agent_reply",))
    desk = Desk(metrics=(answer,), policies=(Policy(name="std", targets={"answer": Targets(otherwise=Length(7 * SECOND_US))}),))
    history = ((Created(at=0, ticket="T", by=ADA),), (Noted(at=90 * SECOND_US, by=MARIA),))
    oracle.nothing_was_missed(desk, live(desk, history).events, 100 * SECOND_US, SECOND_US)
    due_us = Sla.due_us
    monkeypatch.setattr(Sla, "due_us", lambda sla, cycle: None if (due := due_us(sla, cycle)) is None else due + SECOND_US)
    with pytest.raises(AssertionError, match="answer: breach was due"):
        oracle.nothing_was_missed(desk, live(desk, history).events, 100 * SECOND_US, SECOND_US)


def test_the_oracle_sees_a_time_rule_that_did_not_fire(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(metrics=(), rules=(Rule(name="old", when=since("created") >= "1h", then=(Action("notify", "lead"),)),))
    history = ((Created(at=0, ticket="T", by=ADA),), (Noted(at=3 * HOUR_US, by=MARIA),))
    oracle.nothing_was_missed(desk, live(desk, history).events, 4 * HOUR_US)
    monkeypatch.setattr("ticketcore.rules.Rules.rises", lambda *_: None)
    with pytest.raises(AssertionError, match="old became true"):
        oracle.nothing_was_missed(desk, live(desk, history).events, 4 * HOUR_US)
