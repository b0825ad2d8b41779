"""Judging names: two that look alike, some that nobody knows, and declarations that nothing uses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from ticketcore._lint_domain import atoms_of
from ticketcore._lint_findings import Finding
from ticketcore._lint_rules import placed
from ticketcore._lint_space import conditions_of
from ticketcore._names import hint
from ticketcore.conditions import Test
from ticketcore.desk import Desk
from ticketcore.errors import key_step
from ticketcore.routing import Roster

__all__ = ["judge_names", "judge_roster", "judge_use"]

# --- names that look alike ---------------------------------------------------------------------------------------------

_OPEN: Final = ("name", "set")  # kinds of fields whose values are an open list of names
_EQUAL: Final = frozenset({"is", "is_not", "is_any", "is_none", "has", "has_any", "has_all", "has_none"})


def judge_names(desk: Desk) -> Iterator[Finding]:
    """Tags, groups, levels, statuses and other names that are the same but for case, blanks and punctuation, or one letter."""
    statuses = [status.name for status in desk.lifecycle.statuses]
    lists = {"tag": _tags(desk), "group": _groups(desk), "priority level": desk.priority.levels.names, "status": statuses}
    for what, words in (lists | _values_of_fields(desk)).items():
        listed = sorted(set(words))
        for number, one in enumerate(listed):
            for other in listed[number + 1 :]:
                if _plain(one) == _plain(other) or _one_apart(_plain(one), _plain(other)):
                    yield Finding(code="near-duplicates", place=what, message=f"{what} {one!r} and {other!r} look alike; keep one of them")


def _tags(desk: Desk) -> Iterable[str]:
    yield from desk.priority.tags
    for rule in (*desk.rules, *desk.rules.macros):
        for action in rule.then:
            if action.name in ("add_tag", "add_tags", "remove_tag", "remove_tags"):
                yield from (action.value,) if isinstance(action.value, str) else action.value
    yield from _compared(desk, "tags")


def _groups(desk: Desk) -> Iterable[str]:
    yield from desk.groups
    if not desk.groups:
        yield from (
            action.value for rule in (*desk.rules, *desk.rules.macros) for action in rule.then if action.name in ("transfer", "route")
        )
        yield from _compared(desk, "group")


def _compared(desk: Desk, name: str) -> Iterator[str]:
    """The names that conditions compare a field with."""
    for condition in conditions_of(desk):
        for atom in atoms_of(condition):
            if isinstance(atom, Test) and atom.field == name and atom.op in _EQUAL:
                yield from (atom.value,) if isinstance(atom.value, str) else atom.value


def _values_of_fields(desk: Desk) -> dict[str, list[str]]:
    """What conditions compare fields with whose values are open names: channels, tiers, languages, assignees."""
    found: dict[str, list[str]] = {}
    for condition in conditions_of(desk):
        for atom in atoms_of(condition):
            if isinstance(atom, Test) and atom.op in _EQUAL and atom.field not in ("tags", "group"):
                spec = desk.vocabulary.field(atom.field)
                if spec.type.kind in _OPEN and not spec.type.choices:
                    found.setdefault(spec.name, []).extend((atom.value,) if isinstance(atom.value, str) else atom.value)
    return found


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


# --- names that nobody knows -------------------------------------------------------------------------------------------


def judge_roster(desk: Desk, roster: Roster) -> Iterator[Finding]:
    """Agents that rules assign to and groups that they route to which the roster does not have. Other names are checked at load."""
    agents = {member.agent for member in roster.members}
    groups = {group for member in roster.members for group in member.groups}
    known = {"assign": ("agent", agents), "route": ("group", groups), "transfer": ("group", groups)}
    places = [(one.rule, one.place) for one in placed(desk)] + [(macro, f"macros[{n}]") for n, macro in enumerate(desk.rules.macros)]
    for rule, place in places:
        for number, action in enumerate(rule.then):
            what, names = known.get(action.name, ("", set()))
            if what and action.value not in names:
                yield Finding(
                    code="unknown-name", place=f"{place}.then[{number}]", severity="error",
                    message=f"the roster has no {what} {action.value!r}; {hint(action.value, sorted(names), otherwise='it is empty')}",
                )  # fmt: skip


# --- what nothing uses -------------------------------------------------------------------------------------------------


def judge_use(desk: Desk) -> Iterator[Finding]:
    """Templates that no rule uses, and metrics for which nothing is promised."""
    actions = [action for rule in (*desk.rules, *desk.rules.macros) for action in rule.then]
    used = {str(action.value) for action in actions} | {str(action.options.get("template", "")) for action in actions}
    for name in desk.templates:
        if name not in used:
            yield Finding(code="unused", place=f"templates{key_step(name)}", severity="info", message=f"no rule uses the template {name!r}")
    promised = {metric for policy in desk.policies for metric in policy.targets}
    for name in desk.metrics if desk.policies else ():
        if name not in promised:
            yield Finding(
                code="unused", place=f"metrics{key_step(name)}", severity="info", message=f"no policy promises anything for {name!r}"
            )
