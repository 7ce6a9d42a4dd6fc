"""Publish → committed output at a fixed rate, a figure and not a test: `python -m tests.broker.latency --help`."""

from __future__ import annotations

import argparse
import asyncio
import json
import time

from tests.broker.conftest import Cluster
from tests.broker.world import World
from workers.log.port import Isolation, TopicPartition


async def _publish(world: World, rate: int, seconds: float) -> dict[str, float]:
    sent: dict[str, float] = {}
    producer = await world.log.producer(client_id="load")
    began, n = time.perf_counter(), 0
    while n < rate * seconds:
        wait = began + n / rate - time.perf_counter()
        if wait > 0:
            await asyncio.sleep(wait)
        p, identity = n % world.partitions, f"L{n}"
        key = f"k{p}-{n % 50}"
        value = json.dumps({"id": identity, "key": key, "amount": 1}).encode()
        producer.append(world.input, p, key.encode(), value)
        sent[identity] = time.perf_counter()
        await producer.flush(deadline_ms=5_000)
        n += 1
    await producer.close()
    return sent


async def _watch(world: World, wanted: int, seen: dict[str, float]) -> None:
    reader = await world.log.reader(client_id="watch", isolation=Isolation.READ_COMMITTED)
    partitions = [TopicPartition(world.output, p) for p in range(world.partitions)]
    await reader.assign(partitions)
    for partition in partitions:
        await reader.seek(partition, 0)
    while len(seen) < wanted:
        for record in await reader.read(max_records=1_000, timeout_ms=100):
            seen[json.loads(record.value or b"")["id"]] = time.perf_counter()
    await reader.close()


async def measure(bootstrap: str, rate: int, seconds: float, partitions: int, tick_ms: int) -> None:
    cluster = Cluster(bootstrap)
    world = await cluster.world(partitions=partitions)
    seen: dict[str, float] = {}
    async with world.running(options={"tick_ms": tick_ms}) as runtime:
        watching = asyncio.create_task(_watch(world, int(rate * seconds), seen))
        cpu = time.process_time()
        sent = await _publish(world, rate, seconds)
        await asyncio.wait_for(watching, 30)
        cpu = time.process_time() - cpu
        batches = runtime.metrics.batches
    waits = sorted(1000 * (seen[i] - at) for i, at in list(sent.items())[rate:])
    print(  # noqa: T201
        f"{rate}/s, {partitions} partitions, tick {tick_ms} ms: p50 {waits[len(waits) // 2]:.1f} ms, "
        f"p99 {waits[int(len(waits) * 0.99)]:.1f} ms, {batches / seconds:.0f} transactions/s, "
        f"CPU of publisher + worker + watcher {100 * cpu / seconds:.0f} % of a core; faults: {await world.faults()}"
    )
    await cluster.log.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bootstrap", required=True)
    parser.add_argument("--rate", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--partitions", type=int, default=12)
    parser.add_argument("--tick-ms", type=int, default=5)
    given = parser.parse_args()
    asyncio.run(measure(given.bootstrap, given.rate, given.seconds, given.partitions, given.tick_ms))
