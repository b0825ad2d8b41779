"""What an event means for clocks: the triggers that metrics listen to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

from ticketcore._folding import is_from_customer
from ticketcore.model import (
    Agent,
    AgentReplied,
    Created,
    CustomerReplied,
    Draft,
    StatusChanged,
    Transferred,
)  # fmt: skip

SIMPLE_TRIGGERS: Final = frozenset(
    {
        "created", "created:customer", "created:agent", "created_message:customer", "created_message:agent", "agent_reply",
        "customer_reply", "note", "auto_reply", "assign",
    }
)  # fmt: skip
NAMED_TRIGGERS: Final = ("enter", "leave", "group", "ungroup")

# Marks the desk puts beside the triggers of an event; no configuration can name them.
REMOVED: Final = "~removed"  # the ticket is in a removed status after this event
ENTERED_REMOVED: Final = "~removed+"
LEFT_REMOVED: Final = "~removed-"
CLOSED: Final = "~closed"  # the event closed the ticket: what was resolved is not taken up again by that
FINAL: Final = "~final"  # purged or merged away
_NOTHING: Final[frozenset[str]] = frozenset()
MARKS: Final = frozenset({REMOVED, ENTERED_REMOVED, LEFT_REMOVED, FINAL})


def triggers_of(event: Any, draft: Draft, moved: StatusChanged | None = None) -> frozenset[str]:
    """The triggers of one event together with the status change of its lifecycle row.

    *draft* is the ticket before the event (of a creation: after it), because leaving a group needs the group it leaves.

    >>> from ticketcore.model import Assigned, Ticket
    >>> ticket = Ticket(id="T-1", status="open", category="open")
    >>> moved = StatusChanged(at=0, was="open", to="answered", was_category="open", category="answered")
    >>> sorted(triggers_of(AgentReplied(at=0), ticket, moved)), sorted(triggers_of(Assigned(at=0, agent="ivan"), ticket))
    (['agent_reply', 'enter:answered', 'leave:open'], ['assign'])
    """
    meaning = _MEANING.get(event.kind)
    said = () if meaning is None else meaning(event, draft)
    if moved is not None:
        return _with_move(said, moved.was, moved.to, moved.was_category, moved.category)
    if draft.category == "removed":
        return frozenset((*said, REMOVED))
    return frozenset(said) if said else _NOTHING


@lru_cache(maxsize=1024)  # what a table of statuses comes to is met again and again
def _with_move(said: tuple[str, ...], was: str, to: str, was_category: str, category: str) -> frozenset[str]:
    """The triggers *said* of an event that moved the ticket."""
    triggers = {*said, f"leave:{was}", f"enter:{to}"}
    if category == "removed":
        triggers.add(ENTERED_REMOVED if was_category != "removed" else REMOVED)
    elif was_category == "removed":
        triggers.add(LEFT_REMOVED)
    if category == "closed":
        triggers.add(CLOSED)
    return frozenset(triggers)


def _reply_triggers(event: AgentReplied | CustomerReplied, draft: Draft) -> tuple[str, ...]:
    """Only a public message that a person wrote is a reply."""
    if event.message.automatic:
        return ("auto_reply",)
    if isinstance(event, CustomerReplied) or is_from_customer(event, draft.requester):
        return ("customer_reply",)
    return ("agent_reply",) if event.message.public else ("note",)


def _group_triggers(event: Transferred, draft: Draft) -> tuple[str, ...]:
    was, to = draft.group, event.group
    if was == to:
        return ()
    left = () if was is None else (f"ungroup:{was}",)
    return left if to is None else (*left, f"group:{to}")


def _creation_triggers(event: Created, draft: Draft) -> tuple[str, ...]:
    by = "agent" if isinstance(event.by, Agent) else "customer"
    found = ["created", f"created:{by}", f"enter:{draft.status}"]
    if event.has_message and event.message.public and not event.message.automatic:
        found.append(f"created_message:{by}")
    if event.assignee is not None:
        found.append("assign")
    if event.group is not None:
        found.append(f"group:{event.group}")
    return tuple(found)


_MEANING: Final[Mapping[str, Callable[[Any, Draft], tuple[str, ...]]]] = {
    "created": _creation_triggers,
    "agent_replied": _reply_triggers,
    "customer_replied": _reply_triggers,
    "noted": lambda _event, _draft: ("note",),
    "assigned": lambda _event, _draft: ("assign",),
    "transferred": _group_triggers,
    "merged": lambda _event, _draft: (FINAL,),
    "purged": lambda _event, _draft: (FINAL,),
}
