"""Business hours in a desk file: a table for each name, read to `Hours` and written back.

A table has a week in a zone, or says how other hours are put together: ``union``, ``intersection`` or ``difference`` of names or
tables, ``changes`` (from which date which hours hold), ``always = true``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from typing import Any, Final

from attrs import evolve

from ticketcore._plain import Key, Refusal, boolean, list_of, map_of, mapped, name, record, refuse, text, true, under, unknown
from ticketcore._spans import DAYS, Day, calendar_date, closed_ranges, dated_spans, named_dates, say_span, week
from ticketcore._time import DAY_US, SECOND_US, load_zone
from ticketcore.errors import BadHours, BadValue, Problem, TicketcoreError, key_step, shorten
from ticketcore.hours import (
    ALWAYS,
    Always,
    BusinessHours,
    Changing,
    Combined,
    Hours,
    always,
    changing,
    difference,
    intersection,
    union,
)

MOST_DEEP: Final = 8  # hours put together out of hours put together
MOST_PARTS: Final = 16  # in one place
MOST_CHANGES: Final = 200
_COMBINE: Final[Mapping[str, Callable[..., Hours]]] = {"union": union, "intersection": intersection, "difference": difference}


def zone(value: Any) -> str:
    """The name of a time zone that exists."""
    return load_zone(text(value)).key


def _relative(name: str, read: Callable[[Any], Any], value: Any, step: str = "") -> Any:
    """What *read* makes of *value*; its errors name their place from *name* on, or from the item that was tried alone."""
    try:
        return read(value)
    except BadHours as error:
        place = error.path.removeprefix(f"{name}[0]") if step else error.path.removeprefix(name)
        problems = [Problem(step + place, error.message, error.hint, error.code, error.value)]
    raise Refusal(problems)


def _items(name: str, read: Callable[[Any], Any], value: Any) -> Any:
    """*value* through *read*; each item has been tried alone before, so that every wrong one is listed."""
    problems: list[Problem] = []
    alone: list[tuple[str, Any]] = []
    if isinstance(value, dict):
        for key, item in value.items():
            alone.append(("", {text(key): item}))
    elif isinstance(value, list | tuple):
        alone = [(f"[{index}]", [item]) for index, item in enumerate(value)]
    for step, item in alone:
        try:
            _relative(name, read, item, step)
        except Refusal as bad:
            problems += bad.problems
    if problems:
        raise Refusal(problems)
    return _relative(name, read, value)


_KEYS: Final[Mapping[str, Key]] = {
    "zone": Key(zone),
    "week": Key(partial(_items, "week", week)),
    "holidays": Key(partial(_items, "holidays", named_dates)),
    "exceptions": Key(partial(_items, "exceptions", dated_spans)),
    "closures": Key(partial(_items, "closures", closed_ranges)),
    "valid_from": Key(calendar_date),
    "valid_until": Key(calendar_date),
    "merge": Key(boolean),
}


class HoursReader:
    """Reads the hours of one desk: a table may name the others. A name whose table is wrong stands for hours that never close."""

    def __init__(self, tables: Any, default_zone: str) -> None:
        self.tables: dict[Any, Any] = {}
        self.zone = default_zone
        self.made: dict[str, Hours] = {}
        self.problems: list[Problem] = []
        self._reading: list[str] = []
        try:
            self.tables = mapped(tables)
        except Refusal as bad:
            self.problems = bad.problems
        for key in self.tables:
            try:
                self.named(name(key), 0)
            except Refusal as bad:
                self.problems += under(key_step(key), bad)

    def named(self, name: str, depth: int) -> Hours:
        """The hours of that name; what is wrong with their table is noted there, once."""
        if name not in self.tables:
            unknown("hours", name, self.tables)
        if name in self._reading:
            refuse(f"the hours {shorten(name)} are made out of themselves", name)
        if name not in self.made:
            self._reading.append(name)
            try:
                self.made[name] = self.read(self.tables[name], depth + 1)
            except (Refusal, TicketcoreError) as bad:
                self.made[name] = ALWAYS
                self.problems += under(key_step(name), bad)
            self._reading.pop()
        return self.made[name]

    def read(self, value: Any, depth: int) -> Hours:
        """The hours that a table describes."""
        table = mapped(value)
        if depth > MOST_DEEP:
            refuse(f"hours put together more than {MOST_DEEP} deep", code="too-deep")
        parts = Key(list_of(lambda part: self._part(part, depth), _few), required=True)
        for way, make in _COMBINE.items():
            if way in table:
                made: Hours = record(lambda make=make, **given: make(*given["parts"]), {way: evolve(parts, into="parts")}, "such a table")(
                    table
                )
                return made
        if "changes" in table:
            return record(_changing, {
                "changes": Key(map_of(lambda part: self._part(part, depth), calendar_date)),
                "before": Key(lambda part: self._part(part, depth)),
            }, "such a table")(table)  # fmt: skip
        if "always" in table:
            return record(self._always, {"always": Key(true), "zone": Key(zone)}, "such a table")(table)
        return record(self._business, _KEYS, "business hours")(table)

    def _part(self, value: Any, depth: int) -> Hours:
        return self.named(value, depth) if type(value) is str else self.read(value, depth + 1)

    def _always(self, **given: Any) -> Hours:
        return always(given.get("zone", self.zone))

    def _business(self, **given: Any) -> Hours:
        return BusinessHours(**{"zone": self.zone, **given})


def _few(parts: list[Hours]) -> list[Hours]:
    if not 0 < len(parts) <= MOST_PARTS:
        refuse(f"from 1 to {MOST_PARTS} hours are put together, not {len(parts)}")
    return parts


def _changing(changes: Mapping[date | str, Hours], before: Hours | None = None) -> Hours:
    if len(changes) > MOST_CHANGES:
        refuse(f"hours change at most {MOST_CHANGES} times")
    return changing(changes, before=before)


# --- writing ---------------------------------------------------------------------------------------------------------


def hours_to_data(hours: Hours) -> dict[str, Any]:
    """Hours as the table that `HoursReader` reads back."""
    match hours:
        case Always():
            return {"always": True, "zone": hours.zone}
        case Combined():
            parts = [hours.right]
            left = hours.left
            while isinstance(left, Combined) and left.op == hours.op:
                parts.append(left.right)
                left = left.left
            return {hours.op: [hours_to_data(part) for part in (left, *reversed(parts))]}
        case Changing():
            dated = {day.isoformat(): hours_to_data(part) for day, part in hours.phases if day is not None}
            first = hours.phases[0]
            return {"changes": dated} if first[0] is not None else {"before": hours_to_data(first[1]), "changes": dated}
        case BusinessHours():
            return _business_to_data(hours)
        case _:
            raise BadValue(f"hours of the type {type(hours).__name__} have no plain form", value=shorten(hours))


def _business_to_data(hours: BusinessHours) -> dict[str, Any]:
    data: dict[str, Any] = {"zone": hours.zone, "week": {day: _spans(spans) for day, spans in zip(DAYS, hours.week, strict=True) if spans}}
    if hours.holidays:
        data["holidays"] = [[day.isoformat(), name] if name else day.isoformat() for day, name in hours.holidays]
    if hours.exceptions:
        data["exceptions"] = {day.isoformat(): _spans(spans) for day, spans in hours.exceptions}
    if hours.closures:
        data["closures"] = [[start.isoformat(), end.isoformat(), *([name] if name else [])] for start, end, name in hours.closures]
    for key, day in (("valid_from", hours.valid_from), ("valid_until", hours.valid_until)):
        if day is not None:
            data[key] = day.isoformat()
    if hours.merge:
        data["merge"] = True
    return data


def _spans(day: Day) -> list[str]:
    """The spans of a day as text; one of 24 hours or more is written as two that touch, for an end at its own start means nothing."""
    written = []
    for start, end in day:
        cut = max(start, end - DAY_US + SECOND_US)
        written += [say_span((start, end))] if cut == start else [say_span((start, cut)), say_span((cut, end))]
    return written
