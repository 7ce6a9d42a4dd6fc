"""Reads `quote.requested` beside the ledger and answers from its committed states. It must never cost money anything.

Its own reader of the partitions the ledger owns just now, from their ends; its own plain producer. Between two answers
the loop is given back, and for each moment of work three moments are left to everybody else. What waits for longer than
a caller does is dropped. Whatever fails here is counted and forgotten: a trial is asked again.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Final

from mode import Service
from prometheus_client import Counter

from schemas.events.header import ce_headers
from schemas.outputs.quote import QuoteRequested
from workers.journal.names import topic_name
from workers.journal.partition import partition_of
from workers.journal.record import time_text
from workers.ledger.quotes import Quoter, SentOn, Unanswerable, quote_bytes
from workers.log.port import Isolation, Log, Producer, Reader, Record, TopicPartition
from workers.runtime.clock import now
from workers.runtime.places import where_raised
from workers.runtime.service import PartitionRuntime
from workers.settings import Settings

log = logging.getLogger(__name__)

QUOTES = Counter("settlement_quotes", "Trials read by the ledger, by what became of them", ["result"])

QUEUE_MAX: Final = 64
"""Requests taken at once; what is behind them waits in the topic and goes stale there."""
POLL_MS: Final = 200
BACKOFF_MS: Final = 500
OTHERS_SHARE: Final = 3.0
"""For each second of deciding quotes the loop has this many for money."""
VIA: Final = "quote_via"
"""Keys of one person a request has passed; one hop is enough unless a transfer is under way."""
HOPS_MAX: Final = 4


def wall_ms() -> int:
    """Milliseconds since 1970 UTC."""
    return time.time_ns() // 1_000_000


class QuoteDesk(Service):
    """A service beside the runtime, in its process and event loop. Never raises, never ends before it is stopped."""

    def __init__(
        self,
        kafka: Log,
        settings: Settings,
        runtime: PartitionRuntime,
        *,
        client_id: str,
        clock_ms: Callable[[], int] = wall_ms,
    ) -> None:
        super().__init__()
        self._kafka, self._settings, self._runtime = kafka, settings, runtime
        self._client_id, self._clock_ms = client_id, clock_ms
        self._asked = topic_name(settings, "quote.requested")
        self._told = topic_name(settings, "quote.answered")
        self._quoter = Quoter(settings)
        self._next: dict[TopicPartition, int] = {}
        self._reader: Reader | None = None
        self._producer: Producer | None = None

    async def on_start(self) -> None:
        """Compile the request's validator now: at the first request it would hold up money for a tenth of a second."""
        QuoteRequested.model_rebuild()

    @Service.task
    async def _serve(self) -> None:
        try:
            while not self.should_stop:
                try:
                    await self._round()
                except Exception as error:
                    QUOTES.labels("interrupted").inc()
                    log.warning("trials are interrupted (%s)", where_raised(error))
                    await self._close()
                    await self.sleep(BACKOFF_MS / 1000)
        finally:  # a stop cancels the read
            await self._close()

    async def _round(self) -> None:
        reader = await self._follow()
        if reader is None:
            await self.sleep(POLL_MS / 1000)
            return
        records = await reader.read(max_records=QUEUE_MAX, timeout_ms=POLL_MS)
        for record in records:
            self._next[TopicPartition(record.topic, record.partition)] = record.offset + 1
        sent = False
        for record in records:
            sent = await self._one(record) or sent
        if sent and self._producer is not None:
            await self._producer.flush(deadline_ms=self._settings.quote_deadline_ms)

    async def _follow(self) -> Reader | None:
        """The reader over exactly the partitions that are owned now; a new one is read from its end."""
        numbers = range(self._settings.partitions)
        owned = {TopicPartition(self._asked, p) for p in numbers if self._runtime.committed(p) is not None}
        if owned == self._next.keys() and (self._reader is not None or not owned):
            return self._reader
        new = owned - self._next.keys()
        ends = await self._kafka.end_offsets(new, Isolation.READ_COMMITTED) if new else {}
        self._next = {slot: self._next.get(slot, ends.get(slot, 0)) for slot in owned}
        if not owned:
            return None
        if self._reader is None:
            self._reader = await self._kafka.reader(client_id=self._client_id, isolation=Isolation.READ_COMMITTED)
        await self._reader.assign(owned)
        for slot, offset in self._next.items():
            await self._reader.seek(slot, offset)
        return self._reader

    async def _one(self, record: Record) -> bool:
        """Answer one request; whether something was appended. What cannot be answered is counted."""
        began = now()
        try:
            appended, result = await self._answer(record)
        except Unanswerable as error:
            appended, result = False, str(error)
        except Exception as error:  # a fault here concerns one trial; the same bill will stop the ledger if it must
            log.warning("%s[%d]@%d: %s", record.topic, record.partition, record.offset, where_raised(error))
            appended, result = False, "failed"
        QUOTES.labels(result).inc()
        await asyncio.sleep((now() - began) * OTHERS_SHARE)
        return appended

    async def _answer(self, record: Record) -> tuple[bool, str]:
        asked = QuoteRequested.model_validate_json(record.value or b"")
        if self._clock_ms() - int(asked.asked_at.timestamp() * 1000) > self._settings.quote_deadline_ms:
            return False, "stale"
        producer = self._producer = self._producer or await self._kafka.producer(client_id=self._client_id)
        owned = self._runtime.committed(record.partition)
        if owned is None:
            return False, "not_owned"
        value = self._quoter.answer(asked, record.partition, *owned)  # nothing is awaited between the two
        if isinstance(value, SentOn):
            return self._send_on(producer, record, asked, value.to_key)
        headers = self._headers("quote.answered", f"quote-{asked.quote_id}")
        producer.append(self._told, record.partition, asked.person_key.encode(), quote_bytes(value), headers)
        return True, "answered"

    def _send_on(self, producer: Producer, record: Record, asked: QuoteRequested, to_key: str) -> tuple[bool, str]:
        """Ask the owner of the person's present key."""
        hops = int(record.header(VIA) or b"0") + 1
        if hops > HOPS_MAX:
            return False, "too_many_keys"
        moved = asked.model_copy(update={"person_key": to_key})
        headers = [*self._headers("quote.requested", asked.quote_id), (VIA, b"%d" % hops)]
        partition = partition_of(to_key, self._settings.partitions)
        value = moved.model_dump_json(exclude_none=True).encode()
        producer.append(self._asked, partition, to_key.encode(), value, headers)
        return True, "sent_on"

    def _headers(self, type_: str, id_: str) -> list[tuple[str, bytes]]:
        return ce_headers(id_=id_, type_=type_, version=1, source="ledger", time=time_text(self._clock_ms()))

    async def _close(self) -> None:
        reader, producer = self._reader, self._producer
        self._reader = self._producer = None
        for part in (reader, producer):
            if part is not None:
                try:
                    await part.close()
                except Exception as error:
                    log.warning("closing a client of trials: %s", where_raised(error))
