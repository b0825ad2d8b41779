"""What the fields of people, messages and events hold: a value of another type is refused where it is given, and the way out is named."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from types import NoneType
from typing import Any, Final

import attrs

from ticketcore._values import FrozenMap
from ticketcore.errors import unwanted

Allowed = tuple[tuple[type, ...], str, str]  # the types, what is wanted in words, and the way out

# By annotation, as it is written. The model adds its own classes; "Any" holds anything.
ALLOWED: Final[dict[str, Allowed]] = {
    "str": ((str,), "text", ""),
    "str | None": ((str, NoneType), "text or None", ""),
    "int": ((int,), "a whole number", ""),
    "int | None": ((int, NoneType), "a whole number or None", ""),
    "bool": ((bool,), "True or False", ""),
    "FrozenMap[str, Any]": ((FrozenMap,), "a mapping", ""),
    "frozenset[str]": ((frozenset,), "a set of names", ""),
    "tuple[str, ...]": ((tuple,), "a list of names", ""),
    "Any": ((object,), "anything", ""),
}
MOST_SEEN: Final = 256  # combinations of types that are remembered for one class

_Known = tuple[Callable[[Any], tuple[Any, ...]], set[tuple[type, ...]]]
_known: Final[dict[type, _Known]] = {}  # by class: its fields' values in order, and the types that were found right


def check_types(value: Any) -> None:
    """Refuse a value whose fields hold what their annotations do not name; made to be a class's ``__attrs_post_init__``.

    Only the types are looked at, and what was found right once is not looked at again. Raises `BadValue` with the field in ``path``.
    """
    kind = type(value)
    known = _known.get(kind)
    if known is None:
        known = _known.setdefault(kind, (attrgetter(*(field.name for field in attrs.fields(kind))), set()))
    read, right = known
    values = read(value)
    types = tuple(map(type, values))
    if types not in right:
        for field, item in zip(attrs.fields(kind), values, strict=True):
            _check(kind, field, item)
        if len(right) < MOST_SEEN:
            right.add(types)


def _annotation(kind: type, name: str) -> str:
    """The annotation of a field as it is written (`attrs.resolve_types` may have replaced the one that attrs knows)."""
    said = (base.__dict__.get("__annotations__", {}) for base in kind.__mro__)  # noqa: RUF063 - inspect would be loaded for this alone
    return str(next(names[name] for names in said if name in names))


def _check(kind: type, field: Any, value: Any) -> None:
    types, wanted, hint = ALLOWED[_annotation(kind, field.name)]
    if isinstance(value, types) and not (isinstance(value, bool) and types[0] is int):
        return
    if types[0] is str and hasattr(value, "id"):
        hint = "give its id"
    raise unwanted(value, wanted, hint, field.alias)
