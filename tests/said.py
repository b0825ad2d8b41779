"""What the refusals in the tests say, in full: code, value, place, words, way out and details, of each that `pytest.raises` catches.

A test says which error it waits for and a word or two of it. All the rest is kept in tests/facts/said.txt, a block for each test, and
compared when the test has run (conftest.py), so that a person who reads a refusal is told what one read through, and not less. After a
change of words or of a table of rows: ``SAID=anew python -m pytest -p no:randomly tests/test_hours.py`` writes the blocks of the tests
that it runs. What is drawn by Hypothesis is not kept, nor what others have worded or what has an address in it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import pytest

from ticketcore.errors import TicketcoreError, shorten

KEPT: Final = Path(__file__).with_name("facts") / "said.txt"
MOST: Final = 45  # lines of a test
ANEW: Final = "SAID" in os.environ
FOREIGN: Final = (" at 0x", "this is no JSON", "no regular expression: ")  # an address; words of others, which change with their versions


def in_full(error: TicketcoreError) -> Iterator[str]:
    """All that an error carries, a line each."""
    yield f"  {error.code}" + (f" ({error.value})" if error.value else "")
    yield from (f"  {line}" for line in str(error).splitlines())
    yield from (f"    {name}: {shorten(value, 120)}" for name, value in sorted(error.details.items()))
    for problem in getattr(error, "problems", ()):
        yield f"    {problem.code}" + (f" ({problem.value})" if problem.value else "")


def blocks(path: Path) -> dict[str, list[str]]:
    """The lines that are set in, by the title above them."""
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("  "):
            lines.append(line)
        else:
            lines = found[line] = []
    return found


def write_blocks(path: Path, found: dict[str, list[str]]) -> None:
    path.write_text("".join(f"{title}\n" + "".join(f"{line}\n" for line in lines) for title, lines in found.items()), encoding="utf-8")


@lru_cache(maxsize=1)
def kept() -> dict[str, list[str]]:
    return blocks(KEPT) if KEPT.exists() else {}


@contextmanager
def noted() -> Iterator[list[TicketcoreError]]:
    """The errors of ours that `pytest.raises` catches meanwhile, in their order."""
    caught: list[Any] = []
    errors: list[TicketcoreError] = []
    real = pytest.raises

    def raises(*given: Any, **named: Any) -> Any:
        caught.append(real(*given, **named))
        return caught[-1]

    pytest.raises = raises  # the same, noted
    try:
        yield errors
    finally:
        pytest.raises = real
    informed = (getattr(each, "excinfo", each) for each in caught)  # a context, or the answer of a call
    errors += [each.value for each in informed if each is not None and isinstance(each.value, TicketcoreError)]


def compare(item: pytest.Item, errors: Sequence[TicketcoreError]) -> None:
    """Hold what the errors of a test say against what is kept of it."""
    title = f"{item.path.name}::{item.name}"
    lines = [line for each in dict.fromkeys(tuple(in_full(error)) for error in errors) for line in each][:MOST]
    if ANEW:
        kept().pop(title, None)
        _SEEN.add(title)
        if lines and not any(word in line for line in lines for word in FOREIGN):
            kept()[title] = lines
    else:
        assert lines == kept().get(title, lines), "a refusal says something else than is kept in tests/facts/said.txt; see tests/said.py"


_SEEN: Final[set[str]] = set()


def write() -> None:
    """What is kept, without the rows that the tests that were run no longer have."""
    tests = {title.partition("[")[0] for title in _SEEN}
    write_blocks(KEPT, {title: kept()[title] for title in sorted(kept()) if title in _SEEN or title.partition("[")[0] not in tests})
