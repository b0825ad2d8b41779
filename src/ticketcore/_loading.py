"""Values of the model straight from plain data, in one pass; how the value of a field is read is asked of whoever made the loaders.

A loader explains nothing. Whatever it stumbles over is read again by the readers of `ticketcore._plain`, which say what is wrong, and
where; a law holds that the two read the same.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from functools import lru_cache, reduce
from operator import or_
from typing import Any, Final

import attrs

from ticketcore._clocks import Run
from ticketcore._plain import Refusal
from ticketcore._values import DRAFTS, FrozenMap
from ticketcore.errors import TicketcoreError

Load = Callable[[Any], Any]
STUMBLES: Final = (KeyError, TypeError, ValueError, AttributeError, Refusal, TicketcoreError)  # what wrong data may raise in a loader
_new: Final = object.__new__
_put: Final = object.__setattr__
_items: Final = dict.items  # a TypeError for what is no dict


class Loaders(dict[Any, Load]):
    """One loader for each class of the model, and for each union, made when first asked for.

    *key* names a field's key, None for a field that has none; *leaf* gives what reads a field in which no class of the model stands, None
    when it is taken as it is; *name* reads the names in a map; *aside* gives the keys of a class that fill no field; *unions* give the
    key that says the class, and the classes; *often* are the classes whose values come again and again, so that the last are kept;
    *whole* gives, for a class of many fields, what makes a value of a row of them.
    """

    def __init__(
        self,
        *,
        key: Callable[[str], str | None],
        leaf: Callable[[attrs.Attribute[Any]], Load | None],
        name: Load,
        aside: Callable[[type], Mapping[str, Load | None]],
        unions: Mapping[Any, tuple[str, Mapping[str, type]]],
        often: Container[type] = (),
        whole: Mapping[type, Load] = FrozenMap(),
    ) -> None:
        super().__init__()
        self._key, self._leaf, self._name, self._aside, self._unions = key, leaf, name, aside, unions
        self._often, self._whole = often, whole

    def __missing__(self, wanted: Any) -> Load:
        made = self[wanted] = self._union(*self._unions[wanted]) if wanted in self._unions else self._class(wanted)
        return made

    def _union(self, tag: str, kinds: Mapping[str, type]) -> Load:
        return lambda data: self[kinds[data[tag]]](data)

    def _class(self, kind: type) -> Load:
        draft, table = DRAFTS[kind], self._table(kind)
        needed = [self._key(field.name) for field in attrs.fields(kind) if field.default is attrs.NOTHING]
        # All values in a row first, at place 0 the object to be filled: measured, a store by name costs more than a place in the row.
        blank = [None, *(None if field.default is attrs.NOTHING else field.default for field in attrs.fields(kind))].copy
        fill: Callable[..., None] = draft.__init__
        whole = self._whole.get(kind)

        def load(data: Any) -> Any:
            row = blank()
            for key, value in _items(data):
                place, read = table[key]
                row[place] = value if read is None else read(value)
            for key in needed:
                data[key]  # a KeyError where it is missing
            if whole is not None:
                return whole(row)
            row[0] = new = _new(draft)
            fill(*row)
            new.__class__ = kind
            return new

        return _remembered(load) if kind in self._often else load

    def _table(self, kind: type) -> Mapping[str, tuple[int, Load | None]]:
        """For every key of a class: the place of the field it fills, 0 for what stands aside, and what reads the value."""
        table: dict[str, tuple[int, Load | None]] = {key: (0, read) for key, read in self._aside(kind).items()}
        for place, field in enumerate(attrs.fields(kind), 1):
            key = self._key(field.name)
            if key is not None:
                table[key] = (place, self._load_of(field))
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


def _remembered(load: Load) -> Load:
    """*load*, the last values it made at hand: data with a list or a table in it is loaded anew."""

    @lru_cache(maxsize=1024)
    def made(*items: tuple[str, Any]) -> Any:
        return load(dict(items))

    def recall(data: Any) -> Any:
        try:
            return made(*_items(data))
        except TypeError:
            return load(data)

    return recall


def _listed(data: Any) -> Iterable[Any]:
    if type(data) is not list:
        raise TypeError
    return data


def without_none(wanted: Any) -> Any:
    """The type of a field, without the None that it may be."""
    parts = getattr(wanted, "__args__", ())
    return reduce(or_, (part for part in parts if part is not type(None))) if type(None) in parts else wanted
