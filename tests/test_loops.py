"""Machines that answer each other: an automatic message starts no clock and no answer, and two desks come to rest."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve
from hypothesis import assume, given
from hypothesis import strategies as st

from desk_day import ADA, MARIA, at, born, fired, kinds, length
from ticketcore import (
    Action,
    AgentReplied,
    Created,
    CustomerReplied,
    Desk,
    Message,
    Metric,
    Noted,
    Outcome,
    Person,
    Policy,
    Rule,
    Settings,
    Targets,
    Ticket,
    since,
)
from ticketcore._time import HOUR_US, MINUTE_US
from ticketcore.errors import TicketcoreError
from ticketcore.extra import strategies
from ticketcore.extra.laws import live
from ticketcore.model import EventBase, Outside, Reply, Spoken

ROBOT = Person(name="Auto", email="robot@elsewhere.example")
ACK = Rule(name="ack", on=["created", "customer_replied"], then=[Action("reply", "ack")])


def automatic(kind: type[Spoken], at_us: int, **given: Any) -> Spoken:
    return kind(at=at_us, message=Message(text="out of office", automatic=True, public=kind is not Noted), **given)


# --- the law ---------------------------------------------------------------------------------------------------------


@given(st.data())
def test_an_automatic_message_is_no_reply(data: st.DataObject) -> None:
    """Whatever the desk: no status, no counter, no clock that does not ask for machines, no rule that does not listen to them."""
    desk = data.draw(strategies.desks()).evolve(settings=Settings())
    ticket = live(desk, data.draw(strategies.histories(desk))).ticket
    kind = data.draw(st.sampled_from([CustomerReplied, AgentReplied]))
    by = data.draw(st.sampled_from([ADA, MARIA, ROBOT]))
    message = automatic(kind, ticket.floor_us + data.draw(st.sampled_from([0, 1, 5, 90])) * MINUTE_US, by=by, id="robot")
    settled = desk.tick(ticket, message.at_us - 1).ticket
    try:
        outcome = desk.handle(settled, message)
    except TicketcoreError:
        assume(False)
        raise
    own = [event for event in outcome.events if event.id == "robot" or event.id.startswith("robot/")]
    direct = [event for event in own if event.cause == "robot"]
    listens = {
        metric.name for metric in desk.metrics.values() if "auto_reply" in (*metric.start, *metric.restart) or metric.start_on_attach
    }
    assert not any(event.kind == "status_changed" for event in direct)
    assert all(event.metric in listens for event in own if event.kind == "clock_started" and not _ruled(own))  # type: ignore[attr-defined]  # by its kind
    heard = {event.rule for event in own if event.kind == "rule_fired" and event.on == "robot"}  # type: ignore[attr-defined]  # by its kind
    assert all(desk.rules.rule(name).automatic for name in heard)
    if not _ruled(own):
        for name in ("agent_replies", "customer_replies", "waiting_since", "last_agent_reply", "last_customer_reply", "status", "reopens"):
            assert getattr(outcome.ticket, name) == getattr(settled, name)


def _ruled(events: list[EventBase]) -> bool:
    """Whether a rule had a part in it: then what follows is the rule's."""
    return any(event.kind == "rule_fired" for event in events)


def test_a_ticket_that_a_machine_opens_is_not_acknowledged() -> None:
    desk = Desk(metrics=(), rules=[ACK])
    assert desk.handle(None, automatic(Created, 0, ticket="T", by=ROBOT)).effects == ()
    assert [effect.kind for effect in born(desk).effects] == ["reply"]


# --- two desks -------------------------------------------------------------------------------------------------------


class Office:
    """A host of one ticket: what its desk replies goes to the other office, and its echo comes back to its own desk."""

    def __init__(self, desk: Desk, name: str) -> None:
        self.desk, self.name = desk, name
        self.ticket: Ticket | None = None
        self.letters: list[Reply] = []
        self.other: Office = self

    def take(self, *events: Outside) -> None:
        self._keep(self.desk.handle(self.ticket, *events, late="restamp"))

    def tick(self, now_us: int) -> None:
        if self.ticket is not None:
            self._keep(self.desk.tick(self.ticket, now_us))

    def _keep(self, outcome: Outcome) -> None:
        self.ticket = outcome.ticket
        for effect in outcome.effects:
            if isinstance(effect, Reply):
                self.letters.append(effect)
                assert len(self.letters) < 200, "they go on for ever"
                self.take(automatic(AgentReplied, effect.at_us, answers=effect.key))
                if self.other.ticket is None:
                    self.other.take(automatic(Created, effect.at_us, ticket=f"{self.name}-answer", by=ROBOT))
                else:
                    self.other.take(automatic(CustomerReplied, effect.at_us, by=ROBOT))


