"""Strategies for whole desks: metrics of every shape, policies, rules of every kind with every action, and all that they name.

A desk is drawn in two moves: first its names (statuses, levels, metrics, hours, groups, fields, facts), then conditions over them.
What is drawn is legal; actions that will be refused when they fire are among them on purpose.
"""

from __future__ import annotations

from typing import Any, Final

from attrs import evolve
from hypothesis import strategies as st

from ticketcore._checks import check_time
from ticketcore._clocks import Days, Length, Target, WorkingDays
from ticketcore._time import HOUR_US, MINUTE_US
from ticketcore.conditions import TRUE, Condition, Fact, FieldType, InHours, Since, Vocabulary, field, since, sla, until
from ticketcore.desk import Desk, Settings
from ticketcore.extra.strategies.conditions import conditions, short_hours, timed_conditions
from ticketcore.extra.strategies.lifecycle import lifecycles, permissions
from ticketcore.extra.strategies.priority import priorities
from ticketcore.hours import BusinessHours, Hours, always
from ticketcore.lifecycle import Lifecycle, Status
from ticketcore.model import EVENTS
from ticketcore.priority import Priority
from ticketcore.rules import ACTIONS, Action, Escalation, Rule, Rules, RuleSet, Step
from ticketcore.sla import ALWAYS_NAME, Metric, Policy, Targets, WarnAt

__all__ = ["actions", "desk_hours", "desk_settings", "desks", "metrics", "policies", "promises", "rules"]

