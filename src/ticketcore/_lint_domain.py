"""Conditions over finite domains: which classes of values their tests tell apart, and whether conditions can hold together.

Each field falls into classes of values that all tests named treat alike: the values mentioned, one fresh other, the boundaries of
numbers and spans. Where that is exact, a search through the classes proves that conditions can never hold together; for texts,
whose tests depend on each other in ways not worked out here, every combination of answers is allowed, so a proof stays a proof.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain, combinations, count, pairwise, product
from typing import Any, Final, assert_never, cast

from attrs import field, frozen

from ticketcore._time import duration_us
from ticketcore._values import EMPTY, FrozenMap
from ticketcore.conditions import (
    SLA_STATES,
    AllOf,
    AnyOf,
    Changed,
    Condition,
    FieldSpec,
    FieldType,
    InHours,
    Not,
    Since,
    Sla,
    Test,
    Until,
    View,
    Vocabulary,
    holds,
)  # fmt: skip
from ticketcore.model import Length

__all__ = [
    "UNKNOWN",
    "Given",
    "Group",
    "Kind",
    "Tagged",
    "Wanted",
    "atoms_of",
    "field_values",
    "group_of",
    "possible",
    "representatives",
    "solutions",
]

Atom = Test | Changed | Since | Until | InHours | Sla
MOST_NODES: Final = 20_000  # of one search
_MOST_FREE: Final = 6  # tests of one field whose answers are taken for independent
_MOST_SUBSETS: Final = 5  # names of a set of which every subset is looked at
_MOST_PAIRS: Final = 20  # values of a field that are paired with those it had before
_NEVER_EMPTY: Final = frozenset(
    {"status", "category", "priority", "id", "created", "updated", "status_since", "priority_since", "event.kind"}
)
_COUNTERS: Final = frozenset(
    {"agent_replies", "customer_replies", "notes", "reassignments", "transfers", "returns", "escalation", "deviations", "reopens"}
)


class _Unknown:
    """The value of a class that no value is known of."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = _Unknown()


@frozen
class Kind:
    """A class of values: one of them (or `UNKNOWN`), and how the tests of its group answer for all of them."""

    value: Any
    truth: tuple[bool, ...]


@frozen
class Group:
    """The tests on one field (or clock, or hours) and the classes of its values; *closed*: there are no others."""

    name: str
    atoms: tuple[Atom, ...]
    kinds: tuple[Kind, ...]
    closed: bool


@frozen
class Wanted:
    """One demand of a search: *condition* holds, or (not *true*) does not; fields not in *shared* are another ticket's in each *scope*."""

    condition: Condition
    true: bool = True
    scope: str = ""


def atoms_of(condition: Condition) -> Iterator[Atom]:
    """The tests in *condition*, from left to right."""
    waiting: list[Condition] = [condition]
    while waiting:
        part = waiting.pop()
        if isinstance(part, AllOf | AnyOf):
            waiting.extend(reversed(part.parts))
        elif isinstance(part, Not):
            waiting.append(part.part)
        else:
            yield part


def group_of(atom: Atom, vocabulary: Vocabulary) -> str:
    """The name of the group an atom belongs to: the field it reads, in its full name, or what kind of time it asks for."""
    match atom:
        case Test(field=name) | Changed(field=name):
            name = vocabulary.field(name).name
            return "status" if name == "category" else name
        case Since(of, _, span, hours) | Until(of, _, span, hours):
            word = "since" if isinstance(atom, Since) else "until"
            measure = "calendar" if isinstance(span, Length) and span.calendar else f"{type(span).__name__} in {hours or 'default hours'}"
            return f"{word} {vocabulary.field(of).name} ({measure})"
        case InHours(hours):
            return f"hours {hours}"
        case Sla(metric):
            return f"sla {metric}"
        case _:
            assert_never(atom)


# --- the values of a field --------------------------------------------------------------------------------------------


class _Probe:
    """A vocabulary whose fields read a value that is simply given, so that the tests themselves say what they make of it."""

    __slots__ = ("_vocabulary", "regex")

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self.regex = vocabulary.regex

    def field(self, name: str) -> FieldSpec:
        """The field of that name, reading the environment that stands in for a ticket."""
        spec = self._vocabulary.field(name)

        def read(view: View) -> Any:
            return cast("Mapping[str, Any]", view.ticket).get(spec.name)

        return FieldSpec(name=spec.name, type=spec.type, layer=spec.layer, read=read, key=lambda view: (spec.name, read(view)))


