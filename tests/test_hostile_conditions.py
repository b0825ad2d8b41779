"""What strangers may write: refused with a typed error, or answered in time linear in its size. Work is counted, never timed."""

from __future__ import annotations

import pickle
import unicodedata
from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve

from ticketcore import Action, Created, Desk, Message, Person, Policy, Rule, _text, load_desk
from ticketcore._text import LONGEST_TEXT, Folding, fold
from ticketcore.conditions import (
    AllOf,
    AnyOf,
    Condition,
    Not,
    Test,
    Timed,
    View,
    Vocabulary,
    compiled,
    explain,
    field,
    fields_of,
    holds,
    hours,
    is_timed,
    next_rise,
    parse,
    say,
    since,
    static_part,
    to_data,
    why_not,
)  # fmt: skip
from ticketcore.errors import BadValue, DeskError, Problem
from ticketcore.hours import BusinessHours
from ticketcore.model import FrozenMap, Ticket

WAYS: list[Callable[[Any], Any]] = [
    lambda part: {"not": part}, lambda part: {"all": [part]}, lambda part: {"any": [part, part]}, lambda part: [part],
    lambda part: {"all": [{"any": [part]}], "not": part},
]  # fmt: skip


@pytest.mark.parametrize("wrap", WAYS)
def test_ten_thousand_levels_of_plain_data_are_refused(wrap: Callable[[Any], Any]) -> None:
    data: Any = {"field": "tags", "has": "x"}
    for _ in range(10_000):
        data = wrap(data)
    problems: list[Problem] = []
    parse(data, Vocabulary(), "when", problems)
    assert 1 <= len(problems) <= 11  # however many places there are
    assert "nested deeper than 32" in str(problems[0]) or "more than 10000 parts" in str(problems[0])
    with pytest.raises(DeskError):
        load_desk({"rules": [{"name": "r", "when": data}]})


@pytest.mark.parametrize("wrap", [lambda part: AllOf((part,)), lambda part: AnyOf((part, part)), Not])
def test_a_deep_condition_cannot_even_be_built(wrap: Callable[[Condition], Condition]) -> None:
    def build() -> None:
        deep: Condition = field.tags.has("x")
        for _ in range(10_000):
            deep = wrap(deep)

    with pytest.raises(BadValue, match="conditions nested deeper than 100; a list of parts needs no nesting"):
        build()


def test_whatever_can_be_built_can_be_asked_everything() -> None:
    deep: Condition = field.tags.has("x") | (since("created") >= "1h")
    for number in range(99):
        deep = Not(deep) if number % 2 else AllOf((deep, field.tags.has(f"t{number}")))
    view = View(Vocabulary(), Ticket(id="T"), 0)
    assert holds(deep, view) is compiled(deep, view.vocabulary)(view) is explain(deep, view).holds
    assert hash(pickle.loads(pickle.dumps(deep))) == hash(deep)
    asked: list[Callable[[Condition], object]] = [say, repr, to_data, static_part, is_timed, fields_of, str]
    assert all(ask(deep) is not None for ask in asked)
    assert why_not(deep, view) == why_not(deep, view)
    assert next_rise(deep, view) == Timed(deep, view.vocabulary).next_rise(view)
    asking: list[dict[str, Any]] = [
        {"rules": [Rule(name="r", when=deep, every_us=60_000_000)]},
        {"policies": [Policy(name="p", when=deep)]},
    ]
    for parts in asking:
        with pytest.raises(DeskError, match="nested deeper than 32"):
            Desk(**parts)


# --- long texts --------------------------------------------------------------------------------------------------------

MARKS = "a" + "\u0301\u0316" * 40_000  # two classes by turns: the worst for the canonical order
LONG = [
    MARKS, "\u0301" * 80_000, "か" + "\u3099" * 80_000, "\u0344" * 80_000, "i" + "\u0307" * 80_000, "x" * 1_000_000, "é" * 1_000_000,
    "宕" * 1_000_000, "a " * 500_000, "\ufdfa" * 100_000, "İ" * 100_000, "\u1fb3" * 100_000, " " * 1_000_000, "\U0001d160" * 60_000,
]  # fmt: skip


@pytest.mark.parametrize("text", LONG, ids=[repr(text[:2]) for text in LONG])
@pytest.mark.parametrize("folding", [Folding(), Folding(accents=True), Folding(language="tr")])
def test_no_long_run_of_marks_is_normalised(monkeypatch: pytest.MonkeyPatch, text: str, folding: Folding) -> None:
    # Normalising sorts each run of marks: quadratic in its length, so the length is what has to be bounded.
    longest = 0

    def watched(form: Any, given: str) -> str:
        nonlocal longest
        run = 0
        for char in given:
            run = run + 1 if unicodedata.combining(char) else 0
            longest = max(longest, run)
        return unicodedata.normalize(form, given)

    monkeypatch.setattr(_text, "normalize", watched)
    folded = fold(text, folding)
    assert longest <= 4 * _text.MOST_MARKS  # a mark may become a few
    assert len(folded) <= 4 * LONGEST_TEXT


@pytest.mark.parametrize("text", LONG[:6], ids=[repr(text[:2]) for text in LONG[:6]])
def test_a_desk_takes_any_text(text: str) -> None:
    found = Rule(name="r", on=["created"], when=field.text.mentions_any("x", "shop is", "宕机"), then=[Action("add_tag", "found")])
    out = Desk(rules=[found]).handle(None, Created(at=0, ticket="T", by=Person(name=text[:5]), message=Message(text=text)))
    assert out.ticket.tags <= {"found"}


