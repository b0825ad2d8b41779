"""Desk days: what happens to a ticket and what is to be seen at which instant, as TOML tables that run as tests.

A file ``*.desk.toml`` names or holds a desk and has cases; each case is a list of ``events`` and a list of things to ``expect``
(docs/reference/desk-days.md). `load_days` reads a file, refusing it whole with every problem by its path; `DeskDay.run` lives
through one case and raises `DayFailed`, which says what was expected, what was, and all that happened up to then.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from attrs import evolve, frozen

from ticketcore._names import hint
from ticketcore._time import iso, load_zone
from ticketcore.codec import event_from_data, load_desk
from ticketcore.desk import Desk, Outcome
from ticketcore.errors import BadValue, DataError, Problem, TicketcoreError, shorten
from ticketcore.extra._day_checks import CHECKS, Wanted, mismatches
from ticketcore.extra._day_instants import read_instant, say_instant
from ticketcore.model import EVENTS, Created, Outside, Spoken, Ticket
from ticketcore.presets import preset

__all__ = ["DayFailed", "DeskDay", "Expected", "Happening", "days_from_data", "load_days"]

_TICKET: Final = "T-1"
_KINDS: Final[Mapping[str, type[Any]]] = {name: kind for name, kind in EVENTS.items() if kind.is_outside}
_BY_CUSTOMER: Final = frozenset({"created", "customer_replied", "rated"})
_BY_NOBODY: Final = frozenset({"facts_reported"})
_MESSAGE: Final = ("text", "public", "automatic", "attachments")
# What a value that is no table stands for: `status_set = "open"` is `status_set = { status = "open" }`.
_SHORT: Final[Mapping[str, str]] = {
    "status_set": "status", "postponed": "until", "merged": "into", "slot_set": "level", "tags_added": "tags", "tags_removed": "tags",
    "assigned": "agent", "transferred": "group", "policy_set": "policy", "rated": "score", "escalated": "level",
}  # fmt: skip
_ENTRY: Final = ("at", "by", "facts", "answers", "refused")
_CASE: Final = ("name", "ticket", "requester", "events", "expect")
_FILE: Final = ("desk", "preset", "zone", "case")


class DayFailed(AssertionError):
    """A desk day did not go as expected; the message tells all of it.

    >>> (day,) = days_from_data({"preset": "liveagent", "case": [{"name": "a day", "events": [
    ...     {"at": "2026-11-20 09:00", "created": "help"}], "expect": [{"at": "09:00", "status": "open"}]}]})
    >>> try:
    ...     day.run()
    ... except DayFailed as failed:
    ...     print(str(failed).splitlines()[1].strip())
    status: expected 'open', was 'new'
    """


@frozen(kw_only=True)
class Happening:
    """What happens at one instant of a desk day: events by one actor, together. *refused*: the desk is to refuse them, saying this.

    >>> (day,) = days_from_data({"preset": "liveagent", "case": [{"name": "a day", "events": [
    ...     {"at": "2026-11-20 09:00", "created": "help"}], "expect": [{"at": "09:00", "status": "new"}]}]})
    >>> [event.kind for event in day.steps[0].events]
    ['created']
    """

    at_us: int
    place: str
    events: tuple[Outside, ...]
    refused: str | None = None


@frozen(kw_only=True)
class Expected:
    """What is to be seen at one instant of a desk day.

    >>> (day,) = days_from_data({"preset": "liveagent", "case": [{"name": "a day", "events": [
    ...     {"at": "2026-11-20 09:00", "created": "help"}], "expect": [{"at": "10:00", "status": "new", "tags": []}]}]})
    >>> [one.name for one in day.steps[1].wanted]
    ['status', 'tags']
    """

    at_us: int
    place: str
    wanted: tuple[Wanted, ...]


@frozen(kw_only=True)
class DeskDay:
    """One case of a desk day: a desk, and in order of time what happens and what is to be seen. At one instant events come first.

    >>> (day,) = days_from_data({"preset": "liveagent", "case": [{"name": "a reply answers", "events": [
    ...     {"at": "Fri 20 Nov 2026 09:00", "created": "it is broken"}, {"at": "10:00", "agent_replied": "try again"},
    ... ], "expect": [{"at": "09:30", "status": "new"}, {"at": "10:00", "status": "answered", "agent_replies": 1}]}]})
    >>> [outcome.ticket.status for outcome in day.run()]
    ['new', 'new', 'answered', 'answered']
    >>> [[event.kind for event in moment] for moment in day.moments()]
    [['created'], ['agent_replied']]
    """

    name: str
    desk: Desk
    zone: ZoneInfo
    steps: tuple[Happening | Expected, ...]
    line: int = 0

    def run(self) -> tuple[Outcome, ...]:
        """Live through the day and return the outcome of every step. Raises `DayFailed` with everything that was not as expected."""
        outcomes: list[Outcome] = []
        seen = 0  # outcomes before the last expectation
        told: list[str] = []
        for step in self.steps:
            ticket = outcomes[-1].ticket if outcomes else None
            if isinstance(step, Happening):
                told += self._happens(step, ticket, outcomes)
                continue
            assert ticket is not None  # noqa: S101 - a day begins with its creation, which was read as one
            outcomes.append(self.desk.tick(ticket, step.at_us))
            wrong = mismatches(self.desk, self.zone, step.at_us, step.wanted, outcomes[-1], outcomes[seen:])
            seen = len(outcomes)
            if wrong:
                told += [f"at {say_instant(step.at_us, self.zone)} ({self.zone.key}), {step.place}:", *(f"  {line}" for line in wrong)]
        if told:
            raise DayFailed("\n".join([*told, "", "what happened:", *_story(outcomes, self.zone)]))
        return tuple(outcomes)

    def moments(self) -> tuple[tuple[Outside, ...], ...]:
        """What people do in it, moment by moment: a history for `ticketcore.extra.laws` and for coverage."""
        return tuple(step.events for step in self.steps if isinstance(step, Happening))

    def _happens(self, step: Happening, ticket: Ticket | None, outcomes: list[Outcome]) -> Iterator[str]:
        try:
            outcome = self.desk.handle(ticket, *step.events)
        except TicketcoreError as error:
            at = say_instant(step.at_us, self.zone)
            if step.refused is None:
                yield f"at {at} ({self.zone.key}), {step.place}: refused: {type(error).__name__}: {error}"
            elif step.refused not in f"{type(error).__name__}: {error}":
                yield f"at {at} ({self.zone.key}), {step.place}: refused, but not with {step.refused!r}: {type(error).__name__}: {error}"
            if ticket is None:
                raise DayFailed("\n".join([f"at {at}, {step.place}: there is no ticket: {error}"])) from None
            return
        outcomes.append(outcome)
        if step.refused is not None:
            at = say_instant(step.at_us, self.zone)
            yield f"at {at} ({self.zone.key}), {step.place}: expected to be refused, but it was taken"


def _story(outcomes: list[Outcome], zone: ZoneInfo) -> Iterator[str]:
    """Everything that was recorded, as the trace tells it, in the wall time of *zone*."""
    last = ""
    for outcome in outcomes:
        for line in outcome.trace.lines:
            at = say_instant(line.event.at_us, zone)
            said = str(line).strip().removeprefix(iso(line.event.at_us)).strip()
            yield f"  {at if at != last else '':<25} {'  ' * line.depth}{said}"
            last = at
        for effect in outcome.effects:
            to = getattr(effect, "to", "") or getattr(effect, "template", "")
            yield f"  {'':<25} -> {effect.kind} {to}".rstrip()


# --- reading ---------------------------------------------------------------------------------------------------------


def load_days(path: str | Path) -> tuple[DeskDay, ...]:
    """The cases of a desk-day file; a desk named in it is looked for beside it.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "a.desk.toml")
    ...     _ = file.write_text('''preset = "zendesk"
    ... [[case]]
    ... name = "an open ticket"
    ... events = [{ at = "2026-11-20 09:00", created = "help" }]
    ... expect = [{ at = "09:00", status = "new" }]
    ... ''', "utf-8")
    ...     [day.name for day in load_days(file)]
    ['an open ticket']

    Raises `DataError` (or `DeskError`, for its desk) with every problem, and whatever opening and parsing a file raises.
    """
    file = Path(path)
    text = file.read_text("utf-8")
    lines = [number for number, line in enumerate(text.splitlines()) if line.strip().replace(" ", "").startswith("[[case]]")]

    def beside(name: str) -> Any:
        return tomllib.loads((file.parent / name).read_text("utf-8"))

    return days_from_data(tomllib.loads(text), read_file=beside, lines=lines)


def days_from_data(
    data: Any, *, read_file: Callable[[str], Any] | None = None, lines: list[int] | None = None
) -> tuple[DeskDay, ...]:  # fmt: skip
    """The cases that plain data describes; the desk in it may also be a `Desk`. *read_file* gives the data of one named by a path.

    >>> days_from_data({"preset": "liveagent", "case": [{"name": "x", "expect": [], "events": [
    ...     {"at": "2026-11-20 09:00", "created": "", "resovled": True}]}]})
    Traceback (most recent call last):
    ticketcore.errors.DataError: desk days: 2 problems
      case[0].events[0].resovled  an entry of events has no 'resovled'; did you mean 'resolved'?
      case[0].expect              a case has a list of expect

    Raises `DataError` with every problem, `DeskError` for those of the desk.
    """
    problems: list[Problem] = []
    if not isinstance(data, dict):
        raise DataError([Problem("", f"a table is wanted, not {shorten(data)}", code="wrong-type")], what="desk days")
    data = _table(data, "", _FILE, problems, "a desk-day file")
    desk = _desk(data, read_file)
    zone = _zone(data.get("zone", desk.zone), problems)
    cases = data.get("case")
    if not isinstance(cases, list) or not cases:
        problems.append(Problem("case", "a desk-day file has cases", "write [[case]]", "missing-key"))
        cases = []
    days = []
    names: set[str] = set()
    for number, case in enumerate(cases):
        day = _CaseReader(desk, zone, f"case[{number}]", problems).read(case, lines[number] if lines else 0)
        if day.name in names:
            problems.append(Problem(f"case[{number}].name", f"a second case {day.name!r}", "give each its own name", "duplicate"))
        names.add(day.name)
        days.append(day)
    if problems:
        raise DataError(problems, what="desk days")
    return tuple(days)


def _zone(name: Any, problems: list[Problem]) -> ZoneInfo:
    try:
        return load_zone(name)
    except TicketcoreError as error:
        problems.append(Problem("zone", error.message, error.hint, error.code))
        return load_zone("UTC")


def _desk(data: dict[str, Any], read_file: Callable[[str], Any] | None) -> Desk:
    given = data.get("desk")
    if (given is None) == ("preset" not in data):
        problem = Problem("desk", "a desk-day file has either a desk or a preset", 'write desk = "desk.toml"', "missing-key")
        raise DataError([problem], what="desk days")
    if given is None:
        return preset(data["preset"])
    if isinstance(given, Desk):
        return given
    if isinstance(given, str):
        if read_file is None:
            raise BadValue("a desk named by a path is read from a file only", value=given, hint="give the desk as a table")
        return load_desk(read_file(given), given)
    return load_desk(given, "desk")


def _table(value: Any, path: str, known: tuple[str, ...] | Mapping[str, Any], problems: list[Problem], what: str) -> dict[str, Any]:
    """*value* as a table with no other keys than *known*; those it has besides are problems and left out."""
    if not isinstance(value, dict):
        problems.append(Problem(path, f"a table is wanted, not {shorten(value)}", code="wrong-type"))
        return {}
    problems += [
        Problem(f"{path}.{key}".lstrip("."), f"{what} has no {key!r}", hint(key, known), "unknown-key") for key in value if key not in known
    ]
    return {key: item for key, item in value.items() if key in known}


class _CaseReader:
    """Reads one case of a file; what is wrong goes to *problems*, and reading goes on."""

    def __init__(self, desk: Desk, zone: ZoneInfo, path: str, problems: list[Problem]) -> None:
        self.desk, self.zone, self.path, self.problems = desk, zone, path, problems
        self.requester: dict[str, Any] = {"name": "Ada", "email": "ada@example.org"}
        self.ticket = _TICKET

    def read(self, case: Any, line: int) -> DeskDay:
        table = _table(case, self.path, _CASE, self.problems, "a case")
        name = table.get("name")
        if not isinstance(name, str) or not name:
            self._wrong("name", "a case has a name")
            name = self.path
        if isinstance(table.get("ticket"), str):
            self.ticket = table["ticket"]
        if isinstance(table.get("requester"), dict):
            self.requester = table["requester"]
        happenings = self._happenings(table.get("events"))
        start = happenings[0].at_us if happenings else None
        steps: list[Happening | Expected] = [*happenings, *self._expectations(table.get("expect"), start)]
        steps.sort(key=lambda step: step.at_us)  # stable: at one instant events come first
        return DeskDay(name=name, desk=self.desk, zone=self.zone, steps=tuple(steps), line=line)

    def _wrong(self, key: str, message: str, way_out: str = "", code: str = "bad-value") -> None:
        self.problems.append(Problem(f"{self.path}.{key}", message, way_out, code))

    def _list(self, value: Any, key: str) -> list[Any]:
        if not isinstance(value, list) or not value:
            self._wrong(key, f"a case has a list of {key}", code="missing-key")
            return []
        return value

    def _instant(self, value: Any, key: str, after_us: int | None) -> int:
        """The instant at *key*; where it is none, the one before it, to read on with."""
        try:
            return read_instant(value, self.zone, after_us)
        except TicketcoreError as error:
            self._wrong(key, "an entry needs its instant" if value is None else error.message, error.hint)
            return after_us or 0

    # --- what happens ------------------------------------------------------------------------------------------------

    def _happenings(self, entries: Any) -> list[Happening]:
        found: list[Happening] = []
        at: int | None = None
        for number, entry in enumerate(self._list(entries, "events")):
            key = f"events[{number}]"
            known = (*_ENTRY, *_KINDS)
            table = _table(entry, f"{self.path}.{key}", known, self.problems, "an entry of events")
            before, at = at, self._instant(table.get("at"), f"{key}.at", at)
            if before is not None and at < before:
                self._wrong(f"{key}.at", "earlier than the entry before it", "entries stand in order of time")
            events = [event for kind in _KINDS if kind in table for event in self._event(kind, table, key, at)]
            order = [kind for kind in table if kind in _KINDS]
            events.sort(key=lambda event: order.index(event.kind))
            if not order:
                self._wrong(key, "nothing happens in this entry", f"name one of {', '.join(sorted(_KINDS)[:4])}, ...")
            elif (number == 0) != isinstance(events[0] if events else None, Created) and events:
                self._wrong(key, "a case begins with created, and has it once")
            refused = table.get("refused")
            if events:
                said = None if refused is None or refused is False else "" if refused is True else str(refused)
                found.append(Happening(at_us=at, place=key, events=tuple(events), refused=said))
        return found

    def _event(self, kind: str, entry: dict[str, Any], key: str, at: int) -> Iterator[Outside]:
        """The event of one kind in an entry, read by the codec."""
        path = f"{self.path}.{key}.{kind}"
        data = self._fields(kind, entry[kind], f"{key}.{kind}", at)
        by = data.pop("by", entry.get("by"))
        if by is None and kind not in _BY_NOBODY:
            by = self.requester if kind in _BY_CUSTOMER else "agent"
        if by is not None:
            data["by"] = {"role": "agent", "id": by} if isinstance(by, str) else {"role": "customer", **by} if isinstance(by, dict) else by
        if kind == "created" and isinstance(by, str):
            data.setdefault("requester", self.requester)
        data |= {name: entry[name] for name in ("facts", "answers") if name in entry and name not in data}
        try:
            event = event_from_data({"kind": kind, "at": iso(at), "ticket": self.ticket, **data}, path)
        except DataError as error:
            self.problems.extend(error.problems)
            return
        assert isinstance(event, Outside)  # noqa: S101 - every kind in _KINDS is one
        yield event

    def _fields(self, kind: str, value: Any, key: str, at: int) -> dict[str, Any]:
        """What an event carries besides its head, written out in full."""
        if value is True:
            return {}
        spoken = issubclass(_KINDS[kind], Spoken)
        if kind == "facts_reported" and isinstance(value, dict):
            return {"facts": value}
        data: dict[str, Any]
        if isinstance(value, dict):
            data = dict(value)
        elif kind in ("tags_added", "tags_removed") and isinstance(value, str):
            data = {"tags": [value]}
        else:
            data = {"text" if spoken else _SHORT.get(kind, "value"): value}
        if spoken and (message := {name: data.pop(name) for name in _MESSAGE if name in data}):
            data["message"] = {**({"public": False} if kind == "noted" else {}), **message, **data.get("message", {})}
        if "until" in data:
            data["until"] = iso(self._instant(data["until"], f"{key}.until", at))
        return data

    # --- what is to be seen ------------------------------------------------------------------------------------------

    def _expectations(self, entries: Any, start: int | None) -> list[Expected]:
        found: list[Expected] = []
        at = start
        for number, entry in enumerate(self._list(entries, "expect")):
            key = f"expect[{number}]"
            table = _table(entry, f"{self.path}.{key}", ("at", *CHECKS), self.problems, "an entry of expect")
            before, at = at, self._instant(table.pop("at", None), f"{key}.at", at)
            if before is not None and at < before:
                self._wrong(f"{key}.at", "earlier than the entry before it, or than the first event", "entries stand in order of time")
            if not table:
                self._wrong(key, "nothing is expected in this entry")
            wanted = []
            for name, value in table.items():
                where = f"{self.path}.{key}.{name}"
                try:
                    wanted.append(CHECKS[name].read(name, value, self.desk, partial(read_instant, zone=self.zone, after_us=at)))
                except DataError as error:
                    self.problems += [evolve(problem, path=where + problem.path) for problem in error.problems]
                except TicketcoreError as error:
                    place = where + (f".{error.path}" if error.path else "")
                    self.problems.append(Problem(place, error.message, error.hint, error.code))
            found.append(Expected(at_us=at, place=key, wanted=tuple(wanted)))
        return found