def _answer(atom: Atom, vocabulary: Vocabulary, now: Mapping[str, Any], before: Mapping[str, Any] | None = None) -> bool:
    probe = cast("Vocabulary", _Probe(vocabulary))
    return holds(atom, View(probe, cast("Any", now), 0, cast("Any", before)))


def field_values(spec: FieldSpec, tests: Sequence[Test | Changed]) -> tuple[list[Any], bool]:
    """Values of a field of which at least one is in each class that *tests* tell apart, and whether that is certain."""
    kind = spec.type
    mentioned = [value for test in tests for value in _mentioned(test)]
    empty = [] if spec.name in _NEVER_EMPTY else [None]
    if kind.choices and kind.kind != "set":
        return [*kind.choices, *empty], True
    match kind.kind:
        case "flag":
            return [False, True, *empty], True
        case "set":
            return _subsets(kind, mentioned, empty)
        case "number":
            whole = spec.name in _COUNTERS
            return [*_around(mentioned, whole=whole), *([] if whole else empty)], True
        case "duration" | "instant":
            return [*_around([kind.bound(value) for value in mentioned], whole=kind.kind == "duration"), *empty], True
        case _:
            return _texts(tests, mentioned, empty)


def _mentioned(test: Test | Changed) -> Iterator[Any]:
    values = (test.was, test.to) if isinstance(test, Changed) else test.value if isinstance(test.value, tuple) else (test.value,)
    yield from (value for value in values if value is not None)


def _subsets(kind: FieldType, mentioned: list[str], empty: list[None]) -> tuple[list[Any], bool]:
    """Sets of the names mentioned, smallest first, and one with a name that nobody mentions."""
    named = list(dict.fromkeys(mentioned))
    others = [name for name in kind.choices if name not in named] if kind.choices else [_fresh(named)]
    whole = len(named) <= _MOST_SUBSETS
    sizes = range(1, len(named) + 1) if whole else (1, 2, len(named))
    found: list[Any] = [*empty] if others else []
    found += [frozenset(names) for size in sizes for names in combinations(named, size)]
    return [*([None] if not others else []), *found, *(frozenset((name,)) for name in others[:1])], whole


def _fresh(taken: Iterable[Any]) -> str:
    """A name that none of *taken* is, nor holds."""
    used = " ".join(str(name).casefold() for name in taken)
    return next(name for name in chain(("other", "another", "something else"), map("x{}x".format, count())) if name not in used)


def _around(values: list[Any], *, whole: bool) -> list[Any]:
    """The numbers mentioned, one between each two, one below and one above; whole ones are not negative."""
    points = sorted(set(values))
    if not points:
        return [0]
    found = {*points, points[0] - 1, points[-1] + 1}
    if whole:
        found = {0, *(near for point in points for near in (point - 1, point, point + 1))}
        return sorted(value for value in found if value >= 0)
    return sorted(found | {_between(low, high) for low, high in pairwise(points)})


def _between(low: Any, high: Any) -> Any:
    return low + 1 if isinstance(low, int) and isinstance(high, int) and high - low > 1 else (low + high) / 2


_EXACT: Final = frozenset({"is", "is_not", "is_any", "is_none", "is_set", "is_empty"})


def _texts(tests: Sequence[Test | Changed], mentioned: list[Any], empty: list[None]) -> tuple[list[Any], bool]:
    """Texts that hold what is asked for: nothing, each phrase, and phrases of two tests together."""
    fresh = _fresh(mentioned)
    found: list[Any] = [*empty, fresh]
    if all(isinstance(test, Changed) or test.op in _EXACT for test in tests):
        return [*found, *dict.fromkeys(mentioned)], True
    wanted = [_example(test) for test in tests if isinstance(test, Test) and test.value is not None]
    found += wanted
    found += [f"{one} {other}" for one, other in combinations(dict.fromkeys(wanted), 2)]
    found.append(" ".join(dict.fromkeys(wanted)))
    return list(dict.fromkeys([*found, *mentioned[:200]])), False


