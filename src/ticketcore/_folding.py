"""What each kind of event makes of a draft: one function a kind, and the table of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from ticketcore._clocks import Clock, Cycle, clock_draft, clock_with, cut_at, cycle_draft, cycle_with, end_run, promise_key, recounted
from ticketcore._decided import (
    Breached,
    ClockPaused,
    ClockResumed,
    ClockStarted,
    ClockStopped,
    Diverted,
    PolicyApplied,
    PriorityChanged,
    Retargeted,
    RuleFired,
    Silenced,
    StatusChanged,
    Warned,
)  # fmt: skip
from ticketcore._events import (
    Absorbed,
    Acknowledged,
    AgentReplied,
    Assigned,
    CcAdded,
    CcRemoved,
    Confirmed,
    Created,
    CustomerReplied,
    DeskAdopted,
    Escalated,
    FieldSet,
    FollowersAdded,
    FollowersRemoved,
    MarkedAnswered,
    Merged,
    Noted,
    PolicySet,
    Postponed,
    Purged,
    Rated,
    SlotCleared,
    SlotSet,
    TagsAdded,
    TagsRemoved,
    TargetExtended,
    Transferred,
    Unassigned,
    Verified,
)  # fmt: skip
from ticketcore._people import (
    Agent,
    Decision,
    EventBase,
    Outside,
    Person,
)  # fmt: skip
from ticketcore._ticket import Draft, Repeat, Slot, Ticket, draft_of
from ticketcore._values import EMPTY, FrozenMap
from ticketcore.errors import WrongTicket


def first_draft(event: EventBase) -> Draft:
    """The draft that a `Created` event makes."""
    if not isinstance(event, Created):
        raise WrongTicket(f"no ticket yet: the first event must be Created, not {type(event).__name__}", value=event.id)
    return start(event)


def start(event: Created) -> Draft:
    """The draft of a new ticket, as *event* and the decision stamped on it say."""
    by, message, at = event.by, event.message, event.at_us
    decided = event.decided or _UNDECIDED
    spoken = event.has_message and not message.automatic
    from_agent = type(by) is Agent and not event.requester.is_same(by)
    requester = event.requester if from_agent or event.requester != _NOBODY else (by if isinstance(by, Person) else _NOBODY)
    draft = draft_of(_BLANK)
    draft.id = event.ticket
    draft.desk = event.desk
    draft.version = 1
    draft.status, draft.category, draft.priority = decided.status, decided.category, decided.priority
    draft.subject, draft.text, draft.channel = event.subject, message.text, event.channel
    draft.language = event.language or message.language or requester.language
    draft.requester, draft.assignee, draft.group = requester, event.assignee, event.group
    draft.tags, draft.fields, draft.facts = event.tags, event.fields, event.facts
    draft.origin, draft.relation, draft.followers, draft.cc = event.origin, event.relation, event.followers, event.cc
    draft.created_us = draft.updated_us = draft.status_since_us = draft.priority_since_us = at
    draft.as_of_us = draft.floor_us = at
    draft.seen = frozenset((event.id,)) if event.id else frozenset()
    draft.deviations = 1 if event.deviation else 0
    if event.assignee is not None:
        draft.assigned_us = at
    if from_agent and spoken and message.public:
        draft.agent_replies = 1
        draft.first_agent_reply_us = draft.last_agent_reply_us = at
    elif spoken and not from_agent:
        draft.last_customer_reply_us = draft.waiting_since_us = at
    elif not from_agent:
        draft.waiting_since_us = at
    return draft


_BLANK: Final = Ticket(id="")
_NOBODY: Final = Person()
_UNDECIDED: Final = Decision(status="", category="", priority="")


def apply(draft: Draft, event: EventBase) -> None:
    """Fold one event into *draft*.

    >>> from ticketcore._ticket import freeze
    >>> from ticketcore.model import Created, Person, TagsAdded, fold
    >>> draft = draft_of(fold([Created(at=0, ticket="T-1", by=Person(name="Ada"))]))
    >>> apply(draft, TagsAdded(at=1, tags=["vip"]))
    >>> ticket = freeze(draft)
    >>> ticket.tags, ticket.version
    (frozenset({'vip'}), 2)
    """
    HANDLERS[event.kind](draft, event)
    draft.version += 1


def _outside(draft: Draft, event: Any) -> None:
    """What every outside event does; one made by a rule's action (it has a cause) is no news from outside."""
    if event.facts:
        draft.facts = FrozenMap({**draft.facts, **event.facts})
    if event.cause:
        return
    at = event.at_us
    draft.seen = draft.seen | {event.id} if at == draft.updated_us else frozenset((event.id,))
    draft.updated_us = draft.as_of_us = draft.floor_us = at
    if not (event.kind in _SPEAKING and event.message.automatic):  # a machine's message is nobody who writes
        draft.time_roots = 0
        draft.silenced = False
    if event.deviation:
        draft.deviations += 1


