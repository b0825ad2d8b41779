"""Lifecycle: laws first, then the default table cell by cell, its settings, custom statuses, observing, and what is refused."""

from __future__ import annotations

import pickle
from datetime import timedelta
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ticketcore import Action, Desk, FieldType, Rule, Settings, model
from ticketcore.codec import desk_to_data, load_desk
from ticketcore.conditions import FLAG, TEXT, AllOf, Vocabulary, field
from ticketcore.errors import BadValue, DeskError, IllegalMove, UnknownName
from ticketcore.extra.strategies.lifecycle import lifecycle_tickets, lifecycles, move_events, statuses, workflows
from ticketcore.lifecycle import CATEGORIES, LIVE, STATUSES, TRIGGERS, Decided, Lifecycle, Move, Status, To
from ticketcore.lint import lint
from ticketcore.model import Agent, Created, Days, EventBase, Message, Person, Ticket, evolve, fold

LESS = max(10, settings.default.max_examples // 3) if settings.default else 10  # of a law whose values take long to draw
HOUR = 3_600_000_000
NOW = 100 * HOUR
DEFAULT = Lifecycle()
ADA, EVE, MARIA = Person(id="ada", email="ada@example.gr"), Person(id="eve", email="eve@example.gr"), Agent(id="maria")


def a_ticket(status: str = "new", **known: Any) -> Ticket:
    category = next((its.category for its in STATUSES if its.name == status), "")
    return Ticket(id="T-1", status=status, category=category, requester=ADA, **known)


def an_event(trigger: str, **given_: Any) -> EventBase:
    kind = next(kind for kind, its in TRIGGERS.items() if its == trigger)
    made: dict[str, Any] = {} if trigger == "wake" else {"by": ADA if trigger == "customer_replies" else MARIA}
    needed: dict[str, dict[str, Any]] = {"postpone": {"until": NOW + HOUR}, "merge": {"into": "T-2"}, "set": {"status": "open"}}
    return model.EVENTS[kind](**{"at": NOW, **made, **needed.get(trigger, {}), **given_})


# --- laws ------------------------------------------------------------------------------------------------------------


def answer(lifecycle: Lifecycle, ticket: Ticket, event: EventBase) -> Decided | IllegalMove | UnknownName | None:
    """What `decide` says, its refusal as a value."""
    try:
        return lifecycle.decide(ticket, event)
    except (IllegalMove, UnknownName) as error:
        return error


@given(st.data())
def test_the_fast_answer_is_what_the_table_means(data: st.DataObject) -> None:
    lifecycle = data.draw(lifecycles())
    ticket, event = data.draw(lifecycle_tickets(lifecycle)), data.draw(move_events(lifecycle))
    trigger = lifecycle._trigger(event, ticket)
    if trigger is None and lifecycle._unwanted(ticket, event) is not None:
        assert ticket.status == lifecycle._tomb  # it takes nothing; permissions are drawn for triggers only
        trigger = event.kind
    meant = None if trigger is None else lifecycle._judge(ticket, event, trigger, None)
    found = answer(lifecycle, ticket, event)
    if isinstance(found, Exception):
        assert meant is not None
        assert not isinstance(meant, Decided)
        assert found.message == f"{trigger} is refused: {meant.reason}"
        assert vars(found) == vars(lifecycle._error(ticket.status, str(trigger), meant))
        assert found is not answer(lifecycle, ticket, event)  # an error that was raised keeps where it was
    else:
        assert found == meant


@given(st.data())
def test_the_state_machine_by_itself_does_what_it_decides(data: st.DataObject) -> None:
    lifecycle = data.draw(lifecycles())
    ticket, event = data.draw(lifecycle_tickets(lifecycle)), data.draw(move_events(lifecycle))
    decided = answer(lifecycle, ticket, event)
    if isinstance(decided, Exception):
        with pytest.raises(type(decided), match="is refused"):
            lifecycle.move(ticket, event)
        return
    after, events = lifecycle.move(ticket, event)
    assert after == fold(events, ticket)
    assert events[0] is event
    follows: list[Any] = list(events[1:])
    to = ticket.status if decided is None or decided.to is None else decided.to
    assert (after.status, after.version) == (to, ticket.version + len(events))
    if decided is not None and to != ticket.status:
        (moved,) = follows
        assert (moved.was, moved.to, moved.cause, moved.at_us) == (ticket.status, to, event.id, event.at_us)
        assert (moved.was_category, moved.category, moved.trigger) == (ticket.category, decided.category, decided.trigger)
        assert (moved.ticket, moved.desk, after.category) == (ticket.id, ticket.desk, decided.category)
    elif decided is not None and decided.divert:
        (diverted,) = follows
        assert (diverted.event, diverted.to, diverted.cause, diverted.ticket) == (event.id, decided.into, event.id, ticket.id)
    else:
        assert follows == []


@given(st.data())
def test_a_move_leads_where_allowed_said_it_may(data: st.DataObject) -> None:
    lifecycle = data.draw(lifecycles())
    ticket, event = data.draw(lifecycle_tickets(lifecycle)), data.draw(move_events(lifecycle))
    decided, odd = lifecycle.observe(ticket, event)
    if decided is None or odd or decided.divert == "merged" or ticket.status == decided.to:
        return
    if decided.trigger == "set" and decided.to is None:
        return  # the status it has already
    if ticket.before_delete not in ("", *lifecycle._ends(ticket.status, To.BEFORE_DELETE)):
        return  # it remembers what it cannot have been
    ends = lifecycle.allowed(ticket.status)[decided.trigger]
    assert (decided.to or ticket.status) in ends
    assert decided.category == ("" if decided.to is None else lifecycle.category(decided.to))


@given(st.data())
def test_observing_never_refuses_and_agrees_where_nothing_is_odd(data: st.DataObject) -> None:
    lifecycle = data.draw(lifecycles())
    ticket, event = data.draw(lifecycle_tickets(lifecycle)), data.draw(move_events(lifecycle))
    seen, odd = lifecycle.observe(ticket, event)
    if not odd:
        assert lifecycle.decide(ticket, event) == seen
        return
    with pytest.raises((IllegalMove, UnknownName)):
        lifecycle.decide(ticket, event)
    assert seen is not None
    if isinstance(event, model.StatusSet):
        assert seen.to == (None if event.status == ticket.status else event.status)


@given(st.data())
def test_a_refusal_leaves_the_ticket_and_says_what_is_allowed(data: st.DataObject) -> None:
    lifecycle = data.draw(lifecycles())
    ticket, event = data.draw(lifecycle_tickets(lifecycle)), data.draw(move_events(lifecycle))
    before = attrs.asdict(ticket, recurse=False)
    found = answer(lifecycle, ticket, event)
    if isinstance(found, Exception):
        assert (found.status, found.trigger) == (ticket.status, lifecycle._trigger(event, ticket) or event.kind)
        assert found.targets == lifecycle.allowed(ticket.status)
        assert found.allowed == tuple(found.targets)
        assert found.hint
        unknown = isinstance(event, model.StatusSet) and event.status not in lifecycle.rows()
        merged = ticket.merged_into is not None and bool(lifecycle.rows().get(ticket.status))  # refused as such, whatever is chosen
        known = ticket.status in lifecycle.rows()
        assert isinstance(found, IllegalMove) == (merged or not unknown or not known)
    assert attrs.asdict(ticket, recurse=False) == before


@given(lifecycles())
def test_every_status_has_a_row_and_the_table_can_be_given_back(lifecycle: Lifecycle) -> None:
    names = {status.name for status in lifecycle.statuses}
    assert set(lifecycle.rows()) == set(lifecycle.choices()) == names
    again = attrs.evolve(lifecycle, table=lifecycle.rows(), moves={}, direct=lifecycle.choices())
    assert again.rows() == lifecycle.rows()
    assert {status: set(row) for status, row in again.choices().items()} == {
        status: set(row) for status, row in lifecycle.choices().items()
    }


@given(lifecycles())
def test_a_lifecycle_is_a_value(lifecycle: Lifecycle) -> None:
    again = pickle.loads(pickle.dumps(lifecycle))
    assert again == lifecycle
    assert hash(again) == hash(lifecycle)
    assert again.rows() == lifecycle.rows()


@given(lifecycles())
def test_the_diagram_names_every_edge(lifecycle: Lifecycle) -> None:
    edges = [line.strip().partition(" : ") for line in lifecycle.mermaid().splitlines()]
    drawn = {(edge, label.split()[0]) for edge, _, label in edges if label}
    number = {status.name: f"s{place}" for place, status in enumerate(lifecycle.statuses)}
    for status, start in number.items():
        for trigger, ends in lifecycle.allowed(status).items():
            for end in ends:
                edge = f"{start} --> {number[end]}"
                assert (edge, trigger) in drawn or (trigger == "set" and any(its == edge for its, _ in drawn))


@given(statuses())
def test_any_statuses_make_a_lifecycle_by_their_categories(found: tuple[Status, ...]) -> None:
    lifecycle = Lifecycle(statuses=found)
    for status in found:
        assert lifecycle.category(status.name) == status.category
        assert lifecycle.is_live(status.name) == (status.category in LIVE)
        if status.category in LIVE:
            assert lifecycle.next(status.name, model.AgentReplied)


@given(st.data())
def test_folding_the_decided_status_reaches_it(data: st.DataObject) -> None:
    ticket = a_ticket()
    for trigger in data.draw(st.lists(st.sampled_from(sorted(set(TRIGGERS.values()) - {"set", "merge"})), max_size=12)):
        if trigger == "wake" and ticket.postponed_until_us is None:
            continue
        event = an_event(trigger)
        decided, odd = DEFAULT.observe(ticket, event)
        if odd or decided is None:
            continue
        events = [event]
        if decided.to is not None:
            events.append(
                model.StatusChanged(
                    at=NOW, was=ticket.status, to=decided.to, was_category=ticket.category, category=decided.category, trigger=trigger
                )
            )
        ticket = fold(events, ticket)
        assert ticket.category == DEFAULT.category(ticket.status)
        assert (ticket.postponed_until_us is None) or ticket.category in {"postponed", "removed"}


# --- the default table -----------------------------------------------------------------------------------------------

# One row a status, one column a trigger, as in DESIGN 7 and step.md 6; "-" is refused, "+" a follow-up ticket. wake, restore
# and not_spam are those of a ticket without memory and without an answer.
COLUMNS = ("agent_replies", "mark_answered", "customer_replies", "resolve", "postpone", "wake", "close", "reopen", "merge", "spam",
           "not_spam", "delete", "restore", "purge")  # fmt: skip
TABLE = """
new       answered answered new      resolved postponed -    -      -    closed spam -   deleted -   -
open      answered answered open     resolved postponed -    -      -    closed spam -   deleted -   -
answered  answered answered open     resolved postponed -    -      open closed spam -   deleted -   -
postponed answered answered open     resolved postponed open -      -    closed spam -   deleted -   -
resolved  resolved resolved open     -        -         -    closed open closed spam -   deleted -   -
closed    -        -        +        -        -         -    -      open -      -    -   deleted -   -
spam      -        -        spam     -        -         -    -      -    -      -    new deleted -   -
deleted   -        -        open     -        -         -    -      -    -      -    -   -       new purged
purged    -        -        -        -        -         -    -      -    -      -    -   -       -   -
"""
CELLS = [
    (row.split()[0], trigger, cell) for row in TABLE.split("\n") if row for trigger, cell in zip(COLUMNS, row.split()[1:], strict=True)
]


@pytest.mark.parametrize(("status", "trigger", "cell"), CELLS)
def test_the_default_table(status: str, trigger: str, cell: str) -> None:
    ticket, event = a_ticket(status), an_event(trigger)
    if cell == "-":
        with pytest.raises(IllegalMove) as caught:
            DEFAULT.decide(ticket, event)
        assert (caught.value.status, caught.value.trigger) == (status, trigger)
        assert trigger not in caught.value.allowed
        with pytest.raises(IllegalMove):
            DEFAULT.next(status, type(event))
        return
    decided = DEFAULT.decide(ticket, event)
    assert decided is not None
    if cell == "+":
        assert decided == Decided(trigger=trigger, divert="follow_up")
        assert DEFAULT.next(status, type(event)) == status
    else:
        assert (decided.to or status, decided.divert) == (cell, "")
        assert decided.to is None or decided.category == DEFAULT.category(cell)
        assert DEFAULT.next(status, type(event)) == cell
        assert cell in DEFAULT.allowed(status)[trigger]


def test_the_table_covers_every_status_and_trigger() -> None:
    assert {status for status, _, _ in CELLS} == {status.name for status in STATUSES}
    assert set(COLUMNS) == set(TRIGGERS.values()) - {"set"}
    assert {status.category for status in STATUSES} == set(CATEGORIES)


@pytest.mark.parametrize(("status", "chosen"), [
    ("new", "answered resolved spam deleted"),
    ("open", "answered resolved spam deleted"),
    ("answered", "open resolved spam deleted"),               # as LiveAgent: Answered -> Open
    ("postponed", "new open answered resolved spam deleted"),  # as LiveAgent: Postponed -> New, Open
    ("resolved", "open closed spam deleted"),
    ("closed", "open deleted"),
    ("spam", "deleted"),
    ("deleted", ""),
    ("purged", ""),
])  # fmt: skip
def test_a_direct_choice_follows_the_moves_of_people(status: str, chosen: str) -> None:
    for its in STATUSES:
        event = an_event("set", status=its.name)
        if its.name in chosen.split():
            assert DEFAULT.decide(a_ticket(status), event) == Decided(trigger="set", to=its.name, category=its.category)
            assert its.name in DEFAULT.allowed(status)["set"]
        elif its.name == status != "purged":
            assert DEFAULT.decide(a_ticket(status), event) == Decided(trigger="set")
        else:
            with pytest.raises(IllegalMove, match="set is refused"):
                DEFAULT.decide(a_ticket(status), event)


@pytest.mark.parametrize(("status", "trigger", "memory", "to"), [
    ("postponed", "wake", {"before_postpone": "new"}, "new"),           # a postponed new ticket is new again
    ("postponed", "wake", {"before_postpone": "answered"}, "open"),     # any other is open
    ("deleted", "restore", {"before_delete": "answered"}, "answered"),  # where it was
    ("deleted", "restore", {"before_delete": "spam"}, "spam"),          # the bin within the spam folder
    ("deleted", "restore", {"agent_replies": 1}, "open"),               # set to deleted directly: nothing was remembered
    ("spam", "not_spam", {"agent_replies": 2}, "open"),                 # it was answered once
    ("spam", "not_spam", {"agent_replies": 0}, "new"),                  # never
])  # fmt: skip
def test_what_a_ticket_remembers_decides(status: str, trigger: str, memory: dict[str, Any], to: str) -> None:
    decided = DEFAULT.decide(a_ticket(status, **memory), an_event(trigger))
    assert decided is not None
    assert decided.to == to


# --- who and what ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("event", "trigger"), [
    (model.AgentReplied(at=NOW, by=MARIA), "agent_replies"),
    (model.AgentReplied(at=NOW), "agent_replies"),                                                 # the host did not say who
    (model.AgentReplied(at=NOW, by=MARIA, message=Message(automatic=True)), None),                 # an auto-reply is no reply
    (model.AgentReplied(at=NOW, by=MARIA, message=Message(public=False)), None),                   # nor is an internal message
    (model.AgentReplied(at=NOW, by=Agent(id="a", email="Ada@example.gr")), "customer_replies"),    # the agent is the requester
    (model.AgentReplied(at=NOW, by=EVE), "customer_replies"),                                      # an end user, though not the requester
    (model.CustomerReplied(at=NOW, by=ADA), "customer_replies"),
    (model.CustomerReplied(at=NOW, by=EVE), "customer_replies"),
    (model.CustomerReplied(at=NOW, by=ADA, message=Message(automatic=True)), None),                # out of office
    (model.Noted(at=NOW, by=MARIA), None),
    (model.TagsAdded(at=NOW, by=MARIA, tags=["vip"]), None),
    (model.Breached(at=NOW, metric="first_reply", number=1, due_us=NOW), None),
    (model.Woken(at=NOW), "wake"),
    (model.StatusSet(at=NOW, by=MARIA, status="open"), "set"),
])  # fmt: skip
def test_the_trigger_of_an_event(event: EventBase, trigger: str | None) -> None:
    ticket = a_ticket("answered")
    assert DEFAULT.trigger_of(event, ticket) == trigger
    if trigger is None:
        assert DEFAULT.decide(ticket, event) is None
        assert DEFAULT.observe(ticket, event) == (None, "")


