"""Service levels: the laws of one clock, the ten fixed answers, and what a desk's service levels refuse."""

from __future__ import annotations

import pickle
from typing import Any

import attrs
import pendulum
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ticketcore import (
    Agent,
    AgentReplied,
    BusinessHours,
    Closed,
    Created,
    CustomerReplied,
    Deleted,
    Desk,
    Lifecycle,
    MarkedSpam,
    Merged,
    Message,
    Metric,
    Noted,
    NotSpam,
    Person,
    Policy,
    PolicySet,
    Purged,
    Resolved,
    SlotSet,
    StatusSet,
    TagsAdded,
    TagsRemoved,
    TargetExtended,
    Targets,
    Ticket,
    always,
    field,
)  # fmt: skip
from ticketcore import sla as room
from ticketcore._clocks import cycle_with, summed
from ticketcore.errors import BadDuration, BadHours, BadValue, BadZone, BeyondHorizon, DeskError, NeverOpen, UnknownName
from ticketcore.extra import strategies
from ticketcore.hours import Hours
from ticketcore.model import Cycle, Days, Length, Retargeted, Run, Target, WorkingDays
from ticketcore.sla import ALWAYS_NAME, Sla, WarnAt, plain_day_due_us

MINUTE, HOUR = 60_000_000, 3_600_000_000
ADA, MARIA = Person(name="Ada"), Agent(id="maria")
MONDAY = pendulum.datetime(2026, 11, 23, 9, tz="Europe/Athens")
SUPPORT = BusinessHours(zone="Europe/Athens", week={"mon-fri": ["09:00-13:00", "14:00-18:00"]}, holidays={"2026-11-25": "feast"})
WORK = Metric(
    name="work", start=("created", "leave:resolved"), stop=("enter:resolved",), pause_status=("answered",), cycles="many", reopen="resume"
)


def promise(target: Target | None, metric: Metric = WORK, hours: Any = SUPPORT, **policy: Any) -> Desk:
    """A desk with one metric and one promise for it."""
    targets = {} if target is None else {metric.name: Targets(otherwise=target)}
    return Desk(metrics=(metric,), hours={"support": hours}, policies=[Policy(name="std", hours="support", targets=targets, **policy)])


def told(desk: Desk, minutes: list[int], start: pendulum.DateTime = MONDAY) -> Ticket:
    """A ticket that is paused and resumed by turns, after so many minutes each."""
    ticket = desk.handle(None, Created(at=start, ticket="T", by=ADA)).ticket
    at = start
    for number, passed in enumerate(minutes):
        at = at.add(minutes=passed)
        event: Any = CustomerReplied(at=at, by=ADA) if number % 2 else AgentReplied(at=at, by=MARIA)
        ticket = desk.handle(ticket, event).ticket
    return ticket


pauses = st.lists(st.integers(1, 3 * 24 * 60), max_size=6)
lengths = st.integers(1, 30 * 60).map(lambda minutes: Length(minutes * MINUTE))


# --- laws ------------------------------------------------------------------------------------------------------------


@given(pauses, lengths)
def test_the_counted_stretches_of_a_ledger_add_up_to_the_time_used(minutes: list[int], target: Length) -> None:
    desk = promise(target)
    ticket = told(desk, minutes)
    ledger = desk.sla.ledger(ticket, "work", ticket.as_of_us)
    standing = desk.standing(ticket, "work")
    assert standing is not None
    assert ledger.used_us == standing.used_us
    assert all(line.end_us is None or line.start_us < line.end_us for line in ledger.lines)
    due = desk.sla.ledger(ticket, "work")
    assert due.due_us is None or due.used_us == target.us


@given(pauses, lengths)
def test_what_is_kept_is_what_the_log_says_counted_anew(minutes: list[int], target: Length) -> None:
    """Incremental is batch: the banked time is the open time of all runs, measured in one go."""
    desk = promise(target)
    cycle = told(desk, minutes).clocks["work"].cycle
    assert cycle.banked_us == sum(SUPPORT.elapsed_us(run.start_us, run.end_us) for run in cycle.runs)
    for before, after in zip(cycle.runs, cycle.runs[1:], strict=False):
        assert before.end_us < after.start_us


@given(pauses, lengths, lengths)
def test_a_longer_promise_is_due_no_earlier(minutes: list[int], one: Length, other: Length) -> None:
    short, long = sorted((one, other), key=lambda length: length.us)
    dues = [promise(target).sla.due_us(told(promise(target), minutes).clocks["work"].cycle) for target in (short, long)]
    if dues[0] is None:
        assert dues[1] is None
    else:
        assert dues[1] is None or dues[0] <= dues[1]


