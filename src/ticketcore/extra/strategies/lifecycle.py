"""Strategies for the lifecycle: statuses, moves, whole tables, and tickets that stand somewhere in one."""

from __future__ import annotations

from typing import Any

import attrs
from hypothesis import strategies as st

from ticketcore._text import fold
from ticketcore._time import MAX_US
from ticketcore.conditions import Condition, field
from ticketcore.extra.strategies.model import events, instants, lengths, names, persons
from ticketcore.lifecycle import CATEGORIES, STATUSES, TRIGGERS, Lifecycle, Move, Status, To
from ticketcore.model import EVENTS, Ticket

__all__ = ["guards", "lifecycle_tickets", "lifecycles", "move_events", "moves", "permissions", "statuses", "workflows"]

_MOVABLE = [kind for kind, cls in EVENTS.items() if cls.is_outside and kind not in TRIGGERS and kind != "created"]


def statuses() -> st.SearchStrategy[tuple[Status, ...]]:
    """Statuses of a desk: names in any script, at least one of them new or open.

    >>> from hypothesis import given, settings
    >>> @settings(max_examples=5, derandomize=True, deadline=None)
    ... @given(statuses())
    ... def test_some_status_takes_new_tickets(found):
    ...     assert any(status.category in ("new", "open") for status in found)
    >>> test_some_status_takes_new_tickets()
    """
    status_names = st.text(min_size=1, max_size=12).filter(lambda name: not name.startswith("@"))
    drawn = st.builds(Status, name=status_names, category=st.sampled_from(CATEGORIES), text=st.text(max_size=20))
    several = st.lists(drawn, min_size=1, max_size=9, unique_by=lambda status: status.name).map(tuple)
    return several.filter(lambda found: any(status.category in {"new", "open"} for status in found))


def guards() -> st.SearchStrategy[Condition]:
    """Conditions that a guard may read, on fields that every desk has.

    >>> from hypothesis import given, settings
    >>> from ticketcore.conditions import fields_of
    >>> @settings(max_examples=5, derandomize=True, deadline=None)
    ... @given(guards())
    ... def test_a_guard_reads_the_ticket_alone(guard):
    ...     assert fields_of(guard) <= {"tags", "agent_replies", "requester.tier"}
    >>> test_a_guard_reads_the_ticket_alone()
    """
    said = st.text(min_size=1, max_size=8).filter(fold)  # what folds to nothing is refused as blank
    return st.one_of(
        said.map(field.tags.has),
        st.integers(0, 5).map(lambda count: field.agent_replies >= count),
        said.map(lambda tier: ~field.requester.tier.is_(tier)),
    )


def moves(known: tuple[str, ...]) -> st.SearchStrategy[Move]:
    """Moves to one of these statuses or to a special target, guarded or not, within a window or not.

    >>> from hypothesis import given, settings
    >>> @settings(max_examples=5, derandomize=True, deadline=None)
    ... @given(moves(("new", "open")))
    ... def test_a_move_leads_somewhere(move):
    ...     assert move.to in ("new", "open", *To)
    >>> test_a_move_leads_somewhere()
    """
    target = st.sampled_from([*known, *To])
    return st.builds(
        Move, to=target, otherwise=target, guard=st.none() | guards(), reason=st.text(max_size=20), within=st.none() | lengths()
    )


@st.composite
def lifecycles(draw: st.DrawFn) -> Lifecycle:
    """Whole lifecycles: the default statuses or others, own rows and cells, direct choices, further triggers, every setting.

    >>> from hypothesis import given, settings
    >>> @settings(max_examples=5, derandomize=True, deadline=None)
    ... @given(lifecycles())
    ... def test_every_status_has_a_row(lifecycle):
    ...     assert set(lifecycle.rows()) == {status.name for status in lifecycle.statuses}
    >>> test_every_status_has_a_row()
    """
    found = draw(st.just(Lifecycle().statuses) | statuses())
    known = tuple(status.name for status in found)
    further = draw(st.dictionaries(st.sampled_from(_MOVABLE), st.sampled_from(["assign", "rate", "reopen"]), max_size=2))
    triggers = st.sampled_from(sorted({*TRIGGERS.values(), *further.values()} - {"set"}))
    one, name = moves(known), st.sampled_from(known)
    return Lifecycle(
        statuses=found,
        table=draw(st.dictionaries(name, st.dictionaries(triggers, one, max_size=6), max_size=3)),
        moves=draw(st.dictionaries(name, st.dictionaries(triggers, st.none() | one, max_size=4), max_size=3)),
        direct=draw(st.dictionaries(name, st.lists(name, unique=True, max_size=4), max_size=2)),
        triggers=further,
        initial_status=draw(st.just("") | name),
        reopen_window=draw(st.none() | lengths()),
        reopen_on_reply=draw(st.booleans()),
        follow_up_from_closed=draw(st.booleans()),
        restore_on_reply=draw(st.booleans()),
        reopen_closed=draw(st.booleans()),
        undated_postpone=draw(st.booleans()),
        permissions=draw(st.just({}) | permissions()),
    )