_SPEAKING: Final = frozenset({"customer_replied", "agent_replied", "noted"})


def _time_root(draft: Draft, event: EventBase) -> None:
    """What every due item does: later events come strictly after it."""
    draft.as_of_us = event.at_us
    draft.floor_us = event.at_us + 1
    draft.time_roots += 1


def _woken(draft: Draft, event: EventBase) -> None:
    _time_root(draft, event)
    draft.postponed_until_us = None  # also where the status stays: a postponement ends once


def is_from_customer(event: Outside, requester: Person) -> bool:
    """Whether a message counts as the customer's: any end user's, and an agent's who is the requester."""
    by = event.by
    if type(by) is Agent:
        return by.email != "" and requester.is_same(by)
    return type(by) is Person or type(event) is CustomerReplied


def _customer_replied(draft: Draft, event: CustomerReplied | AgentReplied) -> None:
    _outside(draft, event)
    if event.message.automatic:
        return
    draft.customer_replies += 1
    draft.last_customer_reply_us = event.at_us
    if draft.waiting_since_us is None:
        draft.waiting_since_us = event.at_us


def _agent_replied(draft: Draft, event: AgentReplied) -> None:
    if is_from_customer(event, draft.requester):
        _customer_replied(draft, event)
        return
    _outside(draft, event)
    message = event.message
    if message.automatic:
        return
    if not message.public:
        draft.notes += 1
        return
    draft.agent_replies += 1
    draft.last_agent_reply_us = event.at_us
    if draft.first_agent_reply_us is None:
        draft.first_agent_reply_us = event.at_us
    draft.waiting_since_us = draft.acknowledged_us = None  # an answer is what was acknowledged to come


def _noted(draft: Draft, event: Noted) -> None:
    _outside(draft, event)
    draft.notes += 1


def _answered(draft: Draft, event: MarkedAnswered) -> None:
    _outside(draft, event)
    draft.waiting_since_us = None


def _postponed(draft: Draft, event: Postponed) -> None:
    _outside(draft, event)
    draft.postponed_until_us = event.until_us


def _purged(draft: Draft, event: Purged) -> None:
    """The tombstone: id, times and counts stay, contents go."""
    _outside(draft, event)
    draft.subject = draft.text = draft.language = ""
    draft.requester = _NOBODY
    draft.tags, draft.fields, draft.facts, draft.slots = frozenset(), EMPTY, EMPTY, EMPTY
    draft.followers = draft.cc = frozenset()


def _acknowledged(draft: Draft, event: Acknowledged) -> None:
    _outside(draft, event)
    draft.acknowledged_us = event.at_us


def _merged(draft: Draft, event: Merged) -> None:
    _outside(draft, event)
    draft.merged_into = event.into
    draft.waiting_since_us = None  # an answer comes from the other ticket


def _absorbed(draft: Draft, event: Absorbed) -> None:
    _outside(draft, event)
    if event.waiting_us is not None and (draft.waiting_since_us is None or event.waiting_us < draft.waiting_since_us):
        draft.waiting_since_us = event.waiting_us


def _checked(draft: Draft, event: Verified | Confirmed) -> None:
    _outside(draft, event)
    draft.checks = draft.checks | {event.kind}


def _followers_added(draft: Draft, event: FollowersAdded) -> None:
    _outside(draft, event)
    draft.followers = draft.followers.union(event.agents)


def _followers_removed(draft: Draft, event: FollowersRemoved) -> None:
    _outside(draft, event)
    draft.followers = draft.followers.difference(event.agents)


def _cc_added(draft: Draft, event: CcAdded) -> None:
    _outside(draft, event)
    draft.cc = draft.cc.union(event.addresses)


def _cc_removed(draft: Draft, event: CcRemoved) -> None:
    _outside(draft, event)
    draft.cc = draft.cc.difference(event.addresses)


