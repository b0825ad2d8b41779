"""One step of a desk: the order in which things happen, at which instant. Numbers in comments are those of docs/explanation/step.md.

A step works on one draft of the ticket, records every decision as an event and freezes the draft at the end. Nothing of a
step is seen by anybody until it is over, so a refused moment changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from attrs import define, frozen
from pendulum import DateTime

from ticketcore._actions import ACTIONS, deed_of
from ticketcore._clocks import Cycle, Days, Length, WorkingDays, promise_key
from ticketcore._effects import CreateFollowUp, EffectBase, Erase, ForwardReply, Notify, Reply
from ticketcore._folding import HANDLERS, start
from ticketcore._incoming import CHECKED, WITHOUT, demand, incoming
from ticketcore._parts import DeskParts
from ticketcore._ticket import draft_of, freeze, no_ticket
from ticketcore._time import iso, maybe_from_us
from ticketcore._trace import Trace, say_kinds, say_ticket, say_wake
from ticketcore._values import DRAFTS, EMPTY, changed, made, thawed
from ticketcore.conditions import TWO_YEARS_US, View
from ticketcore.errors import (
    BadMoment,
    Duplicate,
    IllegalMove,
    OutOfOrder,
    TicketcoreError,
    WrongDesk,
    WrongTicket,
    kind_name,
    shorten,
)  # fmt: skip
from ticketcore.lifecycle import Decided
from ticketcore.model import (
    ActionRefused,
    Agent,
    Breached,
    Created,
    Decision,
    DeskAdopted,
    Diverted,
    Draft,
    EventBase,
    MacroUsed,
    Memo,
    Outside,
    PriorityChanged,
    RuleFired,
    Silenced,
    StatusChanged,
    TargetExtended,
    Ticket,
    TimeReached,
    Warned,
    Woken,
    apply,
)  # fmt: skip
from ticketcore.rules import Rule
from ticketcore.sla import Reading, Sla, triggers_of

_FOLLOWED: Final = frozenset({"target_extended", "macro_used", "purged"})  # kinds from which more follows than their own row
_Known = tuple[Cycle, "int | None", "tuple[int, int, str, str] | None"]  # an open cycle, when it is due, and its first due item
_WAKE, _WARN, _BREACH, _RISE = range(4)  # what time brings, in the order of one instant


@frozen(kw_only=True)
class Outcome:
    """What one step came to. Nothing has happened in the world yet: *effects* are for the host to carry out.

    ``events`` are all to be stored, in order: what came in (with ids filled in) and what the desk decided of it. ``wake_at`` is when to
    call `Desk.tick`; None: nothing will happen by itself. Prints as three lines of words.

    >>> from ticketcore import Created, Desk, Person
    >>> outcome = Desk().handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada")))
    >>> outcome.ticket.status, outcome.effects, outcome.wake_at
    ('new', (), None)
    >>> print(outcome.trace)
    1970-01-01T00:00:00Z created
      1970-01-01T00:00:00Z clock_started metric=first_reply
      1970-01-01T00:00:00Z clock_started metric=first_assign
      1970-01-01T00:00:00Z clock_started metric=resolution
    >>> print(outcome)
    T-1: new, priority low
      4 events: created, 3 x clock_started; no effects
      nothing will happen by itself
    """

    ticket: Ticket
    events: tuple[EventBase, ...] = ()
    effects: tuple[EffectBase, ...] = ()
    wake_us: int | None = None

    @property
    def wake_at(self) -> DateTime | None:
        """When something happens if nobody acts; None: nothing will."""
        return maybe_from_us(self.wake_us)

    @property
    def trace(self) -> Trace:
        """What happened and why, as an indented list."""
        return Trace.of(self.events)

    def __str__(self) -> str:
        return f"{say_ticket(self.ticket)}\n  {say_kinds(self.events, self.effects)}\n  {say_wake(self.wake_us)}"


@define
class _Due:
    """One thing that time brings. It comes by due instant, kind and name, and takes effect at *at_us*: not before the last root."""

    at_us: int
    due_us: int
    kind: int
    metric: str = ""
    warning: str = ""
    rules: tuple[str, ...] = ()
    found: bool = True  # False: only where a search ended


class StepRun:
    """The state of one step. Made for it and thrown away after it; *folds* keeps folded texts, and may be shared by steps over the same."""

    __slots__ = (
        "actor",
        "at_us",
        "before",
        "by_hand",
        "cause",
        "clock_version",
        "closed",
        "count",
        "created",
        "cycle_events",
        "desk",
        "draft",
        "dues",
        "effects",
        "event_id",
        "event_view",
        "events",
        "fingerprint",
        "folds",
        "frozen",
        "happened",
        "known",
        "known_dues",
        "looked",
        "next_due",
        "now_view",
        "observe",
        "past_view",
        "preview",
        "promised",
        "queue",
        "restamp",
        "root",
        "settled",
        "stale",
        "tried",
        "unchosen",
    )  # fmt: skip

    def __init__(
        self,
        desk: DeskParts,
        ticket: Ticket | None,
        *,
        restamp: bool = False,
        observe: bool = False,
        foreign: bool = False,
        folds: dict[Any, Any] | None = None,
    ) -> None:
        if ticket is not None:
            if not isinstance(ticket, Ticket):
                raise no_ticket(ticket, or_none=True)
            if ticket.desk != desk.fingerprint and not foreign:
                raise wrong_desk(ticket, desk.fingerprint)
        self.desk, self.frozen, self.restamp, self.observe = desk, ticket, restamp, observe
        self.fingerprint = desk.fingerprint
        self.draft: Draft = None if ticket is None else draft_of(ticket)
        self.events: list[EventBase] = []
        self.effects: list[EffectBase] = []
        self.dues: list[tuple[Cycle, int | None]] = []
        self.folds: dict[Any, Any] = {} if folds is None else folds
        self.before: Ticket | None = None
        self.root = self.cause = ""
        self.at_us = self.count = 0
        self.by_hand = False
        self.actor: str | None = None
        self.event_id = ""
        self.next_due: tuple[int, int, _Due | None] | None = None
        memo = None if ticket is None or foreign else ticket.memo
        # By metric, for the cycle it names, and when the clocks are due, where they were looked at last; never changed in place.
        self.known: Mapping[str, _Known] = {} if memo is None else memo.known
        self.known_dues: Mapping[str, int | None] = {} if memo is None else memo.dues
        self.looked: Mapping[str, Any] | None = None if ticket is None or memo is None or not memo.settled else ticket.clocks
        self.settled = memo is not None and memo.settled  # the priority and the promises are those of the ticket as it came
        self.stale = False  # contents went, and the priority was left as it was
        self.promised: str | None = None  # the priority for which the promises hold, where that is known

    # --- the entrances -----------------------------------------------------------------------------------------------

    def handle(self, events: Sequence[Outside]) -> Outcome:
        """Steps 1 to 4."""
        moment = self._accepted(events)  # 1
        try:
            if self.draft is None:
                self._create(moment)
            else:
                self._settle(max(moment[0].at_us, self.draft.floor_us), inclusive=False)  # 2: a late moment is moved to the floor
                moment = self._stamped(moment)  # after 2: time may have moved the floor
                first = moment[0]
                self._cycle(moment, first.at_us, first.moment)  # 3
        except Exception:
            self._let_go()
            raise
        lived: Draft = self.draft
        if not self._falls_silent():  # a message of a machine does not count as somebody who writes
            self._settle(lived.as_of_us, inclusive=False)  # 4
        return self._outcome(lived.as_of_us)

    def tick(self, now_us: int) -> Outcome:
        """Everything due up to and including *now_us*."""
        if self.frozen is None:
            raise no_ticket(None)
        memo = self.frozen.memo
        if memo is not None and (memo.wake_us is None or memo.wake_us > now_us):
            return Outcome(ticket=self.frozen, wake_us=memo.wake_us)
        self._settle(now_us, inclusive=True)
        if not self.events:
            due = self._next(max(now_us, self.draft.as_of_us))
            return Outcome(ticket=self.frozen, wake_us=None if due is None else due.at_us)
        return self._outcome(max(now_us, self.draft.as_of_us))

    def wake_us(self) -> int | None:
        """The instant of the first due item."""
        due = self._next(self.draft.as_of_us)
        return None if due is None else due.at_us

    def adopt(self, at_us: int, old: Sla | None, before: Outcome | None) -> Outcome:
        """Take the ticket over from another desk; *before* is what settling under that desk came to."""
        draft = self.draft
        if at_us < draft.as_of_us:  # not the floor: what the old desk had due at this very instant has just happened
            raise OutOfOrder(f"adopted at {iso(at_us)}, but the ticket has lived to {iso(draft.as_of_us)}", at=at_us, floor=draft.as_of_us)
        was = draft.desk
        self._begin(at_us, f"adopted@{at_us}/{self.fingerprint}")
        category = self.desk.lifecycle.category(draft.status)
        self._record(DeskAdopted(at=at_us, id=self.root, ticket=draft.id, desk=self.fingerprint, was=was, category=category))
        self._derive_priority(None)
        if old is not None:
            self.desk.sla.adopt(draft, old, at_us, self.emit)
        self._clocks()
        self._end()
        self._settle(at_us, inclusive=False)
        outcome = self._outcome(at_us)
        if before is None:
            return outcome
        return changed(outcome, events=before.events + outcome.events, effects=before.effects + outcome.effects)

    def macro(self, macro: Rule, at_us: int, by: Agent, facts: Mapping[str, Any]) -> Outcome:
        """A macro as one moment by an agent: that it was used, which brings its effects, and the events of its other actions."""
        self._settle(at_us, inclusive=False)
        self.at_us = self._floored(at_us, f"macro {macro.name!r}")
        self.by_hand, self.actor = True, by.id
        events: list[Outside] = [MacroUsed(at=at_us, by=by, macro=macro.name, facts=facts)]
        for action in macro.then:
            deed = None if ACTIONS[action.name].is_effect else deed_of(action, self.draft, self)
            if deed is not None:
                kind, fields = deed
                needed = {name: facts[name] for name in self.desk.required_facts.get(kind.kind, ()) if name in facts}
                events.append(cast("type[Outside]", kind)(at=at_us, by=by, facts=needed, **fields))
        self.by_hand = False
        return self.handle(events)

    # --- 1: refuse, changing nothing ---------------------------------------------------------------------------------

    def _accepted(self, events: Sequence[Outside]) -> Sequence[Outside]:
        """The moment, if it may happen at all."""
        if not events:
            raise BadMoment("a moment needs an event")
        first = events[0]
        for event in events:
            self._accept_one(event, first)
        draft = self.draft
        if draft is not None:
            if first.at_us < draft.floor_us:
                self._floored(first.at_us, first.kind, first.id)
            for event in events:
                name = event.id
                if name and name in draft.seen and event.at_us <= draft.updated_us:  # earlier: it was moved here, and comes again
                    raise Duplicate(f"event {name!r} was already handled at this instant", value=name, id=name)
        elif type(first) is not Created:
            raise WrongTicket(f"there is no ticket yet: the first event is Created, not {type(first).__name__}", value=first.kind)
        elif not first.ticket:
            raise WrongTicket("a Created event names its ticket", hint="give ticket=")
        if len(events) > 1:
            seen: set[str] = set()
            for event in events:
                if event.id in seen:
                    raise Duplicate(f"two events of one moment have the id {event.id!r}", value=event.id, id=event.id)
                seen.update(filter(None, (event.id,)))
        return events

    def _accept_one(self, event: Outside, first: Outside) -> None:
        """What each event of a moment must be, whatever the time."""
        draft = self.draft
        if not isinstance(event, Outside) or not event.is_outside or event.cause:
            raise not_to_hand(event)
        if event is not first and (event.at_us != first.at_us or event.by != first.by):
            raise BadMoment("events handled together share one instant and one actor", value=event.kind)
        if event.ticket and draft is not None and event.ticket != draft.id:
            raise WrongTicket(f"the event is for ticket {event.ticket!r}, not {draft.id!r}", value=event.ticket)
        if type(event) is Created and (draft is not None or event is not first):
            raise WrongTicket(f"ticket {event.ticket!r} exists already", value=event.ticket)
        if not self.observe and (self.desk.required_facts or event.kind == "transferred"):
            demand(self.desk, event)

    def _floored(self, at_us: int, what: str, name: str = "") -> int:
        """The instant at which something said for *at_us* is taken: not before the floor, to which it may be moved or not."""
        floor: int = self.draft.floor_us
        if at_us < floor and not self.restamp:
            raise OutOfOrder(
                f"{what} at {iso(at_us)} is too late: the ticket has lived to {iso(floor)}",
                value=name, hint='handle it with late="restamp"', at=at_us, floor=floor,
            )  # fmt: skip
        return max(at_us, floor)

    def _stamped(self, events: Sequence[Outside]) -> list[Outside]:
        """The moment as it is stored: ids and desk filled in, moved to the floor if it comes late and may be moved."""
        draft = self.draft
        version, floor = draft.version, draft.floor_us
        stamped: list[Outside] = []
        root = ""
        for number, event in enumerate(events, 1):
            name = event.id or f"{version + number}"
            root = root or name
            stored = thawed(event)
            stored.id, stored.ticket, stored.moment, stored.desk = name, draft.id, root, self.fingerprint
            at_us = event.at_us
            if at_us < floor:
                stored.at_us = floor
                stored.said_at_us = at_us if event.said_at_us is None else event.said_at_us
                stored.deviation = f"out of order: said {iso(at_us)}, taken at {iso(floor)}"
            stored.__class__ = type(event)
            stamped.append(stored)
        return stamped

    def _create(self, events: Sequence[Outside]) -> None:
        """Step 3 for a ticket that begins here."""
        assert isinstance(events[0], Created)  # noqa: S101 - _accepted saw to it
        desk = self.desk
        first = incoming(desk, events[0])
        if self.observe:
            first = cast("Created", _deviating(first, self._owed(first)))
        status = desk.lifecycle.initial(first)
        category = desk.lifecycle.category(status)
        root = first.id or "1"
        draft = self.draft = start(first)
        draft.seen, draft.desk = frozenset((root,)), self.fingerprint  # what starting with the event as it is stored would make them
        draft.status, draft.category, draft.priority = status, category, desk.priority.levels.lowest
        self._begin(first.at_us, root)
        verdict = desk.priority.derive(draft, self.view(first))
        decided = Decision(status=status, category=category, priority=verdict.level, slot=verdict.slot, because=verdict.because)
        created = changed(first, id=root, moment=root, desk=self.fingerprint, decided=decided)
        draft.priority = verdict.level
        self.events.append(created)
        self.cycle_events.append(created)
        self.happened.append(triggers_of(created, self.draft))
        rest = []
        for number, event in enumerate(events[1:], 2):
            rest.append(changed(event, id=event.id or str(number), ticket=self.draft.id, moment=root, desk=self.fingerprint))
        for event in rest:
            self._live(event)
        self._passes(created=True)
        self._end()

    # --- what time brings --------------------------------------------------------------------------------------------

    def _settle(self, limit_us: int, *, inclusive: bool) -> None:
        """Step 5: live through everything due before *limit_us* (and at it, for a tick), in order."""
        if self.frozen is not None and not self.events:
            memo = self.frozen.memo
            if memo is not None and (memo.wake_us is None or memo.wake_us > limit_us or (memo.wake_us == limit_us and not inclusive)):
                return
        while True:
            due = self._next(max(limit_us, self.draft.as_of_us))
            if due is None or not due.found or due.due_us > limit_us or (due.due_us == limit_us and not inclusive):
                return
            self._due_cycle(due)
            if self._falls_silent():
                return

    def _falls_silent(self) -> bool:
        """Whether time has run on for too long without anybody, and would go on: then it is said, and nothing more happens."""
        draft = self.draft
        if draft.time_roots < self.desk.settings.silence_after or self._next(draft.as_of_us) is None:
            return False
        self._begin(draft.as_of_us, f"silenced@{draft.as_of_us}")
        self.emit(Silenced, roots=draft.time_roots)
        self._end()
        return True

    def _next(self, now_us: int) -> _Due | None:
        """The first due item, time rules searched two years ahead of *now_us*; worked out once while nothing changes."""
        version, known = self.draft.version, self.next_due
        if known is None or known[0] != version or known[1] != now_us:
            known = self.next_due = (version, now_us, self._first_due(now_us + TWO_YEARS_US))
        return known[2]

    def _first_due(self, horizon_us: int) -> _Due | None:
        """The first due item, by (max(due, as_of), due, kind, name); time rules are searched up to *horizon_us*."""
        draft = self.draft
        if draft.silenced:
            return None
        as_of: int = draft.as_of_us
        best: tuple[int, int, str, str] | None = None  # due instant, kind, name, warning: earlier ones come first
        of = ""
        if draft.category == "postponed" and draft.postponed_until_us is not None:
            best = (draft.postponed_until_us, _WAKE, "", "")
        self._look()
        for metric, (_, _, item) in self.known.items():
            if item is not None and (best is None or item < best):
                best, of = item, metric
        at = as_of if best is None else max(best[0], as_of)
        rules = self.desk.rules
        if rules.timed:
            end = horizon_us if best is None else min(horizon_us, at)
            if end > as_of:
                rise = rules.rises(self._still(draft, as_of), as_of, end)
                if rise is not None and (best is None or (rise[1] and (rise[0], _RISE, "", "") < best)):
                    return _Due(rise[0], rise[0], _RISE, rules=rise[1], found=bool(rise[1]))
        return None if best is None else _Due(at, best[0], best[1], of, best[3])

    def _look(self) -> None:
        """Of every open cycle, when it is due and its first due item: known for as long as the cycle stays as it is."""
        clocks = self.draft.clocks
        if clocks is self.looked:
            return
        sla, old = self.desk.sla, self.known
        metrics = sla.metrics
        known: dict[str, _Known] = {}
        dues: dict[str, int | None] = {}
        for metric, clock in clocks.items():
            cycle = clock.cycle
            dues[metric] = None
            if cycle.verdict is None and metric in metrics:
                found = old.get(metric)
                if found is None or found[0] is not cycle:
                    due = self.due_of(cycle) if self.dues else sla.due_us(cycle)
                    items = sla.due_items(metric, cycle, due)
                    found = (cycle, due, min(items) if items else None)
                known[metric] = found
                dues[metric] = found[1]
        self.looked, self.known, self.known_dues = clocks, known, dues

    def _due_cycle(self, due: _Due) -> None:
        """The cycle of one due item."""
        draft, at = self.draft, due.at_us
        head: dict[str, Any] = {"at": at, "ticket": draft.id, "desk": self.fingerprint}
        event: EventBase
        if due.kind == _WAKE:
            event = Woken(id=f"woken@{at}", **head)
        elif due.kind == _RISE:
            event = TimeReached(id=f"time@{at}", rules=due.rules, **head)
        else:
            cycle = draft.clocks[due.metric].cycle
            promise = promise_key(cycle.target, cycle.extension_us)
            if due.kind == _WARN:
                event = Warned(
                    id=f"warned/{due.metric}/{cycle.number}/{due.warning}", metric=due.metric, number=cycle.number, warning=due.warning,
                    due_us=self.due_of(cycle), **head,
                )  # fmt: skip
            else:
                event = Breached(
                    id=f"breached/{due.metric}/{cycle.number}/{promise}", metric=due.metric, number=cycle.number, due_us=due.due_us,
                    target=cycle.target, policy=cycle.policy, **head,
                )  # fmt: skip
        self._cycle((event,), at, event.id)

    # --- one cycle ---------------------------------------------------------------------------------------------------

    def _begin(self, at_us: int, root: str) -> None:
        self.at_us, self.root, self.cause, self.count = at_us, root, root, 0
        self.cycle_events: list[EventBase] = []
        self.happened: list[frozenset[str]] = []
        self.queue: list[tuple[str, str, type[EffectBase], dict[str, Any], Mapping[str, Any]]] = []
        self.now_view: View | None = None
        self.event_view: View | None = None
        self.past_view: View | None = None
        self.preview: tuple[int, Draft] | None = None
        self.clock_version = self.draft.version
        self.closed: set[str] = set()
        self.tried = 0
        self.created = self.unchosen = False  # whether this cycle creates the ticket, and no policy was chosen for it so far

    def _cycle(self, roots: Sequence[EventBase], at_us: int, root: str) -> None:
        """Steps 6 to 11 for one root: a moment, or one thing that time brought."""
        self.before = self.frozen if self.frozen is not None and not self.events else freeze(draft_of(self.draft))  # 6
        self._begin(at_us, root)
        self.promised = self.draft.priority if self.settled else None
        for event in roots:  # 7
            self._live(event)
        self._passes(created=False)
        self._end()

    def _passes(self, *, created: bool) -> None:
        """Steps 8 to 10: rules, then clocks, until the clocks have nothing more to record."""
        if created:
            self.before = freeze(draft_of(self.draft))
            self.created = self.unchosen = True
            self.now_view = self.event_view = None  # they saw no ticket before
        rules = self.desk.rules
        fired = rules.run(self, 0, self.closed)  # 8
        self.tried = len(self.cycle_events)
        while self._clocks():  # 9, 10
            fired = rules.run(self, fired, self.closed)
            self.tried = len(self.cycle_events)

    def _clocks(self) -> bool:
        """Step 9: policy, targets and clocks; whether anything was recorded."""
        draft = self.draft
        if draft.version == self.clock_version and not self.unchosen:
            return False
        known = len(self.events)
        self.cause = self.root
        happened, self.happened = self.happened, []
        self.desk.sla.decide(
            draft, happened, self.view(None), self.emit, created=self.unchosen, due=self.due_of, promised=self.promised
        )  # fmt: skip
        self.promised = draft.priority
        self.unchosen = False
        self.clock_version = draft.version
        return len(self.events) > known

    def _end(self) -> None:
        """Step 11: fill the effects' variables from the ticket as it is at the end of its cycle."""
        desk, draft, at = self.desk, self.draft, self.at_us
        for key, rule, kind, fields, options in self.queue:
            template = desk.parsed_templates.get(fields.get("template", ""))
            if template is not None:
                values = desk.variables.told(template.names, draft, self.due_of, at)
                fields["variables"] = values
                if kind is Reply or kind is Notify:
                    fields["text"] = template.fill(values)
            stale = options.get("stale_after_us")
            self.effects.append(kind(key=key, at=at, ticket=draft.id, rule=rule, expires=None if stale is None else at + stale, **fields))
        self._let_go()

    def _let_go(self) -> None:
        """Let the views go: they know the step, and a circle would keep it, and the ticket that was, until Python looks for such."""
        self.now_view = self.event_view = self.past_view = None

    def _live(self, event: EventBase) -> None:
        """Step 7 for one event: lifecycle row and guard, fold, status, priority. Raises before anything is recorded."""
        desk, draft = self.desk, self.draft
        if isinstance(event, Outside) and (event.facts or event.kind in CHECKED):
            event = incoming(desk, event)
        slots, tags, values, facts = draft.slots, draft.tags, draft.fields, draft.facts  # what a priority comes from, but for a score card
        view = self.view(event)
        event, decided, refused = self._judged(event, view)
        moved = None
        if decided is not None and decided.to is not None and decided.to != draft.status:
            self.count = count = self.count + 1
            moved = DRAFTS[StatusChanged](
                self.at_us, f"{self.root}/{count}", draft.id, event.id, self.fingerprint,
                draft.status, decided.to, draft.category, decided.category, decided.trigger,
            )  # fmt: skip
            moved.__class__ = StatusChanged
        diverted = decided is not None and bool(decided.divert)
        if not diverted:
            triggers = triggers_of(event, draft, moved)
            if triggers:
                self.happened.append(triggers)
        self._record(event)
        if refused:
            self.emit(ActionRefused, rule="", action="wake", reason=refused)
        if moved is not None:
            self._record(moved)
        if decided is not None and decided.divert:
            self._divert(event, decided.into if decided.divert == "merged" else "")
            self.cycle_events.remove(event)  # no rule of a reply
        elif event.kind in _FOLLOWED and self._follow(event):
            return
        if (
            draft.slots is not slots or draft.tags is not tags or draft.fields is not values or draft.facts is not facts
            or not self.settled or desk.priority.score is not None
        ):  # fmt: skip
            self._derive_priority(event)

    def _judged(self, event: EventBase, view: View) -> tuple[EventBase, Decided | None, str]:
        """What the lifecycle makes of an event, the event with what was odd about it, and why the end of a postponement leads nowhere."""
        if event.kind == "woken":
            return event, *self._woken(event, view)
        if not isinstance(event, Outside):
            return event, None, ""
        if not self.observe or event.cause:
            return event, self.desk.lifecycle.decide(self.draft, event, view), ""
        decided, odd = self.desk.lifecycle.observe(self.draft, event, view)
        owed = self._owed(event) if self.desk.required_facts or event.kind == "transferred" else ""
        return _deviating(_deviating(event, owed), odd) if owed or odd else event, decided, ""

    def _owed(self, event: Outside) -> str:
        """What people were to give with an observed event, in the words of a deviation."""
        try:
            demand(self.desk, event)
        except TicketcoreError as owed:
            return f"{event.kind}: {owed.message}; {owed.hint}; seen: {WITHOUT}"
        return ""

    def _follow(self, event: EventBase) -> bool:
        """What follows from the event itself; whether that is all."""
        if type(event) is TargetExtended:
            self.desk.sla.extend(self.draft, event.metric, self.at_us, self.emit)
        elif type(event) is MacroUsed:
            self._macro_effects(event)
        else:
            key = f"{self.draft.id}/{self.root}/erase"
            if all(queued[0] != key for queued in self.queue):  # once in a moment, also where a purge of a purged ticket is observed
                self.queue.append((key, "", Erase, {}, EMPTY))
            self.stale, self.settled = True, False
            return True
        return False

    def _woken(self, event: EventBase, view: View) -> tuple[Decided | None, str]:
        """Where the end of a postponement leads.

        Time cannot be refused: where the table has no way, the ticket stays, and it is said why.
        """
        try:
            return self.desk.lifecycle.decide(self.draft, event, view), ""
        except IllegalMove as error:
            return None, str(error)

    def _divert(self, event: EventBase, into: str) -> None:
        """A reply that belongs to another ticket: say so, and ask the host to take it there."""
        self.emit(Diverted, event=event.id, to=into)
        key = f"{self.draft.id}/{self.root}/divert/{event.id}"
        if into:
            self.queue.append((key, "", ForwardReply, {"event": event.id, "to": into}, EMPTY))
        else:
            self.queue.append((key, "", CreateFollowUp, {"event": event.id}, EMPTY))

    def _derive_priority(self, event: EventBase | None) -> None:
        """The top filled slot shows."""
        draft = self.draft
        verdict = self.desk.priority.derive(draft, self.view(event))
        if verdict.level != draft.priority:
            self.emit(PriorityChanged, was=draft.priority, to=verdict.level, slot=verdict.slot, because=verdict.because)

    def _record(self, event: EventBase) -> None:
        HANDLERS[event.kind](self.draft, event)  # as `apply` does
        self.draft.version += 1
        self.events.append(event)
        self.cycle_events.append(event)

    def _next_id(self) -> str:
        self.count += 1
        return f"{self.root}/{self.count}"

    def emit(self, kind: type[EventBase], *values: Any, **fields: Any) -> None:
        """Record one decision of the desk (`ticketcore.sla.Emit`): what it decides needs no check."""
        draft = self.draft
        self.count = count = self.count + 1
        event = DRAFTS[kind](self.at_us, f"{self.root}/{count}", draft.id, self.cause, self.fingerprint, *values, **fields)
        event.__class__ = kind  # as `made` does, which would take the fields apart once more
        HANDLERS[kind.kind](draft, event)
        draft.version += 1
        self.events.append(event)
        self.cycle_events.append(event)

    # --- what rules ask (`ticketcore.rules.Cycle`, `ticketcore._actions.Scene`) ----------------------------------------

    def happened_events(self) -> list[EventBase]:
        """The events of this cycle so far."""
        return self.cycle_events

    def view(self, event: EventBase | None) -> View:
        """The ticket as it is now; clocks as they would be if the cycle ended here. One with an event holds until the next is asked for."""
        if event is None:
            if self.now_view is None:
                self.now_view = self._view(None)
            return self.now_view
        if self.event_view is None:
            self.event_view = self._view(event)
        elif self.event_view.event is not event:
            self.event_view.show(event)
        return self.event_view

    def _view(self, event: EventBase | None) -> View:
        return View(self.desk.vocabulary, self.draft, self.at_us, self.before, event, self._reading, self.folds)

    def view_before(self) -> View | None:
        """The ticket before the root, just before this instant."""
        if self.past_view is None and self.before is not None and not self.created:
            self.past_view = self._still(self.before, max(self.at_us - 1, self.before.as_of_us))
        return self.past_view

    def _still(self, ticket: Ticket | Draft, at_us: int) -> View:
        """A ticket at an instant at which nothing happens to it."""
        sla, due_of = self.desk.sla, self.due_of

        def reading(metric: str) -> Reading | None:
            return sla.reading(ticket, metric, at_us, due_of)

        return View(self.desk.vocabulary, ticket, at_us, None, None, reading, self.folds)

    def _reading(self, metric: str) -> Reading | None:
        draft = self.draft
        if draft.version != self.clock_version or self.unchosen:
            draft = self._previewed()
        return self.desk.sla.reading(draft, metric, self.at_us, self.due_of)

    def _previewed(self) -> Draft:
        """The draft as it would be after step 9, worked out on a copy."""
        draft = self.draft
        if self.preview is None or self.preview[0] != draft.version:
            copy = draft_of(draft)
            sla = self.desk.sla
            view = View(self.desk.vocabulary, copy, self.at_us, self.before, None, lambda metric: sla.reading(copy, metric, self.at_us))

            def emit(kind: type[EventBase], *values: Any, **fields: Any) -> None:
                apply(copy, made(kind, self.at_us, "", copy.id, "", self.fingerprint, *values, **fields))

            sla.decide(copy, self.happened, view, emit, created=self.unchosen)
            self.preview = (draft.version, copy)
        return self.preview[1]

    def fire(self, rule: Rule, event: EventBase | None, number: int, skipped: tuple[str, ...]) -> None:
        """Record a firing and carry out its actions; a refused one is recorded, and the rest go on."""
        self.cause = self.root if event is None else event.id
        self.emit(RuleFired, rule=rule.name, on="" if event is None else event.id, number=number, skipped=skipped)
        self.cause = f"rule:{rule.name}"
        about = event.kind if event is not None else "time"
        self._acting(event)
        for position, action in enumerate(rule.then):
            try:
                deed = deed_of(action, self.draft, self)
                if deed is None:
                    continue
                kind, fields = deed
                if issubclass(kind, EffectBase):
                    if kind is Notify:
                        fields = {**fields, "about": about, "skipped": skipped, "level": rule.ladder.step if rule.ladder else 0}
                    self._add_effect(rule.name, rule.name, position, kind, fields, action.options)
                    continue
                self._live(kind(at=self.at_us, id=self._next_id(), ticket=self.draft.id, cause=self.cause, desk=self.fingerprint, **fields))
            except TicketcoreError as error:
                self.emit(ActionRefused, rule=rule.name, action=action.name, reason=str(error))
        self.cause = self.root

    def _acting(self, event: EventBase | None) -> None:
        """Which event is acted on, and which agent has brought it."""
        by = getattr(event, "by", None)
        self.event_id, self.actor = "" if event is None else event.id, by.id if isinstance(by, Agent) else None

    def _add_effect(
        self, rule: str, source: str, position: int, kind: type[EffectBase], fields: dict[str, Any], options: Mapping[str, Any]
    ) -> None:
        self.queue.append((f"{self.draft.id}/{self.root}/{source}/{position}", rule, kind, fields, options))

    def _macro_effects(self, event: MacroUsed) -> None:
        """What a macro asks of the host, whenever its use is lived through: also when a log is replayed. A desk without it asks nothing."""
        self._acting(event)
        source = f"macro:{event.macro}" if event.id == self.root else f"macro:{event.macro}/{event.id}"  # it may be used twice in a moment
        for macro in self.desk.rules.macros:
            if macro.name == event.macro:
                for position, action in enumerate(macro.then):
                    deed = deed_of(action, self.draft, self) if ACTIONS[action.name].is_effect else None
                    if deed is not None:
                        kind, fields = deed
                        about = {"about": event.kind} if kind is Notify else {}
                        kind = cast("type[EffectBase]", kind)
                        self._add_effect(macro.name, source, position, kind, {**fields, **about}, action.options)

    def raised(self, level: str, by: int) -> str:
        """The level *by* steps above *level*."""
        return self.desk.priority.levels.raise_by(level, by)

    def after(self, span: Any, hours: str | None) -> int:
        """The instant a span of time after now."""
        sla = self.desk.sla
        name = hours or self.desk.default_hours
        if isinstance(span, WorkingDays):
            return sla.hours[name].add_working_days_us(self.at_us, span.count, end_of_day=span.end_of_day)
        if isinstance(span, Days):
            return sla.hours[name].add_days_us(self.at_us, span.count)
        assert isinstance(span, Length)  # noqa: S101 - the third of three
        return self.at_us + span.us if span.calendar else sla.hours[name].add_us(self.at_us, span.us)

    def filled(self, template: str) -> str:
        """The text of a template, filled in for the ticket as it is now."""
        parsed = self.desk.parsed_templates[template]  # a note takes none but the desk's own
        return parsed.fill(self.desk.variables.told(parsed.names, self.draft, self.due_of, self.at_us))

    def due_of(self, cycle: Cycle) -> int | None:
        """`Sla.due_us`, each cycle worked out once in a step."""
        for one in self.known.values():  # a handful, and comparing values would cost more than asking again
            if one[0] is cycle:
                return one[1]
        for known, due in self.dues:
            if known is cycle:
                return due
        due = self.desk.sla.due_us(cycle)
        self.dues.append((cycle, due))
        return due

    # --- the end -----------------------------------------------------------------------------------------------------

    def _outcome(self, now_us: int) -> Outcome:
        draft = self.draft
        due = self._next(now_us)
        wake = None if due is None else due.at_us
        self._look()  # a silenced ticket looks for no due item
        memo = DRAFTS[Memo](wake, self.known_dues, self.known, not self.stale)  # these two as `made` does it
        memo.__class__ = Memo
        outcome = DRAFTS[Outcome](freeze(draft, memo), tuple(self.events), tuple(self.effects), wake)
        outcome.__class__ = Outcome
        return outcome  # type: ignore[no-any-return]  # an Outcome by now


def _deviating(event: EventBase, odd: str) -> EventBase:
    """*event* with one more thing noted that was irregular; a stored event that says so already stays as it is."""
    if not odd or not isinstance(event, Outside) or odd in event.deviation:
        return event
    return changed(event, deviation=f"{event.deviation}; {odd}" if event.deviation else odd)


def not_to_hand(given: object) -> BadMoment:
    """The refusal of what is no event from outside."""
    what = kind_name(given)
    if isinstance(given, EventBase):
        return BadMoment(f"{what} is decided by the desk, not handed to it", value=shorten(given.id))
    way_out = "hand over one after the other: handle(ticket, *events)" if isinstance(given, list | tuple) else "give Noted(at=...)"
    return BadMoment(f"an event is wanted, not {what}", value=shorten(given), hint=way_out)


def wrong_desk(ticket: Ticket, fingerprint: str) -> WrongDesk:
    """The refusal of a ticket that the desk of this fingerprint has not made nor taken over."""
    return WrongDesk(
        f"ticket {ticket.id!r} belongs to desk {ticket.desk or 'none'!r}, not to {fingerprint!r}",
        value=ticket.id, hint="take it over with desk.adopt(ticket, at, old)",
    )  # fmt: skip
