"""The model: tickets, events and effects as values, and folding."""

from __future__ import annotations

import pickle
from enum import StrEnum
from inspect import get_annotations
from typing import Any, get_args

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticketcore import Agent, AgentReplied, Created, CustomerReplied, Message, Person, Ticket, _typed, evolve, fold
from ticketcore._clocks import clock_with, cut_at, cycle_draft, cycle_with, end_run
from ticketcore._ticket import draft_of, freeze, ticket_of
from ticketcore._values import FrozenMap, changed, frozen_map, made, name_set, names, thawed
from ticketcore.errors import BadValue, DataError, NaiveDateTime, NotAnInstant, Problem, TicketcoreError, UnknownName, WrongTicket, shorten
from ticketcore.model import (
    EFFECTS,
    EVENTS,
    Acknowledged,
    ActionRefused,
    Assigned,
    Clock,
    ClockResumed,
    Closed,
    Cycle,
    DecidedEvent,
    Deleted,
    Diverted,
    Escalated,
    EventBase,
    FactsReported,
    FieldSet,
    MarkedAnswered,
    MarkedSpam,
    Memo,
    Merged,
    Noted,
    Notify,
    Outside,
    PolicySet,
    Postponed,
    Purged,
    Rated,
    Reply,
    Run,
    SlotCleared,
    SlotSet,
    StatusChanged,
    TagsAdded,
    TagsRemoved,
    TimeReached,
    Transferred,
    Unassigned,
    apply,
)  # fmt: skip

ADA, MARIA = Person(name="Ada", email="ada@example.org"), Agent(id="maria", email="maria@example.org")
BORN = evolve(None, Created(at=0, id="1", ticket="T-1", by=ADA, subject="printer", message=Message(text="it burns")))


def after(*events: EventBase) -> Ticket:
    return fold(events, BORN)


# --- values ----------------------------------------------------------------------------------------------------------


def test_a_draft_copies_every_slot() -> None:
    parts: Any = attrs.fields(Ticket)
    odd: dict[str, Any] = {part.alias: f"x{n}" for n, part in enumerate(parts) if part.name != "memo"}
    ticket = attrs.evolve(BORN, **odd)
    draft = draft_of(ticket)
    assert [getattr(draft, part.name) for part in parts] == [getattr(ticket, part.name) for part in parts]
    draft.status = "changed"
    assert freeze(draft) == attrs.evolve(ticket, status="changed") != ticket
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        draft.status = "open"


def test_a_ticket_of_a_row_has_every_value_in_its_place() -> None:
    row = [f"x{n}" for n in range(1 + len(attrs.fields(Ticket)))]
    ticket = ticket_of(row)
    assert [getattr(ticket, part.name) for part in attrs.fields(Ticket)] == row[1:]
    assert type(ticket) is Ticket
    for wrong in (row[1:], [*row, "more"]):
        with pytest.raises(ValueError, match="values to unpack"):
            ticket_of(wrong)


def test_a_cycle_and_a_clock_copied_by_hand_are_what_changed_makes_of_them() -> None:
    odd: Any = {kind: {part.name: f"x{n}" for n, part in enumerate(attrs.fields(kind))} for kind in (Cycle, Clock)}
    cycle, clock = Cycle(**odd[Cycle]), Clock(**odd[Clock])
    assert (cycle_with(cycle), clock_with(clock)) == (cycle, clock)
    for part in attrs.fields(Cycle):
        assert cycle_with(cycle, **{part.name: "new"}) == changed(cycle, **{part.name: "new"}) != cycle
    for part in attrs.fields(Clock):
        assert clock_with(clock, **{part.name: "new"}) == changed(clock, **{part.name: "new"}) != clock
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        cycle_with(cycle).hours = "other"  # type: ignore[misc]  # that is the point
    with pytest.raises(AttributeError):
        cycle_with(cycle, wrong=1)


