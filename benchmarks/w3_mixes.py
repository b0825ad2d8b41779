"""The hard mixes of W3: the index beside the compiled list and the plain evaluator, where rules are not kind to an index.

    python benchmarks/w3_mixes.py [--rules 1000] [--rounds 9]

Per mix: the time of a ticket with the index, and how many times that the compiled conditions one by one, and `holds` one by one, take,
as medians of interleaved rounds. "Never slower" (goal G7) is a ratio of at least 1. Then few rules, growth, and what making an index
costs for each rule, beside compiling them one by one. Every contender first gives the same answers.
"""

from __future__ import annotations

import argparse
import gc
import random
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

from attrs import evolve

from ticketcore import rules as rules_room
from ticketcore.conditions import NAME, NUMBER, AllOf, Changed, Condition, Index, View, Vocabulary, compiled, field, holds, since
from ticketcore.desk import Desk
from ticketcore.model import Agent, Created, FrozenMap, Noted, Person, Ticket
from ticketcore.priority import Levels, Priority
from ticketcore.rules import Rule

HOUR_US: Final = 3_600_000_000
NOW_US: Final = 1_800_000_000_000_000
STATUSES: Final = ("new", "open", "answered", "postponed", "resolved", "closed", "spam")
WORDS: Final = Vocabulary(
    statuses=dict.fromkeys(STATUSES, "open"), levels=("1", "2", "3", "4", "5"),
    fields={"department": NAME, "age": NUMBER, "replies": NUMBER},
)  # fmt: skip
SYLLABLES: Final = ("print", "log", "pass", "net", "mail", "disk", "bill", "refund", "order", "crash")
ENDS: Final = ("er", "in", "word", "work", "box", "full", "ing", "ed", "late", "es", "ux", "ov", "am", "il", "on", "up", "ag", "ot")
NEEDLES: Final = tuple(f"{one}{end}" for one in SYLLABLES for end in ENDS)

Kind = Callable[[random.Random], Condition]
KINDS: Final[dict[str, Kind]] = {
    "department": lambda draw: field.department == f"dept{draw.randrange(50)}",
    "status": lambda draw: field.status == draw.choice(STATUSES),
    "priority": lambda draw: field.priority == draw.choice("12345"),
    "tag": lambda draw: field.tags.has(f"tag{draw.randrange(200)}"),
    "word": lambda draw: field.subject.contains(draw.choice(NEEDLES)),
    "age": lambda draw: field.age > draw.randrange(500),
    "replies": lambda draw: field.replies < draw.randrange(40),
}


def rules(kinds: tuple[str, ...], each: int, count: int, seed: int = 11) -> list[Condition]:
    """Conditions of *each* tests of different kinds."""
    draw = random.Random(seed)
    return [AllOf(tuple(KINDS[kind](draw) for kind in draw.sample(kinds, each))) for _ in range(count)]


def tickets(count: int, seed: int = 5) -> list[Ticket]:
    draw = random.Random(seed)
    return [
        Ticket(
            id=f"T-{number}", status=draw.choice(STATUSES), category="open", priority=draw.choice("12345"),
            subject=" ".join(draw.sample(NEEDLES, 6)), tags=frozenset([f"tag{tag}" for tag in draw.sample(range(200), 5)]),
            created_us=NOW_US - draw.randrange(500) * HOUR_US,
            fields=FrozenMap({"department": f"dept{draw.randrange(50)}", "age": draw.randrange(500), "replies": draw.randrange(40)}),
        )
        for number in range(count)
    ]  # fmt: skip


def mixes(count: int) -> dict[str, tuple[list[Condition], list[Ticket]]]:
    """The mixes by name: rules, and tickets to ask them of."""
    draw, few = random.Random(3), tickets(8)
    usual = rules(tuple(KINDS), 3, count)
    vowels = [evolve(ticket, subject="aeiou") for ticket in few]
    either: list[Condition] = [KINDS[one](draw) | KINDS[two](draw) for one, two in (draw.sample(tuple(KINDS), 2) for _ in range(count))]
    several: list[Condition] = [field.subject.contains(*draw.sample(NEEDLES, 3)) for _ in range(count)]
    timed: list[Condition] = [(since("created") >= f"{draw.randrange(1, 500)}h") & ~Changed("priority") for _ in range(count)]
    different = [f"{NEEDLES[number % len(NEEDLES)]}{number // len(NEEDLES) or ''}" for number in range(count)]
    return {
        "three tests of seven kinds": (usual, few),
        "the same, every ticket another": (usual, tickets(4_000)),
        "all match": ([_sure(number) for number in range(count)], few),
        "all match, by a part of the text": ([field.subject.contains(vowel) for vowel in draw.choices("aeiou", k=count)], vowels),
        "none matches": ([condition & (field.department == "none") for condition in usual], few),
        "parts of texts and numbers only": (rules(("word", "age", "replies"), 3, count), few),
        "parts of texts, all different": ([field.subject.contains(needle) for needle in different], few),
        "several parts of texts each": (several, few),
        "any of two tests": (either, few),
        "time and change only": (timed, few),
    }  # fmt: skip


def _sure(number: int) -> Condition:
    return (field.age >= -number) & (field.replies < 40 + number) & (field.priority >= "1")


# --- measuring -----------------------------------------------------------------------------------------------------------

Ask = Callable[[View], Any]


