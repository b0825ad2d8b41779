"""The ticket, and what each event makes of it: `evolve` and `fold` know no desk, no rule and no clock.

Every decision is an event that carries the decided value, so folding a log gives the ticket, for ever, whatever became of
the configuration. A step folds into one mutable `Draft` of the same layout and freezes it at the end: one new ticket a step.
"""

from __future__ import annotations

from collections.abc import Iterable

from ticketcore import _clocks, _decided, _effects, _events, _people, _ticket
from ticketcore._clocks import (
    Clock,
    Cycle,
    Days,
    Length,
    Run,
    Target,
    WorkingDays,
)
from ticketcore._decided import (
    ActionRefused,
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
    TimeReached,
    Warned,
    Woken,
)  # fmt: skip
from ticketcore._effects import (
    EFFECTS,
    Classify,
    CreateChild,
    CreateFollowUp,
    Effect,
    EffectBase,
    Erase,
    ForwardReply,
    Notify,
    Reply,
    RequestMerge,
    RequestRating,
    Route,
    SuggestArticle,
    Webhook,
)  # fmt: skip
from ticketcore._events import (
    EVENTS,
    Absorbed,
    Acknowledged,
    AgentReplied,
    Assigned,
    CcAdded,
    CcRemoved,
    Closed,
    Confirmed,
    Created,
    CustomerReplied,
    DecidedEvent,
    Deleted,
    DeskAdopted,
    Escalated,
    Event,
    FactsReported,
    FieldSet,
    FollowersAdded,
    FollowersRemoved,
    MacroUsed,
    MarkedAnswered,
    MarkedSpam,
    Merged,
    Noted,
    NotSpam,
    OutsideEvent,
    PolicySet,
    Postponed,
    Purged,
    Rated,
    Reopened,
    Resolved,
    Restored,
    SlotCleared,
    SlotSet,
    Split,
    StatusSet,
    TagsAdded,
    TagsRemoved,
    TargetExtended,
    Transferred,
    Unassigned,
    Verified,
)  # fmt: skip
from ticketcore._folding import (
    HANDLERS,
    apply,
    first_draft,
)  # fmt: skip
from ticketcore._people import (
    Actor,
    Agent,
    Decision,
    EventBase,
    Group,
    Message,
    Outside,
    Person,
    Spoken,
    check_event,
)  # fmt: skip
from ticketcore._ticket import (
    Draft,
    Memo,
    Repeat,
    Slot,
    Ticket,
    check_ticket,
    draft_of,
    freeze,
)  # fmt: skip
from ticketcore._values import EMPTY, LISTS, FrozenMap
from ticketcore.errors import WrongTicket, check_kind

__all__ = [
    "EFFECTS", "EMPTY", "EVENTS", "Absorbed", "Acknowledged", "ActionRefused", "Actor", "Agent", "AgentReplied", "Assigned",
    "Breached", "CcAdded", "CcRemoved", "Classify", "Clock", "ClockPaused", "ClockResumed", "ClockStarted", "ClockStopped",
    "Closed", "Confirmed", "CreateChild", "CreateFollowUp", "Created", "CustomerReplied", "Cycle", "Days", "DecidedEvent",
    "Decision", "Deleted", "DeskAdopted", "Diverted", "Draft", "Effect", "EffectBase", "Erase", "Escalated", "Event", "EventBase",
    "FactsReported", "FieldSet", "FollowersAdded", "FollowersRemoved", "ForwardReply", "FrozenMap", "Group", "Length",
    "MacroUsed", "MarkedAnswered", "MarkedSpam", "Memo", "Merged", "Message", "NotSpam", "Noted", "Notify", "Outside", "OutsideEvent",
    "Person", "PolicyApplied", "PolicySet", "Postponed", "PriorityChanged", "Purged", "Rated", "Reopened", "Repeat", "Reply",
    "RequestMerge", "RequestRating", "Resolved", "Restored", "Retargeted", "Route", "RuleFired", "Run", "Silenced", "Slot", "SlotCleared",
    "SlotSet", "Split", "Spoken", "StatusChanged", "StatusSet", "SuggestArticle", "TagsAdded", "TagsRemoved", "Target",
    "TargetExtended", "Ticket", "TimeReached", "Transferred", "Unassigned", "Verified", "Warned", "Webhook", "Woken",
    "WorkingDays", "apply", "evolve", "fold",
]  # fmt: skip

for _room in (_clocks, _people, _decided, _events, _effects, _ticket):  # this module is their front door: names, pickles and reprs say so
    for _value in vars(_room).values():
        if isinstance(_value, type) and _value.__module__ == _room.__name__:
            _value.__module__ = __name__


def evolve(ticket: Ticket | None, event: EventBase) -> Ticket:
    """The ticket after *event*; with None, the ticket that a `Created` makes. Decides nothing.

    Raises `WrongTicket` when there is no ticket and the event creates none, or the other way round, and `BadValue` for what is neither.

    >>> first = evolve(None, Created(at=0, ticket="T-1", by=Person(name="Ada")))
    >>> evolve(first, TagsAdded(at=5, tags=["vip"])).tags
    frozenset({'vip'})
    """
    check_event(event)
    if ticket is None:
        return freeze(first_draft(event))
    check_ticket(ticket)
    draft = draft_of(ticket)
    apply(draft, event)
    return freeze(draft)


def fold(events: Iterable[EventBase], ticket: Ticket | None = None) -> Ticket:
    """The ticket after all *events*, in one pass with one copy. The same as `evolve` one by one (law).

    Raises as `evolve` does, and `WrongTicket` when there is neither a ticket nor an event.

    >>> fold([Created(at=0, ticket="T-1", by=Person(name="Ada")), TagsAdded(at=1, tags=["vip"])]).tags
    frozenset({'vip'})
    """
    check_kind(events, LISTS, "a list of events", "give a list, even of one", "events")
    draft: Draft = None
    rest = iter(events)
    if ticket is not None:
        check_ticket(ticket)
        draft = draft_of(ticket)
    else:
        first = next(rest, None)
        if first is None:
            raise WrongTicket("an empty history makes no ticket", hint="it begins with a Created event")
        check_event(first)
        draft = first_draft(first)
    handlers, count = HANDLERS, 0
    for event in rest:
        handlers[event.kind](draft, event)
        count += 1
    draft.version += count
    return freeze(draft)
