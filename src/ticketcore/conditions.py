"""The one condition language: fields, operators, what a condition means, why it holds, and when it next becomes true.

A condition is a value of a closed union: `AllOf`, `AnyOf`, `Not`, `Test`, `Changed`, `Since`, `Until`, `InHours`, `Sla`. It is
read from plain data by `parse`, which knows the desk's names through a `Vocabulary`, or written in Python:
``field.tags.has("vip") & (field.priority >= "high")``. `holds` is its meaning; `compiled` the same as a function, made once.

What a room uses::

    Vocabulary(statuses=, levels=, metrics=, hours=, default_hours=, policies=, groups=, fields=, requester_fields=, facts=,
               regex=)
    View(vocabulary, ticket, now_us, before=None, event=None, clock=no_clock, folds=None)
    parse(data, vocabulary, path, problems, layer="rules") -> Condition       to_data(condition) -> plain data
    holds(condition, view) -> bool                 compiled(condition, vocabulary) -> Callable[[View], bool]
    Index(conditions, vocabulary): .matching(view, maybe=False) -> the numbers of those that hold, asked all at once
    explain(condition, view) -> Explanation        say(condition) -> str
    why_not(condition, view) -> WhyNot: .explanation, .ways of edits; way.apply(view) -> View
    next_rise(condition, view, after_us=None, horizon_us=None) -> Rise | None
    Timed(condition, vocabulary): .holds(view) .can_hold(view) .next_rise(view, after_us=None, horizon_us=None)
    parse_fields(data, path, problems) -> dict[str, FieldType]     parse_facts(data, path, problems) -> dict[str, Fact]
    is_timed(condition)  static_part(condition)  fields_of(condition)  names_category(condition, vocabulary, category)
    facts_needed(condition, vocabulary)

Every positive test on an empty value is false; a negated operator is exactly *not* of its positive.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, assert_never

from ticketcore._compiled import change, compiled, regexes
from ticketcore._conditions import (
    FALSE,
    TRUE,
    AllOf,
    AnyOf,
    Changed,
    Condition,
    FieldRef,
    InHours,
    Not,
    Since,
    Sla,
    Test,
    Until,
    hours,
    say_span,
    since,
    sla,
    span_of,
    until,
)  # fmt: skip
from ticketcore._conditions import fields as field
from ticketcore._edits import EDIT_KINDS, Edit
from ticketcore._explaining import Explanation, check_question, explain, say
from ticketcore._fields import (
    CATEGORIES,
    DURATION,
    FLAG,
    FOLDED,
    INSTANT,
    LAYERS,
    NAME,
    NUMBER,
    OPERATORS,
    POSITIVE,
    SLA_STATES,
    TAGS,
    TEXT,
    ClockReading,
    Fact,
    FieldSpec,
    FieldType,
    Regex,
    View,
    Vocabulary,
    is_empty,
    no_clock,
)  # fmt: skip
from ticketcore._index import Index
from ticketcore._parsing import parse, parse_facts, parse_fields, parse_type, to_data
from ticketcore._rises import (
    TWO_YEARS_US,
    First,
    Rise,
    first_of,
    in_hours,
    interval,
    is_timed,
    only_interval,
    remembering,
    rise,
    rise_of,
    static_part,
)
from ticketcore._text import LANGUAGES, LONGEST_TEXT, Folding, Glob, fold, mentions
from ticketcore._why_not import MOST_EDITS, MOST_WAYS, Way, WhyNot, why_not

__all__ = [
    "CATEGORIES",
    "DURATION",
    "EDIT_KINDS",
    "FALSE",
    "FLAG",
    "INSTANT",
    "LANGUAGES",
    "LAYERS",
    "MOST_EDITS",
    "MOST_WAYS",
    "NAME",
    "NUMBER",
    "OPERATORS",
    "SLA_STATES",
    "TAGS",
    "TEXT",
    "TRUE",
    "TWO_YEARS_US",
    "AllOf",
    "AnyOf",
    "Changed",
    "ClockReading",
    "Condition",
    "Edit",
    "Explanation",
    "Fact",
    "FieldRef",
    "FieldSpec",
    "FieldType",
    "InHours",
    "Index",
    "Not",
    "Regex",
    "Rise",
    "Since",
    "Sla",
    "Test",
    "Timed",
    "Until",
    "View",
    "Vocabulary",
    "Way",
    "WhyNot",
    "compiled",
    "explain",
    "facts_needed",
    "field",
    "fields_of",
    "fold",
    "holds",
    "hours",
    "is_timed",
    "names_category",
    "next_rise",
    "no_clock",
    "parse",
    "parse_facts",
    "parse_fields",
    "parse_type",
    "reads_clocks",
    "say",
    "say_span",
    "since",
    "sla",
    "span_of",
    "static_part",
    "to_data",
    "until",
    "why_not",
]  # fmt: skip

# --- the meaning -------------------------------------------------------------------------------------------------------


def holds(condition: Condition, view: View) -> bool:
    """The meaning of a condition, one line per form. `compiled` must agree with it (law).

    Raises `UnknownName` for a field or hours that the view's vocabulary lacks; a condition from `parse` never does.

    >>> from ticketcore import Created, Desk, Person, field
    >>> desk = Desk()
    >>> ticket = desk.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> holds(field.status == "new", desk.view(ticket)), holds(field.tags.has("vip"), desk.view(ticket))
    (True, False)
    """
    check_question(condition, view)
    match condition:
        case AllOf(parts):
            return all(holds(part, view) for part in parts)
        case AnyOf(parts):
            return any(holds(part, view) for part in parts)
        case Not(part):
            return not holds(part, view)
        case Test():
            return _test_holds(condition, view)
        case Changed():
            return change(condition, view.vocabulary.field(condition.field), view)
        case Since() | Until() | Sla():
            where = interval(condition, view)
            return where is not None and where[0] <= view.now_us < where[1]
        case InHours():
            return in_hours(condition, view, view.now_us)
        case _:
            assert_never(condition)


def _test_holds(test: Test, view: View) -> bool:
    spec, positive = view.vocabulary.field(test.field), POSITIVE.get(test.op)
    if positive is not None:
        return not _holds_of(positive, spec, test, view)
    return _holds_of(test.op, spec, test, view)


def _holds_of(op: str, spec: FieldSpec, test: Test, view: View) -> bool:
    """The meaning of a positive operator."""
    seen, value, folding = spec.read(view), test.value, test.folding
    if op == "is_set" or is_empty(seen):
        return not is_empty(seen)
    if op == "matches_regex":
        return any(found(seen[:LONGEST_TEXT]) for found in regexes(value, view.vocabulary))
    if spec.type.kind == "text" or op in FOLDED:
        return _text_holds(op, view.folded(spec, folding).text, value, folding)
    match op:
        case "is":
            return bool(seen == spec.type.bound(value))
        case "is_any":
            return seen in value
        case "has":
            return value in seen
        case "has_any":
            return any(name in seen for name in value)
        case "has_all":
            return all(name in seen for name in value)
    return _ordered(op, spec.type, seen, value)


def _text_holds(op: str, seen: str, value: Any, folding: Folding) -> bool:
    """The meaning of an operator of texts, *seen* being folded."""
    if op == "matches":
        return any(Glob(pattern, folding).matches(seen) for pattern in value) and seen != ""
    needles = [fold(item, folding) for item in ((value,) if isinstance(value, str) else value)]
    match op:
        case "is" | "is_any":
            return seen in needles
        case "contains":
            return any(needle in seen for needle in needles)
        case "starts_with":
            return any(seen.startswith(needle) for needle in needles)
        case "ends_with":
            return any(seen.endswith(needle) for needle in needles)
        case "mentions_any":
            return any(mentions(seen, needle) for needle in needles)
        case _:  # mentions_all
            return all(mentions(seen, needle) for needle in needles)


def _ordered(op: str, kind: FieldType, seen: Any, value: Any) -> bool:
    at = kind.key(seen)
    if at is None:  # a name that is not on the list has no place in its order
        return False
    match op:
        case "below":
            return bool(at < kind.key(value))
        case "above":
            return bool(at > kind.key(value))
        case "at_least":
            return bool(at >= kind.key(value))
        case "at_most":
            return bool(at <= kind.key(value))
        case _:  # between
            return bool(kind.key(value[0]) <= at <= kind.key(value[1]))


# --- time --------------------------------------------------------------------------------------------------------------


def next_rise(condition: Condition, view: View, after_us: int | None = None, horizon_us: int | None = None) -> Rise | None:
    """The first instant strictly after *after_us* (the view's instant) at which *condition* becomes true if nothing happens.

    "Becomes" means false just before and true at it. The search ends at *horizon_us*, two years ahead if not given: then the
    answer is that horizon with ``found=False``; None means never.

    >>> from ticketcore import Created, Desk, Person, since
    >>> desk = Desk()
    >>> ticket = desk.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> next_rise(since("created") >= "4h", desk.view(ticket)).at_us // 3_600_000_000
    4
    """
    check_question(condition, view)
    first = first_of(condition, lambda part: lambda at: holds(part, at))
    after = view.now_us if after_us is None else after_us
    return rise(first, lambda at: holds(condition, at), view, after, after + TWO_YEARS_US if horizon_us is None else horizon_us)


class Timed:
    """A condition made ready for a time rule: whether it holds, whether it can at any instant, and when it next becomes true.

    >>> from ticketcore import Created, Desk, Person
    >>> desk, old = Desk(), Timed(since("created") >= "4h", Desk().vocabulary)
    >>> ticket = desk.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> old.holds(desk.view(ticket)), old.next_rise(desk.view(ticket))
    (False, Rise(at_us=1970-01-01T04:00:00Z, found=True))
    >>> old.rise(desk.view(ticket), 0, 3_600_000_000)  # a horizon of an hour
    Rise(at_us=1970-01-01T01:00:00Z, found=False)
    """

    __slots__ = ("_first", "_where", "can_hold", "condition", "holds")

    def __init__(self, condition: Condition, vocabulary: Vocabulary) -> None:
        self.condition: Final = condition
        self.holds: Final = compiled(condition, vocabulary)
        self.can_hold: Final = compiled(static_part(condition), vocabulary)
        self._first: First = first_of(condition, lambda part: compiled(part, vocabulary), lambda test: remembering(test, vocabulary))
        alone = only_interval(condition)
        self._where = None if alone is None else remembering(alone, vocabulary)

    def next_rise(self, view: View, after_us: int | None = None, horizon_us: int | None = None) -> Rise | None:
        """As `ticketcore.conditions.next_rise`, the same answer sooner."""
        after = view.now_us if after_us is None else after_us
        return self.rise(view, after, after + TWO_YEARS_US if horizon_us is None else horizon_us) if self.can_hold(view) else None

    def rise(self, view: View, after_us: int, horizon_us: int) -> Rise | None:
        """`next_rise` on a ticket on which the condition can hold."""
        if self._where is not None:
            return rise_of(self._where(view), after_us, horizon_us)
        return rise(self._first, self.holds, view, after_us, horizon_us)


# --- what a condition speaks of ----------------------------------------------------------------------------------------


def _tests_in(condition: Condition) -> Iterator[Test | Changed | Since | Until | InHours | Sla]:
    match condition:
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                yield from _tests_in(part)
        case Not(part):
            yield from _tests_in(part)
        case Test() | Changed() | Since() | Until() | InHours() | Sla():
            yield condition
        case _:
            assert_never(condition)


def fields_of(condition: Condition) -> frozenset[str]:
    """The names of the fields that *condition* reads, as they are written in it.

    >>> sorted(fields_of(field.tags.has("vip") & (since("created") >= "4h")))
    ['created', 'tags']
    """
    found: set[str] = set()
    for test in _tests_in(condition):
        match test:
            case Test() | Changed():
                found.add(test.field)
            case Since() | Until():
                found.add(test.of)
            case InHours() | Sla():
                pass
            case _:
                assert_never(test)
    return frozenset(found)


def facts_needed(condition: Condition, vocabulary: Vocabulary) -> frozenset[str]:
    """The declared facts without a default that *condition* reads; a time rule may read none (step.md 2).

    >>> words = Vocabulary(facts={"queue": Fact(type=NUMBER, default=0), "mood": Fact(type=NAME, required_with=("created",))})
    >>> sorted(facts_needed((field.queue > 3) & (field.mood == "angry"), words))
    ['mood']
    """
    read = {vocabulary.field(name).name for name in fields_of(condition)}
    return frozenset(name for name, fact in vocabulary.facts.items() if fact.default is None and "facts." + name in read)


def reads_clocks(condition: Condition, vocabulary: Vocabulary) -> bool:
    """Whether *condition* reads the policy or a clock: what is decided last in a cycle.

    >>> words = Vocabulary(metrics=("first_reply",))
    >>> reads_clocks(field.tags.has("vip"), words), reads_clocks(until("sla.first_reply.due") <= "1h", words)
    (False, True)
    """
    if any(isinstance(test, Sla) for test in _tests_in(condition)):
        return True
    return any(vocabulary.field(name).layer in {"policy", "clocks"} for name in fields_of(condition))


def names_category(condition: Condition, vocabulary: Vocabulary, category: str) -> bool:
    """Whether *condition* names *category*, or a status of it, as one that a ticket may have.

    A rule with such a condition runs on closed and removed tickets too.

    >>> words = Vocabulary(statuses={"open": "open", "spam": "removed"})
    >>> names_category(field.status.is_any("open", "spam"), words, "removed"), names_category(field.status.is_("open"), words, "removed")
    (True, False)
    """
    members = {name for name, of in vocabulary.statuses.items() if of == category}
    for test in _tests_in(condition):
        if isinstance(test, Test) and test.op not in POSITIVE:
            named = test.value
        elif isinstance(test, Changed):
            named = test.to
        else:
            continue
        values = set(named) if isinstance(named, tuple) else {named}
        if (test.field == "category" and category in values) or (test.field == "status" and members & values):
            return True
    return False
