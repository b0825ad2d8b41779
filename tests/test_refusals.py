"""What a refusal says: the place, the value and the way out, word for word, as they are read by a person and by a program.

What `pytest.raises` catches in any other test is kept by said.py. The long tables of what is not raised there are kept in
tests/facts/refusals.txt, to be read through when it changes: ``python tests/test_refusals.py`` writes it anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import test_conditions
from desk_day import ADA, at
from said import blocks, in_full, write_blocks
from ticketcore import Action, BusinessHours, Lifecycle, Metric, Noted, Rule, Rules, RuleSet, always, load_desk
from ticketcore._clocks import parse_target
from ticketcore._filters import parse_filter
from ticketcore._parsing import parse as parse_condition
from ticketcore._roster_data import parse_roster
from ticketcore._time import load_zone, wall_us
from ticketcore.conditions import Vocabulary
from ticketcore.errors import DataError, Problem, TicketcoreError
from ticketcore.hours import Changing
from ticketcore.model import evolve
from ticketcore.priority import Matrix, ScoreCard
from ticketcore.seal import sealed_from_data, sealed_from_lines


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
        lambda: Rules(macros=(Rule(name="bye", then=(Action("close"),)),)).macro("by"), "'by'",
        "unknown macro 'by'; did you mean 'bye'?",
    ),
    (
        lambda: BusinessHours(zone="UTC", week={"mon,frei": ["09:00-10:00"]}), "'mon,frei'",
        "week.mon,frei: 'mon,frei' names no weekday; write mon, tue, ... or mon-fri or mon,wed",
    ),
    (
        lambda: always().next_transition(0), "0",
        "hours around the clock never close; ask is_open first",
    ),
    (
        lambda: BusinessHours(zone="UTC", week={"mon": ["24:00-10:00"]}), "'24:00-10:00'",
        "week.mon[0]: '24:00-10:00' starts at the end of the day; it belongs to the next day",
    ),
    (
        lambda: Rule(name="r", on="noted", then=()), "'noted'",
        "a list of names is wanted, not 'noted'; put it in brackets",
    ),
    (
        lambda: parse_target("1.5 days"), "'1.5 days'",
        (
            "a target of days counts them in whole numbers; "
            'write "4h", "4h calendar", "15 days", "3 working days" or "3 working days, end of day"'
        ),
    ),
    (
        lambda: wall_us(load_zone("UTC"), 10**9, 0), "86337864316800000000",
        "wall times are known in the years 2 to 9998",
    ),
    (
        lambda: Metric(name="m", start_at="never"), "",
        "metrics.m.start_at: start_at of a metric is event or created, not 'never'",
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
        "matrix: 1 problem\n  matrix.levels  1 row for 2 impacts; one for each",
    ),
    (
        lambda: parse_filter([], Vocabulary(), "filters[0]"), "bad-value", "",
        "filter: 1 problem\n  filters[0]  a filter is a table, not list of 0; give a name and a condition",
    ),
    (
        lambda: parse_filter({"name": "old", "when": {"since": "created", "at_least": "sooon"}}, Vocabulary()), "bad-duration", "'sooon'",
        (
            "filter: 1 problem\n  when.at_least  'sooon' is no span of time; "
            'write "4h", "4h business", "15 days", "3 working days" or "1 working day, end of day"'
        ),
    ),
    (
        lambda: parse_filter({"name": "hot", "when": {"sla": "fr", "used_at_least": "80"}}, Vocabulary()), "unknown-name", "'fr'",
        (
            "filter: 2 problems\n  when.sla            unknown metric 'fr'; declare it under metrics\n"
            "  when.used_at_least  a percentage from 0 to 1000 is wanted, not '80'"
        ),
    ),
    (
        lambda: Lifecycle(moves={"open": {"resolve": 5}}), "bad-value", "",
        "lifecycle: 1 problem\n  moves.open.resolve  a move is wanted, not int; a status, a Move, or None to refuse",
    ),
    (
        lambda: load_desk({"fields": {"x": {"type": "text", "choices": ["a"]}}}), "bad-value", "",
        "desk: 1 problem\n  fields.x.choices  a text has no choices; leave them out, or make it a choice",
    ),
    (
        lambda: load_desk({"rules": [{"name": "r", "when": {"sla": "resolution", "used_at_least": "80"}, "then": [{"notify": "x"}]}]}),
        "bad-value", "'80'",
        "desk: 1 problem\n  rules[0].when.used_at_least  a percentage from 0 to 1000 is wanted, not '80'",
    ),
    (
        lambda: sealed_from_lines([5]), "wrong-type", "5",  # type: ignore[list-item]  # what is refused
        "sealed history: 1 problem\n  line[1]  JSON text is wanted, not a whole number",
    ),
    (
        lambda: ScoreCard(entries=[], thresholds=[(2,)]), "bad-value", "",
        'score card: 1 problem\n  score.thresholds[0]  a threshold is a whole number of points and a level; write [10, "high"]',
    ),
    (
        lambda: sealed_from_lines(["{}", "{"]), "missing-key", "",
        (
            "sealed history: 3 problems\n  line[1].digest    a sealed event needs 'digest'\n"
            "  line[1].previous  a sealed event needs 'previous'\n  line[1].link      a sealed event needs 'link'"
        ),
    ),
    (
        lambda: parse_roster({"ann": {"out_of_office": [["2026-01-01T00:00Z"]]}}), "bad-value", "list of 1",
        "roster: 1 problem\n  ann.out_of_office  absences are pairs of a first instant and an end",
    ),
    (
        lambda: parse_roster({"ann": {"out_of_office": ["ab"]}}), "bad-value", "list of 1",
        "roster: 1 problem\n  ann.out_of_office  absences are pairs of a first instant and an end",
    ),
    (
        lambda: load_desk(5), "wrong-type", "5",
        (
            "desk: 1 problem\n    a desk is a table, not a whole number; "
            "give what tomllib.loads(text) or json.loads(text) makes of a desk file"
        ),
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


# --- the tables of other modules, in full ----------------------------------------------------------------------------

SAID = Path(__file__).with_name("facts") / "refusals.txt"


def listed(read: Callable[[list[Problem]], Any]) -> DataError:
    """What *read* lists, as one error."""
    problems: list[Problem] = []
    read(problems)
    assert problems
    return DataError(problems)


def rows(test: Any) -> Iterator[tuple[Any, ...]]:
    """The rows of the table that a test is run with."""
    (mark,) = (mark for mark in test.pytestmark if mark.name == "parametrize")
    yield from mark.args[1]


def conditions() -> Iterator[tuple[str, DataError]]:
    for data, problem in rows(test_conditions.test_what_is_refused_and_how):
        yield f"condition: {problem}", listed(partial(parse_condition, data, test_conditions.WORDS, "when"))


def declarations() -> Iterator[tuple[str, DataError]]:
    for what, data, problem in rows(test_conditions.test_declarations_that_are_refused):
        yield f"{what.__name__}: {problem}", listed(partial(what, data, "fields"))


def said() -> dict[str, list[str]]:
    """What is said to each row of the tables; rows under one title stand together."""
    found: dict[str, list[str]] = {}
    for table in (conditions, declarations):
        for title, error in table():
            found.setdefault(title, []).extend(in_full(error))
    return found


def test_every_refusal_of_the_tables_says_what_it_said() -> None:
    """A row that is new in a table is taken up when the file is written anew."""
    now, then = said(), blocks(SAID)
    both = now.keys() & then.keys()
    assert {title: now[title] for title in both} == {title: then[title] for title in both}
    assert len(both) > 0.9 * len(then)


if __name__ == "__main__":
    write_blocks(SAID, said())