def test_a_run_that_ends_or_is_cut_keeps_what_it_counted() -> None:
    cycle = Cycle(number=2, started_us=0, run_us=50, runs=(Run(0, 20, 15, "pending", "e1", 15),), banked_us=15)
    ended = (*cycle.runs, Run(50, 80, 7, "open", "e2", 22))
    draft = cycle_draft(cycle)
    end_run(draft, 80, 7, "open", "e2")
    end_run(draft, 90, 7, "open", "e3")  # there is none any more
    assert (draft.runs, draft.banked_us, draft.run_us) == (ended, 22, None)
    cut = (*cycle.runs, Run(50, 80, 7, "hours", "", 22))
    assert cut_at(cycle, 80, 7) == {"runs": cut, "banked_us": 22, "run_us": 80, "cut": True}
    assert cut_at(cycle_with(cycle, run_us=None), 80, 0) == {"cut": True}
    assert cut_at(Cycle(number=1, started_us=0), 80, 0) == {"cut": False}  # it has counted nothing so far


def test_what_the_desk_decides_needs_no_conversion_and_is_the_same_made_without_its_constructor() -> None:
    kinds: list[Any] = [*get_args(DecidedEvent), Memo, Run, Clock, Cycle]
    for kind in kinds:
        parts = attrs.fields(kind)
        assert [part.name for part in parts if part.converter is not None and part.name != "at_us"] == []
        values = [number if part.name.endswith("_us") else f"x{number}" for number, part in enumerate(parts)]
        quick = made(kind, *values)
        if kind is not Memo:  # its constructor is the same
            inner = {part.alias: value for part, value in zip(parts, values, strict=True)}
            assert quick == kind(**inner)
        assert [getattr(quick, part.name) for part in parts] == values
        assert thawed(quick).__class__ is not kind
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            setattr(quick, parts[0].name, 1)
    for kind in get_args(DecidedEvent):
        assert [part.name for part in attrs.fields(kind)][:5] == ["at_us", "id", "ticket", "cause", "desk"]


def test_a_value_of_one_field_or_none_is_copied_like_others() -> None:
    @attrs.frozen
    class One:
        name: str

    @attrs.frozen
    class Nothing:
        pass

    assert (changed(One("a")), changed(One("a"), name="b"), changed(Nothing())) == (One("a"), One("b"), Nothing())
    with pytest.raises(AttributeError):
        changed(One("a"), nam="b")


@pytest.mark.parametrize("verdict", ["met", "late", "cancelled", "untargeted"])
def test_a_cycle_that_is_open_again_is_counted_as_ended_no_more(verdict: str) -> None:
    cycle = Cycle(
        number=3, started_us=0, runs=(Run(0, 20, 15, "resolved", "e1", 15),), banked_us=15, verdict=verdict, ended_us=20, due_us=90
    )
    clock = Clock(metric="m", cycle=cycle, cycles=3, met=4, late=5, cancelled=6, total_us=100)
    for runs in (True, False):
        again = fold([ClockResumed(at=50, metric="m", runs=runs)], Ticket(id="T", clocks=FrozenMap(m=clock))).clocks["m"]
        counts = {"met": 4, "late": 5, "cancelled": 6}
        expected = {name: count - (name == verdict) for name, count in counts.items()}
        assert {name: getattr(again, name) for name in counts} == expected
        assert (again.cycles, again.total_us, again.cycle.run_us) == (3, 85, 50 if runs else None)
        assert (again.cycle.verdict, again.cycle.ended_us, again.cycle.due_us, again.cycle.runs) == (None, None, None, cycle.runs)


def test_a_ticket_cannot_change() -> None:
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        BORN.status = "open"  # type: ignore[misc]  # that is the point
    draft = draft_of(BORN)
    draft.status = "open"
    assert BORN.status != "open"


def test_what_the_desk_worked_out_is_no_part_of_a_ticket() -> None:
    with_memo = freeze(draft_of(BORN), Memo(wake_us=5, dues={"first_reply": 7}))
    assert with_memo == BORN
    assert hash(with_memo) == hash(BORN)
    assert with_memo.due("first_reply") is not None
    with pytest.raises(UnknownName):
        BORN.due("first_reply")
    with pytest.raises(UnknownName):
        with_memo.due("resolution")


