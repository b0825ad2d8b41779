"""The laws of the step as functions, to be run on one's own desk: ``laws.check(desk)`` tries them all with Hypothesis.

Each law takes a desk and a history (`ticketcore.extra.strategies.histories`) and raises `AssertionError` when it is broken::

    from ticketcore.extra import laws
    laws.check(my_desk, examples=200)
"""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise, zip_longest
from types import FrameType
from typing import Any, Final

from attrs import frozen

from ticketcore._clocks import summed
from ticketcore._effects import EffectBase
from ticketcore._time import DAY_US, HOUR_US, MINUTE_US
from ticketcore._values import changed
from ticketcore.conditions import TWO_YEARS_US
from ticketcore.desk import Desk, Outcome
from ticketcore.errors import BeyondHorizon, NeverOpen, TicketcoreError
from ticketcore.model import Clock, Cycle, EventBase, Outside, Postponed, Retargeted, SlotSet, TargetExtended, Ticket, evolve, fold

__all__ = [
    "LAWS", "Life", "a_refused_moment_changes_nothing", "a_step_ends", "adoption_keeps_clocks", "check", "cycles",
    "effect_keys_are_unique_and_stable", "event_ids_are_unique", "folding_gives_the_ticket", "in_circles", "lines_of_a_step", "live",
    "nothing_happens_before_wake_at",
    "outside_moments", "outside_moments_give_the_log_again", "promises_are_current", "the_cost_does_not_grow", "ticks_change_nothing",
    "used_time_adds_up", "values_survive_pickling",
]  # fmt: skip

Moment = Sequence[Outside]
History = Sequence[Moment]
Ticks = Callable[[Desk, Outcome, int], Iterator[int]]

_MOST_TICKS: Final = 60  # of one gap
_MOST_ASKED: Final = 25  # tickets of one life
_A_RUN_ANEW: Final = 60  # lines, at most, to measure one closed run on other hours
WEEK_US: Final = 7 * DAY_US
_FAR_US: Final = 3 * 24 * HOUR_US  # how long time goes on after the last moment


@frozen
class Life:
    """What became of a history: the ticket, all events and all effects in order, and the moments that were taken.

    >>> from ticketcore import Created, Resolved
    >>> life = live(Desk(), [[Created(at=5, ticket="T-1")], [Resolved(at=4)], [Resolved(at=6)]])  # the second comes too late
    >>> len(life.outcomes), [moment[0].kind for moment in life.taken], life.ticket.status
    (2, ['created', 'resolved'], 'resolved')
    """

    ticket: Ticket
    events: tuple[EventBase, ...]
    effects: tuple[EffectBase, ...]
    taken: tuple[Moment, ...]
    outcomes: tuple[Outcome, ...]
    until_us: int  # up to where time went on


def live(desk: Desk, history: History, ticks: Ticks | None = None, *, then_us: int = 0) -> Life:
    """Live through a history: its moments handled in order, the refused ones left out, ticking in between as *ticks* says.

    With *then_us*, time goes on for so long after the last moment. Ticks are earlier than the next moment: take out those that
    will be refused first (`Life.taken`).

    >>> from ticketcore import Created, Person, Resolved
    >>> live(Desk(), [[Created(at=0, ticket="T-1", by=Person(name="Ada"))], [Resolved(at=5)]]).ticket.status
    'resolved'
    """
    outcomes: list[Outcome] = []
    taken: list[Moment] = []
    for moment in history:
        if outcomes and ticks is not None:
            outcomes += _ticked(desk, outcomes[-1], ticks, moment[0].at_us)
        try:
            outcomes.append(desk.handle(outcomes[-1].ticket if outcomes else None, *moment))
        except TicketcoreError:
            continue
        taken.append(moment)
    end = outcomes[-1].ticket.as_of_us + then_us
    if then_us:
        if ticks is not None:
            outcomes += _ticked(desk, outcomes[-1], ticks, end)
        outcomes.append(desk.tick(outcomes[-1].ticket, end))
    events = tuple(event for outcome in outcomes for event in outcome.events)
    effects = tuple(effect for outcome in outcomes for effect in outcome.effects)
    return Life(outcomes[-1].ticket, events, effects, tuple(taken), tuple(outcomes), end)


def _ticked(desk: Desk, now: Outcome, ticks: Ticks, before_us: int) -> list[Outcome]:
    outcomes = [now]
    for at in ticks(desk, now, before_us):
        outcomes.append(desk.tick(outcomes[-1].ticket, at))
    return outcomes[1:]


