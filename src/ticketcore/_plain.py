"""Plain data, read strictly: a reader takes one value and gives the right one, or says everything that is wrong with it, and where.

Readers are functions, put together from smaller ones: `record`, `list_of`, `map_of`, `tagged`. A refusal travels up as one
`Refusal`, which gathers the problems of all branches and lengthens their paths on the way, so that a value that is right
costs no path. `read_document` is the edge: sizes first, then the reader, then one `DataError` with every problem.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, Final, NoReturn, TypeVar

from attrs import Attribute, evolve, fields, frozen
from cattrs import Converter
from cattrs.gen import make_dict_unstructure_fn_from_attrs, override

from ticketcore._clocks import Target, parse_target
from ticketcore._names import hint
from ticketcore._time import DAY_US, SECOND_US, duration_us, from_us, iso, parse_instant, say_duration, to_timedelta, to_us
from ticketcore._values import FrozenMap
from ticketcore.errors import BadDuration, BadValue, DataError, NotAnInstant, Problem, TicketcoreError, key_step, shorten

T = TypeVar("T")
Reader = Callable[[Any], Any]


@frozen(kw_only=True)
class Limits:
    """How much plain data may be: whatever is larger is refused before it is read.

    >>> from ticketcore.codec import event_from_data
    >>> LIMITS.depth, LIMITS.text
    (32, 65536)
    >>> event_from_data({"kind": "created", "at": "2026-11-20T09:00:00Z", "subject": "x" * (LIMITS.text + 1)})
    Traceback (most recent call last):
    ticketcore.errors.DataError: event: 1 problem
      subject  this text has 65537 characters; the limit is 65536
    """

    depth: int = 32
    nodes: int = 10_000
    text: int = 65_536  # characters
    items: int = 10_000  # of one list or mapping
    integer: int = 2**63  # the absolute value stays below
    line: int = 1_048_576  # characters of a JSON text
    problems: int = 100  # listed; the rest is not looked for


LIMITS: Final = Limits()
_LONGEST: Final = LIMITS.text
# A desk with ten thousand rules or holidays by the thousand, a ticket with thousands of runs. A condition has its own bounds.
LARGE: Final = Limits(depth=100, nodes=1_000_000, items=20_000, line=67_108_864)


class Refusal(Exception):
    """What is wrong with one value; the paths are relative to it. It never leaves the codec: callers see a `DataError`."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(problems)
        self.problems = problems


def refuse(message: str, value: Any = None, *, way_out: str = "", code: str = "bad-value") -> NoReturn:
    """Raise a `Refusal` of one problem at this very value."""
    raise Refusal([Problem("", message, way_out, code, "" if value is None else shorten(value))])


def under(step: str, bad: Refusal | TicketcoreError) -> list[Problem]:
    """The problems of *bad*, their paths lengthened at the front by *step*."""
    if isinstance(bad, Refusal | DataError):
        return [evolve(problem, path=step + joint(problem.path)) for problem in bad.problems]
    return [Problem(step + joint(bad.path), bad.message, bad.hint, bad.code, bad.value)]


def joint(path: str) -> str:
    """*path* as it is written after another one."""
    return "." + path if path and path[0] not in ".[" else path


def whole(problems: Iterable[Problem], path: str) -> list[Problem]:
    """The problems as they leave the codec: full paths, and no more of them than are read."""
    found = [evolve(problem, path=(path + joint(problem.path)).lstrip(".")) for problem in problems]
    if len(found) > LIMITS.problems:
        found = [*found[: LIMITS.problems], Problem(path, f"only the first {LIMITS.problems} problems are listed", code="too-many")]
    return found


def read_document(
    reader: Reader, data: Any, *, path: str = "", what: str = "data", limits: Limits = LIMITS, error: type[DataError] = DataError
) -> Any:
    """*data* through *reader*; whatever is wrong with it becomes one *error*."""
    try:
        check_size(data, limits)
        return reader(data)
    except (Refusal, TicketcoreError) as bad:
        problems = whole(under("", bad), path)
    raise error(problems, what=what)