@given(st.integers(1, 600), st.integers(1, 5000), st.integers(1, 30 * 60))
def test_a_pause_moves_due_by_exactly_its_open_time(until: int, lasting: int, promised: int) -> None:
    desk = promise(Length(promised * MINUTE))
    plain = desk.due(told(desk, []), "work")
    assert plain is not None
    begin = MONDAY.add(minutes=until)
    assume(begin < plain)
    paused = desk.due(told(desk, [until, lasting]), "work")
    assert paused is not None
    assert SUPPORT.elapsed(plain, paused) == SUPPORT.elapsed(begin, begin.add(minutes=lasting))


@given(pauses, lengths, st.integers(0, 5000))
def test_it_is_met_iff_it_ends_at_or_before_due(minutes: list[int], target: Length, more: int) -> None:
    desk = promise(target)
    ticket = told(desk, minutes)
    end = ticket.as_of.add(minutes=more)
    due = desk.due(ticket, "work")
    done = desk.handle(ticket, Resolved(at=end, by=MARIA)).ticket
    verdict = done.clocks["work"].cycle.verdict
    assert verdict == ("met" if due is None or end <= due else "late")


# --- the ten fixed answers (docs/explanation/sla-clock.md) --------------------------------------------------------------


def test_answer_1_breach_at_due_and_a_stop_at_due_is_met() -> None:
    desk = promise(Length(2 * HOUR))
    ticket = told(desk, [])
    due = MONDAY.add(hours=2)
    assert desk.handle(ticket, Resolved(at=due, by=MARIA)).ticket.clocks["work"].cycle.verdict == "met"
    week_later = desk.tick(ticket, MONDAY.add(days=7))  # however late anybody looks
    assert [event.at for event in week_later.events] == [due]


def test_answer_2_used_up_at_closing_is_due_at_closing() -> None:
    assert promise(Length(4 * HOUR)).due(told(promise(Length(4 * HOUR)), []), "work") == MONDAY.add(hours=4)
    next_opening = promise(Length(4 * HOUR), due_at="next_opening")
    assert next_opening.due(told(next_opening, []), "work") == MONDAY.add(hours=5)


def test_answer_3_a_change_keeps_start_and_used_time_and_a_recorded_breach_stays() -> None:
    levels = Targets(by_level={"high": Length(HOUR)}, otherwise=Length(8 * HOUR))
    desk = Desk(metrics=(WORK,), policies=[Policy(name="std", targets={"work": levels})])
    ticket = told(desk, [])
    raised = desk.handle(ticket, SlotSet(at=MONDAY.add(hours=2), by=MARIA, level="high"))
    assert [event.kind for event in raised.events][-1] == "breached"  # in the past at once, and due then
    assert raised.ticket.clocks["work"].cycle.breached_us == MONDAY.add(hours=1).timestamp() * 1_000_000
    lowered = desk.handle(raised.ticket, SlotSet(at=MONDAY.add(hours=3), by=MARIA, level="low")).ticket
    cycle = lowered.clocks["work"].cycle
    assert (cycle.breached_us, cycle.breaches) == (None, ("1h",))
    standing = desk.standing(lowered, "work")
    assert standing is not None
    assert (standing.state, standing.ever_breached, standing.used_us) == ("running", True, 3 * HOUR)


def test_answer_4_edited_hours_count_from_their_adoption_or_for_the_whole_span() -> None:
    # At half past two, four and a half hours are used; from then on the hours never close, or they never did.
    for change, due in (("per_interval", MONDAY.add(hours=7)), ("whole_span", MONDAY.add(hours=6))):
        old = promise(Length(6 * HOUR), schedule_change=change)
        new = promise(Length(6 * HOUR), hours=always("Europe/Athens"), schedule_change=change)
        taken = new.adopt(told(old, []), MONDAY.add(hours=5, minutes=30), old).ticket
        assert new.due(taken, "work") == due


FOUR = tuple(Metric(name=name, start=("created",), stop=stop) for name, stop in (("a", ("note",)), ("b", ()), ("c", ()), ("d", ())))


def test_every_clock_whose_promise_changes_gets_the_new_one_whatever_becomes_of_those_before_it() -> None:
    """One that has ended, one that is promised the same, and two that are not."""
    targets: dict[str, Any] = {
        "a": Targets(otherwise=Length(2 * HOUR)), "b": Targets(otherwise=Length(3 * HOUR)),
        **{name: Targets(by_level={"urgent": Length(HOUR)}, otherwise=Length(4 * HOUR)) for name in ("c", "d")},
    }  # fmt: skip
    desk = Desk(metrics=FOUR, policies=[Policy(name="std", targets=targets)])
    noted = desk.handle(told(desk, []), Noted(at=MONDAY.add(minutes=10), by=MARIA)).ticket
    higher = desk.handle(noted, SlotSet(at=MONDAY.add(minutes=30), by=MARIA, level="urgent"))
    assert [(event.metric, str(event.target)) for event in higher.events if isinstance(event, Retargeted)] == [("c", "1h"), ("d", "1h")]
    assert [desk.due(higher.ticket, name) for name in "bcd"] == [MONDAY.add(hours=hours) for hours in (3, 1, 1)]


