"""Pictures: what is drawn is what the desk says, and what cannot be drawn is refused. How they look was judged by eye."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import matplotlib as mpl
import pytest

mpl.use("agg")

from matplotlib import pyplot as plt
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle

from ticketcore import Agent, AgentReplied, BusinessHours, Created, CustomerReplied, Desk, Person, Resolved, Ticket, load_desk
from ticketcore._time import DAY_US, HOUR_US, to_us
from ticketcore.errors import BadValue, UnknownName
from ticketcore.extra import plots
from ticketcore.replay import compare, replay
from ticketcore.report import Report, report

DATA: dict[str, Any] = {
    "name": "shop", "zone": "Europe/Riga", "groups": ["support", "billing"],
    "hours": {"office": {"zone": "Europe/Riga", "week": {"mon-fri": ["09:00-17:00"]}, "holidays": {"2026-11-18": "feast"}}},
    "sla": [{"name": "std", "hours": "office", "warn": ["-30m"], "targets": {"first_reply": "4h", "resolution": "2 working days"}}],
}  # fmt: skip
DESK = load_desk(DATA)
TUESDAY = to_us(datetime.fromisoformat("2026-11-17T16:00:00+02:00"))
ADA, MARIA = Person(name="Ada"), Agent(id="maria")


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    plt.close("all")


def ticket(*events: Any) -> Ticket:
    made = DESK.handle(None, Created(at=TUESDAY, ticket="T-1", by=ADA, subject="printer")).ticket
    for event in events:
        made = DESK.handle(made, event).ticket
    return made


def stretches(ax: Any) -> dict[str, float]:
    """Hours drawn of each colour."""
    named = {to_hex(colour): kind for kind, colour in plots._COLOURS.items()}
    found: dict[str, float] = {}
    for patch in ax.patches:
        assert isinstance(patch, Rectangle)
        kind = named[to_hex(patch.get_facecolor())]
        found[kind] = round(found.get(kind, 0) + patch.get_width() * 24, 6)
    return found


def words(ax: Any) -> list[str]:
    return [text.get_text() for text in ax.texts]


def test_a_ribbon_shows_what_the_ledger_says() -> None:
    ax = plots.ribbon(DESK, ticket(), metrics=["first_reply"])
    # 16:00-17:00 on Tuesday, Wednesday is a holiday, Thursday 9:00-12:00
    assert stretches(ax) == {"counted": 4, "closed": 16, "holiday": 24}
    assert words(ax) == ["due Thu 12:00"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["first_reply\n4h"]
    assert ax.get_title(loc="left") == "T-1 printer"
    legend = ax.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == [*plots._COLOURS, "due", "breached", "warning", "ended"]


def test_a_ribbon_shows_pause_breach_and_end() -> None:
    paused = ticket(AgentReplied(at=TUESDAY + HOUR_US // 2, by=MARIA), CustomerReplied(at=TUESDAY + HOUR_US, by=ADA))
    ax = plots.ribbon(DESK, paused, metrics=["resolution"])
    assert stretches(ax)["paused"] == 0.5
    late = DESK.tick(ticket(), TUESDAY + 3 * DAY_US).ticket
    ax = plots.ribbon(DESK, late, at=TUESDAY + 3 * DAY_US, metrics=["first_reply"])
    assert stretches(ax)["counted"] == 4
    assert stretches(ax)["late"] == 12  # Thursday 12:00-17:00, Friday 9:00-16:00
    ended = DESK.handle(late, Resolved(at=TUESDAY + 4 * DAY_US, by=MARIA)).ticket
    ax = plots.ribbon(DESK, ended)
    assert {"late", "met"} & set(words(ax))
    assert len(ax.get_yticks()) == 2


def test_what_lies_ahead_is_faded() -> None:
    ahead = plots.ribbon(DESK, ticket(), metrics=["first_reply"])
    assert {patch.get_alpha() for patch in ahead.patches} == {0.35}
    lived = plots.ribbon(DESK, ticket(), at=TUESDAY + 3 * DAY_US, metrics=["first_reply"])
    assert {patch.get_alpha() for patch in lived.patches} == {1}


def test_a_ribbon_that_is_paused_now_is_drawn_up_to_now() -> None:
    waits = ticket(AgentReplied(at=TUESDAY + HOUR_US, by=MARIA))
    ax = plots.ribbon(DESK, waits, at=TUESDAY + 5 * HOUR_US, metrics=["resolution"])
    assert stretches(ax) == {"counted": 1, "paused": 4}


def test_a_ribbon_of_nothing_is_refused() -> None:
    with pytest.raises(UnknownName, match="has no clock 'next_reply'"):
        plots.ribbon(DESK, ticket(), metrics=["next_reply"])
    bare = Desk()
    with pytest.raises(BadValue, match="no clock of this ticket has a promise"):
        plots.ribbon(bare, bare.handle(None, Created(at=0, ticket="T", by=ADA)).ticket)
    unpromised = bare.handle(None, Created(at=0, ticket="T", by=ADA)).ticket
    assert "no promise" in plots.ribbon(bare, unpromised, metrics=["resolution"]).get_yticklabels()[0].get_text()


def history() -> list[Any]:
    found: list[Any] = []
    for number in range(6):
        at = TUESDAY + number * DAY_US // 2
        group = "support" if number % 2 else "billing"
        found.append(Created(at=at, ticket=f"T-{number}", by=ADA, group=group))
        if number != 3:
            found.append(Resolved(at=at + (1 + 40 * (number % 2)) * HOUR_US, ticket=f"T-{number}", by=MARIA))
    return found


def found() -> Report:
    return report(replay(DESK, history(), until=TUESDAY + 9 * DAY_US))


def test_backlog_is_that_of_the_report() -> None:
    for days in (1, 7, 3):
        ax: Any = plots.backlog(found(), days=days)
        assert [int(y) for y in ax.lines[0].get_ydata()] == [row["backlog"] for row in found().flow(days=days)]
        bars = [patch.get_height() for patch in ax.figure.axes[1].patches]
        assert bars == [row["breached"] for row in found().flow(days=days)]
    assert "by 3 days" in plots.backlog(found(), days=3).get_title(loc="left")
    quiet = report(replay(DESK, [Created(at=TUESDAY, ticket="T", by=ADA)]))
    assert plots.backlog(quiet).figure.axes[1].get_yticks().tolist() == [0]


def test_compliance_is_that_of_the_report() -> None:
    groups = found().by("group")
    for goal in (0.9, 0.5, None):
        ax = plots.compliance(found(), goal=goal)
        assert len(ax.patches) == 2 * len(groups)
        for figures in groups.values():
            assert f"{figures.met} of {figures.met + figures.late}" in words(ax)
            assert f"{100 * (figures.compliance or 0):.0f} %" in words(ax)
    assert [plots._by_goal(share, 0.9) for share in (90, 80, 79.9)] == [plots._GREEN, plots._ORANGE, plots._RED]
    assert plots._by_goal(50, None) == plots._BLUE


def test_arrivals_are_counted_in_the_zone_of_the_hours() -> None:
    ax = plots.arrivals(found(), DESK.hours["office"])
    assert sum(int(word) for word in words(ax)) == 6
    assert "67 % while closed" in ax.get_title(loc="left")  # three at 4:00, one on the holiday
    assert len(ax.lines) == 2 * (2 * 8 + 2 * 2)  # two days of eight hours, twice: the only Wednesday is a holiday
    night = BusinessHours(zone="UTC", week={"mon": ["09:00-10:00"]})
    assert len(plots.arrivals(found(), night).lines) == 4


def test_a_comparison_shows_what_changes_most() -> None:
    trial = load_desk({**DATA, "name": "trial", "sla": [{**DATA["sla"][0], "targets": {"first_reply": "30m", "resolution": "4h"}}]})
    changed = compare(DESK, trial, history(), until=TUESDAY + 9 * DAY_US)
    ax = plots.comparison(changed, most=3)
    assert len(ax.patches) == 3
    assert "shop → trial" in ax.get_title(loc="left")
    row = next(row for row in changed.sums() if row["what"] == "breaches" and row["of"] == "resolution")
    assert f"{row['a']} → {row['b']}" in words(plots.comparison(changed))
    back: Any = plots.comparison(compare(trial, DESK, history(), until=TUESDAY + 9 * DAY_US))
    assert min(patch.get_width() for patch in back.patches) < 0
    same = plots.comparison(compare(DESK, DESK, history()))
    assert words(same) == ["no figure differs"]


@pytest.mark.parametrize("draw", [plots.backlog, plots.compliance, lambda empty: plots.arrivals(empty, DESK.hours["office"])])
def test_of_nothing_there_is_no_picture(draw: Any) -> None:
    with pytest.raises(BadValue, match="there is nothing to draw"):
        draw(Report())


def test_one_may_bring_ones_own_axes() -> None:
    _, ax = plt.subplots()
    assert plots.ribbon(DESK, ticket(), ax=ax) is ax