def test_values_pickle_compare_and_hash() -> None:
    ticket = after(TagsAdded(at=5, tags=["vip"]), FieldSet(at=6, name="seats", value=3))
    assert pickle.loads(pickle.dumps(ticket)) == ticket
    assert len({ticket, after(TagsAdded(at=5, tags=["vip"]), FieldSet(at=6, name="seats", value=3))}) == 1


def test_a_frozen_map_cannot_change() -> None:
    change: Any
    seats = FrozenMap({"sales": 2})
    for change in (
        lambda: seats.__setitem__("sales", 3), lambda: seats.__delitem__("sales"), lambda: seats.update(sales=3), seats.clear,
        lambda: seats.pop("sales"), seats.popitem, lambda: seats.setdefault("x", 1), lambda: seats.__ior__({"x": 1}),
    ):  # fmt: skip
        with pytest.raises(TypeError, match="cannot change"):
            change()
    assert seats.without("none") is seats
    assert seats.without("sales") == {}
    assert hash(seats) == hash(FrozenMap({"sales": 2}))
    assert seats.__copy__() is seats.__deepcopy__({}) is seats
    assert repr(seats) == "{'sales': 2}"


def test_names_are_texts() -> None:
    for wrong in (["a", 5], {None}, (b"a",)):
        with pytest.raises(BadValue, match="a name is text, not"):
            name_set(wrong)  # type: ignore[arg-type]  # on purpose


LEAST: dict[str, Any] = {"int": 0, "str": "a", "str | None": None, "tuple[str, ...]": ["a"], "Any": 0}
WRONG: tuple[Any, ...] = (5, 5.0, True, None, "Ada", b"Ada", [], {"name": "Ada"}, ADA, MARIA, Message(text="hello"), object())
RIGHT = {  # which of them a field of that annotation takes, a converter perhaps making it right
    "str": (4,), "str | None": (3, 4), "int": (0,), "int | None": (0, 3), "bool": (2,), "Actor | None": (3, 8, 9), "Person": (8,),
    "Message": (10,), "Decision | None": (3,), "FrozenMap[str, Any]": (7,), "frozenset[str]": (6, 7), "tuple[str, ...]": (6, 7),
    "Any": tuple(range(len(WRONG))),
}  # fmt: skip


@pytest.mark.parametrize("kind", [Person, Agent, Message, *(kind for kind in EVENTS.values() if issubclass(kind, Outside))])
def test_people_messages_and_events_take_values_of_the_right_types_only(kind: type[Any]) -> None:
    annotations = {name: said for base in reversed(kind.__mro__) for name, said in get_annotations(base).items()}
    needed = {field.alias: LEAST[annotations[field.name]] for field in attrs.fields(kind) if field.default is attrs.NOTHING}
    whole = kind(**needed)
    for field in attrs.fields(kind):
        annotation = annotations[field.name]
        for number, value in enumerate(WRONG):
            for _ in range(2):  # what was found right once is remembered, what was wrong is not
                if number in RIGHT[annotation]:
                    if (kind, field.name) != (Person, "zone"):
                        assert attrs.evolve(whole, **{field.alias: value}) is not None
                else:
                    with pytest.raises(TicketcoreError):
                        attrs.evolve(whole, **{field.alias: value})


def test_a_value_of_a_wrong_type_is_refused_with_the_field_and_the_way_out() -> None:
    with pytest.raises(BadValue) as caught:
        CustomerReplied(at=0, by="Ada")  # type: ignore[arg-type]  # on purpose
    assert str(caught.value) == "by: a Person, an Agent or None is wanted, not str; Person(name=...) and Agent(id=...) make one"
    with pytest.raises(BadValue) as caught:
        Assigned(at=0, agent=MARIA)  # type: ignore[arg-type]  # on purpose
    assert (caught.value.path, caught.value.hint) == ("agent", "give its id")


