"""Values that would do: for one field and the tests that read it, the few values among which the tests can tell.

For names, lists, numbers, flags, states of a clock and kinds of events there is one value for each way the tests can come out. For the
words of a text, the times of a clock and business time there are likely ones: `is_exact` says which, `wished_texts` makes texts for what is
wanted of them, and `is_impossible` tells when no text could. Whether a value does is always tried, never assumed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import reduce
from itertools import combinations, count, islice, pairwise, product
from typing import Any, Final

from attrs import NOTHING, evolve
from attrs import fields as attr_fields

from ticketcore._clocks import Length, WorkingDays
from ticketcore._conditions import Changed, Since, Sla, Test, Until
from ticketcore._edits import ClockState, empties
from ticketcore._fields import POSITIVE, SLA_STATES, FieldSpec, View
from ticketcore._text import fold
from ticketcore._time import HOUR_US, duration_us, to_us
from ticketcore.errors import BeyondHorizon, NeverOpen, OutOfRange
from ticketcore.model import EVENTS, Agent, EventBase, Message, Outside, Person, Spoken

MOST_VALUES: Final = 64  # tried of one list
MOST_EQUAL: Final = 1_000  # where a text is to be one of them
MOST_EVENTS: Final = 400
MOST_FILES: Final = 1_000  # attached to a message

Reads = Test | Changed | Since | Until | Sla
_AN_AGENT: Final = "an agent"  # who does it where the ticket is assigned to nobody
_EQUALS: Final = frozenset({"is", "is_any", "is_set"})  # a text is one of the values, or something else, or empty

# --- one field of a ticket ---------------------------------------------------------------------------------------------


def values(spec: FieldSpec, tests: list[Reads], view: View, was: Any) -> Iterator[Any]:
    """Values of a field (not of a set) for which *tests* may come out differently, near ones first; *was* is what it has."""
    kind = spec.type.kind
    constants = list(dict.fromkeys([*_others(spec, tests, view), *_constants(spec, tests)]))[:MOST_VALUES]
    if kind in {"text", "name"}:
        found: Iterable[Any] = [*texts(tests, was or ""), *constants, fresh(constants)]
    elif kind in {"choice", "ordered"}:
        found = _listed(spec, constants, was)
    elif kind == "flag":
        found = (True, False)
    else:
        turns = _turns(tests, view) if kind == "instant" else ()
        found = _numbers(spec, [*constants, *turns], was, view.now_us)
    seen = {was}
    for value in (*(value for value in found if value != ""), *empties(spec)):
        if value not in seen:
            seen.add(value)
            yield value


def _others(spec: FieldSpec, tests: list[Reads], view: View) -> Iterator[Any]:
    """What the field has now and had before, where tests ask whether it has changed; who did it, where they ask for the assignee."""
    if spec.name == "assignee" and any(isinstance(test, Test) and test.field == "event.by_assignee" for test in tests):
        by = getattr(view.event, "by", None)
        yield from ((by.id, _AN_AGENT) if isinstance(by, Agent) else (_AN_AGENT,))
    if view.before is not None and any(isinstance(test, Changed) for test in tests):
        yield from (value for value in (spec.read(view), spec.read(view.of_before())) if value is not None)


def is_exact(spec: FieldSpec, tests: list[Reads]) -> bool:
    """Whether `values` of the field has one for each way in which *tests* of that field come out."""
    if len(dict.fromkeys(_constants(spec, tests))) > MOST_VALUES - 2:
        return False
    if spec.type.kind in {"text", "name"}:
        plain = (POSITIVE.get(test.op, test.op) in _EQUALS and test.field != "text" for test in tests if isinstance(test, Test))
        return all(plain) and len({test.folding for test in tests if isinstance(test, Test)}) <= 1
    return not any(isinstance(test, Since | Until) and not (isinstance(test.span, Length) and test.span.calendar) for test in tests)


def _constants(spec: FieldSpec, tests: list[Reads]) -> Iterator[Any]:
    """The values that tests name, as a ticket keeps them."""
    for test in tests:
        if isinstance(test, Test):
            named = test.value if isinstance(test.value, tuple) else (test.value,)
        elif isinstance(test, Changed):
            named = (test.was, test.to)
        else:
            continue
        for value in named:
            if value is not None and not isinstance(value, bool):
                yield spec.type.bound(value)


def fresh(taken: Iterable[Any], name: str = "something else") -> str:
    """A name that is not among those *taken*.

    >>> fresh(["something else"])
    'something else 2'
    """
    known = {str(value).casefold() for value in taken}
    names = (name if number == 1 else f"{name} {number}" for number in count(1))
    return next(name for name in names if name not in known)


def _listed(spec: FieldSpec, constants: list[Any], was: Any) -> list[Any]:
    """The choices, those near what it has first; of a long list those named, their neighbours and the ends."""
    choices = spec.type.choices
    if len(choices) > MOST_VALUES:
        places = {name: place for place, name in enumerate(choices)}
        named = [places[name] for name in constants if name in places]
        around = [place + step for step in (1, -1) for place in named if 0 <= place + step < len(choices)]
        return [choices[place] for place in dict.fromkeys((*named, *around, 0, len(choices) - 1))]
    rank = choices.index(was) if was in choices else 0
    return sorted(choices, key=lambda name: (abs(choices.index(name) - rank), choices.index(name)))


def _numbers(spec: FieldSpec, constants: list[Any], was: Any, now_us: int) -> list[Any]:
    """The constants, what is next to each, and something between each two: whatever order tests ask for, one of each kind."""
    bounds = sorted({value for value in constants if isinstance(value, int | float)})
    near = was if isinstance(was, int | float) else now_us if spec.type.kind == "instant" else 0
    between = [_middle(low, high) for low, high in pairwise(bounds)]
    usual = HOUR_US if spec.type.kind == "duration" else now_us if spec.type.kind == "instant" else 1
    found: list[Any] = []
    for group in (bounds, [value + step for value in bounds for step in (1, -1)], between, (usual,)):
        found += sorted(group, key=lambda value: abs(value - near))
    if spec.type.kind == "number" and spec.entry is not None:
        return found
    whole = [value for value in found if type(value) is int]  # a counter, and what is kept in microseconds
    return whole if spec.type.kind == "instant" else [value for value in whole if value >= 0]


def _middle(low: Any, high: Any) -> Any:
    """A number between two, a whole one if there is any."""
    whole = (low + high) // 2 if type(low + high) is int else low
    return whole if whole > low else (low + high) / 2


def _turns(tests: list[Reads], view: View) -> Iterator[int]:
    """Instants for which tests of the time since or until them turn just now."""
    for test in tests:
        if not isinstance(test, Since | Until):
            continue
        hours, span, back = view.hours(test.hours), test.span, isinstance(test, Since)
        yield view.now_us
        try:
            if isinstance(span, Length) and span.calendar:
                turn = view.now_us - span.us if back else view.now_us + span.us
            elif isinstance(span, Length):
                turn = hours.subtract_us(view.now_us, span.us) if back else hours.add_us(view.now_us, span.us)
            elif isinstance(span, WorkingDays):
                turn = hours.add_working_days_us(view.now_us, -span.count if back else span.count)
            else:
                turn = hours.add_days_us(view.now_us, -span.count if back else span.count)
        except (NeverOpen, BeyondHorizon, OutOfRange):
            continue
        yield turn


# --- texts -------------------------------------------------------------------------------------------------------------


def texts(tests: list[Reads], was: str) -> Iterator[str]:
    """Texts in which more of *tests* are true or false: with words added to what it says, or to nothing, and the exact ones."""
    added, before, after, exact = _pieces(tests)
    groups = [group for size in range(1, len(added) + 1) for group in combinations(added, size)] if len(added) <= 4 else []
    if not groups:
        groups = [*((piece,) for piece in added[:MOST_VALUES]), tuple(added)]
    for base in dict.fromkeys((was, "")):
        for group in [*groups, ()]:
            middle = " ".join(filter(None, (base, *group)))
            yield middle
            if group and base:
                yield " ".join((*group, base))
            for front, back in product((*before, ""), (*after, "")):
                yield " ".join(filter(None, (front, middle, back)))
    yield from exact


def _pieces(tests: list[Reads]) -> tuple[list[str], list[str], list[str], list[str]]:
    """What has to be added anywhere, before and after, and the whole texts that tests name."""
    added: dict[str, None] = {}
    before: dict[str, None] = {}
    after: dict[str, None] = {}
    exact: dict[str, None] = {}
    for test in tests:
        if not isinstance(test, Test) or test.value is None:
            continue
        op, value = POSITIVE.get(test.op, test.op), test.value if isinstance(test.value, tuple) else (test.value,)
        match op:
            case "contains" | "mentions_any":
                added[value[0]] = None
            case "mentions_all":
                added[" ".join(value)] = None
            case "starts_with":
                before[value[0]] = None
            case "ends_with":
                after[value[0]] = None
            case "matches":
                exact.update(dict.fromkeys(map(fitting, value)))
            case "is" | "is_any":
                exact.update(dict.fromkeys(value[:MOST_VALUES]))
    return list(added), list(before)[:4], list(after)[:4], list(exact)


def fitting(pattern: str, filling: str = "") -> str:
    r"""A text that the pattern fits, with *filling* in place of its first star.

    >>> fitting("*invoice ?2\\**"), fitting("a*b", " and ")
    ('invoice x2*', 'a and b')
    """
    text, escaped = [], False
    for char in pattern:
        if escaped or char not in "*?\\":
            text.append(char)
            escaped = False
        elif char == "\\":
            escaped = True
        elif char == "?":
            text.append("x")
        else:
            text.append(filling)
            filling = ""
    return "".join(text) or "x"


Wish = tuple[Test, bool]  # a positive test, and how it is wanted to come out
_ENDS: Final = frozenset({"starts_with", "ends_with"})
_MORE: Final = "more"  # what makes a text another one that says the same


def wished_texts(wishes: list[Wish], was: str) -> Iterator[str]:
    """Texts made for tests that are wanted true or false, *was* being what it has: all that are named, or `MOST_VALUES` at most."""
    tests = [test for test, truth in wishes if truth]
    if not names_all(wishes):
        yield from islice(_wished_texts(tests, was), MOST_VALUES)
        return
    equal = min((_needles(test) for test in tests if test.op in {"is", "is_any"}), key=len)
    yield from equal


def names_all(wishes: list[Wish]) -> bool:
    """Whether a text is wanted equal to one of few, so that there are no others to be tried."""
    return any(truth and test.op in {"is", "is_any"} and len(_needles(test)) <= MOST_EQUAL for test, truth in wishes)


def _wished_texts(tests: list[Test], was: str) -> Iterator[str]:
    wanted = [[(test.op, part) for part in _parts_of(test)] for test in tests if test.op != "is_set"]
    for chosen in product(*(options[:4] for options in wanted)):
        parts = [*chosen, *(("contains", part) for test in tests if test.op == "mentions_all" for part in _needles(test)[1:])]
        patterns = [part for op, part in parts if op == "matches"]
        for base, glue, more in product(dict.fromkeys((was, "")), (" ", ""), ("", _MORE)):
            for order in (parts, parts[::-1]):
                text = _joined([*(part for part in order if part[0] != "matches"), ("contains", more)], base, glue)
                for nested in (patterns, patterns[::-1]):
                    yield reduce(lambda inner, pattern: fitting(pattern, inner), nested, text)


def _parts_of(test: Test) -> tuple[str, ...]:
    return _needles(test)[:1] if test.op == "mentions_all" else _needles(test)


def _needles(test: Test) -> tuple[str, ...]:
    return test.value if isinstance(test.value, tuple) else (test.value,)


def _joined(parts: list[tuple[str, str]], base: str, glue: str) -> str:
    """*base* with what is missing of the parts: at its end, or at the start or end where that is asked for."""
    text = base
    for part in (part for op, part in parts if op not in _ENDS and part not in text):
        text = f"{text}{glue}{part}" if text else part
    for part in (part for op, part in parts if op == "starts_with" and not text.startswith(part)):
        text = f"{part}{glue}{text}" if text else part
    for part in (part for op, part in parts if op == "ends_with" and not text.endswith(part)):
        text = f"{text}{glue}{part}" if text else part
    return text


def is_impossible(wishes: list[Wish]) -> bool:
    """Whether no text could meet all wishes, as far as two of them show it; all are of one field."""
    true, false = [test for test, truth in wishes if truth], [test for test, truth in wishes if not truth]
    if any(test in false or any(_brings(test, other) for other in false) for test in true):
        return True
    return any(_parted(one, other) for one, other in combinations(true, 2))


def _brings(one: Test, other: Test) -> bool:
    """Whether every text of which *one* is true is one of which *other* is."""
    if other.op == "is_set":
        return True
    if one.folding != other.folding or other.op != "contains" or one.op not in {"contains", "is", "is_any", *_ENDS}:
        return False
    needles = [fold(part, other.folding) for part in _needles(other)]
    return all(any(needle in fold(part, one.folding) for needle in needles) for part in _needles(one))


def _parted(one: Test, other: Test) -> bool:
    """Whether both want another beginning, or another end."""
    if one.op != other.op or one.op not in _ENDS or one.folding != other.folding:
        return False
    mine, theirs = ([fold(part, test.folding)[:: 1 if one.op == "starts_with" else -1] for part in _needles(test)] for test in (one, other))
    return not any(part.startswith(other) or other.startswith(part) for part in mine for other in theirs)


# --- clocks ------------------------------------------------------------------------------------------------------------


def clock_states(tests: list[Reads], view: View) -> Iterator[ClockState | None]:
    """States of a clock for which *tests* may come out differently."""
    now = view.now_us
    spans = [duration_us(test.value) for test in tests if isinstance(test, Sla) and test.op == "due_within"]
    shares = [test.value for test in tests if isinstance(test, Sla) and test.op == "used_at_least"]
    instants = {
        name: [at for test in tests if isinstance(test, Test) and _is_of(test, name) for at in _instants(test)]
        for name in (".due", ".started", ".warned")
    }
    turns = [at + step for at in _turns(tests, view) for step in (0, 1, -1)]
    dues = [now + HOUR_US, now, *(now + span + step for span in spans for step in (0, 1)), *instants[".due"], *turns]
    starts = [now - HOUR_US, now, *instants[".started"], *turns]
    lines = [(start, due) for due in dict.fromkeys(dues) for start in dict.fromkeys([*starts, due - HOUR_US]) if start <= due]
    for share in dict.fromkeys(asked - less for asked in shares for less in (0, 1) if asked >= less):
        for left in dict.fromkeys([HOUR_US, *spans]):  # so much is left, or over, when that share is used
            total = left * 100 // (100 - share) if share < 100 else 100 * HOUR_US
            start = now - -(-total * share // 100)
            lines.append((start, start + total))
    for start, due in lines[:MOST_EVENTS]:
        running = due > now
        yield ClockState(state="running" if running else "breached", is_open=True, is_running=True, due_us=due, started_us=start)
    for at in dict.fromkeys([*instants[".warned"], *(turns or [now])]) if any(_is_of(test, ".warned") for test in tests) else ():
        started, due = at - HOUR_US, max(at, now) + HOUR_US
        yield ClockState(state="running", is_open=True, is_running=True, due_us=due, started_us=started, warned_us=at)
    for start in starts:
        yield ClockState(state="paused", is_open=True, is_running=False, started_us=start)
    for state in SLA_STATES[3:]:
        for start, due in lines[:8]:
            yield ClockState(state=state, is_open=False, is_running=False, due_us=due, started_us=start)
    yield None


def is_exact_of_clock(tests: list[Reads]) -> bool:
    """Whether `clock_states` has one for each way in which *tests* come out: they ask for its state alone."""
    return all(isinstance(test, Sla) and test.op == "is" for test in tests)


def _is_of(test: Reads, name: str) -> bool:
    return (isinstance(test, Test) and test.field.endswith(name)) or (isinstance(test, Since | Until) and test.of.endswith(name))


def _instants(test: Test) -> Iterator[int]:
    named = test.value if isinstance(test.value, tuple) else (test.value,)
    for value in named:
        if isinstance(value, datetime):
            at = to_us(value)
            yield from (at, at + 1, at - 1)


# --- events ------------------------------------------------------------------------------------------------------------


def events(tests: list[Reads], view: View) -> Iterator[EventBase | None]:
    """Events for which *tests* may come out differently: other kinds, by somebody else, with another message; last none at all."""
    asked: dict[str, list[Reads]] = {}
    for test in (each for each in tests if isinstance(each, Test)):
        asked.setdefault(view.vocabulary.field(test.field).name.removeprefix("event."), []).append(test)
    axes = _axes(asked, view)
    found = 0
    for kind in _kinds(asked, axes, view):
        usable = {name: options for name, options in axes.items() if _takes(kind, name)}
        for chosen in product(*usable.values()):
            if found == MOST_EVENTS:
                return
            yield _event(kind, dict(zip(usable, chosen, strict=True)), view)
            found += 1
    yield None


def _axes(asked: dict[str, list[Reads]], view: View) -> dict[str, list[Any]]:
    """What of an event is asked about, with the values that matter."""
    axes: dict[str, list[Any]] = {}
    names = _named(asked.get("by", ()))
    if not asked.keys().isdisjoint({"by", "by_role", "by_assignee", "by_requester"}):
        agents = (Agent(id=name) for name in (view.ticket.assignee or _AN_AGENT, "another agent", *names))
        people = (Person(id=name) for name in ("somebody", *names))
        axes["by"] = list(dict.fromkeys([view.ticket.requester, *agents, *people, None]))
    for name in ("public", "automatic"):
        if name in asked:
            axes[name] = [True, False]
    if "attachments" in asked:
        counts = {max(0, int(value) + step) for value in _named(asked["attachments"]) for step in (-1, 0, 1)}
        axes["attachments"] = [("file",) * count for count in sorted(counts | {0, 1}) if count <= MOST_FILES]
    for name in ("channel", "language", "reason", "warning", "text"):
        if name in asked:
            axes[name] = list(islice(dict.fromkeys([*texts(asked[name], ""), "something else"]), MOST_VALUES))
    for name in ("group", "metric"):
        if name in asked:
            choices = view.vocabulary.field(f"event.{name}").type.choices
            axes[name] = [value for value in dict.fromkeys([*_named(asked[name]), *choices, "another"]) if value in choices or not choices]
    return axes


def _named(tests: Iterable[Reads]) -> list[Any]:
    """The values that tests of an event name."""
    found: dict[Any, None] = {}
    for test in tests:
        if isinstance(test, Test) and test.value is not None:
            found.update(dict.fromkeys(test.value[:MOST_VALUES] if isinstance(test.value, tuple) else (test.value,)))
    return list(found)


def is_exact_of_events(tests: list[Reads], view: View) -> bool:
    """Whether `events` has one for each way in which *tests* come out: names and flags, equal texts, one thing about who did it."""
    specs = [view.vocabulary.field(test.field) for test in tests if isinstance(test, Test)]
    if len(specs) < len(tests) or len({spec.name for spec in specs if spec.name.startswith("event.by")}) > 1:
        return False
    plain = all(spec.name != "text" and is_exact(spec, [test]) for spec, test in zip(specs, tests, strict=True))
    files = [test for spec, test in zip(specs, tests, strict=True) if spec.name == "event.attachments"]
    plain = plain and all(count < MOST_FILES for count in _named(files))
    return plain and len(list(events(tests, view))) < MOST_EVENTS


def _kinds(asked: dict[str, list[Reads]], axes: dict[str, list[Any]], view: View) -> list[str]:
    """The kinds of event to try: what it is, what is named, and one of each sort that nobody names."""
    named = _named(asked.get("kind", ()))
    wanted = [] if view.event is None else [view.event.kind]
    wanted += named
    sorts: dict[tuple[object, ...], str] = {}
    for kind in (kind for kind in EVENTS if kind not in named):
        made = EVENTS[kind]
        role = (issubclass(made, Outside), kind in {"agent_replied", "created", "customer_replied"} and kind) if "by" in axes else ()
        sorts.setdefault((*(_takes(kind, name) for name in axes), *role), kind)
    return [kind for kind in dict.fromkeys((*wanted, *sorts.values())) if kind in EVENTS]


_OF_MESSAGE: Final = frozenset({"text", "public", "automatic", "language", "attachments"})


def _takes(kind: str, name: str) -> bool:
    """Whether events of this kind have this of their own."""
    return issubclass(EVENTS[kind], Spoken) if name in _OF_MESSAGE else any(part.alias == name for part in attr_fields(EVENTS[kind]))


def _event(kind: str, chosen: dict[str, Any], view: View) -> EventBase:
    """An event of that kind with what is chosen, the rest as in the event at hand if it is of that kind too."""
    made, old = EVENTS[kind], view.event
    given = {part.alias: _blank(part.type) for part in attr_fields(made) if part.init and part.default is NOTHING}
    message = Message()
    if old is not None and old.kind == kind:
        given = {part.alias: getattr(old, part.name) for part in attr_fields(made) if part.init}
        message = getattr(old, "message", message)
    given |= {name: value for name, value in chosen.items() if name not in _OF_MESSAGE} | {"at": view.now_us}
    said = {name: value for name, value in chosen.items() if name in _OF_MESSAGE}
    if said:
        given["message"] = evolve(message, **said)
    return made(**given)


def _blank(declared: object) -> Any:
    """A value for what an event of a kind must have, when nobody asks for it; *declared* is its type, or the name of that."""
    kind = getattr(declared, "__name__", None) or str(declared)  # attrs keeps the name until somebody resolves it
    if kind.startswith("tuple"):
        return ()
    return 0 if kind == "int" else None if "None" in kind or kind == "Any" else ""