@pytest.mark.parametrize("known", [{"status": "closed"}, {"status": "closed", "merged_into": "T-2"}])
def test_a_diverted_reply_pulls_no_trigger(known: dict[str, Any]) -> None:
    assert DEFAULT.trigger_of(an_event("customer_replies"), a_ticket(**known)) is None


@pytest.mark.parametrize(("event", "status"), [
    (Created(at=NOW, by=ADA), "new"),                                                        # asked through a channel
    (Created(at=NOW, by=MARIA, requester=ADA), "answered"),                                  # an agent reached out
    (Created(at=NOW, by=MARIA, requester=ADA, message=Message(public=False)), "new"),        # opened with a note
    (Created(at=NOW, by=MARIA, requester=ADA, message=Message(automatic=True)), "new"),      # by a machine in the agent's name
    (Created(at=NOW, by=MARIA, requester=ADA, has_message=False), "new"),                    # without a word
    (Created(at=NOW, by=Agent(id="a", email="ada@example.gr"), requester=ADA), "new"),       # an agent who asks for help is a customer
    (Created(at=NOW), "new"),                                                                # by the host's machinery
])  # fmt: skip
def test_the_first_status(event: Created, status: str) -> None:
    assert DEFAULT.initial(event) == status


def test_a_desk_without_answered_starts_with_its_own_first_status() -> None:
    reached_out = Created(at=NOW, by=MARIA, requester=ADA)
    assert Lifecycle(statuses=[Status(name="todo", category="open")]).initial(reached_out) == "todo"
    named = Lifecycle(statuses=[Status(name="a", category="new"), Status(name="b", category="new")], initial_status="b")
    assert named.initial(reached_out) == "b"
    assert "[*] --> s1" in named.mermaid()


