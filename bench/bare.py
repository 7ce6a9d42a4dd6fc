"""The loops without rules: read, validate with the same cached validators, write the same bytes, commit.

What is left when everything that makes the workers right is taken away: no person, no sameness, no law, no position, no
restore. Nobody could ship it; it is the yardstick of the ratios. `PlainFold` is the same inside our runtime, which
tells the runtime's share from the law's.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence

from bench.world import PARTITIONS, World
from schemas.codec import feed_model, journal_model
from workers.log.port import Isolation, Reader, Record, TopicPartition, TransactionalProducer
from workers.runtime.port import Emit, View
from workers.settings import Settings

READ_RECORDS = Settings().batch_records_max
"""As many as one transaction of the ledger may hold: the yardstick commits as often as we do."""
SETTLE_SECONDS = 0.5
"""Time for the client to fetch ahead before the clock starts; the gated workers have it too."""

_DEADLINE_MS = 10_000
_FINAL = journal_model("settlement.final", 1)
_FEED_FINAL = feed_model("settlement.reported", "settlement.final", 1)


async def _reader(world: World, starts: Mapping[TopicPartition, int]) -> Reader:
    reader = await world.log.reader(client_id="bare", isolation=Isolation.READ_COMMITTED)
    await reader.assign(starts)
    for partition, offset in starts.items():
        await reader.seek(partition, offset)
    await reader.read(max_records=1, timeout_ms=1)
    for partition, offset in starts.items():
        await reader.seek(partition, offset)
    await asyncio.sleep(SETTLE_SECONDS)
    return reader


async def ledger_cpu(world: World, starts: Mapping[TopicPartition, int], records: int) -> float:
    """CPU seconds of the bare loop over this many journal records: one changelog and one output record each."""
    reader = await _reader(world, starts)
    producers = [await _transactional(world, number) for number in range(PARTITIONS)]
    changelog, output = world.plain("changelog"), world.plain("output")
    began, done = time.process_time(), 0
    while done < records:
        batches: dict[int, list[Record]] = defaultdict(list)
        for record in await reader.read(max_records=READ_RECORDS, timeout_ms=100):
            batches[record.partition].append(record)
        await asyncio.gather(*(_settle(producers[p], p, batch, changelog, output) for p, batch in batches.items()))
        done += sum(map(len, batches.values()))
    spent = time.process_time() - began
    await reader.close()
    for producer in producers:
        await producer.close()
    return spent


async def _transactional(world: World, number: int) -> TransactionalProducer:
    producer = await world.log.transactional(
        transactional_id=f"{world.settings.topic_prefix}-bare-{number}",
        client_id=f"bare-{number}",
        transaction_timeout_ms=_DEADLINE_MS,
    )
    await producer.init(deadline_ms=_DEADLINE_MS)
    return producer


async def _settle(
    producer: TransactionalProducer, partition: int, batch: list[Record], changelog: str, output: str
) -> None:
    await producer.begin()
    for record in batch:
        bill = _FINAL.validate_json(record.value or b"")
        key = f"{bill.person_key}|bill|{bill.region}|{bill.setl_id}".encode()
        producer.append(changelog, partition, key, record.value)
        producer.append(output, partition, record.key, record.value)
    await producer.commit(deadline_ms=_DEADLINE_MS)


async def intake_cpu(world: World, starts: Mapping[TopicPartition, int], records: int) -> float:
    """CPU seconds of the bare loop over this many feed records: one output record each."""
    reader = await _reader(world, starts)
    producer = await world.log.producer(client_id="bare-intake")
    journal = world.plain("journal")
    began, done = time.process_time(), 0
    while done < records:
        batch = await reader.read(max_records=READ_RECORDS, timeout_ms=100)
        for record in batch:
            _FEED_FINAL.validate_json(record.value or b"")
            producer.append(journal, record.partition, record.key, record.value)
        await producer.flush(deadline_ms=_DEADLINE_MS)
        done += len(batch)
    spent = time.process_time() - began
    await reader.close()
    await producer.close()
    return spent


class PlainFold:
    """The bare ledger as a fold of our runtime: validate, one state record, one output record."""

    def __init__(self, output: str) -> None:
        self._output = output

    def restored(self, view: View) -> None:
        """Nothing is derived."""

    def ahead(self, records: Sequence[Record]) -> None:
        """Nothing is read ahead."""

    def process(self, record: Record, stamp_ms: int, view: View, emit: Emit) -> None:
        if b'"settlement.final"' not in (record.value or b""):
            return
        bill = _FINAL.validate_json(record.value or b"")
        view.put(bill.person_key, f"bill|{bill.region}|{bill.setl_id}", record.value)
        emit(self._output, record.key, record.value)

    def committed(self) -> None:
        """Nothing was noted."""

    def dropped(self) -> None:
        """Nothing was noted."""
