"""Every public class and function has an example in its docstring, and every one of these examples runs as a doctest."""

from __future__ import annotations

import inspect
import pkgutil
from doctest import DocTestFinder
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any

import pytest

import ticketcore
from ticketcore import model as _model  # noqa: F401 - events and effects say that they are of this room once it is loaded

MODULES = sorted(module.name for module in pkgutil.walk_packages(ticketcore.__path__, "ticketcore."))
ROOMS = ["ticketcore", *(name for name in MODULES if not any(part.startswith("_") for part in name.split(".")))]


def public(module: ModuleType) -> list[tuple[str, Any]]:
    """The public classes and functions of a module; what another package made (`Draft` is `Any`) is not among them."""
    own = [name for name, value in vars(module).items() if not name.startswith("_") and getattr(value, "__module__", "") == module.__name__]
    found = [(name, getattr(module, name)) for name in getattr(module, "__all__", own)]
    ours = [(name, value) for name, value in found if getattr(value, "__module__", "").startswith("ticketcore")]
    return [(name, value) for name, value in ours if inspect.isclass(value) or inspect.isfunction(value)]


@cache
def run() -> frozenset[str]:
    """The docstrings with examples that ``pytest --doctest-modules src`` runs: a name is run where it is defined, or says that it is."""
    finder = DocTestFinder(exclude_empty=True)
    return frozenset(test.docstring or "" for name in MODULES for test in finder.find(import_module(name)) if test.examples)


@pytest.mark.parametrize("room", ROOMS)
def test_every_public_name_has_an_example(room: str) -> None:
    assert [name for name, value in public(import_module(room)) if ">>>" not in (value.__doc__ or "")] == []


@pytest.mark.parametrize("room", ROOMS)
def test_every_example_is_run(room: str) -> None:
    assert [name for name, value in public(import_module(room)) if value.__doc__ not in run()] == []


def test_the_rooms_are_found() -> None:
    assert {"ticketcore.desk", "ticketcore.extra.re2", "ticketcore.extra.strategies", "ticketcore.extra.strategies.hours"} <= set(ROOMS)
    assert len([name for room in ROOMS for name, _ in public(import_module(room))]) > 400
