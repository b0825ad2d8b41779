"""What can go wrong, said so that a program can act on it and a person can mend it.

Every error of the library is a `TicketcoreError`. It carries a stable ``code`` for programs, the ``path`` of the place
it happened at, the offending ``value`` (shortened) and a ``hint``: the way out. Its second base is the builtin a caller
would catch anyway. Configuration and data errors are collected: one `DataError` lists every `Problem` by its path.
Run-time refusals are raised at once and change nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, TypeVar

from attrs import frozen

SHORT = 60


def counted(count: int, one: str, many: str = "") -> str:
    """So many of something; *many* where more than one is not called *one* with an s.

    >>> counted(1, "row"), counted(2_000, "row"), counted(2, "urgency", "urgencies")
    ('1 row', '2,000 rows', '2 urgencies')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def shorten(value: object, limit: int = SHORT) -> str:
    """The ``repr`` of *value* in at most *limit* characters; never fails, whatever the value.

    >>> shorten("x" * 100, 12)
    "'xxxxxxxx..."
    """
    if isinstance(value, str | bytes):
        text = repr(value[:limit])
    elif isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > 256:
        text = f"an integer of {value.bit_length()} bits"
    elif isinstance(value, dict | list | tuple | set | frozenset):
        text = f"{type(value).__name__} of {len(value)}"
    else:
        try:
            text = repr(value)
        except Exception:  # noqa: BLE001 - a foreign repr may raise anything, and an error message must not
            text = f"<{type(value).__name__}>"
    return text if len(text) <= limit else text[: limit - 3] + "..."


def kind_name(value: object) -> str:
    """What a value is, in the words of an error.

    >>> kind_name(None), kind_name("None")
    ('None', 'str')
    """
    return "None" if value is None else type(value).__name__


def key_step(key: Any) -> str:
    """The step of a path that leads to *key*.

    >>> key_step("when"), key_step("night shift")
    ('.when', "['night shift']")
    """
    plain = isinstance(key, str) and len(key) <= 64 and key.replace("_", "a").replace("-", "a").isalnum()
    return f".{key}" if plain else f"[{shorten(key)}]"


class TicketcoreError(Exception):
    """The base of every error this library raises.

    ``code`` is stable and machine readable, ``message`` is for people, ``path`` names the place (``rules[2].when``),
    ``value`` is the offending value as short text and ``hint`` says what would have been right.

    >>> error = BadValue("a count is a whole number", path="rules[2].times", value="'three'", hint="write 3")
    >>> print(error)
    rules[2].times: a count is a whole number; write 3
    >>> error.code
    'bad-value'
    """

    code: ClassVar[str] = "error"

    def __init__(self, message: str, *, path: str = "", value: str = "", hint: str = "", **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.path = path
        self.value = value
        self.hint = hint
        self.details = details

    def __getattr__(self, name: str) -> Any:
        details = self.__dict__.get("details", {})
        if name in details:
            return details[name]
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild, (type(self), dict(self.__dict__)))

    def __str__(self) -> str:
        place = f"{self.path}: " if self.path else ""
        return f"{place}{self.message}" + (f"; {self.hint}" if self.hint else "")


_E = TypeVar("_E", bound=TicketcoreError)


def again(error: _E) -> _E:
    """A fresh copy of *error* to be raised, for what is refused often: made in a third of the time, and no two threads raise one.

    >>> error = BadValue("a count is a whole number", hint="write 3")
    >>> again(error) is error, str(again(error)) == str(error)
    (False, True)
    """
    fresh = type(error).__new__(type(error), error.message)
    fresh.__dict__.update(error.__dict__)
    return fresh


def _rebuild(kind: type[TicketcoreError], state: dict[str, Any]) -> TicketcoreError:
    error = kind.__new__(kind)
    Exception.__init__(error, state["message"])
    error.__dict__.update(state)
    return error


class NotAnInstant(TicketcoreError, TypeError):
    """Something that is no `datetime` was given where an instant is wanted.

    >>> from ticketcore import always
    >>> always().is_open("noon")
    Traceback (most recent call last):
    ticketcore.errors.NotAnInstant: an instant is an aware datetime, not 'noon'; give pendulum.DateTime or datetime with tzinfo
    """

    code = "not-an-instant"


class NaiveDateTime(TicketcoreError, ValueError):
    """A datetime without an offset was given; the library does not guess a time zone.

    >>> from datetime import datetime
    >>> from ticketcore import always
    >>> always().is_open(datetime(2026, 11, 20))
    Traceback (most recent call last):
    ticketcore.errors.NaiveDateTime: a naive datetime is not an instant: datetime.datetime(2026, 11, 20, 0, 0); attach ...
    """

    code = "naive-datetime"


