"""Templates: text with variables from a closed set, taken apart once and filled in once; and what they may say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk_day import MARIA, at, born, length, promise
from ticketcore import Action, AgentReplied, Assigned, Created, Desk, Metric, Person, Policy, Rule, Targets, Transferred
from ticketcore._ledger import say_instant
from ticketcore._templates import LONGEST_OUTPUT, LONGEST_TEMPLATE, Template
from ticketcore._variables import variable_names, variables
from ticketcore.errors import BadValue, UnknownName
from ticketcore.model import draft_of

NAMES = ("id", "due", "due_fa")
PLAIN = st.text().filter(lambda text: "{{" not in text)
FA = Metric(name="fa", start=("created",), stop=("enter:answered",))
NEXT = Metric(name="next", start=("created",), stop=("enter:resolved",))


@given(PLAIN)
def test_a_text_without_variables_is_itself(text: str) -> None:
    assert Template.parse(text, NAMES).fill({}) == text


@given(
    st.lists(st.sampled_from(NAMES)), st.dictionaries(st.sampled_from(NAMES), st.text()).map(lambda given: dict.fromkeys(NAMES, "") | given)
)
def test_a_template_is_filled_in_once_whatever_the_values_contain(used: list[str], values: dict[str, str]) -> None:
    template = Template.parse("|".join(f"{{{{ {name} }}}}" for name in used), NAMES)
    assert template.fill(values) == "|".join(values[name] for name in used)
    assert template.names == tuple(dict.fromkeys(used))


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{{id}}", "T"),  # blanks do not matter
        ("{{   id   }}", "T"),
        ("{{ id }}{{ id }}", "TT"),
        ("}} { id } {", "}} { id } {"),  # single braces and a closing pair are text
        ("{{{ id }}}", None),  # the name would be "{ id"
        ("%s {0} ${id} {{ id }}", "%s {0} ${id} T"),  # no other language inside
        ("", ""),
    ],
)
def test_what_is_a_variable(text: str, filled: str | None) -> None:
    if filled is None:
        with pytest.raises(UnknownName):
            Template.parse(text, NAMES)
    else:
        assert Template.parse(text, NAMES).fill({"id": "T"}) == filled


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("by {{ deu }}", UnknownName, "unknown template variable 'deu'; did you mean 'due'"),
        ("{{ }}", UnknownName, "unknown template variable ''"),
        ("{{ id.__class__ }}", UnknownName, "unknown template variable"),  # no attributes
        ("{{ id | upper }}", UnknownName, "unknown template variable"),  # no filters
        ("by {{ due", BadValue, "not closed by }}"),
        ("{{ a {{ id }}", BadValue, "not closed by }}"),
        (5, BadValue, "a template is a text"),
        ("x" * (LONGEST_TEMPLATE + 1), BadValue, "at most 65536 characters"),
    ],
)
def test_a_template_that_cannot_be_read_is_refused(text: str, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        Template.parse(text, NAMES)


def test_a_filled_template_is_cut_where_it_grows_too_long() -> None:
    template = Template.parse("{{ id }}" * 5, NAMES)
    assert len(template.fill({"id": "x" * LONGEST_TEMPLATE})) == LONGEST_OUTPUT


# --- what a template may say -----------------------------------------------------------------------------------------

DESK = Desk(
    zone="Europe/Riga", metrics=(FA, NEXT),
    policies=(Policy(name="std", targets={"fa": Targets(otherwise=length(2)), "next": Targets(otherwise=length(1))}),),
)  # fmt: skip


def test_every_variable_is_read_off_the_ticket() -> None:
    ticket = born(DESK, subject="printer", channel="chat").ticket
    for event in (Assigned(at=at("09:10"), by=MARIA, agent="eve"), Transferred(at=at("09:20"), by=MARIA, group="sales")):
        ticket = DESK.handle(ticket, event).ticket
    names = variable_names(DESK.metrics)
    assert variables(names, draft_of(ticket), DESK.sla.due_us, DESK.zone) == {
        "id": "T", "subject": "printer", "status": "new", "priority": "low", "channel": "chat", "group": "sales", "assignee": "eve",
        "policy": "std", "requester_name": "Ada", "requester_email": "ada@example.org", "due": "Mon 23 Nov 2026 12:00 (Europe/Riga)",
        "due_fa": "Mon 23 Nov 2026 13:00 (Europe/Riga)", "due_next": "Mon 23 Nov 2026 12:00 (Europe/Riga)",
    }  # fmt: skip


def test_what_is_missing_is_an_empty_text() -> None:
    desk = Desk(metrics=(FA, NEXT))
    ticket = desk.handle(None, Created(at=at("09:00"), ticket="T", by=Person(id="x"))).ticket
    values = variables(variable_names(desk.metrics), draft_of(ticket), desk.sla.due_us, desk.zone)
    assert {name for name, value in values.items() if value} == {"id", "status", "priority"}
    plain = Desk(metrics=()).handle(None, Created(at=at("09:00"), ticket="T", by=Person(id="x"))).ticket
    assert variables(("due", "due_fa"), draft_of(plain), desk.sla.due_us, "UTC") == {"due": "", "due_fa": ""}


def test_an_ended_promise_is_due_no_more() -> None:
    answered = DESK.handle(born(DESK).ticket, AgentReplied(at=at("09:30"), by=MARIA)).ticket
    values = variables(("due", "due_fa", "due_next"), draft_of(answered), DESK.sla.due_us, "UTC")
    assert values == {"due": "Mon 23 Nov 2026 10:00 (UTC)", "due_fa": "", "due_next": "Mon 23 Nov 2026 10:00 (UTC)"}


def test_an_effect_is_filled_in_from_the_ticket_at_the_end_of_its_cycle() -> None:
    """The answer is promised for what the rules below have made of the ticket (step 11)."""
    rules = (
        Rule(name="ack", on=["created"], then=(Action("reply", "ack"),)),
        Rule(name="up", on=["created"], then=(Action("set_priority", "high"),))
    )  # fmt: skip
    fast = Policy(name="std", targets={"fa": Targets(by_level={"high": length(1)}, otherwise=length(8))})
    desk = Desk(metrics=(FA,), policies=(fast,), rules=rules, templates={"ack": "{{ priority }} by {{ due }}"})
    (reply,) = born(desk).effects
    assert reply.text == "high by Mon 23 Nov 2026 10:00 (UTC)"  # type: ignore[attr-defined]  # a Reply has one
    assert reply.variables == {"priority": "high", "due": "Mon 23 Nov 2026 10:00 (UTC)"}


def test_an_instant_is_said_in_the_zone() -> None:
    assert say_instant(at("23:30"), "Europe/Riga") == "Tue 24 Nov 2026 01:30 (Europe/Riga)"
    assert say_instant(at("00:05"), "America/New_York") == "Sun 22 Nov 2026 19:05 (America/New_York)"


def test_a_policy_of_another_metric_leaves_the_variable_empty() -> None:
    desk = Desk(metrics=(FA, NEXT), policies=(promise(2),))
    values = variables(("due_fa", "due_next"), draft_of(born(desk).ticket), desk.sla.due_us, "UTC")
    assert values == {"due_fa": "Mon 23 Nov 2026 11:00 (UTC)", "due_next": ""}
