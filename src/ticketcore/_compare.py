"""One history under two desks: which tickets differ, where first and why, and what it comes to in all.

What people and the world did stays, what a desk decided is derived anew by each. The plain meaning is two replays side by side,
compared moment by moment; where the desks differ in rules, templates and what policies promise alone, tickets are stepped once for both
until a rule, warning or policy acts that is not the same on both (`ticketcore._together`). The history is read as a stream; where all
tickets are kept it is read ahead a little and taken ticket after ticket, which no ticket notices (`ticketcore._moments.ticket_by_ticket`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from heapq import heappop, heappush
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, cast

from attrs import field, frozen
from pendulum import DateTime

from ticketcore._behaviour import Shape, changes_between, effect_shape, event_shape, is_telling, left_over, may_be_same, ticket_shape
from ticketcore._moments import FINISHED, moments, steps, ticket_by_ticket
from ticketcore._reasons import Difference, Taken, difference_between
from ticketcore._step import StepRun
from ticketcore._time import from_us, iso, maybe_us
from ticketcore._together import Apart, Joint, Together, joint, of_desk
from ticketcore._values import FrozenMap, changed
from ticketcore.desk import Desk, Outcome
from ticketcore.errors import BadValue, TicketcoreError, WrongTicket, check_kind, shorten
from ticketcore.model import Agent, Created, EffectBase, EventBase, Outside, Ticket, fold

if TYPE_CHECKING:
    from ticketcore._parts import DeskParts

__all__ = ["Comparison", "Differing", "Listed", "Sums", "compare", "compared", "same_outcome", "watched_over"]

_TO_STAFF: Final = frozenset({"notify", "route", "create_follow_up", "create_child", "forward_reply"})
_ELSEWHERE: Final = frozenset({"create_follow_up", "create_child", "forward_reply"})  # answered on another ticket than the one that asks
_SHOWN: Final = 10  # tickets, reasons and listed moments in the printed form


@frozen(kw_only=True)
class Sums:
    """What one desk made of a history in all.

    ``events``: outside events that were taken; ``decided``: all that was recorded besides. ``breaches`` and ``warnings`` count by
    metric, as recorded; ``met`` and ``late`` are the verdicts that stand at the end. ``priorities`` and ``statuses`` count the tickets
    by what they have at the end, ``assignments`` how often each agent was given one, ``effects`` what would have been sent by kind,
    ``rules`` how often each fired. ``effort`` counts what people did or were asked to do: the events of agents that were taken, and
    the effects that ask staff for something (notices to anybody but the requester, routes, follow-up and child tickets, forwarded
    replies). ``observed``: moves that the desk refuses and that were taken as the log says, or at a later instant; ``refused``: moments
    that could not be taken at all; ``dropped``: events that answer an effect which the desk did not send.

    >>> from ticketcore import Created, Desk, Resolved
    >>> history = [Created(at=0, ticket="T-1"), Resolved(at=60_000_000, ticket="T-1"), Created(at=0, ticket="T-2")]
    >>> sums = compare(Desk(), Desk(), history).a
    >>> sums.tickets, sums.events, dict(sums.statuses)
    (2, 3, {'new': 1, 'resolved': 1})
    """

    tickets: int
    events: int
    decided: int
    effort: int
    observed: int
    refused: int
    dropped: int
    breaches: FrozenMap[str, int]
    warnings: FrozenMap[str, int]
    met: FrozenMap[str, int]
    late: FrozenMap[str, int]
    priorities: FrozenMap[str, int]
    statuses: FrozenMap[str, int]
    assignments: FrozenMap[str, int]
    effects: FrozenMap[str, int]
    rules: FrozenMap[str, int]

    def rows(self) -> Iterator[tuple[str, str, int]]:
        """Every figure as (what, of which, how many).

        >>> from ticketcore import Created, Desk
        >>> list(compare(Desk(), Desk(), [Created(at=0, ticket="T-1")]).a.rows())[:3]
        [('tickets', '', 1), ('events', '', 1), ('decided', '', 3)]
        """
        for name in _PLAIN_SUMS:
            yield name, "", getattr(self, name)
        for name in _COUNTED_SUMS:
            for of, count in getattr(self, name).items():
                yield name, of, count


_PLAIN_SUMS: Final = ("tickets", "events", "decided", "effort", "observed", "refused", "dropped")
_COUNTED_SUMS: Final = ("breaches", "warnings", "met", "late", "priorities", "statuses", "assignments", "effects", "rules")


@frozen(kw_only=True)
class Listed:
    """A moment that only one of the desks (``a`` or ``b``) observed, refused or dropped, and why.

    >>> from ticketcore import Closed, Created, Desk, Lifecycle
    >>> history = [Created(at=0, ticket="T-1"), Closed(at=60_000_000, ticket="T-1")]
    >>> lenient = Desk(lifecycle=Lifecycle(moves={"new": {"close": "closed"}}))
    >>> [one] = compare(Desk(), lenient, history).listed
    >>> one.desk, one.what, one.ticket, one.reason.partition(";")[0]
    ('a', 'observed', 'T-1', 'close: new has no such move')
    >>> one.row()["kind"], one.row()["at"]
    ('closed', '1970-01-01T00:01:00Z')
    """

    desk: str
    what: str
    ticket: str
    at_us: int = field(repr=iso)
    kind: str
    reason: str

    def __str__(self) -> str:
        return f"{iso(self.at_us)} {self.ticket} {self.kind}: {self.what} by desk {self.desk}: {self.reason}"

    def row(self) -> dict[str, Any]:
        """The same as a flat row of plain data."""
        return {
            "desk": self.desk, "what": self.what, "ticket": self.ticket, "at": iso(self.at_us), "kind": self.kind, "reason": self.reason,
        }  # fmt: skip


@frozen(kw_only=True)
class Differing:
    """One ticket that differs: where first, and how it ended (``ends``: the fields that differ at the end, with their two values).

    >>> from ticketcore import Action, Created, Desk, Rule
    >>> urgent = Desk(rules=[Rule(name="hot", on=["created"], then=[Action("set_priority", "urgent")])])
    >>> [one] = compare(Desk(), urgent, [Created(at=0, ticket="T-1")]).tickets
    >>> one.ticket, one.ends["priority"], one.first_difference.reason.kind
    ('T-1', ('low', 'urgent'), 'rule')
    >>> one.row()["decision_a"], one.row()["decision_b"]
    ('nothing', 'slot_set level urgent')
    """

    ticket: str
    first_difference: Difference
    ends: FrozenMap[str, tuple[Any, Any]]
    breaches: tuple[int, int]
    effects: tuple[int, int]

    def __str__(self) -> str:
        return f"{self.ticket}: {self.first_difference}"

    def row(self) -> dict[str, Any]:
        """The same as a flat row of plain data; ``decision`` and ``why`` are of the first difference."""
        told = self.first_difference.data()
        del told["changed"]
        return {
            "ticket": self.ticket, **told, "breaches_a": self.breaches[0], "breaches_b": self.breaches[1], "effects_a": self.effects[0],
            "effects_b": self.effects[1], "ends": ", ".join(self.ends),
        }  # fmt: skip


@frozen(kw_only=True)
class Comparison:
    """What a history comes to under two desks, *a* and *b*. Prints as a summary; ``rows`` and ``data`` give it plain.

    ``tickets`` are those that differ, in the order in which they first did. ``listed`` are the moments that only one desk observed,
    refused or dropped. ``forgotten`` counts events of tickets that were over (with ``keep="open"``).

    >>> from ticketcore import Action, Created, Desk, Rule
    >>> loud = Desk(name="loud", rules=[Rule(name="ack", on=["created"], then=[Action("notify", "lead")])])
    >>> found = compare(Desk(name="quiet"), loud, [Created(at=0, ticket="T-1")])
    >>> found.is_same, found.reasons(), [row for row in found.sums() if row["what"] == "effects"]
    (False, {('rule', 'ack'): 1}, [{'what': 'effects', 'of': 'notify', 'a': 0, 'b': 1, 'change': 1}])
    >>> print(found)
    1 of 1 tickets differ between a (quiet) and b (loud)
      effort: 0 -> 1 (+1)
      effects notify: 0 -> 1 (+1)
    because of:
      rule 'ack': 1
    first:
      T-1: 1970-01-01T00:00:00Z created: rule 'ack' (a: no such rule; b: fired, when always): nothing | notify to lead level 0
    """

    names: tuple[str, str]
    until_us: int | None = field(repr=iso)
    tickets: tuple[Differing, ...]
    listed: tuple[Listed, ...]
    a: Sums
    b: Sums
    forgotten: int = 0

    @property
    def until(self) -> DateTime | None:
        """Up to when time went on."""
        return None if self.until_us is None else from_us(self.until_us)

    @property
    def is_same(self) -> bool:
        """Whether no ticket differs."""
        return not self.tickets

    def ticket(self, name: str) -> Differing:
        """What differs in the ticket of that name. Raises `WrongTicket` when nothing does.

        >>> from ticketcore import Action, Created, Desk, Rule
        >>> urgent = Desk(rules=[Rule(name="hot", on=["created"], then=[Action("set_priority", "urgent")])])
        >>> found = compare(Desk(), urgent, [Created(at=0, ticket="T-1")])
        >>> found.ticket("T-1").ends["priority"], str(found.until), found.data()["reasons"]
        (('low', 'urgent'), '1970-01-01 00:00:00+00:00', [{'kind': 'rule', 'name': 'hot', 'tickets': 1}])
        """
        for one in self.tickets:
            if one.ticket == name:
                return one
        raise WrongTicket(f"ticket {name!r} does not differ", value=shorten(name))

    def reasons(self) -> dict[tuple[str, str], int]:
        """How many tickets first differ because of what: (kind, name) with the count, the most frequent first."""
        counts = Counter((one.first_difference.reason.kind, one.first_difference.reason.name) for one in self.tickets)
        return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))

    def rows(self) -> list[dict[str, Any]]:
        """One flat row of plain data for each ticket that differs, ready for a data frame.

        >>> from ticketcore import Action, Created, Desk, Rule
        >>> urgent = Desk(rules=[Rule(name="hot", on=["created"], then=[Action("set_priority", "urgent")])])
        >>> [row] = compare(Desk(), urgent, [Created(at=0, ticket="T-1")]).rows()
        >>> row["ticket"], row["kind"], row["name"], row["decision_b"]
        ('T-1', 'rule', 'hot', 'slot_set level urgent')
        """
        return [one.row() for one in self.tickets]

    def sums(self) -> list[dict[str, Any]]:
        """One row for each figure: ``what``, ``of`` (a metric, a level, an agent, a kind, a rule), ``a``, ``b`` and ``change``."""
        a, b = ({(what, of): count for what, of, count in sums.rows()} for sums in (self.a, self.b))
        order = {name: place for place, name in enumerate((*_PLAIN_SUMS, *_COUNTED_SUMS))}
        rows = []
        for what, of in sorted({*a, *b}, key=lambda key: (order[key[0]], key[1])):
            one, other = a.get((what, of), 0), b.get((what, of), 0)
            rows.append({"what": what, "of": of, "a": one, "b": other, "change": other - one})
        return rows

    def data(self) -> dict[str, Any]:
        """The whole comparison as plain data."""
        return {
            "a": self.names[0], "b": self.names[1], "until": None if self.until_us is None else iso(self.until_us), "rows": self.rows(),
            "sums": self.sums(), "listed": [one.row() for one in self.listed], "forgotten": self.forgotten,
            "reasons": [{"kind": kind, "name": name, "tickets": count} for (kind, name), count in self.reasons().items()],
        }  # fmt: skip

    def __str__(self) -> str:
        count = len(self.tickets)
        head = f"{count:,} of {max(self.a.tickets, self.b.tickets):,} tickets differ between a ({self.names[0]}) and b ({self.names[1]})"
        lines = [head, *(f"  {line}" for line in self._changes())]
        if self.tickets:
            lines.append("because of:")
            lines += [f"  {kind}{f' {name!r}' if name else ''}: {found:,}" for (kind, name), found in list(self.reasons().items())[:_SHOWN]]
            lines.append("first:")
            lines += _first([str(one) for one in self.tickets])
        if self.listed:
            lines += ["listed:", *_first([str(one) for one in self.listed])]
        if self.forgotten:
            lines.append(f"{self.forgotten:,} events of tickets that were over were passed over")
        return "\n".join(lines)

    def _changes(self) -> Iterator[str]:
        for row in self.sums():
            if row["change"] and row["what"] not in ("decided", "rules"):
                what = " ".join(filter(None, (row["what"], row["of"])))
                yield f"{what}: {row['a']:,} -> {row['b']:,} ({row['change']:+,})"


def _first(lines: Sequence[str]) -> list[str]:
    shown = [f"  {line}" for line in lines[:_SHOWN]]
    return [*shown, f"  ... and {len(lines) - _SHOWN:,} more"] if len(lines) > _SHOWN else shown


# --- counting --------------------------------------------------------------------------------------------------------


class _Tally:
    """Counts what one desk makes of a history."""

    __slots__ = ("assigned", "breaches", "decided", "dropped", "effects", "effort", "events", "observed", "refused", "rules", "warnings")

    def __init__(self) -> None:
        self.events = self.decided = self.effort = self.observed = self.refused = self.dropped = 0
        self.breaches: dict[str, int] = {}
        self.warnings: dict[str, int] = {}
        self.assigned: dict[str, int] = {}
        self.effects: dict[str, int] = {}
        self.rules: dict[str, int] = {}

    def count(self, outcome: Outcome, taken: int) -> int:
        """Count an outcome in which so many outside events were taken; how often it breached a promise."""
        events, breached = outcome.events, 0
        self.events += taken
        self.decided += len(events) - taken
        for event in events:
            kind = event.kind
            if taken and event.is_outside and not event.cause:
                taken -= 1
                self._outside(event)  # type: ignore[arg-type]  # as its class says
            if kind in _COUNTED:
                table, part = _COUNTED[kind]
                counts, name = getattr(self, table), getattr(event, part)
                counts[name] = counts.get(name, 0) + 1
                breached += kind == "breached"
        for effect in outcome.effects:
            kind = effect.kind
            self.effects[kind] = self.effects.get(kind, 0) + 1
            if kind in _TO_STAFF and getattr(effect, "to", "") != "requester":
                self.effort += 1
        return breached

    def _outside(self, event: Outside) -> None:
        self.effort += type(event.by) is Agent
        self.observed += bool(event.deviation)
        if isinstance(event, Created) and event.assignee is not None:
            self.assigned[event.assignee] = self.assigned.get(event.assignee, 0) + 1


_COUNTED: Final[Mapping[str, tuple[str, str]]] = FrozenMap({
    "breached": ("breaches", "metric"), "warned": ("warnings", "metric"), "assigned": ("assigned", "agent"),
    "rule_fired": ("rules", "rule"),
})  # fmt: skip


class _Ends:
    """Counts how the tickets of one desk end."""

    __slots__ = ("late", "met", "priorities", "statuses", "tickets")

    def __init__(self) -> None:
        self.tickets = 0
        self.met: dict[str, int] = {}
        self.late: dict[str, int] = {}
        self.priorities: dict[str, int] = {}
        self.statuses: dict[str, int] = {}

    def count(self, ticket: Ticket) -> None:
        """Count a ticket of which no more will be heard."""
        self.tickets += 1
        self.priorities[ticket.priority] = self.priorities.get(ticket.priority, 0) + 1
        self.statuses[ticket.status] = self.statuses.get(ticket.status, 0) + 1
        for metric, clock in ticket.clocks.items():
            if clock.met:
                self.met[metric] = self.met.get(metric, 0) + clock.met
            if clock.late:
                self.late[metric] = self.late.get(metric, 0) + clock.late


def _sums(tallies: Sequence[_Tally], ends: _Ends) -> Sums:
    def counted(name: str) -> FrozenMap[str, int]:
        total: Counter[str] = Counter()
        for tally in tallies:
            total.update(getattr(tally, name))
        return _sorted(total)

    plain = {name: sum(getattr(tally, name) for tally in tallies) for name in _PLAIN_SUMS[1:]}
    return Sums(
        tickets=ends.tickets, **plain, breaches=counted("breaches"), warnings=counted("warnings"), assignments=counted("assigned"),
        effects=counted("effects"), rules=counted("rules"), met=_sorted(ends.met), late=_sorted(ends.late),
        priorities=_sorted(ends.priorities), statuses=_sorted(ends.statuses),
    )  # fmt: skip


def _sorted(counts: Mapping[str, int]) -> FrozenMap[str, int]:
    return FrozenMap({name: counts[name] for name in sorted(counts)})


# --- the run ---------------------------------------------------------------------------------------------------------


class _Pair:
    """One ticket under both desks. While it is *together* only the first desk's ticket is kept; the other is the same but for the desk."""

    __slots__ = ("breaches", "difference", "effects", "logged", "sent", "ticket", "together")

    def __init__(self, *, together: bool) -> None:
        self.together = together
        self.ticket: list[Ticket | None] = [None, None]
        sent: dict[str, EffectBase] = {}
        self.sent = [sent, sent if together else {}]  # what was asked of the host, by key: one dict as long as it is the same
        self.difference: Difference | None = None
        self.logged = 0  # how many events the log of the first desk has held for it so far
        self.breaches = [0, 0]
        self.effects = [0, 0]


