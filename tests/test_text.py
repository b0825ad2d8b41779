"""Text: folded once, searched in any script, in time linear in its length."""

from __future__ import annotations

import unicodedata
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticketcore import _text
from ticketcore._names import hint, nearest
from ticketcore._text import (
    LANGUAGES,
    LONGEST_TEXT,
    Finder,
    Folded,
    Folding,
    Glob,
    fold,
    is_plain_word,
    is_unspaced,
    is_word_char,
    mentions,
    tokens_of,
    words_in,
    words_of,
)  # fmt: skip

LETTERS = st.sampled_from(list("abAB ss.,-'*?\\ÉéςσΣßİıłIiÌìj宕机了ผู\u0301\u0306\u0307\u0328иЙéがカ゛ﬁＡ１\u064b\u05b0ب"))
TEXTS = st.text(LETTERS, max_size=30) | st.text(max_size=30)
FOLDINGS = st.builds(Folding, accents=st.booleans(), language=st.sampled_from(["", *LANGUAGES]))
FOLDED = TEXTS.map(fold)
NEEDLES = st.lists(FOLDED.filter(bool), min_size=1, max_size=8, unique=True)


# --- laws --------------------------------------------------------------------------------------------------------------


@given(TEXTS, FOLDINGS)
def test_folding_twice_is_folding_once_whatever_counts(text: str, folding: Folding) -> None:
    assert fold(fold(text, folding), folding) == fold(text, folding)


ALONE = st.text(st.one_of(*[st.characters(min_codepoint=low, max_codepoint=high) for low, high in _text._ALONE]), max_size=30)


@given(ALONE | TEXTS)
def test_letter_by_letter_is_as_the_longer_way(text: str) -> None:
    longer = " ".join(_text._folded(text).split())
    assert fold(text) == longer
    assert words_in(text) == words_of(longer)


def test_every_letter_that_stands_alone_folds_alike_beside_others() -> None:
    letters = [chr(code) for low, high in _text._ALONE for code in range(low, high + 1)]
    for others in (letters, letters[::-1]):
        for at in range(0, len(others), 3000):
            text = "".join(others[at : at + 3000])
            assert fold(text) == " ".join(_text._folded(text).split())
            assert words_in(text) == words_of(fold(text))


@given(TEXTS, FOLDINGS)
def test_composed_and_decomposed_texts_are_one_whatever_counts(text: str, folding: Folding) -> None:
    assert fold(unicodedata.normalize("NFD", text), folding) == fold(unicodedata.normalize("NFC", text), folding)


@given(TEXTS, FOLDINGS)
def test_what_is_one_with_accents_is_one_without(text: str, folding: Folding) -> None:
    assert fold(fold(text, Folding(accents=True, language=folding.language)), folding) == fold(text, folding)


@given(FOLDED)
def test_tokens_are_the_text_cut_where_words_may_end(text: str) -> None:
    tokens = tokens_of(text)
    assert "".join(tokens) == text
    for left, right in pairwise(tokens):
        assert not (_is_of_word(left[-1]) and _is_of_word(right[0]))
    assert all(len(token) == 1 or all(map(_is_of_word, token)) for token in tokens)


def _is_of_word(char: str) -> bool:
    return is_word_char(char) and not is_unspaced(char)


@given(FOLDED, NEEDLES)
def test_one_pass_finds_what_one_search_each_finds(text: str, needles: list[str]) -> None:
    phrases, parts = Finder(map(tokens_of, needles)), Finder(needles)
    mentioned = {number for number, needle in enumerate(needles) if mentions(text, needle)}
    contained = {number for number, needle in enumerate(needles) if needle in text}
    assert phrases.found_in(tokens_of(text)) == mentioned
    assert parts.found_in(text) == contained
    for finder, row, found in ((phrases, tokens_of(text), mentioned), (parts, text, contained)):
        assert finder.any_in(row) is bool(found)
        assert finder.all_in(row) is (len(found) == len(needles))


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
    ("left", "right", "one", "one_with_accents", "one_in_turkish"),
    [
        ("résumé", "resume", True, False, True),  # French
        ("RÉSUMÉ", "résumé", True, True, True),  # capitals have accents too
        ("ΚΑΛΆ", "κάλα", True, False, True),  # Greek: the accent elsewhere is another word
        ("ΚΌΣΜΟΣ", "κόσμος", True, True, True),  # the final sigma is a sigma
        ("ὈΔΥΣΣΕΎΣ", "οδυσσευς", True, False, True),  # breathings are accents
        ("MASSE", "Maße", True, True, True),  # German sharp s is two letters, whatever counts
        ("STRAẞE", "straße", True, True, True),  # a capital one too
        ("schön", "schon", True, False, True),
        ("schön", "schoen", False, False, False),  # spelt otherwise: put both into the list
        ("Łódź", "Lodz", True, False, True),  # a stroke is an accent
        ("DIŞ", "dış", True, True, True),  # Turkish
        ("İZMİR", "izmir", True, True, True),  # the dot of i is no accent
        ("ILIK", "ilik", True, True, False),  # two words in Turkish: lukewarm, marrow
        ("ılık", "ilik", True, True, False),
        ("Ì", "i\u0307\u0300", True, True, True),  # Lithuanian keeps the dot under an accent; it is one letter with or without
        ("\u012e\u0300", "\u012f\u0307\u0300", True, True, True),  # also with a hook
        ("ṅ", "n", True, False, True),  # over another letter a dot is an accent
        ("ż", "z", True, False, True),
        ("ＦＡＸ１", "fax1", True, True, True),  # full width
        ("ｶﾞ", "ガ", True, True, True),  # half width
        ("①", "1", True, True, True),
        ("Ёлка", "елка", True, False, True),
        ("йод", "иод", False, False, False),
        ("كِتَاب", "كتاب", True, False, True),  # vowel points are accents
        ("宕機", "宕机", False, False, False),  # traditional and simplified are two scripts: put both into the list
    ],
)
def test_what_counts_as_one_text(left: str, right: str, one: bool, one_with_accents: bool, one_in_turkish: bool) -> None:
    assert (fold(left) == fold(right)) is one
    assert (fold(left, Folding(accents=True)) == fold(right, Folding(accents=True))) is one_with_accents
    for language in LANGUAGES:
        assert (fold(left, Folding(language=language)) == fold(right, Folding(language=language))) is one_in_turkish


