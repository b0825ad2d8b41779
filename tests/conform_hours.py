"""The facts of other systems' own tests about business hours, put to ticketcore: `run_hours(paths)`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from ticketcore._time import parse_instant, to_timedelta
from ticketcore.errors import TicketcoreError
from ticketcore.hours import BusinessHours, Hours


def hours_of(schedule: dict[str, Any]) -> Hours:
    """The schedule of a case as business hours."""
    return BusinessHours(
        zone=schedule["time_zone"],
        week=schedule["week"],
        holidays=schedule.get("holidays") or (),
        exceptions=schedule.get("exceptions") or {},
        closures=schedule.get("breaks") or (),
    )


def answer(case: dict[str, Any]) -> Any:
    """What ticketcore says to a case, in the words of the case: UTC ISO text, seconds, bool, or pairs of texts."""
    hours, start = hours_of(case["schedule"]), datetime.fromisoformat(case["start"])
    match case["op"]:
        case "add" | "subtract" if "amount_days" in case:
            return _text(hours.add_working_days(start, case["amount_days"] * (1 if case["op"] == "add" else -1)))
        case "add":
            return _text(hours.add(start, timedelta(seconds=case["amount_s"])))
        case "subtract":
            return _text(hours.subtract(start, timedelta(seconds=case["amount_s"])))
        case "elapsed":
            seconds = hours.elapsed(start, datetime.fromisoformat(case["end"])) / to_timedelta(1_000_000)
            return int(seconds) if seconds.is_integer() else seconds
        case "is_open":
            return hours.is_open(start)
        case "next_open":
            return _text(hours.next_open(start))
        case "previous_open":
            return _text(hours.previous_open(start))
        case "periods":
            return [[_text(opens), _text(closes)] for opens, closes in hours.spans(start, datetime.fromisoformat(case["end"]))]
    raise LookupError(case["op"])


def _text(at: datetime) -> str:
    return datetime.isoformat(at)


def same(expected: Any, got: Any) -> bool:
    """Whether two answers are the same; instants are compared as instants, however they are written."""
    if isinstance(expected, list):
        return isinstance(got, list) and len(expected) == len(got) and all(map(same, expected, got))
    if isinstance(expected, str) and isinstance(got, str):
        return expected == got or parse_instant(expected) == parse_instant(got)
    return type(expected) is type(got) and bool(expected == got)


def run_hours(paths: Iterable[str | Path]) -> tuple[int, int, int]:
    """Run every case of the files, print a line per failing one (id, expected, got), and count (passed, failed, skipped)."""
    passed = failed = skipped = 0
    for path in paths:
        for case in json.loads(Path(path).read_text(encoding="utf-8")):
            try:
                got = answer(case)
            except LookupError:
                print(f"{case['id']}: skipped, no such operation: {case['op']}")
                skipped += 1
                continue
            except TicketcoreError as error:
                got = f"{type(error).__name__}: {error}"
                if same_error(case["expect"], got):
                    passed += 1
                    continue
            if same_safely(case["expect"], got):
                passed += 1
            else:
                failed += 1
                print(f"{case['id']}: expected {case['expect']}, got {got}")
    return passed, failed, skipped


def same_error(expected: Any, got: str) -> bool:
    """A case may expect a refusal, written ``{"error": ...}``; which error it is, is ours to name."""
    return isinstance(expected, dict) and "error" in expected and bool(got)


def same_safely(expected: Any, got: Any) -> bool:
    """`same`, false where the two cannot be compared."""
    try:
        return same(expected, got)
    except TicketcoreError:
        return False
