"""The compiled form of conditions: closures with everything looked up and folded beforehand. It agrees with `holds` (law)."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any, Final, TypeGuard, assert_never

from ticketcore._conditions import AllOf, AnyOf, Changed, Condition, InHours, Not, Since, Sla, Test, Until
from ticketcore._fields import FOLDED, POSITIVE, REGEX, FieldSpec, FieldType, View, Vocabulary, is_empty
from ticketcore._rises import Where, in_hours, is_timed, remembering
from ticketcore._text import (
    LONGEST_TEXT,
    PLAIN_FOLDING,
    Finder,
    Folded,
    Folding,
    Glob,
    fold,
    is_plain_word,
    mentions,
    tokens_of,
)  # fmt: skip
from ticketcore.errors import BadValue

Holds = Callable[[View], bool]


def compiled(condition: Condition, vocabulary: Vocabulary) -> Holds:
    """*condition* as a function of a view, for the desk with this vocabulary. Raises `UnknownName` for a field it lacks.

    >>> words = Vocabulary(levels=("low", "high"))
    >>> from ticketcore.model import Ticket
    >>> compiled(Test("priority", "at_least", "high"), words)(View(words, Ticket(id="T-1", priority="high"), 0))
    True
    """
    match condition:
        case AllOf(parts):
            ordered = _cheap_first(parts)
            tests = [compiled(part, vocabulary) for part in ordered]
            return _is_and(ordered[0], tests[1], vocabulary) if len(tests) == 2 and _is_name(ordered[0], vocabulary) else _all(tests)
        case AnyOf(parts):
            return _any([compiled(part, vocabulary) for part in _cheap_first(parts)])
        case Not(part):
            return _not(compiled(part, vocabulary))
        case Test():
            return _test(condition, vocabulary)
        case Changed():
            return _changed(condition, vocabulary.field(condition.field))
        case Since() | Until() | Sla():
            return _timed(remembering(condition, vocabulary))
        case InHours():
            return lambda view: in_hours(condition, view, view.now_us)
        case _:
            assert_never(condition)


def _cheap_first(parts: tuple[Condition, ...]) -> list[Condition]:
    """The parts with the cheap tests first: no test has an effect, so the order means nothing."""
    return sorted(parts, key=_cost)


def _cost(condition: Condition) -> int:
    if isinstance(condition, Test):
        return 2 if condition.op in FOLDED or condition.op in REGEX else 0 if condition.op == "is" else 1
    return 3 if isinstance(condition, Changed) else 5 if is_timed(condition) else 4


def _all(parts: list[Holds]) -> Holds:
    match parts:
        case []:
            return lambda _view: True
        case [one]:
            return one
        case [one, two]:
            return lambda view: one(view) and two(view)
        case [one, two, three]:
            return lambda view: one(view) and two(view) and three(view)
        case _:
            return lambda view: all(part(view) for part in parts)


def _is_name(part: Condition, vocabulary: Vocabulary) -> TypeGuard[Test]:
    """Whether *part* asks for one value of a field of the ticket that is no text: status, priority and the like."""
    if not isinstance(part, Test) or part.op != "is":
        return False
    spec = vocabulary.field(part.field)
    return spec.entry is None and spec.type.kind != "text"


def _is_and(first: Test, second: Holds, vocabulary: Vocabulary) -> Holds:
    """`_all` of two, where the first is `_is_name`: time rules ("resolved for three days") are asked in every step."""
    spec = vocabulary.field(first.field)
    read, value = spec.read, spec.type.bound(first.value)
    return lambda view: read(view) == value and second(view)


def _any(parts: list[Holds]) -> Holds:
    match parts:
        case []:
            return lambda _view: False
        case [one]:
            return one
        case [one, two]:
            return lambda view: one(view) or two(view)
        case _:
            return lambda view: any(part(view) for part in parts)


def _not(part: Holds) -> Holds:
    return lambda view: not part(view)


def _timed(ask: Where) -> Holds:
    def holds(view: View) -> bool:
        where = ask(view)
        return where is not None and where[0] <= view.now_us < where[1]

    return holds


def _test(test: Test, vocabulary: Vocabulary) -> Holds:
    spec, positive = vocabulary.field(test.field), POSITIVE.get(test.op)
    if test.op in REGEX:
        found = _regex(regexes(test.value, vocabulary), spec)
        return found if positive is None else _not(found)
    if positive is not None:
        return _not(_positive(positive, test.value, spec, test.folding))
    return _positive(test.op, test.value, spec, test.folding)


def _positive(op: str, value: Any, spec: FieldSpec, folding: Folding) -> Holds:
    if op == "is_set":
        read = spec.read
        return lambda view: not is_empty(read(view))
    if spec.type.kind == "text" or op in FOLDED:
        return _text_test(op, value, spec, folding)
    if op in ORDERED:
        return _ordered(op, value, spec)
    return _PLAIN[op](spec, value)


# --- names, sets, numbers, flags ---------------------------------------------------------------------------------------
# The fields of a declared map (custom fields, facts) are read here without a call in between: they are the most.


def _is(spec: FieldSpec, value: Any) -> Holds:
    read, value = spec.read, spec.type.bound(value)
    if spec.entry is None:
        return lambda view: read(view) == value
    mapping, name, default = spec.entry
    get = attrgetter("ticket." + mapping)
    return lambda view: get(view).get(name, default) == value


def _is_any(spec: FieldSpec, value: tuple[Any, ...]) -> Holds:
    read, wanted = spec.read, frozenset(value)
    return lambda view: read(view) in wanted


def _has(spec: FieldSpec, value: str) -> Holds:
    read = spec.read
    return lambda view: value in (read(view) or ())


def _has_any(spec: FieldSpec, value: tuple[str, ...]) -> Holds:
    read, wanted = spec.read, frozenset(value)
    return lambda view: not wanted.isdisjoint(read(view) or ())


def _has_all(spec: FieldSpec, value: tuple[str, ...]) -> Holds:
    read, wanted = spec.read, frozenset(value)
    return lambda view: wanted.issubset(read(view) or ())


_PLAIN: Final[dict[str, Callable[[FieldSpec, Any], Holds]]] = {
    "is": _is, "is_any": _is_any, "has": _has, "has_any": _has_any, "has_all": _has_all,
}  # fmt: skip

# --- order -------------------------------------------------------------------------------------------------------------


def _ordered(op: str, value: Any, spec: FieldSpec) -> Holds:
    key = spec.type.key
    read = spec.read
    if spec.type.kind == "ordered":  # few names: look the answer up instead of comparing
        right = right_names(op, value, spec.type)
        return lambda view: read(view) in right
    return _COMPARED[op](read, [key(item) for item in value] if op == "between" else key(value))


def right_names(op: str, value: Any, kind: FieldType) -> frozenset[str]:
    """The names of an ordered list that are on the right side of *value*."""
    key = kind.key
    within, bounds = ORDERED[op], [key(item) for item in value] if op == "between" else key(value)
    return frozenset(name for name in kind.choices if within(key(name), bounds))


# One closure a test, written out: a call more would be half of what such a test costs.


def _below(read: Callable[[View], Any], bound: Any) -> Holds:
    def holds(view: View) -> bool:
        seen = read(view)
        return seen is not None and seen < bound

    return holds


def _above(read: Callable[[View], Any], bound: Any) -> Holds:
    def holds(view: View) -> bool:
        seen = read(view)
        return seen is not None and seen > bound

    return holds


def _at_least(read: Callable[[View], Any], bound: Any) -> Holds:
    def holds(view: View) -> bool:
        seen = read(view)
        return seen is not None and seen >= bound

    return holds


def _at_most(read: Callable[[View], Any], bound: Any) -> Holds:
    def holds(view: View) -> bool:
        seen = read(view)
        return seen is not None and seen <= bound

    return holds


def _between(read: Callable[[View], Any], bounds: Any) -> Holds:
    low, high = bounds

    def holds(view: View) -> bool:
        seen = read(view)
        return seen is not None and low <= seen <= high

    return holds


_COMPARED: Final[dict[str, Callable[[Callable[[View], Any], Any], Holds]]] = {
    "below": _below, "above": _above, "at_least": _at_least, "at_most": _at_most, "between": _between,
}  # fmt: skip
ORDERED: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "below": lambda seen, bound: seen < bound,
    "above": lambda seen, bound: seen > bound,
    "at_least": lambda seen, bound: seen >= bound,
    "at_most": lambda seen, bound: seen <= bound,
    "between": lambda seen, bounds: bounds[0] <= seen <= bounds[1],
}

# --- text --------------------------------------------------------------------------------------------------------------


_FEW: Final = 16  # phrases are sought one by one, at C speed; more of them all at once
_FEW_PARTS: Final = 64  # parts likewise


def text_check(op: str, value: Any, folding: Folding = PLAIN_FOLDING) -> Callable[[Folded], bool]:
    """The text test as a function of a folded text."""
    if op == "matches":
        globs = [Glob(pattern, folding) for pattern in value]
        return lambda seen: seen.text != "" and any(glob.matches(seen.text) for glob in globs)
    needles = needles_of(value, folding)
    match op:
        case "is" | "is_any":
            wanted = frozenset(needles)
            return lambda seen: seen.text in wanted
        case "contains":
            return _contains(needles)
        case "starts_with":
            return lambda seen: seen.text.startswith(needles)
        case "ends_with":
            return lambda seen: seen.text.endswith(needles)
        case _:
            return _mentions(needles, every=op == "mentions_all")


def needles_of(value: str | tuple[str, ...], folding: Folding) -> tuple[str, ...]:
    """What a text test looks for, folded, each once."""
    return tuple(dict.fromkeys(fold(item, folding) for item in ((value,) if isinstance(value, str) else value)))


def _contains(needles: tuple[str, ...]) -> Callable[[Folded], bool]:
    if len(needles) == 1:
        needle = needles[0]
        return lambda seen: needle in seen.text
    if len(needles) <= _FEW_PARTS:
        return lambda seen: any(needle in seen.text for needle in needles)
    finder = Finder(needles)
    return lambda seen: finder.any_in(seen.text)


def _mentions(needles: tuple[str, ...], *, every: bool) -> Callable[[Folded], bool]:
    """Single words of scripts with spaces are looked up among the words of the text, all in one go; the rest is searched for."""
    words = frozenset(filter(is_plain_word, needles))
    phrases = tuple(needle for needle in needles if needle not in words)
    if not phrases:
        return (lambda seen: words <= seen.words) if every else (lambda seen: not words.isdisjoint(seen.words))
    if len(phrases) > _FEW:
        finder = Finder(map(tokens_of, phrases))
        if every:
            return lambda seen: words <= seen.words and finder.all_in(seen.tokens)
        return lambda seen: not words.isdisjoint(seen.words) or finder.any_in(seen.tokens)
    if every:
        return lambda seen: words <= seen.words and all(mentions(seen.text, phrase) for phrase in phrases)
    return lambda seen: not words.isdisjoint(seen.words) or any(mentions(seen.text, phrase) for phrase in phrases)


def found_items(op: str, items: tuple[str, ...], seen: Folded, folding: Folding) -> tuple[str, ...]:
    """Which of the items of a text test are in the text, in one pass over it where they are many."""
    if op not in {"mentions_any", "mentions_all", "contains"} or len(items) <= _FEW:
        single = "mentions_any" if op == "mentions_all" else op
        return tuple(item for item in items if text_check(single, (item,), folding)(seen))
    needles = [fold(item, folding) for item in items]
    different = list(dict.fromkeys(needles))
    by_letters = op == "contains"
    found = Finder(different).found_in(seen.text) if by_letters else Finder(map(tokens_of, different)).found_in(seen.tokens)
    held = {different[number] for number in found}
    return tuple(item for item, needle in zip(items, needles, strict=True) if needle in held)


def _text_test(op: str, value: Any, spec: FieldSpec, folding: Folding) -> Holds:
    check = text_check(op, value, folding)
    if folding is not PLAIN_FOLDING:
        return lambda view: check(view.folded(spec, folding))

    if op == "mentions_any" and all(map(is_plain_word, words := frozenset(needles_of(value, folding)))):

        def mentioned(view: View) -> bool:
            seen = view.seen  # as below
            found = seen[2] if seen[0] is spec and seen[1] == view.ticket.version else view.folded_again(spec)
            return not words.isdisjoint(found.words)

        return mentioned

    def holds(view: View) -> bool:
        seen = view.seen  # as in `View.folded_again`: a call more would be a third of what such a test costs
        return check(seen[2] if seen[0] is spec and seen[1] == view.ticket.version else view.folded_again(spec))

    return holds


def regexes(patterns: tuple[str, ...], vocabulary: Vocabulary) -> list[Callable[[str], bool]]:
    """Regular expressions made ready by the matcher of the desk. Raises `BadValue` if it has none, or cannot read one."""
    if vocabulary.regex is None:
        raise BadValue("this desk has no matcher for regular expressions", hint=REGEX_HINT)
    return [vocabulary.regex(pattern) for pattern in patterns]


REGEX_HINT: Final = 'give it one: Desk(regex=ticketcore.extra.re2.regex), or write a pattern with * and ? under "matches"'


def _regex(checks: list[Callable[[str], bool]], spec: FieldSpec) -> Holds:
    read = spec.read

    def holds(view: View) -> bool:
        seen = read(view)
        return not is_empty(seen) and any(check(seen[:LONGEST_TEXT]) for check in checks)

    return holds


# --- change ------------------------------------------------------------------------------------------------------------


def change(test: Changed, spec: FieldSpec, view: View) -> bool:
    """The meaning of a change test: against the ticket before the root of the cycle."""
    if view.before is None:
        return False
    old, new = spec.read(view.of_before()), spec.read(view)
    if old == new:
        return False
    if spec.type.kind == "set":
        lost, gained = (old or frozenset()) - (new or frozenset()), (new or frozenset()) - (old or frozenset())
        return (test.was is None or test.was in lost) and (test.to is None or test.to in gained)
    return (test.was is None or old == spec.type.bound(test.was)) and (test.to is None or new == spec.type.bound(test.to))


def _changed(test: Changed, spec: FieldSpec) -> Holds:
    return lambda view: change(test, spec, view)
