"""Do two desks ever behave differently? Equal, or a ticket and what happens to it that shows a difference, or unknown.

No history is needed. Equal desks are told by their rules: the same but for names, for an order that cannot matter, or for the wording
of conditions. Different ones are told by a walk through what can happen on both side by side (`ticketcore.lint` has the machinery).
What cannot be decided within the budget is said to be unknown, never equal. What counts as a difference is what
`ticketcore.replay.compare` goes by.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import combinations
from typing import Any, Final

import attrs
from attrs import evolve, frozen

from ticketcore._compare import same_outcome, watched_over
from ticketcore._lint_domain import Wanted, possible
from ticketcore._lint_footprint import cone_of, footprint, reads_of
from ticketcore._lint_order import independent
from ticketcore._lint_script import Script, shrink
from ticketcore._lint_space import Space, Visit, Walk
from ticketcore._lint_survey import seeds_for
from ticketcore._reasons import Difference
from ticketcore._together import OTHER, joint
from ticketcore._values import changed
from ticketcore.conditions import Condition, Not, Test, is_timed, names_category
from ticketcore.desk import Desk
from ticketcore.errors import TicketcoreError, UnknownName, check_kind
from ticketcore.rules import Rule

__all__ = ["DeskDifference", "difference"]

_TICKET: Final = "T-1"
_ASKED: Final = frozenset({"priority", "status", "assignee", "group", "policy", "subject", "language", "channel"})  # compared as they are


@frozen(kw_only=True)
class DeskDifference:
    """The verdict on two desks: ``equal``, ``differs`` or ``unknown``, and why.

    Where they differ, ``witness`` is a script that shows it and ``first`` says where in it, and because of what; the script replays
    (`ticketcore.lint.Script.replay`). ``steps`` were taken on the way.

    >>> from ticketcore import Action, Rule, field
    >>> vip = Rule(name="vip", on=["created"], when=field.requester.tier == "gold", then=[Action("set_priority", "high")])
    >>> found = difference(Desk(metrics=(), rules=[vip]), Desk(metrics=()))
    >>> found.is_equal, found.because
    (False, "because of rule 'vip'")
    >>> print(found.witness, found.first.decision_a.level, found.first.decision_b)
    1. Mon 23 Nov 2026 09:00  created by customer: requester tier 'gold' high None
    >>> found.data()["witness"]
    ["1. Mon 23 Nov 2026 09:00  created by customer: requester tier 'gold'"]
    """

    verdict: str
    because: str
    witness: Script | None = None
    first: Difference | None = None
    steps: int = 0

    @property
    def is_equal(self) -> bool:
        """Whether the desks are proven to behave alike."""
        return self.verdict == "equal"

    def __str__(self) -> str:
        lines = [f"{self.verdict}: {self.because}"]
        if self.witness is not None:
            lines += [f"  {line}" for line in str(self.witness).splitlines()]
        if self.first is not None:
            lines.append(f"  {self.first}")
        return "\n".join(lines)

    def data(self) -> dict[str, Any]:
        """The verdict as plain data; the script as text."""
        return {
            "verdict": self.verdict, "because": self.because, "steps": self.steps,
            "witness": None if self.witness is None else str(self.witness).splitlines(),
            "first": None if self.first is None else self.first.data(),
        }  # fmt: skip


def difference(desk_a: Desk, desk_b: Desk, *, budget: int = 10_000, depth: int = 6) -> DeskDifference:
    """Whether two desks ever behave differently: in what they make of a ticket or of what they ask of the host.

    The names of rules, sets and desks make no difference, nor does the order of rules that commute, the wording of a condition that comes
    to the same, or a rule that can never fire. The walk takes at most *budget* steps of a desk, and goes *depth* moments and stretches of
    time into the life of a ticket. Desks that differ in more than rules and templates (hours, promises, lifecycle) are never proven
    equal: they are shown to differ, or it is unknown.

    >>> from ticketcore import Action, Rule, field
    >>> vip = Rule(name="vip", on=["created"], when=field.requester.tier == "gold", then=[Action("set_priority", "high")])
    >>> desk = Desk(metrics=(), rules=[vip])
    >>> difference(desk, Desk(metrics=(), rules=[evolve(vip, name="gold first")])).verdict
    'equal'
    >>> found = difference(desk, Desk(metrics=(), rules=[evolve(vip, when=field.requester.tier.is_any("gold", "silver"))]))
    >>> found.verdict, found.witness.moments[0][0].by.tier
    ('differs', 'silver')
    """
    for name, desk in (("desk_a", desk_a), ("desk_b", desk_b)):
        check_kind(desk, Desk, "a desk", "difference(desk_a, desk_b)", name)
    proof = _proof(desk_a, desk_b)
    if proof:
        return DeskDifference(verdict="equal", because=proof)
    try:
        spaces = _spaces(desk_a, desk_b)
    except UnknownName:
        try:
            spaces = _spaces(desk_b, desk_a)  # whichever knows the other's names
        except UnknownName as error:
            return DeskDifference(verdict="unknown", because=f"each desk has names that the other lacks: {error}")
    steps = 0
    for left, space in zip(range(len(spaces), 0, -1), spaces, strict=True):
        walk = Walk(space, depth=depth, budget=(budget - steps) // left)
        for visit in walk:
            if _parts_in(visit):
                return _shown(desk_a, desk_b, visit.script, steps + walk.steps)
        steps += walk.steps
    return DeskDifference(verdict="unknown", because=f"no difference was found in {steps:,} steps, which proves nothing", steps=steps)


# --- equal by the look of it -------------------------------------------------------------------------------------------


def _proof(one: Desk, other: Desk) -> str:
    """Why the two are equal for certain; "" if that cannot be told from their rules."""
    parts = (part.name for part in attrs.fields(Desk) if part.init and part.eq and part.name not in ("name", "rules", "templates"))
    if any(getattr(one, name) != getattr(other, name) for name in parts):
        return ""
    if _used(one) != _used(other):
        return ""
    mine, theirs = _unnamed(one), _unnamed(other)
    if mine is None or theirs is None:
        return "the same rules under the same names" if one.rules == other.rules else ""
    (sets, ladders), (other_sets, other_ladders) = mine, theirs
    if ladders != other_ladders or len(sets) != len(other_sets):
        return ""
    if sets == other_sets:
        return "the same but for names"
    if all(_commuted(one, ours, others) for ours, others in zip(sets, other_sets, strict=True)):
        return "the same rules in another order, and those that changed places commute"
    if all(_reworded(one, ours, others) for ours, others in zip(sets, other_sets, strict=True)):
        return "the same rules, their conditions in other words"
    return ""


def _used(desk: Desk) -> dict[str, str]:
    """The templates that an action of a rule names."""
    steps = [rule.then for rule in desk.rules if rule.enabled]
    named = {value for then in steps for action in then for value in (action.value, *action.options.values()) if isinstance(value, str)}
    return {name: text for name, text in desk.templates.items() if name in named}


def _unnamed(desk: Desk) -> tuple[list[list[Rule]], list[Any]] | None:
    """The rules that can fire, without their names, set by set (all as one where no rule stops its set); and the ladders.

    None where a rule listens to the firing of others: then names tell.
    """
    rules, words = desk.rules, desk.vocabulary
    active = [
        [evolve(rule, name="") for rule in one.rules if rule.enabled and possible([Wanted(rule.when)], words) is not False]
        for one in rules.sets if one.enabled
    ]  # fmt: skip
    if any("rule_fired" in rule.on for one in active for rule in one):
        return None
    if not any(rule.stop for one in active for rule in one):
        active = [[rule for one in active for rule in one]]
    return [one for one in active if one], [evolve(ladder, name="") for ladder in rules.escalations if ladder.enabled]


def _reworded(desk: Desk, mine: Sequence[Rule], theirs: Sequence[Rule]) -> bool:
    """Whether the rules are the same one by one, but for conditions of which neither can hold without the other."""
    return len(mine) == len(theirs) and all(
        rule == other or (evolve(rule, when=other.when) == other and _as_good_as(desk, rule.when, other.when))
        for rule, other in zip(mine, theirs, strict=True)
    )


def _as_good_as(desk: Desk, one: Condition, other: Condition) -> bool:
    words = desk.vocabulary
    if any(names_category(one, words, name) != names_category(other, words, name) for name in ("closed", "removed")):
        return False  # whether a rule sleeps on finished tickets hangs on what its condition names
    if is_timed(one) != is_timed(other):
        return False
    demands = ([Wanted(one), Wanted(Not(other))], [Wanted(other), Wanted(Not(one))])
    return all(possible(demand, words) is False for demand in demands)


def _commuted(desk: Desk, mine: Sequence[Rule], theirs: Sequence[Rule]) -> bool:
    """Whether *theirs* are the rules of *mine* in another order, and every two that changed places commute."""
    places: list[int] = []
    for rule in theirs:
        found = next((place for place, other in enumerate(mine) if other == rule and place not in places), None)
        if found is None:
            return False
        places.append(found)
    if len(places) != len(mine):
        return False
    return all(independent(desk, mine[late], mine[early]) for early, late in combinations(places, 2) if early > late)


# --- different by what happens -----------------------------------------------------------------------------------------


def _spaces(one: Desk, other: Desk) -> list[Space]:
    """What to walk through on both desks, one space after the other; each begins with tickets that whatever is not the same is about."""
    both = joint(one, other)
    if both is None or both.policies or both.warnings:
        named = {policy.name for policy in (*one.policies, *other.policies) if (policy in one.policies) != (policy in other.policies)}
        conditions = [policy.when for policy in (*one.policies, *other.policies) if policy.name in named]
        unlike = _unlike(one, {rule.name for rule in one.rules}, other) + _unlike(other, {rule.name for rule in other.rules}, one)
        seeds = _seeds(one, [*conditions, *(rule.when for _, rule in unlike)])
        return [Space([one, other], _about(unlike), seeds=seeds)]
    watched = {name.removesuffix(OTHER) for name in both.watched}
    unlike = _unlike(one, watched, None) + _unlike(other, watched, None)
    seeds = _seeds(one, [rule.when for _, rule in unlike])
    held = [(desk, rule) for desk, stopping in unlike if stopping.stop for rule in _beside(desk, stopping)]
    about = _about([*unlike, *held])
    rules, reads = _bearing((one, other), [*unlike, *held], about)
    # First what bears on the difference, no ticket being moved for nothing; then with every move, and where a rule that stops
    # its set is not the same, with every rule.
    near = Space([one, other], about, seeds=seeds, rules=rules, reads=reads, still=True)
    far = Space([one, other], about, seeds=seeds) if held else Space([one, other], about, seeds=seeds, rules=rules, reads=reads)
    return [near, far]


def _beside(desk: Desk, rule: Rule) -> list[Rule]:
    """The rules that are held back where a rule stops its set: also those above it, in the next pass."""
    return [other for one in desk.rules.sets if rule in one.rules for other in one.rules if other.enabled and other.name != rule.name]


def _unlike(desk: Desk, names: Collection[str], without: Desk | None) -> list[tuple[Desk, Rule]]:
    """The enabled rules of *desk* of these names, but for those that *without* has as they are."""
    known = () if without is None else tuple(without.rules)
    return [(desk, rule) for rule in desk.rules if rule.enabled and rule.name in names and rule not in known]


def _seeds(desk: Desk, conditions: Iterable[Condition]) -> list[Any]:
    return [seed for condition in dict.fromkeys(conditions) for seed in seeds_for(desk, condition, most=4)]


def _about(unlike: Iterable[tuple[Desk, Rule]]) -> list[Condition]:
    """What the actions of these rules change, as conditions: an action does nothing where it is so already."""
    found: list[Condition] = []
    for desk, rule in unlike:
        for name, values in footprint(rule, desk).direct.items():
            if name.startswith("tags:") and name != "tags:*":
                found.append(Test("tags", "has", name.removeprefix("tags:")))
            elif name in _ASKED:
                found += [Test(name, "is", value) for value in values if isinstance(value, str)]
    return list(dict.fromkeys(found))


def _bearing(
    desks: Iterable[Desk], unlike: Iterable[tuple[Desk, Rule]], about: Iterable[Condition]
) -> tuple[frozenset[str], frozenset[str]]:
    """The rules that have a say in whether these rules fire and in what they then change, on either desk, and all that they read.

    Nothing else need be looked at: whatever a rule does is recorded or goes out, and so shows at once.
    """
    desks = tuple(desks)
    wanted = {name for condition in about for name in reads_of(condition, desks[0].vocabulary)}
    rules: set[str] = set()
    for desk, rule in unlike:
        made = footprint(rule, desk)
        wanted |= {*made.reads, *made.direct}
        rules.add(rule.name)
    while True:
        known = len(rules), len(wanted)
        for desk in desks:
            found, reads = cone_of(desk, wanted, rules)
            rules |= found
            wanted |= reads
        if known == (len(rules), len(wanted)):
            return frozenset(rules), frozenset(wanted)


def _parts_in(visit: Visit) -> bool:
    """Whether the two desks part in the last step of a walk."""
    mine, theirs = visit.outcomes
    if isinstance(mine, TicketcoreError) or isinstance(theirs, TicketcoreError):
        return isinstance(mine, TicketcoreError) != isinstance(theirs, TicketcoreError)
    return not same_outcome(mine, theirs)


def _shown(one: Desk, other: Desk, script: Script, steps: int) -> DeskDifference:
    """The shortest script that still shows a difference, and where it lies."""

    def first_of(shorter: Script) -> Difference | None:
        moments = [tuple(changed(event, ticket=_TICKET) for event in moment) for moment in shorter.moments]
        return watched_over(one, other, moments, shorter.until_us)

    witness = shrink(script, lambda shorter: shorter if shorter.moments and first_of(shorter) is not None else None, most=100)
    first = first_of(witness)
    name = f"{first.reason.kind} {first.reason.name!r}".replace(" ''", "") if first is not None else "what is refused"
    return DeskDifference(verdict="differs", because=f"because of {name}", witness=witness, first=first, steps=steps)
