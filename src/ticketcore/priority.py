"""Priority: ordered levels, and where a ticket's level comes from, each value with its cause.

Several sources fill slots of their own (step.md 4): a manual choice, rules, tags, an impact x urgency matrix, a score card, the
host's suggestion, the default. The priority is the highest filled slot. The manual and the rules slot are stored on the ticket;
the others are derived anew each time, so undoing a manual choice shows the derived value of *now*.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from types import NoneType
from typing import Any, Final

from attrs import evolve, field, fields, frozen

from ticketcore._names import hint as hint_for
from ticketcore._ticket import check_ticket
from ticketcore._values import EMPTY, FrozenMap, each, names
from ticketcore.conditions import Condition, View, Vocabulary, compiled, holds, parse
from ticketcore.errors import BadValue, DeskError, Problem, UnknownName, check_kind, counted, shorten
from ticketcore.model import Slot, Ticket

__all__ = ["SLOTS", "Levels", "Matrix", "Priority", "Score", "ScoreCard", "Suggestion", "Verdict", "Why"]

SLOTS: Final = ("manual", "rules", "tags", "matrix", "score", "suggestion", "default")
MOST_POINTS: Final = 1_000_000  # of one score entry, either way


def _unique(items: Iterable[Any], path: str, what: str) -> list[Problem]:
    """A problem for each name that is empty or stands twice."""
    problems, seen = [], set()
    for number, item in enumerate(items):
        if not isinstance(item, str) or not item:
            problems.append(Problem(f"{path}[{number}]", f"{shorten(item)} cannot name a {what}", "a text is wanted"))
        elif item in seen:
            problems.append(Problem(f"{path}[{number}]", f"a second {what} {shorten(item)}", "names are unique", code="duplicate"))
        else:
            seen.add(item)
    return problems


@frozen
class Levels:
    """The levels of priority, the lowest first. A custom level stands where it ranks.

    Raises `DeskError` for none, for empty names and for duplicates.

    >>> levels = Levels(("low", "medium", "high", "refund request", "urgent"))
    >>> levels.rank("refund request"), levels.raise_by("low", 2), levels.raise_by("high", 9), levels.raise_by("low", -1)
    (3, 'high', 'urgent', 'low')
    >>> levels.lowest, levels.highest, levels.highest_of(["high", "medium"])
    ('low', 'urgent', 'high')
    """

    names: tuple[str, ...] = field(default=("low", "medium", "high", "urgent"), converter=names)
    _ranks: Mapping[str, int] = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        problems = _unique(self.names, "levels", "level")
        if not self.names:
            problems.append(Problem("levels", "no level of priority", "name at least one, the lowest first"))
        if problems:
            raise DeskError(problems, what="levels")
        object.__setattr__(self, "_ranks", {name: rank for rank, name in enumerate(self.names)})

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name in self._ranks

    @property
    def lowest(self) -> str:
        """The level that ranks lowest."""
        return self.names[0]

    @property
    def highest(self) -> str:
        """The level that ranks highest."""
        return self.names[-1]

    def rank(self, name: str) -> int:
        """The place of a level in the order, 0 for the lowest. Raises `UnknownName`."""
        if name not in self:
            raise UnknownName(f"unknown level {shorten(name)}", value=shorten(name), hint=hint_for(name, self.names))
        return self._ranks[name]

    def raise_by(self, name: str, steps: int) -> str:
        """The level *steps* above *name*, at most the highest; below it for negative steps, at least the lowest.

        Raises `UnknownName`.
        """
        return self.names[max(0, min(self.rank(name) + steps, len(self.names) - 1))]

    def highest_of(self, names: Iterable[str]) -> str:
        """The highest of some levels. Raises `UnknownName`, and `BadValue` when there are none."""
        ranks = [self.rank(name) for name in names]
        if not ranks:
            raise BadValue("the highest of no levels was asked for")
        return self.names[max(ranks)]


# --- matrix ----------------------------------------------------------------------------------------------------------

Axis = str | int


def _cells(value: Mapping[Axis, Mapping[Axis, str]]) -> FrozenMap[Axis, FrozenMap[Axis, str]]:
    if not isinstance(value, Mapping) or not all(isinstance(row, Mapping) for row in value.values()):
        raise BadValue("a matrix is a mapping of impact to urgency to level", value=shorten(value))
    return FrozenMap({impact: FrozenMap(row) for impact, row in value.items()})


@frozen
class Matrix:
    """Impact x urgency -> level. It is total: every impact has a level for every urgency. Raises `DeskError` otherwise.

    >>> matrix = Matrix({"low": {"low": "low", "high": "medium"}, "high": {"low": "medium", "high": "urgent"}})
    >>> matrix.level(impact="high", urgency="low")
    'medium'
    >>> matrix == Matrix.of(impact=["low", "high"], urgency=["low", "high"], levels=[["low", "medium"], ["medium", "urgent"]])
    True
    >>> matrix.impacts, matrix.urgencies
    (('low', 'high'), ('low', 'high'))
    """

    rows: FrozenMap[Axis, FrozenMap[Axis, str]] = field(converter=_cells)

    def __attrs_post_init__(self) -> None:
        urgencies = tuple(dict.fromkeys(urgency for row in self.rows.values() for urgency in row))
        problems = [
            Problem(f"matrix.{impact}.{urgency}", "no level for this pair", "a matrix names one for every impact and urgency")
            for impact, row in self.rows.items() for urgency in urgencies if urgency not in row
        ]  # fmt: skip
        if not urgencies:
            problems.append(Problem("matrix", "an empty matrix", "leave it out, or name impacts and urgencies"))
        if problems:
            raise DeskError(problems, what="matrix")

    @classmethod
    def of(cls, *, impact: Iterable[Axis], urgency: Iterable[Axis], levels: Iterable[Iterable[str]]) -> Matrix:
        """A matrix as a table: one row of *levels* for each impact, one column for each urgency. Raises `DeskError`.

        >>> Matrix.of(impact=[1, 2], urgency=["low", "high"], levels=[["low", "high"]])
        Traceback (most recent call last):
        ticketcore.errors.DeskError: matrix: 1 problem
          matrix.levels  1 row for 2 impacts; one for each
        """
        impacts, urgencies, rows = tuple(impact), tuple(urgency), tuple(tuple(row) for row in levels)
        wanted = counted(len(urgencies), "urgency", "urgencies")
        problems = [
            Problem(f"matrix.levels[{number}]", f"{counted(len(row), 'level')} for {wanted}", "one for each")
            for number, row in enumerate(rows) if len(row) != len(urgencies)
        ]  # fmt: skip
        if len(rows) != len(impacts):
            problems.append(Problem("matrix.levels", f"{counted(len(rows), 'row')} for {counted(len(impacts), 'impact')}", "one for each"))
        for name, axis in (("impact", impacts), ("urgency", urgencies)):
            if len(set(axis)) != len(axis):
                problems.append(Problem(f"matrix.{name}", "a value stands twice", "values are unique", code="duplicate"))
        if problems:
            raise DeskError(problems, what="matrix")
        return cls({i: dict(zip(urgencies, row, strict=True)) for i, row in zip(impacts, rows, strict=True)})

    @property
    def impacts(self) -> tuple[Axis, ...]:
        """The values of impact, in the order given."""
        return tuple(self.rows)

    @property
    def urgencies(self) -> tuple[Axis, ...]:
        """The values of urgency, in the order given."""
        return tuple(next(iter(self.rows.values())))

    def level(self, *, impact: Axis, urgency: Axis) -> str:
        """The level of a pair. Raises `UnknownName` for a value that is not on its axis."""
        for name, value, axis in (("impact", impact, self.impacts), ("urgency", urgency, self.urgencies)):
            if value not in axis:
                raise UnknownName(f"unknown {name} {shorten(value)}", value=shorten(value), hint=hint_for(value, map(str, axis)))
        return self.rows[impact][urgency]


# --- score card ------------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class Score:
    """One line of a score card: what it is worth when its condition holds (negative: it speaks against), and why.

    >>> from ticketcore import field
    >>> from ticketcore.model import Ticket
    >>> vip = Score(condition=field.tags.has("vip"), weight=3, reason="a customer we know")
    >>> card = Priority(score=ScoreCard(entries=[vip], thresholds=[(3, "high")]))
    >>> card.points(Ticket(id="T-1", tags=frozenset({"vip"})))[0], card.points(Ticket(id="T-2"))[0]
    (3, 0)
    """

    condition: Condition
    weight: int
    reason: str = ""


def _scores(value: Iterable[Score]) -> tuple[Score, ...]:
    return each(value, Score, "scores", "give Score(condition=..., weight=...)", "score.entries")


def _thresholds(value: Iterable[Iterable[Any]]) -> tuple[tuple[int, str], ...]:
    check_kind(value, Iterable, "a list of thresholds", 'write [[10, "high"]]', "score.thresholds")
    return tuple(tuple(pair) for pair in value)  # their shape is checked with the rest, by path


@frozen(kw_only=True)
class ScoreCard:
    """Weighted conditions, and the level that each sum of points is enough for. Below the first threshold it fills no slot.

    Raises `DeskError` for weights and points that are no whole numbers and for thresholds that do not rise.

    >>> from ticketcore import field
    >>> from ticketcore.model import Ticket
    >>> vip, typo = Score(condition=field.tags.has("vip"), weight=3), Score(condition=field.tags.has("typo"), weight=-2)
    >>> priority = Priority(score=ScoreCard(entries=[vip, typo], thresholds=[(3, "high")]))
    >>> [priority.derive(Ticket(id="T-1", tags=frozenset(tags))).level for tags in ({"vip"}, {"vip", "typo"})]
    ['high', 'low']
    """

    entries: tuple[Score, ...] = field(converter=_scores)
    thresholds: tuple[tuple[int, str], ...] = field(converter=_thresholds)

    def __attrs_post_init__(self) -> None:
        problems = []
        for number, entry in enumerate(self.entries):
            if type(entry.weight) is not int or abs(entry.weight) > MOST_POINTS:
                message = f"{shorten(entry.weight)} is no weight"
                problems.append(Problem(f"score.entries[{number}].weight", message, f"a whole number up to {MOST_POINTS}"))
        last: int | None = None
        for number, pair in enumerate(self.thresholds):
            path = f"score.thresholds[{number}]"
            if len(pair) != 2 or type(pair[0]) is not int:
                problems.append(Problem(path, "a threshold is a whole number of points and a level", 'write [10, "high"]'))
            elif last is not None and pair[0] <= last:
                problems.append(Problem(path, f"{pair[0]} points do not come after {last}", "thresholds rise"))
            else:
                last = pair[0]
        if not self.thresholds:
            problems.append(Problem("score.thresholds", "no points are enough for any level", "name at least one threshold"))
        if problems:
            raise DeskError(problems, what="score card")

    def level_of(self, points: int) -> str | None:
        """The level that *points* are enough for; None below the first threshold.

        >>> from ticketcore import field
        >>> card = ScoreCard(entries=[Score(condition=field.tags.has("vip"), weight=3)], thresholds=[(3, "high"), (6, "urgent")])
        >>> card.level_of(2), card.level_of(5), card.level_of(60)
        (None, 'high', 'urgent')
        """
        reached = None
        for needed, level in self.thresholds:
            if points < needed:
                break
            reached = level
        return reached


@frozen(kw_only=True)
class Suggestion:
    """A level that the host suggests: the fact that holds it, and the fact with the confidence in whole percent.

    It counts from *at_least* percent on; without a confidence fact, always.

    >>> from ticketcore import Created, Desk, Fact, FieldType, Person
    >>> number, name = FieldType(kind="number"), FieldType(kind="name")
    >>> desk = Desk(
    ...     facts={"guess": Fact(type=name, default="low"), "sure": Fact(type=number, default=0)},
    ...     priority=Priority(suggestion=Suggestion(fact="guess", confidence="sure", at_least=70)),
    ... )
    >>> ask = lambda sure: Created(at=0, ticket="T-1", by=Person(name="Ada"), facts={"guess": "urgent", "sure": sure})
    >>> desk.handle(None, ask(90)).ticket.priority, desk.handle(None, ask(50)).ticket.priority
    ('urgent', 'low')
    """

    fact: str
    confidence: str = ""
    at_least: int = 0


# --- priority --------------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class Verdict:
    """A level, the slot that gives it, and why.

    >>> print(Verdict(level="urgent", slot="rules", because='rule "shop down"'))
    urgent: rule "shop down"
    """

    level: str
    slot: str
    because: str = ""

    def __str__(self) -> str:
        return f"{self.level}: {self.because or self.slot}"


class Why(tuple[Verdict, ...]):
    """All filled slots, the one that decides first; printed it names the overruled ones.

    >>> from ticketcore import Created, Desk, Person
    >>> desk = Desk(priority=Priority(tags={"vip": "high"}))
    >>> ticket = desk.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"), tags=["vip"])).ticket
    >>> print(desk.priority.why(ticket, desk.view(ticket)))
    high: tag "vip"; overruled: low (default)
    """

    __slots__ = ()

    def __str__(self) -> str:
        top, *rest = self
        overruled = ", ".join(f"{verdict.level} ({verdict.because or verdict.slot})" for verdict in rest)
        return f"{top}; overruled: {overruled}" if rest else str(top)


def _tags(value: Mapping[str, str]) -> FrozenMap[str, str]:
    check_kind(value, Mapping, "a mapping of tags to levels", 'write {"vip": "high"}', "priority.tags")
    return FrozenMap(value)


def _levels(value: Levels | Iterable[str]) -> Levels:
    return value if isinstance(value, Levels) else Levels(names(value))


@frozen(kw_only=True)
class Priority:
    """The levels of a desk and the sources of a ticket's level, in their order of precedence.

    ``default`` is the lowest level unless named. ``tags`` maps tags to levels: of several, the highest counts. ``matrix`` reads
    the ticket's declared fields ``impact`` and ``urgency``. ``slots`` is the precedence; a slot that is left out never shows, and
    default stands last. With ``manual_pinned`` off, a level that a rule sets later than the manual choice shows instead of it.

    Raises `DeskError` with every problem by its path.

    >>> priority = Priority(tags={"urgent": "urgent", "vip": "high"})
    >>> print(priority.why(Ticket(id="T-1", tags=frozenset({"vip"}))))
    high: tag "vip"; overruled: low (default)
    """

    levels: Levels = field(factory=Levels, converter=_levels)
    default: str | None = None
    tags: FrozenMap[str, str] = field(default=EMPTY, converter=_tags)
    matrix: Matrix | None = None
    impact: str = "impact"
    urgency: str = "urgency"
    score: ScoreCard | None = None
    suggestion: Suggestion | None = None
    slots: tuple[str, ...] = field(default=SLOTS, converter=names)
    manual_pinned: bool = True
    vocabulary: Vocabulary | None = field(default=None, eq=False, repr=False)
    # Made at construction out of the above.
    _fillers: tuple[_Filler, ...] = field(init=False, eq=False, repr=False)
    _rules_first: tuple[_Filler, ...] = field(init=False, eq=False, repr=False)
    _tests: tuple[Callable[[View], bool], ...] = field(init=False, eq=False, repr=False)
    _tag_verdicts: Mapping[str, Verdict] = field(init=False, eq=False, repr=False)
    _default: Verdict = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        for name, part, kind in (
            ("matrix", self.matrix, Matrix),
            ("score", self.score, ScoreCard),
            ("suggestion", self.suggestion, Suggestion),
        ):
            check_kind(part, (kind, NoneType), f"a {kind.__name__}", "leave it out for none", f"priority.{name}")
        problems = _problems(self)
        tests = _ready(self, problems)
        if problems:
            raise DeskError(problems, what="priority")
        unused = {"default"} | {name for name in ("tags", "matrix", "score") if not getattr(self, name)}
        order = [slot for slot in self.slots if slot not in unused]
        swapped = {"manual": "rules", "rules": "manual"} if {"manual", "rules"} <= set(order) else {}
        # The highest level first, so that the first tag found on a ticket decides.
        by_rank = sorted(self.tags.items(), key=lambda pair: (-self.levels.rank(pair[1]), pair[0]))
        verdicts = {tag: Verdict(level=level, slot="tags", because=f'tag "{tag}"') for tag, level in by_rank}
        default = Verdict(level=self.default or self.levels.lowest, slot="default", because="default")
        for name, value in (
            ("_tests", tests), ("_tag_verdicts", verdicts), ("_default", default),
            ("_fillers", tuple(_FILLERS[slot] for slot in order)),
            ("_rules_first", tuple(_FILLERS[swapped.get(slot, slot)] for slot in order)),
        ):  # fmt: skip
            object.__setattr__(self, name, value)

    def __reduce__(self) -> tuple[Any, ...]:  # what is made at construction (compiled conditions among it) is made again
        return _rebuild, ({part.alias: getattr(self, part.name) for part in fields(Priority) if part.init},)

    def using(self, vocabulary: Vocabulary) -> Priority:
        """The same with its conditions compiled for, and its names checked against, the names of a desk. Raises `DeskError`.

        >>> from ticketcore import Vocabulary, field
        >>> card = ScoreCard(entries=[Score(condition=field["fields.seats"] > 9, weight=3)], thresholds=[(3, "high")])
        >>> Priority(score=card).using(Vocabulary())
        Traceback (most recent call last):
        ticketcore.errors.DeskError: priority: 1 problem
          score.entries[0].condition.field  unknown field 'fields.seats'; declare it among the desk's fields or facts
        """
        return evolve(self, vocabulary=vocabulary)

    def derive(self, ticket: Ticket, view: View | None = None) -> Verdict:
        """The level of *ticket* as things stand: the highest filled slot. The score card reads *view*.

        The verdict is `why(ticket, view)[0]`; the slots below the first filled one are not worked out.

        >>> from ticketcore.model import Ticket
        >>> print(Priority(tags={"vip": "high"}).derive(Ticket(id="T-1", tags=frozenset({"vip"}))))
        high: tag "vip"
        """
        for filler in self._order(ticket):
            verdict = filler(self, ticket, view)
            if verdict is not None:
                return verdict
        return self._default

    def why(self, ticket: Ticket, view: View | None = None) -> Why:
        """Every filled slot, the one that decides first, the overruled after it; it prints well."""
        check_ticket(ticket)
        found = (filler(self, ticket, view) for filler in self._order(ticket))
        return Why((*(verdict for verdict in found if verdict is not None), self._default))

    def points(self, ticket: Ticket, view: View | None = None) -> tuple[int, tuple[Score, ...]]:
        """The points of *ticket* on the score card, and the lines of it that hold. Without a score card: none.

        >>> from ticketcore import field
        >>> from ticketcore.model import Ticket
        >>> vip, mail = Score(condition=field.tags.has("vip"), weight=3, reason="VIP"), Score(condition=field.channel == "email", weight=1)
        >>> priority = Priority(score=ScoreCard(entries=[vip, mail], thresholds=[(3, "high")]))
        >>> points, held = priority.points(Ticket(id="T-1", tags=frozenset({"vip"})))
        >>> points, [entry.reason for entry in held]
        (3, ['VIP'])
        """
        if self.score is None:
            return 0, ()
        if view is None:
            view = View(self.vocabulary or Vocabulary(), ticket, ticket.as_of_us)
        held = tuple(entry for entry, test in zip(self.score.entries, self._tests, strict=True) if test(view))
        return sum(entry.weight for entry in held), held

    def _order(self, ticket: Ticket) -> tuple[_Filler, ...]:
        if not self.manual_pinned:
            manual, rules = ticket.slots.get("manual"), ticket.slots.get("rules")
            # At one instant a rule comes after what people did: it was their event that made it fire.
            if manual is not None and rules is not None and rules.at_us >= manual.at_us:
                return self._rules_first
        return self._fillers

    def _stored(self, ticket: Ticket, name: str) -> Slot | None:
        """A slot that is kept on the ticket, if its level (still) exists: another desk may have set it."""
        slot = ticket.slots.get(name)
        return slot if slot is not None and slot.level in self.levels else None

    def _manual(self, ticket: Ticket, _view: View | None) -> Verdict | None:
        slot = self._stored(ticket, "manual")
        if slot is None:
            return None
        return Verdict(level=slot.level, slot="manual", because="manual" + (f", {_by(slot.cause)}" if slot.cause else ""))

    def _rules(self, ticket: Ticket, _view: View | None) -> Verdict | None:
        slot = self._stored(ticket, "rules")
        return None if slot is None else Verdict(level=slot.level, slot="rules", because=_by(slot.cause) if slot.cause else "a rule")

    def _by_tags(self, ticket: Ticket, _view: View | None) -> Verdict | None:
        tags = ticket.tags
        if not tags:
            return None
        return next((verdict for tag, verdict in self._tag_verdicts.items() if tag in tags), None)

    def _by_matrix(self, ticket: Ticket, _view: View | None) -> Verdict | None:
        impact, urgency = ticket.fields.get(self.impact), ticket.fields.get(self.urgency)
        if self.matrix is None or not isinstance(impact, str | int) or not isinstance(urgency, str | int):
            return None
        level = self.matrix.rows.get(impact, EMPTY).get(urgency)
        if level is None:
            return None
        return Verdict(level=level, slot="matrix", because=f"{self.impact} {impact}, {self.urgency} {urgency}")

    def _by_score(self, ticket: Ticket, view: View | None) -> Verdict | None:
        points, held = self.points(ticket, view)
        level = None if self.score is None else self.score.level_of(points)
        if level is None:
            return None
        reasons = ", ".join(f"{entry.reason or entry.condition} ({entry.weight:+})" for entry in held)
        return Verdict(level=level, slot="score", because=f"{points} points" + (f": {reasons}" if reasons else ""))

    def _by_suggestion(self, ticket: Ticket, _view: View | None) -> Verdict | None:
        wanted = self.suggestion
        if wanted is None:
            return None
        level = ticket.facts.get(wanted.fact)
        if not isinstance(level, str) or level not in self.levels:
            return None
        if not wanted.confidence:
            return Verdict(level=level, slot="suggestion", because=wanted.fact)
        sure = ticket.facts.get(wanted.confidence)
        if type(sure) is not int or sure < wanted.at_least:
            return None
        return Verdict(level=level, slot="suggestion", because=f"{wanted.fact}, {sure} % sure")


_Filler = Callable[[Priority, Ticket, View | None], Verdict | None]
_FILLERS: Final[Mapping[str, _Filler]] = {
    "manual": Priority._manual, "rules": Priority._rules, "tags": Priority._by_tags, "matrix": Priority._by_matrix,
    "score": Priority._by_score, "suggestion": Priority._by_suggestion,
}  # fmt: skip


def _rebuild(parts: dict[str, Any]) -> Priority:
    return Priority(**parts)


def _by(cause: str) -> str:
    """A cause as people say it: ``rule:shop down`` is ``rule "shop down"``, an agent's id is ``by maria``."""
    kind, colon, name = cause.partition(":")
    return f'{kind} "{name}"' if colon else f"by {cause}"


