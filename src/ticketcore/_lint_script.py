"""Scripts: what people did to a ticket, moment by moment, that shows something when it is replayed. They print, and they shrink."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, Final

from attrs import NOTHING, frozen
from attrs import fields as attr_fields

from ticketcore._time import from_us, iso
from ticketcore._values import changed
from ticketcore.desk import Desk, Outcome
from ticketcore.errors import TicketcoreError
from ticketcore.model import Created, Message, Outside, Person, Ticket

__all__ = ["Moment", "Script", "shrink"]

Moment = tuple[Outside, ...]


@frozen
class Script:
    """What people did, moment by moment, and up to when nobody acted after it. Prints as a numbered list; `replay` runs it.

    >>> from ticketcore import Created, Person, Resolved
    >>> script = Script(((Created(at=0, ticket="T-1", by=Person(name="Ada")),), (Resolved(at=60_000_000, ticket="T-1"),)))
    >>> print(script)
    1. Thu 1 Jan 1970 00:00  created by customer: requester name 'Ada', requester email ''
    2. Thu 1 Jan 1970 00:01  resolved
    >>> script.ticket(Desk()).status, [outcome.ticket.status for outcome in script.replay(Desk())]
    ('resolved', ['new', 'resolved'])
    >>> [event.kind for event in script.events]
    ['created', 'resolved']
    """

    moments: tuple[Moment, ...] = ()
    until_us: int | None = None

    @property
    def events(self) -> Moment:
        """All events, in order."""
        return tuple(event for moment in self.moments for event in moment)

    def replay(self, desk: Desk) -> tuple[Outcome, ...]:
        """The outcomes of the moments under *desk*, and of the time that passes after the last. Raises as `Desk.handle` does."""
        outcomes: list[Outcome] = []
        for moment in self.moments:
            outcomes.append(desk.handle(outcomes[-1].ticket if outcomes else None, *moment))
        if self.until_us is not None:
            outcomes.append(desk.tick(outcomes[-1].ticket, self.until_us))
        return tuple(outcomes)

    def ticket(self, desk: Desk) -> Ticket:
        """The ticket at the end of the script. Raises as `Desk.handle` does."""
        return self.replay(desk)[-1].ticket

    def __len__(self) -> int:
        return len(self.moments)

    def __str__(self) -> str:
        lines = [f"{number}. {_when(moment)}  {', and '.join(map(say_event, moment))}" for number, moment in enumerate(self.moments, 1)]
        if self.until_us is not None:
            lines.append(f"   {_stamp(self.until_us)}  nobody has acted since")
        return "\n".join(lines)


def _stamp(at_us: int) -> str:
    """An instant as a support lead reads it: to the minute, or as fine as it is."""
    at = from_us(at_us)
    if at_us % 60_000_000:
        return iso(at_us)
    return f"{at:%a} {at.day} {at:%b %Y %H:%M}"


def _when(moment: Moment) -> str:
    return _stamp(moment[0].at_us)


# --- events in words ---------------------------------------------------------------------------------------------------

_UNSAID: Final = frozenset({"at_us", "id", "ticket", "cause", "desk", "by", "moment", "said_at_us", "deviation", "answers", "decided"})
_PLAIN_PERSON: Final = Person(email="someone@example.org")


def say_event(event: Outside) -> str:
    """*event* in a few words: its kind, who did it, and what is not usual about it."""
    told = [f"{name} {value}" for name, value in _details(event)]
    by = "" if event.by is None else f" by {event.by.role}"
    return event.kind.replace("_", " ") + by + (f": {', '.join(told)}" if told else "")


def _details(event: Outside) -> Iterator[tuple[str, str]]:
    person = event.by if isinstance(event.by, Person) else None
    if isinstance(event, Created) and event.requester != Person():
        person = event.requester
    if person is not None and isinstance(event, Created):
        yield from ((f"requester {name}", value) for name, value in _unusual(person, _PLAIN_PERSON))
    for part in attr_fields(type(event)):
        value = getattr(event, part.name)
        if part.name in _UNSAID or part.name == "requester" or value == part.default or value in (None, "", (), frozenset(), {}):
            continue
        if isinstance(value, Message):
            yield from _unusual(value, Message())
        elif part.name.endswith("_us"):
            yield part.name.removesuffix("_us"), _stamp(value) if part.alias == "until" else str(timedelta(microseconds=value))
        elif isinstance(value, dict):
            yield from ((name, _said(item)) for name, item in sorted(value.items()))
        else:
            yield part.name.replace("_", " "), _said(value)


def _unusual(value: Any, plain: Any) -> Iterator[tuple[str, str]]:
    """The fields of a value that differ from those of the plain one."""
    for part in attr_fields(type(value)):
        mine = getattr(value, part.name)
        if mine != getattr(plain, part.name):
            if isinstance(mine, dict):
                yield from ((name, _said(item)) for name, item in sorted(mine.items()))
            else:
                yield part.name.replace("_", " "), _said(mine)


def _said(value: Any) -> str:
    if isinstance(value, frozenset | tuple):
        return ", ".join(repr(item) for item in sorted(value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return repr(value) if isinstance(value, str) else str(value)


# --- the smallest script that still shows it ---------------------------------------------------------------------------


def shrink(script: Script, shows: Callable[[Script], Script | None], most: int = 400) -> Script:
    """A script that shows the same and from which nothing can be left out: no moment, no event, no detail.

    *shows* answers a script with the script that shows it (its end may have moved), or None; refused ones show nothing.
    """
    tries = most
    again = True
    while again and tries > 0:
        again = False
        for smaller in _smaller(script):
            tries -= 1
            try:
                found = shows(smaller)
            except TicketcoreError:
                found = None
            if found is not None:
                script, again = found, True
                break
            if tries <= 0:
                break
    return script


def _smaller(script: Script) -> Iterator[Script]:
    """Scripts with one thing left out, the largest first."""
    moments = script.moments
    for number in range(1, len(moments)):
        yield Script((*moments[:number], *moments[number + 1 :]), script.until_us)
    for number, moment in enumerate(moments):
        for place in range(1 if number == 0 else 0, len(moment) if len(moment) > 1 else 0):
            yield Script((*moments[:number], (*moment[:place], *moment[place + 1 :]), *moments[number + 1 :]), script.until_us)
    for number, moment in enumerate(moments):
        for place, event in enumerate(moment):
            for plainer in _plainer(event):
                one = (*moment[:place], plainer, *moment[place + 1 :])
                if place == 0 and plainer.by != event.by:  # the events of a moment share their actor
                    one = (plainer, *(changed(other, by=plainer.by) for other in moment[1:]))
                yield Script((*moments[:number], one, *moments[number + 1 :]), script.until_us)


def _plainer(event: Outside) -> Iterator[Outside]:
    """The event with one detail less."""
    if isinstance(event, Created):
        for name in ("by", "requester"):
            person = getattr(event, name)
            if isinstance(person, Person):
                yield from (changed(event, **{name: less}) for less in _less(person, _PLAIN_PERSON if name == "by" else Person()))
    for part in attr_fields(type(event)):
        value = getattr(event, part.name)
        if part.name in _UNSAID or part.name == "requester" or value == part.default or part.default is NOTHING:
            continue
        if isinstance(value, Message):
            yield from (changed(event, **{part.name: less}) for less in _less(value, Message(public=value.public)))
        elif isinstance(value, dict):
            yield from (changed(event, **{part.name: type(value)({k: v for k, v in value.items() if k != name})}) for name in value)
        elif isinstance(value, frozenset) and len(value) > 1:
            yield from (changed(event, **{part.name: value - {item}}) for item in sorted(value))
        else:
            yield changed(event, **{part.name: _default(part)})


def _default(part: Any) -> Any:
    default = part.default
    return default.factory() if hasattr(default, "factory") else default


def _less(value: Any, plain: Any) -> Iterator[Any]:
    """A value with one field as it is in the plain one."""
    for part in attr_fields(type(value)):
        mine, usual = getattr(value, part.name), getattr(plain, part.name)
        if mine != usual and usual is not NOTHING:
            if isinstance(mine, frozenset) and len(mine) > 1:
                yield from (changed(value, **{part.name: mine - {item}}) for item in sorted(mine))
            yield changed(value, **{part.name: usual})
