"""Opening a new journal, once: `journal.opened(incarnation)` and `!position(incarnation, 0)` (docs/records.md §5).

All first records of all partitions of both topics are written in one transaction, so an interrupted opening leaves
nothing that a reader sees, and the next one starts afresh (its `init` aborts the orphan and fences a second opener).
Therefore a half-open journal is never the trace of a crash but damage, and is refused: a new `!position` beside an old
journal would decide every bill a second time.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable

from schemas.topics import CHANGELOG, JOURNAL
from workers.errors import Retry, Stop
from workers.journal.names import topic_name
from workers.journal.record import Source, partition_records
from workers.log.port import CommitUnknown, Isolation, Log, Reader, Record, TopicPartition
from workers.runtime.changelog import POSITION_KEY
from workers.runtime.position import Position, incarnation_of
from workers.settings import Settings

SOURCE = "tuodi/topics"

_READ_MS, _FIND_S = 500, 30.0
_OPENING_DEADLINE_MS = 30_000
"""A new broker makes its transaction topic at the first init: longer than a commit in service."""


async def opened_incarnation(log: Log, settings: Settings) -> str | None:
    """The incarnation of an open journal, None of one that was never opened. Raises `Stop` for anything between."""
    journal = await _first_records(log, _partitions(settings, JOURNAL))
    changelog = await _first_records(log, _partitions(settings, CHANGELOG))
    if not any((*journal.values(), *changelog.values())):
        return None
    damaged = [f"{p.topic}[{p.partition}] is empty" for p, record in (journal | changelog).items() if record is None]
    stated = {p: incarnation_of(record) if record else None for p, record in journal.items()}
    damaged += [
        f"{p.topic}[{p.partition}] does not begin with journal.opened"
        for p, incarnation in stated.items()
        if incarnation is None and journal[p] is not None
    ]
    incarnations = {incarnation for incarnation in stated.values() if incarnation is not None}
    if damaged or len(incarnations) != 1:
        reasons = "; ".join(sorted(damaged)) or f"the partitions state {len(incarnations)} incarnations"
        raise Stop(
            f"journal and changelog do not belong together: {reasons}. Opening them now could decide bills twice: "
            "restore the lost topic, or rebuild into a new journal, or (nothing paid yet) remove both topics"
        )
    return incarnations.pop()


async def open_journal(log: Log, settings: Settings) -> tuple[str, bool]:
    """(incarnation, whether this call opened it). Raises `Stop` (damage), `Retry` (outcome unknown), `Fenced`."""
    producer = await log.transactional(
        transactional_id=f"{settings.topic_prefix}-topics",
        client_id="tuodi-topics",
        transaction_timeout_ms=settings.transaction_timeout_ms,
    )
    try:
        # Init before looking: it waits for the markers of an opener that died, and fences one that still lives.
        await producer.init(deadline_ms=_OPENING_DEADLINE_MS)
        known = await opened_incarnation(log, settings)
        if known is not None:
            return known, False
        incarnation = str(uuid.uuid4())
        await producer.begin()
        journal, changelog = topic_name(settings, JOURNAL), topic_name(settings, CHANGELOG)
        source = Source(SOURCE, time.time_ns() // 1_000_000)
        for record in partition_records(settings, "journal.opened", {"incarnation": incarnation}, source):
            producer.append(journal, record.partition, record.key, record.value, record.headers)
        position = Position(incarnation, 0, 0).to_bytes()
        for partition in range(settings.partitions):
            producer.append(changelog, partition, POSITION_KEY, position)
        await producer.commit(deadline_ms=_OPENING_DEADLINE_MS)
    except CommitUnknown as error:
        raise Retry("whether the journal was opened is not known; run `tuodi topics apply` again") from error
    finally:
        await producer.close()
    return incarnation, True


def _partitions(settings: Settings, short: str) -> list[TopicPartition]:
    topic = topic_name(settings, short)
    return [TopicPartition(topic, number) for number in range(settings.partitions)]


async def _first_records(log: Log, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, Record | None]:
    """The first committed record of each partition of a topic, None where there is none (or no topic)."""
    listed = list(partitions)
    if await log.partition_count(listed[0].topic) is None:
        return dict.fromkeys(listed)
    beginnings = await log.beginning_offsets(listed)
    ends = await log.end_offsets(listed, Isolation.READ_COMMITTED)
    found: dict[TopicPartition, Record | None] = dict.fromkeys(listed)
    reader = await log.reader(client_id="tuodi-topics", isolation=Isolation.READ_COMMITTED)
    try:
        for partition in listed:
            if beginnings[partition] < ends[partition]:
                found[partition] = await _first(reader, partition, beginnings[partition], ends[partition])
    finally:
        await reader.close()
    return found


async def _first(reader: Reader, partition: TopicPartition, beginning: int, end: int) -> Record | None:
    await reader.assign([partition])
    await reader.seek(partition, beginning)
    deadline = time.monotonic() + _FIND_S
    while await reader.position(partition) < end:
        records = await reader.read(max_records=1, timeout_ms=_READ_MS)
        if records:
            return records[0]
        if time.monotonic() > deadline:
            raise Retry(f"{partition.topic}[{partition.partition}] cannot be read to its end; try again")
    return None
