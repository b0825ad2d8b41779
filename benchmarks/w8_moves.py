"""W8, re-queue one ticket: `Queue.put` of a ticket after its step, beside sortedcontainers' SortedList with ready-made int keys.

    python benchmarks/w8_moves.py [tickets] [rounds]

Each round moves the same 3,000 tickets of a million to another due instant, or back. The list only removes and adds an int;
our side makes the ticket's key, finds the old one by its id, and moves it.
"""

from __future__ import annotations

import gc
import random
import statistics
import sys
import time
from pathlib import Path
from typing import Any

from sortedcontainers import SortedList

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

from ticketcore._values import changed
from ticketcore.model import FrozenMap, Memo, Ticket
from ticketcore.routing import LEVELS, Order, Queue

SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
ORDER = Order.by(due="first_reply").then("priority").then("waiting")


def due_at(minute: int) -> Memo:
    return Memo(wake_us=None, dues=FrozenMap({"first_reply": 1_700_000_000 * SECOND_US + minute * MINUTE_US}))


def packed(ticket: Ticket) -> int:
    """The same key as one int."""
    due, rank, since, name = ORDER.key(ticket)
    return (((int(due) // SECOND_US) << 40 | int(rank) << 36 | (int(since) // SECOND_US - 1_600_000_000)) << 20) | int(name)


def main(count: int, rounds: int) -> None:
    draw = random.Random(31)
    tickets = [
        changed(
            Ticket(
                id=f"{number:08}", category="open", priority=draw.choice(LEVELS),
                waiting_since_us=(1_690_000_000 + draw.randrange(10_000_000)) * SECOND_US,
            ),
            memo=due_at(draw.randrange(57_600)),
        )
        for number in range(count)
    ]  # fmt: skip
    queue, listed = Queue(ORDER, tickets), SortedList(map(packed, tickets))
    here = draw.sample(tickets, min(3000, count))
    there = [changed(ticket, memo=due_at(draw.randrange(57_600))) for ticket in here]
    sides: list[list[Any]] = [list(zip(map(packed, here), map(packed, there), there, strict=True))]
    sides.append([(after, before, ticket) for (before, after, _), ticket in zip(sides[0], here, strict=True)])
    gc.collect()
    gc.disable()
    taken: list[tuple[float, float]] = []
    for number in range(rounds):
        moves = sides[number % 2]
        start = time.perf_counter()
        for before, after, _ in moves:
            listed.remove(before)
            listed.add(after)
        middle = time.perf_counter()
        for _, _, ticket in moves:
            queue.put(ticket)
        taken.append((middle - start, time.perf_counter() - middle))
    ours, theirs = (statistics.median(column) / len(here) * 1e6 for column in zip(*((put, move) for move, put in taken), strict=True))
    ratio = statistics.median(put / move for move, put in taken)
    assert [int(ticket.id) for ticket in queue.first(50)] == [key & 0xFFFFF for key in listed[:50]]
    print(f"SortedList remove+add {theirs:.2f} us   Queue.put {ours:.2f} us   ratio {ratio:.2f}x   ({count} tickets, {rounds} rounds)")


if __name__ == "__main__":
    given = [int(text) for text in sys.argv[1:3]]
    main(*given, *(1_000_000, 9)[len(given) :])
