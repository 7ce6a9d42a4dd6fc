"""The changelog of one partition: how keys are spelt and how a stretch of it is read.

A key is `group|name`; where the name is empty the key is the group alone (`!position`, `!day`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

from workers.errors import Retry
from workers.log.port import Isolation, Log, Record, TopicPartition

POSITION_GROUP: Final = "!position"
POSITION_KEY: Final = b"!position"

READ_TIMEOUT_MS: Final = 500
"""One wait for records; not a bound on anything, the bound is `STALL_READS_MAX` of them without movement."""
STALL_READS_MAX: Final = 20


def key_of(group: str, name: str) -> bytes:
    """The record key of (group, name)."""
    return f"{group}|{name}".encode() if name else group.encode()


def split_key(key: bytes) -> tuple[str, str]:
    """(group, name) of a record key; the first `|` divides."""
    group, _, name = key.decode().partition("|")
    return group, name


async def read_range(
    log: Log,
    partition: TopicPartition,
    *,
    start: int,
    end: int,
    batch_records: int,
    client_id: str,
    isolation: Isolation = Isolation.READ_COMMITTED,
) -> AsyncIterator[tuple[list[Record], int]]:
    """Records with start ≤ offset < end, in batches, each with the reader's position after it.

    The end is reached by position, never by "the last record": a partition may end in transaction markers or in aborted
    records, where no last record exists. Raises `Retry` where the reader stands still.
    """
    if start >= end:
        return
    reader = await log.reader(client_id=client_id, isolation=isolation)
    try:
        await reader.assign([partition])
        await reader.seek(partition, start)
        position, still = start, 0
        while position < end:
            records = await reader.read(max_records=batch_records, timeout_ms=READ_TIMEOUT_MS)
            moved = await reader.position(partition)
            still = still + 1 if moved <= position else 0
            position = moved
            if still >= STALL_READS_MAX:
                raise Retry(
                    f"{partition.topic}[{partition.partition}] gives nothing at offset {position}, wanted up to {end}"
                )
            yield [record for record in records if record.offset < end], position
    finally:
        await reader.close()
