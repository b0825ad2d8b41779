"""What a desk checks of its parts once it knows all names: kinds of events, values of actions, triggers, levels, templates.

Each function takes one part and its path, and yields every problem in it; the desk and the desk file both ask here.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from typing import Any, Final

from ticketcore._actions import ACTIONS, Action
from ticketcore._clocks import Days, Length, WorkingDays
from ticketcore._names import hint
from ticketcore.conditions import Vocabulary
from ticketcore.errors import Problem, TicketcoreError, shorten
from ticketcore.model import EVENTS
from ticketcore.rules import Escalation, Rule
from ticketcore.sla import NAMED_TRIGGERS, Metric, Policy

Templates = Container[str]


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
    yield from check_actions(rule.then, words, templates, f"{path}.then")


def check_escalation(ladder: Escalation, words: Vocabulary, templates: Templates, path: str) -> Iterable[Problem]:
    """The base instant, hours and actions of a ladder."""
    try:
        spec = words.field(ladder.since)
    except TicketcoreError as error:
        yield Problem(f"{path}.since", error.message, error.hint, code=error.code, value=error.value)
    else:
        if spec.type.kind != "instant":
            yield Problem(f"{path}.since", f"{ladder.since!r} is no instant", "name one such as created or sla.first_reply.due")
    if ladder.hours is not None and ladder.hours not in words.hours:
        yield _unknown(f"{path}.hours", "hours", ladder.hours, words.hours)
    for number, step in enumerate(ladder.steps):
        yield from check_actions(step.then, words, templates, f"{path}.steps[{number}]")


def check_actions(actions: Iterable[Action], words: Vocabulary, templates: Templates, path: str) -> Iterable[Problem]:
    """The values of actions: known names, right types."""
    for number, action in enumerate(actions):
        yield from _TAKES[ACTIONS[action.name].takes](action, words, templates, f"{path}[{number}]")
        template = action.options.get("template")
        if template is not None and template not in templates:
            yield Problem(f"{path}[{number}].template", f"unknown template {shorten(template)}", "declare it among the templates")
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
    if not isinstance(action.value, str) or action.value not in templates:
        yield Problem(path, f"unknown template {shorten(action.value)}", "declare it among the templates", code="unknown-name")


def _takes_tags(action: Action, _words: Vocabulary, _templates: Templates, path: str) -> Iterable[Problem]:
    tags = (action.value,) if isinstance(action.value, str) else action.value
    if not isinstance(tags, tuple) or not tags or not all(isinstance(tag, str) and tag for tag in tags):
        yield Problem(path, f"{action.name} takes a tag or a list of tags, not {shorten(action.value)}", value=shorten(action.value))


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
            yield Problem(f"{path}.to", error.message, error.hint, code=error.code, value=error.value)


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
    "steps": _takes_whole(-100, 100),
    "count": _takes_whole(1, 100),
    "span": _takes_span,
    "field": _takes_field,
}


def check_values(values: Mapping[str, Any], known: Mapping[str, Any], what: str, path: str) -> Iterable[Problem]:
    """Defaults of declared facts fit their types."""
    for name, value in values.items():
        if value is not None:
            try:
                known[name].stored(value)
            except TicketcoreError as error:
                yield Problem(f"{path}.{name}.default", f"{what} {name!r}: {error.message}", error.hint, code=error.code, value=error.value)
