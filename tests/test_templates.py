"""Templates: text with variables from a closed set, taken apart once and filled in once; and what they may say."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk_day import MARIA, at, born, length, promise
from ticketcore import (
    Action,
    AgentReplied,
    Assigned,
    Created,
    Desk,
    Fact,
    FieldType,
    Metric,
    Person,
    Policy,
    Postponed,
    Rule,
    Targets,
    Ticket,
    Transferred,
    load_desk,
)
from ticketcore._ledger import say_instant
from ticketcore._templates import LONGEST_OUTPUT, LONGEST_TEMPLATE, Template
from ticketcore._ticket import draft_of
from ticketcore._words import WORDS, instant_in_words, length_in_words
from ticketcore.errors import BadValue, BadZone, DeskError, UnknownName

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


def told(desk: Desk, ticket: Ticket, at_us: int, *names: str) -> dict[str, str]:
    return dict(desk.variables.told(names or desk.variables.names, draft_of(ticket), desk.sla.due_us, at_us))


def test_every_variable_is_read_off_the_ticket() -> None:
    ticket = born(DESK, subject="printer", channel="chat", tags=["vip", "hot"]).ticket
    for event in (Assigned(at=at("09:10"), by=MARIA, agent="eve"), Transferred(at=at("09:20"), by=MARIA, group="sales")):
        ticket = DESK.handle(ticket, event).ticket
    ticket = DESK.handle(ticket, Postponed(at=at("09:30"), by=MARIA, until=at("10:00", 1))).ticket
    assert told(DESK, ticket, at("09:30")) == {
        "id": "T", "subject": "printer", "status": "postponed", "priority": "low", "channel": "chat", "group": "sales",
        "assignee": "eve", "policy": "std", "tags": "hot, vip", "created": "Mon 23 Nov 2026 11:00 (Europe/Riga)",
        "postponed_until": "Tue 24 Nov 2026 12:00 (Europe/Riga)", "requester_name": "Ada", "requester_email": "ada@example.org",
        "requester_phone": "", "requester_organisation": "", "requester_tier": "",
        "due": "Mon 23 Nov 2026 12:00 (Europe/Riga)", "due_in": "30m",
        "reply_by": "Mon 23 Nov 2026 13:00 (Europe/Riga)", "reply_in": "1h 30m",
        "due_fa": "Mon 23 Nov 2026 13:00 (Europe/Riga)", "due_in_fa": "1h 30m",
        "due_next": "Mon 23 Nov 2026 12:00 (Europe/Riga)", "due_in_next": "30m",
    }  # fmt: skip


def test_what_is_missing_is_an_empty_text() -> None:
    desk = Desk(metrics=(FA, NEXT), zone="Europe/Riga")
    ticket = desk.handle(None, Created(at=at("09:00"), ticket="T", by=Person(id="x"))).ticket
    values = told(desk, ticket, at("09:00"))
    assert {name for name, value in values.items() if value} == {"id", "status", "priority", "created"}
    plain = Desk(metrics=())
    assert told(plain, plain.handle(None, Created(at=at("09:00"), ticket="T", by=Person(id="x"))).ticket, 0, "due", "reply_in") == {
        "due": "", "reply_in": "",
    }  # fmt: skip


def test_an_ended_promise_is_due_no_more() -> None:
    answered = DESK.handle(born(DESK).ticket, AgentReplied(at=at("09:30"), by=MARIA)).ticket
    assert told(DESK, answered, at("11:00"), "due", "due_in", "due_fa", "due_in_fa", "due_next", "reply_by", "reply_in") == {
        "due": "Mon 23 Nov 2026 12:00 (Europe/Riga)", "due_in": "0m",  # it has passed
        "due_fa": "", "due_in_fa": "", "due_next": "Mon 23 Nov 2026 12:00 (Europe/Riga)", "reply_by": "", "reply_in": "",
    }  # fmt: skip


def test_a_letter_is_in_the_zone_and_the_words_of_its_reader() -> None:
    ack = Rule(name="ack", on=["created"], then=[Action("reply", "ack")])
    desk = DESK.evolve(rules=[ack], templates={"ack": "{{ reply_by }} | {{ reply_in }} | {{ due_in_next }}"})

    def text(by: Person, **given: Any) -> str:
        (reply,) = desk.handle(None, Created(at=at("09:00"), ticket="T", by=by, **given)).effects
        return str(reply.text)  # type: ignore[attr-defined]  # a Reply has one

    assert text(Person(name="Ada")) == "Mon 23 Nov 2026 13:00 (Europe/Riga) | 2h | 1h"
    assert text(Person(name="Ada", zone="Asia/Kolkata")) == "Mon 23 Nov 2026 16:30 (Asia/Kolkata) | 2h | 1h"
    assert text(Person(language="el-GR", zone="Europe/Athens")) == "Δευτέρα 23 Νοεμβρίου 2026 13:00 (Europe/Athens) | 2 ώ | 1 ώ"
    assert text(Person(name="李"), language="zh") == "2026年11月23日星期一 13:00 (Europe/Riga) | 2小时 | 1小时"  # the ticket's language
    assert text(Person(language="hu"), language="zh") == "2026. november 23., hétfő 13:00 (Europe/Riga) | 2 óra | 1 óra"
    assert text(Person(language="xx")) == "Mon 23 Nov 2026 13:00 (Europe/Riga) | 2h | 1h"  # a language that nobody has written down


def test_a_person_lives_in_a_zone_that_there_is() -> None:
    with pytest.raises(BadZone) as caught:
        Person(zone="Europe/Rigga")
    assert caught.value.path == "zone"
    assert Person().zone == ""


FIELDS = {name: FieldType(kind=kind) for name, kind in [
    ("site", "text"), ("due_date", "instant"), ("effort", "duration"), ("vip", "flag"), ("skills", "set"), ("seats", "number"),
]}  # fmt: skip


def test_declared_fields_and_facts_are_variables_of_their_own_names() -> None:
    desk = Desk(
        metrics=(), fields=FIELDS, requester_fields={"site": FieldType(kind="text")},
        facts={
            "queue": Fact(type=FieldType(kind="number"), default=3),
            "wait": Fact(type=FieldType(kind="duration"), required_with=("rated",)),
        },
    )  # fmt: skip
    given = {"site": "Rīga", "due_date": at("12:00"), "effort": 5_400_000_000, "vip": True, "skills": frozenset({"b", "a"}), "seats": 0}
    ticket = desk.handle(None, Created(at=at("09:00"), ticket="T", by=Person(name="Ada", fields={"site": "Jūrmala"}), fields=given)).ticket
    values = told(desk, ticket, at("09:00"))
    assert {name: value for name, value in values.items() if "." in name} == {
        "fields.site": "Rīga", "fields.due_date": "Mon 23 Nov 2026 12:00 (UTC)", "fields.effort": "1h 30m", "fields.vip": "yes",
        "fields.skills": "a, b", "fields.seats": "0", "requester.fields.site": "Jūrmala", "facts.queue": "3", "facts.wait": "",
    }  # fmt: skip
    bare = desk.handle(None, Created(at=at("09:00"), ticket="T", by=Person(name="Ada"), fields={"vip": False})).ticket
    assert told(desk, bare, 0, "fields.site", "fields.vip", "requester.fields.site") == {
        "fields.site": "", "fields.vip": "no", "requester.fields.site": "",
    }  # fmt: skip


def test_the_names_are_closed_at_load() -> None:
    with pytest.raises(DeskError) as caught:
        Desk(fields=FIELDS, templates={
            "a": "{{ fields.sight }}", "b": "{{ requester.name }}", "c": "{{ facts.queue.__class__ }}", "d": "{{ due_frst_reply }}",
        })  # fmt: skip
    assert [(problem.path, problem.message, problem.hint) for problem in caught.value.problems] == [
        ("templates.a", "unknown template variable 'fields.sight'", "did you mean 'fields.site'?"),
        ("templates.b", "unknown template variable 'requester.name'", "did you mean 'requester_name'?"),
        ("templates.c", "unknown template variable 'facts.queue.__class__'", caught.value.problems[2].hint),
        ("templates.d", "unknown template variable 'due_frst_reply'", "did you mean 'due_first_reply'?"),
    ]
    for template in ("{{ fields.site }} {{ due date }}", "{{ reply_soon }}"):
        with pytest.raises(DeskError, match="unknown template variable"):
            load_desk({"fields": {"site": "text"}, "templates": {"a": template}})
    assert load_desk({"fields": {"site": "text"}, "templates": {"a": "{{ fields.site }} {{ reply_by }}"}}).templates


def test_of_two_things_of_one_name_the_plain_one_counts() -> None:
    """A metric that is called "in" has its due instant in no template: due_in is how long it is until the earliest."""
    odd = Metric(name="in", start=("created",), stop=("enter:answered",))
    desk = Desk(metrics=(odd,), policies=(promise(2, metric="in"),))
    assert told(desk, born(desk).ticket, at("09:00"), "due_in", "due_in_in") == {"due_in": "2h", "due_in_in": "2h"}
    assert len(desk.variables.names) == len(set(desk.variables.names))


def test_every_language_has_its_words() -> None:
    for code, words in WORDS.items():
        assert (len(set(words.weekdays)), len(set(words.months)), len(words.units)) == (7, 12, 3), code
        text = instant_in_words(at("09:05"), "UTC", code)
        assert all(part in text for part in (words.weekdays[0], words.months[10], "23", "2026", "09:05 (UTC)")), code
        assert "{" not in text
        parts = zip((1, 2, 4), words.units, strict=True)
        assert length_in_words(93_784_000_000, code) == " ".join(f"{count}{words.gap}{unit}" for count, unit in parts)


def test_lengths_in_words() -> None:
    assert [length_in_words(us) for us in (-5, 0, 1, 60_000_000, 60_000_001, 86_400_000_000)] == ["0m", "0m", "1m", "1m", "2m", "1d"]
    assert length_in_words(0, "de") == "0 Min."


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
    assert told(desk, born(desk).ticket, 0, "due_fa", "due_next") == {"due_fa": "Mon 23 Nov 2026 11:00 (UTC)", "due_next": ""}