def test_every_clock_whose_hours_were_edited_is_taken_over_whatever_becomes_of_those_before_it() -> None:
    """One that the new desk lacks, one that has ended, and three that run."""

    def made(hours: Any, metrics: Any) -> Desk:
        targets = {each.name: Targets(otherwise=Length(6 * HOUR)) for each in metrics}
        return Desk(metrics=metrics, hours={"support": hours}, policies=[Policy(name="std", hours="support", targets=targets)])

    five = (Metric(name="Gone", start=("created",)), *FOUR)
    old, new = made(SUPPORT, five), made(always("Europe/Athens"), FOUR)
    noted = old.handle(told(old, []), Noted(at=MONDAY.add(minutes=10), by=MARIA)).ticket
    taken = new.adopt(noted, MONDAY.add(hours=5, minutes=30), old)
    assert sorted(event.metric for event in taken.events if isinstance(event, Retargeted)) == ["Gone", "b", "c", "d"]
    assert [new.due(taken.ticket, name) for name in "bcd"] == [MONDAY.add(hours=7)] * 3


def test_answer_5_without_a_policy_clocks_run_and_the_first_policy_judges() -> None:
    desk = Desk(
        metrics=(WORK,), policies=[Policy(name="vip", when=field.tags.has("vip"), targets={"work": Targets(otherwise=Length(HOUR))})]
    )
    ticket = told(desk, [])
    done = desk.handle(ticket, Resolved(at=MONDAY.add(hours=2), by=MARIA)).ticket
    assert done.clocks["work"].cycle.verdict == "untargeted"
    judged = desk.handle(done, PolicySet(at=MONDAY.add(hours=3), by=MARIA, policy="vip")).ticket
    assert (judged.clocks["work"].cycle.verdict, judged.clocks["work"].late) == ("late", 1)


def test_a_clock_that_ended_without_a_promise_is_judged_when_the_priority_brings_one() -> None:
    of_urgent = Policy(name="std", targets={"work": Targets(by_level={"urgent": Length(HOUR)})})
    desk = Desk(metrics=(WORK,), policies=[of_urgent])
    done = desk.handle(told(desk, []), Resolved(at=MONDAY.add(hours=2), by=MARIA)).ticket
    assert done.clocks["work"].cycle.verdict == "untargeted"
    higher = desk.handle(done, SlotSet(at=MONDAY.add(hours=3), by=MARIA, level="high")).ticket
    assert higher.clocks["work"].cycle.verdict == "untargeted"
    highest = desk.handle(higher, SlotSet(at=MONDAY.add(hours=4), by=MARIA, level="urgent")).ticket
    assert highest.clocks["work"].cycle.verdict == "late"


def test_a_chosen_policy_that_the_next_desk_lacks_counts_for_nothing() -> None:
    gold, std = (Policy(name=name, targets={"work": Targets(otherwise=Length(HOUR))}) for name in ("gold", "std"))
    old, new = Desk(metrics=(WORK,), policies=[std, gold]), Desk(metrics=(WORK,), policies=[std])
    chosen = old.handle(told(old, []), PolicySet(at=MONDAY.add(minutes=30), by=MARIA, policy="gold")).ticket
    assert chosen.policy == "gold"
    assert new.adopt(chosen, MONDAY.add(minutes=40), old).ticket.policy == "std"


@pytest.mark.parametrize(
    ("event", "stops"),
    [
        (AgentReplied(at=MONDAY.add(hours=1), by=MARIA), True),  # public, by a person
        (AgentReplied(at=MONDAY.add(hours=1), by=MARIA, message=Message(automatic=True)), False),  # a machine's
        (AgentReplied(at=MONDAY.add(hours=1), by=MARIA, message=Message(public=False)), False),  # unseen by the customer
        (Noted(at=MONDAY.add(hours=1), by=MARIA), False),  # a note
        (CustomerReplied(at=MONDAY.add(hours=1), by=ADA), False),  # the requester's own
        (AgentReplied(at=MONDAY.add(hours=1), by=Agent(id="ada", email="ada@example.org")), False),  # an agent who is the requester
    ],
)
def test_answer_6_only_a_public_human_message_of_support_answers(event: Any, stops: bool) -> None:
    metric = Metric(name="reply", start=("created",), stop=("agent_reply",))
    desk = promise(Length(4 * HOUR), metric)
    ticket = desk.handle(None, Created(at=MONDAY, ticket="T", by=Person(email="ada@example.org"))).ticket
    assert (desk.handle(ticket, event).ticket.clocks["reply"].cycle.verdict is not None) is stops


