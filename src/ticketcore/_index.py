"""Many conditions asked of one ticket at once: tables rule out most of them, and only what is left is asked one by one.

Every condition becomes a *row*, or several: ways in which it can hold, each of tests that must all hold. Tests of names, sets,
numbers, instants and single words go into tables (`ticketcore._tables`), those for a part of a text are grouped by what they look
for, and the rest of a row is compiled when it is first needed. The index only narrows: what the tables cannot say exactly, the
compiled tests decide (docs/explanation/rule-index.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import groupby
from operator import attrgetter, getitem, itemgetter
from typing import Any, Final

from ticketcore._compiled import ORDERED, Holds, compiled, right_names
from ticketcore._conditions import AllOf, AnyOf, Changed, Condition, Not, Test
from ticketcore._fields import FOLDED, POSITIVE, FieldSpec, FieldType, View, Vocabulary, is_empty
from ticketcore._tables import Answer, Bounds, Table, Uses, mask_of, of_name, of_order, of_presence, of_set, presence_of, rows_of
from ticketcore._text import PLAIN_FOLDING, fold, is_plain_word, words_of

MOST_ROWS: Final = 8  # that one condition is taken apart into
MOST_ANSWERS: Final = 256  # that are remembered
MOST_TURNS: Final = 3  # that one row may take at the same side of one field, as in "above 5" and "below 10"
SHORT_TEXT: Final = 1_000  # characters; a shorter text is cheaper to look at again than to look up

Row = tuple[Condition, ...]  # tests that must all hold


class Index:
    """Conditions made ready to be asked all at once, for the desk with this vocabulary. A condition goes by its number, from 0.

    Made when it is first asked, safe under threads. `matching` gives what `ticketcore.conditions.holds` says of each (law), and what
    it costs grows with the conditions that might hold, hardly with those that do not.

    >>> from ticketcore.conditions import field
    >>> from ticketcore.model import Ticket
    >>> words = Vocabulary(statuses={"open": "open"}, levels=("low", "high"))
    >>> index = Index([field.tags.has("vip"), field.priority >= "high", field.subject.contains("printer")], words)
    >>> ticket = Ticket(id="T-1", status="open", priority="high", subject="The Printer again")
    >>> index.matching(View(words, ticket, 0))
    (1, 2)
    """

    __slots__ = ("_made", "conditions", "vocabulary")

    def __init__(self, conditions: Iterable[Condition], vocabulary: Vocabulary) -> None:
        self.conditions: Final = tuple(conditions)
        self.vocabulary: Final = vocabulary
        self._made: _Made | None = None

    def __len__(self) -> int:
        return len(self.conditions)

    def __reduce__(self) -> tuple[Any, ...]:
        return (Index, (self.conditions, self.vocabulary))

    def matching(self, view: View, *, maybe: bool = False) -> tuple[int, ...]:
        """The numbers of the conditions that hold, in order; with *maybe*, of those that no table rules out: all that hold, few others.

        Raises `UnknownName` for a field that the vocabulary lacks.
        """
        made = self._made
        if made is None:
            made = self._made = _Made(self.conditions, self.vocabulary)
        try:
            ticket = view.ticket
            rows = made.everything
            for left in map(getitem, made.tables, made.declared(ticket.fields) + made.attributes(ticket)):
                rows &= left
            for wanting, read, told in made.late:
                if rows & wanting:
                    rows &= told(read(view))
            for parts in made.parts:
                looking = rows & parts.mask
                if looking:
                    rows ^= looking ^ parts.found(looking, view)
            unsure = rows & made.unsure
            if unsure and not maybe:
                rows ^= unsure ^ made.held(unsure, view)
        except KeyError:  # the ticket lacks a declared field, which most tickets have
            if made.declared is made.one_by_one_declared:
                raise
            made.declared = made.one_by_one_declared
            return self.matching(view, maybe=maybe)
        except TypeError:  # a value that cannot be looked up, or compared with anything: the tests say what they say of it
            return made.one_by_one(view)
        found = made.answers.get(rows)
        return made.told(rows) if found is None else found


# --- taking conditions apart -------------------------------------------------------------------------------------------

Place = tuple[str, str]  # a table is known by which side of which field it reads
Can = Callable[[Condition], bool]


def ways(condition: Condition, can: Can, *, negated: bool = False) -> list[Row]:
    """The ways in which *condition* can hold (*negated*: not hold), at most `MOST_ROWS`.

    *can* says whether the index can make something of a test. An any-of stays whole where one of its ways has no such test: it would
    rule out nothing.

    >>> from ticketcore.conditions import field
    >>> open_, vip, high = field.status == "open", field.tags.has("vip"), field.priority == "high"
    >>> ways(open_ & (vip | high), lambda test: True) == [(open_, vip), (open_, high)]
    True
    """
    if type(condition) is AllOf and not negated and all(type(part) is Test for part in condition.parts):
        return [condition.parts]  # as most conditions are
    match condition:
        case Not(part):
            return ways(part, can, negated=not negated)
        case AllOf(parts) | AnyOf(parts):
            if isinstance(condition, AnyOf) == negated:
                return _joined([ways(part, can, negated=negated) for part in parts])
            found: list[Row] = [way for part in (parts if negated else _merged(parts)) for way in ways(part, can, negated=negated)]
            if len(found) <= MOST_ROWS and all(any(map(can, way)) for way in found):
                return found
    return [(Not(condition) if negated else condition,)]


def _joined(parts: Sequence[list[Row]]) -> list[Row]:
    """The ways in which all of them hold. Where they would be too many, a part with many ways is not taken apart."""
    rows: list[Row] = [()]
    for part in parts:
        if len(part) == 1:
            rows = [row + part[0] for row in rows]
        elif len(rows) * len(part) <= MOST_ROWS:
            rows = [row + more for row in rows for more in part]
        else:
            whole = AnyOf(tuple(AllOf(way) for way in part))
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
        else:
            yield Test(name, op, [value for test in tests for value in (test.value if isinstance(test.value, tuple) else (test.value,))])


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


def part_of(test: Condition, vocabulary: Vocabulary) -> tuple[FieldSpec, str] | None:
    """The one part of a text that *test* looks for; None if it is another kind of test."""
    if not (isinstance(test, Test) and test.op == "contains" and len(test.value) == 1 and test.folding is PLAIN_FOLDING):
        return None
    needle = fold(test.value[0])
    return (vocabulary.field(test.field), needle) if needle else None


# --- the index made ----------------------------------------------------------------------------------------------------


class _Parts:
    """Rows that look for a part of one text. They stand next to each other, and among them those that look for the same part."""

    __slots__ = ("_by_row", "_needles", "_plain", "_read", "_spec", "mask")

    def __init__(self, spec: FieldSpec, first: int, wanted: Sequence[str], by_row: list[tuple[str, int]]) -> None:
        """*wanted*: the part that each row looks for, from row *first* on. *by_row*: that and the rows below all that look for it."""
        self._spec, self._read = spec, spec.read
        self._plain = not any(" " in needle for needle in wanted)
        self._by_row = by_row
        self._needles: list[tuple[str, int]] = []
        start = first
        for row, needle in enumerate(wanted, first):
            if row > first and needle != by_row[-1][0]:
                self._needles.append((by_row[-1][0], (1 << row) - (1 << start)))
                start = row
            by_row.append((needle, (1 << start) - 1))
        end = first + len(wanted)
        self._needles.append((wanted[-1], (1 << end) - (1 << start)))
        self.mask = (1 << end) - (1 << first)

    def found(self, rows: int, view: View) -> int:
        """Those of *rows* whose part is in the text."""
        raw = self._read(view) or ""
        # of a short ASCII text folding would change nothing else but its blanks, and no part has one
        short = self._plain and raw.isascii() and len(raw) <= SHORT_TEXT
        text = raw.lower() if short else view.folded(self._spec).text
        if rows.bit_count() * 3 > len(self._needles):
            there = 0
            for needle, mask in self._needles:
                if needle in text:
                    there |= mask
            return rows & there
        there = 0
        by_row = self._by_row
        while rows:
            needle, below = by_row[rows.bit_length() - 1]
            if needle in text:
                there |= rows & ~below
            rows &= below
        return there


Read = Callable[[View], Any]


class _Made:
    """An index ready to be asked."""

    __slots__ = (
        "_conditions", "_numbers", "_plainly", "_rest", "_several", "_tests", "_vocabulary", "answers", "attributes", "declared",
        "everything", "late", "one_by_one_declared", "parts", "tables", "unsure",
    )  # fmt: skip

    def __init__(self, conditions: Sequence[Condition], vocabulary: Vocabulary) -> None:
        self._conditions, self._vocabulary = conditions, vocabulary
        rows = _rows_in_order(conditions, vocabulary)
        self._numbers = tuple(number for _, number, _ in rows)
        self._several = len(rows) > len(set(self._numbers))
        self.everything = (1 << len(rows)) - 1
        self.parts = _parts_of([part for part, _, _ in rows if part is not None])
        self._rest: dict[int, list[Condition]] = {}
        self._tests: list[Holds | None] = [None] * len(rows)
        self._plainly: list[Holds] | None = None
        self.answers: dict[int, tuple[int, ...]] = {}
        self._fill(_uses(rows, vocabulary, self._rest))
        self.unsure = mask_of(list(self._rest))

    def _fill(self, uses: dict[Place, tuple[FieldSpec, list[Uses]]]) -> None:
        """Make the tables, those of what is read of the ticket itself first: they are read all in one go."""
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
        names = [name for name, _ in declared]
        self.declared, self.one_by_one_declared = _all_values(names), _values(names)
        # "id" at the end: with two names or more a getter gives a tuple, and what no table asks for is left over
        self.attributes = attrgetter(*(name for name, _ in attributes), "id", *([] if attributes else ["id"]))
        self.tables = tuple(table for _, table in (*declared, *attributes))
        self.late = tuple(late)

    def _answer(self, kind: str, uses: Uses) -> Answer:
        """What a table of this kind answers; the rows of which it cannot say all have their test among the rest."""
        if kind == "order":
            answer, unsure = of_order(uses, self.everything)
            for row, test in unsure:
                self._rest.setdefault(row, []).append(test)
            return answer
        make = of_presence if kind == "presence" else of_set if kind in {"set", "words"} else of_name
        return make(uses, self.everything)

    def held(self, rows: int, view: View) -> int:
        """Those of *rows* whose remaining tests hold."""
        tests = self._tests
        held = []
        for row in rows_of(rows):
            test = tests[row]
            if test is None:
                test = tests[row] = compiled(AllOf(tuple(self._rest[row])), self._vocabulary)
            if test(view):
                held.append(row)
        return mask_of(held)

    def told(self, rows: int) -> tuple[int, ...]:
        """The numbers of the conditions whose rows these are, in order."""
        found = [self._numbers[row] for row in rows_of(rows)]
        told = tuple(sorted(set(found) if self._several else found))
        if len(self.answers) < MOST_ANSWERS:
            self.answers[rows] = told
        return told

    def one_by_one(self, view: View) -> tuple[int, ...]:
        tests = self._plainly
        if tests is None:
            tests = self._plainly = [compiled(condition, self._vocabulary) for condition in self._conditions]
        return tuple(number for number, test in enumerate(tests) if test(view))


Values = Callable[[Mapping[str, Any]], tuple[Any, ...]]


def _values(names: Sequence[str]) -> Values:
    """The values of declared fields, None for those that a ticket lacks."""
    return lambda fields: tuple(map(fields.get, names))


def _all_values(names: Sequence[str]) -> Values:
    """The same in one go, for tickets that lack none."""
    if len(names) > 1:
        return itemgetter(*names)
    return _values(names) if names else lambda _fields: ()


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
        for way in ways(condition, can):
            part, rest = None, way
            for at, test in enumerate(way):
                part = part_of(test, vocabulary)
                if part is not None:
                    rest = way[:at] + way[at + 1 :]
                    break
            found.append((part, number, rest))
    found.sort(key=_by_part)
    return found


def _by_part(placed: Placed) -> tuple[bool, str, bool, str]:
    part = placed[0]
    return (True, "", False, "") if part is None else (False, part[0].name, " " in part[1], part[1])


def _parts_of(wanted: Sequence[tuple[FieldSpec, str]]) -> tuple[_Parts, ...]:
    """The parts looked for, text by text; those with a blank apart, because they are looked for in a folded text."""
    made: list[_Parts] = []
    by_row: list[tuple[str, int]] = []
    for (spec, _), group in groupby(wanted, key=lambda part: (part[0], " " in part[1])):
        made.append(_Parts(spec, len(by_row), [needle for _, needle in group], by_row))
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
                    if exact:
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
