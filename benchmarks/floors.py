"""What one transition and one fold cannot do without, beside the goals of W4 and W5 (DESIGN 14, G8 and G9): how near they can come.

    python benchmarks/floors.py [--rounds 15]

Each part is timed alone, in processor time, the least of the rounds; the base is one bare trigger of `transitions` and one
`attrs.evolve` of a ticket with 20 fields, in the same run. A goal below the sum of its parts cannot be reached by making the rest
faster. The page docs/explanation/speed.md draws the conclusions.
"""

from __future__ import annotations

import argparse
import sys
import time
import timeit
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))

from ticketcore._ticket import draft_of, freeze
from ticketcore._values import made
from ticketcore.conditions import Vocabulary, field
from ticketcore.lifecycle import STATUSES, Lifecycle, Move
from ticketcore.model import Agent, AgentReplied, CustomerReplied, EventBase, Person, StatusChanged, Ticket, fold

ADA, MARIA = Person(id="ada", name="Ada", email="ada@example.gr"), Agent(id="maria")
NOW_US = 1_700_000_000_000_000

NAMES = (
    "id", "subject", "status", "priority", "department", "assignee", "requester", "tags", "channel", "created", "updated", "due",
    "first_response", "resolved_at", "reopened", "replies", "locked", "language", "org", "version",
)  # fmt: skip
# The names are written out: those that are put together are not interned, and attrs.evolve takes nearly twice as long with them.
Twenty: Any = attrs.make_class("Twenty", {name: attrs.field() for name in NAMES}, slots=True, frozen=True, weakref_slot=False)


def least_ns(function: Callable[[], object], rounds: int, number: int = 2000) -> float:
    """The least processor time of one call, in nanoseconds."""
    return min(timeit.repeat(function, number=number, repeat=rounds, timer=time.process_time)) / number * 1e9


def trigger() -> Callable[[], object]:
    """One bare trigger of `transitions`: two guarded moves by turns."""
    from transitions import Machine  # pyright: ignore[reportMissingImports]  # only in the benchmark's environment

    class Model:
        def unlocked(self) -> bool:
            return True

    model: Any = Model()
    moves = [("answer", "open", "answered"), ("reply", "answered", "open")]
    Machine(model, states=["open", "answered"], initial="open", auto_transitions=False, transitions=[
        {"trigger": name, "source": source, "dest": to, "conditions": "unlocked"} for name, source, to in moves
    ])  # fmt: skip

    def both() -> None:
        model.answer()
        model.reply()

    return both


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds

    guard = field.tags.has_none("locked")
    moves = {"open": {"agent_replies": Move(to="answered", guard=guard)}, "answered": {"customer_replies": Move(to="open", guard=guard)}}
    lifecycle = Lifecycle(moves=moves).using(Vocabulary(statuses={status.name: status.category for status in STATUSES}))
    ticket = Ticket(id="T-1", subject="printer", status="open", category="open", priority="high", requester=ADA, created_us=NOW_US)
    reply = AgentReplied(at=NOW_US, by=MARIA)

    def moved() -> StatusChanged:
        return made(StatusChanged, NOW_US, "", "T-1", "", "", "open", "answered", "open", "answered", "agent_replies")

    change = moved()
    log: list[EventBase] = []
    for number in range(10):
        log.append(reply if number % 2 == 0 else CustomerReplied(at=NOW_US, by=ADA))
        log.append(change)
    twenty = Twenty(*range(20))
    nothing: dict[str, Callable[[object, object], None]] = {event.kind: lambda _draft, _event: None for event in log}

    def bare_fold() -> None:
        for event in log:
            nothing[event.kind](ticket, event)

    def ten_evolves() -> None:
        value = twenty
        for number in range(10):
            value = attrs.evolve(value, status=number, updated=number, replies=number, version=number)

    one_trigger, evolves = least_ns(trigger(), rounds) / 2, least_ns(ten_evolves, rounds, 300)
    parts = {
        "the new ticket: a copy of its fields": least_ns(lambda: freeze(draft_of(ticket)), rounds),
        "the event that says the status changed": least_ns(moved, rounds),
        "the answer of the table, guard included": least_ns(lambda: lifecycle.decide(ticket, reply), rounds),
        "the two events folded, less the copy": 0.0,
    }
    whole = least_ns(lambda: fold((reply, change), ticket), rounds)
    at_once = least_ns(lambda: lifecycle.move(ticket, reply), rounds)
    parts["the two events folded, less the copy"] = whole - parts["the new ticket: a copy of its fields"]
    print(f"W4: one bare trigger of transitions takes {one_trigger:,.0f} ns; a sixth of it, the goal, is {one_trigger / 6:,.0f} ns")
    for name, ns in parts.items():
        print(f"  {name:42s} {ns:8,.0f} ns   {ns / one_trigger * 6:5.2f} of the goal")
    print(f"  {'together':42s} {sum(parts.values()):8,.0f} ns   {sum(parts.values()) / one_trigger * 6:5.2f} of the goal")
    print(f"  {'Lifecycle.move':42s} {at_once:8,.0f} ns   {at_once / one_trigger * 6:5.2f} of the goal")
    print(f"W5: ten attrs.evolve of 20 fields take {evolves:,.0f} ns; a twentieth of it, the goal, is {evolves / 20:,.0f} ns")
    for name, ns in (
        ("twenty events, each handed to a function that does nothing", least_ns(bare_fold, rounds)),
        ("twenty events folded", least_ns(lambda: fold(log, ticket), rounds)),
    ):
        print(f"  {name:60s} {ns:8,.0f} ns   {ns / evolves * 20:5.2f} of the goal")
    print(f"bytes of a ticket, contents apart: {sys.getsizeof(ticket)} for {len(attrs.fields(Ticket))} fields")


if __name__ == "__main__":
    main()