def test_answer_7_warnings_are_given_once_and_derived_anew_on_change() -> None:
    warn = tuple(WarnAt.parse(text) for text in ("-2h", "-30m", "50%", "1h"))
    assert list(map(str, warn)) == ["-2h", "-30m", "50%", "1h"]
    levels = Targets(by_level={"high": Length(4 * HOUR)}, otherwise=Length(8 * HOUR))
    desk = Desk(metrics=(WORK,), policies=[Policy(name="std", targets={"work": levels}, warn=warn)])
    ticket = told(desk, [])
    coming = desk.standing(ticket, "work")
    assert coming is not None
    assert dict(coming.warnings) == {
        name: MONDAY.add(minutes=after).timestamp() * 1_000_000 for name, after in (("50%", 240), ("-2h", 360), ("-30m", 450), ("1h", 540))
    }
    raised = desk.handle(ticket, SlotSet(at=MONDAY.add(hours=3), by=MARIA, level="high"))
    assert [event.skipped for event in raised.events if event.kind == "retargeted"] == [("-2h",)]  # type: ignore[attr-defined]  # of two in the past only the later is given
    later = desk.tick(raised.ticket, MONDAY.add(days=1))
    given_ = [event.warning for outcome in (raised, later) for event in outcome.events if event.kind == "warned"]  # type: ignore[attr-defined]  # by its kind
    assert given_ == ["50%", "-30m", "1h"]


def test_answer_8_final_ends_cancel_and_removed_statuses_suspend() -> None:
    desk = promise(Length(8 * HOUR))
    ticket = told(desk, [])
    at = MONDAY.add(hours=1)
    merged = desk.handle(ticket, Merged(at=at, by=MARIA, into="T-2")).ticket
    assert merged.clocks["work"].cycle.verdict == "cancelled"
    spam = desk.handle(ticket, MarkedSpam(at=at, by=MARIA)).ticket
    assert spam.clocks["work"].cycle.verdict == "removed"
    back = desk.handle(spam, NotSpam(at=at.add(hours=1), by=MARIA)).ticket
    assert desk.due(back, "work") == MONDAY.add(days=1, hours=1)  # eight open hours and the one that was spam
    binned = desk.handle(ticket, Deleted(at=at, by=MARIA)).ticket
    purged = desk.handle(binned, Purged(at=at, by=MARIA)).ticket
    assert purged.clocks["work"].cycle.verdict == "removed"
    counted = desk.evolve(removed_gap="counted")
    ticket = counted.handle(None, Created(at=MONDAY, ticket="T", by=ADA)).ticket
    back = counted.handle(counted.handle(ticket, MarkedSpam(at=at, by=MARIA)).ticket, NotSpam(at=at.add(hours=1), by=MARIA)).ticket
    assert counted.due(back, "work") == MONDAY.add(hours=9)


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: BusinessHours(zone="UTC", week={}), NeverOpen),  # an empty calendar
        (lambda: BusinessHours(zone="UTC", week={"mon": ["09:00-12:00", "11:00-14:00"]}), BadHours),  # overlapping frames
        (lambda: BusinessHours(zone="Europe/Atlantis", week={"mon": ["09:00-12:00"]}), BadZone),  # an unknown zone
    ],
)
def test_answer_9_impossible_hours_are_refused_at_construction(make: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        make()


def test_answer_9_a_due_instant_out_of_reach_is_unknown_and_the_clock_goes_on() -> None:
    short = BusinessHours(zone="UTC", week={"mon-fri": ["09:00-17:00"]}, valid_until="2026-12-01")
    desk = promise(Length(400 * HOUR), hours=short)
    ticket = told(desk, [])
    assert ticket.due("work") is None
    assert desk.handle(ticket, Resolved(at=MONDAY.add(hours=1), by=MARIA)).ticket.clocks["work"].cycle.verdict == "met"
    late = desk.handle(None, Created(at=MONDAY.add(days=60), ticket="T", by=ADA)).ticket  # begins beyond what the hours cover
    standing = desk.standing(late, "work")
    assert standing is not None
    assert (standing.due_us, standing.counts_from_us, standing.used_us) == (None, late.created_us, 0)
    reading = desk.sla.reading(late, "work", late.as_of_us)
    assert reading is not None
    assert reading.reaches_us(50) is None


def test_what_lies_within_the_cover_of_the_hours_is_counted() -> None:
    short = BusinessHours(zone="UTC", week={"mon-fri": ["09:00-17:00"]}, valid_until="2026-12-01")
    desk = promise(Length(400 * HOUR), hours=short)
    standing = desk.standing(told(desk, []), "work", MONDAY.add(days=60))
    assert standing is not None
    assert standing.used_us == short.elapsed_us(int(MONDAY.timestamp()) * 1_000_000, short.high_us)


def test_answer_10_a_pause_is_exact_to_the_microsecond() -> None:
    desk = promise(Length(2 * HOUR), hours=always("UTC"))
    ticket = desk.handle(None, Created(at=0, ticket="T", by=ADA)).ticket
    ticket = desk.handle(ticket, AgentReplied(at=1, by=MARIA)).ticket
    ticket = desk.handle(ticket, CustomerReplied(at=HOUR + 7, by=ADA)).ticket
    assert desk.sla.due_us(ticket.clocks["work"].cycle) == 2 * HOUR + HOUR + 6


# --- targets in days, policies, cycles ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "due"),
    [
        (Days(2), MONDAY.add(days=2)),  # the same wall time two dates on, a holiday or not
        (WorkingDays(2), MONDAY.add(days=3)),  # the feast on Wednesday is no working day
        (WorkingDays(1, end_of_day=True), MONDAY.add(days=1, hours=9)),  # the closing of that day
        (Length(2 * HOUR, calendar=True), MONDAY.add(hours=2)),
    ],
)
def test_targets_in_days_keep_the_wall_time(target: Target, due: pendulum.DateTime) -> None:
    desk = promise(target)
    ticket = told(desk, [])
    assert desk.due(ticket, "work") == due
    extended = desk.handle(ticket, TargetExtended(at=MONDAY, metric="work", extra_us=HOUR, by=MARIA, reason="parts")).ticket
    hours = always("UTC") if isinstance(target, Length) else SUPPORT
    assert desk.due(extended, "work") == hours.add(due, "1h")
    paused = desk.handle(ticket, AgentReplied(at=MONDAY.add(minutes=30), by=MARIA)).ticket
    assert desk.due(paused, "work") is None
    assert desk.sla.promise_us(extended.clocks["work"].cycle) == desk.sla.promise_us(ticket.clocks["work"].cycle) + HOUR


