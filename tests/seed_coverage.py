"""Which test shows which behaviour that the product owes: docs/reference/coverage.md, made from the marks on the tests.

    python tests/seed_coverage.py           writes the page
    python tests/seed_coverage.py --check   says what is wrong with it, and fails

The rows are tests/seed.toml; a test shows rows by `@pytest.mark.seed("S26", "S27")`. A row of the library's that no test shows
names the issue that delivers it; tests/test_seed_coverage.py sees to it that none is silently missing.
"""

from __future__ import annotations

import ast
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from attrs import Factory, frozen

ROOT: Final = Path(__file__).parents[1]
ROWS: Final = ROOT / "tests" / "seed.toml"
PAGE: Final = ROOT / "docs" / "reference" / "coverage.md"
COUNT: Final = 129
DOES: Final = ("core", "effect", "none")


@frozen(kw_only=True)
class Row:
    """One behaviour the sources ask for."""

    does: str
    text: str
    rest: str = ""
    issue: int = 0

    @property
    def is_owed(self) -> bool:
        """Whether it is the library's to do."""
        return self.does != "none"


@frozen(kw_only=True)
class Coverage:
    """The rows, the tests that show them, and what is wrong with either."""

    rows: Mapping[str, Row]
    shown: Mapping[str, tuple[str, ...]]
    problems: tuple[str, ...] = Factory(tuple)


def coverage(rows: str, tests: Mapping[str, str]) -> Coverage:
    """What *tests* (file name: source) show of *rows* (TOML)."""
    found = {name: Row(**table) for name, table in tomllib.loads(rows).items()}
    shown: dict[str, list[str]] = {}
    problems = list(_row_problems(found))
    for file, source in sorted(tests.items()):
        for test, names in marks(source):
            for name in names:
                if name not in found:
                    problems.append(f"{file}: {test} shows {name}, which is no row")
                elif not found[name].is_owed:
                    problems.append(f"{file}: {test} shows {name}, which is outside the library's job")
                else:
                    shown.setdefault(name, []).append(f"{file}: {test}")
    for name, row in found.items():
        if row.is_owed and name not in shown and not row.issue:
            problems.append(f"{name}: no test shows it, and no issue is named that delivers it")
        if name in shown and row.issue:
            problems.append(f"{name}: it is shown by {shown[name][0]}; issue = {row.issue} is out of date")
    return Coverage(rows=found, shown={name: tuple(where) for name, where in shown.items()}, problems=tuple(problems))


def _row_problems(rows: Mapping[str, Row]) -> Iterator[str]:
    if list(rows) != [f"S{number}" for number in range(1, COUNT + 1)]:
        yield f"the rows are not S1 to S{COUNT}, each once and in order"
    for name, row in rows.items():
        if not row.text or not row.does or any(word not in DOES for word in row.does.split()):
            yield f"{name}: it needs a text, and does is of {', '.join(DOES)}"
        if not row.is_owed and not row.rest:
            yield f"{name}: why is it outside the library's job?"


def marks(source: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The tests of a module that are marked, each with the rows it shows."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test"):
            names = [ast.literal_eval(given) for mark in node.decorator_list if _is_seed(mark) for given in mark.args]  # type: ignore[attr-defined]  # a call, as was looked at
            if names:
                yield node.name, tuple(names)


def _is_seed(decorator: ast.expr) -> bool:
    return isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.seed"


def page(found: Coverage) -> str:
    """The table as a page of the documentation."""
    rows, shown = found.rows, found.shown
    owed = [name for name, row in rows.items() if row.is_owed]
    count = sum(name in shown for name in owed)
    lines = [
        "# What is owed, and what shows it",
        "",
        "The behaviours that the source documents of ticketcore ask for, S1 to S129, in our own words, and the tests that show them.",
        "Made by `python tests/seed_coverage.py` from the marks on the tests and from `tests/seed.toml`; a test holds this page to them.",
        "*Core* is data and logic of the library; *effect* is decided by the library and carried out by the host.",
        "",
        f"Of {len(owed)} rows that are the library's, {count} are shown by tests"
        + (f" and {len(owed) - count} name the issue that delivers them." if count < len(owed) else "."),
        "",
        "| Row | Asked of it | Behaviour | Shown by |",
        "| --- | --- | --- | --- |",
    ]
    for name, row in rows.items():
        text = row.text + (f" Not here: {row.rest}." if row.rest else "")
        does = row.does.replace(" ", " and ") if row.is_owed else "outside"
        where = "<br>".join(f"`{test}`" for test in shown.get(name, ())) or (f"to come with issue {row.issue}" if row.is_owed else "-")
        lines.append(f"| {name} | {does} | {text} | {where} |")
    return "\n".join(lines) + "\n"


def read() -> Coverage:
    """The coverage of this checkout."""
    tests = {path.name: path.read_text(encoding="utf-8") for path in ROOT.glob("tests/test_*.py")}
    return coverage(ROWS.read_text(encoding="utf-8"), tests)


def main(arguments: list[str]) -> int:
    """Write the page, or check it; the number of problems decides how it ends."""
    found = read()
    problems = list(found.problems)
    if "--check" not in arguments:
        PAGE.parent.mkdir(parents=True, exist_ok=True)
        PAGE.write_text(page(found), encoding="utf-8")
    elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page(found):
        problems.append(f"{PAGE.relative_to(ROOT)} is out of date: run python tests/seed_coverage.py")
    for problem in problems:
        print(problem, file=sys.stderr)  # noqa: T201 - a program says what is wrong
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
