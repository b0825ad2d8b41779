"""Which ticket comes next: orders as data, their keys, the first few of many, and a queue that is kept.

An order is a tuple of terms, each of which turns a ticket into one int: the smaller, the sooner. The ints and the ticket's id
are its key. No term reads the present instant, so keys change with events only, never as time passes: a sorted queue stays
sorted, and a host may keep the key in an indexed column.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from fractions import Fraction
from functools import partial
from heapq import heapify, heappop, heappush
from itertools import islice
from operator import itemgetter
from typing import Any, ClassVar, Final

from attrs import Factory, evolve, field, frozen

from ticketcore._names import hint
from ticketcore._ticket import check_ticket, no_ticket
from ticketcore._time import duration_us, iso, say_duration, to_timedelta, to_us
from ticketcore._values import FrozenMap, name_set, names
from ticketcore.conditions import View, Vocabulary, compiled, is_timed
from ticketcore.errors import BadValue, DeskError, Problem, UnknownName, check_kind, shorten
from ticketcore.model import Ticket

NEVER: Final = 1 << 62  # later than every instant: who has no such instant comes last
LEVELS: Final = ("low", "medium", "high", "urgent")
LEFT_OUT: Final = frozenset({"closed", "removed"})
CHUNK: Final = 1024
_LIST_HINT: Final = "give a list, even of one"
_key: Final = itemgetter(0)

DueOf = Callable[[Ticket, str], datetime | int | None]
Holds = Callable[[Any, Ticket], bool]

# --- terms -----------------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class TermBase:
    """One criterion of an order. ``of`` is what it means; ``near`` is the same for many tickets at once (law)."""

    word: ClassVar[str] = ""
    sooner: ClassVar[str] = ""  # what is said of the tickets that this term puts ahead

    def of(self, ticket: Ticket) -> int:
        """The term's part of the key of *ticket*: the smaller, the sooner."""
        raise NotImplementedError

    def near(self, tickets: list[Ticket], cut: int) -> list[tuple[int, Ticket]]:
        """Those of *tickets* whose part of the key is at most *cut*, each with that part."""
        of = self.of
        return [(part, ticket) for ticket in tickets if (part := of(ticket)) <= cut]

    def says(self, ticket: Ticket) -> str:
        """What the term sees on *ticket*, in words."""
        raise NotImplementedError


@frozen(kw_only=True)
class Due(TermBase):
    """The sooner the promise for *metric* is due, the sooner; without a metric, the earliest promise of any.

    Due instants are those that the desk worked out in the ticket's last step (`Ticket.due`), or what *find* answers (an instant
    or None). A promise that is paused, ended or was never made has no due instant: such tickets come last.

    >>> from ticketcore import Created, Person, load_desk
    >>> desk = load_desk({"sla": [{"name": "gold", "targets": {"first_reply": {"urgent": "15m", "else": "1h"}}}]})
    >>> ticket = desk.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> Due(metric="first_reply").says(ticket), Due(metric="next_reply").says(ticket)
    ('first_reply due 1970-01-01T01:00:00Z', 'next_reply not due')
    >>> Due(metric="first_reply").of(ticket) == Due().of(ticket) == 3_600_000_000, len(Due().near([ticket], 3_000_000_000))
    (True, 0)
    """

    metric: str = ""
    find: DueOf | None = field(default=None, repr=False)
    word: ClassVar[str] = "due"
    sooner: ClassVar[str] = "due sooner"

    def of(self, ticket: Ticket) -> int:
        """The due instant; raises `UnknownName` when the ticket was folded without a desk and there is no *find*."""
        if self.find is not None:
            found = self.find(ticket, self.metric)
            return NEVER if found is None else to_us(found)
        if ticket.memo is None:
            raise UnknownName(f"ticket {ticket.id!r} carries no due instants", value=ticket.id, hint="hand in order.bind(due=...)")
        dues = ticket.memo.dues
        if self.metric:
            due = dues.get(self.metric)
            return NEVER if due is None else due
        return min((due for due in dues.values() if due is not None), default=NEVER)

    def near(self, tickets: list[Ticket], cut: int) -> list[tuple[int, Ticket]]:
        """As `TermBase.near`."""
        metric = self.metric
        if self.find is None and cut < NEVER:
            # One read of memory at a time for the whole chunk: the processor fetches many at once, where a chain of reads waits for
            # each. On a million tickets a third of the time of `ticket.memo.dues[metric]` (make bench BENCH_ARGS="--only W8").
            memos = [ticket.memo for ticket in tickets]
            try:
                found = zip([memo.dues for memo in memos], tickets, strict=True)  # type: ignore[union-attr]  # caught below
                if metric:
                    return [(due, ticket) for dues, ticket in found if (due := dues[metric]) is not None and due <= cut]
                near = {
                    place: ticket for place, (dues, ticket) in enumerate(found) for due in dues.values() if due is not None and due <= cut
                }
                return [(self.of(ticket), ticket) for ticket in near.values()]
            except (AttributeError, KeyError):  # a ticket without a memo, or without this promise: `of` below knows what to do
                pass
        return TermBase.near(self, tickets, cut)

    def says(self, ticket: Ticket) -> str:
        """The due instant, in words."""
        us = self.of(ticket)
        return f"{self.metric or 'a promise'} due {iso(us)}" if us < NEVER else f"{self.metric or 'nothing'} not due"


