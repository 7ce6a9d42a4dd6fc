"""One partition of the memory log: records, transaction markers, the last stable offset, compaction."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple

from workers.errors import Stop
from workers.log.port import Isolation, Record, TopicPartition


class TransactionState(Enum):
    OPEN = "open"
    COMMITTED = "committed"
    ABORTED = "aborted"


class Transaction:
    """One transaction over any partitions. Identity is what counts: two are never equal."""

    __slots__ = ("partitions", "started_ms", "state")

    def __init__(self, started_ms: int) -> None:
        self.started_ms = started_ms
        self.state = TransactionState.OPEN
        self.partitions: dict[TopicPartition, MemoryPartition] = {}

    def end(self, state: TransactionState) -> None:
        """Write the marker into every partition it touched."""
        self.state = state
        for partition in self.partitions.values():
            partition.mark(self)
        self.partitions.clear()


class _Slot(NamedTuple):
    record: Record | None  # None: a transaction marker
    transaction: Transaction | None

    @property
    def committed(self) -> bool:
        return self.transaction is None or self.transaction.state is TransactionState.COMMITTED


class MemoryPartition:
    """An append-only list with gaps: markers and what compaction removed keep their offsets."""

    def __init__(self, name: TopicPartition) -> None:
        self.name = name
        self.beginning = 0
        self.end = 0
        self._offsets: list[int] = []
        self._slots: list[_Slot] = []
        self._open: dict[Transaction, int] = {}  # first offset of each open transaction here

    def append(self, record: Record, transaction: Transaction | None) -> int:
        """Put one record at the end; its `offset` field is overwritten. Returns the offset."""
        offset = self.end
        self._push(_Slot(record._replace(offset=offset), transaction))
        if transaction is not None:
            self._open.setdefault(transaction, offset)
            transaction.partitions[self.name] = self
        return offset

    def mark(self, transaction: Transaction) -> None:
        """The transaction has ended: its marker takes an offset like a record."""
        del self._open[transaction]
        self._push(_Slot(None, transaction))

    def limit(self, isolation: Isolation) -> int:
        """High watermark, or the last stable offset: the first offset of the earliest open transaction."""
        if isolation is Isolation.READ_UNCOMMITTED or not self._open:
            return self.end
        return min(self._open.values())

    def read(self, position: int, isolation: Isolation, max_records: int) -> tuple[list[Record], int]:
        """Records from `position` on and the next position, which moves past markers and aborted records."""
        if not self.beginning <= position <= self.end:
            raise Stop(
                f"position {position} is outside {self.name.topic}[{self.name.partition}], which holds "
                f"{self.beginning}..{self.end}"
            )
        limit = self.limit(isolation)
        found: list[Record] = []
        for index in range(bisect_left(self._offsets, position), len(self._slots)):
            offset = self._offsets[index]
            if offset >= limit or len(found) == max_records:
                return found, min(offset, max(limit, position))
            slot = self._slots[index]
            if slot.record is not None and (isolation is Isolation.READ_UNCOMMITTED or slot.committed):
                found.append(slot.record)
        return found, max(limit, position)

    def compact(self) -> int:
        """Keep the last committed record of every key below the last stable offset; returns how many records went.

        Records without a key stay: Kafka refuses them in a compacted topic, and here the caller shall see them.
        """
        stable = self.limit(Isolation.READ_COMMITTED)
        last: dict[bytes, int] = {}
        for offset, slot in zip(self._offsets, self._slots, strict=True):
            if slot.record is not None and slot.record.key is not None and slot.committed and offset < stable:
                last[slot.record.key] = offset
        kept: list[tuple[int, _Slot]] = []
        for offset, slot in zip(self._offsets, self._slots, strict=True):
            if offset >= stable or _survives(offset, slot, last):
                kept.append((offset, slot))
        removed = len(self._slots) - len(kept)
        self._offsets = [offset for offset, _ in kept]
        self._slots = [slot for _, slot in kept]
        return removed

    def cut(self, before: int) -> None:
        """Retention: forget everything below `before`."""
        at = bisect_left(self._offsets, before)
        del self._offsets[:at], self._slots[:at]
        self.beginning = max(self.beginning, min(before, self.end))

    def records(self) -> Sequence[Record]:
        """Every committed record below the last stable offset, for assertions and exports."""
        return self.read(self.beginning, Isolation.READ_COMMITTED, max(1, len(self._slots)))[0]

    def _push(self, slot: _Slot) -> None:
        self._offsets.append(self.end)
        self._slots.append(slot)
        self.end += 1


def _survives(offset: int, slot: _Slot, last: dict[bytes, int]) -> bool:
    if slot.record is None or not slot.committed:
        return False
    return slot.record.key is None or last[slot.record.key] == offset
