"""Why not: the smallest sets of changes that would make a false condition true.

What a condition reads falls into levers: a field of the ticket (for a set: each of its names), a clock, the event, the ticket
before, the instant. A *way* is a set of edits, one a lever, that makes the condition true while no part of it does. The search goes
by size: a set of levers that cannot do is widened by one lever of what stands in its way (Reiter's hitting sets, 1987), so every
smallest set is met before a larger one. Every answer has been tried on the condition itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations, product
from typing import Any, Final, NamedTuple, assert_never

from attrs import field, frozen

from ticketcore._compiled import compiled
from ticketcore._conditions import AllOf, AnyOf, Changed, Condition, InHours, Not, Since, Sla, Test, Until
from ticketcore._edits import (
    BROUGHT_ALONG,
    EDIT_KINDS,
    Edit,
    clearing,
    clock_set,
    happening,
    is_put,
    kind_of,
    membership,
    setting,
    shown,
    waiting,
)
from ticketcore._explaining import Explanation, explain
from ticketcore._fields import FieldSpec, View
from ticketcore._rises import TWO_YEARS_US, first_of, rise
from ticketcore._witnesses import MOST_EVENTS, Reads, clock_states, events, values
from ticketcore.errors import shorten
from ticketcore.model import Spoken

MOST_WAYS: Final = 8
MOST_EDITS: Final = 4
WORK: Final = 200_000  # tests looked at before the search gives up, and so many for each part of the condition:
WORK_A_PART: Final = 20
_MANY: Final = 200  # tests of one lever; of more it is not asked which values come to the same
MOST_NAMES: Final = 64  # of one test, that may each be added to a set

Leaf = Test | Changed | Since | Until | InHours | Sla


@frozen(kw_only=True)
class Way:
    """Changes that together would make a condition true; without any one of them it stays false.

    >>> from ticketcore.conditions import Vocabulary, field, holds
    >>> from ticketcore.model import Ticket
    >>> vip_call, view = field.tags.has("vip") & (field.channel == "phone"), View(Vocabulary(), Ticket(id="T-1"), 0)
    >>> [way] = why_not(vip_call, view).ways
    >>> print(way)
    tags: add 'vip'
    and channel: 'phone' instead of empty
    >>> way.is_possible, holds(vip_call, way.apply(view))
    (True, True)
    """

    edits: tuple[Edit, ...]

    @property
    def is_possible(self) -> bool:
        """Whether all of it can be brought about now: by hand, by the host, or by waiting."""
        return all(edit.is_possible for edit in self.edits)

    def apply(self, view: View) -> View:
        """The view in which all of it is so."""
        for edit in self.edits:
            view = edit.apply(view)
        return view

    def __str__(self) -> str:
        return "\nand ".join(map(str, self.edits))


@frozen(kw_only=True)
class WhyNot:
    """Why a condition does not hold, and the fewest changes that would make it true: `explanation` and `ways`, fewest edits first.

    At most `MOST_WAYS` ways of at most `MOST_EDITS` edits; *complete* says that the search for them came to its end. Empty `ways`
    with ``holds`` mean that nothing is missing. Prints as the tree of the condition and a list of the ways.

    >>> from ticketcore.conditions import Vocabulary, field
    >>> from ticketcore.model import Ticket
    >>> account = why_not(field.tags.has_any("vip", "press"), View(Vocabulary(), Ticket(id="T-1"), 0))
    >>> account.holds, account.complete
    (False, True)
    >>> print(account.remedies())
    what would make it true, the fewest changes first:
      1  tags: add 'vip'
      2  tags: add 'press'
    """

    explanation: Explanation
    ways: tuple[Way, ...] = field(default=())
    complete: bool = True

    @property
    def holds(self) -> bool:
        """Whether the condition is true as it is."""
        return self.explanation.holds

    def __str__(self) -> str:
        tree = str(self.explanation)
        if self.holds:
            return f"{tree}\nit holds"
        return f"{tree}\n{self.remedies()}"

    def data(self) -> dict[str, Any]:
        """The same as plain data: the tree as `Explanation.data` gives it, and each way as a list of edits.

        >>> from ticketcore.conditions import Vocabulary, field
        >>> from ticketcore.model import Ticket
        >>> why_not(field.tags.has("vip"), View(Vocabulary(), Ticket(id="T-1"), 0)).data()["ways"][0][0]["said"]
        "tags: add 'vip'"
        """
        ways = [[edit.data() for edit in way.edits] for way in self.ways]
        return {"holds": self.holds, "why": self.explanation.data(), "ways": ways, "complete": self.complete}

    def remedies(self) -> str:
        """The ways as a list."""
        if not self.ways:
            ending = "would make it true" if self.complete else "was found to make it true (not everything was tried)"
            return f"no change of up to {MOST_EDITS} things {ending}"
        lines = ["what would make it true, the fewest changes first:"]
        for number, way in enumerate(self.ways, 1):
            told = str(way).splitlines()
            lines += [f"  {number}  {told[0]}", *(f"     {line}" for line in told[1:])]
        if not self.complete:
            lines.append("  (not everything was tried)")
        return "\n".join(lines)


def why_not(condition: Condition, view: View) -> WhyNot:
    """Why *condition* does not hold, and the smallest sets of changes that would make it true.

    Raises `UnknownName` for a field or hours that the view's vocabulary lacks.

    >>> from ticketcore.conditions import Vocabulary, field
    >>> from ticketcore.model import Ticket
    >>> words = Vocabulary(levels=("low", "high"))
    >>> ticket = Ticket(id="T-1", priority="low", tags=frozenset({"vip"}))
    >>> print(why_not((field.priority >= "high") & (field.tags.has("vip") | field.tags.has("press")), View(words, ticket, 0)))
    no   all of
    no     priority is at least 'high'   ('low')
    yes    any of
    yes      tags has 'vip'   ('vip')
    no       tags has 'press'   ('vip')
    what would make it true, the fewest changes first:
      1  priority: 'high' instead of 'low'
    """
    explanation = explain(condition, view)
    if explanation.holds:
        return WhyNot(explanation=explanation)
    search = _Search(condition, view)
    ways = tuple(search.ways())
    return WhyNot(explanation=explanation, ways=ways, complete=search.complete)


# --- levers -------------------------------------------------------------------------------------------------------------


class _Lever(NamedTuple):
    """What one edit can change: the *name* of a set for one of its members, ``*`` for all of them."""

    place: str  # ticket, before, clock, event, wait
    field: str = ""
    name: str | None = None

    @property
    def rank(self) -> int:
        """The likelier first."""
        if self.place in {"ticket", "before"}:
            return EDIT_KINDS.index(kind_of(self.field, before=self.place == "before"))
        return EDIT_KINDS.index(self.place)


_WAIT: Final = _Lever("wait")
_EVENT: Final = _Lever("event")
_DESCRIPTION: Final = _Lever("ticket", "description")
_SUBJECT: Final = _Lever("ticket", "subject")


class _Levers:
    """The levers that each test reads."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.cut = False  # whether some were left out

    def of(self, test: Leaf) -> tuple[_Lever, ...]:
        """The levers of a test."""
        match test:
            case Test():
                return tuple(self._of_field(self.view.vocabulary.field(test.field), test))
            case Changed():
                spec = self.view.vocabulary.field(test.field)
                return (*self._of_field(spec, test), *self._of_field(spec, test, "before"))
            case Since() | Until():
                return (_WAIT, *self._of_field(self.view.vocabulary.field(test.of), test))
            case InHours():
                return (_WAIT,)
            case Sla():
                return (_WAIT, _Lever("clock", test.metric))
            case _:
                assert_never(test)

    def _of_field(self, spec: FieldSpec, test: Reads, place: str = "ticket") -> Iterator[_Lever]:
        name = spec.name
        if name in BROUGHT_ALONG:
            yield _Lever(place, BROUGHT_ALONG[name])
        if name == "text":
            yield _DESCRIPTION
            if self.view.ticket.subject:
                yield _SUBJECT
            if self.view.event is not None:
                yield _EVENT
        elif name.startswith("sla."):
            yield _Lever("clock", name.removeprefix("sla.").rpartition(".")[0])
        elif name.startswith("event."):
            yield _EVENT
            if name == "event.by_assignee":
                yield _Lever("ticket", "assignee")
        elif spec.type.kind == "set":
            yield from self._of_set(spec, test, place)
        elif is_put(spec) and name != "category":  # no category without a status of it
            yield _Lever(place, name)

    def _of_set(self, spec: FieldSpec, test: Reads, place: str) -> Iterator[_Lever]:
        now, before = self._members(spec, "ticket"), self._members(spec, "before")
        named: list[str] = []
        if isinstance(test, Changed):
            named = [name for name in (test.was, test.to) if name is not None] or sorted(now ^ before)[:MOST_NAMES]
        elif isinstance(test, Test) and test.op not in {"is_set", "is_empty"}:
            named = list(dict.fromkeys(test.value if isinstance(test.value, tuple) else (test.value,)))
        elif len(now) == 1:
            named = sorted(now)
        elif now:
            yield _Lever(place, spec.name, "*")
        if not named and not now:
            named = [*spec.type.choices[:1]] or ["something"]
        self.cut = self.cut or len(named) > MOST_NAMES
        for name in named[:MOST_NAMES]:
            yield _Lever(place, spec.name, name)

    def _members(self, spec: FieldSpec, place: str) -> frozenset[str]:
        return _read(self.view, spec, place) or frozenset()


