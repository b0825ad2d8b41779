"""Regular expressions by google-re2: given to a desk, refused with the place, and in time linear in the text."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from ticketcore import Created, Desk, Message, Person, Rule, desk_to_data, load_desk
from ticketcore.conditions import View, Vocabulary, compiled, field, holds
from ticketcore.errors import BadValue, DeskError
from ticketcore.extra.re2 import regex
from ticketcore.lint import lint
from ticketcore.model import Ticket

DATA: dict[str, Any] = {
    "rules": [
        {
            "name": "invoice", "on": ["created"], "when": {"field": "text", "matches_regex": r"invoice \d{2,}"},
            "then": [{"add_tag": "money"}],
        },
    ]
}  # fmt: skip


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        (r"invoice \d{2,}", "Your INVOICE 17 is due", True),  # anywhere, letter case ignored
        (r"^invoice", "Your invoice", False),
        (r"\bshop\b", "workshop", False),
        (r"(?i)ÉTÉ|εκτός", "ΕΚΤΌΣ", True),
        (r"\pN", "٣", True),
        (r"宕机", "系统宕机了", True),
        (r"(?-i)Shop", "shop", False),
        ("\ud800" + "x", "x", None),
        (r"a", "\udc00a", True),  # half a surrogate pair in a text is no more than a wrong letter
    ],
)
def test_what_is_found(pattern: str, text: str, found: bool | None) -> None:
    if found is None:
        with pytest.raises(BadValue, match="half a surrogate pair"):
            regex(pattern)
    else:
        assert regex(pattern)(text) is found


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("a(", "no regular expression: missing \\)"),
        ("(?=a)", "no regular expression: invalid perl operator"),  # no look-around
        (r"(a)\1", "no regular expression: invalid escape sequence"),  # no back-references
        ("((a{100}){100}){100}", "no regular expression: invalid repetition size"),
        ("(\\pL{500}){2}" * 2, "no regular expression: pattern too large"),
    ],
)
def test_what_is_refused(pattern: str, said: str) -> None:
    with pytest.raises(BadValue, match=said) as caught:
        regex(pattern)
    assert caught.value.hint.startswith("the syntax is RE2")


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)*b", "(.*a){20}b", "a*a*a*a*a*a*a*a*b"])
def test_no_pattern_hangs(pattern: str) -> None:
    # Each of these takes a backtracking matcher longer than the universe is old.
    assert regex(pattern)("a" * 65_536 + "!") is False


def test_a_desk_with_a_matcher() -> None:
    desk = load_desk(DATA, regex=regex)
    created = Created(at=0, ticket="T-1", by=Person(name="Ada"), subject="Invoice 17", message=Message(text="is wrong"))
    assert desk.handle(None, created).ticket.tags == {"money"}
    again = pickle.loads(pickle.dumps(desk))
    assert again == desk
    assert again.handle(None, created).ticket.tags == {"money"}
    assert desk.fingerprint == again.fingerprint


def test_a_desk_without_one_is_refused() -> None:
    with pytest.raises(DeskError) as caught:
        load_desk(DATA)
    assert [problem.path for problem in caught.value.problems] == ["rules[0].when.matches_regex"]
    assert "Desk(regex=ticketcore.extra.re2.regex)" in str(caught.value)


def test_a_wrong_pattern_is_refused_with_its_place() -> None:
    with pytest.raises(DeskError) as caught:
        Desk(rules=[Rule(name="r", when=field.subject.matches_regex("ok", "a("))], regex=regex)
    assert [(problem.path, problem.message) for problem in caught.value.problems] == [
        ("rules[0].when.matches_regex[1]", "no regular expression: missing ): a(")
    ]


def test_only_the_first_letters_of_a_text_are_read() -> None:
    words = Vocabulary(regex=regex)
    condition = field.subject.matches_regex("end")
    view = View(words, Ticket(id="T", subject="x" * 65_536 + "end"), 0)
    assert holds(condition, view) is compiled(condition, words)(view) is False


def test_a_desk_with_expressions_goes_through_every_room() -> None:
    desk = load_desk(DATA, regex=regex)
    assert load_desk(desk_to_data(desk), regex=regex) == desk
    about = [str(finding) for finding in lint(desk) if "invoice" in str(finding)]
    assert all(told.endswith("[unknown]") for told in about)  # nothing is wrong with the rule, but nobody knows a text that it matches
    created = Created(at=0, ticket="T-1", by=Person(name="Ada"), subject="Offer")
    told = desk.why_not(None, "invoice", events=[created])
    assert str(told).splitlines()[1] == r"no   text matches the expression 'invoice \\d{2,}'   (none of it in 'Offer')"
    assert told.why.ways == ()  # nobody knows a text that would do
