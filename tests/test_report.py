"""Reports: figures against hand-computed tables, and against a count that is too simple to be wrong."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk_day import ADA, MARIA, MIDNIGHT, at, length, promise
from ticketcore import (
    Action,
    Agent,
    AgentReplied,
    Assigned,
    BusinessHours,
    Closed,
    Created,
    CustomerReplied,
    Deleted,
    Desk,
    Escalated,
    Levels,
    Lifecycle,
    MarkedAnswered,
    MarkedSpam,
    Message,
    Metric,
    Noted,
    NotSpam,
    Outcome,
    Person,
    Policy,
    PolicySet,
    Priority,
    Rated,
    Reopened,
    Resolved,
    Restored,
    Rule,
    Status,
    TagsAdded,
    Targets,
    Ticket,
    Transferred,
    field,
    since,
)  # fmt: skip
from ticketcore._records import Record
from ticketcore._time import DAY_US, HOUR_US, MINUTE_US, from_us
from ticketcore.errors import BadValue, TicketcoreError, UnknownName
from ticketcore.lifecycle import STATUSES
from ticketcore.model import DeskAdopted, Diverted, EventBase, Outside, StatusChanged
from ticketcore.replay import Replay, replay
from ticketcore.report import DEFINITIONS, Figures, Report, Spread, at_risk, overdue, report, say

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
        first_reply=Spread.of([HOUR_US, HOUR_US // 2]), resolution=Spread.of([7 * HOUR_US, 45 * MINUTE_US]), replies=3,
        next_reply=Spread.of([2 * HOUR_US]),  # A's second, to the message of 13:00
        handling=Spread.of([3 * HOUR_US, HOUR_US // 2]),  # A: 09:00 to 10:00, 13:00 to 15:00; C: 12:00 to 12:30
    )  # fmt: skip


def test_shares_are_of_what_there_is(found: Report) -> None:
    total = found.total()
    assert (total.compliance, total.reopen_rate) == (2 / 3, 1 / 3)
    assert (total.resolution_rate, total.escalation_rate, total.first_contact_rate, total.rating_mean) == (2 / 3, 2 / 5, 1 / 2, None)
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
        ("category", {"closed": 1, "new": 1, "removed": 2, "resolved": 1}),
        ("location", {"": 5}),
        ("requester.tag", {}),
        ("day", {"2026-11-23": 3, "2026-11-24": 2}),
        ("week", {"2026-11-23": 5}),
        ("fields.site", {"": 5}),
        ("facts.queue", {"": 5}),
        ("requester.fields.plan", {"": 5}),
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
    desk = Desk(metrics=(FA,), policies=(promise(2, when=field.tags.has("vip")),))
    history = [created("A", "09:00"), told(AgentReplied, "A", "12:00"), told(TagsAdded, "A", "13:00", tags=["vip"])]
    judged = report(replay(desk, history))
    assert judged.by_metric() == {"fa": {"met": 0, "late": 1, "cancelled": 0, "breached": 0}}
    assert report(replay(desk, history[:2])).by_metric() == {}


def test_a_promise_retargeted_while_open_is_not_judged() -> None:
    desk = Desk(metrics=(FA,), policies=(promise(2), promise(4, "slow")))
    history = [created("A", "09:00"), told(PolicySet, "A", "10:00", policy="slow")]
    assert report(replay(desk, history)).by_metric() == {}


def test_a_log_that_begins_in_the_middle_is_read_from_there() -> None:
    run, seen = Replay(DESK), Report()
    run.feed(created("A", "09:00"))
    seen.add(run.feed(told(AgentReplied, "A", "10:00")))
    assert seen.by_metric() == {"fa": {"met": 1, "late": 0, "cancelled": 0, "breached": 0}}
    assert (seen.total().tickets, seen.total().first_reply.median_us) == (1, HOUR_US)
    raw = Report()
    raw.add_stored(run.tickets["A"], [created("A", "09:00"), DeskAdopted(at=at("10:00"))])  # as it came in, nothing decided
    assert (raw.total().tickets, raw.flow()[0]["left"]) == (1, 0)


def test_stored_events_are_as_good_as_outcomes(found: Report) -> None:
    run, stored = Replay(DESK), Report()
    outcomes: list[Outcome] = [run.feed(event) for event in HISTORY]
    outcomes += run.settle(at("23:00", 1))
    for name, ticket in run.tickets.items():
        stored.add_stored(ticket, [event for outcome in outcomes for event in outcome.events if event.ticket == name])
    assert sorted(map(str, stored.rows("channel", "status"))) == sorted(map(str, found.rows("channel", "status")))


# --- lists, people, rules ------------------------------------------------------------------------------------------------


def test_compliance_by_any_combination(found: Report) -> None:
    assert found.compliance() == [{"met": 2, "late": 1, "cancelled": 1, "breached": 2, "compliance": 2 / 3}]
    assert found.compliance("metric", "channel", "policy", "month") == [
        {"metric": "fa", "channel": "", "policy": "std", "month": "2026-11", "met": 0, "late": 0, "cancelled": 1, "breached": 0,
         "compliance": None},
        {"metric": "fa", "channel": "chat", "policy": "std", "month": "2026-11", "met": 0, "late": 0, "cancelled": 0, "breached": 1,
         "compliance": None},
        {"metric": "fa", "channel": "email", "policy": "std", "month": "2026-11", "met": 2, "late": 0, "cancelled": 0, "breached": 0,
         "compliance": 1.0},
        {"metric": "next", "channel": "email", "policy": "std", "month": "2026-11", "met": 0, "late": 1, "cancelled": 0, "breached": 1,
         "compliance": 0.0},
    ]  # fmt: skip
    assert [(row["tag"], row["met"]) for row in found.compliance("tag")] == [("hot", 1), ("vip", 1)]

    def first_letter(ticket: Ticket) -> str:
        return ticket.id[0]

    assert [row["first_letter"] for row in found.compliance(first_letter)] == ["A", "B", "C", "D", "E"]
    with pytest.raises(UnknownName, match="no report by 'brand'"):
        found.compliance("brand")


def test_what_came_in_and_what_left_day_by_day(found: Report) -> None:
    assert found.flow() == [
        {"from": "2026-11-23", "created": 3, "left": 3, "back": 1, "backlog": 1, "breached": 2},
        {"from": "2026-11-24", "created": 2, "left": 2, "back": 0, "backlog": 1, "breached": 0},
    ]
    assert found.flow(days=7) == [{"from": "2026-11-23", "created": 5, "left": 5, "back": 1, "backlog": 1, "breached": 2}]
    gap = report(replay(DESK, [created("A", "09:00"), created("B", "09:00", 3)]))
    assert [(row["from"], row["created"], row["backlog"]) for row in gap.flow()] == [
        ("2026-11-23", 1, 1), ("2026-11-24", 0, 1), ("2026-11-25", 0, 1), ("2026-11-26", 1, 2),
    ]  # fmt: skip
    assert Report().flow() == []
    with pytest.raises(BadValue, match="at least one day"):
        found.flow(days=0)


def test_channels_are_rows(found: Report) -> None:
    assert [(row["name"], row["tickets"], row["met"]) for row in found.channels()] == [("", 2, 0), ("chat", 1, 0), ("email", 2, 2)]


def test_agents() -> None:
    ivan = Agent(id="ivan")
    history: list[Outside] = [
        created("A", "09:00", assignee="maria"), told(AgentReplied, "A", "10:00"), told(CustomerReplied, "A", "11:00"),
        AgentReplied(at=at("11:30"), ticket="A", by=ivan), told(Resolved, "A", "12:00"),
        created("B", "09:00"), Assigned(at=at("09:05"), ticket="B", by=None, agent="eve"), told(Noted, "B", "09:30"),
        created("C", "09:00"), AgentReplied(at=at("10:30"), ticket="C", by=None),  # the host's own machinery replied
        Created(at=at("09:00"), ticket="D", by=ivan, requester=ADA, assignee="ivan"), Resolved(at=at("09:10"), ticket="D", by=ivan),
        told(CustomerReplied, "D", "09:20"), Resolved(at=at("10:20"), ticket="D", by=ivan),
    ]  # fmt: skip
    history.sort(key=lambda event: event.at_us)
    rows = {row.pop("agent"): row for row in report(replay(DESK, history), hours=NINE_TO_TEN).agents()}
    assert list(rows) == ["eve", "ivan", "maria"]
    counts = {
        name: {key: row[key] for key in ("touched", "assigned", "open", "replies", "resolved", "reopened")} for name, row in rows.items()
    }
    assert counts == {
        "eve": {"touched": 0, "assigned": 1, "open": 1, "replies": 0, "resolved": 0, "reopened": 0},
        "ivan": {"touched": 2, "assigned": 1, "open": 0, "replies": 2, "resolved": 1, "reopened": 1},
        "maria": {"touched": 2, "assigned": 1, "open": 0, "replies": 1, "resolved": 1, "reopened": 0},
    }  # fmt: skip
    assert (rows["maria"]["first_reply_median_s"], rows["maria"]["first_reply_business_median_s"]) == (3600.0, 3600.0)
    assert (rows["ivan"]["next_reply_median_s"], rows["ivan"]["next_reply_business_median_s"]) == (1800.0, 0.0)
    assert (rows["maria"]["met"], rows["maria"]["late"], rows["maria"]["compliance"]) == (2, 0, 1.0)  # of her ticket, whoever kept it
    plain = report(replay(DESK, history)).agents()
    assert plain[2]["first_reply_business_median_s"] is None


def test_what_a_rule_did_last_month() -> None:
    rule = Rule(
        name="old", when=since("created") >= "10h",
        then=[Action("escalate", 1), Action("add_tags", ["late", "x"]), Action("notify", "lead"), Action("reopen"), Action("close")],
    )  # fmt: skip
    found = report(replay(Desk(metrics=(), rules=(rule,)), [created("A", "09:00"), created("B", "09:00", 2)], until=at("23:00", 2)))
    told_ = found.rule("old")
    assert (told_.fired, told_.tickets) == (2, ("A", "B"))
    assert told_.did["escalated 1"] == told_.did["tags_added late, x"] == told_.did["effect notify lead"] == 2
    refused = [what for what in told_.did if what.startswith("refused ")]
    assert [what.split(":")[0] for what in refused] == ["refused close", "refused reopen"] or len(refused) == 2
    assert found.rule("old", at("00:00", 1)).tickets == ("B",)
    assert found.rule("old", at("19:00"), at("19:00", 2)).tickets == ("A",)  # from, and before
    assert found.rule("old", end=at("19:00")).rows() == []
    assert (found.rule("none").fired, found.rule("none").did) == (0, {})
    assert told_.rows()[0] == {"rule": "old", "what": next(iter(told_.did)), "times": 2}
    assert str(told_).splitlines()[0] == "'old' fired 2 times on 2 tickets"
    assert "  escalated 1: 2" in str(told_).splitlines()


def test_overdue_and_at_risk() -> None:
    run = Replay(DESK)
    for name, clock in (("A", "09:00"), ("B", "10:00"), ("C", "10:30"), ("D", "09:30")):
        run.feed(created(name, clock, group="sales" if name == "B" else None))
    run.feed(told(AgentReplied, "D", "10:00"))
    tickets = run.tickets.values()
    assert [(one.ticket, one.metric, one.left) for one in overdue(DESK, tickets, at("12:15"))] == [
        ("A", "fa", timedelta(hours=-1, minutes=-15)), ("B", "fa", timedelta(minutes=-15)),
    ]  # fmt: skip
    assert [one.ticket for one in overdue(DESK, tickets, at("12:00"))] == ["A"]  # on the dot it is not broken yet
    assert [one.ticket for one in at_risk(DESK, tickets, at("12:00"), within="30m")] == ["B", "C"]
    assert [one.ticket for one in at_risk(DESK, tickets, at("11:59"))] == ["B", "C"]
    (first, _) = overdue(DESK, tickets, at("12:15"))
    assert first.due == from_us(at("11:00"))
    assert at_risk(DESK, tickets, at("12:00"), timedelta(0))[0].row() == {
        "ticket": "B", "metric": "fa", "due": "2026-11-23T12:00:00Z", "left_s": 0.0, "priority": "low", "group": "sales", "assignee": "",
    }  # fmt: skip


def test_a_customer_who_was_helped_by_an_article() -> None:
    suggest = Rule(name="suggest", on=["created"], when=field.subject.contains("password"), then=[Action("suggest_article", "reset")])
    desk = Desk(metrics=(), rules=[suggest])
    history = [
        created("A", "09:00", subject="password"), created("B", "09:00", subject="password"), created("C", "09:00"),
        created("D", "09:00", subject="password"),
    ]  # fmt: skip
    later = [Resolved(at=at("10:00"), ticket=name, by=ADA) for name in "ABC"]
    found = report(replay(desk, [*history, told(AgentReplied, "B", "09:30"), *later]))
    assert found.total().deflected == 1  # A: B had a reply, C no suggestion, D is open


def test_customers_rate() -> None:
    history = [created("A", "09:00"), told(Resolved, "A", "10:00"), created("B", "10:30")]
    history += [
        Rated(at=at(clock), ticket=name, by=ADA, score=score)
        for name, clock, score in (("A", "11:00", 2), ("A", "12:00", 5), ("B", "14:00", 2))
    ]
    total = report(replay(DESK, history)).total()
    assert (total.rated, total.rating_mean) == (2, 3.5)


def test_every_column_is_defined(found: Report) -> None:
    columns = {key.removesuffix("_s").removesuffix("_median").removesuffix("_p90").removesuffix("_business") for key in found.total().row()}
    assert columns == set(DEFINITIONS)


def test_hours_are_hours() -> None:
    with pytest.raises(BadValue, match="the hours of a report are business hours"):
        Report("support")  # type: ignore[arg-type]  # wrong on purpose


@pytest.mark.parametrize(
    ("moves", "spans"),
    [
        ([(Deleted, "10:00"), (Restored, "11:00"), (Resolved, "12:00")], [("09:00", "10:00"), ("11:00", "12:00")]),
        ([(Resolved, "10:00"), (Reopened, "11:00"), (MarkedAnswered, "11:30"), (Resolved, "12:00")],
         [("09:00", "10:00"), ("11:00", "11:30")]),
        ([(AgentReplied, "10:00"), (CustomerReplied, "10:30"), (CustomerReplied, "10:40"), (Resolved, "11:00")],
         [("09:00", "10:00"), ("10:30", "11:00")]),
    ],
)  # fmt: skip
def test_handling_is_while_it_is_the_help_desks_turn(moves: list[tuple[type[Outside], str]], spans: list[tuple[str, str]]) -> None:
    found = report(replay(DESK, [created("A", "09:00"), *(told(kind, "A", clock) for kind, clock in moves)])).total()
    assert found.handling.median_us == sum(at(end) - at(start) for start, end in spans)


def test_who_waits_for_a_next_reply() -> None:
    """A reply diverted elsewhere, an automatic one, a note and an answer without a message are none; an agent may be the requester."""
    twin = Agent(id="ada", email=ADA.email)
    history: list[Outside] = [
        created("A", "09:00"), told(AgentReplied, "A", "09:30"),
        told(CustomerReplied, "A", "10:00", message=Message(automatic=True)), AgentReplied(at=at("10:10"), ticket="A", by=twin),
        told(AgentReplied, "A", "10:20", message=Message(public=False)), told(AgentReplied, "A", "10:40"),  # waited since 10:10
        told(CustomerReplied, "A", "11:00"), told(MarkedAnswered, "A", "11:10"), told(AgentReplied, "A", "11:20"),
        told(Resolved, "A", "12:00"), told(Closed, "A", "12:10"), told(CustomerReplied, "A", "12:20"),  # to a follow-up ticket
    ]  # fmt: skip
    found = report(replay(DESK, history)).total()
    assert (found.next_reply.count, found.next_reply.median_us) == (1, HOUR_US // 2)
    unanswered = [created("D", "09:00"), told(Resolved, "D", "10:00"), told(Closed, "D", "10:10"), told(CustomerReplied, "D", "10:20")]
    assert report(replay(DESK, unanswered)).total().next_reply.count == 0
    reached_out = [Created(at=at("09:00"), ticket="B", by=MARIA, requester=ADA), told(AgentReplied, "B", "10:00")]
    assert report(replay(DESK, reached_out)).total().next_reply.count == 0
    silent = [Created(at=at("09:00"), ticket="B", by=MARIA, requester=ADA, has_message=False), told(AgentReplied, "B", "10:00")]
    assert report(replay(DESK, silent)).agents()[0]["first_reply_median_s"] == 3600.0
    auto = [created("C", "09:00", message=Message(automatic=True)), told(AgentReplied, "C", "09:10"), told(AgentReplied, "C", "09:20")]
    assert report(replay(DESK, auto)).total().next_reply.count == 0


def test_an_adopted_ticket_has_the_category_of_its_new_desk() -> None:
    other = Desk(
        name="other", metrics=(),
        lifecycle=Lifecycle(statuses=[*(one for one in STATUSES if one.name != "answered"), Status(name="answered", category="resolved")]),
    )  # fmt: skip
    seen = Report()
    run = Replay(DESK)
    for event in (created("A", "09:00"), told(AgentReplied, "A", "10:00")):
        seen.add(run.feed(event))
    seen.add(other.adopt(run.tickets["A"], at("11:00"), DESK))
    assert (seen.total().resolved, seen.backlog(at("10:59")), seen.backlog(at("11:00"))) == (1, 1, 0)
    assert seen.total().resolution.median_us == 2 * HOUR_US


def test_a_promise_taken_up_again_is_judged_anew() -> None:
    solve = Metric(name="solve", start=("created", "enter:open"), stop=("enter:resolved",), reopen="resume")
    desk = Desk(metrics=(solve,), policies=(promise(3, metric="solve"),))
    history = [created("A", "09:00"), told(Resolved, "A", "10:00"), told(Reopened, "A", "11:00")]
    assert report(replay(desk, history)).by_metric() == {}  # open again
    again = report(replay(desk, [*history, told(Resolved, "A", "14:00")], until=at("20:00")))
    assert again.by_metric() == {"solve": {"met": 0, "late": 1, "cancelled": 0, "breached": 1}}
    spam = [created("A", "09:00"), told(MarkedSpam, "A", "09:30")]
    row = {"met": 0, "late": 0, "cancelled": 0, "breached": 0}
    assert report(replay(desk, spam)).by_metric() == {"solve": row}  # it ended, and neither way
    assert report(replay(desk, [*spam, told(NotSpam, "A", "09:40")])).by_metric() == {}


# --- against a count too simple to be wrong ----------------------------------------------------------------------------

NINE_TO_TEN = BusinessHours(zone="UTC", week={"mon-sun": ["09:00-10:00"]})


def minutes_open(start: int, end: int) -> int:
    """Business time minute by minute: nine to ten, every day."""
    return sum(MINUTE_US for minute in range(start, end, MINUTE_US) if 9 * HOUR_US <= minute % DAY_US < 10 * HOUR_US)


DEEDS = (
    AgentReplied, AgentReplied, CustomerReplied, CustomerReplied, Resolved, Closed, Reopened, Deleted, Restored, Transferred, Assigned,
    Rated, MarkedAnswered, Noted,
)  # fmt: skip
GIVEN: dict[type[Outside], Any] = {
    Transferred: lambda minutes: {"group": f"g{minutes % 2}"}, Assigned: lambda minutes: {"agent": f"a{minutes % 2}"},
    Rated: lambda minutes: {"score": 3},
}  # fmt: skip


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 300), st.sampled_from(DEEDS)), max_size=25))
def test_every_figure_is_what_one_reads_off_the_events(moves: list[tuple[int, int, type[Outside]]]) -> None:
    run, seen = Replay(DESK), Report(NINE_TO_TEN)
    log: list[Any] = []
    when = MIDNIGHT + 8 * HOUR_US

    def feed(event: Outside) -> None:
        outcome = run.feed(event)
        log.extend(outcome.events)
        seen.add(outcome)

    for number in range(3):
        feed(Created(at=when, ticket=f"T{number}", by=ADA, group="sales", assignee="eve"))
    more: dict[str, Any]
    for number, minutes, kind in moves:
        when += minutes * MINUTE_US
        more = GIVEN[kind](minutes) if kind in GIVEN else {}
        with suppress(TicketcoreError):
            feed(kind(at=when, ticket=f"T{number}", by=ADA if kind is CustomerReplied else MARIA, **more))
    total, tickets = seen.total(), run.tickets.values()

    def spans(figure: str) -> list[tuple[int, int]]:
        return [span for ticket in tickets for span in _spans([event for event in log if event.ticket == ticket.id], ticket)[figure]]

    for figure in ("first_reply", "next_reply", "resolution"):
        assert getattr(total, figure) == Spread.of(end - start for start, end in spans(figure)), figure
        assert total.business[figure] == Spread.of(minutes_open(start, end) for start, end in spans(figure)), figure
    turns = [_spans([event for event in log if event.ticket == ticket.id], ticket)["turns"] for ticket in tickets]
    done = [spans_ for spans_, ticket in zip(turns, tickets, strict=True) if ticket.category in ("resolved", "closed")]
    assert total.handling == Spread.of(sum(end - start for start, end in spans_) for spans_ in done)
    assert total.business["handling"] == Spread.of(sum(minutes_open(start, end) for start, end in spans_) for spans_ in done)
    assert (total.transfers, total.reassignments) == (_switches(log, "transferred", "group"), _switches(log, "assigned", "agent"))
    assert total.replies == sum(event.kind == "agent_replied" for event in log)
    assert total.rated == len({event.ticket for event in log if event.kind == "rated"})
    assert total.breached == sum(event.kind == "breached" for event in log)
    clocks = [clock for ticket in tickets for clock in ticket.clocks.values()]
    assert (total.met, total.late) == (sum(clock.met for clock in clocks), sum(clock.late for clock in clocks))
    rows = {row["agent"]: row for row in seen.agents()}
    assert rows.get("maria", {"replies": 0})["replies"] == total.replies
    assert sum(row["open"] for row in rows.values()) == total.backlog
    assert sum(row["resolved"] for row in rows.values()) <= total.resolved
    assert sum(row["created"] + row["back"] - row["left"] for row in seen.flow()) == total.backlog


def _spans(events: list[Any], ticket: Ticket) -> dict[str, list[tuple[int, int]]]:
    """Who waited from when to when, and whose turn it was, read off the events of a ticket one after the other."""
    born = events[0].at_us
    replies = [event.at_us for event in events if event.kind == "agent_replied"]
    ends = [event.at_us for event in events if event.kind in ("agent_replied", "marked_answered")]
    asks = [event.at_us for event in events if event.kind == "customer_replied" and not _diverted(event, events)]
    nexts = []
    for at_us in replies[1:]:
        since_last = max((end for end in ends if end < at_us), default=born)
        waiting = [ask for ask in asks if since_last < ask <= at_us]
        if waiting:
            nexts.append((min(waiting), at_us))
    moves = [(born, "new")] + [(event.at_us, event.category) for event in events if event.kind == "status_changed"]
    turns = [(start, end) for (start, category), (end, _) in pairwise(moves) if category in ("new", "open")]
    solved = [
        at_us for (_, was), (at_us, to) in pairwise(moves) if to == "resolved" or (to == "closed" and was != "resolved")
    ]  # fmt: skip
    finished = ticket.category in ("resolved", "closed")
    return {
        "first_reply": [(born, replies[0])] if replies else [], "next_reply": nexts, "turns": turns,
        "resolution": [(born, solved[-1])] if finished and solved else [],
    }  # fmt: skip


def _diverted(event: Any, events: list[Any]) -> bool:
    return any(other.kind == "diverted" and other.event == event.id for other in events)


def _switches(log: list[Any], kind: str, name: str) -> int:
    """How often it went from one to another; all began with one."""
    count = 0
    for ticket in {event.ticket for event in log}:
        values = [{"transferred": "sales", "assigned": "eve"}[kind]]
        values += [getattr(event, name) for event in log if event.kind == kind and event.ticket == ticket]
        count += sum(one != other for one, other in pairwise(values))
    return count


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


def test_a_promise_counts_under_the_policy_that_gave_it() -> None:
    """Not under the one that the ticket has since."""
    late = Policy(name="late", when=field.tags.has("late"), targets={"fa": Targets(otherwise=length(9))})
    desk = Desk(metrics=(Metric(name="fa", start=("created",), stop=("agent_reply",)),), policies=[late, promise(2)])
    history = [
        Created(at=at("09:00"), ticket="A", by=ADA),
        AgentReplied(at=at("10:00"), ticket="A", by=MARIA),
        TagsAdded(at=at("11:00"), ticket="A", by=MARIA, tags=["late"]),
    ]
    found = report(replay(desk, history))
    assert found.tickets["A"].policy == "late"
    assert [(row["policy"], row["met"]) for row in found.compliance("policy")] == [("std", 1)]


@pytest.mark.parametrize(("moves", "resolved", "turns", "ours"), [
    ([], None, [], []),
    ([(5, "resolved")], 5, [5], [(1, 5)]),
    ([(5, "closed")], 5, [5], [(1, 5)]),  # closed at once: that resolves it
    ([(5, "resolved"), (9, "closed")], 5, [5], [(1, 5)]),  # that has been resolved already
    ([(5, "resolved"), (9, "open"), (12, "closed")], 12, [5, 9, 12], [(1, 5), (9, 12)]),
    ([(5, "answered"), (9, "open"), (12, "postponed")], None, [], [(1, 5), (9, 12)]),
    ([(5, "removed"), (9, "open")], None, [5, 9], [(1, 5)]),
])  # fmt: skip
def test_when_it_was_resolved_and_whose_turn_it_was(
    moves: list[tuple[int, str]], resolved: int | None, turns: list[int], ours: list[tuple[int, int]]
) -> None:
    record = Record("T-1")
    record.take(Created(at=1, by=ADA), ADA)
    for at_us, category in moves:
        record.take(StatusChanged(at=at_us, was="", to=category, was_category="", category=category), ADA)
    assert (record.resolved_us, record.turns, record.while_ours) == (resolved, turns, ours)


SELF = Agent(id="ada", email="ada@example.org")  # an agent who is the requester
SAID, QUIET, MACHINE = Message(text="x"), Message(text="x", public=False), Message(text="x", automatic=True)


@pytest.mark.parametrize(("events", "waiting", "first_by", "waits", "replies"), [
    ([Created(at=1, by=ADA)], 1, "", [], {}),
    ([Created(at=1, by=ADA, message=MACHINE)], None, "", [], {}),
    ([Created(at=1, by=SELF)], 1, "", [], {}),
    ([Created(at=1, by=MARIA, has_message=False)], None, "", [], {}),
    ([Created(at=1, by=MARIA, message=SAID)], None, "maria", [], {"maria": 1}),
    ([Created(at=1, by=MARIA, message=QUIET)], None, "", [], {}),
    ([Created(at=1, by=MARIA, message=MACHINE)], None, "", [], {}),
    ([Created(at=1, by=ADA), AgentReplied(at=5, by=MARIA)], None, "maria", [], {"maria": 1}),  # a first reply is no next one
    ([Created(at=1, by=ADA), AgentReplied(at=5, by=MARIA, message=QUIET)], 1, "", [], {}),
    ([Created(at=1, by=ADA), AgentReplied(at=5, by=MARIA, message=MACHINE)], 1, "", [], {}),
    ([Created(at=1, by=ADA), AgentReplied(at=5, by=SELF)], 1, "", [], {}),
    ([Created(at=1, by=ADA), AgentReplied(at=5)], None, "", [], {"": 1}),
    ([Created(at=1, by=MARIA, has_message=False), CustomerReplied(at=5, by=ADA)], 5, "", [], {}),
    ([Created(at=1, by=MARIA, has_message=False), CustomerReplied(at=5, by=MARIA)], 5, "", [], {}),  # said by telephone
    ([Created(at=1, by=MARIA, has_message=False), CustomerReplied(at=5, by=ADA, message=MACHINE)], None, "", [], {}),
    ([Created(at=1, by=MARIA, has_message=False), CustomerReplied(at=5, by=ADA), CustomerReplied(at=7, by=ADA)], 5, "", [], {}),
    (
        [Created(at=1, by=ADA), AgentReplied(at=5, by=MARIA), CustomerReplied(at=6, by=ADA), CustomerReplied(at=7, by=ADA),
         AgentReplied(at=9, by=MARIA), AgentReplied(at=10, by=MARIA)], None, "maria", [(6, 9)], {"maria": 3},
    ),
    ([Created(at=1, by=ADA), MarkedAnswered(at=5, by=MARIA)], None, "", [], {}),
    ([Created(at=1, by=ADA), Diverted(at=5, event="e")], 1, "", [], {}),
    ([Created(at=1, by=MARIA, has_message=False), CustomerReplied(at=5, by=ADA), Diverted(at=5, event="e")], None, "", [], {}),
])  # fmt: skip
def test_who_waits_and_who_answered(
    events: list[EventBase], waiting: int | None, first_by: str, waits: list[tuple[int, int]], replies: dict[str, int]
) -> None:
    record = Record("T-1")
    for event in events:
        record.take(event, ADA)
    assert (record.waiting_us, record.first_by, record.waits, record.replies) == (waiting, first_by, waits, replies)
    assert (record.replied, record.waits_by) == (bool(replies), ["maria"] * len(waits))