def _slot_set(draft: Draft, event: SlotSet) -> None:
    _outside(draft, event)
    cause = event.cause or (event.by.id if isinstance(event.by, Agent) else "")
    draft.slots = draft.slots.set(event.slot, Slot(level=event.level, cause=cause, at_us=event.at_us))


def _slot_cleared(draft: Draft, event: SlotCleared) -> None:
    _outside(draft, event)
    draft.slots = draft.slots.without(event.slot)


def _tags_added(draft: Draft, event: TagsAdded) -> None:
    _outside(draft, event)
    draft.tags = draft.tags.union(event.tags)


def _tags_removed(draft: Draft, event: TagsRemoved) -> None:
    _outside(draft, event)
    draft.tags = draft.tags.difference(event.tags)


TEXT_FIELDS: Final = frozenset({"subject", "language", "channel"})


def _field_set(draft: Draft, event: FieldSet) -> None:
    _outside(draft, event)
    if event.name in TEXT_FIELDS:
        setattr(draft, event.name, event.value or "")
    elif event.value is None:
        draft.fields = draft.fields.without(event.name)
    else:
        draft.fields = draft.fields.set(event.name, event.value)


def _assigned(draft: Draft, event: Assigned) -> None:
    _outside(draft, event)
    if draft.assignee is not None and draft.assignee != event.agent:
        draft.reassignments += 1
    draft.assignee = event.agent
    draft.assigned_us = event.at_us


def _unassigned(draft: Draft, event: Unassigned) -> None:
    _outside(draft, event)
    draft.assignee = None
    draft.assigned_us = None


def _transferred(draft: Draft, event: Transferred) -> None:
    _outside(draft, event)
    if draft.group is not None and draft.group != event.group:
        draft.transfers += 1
        draft.returns += event.group is not None and event.group == draft.came_from
        draft.came_from = draft.group
    draft.group = event.group


def _escalated(draft: Draft, event: Escalated) -> None:
    _outside(draft, event)
    draft.escalation = event.level
    draft.escalated_us = event.at_us


def _policy_set(draft: Draft, event: PolicySet) -> None:
    _outside(draft, event)
    source = "rule" if event.cause else "manual"
    choices = draft.policy_choices
    draft.policy_choices = choices.without(source) if event.policy is None else choices.set(source, event.policy)


def _rated(draft: Draft, event: Rated) -> None:
    _outside(draft, event)
    draft.rating = event.score


def _desk_adopted(draft: Draft, event: DeskAdopted) -> None:
    draft.desk = event.desk
    draft.category = event.category or draft.category
    draft.as_of_us = event.at_us
    draft.floor_us = max(draft.floor_us, event.at_us)  # it may have lived through what was due at this instant


_DELETING: Final = frozenset({"delete", "set"})  # what moves even what is spam to the bin, to be restored as spam


def _status_changed(draft: Draft, event: StatusChanged) -> None:
    at, category, was = event.at_us, event.category, event.was_category
    draft.status, draft.category, draft.status_since_us = event.to, category, at
    if category == "removed" and (was != "removed" or event.trigger in _DELETING):
        draft.before_delete = event.was
    elif category == "postponed" and was not in ("postponed", "removed"):  # put off anew, or restored: as it was first put off
        draft.before_postpone = event.was
    if category not in ("postponed", "removed"):  # a bin or a spam folder keeps the date: a restored ticket wakes by it
        draft.postponed_until_us = None
        draft.before_postpone = ""
    if category == "resolved":
        if was != "resolved":  # another status of the same kind does not resolve it anew
            draft.resolved_us = at
        draft.acknowledged_us = None
    elif category == "closed":
        draft.closed_us = at
    elif category != "removed":
        if was in ("resolved", "closed"):
            draft.reopens += 1
        if draft.resolved_us is not None or draft.closed_us is not None:
            draft.checks = frozenset()  # what is taken up again is to be checked again
        draft.resolved_us = draft.closed_us = None
    if was == "removed" and category != "removed":
        draft.before_delete = ""


def _priority_changed(draft: Draft, event: PriorityChanged) -> None:
    draft.priority = event.to
    draft.priority_since_us = event.at_us


def _policy_applied(draft: Draft, event: PolicyApplied) -> None:
    draft.policy = event.policy


