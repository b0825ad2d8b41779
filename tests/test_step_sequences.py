"""The eight worked sequences of the step (docs/explanation/step.md) as tables: every event, in order, at its instant."""

from __future__ import annotations

from typing import Any

import pytest

from ticketcore import (
    Action,
    Agent,
    AgentReplied,
    Created,
    CustomerReplied,
    Deleted,
    Desk,
    Fact,
    FactsReported,
    FieldSet,
    FieldType,
    Lifecycle,
    MarkedSpam,
    Matrix,
    Message,
    Metric,
    Noted,
    NotSpam,
    Person,
    Policy,
    Postponed,
    Priority,
    Resolved,
    Restored,
    Rule,
    Settings,
    SlotCleared,
    SlotSet,
    Targets,
    field,
    since,
)  # fmt: skip
from ticketcore._time import DAY_US, HOUR_US, MINUTE_US
from ticketcore.errors import OutOfOrder
from ticketcore.model import Length
from ticketcore.sla import WarnAt

MORNING = 1_795_424_400_000_000 - 1_795_424_400_000_000 % DAY_US  # midnight of some day, UTC
ADA, MARIA = Person(email="ada@example.org"), Agent(id="maria")


def at(clock: str, day: int = 0) -> int:
    hours, minutes = clock.split(":")
    return MORNING + day * DAY_US + int(hours) * HOUR_US + int(minutes) * MINUTE_US


def say(us: int) -> str:
    days, rest = divmod(us - MORNING, DAY_US)
    clock = f"{rest // HOUR_US:02}:{rest // MINUTE_US % 60:02}"
    late = f"+{rest % MINUTE_US}us" if rest % MINUTE_US else ""
    return (f"+{days}d " if days else "") + clock + late


def told(event: Any) -> str:
    """One event in the notation of the sequences."""
    match event.kind:
        case "status_changed" | "priority_changed":
            return f"{event.kind} {event.was}>{event.to}"
        case "policy_applied":
            return f"policy_applied {event.policy}"
        case "clock_started":
            return f"clock_started {event.metric} {event.target}"
        case "clock_stopped":
            return f"clock_stopped {event.metric} {event.verdict}"
        case "clock_paused" | "clock_resumed":
            return f"{event.kind} {event.metric}"
        case "retargeted":
            return f"retargeted {event.metric} {event.target}" + (" exceeded" if event.exceeded else "")
        case "warned":
            return f"warned {event.metric}"
        case "breached":
            return f"breached {event.metric} due {say(event.due_us)}"
        case "rule_fired":
            return f"rule_fired {event.rule}" + (f" {event.number}" if event.number else "")
        case "slot_set":
            return f"slot_set {event.slot} {event.level}"
        case "slot_cleared":
            return f"slot_cleared {event.slot}"
        case "tags_added":
            return f"tags_added {','.join(event.tags)}"
        case "action_refused":
            return f"action_refused {event.action}"
        case _:
            return str(event.kind)


def log(*outcomes: Any) -> list[str]:
    return [f"{say(event.at_us)} {told(event)}" for outcome in outcomes for event in outcome.events]


def effects(*outcomes: Any) -> list[str]:
    return [f"{say(effect.at_us)} {effect.rule or effect.kind}" for outcome in outcomes for effect in outcome.effects]


def lines(text: str) -> list[str]:
    """``09:00 a, b | 10:00 c`` as one line an event."""
    found = []
    for part in text.replace("\n", " ").split("|"):
        words = part.split()
        when = words[0] if not words[0].startswith("+") else " ".join(words[:2])
        rest = " ".join(words[1:] if not words[0].startswith("+") else words[2:])
        found += [f"{when} {one.strip()}" for one in rest.split(",")]
    return found


FA = Metric(name="fa", start=("created",), stop=("enter:answered",), cancel=("enter:resolved",))


def hours_of(amount: float) -> Length:
    return Length(int(amount * HOUR_US))


