"""Strategies for priority: levels, matrices, score cards, whole settings, and tickets with their slots filled."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from ticketcore._values import FrozenMap
from ticketcore.extra.strategies.lifecycle import guards
from ticketcore.extra.strategies.model import instants, names, persons
from ticketcore.model import Slot, Ticket
from ticketcore.priority import SLOTS, Levels, Matrix, Priority, Score, ScoreCard, Suggestion

__all__ = ["levels", "matrices", "priorities", "priority_tickets", "score_cards"]

_TAGS = st.text(min_size=1, max_size=4)


def levels() -> st.SearchStrategy[Levels]:
    """Levels of priority, names in any script.

    >>> from hypothesis import given, settings
    >>> @settings(max_examples=5, derandomize=True, deadline=None)
    ... @given(levels())
    ... def test_the_highest_is_raised_no_higher(found):
    ...     assert found.raise_by(found.highest, 1) == found.highest
    >>> test_the_highest_is_raised_no_higher()
    """
    return st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=6, unique=True).map(tuple).map(Levels)


@st.composite
def matrices(draw: st.DrawFn, known: Levels) -> Matrix:
    """Matrices that lead to these levels; the values of the axes are texts or whole numbers.

    >>> from hypothesis import given, settings
    >>> @settings(max_examples=5, derandomize=True, deadline=None)
    ... @given(matrices(Levels(("low", "high"))))
    ... def test_every_cell_is_a_level(matrix):
    ...     levels = {matrix.level(impact=row, urgency=column) for row in matrix.impacts for column in matrix.urgencies}
    ...     assert levels <= {"low", "high"}
    >>> test_every_cell_is_a_level()
    """
    axis = st.lists(st.text(max_size=4), min_size=1, max_size=4, unique=True) | st.lists(
        st.integers(0, 9), min_size=1, max_size=4, unique=True
    )
    impact, urgency = draw(axis), draw(axis)
    row = st.lists(st.sampled_from(known.names), min_size=len(urgency), max_size=len(urgency))
    return Matrix.of(impact=impact, urgency=urgency, levels=draw(st.lists(row, min_size=len(impact), max_size=len(impact))))


@st.composite
def score_cards(draw: st.DrawFn, known: Levels) -> ScoreCard:
    """Score cards whose thresholds rise to these levels.

    >>> from hypothesis import given, settings
    >>> @settings(max_examples=5, derandomize=True, deadline=None)
    ... @given(score_cards(Levels(("low", "high"))))
    ... def test_more_points_are_enough_for_more(card):
    ...     assert card.level_of(1_000) == card.thresholds[-1][1]
    >>> test_more_points_are_enough_for_more()
    """
    entry = st.builds(Score, condition=guards(), weight=st.integers(-20, 20), reason=st.text(max_size=10))
    count = draw(st.integers(1, len(known)))
    points = sorted(draw(st.lists(st.integers(-40, 40), min_size=count, max_size=count, unique=True)))
    ranks = sorted(draw(st.lists(st.integers(0, len(known) - 1), min_size=count, max_size=count, unique=True)))
    thresholds = [(needed, known.names[rank]) for needed, rank in zip(points, ranks, strict=True)]
    return ScoreCard(entries=draw(st.lists(entry, max_size=4)), thresholds=thresholds)


@st.composite
def priorities(draw: st.DrawFn) -> Priority:
    """Whole settings, with each source or without, in every order.

    >>> from hypothesis import given, settings
    >>> @settings(max_examples=5, derandomize=True, deadline=None)
    ... @given(priorities())
    ... def test_a_default_is_a_level(priority):
    ...     assert priority.default is None or priority.default in priority.levels.names
    >>> test_a_default_is_a_level()
    """
    known = draw(levels())
    level = st.sampled_from(known.names)
    order = draw(st.permutations(SLOTS[:-1]))
    sure = draw(st.booleans())
    return Priority(
        levels=known,
        default=draw(st.none() | level),
        tags=draw(st.dictionaries(_TAGS, level, max_size=4)),
        matrix=draw(st.none() | matrices(known)),
        score=draw(st.none() | score_cards(known)),
        suggestion=draw(st.none() | st.just(Suggestion(fact="hint", confidence="sure" if sure else "", at_least=70 if sure else 0))),
        slots=(*order[: draw(st.integers(0, len(order)))], "default"),
        manual_pinned=draw(st.booleans()),
    )


@st.composite
def priority_tickets(draw: st.DrawFn, priority: Priority) -> Ticket:
    """Tickets on which any of the sources of *priority* may speak: slots, tags, fields and facts, right and wrong ones.

    >>> from hypothesis import given, settings
    >>> @settings(max_examples=5, derandomize=True, deadline=None)
    ... @given(priority_tickets(Priority()))
    ... def test_a_ticket_always_has_a_level(ticket):
    ...     assert Priority().derive(ticket).level in Priority().levels.names
    >>> test_a_ticket_always_has_a_level()
    """
    level = st.sampled_from(priority.levels.names) | st.text(max_size=8)
    slot = st.builds(Slot, level=level, cause=st.sampled_from(["", "maria", "rule:shop down"]), at_us=instants())
    fields: dict[str, Any] = {}
    if priority.matrix is not None:
        fields = draw(st.fixed_dictionaries({}, optional={
            priority.impact: st.sampled_from(priority.matrix.impacts) | st.text(max_size=3),
            priority.urgency: st.sampled_from(priority.matrix.urgencies) | st.lists(st.integers(), max_size=2).map(tuple),
        }))  # fmt: skip
    facts = draw(st.fixed_dictionaries({}, optional={"hint": level | st.none(), "sure": st.integers(0, 100) | st.booleans()}))
    return Ticket(
        id=draw(names()),
        requester=draw(persons()),
        agent_replies=draw(st.integers(0, 9)),
        as_of_us=draw(instants()),
        slots=FrozenMap(draw(st.dictionaries(st.sampled_from(["manual", "rules"]), slot))),
        tags=frozenset(draw(st.lists(st.sampled_from(sorted(priority.tags)) if priority.tags else _TAGS, max_size=3))),
        fields=FrozenMap(fields),
        facts=FrozenMap(facts),
    )