def check_size(data: Any, limits: Limits = LIMITS) -> None:
    """Refuse data that is nested too deeply or has too many parts, circles included; level by level, without recursion."""
    if not fits(data, limits):
        _refuse_size(data, limits)


_LEAVES: Final = frozenset({str, int, float, bool, type(None)})
_LISTS: Final = (list, tuple)


def fits(data: Any, limits: Limits = LIMITS) -> bool:
    """Whether `check_size` takes the data, found in a third of the time that it takes to say why not (a law compares)."""
    level = [data]
    nodes = depth = 1
    while level:
        below: list[Any] = []
        parts = 0
        for part in level:
            if not isinstance(part, dict) and not isinstance(part, _LISTS):
                continue
            parts += len(part)
            if len(part) > limits.items or nodes + parts > limits.nodes:
                return False
            below += [item for item in (part.values() if isinstance(part, dict) else part) if type(item) not in _LEAVES]
        if parts and depth == limits.depth:
            return False
        nodes += parts
        depth += 1
        level = below
    return True


def _refuse_size(data: Any, limits: Limits) -> None:
    """Say where data is larger than it may be; nothing, if it is not."""
    level = [data]
    nodes = depth = 1
    while level:
        below: list[Any] = []
        for part in level:
            if isinstance(part, dict):
                below += part.values()
            elif isinstance(part, list | tuple):
                below += part
            else:
                continue
            if len(part) > limits.items:
                _refuse_at(_path_to(data, part), f"more than {limits.items} items in one place")
            if nodes + len(below) > limits.nodes:
                refuse(f"more than {limits.nodes} parts", way_out="split it", code="too-large")
        if below and depth == limits.depth:
            _refuse_at(_path_to(data, below[0], limits.depth), f"nested more than {limits.depth} levels deep", code="too-deep")
        nodes += len(below)
        depth += 1
        level = below


def _refuse_at(path: str, message: str, code: str = "too-large") -> NoReturn:
    raise Refusal([Problem(path if len(path) <= 200 else path[:200] + "...", message, code=code)])


def steps_of(data: Any) -> Iterable[tuple[str, Any]]:
    """The parts of a list or mapping, each with the step that leads to it; none of anything else."""
    if isinstance(data, dict):
        return [(key_step(key), part) for key, part in data.items()]
    return [(f"[{index}]", part) for index, part in enumerate(data)] if isinstance(data, list | tuple) else []


def _path_to(data: Any, wanted: Any, depth: int = 0) -> str:
    """The path to the very object *wanted*, below so many levels; found as `check_size` came to it, level by level."""
    level = [("", data)]
    while True:
        for path, part in level:
            if part is wanted and depth <= 0:
                return path
        level = [(path + step, below) for path, part in level for step, below in steps_of(part)]
        depth -= 1


# --- single values ---------------------------------------------------------------------------------------------------


def unknown(what: str, name: Any, known: Iterable[str]) -> NoReturn:
    """Refuse a name that is not known."""
    if type(name) is not str:
        refuse(f"{what} is text, not {kind_of(name)}", name, code="wrong-type")
    refuse(f"unknown {what} {shorten(name)}", name, way_out=hint(name, known), code="unknown-name")


def kind_of(value: Any) -> str:
    """What *value* is, in the words of a data file.

    >>> kind_of(True), kind_of([]), kind_of(None)
    ('true or false', 'a list', 'nothing')
    """
    if value is None:
        return "nothing"
    for kinds, words in _KINDS:
        if isinstance(value, kinds):
            return words
    return type(value).__name__[:60]


_KINDS: Final[tuple[tuple[Any, str], ...]] = (
    (bool, "true or false"), (int, "a whole number"), (float, "a number with a fraction"), (str, "text"), (list | tuple, "a list"),
    (dict, "a table"), (datetime, "an instant"), (date, "a date"),
)  # fmt: skip


def text(value: Any) -> str:
    """Text that can be stored: no half surrogate pairs, not over-long."""
    if type(value) is not str:
        refuse(f"text is wanted, not {kind_of(value)}", value, code="wrong-type")
    if len(value) > _LONGEST:
        refuse(f"this text has {len(value)} characters; the limit is {_LONGEST}", code="too-large")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            refuse("this text holds half a surrogate pair and cannot be stored", value)
    return value


