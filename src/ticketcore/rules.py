"""Rules: when something happens, or a condition becomes true by time, do this. One cycle of them always ends.

A rule listens to kinds of events (``on``), or to time; ``when`` says for which tickets, ``then`` what to do. Within one cycle
rules are tried top to bottom, again and again until nothing new fires, and each fires at most once. What an action does to
the ticket becomes an event with its cause, obeys the lifecycle and is refused visibly; what it does to the world is an effect.
An escalation ladder is a row of time rules (docs/explanation/rules.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby
from operator import attrgetter
from typing import Any, Final, Protocol

from attrs import evolve, field, frozen

from ticketcore._actions import ACTIONS, Action, ActionKind, Deed, deed_of
from ticketcore._index import words_wanted
from ticketcore._names import hint
from ticketcore._time import MINUTE_US
from ticketcore._values import name_set
from ticketcore.conditions import (
    TRUE,
    AllOf,
    Condition,
    Index,
    Since,
    Test,
    Timed,
    View,
    Vocabulary,
    compiled,
    is_timed,
    names_category,
    reads_clocks,
)  # fmt: skip
from ticketcore.errors import BadValue, DeskError, Problem, UnknownName, shorten
from ticketcore.model import (
    ClockPaused,
    ClockResumed,
    ClockStarted,
    ClockStopped,
    Draft,
    EventBase,
    Length,
    Outside,
    PolicyApplied,
    Retargeted,
    Target,
    Ticket,
)  # fmt: skip

__all__ = ["ACTIONS", "Action", "ActionKind", "Deed", "Escalation", "Ladder", "Rule", "RuleSet", "Rules", "Step", "deed_of"]


def _actions(value: Iterable[Action]) -> tuple[Action, ...]:
    return tuple(value)


FEW: Final = 32  # rules that are tried one by one; of more, an index says first which of them may hold
MOST_PLANS: Final = 512  # rows of events for which it is remembered which rules listen
_kind_of: Final = attrgetter("kind")
CLOCK_KINDS: Final = frozenset(  # of the events that `ticketcore.sla.Sla.decide` records
    kind.kind for kind in (PolicyApplied, ClockStarted, ClockPaused, ClockResumed, ClockStopped, Retargeted)
)
_SLEEPING: Final = ("closed", "removed")  # no rule runs there unless it names the category


@frozen(kw_only=True)
class Ladder:
    """Which step of which escalation ladder a rule is.

    >>> from ticketcore.model import Length
    >>> steps = [Step(after=Length(hours * 3_600_000_000), then=[Action("notify", "lead")]) for hours in (1, 4)]
    >>> [rule.ladder for rule in Escalation(name="up", when=TRUE, since="created", steps=steps).rules()]
    [Ladder(name='up', step=1), Ladder(name='up', step=2)]
    """

    name: str
    step: int


@frozen(kw_only=True)
class Rule:
    """One rule. Without ``on`` it listens to time if ``when`` has a time test, else to everything from outside.

    ``automatic``: also for messages made by machines. ``stop`` closes the rule's set for the rest of the cycle. A time rule fires
    at the instant its condition becomes true; with ``every_us`` (microseconds, a minute or more) it fires again while it stays
    true, ``times`` times in all, and begins anew when the condition next becomes true. A disabled rule is known but never fires.

    Raises `BadValue` for repetitions that cannot be.

    >>> from ticketcore import AgentReplied, Created, Desk, since
    >>> silent = Rule(name="silent", when=since("last_agent_reply") >= "5d", then=[Action("resolve"), Action("notify", "lead")])
    >>> desk = Desk(rules=[silent])
    >>> ticket = desk.handle(desk.handle(None, Created(at=0, ticket="T-1")).ticket, AgentReplied(at=60_000_000)).ticket
    >>> silent.is_timed, str(desk.wake_at(ticket)), desk.tick(ticket, 6 * 86_400_000_000).ticket.status
    (True, '1970-01-06 00:01:00+00:00', 'resolved')
    """

    name: str
    on: frozenset[str] = field(default=frozenset(), converter=name_set)
    when: Condition = TRUE
    then: tuple[Action, ...] = field(default=(), converter=_actions)
    enabled: bool = True
    stop: bool = False
    automatic: bool = False
    every_us: int | None = None
    times: int = 1
    ladder: Ladder | None = None

    def __attrs_post_init__(self) -> None:
        if self.every_us is not None and self.every_us < MINUTE_US:
            raise BadValue("a time rule repeats at most once a minute", path=f"rules.{self.name}.every")
        if self.every_us is None and self.times != 1:
            raise BadValue("times needs every: how long between the repetitions", path=f"rules.{self.name}.times")
        if not 1 <= self.times <= 1000:
            raise BadValue("times is at least 1 and at most 1000", path=f"rules.{self.name}.times")
        if self.every_us is not None and not self.is_timed:
            raise BadValue(
                "only a time rule repeats", path=f"rules.{self.name}.every", hint="leave out on, and use since, until, sla or hours"
            )

    @property
    def is_timed(self) -> bool:
        """Whether it is a time rule: no ``on``, and a condition that flips by time."""
        return not self.on and is_timed(self.when)


def _some_rules(value: Iterable[Rule]) -> tuple[Rule, ...]:
    return tuple(value)


@frozen(kw_only=True)
class RuleSet:
    """A named list of rules, tried in order; ``stop`` in one of them ends this set only. Names of sets are unique on a desk.

    >>> from ticketcore import Created, Desk
    >>> one, two = (Rule(name=name, on=["created"], then=[Action("add_tag", name)], stop=True) for name in ("one", "two"))
    >>> tags = lambda *sets: sorted(Desk(rules=sets).handle(None, Created(at=0, ticket="T-1")).ticket.tags)
    >>> tags(RuleSet(rules=[one, two])), tags(RuleSet(name="a", rules=[one]), RuleSet(name="b", rules=[two]))
    (['one'], ['one', 'two'])
    """

    name: str = "rules"
    rules: tuple[Rule, ...] = field(default=(), converter=_some_rules)
    enabled: bool = True


@frozen(kw_only=True)
class Step:
    """One step of a ladder: how long after its base instant, and what to do.

    >>> from ticketcore.model import Length
    >>> step = Step(after=Length(3_600_000_000), then=[Action("notify", "lead"), Action("set_priority", "high")])
    >>> str(step.after), [action.name for action in step.then]
    ('1h', ['notify', 'set_priority'])
    """

    after: Target
    then: tuple[Action, ...] = field(converter=_actions)


def _some_steps(value: Iterable[Step]) -> tuple[Step, ...]:
    return tuple(value)


@frozen(kw_only=True)
class Escalation:
    """A ladder: while ``when`` holds and nobody has acknowledged, each step acts once its time since ``since`` has passed.

    ``since`` is an instant field: ``created``, ``last_customer_reply``, ``sla.first_reply.due``, ... ``rounds`` goes through the
    steps that often, ``round_us`` (microseconds) apart. ``hours`` counts the steps in business time. Of several steps due at one
    instant only the highest acts, and names those it passed over.

    Raises `BadValue` for steps that do not go up in time, for more than a hundred of them and for rounds without a distance.

    >>> from ticketcore.conditions import field as of
    >>> from ticketcore.model import Length
    >>> hour, lead = Length(3_600_000_000), (Action("notify", "lead"),)
    >>> ladder = Escalation(name="up", when=of.assignee.is_empty(), since="created", steps=[Step(after=hour, then=lead)])
    >>> [rule.name for rule in ladder.rules()]
    ['up 1']
    """

    name: str
    when: Condition
    since: str
    steps: tuple[Step, ...] = field(converter=_some_steps)
    rounds: int = 1
    round_us: int = 0
    hours: str | None = None
    enabled: bool = True

    def __attrs_post_init__(self) -> None:
        if not self.steps:
            raise BadValue("a ladder needs a step", path=f"escalations.{self.name}.steps")
        if not 1 <= self.rounds * len(self.steps) <= 100:
            raise BadValue("a ladder has at least 1 and at most 100 steps in all its rounds", path=f"escalations.{self.name}.repeat")
        if self.rounds > 1 and self.round_us < MINUTE_US:
            raise BadValue(
                "a repeated ladder needs to know how far apart its rounds are", path=f"escalations.{self.name}.round", hint='round = "1h"'
            )
        lengths = [step.after.us for step in self.steps if isinstance(step.after, Length)]
        if lengths != sorted(lengths):
            raise BadValue("the steps of a ladder go up in time", path=f"escalations.{self.name}.steps")
        if self.rounds > 1 and len(lengths) != len(self.steps):
            raise BadValue("a repeated ladder has steps of plain length", path=f"escalations.{self.name}.steps")

    def rules(self) -> Iterator[Rule]:
        """The time rules that the ladder stands for, lowest step first."""
        number = 0
        for turn in range(self.rounds):
            for step in self.steps:
                number += 1
                after = step.after if not isinstance(step.after, Length) else evolve(step.after, us=step.after.us + turn * self.round_us)
                reached = Since(self.since, "at_least", after, self.hours)
                when = AllOf((self.when, Test("acknowledged_at", "is_empty"), reached))
                yield Rule(
                    name=f"{self.name} {number}", when=when, then=step.then, enabled=self.enabled,
                    ladder=Ladder(name=self.name, step=number),
                )  # fmt: skip


class Cycle(Protocol):
    """What one cycle of rules works on; the desk has the class."""

    at_us: int
    before: Ticket | Draft | None
    tried: int  # so many events of this cycle no rule fires on any more, as far as nothing but clocks and policy has changed since

    def happened_events(self) -> list[EventBase]:
        """The events of this cycle so far, in order."""
        ...

    def view(self, event: EventBase | None) -> View:
        """The ticket as it is now, with the event a rule listens to."""
        ...

    def view_before(self) -> View | None:
        """The ticket before the root, just before this instant; None on creation."""
        ...

    def fire(self, rule: Rule, event: EventBase | None, number: int, skipped: tuple[str, ...]) -> None:
        """Record the firing and carry out the actions."""
        ...


class _Ready:
    """One rule made ready."""

    __slots__ = ("awake", "bit", "calm", "rule", "set_name", "test", "timed", "words")

    def __init__(self, rule: Rule, set_name: str, bit: int, vocabulary: Vocabulary) -> None:
        self.rule, self.set_name, self.bit = rule, set_name, bit
        self.timed = Timed(rule.when, vocabulary) if rule.is_timed else None
        self.test: Callable[[View], bool] = self.timed.holds if self.timed is not None else compiled(rule.when, vocabulary)
        self.calm = not reads_clocks(rule.when, vocabulary)  # its condition holds as before when only the clocks have changed
        self.words = words_wanted(rule.when, vocabulary)
        self.awake = frozenset(category for category in _SLEEPING if names_category(rule.when, vocabulary, category))


_Entry = tuple[_Ready, Callable[[View], bool], "tuple[int, ...] | None"]
_Guard = tuple[Callable[[View], bool], tuple[int, ...]]  # holds on one of the events with these numbers, or no rule behind it does
_Plan = list[tuple["_Guard | None", list[_Entry]]]


class _Indexed:
    """Rules asked all at once, in the order of their bits."""

    __slots__ = ("_index", "ready")

    def __init__(self, ready: Iterable[_Ready], vocabulary: Vocabulary) -> None:
        self.ready = tuple(ready)
        self._index = Index([one.rule.when for one in self.ready], vocabulary)

    def matching(self, view: View, *, maybe: bool = False) -> list[_Ready]:
        """Those whose condition holds; with *maybe*, those that the index cannot rule out."""
        ready = self.ready
        return [ready[number] for number in self._index.matching(view, maybe=maybe)]


def _some_sets(value: Iterable[RuleSet]) -> tuple[RuleSet, ...]:
    return tuple(value)


def _some_ladders(value: Iterable[Escalation]) -> tuple[Escalation, ...]:
    return tuple(value)


@frozen(kw_only=True)
class Rules:
    """All rule sets and ladders of a desk, compiled: which rules an event concerns is known without trying the others.

    ``macros`` are named lists of actions that an agent carries out by hand (`Desk.macro`). Rules run only once they know the names
    of a desk (``using``), which the desk sees to. Raises `DeskError` for names that stand twice.

    >>> rules = Rules(sets=[RuleSet(rules=[Rule(name="ack", on=["created"])])], macros=[Rule(name="spam", then=[Action("mark_spam")])])
    >>> [rule.name for rule in rules], rules.macro("spam").then[0].name
    (['ack'], 'mark_spam')
    """

    sets: tuple[RuleSet, ...] = field(default=(), converter=_some_sets)
    escalations: tuple[Escalation, ...] = field(default=(), converter=_some_ladders)
    macros: tuple[Rule, ...] = field(default=(), converter=_some_rules)
    vocabulary: Vocabulary | None = field(default=None, eq=False, repr=False)
    further: tuple[Rule, ...] = field(default=(), converter=_some_rules, eq=False, repr=False)  # the desk's own, made from its settings
    _ready: tuple[_Ready, ...] = field(init=False, eq=False, repr=False)
    _by_kind: Mapping[str, int] = field(init=False, eq=False, repr=False)  # event kind -> bits of the rules that listen
    _outside: int = field(init=False, eq=False, repr=False)  # bits of the rules that listen to everything from outside
    _timed: int = field(init=False, eq=False, repr=False)
    _hears_clocks: bool = field(init=False, eq=False, repr=False)  # whether what is decided last in a cycle concerns any rule
    timed: tuple[_Ready, ...] = field(init=False, eq=False, repr=False)
    _indexes: dict[int, _Indexed] = field(init=False, eq=False, repr=False, factory=dict)  # by the bits of their rules, when first asked
    _plans: dict[Any, _Plan | None] = field(init=False, eq=False, repr=False, factory=dict)  # by the kinds of the events, when first asked

    def __attrs_post_init__(self) -> None:
        ready: list[_Ready] = []
        problems: list[Problem] = []
        seen: set[str] = set()
        asking = {f"macro:{macro.name}" for macro in self.macros}  # under these names macros have their effects' keys
        for where, set_name, rule in self._all():
            if rule.name in seen:
                problems.append(Problem(where, f"a second rule {rule.name!r}", "give each its own name"))
            elif rule.name in asking:
                problems.append(Problem(where, f"{rule.name!r} is how a macro is called in the keys of effects", "give it another name"))
            seen.add(rule.name)
            if rule.enabled and self.vocabulary is not None:
                ready.append(_Ready(rule, set_name, 1 << len(ready), self.vocabulary))
        for part, what in (("sets", "rule set"), ("macros", "macro")):
            taken: set[str] = set()
            for number, one in enumerate(getattr(self, part)):
                if one.name in taken:
                    problems.append(Problem(f"{part}[{number}].name", f"a second {what} {one.name!r}", "give each its own name"))
                taken.add(one.name)
        if problems:
            raise DeskError(problems, what="rules")
        by_kind: dict[str, int] = {}
        outside = timed = 0
        for one in ready:
            if one.timed is not None:
                timed |= one.bit
            elif not one.rule.on:
                outside |= one.bit
            for kind in one.rule.on:
                by_kind[kind] = by_kind.get(kind, 0) | one.bit
        put = object.__setattr__
        put(self, "_ready", tuple(ready))
        put(self, "_by_kind", by_kind)
        put(self, "_outside", outside)
        put(self, "_timed", timed)
        put(self, "_hears_clocks", not CLOCK_KINDS.isdisjoint(by_kind) or not all(one.calm for one in ready))
        put(self, "timed", tuple(one for one in ready if one.timed is not None))

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild, (self.sets, self.escalations, self.macros, self.vocabulary, self.further))

    def using(self, vocabulary: Vocabulary, further: Iterable[Rule] = ()) -> Rules:
        """The same with its conditions compiled for the names of a desk; *further* rules come after all others.

        >>> rules = Rules(sets=[RuleSet(rules=[Rule(name="any")])])
        >>> rules.matching(View(Vocabulary(), Ticket(id="T-1"), 0))
        Traceback (most recent call last):
        ticketcore.errors.BadValue: these rules know no names yet; ask rules.using(vocabulary), or a desk
        >>> [rule.name for rule in rules.using(Vocabulary()).matching(View(Vocabulary(), Ticket(id="T-1"), 0))]
        ['any']
        """
        return evolve(self, vocabulary=vocabulary, further=further)

    def _all(self) -> Iterator[tuple[str, str, Rule]]:
        for one in self.sets:
            for number, rule in enumerate(one.rules):
                yield f"{one.name}[{number}].name", one.name, rule if one.enabled else evolve(rule, enabled=False)
        for number, ladder in enumerate(self.escalations):
            for rule in ladder.rules():
                yield f"escalations[{number}].name", f"~{ladder.name}", rule
        for rule in self.further:
            yield "lifecycle.close_after", "~lifecycle", rule

    def __iter__(self) -> Iterator[Rule]:
        """All rules, ladders' steps included, in the order they are tried."""
        return (rule for _, _, rule in self._all())

    def rule(self, name: str) -> Rule:
        """The rule of that name. Raises `UnknownName`.

        >>> Rules(sets=[RuleSet(rules=[Rule(name="ack", on=["created"])])]).rule("akc")
        Traceback (most recent call last):
        ticketcore.errors.UnknownName: unknown rule 'akc'; did you mean 'ack'?
        """
        for rule in self:
            if rule.name == name:
                return rule
        raise UnknownName(f"unknown rule {shorten(name)}", value=shorten(name), hint=hint(name, (rule.name for rule in self)))

    def macro(self, name: str) -> Rule:
        """The macro of that name. Raises `UnknownName`."""
        for macro in self.macros:
            if macro.name == name:
                return macro
        raise UnknownName(f"unknown macro {shorten(name)}", value=shorten(name), hint=hint(name, (macro.name for macro in self.macros)))

    def matching(self, view: View) -> tuple[Rule, ...]:
        """The enabled rules whose condition holds, in the order they are tried. What they listen to is not asked.

        What it costs grows with the rules that may hold, hardly with the others (docs/explanation/rule-index.md). Raises `BadValue` for
        rules that know no desk's names.

        >>> from ticketcore.conditions import field as of
        >>> words = Vocabulary(statuses={"open": "open"}, levels=("low", "high"))
        >>> rules = Rules(sets=[RuleSet(rules=[Rule(name="vip", when=of.tags.has("vip")), Rule(name="any")])]).using(words)
        >>> [rule.name for rule in rules.matching(View(words, Ticket(id="T-1", status="open", priority="low"), 0))]
        ['any']
        """
        return tuple([ready.rule for ready in self._indexed((1 << len(self._ready)) - 1).matching(view)])

    def _indexed(self, bits: int) -> _Indexed:
        """The index of the rules with these bits; threads that both make it make the same."""
        found = self._indexes.get(bits)
        if found is None:
            if self.vocabulary is None:
                raise BadValue("these rules know no names yet", hint="ask rules.using(vocabulary), or a desk")
            found = self._indexes[bits] = _Indexed([ready for ready in self._ready if ready.bit & bits], self.vocabulary)
        return found

    def run(self, cycle: Cycle, fired: int, closed: set[str]) -> int:
        """Passes over all rules until one fires nothing; returns the bits of all that have fired in this cycle.

        *fired* and *closed* are what the same cycle has come to before (step 10).
        """
        tried = cycle.tried
        if not self._ready or (tried and not self._hears_clocks):
            return fired
        while True:
            before = fired
            first = self._first(cycle, fired, closed, tried)
            if first:
                fired = self._pass(cycle, fired, closed, first)
            if fired == before:
                return fired
            tried = 0

    def _first(self, cycle: Cycle, fired: int, closed: set[str], tried: int) -> int:
        """The bit of the first rule that fires on the ticket as it is, and where a pass begins; 0: no rule fires.

        Most passes fire nothing, and this says so at the price of the conditions. Where many rules listen, or rules may be asleep, it
        is the first bit, and the pass itself tells. On the first *tried* events only rules that read clocks are tried again.
        """
        events = cycle.happened_events()
        plan = self._plan(events, tried)
        if not plan:
            return 1 if plan is None else 0
        now = cycle.view(None)
        if now.ticket.category in _SLEEPING:
            return 1
        event: EventBase | None = None
        view = now
        for guard, entries in plan:
            if guard is not None:
                event = None  # the view turns to others
                if not _lets_through(guard, cycle, events):
                    continue
            for ready, test, numbers in entries:
                if fired & ready.bit:
                    continue
                if numbers is None:
                    if test(now) and self._time_match(ready, cycle, fired) is not None:
                        return ready.bit
                elif not closed or ready.set_name not in closed:
                    for number in numbers:
                        if events[number] is not event:
                            event = events[number]
                            view = cycle.view(event)
                        if test(view) and (ready.rule.automatic or not is_automatic(events[number])):
                            return ready.bit
        return 0

    def _plan(self, events: list[EventBase], tried: int) -> _Plan | None:
        """The rules that listen to *events*, in order, and by number the events that each is to be tried on (None: a time rule).

        None: they are many.
        """
        if self._outside:
            key: Any = (tried, *[event.kind if event.cause or not event.is_outside else event.kind + "!" for event in events])
        else:
            key = (tried, *map(_kind_of, events))
        plans = self._plans
        if key in plans:
            return plans[key]
        if len(plans) >= MOST_PLANS:
            plans.clear()
        waiting = self._candidates(events)
        plan = plans[key] = None if waiting.bit_count() >= FEW else self._guarded(self._planned(events, waiting, tried))
        return plan

    def _guarded(self, entries: Iterable[_Entry]) -> _Plan:
        """The entries in their order, those in a row that look for words in one text behind one test for all of these words."""
        plan: _Plan = []
        for (text, numbers), row in groupby(entries, key=lambda entry: (entry[0].words and entry[0].words[0], entry[2])):
            block = list(row)
            guard: _Guard | None = None
            if text is not None and numbers is not None and len(block) > 1 and self.vocabulary is not None:
                words = [word for ready, _, _ in block if ready.words is not None for word in ready.words[1]]
                guard = compiled(Test(text, "mentions_any", words), self.vocabulary), numbers
            plan.append((guard, block))
        return plan

    def _planned(self, events: list[EventBase], waiting: int, tried: int) -> Iterator[_Entry]:
        for ready in self._ready:
            if not ready.bit & waiting:
                continue
            first = tried if ready.calm else 0
            if ready.timed is not None:
                if not first:
                    yield ready, ready.test, None
                continue
            numbers = tuple(number for number, event in enumerate(events) if number >= first and self._listens(ready, event))
            if numbers:
                yield ready, ready.test, numbers

    def _listens(self, ready: _Ready, event: EventBase) -> bool:
        """Whether a rule that is no time rule listens to this event."""
        on = ready.rule.on
        return event.kind in on if on else event.is_outside and not event.cause

    def _pass(self, cycle: Cycle, fired: int, closed: set[str], first: int) -> int:
        """One pass from the rule with the bit *first*, top to bottom; a firing's changes are seen by the rules after it."""
        events = cycle.happened_events()
        known = len(events)
        waiting = self._candidates(events) & ~fired & -first
        likely = self._likely(cycle, events, waiting)
        while likely:
            bit = likely & -likely
            ready = self._ready[bit.bit_length() - 1]
            likely ^= bit
            match: tuple[EventBase | None, int, tuple[_Ready, ...]] | None
            if ready.timed is not None:
                match = self._time_match(ready, cycle, fired)
            elif ready.set_name in closed:
                continue
            else:
                match = self._event_match(ready, cycle, events)
            if match is None:
                continue
            event, number, passed = match
            fired |= bit
            for lower in passed:
                fired |= lower.bit
            cycle.fire(ready.rule, event, number, tuple(lower.rule.name for lower in passed))
            if ready.rule.stop:
                closed.add(ready.set_name)
            waiting |= self._candidates(events[known:])  # rules below may listen to what is new
            waiting &= ~((bit << 1) - 1) & ~fired
            known = len(events)
            likely = self._likely(cycle, events, waiting)  # and the ticket has changed
        return fired

    def _likely(self, cycle: Cycle, events: list[EventBase], waiting: int) -> int:
        """Those of *waiting* that may fire on the ticket as it is now; what an index rules out would be tried in vain."""
        if waiting.bit_count() < FEW:
            return waiting
        found = self._narrowed(self._timed, waiting, cycle, None) if self._timed else 0
        by_kind, outside = self._by_kind, self._outside
        for event in events:
            if event.kind in by_kind:
                found |= self._narrowed(by_kind[event.kind], waiting & ~found, cycle, event)
            if outside and event.is_outside and not event.cause:
                found |= self._narrowed(outside, waiting & ~found, cycle, event)
        return found

    def _narrowed(self, listening: int, waiting: int, cycle: Cycle, event: EventBase | None) -> int:
        """Those of the *listening* rules that wait, and that may hold with this event."""
        wanted = listening & waiting
        if wanted.bit_count() < FEW:
            return wanted
        found = 0
        for ready in self._indexed(listening).matching(cycle.view(event), maybe=True):
            found |= ready.bit
        return found & wanted

    def _candidates(self, events: Iterable[EventBase]) -> int:
        """The bits of the rules that one of *events* concerns, and of all time rules."""
        bits, by_kind, outside = self._timed, self._by_kind, self._outside
        for event in events:
            bits |= by_kind.get(event.kind, 0)
            if outside and event.is_outside and not event.cause:
                bits |= outside
        return bits

    def _event_match(self, ready: _Ready, cycle: Cycle, events: list[EventBase]) -> tuple[EventBase, int, tuple[_Ready, ...]] | None:
        """The earliest event of this cycle that the rule listens to and for which it holds."""
        rule = ready.rule
        for event in events:
            if not self._listens(ready, event):
                continue
            view = cycle.view(event)
            if view.ticket.category in _SLEEPING and self._asleep(ready, view.ticket, cycle.before):
                return None
            if ready.test(view) and (rule.automatic or not is_automatic(event)):
                return event, 0, ()
        return None

    def _time_match(self, ready: _Ready, cycle: Cycle, fired: int) -> tuple[None, int, tuple[_Ready, ...]] | None:
        """Whether a time rule rises, or repeats, at this instant. Of several steps of one ladder only the highest fires."""
        number = self._rises(ready, cycle)
        if number is None:
            return None
        ladder = ready.rule.ladder
        if ladder is None:
            return None, number, ()
        lower = []
        for other in self.timed:
            theirs = other.rule.ladder
            if theirs is None or theirs.name != ladder.name or other is ready or fired & other.bit:
                continue
            if self._rises(other, cycle) is not None:
                if theirs.step > ladder.step:
                    return None
                lower.append(other)
        return None, 0, tuple(lower)

    def _rises(self, ready: _Ready, cycle: Cycle) -> int | None:
        """The number of the firing that is due for a time rule now; 0 if it does not repeat; None if nothing is due."""
        view = cycle.view(None)
        if self._asleep(ready, view.ticket, cycle.before) or not ready.test(view):
            return None
        rule = ready.rule
        before = cycle.view_before()
        if before is None or (self._asleep(ready, before.ticket, before.ticket) or not ready.test(before)):
            return 1 if rule.every_us is not None else 0
        if rule.every_us is not None:
            repeat = view.ticket.repeats.get(rule.name)
            if repeat is not None and repeat.number < rule.times and repeat.first_us + rule.every_us * repeat.number == cycle.at_us:
                return int(repeat.number) + 1
        return None

    def _asleep(self, ready: _Ready, now: Ticket | Draft, before: Ticket | Draft | None) -> bool:
        """Whether the ticket was and is closed or removed, and the rule does not name that category."""
        category = now.category
        if category not in _SLEEPING or category in ready.awake:
            return False
        return before is None or (before.category in _SLEEPING and before.category not in ready.awake)

    def rises(self, view: View, after_us: int, horizon_us: int) -> tuple[int, tuple[str, ...]] | None:
        """The first instant after *after_us* at which time rules rise or repeat if nothing happens, and their names.

        *view* shows the ticket as it is. When the search ends at *horizon_us* without an answer, that is the instant, without names.

        >>> from ticketcore.conditions import since
        >>> rules = Rules(sets=[RuleSet(rules=[Rule(name="old", when=since("created") >= "4h")])]).using(Vocabulary())
        >>> at_us, names = rules.rises(View(Vocabulary(), Ticket(id="T-1"), 0), 0, 86_400_000_000)
        >>> at_us // 3_600_000_000, names
        (4, ('old',))
        """
        first: int | None = None
        names: list[str] = []
        timed = self.timed
        for ready in timed if len(timed) < FEW else self._indexed(self._timed).matching(view, maybe=True):
            assert ready.timed is not None  # noqa: S101 - for the type checker: only time rules come here
            if not ready.timed.can_hold(view) or self._asleep(ready, view.ticket, view.ticket):
                continue
            at, found = self._next_rise(ready, view, after_us, horizon_us)
            if at is None:
                continue
            if first is None or at < first:
                first, names = at, []
            if at == first and found:
                names.append(ready.rule.name)
        return None if first is None else (first, tuple(names))

    def _next_rise(self, ready: _Ready, view: View, after_us: int, horizon_us: int) -> tuple[int | None, bool]:
        """The next instant for one time rule that can hold, and whether it is one (or only where the search ended)."""
        assert ready.timed is not None  # noqa: S101 - for the type checker: only time rules come here
        rise = ready.timed.rise(view, after_us, horizon_us)
        repeat_at = self._next_repetition(ready, view, after_us)
        if repeat_at is not None and (rise is None or repeat_at <= rise.at_us):
            return repeat_at, True
        return (None, False) if rise is None else (rise.at_us, rise.found)

    def _next_repetition(self, ready: _Ready, view: View, after_us: int) -> int | None:
        """When a repeating rule is due again, if its condition still holds then."""
        rule = ready.rule
        if rule.every_us is None:
            return None
        repeat = view.ticket.repeats.get(rule.name)
        if repeat is None or repeat.number >= rule.times:
            return None
        at = repeat.first_us + rule.every_us * repeat.number
        return at if at > after_us and ready.test(view.at(at)) else None


def _lets_through(guard: _Guard, cycle: Cycle, events: list[EventBase]) -> bool:
    """Whether any rule behind a guard may fire."""
    holds, numbers = guard
    for number in numbers:  # noqa: SIM110 - a generator would take as long as what it saves
        if holds(cycle.view(events[number])):
            return True
    return False


def is_automatic(event: EventBase) -> bool:
    """Whether an event carries a message made by a machine."""
    message = getattr(event, "message", None)
    return message is not None and isinstance(event, Outside) and bool(message.automatic)


def _rebuild(sets: Any, escalations: Any, macros: Any, vocabulary: Any, further: Any) -> Rules:
    return Rules(sets=sets, escalations=escalations, macros=macros, vocabulary=vocabulary, further=further)
