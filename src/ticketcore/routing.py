"""Who gets a ticket, and which ticket comes next.

A roster is a value made of facts that the host gives, so an answer can be had again and explained. Hard constraints say who
may have a ticket, strategies in their order say who of them shall, and the agent's id breaks the last tie. A roster never
enters a desk's step: the desk asks by a `Route` effect, `choose` answers, the host hands back `Choice.assigned()`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from fractions import Fraction
from hashlib import blake2b
from typing import Any, ClassVar, Final

from attrs import evolve, field, frozen
from pendulum import DateTime

from ticketcore import _filters, _queue, _roster
from ticketcore._filters import Filter, filter_to_data, parse_filter
from ticketcore._order_data import order_to_data, parse_order
from ticketcore._queue import (
    LEVELS,
    Age,
    Ahead,
    Due,
    Effective,
    First,
    HeadStart,
    Order,
    Priority,
    Queue,
    Standing,
    Term,
    Waiting,
    longest_wait,
)  # fmt: skip
from ticketcore._roster import Member, OpenHours, Roster
from ticketcore._roster_data import parse_roster
from ticketcore._ticket import check_ticket, each_ticket
from ticketcore._time import from_us, iso, to_us
from ticketcore._values import EMPTY, FrozenMap, frozen_map, name_set
from ticketcore.errors import BadValue, UnknownName, check_kind, shorten
from ticketcore.model import Actor, Assigned, Ticket

__all__ = [
    "CONSTRAINTS", "LEVELS", "STRATEGIES", "Age", "Ahead", "BestSkill", "Choice", "Due", "Effective", "Filter", "First", "HeadStart",
    "LeastLoaded", "Member", "Need", "OpenHours", "Order", "Priority", "Queue", "Reason", "Roster", "RoundRobin", "SeniorsFirst",
    "Shuffled", "Standing", "Sticky", "Strategy", "Term", "Verdict", "Waiting", "choose", "filter_to_data", "longest_wait", "next_for",
    "order_to_data", "parse_filter", "parse_order", "parse_roster",
]  # fmt: skip

for _part in (_queue, _roster, _filters):  # this module is their front door: names, pickles and reprs say so
    for _value in vars(_part).copy().values():
        if isinstance(_value, type) and _value.__module__ == _part.__name__:
            _value.__module__ = __name__

# --- what a ticket needs ---------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class Need:
    """What an agent must have to get a ticket. ``skills`` gives each needed skill the lowest level; "" means: any.

    ``waived`` names constraints that are let go (a key of `CONSTRAINTS`); capacity and ``exclude`` never are. ``weight`` is what the ticket
    adds to a load. Raises `BadValue` for a weight below 0 and for what is never waived, `UnknownName` for what is no constraint.

    >>> roster = Roster(members=[Member(agent="maria", skills={"refunds": 1})])
    >>> print(choose(Ticket(id="T-1"), roster, 0, need=Need(skills={"refunds": 2}, language="el")).why("maria"))
    maria: no: lacks skill: refunds 1 of 2; does not speak 'el'
    >>> Need(waived={"capacity"})
    Traceback (most recent call last):
    ticketcore.errors.BadValue: the constraint 'capacity' is never waived; waive one of group, hours, ...
    """

    group: str = ""
    skills: FrozenMap[str, int] = field(default=EMPTY, converter=frozen_map)
    language: str = ""
    seniority: int | None = None
    presence: frozenset[str] = field(default=frozenset({"online"}), converter=name_set)
    weight: int = 1
    channel: str = ""
    exclude: frozenset[str] = field(default=frozenset(), converter=name_set)
    waived: frozenset[str] = field(default=frozenset(), converter=name_set)

    def __attrs_post_init__(self) -> None:
        if type(self.weight) is not int or self.weight < 0:
            raise BadValue("the weight of a ticket is a whole number from 0", value=shorten(self.weight))
        for name in sorted(self.waived):
            if name not in CONSTRAINTS:
                raise UnknownName(f"no constraint {name!r}", value=shorten(name), hint=f"waive one of {', '.join(sorted(_WAIVABLE))}")
            if name not in _WAIVABLE:
                raise BadValue(f"the constraint {name!r} is never waived", value=name, hint=f"waive one of {', '.join(sorted(_WAIVABLE))}")

    @classmethod
    def of(cls, ticket: Ticket) -> Need:
        """What a ticket needs if nobody says more: an agent of its group, with room for it on its channel.

        >>> need = Need.of(Ticket(id="T-1", group="billing", channel="chat"))
        >>> need.group, need.channel, need.weight
        ('billing', 'chat', 1)
        """
        check_ticket(ticket)
        return cls(group=ticket.group or "", channel=ticket.channel)

    def loosened(self, step: str) -> Need:
        """This need without the constraint *step*; ``"away"`` takes those who are away as well as those who are online.

        Raises `UnknownName` and `BadValue`.

        >>> sorted(Need(language="el").loosened("language").loosened("away").presence)
        ['away', 'online']
        """
        if step == "away":
            return evolve(self, presence=self.presence | {"away"})
        return evolve(self, waived=self.waived | {step})


@frozen
class Reason:
    """One reason for or against an agent: a stable code for programs, and words for people.

    >>> [reason] = choose(Ticket(id="T-1", group="billing"), Roster(members=[Member(agent="otto")]), 0).why("otto").reasons
    >>> reason.code, str(reason)
    ('group', "not in group 'billing'")
    """

    code: str
    text: str

    def __str__(self) -> str:
        return self.text


def _not_excluded(member: Member, need: Need, _at_us: int) -> str:
    return "excluded" if member.agent in need.exclude else ""


def _in_group(member: Member, need: Need, _at_us: int) -> str:
    return f"not in group {need.group!r}" if need.group and need.group not in member.groups else ""


def _present(member: Member, need: Need, _at_us: int) -> str:
    return "" if member.presence in need.presence else member.presence


def _in_office(member: Member, _need: Need, at_us: int) -> str:
    until = [end for start, end in member.out_of_office_us if start <= at_us < end]
    return f"out of office until {iso(max(until))}" if until else ""


def _at_work(member: Member, _need: Need, at_us: int) -> str:
    return "" if member.hours is None or member.hours.is_open_us(at_us) else "outside working hours"


def _has_room(member: Member, need: Need, _at_us: int) -> str:
    if member.room_for(need.weight, need.channel):
        return ""
    if member.room_for(need.weight):
        limit, load = member.channel_capacity[need.channel], member.channel_load.get(need.channel, 0)
        return f"no room on {need.channel}: carries {load} of {limit}, this weighs {need.weight}"
    return f"no room: carries {member.load} of {member.capacity}, this weighs {need.weight}"


def _skilled(member: Member, need: Need, _at_us: int) -> str:
    levels = [(skill, member.skills.get(skill, 0), level) for skill, level in sorted(need.skills.items())]
    lacks = [f"{skill} {has} of {level}" for skill, has, level in levels if has < level]
    return f"lacks skill: {', '.join(lacks)}" if lacks else ""


def _speaks(member: Member, need: Need, _at_us: int) -> str:
    return f"does not speak {need.language!r}" if need.language and need.language not in member.languages else ""


def _senior(member: Member, need: Need, _at_us: int) -> str:
    if need.seniority is None or member.seniority >= need.seniority:
        return ""
    return f"seniority {member.seniority}, {need.seniority} is needed"


Constraint = Callable[[Member, Need, int], str]
CONSTRAINTS: Final[Mapping[str, Constraint]] = FrozenMap({  # name: why not, or "" when it is kept
    "exclude": _not_excluded,
    "group": _in_group,
    "presence": _present,
    "out_of_office": _in_office,
    "hours": _at_work,
    "capacity": _has_room,
    "skills": _skilled,
    "language": _speaks,
    "seniority": _senior,
})  # fmt: skip
_WAIVABLE: Final = frozenset(CONSTRAINTS) - {"exclude", "capacity"}


def _against(member: Member, need: Need, at_us: int) -> tuple[Reason, ...]:
    """Every constraint that keeps *member* from a ticket with this need."""
    pairs = ((name, constraint(member, need, at_us)) for name, constraint in CONSTRAINTS.items() if name not in need.waived)
    return tuple(Reason(name, text) for name, text in pairs if text)


# --- strategies ------------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class _Ask:
    """What the strategies are asked about."""

    ticket: Ticket
    at_us: int
    need: Need
    last_agent: str | None
    strategies: tuple[Strategy, ...]


_LONG_AGO: Final = -(1 << 62)  # before every instant: who never got a ticket comes first


def _last(member: Member) -> int:
    return _LONG_AGO if member.last_assigned_us is None else member.last_assigned_us


@frozen(kw_only=True)
class StrategyBase:
    """One preference among those who fit. ``key`` ranks (the smaller, the better), ``says`` gives the fact behind it."""

    word: ClassVar[str] = ""

    def key(self, member: Member, ask: _Ask, /) -> Any:
        """What *member* is ranked by."""
        raise NotImplementedError

    def says(self, member: Member, ask: _Ask, /) -> str:
        """The fact that it is ranked by, in words."""
        raise NotImplementedError


@frozen(kw_only=True)
class RoundRobin(StrategyBase):
    """Whoever got a ticket longest ago; at one instant, whoever carries less. Fair over time without a memory of its own.

    >>> roster = Roster(members=[Member(agent="maria"), Member(agent="otto")])
    >>> for number in range(1, 4):
    ...     agent = choose(Ticket(id=f"T-{number}"), roster, number, by=RoundRobin()).agent
    ...     roster = roster.assigned(agent, number)
    ...     print(agent)
    maria
    otto
    maria
    """

    word: ClassVar[str] = "round_robin"

    def key(self, member: Member, _ask: _Ask, /) -> Any:
        """When they were last assigned a ticket, then their load."""
        return _last(member), member.load

    def says(self, member: Member, _ask: _Ask, /) -> str:
        """When they were last assigned a ticket."""
        return f"last assigned {iso(member.last_assigned_us)}"


@frozen(kw_only=True)
class LeastLoaded(StrategyBase):
    """Whoever carries the least weight; *relative*: the smallest share of their capacity (no limit counts as no load).

    >>> roster = Roster(members=[Member(agent="maria", load=4, capacity=10), Member(agent="otto", load=3, capacity=4)])
    >>> [choose(Ticket(id="T-1"), roster, 0, by=LeastLoaded(relative=share)).agent for share in (False, True)]
    ['otto', 'maria']
    """

    relative: bool = False
    word: ClassVar[str] = "least_loaded"

    def key(self, member: Member, _ask: _Ask, /) -> Any:
        """Their load, or its exact share."""
        if not self.relative:
            return member.load
        return Fraction(member.load, member.capacity) if member.capacity else Fraction(0)

    def says(self, member: Member, _ask: _Ask, /) -> str:
        """Their load."""
        return f"carries {member.load}" + ("" if member.capacity is None else f" of {member.capacity}")


@frozen(kw_only=True)
class BestSkill(StrategyBase):
    """Whoever has the most of *skills* (levels added up); without any named, of those that the ticket needs.

    >>> roster = Roster(members=[Member(agent="maria", skills={"refunds": 3}), Member(agent="otto", skills={"refunds": 1})])
    >>> print(choose(Ticket(id="T-1"), roster, 0, by=BestSkill(skills=["refunds"])))
    T-1: maria, because first by best_skill (refunds 3; otto: refunds 1) among 2 of 2 who fit
    """

    skills: frozenset[str] = field(default=frozenset(), converter=name_set)
    word: ClassVar[str] = "best_skill"

    def key(self, member: Member, ask: _Ask, /) -> Any:
        """The sum of their levels, the higher the better."""
        return -sum(member.skills.get(skill, 0) for skill in self.skills or ask.need.skills)

    def says(self, member: Member, ask: _Ask, /) -> str:
        """Their levels."""
        wanted = sorted(self.skills or ask.need.skills)
        return ", ".join(f"{skill} {member.skills.get(skill, 0)}" for skill in wanted) or "no skill is asked for"


@frozen(kw_only=True)
class Sticky(StrategyBase):
    """The agent who had the ticket last, if they fit.

    >>> roster = Roster(members=[Member(agent="maria"), Member(agent="otto", load=9)])
    >>> print(choose(Ticket(id="T-1", assignee="otto"), roster, 0, by=Sticky()))
    T-1: otto, because first by sticky (had it last; maria: did not have it last) among 2 of 2 who fit
    """

    word: ClassVar[str] = "sticky"

    def key(self, member: Member, ask: _Ask, /) -> Any:
        """Whether they had it last."""
        return member.agent != ask.last_agent

    def says(self, member: Member, ask: _Ask, /) -> str:
        """Whether they had it last."""
        return "had it last" if member.agent == ask.last_agent else "did not have it last"


@frozen(kw_only=True)
class SeniorsFirst(StrategyBase):
    """For tickets of these *levels* the most senior; for others no preference, or with *juniors_else* the most junior.

    >>> roster = Roster(members=[Member(agent="maria", seniority=3), Member(agent="otto", seniority=1)])
    >>> by = SeniorsFirst(juniors_else=True)
    >>> [choose(Ticket(id="T-1", priority=level), roster, 0, by=by).agent for level in ("urgent", "low")]
    ['maria', 'otto']
    """

    levels: frozenset[str] = field(default=frozenset({"high", "urgent"}), converter=name_set)
    juniors_else: bool = False
    word: ClassVar[str] = "seniors_first"

    def key(self, member: Member, ask: _Ask, /) -> Any:
        """Their seniority, one way or the other."""
        if ask.ticket.priority in self.levels:
            return -member.seniority
        return member.seniority if self.juniors_else else 0

    def says(self, member: Member, ask: _Ask, /) -> str:
        """Their seniority, and the level that asks for it."""
        return f"seniority {member.seniority} for priority {ask.ticket.priority}"


@frozen(kw_only=True)
class Shuffled(StrategyBase):
    """By a hash of seed, ticket and agent: as good as random, and the same whenever asked.

    Each agent gets a like share of the tickets, and one who comes or goes moves no ticket between the others.

    >>> roster = Roster(members=[Member(agent="maria"), Member(agent="otto")])
    >>> [choose(Ticket(id=f"T-{number}"), roster, 0, by=Shuffled(seed="November")).agent for number in range(6)]
    ['otto', 'otto', 'otto', 'maria', 'maria', 'otto']
    """

    seed: str = ""
    word: ClassVar[str] = "random"

    def key(self, member: Member, ask: _Ask, /) -> Any:
        """The hash."""
        text = f"{self.seed}\0{ask.ticket.id}\0{member.agent}"
        return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()

    def says(self, member: Member, ask: _Ask, /) -> str:
        """The hash, shortened."""
        return f"drew {self.key(member, ask).hex()[:8]}"


Strategy = RoundRobin | LeastLoaded | BestSkill | Sticky | SeniorsFirst | Shuffled
STRATEGIES: Final[Mapping[str, Strategy]] = FrozenMap(
    {each.word: each for each in (RoundRobin(), LeastLoaded(), BestSkill(), Sticky(), SeniorsFirst(), Shuffled())}
)
# What settles the ties that the strategies leave, before the id does: so that equals stay equally loaded under any of them.
_TIES: Final = (LeastLoaded(), RoundRobin())


def _strategies(by: str | Strategy | Iterable[str | Strategy]) -> tuple[Strategy, ...]:
    found: list[Strategy] = []
    one_of = f"it is one of {', '.join(STRATEGIES)}"
    check_kind(by, Iterable if not isinstance(by, StrategyBase) else StrategyBase, "a strategy", one_of, "by")
    for each in (by,) if isinstance(by, str | StrategyBase) else by:
        if isinstance(each, str):
            if each not in STRATEGIES:
                raise UnknownName(f"no strategy {each!r}", value=shorten(each), hint=one_of)
            found.append(STRATEGIES[each])
        else:
            check_kind(each, StrategyBase, "a strategy", one_of, "by")
            found.append(each)
    return tuple(found)


# --- the choice ------------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class Verdict:
    """What became of one agent: the rank among those who fit (from 1), or None; and the facts behind it, or why not.

    >>> roster = Roster(members=[Member(agent="maria", load=2), Member(agent="otto", load=5), Member(agent="zoe", presence="offline")])
    >>> for verdict in choose(Ticket(id="T-1"), roster, 0, by="least_loaded").verdicts:
    ...     print(verdict)
    maria: 1. carries 2
    otto: 2. carries 5
    zoe: no: offline
    >>> [verdict.agent for verdict in choose(Ticket(id="T-1"), roster, 0, by="least_loaded").verdicts if verdict.fits]
    ['maria', 'otto']
    """

    agent: str
    rank: int | None
    reasons: tuple[Reason, ...]

    @property
    def fits(self) -> bool:
        """Whether they could have had the ticket."""
        return self.rank is not None

    def __str__(self) -> str:
        what = "no:" if self.rank is None else f"{self.rank}."
        return f"{self.agent}: {what} {'; '.join(map(str, self.reasons))}"


@frozen(kw_only=True)
class Choice:
    """Who gets a ticket and why, and for everybody else why not. ``agent`` None: nobody fits, and ``because`` says it.

    ``loosened`` names the fallbacks that had to be used, in order; ``verdicts`` are those of the last of them, best first.

    >>> roster = Roster(members=[Member(agent="maria"), Member(agent="otto", presence="away")])
    >>> choice = choose(Ticket(id="T-1", status="new", category="new"), roster, 0)
    >>> print(choice)
    T-1: maria, because the only one of 2 who fit
    >>> choice.why("otto").fits, choice.assigned(answers="T-1/1/route/0").agent
    (False, 'maria')
    >>> str(choice.at)
    '1970-01-01 00:00:00+00:00'
    """

    ticket: str
    agent: str | None
    at_us: int = field(repr=iso)
    loosened: tuple[str, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    because: str = ""

    @property
    def at(self) -> DateTime:
        """The instant it was made for."""
        return from_us(self.at_us)

    def why(self, agent: str) -> Verdict:
        """What became of *agent*. Raises `UnknownName` for one who was not in the roster."""
        for verdict in self.verdicts:
            if verdict.agent == agent:
                return verdict
        raise UnknownName(f"agent {shorten(agent)} was not in the roster", value=shorten(agent))

    def assigned(self, *, by: Actor | None = None, answers: str = "") -> Assigned | None:
        """The event to hand back to the desk, or None when nobody fits. *answers* is the key of the `Route` effect."""
        if self.agent is None:
            return None
        return Assigned(at=self.at_us, ticket=self.ticket, agent=self.agent, by=by, answers=answers)

    def __str__(self) -> str:
        return f"{self.ticket}: {self.agent or 'unassigned'}, because {self.because}"


def choose(
    ticket: Ticket,
    roster: Roster,
    at: datetime | int,
    *,
    by: str | Strategy | Iterable[str | Strategy] = "round_robin",
    need: Need | None = None,
    fallbacks: Iterable[str | Need] = (),
    last_agent: str | None = None,
) -> Choice:
    """Who gets *ticket* at the instant *at*: of those who fit *need* (`Need.of` the ticket), the best *by* the strategies in order.

    While nobody fits, the *fallbacks* are tried one after the other: a name lets one more constraint go (`Need.loosened`), a
    `Need` takes the place of what was needed so far. *last_agent* (the assignee, if not given) is who `Sticky` prefers.
    The same facts give the same answer, in whatever order the roster lists them.
    Raises `UnknownName` for a strategy or constraint that there is not, `BadValue` for what is no ticket or roster, and what `to_us`
    raises.

    >>> from ticketcore.model import Created, Person, evolve
    >>> ticket = evolve(None, Created(at=0, ticket="T-1", by=Person(name="Ada"), group="billing"))
    >>> roster = Roster(members=[Member(agent="maria", groups=["billing"]), Member(agent="otto")])
    >>> choice = choose(ticket, roster, 0, by=["sticky", "least_loaded"])
    >>> print(choice, choice.why("otto"), sep=chr(10))
    T-1: maria, because the only one of 2 who fit
    otto: no: not in group 'billing'
    """
    check_ticket(ticket)
    check_kind(roster, Roster, "a roster", "choose(ticket, roster, at)", "roster")
    at_us = to_us(at)
    strategies = _strategies(by)
    last_agent = ticket.assignee if last_agent is None else last_agent
    now = need if need is not None else Need.of(ticket)
    check_kind(now, Need, "a need", 'give Need(group="billing")', "need")
    steps = _steps(now, fallbacks)
    if ticket.category in _queue.LEFT_OUT:
        gone = (Reason("ticket", f"the ticket is {ticket.status}"),)
        verdicts = tuple(Verdict(agent=member.agent, rank=None, reasons=gone) for member in roster.members)
        return Choice(ticket=ticket.id, agent=None, at_us=at_us, verdicts=verdicts, because=gone[0].text)
    used = 0
    against = [_against(member, now, at_us) for member in roster.members]
    while all(against) and used < len(steps):
        now = steps[used][1]
        used += 1
        against = [_against(member, now, at_us) for member in roster.members]
    loosened = tuple(name for name, _ in steps[:used])
    ask = _Ask(ticket=ticket, at_us=at_us, need=now, last_agent=last_agent, strategies=strategies)
    return _settle(ask, roster.members, against, loosened)


def _steps(need: Need, fallbacks: Iterable[str | Need]) -> list[tuple[str, Need]]:
    """Each fallback with its name and what is needed then; all are made first, so that a wrong name never waits for its day."""
    steps: list[tuple[str, Need]] = []
    check_kind(fallbacks, Iterable, "a list of fallbacks", "give a list, even of one", "fallbacks")
    for number, fallback in enumerate(fallbacks, 1):
        check_kind(fallback, (str, Need), "a constraint to let go, or a need", 'give "skills" or Need(...)', f"fallbacks[{number - 1}]")
        need = need.loosened(fallback) if isinstance(fallback, str) else fallback
        steps.append((fallback if isinstance(fallback, str) else f"need {number}", need))
    return steps


def _settle(ask: _Ask, members: tuple[Member, ...], against: list[tuple[Reason, ...]], loosened: tuple[str, ...]) -> Choice:
    """The choice among those of *members* whom nothing speaks against."""
    ranked = sorted(
        ([each.key(member, ask) for each in (*ask.strategies, *_TIES)], member.agent, member)
        for member, reasons in zip(members, against, strict=True)
        if not reasons
    )  # the id settles it: two members are never compared
    fitting = [
        Verdict(agent=agent, rank=rank, reasons=tuple(Reason(each.word, each.says(member, ask)) for each in ask.strategies))
        for rank, (_, agent, member) in enumerate(ranked, 1)
    ]
    others = [Verdict(agent=member.agent, rank=None, reasons=reasons) for member, reasons in zip(members, against, strict=True) if reasons]
    if fitting:
        agent, because = fitting[0].agent, f"{_why_first(ask, [member for _, _, member in ranked])} of {len(members)} who fit"
    else:
        agent, because = None, _why_nobody(others)
    if loosened:
        because += f", {'after' if agent else 'even after'} letting go: {', '.join(loosened)}"
    verdicts = (*fitting, *others)
    return Choice(ticket=ask.ticket.id, agent=agent, at_us=ask.at_us, loosened=loosened, verdicts=verdicts, because=because)


def _why_first(ask: _Ask, ranked: list[Member]) -> str:
    """Why the first of those who fit comes before the second: the first strategy that tells them apart."""
    if len(ranked) == 1:
        return "the only one"
    best, other = ranked[:2]
    for each in (*ask.strategies, *_TIES):
        if each.key(best, ask) != each.key(other, ask):
            told = f"{each.says(best, ask)}; {other.agent}: {each.says(other, ask)}"
            return f"first by {each.word} ({told}) among {len(ranked)}"
    return f"first by id among {len(ranked)} equals"


def _why_nobody(verdicts: list[Verdict]) -> str:
    """What kept how many from it, the most frequent reason first."""
    if not verdicts:
        return "the roster is empty"
    counts: dict[str, int] = {}
    for verdict in verdicts:
        for reason in verdict.reasons:
            counts[reason.code] = counts.get(reason.code, 0) + 1
    told = ", ".join(f"{name} {count}" for name, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))
    return f"none of {len(verdicts)} fits ({told})"


def next_for(
    member: Member,
    tickets: Iterable[Ticket],
    order: Order,
    at: datetime | int,
    *,
    n: int = 1,
    need: Callable[[Ticket], Need] = Need.of,
) -> tuple[Ticket, ...]:
    """The other way round: the first *n* tickets in *order* that *member* may take at *at*, each on its own.

    Only tickets that nobody else has are offered. *need* says what a ticket needs. Raises `BadValue` for an *n* below 0, and for what is
    no member, ticket or order.

    >>> maria = Member(agent="maria", groups=["billing"])
    >>> queue = [Ticket(id="T-1", group="sales"), Ticket(id="T-2", group="billing", assignee="otto"), Ticket(id="T-3", group="billing")]
    >>> [ticket.id for ticket in next_for(maria, queue, Order.by("age"), at=0)]
    ['T-3']
    """
    check_kind(member, Member, "a member of a roster", 'give roster["maria"]', "member")
    check_kind(order, Order, "an order", 'give Order.by("priority")', "order")
    at_us = to_us(at)
    mine = (None, member.agent)
    return order.first(n, [each for each in each_ticket(tickets) if each.assignee in mine and not _against(member, need(each), at_us)])
