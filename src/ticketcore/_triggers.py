"""What an event means for clocks: the triggers that metrics listen to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
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
    if meaning is None and moved is None and draft.category != "removed":
        return _NOTHING
    triggers = set() if meaning is None else set(meaning(event, draft))
    if moved is not None:
        triggers.add(f"leave:{moved.was}")
        triggers.add(f"enter:{moved.to}")
        if moved.category == "removed":
            triggers.add(ENTERED_REMOVED if moved.was_category != "removed" else REMOVED)
        elif moved.was_category == "removed":
            triggers.add(LEFT_REMOVED)
        if moved.category == "closed":
            triggers.add(CLOSED)
    elif draft.category == "removed":
        triggers.add(REMOVED)
    return frozenset(triggers) if triggers else _NOTHING


def _reply_triggers(event: AgentReplied | CustomerReplied, draft: Draft) -> Iterable[str]:
    """Only a public message that a person wrote is a reply."""
    if event.message.automatic:
        return ("auto_reply",)
    if isinstance(event, CustomerReplied) or is_from_customer(event, draft.requester):
        return ("customer_reply",)
    return ("agent_reply",) if event.message.public else ("note",)


def _group_triggers(event: Transferred, draft: Draft) -> Iterable[str]:
    was, to = draft.group, event.group
    if was != to:
        if was is not None:
            yield f"ungroup:{was}"
        if to is not None:
            yield f"group:{to}"


def _creation_triggers(event: Created, draft: Draft) -> Iterable[str]:
    by = "agent" if isinstance(event.by, Agent) else "customer"
    yield "created"
    yield f"created:{by}"
    yield f"enter:{draft.status}"
    if event.has_message and event.message.public and not event.message.automatic:
        yield f"created_message:{by}"
    if event.assignee is not None:
        yield "assign"
    if event.group is not None:
        yield f"group:{event.group}"


_MEANING: Final[Mapping[str, Callable[[Any, Draft], Iterable[str]]]] = {
    "created": _creation_triggers,
    "agent_replied": _reply_triggers,
    "customer_replied": _reply_triggers,
    "noted": lambda _event, _draft: ("note",),
    "assigned": lambda _event, _draft: ("assign",),
    "transferred": _group_triggers,
    "merged": lambda _event, _draft: (FINAL,),
    "purged": lambda _event, _draft: (FINAL,),
}
