"""The incidents of a Dutch bank as events of ticketcore: `events(path)`; the desk is rabobank.toml.

Source: BPI Challenge 2014 (Rabobank Nederland; 4TU General Terms of Use), extract of eventdataR (MIT). The adapter only renames.
The bank gave two tables: the record of each incident (opened, closed, impact, urgency, and with it the pauses that were worked out)
and the log of activities. The record makes the creation, the pauses and the closing, the log's rows make transfers and notes; both
are merged by time, at one instant the record goes first. Wall times are read as Europe/Amsterdam.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from heapq import merge
from itertools import groupby
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from real_logs.lines import desk_file, instant, moment, rows

from ticketcore import Agent, Created, Desk, FieldSet, Message, Noted, Person, StatusSet, Transferred
from ticketcore.model import Outside

DESK: Final = Path(__file__).with_suffix(".toml")
IN_TIME_ORDER: Final = False  # one ticket after the other, each in order of time
WITH_RECORDS: Final = True  # its records are in the other file
ZONE: Final = ZoneInfo("Europe/Amsterdam")
FIELDS: Final = {
    "impact": "impact", "urgency": "urgency", "category": "incident_category", "ci": "ci", "ci_type": "ci_type", "service": "service",
    "closure_code": "closure_code", "reassignments": "reassignment_count", "related_interactions": "related_interactions",
}  # fmt: skip
TO_GROUP: Final = frozenset({"Assignment", "Reassignment"})
NOTES: Final = frozenset({"Operator Update", "Update", "Communication with customer", "Mail to Customer", "Update from customer"})


def desk() -> Desk:
    """The desk of this log."""
    return desk_file(DESK)


def records_of(path: str | Path) -> Path:
    """The file of incident records that belongs to a file of activities."""
    return Path(path).with_name(Path(path).name.replace("_events", "_truth"))


def events(path: str | Path, records: str | Path | None = None) -> Iterator[Outside]:
    """Both tables as events, ticket by ticket, each in order of time; *records* lies beside *path* unless it is named."""
    known = {record["t"]: record for record in rows(records or records_of(path))}
    for ticket, log in groupby(rows(path), key=_ticket):
        yield from merge(_record(known[ticket]), _log(log), key=_at)  # at one instant the record goes first


def _ticket(row: dict[str, Any]) -> str:
    return str(row["t"])


def _at(event: Outside) -> int:
    return event.at_us


def _record(record: dict[str, Any]) -> Iterator[Outside]:
    ticket, opened = record["t"], instant(record["opened_at"], ZONE)
    fields = {name: record[key] for key, name in FIELDS.items() if record[key] is not None}
    yield Created(at=opened, ticket=ticket, id="opened", by=Person(name="caller"), has_message=False, fields=fields)
    pauses: list[list[str]] = record["clock"].get("pauses") or []
    for number, (start, end) in enumerate(pauses):
        yield StatusSet(at=instant(start, ZONE), ticket=ticket, id=f"pause{number}", status="Pending")
        yield StatusSet(at=instant(end, ZONE), ticket=ticket, id=f"resume{number}", status="Open")
    yield StatusSet(at=instant(record["closed_at"], ZONE), ticket=ticket, id="closed", status="Closed")


def _log(log: Iterable[dict[str, Any]]) -> Iterator[Outside]:
    for row in log:
        yield from moment(_activity(row), row["n"])


def _activity(row: dict[str, Any]) -> Iterable[Outside]:
    at, ticket, by, kind = instant(row["at"], ZONE), row["t"], Agent(id=row["group"]), row["kind"]
    yield FieldSet(at=at, ticket=ticket, by=by, name="activity", value=kind)
    if kind in TO_GROUP:
        yield Transferred(at=at, ticket=ticket, by=by, group=row["group"])
    elif kind in NOTES:
        yield Noted(at=at, ticket=ticket, by=by, message=Message(text=kind, public=False))
