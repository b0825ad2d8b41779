"""A desk written as plain data, as `ticketcore._desk_file` reads it; what has its default is left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from attrs import Attribute

from ticketcore._actions import Action
from ticketcore._desk_file import IN_FILE
from ticketcore._hours_file import hours_to_data
from ticketcore._plain import SCHEMA, Writer, class_writer, write_names
from ticketcore._settings import Settings
from ticketcore._time import iso, say_duration
from ticketcore.conditions import Fact, FieldType, say_span, to_data
from ticketcore.desk import Desk
from ticketcore.errors import check_kind
from ticketcore.hours import always
from ticketcore.lifecycle import Lifecycle, Move, Status, To
from ticketcore.model import Days, Length, WorkingDays
from ticketcore.priority import Levels, Matrix, Priority, Score, ScoreCard, Suggestion
from ticketcore.routing import filter_to_data
from ticketcore.rules import Escalation, Rule, RuleSet
from ticketcore.sla import ALWAYS_NAME, Metric, Policy, Targets, WarnAt


def _as_it_is(value: Any) -> Any:
    return value


def _writer(kind: type, left_out: Iterable[str] = (), **hooks: tuple[str, Writer]) -> Writer:
    """The writer of a class: for each field that is no plain value, its key and how it is written."""
    hidden = frozenset(left_out)

    def key(name: str) -> str | None:
        return None if name in hidden else hooks[name][0] if name in hooks else name

    def hook(field: Attribute[Any]) -> Writer:
        return hooks[field.name][1] if field.name in hooks else _as_it_is

    return class_writer(kind, key, hook)


def _condition(value: Any) -> dict[str, Any] | None:
    return None if value is None else to_data(value)


# --- lifecycle and priority ------------------------------------------------------------------------------------------


def _status(value: str | To) -> str:
    return value.value if isinstance(value, To) else value


_write_move: Final = _writer(
    Move, to=("to", _status), guard=("guard", _condition), within_us=("within", say_duration), otherwise=("otherwise", _status)
)
_write_status: Final = _writer(Status)


def _move(value: Move | None) -> Any:
    if value is None:
        return False
    data = _write_move(value)
    return data["to"] if len(data) == 1 else data


def _rows(value: Mapping[str, Mapping[str, Move | None]]) -> dict[str, Any]:
    return {status: {trigger: _move(move) for trigger, move in row.items()} for status, row in value.items()}


def _choices(value: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    return {status: list(targets) for status, targets in value.items()}


def _statuses(value: tuple[Status, ...]) -> list[Any]:
    return [_write_status(status) for status in value]


def _workflows(value: Mapping[str, Lifecycle]) -> dict[str, Any]:
    return {name: _write_lifecycle(workflow) for name, workflow in value.items()}


_write_lifecycle: Final = _writer(
    Lifecycle, ("vocabulary",), statuses=("statuses", _statuses), table=("table", _rows), moves=("moves", _rows),
    direct=("direct", _choices), main=("main", dict), triggers=("triggers", dict), reopen_window_us=("reopen_window", say_duration),
    permissions=("permissions", _choices), close_needs=("close_needs", list), close_after=("close_after", say_span),
    by_type=("by_type", _workflows),
)  # fmt: skip


def _levels(value: Levels) -> list[str]:
    return list(value.names)


def _matrix(value: Matrix) -> dict[str, Any]:
    rows = [[row[urgency] for urgency in value.urgencies] for row in value.rows.values()]
    return {"impact": list(value.impacts), "urgency": list(value.urgencies), "levels": rows}


_write_score: Final = _writer(Score, condition=("when", _condition))


def _card(value: ScoreCard) -> dict[str, Any]:
    return {"entries": [_write_score(entry) for entry in value.entries], "thresholds": [list(pair) for pair in value.thresholds]}


_write_priority: Final = _writer(
    Priority, ("vocabulary",), levels=("levels", _levels), tags=("tags", dict), matrix=("matrix", _matrix), score=("score", _card),
    suggestion=("suggestion", _writer(Suggestion)), slots=("slots", list),
)  # fmt: skip

# --- service levels --------------------------------------------------------------------------------------------------

_write_metric: Final = _writer(
    Metric, ("name",), start=("start", list), stop=("stop", list), restart=("restart", list), cancel=("cancel", list),
    pause_status=("pause_status", write_names), pause=("pause", _condition),
)  # fmt: skip


def _targets(value: Mapping[str, Targets]) -> dict[str, Any]:
    return {metric: _of_levels(targets) for metric, targets in value.items()}


def _of_levels(value: Targets) -> dict[str, str]:
    otherwise = {} if value.otherwise is None else {"else": str(value.otherwise)}
    return {**{level: str(target) for level, target in value.by_level.items()}, **otherwise}


def _warnings(value: tuple[WarnAt, ...]) -> list[str]:
    return [str(warning) for warning in value]


_write_policy: Final = _writer(Policy, when=("when", _condition), targets=("targets", _targets), warn=("warn", _warnings))

# --- fields and facts ------------------------------------------------------------------------------------------------


def _field_type(value: FieldType) -> Any:
    """A type as it is declared: its name where that says all."""
    data: dict[str, Any] = {"type": "choice" if value.kind == "ordered" else value.kind}
    if value.choices:
        data["choices"] = list(value.choices)
    if value.kind == "ordered":
        data["ordered"] = True
    if value.what != "value":
        data["what"] = value.what
    return data if len(data) > 1 else value.kind


def _fact(value: Fact) -> dict[str, Any]:
    kind = _field_type(value.type)
    data: dict[str, Any] = dict(kind) if isinstance(kind, dict) else {"type": kind}
    if value.default is not None:
        data["default"] = _field_value(value.type, value.default)
    if value.required_with:
        data["required_with"] = list(value.required_with)
    return data


def _field_value(kind: FieldType | None, value: Any) -> Any:
    """A stored value as people write it."""
    if kind is not None and type(value) is int and kind.kind in ("instant", "duration"):
        return iso(value) if kind.kind == "instant" else say_duration(value)
    return sorted(value) if isinstance(value, frozenset) else value


# --- rules -----------------------------------------------------------------------------------------------------------


_write_rule: Final = _writer(Rule, ("then", "ladder"), when=("when", _condition), on=("on", write_names), every_us=("every", say_duration))
_write_set: Final = _writer(RuleSet, ("rules",))
_write_escalation: Final = _writer(
    Escalation, ("steps",), when=("when", _condition), rounds=("repeat", _as_it_is), round_us=("round", say_duration)
)
_Types = Mapping[str, FieldType]


def _rule(rule: Rule, fields: _Types) -> dict[str, Any]:
    return {**_write_rule(rule), **({"then": _actions(rule.then, fields)} if rule.then else {})}


def _rule_set(value: RuleSet, fields: _Types) -> dict[str, Any]:
    return {"name": value.name, **_write_set(value), "rules": [_rule(rule, fields) for rule in value.rules]}


def _ladder(value: Escalation, fields: _Types) -> dict[str, Any]:
    business = value.hours is not None
    steps = [{"after": say_span(step.after, business=business), "then": _actions(step.then, fields)} for step in value.steps]
    return {**_write_escalation(value), "steps": steps}


def _actions(value: Iterable[Action], fields: _Types) -> list[Any]:
    return [_action(action, fields) for action in value]


def _action(action: Action, fields: _Types) -> dict[str, Any]:
    """An action with its options, a table of its own."""
    value = True if action.value is None else action.value
    if isinstance(value, Length | Days | WorkingDays):
        value = say_span(value, business="hours" in action.options)
    data = {action.name: list(value) if isinstance(value, tuple) else value}
    for option, given in action.options.items():
        data[IN_FILE.get(option, option)] = _option(action, option, given, fields)
    return data


def _option(action: Action, option: str, value: Any, fields: _Types) -> Any:
    if option in IN_FILE:
        return say_duration(value)
    if option == "fields":
        return {name: _field_value(fields.get(name), item) for name, item in value.items()}
    return _field_value(fields.get(action.value), value) if action.name == "set_field" else value


# --- the whole -------------------------------------------------------------------------------------------------------

_write_settings: Final = _writer(Settings)
_DEFAULT: Final = Desk()


def desk_to_data(desk: Desk) -> dict[str, Any]:
    """A desk as plain data; `load_desk` reads it back to an equal one with the same fingerprint.

    >>> desk_to_data(Desk(name="shop"))
    {'schema': 1, 'name': 'shop'}
    """
    check_kind(desk, Desk, "a desk", "load_desk makes one of data")
    fields, sets = desk.fields, list(desk.rules.sets)
    loose = sets.pop(0) if sets and sets[0].name == "rules" and sets[0].rules and sets[0].enabled else RuleSet()
    settings = _write_settings(desk.settings)
    for name in ("default_hours", "default_policy", "choose_policy", "removed_gap"):
        if getattr(desk, name) != getattr(_DEFAULT, name):
            settings["hours" if name == "default_hours" else name] = getattr(desk, name)
    hours = {name: hours_to_data(each) for name, each in desk.hours.items() if (name, each) != (ALWAYS_NAME, always(desk.zone))}
    data = {
        "name": desk.name,
        "zone": "" if desk.zone == _DEFAULT.zone else desk.zone,
        "settings": settings,
        "hours": hours,
        "groups": list(desk.groups),
        "fields": {name: _field_type(kind) for name, kind in desk.fields.items()},
        "requester_fields": {name: _field_type(kind) for name, kind in desk.requester_fields.items()},
        "facts": {name: _fact(fact) for name, fact in desk.facts.items()},
        "lifecycle": _write_lifecycle(desk.lifecycle),
        "priority": _write_priority(desk.priority),
        "sla": [_write_policy(policy) for policy in desk.policies],
        "rules": [_rule(rule, fields) for rule in loose.rules],
        "rule_sets": [_rule_set(one, fields) for one in sets],
        "escalations": [_ladder(ladder, fields) for ladder in desk.rules.escalations],
        "macros": [_rule(macro, fields) for macro in desk.rules.macros],
        "templates": dict(desk.templates),
        "filters": [filter_to_data(one) for one in desk.filters],
    }
    metrics = {} if desk.metrics == _DEFAULT.metrics else {"metrics": {name: _write_metric(each) for name, each in desk.metrics.items()}}
    return {"schema": SCHEMA, **{section: value for section, value in data.items() if value}, **metrics}
