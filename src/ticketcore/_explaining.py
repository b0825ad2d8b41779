"""Why a condition holds or does not: a tree in its shape, with the values seen; and every condition as a line of English."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, assert_never, get_args

from attrs import field, frozen

from ticketcore._compiled import compiled, found_items, regexes
from ticketcore._conditions import AllOf, AnyOf, Changed, Condition, InHours, Not, Since, Sla, Test, Until, say_span
from ticketcore._fields import FOLDED, POSITIVE, REGEX, FieldSpec, View, is_empty
from ticketcore._parsing import to_data
from ticketcore._rises import EVER, NEVER, hours_flip, in_hours, interval
from ticketcore._text import LONGEST_TEXT
from ticketcore._time import duration_us, iso, say_duration, to_us
from ticketcore._values import FrozenMap
from ticketcore.errors import check_kind, shorten

_WORDS: Final[Mapping[str, str]] = FrozenMap({
    "is": "is", "is_not": "is not", "is_any": "is one of", "is_none": "is none of", "has": "has", "has_any": "has one of",
    "has_all": "has all of", "has_none": "has none of", "contains": "contains", "not_contains": "does not contain",
    "starts_with": "starts with", "ends_with": "ends with", "matches": "matches", "not_matches": "does not match",
    "matches_regex": "matches the expression", "not_matches_regex": "does not match the expression",
    "mentions_any": "mentions", "mentions_all": "mentions all of", "mentions_none": "does not mention", "below": "is below",
    "above": "is above", "at_least": "is at least", "at_most": "is at most", "between": "is between", "is_set": "is set",
    "is_empty": "is empty",
})  # fmt: skip
_SPANS: Final[Mapping[str, str]] = FrozenMap({"at_least": "at least", "at_most": "at most", "above": "more than", "below": "less than"})
_CONDITIONS: Final = get_args(Condition)
_PLACED: Final = 500  # lines of a printed explanation

# --- in words ----------------------------------------------------------------------------------------------------------


def say(condition: Condition) -> str:
    """*condition* as a line of English.

    >>> say(AllOf((Test("tags", "has", "vip"), Not(Test("status", "is_any", ("open", "new"))))))
    "tags has 'vip' and not (status is one of 'open', 'new')"
    """
    match condition:
        case AllOf(parts):
            return " and ".join(_inner(part) for part in parts) or "always"
        case AnyOf(parts):
            return " or ".join(_inner(part) for part in parts) or "never"
        case Not(part):
            return f"not ({say(part)})"
        case Test(name, op, value):
            told = " and ".join(_value(bound) for bound in value) if op == "between" else _value(value)
            options = ", ".join((["accents count"] if condition.accents else []) + ([condition.language] if condition.language else []))
            return f"{name} {_WORDS[op]}" + ("" if value is None else f" {told}") + (f" ({options})" if options else "")
        case Changed(name, was, to):
            return f"{name} changed" + ("" if was is None else f" from {_value(was)}") + ("" if to is None else f" to {_value(to)}")
        case Since(of, op, span, hours) | Until(of, op, span, hours):
            word = "since" if isinstance(condition, Since) else "until"
            return f"{_SPANS[op]} {say_span(span)} {word} {of}" + ("" if hours is None else f" (hours {hours!r})")
        case InHours(hours, state):
            return f"a holiday in hours {hours!r}" if state == "holiday" else f"hours {hours!r} are {state}"
        case Sla(metric, op, value):
            return f"{metric} " + _SLA_WORDS[op](value)
        case _:
            assert_never(condition)


_SLA_WORDS: Final[Mapping[str, Callable[[Any], str]]] = FrozenMap({
    "is": lambda state: f"is {state}", "due_within": lambda span: f"is due within {_value(span)}",
    "used_at_least": lambda percent: f"has used {percent} % or more",
})  # fmt: skip


def _inner(part: Condition) -> str:
    return f"({say(part)})" if isinstance(part, AllOf | AnyOf) and len(part.parts) > 1 else say(part)


def _value(value: Any) -> str:
    """A value as people read it."""
    if isinstance(value, tuple | frozenset):
        items = sorted(value) if isinstance(value, frozenset) else value
        return ", ".join(_value(item) for item in items[:8]) + (f", ... ({len(items)} in all)" if len(items) > 8 else "")
    if isinstance(value, datetime):
        return iso(to_us(value))
    if isinstance(value, timedelta):
        return say_duration(duration_us(value))
    return shorten(value)


# --- why ---------------------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class Explanation:
    """Why a condition holds or not, in its shape: *seen* is what a test looked at, *note* what was found in it.

    Prints as an indented tree; `data` gives it as plain data.

    >>> from ticketcore.conditions import Vocabulary, field
    >>> from ticketcore.model import Ticket
    >>> why = explain(field.tags.has("vip"), View(Vocabulary(), Ticket(id="T-1", tags=frozenset({"press"})), 0))
    >>> print(why)
    no   tags has 'vip'   ('press')
    >>> why.data()["test"], why.data()["seen"]
    ({'field': 'tags', 'has': 'vip'}, ['press'])
    """

    condition: Condition
    holds: bool
    seen: Any = None
    note: str = ""
    parts: tuple[Explanation, ...] = field(default=())

    def data(self) -> dict[str, Any]:
        """The tree as plain data: ``holds``, and ``test`` with ``seen`` and ``note``, or the parts under ``all``, ``any``, ``not``."""
        match self.condition:
            case AllOf():
                return {"holds": self.holds, "all": [part.data() for part in self.parts]}
            case AnyOf():
                return {"holds": self.holds, "any": [part.data() for part in self.parts]}
            case Not():
                return {"holds": self.holds, "not": self.parts[0].data()}
            case _:
                seen = [_plain(one) for one in self.seen] if isinstance(self.seen, list) else _plain(self.seen)
                return {"holds": self.holds, "test": to_data(self.condition), "seen": seen, "note": self.note}

    def __str__(self) -> str:
        lines = list(self._lines(0))
        return "\n".join(lines if len(lines) <= _PLACED else [*lines[:_PLACED], f"... ({len(lines) - _PLACED} more lines)"])

    def _lines(self, depth: int) -> list[str]:
        verdict = ("yes  " if self.holds else "no   ") + "  " * depth
        match self.condition:
            case AllOf(parts):
                title = "all of" if parts else "always"
            case AnyOf(parts):
                title = "any of" if parts else "never"
            case Not():
                title = "not"
            case _:
                title = f"{say(self.condition)}   ({self.note or 'empty'})"
        return [verdict + title, *(line for part in self.parts for line in part._lines(depth + 1))]


def explain(condition: Condition, view: View) -> Explanation:
    """Why *condition* holds or does not: each part with its own verdict and the values it saw. The verdict is that of `holds` (law).

    >>> from ticketcore.model import Ticket
    >>> from ticketcore.conditions import Vocabulary, field
    >>> ticket = Ticket(id="T-1", subject="The shop is down", tags=frozenset({"vip"}))
    >>> print(explain(field.tags.has("vip") & field.text.mentions_any("outage"), View(Vocabulary(), ticket, 0)))
    no   all of
    yes    tags has 'vip'   ('vip')
    no     text mentions 'outage'   (none of it in 'The shop is down')
    """
    check_question(condition, view)
    match condition:
        case AllOf(parts):
            told = tuple(explain(part, view) for part in parts)
            return Explanation(condition=condition, holds=all(part.holds for part in told), parts=told)
        case AnyOf(parts):
            told = tuple(explain(part, view) for part in parts)
            return Explanation(condition=condition, holds=any(part.holds for part in told), parts=told)
        case Not(part):
            inner = explain(part, view)
            return Explanation(condition=condition, holds=not inner.holds, parts=(inner,))
        case _:
            return _explain_test(condition, view)


def check_question(condition: object, view: object) -> None:
    """Refuse what is no condition, or no view. Raises `BadValue`."""
    check_kind(condition, _CONDITIONS, "a condition", 'give field.tags.has("vip"), or parse it from data')
    check_kind(view, View, "a view", "give desk.view(ticket)")


def _explain_test(test: Test | Changed | Since | Until | InHours | Sla, view: View) -> Explanation:
    verdict = compiled(test, view.vocabulary)(view)
    match test:
        case Test():
            spec = view.vocabulary.field(test.field)
            seen = spec.read(view)
            searched = isinstance(seen, str) and (spec.type.kind == "text" or test.op in FOLDED or test.op in REGEX)
            note = _found(test, spec, view) if searched else _seen(seen, spec)
        case Changed():
            spec = view.vocabulary.field(test.field)
            seen = None if view.before is None else [spec.read(view.of_before()), spec.read(view)]
            note = "nothing before" if seen is None else f"was {_seen(seen[0], spec) or 'empty'}, is {_seen(seen[1], spec) or 'empty'}"
        case Since() | Until():
            seen = view.vocabulary.field(test.of).read(view)
            note = "" if seen is None else f"{test.of} is {iso(seen)}; {_stretch(test, view)}"
        case InHours():
            seen = "open" if in_hours(InHours(test.hours), view, view.now_us) else "closed"
            if in_hours(InHours(test.hours, "holiday"), view, view.now_us):
                seen = "holiday"
            flip = hours_flip(InHours(test.hours), view, view.now_us)
            note = seen + (f" until {iso(flip)}" if flip < NEVER and seen != "holiday" else "")
        case Sla():
            reading = view.clock(test.metric)
            seen = None if reading is None else reading.state
            note = "never started" if reading is None else f"{reading.state}; due {iso(reading.due_us)}; {_stretch(test, view)}"
        case _:
            assert_never(test)
    return Explanation(condition=test, holds=verdict, seen=seen, note=note)


def _plain(seen: Any) -> Any:
    """A set as plain data, in an order that is always the same."""
    return sorted(seen) if isinstance(seen, frozenset) else seen


def _seen(value: Any, spec: FieldSpec) -> str:
    """A value of a ticket as people read it; "" for an empty one."""
    if is_empty(value):
        return ""
    if spec.type.kind == "instant":
        return iso(value)
    return say_duration(value) if spec.type.kind == "duration" else _value(value)


def _found(test: Test, spec: FieldSpec, view: View) -> str:
    """Which of the texts of a test are in the text seen."""
    op = POSITIVE.get(test.op, test.op)
    text = shorten(spec.read(view))
    if op in {"is_set", "is", "is_any"} or is_empty(spec.read(view)):
        return text
    if op == "matches_regex":
        raw = spec.read(view)[:LONGEST_TEXT]
        checks = zip(test.value, regexes(test.value, view.vocabulary), strict=True)
        found = tuple(pattern for pattern, check in checks if check(raw))
    else:
        found = found_items(op, test.value, view.folded(spec, test.folding), test.folding)
    return f"{_value(found)} in {text}" if found else f"none of it in {text}"


def _stretch(test: Since | Until | Sla, view: View) -> str:
    """When the test is true if nothing happens."""
    where = interval(test, view)
    if where is None or where[0] >= min(where[1], NEVER):
        return "never true if nothing happens"
    low, high = where
    if low == EVER:
        return "always true if nothing happens" if high == NEVER else f"true until {iso(high)}"
    return f"true from {iso(low)}" + ("" if high == NEVER else f" until {iso(high)}")