class _Run:
    """A comparison under way."""

    def __init__(self, a: Desk, b: Desk, both: Joint | None, *, keep_all: bool) -> None:
        self.desks = (a, b)
        self.both = both
        self.keep_all = keep_all
        self.pairs: dict[str, _Pair] = {}
        self.askers: dict[str, _Pair] = {}  # by the key of an effect that another ticket answers: who asked
        self.shared = _Tally()
        self.tallies = (_Tally(), _Tally())
        self.ends = (_Ends(), _Ends())
        self.place = 0  # of the moment in the history
        self.differing: list[tuple[int, str, _Pair]] = []
        self.done: dict[str, Differing] = {}
        self.listed: list[tuple[int, Listed]] = []
        self.forgotten = 0
        self.wakes: list[tuple[int, str]] = []  # a heap, outdated ones among them
        self.last_us: int | None = None

    def feed(self, moment: tuple[Outside, ...]) -> None:
        """Take one moment under both desks."""
        first = moment[0]
        name = first.ticket
        if not name:
            raise WrongTicket("an event of a history names its ticket", value=first.kind, hint="give ticket=")
        if not self.keep_all:
            self._live_up_to(first.at_us, name)
        pair = self.pairs.get(name)
        if pair is None:
            if not isinstance(first, Created) and not self.keep_all:
                self.forgotten += len(moment)
                return
            if not isinstance(first, Created):
                raise WrongTicket(f"no ticket {name!r} in this history yet", value=name, hint="it begins with a Created event")
            pair = self.pairs[name] = _Pair(together=self.both is not None)
        if self.last_us is None or first.at_us > self.last_us:
            self.last_us = first.at_us
        if any(event.answers for event in moment):
            self._live_before(name, moment)
        self._hear(pair, moment)
        self._take(name, pair, moment, first.at_us)
        if not self.keep_all:
            self._watch(name, pair)

    def feed_recorded(self, moment: tuple[Outside, ...], events: Sequence[EventBase]) -> None:
        """Take a step as the first desk recorded it; where something has to be known that is not in the log, take it anew.

        What time brought is then not taken at all: the next moment lives through it, or the end.
        """
        name, end_us = events[0].ticket, events[-1].at_us
        pair = self.pairs.get(name)
        ticket = None if pair is None or not pair.together else pair.ticket[0]
        known = pair is not None and ticket is not None and ticket.version == pair.logged
        known = known and not any(event.answers and event.answers in self.askers for event in moment)
        if pair is not None and ticket is not None and known and self.both is not None and not self.both.must_step(events):
            if not self.keep_all:
                self._live_up_to(end_us, name)
            pair.ticket[0] = ticket = fold(events, ticket)
            breached = self.shared.count(Outcome(ticket=ticket, events=tuple(events)), len(moment))
            pair.breaches = [count + breached for count in pair.breaches]
            if not self.keep_all:
                self._watch(name, pair)
        elif any(event.answers for event in moment):
            self.feed(moment)
        elif pair is not None and self._is_known(pair) and self.both is not None and not self.both.asks(events):
            self._second_alone(name, pair, moment, events)
        elif moment:
            self.feed(moment)
        pair = self.pairs.get(name)
        if pair is not None:
            pair.logged += len(events)
        self.last_us = end_us if self.last_us is None else max(self.last_us, end_us)

    def _is_known(self, pair: _Pair) -> bool:
        """Whether the ticket is known to differ, and the first desk's is as far as its log: then only the second desk has to step."""
        ticket = pair.ticket[0]
        return self.keep_all and not pair.together and pair.difference is not None and ticket is not None and ticket.version == pair.logged

    def _second_alone(self, name: str, pair: _Pair, moment: tuple[Outside, ...], events: Sequence[EventBase]) -> None:
        """A recorded step of the first desk as it stands; the second desk takes the moment, and lives through time when it next does."""
        ticket = fold(events, pair.ticket[0])
        pair.ticket[0] = ticket
        one = Taken(ticket=ticket, outcome=Outcome(ticket=ticket, events=tuple(events)))
        kept = (moment, moment)  # it answers nothing
        taken = [one, self._take_alone(pair, 1, moment, kept[1], moment[0].at_us, {})] if moment else [one]
        for side, each in enumerate(taken):
            if each.outcome is not None:
                self._note(pair, side, self.tallies[side], each.outcome, len(kept[side]))
        if moment:
            self._list(name, moment, kept, taken)

    def settle(self, until_us: int) -> None:
        """Let time pass for every ticket, after all that happened to any."""
        self.differing.sort(key=itemgetter(0))
        self.listed.sort(key=itemgetter(0))
        for name, pair in self.pairs.items():
            self._take(name, pair, (), until_us)

    def _take(self, name: str, pair: _Pair, moment: tuple[Outside, ...], at_us: int) -> None:
        """One moment, or (with none) time up to and including an instant."""
        if pair.together:
            if self._step_together(pair, moment, at_us):
                return
            self._part(pair)
        self._step_apart(name, pair, moment, at_us)

    def _step_together(self, pair: _Pair, moment: tuple[Outside, ...], at_us: int) -> bool:
        """One step for both; False where each desk must take it by itself."""
        ticket, both = pair.ticket[0], self.both
        assert both is not None  # noqa: S101 - tickets are together only if the desks can be
        if not moment and ticket is not None and ticket.memo is not None and (ticket.memo.wake_us is None or ticket.memo.wake_us > at_us):
            return True  # time brings it nothing
        kept = moment
        for event in moment:
            if event.answers and event.answers not in pair.sent[0]:
                if pair.sent[0] is not pair.sent[1]:
                    return False
                kept = tuple(one for one in moment if not one.answers or one.answers in pair.sent[0])
                break
        if pair.sent[0] is not pair.sent[1] and any(event.answers for event in moment):
            return False
        try:
            if kept:
                outcome = Together(both, ticket).handle(kept)
            elif moment or ticket is None:
                outcome = None
            else:
                outcome = Together(both, ticket).tick(at_us)
        except Apart:
            return False
        except TicketcoreError:
            self.shared.refused += 1
            outcome = None
        if outcome is not None and both.may_skip(outcome.events):
            return False
        self.shared.dropped += len(moment) - len(kept)
        if outcome is not None:
            pair.breaches[1] += self._note(pair, 0, self.shared, outcome, len(kept))
            pair.effects[1] += len(outcome.effects)
            if outcome.effects and pair.sent[0] is not pair.sent[1]:
                pair.sent[1].update({effect.key: effect for effect in outcome.effects})
        return True

    def _live_before(self, name: str, moment: tuple[Outside, ...]) -> None:
        """Let time pass for the tickets that may have sent what a moment answers: time may have brought it since."""
        keys = [event.answers for event in moment]
        senders = {key[:end]: None for key in keys for end, letter in enumerate(key) if letter == "/" and key[:end] in self.pairs}
        for sender in {name: None, **senders}:
            self._take(sender, self.pairs[sender], (), moment[0].at_us - 1)

    def _hear(self, pair: _Pair, moment: tuple[Outside, ...]) -> None:
        """Let a ticket know what another has asked of the host, where it answers that: a follow-up, a child, a reply handed on to it."""
        for event in moment:
            asker = self.askers.get(event.answers) if event.answers else None
            if event.answers and asker is None and self._is_over(event.answers):
                gone = EffectBase(key=event.answers, at=event.at_us, ticket="")
                for sent in pair.sent:
                    sent[event.answers] = gone
            if asker is None or asker is pair:
                continue
            kind = next(sent[event.answers].kind for sent in asker.sent if event.answers in sent)
            heard = [{key: effect for key, effect in sent.items() if effect.kind == kind} for sent in asker.sent]
            if pair.sent[0] is pair.sent[1] and heard[0] != heard[1]:
                pair.sent[1] = dict(pair.sent[0])
            for sent, more in zip(pair.sent, heard, strict=True):
                sent.update(more)

    def _is_over(self, key: str) -> bool:
        """Whether the effect of this key is of a ticket that is forgotten: then both desks are taken to have asked for it."""
        return not self.keep_all and not any(key[:end] in self.pairs for end, letter in enumerate(key) if letter == "/")

    def _part(self, pair: _Pair) -> None:
        """Give each desk a ticket of its own."""
        ticket = pair.ticket[0]
        pair.together = False
        if pair.sent[0] is pair.sent[1]:
            pair.sent[1] = dict(pair.sent[0])
        if ticket is not None:
            pair.ticket[0] = changed(ticket, memo=None)  # it also tells when a watched rule would rise
            pair.ticket[1] = of_desk(ticket, self.desks[1].fingerprint)

    def _note(self, pair: _Pair, side: int, tally: _Tally, outcome: Outcome, taken: int) -> int:
        """Keep and count what came of a step in which so many outside events were taken; how often it breached a promise."""
        pair.ticket[side] = outcome.ticket
        breached = tally.count(outcome, taken)
        pair.breaches[side] += breached
        if outcome.effects:
            pair.effects[side] += len(outcome.effects)
            sent = pair.sent[side]
            for effect in outcome.effects:
                sent[effect.key] = effect
                if effect.kind in _ELSEWHERE:
                    self.askers[effect.key] = pair
        return breached

    def _step_apart(self, name: str, pair: _Pair, moment: tuple[Outside, ...], at_us: int) -> None:
        """One step of each desk, and what differs between the two."""
        kept = (self._answered(pair, 0, moment), self._answered(pair, 1, moment))
        folds: dict[Any, Any] = {}
        taken = [self._take_alone(pair, side, moment, kept[side], at_us, folds) for side in (0, 1)]
        is_odd = kept[0] is not moment or kept[1] is not moment
        for side, one in enumerate(taken):
            tally = self.tallies[side]
            observed = tally.observed
            if one.outcome is not None:
                self._note(pair, side, tally, one.outcome, len(kept[side]))
            is_odd = is_odd or one.outcome is None or tally.observed != observed
        if pair.difference is None:
            self._judge(name, pair, moment, at_us, taken)
        if is_odd:
            self._list(name, moment, kept, taken)
        if self.both is not None:
            self._join(pair)

    def _answered(self, pair: _Pair, side: int, moment: tuple[Outside, ...]) -> tuple[Outside, ...]:
        """The moment without the events that answer an effect which this desk did not send.

        Where it sent the same effect under another key (its rule has another name), the event answers that one.
        """
        for event in moment:
            if event.answers:
                break
        else:
            return moment
        mine, theirs = pair.sent[side], pair.sent[1 - side]
        found: list[Outside] = []
        for event in moment:
            sent, known = mine.get(event.answers), theirs.get(event.answers)
            if not event.answers or (sent is not None and (side == 0 or known is None or known.kind == sent.kind)):
                found.append(event)  # by one key each may have sent another kind of effect: the history knows the first desk's
            elif sent is None and event.answers in theirs:
                shape = effect_shape(theirs[event.answers])
                key = next((effect.key for effect in mine.values() if effect_shape(effect) == shape), None)
                if key is not None:
                    found.append(changed(event, answers=key))
        return tuple(found)

    def _take_alone(
        self, pair: _Pair, side: int, moment: tuple[Outside, ...], kept: tuple[Outside, ...], at_us: int, folds: dict[Any, Any]
    ) -> Taken:
        """One moment, or time, under one desk; *folds* keeps the folded texts, which are the same for both."""
        ticket, desk, tally = pair.ticket[side], self.desks[side], self.tallies[side]
        tally.dropped += len(moment) - len(kept)
        if moment and not kept:
            return Taken(ticket=ticket, outcome=None, refused="dropped: it answers an effect that was not sent")
        if not moment:
            outcome = None if ticket is None else desk.tick(ticket, at_us)
            return Taken(ticket=outcome.ticket if outcome else None, outcome=outcome)
        try:
            run = StepRun(cast("DeskParts", desk), ticket, restamp=True, observe=True, folds=folds)
            outcome = run.handle(kept)
        except TicketcoreError as error:
            tally.refused += 1
            return Taken(ticket=ticket, outcome=None, refused=f"refused: {error}")
        return Taken(ticket=outcome.ticket, outcome=outcome)

    def _judge(self, name: str, pair: _Pair, moment: tuple[Outside, ...], at_us: int, taken: Sequence[Taken]) -> None:
        """Whether the two runs of a moment differ; if so, where and why."""
        a, b = taken
        if a.outcome is None and b.outcome is None:
            return  # refused or dropped by both
        if a.outcome is not None and b.outcome is not None and same_outcome(a.outcome, b.outcome):
            return
        changes = FrozenMap({}) if a.ticket is None or b.ticket is None else changes_between(a.ticket, b.ticket)
        pair.difference = difference_between(self.desks, at_us, moment, a, b, changes)
        self.differing.append((self.place, name, pair))

    def _list(
        self, name: str, moment: tuple[Outside, ...], kept: tuple[tuple[Outside, ...], tuple[Outside, ...]], taken: Sequence[Taken]
    ) -> None:
        """List what only one of the desks observed, refused or dropped."""
        odd: tuple[dict[tuple[str, str, int], str], ...] = ({}, {})
        for side, one in enumerate(taken):
            stored = {event.kind: event.id for event in kept[side]}
            if one.refused.startswith("refused"):
                odd[side]["refused", moment[0].kind, moment[0].at_us] = one.refused.removeprefix("refused: ")
            for event in moment:
                if event.answers and event.kind not in stored:
                    odd[side]["dropped", event.kind, event.at_us] = f"it answers {event.answers!r}, which was not sent"
            if one.outcome is not None and moment:
                for recorded in one.outcome.events:
                    if isinstance(recorded, Outside) and recorded.deviation and not recorded.cause:
                        odd[side]["observed", recorded.kind, moment[0].at_us] = recorded.deviation
        for side in (0, 1):
            for (what, kind, at_us), why in odd[side].items():
                if (what, kind, at_us) not in odd[1 - side]:
                    listed = Listed(desk="ab"[side], what=what, ticket=name, at_us=at_us, kind=kind, reason=why)
                    self.listed.append((self.place, listed))

    def _join(self, pair: _Pair) -> None:
        """Step the ticket for both again where it is the same but for the desk, and no rule that differs keeps count on it."""
        a, b = pair.ticket
        if a is None or b is None or a.version != b.version or self.both is None or not self.both.may_join(a):
            return
        if may_be_same(a, b) and of_desk(b, self.desks[0].fingerprint) == a:
            pair.together = True
            pair.ticket = [changed(a, memo=None), None]  # the memo does not tell when a watched rule would rise

    # --- keeping what is open ----------------------------------------------------------------------------------------

    def _live_up_to(self, at_us: int, ticket: str) -> None:
        """Let time pass for the tickets to which it brings something before an instant: a rule may close them, and then they are over."""
        if self.last_us is not None and at_us < self.last_us:
            hint = 'sort it, or use keep="all"'
            raise BadValue('keep="open" reads a history in order of time over all tickets', value=shorten(ticket), hint=hint)
        while self.wakes and self.wakes[0][0] < at_us:
            wake_us, name = heappop(self.wakes)
            pair = self.pairs.get(name)
            if pair is not None and self._wake_us(pair) == wake_us:  # else something happened meanwhile
                self._take(name, pair, (), at_us - 1)
                self._watch(name, pair)

    def _watch(self, name: str, pair: _Pair) -> None:
        """Forget a ticket that is over under both desks, or remember when time will bring it something."""
        wake_us = self._wake_us(pair)
        if wake_us is not None:
            heappush(self.wakes, (wake_us, name))
        elif all(ticket is not None and ticket.category in FINISHED for ticket in self._tickets(pair)):
            self._end(name, self.pairs.pop(name))
            for sent in pair.sent:
                for key in sent:
                    self.askers.pop(key, None)

    def _tickets(self, pair: _Pair) -> list[Ticket | None]:
        return pair.ticket[:1] if pair.together else pair.ticket

    def _wake_us(self, pair: _Pair) -> int | None:
        """The first instant at which time brings the ticket something under one of the desks."""
        ticket = pair.ticket[0]
        if pair.together and ticket is not None and self.both is not None:  # of the desks as one
            return Together(self.both, ticket).wake_us() if ticket.memo is None else ticket.memo.wake_us
        wakes = [desk.wake_us(each) for desk, each in zip(self.desks, pair.ticket, strict=True) if each is not None]
        return min((wake for wake in wakes if wake is not None), default=None)

    def _end(self, name: str, pair: _Pair) -> None:
        a, b = pair.ticket
        if pair.together:
            b = a
        for side, ticket in enumerate((a, b)):
            if ticket is not None:
                self.ends[side].count(ticket)
        if pair.difference is not None:
            ends: FrozenMap[str, tuple[Any, Any]] = FrozenMap({}) if a is None or b is None else changes_between(a, b)
            self.done[name] = Differing(
                ticket=name, first_difference=pair.difference, ends=ends, breaches=(pair.breaches[0], pair.breaches[1]),
                effects=(pair.effects[0], pair.effects[1]),
            )  # fmt: skip

    def result(self, until_us: int | None) -> Comparison:
        """What it came to."""
        for name, pair in self.pairs.items():
            self._end(name, pair)
        return Comparison(
            names=(self.desks[0].name, self.desks[1].name), until_us=until_us, listed=tuple(one for _, one in self.listed),
            forgotten=self.forgotten, tickets=tuple(self.done[name] for _, name, _ in self.differing),
            a=_sums((self.shared, self.tallies[0]), self.ends[0]), b=_sums((self.shared, self.tallies[1]), self.ends[1]),
        )  # fmt: skip


