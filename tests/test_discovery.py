"""Discovery and conformance: the table a history shows, counted anew by hand, and every deviation by its place."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import groupby, islice, pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ticketcore import (
    Agent,
    Created,
    CustomerReplied,
    Desk,
    Fact,
    FieldType,
    Lifecycle,
    Move,
    Noted,
    Person,
    Resolved,
    Rule,
    Settings,
    StatusSet,
    Transferred,
    field,
)  # fmt: skip
from ticketcore.discovery import Conformance, Deviation, Discovered, conform, deviations, discover
from ticketcore.errors import WrongTicket
from ticketcore.extra.strategies.lifecycle import lifecycle_tickets, lifecycles, move_events
from ticketcore.model import Closed, Decision, EventBase, Merged, Outside, StatusChanged
from ticketcore.replay import replay
from ticketcore.rules import Action

HERE = Path(__file__).resolve().parent
if str(HERE.parent / "examples") not in sys.path:
    sys.path.append(str(HERE.parent / "examples"))

from real_logs import servicenow  # noqa: E402 - the path comes first
from real_logs.lines import rows  # noqa: E402 - as above

DATA = HERE.parent.parent / "shared" / "data"
LESS = max(10, settings.default.max_examples // 4) if settings.default else 10  # of a law whose values take long to draw
NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
logged = pytest.mark.skipif(not DATA.is_dir(), reason="the logs are not beside the repository (../shared/data)")
MARIA, ADA = Agent(id="maria"), Person(name="Ada")
SECOND, HOUR = 1_000_000, 3_600_000_000


def born(ticket: str, at: int = 0, status: str = "new", **given_: Any) -> Created:
    return Created(at=at, ticket=ticket, id="e0", decided=Decision(status=status, category="new", priority="low"), **given_)


def moved(ticket: str, at: int, was: str, to: str, trigger: str = "set", cause: str = "") -> StatusChanged:
    return StatusChanged(at=at, ticket=ticket, was=was, to=to, was_category="", category="", trigger=trigger, cause=cause)


def counts(found: Discovered) -> dict[tuple[str, str], int]:
    return {(edge.was, edge.to): edge.count for edge in found.edges}


# --- laws ------------------------------------------------------------------------------------------------------------

STATUSES = st.sampled_from("abcd")


@st.composite
def paths(draw: st.DrawFn) -> list[list[EventBase]]:
    """The moves of some tickets, each beginning with a creation or cut."""
    found = []
    for number in range(draw(st.integers(0, 4))):
        ticket, status, at = f"T-{number}", draw(STATUSES), draw(st.integers(0, 9))
        log: list[EventBase] = [born(ticket, at, status)] if draw(st.booleans()) else []
        for to in draw(st.lists(STATUSES, min_size=not log, max_size=5)):
            at += draw(st.integers(0, 9))
            log.append(moved(ticket, at, status, to))
            status = to
        found.append(log)
    return found


@given(paths(), st.randoms(use_true_random=False))
def test_the_table_is_that_of_counting_by_hand_however_tickets_interleave(logs: list[list[EventBase]], chance: Any) -> None:
    waiting, mixed = [[*log] for log in logs], list[EventBase]()
    while any(waiting):
        mixed.append(chance.choice([log for log in waiting if log]).pop(0))
    found = discover(mixed)
    moves: dict[tuple[str, str], list[int | None]] = {}
    starts, ends = Counter[str](), Counter[str]()
    for log in logs:
        first: Any = log[0]
        status, since = (first.was, None) if isinstance(first, StatusChanged) else (first.decided.status, first.at_us)
        starts[status] += 1
        for event in log:
            if isinstance(event, StatusChanged):
                moves.setdefault((event.was, event.to), []).append(None if since is None else event.at_us - since)
                status, since = event.to, event.at_us
        ends[status] += 1
    assert (found.tickets, dict(found.starts), dict(found.ends)) == (len(logs), dict(starts), dict(ends))
    assert counts(found) == {move: len(times) for move, times in moves.items()}
    for edge in found.edges:
        times = sorted(time for time in moves[edge.was, edge.to] if time is not None)
        median = times[(len(times) - 1) // 2] if times else None
        assert (edge.shortest_us, edge.median_us, edge.longest_us) == (min(times, default=None), median, max(times, default=None))
        assert found.count(edge.was, edge.to) == edge.count
    assert [edge.count for edge in found.edges] == sorted((edge.count for edge in found.edges), reverse=True)


@settings(max_examples=LESS)
@given(st.data())
def test_a_deviation_is_read_as_it_was_observed(data: st.DataObject) -> None:
    lifecycle = data.draw(lifecycles())
    ticket, event = data.draw(lifecycle_tickets(lifecycle)), data.draw(move_events(lifecycle))
    decided, odd = lifecycle.observe(ticket, event)
    if not odd:
        return
    assert decided is not None
    late = "out of order: said 1970-01-01T00:00:00Z, taken at 1970-01-01T00:00:05Z"
    owed = "noted: noted needs the fact 'mood'; give it in facts=; seen: without it"
    for said in ([], [late], [owed], [late, owed]):
        found = list(deviations([Noted(at=5, ticket="T-1", id="x", deviation="; ".join([*said, odd]))]))
        last = found[-1]
        assert len(found) == 1 + len(said)
        assert (owed in said) == any((one.what, one.seen) == ("noted", "without it") for one in found)
        assert last.what == decided.trigger
        assert last.seen == (f"{ticket.status} -> {decided.to}" if decided.to else f"{ticket.status} stays")
        assert last.why
        assert last.expected


# --- the logs of people ----------------------------------------------------------------------------------------------


def of_the_log(size: int | None) -> tuple[list[dict[str, Any]], Conformance]:
    """So many tickets of the servicenow log: what is known of them, and how the log goes with its desk."""
    truth = list(islice(rows(DATA / "servicenow_truth.jsonl.gz"), size))
    return truth, conform(servicenow.desk(), some_events(len(truth)))


def some_events(size: int) -> Iterator[Outside]:
    tickets = groupby(servicenow.events(DATA / "servicenow_events.jsonl.gz"), key=lambda event: event.ticket)
    for _, history in islice(tickets, size):
        yield from history


def by_hand(tickets: set[str]) -> dict[tuple[str, str], list[float]]:
    """The seconds before each move, out of the rows of the log alone: a row that runs backwards counts as the one before it."""
    found: dict[tuple[str, str], list[float]] = {}
    was, since, now = "", datetime.min, datetime.min
    for row in rows(DATA / "servicenow_events.jsonl.gz"):
        if row["t"] not in tickets:
            continue
        state = row["set"].get("incident_state")
        if row["n"] == 0:
            was, since = state, datetime.fromisoformat(row["opened_at"])
            now = since
            continue
        now = max(now, datetime.fromisoformat(row["at"]))
        if state is not None and state != was:
            found.setdefault((was, state), []).append((now - since).total_seconds())
            was, since = state, now
    return found


@logged
def test_the_servicenow_log_gives_the_counts_of_its_truth() -> None:
    truth, found = of_the_log(None if NIGHTLY else 250)
    table = found.discovered
    assert counts(table) == Counter(move for row in truth for move in pairwise(row["path"]))
    assert table.starts == Counter(row["path"][0] for row in truth)
    assert table.ends == Counter(row["path"][-1] for row in truth)
    assert table.tickets == len(truth)
    times = by_hand({row["t"] for row in truth})
    for edge in table.edges:
        wanted = sorted(times[edge.was, edge.to])
        middle = wanted[(len(wanted) - 1) // 2]
        for us, seconds in ((edge.shortest_us, wanted[0]), (edge.median_us, middle), (edge.longest_us, wanted[-1])):
            assert us is not None
            assert abs(us / SECOND - seconds) < 1  # the desk moves an event by a microsecond where time acted first


# --- what it shows ---------------------------------------------------------------------------------------------------

DAY = [
    born("T-1"), moved("T-1", HOUR, "new", "open", "assign"), moved("T-1", 3 * HOUR, "open", "done", "resolve"),
    born("T-2", 5), moved("T-2", 65 * SECOND, "new", "open", "set"), born("T-3", 9), moved("T-3", 10, "new", "open", "set"),
    moved("T-1", 40 * HOUR, "done", 'open: "again"', "set"), moved("T-9", 50 * HOUR, "lost", "done", "set"),
]  # fmt: skip


def test_the_table_is_plain_data() -> None:
    found = discover(DAY)
    assert found.statuses == ("new", "lost", "open", "done", 'open: "again"')
    assert found.rows()[0] == {
        "was": "new", "to": "open", "count": 3, "shortest_s": 0.000001, "median_s": 64.999995, "longest_s": 3600.0,
        "triggers": {"set": 2, "assign": 1},
    }  # fmt: skip
    assert found.rows()[2] == {
        "was": "lost", "to": "done", "count": 1, "shortest_s": None, "median_s": None, "longest_s": None, "triggers": {"set": 1},
    }  # fmt: skip
    first, lost = found.edges[0], found.edges[2]
    assert (first.shortest, first.median, first.longest) == (
        timedelta(microseconds=1), timedelta(microseconds=64_999_995), timedelta(hours=1),
    )  # fmt: skip
    assert (lost.shortest, lost.median, lost.longest) == (None, None, None)
    assert (found.starts, found.ends) == ({"new": 3, "lost": 1}, {"open": 2, "done": 1, 'open: "again"': 1})
    assert found.count("done", "new") == 0
    assert discover([]).mermaid() == "stateDiagram-v2\n"


def test_the_table_is_a_diagram() -> None:
    assert (
        discover(DAY).mermaid()
        == """stateDiagram-v2
    state "new" as s0
    state "lost" as s1
    state "open" as s2
    state "done" as s3
    state "open   again " as s4
    [*] --> s0 : 3
    [*] --> s1 : 1
    s0 --> s2 : 3 times, after 1m
    s3 --> s4 : once, after 1d 13h
    s1 --> s3 : once
    s2 --> s3 : once, after 2h
    s2 --> [*] : 2
    s3 --> [*] : 1
    s4 --> [*] : 1
