"""Sections (c) and (d): how fast a backlog is worked off by a worker process, and how fast a state comes back."""

from __future__ import annotations

import time
from collections.abc import Sequence

from prometheus_client import CollectorRegistry

from bench.cpu import restored
from bench.figures import Figure, Say
from bench.process import Watcher, Worker
from bench.sample import FeedLine
from bench.world import INSTANCE, WAIT_SECONDS, World, until
from workers.host.ledger import LedgerService
from workers.log.kafka import KafkaLog
from workers.runtime.metrics import RuntimeMetrics


async def catch_up(
    at: World, worker: Worker, watcher: Watcher, bills: Sequence[FeedLine], count: int, say: Say
) -> list[Figure]:
    """Events per second from the first to the last decision of a backlog; the worker starts when it is all there."""
    rates = []
    size = len(bills) // count
    for number in range(count):
        await worker.stop()
        backlog = bills[number * size : (number + 1) * size]
        await at.publish_feed(backlog)
        worker.spawn()
        await watcher.wait_for(backlog, WAIT_SECONDS)
        times = [watcher.seen[str(bill.setl_id)] for bill in backlog]
        rates.append(len(backlog) / (max(times) - min(times)))
        say(f"catch-up, round {number + 1}: {rates[-1]:,.0f} events/s")
    note = f"intake and ledger in one process, {size:,} bills behind"
    return [Figure("catch-up", "events/s", tuple(rates), note=note)]


async def restore(at: World, count: int, say: Say) -> list[Figure]:
    """Changelog records per second from the first assignment to the last restored partition."""
    rates: list[float] = []
    records = 0
    for number in range(count):
        records, seconds = await _restore_once(at)
        rates.append(records / seconds)
        say(f"restore, round {number + 1}: {records:,} records in {seconds:.2f} s")
    return [Figure("restore", "records/s", tuple(rates), note=f"{records:,} changelog records, 12 partitions")]


async def _restore_once(at: World) -> tuple[int, float]:
    """Records read and seconds from the assignment on."""
    log = KafkaLog(at.settings.bootstrap)
    metrics = RuntimeMetrics("bench-restore", CollectorRegistry())
    service = LedgerService(log, at.settings, INSTANCE, metrics=metrics)
    await service.start()
    try:
        await until(lambda: bool(service.partitions), "the ledger owns partitions", pause_ms=1)
        began = time.perf_counter()
        await until(lambda: restored(service), "the ledger is restored", pause_ms=1)
        return metrics.restore_records, time.perf_counter() - began
    finally:
        await service.stop()
        await log.close()