def same_outcome(a: Outcome, b: Outcome) -> bool:
    """Whether two outcomes show the same."""
    if ticket_shape(a.ticket) != ticket_shape(b.ticket):
        return False
    mine, theirs = ([event_shape(event) for event in outcome.events if is_telling(event)] for outcome in (a, b))
    if not _match(mine, theirs):
        return False
    mine, theirs = ([effect_shape(effect) for effect in outcome.effects] for outcome in (a, b))
    return _match(mine, theirs)


def _match(mine: list[Shape], theirs: list[Shape]) -> bool:
    return len(mine) == len(theirs) and not left_over(mine, theirs)


def compare(
    desk_a: Desk, desk_b: Desk, history: Iterable[EventBase], *, until: datetime | int | None = None, keep: str = "all",
    recorded: bool = False,
) -> Comparison:  # fmt: skip
    """What *history* comes to under two desks: which tickets differ, at which event first, why, and what it does in all.

    The events of the outside world stay, what a desk decided is derived anew by both, and then time passes up to *until* (if not
    given, the instant of the last event). A move that a desk refuses is observed, an event that comes too late for it is taken as soon
    as it can be, and one that answers an effect which it did not send is dropped; each is counted, and listed where only one of the
    desks does it. Two runs differ where a ticket, what is recorded of it or what goes out differs after a moment; names of rules and the
    order within one instant make no difference.

    ``keep="open"`` forgets a ticket that is closed or removed under both desks with nothing due, so that memory is bounded by the open
    tickets and what differs; the history must then be in order of time over all tickets. Events of tickets that are not known (any
    more) are passed over, and counted; what answers an effect of such a ticket, as a follow-up does, is taken.

    With *recorded*, the history is the log that *desk_a* made of it, all events of each step together, and what it decided is taken as it
    stands instead of being derived anew: much faster where the desks differ in a few rules that listen to events, and the same.

    Raises `WrongTicket` for an event that names no ticket or (unless tickets are forgotten) one before its `Created`, and `BadValue`,
    also for a log that *desk_a* did not make.

    >>> from ticketcore import Action, Created, Desk, Person, Rule
    >>> plain = Desk(name="now")
    >>> trial = plain.evolve(name="trial", rules=[Rule(name="vip", on=["created"], then=[Action("set_priority", "high")])])
    >>> found = compare(plain, trial, [Created(at=0, ticket="T-1", by=Person(name="Ada"))])
    >>> str(found.tickets[0].first_difference.reason)
    "rule 'vip' (a: no such rule; b: fired, when always)"
    >>> compare(plain, plain, [Created(at=0, ticket="T-1", by=Person(name="Ada"))]).is_same
    True
    """
    for name, desk in (("desk_a", desk_a), ("desk_b", desk_b)):
        check_kind(desk, Desk, "a desk", "compare(desk_a, desk_b, history)", name)
    return compared(desk_a, desk_b, history, joint(desk_a, desk_b), until=until, keep=keep, recorded=recorded)