def name(value: Any) -> str:
    """Text that names something: not empty."""
    if not text(value).strip():
        refuse("a name is wanted, this text is empty", value)
    return str(value)


def boolean(value: Any) -> bool:
    """``true`` or ``false``; 0 and 1 are neither."""
    if type(value) is not bool:
        refuse(f"true or false is wanted, not {kind_of(value)}", value, code="wrong-type")
    return value


def true(value: Any) -> bool:
    """``true``: the key is there to be set."""
    if boolean(value) is not True:
        refuse("only true has a meaning here", value, way_out="leave it out instead")
    return True


def integer(value: Any) -> int:
    """A whole number below 2**63; ``true`` is none."""
    if type(value) is not int:
        refuse(f"a whole number is wanted, not {kind_of(value)}", value, code="wrong-type")
    if not -LIMITS.integer < value < LIMITS.integer:
        refuse("this number is too large", value, code="too-large")
    return value


def number(value: Any) -> int | float:
    """A whole number, or one with a fraction that is finite."""
    if type(value) is not float:
        return integer(value)
    if value - value != 0:  # NaN and the infinities
        refuse("this is no finite number", value)
    return value


def instant(value: Any) -> int:
    """ISO 8601 text with an offset, or an aware datetime, as microseconds since the epoch."""
    if type(value) is str:
        return _instant_of(value)
    if isinstance(value, datetime):
        return to_us(value)
    raise NotAnInstant(f"an instant is ISO 8601 text, not {kind_of(value)}", value=shorten(value), hint='write "2026-11-20T09:00:00Z"')


def duration(value: Any) -> int:
    """``"4h"`` as microseconds."""
    if type(value) is not str:
        raise BadDuration(f"a duration is text, not {kind_of(value)}", value=shorten(value), hint='write "90s", "15m", "4h" or "1h 30m"')
    return _duration_of(value) if len(value) <= _KEPT else duration_us(value)


def target(value: Any) -> Target:
    """``"4h"``, ``"15 days"``, ``"3 working days"``."""
    if type(value) is not str:
        raise BadDuration(f"a target is text, not {kind_of(value)}", value=shorten(value), hint='write "4h", "15 days" or "3 working days"')
    return _target_of(value)


# The same few texts come again and again: the instants of one step, the lengths that a policy promises. What is refused is not kept.
_KEPT: Final = 64  # characters
_instant_of: Final = lru_cache(maxsize=256)(parse_instant)
_duration_of: Final = lru_cache(maxsize=256)(duration_us)
_target_of: Final = lru_cache(maxsize=256)(parse_target)


def _date(value: Any) -> date:
    try:
        return date.fromisoformat(text(value))
    except ValueError:
        refuse("this is no date", value, way_out='write "2026-11-20"')


def _scalar(value: Any) -> Any:
    kind = type(value)
    if kind is str:
        return text(value)
    if kind is bool or value is None:
        return value
    if kind is int or kind is float:
        return number(value)
    if kind is dict and len(value) == 1:
        ((tag, inner),) = value.items()
        read = _SPECIAL.get(tag) if type(tag) is str else None
        if read is not None:
            return inside(tag, read, inner)
    if isinstance(value, datetime):
        return from_us(to_us(value))
    if isinstance(value, date):
        return value
    return refuse(
        f"a field's value is text, a number, true or false, or a list of these, not {kind_of(value)}", value, code="wrong-type",
        way_out='special values are written {"instant": ...}, {"duration": ...}, {"date": ...} and {"set": [...]}',
    )  # fmt: skip


_SPECIAL: Final[Mapping[str, Reader]] = {
    "instant": lambda value: from_us(instant(value)),
    "duration": lambda value: to_timedelta(duration(value)),
    "date": _date,
}


def field_value(value: Any) -> Any:
    """The value of a custom field or a fact: a scalar, a list of scalars (a tuple), or ``{"set": [...]}`` (a frozenset)."""
    if type(value) is list:
        return _scalars(value)
    if type(value) is dict and len(value) == 1 and "set" in value:
        return inside("set", _scalar_set, value["set"])
    return _scalar(value)


