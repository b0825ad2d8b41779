"""A real log lived through by a desk in observe mode, and what comes out held against the logged outcomes: `run_log(...)`.

The adapter of a log, `examples/real_logs/NAME.py`, gives its desk and its events. Every ticket of the truth is a case of every claim: it
agrees, differs, or the claim does not speak of it (then it is no case). Three claims are made of every log: every row becomes events,
every event is stored, the stored events fold to the ticket. The others are those of data/README.md for that log, written as questions
to the ticket.

A claim of the kind "the logged verdicts follow this rule" is a finding about people's logs, which keep it in all but a few rows: such a
claim says how many in a thousand may depart from it. While no more do, they are listed and counted as skipped; else they fail.
"""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any, Final

from attrs import Factory, define, frozen
from real_logs.lines import rows

from ticketcore import Action, Created, Desk, Outcome, Person, Rule, StatusSet, Ticket, field, fold, since
from ticketcore.model import EventBase, Outside, StatusChanged
from ticketcore.replay import moments

Record = Mapping[str, Any]
MOST_SHOWN: Final = 20  # failing or departing rows of one claim that are printed


@define
class Life:
    """A ticket with everything that happened on its way."""

    desk: Desk
    given: list[tuple[Outside, ...]] = Factory(list)
    outcomes: list[Outcome] = Factory(list)
    _others: dict[str, Any] = Factory(dict)

    @property
    def ticket(self) -> Ticket:
        """The ticket as it is in the end."""
        return self.outcomes[-1].ticket

    @property
    def events(self) -> list[EventBase]:
        """All stored events."""
        return [event for outcome in self.outcomes for event in outcome.events]

    @property
    def path(self) -> list[str]:
        """The statuses it had after the rows of the log, each once in a run."""
        return [status for status, _ in groupby(outcome.ticket.status for outcome in self.outcomes)]

    def under(self, desk: Desk) -> Life:
        """The same history under another desk."""
        return lived(desk, self.given)


def lived(desk: Desk, history: Iterable[tuple[Outside, ...]]) -> Life:
    """The history of one ticket, moment by moment."""
    life, ticket = Life(desk), None
    for moment in history:
        outcome = desk.handle(ticket, *moment, late="restamp", observe=True)
        ticket = outcome.ticket
        life.given.append(moment)
        life.outcomes.append(outcome)
    return life


def lives(desk: Desk, events: Iterable[Outside]) -> Iterator[Life]:
    """Every ticket of a log whose tickets come one after the other."""
    for _, history in groupby(moments(events), key=lambda moment: moment[0].ticket):
        yield lived(desk, history)


@frozen
class Claim:
    """What a log is said to show. *answers* says for one ticket: (expected, got), or None where the claim does not speak of it."""

    text: str
    answers: Callable[[Life, Record], tuple[Any, Any] | None]
    departing: int = 0  # so many in a thousand may differ


# --- of every log ----------------------------------------------------------------------------------------------------


def _nothing_lost(life: Life, _: Record) -> tuple[Any, Any]:
    given = [(event.kind, event.at) for moment in life.given for event in moment]
    stored = [event for event in life.events if isinstance(event, Outside) and not event.cause]
    return given, [(event.kind, event.at if event.said_at is None else event.said_at) for event in stored]


def _folds(life: Life, _: Record) -> tuple[Any, Any]:
    return life.ticket, fold(life.events)


def _every_row(life: Life, truth: Record) -> tuple[Any, Any]:
    named = {event.moment.rpartition(".")[0] for moment in life.given for event in moment if event.moment}
    return truth[LOGGED], {int(row) for row in named}


LOGGED: Final = "~rows"  # put beside a row of the truth: which rows the log has of that ticket
OF_EVERY_LOG: Final = (
    Claim("every row of the log is one event or more", _every_row),
    Claim("every event given is stored, in order, with the instant that was said", _nothing_lost),
    Claim("the stored events fold to the ticket", _folds),
)


# --- servicenow ------------------------------------------------------------------------------------------------------

