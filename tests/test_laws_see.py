"""Each law of `ticketcore.extra.laws` says what is wrong with a desk that breaks it: one fault put in, one sentence waited for."""

from __future__ import annotations

import itertools
import pickle
from collections.abc import Callable
from typing import Any, Final

import attrs
import pytest

from desk_day import ADA, MARIA
from ticketcore import Action, AgentReplied, Created, CustomerReplied, Desk, Noted, PolicySet, Rule, load_desk
from ticketcore._clocks import Run, summed
from ticketcore._time import HOUR_US
from ticketcore._values import FrozenMap, changed
from ticketcore.desk import Outcome
from ticketcore.extra import laws
from ticketcore.model import Clock, Cycle, Retargeted, RuleFired, Ticket, evolve, fold

DESK: Final = load_desk({
    "sla": [
        {"name": "vip", "when": {"field": "tags", "has": "vip"}, "targets": {"first_reply": "2h", "next_reply": "4h"}},
        {"name": "std", "targets": {"first_reply": "1h", "next_reply": "4h"}},
    ],
    "rules": [{"name": "ack", "on": ["created"], "then": [{"notify": "lead"}]}],
})  # fmt: skip
HISTORY: Final = (
    (Created(at=0, ticket="T-1", by=ADA, id="a"),),
    (PolicySet(at=HOUR_US // 2, policy="vip", by=MARIA, id="p"),),
    (AgentReplied(at=3 * HOUR_US, by=MARIA, id="b"),),
    (CustomerReplied(at=4 * HOUR_US, by=ADA, id="c"),),
)
TICK, HANDLE, WAKE = Desk.tick, Desk.handle, Desk.wake_us


def put(monkeypatch: pytest.MonkeyPatch, name: str, fault: Any) -> None:
    monkeypatch.setattr(f"ticketcore.{name}", fault)


def ticking(**given: Any) -> Callable[[Desk, Ticket, int], Outcome]:
    """A tick that forgets a part of what came of it where it is asked for in between."""

    def tick(desk: Desk, ticket: Ticket, at: int) -> Outcome:
        outcome = TICK(desk, ticket, at)
        return changed(outcome, **given) if at < ticket.as_of_us + HOUR_US * 24 else outcome

    return tick


def later_lives(**given: Any) -> Callable[..., laws.Life]:
    """The second life that is lived lacks something."""
    count = itertools.count()
    real = laws.live

    def live(*arguments: Any, **named: Any) -> laws.Life:
        life = real(*arguments, **named)
        return changed(life, **{name: make(life) for name, make in given.items()}) if next(count) == 1 else life

    return live


def shorter(name: str) -> Callable[[laws.Life], Any]:
    return lambda life: getattr(life, name)[:-1]


def second_handled(**given: Any) -> Callable[..., Outcome]:
    """Every second time a moment is handled something is missing."""
    count = itertools.count()
    return lambda desk, ticket, *events, **named: (
        changed(HANDLE(desk, ticket, *events, **named), **given) if next(count) % 2 else HANDLE(desk, ticket, *events, **named)
    )


def of_clocks(**given: Any) -> Callable[..., laws.Life]:
    """A life after which the clocks are other ones than they were."""
    real = laws.live

    def live(*arguments: Any, **named: Any) -> laws.Life:
        life = real(*arguments, **named)
        last = life.outcomes[0]
        clocks = {
            name: changed(clock, cycle=changed(clock.cycle, **given)) if clock.cycle.is_open else clock
            for name, clock in last.ticket.clocks.items()
        }
        return changed(life, outcomes=(changed(last, ticket=changed(last.ticket, clocks=type(last.ticket.clocks)(clocks))),))

    return live


def forgetful_wake(desk: Desk, ticket: Ticket) -> int | None:
    wake = WAKE(desk, ticket)
    return wake if wake is None or ticket.memo is not None else wake + 1


FAULTS: Final[list[tuple[str, str, Callable[[], Any], str]]] = [
    ("ticks_change_nothing", "desk.Desk.tick", lambda: ticking(events=()), "events, ticking at_every_wake_up differ at "),
    ("ticks_change_nothing", "desk.Desk.tick", lambda: ticking(effects=("x",)),
     "effects, ticking at_every_wake_up differ at 1:\n  x\n  None"),
    ("folding_gives_the_ticket", "extra.laws.evolve", lambda: lambda ticket, event: ticket or evolve(ticket, event),
     "the folded ticket differ at 1:\n  Ticket("),
    ("folding_gives_the_ticket", "extra.laws.fold", lambda: lambda events: fold(events[:1]), "the folded ticket differ at 0:\n  Ticket("),
    ("nothing_happens_before_wake_at", "desk.Desk.wake_us", lambda: forgetful_wake,
     "wake_at remembered 3600000000, worked out 3600000001"),
    ("nothing_happens_before_wake_at", "desk.Desk.wake_us", lambda: lambda desk, ticket: None, "no wake_at, but 1970-01-01T01:00:00Z"),
    ("nothing_happens_before_wake_at", "desk.Desk.wake_us", lambda: lambda desk, ticket: -5, "wake_at lies before as_of"),
    ("nothing_happens_before_wake_at", "desk.Desk.wake_us", lambda: lambda desk, ticket: 9 * HOUR_US, "before wake_at 32400000000: 1970-"),
    ("nothing_happens_before_wake_at", "desk.Desk.wake_us", lambda: lambda desk, ticket: ticket.as_of_us + 7, "nothing at wake_at 7"),
    ("a_refused_moment_changes_nothing", "extra.laws.live", lambda: later_lives(events=shorter("events")),
     "events after a refusal differ at "),
    ("a_refused_moment_changes_nothing", "extra.laws.live", lambda: later_lives(effects=lambda life: (*life.effects, "x")),
     "effects after a refusal differ at "),
    ("event_ids_are_unique", "extra.laws.live", lambda: repeated_ids, "event id 'a' twice"),
    ("event_ids_are_unique", "extra.laws.live", lambda: blank_ids, "an event without id, ticket or desk"),
    ("effect_keys_are_unique_and_stable", "desk.Desk.handle", lambda: second_handled(effects=()),
     "effects of a moment delivered twice differ at 0:\n  Notify("),
    ("effect_keys_are_unique_and_stable", "extra.laws.live", lambda: doubled_effects, "effect key 'T-1/a/ack/0' twice"),
    ("outside_moments_give_the_log_again", "extra.laws.live", lambda: later_lives(events=shorter("events")),
     "events of the log handled again differ at "),
    ("outside_moments_give_the_log_again", "extra.laws.live", lambda: later_lives(effects=lambda life: ()),
     "effects of the log handled again differ at 0:\n  None\n  Notify("),
    ("promises_are_current", "extra.laws.live", lambda: of_clocks(target=None), "first_reply: None on 24x7, not 1h on 24x7"),
    ("promises_are_current", "extra.laws.live", lambda: of_clocks(policy="vip"), "a clock names another policy than its promise"),
    ("promises_are_current", "extra.laws.live", lambda: of_clocks(ended_us=0, verdict="met"), "an ended clock runs"),
    ("used_time_adds_up", "sla.Sla.used_us", lambda: lambda sla, cycle, at: 7, "first_reply: the ledger counts 0, 7 are used"),
    ("used_time_adds_up", "extra.laws.evolve", lambda: warnings_forgotten, "a changed promise changed number, start or breaches"),
    ("values_survive_pickling", "extra.laws.pickle.loads", lambda: changed_back, "a desk that was pickled is another one"),
]  # fmt: skip


def repeated_ids(*arguments: Any, **named: Any) -> laws.Life:
    life = LIVE(*arguments, **named)
    return changed(life, events=(*life.events[:-1], changed(life.events[-1], id="a")))


def blank_ids(*arguments: Any, **named: Any) -> laws.Life:
    life = LIVE(*arguments, **named)
    return changed(life, events=(*life.events[:-1], changed(life.events[-1], desk="another")))


def doubled_effects(*arguments: Any, **named: Any) -> laws.Life:
    life = LIVE(*arguments, **named)
    return changed(life, effects=(*life.effects, *life.effects))


def warnings_forgotten(ticket: Ticket | None, event: Any) -> Ticket:
    after = evolve(ticket, event)
    if not isinstance(event, Retargeted):
        return after
    clock = after.clocks[event.metric]
    clocks = {**after.clocks, event.metric: changed(clock, cycle=changed(clock.cycle, number=9))}
    return changed(after, clocks=type(after.clocks)(clocks))


def changed_back(data: bytes) -> Any:
    value = LOADS(data)
    return value.evolve(name="another") if isinstance(value, Desk) else value


LIVE, LOADS = laws.live, pickle.loads


@pytest.mark.parametrize(("law", "name", "fault", "said"), FAULTS)
def test_a_law_says_what_is_wrong(monkeypatch: pytest.MonkeyPatch, law: str, name: str, fault: Callable[[], Any], said: str) -> None:
    laws.LAWS[law](DESK, HISTORY)
    put(monkeypatch, name, fault())
    with pytest.raises(AssertionError) as caught:
        laws.LAWS[law](DESK, HISTORY)
    assert str(caught.value).startswith(said)


# --- clocks that do not add up ---------------------------------------------------------------------------------------------

RUNS: Final = summed((Run(start_us=0, end_us=5, counted_us=4), Run(start_us=7, end_us=9, counted_us=2)), (4, 2))
ENDED: Final = Cycle(number=1, started_us=0, runs=RUNS, banked_us=6, ended_us=9, verdict="met")
CLOCK: Final = Clock(metric="m", cycle=ENDED, cycles=1, total_us=6, met=1)


@pytest.mark.parametrize(
    ("clock", "said"),
    [
        (changed(CLOCK, cycle=changed(ENDED, banked_us=7)), "what is banked is not what the runs counted"),
        (changed(CLOCK, cycle=changed(ENDED, runs=tuple(changed(run, sum_us=0) for run in RUNS))),
         "the running totals of the runs are not those of what they counted"),
        (changed(CLOCK, cycle=changed(ENDED, runs=summed((RUNS[0], changed(RUNS[1], start_us=4)), (4, 2)))), "runs overlap"),
        (changed(CLOCK, cycle=changed(ENDED, runs=summed((changed(RUNS[0], start_us=6), RUNS[1]), (4, 2)))), "runs overlap"),
        (changed(CLOCK, cycle=changed(ENDED, ended_us=None)), "a verdict without an end, or the other way round"),
        (changed(CLOCK, cycle=changed(ENDED, verdict=None)), "a verdict without an end, or the other way round"),
        (changed(CLOCK, total_us=-1, cycles=2), "a negative total"),
        (changed(CLOCK, total_us=5), "m: total 5, banked 6"),
        (changed(CLOCK, met=-1), "a negative count"),
        (changed(CLOCK, late=-1), "a negative count"),
        (changed(CLOCK, cancelled=-1), "a negative count"),
        (changed(CLOCK, late=1), "more verdicts than cycles"),
        (changed(CLOCK, cancelled=1), "more verdicts than cycles"),
        (changed(CLOCK, met=2), "more verdicts than cycles"),
    ],
)  # fmt: skip
def test_a_clock_that_does_not_add_up_is_seen(clock: Clock, said: str) -> None:
    with pytest.raises(AssertionError) as caught:
        laws._adds_up(clock)
    assert str(caught.value) == said


def test_clocks_that_add_up() -> None:
    for clock in (
        CLOCK, changed(CLOCK, cycle=changed(ENDED, runs=summed((RUNS[0], changed(RUNS[1], start_us=5)), (4, 2)))),  # they touch
        changed(CLOCK, cycle=changed(ENDED, ended_us=None, verdict=None), total_us=0, met=0), changed(CLOCK, cycles=3, total_us=0),
        changed(CLOCK, cycles=3, late=1, cancelled=1),
    ):  # fmt: skip
        laws._adds_up(clock)


def test_what_is_undone_by_a_changed_promise_is_seen() -> None:
    event = Retargeted(at=9, metric="m", target=None, policy=None)
    before = Ticket(
        id="T", clocks=FrozenMap({"m": changed(CLOCK, cycle=changed(ENDED, warned=("50%",), hours="24x7", ended_us=None, verdict=None))})
    )

    def after(**given: Any) -> Ticket:
        clock = before.clocks["m"]
        return changed(before, clocks=type(before.clocks)({"m": changed(clock, cycle=changed(clock.cycle, **given))}))

    laws._promise_changed(DESK, before, after(warned=("50%", "80%")), event)
    for given, said in (
        ({"number": 2}, "a changed promise changed number, start or breaches"),
        ({"started_us": 1}, "a changed promise changed number, start or breaches"),
        ({"breaches": 1}, "a changed promise changed number, start or breaches"),
        ({"warned": ("80%",)}, "a changed promise forgot a warning"),
        ({"runs": RUNS[:1]}, "runs changed: [[0, 5], [7, 9]] to [[0, 5]]"),
        ({"run_us": 9, "runs": RUNS[:1]}, "runs changed: [[0, 5], [7, 9]] to [[0, 5]]"),
        ({"banked_us": 7}, "m: used time changed by "),
    ):
        with pytest.raises(AssertionError) as caught:
            laws._promise_changed(DESK, before, after(**given), event)
        assert str(caught.value).startswith(said)
    laws._promise_changed(DESK, before, after(banked_us=7, hours="office"), event)  # other hours count anew


# --- steps that do not end -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("desk", "most"),
    [
        (Desk(metrics=()), 40),
        (Desk(metrics=(), rules=[Rule(name="r", then=[Action("add_tag", "x"), Action("close")])]), 58),
        (DESK, 25 * (2 + 3 * len(DESK.metrics))),
    ],
)
def test_a_cycle_has_so_many_events_and_no_more(monkeypatch: pytest.MonkeyPatch, desk: Desk, most: int) -> None:
    life = LIVE(desk, HISTORY[:1])

    def lived(count: int, **given: Any) -> None:
        log = tuple(Noted(at=0, id=f"a/{number}", cause="a") for number in range(count))
        ticket = changed(life.outcomes[0].ticket, **given)
        monkeypatch.setattr(laws, "live", lambda *_, **__: changed(life, outcomes=(changed(life.outcomes[0], events=log, ticket=ticket),)))
        laws.a_step_ends(desk, HISTORY)

    lived(most, time_roots=desk.settings.silence_after)
    with pytest.raises(AssertionError, match=f"{most + 1} events in one cycle"):
        lived(most + 1)
    with pytest.raises(AssertionError, match="it should have fallen silent"):
        lived(1, time_roots=desk.settings.silence_after + 1)


def test_the_events_of_a_cycle_have_one_root() -> None:
    made = Created(at=0, id="a", moment="a", ticket="T")
    with_it = Noted(at=0, id="b", moment="a", ticket="T")
    follows = attrs.evolve(Noted(at=0, ticket="T"), id="a/1", cause="a")
    by_time = attrs.evolve(Noted(at=1, ticket="T"), id="time", cause="")
    after_it = attrs.evolve(Noted(at=1, ticket="T"), id="time/1", cause="time")
    assert laws.cycles([made, with_it, follows, by_time, after_it]) == ([made, with_it, follows], [by_time, after_it])


# --- a desk that is exchanged -----------------------------------------------------------------------------------------------

ADOPT: Final = Desk.adopt


def adopting(change: Callable[[Outcome], Outcome]) -> Callable[..., Outcome]:
    return lambda desk, ticket, at, old: change(ADOPT(desk, ticket, at, old))


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (lambda outcome: changed(outcome, ticket=changed(outcome.ticket, subject="x")), "the folded ticket differ at 0:\n  Ticket("),
        (lambda outcome: changed(outcome, wake_us=5), "wake_at after adoption"),
        (lambda outcome: changed(outcome, events=(*outcome.events, fired_after(outcome))), "a rule fired on adoption"),
    ],
)
def test_the_law_of_adoption_says_what_is_wrong(monkeypatch: pytest.MonkeyPatch, fault: Any, said: str) -> None:
    new = DESK.evolve(name="new")
    laws.adoption_keeps_clocks(DESK, new, HISTORY, HOUR_US)
    monkeypatch.setattr(Desk, "adopt", adopting(fault))
    with pytest.raises(AssertionError) as caught:
        laws.adoption_keeps_clocks(DESK, new, HISTORY, HOUR_US)
    assert str(caught.value).startswith(said)


def fired_after(outcome: Outcome) -> RuleFired:
    """A rule that fires in the cycle of the adoption."""
    root = next(event.id for event in outcome.events if event.kind == "desk_adopted")
    return RuleFired(at=outcome.ticket.as_of_us, rule="ack", id=f"{root}/99", cause=root, ticket="T-1")
