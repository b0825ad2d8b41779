"""What a step did, as an indented list, each event under what caused it; and what it came to, in a few words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

from attrs import frozen

from ticketcore._effects import EffectBase
from ticketcore._time import iso
from ticketcore.errors import counted
from ticketcore.model import EventBase, RuleFired, Ticket


@frozen
class TraceLine:
    """One event of a step, and how deep in its chain of causes it stands."""

    depth: int
    event: EventBase

    def __str__(self) -> str:
        return "  " * self.depth + f"{iso(self.event.at_us)} {self.event.kind}{_details(self.event)}"


@frozen
class Trace:
    """What a step did, in order, each event under what caused it. Prints as an indented list."""

    lines: tuple[TraceLine, ...]

    @classmethod
    def of(cls, events: Iterable[EventBase]) -> Trace:
        """The trace of these events."""
        depths: dict[str, int] = {}
        lines = []
        for event in events:
            depth = depths.get(event.cause, -1) + 1
            depths[event.id] = depth
            if isinstance(event, RuleFired):
                depths[f"rule:{event.rule}"] = depth
            lines.append(TraceLine(depth, event))
        return cls(tuple(lines))

    def __str__(self) -> str:
        return "\n".join(str(line) for line in self.lines)


def say_ticket(ticket: Ticket) -> str:
    """A ticket in a few words."""
    return f"{ticket.id}: {ticket.status}, priority {ticket.priority}"


def say_kinds(events: Iterable[EventBase], effects: Iterable[EffectBase]) -> str:
    """What was recorded and what is asked for, by kind, in the order of the first of each."""
    return "; ".join(_kinds(told, [one.kind for one in ones]) for told, ones in (("event", events), ("effect", effects)))


def say_wake(wake_us: int | None) -> str:
    """When something happens if nobody acts."""
    return "nothing will happen by itself" if wake_us is None else f"wake at {iso(wake_us)}"


def _kinds(told: str, kinds: list[str]) -> str:
    counts = Counter(kinds)
    listed = ", ".join(kind if count == 1 else f"{count} x {kind}" for kind, count in counts.items())
    return f"{counted(len(kinds), told)}: {listed}" if kinds else f"no {told}s"


_SHOWN: Final = (
    "rule", "was", "to", "level", "metric", "verdict", "warning", "target", "policy", "status", "tags", "name", "value", "agent",
    "group", "action", "reason", "into",
)  # fmt: skip


def _details(event: EventBase) -> str:
    shown = [(name, getattr(event, name, None)) for name in _SHOWN]
    return "".join(f" {name}={_text(value)}" for name, value in shown if value not in (None, "", (), frozenset()))


def _text(value: Any) -> str:
    return ",".join(value) if isinstance(value, tuple) else str(value)
