"""Lint against brute force on finite domains, and against seeded defects: a sample here, the whole with HYPOTHESIS_PROFILE=nightly.

``python tests/conform_lint.py 100`` prints the figures of the whole.
"""

from __future__ import annotations

import os
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from conform_lint import (
    Tally,
    brute_differ,
    compare_small,
    compare_timed,
    is_shown,
    judge_healthy,
    judge_seeded,
    judge_small,
    judge_timed,
)  # fmt: skip
from ticketcore import Created, Desk, Person, View
from ticketcore._lint_domain import Wanted, possible, solutions
from ticketcore._lint_order import together
from ticketcore._lint_rules import placed
from ticketcore._lint_space import created
from ticketcore.conditions import AllOf, AnyOf, Condition, Not, Test, field, holds
from ticketcore.extra.strategies.defects import DEFECTS, FINITE_FIELDS, healthy, seeded, small_desks, timed_desk, timed_desks
from ticketcore.lint import Finding, lint

WHOLE = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
SETS = range(100 if WHOLE else 4)
WORDS = Desk(metrics=(), fields=FINITE_FIELDS).vocabulary


# --- conditions over finite domains ------------------------------------------------------------------------------------

TESTS: list[Condition] = [
    field["fields.kind"] == "a", field["fields.kind"] != "b", field["fields.kind"].is_set(), Test("fields.vip", "is", value=True),
    Test("fields.vip", "is_empty"), field.tags.has("x"), field.tags.has_all("x", "y"), field.tags.is_empty(), field.priority >= "medium",
    field.priority < "urgent", field.channel == "chat", field.channel.is_any("chat", "email"), field.rating <= 3, field.rating > 4,
]  # fmt: skip


def conditions() -> st.SearchStrategy[Condition]:
    return st.recursive(
        st.sampled_from(TESTS),
        lambda parts: st.one_of(
            st.lists(parts, max_size=3).map(lambda some: AllOf(tuple(some))),
            st.lists(parts, max_size=3).map(lambda some: AnyOf(tuple(some))),
            parts.map(Not),
        ),
        max_leaves=5,
    )  # fmt: skip


def every_ticket() -> list[View]:
    """Every ticket that the tests above can tell apart, as views."""
    from itertools import product

    from ticketcore.model import FrozenMap, Ticket

    found = []
    domains = ((None, "a", "b"), (None, False, True), ((), ("x",), ("y",), ("x", "y")), ("low", "medium", "high", "urgent"),
               ("", "chat", "email", "phone"), (None, 3, 4, 5))  # fmt: skip
    for kind, vip, tags, priority, channel, rating in product(*domains):
        fields = FrozenMap({name: value for name, value in (("kind", kind), ("vip", vip)) if value is not None})
        ticket = Ticket(id="T", status="new", category="new", priority=str(priority), channel=str(channel), rating=rating,
                        tags=frozenset(tags or ()), fields=fields)  # fmt: skip
        found.append(View(WORDS, ticket, 0))
    return found


EVERY = every_ticket()


@given(st.lists(conditions(), min_size=1, max_size=2))
def test_what_can_hold_is_what_some_ticket_shows(wanted: list[Condition]) -> None:
    demands = [Wanted(condition) for condition in wanted]
    shown = any(all(holds(condition, view) for condition in wanted) for view in EVERY)
    assert possible(demands, WORDS) is shown
    assert bool(list(solutions(demands, WORDS))) is shown


@given(conditions())
def test_a_ticket_created_by_a_solution_meets_the_condition(wanted: Condition) -> None:
    desk = Desk(metrics=(), fields=FINITE_FIELDS)
    for values in solutions([Wanted(wanted)], desk.vocabulary):
        if "rating" not in values:  # nobody rates in the moment of creation
            ticket = desk.handle(None, *created(desk, values)).ticket
            assert holds(wanted, desk.view(ticket))


# --- rule sets ---------------------------------------------------------------------------------------------------------


def checked(tally: Tally) -> Tally:
    assert tally.wrong == []
    return tally


def test_nothing_is_found_in_healthy_rule_sets() -> None:
    assert checked(judge_healthy(SETS)).counts["sets"] == len(SETS)


def test_seeded_defects_are_found_and_nothing_else() -> None:
    counts = checked(judge_seeded(SETS)).counts
    assert counts["defects"] == 2 * len(SETS)
    assert counts["found"] >= 0.98 * counts["defects"]


def test_a_hundred_sets_have_every_kind_of_defect_equally_often() -> None:
    from collections import Counter

    kinds = Counter(defect.code for number in range(100) for defect in seeded(number)[1])
    assert set(kinds) == set(DEFECTS)
    assert set(kinds.values()) == {25}


def test_the_same_number_makes_the_same_set() -> None:
    assert (seeded(3), healthy(3)) == (seeded(3), healthy(3))
    assert seeded(3)[0] != seeded(4)[0]


def test_small_desks_against_brute_force() -> None:
    """What never fires, whose order matters and what does not settle, beside every life of two events."""
    tally = checked(judge_small(range(500 if WHOLE else 1)))
    assert tally.counts["of these shown"] == tally.counts["unsettled by brute force"]


def test_time_rules_against_brute_force() -> None:
    """Never said to end when brute force loops; nearly every loop shown; hardly ever undecided."""
    counts = checked(judge_timed(range(1000 if WHOLE else 12))).counts
    assert counts["of these shown"] >= 0.95 * counts["loops by brute force"]
    assert counts["unknown"] <= max(2, 0.05 * sum(counts[verdict] for verdict in ("shown", "unknown", "proven to end")))


@settings(max_examples=200 if WHOLE else 1)  # a desk takes seconds
@given(small_desks(), timed_desks())
def test_random_desks_against_brute_force(small: Desk, timed: Desk) -> None:
    tally = Tally()
    compare_small(small, tally, "a random desk")
    compare_timed(timed, tally, "a random desk")
    checked(tally)


@settings(max_examples=20_000 if WHOLE else 3)
@given(timed_desks())
def test_findings_of_random_desks_are_shown(desk: Desk) -> None:
    for finding in lint(desk):
        assert is_shown(desk, finding), finding.told()


# --- brute force itself ------------------------------------------------------------------------------------------------


def test_brute_force_sees_an_order_that_matters() -> None:
    desk = seeded(2)[0]
    (finding,) = [finding for finding in lint(desk).of("order-sensitive") if finding.witness is not None]
    below = next(one for one in placed(desk) if one.place == finding.place)
    above = next(one for one in placed(desk) if one.rule.name == below.rule.name + " above")
    one, other = together(desk, above, below)
    assert not brute_differ(one, other)  # its tickets are of a product, which brute force does not know
    assert finding.witness is not None
    assert is_shown(desk, finding)


def test_a_finding_whose_witness_shows_nothing_is_not_shown() -> None:
    desk = healthy(0)
    script = lint(Desk(metrics=())).of("unused") or None
    assert script is None
    finding = Finding(code="order-sensitive", place="rules[0]", message="'rule 0' and 'rule 1'")
    assert not is_shown(desk, finding)


def test_a_random_desk_is_made_of_a_random_number() -> None:
    assert timed_desk(Random(1)) == timed_desk(Random(1))


def test_people_in_the_witnesses_are_plain() -> None:
    (moment,) = (created(healthy(0)),)
    (event,) = moment
    assert isinstance(event, Created)
    assert event.by == Person(email="someone@example.org")
