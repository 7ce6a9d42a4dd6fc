"""One producer for all requests of a replica: what arrives while a batch is on its way goes with the next one.

A record counts as written only with its place. Whatever goes wrong on the way ends in `NotWritten`: the caller is told
that nobody knows, and to send the same again, which cannot settle it twice.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from typing import Final, NamedTuple

from mode import Service

from workers.errors import Stop
from workers.log.port import Headers, Log, Placed, Producer, TopicPartition
from workers.runtime.clock import now

log = logging.getLogger(__name__)

BACKOFF_MS: Final = 200


class NotWritten(Exception):
    """Whether the record is on the log is not known here."""


class _Waiting(NamedTuple):
    slot: TopicPartition
    key: bytes
    value: bytes
    headers: Headers
    placed: asyncio.Future[int]
    until: float


class Writer(Service):
    """Appends records and says where they lie. `waiting_max` records wait at most; one more is `NotWritten` at once."""

    def __init__(self, kafka: Log, *, client_id: str, flush_deadline_ms: int, waiting_max: int) -> None:
        super().__init__()
        self._kafka = kafka
        self._client_id = client_id
        self._flush_deadline_ms = flush_deadline_ms
        self._waiting_max = waiting_max
        self._waiting: list[_Waiting] = []
        self._arrived = asyncio.Event()
        self._producer: Producer | None = None
        self.broken: str | None = None
        """Why the last batch failed; None while writing works."""

    async def write(self, slot: TopicPartition, key: bytes, value: bytes, headers: Headers, deadline_ms: int) -> int:
        """The offset of the record. NotWritten where that is not known within the deadline.

        A record that still waits for its batch at the deadline is not sent any more.
        """
        if len(self._waiting) >= self._waiting_max or self.should_stop:
            raise NotWritten
        placed: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        waiting = _Waiting(slot, key, value, headers, placed, now() + deadline_ms / 1000)
        self._waiting.append(waiting)
        self._arrived.set()
        try:
            async with asyncio.timeout(deadline_ms / 1000):
                return await placed
        except TimeoutError:
            self._waiting = [each for each in self._waiting if each is not waiting]
            raise NotWritten from None

    @Service.task
    async def _send(self) -> None:
        while not self.should_stop:
            await self.wait(self._arrived.wait())
            if self.should_stop:
                break
            self._arrived.clear()
            taken, self._waiting = self._waiting, []
            due = [each for each in taken if not each.placed.done() and each.until > now()]
            try:
                self._tell(due, await self._flush(due))
                self.broken = None
            except Exception as error:
                await self._failed(due, error)

    async def _flush(self, due: list[_Waiting]) -> Placed:
        if self._producer is None:
            self._producer = await self._kafka.producer(client_id=self._client_id)
        for each in due:
            self._producer.append(*each.slot, each.key, each.value, each.headers)
        return await self._producer.flush(deadline_ms=self._flush_deadline_ms)

    def _tell(self, due: list[_Waiting], placed: Placed) -> None:
        next_of: defaultdict[TopicPartition, int] = defaultdict(int)
        for each in due:
            offset = placed[each.slot][next_of[each.slot]]
            next_of[each.slot] += 1
            if each.placed.done():
                continue
            if offset < 0:
                each.placed.set_exception(NotWritten())
            else:
                each.placed.set_result(offset)

    async def _failed(self, due: list[_Waiting], error: Exception) -> None:
        self.broken = type(error).__name__
        level = logging.ERROR if isinstance(error, Stop) else logging.WARNING
        log.log(level, "writing failed (%s); the callers are told to ask again", error)
        for each in due:
            if not each.placed.done():
                each.placed.set_exception(NotWritten())
        producer, self._producer = self._producer, None
        if producer is not None:
            await producer.close()
        await self.sleep(BACKOFF_MS / 1000)

    async def on_stop(self) -> None:
        for each in self._waiting:
            if not each.placed.done():
                each.placed.set_exception(NotWritten())
        if self._producer is not None:
            await self._producer.close()