def _ranks(levels: tuple[str, ...]) -> Mapping[str, int]:
    return FrozenMap({level: place for place, level in enumerate(reversed(levels))})


@frozen(kw_only=True)
class Priority(TermBase):
    """The higher the priority, the sooner. *levels* go from the lowest to the highest; an unknown level comes after all of them.

    >>> queue = [Ticket(id="T-1", priority="low"), Ticket(id="T-2", priority="urgent"), Ticket(id="T-3", priority="no level")]
    >>> [ticket.id for ticket in Order(terms=[Priority()]).sorted(queue)]
    ['T-2', 'T-1', 'T-3']
    >>> Priority().of(queue[1]), Priority().says(queue[2]), len(Priority().near(queue, 0))
    (0, "priority 'no level' is no level of this order", 1)
    """

    levels: tuple[str, ...] = field(default=LEVELS, converter=names)
    _ranks: Mapping[str, int] = field(
        init=False, eq=False, repr=False, default=Factory(lambda self: _ranks(self.levels), takes_self=True)
    )  # fmt: skip
    word: ClassVar[str] = "priority"
    sooner: ClassVar[str] = "of higher priority"

    def of(self, ticket: Ticket) -> int:
        """The place of its level, counted from the highest."""
        return self._ranks.get(ticket.priority, len(self.levels))

    def near(self, tickets: list[Ticket], cut: int) -> list[tuple[int, Ticket]]:
        """As `TermBase.near`."""
        rank, last = self._ranks.get, len(self.levels)
        return [(place, ticket) for ticket in tickets if (place := rank(ticket.priority, last)) <= cut]

    def says(self, ticket: Ticket) -> str:
        """The level, in words."""
        known = ticket.priority in self._ranks
        return f"priority {ticket.priority}" if known else f"priority {ticket.priority!r} is no level of this order"


@frozen(kw_only=True)
class Waiting(TermBase):
    """The longer the customer waits for an answer, the sooner; tickets on which nobody waits come last.

    >>> queue = [Ticket(id="answered"), Ticket(id="new", waiting_since_us=9), Ticket(id="old", waiting_since_us=1)]
    >>> [ticket.id for ticket in Order(terms=[Waiting()]).sorted(queue)]
    ['old', 'new', 'answered']
    >>> Waiting().of(queue[1]), Waiting().says(queue[0]), len(Waiting().near(queue, 5))  # of those that wait since then or longer
    (9, 'nobody waits', 1)
    """

    word: ClassVar[str] = "waiting"
    sooner: ClassVar[str] = "waiting longer"

    def of(self, ticket: Ticket) -> int:
        """Since when the customer waits."""
        since = ticket.waiting_since_us
        return NEVER if since is None else since

    def near(self, tickets: list[Ticket], cut: int) -> list[tuple[int, Ticket]]:
        """As `TermBase.near`."""
        if cut >= NEVER:
            return TermBase.near(self, tickets, cut)
        return [(since, ticket) for ticket in tickets if (since := ticket.waiting_since_us) is not None and since <= cut]

    def says(self, ticket: Ticket) -> str:
        """Since when, in words."""
        return "nobody waits" if ticket.waiting_since_us is None else f"waiting since {iso(ticket.waiting_since_us)}"


@frozen(kw_only=True)
class Age(TermBase):
    """Order of receipt (first in, first out): the older the ticket, the sooner.

    >>> queue = [Ticket(id="late", created_us=9), Ticket(id="early", created_us=1)]
    >>> [ticket.id for ticket in Order(terms=[Age()]).sorted(queue)]
    ['early', 'late']
    >>> Age().of(queue[1]), Age().says(queue[1]), len(Age().near(queue, 5))  # of those created by then
    (1, 'created 1970-01-01T00:00:00.000001Z', 1)
    """

    word: ClassVar[str] = "age"
    sooner: ClassVar[str] = "older"

    def of(self, ticket: Ticket) -> int:
        """When it was created."""
        return ticket.created_us

    def near(self, tickets: list[Ticket], cut: int) -> list[tuple[int, Ticket]]:
        """As `TermBase.near`."""
        return [(ticket.created_us, ticket) for ticket in tickets if ticket.created_us <= cut]

    def says(self, ticket: Ticket) -> str:
        """Its creation, in words."""
        return f"created {iso(ticket.created_us)}"


