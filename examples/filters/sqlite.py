"""Filters of a desk as SQL for SQLite: a table with a column for each field that a ticket has, and a filter as a query on it.

    columns = Columns(desk)
    database.execute(columns.create("tickets"))
    database.execute(columns.put("tickets"), columns.row(ticket))          # in the transaction that saves a step
    query = columns.query("tickets", desk.filter("mine"), now)
    ids = [name for (name,) in database.execute(query.sql, query.values)]

What a table cannot know (business hours, shares of a promise, where words end) is refused by name: `Untranslatable` lists every such
part, and nothing is left out in silence. tests/test_filters.py holds the answers equal to those of `Desk.select`.
"""

from __future__ import annotations

import json
from calendar import timegm
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from attrs import field, frozen

from ticketcore import Desk, Ticket
from ticketcore.conditions import AllOf, AnyOf, Changed, Condition, FieldSpec, InHours, Not, Since, Sla, Test, Until, fold, say
from ticketcore.model import Length
from ticketcore.routing import Age, Due, Filter, First, HeadStart, Order, Priority, Term, Waiting

POSITIVE: Final = {
    "is_not": "is", "is_none": "is_any", "has_none": "has_any", "not_contains": "contains", "is_empty": "is_set",
}  # a negated operator is exactly `not` of its positive  # fmt: skip
COMPARED: Final = {"below": "<", "above": ">", "at_least": ">=", "at_most": "<="}
TYPES: Final = {"number": "NUMERIC", "duration": "INTEGER", "instant": "INTEGER", "flag": "INTEGER"}
FOLDED: Final = "~"  # ends the name of a column that holds a text folded, as conditions compare it
NEVER: Final = 1 << 62  # later than every instant: who has none comes last

Values = dict[str, Any]


class Untranslatable(ValueError):
    """A filter says something that this table cannot answer; ``parts`` names each with its place."""

    def __init__(self, name: str, parts: Sequence[str]) -> None:
        super().__init__(f"the filter {name!r} cannot be a query: " + "; ".join(parts))
        self.parts = tuple(parts)


@frozen
class Query:
    """The text of a query and the values it takes."""

    sql: str
    values: Values = field(factory=dict)


def us(at: datetime) -> int:
    """An instant in microseconds since 1970, as the table holds it."""
    return timegm(at.utctimetuple()) * 1_000_000 + at.microsecond


def quoted(name: str) -> str:
    """A name of a table or column as SQL takes it."""
    return '"' + name.replace('"', '""') + '"'


def stored(value: Any) -> Any:
    """A value as a column holds it: NULL for an empty one, a set as JSON."""
    if value is None or value == frozenset() or (isinstance(value, str) and not value.strip()):
        return None
    return json.dumps(sorted(value), ensure_ascii=False) if isinstance(value, frozenset) else value


class Columns:
    """The columns of a table of a desk's tickets, and what a filter asks of them. Empty values are NULL."""

    def __init__(self, desk: Desk) -> None:
        self.desk: Final = desk
        specs = desk.vocabulary.specs.values()
        self.specs: Final[Mapping[str, FieldSpec]] = {spec.name: spec for spec in specs if not spec.name.startswith("event.")}
        self.kinds: Final[dict[str, str]] = {}
        for name, spec in self.specs.items():
            self.kinds[name] = TYPES.get(spec.type.kind, "TEXT")
            if spec.type.kind in ("text", "name"):
                self.kinds[name + FOLDED] = "TEXT"
        for metric in desk.metrics:
            self.kinds.update({f"sla.{metric}.state": "TEXT", f"sla.{metric}.open": "INTEGER"})

    def create(self, table: str) -> str:
        """The statement that makes the table."""
        columns = [f"{quoted(name)} {kind}" + (" PRIMARY KEY" if name == "id" else "") for name, kind in self.kinds.items()]
        return f"CREATE TABLE {quoted(table)} ({', '.join(columns)})"

    def put(self, table: str) -> str:
        """The statement that puts a ticket in, in place of an earlier version of it."""
        return f"INSERT OR REPLACE INTO {quoted(table)} VALUES ({', '.join('?' * len(self.kinds))})"  # noqa: S608 - only marks

    def row(self, ticket: Ticket) -> list[Any]:
        """The values of a ticket, in the order of the columns. They change only when something happens to the ticket."""
        view = self.desk.view(ticket)
        found: dict[str, Any] = dict.fromkeys(self.kinds)
        for name, spec in self.specs.items():
            value = found[name] = stored(spec.read(view))
            if name + FOLDED in found and value is not None:
                found[name + FOLDED] = fold(value)
        for metric in self.desk.metrics:
            reading = view.clock(metric)
            if reading is not None:
                state = reading.state
                if state == "breached" and reading.due_us is not None:  # from due on; which it is depends on the instant of the query
                    state = "running" if reading.is_running else "paused"
                found |= {f"sla.{metric}.state": state, f"sla.{metric}.open": int(reading.is_open)}
        return list(found.values())

    def query(self, table: str, one: Filter, now: datetime, *, limit: int | None = None) -> Query:
        """The ids that a filter picks at an instant, in its order, as a query. Raises `Untranslatable`."""
        asked = _Asked(self, us(now))
        where = asked.condition(one.when, "when")
        by = [*asked.order(one.order), "id"]
        if asked.refused:
            raise Untranslatable(one.name, asked.refused)
        sql = f"SELECT id FROM {quoted(table)} WHERE {where} ORDER BY {', '.join(by)}"  # noqa: S608 - values are bound
        return Query(sql if limit is None else f"{sql} LIMIT {int(limit)}", asked.values)


