"""Text as people in any script mean it: folded once, then searched for parts, words, phrases and wildcard patterns.

Folding makes NFKC, lower case and single spaces of a text, and drops the accents of Latin, Greek and Cyrillic letters and
the vowel points of Arabic and Hebrew, unless they are to count. No regular expressions; everything takes time linear in the
text, also where ten thousand words are looked for (docs/explanation/text.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final
from unicodedata import category, combining, normalize

from attrs import frozen

LONGEST_TEXT: Final = 65_536  # of a text, in characters; the rest is not read
LONGEST_NEEDLE: Final = 1_000  # of a word, phrase or pattern
MOST_CHARACTERS: Final = 20_000  # that a table of characters remembers
MOST_MARKS: Final = 30  # combining marks in a row; more make normalising quadratic and belong to no language

# Letters that casefold and NFKC leave apart although people type the plain one: Turkish i without a dot, letters with a stroke.
_PLAIN: Final = str.maketrans({"ı": "i", "ł": "l", "đ": "d", "ø": "o", "ħ": "h", "ŧ": "t"})
_TURKISH_PLAIN: Final = {code: plain for code, plain in _PLAIN.items() if code != ord("ı")}
_TURKISH_CAPITALS: Final = str.maketrans({"I": "ı", "İ": "i"})
# Languages in which capital I is the capital of ı; no other language folds letters in a way of its own.
LANGUAGES: Final = ("tr", "az")
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
# Characters that fold alike whatever stands beside them: no marks, no parts of syllables, no vowels that join a letter.
_ALONE: Final = (
    (0x0000, 0x02FF),  # Latin
    (0x0370, 0x0482),  # Greek, Cyrillic
    (0x048A, 0x052F),  # Cyrillic
    (0x2000, 0x206F),  # punctuation
    (0x3000, 0x3029),  # CJK punctuation
    (0x3041, 0x3096),  # Hiragana
    (0x30A1, 0x30FA),  # Katakana
    (0x4E00, 0x9FFF),  # CJK
    (0xAC00, 0xD7A3),  # Hangul syllables
    (0xFF01, 0xFF5E),  # wide Latin
)
_NEVER_CUT: Final = LONGEST_TEXT // 18  # of one character, compatibility makes at most eighteen
_SHORT_I: Final = "\u0438"  # the Cyrillic letter that a breve makes another letter of, not an accented one


@frozen
class Folding:
    """How texts are folded: whether *accents* count, and the *language* whose letters they are in ("tr", "az"; "": any other)."""

    accents: bool = False
    language: str = ""


PLAIN_FOLDING: Final = Folding()


def fold(text: str, folding: Folding = PLAIN_FOLDING) -> str:
    """*text* in the form in which texts are compared: no matter of case, width, accents or runs of blanks.

    >>> fold("  Εκτός  ΛΕΙΤΟΥΡΓΊΑΣ "), fold("Straße"), fold("ＡＢＣ"), fold("Nestrādā")
    ('εκτοσ λειτουργιασ', 'strasse', 'abc', 'nestrada')
    >>> fold("RÉSUMÉ", Folding(accents=True)), fold("ISPARTA", Folding(language="tr"))
    ('résumé', 'ısparta')
    """
    if len(text) > LONGEST_TEXT:
        text = text[:LONGEST_TEXT]
    turkish = folding.language in LANGUAGES
    if text.isascii():
        return " ".join((text.replace("I", "ı") if turkish else text).lower().split())
    if folding is PLAIN_FOLDING and len(text) <= _NEVER_CUT:
        try:
            return " ".join(text.translate(_LETTERS).split())
        except _BesideOthers:
            pass
    return " ".join(_folded(text, folding).split())


def _folded(text: str, folding: Folding = PLAIN_FOLDING) -> str:
    """`fold` of a text that is not too long, but for the blanks: what it says of a text of any letters."""
    turkish = folding.language in LANGUAGES
    text = normalize("NFKC", _trim_marks(text))[:LONGEST_TEXT]
    text = (text.translate(_TURKISH_CAPITALS) if turkish else text).casefold()  # one letter can become eighteen
    decomposed = normalize("NFKD", text)
    if folding.accents:
        return normalize("NFC", _undotted(decomposed if turkish else decomposed.replace("ı", "i")))
    plain = _TURKISH_PLAIN if turkish else _PLAIN
    return normalize("NFC", _unaccented(decomposed)).translate(plain)


def _undotted(decomposed: str) -> str:
    """A decomposed text without the dots that i and j have anyway (İ in lower case, Lithuanian ì): they are no accents."""
    if "\u0307" not in decomposed:
        return decomposed
    kept, tail = [], ""
    for number, piece in enumerate(decomposed.split("\u0307")):
        if number and tail.removesuffix("\u0328")[-1:] not in {"i", "j"}:
            kept.append("\u0307")
            tail = "\u0307"
        kept.append(piece)
        tail = piece[-2:] or tail
    return "".join(kept)


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


class _PerCharacter(dict[int, str | None]):
    """What becomes of a character, worked out when it first comes by: a table for `str.translate`, which runs at C speed.

    The same for ever, whoever asks first; bounded, because nobody needs more characters than this at once.
    """

    def __init__(self, becomes: Callable[[str], str | None]) -> None:
        super().__init__()
        self._becomes = becomes

    def __missing__(self, code: int) -> str | None:
        value = self._becomes(chr(code))
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


class _BesideOthers(ValueError):
    """A character that its neighbours can make another one of: the longer way is taken."""


def _letter(char: str) -> str:
    """What folding makes of a character wherever it stands. Raises `_BesideOthers` where that depends on its neighbours."""
    code = ord(char)
    if not any(low <= code <= high for low, high in _ALONE):
        raise _BesideOthers(char)
    return _folded(char)


_LETTERS: Final = _PerCharacter(_letter)


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


def _apart(char: str) -> str:
    """The character if it goes on with a word of a script with spaces, else set apart by line ends, which no folded text has."""
    return char if is_word_char(char) and not is_unspaced(char) else f"\n{char}\n"


_TOKENS: Final = _PerCharacter(_apart)


def tokens_of(folded: str) -> list[str]:
    """A folded text cut where a word may begin or end: whole words of scripts with spaces, and every other character by itself.

    A phrase is mentioned where its tokens stand in those of the text, one after the other (`mentions`).

    >>> tokens_of("c++ is 宕机")
    ['c', '+', '+', ' ', 'is', ' ', '宕', '机']
    """
    return list(filter(None, folded.translate(_TOKENS).split("\n")))


def words_of(folded: str) -> frozenset[str]:
    """The words of a folded text in scripts that put spaces between them."""
    return frozenset(folded.translate(_WORDS).split(" ")) - _NO_WORD


_LETTERS_OF_WORDS: Final = _PerCharacter(lambda char: "".join(map(_of_word, _letter(char))))


def words_in(raw: str) -> frozenset[str]:
    """`words_of` a text as it is written, of plain folding: mostly in one pass, without folding it first."""
    if len(raw) <= _NEVER_CUT:
        try:
            return frozenset(raw.translate(_LETTERS_OF_WORDS).split())
        except _BesideOthers:
            pass
    return words_of(fold(raw))


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
    """A folded text and, once asked for, its words and tokens. Made once for each text of a ticket, however many rules read it."""

    __slots__ = ("_folding", "_raw", "_tokens", "text", "words")
    text: str
    words: frozenset[str]

    def __init__(self, raw: str, folding: Folding = PLAIN_FOLDING) -> None:
        self._raw, self._folding = raw, folding
        self._tokens: list[str] | None = None

    def __getattr__(self, name: str) -> Any:
        """The text, or its words (`words_of` it): asked for the first time, they are not there yet."""
        found: Any
        if name == "words":
            found = self.words = words_in(self._raw) if self._folding is PLAIN_FOLDING else words_of(self.text)
        elif name == "text":
            found = self.text = fold(self._raw, self._folding)
        else:
            raise AttributeError(name)
        return found

    @property
    def tokens(self) -> list[str]:
        """`tokens_of` the text."""
        if self._tokens is None:
            self._tokens = tokens_of(self.text)
        return self._tokens


class Finder:
    """Which of many rows stand in a longer row, in one pass however many they are (Aho and Corasick, 1975).

    A row is a text (its characters) or a list of tokens. Made once, in time linear in the rows.

    >>> finder = Finder(["ab", "bcd", "x"])
    >>> finder.any_in("aabb"), finder.all_in("aabcdx"), sorted(finder.found_in("abcd"))
    (True, True, [0, 1])
    """

    __slots__ = ("_back", "_count", "_ends", "_next", "_shorter")

    def __init__(self, rows: Iterable[Sequence[str]]) -> None:
        self._next: list[dict[str, int]] = [{}]  # of each state, the state that a token leads to
        self._ends: list[int] = [-1]  # the row that ends in a state
        self._count = 0
        for row in rows:
            at = 0
            for token in row:
                found = self._next[at].setdefault(token, len(self._next))
                if found == len(self._next):
                    self._next.append({})
                    self._ends.append(-1)
                at = found
            if self._ends[at] < 0:  # a row that stands twice is one row
                self._ends[at] = self._count
                self._count += 1
        self._back = [0] * len(self._next)  # of each state, the longest proper end of it that is a state
        self._shorter = [0] * len(self._next)  # and the longest one at which a row ends; 0: none
        queue = list(self._next[0].values())
        for at in queue:  # grows while it is walked: states in order of their length
            for token, longer in self._next[at].items():
                self._back[longer] = back = self._step(self._back[at], token)
                self._shorter[longer] = back if self._ends[back] >= 0 else self._shorter[back]
                queue.append(longer)

    def _step(self, at: int, token: str) -> int:
        found = self._next[at].get(token)
        while found is None and at:
            at = self._back[at]
            found = self._next[at].get(token)
        return found or 0

    def any_in(self, row: Iterable[str]) -> bool:
        """Whether one of the rows stands in *row*, or more."""
        at, ends, shorter, step = 0, self._ends, self._shorter, self._step
        for token in row:
            at = step(at, token)
            if ends[at] >= 0 or shorter[at]:
                return True
        return False

    def all_in(self, row: Iterable[str]) -> bool:
        """Whether all of the rows stand in *row*."""
        return len(self.found_in(row)) == self._count

    def found_in(self, row: Iterable[str]) -> set[int]:
        """The numbers of the rows that stand in *row*, counted from 0, each different row once."""
        found: set[int] = set()
        at = 0
        for token in row:
            at = self._step(at, token)
            ending = at if self._ends[at] >= 0 else self._shorter[at]
            while ending and self._ends[ending] not in found:  # what ends within a row that was found was found with it
                found.add(self._ends[ending])
                ending = self._shorter[ending]
            if len(found) == self._count:
                break
        return found


# --- patterns --------------------------------------------------------------------------------------------------------


class Glob:
    r"""A pattern for a whole text: ``*`` stands for anything, ``?`` for one character, ``\`` takes the next one as it is.

    >>> Glob("*invoice ?2*").matches("your invoice 12 is due")
    True
    """

    __slots__ = ("_first", "_last", "_middle", "_whole")

    def __init__(self, pattern: str, folding: Folding = PLAIN_FOLDING) -> None:
        pieces = _pieces(pattern, folding)
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


def _pieces(pattern: str, folding: Folding) -> list[tuple[str, ...]]:
    """The pattern cut at its stars; a piece is its characters, the empty text standing for any one."""
    pieces: list[tuple[str, ...]] = []
    piece: list[str] = []
    escaped = False
    for char in pattern:
        if escaped:
            piece.extend(fold_char(char, folding))
            escaped = False
        elif char == "\\":
            escaped = True
        elif char == "*":
            pieces.append(tuple(piece))
            piece = []
        else:
            piece.extend(("",) if char == "?" else fold_char(char, folding))
    pieces.append(tuple(piece))
    return pieces


def fold_char(char: str, folding: Folding = PLAIN_FOLDING) -> str:
    """One character folded; a blank stays one."""
    return " " if char.isspace() else fold(char, folding)


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
