"""The front door: handle, tick, wake_at, adopt, and every question and refusal; desks as values."""

from __future__ import annotations

import pickle
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pendulum
import pytest

from desk_day import ADA, MARIA, at, born, fired, kinds, length, only, promise, ruled
from ticketcore import (
    Action,
    Agent,
    AgentReplied,
    BusinessHours,
    Closed,
    Created,
    CustomerReplied,
    Deleted,
    Desk,
    Fact,
    FactsReported,
    FieldSet,
    FieldType,
    Levels,
    Lifecycle,
    MacroUsed,
    Message,
    Metric,
    Noted,
    Outcome,
    Person,
    Policy,
    PolicySet,
    Postponed,
    Priority,
    Purged,
    Resolved,
    Restored,
    Rule,
    Settings,
    SlotCleared,
    SlotSet,
    Status,
    StatusSet,
    TagsAdded,
    TargetExtended,
    Targets,
    Transferred,
    field,
    load_desk,
    since,
    until,
)  # fmt: skip
from ticketcore._fingerprint import _parts as parts_of
from ticketcore._fingerprint import fingerprint
from ticketcore._time import HOUR_US, MINUTE_US, to_us
from ticketcore.errors import (
    BadMoment,
    BadValue,
    Duplicate,
    IllegalMove,
    MissingFacts,
    NaiveDateTime,
    OutOfOrder,
    TicketcoreError,
    UnknownName,
    WrongDesk,
    WrongTicket,
)  # fmt: skip
from ticketcore.model import Breached, Length, Outside, StatusChanged, fold
from ticketcore.report import report

FA = Metric(name="fa", start=("created",), stop=("enter:answered",))
PROMISING = Desk(metrics=(FA,), policies=(promise(2),))
NOTIFY = (Action("notify", "lead"),)


def note(clock: str, **given: Any) -> Noted:
    return Noted(at=at(clock), by=MARIA, **given)


# --- handle: what it makes -------------------------------------------------------------------------------------------


def test_a_creation_carries_what_was_decided() -> None:
    first = born(PROMISING, subject="printer")
    created = first.events[0]
    assert isinstance(created, Created)
    assert created.decided is not None
    assert (created.decided.status, created.decided.category, created.decided.priority) == ("new", "new", "low")
    assert (created.id, created.moment, created.desk) == ("1", "1", PROMISING.fingerprint)
    assert (first.ticket.subject, first.ticket.version, first.wake_us) == ("printer", len(first.events), at("11:00"))


def test_events_of_a_creation_may_come_together_with_more() -> None:
    heat = TagsAdded(at=at("09:00"), by=ADA, tags=["hot"])
    first = born(PROMISING, "09:00", heat)
    assert [(event.id, event.kind) for event in first.events[:2]] == [("1", "created"), ("2", "tags_added")]
    assert [event.moment for event in first.events[:2]] == ["1", "1"]  # type: ignore[attr-defined]  # both from outside
    assert first.ticket.tags == frozenset({"hot"})


def test_ids_given_are_kept_and_missing_ones_count_the_events_of_the_ticket() -> None:
    first = born(ruled(), id="mail-1")
    second = ruled().handle(first.ticket, note("10:00"), note("10:00", id="mine"))
    assert [event.id for event in (*first.events, *second.events)] == ["mail-1", "2", "mine"]


def test_what_was_due_before_the_moment_happens_first() -> None:
    after = PROMISING.handle(born(PROMISING).ticket, note("12:00"))
    assert [(event.kind, event.at_us) for event in after.events] == [("breached", at("11:00")), ("noted", at("12:00"))]
    assert after.ticket.as_of_us == at("12:00")


def test_what_the_moment_itself_moved_into_the_past_fires_in_the_same_outcome() -> None:
    fast = Policy(name="std", targets={"fa": Targets(by_level={"urgent": length(0.5)}, otherwise=length(2))})
    desk = Desk(metrics=(FA,), policies=(fast,))
    after = desk.handle(born(desk).ticket, SlotSet(at=at("10:00"), by=MARIA, level="urgent"))
    assert kinds(after) == ["slot_set", "priority_changed", "retargeted", "breached"]
    assert (only(after, "breached").at_us, only(after, "breached").due_us) == (at("10:00"), at("09:30"))


def test_folding_the_events_gives_the_ticket() -> None:
    first = born(PROMISING)
    after = PROMISING.handle(first.ticket, AgentReplied(at=at("12:00"), by=MARIA))
    assert fold((*first.events, *after.events)) == after.ticket


def test_a_purged_ticket_is_a_tombstone() -> None:
    desk = ruled()
    gone = desk.handle(desk.handle(born(desk).ticket, Deleted(at=at("10:00"), by=MARIA)).ticket, Purged(at=at("11:00"), by=MARIA))
    assert (gone.ticket.status, gone.ticket.requester, [effect.kind for effect in gone.effects]) == ("purged", Person(), ["erase"])
    with pytest.raises(IllegalMove) as caught:
        desk.handle(gone.ticket, Restored(at=at("12:00"), by=MARIA))
    assert (caught.value.allowed, caught.value.hint) == ((), "nothing is allowed")


def test_two_purges_in_one_moment_ask_once_to_erase() -> None:
    desk = ruled(settings=Settings(observe=True))
    gone = desk.handle(born(desk).ticket, *[Purged(at=at("11:00"), by=MARIA)] * 2)
    assert [event.kind for event in gone.events if isinstance(event, Purged)] == ["purged", "purged"]
    assert [effect.key.rpartition("/")[2] for effect in gone.effects] == ["erase"]