"""
    )
    rare = discover(DAY).mermaid(least=2)
    assert "[*] --> s1" not in rare
    assert "s1 --> s3" not in rare
    assert "s3 --> [*]" not in rare
    assert "s0 --> s2 : 3 times" in rare
    assert ", at once" in discover(DAY[5:7]).mermaid()


def test_a_status_given_with_the_creation_is_where_a_ticket_begins() -> None:
    create = Created(at=0, ticket="T-1", id="1", moment="1", by=MARIA, has_message=False)
    given_ = (create, StatusSet(at=0, ticket="T-1", id="2", moment="1", by=MARIA, status="resolved"))
    later = StatusSet(at=HOUR, ticket="T-1", by=MARIA, status="closed")
    (first, second) = replay(Desk(), [*given_, later])
    found = discover([*first.events, *second.events])
    assert (found.starts, counts(found)) == ({"resolved": 1}, {("resolved", "closed"): 1})
    assert found.edges[0].median == timedelta(hours=1)
    # ... but what a rule makes of it at once is a move
    desk = Desk(rules=[Rule(name="spam", on=["created"], then=(Action("mark_spam"),))])
    assert counts(discover(event for outcome in replay(desk, [create]) for event in outcome.events)) == {("new", "spam"): 1}
    # ... and so is what comes later, at the same instant
    at_once = [create, StatusSet(at=0, ticket="T-1", by=MARIA, status="resolved")]
    assert counts(discover(event for outcome in replay(Desk(), at_once) for event in outcome.events)) == {("new", "resolved"): 1}
    assert discover([Created(at=0, ticket="T-1"), Noted(at=1, ticket="T-2")]).starts == {"": 1}  # a log that no desk has lived through


# --- conformance -----------------------------------------------------------------------------------------------------

MESSY = [
    Created(at=HOUR, ticket="T-1", by=ADA), Closed(at=2 * HOUR, ticket="T-1", id="x", by=MARIA),
    Noted(at=HOUR, ticket="T-1", id="late", by=MARIA), Created(at=HOUR, ticket="T-2", by=ADA),
    Resolved(at=2 * HOUR, ticket="T-2", by=MARIA),
    StatusSet(at=3 * HOUR, ticket="T-2", id="odd", by=MARIA, status="-100"), CustomerReplied(at=4 * HOUR, ticket="T-2", id="reply", by=ADA),
    Merged(at=4 * HOUR, ticket="T-2", id="both", by=MARIA, into="T-2"), Resolved(at=HOUR, ticket="T-2", id="all", by=MARIA),
]  # fmt: skip


def test_what_was_not_given_is_a_deviation() -> None:
    mood = Fact(type=FieldType(kind="text"), required_with=["created", "closed"])
    desk = Desk(facts={"mood": mood}, settings=Settings(handoff_reason=True))
    history = [
        Created(at=0, ticket="T-1"), Transferred(at=HOUR, ticket="T-1", by=MARIA, group="sales"), Closed(at=0, ticket="T-1", by=MARIA),
    ]  # fmt: skip
    found = conform(desk, history)
    assert [(one.number, one.what, one.why, one.expected, one.seen) for one in found.deviations[:2]] == [
        (1, "created", "created needs the fact 'mood'", "give it in facts=", "without it"),
        (2, "transferred", "a hand-off to another group needs a reason", "give reason=", "without it"),
    ]
    assert [(one.number, one.what) for one in found.deviations[2:]] == [(3, "out of order"), (3, "closed"), (3, "close")]
    assert found.kinds()["closed: without it"] == 1


def test_deviations_have_their_place_what_was_expected_and_what_was_seen() -> None:
    found = conform(Desk(), MESSY)
    assert [(one.ticket, one.number, one.event, one.what, one.seen) for one in found.deviations] == [
        ("T-1", 2, "x", "close", "new -> closed"),
        ("T-1", 3, "late", "out of order", "1970-01-01T01:00:00Z"),
        ("T-2", 3, "odd", "set", "resolved -> -100"),
        ("T-2", 4, "reply", "customer_replies", "-100 stays"),
        ("T-2", 5, "both", "merge", "-100 -> closed"),
        ("T-2", 6, "all", "out of order", "1970-01-01T01:00:00Z"),
        ("T-2", 6, "all", "resolve", "closed -> resolved"),
    ]
    first, late, odd, reply, *_ = found.deviations
    assert first.why == "new has no such move"
    assert first.expected.startswith("allowed: agent_replies -> answered, mark_answered -> answered")
    assert (late.why, late.expected) == ("it is earlier than what came before it", "1970-01-01T02:00:00Z or later")
    assert odd.why == "unknown status '-100'"
    assert odd.expected == "known are answered, closed, deleted, new, open, postponed, purged, resolved, spam"
    assert reply.why == "'-100' is no status of this lifecycle"
    assert found.events == len(MESSY)
    assert next(iter(found.kinds().items())) == ("out of order", 2)
    assert str(found).splitlines()[:2] == ["tickets: 2, events: 9, deviations: 7", "  2 x out of order"]
    assert late.row() == {
        "ticket": "T-1", "number": 3, "event": "late", "at": "1970-01-01T02:00:00Z", "what": "out of order",
        "why": "it is earlier than what came before it", "expected": "1970-01-01T02:00:00Z or later", "seen": "1970-01-01T01:00:00Z",
    }  # fmt: skip
    assert str(late).startswith("T-1, event 3 (1970-01-01T02:00:00Z): out of order: it is earlier than what came before it; ")
    assert first.at.hour == 2
    stored = [event for outcome in replay(Desk(), MESSY, late="restamp", observe=True) for event in outcome.events]
    assert tuple(deviations(stored)) == found.deviations  # the log keeps them


def test_a_reason_of_the_desks_own_is_read_whole() -> None:
    guard = Move(to="resolved", guard=field.tags.has("done"), reason="say what was done: tag; or note")
    found = conform(Desk(lifecycle=Lifecycle(moves={"new": {"resolve": guard}})), [MESSY[3], MESSY[4]])
    (one,) = found.deviations
    assert one.why == "say what was done: tag; or note"
    assert isinstance(one, Deviation)


def test_the_table_is_held_against_a_lifecycle() -> None:
    found = conform(Desk(), MESSY).discovered
    fit = found.against(Lifecycle())
    assert [(edge.was, edge.to, edge.count, edge.triggers) for edge in fit.unforeseen] == [
        ("-100", "closed", 1, {"merge": 1}), ("closed", "resolved", 1, {"resolve": 1}), ("new", "closed", 1, {"close": 1}),
        ("resolved", "-100", 1, {"set": 1}),
    ]  # fmt: skip
    assert ("new", "answered") in fit.unused
    assert ("new", "resolved") not in fit.unused  # seen
    assert not any(was == "spam" for was, _ in fit.unused)  # nobody was there
    both = Lifecycle(by_type={"odd": Lifecycle(moves={"new": {"close": "closed"}})})
    assert ("new", "closed") not in [(edge.was, edge.to) for edge in found.against(both).unforeseen]


def test_what_is_no_history_at_all_is_refused() -> None:
    with pytest.raises(WrongTicket, match="no ticket 'T-1' in this history yet"):
        conform(Desk(), [Noted(at=0, ticket="T-1")])
