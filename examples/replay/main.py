"""Replay a history through a desk, as a help desk would live through it, and show what came of it.

python examples/replay/main.py                                   # the shipped history
python examples/replay/main.py --log servicenow --data DIR       # a real log, by its adapter in examples/real_logs
"""

from __future__ import annotations

import argparse
import gzip
import importlib
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from time import perf_counter
from typing import Final

from host import Host
from pendulum import DateTime
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from show import Show
from store import Store

from ticketcore import Created, DataError, Desk, DeskError, Message, Outcome, Person, Roster, load_desk
from ticketcore.codec import history_from_lines
from ticketcore.model import EffectBase, Event, Outside, Route
from ticketcore.report import Report
from ticketcore.routing import Choice, Need, choose, parse_roster

HERE: Final = Path(__file__).resolve().parent
LOGS: Final = sorted(desk.stem for desk in (HERE.parent / "real_logs").glob("*.toml"))


def read_lines(path: Path) -> Iterator[bytes]:
    """The lines of a file, packed or not, one at a time."""
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as lines:
        yield from lines


def read_desk(path: Path) -> Desk:
    """The desk of a file; what is wrong with it ends the program with every mistake by its place."""
    try:
        return load_desk(tomllib.loads(path.read_text("utf-8")))
    except (OSError, tomllib.TOMLDecodeError, DeskError) as error:
        sys.exit(f"{path}: {error}")


def read_roster(path: Path, desk: Desk, store: Store) -> Roster:
    """Who could take a ticket now: the roster file, with what each carries at present."""
    load = Counter(ticket.assignee for ticket in store.tickets("new", "open"))
    rows = tomllib.loads(path.read_text("utf-8"))
    return parse_roster({name: {**row, "load": load[name]} for name, row in rows.items()}, desk.hours)


def outage_call(host: Host, roster: Path, now: DateTime) -> tuple[Outcome, Choice | None] | None:
    """A gold customer writes in Greek that the shop is down; the desk decides, the roster answers (if asked), the desk hears of it."""
    vip = Person(name="Ευγενία Λάσκαρη", email="eugenia@shop77.example.gr", tier="gold", language="el", organisation="shop77")
    outcome = host.post(Created(
        at=now, ticket="T-20001", by=vip, channel="email", language="el", subject="Εκτός λειτουργίας",
        message=Message(text="Το κατάστημα είναι κάτω."),
    ))  # fmt: skip
    if outcome is None:
        return None
    route = next((effect for effect in outcome.effects if isinstance(effect, Route)), None)
    if route is None:
        return outcome, None
    need = Need(group=route.to, language=outcome.ticket.language, channel=outcome.ticket.channel)
    choice = choose(
        outcome.ticket, read_roster(roster, host.desk, host.store), now, by=[route.strategy or "round_robin", "least_loaded"], need=need,
        fallbacks=["language", "away"],
    )  # fmt: skip
    assigned = choice.assigned(answers=route.key)
    if assigned is not None:
        host.post(assigned)
    return outcome, choice


class Tally:
    """Counts what comes in, what is kept and what goes out; and collects the report."""

    def __init__(self) -> None:
        self.came = self.kept = 0
        self.effects: Counter[str] = Counter()
        self.report = Report()

    def saw(self, outcome: Outcome) -> None:
        """Take in an outcome."""
        self.kept += sum(event.is_outside and not getattr(event, "cause", "") for event in outcome.events)
        self.report.add(outcome)

    def sent(self, effect: EffectBase) -> None:
        """An effect that a real host would carry out now."""
        self.effects[effect.kind] += 1

    def show(self, console: Console, desk: Desk, store: Store, seconds: float) -> None:
        """What the replay came to."""
        counts = store.counts()
        lines = [
            f"[bold]{desk.name}[/]: {self.came:,} events came in, {self.kept:,} were kept, {self.came - self.kept} refused.",
            f"With what the desk decided: {counts['events']:,} on {counts['tickets']:,} tickets, and {counts['outbox']:,} effects.",
            f"{seconds:.1f} s; all of it is in {store.path}",
        ]
        if self.effects:
            lines.insert(2, "Sent: " + ", ".join(f"{count:,} {kind}" for kind, count in self.effects.most_common()))
        console.print("\n".join(lines), highlight=False)


def watched(events: Iterable[Event], console: Console, total: int | None, tally: Tally) -> Iterator[Outside]:
    """The events on their way to the host, with a progress bar."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("replaying", total=total)
        for event in events:
            if isinstance(event, Outside):
                tally.came += 1
                yield event
            if tally.came % 100 == 0:
                progress.update(task, completed=tally.came)
        progress.update(task, completed=tally.came, total=tally.came)


def options(arguments: list[str] | None) -> argparse.Namespace:
    """What is asked for on the command line."""
    parser = argparse.ArgumentParser(description="Replay a history through a desk and show what came of it.")
    parser.add_argument("--log", choices=LOGS, help="a real log: the name of an adapter in examples/real_logs")
    parser.add_argument("--data", type=Path, help="the folder with the files of the real log")
    parser.add_argument("--desk", type=Path, default=HERE / "desk.toml", help="the desk file")
    parser.add_argument("--history", type=Path, default=HERE / "history.jsonl.gz", help="the history, one event a line")
    parser.add_argument("--roster", type=Path, default=HERE / "roster.toml", help="who works here")
    parser.add_argument("--out", type=Path, default=Path("demo-output"), help="where the database goes")
    chosen = parser.parse_args(arguments)
    if chosen.log and not chosen.data:
        parser.error("--log needs --data: the folder with its files")
    files = [chosen.data / f"{chosen.log}_events.jsonl.gz"] if chosen.log else [chosen.history, chosen.roster]
    for path in files:
        if not path.is_file():
            parser.error(f"there is no file {path}")
    return chosen


def main(arguments: list[str] | None = None, console: Console | None = None) -> int:
    """Replay, then show."""
    chosen, console = options(arguments), console or Console()
    observe, total, desk_file = None, None, chosen.desk
    if chosen.log:
        sys.path.append(str(HERE.parent))  # where real_logs is
        adapter = importlib.import_module(f"real_logs.{chosen.log}")
        events, desk_file, observe = adapter.events(chosen.data / f"{chosen.log}_events.jsonl.gz"), adapter.DESK, True
    else:
        events = history_from_lines(read_lines(chosen.history), chosen.history.name)
        total = sum(1 for _ in read_lines(chosen.history))
    if total == 0:
        sys.exit(f"{chosen.history}: an empty history")
    desk = read_desk(desk_file)
    chosen.out.mkdir(parents=True, exist_ok=True)
    store, tally = Store(chosen.out / f"{chosen.log or 'demo'}.sqlite"), Tally()
    host = Host(desk, store, observe=observe, late="restamp" if observe else None, watch=tally.saw, send=tally.sent)
    start = perf_counter()
    try:
        now = host.run(watched(events, console, total, tally), in_order=not observe)
    except DataError as error:  # a line that is no event
        sys.exit(str(error))
    tally.show(console, desk, store, perf_counter() - start)
    show = Show(console, desk, store, now)
    if not chosen.log:
        arrived = outage_call(host, chosen.roster, now)
        if arrived is not None:
            show.arrival(*arrived)
            show.decisions(arrived[0], "outage", "vip")
    show.queue()
    show.breaches(tally.report)
    show.ladder()
    show.refusal()
    show.why_not("silent customer")
    show.deviations()
    show.report(tally.report)
    store.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
