"""Values of the model straight from plain data, in one pass; how the value of a field is read is asked of whoever made the loaders.

A loader explains nothing. Whatever it stumbles over is read again by the readers of `ticketcore._plain`, which say what is wrong, and
where; a law holds that the two read the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import reduce
from operator import or_
from typing import Any, Final

import attrs

from ticketcore._clocks import Run
from ticketcore._plain import Refusal
from ticketcore._values import FrozenMap, draft_class
from ticketcore.errors import TicketcoreError

Load = Callable[[Any], Any]
STUMBLES: Final = (KeyError, TypeError, ValueError, AttributeError, Refusal, TicketcoreError)  # what wrong data may raise in a loader
_put: Final = object.__setattr__
_items: Final = dict.items  # a TypeError for what is no dict


class Loaders(dict[Any, Load]):
    """One loader for each class of the model, and for each union, made when first asked for.

    *key* names a field's key, None for a field that has none; *leaf* gives what reads a field in which no class of the model stands, None
    when it is taken as it is; *name* reads the names in a map; *aside* gives the keys of a class that fill no field; *unions* give the
    key that says the class, and the classes.
    """

    def __init__(
        self,
        *,
        key: Callable[[str], str | None],
        leaf: Callable[[attrs.Attribute[Any]], Load | None],
        name: Load,
        aside: Callable[[type], Mapping[str, Load]],
        unions: Mapping[Any, tuple[str, Mapping[str, type]]],
    ) -> None:
        super().__init__()
        self._key, self._leaf, self._name, self._aside, self._unions = key, leaf, name, aside, unions

    def __missing__(self, wanted: Any) -> Load:
        made = self[wanted] = self._union(*self._unions[wanted]) if wanted in self._unions else self._class(wanted)
        return made

    def _union(self, tag: str, kinds: Mapping[str, type]) -> Load:
        return lambda data: self[kinds[data[tag]]](data)

    def _class(self, kind: type) -> Load:
        draft, table = draft_class(kind), self._table(kind)
        needed = [self._key(field.name) for field in attrs.fields(kind) if field.default is attrs.NOTHING]

        def load(data: Any) -> Any:
            new = draft()
            for key, value in _items(data):
                name, read = table[key]
                if read is None:
                    setattr(new, name, value)
                elif name:
                    setattr(new, name, read(value))
                else:
                    read(value)
            for key in needed:
                data[key]  # a KeyError where it is missing
            new.__class__ = kind
            return new

        return load

    def _table(self, kind: type) -> Mapping[str, tuple[str, Load | None]]:
        """For every key of a class: the field it fills, none for what stands aside, and what reads the value."""
        table: dict[str, tuple[str, Load | None]] = {key: ("", read) for key, read in self._aside(kind).items()}
        for field in attrs.fields(kind):
            key = self._key(field.name)
            if key is not None:
                table[key] = (field.name, self._load_of(field))
        return table

    def _load_of(self, field: attrs.Attribute[Any]) -> Load | None:
        """What reads a field. For one that is None by default it need not read None, which is not written then."""
        wanted = without_none(field.type)
        if wanted in self._unions or attrs.has(wanted):
            return self[wanted]
        if wanted == tuple[Run, ...]:
            return self._runs()
        parts: Any = getattr(wanted, "__args__", ())
        if getattr(wanted, "__origin__", None) is FrozenMap and attrs.has(parts[1]):
            return self._map_of(parts[1])
        return self._leaf(field)

    def _map_of(self, kind: type) -> Load:
        name, load = self._name, self[kind]
        return lambda data: FrozenMap({name(key): load(value) for key, value in _items(data)})

    def _runs(self) -> Load:
        load = self[Run]

        def load_runs(data: Any) -> tuple[Run, ...]:
            runs, total = tuple(map(load, _listed(data))), 0
            for run in runs:
                total += run.counted_us
                _put(run, "sum_us", total)  # it is new: nobody has seen it yet
            return runs

        return load_runs


def _listed(data: Any) -> Iterable[Any]:
    if type(data) is not list:
        raise TypeError
    return data


def without_none(wanted: Any) -> Any:
    """The type of a field, without the None that it may be."""
    parts = getattr(wanted, "__args__", ())
    return reduce(or_, (part for part in parts if part is not type(None))) if type(None) in parts else wanted
