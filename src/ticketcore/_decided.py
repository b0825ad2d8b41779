"""The events that the desk decides: what it makes of what people report, and of time. They go out with the outcome."""

from __future__ import annotations

from typing import ClassVar

from attrs import field, frozen
from pendulum import DateTime

from ticketcore._clocks import Target
from ticketcore._people import EventBase
from ticketcore._time import from_us, iso


@frozen(kw_only=True)
class StatusChanged(EventBase):
    """The lifecycle moved the ticket; categories are those of the desk that decided.

    >>> from ticketcore import Desk
    >>> ticket = Desk().handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> moved = Desk().handle(ticket, AgentReplied(at=60_000_000, by=Agent(id="maria"))).events[1]
    >>> moved.was, moved.to, moved.trigger
    ('new', 'answered', 'agent_replies')
    """

    was: str
    to: str
    was_category: str
    category: str
    trigger: str = ""
    kind: ClassVar[str] = "status_changed"


@frozen(kw_only=True)
class PriorityChanged(EventBase):
    """Another slot, or another level in it, is now on top.

    >>> from ticketcore import Desk
    >>> ticket = Desk().handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> raised = Desk().handle(ticket, SlotSet(at=60_000_000, by=Agent(id="maria"), level="high")).events[1]
    >>> raised.was, raised.to, raised.slot, raised.because
    ('low', 'high', 'manual', 'manual, by maria')
    """

    was: str
    to: str
    slot: str = ""
    because: str = ""
    kind: ClassVar[str] = "priority_changed"


@frozen(kw_only=True)
class PolicyApplied(EventBase):
    """An SLA policy holds from now on (None: none); ``source`` is manual, rule, match or default.

    >>> from ticketcore import Desk, Policy, field
    >>> desk = Desk(policies=[Policy(name="gold", when=field["requester.tier"] == "gold"), Policy(name="standard")])
    >>> applied = desk.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada", tier="gold"))).events[1]
    >>> applied.kind, applied.policy, applied.source
    ('policy_applied', 'gold', 'match')
    """

    policy: str | None
    was: str | None = None
    source: str = "match"
    kind: ClassVar[str] = "policy_applied"


@frozen(kw_only=True)
class ClockStarted(EventBase):
    """A cycle of a metric opened. ``resumed`` goes on with the last one instead of opening a new one.

    >>> from ticketcore import load_desk
    >>> desk = load_desk({"sla": [{"name": "gold", "targets": {"first_reply": "1h"}}]})
    >>> started = desk.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).events[2]
    >>> started.metric, started.number, str(started.target), started.runs
    ('first_reply', 1, '1h', True)
    """

    metric: str
    number: int
    started_us: int
    runs: bool = True  # False: paused from the first moment
    policy: str | None = None
    target: Target | None = None
    hours: str = ""
    resumed: bool = False
    kind: ClassVar[str] = "clock_started"


@frozen(kw_only=True)
class ClockPaused(EventBase):
    """Time no longer counts, because of a status (``why``); ``counted_us`` is what the run that ended here counted.

    >>> from ticketcore import Desk
    >>> ticket = Desk().handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> events = Desk().handle(ticket, AgentReplied(at=60_000_000, by=Agent(id="maria"))).events
    >>> [(event.metric, event.counted_us, event.why) for event in events if event.kind == "clock_paused"]
    [('resolution', 60000000, 'answered')]
    """

    metric: str
    counted_us: int
    why: str = ""
    kind: ClassVar[str] = "clock_paused"


@frozen(kw_only=True)
class ClockResumed(EventBase):
    """Time counts again; after a removal (spam, deleted) the cycle is open again.

    >>> from ticketcore import Desk
    >>> ticket = Desk().handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> ticket = Desk().handle(ticket, AgentReplied(at=60_000_000, by=Agent(id="maria"))).ticket
    >>> events = Desk().handle(ticket, CustomerReplied(at=120_000_000, by=Person(name="Ada"))).events
    >>> [(event.metric, event.cause) for event in events if event.kind == "clock_resumed"]
    [('resolution', '9')]
    """

    metric: str
    runs: bool = True
    kind: ClassVar[str] = "clock_resumed"