def test_a_macro_used_twice_in_one_moment_asks_twice_under_two_keys() -> None:
    desk = load_desk({"macros": [{"name": "call", "then": [{"notify": "lead"}, {"notify": "duty"}]}]})
    ticket = born(desk).ticket
    used = MacroUsed(at=at("11:00"), by=MARIA, macro="call")
    once, twice = desk.handle(ticket, used), desk.handle(ticket, used, used)
    first, second = twice.events[0].id, twice.events[1].id
    keys = [f"{ticket.id}/{first}/macro:call/0", f"{ticket.id}/{first}/macro:call/1"]
    assert [effect.key for effect in once.effects] == keys
    more = [f"{ticket.id}/{first}/macro:call/{second}/0", f"{ticket.id}/{first}/macro:call/{second}/1"]
    assert [(effect.key, effect.rule) for effect in twice.effects] == [(key, "call") for key in keys + more]


@pytest.mark.parametrize(
    ("desk", "kind"), [(ruled(lifecycle=Lifecycle()), "create_follow_up"), (ruled(lifecycle=Lifecycle()), "forward_reply")]
)
def test_a_reply_that_belongs_elsewhere_is_diverted(desk: Desk, kind: str) -> None:
    from ticketcore import Merged

    if kind == "forward_reply":
        ended = desk.handle(born(desk).ticket, Merged(at=at("10:00"), by=MARIA, into="T-2"))
    else:
        ended = desk.handle(born(desk).ticket, Resolved(at=at("10:00"), by=MARIA), Closed(at=at("10:00"), by=MARIA))
    after = desk.handle(ended.ticket, CustomerReplied(at=at("11:00"), by=ADA))
    (effect,) = after.effects
    assert (kinds(after), effect.kind) == (["customer_replied", "diverted"], kind)
    assert getattr(effect, "to", "T-2") == "T-2"
    assert after.ticket.waiting_since is not None or after.ticket.status == "closed"


# --- handle: what it refuses -----------------------------------------------------------------------------------------

MOOD = ruled(
    facts={"mood": Fact(type=FieldType(kind="name"), required_with=("noted",)), "queue": Fact(type=FieldType(kind="number"), default=0)}
)

# desk, events, the error, its attributes
REFUSED: list[tuple[Desk, tuple[Any, ...], type[TicketcoreError], dict[str, Any]]] = [
    (ruled(), (), BadMoment, {}),
    (ruled(), (note("10:00"), note("10:01")), BadMoment, {"value": "noted"}),  # two instants
    (ruled(), (note("10:00"), Noted(at=at("10:00"), by=ADA)), BadMoment, {}),  # two actors
    (ruled(), (StatusChanged(at=at("10:00"), was="new", to="open", was_category="new", category="open"),), BadMoment, {}),
    (ruled(), (Breached(at=at("10:00"), metric="fa", number=1, due_us=0),), BadMoment, {}),  # time's business
    (ruled(), (note("10:00", cause="rule:x"),), BadMoment, {}),
    (ruled(), ("resolve it",), BadMoment, {"value": "'resolve it'"}),
    (ruled(), (note("10:00", ticket="T-2"),), WrongTicket, {"value": "T-2"}),
    (ruled(), (Created(at=at("10:00"), ticket="T", by=ADA),), WrongTicket, {"value": "T"}),
    (ruled(), (note("08:00", id="n"),), OutOfOrder, {"at": at("08:00"), "floor": at("09:00"), "value": "n"}),
    (ruled(), (note("10:00", id="n"), note("10:00", id="n")), Duplicate, {}),
    (ruled(), (note("09:00", id="1"),), Duplicate, {"id": "1", "value": "1"}),  # the id of the creation, at its instant
    (MOOD, (note("10:00"),), MissingFacts, {"facts": ("mood",), "value": "mood"}),
    (MOOD, (note("10:00", facts={"mood": 5}),), BadValue, {}),
    (MOOD, (note("10:00", facts={"mood": "bad", "modo": 1}),), UnknownName, {"value": "'modo'"}),
    (MOOD, (FactsReported(at=at("10:00"), facts={"queue": "long"}),), BadValue, {}),
    (ruled(), (Closed(at=at("10:00"), by=MARIA),), IllegalMove, {"status": "new", "trigger": "close"}),
    (ruled(), (StatusSet(at=at("10:00"), by=MARIA, status="slved"),), UnknownName, {}),
    (ruled(groups=("sales",)), (Transferred(at=at("10:00"), by=MARIA, group="sale"),), UnknownName, {"value": "'sale'"}),
    (ruled(settings=Settings(handoff_reason=True)), (Transferred(at=at("10:00"), by=MARIA, group="sale"),), BadValue, {"value": "'sale'"}),
    (ruled(), (FieldSet(at=at("10:00"), by=MARIA, name="site", value="x"),), UnknownName, {"value": "'site'"}),
    (ruled(), (FieldSet(at=at("10:00"), by=MARIA, name="site"),), UnknownName, {"value": "'site'"}),  # nor emptied
    (ruled(), (FieldSet(at=at("10:00"), by=MARIA, name="subject", value=5),), BadValue, {"value": "5"}),
    (ruled(fields={"n": FieldType(kind="number")}), (FieldSet(at=at("10:00"), by=MARIA, name="n", value="x"),), BadValue, {}),
    (ruled(), (SlotSet(at=at("10:00"), by=MARIA, level="hihg"),), UnknownName, {}),
    (ruled(), (SlotSet(at=at("10:00"), by=MARIA, level="high", slot="tags"),), BadValue, {"value": "'tags'"}),
    (ruled(), (SlotCleared(at=at("10:00"), by=MARIA, slot="tags"),), BadValue, {"value": "'tags'"}),
    (ruled(), (PolicySet(at=at("10:00"), by=MARIA, policy="gold"),), UnknownName, {}),
    (PROMISING, (TargetExtended(at=at("10:00"), by=MARIA, metric="fb", extra_us=1),), UnknownName, {"value": "'fb'"}),
    (PROMISING, (TargetExtended(at=at("10:00"), by=MARIA, metric="fa", extra_us=0),), BadValue, {"value": "0"}),
]  # fmt: skip


