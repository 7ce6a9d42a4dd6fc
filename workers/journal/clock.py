"""The clock: one record `day.closed(date)` in each journal partition per business date (records.md §5).

A date is closed after midnight UTC+8, and only once intake has passed what the feeds held then: the feeds' end offsets
are asked for first, and the committed offsets of intake's group must reach them. Otherwise the clock waits and alerts;
a day closed too early would decide deadlines without facts that had already been sent.

Writing is one transaction over all partitions. A date that was closed before is a `repeat` for the ledger, and a later
date closes the days between too, so the clock keeps no state: whoever becomes the clock closes yesterday and goes on.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from weakref import WeakKeyDictionary

from workers.errors import Retry
from workers.journal.names import INTAKE_FEEDS, intake_group, topic_name
from workers.journal.record import Source, partition_records
from workers.journal.write import check_journal, write_transaction
from workers.log.port import Isolation, Log, Reader, Record, TopicPartition
from workers.settings import Settings

CHINA = timezone(timedelta(hours=8), "UTC+8")
SOURCE = "tuodi/clock"
POLL_MS = 10
"""How often intake's progress is asked for while a day waits to be closed."""
STILL_MS = 1_000
"""After so long without progress the clock looks whether what intake lacks are records or only markers."""
LOOK_MS, LOOKS_MAX = 50, 20

_log = logging.getLogger(__name__)
_counts: WeakKeyDictionary[Log, dict[str, int]] = WeakKeyDictionary()


def business_date(now: datetime | None = None) -> date:
    """The date in UTC+8 at `now` (an aware time; default the machine's clock)."""
    return (now or datetime.now(UTC)).astimezone(CHINA).date()


def last_whole_day(now: datetime | None = None) -> date:
    """The last business date that is over."""
    return business_date(now) - timedelta(days=1)


async def close_day(log: Log, settings: Settings, day: date, *, wait_deadline_ms: int) -> None:
    """Close a business date in all journal partitions, after intake has passed what the feeds hold now.

    Repeating a date is harmless. Retry when intake does not pass within the deadline, or the outcome of the commit is
    unknown; `Fenced` when another clock took the seat meanwhile; Usage where the journal is missing.
    """
    await check_journal(log, settings)
    held = await feed_ends(log, settings)
    await _wait_until_passed(log, settings, held, wait_deadline_ms)
    await write_day(log, settings, day)


async def write_day(log: Log, settings: Settings, day: date) -> None:
    """Write `day.closed` into each journal partition in one transaction, without asking what intake has passed."""
    source = Source(SOURCE, time.time_ns() // 1_000_000)
    records = partition_records(settings, "day.closed", {"date": day.isoformat()}, source)
    await write_transaction(log, settings, records, transactional_id=f"{settings.topic_prefix}-clock")
    _log.info("day closed", extra={"date": day.isoformat(), "partitions": len(records)})


async def feed_ends(log: Log, settings: Settings) -> dict[TopicPartition, int]:
    """End offsets of all feed partitions that hold anything; a feed that does not exist holds nothing."""
    partitions = []
    for feed in INTAKE_FEEDS:
        topic = topic_name(settings, feed)
        partitions += [TopicPartition(topic, number) for number in range(await _partition_count(log, topic))]
    begins = await log.beginning_offsets(partitions)
    ends = await log.end_offsets(partitions, Isolation.READ_COMMITTED)
    return {partition: end for partition, end in ends.items() if end > begins[partition]}


async def _partition_count(log: Log, topic: str) -> int:
    """Asked once per topic that exists: partitions are a one-way door, and a question costs ten milliseconds."""
    known = _counts.setdefault(log, {})
    count = known.get(topic) or await log.partition_count(topic)
    if count is None:
        return 0
    known[topic] = count
    return count


async def behind(log: Log, settings: Settings, held: Mapping[TopicPartition, int]) -> dict[TopicPartition, int]:
    """Feed partitions that intake has not passed, with the offset it has passed."""
    if not held:
        return {}
    try:
        committed = await log.group_offsets(intake_group(settings), held)
    except Retry:  # the coordinator is away: what intake has passed is not known, so nothing counts as passed
        committed = {}
    passed = {partition: committed.get(partition) or 0 for partition in held}
    return {partition: offset for partition, offset in passed.items() if offset < held[partition]}


async def _wait_until_passed(
    log: Log, settings: Settings, held: Mapping[TopicPartition, int], wait_deadline_ms: int
) -> None:
    ends_at = time.monotonic() + wait_deadline_ms / 1000
    before: dict[TopicPartition, int] = {}
    still_since = time.monotonic()
    while missing := await behind(log, settings, held):
        now = time.monotonic()
        if missing != before:
            before, still_since = missing, now
        elif now - still_since >= STILL_MS / 1000:
            still_since = now
            if not await _holds_records(log, missing, held):
                return
        if now >= ends_at:
            raise Retry(_behind_text(settings, missing, held))
        await asyncio.sleep(POLL_MS / 1000)


async def _holds_records(log: Log, missing: Mapping[TopicPartition, int], held: Mapping[TopicPartition, int]) -> bool:
    """Whether records lie between intake's offsets and the ends: what stands still may lack only a sender's markers.

    A committed offset is that of the last record and one; a transactional sender leaves a marker behind it.
    """
    begins = await log.beginning_offsets(missing)
    reader = await log.reader(client_id=f"{SOURCE}-look", isolation=Isolation.READ_COMMITTED)
    try:
        await reader.assign(missing)
        for partition, offset in missing.items():
            await reader.seek(partition, max(offset, begins[partition]))
        for _ in range(LOOKS_MAX):
            if any(record.offset < held[_place(record)] for record in await _look(reader)):
                return True
            if all([await reader.position(partition) >= held[partition] for partition in missing]):
                return False
        return True
    finally:
        await reader.close()


async def _look(reader: Reader) -> list[Record]:
    return await reader.read(max_records=100, timeout_ms=LOOK_MS)


def _place(record: Record) -> TopicPartition:
    return TopicPartition(record.topic, record.partition)


def _behind_text(settings: Settings, missing: Mapping[TopicPartition, int], held: Mapping[TopicPartition, int]) -> str:
    lacks = {partition: held[partition] - offset for partition, offset in missing.items()}
    worst = max(lacks, key=lambda partition: lacks[partition])
    return (
        f"the day is not closed: intake lacks {sum(lacks.values())} offsets of {len(lacks)} feed partitions, most in"
        f" {worst.topic}[{worst.partition}]; see that intake runs (group {intake_group(settings)})"
    )


class ClockMemory:
    """Which date this process closed last; the clock's only state, and losing it costs one repeat per partition."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self.closed: date | None = None

    def due(self) -> date | None:
        """The date to close now, or None."""
        last = last_whole_day(self._now())
        return last if self.closed is None or last > self.closed else None
