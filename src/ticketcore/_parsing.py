"""Conditions and field declarations from plain data and back; every problem is listed with its path, and nothing is raised.

Data may come from an admin or from anybody: depth, number of nodes, lists and texts are bounded, and a wrong pair of field
and operator, an unknown name or a value of another type is refused with the nearest right one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, Final, assert_never

from ticketcore._clocks import Days, Length, WorkingDays
from ticketcore._compiled import regexes
from ticketcore._conditions import (
    TRUE,
    AllOf,
    AnyOf,
    Changed,
    Condition,
    InHours,
    Not,
    Since,
    Sla,
    Test,
    Until,
    say_span,
    span_of,
)  # fmt: skip
from ticketcore._fields import (
    FOLDED,
    KINDS,
    LAYERS,
    MANY,
    ONE_OR_MANY,
    OPERATORS,
    REGEX,
    SLA_STATES,
    Fact,
    FieldSpec,
    FieldType,
    Vocabulary,
    number_of,
)  # fmt: skip
from ticketcore._names import hint
from ticketcore._text import LANGUAGES, LONGEST_NEEDLE, PLAIN_FOLDING, Folding, fold
from ticketcore._time import duration_us, from_us, iso, parse_instant, say_duration, to_timedelta, to_us
from ticketcore.errors import Problem, TicketcoreError, UnknownName, shorten
from ticketcore.model import EVENTS

MAX_DEPTH: Final = 32
MAX_NODES: Final = 10_000
MAX_LIST: Final = 10_000
MAX_LETTERS: Final = 262_144  # of all texts in a list together
MAX_PATTERNS: Final = 100  # each is tried by itself
MAX_TIMED: Final = 100  # tests of time in one condition: hours flip some thousand times in the two years of a search
MOST_DEEP: Final = 10  # places listed that are nested too deep: where parts branch, there may be thousands
MOST_HINTS: Final = 100  # suggestions worked out in one go; a mistake made more often needs no more of them

_COMBINE: Final = ("all", "any", "not")
_HEADS: Final = (*_COMBINE, "field", "changed", "since", "until", "hours", "sla")
_TIME_OPS: Final = ("at_least", "at_most", "above", "below")
_SLA_OPS: Final = ("is", "due_within", "used_at_least")
_HOURS_STATES: Final = ("open", "closed", "holiday")
_PRESENCE: Final = frozenset({"is_set", "is_empty"})
_PATTERNS: Final = frozenset({"matches", "not_matches", *REGEX})
_ABOUT_TESTS: Final = frozenset({"field", "accents", "language"})
_ALIASES: Final = {"before": "below", "after": "above"}
# What people reach for, and what the type at hand calls it.
_MEANT: Final = {
    "is": ("has", "contains"), "is_not": ("has_none", "not_contains"), "is_any": ("has_any", "is", "contains"),
    "is_none": ("has_none", "is_not"), "has": ("is", "contains"), "has_any": ("is_any", "mentions_any"),
    "has_all": ("mentions_all", "is_any"), "has_none": ("is_none", "mentions_none"), "contains": ("has", "is"),
    "not_contains": ("has_none", "is_not"), "starts_with": ("is",), "ends_with": ("is",), "matches": ("is",), "not_matches": ("is_not",),
    "matches_regex": ("is",), "not_matches_regex": ("is_not",),
    "mentions_any": ("has_any", "contains", "is_any"), "mentions_all": ("has_all", "contains"),
    "mentions_none": ("has_none", "not_contains", "is_none"), "below": ("is_not",), "above": ("is_not",), "at_least": ("is",),
    "at_most": ("is",), "between": ("is_any", "at_least"),
}  # fmt: skip
_BAD: Final = object()


def join(path: str, key: str) -> str:
    """The path of *key* within *path*."""
    return f"{path}.{key}" if path else key


def parse(data: Any, vocabulary: Vocabulary, path: str, problems: list[Problem], layer: str = "rules") -> Condition:
    """The condition that *data* says, with the names of *vocabulary*; its problems are added to *problems*.

    *data* is a table (``{field = "status", is = "open"}``), a list (all of it), or a condition made in Python. *layer* is where
    it is used, one of `LAYERS`: it may read what is set below that layer, and only ``rules`` (views and routing too) may test
    times, hours and clocks. Never raises for any plain data; what comes back is of use only when no problem was added.

    >>> problems: list[Problem] = []
    >>> words = Vocabulary(statuses={"open": "open", "resolved": "resolved"})
    >>> refused = parse({"field": "status", "is": "slved"}, words, "rules[3].when", problems)
    >>> print(problems[0])
    rules[3].when.is: unknown status 'slved'; did you mean 'resolved'?
    """
    return _Parser(vocabulary, problems, layer).condition(data, path, 1)


class _Parser:
    """One reading: where the problems go, and how much has been read."""

    def __init__(self, vocabulary: Vocabulary, problems: list[Problem], layer: str) -> None:
        self.vocabulary = vocabulary
        self.problems = problems
        self.layer = layer
        self.folding = PLAIN_FOLDING  # of the table that is being read
        self.nodes = 0
        self.deep = 0
        self.expressions = 0
        self.times = 0
        self.hints = 0

    # --- problems ----------------------------------------------------------------------------------------------------

    def refuse(self, path: str, message: str, way_out: str = "", *, code: str = "bad-value", value: Any = None) -> None:
        """Note a problem."""
        self.problems.append(Problem(path, message, way_out, code, "" if value is None else shorten(value)))

    def unknown(self, path: str, what: str, name: Any, choices: Iterable[str], otherwise: str = "") -> None:
        """Note a name that nobody knows, with the nearest one that is known."""
        self.hints += 1
        way_out = hint(name, choices, otherwise=otherwise) if self.hints <= MOST_HINTS else ""
        self.refuse(path, f"unknown {what} {shorten(name)}", way_out, code=UnknownName.code, value=name)

    # --- shape -------------------------------------------------------------------------------------------------------

    def condition(self, data: Any, path: str, depth: int) -> Condition:
        """One condition; `TRUE` in place of what cannot be read."""
        self.nodes += 1
        if self.nodes > MAX_NODES:
            if self.nodes == MAX_NODES + 1:
                self.refuse(path, f"a condition of more than {MAX_NODES} parts", "split it into several rules")
            return TRUE
        if depth > MAX_DEPTH:
            self.deep += 1
            if self.deep <= MOST_DEEP:
                self.refuse(path, f"nested deeper than {MAX_DEPTH}", "a list of parts needs no nesting")
            return TRUE
        if isinstance(data, Condition):
            return self.made_in_python(data, path, depth)
        if isinstance(data, list | tuple):
            return AllOf(self.parts(data, path, depth))
        if not isinstance(data, dict):
            message = f"a condition is a table or a list, not {type(data).__name__}"
            self.refuse(path, message, 'write { field = "status", is = "open" }', value=data)
            return TRUE
        return self.table(data, path, depth)

    def made_in_python(self, condition: Condition, path: str, depth: int) -> Condition:
        """A condition made in Python is checked as its plain data is; when nothing is wrong, its values are in the form of parsed ones."""
        match condition:
            case AllOf(parts):
                return AllOf(tuple(self.condition(part, join(path, f"all[{index}]"), depth + 1) for index, part in enumerate(parts)))
            case AnyOf(parts):
                return AnyOf(tuple(self.condition(part, join(path, f"any[{index}]"), depth + 1) for index, part in enumerate(parts)))
            case Not(part):
                return Not(self.condition(part, join(path, "not"), depth + 1))
            case _:
                return self.table(_leaf_data(condition, shown=False), path, depth)

    def parts(self, data: list[Any] | tuple[Any, ...], path: str, depth: int) -> tuple[Condition, ...]:
        """The parts of a list."""
        if not self.short_enough(data, path):
            return ()
        return tuple(self.condition(item, f"{path}[{index}]", depth + 1) for index, item in enumerate(data))

    def short_enough(self, data: list[Any] | tuple[Any, ...], path: str) -> bool:
        """Whether a list has at most `MAX_LIST` items."""
        if len(data) > MAX_LIST:
            self.refuse(path, f"a list of more than {MAX_LIST}", "split it")
        return len(data) <= MAX_LIST

    def table(self, data: dict[Any, Any], path: str, depth: int) -> Condition:
        """A table: parts to combine, or one kind of test."""
        heads = [head for head in _HEADS if head in data and not (head == "hours" and ("since" in data or "until" in data))]
        if not heads:
            if data:
                first = next(iter(data))
                self.unknown(join(path, _key(first)), "kind of condition", first, _HEADS)
            else:
                self.refuse(path, "an empty condition", "to let everything through write all = []")
            return TRUE
        if all(head in _COMBINE for head in heads):
            self.only(data, path, heads)
            found = [self.combined(head, data[head], join(path, head), depth) for head in heads]
            return found[0] if len(found) == 1 else AllOf(tuple(found))
        if len(heads) > 1:
            self.refuse(path, f"one table holds one test, not both {heads[0]!r} and {heads[1]!r}", "put them into a list")
            return TRUE
        match heads[0]:
            case "field":
                found = self.field_tests(data, path)
            case "changed":
                found = [self.changed(data, path)]
            case "since" | "until":
                found = self.time_tests(Since if heads[0] == "since" else Until, data, path)
            case "hours":
                found = [self.hours(data, path)]
            case _:
                found = self.sla_tests(data, path)
        return found[0] if len(found) == 1 else AllOf(tuple(found))

    def combined(self, head: str, data: Any, path: str, depth: int) -> Condition:
        """What stands under all, any or not."""
        if head == "not":
            return Not(self.condition(data, path, depth + 1))
        if not isinstance(data, list | tuple):
            self.refuse(path, f"a list of conditions is wanted, not {type(data).__name__}", "put it in brackets", value=data)
            return TRUE
        kind = AllOf if head == "all" else AnyOf
        return kind(self.parts(data, path, depth))

    def only(self, data: dict[Any, Any], path: str, known: Iterable[str]) -> None:
        """Refuse keys that are not *known*."""
        allowed = list(known)
        for key in data:
            if key not in allowed:
                self.unknown(join(path, _key(key)), "key", key, allowed)

    # --- fields ------------------------------------------------------------------------------------------------------

    def spec(self, name: Any, path: str) -> FieldSpec | None:
        """The field of that name, if it may be read here."""
        found = self.vocabulary.specs.get(name) if isinstance(name, str) else None
        if found is None:
            self.unknown(path, "field", name, self.vocabulary.specs, "declare it among the desk's fields or facts")
            return None
        if LAYERS.index(found.layer) >= LAYERS.index(self.layer):
            way_out = f"a condition in the layer {self.layer!r} reads what is set below it"
            self.refuse(path, f"{name!r} is set by {found.layer} and cannot be read here", way_out, code="wrong-layer", value=name)
            return None
        return found

    def field_tests(self, data: dict[Any, Any], path: str) -> list[Condition]:
        """The tests of ``{field = ..., <operator> = ...}``, one for each operator."""
        spec = self.spec(data["field"], join(path, "field"))
        if spec is None:
            return [TRUE]
        found: list[Condition] = []
        operators = OPERATORS[spec.type.kind]
        self.folding = self.options(data, path)
        for key, value in data.items():
            if key in _ABOUT_TESTS:
                continue
            op = _ALIASES.get(key, key) if isinstance(key, str) else key
            at = join(path, _key(key))
            if op not in operators:
                self.wrong_operator(spec, op, at)
                continue
            parsed = self.test(spec, data["field"], op, value, at)
            if parsed is not None:
                found.append(parsed)
        if data.keys() <= _ABOUT_TESTS:
            self.refuse(path, f"nothing is said about {spec.name!r}", "add one of " + ", ".join(operators))
        return found or [TRUE]

    def options(self, data: dict[Any, Any], path: str) -> Folding:
        """How the texts of a table of tests are folded."""
        accents, language = data.get("accents", False), data.get("language", "")
        if not isinstance(accents, bool):
            self.refuse(join(path, "accents"), f"true or false is wanted, not {type(accents).__name__}", value=accents)
            accents = False
        if language not in ("", *LANGUAGES):
            way_out = "leave it out: only Turkish (tr) and Azeri (az) have letters of their own kind of case"
            self.refuse(join(path, "language"), f"unknown language {_named(language)}", way_out, code=UnknownName.code, value=language)
            language = ""
        return Folding(accents, language) if accents or language else PLAIN_FOLDING

    def wrong_operator(self, spec: FieldSpec, op: Any, path: str) -> None:
        """Refuse an operator that the type of the field has not, with the one that is meant."""
        operators = OPERATORS[spec.type.kind]
        if not isinstance(op, str) or not any(op in known for known in OPERATORS.values()):
            self.unknown(path, "operator", op, operators)
            return
        likely = _MEANT.get(op, ())
        if spec.type.kind == "text":  # a text has both "is" and "contains": the latter is meant
            likely = likely[::-1]
        meant = next((other for other in likely if other in operators), None)
        way_out = f"did you mean {meant!r}?" if meant else "it has " + ", ".join(operators)
        self.refuse(path, f"{spec.name!r} is {KINDS[spec.type.kind]} and has no {op!r}", way_out, code="wrong-operator", value=op)

    def test(self, spec: FieldSpec, name: str, op: str, value: Any, path: str) -> Test | None:
        """One test with its value in the right form, under the name the field was called by."""
        folding = self.folding
        if folding is not PLAIN_FOLDING and (op in _PRESENCE or op in REGEX or not (op in FOLDED or spec.type.kind == "text")):
            self.refuse(path, f"accents and language are for the comparison of texts, not for {op!r}", "leave them out", value=op)
            return None
        if op in _PRESENCE:
            if not isinstance(value, bool):
                self.refuse(path, f"true or false is wanted, not {type(value).__name__}", value=value)
                return None
            return Test(name, op if value else "is_empty" if op == "is_set" else "is_set")
        if op not in MANY and not (op in ONE_OR_MANY and isinstance(value, list | tuple)):
            parsed = self.value(spec.type, op, value, path)
            return None if parsed is _BAD else Test(name, op, parsed, folding.accents, folding.language)
        if not isinstance(value, list | tuple):
            self.refuse(path, f"a list is wanted, not {type(value).__name__}", "put it in brackets", value=value)
            return None
        if not value or (op == "between" and len(value) != 2):
            self.refuse(path, "two bounds are wanted" if op == "between" else "an empty list", "", value=value)
            return None
        if not self.short_enough(value, path) or not self.few_letters(op, value, path):
            return None
        items = [self.value(spec.type, op, item, f"{path}[{index}]") for index, item in enumerate(value)]
        if any(item is _BAD for item in items):
            return None
        if op == "between" and spec.type.key(items[0]) > spec.type.key(items[1]):
            self.refuse(path, "the lower bound comes first", "turn them round", value=value)
            return None
        return Test(name, op, tuple(items), folding.accents, folding.language)

    def few_letters(self, op: str, value: list[Any] | tuple[Any, ...], path: str) -> bool:
        """Whether a list of texts is short enough to be made ready as a whole."""
        most = MAX_PATTERNS if op in _PATTERNS else MAX_LIST
        if len(value) > most:
            self.refuse(path, f"more than {most} patterns", "words and phrases may be many more: mentions_any, contains")
        elif sum(len(item) for item in value if isinstance(item, str)) > MAX_LETTERS:
            self.refuse(path, f"a list of more than {MAX_LETTERS} characters", "split it")
        else:
            return True
        return False

    def value(self, kind: FieldType, op: str, value: Any, path: str) -> Any:
        """One value in the form in which a condition keeps it; `_BAD` after noting a problem."""
        if op in ONE_OR_MANY or op.startswith("mentions") or kind.kind in {"text", "name", "set", "choice", "ordered"}:
            return self.text(kind, op, value, path)
        try:
            parsed = _VALUES[kind.kind](value)
        except TicketcoreError as error:
            self.refuse(path, error.message, error.hint, code=error.code, value=value)
            return _BAD
        if parsed is None:
            self.refuse(path, f"{KINDS[kind.kind]} is wanted, not {_named(value)}", value=value)
            return _BAD
        return parsed

    def text(self, kind: FieldType, op: str, value: Any, path: str) -> Any:
        """A text, or a name from the list of the type."""
        if not isinstance(value, str):
            self.refuse(path, f"{'a text' if kind.kind == 'text' else 'a name'} is wanted, not {_named(value)}", value=value)
            return _BAD
        if kind.choices or kind.kind in {"choice", "ordered"}:
            if value not in kind.choices:
                self.unknown(path, kind.what, value, kind.choices, "" if kind.choices else f"this desk has no {kind.what}")
                return _BAD
            return value
        if len(value) > LONGEST_NEEDLE:
            self.refuse(path, f"a text of more than {LONGEST_NEEDLE} characters", value=value)
            return _BAD
        if not (value if op in _PATTERNS else fold(value, self.folding)):
            self.refuse(path, "a blank text", 'to ask for an empty field write "is_empty = true"', value=value)
            return _BAD
        return self.regex(value, path) if op in REGEX else value

    def regex(self, pattern: str, path: str) -> Any:
        """A regular expression that the matcher of the desk can read."""
        self.expressions += 1
        if self.expressions > MAX_PATTERNS:
            if self.expressions == MAX_PATTERNS + 1:
                self.refuse(path, f"more than {MAX_PATTERNS} regular expressions in one condition", "join them with |")
            return _BAD
        try:
            regexes((pattern,), self.vocabulary)
        except TicketcoreError as error:
            self.refuse(path, error.message, error.hint, code=error.code, value=pattern)
            return _BAD
        return pattern

    # --- change, time, hours, clocks -----------------------------------------------------------------------------------

    def changed(self, data: dict[Any, Any], path: str) -> Condition:
        """``{changed = "priority", from = "low", to = "high"}``."""
        self.only(data, path, ("changed", "from", "to"))
        spec = self.spec(data["changed"], join(path, "changed"))
        if spec is None:
            return TRUE
        if not spec.changes:
            self.refuse(join(path, "changed"), f"{spec.name!r} has no value before the event", "test it with an operator", value=spec.name)
            return TRUE
        found = {key: self.value(spec.type, "is", data[key], join(path, key)) for key in ("from", "to") if data.get(key) is not None}
        return TRUE if _BAD in found.values() else Changed(data["changed"], found.get("from"), found.get("to"))

    def timed(self, what: str, path: str) -> None:
        """Refuse a time test outside the rules, and more of them than a search can go through."""
        self.times += 1
        if self.times == MAX_TIMED + 1:
            self.refuse(path, f"more than {MAX_TIMED} tests of time, hours and clocks in one condition", "split it into several rules")
        if self.layer != "rules":
            message = f"{what} cannot be tested in the layer {self.layer!r}"
            self.refuse(path, message, "use it in rules, views or routing", code="wrong-layer")

    def time_tests(self, kind: type[Since | Until], data: dict[Any, Any], path: str) -> list[Condition]:
        """``{since = "created", at_least = "4h", hours = "support"}``, one test for each operator."""
        head = "since" if kind is Since else "until"
        self.timed("time", join(path, head))
        self.only(data, path, (head, "hours", *_TIME_OPS))
        spec = self.spec(data[head], join(path, head))
        if spec is not None and spec.type.kind != "instant":
            instants = [name for name, other in self.vocabulary.specs.items() if other.type.kind == "instant"]
            message = f"{spec.name!r} is {KINDS[spec.type.kind]}, no instant"
            self.refuse(join(path, head), message, hint(spec.name, instants), code="wrong-operator")
            spec = None
        hours = data.get("hours")
        if hours is not None:
            self.known_hours(hours, join(path, "hours"))
        spans = [(op, self.span(kind, data[op], hours, join(path, op))) for op in _TIME_OPS if op in data]
        if not spans:
            self.refuse(path, "no length of time is given", "add " + ", ".join(_TIME_OPS))
        return [kind(data[head], op, span, hours) for op, span in spans if spec is not None and span is not None] or [TRUE]

    def span(self, kind: type[Since | Until], value: Any, hours: Any, path: str) -> Length | Days | WorkingDays | None:
        """A span; open time where hours are named."""
        try:
            span = span_of(value, business=hours is not None)
        except TicketcoreError as error:
            self.refuse(path, error.message, error.hint, code=error.code, value=value)
            return None
        if isinstance(span, Length) and span.calendar and hours is not None:
            self.refuse(path, "hours are named, but all time is to count", 'leave out "hours" or "calendar"', value=value)
        elif isinstance(span, WorkingDays) and span.end_of_day and kind is Until:
            self.refuse(path, "the end of a day is counted forward only", 'leave out "end of day"', value=value)
        else:
            return span
        return None

    def known_hours(self, name: Any, path: str) -> None:
        """Refuse hours that the desk has not."""
        if not isinstance(name, str) or name not in self.vocabulary.hours:
            self.unknown(path, "hours", name, self.vocabulary.hours, "declare them under hours")

    def hours(self, data: dict[Any, Any], path: str) -> Condition:
        """``{hours = "support", is = "open"}``."""
        self.timed("hours", join(path, "hours"))
        self.only(data, path, ("hours", "is"))
        self.known_hours(data["hours"], join(path, "hours"))
        state = data.get("is")
        if state not in _HOURS_STATES:
            self.unknown(join(path, "is"), "state of hours", state, _HOURS_STATES)
            return TRUE
        return InHours(data["hours"], state)

    def sla_tests(self, data: dict[Any, Any], path: str) -> list[Condition]:
        """``{sla = "first_reply", is = "breached"}``, one test for each operator."""
        metric = data["sla"]
        self.timed("a clock", join(path, "sla"))
        self.only(data, path, ("sla", *_SLA_OPS))
        if not isinstance(metric, str) or metric not in self.vocabulary.metrics:
            self.unknown(join(path, "sla"), "metric", metric, self.vocabulary.metrics, "declare it under metrics")
        values = [(op, self.sla_value(op, data[op], join(path, op))) for op in _SLA_OPS if op in data]
        if not values:
            self.refuse(path, "nothing is said about this clock", "add " + ", ".join(_SLA_OPS))
        return [Sla(metric, op, value) for op, value in values if value is not _BAD] or [TRUE]

    def sla_value(self, op: str, value: Any, path: str) -> Any:
        """The state, span or percentage of an SLA test."""
        if op == "is":
            if value in SLA_STATES:
                return value
            self.unknown(path, "state of a clock", value, SLA_STATES)
        elif op == "used_at_least":
            if type(value) is int and 0 <= value <= 1000:
                return value
            self.refuse(path, f"a percentage from 0 to 1000 is wanted, not {_named(value)}", value=value)
        else:
            try:
                return to_timedelta(duration_us(value))
            except TicketcoreError as error:
                self.refuse(path, error.message, error.hint, code=error.code, value=value)
        return _BAD


def _key(name: Any) -> str:
    """A key as part of a path."""
    return name[:64] if isinstance(name, str) else shorten(name)


def _named(value: Any) -> str:
    return shorten(value) if isinstance(value, str | int | float) else type(value).__name__


def _instant_value(value: Any) -> Any:
    if isinstance(value, str):
        return from_us(parse_instant(value))
    return from_us(to_us(value)) if isinstance(value, datetime) else None


_VALUES: Final[dict[str, Callable[[Any], Any]]] = {
    "number": number_of, "instant": _instant_value,
    "duration": lambda value: to_timedelta(duration_us(value)) if isinstance(value, str | timedelta) else None,
    "flag": lambda value: value if isinstance(value, bool) else None,
}  # fmt: skip


# --- to plain data -----------------------------------------------------------------------------------------------------


def to_data(condition: Condition) -> dict[str, Any]:
    """*condition* as plain data (tables, lists, texts, numbers) that `parse` reads back.

    >>> to_data(Not(Test("tags", "has", "vip")))
    {'not': {'field': 'tags', 'has': 'vip'}}
    """
    match condition:
        case AllOf(parts):
            return {"all": [to_data(part) for part in parts]}
        case AnyOf(parts):
            return {"any": [to_data(part) for part in parts]}
        case Not(part):
            return {"not": to_data(part)}
        case _:
            return _leaf_data(condition)


def _leaf_data(condition: Test | Changed | Since | Until | InHours | Sla, *, shown: bool = True) -> dict[str, Any]:
    """A test as a table; not *shown*: with its values as they are, for `parse` to judge."""
    write: Callable[[Any], Any] = _plain_value if shown else lambda value: value
    match condition:
        case Test(name, op, value):
            if op in _PRESENCE:
                value = True
            elif op in ONE_OR_MANY and isinstance(value, tuple) and len(value) == 1:
                value = value[0]
            options = {"accents": condition.accents, "language": condition.language}
            return {"field": name, op: write(value), **{key: option for key, option in options.items() if option}}
        case Changed(name, was, to):
            given = {"from": was, "to": to}
            return {"changed": name, **{key: write(value) for key, value in given.items() if value is not None}}
        case Since(of, op, span, hours) | Until(of, op, span, hours):
            head = "since" if isinstance(condition, Since) else "until"
            data = {head: of, op: say_span(span, business=hours is not None) if shown else span}
            return data if hours is None else {**data, "hours": hours}
        case InHours(hours, state):
            return {"hours": hours, "is": state}
        case Sla(metric, op, value):
            return {"sla": metric, op: write(value)}
        case _:
            assert_never(condition)


def _plain_value(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain_value(item) for item in value]
    if isinstance(value, datetime):
        return iso(to_us(value))
    return say_duration(duration_us(value)) if isinstance(value, timedelta) else value


# --- declarations ------------------------------------------------------------------------------------------------------

_TYPES: Final = ("text", "name", "number", "flag", "instant", "duration", "set", "choice")
_TYPE_HINT: Final = 'write "text" or { type = "choice", choices = ["low", "high"], ordered = true }'


def parse_type(data: Any, path: str, problems: list[Problem]) -> FieldType:
    """The type of a declared field; problems are added to *problems*.

    It is a name (``"number"``), or a table with ``type``, ``choices`` and ``ordered``; a bare list is a choice. A set may have
    choices too.

    >>> parse_type(["web", "shop"], "fields.site", []).choices
    ('web', 'shop')
    """
    parser = _Parser(_NO_NAMES, problems, "rules")
    if isinstance(data, str):
        data = {"type": data}
    elif isinstance(data, list | tuple):
        data = {"type": "choice", "choices": data}
    if not isinstance(data, dict):
        parser.refuse(path, f"a type is a name or a table, not {type(data).__name__}", _TYPE_HINT, value=data)
        return FieldType(kind="text")
    parser.only(data, path, ("type", "choices", "ordered"))
    kind = data.get("type", "choice" if "choices" in data else None)
    if kind not in _TYPES:
        parser.unknown(join(path, "type"), "type", kind, _TYPES, _TYPE_HINT)
        return FieldType(kind="text")
    ordered = data.get("ordered", False)
    if not isinstance(ordered, bool) or (ordered and kind != "choice"):
        parser.refuse(join(path, "ordered"), "only a choice can be ordered: true or false", value=ordered)
    choices = _choices(parser, kind, data.get("choices"), join(path, "choices"))
    return FieldType(kind="ordered" if ordered is True and kind == "choice" else kind, choices=choices)


def _choices(parser: _Parser, kind: str, data: Any, path: str) -> tuple[str, ...]:
    if data is None and kind != "choice":
        return ()
    if kind not in {"choice", "set"}:
        parser.refuse(path, f"a {kind} has no choices", "leave them out, or make it a choice")
    elif not isinstance(data, list | tuple) or not data:
        parser.refuse(path, f"a list of names is wanted, not {shorten(data)}", _TYPE_HINT, value=data)
    elif parser.short_enough(data, path):
        wrong = [index for index, name in enumerate(data) if not isinstance(name, str) or not name or len(name) > LONGEST_NEEDLE]
        for index in wrong:
            parser.refuse(f"{path}[{index}]", f"a name is wanted, not {_named(data[index])}", value=data[index])
        if not wrong and len(set(data)) < len(data):
            parser.refuse(path, "a name is listed twice", value=data)
        elif not wrong:
            return tuple(data)
    return ()


def parse_fields(data: Any, path: str, problems: list[Problem]) -> dict[str, FieldType]:
    """Declared fields: a table of names and types. What is wrong is added to *problems*, each with its place under *path*.

    >>> problems = []
    >>> parse_fields({"impact": {"type": "choice", "choices": ["one", "all"]}, "status": "text"}, "fields", problems)["impact"].choices
    ('one', 'all')
    >>> [str(problem) for problem in problems]
    ["fields.status: every ticket has a field 'status'; choose another name"]
    """
    return {name: parse_type(kind, join(path, name), problems) for name, kind in _declarations(data, path, problems)}


def parse_facts(data: Any, path: str, problems: list[Problem]) -> dict[str, Fact]:
    """Declared facts: a table of names and types, each with ``default`` or ``required_with`` (kinds of events). Problems as `parse_fields`.

    >>> problems = []
    >>> parse_facts({"queue": {"type": "number", "default": 0}, "mood": {"type": "text"}}, "facts", problems)["queue"].default
    0
    >>> [str(problem) for problem in problems]
    ['facts.mood: a fact needs a default or required_with; write { type = "number", default = 0 }']
    """
    return {name: _fact(item, join(path, name), problems) for name, item in _declarations(data, path, problems)}


def _fact(data: Any, path: str, problems: list[Problem]) -> Fact:
    parser = _Parser(_NO_NAMES, problems, "rules")
    if not isinstance(data, dict):
        parser.refuse(path, f"a fact is a table, not {type(data).__name__}", 'write { type = "number", default = 0 }', value=data)
        return Fact(type=FieldType(kind="text"))
    kind = parse_type({key: value for key, value in data.items() if key not in {"default", "required_with"}}, path, problems)
    default, required = data.get("default"), data.get("required_with", ())
    if default is not None:
        try:
            default = kind.stored(default)
        except TicketcoreError as error:
            parser.refuse(join(path, "default"), error.message, error.hint, value=default)
    if not isinstance(required, list | tuple):
        parser.refuse(join(path, "required_with"), "a list of event kinds is wanted", "put it in brackets", value=required)
        required = ()
    for index, name in enumerate(required):
        if not isinstance(name, str) or name not in EVENTS:
            parser.unknown(f"{join(path, 'required_with')}[{index}]", "event kind", name, EVENTS)
    if default is None and not required:
        parser.refuse(path, "a fact needs a default or required_with", 'write { type = "number", default = 0 }')
    return Fact(type=kind, default=default, required_with=tuple(name for name in required if isinstance(name, str)))


def _declarations(data: Any, path: str, problems: list[Problem]) -> list[tuple[str, Any]]:
    """The entries of a table of declarations whose names can be used."""
    parser = _Parser(_NO_NAMES, problems, "rules")
    if not isinstance(data, dict):
        parser.refuse(path, f"a table of names is wanted, not {type(data).__name__}", value=data)
        return []
    if len(data) > MAX_LIST:
        parser.refuse(path, f"more than {MAX_LIST} names")
        return []
    found: list[tuple[str, Any]] = []
    for name, item in data.items():
        problem = name_problem(name, path)
        if problem is None:
            found.append((name, item))
        else:
            problems.append(problem)
    return found


def name_problem(name: object, path: str) -> Problem | None:
    """Why nothing can be declared by this name in the table at *path*; None if it can."""
    if not isinstance(name, str) or not 0 < len(name) <= 64 or "." in name or any(char.isspace() for char in name):
        text = "a name of at most 64 characters without dots and blanks is wanted"
        return Problem(join(path, _key(name)), text, value=shorten(name))
    if name in _NO_NAMES.specs:
        return Problem(join(path, name), f"every ticket has a field {name!r}", "choose another name", value=shorten(name))
    return None


_NO_NAMES: Final = Vocabulary()
