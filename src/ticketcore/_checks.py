"""What a desk checks of its parts once it knows all names: kinds of events, values of actions, triggers, levels, templates.

Each function takes one part and its path, and yields every problem in it; the desk and the desk file both ask here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, Final

from ticketcore._actions import ACTIONS, Action
from ticketcore._clocks import Days, Length, WorkingDays
from ticketcore._names import hint
from ticketcore._parsing import name_problem
from ticketcore._time import MINUTE_US
from ticketcore.conditions import (
    OPERATORS,
    TRUE,
    AllOf,
    AnyOf,
    Condition,
    Fact,
    FieldType,
    InHours,
    Not,
    Since,
    Vocabulary,
    facts_needed,
    fields_of,
    parse,
)  # fmt: skip
from ticketcore.errors import BeyondHorizon, NeverOpen, Problem, TicketcoreError, shorten
from ticketcore.model import EVENTS
from ticketcore.rules import Escalation, Rule
from ticketcore.sla import NAMED_TRIGGERS, Metric, Policy

Templates = Collection[str]
_SOME_DAY: Final = 1_795_424_400_000_000  # hours that never meet from here on never meet in practice


def _unknown(path: str, what: str, name: object, known: Iterable[str]) -> Problem:
    return Problem(path, f"unknown {what} {shorten(name)}", hint(name, known), code="unknown-name", value=shorten(name))


def check_metric(metric: Metric, words: Vocabulary, path: str) -> Iterable[Problem]:
    """The statuses and groups that a metric's triggers and pauses name."""
    for part in ("start", "stop", "restart", "cancel"):
        for number, trigger in enumerate(getattr(metric, part)):
            kind, _, name = trigger.partition(":")
            if kind in ("enter", "leave") and name not in words.statuses:
                yield _unknown(f"{path}.{part}[{number}]", "status", name, words.statuses)
            if kind in NAMED_TRIGGERS[2:] and words.groups and name not in words.groups:
                yield _unknown(f"{path}.{part}[{number}]", "group", name, words.groups)
    for status in sorted(metric.pause_status):
        if status not in words.statuses:
            yield _unknown(f"{path}.pause_status", "status", status, words.statuses)


def check_policy(policy: Policy, words: Vocabulary, path: str) -> Iterable[Problem]:
    """The metrics, levels and hours that a policy names, and that its targets are lengths of time."""
    if policy.hours and policy.hours not in words.hours:
        yield _unknown(f"{path}.hours", "hours", policy.hours, words.hours)
    for metric, targets in policy.targets.items():
        place = f"{path}.targets.{metric}"
        if metric not in words.metrics:
            yield _unknown(place, "metric", metric, words.metrics)
        for level, target in targets.by_level.items():
            if level not in words.levels:
                yield _unknown(f"{place}.{level}", "priority level", level, words.levels)
            yield from _check_target(target, f"{place}.{level}")
        if targets.otherwise is not None:
            yield from _check_target(targets.otherwise, f"{place}.else" if targets.by_level else place)


def _check_target(target: object, path: str) -> Iterable[Problem]:
    if isinstance(target, Length):
        good = target.us > 0
    elif isinstance(target, Days | WorkingDays):
        good = 0 < target.count <= 10_000
    else:
        yield Problem(path, f"a target is a length of time, not {type(target).__name__}", value=shorten(target))
        return
    if not good:
        yield Problem(path, "a target is longer than nothing, and at most 10000 days", value=str(target))


def check_rule(rule: Rule, words: Vocabulary, templates: Templates, path: str) -> Iterable[Problem]:
    """The kinds of events a rule listens to, and its actions."""
    for kind in sorted(rule.on):
        if kind not in EVENTS:
            yield _unknown(f"{path}.on", "kind of event", kind, EVENTS)
    if rule.is_timed:
        yield from check_time(rule.when, words, f"{path}.when")
    yield from check_actions(rule.then, words, templates, f"{path}.then")


def check_time(condition: Condition, words: Vocabulary, path: str) -> Iterable[Problem]:
    """What a time rule may not wait for: a fact that only comes with events, less than a minute, hours that never meet."""
    if not names_known(condition, words):
        return  # the condition itself is refused, with the names
    yield from _check_facts(condition, words, path)
    for part in _inside(condition):
        if isinstance(part, Since) and isinstance(part.span, Length) and part.span.us < MINUTE_US:
            yield Problem(path, f"a time rule waits a minute or more, not {part.span}", value=str(part.span))
        if isinstance(part, AllOf):
            yield from _check_meeting(part, words, path)


def _check_facts(condition: Condition, words: Vocabulary, path: str) -> Iterable[Problem]:
    for name in sorted(facts_needed(condition, words)):
        yield Problem(path, f"a time rule cannot read the fact {name!r}, which has no default", f"give {name} a default")