def test_what_is_no_ticket_or_no_event_is_refused_with_what_was_meant() -> None:
    desk = ruled()
    outcome = born(desk)
    for given, way_out in [(outcome, "not Outcome; give its .ticket"), ({"id": "T"}, "not dict; give the .ticket of an outcome, or None")]:
        with pytest.raises(BadValue, match=way_out):
            desk.handle(given, note("10:00"))  # type: ignore[arg-type]
        with pytest.raises(BadValue, match=way_out):
            desk.tick(given, at("10:00"))  # type: ignore[arg-type]
    with pytest.raises(BadValue, match=r"a ticket is wanted, not None; give the \.ticket of an outcome"):
        desk.tick(None, at("10:00"))  # type: ignore[arg-type]
    with pytest.raises(BadMoment, match=r"not list; hand over one after the other: handle\(ticket, \*events\)"):
        desk.handle(outcome.ticket, [note("10:00")])  # type: ignore[arg-type]
    with pytest.raises(BadMoment, match="not dict"):
        desk.handle(None, {"kind": "created"})  # type: ignore[arg-type]


@pytest.mark.parametrize(("desk", "events", "error", "attributes"), REFUSED)
def test_a_moment_that_cannot_be_is_refused_and_changes_nothing(
    desk: Desk, events: tuple[Any, ...], error: type[TicketcoreError], attributes: dict[str, Any]
) -> None:
    first = born(desk)
    before = pickle.dumps(first.ticket)
    with pytest.raises(error) as caught:
        desk.handle(first.ticket, *events)
    assert type(caught.value) is error
    assert {name: getattr(caught.value, name) for name in attributes} == attributes
    assert pickle.dumps(first.ticket) == before
    assert pickle.loads(pickle.dumps(caught.value)).__dict__ == caught.value.__dict__


@pytest.mark.parametrize(
    ("event", "error"),
    [
        (note("09:00"), WrongTicket),  # there is no ticket yet
        (Created(at=at("09:00"), by=ADA), WrongTicket),  # and it names none
        (Created(at=at("09:00"), by=ADA, ticket="T", group="sale"), UnknownName),
        (Created(at=at("09:00"), by=ADA, ticket="T", fields={"site": "x"}), UnknownName),
        (Created(at=at("09:00"), by=ADA, ticket="T", fields={"n": "x"}), BadValue),
    ],
)
def test_a_creation_that_cannot_be_is_refused(event: Outside, error: type[TicketcoreError]) -> None:
    desk = ruled(groups=("sales",), fields={"n": FieldType(kind="number")})
    with pytest.raises(error):
        desk.handle(None, event)


def test_a_second_creation_in_one_moment_is_refused() -> None:
    with pytest.raises(WrongTicket, match="exists already"):
        born(ruled(), "09:00", Created(at=at("09:00"), by=ADA, ticket="T"))


def test_a_refused_moment_voids_what_was_due_before_it_which_a_later_step_brings_again() -> None:
    first = born(PROMISING)
    with pytest.raises(IllegalMove):
        PROMISING.handle(first.ticket, Closed(at=at("12:00"), by=MARIA))
    assert kinds(PROMISING.handle(first.ticket, note("12:00"))) == ["breached", "noted"]


def test_one_illegal_event_refuses_the_whole_moment() -> None:
    desk = ruled()
    first = born(desk)
    with pytest.raises(IllegalMove):
        desk.handle(first.ticket, TagsAdded(at=at("10:00"), by=MARIA, tags=["hot"]), Closed(at=at("10:00"), by=MARIA))
    assert first.ticket.tags == frozenset()


def test_a_ticket_of_another_desk_is_refused_at_every_door() -> None:
    other = PROMISING.evolve(policies=(promise(3),))
    ticket = born(other).ticket
    asked: list[Any] = [
        lambda: PROMISING.handle(ticket, note("10:00")), lambda: PROMISING.tick(ticket, at("10:00")), lambda: PROMISING.wake_at(ticket),
        lambda: PROMISING.adopt(ticket, at("10:00"), old=PROMISING), lambda: PROMISING.due(ticket, "fa"),
        lambda: PROMISING.standing(ticket, "fa"), lambda: PROMISING.why_due(ticket, "fa"),
    ]  # fmt: skip
    for ask in asked:
        with pytest.raises(WrongDesk, match=r"take it over with desk\.adopt"):
            ask()


def test_a_reason_is_asked_of_people_not_of_rules() -> None:
    hand = Rule(name="hand", on=["noted"], then=(Action("transfer", "sales"),))
    desk = ruled(hand, settings=Settings(handoff_reason=True))
    after = desk.handle(born(desk).ticket, note("10:00"))
    assert after.ticket.group == "sales"
    given = desk.handle(after.ticket, Transferred(at=at("11:00"), by=MARIA, group="support", reason="skills"))
    assert (given.ticket.group, given.ticket.transfers) == ("support", 1)


def test_required_facts_are_kept_on_the_ticket() -> None:
    after = MOOD.handle(born(MOOD).ticket, note("10:00", facts={"mood": "bad"}))
    assert after.ticket.facts == {"mood": "bad"}
    assert MOOD.handle(after.ticket, Resolved(at=at("11:00"), by=MARIA)).ticket.facts == {"mood": "bad"}
    assert MOOD.required_facts == {"noted": ("mood",)}


# --- late and observed -----------------------------------------------------------------------------------------------


def test_a_late_event_may_be_moved_to_the_floor_and_says_so() -> None:
    desk = ruled(settings=Settings(late="restamp"))
    after = desk.handle(desk.handle(born(desk).ticket, note("10:00")).ticket, note("09:30"))
    moved: Any = after.events[0]
    assert (moved.at_us, moved.said_at_us) == (at("10:00"), at("09:30"))
    assert moved.deviation == "out of order: said 2026-11-23T09:30:00Z, taken at 2026-11-23T10:00:00Z"
    assert after.ticket.deviations == 1
    with pytest.raises(OutOfOrder):
        desk.handle(after.ticket, note("09:30"), late="refuse")


def test_an_event_moved_twice_keeps_what_was_said_first() -> None:
    desk = ruled(settings=Settings(late="restamp"))
    first = desk.handle(born(desk).ticket, note("10:00"))
    after = desk.handle(first.ticket, note("09:30", said_at=at("09:10")))
    assert after.events[0].said_at_us == at("09:10")  # type: ignore[attr-defined]  # from outside


