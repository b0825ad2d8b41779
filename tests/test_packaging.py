"""What a fresh install rests on: pinned versions without hosts, extras that exist, the marker for type checkers."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]
PINNED = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").split())


def packages(requirements: list[str]) -> set[str]:
    """The names of the packages required, those of our own extras included."""
    found: set[str] = set()
    for requirement in requirements:
        name, _, extras = re.split(r"[<>=!~;]", requirement)[0].partition("[")
        if name == "ticketcore":
            found |= {package for extra in extras.rstrip("]").split(",") for package in packages(EXTRAS[extra])}
        else:
            found.add(name.strip())
    return found


def test_constraints_are_names_and_versions_only() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not re.fullmatch(r"[a-z0-9._-]+==[0-9][0-9a-z.]*", line)] == []
    assert lines == sorted(lines)


@pytest.mark.parametrize("extra", ["demo", "test", "dev", "docs"])
def test_what_make_installs_is_pinned(extra: str) -> None:
    assert packages(PROJECT["dependencies"] + EXTRAS[extra]) - PINNED.keys() == set()


def test_the_core_needs_three_packages() -> None:
    assert packages(PROJECT["dependencies"]) == {"attrs", "pendulum", "cattrs"}


def test_the_reference_shows_every_room_and_what_it_reads_them_with_is_installed() -> None:
    """Sphinx imports each room that it shows, with nothing but the extra ``docs`` beside the core."""
    source = ROOT / "src" / "ticketcore"
    rooms = {".".join(path.relative_to(source).with_suffix("").parts).removesuffix(".__init__") for path in source.rglob("*.py")}
    public = {room for room in rooms if "_" not in (part[0] for part in room.split(".")) and not room.startswith("extra.strategies.")}
    pages = {page.stem.replace("-", ".") for page in (ROOT / "docs" / "reference" / "rooms").glob("*.md")}
    assert pages == public - {"extra", "extra.pytest_plugin"}  # pytest's, not anybody's to call
    loaded = set()
    for path in (source / "extra").rglob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body if path.name != "pytest_plugin.py" else ():
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
                loaded |= {name.partition(".")[0] for name in names}
    installed = {"re2" if name == "google-re2" else name for name in packages(PROJECT["dependencies"] + EXTRAS["docs"])}
    assert loaded - sys.stdlib_module_names - {"ticketcore"} <= installed


def test_type_checkers_find_the_types() -> None:
    assert (ROOT / "src" / "ticketcore" / "py.typed").is_file()
