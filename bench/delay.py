"""Section (b): publish → committed decision, at fixed rates, through a worker process of both roles.

The clock of a bill starts at the moment the schedule asks for it, not when the publisher gets to it, and stops when a
read_committed reader has its decision: a stall anywhere counts for every bill that had to wait (no coordinated
omission).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from bench.figures import Figure, Say, quantile
from bench.process import Watcher
from bench.sample import FeedLine
from bench.world import World

RATES = (100, 500)
P50_GOAL_MS, P99_GOAL_MS = 15.0, 60.0
WARM_UP_SECONDS = 2.0
DECIDED_SECONDS = 30.0


def bills_needed(rounds: int, seconds: float) -> int:
    """How many distinct bills the section takes."""
    return sum(int(rate * (seconds + WARM_UP_SECONDS)) for rate in RATES) * rounds


async def rounds(
    at: World, watcher: Watcher, bills: Sequence[FeedLine], count: int, seconds: float, say: Say
) -> list[Figure]:
    """p50 and p99 of each rate over `count` rounds."""
    found: dict[tuple[int, int], list[float]] = {(rate, share): [] for rate in RATES for share in (50, 99)}
    left = list(bills)
    for number in range(count):
        for rate in RATES:
            warm = int(rate * WARM_UP_SECONDS)
            chosen, left = (
                left[: int(rate * (seconds + WARM_UP_SECONDS))],
                left[int(rate * (seconds + WARM_UP_SECONDS)) :],
            )
            waits = (await _run(at, watcher, chosen, rate))[warm:]
            for share in (50, 99):
                found[rate, share].append(quantile(waits, share / 100))
            p50, p99 = found[rate, 50][-1], found[rate, 99][-1]
            say(f"delay, round {number + 1} at {rate}/s: p50 {p50:.1f}, p99 {p99:.1f} ms")
    return [
        Figure(
            f"publish → decision, p{share} at {rate}/s",
            "ms",
            tuple(values),
            P50_GOAL_MS if share == 50 else P99_GOAL_MS,
        )
        for (rate, share), values in found.items()
    ]


async def _run(at: World, watcher: Watcher, bills: Sequence[FeedLine], rate: int) -> list[float]:
    """Milliseconds from schedule to decision of each bill, in the order of publishing."""
    due = await _publish(at, bills, rate)
    await watcher.wait_for(bills, DECIDED_SECONDS)
    return [1000 * (watcher.seen[str(bill.setl_id)] - at_) for bill, at_ in zip(bills, due, strict=True)]


async def _publish(at: World, bills: Sequence[FeedLine], rate: int) -> list[float]:
    """Publish on schedule; returns the scheduled times."""
    producer = await at.log.producer(client_id="bench-publish")
    began = time.perf_counter() + 0.1
    due = [began + number / rate for number in range(len(bills))]
    sent = 0
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
            await producer.flush(deadline_ms=10_000)
    finally:
        await producer.close()
    return due
