"""What is told of desks in the tests: the findings of `lint` with their witnesses, the answers of `search`, `difference`, `why_not`.

A test asks for a word or two of what it is told. The whole is kept in tests/facts/told.txt, a block for each test: the text of the first
ones, and the sum over the words of all. What a test is told now must be among what is kept of its module (which of its tests is told
it may hang on their order, where a judgement is kept for the next one). So one reads there what a user reads, and no word, no verdict
and no step of a witness changes unseen. After such a change: ``TOLD=anew python -m pytest -p no:randomly tests/test_lint.py`` writes the
blocks of the tests that it runs. What is drawn by Hypothesis is not kept.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import pytest

from said import blocks, write_blocks
from ticketcore import _lint_search, _why_not, difference, lint

KEPT: Final = Path(__file__).with_name("facts") / "told.txt"
MOST: Final = 30  # lines of a test
ANEW: Final = "TOLD" in os.environ
MORE: Final = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"  # tests that go through more desks then
# Where the values are made, at the end of each judgement.
MADE: Final[Sequence[tuple[Any, str]]] = (
    (lint, "Findings"), (_lint_search, "Answer"), (difference, "DeskDifference"), (_why_not, "WhyNot"),
)  # fmt: skip


@contextmanager
def noted() -> Iterator[list[str]]:
    """What is told meanwhile."""
    found: list[str] = []
    real = [getattr(module, name) for module, name in MADE]

    def noting(kind: type[Any]) -> Any:
        def make(*given: Any, **named: Any) -> Any:
            value = kind(*given, **named)
            found.append(in_words(value))
            return value

        return make

    for (module, name), kind in zip(MADE, real, strict=True):
        setattr(module, name, noting(kind))
    try:
        yield found
    finally:
        for (module, name), kind in zip(MADE, real, strict=True):
            setattr(module, name, kind)


def in_words(value: Any) -> str:
    if isinstance(value, tuple):
        return "\n".join([*(f"{one.told()} {one.short}".rstrip() for one in value), f"{len(value)} found"])
    return f"{value}\n{value.data()}" if hasattr(value, "data") else f"{value}\n{value.states} {value.steps}"


def sum_of(words: str) -> str:
    return sha256(words.encode()).hexdigest()[:10]


@lru_cache(maxsize=1)
def kept() -> dict[str, list[str]]:
    return blocks(KEPT) if KEPT.exists() else {}


@lru_cache(maxsize=200)
def sums(module: str) -> frozenset[str]:
    lines = (lines[0].split() for title, lines in kept().items() if title.startswith(f"{module}::"))
    return frozenset(one for listed in lines for one in listed)


def compare(item: pytest.Item, told: Sequence[str]) -> None:
    """Hold what a test is told against what is kept of its module."""
    title = f"{item.path.name}::{item.name}"
    each = list(dict.fromkeys(words for words in told if " at 0x" not in words))
    if ANEW:
        kept().pop(title, None)
        if each:
            kept()[title] = [f"  {' '.join(map(sum_of, each))}", *[f"  {line}" for words in each for line in words.splitlines()][:MOST]]
    elif title in kept() and not MORE:
        other = [words for words in each if sum_of(words) not in sums(item.path.name)]
        assert not other, "something else is told than is kept in tests/facts/told.txt; see tests/told.py:\n" + "\n\n".join(other)


def write() -> None:
    write_blocks(KEPT, dict(sorted(kept().items())))
