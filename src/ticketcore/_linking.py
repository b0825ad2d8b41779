"""Tickets that come of one another: merged, split, followed up; and what a requester may see of a ticket.

Each of these is an ordinary step, or two of them: plain events at one instant. Nothing is changed anywhere when one is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from attrs import frozen
from pendulum import DateTime

from ticketcore._parts import DeskParts
from ticketcore._step import Outcome, StepRun
from ticketcore._ticket import check_ticket
from ticketcore._time import from_us, iso, maybe_from_us
from ticketcore._values import name_set
from ticketcore.errors import BadValue, IllegalMove, WrongTicket, check_kind, shorten
from ticketcore.model import (
    Absorbed,
    Actor,
    CcAdded,
    Created,
    FollowersAdded,
    Merged,
    Outside,
    Person,
    Split,
    Spoken,
    Ticket,
)  # fmt: skip


@frozen(kw_only=True)
class Linked:
    """What became of two tickets at one instant: of the ``source``, and of the ``target`` that goes on with (a part of) its matter.

    Store both or neither.

    >>> from ticketcore import Created, Desk, Person
    >>> ask = lambda name: Desk().handle(None, Created(at=0, ticket=name, by=Person(name="Ada"))).ticket
    >>> both = Desk().merge(ask("T-1"), ask("T-2"), at=60_000_000)
    >>> both.source.ticket.merged_into, [event.kind for event in both.target.events]
    ('T-2', ['absorbed'])
    """

    source: Outcome
    target: Outcome


def merge(desk: DeskParts, source: Ticket, target: Ticket, at_us: int, by: Actor | None, *, restamp: bool) -> Linked:
    """Close *source* with a pointer to *target*, which takes over its people."""
    goes, stays = _settled(desk, source, at_us), _settled(desk, target, at_us)
    if stays.merged_into is not None:
        raise IllegalMove(
            f"merge is refused: {stays.id} was itself merged into {stays.merged_into}", value=stays.id,
            hint=f"merge into {stays.merged_into}", status=stays.status, trigger="merge", allowed=(), targets={},
        )  # fmt: skip
    if stays.category == "removed":
        raise IllegalMove(
            f"merge is refused: {stays.id} is {stays.status}", value=stays.id, hint="merge into a ticket that is still there",
            status=stays.status, trigger="merge", allowed=(), targets={},
        )  # fmt: skip
    gone = StepRun(desk, source, restamp=restamp).handle((Merged(at=at_us, by=by, into=target.id),))
    taken: list[Outside] = [Absorbed(at=at_us, by=by, source=source.id, waiting=goes.waiting_since_us)]
    if cc := _copies(goes, stays):
        taken.append(CcAdded(at=at_us, by=by, addresses=cc))
    if followers := _followers(goes, stays):
        taken.append(FollowersAdded(at=at_us, by=by, agents=followers))
    return Linked(source=gone, target=StepRun(desk, target, restamp=restamp).handle(taken))


def _settled(desk: DeskParts, ticket: Ticket, at_us: int) -> Ticket:
    """*ticket* as a moment at *at_us* finds it, however often it was ticked: all that was due before has happened to it."""
    check_ticket(ticket)
    return StepRun(desk, ticket).tick(max(at_us, ticket.floor_us) - 1).ticket


def _copies(source: Ticket, target: Ticket) -> tuple[str, ...]:
    """The addresses of the source's people that the target does not write to yet; case does not tell them apart."""
    known = {address.casefold() for address in (target.requester.email, *target.cc)}
    wanted = {address.casefold(): address for address in sorted((source.requester.email, *source.cc), reverse=True) if address}
    return tuple(sorted(address for folded, address in wanted.items() if folded not in known))


def _followers(source: Ticket, target: Ticket) -> tuple[str, ...]:
    """The agents who had to do with the source, but for the target's own."""
    had = source.followers if source.assignee is None else source.followers | {source.assignee}
    return tuple(sorted(had - target.followers - {target.assignee}))


def split(
    desk: DeskParts, source: Ticket, name: str, at_us: int, by: Actor | None, message: Spoken | None, given: Mapping[str, Any], *,
    restamp: bool,
) -> Linked:  # fmt: skip
    """Make a part of *source* a ticket of its own."""
    if message is not None:
        check_kind(message, Spoken, "the event of a message", _MESSAGE_HINT, "message")
    moved = "" if message is None else message.id
    parted = StepRun(desk, source, restamp=restamp).handle((Split(at=at_us, by=by, into=name, event=moved),))
    born = _offshoot(_settled(desk, source, at_us), name, at_us, by, message, "split", given)
    return Linked(source=parted, target=StepRun(desk, None).handle((born,)))


def follow_up(desk: DeskParts, source: Ticket, name: str, message: Spoken, given: Mapping[str, Any]) -> Outcome:
    """Open a ticket for a reply that *source* no longer takes."""
    check_kind(message, Spoken, "the event of a message", _MESSAGE_HINT, "message")
    return StepRun(desk, None).handle((_offshoot(source, name, message.at_us, message.by, message, "follow_up", given),))


