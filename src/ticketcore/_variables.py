"""What a template may say: a closed, flat set of names, and how each is read off a ticket, in the requester's zone and words.

The names are made once, when a desk is made; a name with a dot (``fields.site``) is a name like any other, not a way into anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from attrs import frozen

from ticketcore._values import FrozenMap
from ticketcore._words import instant_in_words, length_in_words
from ticketcore.conditions import FieldType, Vocabulary
from ticketcore.model import Draft

if TYPE_CHECKING:
    from ticketcore._clocks import Cycle
    from ticketcore.sla import Metric

Due = Callable[["Cycle"], "int | None"]


@frozen
class Telling:
    """A ticket as it is told to somebody: at an instant, in a zone and a language."""

    ticket: Draft
    due_of: Due
    at_us: int
    zone: str
    language: str

    def instant(self, us: int | None) -> str:
        """An instant in words; nothing for none."""
        return "" if us is None else instant_in_words(us, self.zone, self.language)

    def due_us(self, metrics: Iterable[str] | None = None) -> int | None:
        """The earliest due instant of the open promises for *metrics*, of all without."""
        clocks = self.ticket.clocks
        found = [clocks[name].cycle for name in (clocks if metrics is None else metrics) if name in clocks]
        return min((due for cycle in found if cycle.is_open and (due := self.due_of(cycle)) is not None), default=None)

    def until(self, us: int | None) -> str:
        """How long it is until then, in words; nothing for none."""
        return "" if us is None else length_in_words(us - self.at_us, self.language)

    def value(self, kind: FieldType, value: Any) -> str:
        """The value of a declared field in words; nothing for an empty one."""
        if value is None:
            return ""
        if kind.kind == "instant":
            return self.instant(value)
        if kind.kind == "duration":
            return length_in_words(value, self.language)
        if kind.kind == "flag":
            return "yes" if value else "no"
        return ", ".join(sorted(value)) if isinstance(value, frozenset) else str(value)


Reader = Callable[[Telling], str]

_PLAIN: Final[Mapping[str, Reader]] = FrozenMap({
    "id": lambda told: told.ticket.id,
    "subject": lambda told: told.ticket.subject,
    "status": lambda told: told.ticket.status,
    "priority": lambda told: told.ticket.priority,
    "channel": lambda told: told.ticket.channel,
    "group": lambda told: told.ticket.group or "",
    "assignee": lambda told: told.ticket.assignee or "",
    "policy": lambda told: told.ticket.policy or "",
    "tags": lambda told: ", ".join(sorted(told.ticket.tags)),
    "created": lambda told: told.instant(told.ticket.created_us),
    "postponed_until": lambda told: told.instant(told.ticket.postponed_until_us),
    "requester_name": lambda told: told.ticket.requester.name,
    "requester_email": lambda told: told.ticket.requester.email,
    "requester_phone": lambda told: told.ticket.requester.phone,
    "requester_organisation": lambda told: told.ticket.requester.organisation,
    "requester_tier": lambda told: told.ticket.requester.tier,
    "due": lambda told: told.instant(told.due_us()),
    "due_in": lambda told: told.until(told.due_us()),
})  # fmt: skip


def _of_metrics(metrics: tuple[str, ...]) -> tuple[Reader, Reader]:
    """When the earliest promise of these is due, and how long it is until then."""
    return lambda told: told.instant(told.due_us(metrics)), lambda told: told.until(told.due_us(metrics))


def _declared(mapping: str, name: str, kind: FieldType, default: Any = None) -> Reader:
    def read(told: Telling) -> str:
        holder = told.ticket.requester.fields if mapping == "requester.fields" else getattr(told.ticket, mapping)
        return told.value(kind, holder.get(name, default))

    return read


def _readers(words: Vocabulary, replies: tuple[str, ...]) -> Iterator[tuple[str, Reader]]:
    """Every name with its reader; where two are the same, the first counts."""
    yield from _PLAIN.items()
    yield from zip(("reply_by", "reply_in"), _of_metrics(replies), strict=True)
    for metric in words.metrics:
        yield from zip((f"due_{metric}", f"due_in_{metric}"), _of_metrics((metric,)), strict=True)
    for mapping, kinds in (("fields", words.fields), ("requester.fields", words.requester_fields)):
        for name, kind in kinds.items():
            yield f"{mapping}.{name}", _declared(mapping, name, kind)
    for name, fact in words.facts.items():
        yield f"facts.{name}", _declared("facts", name, fact.type, fact.default)


def variable_names(words: Vocabulary) -> tuple[str, ...]:
    """All names a template of a desk with this vocabulary may use."""
    return tuple(dict.fromkeys(name for name, _ in _readers(words, ())))


class Variables:
    """The variables of a desk.

    ``due`` is the earliest open promise and ``due_<metric>`` that one, ``due_in`` and ``due_in_<metric>`` how long it is until then;
    ``reply_by`` and ``reply_in`` are the same of the promises that an answer ends: the estimated time of reply. Instants are told in the
    requester's zone (the desk's without one) and, as lengths are, in the requester's language, else the ticket's, else English. What
    there is not is an empty text. A custom field is ``fields.<name>``, the requester's ``requester.fields.<name>``, a fact
    ``facts.<name>``.
    """

    __slots__ = ("_readers", "_zone")

    def __init__(self, words: Vocabulary, metrics: Mapping[str, Metric], zone: str) -> None:
        ends = {"agent_reply", *(f"enter:{name}" for name, category in words.statuses.items() if category == "answered")}
        replies = tuple(name for name, metric in metrics.items() if not ends.isdisjoint(metric.stop))
        self._readers: Final[dict[str, Reader]] = {}
        for name, reader in _readers(words, replies):
            self._readers.setdefault(name, reader)
        self._zone: Final = zone

    @property
    def names(self) -> tuple[str, ...]:
        """All of them."""
        return tuple(self._readers)

    def told(self, names: Iterable[str], ticket: Draft, due_of: Due, at_us: int) -> FrozenMap[str, str]:
        """The values of *names* for a ticket at an instant."""
        requester = ticket.requester
        telling = Telling(ticket, due_of, at_us, requester.zone or self._zone, requester.language or ticket.language)
        return FrozenMap({name: self._readers[name](telling) for name in names})
