"""A desk file read: plain data to a `Desk`, with every problem by its path.

The names that a file declares (statuses, levels, hours, metrics, fields, ...) are gathered first, forgivingly; then each section
is read strictly with all of them known, so that one wrong section does not make the others look wrong. What the sections are is
the table in `DeskReader.sections`; what the rooms check themselves is left to them, their errors get the path in the file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, time
from functools import partial
from typing import Any, Final

from attrs import evolve

from ticketcore._actions import ACTIONS, Action
from ticketcore._checks import check_actions, check_policy
from ticketcore._hours_file import HoursReader, zone
from ticketcore._names import hint
from ticketcore._plain import (
    LARGE,
    LIMITS,
    Key,
    Reader,
    Refusal,
    boolean,
    check_size,
    duration,
    inside,
    integer,
    kind_of,
    list_of,
    listed,
    map_of,
    mapped,
    name,
    number,
    of_class,
    one_of,
    record,
    refuse,
    schema,
    target,
    text,
    under,
    unique,
    unknown,
    whole,
)
from ticketcore._templates import Template
from ticketcore._values import FrozenMap
from ticketcore._variables import variable_names
from ticketcore.conditions import AllOf, Condition, Fact, FieldType, Regex, Sla, Vocabulary, parse, parse_facts, parse_fields, span_of
from ticketcore.desk import Desk, Settings
from ticketcore.errors import DeskError, Problem, TicketcoreError, key_step, shorten
from ticketcore.hours import always
from ticketcore.lifecycle import CATEGORIES, STATUSES, Lifecycle, Move, Status, To
from ticketcore.model import EVENTS, Length, Target
from ticketcore.priority import Levels, Matrix, Priority, Score, ScoreCard, Suggestion
from ticketcore.routing import STRATEGIES, parse_filter
from ticketcore.rules import Escalation, Rule, Rules, RuleSet, Step
from ticketcore.sla import ALWAYS_NAME, DEFAULT_METRICS, SIMPLE_TRIGGERS, Metric, Policy, Targets, WarnAt

TEXT_FIELDS: Final = ("subject", "language", "channel")  # of every ticket, that an action may set
_SPECIAL: Final = tuple(to.value for to in To)
_STATUS_NAMES: Final = {status.name: status.category for status in STATUSES}
# How an option of an action is called in a file, where it is not called as in the library.
OPTIONS: Final[Mapping[str, str]] = FrozenMap({"stale_after": "stale_after_us", "by": "by_us"})
IN_FILE: Final[Mapping[str, str]] = FrozenMap({inner: outer for outer, inner in OPTIONS.items()})


def read_desk(data: Any, path: str = "", regex: Regex | None = None) -> Desk:
    """The desk that *data* describes. Raises `DeskError` with every problem, and nothing else, whatever the data."""
    try:
        check_size(data, LARGE)
        if not isinstance(data, dict):
            way_out = "give what tomllib.loads(text) or json.loads(text) makes of a desk file"
            refuse(f"a desk is a table, not {kind_of(data)}", data, way_out=way_out, code="wrong-type")
        reader = DeskReader(data, regex)
        problems = bad_leaves(data) + reader.twice()
        desk, more = reader.read()
        problems += more
    except Refusal as bad:
        desk, problems = None, bad.problems
    if desk is not None and not problems:
        return desk
    seen: dict[str, Problem] = {}
    twice = {problem.message for problem in problems if problem.code == "duplicate"}
    for problem in problems:  # a wrong leaf is wrong for its section too, and a name given twice for the desk
        if problem.code == "duplicate" or problem.message not in twice:
            seen.setdefault(problem.path, problem)
    raise DeskError(whole(seen.values(), path), what="desk")


def bad_leaves(data: Any) -> list[Problem]:
    """What no place of a file can hold: over-long text, half surrogate pairs, huge numbers, NaN, what is no plain data at all."""
    problems: list[Problem] = []
    waiting: list[tuple[str, Any]] = [("", data)]
    while waiting and len(problems) <= LIMITS.problems:
        path, part = waiting.pop()
        for key, below in part.items() if isinstance(part, dict) else enumerate(part):
            if isinstance(below, dict | list | tuple):
                waiting.append((path + (key_step(key) if isinstance(part, dict) else f"[{key}]"), below))
                continue
            try:
                _leaf(below)
            except Refusal as bad:
                problems += under(path + (key_step(key) if isinstance(part, dict) else f"[{key}]"), bad)
    return problems


def _leaf(value: Any) -> None:
    kind = type(value)
    if kind is str:
        text(value)
    elif kind is int or kind is float:
        number(value)
    elif kind is not bool and not isinstance(value, date | time):
        refuse(f"no place of a file holds {kind_of(value)}", value, code="wrong-type")


def _texts(value: Any) -> tuple[str, ...]:
    """The texts in a list, whatever else is in it."""
    return tuple(item for item in value if type(item) is str) if isinstance(value, list | tuple) else ()


def _tables(value: Any) -> list[tuple[int, dict[Any, Any]]]:
    """The tables in a list, numbered."""
    return [(index, item) for index, item in enumerate(value) if isinstance(item, dict)] if isinstance(value, list | tuple) else []


def _table(value: Any) -> dict[Any, Any]:
    return value if isinstance(value, dict) else {}


def _named(value: Any) -> tuple[str, ...]:
    """The names of the tables in a list."""
    return _texts([item.get("name") for _, item in _tables(value)])


class DeskReader:
    """One reading of a desk file."""

    def __init__(self, data: dict[Any, Any], regex: Regex | None) -> None:
        self.data = data
        self.regex = regex
        self.zone = data["zone"] if _is(zone, data.get("zone")) else "UTC"
        priority, lifecycle = _table(data.get("priority")), _table(data.get("lifecycle"))
        self.levels = _texts(priority.get("levels")) or Levels().names
        self.statuses = {**_statuses_by_type(lifecycle.get("by_type")), **_status_names(lifecycle.get("statuses"))}
        self.groups = _texts(data.get("groups"))
        self.policies = _named(data.get("sla"))
        self.metrics = _texts(list(data["metrics"])) if isinstance(data.get("metrics"), dict) else tuple(m.name for m in DEFAULT_METRICS)
        self.templates = frozenset(_texts(list(_table(data.get("templates")))))
        self.hours = HoursReader(data.get("hours", {}), self.zone)
        self.declared: dict[str, tuple[Mapping[str, Any], list[Problem]]] = {}
        fields = self._declared("fields", _fields)
        requester_fields, facts = self._declared("requester_fields", _fields), self._declared("facts", _facts)
        self.fields: dict[str, FieldType] = {**_axes(priority, fields), **fields}
        default = _table(data.get("settings")).get("hours")
        hours = {ALWAYS_NAME: always(self.zone), **self.hours.made}
        self.vocabulary = Vocabulary(
            statuses=self.statuses, levels=self.levels, metrics=self.metrics, hours=hours, policies=self.policies, groups=self.groups,
            default_hours=default if type(default) is str and default in hours else ALWAYS_NAME, fields=self.fields,
            requester_fields=requester_fields, facts=facts, regex=regex,
        )  # fmt: skip
        self.level = one_of(self.levels, "level")
        self.status = one_of(self.statuses, "status")
        self.metric = one_of(self.metrics, "metric")
        self.policy = one_of(self.policies, "policy")
        self.hours_name = one_of(hours, "hours")
        self.group = one_of(self.groups, "group") if self.groups else name
        self.instant_field = one_of((field for field, spec in self.vocabulary.specs.items() if spec.type.kind == "instant"), "instant")
        self.settable = one_of((*self.fields, *TEXT_FIELDS), "field")

    def _declared(self, section: str, read: Callable[[Any, list[Problem]], dict[str, Any]]) -> dict[str, Any]:
        """The declarations of a section; its problems are kept for when it is read."""
        problems: list[Problem] = []
        made = read(self.data.get(section, {}), problems)
        self.declared[section] = (made, problems)
        return made

    # --- the whole ---------------------------------------------------------------------------------------------------

    def sections(self) -> Mapping[str, Key]:
        """What a desk file may say, section by section."""
        return {
            "name": Key(name), "zone": Key(zone), "groups": Key(list_of(name, unique)), "hours": Key(self._hours),
            "fields": Key(lambda _: self._kept("fields")), "requester_fields": Key(lambda _: self._kept("requester_fields")),
            "facts": Key(lambda _: self._kept("facts")), "lifecycle": Key(self._lifecycle()), "priority": Key(self._priority()),
            "metrics": Key(self._metrics), "sla": Key(list_of(self._policy(), tuple), "policies"),
            "rules": Key(list_of(self._rule({"set": Key(name)}, _set_and_rule), tuple)),
            "rule_sets": Key(list_of(self._rule_set(), tuple)), "escalations": Key(list_of(self._escalation(), tuple)),
            "macros": Key(list_of(self._macro(), tuple)), "templates": Key(self._templates),
            "filters": Key(list_of(lambda value: parse_filter(value, self.vocabulary), partial(unique, key="name"))),
            "settings": Key(self._settings()),
        }  # fmt: skip

    def read(self) -> tuple[Desk | None, list[Problem]]:
        """The desk, or what is wrong with its sections."""
        try:
            return record(self._desk, self.sections(), "a desk", {"schema": schema})(self.data), []
        except Refusal as bad:
            return None, bad.problems

    def _desk(self, **given: Any) -> Desk:
        loose: dict[str, list[Rule]] = {}
        for set_name, rule in given.pop("rules", ()):
            loose.setdefault(set_name, []).append(rule)
        sets = (*(RuleSet(name=set_name, rules=tuple(rules)) for set_name, rules in loose.items()), *given.pop("rule_sets", ()))
        rules = Rules(sets=sets, escalations=given.pop("escalations", ()), macros=given.pop("macros", ()))
        fields = {**self.fields, **given.pop("fields", {})}
        return Desk(rules=rules, fields=fields, regex=self.regex, **given.pop("settings", {}), **given)

    def twice(self) -> list[Problem]:
        """Names that are given to two things of a kind."""
        data = self.data
        rules = [(f"rules[{index}]", rule) for index, rule in _tables(data.get("rules"))]
        sets = [(f"rule_sets[{index}]", one) for index, one in _tables(data.get("rule_sets"))]
        rules += [(f"{path}.rules[{index}]", rule) for path, one in sets for index, rule in _tables(one.get("rules"))]
        ladders = [(f"escalations[{index}]", ladder) for index, ladder in _tables(data.get("escalations"))]
        macros = [(f"macros[{index}]", macro) for index, macro in _tables(data.get("macros"))]
        policies = [(f"sla[{index}]", policy) for index, policy in _tables(data.get("sla"))]
        kinds = (("rule", rules), ("rule set", sets), ("ladder", ladders), ("macro", macros), ("policy", policies))
        return [problem for what, tables in kinds for problem in _twice(what, tables)]

    def _kept(self, section: str) -> Mapping[str, Any]:
        made, problems = self.declared[section]
        if problems:
            raise Refusal(problems)
        return made

    def _hours(self, _value: Any) -> Mapping[str, Any]:
        if self.hours.problems:
            raise Refusal(self.hours.problems)
        return self.hours.made

    def condition(self, layer: str) -> Reader:
        """A condition that is used in *layer*."""

        def read_condition(value: Any) -> Condition:
            problems: list[Problem] = []
            condition = parse(value, self.vocabulary, "", problems, layer)
            if problems:
                raise Refusal(problems)
            return condition

        return read_condition

    def _settings(self) -> Callable[[Any], dict[str, Any]]:
        keys = {
            "late": Key(one_of(("refuse", "restamp"), "choice")), "observe": Key(boolean), "silence_after": Key(integer),
            "handoff_reason": Key(boolean),
            "hours": Key(self.hours_name, "default_hours"), "default_policy": Key(self.policy),
            "choose_policy": Key(one_of(("always", "creation"), "choice")), "removed_gap": Key(one_of(("excluded", "counted"), "choice")),
        }  # fmt: skip

        def make(**given: Any) -> dict[str, Any]:
            own = {key: given.pop(key) for key in ("late", "observe", "silence_after", "handoff_reason") if key in given}
            return {"settings": of_class(Settings)(**own), **given}

        return record(make, keys, "settings")

    def _templates(self, value: Any) -> Mapping[str, str]:
        names = variable_names(self.vocabulary)

        def template(written: Any) -> str:
            return Template.parse(text(written), names).text

        return map_of(template, name)(value)

    # --- lifecycle ---------------------------------------------------------------------------------------------------

    def _lifecycle(self) -> Reader:
        category = one_of((*CATEGORIES, "pending"), "category")
        status = {"name": Key(name, required=True), "category": Key(category, required=True), "text": Key(text)}
        tables = list_of(record(Status, status, "a status"), partial(unique, key="name"))

        def new_name(value: Any) -> str:
            if name(value) in _STATUS_NAMES:
                refuse(f"a second status {shorten(value)}", way_out="names are unique", code="duplicate")
            return str(value)

        added = map_of(category, new_name)

        def statuses(value: Any) -> tuple[Status, ...]:
            if not isinstance(value, dict):
                return tables(value)
            return (*STATUSES, *(Status(name=each, category=its) for each, its in added(value).items()))

        rows = map_of(map_of(self._move()), self.status)
        keys = {
            "statuses": Key(statuses), "table": Key(rows), "moves": Key(rows),
            "direct": Key(map_of(list_of(self.status, tuple), self.status)),
            "main": Key(map_of(self.status)), "triggers": Key(map_of(name)), "initial_status": Key(self.status),
            "reopen_on_reply": Key(boolean), "reopen_window": Key(duration), "follow_up_from_closed": Key(boolean),
            "restore_on_reply": Key(boolean), "reopen_closed": Key(boolean), "undated_postpone": Key(boolean),
            "close_needs": Key(list_of(name, unique)), "close_after": Key(_closing), "permissions": Key(map_of(list_of(name, unique))),
        }  # fmt: skip

        def make(**given: Any) -> Lifecycle:
            return Lifecycle(vocabulary=self.vocabulary, **given)

        types = {"type_field": Key(name), "by_type": Key(map_of(record(make, keys, "a workflow"), name))}
        return record(make, {**keys, **types}, "a lifecycle")

    def _move(self) -> Reader:
        to = one_of((*self.statuses, *_SPECIAL), "status")
        keys = {
            "to": Key(to, required=True), "guard": Key(self.condition("lifecycle")), "reason": Key(text), "within": Key(duration),
            "otherwise": Key(to),
        }  # fmt: skip
        table = record(of_class(Move), keys, "a move")

        def move(value: Any) -> Move | None:
            if value is False:  # no such move
                return None
            return table(value) if isinstance(value, dict) else Move(to=to(value))

        return move

    # --- priority ----------------------------------------------------------------------------------------------------

    def _priority(self) -> Reader:
        axis = list_of(_axis, tuple)
        matrix = {"impact": Key(axis, required=True), "urgency": Key(axis, required=True),
                  "levels": Key(list_of(list_of(self.level, tuple), tuple), required=True)}  # fmt: skip
        score = {
            "when": Key(self.condition("priority"), "condition", required=True),
            "weight": Key(integer, required=True),
            "reason": Key(text),
        }
        card = {"entries": Key(list_of(record(Score, score, "a line of a score card"), tuple), required=True),
                "thresholds": Key(list_of(self._threshold, tuple), required=True)}  # fmt: skip
        suggestion = {"fact": Key(name, required=True), "confidence": Key(name), "at_least": Key(integer)}
        keys = {
            "levels": Key(list_of(name, unique)), "default": Key(self.level), "tags": Key(map_of(self.level, name)),
            "matrix": Key(record(_from(Matrix.of, "matrix"), matrix, "a matrix")), "impact": Key(name), "urgency": Key(name),
            "score": Key(record(_from(ScoreCard, "score"), card, "a score card")),
            "suggestion": Key(record(Suggestion, suggestion, "a suggestion")), "slots": Key(list_of(name, tuple)),
            "manual_pinned": Key(boolean),
        }  # fmt: skip
        return record(lambda **given: Priority(vocabulary=self.vocabulary, **given), keys, "priority")

    def _threshold(self, value: Any) -> tuple[int, str]:
        if len(listed(value)) != 2:
            refuse("a threshold is a number of points and a level", value, way_out='write [10, "high"]')
        return inside_item(0, integer, value), inside_item(1, self.level, value)

    # --- service levels ----------------------------------------------------------------------------------------------

    def _metrics(self, value: Any) -> Mapping[str, Metric]:
        triggers = list_of(self._trigger, tuple)
        keys = {
            "start": Key(triggers), "stop": Key(triggers), "restart": Key(triggers), "cancel": Key(triggers),
            "pause_status": Key(list_of(self.status, frozenset)), "pause": Key(self.condition("clocks")),
            "cycles": Key(one_of(("once", "many"), "choice")), "reopen": Key(one_of(("new", "resume"), "choice")),
            "start_at": Key(one_of(("event", "created"), "choice")), "start_on_attach": Key(boolean), "text": Key(text),
        }  # fmt: skip
        found = map_of(record(dict, keys, "a metric"), name)(value)
        return {each: Metric(name=each, **given) for each, given in found.items()}

    def _trigger(self, value: Any) -> str:
        head, colon, named = text(value).partition(":")
        if colon and head in ("enter", "leave"):
            self.status(named)
        elif colon and head in ("group", "ungroup"):
            self.group(named)
        elif value not in SIMPLE_TRIGGERS:
            unknown("trigger", value, (*SIMPLE_TRIGGERS, "enter:...", "leave:...", "group:...", "ungroup:..."))
        return str(value)

    def _policy(self) -> Reader:
        keys = {
            "name": Key(name, required=True), "when": Key(self.condition("policy")), "targets": Key(map_of(self._targets, self.metric)),
            "hours": Key(self.hours_name), "warn": Key(list_of(WarnAt.parse, tuple)), "keep_used": Key(boolean),
            "due_at": Key(one_of(("closing", "next_opening"), "choice")),
            "schedule_change": Key(one_of(("per_interval", "whole_span"), "choice")),
        }  # fmt: skip

        def make(**given: Any) -> Policy:
            policy = Policy(**given)
            problems = list(check_policy(policy, self.vocabulary, ""))
            if problems:
                raise Refusal(problems)
            return policy

        return record(make, keys, "a policy")

    def _targets(self, value: Any) -> Targets:
        if not isinstance(value, dict):
            return Targets(otherwise=target(value))
        by_level = dict(map_of(target, one_of((*self.levels, "else"), "level"))(value))
        otherwise = by_level.pop("else", None)
        return Targets(by_level=by_level, otherwise=otherwise)

    # --- rules -------------------------------------------------------------------------------------------------------

    def _rule(self, more: Mapping[str, Key], make: Callable[..., Any]) -> Reader:
        kinds = list_of(one_of(EVENTS, "event kind"), frozenset)
        keys = {
            "name": Key(name, required=True), "on": Key(lambda value: kinds([value] if type(value) is str else value)),
            "when": Key(self.condition("rules")), "then": Key(self.actions), "enabled": Key(boolean), "stop": Key(boolean),
            "automatic": Key(boolean), "every": Key(duration, "every_us"), "times": Key(integer),
        }  # fmt: skip
        return record(make, {**keys, **more}, "a rule")

    def _rule_set(self) -> Reader:
        rules = list_of(self._rule({}, of_class(Rule)), tuple)
        return record(RuleSet, {"name": Key(name, required=True), "rules": Key(rules), "enabled": Key(boolean)}, "a rule set")

    def _macro(self) -> Reader:
        return record(Rule, {"name": Key(name, required=True), "then": Key(self.actions, required=True)}, "a macro")

    def _escalation(self) -> Reader:
        keys = {
            "name": Key(name, required=True), "when": Key(self.condition("rules"), required=True), "since": Key(self.instant_field),
            "steps": Key(listed, required=True), "repeat": Key(integer, "rounds"), "round": Key(duration, "round_us"),
            "hours": Key(self.hours_name), "enabled": Key(boolean),
        }  # fmt: skip
        return record(self._ladder, keys, "a ladder")

    def _ladder(self, *, steps: Any, **given: Any) -> Escalation:
        business = given.get("hours") is not None
        made = inside("steps", list_of(lambda step: self._step(step, business=business), tuple), steps)
        if "since" not in given:
            given["since"] = _since(given["when"])
        if given.get("rounds", 1) > 1 and "round_us" not in given:
            given["round_us"] = _round(made)
        return of_class(Escalation)(steps=made, **given)

    def _step(self, value: Any, *, business: bool) -> Step:
        table = dict(mapped(value))
        if "after" not in table:
            raise Refusal([Problem(".after", "a step needs 'after'", 'write { after = "30m", notify = "manager" }', code="missing-key")])
        after = inside("after", lambda written: span_of(text(written), business=business), table.pop("after"))
        then = inside("then", self.actions, table.pop("then")) if "then" in table else ()
        return Step(after=after, then=(*then, *(self.action(table) if table else ())))

    # --- actions -----------------------------------------------------------------------------------------------------

    def actions(self, value: Any) -> tuple[Action, ...]:
        """A list of tables, each with one action or more; or one such table."""
        if isinstance(value, dict):
            return self.action(value)
        return tuple(action for found in list_of(self.action, tuple)(value) for action in found)

    def action(self, value: Any) -> tuple[Action, ...]:
        """``{ notify = "duty", stale_after = "1h" }``: an action with its options; of several, an option is for all that take it."""
        table = mapped(value)
        found = [key for key in table if key in ACTIONS]
        if not found:
            first = next(iter(table), "")
            refuse(f"{shorten(first)} is not an action", way_out=hint(first, ACTIONS), code="unknown-name")
        problems: list[Problem] = []
        options: dict[str, Any] = {}
        for key, item in table.items():
            if key not in ACTIONS:
                try:
                    options[str(OPTIONS.get(key, key))] = self._option(key, found, table)(item)
                except (Refusal, TicketcoreError) as bad:
                    problems += under(key_step(key), bad)
        actions = []
        for key in found:
            try:
                own = {option: options[option] for option in ACTIONS[key].options if option in options}
                actions.append(self._action(key, table, own))
            except (Refusal, TicketcoreError) as bad:
                problems += under("", bad)
        if problems:
            raise Refusal(problems)
        return tuple(actions)

    def _action(self, key: str, table: Mapping[Any, Any], options: Mapping[str, Any]) -> Action:
        """One action of a table; `check_actions` judges its value, which here only gets its form."""
        value, takes = table[key], ACTIONS[key].takes
        if takes == "span":
            value = inside(key, lambda written: span_of(text(written), business="hours" in table), value)
        elif isinstance(value, dict | list) and takes not in ("tags", "names"):
            inside(key, lambda written: refuse(f"one value is wanted, not {kind_of(written)}", written, code="wrong-type"), value)
        action = Action(key, value, options)
        problems = []
        for problem in check_actions((action,), self.vocabulary, self.templates, ""):
            place = problem.path.removeprefix("[0]")  # the value itself, or the option that is wrong
            problems.append(evolve(problem, path=place or key_step(key)))
        if problems:
            raise Refusal(problems)
        return action

    def _option(self, option: Any, actions: list[str], table: Mapping[Any, Any]) -> Reader:
        """How an option of these actions is read."""
        if not any(OPTIONS.get(option, option) in ACTIONS[action].options for action in actions):
            known = {IN_FILE.get(each, each) for action in actions for each in ACTIONS[action].options}
            refuse(f"{actions[0]} has no option {shorten(option)}", way_out=hint(option, (*sorted(known), *ACTIONS)), code="unknown-key")
        readers: Mapping[str, Reader] = {
            "hours": self.hours_name, "reason": text, "template": text, "via": name, "public": boolean,
            "strategy": one_of(STRATEGIES, "strategy"),
            "stale_after": duration, "by": duration, "fields": self._field_values,
            "to": self._stored(table["set_field"]) if "set_field" in table else text,
        }  # fmt: skip
        return readers[option]

    def _stored(self, field: Any) -> Reader:
        """The value of a declared field, as a ticket keeps it."""
        kind = self.fields.get(field) if type(field) is str else None
        return text if kind is None else kind.stored

    def _field_values(self, value: Any) -> FrozenMap[str, Any]:
        values = {}
        problems: list[Problem] = []
        for key, item in mapped(value).items():
            try:
                field = self.settable(key)
                values[field] = self._stored(field)(item)
            except (Refusal, TicketcoreError) as bad:
                problems += under(key_step(key), bad)
        if problems:
            raise Refusal(problems)
        return FrozenMap(values)


# --- the small ones --------------------------------------------------------------------------------------------------


def _is(read: Reader, value: Any) -> bool:
    """Whether *read* takes *value*."""
    try:
        read(value)
    except (Refusal, TicketcoreError):
        return False
    return True


def _from(make: Callable[..., Any], root: str) -> Callable[..., Any]:
    """*make*, whose errors name their place from *root* on, which the path in the file has already."""

    def made(**given: Any) -> Any:
        try:
            return make(**given)
        except DeskError as error:
            problems = [evolve(problem, path=problem.path.removeprefix(root)) for problem in error.problems]
        raise Refusal(problems)

    return made


def _twice(what: str, tables: Iterable[tuple[str, Mapping[Any, Any]]]) -> list[Problem]:
    problems: list[Problem] = []
    seen: set[str] = set()
    for path, table in tables:
        named = table.get("name")
        if type(named) is str:
            if named in seen:
                problems.append(Problem(f"{path}.name", f"a second {what} {shorten(named)}", "give each its own name", "duplicate"))
            seen.add(named)
    return problems


def _status_names(value: Any) -> Mapping[str, str]:
    """The statuses a file speaks of, as far as they can be made out, with their categories."""
    if isinstance(value, dict):
        return {**_STATUS_NAMES, **{each: its for each, its in value.items() if type(each) is str and type(its) is str}}
    listed_ = {item["name"]: item.get("category") for _, item in _tables(value) if type(item.get("name")) is str}
    return {each: its for each, its in listed_.items() if type(its) is str} or _STATUS_NAMES


def _statuses_by_type(value: Any) -> dict[str, str]:
    """The statuses of the workflows by type, as far as they can be made out."""
    found: dict[str, str] = {}
    for workflow in _table(value).values():
        found.update(_status_names(_table(workflow).get("statuses")))
    return found


def _closing(value: Any) -> Target:
    return span_of(text(value))


def _fields(data: Any, problems: list[Problem]) -> dict[str, FieldType]:
    """Declared fields: `parse_fields`, and ``what``, the word for their values in messages."""
    words = {key: item["what"] for key, item in _table(data).items() if isinstance(item, dict) and "what" in item}
    if words:
        data = {key: _without(item, "what") if key in words else item for key, item in data.items()}
    made = parse_fields(data, "", problems)
    for index, problem in enumerate(problems):  # what is written without a table has no keys: "fields.seats", not "fields.seats.type"
        key, _, below = problem.path.partition(".")
        if not isinstance(_table(data).get(key), dict):
            problems[index] = evolve(problem, path=key + below.removeprefix("choices").removeprefix("type"))
    for key, word in words.items():
        if type(word) is not str:
            problems.append(Problem(f"{key}.what", f"text is wanted, not {kind_of(word)}", code="wrong-type"))
        elif key in made:
            made[key] = evolve(made[key], what=word)
    return made


def _facts(data: Any, problems: list[Problem]) -> dict[str, Fact]:
    return parse_facts(data, "", problems)


def _without(table: Mapping[Any, Any], key: str) -> dict[Any, Any]:
    return {other: value for other, value in table.items() if other != key}


def _axes(priority: Mapping[Any, Any], declared: Mapping[str, FieldType]) -> dict[str, FieldType]:
    """The two fields of a matrix, where the file does not declare them: ordered lists of the values the matrix names."""
    matrix = _table(priority.get("matrix"))
    made = {}
    for axis in ("impact", "urgency"):
        field, values = priority.get(axis, axis), matrix.get(axis)
        if type(field) is not str or field in declared or not isinstance(values, list | tuple) or not values:
            continue
        if all(type(value) is str for value in values):
            made[field] = FieldType(kind="ordered", choices=values)
        elif all(type(value) is int for value in values):
            made[field] = FieldType(kind="number")
    return made


def _axis(value: Any) -> str | int:
    return integer(value) if type(value) is int else text(value)


def inside_item(index: int, read: Reader, items: Any) -> Any:
    """What *read* makes of one item of a list."""
    try:
        return read(items[index])
    except (Refusal, TicketcoreError) as bad:
        problems = under(f"[{index}]", bad)
    raise Refusal(problems)


def _set_and_rule(**given: Any) -> tuple[str, Rule]:
    return given.pop("set", "rules"), of_class(Rule)(**given)


def _since(when: Condition) -> str:
    """From when a ladder counts that does not say it: from the due instant of the clock that its condition speaks of."""
    parts = when.parts if isinstance(when, AllOf) else (when,)
    metrics = [part.metric for part in parts if isinstance(part, Sla)]
    if not metrics:
        raise Refusal([Problem(".since", "a ladder needs 'since'", 'write since = "created" or another instant', code="missing-key")])
    return f"sla.{metrics[0]}.due"


def _round(steps: tuple[Step, ...]) -> int:
    """How far apart the rounds of a ladder are that does not say it: the next one begins one step after the last."""
    lengths = [0, *(step.after.us for step in steps if isinstance(step.after, Length))]
    return lengths[-1] + abs(lengths[-1] - lengths[-2]) if len(lengths) > 1 else 0