def _read_moment(moment: tuple[Outside, ...]) -> tuple[str, tuple[Outside, ...]]:
    """The ticket of a moment, and the moment."""
    return moment[0].ticket, moment


def _read_step(step: tuple[tuple[Outside, ...], list[EventBase]]) -> tuple[str, tuple[Outside, ...]]:
    """The ticket of a recorded step, and its moment."""
    moment, events = step
    return events[0].ticket, moment


def compared(
    desk_a: Desk, desk_b: Desk, history: Iterable[EventBase], both: Joint | None, *, until: datetime | int | None = None,
    keep: str = "all", recorded: bool = False,
) -> Comparison:  # fmt: skip
    """`compare`, stepping tickets for both desks as one with *both*; with None, each desk by itself, always: the plain meaning."""
    if keep not in ("all", "open"):
        raise BadValue(f"keep is all or open, not {shorten(keep)}", value=shorten(keep))
    run = _Run(desk_a, desk_b, both, keep_all=keep == "all")
    if recorded:
        log = steps(history, desk_a.fingerprint)
        for place, (moment, events) in ticket_by_ticket(log, _read_step) if run.keep_all else enumerate(log):
            run.place = place
            run.feed_recorded(moment, events)
    else:
        outside = moments(history)
        for place, moment in ticket_by_ticket(outside, _read_moment) if run.keep_all else enumerate(outside):
            run.place = place
            run.feed(moment)
    until_us = run.last_us if until is None else maybe_us(until)
    if until_us is not None:
        run.settle(until_us)
    return run.result(until_us)


def watched_over(desk_a: Desk, desk_b: Desk, script: Iterable[tuple[Outside, ...]], until_us: int | None) -> Difference | None:
    """The first difference in the life of one ticket, its moments given, and time up to an instant if any; None if there is none."""
    run = _Run(desk_a, desk_b, None, keep_all=True)
    for moment in script:
        run.feed(moment)
    if until_us is not None:
        run.settle(until_us)
    return run.differing[0][2].difference if run.differing else None