# --- checking --------------------------------------------------------------------------------------------------------


def _problems(given: Priority) -> list[Problem]:
    """What is wrong with the names and the order in *given*; its parts have checked themselves."""
    problems = _unique(given.slots, "slots", "slot")
    problems += _unknown(given.slots, "slots", "slot", SLOTS)
    if given.slots[-1:] != ("default",):
        problems.append(Problem("slots", "default is not the last slot", "it is always filled: what comes after it never shows"))
    levels = given.levels.names
    if given.default is not None and given.default not in given.levels:
        problems.append(_unknown_level("default", given.default, levels))
    problems += [_unknown_level(f"tags.{tag}", level, levels) for tag, level in given.tags.items() if level not in given.levels]
    if given.matrix is not None:
        problems += [
            _unknown_level(f"matrix.{impact}.{urgency}", level, levels)
            for impact, row in given.matrix.rows.items() for urgency, level in row.items() if level not in given.levels
        ]  # fmt: skip
    if given.score is not None:
        problems += _threshold_problems(given.score, given.levels)
    return problems + _suggestion_problems(given) + _field_problems(given)


def _unknown_level(path: str, level: object, known: Iterable[str]) -> Problem:
    return Problem(path, f"unknown level {shorten(level)}", hint_for(level, known), code="unknown-name")