def test_a_late_macro_is_moved_as_other_moments_are() -> None:
    from ticketcore import Rules

    macro = Rule(name="m", then=(Action("add_tag", "hot"), Action("notify", "lead")))
    only_effects = Rule(name="n", then=NOTIFY)
    desk = Desk(metrics=(), rules=Rules(macros=[macro, only_effects]), settings=Settings(late="restamp"))
    first = desk.handle(born(desk).ticket, note("10:00"))
    done = desk.macro(first.ticket, "m", at=at("09:30"), by=MARIA)
    said = [(event.kind, event.at_us, event.said_at_us) for event in done.events]  # type: ignore[attr-defined]  # from outside
    assert said == [("macro_used", at("10:00"), at("09:30")), ("tags_added", at("10:00"), at("09:30"))]
    assert [effect.at_us for effect in done.effects] == [at("10:00")]
    assert [effect.at_us for effect in desk.macro(first.ticket, "n", at=at("09:30"), by=MARIA).effects] == [at("10:00")]


def test_an_illegal_move_of_a_log_may_be_observed() -> None:
    desk = ruled(settings=Settings(observe=True))
    first = born(desk)
    closed = desk.handle(first.ticket, Closed(at=at("10:00"), by=MARIA))
    assert (closed.ticket.status, closed.ticket.deviations) == ("closed", 1)
    assert closed.events[0].deviation.startswith("close: new has no such move")  # type: ignore[attr-defined]  # from outside
    with pytest.raises(IllegalMove):
        desk.handle(first.ticket, Closed(at=at("10:00"), by=MARIA), observe=False)


def test_what_people_were_to_give_is_noted_where_a_log_lacks_it() -> None:
    fact = Fact(type=FieldType(kind="text"), required_with=["created", "transferred"])
    desk = ruled(facts={"mood": fact, "shop": fact}, settings=Settings(observe=True, handoff_reason=True))
    first = born(desk)
    assert first.events[0].deviation == "created: created needs the facts 'mood', 'shop'; give them in facts=; seen: without it"  # type: ignore[attr-defined]
    given = Transferred(at=at("10:00"), by=MARIA, group="sales", facts={"mood": "bad", "shop": "Riga"})
    handed = desk.handle(first.ticket, given)
    assert handed.events[0].deviation == "transferred: a hand-off to another group needs a reason; give reason=; seen: without it"  # type: ignore[attr-defined]
    assert (handed.ticket.group, handed.ticket.deviations) == ("sales", 2)
    again = desk.handle(desk.handle(None, first.events[0]).ticket, handed.events[0])  # type: ignore[arg-type]  # both from outside
    assert again.ticket == handed.ticket  # a stored log says it once
    with pytest.raises(MissingFacts, match="created needs the facts 'mood', 'shop'; give them in facts="):
        desk.handle(None, Created(at=0, ticket="T"), observe=False)
    with pytest.raises(BadValue, match="a hand-off to another group needs a reason"):
        desk.handle(first.ticket, given, observe=False)


def test_what_is_observed_is_moved_if_it_comes_late() -> None:
    desk = ruled(settings=Settings(observe=True))
    first = desk.handle(born(desk).ticket, note("10:00"))
    assert desk.handle(first.ticket, note("09:30")).events[0].deviation.startswith("out of order: ")  # type: ignore[attr-defined]
    strictly: list[dict[str, Any]] = [{"late": "refuse"}, {"observe": False}]
    for strict in strictly:
        with pytest.raises(OutOfOrder):
            desk.handle(first.ticket, note("09:30"), **strict)
    plain = ruled()
    moved = plain.handle(plain.handle(born(plain).ticket, note("10:00")).ticket, note("09:30"), observe=True)
    assert moved.events[0].said_at_us == at("09:30")  # type: ignore[attr-defined]  # from outside


def test_what_is_late_and_odd_says_both() -> None:
    desk = ruled(settings=Settings(observe=True, late="restamp"))
    first = desk.handle(born(desk).ticket, note("10:00"))
    odd: Any = desk.handle(first.ticket, Closed(at=at("09:30"), by=MARIA)).events[0]
    assert odd.deviation.startswith("out of order: ")
    assert "; close: new has no such move" in odd.deviation


def test_an_odd_event_of_a_stored_log_is_noted_once() -> None:
    desk = ruled(settings=Settings(observe=True))
    first = born(desk)
    closed = desk.handle(first.ticket, Closed(at=at("10:00"), by=MARIA))
    stored = closed.events[0]
    assert isinstance(stored, Closed)
    assert desk.handle(first.ticket, stored) == closed


def test_a_rule_is_never_observed_it_obeys() -> None:
    desk = ruled(Rule(name="close", on=["noted"], then=(Action("close", True),)), settings=Settings(observe=True))
    assert kinds(desk.handle(born(desk).ticket, note("10:00"))) == ["noted", "rule_fired", "action_refused"]


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"late": "restmp"}, "settings.late"),
        ({"silence_after": 0}, "settings.silence_after"),
        ({"silence_after": 1_000_001}, "settings.silence_after"),
        ({"silence_after": True}, "settings.silence_after"),
        ({"silence_after": "many"}, "settings.silence_after"),
        ({"observe": 1}, "settings.observe"),
        ({"handoff_reason": None}, "settings.handoff_reason"),
    ],
)
def test_settings_that_make_no_sense_are_refused(given: dict[str, Any], path: str) -> None:
    with pytest.raises(BadValue) as caught:
        Settings(**given)
    assert caught.value.path == path


def test_a_step_takes_no_unknown_way_of_being_late() -> None:
    desk = ruled()
    with pytest.raises(BadValue, match="late is refuse or restamp, not 'restmp'"):
        desk.handle(born(desk).ticket, note("10:00"), late="restmp")


