"""Tamper evidence: a history sealed as a chain of hashes, and the check that finds the first event altered, missing, added or moved.

Every stored event gets a `Sealed` record: a header (ticket, id, kind, instant), a digest of the event's content with a salt of its
own, the link of the record before it, and its own link over all of these. The host keeps the last link, the `Head`, where whoever
can write to the store cannot. `erase` forgets what a purged ticket said and leaves records that still verify. Nothing here
draws a salt: the host does. See docs/explanation/tamper-evidence.md for what this shows and what it cannot.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, cast

from attrs import evolve, field, frozen
from pendulum import DateTime

from ticketcore._people import check_event
from ticketcore._plain import (
    Key,
    check_size,
    instant,
    parse_json,
    read_document,
    record,
    refuse,
    schema,
    text,
    write_instant,
    write_json,
)  # fmt: skip
from ticketcore._time import from_us, iso, to_us
from ticketcore.codec import SCHEMA, event_from_data, event_to_data
from ticketcore.errors import BadValue, DataError, check_kind, shorten
from ticketcore.model import Event, EventBase

__all__ = ["Head", "SealCheck", "Sealed", "erase", "head_of", "seal", "sealed_from_data", "sealed_from_lines", "sealed_to_data",
           "sealed_to_line", "verify", "verify_lines"]  # fmt: skip

_START: Final = "0" * 64  # the link before the first record
_PURPOSE: Final = b"ticketcore.seal.1"
_SHORTEST_SALT: Final = 16  # bytes


@frozen(kw_only=True)
class Sealed:
    """One event of a sealed history; all texts of hashes are 64 hexadecimal digits.

    ``event`` and ``salt`` are gone once it is erased; what stays is the header (``ticket``, ``id``, ``kind``, ``at``), the digest of
    what was there, and the links, so that the record still stands in its place.

    >>> from ticketcore import Created
    >>> [one] = seal([Created(at=0, ticket="T-1", id="1")], salt=b"not a secret one")
    >>> one.ticket, one.kind, str(one.at), one.is_erased, one.previous == "0" * 64
    ('T-1', 'created', '1970-01-01 00:00:00+00:00', False, True)
    """

    ticket: str
    id: str
    kind: str
    at_us: int = field(alias="at", converter=to_us, repr=iso)
    digest: str
    previous: str
    link: str
    salt: str = ""
    event: Event | None = None

    @property
    def at(self) -> DateTime:
        """When it happened, in UTC."""
        return from_us(self.at_us)

    @property
    def is_erased(self) -> bool:
        """Whether only the header is left."""
        return self.event is None


@frozen(kw_only=True)
class Head:
    """How many records a sealed history has, and the link of the last: what the host keeps elsewhere.

    >>> Head.parse("2:" + "ab" * 32).count
    2
    """

    count: int = 0
    link: str = _START

    def __str__(self) -> str:
        return f"{self.count}:{self.link}"

    @classmethod
    def parse(cls, value: str) -> Head:
        """A head from its text. Raises `BadValue`."""
        count, _, link = value.partition(":") if isinstance(value, str) else ("", "", "")
        if not (count.isascii() and count.isdecimal() and len(count) < 16 and _is_hash(link)):
            raise BadValue("a head is a count, a colon and 64 hexadecimal digits", value=shorten(value))
        return cls(count=int(count), link=link)


@frozen(kw_only=True)
class SealCheck:
    """What `verify` found: ``intact``, or the first place (from 0) that is wrong and what is wrong there.

    ``what`` is altered, missing (before that place), added, moved, erased (without a purge) or rebuilt: every record fits the one
    before it, but the whole does not end in the head, so that somebody made the chain anew. Then ``place`` is the first that is not
    vouched for by an earlier head, and ``until`` the first that is no longer in question. ``erased`` counts the tombstones.
    True when intact.

    >>> from ticketcore import Created, Resolved
    >>> log = seal([Created(at=0, ticket="T-1", id="1"), Resolved(at=5, ticket="T-1", id="2")], salt=b"not a secret one")
    >>> check = verify(log[:1], head_of(log))
    >>> bool(check), check.what, check.place, str(check)
    (False, 'missing', 1, 'missing before place 1: 1 at the end are not here')
    >>> verify(log, head_of(log)).intact
    True
    """

    what: str = ""
    place: int | None = None
    until: int | None = None
    event: str = ""
    erased: int = 0
    message: str = "intact"

    @property
    def intact(self) -> bool:
        """Whether nothing was altered, taken away, added or moved."""
        return not self.what

    def __bool__(self) -> bool:
        return self.intact

    def __str__(self) -> str:
        return self.message


# --- sealing ---------------------------------------------------------------------------------------------------------


def seal(events: Iterable[EventBase], *, salt: bytes, key: bytes | None = None, after: Head | None = None) -> tuple[Sealed, ...]:
    """The records of *events*, in order, going on after a head that is already stored.

    *salt* is at least 16 bytes of the host's chance (``secrets.token_bytes(32)``), new for every call and not kept: each event gets a salt
    made of it, which is stored with it until it is erased. With a *key* that the store does not know, nobody who only has the store
    can make links. Raises `BadValue` for a short salt, an empty key, or a field's value that has no plain form.

    >>> from ticketcore import Created, Resolved
    >>> log = seal([Created(at=0, ticket="T-1", id="1"), Resolved(at=5, ticket="T-1", id="2")], salt=b"not a secret one")
    >>> verify(log, head_of(log)).intact, str(verify(log[1:], head_of(log)))
    (True, 'missing before place 0: the record before event 2 of T-1 (resolved) is not here')
    """
    _check_secrets(key, salt or b"")
    last = Head() if after is None else after
    check_kind(events, Iterable, "a list of events", "give the .events of an outcome", "events")
    count, link = last.count, last.link
    made: list[Sealed] = []
    for event in events:
        check_event(event)
        own = hmac.digest(salt, f"{count} {link}".encode(), "sha256").hex()
        digest = _digest(event, own)
        fresh = Sealed(
            ticket=event.ticket, id=event.id, kind=event.kind, at=event.at_us, digest=digest, previous=link, link="", salt=own,
            event=cast("Event", event),
        )  # fmt: skip
        link = _link(fresh, key)
        made.append(evolve(fresh, link=link))
        count += 1
    return tuple(made)


def head_of(records: Sequence[Sealed], after: Head | None = None) -> Head:
    """The head of *records*; where these are only the newest, *after* is the head before them.

    >>> from ticketcore import Created, Resolved
    >>> log = seal([Created(at=0, ticket="T-1")], salt=b"not a secret one")
    >>> more = seal([Resolved(at=5, ticket="T-1")], salt=b"another of its own", after=head_of(log))
    >>> head_of(more, after=head_of(log)) == head_of(log + more), head_of(log + more).count
    (True, 2)
    """
    start = Head() if after is None else after
    return Head(count=start.count + len(records), link=records[-1].link) if records else start


def erase(records: Iterable[Sealed], ticket: str) -> tuple[Sealed, ...]:
    """The records with all that a purged *ticket* said, up to its purge, forgotten: contents and salts go, the tombstone stays.

    Only headers are left of it, which is what `verify` allows a purged ticket. Raises `BadValue` when it was not purged.

    >>> from ticketcore import Created, Message, Purged
    >>> log = seal([Created(at=0, ticket="T-1", message=Message(text="private")), Purged(at=5, ticket="T-1")], salt=b"not a secret one")
    >>> kept = erase(log, "T-1")
    >>> [record.is_erased for record in kept], verify(kept, head_of(log)).erased
    ([True, False], 1)
    """
    known = tuple(records)
    purge = _purges(enumerate(known)).get(ticket)
    if purge is None:
        raise BadValue(f"ticket {shorten(ticket)} was not purged", value=shorten(ticket), hint="only a purge forgets contents")
    return tuple(evolve(one, event=None, salt="") if place < purge and one.ticket == ticket else one for place, one in enumerate(known))


def _purges(records: Iterable[tuple[int, Sealed]]) -> dict[str, int]:
    """Where each purged ticket was last purged."""
    return {one.ticket: place for place, one in records if one.kind == "purged" and not one.is_erased}


def _digest(event: EventBase, salt: str) -> str:
    """The salted digest of an event's content: its plain data, keys in order, so that it is the same wherever it is made."""
    content = json.dumps(event_to_data(event), sort_keys=True, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    return hmac.digest(bytes.fromhex(salt), content.encode(), "sha256").hex()


def _link(one: Sealed, key: bytes | None) -> str:
    """The link of a record: over the link before it, its header and its digest."""
    header = json.dumps([one.previous, one.ticket, one.id, one.kind, one.at_us, one.digest], ensure_ascii=True, separators=(",", ":"))
    content = _PURPOSE + header.encode()
    return hashlib.sha256(content).hexdigest() if key is None else hmac.digest(key, content, "sha256").hex()


def _check_secrets(key: bytes | None, salt: bytes | None = None) -> None:
    if salt is not None and (not isinstance(salt, bytes) or len(salt) < _SHORTEST_SALT):
        raise BadValue(f"a salt is {_SHORTEST_SALT} bytes or more", hint="secrets.token_bytes(32)")
    if key is not None and (not isinstance(key, bytes) or not key):
        raise BadValue("a key is some bytes, not nothing", hint="leave it out for a chain without a key")


def _is_hash(value: object) -> bool:
    return isinstance(value, str) and len(value) == 64 and all(digit in "0123456789abcdef" for digit in value)


# --- verifying -------------------------------------------------------------------------------------------------------


def verify(records: Iterable[Sealed], head: Head | Iterable[Head], key: bytes | None = None) -> SealCheck:
    """Whether a sealed history is what it was when its *head* was taken; else the first place that is wrong.

    With several heads, from different times, a chain that was made anew is narrowed down to what lies between two of them. Erased
    records are allowed before the purge of their ticket only. Raises `BadValue` for no head, or an empty key.

    >>> from ticketcore import Created, Resolved
    >>> log = seal([Created(at=0, ticket="T-1", id="1"), Resolved(at=5, ticket="T-1", id="2")], salt=b"not a secret one")
    >>> forged = evolve(log[1], event=Resolved(at=6, ticket="T-1", id="2"))
    >>> print(verify([log[0], forged], head_of(log)))
    altered at place 1: event 2 of T-1 (resolved) is not what was sealed
    """
    _check_secrets(key)
    known, heads = tuple(records), _in_order(head)
    fault = _first_fault(known, heads[-1], key, _purges(enumerate(known)), len(known))
    if fault is None:
        fault = _wrong_end(known, heads)
    return SealCheck(erased=sum(one.is_erased for one in known)) if fault is None else fault


def _in_order(head: Head | Iterable[Head]) -> list[Head]:
    """The heads that were kept, the earliest first."""
    heads = sorted((head,) if isinstance(head, Head) else tuple(head), key=lambda one: one.count)
    if not heads:
        raise BadValue("nothing can be verified without a head", hint="keep head_of(records) elsewhere")
    return heads


def _first_fault(known: tuple[Sealed, ...], last: Head, key: bytes | None, purges: Mapping[str, int], total: int) -> SealCheck | None:
    """The first record, of *total* in the store, that is not whole, not in its place, or erased without a purge."""
    link = _START
    for place, one in enumerate(known):
        if one.link != _link(one, key) or not _is_as_sealed(one):
            return _fault(known, place, "altered", f"{_named(one)} is not what was sealed")
        if place == last.count and link == last.link:
            return _fault(known, place, "added", f"{_named(one)} comes after the last")
        if one.previous != link:
            return _out_of_place(known, place, link, total - last.count)
        if one.is_erased and place > purges.get(one.ticket, -1):
            return _fault(known, place, "erased", f"{_named(one)} was erased, but its ticket was not purged after it")
        link = one.link
    return None


def _is_as_sealed(one: Sealed) -> bool:
    """Whether the event of a record, if it is still there, has its header and its digest."""
    event = one.event
    if event is None:
        return True
    same = (event.ticket, event.id, event.kind, event.at_us) == (one.ticket, one.id, one.kind, one.at_us)
    return same and _is_hash(one.salt) and hmac.compare_digest(_digest(event, one.salt), one.digest)


def _out_of_place(known: tuple[Sealed, ...], place: int, link: str, surplus: int) -> SealCheck:
    """What to say of a record that is whole, but does not follow the one before it; there are *surplus* more than sealed."""
    one = known[place]
    if any(later.previous == link for later in known[place + 1 :]):  # what should stand here comes later
        what = "added" if surplus > 0 else "moved"
        return _fault(known, place, what, f"{_named(one)} does not belong here")
    for earlier in range(place - 1):  # what stands between was put in with links of its own
        if known[earlier].link == one.previous:
            return _fault(known, earlier + 1, "added", f"{_named(known[earlier + 1])} does not belong here")
    if one.previous == _START:
        return _fault(known, 0, "added", f"{_named(known[0])} stands before the first")
    if place and surplus >= 0:  # nothing is missing, so what came before it is another
        return _fault(known, place - 1, "altered", f"{_named(known[place - 1])} stands in the place of another")
    return _fault(known, place, "missing", f"the record before {_named(one)} is not here")


def _wrong_end(known: tuple[Sealed, ...], heads: list[Head]) -> SealCheck | None:
    """What to say of a chain in which every record follows the one before it, but which does not end in the head."""
    sure = 0
    for head in heads:
        if head.count > len(known):
            return _fault(known, len(known), "missing", f"{head.count - len(known)} at the end are not here")
        if (known[head.count - 1].link if head.count else _START) != head.link:
            return _fault(known, sure, "rebuilt", f"the chain was made anew somewhere from here to place {head.count - 1}", head.count)
        sure = head.count
    return None  # what comes after the last head was found on the way


def _fault(known: Sequence[Sealed], place: int, what: str, message: str, until: int | None = None) -> SealCheck:
    event = known[place].id if place < len(known) else ""
    where = f"{what} before place {place}" if what == "missing" else f"{what} at place {place}"
    return SealCheck(what=what, place=place, until=until, event=event, message=f"{where}: {message}")


def _named(one: Sealed) -> str:
    return f"event {one.id or 'without an id'} of {one.ticket or 'no ticket'} ({one.kind})"


# --- plain data ------------------------------------------------------------------------------------------------------


def sealed_to_data(one: Sealed) -> dict[str, Any]:
    """A record as plain data; `sealed_from_data` reads it back. The header is not written twice: it is the event's.

    >>> from ticketcore import Resolved
    >>> sorted(sealed_to_data(seal([Resolved(at=0, ticket="T-1")], salt=b"not a secret one")[0]))
    ['digest', 'event', 'link', 'previous', 'salt', 'schema']
    """
    hashes = {"digest": one.digest, "previous": one.previous, "link": one.link}
    if one.event is None:
        header = {"ticket": one.ticket, "id": one.id, "kind": one.kind, "at": write_instant(one.at_us)}
        return {"schema": SCHEMA, "header": header, **hashes}
    return {"schema": SCHEMA, "event": event_to_data(one.event), "salt": one.salt, **hashes}


def _hash(value: Any) -> str:
    if not _is_hash(text(value)):
        refuse("64 hexadecimal digits are wanted", value)
    return str(value)


_HEADER: Final = {"ticket": Key(text), "id": Key(text), "kind": Key(text, required=True), "at": Key(instant, required=True)}


def _made(event: Event | None = None, header: Mapping[str, Any] | None = None, salt: str = "", **hashes: Any) -> Sealed:
    if (event is None) == (header is None):
        refuse("a record has an event, or what is left of it: a header")
    if (event is None) == bool(salt):
        refuse("a salt belongs to an event")
    if event is not None:
        header = {"ticket": event.ticket, "id": event.id, "kind": event.kind, "at": event.at_us}
    return Sealed(event=event, salt=salt, **(header or {}), **hashes)


_read: Final = record(
    _made,
    {
        "event": Key(event_from_data), "header": Key(record(dict, _HEADER, "a header")), "salt": Key(_hash),
        "digest": Key(_hash, required=True), "previous": Key(_hash, required=True), "link": Key(_hash, required=True),
    },
    "a sealed event",
    {"schema": schema},
)  # fmt: skip


def sealed_from_data(data: Any, path: str = "") -> Sealed:
    """The record that *data* describes. Raises `DataError` with every problem. It is not verified by this.

    >>> from ticketcore import Resolved
    >>> [one] = seal([Resolved(at=0, ticket="T-1")], salt=b"not a secret one")
    >>> sealed_from_data(sealed_to_data(one)) == one
    True
    """
    return cast("Sealed", read_document(_read, data, path=path, what="sealed event"))


def sealed_to_line(one: Sealed) -> str:
    """A record as one line of JSON, without the line end.

    >>> from ticketcore import Resolved
    >>> [one] = seal([Resolved(at=0, ticket="T-1")], salt=b"not a secret one")
    >>> sealed_to_line(one)[:70]
    '{"schema":1,"event":{"kind":"resolved","at":"1970-01-01T00:00:00Z","ti'
    """
    return write_json(sealed_to_data(one))


def sealed_from_lines(lines: Iterable[str | bytes], path: str = "line") -> tuple[Sealed, ...]:
    """The records of a sealed history that has one JSON object a line, each exactly as `sealed_to_line` writes it.

    Raises `DataError` at the first line that is anything else, with its path (``line[3].event.at``); also at an empty one.

    >>> from ticketcore import Resolved
    >>> log = seal([Resolved(at=0, ticket="T-1")], salt=b"not a secret one")
    >>> sealed_from_lines([sealed_to_line(one) for one in log]) == log
    True
    """
    return tuple(_of_line(line, f"{path}[{number}]") for number, line in enumerate(lines, 1))


def _of_line(line: str | bytes, path: str) -> Sealed:
    def read(given: Any) -> Sealed:
        data = parse_json(given)
        check_size(data)
        made: Sealed = _read(data)
        if sealed_to_line(made) != (given.decode() if isinstance(given, bytes) else given):
            refuse("this line was not written by this library")
        return made

    return cast("Sealed", read_document(read, line, path=path, what="sealed history"))


def verify_lines(lines: Iterable[str | bytes], head: Head | Iterable[Head], key: bytes | None = None) -> SealCheck:
    """`verify` of a history as it is stored, line by line: a line that cannot be read is an altered one.

    >>> from ticketcore import Created, Resolved
    >>> log = seal([Created(at=0, ticket="T-1", id="1"), Resolved(at=5, ticket="T-1", id="2")], salt=b"not a secret one")
    >>> lines = [sealed_to_line(one) for one in log]
    >>> print(verify_lines(lines, head_of(log)))
    intact
    >>> print(verify_lines([lines[0].replace("T-1", "T-9"), lines[1]], head_of(log)))
    altered at place 0: event 1 of T-9 (created) is not what was sealed
    """
    _check_secrets(key)
    heads = _in_order(head)
    known: dict[int, Sealed] = {}
    unread: tuple[int, str] | None = None
    total = 0
    for place, line in enumerate(lines):
        try:
            known[place] = _of_line(line, f"line[{place + 1}]")
        except DataError as error:
            unread = unread or (place, str(error.problems[0]))
        total = place + 1
    if unread is None:
        return verify(known.values(), heads, key)
    place, why = unread
    before = tuple(known[number] for number in range(place))
    earlier = _first_fault(before, heads[-1], key, _purges(known.items()), total)
    return _fault(before, place, "altered", f"the line cannot be read: {why}") if earlier is None else earlier
