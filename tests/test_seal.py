"""Sealed histories: whatever is done to one is found, at its place; a purge leaves a tombstone that verifies."""

from __future__ import annotations

import gzip
import os
import random
import tomllib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import groupby, islice
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ticketcore import Agent, AgentReplied, Created, Desk, FieldSet, Message, Noted, Person, Purged, Resolved, TagsAdded
from ticketcore.codec import history_from_lines, load_desk
from ticketcore.errors import BadValue, DataError, TicketcoreError
from ticketcore.extra.strategies.model import events
from ticketcore.model import Deleted, EventBase, fold
from ticketcore.replay import moments
from ticketcore.seal import (
    Head,
    Sealed,
    _link,
    erase,
    head_of,
    seal,
    sealed_from_data,
    sealed_from_lines,
    sealed_to_data,
    sealed_to_line,
    verify,
    verify_lines,
)  # fmt: skip

SALT = b"sixteen bytes of"
KEY = b"a key that the store does not know"
DEMO = Path(__file__).parents[1] / "examples" / "replay"
NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
LESS = max(10, settings.default.max_examples // 4) if settings.default else 10  # of a law whose values take long to draw
A_TEXT: Any = "a text of many characters"
A_NUMBER: Any = 5
LOGS = 1_000 if NIGHTLY else 6
keys = st.sampled_from([None, KEY])


def a_log(count: int = 5) -> list[EventBase]:
    """A short log of one ticket."""
    first: list[EventBase] = [Created(at=0, ticket="T-1", id="e0", by=Person(name="Ada"), message=Message(text="it burns"))]
    return first + [
        Noted(at=number, ticket="T-1", id=f"e{number}", message=Message(text=f"note {number}", public=False)) for number in range(1, count)
    ]


def found(records: Sequence[Sealed], head: Head, key: bytes | None = None) -> tuple[str, int | None]:
    check = verify(records, head, key)
    return check.what, check.place


def forged(record: Sealed, previous: str, key: bytes | None = None) -> Sealed:
    """A record of a foreign event, whole in itself, that claims to follow *previous*."""
    (other,) = seal([Noted(at=record.at_us, ticket=record.ticket, id="forged", message=Message(text="never said"))], salt=SALT)
    other = attrs.evolve(other, previous=previous)
    return attrs.evolve(other, link=_link(other, key))


# --- laws ------------------------------------------------------------------------------------------------------------


@settings(max_examples=LESS)
@given(st.lists(events(), max_size=3), keys, st.integers(0, 3))
def test_a_sealed_history_verifies_and_can_be_sealed_in_pieces(log: list[Any], key: bytes | None, cut: int) -> None:
    whole = seal(log, salt=SALT, key=key)
    head = head_of(whole)
    assert verify(whole, head, key)
    assert [one.event for one in whole] == log
    assert Head.parse(str(head)) == head
    first = seal(log[:cut], salt=SALT, key=key)
    second = seal(log[cut:], salt=SALT, key=key, after=head_of(first))
    assert first + second == whole
    assert head_of(second, after=head_of(first)) == head
    assert verify(whole, [head_of(first), head], key)


@settings(max_examples=LESS)
@given(st.lists(events(), max_size=2), keys)
def test_a_sealed_history_is_read_back_from_data_and_from_lines(log: list[Any], key: bytes | None) -> None:
    records = seal(log, salt=SALT, key=key)
    assert tuple(sealed_from_data(sealed_to_data(one)) for one in records) == records
    lines = [sealed_to_line(one) for one in records]
    assert sealed_from_lines(lines) == records
    assert sealed_from_lines([line.encode() for line in lines]) == records
    assert verify_lines(lines, head_of(records), key)


@settings(max_examples=LESS)
@given(st.data())
def test_any_other_event_in_its_place_is_found(data: st.DataObject) -> None:
    log = data.draw(st.lists(events(), min_size=1, max_size=3))
    records = list(seal(log, salt=SALT))
    place, other = data.draw(st.integers(0, len(log) - 1)), data.draw(events())
    altered = [*records]
    altered[place] = attrs.evolve(records[place], event=other)
    assert found(altered, head_of(records)) == (("", None) if other == log[place] else ("altered", place))


def logs() -> Iterator[list[EventBase]]:
    """The logs of the demo's tickets, one after the other, with all that the desk decided."""
    desk = load_desk(tomllib.loads((DEMO / "desk.toml").read_text(encoding="utf-8")))
    with gzip.open(DEMO / "history.jsonl.gz", "rt", encoding="utf-8") as file:
        history = sorted(history_from_lines(file), key=lambda event: event.ticket)
    for _, log in groupby(history, key=lambda event: event.ticket):
        ticket, stored = None, list[EventBase]()
        for moment in moments(log):
            with suppress(TicketcoreError):  # the history delivers some events twice, and some that the desk refuses
                outcome = desk.handle(ticket, *moment, late="restamp", observe=True)
                ticket = outcome.ticket
                stored += outcome.events
        yield stored


def test_flip_drop_insert_or_swap_any_event_of_many_logs_and_it_is_found_at_its_place() -> None:
    chance = random.Random(20261123)
    tried = 0
    for log in islice(logs(), LOGS):
        key = chance.choice([None, KEY])
        records = list(seal(log, salt=SALT, key=key))
        head, size = head_of(records), len(log)
        stranger = forged(records[0], "ab" * 32)
        for place in range(size):
            event: Any = records[place].event
            flipped = attrs.evolve(records[place], event=attrs.evolve(event, at=event.at_us ^ 1 << chance.randrange(40)))
            assert found([*records[:place], flipped, *records[place + 1 :]], head, key) == ("altered", place)
            assert found([*records[:place], *records[place + 1 :]], head, key) == ("missing", place)
            copy = records[chance.randrange(size)]
            for foreign in (stranger, copy):
                what, where = found([*records[:place], foreign, *records[place:]], head, key)
                # a copy beside its original cannot be told from it
                beside = foreign is copy and records.index(copy) in (place - 1, place)
                assert where == place or (beside and where in (place - 1, place, place + 1)), (what, where, place)
            other = chance.randrange(size)
            if other != place:
                low, high = sorted((place, other))
                swapped = [*records[:low], records[high], *records[low + 1 : high], records[low], *records[high + 1 :]]
                assert found(swapped, head, key) == ("moved", low)
            tried += 1
        what, where = found([*records, stranger], head, key)
        assert where == size
        assert what in ("added", "altered")  # without the key nobody makes a record that is whole in itself
    assert tried >= 10 * LOGS


def test_any_byte_of_a_stored_history_can_be_flipped_and_its_line_is_found() -> None:
    chance = random.Random(17)
    for log in islice(logs(), LOGS):
        records = seal(log, salt=SALT)
        head, lines = head_of(records), [sealed_to_line(one).encode() for one in records]
        for _ in range(6):
            place = chance.randrange(len(lines))
            line = bytearray(lines[place])
            line[chance.randrange(len(line))] ^= 1 << chance.randrange(8)
            check = verify_lines([*lines[:place], bytes(line), *lines[place + 1 :]], head)
            assert check.place is not None
            assert (check.what, check.place) == ("altered", place), (check.message, bytes(line))


# --- what is said of it ----------------------------------------------------------------------------------------------

FIVE = seal(a_log(), salt=SALT)
HEAD = head_of(FIVE)
SMART = forged(FIVE[2], FIVE[1].link)


@pytest.mark.parametrize(("records", "message"), [
    (FIVE, "intact"),
    (FIVE[:2] + FIVE[3:], "missing before place 2: the record before event e3 of T-1 (noted) is not here"),
    (FIVE[:3], "missing before place 3: 2 at the end are not here"),
    ((), "missing before place 0: 5 at the end are not here"),
    ((*FIVE[:2], SMART, *FIVE[2:]), "added at place 2: event forged of T-1 (noted) does not belong here"),       # with a link that fits
    ((*FIVE[:2], SMART, *FIVE[3:]), "altered at place 2: event forged of T-1 (noted) stands in the place of another"),
    ((*FIVE, forged(FIVE[4], FIVE[4].link)), "added at place 5: event forged of T-1 (noted) comes after the last"),
    (FIVE[:1] + FIVE[2:3] + FIVE[1:2] + FIVE[3:], "moved at place 1: event e2 of T-1 (noted) does not belong here"),
    ((forged(FIVE[0], "0" * 64), *FIVE), "added at place 0: event forged of T-1 (noted) stands before the first"),
    ((attrs.evolve(FIVE[0], kind="noted"), *FIVE[1:]), "altered at place 0: event e0 of T-1 (noted) is not what was sealed"),
    ((attrs.evolve(FIVE[0], link="ab" * 32), *FIVE[1:]), "altered at place 0: event e0 of T-1 (created) is not what was sealed"),
    ((attrs.evolve(FIVE[0], salt=""), *FIVE[1:]), "altered at place 0: event e0 of T-1 (created) is not what was sealed"),
])  # fmt: skip
def test_it_says_what_is_wrong_and_where(records: tuple[Sealed, ...], message: str) -> None:
    check = verify(records, HEAD)
    assert str(check) == message
    assert bool(check) == check.intact == (message == "intact")


def test_a_chain_made_anew_is_found_by_its_head_and_narrowed_down_by_earlier_ones() -> None:
    heads = [head_of(FIVE[:count]) for count in (1, 3, 5)]
    log = a_log()
    anew = FIVE[:2] + seal([log[2], Noted(at=3, ticket="T-1", id="other"), log[4]], salt=SALT, after=head_of(FIVE[:2]))
    assert str(verify(anew, HEAD)) == "rebuilt at place 0: the chain was made anew somewhere from here to place 4"
    narrowed = verify(anew, reversed(heads))
    assert (narrowed.what, narrowed.place, narrowed.until) == ("rebuilt", 3, 5)
    assert verify(anew, heads[:2]).what == "added"  # all that the older heads can say
    assert verify(FIVE, [Head(), *heads]).intact
    assert verify((), Head()).intact


def test_without_the_key_no_record_is_made_and_with_another_none_is_read() -> None:
    keyed = seal(a_log(), salt=SALT, key=KEY)
    assert verify(keyed, head_of(keyed), KEY)
    assert found(keyed, head_of(keyed)) == found(keyed, head_of(keyed), b"another") == ("altered", 0)
    anew = keyed[:2] + seal(a_log()[2:], salt=SALT, after=head_of(keyed[:2]))  # whoever has the store, but not the key
    assert found(anew, head_of(keyed), KEY) == ("altered", 2)


@pytest.mark.parametrize(("call", "said"), [
    (lambda: seal([], salt=b"short"), "16 bytes or more"),
    (lambda: seal([], salt=A_TEXT), "16 bytes or more"),
    (lambda: seal([], salt=SALT, key=b""), "not nothing"),
    (lambda: verify([], Head(), key=b""), "not nothing"),
    (lambda: verify([], []), "without a head"),
    (lambda: verify_lines(["no JSON"], []), "without a head"),
    (lambda: verify_lines(["no JSON"], Head(), key=b""), "not nothing"),
    (lambda: Head.parse("5"), "a head is a count"),
    (lambda: Head.parse("x:" + "ab" * 32), "a head is a count"),
    (lambda: Head.parse("5:" + "AB" * 32), "a head is a count"),
    (lambda: Head.parse(A_NUMBER), "a head is a count"),
    (lambda: erase(FIVE, "T-1"), "was not purged"),
    (lambda: seal([FieldSet(at=0, name="x", value=object())], salt=SALT), "no plain form"),
])  # fmt: skip
def test_what_cannot_be_sealed_or_verified(call: Callable[[], object], said: str) -> None:
    with pytest.raises(BadValue, match=said):
        call()


def test_salts_hide_what_was_said_and_differ_from_event_to_event() -> None:
    same = [Noted(at=5, ticket="T-1", id="x"), Noted(at=5, ticket="T-1", id="x")]
    one, two = seal(same, salt=SALT)
    assert one.digest != two.digest  # who knows one cannot see that the other says the same
    assert seal(same, salt=b"another sixteen b")[0].digest != one.digest
    assert seal(same, salt=SALT) == (one, two)


def test_a_seal_is_the_same_on_every_python_and_in_every_release() -> None:
    """The links below were made once. A chain that is stored must verify as long as there is anybody to ask."""
    ada = Person(id="7", name="Áda", email="ada@example.org", tags={"vip", "gold", "athens"}, fields={"site": "Ρόδος", "seats": 3})
    log: list[EventBase] = [
        Created(
            at=1_795_424_400_000_000, ticket="T-1", id="1", by=ada, channel="e-mail", message=Message(text="系统宕机了"), tags=["b", "a"]
        ),
        FieldSet(at=1_795_424_400_000_001, ticket="T-1", id="2", by=Agent(id="maria", permissions=["lead"]), name="score", value=1.5),
        Resolved(at=1_795_424_460_000_000, ticket="T-1", id="3", facts={"mood": True, "words": ("x", "y"), "none": None}),
    ]
    assert str(head_of(seal(log, salt=SALT))) == "3:c080833ad4c17e5222fd0c9fb0159f4daf09d2fdf784dc89c72beeb4b38ea51d"
    assert str(head_of(seal(log, salt=SALT, key=KEY))) == "3:cc483f7f52dc55db11e166bd892debc004fd30a9e85a0a5914ae469c30abfe73"


# --- purging ---------------------------------------------------------------------------------------------------------


def purged_log() -> tuple[Sealed, ...]:
    """A ticket that was purged, beside another one."""
    desk, maria, ada = Desk(), Agent(id="maria"), Person(name="Ada", email="ada@example.org")
    ticket, log = None, list[EventBase]()
    for event in (
        Created(at=0, ticket="T-1", id="a", by=ada, message=Message(text="my card number is 1234")),
        AgentReplied(at=5, id="b", by=maria, message=Message(text="never send it")), Deleted(at=6, id="c", by=maria),
        Purged(at=7, id="d", by=maria),
    ):  # fmt: skip
        outcome = desk.handle(ticket, event)
        ticket = outcome.ticket
        log += outcome.events
    other = desk.handle(None, Created(at=1, ticket="T-2", id="z", by=ada)).events
    return seal([*log[:1], *other, *log[1:], TagsAdded(at=9, ticket="T-2", tags=["later"])], salt=SALT)


def test_a_purge_leaves_a_tombstone_that_verifies() -> None:
    records = purged_log()
    head = head_of(records)
    kept = erase(records, "T-1")
    check = verify(kept, head)
    assert check
    assert check.erased == sum(one.ticket == "T-1" and one.kind != "purged" for one in records) - 1  # its own change of status comes after
    assert "card" not in "".join(sealed_to_line(one) for one in kept)
    assert [(one.id, one.at_us, one.kind) for one in kept] == [(one.id, one.at_us, one.kind) for one in records]
    assert kept[0].at.year == 1970
    assert all(not one.is_erased for one in kept if one.ticket == "T-2")
    assert fold(one.event for one in kept if one.ticket == "T-2" and one.event is not None).tags == {"later"}
    lines = [sealed_to_line(one) for one in kept]
    assert sealed_from_lines(lines) == kept
    assert verify_lines(lines, head).erased == check.erased
    assert erase(kept, "T-1") == kept


def test_nothing_can_be_erased_without_a_purge_or_altered_in_a_tombstone() -> None:
    records = purged_log()
    head, kept = head_of(records), erase(purged_log(), "T-1")
    last = len(records) - 1
    hidden = [*records[:last], attrs.evolve(records[last], event=None, salt="")]
    assert str(verify(hidden, head)).startswith(f"erased at place {last}: event without an id of T-2 (tags_added) was erased")
    assert found([attrs.evolve(kept[0], at=1), *kept[1:]], head) == ("altered", 0)
    assert found([attrs.evolve(kept[0], digest="ab" * 32), *kept[1:]], head) == ("altered", 0)
    assert found(kept[1:], head) == ("missing", 0)


def test_a_line_that_cannot_be_read_is_an_altered_one_and_what_comes_before_it_is_looked_at_first() -> None:
    records = erase(purged_log(), "T-1")
    head, lines = head_of(records), [sealed_to_line(one) for one in records]
    broken = verify_lines([*lines[:3], "{", "", *lines[5:]], head)
    assert (broken.what, broken.place) == ("altered", 3)
    assert "line[4]: this is no JSON" in broken.message
    assert verify_lines([*lines[:2], *lines[3:5], "{", *lines[6:]], [Head(), head]).place == 2
    assert verify_lines(["{", *lines[1:]], head).place == 0


@pytest.mark.parametrize(("wrong", "path"), [
    ({"event": None}, "event"),
    ({"salt": "xy"}, "salt"),
    ({"link": "AB" * 32}, "link"),
    ({"header": {"kind": "noted", "at": "1970-01-01T00:00:00Z"}}, ""),
    ({"odd": 1}, "odd"),
    ({"schema": 2}, "schema"),
])  # fmt: skip
def test_wrong_data_is_refused_by_its_place(wrong: dict[str, Any], path: str) -> None:
    with pytest.raises(DataError) as caught:
        sealed_from_data({**sealed_to_data(FIVE[0]), **wrong})
    assert [problem.path for problem in caught.value.problems] == [path]


def test_an_event_needs_its_salt_and_a_header_has_none() -> None:
    data = sealed_to_data(FIVE[0])
    with pytest.raises(DataError, match="a salt belongs to an event"):
        sealed_from_data({key: value for key, value in data.items() if key != "salt"})
    line = sealed_to_line(FIVE[0])
    with pytest.raises(DataError, match="not written by this library"):
        sealed_from_lines([line.replace(":", ": ", 1)])
    resolved = seal([Resolved(at=0)], salt=SALT)
    assert str(verify([*resolved, *resolved], head_of(resolved))).endswith(
        "event without an id of no ticket (resolved) comes after the last"
    )
