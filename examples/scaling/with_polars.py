"""A history in a Polars frame, worked through by the cores of one machine.

Polars reads, splits and sorts; the steps of a desk are Python, so each part goes to a process of its own.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import Final

import polars as pl
from scaling.parts import EVENT_COLUMNS, Job

__all__ = ["EVENTS", "work"]

TYPES: Final = {str: pl.String, int: pl.Int64}
EVENTS: Final = pl.Schema({name: TYPES[kind] for name, kind in EVENT_COLUMNS.items()})


def work(events: pl.DataFrame, job: Job, *, parts: int = 8, workers: int = 2) -> pl.DataFrame:
    """The rows that *job* makes of *events*, tickets in no certain order."""
    split = events.with_columns(part=pl.col("ticket").hash(seed=0) % parts).partition_by("part", include_key=False)
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:  # a fork would copy the locks of Polars' threads
        done = list(pool.map(partial(work_part, job), split))
    return pl.concat([work_part(job, events.clear()), *done])  # of no events at all: no rows, but the columns


def work_part(job: Job, events: pl.DataFrame) -> pl.DataFrame:
    """The rows of one part."""
    lines = events.sort("ticket", "number").select("ticket", "body").iter_rows()
    return pl.DataFrame(list(job.run(lines)), schema={name: TYPES[kind] for name, kind in job.columns.items()})
