"""Strategies for the model: people, messages, every kind of event and effect, and tickets folded from events."""

from __future__ import annotations

import typing
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import attrs
from hypothesis import strategies as st

from ticketcore import _clocks, _effects, _events, model
from ticketcore._time import MAX_US, MIN_US, from_us
from ticketcore._values import FrozenMap
from ticketcore.model import (
    EFFECTS,
    EVENTS,
    Actor,
    Agent,
    Clock,
    Cycle,
    Days,
    Decision,
    Effect,
    Event,
    Length,
    Message,
    Outside,
    Person,
    Repeat,
    Run,
    Slot,
    Target,
    Ticket,
    WorkingDays,
    fold,
)

__all__ = ["agents", "effects", "events", "field_values", "instants", "messages", "names", "of_class", "persons", "targets", "tickets"]

_NAMES = {**vars(_clocks), **vars(_effects), **vars(_events), **vars(model)}
# What ends in _us is an instant, but for these.
_DURATIONS = {"extra_us", "counted_us", "used_us", "split_us", "banked_us", "extension_us", "total_us"}
_FOLLOWS = {"sum_us"}  # from the other fields


def instants() -> st.SearchStrategy[int]:
    """Instants as microseconds since the epoch: all that there are.

    >>> from hypothesis import find
    >>> find(instants(), lambda at: at > 1_000_000)
    1000001
    """
    return st.integers(MIN_US, MAX_US)


def lengths() -> st.SearchStrategy[int]:
    """Durations in microseconds, from none to the whole time line."""
    return st.integers(0, MAX_US)


def names() -> st.SearchStrategy[str]:
    """Names of statuses, groups, tags, in any script.

    >>> from hypothesis import given, settings
    >>> @settings(max_examples=5, derandomize=True, deadline=None)
    ... @given(names())
    ... def test_a_name_is_not_empty(name):
    ...     assert 1 <= len(name) <= 20
    >>> test_a_name_is_not_empty()
    """
    return st.text(min_size=1, max_size=20)


def targets() -> st.SearchStrategy[Target]:
    """Targets of all three kinds.

    >>> from hypothesis import find
    >>> find(targets(), lambda target: isinstance(target, WorkingDays) and target.count > 2)
    WorkingDays(count=3, end_of_day=False)
    """
    counts = st.integers(0, _clocks.MOST_DAYS)
    return st.builds(Length, lengths(), st.booleans()) | st.builds(Days, counts) | st.builds(WorkingDays, counts, st.booleans())


def field_values() -> st.SearchStrategy[Any]:
    """What a custom field or a fact may hold.

    >>> from hypothesis import find
    >>> find(field_values(), lambda value: isinstance(value, tuple) and len(value) == 2)
    (None, None)
    """
    whole = st.integers(1 - 2**63, 2**63 - 1)
    scalars = st.one_of(
        st.none(), st.booleans(), whole, st.floats(allow_nan=False, allow_infinity=False), st.text(), instants().map(from_us), st.dates(),
        lengths().map(lambda us: timedelta(microseconds=us)),
    )  # fmt: skip
    return scalars | st.lists(scalars, max_size=4).map(tuple) | st.frozensets(scalars, max_size=4)


