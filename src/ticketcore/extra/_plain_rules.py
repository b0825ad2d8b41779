"""The rules of a desk tried one by one, top to bottom, as docs/explanation/step.md says and no faster.

What watches rules at work, or tries them in another order, stands on this: `PlainRules` takes the place of a desk's compiled
rules (`with_rules`), and each thing it does is a method that another class may do otherwise. A test holds it equal to the desk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, cast

from attrs import frozen

from ticketcore._values import changed
from ticketcore.conditions import View, Vocabulary, compiled, names_category
from ticketcore.desk import Desk
from ticketcore.model import Draft, EventBase, Ticket
from ticketcore.rules import Cycle, Rule, Rules, is_automatic

__all__ = ["Entry", "Match", "PlainRules", "entries_of", "places", "with_rules"]

_SLEEPING: Final = ("closed", "removed")
Match = tuple[EventBase | None, int, "tuple[Entry, ...]"]  # the event listened to, the number of a repetition, ladder steps passed over


@frozen(eq=False)
class Entry:
    """One rule in its place: where it stands in the desk, its set, its bit, and its condition made ready."""

    place: str
    set_name: str
    rule: Rule
    bit: int
    holds: Callable[[View], bool]
    awake: frozenset[str]  # the categories in which rules sleep that its condition names


def places(rules: Rules) -> Iterator[tuple[str, str, Rule]]:
    """Every rule, steps of ladders included, in the order they are tried: place, name of its set, rule (disabled with its set)."""
    for where, set_name, rule in rules._all():
        yield where.removesuffix(".name"), set_name, rule


def entries_of(rules: Rules, vocabulary: Vocabulary) -> tuple[Entry, ...]:
    """The rules that may fire, in order."""
    found = [one for one in places(rules) if one[2].enabled]
    return tuple(
        Entry(
            place, set_name, rule, 1 << number, compiled(rule.when, vocabulary),
            frozenset(category for category in _SLEEPING if names_category(rule.when, vocabulary, category)),
        )
        for number, (place, set_name, rule) in enumerate(found)
    )  # fmt: skip


class PlainRules:
    """Rules that run without an index; in all else those of the desk."""

    def __init__(self, desk: Desk) -> None:
        self.rules: Final[Rules] = desk.rules
        self.entries: Final = entries_of(desk.rules, desk.vocabulary)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.rules, name)

    def run(self, cycle: Cycle, fired: int, closed: set[str]) -> int:
        """Passes until nothing new fires; each rule at most once in a cycle."""
        while True:
            before = fired
            for entry in self.entries:
                if fired & entry.bit:
                    continue
                match = self.match(entry, cycle, fired, closed)
                if match is not None:
                    fired |= entry.bit
                    for lower in match[2]:
                        fired |= lower.bit
                    self.fire(entry, cycle, match)
                    if entry.rule.stop:
                        closed.add(entry.set_name)
            if fired == before:
                return fired

    def match(self, entry: Entry, cycle: Cycle, fired: int, closed: set[str]) -> Match | None:
        """What the rule fires on now; None: it does not. A closed set holds back its event rules only."""
        if entry.rule.is_timed:
            return self._time_match(entry, cycle, fired)
        return None if entry.set_name in closed else self.event_match(entry, cycle, cycle.happened_events())

    def event_match(self, entry: Entry, cycle: Cycle, events: list[EventBase]) -> Match | None:
        """The earliest of *events* that the rule listens to and for which it holds."""
        on, automatic = entry.rule.on, entry.rule.automatic
        for event in events:
            listens = event.kind in on if on else event.is_outside and not event.cause
            if not listens or (is_automatic(event) and not automatic):
                continue
            view = cycle.view(event)
            if not asleep(entry, view.ticket, cycle.before) and self.ask(entry, view):
                return event, 0, ()
        return None

    def ask(self, entry: Entry, view: View) -> bool:
        """Whether the rule's condition holds."""
        return entry.holds(view)

    def fire(self, entry: Entry, cycle: Cycle, match: Match) -> None:
        """Have the step record the firing and carry out the actions."""
        event, number, passed = match
        cycle.fire(entry.rule, event, number, tuple(lower.rule.name for lower in passed))

    def _time_match(self, entry: Entry, cycle: Cycle, fired: int) -> Match | None:
        """Whether a time rule rises, or repeats, now. Of several steps of one ladder only the highest fires."""
        number = self._risen(entry, cycle, self.ask)
        ladder = entry.rule.ladder
        if number is None or ladder is None:
            return None if number is None else (None, number, ())
        lower = []
        for other in self.entries:
            theirs = other.rule.ladder
            if theirs is None or theirs.name != ladder.name or other is entry or fired & other.bit:
                continue
            if self._risen(other, cycle, _quietly) is not None:
                if theirs.step > ladder.step:
                    return None
                lower.append(other)
        return None, 0, tuple(lower)

    def _risen(self, entry: Entry, cycle: Cycle, ask: Callable[[Entry, View], bool]) -> int | None:
        """The number of the firing that is due now: 0 if the rule does not repeat; None if nothing is due."""
        rule, view = entry.rule, cycle.view(None)
        if asleep(entry, view.ticket, cycle.before) or not ask(entry, view):
            return None
        before = cycle.view_before()
        if before is None or asleep(entry, before.ticket, before.ticket) or not entry.holds(before):
            return 0 if rule.every_us is None else 1
        repeat = view.ticket.repeats.get(rule.name)
        if rule.every_us is None or repeat is None or repeat.number >= rule.times:
            return None
        due_us: int = repeat.first_us + rule.every_us * repeat.number
        return repeat.number + 1 if due_us == cycle.at_us else None


def _quietly(entry: Entry, view: View) -> bool:
    return entry.holds(view)


def asleep(entry: Entry, now: Ticket | Draft, before: Ticket | Draft | None) -> bool:
    """Whether the ticket was and is closed or removed, and the rule does not name that category."""
    if now.category not in _SLEEPING or now.category in entry.awake:
        return False
    return before is None or (before.category in _SLEEPING and before.category not in entry.awake)


def with_rules(desk: Desk, rules: PlainRules) -> Desk:
    """*desk*, its rules run by *rules*: the same fingerprint, so the same tickets."""
    return changed(desk, rules=cast("Rules", rules))
