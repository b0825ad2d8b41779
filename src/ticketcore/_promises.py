"""What is measured and what is promised, as data: metrics, warnings, targets, policies; and how a clock stands, as figures."""

from __future__ import annotations

from typing import Any

from attrs import field, frozen
from pendulum import DateTime

from ticketcore._time import duration_us, from_us, iso, maybe_from_us, say_duration, to_timedelta
from ticketcore._triggers import NAMED_TRIGGERS, SIMPLE_TRIGGERS
from ticketcore._values import EMPTY, FrozenMap, frozen_map, name_set, names
from ticketcore.conditions import TRUE, Condition
from ticketcore.errors import BadValue
from ticketcore.model import Target


@frozen(kw_only=True)
class Metric:
    """What is measured: a clock, as data over happenings and state.

    Triggers are ``created``, ``created:customer``, ``created_message:customer``, ``agent_reply``, ``customer_reply``, ``note``,
    ``auto_reply``, ``assign``, ``enter:<status>``, ``leave:<status>``, ``group:<group>`` and ``ungroup:<group>``. Of one event,
    cancel goes before stop, stop before restart, restart before start; an event that stops cannot start.
    ``pause_status`` and ``pause`` say while which status, or condition, time does not count. ``reopen="resume"`` lets a start
    trigger go on with an ended cycle. ``start_at="created"`` counts from creation however late it starts.
    ``start_on_attach`` starts when a policy first promises something for the metric. Raises `BadValue` for a trigger or setting that there
    is not.

    >>> from ticketcore import Agent, AgentReplied, Created, Desk
    >>> desk = Desk(metrics=[Metric(name="answer", start=["created"], stop=["agent_reply"], pause_status=["postponed"])])
    >>> ticket = desk.handle(None, Created(at=0, ticket="T-1")).ticket
    >>> cycle = desk.handle(ticket, AgentReplied(at=60_000_000, by=Agent(id="maria"))).ticket.clocks["answer"].cycle
    >>> cycle.banked_us, cycle.verdict  # it stops at the agent's reply; nothing was promised
    (60000000, 'untargeted')
    """

    name: str
    start: tuple[str, ...] = field(default=(), converter=names)
    stop: tuple[str, ...] = field(default=(), converter=names)
    restart: tuple[str, ...] = field(default=(), converter=names)
    cancel: tuple[str, ...] = field(default=(), converter=names)
    pause_status: frozenset[str] = field(default=frozenset(), converter=name_set)
    pause: Condition | None = None
    cycles: str = "once"
    reopen: str = "new"
    start_at: str = "event"
    start_on_attach: bool = False
    text: str = ""

    def __attrs_post_init__(self) -> None:
        for name, value, allowed in (
            ("cycles", self.cycles, ("once", "many")),
            ("reopen", self.reopen, ("new", "resume")),
            ("start_at", self.start_at, ("event", "created")),
        ):
            if value not in allowed:
                raise BadValue(f"{name} of a metric is {' or '.join(allowed)}, not {value!r}", path=f"metrics.{self.name}.{name}")
        for part in ("start", "stop", "restart", "cancel"):
            for trigger in getattr(self, part):
                if trigger not in SIMPLE_TRIGGERS and trigger.partition(":")[0] not in NAMED_TRIGGERS:
                    raise BadValue(
                        f"unknown trigger {trigger!r}", path=f"metrics.{self.name}.{part}",
                        hint=f"triggers are {', '.join(sorted(SIMPLE_TRIGGERS))}, enter:, leave:, group: and ungroup:",
                    )  # fmt: skip


@frozen
class WarnAt:
    """When to warn: an offset from due in business time or working days (before: negative), or a share of the promise used.

    >>> [str(WarnAt.parse(text)) for text in ("-15m", "80%", "1h", "-1 working day")]
    ['-15m', '80%', '1h', '-1 working day']
    """

    kind: str  # "offset", "percent" or "working_days"
    value: int

    @classmethod
    def parse(cls, text: str) -> WarnAt:
        """Read ``"-15m"``, ``"1h"``, ``"80%"`` or ``"-2 working days"``. Raises `BadValue` or `BadDuration`."""
        words = text.strip() if isinstance(text, str) else ""
        sign = -1 if words.startswith("-") else 1
        body = words.lstrip("+-").strip()
        if body.endswith("%") and body[:-1].isascii() and body[:-1].isdigit() and sign == 1 and 0 < int(body[:-1]) <= 1000:
            return cls("percent", int(body[:-1]))
        count, _, unit = body.partition(" ")
        if unit in ("working day", "working days") and count.isascii() and count.isdigit() and len(count) <= 4:
            return cls("working_days", sign * int(count))
        if not body or body.endswith("%"):
            raise BadValue("this is no warning", value=repr(text), hint='write "-15m", "80%", "1h" (after due) or "-1 working day"')
        return cls("offset", sign * duration_us(body))

    def __str__(self) -> str:
        if self.kind == "percent":
            return f"{self.value}%"
        if self.kind == "working_days":
            return f"{self.value} working day" + ("" if abs(self.value) == 1 else "s")
        return say_duration(self.value)


