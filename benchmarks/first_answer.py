"""What hours cost before they are compiled (goal G5): the first answer of a new schedule, and compiling one year.

    python benchmarks/first_answer.py [--rounds 15]

The schedule is that of W1, 11 holidays a year for 41 years among them. Medians, in milliseconds; the goals are 10 and 1.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from datetime import date, timedelta
from pathlib import Path

import pendulum

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

from ticketcore.hours import BusinessHours

YEAR_US = (1_767_225_600_000_000, 1_798_761_600_000_000)  # 2026


def schedule() -> BusinessHours:
    """A new value, of which nothing is compiled yet."""
    days = [date(year, 1, 1) + timedelta(days=33 * number) for year in range(1995, 2036) for number in range(11)]
    return BusinessHours(zone="Europe/Paris", week={"mon-fri": ["09:00-12:30", "13:30-18:00"]}, holidays=days)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    first: list[float] = []
    year: list[float] = []
    moment = pendulum.datetime(2026, 3, 1)
    schedule().add(moment, "8h")  # the zone's file is read once
    for _ in range(parser.parse_args().rounds):
        begin = time.perf_counter()
        hours = schedule()
        hours.add(moment, "8h")
        first.append(time.perf_counter() - begin)
        begin = time.perf_counter()
        hours.compiled_us(*YEAR_US)
        year.append(time.perf_counter() - begin)
    one, other = statistics.median(first) * 1e3, statistics.median(year) * 1e3
    print(f"first answer of a new schedule: {one:.2f} ms; one year compiled: {other:.2f} ms")


if __name__ == "__main__":
    main()