# --- settings --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("window", "after", "to"), [
    (None, 10_000 * HOUR, "open"),             # no window: for ever
    ("24h", 24 * HOUR, "open"),                # the end counts
    ("24h", 24 * HOUR + 1, None),              # later: a follow-up ticket
    (timedelta(0), 0, "open"),
])  # fmt: skip
def test_a_reply_reopens_within_the_window(window: Any, after: int, to: str | None) -> None:
    lifecycle = Lifecycle(reopen_window=window)
    decided = lifecycle.decide(a_ticket("resolved", resolved_us=NOW - after), an_event("customer_replies"))
    assert decided is not None
    assert (decided.to, decided.divert) == (to, "" if to else "follow_up")
    assert lifecycle.decide(a_ticket("resolved"), an_event("customer_replies")) == Decided(
        trigger="customer_replies", to="open", category="open"
    )  # resolved in a log that does not say when


@pytest.mark.parametrize(("settings", "status", "trigger", "found"), [
    ({"reopen_on_reply": False}, "resolved", "customer_replies", ("resolved", "follow_up")),
    ({"reopen_on_reply": False, "follow_up_from_closed": False}, "resolved", "customer_replies", ("resolved", "")),
    ({"follow_up_from_closed": False}, "closed", "customer_replies", None),
    ({"follow_up_from_closed": False, "reopen_window": "0s"}, "resolved", "customer_replies", ("resolved", "")),
    ({"restore_on_reply": False}, "deleted", "customer_replies", None),
    ({"reopen_closed": False}, "closed", "reopen", None),
])  # fmt: skip
def test_settings_of_the_default_rows(settings: dict[str, Any], status: str, trigger: str, found: tuple[str, str] | None) -> None:
    lifecycle, ticket = Lifecycle(**settings), a_ticket(status, resolved_us=NOW - HOUR)
    if found is None:
        with pytest.raises(IllegalMove):
            lifecycle.decide(ticket, an_event(trigger))
        return
    decided = lifecycle.decide(ticket, an_event(trigger))
    assert decided is not None
    assert (decided.to or status, decided.divert) == found


def test_postponing_by_hand_needs_an_instant_unless_the_desk_says_otherwise() -> None:
    chosen = an_event("set", status="postponed")
    with pytest.raises(IllegalMove, match=r"directly; use Postponed\(until=...\)"):
        DEFAULT.decide(a_ticket("open"), chosen)
    decided = Lifecycle(undated_postpone=True).decide(a_ticket("open"), chosen)
    assert decided == Decided(trigger="set", to="postponed", category="postponed")


@pytest.mark.parametrize("until", [NOW, NOW - 1])
def test_a_postponement_ends_later_than_now(until: int) -> None:
    with pytest.raises(IllegalMove, match="is not after"):
        DEFAULT.decide(a_ticket("open"), an_event("postpone", until=until))


def test_an_unknown_status_is_named_with_the_nearest_one() -> None:
    with pytest.raises(UnknownName, match="unknown status 'slved'; did you mean 'resolved'"):
        DEFAULT.decide(a_ticket("open"), an_event("set", status="slved"))
    for ask in (DEFAULT.category, DEFAULT.allowed, DEFAULT.is_live, DEFAULT.is_final):
        with pytest.raises(UnknownName, match="did you mean 'resolved'"):
            ask("slved")
    with pytest.raises(UnknownName):
        DEFAULT.next("slved", model.Resolved)
    with pytest.raises(IllegalMove, match="'-100' is no status of this lifecycle"):
        DEFAULT.decide(a_ticket("-100"), an_event("resolve"))


# --- merging ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("trigger", ["customer_replies", "agent_replies"])
@pytest.mark.parametrize("status", ["closed", "deleted"])
def test_a_reply_to_a_merged_ticket_goes_to_the_target(status: str, trigger: str) -> None:
    decided = DEFAULT.decide(a_ticket(status, merged_into="T-2"), an_event(trigger))
    assert decided == Decided(trigger=trigger, divert="merged", into="T-2")


def test_a_merged_ticket_stays_closed_but_can_go_to_the_bin_and_back() -> None:
    merged = a_ticket("closed", merged_into="T-2")
    for trigger in ("reopen", "set"):
        with pytest.raises(IllegalMove, match="merged into T-2, which goes on in its place"):
            DEFAULT.decide(merged, an_event(trigger))
    for status, trigger, to in (("closed", "delete", "deleted"), ("deleted", "restore", "closed"), ("deleted", "purge", "purged")):
        decided = DEFAULT.decide(a_ticket(status, merged_into="T-2", before_delete="closed"), an_event(trigger))
        assert decided is not None
        assert decided.to == to
    with pytest.raises(IllegalMove, match="purged is final; nothing is allowed"):
        DEFAULT.decide(a_ticket("purged", merged_into="T-2"), an_event("customer_replies"))


def test_a_reply_that_belongs_elsewhere_is_diverted_by_the_state_machine_too() -> None:
    merged = a_ticket("closed", merged_into="T-2", waiting_since_us=None)
    ticket, events = DEFAULT.move(merged, an_event("customer_replies", id="e7"))
    diverted: Any = events[1]
    assert (diverted.kind, diverted.event, diverted.to, diverted.cause, ticket.status) == ("diverted", "e7", "T-2", "e7", "closed")
    assert ticket.waiting_since_us is None  # nobody waits for an answer here
    ticket, events = DEFAULT.move(a_ticket("open"), an_event("agent_replies", message=Message(text="away", automatic=True)))
    assert (ticket.status, [event.kind for event in events]) == ("open", ["agent_replied"])


@pytest.mark.parametrize(("ticket", "event"), [(None, an_event("close")), (a_ticket(), "close")])
def test_the_state_machine_moves_tickets_by_events(ticket: Any, event: Any) -> None:
    with pytest.raises(BadValue, match="a ticket and an event are wanted; give Resolved"):
        DEFAULT.move(ticket, event)


def test_a_ticket_is_not_merged_into_itself() -> None:
    with pytest.raises(IllegalMove, match="into itself"):
        DEFAULT.decide(a_ticket("open"), an_event("merge", into="T-1"))


# --- guards ----------------------------------------------------------------------------------------------------------

NOTE = Vocabulary(statuses={status.name: status.category for status in STATUSES}, fields={"resolution": TEXT})
GUARDED = Lifecycle(
    moves={"resolved": {"close": Move(to="closed", guard=field.fields.resolution.is_set(), reason="a resolution note is needed")}}
)


@pytest.mark.parametrize("lifecycle", [GUARDED.using(NOTE), GUARDED], ids=["compiled", "plain"])
@pytest.mark.parametrize("event", [an_event("close"), an_event("set", status="closed")], ids=["close", "set"])
def test_a_guard_refuses_with_its_reason(lifecycle: Lifecycle, event: EventBase) -> None:
    from ticketcore.conditions import View

    bare = a_ticket("resolved")
    noted = attrs.evolve(bare, fields=model.FrozenMap(resolution="replaced the cable"))
    decided = lifecycle.decide(noted, event, View(NOTE, noted, NOW))
    assert decided is not None
    assert decided.to == "closed"
    with pytest.raises(IllegalMove, match=r"is refused: a resolution note is needed; allowed: .*close -> closed"):
        lifecycle.decide(bare, event, View(NOTE, bare, NOW))
    assert lifecycle.next("resolved", model.Closed) == "closed"
    assert "s4 --> s5 : close [a resolution note is needed]" in lifecycle.mermaid()


def test_a_guard_without_a_view_reads_ticket_and_event() -> None:
    guard = field.event.by.is_("maria") & field.tags.has("checked")
    lifecycle = Lifecycle(moves={"resolved": {"close": Move(to="closed", guard=guard)}})
    decided = lifecycle.decide(a_ticket("resolved", tags=frozenset({"checked"})), an_event("close"))
    assert decided is not None
    assert decided.to == "closed"
    with pytest.raises(IllegalMove, match=r"its guard does not hold: event.by is 'maria' and tags has 'checked'; allowed: "):
        lifecycle.decide(a_ticket("resolved"), an_event("close"))
    compiled = GUARDED.using(NOTE)
    with pytest.raises(IllegalMove, match="resolution note"):
        compiled.decide(a_ticket("resolved"), an_event("close"))


