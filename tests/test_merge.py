"""Tickets that come of one another: merged, split, followed up; followers and copies; what a requester may see."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk_day import ADA, MARIA, at, born, kinds, only, promise
from ticketcore import (
    Action,
    Agent,
    AgentReplied,
    Assigned,
    CcAdded,
    CcRemoved,
    Closed,
    Created,
    CustomerReplied,
    Deleted,
    Desk,
    Fact,
    FieldSet,
    FieldType,
    FollowersAdded,
    FollowersRemoved,
    Lifecycle,
    Merged,
    Message,
    Metric,
    Noted,
    Person,
    Postponed,
    Purged,
    Reopened,
    Resolved,
    Rule,
    Settings,
    Split,
    TagsAdded,
    Ticket,
    field,
    fold,
    since,
)  # fmt: skip
from ticketcore._linking import Linked
from ticketcore._time import DAY_US, HOUR_US
from ticketcore._values import FrozenMap
from ticketcore.codec import load_desk, outcome_from_data, outcome_to_data, ticket_from_data, ticket_to_data
from ticketcore.conditions import NUMBER, TEXT
from ticketcore.errors import BadValue, Duplicate, IllegalMove, MissingFacts, OutOfOrder, TicketcoreError, WrongDesk, WrongTicket
from ticketcore.extra.laws import live
from ticketcore.extra.strategies import desks, histories
from ticketcore.model import Absorbed, CreateFollowUp, Diverted, ForwardReply, Outside
from ticketcore.replay import replay

FA = Metric(name="fa", start=("created",), stop=("enter:answered",))
DESK = Desk(metrics=(FA,), policies=(promise(4),), fields={"site": TEXT, "kind": FieldType(kind="choice", choices=("a", "b"))})
LESS = max(10, settings.default.max_examples // 6) if settings.default else 10  # of a law whose values take long to draw
OTHERS = Noted(at=0, ticket="T-7")
BOB, EVE = Person(name="Bob", email="bob@example.org"), Person(name="Eve", email="eve@example.org")


def asked(name: str, by: Person = ADA, clock: str = "09:00", desk: Desk = DESK, **given_: Any) -> Ticket:
    return desk.handle(None, Created(at=at(clock), ticket=name, by=by, **given_)).ticket


def after(ticket: Ticket, *events: Outside) -> Ticket:
    for event in events:
        ticket = DESK.handle(ticket, event).ticket
    return ticket


# --- merging ---------------------------------------------------------------------------------------------------------


def test_the_source_closes_with_a_pointer_and_the_target_goes_on() -> None:
    both = DESK.merge(asked("T-1"), asked("T-2", BOB, "09:30"), at=at("10:00"), by=MARIA)
    source, target = both.source.ticket, both.target.ticket
    assert kinds(both.source) == ["merged", "status_changed", "clock_stopped"]
    assert (source.status, source.merged_into, source.clocks["fa"].cycle.verdict) == ("closed", "T-2", "cancelled")
    assert (source.waiting_since, target.waiting_since_us) == (None, at("09:00"))  # Ada waits longer than Bob
    assert DESK.wake_at(source) is None
    assert kinds(both.target) == ["absorbed", "cc_added"]
    assert (target.status, target.cc, target.clocks["fa"].cycle.is_open) == ("new", frozenset({"ada@example.org"}), True)
    assert only(both.target, "absorbed").source == "T-1"
    assert isinstance(both, Linked)


def test_a_later_reply_is_handed_on_and_counts_where_it_belongs() -> None:
    both = DESK.merge(asked("T-1"), asked("T-2", BOB, "09:30"), at=at("10:00"), by=MARIA)
    target = after(both.target.ticket, AgentReplied(at=at("10:30"), by=MARIA))
    assert target.waiting_since is None
    reply = CustomerReplied(at=at("11:00"), id="late", by=ADA, message=Message(text="and it smokes"))
    diverted = DESK.handle(both.source.ticket, reply)
    assert kinds(diverted) == ["customer_replied", "diverted"]
    assert (diverted.ticket.status, diverted.ticket.waiting_since) == ("closed", None)
    (effect,) = diverted.effects
    assert isinstance(effect, ForwardReply)
    assert (effect.to, effect.event, effect.key) == ("T-2", "late", "T-1/late/divert/late")
    forwarded = CustomerReplied(at=effect.at, by=ADA, message=reply.message, answers=effect.key)
    assert after(target, forwarded).status == "open"
    with pytest.raises(IllegalMove, match="it was merged into T-2, which goes on in its place; act on that ticket"):
        DESK.handle(both.source.ticket, Reopened(at=at("12:00"), by=MARIA))


def test_an_agents_late_reply_is_handed_on_too() -> None:
    both = DESK.merge(asked("T-1"), asked("T-2"), at=at("10:00"))
    diverted = DESK.handle(both.source.ticket, AgentReplied(at=at("11:00"), by=MARIA))
    assert only(diverted, "diverted").to == "T-2"
    assert diverted.ticket.clocks == both.source.ticket.clocks
    assert isinstance(diverted.effects[0], ForwardReply)


def test_people_are_taken_over_once() -> None:
    eva, ivan = Agent(id="eva"), Agent(id="ivan")
    source = after(
        asked("T-1", cc=["EVE@example.org", "zoe@example.org", "bob@example.org"], followers=["eva"]),
        Assigned(at=at("09:10"), by=eva, agent="ivan"),
    )
    target = after(asked("T-2", BOB, cc=["eve@example.org"]), Assigned(at=at("09:20"), by=ivan, agent="eva"))
    joined = DESK.merge(source, target, at=at("10:00"), by=MARIA).target
    assert only(joined, "cc_added").addresses == ("ada@example.org", "zoe@example.org")  # eve has a copy, bob asked
    assert only(joined, "followers_added").agents == ("ivan",)  # eva has the ticket
    same = DESK.merge(asked("T-1"), asked("T-2"), at=at("10:00")).target
    assert kinds(same) == ["absorbed"]
    by_phone = DESK.merge(asked("T-1", Person(phone="+371 20000000")), asked("T-2"), at=at("10:00")).target
    assert kinds(by_phone) == ["absorbed"]  # nobody sends copies to a telephone


@pytest.mark.parametrize(("target", "said"), [
    (lambda: after(asked("T-2"), Merged(at=at("09:30"), by=MARIA, into="T-3")), "T-2 was itself merged into T-3; merge into T-3"),
    (lambda: after(asked("T-2"), Deleted(at=at("09:30"), by=MARIA)), "T-2 is deleted; merge into a ticket that is still there"),
    (lambda: asked("T-1", BOB), "a ticket cannot be merged into itself; name another ticket"),
])  # fmt: skip
def test_what_nothing_can_be_merged_into(target: Callable[[], Ticket], said: str) -> None:
    with pytest.raises(IllegalMove, match="merge is refused") as caught:
        DESK.merge(asked("T-1"), target(), at=at("10:00"), by=MARIA)
    assert said in str(caught.value)
    assert caught.value.trigger == "merge"


def test_a_merge_is_refused_whole() -> None:
    source, target = asked("T-1"), asked("T-2", clock="11:00")
    with pytest.raises(OutOfOrder):  # the target has lived longer
        DESK.merge(source, target, at=at("10:00"), by=MARIA)
    with pytest.raises(IllegalMove, match="closed has no such move"):
        DESK.merge(after(source, Resolved(at=at("09:30")), Closed(at=at("09:40"))), target, at=at("12:00"), by=MARIA)
    with pytest.raises(WrongDesk):
        DESK.merge(source, asked("T-2", desk=Desk(name="other")), at=at("12:00"), by=MARIA)
    lead = Desk(lifecycle=Lifecycle(permissions={"merge": ["lead"]}))
    with pytest.raises(IllegalMove, match="it takes lead, and maria is agent"):
        lead.merge(asked("T-1", desk=lead), asked("T-2", desk=lead), at=at("12:00"), by=MARIA)
    late = DESK.evolve(settings=Settings(late="restamp"))
    moved = late.merge(asked("T-1", desk=late), asked("T-2", clock="11:00", desk=late), at=at("10:00"), by=MARIA)
    assert (moved.source.ticket.updated_us, moved.target.ticket.updated_us) == (at("10:00"), at("11:00"))


def test_no_clock_is_started_on_a_ticket_that_was_merged_away() -> None:
    """Neither by the policy that the merge itself brings, nor by what is written to it later."""
    attached = Metric(name="attached", start=("note",), start_on_attach=True, cycles="many")
    policies = (promise(1, "over", "attached", when=field.status == "closed"), promise(2, "std", "fa"))
    desk = Desk(metrics=(FA, attached), policies=policies)
    source = desk.merge(asked("T-1", desk=desk), asked("T-2", desk=desk), at=at("10:00"), by=MARIA).source
    assert kinds(source) == ["merged", "status_changed", "policy_applied", "retargeted", "clock_stopped"]
    noted = desk.handle(source.ticket, Noted(at=at("11:00"), by=MARIA))
    assert (kinds(noted), noted.wake_us) == (["noted"], None)
    closed = desk.handle(desk.handle(asked("T-1", desk=desk), Resolved(at=at("10:00"))).ticket, Closed(at=at("10:00")))
    assert kinds(closed)[-1] == "clock_started"  # of one that is only closed it is the desk's affair


@settings(max_examples=LESS)
@given(st.data())
def test_whatever_a_ticket_has_lived_through_a_merge_folds_and_cancels_every_open_clock(data: st.DataObject) -> None:
    desk = data.draw(desks())
    source = target = None
    for moment in data.draw(histories(desk)):
        try:
            source = desk.handle(source, *moment).ticket
        except TicketcoreError:
            continue
    facts = {name: fact.default for name, fact in desk.facts.items() if "created" in fact.required_with}
    assert source is not None
    born_at = source.floor_us
    target = desk.handle(None, Created(at=born_at, ticket="T-9", by=BOB, facts=facts)).ticket
    try:
        both = desk.merge(source, target, at=max(born_at, target.floor_us), by=MARIA)
    except IllegalMove:
        return
    gone, goes_on = both.source, both.target
    if not gone.ticket.deviations > source.deviations:
        assert gone.ticket.merged_into == "T-9"
    assert fold(gone.events, source) == gone.ticket
    assert fold(goes_on.events, target) == goes_on.ticket
    assert all(not clock.cycle.is_open for clock in gone.ticket.clocks.values())
    assert {event.kind for event in goes_on.events} >= {"absorbed"}
    assert outcome_from_data(outcome_to_data(goes_on)) == goes_on


@settings(max_examples=LESS)
@given(desks(), st.data(), st.sampled_from([1, HOUR_US, DAY_US, 3 * DAY_US]))
def test_how_often_two_tickets_were_ticked_makes_no_difference_to_what_is_handed_on(desk: Desk, data: st.DataObject, later: int) -> None:
    source, target = (live(desk, data.draw(histories(desk))).ticket for _ in "ab")
    target = attrs.evolve(target, id="T-9")
    when = max(source.floor_us, target.floor_us) + later
    ticked = [desk.tick(ticket, when - 1).ticket for ticket in (source, target)]
    for one, other in product((source, ticked[0]), (target, ticked[1])):
        assert linked(desk.merge, one, other, at=when, by=MARIA) == linked(desk.merge, *ticked, at=when, by=MARIA)
        assert linked(desk.split, one, ticket="T-8", at=when) == linked(desk.split, ticked[0], ticket="T-8", at=when)


def linked(call: Callable[..., Linked], *tickets: Ticket, **given_: Any) -> object:
    """What became of two tickets, or why nothing did."""
    try:
        both = call(*tickets, **given_)
    except TicketcoreError as error:
        return str(error)
    return both.source.ticket, both.target.ticket


def test_what_was_due_before_has_happened_to_both_tickets_however_often_they_were_ticked() -> None:
    late = Rule(name="late", when=since("created") >= "2h", then=(
        Action("add_cc", ["boss@example.org"]), Action("assign", "ivan"), Action("mark_answered"), Action("add_tag", "late"),
    ))  # fmt: skip
    gone = Rule(name="gone", when=(since("created") >= "3h") & field.tags.has("spam"), then=(Action("delete"),))
    desk = Desk(metrics=(), rules=(late, gone))
    source, target = asked("T-1", desk=desk), asked("T-2", BOB, "11:00", desk=desk)
    both = desk.merge(source, target, at=at("12:00"), by=MARIA)
    assert both.target == desk.merge(desk.tick(source, at("11:30")).ticket, target, at=at("12:00"), by=MARIA).target
    assert only(both.target, "absorbed").waiting_us is None  # it was answered at eleven
    assert only(both.target, "cc_added").addresses == ("ada@example.org", "boss@example.org")
    assert only(both.target, "followers_added").agents == ("ivan",)
    new = desk.split(source, ticket="T-3", at=at("12:00"), by=MARIA).target.ticket
    assert new.tags == {"late"}
    with pytest.raises(IllegalMove, match="T-4 is deleted; merge into a ticket that is still there"):
        desk.merge(source, asked("T-4", desk=desk, tags=["spam"]), at=at("12:30"), by=MARIA)
    dotted = desk.merge(source, target, at=at("11:00"), by=MARIA)  # people come before time
    assert only(dotted.target, "absorbed").waiting_us == at("09:00")


# --- splitting and following up --------------------------------------------------------------------------------------


def test_a_part_of_a_ticket_becomes_a_ticket_of_its_own() -> None:
    source = after(
        asked("T-1", subject="printer, and an invoice", channel="e-mail", tags=["vip"], fields={"site": "Rīga"}, cc=["bob@example.org"]),
        CustomerReplied(at=at("09:30"), id="m2", by=ADA, message=Message(text="the invoice is wrong")),
    )
    reply = CustomerReplied(at=at("09:30"), id="m2", ticket="T-1", by=ADA, message=Message(text="the invoice is wrong"))
    both = DESK.split(source, ticket="T-2", at=at("10:00"), by=MARIA, message=reply, subject="invoice", group="sales")
    parted, new = both.source, both.target.ticket
    assert kinds(parted) == ["split"]
    assert (only(parted, "split").into, only(parted, "split").event) == ("T-2", "m2")
    assert parted.ticket.clocks == source.clocks  # it goes on as it was
    assert (new.origin, new.relation, new.subject, new.text, new.group) == ("T-1", "split", "invoice", "the invoice is wrong", "sales")
    assert (new.requester, new.channel, new.tags, new.fields, new.cc) == (
        ADA,
        "e-mail",
        frozenset({"vip"}),
        FrozenMap(site="Rīga"),
        frozenset[str](),
    )
    assert (new.status, new.created_us, new.waiting_since_us, new.clocks["fa"].cycle.started_us) == ("new", *[at("10:00")] * 3)


@pytest.mark.parametrize(("message", "requester", "status", "text"), [
    (None, ADA, "new", ""),                                                                    # nothing was written
    (CustomerReplied(at=0, by=EVE, message=Message(text="mine too")), EVE, "new", "mine too"),  # her matter is hers
    (CustomerReplied(at=0, message=Message(text="?")), ADA, "new", "?"),                       # the host did not say who wrote
    (AgentReplied(at=0, by=MARIA, message=Message(text="also")), ADA, "answered", "also"),     # an agent's message: she reached out
])  # fmt: skip
def test_who_asks_in_a_ticket_that_was_split_off(message: Any, requester: Person, status: str, text: str) -> None:
    new = DESK.split(asked("T-1"), ticket="T-2", at=at("10:00"), by=MARIA, message=message).target.ticket
    assert (new.requester, new.status, new.text) == (requester, status, text)


def test_a_follow_up_is_opened_as_the_desk_asks_for_it() -> None:
    closed = after(
        asked("T-1", subject="printer", cc=["bob@example.org"]), Resolved(at=at("10:00"), by=MARIA), Closed(at=at("11:00"), by=MARIA)
    )
    reply = CustomerReplied(at=at("12:00"), id="again", ticket="T-1", by=ADA, message=Message(text="it burns again"))
    diverted = DESK.handle(closed, reply)
    assert isinstance(diverted.events[1], Diverted)
    (effect,) = diverted.effects
    assert isinstance(effect, CreateFollowUp)
    new = DESK.follow_up(diverted.ticket, ticket="T-2", message=reply, tags=["again"])
    assert (new.ticket.origin, new.ticket.relation, new.ticket.cc) == ("T-1", "follow_up", frozenset({"bob@example.org"}))
    assert (new.ticket.subject, new.ticket.text) == ("printer", "it burns again")
    assert (new.ticket.created_us, new.ticket.tags) == (at("12:00"), frozenset({"again"}))


@pytest.mark.parametrize(("call", "error", "said"), [
    (lambda one: DESK.split(one, ticket="", at=at("10:00")), WrongTicket, "needs an id of its own"),
    (lambda one: DESK.split(one, ticket="T-1", at=at("10:00")), WrongTicket, "needs an id of its own"),
    (lambda one: DESK.split(one, ticket="T-2", at=at("08:00")), OutOfOrder, "too late"),
    (lambda one: DESK.split(one, ticket="T-2", at=at("10:00"), priority="high"), BadValue, "takes no 'priority'; it takes assignee, cc"),
    (lambda one: DESK.split(one, ticket="T-2", at=at("10:00"), message=OTHERS), WrongTicket, "is of ticket 'T-7', not 'T-1'"),
    (lambda one: DESK.follow_up(one, ticket="T-2", message=CustomerReplied(at=0, ticket="T-7")), WrongTicket, "is of ticket 'T-7'"),
])  # fmt: skip
def test_what_cannot_be_split_off(call: Callable[[Ticket], object], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        call(asked("T-1"))


def test_a_new_ticket_needs_the_facts_that_any_needs() -> None:
    desk = Desk(facts={"mood": Fact(type=NUMBER, required_with=("created",))})
    one = desk.handle(None, Created(at=0, ticket="T-1", by=ADA, facts={"mood": 3})).ticket
    with pytest.raises(MissingFacts):
        desk.split(one, ticket="T-2", at=5)
    assert desk.split(one, ticket="T-2", at=5, facts={"mood": 1}).target.ticket.facts == {"mood": 1}


def test_rules_know_where_a_ticket_came_from() -> None:
    offshoot = (field.relation == "follow_up") & field.origin.is_set()
    rule = Rule(name="again", on=["created"], when=offshoot, then=(Action("add_tag", "again"),))
    seen = Rule(name="parted", on=["split", "absorbed"], then=(Action("add_tag", "linked"),))
    desk = Desk(metrics=(), rules=(rule, seen))
    one, two = asked("T-1", desk=desk), asked("T-2", desk=desk)
    assert desk.follow_up(one, ticket="T-3", message=CustomerReplied(at=at("10:00"), by=ADA)).ticket.tags == {"again"}
    parted = desk.split(one, ticket="T-3", at=at("10:00"), by=MARIA)
    assert (parted.source.ticket.tags, parted.target.ticket.tags) == (frozenset({"linked"}), frozenset[str]())
    assert desk.merge(one, two, at=at("10:00")).target.ticket.tags == {"linked"}


# --- followers and copies --------------------------------------------------------------------------------------------


def test_followers_and_copies_are_data_with_events() -> None:
    ticket = after(
        asked("T-1", followers=["eva"], cc=["bob@example.org"]), FollowersAdded(at=at("09:10"), by=MARIA, agents=["ivan", "eva"]),
        FollowersRemoved(at=at("09:20"), by=MARIA, agents=["eva", "nobody"]),
        CcAdded(at=at("09:30"), by=MARIA, addresses=["eve@example.org"]),
        CcRemoved(at=at("09:40"), by=MARIA, addresses=["bob@example.org"]),
    )  # fmt: skip
    assert (ticket.followers, ticket.cc) == (frozenset({"ivan"}), frozenset({"eve@example.org"}))
    assert ticket_from_data(ticket_to_data(ticket)) == ticket
    gone = after(ticket, Deleted(at=at("10:00"), by=MARIA), Purged(at=at("10:10"), by=MARIA))
    assert (gone.followers, gone.cc) == (frozenset(), frozenset())  # people are contents


def test_conditions_and_actions_know_them_in_a_desk_file() -> None:
    desk = load_desk({
        "rules": [
            {"name": "watch", "on": ["tags_added"], "when": {"field": "tags", "has": "vip"},
             "then": [{"add_followers": ["lead", "duty"]}, {"add_cc": "boss@example.org"}]},
            {"name": "seen", "on": ["noted"], "when": {"all": [{"field": "followers", "has": "lead"}, {"field": "cc", "is_set": True}]},
             "then": [{"remove_followers": "duty"}, {"remove_cc": ["boss@example.org"]}]},
        ],
    })  # fmt: skip
    marked = desk.handle(asked("T-1", desk=desk), TagsAdded(at=at("10:00"), by=MARIA, tags=["vip"])).ticket
    assert (marked.followers, marked.cc) == (frozenset({"lead", "duty"}), frozenset({"boss@example.org"}))
    noted = desk.handle(marked, Noted(at=at("11:00"), by=MARIA)).ticket
    assert (noted.followers, noted.cc) == (frozenset({"lead"}), frozenset[str]())


def test_a_log_with_all_of_it_is_replayed_the_same() -> None:
    both = DESK.merge(asked("T-1"), asked("T-2", BOB), at=at("10:00"), by=MARIA)
    first = DESK.handle(None, Created(at=at("09:00"), ticket="T-2", by=BOB))
    parted = DESK.split(both.target.ticket, ticket="T-3", at=at("11:00"), by=MARIA)
    log = [*first.events, *both.target.events, *parted.source.events]
    assert [event for outcome in replay(DESK, log) for event in outcome.events] == log
    with pytest.raises(Duplicate):
        DESK.handle(parted.source.ticket, Split(at=at("11:00"), id=parted.source.events[0].id, into="T-3"))
    assert Absorbed(at=0, source="T-1").kind == "absorbed"


# --- what a requester may see ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("events", "status", "waits_for"), [
    ((), "new", "support"),
    ((AgentReplied(at=at("10:00"), by=MARIA),), "answered", "requester"),
    ((Postponed(at=at("10:00"), by=MARIA, until=at("12:00")),), "postponed", "support"),
    ((Resolved(at=at("10:00"), by=MARIA),), "resolved", "nobody"),
    ((Resolved(at=at("10:00"), by=MARIA), Closed(at=at("11:00"), by=MARIA)), "closed", "nobody"),
])  # fmt: skip
def test_a_requester_sees_the_status_and_who_is_to_act(events: tuple[Outside, ...], status: str, waits_for: str) -> None:
    seen = DESK.public(after(asked("T-1", subject="printer"), *events))
    assert seen is not None
    assert (seen.id, seen.subject, seen.status, seen.waits_for) == ("T-1", "printer", status, waits_for)
    assert seen.text


def test_nothing_is_seen_that_is_not_the_requesters() -> None:
    ticket = after(
        born(DESK, tags=["vip", "outage"], message=Message(text="it burns")).ticket, AgentReplied(at=at("10:00"), by=MARIA),
        Noted(at=at("11:00"), by=MARIA, message=Message(text="a difficult person", public=False)),
        FieldSet(at=at("12:00"), by=MARIA, name="site", value="Rīga"),
    )  # fmt: skip
    seen = DESK.public(ticket, tags=["outage", "delay"])
    assert seen is not None
    assert seen.row() == {
        "id": "T", "subject": "", "status": "answered", "text": "the customer was answered and may write again", "waits_for": "requester",
        "created": "2026-11-23T09:00:00Z", "updated": "2026-11-23T10:00:00Z", "last_answer": "2026-11-23T10:00:00Z", "merged_into": None,
        "tags": ["outage"],
    }  # fmt: skip
    assert (seen.created.hour, seen.updated.hour) == (9, 10)  # a note and a field are no news to the requester
    assert seen.last_answer is not None
    assert seen.last_answer.hour == 10
    fresh = DESK.public(asked("T-1"))
    assert fresh is not None
    assert (fresh.last_answer, fresh.row()["last_answer"]) == (None, None)
    assert DESK.public(after(ticket, Deleted(at=at("13:00"), by=MARIA))) is None
    merged = DESK.public(DESK.merge(asked("T-1"), asked("T-2"), at=at("10:00")).source.ticket)
    assert merged is not None
    assert merged.merged_into == "T-2"