def inside(key: str, read: Reader, value: Any) -> Any:
    """What *read* reads, the paths of its problems lengthened by *key*."""
    try:
        return read(value)
    except (Refusal, TicketcoreError) as bad:
        problems = under(key_step(key), bad)
    raise Refusal(problems)


# --- values put together ---------------------------------------------------------------------------------------------


def optional(read: Reader) -> Reader:
    """None, or what *read* reads."""
    return lambda value: None if value is None else read(value)


def listed(value: Any) -> list[Any] | tuple[Any, ...]:
    """A list, nothing else: the letters of a text are none."""
    if not isinstance(value, list | tuple):
        refuse(f"a list is wanted, not {kind_of(value)}", value, code="wrong-type")
    return value


def mapped(value: Any) -> dict[Any, Any]:
    """A mapping, nothing else."""
    if not isinstance(value, dict):
        refuse(f"a table is wanted, not {kind_of(value)}", value, code="wrong-type")
    return value


def list_of(read: Reader, make: Callable[[list[Any]], T]) -> Callable[[Any], T]:
    """A list each item of which *read* reads, as *make* makes it: `tuple`, `frozenset`."""

    def read_list(value: Any) -> T:
        try:
            made = [read(item) for item in listed(value)]
        except (Refusal, TicketcoreError):
            problems = problems_in(read, value)  # slow and seldom: every wrong item, not only the first
        else:
            return make(made)
        raise Refusal(problems)

    return read_list


def unique(values: list[Any], key: str = "") -> tuple[Any, ...]:
    """The values, none of them twice; *key* is what they are told apart by, if not by themselves."""
    seen: set[Any] = set()
    problems: list[Problem] = []
    for index, value in enumerate(values):
        named = getattr(value, key) if key else value
        if named in seen:
            path = f"[{index}]" + (f".{key}" if key else "")
            problems.append(Problem(path, f"{shorten(named)} is listed a second time", "names are unique", "duplicate"))
        seen.add(named)
    if problems:
        raise Refusal(problems)
    return tuple(values)


def problems_in(read: Reader, items: Any) -> list[Problem]:
    """Every problem of the items of a list, by number."""
    problems: list[Problem] = []
    for index, item in enumerate(listed(items)):
        try:
            read(item)
        except (Refusal, TicketcoreError) as bad:
            problems += under(f"[{index}]", bad)
            if len(problems) > LIMITS.problems:
                break
    return problems


_scalars: Final = list_of(_scalar, tuple)
_scalar_set: Final = list_of(_scalar, frozenset)


def map_of(read: Reader, read_key: Reader = text) -> Callable[[Any], FrozenMap[Any, Any]]:
    """A mapping from names (or what *read_key* reads) to what *read* reads."""

    def read_map(value: Any) -> FrozenMap[Any, Any]:
        given: dict[Any, Any] = {}
        problems: list[Problem] = []
        for key, item in mapped(value).items():
            try:
                given[read_key(key)] = read(item)
            except (Refusal, TicketcoreError) as bad:
                problems += under(key_step(key), bad)
                if len(problems) > LIMITS.problems:
                    break
        if problems:
            raise Refusal(problems)
        return FrozenMap(given)

    return read_map


@frozen
class Key:
    """One key of a record: how its value is read, the constructor's argument it becomes, and whether it must be there."""

    read: Reader
    into: str = ""
    required: bool = False


def record(make: Callable[..., T], keys: Mapping[str, Key], what: str, aside: Mapping[str, Reader] = FrozenMap()) -> Callable[[Any], T]:
    """A mapping with exactly these keys, as *make* makes it; the keys in *aside* are read and then left out."""
    table = {key: (spec.into or key, spec.read) for key, spec in keys.items()}
    needed = tuple(key for key, spec in keys.items() if spec.required)

    def read_record(value: Any) -> T:
        given: dict[str, Any] = {}
        problems: list[Problem] = []
        for key, item in (value if type(value) is dict else mapped(value)).items():
            try:
                spec = table.get(key)
                if spec is not None:
                    into, read = spec
                    given[into] = read(item)
                elif key in aside:
                    aside[key](item)
                else:
                    unknown_key(key, [*table, *aside], what)
            except (Refusal, TicketcoreError) as bad:
                problems += under(key_step(key), bad)
                if len(problems) > LIMITS.problems:
                    raise Refusal(problems) from None
        problems += [missing(key, what) for key in needed if key not in value]
        if not problems:
            try:
                return make(**given)
            except (Refusal, TicketcoreError) as bad:
                problems = under("", bad)
        raise Refusal(problems)

    return read_record