def test_time_is_never_refused_a_postponement_ends_where_the_table_has_no_way() -> None:
    desk = ruled(lifecycle=Lifecycle(moves={"postponed": {"wake": None}}))
    put_off = desk.handle(born(desk).ticket, Postponed(at=at("09:10"), by=MARIA, until=at("11:00")))
    woken = desk.tick(put_off.ticket, at("12:00"))
    assert woken.ticket.status == "postponed"
    assert kinds(woken)[0] == "woken"
    assert woken.wake_us is None


# --- tick and wake_at ------------------------------------------------------------------------------------------------


def test_with_nothing_due_a_tick_gives_the_very_same_ticket() -> None:
    first = born(PROMISING)
    quiet = PROMISING.tick(first.ticket, at("10:59"))
    assert quiet.ticket is first.ticket
    assert (quiet.events, quiet.effects, quiet.wake_us) == ((), (), at("11:00"))


def test_a_tick_takes_what_is_due_at_its_own_instant() -> None:
    assert kinds(PROMISING.tick(born(PROMISING).ticket, at("11:00"))) == ["breached"]


def test_instants_are_datetimes_or_microseconds() -> None:
    first = born(PROMISING)
    assert PROMISING.tick(first.ticket, datetime(2026, 11, 23, 11, tzinfo=UTC)) == PROMISING.tick(first.ticket, at("11:00"))
    with pytest.raises(NaiveDateTime):
        PROMISING.tick(first.ticket, datetime(2026, 11, 23, 11))
    wake = PROMISING.wake_at(first.ticket)
    assert wake is not None
    assert wake.isoformat() == "2026-11-23T11:00:00+00:00"
    assert wake == first.wake_at


def test_wake_at_is_worked_out_for_a_ticket_that_was_folded_and_remembered_otherwise() -> None:
    first = born(PROMISING)
    folded = fold(first.events)
    assert folded.memo is None
    assert PROMISING.wake_us(folded) == PROMISING.wake_us(first.ticket) == at("11:00")
    assert PROMISING.tick(folded, at("10:00")).ticket is folded
    assert kinds(PROMISING.tick(folded, at("11:00"))) == ["breached"]


def test_nothing_happens_by_itself_on_a_ticket_without_clocks_and_rules() -> None:
    desk = ruled()
    folded = fold(born(desk).events)
    assert desk.wake_at(folded) is None
    quiet = desk.tick(folded, at("10:00", 300))
    assert (quiet.ticket is folded, quiet.wake_at) == (True, None)


def test_of_one_instant_a_wake_up_comes_before_a_warning_a_breach_and_a_rise() -> None:
    from ticketcore.sla import WarnAt

    rise = Rule(name="old", when=since("created") >= "2h", then=NOTIFY)
    desk = Desk(metrics=(FA,), policies=(promise(2, warn=(WarnAt.parse("-60m"), WarnAt.parse("100%"))),), rules=(rise,))
    put_off = desk.handle(born(desk).ticket, Postponed(at=at("09:10"), by=MARIA, until=at("11:00")))
    told = [(event.at_us, event.kind) for event in desk.tick(put_off.ticket, at("12:00")).events]
    assert told == [
        (at("10:00"), "warned"), (at("11:00"), "woken"), (at("11:00"), "status_changed"), (at("11:00"), "rule_fired"),
        (at("11:00"), "warned"), (at("11:00"), "breached"),
    ]  # fmt: skip


# --- adopt -----------------------------------------------------------------------------------------------------------


def test_adopting_settles_under_the_old_desk_first() -> None:
    new = PROMISING.evolve(policies=(promise(4),))
    taken = new.adopt(born(PROMISING).ticket, at("12:00"), PROMISING)
    assert kinds(taken) == ["breached", "desk_adopted", "retargeted"]
    assert (taken.events[0].desk, taken.events[1].desk) == (PROMISING.fingerprint, new.fingerprint)
    assert (only(taken, "desk_adopted").was, taken.ticket.desk) == (PROMISING.fingerprint, new.fingerprint)
    assert new.due(taken.ticket, "fa") == taken.ticket.due("fa")
    assert taken.wake_us == at("13:00")


def test_adopting_without_the_old_desk_takes_the_ticket_as_it_is() -> None:
    new = PROMISING.evolve(policies=(promise(4),))
    taken = new.adopt(born(PROMISING).ticket, datetime(2026, 11, 23, 10, tzinfo=UTC))
    assert kinds(taken) == ["desk_adopted", "retargeted"]
    assert kinds(new.tick(taken.ticket, at("13:00"))) == ["breached"]


def test_adopting_derives_the_priority_anew_and_runs_no_rule() -> None:
    rules = (Rule(name="any", on=["desk_adopted"], then=NOTIFY), Rule(name="old", when=since("created") >= "30m", then=NOTIFY))
    new = Desk(metrics=(), rules=rules, priority=Priority(tags={"vip": "high"}))
    first = born(ruled(), tags=["vip"])
    taken = new.adopt(first.ticket, at("10:00"), ruled())
    assert kinds(taken) == ["desk_adopted", "priority_changed"]
    assert (taken.ticket.priority, taken.wake_us) == ("high", None)  # what was true already does not rise
    assert fired(new.handle(taken.ticket, note("11:00"))) == []


def test_a_ticket_whose_status_is_unknown_is_not_adopted() -> None:
    odd = ruled(lifecycle=Lifecycle(statuses=(*Lifecycle().statuses, Status(name="waiting", category="open"))))
    waiting = odd.handle(born(odd).ticket, StatusSet(at=at("09:30"), by=MARIA, status="waiting"), observe=True)
    assert waiting.ticket.status == "waiting"
    with pytest.raises(UnknownName, match="unknown status 'waiting'"):
        ruled().adopt(waiting.ticket, at("10:00"), odd)


def test_a_level_that_the_new_desk_lacks_no_longer_shows() -> None:
    old = ruled(priority=Priority(levels=Levels(("low", "medium", "refund"))))
    first = old.handle(born(old).ticket, SlotSet(at=at("09:30"), by=MARIA, level="refund"))
    taken = ruled().adopt(first.ticket, at("10:00"), old)
    assert taken.ticket.priority == "low"


