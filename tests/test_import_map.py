"""The map of the house (DESIGN 2): imports run one way, siblings never meet, and the core touches nothing outside."""

from __future__ import annotations

import ast
import builtins
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import ticketcore

PACKAGE = Path(__file__).parents[1] / "src" / "ticketcore"

# room: the rooms directly below it. It may import these and whatever lies below them, and nothing else.
BELOW: dict[str, tuple[str, ...]] = {
    "errors": (),
    "_names": (),
    "_text": (),
    "_time": ("errors",),
    "_values": ("errors",),
    "model": ("_time", "_values", "_names", "_text"),
    "identity": ("model",),
    "hours": ("_time", "_values", "_names"),
    "conditions": ("model", "hours"),
    "lifecycle": ("conditions",),
    "priority": ("conditions",),
    "sla": ("conditions",),
    "rules": ("conditions",),
    "routing": ("conditions",),
    "desk": ("lifecycle", "priority", "sla", "rules", "routing"),
    "lint": ("desk",),
    "replay": ("desk",),
    "codec": ("desk",),
    "seal": ("codec",),
    "report": ("replay",),
    "difference": ("lint", "replay"),
    "discovery": ("replay",),
    "presets": ("codec",),
    "extra": ("difference", "report", "presets"),
}

# Private modules and the room each is a part of. The modules of one room may import each other, without a circle.
PART_OF: dict[str, str] = {
    "_clocks": "model",
    "_decided": "model",
    "_effects": "model",
    "_folding": "model",
    "_people": "model",
    "_ticket": "model",
    "_typed": "model",
    "_events": "model",
    "_spans": "hours",
    "_explaining": "conditions",
    "_parsing": "conditions",
    "_text": "conditions",
    "_rises": "conditions",
    "_names": "conditions",
    "_compiled": "conditions",
    "_edits": "conditions",
    "_witnesses": "conditions",
    "_why_not": "conditions",
    "_index": "conditions",
    "_tables": "conditions",
    "_timeline": "hours",
    "_conditions": "conditions",
    "_fields": "conditions",
    "_ledger": "sla",
    "_promises": "sla",
    "_triggers": "sla",
    "_queue": "routing",
    "_order_data": "routing",
    "_roster": "routing",
    "_roster_data": "routing",
    "_filters": "routing",
    "_figures": "report",
    "_records": "report",
    "_behaviour": "replay",
    "_compare": "replay",
    "_moments": "replay",
    "_reasons": "replay",
    "_together": "replay",
    "_plain": "codec",
    "_loading": "codec",
    "_trusted": "codec",
    "_desk_data": "codec",
    "_desk_file": "codec",
    "_hours_file": "codec",
    "_account": "desk",
    "_actions": "rules",
    "_checks": "desk",
    "_fingerprint": "desk",
    "_forecast": "desk",
    "_linking": "desk",
    "_moves": "lifecycle",
    "_rows": "lifecycle",
    "_lint_domain": "lint",
    "_lint_findings": "lint",
    "_lint_footprint": "lint",
    "_lint_script": "lint",
    "_lint_levels": "lint",
    "_lint_names": "lint",
    "_lint_order": "lint",
    "_lint_rules": "lint",
    "_lint_running": "lint",
    "_lint_search": "lint",
    "_lint_settling": "lint",
    "_lint_space": "lint",
    "_lint_survey": "lint",
    "_settings": "desk",
    "_incoming": "desk",
    "_parts": "desk",
    "_step": "desk",
    "_templates": "desk",
    "_trace": "desk",
    "_variables": "desk",
    "_words": "desk",
}

# The whole standard library that the core may use; what reads files, clocks, chance or the network is not in it.
# re is not either: an expression of an admin's can hang it (DESIGN 6).
STDLIB = frozenset({
    "__future__", "abc", "base64", "bisect", "calendar", "collections", "collections.abc", "copy", "dataclasses", "datetime", "decimal",
    "enum", "fractions", "functools", "hashlib", "heapq", "hmac", "itertools", "json", "math", "operator", "string", "threading",
    "types", "typing", "unicodedata", "weakref",
})  # fmt: skip
# third-party (or clock-bound) module: the rooms that may use it
GUARDED: dict[str, frozenset[str]] = {
    "pendulum": frozenset({"_time"}),
    "zoneinfo": frozenset({"_time"}),
    "cattrs": frozenset({"codec"}),
}
# ... but for annotations and isinstance these names may be imported anywhere.
TYPES_ONLY: dict[str, frozenset[str]] = {"pendulum": frozenset({"DateTime"}), "zoneinfo": frozenset({"ZoneInfo"})}
NEVER_CALLED = frozenset({"eval", "exec", "compile", "open", "input", "print", "breakpoint", "__import__", "globals", "id"})
CLOCK_READINGS = frozenset({"now", "utcnow", "today"})