# --- how often to tick ---------------------------------------------------------------------------------------------------


def at_every_wake_up(desk: Desk, now: Outcome, before_us: int) -> Iterator[int]:
    """Ticks as a careful host does: whenever the desk has asked for it."""
    for _ in range(_MOST_TICKS):
        wake = now.wake_us
        if wake is None or wake >= before_us:
            return
        yield wake
        now = desk.tick(now.ticket, wake)


def at_odd_instants(_desk: Desk, now: Outcome, before_us: int) -> Iterator[int]:
    """Ticks that know nothing of the desk: at once, at unequal steps, and just before the next moment."""
    start = now.ticket.as_of_us
    gap = before_us - start
    last = start - 1
    for at in sorted({start, *(start + gap * part // 89 for part in (1, 2, 3, 5, 8, 13, 21, 34, 55)), before_us - 1}):
        if last < at < before_us:
            yield at
            last = at


def around_every_wake_up(desk: Desk, now: Outcome, before_us: int) -> Iterator[int]:
    """Ticks a microsecond before each wake-up, and long after it."""
    number = 0
    while (wake := now.wake_us) is not None and wake < before_us:
        yield max(wake - 1, now.ticket.as_of_us)
        later = min(wake + number * MINUTE_US, before_us - 1)
        yield later
        now = desk.tick(now.ticket, later)
        number += 1


TICKS: Final[tuple[Ticks, ...]] = (at_every_wake_up, at_odd_instants, around_every_wake_up)


# --- the laws ------------------------------------------------------------------------------------------------------------


def ticks_change_nothing(desk: Desk, history: History) -> None:
    """1: with every tick earlier than the next moment, ticket, events and effects are the same however often one ticks.

    >>> from ticketcore import Action, Created, Resolved, Rule, since
    >>> desk = Desk(rules=[Rule(name="old", when=since("created") >= "4h", then=[Action("add_tag", "old")])])
    >>> ticks_change_nothing(desk, [[Created(at=0, ticket="T-1")], [Resolved(at=DAY_US)]])  # silent: it holds
    """
    never = live(desk, live(desk, history).taken, then_us=_FAR_US)
    for ticks in TICKS:
        ticked = live(desk, never.taken, ticks, then_us=_FAR_US)
        _same(ticked.events, never.events, f"events, ticking {ticks.__name__}")
        _same(ticked.effects, never.effects, f"effects, ticking {ticks.__name__}")
        _same((ticked.ticket,), (never.ticket,), f"the ticket, ticking {ticks.__name__}")


def folding_gives_the_ticket(desk: Desk, history: History) -> None:
    """2: folding the events gives the ticket, all at once or one by one; the desk is not needed for it.

    >>> from ticketcore import Created, Resolved
    >>> folding_gives_the_ticket(Desk(), [[Created(at=0, ticket="T-1")], [Resolved(at=5)]])  # silent: it holds
    """
    ticket: Ticket | None = None
    events: list[EventBase] = []
    for outcome in live(desk, history, then_us=_FAR_US).outcomes:
        for event in outcome.events:
            ticket = evolve(ticket, event)
        events += outcome.events
        _same((fold(events), ticket), (outcome.ticket, outcome.ticket), "the folded ticket")


def nothing_happens_before_wake_at(desk: Desk, history: History) -> None:
    """3: nothing changes a microsecond before ``wake_at``, something does at it, but for the horizon of two years.

    >>> from ticketcore import Created, load_desk
    >>> desk = load_desk({"sla": [{"name": "gold", "targets": {"first_reply": "1h"}}]})
    >>> nothing_happens_before_wake_at(desk, [[Created(at=0, ticket="T-1")]])  # silent: it holds
    """
    for outcome in live(desk, history, at_every_wake_up, then_us=_FAR_US).outcomes[:_MOST_ASKED]:
        bare = fold((), outcome.ticket)  # without what the desk remembers beside it
        _must(bare.memo is None, "a folded ticket remembers nothing of a desk")
        wake = desk.wake_us(bare)
        _must(desk.wake_us(outcome.ticket) == wake, f"wake_at remembered {desk.wake_us(outcome.ticket)}, worked out {wake}")
        if wake is None:
            quiet = desk.tick(bare, bare.as_of_us + 2 * TWO_YEARS_US)
            _must(quiet.ticket is bare, f"no wake_at, but {quiet.trace}")
            _must(not quiet.events, f"no wake_at, but {quiet.trace}")
            continue
        _must(wake >= bare.as_of_us, "wake_at lies before as_of")
        if wake > bare.as_of_us:
            early = desk.tick(bare, wake - 1)
            _must(early.ticket is bare, f"before wake_at {wake}: {early.trace}")
            _must(not early.events, f"before wake_at {wake}: {early.trace}")
            _must(not early.effects, f"before wake_at {wake}: {early.trace}")
        at_it = desk.tick(bare, wake)
        _must(at_it.events or wake == bare.as_of_us + TWO_YEARS_US, f"nothing at wake_at {wake}")


def a_step_ends(desk: Desk, history: History) -> None:
    """4: a step ends: no more time roots than it takes to fall silent, and no more events in a cycle than its rules allow.

    >>> from ticketcore import Action, Created, Rule, field
    >>> on = Rule(name="on", when=~field.tags.has("x"), then=[Action("add_tag", "x")])
    >>> off = Rule(name="off", when=field.tags.has("x"), then=[Action("remove_tag", "x")])
    >>> a_step_ends(Desk(rules=[on, off]), [[Created(at=0, ticket="T-1")]])  # silent: it holds, though the rules undo each other
    """
    every = list(desk.rules)
    most = (len(every) + 4 * sum(len(rule.then) for rule in every) + 20) * (2 + 3 * len(desk.metrics))
    for outcome in live(desk, history, then_us=_FAR_US).outcomes:
        _must(outcome.ticket.time_roots <= desk.settings.silence_after, "it should have fallen silent")
        for events in cycles(outcome.events):
            _must(len(events) <= most, f"{len(events)} events in one cycle")


def a_refused_moment_changes_nothing(desk: Desk, history: History) -> None:
    """5: a refused moment changes nothing: the ticket stays as it is, and all goes on as if it had never been tried.

    >>> from ticketcore import Closed, Created, Resolved
    >>> a_refused_moment_changes_nothing(Desk(), [[Created(at=0, ticket="T-1")], [Closed(at=5)], [Resolved(at=6)]])  # silent: it holds
    """
    outcome: Outcome | None = None
    for moment in live(desk, history).taken:
        if outcome is not None:
            seen = pickle.dumps(outcome.ticket)
            for wrong in _refusable(outcome.ticket, moment):
                try:
                    desk.handle(outcome.ticket, *wrong)
                except TicketcoreError:
                    _must(pickle.dumps(outcome.ticket) == seen, f"changed by {wrong}")
        outcome = desk.handle(None if outcome is None else outcome.ticket, *moment)
    tried, clean = live(desk, history), live(desk, live(desk, history).taken)
    _same(tried.events, clean.events, "events after a refusal")
    _same(tried.effects, clean.effects, "effects after a refusal")


def _refusable(ticket: Ticket, moment: Moment) -> Iterator[Moment]:
    """Moments like *moment* that are refused, or may be: too early, known, half illegal."""
    event = moment[0]
    yield tuple(changed(one, at_us=ticket.floor_us - 1) for one in moment)
    yield (*moment, changed(event, id=event.id + "+", ticket="T-other"))
    yield (*moment, SlotSet(at=event.at_us, by=event.by, level="no such level"))
    yield (event, Postponed(at=event.at_us, by=event.by, until=event.at_us))
    if event.id:
        yield (event, event)
    for known in sorted(ticket.seen):
        yield (changed(event, id=known, at_us=ticket.updated_us),)


def event_ids_are_unique(desk: Desk, history: History) -> None:
    """The ids of a ticket's events are unique, and each event names the desk and its ticket.

    >>> from ticketcore import Created, Resolved
    >>> event_ids_are_unique(Desk(), [[Created(at=0, ticket="T-1")], [Resolved(at=5)]])  # silent: it holds
    >>> [event.id for event in live(Desk(), [[Created(at=0, ticket="T-1")], [Resolved(at=5)]]).events][:3]
    ['1', '1/1', '1/2']
    """
    events = live(desk, history, then_us=_FAR_US).events
    _unique([event.id for event in events], "event id")
    _must(
        all(event.id and event.ticket == events[0].ticket and event.desk == desk.fingerprint for event in events),
        "an event without id, ticket or desk",
    )


def effect_keys_are_unique_and_stable(desk: Desk, history: History) -> None:
    """The keys of a ticket's effects are unique, and the same when the same moment is delivered again to the same ticket.

    >>> from ticketcore import Action, Created, Rule
    >>> desk = Desk(rules=[Rule(name="ack", on=["created"], then=[Action("notify", "lead"), Action("notify", "duty")])])
    >>> effect_keys_are_unique_and_stable(desk, [[Created(at=0, ticket="T-1")]])  # silent: it holds
    >>> [effect.key for effect in live(desk, [[Created(at=0, ticket="T-1")]]).effects]
    ['T-1/1/ack/0', 'T-1/1/ack/1']
    """
    life = live(desk, history, then_us=_FAR_US)
    _unique([effect.key for effect in life.effects], "effect key")
    ticket: Ticket | None = None
    for moment in life.taken:
        once, twice = desk.handle(ticket, *moment), desk.handle(ticket, *moment)
        _same(once.effects, twice.effects, "effects of a moment delivered twice")
        ticket = once.ticket


def outside_moments_give_the_log_again(desk: Desk, history: History) -> None:
    """8: the outside moments of a log, handled again, give the same log.

    >>> from ticketcore import Created, Resolved
    >>> outside_moments_give_the_log_again(Desk(), [[Created(at=0, ticket="T-1")], [Resolved(at=5)]])  # silent: it holds
    """
    first = live(desk, history, then_us=_FAR_US)
    again = live(desk, outside_moments(first.events), then_us=_FAR_US)
    _same(again.events, first.events, "events of the log handled again")
    _same(again.effects, first.effects, "effects of the log handled again")


def outside_moments(events: Iterable[EventBase]) -> tuple[Moment, ...]:
    """What people and the host did, out of a log: the outside events, grouped by moment.

    >>> from ticketcore import Created, Resolved
    >>> log = live(Desk(), [[Created(at=0, ticket="T-1")], [Resolved(at=5)]]).events
    >>> len(log), [[event.kind for event in moment] for moment in outside_moments(log)]
    (8, [['created'], ['resolved']])
    """
    found: dict[str, list[Outside]] = {}
    for event in events:
        if isinstance(event, Outside) and event.is_outside and not event.cause:
            found.setdefault(event.moment, []).append(event)
    return tuple(map(tuple, found.values()))


def promises_are_current(desk: Desk, history: History) -> None:
    """After a step every open clock has the target and the hours of the ticket's policy and priority, and runs unless it is to pause.

    >>> from ticketcore import Agent, Created, load_desk
    >>> desk = load_desk({"sla": [{"name": "gold", "targets": {"first_reply": {"high": "15m", "else": "1h"}}}]})
    >>> promises_are_current(desk, [[Created(at=0, ticket="T-1")], [SlotSet(at=5, by=Agent(id="maria"), level="high")]])  # silent: it holds
    """
    for outcome in live(desk, history, at_every_wake_up, then_us=_FAR_US).outcomes:
        ticket = outcome.ticket
        for name, clock in ticket.clocks.items():
            cycle = clock.cycle
            if not cycle.is_open:
                _must(cycle.run_us is None, "an ended clock runs")
                continue
            target, hours = desk.sla.promise(ticket.policy, name, ticket.priority)
            _must((cycle.target, cycle.hours) == (target, hours), f"{name}: {cycle.target} on {cycle.hours}, not {target} on {hours}")
            _must(
                cycle.policy == (ticket.policy if target is not None else None),
                "a clock names another policy than its promise",
            )
            if ticket.category != "removed":
                metric = desk.metrics[name]
                paused = ticket.status in metric.pause_status
                _must(not (paused and cycle.is_running), f"{name} runs in {ticket.status}")


def used_time_adds_up(desk: Desk, history: History) -> None:
    """6: start, runs and pauses survive every change of the promise; what is banked is what the log counts, and the ledger's sum.

    >>> from ticketcore import AgentReplied, Created, CustomerReplied, Person
    >>> ada = Person(name="Ada")
    >>> log = [[Created(at=0, ticket="T-1", by=ada)], [AgentReplied(at=MINUTE_US)], [CustomerReplied(at=HOUR_US, by=ada)]]
    >>> used_time_adds_up(Desk(), log)  # silent: the clock of resolution, paused for 59 minutes, counts what the ledger says
    """
    life = live(desk, history, then_us=_FAR_US)
    for outcome in life.outcomes:
        for metric in outcome.ticket.clocks:
            _ledger_adds_up(desk, outcome.ticket, metric)
    ticket: Ticket | None = None
    for event in life.events:
        before, ticket = ticket, evolve(ticket, event)
        metric = getattr(event, "metric", "")
        if before is not None and isinstance(event, Retargeted):
            _promise_changed(desk, before, ticket, event)
        if metric in ticket.clocks and not isinstance(event, TargetExtended):
            _adds_up(ticket.clocks[metric])


def _ledger_adds_up(desk: Desk, ticket: Ticket, metric: str) -> None:
    """The stretches of the ledger up to now add up to what is used."""
    cycle = ticket.clocks[metric].cycle
    now = ticket.as_of_us if cycle.ended_us is None else cycle.ended_us
    try:
        counted = desk.sla.ledger(ticket, metric, now).used_us
    except (NeverOpen, BeyondHorizon):  # asked directly, hours say that they do not reach so far
        return
    used = desk.sla.used_us(cycle, now)
    _must(counted == used, f"{metric}: the ledger counts {counted}, {used} are used")


def _promise_changed(desk: Desk, before: Ticket, after: Ticket, event: Retargeted) -> None:
    old, new = before.clocks[event.metric].cycle, after.clocks[event.metric].cycle
    _must(
        (old.number, old.started_us, old.breaches) == (new.number, new.started_us, new.breaches),
        "a changed promise changed number, start or breaches",
    )
    _must(set(old.warned) <= set(new.warned), "a changed promise forgot a warning")
    at = event.at_us
    _must(_stretches(old, at) == _stretches(new, at), f"runs changed: {_stretches(old, at)} to {_stretches(new, at)}")
    if old.hours == new.hours:
        _must(desk.sla.used_us(old, at) == desk.sla.used_us(new, at), f"{event.metric}: used time changed by {event}")


def _stretches(cycle: Cycle, at_us: int) -> list[list[int]]:
    """The stretches in which a cycle ran up to *at_us*; runs that touch are one."""
    runs = [[run.start_us, run.end_us] for run in cycle.runs] + ([[cycle.run_us, at_us]] if cycle.run_us is not None else [])
    joined: list[list[int]] = []
    for run in runs:
        if joined and joined[-1][1] == run[0]:
            joined[-1][1] = run[1]
        elif run[0] != run[1]:
            joined.append(run)
    return joined


def _adds_up(clock: Clock) -> None:
    cycle = clock.cycle
    counted = tuple(run.counted_us for run in cycle.runs)
    _must(cycle.banked_us == sum(counted), "what is banked is not what the runs counted")
    _must(cycle.runs == summed(cycle.runs, counted), "the running totals of the runs are not those of what they counted")
    for run, following in pairwise(cycle.runs):
        _must(run.start_us <= run.end_us <= following.start_us, "runs overlap")
    _must((cycle.verdict is None) == (cycle.ended_us is None), "a verdict without an end, or the other way round")
    _must(clock.total_us >= 0, "a negative total")
    if cycle.verdict is not None and clock.cycles == 1:
        _must(clock.total_us == cycle.banked_us, f"{clock.metric}: total {clock.total_us}, banked {cycle.banked_us}")
    _must(min(clock.met, clock.late, clock.cancelled) >= 0, "a negative count")
    _must(clock.met + clock.late + clock.cancelled <= clock.cycles, "more verdicts than cycles")


def adoption_keeps_clocks(old: Desk, new: Desk, history: History, later_us: int = 0) -> None:
    """6: start, runs and pauses survive another desk, and used time does where the hours are the same, or their edit splits the run.

    *new* knows the statuses of *old*, and its metrics and policies have the same names.

    >>> from ticketcore import Created, load_desk
    >>> old, new = (load_desk({"sla": [{"name": "gold", "targets": {"first_reply": span}}]}) for span in ("1h", "2h"))
    >>> adoption_keeps_clocks(old, new, [[Created(at=0, ticket="T-1")]], later_us=30 * MINUTE_US)  # silent: it holds
    """
    ticket = live(old, history).ticket
    at = ticket.as_of_us + later_us
    settled, adopted = old.tick(ticket, at).ticket, new.adopt(ticket, at, old)
    log = next(log for log in cycles(adopted.events) if log[0].kind == "desk_adopted")
    _must(not any(event.kind == "rule_fired" for event in log), "a rule fired on adoption")
    after = fold(log, settled)
    _same((fold(adopted.events, ticket),), (adopted.ticket,), "the folded ticket")
    _must(new.wake_us(fold((), adopted.ticket)) == adopted.wake_us, "wake_at after adoption")
    for metric, clock in settled.clocks.items():
        was, now = clock.cycle, after.clocks[metric].cycle
        _must(
            (was.number, was.started_us, was.verdict, was.ended_us) == (now.number, now.started_us, now.verdict, now.ended_us),
            "adoption changed number, start or verdict",
        )
        if was.is_open:
            _must(_stretches(was, at) == _stretches(now, at), f"{metric}: runs changed on adoption")
            split = not any(policy.schedule_change == "whole_span" for policy in new.policies)
            if was.hours == now.hours and (split or old.hours[was.hours] == new.hours[now.hours]):
                _must(old.sla.used_us(was, at) == new.sla.used_us(now, at), f"{metric}: used time changed on adoption")


def lines_of_a_step(desk: Desk, ticket: Ticket, *events: Outside) -> tuple[int, Outcome]:
    """How many lines of Python one step goes through, and its outcome: a measure of its cost that no clock disturbs.

    >>> from ticketcore import Created, Noted
    >>> desk, ticket = Desk(), Desk().handle(None, Created(at=0, ticket="T-1")).ticket
    >>> lines, outcome = lines_of_a_step(desk, ticket, Noted(at=5))
    >>> 0 < lines < 1_000, outcome.ticket.notes
    (True, 1)
    """
    lines = _Lines()
    tracer = sys.gettrace()
    sys.settrace(lines)
    try:
        outcome = desk.handle(ticket, *events, late="restamp", observe=True)
    finally:
        sys.settrace(tracer)
    return lines.count, outcome


class _Lines:
    """A trace function that counts the lines it is told of."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, _frame: FrameType | None, what: str, _argument: Any) -> _Lines:
        self.count += what == "line"
        return self


def in_circles(history: History) -> Callable[[int], Iterator[Moment]]:
    """A life that goes in circles: round *n* is *history* some whole weeks later, without the ends from which nothing returns.

    >>> from ticketcore import Created, Noted
    >>> rounds = in_circles([[Created(at=0, ticket="T-1")], [Noted(at=5)]])
    >>> [[(event.kind, event.at_us // WEEK_US) for event in moment] for number in range(3) for moment in rounds(number)]
    [[('created', 0)], [('noted', 0)], [('noted', 1)], [('noted', 2)]]
    """
    born, first = history[0], history[0][0].at_us
    again = [moment for moment in history[1:] if not any(event.kind in ("merged", "purged") for event in moment)]
    period = (max((moment[0].at_us for moment in again), default=first) - first) // WEEK_US * WEEK_US + WEEK_US

    def rounds(number: int) -> Iterator[Moment]:
        if number == 0:
            yield born
        for moment in again:
            yield tuple(_later(event, number * period, number) for event in moment)

    return rounds


def _later(event: Outside, by_us: int, number: int) -> Outside:
    moved = changed(event, at_us=event.at_us + by_us, id=f"{event.id}~{number}" if event.id else "")
    return changed(moved, until_us=moved.until_us + by_us) if isinstance(moved, Postponed) else moved


def the_cost_does_not_grow(desk: Desk, rounds: Callable[[int], Iterable[Moment]], *, few: int = 5, many: int = 205) -> None:
    """9: the cost of a step does not grow with the history. *rounds* gives the moments of the n-th round of a life that goes in circles.

    Moves are observed, so that no round is refused. Steps that record the same are compared: in the rounds from *few* and in those from
    *many* on, four of each. Two things may cost more after a longer life, both stated in docs/explanation/step.md: measuring the runs
    of an open cycle anew on other hours (the event that says so lists them), and dates promised on hours that were exchanged in the
    middle of a cycle.

    >>> from ticketcore import Created, Noted
    >>> rounds = in_circles([[Created(at=0, ticket="T-1")], [Noted(at=5)]])
    >>> the_cost_does_not_grow(Desk(), rounds, many=50)  # silent: a note after fifty weeks costs what it cost after five
    """
    ticket: Ticket | None = None
    costs: dict[tuple[object, ...], dict[bool, int]] = {}
    for number in range(many + 4):
        measured = few <= number < few + 4 or number >= many
        for place, moment in enumerate(rounds(number)):
            try:
                if measured and ticket is not None:
                    lines, outcome = lines_of_a_step(desk, ticket, *moment)
                    counted = sum(len(event.counted or ()) for event in outcome.events if isinstance(event, Retargeted))
                    if not any(clock.cycle.cut for clock in ticket.clocks.values()):
                        did = (place, *(event.kind for event in outcome.events))
                        most = costs.setdefault(did, {})
                        most[number >= many] = max(most.get(number >= many, 0), lines - _A_RUN_ANEW * counted)
                else:
                    outcome = desk.handle(ticket, *moment, late="restamp", observe=True)
            except TicketcoreError:
                continue
            ticket = outcome.ticket
    for did, most in costs.items():
        if len(most) == 2:
            _must(most[True] <= most[False] * 1.1 + 60, f"{most[False]} lines after {few} rounds, {most[True]} after {many}: {did}")


def values_survive_pickling(desk: Desk, history: History) -> None:
    """Desks, tickets and outcomes pickle: what comes out is equal, and a desk that was away gives the same log.

    >>> from ticketcore import Created, Resolved
    >>> values_survive_pickling(Desk(), [[Created(at=0, ticket="T-1")], [Resolved(at=5)]])  # silent: it holds
    """
    away: Desk = pickle.loads(pickle.dumps(desk))  # noqa: S301 - just made
    _must((away, away.fingerprint) == (desk, desk.fingerprint), "a desk that was pickled is another one")
    life = live(desk, history, then_us=_FAR_US)
    for outcome in life.outcomes[:_MOST_ASKED]:
        back: Outcome = pickle.loads(pickle.dumps(outcome))  # noqa: S301 - just made
        _must(back == outcome, "an outcome that was pickled is another one")
        _must(hash(back.ticket) == hash(outcome.ticket), "equal tickets have unequal hashes")
        _must(desk.wake_us(back.ticket) == desk.wake_us(outcome.ticket), "a ticket that was pickled wakes at another instant")
    _same(live(away, history, then_us=_FAR_US).events, life.events, "events of a desk that was pickled")


# --- helpers -------------------------------------------------------------------------------------------------------------


def cycles(events: Iterable[EventBase]) -> tuple[list[EventBase], ...]:
    """The events of each cycle, in order: those that have one root, a moment or one thing that time brought.

    >>> from ticketcore import Created, Resolved
    >>> log = live(Desk(), [[Created(at=0, ticket="T-1")], [Resolved(at=5)]]).events
    >>> [[event.kind for event in one][:2] for one in cycles(log)]
    [['created', 'clock_started'], ['resolved', 'status_changed']]
    """
    found: dict[str, list[EventBase]] = {}
    for event in events:
        root = event.moment if isinstance(event, Outside) and event.moment else event.id.rpartition("/")[0] if event.cause else event.id
        found.setdefault(root, []).append(event)
    return tuple(found.values())


def _must(held: object, broken: str) -> None:
    """An assertion that ``python -O`` does not take out."""
    if not held:
        raise AssertionError(broken)


def _same(one: Sequence[Any], other: Sequence[Any], what: str) -> None:
    for number, (left, right) in enumerate(zip_longest(one, other)):
        _must(left == right, f"{what} differ at {number}:\n  {left}\n  {right}")


def _unique(values: Sequence[str], what: str) -> None:
    seen: set[str] = set()
    for value in values:
        _must(value not in seen, f"{what} {value!r} twice")
        seen.add(value)


LAWS: Final[Mapping[str, Callable[[Desk, History], None]]] = {
    law.__name__: law for law in (
        ticks_change_nothing, folding_gives_the_ticket, nothing_happens_before_wake_at, a_step_ends, a_refused_moment_changes_nothing,
        used_time_adds_up, outside_moments_give_the_log_again, promises_are_current, event_ids_are_unique,
        effect_keys_are_unique_and_stable, values_survive_pickling,
    )
}  # fmt: skip


def check(desk: Desk, *, examples: int = 100) -> None:
    """Try all laws on *desk* with so many random histories. Raises `AssertionError` with the smallest history that breaks one.

    >>> check(Desk(), examples=2)
    """
    from hypothesis import HealthCheck, given, settings

    from ticketcore.extra.strategies.histories import histories

    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
    @given(history=histories(desk))
    def all_laws(history: History) -> None:
        for law in LAWS.values():
            law(desk, history)

    all_laws()
