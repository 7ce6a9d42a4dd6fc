"""The port in memory: the twin of Kafka that tests, `tuodi replay` and simulations run on. Deterministic, one loop.

What it promises is proved by the same contract suite as Kafka's. It adds what tests need: a clock that is set, hooks at
named points, `compact`, `cut`, and members that freeze.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable, Iterable, Sequence

from workers.errors import Stop
from workers.log.memory_group import MemoryGroup
from workers.log.memory_member import MemoryMember
from workers.log.memory_partition import MemoryPartition, Transaction
from workers.log.memory_producer import Coordinator, Hook, MemoryProducer, MemoryTransactionalProducer
from workers.log.memory_reader import MemoryReader
from workers.log.port import (
    GroupMember,
    Isolation,
    Log,
    Placed,
    Producer,
    Reader,
    Record,
    TopicPartition,
    TransactionalProducer,
)


def wall_clock_ms() -> int:
    """Milliseconds since 1970 UTC."""
    return time.time_ns() // 1_000_000


class MemoryLog:
    """Cluster and client in one. Two "processes" of a test share the object."""

    def __init__(self, *, clock_ms: Callable[[], int] = wall_clock_ms, hook: Hook | None = None) -> None:
        self.clock_ms = clock_ms
        self.hook = hook
        self.committed: dict[tuple[str, TopicPartition], int] = {}
        self.coordinator = Coordinator(lambda: self.clock_ms())
        self._partitions: dict[TopicPartition, MemoryPartition] = {}
        self._counts: dict[str, int] = {}
        self._append_time: set[str] = set()
        self._groups: dict[str, MemoryGroup] = {}
        self._changed = asyncio.Event()
        self._numbers = itertools.count(1)

    # -- what a cluster's administration does

    def create_topic(self, name: str, partitions: int, *, append_time: bool = False) -> None:
        """Make a topic; `append_time` = LogAppendTime. Raises `Stop` where it exists with another partition count."""
        if self._counts.setdefault(name, partitions) != partitions:
            raise Stop(f"topic {name} exists with {self._counts[name]} partitions, not {partitions}")
        for number in range(partitions):
            slot = TopicPartition(name, number)
            self._partitions.setdefault(slot, MemoryPartition(slot))
        if append_time:
            self._append_time.add(name)

    def compact(self, topic: str) -> int:
        """Run the cleaner over a topic now; returns how many records and markers went."""
        return sum(self.partition(slot).compact() for slot in self.partitions_of(topic))

    def partitions_of(self, topic: str) -> list[TopicPartition]:
        return [TopicPartition(topic, number) for number in range(self._counts.get(topic, 0))]

    def partition(self, slot: TopicPartition) -> MemoryPartition:
        """Raises `Stop` for a partition that does not exist."""
        found = self._partitions.get(slot)
        if found is None:
            raise Stop(f"{slot.topic}[{slot.partition}] does not exist; run `tuodi topics plan`")
        return found

    def records(self, topic: str) -> list[Record]:
        """Every committed record of a topic, by partition and offset."""
        return [record for slot in self.partitions_of(topic) for record in self.partition(slot).records()]

    # -- what clients do

    def write(self, records: Sequence[Record], transaction: Transaction | None) -> Placed:
        """Append in order; nothing is written when one of the partitions does not exist. Returns where."""
        targets = [self.partition(TopicPartition(record.topic, record.partition)) for record in records]
        now = self.clock_ms()
        placed: dict[TopicPartition, list[int]] = {}
        for record, target in zip(records, targets, strict=True):
            stamped = record._replace(timestamp_ms=now) if record.topic in self._append_time else record
            placed.setdefault(target.name, []).append(target.append(stamped, transaction))
        self.wake()
        return placed

    async def at(self, point: str, who: str) -> None:
        """A place where Kafka would be asked: others may run, the hook may wait or raise."""
        await asyncio.sleep(0)
        if self.hook is not None:
            await self.hook(point, who)

    def wake(self) -> None:
        """Everybody who waits for records looks again."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def poll(
        self, fetch: Callable[[], dict[TopicPartition, list[Record]]], timeout_ms: int
    ) -> dict[TopicPartition, list[Record]]:
        """Call `fetch` until it finds something or the time is up."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_ms / 1000
        await asyncio.sleep(0)
        while True:
            self.coordinator.expire()
            changed = self._changed
            found = fetch()
            left = deadline - loop.time()
            if found or left <= 0:
                return found
            try:
                async with asyncio.timeout(left):
                    await changed.wait()
            except TimeoutError:
                return fetch()

    async def producer(self, *, client_id: str) -> Producer:
        return MemoryProducer(self, client_id)

    async def transactional(
        self, *, transactional_id: str, client_id: str, transaction_timeout_ms: int
    ) -> TransactionalProducer:
        return MemoryTransactionalProducer(self, transactional_id, transaction_timeout_ms)

    async def reader(self, *, client_id: str, isolation: Isolation) -> Reader:
        return MemoryReader(self, client_id, isolation)

    async def member(
        self,
        *,
        group: str,
        topics: Sequence[str],
        client_id: str,
        instance_id: str | None,
        isolation: Isolation,
        session_timeout_ms: int,
    ) -> GroupMember:
        found = self._groups.setdefault(group, MemoryGroup(self.partitions_of))
        return MemoryMember(
            self,
            found,
            group_name=group,
            topics=topics,
            name=instance_id or f"{client_id}-{next(self._numbers)}",
            static=instance_id is not None,
            isolation=isolation,
            session_timeout_ms=session_timeout_ms,
        )

    async def beginning_offsets(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        return {slot: self.partition(slot).beginning for slot in partitions}

    async def end_offsets(
        self, partitions: Iterable[TopicPartition], isolation: Isolation
    ) -> dict[TopicPartition, int]:
        await asyncio.sleep(0)
        self.coordinator.expire()
        return {slot: self.partition(slot).limit(isolation) for slot in partitions}

    async def group_offsets(self, group: str, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int | None]:
        return {slot: self.committed.get((group, slot)) for slot in partitions}

    async def partition_count(self, topic: str) -> int | None:
        return self._counts.get(topic)

    async def close(self) -> None:
        """Nothing to close; the records stay."""


def _conforms(log: MemoryLog) -> Log:
    """Checked by mypy: this class is the port."""
    return log