def _rule_fired(draft: Draft, event: RuleFired) -> None:
    if event.number == 1:
        draft.repeats = draft.repeats.set(event.rule, Repeat(first_us=event.at_us))
    elif event.number:
        draft.repeats = draft.repeats.set(event.rule, Repeat(first_us=draft.repeats[event.rule].first_us, number=event.number))


def _silenced(draft: Draft, event: Silenced) -> None:  # noqa: ARG001 - one signature for all
    draft.silenced = True


def _nothing(draft: Draft, event: EventBase) -> None:
    """Events that only stand in the log."""


def _diverted(draft: Draft, event: Diverted) -> None:
    """The reply belongs to another ticket: nobody waits for an answer to it here."""
    if draft.waiting_since_us == event.at_us:
        draft.waiting_since_us = None


def _created_again(draft: Draft, event: Created) -> None:
    raise WrongTicket(f"ticket {draft.id!r} exists already", value=event.id, hint="a Created event begins a history")


# --- folding: clocks -------------------------------------------------------------------------------------------------


def _put(draft: Draft, clock: Clock) -> None:
    draft.clocks = draft.clocks.set(clock.metric, clock)


_FIRST_CYCLE: Final = Cycle(number=1, started_us=0)
_NO_CLOCK: Final = Clock(metric="", cycle=_FIRST_CYCLE)


def _clock_started(draft: Draft, event: ClockStarted) -> None:
    old: Clock | None = draft.clocks.get(event.metric)
    run_us = event.at_us if event.runs else None
    if event.resumed and old is not None:
        _reopen(draft, old, run_us)
        return
    cycle = cycle_draft(_FIRST_CYCLE)
    cycle.number, cycle.started_us, cycle.run_us = event.number, event.started_us, event.started_us if event.runs else None
    cycle.policy, cycle.target, cycle.hours, cycle.desk = event.policy, event.target, event.hours, event.desk
    clock = clock_draft(_NO_CLOCK if old is None else old)
    clock.metric, clock.cycles = event.metric, event.number
    _put_drafts(draft, clock, cycle)


def _put_drafts(draft: Draft, clock: Any, cycle: Any) -> None:
    """A clock and its cycle in the making are done."""
    cycle.__class__ = Cycle
    clock.cycle = cycle
    clock.__class__ = Clock
    draft.clocks = draft.clocks.set(clock.metric, clock)


def _clock_paused(draft: Draft, event: ClockPaused) -> None:
    clock = clock_draft(draft.clocks[event.metric])
    cycle = cycle_draft(clock.cycle)
    end_run(cycle, event.at_us, event.counted_us, event.why, event.id)
    _put_drafts(draft, clock, cycle)


def _clock_resumed(draft: Draft, event: ClockResumed) -> None:
    clock: Clock = draft.clocks[event.metric]
    run_us = event.at_us if event.runs else None
    if clock.cycle.verdict is None:
        cycle = cycle_draft(clock.cycle)
        cycle.run_us = run_us
        _put_drafts(draft, clock_draft(clock), cycle)
    else:
        _reopen(draft, clock, run_us)


def _reopen(draft: Draft, clock: Clock, run_us: int | None) -> None:
    """Open the ended cycle again: its verdict is taken back from the counts; the log keeps the event that gave it."""
    cycle = clock.cycle
    verdict = cycle.verdict
    _put(
        draft,
        clock_with(
            clock, cycle=cycle_with(cycle, run_us=run_us, verdict=None, ended_us=None, due_us=None),
            total_us=clock.total_us - cycle.banked_us, met=clock.met - (verdict == "met"),
            late=clock.late - (verdict == "late"), cancelled=clock.cancelled - (verdict == "cancelled"),
        ),
    )  # fmt: skip


def _clock_stopped(draft: Draft, event: ClockStopped) -> None:
    clock = clock_draft(draft.clocks[event.metric])
    cycle = cycle_draft(clock.cycle)
    verdict = event.verdict
    end_run(cycle, event.at_us, event.counted_us, verdict, event.id)
    cycle.verdict, cycle.ended_us, cycle.due_us, cycle.desk = verdict, event.at_us, event.due_us, event.desk
    clock.total_us += event.used_us
    if verdict == "met":
        clock.met += 1
    elif verdict == "late":
        clock.late += 1
    elif verdict == "cancelled":
        clock.cancelled += 1
    _put_drafts(draft, clock, cycle)


