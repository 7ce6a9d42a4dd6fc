"""Three topics of one small world, what goes in, what must come out, and the audit that compares them byte for byte."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from prometheus_client import CollectorRegistry

from tests.broker.capfold import CapFold, expected, input_bytes
from workers.log.port import Isolation, Log, Record, TopicPartition
from workers.runtime.metrics import RuntimeMetrics
from workers.runtime.options import RuntimeOptions
from workers.runtime.position import Position
from workers.runtime.service import PartitionRuntime

INCARNATION = "world-1"
_serial = itertools.count(int(time.time() * 1000) % 100_000_000)

CreateTopics = Callable[[dict[str, dict[str, str]], int], Awaitable[None]]


async def read_all(
    log: Log, partition: TopicPartition, isolation: Isolation = Isolation.READ_COMMITTED
) -> list[Record]:
    """Every record of a partition up to an end asked for now."""
    end = (await log.end_offsets([partition], isolation))[partition]
    start = (await log.beginning_offsets([partition]))[partition]
    records: list[Record] = []
    if start < end:
        reader = await log.reader(client_id="audit", isolation=isolation)
        try:
            await reader.assign([partition])
            await reader.seek(partition, start)
            while await reader.position(partition) < end:
                records += await reader.read(max_records=5_000, timeout_ms=200)
        finally:
            await reader.close()
    return [record for record in records if record.offset < end]


async def eventually(condition: Callable[[], Any], *, seconds: float = 20, what: str = "condition") -> Any:
    """Poll until the condition holds; the failure says what was waited for."""
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if asyncio.iscoroutine(found):
            found = await found
        if found:
            return found
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}"
        await asyncio.sleep(0.02)


class World:
    """One set of topics with names of its own."""

    def __init__(self, log: Log, create: CreateTopics, partitions: int = 1) -> None:
        name = f"w{next(_serial)}"
        self.log = log
        self.name = name
        self.partitions = partitions
        self.input, self.changelog, self.output = f"{name}.in", f"{name}.changelog", f"{name}.out"
        self._create = create
        self._ids = itertools.count(1)

    async def open(self, *, positions: bool = True, incarnation: str = INCARNATION) -> World:
        """Create the topics and write what `tuodi topics apply` writes into them."""
        stamped = {"message.timestamp.type": "LogAppendTime"}
        compacted = {"cleanup.policy": "compact"}
        await self._create({self.input: stamped, self.changelog: compacted, self.output: {}}, self.partitions)
        producer = await self.log.producer(client_id="open")
        for p in range(self.partitions):
            value = json.dumps({"type": "journal.opened", "version": 1, "incarnation": incarnation})
            producer.append(self.input, p, b"!journal.opened", value.encode())
            if positions:
                producer.append(self.changelog, p, b"!position", Position(incarnation, 0, 0).to_bytes())
        await producer.flush(deadline_ms=5_000)
        await producer.close()
        return self

    def options(self, worker: str = "a", **changes: Any) -> RuntimeOptions:
        """Options of one worker, with short times."""
        chosen: dict[str, Any] = {
            "group": self.name,
            "input_topic": self.input,
            "changelog_topic": self.changelog,
            "client_id": f"{self.name}-{worker}",
            "instance_id": f"{self.name}-{worker}",
            "session_timeout_ms": 4_500,
            "housekeeping_ms": 100,
            "lazy_commit_ms": 200,
            "end_grace_ms": 300,
        }
        kind: type[RuntimeOptions] = changes.pop("kind", RuntimeOptions)
        return kind(**(chosen | changes))

    def runtime(self, worker: str = "a", *, options: dict[str, Any] | None = None, **parts: Any) -> PartitionRuntime:
        """One worker of this world, not yet started."""
        log = parts.pop("log", self.log)
        fold = parts.pop("fold", CapFold)
        return PartitionRuntime(
            log,
            self.options(worker, **(options or {})),
            lambda partition: fold(self.output),
            metrics=RuntimeMetrics(worker, CollectorRegistry()),
            **parts,
        )

    @asynccontextmanager
    async def running(self, worker: str = "a", **parts: Any) -> AsyncIterator[PartitionRuntime]:
        """A started worker, stopped at the end."""
        runtime = self.runtime(worker, **parts)
        await runtime.start()
        try:
            yield runtime
        finally:
            await runtime.stop()

    async def publish(self, count: int, *, keys: int = 3, amount: int = 7, partition: int | None = None) -> None:
        """Inputs with rising ids, in turn over the partitions and keys."""
        producer = await self.log.producer(client_id="publish")
        for n in itertools.islice(self._ids, count):
            p = n % self.partitions if partition is None else partition
            key = f"k{p}-{n % keys}"
            producer.append(self.input, p, key.encode(), input_bytes(f"i{n}", key, amount))
        await producer.flush(deadline_ms=10_000)
        await producer.close()

    async def outputs(self, partition: int = 0) -> list[bytes]:
        """What a reader of committed records sees."""
        return [record.value or b"" for record in await read_all(self.log, TopicPartition(self.output, partition))]

    async def state(self, partition: int = 0) -> dict[str, bytes]:
        """The changelog folded by last value, position apart."""
        found: dict[str, bytes] = {}
        for record in await read_all(self.log, TopicPartition(self.changelog, partition)):
            key = (record.key or b"").decode()
            if record.value is None:
                found.pop(key, None)
            elif key != "!position":
                found[key] = record.value
        return found

    async def faults(self) -> list[str]:
        """What differs from the single-threaded truth; empty = every input once, in order, state equal."""
        faults = []
        for p in range(self.partitions):
            inputs = await read_all(self.log, TopicPartition(self.input, p))
            outputs, state = expected(inputs)
            found = await self.outputs(p)
            if found != outputs:
                doubled = len(found) - len(set(found))
                faults.append(f"partition {p}: {len(outputs)} outputs expected, {len(found)} found, {doubled} repeated")
            if await self.state(p) != state:
                faults.append(f"partition {p}: state differs from the truth")
        return faults

    async def settled(self, *, seconds: float = 20) -> None:
        """Wait until as many different outputs as inputs are visible; repeated ones do not count twice."""

        async def done() -> bool:
            for p in range(self.partitions):
                inputs = await read_all(self.log, TopicPartition(self.input, p))
                if len(set(await self.outputs(p))) < len(inputs) - 1:
                    return False
            return True

        await eventually(done, seconds=seconds, what="all inputs to be answered")