def names_known(condition: Condition, words: Vocabulary) -> bool:
    """Whether the desk has all fields and hours that *condition* names."""
    hours = {part.hours for part in _inside(condition) if isinstance(part, InHours)}
    return hours <= set(words.hours) and all(name in words.specs for name in fields_of(condition))


def _inside(condition: Condition) -> Iterator[Condition]:
    """A condition and all its parts."""
    waiting = [condition]
    while waiting:
        part = waiting.pop()
        yield part
        if isinstance(part, AllOf | AnyOf):
            waiting.extend(part.parts)
        elif isinstance(part, Not):
            waiting.append(part.part)


def _check_meeting(condition: AllOf, words: Vocabulary, path: str) -> Iterable[Problem]:
    """Hours that must be open at once have an instant in common."""
    named = sorted({part.hours for part in condition.parts if isinstance(part, InHours) and part.state == "open"})
    if len(named) > 1:
        common = words.hours[named[0]]
        try:
            for name in named[1:]:
                common &= words.hours[name]
            common.next_open_us(_SOME_DAY)
        except (NeverOpen, BeyondHorizon):
            yield Problem(path, f"the hours {' and '.join(named)} are never open at once", "name hours that meet")


def check_macro(macro: Rule, words: Vocabulary, templates: Templates, path: str) -> Iterable[Problem]:
    """That a macro is a name and actions, and those."""
    if macro.on or macro.when != TRUE or macro.every_us is not None:
        yield Problem(path, "a macro is fired by hand: it has a name and actions", "leave out on, when and every")
    yield from check_actions(macro.then, words, templates, f"{path}.then")


def check_escalation(ladder: Escalation, words: Vocabulary, templates: Templates, path: str) -> Iterable[Problem]:
    """The condition, base instant, hours, spans and actions of a ladder."""
    yield from check_time(ladder.when, words, f"{path}.when")
    base = Since(ladder.since, "at_least", ladder.steps[0].after, ladder.hours)
    problems: list[Problem] = []
    parse(base, words, path, problems)
    yield from problems or _check_facts(base, words, f"{path}.since")
    for number, step in enumerate(ladder.steps):
        place = f"{path}.steps[{number}]"
        if (step.after.us if isinstance(step.after, Length) else step.after.count) < 0:
            yield Problem(f"{place}.after", "a step acts at its base instant or later", value=str(step.after))
        yield from check_actions(step.then, words, templates, f"{place}.then")


def check_actions(actions: Iterable[Action], words: Vocabulary, templates: Templates, path: str) -> Iterable[Problem]:
    """The values of actions: known names, right types."""
    for number, action in enumerate(actions):
        yield from _TAKES[ACTIONS[action.name].takes](action, words, templates, f"{path}[{number}]")
        template = action.options.get("template")
        if template is not None and template not in templates and templates:
            yield _unknown(f"{path}[{number}].template", "template", template, templates)
        for option, kind, wanted in (("public", bool, "true or false"), ("via", str, "a word")):
            given = action.options.get(option)
            if given is not None and (type(given) is not kind or given == ""):
                yield Problem(f"{path}[{number}].{option}", f"{option} is {wanted}, not {shorten(given)}", value=shorten(given))
        stale = action.options.get("stale_after_us")
        if stale is not None and (type(stale) is not int or stale <= 0):
            yield Problem(f"{path}[{number}].stale_after", "stale_after is a length of time", value=shorten(stale))


Check = Callable[[Action, Vocabulary, Templates, str], Iterable[Problem]]


def _takes_choice(what: str, known: Callable[[Vocabulary], Iterable[str]], *, open_list: bool = False) -> Check:
    """A name out of a list of the desk; an open list takes any name while the desk has none."""

    def check(action: Action, words: Vocabulary, _templates: Templates, path: str) -> Iterable[Problem]:
        names = tuple(known(words))
        if not isinstance(action.value, str) or not action.value:
            yield Problem(path, f"{action.name} takes a {what}, not {shorten(action.value)}", value=shorten(action.value))
        elif action.value not in names and (names or not open_list):
            yield _unknown(path, what, action.value, names)

    return check


def _takes_text(action: Action, _words: Vocabulary, _templates: Templates, path: str) -> Iterable[Problem]:
    if not isinstance(action.value, str) or not action.value:
        yield Problem(path, f"{action.name} takes a name, not {shorten(action.value)}", value=shorten(action.value))


def _takes_flag(action: Action, _words: Vocabulary, _templates: Templates, path: str) -> Iterable[Problem]:
    if action.value is not True and action.value is not None:
        yield Problem(
            path, f"{action.name} takes true, not {shorten(action.value)}", "leave the action out instead", value=shorten(action.value)
        )


def _takes_template(action: Action, _words: Vocabulary, templates: Templates, path: str) -> Iterable[Problem]:
    """A template of the desk. A desk that declares none leaves them to the host, but for notes: those it writes itself."""
    if not isinstance(action.value, str) or not action.value:
        yield Problem(path, f"{action.name} takes the name of a template, not {shorten(action.value)}", value=shorten(action.value))
    elif action.value not in templates and (templates or action.name == "note"):
        yield _unknown(path, "template", action.value, templates)


