"""The nine laws of the step (step.md 7) on random desks and histories; and that the laws see a step that is wrong."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

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
    Desk,
    Metric,
    Noted,
    Person,
    Policy,
    Rule,
    SlotSet,
    TagsAdded,
    Targets,
    field,
    since,
)  # fmt: skip
from ticketcore._time import DAY_US, HOUR_US, MINUTE_US
from ticketcore.extra import laws, strategies
from ticketcore.extra.laws import History, live
from ticketcore.hours import Hours
from ticketcore.model import Length
from ticketcore.rules import Action
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


@law
def test_8_the_outside_moments_of_a_log_handled_again_give_the_same_log(lived: tuple[Desk, History]) -> None:
    laws.outside_moments_give_the_log_again(*lived)


def circles(number: int) -> Iterator[Any]:
    """A life that goes in circles, one a week: asked, noted, raised, answered, lowered, tagged."""
    at = number * 7 * DAY_US + 9 * HOUR_US
    if number == 0:
        yield Created(at=at, ticket="T", by=ADA)
    yield CustomerReplied(at=at + HOUR_US, by=ADA)
    yield Noted(at=at + HOUR_US + 1, by=MARIA)
    yield SlotSet(at=at + 2 * HOUR_US, by=MARIA, level="high")
    yield AgentReplied(at=at + 3 * HOUR_US, by=MARIA)
    yield SlotSet(at=at + 4 * HOUR_US, by=MARIA, level="low")
    yield TagsAdded(at=at + 5 * HOUR_US, by=MARIA, tags=["vip"])


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
    laws.the_cost_does_not_grow(desk, circles, few=10, many=200)


# --- what goes with them -------------------------------------------------------------------------------------------------


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


# --- that they see what is wrong -----------------------------------------------------------------------------------------


def test_the_oracle_sees_a_breach_that_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = Metric(name="answer", start=("created",), stop=("agent_reply",))
    desk = Desk(metrics=(answer,), policies=(Policy(name="std", targets={"answer": Targets(otherwise=Length(HOUR_US))}),))
    history = ((Created(at=0, ticket="T", by=ADA),), (Noted(at=3 * HOUR_US, by=MARIA),))
    oracle.nothing_was_missed(desk, live(desk, history).events, 4 * HOUR_US)
    monkeypatch.setattr(Sla, "due_items", lambda *_: [])
    with pytest.raises(AssertionError, match="answer: breach was due"):
        oracle.nothing_was_missed(desk, live(desk, history).events, 4 * HOUR_US)


def test_the_oracle_sees_a_time_rule_that_did_not_fire(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(metrics=(), rules=(Rule(name="old", when=since("created") >= "1h", then=(Action("notify", "lead"),)),))
    history = ((Created(at=0, ticket="T", by=ADA),), (Noted(at=3 * HOUR_US, by=MARIA),))
    oracle.nothing_was_missed(desk, live(desk, history).events, 4 * HOUR_US)
    monkeypatch.setattr("ticketcore.rules.Rules.rises", lambda *_: None)
    with pytest.raises(AssertionError, match="old became true"):
        oracle.nothing_was_missed(desk, live(desk, history).events, 4 * HOUR_US)
