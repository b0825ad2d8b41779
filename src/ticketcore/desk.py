"""The desk: lifecycle, priority, service levels and rules as one value, and the step that joins them.

``handle`` takes what people did at one instant, ``tick`` lets time pass; both first live through everything that was due
before, in order, so ticking often, rarely or never gives the same ticket. ``wake_at`` says when something will happen if
nobody acts. The order inside a step is docs/explanation/step.md; the numbers in the comments are its numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from attrs import evolve, field, frozen
from pendulum import DateTime

from ticketcore._checks import check_escalation, check_metric, check_policy, check_rule, check_values
from ticketcore._fingerprint import fingerprint
from ticketcore._ledger import Ledger
from ticketcore._names import hint
from ticketcore._settings import Settings
from ticketcore._step import Outcome, StepRun
from ticketcore._templates import Template
from ticketcore._time import iso, load_zone, maybe_from_us, to_us
from ticketcore._values import EMPTY, FrozenMap, frozen_map, names
from ticketcore._variables import variable_names
from ticketcore.conditions import Condition, Explanation, Fact, FieldType, View, Vocabulary, explain, next_rise, parse, to_data
from ticketcore.errors import DeskError, Problem, TicketcoreError, UnknownName
from ticketcore.hours import Hours, always
from ticketcore.lifecycle import Lifecycle
from ticketcore.model import EVENTS, Agent, Outside, Ticket
from ticketcore.priority import Priority
from ticketcore.rules import Rule, Rules, RuleSet
from ticketcore.sla import ALWAYS_NAME, DEFAULT_METRICS, Metric, Policy, Sla, Standing

__all__ = ["Desk", "Outcome", "Settings"]


def _metrics(value: Iterable[Metric] | Mapping[str, Metric]) -> FrozenMap[str, Metric]:
    metrics = value.values() if isinstance(value, Mapping) else value
    return FrozenMap({metric.name: metric for metric in metrics})


def _policies(value: Iterable[Policy]) -> tuple[Policy, ...]:
    return tuple(value)


def _rules(value: Rules | Iterable[Rule | RuleSet]) -> Rules:
    if isinstance(value, Rules):
        return value
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


@frozen(kw_only=True)
class Desk:
    """One brand's or tenant's configuration as a value; everything else is asked of it.

    ``hours`` maps names to business hours (``24x7`` is always there, in ``zone``); ``default_hours`` count where a policy names none.
    ``fields``, ``requester_fields`` and ``facts`` declare what tickets carry besides the built-in fields. ``rules`` takes rules, rule
    sets, or a `Rules` with ladders and macros. Refused whole with a `DeskError` that lists every problem.

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
    metrics: FrozenMap[str, Metric] = field(default=DEFAULT_METRICS, converter=_metrics)
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
    # Made at construction out of the above.
    sla: Sla = field(init=False, eq=False, repr=False)
    vocabulary: Vocabulary = field(init=False, eq=False, repr=False)
    fingerprint: str = field(init=False, eq=False, repr=False)
    parsed_templates: Mapping[str, Template] = field(init=False, eq=False, repr=False)
    required_facts: Mapping[str, tuple[str, ...]] = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        put = object.__setattr__
        load_zone(self.zone)
        hours = self.hours if ALWAYS_NAME in self.hours else self.hours.set(ALWAYS_NAME, always(self.zone))
        put(self, "hours", hours)
        problems: list[Problem] = []
        vocabulary = Vocabulary(
            statuses={status.name: status.category for status in self.lifecycle.statuses}, levels=self.priority.levels.names,
            metrics=tuple(self.metrics), hours=hours, default_hours=self.default_hours, groups=self.groups, facts=self.facts,
            policies=tuple(policy.name for policy in self.policies), fields=self.fields, requester_fields=self.requester_fields,
        )  # fmt: skip
        put(self, "vocabulary", vocabulary)
        for path, condition, layer in _conditions_of(self):
            parse(to_data(condition), vocabulary, path, problems, layer)
        put(self, "parsed_templates", _parsed(self, problems))
        problems.extend(_unknown_names(self))
        if problems:
            raise DeskError(problems)
        put(self, "fingerprint", fingerprint(self))
        put(self, "lifecycle", self.lifecycle.using(vocabulary))
        put(self, "priority", self.priority.using(vocabulary))
        put(self, "rules", self.rules.using(vocabulary))
        put(
            self,
            "sla",
            Sla(
                metrics=self.metrics, policies=self.policies, hours=hours, default_hours=self.default_hours, choose=self.choose_policy,
                default_policy=self.default_policy, removed_gap=self.removed_gap, vocabulary=vocabulary,
            ),
        )  # fmt: skip
        required: dict[str, tuple[str, ...]] = {}
        for name, fact in self.facts.items():
            for kind in fact.required_with:
                required[kind] = (*required.get(kind, ()), name)
        put(self, "required_facts", required)

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild, ({name: getattr(self, name) for name in _GIVEN},))

    def evolve(self, **changes: Any) -> Desk:
        """A desk with some parts changed: ``desk.evolve(policies=())``. Checked as a whole again."""
        return evolve(self, **changes)

    # --- the step ----------------------------------------------------------------------------------------------------

    def handle(self, ticket: Ticket | None, *events: Outside, late: str | None = None, observe: bool | None = None) -> Outcome:
        """What follows when *events* happen to *ticket* together, at one instant, by one actor; None creates it.

        First everything due before that instant happens. A refused moment changes nothing. ``late`` and ``observe`` override the desk's
        settings for this step.

        Raises `WrongDesk`, `WrongTicket`, `OutOfOrder`, `Duplicate`, `MissingFacts`, `BadMoment`, `IllegalMove`, `UnknownName`,
        `BadValue`.
        """
        settings = self.settings
        run = StepRun(
            self, ticket, restamp=(settings.late if late is None else late) == "restamp",
            observe=settings.observe if observe is None else observe,
        )  # fmt: skip
        return run.handle(events)

    def tick(self, ticket: Ticket, now: datetime | int) -> Outcome:
        """Let time pass up to and including *now*. With nothing due, the outcome holds the very same ticket.

        Raises `WrongDesk`.
        """
        return StepRun(self, ticket).tick(to_us(now))

    def wake_at(self, ticket: Ticket) -> DateTime | None:
        """The first instant at which something will happen if nobody acts; None: nothing will. At or after ``ticket.as_of``.

        If nothing is found within two years, that horizon: the one wake-up at which nothing may happen. Raises `WrongDesk`.
        """
        return maybe_from_us(self.wake_us(ticket))

    def wake_us(self, ticket: Ticket) -> int | None:
        """`wake_at` in microseconds."""
        return ticket.memo.wake_us if ticket.memo is not None and ticket.desk == self.fingerprint else StepRun(self, ticket).wake_us()

    def adopt(self, ticket: Ticket, at: datetime | int, old: Desk | None = None) -> Outcome:
        """Take over a ticket of another desk, or of an earlier version of this one, which is *old*.

        Settles under *old* up to *at*, then re-chooses policy and targets. No event rule runs, and time rules whose condition is
        true already do not fire. Used time, start and pauses stay. Raises `UnknownName` when the ticket's status is none of this
        desk, `OutOfOrder`, and `WrongDesk` when *old* is not the ticket's desk.
        """
        at_us = to_us(at)
        before = None if old is None else old.tick(ticket, at_us)
        settled = ticket if before is None else before.ticket
        self.lifecycle.category(settled.status)
        return StepRun(self, settled, foreign=True).adopt(at_us, None if old is None else old.sla, before)

    def macro(self, ticket: Ticket, name: str, *, at: datetime | int, by: Agent) -> Outcome:
        """Carry out the actions of a macro by hand: they count as the agent's. Raises as `handle` does, and `UnknownName`."""
        macro = self.rules.macro(name)
        run = StepRun(self, ticket, restamp=self.settings.late == "restamp", observe=self.settings.observe)
        return run.macro(macro, to_us(at), by)

    # --- questions ---------------------------------------------------------------------------------------------------

    def due(self, ticket: Ticket, metric: str) -> DateTime | None:
        """When the open promise for *metric* is due; None: paused, ended, nothing promised, or unreachable. Raises `UnknownName`."""
        clock = ticket.clocks.get(self._metric(metric))
        return None if clock is None or not clock.cycle.is_open else maybe_from_us(self.sla.due_us(clock.cycle))

    def standing(self, ticket: Ticket, metric: str, at: datetime | int | None = None) -> Standing | None:
        """How the clock of *metric* stands at an instant (the ticket's last change); None: it was never started."""
        return self.sla.standing(ticket, self._metric(metric), ticket.as_of_us if at is None else to_us(at))

    def why_due(self, ticket: Ticket, metric: str) -> Ledger:
        """Why the promise for *metric* is due when it is: the ledger of its cycle. Raises `UnknownName` if no clock was started."""
        return self.sla.ledger(ticket, self._metric(metric))

    def why(self, ticket: Ticket, what: str = "priority") -> str:
        """Why the ticket has its ``priority``, its ``policy`` or its ``status``, in a sentence."""
        view = self.view(ticket)
        if what == "priority":
            return str(self.priority.why(ticket, view))
        if what == "policy":
            policy, source = self.sla.chosen_policy(ticket, view, created=True)
            return f"{policy or 'none'}: {_SOURCES[source] if policy else 'no policy matches'}"
        if what == "status":
            allowed = ", ".join(self.lifecycle.allowed(ticket.status)) or "nothing"
            return f"{ticket.status} since {iso(ticket.status_since_us)}; allowed: {allowed}"
        raise UnknownName(f"no account of {what!r}", value=what, hint="ask for priority, policy or status")

    def explain(self, ticket: Ticket, rule: str, at: datetime | int | None = None) -> Explanation:
        """Whether a rule's condition holds for the ticket at an instant, part by part, with the values seen. Raises `UnknownName`."""
        return explain(self.rules.rule(rule).when, self.view(ticket, at))

    def why_not(self, ticket: Ticket, rule: str, at: datetime | int | None = None) -> str:
        """`explain` as text, and when the condition would next become true if nobody acts."""
        view = self.view(ticket, at)
        condition = self.rules.rule(rule).when
        rise = next_rise(condition, view)
        text = str(explain(condition, view))
        return f"{text}\nwould hold from {iso(rise.at_us)}" if rise is not None and rise.found else text

    def view(self, ticket: Ticket, at: datetime | int | None = None) -> View:
        """What conditions read of a ticket at an instant (the ticket's last change)."""
        at_us = ticket.as_of_us if at is None else to_us(at)
        return View(self.vocabulary, ticket, at_us, None, None, lambda metric: self.sla.reading(ticket, metric, at_us))

    def _metric(self, name: str) -> str:
        if name not in self.metrics:
            raise UnknownName(f"unknown metric {name!r}", value=name, hint=f"metrics are {', '.join(self.metrics)}")
        return name


