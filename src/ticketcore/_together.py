"""Two desks stepped as one while nothing that only one of them has would act: the fast path of `ticketcore.replay.compare`.

Where two desks differ in rules, templates and what their policies promise, a step of one is a step of the other until the first firing
of a rule, the first warning, or the first look at a promise, that is not the same on both. So one step is taken with the rules and the
warnings of both: those in common act, the others are watched, each at its place, and as soon as one of them would act the step is given
up (`Apart`) and both desks take it by themselves. A watched rule is never held back where its desk would let it fire, so none is missed;
the law in tests/test_compare.py holds the outcome equal to that of two plain replays.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

import attrs
from attrs import evolve, frozen

from ticketcore._parts import DeskParts
from ticketcore._step import StepRun
from ticketcore._values import EMPTY, FrozenMap, changed
from ticketcore.desk import Desk
from ticketcore.model import EventBase, MacroUsed, Ticket
from ticketcore.rules import ACTIONS, Escalation, Rule, Rules, RuleSet
from ticketcore.sla import Policy, Sla

if TYPE_CHECKING:
    from ticketcore._step import _Due

__all__ = ["OTHER", "Apart", "Joint", "Together", "joint", "of_desk"]

T = TypeVar("T")

_FREE: Final = frozenset({"name", "policies", "rules", "templates"})  # parts in which the desks may differ
_ASKING: Final = frozenset({"diverted", "macro_used", "purged"})  # come with an effect and without a rule
OTHER: Final = "\x00other"  # marks what only the second desk has; no name in a desk file has it


class Apart(Exception):
    """A rule, warning or policy that is not the same on both desks would act: each desk must take this step by itself."""


class _Unlike:
    """In the place of what is not the same on both desks: a look at it ends the step."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # asked by Python and its tools, not by a step
            raise AttributeError(name)
        raise Apart

    def __iter__(self) -> Iterator[Any]:
        raise Apart


_UNLIKE: Final[Any] = _Unlike()


@frozen(kw_only=True)
class Joint:
    """What two desks have in common, ready to be stepped: the first desk with the watched rules of both among its own."""

    parts: DeskParts
    watched: frozenset[str]
    repeating: frozenset[str]  # those of them, by their own names, that keep count of their firings on the ticket
    heard: frozenset[str] | None  # the kinds of events that they listen to; None: to time, to anything from outside, or policies differ
    asking: frozenset[str]  # the rules of the first desk that ask for effects
    macros: frozenset[str] = frozenset()  # those that only one desk has, or has otherwise
    policies: frozenset[str] = frozenset()  # those that promise something else on each desk
    warnings: Mapping[str, frozenset[str]] = EMPTY  # by policy, the warnings that only one desk gives

    def must_step(self, events: Iterable[EventBase]) -> bool:
        """Whether a recorded step has to be taken anew: a watched rule might fire in it, or it asks the host for something."""
        return self.heard is None or any(event.kind in self.heard for event in events) or self.asks(events)

    def may_join(self, ticket: Ticket) -> bool:
        """Whether nothing on a ticket that is the same on both desks goes on differently: the count of a rule, the promise of a policy."""
        if not self.repeating.isdisjoint(ticket.repeats):
            return False
        return not self.policies or self.policies.isdisjoint((ticket.policy, *(clock.cycle.policy for clock in ticket.clocks.values())))

    def may_skip(self, events: Iterable[EventBase]) -> bool:
        """Whether a promise was changed in a step, so that some of the watched warnings may have fallen into the past."""
        return bool(self.warnings) and any(
            event.kind == "retargeted" and event.policy in self.warnings  # type: ignore[attr-defined]  # by its kind it has one
            for event in events
        )

    def asks(self, events: Iterable[EventBase]) -> bool:
        """Whether the first desk asked the host for something in a recorded step; a log does not hold what."""
        return any(
            event.kind in _ASKING or (event.kind == "rule_fired" and event.rule in self.asking)  # type: ignore[attr-defined]  # by its kind it has one
            for event in events
        )


class Together(StepRun):
    """One step of both desks; raises `Apart` before anything that only one of them would do."""

    __slots__ = ("macros", "warnings", "watched")

    def __init__(self, both: Joint, ticket: Ticket | None) -> None:
        super().__init__(both.parts, ticket, restamp=True, observe=True)
        self.watched, self.macros, self.warnings = both.watched, both.macros, both.warnings

    def fire(self, rule: Rule, event: EventBase | None, number: int, skipped: tuple[str, ...]) -> None:
        """As `StepRun.fire`, if the rule is the same on both desks."""
        if rule.name in self.watched or not self.watched.isdisjoint(skipped):
            raise Apart
        super().fire(rule, event, number, skipped)

    def _macro_effects(self, event: MacroUsed) -> None:
        if event.macro in self.macros:
            raise Apart
        super()._macro_effects(event)

    def _due_cycle(self, due: _Due) -> None:
        # The last but one time root before silence: whether a desk falls silent hangs on what else is due on it.
        if not self.watched.isdisjoint(due.rules) or self.draft.time_roots + 1 >= self.desk.settings.silence_after:
            raise Apart
        if due.warning and due.warning in self.warnings.get(self.draft.clocks[due.metric].cycle.policy, ()):
            raise Apart
        super()._due_cycle(due)