def test_a_guard_reads_only_what_is_set_below_the_lifecycle() -> None:
    lifecycle = Lifecycle(moves={"resolved": {"close": Move(to="closed", guard=field.priority.is_("high") & field.nope.is_("x"))}})
    with pytest.raises(DeskError) as caught:
        lifecycle.using(NOTE)
    assert all(problem.path.startswith("moves.resolved.close.guard") for problem in caught.value.problems)
    assert {problem.code for problem in caught.value.problems} >= {"wrong-layer", "unknown-name"}


# --- statuses of one's own -------------------------------------------------------------------------------------------

SERVICENOW = Lifecycle(statuses=[
    Status(name="New", category="new"), Status(name="Active", category="open"), Status(name="Awaiting Problem", category="postponed"),
    Status(name="Awaiting User Info", category="pending"), Status(name="Resolved", category="resolved"),
    Status(name="Closed", category="closed"),
], undated_postpone=True)  # fmt: skip


@pytest.mark.parametrize(("status", "event", "to"), [
    ("New", model.AgentReplied, "Awaiting User Info"),   # the main status of the category answered
    ("Awaiting User Info", model.CustomerReplied, "Active"),
    ("Active", model.Resolved, "Resolved"),
    ("Resolved", model.Reopened, "Active"),
    ("Active", model.StatusSet(at=NOW, status="Awaiting Problem"), "Awaiting Problem"),
    ("Awaiting Problem", model.Woken, "Active"),
    ("Awaiting Problem", model.StatusSet(at=NOW, status="New"), "New"),
])  # fmt: skip
def test_statuses_of_a_real_log_have_the_rows_of_their_categories(status: str, event: Any, to: str) -> None:
    assert SERVICENOW.next(status, event) == to


def test_a_reply_is_not_lost_for_want_of_a_status_it_could_lead_to() -> None:
    lifecycle = Lifecycle(statuses=[Status(name="todo", category="open"), Status(name="done", category="resolved")])
    assert lifecycle.next("todo", model.AgentReplied) == "todo"
    assert "mark_answered" not in lifecycle.allowed("todo")


def test_moves_to_statuses_that_a_desk_lacks_are_refused() -> None:
    assert {"spam", "delete"}.isdisjoint(SERVICENOW.allowed("Active"))


def test_a_second_status_of_a_category_keeps_its_name_and_has_the_row_of_the_first() -> None:
    working = Status(name="in progress", category="open")
    lifecycle = Lifecycle(statuses=[*STATUSES, working], table={"open": {"agent_replies": "answered", "resolve": Move(to="resolved")}})
    assert (
        lifecycle.rows()["in progress"]
        == lifecycle.rows()["open"]
        == {"agent_replies": Move(to="answered"), "resolve": Move(to="resolved")}
    )
    assert Lifecycle(statuses=[*STATUSES, working]).next("in progress", model.CustomerReplied) == "in progress"
    suspended = Lifecycle(statuses=[*STATUSES, Status(name="suspended", category="removed")])
    assert suspended.rows()["suspended"] == suspended.rows()["spam"]


def test_the_main_statuses_can_be_named() -> None:
    found = [Status(name="inbox", category="new"), Status(name="triage", category="open"), Status(name="work", category="open"),
             Status(name="junk", category="removed"), Status(name="bin", category="removed")]  # fmt: skip
    lifecycle = Lifecycle(statuses=found, main={"open": "work", "spam": "junk", "deleted": "bin"})
    assert lifecycle.next("bin", model.CustomerReplied) == "work"
    assert lifecycle.next("inbox", model.MarkedSpam) == "junk"
    assert lifecycle.next("junk", model.NotSpam) == "inbox"
    assert lifecycle.next("junk", model.Deleted) == "bin"


def test_a_further_kind_of_event_can_move_the_status() -> None:
    lifecycle = Lifecycle(triggers={"assigned": "assign"}, moves={"new": {"assign": "open", "resolve": None}})
    assigned = model.Assigned(at=NOW, by=MARIA, agent="maria")
    assert lifecycle.decide(a_ticket("new"), assigned) == Decided(trigger="assign", to="open", category="open")
    assert lifecycle.decide(a_ticket("answered"), assigned) is None  # no cell: it leaves the status alone
    assert lifecycle.observe(a_ticket("answered"), assigned) == (None, "")
    assert (lifecycle.next("new", assigned), lifecycle.next("answered", model.Assigned)) == ("open", "answered")
    assert DEFAULT.next("new", model.Assigned) == "new"
    with pytest.raises(IllegalMove, match="resolve is refused: new has no such move"):
        lifecycle.decide(a_ticket("new"), an_event("resolve"))
    assert "open" not in lifecycle.allowed("new").get("set", ())


def test_direct_choices_can_be_listed() -> None:
    guard = field.tags.has("checked")
    lifecycle = Lifecycle(direct={"open": ["closed", "resolved"], "new": []}, moves={"open": {"resolve": Move(to="resolved", guard=guard)}})
    assert lifecycle.allowed("open")["set"] == ("closed", "resolved")
    assert lifecycle.choices()["open"]["resolved"].guard == guard  # a listed choice keeps the guard of the move that leads there
    assert "set" not in lifecycle.allowed("new")
    assert "s1 --> s5 : set" in lifecycle.mermaid()


def test_a_choice_that_an_unguarded_move_allows_is_unguarded() -> None:
    guarded = Move(to="answered", guard=field.tags.has("checked"))
    assert Lifecycle(moves={"open": {"agent_replies": guarded}}).choices()["open"]["answered"].guard is None
    assert Lifecycle(moves={"open": {"agent_replies": guarded, "mark_answered": guarded}}).choices()["open"]["answered"].guard is not None


@pytest.mark.parametrize("wrong", ["resolved", 5, None, Ticket, Ticket(id="T-1")])
def test_next_wants_an_event_or_a_class_of_events(wrong: Any) -> None:
    with pytest.raises(BadValue, match="an event is wanted"):
        Lifecycle().next("new", wrong)


def test_next_asks_a_status_set_by_its_status() -> None:
    with pytest.raises(BadValue, match="names its status"):
        DEFAULT.next("open", model.StatusSet)
    assert DEFAULT.next("open", an_event("set", status="resolved")) == "resolved"


# --- settings, through a desk's step ---------------------------------------------------------------------------------

DAY = 24 * HOUR
LEAD, ROBOT = Agent(id="eva", permissions=["lead"]), None
FIELDS = {"note": TEXT, "ready": FLAG, "type": FieldType(kind="choice", choices=("incident", "question", "change"))}


def desk_of(**settings: Any) -> Desk:
    """A desk without clocks and rules, with this lifecycle."""
    return Desk(metrics=(), fields=FIELDS, lifecycle=Lifecycle(**settings))


def lived(desk: Desk, *events: model.Outside, **given_: Any) -> Ticket:
    """A ticket of Ada's, created at hour 0, after these events, each at its hour."""
    ticket = desk.handle(None, Created(at=0, ticket="T-1", by=ADA, **given_)).ticket
    for event in events:
        ticket = desk.handle(ticket, event).ticket
    return ticket


def at(hour: float, kind: type[model.Outside], by: Any = MARIA, **given_: Any) -> model.Outside:
    return kind(at=int(hour * HOUR), by=by, **given_)


RESOLVED = at(1, model.Resolved)
CLOSED = (RESOLVED, at(2, model.Closed))
BIN = at(1, model.Deleted)


