"""The ledger of a clock: why a promise is due when it is, as a list of stretches that add up exactly."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from attrs import evolve, field, frozen

from ticketcore._clocks import Cycle
from ticketcore._time import from_us, iso, say_duration
from ticketcore.hours import Hours

_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@frozen(kw_only=True)
class Line:
    """One stretch of a clock's time.

    ``counted``, or not, because the hours were ``closed``, it was a ``holiday`` (or an exception or closure, by name), or the
    clock was ``paused`` (by which status, ended by which event).

    >>> from ticketcore import Created, Person, load_desk
    >>> desk = load_desk({"sla": [{"name": "gold", "targets": {"first_reply": "1h"}}]})
    >>> ticket = desk.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> desk.why_due(ticket, "first_reply").lines
    (Line(start_us=1970-01-01T00:00:00Z, end_us=1970-01-01T01:00:00Z, kind='counted', why='', counted_us=1h, event=''),)
    """

    start_us: int = field(repr=iso)
    end_us: int | None = field(repr=iso)
    kind: str
    why: str = ""
    counted_us: int = field(default=0, repr=say_duration)
    event: str = ""


@frozen(kw_only=True)
class Ledger:
    """Every stretch from the start of a cycle to its due instant, or to the instant asked for. The counted ones add up to ``used_us``.

    Prints as a table in the zone of the hours; ``data()`` is the same as plain data.

    >>> from ticketcore import Created, Person, load_desk
    >>> desk = load_desk({
    ...     "hours": {"office": {"zone": "UTC", "week": {"mon-sun": ["09:00-17:00"]}}},
    ...     "sla": [{"name": "gold", "hours": "office", "targets": {"first_reply": "10h"}}],
    ... })
    >>> ticket = desk.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> print(desk.why_due(ticket, "first_reply"))
    first_reply: 10h promised (UTC)
    closed     Thu 1 Jan 00:00-09:00
    counted    Thu 1 Jan 09:00-17:00       8h
    closed     Thu 1 Jan 17:00-Fri 2 Jan 09:00
    counted    Fri 2 Jan 09:00-11:00       2h
    due        Fri 2 Jan 11:00
    >>> desk.why_due(ticket, "first_reply").used_us // 3_600_000_000
    10
    """

    metric: str
    promise: str
    zone: str
    lines: tuple[Line, ...]
    due_us: int | None = field(repr=iso)
    verdict: str | None = None

    @property
    def used_us(self) -> int:
        """The sum of all counted stretches."""
        return sum(line.counted_us for line in self.lines)

    def data(self) -> dict[str, Any]:
        """The ledger as plain data: instants as ISO 8601 text, amounts as text.

        >>> from ticketcore import Created, Person, load_desk
        >>> desk = load_desk({"sla": [{"name": "gold", "targets": {"first_reply": "1h"}}]})
        >>> ticket = desk.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
        >>> desk.why_due(ticket, "first_reply").data()["lines"]
        [{'from': '1970-01-01T00:00:00Z', 'to': '1970-01-01T01:00:00Z', 'kind': 'counted', 'why': '', 'counted': '1h'}]
        """
        return {
            "metric": self.metric, "promise": self.promise, "zone": self.zone, "due": None if self.due_us is None else iso(self.due_us),
            "lines": [
                {
                    "from": iso(line.start_us), "to": None if line.end_us is None else iso(line.end_us), "kind": line.kind,
                    "why": line.why, "counted": say_duration(line.counted_us),
                }
                for line in self.lines
            ],
        }  # fmt: skip

    def __str__(self) -> str:
        rows = [f"{self.metric}: {self.promise} promised ({self.zone})"]
        for line in self.lines:
            amount = say_duration(line.counted_us) if line.kind == "counted" else line.why
            rows.append(f"{line.kind:<10} {_stretch(line, self.zone):<27} {amount}".rstrip())
        if self.due_us is None:
            rows.append(f"due        never   ({self.verdict})" if self.verdict else "due        not while this lasts")
        else:
            rows.append(f"due        {_moment(self.due_us, self.zone)}" + (f"   ({self.verdict})" if self.verdict else ""))
        return "\n".join(rows)


def ledger_of(cycle: Cycle, metric: str, hours: Hours, due: int | None, at: int | None) -> Ledger:
    """The ledger of *cycle* on *hours*, up to its due instant; if it is not due, or *at* is given, up to that."""
    end = at if at is not None else due if due is not None else cycle.ended_us
    lines: list[Line] = []
    last, why, event = cycle.started_us, "from the start", ""
    for run in cycle.runs:
        lines.extend(_pause(last, run.start_us, why, event))
        if end is None or run.end_us <= end:
            lines.extend(_counted(run.start_us, run.end_us, run.counted_us, hours))
        elif run.start_us < end:
            lines.extend(_counted(run.start_us, end, None, hours))
        last, why, event = run.end_us, run.why, run.event
    if cycle.run_us is not None:
        lines.extend(_pause(last, cycle.run_us, why, event))
        if end is not None and end > cycle.run_us:
            lines.extend(_counted(cycle.run_us, end, None, hours))
    elif cycle.verdict is None:
        lines.append(Line(start_us=last, end_us=None, kind="paused", why=why, event=event))
    if end is not None:
        lines = [_until(line, end) for line in lines if line.start_us < end or line.end_us is None]
    promise = str(cycle.target) if cycle.target is not None else "nothing"
    if cycle.extension_us:
        promise += f" (+{say_duration(cycle.extension_us)})"
    return Ledger(metric=metric, promise=promise, zone=hours.zone, lines=tuple(lines), due_us=due, verdict=cycle.verdict)


def _until(line: Line, end: int) -> Line:
    """A stretch that lasts beyond *end*, cut there; what counted is cut already."""
    return line if line.end_us is None or line.end_us <= end else evolve(line, end_us=end)


def _pause(start: int, end: int, why: str, event: str) -> Iterator[Line]:
    if end > start:
        yield Line(start_us=start, end_us=end, kind="paused", why=why, event=event)


def _counted(start: int, end: int, counted: int | None, hours: Hours) -> Iterator[Line]:
    """One run, taken apart on *hours*; in one piece if it was counted on other hours (they were edited since)."""
    lines = []
    for low, high, kind, name in hours.explain_us(start, end):
        if kind == "open":
            lines.append(Line(start_us=low, end_us=high, kind="counted", why=name, counted_us=high - low))
        else:
            lines.append(Line(start_us=low, end_us=high, kind=kind, why=name))
    if counted is not None and sum(line.counted_us for line in lines) != counted:
        yield Line(start_us=start, end_us=end, kind="counted", why="on the hours of then", counted_us=counted)
    else:
        yield from lines


def _moment(us: int, zone: str, *, date: bool = True) -> str:
    local = from_us(us).in_timezone(zone)
    seconds = f":{local.second:02}" if local.second or local.microsecond else ""
    if local.microsecond:
        seconds += f".{local.microsecond:06}"
    clock = f"{local.hour:02}:{local.minute:02}{seconds}"
    return f"{_DAYS[local.weekday()]} {local.day} {_MONTHS[local.month]} {clock}" if date else clock


def _stretch(line: Line, zone: str) -> str:
    start = _moment(line.start_us, zone)
    if line.end_us is None:
        return f"{start}-"
    same = from_us(line.start_us).in_timezone(zone).date() == from_us(line.end_us).in_timezone(zone).date()
    return f"{start}-{_moment(line.end_us, zone, date=not same)}"


def say_instant(us: int, zone: str) -> str:
    """An instant as people read it, in *zone*.

    >>> say_instant(0, "Europe/Athens")
    'Thu 1 Jan 1970 02:00 (Europe/Athens)'
    """
    local = from_us(us).in_timezone(zone)
    return f"{_DAYS[local.weekday()]} {local.day} {_MONTHS[local.month]} {local.year} {local.hour:02}:{local.minute:02} ({zone})"
