"""The help desk of an Italian software company as events of ticketcore: `events(path)`; the desk is italian.toml.

Source: "Dataset belonging to the help desk log of an Italian Company", M. Polato, 4TU. The adapter only renames: an activity of the log
leads to the status it says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from real_logs.lines import desk_file, instant, moment, rows

from ticketcore import Agent, Created, Desk, FieldSet, Person, StatusSet
from ticketcore.model import Outside

DESK: Final = Path(__file__).with_suffix(".toml")
IN_TIME_ORDER: Final = False  # one ticket after the other, each in the order of the log
ZONE: Final = ZoneInfo("Europe/Rome")  # every time has its own offset; this is never asked
STATUS: Final = {
    "Insert ticket": "Inserted", "Assign seriousness": "Seriousness set", "Take in charge ticket": "In charge", "Wait": "Waiting",
    "Require upgrade": "Upgrade required", "Create SW anomaly": "Anomaly", "Resolve SW anomaly": "In charge",
    "Schedule intervention": "Scheduled", "Resolve ticket": "Resolved", "Closed": "Closed",
}  # fmt: skip


def desk() -> Desk:
    """The desk of this log."""
    return desk_file(DESK)


def events(path: str | Path) -> Iterator[Outside]:
    """The log as events, ticket by ticket, each in the order of the log. The events of one row are one moment."""
    for row in rows(path):
        yield from moment(_events(row), row["n"])


def _events(row: dict[str, Any]) -> Iterable[Outside]:
    at, ticket, by, kind = instant(row["at"], ZONE), row["t"], Agent(id=row["by"]), row["kind"]
    if row["n"] == 0:
        yield Created(at=at, ticket=ticket, by=by, requester=Person(name="customer"), has_message=False, fields={"activity": kind})
    else:
        yield FieldSet(at=at, ticket=ticket, by=by, name="activity", value=kind)
    if kind in STATUS:
        yield StatusSet(at=at, ticket=ticket, by=by, status=STATUS[kind])
