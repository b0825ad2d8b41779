"""What a lifecycle is written in: statuses, moves, special targets, triggers, and the default table in roles."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from enum import Enum
from typing import Any, Final

from attrs import field, frozen

from ticketcore._clocks import Length, Target
from ticketcore._time import duration_us
from ticketcore._values import FrozenMap, names
from ticketcore.conditions import Condition, View, span_of
from ticketcore.errors import BadValue, IllegalMove, TicketcoreError, shorten

CATEGORIES: Final = ("new", "open", "answered", "postponed", "resolved", "closed", "removed")
LIVE: Final = frozenset({"new", "open", "answered", "postponed", "resolved"})  # somebody may still have to do something
ALIASES: Final = {"pending": "answered"}
ROLES: Final = (*CATEGORIES[:-1], "spam", "deleted", "purged")  # what the default table speaks of
REMOVED_ROLES: Final = frozenset({"spam", "deleted", "purged"})

TRIGGERS: Final[Mapping[str, str]] = FrozenMap({
    "agent_replied": "agent_replies", "customer_replied": "customer_replies", "marked_answered": "mark_answered",
    "resolved": "resolve", "postponed": "postpone", "woken": "wake", "closed": "close", "reopened": "reopen",
    "marked_spam": "spam", "not_spam": "not_spam", "deleted": "delete", "restored": "restore", "purged": "purge",
    "merged": "merge", "status_set": "set",
})  # fmt: skip
RETYPE: Final = "retype"  # what moves a ticket that has become one of another type, with another workflow
CHECKS: Final = ("verified", "confirmed")  # what may be passed before a close
NOT_PERMITTED: Final = frozenset({"created", "customer_replies", "wake"})  # who writes to us, and time, ask for no permission
REPLIES: Final = frozenset({"agent_replies", "customer_replies"})
# A direct choice follows the moves that a person may make by hand; these others belong to a message, to time or to memory.
NOT_BY_HAND: Final = frozenset({"customer_replies", "wake", "not_spam", "restore", "purge", "merge", "set"})


class To(Enum):
    """Where a move leads when it is no fixed status. In plain data it is written as its value, ``"@stays"``.

    >>> Move(to="@after_postpone").to, To.STAYS.value
    (<To.AFTER_POSTPONE: '@after_postpone'>, '@stays')
    """

    STAYS = "@stays"  # the status does not change, whatever it is
    BEFORE_DELETE = "@before_delete"  # the status before the deletion
    AFTER_POSTPONE = "@after_postpone"  # new if it was new when it was postponed, else open
    NOT_SPAM = "@not_spam"  # open, or new if nobody ever answered
    FOLLOW_UP = "@follow_up"  # the status stays; the message belongs to a follow-up ticket


SPECIAL_TARGETS: Final[Mapping[str, To]] = {special.value: special for special in To}


def _target(value: str | To) -> str | To:
    """A status name, or one of the special targets, also when it is written as text."""
    return SPECIAL_TARGETS.get(value, value) if isinstance(value, str) else value


def window_us(value: timedelta | str | int | None) -> int | None:
    """A duration as microseconds; an int is taken as exactly that (`attrs.evolve` hands back what is stored)."""
    return value if value is None or type(value) is int else duration_us(value)  # type: ignore[arg-type]  # no int any more


def _category(value: str) -> str:
    return ALIASES.get(value, value)


@frozen(kw_only=True)
class Status:
    """A status of this desk: its name, the category that says what it means, and a text for people.

    Categories: new (nobody has answered), open (support is to act), answered (the customer is to act; ``pending`` is the same),
    postponed, resolved, closed, removed (spam, bin, purged).

    >>> from ticketcore.lifecycle import Lifecycle
    >>> from ticketcore.model import CustomerReplied
    >>> waiting = Status(name="Awaiting vendor", category="pending", text="a supplier is asked")
    >>> lifecycle = Lifecycle(statuses=[*Lifecycle().statuses, waiting])
    >>> lifecycle.category("Awaiting vendor"), lifecycle.next("Awaiting vendor", CustomerReplied)
    ('answered', 'open')
    """

    name: str
    category: str = field(converter=_category)
    text: str = ""


@frozen(kw_only=True)
class Move:
    """One cell of the table: where it leads, under which guard, and what is said when the guard refuses.

    ``within`` (a duration; None: no limit) counts from the instant the ticket was resolved, the end included; later the move
    leads to ``otherwise``. ``to`` and ``otherwise`` are status names or `To` (``"@stays"`` in data).

    >>> from ticketcore.lifecycle import Lifecycle
    >>> from ticketcore.model import CustomerReplied
    >>> reopen = Move(to="open", within="48h", otherwise="@follow_up")
    >>> lifecycle = Lifecycle(moves={"resolved": {"customer_replies": reopen}})
    >>> resolved = Ticket(id="T-1", status="resolved", category="resolved", resolved_us=0)
    >>> [lifecycle.decide(resolved, CustomerReplied(at=hours * 3_600_000_000)).divert for hours in (48, 49)]
    ['', 'follow_up']
    """

    to: str | To = field(converter=_target)
    guard: Condition | None = None
    reason: str = ""
    within_us: int | None = field(default=None, alias="within", converter=window_us)
    otherwise: str | To = field(default=To.STAYS, converter=_target)


@frozen(kw_only=True)
class Decided:
    """What an event means for the status. Nothing has changed yet.

    ``to`` is the new status with its ``category``, or None when the status stays. ``divert`` is "follow_up" or "merged" when
    a reply does not belong to this ticket any more; ``into`` is then the ticket it was merged into, as far as known.

    >>> from ticketcore.lifecycle import Lifecycle
    >>> from ticketcore.model import AgentReplied, Ticket
    >>> ticket = Ticket(id="T-1", status="new", category="new")
    >>> Lifecycle().decide(ticket, AgentReplied(at=0))
    Decided(trigger='agent_replies', to='answered', category='answered', divert='', into='')
    """

    trigger: str
    to: str | None = None
    category: str = ""
    divert: str = ""
    into: str = ""


@frozen(kw_only=True)
class Refusal:
    """Why a move is refused. Without a hint of its own, the hint is what is allowed."""

    reason: str
    hint: str = ""
    error: type[TicketcoreError] = IllegalMove


STATUSES: Final = (
    Status(name="new", category="new", text="nobody has answered yet"),
    Status(name="open", category="open", text="the customer waits for an answer"),
    Status(name="answered", category="answered", text="the customer was answered and may write again"),
    Status(name="postponed", category="postponed", text="put off until an instant; then it comes back by itself"),
    Status(name="resolved", category="resolved", text="the needed steps were taken; checks may remain"),
    Status(name="closed", category="closed", text="the whole matter is complete"),
    Status(name="spam", category="removed", text="unwanted; comes back as not spam"),
    Status(name="deleted", category="removed", text="in the bin; can be restored"),
    Status(name="purged", category="removed", text="deleted for good: id, times and counts remain"),
)

_WORKING: Final[Mapping[str, str | To]] = {
    "agent_replies": "answered", "mark_answered": "answered", "customer_replies": "open", "resolve": "resolved",
    "postpone": "postponed", "spam": "spam", "delete": "deleted", "merge": "closed",
}  # fmt: skip
# The default table (DESIGN 7, step.md 6), in roles: "answered" is this desk's main status of the category answered. A status
# that a row would lead to itself stays, so that a second status of the same category keeps its name.
_DEFAULT: Final[Mapping[str, Mapping[str, str | To]]] = {
    "new": {**_WORKING, "customer_replies": To.STAYS},
    "open": {**_WORKING, "customer_replies": To.STAYS},
    "answered": {**_WORKING, "agent_replies": To.STAYS, "mark_answered": To.STAYS, "reopen": "open"},
    "postponed": {**_WORKING, "postpone": To.STAYS, "wake": To.AFTER_POSTPONE},
    "resolved": {
        "agent_replies": To.STAYS, "mark_answered": To.STAYS, "customer_replies": "open", "close": "closed", "reopen": "open",
        "spam": "spam", "delete": "deleted", "merge": "closed",
    },
    "closed": {"customer_replies": To.FOLLOW_UP, "reopen": "open", "delete": "deleted"},
    "spam": {"customer_replies": To.STAYS, "not_spam": To.NOT_SPAM, "delete": "deleted"},
    "deleted": {"customer_replies": "open", "restore": To.BEFORE_DELETE, "purge": "purged"},
    "purged": {},  # final: listed, so that a missing row is always a mistake
}  # fmt: skip
DEFAULT_TABLE: Final = FrozenMap({role: FrozenMap(row) for role, row in _DEFAULT.items()})
# LiveAgent lets agents choose these directly besides what a row leads to (peers.md 2).
DIRECT_EXTRA: Final[Mapping[str, tuple[str, ...]]] = {"postponed": ("new", "open")}

# Where a trigger leads in the words of a log, whatever the table thinks of it (observe mode).
MEANT: Final[Mapping[str, str | To]] = {
    **_WORKING, "wake": To.AFTER_POSTPONE, "close": "closed", "reopen": "open", "not_spam": To.NOT_SPAM,
    "restore": To.BEFORE_DELETE, "purge": "purged",
}  # fmt: skip


def close_after(value: str | timedelta | Target | None) -> Target | None:
    """A span of time, all of it counting: a `timedelta` is one too."""
    return None if value is None else span_of(Length(duration_us(value), calendar=True) if isinstance(value, timedelta) else value)


def permissions(value: Mapping[str, Iterable[str]]) -> FrozenMap[str, tuple[str, ...]]:
    """Who may pull each trigger, in order of their names."""
    if not isinstance(value, Mapping):
        raise BadValue(f"permissions are a mapping of trigger to roles, not {type(value).__name__}", value=shorten(value))
    return FrozenMap({trigger: tuple(sorted(set(names(roles)))) for trigger, roles in value.items()})


def workflows(value: Mapping[str, Any]) -> FrozenMap[str, Any]:
    """A workflow for each of some types of ticket."""
    if not isinstance(value, Mapping):
        raise BadValue(f"workflows are a mapping of type to lifecycle, not {type(value).__name__}", value=shorten(value))
    return FrozenMap(value)


def statuses(value: Iterable[Status]) -> tuple[Status, ...]:
    return tuple(value)


def rows_of_moves(value: Mapping[str, Mapping[str, Any]]) -> FrozenMap[str, FrozenMap[str, Move | None]]:
    """Rows of moves; a bare target stands for an unguarded move, None for a refusal."""
    if not isinstance(value, Mapping):
        raise BadValue(f"rows are a mapping of status to moves, not {type(value).__name__}", value=shorten(value))
    return FrozenMap({status: _row(status, row) for status, row in value.items()})


def _row(status: str, row: Mapping[str, Any]) -> FrozenMap[str, Move | None]:
    if not isinstance(row, Mapping):
        raise BadValue(f"a row is a mapping of trigger to move, not {type(row).__name__}", path=str(status), value=shorten(row))
    return FrozenMap({trigger: Move(to=cell) if isinstance(cell, str | To) else cell for trigger, cell in row.items()})


def choices(value: Mapping[str, Iterable[str]]) -> FrozenMap[str, tuple[str, ...]]:
    return FrozenMap({status: tuple(targets) for status, targets in value.items()})


def strings(value: Mapping[str, str]) -> FrozenMap[str, str]:
    return FrozenMap(value)


NO_ANSWER: Final[Mapping[str, Any]] = {}
AFTER_MERGE: Final = frozenset({"delete", "restore", "purge"})  # all that can still happen to a ticket merged away


Test = Callable[[View], bool]
# What `decide` says without looking further: yes, under which guard, and what the refusal is. `_judge` is what it means.
Answer = tuple[Decided | None, Test | None, TicketcoreError]


@frozen
class Cell:
    """A move with its guard made ready: compiled where there is a vocabulary, else by the plain meaning of conditions."""

    move: Move
    test: Test | None
    roles: tuple[str, ...] | None = None  # who may pull it; None: anybody


def safe(text: str) -> str:
    """*text* without the signs that end a label or a line in Mermaid."""
    return "".join(" " if char in '"\n\r;:#%{}' else char for char in text)


def quoted(text: str) -> str:
    """*text* as a name in Mermaid."""
    return f'"{safe(text)}"'