_SOURCES: Final = {
    "manual": "chosen by hand", "rule": "chosen by a rule", "match": "the first whose condition holds", "default": "the default",
}  # fmt: skip
_GIVEN: Final = tuple(
    name for name in (
        "name", "zone", "lifecycle", "priority", "metrics", "policies", "rules", "hours", "default_hours", "default_policy",
        "choose_policy", "removed_gap", "fields", "requester_fields", "facts", "groups", "templates", "settings",
    )
)  # fmt: skip


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
        yield f"escalations[{number}].when", next(iter(ladder.rules())).when, "rules"


def _parsed(desk: Desk, problems: list[Problem]) -> Mapping[str, Template]:
    known = variable_names(desk.metrics)
    parsed = {}
    for name, text in desk.templates.items():
        try:
            parsed[name] = Template.parse(text, known)
        except TicketcoreError as error:
            problems.append(Problem(f"templates.{name}", error.message, error.hint, code=error.code, value=error.value))
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
        yield from check_rule(macro, words, templates, f"macros[{number}]")
    for number, ladder in enumerate(desk.rules.escalations):
        yield from check_escalation(ladder, words, templates, f"escalations[{number}]")
    defaults = {name: fact.default for name, fact in desk.facts.items()}
    yield from check_values(defaults, {name: fact.type for name, fact in desk.facts.items()}, "fact", "facts")
    for name, fact in desk.facts.items():
        for kind in fact.required_with:
            if kind not in EVENTS:
                yield Problem(f"facts.{name}.required_with", f"unknown kind of event {kind!r}", hint(kind, EVENTS), code="unknown-name")
