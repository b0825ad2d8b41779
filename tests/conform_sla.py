"""Scenarios of SLA clocks put to ticketcore: each becomes a desk and a history, and the clocks are asked. `run_sla(paths)`.

The schema is part 1 of sla-semantics.md. A scenario is lived through twice, once without any tick and once ticking before every
event and at the end; both must give what is expected.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from ticketcore import (
    Agent,
    AgentReplied,
    Assigned,
    BusinessHours,
    Created,
    CustomerReplied,
    Desk,
    FieldSet,
    FieldType,
    Hours,
    Levels,
    Lifecycle,
    Message,
    Metric,
    Noted,
    Outcome,
    Person,
    Policy,
    PolicySet,
    Priority,
    SlotSet,
    Status,
    StatusSet,
    Targets,
    Ticket,
    Transferred,
    always,
    field,
)  # fmt: skip
from ticketcore.conditions import TRUE, AllOf, Condition
from ticketcore.errors import TicketcoreError
from ticketcore.model import Length, Outside, Target, Warned, WorkingDays
from ticketcore.sla import WarnAt

MINUTE_US: Final = 60_000_000
SECOND_US: Final = 1_000_000
HOURS: Final = "schedule"
NO_PRIORITY: Final = "(none)"  # a desk's tickets always have a level; a scenario's may have none yet
SUPPORTED: Final[Mapping[str, tuple[Any, ...]]] = {
    "due_boundary": ("next_open",), "schedule_change": ("last_schedule",), "target_unit": ("working_day",),
    "end_of_working_day": (True, False), "policies_at_creation_only": (True, False),
}  # fmt: skip
NEUTRAL: Final = frozenset({"tol_s", "note"})
ANSWERS: Final = (
    "state", "due_at", "elapsed_s", "breached", "breached_at", "fulfilled_at", "started_at", "clock_starts_at", "cycles", "warnings",
)  # fmt: skip
STATES: Final = {
    "running": "active", "paused": "paused", "breached": "breached", "met": "fulfilled", "late": "fulfilled", "cancelled": "cancelled",
    "removed": "cancelled", "untargeted": "none",
}  # fmt: skip
CUSTOMER, AGENT = Person(id="customer", name="Customer"), Agent(id="agent")


class Unmodelled(LookupError):
    """The scenario asks for something that the library does not offer; it is skipped, with this reason."""


# --- the desk of a scenario ------------------------------------------------------------------------------------------


def unmodelled(flags: Mapping[str, Any]) -> str:
    """Why a scenario with these flags is skipped; "" if it is not."""
    odd = [f"{name}={flags[name]}" for name in flags if name not in NEUTRAL and flags[name] not in SUPPORTED.get(name, ())]
    return f"one peer's peculiarity, not offered: {', '.join(odd)}" if odd else ""


def hours_of(schedule: Mapping[str, Any] | None) -> Hours:
    """The hours a schedule says; none at all is around the clock."""
    if schedule is None or (schedule.get("empty_is_24x7") and not any(schedule["week"].values())):
        return always("UTC" if schedule is None else schedule["time_zone"])
    return BusinessHours(zone=schedule["time_zone"], week=schedule["week"], holidays=schedule.get("holidays") or ())


def metric_of(name: str, data: Mapping[str, Any]) -> Metric:
    """A metric definition (part 3 of sla-semantics.md) as it stands."""
    return Metric(name=name, **data)


def policy_of(data: Mapping[str, Any], metrics: Iterable[str], flags: Mapping[str, Any], warn: tuple[WarnAt, ...]) -> Policy:
    """A policy with its targets in minutes (or working days), for the metrics under test."""
    promised = {name: amount for name, amount in data["targets"].items() if name in metrics and amount is not None}
    return Policy(
        name=data["id"],
        when=condition_of(data.get("when") or {}),
        targets={name: Targets(otherwise=target_of(amount, data["clock"], flags)) for name, amount in promised.items()},
        hours=HOURS,
        warn=warn,
        due_at="next_opening" if flags.get("due_boundary") else "closing",
        schedule_change="whole_span" if flags.get("schedule_change") else "per_interval",
    )


def condition_of(when: Mapping[str, Sequence[str]]) -> Condition:
    """``{field: [values]}``: all of them match."""
    tests = [field[name if name == "priority" else f"fields.{name}"].is_any(*values) for name, values in when.items()]
    return AllOf(tuple(tests)) if tests else TRUE


def target_of(amount: float, clock: str, flags: Mapping[str, Any]) -> Target:
    """A target: minutes, which may be fractional, or working days."""
    if flags.get("target_unit") == "working_day":
        return WorkingDays(int(amount), bool(flags.get("end_of_working_day")))
    return Length(int(Fraction(str(amount)) * MINUTE_US), clock == "calendar")


def warning_of(data: Mapping[str, Any]) -> WarnAt:
    """A warning as the scenario names it: an offset from due in business minutes or working days."""
    if "offset_working_days" in data:
        return WarnAt("working_days", data["offset_working_days"])
    return WarnAt("offset", int(Fraction(str(data["offset_min"])) * MINUTE_US))


def _named(scenario: Mapping[str, Any], prefixes: Iterable[str], events: str) -> Iterator[str]:
    """The names that triggers with these prefixes, and events of this type, mention."""
    for metric in scenario["metrics"].values():
        for part in ("start", "stop", "restart", "cancel"):
            for trigger in metric.get(part) or ():
                prefix, _, name = trigger.partition(":")
                if prefix in prefixes:
                    yield name
        if events == "status":
            yield from metric.get("pause_status") or ()
    for event in scenario["events"]:
        if event["type"] == events:
            yield event.get("to") or event[events]


def desk_of(scenario: Mapping[str, Any]) -> Desk:
    """The desk on which a scenario plays: any status may be chosen at any time, and a reply moves none."""
    flags = scenario.get("flags") or {}
    created = next(event for event in scenario["events"] if event["type"] == "created")
    first = created.get("status", "new")
    statuses = tuple(dict.fromkeys((first, *_named(scenario, ("enter", "leave"), "status"))))
    when = [policy.get("when") or {} for policy in scenario["policies"]]
    levels = dict.fromkeys(level for test in when for level in test.get("priority", ()))
    levels.update(dict.fromkeys(_named(scenario, (), "priority")))
    levels.update(dict.fromkeys(filter(None, [(created.get("fields") or {}).get("priority")])))
    names = {name for test in when for name in test} | set(created.get("fields") or {})
    names |= {event["name"] for event in scenario["events"] if event["type"] == "field"}
    warn = {str(warning): warning for want in scenario["expect"].values() for warning in map(warning_of, want.get("warnings") or ())}
    metrics = [metric_of(name, data) for name, data in scenario["metrics"].items()]
    return Desk(
        lifecycle=Lifecycle(
            statuses=tuple(Status(name=status, category="open") for status in statuses),
            table={status: {"agent_replies": "@stays", "customer_replies": "@stays"} for status in statuses},
            direct=dict.fromkeys(statuses, statuses),
            initial_status=first,
        ),
        priority=Priority(levels=Levels((NO_PRIORITY, *(level for level in levels if level != NO_PRIORITY)))),
        fields={name: FieldType(kind="name") for name in names - {"priority"}},
        metrics=metrics,
        policies=tuple(policy_of(policy, scenario["metrics"], flags, tuple(warn.values())) for policy in scenario["policies"]),
        hours={HOURS: hours_of(scenario["schedule"])},
        choose_policy="creation" if flags.get("policies_at_creation_only") else "always",
    )


# --- its history -----------------------------------------------------------------------------------------------------


def moment_of(data: Mapping[str, Any]) -> list[Outside]:
    """What one event of a scenario is among ticketcore's: one event, or a creation with a priority given by hand."""
    at = datetime.fromisoformat(data["at"])
    match data["type"]:
        case "created":
            return _creation(data)
        case "agent_reply":
            return [AgentReplied(at=at, by=AGENT)]
        case "customer_reply":
            return [CustomerReplied(at=at, by=CUSTOMER)]
        case "note":
            public = bool(data.get("public"))
            if data.get("by") == "customer" and public:  # a remark the customer made in a portal is a reply
                return [CustomerReplied(at=at, by=CUSTOMER)]
            return [Noted(at=at, by=_actor(data.get("by", "agent")), message=Message(public=public))]
        case "auto_reply":
            return [AgentReplied(at=at, message=Message(automatic=True))]
        case "status":
            return [StatusSet(at=at, by=AGENT, status=data["to"])]
        case "priority":
            return [SlotSet(at=at, by=AGENT, level=data["to"])]
        case "field" if data["name"] == "priority":
            return [SlotSet(at=at, by=AGENT, level=data["to"])]
        case "field":
            return [FieldSet(at=at, by=AGENT, name=data["name"], value=data["to"])]
        case "assign":
            return [Assigned(at=at, by=AGENT, agent=data["to"])]
        case "group":
            return [Transferred(at=at, by=AGENT, group=data["group"])]
        case "policy":
            return [PolicySet(at=at, by=AGENT, policy=data["policy"])]
        case kind:
            raise Unmodelled(f"unknown type of event {kind!r}")


