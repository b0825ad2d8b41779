"""Lifecycle: which status an event leads to, as a table of data with guards; an illegal move is refused with what *is* allowed.

The table is status x trigger -> `Move`. Statuses are data and belong to a category; a status without a row of its own has the
row of its category in the default table (DESIGN 7), so a desk that only adds "In progress" to the open ones writes one line.
`decide` walks the table, `allowed`, `mermaid` and the tests read the same one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from enum import Enum
from typing import Any, Final

from attrs import evolve, field, fields, frozen

from ticketcore._names import hint as hint_for
from ticketcore._time import duration_us, iso, say_duration
from ticketcore._values import EMPTY, FrozenMap
from ticketcore.conditions import Condition, View, Vocabulary, compiled, holds, parse
from ticketcore.errors import BadValue, DeskError, IllegalMove, Problem, TicketcoreError, UnknownName, shorten
from ticketcore.model import EVENTS, Agent, Created, EventBase, Merged, Postponed, StatusSet, Ticket, is_from_customer

__all__ = [
    "CATEGORIES", "DEFAULT_TABLE", "LIVE", "STATUSES", "TRIGGERS", "Decided", "Lifecycle", "Move", "Status", "To",
]  # fmt: skip

CATEGORIES: Final = ("new", "open", "answered", "postponed", "resolved", "closed", "removed")
LIVE: Final = frozenset({"new", "open", "answered", "postponed", "resolved"})  # somebody may still have to do something
_ALIASES: Final = {"pending": "answered"}
_ROLES: Final = (*CATEGORIES[:-1], "spam", "deleted", "purged")  # what the default table speaks of
_REMOVED_ROLES: Final = frozenset({"spam", "deleted", "purged"})

TRIGGERS: Final[Mapping[str, str]] = FrozenMap({
    "agent_replied": "agent_replies", "customer_replied": "customer_replies", "marked_answered": "mark_answered",
    "resolved": "resolve", "postponed": "postpone", "woken": "wake", "closed": "close", "reopened": "reopen",
    "marked_spam": "spam", "not_spam": "not_spam", "deleted": "delete", "restored": "restore", "purged": "purge",
    "merged": "merge", "status_set": "set",
})  # fmt: skip
_REPLIES: Final = frozenset({"agent_replies", "customer_replies"})
# A direct choice follows the moves that a person may make by hand; these others belong to a message, to time or to memory.
_NOT_BY_HAND: Final = frozenset({"customer_replies", "wake", "not_spam", "restore", "purge", "merge", "set"})


class To(Enum):
    """Where a move leads when it is no fixed status. In plain data it is written as its value, ``"@stays"``."""

    STAYS = "@stays"  # the status does not change, whatever it is
    BEFORE_DELETE = "@before_delete"  # the status before the deletion
    AFTER_POSTPONE = "@after_postpone"  # new if it was new when it was postponed, else open
    NOT_SPAM = "@not_spam"  # open, or new if nobody ever answered
    FOLLOW_UP = "@follow_up"  # the status stays; the message belongs to a follow-up ticket


_SPECIAL: Final[Mapping[str, To]] = {special.value: special for special in To}


def _target(value: str | To) -> str | To:
    """A status name, or one of the special targets, also when it is written as text."""
    return _SPECIAL.get(value, value) if isinstance(value, str) else value


def _window(value: timedelta | str | int | None) -> int | None:
    """A duration as microseconds; an int is taken as exactly that (`attrs.evolve` hands back what is stored)."""
    return value if value is None or type(value) is int else duration_us(value)  # type: ignore[arg-type]  # no int any more


def _category(value: str) -> str:
    return _ALIASES.get(value, value)


@frozen(kw_only=True)
class Status:
    """A status of this desk: its name, the category that says what it means, and a text for people.

    Categories: new (nobody has answered), open (support is to act), answered (the customer is to act; ``pending`` is the same),
    postponed, resolved, closed, removed (spam, bin, purged).

    >>> Status(name="Awaiting vendor", category="pending").category
    'answered'
    """

    name: str
    category: str = field(converter=_category)
    text: str = ""


@frozen(kw_only=True)
class Move:
    """One cell of the table: where it leads, under which guard, and what is said when the guard refuses.

    ``within`` (a duration; None: no limit) counts from the instant the ticket was resolved, the end included; later the move
    leads to ``otherwise``. ``to`` and ``otherwise`` are status names or `To` (``"@stays"`` in data).

    >>> Move(to="open", within="48h", otherwise="@follow_up").otherwise
    <To.FOLLOW_UP: '@follow_up'>
    """

    to: str | To = field(converter=_target)
    guard: Condition | None = None
    reason: str = ""
    within_us: int | None = field(default=None, alias="within", converter=_window)
    otherwise: str | To = field(default=To.STAYS, converter=_target)


@frozen(kw_only=True)
class Decided:
    """What an event means for the status. Nothing has changed yet.

    ``to`` is the new status with its ``category``, or None when the status stays. ``divert`` is "follow_up" or "merged" when
    a reply does not belong to this ticket any more; ``into`` is then the ticket it was merged into, as far as known.
    """

    trigger: str
    to: str | None = None
    category: str = ""
    divert: str = ""
    into: str = ""


@frozen(kw_only=True)
class _Refusal:
    """Why a move is refused. Without a hint of its own, the hint is what is allowed."""

    reason: str
    hint: str = ""
    error: type[TicketcoreError] = IllegalMove


STATUSES: Final = (
    Status(name="new", category="new", text="nobody has answered yet"),
    Status(name="open", category="open", text="the customer waits for an answer"),
    Status(name="answered", category="answered", text="the customer was answered and may write again"),
    Status(name="postponed", category="postponed", text="put off until an instant; then it comes back by itself"),
    Status(name="resolved", category="resolved", text="the needed steps were taken; checks may remain"),
    Status(name="closed", category="closed", text="the whole matter is complete"),
    Status(name="spam", category="removed", text="unwanted; comes back as not spam"),
    Status(name="deleted", category="removed", text="in the bin; can be restored"),
    Status(name="purged", category="removed", text="deleted for good: id, times and counts remain"),
)

_WORKING: Final[Mapping[str, str | To]] = {
    "agent_replies": "answered", "mark_answered": "answered", "customer_replies": "open", "resolve": "resolved",
    "postpone": "postponed", "spam": "spam", "delete": "deleted", "merge": "closed",
}  # fmt: skip
# The default table (DESIGN 7, step.md 6), in roles: "answered" is this desk's main status of the category answered. A status
# that a row would lead to itself stays, so that a second status of the same category keeps its name.
_DEFAULT: Final[Mapping[str, Mapping[str, str | To]]] = {
    "new": {**_WORKING, "customer_replies": To.STAYS},
    "open": {**_WORKING, "customer_replies": To.STAYS},
    "answered": {**_WORKING, "agent_replies": To.STAYS, "mark_answered": To.STAYS, "reopen": "open"},
    "postponed": {**_WORKING, "postpone": To.STAYS, "wake": To.AFTER_POSTPONE},
    "resolved": {
        "agent_replies": To.STAYS, "mark_answered": To.STAYS, "customer_replies": "open", "close": "closed", "reopen": "open",
        "spam": "spam", "delete": "deleted", "merge": "closed",
    },
    "closed": {"customer_replies": To.FOLLOW_UP, "reopen": "open", "delete": "deleted"},
    "spam": {"customer_replies": To.STAYS, "not_spam": To.NOT_SPAM, "delete": "deleted"},
    "deleted": {"customer_replies": "open", "restore": To.BEFORE_DELETE, "purge": "purged"},
    "purged": {},  # final: listed, so that a missing row is always a mistake
}  # fmt: skip
DEFAULT_TABLE: Final = FrozenMap({role: FrozenMap(row) for role, row in _DEFAULT.items()})
# LiveAgent lets agents choose these directly besides what a row leads to (peers.md 2).
_DIRECT_EXTRA: Final[Mapping[str, tuple[str, ...]]] = {"postponed": ("new", "open")}

# Where a trigger leads in the words of a log, whatever the table thinks of it (observe mode).
_MEANT: Final[Mapping[str, str | To]] = {
    **_WORKING, "wake": To.AFTER_POSTPONE, "close": "closed", "reopen": "open", "not_spam": To.NOT_SPAM,
    "restore": To.BEFORE_DELETE, "purge": "purged",
}  # fmt: skip


def _statuses(value: Iterable[Status]) -> tuple[Status, ...]:
    return tuple(value)


def _moves(value: Mapping[str, Mapping[str, Any]]) -> FrozenMap[str, FrozenMap[str, Move | None]]:
    """Rows of moves; a bare target stands for an unguarded move, None for a refusal."""
    if not isinstance(value, Mapping):
        raise BadValue(f"rows are a mapping of status to moves, not {type(value).__name__}", value=shorten(value))
    return FrozenMap({status: _row(status, row) for status, row in value.items()})


def _row(status: str, row: Mapping[str, Any]) -> FrozenMap[str, Move | None]:
    if not isinstance(row, Mapping):
        raise BadValue(f"a row is a mapping of trigger to move, not {type(row).__name__}", path=str(status), value=shorten(row))
    return FrozenMap({trigger: Move(to=cell) if isinstance(cell, str | To) else cell for trigger, cell in row.items()})


def _choices(value: Mapping[str, Iterable[str]]) -> FrozenMap[str, tuple[str, ...]]:
    return FrozenMap({status: tuple(targets) for status, targets in value.items()})


def _strings(value: Mapping[str, str]) -> FrozenMap[str, str]:
    return FrozenMap(value)


_NO_ANSWER: Final[Mapping[str, Any]] = {}
_AFTER_MERGE: Final = frozenset({"delete", "restore", "purge"})  # all that can still happen to a ticket merged away


_Test = Callable[[View], bool]
# What `decide` says without looking further: yes, under which guard, and what the refusal is. `_judge` is what it means.
_Answer = tuple[Decided | None, _Test | None, _Refusal]


@frozen
class _Cell:
    """A move with its guard made ready: compiled where there is a vocabulary, else by the plain meaning of conditions."""

    move: Move
    test: _Test | None


@frozen(kw_only=True)
class Lifecycle:
    """The statuses of a desk and the moves between them. Refused whole, with every problem, when they contradict themselves.

    ``table`` gives whole rows (status -> trigger -> `Move`, or just a target); a status without one has the default row of its
    category. ``moves`` changes single cells of the rows so made (None refuses the move). ``direct`` gives the statuses an agent may
    choose by hand; without an entry these are the ones that the moves of a person lead to (and their guards hold), from
    postponed also new and open. ``main`` says which status is meant by "open", "spam", ... in the default rows, when it is not
    the one of that name or the first of that category. ``triggers`` lets further kinds of events move the status
    (``{"assigned": "assign"}``); where a row has no cell for such a trigger, the event leaves the status alone.

    Settings of the default rows: ``reopen_on_reply`` with ``reopen_window`` (from the resolution, the end included; None: for ever),
    else a follow-up ticket; ``follow_up_from_closed`` (off: a closed ticket takes no reply, and a resolved one that is not
    reopened keeps it); ``restore_on_reply``; ``reopen_closed`` by an agent; ``undated_postpone``: a direct choice may
    postpone without an instant (off: only a `Postponed` event, which has one).

    Raises `DeskError` with all problems by path.

    >>> from ticketcore.model import AgentReplied, CustomerReplied
    >>> lifecycle = Lifecycle()
    >>> lifecycle.next("answered", CustomerReplied)
    'open'
    >>> lifecycle.next("purged", AgentReplied)
    Traceback (most recent call last):
    ticketcore.errors.IllegalMove: agent_replies is refused: purged is final; nothing is allowed
    """

    statuses: tuple[Status, ...] = field(default=STATUSES, converter=_statuses)
    table: FrozenMap[str, FrozenMap[str, Move | None]] = field(default=EMPTY, converter=_moves)
    moves: FrozenMap[str, FrozenMap[str, Move | None]] = field(default=EMPTY, converter=_moves)
    direct: FrozenMap[str, tuple[str, ...]] = field(default=EMPTY, converter=_choices)
    main: FrozenMap[str, str] = field(default=EMPTY, converter=_strings)
    triggers: FrozenMap[str, str] = field(default=EMPTY, converter=_strings)
    initial_status: str = ""
    reopen_on_reply: bool = True
    reopen_window_us: int | None = field(default=None, alias="reopen_window", converter=_window)
    follow_up_from_closed: bool = True
    restore_on_reply: bool = True
    reopen_closed: bool = True
    undated_postpone: bool = False
    vocabulary: Vocabulary | None = field(default=None, eq=False, repr=False)
    # Made at construction out of the above.
    _categories: Mapping[str, str] = field(init=False, eq=False, repr=False)
    _main: Mapping[str, str] = field(init=False, eq=False, repr=False)
    _cells: Mapping[str, Mapping[str, _Cell]] = field(init=False, eq=False, repr=False)
    _by_hand: Mapping[str, Mapping[str, _Cell]] = field(init=False, eq=False, repr=False)
    _answers: Mapping[str, Mapping[str, _Answer]] = field(init=False, eq=False, repr=False)
    _triggers: Mapping[str, str] = field(init=False, eq=False, repr=False)
    _allowed: Mapping[str, FrozenMap[str, tuple[str, ...]]] = field(init=False, eq=False, repr=False)
    _refusals: Mapping[str, _Refusal] = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        build = _Build(self)
        if build.problems:
            raise DeskError(build.problems, what="lifecycle")
        for name, made in (
            ("_categories", build.categories), ("_main", build.main), ("_cells", build.cells), ("_by_hand", build.by_hand),
            ("_triggers", {**TRIGGERS, **self.triggers}),
        ):  # fmt: skip
            object.__setattr__(self, name, made)
        object.__setattr__(self, "_allowed", {status: self._targets(status) for status in build.cells})
        object.__setattr__(self, "_refusals", {status: self._no_move(status) for status in build.cells})
        object.__setattr__(self, "_answers", {status: self._ready(status, row) for status, row in build.cells.items()})

    def using(self, vocabulary: Vocabulary) -> Lifecycle:
        """The same with its guards compiled for, and their names checked against, the names of a desk. Raises `DeskError`."""
        return evolve(self, vocabulary=vocabulary)

    def __reduce__(self) -> tuple[Any, ...]:  # what is made at construction (compiled guards among it) is made again
        return _rebuild, ({part.alias: getattr(self, part.name) for part in fields(Lifecycle) if part.init},)

    # --- deciding ----------------------------------------------------------------------------------------------------

    def initial(self, event: Created) -> str:
        """The first status of the ticket that *event* creates: answered when an agent wrote to the customer, else new."""
        by, message = event.by, event.message
        reached_out = isinstance(by, Agent) and not event.requester.is_same(by)
        if reached_out and event.has_message and message.public and not message.automatic and "answered" in self._main:
            return self._main["answered"]
        return self.initial_status or self._main["new"]

    def trigger_of(self, event: EventBase, ticket: Ticket) -> str | None:
        """The trigger that *event* pulls on *ticket* (as it is before it), or None.

        None for events that say nothing about the status, for automatic and internal messages, and for replies that go to a
        follow-up ticket or to the ticket this one was merged into. An agent who is the requester counts as the customer.
        """
        trigger = self._trigger(event, ticket)
        if trigger not in _REPLIES:
            return trigger
        judged = self._judge(ticket, event, trigger, None, guarded=False)
        return None if isinstance(judged, Decided) and judged.divert else trigger

    def decide(self, ticket: Ticket, event: EventBase, view: View | None = None) -> Decided | None:
        """What *event* means for the status of *ticket* (as it is before it); None if it means nothing. Changes nothing.

        Guards read *view*; without one, the ticket and the event. Raises `IllegalMove`, which names the status, the trigger and
        what is allowed, and `UnknownName` for a direct choice of a status that does not exist.

        >>> from ticketcore.model import Closed, Resolved
        >>> lifecycle, ticket = Lifecycle(), Ticket(id="T-1", status="new")
        >>> lifecycle.decide(ticket, Resolved(at=0)).to
        'resolved'
        >>> lifecycle.decide(ticket, Closed(at=0))
        Traceback (most recent call last):
        ticketcore.errors.IllegalMove: close is refused: new has no such move; allowed: agent_replies -> answered, ...
        """
        trigger = self._trigger(event, ticket)
        if trigger is None:
            return None
        if ticket.merged_into is None:
            answer: _Answer | None = self._answers.get(ticket.status, _NO_ANSWER).get(trigger)
            if answer is not None:
                decided, test, refusal = answer
                if decided is not None and (test is None or test(self._view(ticket, event) if view is None else view)):
                    return decided
                raise self._error(ticket.status, trigger, refusal)
        judged = self._judge(ticket, event, trigger, view)
        if isinstance(judged, _Refusal):
            raise self._error(ticket.status, trigger, judged)
        return judged

    def observe(self, ticket: Ticket, event: EventBase, view: View | None = None) -> tuple[Decided | None, str]:
        """As `decide`, but a refused move is taken as the log says, with a sentence on what was expected ("" if nothing is odd).

        A direct choice leads to the status it names, known or not (an unknown one keeps the category); a refused reply
        leaves the status; any other trigger leads where it leads from a status that has it.
        """
        trigger = self._trigger(event, ticket)
        if trigger is None:
            return None, ""
        judged = self._judge(ticket, event, trigger, view)
        if not isinstance(judged, _Refusal):
            return judged, ""
        to = self._as_logged(ticket, event, trigger)
        category = self._categories.get(to, ticket.category) if to else ""
        seen = f"{ticket.status} -> {to}" if to else f"{ticket.status} stays"
        expected = judged.hint or self._hint(ticket.status)
        return Decided(trigger=trigger, to=to, category=category), f"{trigger}: {judged.reason}; {expected}; seen: {seen}"

    def next(self, status: str, event: EventBase | type[EventBase]) -> str:
        """Where *event*, or any event of that class, leads from *status*: the question to ask a table without a ticket.

        Guards and windows are taken as fulfilled, and nothing is remembered of an earlier status. Raises `IllegalMove`,
        and `UnknownName` for a status that does not exist.
        """
        self.category(status)
        trigger = self._triggers.get(event.kind)
        if trigger is None:
            return status
        if trigger == "set" and not isinstance(event, StatusSet):
            raise BadValue("a direct choice names its status", hint="give the event: StatusSet(at=..., status=...)")
        if event.kind in self.triggers and trigger not in self._cells[status]:
            return status
        given = event if isinstance(event, EventBase) else EventBase(at=0)
        ticket = Ticket(id="", status=status)
        judged = self._judge(ticket, given, trigger, None, guarded=False)
        if isinstance(judged, _Refusal):
            raise self._error(status, trigger, judged)
        return (judged and judged.to) or status

    def _trigger(self, event: EventBase, ticket: Ticket) -> str | None:
        """The trigger by the event alone, and by who wrote."""
        trigger = self._triggers.get(event.kind)
        if trigger in _REPLIES:
            message = event.message  # type: ignore[attr-defined]  # both replies are Spoken
            if message.automatic:
                return None
            if trigger == "agent_replies":
                if is_from_customer(event, ticket.requester):  # type: ignore[arg-type]  # as above
                    return "customer_replies"
                return trigger if message.public else None
        return trigger

    def _judge(
        self, ticket: Ticket, event: EventBase, trigger: str, view: View | None, *, guarded: bool = True
    ) -> Decided | _Refusal | None:
        """The plain meaning of the table: what `decide` says, with a refusal as a value."""
        status = ticket.status
        row = self._cells.get(status)
        if row is None:
            return _Refusal(reason=f"{shorten(status)} is no status of this lifecycle", hint=hint_for(status, self._categories))
        if ticket.merged_into is not None and row and trigger not in _AFTER_MERGE:
            if trigger in _REPLIES:
                return Decided(trigger=trigger, divert="merged", into=ticket.merged_into)
            return _Refusal(reason=f"it was merged into {ticket.merged_into}, which goes on in its place", hint="act on that ticket")
        refusal = self._impossible(ticket, event)
        if refusal is not None:
            return refusal
        if isinstance(event, StatusSet):
            if event.status == status and row:
                return Decided(trigger=trigger)
            cell = self._by_hand[status].get(event.status)
            if cell is None and row:
                dated = self._categories[event.status] == "postponed" and not self.undated_postpone
                hint = "use Postponed(until=...)" if dated else ""
                return _Refusal(reason=f"{status} cannot be set to {event.status} directly", hint=hint)
        else:
            cell = row.get(trigger)
        if cell is None:
            return None if event.kind in self.triggers else self._refusals[status]
        if guarded and cell.test is not None and not cell.test(self._view(ticket, event) if view is None else view):
            return _guard_refusal(cell.move)
        return self._arrive(ticket, trigger, _in_time(cell.move, ticket, event))

    def _view(self, ticket: Ticket, event: EventBase) -> View:
        """What a guard reads when the caller has no view at hand: the ticket and the event."""
        return View(self.vocabulary or Vocabulary(statuses=self._categories), ticket, event.at_us, ticket, event)

    def _impossible(self, ticket: Ticket, event: EventBase) -> _Refusal | None:
        """What no table can allow."""
        if isinstance(event, StatusSet) and event.status not in self._categories:
            hint = hint_for(event.status, self._categories)
            return _Refusal(reason=f"unknown status {shorten(event.status)}", hint=hint, error=UnknownName)
        if isinstance(event, Postponed) and event.until_us <= event.at_us:
            return _Refusal(reason=f"until {iso(event.until_us)} is not after {iso(event.at_us)}", hint="postpone to a later instant")
        if isinstance(event, Merged) and event.into == ticket.id:
            return _Refusal(reason="a ticket cannot be merged into itself", hint="name another ticket")
        return None

    def _arrive(self, ticket: Ticket, trigger: str, target: str | To) -> Decided:
        if target is To.FOLLOW_UP:
            return Decided(trigger=trigger, divert="follow_up")
        to = self._status(ticket, target)
        return Decided(trigger=trigger) if to == ticket.status else Decided(trigger=trigger, to=to, category=self._categories[to])

    def _status(self, ticket: Ticket, target: str | To) -> str:
        """The status that *target* means for this ticket, from what the ticket remembers."""
        match target:
            case To.STAYS | To.FOLLOW_UP:
                return ticket.status
            case To.BEFORE_DELETE if ticket.before_delete in self._categories:
                return ticket.before_delete
            case To.BEFORE_DELETE | To.NOT_SPAM:
                return self._main["open" if ticket.agent_replies else "new"]
            case To.AFTER_POSTPONE:
                was_new = self._categories.get(ticket.before_postpone) == "new"
                return ticket.before_postpone if was_new else self._main["open"]
            case _:
                return target

    def _as_logged(self, ticket: Ticket, event: EventBase, trigger: str) -> str | None:
        """Where a refused event leads in a log that is only observed; None if the status stays."""
        if isinstance(event, StatusSet):
            to = event.status
        elif trigger in _REPLIES:
            return None
        else:
            cell = self._cells.get(ticket.status, {}).get(trigger)
            meant = _MEANT.get(trigger, To.STAYS)
            target = cell.move.to if cell is not None else meant if isinstance(meant, To) else self._main.get(meant, To.STAYS)
            to = self._status(ticket, target)
        return None if to == ticket.status else to

    # --- asking ------------------------------------------------------------------------------------------------------

    def category(self, status: str) -> str:
        """The category of *status*. Raises `UnknownName`."""
        try:
            return self._categories[status]
        except KeyError:
            hint = hint_for(status, self._categories)
            raise UnknownName(f"unknown status {shorten(status)}", value=shorten(status), hint=hint) from None

    def is_live(self, status: str) -> bool:
        """Whether somebody may still have to do something: neither closed nor removed. Raises `UnknownName`."""
        return self.category(status) in LIVE

    def is_final(self, status: str) -> bool:
        """Whether nothing at all is allowed any more (purged). Raises `UnknownName`."""
        self.category(status)
        return not self._allowed[status]

    def allowed(self, status: str) -> FrozenMap[str, tuple[str, ...]]:
        """What *status* allows: each trigger with the statuses it may lead to, a direct choice as "set". Raises `UnknownName`.

        >>> Lifecycle().allowed("closed")
        {'customer_replies': ('closed',), 'reopen': ('open',), 'delete': ('deleted',), 'set': ('open', 'deleted')}
        """
        self.category(status)
        return self._allowed[status]

    def rows(self) -> FrozenMap[str, FrozenMap[str, Move]]:
        """The whole table as it holds, every status with its row, settings and inherited rows worked in.

        ``Lifecycle(statuses=..., table=lifecycle.rows())`` has the same table.
        """
        return FrozenMap({
            status: FrozenMap({trigger: cell.move for trigger, cell in row.items()}) for status, row in self._cells.items()
        })  # fmt: skip

    def choices(self) -> FrozenMap[str, FrozenMap[str, Move]]:
        """The direct choices as they hold: status -> chosen status -> `Move` (with its guard)."""
        return FrozenMap({
            status: FrozenMap({to: cell.move for to, cell in row.items()}) for status, row in self._by_hand.items()
        })  # fmt: skip

    def mermaid(self) -> str:
        """The table as a Mermaid state diagram: each move with its trigger and guard, and direct choices no act of a person gives."""
        names = {status.name: f"s{number}" for number, status in enumerate(self.statuses)}
        lines = ["stateDiagram-v2"]
        lines += [f"    state {_quoted(status.name)} as {names[status.name]}" for status in self.statuses]
        lines.append(f"    [*] --> {names[self.initial_status or self._main['new']]}")
        for status, row in self._cells.items():
            for trigger, cell in row.items():
                lines += [f"    {names[status]} --> {names[to]} : {label}" for to, label in self._edges(status, trigger, cell.move)]
            reached = {to for trigger in row if trigger not in _NOT_BY_HAND for to in self._allowed[status][trigger]}
            for to, cell in self._by_hand[status].items():
                if to not in reached:
                    lines.append(f"    {names[status]} --> {names[to]} : {_label('set', cell.move)}")
            if self.is_final(status):
                lines.append(f"    {names[status]} --> [*]")
        return "\n".join(lines) + "\n"

    def _edges(self, status: str, trigger: str, move: Move) -> Iterable[tuple[str, str]]:
        label = _label(trigger, move)
        if move.within_us is None:
            return [(to, label + _note(move.to)) for to in self._ends(status, move.to)]
        first = [(to, f"{label} within {say_duration(move.within_us)}{_note(move.to)}") for to in self._ends(status, move.to)]
        return first + [(to, f"{label} later{_note(move.otherwise)}") for to in self._ends(status, move.otherwise)]

    def _ends(self, status: str, target: str | To) -> tuple[str, ...]:
        """The statuses that *target* may come to from *status*."""
        match target:
            case To.STAYS | To.FOLLOW_UP:
                return (status,)
            case To.BEFORE_DELETE:
                return tuple(other for other, row in self._cells.items() if "delete" in row)
            case To.AFTER_POSTPONE:
                news = (status.name for status in self.statuses if status.category == "new")
                return tuple(dict.fromkeys((self._main["open"], *news)))
            case To.NOT_SPAM:
                return tuple(dict.fromkeys((self._main["open"], self._main["new"])))
            case _:
                return (target,)

    def _targets(self, status: str) -> FrozenMap[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for trigger, cell in self._cells[status].items():
            ends = self._ends(status, cell.move.to)
            if cell.move.within_us is not None:
                ends += self._ends(status, cell.move.otherwise)
            found[trigger] = tuple(dict.fromkeys(ends))
        if self._by_hand[status]:
            found["set"] = tuple(self._by_hand[status])
        return FrozenMap(found)

    def _ready(self, status: str, row: Mapping[str, _Cell]) -> dict[str, _Answer]:
        """The answers that depend on nothing but status, trigger and guard: most of the table, worked out once."""
        own = set(self.triggers.values()) | {"set", "postpone", "merge"}  # their events decide too
        answers: dict[str, _Answer] = {trigger: (None, None, self._refusals[status]) for trigger in TRIGGERS.values() if trigger not in own}
        for trigger, cell in row.items():
            remembers = isinstance(cell.move.to, To) and cell.move.to not in {To.STAYS, To.FOLLOW_UP}
            if trigger in own or remembers or cell.move.within_us is not None:
                answers.pop(trigger, None)
            else:
                decided = self._arrive(Ticket(id="", status=status), trigger, cell.move.to)
                answers[trigger] = (decided, cell.test, _guard_refusal(cell.move))
        return answers

    def _no_move(self, status: str) -> _Refusal:
        parts = [f"{trigger} -> {' or '.join(ends)}" for trigger, ends in self._allowed[status].items()]
        if not parts:
            return _Refusal(reason=f"{status} is final", hint="nothing is allowed")
        return _Refusal(reason=f"{status} has no such move", hint="allowed: " + ", ".join(parts))

    def _hint(self, status: str) -> str:
        known = self._refusals.get(status)
        return "nothing is allowed" if known is None else known.hint

    def _error(self, status: str, trigger: str, refusal: _Refusal) -> TicketcoreError:
        allowed = self._allowed.get(status, EMPTY)
        return refusal.error(
            f"{trigger} is refused: {refusal.reason}", value=status, hint=refusal.hint or self._hint(status),
            status=status, trigger=trigger, allowed=tuple(allowed), targets=allowed,
        )  # fmt: skip


class _Build:
    """The rows of a lifecycle in the making, and every problem met on the way."""

    def __init__(self, given: Lifecycle) -> None:
        self.given = given
        self.problems: list[Problem] = []
        self.categories: dict[str, str] = {}
        self.main: dict[str, str] = {}
        self.cells: dict[str, dict[str, _Cell]] = {}
        self.by_hand: dict[str, dict[str, _Cell]] = {}
        self._read_statuses()
        self._read_main()
        self._read_triggers()
        for status in self.categories:
            self.cells[status] = self._make_row(status)
        self._check_names("table", given.table)
        self._check_names("moves", given.moves)
        self._check_names("direct", given.direct)
        for status, row in self.cells.items():
            self.by_hand[status] = self._make_choices(status, row)

    def wrong(self, path: str, message: str, hint: str = "", code: str = "bad-value") -> None:
        """Note a problem."""
        self.problems.append(Problem(path=path, message=message, hint=hint, code=code))

    def unknown(self, path: str, what: str, name: object, known: Iterable[str]) -> None:
        """Note a name that nobody knows."""
        self.wrong(path, f"unknown {what} {shorten(name)}", hint_for(name, known), code="unknown-name")

    def _read_statuses(self) -> None:
        statuses: tuple[Any, ...] = self.given.statuses  # whatever the caller gave
        for number, status in enumerate(statuses):
            path = f"statuses[{number}]"
            if not isinstance(status, Status):
                self.wrong(path, f"a Status is wanted, not {type(status).__name__}")
                continue
            if not isinstance(status.name, str) or not status.name or status.name.startswith("@"):
                self.wrong(f"{path}.name", f"{shorten(status.name)} cannot name a status", "a text that does not begin with @")
            elif status.name in self.categories:
                self.wrong(f"{path}.name", f"a second status {shorten(status.name)}", "names are unique", code="duplicate")
            elif status.category not in CATEGORIES:
                self.unknown(f"{path}.category", "category", status.category, (*CATEGORIES, *_ALIASES))
            self.categories.setdefault(str(status.name), status.category)

    def _read_main(self) -> None:
        """Which status each role of the default table means here."""
        for role in _ROLES:
            category = "removed" if role in _REMOVED_ROLES else role
            of_category = [name for name, its in self.categories.items() if its == category]
            if role in of_category:
                self.main[role] = role
            elif of_category and role not in _REMOVED_ROLES:
                self.main[role] = of_category[0]
        for role, status in self.given.main.items():
            if role not in _ROLES:
                self.unknown(f"main.{role}", "role", role, _ROLES)
            elif status not in self.categories:
                self.unknown(f"main.{role}", "status", status, self.categories)
            elif self.categories[status] != ("removed" if role in _REMOVED_ROLES else role):
                self.wrong(f"main.{role}", f"{shorten(status)} is of the category {self.categories[status]}, not {role}")
            else:
                self.main[role] = status
        first = self.given.initial_status
        if first and first not in self.categories:
            self.unknown("initial_status", "status", first, self.categories)
        elif not first and "new" not in self.main and "open" not in self.main:
            self.wrong("statuses", "no status is of the category new or open", "name the first one: initial_status=...")
        # Where a desk has no new or no open status, the other one stands for it: both are where support is to act.
        self.main.setdefault("new", self.main.get("open", first))
        self.main.setdefault("open", self.main["new"])

    def _read_triggers(self) -> None:
        movable = {kind for kind, cls in EVENTS.items() if cls.is_outside and kind not in TRIGGERS and kind != "created"}
        for kind in self.given.triggers:
            if kind not in movable:
                self.unknown(f"triggers.{kind}", "kind of event", kind, movable)
        self.known = set(TRIGGERS.values()).union(self.given.triggers.values()) - {"set"}

    def _check_names(self, where: str, given: Mapping[str, Any]) -> None:
        for status in given:
            if status not in self.categories:
                self.unknown(f"{where}.{status}", "status", status, self.categories)

    def _make_row(self, status: str) -> dict[str, _Cell]:
        given = self.given
        row: dict[str, Any] = {**given.table[status]} if status in given.table else self._inherited(status)
        row.update(given.moves.get(status, EMPTY))
        cells = {}
        for trigger, move in row.items():
            path = f"{'moves' if trigger in given.moves.get(status, EMPTY) else 'table'}.{status}.{trigger}"
            if trigger == "set":
                self.wrong(path, "direct choices are no single move", "list them in direct", code="unknown-name")
            elif trigger not in self.known:
                self.unknown(path, "trigger", trigger, self.known)
            elif isinstance(move, Move):
                self._check_targets(path, move)
                cells[trigger] = _Cell(move, self._test(path, move))
            elif move is not None:
                self.wrong(path, f"a move is wanted, not {type(move).__name__}", "a status, a Move, or None to refuse")
        return cells

    def _inherited(self, status: str) -> dict[str, Move | None]:
        """The row of the main status of this category, if the desk gives one; else the default one, in this desk's names."""
        category = self.categories[status]
        role = category if category != "removed" else next((role for role in _REMOVED_ROLES if self.main.get(role) == status), "spam")
        given = self.given.table.get(self.main.get(role, ""))
        if given is not None:
            return {**given}
        row: dict[str, Move | None] = {}
        for trigger, target in DEFAULT_TABLE.get(role, EMPTY).items():
            move = self._default(role, trigger, target)
            if move is not None:
                row[trigger] = move
        return row

    def _default(self, role: str, trigger: str, target: str | To) -> Move | None:
        """One cell of the default table under the settings; None where a setting, or a status that the desk lacks, refuses it."""
        given = self.given
        if isinstance(target, str) and target not in self.main:  # a message is not lost for want of a status it could lead to
            return Move(to=To.STAYS) if trigger in _REPLIES else None
        to = self.main[target] if isinstance(target, str) else target
        match role, trigger:
            case "resolved", "customer_replies":
                otherwise = To.FOLLOW_UP if given.follow_up_from_closed else To.STAYS
                reopens = given.reopen_on_reply
                return Move(to=to, within=given.reopen_window_us, otherwise=otherwise) if reopens else Move(to=otherwise)
            case "closed", "customer_replies" if not given.follow_up_from_closed:
                return None
            case "deleted", "customer_replies" if not given.restore_on_reply:
                return None
            case "closed", "reopen" if not given.reopen_closed:
                return None
            case _:
                return Move(to=to)

    def _check_targets(self, path: str, move: Move) -> None:
        for name, target in (("to", move.to), ("otherwise", move.otherwise)):
            if not isinstance(target, To) and target not in self.categories:
                self.unknown(f"{path}.{name}", "status", target, (*self.categories, *_SPECIAL))

    def _test(self, path: str, move: Move) -> _Test | None:
        guard, vocabulary = move.guard, self.given.vocabulary
        if guard is None:
            return None
        if vocabulary is None:
            return lambda view: holds(guard, view)
        count = len(self.problems)
        checked = parse(guard, vocabulary, f"{path}.guard", self.problems, layer="lifecycle")
        return compiled(checked, vocabulary) if len(self.problems) == count else None

    def _make_choices(self, status: str, row: Mapping[str, _Cell]) -> dict[str, _Cell]:
        """What may be chosen by hand: as listed, else what the moves of a person lead to; each under the guard of such a move."""
        reached: dict[str, _Cell] = {}
        for trigger, cell in row.items():
            to = cell.move.to
            if trigger in _NOT_BY_HAND or trigger in self.given.triggers.values() or isinstance(to, To) or to == status:
                continue
            if self.categories.get(to) == "postponed" and not self.given.undated_postpone:
                continue
            if to not in reached or cell.test is None:
                reached[to] = _Cell(Move(to=to, guard=cell.move.guard, reason=cell.move.reason), cell.test)
        listed = self.given.direct.get(status)
        if listed is None:
            extra = (self.main[role] for role in _DIRECT_EXTRA.get(self.categories[status], ()) if status not in self.given.table)
            for to in extra:
                reached.setdefault(to, _Cell(Move(to=to), None))
            return reached
        for number, to in enumerate(listed):
            if to not in self.categories:
                self.unknown(f"direct.{status}[{number}]", "status", to, self.categories)
        return {to: reached.get(to) or _Cell(Move(to=to), None) for to in listed}