@pytest.mark.parametrize(("settings", "before", "event", "found"), [
    # reopen on reply, and its window
    ({}, (RESOLVED,), at(999, model.CustomerReplied, ADA), "open"),
    ({"reopen_window": "48h"}, (RESOLVED,), at(49, model.CustomerReplied, ADA), "open"),
    ({"reopen_window": "48h"}, (RESOLVED,), at(49.01, model.CustomerReplied, ADA), "resolved, create_follow_up"),
    ({"reopen_on_reply": False}, (RESOLVED,), at(2, model.CustomerReplied, ADA), "resolved, create_follow_up"),
    ({"reopen_on_reply": False, "follow_up_from_closed": False}, (RESOLVED,), at(2, model.CustomerReplied, ADA), "resolved"),
    # follow-up from closed
    ({}, CLOSED, at(3, model.CustomerReplied, ADA), "closed, create_follow_up"),
    ({"follow_up_from_closed": False}, CLOSED, at(3, model.CustomerReplied, ADA), "customer_replies is refused: closed has no such move"),
    # restore on reply
    ({}, (BIN,), at(2, model.CustomerReplied, ADA), "open"),
    ({"restore_on_reply": False}, (BIN,), at(2, model.CustomerReplied, ADA), "customer_replies is refused: deleted has no such move"),
    # reopen by an agent
    ({}, CLOSED, at(3, model.Reopened), "open"),
    ({"reopen_closed": False}, CLOSED, at(3, model.Reopened), "reopen is refused: closed has no such move"),
    # postpone by hand without an instant
    ({}, (), at(1, model.StatusSet, status="postponed"), "set is refused: new cannot be set to postponed directly; use Postponed"),
    ({"undated_postpone": True}, (), at(1, model.StatusSet, status="postponed"), "postponed"),
    # what a close needs
    ({"close_needs": ["verified"]}, (RESOLVED,), at(2, model.Closed), "close is refused: closing needs verified"),
    ({"close_needs": ["verified"]}, (RESOLVED, at(1, model.Verified)), at(2, model.Closed), "closed"),
    ({"close_needs": ["verified"]}, (at(0.5, model.Verified), RESOLVED), at(2, model.Closed), "closed"),     # tested, then resolved
    ({"close_needs": ["verified"]}, (RESOLVED, at(1, model.Verified), at(2, model.Reopened), at(3, model.Resolved)), at(4, model.Closed),
     "close is refused: closing needs verified"),                                                            # taken up again: test again
    ({"close_needs": ["verified", "confirmed"]}, (RESOLVED, at(1, model.Verified)), at(2, model.Closed),
     "close is refused: closing needs verified and confirmed"),
    ({"close_needs": ["verified", "confirmed"]}, (RESOLVED, at(1, model.Verified), at(2, model.Confirmed, ADA)),
     at(2, model.Closed), "closed"),
    ({"close_needs": ["note"]}, (RESOLVED,), at(2, model.Closed), "close is refused: closing needs note"),
    ({"close_needs": ["note"]}, (RESOLVED, at(1, model.FieldSet, name="note", value="a new cable")), at(2, model.Closed), "closed"),
    ({"close_needs": ["fields.ready"]}, (RESOLVED, at(1, model.FieldSet, name="ready", value=False)), at(2, model.Closed),
     "close is refused: closing needs fields.ready"),
    ({"close_needs": ["ready"]}, (RESOLVED, at(1, model.FieldSet, name="ready", value=True)), at(2, model.Closed), "closed"),
    ({"close_needs": ["verified"]}, (RESOLVED,), at(2, model.StatusSet, status="closed"), "set is refused: closing needs verified"),
    ({"close_needs": ["verified"]}, (RESOLVED,), at(2, model.Merged, into="T-2"), "closed"),                 # it goes on elsewhere
    # who may do what
    ({"permissions": {"close": ["lead"]}}, (RESOLVED,), at(2, model.Closed),
     "close is refused: it takes lead, and maria is agent; ask somebody who is lead"),
    ({"permissions": {"close": ["lead"]}}, (RESOLVED,), at(2, model.Closed, LEAD), "closed"),
    ({"permissions": {"close": ["lead"]}}, (RESOLVED,),
     at(2, model.Closed, ROBOT), "close is refused: it takes lead, and whoever did it is system"),
    ({"permissions": {"close": ["system"]}}, (RESOLVED,), at(2, model.Closed, ROBOT), "closed"),
    ({"permissions": {"close": ["customer"]}}, (RESOLVED,), at(2, model.Closed, ADA), "closed"),
    ({"permissions": {"close": ["lead"]}}, (RESOLVED,), at(2, model.Closed, ADA), "close is refused: it takes lead, and ada is customer"),
    ({"permissions": {"close": ["customer"]}}, (RESOLVED,),
     at(2, model.Closed, Agent(id="a", email="ada@example.gr")), "closed"),  # who asked
    ({"permissions": {"close": ["lead"]}}, (RESOLVED,), at(2, model.StatusSet, status="closed"), "set is refused: it takes lead"),
    ({"permissions": {"close": ["lead"]}}, (RESOLVED,), at(2, model.StatusSet, LEAD, status="closed"), "closed"),
    ({"permissions": {"set": ["lead"]}}, (), at(2, model.StatusSet, status="resolved"), "set is refused: it takes lead"),
    ({"permissions": {"set": ["lead"]}}, (), RESOLVED, "resolved"),
    ({"permissions": {"confirmed": ["customer"]}}, (RESOLVED,), at(2, model.Confirmed), "confirmed is refused: it takes customer"),
    ({"permissions": {"confirmed": ["customer"]}}, (RESOLVED,), at(2, model.Confirmed, ADA), "resolved"),
    ({"permissions": {"transferred": ["lead"]}}, (), at(2, model.Transferred, group="x"), "transferred is refused: it takes lead"),
    ({"permissions": {"assigned": ["lead"]}}, (), at(2, model.Transferred, group="x"), "new"),
    ({"permissions": {"agent_replies": ["lead"]}}, (), at(2, model.AgentReplied), "agent_replies is refused: it takes lead"),
    ({"permissions": {"agent_replies": ["lead"]}}, (),
     at(2, model.StatusSet, status="answered"), "answered"),   # mark_answered is anybody's
    ({"permissions": {"purge": ["admin", "lead"]}}, (BIN,),
     at(2, model.Purged), "purge is refused: it takes admin or lead, and maria is agent"),
    ({"permissions": {"purge": ["admin", "lead"]}}, (BIN,), at(2, model.Purged, LEAD), "purged, erase"),
    ({"permissions": {"purge": ["lead"]}, "direct": {"deleted": ["purged"]}}, (BIN,),
     at(2, model.StatusSet, status="purged"), "set is refused"),
    ({"permissions": {"close": ["lead"]}, "direct": {"new": ["closed"]}}, (), at(2, model.StatusSet, status="closed"), "set is refused"),
    ({"permissions": {"close": ["lead"]}, "direct": {"new": ["spam"]}}, (), at(2, model.StatusSet, status="spam"), "spam"),
    ({"permissions": {"close": ["lead"]}}, (), at(2, model.Closed), "close is refused: new has no such move"),   # there is none to permit
])  # fmt: skip
def test_each_setting_decides_a_step(settings: dict[str, Any], before: tuple[model.Outside, ...], event: model.Outside, found: str) -> None:
    desk = desk_of(**settings)
    ticket = lived(desk, *before)
    if " " in found and "," not in found.split(" ", maxsplit=1)[0]:
        with pytest.raises(IllegalMove) as caught:
            desk.handle(ticket, event)
        assert str(caught.value).startswith(found)
        observed = desk.handle(ticket, event, observe=True)  # a log that says so is taken as it is
        assert observed.ticket.deviations == 1
        return
    outcome = desk.handle(ticket, event)
    assert ", ".join([outcome.ticket.status, *(effect.kind for effect in outcome.effects)]) == found
    assert fold(outcome.events, ticket) == outcome.ticket


@pytest.mark.parametrize("event", [
    at(3, model.Noted, message=Message(text="secret")), at(3, model.TagsAdded, tags=["vip"]), at(3, model.FieldSet, name="note", value="x"),
    at(3, model.CustomerReplied, ADA, message=Message(automatic=True)), at(3, model.FactsReported), at(3, model.Rated, ADA, score=1),
    at(3, model.FieldSet, name="type", value="incident"),
], ids=lambda event: event.kind)  # fmt: skip
@pytest.mark.parametrize(
    "settings", [{}, {"triggers": {"rated": "rate"}}, {"by_type": {"incident": Lifecycle()}}], ids=["", "rate", "types"]
)
def test_a_tombstone_takes_nothing(settings: dict[str, Any], event: model.Outside) -> None:
    desk = desk_of(**settings)
    purged = lived(desk, BIN, at(2, model.Purged))
    with pytest.raises(IllegalMove, match="is refused: purged is final; nothing is allowed"):
        desk.handle(purged, event)
    kept = desk.handle(purged, event, observe=True).ticket
    assert (kept.status, kept.deviations) == ("purged", 1)
    own = desk_of(moves={"purged": {"restore": "open"}})  # a desk whose purged tickets can come back
    assert own.handle(lived(own, BIN, at(2, model.Purged)), at(3, model.TagsAdded, tags=["vip"])).ticket.tags == {"vip"}


def test_a_change_of_a_field_can_be_a_trigger_beside_types() -> None:
    desk = desk_of(by_type={"incident": INCIDENT}, triggers={"field_set": "fill"}, moves={"new": {"fill": "open"}})
    assert lived(desk, at(1, model.FieldSet, name="note", value="x")).status == "open"


def test_a_rule_needs_no_permission() -> None:
    rule = Rule(name="done", on=["noted"], then=(Action("close"),))
    desk = desk_of(permissions={"close": ["lead"], "resolve": ["lead"]}).evolve(rules=(rule,))
    ticket = lived(desk, at(1, model.Resolved, LEAD), at(2, model.Noted))
    assert ticket.status == "closed"


@pytest.mark.parametrize(("settings", "day", "status"), [
    ({"close_after": "7 days"}, 7, "closed"),
    ({"close_after": timedelta(days=7)}, 7, "closed"),
    ({"close_after": "168h"}, 7, "closed"),
    ({"close_after": "5 working days"}, 5, "closed"),             # around the clock every day is a working day
    ({"close_after": "2 days"}, 1.99, "resolved"),
    ({"close_after": "2 days", "close_needs": ["verified"]}, 900, "resolved"),
])  # fmt: skip
def test_what_is_resolved_closes_by_itself(settings: dict[str, Any], day: float, status: str) -> None:
    desk = desk_of(**settings)
    ticket = lived(desk, at(0, model.Resolved))
    ticked = desk.tick(ticket, int(day * DAY))
    assert ticked.ticket.status == status
    if status == "closed":
        assert desk.tick(ticket, int(day * DAY) - 1).ticket == ticket
        assert [event.kind for event in ticked.events] == ["time_reached", "rule_fired", "closed", "status_changed"]
        assert desk.wake_us(ticket) == int(day * DAY)


