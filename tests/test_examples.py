"""Which public names have an example that runs in their docstring: all of the front door, and in each room no fewer than before."""

from __future__ import annotations

import inspect
from importlib import import_module
from types import ModuleType
from typing import Any

import pytest

import ticketcore

# How many public classes and functions of a room are still without one. A number here may only become smaller.
WITHOUT = {
    "desk": 0, "model": 0, "hours": 0, "conditions": 0, "lifecycle": 0, "priority": 0, "sla": 0, "rules": 0, "routing": 0, "lint": 0,
    "replay": 0, "report": 0, "codec": 0, "presets": 0, "errors": 0, "seal": 0, "identity": 0, "discovery": 0, "difference": 0,
    "extra.strategies": 0, "extra.laws": 18, "extra.coverage": 7, "extra.holidays": 1, "extra.vendors": 3, "extra.machine": 0,
    "extra.desk_days": 0, "extra.notebook": 0, "extra.plots": 0, "extra.pytest_plugin": 3, "extra.mutation": 3, "extra.simulate": 4,
    "extra.batch": 2,
}  # fmt: skip


def without(module: ModuleType) -> list[str]:
    """The public classes and functions of a module whose docstring has no example."""
    own = [name for name, value in vars(module).items() if not name.startswith("_") and getattr(value, "__module__", "") == module.__name__]
    found: list[tuple[str, Any]] = [(name, getattr(module, name)) for name in getattr(module, "__all__", own)]
    ours = [(name, value) for name, value in found if getattr(value, "__module__", "").startswith("ticketcore")]  # `Draft` is `Any`
    return [name for name, value in ours if (inspect.isclass(value) or inspect.isfunction(value)) and ">>>" not in (value.__doc__ or "")]


def test_every_name_of_the_front_door_has_an_example() -> None:
    assert without(ticketcore) == []


@pytest.mark.parametrize("room", WITHOUT)
def test_no_room_loses_an_example(room: str) -> None:
    missing = without(import_module(f"ticketcore.{room}"))
    assert len(missing) <= WITHOUT[room], missing


def test_every_room_is_looked_at() -> None:
    package = import_module("ticketcore").__path__[0]
    from pathlib import Path

    rooms = {path.stem for path in Path(package).glob("[a-z]*.py")}
    extras = {f"extra.{path.stem}" for path in Path(package, "extra").glob("[a-z]*.py")}
    assert (rooms | extras | {"extra.strategies"}) - WITHOUT.keys() <= {"extra.re2"}  # which needs its package to be imported