def test_a_needle_is_at_most_a_thousand_letters_long() -> None:
    problems: list[Problem] = []
    for op in ("contains", "starts_with", "matches", "mentions_any"):
        parse({"field": "text", op: ["x" * 1_000_000]}, Vocabulary(), "when", problems)
    parse({"field": "text", "contains": MARKS}, Vocabulary(), "when", problems)
    assert len(problems) == 5
    assert all("more than 1000 characters" in str(problem) or "more than 262144 characters" in str(problem) for problem in problems)


# --- wide conditions ---------------------------------------------------------------------------------------------------


def wide(count: int, kind: str) -> Condition:
    tests: list[Condition] = [Test("facts.seen" if kind == "fact" else "subject", "is", f"no {number}") for number in range(count)]
    if kind == "timed":
        tests = [(since("created") >= f"{number + 1}h") & test for number, test in enumerate(tests)]
    return AnyOf(tests) if kind != "all" else Not(AllOf([Not(test) for test in tests]))


def counted(**names: Any) -> tuple[Vocabulary, list[int]]:
    """A vocabulary that counts how often a field is read."""
    words, reads = Vocabulary(**names), [0]

    def counting(read: Callable[[View], Any]) -> Callable[[View], Any]:
        def reading(view: View) -> Any:
            reads[0] += 1
            return read(view)

        return reading

    specs = {name: evolve(spec, read=counting(spec.read), key=counting(spec.key)) for name, spec in words.specs.items()}
    object.__setattr__(words, "specs", FrozenMap(specs))
    return words, reads


ASKED: dict[str, Callable[[Condition, View], Any]] = {
    "holds": holds, "compiled": lambda condition, view: compiled(condition, view.vocabulary)(view), "explain": explain,
    "next_rise": next_rise, "timed": lambda condition, view: Timed(condition, view.vocabulary).next_rise(view), "why_not": why_not,
}  # fmt: skip


@pytest.mark.parametrize("ask", sorted(ASKED))
@pytest.mark.parametrize("kind", ["any", "all", "timed"])
def test_twice_the_condition_is_twice_the_work(ask: str, kind: str) -> None:
    work = []
    for count in (200, 400):
        words, reads = counted()
        ASKED[ask](wide(count, kind), View(words, Ticket(id="T", subject="yes"), 0))
        work.append(reads[0])
    assert work[1] <= 2.5 * work[0]
    assert work[1] <= 30 * 400  # a few looks at each test


@pytest.mark.parametrize("ask", ["next_rise", "timed"])
def test_a_search_asks_what_time_cannot_change_once(ask: str) -> None:
    # Hours flip 1,460 times in two years, and these two never agree; what stands beside them is asked once all the same.
    day = BusinessHours(zone="UTC", week={"mon-sun": ["09:00-17:00"]})
    words, reads = counted(hours={"day": day})
    static: list[Condition] = [field.subject.is_not(f"no {number}") for number in range(100)]
    either = AnyOf([*map(Not, static), hours("day").is_open()])
    condition = AllOf([*static, either, hours("day").is_closed()])
    assert ASKED[ask](condition, View(words, Ticket(id="T", subject="yes"), 0)).found is False
    assert reads[0] <= 10 * len(static)


def test_more_tests_of_time_than_a_search_can_go_through_are_refused() -> None:
    for count, refused in ((100, 0), (101, 1), (5_000, 1)):
        problems: list[Problem] = []
        parse([{"since": "created", "at_least": f"{number}m"} for number in range(count)], Vocabulary(), "when", problems)
        assert len(problems) == refused
    assert "more than 100 tests of time, hours and clocks in one condition; split it into several rules" in str(problems[0])


def test_ten_thousand_ways_are_taken_and_one_more_is_refused() -> None:
    words = Vocabulary()
    for count, refused in ((9_999, 0), (10_000, 1)):  # the list itself is a part too
        problems: list[Problem] = []
        data = {"any": [{"field": "subject", "is": f"no {number}"} for number in range(count)]}
        condition = parse(data, words, "when", problems)
        assert len(problems) == refused
        if not problems:
            view = View(words, Ticket(id="T", subject="no 9998"), 0)
            assert compiled(condition, words)(view)
            assert explain(condition, view).holds
            assert len(str(explain(condition, view)).splitlines()) == 501
            assert not why_not(condition, View(words, Ticket(id="T"), 0)).holds
            assert len(why_not(condition, View(words, Ticket(id="T"), 0)).ways) == 1  # one field, one way


def test_a_search_that_ends_at_its_limit_says_so() -> None:
    # A puzzle: of each of eight pairs exactly one tag, and no five of them. Nothing small will do.
    names = [f"{letter}{number}" for number in range(40) for letter in "ab"]
    view = View(Vocabulary(), Ticket(id="T"), 0)
    puzzle = AllOf([AnyOf([field.tags.has_all(*names[at : at + 3]), field.subject.is_(f"s{at}")]) for at in range(0, 60, 2)])
    told = why_not(puzzle, view)
    assert told.ways == ()
    assert told.complete is ("not everything was tried" not in str(told))
    many = AnyOf([AllOf([field.tags.has(f"a{number}"), field.subject.is_("x"), field.subject.is_("y")]) for number in range(1_000)])
    hopeless = why_not(many, view)
    assert hopeless.ways == ()
    assert not hopeless.complete
    assert str(hopeless).endswith(
        "no change of up to 4 things was found to make it true (not everything was tried: the search ended at its limit)"
    )