def test_texts_and_numbers_of_classes_of_ones_own_are_taken() -> None:
    class Level(StrEnum):
        HIGH = "high"

    for _ in range(2):
        assert SlotSet(at=0, level=Level.HIGH).level == "high"


def test_only_so_many_right_combinations_of_types_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_typed, "MOST_SEEN", 0)
    monkeypatch.setattr(_typed, "_known", {})
    assert [Message(text="a").text for _ in range(2)] == ["a", "a"]
    assert _typed._known[Message][1] == set()


def test_lists_become_tuples_and_bare_strings_are_no_lists() -> None:
    assert frozen_map({"a": [1, 2], "b": {3}, "c": (4,)}) == {"a": (1, 2), "b": frozenset({3}), "c": (4,)}
    with pytest.raises(BadValue):
        frozen_map([1])  # type: ignore[arg-type]  # on purpose
    for wrong in ("vip", b"vip", 5):
        with pytest.raises(BadValue, match="list of names"):
            names(wrong)  # type: ignore[arg-type]  # on purpose
    assert name_set(["a", "a"]) == {"a"}


def test_changed_copies_all_other_fields() -> None:
    assert changed(MARIA, name="M") == Agent(id="maria", name="M", email="maria@example.org")


def test_events_take_aware_datetimes_only() -> None:
    import datetime as dt

    with pytest.raises(NaiveDateTime):
        Created(at=dt.datetime(2026, 1, 1), ticket="T")
    with pytest.raises(NotAnInstant):
        Created(at="2026-01-01", ticket="T")  # type: ignore[arg-type]  # on purpose
    event = Created(at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC), ticket="T", said_at=5)
    assert event.at.year == 2026
    assert event.said_at is not None
    assert Postponed(at=0, until=5).until.microsecond == 5


def test_the_unions_are_closed_and_named() -> None:
    assert all(EVENTS[kind].kind == kind for kind in EVENTS)
    assert all(EFFECTS[kind].kind == kind for kind in EFFECTS)
    assert len(EVENTS) == 56
    assert EVENTS["created"].__module__ == "ticketcore.model"
    assert {kind for kind, cls in EVENTS.items() if cls.is_due} == {"woken", "warned", "breached", "time_reached"}
    assert not EVENTS["desk_adopted"].is_outside
    assert all(issubclass(cls, Outside) for cls in EVENTS.values() if cls.is_outside)
    effect = Reply(key="k", at=0, ticket="T", template="ack", expires=60)
    assert effect.at.year == 1970
    assert effect.expires is not None
    assert Notify(key="k", at=0, ticket="T", to="lead").expires is None


@pytest.mark.parametrize(
    ("mine", "theirs", "same"),
    [
        (Person(email="Ada@Example.org"), Person(email="ada@example.ORG"), True),  # case does not tell people apart
        (Person(id="7", email="a@x"), Person(id="8", email="a@x"), False),  # the id decides where both have one
        (Person(phone="1"), Person(phone="1", email="a@x"), True),  # the first that both have
        (Person(name="Ada"), Person(name="Ada"), False),  # a name is no identity
        (Person(visitor_id="v"), None, False),
        (Person(id="maria"), Agent(id="maria"), False),  # an agent's id is of another kind
        (Person(email="maria@example.org"), MARIA, True),  # the e-mail of an agent who asks for help
    ],
)
def test_people_are_recognised(mine: Person, theirs: Any, same: bool) -> None:
    assert mine.is_same(theirs) is same


# --- folding ---------------------------------------------------------------------------------------------------------


def test_a_history_begins_with_a_creation() -> None:
    make: Any
    for make in (lambda: evolve(None, Noted(at=0)), lambda: fold([]), lambda: fold([Noted(at=0)])):
        with pytest.raises(WrongTicket):
            make()
    with pytest.raises(WrongTicket, match="exists already"):
        evolve(BORN, Created(at=5, ticket="T-1"))


