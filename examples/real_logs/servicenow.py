"""The ServiceNow incident log as events of ticketcore: `events(path)`; the desk is servicenow.toml.

Source: UCI 498, "Incident management process enriched event log", C. Amaral, M. Fantinato, S. Peres, CC BY 4.0. The adapter only
renames. Wall times have no zone in the log and are read as UTC. The first row of an incident becomes its creation, at the
instant it was opened; the row's own instant is kept in the field ``first_logged``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from real_logs.lines import desk_file, instant, moment, rows

from ticketcore import Agent, Assigned, Created, Desk, FieldSet, Message, Noted, Person, StatusSet, Transferred, Unassigned
from ticketcore.model import Outside

DESK: Final = Path(__file__).with_suffix(".toml")
IN_TIME_ORDER: Final = False  # one ticket after the other, each in the order of the log
FIRST: Final = "New"  # the status a ticket of this desk begins with
NAMES: Final[Mapping[str, str]] = {"priority": "logged_priority", "contact_type": "channel", "category": "incident_category"}
OWN: Final = frozenset({"assigned_to", "assignment_group", "incident_state"})  # these have events of their own


def desk() -> Desk:
    """The desk of this log."""
    return desk_file(DESK)


def events(path: str | Path) -> Iterator[Outside]:
    """The log as events, ticket by ticket, each in the order of the log. The events of one row are one moment."""
    for row in rows(path):
        made = _first(row) if row["n"] == 0 else _later(row)
        yield from moment(made, row["n"])


def _first(row: dict[str, Any]) -> Iterable[Outside]:
    record, at = row["set"], instant(row["opened_at"], UTC)
    by = Agent(id=row["by"])
    fields = {_name(name): value for name, value in record.items() if name not in OWN and value is not None}
    yield Created(
        at=at, ticket=row["t"], by=by, requester=_caller(record.get("caller_id")),
        channel=fields.pop("channel", ""), has_message=False, assignee=record.get("assigned_to"), group=record.get("assignment_group"),
        fields={**fields, "first_logged": instant(row["at"], UTC)},
    )  # fmt: skip
    if record["incident_state"] != FIRST:
        yield StatusSet(at=at, ticket=row["t"], by=by, status=record["incident_state"])


def _name(logged: str) -> str:
    return NAMES.get(logged, logged)


def _caller(name: str | None) -> Person:
    return Person(id=name, name=name) if name else Person()


def _later(row: dict[str, Any]) -> Iterable[Outside]:
    at, ticket, by = instant(row["at"], UTC), row["t"], Agent(id=row["by"])
    if not row["set"]:
        yield Noted(at=at, ticket=ticket, by=by, message=Message(public=False))
    for name, value in row["set"].items():
        yield _change(name, value, at, ticket, by)


def _change(name: str, value: Any, at: datetime, ticket: str, by: Agent) -> Outside:
    match name:
        case "incident_state":
            return StatusSet(at=at, ticket=ticket, by=by, status=value)
        case "assignment_group":
            return Transferred(at=at, ticket=ticket, by=by, group=value)
        case "assigned_to" if value is None:
            return Unassigned(at=at, ticket=ticket, by=by)
        case "assigned_to":
            return Assigned(at=at, ticket=ticket, by=by, agent=value)
        case _:
            return FieldSet(at=at, ticket=ticket, by=by, name=_name(name), value=value)