def offices(one: Desk, two: Desk) -> tuple[Office, Office]:
    first, second = Office(one, "A"), Office(two, "B")
    first.other, second.other = second, first
    return first, second


FAST = Metric(name="fa", start=("created",), stop=("enter:answered",))
NEXT = Metric(name="next", start=("enter:open", "customer_reply"), stop=("agent_reply",), cycles="many")
CLOCKS: dict[str, Any] = {
    "metrics": (FAST, NEXT),
    "policies": (Policy(name="std", targets={"fa": Targets(otherwise=length(2)), "next": Targets(otherwise=length(1))}),),
}


def test_two_desks_that_acknowledge_everything_come_to_rest() -> None:
    first, second = offices(Desk(rules=[ACK], **CLOCKS), Desk(rules=[ACK], **CLOCKS))
    first.take(Created(at=at("09:00"), ticket="A-1", by=ADA))
    assert (len(first.letters), len(second.letters)) == (1, 0)
    first.take(CustomerReplied(at=at("10:00"), by=ADA))
    assert (len(first.letters), len(second.letters)) == (2, 0)
    assert second.ticket is not None
    assert "next" not in second.ticket.clocks  # no clock of a reply runs for what a machine wrote


@pytest.mark.parametrize("limit", [3, 10])
def test_two_desks_that_remind_each_other_come_to_rest(limit: int) -> None:
    """A rule that waits for silence is woken by the other's reminder, for ever; but machines do not count as somebody who writes."""
    remind = Rule(name="remind", when=since("updated") >= "2h", then=[Action("reply", "still there?")])
    first, second = offices(*(Desk(rules=[remind], settings=Settings(silence_after=limit)) for _ in range(2)))
    for office, ticket in ((first, "A-1"), (second, "B-1")):
        office.take(Created(at=at("09:00"), ticket=ticket, by=ADA))
    for hour in range(1, 400):
        for office in (first, second):
            office.tick(at("09:00") + hour * HOUR_US)
    assert first.ticket is not None
    assert second.ticket is not None
    assert len(first.letters) + len(second.letters) <= 2 * limit
    assert (first.ticket.silenced, second.ticket.silenced) != (False, False)
    count = len(first.letters)
    first.take(CustomerReplied(at=first.ticket.floor_us, by=ADA))  # a person: it begins anew
    first.tick(first.ticket.floor_us + 3 * HOUR_US)
    assert len(first.letters) > count


def test_an_automatic_message_wakes_nobody_who_has_fallen_silent() -> None:
    again = Rule(name="again", when=since("created") >= "1h", every_us=HOUR_US, times=100, then=[Action("notify", "lead")])
    desk = Desk(metrics=(), rules=[again], settings=Settings(silence_after=3))
    silent = desk.tick(born(desk).ticket, at("23:00"))
    assert (kinds(silent)[-1], len(fired(silent)), silent.wake_us) == ("silenced", 3, None)
    robot = desk.handle(silent.ticket, automatic(CustomerReplied, at("23:00"), by=ROBOT))
    assert (robot.ticket.silenced, robot.ticket.time_roots, robot.wake_us) == (True, 3, None)
    noted = desk.handle(robot.ticket, automatic(Noted, at("23:10"), by=MARIA))
    assert noted.ticket.silenced
    awake = desk.handle(noted.ticket, Noted(at=at("23:20"), by=MARIA))
    assert (awake.ticket.silenced, awake.ticket.time_roots) == (False, 0)


def test_a_rule_may_say_that_it_answers_machines() -> None:
    """Then it is the rule's own affair: nobody else starts it."""
    desk = Desk(metrics=(), rules=[evolve(ACK, automatic=True)])
    assert len(desk.handle(None, automatic(Created, 0, ticket="T", by=ROBOT)).effects) == 1