def _unknown(items: Iterable[str], path: str, what: str, known: Iterable[str]) -> list[Problem]:
    return [
        Problem(f"{path}[{number}]", f"unknown {what} {shorten(item)}", hint_for(item, known), code="unknown-name")
        for number, item in enumerate(items) if item not in known
    ]  # fmt: skip


def _threshold_problems(card: ScoreCard, levels: Levels) -> list[Problem]:
    problems, last = [], -1
    for number, (_, level) in enumerate(card.thresholds):
        path = f"score.thresholds[{number}]"
        if level not in levels:
            problems.append(_unknown_level(path, level, levels.names))
        elif levels.rank(level) <= last:
            problems.append(Problem(path, f"more points give no higher level: {shorten(level)}", "levels rise with the points"))
        else:
            last = levels.rank(level)
    return problems


def _suggestion_problems(given: Priority) -> list[Problem]:
    wanted = given.suggestion
    if wanted is None:
        return []
    problems = []
    if type(wanted.at_least) is not int or not 0 <= wanted.at_least <= 100:
        problems.append(Problem("suggestion.at_least", f"{shorten(wanted.at_least)} is no percentage", "a whole number from 0 to 100"))
    if wanted.at_least and not wanted.confidence:
        problems.append(Problem("suggestion.confidence", "no fact says how sure the suggestion is", "name it, or leave at_least out"))
    if given.vocabulary is not None:
        facts = given.vocabulary.facts
        for name, fact in (("fact", wanted.fact), ("confidence", wanted.confidence)):
            if fact and fact not in facts:
                hint = hint_for(fact, facts, otherwise="declare it among the desk's facts")
                problems.append(Problem(f"suggestion.{name}", f"unknown fact {shorten(fact)}", hint, code="unknown-name"))
    return problems


