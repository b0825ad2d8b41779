"""Limits to the last one: so many, so long, so far is taken, and one more is refused.

That what is far beyond a limit is refused, and how, is shown where it belongs. Here stands where exactly each limit lies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Any

import attrs
import pytest

from ticketcore import Created, Priority, Rule, ScoreCard, Settings, Vocabulary, _index, _text, always, load_desk, since
from ticketcore._clocks import parse_target
from ticketcore._fields import DURATION, NUMBER, TEXT
from ticketcore._filters import parse_filter
from ticketcore._names import hint, nearest
from ticketcore._order_data import parse_order
from ticketcore._parsing import name_problem, parse, parse_fields
from ticketcore._plain import LIMITS, Refusal, check_size, integer, parse_json, text
from ticketcore._promises import WarnAt
from ticketcore._spans import calendar_date, closed_ranges, dated_spans, day_spans, named_dates, time_of_day
from ticketcore._tables import Table
from ticketcore._templates import Template
from ticketcore._time import DAY_US, MAX_US, MIN_US, duration_us, from_us, load_zone, to_us, zone_offsets
from ticketcore._timeline import whole
from ticketcore.codec import event_from_data
from ticketcore.errors import DataError, Problem, TicketcoreError, key_step, shorten
from ticketcore.identity import email_key, phone_key
from ticketcore.priority import Score, Suggestion
from ticketcore.seal import Head, seal

ROUND = {"name": "lead", "since": "created", "when": [], "steps": [{"after": "1h", "then": [{"notify": "lead"}]}]}
LATER = since("created") >= "1h"
WEEK = {"mon": ["09:00-10:00"]}


def condition(data: Any) -> None:
    problems: list[Problem] = []
    parse(data, Vocabulary(metrics=("resolution",), regex=lambda pattern: pattern.__contains__), "when", problems)
    if problems:
        raise DataError(problems)


def fields(data: Any) -> None:
    problems: list[Problem] = []
    parse_fields(data, "fields", problems)
    if problems:
        raise DataError(problems)


def named(name: str) -> None:
    problem = name_problem(name, "fields")
    if problem:
        raise DataError([problem])


def keyed(key: str | None) -> str:
    if key is None:
        raise TicketcoreError("no key")
    return key


def desk(**data: Any) -> None:
    load_desk(data)


def dates(many: int) -> Iterable[date]:
    return (date(1900, 1, 1) + timedelta(days=day) for day in range(many))


def levels_deep(many: int, leaf: Any) -> Any:
    for _ in range(many):
        leaf = [leaf]
    return leaf


def hours_deep(many: int) -> dict[str, Any]:
    return {"h0": {"week": WEEK}, **{f"h{n}": {"union": [f"h{n - 1}", f"h{n - 1}"]} for n in range(1, many)}}


# What is counted, the call, and the numbers of which the first is taken and the second, its neighbour, is refused.
EDGES: list[tuple[str, Callable[[int], Any], int, int]] = [
    # time
    ("characters of a duration", lambda n: duration_us("4h" + "1m".rjust(n - 2)), 64, 65),
    ("digits of a duration", lambda n: duration_us("0" * (n - 1) + "1h"), 18, 19),
    ("digits of a duration in ISO 8601", lambda n: duration_us("PT" + "0" * (n - 1) + "1H"), 18, 19),
    ("decimals of a second", lambda n: duration_us("PT1." + "1" * n + "S"), 6, 7),
    ("microseconds of a duration", lambda n: duration_us(f"{n}us"), MAX_US, MAX_US + 1),
    ("the last instant", from_us, MAX_US, MAX_US + 1),
    ("the first instant", from_us, MIN_US, MIN_US - 1),
    ("the last instant that is asked for", always().is_open, MAX_US, MAX_US + 1),
    ("the first instant that is asked for", to_us, MIN_US, MIN_US - 1),
    ("years of wall times", lambda n: zone_offsets(load_zone("UTC"), n), 9998, 9999),
    ("years of wall times", lambda n: zone_offsets(load_zone("UTC"), n), 2, 1),
    # hours
    ("time of day", time_of_day, DAY_US, DAY_US + 1),
    ("time of day", time_of_day, 0, -1),
    ("minutes", lambda n: time_of_day(f"09:{n}"), 59, 60),
    ("seconds", lambda n: time_of_day(f"09:30:{n}"), 59, 60),
    ("spans of a day", lambda n: day_spans([(k * DAY_US // 144, k * DAY_US // 144 + 1) for k in range(n)]), 96, 97),
    ("the first date", lambda n: calendar_date(f"{n}-01-01"), 1900, 1899),
    ("the last date", lambda n: calendar_date(f"{n}-12-31"), 2199, 2200),
    ("holidays", lambda n: named_dates(dates(n)), 20_000, 20_001),
    ("exceptions", lambda n: dated_spans((day, []) for day in dates(n)), 20_000, 20_001),
    ("closures", lambda n: closed_ranges((day, day + timedelta(days=1)) for day in dates(n)), 20_000, 20_001),
    ("working days", whole, 200_000, 200_001),
    ("working days", whole, -200_000, -200_001),
    ("hours put together", lambda n: desk(hours={"a": {"week": WEEK}, "b": {"union": ["a"] * n}}), 16, 17),
    ("hours put together", lambda n: desk(hours={"a": {"week": WEEK}, "b": {"union": ["a"] * n}}), 1, 0),
    ("changes of hours", lambda n: desk(hours={"a": {"changes": {str(day): {"week": WEEK} for day in dates(n)}}}), 200, 201),
    ("open time after an instant", lambda n: always().add(MAX_US - 10, from_us(n) - from_us(0)), 10, 11),
    ("open time before an instant", lambda n: always().subtract(MIN_US + 10, from_us(n) - from_us(0)), 10, 11),
    # targets, warnings, lengths
    ("characters of a target", lambda n: parse_target("4h".rjust(n)), 64, 65),
    ("days of a target", lambda n: parse_target(f"{n} days"), 36_525, 36_526),
    ("digits of a target", lambda n: parse_target("0" * (n - 1) + "1 days"), 5, 6),
    ("days of a target of a policy", lambda n: desk(sla=[{"name": "p", "targets": {"resolution": f"{n} days"}}]), 10_000, 10_001),
    ("days of a target of a policy", lambda n: desk(sla=[{"name": "p", "targets": {"resolution": f"{n} days"}}]), 1, 0),
    ("length of a target of a policy", lambda n: desk(sla=[{"name": "p", "targets": {"resolution": f"{n}us"}}]), 1, 0),
    ("per cent of a warning", lambda n: WarnAt.parse(f"{n}%"), 1000, 1001),
    ("per cent of a warning", lambda n: WarnAt.parse(f"{n}%"), 1, 0),
    ("digits of the working days of a warning", lambda n: WarnAt.parse("-" + "0" * (n - 1) + "1 working day"), 4, 5),
    # conditions and declared fields
    ("per cent of a promise", lambda n: condition({"sla": "resolution", "used_at_least": n}), 1000, 1001),
    ("per cent of a promise", lambda n: condition({"sla": "resolution", "used_at_least": n}), 0, -1),
    ("characters of a part of a text", lambda n: condition({"field": "subject", "contains": "x" * n}), 1_000, 1_001),
    ("names in a list", lambda n: condition({"field": "tags", "has_any": ["x"] * n}), 10_000, 10_001),
    ("letters in a list", lambda n: condition({"field": "text", "contains": ["x" * 800] * 327 + ["x" * (n - 261_600)]}), 262_144, 262_145),
    ("patterns", lambda n: condition({"field": "subject", "matches": ["x"] * n}), 100, 101),
    ("regular expressions", lambda n: condition([{"field": "subject", "matches_regex": "x"}] * n), 100, 101),
    ("tests of time", lambda n: condition([{"since": "created", "at_least": "1h"}] * n), 100, 101),
    ("parts of a condition", lambda n: condition([[]] * (n - 1)), 10_000, 10_001),
    ("levels of a condition", lambda n: condition(levels_deep(n, [])), 31, 32),
    ("characters of a declared name", lambda n: named("x" * n), 64, 65),
    ("characters of a declared name", lambda n: named("x" * n), 1, 0),
    ("declared names", lambda n: fields({f"x{k}": "text" for k in range(n)}), 10_000, 10_001),
    ("choices", lambda n: fields({"x": [f"c{k}" for k in range(n)]}), 10_000, 10_001),
    ("characters of a choice", lambda n: fields({"x": ["c" * n]}), 1_000, 1_001),
    ("a number", NUMBER.stored, 2**63 - 1, 2**63),
    ("a number", NUMBER.stored, 1 - 2**63, -(2**63)),
    ("a length of time", DURATION.stored, 2**63 - 1, 2**63),
    ("a length of time", DURATION.stored, 0, -1),
    ("characters of a field", lambda n: TEXT.stored("x" * n), 65_536, 65_537),
    # plain data
    ("a whole number", integer, 2**63 - 1, 2**63),
    ("a whole number", integer, 1 - 2**63, -(2**63)),
    ("characters of a text", lambda n: text("x" * n), 65_536, 65_537),
    ("levels of data", lambda n: check_size(levels_deep(n, 1)), 31, 32),
    ("items of a list", lambda n: check_size([1] * n, attrs.evolve(LIMITS, nodes=10**6)), 10_000, 10_001),
    ("parts of data", lambda n: check_size([[1] * 4_998, [1] * (n - 5_001)]), 10_000, 10_001),
    ("characters of a line of JSON", lambda n: parse_json("1".rjust(n)), 1_048_576, 1_048_577),
    # rules, ladders, settings
    ("the shortest wait of a time rule", lambda n: desk(rules=[{"name": "r", "when": {"since": "created", "at_least": f"{n}us"},
                                                              "then": [{"notify": "x"}]}]), 60_000_000, 59_999_999),
    ("the shortest repetition", lambda n: Rule(name="r", when=LATER, then=(), every_us=n), 60_000_000, 59_999_999),
    ("repetitions", lambda n: Rule(name="r", when=LATER, then=(), every_us=DAY_US, times=n), 1_000, 1_001),
    ("repetitions", lambda n: Rule(name="r", when=LATER, then=(), every_us=DAY_US, times=n), 1, 0),
    ("rounds of a ladder", lambda n: desk(escalations=[{**ROUND, "repeat": n, "round": "1h"}]), 100, 101),
    ("rounds of a ladder", lambda n: desk(escalations=[{**ROUND, "repeat": n, "round": "1h"}]), 1, 0),
    ("the shortest round of a ladder", lambda n: desk(escalations=[{**ROUND, "repeat": 2, "round": f"{n}us"}]), 60_000_000, 59_999_999),
    ("the shortest time before a close", lambda n: desk(lifecycle={"close_after": f"{n}us"}), 60_000_000, 59_999_999),
    ("the fewest days before a close", lambda n: desk(lifecycle={"close_after": f"{n} days"}), 1, 0),
    ("answers before silence", lambda n: Settings(silence_after=n), 1_000_000, 1_000_001),
    ("answers before silence", lambda n: Settings(silence_after=n), 1, 0),
    ("points", lambda n: ScoreCard(entries=[Score(condition=LATER, weight=n)], thresholds=[(0, "low")]), 1_000_000, 1_000_001),
    ("points", lambda n: ScoreCard(entries=[Score(condition=LATER, weight=n)], thresholds=[(0, "low")]), -1_000_000, -1_000_001),
    ("confidence", lambda n: Priority(suggestion=Suggestion(fact="level", confidence="sure", at_least=n)), 100, 101),
    ("confidence", lambda n: Priority(suggestion=Suggestion(fact="level", confidence="sure", at_least=n)), 0, -1),
    # names, texts, identities, seals
    ("terms of an order", lambda n: parse_order(["priority"] * n), 32, 33),
    ("characters of the name of a filter", lambda n: parse_filter({"name": "x" * n, "when": []}, Vocabulary()), 200, 201),
    ("characters of the name of a filter", lambda n: parse_filter({"name": "x" * n, "when": []}, Vocabulary()), 1, 0),
    ("characters of a template", lambda n: Template.parse("x" * n, ()), 65_536, 65_537),
    ("characters of an address", lambda n: keyed(email_key("x" * (n - 12) + "@example.org")), 320, 321),
    ("digits of a phone number", lambda n: keyed(phone_key("+" + "3" * n)), 15, 16),
    ("digits of a phone number", lambda n: keyed(phone_key("+" + "3" * n)), 7, 6),
    ("bytes of a salt", lambda n: seal([Created(at=0, ticket="T-1")], salt=b"x" * n), 16, 15),
    ("digits of the count of a head", lambda n: Head.parse("0" * n + ":" + "0" * 64), 15, 16),
]  # fmt: skip


@pytest.mark.parametrize(("what", "take", "good", "bad"), EDGES)
def test_a_limit_lies_where_it_is_said_to_lie(what: str, take: Callable[[int], Any], good: int, bad: int) -> None:
    take(good)
    with pytest.raises((TicketcoreError, Refusal)):
        take(bad)


def test_what_is_shown_is_cut_where_it_is_said_to_be_cut() -> None:
    assert key_step("x" * 64) == "." + "x" * 64
    assert key_step("x" * 65) == "['" + "x" * 56 + "...]"
    assert shorten("x" * 58) == "'" + "x" * 58 + "'"
    assert shorten("x" * 59) == "'" + "x" * 56 + "..."
    assert shorten(b"x" * 57) == "b'" + "x" * 57 + "'"
    assert shorten(2**256 - 1, 99) == str(2**256 - 1)
    assert shorten(2**256, 99) == "an integer of 257 bits"
    assert hint("", [f"n{k:02}" for k in range(12)]) == "known are " + ", ".join(f"n{k:02}" for k in range(12))
    assert hint("", [f"n{k:02}" for k in range(13)]) == "known are " + ", ".join(f"n{k:02}" for k in range(12)) + ", ..."


def test_a_name_that_cannot_be_meant_hides_none_behind_it() -> None:
    assert nearest("opne", ["x" * 65, "x", "open"]) == "open"
    assert nearest("resolvd", ["ab", "closed", "resolved", "solved"]) == "resolved"


def test_only_so_many_names_of_such_a_length_are_compared() -> None:
    assert (nearest("x" * 64, ["x" * 63]), nearest("x" * 65, ["x" * 63])) == ("x" * 63, None)
    assert (nearest("x" * 63, ["x" * 64]), nearest("x" * 63, ["x" * 65])) == ("x" * 64, None)
    assert (nearest("a", ["b"] * 1_999 + ["a"]), nearest("a", ["b"] * 2_000 + ["a"])) == ("a", None)
    assert (nearest("abc", ["abxyz"]), nearest("abc", ["abcvwxy"]), nearest("abc", ["abcvwxyz"])) == (None, "abcvwxy", None)  # 6 of 10


@pytest.mark.parametrize(("many", "listed"), [(99, 99), (100, 100), (101, 101), (102, 101)])
def test_a_hundred_problems_are_listed_and_that_there_are_more(many: int, listed: int) -> None:
    with pytest.raises(DataError) as caught:
        event_from_data({"kind": "closed", "at": 0, **{f"k{number}": 1 for number in range(many - 1)}})
    assert len(caught.value.problems) == listed
    assert (caught.value.problems[-1].code == "too-many") == (many > 100)


def test_a_table_remembers_so_many_small_values_and_no_more() -> None:
    full = Table(hash)
    for number in range(1_100):
        assert full[number] == hash(number)
    assert list(full) == list(range(1_024))


@pytest.mark.parametrize(("value", "kept"), [
    ("x" * 64, True), ("x" * 65, False), (frozenset(range(16)), True), (tuple(range(17)), False), (frozenset({"x" * 65}), False),
    (("x" * 64,) * 16, True), (None, True), (2**99, True),
], ids=repr)  # fmt: skip
def test_a_table_remembers_small_values(value: Any, kept: bool) -> None:
    table = Table(hash)
    assert table[value] == hash(value)
    assert (value in table) is kept


def test_the_words_of_texts_are_remembered_while_there_is_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_index, "MOST_WORDS", 2)
    monkeypatch.setattr(_index, "LONGEST_WORD", 4)
    needles = _index._Needles([("ab", 1), ("cd", 2)])
    assert needles.rows_by_word("abcde") is None  # too long to be remembered
    assert needles.rows_by_word("abcd xy") == 3
    assert needles.rows_by_word("xy abcd xy") == 3
    assert needles.rows_by_word("xy ab") is None  # no room for another
    assert needles._words == {"abcd": 3, "xy": 0}


def test_so_many_marks_in_a_row_are_read() -> None:
    mark = "\u0301"
    assert _text._trim_marks("a" + mark * 30 + "b" + mark * 2) == "a" + mark * 30 + "b" + mark * 2
    assert _text._trim_marks("a" + mark * 33 + "b" + mark * 31) == "a" + mark * 30 + "b" + mark * 30