def test_turkish_and_accents_together() -> None:
    turkish = Folding(accents=True, language="tr")
    assert fold("DIŞ", turkish) == fold("dış", turkish) == "dış"
    assert fold("IŞIK", turkish) != fold("işik", turkish)
    assert fold("SHOP I", turkish) == "shop ı"  # plain letters too


@pytest.mark.parametrize(
    ("text", "needle", "found"),
    [
        ("the shop is down", "shop", True),
        ("店舗のシステムが落ちました", "システム", True),  # Japanese
        ("店舗ノシステム", "ノシ", True),  # no word ends inside: nothing says where one does
        ("ເຄືອຂ່າຍລົ້ມ", "ລົ້ມ", True),  # Lao
        ("ប្រព័ន្ធគាំង", "គាំង", True),  # Khmer
        ("စနစ်ပျက်နေတယ်", "ပျက်", True),  # Myanmar
        ("결제가 안 돼요", "결제가", True),  # Korean has spaces
        ("결제가 안 돼요", "결제", False),  # and particles: contains finds the stem
        ("प्रणाली बंद है", "बंद", True),  # Hindi
        ("النظام معطل", "معطل", True),  # Arabic
        ("系统 down 了", "down 了", True),  # two scripts in one phrase
        ("故障ab", "障a", False),
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


class _Counting(dict[str, int]):
    """The edges of a state of a `Finder`, counting how often they are looked at."""

    looks = 0

    def get(self, key: str, default: Any = None) -> Any:
        type(self).looks += 1
        return super().get(key, default)


@pytest.mark.parametrize(
    ("rows", "row"),
    [
        ([[f"w{number}", " ", "down"] for number in range(10_000)], ["w7", " ", "up", " "] * 2_000),
        (["a" * size for size in range(1, 300)], "a" * 20_000),  # every end of every row is a row
        (["a" * 299 + "b"], "a" * 20_000),  # nearly there at every place
        (["ab" * 100 + "c", "b" + "ab" * 80 + "d"], "ab" * 10_000),
    ],
)
def test_a_list_costs_one_pass_however_long_it_is(rows: Any, row: Any) -> None:
    finder = Finder(rows)
    finder._next = [_Counting(state) for state in finder._next]
    for ask in (finder.any_in, finder.all_in, finder.found_in):
        _Counting.looks = 0
        ask(row)
        assert _Counting.looks <= 2 * len(row)


def test_a_row_that_stands_twice_is_one_row() -> None:
    finder = Finder(["ab", "ab", "c"])
    assert finder.found_in("abc") == {0, 1}
    assert finder.all_in("c ab")


def test_the_words_of_a_text_are_worked_out_once() -> None:
    folded = Folded("The shop, the SHOP 宕机 ab")
    assert folded.words == {"the", "shop", "ab"}
    assert folded.words is folded.words
    assert folded.tokens is folded.tokens
    assert Folded("宕机 shop!").words == {"shop"}
    assert Folded("Čau, Veikals! " * 500).words == {"cau", "veikals"}
    with pytest.raises(AttributeError):
        _ = Folded("shop").letters


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


def common(one: str, other: str) -> int:
    """The length of the longest common subsequence, by its definition."""
    if not one or not other:
        return 0
    if one[-1] == other[-1]:
        return 1 + common(one[:-1], other[:-1])
    return max(common(one[:-1], other), common(one, other[:-1]))


@given(st.text("abc", min_size=1, max_size=6), st.text("abc", min_size=1, max_size=6))
def test_a_name_is_near_when_enough_of_its_letters_are_there_in_order(name: str, choice: str) -> None:
    alike = 2 * common(name, choice) / (len(name) + len(choice))
    assert nearest(name, [choice]) == (choice if alike >= 0.6 else None)


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
