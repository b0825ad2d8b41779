"""The priority and SLA logic of a help desk as an embeddable, pure library: what status, which priority, by when, and why.

Time comes in as an argument, effects go out as values; the host stores and sends. A desk is read from plain data by
`load_desk`, or built from its parts; `Desk.handle` takes events, `Desk.tick` lets time pass.

What is used for itself is in the rooms: `ticketcore.hours`,
`ticketcore.conditions`, `ticketcore.routing`, `ticketcore.replay`, `ticketcore.report`, `ticketcore.lint`, `ticketcore.presets`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from ticketcore.codec import desk_to_data, event_from_data, event_to_data, load_desk, ticket_from_data, ticket_to_data
    from ticketcore.conditions import Fact, FieldType, View, Vocabulary, field, since, until
    from ticketcore.desk import Desk, Outcome, Settings
    from ticketcore.errors import DataError, DeskError, Problem, TicketcoreError
    from ticketcore.hours import BusinessHours, Hours, always
    from ticketcore.lifecycle import Lifecycle, Move, Status
    from ticketcore.lint import Finding
    from ticketcore.model import (
        Absorbed,
        Acknowledged,
        Agent,
        AgentReplied,
        Assigned,
        CcAdded,
        CcRemoved,
        Closed,
        Confirmed,
        Created,
        CustomerReplied,
        Deleted,
        Effect,
        Escalated,
        Event,
        FactsReported,
        FieldSet,
        FollowersAdded,
        FollowersRemoved,
        Group,
    MacroUsed,
        MarkedAnswered,
        MarkedSpam,
        Merged,
        Message,
        Noted,
        Notify,
        NotSpam,
        Person,
        PolicySet,
        Postponed,
        Purged,
        Rated,
        Reopened,
        Reply,
        Resolved,
        Restored,
        Route,
        SlotCleared,
        SlotSet,
        Split,
        StatusSet,
        TagsAdded,
        TagsRemoved,
        TargetExtended,
        Ticket,
        Transferred,
        Unassigned,
        Verified,
        Webhook,
        evolve,
        fold,
    )  # fmt: skip
    from ticketcore.priority import Levels, Matrix, Priority, Score, ScoreCard
    from ticketcore.replay import Replay
    from ticketcore.report import Report
    from ticketcore.routing import Filter, Order, Roster, choose
    from ticketcore.rules import Action, Escalation, Rule, Rules, RuleSet
    from ticketcore.sla import Metric, Policy, Standing, Targets

__version__ = "0.1.0"

# Which room each name lives in. A room is loaded when the first of its names is asked for, so importing the package alone costs nothing,
# and a host that only folds tickets never loads routing, nor cattrs.
_ROOMS: Final = {
    "codec": ("desk_to_data", "event_from_data", "event_to_data", "load_desk", "ticket_from_data", "ticket_to_data"),
    "conditions": ("Fact", "FieldType", "View", "Vocabulary", "field", "since", "until"),
    "desk": ("Desk", "Outcome", "Settings"),
    "errors": ("DataError", "DeskError", "Problem", "TicketcoreError"),
    "hours": ("BusinessHours", "Hours", "always"),
    "lifecycle": ("Lifecycle", "Move", "Status"),
    "lint": ("Finding",),
    "model": (
        "Absorbed", "Acknowledged", "Agent", "AgentReplied", "Assigned", "CcAdded", "CcRemoved", "Closed", "Confirmed", "Created",
        "CustomerReplied", "Deleted", "Effect", "Escalated", "Event", "FactsReported", "FieldSet", "FollowersAdded", "FollowersRemoved",
        "Group", "MacroUsed", "MarkedAnswered", "MarkedSpam", "Merged", "Message", "NotSpam", "Noted", "Notify", "Person", "PolicySet",
        "Postponed", "Purged", "Rated", "Reopened", "Reply", "Resolved", "Restored", "Route", "SlotCleared", "SlotSet", "Split",
        "StatusSet", "TagsAdded", "TagsRemoved", "TargetExtended", "Ticket", "Transferred", "Unassigned",
        "Verified", "Webhook", "evolve", "fold",
    ),
    "priority": ("Levels", "Matrix", "Priority", "Score", "ScoreCard"),
    "replay": ("Replay",),
    "report": ("Report",),
    "routing": ("Filter", "Order", "Roster", "choose"),
    "rules": ("Action", "Escalation", "Rule", "RuleSet", "Rules"),
    "sla": ("Metric", "Policy", "Standing", "Targets"),
}  # fmt: skip
_ROOM_OF: Final = {name: room for room, names in _ROOMS.items() for name in names}

__all__ = [
    "Absorbed", "Acknowledged", "Action", "Agent", "AgentReplied", "Assigned", "BusinessHours", "CcAdded", "CcRemoved", "Closed",
    "Confirmed", "Created", "CustomerReplied", "DataError", "Deleted", "Desk", "DeskError", "Effect", "Escalated", "Escalation",
    "Event", "Fact", "FactsReported", "FieldSet", "FieldType", "Filter", "Finding", "FollowersAdded", "FollowersRemoved", "Group", "Hours",
    "Levels", "Lifecycle", "MacroUsed", "MarkedAnswered", "MarkedSpam", "Matrix", "Merged", "Message", "Metric", "Move", "NotSpam", "Noted",
    "Notify", "Order", "Outcome", "Person", "Policy", "PolicySet", "Postponed", "Priority", "Problem", "Purged", "Rated",
    "Reopened", "Replay", "Reply", "Report", "Resolved", "Restored", "Roster", "Route", "Rule", "RuleSet", "Rules", "Score",
    "ScoreCard", "Settings", "SlotCleared", "SlotSet", "Split", "Standing", "Status", "StatusSet", "TagsAdded", "TagsRemoved",
    "TargetExtended", "Targets", "Ticket", "TicketcoreError", "Transferred", "Unassigned", "Verified", "View", "Vocabulary",
    "Webhook", "always", "choose", "desk_to_data", "event_from_data", "event_to_data", "evolve", "field", "fold", "load_desk",
    "since", "ticket_from_data", "ticket_to_data", "until",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    room = _ROOM_OF.get(name)
    if room is None:
        raise AttributeError(f"module 'ticketcore' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"ticketcore.{room}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