@frozen(kw_only=True)
class First(TermBase):
    """Tickets for which *when* holds come first (VIPs, say): a function of the ticket, or a condition (`Order.using` a vocabulary).

    A condition that tests time would make keys change as time passes: `Order.using` refuses it.

    >>> vips = First(name="vip", when=lambda ticket: "vip" in ticket.tags)
    >>> queue = [Ticket(id="T-1"), Ticket(id="T-2", tags=frozenset({"vip"}))]
    >>> [ticket.id for ticket in Order.by(vips).sorted(queue)]
    ['T-2', 'T-1']
    >>> vips.of(queue[1]), vips.says(queue[0])
    (0, 'not vip')
    """

    name: str
    when: Any = field(repr=False)
    vocabulary: Vocabulary | None = field(default=None, eq=False, repr=False)
    _holds: Callable[[View], bool] | None = field(init=False, eq=False, repr=False)
    word: ClassVar[str] = "first"
    sooner: ClassVar[str] = "preferred"

    def __attrs_post_init__(self) -> None:
        ready = None if self.vocabulary is None or callable(self.when) else compiled(self.when, self.vocabulary)
        object.__setattr__(self, "_holds", ready)

    def __reduce__(self) -> tuple[Any, ...]:  # a compiled condition is made again
        return _first, (self.name, self.when, self.vocabulary)

    def of(self, ticket: Ticket) -> int:
        """0 where it holds, else 1; raises `BadValue` for a condition that nobody can read yet."""
        if self._holds is not None and self.vocabulary is not None:
            return 0 if self._holds(View(self.vocabulary, ticket, ticket.as_of_us)) else 1
        if not callable(self.when):
            raise BadValue(
                f"the condition {self.name!r} of this order is not bound", value=shorten(self.when), hint="use order.using(vocabulary)"
            )
        return 0 if self.when(ticket) else 1

    def says(self, ticket: Ticket) -> str:
        """Whether it holds, in words."""
        return self.name if self.of(ticket) == 0 else f"not {self.name}"


def _first(name: str, when: Any, vocabulary: Vocabulary | None) -> First:
    return First(name=name, when=when, vocabulary=vocabulary)


def _starts(starts: Mapping[str, timedelta | str | int]) -> FrozenMap[str, int]:
    """Head starts by level: durations as a timedelta or text; ints are microseconds already."""
    if not isinstance(starts, Mapping):
        raise BadValue("head starts are a mapping from level to duration", value=shorten(starts), hint='write {"urgent": "4h"}')
    return FrozenMap({level: _start_us(level, start) for level, start in starts.items()})


def _start_us(level: str, start: timedelta | str | int) -> int:
    if type(start) is not int:
        return duration_us(start)  # type: ignore[arg-type]  # a bool or a float is refused there
    if start < 0:
        raise BadValue(f"the head start of {level!r} is negative", value=shorten(start))
    return start


@frozen(kw_only=True)
class Effective:
    """What a level has become by waiting: the stored one, the one it counts as, and how long the ticket has waited.

    >>> ageing = HeadStart(starts={"urgent": "4h", "high": "1h"})
    >>> effective = ageing.effective(Ticket(id="T-1", priority="low", waiting_since_us=0), 7_200_000_000)
    >>> effective.level, effective.counts_as, str(effective.waited)
    ('low', 'high', '2:00:00')
    """

    level: str
    counts_as: str
    waited_us: int = field(repr=say_duration)

    @property
    def waited(self) -> timedelta:
        """How long it has waited."""
        return to_timedelta(self.waited_us)

    def __str__(self) -> str:
        if self.counts_as == self.level:
            return self.level
        return f"{self.level}, counts as {self.counts_as} after {say_duration(self.waited_us)}"