def _retargeted(draft: Draft, event: Retargeted) -> None:
    clock: Clock = draft.clocks[event.metric]
    cycle = clock.cycle
    if event.verdict is not None and event.verdict == cycle.verdict:  # frozen: only the reported due is given anew
        _put(draft, clock_with(clock, cycle=cycle_with(cycle, due_us=event.due_us)))
        return
    changes: dict[str, Any] = {
        "policy": event.policy, "target": event.target, "hours": event.hours, "desk": event.desk or cycle.desk,
        "warned": cycle.warned + event.skipped,
    }  # fmt: skip
    if event.counted is not None:
        changes.update(recounted(cycle, event.counted))
    elif event.split_us is not None:
        changes.update(cut_at(cycle, event.at_us, event.split_us, event.id))
    if event.verdict is not None:
        changes["verdict"], changes["due_us"] = event.verdict, event.due_us
        clock = clock_with(
            clock, met=clock.met + (event.verdict == "met"), late=clock.late + (event.verdict == "late"),
            total_us=clock.total_us - cycle.banked_us + changes.get("banked_us", cycle.banked_us),
        )  # fmt: skip
    elif not event.exceeded:
        changes["breached_us"] = None  # loosened past the used time: the live breach is over, the record stays
    elif promise_key(event.target, cycle.extension_us) in cycle.breaches and cycle.breached_us is None:
        changes["breached_us"] = event.due_us  # tightened back to a promise that was already recorded as broken
    _put(draft, clock_with(clock, cycle=cycle_with(cycle, **changes)))


def _target_extended(draft: Draft, event: TargetExtended) -> None:
    _outside(draft, event)
    clock: Clock | None = draft.clocks.get(event.metric)
    if clock is not None and clock.cycle.is_open:
        _put(draft, clock_with(clock, cycle=cycle_with(clock.cycle, extension_us=clock.cycle.extension_us + event.extra_us)))


def _warned(draft: Draft, event: Warned) -> None:
    _time_root(draft, event)
    clock: Clock = draft.clocks[event.metric]
    warned = (*clock.cycle.warned, *event.skipped, event.warning)
    _put(draft, clock_with(clock, cycle=cycle_with(clock.cycle, warned=warned, last_warned_us=event.at_us)))


def _breached(draft: Draft, event: Breached) -> None:
    _time_root(draft, event)
    clock: Clock = draft.clocks[event.metric]
    breaches = (*clock.cycle.breaches, promise_key(event.target, clock.cycle.extension_us))
    _put(draft, clock_with(clock, cycle=cycle_with(clock.cycle, breached_us=event.due_us, breaches=breaches)))


HANDLERS: Final[Mapping[str, Callable[[Draft, Any], None]]] = {
    "created": _created_again,
    "customer_replied": _customer_replied,
    "agent_replied": _agent_replied,
    "noted": _noted,
    "marked_answered": _answered,
    "status_set": _outside,
    "resolved": _outside,
    "postponed": _postponed,
    "closed": _outside,
    "reopened": _outside,
    "acknowledged": _acknowledged,
    "facts_reported": _outside,
    "target_extended": _target_extended,
    "marked_spam": _outside,
    "not_spam": _outside,
    "deleted": _outside,
    "restored": _outside,
    "purged": _purged,
    "merged": _merged,
    "verified": _checked,
    "confirmed": _checked,
    "absorbed": _absorbed,
    "split": _outside,
    "followers_added": _followers_added,
    "followers_removed": _followers_removed,
    "cc_added": _cc_added,
    "cc_removed": _cc_removed,
    "slot_set": _slot_set,
    "slot_cleared": _slot_cleared,
    "tags_added": _tags_added,
    "tags_removed": _tags_removed,
    "field_set": _field_set,
    "assigned": _assigned,
    "unassigned": _unassigned,
    "transferred": _transferred,
    "escalated": _escalated,
    "policy_set": _policy_set,
    "rated": _rated,
    "macro_used": _outside,
    "desk_adopted": _desk_adopted,
    "status_changed": _status_changed,
    "priority_changed": _priority_changed,
    "policy_applied": _policy_applied,
    "clock_started": _clock_started,
    "clock_paused": _clock_paused,
    "clock_resumed": _clock_resumed,
    "clock_stopped": _clock_stopped,
    "retargeted": _retargeted,
    "warned": _warned,
    "breached": _breached,
    "woken": _woken,
    "time_reached": _time_root,
    "rule_fired": _rule_fired,
    "action_refused": _nothing,
    "diverted": _diverted,
    "silenced": _silenced,
}
