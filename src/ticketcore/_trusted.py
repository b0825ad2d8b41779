"""Reading back fast what this library wrote itself: nothing is checked, so it is for a host's own store and for nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import attrs

from ticketcore._clocks import Run, Target, parse_target, summed
from ticketcore._plain import field_value
from ticketcore._time import SECOND_US, duration_us
from ticketcore._values import FrozenMap
from ticketcore.errors import TicketcoreError
from ticketcore.model import Actor, Agent, Person, Ticket, draft_of, freeze

Load = Callable[[Any], Any]
WRONG: Final = (KeyError, TypeError, ValueError, AttributeError, TicketcoreError)  # what data that is not ours may raise here
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SCALARS: Final = frozenset({str, int, float, bool, type(None)})
_TAGS: Final = ("schema", "kind", "role")  # they say what the data is, and no more
_put: Final = object.__setattr__


class Loaders:
    """One loader for each class, made when first asked for. *key* names a field's key; None leaves the field out."""

    def __init__(self, key: Callable[[str], str | None], durations: frozenset[str]) -> None:
        self._key, self._durations = key, durations
        self._made: dict[Any, Load] = {Ticket: self._ticket_loader, Actor: self._actor, Actor | None: _optional(self._actor)}
        self._tables: dict[type, Mapping[str, tuple[str, Load | None] | None]] = {}

    def of(self, kind: type) -> Load:
        """The loader of a class."""
        made = self._made.get(kind)
        if made is None:
            made = self._made[kind] = self._class_loader(kind)
        return made

    def _table(self, kind: type) -> Mapping[str, tuple[str, Load | None] | None]:
        """For every key of a class: the field it fills, and what makes the value of it; None for a key that fills none."""
        table = self._tables.get(kind)
        if table is None:
            found: dict[str, tuple[str, Load | None] | None] = dict.fromkeys(_TAGS)
            for field in attrs.fields(kind):
                key = self._key(field.name)
                if key is not None:
                    found[key] = (field.name, self._load_of(field.name, field.type))
            table = self._tables[kind] = found
        return table

    def _load_of(self, name: str, wanted: Any) -> Load | None:
        if name.endswith("_us"):
            load = duration_us if name in self._durations else _instant
            return load if wanted is int else _optional(load)
        if wanted in _BY_TYPE:
            return _BY_TYPE[wanted]
        parts: tuple[Any, ...] = getattr(wanted, "__args__", ())
        if getattr(wanted, "__origin__", None) is FrozenMap:
            return self._map_of(parts[1])
        if type(None) in parts and wanted not in self._made:
            return _optional(self.of(parts[0]))
        return self.of(wanted)

    def _map_of(self, kind: type) -> Load:
        load = self.of(kind)
        return lambda data: FrozenMap({key: load(value) for key, value in data.items()})

    def _class_loader(self, kind: type) -> Load:
        defaults = {field.name: _default(field) for field in attrs.fields(kind) if field.default is not attrs.NOTHING}
        count = len(attrs.fields(kind))
        table: Mapping[str, tuple[str, Load | None] | None] | None = None

        def load(data: Mapping[str, Any]) -> Any:
            nonlocal table
            if table is None:  # not before all classes are known: they name each other
                table = self._table(kind)
            values = defaults.copy()
            for key, value in data.items():
                entry = table[key]
                if entry is not None:
                    name, make = entry
                    values[name] = value if make is None else make(value)
            if len(values) != count:
                raise KeyError(kind.__name__)
            new: Any = object.__new__(kind)
            for name, value in values.items():
                _put(new, name, value)
            return new

        return load

    def _ticket_loader(self, data: Mapping[str, Any]) -> Ticket:
        table = self._table(Ticket)
        draft = draft_of(_BLANK)
        for key, value in data.items():
            entry = table[key]
            if entry is not None:
                name, make = entry
                setattr(draft, name, value if make is None else make(value))
        if not draft.id and "id" not in data:
            raise KeyError("id")
        return freeze(draft)

    def _actor(self, data: Mapping[str, Any]) -> Any:
        return self.of(_PEOPLE[data["role"]])(data)


_BLANK: Final = Ticket(id="")
_PEOPLE: Final[Mapping[str, type]] = FrozenMap({"customer": Person, "agent": Agent})


def _default(field: attrs.Attribute[Any]) -> Any:
    made = getattr(field.default, "factory", None)
    return field.default if made is None else made()


def _optional(load: Load) -> Load:
    return lambda value: None if value is None else load(value)


def _instant(text: str) -> int:
    since = datetime.fromisoformat(text) - _EPOCH
    return (since.days * 86_400 + since.seconds) * SECOND_US + since.microseconds


def _durations(values: list[str] | None) -> tuple[int, ...] | None:
    return None if values is None else tuple(map(duration_us, values))


def _value(value: Any) -> Any:
    return value if type(value) in _SCALARS else field_value(value)


def _values(data: Mapping[str, Any]) -> FrozenMap[str, Any]:
    return FrozenMap({key: value if type(value) in _SCALARS else field_value(value) for key, value in data.items()})


def _runs(data: list[Mapping[str, Any]]) -> tuple[Run, ...]:
    counted = [duration_us(run["counted"]) if "counted" in run else 0 for run in data]
    runs = (
        Run(_instant(run["start"]), _instant(run["end"]), amount, run.get("why", ""), run.get("event", ""))
        for run, amount in zip(data, counted, strict=True)
    )
    return summed(runs, counted)


# How a field is made, by its type; None: it is taken as it is.
_BY_TYPE: Final[Mapping[Any, Load | None]] = {
    str: None, int: None, bool: None, str | None: None, int | None: None, Any: _value, frozenset[str]: frozenset, tuple[str, ...]: tuple,
    tuple[int, ...] | None: _durations, FrozenMap[str, Any]: _values, FrozenMap[str, str]: FrozenMap, tuple[Run, ...]: _runs,
    Target | None: _optional(parse_target),
}  # fmt: skip
