"""The one transactional producer a partition has at a time. Every end of one is bounded."""

from __future__ import annotations

import asyncio
import logging

from workers.log.port import Log, TransactionalProducer
from workers.runtime.options import RuntimeOptions

log = logging.getLogger(__name__)


class ProducerSlot:
    """Makes, replaces, aborts and closes the producer of one partition; `renew` gives one that is not initialised."""

    def __init__(self, kafka: Log, options: RuntimeOptions, partition: int) -> None:
        self._kafka = kafka
        self._options = options
        self._partition = partition
        self._producer: TransactionalProducer | None = None

    async def renew(self) -> TransactionalProducer:
        """Close what was there and make a new one under the same transactional id."""
        await self.close()
        options = self._options
        self._producer = await self._kafka.transactional(
            transactional_id=options.transactional_id(self._partition),
            client_id=f"{options.client_id}-{self._partition}",
            transaction_timeout_ms=options.transaction_timeout_ms,
        )
        return self._producer

    async def abort(self) -> None:
        """An open transaction would hold back every reader of its topics until it times out."""
        if self._producer is None:
            return
        try:
            async with asyncio.timeout(self._options.close_deadline_ms / 1000):
                await self._producer.abort()
        except Exception as error:
            log.info("%s: nothing to abort (%s)", self._who(), type(error).__name__)

    async def close(self) -> None:
        """Bounded: a client that is closed inside a transaction may never answer (trap 6)."""
        producer, self._producer = self._producer, None
        if producer is None:
            return
        try:
            async with asyncio.timeout(self._options.close_deadline_ms / 1000):
                await producer.close()
        except Exception as error:
            log.warning("%s: closing it failed with %s", self._who(), type(error).__name__)

    def _who(self) -> str:
        return f"transactional id {self._options.transactional_id(self._partition)}"