@frozen(kw_only=True)
class HeadStart(TermBase):
    """Ageing: in order of waiting since (or creation) minus the head start of the ticket's level.

    So a high level passes only those that came at most its head start before, and **no ticket is passed by one that came later
    by more than the largest head start**: nobody starves. Levels without an entry have none. *since* is ``"waiting"`` (tickets on
    which nobody waits come last) or ``"age"``. Raises `BadValue` for anything else, or a negative head start, and `BadDuration`.

    >>> ageing = Order.by(head_start={"urgent": "4h"})
    >>> came = lambda level, hour: Ticket(id=f"{level} {hour}", priority=level, waiting_since_us=hour * 3_600_000_000)
    >>> [ticket.id for ticket in ageing.sorted([came("low", 0), came("urgent", 3), came("urgent", 5)])]
    ['urgent 3', 'low 0', 'urgent 5']
    >>> ageing.terms[0].largest
    datetime.timedelta(seconds=14400)
    >>> ageing.terms[0].of(came("urgent", 5)) // 3_600_000_000, ageing.terms[0].says(came("urgent", 5))
    (1, 'waiting since 1970-01-01T05:00:00Z, 4h head start for urgent')
    """

    starts_us: FrozenMap[str, int] = field(alias="starts", converter=_starts)
    since: str = "waiting"
    word: ClassVar[str] = "head_start"
    sooner: ClassVar[str] = "ahead by waiting and head start"

    def __attrs_post_init__(self) -> None:
        if self.since not in ("waiting", "age"):
            raise BadValue(f"a head start counts from waiting or age, not {self.since!r}", value=shorten(self.since))

    @property
    def largest(self) -> timedelta:
        """The largest head start: the bound on how much later a ticket may come and still pass."""
        return to_timedelta(max(self.starts_us.values(), default=0))

    def effective(self, ticket: Ticket, at: datetime | int, levels: Iterable[str] = LEVELS) -> Effective:
        """The rank that ageing has given *ticket* by the instant *at*, beside the level that is stored.

        It counts as the highest of *levels* (from the lowest to the highest) that is above its own, has a larger head start and would
        still not pass it on arriving at that instant; while there is none, as what it is.
        Raises `UnknownName` for a ticket whose level is none of them.

        >>> ageing = HeadStart(starts={"urgent": "4h", "high": "1h"})
        >>> print(ageing.effective(Ticket(id="T-1", priority="low", waiting_since_us=0), 5_400_000_000))
        low, counts as high after 1h 30m
        """
        check_ticket(ticket)
        ranked = names(levels)
        if ticket.priority not in ranked:
            raise UnknownName(
                f"unknown level {shorten(ticket.priority)}", value=shorten(ticket.priority), hint=hint(ticket.priority, ranked)
            )
        came, start = self._came(ticket), self.starts_us.get
        waited = 0 if came is None else max(0, to_us(at) - came)
        own = start(ticket.priority, 0)
        above = ranked[ranked.index(ticket.priority) + 1 :]
        counts_as = next((level for level in reversed(above) if own < start(level, 0) <= own + waited), ticket.priority)
        return Effective(level=ticket.priority, counts_as=counts_as, waited_us=waited)

    def _came(self, ticket: Ticket) -> int | None:
        return ticket.created_us if self.since == "age" else ticket.waiting_since_us

    def of(self, ticket: Ticket) -> int:
        """The instant from which it counts, minus the head start of its level."""
        came = self._came(ticket)
        return NEVER if came is None else came - self.starts_us.get(ticket.priority, 0)

    def near(self, tickets: list[Ticket], cut: int) -> list[tuple[int, Ticket]]:
        """As `TermBase.near`."""
        if self.since == "age" or cut >= NEVER:
            return TermBase.near(self, tickets, cut)
        start = self.starts_us.get
        return [
            (counts, ticket)
            for ticket in tickets
            if (came := ticket.waiting_since_us) is not None and (counts := came - start(ticket.priority, 0)) <= cut
        ]

    def says(self, ticket: Ticket) -> str:
        """From when it counts, and the head start, in words."""
        came = self._came(ticket)
        if came is None:
            return "nobody waits"
        start = self.starts_us.get(ticket.priority, 0)
        more = f", {say_duration(start)} head start for {ticket.priority}" if start else ""
        return f"{'created' if self.since == 'age' else 'waiting since'} {iso(came)}{more}"


Term = Due | Priority | Waiting | Age | First | HeadStart
TERMS: Final[Mapping[str, Callable[[], Term]]] = FrozenMap({"due": Due, "priority": Priority, "waiting": Waiting, "age": Age, "fifo": Age})

# --- the order -------------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class Ahead:
    """What one term of an order says of a ticket, and how many tickets it puts ahead of it.

    >>> queue = [Ticket(id="T-1", priority="low"), Ticket(id="T-2", priority="urgent")]
    >>> [term] = Order.by("priority").explain(queue[0], queue).terms
    >>> term.ahead, str(term)
    (1, 'priority low (1 ahead of higher priority)')
    """

    term: str
    says: str
    sooner: str
    ahead: int

    def __str__(self) -> str:
        return self.says + (f" ({self.ahead} ahead {self.sooner})" if self.ahead else "")


