"""ticketcore as a contender in the yardsticks of ../shared/perf: one function a workload, each returns a list of `Contender`.

Run with the scripts there, whose folder is then on the path:

    python ../shared/perf/w1_w2_business_time.py --plugin benchmarks/yardstick.py --base "proto int closure"
    python ../shared/perf/w6_batch.py --plugin benchmarks/yardstick.py
    python benchmarks/yardstick.py ../shared/perf/w10_days.py        # a script without plug-ins: its tables get a row more

Set-up (reading the schedule, making datetimes and durations) is not timed, as for every other contender.
"""

from __future__ import annotations

import runpy
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

if __name__ == "__main__" and len(sys.argv) > 1:
    sys.path.insert(0, str(Path(sys.argv[1]).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

import common  # the harness of ../shared/perf
import pendulum
from common import HOLIDAYS, Contender

from ticketcore.hours import BusinessHours

SECOND_US = 1_000_000
Case = dict[str, Any]
Run = Callable[[int], list[Any]]


def paris() -> BusinessHours:
    """The schedule of W1, W2, W6 and W10: 8 hours on weekdays, 11 holidays a year."""
    return BusinessHours(zone="Europe/Paris", week={"mon-fri": ["09:00-12:30", "13:30-18:00"]}, holidays=HOLIDAYS)


def over(function: Callable[[Any, Any], Any], ones: list[Any], twos: list[Any]) -> Run:
    """Call *function* on the pairs, wrapping round, k times; the loop of the other contenders."""
    size = len(ones)

    def run(k: int) -> list[Any]:
        out: list[Any] = []
        keep = out.append
        while k > 0:
            for one, two in zip(ones[:k], twos, strict=False):
                keep(function(one, two))
            k -= size
        return out

    return run


def _fixed(function: Callable[[Any, Any], Any], values: list[Any], second: Any) -> Run:
    size = len(values)

    def run(k: int) -> list[Any]:
        out: list[Any] = []
        keep = out.append
        while k > 0:
            for value in values[:k]:
                keep(function(value, second))
            k -= size
        return out

    return run


def _us(seconds: list[int]) -> list[int]:
    return [second * SECOND_US for second in seconds]


def _moments(seconds: list[int], zone: str) -> list[Any]:
    tz = pendulum.UTC if zone == "UTC" else pendulum.timezone(zone)
    return [pendulum.from_timestamp(second, tz) for second in seconds]


def _from_us(answers: list[int], _: Case) -> list[int]:
    return [answer // SECOND_US for answer in answers]


def _epochs(answers: list[Any], _: Case) -> list[int]:
    return [answer.int_timestamp for answer in answers]


def _seconds(answers: list[timedelta], _: Case) -> list[int]:
    return [answer // timedelta(seconds=1) for answer in answers]


def W1() -> list[Contender]:  # noqa: N802 - the harness calls it so
    """A deadline: ints in and out, and pendulum in and out in UTC, in the schedule's zone, and in a third zone."""

    def ints(case: Case) -> Run:
        return _fixed(paris().add_us, _us(case["starts"]), case["secs"] * SECOND_US)

    def moments(zone: str) -> Callable[[Case], Run]:
        return lambda case: _fixed(paris().add, _moments(case["starts"], zone), timedelta(seconds=case["secs"]))

    return [
        Contender("ticketcore ints", ints, _from_us),
        Contender("ticketcore pendulum UTC", moments("UTC"), _epochs),
        Contender("ticketcore pendulum Paris", moments("Europe/Paris"), _epochs),
        Contender("ticketcore pendulum New York", moments("America/New_York"), _epochs),
    ]


def W2() -> list[Contender]:  # noqa: N802 - as W1
    """Elapsed open time."""

    def ints(case: Case) -> Run:
        return over(paris().elapsed_us, _us(case["starts"]), _us(case["ends"]))

    def moments(zone: str) -> Callable[[Case], Run]:
        return lambda case: over(paris().elapsed, _moments(case["starts"], zone), _moments(case["ends"], zone))

    return [
        Contender("ticketcore ints", ints, _from_us),
        Contender("ticketcore pendulum UTC", moments("UTC"), _seconds),
        Contender("ticketcore pendulum Paris", moments("Europe/Paris"), _seconds),
        Contender("ticketcore pendulum New York", moments("America/New_York"), _seconds),
    ]


def W6() -> list[Contender]:  # noqa: N802 - as W1
    """A million pairs: the int question mapped over two lists."""

    def batch(case: Case) -> Run:
        elapsed, starts, ends = paris().elapsed_us, _us(case["starts"]), _us(case["ends"])
        return lambda k: list(map(elapsed, starts[:k], ends[:k]))

    return [Contender("ticketcore map(elapsed_us)", batch, _from_us)]


def W10(case: Case, starts: list[Any], ends: list[Any]) -> list[Contender]:  # noqa: N802 - as W1
    """Working-day arithmetic on dates: add n of them, or count those between two dates."""

    def days(_: Case) -> Run:
        hours = paris()
        return _fixed(hours.shift_working_days, starts, case["n"]) if "n" in case else over(hours.working_days_between, starts, ends)

    return [Contender("ticketcore", days)]


def with_w10(script: str) -> None:
    """Run w10_days.py, which takes no plug-ins, with our row in each of its tables."""
    plain = common.bench

    def bench(title: str, name: str, case: Case, contenders: list[Contender], *rest: Any) -> Any:
        inputs = sys._getframe(1).f_globals  # its dates: what it timed the others on
        return plain(title, name, case, contenders + W10(case, inputs["ST"], inputs["EN"]), *rest)

    common.bench = bench
    runpy.run_path(script, run_name="__main__")


if __name__ == "__main__":
    with_w10(sys.argv.pop(1))