def by_level(**levels: float) -> Targets:
    return Targets(by_level={name: hours_of(amount) for name, amount in levels.items()})


def test_1_an_answer_on_the_dot_is_in_time_unless_time_was_told_first() -> None:
    desk = Desk(metrics=(FA,), policies=(Policy(name="std", targets={"fa": Targets(otherwise=hours_of(3))}, warn=(WarnAt.parse("-30m"),)),))
    born = desk.handle(None, Created(at=at("09:00"), ticket="T", by=ADA))
    reply = AgentReplied(at=at("12:00"), by=MARIA)
    assert log(born) == lines("09:00 created, policy_applied std, clock_started fa 3h")
    assert log(desk.handle(born.ticket, reply)) == lines(
        "11:30 warned fa | 12:00 agent_replied, status_changed new>answered, clock_stopped fa met"
    )
    ticked = desk.tick(born.ticket, at("12:00"))
    assert log(ticked) == lines("11:30 warned fa | 12:00 breached fa due 12:00")
    with pytest.raises(OutOfOrder) as caught:
        desk.handle(ticked.ticket, reply)
    assert caught.value.floor == at("12:00") + 1
    late = desk.handle(ticked.ticket, reply, late="restamp")
    assert log(late) == lines("12:00+1us agent_replied, status_changed new>answered, clock_stopped fa late")
    moved: Any = late.events[0]
    assert moved.said_at_us == at("12:00")


def test_2_a_worker_down_for_three_days_gives_one_notice_a_broken_promise() -> None:
    resolve = Metric(name="first_resolve", start=("created",), stop=("enter:resolved",))
    policy = Policy(
        name="std", targets={"fa": by_level(low=4, high=2), "first_resolve": by_level(low=8, high=3)}, warn=(WarnAt.parse("-30m"),)
    )
    escalate = Rule(name="escalate", on=["breached"], then=(Action("set_priority", "high"), Action("notify", "lead")))
    desk = Desk(metrics=(FA, resolve), policies=(policy,), rules=(escalate,))
    born = desk.handle(None, Created(at=at("09:00"), ticket="T", by=ADA))
    note = desk.handle(born.ticket, Noted(at=at("09:00", 3), by=MARIA))
    assert log(note) == lines("""12:30 warned fa | 13:00 breached fa due 13:00, rule_fired escalate, slot_set rules high,
        priority_changed low>high, retargeted fa 2h exceeded, retargeted first_resolve 3h exceeded,
        breached first_resolve due 12:00, rule_fired escalate | +3d 09:00 noted""")
    assert effects(note) == ["13:00 escalate", "13:00 escalate"]
    assert len({effect.key for effect in note.effects}) == 2
    ticket, ticks = born.ticket, []
    while (wake := desk.wake_us(ticket)) is not None and wake < at("09:00", 3):
        ticks.append(desk.tick(ticket, wake))
        ticket = ticks[-1].ticket
    last = desk.handle(ticket, Noted(at=at("09:00", 3), by=MARIA))
    assert last.ticket == note.ticket
    assert [event for outcome in (*ticks, last) for event in outcome.events] == list(note.events)


