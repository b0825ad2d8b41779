"""Strategies for routing and the queue: rosters and what tickets need of them, orders, and tickets that tie in them.

Names, levels and instants come from small pools, so that members fit, tickets tie, and the last tie-break is reached.
"""

from __future__ import annotations

from typing import Any, Final

from hypothesis import strategies as st

from ticketcore._values import FrozenMap, changed
from ticketcore.hours import ALWAYS, BusinessHours
from ticketcore.model import Memo, Ticket
from ticketcore.routing import (
    CONSTRAINTS,
    LEVELS,
    STRATEGIES,
    Age,
    BestSkill,
    Due,
    First,
    HeadStart,
    LeastLoaded,
    Member,
    Need,
    Order,
    Priority,
    Roster,
    SeniorsFirst,
    Shuffled,
    Strategy,
    Term,
    Waiting,
)  # fmt: skip

__all__ = ["members", "needs", "orders", "queued_tickets", "rosters", "routing_steps", "routing_strategies", "terms"]

METRICS: Final = ("first_reply", "resolution")
_METRIC_NAMES: Final[st.SearchStrategy[str]] = st.sampled_from(METRICS)
_GROUPS: Final = ("", "billing", "Μηχανικοί")
_SKILLS: Final = ("refunds", "网络")
_LANGUAGES: Final = ("", "el", "lv")
_CHANNELS: Final = ("", "chat", "email")
_CATEGORIES: Final = ("new", "open", "answered", "postponed", "resolved", "closed", "removed")
_HOURS: Final = tuple(BusinessHours(zone="UTC", week={day: ["00:00-00:01", "09:00-17:00"]}) for day in ("thu", "sat"))
_SOME: Final = st.integers(0, 6)


def members() -> st.SearchStrategy[Member]:
    """Members of a roster, among them ones with no limit, no room, and hours of every kind.

    >>> from hypothesis import given, settings
    >>> @settings(max_examples=5, derandomize=True, deadline=None)
    ... @given(members())
    ... def test_nobody_is_too_full_for_nothing_more(member):
    ...     assert member.capacity is None or member.load > member.capacity or member.room_for(0)
    >>> test_nobody_is_too_full_for_nothing_more()
    """
    few = st.integers(-3, 12)
    return st.builds(
        Member,
        agent=st.text(min_size=1, max_size=2),
        skills=st.dictionaries(st.sampled_from(_SKILLS), _SOME),
        groups=st.frozensets(st.sampled_from(_GROUPS)),
        languages=st.frozensets(st.sampled_from(_LANGUAGES)),
        capacity=st.none() | _SOME,
        load=_SOME,
        channel_capacity=st.dictionaries(st.sampled_from(_CHANNELS), _SOME),
        channel_load=st.dictionaries(st.sampled_from(_CHANNELS), _SOME),
        presence=st.sampled_from(["online", "online", "away", "offline"]),
        hours=st.none() | st.sampled_from([ALWAYS, *_HOURS]),
        out_of_office=st.lists(st.tuples(few, few), max_size=2),
        last_assigned=st.none() | few,
        seniority=st.integers(-1, 3),
    )


def rosters() -> st.SearchStrategy[Roster]:
    """Rosters of up to eight members, the empty one too.

    >>> from hypothesis import given, settings
    >>> @settings(max_examples=5, derandomize=True, deadline=None)
    ... @given(rosters())
    ... def test_the_order_of_a_roster_makes_no_difference(roster):
    ...     assert Roster(members=reversed(roster.members)) == roster
    >>> test_the_order_of_a_roster_makes_no_difference()
    """
    several = st.lists(members(), max_size=8, unique_by=lambda member: member.agent)
    return several.map(lambda found: Roster(members=found))


def needs() -> st.SearchStrategy[Need]:
    """What a ticket needs, from nothing to more than anybody has.

    >>> from hypothesis import given, settings
    >>> from ticketcore.routing import choose
    >>> @settings(max_examples=5, derandomize=True, deadline=None)
    ... @given(needs(), rosters())
    ... def test_who_gets_a_ticket_fits_it(need, roster):
    ...     agent = choose(Ticket(id="T-1"), roster, 0, need=need).agent
    ...     assert agent is None or not need.group or need.group in roster[agent].groups or "group" in need.waived
    >>> test_who_gets_a_ticket_fits_it()
    """
    return st.builds(
        Need,
        group=st.sampled_from(_GROUPS),
        skills=st.dictionaries(st.sampled_from(_SKILLS), _SOME),
        language=st.sampled_from(_LANGUAGES),
        seniority=st.none() | st.integers(-1, 3),
        presence=st.frozensets(st.sampled_from(["online", "away", "offline"])),
        weight=st.integers(0, 3),
        channel=st.sampled_from(_CHANNELS),
        exclude=st.frozensets(st.text(min_size=1, max_size=2), max_size=2),
        waived=st.frozensets(st.sampled_from(sorted(_WAIVABLE))),
    )


_WAIVABLE: Final = frozenset(CONSTRAINTS) - {"exclude", "capacity"}