OTHERS = [
    CustomerReplied(at=5, id="2", by=ADA), AgentReplied(at=6, id="3", by=MARIA), Noted(at=7, id="4", by=MARIA),
    TagsAdded(at=8, id="5", tags=["a"]), Assigned(at=9, id="6", agent="maria"), FactsReported(at=10, id="7", facts={"queue": 3}),
    StatusChanged(at=10, id="7/1", was="new", to="open", was_category="new", category="open"), TimeReached(at=11, id="t", rules=("r",)),
]  # fmt: skip


@given(st.lists(st.sampled_from(OTHERS), max_size=12), st.integers(0, 12))
def test_folding_is_evolving_one_by_one_and_can_be_cut_anywhere(events: list[EventBase], cut: int) -> None:
    stepped = BORN
    for event in events:
        stepped = evolve(stepped, event)
    assert fold(events, BORN) == stepped
    assert fold(events[cut:], fold(events[:cut], BORN)) == stepped
    assert stepped.version == 1 + len(events)


def test_applying_to_a_draft_counts_the_event() -> None:
    draft = draft_of(BORN)
    apply(draft, TagsAdded(at=5, tags=["vip"]))
    assert freeze(draft) == after(TagsAdded(at=5, tags=["vip"]))


@pytest.mark.parametrize(
    ("created", "requester", "waiting", "agent_replies"),
    [
        (Created(at=0, ticket="T", by=ADA), ADA, 0, 0),  # a customer asks
        (Created(at=0, ticket="T", by=ADA, requester=Person(name="Bo")), Person(name="Bo"), 0, 0),  # on behalf of another
        (Created(at=0, ticket="T", by=MARIA, requester=ADA), ADA, None, 1),  # an agent reaches out
        (Created(at=0, ticket="T", by=MARIA, requester=ADA, message=Message(public=False)), ADA, None, 0),  # privately
        (Created(at=0, ticket="T", by=MARIA, requester=ADA, has_message=False), ADA, None, 0),  # without a word
        (Created(at=0, ticket="T", by=ADA, has_message=False), ADA, 0, 0),  # a missed call waits too
        (Created(at=0, ticket="T"), Person(), 0, 0),  # from the host's own machinery
    ],
)
def test_who_asks_and_who_waits(created: Created, requester: Person, waiting: int | None, agent_replies: int) -> None:
    ticket = evolve(None, created)
    assert ticket.requester == requester
    assert ticket.waiting_since_us == waiting
    assert ticket.agent_replies == agent_replies


def test_replies_are_counted_and_automatic_ones_are_not() -> None:
    automatic = Message(automatic=True)
    ticket = after(
        CustomerReplied(at=5, by=ADA), CustomerReplied(at=6, by=ADA, message=automatic), AgentReplied(at=7, by=MARIA, message=automatic),
        AgentReplied(at=8, by=MARIA), AgentReplied(at=9, by=MARIA), CustomerReplied(at=10, by=Person(name="Bo")),
    )  # fmt: skip
    assert (ticket.customer_replies, ticket.agent_replies) == (2, 2)
    assert (ticket.first_agent_reply_us, ticket.last_agent_reply_us, ticket.last_customer_reply_us) == (8, 9, 10)
    assert ticket.waiting_since_us == 10
    shown = (ticket.created, ticket.updated, ticket.status_since, ticket.as_of, ticket.floor)
    assert all(instant.year == 1970 for instant in shown)
    assert ticket.first_agent_reply is not None
    assert ticket.last_agent_reply is not None
    assert ticket.last_customer_reply is not None
    assert ticket.waiting_since is not None


def test_an_agent_who_is_the_requester_is_a_customer() -> None:
    asked = evolve(None, Created(at=0, ticket="T", by=Person(email="maria@example.org")))
    ticket = fold([AgentReplied(at=5, by=MARIA)], asked)
    assert (ticket.customer_replies, ticket.agent_replies) == (1, 0)


