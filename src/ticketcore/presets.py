"""Desks as data, ready to start from: how a known help desk works, in the shape of a desk file.

A preset is plain data: take it as it is (`preset`), or as the beginning of a desk file of your own (`preset_data`). `liveagent` is the
default: its statuses and metrics are those of a `Desk` that names none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from datetime import datetime
from typing import Any, Final

from ticketcore._names import hint
from ticketcore._time import to_us
from ticketcore._values import FrozenMap, changed, each
from ticketcore.codec import load_desk
from ticketcore.desk import Desk
from ticketcore.errors import BadValue, UnknownName, shorten
from ticketcore.model import Created, Outside, Ticket
from ticketcore.sla import Standing

__all__ = ["PRESETS", "ladder_data", "preset", "preset_data", "side_by_side"]

# LiveAgent: five main statuses and the side ones, its four clocks, "urgent" above "high priority", and the internal answer
# time of seven days for tickets without a level, "so that ordering always works".
_LIVEAGENT: Final[Mapping[str, Any]] = {
    "name": "liveagent",
    "settings": {"default_policy": "seven days", "choose_policy": "creation"},
    "priority": {"levels": ["low", "medium", "high", "urgent"], "tags": {"urgent": "urgent", "high priority": "high"}},
    "metrics": {
        "first_reply": {
            "start": ["created"],
            "stop": ["enter:answered"],
            "cancel": ["enter:resolved"],
            "text": "first answer: from new to answered; resolving a new ticket logs nothing",
        },
        "next_reply": {
            "start": ["enter:open"],
            "stop": ["enter:answered"],
            "cancel": ["enter:resolved"],
            "cycles": "many",
            "text": "next answer: each return to open begins a fresh one",
        },
        "first_assign": {"start": ["created"], "stop": ["assign"], "text": "first assign: from creation to the first assignment"},
        "resolution": {
            "start": ["created"],
            "stop": ["enter:resolved"],
            "pause_status": ["answered"],
            "text": "first resolve: support's own time, waiting for the customer left out",
        },
    },
    "sla": [{"name": "seven days", "targets": {"first_reply": "168h calendar", "next_reply": "168h calendar"}}],
}

# Zendesk: agents choose the status they submit with, so a reply alone moves nothing; a customer's answer opens the ticket again;
# solved tickets close after four days, and a reply to a closed one makes a follow-up. On-hold waits for a third party.
_ZENDESK_BY_HAND: Final = ["open", "pending", "hold", "solved"]
_ZENDESK: Final[Mapping[str, Any]] = {
    "name": "zendesk",
    "settings": {"default_policy": "standard"},
    "priority": {"levels": ["low", "normal", "high", "urgent"], "default": "normal"},
    "lifecycle": {
        "statuses": [
            {"name": "new", "category": "new", "text": "received, not yet taken up"},
            {"name": "open", "category": "open", "text": "an agent is at work"},
            {"name": "pending", "category": "answered", "text": "waiting for the requester"},
            {"name": "hold", "category": "open", "text": "waiting for a third party"},
            {"name": "solved", "category": "resolved", "text": "the agent submitted a solution"},
            {"name": "closed", "category": "closed", "text": "archived; a reply makes a follow-up"},
            {"name": "spam", "category": "removed", "text": "suspended"},
            {"name": "deleted", "category": "removed", "text": "in the bin"},
            {"name": "purged", "category": "removed", "text": "deleted for good"},
        ],
        "moves": {
            status: {"agent_replies": "@stays", "mark_answered": "pending"} for status in ("new", "open", "pending", "hold")
        } | {"hold": {"agent_replies": "@stays", "mark_answered": "pending", "customer_replies": "open"}},
        "direct": {status: [other for other in _ZENDESK_BY_HAND if other != status] for status in ("new", *_ZENDESK_BY_HAND)},
        "reopen_closed": False,
    },
    "metrics": {
        "first_reply": {"start": ["created:customer"], "stop": ["agent_reply"]},
        "next_reply": {"start": ["customer_reply"], "stop": ["agent_reply", "enter:solved"], "cycles": "many"},
        "periodic_update": {"start": ["agent_reply"], "restart": ["agent_reply"], "stop": ["enter:solved"], "cycles": "many"},
        "pausable_update": {
            "start": ["agent_reply"], "restart": ["agent_reply"], "stop": ["enter:solved"], "cycles": "many", "pause_status": ["pending"],
        },
        "requester_wait": {
            "start": ["created", "leave:solved"], "stop": ["enter:solved"], "cycles": "many", "reopen": "resume",
            "pause_status": ["pending"],
        },
        "agent_work": {
            "start": ["created", "leave:solved"], "stop": ["enter:solved"], "cycles": "many", "reopen": "resume",
            "pause_status": ["pending", "hold"],
        },
        "total_resolution": {"start": ["created", "leave:solved"], "stop": ["enter:solved"], "cycles": "many", "reopen": "resume"},
    },
    "sla": [
        {
            "name": "standard",
            "targets": {
                "first_reply": {"urgent": "1h", "high": "4h", "else": "8h"}, "next_reply": {"urgent": "2h", "high": "8h", "else": "24h"},
                "periodic_update": {"urgent": "4h", "else": "48h"}, "pausable_update": {"urgent": "4h", "else": "48h"},
                "requester_wait": {"urgent": "8h", "high": "24h", "else": "72h"},
                "agent_work": {"urgent": "4h", "high": "12h", "else": "36h"},
                "total_resolution": {"urgent": "12h", "high": "36h", "else": "96h"},
            },
        },
    ],
    "rules": [
        {"name": "close solved tickets", "when": [{"field": "status", "is": "solved"}, {"since": "resolved_at", "at_least": "96h"}],
         "then": [{"close": True}]},
    ],
}  # fmt: skip

# Jira Service Management: time to first response and to resolution; waiting for the customer stops the second one, and a reopened
# request starts it anew with its whole goal.
_JSM: Final[Mapping[str, Any]] = {
    "name": "jsm",
    "settings": {"default_policy": "goals"},
    "priority": {"levels": ["lowest", "low", "medium", "high", "highest"], "default": "medium"},
    "lifecycle": {
        "statuses": [
            {"name": "waiting for support", "category": "new", "text": "raised, nobody has answered"},
            {"name": "in progress", "category": "open", "text": "an agent is at work"},
            {"name": "waiting for customer", "category": "answered", "text": "the customer is to answer"},
            {"name": "escalated", "category": "open", "text": "handed to a higher level"},
            {"name": "resolved", "category": "resolved", "text": "a resolution is set"},
            {"name": "closed", "category": "closed", "text": "done"},
            {"name": "deleted", "category": "removed", "text": "deleted"},
            {"name": "purged", "category": "removed", "text": "deleted for good"},
        ],
        "main": {"open": "in progress"},
        "direct": {
            "waiting for support": ["in progress", "waiting for customer", "escalated", "resolved"],
            "in progress": ["waiting for support", "waiting for customer", "escalated", "resolved"],
            "waiting for customer": ["in progress", "escalated", "resolved"],
            "escalated": ["in progress", "waiting for customer", "resolved"],
            "resolved": ["in progress", "closed"],
        },
    },
    "metrics": {
        "time_to_first_response": {"start": ["created"], "stop": ["agent_reply"]},
        "time_to_resolution": {
            "start": ["created", "leave:resolved"], "stop": ["enter:resolved"], "cycles": "many", "pause_status": ["waiting for customer"],
        },
    },
    "sla": [
        {
            "name": "goals",
            "targets": {
                "time_to_first_response": {"highest": "2h", "high": "4h", "else": "8h"},
                "time_to_resolution": {"highest": "4h", "high": "12h", "medium": "24h", "else": "40h"},
            },
        },
    ],
}  # fmt: skip

# Zammad: three clocks that stand still in every pending state; the update clock waits for an agent to respond.
_ZAMMAD_WAITING: Final = ["pending reminder", "pending close"]
_ZAMMAD: Final[Mapping[str, Any]] = {
    "name": "zammad",
    "settings": {"default_policy": "default"},
    "priority": {"levels": ["1 low", "2 normal", "3 high"], "default": "2 normal"},
    "lifecycle": {
        "statuses": [
            {"name": "new", "category": "new", "text": "received"},
            {"name": "open", "category": "open", "text": "in work"},
            {"name": "pending reminder", "category": "postponed", "text": "waiting until a date"},
            {"name": "pending close", "category": "answered", "text": "closes when nobody objects"},
            {"name": "closed", "category": "resolved", "text": "done; a customer's answer opens it again"},
            {"name": "merged", "category": "closed", "text": "gone on in another ticket"},
            {"name": "removed", "category": "removed", "text": "deleted"},
            {"name": "purged", "category": "removed", "text": "deleted for good"},
        ],
        "main": {"deleted": "removed"},
        "moves": {
            "new": {"agent_replies": "open", "mark_answered": "open"}, "open": {"agent_replies": "@stays", "mark_answered": "@stays"},
            "pending close": {"agent_replies": "@stays"}, "pending reminder": {"agent_replies": "@stays"},
        },
        "direct": {
            "new": ["open", "pending close", "closed"], "open": ["pending close", "closed"], "pending close": ["open", "closed"],
            "pending reminder": ["open", "pending close", "closed"], "closed": ["open"],
        },
    },
    "metrics": {
        "first_response": {
            "start": ["created"], "stop": ["agent_reply"], "pause_status": [*_ZAMMAD_WAITING, "closed", "merged", "removed"],
        },
        "update": {
            "start": ["customer_reply", "created_message:customer"], "stop": ["agent_reply"], "cycles": "many",
            "pause_status": [*_ZAMMAD_WAITING, "closed", "merged", "removed"],
        },
        "solution": {"start": ["created"], "stop": ["enter:closed"], "pause_status": [*_ZAMMAD_WAITING, "merged", "removed"]},
    },
    "sla": [{"name": "default", "targets": {"first_response": "2h", "update": "4h", "solution": {"3 high": "24h", "else": "72h"}}}],
    "fields": {"pending_until": "instant"},
    "rules": [
        {"name": "close when nobody objected",
         "when": [{"field": "status", "is": "pending close"}, {"since": "fields.pending_until", "at_least": "1m"}],
         "then": [{"resolve": True}]},
    ],
}  # fmt: skip

# ServiceNow: priority looked up from impact and urgency (incident management's own table); SLAs stand still on hold.
_SERVICENOW_LEVELS: Final = ["5 - Planning", "4 - Low", "3 - Moderate", "2 - High", "1 - Critical"]
_SERVICENOW: Final[Mapping[str, Any]] = {
    "name": "servicenow",
    "settings": {"default_policy": "priority SLA"},
    "priority": {
        "levels": _SERVICENOW_LEVELS,
        "matrix": {
            "impact": ["3 - Low", "2 - Medium", "1 - High"], "urgency": ["3 - Low", "2 - Medium", "1 - High"],
            "levels": [
                ["5 - Planning", "4 - Low", "3 - Moderate"], ["4 - Low", "3 - Moderate", "2 - High"],
                ["3 - Moderate", "2 - High", "1 - Critical"],
            ],
        },
    },
    "lifecycle": {
        "statuses": [
            {"name": "New", "category": "new", "text": "logged"},
            {"name": "In Progress", "category": "open", "text": "assigned and in work"},
            {"name": "On Hold", "category": "answered", "text": "waiting for the caller, a vendor, a change or a problem"},
            {"name": "Resolved", "category": "resolved", "text": "a fix or workaround was given"},
            {"name": "Closed", "category": "closed", "text": "confirmed, or closed by itself"},
            {"name": "Canceled", "category": "closed", "text": "a duplicate, or no incident"},
            {"name": "Deleted", "category": "removed", "text": "deleted"},
            {"name": "Purged", "category": "removed", "text": "deleted for good"},
        ],
        "main": {"closed": "Closed", "deleted": "Deleted", "purged": "Purged"},
        "moves": {
            "New": {"agent_replies": "@stays", "mark_answered": "@stays"}, "In Progress": {"agent_replies": "@stays"},
            "On Hold": {"agent_replies": "@stays"},
        },
        "direct": {
            "New": ["In Progress", "On Hold", "Resolved", "Canceled"], "In Progress": ["On Hold", "Resolved", "Canceled"],
            "On Hold": ["In Progress", "Resolved", "Canceled"], "Resolved": ["In Progress", "Closed"],
        },
    },
    "metrics": {
        "response": {"start": ["created"], "stop": ["assign", "enter:In Progress"], "cancel": ["enter:Canceled"]},
        "resolution": {
            "start": ["created", "leave:Resolved"], "stop": ["enter:Resolved"], "cancel": ["enter:Canceled"], "cycles": "many",
            "reopen": "resume", "pause_status": ["On Hold"],
        },
    },
    "sla": [
        {
            "name": "priority SLA", "warn": ["50%", "75%"],
            "targets": {
                "response": {"1 - Critical": "15m", "2 - High": "30m", "3 - Moderate": "4h", "else": "8h"},
                "resolution": {"1 - Critical": "4h", "2 - High": "8h", "3 - Moderate": "24h", "else": "72h"},
            },
        },
    ],
    "rules": [
        {"name": "close resolved incidents", "when": [{"field": "status", "is": "Resolved"}, {"since": "resolved_at", "at_least": "168h"}],
         "then": [{"close": True}]},
    ],
}  # fmt: skip

# ITIL's incident management in its own words: a priority code 1 to 5 from impact and urgency, response and resolution.
_ITIL: Final[Mapping[str, Any]] = {
    "name": "itil",
    "settings": {"default_policy": "service level agreement"},
    "priority": {
        "levels": ["5", "4", "3", "2", "1"],
        "matrix": {
            "impact": ["low", "medium", "high"], "urgency": ["low", "medium", "high"],
            "levels": [["5", "4", "3"], ["4", "3", "2"], ["3", "2", "1"]],
        },
    },
    "lifecycle": {
        "statuses": [
            {"name": "new", "category": "new", "text": "logged, not yet categorised"},
            {"name": "in progress", "category": "open", "text": "being investigated and diagnosed"},
            {"name": "pending", "category": "answered", "text": "waiting for the user or a supplier"},
            {"name": "resolved", "category": "resolved", "text": "service restored, to be confirmed"},
            {"name": "closed", "category": "closed", "text": "the user agreed, the record is complete"},
            {"name": "deleted", "category": "removed", "text": "deleted"},
            {"name": "purged", "category": "removed", "text": "deleted for good"},
        ],
        "moves": {"new": {"agent_replies": "in progress", "mark_answered": "in progress"}, "in progress": {"agent_replies": "@stays"}},
        "direct": {
            "new": ["in progress", "pending", "resolved"], "in progress": ["pending", "resolved"], "pending": ["in progress", "resolved"],
            "resolved": ["in progress", "closed"],
        },
    },
    "metrics": {
        "response": {"start": ["created"], "stop": ["agent_reply", "assign", "enter:in progress"]},
        "resolution": {
            "start": ["created", "leave:resolved"], "stop": ["enter:resolved"], "cycles": "many", "reopen": "resume",
            "pause_status": ["pending"],
        },
    },
    "sla": [
        {
            "name": "service level agreement", "warn": ["80%"],
            "targets": {
                "response": {"1": "10m", "2": "1h", "3": "4h", "else": "24h"},
                "resolution": {"1": "1h", "2": "8h", "3": "24h", "4": "48h", "else": "72h"},
            },
        },
    ],
}  # fmt: skip

PRESETS: Final[Mapping[str, Mapping[str, Any]]] = FrozenMap({
    "liveagent": _LIVEAGENT, "zendesk": _ZENDESK, "jsm": _JSM, "zammad": _ZAMMAD, "servicenow": _SERVICENOW, "itil": _ITIL,
})  # fmt: skip


# Escalation ladders, each a table of `escalations` in a desk file. The on-call one as PagerDuty's escalation policies: whoever is
# on call, half an hour later the next, then the manager, twice over, until somebody acknowledges. LiveAgent escalates by time
# rules on what is overdue: the group hears of it, then the ticket rises and goes to the leads. The last one begins at a warning.
_LADDERS: Final[Mapping[str, Mapping[str, Any]]] = FrozenMap({
    "on call": {
        "name": "on call",
        "when": {"all": [{"field": "category", "is_any": ["new", "open"]}, {"field": "priority", "at_least": "urgent"}]},
        "since": "priority_since",
        "steps": [
            {"after": "0m", "notify": "on call"}, {"after": "30m", "notify": "second on call", "escalate": 1},
            {"after": "1h", "notify": "manager", "escalate": 2},
        ],
        "repeat": 2,
        "round": "90m",
    },
    "overdue": {
        "name": "overdue",
        "when": {"sla": "first_reply", "is": "breached"},
        "since": "sla.first_reply.due",
        "steps": [
            {"after": "0m", "notify": "group"}, {"after": "1h", "raise_priority": 1, "notify": "team lead", "escalate": 1},
            {"after": "4h", "notify": "manager", "escalate": 2},
        ],
    },
    "due soon": {
        "name": "due soon",
        "when": {"field": "category", "is_any": ["new", "open"]},
        "since": "sla.resolution.warned",
        "steps": [{"after": "0m", "notify": "assignee"}, {"after": "30m", "notify": "team lead", "escalate": 1}],
    },
})  # fmt: skip


def ladder_data(name: str) -> dict[str, Any]:
    """An escalation ladder to start from, as plain data for ``escalations`` of a desk file. Raises `UnknownName`.

    ``on call`` climbs through who is on call until somebody acknowledges, twice at most; ``overdue`` from the breach of the first reply
    on; ``due soon`` from the last warning of the resolution on.

    >>> [step["after"] for step in ladder_data("on call")["steps"]]
    ['0m', '30m', '1h']
    """
    if name not in _LADDERS:
        raise UnknownName(f"unknown ladder {shorten(name)}", value=shorten(name), hint=hint(name, _LADDERS))
    return deepcopy(dict(_LADDERS[name]))


def preset_data(name: str) -> dict[str, Any]:
    """The preset of that name as plain data, a copy of your own to change. Raises `UnknownName`.

    >>> sorted(preset_data("liveagent"))
    ['metrics', 'name', 'priority', 'settings', 'sla']
    """
    if name not in PRESETS:
        raise UnknownName(f"unknown preset {shorten(name)}", value=shorten(name), hint=hint(name, PRESETS))
    return deepcopy(dict(PRESETS[name]))


def preset(name: str = "liveagent") -> Desk:
    """The desk of that name. Raises `UnknownName`.

    >>> from ticketcore import CustomerReplied
    >>> desk = preset("zendesk")
    >>> desk.lifecycle.next("pending", CustomerReplied), desk.priority.levels.names
    ('open', ('low', 'normal', 'high', 'urgent'))
    """
    return load_desk(preset_data(name))


def side_by_side(
    history: Iterable[Outside], *, at: datetime | int | None = None, names: Iterable[str] = tuple(PRESETS)
) -> dict[str, dict[str, Standing]]:
    """The same events of one ticket under each preset: how every clock stands at an instant (that of the last event).

    Moves that a preset's lifecycle refuses are observed, not dropped, so that every desk sees the same history. Fields of the creation
    that a preset does not declare, or whose values it does not know, are left out. Raises `UnknownName` for a preset that does not
    exist, and as `Desk.handle` does.

    >>> from ticketcore import Agent, AgentReplied, Created, Person
    >>> story = [Created(at=0, ticket="T-1", by=Person(name="Ada")), AgentReplied(at=60_000_000, by=Agent(id="maria"))]
    >>> stand = side_by_side(story, names=["liveagent", "zendesk", "zammad"])
    >>> [stand[name][metric].state for name, metric in (("liveagent", "first_reply"), ("zendesk", "first_reply"), ("zammad", "update"))]
    ['met', 'met', 'met']
    """
    story = each(history, Outside, "events from outside", "give Created(at=...)", "history")
    stand: dict[str, dict[str, Standing]] = {}
    for name in names:
        desk = preset(name)
        ticket: Ticket | None = None
        for event in story:
            ticket = desk.handle(ticket, _understood(desk, event), late="restamp", observe=True).ticket
        if ticket is not None:
            until = ticket.as_of_us if at is None else max(to_us(at), ticket.as_of_us)
            ticket = desk.tick(ticket, until).ticket
            standings = {metric: desk.standing(ticket, metric, until) for metric in desk.metrics}
            stand[name] = {metric: standing for metric, standing in standings.items() if standing is not None}
    return stand


def _understood(desk: Desk, event: Outside) -> Outside:
    """A creation without the fields that a desk does not declare, and without values that it does not know."""
    if not isinstance(event, Created):
        return event
    return changed(event, fields=FrozenMap({name: value for name, value in event.fields.items() if _knows(desk, name, value)}))


def _knows(desk: Desk, name: str, value: Any) -> bool:
    try:
        return name in desk.fields and desk.fields[name].stored(value) is not None
    except BadValue:
        return False
