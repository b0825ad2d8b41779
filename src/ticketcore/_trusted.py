"""Reading back fast what this library wrote itself: nothing is checked, so it is for a host's own store and for nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache, reduce
from operator import or_
from typing import Any, Final

import attrs

from ticketcore._clocks import Run, Target
from ticketcore._plain import duration, field_value, target
from ticketcore._time import DAY_US, SECOND_US
from ticketcore._values import FrozenMap, draft_class
from ticketcore.errors import TicketcoreError
from ticketcore.model import Actor, Agent, Person

Load = Callable[[Any], Any]
WRONG: Final = (KeyError, TypeError, ValueError, AttributeError, TicketcoreError)  # what data that is not ours may raise here
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SCALARS: Final = frozenset({str, int, float, bool, type(None)})
_put: Final = object.__setattr__
_TAGS: Final = ("schema", "kind", "role")  # they say what the data is, and no more


class Loaders(dict[Any, Load]):
    """One loader for each class, and for `Actor`, made when first asked for. *key* names a field's key; None leaves the field out."""

    def __init__(self, key: Callable[[str], str | None], durations: frozenset[str]) -> None:
        super().__init__()
        self._key, self._durations = key, durations

    def __missing__(self, kind: Any) -> Load:
        made = self[kind] = self._actor_loader() if kind == Actor else self._class_loader(kind)
        return made

    def _actor_loader(self) -> Load:
        people = {"customer": self[Person], "agent": self[Agent]}
        return lambda data: people[data["role"]](data)

    def _class_loader(self, kind: type) -> Load:
        draft, table = draft_class(kind), self._table(kind)
        needed = [self._key(field.name) for field in attrs.fields(kind) if field.default is attrs.NOTHING]

        def load(data: Mapping[Any, Any]) -> Any:
            new = draft()
            for key, value in data.items():
                name, make = table[key]
                if make is None:
                    setattr(new, name, value)
                elif name:
                    setattr(new, name, make(value))
            for key in needed:
                data[key]  # a KeyError where it is missing
            new.__class__ = kind
            return new

        return load

    def _table(self, kind: type) -> Mapping[str, tuple[str, Load | None]]:
        """For every key of a class: the field it fills, and what makes the value of it, None if it is taken as it is.

        A tag fills no field.
        """
        table: dict[str, tuple[str, Load | None]] = dict.fromkeys(_TAGS, ("", bool))
        for field in attrs.fields(kind):
            key = self._key(field.name)
            if key is not None:
                table[key] = (field.name, self._load_of(field))
        return table

    def _load_of(self, field: attrs.Attribute[Any]) -> Load | None:
        parts = getattr(field.type, "__args__", ())
        if type(None) not in parts:
            return self._load_for(field.name, field.type)
        load = self._load_for(field.name, reduce(or_, (part for part in parts if part is not type(None))))
        if field.default is None or load is None:
            return load  # None is never written, or is taken as it is
        return lambda value: None if value is None else load(value)

    def _load_for(self, name: str, wanted: Any) -> Load | None:
        if name.endswith("_us"):
            return duration if name in self._durations else instant
        if wanted in _BY_TYPE:
            return _BY_TYPE[wanted]
        if wanted == tuple[Run, ...]:
            return self._runs()
        if getattr(wanted, "__origin__", None) is FrozenMap:
            return self._map_of(wanted.__args__[1])
        return self[wanted]

    def _runs(self) -> Load:
        load = self[Run]

        def load_runs(data: list[Any]) -> tuple[Run, ...]:
            runs, total = tuple(map(load, data)), 0
            for run in runs:
                total += run.counted_us
                _put(run, "sum_us", total)  # it is new: nobody has seen it yet
            return runs

        return load_runs

    def _map_of(self, kind: type) -> Load:
        load = self[kind]
        return lambda data: FrozenMap({key: load(value) for key, value in data.items()})


@lru_cache(maxsize=256)  # as for `ticketcore._plain.write_instant`
def instant(text: str) -> int:
    """ISO 8601 text with the offset ``Z`` as microseconds since the epoch."""
    since = datetime.fromisoformat(text) - _EPOCH
    return since.days * DAY_US + since.seconds * SECOND_US + since.microseconds


def _durations(values: list[str]) -> tuple[int, ...]:
    return tuple(map(duration, values))


def _value(value: Any) -> Any:
    return value if type(value) in _SCALARS else field_value(value)


def _values(data: Mapping[str, Any]) -> FrozenMap[str, Any]:
    for value in data.values():
        if type(value) not in _SCALARS:
            return FrozenMap({key: _value(value) for key, value in data.items()})
    return FrozenMap(data)


# How the value of a field is made, by its type; None: it is taken as it is.
_BY_TYPE: Final[Mapping[Any, Load | None]] = {
    str: None, int: None, bool: None, Any: _value, frozenset[str]: frozenset, tuple[str, ...]: tuple, tuple[int, ...]: _durations,
    FrozenMap[str, Any]: _values, FrozenMap[str, str]: FrozenMap, Target: target,
}  # fmt: skip
