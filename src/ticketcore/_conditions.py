"""The condition classes, a closed union of small frozen values, and the Python form that makes them.

`ticketcore.conditions` is their front door and says what each means.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from attrs import field, frozen

from ticketcore._clocks import Days, Length, Target, Wording, WorkingDays, read_target
from ticketcore._fields import FOLDED, MANY, ONE_OR_MANY, REGEX
from ticketcore._text import PLAIN_FOLDING, Folding, fold
from ticketcore._time import duration_us, from_us, to_timedelta, to_us
from ticketcore.errors import BadValue, shorten


class _Combines:
    """Conditions combine with ``&``, ``|`` and ``~``; ``and`` and ``or`` are refused, because Python would drop one side."""

    __slots__ = ()

    def __and__(self, other: Condition) -> AllOf:
        return AllOf((*_parts(AllOf, self), *_parts(AllOf, other)))

    def __or__(self, other: Condition) -> AnyOf:
        return AnyOf((*_parts(AnyOf, self), *_parts(AnyOf, other)))

    def __invert__(self) -> Condition:
        return self.part if isinstance(self, Not) else Not(_condition(self))

    def __bool__(self) -> bool:
        raise TypeError("a condition has no truth by itself; combine with & | ~ and ask holds(condition, view)")


def _condition(value: Any) -> Any:
    if not isinstance(value, _Combines):
        raise BadValue(f"a condition is wanted, not {type(value).__name__}", value=shorten(value))
    return value


def _parts(kind: type[AllOf | AnyOf], value: Any) -> tuple[Condition, ...]:
    return value.parts if type(value) is kind else (_condition(value),)


def _conditions(values: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(_condition(value) for value in values)


MAX_BUILT: Final = 100  # deep; what walks a condition goes down by calls, and Python has few hundred of them


def _depth(parts: Iterable[Condition]) -> int:
    """How deep a condition with these parts is nested. Raises `BadValue` beyond `MAX_BUILT`."""
    depth = 0
    for part in parts:
        depth = max(depth, getattr(part, "depth", 0))  # a test has none
    if depth == MAX_BUILT:
        raise BadValue(f"conditions nested deeper than {MAX_BUILT}", hint="a list of parts needs no nesting")
    return depth + 1


@frozen
class AllOf(_Combines):
    """True when every part is; so `TRUE` is the one without parts. Raises `BadValue` when it is nested deeper than `MAX_BUILT`.

    >>> from ticketcore.conditions import say
    >>> say(AllOf((Test("status", "is", "open"), Test("priority", "at_least", "high"))))
    "status is 'open' and priority is at least 'high'"
    """

    parts: tuple[Condition, ...] = field(converter=_conditions)
    depth: int = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "depth", _depth(self.parts))


@frozen
class AnyOf(_Combines):
    """True when one part is or more; so `FALSE` is the one without parts. Raises as `AllOf` does.

    >>> from ticketcore.conditions import say
    >>> say(AnyOf((Test("status", "is", "open"), Test("status", "is", "new"))))
    "status is 'open' or status is 'new'"
    """

    parts: tuple[Condition, ...] = field(converter=_conditions)
    depth: int = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "depth", _depth(self.parts))


@frozen
class Not(_Combines):
    """True when its part is not. Raises as `AllOf` does.

    >>> from ticketcore.conditions import say
    >>> say(Not(Test("tags", "has", "vip")))
    "not (tags has 'vip')"
    """

    part: Condition = field(converter=_condition)
    depth: int = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "depth", _depth((self.part,)))


@frozen
class Test(_Combines):
    """A field compared with a value: ``Test("requester.tier", "is", "gold")``. Lists become tuples, instants are in UTC.

    For a text, *accents* says that they count, and *language* whose letters they are (Turkish "tr", Azeri "az"). Raises `BadValue`
    for a list without anything in it, for two bounds that are not two, and for a word or phrase that is blank or no text.

    >>> fields.tags.has("vip")
    Test(field='tags', op='has', value='vip', accents=False, language='')
    >>> fields.text.mentions_any("outage", "")
    Traceback (most recent call last):
    ticketcore.errors.BadValue: 'mentions_any' of a blank text; to ask for an empty field write is_empty()
    >>> fields.subject.contains("ı", language="tr").folding
    Folding(accents=False, language='tr')
    """

    __test__ = False  # pytest collects classes by this name

    field: str
    op: str
    value: Any = None
    accents: bool = False
    language: str = ""

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "value", _value(self.op, self.value))
        if type(self.value) is tuple:
            _check_list(self.op, self.value, self.folding)

    @property
    def folding(self) -> Folding:
        """How the text and the words that are looked for are folded."""
        return Folding(self.accents, self.language) if self.accents or self.language else PLAIN_FOLDING


def _value(op: str, value: Any) -> Any:
    if isinstance(value, set | frozenset):
        value = sorted(value)
    if isinstance(value, list | tuple):
        return tuple(_value("", item) for item in value)
    if op in MANY or op in ONE_OR_MANY:
        return (_value("", value),)
    if isinstance(value, datetime):
        return from_us(to_us(value))
    return to_timedelta(duration_us(value)) if isinstance(value, timedelta) else value


def _check_list(op: str, values: tuple[Any, ...], folding: Folding) -> None:
    """Refuse what no test could make sense of: nothing to compare with, or nothing to look for in a text."""
    if op == "between" and len(values) != 2:
        raise BadValue(f"'between' wants two bounds, not {len(values)}", value=shorten(values), hint="the lower one, then the upper one")
    if not values:
        raise BadValue(f"{op!r} of an empty list", hint="name what to look for, or write TRUE or FALSE")
    if op not in FOLDED and op not in REGEX:
        return
    for value in values:
        if not isinstance(value, str):
            raise BadValue(f"{op!r} wants texts, not {type(value).__name__}", value=shorten(value), hint="put it in quotes")
        if not value or (op in _WORDS and value.isspace()) or (op in _WORDS and not value.isascii() and not fold(value, folding)):
            raise BadValue(f"{op!r} of a blank text", value=shorten(value), hint="to ask for an empty field write is_empty()")


_WORDS: Final = FOLDED - {"matches", "not_matches"}  # a pattern may be a blank


@frozen
class Changed(_Combines):
    """The field differs from what it was before the root of the cycle; *was* and *to* name the two values, None: any.

    For a set, *was* is a name that it has lost and *to* one that it has gained.

    >>> from ticketcore.conditions import say
    >>> say(Changed("priority", to="high"))
    "priority changed to 'high'"
    """

    field: str
    was: Any = None
    to: Any = None


@frozen
class Since(_Combines):
    """The time passed since an instant compared with a span; false while the instant is empty or still to come.

    A `Length` counts all time when it is ``calendar``, else the open time of *hours* (None: the desk's default hours); days
    and working days are those of the hours.

    >>> from ticketcore.conditions import View, Vocabulary, holds
    >>> from ticketcore.model import Ticket
    >>> silent = since("last_agent_reply") >= "4h"
    >>> answered = Ticket(id="T-1", last_agent_reply_us=0)
    >>> [holds(silent, View(Vocabulary(), answered, hour * 3_600_000_000)) for hour in (3, 4)]
    [False, True]
    """

    of: str
    op: str
    span: Target
    hours: str | None = None


@frozen
class Until(_Combines):
    """The time left until an instant compared with a span; false while the instant is empty or has passed.

    >>> from ticketcore.conditions import View, Vocabulary, holds
    >>> from ticketcore.model import Ticket
    >>> soon = until("postponed_until") <= "30m"
    >>> put_off = Ticket(id="T-1", postponed_until_us=3_600_000_000)
    >>> [holds(soon, View(Vocabulary(), put_off, minute * 60_000_000)) for minute in (29, 30, 60, 61)]
    [False, True, True, False]
    """

    of: str
    op: str
    span: Target
    hours: str | None = None


@frozen
class InHours(_Combines):
    """These business hours are ``open`` or ``closed`` now, or today is a ``holiday`` in them.

    >>> from ticketcore.conditions import View, Vocabulary, holds
    >>> from ticketcore.hours import BusinessHours
    >>> from ticketcore.model import Ticket
    >>> words = Vocabulary(hours={"office": BusinessHours(zone="UTC", week={"mon-sun": ["09:00-17:00"]})})
    >>> [holds(hours("office").is_open(), View(words, Ticket(id="T-1"), hour * 3_600_000_000)) for hour in (8, 9, 17)]
    [False, True, False]
    """

    hours: str
    state: str = "open"


@frozen
class Sla(_Combines):
    """A metric's clock compared with a state, a time or a share; false while no such clock was started.

    *op* is ``is`` (a state), ``due_within`` (a timedelta: due no later than that, not yet breached) or ``used_at_least``
    (percent of the promised time).

    >>> from ticketcore import Created, Person, load_desk
    >>> from ticketcore.conditions import holds
    >>> desk = load_desk({"sla": [{"name": "gold", "targets": {"first_reply": "1h"}}]})
    >>> ticket = desk.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> views = [desk.view(ticket, minute * 60_000_000) for minute in (30, 48, 60)]
    >>> [(holds(sla("first_reply").used_at_least(80), view), holds(sla("first_reply").is_("breached"), view)) for view in views]
    [(False, False), (True, False), (True, True)]
    """

    metric: str
    op: str
    value: Any


Condition = AllOf | AnyOf | Not | Test | Changed | Since | Until | InHours | Sla
TRUE: Final = AllOf(())
FALSE: Final = AnyOf(())

# --- spans in words ----------------------------------------------------------------------------------------------------

_SPAN: Final = Wording("span of time", 'write "4h", "4h business", "15 days", "3 working days" or "1 working day, end of day"')


def span_of(value: Any, *, business: bool = False) -> Target:
    """A span of time as people write it. Raises `BadDuration`.

    ``"4h"`` (all time, or open time when *business*), ``"4h business"``, ``"4h calendar"``, ``"15 days"`` (the same wall time so
    many dates on), ``"3 working days"``, also with ``", end of day"``.

    >>> span_of("4h") == Length(14_400_000_000, calendar=True), span_of("3 working days")
    (True, WorkingDays(count=3, end_of_day=False))
    """
    if isinstance(value, Length | Days | WorkingDays):
        return value
    text, said = value, ""
    if isinstance(value, str) and value.endswith(" business"):
        text, said = value.removesuffix(" business"), "business"
    span = read_target(text, value, _SPAN)
    if said and (not isinstance(span, Length) or span.calendar):
        raise _SPAN.refusal("only a length counts business time", value)
    if isinstance(span, Length) and not (span.calendar or business or said):
        return Length(span.us, calendar=True)
    return span


def say_span(span: Target, *, business: bool = False) -> str:
    """*span* as `span_of` reads it back, given the same *business*.

    >>> say_span(span_of("4h")), say_span(span_of("4h business")), say_span(span_of("3 working days"))
    ('4h', '4h business', '3 working days')
    """
    if isinstance(span, Length):
        text = str(Length(span.us))
        if span.calendar:
            return text + " calendar" if business else text
        return text if business else text + " business"
    return str(span)


# --- the Python form ---------------------------------------------------------------------------------------------------


class FieldRef:
    """A field to be tested in Python: ``field.tags.has("vip") & (field.priority >= "high")``.

    Bound to a desk's names when a desk (or `parse`) takes the condition.

    >>> from ticketcore.conditions import say
    >>> say((fields.status != "closed") & (fields.text.mentions_any("outage", "down") | fields["requester.tier"].is_("gold")))
    "status is not 'closed' and (text mentions 'outage', 'down' or requester.tier is 'gold')"
    >>> tags, status, text = fields.tags, fields.status, fields.subject
    >>> tests = [
    ...     tags.has("vip"), tags.has_any("vip", "press"), tags.has_all("vip", "eu"), tags.has_none("spam"), tags.is_empty(), tags.is_set(),
    ...     status.is_any("new", "open"), status.is_none("closed"), status.is_not("spam"), status.changed(was="new"),
    ...     fields.reopens.between(1, 3), text.contains("order"), text.starts_with("Re:"), text.ends_with("?"), text.matches("order *-??"),
    ...     text.matches_regex("TX-[0-9]+"), text.mentions_all("down", "shop"), text.mentions_none("test"),
    ... ]
    >>> print("; ".join(say(test) for test in tests))
    tags has 'vip'; tags has one of 'vip', 'press'; tags has all of 'vip', 'eu'; tags has none of 'spam'; tags is empty; tags is set;
    status is one of 'new', 'open'; status is none of 'closed'; status is not 'spam'; status changed from 'new'; reopens is between 1 and 3;
    subject contains 'order'; subject starts with 'Re:'; subject ends with '?'; subject matches 'order *-??';
    subject matches the expression 'TX-[0-9]+'; subject mentions all of 'down', 'shop'; subject does not mention 'test'
    """

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> FieldRef:
        if name.startswith("__"):
            raise AttributeError(name)
        return FieldRef(f"{self._name}.{name}")

    def __repr__(self) -> str:
        return f"field[{self._name!r}]"

    def __hash__(self) -> int:
        return hash(self._name)

    def __eq__(self, value: object) -> Test:  # type: ignore[override]  # a condition, as the other comparisons
        return Test(self._name, "is", value)

    def __ne__(self, value: object) -> Test:  # type: ignore[override]  # as above
        return Test(self._name, "is_not", value)

    def __lt__(self, value: Any) -> Test:
        return Test(self._name, "below", value)

    def __gt__(self, value: Any) -> Test:
        return Test(self._name, "above", value)

    def __le__(self, value: Any) -> Test:
        return Test(self._name, "at_most", value)

    def __ge__(self, value: Any) -> Test:
        return Test(self._name, "at_least", value)

    def is_(self, value: Any) -> Test:
        """Equal to *value*."""
        return Test(self._name, "is", value)

    def is_not(self, value: Any) -> Test:
        """Not equal to *value*."""
        return Test(self._name, "is_not", value)

    def is_any(self, *values: Any) -> Test:
        """One of *values*."""
        return Test(self._name, "is_any", values)

    def is_none(self, *values: Any) -> Test:
        """None of *values*."""
        return Test(self._name, "is_none", values)

    def has(self, name: str) -> Test:
        """The set has *name*."""
        return Test(self._name, "has", name)

    def has_any(self, *names: str) -> Test:
        """The set has one of *names* or more."""
        return Test(self._name, "has_any", names)

    def has_all(self, *names: str) -> Test:
        """The set has all of *names*."""
        return Test(self._name, "has_all", names)

    def has_none(self, *names: str) -> Test:
        """The set has none of *names*."""
        return Test(self._name, "has_none", names)

    # Of these, *accents* says that they count, and *language* ("tr", "az") whose letters the text is in.

    def contains(self, *parts: str, accents: bool = False, language: str = "") -> Test:
        """The text contains one of *parts*, anywhere."""
        return Test(self._name, "contains", parts, accents, language)

    def starts_with(self, *parts: str, accents: bool = False, language: str = "") -> Test:
        """The text starts with one of *parts*."""
        return Test(self._name, "starts_with", parts, accents, language)

    def ends_with(self, *parts: str, accents: bool = False, language: str = "") -> Test:
        """The text ends with one of *parts*."""
        return Test(self._name, "ends_with", parts, accents, language)

    def matches(self, *patterns: str, accents: bool = False, language: str = "") -> Test:
        """The whole text fits one of *patterns* with ``*`` and ``?``."""
        return Test(self._name, "matches", patterns, accents, language)

    def matches_regex(self, *patterns: str) -> Test:
        """One of these regular expressions is found in the text as it was written; the desk must have been given a matcher."""
        return Test(self._name, "matches_regex", patterns)

    def mentions_any(self, *phrases: str, accents: bool = False, language: str = "") -> Test:
        """One of these words or phrases stands in the text, or more."""
        return Test(self._name, "mentions_any", phrases, accents, language)

    def mentions_all(self, *phrases: str, accents: bool = False, language: str = "") -> Test:
        """All of these words or phrases stand in the text."""
        return Test(self._name, "mentions_all", phrases, accents, language)

    def mentions_none(self, *phrases: str, accents: bool = False, language: str = "") -> Test:
        """None of these words or phrases stands in the text."""
        return Test(self._name, "mentions_none", phrases, accents, language)

    def between(self, low: Any, high: Any) -> Test:
        """At least *low* and at most *high*."""
        return Test(self._name, "between", (low, high))

    def is_set(self) -> Test:
        """The field is not empty."""
        return Test(self._name, "is_set")

    def is_empty(self) -> Test:
        """The field is empty."""
        return Test(self._name, "is_empty")

    def changed(self, was: Any = None, to: Any = None) -> Changed:
        """The field differs from what it was, from *was*, to *to*."""
        return Changed(self._name, was, to)


class _Fields:
    """``field.status`` or ``field["requester.tier"]``."""

    __slots__ = ()

    def __getattr__(self, name: str) -> FieldRef:
        if name.startswith("__"):
            raise AttributeError(name)
        return FieldRef(name)

    def __getitem__(self, name: str) -> FieldRef:
        return FieldRef(name)


fields: Final = _Fields()


class TimeRef:
    """The time since or until an instant, to be compared with a span: ``since("last_agent_reply") >= "5 working days"``."""

    __slots__ = ("_hours", "_kind", "_of")

    def __init__(self, kind: type[Since | Until], of: str, hours: str | None) -> None:
        self._kind, self._of, self._hours = kind, of, hours

    def _test(self, op: str, span: Any) -> Any:
        return self._kind(self._of, op, span_of(span, business=self._hours is not None), self._hours)

    def __ge__(self, span: Any) -> Any:
        return self._test("at_least", span)

    def __le__(self, span: Any) -> Any:
        return self._test("at_most", span)

    def __gt__(self, span: Any) -> Any:
        return self._test("above", span)

    def __lt__(self, span: Any) -> Any:
        return self._test("below", span)


def since(of: str, *, hours: str | None = None) -> TimeRef:
    """The time passed since the instant field *of*, in the open time of *hours* when they are named.

    >>> since("last_agent_reply") >= "5 working days"
    Since(of='last_agent_reply', op='at_least', span=WorkingDays(count=5, end_of_day=False), hours=None)
    """
    return TimeRef(Since, of, hours)


def until(of: str, *, hours: str | None = None) -> TimeRef:
    """The time left until the instant field *of*, in the open time of *hours* when they are named.

    >>> from ticketcore.conditions import say
    >>> say(until("postponed_until") <= "30m")
    'at most 30m until postponed_until'
    """
    return TimeRef(Until, of, hours)


class SlaRef:
    """A metric's clock, to be tested: ``sla("first_reply").is_("breached")``."""

    __slots__ = ("_metric",)

    def __init__(self, metric: str) -> None:
        self._metric = metric

    def is_(self, state: str) -> Sla:
        """It is in this state (`ticketcore.conditions.SLA_STATES`)."""
        return Sla(self._metric, "is", state)

    def due_within(self, span: timedelta | str) -> Sla:
        """It is due no later than *span* from now, and not yet breached."""
        return Sla(self._metric, "due_within", to_timedelta(duration_us(span)))

    def used_at_least(self, percent: int) -> Sla:
        """So much of the promised time is used."""
        return Sla(self._metric, "used_at_least", percent)


def sla(metric: str) -> SlaRef:
    """The clock of *metric*.

    >>> from ticketcore.conditions import say
    >>> say(sla("first_reply").is_("breached"))
    'first_reply is breached'
    """
    return SlaRef(metric)


class HoursRef:
    """Business hours, to be tested: ``hours("support").is_open()``."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def is_open(self) -> InHours:
        """They are open now."""
        return InHours(self._name, "open")

    def is_closed(self) -> InHours:
        """They are closed now."""
        return InHours(self._name, "closed")

    def is_holiday(self) -> InHours:
        """Today is a holiday in them."""
        return InHours(self._name, "holiday")


def hours(name: str) -> HoursRef:
    """The business hours *name*.

    >>> from ticketcore.conditions import say
    >>> say(hours("office").is_open())
    "hours 'office' are open"
    """
    return HoursRef(name)
