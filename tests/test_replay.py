"""Replay: histories through a desk, moment by moment; what was decided once is derived anew."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk_day import ADA, MARIA, at, fired, kinds, promise
from ticketcore import (
    Action,
    AgentReplied,
    Closed,
    Created,
    CustomerReplied,
    Deleted,
    Desk,
    Metric,
    Noted,
    Resolved,
    Rule,
    Settings,
    TagsAdded,
    since,
)  # fmt: skip
from ticketcore.errors import BadValue, IllegalMove, OutOfOrder, WrongTicket
from ticketcore.model import DeskAdopted, EventBase, Outside, RuleFired
from ticketcore.replay import Replay, moments, replay

FA = Metric(name="fa", start=("created",), stop=("enter:answered",))
DESK = Desk(
    metrics=(FA,), policies=(promise(2),),
    rules=(Rule(name="old", when=since("created") >= "3h", then=(Action("add_tag", "old"),)), Rule(name="said", on=["noted"], then=())),
)  # fmt: skip


def told(kind: type[Outside], name: str, clock: str, **given: Any) -> Outside:
    return kind(**{"at": at(clock), "ticket": name, "by": ADA if kind in (Created, CustomerReplied) else MARIA, **given})


HISTORY = [
    told(Created, "A", "09:00"), told(Created, "B", "09:30"), told(Noted, "A", "10:00"), told(AgentReplied, "B", "10:10"),
    told(AgentReplied, "A", "14:00"),
]  # fmt: skip


def test_a_replay_streams_one_outcome_a_moment() -> None:
    seen: list[str] = []

    def history() -> Any:
        for event in HISTORY:
            seen.append(event.kind)
            yield event

    outcomes = replay(DESK, history())
    assert next(outcomes).ticket.id == "A"
    assert len(seen) == 2  # one ahead, to know where the moment ends
    assert [outcome.ticket.id for outcome in outcomes] == ["B", "A", "B", "A"]


def test_time_passes_up_to_until_for_every_ticket() -> None:
    told_ = list(replay(DESK, HISTORY[:2], until=at("12:30")))
    assert [kinds(outcome) for outcome in told_[2:]] == [
        ["breached", "time_reached", "rule_fired", "tags_added"],
        ["breached", "time_reached", "rule_fired", "tags_added"],
    ]
    assert len(list(replay(DESK, HISTORY[:2], until=at("10:00")))) == 2  # nothing was due


@given(st.integers(0, len(HISTORY)))
def test_a_replay_can_be_cut_anywhere(cut: int) -> None:
    whole = list(replay(DESK, HISTORY))
    run = Replay(DESK)
    assert [*run.over(HISTORY[:cut]), *run.over(HISTORY[cut:])] == whole


def test_a_stored_log_gives_the_same_log_again() -> None:
    stored = [event for outcome in replay(DESK, HISTORY, until=at("20:00")) for event in outcome.events]
    again = [event for outcome in replay(DESK, stored, until=at("20:00")) for event in outcome.events]
    assert again == stored


def test_moments_are_neighbours_of_one_ticket_with_one_moment_id() -> None:
    history: list[EventBase] = [
        told(Noted, "A", "10:00", moment="1", id="a"), told(Noted, "A", "10:00", moment="1", id="b"),  # together
        told(Noted, "A", "10:00", moment="2", id="c"),  # another moment
        told(Noted, "B", "10:00", moment="2", id="d"),  # another ticket
        told(Noted, "B", "10:00", id="e"), told(Noted, "B", "10:00", id="f"),  # without a moment each stands alone
        RuleFired(at=at("10:00"), rule="x"),  # decided
        TagsAdded(at=at("10:00"), tags=["x"], cause="rule:x"),  # done by a rule
        DeskAdopted(at=at("10:00")),
    ]  # fmt: skip
    assert [[event.id for event in moment] for moment in moments(history)] == [["a", "b"], ["c"], ["d"], ["e"], ["f"]]
    assert list(moments([])) == []


def test_what_the_desk_decided_between_two_events_of_one_moment_does_not_part_them() -> None:
    both = DESK.handle(None, Created(at=at("09:00"), ticket="A", by=ADA), TagsAdded(at=at("09:00"), by=ADA, tags=["x"]))
    assert [len(moment) for moment in moments(both.events)] == [2]


def test_the_tickets_are_kept() -> None:
    run = Replay(DESK)
    for _ in run.over(HISTORY):
        pass
    assert {name: ticket.status for name, ticket in run.tickets.items()} == {"A": "answered", "B": "answered"}
    assert [fired(outcome) for outcome in run.settle(at("20:00"))] == [["old"]]  # B's; A's was lived through before its answer
    assert list(run.settle(at("20:00"))) == []
    assert "old" in run.tickets["B"].tags


def test_finished_tickets_may_be_forgotten() -> None:
    desk = Desk(metrics=(), rules=(Rule(name="tidy", when=since("closed_at") >= "1h", then=(Action("add_tag", "x"),)),))
    run = Replay(desk, keep="open")
    run.feed(told(Created, "A", "09:00"))
    run.feed(told(Resolved, "A", "10:00"))
    assert set(run.tickets) == {"A"}  # resolved is not finished: it may be reopened
    run.feed(told(Closed, "A", "11:00"))
    assert run.tickets == {}
    with pytest.raises(WrongTicket, match="no ticket 'A' in this history yet"):
        run.feed(told(Noted, "A", "12:00"))
    run.feed(told(Created, "B", "12:00"))
    run.feed(told(Deleted, "B", "12:10"))
    assert run.tickets == {}


def test_a_finished_ticket_is_kept_while_something_is_due_for_it() -> None:
    from ticketcore import field

    rule = Rule(name="tidy", when=(field.category == "closed") & (since("closed_at") >= "1h"), then=(Action("add_tag", "x"),))
    run = Replay(Desk(metrics=(), rules=(rule,)), keep="open")
    for kind, clock in ((Created, "09:00"), (Resolved, "10:00"), (Closed, "11:00")):
        run.feed(told(kind, "A", clock))
    assert set(run.tickets) == {"A"}
    assert [fired(outcome) for outcome in run.settle(at("12:00"))] == [["tidy"]]
    assert run.tickets == {}


def test_a_finished_ticket_is_kept_until_nothing_more_is_due_for_it() -> None:
    from ticketcore import field

    rules = [
        Rule(name=name, when=(field.category == "closed") & (since("closed_at") >= after), then=(Action("add_tag", name),))
        for name, after in (("tidy", "1h"), ("sweep", "1d"))
    ]
    run = Replay(Desk(metrics=(), rules=rules), keep="open")
    for kind, clock in ((Created, "09:00"), (Resolved, "10:00"), (Closed, "11:00")):
        run.feed(told(kind, "A", clock))
    assert [fired(outcome) for outcome in run.settle(at("13:00"))] == [["tidy"]]
    assert set(run.tickets) == {"A"}
    assert [fired(outcome) for outcome in run.settle(at("13:00", 1))] == [["sweep"]]
    assert run.tickets == {}


def test_a_wake_up_at_which_nothing_happens_is_no_outcome() -> None:
    run = Replay(Desk(metrics=(), rules=(Rule(name="ages", when=since("created") >= "1000d", then=()),)))
    wake = run.feed(HISTORY[0]).wake_us
    assert wake is not None
    assert list(run.settle(wake)) == []
    assert [fired(outcome) for outcome in run.settle(at("09:00", 1000))] == [["ages"]]


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        ((), "names its ticket"),
        ((Noted(at=0),), "names its ticket"),
        ((Noted(at=0, ticket="X"),), "no ticket 'X' in this history yet"),
    ],
)
def test_a_moment_that_belongs_to_no_ticket_is_refused(moment: tuple[Outside, ...], words: str) -> None:
    with pytest.raises(WrongTicket, match=words):
        Replay(DESK).feed(*moment)


def test_a_refused_moment_leaves_the_run_as_it_was() -> None:
    run = Replay(DESK)
    run.feed(HISTORY[0])
    before = dict(run.tickets)
    with pytest.raises(IllegalMove):
        run.feed(told(Closed, "A", "10:00"))
    with pytest.raises(OutOfOrder):
        run.feed(told(Noted, "A", "08:00"))
    assert run.tickets == before


def test_a_replay_may_be_stricter_or_laxer_than_its_desk() -> None:
    history = [told(Created, "A", "09:00"), told(Closed, "A", "08:00")]
    lax = list(replay(DESK, history, late="restamp", observe=True))
    assert (lax[-1].ticket.status, lax[-1].ticket.as_of_us) == ("closed", at("09:00"))
    strict = Desk(metrics=(), settings=Settings(late="restamp", observe=True))
    with pytest.raises(OutOfOrder):
        list(replay(strict, history, late="refuse"))
    with pytest.raises(IllegalMove):
        list(replay(strict, history, observe=False))


def test_what_to_keep_is_all_or_open() -> None:
    with pytest.raises(BadValue, match="keep is all or open, not 'none'"):
        Replay(DESK, keep="none")
