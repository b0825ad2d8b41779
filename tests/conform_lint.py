"""Lint against brute force and against seeded defects, with figures: ``python tests/conform_lint.py [how many [steps a pair]]``.

Brute force knows nothing of domains, footprints or walks: it creates every ticket of a small desk, lets every event happen to it, two
deep, and looks at what came of it. A finding counts as false when its witness does not replay, when it speaks of rules in
which no defect was put, or when a healthy rule set is flagged at all.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import product
from random import Random

from attrs import define, field

from ticketcore import (
    Action,
    Agent,
    Created,
    CustomerReplied,
    Desk,
    FieldSet,
    Noted,
    Outcome,
    Person,
    Resolved,
    Rule,
    SlotSet,
    TagsAdded,
    TagsRemoved,
    Ticket,
    TicketcoreError,
    View,
)  # fmt: skip
from ticketcore._lint_order import differ, order_of, outcome_of, together
from ticketcore._lint_rules import fired_in, placed
from ticketcore._lint_running import judge_running, running_circles
from ticketcore._lint_settling import settled
from ticketcore._lint_survey import Survey
from ticketcore._time import DAY_US
from ticketcore.conditions import holds
from ticketcore.extra.strategies.defects import healthy, seeded, small_desk, timed_desk
from ticketcore.lint import Finding, Script, lint
from ticketcore.model import EventBase, Outside, RuleFired, fold

START = 1_795_424_400_000_000
ADA, MARIA = Person(email="ada@example.org"), Agent(id="maria")

# --- brute force -------------------------------------------------------------------------------------------------------


def births() -> Iterator[Created]:
    """Every ticket of the finite domain as it can be created."""
    for kind, vip, tags in product((None, "a", "b"), (None, False, True), ((), ("x",))):
        given = {name: value for name, value in (("kind", kind), ("vip", vip)) if value is not None}
        yield Created(at=START, id="0", ticket="T", by=ADA, fields=given, tags=tags)


def happenings(at: int) -> Iterator[Outside]:
    """Everything that can happen to such a ticket, as far as small desks can tell it apart."""
    yield from (Noted(at=at, by=MARIA), CustomerReplied(at=at, by=ADA), Resolved(at=at, by=MARIA))
    yield from (TagsAdded(at=at, by=MARIA, tags=("x",)), TagsRemoved(at=at, by=MARIA, tags=("x",)))
    yield from (SlotSet(at=at, by=MARIA, level=level) for level in ("low", "high"))
    yield from (FieldSet(at=at, by=MARIA, name="kind", value=value) for value in (None, "a", "b"))
    yield from (FieldSet(at=at, by=MARIA, name="vip", value=value) for value in (None, False, True))


def lives(desk: Desk, depth: int) -> Iterator[tuple[Ticket | None, Outcome, tuple[Outside, ...]]]:
    """Every step of every life of a ticket, so many events deep: the ticket before, the outcome, and the events up to it."""
    waiting: list[tuple[Ticket | None, tuple[Outside, ...]]] = [(None, ())]
    for level in range(depth):
        born: list[tuple[Ticket | None, tuple[Outside, ...]]] = []
        for ticket, events in waiting:
            for event in births() if level == 0 else happenings(START + level):
                try:
                    outcome = desk.handle(ticket, event)
                except TicketcoreError:
                    continue
                yield ticket, outcome, (*events, event)
                born.append((outcome.ticket, (*events, event)))
        waiting = born


def brute_fired(desk: Desk, depth: int = 2) -> set[str]:
    """The rules that fire in some life."""
    return {name for _, outcome, _ in lives(desk, depth) for name in fired_in(outcome)}


def brute_differ(one: Desk, other: Desk, depth: int = 2) -> bool:
    """Whether some life comes to something else under *other*."""
    for _, outcome, events in lives(one, depth):
        ticket: Ticket | None = None
        for event in events[:-1]:
            ticket = other.handle(ticket, event).ticket
        if outcome_of(outcome) != outcome_of(other.handle(ticket, events[-1])):
            return True
    return False


def brute_unsettled(desk: Desk, depth: int = 2) -> set[str]:
    """The rules that at the end of some cycle match once more and find what they set set otherwise."""
    found = set()
    for before, outcome, _ in lives(desk, depth):
        first = next((place for place, event in enumerate(outcome.events) if isinstance(event, RuleFired)), 0)
        was = before if before is not None else fold(outcome.events[:first] or outcome.events[:1])
        for name in fired_in(outcome):
            rule = desk.rules.rule(name)
            if any(_is_undone(action, outcome.ticket) for action in rule.then) and _matches(desk, rule, was, outcome):
                found.add(name)
    return found


def _is_undone(action: Action, ticket: Ticket) -> bool:
    match action.name:
        case "set_priority":
            level: str = ticket.slots["rules"].level
            return level != str(action.value)
        case "add_tag":
            return action.value not in ticket.tags
        case "remove_tag":
            return action.value in ticket.tags
        case "set_field":
            return bool(ticket.fields.get(action.value) != action.options["to"])
        case _:
            return False


def _matches(desk: Desk, rule: Rule, was: Ticket, outcome: Outcome) -> bool:
    def view(event: EventBase) -> View:
        return View(desk.vocabulary, outcome.ticket, outcome.ticket.as_of_us, was, event)

    return any(event.kind in rule.on and holds(rule.when, view(event)) for event in outcome.events)


def brute_loops(desk: Desk) -> bool:
    """Whether some ticket, left alone after its creation or one event more, has a rule come up more than thirty times in 200 days."""
    for birth in births():
        for event in (None, Resolved(at=START + 1, by=MARIA), Noted(at=START + 1, by=MARIA), CustomerReplied(at=START + 1, by=ADA)):
            ticket = desk.handle(None, birth).ticket
            if event is not None:
                try:
                    ticket = desk.handle(ticket, event).ticket
                except TicketcoreError:  # a rule has moved the ticket where the event is refused
                    continue
            counts = Counter(one.rule for one in desk.tick(ticket, START + 200 * DAY_US).events if isinstance(one, RuleFired))
            if counts and max(counts.values()) > 30:
                return True
    return False


# --- whether a finding is true -----------------------------------------------------------------------------------------


def is_shown(desk: Desk, finding: Finding) -> bool:
    """Whether the witness of a finding, replayed, shows what it says; a finding without one says why it is certain."""
    if finding.verdict == "unknown":
        return True
    if finding.witness is None:
        return bool(finding.because)
    names = [one.rule.name for one in placed(desk) if repr(one.rule.name) in finding.message]
    outcomes = finding.witness.replay(desk)
    fired = Counter(event.rule for outcome in outcomes for event in outcome.events if isinstance(event, RuleFired))
    match finding.code:
        case "shadowed-rule":
            here = next(one.rule.name for one in placed(desk) if one.place == finding.place)
            return here not in fired and bool(set(names) & set(fired))
        case "duplicate-rule":
            return set(names) <= set(fired)
        case "illegal-action":
            return any(event.kind == "action_refused" for event in outcomes[-1].events)
        case "order-sensitive":
            by_name = {one.rule.name: one for one in placed(desk)}
            above, below = sorted((by_name[name] for name in names), key=lambda one: one.number)
            return differ(*together(desk, above, below), finding.witness)
        case "unsettled":
            return bool(names) and set(names) <= set(fired)
        case "runs-on":
            ticket = Script(finding.witness.moments).ticket(desk)
            later = desk.tick(ticket, ticket.as_of_us + 700 * DAY_US)
            return sum(isinstance(event, RuleFired) and event.rule in names for event in later.events) > 10
        case _:
            return False


# --- tallies -----------------------------------------------------------------------------------------------------------


@define
class Tally:
    """What was counted, and whatever went against expectation, as text."""

    counts: Counter[str] = field(factory=Counter)
    wrong: list[str] = field(factory=list)


def judge_healthy(numbers: range) -> Tally:
    """Rule sets with nothing wrong: nothing may be found in them."""
    tally = Tally()
    for number in numbers:
        found = lint(healthy(number))
        tally.counts["sets"] += 1
        tally.wrong += [f"healthy {number}: {finding}" for finding in found]
    return tally


def judge_seeded(numbers: range) -> Tally:
    """Rule sets with two defects each: how many are found, and which findings are false."""
    tally = Tally()
    for number in numbers:
        desk, defects = seeded(number)
        found = lint(desk)
        guilty = {repr(rule) for defect in defects for rule in defect.rules}
        for defect in defects:
            tally.counts["defects"] += 1
            named = [
                one for one in found.of(defect.code) if one.verdict == "proven" and any(repr(rule) in one.message for rule in defect.rules)
            ]
            tally.counts["found" if named else f"missed {defect.code}"] += 1
        for finding in found:
            tally.counts["findings"] += 1
            tally.counts["unknown"] += finding.verdict == "unknown"
            if not any(name in finding.message for name in guilty) or not is_shown(desk, finding):
                tally.wrong.append(f"seeded {number}: {finding.told()}")
    return tally


ORDER_BUDGET = 600  # steps in which two desks are walked side by side for a pair that nothing else decides


def judge_small(numbers: range, budget: int = ORDER_BUDGET) -> Tally:
    """Small desks against brute force: what never fires, whose order matters, what does not settle."""
    tally = Tally()
    for number in numbers:
        compare_small(small_desk(Random(f"small {number}")), tally, f"small {number}", budget)
    return tally


def compare_small(desk: Desk, tally: Tally, name: str, budget: int = ORDER_BUDGET) -> None:
    """One small desk: every claim of lint's beside brute force."""
    fires = brute_fired(desk)
    found = lint(desk)
    for finding in found.of("contradictory-rule", "unreachable-rule", "shadowed-rule"):
        rule = next(one.rule.name for one in placed(desk) if one.place == finding.place)
        tally.counts[f"never {finding.verdict}"] += 1
        if finding.verdict == "proven" and rule in fires:
            tally.wrong.append(f"{name}: {rule} fires, but {finding}")
    tally.wrong += [f"{name}: {finding.told()}" for finding in found if not is_shown(desk, finding)]
    survey = Survey(desk)
    for pair in order_of(desk, survey, budget=budget):
        tally.counts[f"pairs {pair.verdict}"] += 1
        one, other = together(desk, pair.above, pair.below)
        if pair.verdict == "commutes" and brute_differ(one, other):
            tally.wrong.append(f"{name}: {pair} does not commute")
        if pair.verdict == "differs" and (pair.witness is None or not differ(one, other, pair.witness)):
            tally.wrong.append(f"{name}: {pair} is not shown")
    verdict, shown = settled(desk, survey)
    loose = brute_unsettled(desk)
    tally.counts[f"settling {verdict}"] += 1
    if loose:
        tally.counts["unsettled by brute force"] += 1
        tally.counts["of these shown"] += bool(shown)
    if verdict == "proven" and loose:
        tally.wrong.append(f"{name}: said to settle, but {loose} do not")