def test_what_each_event_leaves_behind() -> None:
    ticket = after(
        TagsAdded(at=1, tags=["a", "b"]), TagsRemoved(at=2, tags=["b", "c"]), Assigned(at=3, agent="maria"), Assigned(at=4, agent="bo"),
        Transferred(at=5, group="tech"), Transferred(at=6, group="sales"), Escalated(at=7, level=2), Rated(at=8, score=5),
        PolicySet(at=9, policy="gold"), PolicySet(at=10, policy="rule", cause="rule:x"), SlotSet(at=11, level="high", by=MARIA),
        SlotSet(at=12, level="low", slot="rules", cause="rule:x"), FieldSet(at=13, name="subject", value="new"),
        FieldSet(at=14, name="seats", value=3), Acknowledged(at=15), Noted(at=16), MarkedAnswered(at=17), Merged(at=18, into="T-2"),
    )  # fmt: skip
    assert ticket.tags == {"a"}
    assert (ticket.assignee, ticket.reassignments, ticket.group, ticket.transfers, ticket.escalation) == ("bo", 1, "sales", 1, 2)
    assert (ticket.rating, ticket.subject, ticket.fields, ticket.notes, ticket.merged_into) == (5, "new", {"seats": 3}, 1, "T-2")
    assert ticket.policy_choices == {"manual": "gold", "rule": "rule"}
    assert (ticket.slots["manual"].cause, ticket.slots["rules"].cause) == ("maria", "rule:x")
    assert ticket.acknowledged_us == 15
    assert ticket.waiting_since is None
    emptied = fold(
        [
            PolicySet(at=20, policy=None),
            SlotCleared(at=21),
            FieldSet(at=22, name="seats"),
            FieldSet(at=23, name="subject"),
            Unassigned(at=24),
        ],
        ticket,
    )
    assert (emptied.policy_choices, set(emptied.slots), emptied.fields, emptied.subject, emptied.assignee) == (
        {"rule": "rule"},
        {"rules"},
        {},
        "",
        None,
    )


def test_what_a_rule_does_is_no_news_from_outside() -> None:
    ticket = after(TagsAdded(at=50, id="x", tags=["a"], cause="rule:r"))
    assert (ticket.updated_us, ticket.floor_us, ticket.seen) == (0, 0, frozenset({"1"}))


def test_ids_are_remembered_for_the_last_instant_only() -> None:
    ticket = after(Noted(at=5, id="a"), Noted(at=5, id="b"))
    assert ticket.seen == {"a", "b"}
    assert fold([Noted(at=6, id="c")], ticket).seen == {"c"}


def test_time_raises_the_floor_and_people_reset_the_count() -> None:
    ticket = after(TimeReached(at=5, id="t"), TimeReached(at=6, id="u"))
    assert (ticket.floor_us, ticket.as_of_us, ticket.time_roots, ticket.updated_us) == (7, 6, 2, 0)
    assert fold([Noted(at=7)], ticket).time_roots == 0


def moved(was: str, to: str, was_category: str, category: str, at: int) -> StatusChanged:
    return StatusChanged(at=at, was=was, to=to, was_category=was_category, category=category)


def test_a_postponement_outlives_the_bin() -> None:
    put_off = after(Postponed(at=1, until=50), moved("new", "postponed", "new", "postponed", 1))
    again = fold([Postponed(at=2, until=60)], put_off)
    assert (again.before_postpone, again.postponed_until_us) == ("new", 60)
    binned = fold([Deleted(at=3), moved("postponed", "deleted", "postponed", "removed", 3)], again)
    assert (binned.before_delete, binned.postponed_until_us) == ("postponed", 60)
    back = fold([moved("deleted", "postponed", "removed", "postponed", 4)], binned)
    assert back.postponed_until is not None
    woken = fold([moved("postponed", "open", "postponed", "open", 5)], back)
    assert (woken.postponed_until_us, woken.before_postpone) == (None, "")


