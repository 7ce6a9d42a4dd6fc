"""Reads topics from their end, all partitions, for this replica alone: no group, nothing committed.

A replica knows what happened since it started, and a little before (`back_records`). Whatever is older is in the read
model. A fault of the broker is waited out from the place that was reached.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Final

from mode import Service

from workers.errors import Retry, Stop
from workers.log.port import Isolation, Log, Reader, Record, TopicPartition
from workers.runtime.clock import now
from workers.runtime.places import where_raised

log = logging.getLogger(__name__)

RECORDS_MAX: Final = 2_000
POLL_MS: Final = 500
BACKOFF_MS: Final = 200


class Tail(Service):
    """Hands every committed record of some topics to `take`, in the order of each partition."""

    def __init__(
        self,
        kafka: Log,
        topics: Sequence[str],
        take: Callable[[Record], None],
        *,
        client_id: str,
        back_records: int,
    ) -> None:
        super().__init__()
        self._kafka = kafka
        self._topics = topics
        self._take = take
        self._client_id = client_id
        self._back_records = back_records
        self._next: dict[TopicPartition, int] = {}
        self._caught_up_at: dict[TopicPartition, int] = {}
        self.begins: dict[TopicPartition, int] = {}
        """The first offset that this replica has seen or will see."""
        self.missed = 0
        """Times that records were lost to this replica: it stood still for longer than they are kept."""
        self.read_at: float | None = None
        """When the log last answered."""

    async def on_start(self) -> None:
        """Find the ends; raises Stop where a topic is missing, Retry where the broker is away."""
        for topic in self._topics:
            count = await self._kafka.partition_count(topic)
            if count is None:
                raise Stop(f"topic {topic} does not exist; run `tuodi topics apply`")
            self._next.update({TopicPartition(topic, number): 0 for number in range(count)})
        ends = await self._kafka.end_offsets(self._next, Isolation.READ_COMMITTED)
        firsts = await self._kafka.beginning_offsets(self._next)
        self._next = {slot: max(firsts[slot], end - self._back_records) for slot, end in ends.items()}
        self.begins = dict(self._next)
        self._caught_up_at = {slot: end for slot, end in ends.items() if end > self._next[slot]}

    @property
    def caught_up(self) -> bool:
        """Whether everything up to the ends at the start was read."""
        return not self._caught_up_at and self.read_at is not None

    @Service.task
    async def _read(self) -> None:
        reader: Reader | None = None
        try:
            while not self.should_stop:
                try:
                    reader = reader or await self._opened()
                    await self._round(reader)
                except Exception as error:
                    failed, reader = reader, None
                    await self._away(failed, error)
        finally:  # a stop cancels the read
            if reader is not None:
                await reader.close()

    async def _round(self, reader: Reader) -> None:
        for record in await reader.read(max_records=RECORDS_MAX, timeout_ms=POLL_MS):
            self._one(record)
        self.read_at = now()
        await self._look(reader)

    async def _opened(self) -> Reader:
        reader = await self._kafka.reader(client_id=self._client_id, isolation=Isolation.READ_COMMITTED)
        await reader.assign(self._next)
        for slot, offset in self._next.items():
            await reader.seek(slot, offset)
        return reader

    def _one(self, record: Record) -> None:
        try:
            self._take(record)
        except Exception as error:  # what cannot be read here concerns one answer, never the others
            log.error("%s[%d]@%d: %s", record.topic, record.partition, record.offset, where_raised(error))
        self._next[TopicPartition(record.topic, record.partition)] = record.offset + 1

    async def _look(self, reader: Reader) -> None:
        """Positions move past transaction markers, which are no records: ask the reader until the ends are reached."""
        for slot, end in list(self._caught_up_at.items()):
            if await reader.position(slot) >= end:
                del self._caught_up_at[slot]

    async def _away(self, reader: Reader | None, error: Exception) -> None:
        if reader is not None:
            await reader.close()
        if not isinstance(error, Stop):
            level = logging.WARNING if isinstance(error, Retry) else logging.ERROR
            log.log(level, "reading for the window failed (%s), again", where_raised(error))
        else:
            log.error("reading for the window: %s; going on at the end", error)
            self.missed += 1
            try:
                self._next = await self._kafka.end_offsets(self._next, Isolation.READ_COMMITTED)
                self.begins = dict(self._next)
            except (Retry, Stop) as still:
                log.warning("the ends are not known either (%s)", still)
        await self.sleep(BACKOFF_MS / 1000)