_BY_HAND = sorted({*TRIGGERS.values()} - {"customer_replies", "wake"})


def permissions() -> st.SearchStrategy[dict[str, list[str]]]:
    """Who may pull some of the triggers; most often whoever is an agent.

    >>> from hypothesis import find
    >>> find(permissions(), lambda roles: "close" in roles)
    {'close': ['agent']}
    """
    roles = st.lists(st.sampled_from(["agent", "agent", "customer", "system", "lead"]), min_size=1, max_size=2)
    return st.dictionaries(st.sampled_from(_BY_HAND), roles, max_size=2)


@st.composite
def workflows(draw: st.DrawFn) -> Lifecycle:
    """Lifecycles with other workflows for tickets of some types; statuses of one name are of one category.

    >>> from hypothesis import given, settings
    >>> from ticketcore.model import FrozenMap
    >>> @settings(max_examples=5, derandomize=True, deadline=None)
    ... @given(workflows())
    ... def test_another_type_has_another_workflow(lifecycle):
    ...     incident = Ticket(id="T-1", fields=FrozenMap({"kind": "one"}))
    ...     assert lifecycle.of(incident) is lifecycle.by_type["one"]
    >>> test_another_type_has_another_workflow()
    """
    base = draw(lifecycles())
    kept = draw(st.lists(st.sampled_from(base.statuses), unique=True, max_size=4))
    own = [Status(name=f"own {number}", category=draw(st.sampled_from(CATEGORIES))) for number in range(draw(st.integers(0, 3)))]
    found = [*kept, *own, Status(name="own", category="open")]
    one = Lifecycle(statuses=found, permissions=draw(permissions()), undated_postpone=draw(st.booleans()))
    return attrs.evolve(base, type_field="kind", by_type={"one": one, "two": Lifecycle()} if base.statuses == STATUSES else {"one": one})


@st.composite
def lifecycle_tickets(draw: st.DrawFn, lifecycle: Lifecycle) -> Ticket:
    """Tickets that stand in a status of *lifecycle*, with what they remember of earlier ones.

    >>> from hypothesis import given, settings
    >>> @settings(max_examples=5, derandomize=True, deadline=None)
    ... @given(lifecycle_tickets(Lifecycle()))
    ... def test_a_ticket_has_the_category_of_its_status(ticket):
    ...     assert ticket.category == Lifecycle().category(ticket.status)
    >>> test_a_ticket_has_the_category_of_its_status()
    """
    name = st.sampled_from([status.name for status in lifecycle.statuses])
    status = draw(name)
    return Ticket(
        id=draw(names()),
        requester=draw(persons()),
        tags=frozenset(draw(st.lists(names(), max_size=3))),
        agent_replies=draw(st.integers(0, 9)),
        status=status,
        category=lifecycle.category(status),
        before_postpone=draw(st.just("") | name),
        before_delete=draw(st.just("") | name),
        resolved_us=draw(st.none() | instants()),
        merged_into=draw(st.none() | names()),
    )


@st.composite
def move_events(draw: st.DrawFn, lifecycle: Lifecycle) -> Any:
    """Events that may move a ticket of *lifecycle*; direct choices mostly name a status it has, postponements end later.

    >>> from hypothesis import given, settings
    >>> from contextlib import suppress
    >>> from ticketcore.errors import IllegalMove
    >>> @settings(max_examples=5, derandomize=True, deadline=None)
    ... @given(lifecycle_tickets(Lifecycle()), move_events(Lifecycle()))
    ... def test_a_move_is_one_that_is_allowed(ticket, event):
    ...     with suppress(IllegalMove):
    ...         move = Lifecycle().decide(ticket, event)
    ...         assert move is None or move.to is None or move.to in Lifecycle().allowed(ticket.status)[move.trigger]
    >>> test_a_move_is_one_that_is_allowed()
    """
    event: Any = draw(events(*TRIGGERS, *lifecycle.triggers))
    if event.kind == "status_set" and draw(st.integers(0, 4)):
        return attrs.evolve(event, status=draw(st.sampled_from([status.name for status in lifecycle.statuses])))
    if event.kind == "postponed" and event.at_us < MAX_US and draw(st.booleans()):
        return attrs.evolve(event, until=draw(st.integers(event.at_us + 1, MAX_US)))
    return event