def test_a_pause_after_a_due_date_moves_nothing() -> None:
    desk = promise(Days(1))
    late = desk.handle(told(desk, []), AgentReplied(at=MONDAY.add(days=3), by=MARIA)).ticket
    assert desk.due(late, "work") == MONDAY.add(days=1)
    assert desk.standing(late, "work").state == "breached"  # type: ignore[union-attr]  # it was started


@pytest.mark.parametrize(
    ("week", "moves"),
    [
        ({"mon-fri": ["09:00-13:00", "14:00-18:00"], "sun": ["09:00-13:00"]}, False),  # a Sunday more is far away
        ({"mon-fri": ["09:00-18:00"]}, True),  # no lunch break
    ],
)
def test_edited_hours_date_a_clock_anew_that_ended_in_a_pause(week: dict[str, list[str]], moves: bool) -> None:
    old = promise(Length(6 * HOUR), schedule_change="whole_span")
    new = promise(Length(6 * HOUR), hours=BusinessHours(zone="Europe/Athens", week=week), schedule_change="whole_span")
    done = old.handle(told(old, [60]), Resolved(at=MONDAY.add(hours=2), by=MARIA)).ticket
    adopted = new.adopt(done, MONDAY.add(hours=3), old)
    assert (adopted.ticket.clocks["work"].cycle.due_us != done.clocks["work"].cycle.due_us) is moves
    assert adopted.ticket.clocks["work"].cycle.verdict == "met"


def test_a_promise_tightened_below_what_was_used_before_a_pause_was_due_inside_that_run() -> None:
    levels = Targets(by_level={"high": Length(HOUR)}, otherwise=Length(8 * HOUR))
    desk = Desk(metrics=(WORK,), policies=[Policy(name="std", targets={"work": levels})])
    ticket = told(desk, [120, 60, 30])  # ran two hours, paused one, runs again
    raised = desk.handle(ticket, SlotSet(at=ticket.as_of, by=MARIA, level="high"))
    assert raised.ticket.clocks["work"].cycle.breached_us == MONDAY.add(hours=1).timestamp() * 1_000_000


def test_a_policy_that_keeps_used_time_and_one_that_measures_anew() -> None:
    for keep, due in ((True, MONDAY.add(hours=13)), (False, MONDAY.add(hours=12))):
        policies = [
            Policy(name="day", hours="support", targets={"work": Targets(otherwise=Length(8 * HOUR))}),
            Policy(name="always", targets={"work": Targets(otherwise=Length(12 * HOUR))}, keep_used=keep),
        ]
        desk = Desk(metrics=(WORK,), hours={"support": SUPPORT}, policies=policies)
        ticket = desk.handle(told(desk, []), PolicySet(at=MONDAY.add(hours=5), by=MARIA, policy="always")).ticket
        assert desk.due(ticket, "work") == due  # four open hours of five were used, or all five


