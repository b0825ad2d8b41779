"""A history in a Spark frame, worked through by a cluster: `mapInArrow` over the rows of each partition.

ticketcore and this folder must be on the workers: installed there, or sent along (`--py-files`).
"""
# pyright: reportMissingImports=false
# Spark weighs so much that it is not installed where the types are checked.

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import islice
from typing import Final

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql.types import LongType, StringType, StructField, StructType
from scaling.parts import EVENT_COLUMNS, Job, Line

__all__ = ["EVENTS", "work"]

TYPES: Final = {str: StringType(), int: LongType()}
ARROW: Final = {str: pa.string(), int: pa.int64()}
EVENTS: Final = StructType([StructField(name, TYPES[kind]) for name, kind in EVENT_COLUMNS.items()])


def work(events: DataFrame, job: Job, *, parts: int = 8) -> DataFrame:
    """The rows that *job* makes of *events*."""
    ready = events.repartition(parts, "ticket").sortWithinPartitions("ticket", "number").select("ticket", "body")
    return ready.mapInArrow(partial(work_batches, job), StructType([StructField(name, TYPES[kind]) for name, kind in job.columns.items()]))


def work_batches(job: Job, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The rows of one partition, which comes in batches and goes out in batches."""
    schema = pa.schema([(name, ARROW[kind]) for name, kind in job.columns.items()])
    rows = job.run(lines_of(batches))
    while some := list(islice(rows, 1_000)):
        yield pa.RecordBatch.from_pylist(some, schema=schema)


def lines_of(batches: Iterable[pa.RecordBatch]) -> Iterator[Line]:
    """The lines of all batches, as one stream: the events of a ticket may go on in the next batch."""
    for batch in batches:
        yield from zip(batch.column("ticket").to_pylist(), batch.column("body").to_pylist(), strict=True)
