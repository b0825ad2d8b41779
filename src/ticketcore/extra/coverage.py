"""How much of a desk's rules a set of histories has tried: which rules fired, which tests were ever true and ever false.

`coverage` replays histories and counts; `Watch` is the same for whoever drives the desk himself (a test suite, say)::

    print(coverage(desk, histories))
    watch = Watch(desk)                  # hand watch.desk to whatever wants a desk, then ask
    print(watch.coverage())

A rule is asked whenever something happens that it listens to (a time rule: in every cycle), and then each test of its condition is
asked, also those whose answer no longer matters. Counts are of cycles: a rule that is asked again and again in one cycle, because
others have fired, counts as asked once. On closed and removed tickets no rule is asked that sleeps there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any, Final

from attrs import evolve, field, frozen

from ticketcore._names import hint
from ticketcore._time import duration_us
from ticketcore._values import changed
from ticketcore.conditions import AllOf, AnyOf, Condition, Not, View, compiled, say
from ticketcore.desk import Desk
from ticketcore.errors import BadValue, TicketcoreError, UnknownName, shorten
from ticketcore.extra._plain_rules import Entry, Match, PlainRules, places, with_rules
from ticketcore.model import EventBase
from ticketcore.replay import Replay, moments
from ticketcore.rules import Action, Cycle, Rule

__all__ = ["Answers", "Coverage", "Deeds", "RuleCoverage", "Watch", "coverage", "leaves", "many", "say_action"]

History = Iterable[EventBase]


def leaves(condition: Condition, path: str = "when") -> Iterator[tuple[str, Condition]]:
    """The tests of a condition, each with its place in it: ``when.all[1].not``.

    >>> from ticketcore import field
    >>> [(path, say(test)) for path, test in leaves(field.tags.has("vip") & ~(field.channel == "phone"))]
    [('when.all[0]', "tags has 'vip'"), ('when.all[1].not', "channel is 'phone'")]
    """
    match condition:
        case AllOf(parts) | AnyOf(parts):
            word = "all" if isinstance(condition, AllOf) else "any"
            for number, part in enumerate(parts):
                yield from leaves(part, f"{path}.{word}[{number}]")
        case Not(part):
            yield from leaves(part, f"{path}.not")
        case _:
            yield path, condition


def say_action(action: Action) -> str:
    """An action in a few words: ``add_tag 'vip'``.

    >>> say_action(Action("add_tag", "vip")), say_action(Action("close"))
    ("add_tag 'vip'", 'close')
    """
    return action.name if action.value is True or action.value is None else f"{action.name} {action.value!r}"


# --- the account -----------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class Answers:
    """In how many cycles one test of a rule's condition was true, and false, at least once when the rule was asked.

    >>> from ticketcore import Created, field
    >>> vip = Rule(name="vip", on=["created"], when=field.requester.tier == "gold", then=[Action("add_tag", "vip")])
    >>> [test] = coverage(Desk(rules=[vip]), [[Created(at=0, ticket="T-1")]]).rule("vip").tests
    >>> test.path, test.true, test.false, test.missing
    ('when', 0, 1, ('true',))
    """

    path: str
    test: Condition
    true: int = 0
    false: int = 0

    @property
    def missing(self) -> tuple[str, ...]:
        """What it never was: true, false."""
        return ("true",) * (not self.true) + ("false",) * (not self.false)


@frozen(kw_only=True)
class Deeds:
    """What one action of a rule came to: so often it did something, would have changed nothing, was refused.

    >>> from ticketcore import Created
    >>> hasty = Rule(name="hasty", on=["created"], then=[Action("close")])
    >>> [deed] = coverage(Desk(rules=[hasty]), [[Created(at=0, ticket="T-1")]]).rule("hasty").actions
    >>> deed.path, deed.done, deed.nothing, deed.refused
    ('then[0]', 0, 0, 1)
    """

    path: str
    action: Action
    done: int = 0
    nothing: int = 0
    refused: int = 0


def _answers(value: Iterable[Answers]) -> tuple[Answers, ...]:
    return tuple(value)


def _deeds(value: Iterable[Deeds]) -> tuple[Deeds, ...]:
    return tuple(value)


@frozen(kw_only=True)
class RuleCoverage:
    """One rule: in how many cycles it was asked, in how many its condition held when it was, how often it fired; its tests and actions.

    >>> from ticketcore import Created, field
    >>> vip = Rule(name="vip", on=["created"], when=field.requester.tier == "gold", then=[Action("add_tag", "vip")])
    >>> rule = coverage(Desk(rules=[vip]), [[Created(at=0, ticket="T-1")]]).rule("vip")
    >>> rule.asked, rule.fired, rule.covered, rule.total, list(rule.missing())
    (1, 0, 1, 4, ['never fired, asked once', "when: requester.tier is 'gold': never true"])
    """

    rule: str
    place: str
    enabled: bool = True
    asked: int = 0
    held: int = 0
    fired: int = 0
    tests: tuple[Answers, ...] = field(default=(), converter=_answers)
    actions: tuple[Deeds, ...] = field(default=(), converter=_deeds)

    @property
    def total(self) -> int:
        """Its branches: that it fires, each test true and false, each action doing something. None of a disabled rule."""
        return 1 + 2 * len(self.tests) + len(self.actions) if self.enabled else 0

    @property
    def covered(self) -> int:
        """How many of them were seen."""
        seen = (self.fired > 0) + sum(2 - len(test.missing) for test in self.tests) + sum(deed.done > 0 for deed in self.actions)
        return seen if self.enabled else 0

    def missing(self) -> Iterator[str]:
        """What was not seen, a line each."""
        if not self.enabled:
            return
        if not self.fired:
            yield "never asked" if not self.asked else f"never fired, asked {_times(self.asked)}"
        for test in self.tests:
            if test.missing and self.asked:
                yield f"{test.path}: {say(test.test)}: never {' nor '.join(test.missing)}"
        for deed in self.actions:
            if not deed.done and self.fired:
                came_to = "always refused" if deed.refused and not deed.nothing else "never changed anything"
                yield f"{deed.path}: {say_action(deed.action)}: {came_to}"


def many(count: int, one: str, more: str = "") -> str:
    """So many of something: ``1 rule``, ``2 rules``.

    >>> many(1, "rule"), many(2_000, "rule"), many(2, "history", "histories")
    ('1 rule', '2,000 rules', '2 histories')
    """
    return f"{count:,} {one if count == 1 else more or one + 's'}"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _rules(value: Iterable[RuleCoverage]) -> tuple[RuleCoverage, ...]:
    return tuple(value)


@frozen(kw_only=True)
class Coverage:
    """What a set of histories has tried of a desk's rules, in the order of the rules. Prints what is missing.

    ``refused`` counts the moments that the desk refused: they changed nothing and tried no rule to its end.

    >>> from ticketcore import Created, Person, field
    >>> vip = Rule(name="vip", on=["created"], when=field.requester.tier == "gold", then=[Action("add_tag", "vip")])
    >>> gold, plain = ([Created(at=0, ticket="T-1", by=Person(tier=tier))] for tier in ("gold", ""))
    >>> one, other = coverage(Desk(rules=[vip]), [gold]), coverage(Desk(rules=[vip]), [plain])
    >>> one.covered, other.covered, (one + other).percent
    (3, 1, 100)
    >>> print(one)
    desk: 3 of 4 branches of 1 rule (75 %) by 1 history (1 moment)
      rules[0] 'vip'
        when: requester.tier is 'gold': never false
    >>> one.missing(), one.rule("vip").fired, one.total
    (("rules[0] 'vip': when: requester.tier is 'gold': never false",), 1, 4)
    >>> one.rows()[1]
    {'rule': 'vip', 'place': 'rules[0]', 'what': 'when', 'text': "requester.tier is 'gold'", 'yes': 1, 'no': 0, 'refused': 0}
    """

    desk: str
    fingerprint: str
    rules: tuple[RuleCoverage, ...] = field(default=(), converter=_rules)
    histories: int = 0
    moments: int = 0
    refused: int = 0

    @property
    def total(self) -> int:
        """All branches (`RuleCoverage.total`)."""
        return sum(rule.total for rule in self.rules)

    @property
    def covered(self) -> int:
        """Those that were seen."""
        return sum(rule.covered for rule in self.rules)

    @property
    def percent(self) -> int:
        """The share seen in whole percent, rounded down: 100 means all. A desk without rules has all."""
        return self.covered * 100 // self.total if self.total else 100

    def rule(self, name: str) -> RuleCoverage:
        """The account of one rule. Raises `UnknownName`."""
        for rule in self.rules:
            if rule.rule == name:
                return rule
        raise UnknownName(f"unknown rule {shorten(name)}", value=shorten(name), hint=hint(name, (rule.rule for rule in self.rules)))

    def missing(self) -> tuple[str, ...]:
        """Everything that was not seen, a line each, with its place."""
        return tuple(f"{rule.place} {rule.rule!r}: {line}" for rule in self.rules for line in rule.missing())

    def rows(self) -> list[dict[str, Any]]:
        """Plain rows for a data frame: one for each rule, test and action, with its counts."""
        found: list[dict[str, Any]] = []
        for rule in self.rules:
            head = {"rule": rule.rule, "place": rule.place}
            found.append({**head, "what": "rule", "text": "", "yes": rule.fired, "no": rule.asked - rule.held, "refused": 0})
            found += [
                {**head, "what": test.path, "text": say(test.test), "yes": test.true, "no": test.false, "refused": 0} for test in rule.tests
            ]
            found += [
                {**head, "what": deed.path, "text": say_action(deed.action), "yes": deed.done, "no": deed.nothing, "refused": deed.refused}
                for deed in rule.actions
            ]
        return found

    def __add__(self, other: Coverage) -> Coverage:
        """Both together. Raises `BadValue` for the coverage of another desk."""
        if not isinstance(other, Coverage) or other.fingerprint != self.fingerprint:
            raise BadValue("only coverage of one desk can be added", value=getattr(other, "fingerprint", ""))
        return evolve(
            self, rules=[_sum(mine, theirs) for mine, theirs in zip(self.rules, other.rules, strict=True)],
            histories=self.histories + other.histories, moments=self.moments + other.moments, refused=self.refused + other.refused,
        )  # fmt: skip

    def __str__(self) -> str:
        refused = f", {self.refused} refused" if self.refused else ""
        what = f"{self.covered} of {self.total} branches of {many(len(self.rules), 'rule')} ({self.percent} %)"
        by = f"{many(self.histories, 'history', 'histories')} ({many(self.moments, 'moment')}{refused})"
        lines = [f"{self.desk}: {what} by {by}"]
        for rule in self.rules:
            missing = list(rule.missing())
            if missing or not rule.enabled:
                lines.append(f"  {rule.place} {rule.rule!r}" + ("" if rule.enabled else " is disabled"))
                lines += [f"    {line}" for line in missing]
        return "\n".join(lines)


_COUNTS: Final = {RuleCoverage: ("asked", "held", "fired"), Answers: ("true", "false"), Deeds: ("done", "nothing", "refused")}


def _sum(one: Any, other: Any) -> Any:
    changes = {name: getattr(one, name) + getattr(other, name) for name in _COUNTS[type(one)]}
    for name in ("tests", "actions"):
        if isinstance(one, RuleCoverage):
            changes[name] = tuple(_sum(mine, theirs) for mine, theirs in zip(getattr(one, name), getattr(other, name), strict=True))
    return evolve(one, **changes)


# --- the counting ----------------------------------------------------------------------------------------------------


Key = tuple[str, str, str]  # a rule, a place in it or "", and what was seen there


class _Watched(PlainRules):
    """Rules that count what they are asked and what they do."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.counts: Counter[Key] = Counter()
        self._tests = {
            entry.rule.name: [(path, compiled(test, desk.vocabulary)) for path, test in leaves(entry.rule.when)] for entry in self.entries
        }
        self._cycle: list[EventBase] = []  # the events of the cycle at hand, which has no other name
        self._known: set[Key] = set()  # what was seen in it

    def run(self, cycle: Cycle, fired: int, closed: set[str]) -> int:
        """As `PlainRules.run`; a new cycle is a new occasion to be asked."""
        if cycle.happened_events() is not self._cycle:
            self._cycle, self._known = cycle.happened_events(), set()
        return super().run(cycle, fired, closed)

    def ask(self, entry: Entry, view: View) -> bool:
        """As asked, and each test for itself."""
        name, held = entry.rule.name, super().ask(entry, view)
        seen: list[Key] = [(name, "", "asked")]
        if held:
            seen.append((name, "", "held"))
        seen += [(name, path, "true" if test(view) else "false") for path, test in self._tests[name]]
        for key in seen:
            if key not in self._known:
                self._known.add(key)
                self.counts[key] += 1
        return held

    def fire(self, entry: Entry, cycle: Cycle, match: Match) -> None:
        """The step goes through the actions one by one; what has come of each is looked at before it takes the next."""
        self.counts[entry.rule.name, "", "fired"] += 1
        handed_out = changed(entry.rule, then=self._actions(entry, cycle))
        super().fire(evolve(entry, rule=handed_out), cycle, match)

    def _actions(self, entry: Entry, cycle: Any) -> Iterator[Action]:
        rule = entry.rule.name
        for number, action in enumerate(entry.rule.then):
            events, effects = len(cycle.events), len(cycle.queue)
            yield action
            made = cycle.events[events:]
            refused = any(event.kind == "action_refused" and event.rule == rule for event in made)
            came_to = "refused" if refused else "done" if made or len(cycle.queue) > effects else "nothing"
            self.counts[rule, f"then[{number}]", came_to] += 1


