"""What a refusal says: the place, the value and the way out, word for word, as they are read by a person and by a program."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from desk_day import ADA, at
from ticketcore import Action, Noted, Rule, Rules, RuleSet
from ticketcore._filters import parse_filter
from ticketcore.conditions import Vocabulary
from ticketcore.errors import DataError, TicketcoreError
from ticketcore.hours import Changing
from ticketcore.model import evolve
from ticketcore.priority import Matrix
from ticketcore.seal import sealed_from_data


def refused(call: Callable[[], Any]) -> TicketcoreError:
    with pytest.raises(TicketcoreError) as caught:
        call()
    return caught.value


def deep(levels: int) -> Any:
    data: Any = 1
    for _ in range(levels):
        data = {"a": data}
    return data


# Run-time refusals: the call, the value it names and the whole sentence.
SENTENCES: list[tuple[Callable[[], Any], str, str]] = [
    (
        lambda: evolve(None, Noted(at=at("09:00"), by=ADA, id="n1")), "n1",
        "no ticket yet: the first event must be Created, not Noted",
    ),
    (
        lambda: Rules(sets=(RuleSet(rules=(Rule(name="vip", then=(Action("notify", "lead"),)),)),)).rule("vpi"), "'vpi'",
        "unknown rule 'vpi'; did you mean 'vip'?",
    ),
    (
        lambda: Changing(phases=()), "",
        'changes: every change of hours has a date; write {"2027-01-01": hours}',
    ),
]  # fmt: skip


@pytest.mark.parametrize(("call", "value", "sentence"), SENTENCES)
def test_a_refusal_names_the_value_and_the_way_out(call: Callable[[], Any], value: str, sentence: str) -> None:
    error = refused(call)
    assert (error.value, str(error)) == (value, sentence)


# What is wrong with data: the call, the code and the value of the first problem, and all that is printed.
PROBLEMS: list[tuple[Callable[[], Any], str, str, str]] = [
    (
        lambda: Matrix({"low": {"low": "low", "high": "high"}, "high": {"low": "low"}}), "bad-value", "",
        "matrix: 1 problem\n  matrix.high.high  no level for this pair; a matrix names one for every impact and urgency",
    ),
    (
        lambda: Matrix.of(impact=["low", "high"], urgency=["low"], levels=[["low"]]), "bad-value", "",
        "matrix: 1 problem\n  matrix.levels  1 rows for 2 impacts; one for each",
    ),
    (
        lambda: parse_filter([], Vocabulary(), "filters[0]"), "bad-value", "",
        "filter: 1 problem\n  filters[0]  a filter is a table, not list of 0; give a name and a condition",
    ),
    (
        lambda: sealed_from_data({"salt": 5, "digest": "0" * 64, "previous": "0" * 64}, path="log[3]"), "wrong-type", "5",
        "sealed event: 2 problems\n  log[3].salt  text is wanted, not a whole number\n  log[3].link  a sealed event needs 'link'",
    ),
    (
        lambda: sealed_from_data(deep(40)), "too-deep", "",
        "sealed event: 1 problem\n  a" + ".a" * 31 + "  nested more than 32 levels deep",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("call", "code", "value", "text"), PROBLEMS)
def test_a_problem_has_a_place_a_sentence_and_a_way_out(call: Callable[[], Any], code: str, value: str, text: str) -> None:
    error = refused(call)
    assert isinstance(error, DataError)
    assert (error.problems[0].code, error.problems[0].value, str(error)) == (code, value, text)