def _example(test: Test) -> str:
    """A text for which the positive of a test holds."""
    parts = test.value if isinstance(test.value, tuple) else (test.value,)
    if test.op == "mentions_all":
        return " ".join(parts)
    if test.op in {"matches", "not_matches"}:
        return str(parts[0]).replace("*", "").replace("?", "a")
    return str(parts[0])


# --- the classes of a group -------------------------------------------------------------------------------------------


@frozen
class Given:
    """What is known of a field: it has one of these values."""

    values: frozenset[Any]


@frozen
class Tagged:
    """What is known of a set: these names were put in and those taken out."""

    added: frozenset[str]
    removed: frozenset[str]


# What is known of fields, by name; a function says of a value of a closed list whether it may be.
Only = Mapping[str, Callable[[Any], bool] | Given | Tagged]


@lru_cache(maxsize=1024)
def _group(name: str, atoms: tuple[Atom, ...], vocabulary: Vocabulary, known: Given | Tagged | None = None) -> Group:
    first = atoms[0]
    match first:
        case Test() | Changed():
            return _field_group(name, cast("Sequence[Test | Changed]", atoms), vocabulary, known)
        case Since() | Until():
            return _span_group(name, cast("Sequence[Since | Until]", atoms))
        case InHours():
            kinds = [
                Kind(UNKNOWN, tuple(_in_hours(cast("InHours", atom), is_open=is_open, holiday=holiday) for atom in atoms))
                for is_open in (True, False)
                for holiday in (True, False)
            ]
            return Group(name, tuple(atoms), _distinct(kinds), closed=True)
        case Sla():
            return _sla_group(name, cast("Sequence[Sla]", atoms))
        case _:
            assert_never(first)


def _in_hours(test: InHours, *, is_open: bool, holiday: bool) -> bool:
    return holiday if test.state == "holiday" else is_open == (test.state == "open")


def _distinct(kinds: Iterable[Kind]) -> tuple[Kind, ...]:
    """One class for each row of answers; the first one given represents it."""
    found: dict[tuple[bool, ...], Kind] = {}
    for kind in kinds:
        found.setdefault(kind.truth, kind)
    return tuple(found.values())


def _field_group(name: str, atoms: Sequence[Test | Changed], vocabulary: Vocabulary, known: Given | Tagged | None) -> Group:
    spec = vocabulary.field(name)
    values, closed = field_values(spec, [atom for atom in atoms if name != "status" or atom.field == "status"])
    changes = any(isinstance(atom, Changed) for atom in atoms)
    if changes and spec.type.kind in {"name", "text", "number", "duration", "instant"}:
        values = [*values, _fresh(values)] if spec.type.kind in {"name", "text"} else [*values, max(filter(None, values), default=0) + 1]
    befores: list[Any] = [UNKNOWN]  # there was no ticket before
    if changes:
        befores += values if len(values) <= _MOST_PAIRS else []
        closed = closed and len(values) <= _MOST_PAIRS
    if isinstance(known, Given):
        values, closed = list(known.values), closed or not changes
    elif known is not None:
        values = [((value or frozenset()) | known.added) - known.removed or None for value in values]
    kinds = [
        Kind(value, tuple(_answer(atom, vocabulary, _environment(name, value, vocabulary), before) for atom in atoms))
        for value in values
        for before in (None if was is UNKNOWN else _environment(name, was, vocabulary) for was in befores)
    ]
    return _opened(Group(name, tuple(atoms), _apart(kinds), closed))


def _environment(name: str, value: Any, vocabulary: Vocabulary) -> Mapping[str, Any]:
    return {name: value, "category": vocabulary.statuses.get(value)} if name == "status" else {name: value}


def _apart(kinds: Iterable[Kind]) -> tuple[Kind, ...]:
    """One class for each value and row of answers: what is asked of values later may tell them apart."""
    found: dict[tuple[Any, tuple[bool, ...]], Kind] = {}
    for kind in kinds:
        found.setdefault((kind.value, kind.truth), kind)
    return tuple(found.values())


def _opened(group: Group) -> Group:
    """A group whose classes may not be all: every further row of answers is allowed, as far as they can be listed."""
    if group.closed or len(group.atoms) > _MOST_FREE:
        return group
    known = {kind.truth for kind in group.kinds}
    free = [Kind(UNKNOWN, truth) for truth in product((False, True), repeat=len(group.atoms)) if truth not in known]
    return Group(group.name, group.atoms, (*group.kinds, *free), closed=True)


