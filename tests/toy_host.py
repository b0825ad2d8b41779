"""A toy host application, right or with one of twenty seeded bugs: what `ticketcore.extra.machine.DeskMachine` is to find."""

from __future__ import annotations

import pickle
from typing import Any, Final

from attrs import evolve

from ticketcore import Desk, Ticket, fold, load_desk
from ticketcore.desk import Outcome
from ticketcore.errors import TicketcoreError
from ticketcore.model import EffectBase, EventBase, Outside

DESK: Final = load_desk({
    "name": "toy", "zone": "Europe/Athens", "groups": ["support", "technicians"],
    "hours": {"office": {"zone": "Europe/Athens", "week": {"mon-fri": ["09:00-17:00"]}}},
    "priority": {"tags": {"vip": "high", "outage": "urgent"}},
    "facts": {"queue": {"type": "number", "default": 0}},
    "templates": {"ack": "We answer by {{ due_first_reply }}."},
    "sla": [{"name": "std", "warn": ["-10m"],
             "targets": {"first_reply": {"urgent": "30m", "high": "1h", "else": "2h"}, "next_reply": "1h"}}],
    "rules": [
        {"name": "ack", "on": ["created"], "then": [{"reply": "ack"}, {"route": "support"}]},
        {"name": "due soon", "on": ["warned"], "then": [{"notify": "assignee", "stale_after": "15m"}]},
        {"name": "late", "on": ["breached"], "then": [{"notify": "lead", "add_tag": "late", "raise_priority": 1}]},
        {"name": "remind", "when": [{"field": "category", "is_any": ["new", "open"]}, {"since": "updated", "at_least": "3h"}],
         "then": [{"notify": "assignee", "stale_after": "30m"}], "every": "1h", "times": 3},
        {"name": "note", "on": ["customer_replied"], "then": [{"add_tag": "again"}, {"webhook": "crm"}]},
    ],
})  # fmt: skip

# Each bug by what it does; where it sits is marked in `ToyHost`.
BUGS: Final = {
    "timer-of-creation": "the timer is set when the ticket is created and never again",
    "timer-too-late": "a ticket that is due exactly now is left for the next run",
    "timer-in-minutes": "the timer is rounded up to whole minutes",
    "one-timer-a-run": "only the first ticket that is due is woken",
    "clock-of-last-run": "timers run with the instant of the run before",
    "forgets-to-send-marks": "what was sent is not marked as sent after a restart",
    "marks-only-the-last": "of several effects sent together only the last is marked",
    "keeps-one-effect": "of a step's effects only the first reaches the outbox",
    "sends-stale-news": "expired effects are sent as well",
    "drops-what-time-brought": "effects of a wake-up are not stored",
    "lost-update": "the second of two writers wins without looking at the version",
    "log-before-the-check": "events are appended before the version is checked, and again after the retry",
    "stale-cache": "a ticket is read from a cache that a wake-up does not renew",
    "reversed-moment": "what happened together is handled back to front",
    "moment-in-pieces": "what happened together is handled one by one",
    "log-of-input-only": "only the events that came in are stored",
    "tick-first": "the ticket is ticked to the instant of the event before it is handled",
    "one-event-an-instant": "a second event at one instant is taken for a second delivery",
    "ids-of-all-tickets": "an event whose id another ticket has had is taken for a second delivery",
    "whole-seconds": "instants are stored without their microseconds",
}


class Conflict(Exception):
    """Somebody saved the ticket in the meantime."""