def test_3_creation_estimated_answer_and_slots() -> None:
    gold = Policy(name="gold", when=field.tags.has("vip"), targets={"fa": by_level(low=2, medium=1, high=0.5, urgent=0.25)})
    std = Policy(name="std", targets={"fa": by_level(low=8, medium=4, high=2, urgent=1)})
    rules = (
        Rule(name="ack", on=["created"], then=(Action("reply", "ack"),)),
        Rule(name="vip", on=["created"], then=(Action("add_tag", "vip"), Action("set_priority", "high"))),
        Rule(name="page", on=["policy_applied"], when=field.policy == "gold", then=(Action("notify", "pager"),)),
    )
    desk = Desk(
        metrics=(FA,), policies=(gold, std), rules=rules, templates={"ack": "answer by {{ due }}"},
        fields={"impact": FieldType(kind="name"), "urgency": FieldType(kind="name")},
        priority=Priority(matrix=Matrix.of(impact=["small", "big"], urgency=["any"], levels=[["low"], ["urgent"]])),
    )  # fmt: skip
    born = desk.handle(None, Created(at=at("09:00"), ticket="T", by=ADA, fields={"urgency": "any"}))
    assert log(born) == lines("""09:00 created, rule_fired ack, rule_fired vip, tags_added vip, slot_set rules high,
        priority_changed low>high, policy_applied gold, clock_started fa 30m, rule_fired page""")
    assert effects(born) == ["09:00 ack", "09:00 page"]
    ack: Any = born.effects[0]
    assert "09:30" in ack.text
    big = desk.handle(born.ticket, FieldSet(at=at("09:05"), by=MARIA, name="impact", value="big"))
    assert log(big) == lines("09:05 field_set")
    assert "overruled: urgent" in desk.why(big.ticket)
    manual = desk.handle(big.ticket, SlotSet(at=at("09:10"), by=MARIA, level="medium"))
    assert log(manual) == lines("09:10 slot_set manual medium, priority_changed high>medium, retargeted fa 1h")
    back = desk.handle(manual.ticket, SlotCleared(at=at("09:20"), by=MARIA))
    assert log(back) == lines("09:20 slot_cleared manual, priority_changed medium>high, retargeted fa 30m")
    assert back.wake_us == at("09:30")
    last = desk.handle(back.ticket, SlotCleared(at=at("09:25"), by=MARIA, slot="rules"))
    assert log(last) == lines("09:25 slot_cleared rules, priority_changed high>urgent, retargeted fa 15m exceeded, breached fa due 09:15")


def test_4_once_a_cycle_net_changes_and_order() -> None:
    changed = field.priority.changed()
    rules = (
        Rule(name="A", on=["priority_changed"], when=changed, then=(Action("notify", "a"),)),
        Rule(
            name="B", on=["customer_replied"], then=(Action("set_priority", "high"), Action("close", True), Action("add_tag", "hot"))
        ),
        Rule(name="C", when=field.tags.has("hot") & (since("created") >= "1h"), then=(Action("notify", "c"),)),
        Rule(
            name="D", on=["priority_changed"], when=~field.tags.has("calm"),
            then=(Action("release_priority", True), Action("add_tag", "calm")),
        ),
        Rule(name="E", on=["customer_replied"], when=changed, then=(Action("notify", "e"),)),
    )  # fmt: skip
    desk = Desk(metrics=(), rules=rules)
    born = desk.handle(None, Created(at=at("09:00"), ticket="T", by=ADA))
    reply = desk.handle(born.ticket, CustomerReplied(at=at("11:00"), by=ADA))
    assert log(reply) == lines("""11:00 customer_replied, rule_fired B, slot_set rules high, priority_changed low>high,
        action_refused close, tags_added hot, rule_fired C, rule_fired D, slot_cleared rules, priority_changed high>low,
        tags_added calm""")
    assert effects(reply) == ["11:00 C"]
    refused: Any = next(event for event in reply.events if event.kind == "action_refused")
    assert "allowed" in refused.reason
    assert reply.wake_at is None


def test_5_rise_equal_instant_and_repetition() -> None:
    waiting = field.status.is_any("new", "open") & (since("updated") >= "2h")
    remind = Rule(name="remind", when=waiting, every_us=HOUR_US, times=3, then=(Action("notify", "remind"),))
    desk = Desk(metrics=(), rules=(remind,))
    born = desk.handle(None, Created(at=at("09:00"), ticket="T", by=ADA))
    one = desk.handle(born.ticket, Noted(at=at("11:00"), by=MARIA))
    two = desk.handle(one.ticket, Noted(at=at("11:00"), by=MARIA))
    ticked = desk.tick(two.ticket, at("15:30"))
    assert log(one, two, ticked) == lines("""11:00 noted | 11:00 noted | 13:00 time_reached, rule_fired remind 1
        | 14:00 time_reached, rule_fired remind 2 | 15:00 time_reached, rule_fired remind 3""")
    assert len(ticked.effects) == 3
    answered = desk.handle(ticked.ticket, AgentReplied(at=at("16:00"), by=MARIA))
    again = desk.handle(answered.ticket, CustomerReplied(at=at("17:00"), by=ADA))
    rise = desk.tick(again.ticket, at("19:00"))
    assert log(answered, again, rise) == lines("""16:00 agent_replied, status_changed new>answered
        | 17:00 customer_replied, status_changed answered>open | 19:00 time_reached, rule_fired remind 1""")
    assert rise.wake_us == at("20:00")