class _Asked:
    """One translation: the values bound so far, and what cannot be translated."""

    def __init__(self, columns: Columns, now_us: int) -> None:
        self.columns, self.now_us = columns, now_us
        self.values: Values = {}
        self.refused: list[str] = []

    def bind(self, value: Any) -> str:
        """A value by its mark; a list as JSON, for ``json_each``."""
        mark = f"v{len(self.values)}"
        self.values[mark] = json.dumps(list(value), ensure_ascii=False) if isinstance(value, tuple) else value
        return ":" + mark

    def refuse(self, path: str, condition: Condition, why: str) -> str:
        self.refused.append(f"{path}: {say(condition)}: {why}")
        return "0"

    # --- conditions ------------------------------------------------------------------------------------------------------

    def condition(self, condition: Condition, path: str) -> str:
        """The condition as an expression that is 0 or 1, never NULL."""
        match condition:
            case AllOf(parts):
                return joined("AND", [self.condition(part, f"{path}.all[{number}]") for number, part in enumerate(parts)])
            case AnyOf(parts):
                return joined("OR", [self.condition(part, f"{path}.any[{number}]") for number, part in enumerate(parts)])
            case Not(part):
                return f"NOT {self.condition(part, f'{path}.not')}"
            case Test():
                return self.test(condition, path)
            case Since() | Until():
                return self.span(condition, path)
            case Sla():
                return self.clock(condition, path)
            case Changed():
                return "0"  # nothing has just happened
            case InHours():
                return self.refuse(path, condition, "a table knows no business hours")

    def test(self, test: Test, path: str) -> str:
        """A field compared with a value; a negated operator is NOT of its positive."""
        positive = POSITIVE.get(test.op, test.op)
        spec = self.columns.specs.get(self.columns.desk.vocabulary.field(test.field).name)
        answer = "NULL" if spec is None else self.positive(test, positive, spec, path)  # of what just happened, nothing did
        return f"{'NOT ' if positive != test.op else ''}coalesce({answer}, 0)"

    def positive(self, test: Test, op: str, spec: FieldSpec, path: str) -> str:
        """A positive operator on the columns of a field."""
        column, value, kind = quoted(spec.name), test.value, spec.type.kind
        searched = op in ("contains", "starts_with", "ends_with")
        if op == "is_set":
            return f"{column} IS NOT NULL"
        if (kind == "text" or searched) and (test.accents or test.language):
            return self.refuse(path, test, "the table holds texts folded without accents and languages")
        if kind == "text" or searched:
            column, value = quoted(spec.name + FOLDED), fold(value) if isinstance(value, str) else tuple(map(fold, value))
        if kind == "ordered" and op in (*COMPARED, "between"):
            return self.among(column, tuple(name for name in spec.type.choices if within(spec.type.key(name), op, value, spec.type.key)))
        if op == "between":
            return f"{column} BETWEEN {self.bind(spec.type.key(value[0]))} AND {self.bind(spec.type.key(value[1]))}"
        if op in COMPARED:
            return f"{column} {COMPARED[op]} {self.bind(spec.type.key(value))}"
        ask = ASKED.get(op)
        return self.refuse(path, test, "a table knows no words and patterns") if ask is None else ask(self, column, spec.type.bound(value))

    def among(self, column: str, values: tuple[Any, ...]) -> str:
        return f"{column} IN (SELECT value FROM json_each({self.bind(values)}))"  # noqa: S608 - values are bound

    def span(self, test: Since | Until, path: str) -> str:
        """The time since or until an instant, as a bound on its column; only time that always counts can be told so."""
        if not isinstance(test.span, Length) or not test.span.calendar:
            return self.refuse(path, test, "a table knows no business time")
        column, now, span = quoted(self.columns.desk.vocabulary.field(test.of).name), self.now_us, test.span.us
        if isinstance(test, Since):
            passed = f"{column} <= {self.bind(now)} AND {self.bind(now)} - {column}"
        else:
            passed = f"{column} >= {self.bind(now)} AND {column} - {self.bind(now)}"
        return f"coalesce({passed} {COMPARED[test.op]} {self.bind(span)}, 0)"

    def clock(self, test: Sla, path: str) -> str:
        """The state of a clock: a breach is a due instant that has passed."""
        due, state, is_open = (quoted(f"sla.{test.metric}.{what}") for what in ("due", "state", "open"))
        now = self.bind(self.now_us)
        if test.op == "due_within":
            return f"coalesce({is_open} AND {due} > {now} AND {due} - {now} <= {self.bind(test.value // timedelta(microseconds=1))}, 0)"
        if test.op != "is":
            return self.refuse(path, test, "a table knows no shares of a promise")
        still = f"({state} = {self.bind(test.value)})"
        breached = f"{due} <= {now}" if test.value == "breached" else f"{due} > {now} AND {still}"
        return f"coalesce(CASE WHEN {is_open} AND {due} IS NOT NULL THEN {breached} ELSE {still} END, 0)"

    # --- orders ----------------------------------------------------------------------------------------------------------

    def order(self, order: Order) -> Iterator[str]:
        """The terms of an order as what to sort by."""
        for number, term in enumerate(order.terms):
            yield self.term(term, f"order[{number}]")

    def term(self, term: Term, path: str) -> str:
        """One term: the smaller, the sooner."""
        match term:
            case Due(metric=metric):
                dues = [self.due(name) for name in self.columns.desk.metrics if name == (metric or name)]
                return f"min({', '.join([str(NEVER), *dues])})" if dues else "0"
            case Priority(levels=levels):
                return self.by_level({level: place for place, level in enumerate(reversed(levels))}, len(levels))
            case Waiting():
                return f"coalesce(waiting_since, {NEVER})"
            case Age():
                return "created"
            case HeadStart(starts_us=starts, since=since):
                came = "created" if since == "age" else "waiting_since"
                return f"coalesce({came} - {self.by_level(starts, 0)}, {NEVER})"
            case First(when=when):
                if callable(when):
                    self.refused.append(f"{path}: a function decides which come first")
                    return "0"
                return f"CASE WHEN {self.condition(when, f'{path}.when')} THEN 0 ELSE 1 END"

    def due(self, metric: str) -> str:
        return f"CASE WHEN {quoted(f'sla.{metric}.open')} THEN coalesce({quoted(f'sla.{metric}.due')}, {NEVER}) ELSE {NEVER} END"

    def by_level(self, numbers: Mapping[str, int], otherwise: int) -> str:
        cases = "".join(f" WHEN {self.bind(level)} THEN {number}" for level, number in numbers.items())
        return f"CASE priority{cases} ELSE {otherwise} END" if cases else str(otherwise)