ENDED: Final = frozenset({"Resolved", "Closed"})


def _reopened(life: Life, _: Record) -> tuple[Any, Any]:
    """The rows at which the logged counter rises, and those at which the ticket leaves Resolved or Closed for another status."""
    rises, leaves, logged, was = [], [], 0, ""
    for number, outcome in enumerate(life.outcomes):
        ticket = outcome.ticket
        if ticket.fields["reopen_count"] > logged:
            rises.append(number)
        if was in ENDED and ticket.status not in ENDED:
            leaves.append(number)
        logged, was = ticket.fields["reopen_count"], ticket.status
    return rises, leaves


def _counters(life: Life, truth: Record) -> tuple[Any, Any]:
    ticket = life.ticket
    wanted = (truth["reopen_count"], truth["reopen_count"], truth["reassignment_count"], truth["events"])
    return wanted, (ticket.reopens, ticket.fields["reopen_count"], ticket.fields["reassignment_count"], len(life.given))


def _field(*names: str) -> Callable[[Life, Record], tuple[Any, Any]]:
    return lambda life, truth: ([truth[name] for name in names], [life.ticket.fields.get(name) for name in names])


def _made_sla(life: Life, truth: Record) -> tuple[Any, Any]:
    """The logged verdict, and the clock's after all rows."""
    standing = life.desk.standing(life.ticket, "made_sla")
    return truth["made_sla"], standing is not None and standing.state == "met"


def _made_sla_by_record(life: Life, truth: Record) -> tuple[Any, Any]:
    """The same for a ticket with nothing but the instants, impact and urgency of its record (23 have later rows than the closing)."""
    opened, closed = (datetime.fromisoformat(truth[name]).replace(tzinfo=UTC) for name in ("opened_at", "closed_at"))
    fields = {"impact": truth["impact"], "urgency": truth["urgency"]}
    born = Created(at=opened, ticket=truth["t"], requester=Person(name="caller"), has_message=False, fields=fields)
    return _made_sla(lived(life.desk, [(born,), (StatusSet(at=closed, status="Closed"),)]), truth)


SERVICENOW: Final = (
    Claim("priority = matrix(impact, urgency)", lambda life, truth: (truth["priority"], life.ticket.priority)),
    Claim("folding gives the path of statuses", lambda life, truth: (truth["path"], life.path)),
    Claim("folding gives impact and urgency", _field("impact", "urgency")),
    Claim("folding gives the counters", _counters),
    Claim("reopen_count rises exactly when a ticket leaves Resolved or Closed", _reopened),
    Claim("made_sla = opened to closed within the target, nothing paused", _made_sla_by_record, departing=1),
    Claim("made_sla comes out of the rows of the log", _made_sla, departing=1),
)


# --- rabobank --------------------------------------------------------------------------------------------------------


def _handled(kind: str, tolerance: int) -> Callable[[Life, Record], tuple[Any, Any] | None]:
    """The logged handling time of the records of a class, and the business time, which may differ by a few seconds."""

    def answers(life: Life, truth: Record) -> tuple[Any, Any] | None:
        if truth["clock"]["class"] != kind:
            return None
        standing = life.desk.standing(life.ticket, "handling")
        used = None if standing is None else standing.used.total_seconds()
        wanted = truth["handle_seconds"]
        return wanted, wanted if used is not None and abs(wanted - used) <= tolerance else used

    return answers


RABOBANK: Final = (
    Claim("priority = floor((impact + urgency) / 2)", lambda life, truth: (truth["priority"], life.ticket.priority)),
    Claim(
        "the hours are chosen by priority",
        lambda life, truth: (truth["clock"]["calendar"] == "24x7", life.ticket.policy == "around the clock"),
    ),
    Claim("handle_seconds = business time from opening to closing, to 2 s", _handled("exact", 2)),
    Claim("handle_seconds = the same less the pauses, to 4 s", _handled("paused", 4)),
)


# --- volvo -----------------------------------------------------------------------------------------------------------


