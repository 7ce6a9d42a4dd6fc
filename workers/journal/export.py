"""The live journal as lines of JSON, for `tuodi replay`: read_committed, up to the end offsets asked for at the start.

One object a line: topic (short name), partition, offset, timestamp (append time, ms), key, headers, value. Journal
values are canonical JSON and stand in the line byte for byte, so that a replay folds the same bytes. Partition after
partition; within each the journal's order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import BinaryIO

import orjson

from workers.errors import Stop
from workers.journal.names import topic_name
from workers.journal.write import check_journal
from workers.log.port import Isolation, Log, Reader, Record, TopicPartition
from workers.progress import Progress
from workers.settings import Settings

READ_RECORDS_MAX = 5_000
READ_TIMEOUT_MS = 500
IDLE_READS_MAX = 60
"""Reads in a row without progress after which the export gives up (half a minute)."""


async def export_journal(log: Log, settings: Settings, out: BinaryIO, progress: Progress | None = None) -> int:
    """Write every committed record of the journal; returns their number. Usage where there is no journal.

    `progress` counts offsets.
    """
    await check_journal(log, settings)
    topic = topic_name(settings, "journal")
    partitions = [TopicPartition(topic, number) for number in range(settings.partitions)]
    begins = await log.beginning_offsets(partitions)
    ends = await log.end_offsets(partitions, Isolation.READ_COMMITTED)
    total, passed, written = sum(ends.values()) - sum(begins.values()), 0, 0
    reader = await log.reader(client_id=f"{settings.topic_prefix}-export", isolation=Isolation.READ_COMMITTED)

    def write(record: Record) -> None:
        out.write(line_of(record))

    try:
        for partition in partitions:
            written += await read_through(reader, partition, begins[partition], ends[partition], write)
            passed += ends[partition] - begins[partition]
            if progress is not None:
                progress(passed, total)
    finally:
        await reader.close()
    return written


async def read_through(
    reader: Reader, partition: TopicPartition, begin: int, end: int, take: Callable[[Record], None]
) -> int:
    """Hand over every record of a partition below `end`; their number. Stop where it comes no further."""
    await reader.assign([partition])
    await reader.seek(partition, begin)
    written = idle = 0
    position = begin
    while position < end:
        for record in await reader.read(max_records=READ_RECORDS_MAX, timeout_ms=READ_TIMEOUT_MS):
            if record.offset < end:
                take(record)
                written += 1
        before, position = position, await reader.position(partition)
        idle = idle + 1 if position == before else 0
        if idle >= IDLE_READS_MAX:
            raise Stop(f"export stands still at {partition.topic}[{partition.partition}]@{position} of {end}")
    return written


def line_of(record: Record) -> bytes:
    """One line: the metadata by orjson, the value's own bytes."""
    headers: Mapping[str, str] = {name: value.decode() for name, value in record.headers}
    head = orjson.dumps(
        {
            "topic": "journal",
            "partition": record.partition,
            "offset": record.offset,
            "timestamp": record.timestamp_ms,
            "key": None if record.key is None else record.key.decode(),
            "headers": headers,
        }
    )
    return head[:-1] + b',"value":' + (record.value or b"null") + b"}\n"