def test_6_spam_by_mistake_and_deleted_while_postponed() -> None:
    policy = Policy(name="std", targets={"fa": Targets(otherwise=hours_of(3))}, warn=(WarnAt.parse("-30m"),))
    old = Rule(name="old", when=since("created") >= "2h", then=(Action("notify", "lead"),))
    desk = Desk(metrics=(FA,), policies=(policy,), rules=(old,))
    born = desk.handle(None, Created(at=at("09:00"), ticket="T", by=ADA))
    spam = desk.handle(born.ticket, MarkedSpam(at=at("09:20"), by=MARIA))
    back = desk.handle(spam.ticket, NotSpam(at=at("10:00"), by=MARIA))
    later = desk.handle(back.ticket, Postponed(at=at("10:10"), by=MARIA, until=at("10:50")))
    bin_ = desk.handle(later.ticket, Deleted(at=at("10:30"), by=MARIA))
    assert log(born, spam, back, later, bin_) == lines("""09:00 created, policy_applied std, clock_started fa 3h
        | 09:20 marked_spam, status_changed new>spam, clock_stopped fa removed
        | 10:00 not_spam, status_changed spam>new, clock_resumed fa
        | 10:10 postponed, status_changed new>postponed
        | 10:30 deleted, status_changed postponed>deleted, clock_stopped fa removed""")
    ticked = desk.tick(bin_.ticket, at("13:00"))
    assert ticked.ticket is bin_.ticket
    assert bin_.wake_at is None
    restored = desk.handle(bin_.ticket, Restored(at=at("14:00"), by=MARIA))
    last = desk.tick(restored.ticket, at("17:00"))
    assert log(restored, last) == lines("""14:00 restored, status_changed deleted>postponed, rule_fired old, clock_resumed fa
        | 14:00 woken, status_changed postponed>new | 15:40 warned fa | 16:10 breached fa due 16:10""")
    assert effects(restored, last) == ["14:00 old"]


