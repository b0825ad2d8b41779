"""Reports: figures against hand-computed tables, and against a count that is too simple to be wrong."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk_day import ADA, MARIA, MIDNIGHT, at, length, promise
from ticketcore import (
    Action,
    AgentReplied,
    Closed,
    Created,
    CustomerReplied,
    Deleted,
    Desk,
    Escalated,
    Levels,
    Metric,
    Outcome,
    Person,
    Policy,
    PolicySet,
    Priority,
    Reopened,
    Resolved,
    Restored,
    Rule,
    TagsAdded,
    Targets,
    Transferred,
    since,
)  # fmt: skip
from ticketcore._time import DAY_US, HOUR_US, MINUTE_US
from ticketcore.errors import BadValue, TicketcoreError, UnknownName
from ticketcore.model import Outside
from ticketcore.replay import Replay, replay
from ticketcore.report import Figures, Report, Spread, report, say

FA = Metric(name="fa", start=("created",), stop=("enter:answered",), cancel=("enter:resolved",))
NEXT = Metric(name="next", start=("enter:open",), stop=("enter:answered",), cycles="many")
DESK = Desk(
    metrics=(FA, NEXT), policies=(Policy(name="std", targets={"fa": Targets(otherwise=length(2)), "next": Targets(otherwise=length(1))}),),
    rules=(Rule(name="old", when=since("created") >= "10h", then=(Action("escalate", 1),)),),
)  # fmt: skip


def created(name: str, clock: str, day: int = 0, **given: Any) -> Created:
    return Created(**{"at": at(clock, day), "ticket": name, "by": ADA, **given})


def told(kind: type[Outside], name: str, clock: str, day: int = 0, **given: Any) -> Outside:
    by = ADA if kind is CustomerReplied else MARIA
    return kind(**{"at": at(clock, day), "ticket": name, "by": by, **given})


# A: answered in time, resolved, reopened by the customer, answered late, resolved again, closed.
# B: never answered, breached, escalated by the rule after ten hours, still open.
# C: resolved by the first answer within the hour: one touch, escalated too. D: deleted. E: resolved, then deleted, never answered.
HISTORY: list[Outside] = [
    created("A", "09:00", channel="email", tags=["hot", "vip"], group="sales"), created("B", "09:00", channel="chat", tags=["hot"]),
    told(AgentReplied, "A", "10:00"), told(Resolved, "A", "11:00"),
    created("C", "12:00", channel="email"), told(AgentReplied, "C", "12:30"), told(Resolved, "C", "12:45"),
    told(CustomerReplied, "A", "13:00"), told(Transferred, "A", "13:10", group="support"), told(AgentReplied, "A", "15:00"),
    told(Resolved, "A", "16:00"), told(Closed, "A", "17:00"),
    created("D", "09:00", 1), told(Deleted, "D", "10:00", 1), created("E", "09:00", 1), told(Resolved, "E", "09:30", 1),
    told(Deleted, "E", "12:00", 1),
]  # fmt: skip


@pytest.fixture(scope="module")
def found() -> Report:
    return report(replay(DESK, HISTORY, until=at("23:00", 1)))


def test_the_figures_of_a_small_history(found: Report) -> None:
    assert found.total() == Figures(
        name="all", tickets=5, backlog=1, resolved=2, removed=2, ever_resolved=3, reopened=1, one_touch=1, escalated=2, transfers=1,
        breached=2,  # B's first answer, A's second
        met=2, late=1,  # first answers of A and C; A's second
        first_reply=Spread.of([HOUR_US, HOUR_US // 2]), resolution=Spread.of([7 * HOUR_US, 45 * MINUTE_US]),
    )  # fmt: skip


def test_shares_are_of_what_there_is(found: Report) -> None:
    total = found.total()
    assert (total.compliance, total.reopen_rate) == (2 / 3, 1 / 3)
    assert (found.by("channel")["chat"].compliance, found.by("channel")["chat"].reopen_rate) == (None, None)


def test_a_ticket_resolved_twice_was_resolved_once_for_the_reopen_rate(found: Report) -> None:
    """Reopened and resolved again: one of one, not one of two."""
    assert found.by("group")["support"].reopen_rate == 1.0


def test_figures_by_metric(found: Report) -> None:
    assert found.by_metric() == {
        "fa": {"met": 2, "late": 0, "cancelled": 1, "breached": 1}, "next": {"met": 0, "late": 1, "cancelled": 0, "breached": 1},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("clock", "day", "expected"),
    [
        ("08:59", 0, 0),
        ("09:00", 0, 2),  # at its creation a ticket is there
        ("10:59", 0, 2),
        ("11:00", 0, 1),  # A is resolved
        ("12:00", 0, 2),
        ("12:45", 0, 1),
        ("13:00", 0, 2),  # A is back
        ("16:00", 0, 1),
        ("17:00", 0, 1),  # closing leaves the backlog as it is
        ("09:00", 1, 3),
        ("09:30", 1, 2),  # E is resolved: its deletion later changes nothing
        ("10:00", 1, 1),
        ("12:00", 1, 1),
        ("23:00", 1, 1),
    ],
)
def test_the_backlog_at_any_instant(found: Report, clock: str, day: int, expected: int) -> None:
    assert found.backlog(at(clock, day)) == expected


def test_the_volume_by_day_and_by_week(found: Report) -> None:
    assert found.volume() == {"2026-11-23": 3, "2026-11-24": 2}
    assert found.volume(days=7) == {"2026-11-23": 5}  # weeks begin on Monday
    with pytest.raises(BadValue, match="at least one day"):
        found.volume(days=0)


@pytest.mark.parametrize(
    ("by", "counts"),
    [
        ("priority", {"low": 5}),
        ("group", {"": 4, "support": 1}),
        ("channel", {"": 2, "chat": 1, "email": 2}),
        ("assignee", {"": 5}),
        ("status", {"closed": 1, "deleted": 2, "new": 1, "resolved": 1}),
        ("policy", {"std": 5}),
        ("tier", {"": 5}),
        ("language", {"": 5}),
        ("organisation", {"": 5}),
        ("tag", {"hot": 2, "vip": 1}),  # under each of its tags
        ("month", {"2026-11": 5}),
        (lambda ticket: ticket.id if ticket.id < "C" else "rest", {"A": 1, "B": 1, "rest": 3}),
    ],
)
def test_figures_by_any_field(found: Report, by: Any, counts: dict[str, int]) -> None:
    groups = found.by(by)
    assert {name: figures.tickets for name, figures in groups.items()} == counts
    assert list(groups) == sorted(groups)
    assert all(figures.name == name for name, figures in groups.items())


def test_an_unknown_field_is_refused(found: Report) -> None:
    with pytest.raises(UnknownName, match="no report by 'brand'; by priority, group"):
        found.by("brand")


def test_how_often_rules_fired_the_busiest_first() -> None:
    desk = Desk(
        metrics=(),
        rules=[Rule(name=name, on=on, then=()) for name, on in (("b", ["created"]), ("a", ["created"]), ("c", ["created", "resolved"]))],
    )
    assert list(report(replay(desk, [created("A", "09:00"), told(Resolved, "A", "10:00")])).rules().items()) == [
        ("c", 2),
        ("a", 1),
        ("b", 1),
    ]


def test_rows_are_flat_and_plain(found: Report) -> None:
    rows = found.rows("channel", "tag")
    assert [(row["by"], row["name"]) for row in rows] == [
        ("all", "all"), ("channel", ""), ("channel", "chat"), ("channel", "email"), ("tag", "hot"), ("tag", "vip"),
    ]  # fmt: skip
    assert all(row.keys() == rows[0].keys() for row in rows)
    assert all(value is None or isinstance(value, str | int | float) for row in rows for value in row.values())
    assert (rows[0]["first_reply_median_s"], rows[0]["resolution_p90_s"], rows[2]["first_reply_median_s"]) == (1800.0, 25200.0, None)


def test_an_empty_report() -> None:
    empty = Report()
    assert (empty.total().tickets, empty.by("tag"), empty.by_metric(), empty.rules(), empty.volume(), empty.backlog(0)) == (
        0,
        {},
        {},
        {},
        {},
        0,
    )
    assert (empty.total().first_reply, len(empty.rows("tag"))) == (Spread(count=0, median_us=None, p90_us=None), 1)


def test_a_promise_judged_after_its_end_counts() -> None:
    """Answered before anything was promised; the first policy attached judges it."""
    from ticketcore import field

    desk = Desk(metrics=(FA,), policies=(promise(2, when=field.tags.has("vip")),))
    history = [created("A", "09:00"), told(AgentReplied, "A", "12:00"), told(TagsAdded, "A", "13:00", tags=["vip"])]
    judged = report(replay(desk, history))
    assert judged.by_metric() == {"fa": {"met": 0, "late": 1, "cancelled": 0, "breached": 0}}
    assert report(replay(desk, history[:2])).by_metric() == {"fa": {"met": 0, "late": 0, "cancelled": 0, "breached": 0}}


def test_a_promise_retargeted_while_open_is_not_judged() -> None:
    desk = Desk(metrics=(FA,), policies=(promise(2), promise(4, "slow")))
    history = [created("A", "09:00"), told(PolicySet, "A", "10:00", policy="slow")]
    assert report(replay(desk, history)).by_metric() == {}


def test_stored_events_are_as_good_as_outcomes(found: Report) -> None:
    run, stored = Replay(DESK), Report()
    outcomes: list[Outcome] = [run.feed(event) for event in HISTORY]
    outcomes += run.settle(at("23:00", 1))
    for name, ticket in run.tickets.items():
        stored.add_stored(ticket, [event for outcome in outcomes for event in outcome.events if event.ticket == name])
    assert sorted(map(str, stored.rows("channel", "status"))) == sorted(map(str, found.rows("channel", "status")))


# --- against a count too simple to be wrong ----------------------------------------------------------------------------

MOVES = (AgentReplied, CustomerReplied, Resolved, Closed, Reopened, Deleted, Restored, Escalated)


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from(MOVES)), max_size=25))
def test_the_backlog_is_what_one_counts_ticket_by_ticket_as_it_happens(moves: list[tuple[int, type[Outside]]]) -> None:
    desk = Desk(metrics=())
    run, seen = Replay(desk), Report()
    for number in range(4):
        seen.add(run.feed(Created(at=MIDNIGHT, ticket=f"T{number}", by=ADA)))
    expected = {}
    escalated, resolved = set(), set()
    for minute, (number, kind) in enumerate(moves, 1):
        when, name = MIDNIGHT + minute * MINUTE_US, f"T{number}"
        try:
            seen.add(run.feed(kind(at=when, ticket=name, by=ADA if kind is CustomerReplied else MARIA)))
        except TicketcoreError:
            continue
        if kind is Escalated:
            escalated.add(name)
        resolved |= {ticket.id for ticket in run.tickets.values() if ticket.category in ("resolved", "closed")}
        expected[when] = sum(ticket.category not in ("resolved", "closed", "removed") for ticket in run.tickets.values())
    assert {when: seen.backlog(when) for when in expected} == expected
    total = seen.total()
    assert total.backlog == (list(expected.values()) or [4])[-1]
    assert (total.escalated, total.ever_resolved, total.tickets) == (len(escalated), len(resolved), 4)
    assert total.backlog + total.resolved + total.removed == total.tickets
    assert total.reopened <= total.ever_resolved


@given(st.lists(st.integers(0, 1000), min_size=1))
def test_a_percentile_is_the_smallest_value_that_enough_others_do_not_exceed(values: list[int]) -> None:
    spread = Spread.of(values)
    for percent, found in ((50, spread.median_us), (90, spread.p90_us)):
        assert found == min(value for value in values if 100 * sum(other <= value for other in values) >= percent * len(values))


@pytest.mark.parametrize(
    ("us", "text"),
    [(None, "-"), (0, "<1m"), (MINUTE_US - 1, "<1m"), (MINUTE_US, "1m"), (2 * MINUTE_US - 1, "1m"), (DAY_US + HOUR_US, "1d 1h")],
)
def test_a_duration_in_a_table(us: int | None, text: str) -> None:
    assert say(us) == text


def test_levels_and_people_are_among_the_fields() -> None:
    desk = Desk(metrics=(), priority=Priority(levels=Levels(("calm", "hot"))))
    person = Person(name="Ada", tier="gold", language="lv", organisation="acme")
    found = report(replay(desk, [Created(at=0, ticket="A", by=person, assignee="eve")]))
    assert [next(iter(found.by(name))) for name in ("priority", "tier", "language", "organisation", "assignee")] == [
        "calm",
        "gold",
        "lv",
        "acme",
        "eve",
    ]
