"""The two producers of the port in memory: buffered as on Kafka, fenced by epoch, transactions with markers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from workers.errors import Stop
from workers.log.kafka_options import RECORD_BYTES_MAX
from workers.log.memory_partition import Transaction, TransactionState
from workers.log.port import CommitUnknown, Fenced, Headers, Placed, Record

if TYPE_CHECKING:
    from workers.log.memory import MemoryLog

Result = TypeVar("Result")

# Called at named points with the transactional (or client) id; it may wait, or raise what the caller shall see:
# `init`, `flush`, `flushed`, `end` (EndTxn not sent yet) and `ended` (committed, the answer is lost).
Hook = Callable[[str, str], Awaitable[None]]


class _Buffer:
    """What `append` took and nobody sent yet."""

    def __init__(self, log: MemoryLog) -> None:
        self._log = log
        self._records: list[Record] = []

    def append(self, topic: str, partition: int, key: bytes | None, value: bytes | None, headers: Headers) -> None:
        size = (len(key) if key else 0) + (len(value) if value else 0)
        if size > RECORD_BYTES_MAX:
            raise Stop(f"record of {size} bytes for {topic}[{partition}] is over the limit of {RECORD_BYTES_MAX} bytes")
        self._records.append(Record(topic, partition, -1, self._log.clock_ms(), key, value, tuple(headers)))

    def take(self) -> list[Record]:
        taken, self._records = self._records, []
        return taken


class MemoryProducer:
    """See `workers.log.port.Producer`."""

    def __init__(self, log: MemoryLog, client_id: str) -> None:
        self._log, self._who = log, client_id
        self._buffer = _Buffer(log)
        self._finished = False

    def append(self, topic: str, partition: int, key: bytes | None, value: bytes | None, headers: Headers = ()) -> None:
        self._expect_usable()
        self._buffer.append(topic, partition, key, value, headers)

    async def flush(self, *, deadline_ms: int) -> Placed:
        self._expect_usable()
        self._finished = True
        placed = await _within(self._flush(), deadline_ms, f"producer {self._who}")
        self._finished = False
        return placed

    async def _flush(self) -> Placed:
        await self._log.at("flush", self._who)
        placed = self._log.write(self._buffer.take(), None)
        await self._log.at("flushed", self._who)
        return placed

    async def close(self) -> None:
        self._finished = True

    def _expect_usable(self) -> None:
        if self._finished:
            raise Stop(f"producer {self._who}: call out of order, the producer is finished")


class MemoryTransactionalProducer:
    """See `workers.log.port.TransactionalProducer`."""

    def __init__(self, log: MemoryLog, transactional_id: str, transaction_timeout_ms: int) -> None:
        self._log, self._id, self._timeout_ms = log, transactional_id, transaction_timeout_ms
        self._who = f"transactional id {transactional_id}"
        self._buffer = _Buffer(log)
        self._epoch = -1
        self._state = "not initialised"

    async def init(self, *, deadline_ms: int) -> None:
        self._expect("not initialised")
        self._state = "finished"
        await _within(self._init(), deadline_ms, self._who)
        self._state = "ready"

    async def _init(self) -> None:
        await self._log.at("init", self._id)
        self._epoch = self._log.coordinator.init(self._id, self._timeout_ms)

    async def begin(self) -> None:
        self._expect("ready")
        self._state = "in a transaction"

    def append(self, topic: str, partition: int, key: bytes | None, value: bytes | None, headers: Headers = ()) -> None:
        self._expect("in a transaction")
        self._buffer.append(topic, partition, key, value, headers)

    async def flush(self, *, deadline_ms: int) -> None:
        self._expect("in a transaction")
        self._state = "finished"
        await _within(self._flush(), deadline_ms, self._who)
        self._state = "in a transaction"

    async def commit(self, *, deadline_ms: int) -> None:
        self._expect("in a transaction")
        self._state = "finished"
        await _within(self._commit(), deadline_ms, self._who)
        self._state = "ready"

    async def abort(self) -> None:
        if self._state == "finished":
            return
        self._expect("in a transaction")
        self._buffer.take()
        self._state = "finished"
        self._log.coordinator.end(self._id, self._epoch, TransactionState.ABORTED)
        self._log.wake()
        self._state = "ready"

    async def close(self) -> None:
        """Leaves an open transaction open, as a process that died: the next `init` or the time-out aborts it."""
        self._state = "finished"

    async def _flush(self) -> None:
        await self._log.at("flush", self._id)
        taken = self._buffer.take()
        if taken:
            self._log.write(taken, self._log.coordinator.open(self._id, self._epoch))
        await self._log.at("flushed", self._id)

    async def _commit(self) -> None:
        await self._flush()
        await self._log.at("end", self._id)
        self._log.coordinator.end(self._id, self._epoch, TransactionState.COMMITTED)
        self._log.wake()
        await self._log.at("ended", self._id)

    def _expect(self, state: str) -> None:
        if self._state != state:
            raise Stop(f"{self._who}: call out of order, the producer is {self._state}, not {state}")


class Coordinator:
    """Epochs and open transactions of all transactional ids."""

    def __init__(self, clock_ms: Callable[[], int]) -> None:
        self._clock_ms = clock_ms
        self._epochs: dict[str, int] = {}
        self._timeouts_ms: dict[str, int] = {}
        self._open: dict[str, Transaction] = {}

    def init(self, transactional_id: str, timeout_ms: int) -> int:
        """A new epoch: older holders are fenced, what they left open is aborted."""
        self._abort(transactional_id)
        self._timeouts_ms[transactional_id] = timeout_ms
        self._epochs[transactional_id] = self._epochs.get(transactional_id, -1) + 1
        return self._epochs[transactional_id]

    def open(self, transactional_id: str, epoch: int) -> Transaction:
        """The open transaction of this epoch, begun if need be. Raises `Fenced`."""
        self._check(transactional_id, epoch)
        found = self._open.get(transactional_id)
        if found is None:
            found = self._open[transactional_id] = Transaction(self._clock_ms())
        return found

    def end(self, transactional_id: str, epoch: int, state: TransactionState) -> None:
        """Commit or abort. Raises `Fenced`; without a record there is nothing to end."""
        self._check(transactional_id, epoch)
        found = self._open.pop(transactional_id, None)
        if found is not None:
            found.end(state)

    def expire(self) -> None:
        """Abort what was open for longer than its time-out; the holder is fenced, as on Kafka."""
        now = self._clock_ms()
        for transactional_id, transaction in list(self._open.items()):
            if now - transaction.started_ms >= self._timeouts_ms[transactional_id]:
                self._abort(transactional_id)
                self._epochs[transactional_id] += 1

    def _abort(self, transactional_id: str) -> None:
        found = self._open.pop(transactional_id, None)
        if found is not None:
            found.end(TransactionState.ABORTED)

    def _check(self, transactional_id: str, epoch: int) -> None:
        self.expire()
        if self._epochs[transactional_id] != epoch:
            raise Fenced(f"transactional id {transactional_id}: epoch {epoch} is not the current one")


async def _within(work: Awaitable[Result], deadline_ms: int, where: str) -> Result:
    try:
        async with asyncio.timeout(deadline_ms / 1000):
            return await work
    except TimeoutError as error:
        raise CommitUnknown(f"{where}: no answer within {deadline_ms} ms; init again and read the log") from error
