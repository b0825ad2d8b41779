"""Values in a notebook: each shows what it is, whatever it holds is escaped, and the core knows nothing of it."""

from __future__ import annotations

import re
from datetime import datetime
from html.parser import HTMLParser
from typing import Any

import pytest
from attrs import evolve
from IPython.core.interactiveshell import InteractiveShell

from ticketcore import Agent, AgentReplied, BusinessHours, Created, Lifecycle, Message, Person, Postponed, load_desk
from ticketcore._time import to_us
from ticketcore.conditions import AllOf, AnyOf, Not, explain
from ticketcore.errors import BadValue
from ticketcore.extra import notebook
from ticketcore.extra.notebook import html, install, load_ipython_extension, mermaid, unload_ipython_extension, week
from ticketcore.hours import always
from ticketcore.lint import Finding, lint
from ticketcore.replay import compare, replay
from ticketcore.report import Report, report

EVIL = "<script>alert('x')</script>&"
DATA: dict[str, Any] = {
    "name": "shop", "zone": "Europe/Riga", "groups": ["support"],
    "hours": {"office": {"zone": "Europe/Riga", "week": {"mon-fri": ["09:00-17:00"]}, "holidays": {"2026-11-18": EVIL}}},
    "sla": [{"name": "std", "hours": "office", "targets": {"first_reply": "4h", "resolution": "2 working days"}}],
    "rules": [
        {"name": EVIL, "on": ["created"], "when": {"any": [{"field": "text", "contains": EVIL}, {"not": {"field": "channel", "is": "x"}}]},
         "then": [{"add_tag": EVIL, "notify": EVIL}]},
        {"name": "late", "on": ["breached"], "then": [{"notify": "lead"}]},
    ],
}  # fmt: skip
DESK = load_desk(DATA)
TUESDAY = to_us(datetime.fromisoformat("2026-11-17T16:00:00+02:00"))
HOUR = 3_600_000_000
ADA = Person(name=EVIL, email="a@example.org")
HISTORY = [
    Created(at=TUESDAY, ticket="T-1", by=ADA, subject=EVIL, channel=EVIL, message=Message(text=EVIL)),
    AgentReplied(at=TUESDAY + 50 * HOUR, ticket="T-1", by=Agent(id="maria")),
    Created(at=TUESDAY, ticket="T-2", by=ADA),
    Postponed(at=TUESDAY + HOUR, ticket="T-2", by=Agent(id="maria"), until=TUESDAY + 90 * HOUR),
]
OUTCOMES = list(replay(DESK, HISTORY, until=TUESDAY + 100 * HOUR))
TICKET = OUTCOMES[1].ticket


