"""What the public names are called with: names, order and defaults of all arguments, kept in tests/facts/signatures.txt.

A change there is a change for everybody who calls them. ``python tests/test_signatures.py`` writes it anew.
"""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Iterator
from enum import Enum
from importlib import import_module
from pathlib import Path
from typing import Any

import ticketcore

KEPT = Path(__file__).with_name("facts") / "signatures.txt"
ROOMS = [room.name for room in pkgutil.iter_modules(ticketcore.__path__) if not room.name.startswith("_") and not room.ispkg]


def called(thing: Any) -> str:
    """How something is called, without the types, which are for the type checker."""
    signature = inspect.signature(thing)
    arguments = [
        each.replace(annotation=each.empty, default=each.default if each.default is each.empty else Told(each.default))
        for each in signature.parameters.values()
    ]
    return str(signature.replace(parameters=arguments, return_annotation=inspect.Signature.empty))


class Told:
    """A default as it is written: of what is neither text nor a number just the kind."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __repr__(self) -> str:
        plain = self.value is None or isinstance(self.value, str | int | float) or self.value in ((), frozenset())
        return repr(self.value) if plain else getattr(self.value, "__qualname__", type(self.value).__qualname__)


def public() -> dict[str, Any]:
    """The names of the front door, and all that a public room defines, under the module that defines it."""
    doors = [ticketcore, *(import_module(f"ticketcore.{room}") for room in ROOMS)]
    return {
        f"{thing.__module__.removeprefix('ticketcore.')}.{thing.__qualname__}": thing
        for door in doors
        for name in (ticketcore.__all__ if door is ticketcore else vars(door))
        if not name.startswith("_") and hasattr(thing := getattr(door, name), "__qualname__")
        if thing.__module__ == door.__name__ or door is ticketcore
    }


PUBLIC = public()  # while a test runs, told.py has put other things in the place of some


def names() -> list[str]:
    return [line for path, thing in sorted(PUBLIC.items()) for line in lines(path, thing)]


def lines(path: str, thing: Any) -> Iterator[str]:
    if inspect.isfunction(thing):
        yield path + called(thing)
    elif inspect.isclass(thing) and not issubclass(thing, Enum | BaseException) and not getattr(thing, "_is_protocol", False):
        yield path + ("" if issubclass(thing, dict | tuple) else called(thing))
        yield from methods(path, thing)


def methods(path: str, kind: type) -> Iterator[str]:
    """The methods that a class adds, or has in its own way."""
    for name, method in sorted(vars(kind).items()):
        plain = method.__func__ if isinstance(method, classmethod | staticmethod) else method
        if inspect.isfunction(plain) and not name.startswith("_"):
            yield f"{path}.{name}{called(plain)}"


def test_public_names_are_called_as_they_were() -> None:
    """A name that is new is taken up when the file is written anew."""
    now, then = names(), KEPT.read_text(encoding="utf-8").splitlines()
    assert [line for line in then if line not in now] == []
    assert len(now) < 1.1 * len(then)


if __name__ == "__main__":
    KEPT.write_text("".join(f"{name}\n" for name in names()), encoding="utf-8")