def test_adopting_into_the_past_is_refused() -> None:
    first = PROMISING.handle(born(PROMISING).ticket, note("10:00"))
    with pytest.raises(OutOfOrder) as caught:
        PROMISING.adopt(first.ticket, at("09:30"))
    assert (caught.value.at, caught.value.floor) == (at("09:30"), at("10:00"))


def test_an_ended_clock_on_hours_that_are_gone_can_still_be_asked_about() -> None:
    support = BusinessHours(zone="UTC", week={"mon-fri": ["09:00-17:00"]})
    old = Desk(
        metrics=(FA,),
        policies=(Policy(name="std", hours="support", targets={"fa": Targets(otherwise=length(2))}),),
        hours={"support": support},
    )
    done = old.handle(born(old).ticket, AgentReplied(at=at("10:00"), by=MARIA))
    new = Desk(metrics=(FA,), policies=(promise(2),))
    taken = new.adopt(done.ticket, at("11:00"), old)
    standing = new.standing(taken.ticket, "fa")
    assert standing is not None
    assert (standing.state, standing.used_us) == ("met", HOUR_US)
    assert new.why_due(taken.ticket, "fa").used_us == HOUR_US


# --- questions -------------------------------------------------------------------------------------------------------


def test_due_is_the_open_promise_or_nothing() -> None:
    first = born(PROMISING)
    due = PROMISING.due(first.ticket, "fa")
    assert due is not None
    assert due.isoformat() == "2026-11-23T11:00:00+00:00"
    answered = PROMISING.handle(first.ticket, AgentReplied(at=at("10:00"), by=MARIA))
    assert PROMISING.due(answered.ticket, "fa") is None
    with pytest.raises(UnknownName, match="unknown metric 'fb'") as caught:
        PROMISING.due(first.ticket, "fb")
    assert caught.value.hint == "metrics are fa"


def test_a_clock_that_never_started_has_no_due_no_standing_and_no_ledger() -> None:
    desk = Desk(metrics=(FA, Metric(name="fb", start=("agent_reply",))), policies=(promise(2),))
    ticket = born(desk).ticket
    assert (desk.due(ticket, "fb"), desk.standing(ticket, "fb")) == (None, None)
    with pytest.raises(UnknownName, match="no clock 'fb' on ticket 'T'"):
        desk.why_due(ticket, "fb")


def test_standing_is_asked_at_the_last_change_or_at_an_instant() -> None:
    first = born(PROMISING)
    now, later = PROMISING.standing(first.ticket, "fa"), PROMISING.standing(first.ticket, "fa", at("10:30"))
    assert now is not None
    assert later is not None
    assert (now.used_us, later.used_us, later.state) == (0, 90 * MINUTE_US, "running")


def test_why_says_where_the_priority_comes_from() -> None:
    desk = ruled(priority=Priority(tags={"vip": "high"}))
    first = born(desk, tags=["vip"])
    assert desk.why(first.ticket) == desk.why(first.ticket, "priority") == 'high: tag "vip"; overruled: low (default)'


def test_why_says_who_chose_the_policy() -> None:
    gold = promise(1, "gold", when=field.tags.has("vip"))
    desk = Desk(metrics=(FA,), policies=(gold, promise(2)))
    first = born(desk)
    assert desk.why(first.ticket, "policy") == "std: the first whose condition holds"
    chosen = desk.handle(first.ticket, PolicySet(at=at("10:00"), by=MARIA, policy="gold"))
    assert desk.why(chosen.ticket, "policy") == "gold: chosen by hand"
    rule = Desk(metrics=(FA,), policies=(gold, promise(2)), rules=(Rule(name="r", on=["created"], then=(Action("set_policy", "gold"),)),))
    assert rule.why(born(rule).ticket, "policy") == "gold: chosen by a rule"
    default = Desk(metrics=(FA,), policies=(gold,), default_policy="gold")
    assert default.why(born(default).ticket, "policy") == "gold: the default"
    assert (none := Desk(metrics=(FA,), policies=(gold,))).why(born(none).ticket, "policy") == "none: no policy matches"


def test_why_speaks_of_the_policy_the_ticket_has_where_it_is_chosen_on_creation_only() -> None:
    desk = Desk(metrics=(FA,), policies=(promise(1, "gold", when=field.tags.has("vip")), promise(2)), choose_policy="creation")
    first = born(desk)
    tagged = desk.handle(first.ticket, TagsAdded(at=at("10:00"), by=MARIA, tags=["vip"]))
    assert tagged.ticket.policy == "std"
    assert desk.why(tagged.ticket, "policy") == "std: chosen on creation"


def test_why_says_what_a_status_allows() -> None:
    desk = ruled()
    text = desk.why(born(desk).ticket, "status")
    assert text.startswith("new since 2026-11-23T09:00:00Z; allowed: agent_replies")
    binned = desk.handle(born(desk).ticket, Deleted(at=at("10:00"), by=MARIA))
    gone = desk.handle(binned.ticket, Purged(at=at("11:00"), by=MARIA))
    assert desk.why(gone.ticket, "status") == "purged since 2026-11-23T11:00:00Z; allowed: nothing"
    with pytest.raises(UnknownName, match="no account of 'mood'; ask for priority, policy or status"):
        desk.why(gone.ticket, "mood")


def test_a_rule_is_explained_part_by_part_and_says_when_it_would_hold() -> None:
    desk = ruled(
        Rule(name="old", when=(field.status == "new") & (since("created") >= "2h"), then=NOTIFY),
        Rule(name="hot", when=field.tags.has("hot")),
    )
    ticket = born(desk).ticket
    assert not desk.explain(ticket, "old").holds
    assert desk.explain(ticket, "old", at("11:00")).holds
    assert "1  wait until 2026-11-23T11:00:00Z" in str(desk.why_not(ticket, "old"))
    assert "wait" not in str(desk.why_not(ticket, "hot"))  # never, while nobody acts
    assert desk.why_not(ticket, "old", at("12:00")).holds
    with pytest.raises(UnknownName, match="unknown rule 'odl'; did you mean 'old'"):
        desk.explain(ticket, "odl")