def unknown_key(key: Any, known: Iterable[str], what: str) -> NoReturn:
    """Refuse a key that a record does not have."""
    if type(key) is not str:
        refuse(f"a key is text, not {kind_of(key)}", key, code="wrong-type")
    refuse(f"{what} has no {shorten(key)}", way_out=hint(key, known), code="unknown-key")


def of_class(kind: Callable[..., T]) -> Callable[..., T]:
    """The constructor of a class of a room, whose errors name their place from the room's own root: only the last step is kept."""

    def make(**given: Any) -> T:
        try:
            return kind(**given)
        except TicketcoreError as error:
            step = error.path.rpartition(".")[2]
            problems = [Problem(step and key_step(step), error.message, error.hint, error.code, error.value)]
        raise Refusal(problems)

    return make


def missing(key: str, what: str) -> Problem:
    """The problem of a key that must be there."""
    return Problem(key_step(key), f"{what} needs {key!r}", code="missing-key")


def tagged(tag: str, readers: Mapping[str, Reader], what: str) -> Reader:
    """A mapping whose key *tag* says which of *readers* reads it; that reader must leave the tag aside."""

    def read_tagged(value: Any) -> Any:
        if type(value) is not dict:
            mapped(value)
        chosen = value.get(tag)
        read = readers.get(chosen) if type(chosen) is str else None
        if read is not None:
            return read(value)
        if tag not in value:
            raise Refusal([missing(tag, what)])
        return inside(tag, lambda name: unknown(f"{what} {tag}", name, readers), chosen)

    return read_tagged


def one_of(known: Iterable[str], what: str) -> Reader:
    """One of these names."""
    names = frozenset(known)

    def read_name(value: Any) -> str:
        if type(value) is not str or value not in names:
            unknown(what, value, names)
        return value

    return read_name


SCHEMA: Final = 1


def schema(value: Any) -> int:
    """The version of the shape of the data; data without one is of the first."""
    if integer(value) != SCHEMA:
        refuse(f"this data has the shape {value}; this release reads {SCHEMA}", value, way_out="use a newer release", code="unknown-schema")
    return SCHEMA


# --- writing ---------------------------------------------------------------------------------------------------------

Writer = Callable[[Any], Any]
_converter: Final = Converter()


def class_writer(
    kind: type, keys: Callable[[str], str | None], hooks: Callable[[Attribute[Any]], Writer | None], tag: tuple[str, Any] | None = None
) -> Writer:
    """The function that writes a class as a mapping, made by cattrs; what has its default is left out.

    *keys* gives the key of a field, None to leave it out; *hooks* how its value is written, None as cattrs does; *tag* is the first
    entry of every mapping. Measured: a loop over the fields takes 1.4 times as long.
    """
    overrides: dict[str, Any] = {}
    parts: list[Attribute[Any]] = []
    if tag is not None:
        parts.append(fields(_Tagged)[0].evolve(name="__class__"))  # what every value has and no field is called
        overrides["__class__"] = override(rename=tag[0], unstruct_hook=lambda _: tag[1])
    for each in fields(kind):
        key = keys(each.name)
        if key is not None:
            hook = hooks(each)
            parts.append(each.evolve(type=str) if hook is None and each.type in _AS_IT_IS else each)
            overrides[each.name] = override(rename=key, unstruct_hook=hook)
    return make_dict_unstructure_fn_from_attrs(parts, kind, _converter, _cattrs_omit_if_default=True, **overrides)


@frozen
class _Tagged:
    tag: Any


