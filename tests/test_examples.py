"""Every public class and function has an example in its docstring, and every one of these examples runs as a doctest."""

from __future__ import annotations

import inspect
import pkgutil
import re
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

# What a class of the front door answers to other parts of the library, and no user asks.
NOT_ASKED = {
    "BusinessHours": ["dated_us", "reasons_us", "holiday_on", "settled_us"],  # of the hours' own timeline, year by year
    "Rules": ["run"],  # of a step
    "View": ["folded_again"],  # of compiled conditions
}


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


def questions(kind: type) -> list[str]:
    """The public methods and properties that a class itself defines."""
    found = {name: getattr(value, "__func__", getattr(value, "fget", value)) for name, value in vars(kind).items() if name[0] != "_"}
    return [name for name, value in found.items() if inspect.isfunction(value)]


def examples(kind: type) -> str:
    """What the examples of a class and of its methods write."""
    docs = [kind.__doc__, *(getattr(kind, name).__doc__ for name in questions(kind))]
    lines = [line.strip() for doc in docs for line in (doc or "").splitlines()]
    return "\n".join(line for line in lines if line.startswith((">>>", "...")))


@pytest.mark.parametrize("kind", [value for _, value in public(ticketcore) if inspect.isclass(value)])
def test_every_question_of_the_front_door_is_asked_in_an_example(kind: type) -> None:
    assert [name for name in questions(kind) if not re.search(rf"\.{name}\b", examples(kind))] == NOT_ASKED.get(kind.__name__, [])


# Besides: refusals of `FrozenMap`, the timeline's questions to hours, what a choice asks of its strategies, the rules of a `DeskMachine`.
LEFT = 59


def test_the_rooms_behind_it_ask_nearly_all() -> None:
    kinds = {value for room in ROOMS if "strategies" not in room for _, value in public(import_module(room)) if inspect.isclass(value)}
    left = [(kind.__name__, name) for kind in kinds for name in questions(kind) if not re.search(rf"(\.|def ){name}\b", examples(kind))]
    assert len(left) <= LEFT, sorted(left)
