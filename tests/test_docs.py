"""Every code block of README and docs runs: Python is executed, in order, a page being one story; TOML and JSON are parsed."""

from __future__ import annotations

import doctest
import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
# Languages whose blocks are shown and not run: commands, their output, diagrams, what MyST reads as a directive.
SHOWN = frozenset({"", "console", "text", "mermaid", "sql"})
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@frozen
class Block:
    """One fenced block of a page: its language, its text and the line its text starts at."""

    language: str
    text: str
    line: int


def blocks(page: str) -> list[Block]:
    """The fenced blocks of *page*, in order."""
    found: list[Block] = []
    fence, language, start, lines = "", "", 0, [""]
    for number, line in enumerate(page.splitlines(), 1):
        mark = line.strip()
        if fence and mark == fence:
            found.append(Block(language, "\n".join(lines) + "\n", start))
            fence = ""
        elif fence:
            lines.append(line)
        elif mark.startswith("```"):
            fence = "`" * (len(mark) - len(mark.lstrip("`")))
            language, start, lines = mark.lstrip("`").strip(), number + 1, []
    assert not fence, f"the block at line {start} has no end"
    return found


def run_block(block: Block, names: dict[str, Any], page: str) -> None:
    """Run *block* as its language says, *names* being what the blocks before it on the page have made."""
    where = f"{page}:{block.line}"
    if block.language == "python" and ">>>" in block.text:
        report: list[str] = []
        test = doctest.DocTestParser().get_doctest(block.text, names, page, page, block.line - 1)
        result = doctest.DocTestRunner(optionflags=FLAGS, verbose=False).run(test, out=report.append, clear_globs=False)
        names.update(test.globs)  # a doctest runs on a copy
        assert result.failed == 0, f"{where}\n{''.join(report)}"
    elif block.language == "python":
        exec(compile("\n" * (block.line - 1) + block.text, page, "exec"), names)
    elif block.language == "toml":
        tomllib.loads(block.text)
    elif block.language == "json":
        json.loads(block.text)
    else:
        assert block.language in SHOWN or block.language.startswith("{"), f"{where}: nobody runs {block.language!r}"


def run_page(text: str, page: str) -> dict[str, Any]:
    """Run the blocks of a page, one after the other, and return the names they made."""
    names: dict[str, Any] = {"__name__": "__page__"}
    for block in blocks(text):
        run_block(block, names, page)
    return names


@pytest.mark.parametrize("path", PAGES, ids=[str(path.relative_to(ROOT)) for path in PAGES])
def test_every_code_block_runs(path: Path) -> None:
    run_page(path.read_text(encoding="utf-8"), str(path.relative_to(ROOT)))


@pytest.mark.parametrize(
    "text",
    [
        "```python\nassert 1 == 2\n```",
        "```python\n>>> 1 + 1\n3\n```",
        "```python\nx = 1\n```\n\n```python\n>>> x\n2\n```",  # the page is one story
        "```python\n>>> x = 1\n```\n\n```python\nassert x == 2\n```",
        "```toml\na = \n```",
        "```json\n{\n```",
        "```ruby\nputs 1\n```",
        "```python\nx = 1\n",
    ],
)
def test_a_block_that_is_wrong_is_found(text: str) -> None:
    with pytest.raises((AssertionError, ValueError)):
        run_page(text, "page.md")


def test_a_page_is_one_story() -> None:
    names = run_page("````python\nx = 1\n````\ntext\n\n```python\n>>> x + 1\n2\n>>> y = 3\n```\n\n```python\nz = x + y\n```\n", "page.md")
    assert names["z"] == 4
