"""A history in Parquet files, worked through by the cores of one machine with DuckDB; the history need not fit into memory.

DuckDB splits the history into one folder a part. A process for each part reads its own in order, and writes a Parquet file of what
comes out: the events never pass through the process that started it all.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Final

import duckdb
from scaling.parts import Job, Line

__all__ = ["work"]

TYPES: Final = {str: "VARCHAR", int: "BIGINT"}
SPLIT: Final = """
COPY (SELECT ticket, number, body, hash(ticket) % $parts AS part FROM read_parquet($events))
TO '{folder}' (FORMAT parquet, PARTITION_BY (part))
"""
READ: Final = "SELECT ticket, body FROM read_parquet($files) ORDER BY ticket, number"
WRITE: Final = "COPY (SELECT * FROM read_json($rows, format = 'newline_delimited', columns = {columns})) TO '{file}' (FORMAT parquet)"


def work(events: str, job: Job, folder: Path, *, parts: int = 8, workers: int = 2) -> str:
    """Work through the Parquet files *events* (a name or a pattern); what to read the rows from: ``read_parquet`` of it.

    *folder*, which must not be there yet, takes the parts and the rows of each.
    """
    (folder / "rows").mkdir(parents=True)
    with duckdb.connect() as database:
        database.execute(SPLIT.format(folder=folder / "events"), {"parts": parts, "events": events})
    # A hash may leave a part empty: part 0 is worked through in any case, so that there is a file with the columns.
    found = {0, *(int(one.name.removeprefix("part=")) for one in (folder / "events").glob("part=*"))}
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        list(pool.map(partial(work_part, folder, job), sorted(found)))
    return str(folder / "rows" / "*.parquet")


def work_part(folder: Path, job: Job, part: int) -> None:
    """Work through one part."""
    rows = folder / "rows" / f"{part}.jsonl"
    files = [str(one) for one in (folder / "events" / f"part={part}").glob("*.parquet")]
    columns = {name: TYPES[kind] for name, kind in job.columns.items()}
    with duckdb.connect(config={"threads": 1}) as database:
        lines = lines_of(database.execute(READ, {"files": files})) if files else iter(())
        with rows.open("w", encoding="utf-8") as file:  # rows go in as a file: one by one they would take far longer
            file.writelines(f"{json.dumps(row)}\n" for row in job.run(lines))
        database.execute(WRITE.format(columns=columns, file=rows.with_suffix(".parquet")), {"rows": str(rows)})
    rows.unlink()


def lines_of(found: duckdb.DuckDBPyConnection) -> Iterator[Line]:
    """What a query found, some at a time."""
    while some := found.fetchmany(10_000):
        yield from some
