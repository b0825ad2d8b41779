"""Rosters in plain data: one table an agent, for files of a host that say who works here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from ticketcore._names import hint
from ticketcore._roster import PRESENCES, Member, OpenHours, Roster
from ticketcore._time import parse_instant, to_us
from ticketcore._values import EMPTY, FrozenMap
from ticketcore.errors import BadValue, DataError, Problem, TicketcoreError, shorten


def parse_roster(data: Any, hours: Mapping[str, OpenHours] = EMPTY, path: str = "") -> Roster:
    """A roster from plain data: agent -> table with the fields of a `Member`, all of them optional.

    ``hours`` names one of *hours* (those of a desk: ``desk.hours``); instants are aware datetimes or ISO 8601 text, ``out_of_office``
    is a list of pairs of them. Raises `DataError` with every problem by its path.

    >>> roster = parse_roster({"maria": {"groups": ["billing"], "skills": {"refunds": 2}, "capacity": 8}, "otto": {}})
    >>> [member.agent for member in roster.members], roster["maria"].skills["refunds"]
    (['maria', 'otto'], 2)
    """
    if not isinstance(data, Mapping):
        raise DataError([Problem(path, f"a roster is a table for each agent, not {type(data).__name__}")], what="roster")
    problems: list[Problem] = []
    members = [_member(agent, row, hours, f"{path}.{agent}".lstrip("."), problems) for agent, row in data.items()]
    if problems:
        raise DataError(problems, what="roster")
    return Roster(members=[member for member in members if member is not None])


def _member(agent: Any, row: Any, hours: Mapping[str, OpenHours], path: str, problems: list[Problem]) -> Member | None:
    if not isinstance(agent, str) or not agent or not isinstance(row, Mapping):
        problems.append(Problem(path, "an agent is a name with a table of facts", 'write [maria] groups = ["support"]'))
        return None
    count, given = len(problems), dict[str, Any]()
    for key, value in row.items():
        where = f"{path}.{key}"
        if key not in _READERS:
            problems.append(Problem(where, f"unknown key {shorten(key)}", hint(key, _READERS), "unknown-name"))
        elif key == "hours" and not (isinstance(value, str) and value in hours):
            problems.append(Problem(where, f"unknown hours {shorten(value)}", hint(value, hours), "unknown-name"))
        else:
            try:
                given[key] = hours[value] if key == "hours" else _READERS[key](value)
            except TicketcoreError as error:
                problems.append(Problem(where, error.message, error.hint, error.code, error.value))
    try:
        return Member(agent=agent, **given) if len(problems) == count else None
    except TicketcoreError as error:
        problems.append(Problem(path, error.message, error.hint, error.code, error.value))
    return None


def _names(value: Any) -> frozenset[str]:
    if not isinstance(value, list | tuple | set | frozenset) or not all(isinstance(item, str) for item in value):
        raise BadValue(f"a list of names is wanted, not {shorten(value)}", value=shorten(value))
    return frozenset(value)


def _levels(value: Any) -> FrozenMap[str, int]:
    if not isinstance(value, Mapping) or not all(isinstance(key, str) and type(level) is int for key, level in value.items()):
        raise BadValue(f"a table of whole numbers is wanted, not {shorten(value)}", value=shorten(value), hint="write { refunds = 2 }")
    return FrozenMap(value)


def _whole(value: Any) -> int:
    if type(value) is not int:
        raise BadValue(f"a whole number is wanted, not {shorten(value)}", value=shorten(value))
    return value


def _presence(value: Any) -> str:
    if not isinstance(value, str) or value not in PRESENCES:
        raise BadValue(f"no presence {shorten(value)}", value=shorten(value), hint=f"it is one of {', '.join(PRESENCES)}")
    return value


def _instant(value: Any) -> int:
    return parse_instant(value) if isinstance(value, str) else to_us(value)


def _absences(value: Any) -> list[tuple[int, int]]:
    if not isinstance(value, list | tuple) or not all(isinstance(span, list | tuple) and len(span) == 2 for span in value):
        raise BadValue("absences are pairs of a first instant and an end", value=shorten(value))
    spans = [(_instant(start), _instant(end)) for start, end in value]
    for start, end in spans:
        if end <= start:
            raise BadValue("an absence ends after it has begun", value=shorten(value))
    return spans


_READERS: Final[Mapping[str, Callable[[Any], Any]]] = FrozenMap({
    "skills": _levels, "groups": _names, "languages": _names, "capacity": _whole, "load": _whole, "channel_capacity": _levels,
    "channel_load": _levels, "presence": _presence, "hours": str, "out_of_office": _absences, "last_assigned": _instant,
    "seniority": _whole,
})  # fmt: skip