def test_policies_are_chosen_always_or_at_creation_only() -> None:
    gold = Policy(name="gold", when=field.tags.has("vip"), targets={"work": Targets(otherwise=Length(HOUR))})
    std = Policy(name="std", targets={"work": Targets(otherwise=Length(8 * HOUR))})
    for choose, expected in (("always", "gold"), ("creation", "std")):
        desk = Desk(metrics=(WORK,), policies=[gold, std], choose_policy=choose)
        ticket = desk.handle(told(desk, []), TagsAdded(at=MONDAY, by=MARIA, tags=["vip"])).ticket
        assert ticket.policy == expected
    desk = Desk(metrics=(WORK,), policies=[gold, std], default_policy="std")
    assert told(desk.evolve(policies=[gold, attrs.evolve(std, when=field.tags.has("none"))]), []).policy == "std"


def test_a_metric_attached_late_counts_from_its_attachment_or_from_creation() -> None:
    for start_at, due in (("event", MONDAY.add(hours=3)), ("created", MONDAY.add(hours=2))):
        metric = Metric(name="ola", stop=("enter:resolved",), start_on_attach=True, start_at=start_at)
        policy = Policy(name="vip", when=field.tags.has("vip"), targets={"ola": Targets(otherwise=Length(2 * HOUR))})
        desk = Desk(metrics=(metric,), policies=[policy])
        ticket = desk.handle(told(desk, []), TagsAdded(at=MONDAY.add(hours=1), by=MARIA, tags=["vip"])).ticket
        assert desk.due(ticket, "ola") == due


def test_a_pause_may_be_any_condition() -> None:
    metric = Metric(name="work", start=("created",), stop=("enter:resolved",), pause=field.tags.has("vendor"))
    desk = promise(Length(2 * HOUR), metric)
    ticket = desk.handle(told(desk, []), TagsAdded(at=MONDAY.add(hours=1), by=MARIA, tags=["vendor"])).ticket
    assert desk.due(ticket, "work") is None
    ticket = desk.handle(ticket, TagsRemoved(at=MONDAY.add(hours=2), by=MARIA, tags=["vendor"])).ticket
    assert desk.due(ticket, "work") == MONDAY.add(hours=3)


def test_resuming_takes_the_verdict_back_and_goes_on() -> None:
    desk = promise(Length(2 * HOUR))
    done = desk.handle(told(desk, []), Resolved(at=MONDAY.add(hours=1), by=MARIA)).ticket
    clock = done.clocks["work"]
    assert (clock.met, clock.total_us) == (1, HOUR)
    again = desk.handle(done, CustomerReplied(at=MONDAY.add(hours=2), by=ADA)).ticket
    clock = again.clocks["work"]
    assert (clock.met, clock.total_us, clock.cycles) == (0, 0, 1)
    assert desk.due(again, "work") == MONDAY.add(hours=3)


def test_an_agent_who_writes_first_owes_no_first_reply() -> None:
    desk = Desk()
    ticket = desk.handle(None, Created(at=MONDAY, ticket="T", by=MARIA, requester=ADA)).ticket
    assert "first_reply" not in ticket.clocks
    assert ticket.status == "answered"


def test_closing_a_resolved_ticket_takes_nothing_up_again() -> None:
    desk = promise(Length(2 * HOUR))
    done = desk.handle(told(desk, []), Resolved(at=MONDAY.add(hours=1), by=MARIA)).ticket
    closed = desk.handle(done, Closed(at=MONDAY.add(hours=2), by=MARIA)).ticket
    assert closed.clocks["work"].cycle == done.clocks["work"].cycle


# --- what is refused, and values ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Metric(name="m", cycles="twice"), "once or many"),
        (lambda: Metric(name="m", reopen="again"), "new or resume"),
        (lambda: Metric(name="m", start_at="dawn"), "event or created"),
        (lambda: Metric(name="m", start=("creatd",)), "unknown trigger 'creatd'"),
        (lambda: Policy(name="p", due_at="lunch"), "closing or next_opening"),
        (lambda: Policy(name="p", schedule_change="never"), "per_interval or whole_span"),
        (lambda: WarnAt.parse("150x"), "no duration"),
        (lambda: WarnAt.parse("-5%"), "no warning"),
        (lambda: WarnAt.parse(""), "no warning"),
        (lambda: WarnAt.parse("\u0663%"), "no warning"),  # digits, but not those of ASCII
        (lambda: WarnAt.parse("\u00b2%"), "no warning"),
        (lambda: WarnAt.parse("\u0663 working days"), "no duration"),
        (lambda: WarnAt.parse("-"), "no warning"),
        (lambda: WarnAt.parse("%"), "no warning"),
        (lambda: WarnAt.parse(5), "no warning"),  # type: ignore[arg-type]  # on purpose
    ],
)
def test_wrong_parts_are_refused(make: Any, words: str) -> None:
    with pytest.raises((BadValue, BadDuration), match=words):
        make()