def _creation(data: Mapping[str, Any]) -> list[Outside]:
    fields = dict(data.get("fields") or {})
    level = fields.pop("priority", None)
    by, at = _actor(data["by"]), datetime.fromisoformat(data["at"])
    born = Created(
        at=at, ticket="T-1", by=by, requester=CUSTOMER, fields=fields, has_message=bool(data.get("message")),
        assignee=data.get("assignee"),
    )  # fmt: skip
    return [born] if level is None else [born, SlotSet(at=at, by=by, level=level)]


def _actor(who: str) -> Person | Agent:
    match who:
        case "customer":
            return CUSTOMER
        case "agent":
            return AGENT
    raise Unmodelled(f"unknown author {who!r}")


def edited(desk: Desk, event: Mapping[str, Any], policies: list[dict[str, Any]], scenario: Mapping[str, Any]) -> Desk:
    """The desk after its schedule, or one of its policies, was edited; *policies* are those in force and are brought up to date."""
    if event["type"] == "schedule":
        return desk.evolve(hours={HOURS: hours_of(event["schedule"])})
    for number, policy in enumerate(policies):
        if policy["id"] == event["policy"]:
            policies[number] = {**policy, **event["set"]}
    flags, warn = scenario.get("flags") or {}, desk.policies[0].warn
    return desk.evolve(policies=tuple(policy_of(policy, scenario["metrics"], flags, warn) for policy in policies))