def routing_steps() -> st.SearchStrategy[list[str | Need]]:
    """Fallbacks: constraints to let go, ``"away"``, and other needs.

    >>> from hypothesis import given, settings
    >>> from ticketcore.routing import choose
    >>> @settings(max_examples=5, derandomize=True, deadline=None)
    ... @given(rosters(), routing_steps())
    ... def test_a_fallback_never_excludes_anybody(roster, steps):
    ...     if choose(Ticket(id="T-1"), roster, 0).agent:
    ...         assert not choose(Ticket(id="T-1"), roster, 0, fallbacks=steps).loosened
    >>> test_a_fallback_never_excludes_anybody()
    """
    names: st.SearchStrategy[Any] = st.sampled_from(["away", *sorted(_WAIVABLE)])
    return st.lists(names | needs(), max_size=4)


def routing_strategies() -> st.SearchStrategy[Strategy]:
    """Strategies of every kind, as they are by default and with settings of their own.

    >>> from hypothesis import given, settings
    >>> from ticketcore.routing import choose
    >>> @settings(max_examples=5, derandomize=True, deadline=None)
    ... @given(rosters(), routing_strategies())
    ... def test_a_strategy_leaves_nobody_out(roster, strategy):
    ...     fitting = [verdict.agent for verdict in choose(Ticket(id="T-1"), roster, 0, by=strategy).verdicts if verdict.fits]
    ...     assert bool(fitting) == bool(choose(Ticket(id="T-1"), roster, 0).agent)
    >>> test_a_strategy_leaves_nobody_out()
    """
    own: st.SearchStrategy[Any] = st.one_of(
        st.builds(LeastLoaded, relative=st.booleans()),
        st.builds(BestSkill, skills=st.frozensets(st.sampled_from(_SKILLS))),
        st.builds(SeniorsFirst, levels=st.frozensets(st.sampled_from(LEVELS)), juniors_else=st.booleans()),
        st.builds(Shuffled, seed=st.text(max_size=3)),
    )
    return st.sampled_from(list(STRATEGIES.values())) | own


def terms() -> st.SearchStrategy[Term]:
    """Terms of an order, of every kind.

    >>> from hypothesis import find
    >>> find(terms(), lambda term: term.word == "priority")
    Priority(levels=('low', 'medium'))
    """
    every: st.SearchStrategy[Any] = st.one_of(
        st.builds(Due, metric=st.sampled_from(["", *METRICS])),
        st.builds(Priority, levels=st.permutations(LEVELS) | st.just(LEVELS[:2])),
        st.just(Waiting()),
        st.just(Age()),
        st.just(First(name="vip", when=lambda ticket: "vip" in ticket.tags)),
        st.builds(HeadStart, starts=st.dictionaries(st.sampled_from(LEVELS), _SOME), since=st.sampled_from(["waiting", "age"])),
    )
    return every


def orders() -> st.SearchStrategy[Order]:
    """Orders of up to three terms, the one of none (by id) too.

    >>> from hypothesis import given, settings
    >>> @settings(max_examples=5, derandomize=True, deadline=None)
    ... @given(orders(), queued_tickets())
    ... def test_the_first_ones_are_the_first_of_all(order, tickets):
    ...     assert order.first(2, tickets) == order.sorted(tickets)[:2]
    >>> test_the_first_ones_are_the_first_of_all()
    """
    left_out = st.just(frozenset({"closed", "removed"})) | st.frozensets(st.sampled_from(_CATEGORIES))
    return st.builds(Order, terms=st.lists(terms(), max_size=3), leave_out=left_out)


def queued_tickets() -> st.SearchStrategy[list[Ticket]]:
    """Tickets with ids of their own that tie in much else, with the due instants of a desk's last step.

    >>> from hypothesis import given, settings
    >>> from ticketcore.routing import Queue
    >>> @settings(max_examples=5, derandomize=True, deadline=None)
    ... @given(queued_tickets())
    ... def test_a_queue_is_in_its_order(tickets):
    ...     assert tuple(Queue(Order.by("age"), tickets)) == Order.by("age").sorted(tickets)
    >>> test_a_queue_is_in_its_order()
    """
    return st.lists(_queued(), max_size=12, unique_by=lambda ticket: ticket.id)


def _memo(dues: Any) -> Memo:
    return Memo(wake_us=None, dues=FrozenMap(dues))


def _queued() -> st.SearchStrategy[Ticket]:
    bare = st.builds(
        Ticket,
        id=st.text(min_size=1, max_size=2),
        category=st.sampled_from(_CATEGORIES),
        priority=st.sampled_from(["", *LEVELS]),
        tags=st.sampled_from([frozenset(), frozenset({"vip"})]),
        group=st.sampled_from([None, *_GROUPS]),
        channel=st.sampled_from(_CHANNELS),
        assignee=st.sampled_from([None, "a", "0"]),
        created_us=_SOME,
        waiting_since_us=st.none() | _SOME,
    )
    memos = st.dictionaries(_METRIC_NAMES, st.none() | _SOME).map(_memo)
    return st.builds(lambda ticket, memo: changed(ticket, memo=memo), bare, memos)
