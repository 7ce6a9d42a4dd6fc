"""Section (a): CPU per event of intake and of ledger apart, each beside its bare loop on the same bytes and broker.

Workers run in this process behind a gate: joined, restored, the bills on the log and fetched ahead. Then the gate
opens, and the CPU time of the process is read until the last bill is committed. The sides of a round take turns at
going first, so that a machine that warms up or slows down does not favour one.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace

from mode import Service
from prometheus_client import CollectorRegistry

from bench import bare
from bench.figures import Figure, Say
from bench.sample import JournalSample, Sample
from bench.world import INSTANCE, PARTITIONS, Gate, GatedLog, World, until, world
from workers.host.ledger import LedgerService, ledger_options
from workers.intake.service import IntakeService
from workers.log.port import TopicPartition
from workers.runtime.metrics import RuntimeMetrics
from workers.runtime.position import Position
from workers.runtime.service import PartitionRuntime

LEDGER_RATIO_GOAL = 4.0

Offsets = Mapping[TopicPartition, int]
Side = Callable[[], Awaitable[float]]


async def rounds(bootstrap: str, sample: Sample, journal: JournalSample, count: int, say: Say) -> list[Figure]:
    """All figures of this section over `count` rounds."""
    spent: dict[str, list[float]] = {name: [] for name in ("ledger", "bare", "plain", "intake", "bare intake")}
    for number in range(count):
        async with world(bootstrap) as at:
            found = await _in_turn(await _ledger_sides(at, journal), number)
            found |= await _in_turn(await _intake_sides(at, sample), number)
        for name, seconds in found.items():
            spent[name].append(1e6 * seconds / len(journal.bills))
        say(f"CPU, round {number + 1}: " + ", ".join(f"{name} {values[-1]:.0f} µs" for name, values in spent.items()))
    return _figures(spent)


def _figures(spent: Mapping[str, list[float]]) -> list[Figure]:
    ledger_ratio = _ratios(spent["ledger"], spent["bare"])
    intake_ratio = _ratios(spent["intake"], spent["bare intake"])
    runtime = "validate, one state and one output record in our runtime: its share without the law"
    return [
        Figure("ledger CPU per event", "µs", tuple(spent["ledger"])),
        Figure("bare loop of the ledger", "µs", tuple(spent["bare"])),
        Figure("bare fold in our runtime", "µs", tuple(spent["plain"]), note=runtime),
        Figure("ledger ÷ bare loop", "times", ledger_ratio, LEDGER_RATIO_GOAL),
        Figure("intake CPU per event", "µs", tuple(spent["intake"])),
        Figure("bare loop of intake", "µs", tuple(spent["bare intake"])),
        Figure("intake ÷ bare loop", "times", intake_ratio),
    ]


def _ratios(ours: list[float], yardstick: list[float]) -> tuple[float, ...]:
    """Ratio round by round: both sides of a round saw the same machine."""
    return tuple(mine / theirs for mine, theirs in zip(ours, yardstick, strict=True))


async def _in_turn(sides: Mapping[str, Side], number: int) -> dict[str, float]:
    """CPU seconds of each side; who goes first changes from round to round."""
    names = list(sides)
    first = number % len(names)
    found = {}
    for name in names[first:] + names[:first]:
        gc.unfreeze()  # what the side before left must not stand beside this one
        gc.collect()
        gc.freeze()  # the sample in this process's memory is not the worker's: no side shall walk it
        found[name] = await sides[name]()
    return found


async def _ledger_sides(at: World, journal: JournalSample) -> dict[str, Side]:
    """Prelude folded, bills on the log; what remains is to fold them, in three ways."""
    topic = at.name("journal")
    await at.publish_journal(journal.prelude)
    ends = await at.ends(topic)  # before the ledger writes: its transactions end in markers no position reaches
    async with _ledger(at, Gate(open_=True)) as service:
        await _quiet(at, service, ends)
    starts = await at.ends(topic)
    await at.publish_journal(journal.bills)
    ends = await at.ends(topic)

    async def ours() -> float:
        gate = Gate()
        async with _ledger(at, gate) as service:
            return await _opened(gate, lambda: _reached(service, ends))

    async def plain() -> float:
        gate = Gate()
        async with _plain(at, gate, starts) as service:
            return await _opened(gate, lambda: _reached(service, ends))

    return {"ledger": ours, "bare": lambda: bare.ledger_cpu(at, starts, len(journal.bills)), "plain": plain}


async def _intake_sides(at: World, sample: Sample) -> dict[str, Side]:
    feed = at.name("settlement.reported")
    starts = await at.ends(feed)
    await at.publish_feed(sample.bills)

    async def ours() -> float:
        gate = Gate()
        log = GatedLog(at.settings.bootstrap, gate)
        service = IntakeService(log, at.settings, instance_id=INSTANCE, dev_keys=True, metrics=_metrics())
        async with _running(service, log):
            await until(lambda: service.health.ready, "intake is placed")
            return await _opened(gate, lambda: service.metrics.records >= len(sample.bills))

    return {"intake": ours, "bare intake": lambda: bare.intake_cpu(at, starts, len(sample.bills))}


async def _opened(gate: Gate, done: Callable[[], bool]) -> float:
    """CPU seconds from the opening of the gate until everything is done."""
    await asyncio.sleep(bare.SETTLE_SECONDS)
    began = time.process_time()
    gate.open = True
    await until(done, "the worker works off the bills")
    return time.process_time() - began


def _metrics() -> RuntimeMetrics:
    return RuntimeMetrics("bench", CollectorRegistry())


@asynccontextmanager
async def _running(service: Service, log: GatedLog) -> AsyncIterator[None]:
    await service.start()
    try:
        yield
    finally:
        await service.stop()
        await log.close()


@asynccontextmanager
async def _ledger(at: World, gate: Gate) -> AsyncIterator[LedgerService]:
    """A restored ledger behind a gate."""
    log = GatedLog(at.settings.bootstrap, gate)
    service = LedgerService(log, at.settings, INSTANCE, metrics=_metrics())
    async with _running(service, log):
        await until(lambda: restored(service), "the ledger is restored")
        yield service


@asynccontextmanager
async def _plain(at: World, gate: Gate, starts: Offsets) -> AsyncIterator[PartitionRuntime]:
    """Our runtime around the bare fold, on a changelog of its own that says where the bills begin."""
    changelog = at.plain("runtime")
    await at.publish(
        (changelog, slot.partition, b"!position", Position(at.incarnation, offset, 0).to_bytes(), ())
        for slot, offset in starts.items()
    )
    options = replace(
        ledger_options(at.settings, INSTANCE), group=f"{at.settings.topic_prefix}-plain", changelog_topic=changelog
    )
    log = GatedLog(at.settings.bootstrap, gate)
    service = PartitionRuntime(log, options, lambda _: bare.PlainFold(at.plain("output")), metrics=_metrics())
    async with _running(service, log):
        await until(lambda: restored(service), "the runtime is restored")
        yield service


def restored(service: PartitionRuntime) -> bool:
    """Whether every partition is ours and runs."""
    return all(service.committed(number) is not None for number in range(PARTITIONS))


def _reached(service: PartitionRuntime, ends: Offsets) -> bool:
    """Whether every partition has committed everything below these ends."""
    for slot, end in ends.items():
        committed = service.committed(slot.partition)
        if committed is None or committed[1].offset < end:
            return False
    return True


async def _quiet(at: World, service: PartitionRuntime, ends: Offsets) -> None:
    """Until these ends are reached and nothing moves any more: what the ledger itself wrote into the journal counts."""
    await until(lambda: _reached(service, ends), "the ledger folds the prelude")
    before: object = None
    while (state := (await at.ends(at.name("journal")), service.metrics.records)) != before:
        before = state
        await asyncio.sleep(bare.SETTLE_SECONDS)