class OutOfRange(TicketcoreError, ValueError):
    """An instant or amount lies outside what can be represented (years 1 to 9999).

    >>> from ticketcore import always
    >>> always().is_open(10**18)
    Traceback (most recent call last):
    ticketcore.errors.OutOfRange: this instant is outside the years 1 to 9999
    """

    code = "out-of-range"


class BadDuration(TicketcoreError, ValueError):
    """A duration that cannot be read, or that is negative where it must not be.

    >>> from ticketcore import always
    >>> always().add(0, "soon")
    Traceback (most recent call last):
    ticketcore.errors.BadDuration: 'soon' is no duration; write "90s", "15m", "4h", "1h 30m", "2d" or ISO 8601 "PT4H"
    """

    code = "bad-duration"


class BadZone(TicketcoreError, ValueError):
    """A time zone name that is unknown or not allowed.

    >>> from ticketcore import always
    >>> always("Europe/Nowhere")
    Traceback (most recent call last):
    ticketcore.errors.BadZone: ...
    """

    code = "bad-zone"


class BadHours(TicketcoreError, ValueError):
    """Business hours that contradict themselves: overlaps, equal ends, impossible dates.

    >>> from ticketcore import BusinessHours
    >>> BusinessHours(zone="UTC", week={"mon": ["09:00-09:00"]})
    Traceback (most recent call last):
    ticketcore.errors.BadHours: ...
    """

    code = "bad-hours"


class NeverOpen(TicketcoreError, ValueError):
    """Business hours that are never (again) open, so the question has no answer.

    >>> from ticketcore import BusinessHours
    >>> BusinessHours(zone="UTC")
    Traceback (most recent call last):
    ticketcore.errors.NeverOpen: ...
    """

    code = "never-open"


class BeyondHorizon(TicketcoreError, ValueError):
    """The answer would lie past the supported horizon.

    >>> from ticketcore import BusinessHours
    >>> BusinessHours(zone="UTC", week={"mon": ["09:00-17:00"]}).add(0, "50000d")
    Traceback (most recent call last):
    ticketcore.errors.BeyondHorizon: ...
    """

    code = "beyond-horizon"


class UnknownName(TicketcoreError, LookupError):
    """A name (status, level, field, hours, policy, metric, rule, ...) that the desk does not know.

    >>> from ticketcore.presets import preset
    >>> preset("zendsk")
    Traceback (most recent call last):
    ticketcore.errors.UnknownName: unknown preset 'zendsk'; did you mean 'zendesk'?
    """

    code = "unknown-name"


class IllegalMove(TicketcoreError, ValueError):
    """The lifecycle does not allow this move; ``status``, ``trigger`` and ``allowed`` (a tuple of triggers) say what is.

    >>> from ticketcore import Closed, Lifecycle
    >>> Lifecycle().next("new", Closed)
    Traceback (most recent call last):
    ticketcore.errors.IllegalMove: close is refused: ...
    """

    code = "illegal-move"


class OutOfOrder(TicketcoreError, ValueError):
    """An event earlier than what the ticket has already lived through; ``at`` and ``floor`` are the two instants.

    >>> from ticketcore import Created, Desk, Noted, Person
    >>> ticket = Desk().handle(None, Created(at=60_000_000, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> Desk().handle(ticket, Noted(at=0))
    Traceback (most recent call last):
    ticketcore.errors.OutOfOrder: noted at 1970-01-01T00:00:00Z is too late: ...
    """

    code = "out-of-order"


class Duplicate(TicketcoreError, ValueError):
    """An event whose id was already handled at this instant; ``id`` names it.

    >>> from ticketcore import Created, Desk, Noted, Person
    >>> ticket = Desk().handle(None, Created(at=0, ticket="T-1", id="e1", by=Person(name="Ada"))).ticket
    >>> Desk().handle(ticket, Noted(at=0, id="e1"))
    Traceback (most recent call last):
    ticketcore.errors.Duplicate: event 'e1' was already handled at this instant
    """

    code = "duplicate"


class WrongDesk(TicketcoreError, ValueError):
    """The ticket belongs to another desk (or another version of it); `Desk.adopt` takes it over.

    >>> from ticketcore import Created, Desk, Person
    >>> ticket = Desk().handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> Desk(name="another", zone="Europe/Riga").tick(ticket, 0)
    Traceback (most recent call last):
    ticketcore.errors.WrongDesk: ...
    """

    code = "wrong-desk"