def below(room: str) -> frozenset[str]:
    """Every room that *room* may import from."""
    return frozenset(BELOW[room]).union(*(below(lower) for lower in BELOW[room]))


def room_of(module: str) -> str | None:
    """The room that a module such as ``ticketcore._clocks`` belongs to; "" for the front door, None for a module without a row."""
    if module == "ticketcore":
        return ""
    name = module.removeprefix("ticketcore.").split(".")[0]
    name = PART_OF.get(name, name)
    return name if name in BELOW else None


def module_of(path: Path) -> str:
    parts = ("ticketcore", *path.relative_to(PACKAGE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(path): path.read_text(encoding="utf-8") for path in sorted(PACKAGE.rglob("*.py"))}
CORE = [name for name in MODULES if room_of(name) not in {"", "extra"}]


def imports(source: str) -> list[tuple[str, str]]:
    """Each import in *source*, wherever it stands, as (module, name in it or "")."""
    found: list[tuple[str, str]] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [(alias.name, "") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: write imports in full"
            found += [(node.module or "", alias.name) for alias in node.names]
    return found


def own_imports(source: str) -> list[str]:
    """The modules of this package that *source* imports: ``from ticketcore import _clocks`` names a module too."""
    pairs = [(module, name) for module, name in imports(source) if module.split(".")[0] == "ticketcore"]
    return [f"{module}.{name}" if module == "ticketcore" and name else module for module, name in pairs]


def wrong_way(module: str, source: str) -> list[str]:
    """Imports of *module* that the map does not allow."""
    room = room_of(module)
    assert room is not None, f"{module} has no row: give it one in BELOW or PART_OF"
    allowed = below(room) | {room}
    return [f"{module} imports {target}" for target in own_imports(source) if room_of(target) not in allowed]


def foreign(module: str, source: str) -> list[str]:
    """Imports from outside the package that the room of *module* may not make."""
    room = room_of(module)
    faults: list[str] = []
    for target, name in imports(source):
        top = target.split(".")[0]
        if top in {"ticketcore", "attrs"} or target in STDLIB:
            continue
        if room in GUARDED.get(top, ()) or name in TYPES_ONLY.get(target, ()):
            continue
        faults.append(f"{module} imports {target}{'.' + name if name else ''}")
    return faults


def impure(module: str, source: str) -> list[str]:
    """Calls in *source* that run text, do I/O, read a clock, or name an address (``id``)."""
    tree = ast.parse(source)
    own = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)} | {name for _, name in imports(source)}
    faults: list[str] = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        if isinstance(called, ast.Name):
            if called.id in NEVER_CALLED and called.id not in own:
                faults.append(f"{module}:{node.lineno} calls {called.id}")
            if called.id in {"DateTime", "ZoneInfo"} and room_of(module) != "_time":
                faults.append(f"{module}:{node.lineno} makes a {called.id}: that is the time edge's work")
        elif isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name):
            if called.value.id in {"date", "datetime", "DateTime", "pendulum"} and called.attr in CLOCK_READINGS:
                faults.append(f"{module}:{node.lineno} reads the clock")
            if called.value.id == "DateTime" and room_of(module) != "_time":
                faults.append(f"{module}:{node.lineno} calls DateTime.{called.attr}: that is the time edge's work")
    return faults


def test_every_module_has_a_row() -> None:
    assert [name for name in MODULES if room_of(name) is None] == []


def test_every_private_module_with_a_row_exists() -> None:
    assert [name for name in PART_OF if f"ticketcore.{name}" not in MODULES] == []


@pytest.mark.parametrize("module", CORE)
def test_imports_run_one_way(module: str) -> None:
    assert wrong_way(module, MODULES[module]) == []


def test_no_circle_of_imports() -> None:
    left = {module: {target for target in own_imports(source) if target in MODULES} - {module} for module, source in MODULES.items()}
    left = {module: targets - {"ticketcore"} for module, targets in left.items() if module != "ticketcore"}
    while left:
        free = {module for module, targets in left.items() if not targets & left.keys()}
        assert free, f"a circle among {sorted(left)}"
        left = {module: targets for module, targets in left.items() if module not in free}


@pytest.mark.parametrize("module", CORE)
def test_the_core_uses_what_it_may(module: str) -> None:
    assert foreign(module, MODULES[module]) == []


@pytest.mark.parametrize("module", CORE)
def test_the_core_runs_no_text_and_reads_no_clock(module: str) -> None:
    assert impure(module, MODULES[module]) == []


