"""What a desk day that fails tells, and what the extras say to a few wrong inputs that no other test has, word for word.

It is kept in tests/facts/extra_words.txt, to be read through when it changes: ``python tests/test_extra_words.py`` writes it anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl

mpl.use("agg")

import numpy as np

import test_extra_desk_days
from test_extra_batch import HIGH, LOW, WEEKDAYS
from test_extra_holidays import table
from test_simulate import BARE, WORKERS
from ticketcore import Order, always
from ticketcore.errors import TicketcoreError
from ticketcore.extra import batch, notebook, plots
from ticketcore.extra.desk_days import DayFailed, days_from_data
from ticketcore.extra.machine import DeskMachine
from ticketcore.extra.simulate import fixed, mmc_wait, simulate
from ticketcore.report import Report

KEPT: Final = Path(__file__).with_name("facts") / "extra_words.txt"

Call = Callable[[], Any]


def rows(test: Callable[..., None]) -> list[Any]:
    """The rows that a test is given."""
    (mark,) = (mark for mark in vars(test)["pytestmark"] if mark.name == "parametrize")
    found: list[Any] = mark.args[1]
    return found


def of_desk_days() -> Iterator[Call]:
    for given, _ in rows(test_extra_desk_days.test_a_failure_says_what_was_and_why):
        (day,) = days_from_data(test_extra_desk_days._day(**given))
        yield day.run


def happening(note: dict[str, Any]) -> None:
    """A day with a note, told as what it comes to."""
    created, noted = test_extra_desk_days.CREATED, {"at": "10:00", "by": "maria", "noted": note}
    (day,) = days_from_data(test_extra_desk_days._day(events=[created, noted]))
    raise DayFailed("\n".join(str(event) for moment in day.moments()[1:] for event in moment))


def of_others() -> Iterator[Call]:
    yield partial(days_from_data, {**test_extra_desk_days._day(), "desk": "desk.toml"})
    for holds in (7, {}, {"field": "staus", "is": "new"}, {"all": [{"field": "status", "is": "slved"}]}):
        yield partial(days_from_data, test_extra_desk_days._day(expect=[{"at": "10:00", "holds": holds}]))
    for note in ({"text": "a"}, {"text": "a", "message": {"language": "el"}}, {"text": "a", "message": {"public": True}}, {"public": True}):
        yield partial(happening, note)
    yield lambda: table("2026-12-25").name_of("2027-12-25")
    yield lambda: table("2026-12-25").hours(zone="UTC", week={"mon": "9"})
    ready = batch.Batch.of(WEEKDAYS, LOW, HIGH)
    yield lambda: ready.is_open([LOW, HIGH + 1])
    yield lambda: ready.elapsed([LOW], np.array(["NaT"], dtype="datetime64[us]"))
    yield lambda: simulate(BARE, [], WORKERS, service=fixed("1m"), order=Order.by("fifo"), returns=-0.5)
    yield lambda: mmc_wait(agents=2, per_hour=60, service="10m")
    yield lambda: plots.compliance(Report(), "channel")
    yield lambda: notebook.week(always("UTC"), 7)  # type: ignore[arg-type]  # refused
    yield notebook.install
    for name, given in (("start", ()), ("deliver", ((),)), ("ticket", ("T-1",)), ("wake", (0,))):
        yield partial(getattr(DeskMachine, name), DeskMachine.__new__(DeskMachine), *given)


ROOMS: Final = (of_desk_days, of_others)


def in_full(call: Call) -> Iterator[str]:
    """All that an error carries, a line each."""
    try:
        call()
    except TicketcoreError as error:
        yield f"{type(error).__name__} {error.code} at {error.path!r}: {error.value!r}; {error.hint!r}"
        yield from (f"  {line}" for line in str(error).splitlines())
        for problem in getattr(error, "problems", ()):
            yield f"    {problem.code} at {problem.path!r}: {problem.value!r}; {problem.hint!r}"
    except (DayFailed, NotImplementedError) as error:
        yield type(error).__name__
        yield from (f"  {line}" for line in str(error).splitlines())
    else:
        yield "it was not refused"


def said() -> Iterator[str]:
    for room in ROOMS:
        yield f"# {room.__name__}"
        for call in room():
            yield from in_full(call)


def test_every_refusal_of_the_extras_says_what_it_said() -> None:
    now = [*said()]
    assert "it was not refused" not in now
    assert now == KEPT.read_text(encoding="utf-8").splitlines()


if __name__ == "__main__":
    KEPT.write_text("".join(f"{line}\n" for line in said()), encoding="utf-8")
