"""Orders of a queue in plain data, for desk files and hosts: ``[{due = "first_reply"}, "priority", {head_start = {urgent = "4h"}}]``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from attrs import evolve

from ticketcore._names import hint
from ticketcore._queue import LEFT_OUT, TERMS, Age, Due, First, HeadStart, Order, Priority, Term, Waiting
from ticketcore._time import say_duration
from ticketcore._values import FrozenMap
from ticketcore.conditions import CATEGORIES, Vocabulary, parse, to_data
from ticketcore.errors import BadValue, DeskError, Problem, TicketcoreError, shorten

MOST_TERMS: Final = 32
_KEYS: Final[Mapping[str, tuple[str, ...]]] = FrozenMap({"due": (), "head_start": ("since",), "first": ("when",)})


def parse_order(data: Any, vocabulary: Vocabulary | None = None, path: str = "order") -> Order:
    """An order from plain data: one term, a list of them, or ``{"by": terms, "leave_out": categories}``.

    A term is ``"due"``, ``"priority"``, ``"waiting"``, ``"age"`` or ``"fifo"``, or a table: ``{"due": metric}``,
    ``{"head_start": {level: duration}, "since": "age"}``, ``{"first": name, "when": condition}``. With the *vocabulary* of a desk
    its names are checked and the order is ready for its tickets. Raises `DeskError` with every problem by its path.

    >>> order = parse_order([{"due": "first_reply"}, "priority", {"head_start": {"urgent": "4h"}}])
    >>> order_to_data(order)
    [{'due': 'first_reply'}, 'priority', {'head_start': {'urgent': '4h'}}]
    """
    problems: list[Problem] = []
    leave_out: Any = LEFT_OUT
    where = path
    if isinstance(data, dict) and "by" in data:
        problems += [_unknown(path, "key", key, ("by", "leave_out")) for key in data if key not in {"by", "leave_out"}]
        leave_out = _categories(data.get("leave_out", LEFT_OUT), f"{path}.leave_out", problems)
        data, where = data["by"], f"{path}.by"
    items = data if isinstance(data, list | tuple) else [data]
    if len(items) > MOST_TERMS:
        raise DeskError([Problem(where, f"{len(items)} terms", f"at most {MOST_TERMS}", "too-large")], what="order")
    terms: list[Term] = []
    for number, item in enumerate(items):
        here = f"{where}[{number}]" if isinstance(data, list | tuple) else where
        term = _term(item, vocabulary or Vocabulary(), here, problems)
        if term is not None:
            try:
                terms.extend((Order(terms=[term]) if vocabulary is None else Order(terms=[term]).using(vocabulary)).terms)
            except DeskError as error:
                problems += [evolve(problem, path=here) for problem in error.problems]
    if problems:
        raise DeskError(problems, what="order")
    return Order(terms=terms, leave_out=leave_out)


def _categories(value: Any, path: str, problems: list[Problem]) -> frozenset[str]:
    if isinstance(value, str) or not isinstance(value, list | tuple | set | frozenset):
        problems.append(Problem(path, f"a list of categories is wanted, not {shorten(value)}"))
        return frozenset()
    problems += [_unknown(path, "category", item, CATEGORIES) for item in value if item not in CATEGORIES]
    return frozenset(item for item in value if isinstance(item, str))


def _unknown(path: str, what: str, name: object, known: Iterable[str]) -> Problem:
    return Problem(path, f"unknown {what} {shorten(name)}", hint(name, known), "unknown-name")


def _term(item: Any, words: Vocabulary, path: str, problems: list[Problem]) -> Term | None:
    """One term; None and a problem more where it is none."""
    if isinstance(item, str):
        if item in TERMS:
            return TERMS[item]()
        problems.append(_unknown(path, "order", item, (*TERMS, *_KEYS)))
        return None
    heads = [key for key in item if key in _KEYS] if isinstance(item, dict) else []
    if len(heads) != 1:
        way_out = f"write {', '.join(TERMS)}, or a table with one of {', '.join(_KEYS)}"
        problems.append(Problem(path, f"{shorten(item)} is no term of an order", way_out))
        return None
    head = heads[0]
    wrong = [key for key in item if key != head and key not in _KEYS[head]]
    problems += [_unknown(path, "key", key, (head, *_KEYS[head])) for key in wrong]
    return None if wrong else _READERS[head](item, words, path, problems)


def _due(item: dict[str, Any], _words: Vocabulary, path: str, problems: list[Problem]) -> Term | None:
    if isinstance(item["due"], str) and item["due"]:
        return Due(metric=item["due"])
    problems.append(Problem(f"{path}.due", f"{shorten(item['due'])} names no metric", 'write {"due": "first_reply"}, or "due" for any'))
    return None


def _head_start(item: dict[str, Any], _words: Vocabulary, path: str, problems: list[Problem]) -> Term | None:
    starts, since = item["head_start"], item.get("since", "waiting")
    if not isinstance(starts, dict) or any(type(start) is int for start in starts.values()):
        problems.append(Problem(f"{path}.head_start", "head starts are durations by level", 'write {"urgent": "4h"}'))
        return None
    try:
        return HeadStart(starts=starts, since=since)
    except TicketcoreError as error:
        problems.append(Problem(f"{path}.head_start", error.message, error.hint, error.code))
    return None


def _first(item: dict[str, Any], words: Vocabulary, path: str, problems: list[Problem]) -> Term | None:
    if not isinstance(item["first"], str) or "when" not in item:
        problems.append(Problem(path, "first needs a name and a condition", 'write {"first": "vip", "when": {...}}', "missing-key"))
        return None
    count = len(problems)
    condition = parse(item["when"], words, f"{path}.when", problems)
    return First(name=item["first"], when=condition) if len(problems) == count else None


_READERS: Final[Mapping[str, Callable[[dict[str, Any], Vocabulary, str, list[Problem]], Term | None]]] = FrozenMap({
    "due": _due, "head_start": _head_start, "first": _first,
})  # fmt: skip


def order_to_data(order: Order) -> Any:
    """What `parse_order` reads back as *order*. Raises `BadValue` for a term that a function decides: it has no plain form.

    >>> order_to_data(Order.by(due="first_reply").then(head_start={"urgent": "4h"}))
    [{'due': 'first_reply'}, {'head_start': {'urgent': '4h'}}]
    """
    terms = [_data(term) for term in order.terms]
    return terms if order.leave_out == LEFT_OUT else {"by": terms, "leave_out": sorted(order.leave_out)}


def _data(term: Term) -> Any:
    match term:
        case Due(find=None):
            return {"due": term.metric} if term.metric else "due"
        case Priority() | Waiting() | Age():
            return term.word
        case HeadStart():
            starts = {level: say_duration(start) for level, start in term.starts_us.items()}
            return {"head_start": starts} | ({} if term.since == "waiting" else {"since": term.since})
        case First() if not callable(term.when):
            return {"first": term.name, "when": to_data(term.when)}
        case _:
            raise BadValue(f"a function decides this {term.word}: it has no plain form", value=term.word)
