"""The desk: lifecycle, priority, service levels and rules as one value, and the step that joins them.

``handle`` takes what people did at one instant, ``tick`` lets time pass; both first live through everything that was due
before, in order, so ticking often, rarely or never gives the same ticket. ``wake_at`` says when something will happen if
nobody acts. The order inside a step is docs/explanation/step.md; the numbers in the comments are its numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from functools import partial
from typing import Any, Final, TypeVar

from attrs import evolve, field, frozen
from pendulum import DateTime

from ticketcore._account import RuleAccount, standing, stepped
from ticketcore._checks import (
    check_declared,
    check_escalation,
    check_fact,
    check_macro,
    check_metric,
    check_policy,
    check_rule,
    problem_of,
)  # fmt: skip
from ticketcore._effects import EffectBase
from ticketcore._fingerprint import fingerprint
from ticketcore._forecast import Forecast, Redated, redated
from ticketcore._ledger import Ledger
from ticketcore._linking import Linked, PublicTicket, follow_up, merge, public, split
from ticketcore._names import hint
from ticketcore._parts import DeskParts
from ticketcore._settings import LATE, Settings
from ticketcore._step import Outcome, StepRun, wrong_desk
from ticketcore._templates import Template
from ticketcore._ticket import check_ticket, no_ticket
from ticketcore._time import iso, load_zone, maybe_from_us, to_us
from ticketcore._values import EMPTY, FrozenMap, frozen_map, names
from ticketcore._variables import Variables
from ticketcore.conditions import Condition, Explanation, Fact, FieldType, Regex, View, Vocabulary, explain, parse
from ticketcore.errors import BadValue, DeskError, Problem, TicketcoreError, UnknownName, check_kind, kind_name, shorten
from ticketcore.hours import BusinessHours, Hours, always
from ticketcore.lifecycle import Lifecycle
from ticketcore.model import Actor, Agent, EventBase, Outside, Spoken, Ticket
from ticketcore.priority import Priority
from ticketcore.routing import Filter
from ticketcore.rules import Action, Rule, Rules, RuleSet
from ticketcore.sla import ALWAYS_NAME, DEFAULT_METRICS, Metric, Policy, Sla, Standing

T = TypeVar("T")

__all__ = ["Desk", "Forecast", "Linked", "Outcome", "PublicTicket", "Redated", "RuleAccount", "Settings"]


def _each(value: Any, kind: type[T] | tuple[type[T], ...], path: str) -> tuple[T, ...]:
    """The parts of a desk that stand in a list; all that are of another kind are refused together."""
    wanted = kind.__name__ if isinstance(kind, type) else " or ".join(one.__name__ for one in kind)
    if not isinstance(value, Iterable):
        text = f"a list of {wanted} is wanted, not {kind_name(value)}"
        raise DeskError([Problem(path, text, "give a list, even of one", value=shorten(value))])
    found = tuple(value)
    wrong = [
        Problem(f"{path}[{number}]", f"{wanted} is wanted, not {kind_name(one)}", value=shorten(one))
        for number, one in enumerate(found) if not isinstance(one, kind)
    ]  # fmt: skip
    if wrong:
        raise DeskError(wrong)
    return found


def _metrics(value: Iterable[Metric] | Mapping[str, Metric]) -> FrozenMap[str, Metric]:
    metrics = _each(value.values() if isinstance(value, Mapping) else value, Metric, "metrics")
    found = FrozenMap({metric.name: metric for metric in metrics})
    if len(found) < len(metrics):
        listed = [metric.name for metric in metrics]
        twice = [name for name in found if listed.count(name) > 1]
        raise DeskError(Problem(f"metrics.{name}", f"a second metric {name!r}", "give each its own name", "duplicate") for name in twice)
    return found


_USUAL_METRICS: Final = _metrics(DEFAULT_METRICS)


def _policies(value: Iterable[Policy]) -> tuple[Policy, ...]:
    return _each(value, Policy, "sla")


def _rules(value: Rules | Iterable[Rule | RuleSet]) -> Rules:
    if isinstance(value, Rules):
        return value
    value = _each(value, (Rule, RuleSet), "rules")
    sets: list[RuleSet] = []
    loose: list[Rule] = []
    for item in value:
        if isinstance(item, RuleSet):
            sets.append(item)
        else:
            loose.append(item)
    if loose:
        sets.insert(0, RuleSet(rules=loose))
    return Rules(sets=sets)


def _filters(value: Iterable[Filter]) -> tuple[Filter, ...]:
    filters = _each(value, Filter, "filters")
    listed = [one.name for one in filters]
    twice = [number for number, name in enumerate(listed) if name in listed[:number]]
    if twice:
        way_out = "give each its own name"
        raise DeskError(Problem(f"filters[{number}].name", f"a second filter {listed[number]!r}", way_out, "duplicate") for number in twice)
    return filters


@frozen(kw_only=True)
class Desk:
    """One brand's or tenant's configuration as a value; everything else is asked of it.

    ``hours`` maps names to business hours (``24x7`` is always there, in ``zone``); ``default_hours`` count where a policy names none.
    ``fields``, ``requester_fields`` and ``facts`` declare what tickets carry besides the built-in fields. ``rules`` takes rules, rule
    sets, or a `Rules` with ladders and macros. ``regex`` makes regular expressions ready (`ticketcore.extra.re2`); it is no part of what
    a desk is; nor are ``filters``, which pick tickets and decide nothing. Refused whole with a `DeskError` that lists every problem.

    >>> from ticketcore import Created, Desk, Person
    >>> desk = Desk()
    >>> outcome = desk.handle(None, Created(at=0, ticket="T-1", by=Person(email="ada@example.org"), subject="printer"))
    >>> outcome.ticket.status, outcome.ticket.priority
    ('new', 'low')
    """

    name: str = "desk"
    zone: str = "UTC"
    lifecycle: Lifecycle = Lifecycle()
    priority: Priority = Priority()
    metrics: FrozenMap[str, Metric] = field(default=_USUAL_METRICS, converter=_metrics)
    policies: tuple[Policy, ...] = field(default=(), converter=_policies)
    rules: Rules = field(factory=Rules, converter=_rules)
    hours: FrozenMap[str, Hours] = field(default=EMPTY, converter=frozen_map)
    default_hours: str = ALWAYS_NAME
    default_policy: str | None = None
    choose_policy: str = "always"
    removed_gap: str = "excluded"
    fields: FrozenMap[str, FieldType] = field(default=EMPTY, converter=frozen_map)
    requester_fields: FrozenMap[str, FieldType] = field(default=EMPTY, converter=frozen_map)
    facts: FrozenMap[str, Fact] = field(default=EMPTY, converter=frozen_map)
    groups: tuple[str, ...] = field(default=(), converter=names)
    templates: FrozenMap[str, str] = field(default=EMPTY, converter=frozen_map)
    settings: Settings = Settings()
    filters: tuple[Filter, ...] = field(default=(), converter=_filters, metadata={"decides": False})
    regex: Regex | None = field(default=None, eq=False, repr=False)
    # Made at construction out of the above.
    sla: Sla = field(init=False, eq=False, repr=False)
    vocabulary: Vocabulary = field(init=False, eq=False, repr=False)
    fingerprint: str = field(init=False, eq=False, repr=False)
    variables: Variables = field(init=False, eq=False, repr=False)
    parsed_templates: Mapping[str, Template] = field(init=False, eq=False, repr=False)
    required_facts: Mapping[str, tuple[str, ...]] = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        put = object.__setattr__
        problems: list[Problem] = []
        zone = _zone(self.zone, problems)
        hours = self.hours if ALWAYS_NAME in self.hours else self.hours.set(ALWAYS_NAME, always(zone))
        put(self, "hours", hours)
        unreadable = [
            problem for declared, wanted, path in (
                (hours, Hours, "hours"), (self.fields, FieldType, "fields"), (self.requester_fields, FieldType, "requester_fields"),
                (self.facts, Fact, "facts"),
            ) for problem in check_declared(declared, wanted, path)
        ]  # fmt: skip
        unreadable += [
            Problem(path, f"{wanted.__name__} is wanted, not {kind_name(part)}", value=shorten(part)) for part, wanted, path in (
                (self.lifecycle, Lifecycle, "lifecycle"), (self.priority, Priority, "priority"), (self.settings, Settings, "settings"),
            ) if not isinstance(part, wanted)
        ]  # fmt: skip
        if unreadable:  # without these nothing else can be read
            raise DeskError(problems + unreadable)
        vocabulary = Vocabulary(
            statuses={status.name: status.category for status in self.lifecycle.every_status()}, levels=self.priority.levels.names,
            metrics=tuple(self.metrics), hours=hours, default_hours=self.default_hours, groups=self.groups, facts=self.facts,
            policies=tuple(policy.name for policy in self.policies), fields=self.fields, requester_fields=self.requester_fields,
            regex=self.regex,
        )  # fmt: skip
        put(self, "vocabulary", vocabulary)
        for path, condition, layer in _conditions_of(self):
            parse(condition, vocabulary, path, problems, layer)
        put(self, "variables", Variables(vocabulary, self.metrics, zone))
        put(self, "parsed_templates", _parsed(self, problems))
        problems.extend(_unknown_names(self))
        put(self, "lifecycle", _made(lambda: self.lifecycle.using(vocabulary), self.lifecycle, "lifecycle.", problems))
        put(self, "priority", _made(lambda: self.priority.using(vocabulary), self.priority, "priority.", problems))
        put(self, "sla", _made(self._service_levels, None, "", problems))
        put(self, "filters", tuple(
            _made(partial(one.using, vocabulary), one, f"filters[{number}].", problems) for number, one in enumerate(self.filters)
        ))  # fmt: skip
        if problems:
            raise DeskError(problems)
        put(self, "fingerprint", fingerprint(self))
        put(self, "rules", _made(lambda: self.rules.using(vocabulary, _own_rules(self.lifecycle)), self.rules, "", problems))
        if problems:
            raise DeskError(problems)
        put(self, "sla", evolve(self.sla, vocabulary=vocabulary))
        required: dict[str, tuple[str, ...]] = {}
        for name, fact in self.facts.items():
            for event_kind in fact.required_with:
                required[event_kind] = (*required.get(event_kind, ()), name)
        put(self, "required_facts", required)

    def _service_levels(self) -> Sla:
        return Sla(
            metrics=self.metrics, policies=self.policies, hours=self.hours, default_hours=self.default_hours, choose=self.choose_policy,
            default_policy=self.default_policy, removed_gap=self.removed_gap,
        )  # fmt: skip

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild, ({name: getattr(self, name) for name in _GIVEN},))

    def evolve(self, **changes: Any) -> Desk:
        """A desk with some parts changed: ``desk.evolve(policies=())``. Checked as a whole again: raises `DeskError`.

        >>> Desk(zone="Europe/Riga").evolve(name="second brand").zone
        'Europe/Riga'
        """
        return evolve(self, **changes)

    # --- the step ----------------------------------------------------------------------------------------------------

    def handle(self, ticket: Ticket | None, *events: Outside, late: str | None = None, observe: bool | None = None) -> Outcome:
        """What follows when *events* happen to *ticket* together, at one instant, by one actor; None creates it.

        First everything due before that instant happens. A refused moment changes nothing. ``late`` and ``observe`` override the desk's
        settings for this step; what is observed is moved if it comes late, unless ``late`` says otherwise.

        Raises `WrongDesk`, `WrongTicket`, `OutOfOrder`, `Duplicate`, `MissingFacts`, `BadMoment`, `IllegalMove`, `UnknownName`,
        `BadValue`.

        >>> from ticketcore import Closed, Created, Person
        >>> ticket = Desk().handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
        >>> Desk().handle(ticket, Closed(at=60_000_000))
        Traceback (most recent call last):
        ticketcore.errors.IllegalMove: close is refused: new has no such move; allowed: agent_replies -> answered, ...
        >>> Desk().handle(ticket, Closed(at=60_000_000), observe=True).ticket.status  # a log from elsewhere is taken at its word
        'closed'
        """
        settings = self.settings
        if late is not None and late not in LATE:
            raise BadValue(f"late is {' or '.join(LATE)}, not {shorten(late)}", value=shorten(late))
        observing = settings.observe if observe is None else observe
        restamp = _moves_late(settings, observe=observing) if late is None else late == "restamp"
        return StepRun(_parts(self), ticket, restamp=restamp, observe=observing).handle(events)

    def tick(self, ticket: Ticket, now: datetime | int) -> Outcome:
        """Let time pass up to and including *now*. With nothing due, the outcome holds the very same ticket.

        Raises `WrongDesk`.

        >>> from ticketcore import Created, Person, load_desk
        >>> desk = load_desk({"sla": [{"name": "gold", "targets": {"first_reply": "1h"}}]})
        >>> ticket = desk.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
        >>> desk.tick(ticket, 3_599_999_999).events, [event.kind for event in desk.tick(ticket, 3_600_000_000).events]
        ((), ['breached'])
        """
        return StepRun(_parts(self), ticket).tick(to_us(now))

    def wake_at(self, ticket: Ticket) -> DateTime | None:
        """The first instant at which something will happen if nobody acts; None: nothing will. At or after ``ticket.as_of``.

        If nothing is found within two years, that horizon: the one wake-up at which nothing may happen. Raises `WrongDesk`.

        >>> from ticketcore import Created, Person, load_desk
        >>> desk = load_desk({"sla": [{"name": "gold", "warn": ["-15m"], "targets": {"first_reply": "1h"}}]})
        >>> ticket = desk.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
        >>> str(desk.wake_at(ticket)), str(desk.wake_at(desk.tick(ticket, 2_700_000_000).ticket)), desk.wake_us(ticket)
        ('1970-01-01 00:45:00+00:00', '1970-01-01 01:00:00+00:00', 2700000000)
        """
        return maybe_from_us(self.wake_us(ticket))

    def wake_us(self, ticket: Ticket) -> int | None:
        """`wake_at` in microseconds."""
        if not isinstance(ticket, Ticket):
            raise no_ticket(ticket)
        return (
            ticket.memo.wake_us if ticket.memo is not None and ticket.desk == self.fingerprint else StepRun(_parts(self), ticket).wake_us()
        )

    def adopt(self, ticket: Ticket, at: datetime | int, old: Desk | None = None) -> Outcome:
        """Take over a ticket of another desk, or of an earlier version of this one, which is *old*.

        Settles under *old* up to *at*, then re-chooses policy and targets. No event rule runs, and time rules whose condition is
        true already do not fire. Used time, start and pauses stay. Raises `UnknownName` when the ticket's status is none of this
        desk, `OutOfOrder`, and `WrongDesk` when *old* is not the ticket's desk.

        >>> from ticketcore import Created, Person, load_desk
        >>> old, new = (load_desk({"sla": [{"name": "gold", "targets": {"first_reply": span}}]}) for span in ("1h", "2h"))
        >>> ticket = old.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
        >>> adopted = new.adopt(ticket, 1_800_000_000, old=old).ticket
        >>> str(adopted.due("first_reply")), str(new.standing(adopted, "first_reply").used)
        ('1970-01-01 02:00:00+00:00', '0:30:00')
        """
        check_ticket(ticket)
        if old is not None:
            check_kind(old, Desk, "the desk of the ticket", "new.adopt(ticket, at, old=old)", "old")
        at_us = to_us(at)
        before = None if old is None else old.tick(ticket, at_us)
        settled = ticket if before is None else before.ticket
        self.lifecycle.check(settled)
        return StepRun(_parts(self), settled, foreign=True).adopt(at_us, None if old is None else old.sla, before)

    def macro(self, ticket: Ticket, name: str, *, at: datetime | int, by: Agent, facts: Mapping[str, Any] = EMPTY) -> Outcome:
        """Carry out the actions of a macro by hand, together, at one instant: they count as the agent's.

        All of them or none: where a rule's action is refused and the rest go on, a macro is refused whole. That it was used is recorded
        (`MacroUsed`), with the *facts* that it brings; rules may listen to it. Its effects belong to that event: used twice at one
        instant it asks twice, under two keys, and replaying the log asks the same again. Raises as `handle` does, and `UnknownName`.

        >>> from ticketcore import Action, Agent, Created, Desk, Person, Rule, Rules
        >>> desk = Desk(rules=Rules(macros=[Rule(name="hot", then=[Action("add_tag", "hot"), Action("set_priority", "high")])]))
        >>> ticket = desk.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
        >>> desk.macro(ticket, "hot", at=60_000_000, by=Agent(id="maria")).ticket.slots["manual"].level
        'high'
        """
        check_ticket(ticket)
        check_kind(by, Agent, "an agent", 'give Agent(id="maria")', "by")
        macro = self.rules.macro(name)
        observe = self.settings.observe
        run = StepRun(_parts(self), ticket, restamp=_moves_late(self.settings, observe=observe), observe=observe)
        return run.macro(macro, to_us(at), by, facts)

    def merge(self, source: Ticket, target: Ticket, *, at: datetime | int, by: Actor | None = None) -> Linked:
        """Merge *source* into *target*: it closes with a pointer, its clocks are cancelled, its people get copies from the target.

        Whoever waits for an answer to it waits for one from the target, as long as before.

        Later replies to it come out as a `ForwardReply`. Raises as `handle` does, for either ticket, and `IllegalMove` for a target
        that was merged away or removed; then nothing has changed.

        >>> from ticketcore import Created, Desk, Person
        >>> ask = lambda name, email: Desk().handle(None, Created(at=0, ticket=name, by=Person(email=email))).ticket
        >>> both = Desk().merge(ask("T-1", "ada@example.org"), ask("T-2", "bob@example.org"), at=60_000_000)
        >>> both.source.ticket.status, both.source.ticket.merged_into, sorted(both.target.ticket.cc)
        ('closed', 'T-2', ['ada@example.org'])
        """
        return merge(_parts(self), source, target, to_us(at), by, restamp=self.settings.late == "restamp")

    def split(
        self, source: Ticket, *, ticket: str, at: datetime | int, by: Actor | None = None, message: Spoken | None = None, **given: Any
    ) -> Linked:
        """Make a part of *source* a ticket of its own, of the id *ticket*; ``ticket.origin`` names where it came from.

        *message*, a stored reply, becomes its description, and who wrote it asks. It has the source's requester, channel, subject,
        group, tags and fields, but nobody gets copies, unless *given* says otherwise. Its clocks start at *at*; the source goes on as
        it was. Raises as `handle` does, for either ticket; then nothing has changed.

        >>> from ticketcore import Created, Desk, Person
        >>> ticket = Desk().handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"), subject="printer, and an invoice")).ticket
        >>> new = Desk().split(ticket, ticket="T-2", at=60_000_000, subject="invoice").target.ticket
        >>> new.origin, new.relation, new.subject, new.requester.name
        ('T-1', 'split', 'invoice', 'Ada')
        """
        return split(_parts(self), source, ticket, to_us(at), by, message, given, restamp=self.settings.late == "restamp")

    def follow_up(self, source: Ticket, *, ticket: str, message: Spoken, **given: Any) -> Outcome:
        """Open the ticket that a `CreateFollowUp` asks for: *message* is the reply that *source* no longer takes, *ticket* the new id.

        It has what a `split` has and the source's copies, and begins when the reply was written. Raises as `handle` does.

        >>> from ticketcore import Created, CustomerReplied, Message, Person
        >>> ticket = Desk().handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"), subject="printer")).ticket
        >>> late = CustomerReplied(at=60_000_000, by=Person(name="Ada"), message=Message(text="It is broken again"))
        >>> new = Desk().follow_up(ticket, ticket="T-2", message=late).ticket
        >>> new.origin, new.relation, new.subject, new.text
        ('T-1', 'follow_up', 'printer', 'It is broken again')
        """
        return follow_up(_parts(self), source, ticket, message, given)

    def public(self, ticket: Ticket, *, tags: Iterable[str] = ()) -> PublicTicket | None:
        """What the requester may see of a ticket; of its tags those named public. None: it was removed, there is nothing to see.

        >>> from ticketcore import Created, Desk, Person
        >>> Desk().public(Desk().handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket).waits_for
        'support'
        """
        check_ticket(ticket)
        return public(ticket, self.lifecycle.text(ticket), tags)

    # --- questions ---------------------------------------------------------------------------------------------------

    def forecast(self, ticket: Ticket | None, *events: Outside, until: datetime | int | None = None) -> Forecast:
        """What would follow if *events* happened, and then nobody acted up to *until* (their instant). Changes nothing.

        "If it is answered at T": an `AgentReplied` at T. "If it becomes high": a `SlotSet`. Without events, only time passes.
        Raises as `handle` does, and `BadValue` for neither a ticket nor events.

        >>> from ticketcore import Created, Desk, Person, Policy, Targets
        >>> from ticketcore.model import Length
        >>> desk = Desk(policies=[Policy(name="std", targets={"first_reply": Targets(otherwise=Length(3_600_000_000))})])
        >>> ticket = desk.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
        >>> [breach.metric for breach in desk.forecast(ticket, until=7_200_000_000).breaches]
        ['first_reply']
        """
        if ticket is None and not events:
            raise BadValue("a forecast needs a ticket or events", hint="give a Created event")
        told: tuple[EventBase, ...] = ()
        wanted: tuple[EffectBase, ...] = ()
        now = ticket
        if not events:
            check_ticket(ticket)
        else:
            outcome = self.handle(ticket, *events)
            now, told, wanted = outcome.ticket, outcome.events, outcome.effects
        assert now is not None  # noqa: S101 - events made one
        until_us = now.as_of_us if until is None else max(to_us(until), now.as_of_us)
        later = self.tick(now, until_us)
        now = later.ticket
        standings = {metric: self.sla.standing(now, metric, until_us) for metric in now.clocks if metric in self.metrics}
        return Forecast(
            ticket=now, standings={metric: standing for metric, standing in standings.items() if standing is not None},
            events=told + later.events, effects=wanted + later.effects, wake_us=later.wake_us,
        )  # fmt: skip

    def redated(self, tickets: Iterable[Ticket], new: Desk) -> Iterator[Redated]:
        """Every open promise of *tickets* that would be due at another instant under *new*: other hours, targets, a holiday more.

        "Which tickets does this holiday save?": ``desk.redated(tickets, desk.with_holiday("support", "2026-12-24"))``.

        >>> from ticketcore import Created, Person, load_desk
        >>> slow, quick = (load_desk({"sla": [{"name": "gold", "targets": {"first_reply": span}}]}) for span in ("2h", "1h"))
        >>> ticket = slow.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
        >>> [(one.ticket, one.metric, str(one.was.time()), str(one.now.time())) for one in slow.redated([ticket], quick)]
        [('T-1', 'first_reply', '02:00:00', '01:00:00')]
        """
        check_kind(new, Desk, "another desk", "desk.redated(tickets, new)", "new")
        check_kind(tickets, Iterable, "a list of tickets", "give a list, even of one", "tickets")
        return redated(tickets, self.sla, new.sla)

    def with_hours(self, **hours: Hours) -> Desk:
        """A desk with some of its business hours replaced, or further ones added, by name. Raises `DeskError`.

        >>> desk = Desk(hours={"office": BusinessHours(zone="UTC", week={"mon-fri": ["09:00-17:00"]})})
        >>> desk.with_hours(office=always()).hours["office"].is_open(0), desk.hours["office"].is_open(0)
        (True, False)
        """
        return self.evolve(hours={**self.hours, **hours})

    def with_holiday(self, hours: str, day: date | str, holiday: str = "") -> Desk:
        """A desk in whose hours of that name a date is a holiday. Raises `UnknownName`, and `BadValue` for composed hours.

        >>> desk = Desk(hours={"office": BusinessHours(zone="UTC", week={"mon-fri": ["09:00-17:00"]})})
        >>> desk.with_holiday("office", "2026-12-24", "Christmas Eve").hours["office"].holiday_name("2026-12-24")
        'Christmas Eve'
        """
        found = self.vocabulary.hours_of(hours)
        if not isinstance(found, BusinessHours):
            raise BadValue(f"only plain business hours take a holiday, not {type(found).__name__}", value=shorten(hours))
        return self.with_hours(**{hours: evolve(found, holidays=(*found.holidays, (day, holiday)))})

    def due(self, ticket: Ticket, metric: str) -> DateTime | None:
        """When the open promise for *metric* is due; None: paused, ended, nothing promised, or unreachable.

        Raises `UnknownName` and `WrongDesk`.

        >>> from ticketcore import Created, Person, load_desk
        >>> desk = load_desk({"sla": [{"name": "gold", "targets": {"first_reply": "1h"}}]})
        >>> ticket = desk.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
        >>> str(desk.due(ticket, "first_reply")), desk.due(ticket, "resolution")  # nothing is promised for the second
        ('1970-01-01 01:00:00+00:00', None)
        """
        self._own(ticket)
        clock = ticket.clocks.get(self._metric(metric))
        return None if clock is None or not clock.cycle.is_open else maybe_from_us(self.sla.due_us(clock.cycle))

    def standing(self, ticket: Ticket, metric: str, at: datetime | int | None = None) -> Standing | None:
        """How the clock of *metric* stands at an instant (the ticket's last change); None: it was never started.

        Raises `UnknownName` and `WrongDesk`.

        >>> from ticketcore import Created, Person, load_desk
        >>> desk = load_desk({"sla": [{"name": "gold", "targets": {"first_reply": "1h"}}]})
        >>> ticket = desk.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
        >>> [desk.standing(ticket, "first_reply", minute * 60_000_000).state for minute in (59, 60)], desk.standing(ticket, "next_reply")
        (['running', 'breached'], None)
        """
        self._own(ticket)
        return self.sla.standing(ticket, self._metric(metric), ticket.as_of_us if at is None else to_us(at))

    def why_due(self, ticket: Ticket, metric: str) -> Ledger:
        """Why the promise for *metric* is due when it is: the ledger of its cycle.

        Raises `UnknownName` if no clock was started, and `WrongDesk`.

        >>> from ticketcore import Created, Person, load_desk
        >>> desk = load_desk({"sla": [{"name": "gold", "targets": {"first_reply": "1h"}}]})
        >>> ticket = desk.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
        >>> print(desk.why_due(ticket, "first_reply"))
        first_reply: 1h promised (UTC)
        counted    Thu 1 Jan 00:00-01:00       1h
        due        Thu 1 Jan 01:00
        """
        self._own(ticket)
        return self.sla.ledger(ticket, self._metric(metric))

    def why(self, ticket: Ticket, what: str = "priority") -> str:
        """Why the ticket has its ``priority``, its ``policy`` or its ``status``, in a sentence. Raises `UnknownName` for anything else.

        >>> from ticketcore import Created, Person, SlotSet
        >>> ticket = Desk().handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
        >>> ticket = Desk().handle(ticket, SlotSet(at=60_000_000, by=Agent(id="maria"), level="high")).ticket
        >>> Desk().why(ticket), Desk().why(ticket, "policy")
        ('high: manual, by maria; overruled: low (default)', 'none: no policy matches')
        """
        view = self.view(ticket)
        if what == "priority":
            return str(self.priority.why(ticket, view))
        if what == "policy":
            policy, source = self.sla.chosen_policy(ticket, view, created=False)
            if source == "match" and self.choose_policy == "creation":
                source = "creation"
            return f"{policy or 'none'}: {_SOURCES[source] if policy else 'no policy matches'}"
        if what == "status":
            workflow = self.lifecycle.of(ticket)
            allowed = ", ".join(workflow.allowed(ticket.status)) or "nothing"
            return f"{ticket.status} since {iso(ticket.status_since_us)}; allowed: {allowed}"
        raise UnknownName(f"no account of {shorten(what)}", value=shorten(what), hint="ask for priority, policy or status")

    def matching(self, ticket: Ticket, at: datetime | int | None = None) -> tuple[Rule, ...]:
        """The enabled rules whose condition holds for the ticket at an instant (its last change), in the order they are tried.

        Whether they would act is another question: what they listen to is not asked (`why_not`).

        >>> from ticketcore import Created, Desk, Person, Rule, field
        >>> desk = Desk(rules=[Rule(name="vip", when=field.tags.has("vip")), Rule(name="new", when=field.status == "new")])
        >>> [rule.name for rule in desk.matching(desk.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket)]
        ['new']
        """
        return self.rules.matching(self.view(ticket, at))

    def explain(self, ticket: Ticket, rule: str, at: datetime | int | None = None) -> Explanation:
        """Whether a rule's condition holds for the ticket at an instant, part by part, with the values seen. Raises `UnknownName`.

        >>> from ticketcore import Created, Person, field
        >>> desk = Desk(rules=[Rule(name="vip", on=["created"], when=field.tags.has("vip") & (field.channel == "chat"))])
        >>> ticket = desk.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"), channel="chat")).ticket
        >>> print(desk.explain(ticket, "vip"))
        no   all of
        no     tags has 'vip'   (empty)
        yes    channel is 'chat'   ('chat')
        """
        return explain(self.rules.rule(rule).when, self.view(ticket, at))

    def why_not(self, ticket: Ticket | None, rule: str, at: datetime | int | None = None, *, events: Iterable[Outside] = ()) -> RuleAccount:
        """Why a rule does not act on the ticket as it stands at an instant (its last change), and the least that would have to change.

        With *events* it is asked what the rule does when these happen to the ticket: whether it fires, with the values it sees then,
        also those that rules before it have set. Changes nothing. Raises `UnknownName`, `BadValue` for neither a ticket nor events,
        and with events as `handle` does.

        >>> from ticketcore import Action, Created, Desk, Person, Rule
        >>> from ticketcore.conditions import field
        >>> hot = Rule(name="hot", on=["created"], when=field.priority >= "high", then=[Action("notify", "lead")])
        >>> ada = Created(at=0, ticket="T-1", by=Person(name="Ada"))
        >>> print(Desk(rules=[hot]).why_not(None, "hot", events=[ada]))
        rule 'hot': did not fire on created, 1970-01-01T00:00:00Z
        no   priority is at least 'high'   ('low')
        what would make it true, the fewest changes first:
          1  priority: 'high' instead of 'low'
        """
        check_kind(events, Iterable, "a list of events", "give a list, even of one", "events")
        found, moment = self.rules.rule(rule), tuple(events)
        if moment:
            observe = self.settings.observe
            return stepped(_parts(self), ticket, found, moment, restamp=_moves_late(self.settings, observe=observe), observe=observe)
        if ticket is None:
            raise BadValue("an account of a rule needs a ticket or events", hint="give a Created event")
        return standing(found, self.view(ticket, at))

    def view(self, ticket: Ticket, at: datetime | int | None = None) -> View:
        """What conditions read of a ticket at an instant (the ticket's last change).

        >>> from ticketcore import Created, Person, since
        >>> from ticketcore.conditions import holds
        >>> ticket = Desk().handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
        >>> old = since("created") >= "1h"
        >>> holds(old, Desk().view(ticket)), holds(old, Desk().view(ticket, 3_600_000_000))
        (False, True)
        """
        check_ticket(ticket)
        at_us = ticket.as_of_us if at is None else to_us(at)
        return View(self.vocabulary, ticket, at_us, None, None, lambda metric: self.sla.reading(ticket, metric, at_us))

    def filter(self, name: str) -> Filter:
        """The filter of that name. Raises `UnknownName`.

        >>> from ticketcore import field
        >>> Desk(filters=[Filter(name="nobody's", when=field.assignee.is_empty(), text="still to be taken")]).filter("nobody's").text
        'still to be taken'
        """
        for one in self.filters:
            if one.name == name:
                return one
        known = [one.name for one in self.filters]
        raise UnknownName(f"unknown filter {shorten(name)}", value=shorten(name), hint=hint(name, known, otherwise="the desk has none"))

    def select(self, filter: str | Filter, tickets: Iterable[Ticket], now: datetime | int) -> tuple[Ticket, ...]:  # noqa: A002 - its word
        """Those of *tickets* that a filter of the desk, or one made for the occasion, picks at the instant *now*, in its order.

        Let time pass first (`tick`) where conditions read what time changes in a ticket: its status, priority, clocks. Raises
        `UnknownName`, and `DeskError` for names that the desk lacks.

        >>> from ticketcore import Created, Desk, Filter, Person, field
        >>> desk = Desk(filters=[Filter(name="nobody's", when=field.assignee.is_empty())])
        >>> ticket = desk.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
        >>> [one.id for one in desk.select("nobody's", [ticket], now=60_000_000)]
        ['T-1']
        """
        now_us = to_us(now)
        check_kind(filter, (str, Filter), "a filter or its name", 'desk.select("urgent", tickets, now)', "filter")
        check_kind(tickets, Iterable, "a list of tickets", "give a list, even of one", "tickets")
        one = self.filter(filter) if isinstance(filter, str) else filter
        ready = one if one.vocabulary is self.vocabulary else one.using(self.vocabulary)
        return ready.select(tickets, lambda ticket: self.view(ticket, now_us), self._first_due)

    def _first_due(self, ticket: Ticket, metric: str) -> int | None:
        """When the open promise for a metric is due, or the earliest of all."""
        known = {} if ticket.memo is None else ticket.memo.dues
        dues = [
            known[name] if name in known else self.sla.due_us(clock.cycle)
            for name, clock in ticket.clocks.items()
            if name == (metric or name) and name in self.metrics and clock.cycle.is_open
        ]
        return min((due for due in dues if due is not None), default=None)

    def _own(self, ticket: Ticket) -> None:
        check_ticket(ticket)
        if ticket.desk != self.fingerprint:
            raise wrong_desk(ticket, self.fingerprint)

    def _metric(self, name: str) -> str:
        if name not in self.metrics:
            raise UnknownName(f"unknown metric {shorten(name)}", value=shorten(name), hint=f"metrics are {', '.join(self.metrics)}")
        return name


_SOURCES: Final = {
    "manual": "chosen by hand", "rule": "chosen by a rule", "match": "the first whose condition holds", "default": "the default",
    "creation": "chosen on creation",
}  # fmt: skip
_GIVEN: Final = tuple(
    name for name in (
        "name", "zone", "lifecycle", "priority", "metrics", "policies", "rules", "hours", "default_hours", "default_policy",
        "choose_policy", "removed_gap", "fields", "requester_fields", "facts", "groups", "templates", "settings", "filters", "regex",
    )
)  # fmt: skip


def _moves_late(settings: Settings, *, observe: bool) -> bool:
    """Whether an event that comes too late is moved: what is observed always is."""
    return observe or settings.late == "restamp"


def _parts(desk: Any) -> DeskParts:
    """The desk as a step sees it; said outright, because a type checker takes converted fields for descriptors."""
    return desk  # type: ignore[no-any-return]  # the same value


def _rebuild(given: dict[str, Any]) -> Desk:
    return Desk(**given)


def _conditions_of(desk: Desk) -> Iterable[tuple[str, Condition, str]]:
    """Every condition of a desk, with its place and the layer that reads it."""
    for number, policy in enumerate(desk.policies):
        yield f"sla[{number}].when", policy.when, "policy"
    for metric in desk.metrics.values():
        if metric.pause is not None:
            yield f"metrics.{metric.name}.pause", metric.pause, "clocks"
    for one in desk.rules.sets:
        for number, rule in enumerate(one.rules):
            yield f"{one.name}[{number}].when", rule.when, "rules"
    for number, ladder in enumerate(desk.rules.escalations):
        yield f"escalations[{number}].when", ladder.when, "rules"


def _own_rules(lifecycle: Lifecycle) -> Iterable[Rule]:
    """The rules that stand for settings: what is resolved closes by itself."""
    return [Rule(name=name, when=when, then=(Action("close"),)) for name, when in lifecycle.closings()]


def _zone(name: str, problems: list[Problem]) -> str:
    """The zone, or UTC to go on with where it is none."""
    try:
        load_zone(name)
    except TicketcoreError as error:
        problems.append(problem_of("zone", error))
        return "UTC"
    return name


def _made(make: Callable[[], Any], otherwise: Any, prefix: str, problems: list[Problem]) -> Any:
    """One room made ready; of one that refuses, every problem that is not known yet, each under its path in the desk."""
    try:
        return make()
    except DeskError as error:
        known = {problem.path for problem in problems}
        found = [evolve(problem, path=prefix + problem.path) for problem in error.problems]
        problems.extend(problem for problem in found if problem.path not in known)
    return otherwise


def _parsed(desk: Desk, problems: list[Problem]) -> Mapping[str, Template]:
    known = desk.variables.names
    parsed = {}
    for name, text in desk.templates.items():
        try:
            parsed[name] = Template.parse(text, known)
        except TicketcoreError as error:
            problems.append(problem_of(f"templates.{name}", error))
    return parsed


def _unknown_names(desk: Desk) -> Iterable[Problem]:
    """What names something that the desk does not have, in all its parts."""
    words, templates = desk.vocabulary, desk.templates
    for metric in desk.metrics.values():
        yield from check_metric(metric, words, f"metrics.{metric.name}")
    for number, policy in enumerate(desk.policies):
        yield from check_policy(policy, words, f"sla[{number}]")
    for one in desk.rules.sets:
        for number, rule in enumerate(one.rules):
            yield from check_rule(rule, words, templates, f"{one.name}[{number}]")
    for number, macro in enumerate(desk.rules.macros):
        yield from check_macro(macro, words, templates, f"macros[{number}]")
    for number, ladder in enumerate(desk.rules.escalations):
        yield from check_escalation(ladder, words, templates, f"escalations[{number}]")
    for name, fact in desk.facts.items():
        yield from check_fact(name, fact)