def of_desk(ticket: Ticket, fingerprint: str) -> Ticket:
    """The ticket that a desk of this fingerprint would have made where another, doing the same, made *ticket*."""
    clocks = {metric: changed(clock, cycle=changed(clock.cycle, desk=fingerprint)) for metric, clock in ticket.clocks.items()}
    return changed(ticket, desk=fingerprint, memo=None, clocks=type(ticket.clocks)(clocks))


def joint(one: Desk, other: Desk) -> Joint | None:
    """The two desks as one; None where they differ in more than rules, templates, and what policies promise."""
    for part in attrs.fields(Desk):
        if part.init and part.eq and part.name not in _FREE and getattr(one, part.name) != getattr(other, part.name):
            return None
    if [(policy.name, policy.when) for policy in one.policies] != [(policy.name, policy.when) for policy in other.policies]:
        return None
    policies, warnings = _unlike_policies(one, other)
    spoilt = {name for name in {*one.templates, *other.templates} if one.templates.get(name) != other.templates.get(name)}
    watched: set[str] = set()
    repeating: set[str] = set()
    heard: set[str] = set()
    anything = False

    def watch(rules: Iterable[Rule]) -> None:
        nonlocal anything
        for rule in rules:
            watched.add(rule.name)
            heard.update(rule.on)
            anything = anything or not rule.on
            if rule.every_us is not None:
                repeating.add(rule.name.removesuffix(OTHER))

    sets = _merged_sets(_active_sets(one.rules), _active_sets(other.rules), spoilt, watch)
    ladders = _merged_ladders(one.rules, other.rules, spoilt, watch)
    mine, theirs = ({macro.name: macro for macro in rules.macros} for rules in (one.rules, other.rules))
    macros = {name for name in {*mine, *theirs} if mine.get(name) != theirs.get(name) or _uses(mine[name].then, spoilt)}
    rules = Rules(sets=sets, escalations=ladders, macros=one.rules.macros).using(one.vocabulary, one.rules.further)
    parts = cast("DeskParts", changed(one, rules=rules, sla=_guarded(one.sla, other.sla, {*policies, *warnings})))
    asking = frozenset(rule.name for rule in one.rules if any(ACTIONS[action.name].is_effect for action in rule.then))
    return Joint(
        parts=parts, watched=frozenset(watched), repeating=frozenset(repeating), asking=asking,
        heard=None if anything or policies or warnings else frozenset(heard), macros=frozenset(macros), policies=policies,
        warnings=warnings,
    )  # fmt: skip


def _unlike_policies(one: Desk, other: Desk) -> tuple[frozenset[str], FrozenMap[str, frozenset[str]]]:
    """The policies that promise something else on each desk, and by policy the warnings that only one of the desks gives."""
    unlike: set[str] = set()
    warnings: dict[str, frozenset[str]] = {}
    for mine, its in zip(one.policies, other.policies, strict=True):
        if evolve(mine, warn=()) != evolve(its, warn=()):
            unlike.add(mine.name)
        if odd := frozenset(map(str, mine.warn)) ^ frozenset(map(str, its.warn)):
            warnings[mine.name] = odd
    return frozenset(unlike), FrozenMap(warnings)


def _guarded(sla: Sla, other: Sla, unlike: Iterable[str]) -> Sla:
    """The service levels, with what both desks have in common of the policies in *unlike*, and the warnings of both."""
    policies, warnings = dict[str, Any](sla._policy), dict[str | None, Any](sla._warnings)
    for name in unlike:
        policies[name] = found = _in_common(sla.policy(name), other.policy(name))
        warnings[name] = found if found is _UNLIKE else tuple((str(one), one) for one in found.warn)
    return changed(sla, _policy=policies, _warnings=warnings)


def _in_common(mine: Policy, its: Policy) -> Any:
    """A policy with the warnings of both, and without the targets that differ; where anything else does, all of it is unlike."""
    if evolve(mine, warn=(), targets=EMPTY) != evolve(its, warn=(), targets=EMPTY):
        return _UNLIKE
    differing = {name: _UNLIKE for name in {*mine.targets, *its.targets} if mine.targets.get(name) != its.targets.get(name)}
    warnings = tuple(dict.fromkeys((*mine.warn, *its.warn)))
    return changed(mine, warn=warnings, targets=FrozenMap({**mine.targets, **differing}))


