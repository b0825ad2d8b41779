"""Who could take a ticket: agents as a roster sees them, and the roster. Facts of the host, as values."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final, Protocol

from attrs import evolve, field, frozen
from pendulum import DateTime

from ticketcore._time import iso, maybe_from_us, maybe_us, to_us
from ticketcore._values import EMPTY, FrozenMap, each, frozen_map, name_set
from ticketcore.errors import BadValue, UnknownName, check_kind, shorten

PRESENCES: Final = ("online", "away", "offline")


class OpenHours(Protocol):
    """What routing asks of business hours.

    >>> from ticketcore import BusinessHours
    >>> office = BusinessHours(zone="UTC", week={"mon-fri": ["09:00-17:00"]})
    >>> print(choose(Ticket(id="T-1"), Roster(members=[Member(agent="maria", hours=office)]), 0).why("maria"))
    maria: no: outside working hours
    """

    def is_open_us(self, at_us: int, /) -> bool:
        """Whether they are open at this instant."""
        ...


def _absences(value: Iterable[tuple[datetime | int, datetime | int]]) -> tuple[tuple[int, int], ...]:
    return tuple(sorted((to_us(start), to_us(end)) for start, end in value))


@frozen(kw_only=True)
class Member:
    """An agent as a roster sees them: facts that hold now, given by the host.

    ``skills`` have levels (1 and up). ``load`` is the weight of what they work on and ``capacity`` the most they take (None: no
    limit), both in total and by channel. ``out_of_office`` is a list of half-open spans. ``hours`` None: always. Raises `BadValue` for a
    presence other than online, away and offline, and for numbers below 0.

    >>> maria = Member(agent="maria", capacity=5, load=3, channel_capacity={"chat": 1}, channel_load={"chat": 1})
    >>> maria.room_for(2), maria.room_for(3), maria.room_for(1, "chat")
    (True, False, False)
    """

    agent: str
    skills: FrozenMap[str, int] = field(default=EMPTY, converter=frozen_map)
    groups: frozenset[str] = field(default=frozenset(), converter=name_set)
    languages: frozenset[str] = field(default=frozenset(), converter=name_set)
    capacity: int | None = None
    load: int = 0
    channel_capacity: FrozenMap[str, int] = field(default=EMPTY, converter=frozen_map)
    channel_load: FrozenMap[str, int] = field(default=EMPTY, converter=frozen_map)
    presence: str = "online"
    hours: OpenHours | None = None
    out_of_office_us: tuple[tuple[int, int], ...] = field(default=(), alias="out_of_office", converter=_absences)
    last_assigned_us: int | None = field(default=None, alias="last_assigned", converter=maybe_us, repr=iso)
    seniority: int = 0

    def __attrs_post_init__(self) -> None:
        if self.presence not in PRESENCES:
            raise BadValue(f"no presence {self.presence!r}", value=shorten(self.presence), hint=f"it is one of {', '.join(PRESENCES)}")
        numbers = [0 if self.capacity is None else self.capacity, self.load]
        numbers += [*self.skills.values(), *self.channel_capacity.values(), *self.channel_load.values()]
        for number in numbers:
            if type(number) is not int or number < 0:
                raise BadValue(f"capacity, loads and skill levels of {self.agent!r} are whole numbers from 0", value=shorten(number))
        if type(self.seniority) is not int:
            raise BadValue(f"the seniority of {self.agent!r} is a whole number", value=shorten(self.seniority))

    @property
    def last_assigned(self) -> DateTime | None:
        """When they last got a ticket; None: never."""
        return maybe_from_us(self.last_assigned_us)

    def room_for(self, weight: int, channel: str = "") -> bool:
        """Whether *weight* more fits in their capacity, and in that of *channel*."""
        if self.capacity is not None and self.load + weight > self.capacity:
            return False
        limit = self.channel_capacity.get(channel)
        return limit is None or self.channel_load.get(channel, 0) + weight <= limit


def _by_agent(members: Iterable[Member]) -> tuple[Member, ...]:
    return tuple(sorted(each(members, Member, "members", 'give Member(agent="maria")', "members"), key=lambda member: member.agent))


@frozen(kw_only=True)
class Roster:
    """The agents a ticket may go to. Kept in order of their ids: in which order they were given makes no difference.

    ``roster["maria"]`` is a member of it, or raises `UnknownName`. Raises `BadValue` when an agent is in it twice.

    >>> roster = Roster(members=[Member(agent="maria", groups=["support"]), Member(agent="ivan", load=3)])
    >>> [member.agent for member in roster.members], roster["ivan"].load
    (['ivan', 'maria'], 3)
    >>> choose(Ticket(id="T-1", group="support"), roster, 0).agent
    'maria'
    >>> roster["otto"]
    Traceback (most recent call last):
    ticketcore.errors.UnknownName: agent 'otto' is not in this roster
    """

    members: tuple[Member, ...] = field(default=(), converter=_by_agent)

    def __attrs_post_init__(self) -> None:
        for one, other in zip(self.members, self.members[1:], strict=False):
            if one.agent == other.agent:
                raise BadValue(f"agent {one.agent!r} is in the roster twice", value=shorten(one.agent))

    def __getitem__(self, agent: str) -> Member:
        for member in self.members:
            if member.agent == agent:
                return member
        raise UnknownName(f"agent {shorten(agent)} is not in this roster", value=shorten(agent))

    def replace(self, member: Member) -> Roster:
        """The roster with *member* in place of (or beside) whoever had that id.

        >>> roster = Roster(members=[Member(agent="maria"), Member(agent="otto")]).replace(Member(agent="otto", presence="away"))
        >>> [(member.agent, member.presence) for member in roster.members]
        [('maria', 'online'), ('otto', 'away')]
        """
        check_kind(member, Member, "a member of a roster", 'give Member(agent="maria")', "member")
        return Roster(members=(*(other for other in self.members if other.agent != member.agent), member))

    def assigned(self, agent: str, at: datetime | int, *, weight: int = 1, channel: str = "") -> Roster:
        """The roster after *agent* got a ticket of this *weight*: their load, and when they were last assigned one. Raises `UnknownName`.

        >>> roster = Roster(members=[Member(agent="maria", load=2)]).assigned("maria", 60_000_000)
        >>> roster["maria"].load, str(roster["maria"].last_assigned), roster.released("maria")["maria"].load
        (3, '1970-01-01 00:01:00+00:00', 2)
        """
        member = self[agent]
        loads = _added(member.channel_load, channel, weight)
        return self.replace(evolve(member, load=member.load + weight, channel_load=loads, last_assigned=to_us(at)))

    def released(self, agent: str, *, weight: int = 1, channel: str = "") -> Roster:
        """The roster after *agent* finished or lost a ticket of this *weight*; a load never falls below 0. Raises `UnknownName`."""
        member = self[agent]
        loads = _added(member.channel_load, channel, -weight)
        return self.replace(evolve(member, load=max(0, member.load - weight), channel_load=loads))


def _added(loads: FrozenMap[str, int], channel: str, weight: int) -> FrozenMap[str, int]:
    return loads.set(channel, max(0, loads.get(channel, 0) + weight)) if channel else loads
