"""Pairs of rules whose order decides what becomes of a ticket: shown by a script, or proven not to be.

To ask whether the order of two rules of a set matters is to bring them together at the place of the upper one, in either order, and
to compare what comes of the same script: the ticket, and the effects whatever their order. Two rules commute for certain when
neither reads or writes what the other writes, or when no cycle can have both fire; or when a walk has gone through everything
that can happen on the two desks and nothing differed.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any, Final

from attrs import evolve, frozen

from ticketcore._effects import EffectBase
from ticketcore._lint_domain import Wanted, possible
from ticketcore._lint_findings import Finding
from ticketcore._lint_footprint import after, footprint, share
from ticketcore._lint_rules import Placed, placed
from ticketcore._lint_script import Script, shrink
from ticketcore._lint_space import Space, Visit, Walk, clock_key, created
from ticketcore._lint_survey import Survey, seeds_for
from ticketcore._values import changed
from ticketcore.desk import Desk, Outcome
from ticketcore.errors import TicketcoreError, counted
from ticketcore.model import RuleFired, Ticket
from ticketcore.rules import ACTIONS, Rule

__all__ = ["Pair", "differ", "exclusive", "judge_order", "order_of", "outcome_of", "together"]

MOST_PAIRS: Final = 400  # looked at by exchanging; more are said to be undecided


@frozen
class Pair:
    """Two rules of one set, the upper first, and whether their order matters: ``commutes``, ``differs`` or ``unknown``."""

    above: Placed
    below: Placed
    verdict: str
    witness: Script | None = None


# --- comparing ---------------------------------------------------------------------------------------------------------

_PARTS: Final = (
    "id", "status", "category", "priority", "subject", "text", "channel", "language", "requester", "assignee", "group", "tags", "fields",
    "facts", "policy", "policy_choices", "merged_into", "rating", "agent_replies", "customer_replies", "notes", "reopens",
    "reassignments", "transfers", "returns", "came_from", "escalation", "created_us", "updated_us", "status_since_us",
    "first_agent_reply_us", "last_agent_reply_us", "last_customer_reply_us", "waiting_since_us", "assigned_us", "resolved_us", "closed_us",
    "acknowledged_us", "escalated_us", "postponed_until_us", "before_postpone", "before_delete", "silenced",
)  # fmt: skip


def outcome_of(outcome: Outcome) -> tuple[Any, ...]:
    """What two outcomes are compared by: the ticket without its bookkeeping, and the effects in no order."""
    return (_ticket_of(outcome.ticket), tuple(sorted((effect.key, _plain(effect)) for effect in outcome.effects)))


def _ticket_of(ticket: Ticket) -> tuple[Any, ...]:
    slots = tuple(sorted((name, slot.level) for name, slot in ticket.slots.items()))
    clocks = tuple(sorted((metric, clock_key(clock.cycle, ticket.as_of_us)) for metric, clock in ticket.clocks.items()))
    return (*(getattr(ticket, name) for name in _PARTS), slots, clocks)


def _plain(effect: EffectBase) -> str:
    """An effect in words, without what it was told about: of two events at once, either will do."""
    return repr(changed(effect, about="") if hasattr(effect, "about") else effect)


def together(desk: Desk, above: Placed, below: Placed) -> tuple[Desk, Desk]:
    """The desk with the lower of two rules of one set brought to just below the upper one, and to just above it."""
    made = [desk] if below.number == above.number + 1 else []
    for pair in ((above, below), (below, above))[len(made) :]:
        sets = []
        for one in desk.rules.sets:
            rules = list(one.rules)
            if one.name == above.set_name:
                del rules[below.number]
                rules[above.number : above.number + 1] = [pair[0].rule, pair[1].rule]
            sets.append(evolve(one, rules=rules))
        made.append(desk.evolve(rules=evolve(desk.rules, sets=sets)))
    return made[0], made[1]


def differ(one: Desk, other: Desk, script: Script) -> bool:
    """Whether a script comes to something else under *other*. One that both refuse does not; one that one of them refuses does."""
    mine, theirs = _lived(one, script), _lived(other, script)
    return mine != theirs


def _lived(desk: Desk, script: Script) -> list[tuple[Any, ...]] | None:
    try:
        return [outcome_of(outcome) for outcome in script.replay(desk)]
    except TicketcoreError:
        return None


# --- commuting for certain ---------------------------------------------------------------------------------------------


def independent(desk: Desk, one: Rule, other: Rule) -> bool:
    """Whether the order of two neighbours cannot matter."""
    if exclusive(desk, one, other) or (_apart(desk, one, other) and _apart(desk, other, one)):
        return True
    if (one.stop and not other.is_timed) or (other.stop and not one.is_timed):
        return False
    mine, theirs = footprint(one, desk), footprint(other, desk)
    if "rule_fired" in one.on | other.on or mine.makes & other.on or theirs.makes & one.on:
        return False
    if share(mine.writes, theirs.reads) or share(theirs.writes, mine.reads):
        return False
    if desk.metrics and share(mine.direct, _TRIGGERING) and share(theirs.direct, _TRIGGERING):
        return False  # clocks start and stop in the order of events
    common = share(mine.direct, theirs.direct)
    if any(name not in mine.direct or name not in theirs.direct for name in common):
        return False
    return all(len(mine.direct[name] | theirs.direct[name]) == 1 and "*" not in mine.direct[name] for name in common)


_TRIGGERING: Final = ("status", "assignee", "group", "notes", "sla")


def _apart(desk: Desk, one: Rule, other: Rule) -> bool:
    """Whether *other* does not match where *one* does, neither before nor after that has fired: then only one of them acts at a time."""
    once = one.on == other.on == frozenset(("created",))
    demands = [Wanted(one.when, scope="one"), Wanted(other.when, scope="other")]
    if possible(demands, desk.vocabulary, shared=lambda name: once or not (name == "text" or name.startswith("event."))) is not False:
        return False
    changes = any(not ACTIONS[action.name].is_effect for action in one.then)
    return not changes or possible([Wanted(other.when)], desk.vocabulary, only=after(one, desk)) is False


def exclusive(desk: Desk, one: Rule, other: Rule) -> bool:
    """Whether no cycle can see both rules fire: what both demand of fields that no rule changes is never met at once."""
    written = {name for rule in desk.rules for name in footprint(rule, desk).writes}
    once = one.on == other.on == frozenset(("created",))

    def stays(name: str) -> bool:
        if name == "text" or name.startswith("event."):
            return once  # a cycle has one event of creation, and maybe several others
        if name == "policy" or name.startswith(("since ", "until ", "sla ", "hours ")):
            return False  # chosen, or running, between two passes
        return not share({"tags:*"} if name == "tags" else {name}, written)

    demands = [Wanted(one.when, scope="one"), Wanted(other.when, scope="other")]
    return possible(demands, desk.vocabulary, shared=stays) is False


# --- all pairs ---------------------------------------------------------------------------------------------------------


def order_of(desk: Desk, survey: Survey, *, budget: int = 0) -> Iterator[Pair]:
    """Every pair of enabled rules of one set, with the verdict on their order. *budget*: steps of a walk that may decide the rest."""
    by_set: dict[str, list[Placed]] = {}
    for one in placed(desk):
        if one.rule.ladder is None:
            by_set.setdefault(one.set_name, []).append(one)
    scripts = _telling(survey)
    left = MOST_PAIRS
    for rules in by_set.values():
        for above, below in combinations(rules, 2):
            if independent(desk, above.rule, below.rule):
                yield Pair(above, below, "commutes")
                continue
            left -= 1
            yield _tried(desk, above, below, scripts, budget) if left >= 0 else Pair(above, below, "unknown")


def _telling(survey: Survey) -> list[tuple[frozenset[str], Script]]:
    """Scripts at whose end rules fired, one of each kind: which, and in which order."""
    found: dict[tuple[str, ...], Script] = {}
    for visit in survey.visits:
        names = tuple(event.rule for event in visit.outcome.events if isinstance(event, RuleFired))
        if names:
            found.setdefault(names, visit.script)
    return [(frozenset(names), script) for names, script in found.items()]


def _tried(desk: Desk, above: Placed, below: Placed, scripts: list[tuple[frozenset[str], Script]], budget: int) -> Pair:
    """The verdict by replaying scripts in which one of the two fires in both orders; then by walking both desks side by side."""
    one, other = together(desk, above, below)
    names = {above.rule.name, below.rule.name}
    seeds = seeds_for(desk, above.rule.when, below.rule.when, most=4)
    for script in (*(Script((created(desk, seed),)) for seed in seeds), *(script for fired, script in scripts if fired & names)):
        if differ(one, other, script):
            return Pair(above, below, "differs", _smallest(one, other, script))
    if not budget:
        return Pair(above, below, "unknown")
    walk = Walk(Space([one, other], seeds=seeds, limit=budget), depth=12, budget=budget)
    for visit in walk:
        if _parts(visit):
            return Pair(above, below, "differs", _smallest(one, other, visit.script))
    return Pair(above, below, "commutes" if walk.is_closed else "unknown")


def _parts(visit: Visit) -> bool:
    """Whether two desks part in the last step of a walk; up to it they went together, so that nothing is replayed."""
    mine, theirs = (None if isinstance(outcome, TicketcoreError) else outcome_of(outcome) for outcome in visit.outcomes)
    return mine != theirs


def _smallest(one: Desk, other: Desk, script: Script) -> Script:
    return shrink(script, lambda smaller: smaller if differ(one, other, smaller) else None, most=60)


def judge_order(desk: Desk, survey: Survey) -> Iterator[Finding]:
    """A finding for each pair whose order matters, and one for each set with pairs that could not be decided."""
    undecided: dict[str, list[Pair]] = {}
    for pair in order_of(desk, survey):
        one, two = pair.above.rule.name, pair.below.rule.name
        if pair.verdict == "differs":
            yield Finding(
                code="order-sensitive", place=pair.below.place, severity="info", witness=pair.witness, short=f"{one!r} above {two!r}",
                message=f"what becomes of a ticket depends on {two!r} standing below {one!r}; keep them so, or let only one of them match",
            )  # fmt: skip
        elif pair.verdict == "unknown":
            undecided.setdefault(pair.above.set_name, []).append(pair)
    for name, pairs in undecided.items():
        listed = "; ".join(f"{pair.above.rule.name!r} and {pair.below.rule.name!r}" for pair in pairs[:5])
        yield Finding(
            code="order-sensitive", place=name, severity="info", verdict="unknown",
            message=f"whether order matters was not decided for {counted(len(pairs), 'pair of rules', 'pairs of rules')}: {listed}"
                    f"{'; ...' if len(pairs) > 5 else ''}",
        )  # fmt: skip
