"""W11: one whole desk step (lifecycle, 20 rules, 3 metrics in business hours, outcome) beside one bare `transitions` trigger.

    python benchmarks/w11_step.py [--rounds 7] [--json FILE]

The desk is the liveagent preset with a policy in business hours and 20 rules; the steps are those of the demo's history; the base is
the ``legal`` case of W4: `transitions` moving a model with no ticket, no log, no rules and no clocks. Also measured: the same step on a
ticket with 10 and with 1,000 events behind it (law 9: it does not grow), and the goal of DESIGN 14 (<= 8 triggers, goal 4).
"""

from __future__ import annotations

import argparse
import gc
import gzip
import json
import statistics
import sys
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))

from ticketcore import Agent, AgentReplied, Created, CustomerReplied, Desk, Person, Ticket, load_desk
from ticketcore.codec import history_from_lines
from ticketcore.errors import Duplicate
from ticketcore.model import Outside
from ticketcore.presets import preset_data
from ticketcore.replay import moments

HISTORY = ROOT / "examples" / "replay" / "history.jsonl.gz"
MINUTE_US = 60_000_000
DEMO_DESK = ROOT / "examples" / "replay" / "desk.toml"
STATES = ["new", "open", "answered", "postponed", "resolved", "closed", "spam"]


def desk() -> Desk:
    """The liveagent preset, a policy for three metrics in business hours, and 20 rules that listen to the usual events."""
    data = preset_data("liveagent")
    data["hours"] = {"support": {"zone": "Europe/Athens", "week": {"mon-fri": ["09:00-17:00"]}, "holidays": ["2026-10-28"]}}
    data["sla"].insert(0, {
        "name": "standard", "hours": "support", "warn": ["-30m"],
        "targets": {"first_reply": {"urgent": "1h", "else": "4h"}, "next_reply": "8h", "resolution": "40h"},
    })  # fmt: skip
    data["settings"] = {"choose_policy": "always", "late": "restamp"}
    demo = tomllib.loads(DEMO_DESK.read_text(encoding="utf-8"))
    data.update({name: demo[name] for name in ("fields", "facts", "groups", "priority") if name in demo})  # what the history names
    words = ["invoice", "refund", "crash", "login", "password", "delivery", "price", "bug", "slow", "order"]
    rules: list[dict[str, Any]] = [
        {"name": f"about {word}", "on": ["created", "customer_replied"], "when": {"field": "text", "mentions_any": [word]},
         "then": [{"add_tag": word}]}
        for word in words
    ]  # fmt: skip
    rules += [
        {"name": f"tier {tier}", "on": ["created"], "when": {"field": "requester.tier", "is": tier}, "then": [{"set_priority": level}]}
        for tier, level in (("platinum", "urgent"), ("gold", "high"), ("silver", "medium"))
    ]
    rules += [
        {"name": f"breach {level}", "on": ["breached"], "when": {"field": "priority", "is": level}, "then": [{"notify": f"lead {level}"}]}
        for level in ("urgent", "high", "low")
    ]
    rules += [
        {"name": "reopened often", "on": ["status_changed"], "when": {"field": "reopens", "above": 2}, "then": [{"add_tag": "ping-pong"}]},
        {"name": "handed on often", "on": ["transferred"], "when": {"field": "transfers", "above": 2}, "then": [{"notify": "lead"}]},
        {"name": "silent customer", "when": [{"field": "status", "is": "answered"}, {"since": "last_agent_reply", "at_least": "120h"}],
         "then": [{"resolve": True}]},
        {"name": "close", "when": [{"field": "status", "is": "resolved"}, {"since": "resolved_at", "at_least": "168h"}],
         "then": [{"close": True}]},
    ]  # fmt: skip
    data["rules"] = rules
    assert len(rules) == 20
    return load_desk(data)