TAGS: Final = ("vip", "hot", "calm", "urgent", "gold")
GROUPS: Final = ("sales", "technicians", "Rēķini")
AGENTS: Final = ("maria", "ivan")
COPIES: Final = ("bob@example.org", "νίκος@example.gr")
TEMPLATES: Final = {"ack": "{{ id }}: answer by {{ due }}", "nudge": "{{ subject }} is {{ status }}"}
_SPANS: Final = (1, 2, 5, 10, 15, 30, 45, 60, 90, 120, 180, 240, 480, 1440, 2880)  # minutes
_WARNINGS: Final = ("-1m", "-15m", "-30m", "-2h", "-1 working day", "50%", "80%", "100%", "150%", "5m", "1h")
# Zones whose clocks change in odd ways around the instants at which histories live.
_ZONES: Final = ("UTC", "Europe/Riga", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia", "America/St_Johns")


def spans() -> st.SearchStrategy[int]:
    """Lengths of time in microseconds, whole minutes, from one minute to two days."""
    return st.sampled_from(_SPANS).map(MINUTE_US.__mul__)


def promises() -> st.SearchStrategy[Target]:
    """Promises of all three kinds, short enough to be met or broken within a history.

    >>> from hypothesis import find
    >>> find(promises(), lambda promise: isinstance(promise, WorkingDays))
    WorkingDays(count=1, end_of_day=False)
    """
    lengths = st.builds(Length, spans(), st.booleans())
    few = st.integers(1, 2)
    return st.one_of(lengths, lengths, st.builds(Days, few), st.builds(WorkingDays, few, st.booleans()))


def desk_hours() -> st.SearchStrategy[Hours]:
    """Hours of a desk: several spans a day in odd zones, some never open or known for a while only, and around the clock.

    >>> from hypothesis import given, settings
    >>> @settings(max_examples=5, derandomize=True, deadline=None)
    ... @given(desk_hours())
    ... def test_hours_have_a_zone(hours):
    ...     assert hours.zone in _ZONES
    >>> test_hours_have_a_zone()
    """
    weekdays = st.builds(lambda zone: BusinessHours(zone=zone, week={"mon-fri": ["09:00-13:00", "14:00-18:00"]}), st.sampled_from(_ZONES))
    return st.one_of(weekdays, short_hours(), st.sampled_from(_ZONES).map(always))


# --- conditions ----------------------------------------------------------------------------------------------------------

# Most conditions are drawn from a list made for the names of a desk, alone or two together: one choice instead of twenty, so that
# whole desks stay small enough to be drawn and shrunk. Whatever the language can say is drawn as well, less often.


def _static(vocabulary: Vocabulary) -> list[Condition]:
    """Conditions on the ticket, true and false in turn in the life of a ticket."""
    statuses, levels = list(vocabulary.statuses), vocabulary.levels
    found: list[Condition] = [TRUE, *(field.tags.has(tag) for tag in TAGS[:3]), ~field.tags.has("calm"), field.customer_replies >= 1]
    found += [field.category == "open", field.category.is_any("new", "open"), field.category.is_any("removed", "closed")]
    found += [field.status == statuses[-1], field.status.changed(), field.status.changed(to=statuses[0]), field.group == GROUPS[0]]
    found += [field.group.is_set(), field.assignee.is_empty(), field.requester.tier == "gold", field["facts.queue"] > 3]
    found += [field["fields.site"].is_set(), field.reopens >= 1, field.tags.changed()]
    found += [field.priority == level for level in (levels[0], levels[-1])]
    found += [field.priority.changed(), ~field.priority.changed(), field.priority >= levels[-1]]
    return found


def _on_events(vocabulary: Vocabulary) -> list[Condition]:
    policies = [field.policy == name for name in vocabulary.policies]
    return [*policies, field.event.by_role == "customer", field.event.public == True, field.event.by == "maria"]  # noqa: E712 - a condition


def _timed(vocabulary: Vocabulary) -> list[Condition]:
    """Conditions that flip by time."""
    origins = ("created", "updated", "status_since", "last_customer_reply", "waiting_since", "priority_since", "fields.due_date")
    dues = [f"sla.{name}.{what}" for name in vocabulary.metrics for what in ("due", "started", "warned")]
    lengths = [Length(minutes * MINUTE_US, calendar) for minutes in (5, 30, 120, 1440) for calendar in (True, False)]
    further = (Days(1), WorkingDays(1), WorkingDays(1, end_of_day=True))
    found: list[Condition] = [since(of) >= span for of in (*origins, *dues) for span in (*lengths, *further)]
    found += [since(of) <= span for of in origins[:3] for span in lengths[:3]]
    found += [until(of) <= span for of in ("postponed_until", "fields.due_date", *dues) for span in lengths]
    found += [InHours(name, state) for name in vocabulary.hours for state in ("open", "closed", "holiday")] * 2
    found += [Since(of, "at_least", Length(30 * MINUTE_US), name) for of in origins[:3] for name in vocabulary.hours]
    for name in vocabulary.metrics:
        found += [sla(name).used_at_least(percent) for percent in (0, 50, 80, 100, 120)]
        found += [sla(name).due_within(f"{minutes}m") for minutes in (0, 15, 60)]
        found += [sla(name).is_(state) for state in ("breached", "running", "paused", "removed", "late")]
    return found


def _layered(vocabulary: Vocabulary, layer: str) -> st.SearchStrategy[Condition]:
    """Conditions of a layer below the rules."""
    one = st.sampled_from(_static(vocabulary))
    return _mixed(one, conditions(vocabulary, layer))


def _mixed(one: st.SearchStrategy[Condition], anything: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    both = st.builds(lambda left, right: left & right, one, one)
    either = st.builds(lambda left, right: left | ~right, one, one)
    return st.one_of(one, one, one, one, both, either, anything)


def _untimed(vocabulary: Vocabulary) -> st.SearchStrategy[Condition]:
    return _mixed(st.sampled_from([*_static(vocabulary), *_on_events(vocabulary)]), _waiting(conditions(vocabulary), vocabulary))


def _flipping(vocabulary: Vocabulary) -> st.SearchStrategy[Condition]:
    timed, static = st.sampled_from(_timed(vocabulary)), st.sampled_from(_static(vocabulary))
    joined = st.builds(lambda left, right: left & right, timed, static)
    either = st.builds(lambda left, right: left | right, timed, static)
    both = st.builds(lambda left, right: left & right, timed, timed)
    anything = _waiting(timed_conditions(vocabulary), vocabulary)
    return st.one_of(timed, joined, joined, either, both, st.builds(lambda part: ~part, timed), anything)


def _waiting(anything: st.SearchStrategy[Condition], vocabulary: Vocabulary) -> st.SearchStrategy[Condition]:
    """Those of them that a time rule may wait for."""
    return anything.filter(lambda condition: not any(check_time(condition, vocabulary, "")))


# --- metrics and policies ----------------------------------------------------------------------------------------------


@st.composite
def metrics(draw: st.DrawFn, name: str, vocabulary: Vocabulary) -> Metric:
    """Metrics of every shape over these statuses and groups.

    >>> from hypothesis import given, settings
    >>> @settings(max_examples=5, derandomize=True, deadline=None)
    ... @given(metrics("first reply", Desk().vocabulary))
    ... def test_it_pauses_in_statuses_of_the_desk(metric):
    ...     assert set(metric.pause_status) <= set(Desk().vocabulary.statuses)
    >>> test_it_pauses_in_statuses_of_the_desk()
    """
    statuses = list(vocabulary.statuses)
    simple = (
        "created", "created:customer", "created:agent", "created_message:customer", "created_message:agent", "agent_reply",
        "customer_reply", "note", "auto_reply", "assign",
    )  # fmt: skip
    named = [f"{word}:{status}" for word in ("enter", "leave") for status in statuses]
    named += [f"{word}:{group}" for word in ("group", "ungroup") for group in GROUPS]
    few = st.sampled_from([(), (), (), *((one,) for one in (*simple, *named)), (simple[5], named[0]), (simple[6], named[-1])])
    back = next((status for status, category in vocabulary.statuses.items() if category == "open"), statuses[0])
    done = next((status for status, category in vocabulary.statuses.items() if category == "answered"), statuses[-1])
    likely = st.sampled_from([("created",), ("customer_reply",), (f"enter:{back}",), ("created", "customer_reply")])
    pauses = st.sampled_from([(), (), (done,), (done, statuses[-1]), (statuses[0],)])
    return Metric(
        name=name, start=draw(likely | few), stop=draw(st.sampled_from([("agent_reply",), (f"enter:{done}",)]) | few), restart=draw(few),
        cancel=draw(few), pause_status=draw(pauses), pause=draw(st.none() | st.none() | _layered(vocabulary, "clocks")),
        cycles=draw(st.sampled_from(["once", "many"])), reopen=draw(st.sampled_from(["new", "resume"])),
        start_at=draw(st.sampled_from(["event", "event", "created"])), start_on_attach=draw(st.booleans()),
    )  # fmt: skip


@st.composite
def policies(draw: st.DrawFn, name: str, vocabulary: Vocabulary) -> Policy:
    """Policies over these metrics, levels and hours.

    >>> from hypothesis import given, settings
    >>> @settings(max_examples=5, derandomize=True, deadline=None)
    ... @given(policies("gold", Desk().vocabulary))
    ... def test_it_promises_what_is_measured(policy):
    ...     assert set(policy.targets) <= set(Desk().metrics)
    >>> test_it_promises_what_is_measured()
    """
    one, level = promises(), st.sampled_from(vocabulary.levels)
    targets = st.builds(
        lambda otherwise, first, target: Targets(by_level={first: target} if target is not None else {}, otherwise=otherwise),
        st.none() | one, level, st.none() | one,
    )  # fmt: skip
    return Policy(
        name=name, when=draw(st.just(TRUE) | _layered(vocabulary, "policy")),
        targets={metric: draw(targets) for metric in vocabulary.metrics if draw(st.sampled_from([True, True, True, False]))},
        hours=draw(st.sampled_from(["", *vocabulary.hours])),
        warn=tuple(WarnAt.parse(text) for text in draw(st.lists(st.sampled_from(_WARNINGS), max_size=3, unique=True))),
        keep_used=draw(st.booleans()), due_at=draw(st.sampled_from(["closing", "next_opening"])),
        schedule_change=draw(st.sampled_from(["per_interval", "whole_span"])),
    )  # fmt: skip


# --- rules ---------------------------------------------------------------------------------------------------------------


def actions(vocabulary: Vocabulary) -> st.SearchStrategy[Action]:
    """Actions of every kind; whether one is refused when it fires is the ticket's affair.

    >>> from hypothesis import given, settings
    >>> @settings(max_examples=5, derandomize=True, deadline=None)
    ... @given(actions(Desk().vocabulary))
    ... def test_an_action_is_known(action):
    ...     assert action.name in ACTIONS
    >>> test_an_action_is_known()
    """
    found = [Action(kind) for kind, what in ACTIONS.items() if what.takes == "flag"]
    found += [Action("set_priority", level) for level in vocabulary.levels[:4]] * 2
    found += [Action("raise_priority", steps) for steps in (-1, 1, 2)]
    found += [Action("set_status", status) for status in list(vocabulary.statuses)[:9]]
    found += [
        Action("postpone", span) for span in (Length(30 * MINUTE_US, calendar=True), Length(120 * MINUTE_US), Days(1), WorkingDays(1))
    ]
    found += [Action("postpone", Length(HOUR_US), {"hours": name}) for name in vocabulary.hours]
    found += [Action(kind, tag) for kind in ("add_tag", "remove_tag") for tag in TAGS]
    found += [Action("add_tags", TAGS[:2]), Action("remove_tags", TAGS[1:3])]
    found += [Action(f"{word}_followers", AGENTS) for word in ("add", "remove")]
    found += [Action(f"{word}_cc", COPIES) for word in ("add", "remove")]
    found += [Action("set_field", name, {"to": to}) for name in ("subject", "language", "site") for to in (None, "Ωμέγα")]
    found += [Action("assign", agent) for agent in AGENTS] + [Action("transfer", group) for group in GROUPS[:2]]
    found += [Action("escalate", 1), Action("escalate", 2, {"to": "lead"})]
    found += [Action("set_policy", policy) for policy in vocabulary.policies] * 2
    found += [Action("extend_target", name, {"by_us": 30 * MINUTE_US, "reason": "parts"}) for name in vocabulary.metrics]
    found += [
        Action("note", "ack"),
        Action("reply", "ack"),
        Action("reply", "nudge", {"stale_after_us": HOUR_US}),
        Action("route", "sales"),
    ]
    found += [Action("notify", "lead"), Action("notify", "lead", {"template": "nudge", "stale_after_us": HOUR_US})]
    found += [Action(kind, "hook") for kind in ("webhook", "suggest_article", "classify", "create_child", "request_merge")]
    return st.sampled_from(found)


_HEARD: Final = (
    "created", "customer_replied", "agent_replied", "breached", "warned", "woken", "time_reached", "priority_changed", "status_changed",
    "policy_applied", "clock_started", "clock_stopped", "tags_added", "rule_fired", "retargeted", "clock_paused",
)  # fmt: skip


@st.composite
def _event_rules(draw: st.DrawFn, name: str, vocabulary: Vocabulary) -> Rule:
    kinds = st.sampled_from(
        [(), *((kind,) for kind in (*_HEARD, *_HEARD, *EVENTS)), ("breached", "warned"), ("created", "customer_replied")]
    )
    return Rule(
        name=name, on=draw(kinds), when=draw(_untimed(vocabulary)), then=draw(_thens(vocabulary)),
        enabled=draw(st.sampled_from([True] * 7 + [False])), stop=draw(st.sampled_from([False, False, False, True])),
        automatic=draw(st.booleans()),
    )  # fmt: skip


def _thens(vocabulary: Vocabulary) -> st.SearchStrategy[list[Action]]:
    return st.lists(actions(vocabulary), min_size=1, max_size=3)


@st.composite
def _time_rules(draw: st.DrawFn, name: str, vocabulary: Vocabulary) -> Rule:
    rule = Rule(
        name=name, when=draw(_flipping(vocabulary)), then=draw(_thens(vocabulary)), stop=draw(st.sampled_from([False, False, True]))
    )
    if rule.is_timed and draw(st.booleans()):
        return evolve(rule, every_us=draw(spans()), times=draw(st.integers(1, 4)))
    return rule


@st.composite
def _ladders(draw: st.DrawFn, name: str, vocabulary: Vocabulary) -> Escalation:
    dues = [f"sla.{metric}.due" for metric in vocabulary.metrics]
    lengths = sorted(draw(st.lists(spans(), min_size=1, max_size=3)))
    rounds, hours = draw(st.sampled_from([1, 1, 2])), draw(st.sampled_from([None, *vocabulary.hours]))
    calendar = hours is None and draw(st.booleans())
    return Escalation(
        name=name, when=draw(st.sampled_from(_static(vocabulary))), hours=hours, rounds=rounds, round_us=draw(spans()) if rounds > 1 else 0,
        since=draw(st.sampled_from(["created", "updated", "last_customer_reply", "waiting_since", *dues])),
        steps=[Step(after=Length(us, calendar), then=draw(_thens(vocabulary))) for us in lengths],
    )  # fmt: skip


@st.composite
def rules(draw: st.DrawFn, vocabulary: Vocabulary) -> Rules:
    """Rules of every kind, in sets, with ladders and macros.

    >>> from hypothesis import given, settings
    >>> @settings(max_examples=5, derandomize=True, deadline=None)
    ... @given(rules(Desk().vocabulary))
    ... def test_its_names_are_unique(rules):
    ...     names = [rule.name for one in rules.sets for rule in one.rules]
    ...     assert len(names) == len(set(names))
    >>> test_its_names_are_unique()
    """
    sets = []
    for number in range(draw(st.sampled_from([1, 2]))):
        kinds = draw(st.sampled_from([(), (0,), (1,), (0, 1), (1, 0, 1), (0, 0, 1), (0, 1, 0, 1)]))
        made = [draw((_time_rules if timed else _event_rules)(f"r{number}{place}", vocabulary)) for place, timed in enumerate(kinds)]
        sets.append(RuleSet(name=f"set {number}", rules=tuple(made), enabled=draw(st.sampled_from([True] * 5 + [False]))))
    ladders = [draw(_ladders("ladder", vocabulary))] if draw(st.sampled_from([False, False, True])) else []
    return Rules(sets=sets, escalations=ladders, macros=(Rule(name="macro", then=draw(_thens(vocabulary))),))


# --- desks ---------------------------------------------------------------------------------------------------------------


FIELDS: Final = {
    "impact": FieldType(kind="name"), "urgency": FieldType(kind="name"), "site": FieldType(kind="text"), "score": FieldType(kind="number"),
    "due_date": FieldType(kind="instant"), "effort": FieldType(kind="duration"), "ready": FieldType(kind="flag"),
    "kind": FieldType(kind="choice", choices=("incident", "question")),
}  # fmt: skip
FACTS: Final = {
    "queue": Fact(type=FieldType(kind="number"), default=0), "hint": Fact(type=FieldType(kind="name"), default=""),
    "sure": Fact(type=FieldType(kind="number"), default=0),
}  # fmt: skip


INCIDENTS: Final = Lifecycle(
    statuses=[
        Status(name="new", category="new"), Status(name="investigating", category="open"), Status(name="answered", category="answered"),
        Status(name="resolved", category="resolved"), Status(name="closed", category="closed"), Status(name="spam", category="removed"),
    ],
    close_after="1 day",
)  # fmt: skip


@st.composite
def desks(draw: st.DrawFn) -> Desk:
    """Desks: every room of one in any setting, all names in use.

    >>> from hypothesis import given, settings
    >>> from ticketcore.model import Created
    >>> @settings(max_examples=5, derandomize=True, deadline=None)
    ... @given(desks())
    ... def test_a_ticket_has_a_level_of_its_desk(desk):
    ...     ticket = desk.handle(None, Created(at=0, ticket="T-1")).ticket
    ...     assert ticket.priority in desk.priority.levels.names
    >>> test_a_ticket_has_a_level_of_its_desk()
    """
    plain = st.just(Lifecycle())
    lifecycle = draw(st.one_of(plain, plain, plain, _settled(), lifecycles()))
    tagged = st.just(Priority(tags={"urgent": "urgent", "vip": "high"}))
    priority = draw(st.one_of(st.just(Priority()), tagged, tagged, tagged, priorities()))
    hours = draw(st.dictionaries(st.sampled_from(["support", "night"]), desk_hours()))
    given = {ALWAYS_NAME: always(), **hours}
    default_hours = draw(st.sampled_from(sorted(given)))
    metric_names = draw(st.lists(st.sampled_from(["fa", "next", "solve"]), unique=True))
    policy_names = draw(st.lists(st.sampled_from(["std", "gold"]), unique=True))
    facts = {**FACTS, **draw(st.sampled_from([{}, {}, {"mood": Fact(type=FieldType(kind="name"), required_with=("customer_replied",))}]))}
    names: dict[str, Any] = {
        "statuses": {status.name: status.category for status in lifecycle.every_status()}, "levels": priority.levels.names, "hours": given,
        "default_hours": default_hours, "groups": GROUPS, "facts": facts, "fields": FIELDS, "requester_fields": {"site": FIELDS["site"]},
        "metrics": metric_names, "policies": policy_names,
    }  # fmt: skip
    vocabulary = Vocabulary(**names)
    rest: dict[str, Any] = {
        "zone": draw(st.sampled_from(_ZONES)), "lifecycle": lifecycle, "priority": priority, "hours": given, "default_hours": default_hours,
        "metrics": [draw(metrics(name, vocabulary)) for name in metric_names],
        "policies": [draw(policies(name, vocabulary)) for name in policy_names], "rules": draw(rules(vocabulary)),
        "default_policy": draw(st.sampled_from([None, *policy_names])), "choose_policy": draw(st.sampled_from(["always", "creation"])),
        "removed_gap": draw(st.sampled_from(["excluded", "excluded", "counted"])), "fields": FIELDS, "facts": facts, "groups": GROUPS,
        "requester_fields": names["requester_fields"], "templates": TEMPLATES, "settings": draw(desk_settings()),
    }  # fmt: skip
    return Desk(**rest)


def _settled() -> st.SearchStrategy[Lifecycle]:
    """The default lifecycle in other settings, some with another workflow for incidents."""
    window = st.none() | spans()
    flags = ("reopen_on_reply", "follow_up_from_closed", "restore_on_reply", "reopen_closed", "undated_postpone")
    needs = st.lists(st.sampled_from(["verified", "confirmed", "ready", "fields.site"]), max_size=2, unique=True)
    after = st.none() | spans().map(lambda us: Length(us, calendar=True)) | st.sampled_from([Days(1), WorkingDays(1)])
    given: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries({
        "reopen_window": window, **dict.fromkeys(flags, st.booleans()), "close_needs": st.just([]) | needs, "close_after": after,
        "permissions": st.just({}) | permissions(), "by_type": st.sampled_from([{}, {"incident": INCIDENTS}]),
    })  # fmt: skip
    return given.map(lambda settings: Lifecycle(type_field="kind", **settings))


def desk_settings() -> st.SearchStrategy[Settings]:
    """How strict a desk is; silent after a few time roots now and then, so that histories get there.

    >>> from hypothesis import find
    >>> find(desk_settings(), lambda settings: settings.observe)
    Settings(late='refuse', observe=True, silence_after=1000, handoff_reason=False)
    """
    return st.builds(
        Settings, late=st.sampled_from(["refuse", "restamp"]), observe=st.sampled_from([False, False, False, True]),
        silence_after=st.sampled_from([1000, 40, 3, 1]), handoff_reason=st.booleans(),
    )  # fmt: skip