class Watch:
    """A desk that is watched at work: use ``watch.desk`` as the desk, then ask for the `coverage`.

    Tickets are the same, whichever of the two desks made them. Counts go on for as long as the watch lives. A step that is refused is
    void, but what time brought in it has been counted; `over` leaves that out.

    >>> from ticketcore import Action, Created, Desk, Person, Rule, field
    >>> vip = Rule(name="vip", on=["created"], when=field.requester.tier == "gold", then=[Action("add_tag", "vip")])
    >>> watch = Watch(Desk(rules=[vip]))
    >>> _ = watch.desk.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada")))
    >>> watch.coverage().missing()
    ("rules[0] 'vip': never fired, asked once", "rules[0] 'vip': when: requester.tier is 'gold': never true")
    """

    def __init__(self, desk: Desk) -> None:
        self._watched: Final = _Watched(desk)
        self._given: Final = desk
        self.desk: Final = with_rules(desk, self._watched)
        self.histories = self.moments = self.refused = 0

    def over(self, history: History, wait: timedelta | str | None = None) -> None:
        """Replay one history, of one ticket or of many, then let time pass for *wait*. What the desk refuses is counted and left out.

        >>> from ticketcore import Action, Created, Rule, since
        >>> watch = Watch(Desk(rules=[Rule(name="old", when=since("created") >= "2d", then=[Action("notify", "lead")])]))
        >>> watch.over([Created(at=0, ticket="T-1")])
        >>> watch.over([Created(at=0, ticket="T-1")], wait="3d")
        >>> watch.coverage().rule("old").fired
        1
        """
        run = Replay(self.desk)
        self.histories += 1
        last_us: int | None = None
        for moment in moments(history):
            self.moments += 1
            last_us = moment[0].at_us if last_us is None else max(last_us, moment[0].at_us)
            counts, self._watched.counts = self._watched.counts, Counter()
            try:
                run.feed(*moment)
                counts.update(self._watched.counts)
            except TicketcoreError:  # what was due before it is void too, and will be lived through again
                self.refused += 1
            self._watched.counts = counts
        if wait is not None and last_us is not None:
            for _ in run.settle(last_us + duration_us(wait)):
                pass

    def coverage(self) -> Coverage:
        """The account so far."""
        rules = []
        for place, _, rule in places(self._given.rules):
            tests = [Answers(path=path, test=test, **self._seen(rule, path, "true", "false")) for path, test in leaves(rule.when)]
            actions = [
                Deeds(path=f"then[{number}]", action=action, **self._seen(rule, f"then[{number}]", "done", "nothing", "refused"))
                for number, action in enumerate(rule.then)
            ]
            seen = self._seen(rule, "", "asked", "held", "fired")
            rules.append(RuleCoverage(rule=rule.name, place=place, enabled=rule.enabled, tests=tests, actions=actions, **seen))
        return Coverage(
            desk=self._given.name, fingerprint=self._given.fingerprint, rules=rules, histories=self.histories, moments=self.moments,
            refused=self.refused,
        )  # fmt: skip

    def _seen(self, rule: Rule, path: str, *what: str) -> dict[str, int]:
        return {word: self._watched.counts[rule.name, path, word] for word in what}


def coverage(desk: Desk, histories: Iterable[History], *, wait: timedelta | str | None = None) -> Coverage:
    """What *histories* try of the rules of *desk*: each is replayed on its own, then time passes for *wait*.

    A history is what `ticketcore.replay.replay` takes. What the desk refuses is counted and left out. Without *wait* a history ends
    with its last event, and what time would bring after it is not seen.

    >>> from ticketcore import Action, Created, Desk, Person, Rule, since
    >>> close = Rule(name="old", when=since("created") >= "2d", then=[Action("notify", "lead")])
    >>> asked = [[Created(at=0, ticket="T-1", by=Person(name="Ada"))]]
    >>> print(coverage(Desk(rules=[close]), asked))
    desk: 1 of 4 branches of 1 rule (25 %) by 1 history (1 moment)
      rules[0] 'old'
        never fired, asked once
        when: at least 2d since created: never true
    >>> coverage(Desk(rules=[close]), asked, wait="3d").percent
    100
    """
    watch = Watch(desk)
    for history in histories:
        watch.over(history, wait)
    return watch.coverage()