def test_a_reply_at_the_instant_of_closing_wins_and_what_is_verified_late_closes_then() -> None:
    desk = desk_of(close_after="1 day")
    ticket = desk.handle(lived(desk, at(0, model.Resolved)), at(24, model.CustomerReplied, ADA)).ticket
    assert (ticket.status, ticket.reopens) == ("open", 1)
    desk = desk_of(close_after="1 day", close_needs=["verified"])
    outcome = desk.handle(lived(desk, at(0, model.Resolved)), at(100, model.Verified))
    assert outcome.ticket.status == "closed"
    assert "auto-close" in [rule.name for rule in desk.rules]
    assert desk.lifecycle.close_after == Days(1)
    assert Desk(lifecycle=Lifecycle()).rules.further == ()


def test_reopenings_count_and_a_postponed_ticket_comes_back_as_what_it_was() -> None:
    desk = desk_of()
    back = at(2, model.CustomerReplied, ADA), at(3, model.Resolved), at(4, model.Reopened), at(5, model.Resolved), at(6, model.Closed)
    assert lived(desk, RESOLVED, *back, at(7, model.Reopened)).reopens == 3
    for before, status in (((), "new"), ((at(0.5, model.AgentReplied),), "open"), ((at(0.5, model.CustomerReplied, ADA),), "new")):
        put_off = lived(desk, *before, at(1, model.Postponed, until=3 * HOUR), at(2, model.Postponed, until=5 * HOUR))
        assert (put_off.status, desk.wake_us(put_off)) == ("postponed", 5 * HOUR)
        woken = desk.tick(put_off, 9 * HOUR).ticket
        assert (woken.status, woken.postponed_until, woken.before_postpone) == (status, None, "")


def test_what_was_put_off_without_a_date_wakes_as_what_it_was() -> None:
    """A date given later is no second postponement."""
    desk, put_off = desk_of(undated_postpone=True), at(1, model.StatusSet, status="postponed")
    for before, status in (((), "new"), ((at(0.5, model.AgentReplied),), "open")):
        dated = lived(desk, *before, put_off, at(2, model.Postponed, until=5 * HOUR))
        assert desk.tick(dated, 5 * HOUR).ticket.status == status


def test_what_a_log_deletes_twice_is_restored_as_what_it_was_before_the_first() -> None:
    observing = desk_of().evolve(settings=Settings(observe=True))
    twice = lived(observing, at(1, model.AgentReplied), at(2, model.Deleted), at(3, model.Deleted))
    assert (twice.status, twice.before_delete, twice.deviations) == ("deleted", "answered", 1)
    assert observing.handle(twice, at(4, model.Restored)).ticket.status == "answered"


@pytest.mark.parametrize("to_the_bin", [at(2, model.Deleted), at(2, model.StatusSet, status="deleted")])
def test_spam_is_restored_from_the_bin_as_spam(to_the_bin: model.Outside) -> None:
    spam = lived(desk_of(), at(1, model.MarkedSpam), to_the_bin, at(3, model.Restored))
    assert spam.status == "spam"
    assert lived(desk_of(), at(1, model.MarkedSpam), to_the_bin, at(3, model.Restored), at(4, model.NotSpam)).status == "new"


def test_a_resolved_ticket_restored_from_the_bin_by_a_reply_is_to_be_checked_again() -> None:
    ticket = lived(desk_of(), RESOLVED, at(2, model.Verified), at(3, model.Deleted))
    assert ticket.checks == {"verified"}
    assert lived(desk_of(), RESOLVED, at(2, model.Verified), at(3, model.Deleted), at(4, model.Restored)).checks == {"verified"}
    assert lived(desk_of(), RESOLVED, at(2, model.Verified), at(3, model.Deleted), at(4, model.CustomerReplied, ADA)).checks == frozenset()


# --- workflows by type -----------------------------------------------------------------------------------------------

INCIDENT = Lifecycle(
    statuses=[
        Status(name="new", category="new"), Status(name="investigating", category="open", text="somebody looks for the cause"),
        Status(name="answered", category="answered"), Status(name="fixed", category="resolved"), Status(name="closed", category="closed"),
    ],
    close_after="2 days", reopen_closed=False,
)  # fmt: skip
CHANGE = Lifecycle(statuses=[Status(name="draft", category="new"), Status(name="open", category="open")])
TYPED = desk_of(by_type={"incident": INCIDENT, "change": CHANGE}, close_after="9 days")


@settings(max_examples=LESS)
@given(st.data())
def test_a_ticket_follows_the_workflow_of_its_type_and_no_other(data: st.DataObject) -> None:
    lifecycle = data.draw(workflows())
    kind = data.draw(st.sampled_from(["one", "two", "three", None]))
    own = lifecycle if kind is None else lifecycle.by_type.get(kind, lifecycle)
    alone = attrs.evolve(own, by_type={})
    ticket, event = data.draw(lifecycle_tickets(own)), data.draw(move_events(own))
    ticket = attrs.evolve(ticket, fields=model.FrozenMap() if kind is None else model.FrozenMap(kind=kind))
    assert lifecycle.of(ticket) == own
    assert lifecycle.observe(ticket, event) == alone.observe(ticket, event)
    assert lifecycle.trigger_of(event, ticket) == alone.trigger_of(event, ticket)
    found, meant = answer(lifecycle, ticket, event), answer(alone, ticket, event)
    assert str(found) == str(meant)


@settings(max_examples=LESS)
@given(st.data())
def test_a_ticket_of_another_type_stands_where_that_one_has_a_place_for_it(data: st.DataObject) -> None:
    lifecycle = data.draw(workflows())
    was, to = data.draw(st.sampled_from(["one", "two", None])), data.draw(st.sampled_from(["one", "two", None]))
    workflow: dict[Any, Lifecycle] = {**lifecycle.by_type}
    old, new = workflow.get(was, lifecycle), workflow.get(to, lifecycle)
    ticket = data.draw(lifecycle_tickets(old))
    ticket = attrs.evolve(ticket, fields=model.FrozenMap() if was is None else model.FrozenMap(kind=was), merged_into=None)
    event = model.FieldSet(at=NOW, name="kind", value=to)
    decided, odd = lifecycle.observe(ticket, event)
    names = {status.name: status.category for status in new.statuses}
    if ticket.status == old._tomb:
        assert f"{ticket.status} is final" in odd
        return
    if odd:
        assert ticket.category not in set(names.values()) - {"removed"}
        with pytest.raises(IllegalMove, match="retype is refused"):
            lifecycle.decide(ticket, event)
        return
    assert lifecycle.decide(ticket, event) == decided
    if decided is None:
        assert ticket.status in names
    else:
        assert ticket.status not in names
        assert decided.to is not None
        assert names[decided.to] == decided.category == ticket.category


def test_each_type_has_its_own_statuses_moves_and_settings() -> None:
    incident = lived(
        TYPED, at(1, model.CustomerReplied, ADA), at(2, model.AgentReplied), at(3, model.CustomerReplied, ADA), fields={"type": "incident"}
    )
    assert (incident.status, incident.category) == ("investigating", "open")
    assert TYPED.why(incident, "status").endswith("allowed: agent_replies, mark_answered, customer_replies, resolve, merge, set")
    assert TYPED.lifecycle.text(incident) == "somebody looks for the cause"
    with pytest.raises(UnknownName, match="unknown status 'open'"):
        TYPED.handle(incident, at(4, model.StatusSet, status="open"))
    fixed = TYPED.handle(incident, at(4, model.Resolved)).ticket
    closed = TYPED.tick(fixed, 4 * HOUR + 2 * DAY)
    assert (fixed.status, closed.ticket.status) == ("fixed", "closed")
    assert closed.events[1].rule == "auto-close incident"  # type: ignore[attr-defined]  # a RuleFired
    with pytest.raises(IllegalMove, match="reopen is refused"):
        TYPED.handle(closed.ticket, at(100, model.Reopened))
    assert lived(TYPED, fields={"type": "change"}).status == "draft"
    question = lived(TYPED, RESOLVED, fields={"type": "question"})
    assert question.status == lived(TYPED, RESOLVED).status == "resolved"
    assert TYPED.wake_us(question) == HOUR + 9 * DAY
    assert [status.name for status in TYPED.lifecycle.every_status()][-3:] == ["investigating", "fixed", "draft"]
    assert (TYPED.lifecycle.category("draft"), TYPED.vocabulary.statuses["fixed"]) == ("new", "resolved")
    with pytest.raises(UnknownName, match="did you mean 'draft'"):
        TYPED.lifecycle.category("drft")