def _in_sub(life: Life, truth: Record) -> tuple[Any, Any]:
    """Seconds in each sub-status, as running totals of clocks that pause in all others."""
    last = datetime.fromisoformat(truth["last_at"])
    totals = {}
    for metric in life.desk.metrics:
        standing = life.desk.standing(life.ticket, metric, last)
        if standing is not None and standing.used:
            totals[metric] = standing.used.total_seconds()
    return {name: seconds for name, seconds in truth["seconds_in_sub"].items() if seconds}, totals


def _moves(path: Iterable[str]) -> set[tuple[str, str]]:
    return set(pairwise(path))


VOLVO: Final = (
    Claim("statuses are pairs of status and sub-status", lambda life, truth: (truth["path"], life.path)),
    Claim("the last pair", lambda life, truth: (truth["final"], life.ticket.status)),
    Claim("distinct transitions", lambda life, truth: (_moves(truth["path"]), _moved(life))),
    Claim("seconds_in_sub: waits are explicit states", _in_sub),
    Claim("as many rows as logged", lambda life, truth: (truth["events"], len(life.given))),
)


def _moved(life: Life) -> set[tuple[str, str]]:
    """The moves, out of the stored events; the status given with the creation is where it begins."""
    later = life.events[len(life.outcomes[0].events) :]
    return {(event.was, event.to) for event in later if isinstance(event, StatusChanged)}


# --- italian ---------------------------------------------------------------------------------------------------------

SWEEP: Final = timedelta(minutes=1)  # the log closes at most that long after the instant
HOURS_360: Final = Rule(
    name="close after 360 h", when=(field.status == "Resolved") & (since("resolved_at") >= "360h"), then=(Action("close", True),)
)


def _auto_close(life: Life) -> datetime | None:
    """When the desk would have closed the ticket, as it stood before the log did."""
    before = None
    for moment, outcome in zip(life.given, life.outcomes, strict=True):
        if any(isinstance(event, StatusSet) and event.status == "Closed" for event in moment):
            return before
        before = outcome.wake_at if outcome.ticket.status == "Resolved" else None
    return None


def _wall_days(life: Life, truth: Record) -> tuple[Any, Any] | None:
    """Of the tickets closed by the sweep across a clock change: whether the days are those of the wall clock."""
    if truth["closed_at"] is None or (days := _auto_close(life)) is None:
        return None
    closed = datetime.fromisoformat(truth["closed_at"])
    flat = _auto_close(life.under(life.desk.evolve(rules=(HOURS_360,))))
    of_days, of_hours = (start is not None and start <= closed <= start + SWEEP for start in (days, flat))
    return ((True, False), (of_days, of_hours)) if days != flat and (of_days or of_hours) else None


def _same(name: str, got: Callable[[Life], Any]) -> Callable[[Life, Record], tuple[Any, Any]]:
    def answers(life: Life, truth: Record) -> tuple[Any, Any]:
        wanted = truth[name]
        return None if wanted is None else datetime.fromisoformat(wanted), got(life)

    return answers


ITALIAN: Final = (
    Claim("as many rows as logged", lambda life, truth: (truth["events"], len(life.given))),
    Claim("the first instant", _same("first_at", lambda life: life.ticket.created)),
    Claim("15 days after Resolve are days of the wall clock, not 360 h", _wall_days),
)
CLAIMS: Final[Mapping[str, tuple[Claim, ...]]] = {
    "servicenow": SERVICENOW, "rabobank": RABOBANK, "volvo": VOLVO, "italian": ITALIAN,
}  # fmt: skip


# --- running ---------------------------------------------------------------------------------------------------------


@define
class Tally:
    """How one claim fared."""

    agree: int = 0
    silent: int = 0
    differ: list[str] = Factory(list)

    @property
    def asked(self) -> int:
        """The tickets that the claim speaks of."""
        return self.agree + len(self.differ)


