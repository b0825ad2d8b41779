"""ticketcore as a contender in the yardsticks of ../shared/perf: one function a workload, each returns a list of `Contender`.

Run with the scripts there, whose folder is then on the path:

    python ../shared/perf/w1_w2_business_time.py --plugin benchmarks/yardstick.py --base "proto int closure"
    python ../shared/perf/w6_batch.py --plugin benchmarks/yardstick.py
    python benchmarks/yardstick.py ../shared/perf/w10_days.py        # a script without plug-ins: its tables get a row more

Set-up (reading the schedule, making datetimes and durations) is not timed, as for every other contender.
"""

from __future__ import annotations

import itertools
import json
import runpy
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

if __name__ == "__main__" and len(sys.argv) > 1:
    sys.path.insert(0, str(Path(sys.argv[1]).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

import common  # pyright: ignore[reportMissingImports]  # the harness of ../shared/perf
import pendulum
from common import HOLIDAYS, Contender  # pyright: ignore[reportMissingImports]  # as above

from ticketcore import codec
from ticketcore._values import changed as with_
from ticketcore.conditions import NAME, NUMBER, Condition, Index, View, Vocabulary, compiled, field, parse
from ticketcore.errors import IllegalMove
from ticketcore.hours import BusinessHours
from ticketcore.lifecycle import STATUSES, Lifecycle, Move
from ticketcore.model import (
    Agent,
    AgentReplied,
    Closed,
    CustomerReplied,
    EventBase,
    FrozenMap,
    Memo,
    Person,
    StatusChanged,
    Ticket,
    evolve,
    fold,
)  # fmt: skip
from ticketcore.routing import Order, Priority, Queue

SECOND_US = 1_000_000
Case = dict[str, Any]
Run = Callable[[int], list[Any]]


def paris() -> BusinessHours:
    """The schedule of W1, W2, W6 and W10: 8 hours on weekdays, 11 holidays a year."""
    return BusinessHours(zone="Europe/Paris", week={"mon-fri": ["09:00-12:30", "13:30-18:00"]}, holidays=HOLIDAYS)


def over(function: Callable[[Any, Any], Any], ones: list[Any], twos: list[Any]) -> Run:
    """Call *function* on the pairs, wrapping round, k times; the loop of the other contenders."""
    size = len(ones)

    def run(k: int) -> list[Any]:
        out: list[Any] = []
        keep = out.append
        while k > 0:
            for one, two in zip(ones[:k], twos, strict=False):
                keep(function(one, two))
            k -= size
        return out

    return run


def _fixed(function: Callable[[Any, Any], Any], values: list[Any], second: Any) -> Run:
    size = len(values)

    def run(k: int) -> list[Any]:
        out: list[Any] = []
        keep = out.append
        while k > 0:
            for value in values[:k]:
                keep(function(value, second))
            k -= size
        return out

    return run


def _us(seconds: list[int]) -> list[int]:
    return [second * SECOND_US for second in seconds]


def _moments(seconds: list[int], zone: str) -> list[Any]:
    tz = pendulum.UTC if zone == "UTC" else pendulum.timezone(zone)
    return [pendulum.from_timestamp(second, tz) for second in seconds]


def _from_us(answers: list[int], _: Case) -> list[int]:
    return [answer // SECOND_US for answer in answers]


def _epochs(answers: list[Any], _: Case) -> list[int]:
    return [answer.int_timestamp for answer in answers]


def _seconds(answers: list[timedelta], _: Case) -> list[int]:
    return [answer // timedelta(seconds=1) for answer in answers]


def W1() -> list[Contender]:  # noqa: N802 - the harness calls it so
    """A deadline: ints in and out, and pendulum in and out in UTC, in the schedule's zone, and in a third zone."""

    def ints(case: Case) -> Run:
        return _fixed(paris().add_us, _us(case["starts"]), case["secs"] * SECOND_US)

    def moments(zone: str) -> Callable[[Case], Run]:
        return lambda case: _fixed(paris().add, _moments(case["starts"], zone), timedelta(seconds=case["secs"]))

    return [
        Contender("ticketcore ints", ints, _from_us),
        Contender("ticketcore pendulum UTC", moments("UTC"), _epochs),
        Contender("ticketcore pendulum Paris", moments("Europe/Paris"), _epochs),
        Contender("ticketcore pendulum New York", moments("America/New_York"), _epochs),
    ]


def W2() -> list[Contender]:  # noqa: N802 - as W1
    """Elapsed open time."""

    def ints(case: Case) -> Run:
        return over(paris().elapsed_us, _us(case["starts"]), _us(case["ends"]))

    def moments(zone: str) -> Callable[[Case], Run]:
        return lambda case: over(paris().elapsed, _moments(case["starts"], zone), _moments(case["ends"], zone))

    return [
        Contender("ticketcore ints", ints, _from_us),
        Contender("ticketcore pendulum UTC", moments("UTC"), _seconds),
        Contender("ticketcore pendulum Paris", moments("Europe/Paris"), _seconds),
        Contender("ticketcore pendulum New York", moments("America/New_York"), _seconds),
    ]


ADA, MARIA = Person(id="ada", name="Ada", email="ada@example.gr"), Agent(id="maria")
NOW_US = 1_700_000_000 * SECOND_US


def guarded_lifecycle() -> Lifecycle:
    """The default lifecycle; answering and the customer's reply are guarded, as in the table of the peers."""
    guard = field.tags.has_none("locked")
    moves = {
        "open": {"agent_replies": Move(to="answered", guard=guard)},
        "answered": {"customer_replies": Move(to="open", guard=guard)},
    }
    return Lifecycle(moves=moves).using(Vocabulary(statuses={status.name: status.category for status in STATUSES}))


def open_ticket(**known: Any) -> Ticket:
    return Ticket(id="T-1", subject="printer", status="open", category="open", priority="high", group="it", assignee="a1", requester=ADA,
                  channel="email", created_us=NOW_US, updated_us=NOW_US, language="fr", **known)  # fmt: skip


def W3() -> list[Contender]:  # noqa: N802 - as W1
    """Which rules match: asked all at once by the index, and one by one as before; each ticket seen, and its text folded, anew."""
    as_lists = [Contender("ticketcore, index", _rule_index, norm=lambda answers, _case: [list(answer) for answer in answers])]
    return [*as_lists, Contender("ticketcore, compiled list", _rule_list)]


# What W3 calls a field is here a field of every ticket, or one that the desk declares.
_W3_DECLARED = {"department": NAME, "age_hours": NUMBER, "replies": NUMBER}
_W3_OPS = {"==": "is", "has": "has", "contains": "contains", ">": "above", "<": "below"}


def w3_conditions(case: Case) -> tuple[Vocabulary, list[Condition]]:
    """The rules of W3 as conditions, read from plain data."""
    statuses: dict[str, str] = dict.fromkeys(("new", "open", "answered", "postponed", "resolved", "closed", "spam"), "open")
    words = Vocabulary(statuses=statuses, levels=("1", "2", "3", "4", "5"), fields=_W3_DECLARED)
    problems: list[Any] = []
    conditions = []
    for index, tests in enumerate(case["rules"]):
        data = [{"field": name, _W3_OPS[op]: str(value) if name == "priority" else value} for name, op, value in tests]
        conditions.append(parse(data, words, f"rules[{index}]", problems))
    assert problems == [], problems
    return words, conditions


def _rule_index(case: Case) -> Run:
    words, conditions = w3_conditions(case)
    tickets = [w3_ticket(ticket) for ticket in case["tickets"]]
    size, matching = len(tickets), Index(conditions, words).matching

    def run(k: int) -> list[Any]:
        return [matching(View(words, tickets[turn % size], NOW_US)) for turn in range(k)]

    return run


def _rule_list(case: Case) -> Run:
    words, conditions = w3_conditions(case)
    rules = [(index, compiled(condition, words)) for index, condition in enumerate(conditions)]
    tickets = [w3_ticket(ticket) for ticket in case["tickets"]]
    size = len(tickets)

    def run(k: int) -> list[Any]:
        out: list[Any] = []
        for turn in range(k):
            view = View(words, tickets[turn % size], NOW_US)
            out.append([index for index, holds in rules if holds(view)])
        return out

    return run


def w3_ticket(ticket: dict[str, Any]) -> Ticket:
    declared = {name: value for name, value in ticket.items() if name in {*_W3_DECLARED, "locked", "custom1", "custom2", "org", "due"}}
    return Ticket(
        id=str(ticket["id"]), status=ticket["status"], category="open", priority=str(ticket["priority"]), subject=ticket["subject"],
        tags=frozenset(ticket["tags"]), channel=ticket["channel"], language=ticket["language"], assignee=ticket["assignee"],
        requester=Person(email=ticket["requester"], organisation=ticket["org"]), fields=FrozenMap(declared),
        created_us=ticket["created"] * SECOND_US, updated_us=ticket["updated"] * SECOND_US,
    )  # fmt: skip


def W4() -> list[Contender]:  # noqa: N802 - as W1
    """A transition: the guarded answer of the table, its event, and the new ticket; with the reply made anew each time, or given."""

    def make(*, made: bool) -> Callable[[Case], Run]:
        def with_case(case: Case) -> Run:
            lifecycle = guarded_lifecycle()
            return _legal(lifecycle, made=made) if case["kind"] == "legal" else _refused(lifecycle, case["kind"], made=made)

        return with_case

    return [Contender("ticketcore, reply given", make(made=False)), Contender("ticketcore, reply made", make(made=True))]


def _legal(lifecycle: Lifecycle, *, made: bool) -> Run:
    first, move = open_ticket(), lifecycle.move
    given = {"open": AgentReplied(at=NOW_US, by=MARIA), "answered": CustomerReplied(at=NOW_US, by=ADA)}

    def step(ticket: Ticket) -> Ticket:
        event: EventBase
        if not made:
            event = given[ticket.status]
        elif ticket.status == "open":
            event = AgentReplied(at=NOW_US, by=MARIA)
        else:
            event = CustomerReplied(at=NOW_US, by=ADA)
        return move(ticket, event)[0]

    def run(k: int) -> list[Any]:
        out, ticket = [], first
        for _ in range(k):
            ticket = step(ticket)
            out.append(ticket.status)
        return out

    return run


def _refused(lifecycle: Lifecycle, kind: str, *, made: bool) -> Run:
    ticket, decide = open_ticket(tags=frozenset({"locked"})), lifecycle.decide
    new = AgentReplied if kind == "guarded" else Closed
    given = new(at=NOW_US, by=MARIA)

    def run(k: int) -> list[Any]:
        out = []
        for _ in range(k):
            try:
                decide(ticket, new(at=NOW_US, by=MARIA) if made else given)
                out.append("?")
            except IllegalMove:
                out.append("refused")
        return out

    return run


def W5() -> list[Contender]:  # noqa: N802 - as W1
    """Ten replies and the ten changes of status that they bring: twenty events folded, where the others make ten steps."""

    def log() -> list[EventBase]:
        events: list[EventBase] = []
        for number in range(10):
            at, answered = NOW_US + number * SECOND_US, number % 2 == 0
            events.append(AgentReplied(at=at, by=MARIA) if answered else CustomerReplied(at=at, by=ADA))
            was, to = ("open", "answered") if answered else ("answered", "open")
            events.append(StatusChanged(at=at, was=was, to=to, was_category=was, category=to))
        return events

    def folded(_: Case) -> Run:
        first, events = open_ticket(), log()
        return lambda k: [fold(events, first) for _ in range(k)]

    def one_by_one(_: Case) -> Run:
        first, events = open_ticket(), log()

        def once() -> Ticket:
            ticket = first
            for event in events:
                ticket = evolve(ticket, event)
            return ticket

        return lambda k: [once() for _ in range(k)]

    def seen(answers: list[Ticket], _: Case) -> list[tuple[str, int, int]]:
        return [(it.status, it.updated_us // SECOND_US, it.agent_replies + it.customer_replies) for it in answers]

    return [Contender("ticketcore fold", folded, seen), Contender("ticketcore evolve one by one", one_by_one, seen)]


def W6() -> list[Contender]:  # noqa: N802 - as W1
    """A million pairs: the int question mapped over two lists."""

    def batch(case: Case) -> Run:
        elapsed, starts, ends = paris().elapsed_us, _us(case["starts"]), _us(case["ends"])
        return lambda k: list(map(elapsed, starts[:k], ends[:k]))

    def columns(case: Case) -> Run:
        import numpy as np

        from ticketcore.extra.batch import Batch

        starts, ends = (np.array(case[name], dtype=np.int64) * SECOND_US for name in ("starts", "ends"))
        compiled = Batch.of(paris(), starts.min(), ends.max())
        return lambda k: compiled.elapsed(starts[:k], ends[:k])

    return [
        Contender("ticketcore map(elapsed_us)", batch, _from_us),
        Contender("ticketcore numpy", columns, _from_us),
    ]


def W8() -> list[Contender]:  # noqa: N802 - as W1
    """The first 50 of many: whole tickets whose due instant the desk worked out; the same sorted by their keys; and a kept queue.

    The other contenders read a value of four fields, these a ticket of all fields and its dues: compare the first two rows too.
    """
    order = Order.by(due="first_reply").then(Priority(levels=[str(level) for level in range(10)])).then("waiting")
    made: list[Ticket] = []  # a million tickets are not made three times

    def queued(case: Case) -> list[Ticket]:
        if not made:
            made.extend(
                with_(
                    Ticket(
                        id=f"{it.id:08}", status="open", category="open", priority=str(it.priority), waiting_since_us=it.since * SECOND_US,
                    ),
                    memo=Memo(wake_us=None, dues=FrozenMap({"first_reply": it.breach * SECOND_US})),
                )
                for it in case["tickets"]
            )  # fmt: skip
        return made

    def first(case: Case) -> Run:
        tickets = queued(case)
        return lambda k: [order.first(50, tickets) for _ in range(k)]

    def by_key(case: Case) -> Run:
        tickets = queued(case)
        return lambda k: [sorted(tickets, key=order.key)[:50] for _ in range(k)]

    def kept(case: Case) -> Run:
        queue = Queue(order, queued(case))
        return lambda k: [queue.first(50) for _ in range(k)]

    def ids(answers: list[Any], _: Case) -> list[list[int]]:
        return [[int(ticket.id) for ticket in answer] for answer in answers]

    return [
        Contender("ticketcore Order.first", first, ids, "whole tickets"),
        Contender("ticketcore sorted(key=order.key)", by_key, ids, "the same tickets"),
        Contender("ticketcore Queue.first", kept, ids, "kept in order"),
    ]


# The script loads this file anew for each of its tables; what it has asked for stands in the harness, which it loads once.
if not hasattr(common, "ticketcore_w9"):
    common.ticketcore_w9 = itertools.cycle(("to_builtins", "from_builtins", "to_json", "from_json"))
_w9_groups: Iterator[str] = common.ticketcore_w9


def W9() -> list[Contender]:  # noqa: N802 - as W1
    """A ticket to and from plain data: ours has all its fields, writes only what has not its default, and reads strictly.

    The script asks once for each of its four tables, in this order. The same content, as far as our ticket has a field for it; the
    rest stands in its custom fields.
    """
    at = datetime(2026, 3, 4, 10, 20, 30, tzinfo=UTC)
    us = round(at.timestamp()) * SECOND_US
    ticket = Ticket(
        id="T-1", subject="printer on fire", status="open", priority="3", group="it", channel="email", language="fr", version=7,
        requester=Person(email="u1@example.org", organisation="acme"), tags=frozenset("abc"), agent_replies=2,
        created_us=us, updated_us=us, postponed_until_us=us, fields=FrozenMap({"locked": False}),
    )  # fmt: skip
    encode = json.JSONEncoder(separators=(",", ":")).encode
    data = codec.ticket_to_data(ticket)
    text = encode(data)
    functions: dict[str, Callable[[], Any]] = {
        "to_builtins": lambda: codec.ticket_to_data(ticket), "from_builtins": lambda: codec.ticket_from_data(data),
        "to_json": lambda: encode(codec.ticket_to_data(ticket)), "from_json": lambda: codec.ticket_from_data(json.loads(text)),
    }  # fmt: skip
    trusted: dict[str, Callable[[], Any]] = {
        "from_builtins": lambda: codec.ticket_from_data(data, trusted=True),
        "from_json": lambda: codec.ticket_from_data(json.loads(text), trusted=True),
    }
    group = next(_w9_groups)

    def again(function: Callable[[], Any]) -> Callable[[Case], Run]:
        return lambda _: lambda k: [function() for _ in range(k)]

    def fields(answers: list[Any], _: Case) -> list[dict[str, Any]]:
        return [_w9_fields(answer) for answer in answers]

    found = [Contender("ticketcore, strict", again(functions[group]), fields, "our Ticket")]
    if group in trusted:
        found.append(Contender("ticketcore, trusted", again(trusted[group]), fields, "our Ticket"))
    return found


def _w9_fields(answer: Any) -> dict[str, Any]:
    """The fields of W9, from a ticket, its plain data or its JSON text."""
    answer = json.loads(answer) if isinstance(answer, str) else answer
    ticket: Any = codec.ticket_from_data(answer) if isinstance(answer, dict) else answer
    return {
        "id": ticket.id, "subject": ticket.subject, "status": ticket.status, "priority": int(ticket.priority), "department": ticket.group,
        "assignee": ticket.assignee, "requester": ticket.requester.email, "tags": sorted(ticket.tags), "channel": ticket.channel,
        "created": ticket.created, "updated": ticket.updated, "due": ticket.postponed_until, "first_response": ticket.rating,
        "reopened": ticket.reopens, "replies": ticket.agent_replies, "locked": ticket.fields["locked"], "language": ticket.language,
        "org": ticket.requester.organisation, "version": ticket.version, "note": ticket.fields.get("note"),
    }  # fmt: skip


def W10(case: Case, starts: list[Any], ends: list[Any]) -> list[Contender]:  # noqa: N802 - as W1
    """Working-day arithmetic on dates: add n of them, or count those between two dates."""

    def days(_: Case) -> Run:
        hours = paris()
        return _fixed(hours.shift_working_days, starts, case["n"]) if "n" in case else over(hours.working_days_between, starts, ends)

    return [Contender("ticketcore", days)]


def with_w10(script: str) -> None:
    """Run w10_days.py, which takes no plug-ins, with our row in each of its tables."""
    plain = common.bench

    def bench(title: str, name: str, case: Case, contenders: list[Contender], *rest: Any) -> Any:
        inputs = sys._getframe(1).f_globals  # its dates: what it timed the others on
        return plain(title, name, case, contenders + W10(case, inputs["ST"], inputs["EN"]), *rest)

    common.bench = bench
    runpy.run_path(script, run_name="__main__")


if __name__ == "__main__":
    with_w10(sys.argv.pop(1))
