"""Pictures with matplotlib: the ribbon of a promise, backlog and breaches, compliance, arrivals against hours, two desks compared.

Every function takes an optional *ax* to draw on and returns the `Axes`; without one it makes a figure. Nothing is shown or saved:
that is for the caller (`ax.figure.savefig(...)`). Colours are told apart by most colour-blind people, and every one is named beside
or in the picture.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Any, Final
from zoneinfo import ZoneInfo

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from ticketcore._time import DAY_US, HOUR_US, from_us, load_zone, to_us
from ticketcore.desk import Desk
from ticketcore.errors import BadValue, UnknownName, shorten
from ticketcore.hours import Hours
from ticketcore.model import Ticket
from ticketcore.replay import Comparison
from ticketcore.report import Report

__all__ = ["arrivals", "backlog", "comparison", "compliance", "ribbon"]

# After Okabe and Ito, who chose colours that most colour-blind people tell apart.
_GREEN, _ORANGE, _RED, _BLUE, _GREY, _LIGHT = "#009E73", "#E69F00", "#D55E00", "#0072B2", "#8C8C8C", "#E4E4E4"
_COLOURS: Final = {"counted": _GREEN, "paused": _ORANGE, "closed": _LIGHT, "holiday": "#CFC6E0", "late": _RED}
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def _axes(ax: Axes | None, size: tuple[float, float]) -> Axes:
    if ax is not None:
        return ax
    _, made = plt.subplots(figsize=size, layout="constrained")
    return made


def _plain(ax: Axes, *sides: str) -> None:
    """Take away the frame, but for *sides*."""
    for side in ("top", "right", "left", "bottom"):
        ax.spines[side].set_visible(side in sides)


def _number(us: int, zone: tzinfo) -> float:
    return _day(datetime.fromtimestamp(us // 1_000_000, zone).replace(tzinfo=None))


def _day(at: datetime) -> float:
    """A wall time as matplotlib counts it: days since 1970."""
    return (at - datetime(1970, 1, 1)) / timedelta(days=1)  # noqa: DTZ001 - wall times


def _dates(ax: Axes) -> None:
    """A time axis whose ticks say all there is to say: weekday and date, or the hour, or the month."""
    locator = AutoDateLocator(minticks=4, maxticks=9)  # type: ignore[no-untyped-call]  # matplotlib.dates has no types
    formatter = ConciseDateFormatter(  # type: ignore[no-untyped-call]  # as above
        locator, formats=["%Y", "%b", "%a %d", "%H:%M", "%H:%M", "%H:%M:%S"], show_offset=False,
        zero_formats=["", "%b\n%Y", "%d %b", "%a %d %b", "%H:%M", "%H:%M"],
    )  # fmt: skip
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(formatter)


# --- one ticket ------------------------------------------------------------------------------------------------------


def ribbon(desk: Desk, ticket: Ticket, *, at: datetime | int | None = None, metrics: Sequence[str] = (), ax: Axes | None = None) -> Axes:
    """The clocks of a ticket as ribbons of time: counted, paused, closed, with due, warnings, breach and end.

    One ribbon for each of *metrics* (all that were started and have a promise), up to *at* (the ticket's last change, or the due
    instant if that is later). Time is wall time of the desk's zone. Raises `UnknownName` for a metric that has no clock, `BadValue`
    when there is none to draw, and `WrongDesk`.

    >>> from ticketcore import Created, Person, load_desk
    >>> plt.switch_backend("agg")
    >>> desk = load_desk({"sla": [{"name": "std", "targets": {"first_reply": "4h"}}]})
    >>> ax = ribbon(desk, desk.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket)
    >>> [text.get_text() for text in ax.texts]
    ['due Thu 04:00']
    """
    zone = load_zone(desk.zone)
    end = ticket.as_of_us if at is None else to_us(at)
    wanted = list(metrics) or [name for name, clock in ticket.clocks.items() if clock.cycle.target is not None]
    if not wanted:
        raise BadValue("no clock of this ticket has a promise", value=ticket.id, hint="name the metrics to draw")
    ax = _axes(ax, (10, 1.5 + 0.75 * len(wanted)))
    for row, metric in enumerate(wanted):
        _ribbon_row(ax, desk, ticket, metric, len(wanted) - 1 - row, end, zone)
    ax.set_yticks(range(len(wanted)), [_row_name(desk, ticket, metric) for metric in reversed(wanted)])
    ax.set_ylim(-0.75, len(wanted) - 0.2)
    ax.margins(x=0.03)
    ax.tick_params(left=False)
    _plain(ax, "bottom")
    _dates(ax)
    ax.set_title(f"{ticket.id} {ticket.subject}".strip(), loc="left", fontweight="bold")
    ax.set_title(desk.zone, loc="right", color=_GREY, fontsize=9)
    _legend(ax)
    return ax


def _legend(ax: Axes) -> None:
    marks = (("due", "black", "|", 14), ("breached", _RED, "X", 9), ("warning", _ORANGE, "^", 8), ("ended", _BLUE, "o", 8))
    lines = [
        Line2D([], [], color=colour, marker=sign, ls="", ms=size, mew=2 if sign == "|" else 0, label=name)
        for name, colour, sign, size in marks
    ]
    patches = [Patch(color=colour, label=kind) for kind, colour in _COLOURS.items()]
    ax.legend(handles=[*patches, *lines], ncols=9, loc="upper left", bbox_to_anchor=(0, -0.25), frameon=False, fontsize=8, handlelength=1.2)


def _row_name(desk: Desk, ticket: Ticket, metric: str) -> str:
    standing = desk.standing(ticket, metric)
    target = "no promise" if standing is None or standing.target is None else str(standing.target)
    return f"{metric}\n{target}"


def _ribbon_row(ax: Axes, desk: Desk, ticket: Ticket, metric: str, row: int, end: int, zone: ZoneInfo) -> None:
    """One ribbon, with its marks."""
    standing = desk.standing(ticket, metric, max(end, ticket.as_of_us))
    if standing is None:
        raise UnknownName(f"ticket {ticket.id!r} has no clock {metric!r}", value=metric, hint=f"it has {', '.join(ticket.clocks)}")
    due, over = standing.due_us, standing.ended_us
    last = max(one for one in (due if over is None else None, over, end if over is None else None, standing.started_us) if one is not None)
    for line in desk.sla.ledger(ticket, metric, last).lines:
        start, stop = line.start_us, last if line.end_us is None else line.end_us
        kind = line.kind if line.kind in _COLOURS else "closed"
        pieces = [(start, stop, kind)]
        if kind == "counted" and due is not None and start < max(due, start) < stop:
            pieces = [(start, due, "counted"), (due, stop, "late")]
        elif kind == "counted" and due is not None and start >= due:
            pieces = [(start, stop, "late")]
        for low, high, what in pieces:
            left = _number(low, zone)
            faded = low >= end and over is None  # not lived through yet
            ax.add_patch(
                Rectangle((left, row - 0.22), _number(high, zone) - left, 0.44, color=_COLOURS[what], alpha=0.35 if faded else 1, lw=0)
            )
    ax.plot([_number(standing.started_us, zone), _number(last, zone)], [row, row], alpha=0)  # so that the axis knows how far
    _marks(ax, standing, row, zone)


def _marks(ax: Axes, standing: Any, row: int, zone: ZoneInfo) -> None:
    if standing.due_us is not None:
        at = _number(standing.due_us, zone)
        ax.plot([at, at], [row - 0.34, row + 0.34], color="black", lw=2, solid_capstyle="butt")
        when = from_us(standing.due_us).in_timezone(zone.key)
        ax.annotate(f"due {_DAYS[when.weekday()]} {when.format('HH:mm')}", (at, row + 0.36), ha="center", va="bottom", fontsize=8)
    for _, warned in standing.warnings:
        ax.plot(_number(warned, zone), row - 0.33, marker="^", color=_ORANGE, ms=8, clip_on=False)
    if standing.breached_us is not None:
        ax.plot(_number(standing.breached_us, zone), row, marker="X", color=_RED, mec="white", ms=10, clip_on=False, zorder=3)
    if standing.ended_us is not None:
        at = _number(standing.ended_us, zone)
        colour = _RED if standing.state == "late" else _BLUE
        ax.plot(at, row, marker="o", color=colour, mec="white", ms=9, clip_on=False, zorder=4)
        ax.annotate(standing.state, (at, row - 0.26), ha="center", va="top", fontsize=8, color=colour)


# --- many tickets ----------------------------------------------------------------------------------------------------


def backlog(found: Report, *, days: int = 1, ax: Axes | None = None) -> Axes:
    """Tickets waiting at the end of each period of so many days, and under it the promises broken in the period.

    Raises `BadValue` for a report without tickets.

    >>> from ticketcore import Created, Person, Desk
    >>> from ticketcore.replay import replay
    >>> from ticketcore.report import report
    >>> plt.switch_backend("agg")
    >>> found = report(replay(Desk(), [Created(at=0, ticket="T-1", by=Person(name="Ada"))]))
    >>> backlog(found).get_title(loc="left")
    'Backlog and broken promises, by day'
    """
    rows = found.flow(days=days)
    if not rows:
        raise BadValue("there is nothing to draw: no ticket is in this report")
    ax = _axes(ax, (10, 4))
    at = [_day(datetime.fromisoformat(row["from"])) + days / 2 for row in rows]
    waiting, broken = [row["backlog"] for row in rows], [row["breached"] for row in rows]
    ax.fill_between(at, waiting, color=_BLUE, alpha=0.22, lw=0)
    ax.plot(at, waiting, color=_BLUE, lw=2)
    ax.set_ylabel("tickets waiting", color=_BLUE)
    ax.set_ylim(0, max(waiting) * 1.25 + 1)
    below = ax.twinx()
    below.bar(at, broken, width=0.8 * days, color=_RED, alpha=0.85)
    below.set_ylim(0, max(*broken, 1) * 3.2)  # the lower third, so that the two do not cover each other
    below.set_yticks([0, max(broken)] if max(broken) else [0])
    below.set_ylabel("promises broken", color=_RED, loc="bottom")
    top = max(range(len(rows)), key=lambda place: waiting[place])
    ax.annotate(f"{waiting[top]:,}", (at[top], waiting[top]), xytext=(0, 6), textcoords="offset points", ha="center", color=_BLUE)
    _plain(ax, "bottom", "left")
    _plain(below, "right")
    ax.grid(axis="y", color=_LIGHT, lw=0.8)
    ax.set_axisbelow(True)
    ax.margins(x=0.01)
    _dates(ax)
    period = "day" if days == 1 else "week" if days == 7 else f"{days} days"
    ax.set_title(f"Backlog and broken promises, by {period}", loc="left", fontweight="bold")
    return ax


def compliance(found: Report, by: str = "group", *, goal: float | None = 0.9, ax: Axes | None = None) -> Axes:
    """The share of promises kept by each value of a field, the best first, with how many there were; *goal* (0 to 1) as a line.

    *by* is what `Report.by` takes. Raises `UnknownName`, and `BadValue` where no promise has finished.

    >>> from ticketcore import Created, Person, Resolved, load_desk
    >>> from ticketcore.replay import replay
    >>> from ticketcore.report import report
    >>> plt.switch_backend("agg")
    >>> desk = load_desk({"sla": [{"name": "std", "targets": {"resolution": "4h"}}]})
    >>> story = [Created(at=0, ticket="T-1", by=Person(name="Ada")), Resolved(at=60_000_000, ticket="T-1")]
    >>> [text.get_text() for text in compliance(report(replay(desk, story)), "priority").texts]
    ['100 %', '1 of 1', 'goal 90 %']
    """
    groups = [figures for figures in found.by(by).values() if figures.compliance is not None]
    if not groups:
        raise BadValue("there is nothing to draw: no promise has finished", value=shorten(by))
    groups.sort(key=lambda figures: (figures.compliance or 0, figures.met))
    ax = _axes(ax, (8, 0.9 + 0.42 * len(groups)))
    shares = [100 * (figures.compliance or 0) for figures in groups]
    near: dict[str, Any] = {"textcoords": "offset points", "xytext": (8, 0), "va": "center"}
    ax.barh(range(len(groups)), [100] * len(groups), color=_LIGHT, height=0.7)
    ax.barh(range(len(groups)), shares, color=[_by_goal(share, goal) for share in shares], height=0.7)
    for place, (figures, share) in enumerate(zip(groups, shares, strict=True)):
        ax.annotate(f"{share:.0f} %", (0, place), color="white" if share > 12 else "black", fontweight="bold", **near)
        ax.annotate(f"{figures.met:,} of {figures.met + figures.late:,}", (100, place), color=_GREY, **near)
    ax.set_yticks(range(len(groups)), [figures.name or "(none)" for figures in groups])
    if goal is not None:
        ax.axvline(100 * goal, color="black", lw=1, ls=(0, (4, 3)))
        ax.annotate(f"goal {100 * goal:.0f} %", (100 * goal, len(groups) - 0.5), ha="center", va="bottom", fontsize=8)
    ax.set_xlim(0, 100)
    ax.set_xticks([])
    ax.tick_params(left=False)
    _plain(ax)
    ax.set_title(f"Promises kept, by {by}", loc="left", fontweight="bold", pad=16)
    return ax


def _by_goal(share: float, goal: float | None) -> str:
    """Green at the goal or above, orange within ten points of it, red below."""
    if goal is None:
        return _BLUE
    return _GREEN if share >= 100 * goal else _ORANGE if share >= 100 * goal - 10 else _RED


def arrivals(found: Report, hours: Hours, *, ax: Axes | None = None) -> Axes:
    """When tickets come, by weekday and hour in the zone of *hours*, with the cells in which *hours* are usually open framed.

    A cell is open if the hours are open in more than half of it in most of the weeks that the tickets span. Raises `BadValue` for a
    report without tickets.

    >>> from ticketcore import Created, Desk, Person, always
    >>> from ticketcore.replay import replay
    >>> from ticketcore.report import report
    >>> plt.switch_backend("agg")
    >>> found = report(replay(Desk(), [Created(at=0, ticket="T-1", by=Person(name="Ada"))]))
    >>> arrivals(found, always("UTC")).get_title(loc="left")
    'When 1 ticket comes: 0 % while closed (framed: open)'
    """
    if not found.tickets:
        raise BadValue("there is nothing to draw: no ticket is in this report")
    zone = load_zone(hours.zone)
    counts = [[0] * 24 for _ in _DAYS]
    outside = 0
    for ticket in found.tickets.values():
        at = datetime.fromtimestamp(ticket.created_us // 1_000_000, zone)
        counts[at.weekday()][at.hour] += 1
        outside += not hours.is_open_us(ticket.created_us)
    ax = _axes(ax, (10, 3.6))
    tint = LinearSegmentedColormap.from_list("arrivals", ["#FFFFFF", "#9EC9E8", _BLUE])
    most = max(map(max, counts))
    ax.imshow(counts, cmap=tint, aspect="auto", vmin=0, vmax=most, interpolation="nearest")
    for day, row in enumerate(counts):
        for hour, count in enumerate(row):
            if count:
                ax.annotate(f"{count}", (hour, day), ha="center", va="center", fontsize=7, color="white" if count > 0.6 * most else "black")
    _frame(ax, _usually_open(found, hours, zone))
    ax.set_yticks(range(7), _DAYS)
    ax.set_xticks([hour - 0.5 for hour in range(0, 25, 3)], [f"{hour:02}" for hour in range(0, 25, 3)])
    ax.tick_params(left=False)
    _plain(ax)
    total = len(found.tickets)
    come = "1 ticket comes" if total == 1 else f"{total:,} tickets come"
    ax.set_title(f"When {come}: {100 * outside / total:.0f} % while closed (framed: open)", loc="left", fontweight="bold")
    ax.set_xlabel(hours.zone, loc="right", color=_GREY)
    return ax


def _usually_open(found: Report, hours: Hours, zone: ZoneInfo) -> set[tuple[int, int]]:
    """The cells (weekday, hour) that are open in most weeks between the first and the last ticket."""
    first = min(ticket.created_us for ticket in found.tickets.values())
    last = max(ticket.created_us for ticket in found.tickets.values())
    seen: dict[tuple[int, int], list[bool]] = {}
    start = first // HOUR_US * HOUR_US
    for at in range(start, max(last, start + 7 * DAY_US), HOUR_US):
        local = datetime.fromtimestamp(at // 1_000_000, zone)
        seen.setdefault((local.weekday(), local.hour), []).append(hours.elapsed_us(at, at + HOUR_US) > HOUR_US // 2)
    return {cell for cell, answers in seen.items() if 2 * sum(answers) > len(answers)}


def _frame(ax: Axes, cells: set[tuple[int, int]]) -> None:
    """A line around the cells (weekday, hour), inside none."""
    for day, hour in cells:
        for other, line in (
            ((day - 1, hour), ([hour - 0.5, hour + 0.5], [day - 0.5] * 2)), ((day + 1, hour), ([hour - 0.5, hour + 0.5], [day + 0.5] * 2)),
            ((day, hour - 1), ([hour - 0.5] * 2, [day - 0.5, day + 0.5])), ((day, hour + 1), ([hour + 0.5] * 2, [day - 0.5, day + 0.5])),
        ):  # fmt: skip
            if other not in cells:
                ax.plot(*line, color="black", lw=1.6, clip_on=False, solid_capstyle="projecting")


def comparison(found: Comparison, *, most: int = 12, ax: Axes | None = None) -> Axes:
    """What the second of two desks changes: for each figure that differs the two values and how far apart they are.

    The *most* figures that change most, relative to what they were; what only counts the desk's own records and firings is left out.

    >>> from ticketcore import Created, Desk, Person
    >>> from ticketcore.replay import compare
    >>> plt.switch_backend("agg")
    >>> same = compare(Desk(), Desk(), [Created(at=0, ticket="T-1", by=Person(name="Ada"))])
    >>> [text.get_text() for text in comparison(same).texts]
    ['no figure differs']
    """
    rows = [row for row in found.sums() if row["change"] and row["what"] not in ("decided", "events", "rules")]
    rows.sort(key=_relative)
    rows = rows[:most][::-1]
    ax = _axes(ax, (9, 1.4 + 0.42 * max(1, len(rows))))
    for place, row in enumerate(rows):
        change = 100 * row["change"] / max(row["a"], 1)
        worse = (row["change"] > 0) == (row["what"] in _WORSE_WHEN_MORE)
        colour = _GREY if row["what"] not in _WORSE_WHEN_MORE | _BETTER_WHEN_MORE else _RED if worse else _GREEN
        shown = max(-100.0, min(100.0, change))
        ax.barh(place, shown, color=colour, height=0.62)
        ax.annotate(
            f"{row['a']:,} → {row['b']:,}", (shown, place), xytext=(6 if shown >= 0 else -6, 0), textcoords="offset points",
            ha="left" if shown >= 0 else "right", va="center", fontsize=9,
        )  # fmt: skip
    ax.set_yticks(range(len(rows)), [f"{row['what']}: {row['of']}" if row["of"] else row["what"] for row in rows])
    ax.axvline(0, color="black", lw=1)
    ax.set_xlim(-140, 140)
    ax.set_xticks([-100, -50, 0, 50, 100], ["-100 %", "-50 %", "0", "+50 %", "+100 %\nor more"], color=_GREY)
    ax.tick_params(left=False, bottom=False)
    _plain(ax)
    count, total = len(found.tickets), max(found.a.tickets, found.b.tickets)
    ax.set_title(f"{found.names[0]} → {found.names[1]}: {count:,} of {total:,} tickets differ", loc="left", fontweight="bold")
    if not rows:
        ax.annotate("no figure differs", (0, 0), ha="center", va="center", color=_GREY)
    handles = [Patch(color=_RED, label="worse"), Patch(color=_GREEN, label="better"), Patch(color=_GREY, label="neither")]
    ax.legend(handles=handles, loc="upper left", bbox_to_anchor=(0, -0.12), ncols=3, frameon=False, fontsize=8)
    return ax


_WORSE_WHEN_MORE: Final = frozenset({"breaches", "late", "warnings", "effort", "refused", "observed", "dropped"})
_BETTER_WHEN_MORE: Final = frozenset({"met"})


def _relative(row: Mapping[str, Any]) -> float:
    return -abs(int(row["change"])) / max(int(row["a"]), 1)