def _read(view: View, spec: FieldSpec, place: str) -> Any:
    """What a field has now, or had before; nothing before is as now."""
    return spec.read(view if place == "ticket" or view.before is None else view.of_before())


# --- the condition as a tree of tests ----------------------------------------------------------------------------------


class _Atom:
    """One test: its meaning, the levers it reads, and whether it holds as things are."""

    __slots__ = ("holds", "levers", "test", "truth")

    def __init__(self, test: Leaf, view: View, levers: tuple[_Lever, ...]) -> None:
        self.test = test
        self.holds = compiled(test, view.vocabulary)
        self.truth = self.holds(view)
        self.levers = levers


class _Leaf(NamedTuple):
    """A test that is wanted true or false."""

    atom: _Atom
    wanted: bool


class _Group(NamedTuple):
    """Parts of which all are wanted, or one."""

    every: bool
    parts: tuple[_Leaf | _Group, ...]


_Tree = _Leaf | _Group


class _Search:
    """One search: the tree, the levers in the order they are tried, and how much may still be looked at."""

    def __init__(self, condition: Condition, view: View) -> None:
        self.view = view
        self.levers = _Levers(view)
        self.atoms: dict[Leaf, _Atom] = {}
        self.readers: dict[_Lever, list[_Atom]] = {}
        self.size = 0
        self.tree = self._tree(condition, wanted=True)
        # What brings other things along comes first among its like, so that it does not undo them.
        order = sorted(self.readers, key=lambda lever: (lever.rank, lever.field not in BROUGHT_ALONG.values()))
        self.order = {lever: number for number, lever in enumerate(order)}
        said = {atom.test for atom in self.readers.get(_EVENT, ())}
        only_said = all(isinstance(test, Test) and view.vocabulary.field(test.field).name == "text" for test in said)
        self.instead = {_SUBJECT: _DESCRIPTION, _EVENT: _DESCRIPTION if only_said else _EVENT}
        self.left = WORK + WORK_A_PART * self.size
        self.edits: dict[_Lever, tuple[Edit, ...]] = {}
        self.cores: dict[frozenset[_Lever], dict[_Lever, None] | None] = {}

    @property
    def complete(self) -> bool:
        """Whether nothing was left out."""
        return self.left > 0 and not self.levers.cut

    def _tree(self, condition: Condition, *, wanted: bool) -> _Tree:
        self.size += 1
        match condition:
            case AllOf(parts) | AnyOf(parts):
                every = isinstance(condition, AllOf) is wanted
                return _Group(every, tuple(self._tree(part, wanted=wanted) for part in parts))
            case Not(part):
                return self._tree(part, wanted=not wanted)
            case _:
                return _Leaf(self._atom(condition), wanted)

    def _atom(self, test: Leaf) -> _Atom:
        atom = self.atoms.get(test)
        if atom is None:
            atom = self.atoms[test] = _Atom(test, self.view, self.levers.of(test))
            for lever in atom.levers:
                self.readers.setdefault(lever, []).append(atom)
        return atom

    # --- the search ----------------------------------------------------------------------------------------------------

    def ways(self) -> Iterator[Way]:
        """The ways, those of few edits first; of one size in the order of their levers."""
        found: list[frozenset[_Lever]] = []
        told: set[frozenset[_Lever]] = set()
        level: dict[frozenset[_Lever], None] = dict.fromkeys([frozenset[_Lever]()])
        for _ in range(MOST_EDITS):
            wider: dict[frozenset[_Lever], None] = {}
            for chosen in level:
                core = self._core(chosen)
                blocking = self.readers if core is None else core
                for lever in blocking:
                    if lever not in chosen:
                        wider[chosen | {lever}] = None
            level = {}
            for chosen in sorted(wider, key=lambda chosen: sorted(self.order[lever] for lever in chosen)):
                if any(smaller <= chosen for smaller in found):
                    continue
                way = self._solved(chosen)
                if way is not None:
                    found.append(chosen)
                    place = frozenset(self.instead.get(lever, lever) for lever in chosen)
                    if place in told:
                        continue  # the same said in the subject or the event instead of the description
                    told.add(place)
                    yield way
                    if len(told) == MOST_WAYS:
                        return
                elif self.left <= 0:
                    return
                else:
                    level[chosen] = None

    def _core(self, free: frozenset[_Lever]) -> dict[_Lever, None] | None:
        """Levers of which one must change, however the *free* ones do; None: it is the values of those that do not go together."""
        if free not in self.cores:
            self.left -= self.size
            self.cores[free] = _core(self.tree, free)
        return self.cores[free]

    def _solved(self, free: frozenset[_Lever]) -> Way | None:
        """The first values of all *free* levers with which the condition holds."""
        if self._core(free) is not None:
            return None
        self.left -= self.size
        rest = _rest(self.tree, free)
        assert not isinstance(rest, bool)  # noqa: S101 - for the type checker: it depends on them, and on nothing else
        levers = sorted(free - {_WAIT}, key=lambda lever: self.order[lever])
        cost = _leaves(rest)
        condition = _condition(rest) if _WAIT in free else None
        for edits in product(*(self._edits_of(lever) for lever in levers)):
            self.left -= cost
            if self.left <= 0:
                return None
            way = Way(edits=edits)
            view = way.apply(self.view)
            if condition is not None:
                first = first_of(condition, lambda part: compiled(part, self.view.vocabulary))
                risen = rise(first, lambda at: _holds(rest, at), view, view.now_us, view.now_us + TWO_YEARS_US)
                if risen is None or not risen.found:
                    continue
                way = Way(edits=(*edits, waiting(risen.at_us, self.view.hours(None).zone)))
            elif not _holds(rest, view):
                continue
            if self._is_smallest(way):
                return way
        return None

    def _is_smallest(self, way: Way) -> bool:
        """Whether all of it makes the condition true and no part does, tried on the whole condition.

        It is, but where one lever moves another: who counts as the customer depends on the requester's address.
        """
        self.left -= self.size
        parts = (Way(edits=part) for size in range(1, len(way.edits)) for part in combinations(way.edits, size))
        return _holds(self.tree, way.apply(self.view)) and not any(_holds(self.tree, part.apply(self.view)) for part in parts)

    # --- what an edit of a lever may be ---------------------------------------------------------------------------------

    def _edits_of(self, lever: _Lever) -> tuple[Edit, ...]:
        """The edits of a lever among which its tests can tell."""
        found = self.edits.get(lever)
        if found is None:
            found = self.edits[lever] = tuple(self._different(lever, self._possible(lever)))
        return found

    def _possible(self, lever: _Lever) -> Iterable[Edit]:
        view, tests = self.view, [atom.test for atom in self.readers[lever] if not isinstance(atom.test, InHours)]
        match lever.place:
            case "clock":
                return (clock_set(lever.field, state) for state in clock_states(tests, view))
            case "event":
                tried = list(events(tests, view))
                self.levers.cut = self.levers.cut or len(tried) >= MOST_EVENTS
                return (happening(event, self._told(event, tests)) for event in tried)
        spec, before = view.vocabulary.field(lever.field), lever.place == "before"
        was = _read(view, spec, lever.place)
        if lever.name == "*":
            return (clearing(spec, was, before=before),)
        if lever.name is not None:
            return (membership(spec, lever.name, was or frozenset(), before=before),)
        return (setting(spec, value, was, before=before) for value in values(spec, tests, view, was))

    def _different(self, lever: _Lever, edits: Iterable[Edit]) -> Iterator[Edit]:
        """One edit for each way in which the tests of the lever come out; all of them where a test reads another lever too."""
        readers = self.readers[lever]
        alone = len(readers) <= _MANY and all(len(atom.levers) == 1 for atom in readers)
        seen = {tuple(atom.truth for atom in readers)}
        for edit in edits:
            if alone:
                self.left -= len(readers)
                view = edit.apply(self.view)
                verdicts = tuple(atom.holds(view) for atom in readers)
                if verdicts in seen:
                    continue
                seen.add(verdicts)
            yield edit

    def _told(self, event: Any, tests: list[Reads]) -> str:
        """An event in words: what the tests ask of it."""
        if event is None:
            return "no event at all"
        view = View(self.view.vocabulary, self.view.ticket, self.view.now_us, self.view.before, event, self.view.clock)
        asked = dict.fromkeys(test.field for test in tests if isinstance(test, Test) and test.field.startswith("event."))
        specs = [view.vocabulary.field(name) for name in asked]
        parts = [f"{spec.name.removeprefix('event.')} {shown(spec.read(view), spec)}" for spec in specs]
        if not parts and isinstance(event, Spoken):
            parts = [f"text {shorten(event.message.text)}"]
        return f"another event: {event.kind}" + (", with " + ", ".join(parts) if parts else "")