def _active_sets(rules: Rules) -> list[RuleSet]:
    """The sets with the rules that can fire."""
    return [evolve(one, rules=[rule for rule in one.rules if rule.enabled]) for one in rules.sets if one.enabled]


def _merged_sets(mine: list[RuleSet], theirs: list[RuleSet], spoilt: set[str], watch: Callable[[Iterable[Rule]], None]) -> list[RuleSet]:
    """The sets of both in the order of both."""

    def only_mine(one: RuleSet) -> RuleSet:
        watch(one.rules)
        return one

    def only_theirs(one: RuleSet) -> RuleSet:
        marked = [evolve(rule, name=rule.name + OTHER) for rule in one.rules]
        watch(marked)
        return RuleSet(name=one.name + OTHER, rules=marked)

    def of_both(one: RuleSet, other: RuleSet) -> RuleSet:
        return RuleSet(name=one.name, rules=_merged_rules(one.rules, other.rules, spoilt, watch))

    return _merged(mine, theirs, _kept(mine, theirs, lambda one, other: one.name == other.name), only_mine, only_theirs, of_both)


def _merged_rules(mine: Sequence[Rule], theirs: Sequence[Rule], spoilt: set[str], watch: Callable[[Iterable[Rule]], None]) -> list[Rule]:
    """The rules of one set of both, in the order of both."""

    def only_mine(rule: Rule) -> Rule:
        watch([rule])
        return rule

    def only_theirs(rule: Rule) -> Rule:
        marked = evolve(rule, name=rule.name + OTHER)
        watch([marked])
        return marked

    kept = _kept(mine, theirs, lambda one, other: one == other and not _uses(one.then, spoilt))
    return _merged(mine, theirs, kept, only_mine, only_theirs, lambda rule, _: rule)


def _merged_ladders(mine: Rules, theirs: Rules, spoilt: set[str], watch: Callable[[Iterable[Rule]], None]) -> list[Escalation]:
    """The ladders of both, in the order of both."""

    def only_mine(ladder: Escalation) -> Escalation:
        watch(ladder.rules())
        return ladder

    def only_theirs(ladder: Escalation) -> Escalation:
        return only_mine(evolve(ladder, name=ladder.name + OTHER))

    active, others = ([ladder for ladder in rules.escalations if ladder.enabled] for rules in (mine, theirs))
    kept = _kept(active, others, lambda one, other: one == other and not any(_uses(step.then, spoilt) for step in one.steps))
    return _merged(active, others, kept, only_mine, only_theirs, lambda ladder, _: ladder)


def _uses(actions: Iterable[Any], templates: set[str]) -> bool:
    """Whether one of *actions* may name one of *templates*; a field or tag of that name counts too, which costs only time."""
    return any(value in templates for action in actions for value in (action.value, *action.options.values()) if isinstance(value, str))


def _kept(mine: Sequence[Any], theirs: Sequence[Any], same: Callable[[Any, Any], bool]) -> list[tuple[int, int]]:
    """The places of the most items that both have, in the same order in both; items go by their names, which stand once."""
    places = {item.name: place for place, item in enumerate(theirs)}
    pairs = [(place, places[item.name]) for place, item in enumerate(mine) if item.name in places and same(item, theirs[places[item.name]])]
    # The longest run of rising places: ends[n] is the least place at which a run of n + 1 can end, last[n] the pair it stands in.
    ends: list[int] = []
    last: list[int] = []
    before: list[int | None] = []  # for each pair, the one before it in its run
    for index, (_, place) in enumerate(pairs):
        length = bisect_left(ends, place)
        before.append(last[length - 1] if length else None)
        ends[length : length + 1] = [place]
        last[length : length + 1] = [index]
    found: list[tuple[int, int]] = []
    at = last[-1] if last else None
    while at is not None:
        found.append(pairs[at])
        at = before[at]
    return found[::-1]


def _merged(
    mine: Sequence[T], theirs: Sequence[T], kept: Iterable[tuple[int, int]],
    only_mine: Callable[[T], T], only_theirs: Callable[[T], T], of_both: Callable[[T, T], T],
) -> list[T]:  # fmt: skip
    """Both lists as one, in the order of both, around what they have in common."""
    found: list[T] = []
    here = there = 0
    for place, other in kept:
        found += [only_mine(item) for item in mine[here:place]]
        found += [only_theirs(item) for item in theirs[there:other]]
        found.append(of_both(mine[place], theirs[other]))
        here, there = place + 1, other + 1
    found += [only_mine(item) for item in mine[here:]]
    found += [only_theirs(item) for item in theirs[there:]]
    return found
