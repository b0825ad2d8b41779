"""Strategies for histories: what people and the host do to one ticket of a desk, legal and illegal, at the instants that matter.

A history is a tuple of moments, a moment a tuple of events that happen together. While one is drawn the desk lives through it, so
that instants can be chosen around those at which time brings something: exactly then, a microsecond before and after, at the
instant of the moment before, and long after. Moments that the desk will refuse are among them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from hypothesis import strategies as st

from ticketcore._time import DAY_US, HOUR_US, MINUTE_US
from ticketcore.conditions import FieldType
from ticketcore.desk import Desk
from ticketcore.errors import TicketcoreError
from ticketcore.extra.strategies.conditions import EVENING_US
from ticketcore.extra.strategies.desks import AGENTS, COPIES, GROUPS, TAGS
from ticketcore.model import (
    Absorbed,
    Acknowledged,
    Actor,
    Agent,
    AgentReplied,
    Assigned,
    CcAdded,
    CcRemoved,
    Closed,
    Confirmed,
    Created,
    CustomerReplied,
    Deleted,
    Escalated,
    FactsReported,
    FieldSet,
    FollowersAdded,
    FollowersRemoved,
    MacroUsed,
    MarkedAnswered,
    MarkedSpam,
    Merged,
    Message,
    Noted,
    NotSpam,
    Outside,
    Person,
    PolicySet,
    Postponed,
    Purged,
    Rated,
    Reopened,
    Resolved,
    Restored,
    SlotCleared,
    SlotSet,
    Split,
    Spoken,
    StatusSet,
    TagsAdded,
    TagsRemoved,
    TargetExtended,
    Ticket,
    Transferred,
    Unassigned,
    Verified,
)  # fmt: skip

__all__ = ["History", "Moment", "actors", "creations", "histories", "moment_instants", "moments", "outside_events"]

Moment = tuple[Outside, ...]
History = tuple[Moment, ...]

ADA: Final = Person(email="ada@example.org", name="Ada", tier="gold", fields={"site": "Rīga"})
BOB: Final = Person(id="42", email="bob@example.org")
MARIA: Final = Agent(id="maria", email="maria@example.org")
TWIN: Final = Agent(id="ada", email="ADA@example.org")  # an agent who is the requester
TICKET: Final = "T-1"


def actors() -> st.SearchStrategy[Actor | None]:
    """Who acts: the requester, another customer, agents, one of them being the requester, and the host's own machinery.

    >>> from hypothesis import find
    >>> find(actors(), lambda by: isinstance(by, Agent))
    Agent(id='maria', name='', email='maria@example.org', permissions=frozenset())
    """
    return st.sampled_from([ADA, MARIA, MARIA, BOB, TWIN, Agent(id="ivan"), None])


def _messages() -> st.SearchStrategy[Message]:
    texts = st.sampled_from(["", "The shop is DOWN", "Εκτός λειτουργίας", "系统宕机了"])
    return st.builds(
        Message, text=texts, public=st.sampled_from([True, True, False]), automatic=st.sampled_from([False, False, False, True])
    )


@st.composite
def creations(draw: st.DrawFn, desk: Desk, at_us: int) -> Created:
    """The event that a ticket of *desk* begins with.

    >>> from hypothesis import given, settings
    >>> @settings(max_examples=5, derandomize=True, deadline=None)
    ... @given(creations(Desk(), EVENING_US))
    ... def test_a_ticket_begins_somewhere(created):
    ...     assert Desk().handle(None, created).ticket.category in ("new", "open", "answered")
    >>> test_a_ticket_begins_somewhere()
    """
    names = st.sampled_from(sorted(desk.priority.tags) + list(TAGS))
    by = draw(actors())
    facts = {name: draw(_value(fact.type)) for name, fact in desk.facts.items() if "created" in fact.required_with}
    return Created(
        at=at_us, id="e0", ticket=TICKET, by=by, requester=ADA if by is not ADA or draw(st.booleans()) else Person(), subject="printer",
        channel=draw(st.sampled_from(["", "e-mail", "chat"])), message=draw(_messages()), has_message=draw(st.booleans()),
        tags=draw(st.frozensets(names, max_size=2)), group=draw(st.sampled_from([None, *desk.groups])),
        assignee=draw(st.sampled_from([None, *AGENTS])), fields=draw(_some(desk.fields)), facts=facts,
    )  # fmt: skip


def _some(types: Any) -> st.SearchStrategy[dict[str, Any]]:
    if not types:
        return st.just({})
    return st.lists(st.sampled_from(sorted(types)), max_size=2, unique=True).flatmap(
        lambda names: _given({name: types[name] for name in names})
    )


def _given(types: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({name: _value(kind) for name, kind in types.items()})


def _value(kind: FieldType) -> st.SearchStrategy[Any]:
    """What a field of this type may hold."""
    found: dict[str, list[Any]] = {
        "number": [0, 1, 5, -3, 1.5], "duration": [0, HOUR_US], "instant": [EVENING_US, EVENING_US + 2 * HOUR_US], "flag": [True, False],
        "set": [frozenset(kind.choices[:2] or ("x",))],
    }  # fmt: skip
    return st.sampled_from(found.get(kind.kind) or kind.choices or ("x", "Rīga", "big", "any"))


@st.composite
def outside_events(draw: st.DrawFn, desk: Desk, at_us: int, by: Actor | None, name: str = "") -> Outside:
    """Anything that people or the host may report at *at_us*, with names that the desk knows and, rarely, one that it does not.

    >>> from hypothesis import given, settings
    >>> @settings(max_examples=5, derandomize=True, deadline=None)
    ... @given(outside_events(Desk(), EVENING_US, MARIA))
    ... def test_it_is_reported_by_people(event):
    ...     assert event.is_outside and event.by == MARIA
    >>> test_it_is_reported_by_people()
    """
    kind = draw(st.sampled_from(_KINDS))
    head: dict[str, Any] = {"at": at_us, "by": by, "id": name}
    needed = {name: fact.type for name, fact in desk.facts.items() if kind.kind in fact.required_with}
    facts = {name: draw(_value(of)) for name, of in needed.items() if draw(st.integers(0, 9))}
    if facts:
        head["facts"] = facts
    if issubclass(kind, Spoken):
        return kind(message=draw(_messages()), **head)
    fields = draw(_fields_of(desk, kind, at_us))
    return kind(**{**head, **fields})


def _or_unknown(names: Iterable[str]) -> st.SearchStrategy[str]:
    known = list(names)
    return st.sampled_from([*known * 6, "nobody"]) if known else st.just("nobody")


def _some_of(names: tuple[str, ...]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(names), min_size=1, max_size=len(names), unique=True)


def _fields_of(desk: Desk, kind: type[Outside], at_us: int) -> st.SearchStrategy[dict[str, Any]]:
    """What an event of this kind carries besides the head."""
    tags = st.lists(st.sampled_from(sorted(desk.priority.tags) + list(TAGS)), min_size=1, max_size=2, unique=True)
    spans = st.sampled_from([1, 5, 10, 15, 30, 60, 90, 240, 1440, 3000])
    given: dict[type[Outside], dict[str, st.SearchStrategy[Any]]] = {
        StatusSet: {"status": _or_unknown(status.name for status in desk.lifecycle.every_status())},
        Postponed: {"until": st.sampled_from([10, 30, 60, 240, 1440, 0]).map(lambda minutes: at_us + minutes * MINUTE_US)},
        FactsReported: {"facts": _facts(desk)},
        TargetExtended: {"metric": _or_unknown(desk.metrics), "extra_us": spans.map(MINUTE_US.__mul__)},
        Merged: {"into": st.sampled_from(["T-2", TICKET])}, Absorbed: {"source": st.just("T-3")}, Split: {"into": st.just("T-4")},
        MacroUsed: {"macro": _or_unknown(macro.name for macro in desk.rules.macros)},
        FollowersAdded: {"agents": _some_of(AGENTS)}, FollowersRemoved: {"agents": _some_of(AGENTS)},
        CcAdded: {"addresses": _some_of(COPIES)}, CcRemoved: {"addresses": _some_of(COPIES)},
        SlotSet: {"level": _or_unknown(desk.priority.levels), "slot": st.sampled_from(["manual", "manual", "rules"])},
        SlotCleared: {"slot": st.sampled_from(["manual", "rules"])},
        TagsAdded: {"tags": tags}, TagsRemoved: {"tags": tags},
        Assigned: {"agent": st.sampled_from(AGENTS)},
        Transferred: {"group": st.sampled_from([None, *(desk.groups or GROUPS)]), "reason": st.sampled_from(["", "skills"])},
        Escalated: {"level": st.integers(1, 3)},
        PolicySet: {"policy": st.none() | _or_unknown(policy.name for policy in desk.policies)},
        Rated: {"score": st.integers(1, 5)},
    }  # fmt: skip
    if kind is FieldSet:
        return st.sampled_from([*desk.fields, "subject"]).flatmap(lambda name: _field_set(desk, name))
    return st.fixed_dictionaries(given.get(kind, {}))


def _field_set(desk: Desk, name: str) -> st.SearchStrategy[dict[str, Any]]:
    value = st.none() | _value(desk.fields[name]) if name in desk.fields else st.sampled_from(["", "x"])
    if name in {"impact", "urgency"} and desk.priority.matrix is not None:
        axis = desk.priority.matrix.impacts if name == "impact" else desk.priority.matrix.urgencies
        value = value | st.sampled_from([str(one) for one in axis])
    return st.fixed_dictionaries({"name": st.just(name), "value": value})


def _facts(desk: Desk) -> st.SearchStrategy[dict[str, Any]]:
    levels = _or_unknown(desk.priority.levels)  # a fact with a name may be what suggests a level
    known = {name: levels | _value(fact.type) if fact.type.kind == "name" else _value(fact.type) for name, fact in desk.facts.items()}
    return (
        st.lists(st.sampled_from(sorted(known)), max_size=2, unique=True).flatmap(
            lambda names: st.fixed_dictionaries({name: known[name] for name in names})
        )
        if known
        else st.just({})
    )


# Replies and changes of priority stand more often: they move clocks.
_KINDS: Final[tuple[type[Outside], ...]] = (
    CustomerReplied, CustomerReplied, CustomerReplied, AgentReplied, AgentReplied, AgentReplied, Noted, Noted, MarkedAnswered, StatusSet,
    Resolved, Resolved, Postponed, Postponed, Closed, Reopened, Acknowledged, FactsReported, TargetExtended, MarkedSpam, NotSpam, Deleted,
    Restored, Restored, Purged, Merged, SlotSet, SlotSet, SlotCleared, TagsAdded, TagsAdded, TagsRemoved, FieldSet, Assigned, Unassigned,
    Transferred, Escalated, PolicySet, Rated, Verified, Confirmed, Absorbed, Split, FollowersAdded, FollowersRemoved, CcAdded, CcRemoved,
    MacroUsed,
)  # fmt: skip


def moment_instants(ticket: Ticket, wake_us: int | None, unit: int = 1) -> st.SearchStrategy[int]:
    """Instants for the next moment, on whole *unit* microseconds: around the wake-up, at once, soon, much later, now and then too early.

    >>> from hypothesis import given, settings
    >>> @settings(max_examples=5, derandomize=True, deadline=None)
    ... @given(moment_instants(Ticket(id="T-1", as_of_us=EVENING_US), EVENING_US + HOUR_US))
    ... def test_the_next_moment_is_not_long_ago(at):
    ...     assert at >= EVENING_US - MINUTE_US
    >>> test_the_next_moment_is_not_long_ago()
    """
    start = -(-max(ticket.as_of_us, ticket.floor_us) // unit) * unit
    after = [MINUTE_US, 5 * MINUTE_US, 30 * MINUTE_US, HOUR_US, 4 * HOUR_US, DAY_US]
    choices = [start, start, *(start + span for span in after), start - MINUTE_US]
    if unit == 1:
        choices += [start + 1, start + 30 * DAY_US, start + 800 * DAY_US]
    if wake_us is not None and wake_us - start < 40 * DAY_US:
        choices += [at for at in (wake_us - unit, wake_us, wake_us, wake_us, wake_us + unit, wake_us + HOUR_US) if at % unit == 0]
    return st.sampled_from(choices)


@st.composite
def moments(draw: st.DrawFn, desk: Desk, at_us: int, number: int) -> Moment:
    """One event or a few, by one actor, at one instant; with ids of their own, or the ids left to the desk.

    >>> from hypothesis import given, settings
    >>> @settings(max_examples=5, derandomize=True, deadline=None)
    ... @given(moments(Desk(), EVENING_US, 1))
    ... def test_a_moment_is_one_actor_at_one_instant(moment):
    ...     assert len({(event.at_us, event.by) for event in moment}) == 1
    >>> test_a_moment_is_one_actor_at_one_instant()
    """
    by = draw(actors())
    named = draw(st.integers(0, 3))
    count = draw(st.sampled_from([1, 1, 1, 2, 3]))
    return tuple(draw(outside_events(desk, at_us, by, f"e{number}.{place}" if named else "")) for place in range(count))


@st.composite
def histories(draw: st.DrawFn, desk: Desk, *, unit_us: int = 1, longest_us: int | None = None) -> History:
    """Histories of one ticket of *desk*: a creation, then moments in order of time, some of which the desk refuses.

    With *unit_us* all instants are whole multiples of it, and the history ends *longest_us* after the creation.

    >>> from hypothesis import given, settings
    >>> from ticketcore import fold
    >>> from ticketcore.extra.laws import live
    >>> @settings(max_examples=5, derandomize=True, deadline=None)
    ... @given(histories(Desk()))
    ... def test_a_log_folds_to_its_ticket(history):
    ...     life = live(Desk(), history)
    ...     assert fold(life.events) == life.ticket
    >>> test_a_log_folds_to_its_ticket()
    """
    at = EVENING_US + draw(st.sampled_from([0, 0, 30 * MINUTE_US, -11 * HOUR_US, 60 * HOUR_US]))
    log: list[Moment] = [(draw(creations(desk, at)),)]
    outcome = desk.handle(None, *log[0])
    for number in range(1, draw(st.sampled_from([1, 3, 5, 7, 9]))):
        when = draw(moment_instants(outcome.ticket, outcome.wake_us, unit_us))
        if longest_us is not None and when > at + longest_us:
            break
        moment = draw(moments(desk, when, number))
        log.append(moment)
        try:
            outcome = desk.handle(outcome.ticket, *moment)
        except TicketcoreError:
            continue  # one that is refused
    return tuple(log)
