"""Reading the real logs: gzip'd JSON lines, and what the adapters have in common."""

from __future__ import annotations

import gzip
import json
import tomllib
from collections.abc import Iterable, Iterator
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

from attrs import evolve

from ticketcore import Desk, load_desk
from ticketcore.model import Outside


def rows(path: str | Path) -> Iterator[dict[str, Any]]:
    """The objects of a file of JSON lines, gzip'd or not."""
    packed = str(path).endswith(".gz")
    with gzip.open(path, "rt", encoding="utf-8") if packed else Path(path).open(encoding="utf-8") as file:
        for line in file:
            if line.strip():
                yield json.loads(line)


def instant(text: str, zone: tzinfo) -> datetime:
    """An instant as the log writes it; one without an offset is a wall time in *zone*."""
    at = datetime.fromisoformat(text)
    return at.replace(tzinfo=zone) if at.tzinfo is None else at


def moment(events: Iterable[Outside], row: int | str) -> Iterator[Outside]:
    """The events of one row of a log, named so that they are handled together."""
    for number, event in enumerate(events):
        yield evolve(event, id=f"{row}.{number}", moment=f"{row}.0")


def desk_file(path: Path) -> Desk:
    """The desk that a TOML file describes."""
    return load_desk(tomllib.loads(path.read_text(encoding="utf-8")))