def test_the_front_door_knows_the_room_of_every_name_it_promises() -> None:
    """A type checker reads the imports, a program goes by the table, and a star import by the list: they say the same."""
    tree = ast.parse(Path(ticketcore.__file__).read_text(encoding="utf-8"))
    imported = {
        (node.module.removeprefix("ticketcore."), alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module is not None and node.module.startswith("ticketcore.")
        for alias in node.names
    }
    assert imported == {(room, name) for room, names in ticketcore._ROOMS.items() for name in names}
    assert sorted(ticketcore.__all__) == sorted(name for _, name in imported)
    for room, name in imported:
        assert getattr(ticketcore, name) is getattr(importlib.import_module(f"ticketcore.{room}"), name)
    assert set(ticketcore.__all__) <= set(dir(ticketcore))
    with pytest.raises(AttributeError, match="has no attribute 'Dsek'"):
        ticketcore.Dsek  # noqa: B018 - that it is not there


def test_the_front_door_does_not_lead_to_the_extras() -> None:
    assert [target for target in own_imports(MODULES["ticketcore"]) if room_of(target) == "extra"] == []


@pytest.mark.parametrize(
    ("module", "source", "fault"),
    [
        ("ticketcore.errors", "from ticketcore._time import iso", "imports ticketcore._time"),
        ("ticketcore.hours", "from ticketcore import model", "imports ticketcore.model"),  # siblings
        ("ticketcore.sla", "def f():\n    import ticketcore.rules", "imports ticketcore.rules"),  # hidden in a function
        ("ticketcore._clocks", "from ticketcore.hours import BusinessHours", "imports ticketcore.hours"),
        ("ticketcore.report", "from ticketcore.codec import load", "imports ticketcore.codec"),
        ("ticketcore.desk", "from ticketcore import Desk", "imports ticketcore.Desk"),  # by the front door
        ("ticketcore.desk", "from ticketcore.extra.strategies import desks", "imports ticketcore.extra"),
        ("ticketcore.model", "import re", "imports re"),
        ("ticketcore.model", "from os import path", "imports os.path"),
        ("ticketcore.model", "import cattrs", "imports cattrs"),
        ("ticketcore.model", "import pendulum", "imports pendulum"),
        ("ticketcore.model", "from pendulum import DateTime, now", "imports pendulum.now"),
        ("ticketcore.codec", "from attr import s", "imports attr.s"),
        ("ticketcore.model", "eval('1')", "calls eval"),
        ("ticketcore.model", "def f(path):\n    return open(path)", "calls open"),
        ("ticketcore._time", "datetime.now(UTC)", "reads the clock"),
        ("ticketcore.model", "DateTime(2026, 1, 1)", "time edge"),
        ("ticketcore.model", "DateTime.fromisoformat(text)", "time edge"),
    ],
)
def test_the_checks_see(module: str, source: str, fault: str) -> None:
    faults = wrong_way(module, source) + foreign(module, source) + impure(module, source)
    assert [line for line in faults if fault in line], faults


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("ticketcore.desk", "from ticketcore.errors import DeskError\nfrom ticketcore import _time, sla"),
        ("ticketcore.model", "from ticketcore import _clocks\nfrom ticketcore._events import Created"),
        ("ticketcore.presets", "from ticketcore.codec import load_desk"),
        ("ticketcore.model", "from pendulum import DateTime\nisinstance(at, DateTime)"),
        ("ticketcore.codec", "import cattrs\nfrom cattrs.gen import make_dict_structure_fn"),
        ("ticketcore.rules", "from ticketcore.conditions import compile\ncompile(condition)"),  # our own word, not the builtin
    ],
)
def test_the_checks_let_pass(module: str, source: str) -> None:
    assert wrong_way(module, source) + foreign(module, source) + impure(module, source) == []


def test_the_banned_builtins_exist() -> None:
    assert [name for name in NEVER_CALLED if not hasattr(builtins, name)] == []


def loaded_by(statement: str) -> set[str]:
    """The modules that a fresh interpreter has loaded after *statement*."""
    script = f"import sys; sys.path.insert(0, {str(PACKAGE.parent)!r}); {statement}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True, check=True, timeout=60)
    return set(done.stdout.split())


OPTIONAL = frozenset(
    {"cattrs", "hypothesis", "pytest", "numpy", "matplotlib", "holidays", "rich", "re2", "IPython", "simpy", "ticketcore.extra"}
)


def test_import_ticketcore_loads_neither_cattrs_nor_an_extra() -> None:
    # codec, and with it cattrs, is loaded by `__getattr__` of the front door when one of its names is first asked for.
    loaded = loaded_by("import ticketcore")
    assert "ticketcore" in loaded
    assert loaded & OPTIONAL == set()


def test_the_extras_load_nothing_until_asked() -> None:
    assert loaded_by("import ticketcore.extra") & (OPTIONAL - {"ticketcore.extra"}) == set()


def test_importing_the_package_alone_loads_no_room() -> None:
    loaded = loaded_by("import ticketcore")
    assert {name for name in loaded if name.partition(".")[0] in {"ticketcore", "attr", "attrs", "pendulum"}} == {"ticketcore"}
