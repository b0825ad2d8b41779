"""The recipes of docs/scaling.md: on every engine the answers are those of one plain replay. An engine that is missing is skipped."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from scaling.parts import EVENT_COLUMNS, Job, Row, changes, event_rows, tickets

import crowd
from ticketcore import Desk, Outcome, ticket_from_data
from ticketcore.desk import Settings
from ticketcore.model import Breached, EventBase
from ticketcore.replay import Replay, compare

TICKETS = 200
UNTIL = crowd.START_US + 120 * 86_400_000_000
Engine = Callable[[list[Row], Job], list[Row]]


def observing(desk: Desk) -> Desk:
    return desk.evolve(settings=Settings(observe=True, late="restamp"))


DESK = observing(crowd.desk())
TRIAL = observing(crowd.with_rule(10, then=[{"set_priority": "high"}]))


@pytest.fixture(scope="module")
def history() -> list[EventBase]:
    return list(crowd.history(TICKETS))


@pytest.fixture(scope="module")
def lived(history: list[EventBase]) -> dict[str, list[Outcome]]:
    """What a plain replay of the whole history makes of each ticket, tickets interleaved as they came."""
    run = Replay(DESK)
    found: dict[str, list[Outcome]] = {}
    for outcome in (*run.over(history), *run.settle(UNTIL)):
        found.setdefault(outcome.ticket.id, []).append(outcome)
    return found


def by_hand(outcomes: list[Outcome]) -> Row:
    """The row of a ticket, told another way than the recipe does."""
    ticket = outcomes[-1].ticket
    events = Counter(type(event) for one in outcomes for event in one.events)
    return {
        "ticket": ticket.id, "status": ticket.status, "priority": ticket.priority, "channel": ticket.channel,
        "assignee": ticket.assignee, "created_us": ticket.created_us, "replies": ticket.agent_replies, "reopens": ticket.reopens,
        "breaches": events[Breached], "met": sum(clock.met for clock in ticket.clocks.values()),
        "late": sum(clock.late for clock in ticket.clocks.values()), "effects": sum(len(one.effects) for one in outcomes),
        "wake_us": DESK.wake_us(ticket),
    }  # fmt: skip


# --- the engines -----------------------------------------------------------------------------------------------------


@pytest.fixture
def plain() -> Engine:
    """No engine: sorted and handed over, part by part."""

    def work(rows: list[Row], job: Job) -> list[Row]:
        parts: dict[int, list[Row]] = {}
        for row in rows:
            parts.setdefault(int(row["ticket"][2:]) % 3, []).append(row)
        lines = [[(row["ticket"], row["body"]) for row in sorted(part, key=lambda row: (row["ticket"], row["number"]))]
                 for part in parts.values()]  # fmt: skip
        return [row for part in lines for row in job.run(part)]

    return work


@pytest.fixture
def polars() -> Engine:
    pl = pytest.importorskip("polars", reason="polars is not installed: make scaling")
    from scaling import with_polars

    def work(rows: list[Row], job: Job) -> list[Row]:
        events = pl.DataFrame(rows, schema=with_polars.EVENTS)
        found: list[Row] = with_polars.work(events, job, parts=3, workers=2).to_dicts()
        return found

    return work


@pytest.fixture
def duckdb(tmp_path: Path) -> Engine:
    engine = pytest.importorskip("duckdb", reason="duckdb is not installed: make scaling")
    from scaling import with_duckdb

    def work(rows: list[Row], job: Job) -> list[Row]:
        folder = Path(mkdtemp(dir=tmp_path))
        lines = folder / "events.jsonl"
        lines.write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")
        columns = {name: with_duckdb.TYPES[kind] for name, kind in EVENT_COLUMNS.items()}
        with engine.connect() as database:
            half = "COPY (SELECT * FROM read_json(?, columns = {}) WHERE number % 2 = {}) TO '{}' (FORMAT parquet)"
            for part in (0, 1):
                database.execute(half.format(columns, part, folder / f"events-{part}.parquet"), [str(lines)])
            found = with_duckdb.work(str(folder / "events-*.parquet"), job, folder / "done", parts=3, workers=2)
            answer = database.execute("SELECT * FROM read_parquet(?)", [found])
            names = [column[0] for column in answer.description]
            return [dict(zip(names, values, strict=True)) for values in answer.fetchall()]

    return work


@pytest.fixture
def spark(monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    pytest.importorskip("pyspark", reason="pyspark is not installed: make spark")
    pytest.importorskip("pyarrow", reason="pyarrow is not installed: make spark")
    if shutil.which("java", path=os.pathsep.join((os.environ.get("JAVA_HOME", "") + "/bin", os.environ["PATH"]))) is None:
        pytest.skip("Spark runs on Java, and there is none on this machine (JAVA_HOME, PATH)")
    from pyspark.sql import SparkSession  # pyright: ignore[reportMissingImports]  # only `make spark` installs it
    from scaling import with_spark

    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(path for path in sys.path if path))  # the workers' too
    session = (
        SparkSession.builder.master("local[2]").appName("ticketcore").config("spark.ui.enabled", "false")
        .config("spark.driver.bindAddress", "127.0.0.1").config("spark.driver.host", "127.0.0.1")
        .config("spark.sql.execution.arrow.maxRecordsPerBatch", "7")  # the events of a ticket go on in the next batch
        .getOrCreate()
    )  # fmt: skip

    def work(rows: list[Row], job: Job) -> list[Row]:
        events = session.createDataFrame([tuple(row.values()) for row in rows], with_spark.EVENTS)
        return [row.asDict() for row in with_spark.work(events, job, parts=3).collect()]

    yield work
    session.stop()


@pytest.fixture(params=["plain", "polars", "duckdb", "spark"])
def engine(request: pytest.FixtureRequest) -> Engine:
    found: Engine = request.getfixturevalue(request.param)
    return found


# --- the laws --------------------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("default")  # what an engine warns of is its own affair
def test_every_engine_answers_as_one_plain_replay(engine: Engine, history: list[EventBase], lived: dict[str, list[Outcome]]) -> None:
    rows = list(event_rows(history))
    found = {row["ticket"]: dict(row) for row in engine(rows, tickets(DESK, UNTIL))}
    bodies = {name: ticket_from_data(json.loads(row.pop("body"))) for name, row in found.items()}
    assert bodies == {name: outcomes[-1].ticket for name, outcomes in lived.items()}
    assert found == {name: by_hand(outcomes) for name, outcomes in lived.items()}
    assert len(found) == TICKETS

    expected = compare(DESK, TRIAL, history, until=UNTIL).rows()
    told = engine(rows, changes(DESK, TRIAL, UNTIL))
    assert sorted(told, key=lambda row: row["ticket"]) == sorted(expected, key=lambda row: row["ticket"])
    assert 10 < len(expected) < TICKETS / 2
    assert engine([], tickets(DESK, UNTIL)) == []


def test_a_row_has_the_columns_it_says(history: list[EventBase], plain: Engine) -> None:
    history = [event for event in history if event.ticket in {f"T-{number}" for number in range(60)}]
    rows = list(event_rows(history))
    assert all(matches(row, EVENT_COLUMNS) for row in rows)
    assert [row["number"] for row in rows if row["ticket"] == "T-3"] == list(range(sum(event.ticket == "T-3" for event in history)))
    for job in (tickets(DESK, UNTIL), changes(DESK, TRIAL, UNTIL)):
        found = plain(rows, job)
        assert found
        assert all(matches(row, job.columns) for row in found)


def matches(row: Row, columns: Any) -> bool:
    return list(row) == list(columns) and all(value is None or type(value) is columns[name] for name, value in row.items())
