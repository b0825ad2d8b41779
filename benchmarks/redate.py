"""Which tickets does this holiday save? 100,000 open tickets, three promises each, re-dated under a desk with one holiday more.

    python benchmarks/redate.py [tickets]

The goal (issue 3): under 5 seconds on one core.
"""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

from ticketcore import Agent, AgentReplied, BusinessHours, Created, CustomerReplied, Desk, Person, Policy, Targets
from ticketcore.model import Length, Target, WorkingDays

HOUR_US = 3_600_000_000
START_US = 1_795_424_400_000_000  # a Monday in November 2026


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    support = BusinessHours(zone="Europe/Athens", week={"mon-fri": ["09:00-13:00", "14:00-18:00"]})
    targets: dict[str, Target] = {"next_reply": Length(6 * HOUR_US), "resolution": Length(60 * HOUR_US), "first_assign": WorkingDays(5)}
    policy = Policy(name="std", hours="support", targets={metric: Targets(otherwise=target) for metric, target in targets.items()})
    desk = Desk(hours={"support": support}, policies=[policy])
    chance = random.Random(7)
    tickets = []
    for number in range(count):
        at = START_US + chance.randrange(10 * 24 * 60) * 60_000_000
        ticket = desk.handle(None, Created(at=at, ticket=f"T-{number}", by=Person(name="Ada"))).ticket
        ticket = desk.handle(ticket, AgentReplied(at=at + HOUR_US, by=Agent(id="maria"))).ticket
        tickets.append(desk.handle(ticket, CustomerReplied(at=at + 3 * HOUR_US, by=Person(name="Ada"))).ticket)
    other = desk.with_holiday("support", "2026-12-03")
    begin = time.perf_counter()
    moved = list(desk.redated(tickets, other))
    took = time.perf_counter() - begin
    whose = len({one.ticket for one in moved})
    print(f"{count:,} open tickets, 3 promises each: {len(moved):,} promises of {whose:,} tickets move; {took:.2f} s")


if __name__ == "__main__":
    main()
