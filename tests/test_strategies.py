"""What the strategies draw, part by part: tests/facts/strategies.txt holds the simplest value of each, and what its parts may be.

``python tests/test_strategies.py`` writes the file anew. It draws several times, and a line tells what all of them had in common: the
values, if they were always the same ones, or else the kind and the bounds that were always reached. So a line does not hang on what one
run happened to draw. A line that is no longer true says that a strategy draws less than it did, or more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any, Final

import attrs
import pytest
from hypothesis import HealthCheck, Phase, find, given, seed, settings
from hypothesis.strategies import SearchStrategy, sampled_from

from ticketcore import Ticket, load_desk
from ticketcore._time import HOUR_US
from ticketcore.conditions import AllOf, AnyOf, Changed, FieldType, InHours, Not, Since, Sla, Test, Until, to_data
from ticketcore.extra import strategies
from ticketcore.extra.strategies import defects, model
from ticketcore.extra.strategies.conditions import EVENING_US, evening, foldings, minutes, spans
from ticketcore.extra.strategies.desks import _on_events, _settled, _static, _timed
from ticketcore.extra.strategies.histories import MARIA
from ticketcore.model import Agent, Clock, Cycle, Decision, Message, Person, Repeat, Run, Slot
from ticketcore.priority import Levels

KEPT: Final = Path(__file__).with_name("facts") / "strategies.txt"
RUNS: Final = 4  # to write the file from
FEW: Final = 60  # of whole desks and the like so many are drawn, or fewer; to find their simplest would take seconds
LISTED: Final = 130  # more different values than these are told by their bounds
# To find the simplest of these would take seconds.
SLOW: Final = (
    "timed_conditions", "desks, their settled lifecycles", "weeks", "statuses", "guards", "events", "effects", "of_class Person",
    "of_class Agent", "of_class Clock", "of_class Cycle", "members", "needs", "routing_steps", "queued_tickets", "moves", "durations",
)  # fmt: skip
NOTHING: Final = ("''", "0", "None", "False", "any")  # what is said of a part that is always as by default
UNHURRIED: Final = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much, HealthCheck.large_base_example)
CONDITIONS: Final = (AllOf, AnyOf, Not, Test, Changed, Since, Until, InHours, Sla)
# What a value of a kind is measured by.
MEASURED: Final[dict[str, Callable[[Any], Any]]] = {"int": int, "float": float, "str": len, "timedelta": timedelta.total_seconds}

Part = tuple[str, Any]
Parts = dict[str, set[Part]]

DESK: Final = load_desk({
    "schema": 1, "name": "drawn from", "hours": {"office": {"zone": "Europe/Riga", "week": {"mon-fri": ["09:00-17:00"]}}},
    "sla": [{"name": "gold", "targets": {"first_reply": "1h", "resolution": "4h"}}], "groups": ["sales", "technicians"],
    "fields": {"site": "text", "seats": "number", "due_date": "instant", "kind": {"type": "choice", "choices": ["incident", "question"]}},
    "facts": {"queue": {"type": "number", "default": 0}},
    "priority": {"matrix": {"impact": ["low", "high"], "urgency": [1, 2], "levels": [["low", "low"], ["medium", "high"]]}},
    "macros": [{"name": "away", "then": [{"add_tag": "away"}]}],
})  # fmt: skip
WORDS: Final = DESK.vocabulary


# --- a value taken apart -------------------------------------------------------------------------------------------------


def parts(value: Any, path: str = "", deep: int = 9) -> Iterator[Part]:
    """The parts of *value*, each with the path to it: what class it is, how many there are in it, which keys, and what no part is in."""
    if isinstance(value, CONDITIONS):
        yield from data_parts(to_data(value), path)
    elif isinstance(value, Mapping):
        yield f"{path} (how many)", len(value)
        for key, one in value.items():
            yield f"{path} (keys)", key
            yield from parts(one, f"{path}[]", deep - 1) if deep else ()
    elif isinstance(value, list | tuple | frozenset | set):
        yield f"{path} (how many)", len(value)
        for one in value:
            yield from parts(one, f"{path}[]", deep - 1) if deep else ()
    elif attrs.has(type(value)):
        yield f"{path} (class)", type(value).__name__
        for of in attrs.fields(type(value)):
            if deep and not of.name.startswith("_"):
                yield from parts(getattr(value, of.name), f"{path}.{of.name}", deep - 1)
    else:
        yield path, getattr(value, "__name__", type(value).__name__) if callable(value) else value


def data_parts(data: Any, path: str = "") -> Iterator[Part]:
    """The same of plain data, with the words that stand in it together."""
    if isinstance(data, Mapping):
        yield f"{path} (words)", " ".join(data)
        for key, one in data.items():
            yield from data_parts(one, path if key in {"all", "any", "not"} else f"{path} {key}")
    elif isinstance(data, list | tuple):
        yield f"{path} (how many)", len(data)
        for one in data:
            yield from data_parts(one, path)
    else:
        yield path, data


def whole(value: Any) -> Iterator[Part]:
    yield "", repr(value)


def by_class(value: Any) -> Iterator[Part]:
    """The parts that are not as by default, under the name of the class."""
    for of in attrs.fields(type(value)):
        part = getattr(value, of.name)
        if part != of.default:
            yield from parts(part, f"{type(value).__name__}.{of.name}", deep=2)


def in_words(condition: Any) -> Iterator[Part]:
    yield "", str(to_data(condition))


def words_of(condition: Any) -> Iterator[Part]:
    yield from data_parts(to_data(condition))


def kinds(value: Any) -> Iterator[Part]:
    yield "kinds", type(value).__name__
    if isinstance(value, tuple | frozenset):
        yield "how many", len(value)
        for one in value:
            yield "kinds of parts", type(one).__name__


def queued(tickets: list[Ticket]) -> Iterator[Part]:
    yield "how many", len(tickets)
    plain = Ticket(id="T-1")
    for ticket in tickets:
        for of in attrs.fields(Ticket):
            value = getattr(ticket, of.name)
            if of.name in {"id", "memo"} or value != getattr(plain, of.name):
                yield from parts(value, f".{of.name}")


def drawn(make: Callable[[], SearchStrategy[Any]], take: Callable[[Any], Iterator[Part]], many: int, run: int) -> Parts:
    """What stood at each path among so many values."""
    seen: Parts = defaultdict(set)

    @seed(run)
    @settings(max_examples=many, deadline=None, database=None, derandomize=False, phases=[Phase.generate], suppress_health_check=UNHURRIED)
    @given(make())
    def look(value: Any) -> None:
        for path, part in take(value):
            seen[path].add((type(part).__name__, part))

    look()
    return seen


def claims(of: set[Part]) -> dict[str, list[str]]:
    """What may be said of the values at a path, by their kind; what says more comes first."""
    by_kind: dict[str, set[Any]] = defaultdict(set)
    for kind, value in of:
        by_kind[kind].add(value)
    return {kind: [*_claims(kind, values)] for kind, values in by_kind.items()}


def _claims(kind: str, values: set[Any]) -> Iterator[str]:
    if len(values) <= LISTED:
        yield ", ".join(sorted(map(repr, values)))
    if kind in MEASURED:
        measures = {MEASURED[kind](value) for value in values}
        low, high = min(measures), max(measures)
        yield f"from {low} to {high}"
        yield f"from {low}"
        yield f"to {high}"
    yield "any"


def common(runs: list[Parts]) -> Iterator[tuple[str, str, str]]:
    """What is true of every run: a path, a kind, and what is said of it."""
    for path in sorted(set.intersection(*(set(run) for run in runs))):
        made = [claims(run[path]) for run in runs]
        if any(one.keys() != made[0].keys() for one in made):
            continue  # a kind that is rarely drawn
        for kind in sorted(made[0]):
            first = next(claim for claim in made[0][kind] if all(claim in one[kind] for one in made))
            yield path.strip() or "itself", kind, first


# --- the strategies ------------------------------------------------------------------------------------------------------


def shallow(deep: int) -> Callable[[Any], Iterator[Part]]:
    return lambda value: parts(value, deep=deep)


# What makes each strategy, how its values are looked at, and how many are drawn.
TABLE: Final[dict[str, tuple[Callable[[], SearchStrategy[Any]], Callable[[Any], Iterator[Part]], int]]] = {
    "minutes": (minutes, whole, 61),
    "evening": (evening, parts, 600),
    "spans": (spans, parts, 210),
    "spans, until": (partial(spans, until=True), parts, 210),
    "foldings": (foldings, data_parts, 210),
    "field_types": (strategies.field_types, parts, 84),
    "values of text": (lambda: strategies.values(FieldType(kind="text")), parts, 280),
    "values of name": (lambda: strategies.values(FieldType(kind="name")), parts, 280),
    "values of set": (lambda: strategies.values(FieldType(kind="set")), parts, 600),
    "values of number": (lambda: strategies.values(FieldType(kind="number")), parts, 280),
    "values of duration": (lambda: strategies.values(FieldType(kind="duration")), parts, 280),
    "values of instant": (lambda: strategies.values(FieldType(kind="instant")), parts, 280),
    "values of flag": (lambda: strategies.values(FieldType(kind="flag")), parts, 280),
    "values of choice": (lambda: strategies.values(FieldType(kind="ordered", choices=("one", "two"))), parts, 70),
    "operands of text, is_any": (lambda: strategies.operands(FieldType(kind="text"), "is_any"), data_parts, 105),
    "operands of text, contains": (lambda: strategies.operands(FieldType(kind="text"), "contains"), data_parts, 105),
    "operands of text, starts_with": (lambda: strategies.operands(FieldType(kind="text"), "starts_with"), data_parts, 105),
    "operands of text, ends_with": (lambda: strategies.operands(FieldType(kind="text"), "ends_with"), data_parts, 105),
    "operands of text, not_contains": (lambda: strategies.operands(FieldType(kind="text"), "not_contains"), data_parts, 105),
    "operands of text, matches": (lambda: strategies.operands(FieldType(kind="text"), "matches"), data_parts, 105),
    "operands of text, not_matches": (lambda: strategies.operands(FieldType(kind="text"), "not_matches"), data_parts, 105),
    "operands of text, matches_regex": (lambda: strategies.operands(FieldType(kind="text"), "matches_regex"), data_parts, 105),
    "operands of text, is_empty": (lambda: strategies.operands(FieldType(kind="text"), "is_empty"), data_parts, 105),
    "operands of text, is": (lambda: strategies.operands(FieldType(kind="text"), "is"), data_parts, 105),
    "operands of text, mentions_any": (lambda: strategies.operands(FieldType(kind="text"), "mentions_any"), data_parts, 105),
    "operands of text, mentions_all": (lambda: strategies.operands(FieldType(kind="text"), "mentions_all"), data_parts, 105),
    "operands of text, mentions_none": (lambda: strategies.operands(FieldType(kind="text"), "mentions_none"), data_parts, 105),
    "operands of name, is_none": (lambda: strategies.operands(FieldType(kind="name"), "is_none"), data_parts, 105),
    "operands of set, has": (lambda: strategies.operands(FieldType(kind="set"), "has"), data_parts, 105),
    "operands of set, has_any": (lambda: strategies.operands(FieldType(kind="set"), "has_any"), data_parts, 105),
    "operands of set, has_all": (lambda: strategies.operands(FieldType(kind="set"), "has_all"), data_parts, 105),
    "operands of set, has_none": (lambda: strategies.operands(FieldType(kind="set"), "has_none"), data_parts, 105),
    "operands of number, between": (lambda: strategies.operands(FieldType(kind="number"), "between"), data_parts, 105),
    "operands of duration, between": (lambda: strategies.operands(FieldType(kind="duration"), "between"), data_parts, 105),
    "operands of duration, above": (lambda: strategies.operands(FieldType(kind="duration"), "above"), data_parts, 105),
    "operands of instant, between": (lambda: strategies.operands(FieldType(kind="instant"), "between"), data_parts, 105),
    "operands of flag, is": (lambda: strategies.operands(FieldType(kind="flag"), "is"), data_parts, 105),
    "operands of name, is_set": (lambda: strategies.operands(FieldType(kind="name"), "is_set"), data_parts, 105),
    "operands of number, at_least": (lambda: strategies.operands(FieldType(kind="number"), "at_least"), data_parts, 105),
    "short_hours": (strategies.short_hours, parts, 70),
    "facts": (strategies.facts, parts, 60),
    "condition_data": (lambda: strategies.condition_data(WORDS), data_parts, 70),
    "condition_data below the rules": (lambda: strategies.condition_data(WORDS, "policy"), data_parts, 40),
    "conditions": (lambda: strategies.conditions(WORDS), parts, 40),
    "timed_conditions": (lambda: strategies.timed_conditions(WORDS), parts, 65),
    "timed_data": (lambda: strategies.timed_data(WORDS), data_parts, 77),
    "readings": (lambda: strategies.readings(EVENING_US), parts, 40),
    "seen_events": (lambda: strategies.seen_events(WORDS, EVENING_US), parts, 70),
    "promises": (strategies.promises, parts, 175),
    "desk_hours": (strategies.desk_hours, shallow(2), 70),
    "actions": (lambda: strategies.actions(WORDS), whole, 1200),
    "desks, their conditions on tickets": (lambda: sampled_from(_static(WORDS)), in_words, 600),
    "desks, their conditions on events": (lambda: sampled_from(_on_events(WORDS)), in_words, 140),
    "desks, their conditions on time": (lambda: sampled_from(_timed(WORDS)), in_words, 1500),
    "desks, their settled lifecycles": (_settled, shallow(1), 65),
    "desk_settings": (strategies.desk_settings, parts, 140),
    "actors": (strategies.actors, parts, 105),
    "outside_events": (lambda: strategies.outside_events(DESK, EVENING_US, MARIA), by_class, 600),
    "moment_instants": (lambda: strategies.moment_instants(Ticket(id="T-1", as_of_us=90), HOUR_US), parts, 210),
    "moment_instants on whole hours": (lambda: strategies.moment_instants(Ticket(id="T-1", as_of_us=90), HOUR_US, HOUR_US), parts, 210),
    "moment_instants when nothing is due": (lambda: strategies.moment_instants(Ticket(id="T-1", as_of_us=90), None), parts, 210),
    "zones": (strategies.zones, parts, 70),
    "covered_instants": (strategies.covered_instants, parts, 105),
    "covered_instants of one year": (lambda: strategies.covered_instants(2026, 2026), parts, 140),
    "clock_changes": (lambda: strategies.clock_changes("Europe/Riga", 2026, 2026), parts, 50),
    "durations": (strategies.durations, parts, 210),
    "day_spans": (strategies.day_spans, parts, 60),
    "weeks": (strategies.weeks, parts, 70),
    "statuses": (strategies.statuses, parts, 65),
    "guards": (strategies.guards, words_of, 70),
    "moves": (lambda: strategies.moves(("new", "open")), parts, 70),
    "permissions": (strategies.permissions, parts, 77),
    "names": (strategies.names, parts, 84),
    "instants": (strategies.instants, parts, 70),
    "lengths": (model.lengths, parts, 70),
    "targets": (strategies.targets, parts, 140),
    "field_values": (strategies.field_values, kinds, 140),
    "of_class Person": (lambda: strategies.of_class(Person), shallow(2), 45),
    "of_class Agent": (lambda: strategies.of_class(Agent), shallow(2), 45),
    "of_class Message": (lambda: strategies.of_class(Message), shallow(2), 45),
    "of_class Clock": (lambda: strategies.of_class(Clock), shallow(2), 45),
    "of_class Cycle": (lambda: strategies.of_class(Cycle), shallow(2), 45),
    "of_class Decision": (lambda: strategies.of_class(Decision), shallow(2), 45),
    "of_class Slot": (lambda: strategies.of_class(Slot), shallow(2), 45),
    "of_class Repeat": (lambda: strategies.of_class(Repeat), shallow(2), 45),
    "of_class Run": (lambda: strategies.of_class(Run), shallow(2), 45),
    "persons": (strategies.persons, shallow(1), 40),
    "agents": (strategies.agents, shallow(1), 60),
    "messages": (strategies.messages, shallow(1), 60),
    "events": (strategies.events, shallow(0), 50),
    "effects": (strategies.effects, shallow(0), 40),
    "levels": (strategies.levels, parts, 61),
    "matrices": (lambda: strategies.matrices(Levels(("low", "high"))), shallow(1), 30),
    "score_cards": (lambda: strategies.score_cards(Levels(("low", "high"))), shallow(1), 15),
    "priorities": (strategies.priorities, shallow(1), 15),
    "members": (strategies.members, shallow(3), 70),
    "rosters": (strategies.rosters, shallow(0), 50),
    "needs": (strategies.needs, parts, 70),
    "routing_steps": (strategies.routing_steps, shallow(1), 84),
    "routing_strategies": (strategies.routing_strategies, parts, 140),
    "terms": (strategies.terms, parts, 140),
    "orders": (strategies.orders, shallow(3), 50),
    "queued_tickets": (strategies.queued_tickets, queued, 60),
}


def simplest(make: Callable[[], SearchStrategy[Any]]) -> str:
    once = settings(max_examples=1, database=None, derandomize=False, phases=[Phase.generate, Phase.shrink])
    return repr(find(make(), lambda _: True, random=Random(0), settings=once))


def page(name: str) -> Iterator[str]:
    make, take, many = TABLE[name]
    yield f"# {name}"
    if many > FEW and name not in SLOW:
        yield f"simplest: {simplest(make)}"
    for path, kind, claim in common([drawn(make, take, many, run) for run in range(RUNS)]):
        if claim not in NOTHING:
            yield f"{path}: {kind} {claim}"


def kept() -> dict[str, list[str]]:
    pages = KEPT.read_text(encoding="utf-8").split("# ")[1:]
    return {name: lines for name, *lines in (one.strip("\n").split("\n") for one in pages)}


@pytest.mark.parametrize("name", TABLE)
def test_it_draws_what_it_did(name: str) -> None:
    make, take, many = TABLE[name]
    lines = kept()[name]
    if many > FEW and name not in SLOW:
        assert lines[0] == f"simplest: {simplest(make)}"
        lines = lines[1:]
    seen: dict[str, dict[str, list[str]]] = {}
    for run in range(RUNS):  # what one run happens not to draw the next one will, unless it is drawn no more
        seen = {path.strip() or "itself": claims(of) for path, of in drawn(make, take, many, run).items()}
        lines = [line for line in lines if not is_true(line, seen)]
        if not lines:
            return
    now = [f"{line}\n    now {[*seen.get(line.partition(': ')[0], {}).values()]}" for line in lines]
    raise AssertionError("\n".join(now))


def is_true(line: str, seen: Mapping[str, Mapping[str, list[str]]]) -> bool:
    path, _, said = line.partition(": ")
    kind, _, claim = said.partition(" ")
    return claim in seen.get(path, {}).get(kind, [])


# --- rule sets to judge ----------------------------------------------------------------------------------------------------


def in_lines(rules: Any) -> Iterator[str]:
    for rule in rules:
        then = " + ".join(f"{action.name} {action.value}{dict(action.options) or ''}" for action in rule.then)
        stop = ", stop" if rule.stop else ""
        yield f"{rule.name}: on {' '.join(sorted(rule.on)) or 'time'}, {to_data(rule.when)} -> {then}{stop}"


def of_numbers() -> Iterator[str]:
    """The rule sets that belong to numbers: in words for a few, and for many in a sum over the words."""
    yield "# defects"
    for code, make in defects.DEFECTS.items():
        ways = sorted({"; ".join(in_lines(make(Random(number), "p1", "it"))) for number in range(12)})
        yield f"{code}, twelve times: {digest(ways)}"
        yield from (f"  {way}" for way in ways[:6])
    for name, few, many in (("healthy", 2, 40), ("seeded", 2, 40)):
        made = [getattr(defects, name)(number) for number in range(many)]
        texts = ["\n".join(in_lines((desk[0] if name == "seeded" else desk).rules)) for desk in made]
        put = [str([(defect.code, *defect.rules) for defect in desk[1]]) for desk in made] if name == "seeded" else []
        named = [(desk[0] if name == "seeded" else desk).name for desk in made]
        yield f"{name}, {many} of them: {digest([*texts, *put, *named])}"
        yield from (f"  {line}" for text in texts[:few] for line in text.split("\n"))
    for name in ("small_desk", "timed_desk"):
        texts = ["\n".join(in_lines(getattr(defects, name)(Random(number)).rules)) for number in range(50)]
        yield f"{name}, fifty of them: {digest(texts)}"
        yield from (f"  {line}" for text in texts[:6] for line in text.split("\n"))


def digest(texts: list[str]) -> str:
    return sha256("\n".join(texts).encode()).hexdigest()[:16]


def test_the_same_number_makes_the_same_rules() -> None:
    assert [*of_numbers()] == KEPT.with_name("defects.txt").read_text(encoding="utf-8").splitlines()


if __name__ == "__main__":
    KEPT.write_text("\n".join(line for name in TABLE for line in page(name)) + "\n", encoding="utf-8")
    KEPT.with_name("defects.txt").write_text("\n".join(of_numbers()) + "\n", encoding="utf-8")
