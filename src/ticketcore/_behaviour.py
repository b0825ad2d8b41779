"""What shows of a ticket, an event and an effect: that by which two runs are compared, and nothing that only keeps books.

Two configurations behave alike when, after every moment, the tickets show the same, the same things were recorded of them and
the same effects went out. Names that only the configuration sees (of rules, ids, keys, fingerprints) and the order of what
happens at one instant make no difference; neither does the firing of a rule, of which everything that it does is compared anyway.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from typing import Any, Final

import attrs

from ticketcore._values import FrozenMap
from ticketcore.model import Clock, Created, Cycle, EffectBase, EventBase, Ticket

__all__ = ["Shape", "changes_between", "effect_shape", "event_shape", "is_telling", "left_over", "may_be_same", "ticket_shape"]

Shape = tuple[Any, ...]

# Kept for the books: they say who decided, under which name, or how the step got there.
_OF_TICKET: Final = frozenset({"id", "desk", "version", "seen", "floor_us", "as_of_us", "time_roots", "repeats", "memo"})
_OF_CYCLE: Final = frozenset({"desk", "runs", "cut"})  # the runs are told by what they counted, and by the events
_OF_EVENT: Final = frozenset({"id", "ticket", "cause", "desk", "moment", "answers", "because", "decided", "event", "on", "facts", "by"})
_OF_EFFECT: Final = frozenset({"key", "ticket", "rule", "event", "skipped"})
_SILENT: Final = frozenset({"rule_fired", "time_reached", "action_refused"})  # what a rule does is told by its events and effects


def _reader(kind: type, without: frozenset[str]) -> tuple[tuple[str, ...], Callable[[Any], Shape]]:
    """The names of the fields of *kind* that show and a function that reads them all."""
    names = tuple(part.name for part in attrs.fields(kind) if part.name not in without)
    if len(names) > 1:
        return names, attrgetter(*names)
    return names, lambda value: tuple(getattr(value, name) for name in names)


_TICKET_NAMES, _read_ticket = _reader(Ticket, _OF_TICKET | {"slots", "clocks"})
_CYCLE_NAMES, _read_cycle = _reader(Cycle, _OF_CYCLE)
_CLOCK_NAMES, _read_clock = _reader(Clock, frozenset({"cycle"}))
_READERS: Final[dict[type, Callable[[Any], Shape]]] = {}  # one for each class: the same for ever, whoever fills it in first


def ticket_shape(ticket: Ticket) -> Shape:
    """What shows of *ticket*: its fields, the levels in its slots, and its clocks."""
    slots = {name: slot.level for name, slot in ticket.slots.items()}
    clocks = {metric: (_read_clock(clock), _read_cycle(clock.cycle)) for metric, clock in ticket.clocks.items()}
    return (*_read_ticket(ticket), slots, clocks)


def may_be_same(one: Ticket, other: Ticket) -> bool:
    """Whether two tickets show the same but perhaps for slots and clocks: soon told where they do not."""
    return one.priority == other.priority and _read_ticket(one) == _read_ticket(other)  # the first to differ, mostly


def changes_between(one: Ticket, other: Ticket) -> FrozenMap[str, tuple[Any, Any]]:
    """The fields in which two tickets differ, each with its two values; of a clock by ``metric.field``."""
    found = {name: pair for name, *pair in zip(_TICKET_NAMES, _read_ticket(one), _read_ticket(other), strict=True) if pair[0] != pair[1]}
    for name in sorted({*one.slots, *other.slots}):
        pair = [None if slot is None else slot.level for slot in (one.slots.get(name), other.slots.get(name))]
        if pair[0] != pair[1]:
            found[f"slots.{name}"] = pair
    for metric in sorted({*one.clocks, *other.clocks}):
        mine, theirs = one.clocks.get(metric), other.clocks.get(metric)
        if mine is None or theirs is None:
            found[metric] = [mine and mine.cycle.target, theirs and theirs.cycle.target]
            continue
        rows = zip(_CLOCK_NAMES, _read_clock(mine), _read_clock(theirs), strict=True)
        found.update({f"{metric}.{name}": pair for name, *pair in rows if pair[0] != pair[1]})
        rows = zip(_CYCLE_NAMES, _read_cycle(mine.cycle), _read_cycle(theirs.cycle), strict=True)
        found.update({f"{metric}.{name}": pair for name, *pair in rows if pair[0] != pair[1]})
    return FrozenMap({name: (pair[0], pair[1]) for name, pair in found.items()})


def is_telling(event: EventBase) -> bool:
    """Whether an event shows: all do but the firing of a rule, the instant at which one rose, and an action that was refused."""
    return event.kind not in _SILENT


def event_shape(event: EventBase) -> Shape:
    """What shows of *event*."""
    kind = type(event)
    read = _READERS.get(kind)
    if read is None:
        read = _READERS.setdefault(kind, _reader(kind, _OF_EVENT)[1])
    if isinstance(event, Created) and event.decided is not None:
        return (event.kind, event.decided.status, event.decided.priority, *read(event))
    return (event.kind, *read(event))


def effect_shape(effect: EffectBase) -> Shape:
    """What shows of *effect*."""
    kind = type(effect)
    read = _READERS.get(kind)
    if read is None:
        read = _READERS.setdefault(kind, _reader(kind, _OF_EFFECT)[1])
    return (effect.kind, *read(effect))


def left_over(mine: Sequence[Shape], theirs: Iterable[Shape]) -> list[int]:
    """The places in *mine* of what has no counterpart in *theirs*, as many times as it is missing there."""
    rest = list(theirs)
    if list(mine) == rest:
        return []
    found = []
    for place, shape in enumerate(mine):
        if shape in rest:
            rest.remove(shape)
        else:
            found.append(place)
    return found