def _span_group(name: str, atoms: Sequence[Since | Until]) -> Group:
    """Times since or until one instant, in one measure: they differ only in how long."""
    amounts = [atom.span.us if isinstance(atom.span, Length) else 2 * atom.span.count + getattr(atom.span, "end_of_day", False)
               for atom in atoms]  # fmt: skip
    points = [None, *_around(amounts, whole=True)]
    kinds = [
        Kind(UNKNOWN, tuple(point is not None and _compared(atom.op, point, amount) for atom, amount in zip(atoms, amounts, strict=True)))
        for point in points
    ]
    return Group(name, tuple(atoms), _distinct(kinds), closed=True)


def _compared(op: str, left: int, right: int) -> bool:
    return {"at_least": left >= right, "above": left > right, "at_most": left <= right, "below": left < right}[op]


def _sla_group(name: str, atoms: Sequence[Sla]) -> Group:
    shares = _around([atom.value for atom in atoms if atom.op == "used_at_least"], whole=True)
    dues = [None, *_around([duration_us(atom.value) for atom in atoms if atom.op == "due_within"], whole=True)]

    def truth(state: str | None, share: int, due: int | None) -> tuple[bool, ...]:
        return tuple(state is not None and _of_clock(atom, state, share, due) for atom in atoms)

    kinds = [Kind(UNKNOWN, truth(state, share, due)) for state in (None, *SLA_STATES) for share in shares for due in dues]
    return Group(name, tuple(atoms), _distinct(kinds), closed=True)


def _of_clock(atom: Sla, state: str, share: int, due: int | None) -> bool:
    if atom.op == "is":
        return bool(state == atom.value)
    return bool(share >= atom.value) if atom.op == "used_at_least" else due is not None and due <= duration_us(atom.value)


@lru_cache(maxsize=1024)
def representatives(name: str, atoms: tuple[Test | Changed, ...], vocabulary: Vocabulary) -> tuple[tuple[Any, ...], bool]:
    """One value of each class that tests of one field tell apart, the plainest first, and whether these are certainly all classes.

    >>> from ticketcore.conditions import field
    >>> representatives("subject", (field.subject.contains("sale", "offer"), field.subject == "sale"), Vocabulary())
    ((None, 'sale', 'offer'), False)
    """
    if not atoms:
        values, closed = field_values(vocabulary.field(name), ())
        return tuple(values), closed
    found: dict[tuple[bool, ...], Any] = {}
    values, closed = field_values(vocabulary.field(name), atoms)
    for value in values:
        truth = tuple(_answer(atom, vocabulary, _environment(name, value, vocabulary), {}) for atom in atoms)
        changing = (value,) if any(isinstance(atom, Changed) for atom in atoms) else ()
        found.setdefault((*truth, *changing), value)
    return tuple(found.values()), closed


# --- the search -------------------------------------------------------------------------------------------------------

Key = tuple[str, Atom]


class _TooMany(Exception):
    """The search would take more nodes than it may."""


@frozen
class _Space:
    """What a search walks: groups with their scope, and the demands."""

    groups: tuple[tuple[str, Group], ...]
    wanted: tuple[Wanted, ...]
    shared: Callable[[str], bool]
    vocabulary: Vocabulary = field(repr=False)

    def scope(self, demand: Wanted, atom: Atom) -> str:
        return "" if self.shared(group_of(atom, self.vocabulary)) else demand.scope


def _space(wanted: Sequence[Wanted], vocabulary: Vocabulary, only: Only, shared: Callable[[str], bool]) -> _Space:
    found: dict[tuple[str, str], dict[Atom, None]] = {}
    for demand in wanted:
        for atom in atoms_of(demand.condition):
            name = group_of(atom, vocabulary)
            scope = "" if shared(name) else demand.scope
            found.setdefault((scope, name), {})[atom] = None
    groups = []
    for (scope, name), atoms in found.items():
        allowed = only.get(name)
        group = _group(name, tuple(atoms), vocabulary, allowed if isinstance(allowed, Given | Tagged) else None)
        if allowed is not None and not isinstance(allowed, Given | Tagged):
            kinds = tuple(kind for kind in group.kinds if kind.value is UNKNOWN or allowed(kind.value))
            group = Group(group.name, group.atoms, kinds, group.closed)
        groups.append((scope, group))
    groups.sort(key=lambda pair: len(pair[1].kinds))
    return _Space(tuple(groups), tuple(wanted), shared, vocabulary)