def within(rank: int, op: str, value: Any, key: Callable[[Any], int]) -> bool:
    """Whether a name's place in an ordered list is on the right side of those that are named."""
    if op == "between":
        return key(value[0]) <= rank <= key(value[1])
    bound = key(value)
    return {"<": rank < bound, ">": rank > bound, "<=": rank <= bound, ">=": rank >= bound}[COMPARED[op]]


def joined(word: str, parts: Sequence[str]) -> str:
    """The parts joined by AND or OR, as a tree that is no deeper than it must be: SQLite bounds the depth."""
    if len(parts) < 2:
        return parts[0] if parts else "1" if word == "AND" else "0"
    middle = len(parts) // 2
    return f"({joined(word, parts[:middle])} {word} {joined(word, parts[middle:])})"


def _each(asked: _Asked, values: Any, expression: str) -> str:
    """Some of *values* fit the expression, in which ``value`` is each."""
    return f"EXISTS (SELECT 1 FROM json_each({asked.bind(values)}) WHERE {expression})"  # noqa: S608 - values are bound


def _has_all(asked: _Asked, column: str, values: Any) -> str:
    lacking = f"value NOT IN (SELECT value FROM json_each({column}))"  # noqa: S608 - a column of ours
    return f"{column} IS NOT NULL AND NOT {_each(asked, values, lacking)}"


def _has_any(asked: _Asked, column: str, values: Any) -> str:
    return f"EXISTS (SELECT 1 FROM json_each({column}) WHERE {asked.among('value', values)})"  # noqa: S608 - as above


ASKED: Final[Mapping[str, Callable[[_Asked, str, Any], str]]] = {
    "is": lambda asked, column, value: f"{column} = {asked.bind(value)}",
    "is_any": lambda asked, column, value: asked.among(column, value),
    "has": lambda asked, column, value: _has_any(asked, column, (value,)),
    "has_any": _has_any,
    "has_all": _has_all,
    "contains": lambda asked, column, value: _each(asked, value, f"instr({column}, value) > 0"),
    "starts_with": lambda asked, column, value: _each(asked, value, f"substr({column}, 1, length(value)) = value"),
    "ends_with": lambda asked, column, value: _each(asked, value, f"substr({column}, -length(value)) = value"),
}
