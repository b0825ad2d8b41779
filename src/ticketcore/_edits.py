"""Changes of what a condition reads: one value of a ticket, of the ticket before, a clock, the event, or the instant.

An edit says what would have to be otherwise, with one value that would do; `Edit.apply` gives the view in which it is so.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from attrs import NOTHING, frozen
from attrs import field as declared
from attrs import fields as attr_fields

from ticketcore._fields import FieldSpec, View, Vocabulary
from ticketcore._ticket import draft_of, freeze
from ticketcore._time import from_us, iso, say_duration
from ticketcore._values import FrozenMap, changed
from ticketcore.errors import shorten
from ticketcore.model import EventBase, Person, PriorityChanged, StatusChanged, Ticket, evolve

# How an edit could come about, the likelier first. The last four are not in anybody's hands any more.
EDIT_KINDS: Final = ("by hand", "requester", "fact", "wait", "clock", "event", "before", "history")
_WAYS: Final[Mapping[str, str]] = FrozenMap({
    "by hand": "", "requester": "", "wait": "", "fact": "the host reports it", "clock": "not by hand: the clock would have to be so",
    "event": "not by hand: something else would have to happen", "before": "not by hand: it would have to have been so before",
    "history": "not by hand: it comes of what happens to the ticket",
})  # fmt: skip
_BY_HAND: Final = frozenset({
    "status", "priority", "policy", "group", "assignee", "tags", "subject", "description", "language", "channel", "postponed_until",
    "followers", "cc", "checks",
})  # fmt: skip


@frozen(kw_only=True)
class ClockState:
    """A clock as an edit wants it, as if all time between its start and its due instant counted."""

    state: str
    is_open: bool
    is_running: bool
    due_us: int | None = declared(default=None, repr=iso)
    started_us: int = declared(default=0, repr=iso)
    warned_us: int | None = declared(default=None, repr=iso)

    def reaches_us(self, percent: int) -> int | None:
        """When that share of the promised time is used; None without a due instant."""
        return None if self.due_us is None else self.started_us + (self.due_us - self.started_us) * percent // 100


@frozen(kw_only=True)
class Edit:
    """One change: *kind* says how it could come about, *field* what is changed, and *value* is one value that would do.

    ``op`` is ``set`` (to the value), ``add`` or ``remove`` (a name of a set), ``clear`` (a set), ``wait`` (until the value, in
    microseconds), ``clock`` (of the metric *field*) or ``event`` (the value happens instead). With ``before`` it is the ticket
    before the event that is changed. Prints as a line.

    ``kind`` is one of `EDIT_KINDS`: ``by hand`` (an agent can change it), ``requester`` (the person's record), ``fact`` (the host
    reports it), ``wait``; and what cannot be changed by hand: ``clock``, ``event``, ``before``, ``history``.

    >>> from ticketcore.conditions import field, why_not
    >>> edit = why_not(field.tags.has("vip"), View(Vocabulary(), Ticket(id="T-1"), 0)).ways[0].edits[0]
    >>> edit.kind, edit.op, edit.value, str(edit)
    ('by hand', 'add', 'vip', "tags: add 'vip'")
    """

    kind: str
    field: str
    op: str
    value: Any = None
    before: bool = False
    said: str = declared(default="", eq=False)

    @property
    def is_possible(self) -> bool:
        """Whether it can be brought about now: by hand, by the host, or by waiting."""
        return self.kind in EDIT_KINDS[:4]

    def apply(self, view: View) -> View:
        """The view in which it is so. Nothing else changes, but what a change of status or priority is known to bring along.

        >>> from ticketcore.conditions import field, holds, why_not
        >>> vip, view = field.tags.has("vip"), View(Vocabulary(), Ticket(id="T-1"), 0)
        >>> edit = why_not(vip, view).ways[0].edits[0]
        >>> edit.is_possible, holds(vip, view), holds(vip, edit.apply(view)), edit.data()["said"]
        (True, False, True, "tags: add 'vip'")
        """
        match self.op:
            case "wait":
                return view.at(self.value)
            case "event":
                return _with(view, event=self.value)
            case "clock":
                return _with(view, clock=lambda metric: self.value if metric == self.field else view.clock(metric))
        spec, of = view.vocabulary.field(self.field), view.ticket if not self.before or view.before is None else view.before
        ticket = of if type(of) is Ticket else freeze(draft_of(of))
        new = put(ticket, spec, self._value(spec, ticket, view), view.vocabulary, None if self.before else view.now_us)
        return _with(view, before=new) if self.before else _with(view, ticket=new)

    def _value(self, spec: FieldSpec, ticket: Ticket, view: View) -> Any:
        match self.op:
            case "add":
                return _set_of(spec, ticket, view) | {self.value}
            case "remove":
                return _set_of(spec, ticket, view) - {self.value}
            case "clear":
                return frozenset()
            case _:
                return self.value

    def data(self) -> dict[str, Any]:
        """The edit as plain data: what it changes, how it could come about, and in words."""
        return {"kind": self.kind, "field": self.field, "op": self.op, "before": self.before, "said": str(self)}

    def __str__(self) -> str:
        way = _WAYS[self.kind]
        return self.said + (f"   ({way})" if way else "")


def _set_of(spec: FieldSpec, ticket: Ticket, view: View) -> frozenset[str]:
    """The set that a field of *ticket* has."""
    return frozenset(spec.read(_with(view, ticket=ticket)) or ())


def _with(view: View, **changes: Any) -> View:
    given = {name: changes.get(name, getattr(view, name)) for name in ("ticket", "before", "event", "clock")}
    return View(view.vocabulary, given["ticket"], view.now_us, given["before"], given["event"], given["clock"], view.folds)


# What a change of status moves too (`ticketcore.model.evolve`), and of priority.
BROUGHT_ALONG: Final[Mapping[str, str]] = FrozenMap({
    "category": "status", "status_since": "status", "resolved_at": "status", "closed_at": "status", "postponed_until": "status",
    "acknowledged_at": "status", "reopens": "status", "checks": "status", "priority_since": "priority",
})  # fmt: skip


def put(ticket: Ticket, spec: FieldSpec, value: Any, words: Vocabulary, at_us: int | None = None) -> Ticket:
    """*ticket* with another value in a field that can be put (`is_put`), as a ticket keeps it; given *at_us*, changed at that instant."""
    if spec.name == "requester.email_domain":
        return changed(ticket, requester=changed(ticket.requester, email=f"somebody@{value}" if value else ""))
    if spec.entry is not None:
        mapping, name, _ = spec.entry
        owner = ticket.requester if mapping.startswith("requester.") else ticket
        attribute = mapping.rpartition(".")[2]
        table: FrozenMap[str, Any] = getattr(owner, attribute)
        new = changed(owner, **{attribute: table.without(name) if value is None else table.set(name, value)})
        return changed(ticket, requester=new) if isinstance(new, Person) else new
    if spec.attribute.startswith("requester."):
        return changed(ticket, requester=changed(ticket.requester, **{spec.attribute.removeprefix("requester."): value}))
    if spec.name == "status":
        category = words.statuses.get(value, ticket.category)
        if at_us is None:
            return changed(ticket, status=value, category=category)
        moved = StatusChanged(at=at_us, was=ticket.status, to=value, was_category=ticket.category, category=category)
        return evolve(ticket, moved)
    if spec.name == "priority" and at_us is not None:
        return evolve(ticket, PriorityChanged(at=at_us, was=ticket.priority, to=value))
    return changed(ticket, **{spec.attribute: value})


def is_put(spec: FieldSpec) -> bool:
    """Whether another value of the field can be put into a ticket by itself."""
    return spec.entry is not None or bool(spec.attribute) or spec.name == "requester.email_domain"


def empties(spec: FieldSpec) -> tuple[Any, ...]:
    """What stands in the field when it is empty: None, an empty text, or nothing (it is never empty)."""
    if spec.entry is not None:
        return (None,) if spec.entry[2] is None else ()
    owner, _, name = ("", "", "email") if spec.name == "requester.email_domain" else spec.attribute.rpartition(".")
    if name in {"id", "status", "category", "priority"} and owner != "requester":
        return ()
    default = _DEFAULTS[Person if owner or spec.name == "requester.email_domain" else Ticket].get(name, 0)
    return (default,) if default is None or default == "" else ()


_DEFAULTS: Final[Mapping[type, Mapping[str, Any]]] = {
    owner: {part.name: part.default for part in attr_fields(owner) if part.default is not NOTHING} for owner in (Ticket, Person)
}


def kind_of(name: str, *, before: bool = False) -> str:
    """How a change of the field could come about."""
    head = name.partition(".")[0]
    if before:
        return "before"
    if name in _BY_HAND or head == "fields":
        return "by hand"
    return {"requester": "requester", "facts": "fact", "event": "event"}.get(head, "history")


def shown(value: Any, spec: FieldSpec) -> str:
    """A value of a ticket as people read it."""
    if value is None or value == "":
        return "empty"
    if spec.type.kind == "instant":
        return iso(value)
    return say_duration(value) if spec.type.kind == "duration" else shorten(value)


def setting(spec: FieldSpec, value: Any, was: Any, *, before: bool = False) -> Edit:
    """The edit that sets a field, *was* being what it has."""
    added = ""
    if isinstance(value, str) and isinstance(was, str) and spec.type.kind == "text" and was:
        if value.startswith(was + " "):
            added = f"add {shorten(value[len(was) + 1 :])} at the end"
        elif value.endswith(" " + was):
            added = f"put {shorten(value[: -len(was) - 1])} in front"
    said = f"{spec.name}: {added}" if added else f"{spec.name}: {shown(value, spec)} instead of {shown(was, spec)}"
    return Edit(
        kind=kind_of(spec.name, before=before), field=spec.name, op="set", value=value, before=before,
        said=f"before the event, {said}" if before else said,
    )  # fmt: skip


def membership(spec: FieldSpec, name: str, members: frozenset[str], *, before: bool = False) -> Edit:
    """The edit that adds a name to a set, or removes it."""
    op = "remove" if name in members else "add"
    said = ("before the event, " if before else "") + f"{spec.name}: {op} {shorten(name)}"
    return Edit(kind=kind_of(spec.name, before=before), field=spec.name, op=op, value=name, before=before, said=said)


def clearing(spec: FieldSpec, members: frozenset[str], *, before: bool = False) -> Edit:
    """The edit that empties a set."""
    said = ("before the event, " if before else "") + f"{spec.name}: remove all {len(members)}"
    return Edit(kind=kind_of(spec.name, before=before), field=spec.name, op="clear", before=before, said=said)


_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def waiting(until_us: int, zone: str) -> Edit:
    """The edit that lets time pass; the instant is said on the wall clock of *zone* too."""
    local = from_us(until_us).in_timezone(zone)
    there = "" if zone == "UTC" else f" ({_DAYS[local.weekday()]} {local.hour:02}:{local.minute:02} in {zone})"
    return Edit(kind="wait", field="", op="wait", value=until_us, said=f"wait until {iso(until_us)}{there}")


def clock_set(metric: str, state: ClockState | None) -> Edit:
    """The edit that has a clock in another state."""
    if state is None:
        said = f"sla {metric}: never started"
    else:
        said = f"sla {metric}: {state.state}" + ("" if state.due_us is None else f", due {iso(state.due_us)}")
        said += "" if state.warned_us is None else f", warned {iso(state.warned_us)}"
    return Edit(kind="clock", field=metric, op="clock", value=state, said=said)


def happening(event: EventBase | None, said: str) -> Edit:
    """The edit that has something else happen."""
    return Edit(kind="event", field="event", op="event", value=event, said=said)
