"""The incidents of Volvo IT as events of ticketcore: `events(path)`; the desk is volvo.toml.

Source: BPI Challenge 2013, W. Steeman, 4TU General Terms of Use. The adapter only renames. A status is the pair of the log's status
and sub-status; the rows say only what changed, so the pair is put together from the rows so far.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from real_logs.lines import desk_file, instant, moment, rows

from ticketcore import Agent, Created, Desk, FieldSet, Message, Noted, Person, StatusSet, Transferred
from ticketcore.model import Outside

DESK: Final = Path(__file__).with_suffix(".toml")
IN_TIME_ORDER: Final = False  # one ticket after the other, each in the order of the log
ZONE: Final = ZoneInfo("Europe/Stockholm")  # every time has its own offset; this is never asked
PAIR: Final = ("status", "sub")
FIELDS: Final = ("impact", "org", "owner", "product", "country")


def desk() -> Desk:
    """The desk of this log."""
    return desk_file(DESK)


def events(path: str | Path) -> Iterator[Outside]:
    """The log as events, ticket by ticket, each in the order of the log. The events of one row are one moment."""
    pair: dict[str, str] = {}
    for row in rows(path):
        if row["n"] == 0:
            pair = {}
        pair.update({name: row["set"][name] for name in PAIR if name in row["set"]})
        yield from moment(_events(row, "/".join(pair.values())), row["n"])


def _events(row: dict[str, Any], status: str) -> Iterable[Outside]:
    at, ticket, change = instant(row["at"], ZONE), row["t"], row["set"]
    by = Agent(id=change["owner"]) if change.get("owner") else None
    if row["n"] == 0:
        fields = {name: change[name] for name in FIELDS if change.get(name) is not None}
        yield Created(at=at, ticket=ticket, by=by, requester=Person(name="user"), has_message=False, group=change["group"], fields=fields)
    if any(name in change for name in PAIR):
        yield StatusSet(at=at, ticket=ticket, by=by, status=status)
    elif row["n"]:
        yield Noted(at=at, ticket=ticket, by=by, message=Message(public=False))
    if row["n"]:
        if "group" in change:
            yield Transferred(at=at, ticket=ticket, by=by, group=change["group"])
        for name in FIELDS:
            if name in change:
                yield FieldSet(at=at, ticket=ticket, by=by, name=name, value=change[name])
