"""`ticketcore.replay.compare` on a crowd: 20 rules, 3 metrics in business hours, about 21 outside events a ticket.

    python benchmarks/compare.py [--tickets 10000] [--rounds 3] [--force]

Measured, each in outside events a second of one core's time: a plain replay of one desk; the comparison of a desk with itself, with
one rule changed, the same with the log of the first desk taken as recorded, with one policy's promise changed, with every warning
changed, and with every promise changed (then each desk takes every step by itself); and how the time grows with the history.
A comparison lives through time up to
the end of the history, which the replay does not. The memory is that of a comparison that reads its history as a stream and forgets
what is over. ``--force`` also compares, ticket by ticket, with two replays whose outcomes are written as plain data (it needs what the
tests need): the set of tickets that differ must be the same. The goal (issue 6): at least 10,000 outside events a second, better 20,000.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests")]

import crowd
from ticketcore.replay import Comparison, compare, replay


def rate(run: Callable[[], object], events: int, rounds: int) -> float:
    """Events a second of processor time (a busy machine counts less in it): the median of some rounds.

    Python's garbage collector is on, but does not look through the history, which was there before.
    """
    times = []
    for _ in range(rounds):
        gc.collect()
        gc.freeze()
        begin = time.process_time()
        run()
        times.append(time.process_time() - begin)
        gc.unfreeze()
    return events / statistics.median(times)


def peak_mib(tickets: int) -> float:
    """The most memory that a comparison of a stream takes, in MiB."""
    tracemalloc.start()
    compare(crowd.desk(), crowd.with_rule(10, then=[{"set_priority": "high"}]), crowd.history(tickets), keep="open")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / 2**20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickets", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--force", action="store_true")
    given = parser.parse_args()
    history = list(crowd.history(given.tickets))
    events = len(history)
    desk = crowd.desk()
    one_rule = crowd.with_rule(10, then=[{"set_priority": "high"}])  # platinum: one ticket of seven
    many = crowd.with_rule(12, when={"field": "requester.organisation", "is": "acme"})  # silver no longer: two of seven
    sla = crowd.desk(name="trial", sla=[{**policy, "warn": ["-1h"]} for policy in crowd.desk_data()["sla"]])
    first, *others = crowd.desk_data()["sla"]  # gold: two of seven
    promise = crowd.desk(name="trial", sla=[{**first, "targets": {**first["targets"], "next_reply": "4h"}}, *others])
    lengths = {"first_reply": "2h", "next_reply": "4h", "resolution": "20h"}
    promises = crowd.desk(name="trial", sla=[{**policy, "targets": lengths} for policy in crowd.desk_data()["sla"]])
    log = [event for outcome in replay(desk, history, late="restamp", observe=True) for event in outcome.events]
    print(f"{given.tickets:,} tickets, {events:,} outside events ({len(log):,} with what a desk decides), 20 rules, 3 metrics")
    found: list[Comparison] = []
    cases: list[tuple[str, Callable[[], object]]] = [
        ("replay of one desk", lambda: sum(1 for _ in replay(desk, history, late="restamp", observe=True))),
        ("compare: the same desk twice", lambda: found.append(compare(desk, desk, history))),
        ("compare: a rule changed, for one of 7", lambda: found.append(compare(desk, one_rule, history))),
        ("compare: a rule changed, for 2 of 7", lambda: found.append(compare(desk, many, history))),
        ("as recorded: a rule changed, for one of 7", lambda: found.append(compare(desk, one_rule, log, recorded=True))),
        ("as recorded: a rule changed, for 2 of 7", lambda: found.append(compare(desk, many, log, recorded=True))),
        ("compare: a promise changed, for 2 of 7", lambda: found.append(compare(desk, promise, history))),
        ("compare: every warning changed", lambda: found.append(compare(desk, sla, history))),
        ("compare: every promise changed", lambda: found.append(compare(desk, promises, history))),
    ]
    for name, run in cases:
        found.clear()
        speed = rate(run, events, given.rounds)
        told = f", {len(found[-1].tickets):,} tickets differ" if found else ""
        print(f"{name:42s} {speed:9,.0f} events/s{told}", flush=True)
    half = history[: events // 2]
    short = rate(lambda: compare(desk, one_rule, half), len(half), given.rounds)
    long = rate(lambda: compare(desk, one_rule, history), events, given.rounds)
    print(f"growth: time(2n)/time(n) = {2 * short / long:.2f}")
    few, more = given.tickets // 10, given.tickets // 5
    print(f"memory of a stream, peak: {peak_mib(few):.1f} MiB for {few:,} tickets, {peak_mib(more):.1f} MiB for {more:,}")
    if given.force:
        from test_compare import differing_by_force

        mine = {one.ticket for one in compare(desk, one_rule, history).tickets}
        theirs = differing_by_force(desk, one_rule, history)
        print(f"by force {len(theirs):,} tickets differ; {len(mine ^ theirs)} are told otherwise")


if __name__ == "__main__":
    main()