def judge_timed(numbers: range) -> Tally:
    """Desks of time rules against brute force: what runs on."""
    tally = Tally()
    for number in numbers:
        compare_timed(timed_desk(Random(f"timed {number}")), tally, f"timed {number}")
    return tally


def compare_timed(desk: Desk, tally: Tally, name: str) -> None:
    """One desk of time rules: whether it runs on, beside brute force."""
    loops, circles = brute_loops(desk), running_circles(desk)
    found = list(judge_running(desk, Survey(desk))) if circles else []
    shown = [finding for finding in found if finding.verdict == "proven"]
    verdict = "shown" if shown else "unknown" if found else "proven to end"
    tally.counts[verdict] += 1
    if loops:
        tally.counts["loops by brute force"] += 1
        tally.counts["of these shown"] += bool(shown)
    if loops and not circles:
        tally.wrong.append(f"{name}: said to end, but it loops")
    tally.wrong += [f"{name}: {finding.told()}" for finding in shown if not is_shown(desk, finding)]


def main(count: int, budget: int) -> int:
    """Print the figures of *count* rule sets of each sort."""
    judges: tuple[tuple[str, Callable[[], Tally]], ...] = (
        ("healthy", lambda: judge_healthy(range(count))), ("seeded", lambda: judge_seeded(range(count))),
        ("small", lambda: judge_small(range(5 * count), budget)), ("timed", lambda: judge_timed(range(10 * count))),
    )  # fmt: skip
    failed = 0
    for what, judge in judges:
        tally = judge()
        print(f"{what}: " + ", ".join(f"{name} {number}" for name, number in sorted(tally.counts.items())) + f"; wrong {len(tally.wrong)}")
        print("\n".join(tally.wrong[:5]), flush=True)
        failed += len(tally.wrong)
    return failed


if __name__ == "__main__":
    given = [int(text) for text in sys.argv[1:3]]
    sys.exit(min(1, main(given[0] if given else 100, given[1] if len(given) > 1 else ORDER_BUDGET)))