class WrongTicket(TicketcoreError, ValueError):
    """The event names another ticket, or creates one that exists, or there is no ticket yet.

    >>> from ticketcore import Desk, Noted
    >>> Desk().handle(None, Noted(at=0))
    Traceback (most recent call last):
    ticketcore.errors.WrongTicket: ...
    """

    code = "wrong-ticket"


class MissingFacts(TicketcoreError, ValueError):
    """A declared fact without a default is needed for this step and was not given; ``facts`` lists the names.

    >>> from ticketcore import Created, Desk, Fact, FieldType, Person
    >>> desk = Desk(facts={"score": Fact(type=FieldType(kind="number"), required_with=["created"])})
    >>> desk.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada")))
    Traceback (most recent call last):
    ticketcore.errors.MissingFacts: ...
    """

    code = "missing-facts"


class BadMoment(TicketcoreError, ValueError):
    """Events handled together must share one instant and one actor, and come from outside.

    >>> from ticketcore import Desk
    >>> Desk().handle(None)
    Traceback (most recent call last):
    ticketcore.errors.BadMoment: ...
    """

    code = "bad-moment"


class BadValue(TicketcoreError, ValueError):
    """A value of the wrong type or outside its bounds was handed to a constructor or a step.

    >>> from ticketcore.routing import Order
    >>> Order.by("priority").first(-1, [])
    Traceback (most recent call last):
    ticketcore.errors.BadValue: ...
    """

    code = "bad-value"


def unwanted(given: object, wanted: str, hint: str = "", path: str = "") -> BadValue:
    """The refusal of what is not of the kind that is wanted: what is, what was given, and the way out.

    >>> print(unwanted(5, "a ticket", "give the .ticket of an outcome"))
    a ticket is wanted, not int; give the .ticket of an outcome
    """
    return BadValue(f"{wanted} is wanted, not {kind_name(given)}", value=shorten(given), path=path, hint=hint)


def check_kind(given: object, kind: type | tuple[type, ...], wanted: str, hint: str = "", path: str = "") -> None:
    """Refuse what is not of *kind*, where it is handed over. Raises `BadValue`.

    >>> check_kind("office", dict, "a mapping")
    Traceback (most recent call last):
    ticketcore.errors.BadValue: a mapping is wanted, not str
    """
    if not isinstance(given, kind):
        raise unwanted(given, wanted, hint, path)


@frozen
class Problem:
    """One thing wrong in a desk file or in data: where, what, and the way out.

    >>> print(Problem("rules[2].then[1]", "'set_prioritty' is not an action", "did you mean 'set_priority'?"))
    rules[2].then[1]: 'set_prioritty' is not an action; did you mean 'set_priority'?
    """

    path: str
    message: str
    hint: str = ""
    code: str = "bad-value"
    value: str = ""

    def __str__(self) -> str:
        place = f"{self.path}: " if self.path else ""
        return f"{place}{self.message}" + (f"; {self.hint}" if self.hint else "")


class DataError(TicketcoreError, ValueError):
    """Plain data that cannot be read; ``problems`` lists all of them, each with its path.

    >>> from ticketcore import event_from_data
    >>> event_from_data({"kind": "resolved", "att": "2026-11-20T09:00:00Z"})
    Traceback (most recent call last):
    ticketcore.errors.DataError: event: 2 problems
      att  resolved event has no 'att'; did you mean 'at'?
      at   resolved event needs 'at'
    """

    code = "bad-data"

    def __init__(self, problems: Iterable[Problem], *, what: str = "data") -> None:
        self.problems = tuple(problems)
        super().__init__(f"{what}: {counted(len(self.problems), 'problem')}", path=self.problems[0].path if self.problems else "")

    def __str__(self) -> str:
        lines = [self.message]
        width = min(32, max((len(p.path) for p in self.problems), default=0))
        for problem in self.problems:
            tail = f"; {problem.hint}" if problem.hint else ""
            lines.append(f"  {problem.path:<{width}}  {problem.message}{tail}")
        return "\n".join(lines)


class DeskError(DataError):
    """A desk that is refused as a whole: every problem in it, each with its path and the nearest right name.

    >>> from ticketcore import load_desk
    >>> load_desk({"zone": "Europe/Nowhere", "ruels": []})
    Traceback (most recent call last):
    ticketcore.errors.DeskError: desk: 2 problems
    ...
    """

    code = "bad-desk"

    def __init__(self, problems: Iterable[Problem], *, what: str = "desk") -> None:
        super().__init__(problems, what=what)
