"""The recipes of docs/scaling.md: how many rows of a history a second each engine works through, in one process and in two.

    python benchmarks/engines.py [--tickets 2000] [--engines plain,polars,duckdb,spark]

The crowd of benchmarks/compare.py (20 rules, 3 metrics, about 21 events a ticket) is replayed ticket by ticket. Wall-clock time, the
start of the processes included; of Spark the work, but not the start of its session. `make scaling` installs Polars and DuckDB,
`make spark` Spark; an engine that is not installed is left out, and said so.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp

ROOT = Path(__file__).resolve().parent.parent
PATHS = [str(ROOT / "src"), str(ROOT / "tests"), str(ROOT / "examples")]
sys.path[:0] = PATHS

from scaling.parts import Job, Row, event_rows, tickets

import crowd
from ticketcore.desk import Settings

PROCESSES = (1, 2)


@contextmanager
def timed(what: str, rows: int) -> Iterator[None]:
    begin = time.perf_counter()
    yield
    print(f"{what:24s} {rows / (time.perf_counter() - begin):9,.0f} rows/s", flush=True)


def plain(rows: list[Row], job: Job, _: Path) -> None:
    lines = [(row["ticket"], row["body"]) for row in sorted(rows, key=lambda row: (row["ticket"], row["number"]))]
    with timed("no engine, 1 process", len(rows)):
        list(job.run(lines))


def polars(rows: list[Row], job: Job, _: Path) -> None:
    import polars as pl
    from scaling import with_polars

    events = pl.DataFrame(rows, schema=with_polars.EVENTS)
    for workers in PROCESSES:
        with timed(f"Polars, processes: {workers}", len(rows)):
            with_polars.work(events, job, workers=workers)


def duckdb(rows: list[Row], job: Job, folder: Path) -> None:
    import polars as pl
    from scaling import with_duckdb, with_polars

    events = folder / "events.parquet"
    pl.DataFrame(rows, schema=with_polars.EVENTS).write_parquet(events)
    for workers in PROCESSES:
        with timed(f"DuckDB, processes: {workers}", len(rows)):
            with_duckdb.work(str(events), job, Path(mkdtemp(dir=folder)) / "done", workers=workers)


def spark(rows: list[Row], job: Job, _: Path) -> None:
    from pyspark.sql import SparkSession  # pyright: ignore[reportMissingImports]  # only `make spark` installs it
    from scaling import with_spark

    os.environ |= {"PYSPARK_PYTHON": sys.executable, "PYTHONPATH": os.pathsep.join(PATHS)}
    for workers in PROCESSES:
        session = SparkSession.builder.master(f"local[{workers}]").config("spark.ui.enabled", "false").getOrCreate()
        events = session.createDataFrame([tuple(row.values()) for row in rows], with_spark.EVENTS)
        with timed(f"Spark, local[{workers}]", len(rows)):
            with_spark.work(events, job).collect()
        session.stop()


ENGINES = {"plain": plain, "polars": polars, "duckdb": duckdb, "spark": spark}
NEEDS = {"polars": ["polars"], "duckdb": ["polars", "duckdb"], "spark": ["pyspark", "pyarrow"]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickets", type=int, default=2_000)
    parser.add_argument("--engines", default=",".join(ENGINES))
    given = parser.parse_args()
    rows = list(event_rows(crowd.history(given.tickets)))
    job = tickets(crowd.desk().evolve(settings=Settings(observe=True, late="restamp")), crowd.START_US + 120 * 86_400_000_000)
    print(f"{given.tickets:,} tickets, {len(rows):,} rows, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    with TemporaryDirectory() as folder:
        for name in given.engines.split(","):
            missing = [package for package in NEEDS.get(name, []) if find_spec(package) is None]
            if missing:
                print(f"{name}: left out, {', '.join(missing)} not installed")
            else:
                ENGINES[name](rows, job, Path(folder))


if __name__ == "__main__":
    main()
