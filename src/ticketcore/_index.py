"""Many conditions asked of one ticket at once: tables rule out most of them, and only what is left is asked one by one.

Every condition becomes *rows*: lists of tests, of which one whose tests all hold makes it hold. Tests of names, sets, numbers, instants
and single words go into tables (`ticketcore._tables`), those for a part of a text are grouped by what they look for, and the rest of
a row is compiled when it is first needed. The index only narrows: what the tables cannot say exactly, the compiled tests decide
(docs/explanation/rule-index.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Any, Final, Protocol

from attrs import evolve

from ticketcore._compiled import ORDERED, Holds, compiled, right_names
from ticketcore._conditions import AllOf, AnyOf, Changed, Condition, Not, Test
from ticketcore._fields import FOLDED, POSITIVE, FieldSpec, FieldType, View, Vocabulary, is_empty
from ticketcore._tables import Answer, Bounds, Table, Uses, mask_of, of_name, of_order, of_presence, of_set, presence_of, rows_of
from ticketcore._text import PLAIN_FOLDING, Finder, fold, is_plain_word, words_of

MOST_ROWS: Final = 8  # that one condition is taken apart into
MOST_ANSWERS: Final = 256  # that are remembered
LONGEST_ANSWER: Final = 1_024  # numbers in one that is
MOST_TURNS: Final = 3  # that one row may take at the same side of one field, as in "above 5" and "below 10"
FEW_PARTS: Final = 64  # rows that look for a part of a text, which are asked one by one
MOST_WORDS: Final = 4_096  # of texts, of which it is remembered which parts are in them
LONGEST_WORD: Final = 64  # that is remembered, in characters
SHORT_TEXT: Final = 1_000  # characters; a shorter text is cheaper to look at again than to look up

Row = tuple[Condition, ...]  # tests that must all hold


class Matching(Protocol):
    """What an index is asked."""

    def __call__(self, view: View, *, maybe: bool = False) -> tuple[int, ...]:
        """The numbers of the conditions that hold, in order; with *maybe*, of those that no table rules out: all that hold, few others."""
        ...


class Index:
    """Conditions made ready to be asked all at once, for the desk with this vocabulary. A condition goes by its number, from 0.

    ``matching(view)`` gives the numbers of those that hold, in order, as `ticketcore.conditions.holds` says of each (law); with
    ``maybe=True`` those that may hold, of which only tables and parts of texts were asked. What it costs grows with the conditions
    that may hold, hardly with the others. Safe under threads. Raises `UnknownName` for a field that the vocabulary lacks.

    >>> from ticketcore.conditions import field
    >>> from ticketcore.model import Ticket
    >>> words = Vocabulary(statuses={"open": "open"}, levels=("low", "high"))
    >>> index = Index([field.tags.has("vip"), field.priority >= "high", field.subject.contains("printer")], words)
    >>> ticket = Ticket(id="T-1", status="open", priority="high", subject="The Printer again")
    >>> index.matching(View(words, ticket, 0))
    (1, 2)
    """

    __slots__ = ("conditions", "matching", "vocabulary")

    def __init__(self, conditions: Iterable[Condition], vocabulary: Vocabulary) -> None:
        self.conditions: Final = tuple(conditions)
        self.vocabulary: Final = vocabulary
        self.matching: Final[Matching] = _Made(self.conditions, vocabulary).asked()

    def __len__(self) -> int:
        return len(self.conditions)

    def __repr__(self) -> str:
        return f"Index({len(self.conditions)} conditions)"

    def __reduce__(self) -> tuple[Any, ...]:
        return (Index, (self.conditions, self.vocabulary))


# --- taking conditions apart -------------------------------------------------------------------------------------------

Place = tuple[str, str]  # a table is known by which side of which field it reads
Can = Callable[[Condition], bool]


def rows_in(condition: Condition, can: Can, *, negated: bool = False) -> list[Row]:
    """The rows of *condition* (*negated*: of its opposite), at most `MOST_ROWS`: it holds where all tests of one row do.

    *can* says whether the index can make something of a test. An any-of stays whole where one of its rows had no such test: it would
    rule out nothing.

    >>> from ticketcore.conditions import field
    >>> open_, vip, high = field.status == "open", field.tags.has("vip"), field.priority == "high"
    >>> rows_in(open_ & (vip | high), lambda test: True) == [(open_, vip), (open_, high)]
    True
    """
    if type(condition) is AllOf and not negated and all(map(_is_single, condition.parts)):
        return [condition.parts]  # as most conditions are
    match condition:
        case Not(part):
            return rows_in(part, can, negated=not negated)
        case Test(op="contains", value=[_, _, *_] as values, accents=False, language="") if not negated and len(values) <= MOST_ROWS:
            return [(evolve(condition, value=value),) for value in values]
        case AllOf(parts) | AnyOf(parts):
            if isinstance(condition, AnyOf) == negated:
                return _joined([(Not(part) if negated else part, rows_in(part, can, negated=negated)) for part in parts])
            found: list[Row] = [row for part in (parts if negated else _merged(parts)) for row in rows_in(part, can, negated=negated)]
            if len(found) <= MOST_ROWS and all(any(map(can, row)) for row in found):
                return found
    return [(Not(condition) if negated else condition,)]


def _is_single(condition: Condition) -> bool:
    """Whether it is a test that comes to one row."""
    return type(condition) is Test and (condition.op != "contains" or len(condition.value) == 1)


def _joined(parts: Iterable[tuple[Condition, list[Row]]]) -> list[Row]:
    """The rows in which all parts hold. Where they would be too many, a part with many rows is not taken apart."""
    rows: list[Row] = [()]
    for whole, of_part in parts:
        if len(of_part) == 1 or len(rows) * len(of_part) <= MOST_ROWS:
            rows = [row + more for row in rows for more in of_part]
        else:
            rows = [(*row, whole) for row in rows]
    return rows


_MERGED: Final = {"is": "is_any", "is_any": "is_any", "has": "has_any", "has_any": "has_any", "mentions_any": "mentions_any"}


def _merged(parts: tuple[Condition, ...]) -> Iterator[Condition]:
    """The parts of an any-of, those that name values of one field as one test."""
    named: dict[tuple[str, str], list[Test]] = {}
    for part in parts:
        if isinstance(part, Test) and part.op in _MERGED and part.folding is PLAIN_FOLDING and not isinstance(part.value, timedelta):
            named.setdefault((part.field, _MERGED[part.op]), []).append(part)
        else:
            yield part
    for (name, op), tests in named.items():
        if len(tests) == 1:
            yield tests[0]
            continue
        values: list[Any] = []
        for test in tests:
            values.extend(test.value if isinstance(test.value, tuple) else (test.value,))
        yield Test(name, op, values)


# --- what a test wants of a field --------------------------------------------------------------------------------------

# Of which side of which field; one of these names, or these bounds; or all but that; and whether that is all the test says.
Wish = tuple[str, FieldSpec, Any, bool, bool]


def wish(test: Condition, vocabulary: Vocabulary) -> Wish | None:
    """What a test wants of a field, as a table can tell it; None: a table can tell nothing."""
    negated = isinstance(test, Not)
    if isinstance(test, Not):
        test = test.part
    if isinstance(test, Changed):
        return None if negated else _wish_of_change(test, vocabulary.field(test.field))
    if not isinstance(test, Test):
        return None
    op, spec = test.op, vocabulary.field(test.field)
    if op in POSITIVE:
        op, negated = POSITIVE[op], not negated
    if op == "is_set":
        return "presence", spec, (), negated, True
    kind = spec.type.kind
    if kind == "text" or op in FOLDED:
        return _wish_of_text(op, test, spec, negated=negated)
    if kind == "set":
        return _wish_of_set(op, test.value, spec, negated=negated)
    if op in ORDERED:
        if kind != "ordered":
            return "order", spec, _bounds(op, test.value, spec.type), negated, True
        return "name", spec, right_names(op, test.value, spec.type), negated, True
    names = test.value if op == "is_any" else (spec.type.bound(test.value),)
    return None if any(map(is_empty, names)) else ("name", spec, names, negated, True)


def _bounds(op: str, value: Any, kind: FieldType) -> Bounds:
    if op == "between":
        return kind.key(value[0]), True, kind.key(value[1]), True
    bound = kind.key(value)
    if op in {"below", "at_most"}:
        return None, True, bound, op == "at_most"
    return bound, op == "at_least", None, True


def _wish_of_change(test: Changed, spec: FieldSpec) -> Wish | None:
    """A field that has changed to a value has it now."""
    if test.to is None or spec.type.kind == "text":
        return None
    return "set" if spec.type.kind == "set" else "name", spec, (spec.type.bound(test.to),), False, False


def _wish_of_set(op: str, value: Any, spec: FieldSpec, *, negated: bool) -> Wish | None:
    names = value if isinstance(value, tuple) else (value,)
    if op != "has_all" or len(names) == 1:
        return "set", spec, names, negated, True
    return None if negated else ("set", spec, names[:1], False, False)


def _wish_of_text(op: str, test: Test, spec: FieldSpec, *, negated: bool) -> Wish | None:
    """Of a folded text: that it is one of some, or has one of some words. Of a phrase, that it has the longest of its words."""
    if op not in {"is", "is_any", "mentions_any", "mentions_all"} or test.folding is not PLAIN_FOLDING:
        return None
    needles = tuple(fold(item) for item in ((test.value,) if isinstance(test.value, str) else test.value))
    if not all(needles):
        return None
    if op in {"is", "is_any"}:
        return "text", spec, needles, negated, True
    if (op == "mentions_any" or len(needles) == 1) and all(map(is_plain_word, needles)):
        return "words", spec, needles, negated, True
    words = [max(words_of(needle), key=len, default="") for needle in needles]
    if op == "mentions_all":
        words = [max(words, key=len)]
    return None if negated or not all(words) else ("words", spec, words, False, False)


def words_wanted(condition: Condition, vocabulary: Vocabulary) -> tuple[str, tuple[str, ...]] | None:
    """A text field and words of which one must stand in it for *condition* to hold; None where nothing of the kind is known."""
    for part in condition.parts if isinstance(condition, AllOf) else (condition,):
        if isinstance(part, Test):
            wanted = wish(part, vocabulary)
            if wanted is not None and wanted[0] == "words" and not wanted[3]:
                return part.field, tuple(wanted[2])
    return None


def part_of(test: Condition, vocabulary: Vocabulary) -> tuple[FieldSpec, str] | None:
    """The one part of a text that *test* looks for; None if it is another kind of test."""
    if not (isinstance(test, Test) and test.op == "contains" and len(test.value) == 1 and test.folding is PLAIN_FOLDING):
        return None
    needle = fold(test.value[0])
    return (vocabulary.field(test.field), needle) if needle else None


# --- the index made ----------------------------------------------------------------------------------------------------


Read = Callable[[Any], Any]
Pairs = list[tuple[str, int]]


class _Needles:
    """The different parts that rows look for in one text, each with the bits of its rows."""

    __slots__ = ("_finder", "_pairs", "_words", "few")

    def __init__(self, pairs: Pairs) -> None:
        self._pairs = pairs
        self._words: dict[str, int] = {}
        self._finder: Finder | None = None
        self.few = min(len(pairs) * 2 // 3, FEW_PARTS)  # for so many rows it never pays to look for all parts

    def pays(self, rows: int, text: str) -> bool:
        """Whether looking for all parts at once costs less than one by one for so many rows."""
        return rows > len(self._pairs) * 2 // 3 or rows > 2 * len(text)

    def rows_in(self, text: str) -> int:
        """The rows whose part is in a folded text. Many parts are sought in one pass over the text."""
        pairs, rows = self._pairs, 0
        if len(pairs) > 2 * len(text):
            finder = self._finder
            if finder is None:
                finder = self._finder = Finder(needle for needle, _ in pairs)
            for number in finder.found_in(text):
                rows |= pairs[number][1]
            return rows
        for needle, same in pairs:
            if needle in text:
                rows |= same
        return rows

    def rows_by_word(self, text: str) -> int | None:
        """The rows whose part, which has no blank, is in a folded text: so in one of its words, and words come again.

        None where a word is new and there is no room to remember it: then they are looked for one by one.
        """
        words, rows = self._words, 0
        for word in text.split(" "):
            found = words.get(word)
            if found is None:
                if len(words) >= MOST_WORDS or len(word) > LONGEST_WORD:
                    return None
                found = words[word] = self.rows_in(word)
            rows |= found
        return rows


# Rows that look for a part of one text: their bits, how the text is read, whether no part has a blank, by the length of what is left to
# be looked for the part that its highest row looks for and the bits below all rows that look for the same, the different parts, the field.
Parts = tuple[int, Read, bool, Pairs, _Needles, FieldSpec]


class _Made:
    """An index in the making, and what is seldom needed of it."""

    def __init__(self, conditions: Sequence[Condition], vocabulary: Vocabulary) -> None:
        rows = _rows_in_order(conditions, vocabulary)
        self._numbers = tuple(number for _, number, _ in rows)
        self._several = len(rows) > len(set(self._numbers))
        self._everything = (1 << len(rows)) - 1
        self._parts = _parts_of([part for part, _, _ in rows if part is not None])
        self._rest: dict[int, list[Condition]] = {}
        self._fill(_uses(rows, vocabulary, self._rest))
        self._unsure = mask_of(list(self._rest))
        self._tests = _Tests(lambda row: compiled(AllOf(tuple(self._rest[row])), vocabulary))
        self._plainly = _Tests(lambda number: compiled(conditions[number], vocabulary))
        self._answers: dict[int, tuple[int, ...]] = {}

    def _fill(self, uses: dict[Place, tuple[FieldSpec, list[Uses]]]) -> None:
        """Make the tables. What is read of the ticket itself or of its declared fields is read in one go."""
        declared: list[tuple[str, Table]] = []
        attributes: list[tuple[str, Table]] = []
        late: list[tuple[int, Read, Answer]] = []
        for (kind, _), (spec, places) in uses.items():
            for place in places:
                answer = self._answer(kind, place)
                if kind == "presence":
                    late.append((mask_of(place.rows), presence_of(spec.read), answer))
                elif kind == "text":
                    late.append((mask_of(place.rows), _text_of(spec), Table(answer).__getitem__))
                elif kind == "words":
                    late.append((mask_of(place.rows), _words_of(spec), answer))
                elif spec.entry is not None and spec.entry[0] == "fields":
                    declared.append((spec.entry[1], Table(answer)))
                elif spec.attribute:
                    attributes.append((spec.attribute, Table(answer)))
                else:
                    late.append((mask_of(place.rows), spec.read, Table(answer).__getitem__))
        self._of_ticket = _together(attributes, lambda names: attrgetter(*names), self._everything)
        self._of_fields = _together(declared, lambda names: itemgetter(*names), self._everything)
        self._of_some_fields = _together(declared, _given, self._everything)
        self._late = tuple(late)

    def _answer(self, kind: str, uses: Uses) -> Answer:
        """What a table of this kind answers; the rows of which it cannot say all have their test among the rest."""
        if kind == "order":
            answer, unsure = of_order(uses, self._everything)
            for row, test in unsure:
                self._rest.setdefault(row, []).append(test)
            return answer
        make = of_presence if kind == "presence" else of_set if kind in {"set", "words"} else of_name
        return make(uses, self._everything)

    def asked(self) -> Matching:
        """`Index.matching`."""
        of_ticket, of_fields, of_some_fields, late, parts = self._of_ticket, self._of_fields, self._of_some_fields, self._late, self._parts
        unsure, answers, decided, told, each = self._unsure, self._answers, self._decided, self._told, self._each

        def matching(view: View, *, maybe: bool = False) -> tuple[int, ...]:
            nonlocal of_fields
            try:
                ticket = view.ticket
                rows = of_ticket(ticket) & of_fields(ticket.fields)
                for wanting, read, answer in late:
                    if rows & wanting:
                        rows &= answer(read(view))
                for mask, read, plain, by_length, needles, spec in parts:
                    looking = rows & mask
                    if not looking:
                        continue
                    rows ^= looking
                    raw = read(view) or ""
                    # of a short ASCII text folding would change nothing else but its blanks, and no part has one
                    text = raw.lower() if plain and raw.isascii() and len(raw) <= SHORT_TEXT else view.folded(spec).text
                    count = looking.bit_count()
                    if count > needles.few and needles.pays(count, text):
                        rows |= looking & needles.rows_in(text)
                    elif plain and count * 10 > len(text) + 15 and (found := needles.rows_by_word(text)) is not None:
                        rows |= looking & found
                    else:
                        while looking:
                            needle, below = by_length[looking.bit_length()]
                            if needle in text:
                                rows |= looking & ~below
                            looking &= below
                if rows & unsure and not maybe:
                    return decided(rows, view)
            except KeyError:  # the ticket lacks a declared field
                if of_fields is of_some_fields:
                    raise
                of_fields = of_some_fields  # for good: the next ticket may lack it too
                return matching(view, maybe=maybe)
            except TypeError:  # a value that cannot be looked up, or compared with anything: the tests say what they say of it
                return each(view)
            known = answers.get(rows)
            return told(rows) if known is None else known

        return matching

    def _decided(self, rows: int, view: View) -> tuple[int, ...]:
        """The numbers of the conditions whose rows these are, where what is left to be asked of a row holds."""
        numbers, tests = self._numbers, self._tests
        unsure = rows & self._unsure
        found = [numbers[row] for row in rows_of(unsure) if tests[row](view)]
        found.extend([numbers[row] for row in rows_of(rows ^ unsure)])
        return self._in_order(found)

    def _told(self, rows: int) -> tuple[int, ...]:
        """The numbers of the conditions whose rows these are."""
        told = self._in_order([self._numbers[row] for row in rows_of(rows)])
        if len(self._answers) < MOST_ANSWERS and len(told) <= LONGEST_ANSWER:
            self._answers[rows] = told
        return told

    def _in_order(self, numbers: list[int]) -> tuple[int, ...]:
        return tuple(sorted(set(numbers) if self._several else numbers))

    def _each(self, view: View) -> tuple[int, ...]:
        """The same without any table, for a ticket that holds what none can tell."""
        return tuple([number for number in sorted(set(self._numbers)) if self._plainly[number](view)])


class _Tests(dict[int, Holds]):
    """Tests by number, compiled when first needed."""

    __slots__ = ("_compiled",)

    def __init__(self, compile_one: Callable[[int], Holds]) -> None:
        super().__init__()
        self._compiled = compile_one

    def __missing__(self, number: int) -> Holds:
        test = self[number] = self._compiled(number)
        return test


def _given(names: Sequence[str]) -> Read:
    """The values of declared fields, None for those that a ticket lacks; of one field, just its value."""
    if len(names) == 1:
        name = names[0]
        return lambda fields: fields.get(name)
    return lambda fields: map(fields.get, names)


def _together(named: Sequence[tuple[str, Table]], reader: Callable[[Sequence[str]], Read], everything: int) -> Answer:
    """What all tables say together, the values being read four at a time. Written out: a loop takes twice as long."""
    if not named:
        return lambda _source: everything
    read = reader([name for name, _ in named[:4]])
    match [table for _, table in named]:
        case [one]:
            return lambda source: one[read(source)]
        case [one, two]:
            return _of_two(read, one, two)
        case [one, two, three]:
            return _of_three(read, one, two, three)
        case tables:
            first = _of_four(read, *tables[:4])
            if len(tables) == 4:
                return first
            rest = _together(named[4:], reader, everything)
            return lambda source: first(source) & rest(source)


def _of_two(read: Read, one: Table, two: Table) -> Answer:
    def rows(source: Any) -> int:
        a, b = read(source)
        return one[a] & two[b]

    return rows


def _of_three(read: Read, one: Table, two: Table, three: Table) -> Answer:
    def rows(source: Any) -> int:
        a, b, c = read(source)
        return one[a] & two[b] & three[c]

    return rows


def _of_four(read: Read, one: Table, two: Table, three: Table, four: Table) -> Answer:
    def rows(source: Any) -> int:
        a, b, c, d = read(source)
        return one[a] & two[b] & three[c] & four[d]

    return rows


def _text_of(spec: FieldSpec) -> Read:
    return lambda view: view.folded(spec).text


def _words_of(spec: FieldSpec) -> Read:
    return lambda view: view.folded(spec).words


# --- making it ---------------------------------------------------------------------------------------------------------

# A row to be placed: the part of a text that it looks for, the number of its condition, its other tests.
Placed = tuple["tuple[FieldSpec, str] | None", int, Row]


def _rows_in_order(conditions: Sequence[Condition], vocabulary: Vocabulary) -> list[Placed]:
    """All rows. Those that look for a part of a text come first, by text and part, so that their bits stand next to each other."""

    def can(test: Condition) -> bool:
        return part_of(test, vocabulary) is not None or wish(test, vocabulary) is not None

    found: list[Placed] = []
    for number, condition in enumerate(conditions):
        for tests in rows_in(condition, can):
            part, rest = None, tests
            for at, test in enumerate(tests):
                part = part_of(test, vocabulary)
                if part is not None:
                    rest = tests[:at] + tests[at + 1 :]
                    break
            found.append((part, number, rest))
    found.sort(key=_by_part)
    return found


def _by_part(placed: Placed) -> tuple[bool, str, bool, str]:
    part = placed[0]
    return (True, "", False, "") if part is None else (False, part[0].name, " " in part[1], part[1])


def _parts_of(wanted: Sequence[tuple[FieldSpec, str]]) -> tuple[Parts, ...]:
    """The parts looked for, text by text; those with a blank apart, because they are looked for in a folded text."""
    made: list[Parts] = []
    by_length: Pairs = [("", 0)]  # nothing has no length
    for (spec, blank), of_text in groupby(wanted, key=lambda part: (part[0], " " in part[1])):
        first = len(by_length) - 1
        needles: Pairs = []
        for needle, same in groupby(needle for _, needle in of_text):
            start, count = len(by_length) - 1, sum(1 for _ in same)
            by_length.extend([(needle, (1 << start) - 1)] * count)
            needles.append((needle, (1 << start + count) - (1 << start)))
        mask = (1 << len(by_length) - 1) - (1 << first)
        made.append((mask, spec.read, not blank, by_length, _Needles(needles), spec))
    return tuple(made)


def _uses(rows: Sequence[Placed], vocabulary: Vocabulary, rest: dict[int, list[Condition]]) -> dict[Place, tuple[FieldSpec, list[Uses]]]:
    """What each row wants of each table; what no table can say, or not exactly, goes to its *rest*."""
    uses: dict[Place, tuple[FieldSpec, list[Uses]]] = {}
    for row, (_, _, tests) in enumerate(rows):
        for test in tests:
            wanted = wish(test, vocabulary)
            if wanted is None:
                rest.setdefault(row, []).append(test)
                continue
            kind, spec, what, negated, exact = wanted
            found = uses.get((kind, spec.name))
            if found is None:
                found = uses[kind, spec.name] = (spec, [])
            for place in found[1]:
                if place.rows[-1] != row:
                    break
            else:  # the row has wanted something of each
                if len(found[1]) == MOST_TURNS:
                    rest.setdefault(row, []).append(test)
                    continue
                place = Uses()
                found[1].append(place)
            if not exact:
                rest.setdefault(row, []).append(test)
            if kind == "order":
                place.bound(row, what, test, negated=negated)
            else:
                place.name(row, what, negated=negated)
    return uses