class Play:
    """A scenario lived through up to its query; with *ticking*, time is also told before every event and at the end."""

    def __init__(self, scenario: Mapping[str, Any], *, ticking: bool) -> None:
        self.desk = desk_of(scenario)
        self.ticket: Ticket | None = None
        self.query = datetime.fromisoformat(scenario["query_at"])
        self.warned: dict[tuple[str, int, str], datetime] = {}
        self._ticking = ticking
        policies = [dict(policy) for policy in scenario["policies"]]
        for event in scenario["events"]:
            at = datetime.fromisoformat(event["at"])
            if at <= self.query:
                self._tick(at - timedelta(microseconds=1))
                if event["type"] in ("schedule", "policy_edit"):
                    self._adopt(edited(self.desk, event, policies, scenario), at)
                else:
                    self._keep(self.desk.handle(self.ticket, *moment_of(event)))
        self._tick(self.query)

    def _tick(self, at: datetime) -> None:
        if self._ticking and self.ticket is not None and at >= self.ticket.as_of:
            self._keep(self.desk.tick(self.ticket, at))

    def _adopt(self, desk: Desk, at: datetime) -> None:
        if self.ticket is not None:
            self._keep(desk.adopt(self.ticket, at, self.desk))
        self.desk = desk

    def _keep(self, outcome: Outcome) -> None:
        self.ticket = outcome.ticket
        for event in outcome.events:
            if isinstance(event, Warned):
                self.warned[event.metric, event.number, event.warning] = event.at

    def answer(self, metric: str) -> dict[str, Any]:
        """What can be said of a clock at the time of the query, in the words of the schema."""
        standing = None if self.ticket is None else self.desk.standing(self.ticket, metric, self.query)
        if standing is None or standing.target is None:
            return {**dict.fromkeys(ANSWERS), "state": "none", "breached": False, "cycles": 0 if standing is None else standing.cycle} | (
                {} if standing is None else {"elapsed_s": standing.used_us / SECOND_US, "started_at": standing.started, "warnings": {}}
            )
        warnings = {warning: at for (name, number, warning), at in self.warned.items() if (name, number) == (metric, standing.cycle)}
        return {
            "state": STATES[standing.state],
            "due_at": standing.due,
            "elapsed_s": standing.used_us / SECOND_US,
            "breached": standing.breached_at is not None,
            "breached_at": standing.breached_at,
            "fulfilled_at": standing.ended if standing.state in ("met", "late") else None,
            "started_at": standing.started,
            "clock_starts_at": standing.counts_from,
            "cycles": standing.cycle,
            "warnings": warnings | dict(standing.coming),
        }