@frozen(kw_only=True)
class Targets:
    """What is promised for one metric: a target by priority level, and one for all other levels.

    >>> from ticketcore.model import Length
    >>> targets = Targets(by_level={"urgent": Length(900_000_000)}, otherwise=Length(14_400_000_000))
    >>> str(targets.of("urgent")), str(targets.of("low")), Targets(by_level={"urgent": Length(900_000_000)}).of("low")
    ('15m', '4h', None)
    """

    by_level: FrozenMap[str, Target] = field(default=EMPTY, converter=frozen_map)
    otherwise: Target | None = None

    def of(self, level: str) -> Target | None:
        """The target for a priority level; None: nothing is promised."""
        return self.by_level.get(level, self.otherwise)


@frozen(kw_only=True)
class Policy:
    """What is promised, to whom, and on which hours.

    The first policy whose ``when`` holds is chosen. ``hours`` names business hours (empty: the desk's default). ``warn`` lists
    when to warn before (or after) due. ``keep_used``: when this policy takes over from another one, time used so far counts as
    used instead of being measured anew on its hours. ``due_at="next_opening"`` shows and judges a promise used up exactly at
    closing by the next opening. ``schedule_change="whole_span"`` measures an open cycle anew when the hours are edited. Raises `BadValue`
    for any other word there.

    >>> from ticketcore.model import Length
    >>> policy = Policy(name="gold", hours="office", targets={"first_reply": Targets(otherwise=Length(3_600_000_000))})
    >>> str(policy.targets["first_reply"].otherwise)
    '1h'
    """

    name: str
    when: Condition = TRUE
    targets: FrozenMap[str, Targets] = field(default=EMPTY, converter=frozen_map)
    hours: str = ""
    warn: tuple[WarnAt, ...] = ()
    keep_used: bool = False
    due_at: str = "closing"
    schedule_change: str = "per_interval"

    def __attrs_post_init__(self) -> None:
        for name, value, allowed in (
            ("due_at", self.due_at, ("closing", "next_opening")),
            ("schedule_change", self.schedule_change, ("per_interval", "whole_span")),
        ):
            if value not in allowed:
                raise BadValue(f"{name} of a policy is {' or '.join(allowed)}, not {value!r}", path=f"sla.{self.name}.{name}")


@frozen(kw_only=True)
class Standing:
    """How one clock of a ticket stands at an instant: plain figures. Prints as a line of words.

    ``state`` is running, paused, breached (open, at or past due, also while paused), met, late, cancelled, removed or
    untargeted. ``due_us`` is None while nothing is due: paused before due, cancelled, removed, or nothing promised.

    >>> from ticketcore import Created, Desk, Person
    >>> from ticketcore.model import Length
    >>> desk = Desk(policies=[Policy(name="std", targets={"first_reply": Targets(otherwise=Length(3_600_000_000))})])
    >>> ticket = desk.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> standing = desk.standing(ticket, "first_reply", 1_800_000_000)
    >>> standing.state, standing.used
    ('running', datetime.timedelta(seconds=1800))
    >>> str(standing.started), str(standing.due), standing.is_open, standing.breached_at, standing.ended
    ('1970-01-01 00:00:00+00:00', '1970-01-01 01:00:00+00:00', True, None, None)
    >>> str(standing.counts_from), dict(standing.coming)
    ('1970-01-01 00:00:00+00:00', {})
    >>> print(standing)
    first_reply: running, due 1970-01-01T01:00:00Z, 30m used, 1h promised
    """

    metric: str
    state: str
    policy: str | None = None
    target: Target | None = None
    cycle: int = 1
    started_us: int = field(default=0, repr=iso)
    due_us: int | None = field(default=None, repr=iso)
    used_us: int = field(default=0, repr=say_duration)
    ended_us: int | None = field(default=None, repr=iso)
    breached_us: int | None = field(default=None, repr=iso)
    ever_breached: bool = False
    warnings: tuple[tuple[str, int], ...] = ()
    counts_from_us: int = field(default=0, repr=iso)

    @property
    def due(self) -> DateTime | None:
        """When it is, was or would have been due."""
        return maybe_from_us(self.due_us)

    @property
    def used(self) -> Any:
        """The business time used, as a `timedelta`."""
        return to_timedelta(self.used_us)

    @property
    def started(self) -> DateTime:
        """When the cycle started."""
        return from_us(self.started_us)

    @property
    def ended(self) -> DateTime | None:
        """When the cycle ended; None while it is open."""
        return maybe_from_us(self.ended_us)

    @property
    def breached_at(self) -> DateTime | None:
        """When the promise broke that holds now; None: it is kept so far, or was kept."""
        return maybe_from_us(self.breached_us)

    @property
    def counts_from(self) -> DateTime:
        """The first open instant at or after the start: from there on time counts."""
        return from_us(self.counts_from_us)

    @property
    def coming(self) -> FrozenMap[str, DateTime]:
        """The warnings not yet given, each with its instant, if nothing changes."""
        return FrozenMap({warning: from_us(at) for warning, at in self.warnings})

    @property
    def is_open(self) -> bool:
        """Whether the promise is still to be kept."""
        return self.state in ("running", "paused", "breached")

    def __str__(self) -> str:
        told = [self.state]
        if self.due_us is not None:
            told.append(f"due {iso(self.due_us)}")
        elif self.is_open and self.target is not None:
            told.append("not due as things are")
        if self.ended_us is not None:
            told.append(f"ended {iso(self.ended_us)}")
        told.append(f"{say_duration(self.used_us)} used")
        told.append("nothing promised" if self.target is None else f"{self.target} promised")
        if self.ever_breached and self.state not in ("breached", "late"):
            told.append("broken before")
        return f"{self.metric}: {', '.join(told)}"
