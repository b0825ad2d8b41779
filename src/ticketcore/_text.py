"""Text as people in any script mean it: folded once, then searched for parts, words, phrases and wildcard patterns.

Folding makes NFKC, lower case and single spaces of a text, and drops the accents of Latin, Greek and Cyrillic letters and
the vowel points of Arabic and Hebrew. No regular expressions; everything takes time linear in the text
(docs/explanation/text.md).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from unicodedata import category, combining, normalize

LONGEST_TEXT: Final = 65_536  # of a text, in characters; the rest is not read
LONGEST_NEEDLE: Final = 1_000  # of a word, phrase or pattern
MOST_CHARACTERS: Final = 20_000  # that a table of characters remembers
MOST_MARKS: Final = 30  # combining marks in a row; more make normalising quadratic and belong to no language

# Letters that casefold and NFKC leave apart although people type the plain one: Turkish i without a dot, letters with a stroke.
_PLAIN: Final = str.maketrans({"ı": "i", "ł": "l", "đ": "d", "ø": "o", "ħ": "h", "ŧ": "t"})
# Scripts written without spaces between words: a word in them may begin and end anywhere.
_UNSPACED: Final = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x3005, 0x3007),  # ideographic iteration mark, closing mark, zero
    (0x3040, 0x30FF),  # Hiragana, Katakana
    (0x31F0, 0x31FF),  # Katakana extensions
    (0x3400, 0x4DBF),  # CJK extension A
    (0x4E00, 0x9FFF),  # CJK
    (0xF900, 0xFAFF),  # CJK compatibility
    (0x20000, 0x3FFFF),  # CJK extensions B and later
)
_SHORT_I: Final = "\u0438"  # the Cyrillic letter that a breve makes another letter of, not an accented one


def fold(text: str) -> str:
    """*text* in the form in which texts are compared: no matter of case, width, accents or runs of blanks.

    >>> fold("  Εκτός  ΛΕΙΤΟΥΡΓΊΑΣ "), fold("Straße"), fold("ＡＢＣ"), fold("Nestrādā")
    ('εκτοσ λειτουργιασ', 'strasse', 'abc', 'nestrada')
    """
    if len(text) > LONGEST_TEXT:
        text = text[:LONGEST_TEXT]
    if text.isascii():
        return " ".join(text.lower().split())
    text = normalize("NFKC", _trim_marks(text))[:LONGEST_TEXT].casefold()  # one letter can become eighteen
    decomposed = normalize("NFKD", text)
    return " ".join(normalize("NFC", _unaccented(decomposed)).translate(_PLAIN).split())


def _trim_marks(text: str) -> str:
    """*text* with runs of combining marks cut to `MOST_MARKS`, before anything normalises it."""
    if not any(map(combining, text)):
        return text
    kept, run = [], 0
    for char in text:
        run = run + 1 if combining(char) else 0
        if run <= MOST_MARKS:
            kept.append(char)
    return text if len(kept) == len(text) else "".join(kept)


class _PerCharacter(dict[int, int | None]):
    """What becomes of a character, worked out when it first comes by: a table for `str.translate`, which runs at C speed.

    The same for ever, whoever asks first; bounded, because nobody needs more characters than this at once.
    """

    def __init__(self, becomes: Callable[[str], str | None]) -> None:
        super().__init__()
        self._becomes = becomes

    def __missing__(self, code: int) -> int | None:
        found = self._becomes(chr(code))
        value = None if found is None else ord(found)
        if len(self) < MOST_CHARACTERS:
            self[code] = value
        return value


def _without_accent(char: str) -> str | None:
    """None for an accent (of Latin, Greek, Cyrillic) or vowel point (Arabic, Hebrew), else the character.

    Marks of other scripts are letters of their words (Hindi vowels, Thai tones, the Japanese voicing mark) and stay.
    """
    if "\u0300" <= char <= "\u036f" or "\u064b" <= char <= "\u0652":
        return None
    return None if "\u0591" <= char <= "\u05c7" and category(char) == "Mn" else char


_ACCENTS: Final = _PerCharacter(_without_accent)


def _unaccented(text: str) -> str:
    """A decomposed *text* without accents and vowel points, but for the breve that makes another letter of the Cyrillic i."""
    pieces = text.split("\u0306")
    kept, last = [], ""
    for number, piece in enumerate(pieces):
        if number and last == _SHORT_I:
            kept.append("\u0306")
        plain = piece.translate(_ACCENTS)
        if plain:
            kept.append(plain)
            last = plain[-1]
    return "".join(kept)


def is_unspaced(char: str) -> bool:
    """Whether *char* belongs to a script that puts no spaces between words."""
    code = ord(char)
    return code >= 0x0E00 and any(low <= code <= high for low, high in _UNSPACED)


def is_word_char(char: str) -> bool:
    """Whether *char* goes on with a word: a letter, a digit or a mark."""
    return char.isalnum() or category(char)[0] == "M"


def _joined(left: str, right: str) -> bool:
    """Whether no word can end between these two neighbours."""
    return is_word_char(left) and is_word_char(right) and not (is_unspaced(left) or is_unspaced(right))


def _of_word(char: str) -> str:
    """The character if it goes on with a word of a script with spaces, else a blank."""
    return char if is_word_char(char) and not is_unspaced(char) else " "


_WORDS: Final = _PerCharacter(_of_word)
_NO_WORD: Final = frozenset({""})


def words_of(folded: str) -> frozenset[str]:
    """The words of a folded text in scripts that put spaces between them."""
    return frozenset(folded.translate(_WORDS).split(" ")) - _NO_WORD


def is_plain_word(needle: str) -> bool:
    """Whether *needle* (folded) is one word of a script with spaces, so that it can be looked up among `words_of`."""
    return all(is_word_char(char) and not is_unspaced(char) for char in needle)


def mentions(folded: str, needle: str) -> bool:
    """Whether the word or phrase *needle* stands in the text, both folded, as whole words where the script has words.

    >>> mentions("the shop is down", "shop is"), mentions("the shop is down", "hop"), mentions("系统宕机了", "宕机")
    (True, False, True)
    """
    at = folded.find(needle)
    while at >= 0:
        end = at + len(needle)
        if at > 0 and _joined(folded[at - 1], folded[at]):
            at = _word_end(folded, at)  # no word begins before the end of this one: skipping keeps the search linear
        elif end < len(folded) and _joined(folded[end - 1], folded[end]):
            at += 1
        else:
            return True
        at = folded.find(needle, at)
    return False


def _word_end(folded: str, at: int) -> int:
    end = at + 1
    while end < len(folded) and _joined(folded[end - 1], folded[end]):
        end += 1
    return end


class Folded:
    """A folded text and, once asked for, its words. Made once for each text of a ticket, however many rules read it."""

    __slots__ = ("_words", "text")

    def __init__(self, raw: str) -> None:
        self.text = fold(raw)
        self._words: frozenset[str] | None = None

    @property
    def words(self) -> frozenset[str]:
        """`words_of` the text."""
        if self._words is None:
            self._words = words_of(self.text)
        return self._words


# --- patterns --------------------------------------------------------------------------------------------------------


class Glob:
    r"""A pattern for a whole text: ``*`` stands for anything, ``?`` for one character, ``\`` takes the next one as it is.

    >>> Glob("*invoice ?2*").matches("your invoice 12 is due")
    True
    """

    __slots__ = ("_first", "_last", "_middle", "_whole")

    def __init__(self, pattern: str) -> None:
        pieces = _pieces(pattern)
        self._whole = len(pieces) == 1
        self._first, self._last = pieces[0], pieces[-1]
        self._middle = tuple(_Piece(piece) for piece in pieces[1:-1] if piece)

    def matches(self, folded: str) -> bool:
        """Whether the pattern matches the whole of a folded text; time linear in it."""
        first, last = self._first, self._last
        if self._whole:
            return len(folded) == len(first) and _fits(first, folded, 0)
        end = len(folded) - len(last)
        at = len(first)
        if at > end or not _fits(first, folded, 0) or not _fits(last, folded, end):
            return False
        for piece in self._middle:  # the leftmost place of each is best: it leaves most to the next
            at = piece.after(folded, at, end)
            if at < 0:
                return False
        return True


def _pieces(pattern: str) -> list[tuple[str, ...]]:
    """The pattern cut at its stars; a piece is its characters, the empty text standing for any one."""
    pieces: list[tuple[str, ...]] = []
    piece: list[str] = []
    escaped = False
    for char in pattern:
        if escaped:
            piece.extend(fold_char(char))
            escaped = False
        elif char == "\\":
            escaped = True
        elif char == "*":
            pieces.append(tuple(piece))
            piece = []
        else:
            piece.extend(("",) if char == "?" else fold_char(char))
    pieces.append(tuple(piece))
    return pieces


def fold_char(char: str) -> str:
    """One character folded; a blank stays one."""
    return " " if char.isspace() else fold(char)


def _fits(piece: tuple[str, ...], folded: str, at: int) -> bool:
    return all(not char or folded[at + offset] == char for offset, char in enumerate(piece))


class _Piece:
    """What stands between two stars: found by `str.find` when it is literal, else by a row of bits (shift-and)."""

    __slots__ = ("_literal", "_masks", "_size", "_wild")

    def __init__(self, piece: tuple[str, ...]) -> None:
        self._size = len(piece)
        self._literal = "".join(piece) if all(piece) else ""
        self._wild = sum(1 << position for position, char in enumerate(piece) if not char)
        self._masks: dict[str, int] = {}
        for position, char in enumerate(piece):
            if char:
                self._masks[char] = self._masks.get(char, self._wild) | 1 << position

    def after(self, folded: str, start: int, end: int) -> int:
        """Where the leftmost occurrence in ``folded[start:end]`` ends; -1 without one."""
        if self._literal:
            at = folded.find(self._literal, start, end)
            return -1 if at < 0 else at + self._size
        row, goal, masks, wild = 0, 1 << (self._size - 1), self._masks, self._wild
        for position in range(start, end):
            row = (row << 1 | 1) & masks.get(folded[position], wild)
            if row & goal:
                return position + 1
        return -1