def _field_problems(given: Priority) -> list[Problem]:
    """Fields of the matrix that the desk does not declare, and values that such a field cannot have."""
    if given.matrix is None or given.vocabulary is None:
        return []
    declared, problems = given.vocabulary.fields, []
    for name, values in ((given.impact, given.matrix.impacts), (given.urgency, given.matrix.urgencies)):
        kind = declared.get(name)
        if kind is None:
            hint = hint_for(name, declared, otherwise="declare it among the desk's fields")
            problems.append(Problem("matrix", f"unknown field {shorten(name)}", hint, code="unknown-name"))
        elif kind.choices:
            problems += [
                Problem(f"matrix.{name}", f"{name} has no value {shorten(value)}", hint_for(value, kind.choices), code="unknown-name")
                for value in values if value not in kind.choices
            ]  # fmt: skip
    return problems


def _ready(given: Priority, problems: list[Problem]) -> tuple[Callable[[View], bool], ...]:
    """The conditions of the score card as tests: compiled where there is a vocabulary, else by their plain meaning."""
    tests: list[Callable[[View], bool]] = []
    for number, entry in enumerate(given.score.entries if given.score is not None else ()):
        if given.vocabulary is None:
            tests.append(partial(holds, entry.condition))
            continue
        count = len(problems)
        checked = parse(entry.condition, given.vocabulary, f"score.entries[{number}].condition", problems, layer="priority")
        if len(problems) == count:
            tests.append(compiled(checked, given.vocabulary))
    return tuple(tests)
