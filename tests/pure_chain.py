"""A program of its own that runs the whole chain under watch and prints what it touched (tests/test_pure.py starts it).

``build`` may load what it likes: modules, time zones. From then on `chain` is watched by three nets, because none sees all:

- an audit hook: files, sockets, processes, imports, compiling and running of text; what it may see is listed, all else is a touch;
- a profile function: calls of C functions that read a clock or chance, which raise no audit event;
- replaced functions of ``time``, ``random`` and ``os``: calls that C code makes (``iter(time.time, None)``), which no profile shows.

``python tests/pure_chain.py [MISDEED]`` prints JSON: ``touched``, a list, and ``answer``, what the chain came to.
With a misdeed, that is done too, so that a test can see that it is caught.
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


def build() -> Any:
    """Load the library and all that it keeps: after this nothing outside is touched."""
    from ticketcore import _time, model
    from ticketcore.hours import BusinessHours

    hours = BusinessHours(zone="Europe/Athens", week={"mon-fri": ["09:00-17:00"]}, holidays=["2026-11-24"])
    return _time.load_zone("Europe/Athens"), model, hours


def chain(built: Any) -> Any:
    """Texts to instants, opening hours to a deadline, events to a ticket, and back to texts."""
    from ticketcore import _time

    zone, model, hours = built
    opened = _time.parse_instant("2026-11-20T16:50:00+02:00")
    opening = _time.wall_us(zone, _time.from_us(opened).toordinal() + 3, _time.duration_us("9h"))
    by = model.Person(id="c-1", email="vip@example.gr", tags={"vip", "gold", "athens"})
    history = [
        model.Created(
            ticket="T-1", id="e-1", at=opened, by=by, channel="email", subject="Εκτός λειτουργίας", message=model.Message(text="Κάτω"),
            decided=model.Decision(status="new", category="new", priority="low"),
        ),
        model.TagsAdded(ticket="T-1", id="e-2", at=opened + 1, by=by, tags={"outage", "athens", "shop"}),
        model.AgentReplied(ticket="T-1", id="e-3", at=opening, by=model.Agent(id="maria"), message=model.Message(text="Ναι")),
    ]  # fmt: skip
    ticket = model.fold(history)
    due = hours.add(ticket.created, "12h")
    return ticket, _time.iso(opening), _time.say_duration(opening - opened), due, hours.elapsed(ticket.created, due), hours.next_open(due)


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
    built = build()
    sys.addaudithook(audit)
    sys.setprofile(profile)
    watching = True
    answer = chain(built)
    if act is not None:
        act()
    watching = False
    sys.setprofile(None)
    sys.stdout.write(json.dumps({"touched": touched, "answer": plain(answer)}))


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