@define
class Report:
    """What a log came to."""

    claims: dict[str, Tally] = Factory(dict)
    deviations: Counter[str] = Factory(Counter)
    statuses: set[str] = Factory(set)
    transitions: set[tuple[str, str]] = Factory(set)
    neighbours: set[tuple[str, str]] = Factory(set)  # statuses of neighbouring rows, staying included
    tickets: int = 0
    given: int = 0
    stored: int = 0


def survey(name: str, events: str | Path, truth: str | Path) -> tuple[Report, tuple[Claim, ...]]:
    """Live through a log and hold every ticket against its row of the truth."""
    adapter = importlib.import_module(f"real_logs.{name}")
    claims = (*OF_EVERY_LOG, *CLAIMS.get(name, ()))
    known = {row["t"]: {**row, LOGGED: set()} for row in rows(truth)}
    for row in rows(events):
        known[row["t"]][LOGGED].add(row["n"])
    report = Report(claims={claim.text: Tally() for claim in claims})
    found = set()
    for life in lives(adapter.desk(), _of_log(adapter, events, truth)):
        ticket = life.ticket.id
        found.add(ticket)
        _account(report, life)
        for claim in claims:
            _ask(report.claims[claim.text], claim, life, known[ticket])
    for ticket in known.keys() - found:
        report.claims[claims[0].text].differ.append(f"{ticket}: expected in the log, got nothing")
    return report, claims


def _of_log(adapter: Any, events: str | Path, truth: str | Path) -> Iterator[Outside]:
    """The events of a log; where the log's records are in the truth, these go with it."""
    made = adapter.events(events, truth) if getattr(adapter, "WITH_RECORDS", False) else adapter.events(events)
    return iter(made)


def _account(report: Report, life: Life) -> None:
    events = life.events
    report.tickets += 1
    report.given += sum(map(len, life.given))
    report.stored += sum(isinstance(event, Outside) and not event.cause for event in events)
    report.statuses.update(life.path)
    report.transitions |= _moved(life)
    report.neighbours.update(pairwise(outcome.ticket.status for outcome in life.outcomes))
    report.deviations.update(_kind_of(event.deviation) for event in events if isinstance(event, Outside) and event.deviation)


def _kind_of(deviation: str) -> str:
    """What was irregular, without the instants."""
    if deviation.startswith("out of order"):
        return "out of order"
    trigger, _, rest = deviation.partition(": ")
    seen = rest.rpartition("seen: ")[2]
    return f"{trigger}: {seen}"


def _ask(tally: Tally, claim: Claim, life: Life, truth: Record) -> None:
    answer = claim.answers(life, truth)
    if answer is None:
        tally.silent += 1
    elif answer[0] == answer[1]:
        tally.agree += 1
    else:
        tally.differ.append(f"{life.ticket.id}: expected {_short(answer[0])}, got {_short(answer[1])}")


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 200 else f"{text[:200]}..."


def run_log(name: str, events: str | Path, truth: str | Path) -> tuple[int, int, int]:
    """Run a log, print how each claim fared, and count its cases: (passed, failed, skipped)."""
    report, claims = survey(name, events, truth)
    passed = failed = skipped = 0
    print(f"{name}: {report.tickets} tickets, {report.given} events given, {report.stored} stored")
    for claim in claims:
        tally = report.claims[claim.text]
        within = len(tally.differ) * 1000 <= claim.departing * tally.asked
        silent = f", does not speak of {tally.silent}" if tally.silent else ""
        print(f"  {claim.text}: {tally.agree} of {tally.asked}{silent}")
        for line in tally.differ[:MOST_SHOWN]:
            print(f"    {'departs, ' if within else ''}{line}")
        passed += tally.agree
        failed += 0 if within else len(tally.differ)
        skipped += len(tally.differ) if within else 0
    print(f"  {len(report.statuses)} statuses, {len(report.transitions)} transitions ({len(report.neighbours)} with those that stay)")
    print(f"  {report.deviations.total()} deviations from the desk's lifecycle, observed and kept:")
    for kind, count in report.deviations.most_common(MOST_SHOWN):
        print(f"    {count} x {kind}")
    return passed, failed, skipped