def _rebuild(parts: dict[str, Any]) -> Lifecycle:
    return Lifecycle(**parts)


def _guard_refusal(move: Move) -> _Refusal:
    return _Refusal(reason=move.reason or f"its guard does not hold: {move.guard}")


def _in_time(move: Move, ticket: Ticket, event: EventBase) -> str | To:
    """The target of *move*, or its other one when its window is over."""
    if move.within_us is None or ticket.resolved_us is None or event.at_us - ticket.resolved_us <= move.within_us:
        return move.to
    return move.otherwise


def _note(target: str | To) -> str:
    match target:
        case To.FOLLOW_UP:
            return " (follow-up ticket)"
        case To.BEFORE_DELETE:
            return " (where it was)"
        case To.AFTER_POSTPONE:
            return " (new if it was new)"
        case To.NOT_SPAM:
            return " (new if never answered)"
        case _:
            return ""


def _label(trigger: str, move: Move) -> str:
    guard = move.reason or ("" if move.guard is None else str(move.guard))
    return f"{trigger} [{_safe(guard)}]" if move.guard is not None else trigger


def _safe(text: str) -> str:
    """*text* without the signs that end a label or a line in Mermaid."""
    return "".join(" " if char in '"\n\r;:#%{}' else char for char in text)


def _quoted(text: str) -> str:
    return f'"{_safe(text)}"'