def _offshoot(
    source: Ticket, name: str, at_us: int, by: Actor | None, message: Spoken | None, relation: str, given: Mapping[str, Any]
) -> Created:
    """The event that begins a ticket which came out of *source*: its people, its place and its fields, unless *given* says otherwise."""
    check_ticket(source)
    if not name or name == source.id:
        raise WrongTicket(f"the new ticket needs an id of its own, not {shorten(name)}", value=shorten(name), hint="give ticket=")
    if message is not None and message.ticket not in ("", source.id):
        raise WrongTicket(f"the message is of ticket {message.ticket!r}, not {source.id!r}", value=message.ticket)
    odd = sorted(set(given) - _GIVEN)
    if odd:
        raise BadValue(f"a ticket that comes of another takes no {odd[0]!r}", value=odd[0], hint=f"it takes {', '.join(sorted(_GIVEN))}")
    said: dict[str, Any] = {"has_message": False} if message is None else {"message": message.message}
    writer = by if message is None else message.by
    others = isinstance(writer, Person) and not writer.is_same(source.requester)  # a third person's matter is theirs
    kept = {name: getattr(source, name) for name in ("channel", "subject", "language", "group", "tags", "fields")}
    kept["cc"] = source.cc if relation == "follow_up" else frozenset()  # another matter is not everybody's
    kept["requester"] = writer if others else source.requester
    return Created(at=at_us, ticket=name, by=writer, origin=source.id, relation=relation, **{**said, **kept, **given})


_MESSAGE_HINT: Final = "give CustomerReplied(at=..., message=...)"
_GIVEN: Final = frozenset({
    "requester", "channel", "subject", "language", "group", "assignee", "tags", "fields", "facts", "followers", "cc", "id",
})  # fmt: skip


# --- what a requester may see ----------------------------------------------------------------------------------------

_WAITS_FOR: Final[Mapping[str, str]] = {
    "new": "support", "open": "support", "postponed": "support", "answered": "requester", "resolved": "nobody", "closed": "nobody",
}  # fmt: skip


@frozen(kw_only=True)
class PublicTicket:
    """What the requester of a ticket may see of it, and may quote to any agent.

    ``text`` says what the status means, ``waits_for`` who is to act next: support, requester or nobody. Nothing in it comes from
    notes, agents, priorities or clocks.

    >>> from ticketcore import AgentReplied, Created, Desk, Person
    >>> ticket = Desk().handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"), subject="printer")).ticket
    >>> seen = Desk().public(Desk().handle(ticket, AgentReplied(at=60_000_000)).ticket)
    >>> seen.subject, seen.status, seen.waits_for, str(seen.last_answer)
    ('printer', 'answered', 'requester', '1970-01-01 00:01:00+00:00')
    >>> seen.row()["updated"]
    '1970-01-01T00:01:00Z'
    >>> str(seen.created), str(seen.updated)
    ('1970-01-01 00:00:00+00:00', '1970-01-01 00:01:00+00:00')
    """

    id: str
    subject: str
    status: str
    text: str
    waits_for: str
    created_us: int
    updated_us: int
    last_answer_us: int | None = None
    merged_into: str | None = None
    tags: tuple[str, ...] = ()

    @property
    def created(self) -> DateTime:
        """When it was created."""
        return from_us(self.created_us)

    @property
    def updated(self) -> DateTime:
        """When a message last went either way, or the status changed."""
        return from_us(self.updated_us)

    @property
    def last_answer(self) -> DateTime | None:
        """When support last answered."""
        return maybe_from_us(self.last_answer_us)

    def row(self) -> dict[str, Any]:
        """The same as plain data."""
        answered = None if self.last_answer_us is None else iso(self.last_answer_us)
        return {
            "id": self.id, "subject": self.subject, "status": self.status, "text": self.text, "waits_for": self.waits_for,
            "created": iso(self.created_us), "updated": iso(self.updated_us), "last_answer": answered, "merged_into": self.merged_into,
            "tags": list(self.tags),
        }  # fmt: skip


def public(ticket: Ticket, text: str, public_tags: Iterable[str]) -> PublicTicket | None:
    """What the requester of *ticket* may see; None of a removed one."""
    if ticket.category == "removed":
        return None
    seen = (ticket.created_us, ticket.status_since_us, ticket.last_agent_reply_us, ticket.last_customer_reply_us)
    return PublicTicket(
        id=ticket.id, subject=ticket.subject, status=ticket.status, text=text, waits_for=_WAITS_FOR[ticket.category],
        created_us=ticket.created_us, updated_us=max(us for us in seen if us is not None), last_answer_us=ticket.last_agent_reply_us,
        merged_into=ticket.merged_into, tags=tuple(sorted(ticket.tags & name_set(public_tags))),
    )  # fmt: skip
