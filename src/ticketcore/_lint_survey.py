"""One look at what happens on a desk: which rules fire, together or after each other, and what is refused, each with a script.

A survey walks the desk once and remembers the first script that shows each thing; what it has not seen is then looked for
by itself, from tickets made for it (`Survey.reach`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from ticketcore._lint_domain import Wanted, solutions
from ticketcore._lint_footprint import footprint, share
from ticketcore._lint_script import Script, shrink
from ticketcore._lint_space import Space, Visit, Walk
from ticketcore._time import DAY_US
from ticketcore.conditions import AllOf, AnyOf, Condition, Not, Test, View, holds, is_timed
from ticketcore.desk import Desk, Outcome
from ticketcore.errors import TicketcoreError
from ticketcore.model import ActionRefused, EventBase, Outside, RuleFired, Ticket
from ticketcore.rules import Rule

__all__ = ["Survey", "cycles_of", "seeds_for"]

PATIENCE_US: Final = 120 * DAY_US  # for so long nobody acts before something is taken not to happen by itself
_KEPT: Final = 3  # scripts of one pair of rules
_DEPTH: Final = 12
_BUDGET: Final = 500
_REACH_DEPTH: Final = 7
_REACH_BUDGET: Final = 700


def seeds_for(desk: Desk, *conditions: Condition, most: int = 6) -> list[Any]:
    """Values of fields for which all of *conditions* hold, to create tickets with."""
    return list(solutions([Wanted(one) for one in conditions], desk.vocabulary, most=most))


def cycles_of(events: Iterable[EventBase]) -> Iterator[list[EventBase]]:
    """The events of an outcome, cycle by cycle: each begins with a moment of people or with something that time brought."""
    found: list[EventBase] = []
    moment = ""
    for event in events:
        outside = isinstance(event, Outside) and event.is_outside and not event.cause
        begins = event.is_due or (outside and (not found or event.moment != moment))  # type: ignore[attr-defined]  # it is outside
        if begins and found:
            yield found
            found = []
        if outside:
            moment = event.moment  # type: ignore[attr-defined]  # as above
        elif event.is_due:
            moment = ""
        found.append(event)
    if found:
        yield found


def distance(condition: Condition, view: View) -> int:
    """How many tests of a condition would have to turn out otherwise for it to hold; numbers count how far they are from it.

    Tests of time and of events are left out: time passes, and events come.
    """
    match condition:
        case AllOf(parts):
            return sum(distance(part, view) for part in parts)
        case AnyOf(parts):
            return min((distance(part, view) for part in parts), default=1)
        case Test(field=name, op=op, value=value) if not name.startswith(("event.", "sla.")):
            if holds(condition, view):
                return 0
            seen = view.vocabulary.field(name).read(view)
            far = op in ("at_least", "above") and type(seen) is int and type(value) is int
            return min(value - seen, _FARTHEST) + (op == "above") if far else 1
        case Not(part) if not is_timed(part):
            return int(not holds(condition, view))
        case _:
            return 0


_FARTHEST: Final = 20
_TIMELY: Final = frozenset({"woken", "warned", "breached", "time_reached"})


class Survey:
    """What a walk through a desk has shown. *budget* bounds the steps of the walk, and of each later search."""

    def __init__(self, desk: Desk, *, depth: int = _DEPTH, budget: int = _BUDGET) -> None:
        self.desk: Final = desk
        self.fired: Final[dict[str, Script]] = {}
        self.refused: Final[dict[tuple[str, str], tuple[Script, str]]] = {}
        self.together: Final[dict[tuple[str, str], list[Script]]] = {}
        self.visits: Final[list[Visit]] = []
        self._seeds = [seed for rule in desk.rules if rule.enabled for seed in seeds_for(desk, rule.when, most=2)]
        self._missed: Final[set[str]] = set()
        walk = Walk(Space([desk], seeds=self._seeds, limit=budget // 3), depth=depth, budget=budget)
        for visit in walk:
            self._look(visit, self.visits.append)
        self.is_closed: Final = walk.is_closed
        self.steps = walk.steps

    def _look(self, visit: Visit, keep: Callable[[Visit], None]) -> None:
        outcome = visit.outcomes[0]
        if isinstance(outcome, TicketcoreError):
            return
        keep(visit)
        self._note(outcome, visit.script)

    def _note(self, outcome: Outcome, script: Script) -> None:
        """Remember what an outcome shows for the first time."""
        for cycle in cycles_of(outcome.events):
            rules: list[str] = []
            here = script if not cycle[0].is_due else Script(script.moments, cycle[0].at_us)
            for event in cycle:
                if isinstance(event, RuleFired):
                    self.fired.setdefault(event.rule, here)
                    rules.append(event.rule)
                elif isinstance(event, ActionRefused) and event.rule:
                    self.refused.setdefault((event.rule, event.action), (here, event.reason))
            for number, one in enumerate(rules):
                for other in rules[number + 1 :]:
                    scripts = self.together.setdefault((one, other), [])
                    if len(scripts) < _KEPT:
                        scripts.append(here)

    def reach(self, rule: Rule) -> Script | None:
        """A script at whose end the rule fires, or None if none was found."""
        if rule.name not in self.fired and rule.name not in self._missed:
            self._search(rule, lambda: rule.name in self.fired)
        return self.fired.get(rule.name)

    def reach_refusal(self, rule: Rule, action: str) -> tuple[Script, str] | None:
        """A script at whose end an action of a rule is refused, with the reason; None if none was found."""
        if (rule.name, action) not in self.refused and rule.name not in self._missed:
            self._search(rule, lambda: (rule.name, action) in self.refused)
        return self.refused.get((rule.name, action))

    def _search(self, rule: Rule, done: Callable[[], bool]) -> None:
        """Walk from tickets made for one rule, letting time pass from each state, until it is found."""
        desk = self.desk
        helpers = self._helpers(rule)
        by_time = any(desk.rules.rule(name).is_timed for name in helpers) or bool(rule.on & _TIMELY)
        space = Space([desk], seeds=seeds_for(desk, rule.when), rules=helpers, limit=60)
        walk = Walk(space, depth=_REACH_DEPTH, budget=_REACH_BUDGET, distance=self._nearness(rule))
        for visit in walk:
            self._look(visit, self.visits.append)
            if done():
                break
            outcome = visit.outcomes[0]
            if by_time and not isinstance(outcome, TicketcoreError) and outcome.wake_us is not None:
                later = desk.tick(outcome.ticket, visit.now_us + PATIENCE_US)
                walk.steps += 1 + len(later.events) // 40
                self._note(later, visit.script)
                if done():
                    break
        else:
            self._missed.add(rule.name)
        self.steps += walk.steps

    def _nearness(self, rule: Rule) -> Callable[[Ticket], int]:
        """How far a ticket is from meeting a rule's condition."""
        words = self.desk.vocabulary
        return lambda ticket: distance(rule.when, View(words, ticket, ticket.as_of_us))

    def _helpers(self, rule: Rule) -> frozenset[str]:
        """The rule and those that write, at one remove or two, what it reads."""
        names, wanted = {rule.name}, set(footprint(rule, self.desk).reads)
        for _ in range(2):
            for other in self.desk.rules:
                made = footprint(other, self.desk)
                if other.enabled and other.name not in names and (share(made.writes, wanted) or made.makes & rule.on):
                    names.add(other.name)
                    wanted |= made.reads
        return frozenset(names)

    def smallest(self, script: Script, shows: Callable[[Outcome], bool]) -> Script:
        """The script with everything left out that is not needed for its last outcome to show it."""

        def still(smaller: Script) -> Script | None:
            return smaller if shows(smaller.replay(self.desk)[-1]) else None

        return shrink(script, still)
