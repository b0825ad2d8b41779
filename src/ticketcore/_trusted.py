"""How the fields of a value are read back that this library wrote itself: nothing is checked, so it is for a host's own store alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

import attrs

from ticketcore._clocks import Target
from ticketcore._loading import Load, without_none
from ticketcore._plain import duration, field_value, target
from ticketcore._time import DAY_US, SECOND_US
from ticketcore._values import FrozenMap

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SCALARS: Final = frozenset({str, int, float, bool, type(None)})


def leaf_of(is_duration: Callable[[str], bool]) -> Callable[[attrs.Attribute[Any]], Load | None]:
    """What reads a field of no class of the model, None when it is taken as it is."""

    def leaf(field: attrs.Attribute[Any]) -> Load | None:
        if field.name.endswith("_us"):
            load: Load | None = duration if is_duration(field.name) else instant
        else:
            load = _BY_TYPE[without_none(field.type)]
        if load is None or field.default is None or without_none(field.type) == field.type:
            return load
        return lambda value: None if value is None else load(value)

    return leaf


@lru_cache(maxsize=256)  # as for `ticketcore._plain.write_instant`
def instant(text: str) -> int:
    """ISO 8601 text with an offset as microseconds since the epoch."""
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