def steps(desk: Desk, tickets: int) -> Callable[[], int]:
    """All moments of the first *tickets* tickets of the demo's history (it has about 2,000); answers how many steps that is."""
    with gzip.open(HISTORY, "rt", encoding="utf-8") as lines:
        history = list(moments(history_from_lines(lines)))
    wanted: dict[str, list[tuple[Outside, ...]]] = {}
    for moment in history:
        if moment[0].ticket in wanted or len(wanted) < tickets:
            wanted.setdefault(moment[0].ticket, []).append(moment)

    scripts = list(wanted.values())

    def run() -> int:
        count = 0
        for script in scripts:
            ticket: Ticket | None = None
            for moment in script:
                count += 1
                try:
                    ticket = desk.handle(ticket, *moment, observe=True).ticket
                except Duplicate:  # the history delivers a few events twice, as mail servers do
                    continue
        return count

    return run


def to_and_fro(desk: Desk, events: int) -> Callable[[], int]:
    """Replies by turns, on a ticket with so many events behind it."""
    agent, customer = Agent(id="maria"), Person(email="ada@example.org")
    ticket = desk.handle(None, Created(at=1_788_249_600_000_000, ticket="T", by=customer, subject="printer")).ticket
    at = ticket.as_of_us
    while ticket.version < events:
        at += 10 * MINUTE_US
        ticket = desk.handle(ticket, AgentReplied(at=at, by=agent)).ticket
        at += 10 * MINUTE_US
        ticket = desk.handle(ticket, CustomerReplied(at=at, by=customer)).ticket

    def run() -> int:
        one, when = ticket, at
        for _ in range(50):
            when += 10 * MINUTE_US
            one = desk.handle(one, AgentReplied(at=when, by=agent)).ticket
            when += 10 * MINUTE_US
            one = desk.handle(one, CustomerReplied(at=when, by=customer)).ticket
        return 100

    return run


def bare_trigger() -> Callable[[], int]:
    """`transitions`, the legal case of W4: answer and reply by turns, both guarded."""
    from transitions import Machine  # pyright: ignore[reportMissingImports]  # only in the benchmark's environment

    class Model:
        locked = False

        def unlocked(self) -> bool:
            return not self.locked

    model: Any = Model()
    table = [
        ("assign", "new", "open", False), ("answer", "open", "answered", True), ("reply", "answered", "open", True),
        ("postpone", "open", "postponed", False), ("resume", "postponed", "open", False), ("resolve", "open", "resolved", True),
        ("reopen", "resolved", "open", False), ("close", "resolved", "closed", False), ("mark_spam", "open", "spam", False),
    ]  # fmt: skip
    Machine(model, states=STATES, initial="open", auto_transitions=False, send_event=False, transitions=[
        {"trigger": trigger, "source": source, "dest": dest, **({"conditions": "unlocked"} if guarded else {})}
        for trigger, source, dest, guarded in table
    ])  # fmt: skip

    def run() -> int:
        for _ in range(500):
            model.answer()
            model.reply()
        return 1000

    return run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", default="")
    parser.add_argument("--tickets", type=int, default=2000)
    given = parser.parse_args()
    one = desk()
    runs = {
        "transitions, one bare trigger": bare_trigger(), "one desk step (demo history)": steps(one, given.tickets),
        "one desk step, 10 events behind": to_and_fro(one, 10), "one desk step, 1,000 events behind": to_and_fro(one, 1000),
    }  # fmt: skip
    times: dict[str, list[float]] = {name: [] for name in runs}
    for run in runs.values():
        run()
    gc.collect()
    gc.disable()
    names = list(runs)
    for turn in range(given.rounds):
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            begin = time.perf_counter()
            count = runs[name]()
            times[name].append((time.perf_counter() - begin) / count * 1e6)
        gc.collect()
    gc.enable()
    base = times[names[0]]
    print(f"### W11 one whole desk step   ({given.rounds} interleaved rounds)")
    rows = []
    for name in names:
        ratio = statistics.median(mine / theirs for mine, theirs in zip(times[name], base, strict=True))
        rows.append((name, statistics.median(times[name]), ratio))
        print(f"{name:36s} {statistics.median(times[name]):9.1f} us {ratio:8.2f}x")
    flat = statistics.median(late / early for late, early in zip(times[names[3]], times[names[2]], strict=True))
    print(f"growth from 10 to 1,000 events behind: {flat:.2f}x")
    if given.json:
        Path(given.json).write_text(json.dumps({"rows": rows, "growth": flat}), encoding="utf-8")


if __name__ == "__main__":
    main()