_AS_IT_IS: Final = (str | None, int | None)  # cattrs would call a function for each of them, to no effect


@lru_cache(maxsize=4096)
def _day_text(days: int) -> str:
    return iso(days * DAY_US)[:10]


_MINUTES: Final = tuple(f"T{hour:02d}:{minute:02d}:" for hour in range(24) for minute in range(60))
_SECONDS: Final = tuple(f"{second:02d}" for second in range(60))


@lru_cache(maxsize=256)  # the instants of a ticket, and those of the events of one step, are mostly the same few
def write_instant(us: int) -> str:
    """`ticketcore._time.iso` without a datetime on the way (a law holds the two equal)."""
    seconds, micro = divmod(us, SECOND_US)
    minutes, second = divmod(seconds, 60)
    days, minute = divmod(minutes, 1440)
    fraction = f".{micro:06d}" if micro else ""
    return f"{_day_text(days)}{_MINUTES[minute]}{_SECONDS[second]}{fraction}Z"


def write_names(names: Iterable[str]) -> list[str]:
    """A set of names, in order."""
    return sorted(names)


def _order(value: Any) -> tuple[str, Any]:
    return (type(value).__name__, str(value))


_SCALARS: Final = frozenset({str, int, bool, float, type(None)})  # written as they are


def write_value(value: Any) -> Any:
    """The value of a custom field or a fact as plain data; `field_value` reads it back. Raises `BadValue` for what it is not."""
    if isinstance(value, tuple):
        return [_write_scalar(item) for item in value]
    if isinstance(value, frozenset):
        return {"set": [_write_scalar(item) for item in sorted(value, key=_order)]}
    return _write_scalar(value)


def _write_scalar(value: Any) -> Any:
    if type(value) in _SCALARS:
        return value
    if isinstance(value, datetime):
        return {"instant": iso(to_us(value))}
    if isinstance(value, date):
        return {"date": value.isoformat()}
    if isinstance(value, timedelta):
        return {"duration": say_duration(duration_us(value))}
    raise BadValue(
        f"a field's value of type {type(value).__name__} has no plain form", value=shorten(value), hint="give text, a number or a list"
    )


def write_map(value: Mapping[str, Any]) -> dict[str, Any]:
    """Custom fields or facts as plain data, in the order of their names, so that equal values give equal data."""
    return {key: item if type(item) in _SCALARS else write_value(item) for key, item in sorted(value.items())}


# --- JSON ------------------------------------------------------------------------------------------------------------


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) != len(pairs):
        twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
        refuse(f"the key {shorten(twice)} stands twice in one object", code="duplicate-key")
    return data


def _constant(word: str) -> NoReturn:
    refuse(f"{word} is no number that can be stored")


_decode: Final = json.JSONDecoder(object_pairs_hook=_pairs, parse_constant=_constant).decode


def parse_json(source: str | bytes, limits: Limits = LIMITS) -> Any:
    """JSON text as plain data: no key twice, no NaN or Infinity. Raises `Refusal` for anything that is not JSON."""
    try:
        if isinstance(source, bytes | bytearray):
            source = bytes(source).decode("utf-8")
        if not isinstance(source, str):
            refuse(f"JSON text is wanted, not {kind_of(source)}", source, code="wrong-type")
        if len(source) > limits.line:
            refuse(f"this JSON text has {len(source)} characters; the limit is {limits.line}", code="too-large")
        return _decode(source)
    except RecursionError:
        refuse("this JSON text is nested too deeply", code="too-deep")
    except UnicodeDecodeError:
        refuse("this is no UTF-8 text", code="not-json")
    except json.JSONDecodeError as error:
        refuse(f"this is no JSON: {error.msg} at character {error.pos}", code="not-json")
    except ValueError:  # an integer of more digits than Python converts
        refuse("a number in this JSON text is too large", code="too-large")


_encode: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


def write_json(data: Any) -> str:
    """*data* on one line: also what some readers take for line ends inside a text is escaped."""
    line = _encode(data)
    if not line.isascii():
        for mark in ("\x85", "\u2028", "\u2029"):
            line = line.replace(mark, f"\\u{ord(mark):04x}")
    return line