# --- comparing -------------------------------------------------------------------------------------------------------


def differences(scenario: Mapping[str, Any], play: Play) -> Iterator[str]:
    """One text for every key that is not as expected."""
    tolerance = (scenario.get("flags") or {}).get("tol_s", 0)
    for metric, wanted in scenario["expect"].items():
        got = play.answer(metric)
        for key, value in wanted.items():
            if not agrees(key, value, got[key], tolerance):
                yield f"{metric}.{key} expected {value}, got {said(got[key])}"


def agrees(key: str, wanted: Any, got: Any, tolerance: float) -> bool:
    """Whether an answer is the one expected."""
    if key == "warnings":
        return all((got or {}).get(str(warning_of(one))) == datetime.fromisoformat(one["at"]) for one in wanted)
    if key.endswith("_at"):
        return bool(got == (None if wanted is None else datetime.fromisoformat(wanted)))
    if key == "elapsed_s":
        return wanted is got or (got is not None and abs(wanted - got) <= tolerance)
    return bool(wanted == got)


def said(value: Any) -> str:
    """An answer as text."""
    if isinstance(value, Mapping):
        return str({name: said(one) for name, one in value.items()})
    return value.isoformat() if isinstance(value, datetime) else str(value)


def run_sla(paths: Iterable[str | Path]) -> tuple[int, int, int]:
    """Run every scenario of the files, print a line per failing or skipped one, and count (passed, failed, skipped)."""
    passed = failed = skipped = 0
    for path in paths:
        for scenario in json.loads(Path(path).read_text(encoding="utf-8")):
            name = scenario["id"]
            reason = unmodelled(scenario.get("flags") or {})
            try:
                wrong = [] if reason else outcome_of(scenario)
            except Unmodelled as why:
                reason, wrong = str(why), []
            except TicketcoreError as error:
                wrong = [f"expected {scenario['expect']}, got {type(error).__name__}: {error}"]
            if reason:
                skipped += 1
                print(f"{name}: skipped, {reason}")
            elif wrong:
                failed += 1
                print(f"{name}: {'; '.join(wrong)}")
            else:
                passed += 1
    return passed, failed, skipped


def outcome_of(scenario: Mapping[str, Any]) -> list[str]:
    """What is not as expected in a scenario, lived through without and with ticks."""
    return list(dict.fromkeys(text for ticking in (False, True) for text in differences(scenario, Play(scenario, ticking=ticking))))