def _takes_tags(action: Action, _words: Vocabulary, _templates: Templates, path: str) -> Iterable[Problem]:
    yield from _names_in(action, path, "a tag or a list of tags")


def _takes_names(action: Action, _words: Vocabulary, _templates: Templates, path: str) -> Iterable[Problem]:
    yield from _names_in(action, path, "a name or a list of names")


def _names_in(action: Action, path: str, wanted: str) -> Iterable[Problem]:
    names = (action.value,) if isinstance(action.value, str) else action.value
    if not isinstance(names, tuple) or not names or not all(isinstance(name, str) and name for name in names):
        yield Problem(path, f"{action.name} takes {wanted}, not {shorten(action.value)}", value=shorten(action.value))


def _takes_whole(low: int, high: int) -> Check:
    def check(action: Action, _words: Vocabulary, _templates: Templates, path: str) -> Iterable[Problem]:
        if type(action.value) is not int or not low <= action.value <= high or action.value == 0:
            yield Problem(path, f"{action.name} takes a whole number from {low} to {high}, not {shorten(action.value)}")

    return check


def _takes_span(action: Action, words: Vocabulary, _templates: Templates, path: str) -> Iterable[Problem]:
    yield from _check_target(action.value, path)
    hours = action.options.get("hours")
    if hours is not None and hours not in words.hours:
        yield _unknown(f"{path}.hours", "hours", hours, words.hours)


def _takes_field(action: Action, words: Vocabulary, _templates: Templates, path: str) -> Iterable[Problem]:
    value = action.options.get("to")
    if action.value in ("subject", "language", "channel"):
        if value is not None and not isinstance(value, str):
            yield Problem(f"{path}.to", f"{action.value} is a text, not {shorten(value)}", value=shorten(value))
    elif action.value not in words.fields:
        yield _unknown(path, "field", action.value, (*words.fields, "subject", "language", "channel"))
    elif value is not None:
        try:
            words.fields[action.value].stored(value)
        except TicketcoreError as error:
            yield problem_of(f"{path}.to", error)


def _takes_metric(action: Action, words: Vocabulary, templates: Templates, path: str) -> Iterable[Problem]:
    yield from _takes_choice("metric", lambda known: known.metrics)(action, words, templates, path)
    extra = action.options.get("by_us")
    if type(extra) is not int or extra <= 0:
        yield Problem(f"{path}.by", "an extension is a positive length of time", 'write by = "1h"', value=shorten(extra))


_TAKES: Final[Mapping[str, Check]] = {
    "level": _takes_choice("priority level", lambda words: words.levels),
    "status": _takes_choice("status", lambda words: words.statuses),
    "group": _takes_choice("group", lambda words: words.groups, open_list=True),
    "policy": _takes_choice("policy", lambda words: words.policies),
    "metric": _takes_metric,
    "agent": _takes_text,
    "name": _takes_text,
    "to": _takes_text,
    "text": _takes_text,
    "flag": _takes_flag,
    "template": _takes_template,
    "tags": _takes_tags,
    "names": _takes_names,
    "steps": _takes_whole(-100, 100),
    "count": _takes_whole(1, 100),
    "span": _takes_span,
    "field": _takes_field,
}


def check_declared(declared: Mapping[str, Any], kind: type, path: str) -> Iterable[Problem]:
    """That what is declared by name is of the class it must be, a type one of those there are, and a field or fact has a usable name."""
    for name, value in declared.items():
        problem = name_problem(name, path) if kind in (FieldType, Fact) else None
        if problem is not None:
            yield problem
            continue
        if not isinstance(value, kind):
            yield Problem(f"{path}.{name}", f"{kind.__name__} is wanted, not {type(value).__name__}", value=shorten(value))
            continue
        type_ = value.type if isinstance(value, Fact) else value
        if isinstance(type_, FieldType) and type_.kind not in OPERATORS:
            yield _unknown(f"{path}.{name}", "type", type_.kind, OPERATORS)


def check_fact(name: str, fact: Fact) -> Iterable[Problem]:
    """That a fact comes from somewhere: it has a default of its type, or kinds of events that bring it."""
    path = f"facts.{name}"
    if fact.default is None and not fact.required_with:
        yield Problem(path, "a fact needs a default or required_with")
    if fact.default is not None:
        try:
            fact.type.stored(fact.default)
        except TicketcoreError as error:
            yield problem_of(f"{path}.default", error)
    for kind in fact.required_with:
        if kind not in EVENTS:
            yield _unknown(f"{path}.required_with", "kind of event", kind, EVENTS)


def problem_of(path: str, error: TicketcoreError) -> Problem:
    """An error as one problem among others, at its place."""
    return Problem(path, error.message, error.hint, code=error.code, value=error.value)