@pytest.mark.parametrize(("written", "said"), [
    ("-1 working day", "-1 working day"), ("1 working days", "1 working day"), ("-2 working days", "-2 working days"),
    ("3 working day", "3 working days"), (" - 15m ", "-15m"), ("+1h", "1h"), ("80%", "80%"), ("-0 working days", "0 working days"),
])  # fmt: skip
def test_a_warning_is_written_as_it_is_read(written: str, said: str) -> None:
    assert str(WarnAt.parse(written)) == said
    assert WarnAt.parse(said) == WarnAt.parse(written)


def test_service_levels_are_refused_whole_with_every_problem() -> None:
    policy = Policy(name="p", hours="nights", targets={"work": Targets(otherwise=Length(HOUR))})
    with pytest.raises(DeskError) as caught:
        Sla(policies=(policy, policy), default_hours="days", choose="sometimes", removed_gap="half", default_policy="q")
    assert [problem.path for problem in caught.value.problems] == [
        "hours", "settings.hours", "settings.choose_policy", "settings.removed_gap", "sla[0].hours", "sla[0].targets.work",
        "sla[1].name", "sla[1].hours", "sla[1].targets.work", "settings.default_policy",
    ]  # fmt: skip


def test_service_levels_are_values_and_work_without_a_desk() -> None:
    alone = Sla(
        metrics={"work": WORK}, hours={ALWAYS_NAME: always("UTC")},
        policies=(Policy(name="p", targets={"work": Targets(otherwise=Length(HOUR))}),),
    )  # fmt: skip
    assert pickle.loads(pickle.dumps(alone)) == alone
    assert alone.policy("p").name == "p"
    with pytest.raises(UnknownName):
        alone.policy("q")
    ticket = Desk(metrics=(WORK,)).handle(None, Created(at=0, ticket="T", by=ADA)).ticket
    cycle = ticket.clocks["work"].cycle
    assert (alone.due_us(cycle), alone.promise_us(cycle), alone.reaches_us(cycle, 50)) == (None, 0, None)
    assert alone.standing(ticket, "reply", 5) is None
    assert alone.reading(ticket, "reply", 5) is None
    with pytest.raises(UnknownName):
        alone.ledger(ticket, "reply")
    reading = alone.reading(ticket, "work", 5)
    assert reading is not None
    assert (reading.state, reading.is_open, reading.is_running, reading.started_us, reading.due_us) == ("running", True, True, 0, None)
    run = Run(0, HOUR, HOUR, sum_us=HOUR)
    ended = attrs.evolve(cycle, target=Length(HOUR), runs=(run,), banked_us=HOUR, run_us=None)
    assert alone.reaches_us(ended, 50) == HOUR // 2


def test_a_standing_is_plain_figures() -> None:
    desk = promise(Length(2 * HOUR))
    standing = desk.standing(told(desk, []), "work", MONDAY.add(hours=1))
    assert standing is not None
    assert (standing.started, standing.due, standing.used.total_seconds(), standing.is_open) == (
        MONDAY, MONDAY.add(hours=2), 3600, True,
    )  # fmt: skip
    assert desk.standing(told(desk, []), "work", MONDAY.add(hours=3)).state == "breached"  # type: ignore[union-attr]  # it was started


def test_a_ticket_that_nobody_may_answer_keeps_its_clock() -> None:
    """An open clock under a lifecycle without answered: nothing pauses, nothing raises."""
    lifecycle = Lifecycle(moves={"new": {"agent_replies": None}})
    desk = Desk(lifecycle=lifecycle, metrics=(attrs.evolve(WORK, pause_status=("postponed",)),))
    ticket = desk.handle(None, Created(at=MONDAY, ticket="T", by=ADA)).ticket
    set_ = desk.handle(ticket, StatusSet(at=MONDAY, by=MARIA, status="resolved")).ticket
    assert set_.clocks["work"].cycle.verdict == "untargeted"


# --- the fast path is the plain definition --------------------------------------------------------------------------------


@st.composite
def lived_cycles(draw: st.DrawFn) -> tuple[Hours, Cycle]:
    """A cycle that ran and paused by turns, counted on any hours; empty stretches and pauses over closed time among them."""
    hours = draw(strategies.hours(pendulum.date(2026, 11, 23)))
    at = started = MONDAY.int_timestamp * 1_000_000 + draw(st.integers(-3 * 24 * 60, 3 * 24 * 60)) * MINUTE
    steps = draw(st.lists(st.tuples(*[st.sampled_from([0, 0, 1, 7, 30, 60, 240, 600, 1440, 2880, 5000])] * 2), max_size=7))
    runs = []
    for paused, ran in steps:
        at += paused * MINUTE
        runs.append(Run(at, at + ran * MINUTE, hours.elapsed_us(at, at + ran * MINUTE)))
        at += ran * MINUTE
    counted = tuple(run.counted_us for run in runs)
    open_since = draw(st.none() | st.sampled_from([0, 60, 3000]).map(lambda minutes: at + minutes * MINUTE))
    extension = draw(st.sampled_from([0, 0, HOUR]))
    days: list[Target] = [Days(0), Days(1), Days(3), WorkingDays(1), WorkingDays(2, end_of_day=True)]
    target = draw(st.sampled_from(days))
    return hours, Cycle(
        number=1, started_us=started, runs=summed(runs, counted), banked_us=sum(counted), run_us=open_since, hours="h", target=target,
        extension_us=extension,
    )  # fmt: skip