class ToyHost:
    """A store, an outbox and timers, all in dictionaries that hold pickles: what is stored is no longer the value that was computed."""

    def __init__(self, bug: str = "", desk: Desk = DESK) -> None:
        self.desk, self.bug = desk, bug
        self.rows: dict[str, bytes] = {}
        self.logs: dict[str, list[EventBase]] = {}
        self.outbox: dict[str, EffectBase] = {}
        self.marked: set[str] = set()
        self.timers: dict[str, int] = {}
        self.sent: list[str] = []
        self.cache: dict[str, Ticket] = {}
        self.ids: set[tuple[str, ...]] = set()
        self.last_run = 0

    def read(self, name: str) -> Ticket | None:
        if self.bug == "stale-cache" and name in self.cache:
            return self.cache[name]
        row = self.rows.get(name)
        return None if row is None else pickle.loads(row)

    def post(self, moment: tuple[Outside, ...]) -> None:
        name = moment[0].ticket
        for attempt in range(3):
            try:
                self.save(name, self.step(name, self.read(name), moment))
            except Conflict:
                if attempt == 2:
                    raise
            except TicketcoreError:
                return  # refused: nothing has changed
            else:
                return

    def step(self, name: str, ticket: Ticket | None, moment: tuple[Outside, ...]) -> tuple[int, list[Outcome]]:
        """What follows, on the ticket as it was read."""
        version = 0 if ticket is None else ticket.version
        if self.bug == "one-event-an-instant" and ticket is not None and ticket.updated_us == moment[0].at_us:
            return version, []
        if self.bug == "ids-of-all-tickets":
            known = (moment[0].id,)
            if known in self.ids and moment[0].kind != "created":
                return version, []
            self.ids.add(known)
        if self.bug == "whole-seconds":
            moment = tuple(evolve(event, at=event.at_us // 1_000_000 * 1_000_000) for event in moment)
        if self.bug == "reversed-moment":
            moment = moment[::-1]
        outcomes = []
        if self.bug == "tick-first" and ticket is not None:
            outcomes.append(self.desk.tick(ticket, moment[0].at_us))
            ticket = outcomes[-1].ticket
        for part in [(event,) for event in moment] if self.bug == "moment-in-pieces" else [moment]:
            outcomes.append(self.desk.handle(ticket, *part))
            ticket = outcomes[-1].ticket
        return version, outcomes

    def save(self, name: str, done: tuple[int, list[Outcome]], *, by_time: bool = False) -> None:
        version, outcomes = done
        if self.bug == "log-before-the-check":
            self.append(name, outcomes)
        current = self.rows.get(name)
        if self.bug != "lost-update" and (0 if current is None else pickle.loads(current).version) != version:
            raise Conflict(name)
        if self.bug != "log-before-the-check":
            self.append(name, outcomes)
        for outcome in outcomes:
            created = name not in self.rows
            self.rows[name] = pickle.dumps(outcome.ticket)
            if not by_time:
                self.cache[name] = outcome.ticket
            self.put(outcome, by_time=by_time)
            if created or self.bug != "timer-of-creation":
                self.set_timer(name, outcome)

    def append(self, name: str, outcomes: list[Outcome]) -> None:
        only_input = self.bug == "log-of-input-only"
        self.logs.setdefault(name, []).extend(
            event for outcome in outcomes for event in outcome.events if not only_input or (event.is_outside and not event.cause)
        )

    def put(self, outcome: Outcome, *, by_time: bool) -> None:
        if self.bug == "drops-what-time-brought" and by_time:
            return
        for effect in outcome.effects[:1] if self.bug == "keeps-one-effect" else outcome.effects:
            self.outbox.setdefault(effect.key, effect)

    def set_timer(self, name: str, outcome: Outcome) -> None:
        wake = outcome.wake_us
        if wake is None:
            self.timers.pop(name, None)
        else:
            self.timers[name] = -(-wake // 60_000_000) * 60_000_000 if self.bug == "timer-in-minutes" else wake

    def wake(self, now: int) -> None:
        due = [name for name, at in self.timers.items() if at < now or (at == now and self.bug != "timer-too-late")]
        for name in due[:1] if self.bug == "one-timer-a-run" else due:
            ticket = self.read(name)
            assert ticket is not None
            at = max(self.last_run, ticket.as_of_us) if self.bug == "clock-of-last-run" else now
            self.save(name, (pickle.loads(self.rows[name]).version, [self.desk.tick(ticket, at)]), by_time=True)
        self.last_run = now

    def send(self, now: int) -> None:
        ready: list[str] = []
        for key, effect in self.outbox.items():
            stale = effect.expires_us is not None and effect.expires_us < now and self.bug != "sends-stale-news"
            if key not in self.marked and not stale:
                self.sent.append(key)
                ready.append(key)
        self.marked.update(ready[-1:] if self.bug == "marks-only-the-last" else ready)

    def race(self, first: tuple[Outside, ...], second: tuple[Outside, ...]) -> None:
        """Both read before either writes; who is too late begins again."""
        name = first[0].ticket
        ticket = self.read(name)
        steps: list[Any] = []
        for moment in (first, second):
            try:
                steps.append((moment, self.step(name, ticket, moment)))
            except TicketcoreError:
                steps.append((moment, None))
        for moment, done in steps:
            try:
                if done is not None:
                    self.save(name, done)
                    continue
            except Conflict:
                pass
            self.post(moment)

    def restart(self) -> None:
        self.cache = {}
        if self.bug == "forgets-to-send-marks":
            self.marked = set()

    def folded(self, name: str) -> Ticket:
        return fold(self.logs[name])