def _value(condition: Condition, truth: Mapping[Key, bool], scope: Callable[[Atom], str]) -> bool | None:
    """What a condition comes to as far as its tests are answered; None while that is open."""
    match condition:
        case AllOf(parts) | AnyOf(parts):
            decisive = isinstance(condition, AnyOf)
            answers = [_value(part, truth, scope) for part in parts]
            if decisive in answers:
                return decisive
            return None if None in answers else not decisive
        case Not(part):
            inner = _value(part, truth, scope)
            return None if inner is None else not inner
        case _:
            return truth.get((scope(condition), condition))


def _walk(space: _Space, kinds: Callable[[Group], Iterable[Kind]], nodes: list[int]) -> Iterator[dict[tuple[str, str], Any]]:
    """Every choice of classes that meets all demands, by trying group after group and giving up as soon as one demand fails."""
    truth: dict[Key, bool] = {}
    chosen: dict[tuple[str, str], Any] = {}

    def met(number: int) -> bool | None:
        verdicts = [_met(space, demand, truth) for demand in space.wanted]
        if False in verdicts:
            return False
        return True if number == len(space.groups) or None not in verdicts else None

    def step(number: int) -> Iterator[dict[tuple[str, str], Any]]:
        nodes[0] -= 1
        if nodes[0] < 0:
            raise _TooMany
        verdict = met(number)
        if verdict is not None:
            if verdict:
                yield dict(chosen)
            return
        scope, group = space.groups[number]
        for kind in kinds(group):
            for atom, value in zip(group.atoms, kind.truth, strict=True):
                truth[scope, atom] = value
            chosen[scope, group.name] = kind.value
            yield from step(number + 1)
        for atom in group.atoms:
            truth.pop((scope, atom), None)
        chosen.pop((scope, group.name), None)

    yield from step(0)


def _met(space: _Space, demand: Wanted, truth: Mapping[Key, bool]) -> bool | None:
    value = _value(demand.condition, truth, lambda atom: space.scope(demand, atom))
    return None if value is None else value == demand.true


def possible(
    wanted: Sequence[Wanted], vocabulary: Vocabulary, *, only: Only = EMPTY, shared: Callable[[str], bool] = lambda _name: True
) -> bool | None:
    """Whether all of *wanted* can be met at once; False is a proof, True is as far as is known, None: too much to tell.

    *only* restricts the values of fields by name. Fields for which *shared* is false may differ between scopes.

    >>> from ticketcore.conditions import field
    >>> words = Vocabulary(levels=("low", "high"))
    >>> low = field.priority < "high"
    >>> possible([Wanted(low)], words), possible([Wanted(low), Wanted(field.priority == "low", true=False)], words)
    (True, False)
    """
    space = _space(wanted, vocabulary, only, shared)
    try:
        found = next(_walk(space, lambda group: group.kinds, [MOST_NODES]), None)
    except _TooMany:
        return None
    if found is None and not all(group.closed for _, group in space.groups):
        return None
    return found is not None


def solutions(wanted: Sequence[Wanted], vocabulary: Vocabulary, *, only: Only = EMPTY, most: int = 8) -> Iterator[FrozenMap[str, Any]]:
    """Values of the fields that meet all of *wanted*, at most so many; a field that does not matter is left out.

    Times, hours and clocks are no fields: they are taken to be as they need to be.
    """
    space = _space(wanted, vocabulary, only, lambda _name: True)

    def known(group: Group) -> Iterable[Kind]:
        concrete = [kind for kind in group.kinds if kind.value is not UNKNOWN]
        return concrete or group.kinds

    walk = _walk(space, known, [MOST_NODES])
    for _ in range(most):
        try:
            found = next(walk, None)
        except _TooMany:
            return
        if found is None:
            return
        yield FrozenMap({name: value for (_, name), value in found.items() if value is not UNKNOWN})
