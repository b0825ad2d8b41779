"""W9 on what a host stores: the events and tickets of the demo's history, each once, to plain data and back, beside the plain definitions.

    python benchmarks/w9_stored.py [--rounds 9]

The yardstick W9 turns one ticket over and over, so all its instants are known texts; here every ticket and every event has its own.
The base of reading are the readers that explain what is wrong, the base of writing is a loop over the fields.
"""

from __future__ import annotations

import argparse
import gc
import gzip
import json
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))
sys.path.insert(0, str(ROOT / "benchmarks"))

import attrs

from ticketcore import Event, Ticket, codec
from ticketcore._plain import LARGE, LIMITS, read_document
from ticketcore.errors import Duplicate
from ticketcore.replay import moments
from w11_step import HISTORY, desk

Work = tuple[Callable[[Any], Any], list[Any]]


def stored(steps: int) -> tuple[list[Any], list[Ticket]]:
    """The events and the tickets of so many steps of the demo's history."""
    one, tickets = desk(), dict[str, Ticket]()
    log: list[Any] = []
    states: list[Ticket] = []
    with gzip.open(HISTORY, "rt", encoding="utf-8") as lines:
        for moment in moments(codec.history_from_lines(lines)):
            with suppress(Duplicate):
                outcome = one.handle(tickets.get(moment[0].ticket), *moment, observe=True)
                tickets[outcome.ticket.id] = outcome.ticket
                log += outcome.events
                states.append(outcome.ticket)
            if len(states) == steps:
                break
    return log, states


def in_a_loop(value: Any) -> dict[str, Any]:
    """A value as plain data, field by field."""
    data: dict[str, Any] = dict([codec._TAGS[type(value)]])
    for part in attrs.fields(type(value)):
        held = getattr(value, part.name)
        if part.name not in codec._LEFT_OUT and (part.default is attrs.NOTHING or held != part.default):
            write = codec._hook(part)
            data[codec._key(part.name)] = held if write is None else write(held)
    return data


def tables(steps: int) -> dict[str, dict[str, Work]]:
    """What is measured: by table the contenders, the base first."""
    log, states = stored(steps)
    plain = {"event": [codec.event_to_data(event) for event in log], "ticket": [codec.ticket_to_data(ticket) for ticket in states]}
    plain = json.loads(json.dumps(plain))  # as it comes out of a store: no two texts are the same object

    def explained(kind: Any, limits: Any) -> Callable[[Any], Any]:
        return lambda data: read_document(codec._BY_TYPE[kind], data, limits=limits)

    return {
        "events to plain data": {"in a loop": (in_a_loop, log), "event_to_data": (codec.event_to_data, log)},
        "tickets to plain data": {"in a loop": (in_a_loop, states), "ticket_to_data": (codec.ticket_to_data, states)},
        "events from plain data": {
            "the readers that explain": (explained(Event, LIMITS), plain["event"]),
            "event_from_data": (codec.event_from_data, plain["event"]),
            "event_from_data, trusted": (lambda data: codec.event_from_data(data, trusted=True), plain["event"]),
        },
        "tickets from plain data": {
            "the readers that explain": (explained(Ticket, LARGE), plain["ticket"]),
            "ticket_from_data": (codec.ticket_from_data, plain["ticket"]),
            "ticket_from_data, trusted": (lambda data: codec.ticket_from_data(data, trusted=True), plain["ticket"]),
        },
    }


def measure(title: str, contenders: dict[str, Work], rounds: int) -> None:
    """One table: the contenders by turns, each on the whole list; medians, and ratios to the first."""
    times: dict[str, list[float]] = {name: [] for name in contenders}
    answers = [[work(item) for item in items[:200]] for work, items in contenders.values()]
    assert all(answer == answers[0] for answer in answers), title
    gc.collect()
    gc.disable()
    names = list(contenders)
    for turn in range(rounds):
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            work, items = contenders[name]
            begin = time.perf_counter()
            for item in items:
                work(item)
            times[name].append((time.perf_counter() - begin) / len(items) * 1e6)
        gc.collect()
    gc.enable()
    print(f"### {title}   ({len(contenders[names[0]][1])} of them, {rounds} interleaved rounds)")
    for name in names:
        ratio = statistics.median(mine / theirs for mine, theirs in zip(times[name], times[names[0]], strict=True))
        print(f"{name:28s} {statistics.median(times[name]):9.2f} us {ratio:8.2f}x")
    print()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--steps", type=int, default=1500)
    given = parser.parse_args()
    for title, contenders in tables(given.steps).items():
        measure(title, contenders, given.rounds)


if __name__ == "__main__":
    main()