@frozen(kw_only=True)
class Standing:
    """Where a ticket stands in a queue and why. ``position`` counts from 1; None: the ticket is left out of this order.

    >>> queue = [Ticket(id="T-1", priority="low"), Ticket(id="T-2", priority="urgent")]
    >>> place = Order.by("priority").explain(queue[0], queue)
    >>> place.position, place.of
    (2, 2)
    >>> print(place)
    T-1: 2 of 2: priority low (1 ahead of higher priority)
    """

    ticket: str
    position: int | None
    of: int
    terms: tuple[Ahead, ...] = ()
    because: str = ""

    def __str__(self) -> str:
        place = "not queued" if self.position is None else f"{self.position} of {self.of}"
        return f"{self.ticket}: {place}: {self.because}"


HeadStarts = Mapping[str, timedelta | str]


def _terms(value: Iterable[Term]) -> tuple[Term, ...]:
    return tuple(value)


@frozen(kw_only=True)
class Order:
    """In which order tickets are worked on, as data: *terms* from the most to the least important, then the ticket's id.

    Tickets in one of the categories *leave_out* (closed and removed, unless you say otherwise) are not in the queue. Of a desk with
    levels of its own, tell it these (`using`, ``order.using(desk.vocabulary)``): until then only the usual ones rank, others come last.

    >>> from ticketcore import Created, load_desk
    >>> sla = [{"name": "gold", "targets": {"first_reply": {"urgent": "15m", "else": "4h"}}}]
    >>> desk = load_desk({"sla": sla, "priority": {"tags": {"down": "urgent"}}})
    >>> queue = [desk.handle(None, Created(at=0, ticket=name, tags=tags)).ticket for name, tags in (("T-1", []), ("T-2", ["down"]))]
    >>> order = Order.by(due="first_reply").then("priority").then("waiting")
    >>> [ticket.id for ticket in order.sorted(queue)]
    ['T-2', 'T-1']
    >>> print(order.explain(queue[0], queue))
    T-1: 2 of 2: first_reply due 1970-01-01T04:00:00Z (1 ahead due sooner); priority low; waiting since 1970-01-01T00:00:00Z
    """

    terms: tuple[Term, ...] = field(default=(), converter=_terms)
    leave_out: frozenset[str] = field(default=LEFT_OUT, converter=name_set)

    @classmethod
    def by(cls, term: str | Term | None = None, *, due: str | None = None, head_start: HeadStarts | None = None) -> Order:
        """An order by one term: ``"due"``, ``"priority"``, ``"waiting"``, ``"age"``, ``"fifo"``, a term, or by keyword.

        *due* names a metric; *head_start* gives each level its head start. Raises `UnknownName` and `BadValue`.

        >>> Order.by(head_start={"urgent": "4h", "high": "1h"}).terms[0].largest
        datetime.timedelta(seconds=14400)
        """
        return cls(terms=(_term(term, due, head_start),))

    def then(self, term: str | Term | None = None, *, due: str | None = None, head_start: HeadStarts | None = None) -> Order:
        """This order, and where it ties, one more term (as in `by`)."""
        return evolve(self, terms=(*self.terms, _term(term, due, head_start)))

    def bind(self, *, due: DueOf | None = None, holds: Holds | None = None, levels: Iterable[str] | None = None) -> Order:
        """This order over a desk: where due instants come from, how conditions are read, and the levels from lowest to highest.

        >>> known = {"T-1": 9, "T-2": 3}  # due instants that the host keeps
        >>> order = Order.by("due").bind(due=lambda ticket, metric: known.get(ticket.id))
        >>> [ticket.id for ticket in order.sorted([Ticket(id="T-1"), Ticket(id="T-2"), Ticket(id="T-3")])]
        ['T-2', 'T-1', 'T-3']
        """
        ranked = None if levels is None else names(levels)
        return evolve(self, terms=tuple(_bound(term, due, holds, ranked) for term in self.terms))

    def using(self, vocabulary: Vocabulary) -> Order:
        """This order over the names of a desk (`Desk.vocabulary`): its levels rank, its conditions can be read.

        Raises `DeskError` for a metric or level that the desk does not know, and for a condition that tests time.

        >>> from ticketcore import Vocabulary
        >>> words = Vocabulary(levels=("can wait", "burns"))
        >>> queue = [Ticket(id="T-1", priority="can wait"), Ticket(id="T-2", priority="burns")]
        >>> [ticket.id for ticket in Order.by("priority").using(words).sorted(queue)]
        ['T-2', 'T-1']
        """
        problems = [problem for place, term in enumerate(self.terms) for problem in _term_problems(term, vocabulary, f"order[{place}]")]
        if problems:
            raise DeskError(problems, what="order")
        return evolve(self, terms=tuple(_ready(term, vocabulary) for term in self.terms))

    def takes(self, ticket: Ticket) -> bool:
        """Whether *ticket* is queued at all.

        >>> order = Order.by("age")
        >>> order.takes(Ticket(id="T-1", category="open")), order.takes(Ticket(id="T-1", category="closed"))
        (True, False)
        """
        check_ticket(ticket)
        return ticket.category not in self.leave_out

    def key(self, ticket: Ticket) -> tuple[int | str, ...]:
        """What *ticket* is sorted by: one int a term, then its id. It changes with events only, never as time passes.

        >>> Order.by("priority").then("age").key(Ticket(id="T-1", priority="high", created_us=5))
        (1, 5, 'T-1')
        """
        try:
            return (*[term.of(ticket) for term in self.terms], ticket.id)
        except AttributeError:  # found when it happens, so that a long queue needs no look
            check_ticket(ticket)
            raise

    def sorted(self, tickets: Iterable[Ticket]) -> tuple[Ticket, ...]:
        """All *tickets* that are queued, in order."""
        return tuple(sorted(self._queued(_list(tickets)), key=self.key))

    def first(self, n: int, tickets: Iterable[Ticket]) -> tuple[Ticket, ...]:
        """The first *n* of `sorted`, without sorting all: most tickets cost one comparison. Raises `BadValue`.

        >>> queue = [Ticket(id=f"T-{number}", created_us=-number) for number in range(5)]
        >>> [ticket.id for ticket in Order.by("age").first(2, queue)], len(Order.by("age").sorted(queue))
        (['T-4', 'T-3'], 5)
        """
        if _count(n) == 0:
            return ()
        best: list[tuple[tuple[Any, ...], Ticket]] = []
        cut: tuple[Any, ...] | None = None  # the n-th best key as far as known: what is not before it is of no interest
        check_kind(tickets, Iterable, "a list of tickets", _LIST_HINT, "tickets")
        stream = iter(tickets)
        while chunk := list(islice(stream, CHUNK)):  # in chunks, because what one term has read is at hand for the next
            near = self._queued(chunk) if cut is None else self._up_to(cut, chunk)
            best += [(self.key(ticket), ticket) for ticket in near]
            if len(best) >= 2 * n + CHUNK:
                best = sorted(best, key=_key)[:n]
                cut = best[-1][0]
        return tuple(ticket for _, ticket in sorted(best, key=_key)[:n])

    def _up_to(self, cut: tuple[Any, ...], tickets: list[Ticket]) -> list[Ticket]:
        """Those of *tickets* that are queued and whose key is at most *cut*; most fall to the first term."""
        found: list[Ticket] = []
        for place, (term, part) in enumerate(zip(self.terms, cut, strict=False)):
            if place == 0 and isinstance(term, Due) and term.find is None:
                near = self._due_up_to(term, part, tickets)
            else:
                near = term.near(self._queued(tickets), part)
            found += [ticket for mine, ticket in near if mine < part]
            tickets = [ticket for mine, ticket in near if mine == part]
        return found + [ticket for ticket in self._queued(tickets) if ticket.id <= cut[-1]]

    def _due_up_to(self, term: Due, cut: int, tickets: list[Ticket]) -> list[tuple[int, Ticket]]:
        """Due instants first, and categories of the few that are left: for most of a million tickets one read of memory less."""
        try:
            return [pair for pair in term.near(tickets, cut) if pair[1].category not in self.leave_out]
        except (UnknownName, AttributeError):  # a ticket that is left out need not have due instants; and what is none is refused
            return term.near(self._queued(tickets), cut)

    def explain(self, ticket: Ticket, tickets: Iterable[Ticket]) -> Standing:
        """At which place *ticket* stands among *tickets* (itself included or not), and which term puts how many ahead of it.

        >>> queue = [Ticket(id="T-1", priority="low"), Ticket(id="T-2", priority="urgent")]
        >>> print(Order.by("priority").explain(queue[0], queue))
        T-1: 2 of 2: priority low (1 ahead of higher priority)
        """
        takes = self.takes(ticket)
        others = [other for other in self._queued(_list(tickets)) if other.id != ticket.id]
        if not takes:
            return Standing(ticket=ticket.id, position=None, of=len(others), because=f"left out: its category is {ticket.category}")
        mine = self.key(ticket)
        ahead = [0] * len(mine)
        for other in others:
            its = self.key(other)
            place = next(place for place, mine_there in enumerate(mine) if mine_there != its[place])  # the ids differ at the latest
            ahead[place] += its < mine
        said = [
            Ahead(term=term.word, says=term.says(ticket), sooner=term.sooner, ahead=count)
            for term, count in zip(self.terms, ahead, strict=False)
        ]  # fmt: skip
        if ahead[-1]:
            said.append(Ahead(term="id", says="otherwise equal", sooner="by id", ahead=ahead[-1]))
        because = "; ".join(map(str, said)) or "first by id"
        return Standing(ticket=ticket.id, position=sum(ahead) + 1, of=len(others) + 1, terms=tuple(said), because=because)

    def _queued(self, tickets: list[Ticket]) -> list[Ticket]:
        leave_out = self.leave_out
        try:
            return [ticket for ticket in tickets if ticket.category not in leave_out]
        except AttributeError:  # found when it happens, so that a million tickets need no look
            raise no_ticket(next(one for one in tickets if not isinstance(one, Ticket))) from None


