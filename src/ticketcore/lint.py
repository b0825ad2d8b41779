"""Judging a desk before it is used: what in it can never happen, contradicts itself, or leaves a ticket without a clock.

A finding is data that prints well: a stable code, the place, a sentence with the remedy, and where there is one a *witness*: events
that show it when they are handed to the desk. What is found is certain; what only might be is marked ``unknown`` and never hidden.
Doubtful but legal configurations are flagged here, not refused at load.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from attrs import evolve, frozen

from ticketcore._time import DAY_US
from ticketcore.conditions import TRUE, AllOf, AnyOf, Condition, Not, Test, names_category
from ticketcore.desk import Desk
from ticketcore.errors import TicketcoreError
from ticketcore.lifecycle import Move, To
from ticketcore.model import Agent, Created, EventBase, Length, Person, Target, Ticket, WorkingDays
from ticketcore.rules import ACTIONS, Rule

__all__ = ["CODES", "Finding", "lint"]

_AGENT: Final = Agent(id="agent")
_START: Final = 1_795_424_400_000_000  # a Monday in 2026; witnesses begin then

CODES: Final[Mapping[str, str]] = {
    "targets-not-monotone": "a higher priority is promised a later answer than a lower one",
    "no-clock": "a ticket that matches no policy has no promise",
    "shadowed-policy": "a policy that can never be chosen",
    "unreachable-status": "a status that no move leads to",
    "dead-end": "a live status that no move leaves",
    "duplicate-rule": "two rules that do the same",
    "shadowed-rule": "a rule that never fires because one above stops its set",
    "contradictory-rule": "a rule whose condition can never hold",
    "illegal-action": "an action that the lifecycle refuses whenever its rule fires",
    "or-not-contains": "any of several 'does not': true of nearly every ticket",
    "near-duplicates": "two names that differ only a little",
    "unused": "something declared that nothing uses",
    "runs-on": "time rules that run on without anybody doing anything",
}


@frozen(kw_only=True)
class Finding:
    """One thing found: what (``code``, a key of `CODES`), where (``place``), and what to do about it.

    ``verdict`` is proven or unknown; ``witness`` holds events that show it, in order, when handed to the desk one by one.
    """

    code: str
    place: str
    message: str
    severity: str = "warning"
    verdict: str = "proven"
    witness: tuple[EventBase, ...] = ()

    def __str__(self) -> str:
        mark = "" if self.verdict == "proven" else f" [{self.verdict}]"
        return f"{self.severity}: {self.place}: {self.message} ({self.code}){mark}"


def lint(desk: Desk) -> tuple[Finding, ...]:
    r"""Everything found in *desk*, in the order of its parts.

    >>> from ticketcore import Desk
    >>> print(*lint(Desk()), sep="\n")
    warning: sla: a ticket that matches no policy has no promise; add a policy without a condition, or name a default (no-clock)
    """
    return tuple(finding for look in _LOOKS for finding in look(desk))


# --- service levels --------------------------------------------------------------------------------------------------


def _targets(desk: Desk) -> Iterator[Finding]:
    levels = desk.priority.levels.names
    for number, policy in enumerate(desk.policies):
        for metric, targets in policy.targets.items():
            lower: tuple[str, Target] | None = None
            for level in levels:
                target = targets.of(level)
                if lower is not None and target is not None and _longer(target, lower[1]):
                    yield Finding(
                        code="targets-not-monotone", place=f"sla[{number}].targets.{metric}",
                        message=f"{lower[0]!r} is promised sooner ({lower[1]}) than {level!r} ({target}); shorten {level!r}",
                    )  # fmt: skip
                if target is not None:
                    lower = (level, target)


def _longer(one: Target, other: Target) -> bool:
    """Whether one target is certainly longer than another; targets of different kinds are not compared."""
    if isinstance(one, Length) and isinstance(other, Length):
        return one.calendar == other.calendar and one.us > other.us
    if type(one) is type(other) and not isinstance(one, Length) and not isinstance(other, Length):
        return one.count > other.count or (
            isinstance(one, WorkingDays)
            and isinstance(other, WorkingDays)
            and one.count == other.count
            and one.end_of_day > other.end_of_day
        )
    return False


def _no_clock(desk: Desk) -> Iterator[Finding]:
    if desk.default_policy is not None or any(policy.when == TRUE for policy in desk.policies) or not desk.metrics:
        return
    event, ticket = _newcomer(desk)
    proven = ticket is not None and ticket.policy is None
    yield Finding(
        code="no-clock", place="sla", verdict="proven" if proven else "unknown", witness=(event,) if proven else (),
        message="a ticket that matches no policy has no promise; add a policy without a condition, or name a default",
    )  # fmt: skip


def _newcomer(desk: Desk) -> tuple[Created, Ticket | None]:
    """The plainest ticket there is; None for the ticket if the desk refuses it."""
    facts = {name: fact.default for name, fact in desk.facts.items() if fact.default is not None}
    event = Created(at=_START, id="1", ticket="T-1", by=Person(email="someone@example.org"), facts=facts)
    try:
        return event, desk.handle(None, event).ticket
    except TicketcoreError:
        return event, None


def _policies(desk: Desk) -> Iterator[Finding]:
    above = ""
    seen: dict[Condition, str] = {}
    for number, policy in enumerate(desk.policies):
        taken = above or seen.get(policy.when, "")
        if taken and policy.name != desk.default_policy:
            yield Finding(
                code="shadowed-policy", place=f"sla[{number}]",
                message=f"{policy.name!r} is never chosen by its condition: {taken!r} above it takes every ticket it would; move it up",
            )  # fmt: skip
        if policy.when == TRUE:
            above = above or policy.name
        seen.setdefault(policy.when, policy.name)


# --- lifecycle -------------------------------------------------------------------------------------------------------


def _statuses(desk: Desk) -> Iterator[Finding]:
    lifecycle = desk.lifecycle
    rows = lifecycle.rows()
    leads = {
        name: {to for trigger, targets in lifecycle.allowed(name).items() if not _goes_back(row.get(trigger)) for to in targets}
        for name, row in rows.items()
    }
    firsts = {lifecycle.initial(Created(at=0, ticket="T")), lifecycle.initial(Created(at=0, ticket="T", by=_AGENT))}
    reached, frontier = set(firsts), list(firsts)
    while frontier:
        for to in leads[frontier.pop()] - reached:
            reached.add(to)
            frontier.append(to)
    for number, status in enumerate(lifecycle.statuses):
        place = f"lifecycle.statuses[{number}]"
        if status.name not in reached:
            yield Finding(code="unreachable-status", place=place, message=f"no move leads to {status.name!r}; add one, or remove it")
        elif lifecycle.is_live(status.name) and not leads[status.name] - {status.name}:
            yield Finding(
                code="dead-end",
                place=place,
                severity="error",
                message=f"no move leaves {status.name!r}: tickets stay there for ever; add one",
            )


def _goes_back(move: Move | None) -> bool:
    """Whether a move only leads back to where the ticket has been."""
    return move is not None and move.to is To.BEFORE_DELETE


# --- rules -----------------------------------------------------------------------------------------------------------


def _rules(desk: Desk) -> Iterator[Finding]:
    for one in desk.rules.sets:
        earlier: list[tuple[int, Rule]] = []
        for number, rule in enumerate(one.rules):
            if not rule.enabled or not one.enabled:
                continue
            place = f"{one.name}[{number}]"
            if _contradicts(rule.when):
                yield Finding(
                    code="contradictory-rule", place=place, message=f"{rule.name!r} never fires: its condition contradicts itself; mend it"
                )
            for above, other in earlier:
                if _does_the_same(other, rule):
                    yield Finding(
                        code="duplicate-rule",
                        place=place,
                        message=f"{rule.name!r} does the same as {other.name!r} ({one.name}[{above}]); remove one",
                    )
                elif other.stop and not rule.is_timed and not other.is_timed and _covers(desk, other, rule):
                    between = [apart for at, apart in earlier if at > above]
                    yield Finding(
                        code="shadowed-rule", place=place,
                        verdict="unknown" if any(_disturbs(apart, rule) for apart in between) else "proven",
                        message=f"{rule.name!r} never fires: {other.name!r} above it stops the set for every ticket it matches; move it up",
                    )  # fmt: skip
                    break
            yield from _negated_any(rule, f"{place}.when")
            yield from _illegal(desk, rule, place)
            earlier.append((number, rule))


def _does_the_same(above: Rule, below: Rule) -> bool:
    """Whether *below* adds nothing to *above*."""
    same = all(getattr(above, part) == getattr(below, part) for part in ("on", "when", "then", "every_us", "times"))
    return same and (above.automatic or not below.automatic) and (above.stop or not below.stop)


def _covers(desk: Desk, above: Rule, below: Rule) -> bool:
    """Whether *above* certainly fires whenever *below* would, if it is tried just before it."""
    listens = above.on == below.on or (bool(below.on) and below.on <= above.on)
    awake = all(
        names_category(above.when, desk.vocabulary, category) or not names_category(below.when, desk.vocabulary, category)
        for category in ("closed", "removed")
    )
    return listens and awake and (above.automatic or not below.automatic) and _parts(above.when) <= _parts(below.when)


def _disturbs(between: Rule, below: Rule) -> bool:
    """Whether a rule between two may change what the lower one sees after the upper one was tried."""
    changes = any(not ACTIONS[action.name].is_effect for action in between.then)
    return between.enabled and (changes or "rule_fired" in below.on)


def _parts(condition: Condition) -> frozenset[Condition]:
    """What must hold for a condition to hold: the parts of an all-of, or itself."""
    if isinstance(condition, AllOf):
        return frozenset(part for inner in condition.parts for part in _parts(inner))
    return frozenset((condition,))


def _contradicts(condition: Condition) -> bool:
    """Whether two parts that must both hold cannot: a part and its negation, or one field that is two things."""
    parts = _parts(condition)
    fixed: dict[str, Any] = {}
    for part in parts:
        if isinstance(part, Not) and part.part in parts:
            return True
        if isinstance(part, AnyOf) and not part.parts:
            return True
        if isinstance(part, Test) and part.op == "is":
            if part.field in fixed and fixed[part.field] != part.value:
                return True
            fixed[part.field] = part.value
    return any(
        isinstance(part, Test) and part.op == "is_any" and part.field in fixed and fixed[part.field] not in part.value for part in parts
    )


def _negated_any(rule: Rule, place: str) -> Iterator[Finding]:
    stack: list[Condition] = [rule.when]
    while stack:
        condition = stack.pop()
        if isinstance(condition, AnyOf):
            fields = [field for part in condition.parts if (field := _negated_field(part))]
            doubled = next((field for field in fields if fields.count(field) > 1), None)
            if doubled is not None:
                yield Finding(
                    code="or-not-contains",
                    place=place,
                    message=f"any of several 'not' on {doubled!r} is true of nearly every ticket; use all of them",
                )
        if isinstance(condition, AllOf | AnyOf):
            stack.extend(condition.parts)
        elif isinstance(condition, Not):
            stack.append(condition.part)


def _negated_field(condition: Condition) -> str:
    """The field of a negated test, else nothing."""
    if isinstance(condition, Not) and isinstance(condition.part, Test):
        return condition.part.field
    if isinstance(condition, Test) and condition.op in ("is_not", "not_contains", "not_matches", "is_none", "has_none", "mentions_none"):
        return condition.field
    return ""


_TRIGGERS: Final = {
    "resolve": "resolve", "close": "close", "reopen": "reopen", "mark_answered": "mark_answered", "mark_spam": "spam",
    "not_spam": "not_spam", "delete": "delete", "restore": "restore", "purge": "purge", "postpone": "postpone",
}  # fmt: skip
_MOVES: Final = frozenset((*_TRIGGERS, "set_status"))


def _illegal(desk: Desk, rule: Rule, place: str) -> Iterator[Finding]:
    """The first action that moves the ticket, where the condition fixes the status it starts from."""
    status = next((part.value for part in _parts(rule.when) if isinstance(part, Test) and part.field == "status" and part.op == "is"), None)
    if status is None or status not in desk.vocabulary.statuses:
        return
    for number, action in enumerate(rule.then):
        if action.name not in _MOVES:
            continue
        moved = bool(desk.lifecycle.triggers) and number > 0  # an earlier action may have moved it by a trigger of the desk's own
        if action.name == "set_status":
            legal = action.value == status or action.value in desk.lifecycle.choices().get(status, {})
        else:
            legal = _TRIGGERS[action.name] in desk.lifecycle.allowed(status)
        if not legal:
            allowed = ", ".join(desk.lifecycle.allowed(status)) or "nothing"
            yield Finding(
                code="illegal-action", place=f"{place}.then[{number}]", severity="error", verdict="unknown" if moved else "proven",
                message=f"{action.name} is refused in {status!r}, where {rule.name!r} fires; allowed there: {allowed}",
            )  # fmt: skip
        return


def _runs_on(desk: Desk) -> Iterator[Finding]:
    """Let the plainest ticket live for two years without anybody doing anything."""
    event, ticket = _newcomer(desk)
    if ticket is None or not desk.rules.timed:
        return
    if not _lived(desk, event, _A_LOT):
        return
    counts = _lived(desk, event, _VERY_MUCH)
    proven = bool(counts)
    counts = counts or _lived(desk, event, _A_LOT)
    busiest = max(counts, key=lambda name: counts[name])
    yield Finding(
        code="runs-on", place="rules", witness=(event,), verdict="proven" if proven else "unknown",
        message=f"{busiest!r} fires again and again by time alone; give it times, or a condition that its actions end",
    )  # fmt: skip


_A_LOT: Final = 50  # time roots of a ticket that nobody touches
_VERY_MUCH: Final = 1000


def _lived(desk: Desk, event: Created, limit: int) -> dict[str, int]:
    """How often each rule fired in two years in which nobody acted, if there were as many time roots as *limit*; else nothing."""
    trial = desk.evolve(settings=evolve(desk.settings, silence_after=limit))
    events: list[Any] = list(trial.tick(trial.handle(None, event).ticket, _START + 730 * DAY_US).events)
    if not any(one.kind == "silenced" for one in events):
        return {}
    return Counter(one.rule for one in events if one.kind == "rule_fired")


# --- names -----------------------------------------------------------------------------------------------------------


def _near_duplicates(desk: Desk) -> Iterator[Finding]:
    """Tags and the like that look alike: the same but for case, blanks and punctuation, or one letter apart."""
    for what, words in (("tag", _tags(desk)), ("group", desk.groups), ("priority level", desk.priority.levels.names)):
        listed = sorted(set(words))
        for number, one in enumerate(listed):
            for other in listed[number + 1 :]:
                if _plain(one) == _plain(other) or _one_apart(_plain(one), _plain(other)):
                    yield Finding(code="near-duplicates", place=what, message=f"{what} {one!r} and {other!r} look alike; keep one of them")


def _tags(desk: Desk) -> Iterable[str]:
    yield from desk.priority.tags
    for rule in desk.rules:
        for action in rule.then:
            if action.name in ("add_tag", "add_tags", "remove_tag", "remove_tags"):
                yield from (action.value,) if isinstance(action.value, str) else action.value
        for part in _parts(rule.when):
            if isinstance(part, Test) and part.field == "tags" and part.value is not None:
                yield from (part.value,) if isinstance(part.value, str) else part.value


def _plain(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def _one_apart(one: str, other: str) -> bool:
    """Whether two words of five letters or more differ by one letter put in, left out or exchanged."""
    if min(len(one), len(other)) < 5 or abs(len(one) - len(other)) > 1:
        return False
    short, long = sorted((one, other), key=len)
    for place in range(len(long)):
        if short == long[:place] + long[place + 1 :]:
            return not long[place].isdigit()
        if len(short) == len(long) and short[:place] == long[:place] and short[place + 1 :] == long[place + 1 :]:
            return not (short[place].isdigit() and long[place].isdigit())
    return False


def _unused(desk: Desk) -> Iterator[Finding]:
    actions = [action for rule in (*desk.rules, *desk.rules.macros) for action in rule.then]
    used = {str(action.value) for action in actions} | {str(action.options.get("template", "")) for action in actions}
    for name in desk.templates:
        if name not in used:
            yield Finding(code="unused", place=f"templates.{name}", severity="info", message=f"no rule uses the template {name!r}")
    promised = {metric for policy in desk.policies for metric in policy.targets}
    for name in desk.metrics if desk.policies else ():
        if name not in promised:
            yield Finding(code="unused", place=f"metrics.{name}", severity="info", message=f"no policy promises anything for {name!r}")


_LOOKS: Final[tuple[Callable[[Desk], Iterator[Finding]], ...]] = (
    _targets, _no_clock, _policies, _statuses, _rules, _runs_on, _near_duplicates, _unused,
)  # fmt: skip
