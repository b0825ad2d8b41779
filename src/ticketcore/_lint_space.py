"""Tickets and days that tell a desk's conditions apart: what can be created, what people can do next, and a walk through it all.

The values are those that the conditions of the desk mention and one other of each (`ticketcore._lint_domain`); what people do takes
no time, and time passes from one instant at which something may flip to the next. Every step is the real desk's, so what a
walk shows replays; several desks can be walked side by side. A walk is breadth first, deterministic, and bounded by a budget of
steps; whether it came to an end of its own is said.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from heapq import heappop, heappush
from itertools import combinations, product
from typing import Any, Final

from attrs import field, frozen
from attrs import fields as attr_fields

from ticketcore._lint_domain import atoms_of, representatives
from ticketcore._lint_footprint import reads_of, share
from ticketcore._lint_script import Moment, Script
from ticketcore._time import DAY_US, HOUR_US
from ticketcore._values import EMPTY, changed
from ticketcore.conditions import Changed, Condition, FieldType, InHours, Not, Since, Test, Until, View, holds, is_timed, next_rise
from ticketcore.desk import Desk, Outcome
from ticketcore.errors import TicketcoreError
from ticketcore.model import (
    EVENTS,
    Acknowledged,
    Agent,
    AgentReplied,
    Assigned,
    Closed,
    Confirmed,
    Created,
    CustomerReplied,
    Deleted,
    Escalated,
    FactsReported,
    FieldSet,
    Length,
    MarkedAnswered,
    MarkedSpam,
    Merged,
    Message,
    Noted,
    NotSpam,
    Outside,
    Person,
    PolicySet,
    Postponed,
    Purged,
    Rated,
    Reopened,
    Resolved,
    Restored,
    SlotCleared,
    SlotSet,
    StatusSet,
    TagsAdded,
    TagsRemoved,
    TargetExtended,
    Ticket,
    Transferred,
    Unassigned,
    Verified,
)  # fmt: skip
from ticketcore.rules import Rule

__all__ = ["MONDAY", "Space", "Visit", "Walk", "clock_key", "conditions_of", "created"]

MONDAY: Final = 1_795_424_400_000_000  # 23 November 2026, 09:00 UTC: scripts begin then
AGENT: Final = Agent(id="maria")
CUSTOMER: Final = Person(email="someone@example.org")
Values = Mapping[str, Any]


def conditions_of(desk: Desk, rules: frozenset[str] | None = None, reads: frozenset[str] | None = None) -> tuple[Condition, ...]:
    """Every condition of a desk: rules (all, or those named) and ladders, policies, pauses, guards, the score card.

    With *reads*, the last four only where they read something in it.
    """
    lifecycle, score = desk.lifecycle, desk.priority.score

    def matters(condition: Condition) -> bool:
        return reads is None or bool(share(reads_of(condition, desk.vocabulary), reads))

    return (
        *(rule.when for rule in desk.rules if rule.enabled and (rules is None or rule.name in rules)),
        *(policy.when for policy in desk.policies if matters(policy.when)),
        *(metric.pause for metric in desk.metrics.values() if metric.pause is not None and matters(metric.pause)),
        *(
            move.guard
            for workflow in (lifecycle, *lifecycle.by_type.values())
            for rows in (workflow.rows(), workflow.choices())
            for row in rows.values()
            for move in row.values()
            if move.guard is not None and matters(move.guard)
        ),
        *(entry.condition for entry in (score.entries if score is not None else ()) if matters(entry.condition)),
        *(Test(f"fields.{lifecycle.type_field}", "is", name) for name in lifecycle.by_type),  # which workflow a ticket follows
    )


# --- what can be created -----------------------------------------------------------------------------------------------

_PERSONAL: Final = ("id", "name", "email", "phone", "organisation", "tier", "language", "location", "tags")
_AT_BIRTH: Final = ("channel", "subject", "language", "group", "assignee", "tags")  # fields of a Created event
_SPOKEN: Final = ("text", "description", "event.text")
_BY_AGENT: Final = "event.by_role"
_AT: Final = "@at"  # no field: the instant of the creation


def is_settable(name: str) -> bool:
    """Whether the field can be given a value in the moment in which a ticket is created."""
    head, _, rest = name.partition(".")
    if head == "requester":
        return rest in (*_PERSONAL, "email_domain") or rest.startswith("fields.")
    return head in ("fields", "facts") or name in (*_AT_BIRTH, *_SPOKEN, _BY_AGENT, "priority", "policy", "event.automatic", "event.public")


def created(desk: Desk, values: Values = EMPTY) -> Moment:
    """The moment in which a ticket with these values of fields is created; what cannot be given on creation is left out.

    Facts that the desk asks for are given some value. It is a Monday morning, unless ``@at`` gives another instant.
    """
    at_us = values.get(_AT, MONDAY)
    facts = {name: _some(fact.type) for name, fact in desk.facts.items() if "created" in fact.required_with}
    facts |= {name.removeprefix("facts."): value for name, value in values.items() if name.startswith("facts.") and value is not None}
    texts = [values[name] for name in _SPOKEN if values.get(name)]
    given: dict[str, Any] = {name: values[name] for name in _AT_BIRTH if values.get(name) is not None}
    message = Message(text=" ".join(dict.fromkeys(texts)), automatic=values.get("event.automatic") is True,
                      public=values.get("event.public") is not False)  # fmt: skip
    person = _person(values)
    by_agent = values.get(_BY_AGENT) == "agent"
    birth = Created(
        at=at_us, id="1", ticket="T-1", by=AGENT if by_agent else person, requester=person if by_agent else Person(), message=message,
        fields={name.removeprefix("fields."): value for name, value in values.items() if name.startswith("fields.") and value is not None},
        facts=facts, **given,
    )  # fmt: skip
    moment: list[Outside] = [birth]
    if values.get("priority") is not None:
        moment.append(SlotSet(at=at_us, id="1a", by=birth.by, level=values["priority"]))
    if values.get("policy") is not None:
        moment.append(PolicySet(at=at_us, id="1b", by=birth.by, policy=values["policy"]))
    return tuple(moment)


def _person(values: Values) -> Person:
    given = {name: values[f"requester.{name}"] for name in _PERSONAL if values.get(f"requester.{name}") is not None}
    domain = values.get("requester.email_domain")
    if domain and "email" not in given:
        given["email"] = f"someone@{domain}"
    declared = {name.removeprefix("requester.fields."): value for name, value in values.items()
                if name.startswith("requester.fields.") and value is not None}  # fmt: skip
    return Person(**{"email": CUSTOMER.email, **given, "fields": declared})


def _some(kind: FieldType) -> Any:
    """Some value of a type."""
    if kind.choices:
        return frozenset(kind.choices[:1]) if kind.kind == "set" else kind.choices[0]
    return {"flag": False, "number": 0, "duration": 0, "instant": MONDAY, "set": frozenset({"some"})}.get(kind.kind, "some")


# --- what people can do ------------------------------------------------------------------------------------------------

# What each kind of event from outside can change, besides the status.
_CHANGES: Final[Mapping[str, tuple[str, ...]]] = {
    "customer_replied": ("customer_replies", "last_customer_reply", "waiting_since", "updated", "event.text", "text"),
    "agent_replied": ("agent_replies", "first_agent_reply", "last_agent_reply", "waiting_since", "updated", "acknowledged_at"),
    "noted": ("notes", "updated"), "marked_answered": ("waiting_since",), "postponed": ("postponed_until",),
    "acknowledged": ("acknowledged_at",), "slot_set": ("priority", "priority_since"), "slot_cleared": ("priority",),
    "tags_added": ("tags",), "tags_removed": ("tags",), "assigned": ("assignee", "assigned_at", "reassignments"),
    "unassigned": ("assignee", "assigned_at"), "transferred": ("group", "transfers", "returns"),
    "escalated": ("escalation", "escalated_at"),
    "policy_set": ("policy",), "rated": ("rating",), "merged": ("merged_into",), "verified": ("checks",), "confirmed": ("checks",),
}  # fmt: skip
_MOVING: Final[Mapping[str, type[Outside]]] = {
    "mark_answered": MarkedAnswered, "resolve": Resolved, "close": Closed, "reopen": Reopened, "spam": MarkedSpam,
    "not_spam": NotSpam, "delete": Deleted, "restore": Restored,
}  # fmt: skip
_TAGGING: Final = 4  # tags that people put on and off one by one


class Space:
    """The tickets and events by which one or several desks can be told through.

    *about* adds conditions, *seeds* tickets to begin with (values by field), *limit* bounds how many are created. With *rules*, only
    the conditions of those rules count, with *reads* only what bears on what it names (`cone_of`). Fields that no condition reads are
    left as they are; with *still*, the status too, unless a condition reads it or a rule hears of it. ``is_whole``: everything that
    can be created, as far as conditions tell it apart, is among ``beginnings``; ``is_exact``: the values are all that tests can tell
    apart.
    """

    def __init__(
        self, desks: Sequence[Desk], about: Iterable[Condition] = (), *, seeds: Iterable[Values] = (), limit: int = 600,
        rules: frozenset[str] | None = None,
        reads: frozenset[str] | None = None, still: bool = False,
    ) -> None:  # fmt: skip
        self.desks: Final = tuple(desks)
        self.about: Final = tuple(about)
        self.desk: Final = self.desks[0]
        allowed = (
            roles
            for desk in self.desks
            for flow in (desk.lifecycle, *desk.lifecycle.by_type.values())
            for roles in flow.permissions.values()
        )
        self.agent: Final = Agent(id=AGENT.id, permissions=frozenset(role for roles in allowed for role in roles))  # who may do anything
        self.conditions: Final = tuple(
            dict.fromkeys((*(one for desk in self.desks for one in conditions_of(desk, rules, reads)), *self.about))
        )
        self._reads: Final = reads
        self.values: Final = self._values()
        self._moving: Final = not still or self._hears_moves(rules)
        self.heard: Final = self._heard(rules)
        self.timed: Final = tuple(dict.fromkeys(atom for one in self.conditions for atom in atoms_of(one) if is_timed(atom)))
        self._instants: Final = frozenset(name for atom in self.timed for name in reads_of(atom, self.desk.vocabulary))
        self.in_hours: Final = self._in_hours()
        self._longest: Final = self._longest_asked()
        self.is_whole = True
        self.beginnings: Final = self._beginnings(tuple(seeds), limit)

    def _values(self) -> dict[str, tuple[Any, ...]]:
        """The values of each field that matters, the plainest first."""
        tests: dict[str, list[Test | Changed]] = {}
        words = self.desk.vocabulary
        for condition in self.conditions:
            for atom in atoms_of(condition):
                if isinstance(atom, Test | Changed):
                    tests.setdefault(words.field(atom.field).name, []).append(atom)
        for desk in self.desks:
            for tag in desk.priority.tags if self._wants("priority") else ():
                tests.setdefault("tags", []).append(Test("tags", "has", tag))
            if desk.priority.matrix is not None and self._wants("priority"):
                tests.setdefault(f"fields.{desk.priority.impact}", [])
                tests.setdefault(f"fields.{desk.priority.urgency}", [])
        closed = True
        found = {}
        for name, read in tests.items():
            found[name], exact = representatives(name, tuple(dict.fromkeys(read)), words)
            closed = closed and exact
        self.is_exact = closed
        for condition in self.conditions:
            for atom in atoms_of(condition):
                name = words.field(atom.of).name if isinstance(atom, Since | Until) else ""
                if is_settable(name):  # an instant that the host gives: it is one, or there is none
                    found[name] = tuple(dict.fromkeys((*found.get(name, (None,)), MONDAY)))
        if any(targets.by_level for desk in self.desks for policy in desk.policies for targets in policy.targets.values()):
            self.is_exact = self.is_exact and self._reads is not None  # a survey does not try every level for its promise
            if self._reads is not None and "sla" in self._reads:
                found.setdefault("priority", self.desk.priority.levels.names)
        return found

    def _wants(self, name: str) -> bool:
        return self._reads is None or name in self._reads

    def _rules(self, rules: frozenset[str] | None) -> Iterator[Rule]:
        """The rules that are looked at."""
        return (rule for desk in self.desks for rule in desk.rules if rule.enabled and (rules is None or rule.name in rules))

    def _hears_moves(self, rules: frozenset[str] | None) -> bool:
        """Whether a condition reads the status, or a rule hears of its changes."""
        return not self.values.keys().isdisjoint(("status", "category")) or any("status_changed" in rule.on for rule in self._rules(rules))

    def _heard(self, rules: frozenset[str] | None) -> frozenset[str]:
        """The kinds of events from outside that a rule listens to; a rule without kinds hears a note as well as anything."""
        kinds: set[str] = set()
        for rule in self._rules(rules):
            if not rule.is_timed:
                kinds |= rule.on or {"noted"}
        for desk in self.desks if self._moving else ():
            kinds |= set(desk.lifecycle.triggers)
            for metric in desk.metrics.values():
                for trigger in (*metric.start, *metric.stop, *metric.restart, *metric.cancel):
                    kinds |= {"note": {"noted"}, "assign": {"assigned"}, "group": {"transferred"}, "ungroup": {"transferred"}}.get(
                        trigger.partition(":")[0], set()
                    )
        return frozenset(kind for kind in kinds if EVENTS[kind].is_outside)

    def _in_hours(self) -> bool:
        """Whether the time of the week matters: then tickets of the same age may differ."""
        named = any(policy.targets for desk in self.desks for policy in desk.policies)
        business = any(name != "24x7" for desk in self.desks for name in desk.hours)
        return business and (named or any(isinstance(atom, InHours) or not _is_calendar(atom) for atom in self.timed))

    def _beginnings(self, seeds: tuple[Values, ...], limit: int) -> tuple[Moment, ...]:
        """What can be created: the given seeds, then the plain ticket, then with one value, two, and so on."""
        choices = {name: [value for value in values if value is not None] for name, values in self.values.items() if is_settable(name)}
        choices["priority"] = list(self.desk.priority.levels.names) if "priority" in self.values else []
        choices[_BY_AGENT] = ["agent"]
        if "event.automatic" in choices or any(rule.automatic for desk in self.desks for rule in desk.rules):
            choices["event.automatic"] = [True]
        starts = self._starts()
        choices[_AT] = list(starts)
        named = [name for name, values in choices.items() if values]
        found: dict[Moment, None] = {created(self.desk, seed): None for seed in seeds}
        found |= {created(self.desk, {**seed, _AT: at}): None for at in starts for seed in seeds}
        for size in range(len(named) + 1):
            for chosen in combinations(named, size):
                for values in product(*(choices[name] for name in chosen)):
                    if len(found) >= limit:
                        self.is_whole = False
                        return tuple(found)
                    found[created(self.desk, dict(zip(chosen, values, strict=True)))] = None
        return tuple(found)

    def _starts(self) -> tuple[int, ...]:
        """Instants other than the Monday morning at which tests of hours answer otherwise, one for each row of answers."""
        tests = tuple(atom for atom in self.timed if isinstance(atom, InHours))
        if not tests:
            return ()
        words = self.desk.vocabulary
        found: dict[tuple[bool, ...], int] = {}
        days = 400 if any(test.state == "holiday" for test in tests) else 7
        for at in range(MONDAY, MONDAY + days * DAY_US, 4 * HOUR_US):
            view = View(words, Ticket(id=""), at)
            found.setdefault(tuple(holds(test, view) for test in tests), at)
        return tuple(at for at in found.values() if at != MONDAY)

    # --- next ------------------------------------------------------------------------------------------------------------

    def moments(self, ticket: Ticket, now_us: int) -> Iterator[Moment]:
        """What people can do to *ticket* at an instant that makes a difference to some condition; the usual first."""
        at = max(now_us, ticket.floor_us)
        for event in self._events(ticket, at):
            facts = {name: _some(self.desk.facts[name].type) for name in self.desk.required_facts.get(event.kind, ())}
            yield (changed(event, id=f"{ticket.version + 1}", facts=type(event.facts)({**facts, **event.facts})),)

    def _matters(self, kind: str) -> bool:
        return kind in self.heard or any(name in self.values or name in self._instants for name in _CHANGES.get(kind, ()))

    def _events(self, ticket: Ticket, at: int) -> Iterator[Outside]:
        desk = self.desk
        allowed = desk.lifecycle.of(ticket).allowed(ticket.status) if self._moving and ticket.merged_into is None else EMPTY
        agent: dict[str, Any] = {"at": at, "by": self.agent}
        if "customer_replies" in allowed or self._matters("customer_replied"):
            yield from self._spoken(CustomerReplied, {"at": at, "by": CUSTOMER if ticket.requester == Person() else ticket.requester})
        if "agent_replies" in allowed or self._matters("agent_replied"):
            yield from self._spoken(AgentReplied, agent)
        for trigger, kind in _MOVING.items():
            if trigger in allowed or kind.kind in self.heard:
                yield kind(**agent)
        if "postpone" in allowed:
            yield Postponed(**agent, until=at + HOUR_US)
        yield from (StatusSet(**agent, status=status) for status in allowed.get("set", ()))
        yield from self._plain_events(ticket, agent)
        yield from self._field_events(ticket, agent)

    def _spoken(self, kind: type[CustomerReplied | AgentReplied], given: dict[str, Any]) -> Iterator[Outside]:
        yield kind(**given)
        texts = dict.fromkeys(text for name in ("event.text", "text") for text in self.values.get(name, ()) if text)
        yield from (kind(**given, message=Message(text=text)) for text in texts)
        if "event.automatic" in self.values:
            yield kind(**given, message=Message(automatic=True))
        if "event.public" in self.values and kind is AgentReplied:
            yield kind(**given, message=Message(public=False))

    def _plain_events(self, ticket: Ticket, agent: dict[str, Any]) -> Iterator[Outside]:
        """Events without a value, or with a value that any will do for."""
        if self._matters("noted"):
            yield Noted(**agent)
        if self._matters("acknowledged"):
            yield Acknowledged(**agent)
        yield from (kind(**agent) for kind in (Verified, Confirmed) if self._matters(kind.kind) and kind.kind not in ticket.checks)
        if self._matters("assigned"):
            yield from (
                Assigned(**agent, agent=name)
                for name in self._named("assignee", AGENT.id, *(("ivan",) if "reassignments" in self.values else ()))
                if name != ticket.assignee
            )
        if self._matters("unassigned") and ticket.assignee is not None:
            yield Unassigned(**agent)
        if self._matters("transferred"):
            groups = self.desk.groups[:_TAGGING] or ("somewhere", "elsewhere")
            yield from (
                Transferred(**agent, group=name, reason="asked for") for name in self._named("group", *groups) if name != ticket.group
            )
        if self._matters("escalated"):
            yield Escalated(**agent, level=ticket.escalation + 1)
        if self._matters("rated"):
            yield from (Rated(**agent, score=score) for score in self.values.get("rating", [1]) if type(score) is int)
        allowed = self.desk.lifecycle.allowed(ticket.status)
        told = "status" in self.values or "category" in self.values
        if "merged" in self.heard or "merged_into" in self.values or (told and "merge" in allowed):
            yield Merged(**agent, into="T-2")
        if "purged" in self.heard or (told and "purge" in allowed):
            yield Purged(**agent)
        if "target_extended" in self.heard:
            yield from (TargetExtended(**agent, metric=metric, extra_us=HOUR_US) for metric in ticket.clocks)

    def _named(self, name: str, *others: str) -> list[str]:
        return list(dict.fromkeys((*(value for value in self.values.get(name, ()) if value is not None), *others)))

    def _field_events(self, ticket: Ticket, agent: dict[str, Any]) -> Iterator[Outside]:
        """Events that give a field one of the values that matter."""
        if self._matters("slot_set"):
            yield from (SlotSet(**agent, level=level) for level in self.desk.priority.levels.names if level != ticket.priority)
        if self._matters("slot_cleared") and "manual" in ticket.slots:
            yield SlotCleared(**agent)
        if self._matters("tags_added"):
            tags = sorted({tag for names in self.values.get("tags", [frozenset({"some"})]) for tag in names or ()})[: _TAGGING * 4]
            yield from (TagsAdded(**agent, tags=(tag,)) for tag in tags if tag not in ticket.tags)
            yield from (TagsRemoved(**agent, tags=(tag,)) for tag in tags if tag in ticket.tags)
        if "policy" in self.values or "policy_set" in self.heard:
            yield from (PolicySet(**agent, policy=policy.name) for policy in self.desk.policies)
            if "manual" in ticket.policy_choices:
                yield PolicySet(**agent, policy=None)
        for name, values in self.values.items():
            head, _, rest = name.partition(".")
            if head == "facts":
                yield from (FactsReported(at=agent["at"], facts={rest: value}) for value in values
                            if value is not None and value != ticket.facts.get(rest))  # fmt: skip
            elif head == "fields" or name in ("subject", "language", "channel"):
                yield from (FieldSet(**agent, name=rest or name, value=value) for value in values if value != _seen(ticket, name))

    # --- time ------------------------------------------------------------------------------------------------------------

    def flip_us(self, desk: Desk, ticket: Ticket, now_us: int, wake_us: int | None) -> int | None:
        """The first instant from now at which something is due, or a test of time may change its answer; None: never."""
        view = View(desk.vocabulary, ticket, now_us, None, None, lambda metric: desk.sla.reading(ticket, metric, now_us))
        horizon = now_us + 90 * 24 * HOUR_US if wake_us is None else wake_us
        if wake_us is not None and wake_us <= now_us:
            return now_us
        found = [] if wake_us is None else [wake_us]
        for atom in self.timed:
            for condition in (atom, Not(atom)):
                rise = next_rise(condition, view, now_us, horizon)
                if rise is not None and rise.found:
                    found.append(rise.at_us)
        within = [
            move.within_us for move in desk.lifecycle.of(ticket).rows().get(ticket.status, EMPTY).values() if move.within_us is not None
        ]
        if ticket.resolved_us is not None:
            found += [at for window in within if (at := ticket.resolved_us + window + 1) > now_us]
        return min(found, default=None)

    def key(self, ticket: Ticket, now_us: int, *, anywhen: bool = False) -> Hashable:
        """What the conditions of the desks can tell of a ticket at an instant, now and later: the same for tickets that go on alike.

        Where hours matter the instant itself is a part of it, unless *anywhen*.
        """
        told = (self._told(name, ticket, now_us) for name in _TICKET_PARTS)
        return (now_us if self.in_hours and not anywhen else None, *told)

    def _told(self, name: str, ticket: Ticket, now_us: int) -> Any:
        """What the conditions can tell of one part of a ticket."""
        value: Any = getattr(ticket, name)
        match name:
            case "slots":
                return tuple(sorted((slot, filled.level) for slot, filled in ticket.slots.items()))
            case "clocks":
                return tuple(sorted((metric, clock_key(clock.cycle, now_us)) for metric, clock in ticket.clocks.items()))
            case "repeats":
                return tuple(sorted((rule, now_us - repeat.first_us, repeat.number) for rule, repeat in ticket.repeats.items()))
        if name in _COUNTED:
            return value if name in self.values else min(value, 1) if name == "agent_replies" else 0
        if name.endswith("_us") and value is not None:
            return self._age(name, now_us - value) if self._tells(name) else 0
        return value

    def _age(self, name: str, age_us: int) -> int:
        """How long ago an instant is, but no longer than what any test asks for: beyond that nothing changes."""
        most = self._longest.get(name.removesuffix("_us"))
        return age_us if most is None else min(age_us, most)

    def _longest_asked(self) -> dict[str, int]:
        """Of each instant that is only asked for how long ago it is, in all time, the longest span asked for and a bit more."""
        found: dict[str, int] = {}
        other: set[str] = {"postponed_until", "resolved"} if any(
            move.within_us is not None for desk in self.desks for row in desk.lifecycle.rows().values() for move in row.values()
        ) else {"postponed_until"}  # fmt: skip
        for atom in self.timed:
            if isinstance(atom, Since | Until):
                name = atom.of.removesuffix("_at")
                span = atom.span
                if isinstance(atom, Since) and isinstance(span, Length) and span.calendar:
                    found[name] = max(found.get(name, 0), span.us + 1)
                else:
                    other.add(name)
        return {name: span for name, span in found.items() if name not in other}

    def _tells(self, name: str) -> bool:
        stem = name.removesuffix("_us")
        return stem in self._instants or stem + "_at" in self._instants or stem in ("postponed_until", "resolved")


def _is_calendar(atom: Condition) -> bool:
    return isinstance(atom, Since) and getattr(atom.span, "calendar", False)


def _seen(ticket: Ticket, name: str) -> Any:
    head, _, rest = name.partition(".")
    return ticket.fields.get(rest) if head == "fields" else getattr(ticket, name) or None


_FORGOTTEN: Final = frozenset({"id", "desk", "version", "as_of_us", "floor_us", "seen", "memo", "deviations"})
_TICKET_PARTS: Final = tuple(part.name for part in attr_fields(Ticket) if part.name not in _FORGOTTEN)
_COUNTED: Final = frozenset({
    "agent_replies", "customer_replies", "notes", "reopens", "reassignments", "transfers", "returns", "escalation", "time_roots",
})  # fmt: skip


def clock_key(cycle: Any, now_us: int) -> tuple[Any, ...]:
    """What a cycle of a clock is compared by: how it stands, without the ids of what led to it."""
    run = None if cycle.run_us is None else now_us - cycle.run_us
    return (
        cycle.verdict, str(cycle.target), cycle.hours, cycle.policy, cycle.banked_us, run, cycle.extension_us,
        now_us - cycle.started_us if cycle.verdict is None else 0, cycle.warned, cycle.breaches,
    )  # fmt: skip


# --- the walk ----------------------------------------------------------------------------------------------------------


@frozen
class Visit:
    """One step of a walk: the script that leads there and, of each desk, the ticket before and the outcome (or the refusal)."""

    script: Script
    outcomes: tuple[Outcome | TicketcoreError, ...]
    befores: tuple[Ticket | None, ...]
    now_us: int

    @property
    def outcome(self) -> Outcome:
        """The outcome of the first desk."""
        outcome = self.outcomes[0]
        if isinstance(outcome, TicketcoreError):
            raise outcome
        return outcome


@frozen(eq=False)
class _State:
    moments: tuple[Moment, ...]
    tickets: tuple[Ticket, ...]
    wakes: tuple[int | None, ...]
    now_us: int
    depth: int = field(default=1)


class Walk:
    """A walk through a space, breadth first, to a depth of so many steps (moments of people and stretches of time), within a budget.

    Iterate over it once; afterwards ``is_complete`` says whether every state up to the depth was seen, ``is_closed`` whether there is
    none beyond it (one event at a time), ``steps`` how many steps of a desk it took. With *distance*, the
    ticket that is nearest to a goal by it is gone on with first: that finds what is deep sooner.
    """

    def __init__(self, space: Space, *, depth: int, budget: int, distance: Callable[[Ticket], int] | None = None) -> None:
        self.space: Final = space
        self.depth: Final = depth
        self.budget: Final = budget
        self.steps = 0
        self.states = 0
        self.is_complete = False
        self.is_closed = False
        self._distance: Final = distance

    def __iter__(self) -> Iterator[Visit]:
        space = self.space
        seen: set[Hashable] = set()
        waiting: list[tuple[int, int, _State]] = []
        cut = False
        for moment in space.beginnings:
            if self.steps >= self.budget:
                return
            yield from self._reached(self._tried(None, moment), seen, waiting)
        while waiting:
            state = heappop(waiting)[2]
            if state.depth >= self.depth:
                cut = True
                continue
            yield from self._reached(self._later(state), seen, waiting)
            for moment in space.moments(state.tickets[0], state.now_us):
                if self.steps >= self.budget:
                    return
                yield from self._reached(self._tried(state, moment), seen, waiting)
        self.is_complete = space.is_whole
        self.is_closed = space.is_whole and space.is_exact and not cut

    def _tried(self, state: _State | None, moment: Moment) -> tuple[Visit, _State | None]:
        """What the desks make of a moment."""
        outcomes: list[Outcome | TicketcoreError] = []
        befores = state.tickets if state is not None else (None,) * len(self.space.desks)
        for desk, before in zip(self.space.desks, befores, strict=True):
            self.steps += 1
            try:
                outcomes.append(desk.handle(before, *moment))
            except TicketcoreError as error:
                outcomes.append(error)
        moments = (*(state.moments if state is not None else ()), moment)
        visit = Visit(Script(moments), tuple(outcomes), tuple(befores), moment[0].at_us)
        return visit, _next_state(visit, moments, 1 if state is None else state.depth + 1)

    def _later(self, state: _State) -> tuple[Visit, _State | None] | None:
        """Time passes up to the next instant at which something may flip."""
        space = self.space
        flips = [
            flip for desk, ticket, wake in zip(space.desks, state.tickets, state.wakes, strict=True)
            if (flip := space.flip_us(desk, ticket, state.now_us, wake)) is not None
        ]  # fmt: skip
        if not flips:
            return None
        now = min(flips)
        outcomes = []
        for desk, ticket in zip(space.desks, state.tickets, strict=True):
            self.steps += 1
            outcomes.append(desk.tick(ticket, now))
        visit = Visit(Script(state.moments, now), tuple(outcomes), tuple(state.tickets), now)
        return visit, _next_state(visit, state.moments, state.depth + 1)

    def _reached(
        self, reached: tuple[Visit, _State | None] | None, seen: set[Hashable], waiting: list[tuple[int, int, _State]]
    ) -> Iterator[Visit]:
        if reached is None:
            return
        visit, state = reached
        if state is not None:
            key = tuple(self.space.key(ticket, state.now_us) for ticket in state.tickets)
            if key not in seen:
                seen.add(key)
                self.states += 1
                distance = 0 if self._distance is None else self._distance(state.tickets[0])
                heappush(waiting, (distance, self.states, state))
        yield visit


def _next_state(visit: Visit, moments: tuple[Moment, ...], depth: int) -> _State | None:
    tickets, wakes = [], []
    for outcome in visit.outcomes:
        if isinstance(outcome, TicketcoreError):
            return None
        tickets.append(outcome.ticket)
        wakes.append(outcome.wake_us)
    return _State(moments, tuple(tickets), tuple(wakes), visit.now_us, depth)