def test_the_status_before_the_bin_is_kept_until_the_ticket_is_back() -> None:
    spam = after(moved("open", "spam", "open", "removed", 1))
    assert spam.before_delete == "open"
    binned = fold([moved("spam", "deleted", "removed", "removed", 2)], spam)
    assert binned.before_delete == "open"  # the log does not say that it was deleted
    assert fold([attrs.evolve(moved("spam", "deleted", "removed", "removed", 2), trigger="delete")], spam).before_delete == "spam"
    assert fold([moved("deleted", "open", "removed", "open", 3)], binned).before_delete == ""
    assert fold([moved("open", "resolved", "open", "resolved", 3)], binned).before_delete == "open"  # it was in no bin, says the log


def test_a_reopening_counts_and_forgets_the_resolution() -> None:
    resolved = after(moved("new", "resolved", "new", "resolved", 5))
    assert resolved.resolved_at is not None
    closed = fold([moved("resolved", "closed", "resolved", "closed", 6)], resolved)
    assert closed.closed_at is not None
    reopened = fold([moved("closed", "open", "closed", "open", 7)], closed)
    assert (reopened.reopens, reopened.resolved_us, reopened.closed_us) == (1, None, None)
    spam = fold([MarkedSpam(at=8), moved("open", "spam", "open", "removed", 8)], reopened)
    assert spam.reopens == 1


def test_a_purge_leaves_a_tombstone() -> None:
    gone = after(TagsAdded(at=1, tags=["vip"]), FieldSet(at=2, name="seats", value=3), Purged(at=3))
    assert (gone.id, gone.version, gone.created_us) == ("T-1", 4, 0)
    assert (gone.subject, gone.text, gone.requester, gone.tags, gone.fields) == ("", "", Person(), frozenset(), {})


def test_a_diverted_reply_leaves_nobody_waiting() -> None:
    answered = after(AgentReplied(at=5, by=MARIA))
    assert fold([CustomerReplied(at=9, id="9", by=ADA), Diverted(at=9, event="9")], answered).waiting_since is None
    assert after(Diverted(at=9, event="9")).waiting_since_us == 0
    assert after(ActionRefused(at=9, rule="r", action="close", reason="no")).version == 2
    assert after(Closed(at=9, deviation="odd")).deviations == 1


# --- errors ----------------------------------------------------------------------------------------------------------


def test_errors_carry_code_place_value_and_the_way_out() -> None:
    error = UnknownName("unknown level 'hgh'", path="rules[0]", value="hgh", hint="did you mean 'high'?", near="high")
    assert str(error) == "rules[0]: unknown level 'hgh'; did you mean 'high'?"
    assert (error.code, error.value, error.near) == ("unknown-name", "hgh", "high")
    assert isinstance(error, LookupError)
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy), copy.near) == (UnknownName, str(error), "high")
    with pytest.raises(AttributeError):
        _ = error.nothing
    many = DataError([Problem("a", "wrong", "mend it"), Problem("b", "bad")], what="desk")
    assert str(many).splitlines() == ["desk: 2 problems", "  a  wrong; mend it", "  b  bad"]
    assert str(DataError([Problem("", "wrong")])).startswith("data: 1 problem\n")
    assert pickle.loads(pickle.dumps(many)).problems == many.problems
    assert str(Problem("", "wrong")) == "wrong"
    assert isinstance(many, TicketcoreError)
    assert DataError([]).path == ""


class Nasty:
    def __repr__(self) -> str:
        raise RuntimeError


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (2**2000, "an integer of 2001 bits"),
        ([1, 2], "list of 2"),
        ({}, "dict of 0"),
        (Nasty(), "<Nasty>"),
        (True, "True"),
        ("x" * 99, "'xxx..."),
    ],
)
def test_any_value_can_be_shown_shortly(value: object, shown: str) -> None:
    limit = 60 if not isinstance(value, str) else 7
    assert shorten(value, limit) == shown
