"""Section (b): publish → committed decision, at fixed rates, through a worker process of both roles.

The clock of a bill starts at the moment the schedule asks for it, not when the publisher gets to it, and stops when a
read_committed reader has its decision: a stall anywhere counts for every bill that had to wait (no coordinated
omission).
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections import defaultdict
from collections.abc import Sequence

from bench.figures import Figure, Say, quantile
from bench.process import Watcher, Worker
from bench.sample import FeedLine
from bench.world import PARTITIONS, World
from workers.log.port import Isolation, Placed

RATES = (100, 500)
P50_GOAL_MS, P99_GOAL_MS = 15.0, 60.0
WARM_UP_SECONDS = 2.0
WARM_RATE, WARM_BILLS = 400, 12_000
"""Before the first round: a new broker compiles its transaction path while it works, and is several times slower."""
FLOOR = "publish → reader, no worker"
FLOOR_RECORDS = 200
DECIDED_SECONDS = 30.0


def bills_needed(rounds: int, seconds: float) -> int:
    """How many distinct bills the section takes."""
    return WARM_BILLS + sum(int(rate * (seconds + WARM_UP_SECONDS)) for rate in RATES) * rounds


class _Found:
    """What the rounds found, by figure."""

    def __init__(self) -> None:
        self.waits: dict[tuple[str, int], list[float]] = defaultdict(list)
        self.cores: dict[str, list[float]] = defaultdict(list)

    def add(self, name: str, waits: Sequence[float]) -> str:
        """Note p50 and p99 of one run; returns them as a text."""
        p50, p99 = quantile(waits, 0.50), quantile(waits, 0.99)
        self.waits[name, 50].append(p50)
        self.waits[name, 99].append(p99)
        return f"{name}: p50 {p50:.1f}, p99 {p99:.1f} ms"

    def figures(self) -> list[Figure]:
        goals = {50: P50_GOAL_MS, 99: P99_GOAL_MS}
        found = []
        for (name, share), values in self.waits.items():
            goal = None if name == FLOOR else goals[share]
            found.append(Figure(f"{name}, p{share}", "ms", tuple(values), goal))
        note = "intake and ledger in one process"
        found += [Figure(f"worker CPU, {name}", "% of a core", tuple(v), note=note) for name, v in self.cores.items()]
        return found


async def rounds(
    at: World, worker: Worker, watcher: Watcher, bills: Sequence[FeedLine], count: int, seconds: float, say: Say
) -> list[Figure]:
    """p50 and p99 of each rate over `count` rounds, beside the broker alone and what the worker's CPU had to do."""
    found, left = _Found(), list(bills[WARM_BILLS:])
    gc.freeze()  # the bills of all rounds: walking them would stop publisher and watcher for tens of milliseconds
    await _run(at, watcher, bills[:WARM_BILLS], WARM_RATE)
    for number in range(count):
        say(f"round {number + 1}, {found.add(FLOOR, await _floor(at, bills[0].value))}")
        for rate in RATES:
            warm, wanted = int(rate * WARM_UP_SECONDS), int(rate * (seconds + WARM_UP_SECONDS))
            chosen, left = left[:wanted], left[wanted:]
            began, cpu = time.perf_counter(), worker.cpu_seconds()
            waits = (await _run(at, watcher, chosen, rate))[warm:]
            name = f"publish → decision at {rate}/s"
            found.cores[name].append(100 * (worker.cpu_seconds() - cpu) / (time.perf_counter() - began))
            say(f"round {number + 1}, {found.add(name, waits)}, worker {found.cores[name][-1]:.0f} % of a core")
    return found.figures()


async def _floor(at: World, value: bytes) -> list[float]:
    """Milliseconds from append to a reader, without any worker: what broker, client and machine take by themselves."""
    topic = at.plain("output")
    ends = await at.ends(topic)
    reader = await at.log.reader(client_id="bench-floor", isolation=Isolation.READ_COMMITTED)
    await reader.assign(ends)
    for slot, offset in ends.items():
        await reader.seek(slot, offset)
    producer = await at.log.producer(client_id="bench-floor")
    due, seen = [], {}
    for number in range(FLOOR_RECORDS):
        key = str(number).encode()
        due.append(time.perf_counter())
        producer.append(topic, number % PARTITIONS, key, value)
        await producer.flush(deadline_ms=10_000)
        while key not in seen:
            for record in await reader.read(max_records=1_000, timeout_ms=1_000):
                seen[record.key or b""] = time.perf_counter()
        await asyncio.sleep(0.01)
    await producer.close()
    await reader.close()
    return [1000 * (seen[str(number).encode()] - at_) for number, at_ in enumerate(due)]


async def _run(at: World, watcher: Watcher, bills: Sequence[FeedLine], rate: int) -> list[float]:
    """Milliseconds from schedule to decision of each bill, in the order of publishing."""
    due = await _publish(at, bills, rate)
    await watcher.wait_for(bills, DECIDED_SECONDS)
    return [1000 * (watcher.seen[str(bill.setl_id)] - at_) for bill, at_ in zip(bills, due, strict=True)]


async def _publish(at: World, bills: Sequence[FeedLine], rate: int) -> list[float]:
    """Publish on schedule, each bill at its time, not when the broker has answered for the one before; returns the
    scheduled times."""
    producer = await at.log.producer(client_id="bench-publish")
    began = time.perf_counter() + 0.1
    due = [began + number / rate for number in range(len(bills))]
    sent, under_way = 0, set[asyncio.Task[Placed]]()
    try:
        while sent < len(bills):
            wait = due[sent] - time.perf_counter()
            if wait > 0:
                await asyncio.sleep(wait)
            now = time.perf_counter()
            while sent < len(bills) and due[sent] <= now:
                bill = bills[sent]
                producer.append(at.name(bill.topic), bill.partition, bill.key, bill.value, list(bill.headers))
                sent += 1
            flush = asyncio.create_task(producer.flush(deadline_ms=10_000))
            under_way.add(flush)
            for done in [task for task in under_way if task.done()]:
                under_way.discard(done)
                done.result()
        await asyncio.gather(*under_way)
    finally:
        await producer.close()
    return due
