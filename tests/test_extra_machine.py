"""The state machine for hosts: it lets a right host pass, and finds the bugs that hosts have."""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test
from pendulum import DateTime

from ticketcore import Created, Desk, Noted, Person, Ticket
from ticketcore._fields import OPERATORS
from ticketcore._time import from_us, to_us
from ticketcore.conditions import AllOf, AnyOf, Condition, Not
from ticketcore.extra.laws import live
from ticketcore.extra.machine import DeskMachine, _Life
from ticketcore.extra.strategies.conditions import conditions, vocabularies
from ticketcore.extra.strategies.desks import actions
from ticketcore.extra.strategies.histories import History, Moment
from ticketcore.extra.strategies.legal import _MOVED_BY, _moving, legal_histories
from ticketcore.lifecycle import TRIGGERS
from ticketcore.model import EventBase
from ticketcore.model import evolve as evolve_ticket
from ticketcore.rules import ACTIONS, Action
from toy_host import BUGS, DESK, Conflict, ToyHost


def machine_of(bug: str = "") -> type[DeskMachine]:
    class Toy(DeskMachine):
        desk = DESK

        def start(self) -> None:
            self.app = ToyHost(bug)

        def deliver(self, moment: Moment) -> None:
            self.app.post(moment)

        def wake(self, now: DateTime) -> None:
            self.app.wake(to_us(now))

        def ticket(self, name: str) -> Ticket | None:
            row = self.app.rows.get(name)
            return None if row is None else pickle.loads(row)

        def events(self, name: str) -> Iterable[EventBase]:
            return self.app.logs[name]

        def sent(self) -> Iterable[str]:
            return self.app.sent

        def send(self, now: DateTime) -> None:
            self.app.send(to_us(now))

        def race(self, first: Moment, second: Moment) -> None:
            self.app.race(first, second)

        def restart(self) -> None:
            self.app.restart()

    return Toy


def run(bug: str, examples: int) -> None:
    """Try the machine on the toy host; raises what it finds. The same examples every time, and no shrinking: that it is found is enough."""
    tried = settings(
        max_examples=examples, stateful_step_count=25, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much], print_blob=False,
    )  # fmt: skip
    run_state_machine_as_test(machine_of(bug), settings=tried)


NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") in ("ci", "nightly")
QUICK = (
    "tick-first",
    "sends-stale-news",
    "lost-update",
    "moment-in-pieces",
    "forgets-to-send-marks",
    "log-of-input-only",
)


def test_a_right_host_passes() -> None:
    run("", 300 if NIGHTLY else 8)


@pytest.mark.parametrize("bug", BUGS if NIGHTLY else QUICK)
def test_a_bug_is_found(bug: str) -> None:
    with pytest.raises((AssertionError, Conflict)):
        run(bug, 300)


def test_there_are_twenty_bugs_and_each_is_in_the_host() -> None:
    source = (Path(__file__).parent / "toy_host.py").read_text("utf-8")
    assert len(BUGS) == 20
    assert [bug for bug in BUGS if source.count(f'"{bug}"') < 2] == []


# --- what it says ----------------------------------------------------------------------------------------------------


class Fake(DeskMachine):
    """A host that says what it is told to say."""

    desk = DESK
    stored: Any = None
    log: Any = None
    keys: Any = None

    def start(self) -> None:
        self.app = ToyHost()

    def deliver(self, moment: Moment) -> None:
        self.app.post(moment)

    def ticket(self, name: str) -> Ticket | None:
        return self.stored if self.stored is not None else self.app.read(name)

    def events(self, name: str) -> Any:
        return self.log

    def sent(self) -> Any:
        return self.keys


def fake(**says: Any) -> Fake:
    """A machine with one ticket, the host of which says this from now on."""
    machine = Fake()
    moment = (Created(at=machine._now, ticket="T-1", by=Person(name="Ada"), id="e0"),)
    machine.deliver(moment)
    machine._lives["T-1"] = _Life(DESK.handle(None, *moment).ticket, taken=[moment])
    machine._add("T-1", DESK.handle(None, *moment))
    for name, value in says.items():
        setattr(machine, name, value)
    return machine


def refusal(machine: Fake, *, flushed: bool = False) -> str:
    look = machine.the_outbox_is_sent if flushed else partial(machine._compare, "T-1", "a step")
    with pytest.raises(AssertionError) as caught:
        look()
    return str(caught.value)


def test_it_says_what_differs() -> None:
    right = fake()
    right._compare("T-1", "a step")
    ticket = right.app.read("T-1")
    assert ticket is not None
    assert refusal(fake(stored=evolve(ticket, status="open", version=9))) == (
        "after a step: the host's ticket is another one\n"
        f"  version: the host has 9, the library {ticket.version}\n  status: the host has 'open', the library 'new'"
    )
    assert refusal(fake(stored="T-1")).endswith("it is no ticket but str")
    assert "has no ticket T-1" in refusal_of_none()


def refusal_of_none() -> str:
    machine = fake()
    machine.app.rows = {}
    return refusal(machine)


def test_it_says_what_is_wrong_with_a_log() -> None:
    log = fake().app.logs["T-1"]
    fake(log=log)._compare("T-1", "a step")
    assert refusal(fake(log=log[:-1])) == f"after a step: the log of T-1 has {len(log) - 1} events, not {len(log)}"
    assert refusal(fake(log=[*log, log[-1]])).endswith(f"has {len(log) + 1} events, not {len(log)}")
    assert "event 0 of T-1 is" in refusal(fake(log=log[::-1]))