def contenders(conditions: list[Condition]) -> dict[str, Ask]:
    matching, tests = Index(conditions, WORDS).matching, [compiled(condition, WORDS) for condition in conditions]
    return {
        "index": matching,
        "compiled": lambda view: tuple([number for number, test in enumerate(tests) if test(view)]),
        "plain": lambda view: tuple([number for number, condition in enumerate(conditions) if holds(condition, view)]),
    }


def over(ask: Ask, seen: list[Ticket]) -> Callable[[int], None]:
    def run(count: int) -> None:
        for turn in range(count):
            ask(View(WORDS, seen[turn % len(seen)], NOW_US))

    return run


def race(runs: dict[str, Callable[[int], None]], rounds: int, least_s: float = 0.02) -> dict[str, float]:
    """The median time of each in seconds, interleaved, garbage collected in between."""
    counts: dict[str, int] = {}
    for name, run in runs.items():
        counts[name] = 1
        while _timed(run, counts[name]) < least_s:
            counts[name] *= 2
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        gc.collect()
        for name, run in runs.items():
            times[name].append(_timed(run, counts[name]) / counts[name])
    return {name: statistics.median(found) for name, found in times.items()}


def _timed(run: Callable[[int], None], count: int) -> float:
    start = time.process_time()  # all of them compute in one thread: what other programs do meanwhile does not count
    run(count)
    return time.process_time() - start


def compare(title: str, conditions: list[Condition], seen: list[Ticket], rounds: int) -> float:
    """One line: the time with the index, and what the others take in times of it; answers checked first."""
    asked = contenders(conditions)
    matched = 0
    for ticket in seen[:8]:
        answers = [ask(View(WORDS, ticket, NOW_US)) for ask in asked.values()]
        assert answers[0] == answers[1] == answers[2], title
        matched += len(answers[0])
    found = race({name: over(ask, seen) for name, ask in asked.items()}, rounds)
    index = found["index"]
    print(
        f"{title:38s} {len(conditions):6d} {matched / min(len(seen), 8):9.1f} {index * 1e6:10.2f} us "
        f"{found['compiled'] / index:10.2f}x {found['plain'] / index:10.1f}x",
        flush=True,
    )  # fmt: skip
    return index


def making(conditions: list[Condition], rounds: int, what: str = "rules") -> None:
    """What an index costs a rule to make and to keep, beside compiling the conditions."""
    count = len(conditions)
    view = View(WORDS, tickets(1)[0], NOW_US)

    def make(_count: int) -> None:
        Index(conditions, WORDS).matching(view)

    def compile_all(_count: int) -> None:
        kept.append([compiled(condition, WORDS) for condition in conditions])
        kept.clear()

    kept: list[Any] = []
    times: dict[str, list[float]] = {"index": [], "compiled": []}
    for _ in range(rounds):
        for name, run in (("index", make), ("compiled", compile_all)):
            gc.collect()
            times[name].append(_timed(run, 1) / count * 1e6)
    tracemalloc.start()
    index = Index(conditions, WORDS)
    index.matching(view)
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    ours, theirs = (statistics.median(times[name]) for name in ("index", "compiled"))
    best = min(times["index"])
    print(f"{count:6d} {what}: {ours:6.1f} us a rule ({best:.1f} at best), compiling {theirs:6.1f} us; {size / count:6.0f} bytes a rule")


def steps(count: int, rounds: int) -> None:
    """A whole desk step in a desk of so many rules that listen to it, with the index and with every rule tried."""
    usual = rules(tuple(KINDS), 3, count)
    listening = [Rule(name=f"r{number}", on=["noted"], when=condition) for number, condition in enumerate(usual)]
    desk = Desk(metrics=(), fields=WORDS.fields, priority=Priority(levels=Levels(WORDS.levels)), rules=listening)
    by = Agent(id="maria")
    born = [
        desk.handle(None, Created(at=1, ticket=seen.id, by=Person(name="Ada"), subject=seen.subject, tags=seen.tags, fields=seen.fields))
        for seen in tickets(8)
    ]  # fmt: skip

    def run(turns: int) -> None:
        for turn in range(turns):
            desk.handle(born[turn % 8].ticket, Noted(at=2, by=by))

    def tried(turns: int) -> None:
        few, rules_room.FEW = rules_room.FEW, count + 1  # type: ignore[misc]  # as if the set were small
        run(turns)
        rules_room.FEW = few  # type: ignore[misc]  # as it was

    found = race({"index": run, "tried": tried}, rounds)
    print(f"{count:6d} rules: {found['index'] * 1e6:10.1f} us a step, every rule tried {found['tried'] / found['index']:8.2f}x", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rules", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=9)
    given = parser.parse_args()
    print(f"{'mix':38s} {'rules':>6s} {'matching':>9s} {'index':>13s} {'compiled':>11s} {'plain':>11s}")
    for title, (conditions, seen) in mixes(given.rules).items():
        compare(title, conditions, seen, given.rounds)
    usual = rules(tuple(KINDS), 3, 10_000)
    print("\nfew rules, and growth")
    for count in (1, 2, 5, 10, 20, 50, 100, 1_000, 10_000):
        compare("three tests of seven kinds", usual[:count], tickets(8), given.rounds if count < 10_000 else 3)
    print("\na whole desk step")
    for count in (10, 30, 40, 100, 1_000, 10_000):
        steps(count, given.rounds)
    print("\nmaking an index")
    for count in (100, 1_000, 10_000):
        making(rules(tuple(KINDS), 3, count), given.rounds)
    making([field.subject.contains(f"part {number}") for number in range(10_000)], given.rounds, "different parts")


if __name__ == "__main__":
    main()