def test_a_rise_beyond_the_search_is_not_promised() -> None:
    desk = ruled(Rule(name="ages", when=since("created") >= "1000d", then=NOTIFY))
    assert "wait" not in str(desk.why_not(born(desk).ticket, "ages"))


# --- what if ---------------------------------------------------------------------------------------------------------


def test_a_forecast_lives_on_without_changing_anything() -> None:
    first = born(PROMISING)
    seen = PROMISING.forecast(first.ticket, until=at("12:00"))
    assert [breach.due_us for breach in seen.breaches] == [at("11:00")]
    assert (seen.standings["fa"].state, seen.due("fa"), seen.due("fb"), seen.warnings) == ("breached", seen.standings["fa"].due, None, ())
    assert first.ticket == born(PROMISING).ticket
    assert PROMISING.forecast(first.ticket).breaches == ()  # no time passes
    assert PROMISING.forecast(first.ticket, until=at("08:00")).ticket is first.ticket  # nor backwards


def test_a_forecast_of_events_says_what_would_follow_from_them() -> None:
    first = born(PROMISING)
    answered = PROMISING.forecast(first.ticket, AgentReplied(at=at("10:00"), by=MARIA), until=at("12:00"))
    assert (answered.standings["fa"].state, answered.breaches, answered.wake_us) == ("met", (), None)
    created = PROMISING.forecast(None, Created(at=at("09:00"), ticket="T", by=ADA))
    assert created.ticket.status == "new"
    with pytest.raises(BadValue, match="needs a ticket or events"):
        PROMISING.forecast(None)
    with pytest.raises(IllegalMove):
        PROMISING.forecast(first.ticket, Closed(at=at("10:00"), by=MARIA))


def test_a_holiday_more_gives_open_promises_another_due() -> None:
    support = BusinessHours(zone="UTC", week={"mon-fri": ["09:00-17:00"]})
    std = Policy(name="std", hours="support", targets={"fa": Targets(otherwise=length(10))})
    desk = Desk(metrics=(FA,), policies=(std,), hours={"support": support})
    freed = desk.with_holiday("support", "2026-11-24", "Name day")
    first = born(desk)
    (moved,) = desk.redated([first.ticket], freed)
    assert (moved.ticket, moved.metric, moved.was_us, moved.now_us) == ("T", "fa", at("11:00", 1), at("11:00", 2))
    assert (moved.was, moved.now) == (desk.due(first.ticket, "fa"), freed.due(born(freed).ticket, "fa"))
    assert [moved.saves(instant) for instant in (at("10:59", 1), at("11:00", 1), at("11:00", 2))] == [False, True, False]
    assert list(desk.redated([first.ticket], desk)) == []
    answered = desk.handle(first.ticket, AgentReplied(at=at("10:00"), by=MARIA))
    assert list(desk.redated([answered.ticket], freed)) == []
    with pytest.raises(UnknownName):
        desk.with_holiday("suport", "2026-11-24")
    with pytest.raises(BadValue, match="only plain business hours take a holiday"):
        desk.with_hours(support=support | support).with_holiday("support", "2026-11-24")


# --- traces ----------------------------------------------------------------------------------------------------------


def test_a_trace_prints_each_event_under_its_cause() -> None:
    desk = Desk(metrics=(FA,), policies=(promise(2),), rules=(Rule(name="tag", on=["noted"], then=(Action("add_tags", ["a", "b"]),)),))
    after = desk.handle(born(desk).ticket, note("12:00"))
    assert str(after.trace).splitlines() == [
        "2026-11-23T11:00:00Z breached metric=fa target=2h policy=std",
        "2026-11-23T12:00:00Z noted",
        "  2026-11-23T12:00:00Z rule_fired rule=tag",
        "    2026-11-23T12:00:00Z tags_added tags=a,b",
    ]
    assert [line.depth for line in after.trace.lines] == [0, 0, 1, 2]


def test_an_outcome_without_anything_to_come_says_none() -> None:
    outcome = Outcome(ticket=born(ruled()).ticket)
    assert (outcome.wake_at, str(outcome.trace), outcome.events) == (None, "", ())


# --- desks as values -------------------------------------------------------------------------------------------------


def full_desk() -> Desk:
    return Desk(
        name="help", zone="Europe/Riga", metrics=(FA,), policies=(promise(2, when=field.tags.has_any("a", "b", "c")),),
        hours={"support": BusinessHours(zone="Europe/Riga", week={"mon-fri": ["09:00-17:00"]})}, groups=("sales",),
        rules=(Rule(name="r", on=["noted", "created", "resolved"], then=(Action("reply", "ack"),)),), templates={"ack": "{{ id }}"},
        fields={"site": FieldType(kind="text")}, facts={"queue": Fact(type=FieldType(kind="number"), default=0)},
        lifecycle=Lifecycle(reopen_window="2d"), priority=Priority(tags={"vip": "high"}), settings=Settings(late="restamp"),
    )  # fmt: skip


def test_desks_are_equal_by_their_parts_and_survive_pickling() -> None:
    desk = full_desk()
    back = pickle.loads(pickle.dumps(desk))
    assert back == desk == full_desk()
    assert back.fingerprint == desk.fingerprint
    assert hash(back) == hash(desk)
    first = born(desk)
    assert back.handle(first.ticket, note("10:00")) == desk.handle(first.ticket, note("10:00"))


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "other"}, {"zone": "UTC"}, {"groups": ()}, {"templates": {"ack": "{{ id }}!"}}, {"settings": Settings()}, {"policies": ()},
        {"default_hours": "support"}, {"rules": ()}, {"lifecycle": Lifecycle()}, {"priority": Priority()}, {"removed_gap": "counted"},
    ],
    ids=str,
)  # fmt: skip
def test_any_change_of_a_desk_is_another_fingerprint(changes: dict[str, Any]) -> None:
    desk = full_desk()
    assert desk.evolve(**changes).fingerprint != desk.fingerprint
    assert desk.evolve(**changes).evolve(**{name: getattr(desk, name) for name in changes}).fingerprint == desk.fingerprint


