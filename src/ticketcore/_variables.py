"""What a template may say: a closed set of names, and how each is read off a ticket."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Final

from ticketcore._ledger import say_instant
from ticketcore._values import FrozenMap
from ticketcore.model import Draft

if TYPE_CHECKING:
    from ticketcore._clocks import Cycle

Due = Callable[["Cycle"], "int | None"]

_PLAIN: Final[Mapping[str, Callable[[Draft], str]]] = FrozenMap({
    "id": lambda ticket: ticket.id,
    "subject": lambda ticket: ticket.subject,
    "status": lambda ticket: ticket.status,
    "priority": lambda ticket: ticket.priority,
    "channel": lambda ticket: ticket.channel,
    "group": lambda ticket: ticket.group or "",
    "assignee": lambda ticket: ticket.assignee or "",
    "policy": lambda ticket: ticket.policy or "",
    "requester_name": lambda ticket: ticket.requester.name,
    "requester_email": lambda ticket: ticket.requester.email,
})  # fmt: skip


def variable_names(metrics: Iterable[str]) -> tuple[str, ...]:
    """All names a template of a desk with these metrics may use: ``due`` is the earliest open promise, ``due_<metric>`` that one."""
    return (*_PLAIN, "due", *(f"due_{metric}" for metric in metrics))


def variables(names: Iterable[str], ticket: Draft, due_of: Due, zone: str) -> FrozenMap[str, str]:
    """The values of *names* for a ticket; instants in *zone*, empty when there is none."""
    return FrozenMap({name: _PLAIN[name](ticket) if name in _PLAIN else _due(name[4:], ticket, due_of, zone) for name in names})


def _due(metric: str, ticket: Draft, due_of: Due, zone: str) -> str:
    clocks = ticket.clocks.values() if not metric else (ticket.clocks[metric],) if metric in ticket.clocks else ()
    dues = [due for clock in clocks if clock.cycle.is_open and (due := due_of(clock.cycle)) is not None]
    return say_instant(min(dues), zone) if dues else ""
