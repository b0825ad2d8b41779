"""A program of its own that runs the whole chain under watch and prints what it touched (tests/test_pure.py starts it).

``build`` may load what it likes: modules, time zones. From then on `chain` is watched by three nets, because none sees all:

- an audit hook: files, sockets, processes, imports, compiling and running of text; what it may see is listed, all else is a touch;
- a profile function: calls of C functions that read a clock or chance, which raise no audit event;
- replaced functions of ``time``, ``random`` and ``os``: calls that C code makes (``iter(time.time, None)``), which no profile shows.

``python tests/pure_chain.py [MISDEED]`` prints JSON: ``touched``, a list, and ``answer``, what the chain came to.
With a misdeed, that is done instead, so that a test can see that it is caught.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import random
import secrets
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType
from typing import Any

import attrs

# Raised by plain attribute access, frames and the interpreter's own housekeeping: nothing outside is touched.
HARMLESS_EVENTS = frozenset({"object.__getattr__", "object.__setattr__", "object.__delattr__", "sys._getframe", "builtins.id"})
CLOCKS = frozenset({"now", "utcnow", "today"})
REPLACED: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (time, ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "process_time", "localtime", "gmtime")),
    (random, ("random", "randrange", "randint", "choice", "shuffle", "getrandbits")),
    (os, ("urandom", "getpid")),
)

touched: list[str] = []
watching = False


def note(what: str) -> None:
    if watching and what not in touched:
        touched.append(what)


def audit(event: str, arguments: tuple[Any, ...]) -> None:
    if watching and event not in HARMLESS_EVENTS:
        note(f"{event} {arguments[0] if arguments else ''}".strip()[:200])


def profile(_frame: FrameType, event: str, called: Any) -> None:
    if event != "c_call":
        return
    name, module, owner = getattr(called, "__name__", ""), getattr(called, "__module__", None), getattr(called, "__self__", None)
    kind = owner if isinstance(owner, type) else type(owner)
    if module == "time":
        note(f"time.{name}")
    elif module == "_thread" and name.startswith("start"):
        note(f"thread: {name}")
    elif name in CLOCKS and issubclass(kind, dt.date):
        note(f"{kind.__name__}.{name}")
    elif name == "urandom" or "random" in kind.__module__ or kind.__name__ == "Random":
        note(f"chance: {name}")


def replace(module: Any, name: str) -> None:
    original: Callable[..., Any] = getattr(module, name)

    def recorded(*arguments: Any, **named: Any) -> Any:
        note(f"{module.__name__}.{name}")
        return original(*arguments, **named)

    setattr(module, name, recorded)


# --- the chain: everything that a host does with the library, once it has its desk ---------------------------------------


DESK: dict[str, Any] = {
    "zone": "Europe/Athens",
    "groups": ["support", "technicians"],
    "hours": {"support": {"zone": "Europe/Athens", "week": {"mon-fri": ["09:00-17:00"]}, "holidays": {"2026-11-24": "feast"}}},
    "priority": {"matrix": {"impact": ["low", "high"], "urgency": ["low", "high"], "levels": [["low", "medium"], ["medium", "urgent"]]}},
    "facts": {"queue": {"type": "number", "default": 0}},
    "templates": {"ack": "Dear {{ requester_name }}, we answer by {{ due_first_reply }}."},
    "sla": [
        {
            "name": "gold", "when": {"field": "requester.tags", "has": "gold"}, "hours": "support", "warn": ["-15m", "80%"],
            "targets": {"first_reply": {"urgent": "15m", "else": "12h"}, "resolution": "3 working days"},
        },
    ],
    "rules": [
        {"name": "ack", "on": ["created"], "then": [{"reply": "ack"}, {"route": "technicians"}]},
        {
            "name": "outage", "on": ["created"], "when": {"field": "text", "mentions_any": ["εκτός λειτουργίας", "宕机"]},
            "then": [{"set_priority": "high", "add_tags": ["outage", "athens", "shop"], "close": True}],
        },
        {
            "name": "silent", "when": [{"field": "status", "is": "answered"}, {"since": "last_agent_reply", "at_least": "2 working days"}],
            "then": [{"resolve": True}],
        },
    ],
    "escalations": [
        {
            "name": "late", "when": {"sla": "first_reply", "is": "breached"}, "since": "sla.first_reply.due",
            "steps": [{"after": "0m", "notify": "lead"}, {"after": "30m", "raise_priority": 1, "notify": "manager"}],
        },
    ],
}  # fmt: skip


def build() -> Any:
    """Load the library and all that it keeps, the desk with its zones: after this nothing outside is touched."""
    import ticketcore
    from ticketcore import codec, discovery, identity, lint, model, replay, report, routing, seal

    rooms = (codec, lint, model, replay, report, routing, (discovery, identity, seal))
    # cattrs writes its functions for a class when the class first comes by. Another desk in another zone brings them all by, so
    # that whatever this library itself would load too late for the desk under watch is still seen.
    other = {"support": {**DESK["hours"]["support"], "zone": "Asia/Shanghai"}}
    chain((ticketcore.load_desk({**DESK, "zone": "Asia/Shanghai", "hours": other}), rooms))
    return ticketcore.load_desk(DESK), rooms


def chain(built: Any) -> Any:
    """What a host does with its desk: a history in, tickets, deadlines, explanations, a queue, a report and plain data out."""
    desk, (codec, lint, model, replay, report, routing, further) = built
    by = model.Person(id="c-1", name="Ada", email="vip@example.gr", tags={"vip", "gold", "athens"})
    lines = [
        codec.event_to_line(event)
        for event in (
            model.Created(
                ticket="T-1", id="e-1", at=1_795_186_200_000_000, by=by, channel="email", subject="Εκτός λειτουργίας",
                message=model.Message(text="Κάτω"),
            ),
            model.FactsReported(ticket="T-1", id="e-2", at=1_795_186_260_000_000, facts={"queue": 7}),
            model.AgentReplied(ticket="T-1", id="e-3", at=1_795_600_000_000_000, by=model.Agent(id="maria")),
        )
    ]  # fmt: skip
    run = replay.Replay(desk)
    outcomes = [*run.over(codec.history_from_lines(lines)), *run.settle(1_797_000_000_000_000)]
    ticket = run.tickets["T-1"]
    told = report.report(outcomes)
    roster = routing.Roster(members=[routing.Member(agent="maria", groups=["technicians"])])
    order = routing.Order.by("priority").then("waiting")
    plain_data = [codec.outcome_to_data(outcome) for outcome in outcomes]
    assert [codec.outcome_from_data(data) for data in plain_data] == outcomes
    assert model.fold([event for outcome in outcomes for event in outcome.events]) == ticket
    return (
        ticket, plain_data, told.rows("priority", "channel"), str(desk.why_due(ticket, "first_reply")), desk.why(ticket), desk.fingerprint,
        str(desk.explain(ticket, "silent")), desk.why_not(ticket, "silent"), str(outcomes[0].trace), order.first(5, [ticket]),
        routing.choose(outcomes[0].ticket, roster, ticket.created), lint.lint(desk), codec.desk_to_data(desk), desk.lifecycle.mermaid(),
        codec.load_desk(codec.desk_to_data(desk)).fingerprint == desk.fingerprint, desk.adopt(ticket, 1_797_000_000_000_001, desk).events,
        around(desk, by, outcomes, *further),
    )  # fmt: skip


def around(desk: Any, by: Any, outcomes: Any, discovery: Any, identity: Any, seal: Any) -> Any:
    """What lies around the desk: who is writing, the seal of the log, the lifecycle that was lived, two tickets made one."""
    log = [event for outcome in outcomes for event in outcome.events]
    records = seal.seal(log, salt=b"not drawn by chance", key=b"a key")
    stored = [seal.sealed_to_line(one) for one in records]
    people = [by, type(by)(email="vip@xn--jxalpdlp.example"), type(by)(phone="0030 210 1234567")]
    lived = discovery.conform(desk, log)
    ticket, other = outcomes[-1].ticket, desk.split(outcomes[-1].ticket, ticket="T-2", at=1_797_000_000_000_000).target.ticket
    return (
        str(seal.head_of(records)), str(seal.verify_lines(stored, seal.head_of(records), b"a key")), lived.discovered.mermaid(),
        lived.discovered.rows(), str(identity.match_requester(by, people, identity.Phones(country="30"))), identity.keys_of(people[1]),
        desk.merge(ticket, other, at=1_797_000_000_000_001), desk.public(ticket),
    )  # fmt: skip


def plain(value: Any) -> Any:
    """*value* as text and lists, sets in order: what two runs must have in common, whatever the order of their sets."""
    if isinstance(value, str | int | float | None):
        return value
    if isinstance(value, set | frozenset):
        return ["set", *sorted((plain(item) for item in value), key=repr)]
    if isinstance(value, Mapping):
        return ["map", *([plain(key), plain(item)] for key, item in value.items())]
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if attrs.has(type(value)):
        named = ([part.name, plain(getattr(value, part.name))] for part in attrs.fields(type(value)))
        return [type(value).__name__, *named]
    return repr(value)


# --- misdeeds: what must be caught ---------------------------------------------------------------------------------------

MISDEEDS: dict[str, Callable[[], object]] = {
    "file": lambda: Path(__file__).read_text(encoding="utf-8"),
    "folder": lambda: list(Path(__file__).parent.iterdir()),
    "socket": lambda: socket.socket().close(),
    "process": lambda: subprocess.run([sys.executable, "-c", ""], check=True),
    "import": lambda: __import__("colorsys"),
    "text": lambda: eval("1 + 1"),
    "thread": lambda: threading.Thread(target=int).start(),
    "sleep": lambda: time.sleep(0),
    "time": time.time,
    "time by C code": lambda: next(iter(time.monotonic, None)),
    "now": dt.datetime.now,
    "today": dt.date.today,
    "pendulum now": lambda: __import__("pendulum").now("UTC"),
    "random": random.random,
    "random by C code": lambda: next(iter(random.random, None)),
    "an own generator": lambda: random.Random(1).random(),
    "urandom": lambda: os.urandom(1),
    "secrets": lambda: secrets.token_hex(4),
    "uuid": uuid.uuid4,
}


def main(misdeed: str | None) -> None:
    global watching  # noqa: PLW0603 - the hooks cannot be taken off again, so a flag says when they count
    act = MISDEEDS[misdeed] if misdeed else None
    for module, names in REPLACED:
        for name in names:
            replace(module, name)
    built = build() if act is None else None
    sys.addaudithook(audit)
    sys.setprofile(profile)
    watching = True
    answer = chain(built) if act is None else act() and None
    watching = False
    sys.setprofile(None)
    sys.stdout.write(json.dumps({"touched": touched, "answer": plain(answer)}))


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
