"""Records of one partition that wait for their batch: bounded, cut by size or by a tick, free while empty."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence

from workers.log.port import Record


def size_of(record: Record) -> int:
    """Bytes a record counts with: key and value."""
    return len(record.key or b"") + len(record.value or b"")


class Inbox:
    """A queue that says when a batch is worth cutting: full, or its first record has waited for one tick."""

    __slots__ = ("_bytes", "_due", "_records", "_timer", "batch_bytes_max", "batch_records_max", "full_factor", "tick")

    def __init__(
        self, *, batch_records_max: int, batch_bytes_max: int, inbox_batches_max: int, tick_seconds: Callable[[], float]
    ) -> None:
        self.batch_records_max = batch_records_max
        self.batch_bytes_max = batch_bytes_max
        self.full_factor = inbox_batches_max
        self.tick = tick_seconds
        self._records: deque[Record] = deque()
        self._bytes = 0
        self._due = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._records)

    @property
    def full(self) -> bool:
        """No more should be fetched for now."""
        return (
            len(self._records) >= self.batch_records_max * self.full_factor
            or self._bytes >= self.batch_bytes_max * self.full_factor
        )

    @property
    def low(self) -> bool:
        """Less than one batch waits: fetching may go on."""
        return len(self._records) < self.batch_records_max and self._bytes < self.batch_bytes_max

    def offer(self, records: Sequence[Record]) -> None:
        """Take records in order; the first one starts the tick."""
        self._records.extend(records)
        self._bytes += sum(map(size_of, records))
        self._arm()

    async def due(self) -> None:
        """Return when a batch is worth cutting."""
        await self._due.wait()

    def cut(self, records_max: int | None = None) -> list[Record]:
        """The next batch: at most the record limit, at most the byte limit (but at least one record).

        `records_max` lowers the record limit for this batch.
        """
        limit = min(self.batch_records_max, records_max or self.batch_records_max)
        if len(self._records) <= limit and self._bytes <= self.batch_bytes_max:
            everything = list(self._records)
            self.clear()
            return everything
        batch: list[Record] = []
        size = 0
        while self._records and len(batch) < limit:
            record_size = size_of(self._records[0])
            if batch and size + record_size > self.batch_bytes_max:
                break
            size += record_size
            batch.append(self._records.popleft())
        self._bytes -= size
        self._due.clear()
        self._arm()
        return batch

    def clear(self) -> None:
        """Forget everything; the partition is no longer ours or starts again elsewhere."""
        self._records.clear()
        self._bytes = 0
        self._due.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self) -> None:
        if not self._records or self._due.is_set():
            return
        if len(self._records) >= self.batch_records_max or self._bytes >= self.batch_bytes_max:
            self._ring()
        elif self._timer is None:
            wait_seconds = self.tick()
            if wait_seconds > 0:
                self._timer = asyncio.get_running_loop().call_later(wait_seconds, self._ring)
            else:
                self._ring()

    def _ring(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._due.set()