def test_a_change_of_type_is_a_move_in_the_log() -> None:
    outcome = TYPED.handle(lived(TYPED, RESOLVED), at(2, model.FieldSet, name="type", value="incident"))
    moved = outcome.events[1]
    assert isinstance(moved, model.StatusChanged)
    assert (moved.was, moved.to, moved.trigger, outcome.ticket.reopens) == ("resolved", "fixed", "retype", 0)
    assert outcome.ticket.resolved_us == HOUR  # it was resolved when it was, and closes by itself two days after that
    assert TYPED.wake_us(outcome.ticket) == HOUR + 2 * DAY
    assert fold(outcome.events, lived(TYPED, RESOLVED)) == outcome.ticket
    back = TYPED.handle(outcome.ticket, at(3, model.FieldSet, name="type"))
    assert back.ticket.status == "resolved"
    assert TYPED.handle(back.ticket, at(4, model.FieldSet, name="note", value="x")).ticket.status == "resolved"
    said = "retype is refused: resolved has no like among the statuses of 'change'; statuses of both are open"
    with pytest.raises(IllegalMove, match=said):
        TYPED.handle(lived(TYPED, RESOLVED), at(2, model.FieldSet, name="type", value="change"))
    observed = TYPED.handle(lived(TYPED, RESOLVED), at(2, model.FieldSet, name="type", value="change"), observe=True).ticket
    assert (observed.status, observed.deviations, observed.fields["type"]) == ("resolved", 1, "change")
    spam = lived(TYPED, at(1, model.MarkedSpam))
    with pytest.raises(IllegalMove, match="spam has no like"):
        TYPED.handle(spam, at(2, model.FieldSet, name="type", value="incident"))
    renamed = [*STATUSES[:6], Status(name="junk", category="removed"), *STATUSES[7:]]
    other = desk_of(by_type={"incident": Lifecycle(statuses=renamed, main={"spam": "junk"})})
    assert other.handle(lived(other, at(1, model.MarkedSpam)), at(2, model.FieldSet, name="type", value="incident")).ticket.status == "junk"


def test_a_ticket_is_adopted_where_the_workflow_of_its_type_has_its_status() -> None:
    plain = desk_of()
    with pytest.raises(UnknownName, match="unknown status 'open'"):
        TYPED.adopt(
            lived(plain, at(1, model.AgentReplied), at(2, model.CustomerReplied, ADA), fields={"type": "incident"}), 3 * HOUR, plain
        )
    assert TYPED.adopt(lived(plain, fields={"type": "incident"}), 3 * HOUR, plain).ticket.status == "new"


@pytest.mark.parametrize(("wrong", "path", "said"), [
    ({"close_needs": ["verifed", "nte"]}, "close_needs[0]", "unknown check or field 'verifed'; did you mean 'verified'"),
    ({"close_needs": ["verifed", "nte"]}, "close_needs[1]", "unknown check or field 'nte'; did you mean 'note'"),
    ({"close_needs": ["verified"], "statuses": CHANGE.statuses}, "close_needs", "no row has a close that could need it"),
    ({"close_after": "1 day", "statuses": CHANGE.statuses}, "close_after", "no resolved status can be closed"),
    ({"close_after": "59s"}, "close_after", "a resolved ticket stays so for a minute or more, not 59s"),
    ({"close_after": Days(0)}, "close_after", "a minute or more, not 0 days"),
    ({"permissions": {"clse": ["lead"]}}, "permissions.clse", "unknown trigger 'clse'; did you mean 'close'"),
    ({"permissions": {"wake": ["lead"]}}, "permissions.wake", "unknown trigger 'wake'"),
    ({"permissions": {"closed": ["lead"]}}, "permissions.closed", "unknown trigger 'closed'; did you mean 'close'"),
    ({"permissions": {"created": ["lead"]}}, "permissions.created", "unknown trigger 'created'"),
    ({"permissions": {"customer_replies": ["lead"]}}, "permissions.customer_replies", "unknown trigger"),
    ({"permissions": {"close": []}}, "permissions.close", "nobody could ever pull it"),
    ({"by_type": {"incdent": INCIDENT}}, "by_type.incdent", "unknown type 'incdent'; did you mean 'incident'"),
    ({"by_type": {"incident": INCIDENT}, "type_field": "tpe"}, "type_field", "'tpe' is no declared field; did you mean 'type'"),
    ({"by_type": {"incident": INCIDENT}, "type_field": "note"}, "type_field", "'note' is no choice of names"),
    ({"by_type": {"incident": "quick"}}, "by_type.incident", "a workflow is a Lifecycle without types of its own"),
    ({"by_type": {"incident": Lifecycle(by_type={"change": CHANGE})}}, "by_type.incident", "without types of its own"),
    ({"by_type": {"change": Lifecycle(statuses=[Status(name="new", category="open")])}}, "by_type.change.statuses",
     "'new' is open here and new elsewhere"),
    ({"by_type": {"change": Lifecycle(close_needs=["nte"])}}, "by_type.change.close_needs[0]", "did you mean 'note'"),
])  # fmt: skip
def test_wrong_settings_are_refused_by_their_place(wrong: dict[str, Any], path: str, said: str) -> None:
    with pytest.raises(DeskError) as caught:
        desk_of(**wrong)
    found = {problem.path.removeprefix("lifecycle."): f"{problem.message}; {problem.hint}" for problem in caught.value.problems}
    assert said in found[path]


def test_one_wrong_status_or_workflow_does_not_hide_the_next() -> None:
    with pytest.raises(DeskError) as caught:
        Lifecycle(statuses=[5, Status(name="@", category="open"), Status(name="x", category="opn"), "y", Status(name="x", category="open")])  # type: ignore[list-item]  # what is refused
    paths = [problem.path for problem in caught.value.problems]
    assert paths[:5] == ["statuses[0]", "statuses[1].name", "statuses[2].category", "statuses[3]", "statuses[4].name"]
    with pytest.raises(DeskError) as caught:
        Lifecycle(by_type={"incident": "quick", "change": 5, "task": Lifecycle(statuses=[Status(name="new", category="open")])})
    assert [problem.path for problem in caught.value.problems][:2] == ["by_type.incident", "by_type.change"]


def test_a_rule_of_the_name_of_the_desks_own_is_refused() -> None:
    with pytest.raises(DeskError, match="a second rule 'auto-close'"):
        desk_of(close_after="1 day").evolve(rules=(Rule(name="auto-close"),))


@pytest.mark.parametrize("wrong", [{"permissions": []}, {"by_type": []}, {"permissions": {"close": "lead"}}])
def test_settings_of_another_shape_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadValue):
        Lifecycle(**wrong)


def test_a_need_that_no_desk_has_looked_at_is_a_field_that_is_set() -> None:
    assert Lifecycle(close_needs=["ready"]).rows()["resolved"]["close"].guard == AllOf((field["fields.ready"].is_set(),))


def test_findings_about_a_desk_follow_every_workflow_and_somebody_who_may_do_anything() -> None:
    rules = [
        Rule(name="x", on=["noted"], when=field.status == "investigating", then=(Action("close"),)),
        Rule(name="y", on=["noted"], when=field.status == "fixed", then=(Action("set_status", "open"),)),
        Rule(name="z", on=["noted"], when=field.status == "fixed", then=(Action("close"),)),
    ]
    found = lint(TYPED.evolve(rules=rules))
    assert [(one.code, one.place) for one in found if one.code == "illegal-action"] == [
        ("illegal-action", "rules[0].then[0]"), ("illegal-action", "rules[1].then[0]"),
    ]  # fmt: skip
    done = Rule(name="done", on=["status_changed"], when=field.status == "closed", then=(Action("add_tag", "done"),))
    guarded = desk_of(close_needs=["verified", "note"], permissions={"close": ["lead"], "resolve": ["lead"]})
    assert not lint(guarded.evolve(rules=(done,)))
    lonely = Lifecycle(statuses=[Status(name="new", category="new"), Status(name="stuck", category="open")], moves={"stuck": {}})
    dead = lint(desk_of(by_type={"change": attrs.evolve(lonely, table={"stuck": {}}, direct={"new": ["stuck"]})}))
    assert [(one.code, one.place) for one in dead] == [("dead-end", "lifecycle.by_type.change.statuses[1]")]