@frozen(kw_only=True)
class ClockStopped(EventBase):
    """A cycle ended: ``verdict`` is met, late, cancelled, removed, or untargeted when nothing was promised.

    >>> from ticketcore import load_desk
    >>> desk = load_desk({"sla": [{"name": "gold", "targets": {"first_reply": "1h"}}]})
    >>> ticket = desk.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> events = desk.handle(ticket, AgentReplied(at=60_000_000, by=Agent(id="maria"))).events
    >>> [(event.metric, event.verdict, event.used_us) for event in events if event.kind == "clock_stopped"]
    [('first_reply', 'met', 60000000)]
    """

    metric: str
    verdict: str
    counted_us: int = 0  # of the run that ended here; 0 if it was paused
    used_us: int = 0
    due_us: int | None = field(default=None, repr=iso)
    kind: ClassVar[str] = "clock_stopped"


@frozen(kw_only=True)
class Retargeted(EventBase):
    """The promise for an open cycle changed: policy, priority, hours or an extension.

    ``exceeded``: used time is already past the new target. ``counted`` replaces what the closed runs counted, when they were
    measured anew on other hours; ``split_us`` is what the open run counted on the old hours, when it is cut here.

    >>> from ticketcore import load_desk
    >>> desk = load_desk({"sla": [{"name": "gold", "targets": {"first_reply": {"high": "15m", "else": "1h"}}}]})
    >>> ticket = desk.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> events = desk.handle(ticket, SlotSet(at=60_000_000, by=Agent(id="maria"), level="high")).events
    >>> [(event.metric, str(event.was), str(event.target), event.exceeded) for event in events if event.kind == "retargeted"]
    [('first_reply', '1h', '15m', False)]
    """

    metric: str
    policy: str | None
    target: Target | None
    hours: str = ""
    was: Target | None = None
    exceeded: bool = False
    counted: tuple[int, ...] | None = None
    split_us: int | None = None
    skipped: tuple[str, ...] = ()  # warnings that fell into the past without being given
    verdict: str | None = None  # of a cycle that had ended: judged late, or (the verdict it has) its due was given anew
    due_us: int | None = field(default=None, repr=iso)
    kind: ClassVar[str] = "retargeted"


@frozen(kw_only=True)
class Warned(EventBase):
    """A due instant is near; ``warning`` is the offset as the policy names it, and each is given once in a cycle.

    >>> from ticketcore import load_desk
    >>> desk = load_desk({"sla": [{"name": "gold", "warn": ["-15m"], "targets": {"first_reply": "1h"}}]})
    >>> ticket = desk.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> [(event.kind, event.warning, event.at.isoformat()) for event in desk.tick(ticket, 2_700_000_000).events]
    [('warned', '-15m', '1970-01-01T00:45:00+00:00')]
    """

    metric: str
    number: int
    warning: str
    due_us: int | None = field(default=None, repr=iso)
    skipped: tuple[str, ...] = ()
    kind: ClassVar[str] = "warned"
    is_due: ClassVar[bool] = True


@frozen(kw_only=True)
class Breached(EventBase):
    """A promise was broken at ``due``; recorded once for a cycle and target.

    >>> from ticketcore import load_desk
    >>> desk = load_desk({"sla": [{"name": "gold", "targets": {"first_reply": "1h"}}]})
    >>> ticket = desk.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> [(event.kind, event.metric, event.due.isoformat()) for event in desk.tick(ticket, 86_400_000_000).events]
    [('breached', 'first_reply', '1970-01-01T01:00:00+00:00')]
    """

    metric: str
    number: int
    due_us: int = field(repr=iso)
    target: Target | None = None
    policy: str | None = None
    kind: ClassVar[str] = "breached"
    is_due: ClassVar[bool] = True

    @property
    def due(self) -> DateTime:
        """The instant at which the promise broke."""
        return from_us(self.due_us)


@frozen(kw_only=True)
class Woken(EventBase):
    """A postponement ended.

    >>> from ticketcore import Desk
    >>> ticket = Desk().handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> ticket = Desk().handle(ticket, Postponed(at=60_000_000, by=Agent(id="maria"), until=3_600_000_000)).ticket
    >>> woken = Desk().tick(ticket, 7_200_000_000)
    >>> woken.events[0].kind, woken.events[0].at_us, woken.ticket.status
    ('woken', 3600000000, 'new')
    """

    kind: ClassVar[str] = "woken"
    is_due: ClassVar[bool] = True