def _maps(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.dictionaries(names(), values, max_size=3).map(FrozenMap)


def _by_type() -> dict[Any, Callable[[], st.SearchStrategy[Any]]]:
    """How a field is drawn, by its type."""
    texts = st.text
    return {
        str: texts, int: lambda: st.integers(1 - 2**63, 2**63 - 1), bool: st.booleans, Any: field_values,
        str | None: lambda: st.none() | texts(), int | None: lambda: st.none() | st.integers(1 - 2**63, 2**63 - 1),
        frozenset[str]: lambda: st.frozensets(names(), max_size=4), tuple[str, ...]: lambda: st.lists(names(), max_size=4).map(tuple),
        tuple[int, ...] | None: lambda: st.none() | st.lists(lengths(), max_size=4).map(tuple),
        FrozenMap[str, Any]: lambda: _maps(field_values()), FrozenMap[str, str]: lambda: _maps(texts()),
        FrozenMap[str, Slot]: lambda: _maps(of_class(Slot)), FrozenMap[str, Clock]: lambda: _maps(of_class(Clock)),
        FrozenMap[str, Repeat]: lambda: _maps(of_class(Repeat)), tuple[Run, ...]: _runs,
        Target | None: lambda: st.none() | targets(), Person: persons, Actor | None: lambda: st.none() | persons() | agents(),
        Message: messages, Decision | None: lambda: st.none() | of_class(Decision), Cycle: lambda: of_class(Cycle),
        model.Memo | None: st.none,
    }  # fmt: skip


def of_class(kind: type[Any]) -> st.SearchStrategy[Any]:
    """Values of a class of the model, each field drawn by its type; no field fits another (for a ticket that could be, `tickets`).

    >>> from hypothesis import given, settings
    >>> @settings(max_examples=5, derandomize=True, deadline=None)
    ... @given(of_class(Slot))
    ... def test_a_slot_is_a_value(slot):
    ...     assert attrs.evolve(slot) == slot and hash(attrs.evolve(slot)) == hash(slot)
    >>> test_a_slot_is_a_value()
    """
    hints = typing.get_type_hints(kind, _NAMES)
    by_type = _by_type()
    drawn = [field for field in attrs.fields(kind) if field.init and field.name not in _FOLLOWS]
    return st.deferred(
        lambda: st.fixed_dictionaries({field.alias: _field(field.name, hints[field.name], by_type) for field in drawn}).map(
            lambda given: kind(**given)
        )
    )


def _runs() -> st.SearchStrategy[tuple[Run, ...]]:
    return st.lists(of_class(Run), max_size=3).map(lambda runs: _clocks.summed(runs, tuple(run.counted_us for run in runs)))


def _field(name: str, wanted: Any, by_type: dict[Any, Callable[[], st.SearchStrategy[Any]]]) -> st.SearchStrategy[Any]:
    if name == "zone":
        return st.sampled_from(["", "Europe/Riga", "Asia/Kolkata"])
    if not name.endswith("_us"):
        return by_type[wanted]()
    drawn = lengths() if name in _DURATIONS else instants()
    return drawn if wanted is int else st.none() | drawn


def persons() -> st.SearchStrategy[Person]:
    """End users.

    >>> from hypothesis import given, settings
    >>> @settings(max_examples=5, derandomize=True, deadline=None)
    ... @given(persons())
    ... def test_a_person_is_the_same(person):
    ...     known = person.id or person.email or person.phone or person.visitor_id
    ...     assert person.is_same(person) == bool(known)
    >>> test_a_person_is_the_same()
    """
    return of_class(Person)


def agents() -> st.SearchStrategy[Agent]:
    """Members of the support staff.

    >>> from hypothesis import given, settings
    >>> from ticketcore.codec import event_from_data, event_to_data
    >>> from ticketcore.model import Noted
    >>> @settings(max_examples=5, derandomize=True, deadline=None)
    ... @given(agents())
    ... def test_an_agent_comes_back(agent):
    ...     note = Noted(at=0, by=agent)
    ...     assert event_from_data(event_to_data(note)) == note
    >>> test_an_agent_comes_back()
    """
    return of_class(Agent)


def messages() -> st.SearchStrategy[Message]:
    """What somebody wrote.

    >>> from hypothesis import given, settings
    >>> from ticketcore.codec import event_from_data, event_to_data
    >>> from ticketcore.model import CustomerReplied
    >>> @settings(max_examples=5, derandomize=True, deadline=None)
    ... @given(messages())
    ... def test_a_message_comes_back(message):
    ...     reply = CustomerReplied(at=0, message=message)
    ...     assert event_from_data(event_to_data(reply)) == reply
    >>> test_a_message_comes_back()
    """
    return of_class(Message)


def events(*kinds: str) -> st.SearchStrategy[Event]:
    """Events of these kinds, of every kind by default; they make no history.

    >>> from hypothesis import given, settings
    >>> from ticketcore.codec import event_from_data, event_to_data
    >>> @settings(max_examples=5, derandomize=True, deadline=None)
    ... @given(events("created", "tags_added"))
    ... def test_an_event_comes_back(event):
    ...     assert event_from_data(event_to_data(event)) == event
    >>> test_an_event_comes_back()
    """
    return st.sampled_from([EVENTS[kind] for kind in kinds or EVENTS]).flatmap(of_class)


def effects(*kinds: str) -> st.SearchStrategy[Effect]:
    """Effects of these kinds, of every kind by default.

    >>> from hypothesis import given, settings
    >>> from ticketcore.codec import effect_from_data, effect_to_data
    >>> @settings(max_examples=5, derandomize=True, deadline=None)
    ... @given(effects("notify", "reply"))
    ... def test_an_effect_comes_back(effect):
    ...     assert effect_from_data(effect_to_data(effect)) == effect
    >>> test_an_effect_comes_back()
    """
    return st.sampled_from([EFFECTS[kind] for kind in kinds or EFFECTS]).flatmap(of_class)


_FREE = [kind for kind, cls in EVENTS.items() if issubclass(cls, Outside) and kind not in {"created", "desk_adopted"}]
_MOVES = ["status_changed", "priority_changed", "policy_applied", "woken", "time_reached", "action_refused", "diverted", "silenced"]
_CLOCK = ["clock_started", "clock_paused", "clock_resumed", "clock_stopped", "warned", "breached"]


@st.composite
def tickets(draw: st.DrawFn) -> Ticket:
    """Tickets that a log makes: a creation, then events in order of time, with the clock events in an order that can be.

    >>> from hypothesis import given, settings
    >>> from ticketcore.codec import ticket_from_data, ticket_to_data
    >>> @settings(max_examples=5, derandomize=True, deadline=None)
    ... @given(tickets())
    ... def test_a_ticket_comes_back(ticket):
    ...     assert ticket_from_data(ticket_to_data(ticket)) == ticket
    >>> test_a_ticket_comes_back()
    """
    log: list[Any] = [attrs.evolve(draw(events("created")), at=draw(st.integers(MIN_US, MAX_US - 1)))]
    at, metrics = log[0].at_us, set[str]()
    for _ in range(draw(st.integers(0, 6))):
        event: Any = draw(events(*_FREE, *_MOVES, *_CLOCK))
        at = draw(st.integers(at, MAX_US - 1))
        if event.kind in _CLOCK:
            if event.kind != "clock_started" and event.metric not in metrics:
                metric = draw(st.sampled_from(sorted(metrics))) if metrics else event.metric
                start = draw(of_class(EVENTS["clock_started"]))
                log.append(attrs.evolve(start, at=at, metric=metric, resumed=False))
                event = attrs.evolve(event, metric=metric)
            metrics.add(event.metric)
        log.append(attrs.evolve(event, at=at))
    return fold(log)
