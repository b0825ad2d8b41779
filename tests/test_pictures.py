"""What notebook and plots draw, down to the words, the places and the tints: kept as text in tests/facts/pictures.txt.

``python tests/test_pictures.py`` writes it anew; whether it is still right is for the eye to judge, on the pictures themselves.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("agg")

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.text import Text

import test_extra_notebook
import test_extra_plots
from test_extra_plots import DATA, DESK, MARIA, TUESDAY, history, ticket
from ticketcore import AgentReplied, Resolved, load_desk
from ticketcore._time import DAY_US, HOUR_US
from ticketcore.extra import plots
from ticketcore.extra.notebook import html
from ticketcore.replay import compare

KEPT = Path(__file__).with_name("facts") / "pictures.txt"


# --- notebook --------------------------------------------------------------------------------------------------------


def pages() -> Iterator[str]:
    """The HTML of values of every kind, a tag a line, each style told once."""
    styles: dict[str, str] = {}
    for name in (
        "ticket",
        "outcome",
        "explanation",
        "ledger",
        "paused",
        "hours",
        "always",
        "comparison",
        "same",
        "report",
        "findings",
        "never",
    ):
        yield f"# notebook: {name}"
        for line in re.sub(r"(?=<(?!/))", "\n", html(test_extra_notebook.SHOWN[name])).splitlines():
            style = re.search(r"style='([^']*)'", line)
            if style and style[1] not in styles:
                styles[style[1]] = f"S{len(styles)}"
                yield f"{styles[style[1]]}: {style[1]}"
            yield line.replace(style[0], styles[style[1]]) if style else line


# --- plots -----------------------------------------------------------------------------------------------------------


def trial_desk() -> Any:
    return load_desk({**DATA, "name": "trial", "sla": [{**DATA["sla"][0], "targets": {"first_reply": "30m", "resolution": "4h"}}]})


def late() -> Any:
    return DESK.handle(DESK.tick(ticket(), TUESDAY + 3 * DAY_US).ticket, Resolved(at=TUESDAY + 4 * DAY_US, by=MARIA)).ticket


PICTURES: dict[str, Callable[[], Axes]] = {
    "ribbon": lambda: plots.ribbon(DESK, late()),
    "ribbon that lies ahead": lambda: plots.ribbon(DESK, ticket(AgentReplied(at=TUESDAY + HOUR_US, by=MARIA)), at=TUESDAY + 5 * HOUR_US),
    "ribbon with a warning": lambda: plots.ribbon(DESK, DESK.tick(ticket(), TUESDAY + 2 * DAY_US).ticket, at=TUESDAY + 2 * DAY_US),
    "backlog": lambda: plots.backlog(test_extra_plots.found()),
    "backlog by the week": lambda: plots.backlog(test_extra_plots.found(), days=7),
    "compliance": lambda: plots.compliance(test_extra_plots.found()),
    "arrivals": lambda: plots.arrivals(test_extra_plots.found(), DESK.hours["office"]),
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
        return f"line {artist.get_label()} {points} {style} {tints(artist.get_color())} z{artist.get_zorder():g}"
    if isinstance(artist, Patch):
        box = artist.get_path().transformed(artist.get_patch_transform()).get_extents()
        style = f"{artist.get_alpha()} {artist.get_linewidth():g} {tints(artist.get_facecolor(), artist.get_edgecolor())}"
        return f"patch {artist.get_label()} {' '.join(map(number, box.extents))} {style} {artist.get_hatch()} z{artist.get_zorder():g}"
    return ""


def described(ax: Axes) -> Iterator[str]:
    """All that is drawn into the figure of *ax*."""
    ax.figure.canvas.draw()
    for each in ax.figure.axes:
        yield "axes"
        for axis in (each.xaxis, each.yaxis):
            ticks = [
                f"{number(place)}={label.get_text()!r}" for place, label in zip(axis.get_ticklocs(), axis.get_ticklabels(), strict=True)
            ]
            yield f"  {axis.axis_name}: {axis.get_label_text()!r} {' '.join(map(number, axis.get_view_interval()))} {' '.join(ticks)}"
        yield f"  spines: {[side for side, spine in each.spines.items() if spine.get_visible()]}"
        for title in (each.get_title(loc=side) for side in ("left", "center", "right")):
            yield f"  title {title!r}"
        for artist in each.get_children():
            if isinstance(artist, Legend):
                yield f"  legend {artist.get_frame_on()}"
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