def _list(tickets: Iterable[Ticket]) -> list[Ticket]:
    check_kind(tickets, Iterable, "a list of tickets", _LIST_HINT, "tickets")
    return list(tickets)


def _term(term: str | Term | None, due: str | None, head_start: HeadStarts | None) -> Term:
    given: list[str | Term] = [] if term is None else [term]
    if due is not None:
        given.append(Due(metric=due))
    if head_start is not None:
        given.append(HeadStart(starts=head_start))
    if len(given) != 1:
        raise BadValue("give one term at a time", value=shorten(given), hint='chain them: Order.by("priority").then("waiting")')
    only = given[0]
    if not isinstance(only, str):
        return only
    if only not in TERMS:
        raise UnknownName(f"no order by {only!r}", value=shorten(only), hint=f"by {', '.join(TERMS)}, head_start or a First(...)")
    return TERMS[only]()


def _bound(term: Term, due: DueOf | None, holds: Holds | None, levels: tuple[str, ...] | None) -> Term:
    match term:
        case Due() if due is not None:
            return Due(metric=term.metric, find=due)
        case First() if holds is not None and not callable(term.when):
            return First(name=term.name, when=partial(holds, term.when))
        case Priority() if levels is not None:
            return Priority(levels=levels)
        case _:
            return term


