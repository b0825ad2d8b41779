"""Desks as data, ready to start from: how a known help desk works, in the shape of a desk file.

A preset is plain data: take it as it is (`preset`), or as the beginning of a desk file of your own (`preset_data`). `liveagent` is the
default: its statuses and metrics are those of a `Desk` that names none.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any, Final

from ticketcore._names import hint
from ticketcore._values import FrozenMap
from ticketcore.codec import load_desk
from ticketcore.desk import Desk
from ticketcore.errors import UnknownName, shorten

__all__ = ["PRESETS", "preset", "preset_data"]

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

PRESETS: Final[Mapping[str, Mapping[str, Any]]] = FrozenMap({"liveagent": _LIVEAGENT})


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

    >>> preset().priority.levels.names
    ('low', 'medium', 'high', 'urgent')
    """
    return load_desk(preset_data(name))
