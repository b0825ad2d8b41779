"""The nearest right name: what somebody meant who wrote a name that nobody knows."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Final

LONGEST: Final = 64  # of names that are compared letter by letter
MOST: Final = 2_000  # names looked at: a hint must not cost more than the mistake
ALIKE: Final = 0.6  # of the letters two names have in common, in order; as in difflib.get_close_matches


def nearest(name: object, choices: Iterable[str]) -> str | None:
    """The one of *choices* most like *name*, or None when none is alike. Letter case does not count; the first wins a tie.

    >>> nearest("slved", ["open", "resolved", "closed"]), nearest("zebra", ["open", "closed"])
    ('resolved', None)
    """
    if not isinstance(name, str) or not 0 < len(name) <= LONGEST:
        return None
    wanted = name.casefold()
    masks: dict[str, int] = {}
    for position, char in enumerate(wanted):
        masks[char] = masks.get(char, 0) | 1 << position
    best, found = ALIKE, None
    for choice in islice(choices, MOST):
        total = len(wanted) + len(choice)
        if len(choice) > LONGEST or 2 * min(len(wanted), len(choice)) < best * total:
            continue
        alike = 2 * _common(masks, len(wanted), choice.casefold()) / total
        if alike > best or (alike == best and found is None):
            best, found = alike, choice
    return found


def hint(name: object, choices: Iterable[str], *, otherwise: str = "") -> str:
    """The way out for an unknown *name*: the nearest of *choices*, else *otherwise*, else the choices themselves.

    >>> hint("prioritty", ["status", "priority"]), hint("zebra", ["open", "closed"])
    ("did you mean 'priority'?", 'known are closed, open')
    """
    known = list(islice(choices, MOST))
    found = nearest(name, known)
    if found is not None:
        return f"did you mean {found!r}?"
    if otherwise or not known:
        return otherwise
    shown = sorted(known)
    return "known are " + ", ".join(shown[:12]) + (", ..." if len(shown) > 12 else "")


def _common(masks: dict[str, int], length: int, other: str) -> int:
    """The length of the longest common subsequence, a whole row of the table at a time (bits of one int; Hyyrö 2004)."""
    full = (1 << length) - 1
    row = full
    for char in other:
        hits = row & masks.get(char, 0)
        row = ((row + hits) | (row - hits)) & full
    return length - row.bit_count()
