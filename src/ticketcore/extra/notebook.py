"""Values that show themselves in a notebook: tickets, outcomes, traces, explanations, ledgers, hours, reports, comparisons, findings.

``%load_ext ticketcore.extra.notebook``, or ``notebook.install()``; from then on a cell whose last line is such a value shows it. The
classes themselves know nothing of it: formatters are registered with IPython. `html` gives the same as text, for a web page.

Everything that comes from outside is escaped. No colour is set for text and no background for the page, so that it reads on light
and dark themes; what is told by a colour is told by a word as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from html import escape
from typing import Any, Final

from ticketcore._ledger import Ledger, say_instant
from ticketcore._time import DAY_US, HOUR_US, MINUTE_US, iso, load_zone, say_duration, to_us, wall_us
from ticketcore._trace import Trace
from ticketcore.conditions import AllOf, AnyOf, Explanation, Not, say
from ticketcore.desk import Outcome
from ticketcore.errors import BadValue, shorten
from ticketcore.hours import BusinessHours, Hours
from ticketcore.lifecycle import Lifecycle
from ticketcore.lint import Finding
from ticketcore.model import Ticket
from ticketcore.replay import Comparison
from ticketcore.report import Figures, Report

__all__ = ["SHOWN", "Html", "html", "install", "load_ipython_extension", "mermaid", "unload_ipython_extension", "week"]

# Tints that leave the text its own colour, on white as on black: what is good, bad, waiting, or not counted.
_TINTS: Final = {
    "good": "rgba(34,160,90,.28)",
    "bad": "rgba(225,60,60,.30)",
    "wait": "rgba(225,150,20,.30)",
    "off": "rgba(128,128,128,.18)",
}
_BORDER: Final = "1px solid rgba(128,128,128,.35)"
_STATES: Final = {
    "met": "good", "running": "good", "breached": "bad", "late": "bad", "paused": "wait", "error": "bad", "warning": "wait",
    "counted": "good", "closed": "off", "holiday": "off", "open": "good",
}  # fmt: skip
_MOST_ROWS: Final = 30
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


class Html(str):
    """Text that is HTML: a notebook shows it as such.

    >>> Html("<b>due</b>")
    '<b>due</b>'
    """

    __slots__ = ()

    def _repr_html_(self) -> str:
        return str(self)


# --- building blocks -------------------------------------------------------------------------------------------------


def _tag(name: str, inner: str, style: str = "") -> str:
    return f"<{name} style='{style}'>{inner}</{name}>" if style else f"<{name}>{inner}</{name}>"


def _text(value: object) -> str:
    """*value* as escaped text."""
    if isinstance(value, datetime):
        value = iso(to_us(value))
    elif isinstance(value, float):
        value = f"{value:,.3g}"
    elif isinstance(value, bool):
        value = "yes" if value else "no"
    elif isinstance(value, int):
        value = f"{value:,}"
    return "" if value is None else escape(str(value))


def _chip(word: str) -> str:
    """A word on a tint that says whether it is good or bad; on none where it is neither."""
    tint = _TINTS.get(_STATES.get(word, ""), "")
    return _tag("span", escape(word), f"background:{tint};padding:0 .4em;border-radius:.3em" if tint else "")


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], caption: str = "") -> str:
    """A table; what is in *rows* is HTML already. Of very many rows the first, and how many more there are."""
    cell = f"border-bottom:{_BORDER};padding:.15em .6em;text-align:left;vertical-align:top;white-space:pre-wrap"
    listed = list(rows)
    shown = ["".join(_tag("td", part, cell) for part in row) for row in listed[:_MOST_ROWS]]
    if len(listed) > _MOST_ROWS:
        shown.append(_tag("td", f"... and {len(listed) - _MOST_ROWS:,} more", cell))
    title = _tag("caption", caption, "text-align:left;padding:.2em 0;font-weight:bold") if caption else ""
    heads = _tag("thead", _tag("tr", "".join(_tag("th", escape(word), cell) for word in head))) if head else ""
    body = _tag("tbody", "".join(_tag("tr", row) for row in shown))
    return _tag("table", title + heads + body, "border-collapse:collapse;background:transparent;margin:.3em 0")


def _rows_table(rows: Sequence[Mapping[str, Any]], caption: str = "") -> str:
    """Plain rows as a table, without the columns that are empty in all of them."""
    heads = [key for key in (rows[0] if rows else {}) if any(row[key] not in (None, "", 0) for row in rows)]
    return _table(heads, ([_text(row[key]) for key in heads] for row in rows), caption)


def _box(*parts: str) -> str:
    return _tag("div", "".join(parts), "font-size:90%;line-height:1.45")


# --- a value of each kind --------------------------------------------------------------------------------------------


def _ticket(ticket: Ticket) -> str:
    facts = {
        "status": f"{_text(ticket.status)} since {iso(ticket.status_since_us)}", "priority": _text(ticket.priority),
        "requester": _text(ticket.requester.name or ticket.requester.email or ticket.requester.id),
        "group": _text(ticket.group), "assignee": _text(ticket.assignee), "policy": _text(ticket.policy),
        "tags": _text(", ".join(sorted(ticket.tags))), "channel": _text(ticket.channel), "language": _text(ticket.language),
        **{key: _text(value) for key, value in {**ticket.fields, **ticket.facts}.items()},
        "created": iso(ticket.created_us), "updated": iso(ticket.updated_us),
    }  # fmt: skip
    title = f"{_text(ticket.id)} {_text(ticket.subject)}".strip()
    table = _table((), ([_tag("b", escape(key)), value] for key, value in facts.items() if value), title)
    return _box(table, _clocks(ticket))


def _clocks(ticket: Ticket) -> str:
    """The clocks of a ticket, as the ticket itself knows them."""
    rows = []
    dues = {} if ticket.memo is None else ticket.memo.dues
    for name, clock in ticket.clocks.items():
        cycle = clock.cycle
        state = cycle.verdict or ("breached" if cycle.breached_us is not None else "running" if cycle.is_running else "paused")
        due = cycle.due_us if cycle.verdict else dues.get(name)
        target = "" if cycle.target is None else str(cycle.target)
        rows.append([_text(name), _chip(state), _text(target), "" if due is None else iso(due), _text(cycle.policy), str(clock.cycles)])
    return _table(("metric", "clock", "target", "due", "policy", "cycle"), rows) if rows else ""


def _outcome(outcome: Outcome) -> str:
    effects = [
        [_text(effect.kind), _text(getattr(effect, "to", "") or getattr(effect, "template", "")), _text(effect.rule), iso(effect.at_us)]
        for effect in outcome.effects
    ]
    wake = f"wakes at {iso(outcome.wake_us)}" if outcome.wake_us is not None else "nothing will happen by itself"
    told = _table(("effect", "to", "rule", "at"), effects, "to be carried out") if effects else ""
    return _box(_ticket(outcome.ticket), _tag("div", wake, "font-style:italic"), told, _trace(outcome.trace))


def _trace(trace: Trace) -> str:
    rows = []
    last = -1
    for line in trace.lines:
        said = str(line).strip().removeprefix(iso(line.event.at_us)).strip()
        indent = _tag("span", escape(said), f"padding-left:{1.2 * line.depth:.1f}em")
        rows.append([iso(line.event.at_us) if line.event.at_us != last else "", indent])
        last = line.event.at_us
    return _box(_table(("at", "what happened"), rows))


def _explanation(told: Explanation) -> str:
    return _box(_table((), ([_chip_of(holds), text] for holds, text in _told(told, 0))))


def _told(told: Explanation, depth: int) -> Iterator[tuple[bool, str]]:
    """Every part of an explanation, indented."""
    match told.condition:
        case AllOf(parts):
            title = "all of" if parts else "always"
        case AnyOf(parts):
            title = "any of" if parts else "never"
        case Not():
            title = "not"
        case _:
            title = f"{say(told.condition)}   ({told.note or 'empty'})"
    yield told.holds, _tag("span", escape(title), f"padding-left:{1.2 * depth:.1f}em")
    for part in told.parts:
        yield from _told(part, depth + 1)


def _chip_of(holds: bool) -> str:  # noqa: FBT001 - the one thing it shows
    return _tag("span", "yes" if holds else "no", f"background:{_TINTS['good' if holds else 'bad']};padding:0 .4em;border-radius:.3em")


def _ledger(ledger: Ledger) -> str:
    """A bar of the whole time, to scale, and under it the stretches line by line."""
    due = "never" if ledger.due_us is None else say_instant(ledger.due_us, ledger.zone)
    rows = [
        [
            _chip(line.kind), escape(say_instant(line.start_us, ledger.zone).partition(" (")[0]),
            "" if line.end_us is None else escape(say_instant(line.end_us, ledger.zone).partition(" (")[0]),
            escape(say_duration(line.counted_us)) if line.kind == "counted" else "", escape(line.why),
        ]
        for line in ledger.lines
    ]  # fmt: skip
    title = f"{_text(ledger.metric)}: {_text(ledger.promise)} promised, due {escape(due)}" + (
        f", {ledger.verdict}" if ledger.verdict else ""
    )
    ended = [line for line in ledger.lines if line.end_us is not None]
    bar = _bar([(line.start_us, line.end_us or 0, _STATES.get(line.kind, "wait"), line.kind) for line in ended]) if ended else ""
    return _box(bar, _table(("", "from", "to", "counted", "why"), rows, title))


def _bar(spans: Sequence[tuple[int, int, str, str]]) -> str:
    """Spans (start, end, tint, title) side by side on one bar, to scale."""
    low, high = spans[0][0], max(end for _, end, _, _ in spans)
    parts = "".join(
        f"<div title='{escape(title)}' style='position:absolute;left:{100 * (start - low) / max(1, high - low):.3f}%;"
        f"width:{100 * (end - start) / max(1, high - low):.3f}%;top:0;bottom:0;background:{_TINTS[tint]}'></div>"
        for start, end, tint, title in spans
    )
    return _tag("div", parts, f"position:relative;height:1.2em;border:{_BORDER};max-width:60em")


def _hours(hours: Hours) -> str:
    """The week as a grid of bars, and the dates that do not follow it; of composed hours their name only: ask `week`."""
    if not isinstance(hours, BusinessHours):
        return _box(_tag("i", f"{type(hours).__name__} hours ({_text(hours.zone)}); notebook.week(hours, date) shows one week of them"))
    days: list[Bars] = [[] for _ in _DAYS]
    for number, spans in enumerate(hours.week):
        for start, end in spans:  # a span that runs into the next date is drawn on both
            days[number].append((start, min(end, DAY_US)))
            if end > DAY_US:
                days[(number + 1) % 7].append((0, end - DAY_US))
    dates = [[day.isoformat(), _chip("holiday"), _text(name)] for day, name in hours.holidays]
    dates += [[day.isoformat(), "other hours", ", ".join(map(_clock_span, spans)) or "closed"] for day, spans in hours.exceptions]
    dates += [
        [f"{start:%Y-%m-%d %H:%M}", _chip("closed"), f"until {end:%Y-%m-%d %H:%M} {_text(name)}"] for start, end, name in hours.closures
    ]
    special = _table(("date", "", ""), dates) if dates else ""
    return _box(_grid([(day, bars, "") for day, bars in zip(_DAYS, days, strict=True)], _text(hours.zone)), special)


def week(hours: Hours, day: date | datetime | str) -> Html:
    """The week (Monday to Sunday, in the zone of the hours) that *day* is in, as a grid in HTML: holidays and exceptions are in it.

    >>> from ticketcore.hours import BusinessHours
    >>> shop = BusinessHours(zone="UTC", week={"mon-fri": ["09:00-17:00"]}, holidays={"2026-12-25": "Christmas"})
    >>> "Fri 25 Dec" in week(shop, "2026-12-24") and "Christmas" in week(shop, "2026-12-24")
    True

    Raises `BadValue` for what is no date.
    """
    try:
        one = date.fromisoformat(day) if isinstance(day, str) else day
        monday = date.fromordinal(one.toordinal() - one.weekday())
    except (ValueError, AttributeError):
        raise BadValue("a date is wanted", value=shorten(day), hint='give a date or "2026-12-24"') from None
    days = []
    for ordinal in range(monday.toordinal(), monday.toordinal() + 7):
        at = date.fromordinal(ordinal)
        start, end = _midnight_us(hours, ordinal), _midnight_us(hours, ordinal + 1)
        bars = [(low - start, high - start) for low, high in hours.spans_us(start, end)]
        days.append((f"{_DAYS[at.weekday()]} {at.day} {_MONTHS[at.month]}", bars, _text(hours.holiday_name(at))))
    return Html(_box(_grid(days, _text(hours.zone))))


Bars = list[tuple[int, int]]
_MONTHS: Final = ("", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _midnight_us(hours: Hours, ordinal: int) -> int:
    return wall_us(load_zone(hours.zone), ordinal, 0)


def _clock_span(span: tuple[int, int]) -> str:
    def clock(us: int) -> str:
        return f"{us // HOUR_US:02}:{us // MINUTE_US % 60:02}"

    return f"{clock(span[0])}-{clock(span[1])}"


def _grid(days: Iterable[tuple[str, Bars, str]], zone: str) -> str:
    """One row a day: a bar of 24 hours with what is open on it, the hours in words beside it."""
    marks = "".join(
        f"<span style='position:absolute;left:{100 * hour / 24:.2f}%;transform:translateX(-50%)'>{hour}</span>" for hour in (6, 12, 18)
    )
    scale = _tag("div", marks, "position:relative;width:24em;height:1.2em;opacity:.7")
    rows = [["", scale, zone]]
    for label, bars, note in days:
        drawn = "".join(
            f"<div style='position:absolute;left:{100 * low / DAY_US:.2f}%;width:{100 * (high - low) / DAY_US:.2f}%;top:0;bottom:0;"
            f"background:{_TINTS['good']}'></div>"
            for low, high in bars
        )
        bar = _tag("div", drawn, f"position:relative;width:24em;height:1.1em;background:{_TINTS['off']}")
        words = ", ".join(map(_clock_span, bars)) or "closed"
        rows.append([escape(label), bar, f"{words} {_chip('holiday') + ' ' + note if note else ''}".strip()])
    return _table((), rows)


def _report(found: Report) -> str:
    promises = [{"metric": name, **row} for name, row in found.by_metric().items()]
    rules = [{"rule": name, "fired": count} for name, count in found.rules().items()]
    groups = [([_short(figures) for figures in found.by(by).values()], f"by {by}") for by in ("priority", "group", "channel")]
    tables = [(promises, "promises"), *groups, (rules, "rules")]
    return _box(_figures(found.total()), *(_rows_table(rows, caption) for rows, caption in tables if rows))


def _short(figures: Figures) -> dict[str, Any]:
    """The figures that are compared between groups."""
    row = figures.row()
    kept = ("name", "tickets", "backlog", "resolved", "reopened", "breached", "met", "late", "compliance")
    return {key: row[key] for key in kept}


def _figures(figures: Figures) -> str:
    rows = [[_text(key), _text(value)] for key, value in figures.row().items() if value not in (None, "")]
    return _table(("figure", "value"), rows, _text(figures.name))


def _comparison(found: Comparison) -> str:
    count, total = len(found.tickets), max(found.a.tickets, found.b.tickets)
    title = f"{count:,} of {total:,} tickets differ between a ({_text(found.names[0])}) and b ({_text(found.names[1])})"
    sums = [row for row in found.sums() if row["change"]]
    reasons = [[_text(kind), _text(name), _text(number)] for (kind, name), number in found.reasons().items()]
    told = [[*(_text(row[key]) for key in ("what", "of", "a", "b")), f"{row['change']:+,}"] for row in sums]
    return _box(
        _tag("b", title),
        _table(("what", "of", "a", "b", "change"), told) if told else "",
        _table(("because of", "", "tickets"), reasons) if reasons else "",
        _rows_table(found.rows(), "tickets, where they differ first") if count else "",
        _rows_table([one.row() for one in found.listed], "listed") if found.listed else "",
    )


def _findings(found: Sequence[Finding]) -> str | None:
    """Findings as a table; None for a tuple or list of anything else, which is then shown as it always is."""
    if not found or not all(isinstance(one, Finding) for one in found):
        return None
    rows = [[_chip(one.severity), _text(one.place), _text(one.message), _text(one.code), _text(one.verdict)] for one in found]
    return _box(_table(("", "place", "what, and what to do", "code", "verdict"), rows))


def _finding(found: Finding) -> str:
    return str(_findings((found,)))


def _lifecycle(lifecycle: Lifecycle) -> str:
    """The table of moves: a row a status, a column a trigger."""
    rows = {status.name: lifecycle.allowed(status.name) for status in lifecycle.statuses}
    triggers = list(dict.fromkeys(trigger for row in rows.values() for trigger in row))
    cells = ([_tag("b", _text(name)), *(_text(", ".join(row.get(trigger, ()))) for trigger in triggers)] for name, row in rows.items())
    return _box(_table(("from", *triggers), cells))


_Show = Callable[[Any], str | None]


def _shown() -> tuple[tuple[type[Any], _Show], ...]:
    """Every kind of value, the first that fits, and what is shown of it."""
    return (
        (Ticket, _ticket), (Outcome, _outcome), (Trace, _trace), (Explanation, _explanation), (Ledger, _ledger), (Hours, _hours),
        (Report, _report), (Figures, lambda figures: _box(_figures(figures))), (Comparison, _comparison), (Finding, _finding),
        (tuple, _findings), (list, _findings), (Lifecycle, _lifecycle),
    )  # fmt: skip


_SHOW: Final = _shown()
SHOWN: Final = tuple(kind for kind, _ in _SHOW if kind not in (tuple, list))


def html(value: Any) -> Html:
    """*value* as HTML: what a notebook shows of it. Raises `BadValue` for what has no form of its own (see `SHOWN`).

    >>> html(BusinessHours(zone="UTC", week={"mon-fri": ["09:00-17:00"]})).startswith("<div")
    True
    """
    for kind, show in _SHOW:
        if isinstance(value, kind) and (told := show(value)) is not None:
            return Html(told)
    names = ", ".join(kind.__name__ for kind in SHOWN)
    raise BadValue(f"nothing is shown of a {type(value).__name__}", value=shorten(value), hint=f"shown are {names}, and findings")


def mermaid(lifecycle: Lifecycle) -> str:
    """The lifecycle as Markdown with a Mermaid diagram, as notebooks and forges draw it.

    >>> from ticketcore import Lifecycle
    >>> print(mermaid(Lifecycle())[:30])
    ```mermaid
    stateDiagram-v2
    """
    return f"```mermaid\n{lifecycle.mermaid()}```\n"


# --- IPython ---------------------------------------------------------------------------------------------------------


def install(shell: Any = None) -> None:
    """Show our values in this notebook from now on. *shell*: an IPython shell, the running one if left out.

    >>> install()
    Traceback (most recent call last):
    ticketcore.errors.BadValue: no IPython is running here; use notebook.html(value) instead

    Raises `BadValue` where no IPython is running.
    """
    formatters = _formatters(shell)
    for kind, show in _SHOW:
        formatters["text/html"].for_type(kind, show)
    formatters["text/markdown"].for_type(Lifecycle, mermaid)


def _formatters(shell: Any) -> Any:
    if shell is None:
        from IPython.core.getipython import get_ipython

        shell = get_ipython()
    if shell is None:
        raise BadValue("no IPython is running here", hint="use notebook.html(value) instead")
    return shell.display_formatter.formatters


def load_ipython_extension(shell: Any) -> None:
    """``%load_ext ticketcore.extra.notebook``.

    >>> from IPython.core.interactiveshell import InteractiveShell
    >>> shell = InteractiveShell()
    >>> load_ipython_extension(shell)
    >>> shell.display_formatter.formatters["text/html"](Lifecycle())[:4]
    '<div'
    """
    install(shell)


def unload_ipython_extension(shell: Any) -> None:
    """``%unload_ext ticketcore.extra.notebook``: values are shown as plain text again.

    >>> from IPython.core.interactiveshell import InteractiveShell
    >>> shell = InteractiveShell()
    >>> load_ipython_extension(shell)
    >>> unload_ipython_extension(shell)
    >>> shell.display_formatter.formatters["text/html"](Lifecycle()) is None
    True
    """
    formatters = _formatters(shell)
    for kind, _ in _SHOW:
        formatters["text/html"].pop(kind, None)
    formatters["text/markdown"].pop(Lifecycle, None)