@frozen(kw_only=True)
class TimeReached(EventBase):
    """The condition of one or more time rules became true by time alone; ``rules`` names them.

    >>> from ticketcore import Action, Desk, Rule, since
    >>> desk = Desk(rules=[Rule(name="untouched", when=since("created") >= "4h", then=[Action("add_tag", "untouched")])])
    >>> ticket = desk.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> reached = desk.tick(ticket, 86_400_000_000).events[0]
    >>> reached.kind, reached.rules, reached.at.isoformat()
    ('time_reached', ('untouched',), '1970-01-01T04:00:00+00:00')
    """

    rules: tuple[str, ...] = ()
    kind: ClassVar[str] = "time_reached"
    is_due: ClassVar[bool] = True


@frozen(kw_only=True)
class RuleFired(EventBase):
    """A rule fired. ``number`` counts the repetitions of a repeating time rule; ``skipped`` names lower ladder steps passed over.

    >>> from ticketcore import Action, Desk, Rule
    >>> desk = Desk(rules=[Rule(name="tag all", on=["created"], then=[Action("add_tag", "seen")])])
    >>> events = desk.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"), id="e1")).events
    >>> [(event.rule, event.on) for event in events if event.kind == "rule_fired"], events[2].kind, events[2].cause
    ([('tag all', 'e1')], 'tags_added', 'rule:tag all')
    """

    rule: str
    on: str = ""  # the id of the event it listened to
    number: int = 0
    skipped: tuple[str, ...] = ()
    kind: ClassVar[str] = "rule_fired"


@frozen(kw_only=True)
class ActionRefused(EventBase):
    """A rule's action was refused, visibly; the rest of its actions went on.

    >>> from ticketcore import Action, Desk, Rule
    >>> desk = Desk(rules=[Rule(name="hasty", on=["created"], then=[Action("close"), Action("add_tag", "seen")])])
    >>> outcome = desk.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada")))
    >>> [event.reason.partition(";")[0] for event in outcome.events if event.kind == "action_refused"], sorted(outcome.ticket.tags)
    (['close is refused: new has no such move'], ['seen'])
    """

    rule: str
    action: str
    reason: str
    kind: ClassVar[str] = "action_refused"


@frozen(kw_only=True)
class Diverted(EventBase):
    """A reply to a ticket that takes none: it leads to a follow-up, or to the ticket this one was merged into (``to``).

    >>> from ticketcore import Desk
    >>> ask = lambda name: Desk().handle(None, Created(at=0, ticket=name, by=Person(email="ada@example.org"))).ticket
    >>> merged = Desk().merge(ask("T-1"), ask("T-2"), at=60_000_000).source.ticket
    >>> reply = CustomerReplied(at=120_000_000, id="e9", by=Person(email="ada@example.org"))
    >>> [(event.event, event.to) for event in Desk().handle(merged, reply).events if event.kind == "diverted"]
    [('e9', 'T-2')]
    """

    event: str
    to: str = ""
    kind: ClassVar[str] = "diverted"


@frozen(kw_only=True)
class Silenced(EventBase):
    """Time rules ran on without an outside event up to the limit; nothing more happens until somebody writes, who is no machine.

    >>> from ticketcore import Action, Desk, Rule, Settings, since
    >>> nag = Rule(name="nag", when=since("created") >= "1h", then=[Action("notify", "lead")], every_us=3_600_000_000, times=100)
    >>> desk = Desk(rules=[nag], settings=Settings(silence_after=3))
    >>> ticket = desk.handle(None, Created(at=0, ticket="T-1", by=Person(name="Ada"))).ticket
    >>> events = desk.tick(ticket, 86_400_000_000).events
    >>> sum(event.kind == "rule_fired" for event in events), events[-1].kind, events[-1].roots
    (3, 'silenced', 3)
    """

    roots: int = 0
    kind: ClassVar[str] = "silenced"
