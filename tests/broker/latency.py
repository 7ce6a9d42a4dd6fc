"""Publish → committed output at a fixed rate, a figure and not a test: `python -m tests.broker.latency --help`.

The load (publisher and read_committed watcher) is a process of its own; this one has the worker alone, for its CPU.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import sys
import time

from tests.broker.conftest import Cluster
from tests.broker.world import World, eventually
from workers.log.port import Isolation, TopicPartition


async def _publish(world: World, rate: int, seconds: float) -> dict[str, float]:
    """One flush per 2 ms of load, as a gateway under load would do."""
    sent: dict[str, float] = {}
    producer = await world.log.producer(client_id="load")
    began, n, total = time.perf_counter(), 0, int(rate * seconds)
    while n < total:
        due = min(total, int((time.perf_counter() - began) * rate) + 1)
        for identity in range(n, due):
            p = identity % world.partitions
            key = f"k{p}-{identity % 50}"
            value = json.dumps({"id": f"L{identity}", "key": key, "amount": 1}).encode()
            producer.append(world.input, p, key.encode(), value)
            sent[f"L{identity}"] = time.perf_counter()
        if due > n:
            await producer.flush(deadline_ms=5_000)
        n = due
        await asyncio.sleep(0.002)
    await producer.close()
    return sent


async def _watch(world: World, wanted: int) -> dict[str, float]:
    seen: dict[str, float] = {}
    reader = await world.log.reader(client_id="watch", isolation=Isolation.READ_COMMITTED)
    partitions = [TopicPartition(world.output, p) for p in range(world.partitions)]
    await reader.assign(partitions)
    for partition in partitions:
        await reader.seek(partition, 0)
    while len(seen) < wanted:
        for record in await reader.read(max_records=1_000, timeout_ms=100):
            seen[json.loads(record.value or b"")["id"]] = time.perf_counter()
    await reader.close()
    return seen


async def load(given: argparse.Namespace) -> None:
    """The other process: prints the sorted waiting times in milliseconds as JSON."""
    cluster = Cluster(given.bootstrap)
    world = World(cluster.log, cluster.create, given.partitions)
    world.input, world.output = f"{given.load}.in", f"{given.load}.out"
    watching = asyncio.create_task(_watch(world, int(given.rate * given.seconds)))
    sent = await _publish(world, given.rate, given.seconds)
    seen = await asyncio.wait_for(watching, 30)
    waits = [1000 * (seen[identity] - at) for identity, at in list(sent.items())[given.rate :]]
    print(json.dumps(sorted(waits)))  # noqa: T201
    await cluster.log.close()


async def measure(given: argparse.Namespace) -> None:
    cluster = Cluster(given.bootstrap)
    world = await cluster.world(partitions=given.partitions)
    command = [sys.executable, "-m", "tests.broker.latency", *sys.argv[1:], "--load", world.name]
    async with world.running(
        options={"tick_ms": given.tick_ms, "housekeeping_ms": 1_000, "lazy_commit_ms": 1_000}
    ) as runtime:
        await eventually(lambda: runtime.health.ready, what="a ready worker")
        cpu = time.process_time()
        child = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        out, _ = await child.communicate()
        cpu = time.process_time() - cpu
        batches = runtime.metrics.batches
    waits = json.loads(out)
    events = int(given.rate * given.seconds)
    print(  # noqa: T201
        f"{given.rate}/s, {given.partitions} partitions, tick {given.tick_ms} ms: p50 {waits[len(waits) // 2]:.1f} ms, "
        f"p99 {waits[int(len(waits) * 0.99)]:.1f} ms; {batches / given.seconds:.0f} transactions/s, "
        f"worker CPU {1e6 * cpu / events:.0f} µs per event; faults: {await world.faults()}"
    )
    await cluster.log.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bootstrap", required=True, help="host:port of a running Kafka")
    parser.add_argument("--rate", type=int, default=500, help="inputs per second")
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--partitions", type=int, default=12)
    parser.add_argument("--tick-ms", type=int, default=5)
    parser.add_argument("--load", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    asyncio.run(load(chosen) if chosen.load else measure(chosen))
