"""Reading the memory log: positions, and the fetch that both the reader and the group member use."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from workers.errors import Stop
from workers.log.port import Isolation, NotAssigned, Record, TopicPartition

if TYPE_CHECKING:
    from workers.log.memory import MemoryLog


class Positions:
    """Where a consumer stands in each partition; fetching takes turns so that no partition starves."""

    def __init__(self, log: MemoryLog, isolation: Isolation) -> None:
        self._log, self._isolation = log, isolation
        self.at: dict[TopicPartition, int] = {}
        self._turn = 0

    def fetch(self, wanted: Iterable[TopicPartition], max_records: int) -> dict[TopicPartition, list[Record]]:
        """Up to `max_records` in all from the wanted partitions; positions move past what is returned or invisible."""
        order = sorted(wanted)
        if not order:
            return {}
        self._turn += 1
        shift = self._turn % len(order)
        found: dict[TopicPartition, list[Record]] = {}
        left = max_records
        for name in order[shift:] + order[:shift]:
            if left == 0:
                break
            records, self.at[name] = self._log.partition(name).read(self.at[name], self._isolation, left)
            if records:
                found[name] = records
                left -= len(records)
        return found


class MemoryReader:
    """See `workers.log.port.Reader`."""

    def __init__(self, log: MemoryLog, client_id: str, isolation: Isolation) -> None:
        self._log, self._who = log, f"reader {client_id}"
        self._positions = Positions(log, isolation)
        self._assigned: set[TopicPartition] = set()

    async def assign(self, partitions: Iterable[TopicPartition]) -> None:
        self._assigned = set(partitions)
        self._positions.at = {}

    async def seek(self, partition: TopicPartition, offset: int) -> None:
        self._expect(partition)
        self._positions.at[partition] = offset

    async def position(self, partition: TopicPartition) -> int:
        self._expect(partition)
        if partition not in self._positions.at:
            raise Stop(f"{self._who}: {partition.topic}[{partition.partition}] was never sought")
        return self._positions.at[partition]

    async def read(self, *, max_records: int, timeout_ms: int) -> list[Record]:
        missing = self._assigned - self._positions.at.keys()
        if missing:
            raise Stop(f"{self._who}: {len(missing)} assigned partitions were never sought")
        found = await self._log.poll(lambda: self._positions.fetch(self._assigned, max_records), timeout_ms)
        return [record for records in found.values() for record in records]

    async def close(self) -> None:
        self._assigned = set()

    def _expect(self, partition: TopicPartition) -> None:
        if partition not in self._assigned:
            raise NotAssigned(f"{self._who}: {partition.topic}[{partition.partition}] is not assigned here")