def never(ask: Any) -> Any:
    """The answer, None where hours never open again or end."""
    try:
        return ask()
    except (NeverOpen, BeyondHorizon):
        return None


@given(lived_cycles())
def test_due_by_dates_is_what_going_through_the_pauses_gives(lived: tuple[Hours, Cycle]) -> None:
    hours, cycle = lived
    sla = Sla(hours={ALWAYS_NAME: always("UTC"), "h": hours})
    assert cycle.target is not None

    def plain() -> int | None:
        base = sla._day_base_us(cycle, cycle.target)  # type: ignore[arg-type]  # not None
        return plain_day_due_us(cycle, hours, hours.add_us(base, cycle.extension_us) if cycle.extension_us else base)

    due = never(plain)
    assert sla.due_us(cycle) == due
    assert sla.due_us(attrs.evolve(cycle, cut=True)) == due


@given(lived_cycles(), st.integers(0, 5000))
def test_an_amount_is_reached_where_going_through_the_runs_finds_it(lived: tuple[Hours, Cycle], minutes: int) -> None:
    hours, cycle = lived
    sla = Sla(hours={ALWAYS_NAME: always("UTC"), "h": hours})

    def plain() -> int | None:
        left = minutes * MINUTE
        for run in cycle.runs:
            if run.counted_us >= left:
                return min(hours.add_us(run.start_us, left), run.end_us)
            left -= run.counted_us
        return None if cycle.run_us is None else hours.add_us(cycle.run_us, left)

    assert sla.due_us(attrs.evolve(cycle, target=Length(minutes * MINUTE), extension_us=0)) == never(plain)


def test_a_warning_that_would_come_when_the_hours_are_known_no_more_does_not_come() -> None:
    known = BusinessHours(zone="UTC", week={"mon-sun": ["00:00-24:00"]}, valid_until="2026-11-24")
    sla = Sla(hours={ALWAYS_NAME: always("UTC"), "h": known})
    start = MONDAY.int_timestamp * 1_000_000
    cycle = Cycle(number=1, started_us=start, run_us=start, hours="h", target=Length(HOUR))
    due = sla.due_us(cycle)
    assert due == start + HOUR
    assert sla.warning_us(cycle, WarnAt.parse("1h"), due) == start + 2 * HOUR
    assert sla.warning_us(cycle, WarnAt.parse("40h"), due) is None


def test_a_late_cycle_that_is_taken_up_again_is_no_longer_counted_as_late() -> None:
    desk = promise(Length(HOUR))
    late = desk.handle(told(desk, []), Resolved(at=MONDAY.add(hours=2), by=MARIA)).ticket
    assert (late.clocks["work"].late, late.clocks["work"].cycle.verdict) == (1, "late")
    again = desk.handle(late, CustomerReplied(at=MONDAY.add(hours=3), by=ADA)).ticket
    assert (again.clocks["work"].late, again.clocks["work"].cycle.verdict) == (0, None)


def test_it_is_remembered_for_some_sets_of_triggers_only_which_metrics_hear_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MOST_HEARD", 2)
    desk = promise(Length(HOUR))
    ticket = told(desk, [5, 5, 5])
    assert len(desk.sla._hearing) == 2
    ticket = desk.handle(ticket, Resolved(at=MONDAY.add(minutes=20), by=MARIA)).ticket
    assert (ticket.clocks["work"].cycle.verdict, len(desk.sla._hearing)) == ("met", 2)


def test_a_pause_of_closed_time_moves_no_date() -> None:
    start, due = round(MONDAY.timestamp()) * 1_000_000, round(MONDAY.add(days=1).timestamp()) * 1_000_000
    closed = start + 4 * HOUR  # 13:00, for an hour
    runs = (Run(start, closed, 4 * HOUR, "answered", "e1", 4 * HOUR),)
    at_noon = Cycle(number=1, started_us=start, runs=runs, run_us=closed + HOUR, banked_us=4 * HOUR, target=Days(1))
    assert plain_day_due_us(at_noon, SUPPORT, due) == due
    assert plain_day_due_us(cycle_with(at_noon, run_us=closed + 2 * HOUR), SUPPORT, due) == due + HOUR