def test_a_fingerprint_is_made_of_names_and_values_in_one_order() -> None:
    assert list(parts_of({2: "b", "10": (1, None), True: {"x"}})) == [
        "{",
        "10",
        "[",
        "1",
        "None",
        "]",
        "2",
        "'b'",
        "True",
        "(",
        "'x'",
        ")",
        "}",
    ]
    assert list(parts_of(frozenset({"y", "x"}))) == ["(", "'x'", "'y'", ")"]
    assert list(parts_of(frozenset({("y", "x")}))) == ["(", "[\x01'y'\x01'x'\x01]", ")"]
    assert list(parts_of(Settings(late="restamp")))[:3] == ["<Settings", "late", "'restamp'"]
    assert fingerprint(Settings()) != fingerprint(Settings(late="restamp"))


def test_a_fingerprint_is_the_same_in_every_process() -> None:
    """Sets are hashed in an order that differs from process to process; the fingerprint must not."""
    program = "import sys; sys.path[:0] = sys.argv[1:]; from test_desk import full_desk; print(full_desk().fingerprint)"
    seen = {
        subprocess.run(
            [sys.executable, "-c", program, *[entry for entry in sys.path if entry]],
            env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }  # fmt: skip
    assert seen == {full_desk().fingerprint}


def test_fingerprints_know_kinds_of_values_apart() -> None:
    from ticketcore.lifecycle import To

    values = [1, "1", True, None, (1,), frozenset({1}), {"1": 1}, [1, 2], ("12",), To.STAYS, length(1)]
    assert len({fingerprint(value) for value in values}) == len(values)
    assert fingerprint([1, 2]) == fingerprint((1, 2))
    assert fingerprint({1, 2}) == fingerprint(frozenset({2, 1}))
    assert all(len(fingerprint(value)) == 16 for value in values)


def test_metrics_may_be_given_by_name() -> None:
    assert Desk(metrics={"fa": FA}) == Desk(metrics=(FA,))


def test_hours_that_never_close_are_always_there_and_may_be_replaced() -> None:
    from ticketcore import always

    assert Desk(zone="Europe/Riga").hours["24x7"] == always("Europe/Riga")
    mine = always("UTC")
    assert Desk(zone="Europe/Riga", hours={"24x7": mine}).hours["24x7"] is mine


def test_an_agent_who_asks_is_a_customer() -> None:
    desk = ruled()
    first = born(desk, requester=Person())
    asked = desk.handle(None, Created(at=at("09:00"), ticket="T", by=MARIA, requester=Person(email=MARIA.email)))
    assert (first.ticket.status, asked.ticket.status) == ("new", "new")
    reached = desk.handle(None, Created(at=at("09:00"), ticket="T", by=MARIA, requester=ADA, message=Message(text="hello")))
    assert reached.ticket.status == "answered"
    assert report([asked, reached]).total().tickets == 1  # one id
    assert Agent(id="x").role == "agent"


# --- values of fields ------------------------------------------------------------------------------------------------------


def test_an_instant_in_a_field_is_kept_as_microseconds_and_a_time_rule_counts_from_it() -> None:
    types = {"promised": FieldType(kind="instant"), "effort": FieldType(kind="duration"), "parts": FieldType(kind="set")}
    late = Rule(name="late", when=since("fields.promised") >= "1h", then=(Action("add_tag", "late"),))
    near = Rule(name="near", when=until("fields.promised") <= "2h", then=(Action("add_tag", "near"),))
    desk = Desk(fields=types, rules=(late, near), facts={"asked": Fact(type=FieldType(kind="instant"), default=0)})
    when = pendulum.datetime(2026, 11, 23, 9, tz="Europe/Athens")
    start = when.subtract(hours=6)
    given = {"promised": when, "effort": timedelta(hours=2), "parts": ["b", "a"]}
    born = desk.handle(None, Created(at=start, ticket="T", by=ADA, fields=given, facts={"asked": when})).ticket
    kept = {"promised": to_us(when), "effort": 2 * HOUR_US, "parts": frozenset({"a", "b"})}
    assert (dict(born.fields), dict(born.facts)) == (kept, {"asked": to_us(when)})
    set_ = desk.handle(born, *(FieldSet(at=start, by=MARIA, name=name, value=value) for name, value in given.items()))
    assert dict(set_.ticket.fields) == kept
    assert set_.wake_at == when.subtract(hours=2)
    assert desk.tick(set_.ticket, when.add(hours=1)).ticket.tags == {"near", "late"}
    cleared = desk.handle(set_.ticket, FieldSet(at=start, by=MARIA, name="promised", value=None)).ticket
    assert cleared.fields.get("promised") is None


def test_a_ticket_that_fell_silent_still_says_when_its_promises_are_due() -> None:
    often = Rule(name="often", when=since("created") >= "1m", every_us=MINUTE_US, times=200, then=(Action("notify", "lead"),))
    answer = Metric(name="answer", start=("created",), stop=("agent_reply",))
    policy = Policy(name="std", targets={"answer": Targets(otherwise=Length(10 * HOUR_US))})
    desk = Desk(metrics=(answer,), policies=(policy,), rules=(often,), settings=Settings(silence_after=5))
    first = desk.handle(None, Created(at=0, ticket="T", by=ADA)).ticket
    silent = desk.tick(first, HOUR_US)
    assert (silent.events[-1].kind, silent.wake_us) == ("silenced", None)
    assert silent.ticket.due("answer") == first.due("answer") == first.created.add(hours=10)
    new = desk.evolve(name="new")
    assert new.adopt(silent.ticket, 2 * HOUR_US, desk).ticket.due("answer") == first.due("answer")
