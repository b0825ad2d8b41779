"""A stable fingerprint of a value: the same on every Python, in every process, for equal values."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any

import attrs


def fingerprint(value: Any) -> str:
    """Sixteen hexadecimal digits that change when the value changes. Fields that decide nothing (``decides=False``) are left out.

    >>> fingerprint({"b": 1, "a": frozenset({2, 3})}) == fingerprint({"a": {3, 2}, "b": 1})
    True
    """
    digest = hashlib.sha256()
    for part in _parts(value):
        digest.update(part.encode("utf-8", "surrogatepass"))
        digest.update(b"\x00")
    return digest.hexdigest()[:16]


def _parts(value: Any) -> Iterator[str]:
    """The value as a stream of texts: classes by name, fields that take part in equality, sets and maps in a fixed order."""
    if attrs.has(type(value)):
        yield f"<{type(value).__name__}"
        for part in attrs.fields(type(value)):
            if part.eq and part.metadata.get("decides", True):
                yield part.name
                yield from _parts(getattr(value, part.name))
        yield ">"
    elif isinstance(value, Mapping):
        yield "{"
        for key in sorted(value, key=str):
            yield str(key)
            yield from _parts(value[key])
        yield "}"
    elif isinstance(value, list | tuple):
        yield "["
        for item in value:
            yield from _parts(item)
        yield "]"
    elif isinstance(value, set | frozenset):
        yield "("
        yield from sorted("\x01".join(_parts(item)) for item in value)
        yield ")"
    else:
        yield str(value) if isinstance(value, Enum) else repr(value)