class Tags(HTMLParser):
    """The tags that are open at the end, and all that were seen."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.styles: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.open.append(tag)
        self.seen.add(tag)
        self.styles += [value for name, value in attrs if name == "style"]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def shown() -> dict[str, Any]:
    trial = load_desk({**DATA, "rules": DATA["rules"][1:]})
    return {
        "ticket": TICKET, "outcome": OUTCOMES[0], "trace": OUTCOMES[1].trace, "explanation": DESK.explain(TICKET, EVIL),
        "ledger": DESK.why_due(TICKET, "first_reply"), "paused": DESK.why_due(OUTCOMES[3].ticket, "first_reply"),
        "hours": DESK.hours["office"], "always": always("UTC"), "report": report(OUTCOMES), "figures": report(OUTCOMES).total(),
        "comparison": compare(DESK, trial, HISTORY, until=TUESDAY + 100 * HOUR), "same": compare(DESK, DESK, HISTORY),
        "findings": lint(DESK), "finding": lint(load_desk({}))[0], "lifecycle": Lifecycle(), "empty": Report(),
        "nothing": explain(AllOf(()), DESK.view(TICKET)), "never": explain(AnyOf(()), DESK.view(TICKET)),
        "not": explain(Not(AllOf(())), DESK.view(TICKET)),
    }  # fmt: skip


SHOWN = shown()


@pytest.mark.parametrize("name", SHOWN)
def test_what_is_shown_is_well_formed_escaped_and_of_no_colour(name: str) -> None:
    told = html(SHOWN[name])
    tags = Tags(told)
    assert tags.open == []
    assert tags.seen <= {"div", "span", "b", "i", "table", "caption", "thead", "tbody", "tr", "th", "td"}
    assert EVIL not in told
    assert "" not in tags.styles
    styles = ";".join(tags.styles).replace("background:", "")
    assert "color:" not in styles.replace("border-color:", "")  # text keeps the theme's colour
    assert "#" not in styles


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("ticket", ["T-1", "answered since 2026-11-19T16:00:00Z", "first_reply", "late", "2 working days"]),
        ("outcome", ["wakes at", "to be carried out", "notify", "created"]),
        ("trace", ["2026-11-19T16:00:00Z", "status_changed was=new to=answered"]),
        ("explanation", ["any of", "yes", "no", "not"]),
        ("ledger", ["first_reply: 4h promised", "Wed 18 Nov", "holiday", "counted", "position:absolute"]),
        ("hours", ["Europe/Riga", "09:00-17:00", "2026-11-18", "closed"]),
        ("always", ["Always hours", "notebook.week"]),
        ("report", ["tickets", "promises", "by priority", "rules", "late"]),
        ("comparison", ["of 2 tickets differ", "because of", "change", "where they differ first"]),
        ("same", ["0 of 2 tickets differ"]),
        ("findings", ["what, and what to do"]),
        ("lifecycle", ["from", "agent_replies", "purged"]),
    ],
)
def test_each_shows_what_it_is(name: str, parts: list[str]) -> None:
    for part in parts:
        assert part in html(SHOWN[name]), part


@pytest.mark.parametrize(
    ("name", "heads"),
    [
        ("ticket", ["metric", "clock", "target", "due", "policy", "cycle"]),
        ("outcome", ["metric", "clock", "target", "due", "policy", "cycle", "effect", "to", "rule", "at", "at", "what happened"]),
        ("trace", ["at", "what happened"]),
    ],
)
def test_the_columns_have_names(name: str, heads: list[str]) -> None:
    assert [part.split("<")[0] for part in re.split(r"<th style='[^']*'>", html(SHOWN[name]))[1:]] == heads


def test_a_night_is_drawn_on_both_dates() -> None:
    night = BusinessHours(
        zone="UTC", week={"sun": ["22:00-06:00"]}, exceptions={"2026-12-24": ["09:00-12:00"], "2026-12-26": []},
        closures=[("2026-12-24T12:00", "2026-12-27T00:00", "moving")],
    )  # fmt: skip
    told = html(night)
    assert "22:00-24:00" in told
    assert "00:00-06:00" in told
    for part in ("2026-12-24", "09:00-12:00", "2026-12-26", "moving"):
        assert part in told


def test_a_week_has_its_holidays() -> None:
    told = week(DESK.hours["office"], "2026-11-17")
    assert told.count("09:00-17:00") == 4
    assert "Wed 18 Nov" in told
    assert "closed" in told
    assert EVIL not in told
    assert told._repr_html_() == told
    assert week(always("UTC"), "2026-11-17").count("00:00-24:00") == 7
    with pytest.raises(BadValue, match="a date is wanted"):
        week(always("UTC"), "someday")


def test_very_many_rows_are_cut() -> None:
    findings = [Finding(code="x", place=str(number), message="m") for number in range(100)]
    assert "... and 70 more" in html(findings)


@pytest.mark.parametrize("value", [7, (), (1, 2), [], ["x"], None])
def test_of_anything_else_nothing_is_shown(value: object) -> None:
    with pytest.raises(BadValue, match="nothing is shown of"):
        html(value)


def test_a_lifecycle_is_a_diagram() -> None:
    assert mermaid(Lifecycle()).startswith("```mermaid\nstateDiagram-v2\n")


def test_ipython_shows_them_when_asked_to() -> None:
    shell = InteractiveShell.instance()
    try:
        formatters: Any = getattr(shell.display_formatter, "formatters", None)
        load_ipython_extension(shell)
        assert formatters["text/html"](TICKET) == html(TICKET)
        assert formatters["text/html"](lint(DESK)) == html(lint(DESK))
        assert formatters["text/html"]((1, 2)) is None
        assert formatters["text/markdown"](Lifecycle()) == mermaid(Lifecycle())
        assert formatters["text/html"](DESK.hours["office"]) is not None
        unload_ipython_extension(shell)
        assert formatters["text/html"](TICKET) is None
        assert formatters["text/markdown"](Lifecycle()) is None
        install()
        assert formatters["text/html"](TICKET) is not None
        unload_ipython_extension(shell)
    finally:
        InteractiveShell.clear_instance()


def test_without_ipython_it_says_what_to_do() -> None:
    with pytest.raises(BadValue, match=r"use notebook\.html"):
        install()


def test_the_classes_know_nothing_of_it() -> None:
    assert [kind for kind in notebook.SHOWN if hasattr(kind, "_repr_html_")] == []


def test_figures_of_all_kinds_are_words() -> None:
    told = notebook._rows_table([{"a": True, "b": 1234, "c": 0.5, "d": None, "e": OUTCOMES[0].ticket.created}])
    for part in ("yes", "1,234", "0.5", "2026-11-17T14:00:00Z"):
        assert part in told
    assert ">d<" not in told
    folded = evolve(TICKET)
    assert "first_reply" in html(folded)