def test_it_says_what_is_wrong_with_what_was_sent() -> None:
    machine = fake()
    ack, route = machine.app.outbox
    fake(keys=[ack])._compare("T-1", "a step")
    fake(keys=[ack, route]).the_outbox_is_sent()
    assert refusal(fake(keys=[ack, ack])) == f"{ack!r} was sent 2 times"
    assert refusal(fake(keys=["x"])) == "'x' was sent, and nobody asked for it"
    assert refusal(fake(keys=[ack]), flushed=True) == f"{route!r} (route) was not sent"
    stale = fake(keys=[ack, route])
    stale._lives["T-1"].effects[ack] = evolve(stale._lives["T-1"].effects[ack], expires=stale._now - 1)
    assert "stale since" in refusal(stale)
    stale._sent[ack] = 1  # it was sent while it was fresh
    stale._compare("T-1", "a step")


@pytest.mark.parametrize("hook", ["start", "deliver", "ticket", "wake"])
def test_a_host_that_says_too_little_is_told_what_to_say(hook: str) -> None:
    bare = DeskMachine.__new__(DeskMachine)
    with pytest.raises(NotImplementedError, match=f"def {hook}"):
        getattr(bare, hook)(*[None] * (hook != "start"))


def test_what_a_host_need_not_say() -> None:
    machine = fake()
    assert DeskMachine.events(machine, "T-1") is None
    assert DeskMachine.sent(machine) is None
    machine.restart()
    machine.send(from_us(0))
    moment = (Noted(at=machine._now, ticket="T-1", id="n"),)
    machine.race(moment, (Noted(at=machine._now, ticket="T-1", id="m"),))
    assert len(machine.app.logs["T-1"]) == len(fake().app.logs["T-1"]) + 2


# --- what the strategies reach ---------------------------------------------------------------------------------------


# Expressions go through a matcher that the host injects; no strategy has one.
NOT_DRAWN = frozenset({"matches_regex", "not_matches_regex"})
TRIED = settings(
    max_examples=2_000,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)


@pytest.mark.skipif(not NIGHTLY, reason="two minutes: under HYPOTHESIS_PROFILE=ci or nightly")
def test_the_strategies_reach_every_move_operator_and_action() -> None:
    """In 2,000 examples."""
    operators: set[str] = set()
    acts: set[str] = set()
    moves: set[tuple[str, str]] = set()
    desk = Desk()

    @TRIED
    @given(st.data())
    def look(data: st.DataObject) -> None:
        vocabulary = data.draw(vocabularies())
        operators.update(names_of(data.draw(conditions(vocabulary))))
        acts.update(action.name for action in data.draw(st.lists(actions(vocabulary), min_size=5, max_size=5)))
        moves.update(moves_of(desk, data.draw(legal_histories(desk))))

    look()
    assert {op for ops in OPERATORS.values() for op in ops} - NOT_DRAWN - operators == set()
    assert ACTIONS.keys() - acts == set()
    allowed = {(status.name, trigger) for status in desk.lifecycle.statuses for trigger in desk.lifecycle.allowed(status.name)}
    assert allowed - moves == set()


@settings(max_examples=2_000 if NIGHTLY else 20)
@given(st.data())
def test_a_legal_history_is_taken_as_it_is(data: st.DataObject) -> None:
    desk = data.draw(st.sampled_from([Desk(), DESK]))
    history = data.draw(legal_histories(desk, most=6))
    assert 1 <= len(history) <= 6
    assert live(desk, history).taken == history


@settings(max_examples=5)
@given(st.data())
def test_every_trigger_has_an_event_that_pulls_it(data: st.DataObject) -> None:
    for trigger in _MOVED_BY:
        event = data.draw(_moving(DESK, "open", trigger, 0, "e1"))
        assert TRIGGERS[event.kind] == trigger
    assert set(TRIGGERS.values()) - _MOVED_BY.keys() == {"wake"}  # time alone wakes


def test_the_strategies_reach_every_action_soon() -> None:
    acts: set[str] = set()

    @settings(TRIED, max_examples=200)
    @given(actions(DESK.vocabulary))
    def look(action: Action) -> None:
        acts.add(action.name)

    look()
    assert ACTIONS.keys() - acts == set()


def names_of(condition: Condition) -> set[str]:
    match condition:
        case AllOf(parts) | AnyOf(parts):
            return set().union(*map(names_of, parts))
        case Not(part):
            return names_of(part)
        case _:
            return {getattr(condition, "op", "")}


def moves_of(desk: Desk, history: History) -> set[tuple[str, str]]:
    """Every move of a history that was taken: the status it was in, and what pulled it."""
    found: set[tuple[str, str]] = set()
    ticket: Ticket | None = None
    for event in live(desk, history, then_us=1).events:
        if ticket is not None and (trigger := desk.lifecycle.trigger_of(event, ticket)):
            found.add((ticket.status, trigger))
        if ticket is not None and event.kind == "diverted":
            found.add((ticket.status, "customer_replies"))
        ticket = evolve_ticket(ticket, event)
    return found