def test_7_facts_together_automatic_and_diverted() -> None:
    following = Metric(name="next_answer", start=("customer_reply",), stop=("enter:answered",), cancel=("enter:resolved",), cycles="many")
    policy = Policy(name="std", targets={"fa": Targets(otherwise=hours_of(10)), "next_answer": Targets(otherwise=hours_of(1))})
    rules = (
        Rule(name="busy", when=(field.status == "new") & (since("created") >= "3h") & (field.queue > 20), then=(Action("notify", "busy"),)),
        Rule(name="sent", on=["agent_replied"], when=field.status == "answered", then=(Action("notify", "sent"),)),
        Rule(name="close", when=(field.status == "resolved") & (since("status_since") >= "24h"), then=(Action("close", True),)),
    )
    desk = Desk(
        metrics=(FA, following), policies=(policy,), rules=rules, lifecycle=Lifecycle(reopen_window="24h"),
        facts={"queue": Fact(type=FieldType(kind="number"), default=0)},
    )  # fmt: skip
    outcomes = [desk.handle(None, Created(at=at("09:00"), ticket="T", by=ADA))]

    def then(*events: Any) -> Any:
        outcomes.append(desk.handle(outcomes[-1].ticket, *events))
        return outcomes[-1]

    then(FactsReported(at=at("10:00"), facts={"queue": 3}))
    assert desk.tick(outcomes[-1].ticket, at("12:10")).ticket is outcomes[-1].ticket  # nothing at 12:00
    assert log(then(FactsReported(at=at("12:30"), facts={"queue": 50}))) == lines("12:30 facts_reported, rule_fired busy")
    assert log(then(AgentReplied(at=at("13:00"), by=MARIA), Resolved(at=at("13:00"), by=MARIA))) == lines("""13:00 agent_replied,
        status_changed new>answered, resolved, status_changed answered>resolved, clock_stopped fa met""")
    assert log(then(CustomerReplied(at=at("13:01"), by=ADA, message=Message(text="out of office", automatic=True)))) == lines(
        "13:01 customer_replied"
    )
    assert log(then(CustomerReplied(at=at("13:00", 1), by=ADA))) == lines(
        "+1d 13:00 customer_replied, status_changed resolved>open, clock_started next_answer 1h"
    )
    assert log(then(Resolved(at=at("14:00", 1), by=MARIA))) == lines(
        "+1d 14:00 resolved, status_changed open>resolved, clock_stopped next_answer cancelled"
    )
    diverted = then(CustomerReplied(at=at("00:00", 4), by=ADA))
    assert log(diverted) == lines("""+2d 14:00 time_reached, rule_fired close, closed, status_changed resolved>closed
        | +4d 00:00 customer_replied, diverted""")
    assert [effect.kind for effect in diverted.effects] == ["create_follow_up"]
    assert diverted.ticket.reopens == 1


def test_8_a_flip_stops_because_a_breach_is_recorded_once_a_target() -> None:
    policy = Policy(name="std", targets={"fa": by_level(low=4, high=1)})
    unchanged = ~field.priority.changed()  # so that the two are one flip
    rules = tuple(
        Rule(
            name=name,
            on=["breached"],
            when=(field.priority == was) & unchanged,
            then=(Action("set_priority", to), Action("notify", "lead")),
        )
        for name, was, to in (("flop", "low", "high"), ("flip", "high", "low"))
    )
    desk = Desk(
        metrics=(FA,), policies=(policy,), rules=rules, priority=Priority(
            matrix=Matrix.of(impact=["small", "big"], urgency=["any"], levels=[["low"], ["high"]])
        ), fields={"impact": FieldType(kind="name"), "urgency": FieldType(kind="name")},
    )  # fmt: skip
    born = desk.handle(None, Created(at=at("09:00"), ticket="T", by=ADA, fields={"impact": "small", "urgency": "any"}))
    high = desk.handle(born.ticket, FieldSet(at=at("09:05"), by=MARIA, name="impact", value="big"))
    ticked = desk.tick(high.ticket, at("14:00"))
    shown = [line for line in log(ticked) if "rule_fired" not in line]
    assert shown == lines("""10:00 breached fa due 10:00, slot_set rules low, priority_changed high>low, retargeted fa 4h
        | 13:00 breached fa due 13:00, slot_set rules high, priority_changed low>high, retargeted fa 1h exceeded""")
    assert ticked.wake_at is None


def test_8_rules_that_run_on_fall_silent() -> None:
    again = Rule(name="again", on=["woken"], then=(Action("postpone", Length(HOUR_US, True)),))
    desk = Desk(metrics=(), rules=(again,), settings=Settings(silence_after=40))
    born = desk.handle(None, Created(at=at("09:00"), ticket="T", by=ADA))
    put_off = desk.handle(born.ticket, Postponed(at=at("09:05"), by=MARIA, until=at("10:00")))
    ticked = desk.tick(put_off.ticket, at("10:00", 30))
    assert log(ticked)[:6] == lines("""10:00 woken, status_changed postponed>new, rule_fired again, postponed, status_changed new>postponed
        | 11:00 woken""")
    assert sum(event.kind == "woken" for event in ticked.events) == 40
    assert ticked.events[-1].kind == "silenced"
    assert ticked.wake_at is None
    assert desk.handle(ticked.ticket, Noted(at=at("11:00", 30), by=MARIA)).wake_at is not None
