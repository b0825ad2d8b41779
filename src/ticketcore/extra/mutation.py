"""How closely a set of histories watches the rules of a desk: which small changes to the rules none of them would notice.

`mutants` makes the changes one by one (a rule dropped, a test turned round, a bound moved, two rules swapped, an action left out), and
`mutation_score` replays the histories under each. A change is noticed when a ticket, or what happens to it or is asked of the host,
comes out otherwise in one of them; which rules have fired is only told in the log and does not count. What nobody notices is a test
that is missing, or a part of a rule that does nothing::

    print(mutation_score(desk, histories, wait="7d"))
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Any, Final

from attrs import evolve, field, frozen

from ticketcore._time import MINUTE_US, duration_us, say_duration, to_timedelta
from ticketcore._values import changed
from ticketcore.conditions import TRUE, AllOf, AnyOf, Condition, Not, Since, Sla, Test, Until, Vocabulary, say
from ticketcore.desk import Desk, Outcome
from ticketcore.errors import DeskError, TicketcoreError
from ticketcore.extra.coverage import History, many, say_action
from ticketcore.model import EventBase, Length, Target
from ticketcore.replay import Replay, moments
from ticketcore.rules import Action, Escalation, Rule, Rules, RuleSet

__all__ = ["KINDS", "Mutant", "MutationScore", "Noticed", "mutants", "mutation_score"]

KINDS: Final = {
    "drop-rule": "a rule or ladder never fires",
    "drop-action": "an action is left out",
    "drop-test": "a part of a condition is left out",
    "drop-stop": "a rule no longer stops its set",
    "drop-event": "a rule no longer listens to one kind of event",
    "drop-step": "a step of a ladder is left out",
    "flip-test": "a test means its opposite",
    "join": "all of becomes any of, or the other way round",
    "boundary": "a bound is moved by one, a span of time is halved or doubled",
    "value": "an action chooses the level next to the one it chose",
    "swap": "two rules that follow each other change places",
}
_UNSEEN: Final = frozenset({"rule_fired", "time_reached", "action_refused"})  # they are told in the log alone


@frozen(kw_only=True)
class Mutant:
    """One small change to a desk's rules: of which kind (a key of `KINDS`), where, and in words. `of` makes the desk.

    >>> from ticketcore import field
    >>> desk = Desk(rules=[Rule(name="vip", on=["created"], when=field.tags.has("vip"), then=[Action("notify", "lead")])])
    >>> for mutant in mutants(desk):
    ...     print(mutant)
    rules[0] 'vip': never fires (drop-rule)
    rules[0].when 'vip': not (tags has 'vip') (flip-test)
    rules[0].when 'vip': without: tags has 'vip' (drop-test)
    rules[0].then[0] 'vip': without notify 'lead' (drop-action)
    >>> next(iter(mutants(desk))).of(desk).rules.rule("vip").enabled
    False
    """

    kind: str
    place: str
    rule: str
    change: str
    rules: Rules = field(repr=False)

    def of(self, desk: Desk) -> Desk:
        """*desk* with this change. Raises `DeskError` for one that no desk can have."""
        return desk.evolve(rules=self.rules)

    def __str__(self) -> str:
        return f"{self.place} {self.rule!r}: {self.change} ({self.kind})"


# --- conditions ------------------------------------------------------------------------------------------------------

Variant = tuple[str, str, str, Any]  # kind, where in the rule, in words, the part changed


def _conditions(condition: Condition, words: Vocabulary, path: str = "when") -> Iterator[Variant]:
    """Every condition that differs from this one in one place."""
    if isinstance(condition, AllOf | AnyOf):
        yield from _groups(condition, words, path)
    elif isinstance(condition, Not):
        for kind, where, text, inner in _conditions(condition.part, words, f"{path}.not"):
            yield kind, where, text, Not(inner)
    else:
        yield "flip-test", path, f"not ({say(condition)})", Not(condition)
        for bound in _bounds(condition, words):
            yield "boundary", path, say(bound), bound
        if path == "when":
            yield "drop-test", path, f"without: {say(condition)}", TRUE


def _groups(condition: AllOf | AnyOf, words: Vocabulary, path: str) -> Iterator[Variant]:
    kind, parts = type(condition), condition.parts
    word, other = ("all", AnyOf) if kind is AllOf else ("any", AllOf)
    if len(parts) > 1:
        yield "join", path, f"{'any' if word == 'all' else 'all'} of instead of {word} of", other(parts)
    for number, part in enumerate(parts):
        where = f"{path}.{word}[{number}]"
        yield "drop-test", where, f"without: {say(part)}", kind((*parts[:number], *parts[number + 1 :]))
        for its_kind, at, text, inner in _conditions(part, words, where):
            yield its_kind, at, text, kind((*parts[:number], inner, *parts[number + 1 :]))


_NEXT_OP: Final = {"at_least": "above", "above": "at_least", "at_most": "below", "below": "at_most"}


def _bounds(condition: Condition, words: Vocabulary) -> Iterator[Condition]:
    """A test with its bound moved a little."""
    match condition:
        case Test(field=name, op=op, value=value) if op in _NEXT_OP or op == "between":
            if op in _NEXT_OP:
                yield evolve(condition, op=_NEXT_OP[op])
            for bound in _near(words, name, op, value):
                yield evolve(condition, value=bound)
        case Since() | Until():
            for span in _spans(condition.span):
                yield evolve(condition, span=span)
        case Sla(op="due_within", value=span):
            for length in _halved_and_doubled(duration_us(span)):
                yield evolve(condition, value=to_timedelta(length))
        case Sla(op="used_at_least", value=percent):
            for share in (percent - 10, percent + 10):
                if share >= 0:
                    yield evolve(condition, value=share)
        case _:
            pass


def _near(words: Vocabulary, name: str, op: str, value: Any) -> Iterator[Any]:
    """The values next to a bound: the levels beside it, one more and one less, half and double."""
    if op == "between":
        low, high = value
        yield from ((one, high) for one in _near(words, name, "", low))
        yield from ((low, one) for one in _near(words, name, "", high))
        return
    kind = words.field(name).type
    if kind.kind == "ordered":
        yield from _neighbours(kind.choices, value)
    elif kind.kind == "number":
        yield from (value - 1, value + 1)
    elif kind.kind == "duration":
        yield from (to_timedelta(length) for length in _halved_and_doubled(kind.stored(value)))


def _neighbours(names: Sequence[str], name: str) -> Iterator[str]:
    at = names.index(name)
    yield from names[max(at - 1, 0) : at]
    yield from names[at + 1 : at + 2]


def _halved_and_doubled(length_us: int) -> Iterator[int]:
    half = length_us // 2 // MINUTE_US * MINUTE_US  # whole minutes, which is how people write them
    yield from (one for one in (half, 2 * length_us) if one not in (0, length_us))


def _spans(span: Target) -> Iterator[Target]:
    if isinstance(span, Length):
        yield from (evolve(span, us=length) for length in _halved_and_doubled(span.us))
    else:
        yield from (evolve(span, count=count) for count in (span.count - 1, span.count + 1) if count > 0)


# --- rules -----------------------------------------------------------------------------------------------------------


def _actions(then: tuple[Action, ...], words: Vocabulary) -> Iterator[Variant]:
    """Every list of actions that differs from this one in one action."""
    for number, action in enumerate(then):
        before, after = then[:number], then[number + 1 :]
        yield "drop-action", f"then[{number}]", f"without {say_action(action)}", before + after
        others: Iterable[Any] = ()
        if action.name == "set_priority":
            others = _neighbours(words.levels, action.value)
        elif action.name == "raise_priority":
            others = (-action.value,)
        for value in others:
            other = Action(action.name, value, action.options)
            yield "value", f"then[{number}]", f"{say_action(other)} instead of {say_action(action)}", (*before, other, *after)


def _of_rule(rule: Rule, words: Vocabulary) -> Iterator[Variant]:
    """Every rule that differs from this one in one place."""
    yield "drop-rule", "", "never fires", evolve(rule, enabled=False)
    if rule.when != TRUE:
        for kind, where, text, when in _conditions(rule.when, words):
            try:
                yield kind, where, text, evolve(rule, when=when)
            except TicketcoreError:  # without its time test it is no time rule, and may not repeat
                continue
    for kind, where, text, then in _actions(rule.then, words):
        yield kind, where, text, evolve(rule, then=then)
    if rule.stop:
        yield "drop-stop", "stop", "does not stop its set", evolve(rule, stop=False)
    if len(rule.on) > 1:
        for name in sorted(rule.on):
            yield "drop-event", "on", f"does not listen to {name}", evolve(rule, on=rule.on - {name})
    if rule.every_us is not None:
        if rule.times > 1:
            yield "boundary", "times", f"{rule.times - 1} times instead of {rule.times}", evolve(rule, times=rule.times - 1)
        yield "boundary", "every", f"every {say_duration(2 * rule.every_us)}", evolve(rule, every_us=2 * rule.every_us)


def _of_ladder(ladder: Escalation, words: Vocabulary) -> Iterator[Variant]:
    """Every ladder that differs from this one in one place; one whose steps would not go up is left out."""
    yield "drop-rule", "", "never fires", evolve(ladder, enabled=False)
    for kind, where, text, when in _conditions(ladder.when, words):
        yield kind, where, text, evolve(ladder, when=when)
    for number, step in enumerate(ladder.steps):
        before, after = ladder.steps[:number], ladder.steps[number + 1 :]
        if before or after:
            yield "drop-step", f"steps[{number}]", f"without the step after {step.after}", evolve(ladder, steps=before + after)
        for kind, where, text, then in _actions(step.then, words):
            yield kind, f"steps[{number}].{where}", text, evolve(ladder, steps=(*before, evolve(step, then=then), *after))
        for span in _spans(step.after):
            try:
                moved = evolve(ladder, steps=(*before, evolve(step, after=span), *after))
            except TicketcoreError:
                continue
            yield "boundary", f"steps[{number}].after", f"after {span} instead of {step.after}", moved


def mutants(desk: Desk) -> Iterator[Mutant]:
    """Every small change to the rules of *desk*, in the order of its rules. What is disabled is left alone.

    >>> from ticketcore import Rule, field
    >>> vip = Rule(name="vip", on=["created"], when=field.tags.has("vip"), then=[Action("set_priority", "high")])
    >>> print(*mutants(Desk(rules=[vip])), sep=chr(10))
    rules[0] 'vip': never fires (drop-rule)
    rules[0].when 'vip': not (tags has 'vip') (flip-test)
    rules[0].when 'vip': without: tags has 'vip' (drop-test)
    rules[0].then[0] 'vip': without set_priority 'high' (drop-action)
    rules[0].then[0] 'vip': set_priority 'medium' instead of set_priority 'high' (value)
    rules[0].then[0] 'vip': set_priority 'urgent' instead of set_priority 'high' (value)
    """
    rules, words = desk.rules, desk.vocabulary
    for at, one in enumerate(rules.sets):
        if not one.enabled:
            continue
        for number, rule in enumerate(one.rules):
            if not rule.enabled:
                continue
            place = f"{one.name}[{number}]"
            for kind, where, text, other in _of_rule(rule, words):
                yield _mutant(rules, kind, (place, where), rule.name, text, _in_set(rules.sets, at, number, other))
            below = one.rules[number + 1] if number + 1 < len(one.rules) else None
            if below is not None and below.enabled:
                swapped = evolve(one, rules=(*one.rules[:number], below, rule, *one.rules[number + 2 :]))
                sets = (*rules.sets[:at], swapped, *rules.sets[at + 1 :])
                yield _mutant(rules, "swap", (place, ""), rule.name, f"comes after {below.name!r}", sets)
    for number, ladder in enumerate(rules.escalations):
        if ladder.enabled:
            for kind, where, text, changed_ladder in _of_ladder(ladder, words):
                ladders = (*rules.escalations[:number], changed_ladder, *rules.escalations[number + 1 :])
                made = Rules(sets=rules.sets, escalations=ladders, macros=rules.macros)
                place = f"escalations[{number}]" + (where and f".{where}")
                yield Mutant(kind=kind, place=place, rule=ladder.name, change=text, rules=made)


def _in_set(sets: tuple[RuleSet, ...], at: int, number: int, rule: Rule) -> tuple[RuleSet, ...]:
    one = sets[at]
    return (*sets[:at], evolve(one, rules=(*one.rules[:number], rule, *one.rules[number + 1 :])), *sets[at + 1 :])


def _mutant(rules: Rules, kind: str, place: tuple[str, str], name: str, text: str, sets: tuple[RuleSet, ...]) -> Mutant:
    made = Rules(sets=sets, escalations=rules.escalations, macros=rules.macros)
    return Mutant(kind=kind, place=".".join(filter(None, place)), rule=name, change=text, rules=made)


# --- the score -------------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class Noticed:
    """A change that a history notices: the first that does, counted from 0.

    >>> from ticketcore import Created, field
    >>> desk = Desk(rules=[Rule(name="vip", on=["created"], when=field.tags.has("vip"), then=[Action("notify", "lead")])])
    >>> plain, vip = ([Created(at=0, ticket="T-1", tags=tags)] for tags in ([], ["vip"]))
    >>> [(one.mutant.kind, one.history) for one in mutation_score(desk, [plain, vip]).noticed]
    [('drop-rule', 1), ('flip-test', 0), ('drop-test', 0), ('drop-action', 1)]
    """

    mutant: Mutant
    history: int


def _noticed(value: Iterable[Noticed]) -> tuple[Noticed, ...]:
    return tuple(value)


def _unnoticed(value: Iterable[Mutant]) -> tuple[Mutant, ...]:
    return tuple(value)


@frozen(kw_only=True)
class MutationScore:
    """Which changes to the rules a set of histories notices, and which not. Prints the second kind. The same inputs give the same score.

    >>> from ticketcore import Created, field
    >>> desk = Desk(rules=[Rule(name="vip", on=["created"], when=field.tags.has("vip"), then=[Action("notify", "lead")])])
    >>> score = mutation_score(desk, [[Created(at=0, ticket="T-1", tags=["vip"])]])
    >>> score.percent, score.of("vip"), [one.kind for one in score.unnoticed]
    (75, (3, 4), ['drop-test'])
    >>> score.total
    4
    """

    desk: str
    histories: int
    noticed: tuple[Noticed, ...] = field(default=(), converter=_noticed)
    unnoticed: tuple[Mutant, ...] = field(default=(), converter=_unnoticed)

    @property
    def total(self) -> int:
        """How many changes were tried."""
        return len(self.noticed) + len(self.unnoticed)

    @property
    def percent(self) -> int:
        """The share noticed in whole percent, rounded down: 100 means every one. A desk without rules has all."""
        return len(self.noticed) * 100 // self.total if self.total else 100

    def of(self, rule: str) -> tuple[int, int]:
        """Of one rule or ladder: how many changes were noticed, and how many were tried."""
        seen = sum(one.mutant.rule == rule for one in self.noticed)
        return seen, seen + sum(one.rule == rule for one in self.unnoticed)

    def __str__(self) -> str:
        by = many(self.histories, "history", "histories")
        head = f"{self.desk}: {len(self.noticed)} of {self.total} changes noticed ({self.percent} %) by {by}"
        return "\n".join([head, *(f"  {one}" for one in self.unnoticed)])


def mutation_score(
    desk: Desk, histories: Iterable[History], *, wait: timedelta | str | None = None, changes: Iterable[Mutant] | None = None
) -> MutationScore:
    """Which changes to the rules of *desk* the *histories* notice, each replayed on its own, after which time passes for *wait*.

    *changes* are those to try, all `mutants` if not given; one that no desk can have is left out. It takes a replay of the histories
    for each change that is not noticed, and a part of one for each that is.

    >>> from ticketcore import Created, Person, Rule, field
    >>> vip = Rule(name="vip", on=["created"], when=field.requester.tier == "gold", then=[Action("add_tag", "vip")])
    >>> silver = [Created(at=0, ticket="T-1", by=Person(name="Ada", tier="silver"))]
    >>> print(mutation_score(Desk(rules=[vip]), [silver]))
    desk: 2 of 4 changes noticed (50 %) by 1 history
      rules[0] 'vip': never fires (drop-rule)
      rules[0].then[0] 'vip': without add_tag 'vip' (drop-action)
    """
    kept = [tuple(history) for history in histories]
    wait_us = None if wait is None else duration_us(wait)
    known = [tuple(_lived(desk, history, wait_us)) for history in kept]
    noticed: list[Noticed] = []
    unnoticed: list[Mutant] = []
    for mutant in mutants(desk) if changes is None else changes:
        try:
            other = mutant.of(desk)
        except DeskError:
            continue
        first = next((number for number, history in enumerate(kept) if _differs(other, history, wait_us, known[number])), None)
        if first is None:
            unnoticed.append(mutant)
        else:
            noticed.append(Noticed(mutant=mutant, history=first))
    return MutationScore(desk=desk.name, histories=len(kept), noticed=noticed, unnoticed=unnoticed)


def _differs(desk: Desk, history: Sequence[EventBase], wait_us: int | None, known: Sequence[Any]) -> bool:
    """Whether a history comes out otherwise than is known; looked at only up to the first difference."""
    count = 0
    for seen in _lived(desk, history, wait_us):
        if count >= len(known) or seen != known[count]:
            return True
        count += 1
    return count < len(known)


def _lived(desk: Desk, history: Sequence[EventBase], wait_us: int | None) -> Iterator[Any]:
    """What anybody but a reader of the log can see of a history: moment by moment, and at the end what time brings."""
    run = Replay(desk)
    last_us: int | None = None
    for moment in moments(history):
        last_us = moment[0].at_us if last_us is None else max(last_us, moment[0].at_us)
        try:
            outcome = run.feed(*moment)
        except TicketcoreError as error:
            yield moment[0].ticket, error.code
            continue
        yield _seen(outcome)
    if wait_us is not None and last_us is not None:
        for outcome in run.settle(last_us + wait_us):
            seen = _seen(outcome)
            if seen != (outcome.ticket.id, (), ()):
                yield seen


_BLANK: Final = ("id", "cause", "desk", "moment", "event", "key", "rule")  # names of the log, of rules and of the desk


def _seen(outcome: Outcome) -> tuple[str, tuple[EventBase, ...], tuple[Any, ...]]:
    """An outcome without what only names the desk, the rule or the place in the log."""
    events = tuple(map(_unnamed, (event for event in outcome.events if event.kind not in _UNSEEN)))
    return outcome.ticket.id, events, tuple(map(_unnamed, outcome.effects))


def _unnamed(value: Any) -> Any:
    """An event or an effect without the names that it has of them."""
    return changed(value, **{name: "" for name in _BLANK if hasattr(value, name)})
