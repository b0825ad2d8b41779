"""Filters: a named condition and an order that pick tickets out of many. Other systems call them views or custom filters.

The condition is of the one language, the order that of a queue, and both are plain data, so that a host can translate a filter
for its database (examples/filters does it for SQLite) and get what `Filter.select` gives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from attrs import evolve, field, frozen

from ticketcore._names import hint
from ticketcore._order_data import order_to_data, parse_order
from ticketcore._queue import DueOf, Order
from ticketcore.conditions import TRUE, Condition, View, Vocabulary, compiled, parse, to_data
from ticketcore.errors import BadValue, DeskError, Problem, check_kind, shorten
from ticketcore.model import Ticket

LONGEST_NAME: Final = 200


def _order(value: Order) -> Order:
    """Which tickets are picked is said by the condition alone, so the order leaves out none."""
    check_kind(value, Order, "an order", 'give Order.by("priority")', "order")
    return evolve(value, leave_out=frozenset()) if value.leave_out else value


@frozen(kw_only=True)
class Filter:
    """A named pick of tickets: those for which ``when`` holds, in an order (oldest first). What an order leaves out does not apply.

    The condition may test time, hours and clocks; tests of change and of the event are false, because nothing has just happened.
    `Desk.select` applies it.

    >>> from ticketcore.conditions import field as of
    >>> urgent = Filter(name="urgent, nobody's", when=(of.priority >= "high") & of.assignee.is_empty(), order=Order.by("waiting"))
    >>> filter_to_data(urgent)["order"]
    ['waiting']
    """

    name: str
    when: Condition = TRUE
    order: Order = field(default=Order.by("age"), converter=_order)
    text: str = ""
    vocabulary: Vocabulary | None = field(default=None, eq=False, repr=False)
    _holds: Callable[[View], bool] | None = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "_holds", None if self.vocabulary is None else compiled(self.when, self.vocabulary))

    def __reduce__(self) -> tuple[Any, ...]:  # a compiled condition is made again
        return _filter, (self.name, self.when, self.order, self.text, self.vocabulary)

    def using(self, vocabulary: Vocabulary) -> Filter:
        """The same, ready for the tickets of a desk with these names.

        Raises `DeskError` for names that the desk lacks, and for an order whose keys would change as time passes.

        >>> from ticketcore import Vocabulary, field
        >>> Filter(name="ours", when=field.group == "billing").using(Vocabulary(groups=("sales",)))
        Traceback (most recent call last):
        ticketcore.errors.DeskError: filter: 1 problem
          when.is  unknown group 'billing'; known are sales
        """
        problems: list[Problem] = []
        parse(self.when, vocabulary, "when", problems)
        order = self.order
        try:
            order = order.using(vocabulary)
        except DeskError as error:
            problems.extend(error.problems)
        if problems:
            raise DeskError(problems, what="filter")
        return evolve(self, order=order, vocabulary=vocabulary)

    def select(self, tickets: Iterable[Ticket], view: Callable[[Ticket], View], due: DueOf) -> tuple[Ticket, ...]:
        """Those of *tickets* that it picks, in its order; a desk knows the rest (`Desk.select`).

        *view* shows a ticket at the instant in question, *due* gives its due instants. Raises `BadValue` before `using`.

        >>> from ticketcore import Created, Desk, field
        >>> desk = Desk(filters=[Filter(name="mail", when=field.channel == "email")])
        >>> tickets = [desk.handle(None, Created(at=0, ticket=f"by {way}", channel=way)).ticket for way in ("chat", "email")]
        >>> [ticket.id for ticket in desk.filter("mail").select(tickets, desk.view, lambda ticket, metric: None)]
        ['by email']
        """
        holds = self._holds
        if holds is None:
            raise BadValue(f"the filter {self.name!r} does not know a desk's names", value=self.name, hint="use filter.using(vocabulary)")
        return self.order.bind(due=due).sorted(ticket for ticket in tickets if holds(view(ticket)))


def _filter(name: str, when: Condition, order: Order, text: str, vocabulary: Vocabulary | None) -> Filter:
    return Filter(name=name, when=when, order=order, text=text, vocabulary=vocabulary)


_KEYS: Final = ("name", "when", "order", "text")


def parse_filter(data: Any, vocabulary: Vocabulary, path: str = "") -> Filter:
    """A filter from plain data: ``{"name": ..., "when": condition, "order": terms, "text": ...}``; only the name is needed.

    For what people save for themselves while a desk runs; those of a desk file stand under ``filters``. Raises `DeskError` with
    every problem by its path. What comes back is ready for the tickets of that desk.

    >>> words = Vocabulary(levels=("low", "high"))
    >>> mine = parse_filter({"name": "mine", "when": {"field": "assignee", "is": "maria"}, "order": ["priority"]}, words)
    >>> filter_to_data(mine)
    {'name': 'mine', 'when': {'field': 'assignee', 'is': 'maria'}, 'order': ['priority']}
    """
    problems: list[Problem] = []
    if not isinstance(data, dict):
        raise DeskError([Problem(path, f"a filter is a table, not {shorten(data)}", "give a name and a condition")], what="filter")

    def at(key: str) -> str:
        return f"{path}.{key}" if path else key

    given: dict[str, Any] = {}
    wrong = [key for key in data if key not in _KEYS]
    problems += [Problem(at(_key(key)), f"unknown key {shorten(key)}", hint(key, _KEYS), "unknown-key") for key in wrong]
    for key in ("name", "text"):
        value = data.get(key, "" if key == "text" else None)
        if not isinstance(value, str) or len(value) > LONGEST_NAME or (key == "name" and not value):
            problems.append(
                Problem(at(key), f"a {key} is a text of {'1' if key == 'name' else '0'} to {LONGEST_NAME} characters", value=shorten(value))
            )
        given[key] = value
    if "when" in data:
        given["when"] = parse(data["when"], vocabulary, at("when"), problems)
    if "order" in data:
        try:
            given["order"] = parse_order(data["order"], vocabulary, at("order"))
        except DeskError as error:
            problems.extend(error.problems)
    if problems:
        raise DeskError(problems, what="filter")
    return Filter(vocabulary=vocabulary, **given)


def _key(key: object) -> str:
    return shorten(key)[1:-1] if isinstance(key, str) else shorten(key)


def filter_to_data(one: Filter) -> dict[str, Any]:
    """What `parse_filter` reads back as *one*. Raises `BadValue` for an order that a function decides.

    >>> from ticketcore import field
    >>> filter_to_data(Filter(name="mail", when=field.channel == "email", text="what burns"))
    {'name': 'mail', 'when': {'field': 'channel', 'is': 'email'}, 'text': 'what burns'}
    """
    data: dict[str, Any] = {"name": one.name}
    if one.when != TRUE:
        data["when"] = to_data(one.when)
    if one.order != Filter(name="").order:
        data["order"] = order_to_data(evolve(one.order, leave_out=Order().leave_out))
    if one.text:
        data["text"] = one.text
    return data
