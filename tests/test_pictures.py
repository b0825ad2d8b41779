"""What notebook and plots draw, down to the words, the places and the tints: kept as text in tests/facts/pictures.txt.

``python tests/test_pictures.py`` writes it anew; whether it is still right is for the eye to judge, on the pictures themselves.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("agg")

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.collections import Collection
from matplotlib.colors import to_hex
from matplotlib.image import AxesImage
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.text import Text

import test_extra_notebook
import test_extra_plots
from test_extra_plots import ADA, DATA, DESK, MARIA, TUESDAY, history, ticket
from ticketcore import Action, AgentReplied, Created, Desk, Person, Resolved, Rule, Ticket, load_desk
from ticketcore._time import DAY_US, HOUR_US, from_us
from ticketcore.extra import plots
from ticketcore.extra.notebook import Html, html, week
from ticketcore.hours import BusinessHours, always
from ticketcore.lint import Finding
from ticketcore.model import FrozenMap
from ticketcore.replay import compare, replay
from ticketcore.report import Report, report
from ticketcore.sla import Ledger

KEPT = Path(__file__).with_name("facts") / "pictures.txt"


# --- notebook --------------------------------------------------------------------------------------------------------


def pages() -> Iterator[str]:
    """The HTML of values of every kind, a tag a line, each style told once."""
    styles: dict[str, str] = {}
    for name, value in {**test_extra_notebook.SHOWN, **further()}.items():
        yield f"# notebook: {name}"
        for line in re.sub(r"(?=<(?!/))", "\n", value if isinstance(value, Html) else html(value)).splitlines():
            style = re.search(r"style='([^']*)'", line)
            if style and style[1] not in styles:
                styles[style[1]] = f"S{len(styles)}"
                yield f"{styles[style[1]]}: {style[1]}"
            yield line.replace(style[0], styles[style[1]]) if style else line


def further() -> dict[str, Any]:
    """Values with what the others lack: parts left out, numbers and truths of every kind, many rows, odd hours."""
    night = BusinessHours(
        zone="Europe/Riga", week={"sun": ["22:00-06:00", "08:00-12:00"]}, exceptions={"2026-12-24": ["09:00-12:00"], "2026-12-26": []},
        closures=[("2026-12-24T12:00", "2026-12-27T00:00", "moving")], holidays={"2026-12-25": "Christmas"},
    )  # fmt: skip
    fields = FrozenMap({"site": "Rīga", "share": 0.12345, "seats": 12345, "vip": True, "late": False, "seen": from_us(0), "none": None})
    bare = Ticket(id="T-9", status="open", requester=Person(email="x@example.org"), fields=fields, tags=frozenset({"b", "a"}))
    return {
        "bare ticket": bare, "ticket of an id": Ticket(id="", subject="S", requester=Person(id="42")), "night": night,
        "week of the night": week(night, "2026-12-27"), "week of the holiday": week(test_extra_notebook.DESK.hours["office"], "2026-11-17"),
        "week in autumn": week(always("Europe/Riga"), date(2026, 10, 25)),
        "many": [Finding(code="x", place=str(number), message="m") for number in range(31)],
        "all but one": [Finding(code="x", place=str(number), message="m") for number in range(30)],
        "quiet": Desk().handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))),
        "effects": effects_of_a_rule(),
        "nothing counted": Ledger(metric="m", promise="", zone="UTC", lines=(), due_us=None),
    }  # fmt: skip


def effects_of_a_rule() -> Any:
    """Effects with a recipient, with a template, with neither."""
    then = [Action("notify", "lead"), Action("reply", "ack"), Action("webhook", "pager"), Action("request_rating"), Action("close")]
    desk = Desk(rules=[Rule(name="all", on=["created"], then=then)], templates={"ack": "thanks"})
    return desk.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada")))


# --- plots -----------------------------------------------------------------------------------------------------------


def trial_desk() -> Any:
    return load_desk({**DATA, "name": "trial", "sla": [{**DATA["sla"][0], "targets": {"first_reply": "30m", "resolution": "4h"}}]})


def late() -> Any:
    return DESK.handle(DESK.tick(ticket(), TUESDAY + 3 * DAY_US).ticket, Resolved(at=TUESDAY + 4 * DAY_US, by=MARIA)).ticket


def many() -> Report:
    """Tickets of three channels at all hours of a week, some answered late and some never."""
    story: list[Any] = []
    for place in range(40):
        name, at = f"N-{place}", TUESDAY + (place * place * 977_000_000_00) % (8 * DAY_US)
        story.append(Created(at=at, ticket=name, by=ADA, channel=("chat", "e-mail", "")[place % 3]))
        if place % 4:
            story.append(AgentReplied(at=at + (1 + place % 3 * (40 if place % 2 else 1)) * HOUR_US, ticket=name, by=MARIA))
        if place % 5 == 0:
            story.append(Resolved(at=at + 130 * HOUR_US, ticket=name, by=MARIA))
    return report(replay(DESK, sorted(story, key=lambda event: event.at_us), until=TUESDAY + 20 * DAY_US))


def one() -> Report:
    return report(replay(DESK, [Created(at=TUESDAY, ticket="T-1", by=ADA)]))


PICTURES: dict[str, Callable[[], Axes]] = {
    "ribbon": lambda: plots.ribbon(DESK, late()),
    "ribbon that lies ahead": lambda: plots.ribbon(DESK, ticket(AgentReplied(at=TUESDAY + HOUR_US, by=MARIA)), at=TUESDAY + 5 * HOUR_US),
    "ribbon with a warning": lambda: plots.ribbon(DESK, DESK.tick(ticket(), TUESDAY + 2 * DAY_US).ticket, at=TUESDAY + 2 * DAY_US),
    "backlog": lambda: plots.backlog(test_extra_plots.found()),
    "backlog by the week": lambda: plots.backlog(test_extra_plots.found(), days=7),
    "compliance": lambda: plots.compliance(test_extra_plots.found()),
    "arrivals": lambda: plots.arrivals(test_extra_plots.found(), DESK.hours["office"]),
    "ribbon of one metric": lambda: plots.ribbon(DESK, late(), metrics=["resolution"], ax=plt.subplots(figsize=(6, 2))[1]),
    "ribbon of months": lambda: plots.ribbon(DESK, ticket(), at=TUESDAY + 150 * DAY_US),
    "backlog of four days": lambda: plots.backlog(many(), days=4),
    "compliance without a goal": lambda: plots.compliance(many(), "channel", goal=None),
    "compliance of channels": lambda: plots.compliance(many(), "channel", goal=0.55),
    "arrivals of many": lambda: plots.arrivals(many(), DESK.hours["office"]),
    "arrivals around the clock": lambda: plots.arrivals(one(), always("Asia/Kolkata")),
    "same": lambda: plots.comparison(compare(DESK, DESK, history())),
    "comparison of two": lambda: plots.comparison(compare(DESK, trial_desk(), history(), until=TUESDAY + 9 * DAY_US), most=2),
    "comparison": lambda: plots.comparison(compare(DESK, trial_desk(), history(), until=TUESDAY + 9 * DAY_US)),
}


def number(value: Any) -> str:
    return f"{float(value):.7g}"


def tints(*colours: Any) -> str:
    return " ".join(to_hex(colour, keep_alpha=True) for colour in colours)


def drawn(artist: Any) -> str:
    """One artist in a line; what the axes are made of in every picture is left out."""
    if not artist.get_visible():
        return ""
    if isinstance(artist, Text):
        if not artist.get_text():
            return ""
        where = " ".join(map(number, artist.get_position()))
        sides = f"{artist.get_horizontalalignment()} {artist.get_verticalalignment()}"
        style = f"{sides} {artist.get_fontsize():g} {artist.get_fontweight()} {artist.get_rotation():g}"
        return f"text {artist.get_text()!r} at {where} {style} {tints(artist.get_color())}"
    if isinstance(artist, Line2D):
        xs: Any
        ys: Any
        xs, ys = artist.get_data(orig=False)
        points = " ".join(f"{number(x)},{number(y)}" for x, y in zip(xs, ys, strict=True))
        style = f"{artist.get_linestyle()} {artist.get_linewidth():g} {artist.get_marker()} {artist.get_markersize():g}"
        edge = f"{tints(artist.get_markeredgecolor())} {artist.get_markeredgewidth():g} {artist.get_solid_capstyle()} {artist.get_alpha()}"
        return f"line {artist.get_label()} {points} {style} {tints(artist.get_color())} {edge} {clipped(artist)} z{artist.get_zorder():g}"
    if isinstance(artist, Patch):
        box = artist.get_path().transformed(artist.get_patch_transform()).get_extents()
        style = f"{artist.get_alpha()} {artist.get_linewidth():g} {tints(artist.get_facecolor(), artist.get_edgecolor())}"
        return f"patch {artist.get_label()} {' '.join(map(number, box.extents))} {style} {artist.get_hatch()} z{artist.get_zorder():g}"
    if isinstance(artist, AxesImage):
        rows: Any = artist.get_array()
        colours = tints(*(artist.get_cmap()(place) for place in (0.0, 0.25, 0.5, 1.0)))
        return f"image {rows.tolist()} {artist.get_clim()} {artist.get_interpolation()} {colours}"
    if isinstance(artist, Collection):
        outline: Any = [point for path in artist.get_paths() for point in path.vertices]  # type: ignore[union-attr]  # always an array
        points = " ".join(f"{number(x)},{number(y)}" for x, y in outline)
        return f"area {points} {artist.get_alpha()} {artist.get_linewidth()} {tints(*artist.get_facecolor())}"
    return ""


def clipped(artist: Any) -> str:
    return "cut" if artist.get_clip_on() else "whole"


def described(ax: Axes) -> Iterator[str]:
    """All that is drawn into the figure of *ax*."""
    ax.figure.canvas.draw()
    figure: Any = ax.figure
    yield f"figure {' '.join(map(number, figure.get_size_inches()))} {type(figure.get_layout_engine()).__name__}"
    for each in ax.figure.axes:
        yield "axes"
        for axis in (each.xaxis, each.yaxis):
            ticks = [
                f"{number(place)}={label.get_text()!r}" for place, label in zip(axis.get_ticklocs(), axis.get_ticklabels(), strict=True)
            ]
            where = axis.label.get_position()[axis is each.yaxis]  # along the axis
            label_style = f"{tints(axis.label.get_color())} {axis.label.get_horizontalalignment()} {number(where)}"
            yield f"  {axis.axis_name} label {label_style}; {axis.get_scale()} {each.get_aspect()} {each.get_axisbelow()}"
            for tick in axis.get_major_ticks()[:2]:
                grid = f"{tick.gridline.get_visible()} {tints(tick.gridline.get_color())} {tick.gridline.get_linewidth():g}"
                marked = [tick.tick1line.get_visible(), tick.tick2line.get_visible(), tick.label1.get_visible(), tick.label2.get_visible()]
                yield f"    tick {marked} {tints(tick.label1.get_color())} grid {grid}"
            yield f"  {axis.axis_name}: {axis.get_label_text()!r} {' '.join(map(number, axis.get_view_interval()))} {' '.join(ticks)}"
        yield f"  spines: {[side for side, spine in each.spines.items() if spine.get_visible()]}"
        for title in (each._left_title, each.title, each._right_title):  # type: ignore[attr-defined]  # two of them have no public name
            look = f"{title.get_fontsize():g} {title.get_fontweight()} {tints(title.get_color())} {number(title.get_position()[1])}"
            yield f"  title {title.get_text()!r} {look}"
        for artist in each.get_children():
            if isinstance(artist, Legend):
                order = [getattr(artist, name) for name in ("_loc", "_ncols", "handlelength")]
                corner = artist.get_bbox_to_anchor().transformed(each.transAxes.inverted()).min
                yield f"  legend {artist.get_frame_on()} {order} at {corner[0]:.2f} {corner[1]:.2f}"
                yield from (f"    {line}" for part in [*artist.legend_handles, *artist.get_texts()] if (line := drawn(part)))
            elif line := drawn(artist):
                yield f"  {line}"


def pictures() -> Iterator[str]:
    for name, draw in PICTURES.items():
        yield f"# plots: {name}"
        yield from described(draw())
        plt.close("all")


def test_what_is_drawn_is_what_was_looked_at() -> None:
    assert [*pages(), *pictures()] == KEPT.read_text(encoding="utf-8").splitlines()


if __name__ == "__main__":
    KEPT.write_text("\n".join([*pages(), *pictures()]) + "\n", encoding="utf-8")