def _term_problems(term: Term, words: Vocabulary, path: str) -> Iterator[Problem]:
    """What in *term* the desk does not know, and what would make its key change as time passes."""
    match term:
        case Due() if term.metric and term.metric not in words.metrics:
            yield _unknown(path, "metric", term.metric, words.metrics)
        case HeadStart():
            yield from (_unknown(path, "level", level, words.levels) for level in term.starts_us if level not in words.levels)
        case First() if not callable(term.when) and is_timed(term.when):
            yield Problem(path, f"the condition {term.name!r} tests time", "a key must not change as time passes: order by due or waiting")
        case _:
            pass


def _unknown(path: str, what: str, name: str, known: Iterable[str]) -> Problem:
    return Problem(path, f"unknown {what} {shorten(name)}", hint(name, known), code="unknown-name")


def _ready(term: Term, words: Vocabulary) -> Term:
    match term:
        case First() if not callable(term.when):
            return evolve(term, vocabulary=words)
        case Priority() if words.levels:
            return Priority(levels=words.levels)
        case _:
            return term


def _count(n: int) -> int:
    if type(n) is not int or n < 0:
        raise BadValue("how many tickets is a number from 0", value=shorten(n))
    return n


# --- how long anyone waits -------------------------------------------------------------------------------------------


def longest_wait(
    *,
    agents: int,
    service: timedelta | str,
    every: timedelta | str,
    burst: int = 1,
    head_start: timedelta | str = timedelta(0),
) -> timedelta:
    """The longest that any ticket can wait until somebody takes it up: no order of arrivals within these bounds makes it longer.

    *agents* each take the first ticket of the queue as soon as they are free, and work on it for at most *service*. At most
    *burst* tickets come at once and, over any length of time, one more for *every* that it holds. *head_start* is the largest of
    the order (`HeadStart.largest`), nothing where it is the order of receipt; all lengths are of working time.

    Raises `BadValue` for more work than can be done: then the wait has no bound.

    >>> longest_wait(agents=3, service="20m", every="10m", burst=12, head_start="1h")
    datetime.timedelta(seconds=7600)
    """
    work, apart, start = duration_us(service), duration_us(every), duration_us(head_start)
    for name, number in (("agents", agents), ("burst", burst)):
        if type(number) is not int or number < 1:
            raise BadValue(f"{name} is a whole number from 1", value=shorten(number))
    if apart == 0 or work > agents * apart:
        raise BadValue("more work comes in than can be done", value=say_duration(apart), hint="more agents, or a longer every")
    # From the last instant at which somebody was free, all work: on what the others held then (agents - 1), and on what has come
    # since and goes before this ticket, which came at most one head start after it.
    held = agents - 2 + burst
    wait = Fraction(work, agents) * (held + Fraction(start, apart))
    if work < agents * apart:  # nothing that comes after it was taken up goes before it
        wait = min(wait, Fraction(work * held, 1) / (agents - Fraction(work, apart)))
    return to_timedelta(int(wait))


