"""Lifecycle: which status an event leads to, as a table of data with guards; an illegal move is refused with what *is* allowed.

The table is status x trigger -> `Move`. Statuses are data and belong to a category; a status without a row of its own has the
row of its category in the default table (DESIGN 7), so a desk that only adds "In progress" to the open ones writes one line.
`decide` walks the table, `allowed`, `mermaid` and the tests read the same one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from attrs import evolve, field, fields, frozen

from ticketcore._clocks import Target
from ticketcore._folding import is_from_customer
from ticketcore._moves import (
    AFTER_MERGE,
    CATEGORIES,
    DEFAULT_TABLE,
    LIVE,
    MEANT,
    NO_ANSWER,
    NOT_BY_HAND,
    REPLIES,
    RETYPE,
    STATUSES,
    TRIGGERS,
    Answer,
    Cell,
    Decided,
    Move,
    Refusal,
    Status,
    To,
    choices,
    close_after,
    permissions,
    quoted,
    rows_of_moves,
    safe,
    statuses,
    strings,
    window_us,
    workflows,
)  # fmt: skip
from ticketcore._names import hint as hint_for
from ticketcore._rows import Build
from ticketcore._ticket import check_ticket
from ticketcore._time import iso, say_duration
from ticketcore._values import EMPTY, FrozenMap, made, names
from ticketcore.conditions import AllOf, Condition, View, Vocabulary, say, since
from ticketcore.conditions import field as of
from ticketcore.errors import BadValue, DeskError, Problem, TicketcoreError, UnknownName, again, shorten
from ticketcore.model import Agent, Created, Diverted, EventBase, Merged, Postponed, StatusChanged, StatusSet, Ticket, fold

__all__ = [
    "CATEGORIES", "DEFAULT_TABLE", "LIVE", "STATUSES", "TRIGGERS", "Decided", "Lifecycle", "Move", "Status", "To",
]  # fmt: skip

for _named in (Decided, Move, Status, To):  # this module is their front door: names, pickles and reprs say so
    _named.__module__ = __name__


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
    postpone without an instant (off: only a `Postponed` event, which has one). ``close_needs``: what must be there before a close:
    ``verified``, ``confirmed`` (the events of those names, since the ticket was last taken up), or a declared field, which must be
    set (of true or false: true). ``close_after``: a span of time ("7 days", "5 working days", "72h") after which the desk closes what
    is resolved, by a time rule of its own.

    ``permissions`` says who may pull a trigger (``{"purge": ["admin"]}``; "set" for any direct choice), or hand in an event of a kind
    that pulls none (``{"confirmed": ["customer"]}``): one of the permissions of an `Agent`, or the roles agent, customer and system (an
    event by nobody). A direct choice asks for what its moves ask for. Rules and time need no permission: they are the desk's own.

    ``by_type`` gives other workflows for tickets whose field ``type_field`` has a value that stands there; all others follow this one.
    A status of the same name has the same category everywhere. A ticket that becomes one of another type keeps its status where the
    new workflow has it, and else goes to that workflow's main status of the category.

    Raises `DeskError` with all problems by path.

    >>> from ticketcore.model import AgentReplied, CustomerReplied
    >>> lifecycle = Lifecycle()
    >>> lifecycle.next("answered", CustomerReplied)
    'open'
    >>> lifecycle.next("purged", AgentReplied)
    Traceback (most recent call last):
    ticketcore.errors.IllegalMove: agent_replies is refused: purged is final; nothing is allowed
    """

    statuses: tuple[Status, ...] = field(default=STATUSES, converter=statuses)
    table: FrozenMap[str, FrozenMap[str, Move | None]] = field(default=EMPTY, converter=rows_of_moves)
    moves: FrozenMap[str, FrozenMap[str, Move | None]] = field(default=EMPTY, converter=rows_of_moves)
    direct: FrozenMap[str, tuple[str, ...]] = field(default=EMPTY, converter=choices)
    main: FrozenMap[str, str] = field(default=EMPTY, converter=strings)
    triggers: FrozenMap[str, str] = field(default=EMPTY, converter=strings)
    permissions: FrozenMap[str, tuple[str, ...]] = field(default=EMPTY, converter=permissions)
    initial_status: str = ""
    reopen_on_reply: bool = True
    reopen_window_us: int | None = field(default=None, alias="reopen_window", converter=window_us)
    follow_up_from_closed: bool = True
    restore_on_reply: bool = True
    reopen_closed: bool = True
    undated_postpone: bool = False
    close_needs: tuple[str, ...] = field(default=(), converter=names)
    close_after: Target | None = field(default=None, converter=close_after)
    type_field: str = "type"
    by_type: FrozenMap[str, Lifecycle] = field(default=EMPTY, converter=workflows)
    vocabulary: Vocabulary | None = field(default=None, eq=False, repr=False)
    # Made at construction out of the above.
    _categories: Mapping[str, str] = field(init=False, eq=False, repr=False)
    _main: Mapping[str, str] = field(init=False, eq=False, repr=False)
    _cells: Mapping[str, Mapping[str, Cell]] = field(init=False, eq=False, repr=False)
    _by_hand: Mapping[str, Mapping[str, Cell]] = field(init=False, eq=False, repr=False)
    _answers: Mapping[str, Mapping[str, Answer]] = field(init=False, eq=False, repr=False)
    _triggers: Mapping[str, str] = field(init=False, eq=False, repr=False)
    _allowed: Mapping[str, FrozenMap[str, tuple[str, ...]]] = field(init=False, eq=False, repr=False)
    _refusals: Mapping[str, Refusal] = field(init=False, eq=False, repr=False)
    _needed: Condition | None = field(init=False, eq=False, repr=False)  # what close_needs come to
    _tomb: str | None = field(init=False, eq=False, repr=False)  # the status in which a ticket takes nothing any more
    _workflows: Mapping[Any, Lifecycle] = field(init=False, eq=False, repr=False)  # ready for the same desk

    def __attrs_post_init__(self) -> None:
        build = Build(self)
        workflows = self._made_workflows(build.problems)
        if build.problems:
            raise DeskError(build.problems, what="lifecycle")
        for name, value in (
            ("_workflows", workflows), ("_needed", None if build.closes is None else build.closes.guard),
            ("_categories", build.categories), ("_main", build.main), ("_cells", build.cells), ("_by_hand", build.by_hand),
            ("_triggers", {**TRIGGERS, **self.triggers}),
        ):  # fmt: skip
            object.__setattr__(self, name, value)
        object.__setattr__(self, "_allowed", {status: self._targets(status) for status in build.cells})
        object.__setattr__(self, "_refusals", {status: self._no_move(status) for status in build.cells})
        purged = build.main.get("purged")
        object.__setattr__(self, "_tomb", None if purged is None or self._allowed[purged] else purged)
        object.__setattr__(self, "_answers", {status: self._ready(status, row) for status, row in build.cells.items()})

    def _made_workflows(self, problems: list[Problem]) -> dict[str, Lifecycle]:
        """The workflows by type, made for the same desk; what is wrong with them is put to *problems*."""
        ready: dict[str, Lifecycle] = {}
        categories = {status.name: status.category for status in self.statuses if isinstance(status, Status)}
        for name, given in self.by_type.items():
            path = f"by_type.{name}"
            if not isinstance(given, Lifecycle) or given.by_type:
                problems.append(Problem(path, "a workflow is a Lifecycle without types of its own", value=shorten(given)))
                continue
            for status in given.statuses:
                was = categories.setdefault(status.name, status.category)
                if was != status.category:
                    problems.append(Problem(f"{path}.statuses", f"{shorten(status.name)} is {status.category} here and {was} elsewhere"))
            try:
                ready[name] = given if self.vocabulary is None else given.using(self.vocabulary)
            except DeskError as error:
                problems.extend(evolve(problem, path=f"{path}.{problem.path}") for problem in error.problems)
        if self.by_type and self.vocabulary is not None:
            problems.extend(self._unknown_types(self.vocabulary))
        return ready

    def _unknown_types(self, words: Vocabulary) -> Iterable[Problem]:
        """What is wrong with the field that tells the types apart, and with their names."""
        kind = words.fields.get(self.type_field)
        if kind is None:
            message, hint = f"{shorten(self.type_field)} is no declared field", hint_for(self.type_field, words.fields)
            yield Problem("type_field", message, hint or "declare it among the desk's fields", code="unknown-name")
        elif kind.kind not in ("choice", "ordered"):
            yield Problem("type_field", f"{shorten(self.type_field)} is no choice of names", "declare its choices")
        else:
            for name in self.by_type:
                if name not in kind.choices:
                    yield Problem(f"by_type.{name}", f"unknown type {shorten(name)}", hint_for(name, kind.choices), code="unknown-name")

    def using(self, vocabulary: Vocabulary) -> Lifecycle:
        """The same with its guards compiled for, and their names checked against, the names of a desk. Raises `DeskError`.

        >>> from ticketcore.conditions import field as of
        >>> strict = Lifecycle(moves={"resolved": {"close": Move(to="closed", guard=of.fields.note.is_set(), reason="no note")}})
        >>> strict.using(Vocabulary())
        Traceback (most recent call last):
        ticketcore.errors.DeskError: lifecycle: 1 problem
          moves.resolved.close.guard.field  unknown field 'fields.note'; declare it among the desk's fields or facts
        """
        return evolve(self, vocabulary=vocabulary)

    def __reduce__(self) -> tuple[Any, ...]:  # what is made at construction (compiled guards among it) is made again
        return _rebuild, ({part.alias: getattr(self, part.name) for part in fields(Lifecycle) if part.init},)

    # --- deciding ----------------------------------------------------------------------------------------------------

    def initial(self, event: Created) -> str:
        """The first status of the ticket that *event* creates: answered when an agent wrote to the customer, else new.

        >>> from ticketcore.model import Person
        >>> reached_out = Created(at=0, ticket="T-1", by=Agent(id="maria"), requester=Person(name="Ada"))
        >>> Lifecycle().initial(reached_out), Lifecycle().initial(Created(at=0, ticket="T-1", by=Person(name="Ada")))
        ('answered', 'new')
        """
        own = self._workflows.get(event.fields.get(self.type_field)) if self.by_type else None
        if own is not None:
            return own.initial(event)
        by, message = event.by, event.message
        reached_out = isinstance(by, Agent) and not event.requester.is_same(by)
        if reached_out and event.has_message and message.public and not message.automatic and "answered" in self._main:
            return self._main["answered"]
        return self.initial_status or self._main["new"]

    def trigger_of(self, event: EventBase, ticket: Ticket) -> str | None:
        """The trigger that *event* pulls on *ticket* (as it is before it), or None.

        None for events that say nothing about the status, for automatic and internal messages, and for replies that go to a
        follow-up ticket or to the ticket this one was merged into. An agent who is the requester counts as the customer.

        >>> from ticketcore.model import AgentReplied, Message, Resolved
        >>> ticket = Ticket(id="T-1", status="new", category="new")
        >>> away = AgentReplied(at=0, message=Message(text="I am away", automatic=True))
        >>> Lifecycle().trigger_of(Resolved(at=0), ticket), Lifecycle().trigger_of(away, ticket)
        ('resolve', None)
        """
        if self.by_type and (own := self.of(ticket)) is not self:
            return own.trigger_of(event, ticket)
        trigger = self._trigger(event, ticket)
        if trigger not in REPLIES:
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
        if self.by_type:
            if self._retypes(ticket, event):
                return self._retyped(ticket, event, strict=True)[0]
            if (own := self.of(ticket)) is not self:
                return own.decide(ticket, event, view)
        trigger = self._trigger(event, ticket)
        if trigger is None:
            if ticket.status == self._tomb or self.permissions:
                refusal = self._unwanted(ticket, event)
                if refusal is not None:
                    raise self._error(ticket.status, event.kind, refusal)
            return None
        if ticket.merged_into is None:
            answer: Answer | None = self._answers.get(ticket.status, NO_ANSWER).get(trigger)
            if answer is not None:
                decided, test, refused = answer
                if decided is not None and (test is None or test(self._view(ticket, event) if view is None else view)):
                    return decided
                raise again(refused)
        judged = self._judge(ticket, event, trigger, view)
        if isinstance(judged, Refusal):
            raise self._error(ticket.status, trigger, judged)
        return judged

    def move(self, ticket: Ticket, event: EventBase) -> tuple[Ticket, tuple[EventBase, ...]]:
        """The ticket after *event* and after the change of status that it brings, and both as events: the state machine by itself.

        For who wants no rules, no priorities and no clocks; a `ticketcore.Desk` does all that. The ticket is what `fold` makes of these
        events, which are for the log; the ids are the host's. A reply that belongs to another ticket brings a `Diverted` instead. Raises
        what `decide` does, changing nothing, and `BadValue` for what is no ticket or no event.

        >>> from ticketcore.model import AgentReplied, Closed, Ticket
        >>> ticket, events = Lifecycle().move(Ticket(id="T-1", status="new", category="new"), AgentReplied(at=0))
        >>> ticket.status, ticket.agent_replies, [event.kind for event in events]
        ('answered', 1, ['agent_replied', 'status_changed'])
        >>> Lifecycle().move(ticket, Closed(at=60_000_000))
        Traceback (most recent call last):
        ticketcore.errors.IllegalMove: close is refused: answered has no such move; allowed: ...
        """
        if not isinstance(ticket, Ticket) or not isinstance(event, EventBase):
            raise BadValue(
                "a ticket and an event are wanted", value=shorten((ticket, event)), hint="give Resolved(at=...), and a ticket it happens to"
            )
        decided = self.decide(ticket, event)
        to = None if decided is None else decided.to
        follows: EventBase
        if decided is not None and to is not None and to != ticket.status:
            follows = made(
                StatusChanged, event.at_us, "", ticket.id, event.id, ticket.desk,
                ticket.status, to, ticket.category, decided.category, decided.trigger,
            )  # fmt: skip
        elif decided is not None and decided.divert:
            follows = Diverted(at=event.at_us, ticket=ticket.id, cause=event.id, desk=ticket.desk, event=event.id, to=decided.into)
        else:
            return fold((event,), ticket), (event,)
        events = (event, follows)
        return fold(events, ticket), events

    def observe(self, ticket: Ticket, event: EventBase, view: View | None = None) -> tuple[Decided | None, str]:
        """As `decide`, but a refused move is taken as the log says, with a sentence on what was expected ("" if nothing is odd).

        A direct choice leads to the status it names, known or not (an unknown one keeps the category); a refused reply
        leaves the status; any other trigger leads where it leads from a status that has it.

        >>> from ticketcore.model import Closed
        >>> decided, deviation = Lifecycle().observe(Ticket(id="T-1", status="new", category="new"), Closed(at=0))
        >>> decided.to, deviation.partition(";")[0]
        ('closed', 'close: new has no such move')
        """
        if self.by_type:
            if self._retypes(ticket, event):
                return self._retyped(ticket, event, strict=False)
            if (own := self.of(ticket)) is not self:
                return own.observe(ticket, event, view)
        trigger = self._trigger(event, ticket)
        if trigger is None:
            refusal = self._unwanted(ticket, event)
            if refusal is None:
                return None, ""
            expected = refusal.hint or self._hint(ticket.status)
            return Decided(trigger=event.kind), f"{event.kind}: {refusal.reason}; {expected}; seen: {ticket.status} stays"
        if ticket.merged_into is None:
            answer: Answer | None = self._answers.get(ticket.status, NO_ANSWER).get(trigger)
            if answer is not None and answer[0] is not None and answer[1] is None:
                return answer[0], ""
        judged = self._judge(ticket, event, trigger, view)
        if not isinstance(judged, Refusal):
            return judged, ""
        to = self._as_logged(ticket, event, trigger)
        category = self._categories.get(to, ticket.category) if to else ""
        seen = f"{ticket.status} -> {to}" if to else f"{ticket.status} stays"
        expected = judged.hint or self._hint(ticket.status)
        return Decided(trigger=trigger, to=to, category=category), f"{trigger}: {judged.reason}; {expected}; seen: {seen}"

    def next(self, status: str, event: EventBase | type[EventBase]) -> str:
        """Where *event*, or any event of that class, leads from *status*: the question to ask a table without a ticket.

        Guards and windows are taken as fulfilled, and nothing is remembered of an earlier status. Raises `IllegalMove`,
        `UnknownName` for a status that does not exist, and `BadValue` for what is no event, and for the class `StatusSet`, which names
        no status.
        """
        self._own(status)
        if not isinstance(event, EventBase) and not (isinstance(event, type) and issubclass(event, EventBase)):
            raise BadValue("an event is wanted, or a class of events", value=shorten(event), hint='give Resolved, not "resolved"')
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
        if isinstance(judged, Refusal):
            raise self._error(status, trigger, judged)
        return (judged and judged.to) or status

    def of(self, ticket: Ticket) -> Lifecycle:
        """The workflow that *ticket* follows: the one of its type, else this one.

        >>> by_type = {"incident": Lifecycle(reopen_closed=False)}
        >>> Lifecycle(by_type=by_type).of(Ticket(id="T-1", fields=FrozenMap(type="incident"))).reopen_closed
        False
        """
        found = self._workflows.get(ticket.fields.get(self.type_field)) if self.by_type else None
        return self if found is None else found

    def _retypes(self, ticket: Ticket, event: Any) -> bool:
        """Whether a ticket becomes one of another type; a tombstone is of none."""
        return event.kind == "field_set" and event.name == self.type_field and ticket.status != self.of(ticket)._tomb

    def _retyped(self, ticket: Ticket, event: Any, *, strict: bool) -> tuple[Decided | None, str]:
        """Where a ticket stands that has become one of another type: where it stood, or the main status of that category.

        Where the new workflow has neither, it is refused, or with *strict* off the status stays and it is said why.
        """
        old, new = self.of(ticket), self._workflows.get(event.value, self)
        status = ticket.status
        if status in new._categories:
            return None, ""
        category = old._categories.get(status, ticket.category)
        roles = [role for role, main in old._main.items() if main == status] if category == "removed" else [category]
        to = next((new._main[role] for role in roles if role in new._main and new._categories[new._main[role]] == category), None)
        if to is not None:
            return Decided(trigger=RETYPE, to=to, category=category), ""
        fitting = ", ".join(name for name in old._categories if name in new._categories) or "none"
        refusal = Refusal(
            reason=f"{status} has no like among the statuses of {shorten(event.value)}", hint=f"statuses of both are {fitting}"
        )
        if strict:
            raise old._error(status, RETYPE, refusal)
        return None, f"{RETYPE}: {refusal.reason}; {refusal.hint}; seen: {status} stays"

    def _trigger(self, event: EventBase, ticket: Ticket) -> str | None:
        """The trigger by the event alone, and by who wrote."""
        trigger = self._triggers.get(event.kind)
        if trigger in REPLIES:
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
    ) -> Decided | Refusal | None:
        """The plain meaning of the table: what `decide` says, with a refusal as a value."""
        status = ticket.status
        row = self._cells.get(status)
        if row is None:
            return Refusal(reason=f"{shorten(status)} is no status of this lifecycle", hint=hint_for(status, self._categories))
        if ticket.merged_into is not None and row and trigger not in AFTER_MERGE:
            if trigger in REPLIES:
                return Decided(trigger=trigger, divert="merged", into=ticket.merged_into)
            return Refusal(reason=f"it was merged into {ticket.merged_into}, which goes on in its place", hint="act on that ticket")
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
                return Refusal(reason=f"{status} cannot be set to {event.status} directly", hint=hint)
        else:
            cell = row.get(trigger)
        if cell is None:
            return None if event.kind in self.triggers and status != self._tomb else self._refusals[status]
        if guarded and (cell.roles is not None or trigger == "set"):
            forbidden = self._forbidden(ticket, event, (cell.roles, self.permissions.get("set") if trigger == "set" else None))
            if forbidden is not None:
                return forbidden
        if guarded and cell.test is not None and not cell.test(self._view(ticket, event) if view is None else view):
            return _guard_refusal(cell.move)
        return self._arrive(ticket, trigger, _in_time(cell.move, ticket, event))

    def _unwanted(self, ticket: Ticket, event: Any) -> Refusal | None:
        """The refusal of an event that pulls no trigger: a tombstone takes none, and whoever did it may not."""
        if not event.is_outside:
            return None
        if ticket.status == self._tomb:
            return self._refusals[ticket.status]
        return self._forbidden(ticket, event, (self.permissions.get(event.kind),))

    def _forbidden(self, ticket: Ticket, event: Any, needed: Iterable[tuple[str, ...] | None]) -> Refusal | None:
        """The refusal of somebody who has none of some *needed* roles; rules and time may do anything."""
        if event.cause or not self.permissions:
            return None
        has = _roles(event, ticket)
        for roles in needed:
            if roles is not None and has.isdisjoint(roles):
                who = getattr(event.by, "id", "") or getattr(event.by, "email", "") or "whoever did it"
                return Refusal(reason=f"it takes {' or '.join(roles)}, and {who} is {' and '.join(sorted(has))}", hint=_ask(roles))
        return None

    def _view(self, ticket: Ticket, event: EventBase) -> View:
        """What a guard reads when the caller has no view at hand: the ticket and the event."""
        return View(self.vocabulary or Vocabulary(statuses=self._categories), ticket, event.at_us, ticket, event)

    def _impossible(self, ticket: Ticket, event: EventBase) -> Refusal | None:
        """What no table can allow."""
        if isinstance(event, StatusSet) and event.status not in self._categories:
            hint = hint_for(event.status, self._categories)
            return Refusal(reason=f"unknown status {shorten(event.status)}", hint=hint, error=UnknownName)
        if isinstance(event, Postponed) and event.until_us <= event.at_us:
            return Refusal(reason=f"until {iso(event.until_us)} is not after {iso(event.at_us)}", hint="postpone to a later instant")
        if isinstance(event, Merged) and event.into == ticket.id:
            return Refusal(reason="a ticket cannot be merged into itself", hint="name another ticket")
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
        elif trigger in REPLIES:
            return None
        else:
            cell = self._cells.get(ticket.status, {}).get(trigger)
            meant = MEANT.get(trigger, To.STAYS)
            target = cell.move.to if cell is not None else meant if isinstance(meant, To) else self._main.get(meant, To.STAYS)
            to = self._status(ticket, target)
        return None if to == ticket.status else to

    # --- asking ------------------------------------------------------------------------------------------------------

    def category(self, status: str) -> str:
        """The category of *status*, of this workflow or of one by type. Raises `UnknownName`.

        >>> Lifecycle(statuses=[*Lifecycle().statuses, Status(name="waiting for parts", category="answered")]).category("waiting for parts")
        'answered'
        """
        return self._having(status)._categories[status]

    def _having(self, status: str) -> Lifecycle:
        """The first workflow that has *status*: this one, or one by type."""
        for workflow in (self, *self._workflows.values()):
            if status in workflow._categories:
                return workflow
        hint = hint_for(status, (name.name for name in self.every_status()))
        raise UnknownName(f"unknown status {shorten(status)}", value=shorten(status), hint=hint)

    def check(self, ticket: Ticket) -> None:
        """That the workflow of *ticket* has its status. Raises `UnknownName`.

        >>> Lifecycle().check(Ticket(id="T-1", status="in limbo"))
        Traceback (most recent call last):
        ticketcore.errors.UnknownName: unknown status 'in limbo'; known are answered, closed, ...
        """
        check_ticket(ticket)
        self.of(ticket)._own(ticket.status)

    def every_status(self) -> tuple[Status, ...]:
        """The statuses of this workflow and of those by type, each once, in order.

        >>> [status.name for status in Lifecycle().every_status()][:5]
        ['new', 'open', 'answered', 'postponed', 'resolved']
        """
        found = {status.name: status for workflow in (*reversed(tuple(self._workflows.values())), self) for status in workflow.statuses}
        order = dict.fromkeys(status.name for workflow in (self, *self._workflows.values()) for status in workflow.statuses)
        return tuple(found[name] for name in order)

    def text(self, ticket: Ticket) -> str:
        """What the status of *ticket* means, for people; "" where nobody wrote it down.

        >>> Lifecycle().text(Ticket(id="T-1", status="postponed", category="postponed"))
        'put off until an instant; then it comes back by itself'
        """
        check_ticket(ticket)
        return next((status.text for status in self.of(ticket).statuses if status.name == ticket.status), "")

    def closings(self) -> Iterable[tuple[str, Condition]]:
        """For each workflow that closes by itself: the name of the rule that does it, and when.

        >>> from ticketcore.conditions import say
        >>> [(name, say(when)) for name, when in Lifecycle(close_after="7d").closings()]
        [('auto-close', "category is 'resolved' and at least 7d since resolved_at")]
        """
        kind = of["fields." + self.type_field]
        named = [("auto-close", self, (kind.is_none(*self.by_type),) if self.by_type else ())]
        named += [(f"auto-close {name}", workflow, (kind.is_(name),)) for name, workflow in self._workflows.items()]
        for name, workflow, its in named:
            if workflow.close_after is not None:
                needed = () if workflow._needed is None else (workflow._needed,)
                parts = (of.category == "resolved", *its, *needed, since("resolved_at") >= workflow.close_after)
                yield name, AllOf(parts)

    def _own(self, status: str) -> str:
        """*status*, if this very workflow has it."""
        if status not in self._categories:
            hint = hint_for(status, self._categories)
            raise UnknownName(f"unknown status {shorten(status)}", value=shorten(status), hint=hint)
        return status

    def is_live(self, status: str) -> bool:
        """Whether somebody may still have to do something: neither closed nor removed. Raises `UnknownName`.

        >>> Lifecycle().is_live("resolved"), Lifecycle().is_live("closed"), Lifecycle().is_final("closed"), Lifecycle().is_final("purged")
        (True, False, False, True)
        """
        return self.category(status) in LIVE

    def is_final(self, status: str) -> bool:
        """Whether nothing at all is allowed any more (purged). Raises `UnknownName`."""
        return not self.allowed(status)

    def allowed(self, status: str) -> FrozenMap[str, tuple[str, ...]]:
        """What *status* allows: each trigger with the statuses it may lead to, a direct choice as "set". Raises `UnknownName`.

        A status that only a workflow by type has is looked up there; `of` gives the workflow of a ticket.

        >>> Lifecycle().allowed("closed")
        {'customer_replies': ('closed',), 'reopen': ('open',), 'delete': ('deleted',), 'set': ('open', 'deleted')}
        """
        return self._having(status)._allowed[status]

    def rows(self) -> FrozenMap[str, FrozenMap[str, Move]]:
        """The whole table as it holds, every status with its row, settings and inherited rows worked in.

        Statuses that only a workflow by type has come with their row in that one. Without such,
        ``Lifecycle(statuses=..., table=lifecycle.rows())`` has the same table.

        >>> {trigger: move.to for trigger, move in Lifecycle().rows()["closed"].items()}
        {'customer_replies': <To.FOLLOW_UP: '@follow_up'>, 'reopen': 'open', 'delete': 'deleted'}
        """
        return self._moves(lambda workflow: workflow._cells)

    def _moves(self, of_workflow: Callable[[Lifecycle], Mapping[str, Mapping[str, Cell]]]) -> FrozenMap[str, FrozenMap[str, Move]]:
        """The moves of each status, in the first workflow that has it."""
        found: dict[str, FrozenMap[str, Move]] = {}
        for workflow in (self, *self._workflows.values()):
            for status, row in of_workflow(workflow).items():
                found.setdefault(status, FrozenMap({name: cell.move for name, cell in row.items()}))
        return FrozenMap(found)

    def choices(self) -> FrozenMap[str, FrozenMap[str, Move]]:
        """The direct choices as they hold: status -> chosen status -> `Move` (with its guard).

        >>> sorted(Lifecycle().choices()["new"])
        ['answered', 'deleted', 'resolved', 'spam']
        """
        return self._moves(lambda workflow: workflow._by_hand)

    def mermaid(self) -> str:
        """The table as a Mermaid state diagram: each move with its trigger and guard, and direct choices no act of a person gives.

        >>> Lifecycle().mermaid().splitlines()[:3]
        ['stateDiagram-v2', '    state "new" as s0', '    state "open" as s1']
        """
        nodes = {status.name: f"s{number}" for number, status in enumerate(self.statuses)}
        lines = ["stateDiagram-v2"]
        lines += [f"    state {quoted(status.name)} as {nodes[status.name]}" for status in self.statuses]
        lines.append(f"    [*] --> {nodes[self.initial_status or self._main['new']]}")
        for status, row in self._cells.items():
            for trigger, cell in row.items():
                lines += [f"    {nodes[status]} --> {nodes[to]} : {label}" for to, label in self._edges(status, trigger, cell.move)]
            reached = {to for trigger in row if trigger not in NOT_BY_HAND for to in self._allowed[status][trigger]}
            for to, cell in self._by_hand[status].items():
                if to not in reached:
                    lines.append(f"    {nodes[status]} --> {nodes[to]} : {_label('set', cell.move)}")
            if self.is_final(status):
                lines.append(f"    {nodes[status]} --> [*]")
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
                kept = (other for other, row in self._cells.items() if "delete" in row or self._can_be_removed(other))
                return tuple(dict.fromkeys((*kept, self._main["new"], self._main["open"])))  # one of these where nothing is remembered
            case To.AFTER_POSTPONE:
                news = (status.name for status in self.statuses if status.category == "new")
                return tuple(dict.fromkeys((self._main["open"], *news)))
            case To.NOT_SPAM:
                return tuple(dict.fromkeys((self._main["open"], self._main["new"])))
            case _:
                return (target,)

    def _can_be_removed(self, status: str) -> bool:
        """Whether a ticket may go from *status*, which is not removed, to a removed one."""
        moves = (*self._cells[status].values(), *self._by_hand[status].values())
        ends = (cell.move.to for cell in moves)
        return self._categories[status] != "removed" and any(self._categories.get(to) == "removed" for to in ends if isinstance(to, str))

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

    def _ready(self, status: str, row: Mapping[str, Cell]) -> dict[str, Answer]:
        """The answers that depend on nothing but status, trigger and guard: most of the table, worked out once."""
        own = set(self.triggers.values()) | {"set", "postpone", "merge"}  # their events decide too
        no_move = self._refusals[status]
        answers: dict[str, Answer] = {
            trigger: (None, None, self._error(status, trigger, no_move)) for trigger in TRIGGERS.values() if trigger not in own
        }
        for trigger, cell in row.items():
            remembers = isinstance(cell.move.to, To) and cell.move.to not in {To.STAYS, To.FOLLOW_UP}
            if trigger in own or remembers or cell.move.within_us is not None or cell.roles is not None:
                answers.pop(trigger, None)
            else:
                decided = self._arrive(Ticket(id="", status=status), trigger, cell.move.to)
                answers[trigger] = (decided, cell.test, self._error(status, trigger, _guard_refusal(cell.move)))
        return answers

    def _no_move(self, status: str) -> Refusal:
        parts = [f"{trigger} -> {' or '.join(ends)}" for trigger, ends in self._allowed[status].items()]
        if not parts:
            return Refusal(reason=f"{status} is final", hint="nothing is allowed")
        return Refusal(reason=f"{status} has no such move", hint="allowed: " + ", ".join(parts))

    def _hint(self, status: str) -> str:
        known = self._refusals.get(status)
        return "nothing is allowed" if known is None else known.hint

    def _error(self, status: str, trigger: str, refusal: Refusal) -> TicketcoreError:
        allowed = self._allowed.get(status, EMPTY)
        return refusal.error(
            f"{trigger} is refused: {refusal.reason}", value=status, hint=refusal.hint or self._hint(status),
            status=status, trigger=trigger, allowed=tuple(allowed), targets=allowed,
        )  # fmt: skip


def _rebuild(parts: dict[str, Any]) -> Lifecycle:
    return Lifecycle(**parts)


def _roles(event: Any, ticket: Ticket) -> frozenset[str]:
    """What whoever did it is: the role, the permissions, and a customer also where an agent is the requester."""
    by = event.by
    if isinstance(by, Agent):
        return by.permissions | ({"agent", "customer"} if ticket.requester.is_same(by) else {"agent"})
    return frozenset({"system" if by is None else "customer"})


def _ask(roles: tuple[str, ...]) -> str:
    return f"ask somebody who is {' or '.join(roles)}"


def _guard_refusal(move: Move) -> Refusal:
    return Refusal(reason=move.reason or ("" if move.guard is None else f"its guard does not hold: {say(move.guard)}"))


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
    return f"{trigger} [{safe(guard)}]" if move.guard is not None else trigger