def test_a_desk_with_every_setting_is_plain_data() -> None:
    settings = {
        "close_needs": ["verified", "ready"], "close_after": "3 working days", "permissions": {"purge": ["admin"]}, "reopen_window": "48h",
        "by_type": {"incident": INCIDENT, "change": CHANGE}, "type_field": "type",
    }  # fmt: skip
    desk = desk_of(**settings)
    data = desk_to_data(desk)
    assert load_desk(data) == desk
    assert load_desk(data).fingerprint == desk.fingerprint
    assert pickle.loads(pickle.dumps(desk)) == desk
    written = data["lifecycle"]
    assert (written["close_after"], written["close_needs"], written["permissions"]) == (
        "3 working days", ["verified", "ready"], {"purge": ["admin"]},
    )  # fmt: skip
    assert written["by_type"]["incident"]["close_after"] == "2 days"
    assert [rule.name for rule in load_desk(data).rules] == ["auto-close", "auto-close incident"]
    assert "rules" not in data
    misspelt = {"by_type": {"incident": {"statuses": [{"name": "a", "categry": "new"}]}}}
    for wrong, path in (
        ({"close_after": "soon"}, "close_after"), ({"close_needs": ["x", "x"]}, "close_needs[1]"),
        (misspelt, "by_type.incident.statuses[0].categry"),
    ):  # fmt: skip
        with pytest.raises(DeskError) as caught:
            load_desk({**data, "lifecycle": wrong})
        assert f"lifecycle.{path}" in [problem.path for problem in caught.value.problems]


# --- observing -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("ticket", "event", "to", "category"), [
    (a_ticket("new"), an_event("close"), "closed", "closed"),                                  # ServiceNow: New -> Closed
    (a_ticket("closed"), an_event("set", status="answered"), "answered", "answered"),
    (a_ticket("open"), an_event("set", status="-100"), "-100", "open"),                        # no such status: the category stays
    (a_ticket("-100"), an_event("set", status="open"), "open", "open"),                        # and out of it again
    (a_ticket("-100"), an_event("resolve"), "resolved", "resolved"),
    (a_ticket("closed"), an_event("agent_replies"), None, ""),                                 # a late word moves nothing
    (a_ticket("open"), an_event("postpone", until=NOW - 1), "postponed", "postponed"),
    (a_ticket("closed"), an_event("resolve"), "resolved", "resolved"),
    (a_ticket("resolved"), an_event("resolve"), None, ""),                                     # twice the same
    (a_ticket("open"), an_event("wake"), None, ""),
    (a_ticket("open"), an_event("restore"), "new", "new"),
    (a_ticket("closed"), an_event("not_spam"), "new", "new"),
    (a_ticket("purged"), an_event("set", status="purged"), None, ""),
    (a_ticket("closed", merged_into="T-2"), an_event("reopen"), "open", "open"),
])  # fmt: skip
def test_an_illegal_move_is_taken_as_the_log_says(ticket: Ticket, event: EventBase, to: str | None, category: str) -> None:
    decided, odd = DEFAULT.observe(ticket, event)
    assert decided is not None
    assert (decided.to, decided.category) == (to, category)
    assert odd.startswith(f"{decided.trigger}: ")
    assert f"seen: {ticket.status} " in odd
    evolve(ticket, event)  # nothing is dropped: it folds as any other


def test_a_deviation_says_what_was_expected() -> None:
    _, odd = DEFAULT.observe(a_ticket("closed"), an_event("resolve"))
    assert odd == (
        "resolve: closed has no such move; allowed: customer_replies -> closed, reopen -> open, delete -> deleted, set -> open or deleted; "
        "seen: closed -> resolved"
    )


def test_a_refused_guard_is_observed_with_its_reason() -> None:
    decided, odd = GUARDED.using(NOTE).observe(a_ticket("resolved"), an_event("close"))
    assert decided == Decided(trigger="close", to="closed", category="closed")
    assert odd.startswith("close: a resolution note is needed; allowed: ")


def test_a_log_may_speak_of_what_the_desk_lacks() -> None:
    decided, odd = SERVICENOW.observe(a_ticket("Active"), an_event("spam"))
    assert decided == Decided(trigger="spam")
    assert odd.endswith("seen: Active stays")
    further = Lifecycle(triggers={"rated": "rate"}, moves={"open": {"rate": Move(to="resolved", guard=field.tags.has("x"))}})
    decided, odd = further.observe(a_ticket("open"), model.Rated(at=NOW, score=5))
    assert decided == Decided(trigger="rate", to="resolved", category="resolved")
    assert odd


# --- the diagram -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("line", [
    '    state "answered" as s2',
    "    [*] --> s0",
    "    s0 --> s2 : agent_replies",
    "    s3 --> s0 : wake (new if it was new)",
    "    s4 --> s1 : customer_replies within 2d",
    "    s4 --> s4 : customer_replies later (follow-up ticket)",
    "    s5 --> s5 : customer_replies (follow-up ticket)",
    "    s6 --> s1 : not_spam (new if never answered)",
    "    s7 --> s4 : restore (where it was)",
    "    s8 --> [*]",
])  # fmt: skip
def test_the_diagram_shows(line: str) -> None:
    assert line in Lifecycle(reopen_window="48h").mermaid().splitlines()


def test_the_diagram_shows_a_guard_without_a_reason_and_hides_signs_of_mermaid() -> None:
    odd = Status(name='a "b"; c', category="open")
    lifecycle = Lifecycle(statuses=[*STATUSES, odd], moves={"resolved": {"close": Move(to="closed", guard=field.tags.has("x"))}})
    assert '    state "a  b   c" as s9' in lifecycle.mermaid().splitlines()
    assert any(line.startswith("    s4 --> s5 : close [") and "x" in line for line in lifecycle.mermaid().splitlines())


# --- what is refused at construction ---------------------------------------------------------------------------------


def problems_of(**given_: Any) -> dict[str, str]:
    with pytest.raises(DeskError) as caught:
        Lifecycle(**given_)
    return {problem.path: f"{problem.message}; {problem.hint}" for problem in caught.value.problems}


@pytest.mark.parametrize(("wrong", "path", "said"), [
    ({"statuses": [Status(name="open", category="opn")]}, "statuses[0].category", "did you mean 'open'"),
    ({"statuses": [*STATUSES, Status(name="new", category="new")]}, "statuses[9].name", "a second status 'new'"),
    ({"statuses": [*STATUSES, Status(name="@x", category="new")]}, "statuses[9].name", "does not begin with @"),
    ({"statuses": [*STATUSES, Status(name="", category="new")]}, "statuses[9].name", "cannot name a status"),
    ({"statuses": [*STATUSES, "later"]}, "statuses[9]", "a Status is wanted, not str"),
    ({"statuses": []}, "statuses", "no status is of the category new or open"),
    ({"statuses": [Status(name="done", category="resolved")]}, "statuses", "initial_status=..."),
    ({"initial_status": "nwe"}, "initial_status", "did you mean 'new'"),
    ({"main": {"opn": "open"}}, "main.opn", "did you mean 'open'"),
    ({"main": {"open": "opn"}}, "main.open", "did you mean 'open'"),
    ({"main": {"open": "new"}}, "main.open", "is of the category new, not open"),
    ({"main": {"spam": "open"}}, "main.spam", "is of the category open, not spam"),
    ({"triggers": {"asigned": "assign"}}, "triggers.asigned", "did you mean 'assigned'"),
    ({"triggers": {"resolved": "assign"}}, "triggers.resolved", "unknown kind of event"),
    ({"table": {"opn": {}}}, "table.opn", "did you mean 'open'"),
    ({"moves": {"opn": {}}}, "moves.opn", "did you mean 'open'"),
    ({"direct": {"opn": []}}, "direct.opn", "did you mean 'open'"),
    ({"direct": {"open": ["slved"]}}, "direct.open[0]", "did you mean 'resolved'"),
    ({"table": {"open": {"resolve": "slved"}}}, "table.open.resolve.to", "did you mean 'resolved'"),
    ({"moves": {"open": {"resolve": Move(to="resolved", otherwise="opn")}}}, "moves.open.resolve.otherwise", "did you mean 'open'"),
    ({"moves": {"open": {"reslve": "resolved"}}}, "moves.open.reslve", "unknown trigger 'reslve'; did you mean 'resolve'"),
    ({"moves": {"open": {"set": "resolved"}}}, "moves.open.set", "list them in direct"),
    ({"moves": {"open": {"sett": "resolved"}}}, "moves.open.sett", "known are agent_replies"),  # a set is no trigger of a move
    ({"table": {"open": {"resolve": 5}}}, "table.open.resolve", "a move is wanted, not int"),
])  # fmt: skip
def test_a_wrong_lifecycle_is_refused_by_its_place(wrong: dict[str, Any], path: str, said: str) -> None:
    assert said in problems_of(**wrong)[path]


def test_all_problems_come_at_once() -> None:
    found = problems_of(main={"x": "y"}, direct={"open": ["a", "b"]}, moves={"z": {}, "open": {"q": "open"}})
    assert set(found) == {"main.x", "direct.open[0]", "direct.open[1]", "moves.z", "moves.open.q"}


@pytest.mark.parametrize("rows", [[], {"open": []}])
def test_rows_are_mappings(rows: Any) -> None:
    with pytest.raises(BadValue, match="mapping"):
        Lifecycle(table=rows)


def test_special_targets_are_written_as_text_too() -> None:
    assert Move(to="@stays").to is To.STAYS
    assert Move(to="open", within=5).within_us == 5
    assert attrs.evolve(Move(to="open", within="1h")).within_us == HOUR