# --- a queue that is kept --------------------------------------------------------------------------------------------


class Queue:
    """Tickets kept in one order: after a step put the ticket in again, and no other needs a look. For hosts that hold all in memory.

    A heap of keys that lets go of outdated ones when they come up: to move a ticket costs less than in a sorted list, and as
    little with a million tickets as with a thousand. Not a value: the one thing of this room that changes in place (reading
    tidies it up too), so it is not for several threads at once. Hosts with a database index on `Order.key` do without it.

    >>> from ticketcore.model import Created, Person, evolve
    >>> old, new = (evolve(None, Created(at=at, ticket=f"T-{at}", by=Person(name="Ada"))) for at in (1, 2))
    >>> queue = Queue(Order.by("age"), [new, old])
    >>> [ticket.id for ticket in queue.first(2)], queue.position("T-2"), len(queue)
    (['T-1', 'T-2'], 2, 2)
    >>> queue.discard("T-1")
    >>> queue.put(old)
    >>> [ticket.id for ticket in queue], queue.order == Order.by("age")
    (['T-1', 'T-2'], True)
    """

    __slots__ = ("_entries", "_heap", "_order")

    def __init__(self, order: Order, tickets: Iterable[Ticket] = ()) -> None:
        check_kind(order, Order, "an order", 'give Order.by("priority")', "order")
        check_kind(tickets, Iterable, "a list of tickets", _LIST_HINT, "tickets")
        self._order = order
        self._entries: dict[str, tuple[tuple[Any, ...], Ticket]] = {}  # by id: the key that counts, and the ticket
        self._heap: list[tuple[Any, ...]] = []  # every key that counts, once, and outdated ones
        for ticket in tickets:
            self.put(ticket)

    @property
    def order(self) -> Order:
        """The order it is kept in."""
        return self._order

    def put(self, ticket: Ticket) -> None:
        """Queue *ticket* as it is now, at its place; an earlier version of it leaves. One that the order leaves out only leaves."""
        entries = self._entries
        if not self._order.takes(ticket):
            entries.pop(ticket.id, None)
            return
        key = self._order.key(ticket)
        entry = entries.get(ticket.id)
        if entry is not None and entry[0] == key:
            entries[ticket.id] = (entry[0], ticket)
            return
        entries[ticket.id] = (key, ticket)
        heappush(self._heap, key)
        if len(self._heap) > 2 * len(entries) + CHUNK:
            self._heap = [key for key, _ in entries.values()]
            heapify(self._heap)

    def discard(self, ticket: str) -> None:
        """Take the ticket with this id out, if it is in."""
        self._entries.pop(ticket, None)

    def first(self, n: int = 1) -> tuple[Ticket, ...]:
        """The first *n* tickets, in order; only what comes up is looked at. Raises `BadValue`."""
        entries = self._entries
        if _count(n) * 16 >= len(entries):
            self._heap = sorted(key for key, _ in entries.values())  # a sorted list is a heap
            keys = self._heap[:n]
        else:
            keys = []
            while len(keys) < n:
                key = heappop(self._heap)
                entry = entries.get(key[-1])
                if entry is not None and entry[0] is key:
                    keys.append(key)
            for key in keys:
                heappush(self._heap, key)
        return tuple(entries[key[-1]][1] for key in keys)

    def position(self, ticket: str) -> int:
        """The place of the ticket with this id, from 1; looks at every key. Raises `UnknownName` when it is not queued."""
        entry = self._entries.get(ticket)
        if entry is None:
            raise UnknownName(f"ticket {shorten(ticket)} is not in this queue", value=shorten(ticket), hint="ask by the id of a ticket")
        return 1 + sum(key < entry[0] for key, _ in self._entries.values())

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, ticket: object) -> bool:
        return ticket in self._entries

    def __iter__(self) -> Iterator[Ticket]:
        return iter(self.first(len(self)))

    def __repr__(self) -> str:
        return f"<Queue of {len(self)} by {', '.join(term.word for term in self._order.terms) or 'id'}>"
