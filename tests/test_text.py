"""Text: folded once, searched in any script, in time linear in its length."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticketcore import _text
from ticketcore._names import hint, nearest
from ticketcore._text import LONGEST_TEXT, Folded, Glob, fold, is_plain_word, is_unspaced, is_word_char, mentions, words_of

LETTERS = st.sampled_from(list("abAB ss.,-'*?\\ÉéςσΣßİıł宕机了ผู\u0301\u0306иЙéがカ゛ﬁＡ１\u064b\u05b0ب"))
TEXTS = st.text(LETTERS, max_size=30) | st.text(max_size=30)


# --- laws --------------------------------------------------------------------------------------------------------------


@given(TEXTS)
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(TEXTS)
def test_letter_case_does_not_count(text: str) -> None:
    assert fold(text.casefold()) == fold(text)


@given(TEXTS)
def test_composed_and_decomposed_texts_are_one(text: str) -> None:
    assert fold(unicodedata.normalize("NFD", text)) == fold(unicodedata.normalize("NFC", text))


@given(TEXTS.map(fold), TEXTS.map(fold).filter(bool))
def test_a_word_search_finds_what_stands_between_boundaries(text: str, needle: str) -> None:
    def joined(left: str, right: str) -> bool:
        return all(is_word_char(char) and not is_unspaced(char) for char in (left, right)) or (
            is_word_char(left) and is_word_char(right) and not is_unspaced(left) and not is_unspaced(right)
        )

    places = [at for at in range(len(text) - len(needle) + 1) if text[at : at + len(needle)] == needle]
    whole = [
        at for at in places
        if not (at > 0 and joined(text[at - 1], text[at]))
        and not (at + len(needle) < len(text) and joined(text[at + len(needle) - 1], text[at + len(needle)]))
    ]  # fmt: skip
    assert mentions(text, needle) == bool(whole)


@given(TEXTS.map(fold), TEXTS.map(fold).filter(bool))
def test_a_plain_word_is_mentioned_when_it_is_a_word_of_the_text(text: str, needle: str) -> None:
    if is_plain_word(needle):
        assert mentions(text, needle) == (needle in words_of(text))


@given(st.text(st.sampled_from("ab*?\\"), max_size=8), st.text(st.sampled_from("ab*?"), max_size=8))
def test_a_pattern_matches_as_a_slow_matcher_does(pattern: str, text: str) -> None:
    def slow(left: str, right: str) -> bool:
        if not left or left == "\\":
            return not right
        if left[0] == "*":
            return slow(left[1:], right) or (bool(right) and slow(left, right[1:]))
        if left[0] == "\\":
            return right[:1] == left[1] and slow(left[2:], right[1:])
        return bool(right) and left[0] in {"?", right[0]} and slow(left[1:], right[1:])

    assert Glob(pattern).matches(text) == slow(pattern, text)


# --- tables ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("ΕΚΤΌΣ ΛΕΙΤΟΥΡΓΊΑΣ", "εκτος λειτουργιας"),  # Greek: accents left out, final sigma
        ("Nestrādā", "nestrada"),  # Latvian
        ("Működik", "mukodik"),  # Hungarian
        ("Ёлка", "елка"),  # Russian yo is written without its dots
        ("İstanbul", "istanbul"),  # Turkish capital i with a dot
        ("ışık", "isik"),  # Turkish small i without one
        ("STRASSE", "straße"),  # German sharp s
        ("ＦＡＸ １", "fax 1"),  # full width
        ("ﬁle", "file"),  # ligature
        ("a \t\n b", "a b"),  # blanks
        ("Ångström", "angstrom"),
        ("Łódź", "lodz"),
        ("كِتَاب", "كتاب"),  # Arabic vowel points
        ("שָׁלוֹם", "שלום"),  # Hebrew points
    ],
)
def test_these_are_one_text(left: str, right: str) -> None:
    assert fold(left) == fold(right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("мой", "мои"),  # the Cyrillic short i is a letter of its own
        ("が", "か"),  # so is a voiced kana
        ("กี่", "กี"),  # Thai tones make words
        ("कि", "क"),  # Hindi vowels too
    ],
)
def test_these_are_two(left: str, right: str) -> None:
    assert fold(left) != fold(right)


@pytest.mark.parametrize(
    ("text", "needle", "found"),
    [
        ("the shop is down", "shop", True),
        ("the workshop is down", "shop", False),  # inside a word
        ("shops", "shop", False),
        ("shop, down.", "down", True),  # punctuation ends a word
        ("the shop is down", "shop is down", True),  # a phrase
        ("the shop\n is down", "shop is", True),  # over a line
        ("系统宕机了", "宕机", True),  # Chinese has no spaces
        ("ระบบล่มครับ", "ล่ม", True),  # nor has Thai
        ("iphone宕机", "iphone", True),  # a script without spaces ends a word of another
        ("c++ and c", "c++", True),
        ("c+++", "c++", True),  # a sign at its end is no letter: nothing to be whole
        ("foobar foo", "foo", True),  # the second place
        ("xfoo foo", "foo", True),  # the first is inside a word, skipped to its end
        ("fooxfoo", "foo", False),
        ("a-b", "a", True),
        ("", "a", False),
    ],
)
def test_mentions(text: str, needle: str, found: bool) -> None:
    assert mentions(fold(text), fold(needle)) is found


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("*@example.gr", "Ann@Example.GR", True),
        ("*@example.gr", "ann@example.gr.evil", False),
        ("re: *", "RE: down", True),
        ("invoice ??-*", "invoice 26-0007", True),
        ("*a?c*", "xxabd abc", True),  # a piece with an open place, found later
        ("*a?c*", "xxabd", False),
        ("*b*c*", "xcxbx", False),  # in that order only
        ("*b*c*x", "xbxcx", True),
        ("ab*ba", "aba", False),  # the two ends may not share a letter
        ("100\\*", "100*", True),  # a star itself
        ("100\\*", "1000", False),
        ("a\tb", "a b", True),  # a blank is a blank
        ("straße*", "STRASSE 1", True),  # one letter may fold into two
        ("a\\", "a", True),  # nothing after the escape
    ],
)
def test_patterns(pattern: str, text: str, fits: bool) -> None:
    assert Glob(pattern).matches(fold(text)) is fits


# --- hostile texts -----------------------------------------------------------------------------------------------------


def test_a_long_run_of_marks_is_cut_before_it_is_normalised() -> None:
    assert fold("a" + "\u0301\u0316" * 30_000 + "b") == "ab"
    assert fold("か" + "\u3099" * 80_000) == fold("か" + "\u3099" * 30)


def test_a_text_is_read_up_to_a_limit() -> None:
    assert len(fold("x" * 1_000_000)) == LONGEST_TEXT
    assert len(fold("é" * 1_000_000)) == LONGEST_TEXT
    assert len(fold("\ufdfa" * 65_536)) <= LONGEST_TEXT


@pytest.mark.parametrize("pattern", ["*" + "a?" * 200 + "*b", "*a" * 300 + "b", "?" * 500, "*" * 900 + "b"])
def test_no_pattern_takes_longer_than_the_text_is_long(pattern: str) -> None:
    assert not Glob(pattern).matches("a" * LONGEST_TEXT)


def test_a_needle_inside_one_long_word_is_sought_once() -> None:
    assert not mentions("a" * LONGEST_TEXT, "a" * 500)


def test_the_words_of_a_text_are_worked_out_once() -> None:
    folded = Folded("The shop, the SHOP 宕机 ab")
    assert folded.words == {"the", "shop", "ab"}
    assert folded.words is folded.words
    assert Folded("宕机 shop!").words == {"shop"}


# --- names -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "choices", "expected"),
    [
        ("slved", ["open", "closed", "resolved"], "resolved"),  # letters left out
        ("set_prioritty", ["set_status", "set_priority"], "set_priority"),
        ("Urgent", ["low", "urgent"], "urgent"),  # letter case
        ("suport", ["support", "night"], "support"),
        ("zebra", ["open", "closed"], None),
        ("", ["open"], None),
        ("x" * 65, ["x" * 64], None),  # too long to be a slip of the pen
        ("open", ["y" * 65, "o"], None),
        (7, ["open"], None),
    ],
)
def test_the_nearest_name(name: object, choices: list[str], expected: str | None) -> None:
    assert nearest(name, choices) == expected


@given(st.text(max_size=8), st.lists(st.text(max_size=8), max_size=5))
def test_a_name_that_is_known_is_nearest_to_itself(name: str, choices: list[str]) -> None:
    if name:
        found = nearest(name, [*choices, name])
        assert found is not None
        assert found.casefold() == name.casefold() or len(found.casefold()) != len(found) or len(name.casefold()) != len(name)


def test_hints() -> None:
    assert hint("slved", ["resolved"]) == "did you mean 'resolved'?"
    assert hint("zebra", ["b", "a"]) == "known are a, b"
    assert hint("zebra", [f"n{n:02}" for n in range(20)]).endswith(", n11, ...")
    assert hint("zebra", ["a"], otherwise="declare it") == "declare it"
    assert hint("zebra", []) == ""


def test_a_table_of_characters_stays_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    table = _text._PerCharacter(lambda char: None if char == "x" else char)
    assert "axb".translate(table) == "ab"
    monkeypatch.setattr(_text, "MOST_CHARACTERS", len(table))
    assert "axbcd".translate(table) == "abcd"
    assert len(table) == 3
