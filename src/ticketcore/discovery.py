"""What a history shows of the lifecycle that was really lived: the moves with their counts and times, and where it departs from a desk's.

`discover` reads stored events and knows no desk: the table it finds can be drawn and held against a `Lifecycle`. `conform` lives through
the outside events of any history, however messy, under a desk that only observes, and says of each deviation where it was, what
was expected and what was seen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

from attrs import Factory, define, evolve, frozen
from pendulum import DateTime

from ticketcore._incoming import WITHOUT
from ticketcore._moves import RETYPE, quoted
from ticketcore._people import check_event
from ticketcore._time import DAY_US, HOUR_US, MINUTE_US, from_us, iso, say_duration, to_timedelta
from ticketcore._values import FrozenMap
from ticketcore.desk import Desk
from ticketcore.errors import check_kind
from ticketcore.lifecycle import Lifecycle
from ticketcore.model import Created, EventBase, Outside, StatusChanged
from ticketcore.replay import Replay

__all__ = ["Conformance", "Deviation", "Discovered", "Edge", "Fit", "conform", "deviations", "discover"]


@frozen(kw_only=True)
class Edge:
    """One move that was seen: how often, how long tickets had stood in ``was`` before it, and what pulled it how often.

    The median of an even number of times is the lower of the two in the middle. Times are None where a log is cut before the ticket
    came to that status.

    >>> from ticketcore.model import Resolved
    >>> log = [Created(at=0, ticket="T-1"), Resolved(at=3_600_000_000, ticket="T-1")]
    >>> [edge] = conform(Desk(), log).discovered.edges
    >>> edge.was, edge.to, str(edge.median), dict(edge.triggers)
    ('new', 'resolved', '1:00:00', {'resolve': 1})
    >>> edge.shortest == edge.longest == edge.median, edge.row()["median_s"]
    (True, 3600.0)
    """

    was: str
    to: str
    count: int
    shortest_us: int | None
    median_us: int | None
    longest_us: int | None
    triggers: FrozenMap[str, int]

    @property
    def shortest(self) -> timedelta | None:
        """The shortest time in ``was`` before this move."""
        return None if self.shortest_us is None else to_timedelta(self.shortest_us)

    @property
    def median(self) -> timedelta | None:
        """The median time in ``was`` before this move."""
        return None if self.median_us is None else to_timedelta(self.median_us)

    @property
    def longest(self) -> timedelta | None:
        """The longest time in ``was`` before this move."""
        return None if self.longest_us is None else to_timedelta(self.longest_us)

    def row(self) -> dict[str, Any]:
        """The move as a flat row of plain data, times in seconds."""
        times = {"shortest_s": self.shortest_us, "median_s": self.median_us, "longest_s": self.longest_us}
        seconds = {name: None if us is None else us / 1_000_000 for name, us in times.items()}
        return {"was": self.was, "to": self.to, "count": self.count, **seconds, "triggers": dict(self.triggers)}


@frozen(kw_only=True)
class Fit:
    """How a discovered table and a lifecycle go together: moves seen that it does not allow, and moves it allows that were never seen.

    Of the first kind with the triggers that it does not allow, and how often these were seen (the times are of all such moves); of the
    second only those out of a status that some ticket was in.

    >>> from ticketcore.model import Closed
    >>> fit = conform(Desk(), [Created(at=0, ticket="T-1"), Closed(at=5, ticket="T-1")]).discovered.against(Lifecycle())
    >>> [(edge.was, edge.to, dict(edge.triggers)) for edge in fit.unforeseen], fit.unused[:2]
    ([('new', 'closed', {'close': 1})], (('new', 'answered'), ('new', 'resolved')))
    """

    unforeseen: tuple[Edge, ...]
    unused: tuple[tuple[str, str], ...]


@frozen(kw_only=True)
class Discovered:
    """The table of moves that a history shows. ``edges`` come the most frequent first; ``starts`` and ``ends`` count tickets by status.

    >>> from ticketcore.model import Resolved
    >>> from ticketcore.replay import replay
    >>> log = [Created(at=0, ticket="T-1"), Resolved(at=3_600_000_000, ticket="T-1"), Created(at=0, ticket="T-2")]
    >>> found = discover(event for outcome in replay(Desk(), log) for event in outcome.events)
    >>> found.statuses, dict(found.ends), found.count("new", "resolved")
    (('new', 'resolved'), {'new': 1, 'resolved': 1}, 1)
    >>> print(found.mermaid())
    stateDiagram-v2
        state "new" as s0
        state "resolved" as s1
        [*] --> s0 : 2
        s0 --> s1 : once, after 1h
        s0 --> [*] : 1
        s1 --> [*] : 1
    >>> found.rows()[0]["was"], found.rows()[0]["count"]
    ('new', 1)
    """

    tickets: int
    starts: FrozenMap[str, int]
    ends: FrozenMap[str, int]
    edges: tuple[Edge, ...]

    @property
    def statuses(self) -> tuple[str, ...]:
        """Every status that a ticket was in, the ones tickets begin with first."""
        moved = (status for edge in self.edges for status in (edge.was, edge.to))
        return tuple(dict.fromkeys((*sorted(self.starts, key=lambda status: (-self.starts[status], status)), *moved)))

    def count(self, was: str, to: str) -> int:
        """How often tickets moved from *was* to *to*."""
        return next((edge.count for edge in self.edges if (edge.was, edge.to) == (was, to)), 0)

    def rows(self) -> list[dict[str, Any]]:
        """The moves as flat rows, ready for a data frame."""
        return [edge.row() for edge in self.edges]

    def mermaid(self, *, least: int = 1) -> str:
        """The table as a Mermaid state diagram, each move with its count and median time; moves seen less than *least* times left out."""
        nodes = {status: f"s{number}" for number, status in enumerate(self.statuses)}
        lines = ["stateDiagram-v2", *(f"    state {quoted(status)} as {node}" for status, node in nodes.items())]
        lines += [f"    [*] --> {nodes[status]} : {count}" for status, count in self.starts.items() if count >= least]
        for edge in self.edges:
            if edge.count >= least:
                often = "once" if edge.count == 1 else f"{edge.count} times"
                lines.append(f"    {nodes[edge.was]} --> {nodes[edge.to]} : {often}{_after(edge.median_us)}")
        lines += [f"    {nodes[status]} --> [*] : {count}" for status, count in self.ends.items() if count >= least]
        return "\n".join(lines) + "\n"

    def against(self, lifecycle: Lifecycle) -> Fit:
        """What the history and *lifecycle* (with its workflows by type) do not have in common.

        >>> from ticketcore.model import Closed
        >>> from ticketcore.desk import Desk
        >>> log = [Created(at=0, ticket="T-1"), Closed(at=5, ticket="T-1")]
        >>> [(edge.was, edge.to) for edge in conform(Desk(), log).discovered.against(Lifecycle()).unforeseen]
        [('new', 'closed')]
        """
        check_kind(lifecycle, Lifecycle, "a lifecycle", "give desk.lifecycle", "lifecycle")
        allowed = dict.fromkeys(
            (status, end, trigger)
            for workflow in (lifecycle, *lifecycle.by_type.values())
            for status in workflow.rows()
            for trigger, ends in workflow.allowed(status).items()
            for end in ends
        )
        unforeseen = []
        for edge in self.edges:
            odd = {name: count for name, count in edge.triggers.items() if name != RETYPE and (edge.was, edge.to, name) not in allowed}
            if odd:
                unforeseen.append(evolve(edge, count=sum(odd.values()), triggers=FrozenMap(odd)))
        seen, known = {(edge.was, edge.to) for edge in self.edges}, set(self.statuses)
        moves = dict.fromkeys((was, to) for was, to, _ in allowed if was != to)
        return Fit(unforeseen=tuple(unforeseen), unused=tuple(move for move in moves if move not in seen and move[0] in known))


def _after(us: int | None) -> str:
    if us is None:
        return ""
    step = HOUR_US if us >= DAY_US else MINUTE_US
    return f", after {say_duration(us // step * step)}" if us >= MINUTE_US else ", at once"


# --- discovering -----------------------------------------------------------------------------------------------------


@define
class _Seen:
    """What is gathered of one move."""

    count: int = 0
    times: list[int] = Factory(list)
    triggers: Counter[str] = Factory(Counter)


@define
class _Life:
    """Where a ticket stands, and what of its creation still counts as where it begins."""

    status: str = ""
    since_us: int | None = None
    began: frozenset[str] = frozenset()  # ids of the events of people in the moment of its creation
    moment: str = ""


def discover(history: Iterable[EventBase]) -> Discovered:
    """The table of moves in stored events, of one ticket or of many, each in its order; tickets may interleave.

    A status that people gave together with the creation is where the ticket begins, not a move. Events of a log that nobody has
    decided on hold no moves: let a desk live through them first (`conform`).

    >>> from ticketcore.desk import Desk
    >>> from ticketcore.model import Resolved
    >>> from ticketcore.replay import replay
    >>> log = [Created(at=0, ticket="T-1"), Resolved(at=3_600_000_000, ticket="T-1")]
    >>> found = discover(event for outcome in replay(Desk(), log) for event in outcome.events)
    >>> [(edge.was, edge.to, edge.count, str(edge.median)) for edge in found.edges]
    [('new', 'resolved', 1, '1:00:00')]
    """
    check_kind(history, Iterable, "a history of events", "give a list of them", "history")
    finding = _Finding()
    for event in history:
        check_event(event)
        finding.take(event)
    return finding.made()


class _Finding:
    """A discovery in the making."""

    def __init__(self) -> None:
        self.lives: dict[str, _Life] = {}
        self.starts: Counter[str] = Counter()
        self.moves: dict[tuple[str, str], _Seen] = {}

    def take(self, event: EventBase) -> None:
        """Take in the next event of its ticket."""
        if isinstance(event, Created):
            status = event.decided.status if event.decided is not None else ""
            self.lives[event.ticket] = _Life(status, event.at_us, moment=event.moment)
            self.starts[status] += 1
        elif isinstance(event, StatusChanged):
            life = self.lives.get(event.ticket)
            if life is None:  # a log that is cut: nobody knows since when
                life = self.lives[event.ticket] = _Life(event.was)
                self.starts[event.was] += 1
            self._moved(life, event)
        elif isinstance(event, Outside):
            life = self.lives.get(event.ticket)
            if life is not None and not event.cause:
                life.began = life.began | {event.id} if life.moment and event.moment == life.moment else frozenset()

    def _moved(self, life: _Life, event: StatusChanged) -> None:
        if event.cause in life.began and event.cause:
            self.starts[life.status] -= 1
            self.starts[event.to] += 1
        else:
            seen = self.moves.setdefault((event.was, event.to), _Seen())
            seen.count += 1
            seen.triggers[event.trigger] += 1
            if life.since_us is not None:
                seen.times.append(event.at_us - life.since_us)
        life.status, life.since_us = event.to, event.at_us

    def made(self) -> Discovered:
        """What was found so far."""
        edges = [_edge(was, to, seen) for (was, to), seen in self.moves.items()]
        return Discovered(
            tickets=len(self.lives), starts=_counted(self.starts), ends=_counted(Counter(life.status for life in self.lives.values())),
            edges=tuple(sorted(edges, key=lambda edge: (-edge.count, edge.was, edge.to))),
        )  # fmt: skip


def _edge(was: str, to: str, seen: _Seen) -> Edge:
    times = sorted(seen.times)
    middle = times[(len(times) - 1) // 2] if times else None
    return Edge(
        was=was, to=to, count=seen.count, shortest_us=times[0] if times else None, median_us=middle,
        longest_us=times[-1] if times else None, triggers=_counted(seen.triggers),
    )  # fmt: skip


def _counted(counts: Mapping[str, int]) -> FrozenMap[str, int]:
    """Counts that are more than nothing, the largest first."""
    return FrozenMap(dict(sorted(((name, count) for name, count in counts.items() if count), key=lambda pair: (-pair[1], pair[0]))))


# --- conformance -----------------------------------------------------------------------------------------------------

_ORDER: Final = "out of order"
_SEEN: Final = "; seen: "


@frozen(kw_only=True)
class Deviation:
    """One thing in a history that a desk's lifecycle, or the order of time, did not allow; it was observed, and nothing was dropped.

    The place: which ``ticket``, which ``number`` among its outside events (from 1), the ``event``'s id and instant. ``what`` is the
    trigger, or "out of order"; ``why`` the reason, ``expected`` what would have been right, ``seen`` what the log says.

    >>> from ticketcore.model import Closed
    >>> [one] = conform(Desk(), [Created(at=0, ticket="T-1"), Closed(at=60_000_000, ticket="T-1")]).deviations
    >>> one.ticket, one.number, str(one.at), one.kind
    ('T-1', 2, '1970-01-01 00:01:00+00:00', 'close: new -> closed')
    """

    ticket: str
    number: int
    event: str
    at_us: int
    what: str
    why: str
    expected: str
    seen: str

    @property
    def at(self) -> DateTime:
        """When it was taken to have happened."""
        return from_us(self.at_us)

    @property
    def kind(self) -> str:
        """What it is, without the instants: what is counted together."""
        return self.what if self.what == _ORDER else f"{self.what}: {self.seen}"

    def __str__(self) -> str:
        return f"{self.ticket}, event {self.number} ({iso(self.at_us)}): {self.what}: {self.why}; {self.expected}; seen: {self.seen}"

    def row(self) -> dict[str, Any]:
        """The deviation as a flat row of plain data.

        >>> from ticketcore.model import Closed
        >>> row = conform(Desk(), [Created(at=0, ticket="T-1"), Closed(at=5, ticket="T-1")]).deviations[0].row()
        >>> row["what"], row["why"], row["seen"]
        ('close', 'new has no such move', 'new -> closed')
        """
        return {
            "ticket": self.ticket, "number": self.number, "event": self.event, "at": iso(self.at_us), "what": self.what, "why": self.why,
            "expected": self.expected, "seen": self.seen,
        }  # fmt: skip


def deviations(history: Iterable[EventBase]) -> Iterator[Deviation]:
    """The deviations recorded in stored events, in order; tickets may interleave.

    >>> from ticketcore.model import Closed
    >>> closed = Desk().handle(Desk().handle(None, Created(at=0, ticket="T-1")).ticket, Closed(at=60_000_000), observe=True)
    >>> [(one.what, one.seen) for one in deviations(closed.events)]
    [('close', 'new -> closed')]
    """
    check_kind(history, Iterable, "a history of events", "give a list of them", "history")
    numbers: Counter[str] = Counter()
    for event in history:
        check_event(event)
        if isinstance(event, Outside) and not event.cause and event.is_outside:
            numbers[event.ticket] += 1
            for what, why, expected, seen in _read(event.deviation):
                yield Deviation(
                    ticket=event.ticket, number=numbers[event.ticket], event=event.id, at_us=event.at_us, what=what, why=why,
                    expected=expected, seen=seen,
                )  # fmt: skip


def _read(deviation: str) -> Iterator[tuple[str, str, str, str]]:
    """What a deviation says, in its parts: that of the order, of what was not given, and that of `Lifecycle.observe`."""
    if deviation.startswith(f"{_ORDER}: "):
        order, _, deviation = deviation.partition("; ")
        said, _, taken = order.removeprefix(f"{_ORDER}: ").partition(", ")
        yield _ORDER, "it is earlier than what came before it", f"{taken.removeprefix('taken at ')} or later", said.removeprefix("said ")
    head, mark, rest = deviation.partition(_SEEN + WITHOUT)
    if mark and (not rest or rest.startswith("; ")):
        yield *_told(head), WITHOUT
        deviation = rest.removeprefix("; ")
    if deviation:
        said, _, seen = deviation.rpartition(_SEEN)
        yield *_told(said), seen


def _told(said: str) -> tuple[str, str, str]:
    """What is not as it should be, why, and what was expected."""
    what, _, why = said.partition(": ")
    why, mark, expected = why.partition("; allowed: ")
    if not mark:
        why, _, expected = why.rpartition("; ")
    return what, why, mark.removeprefix("; ") + expected


@frozen(kw_only=True)
class Conformance:
    """How a history goes with a desk: the table of moves it shows, and every deviation.

    >>> from ticketcore.model import Closed
    >>> found = conform(Desk(), [Created(at=0, ticket="T-1"), Closed(at=5, ticket="T-1")])
    >>> found.events, len(found.deviations), dict(found.kinds())
    (2, 1, {'close: new -> closed': 1})
    """

    discovered: Discovered
    deviations: tuple[Deviation, ...]
    events: int  # from outside

    def kinds(self) -> FrozenMap[str, int]:
        """How often each kind of deviation was found, the most frequent first."""
        return _counted(Counter(one.kind for one in self.deviations))

    def __str__(self) -> str:
        found = f"tickets: {self.discovered.tickets}, events: {self.events}, deviations: {len(self.deviations)}"
        return "\n".join([found, *(f"  {count} x {kind}" for kind, count in self.kinds().items())])


def conform(desk: Desk, history: Iterable[EventBase]) -> Conformance:
    """Live through *history* under *desk*, which observes: illegal moves are taken as the log says, late events moved to their floor.

    Nothing is dropped; a log that is not even a history (an event before its ticket's creation, an unknown field) raises as
    `Desk.handle` does.

    >>> from ticketcore.model import Closed
    >>> print(conform(Desk(), [Created(at=0, ticket="T-1"), Closed(at=5, ticket="T-1")]))
    tickets: 1, events: 2, deviations: 1
      1 x close: new -> closed
    """
    check_kind(desk, Desk, "a desk", "conform(desk, history)", "desk")
    finding, found, count = _Finding(), list[Deviation](), Counter[str]()
    for outcome in Replay(desk, late="restamp", observe=True).over(history):
        for event in outcome.events:
            finding.take(event)
        given = [event for event in outcome.events if isinstance(event, Outside) and not event.cause]
        before = count[outcome.ticket.id]
        count[outcome.ticket.id] += len(given)
        found += [evolve(one, number=before + one.number) for one in deviations(given)]
    return Conformance(discovered=finding.made(), deviations=tuple(found), events=count.total())
