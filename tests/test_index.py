"""The index: whatever is asked of it, it gives what the plain evaluator gives, one condition after the other."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ticketcore.conditions import Condition, Index, View, Vocabulary, holds
from ticketcore.extra import strategies


@st.composite
def asked(draw: st.DrawFn, most: int = 8) -> tuple[Vocabulary, list[Condition], list[View]]:
    """Conditions of one desk, and tickets to ask them of."""
    vocabulary = draw(strategies.vocabularies())
    conditions = draw(st.lists(strategies.conditions(vocabulary), max_size=most))
    return vocabulary, conditions, draw(st.lists(strategies.views(vocabulary), min_size=1, max_size=3))


def plainly(conditions: list[Condition], view: View) -> tuple[int, ...]:
    return tuple(number for number, condition in enumerate(conditions) if holds(condition, view))


# --- laws ----------------------------------------------------------------------------------------------------------------


@given(asked())
def test_the_index_gives_what_the_plain_evaluator_gives(case: tuple[Vocabulary, list[Condition], list[View]]) -> None:
    vocabulary, conditions, views = case
    index = Index(conditions, vocabulary)
    for view in views:
        assert index.matching(view) == plainly(conditions, view)
        assert set(index.matching(view, maybe=True)) >= set(index.matching(view))
