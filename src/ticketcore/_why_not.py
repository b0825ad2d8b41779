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
from ticketcore._fields import POSITIVE, REGEX, FieldSpec, View
from ticketcore._rises import TWO_YEARS_US, first_of, rise
from ticketcore._witnesses import (
    Reads,
    Wish,
    clock_states,
    events,
    fresh,
    is_exact,
    is_exact_of_clock,
    is_exact_of_events,
    is_impossible,
    names_all,
    values,
    wished_texts,
)  # fmt: skip
from ticketcore.errors import shorten
from ticketcore.model import Spoken

MOST_WAYS: Final = 8
MOST_EDITS: Final = 4
WORK: Final = 200_000  # tests looked at before the search gives up, and so many for each part of the condition:
WORK_A_PART: Final = 20
_MANY: Final = 200  # tests of one lever; of more it is not asked which values come to the same
MOST_NAMES: Final = 64  # of one test, that may each be added to a set
MOST_GOALS: Final = 32  # lists of tests that texts are made for
MOST_WISHED: Final = 100  # tests in all; for more of them texts are tried as they come

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

    At most `MOST_WAYS` ways of at most `MOST_EDITS` edits. *complete* says that none was missed: that no other set of as few edits, or of
    up to `MOST_EDITS` when there are fewer ways than `MOST_WAYS`, would do, whatever the values. It is False where the search ended at
    its limit of work, or where values of a kind of which only likely ones can be tried (texts, clocks, events, business time) might do
    and none was found. *note* says so in words, and also that there may be more ways than are shown; empty, the list is all there
    is. Empty `ways` with ``holds`` mean that nothing is missing. Prints as the tree of the condition and a list of the ways.

    >>> from ticketcore.conditions import Vocabulary, field
    >>> from ticketcore.model import Ticket
    >>> account = why_not(field.tags.has_any("vip", "press"), View(Vocabulary(), Ticket(id="T-1"), 0))
    >>> account.holds, account.complete, account.note
    (False, True, '')
    >>> print(account.remedies())
    what would make it true, the fewest changes first:
      1  tags: add 'vip'
      2  tags: add 'press'
    """

    explanation: Explanation
    ways: tuple[Way, ...] = field(default=())
    complete: bool = True
    note: str = ""

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
        return {"holds": self.holds, "why": self.explanation.data(), "ways": ways, "complete": self.complete,
                "note": self.note}  # fmt: skip

    def remedies(self) -> str:
        """The ways as a list."""
        if not self.ways:
            ending = "would make it true" if self.complete else f"was found to make it true ({self.note})"
            return f"no change of up to {MOST_EDITS} things {ending}"
        lines = ["what would make it true, the fewest changes first:"]
        for number, way in enumerate(self.ways, 1):
            told = str(way).splitlines()
            lines += [f"  {number}  {told[0]}", *(f"     {line}" for line in told[1:])]
        if self.note:
            lines.append(f"  ({self.note})")
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
    return WhyNot(explanation=explanation, ways=ways, complete=search.complete, note=search.note)


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
    """The levers that each test of a condition reads."""

    def __init__(self, condition: Condition, view: View) -> None:
        self.view = view
        self.cut = False  # whether some were left out
        self.named: dict[str, dict[str, None]] = {}  # of each set, the names that tests speak of
        self.whole: set[str] = set()  # the sets of which a test asks whether there is anything in them
        self.asked: set[str] = set()  # what is asked for by itself, of all that the ticket says
        for test in _leaves_of(condition):
            if isinstance(test, Test | Changed):
                name = view.vocabulary.field(test.field).name
                self.asked.add(name.partition(".")[0])
                self.named.setdefault(name, {}).update(dict.fromkeys(self._spoken_of(test)))
                if isinstance(test, Test) and test.op in _PRESENCE:
                    self.whole.add(name)

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
            if self.view.ticket.subject or not self.asked.isdisjoint(("subject", "description")):  # one may say what the other must not
                yield _SUBJECT
            if self.view.event is not None or "event" in self.asked:
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
        members = before if place == "before" else now
        named = _names_of(test)
        if isinstance(test, Changed) and not named:
            named = list(self._any_name(spec, now | before))
        elif isinstance(test, Test) and test.op in _PRESENCE:
            named = list(dict.fromkeys([*(sorted(members) if len(members) == 1 else ()), *self._any_name(spec, members)]))
        if spec.name in self.whole and len(members) > 1:
            yield _Lever(place, spec.name, "*")
        self.cut = self.cut or len(named) > MOST_NAMES
        for name in named[:MOST_NAMES]:
            yield _Lever(place, spec.name, name)

    def _spoken_of(self, test: Test | Changed) -> list[Any]:
        """The names of a set that a test speaks of; whether it has changed at all depends on those that were lost or gained."""
        named, spec = _names_of(test), self.view.vocabulary.field(test.field)
        if named or spec.type.kind != "set" or not isinstance(test, Changed):
            return named
        return sorted(self._members(spec, "ticket") ^ self._members(spec, "before"))

    def _any_name(self, spec: FieldSpec, members: frozenset[str]) -> Iterator[str]:
        """What may stand in a set of which any name will do: one that no test speaks of, and those of which others speak."""
        named = self.named[spec.name]
        taken = {*named, *members}
        if spec.type.choices:
            yield from [name for name in spec.type.choices if name not in taken][:1]
        else:
            yield fresh(taken, "something")
        yield from named

    def _members(self, spec: FieldSpec, place: str) -> frozenset[str]:
        return _read(self.view, spec, place) or frozenset()


_PRESENCE: Final = frozenset({"is_set", "is_empty"})


def _leaves_of(condition: Condition) -> Iterator[Leaf]:
    match condition:
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                yield from _leaves_of(part)
        case Not(part):
            yield from _leaves_of(part)
        case _:
            yield condition


def _names_of(test: Reads) -> list[Any]:
    """The names that a test of a set speaks of."""
    if isinstance(test, Changed):
        return [name for name in (test.was, test.to) if name is not None]
    if not isinstance(test, Test) or test.op in _PRESENCE:
        return []
    return list(dict.fromkeys(test.value if isinstance(test.value, tuple) else (test.value,)))


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
        self.levers = _Levers(condition, view)
        self.atoms: dict[Leaf, _Atom] = {}
        self.readers: dict[_Lever, list[_Atom]] = {}
        self.size = 0
        self.tree = self._tree(condition, wanted=True)
        # What brings other things along comes first among its like, so that it does not undo them.
        order = sorted(self.readers, key=lambda lever: (lever.rank, lever.field not in BROUGHT_ALONG.values()))
        self.order = {lever: number for number, lever in enumerate(order)}
        # What `text` asks for is told of the description alone, where nothing else reads the subject, or the event.
        self.instead = {lever: _DESCRIPTION for lever in (_SUBJECT, _EVENT) if self._is_said(lever)}
        self.left = WORK + WORK_A_PART * self.size
        self.edits: dict[_Lever, tuple[Edit, ...]] = {}
        self.cores: dict[frozenset[_Lever], dict[_Lever, None] | None] = {}
        self.doubts: dict[str, None] = {}  # of what values might do that were not tried
        self.many = False  # whether there may be more ways than were asked for

    @property
    def complete(self) -> bool:
        """Whether no way was missed among those that were asked for."""
        return self.left > 0 and not self.levers.cut and not self.doubts

    @property
    def note(self) -> str:
        """What an answer leaves open, in words."""
        if self.left <= 0:
            return "not everything was tried: the search ended at its limit"
        if self.levers.cut:
            return f"not everything was tried: of a list, the first {MOST_NAMES} names"
        if self.doubts:
            return f"not everything was tried: of {' and '.join(self.doubts)}, only some values"
        return f"there may be more than these {MOST_WAYS}" if self.many else ""

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

    def _is_said(self, lever: _Lever) -> bool:
        """Whether what reads a lever asks for what the ticket says anywhere."""
        return all(isinstance(atom.test, Test) and atom.test.field == "text" for atom in self.readers.get(lever, ()))

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
                        self.many = True
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
        waits = _WAIT in free
        way = self._tried(rest, product(*(self._edits_of(lever) for lever in levers)), waits=waits)
        if way is None and self.left > 0:
            size = _leaves(rest)
            goals, all_goals = _goals(rest) if size <= MOST_WISHED else ([[]], False)
            self.left -= size * len(goals)
            goals = [goal for goal in goals if not self._is_impossible(goal, levers)]
            wished = [self._wished(lever, goals) for lever in levers]
            if any(wished):
                way = self._tried(rest, product(*((*made, *self._edits_of(lever)) for made, lever in zip(wished, levers, strict=True))),
                                  waits=waits)  # fmt: skip
            if way is None:
                self._doubt(levers, goals, whole=all_goals)
        return way

    def _tried(self, rest: _Tree, choices: Iterable[tuple[Edit, ...]], *, waits: bool) -> Way | None:
        """The first of *choices* with which *rest* holds, and the condition with all of it and no part."""
        cost = _leaves(rest)
        condition = _condition(rest) if waits else None
        for edits in choices:
            self.left -= cost
            if self.left <= 0:
                return None
            way = Way(edits=edits)
            view = way.apply(self.view)
            if condition is not None:
                first = first_of(condition, lambda part: compiled(part, self.view.vocabulary))
                risen = rise(first, lambda at: _holds(rest, at), view, view.now_us, view.now_us + TWO_YEARS_US)
                if risen is None:
                    continue
                if not risen.found:
                    self.doubts["instants more than two years ahead"] = None
                    continue
                way = Way(edits=(*edits, waiting(risen.at_us, self.view.hours(None).zone)))
            elif not _holds(rest, view):
                continue
            if self._is_smallest(way):
                return way
        return None

    def _is_impossible(self, goal: list[_Leaf], levers: list[_Lever]) -> bool:
        """Whether what is wanted of some text cannot be, or of one test both."""
        wanted = {leaf.atom: leaf.wanted for leaf in goal}
        if any(wanted[leaf.atom] is not leaf.wanted for leaf in goal):
            return True
        return any(is_impossible(self._wishes(lever, goal)) for lever in levers)

    def _wishes(self, lever: _Lever, goal: list[_Leaf]) -> list[Wish]:
        """What is wanted of the text of a lever, as positive tests of that text alone."""
        if lever.place not in {"ticket", "before"} or lever.name is not None:
            return []
        found = []
        for atom, wanted in goal:
            test = atom.test
            if isinstance(test, Test) and atom.levers == (lever,) and test.op not in REGEX:
                spec = self.view.vocabulary.field(test.field)
                if spec.type.kind in {"text", "name"}:
                    positive = POSITIVE.get(test.op)
                    found.append((test, wanted) if positive is None else (_with_op(test, positive), not wanted))
        return found

    def _wished(self, lever: _Lever, goals: list[list[_Leaf]]) -> tuple[Edit, ...]:
        """Edits of a text made for what is wanted of it."""
        wishes = [wishes for goal in goals if (wishes := self._wishes(lever, goal))]
        if not wishes:
            return ()
        spec = self.view.vocabulary.field(lever.field)
        was, before = _read(self.view, spec, lever.place) or "", lever.place == "before"
        texts = dict.fromkeys(text for one in wishes for text in wished_texts(one, was) if text and text != was)
        return tuple(setting(spec, text, was, before=before) for text in texts)

    def _doubt(self, levers: list[_Lever], goals: list[list[_Leaf]], *, whole: bool) -> None:
        """Note of which levers a value might do that was not tried: of those in whose tests values are many, for some goal."""
        for lever in levers:
            readers = _reads(self.readers[lever])
            for goal in goals:
                if whole and names_all(self._wishes(lever, goal)):
                    continue  # all of them were tried
                tests = _reads(leaf.atom for leaf in goal if lever in leaf.atom.levers) if whole else readers
                what = self._inexact(lever, tests, readers)
                if what:
                    self.doubts[what] = None

    def _inexact(self, lever: _Lever, tests: list[Reads], readers: list[Reads]) -> str:
        """What the values of a lever are called if there may be others for *tests*; *readers*: all tests that they were made for."""
        match lever.place:
            case "clock":
                return "" if is_exact_of_clock(tests) else "clocks"
            case "event":
                return "" if is_exact_of_events(readers, self.view) else "events"
        if lever.name is not None:
            return ""
        spec = self.view.vocabulary.field(lever.field)
        own = [test for test in tests if self._is_own(test, lever)]
        return "" if is_exact(spec, own) else {"text": "texts", "name": "texts", "instant": "instants"}.get(spec.type.kind, "long lists")

    def _is_own(self, test: Reads, lever: _Lever) -> bool:
        """Whether a test is of the very field of a lever, or of the text that it is part of."""
        name = test.of if isinstance(test, Since | Until) else getattr(test, "field", "")
        return name in {lever.field, "text"} or getattr(self.view.vocabulary.specs.get(name), "name", "") == lever.field

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
        view, tests = self.view, _reads(self.readers[lever])
        match lever.place:
            case "clock":
                return (clock_set(lever.field, state) for state in clock_states(tests, view))
            case "event":
                return (happening(event, self._told(event, tests)) for event in events(tests, view))
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


def _goals(tree: _Tree) -> tuple[list[list[_Leaf]], bool]:
    """The lists of tests that together make *tree* true, `MOST_GOALS` at most, and whether those are all."""
    if isinstance(tree, _Leaf):
        return [[tree]], True
    found: list[list[_Leaf]] = [[]] if tree.every else []
    whole = True
    for part in tree.parts:
        goals, all_goals = _goals(part)
        found = [[*one, *other] for one in found for other in goals] if tree.every else [*found, *goals]
        whole = whole and all_goals and len(found) <= MOST_GOALS
        found = found[:MOST_GOALS]
    return found, whole


def _reads(atoms: Iterable[_Atom]) -> list[Reads]:
    return [atom.test for atom in atoms if not isinstance(atom.test, InHours)]


def _with_op(test: Test, op: str) -> Test:
    return Test(test.field, op, test.value, test.accents, test.language)


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