def _core(tree: _Tree, free: frozenset[_Lever]) -> dict[_Lever, None] | None:
    """The levers that keep *tree* from being true though all tests of *free* levers do as they are wanted; None: nothing does."""
    if isinstance(tree, _Leaf):
        atom, wanted = tree
        return None if atom.truth is wanted or not free.isdisjoint(atom.levers) else dict.fromkeys(atom.levers)
    cores = [_core(part, free) for part in tree.parts]
    if tree.every:
        blocked = [core for core in cores if core is not None]
        return min(blocked, key=len) if blocked else None
    together: dict[_Lever, None] = {}
    for core in cores:
        if core is None:
            return None
        together.update(core)
    return together


def _rest(tree: _Tree, free: frozenset[_Lever]) -> _Tree | bool:
    """What is left of *tree* to be decided by the *free* levers."""
    if isinstance(tree, _Leaf):
        atom, wanted = tree
        return atom.truth is wanted if free.isdisjoint(atom.levers) else tree
    kept = []
    for part in tree.parts:
        rest = _rest(part, free)
        if rest is (not tree.every):
            return rest
        if not isinstance(rest, bool):
            kept.append(rest)
    return _Group(tree.every, tuple(kept)) if kept else tree.every


def _holds(tree: _Tree, view: View) -> bool:
    if isinstance(tree, _Leaf):
        return tree.atom.holds(view) is tree.wanted
    verdicts = (_holds(part, view) for part in tree.parts)
    return all(verdicts) if tree.every else any(verdicts)


def _leaves(tree: _Tree) -> int:
    return 1 if isinstance(tree, _Leaf) else sum(map(_leaves, tree.parts))


def _condition(tree: _Tree) -> Condition:
    if isinstance(tree, _Leaf):
        return tree.atom.test if tree.wanted else Not(tree.atom.test)
    parts = tuple(map(_condition, tree.parts))
    return AllOf(parts) if tree.every else AnyOf(parts)
