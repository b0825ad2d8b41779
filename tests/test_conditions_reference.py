"""docs/reference/conditions.md is held to the code: every field, type, layer and operator, and no name that does not exist."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ticketcore._parsing import _HEADS, _SLA_OPS, _TIME_OPS
from ticketcore.conditions import (
    FLAG,
    NAME,
    NUMBER,
    OPERATORS,
    SLA_STATES,
    Condition,
    FieldType,
    View,
    Vocabulary,
    compiled,
    holds,
    parse,
)  # fmt: skip
from ticketcore.errors import Problem
from ticketcore.model import Agent, AgentReplied, CustomerReplied, FrozenMap, Message, Person, Ticket

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "conditions.md"
WORDS = Vocabulary(metrics=("first_reply",))
DECLARED = {"fields.<name>", "requester.fields.<name>", "facts.<name>"}
PLACES = {"open", "closed", "holiday", "from", "to", "before", "after", "accents", "language", "all", "any", "not"}


def rows(title: str) -> list[list[str]]:
    """The rows of the table under a heading, without its head."""
    lines = PAGE.read_text(encoding="utf-8").split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0].splitlines()
    table = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines if line.startswith("| ")]
    return table[2:]


def named(cell: str) -> list[str]:
    """What stands in backquotes."""
    return cell.split("`")[1::2]


def test_every_field_is_in_the_table_with_its_type_and_layer() -> None:
    told = {named(name)[0]: (kind, layer, before) for name, kind, layer, before, *_ in rows("Fields")}
    known = {
        spec.name.replace("first_reply.", "<metric>.", 1) if spec.name.startswith("sla.") else spec.name: (
            spec.type.kind, spec.layer, "yes" if spec.changes else "no",
        )
        for spec in WORDS.specs.values()
    }  # fmt: skip
    assert {name: told[name] for name in told if name not in DECLARED} == known
    assert told.keys() >= DECLARED


def test_every_operator_is_in_the_table_under_its_type() -> None:
    assert {kind: tuple(named(operators)) for kind, operators in rows("Operators")} == dict(OPERATORS)


def test_every_name_that_is_used_exists() -> None:
    operators = {op for ops in OPERATORS.values() for op in ops}
    known = operators | set(WORDS.specs) | set(_HEADS) | set(_TIME_OPS) | set(_SLA_OPS) | DECLARED | PLACES | {"is"}
    used = {
        name
        for title in ("Other tests", "What other help desks ask, and how it is said here")
        for _, here in rows(title)
        for name in named(here)
    }
    used |= {name for test, _ in rows("Other tests") for name in named(test)}
    assert used <= known
    states = next(meaning for test, meaning in rows("Other tests") if "`sla`, with `is`" in test)
    assert all(state in states for state in SLA_STATES)


def test_what_is_left_out_says_why() -> None:
    for _, here in rows("What other help desks ask, and how it is said here"):
        assert named(here) if not here.startswith("left out: ") else len(here) > len("left out: ")


# --- every operator of every type does what it says, also where it has nothing to read --------------------------------

SAMPLES: dict[str, tuple[FieldType, Any, Any, Any]] = {  # type, what a ticket has, a value that fits it, one that does not
    "text": (FieldType(kind="text"), "a b", "a b", "c"), "name": (NAME, "a b", "a b", "c"),
    "choice": (FieldType(kind="choice", choices=("x", "y", "z")), "y", "y", "z"),
    "ordered": (FieldType(kind="ordered", choices=("x", "y", "z")), "y", "y", "z"),
    "set": (FieldType(kind="set"), frozenset({"a"}), "a", "c"), "number": (NUMBER, 2, 2, 3), "flag": (FLAG, True, True, False),
    "duration": (FieldType(kind="duration"), 3_600_000_000, "1h", "2h"),
    "instant": (FieldType(kind="instant"), 0, "1970-01-01T00:00:00Z", "1970-01-01T00:00:01Z"),
}  # fmt: skip
MANY = {"is_any", "is_none", "has_any", "has_all", "has_none", "mentions_any", "mentions_all", "mentions_none"}
FIT = {"is", "is_any", "has", "has_any", "has_all", "contains", "starts_with", "ends_with", "matches", "matches_regex", "mentions_any",
       "mentions_all", "at_least", "at_most", "between", "is_set"}  # fmt: skip


@pytest.mark.parametrize(("kind", "op"), [(kind, op) for kind, ops in OPERATORS.items() for op in ops])
def test_every_operator_of_every_type(kind: str, op: str) -> None:
    declared, stored, fits, other = SAMPLES[kind]
    words = Vocabulary(fields={"it": declared}, regex=lambda pattern: lambda text: pattern in text)
    full = View(words, Ticket(id="T", fields=FrozenMap({"it": stored})), 0)
    empty = View(words, Ticket(id="T"), 0)

    def ask(value: Any, view: View) -> bool:
        problems: list[Problem] = []
        operand = True if op in {"is_set", "is_empty"} else [value, value] if op == "between" else [value] if op in MANY else value
        condition: Condition = parse({"field": "it", op: operand}, words, "", problems)
        assert problems == []
        assert compiled(condition, words)(view) is holds(condition, view)
        return holds(condition, view)

    assert ask(fits, full) is (op in FIT)
    negated = op.startswith("not_") or op in {"is_not", "is_none", "has_none", "mentions_none", "is_empty"}
    assert ask(fits, empty) is negated
    if op not in {"is_set", "is_empty"}:
        below = op in {"below", "at_most"}
        assert ask(other, full) is (negated or below)
        assert ask(other, empty) is negated


@pytest.mark.parametrize(
    ("event", "name", "value"),
    [
        (AgentReplied(at=0, by=Agent(id="maria"), message=Message(text="x", attachments=["a.pdf", "b.png"])), "event.attachments", 2),
        (CustomerReplied(at=0, by=Person(email="ADA@x.org")), "event.by_requester", True),
        (CustomerReplied(at=0, by=Person(email="bob@x.org")), "event.by_requester", False),
        (AgentReplied(at=0, by=Agent(id="maria")), "event.by_assignee", True),
        (AgentReplied(at=0, by=Agent(id="ivan")), "event.by_assignee", False),
        (CustomerReplied(at=0, by=Person(id="maria")), "event.by_assignee", False),  # a person of that id is no agent
        (CustomerReplied(at=0), "event.by_assignee", None),
        (CustomerReplied(at=0), "event.by_requester", None),
        (None, "event.attachments", None),
    ],
)
def test_who_did_it_and_what_came_with_it(event: Any, name: str, value: Any) -> None:
    ticket = Ticket(id="T", requester=Person(email="ada@x.org"), assignee="maria")
    assert WORDS.field(name).read(View(WORDS, ticket, 0, None, event)) == value
