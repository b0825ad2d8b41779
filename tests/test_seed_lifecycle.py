"""What the sources ask of the life of a ticket, of people, contents and history, row by row (docs/reference/coverage.md)."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk_day import ADA, MARIA, at, born, kinds, ruled
from ticketcore import (
    Action,
    Agent,
    AgentReplied,
    Assigned,
    Closed,
    Created,
    CustomerReplied,
    Deleted,
    Desk,
    FieldSet,
    FieldType,
    Lifecycle,
    MarkedSpam,
    Message,
    Noted,
    Order,
    Person,
    Postponed,
    Purged,
    Rated,
    Resolved,
    Restored,
    Rule,
    TagsAdded,
    Transferred,
    event_from_data,
    event_to_data,
    field,
    fold,
    load_desk,
    since,
)  # fmt: skip
from ticketcore.codec import event_to_line, history_from_lines
from ticketcore.errors import Duplicate, IllegalMove, TicketcoreError, WrongTicket
from ticketcore.identity import match_requester
from ticketcore.lint import lint
from ticketcore.model import ClockStopped, Confirmed, Outside, Ticket, Verified
from ticketcore.replay import replay
from ticketcore.report import report
from ticketcore.seal import head_of, seal, verify

PLAIN = Desk()


def lived(desk: Desk, *events: Outside, **given_: Any) -> Ticket:
    """The ticket after it was created at nine and these happened to it."""
    ticket = born(desk, **given_).ticket
    for event in events:
        ticket = desk.handle(ticket, event).ticket
    return ticket


# --- the main line ---------------------------------------------------------------------------------------------------


@pytest.mark.seed("S1", "S2", "S3", "S4")
@given(st.lists(st.sampled_from([(AgentReplied, "answered"), (CustomerReplied, "open")]), max_size=20))
def test_new_answered_open_and_again_as_often_as_it_takes_and_then_resolved(turns: list[tuple[Any, str]]) -> None:
    outcome = born(PLAIN)
    assert outcome.ticket.status == "new"
    ticket, answered = outcome.ticket, False
    for number, (kind, status) in enumerate(turns, 1):
        ticket = PLAIN.handle(ticket, kind(at=at("09:00") + number, by=MARIA if kind is AgentReplied else ADA)).ticket
        answered = answered or kind is AgentReplied
        assert ticket.status == (status if answered else "new")  # a ticket that nobody has answered stays new
    assert PLAIN.handle(ticket, Resolved(at=at("10:00"), by=MARIA)).ticket.status == "resolved"


@pytest.mark.seed("S5")
@pytest.mark.parametrize("status", ["new", "open", "answered"])
def test_a_postponed_ticket_comes_back_by_itself_at_its_instant(status: str) -> None:
    steps: dict[str, list[Outside]] = {"new": [], "answered": [AgentReplied(at=at("09:10"), by=MARIA)]}
    steps["open"] = [*steps["answered"], CustomerReplied(at=at("09:20"), by=ADA)]
    put_off = PLAIN.handle(lived(PLAIN, *steps[status]), Postponed(at=at("10:00"), by=MARIA, until=at("12:00")))
    assert (put_off.ticket.status, put_off.ticket.postponed_until_us) == ("postponed", at("12:00"))
    assert PLAIN.tick(put_off.ticket, at("12:00") - 1).ticket.status == "postponed"
    assert PLAIN.tick(put_off.ticket, at("12:00")).ticket.status == ("new" if status == "new" else "open")


@pytest.mark.seed("S6", "S7")
def test_spam_and_the_bin_are_out_of_the_queue_with_clocks_stopped_and_the_bin_gives_back() -> None:
    for event, status in ((MarkedSpam(at=at("09:10"), by=MARIA), "spam"), (Deleted(at=at("09:10"), by=MARIA), "deleted")):
        gone = PLAIN.handle(born(PLAIN).ticket, event)
        assert (gone.ticket.status, gone.wake_at) == (status, None)
        assert Order.by("age").sorted([gone.ticket]) == ()
        assert {event.verdict for event in gone.events if isinstance(event, ClockStopped)} == {"removed"}
    assert PLAIN.handle(gone.ticket, Restored(at=at("10:00"), by=MARIA)).ticket.status == "new"


@pytest.mark.seed("S8", "S107")
def test_purged_for_good_the_host_is_told_to_erase_and_a_tombstone_remains() -> None:
    purged = PLAIN.handle(lived(PLAIN, Deleted(at=at("09:10"), by=MARIA), subject="my card number"), Purged(at=at("09:20"), by=MARIA))
    assert [effect.kind for effect in purged.effects] == ["erase"]
    assert (purged.ticket.status, purged.ticket.subject, purged.ticket.created_us) == ("purged", "", at("09:00"))
    with pytest.raises(IllegalMove, match="purged is final"):
        PLAIN.handle(purged.ticket, Restored(at=at("09:30"), by=MARIA))


@pytest.mark.seed("S9", "S11")
def test_the_main_statuses_each_with_its_definition_and_the_side_ones() -> None:
    statuses = {status.name: status for status in PLAIN.lifecycle.statuses}
    assert list(statuses) == ["new", "open", "answered", "postponed", "resolved", "closed", "spam", "deleted", "purged"]
    assert [name for name, status in statuses.items() if status.category == "removed"] == ["spam", "deleted", "purged"]
    assert all(status.text for status in statuses.values())
    assert statuses["resolved"].text != statuses["closed"].text


@pytest.mark.seed("S10")
@pytest.mark.parametrize(("lifecycle", "moment", "status"), [
    (Lifecycle(), CustomerReplied(at=at("11:00"), by=ADA), "open"),                                       # a resolved ticket is reopened
    (Lifecycle(reopen_window="30m"), CustomerReplied(at=at("11:00"), by=ADA), "resolved"),                # later it is a new matter
    (Lifecycle(moves={"resolved": {"customer_replies": "answered"}}), CustomerReplied(at=at("11:00"), by=ADA), "answered"),
])  # fmt: skip
def test_what_the_sources_leave_open_is_a_table_one_can_change(lifecycle: Lifecycle, moment: Outside, status: str) -> None:
    desk = Desk(lifecycle=lifecycle)
    resolved = lived(desk, Resolved(at=at("10:00"), by=MARIA))  # without an answer
    assert resolved.status == "resolved"
    assert desk.handle(resolved, moment).ticket.status == status


@pytest.mark.seed("S11", "S18", "S19", "S20")
def test_closing_waits_for_who_verifies_for_the_customer_and_for_a_note() -> None:
    desk = Desk(
        lifecycle=Lifecycle(close_needs=["verified", "confirmed", "resolution"]), fields={"resolution": FieldType(kind="text")},
        rules=[Rule(name="ask", on=["resolved"], then=[Action("request_rating"), Action("reply", "solved?")])],
        templates={"solved?": "Is {{ subject }} settled for you?"},
    )  # fmt: skip
    first = born(desk, subject="the printer")
    resolved = desk.handle(first.ticket, Resolved(at=at("10:00"), by=MARIA))
    assert [(effect.kind, getattr(effect, "text", "")) for effect in resolved.effects] == [
        ("request_rating", ""), ("reply", "Is the printer settled for you?"),
    ]  # fmt: skip
    ticket = resolved.ticket
    close = Closed(at=at("12:00"), by=MARIA)
    for step in (
        Verified(at=at("10:10"), by=MARIA), Confirmed(at=at("10:20"), by=ADA),
        FieldSet(at=at("10:30"), by=MARIA, name="resolution", value="a cable was loose"),
    ):  # fmt: skip
        with pytest.raises(IllegalMove):
            desk.handle(ticket, close)
        ticket = desk.handle(ticket, step).ticket
    assert desk.handle(ticket, close).ticket.status == "closed"


@pytest.mark.seed("S12", "S106", "S110")
def test_every_action_has_its_instant_and_all_of_them_are_one_timeline() -> None:
    asked = born(PLAIN, message=Message(text="the printer smokes"))
    put_off = PLAIN.handle(asked.ticket, Postponed(at=at("09:30"), by=MARIA, until=at("10:00")))
    given_ = PLAIN.handle(put_off.ticket, Assigned(at=at("11:00"), by=MARIA, agent="maria"))
    told = PLAIN.handle(given_.ticket, CustomerReplied(at=at("11:30"), by=ADA, message=Message(text="and now it burns")))
    timeline = [event for outcome in (asked, put_off, given_, told) for event in outcome.events]
    assert all(one.at_us <= other.at_us for one, other in pairwise(timeline))
    assert {"postponed", "woken", "assigned", "clock_started"} <= {event.kind for event in timeline}
    assert [event.message.text for event in timeline if isinstance(event, Created | CustomerReplied)] == [
        "the printer smokes", "and now it burns",
    ]  # fmt: skip
    assert fold(timeline) == told.ticket


@pytest.mark.seed("S13", "S116")
@pytest.mark.parametrize("channel", ["email", "phone", "chat", "form", "whatsapp"])
def test_all_channels_come_together_in_one_queue(channel: str) -> None:
    desk = ruled(Rule(name="by channel", on=["created"], when=field.channel == channel, then=[Action("add_tag", "here")]))
    ticket, other = born(desk, channel=channel).ticket, born(desk, "09:01", channel="fax").ticket
    assert (ticket.channel, set(ticket.tags), set(other.tags)) == (channel, {"here"}, set())
    assert Order.by("age").sorted([ticket]) == (ticket,)


@pytest.mark.seed("S14")
def test_a_ticket_has_an_id_of_its_own() -> None:
    ticket = born(PLAIN).ticket
    with pytest.raises(WrongTicket, match="exists already"):
        PLAIN.handle(ticket, Created(at=at("09:10"), ticket=ticket.id, by=ADA))
    with pytest.raises(WrongTicket):
        PLAIN.handle(ticket, Noted(at=at("09:10"), ticket="another", by=MARIA))


@pytest.mark.seed("S16", "S17", "S118")
def test_notes_of_colleagues_move_nothing_and_reach_no_customer() -> None:
    words = Message(text="Bob, have you seen this log?", public=False)
    before = lived(PLAIN, AgentReplied(at=at("09:10"), by=MARIA, message=Message(text="please press reset")))
    noted = PLAIN.handle(before, Noted(at=at("09:20"), by=MARIA, message=words))
    assert (kinds(noted), noted.effects, noted.ticket.notes) == (["noted"], (), 1)
    assert (noted.ticket.status, noted.ticket.agent_replies) == ("answered", 1)
    assert PLAIN.public(noted.ticket) == PLAIN.public(before)


@pytest.mark.seed("S21", "S23")
def test_a_history_is_plain_lines_out_and_in_again() -> None:
    events = [event for outcome in replay(PLAIN, [Created(at=0, ticket="T", by=ADA), Resolved(at=5, ticket="T", by=MARIA)])
              for event in outcome.events]  # fmt: skip
    assert all(event_from_data(event_to_data(event)) == event for event in events)
    assert list(history_from_lines([event_to_line(event) for event in events])) == events


@pytest.mark.seed("S25")
def test_resolved_tickets_close_by_themselves_and_answered_ones_wait_for_the_customer() -> None:
    desk = Desk(lifecycle=Lifecycle(close_after="3d"))
    answered = lived(desk, AgentReplied(at=at("09:30"), by=MARIA))
    seen = desk.public(answered)
    assert seen is not None
    assert seen.waits_for == "requester"
    resolved = desk.handle(answered, Resolved(at=at("10:00"), by=MARIA))
    assert resolved.wake_us == at("10:00", 3)
    assert desk.tick(resolved.ticket, at("10:00", 3) - 1).ticket.status == "resolved"
    assert desk.tick(resolved.ticket, at("10:00", 3)).ticket.status == "closed"


# --- people ----------------------------------------------------------------------------------------------------------


@pytest.mark.seed("S108", "S109")
def test_a_contact_is_known_by_mail_or_phone_and_nobody_by_a_name_alone() -> None:
    known = Person(
        id="7", name="Ada L.", email="ada@example.org", phone="+30 210 123 4567", location="Athens", organisation="Agora", tier="gold"
    )
    assert match_requester(Person(email=" ADA@example.org"), [known, Person(id="8", email="bob@example.org")]).person == known
    assert match_requester(Person(phone="+302101234567"), [known]).person == known
    visitor = Person(visitor_id="v-93")
    assert match_requester(visitor, [known]).outcome == "new"
    assert match_requester(visitor, [known, Person(id="9", visitor_id="v-93")]).person == Person(id="9", visitor_id="v-93")
    assert match_requester(Person(name="Ada L."), [known]).outcome == "new"


@pytest.mark.seed("S111", "S94")
def test_a_customer_sees_the_status_by_the_id_and_nothing_that_is_not_meant_for_them() -> None:
    ticket = lived(
        PLAIN, Noted(at=at("09:10"), by=MARIA, message=Message(text="a difficult person", public=False)),
        TagsAdded(at=at("09:20"), by=MARIA, tags=["difficult", "printer"]), subject="the printer",
    )  # fmt: skip
    seen = PLAIN.public(ticket, tags=["printer", "refund"])  # these tags are public
    assert seen is not None
    assert (seen.id, seen.status, seen.waits_for, seen.tags) == ("T", "new", "support", ("printer",))
    assert "difficult" not in str(seen.row())
    assert PLAIN.public(PLAIN.handle(ticket, MarkedSpam(at=at("09:30"), by=MARIA)).ticket) is None


@pytest.mark.seed("S115")
def test_a_ticket_may_begin_with_an_agent_who_writes() -> None:
    reached_out = PLAIN.handle(
        None, Created(at=at("09:00"), ticket="T", by=MARIA, requester=ADA, message=Message(text="your order is ready"))
    )
    assert (reached_out.ticket.status, reached_out.ticket.requester, reached_out.ticket.waiting_since) == ("answered", ADA, None)
    assert PLAIN.handle(reached_out.ticket, CustomerReplied(at=at("10:00"), by=ADA)).ticket.status == "open"


@pytest.mark.seed("S117")
def test_who_may_do_what_is_data_and_a_refusal_says_who() -> None:
    desk = load_desk({"lifecycle": {"permissions": {"purge": ["admin"], "close": ["lead", "admin"]}}})
    binned = lived(desk, Deleted(at=at("09:10"), by=MARIA))
    with pytest.raises(IllegalMove, match="admin"):
        desk.handle(binned, Purged(at=at("09:20"), by=MARIA))
    boss = Agent(id="boss", permissions={"admin"})
    assert desk.handle(binned, Purged(at=at("09:20"), by=boss)).ticket.status == "purged"


# --- contents and history --------------------------------------------------------------------------------------------


@pytest.mark.seed("S104", "S48")
@pytest.mark.parametrize(("text", "tags"), [
    ("Το κατάστημα είναι ΕΚΤΟΣ λειτουργίας", {"outage"}),
    ("我们的商店宕机了", {"outage"}),
    ("У нас ничего не работает!", {"outage"}),
    ("A weboldal leállt", {"outage"}),
    ("Lapa NESTRĀDĀ", {"outage"}),
    ("we restarted it twice, no change", {"tried"}),
    ("could you make the logo blue?", set()),
])  # fmt: skip
def test_the_description_decides_in_every_language(text: str, tags: set[str]) -> None:
    words = ["outage", "εκτός λειτουργίας", "宕机", "не работает", "leállt", "nestrādā"]
    desk = load_desk({
        "fields": {"related": {"type": "set"}},
        "rules": [
            {"name": "outage", "on": "created", "when": {"field": "description", "mentions_any": words}, "then": {"add_tag": "outage"}},
            {"name": "tried", "on": "created", "when": {"field": "text", "contains": ["restarted", "logs"]}, "then": {"add_tag": "tried"}},
            {"name": "again", "on": "created", "when": {"field": "related", "has": "T-7"}, "then": {"add_tag": "again"}},
        ],
    })  # fmt: skip
    assert born(desk, message=Message(text=text)).ticket.tags == tags
    assert born(desk, message=Message(text=text), fields={"related": ["T-7"]}).ticket.tags == tags | {"again"}


@pytest.mark.seed("S105")
def test_attachments_are_known_by_name_and_whether_there_are_any() -> None:
    desk = ruled(Rule(name="file", on=["created", "customer_replied"], when=field.event.attachments >= 1, then=[Action("add_tag", "file")]))
    assert born(desk, message=Message(text="see there")).ticket.tags == set()
    sent = born(desk, message=Message(text="see there", attachments=["screen.png"]))
    assert sent.ticket.tags == {"file"}
    assert event_to_data(sent.events[0])["message"]["attachments"] == ["screen.png"]


@pytest.mark.seed("S107")
def test_a_note_of_the_system_cannot_be_removed_or_changed_unseen() -> None:
    events = PLAIN.handle(born(PLAIN).ticket, Postponed(at=at("09:30"), by=MARIA, until=at("10:00"))).events
    sealed = seal([*born(PLAIN).events, *events], salt=b"sixteen bytes ..")
    head = head_of(sealed)
    assert verify(sealed, head)
    for place in range(len(sealed)):
        check = verify([one for number, one in enumerate(sealed) if number != place], head)
        assert (check.what, check.place) == ("missing", place)


@pytest.mark.seed("S112", "S113")
def test_what_came_up_often_before_is_a_fact_and_ranks_higher() -> None:
    desk = load_desk({
        "facts": {"similar": {"type": "number", "default": 0}},
        "priority": {"score": {"entries": [{"when": {"field": "similar", "at_least": 5}, "weight": 10, "reason": "comes up often"}],
                               "thresholds": [[10, "high"]]}},
    })  # fmt: skip
    often = born(desk, facts={"similar": 7}).ticket
    assert (often.priority, born(desk).ticket.priority) == ("high", "low")
    assert "comes up often" in desk.why(often)


@pytest.mark.seed("S114")
def test_an_illegal_move_changes_nothing_and_a_stale_ticket_is_noticed() -> None:
    stale = Rule(name="stale", when=(field.category == "open") & (since("updated") >= "2d"), then=[Action("add_tag", "stale")])
    desk = ruled(stale)
    ticket = lived(desk, AgentReplied(at=at("09:10"), by=MARIA), CustomerReplied(at=at("09:20"), by=ADA))
    with pytest.raises(IllegalMove, match=r"close is refused: .*allowed: agent_replies -> answered"):
        desk.handle(ticket, Closed(at=at("09:30"), by=MARIA))
    assert desk.tick(ticket, at("09:20", 2)).ticket.tags == {"stale"}
    first = desk.handle(ticket, Noted(at=at("09:40"), id="n-1", by=MARIA)).ticket
    with pytest.raises(Duplicate):
        desk.handle(first, Noted(at=at("09:40"), id="n-1", by=MARIA))


@pytest.mark.seed("S86", "S87")
def test_handing_over_needs_its_reason_and_takes_everything_along() -> None:
    desk = load_desk({"settings": {"handoff_reason": True}})
    ticket = lived(desk, CustomerReplied(at=at("09:10"), by=ADA), TagsAdded(at=at("09:20"), by=MARIA, tags=["printer"]), subject="smoke")
    with pytest.raises(TicketcoreError, match="reason"):
        desk.handle(ticket, Transferred(at=at("10:00"), by=MARIA, group="technicians"))
    moved = desk.handle(ticket, Transferred(at=at("10:00"), by=MARIA, group="technicians", reason="it smokes")).ticket
    assert (moved.group, moved.subject, moved.tags, moved.customer_replies) == ("technicians", "smoke", frozenset({"printer"}), 1)
    assert moved.waiting_since == ticket.waiting_since


@pytest.mark.seed("S22", "S98", "S125", "S126", "S69")
def test_a_report_by_kind_tag_agent_and_channel() -> None:
    desk = Desk(fields={"type": FieldType(kind="name")})
    history: list[Outside] = []
    for number, (kind, minutes) in enumerate((("bug", 30), ("bug", 90), ("billing", 10))):
        name, start = f"T-{number}", number * 10_000_000_000
        history += [
            Created(at=start, ticket=name, by=ADA, channel="chat", fields={"type": kind}, tags=["hot"] if number else [], assignee="maria"),
            AgentReplied(at=start + 60_000_000, ticket=name, by=MARIA),
            Resolved(at=start + minutes * 60_000_000, ticket=name, by=MARIA),
            Rated(at=start + minutes * 60_000_000 + 1, ticket=name, by=ADA, score=5 - number),
        ]  # fmt: skip
    found = report(replay(desk, history))
    by_type = found.by("fields.type")
    assert {name: (row.tickets, row.replies, row.resolution.median_us) for name, row in by_type.items()} == {
        "bug": (2, 2, 30 * 60_000_000), "billing": (1, 1, 10 * 60_000_000),
    }  # fmt: skip
    assert {name: row.tickets for name, row in found.by("tag").items() if name} == {"hot": 2}
    assert (found.by("assignee")["maria"].tickets, found.by("channel")["chat"].tickets) == (3, 3)
    total = found.total()
    assert (total.rating_mean, total.resolution_rate, total.escalation_rate, total.first_contact_rate) == (4, 1, 0, 1)
    assert (total.first_reply.median_us, total.backlog) == (60_000_000, 0)
    assert sum(found.volume().values()) == 3


@pytest.mark.seed("S97")
def test_names_of_tags_that_are_nearly_equal_are_pointed_out() -> None:
    desk = ruled(*(Rule(name=tag, on=["noted"], then=[Action("add_tag", tag)]) for tag in ("urgent", "Urgent", "billing")))
    assert any("'urgent'" in (said := str(finding)) and "'Urgent'" in said and "billing" not in said for finding in lint(desk))
