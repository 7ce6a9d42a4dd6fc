"""The two producers of the port on aiokafka: idempotent, and transactional under one id."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from enum import Enum
from typing import TypeVar

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from workers.cluster import ClusterLike
from workers.errors import Retry, Stop
from workers.log import kafka_options as options
from workers.log.kafka_batches import Batches, send_all
from workers.log.kafka_errors import no_way_in, produce_error
from workers.log.kafka_sender import kill, tune
from workers.log.kafka_transaction import Transaction
from workers.log.port import CommitUnknown, Headers, Placed

Result = TypeVar("Result")


async def _start(producer: AIOKafkaProducer, deadline_ms: int, who: str, cluster: ClusterLike) -> None:
    """Connect and get a producer id within the deadline, or close what was begun and raise `Retry`/`Stop`/`Fenced`."""
    try:
        async with asyncio.timeout(deadline_ms / 1000):
            await producer.start()
    except TimeoutError as error:
        await kill(producer)
        raise Retry(f"{who}: the broker did not answer within {deadline_ms} ms") from error
    except BaseException as error:
        await kill(producer)
        if not isinstance(error, KafkaError | OSError):
            raise
        found = produce_error(error, who)
        raise (await no_way_in(error, who, cluster) if isinstance(found, CommitUnknown) else found) from error


async def _within(work: Awaitable[Result], deadline_ms: int, where: str) -> Result:
    """Await broker work; every failure leaves as an error of our tree."""
    try:
        async with asyncio.timeout(deadline_ms / 1000):
            return await work
    except TimeoutError as error:
        raise CommitUnknown(f"{where}: no answer within {deadline_ms} ms; init again and read the log") from error
    except (KafkaError, OSError, AssertionError) as error:  # the client asserts its own state after a fatal error
        raise produce_error(error, where) from error


class KafkaProducer:
    """See `workers.log.port.Producer`. Built by `KafkaLog.producer`, which starts it."""

    def __init__(self, cluster: ClusterLike, client_id: str) -> None:
        self._who = f"producer {client_id}"
        self._cluster = cluster
        self._producer = tune(AIOKafkaProducer(**options.producer(cluster, client_id)))
        self._batches = Batches(self._producer.create_batch)

    async def start(self, *, deadline_ms: int) -> None:
        await _start(self._producer, deadline_ms, self._who, self._cluster)

    def append(self, topic: str, partition: int, key: bytes | None, value: bytes | None, headers: Headers = ()) -> None:
        self._batches.append(topic, partition, key, value, headers)

    async def flush(self, *, deadline_ms: int) -> Placed:
        return await _within(send_all(self._producer, self._batches.take()), deadline_ms, self._who)

    async def close(self) -> None:
        """Ends at once; what was not flushed is not sent."""
        await kill(self._producer)


class _State(Enum):
    NEW = "not initialised"
    READY = "ready"
    OPEN = "in a transaction"
    FINISHED = "finished"


class KafkaTransactionalProducer:
    """See `workers.log.port.TransactionalProducer`. One transactional id for one input partition (design §5.1)."""

    def __init__(
        self, cluster: ClusterLike, client_id: str, transactional_id: str, transaction_timeout_ms: int
    ) -> None:
        self._who, self._cluster = f"transactional id {transactional_id}", cluster
        self._producer = tune(
            AIOKafkaProducer(**options.transactional(cluster, client_id, transactional_id, transaction_timeout_ms))
        )
        self._batches = Batches(self._producer.create_batch)
        self._transaction = Transaction(self._producer)
        self._state = _State.NEW

    async def init(self, *, deadline_ms: int) -> None:
        """Fences every older holder of the id and ends what it left open (InitProducerId)."""
        self._expect(_State.NEW)
        self._state = _State.FINISHED  # unless the start succeeds
        await _start(self._producer, deadline_ms, self._who, self._cluster)
        self._state = _State.READY

    async def begin(self) -> None:
        """Only here: a transaction exists on the broker from its first partition on."""
        self._expect(_State.READY)
        self._state = _State.OPEN

    def append(self, topic: str, partition: int, key: bytes | None, value: bytes | None, headers: Headers = ()) -> None:
        self._expect(_State.OPEN)
        self._batches.append(topic, partition, key, value, headers)

    async def flush(self, *, deadline_ms: int) -> None:
        self._expect(_State.OPEN)
        self._state = _State.FINISHED
        await _within(self._transaction.send(self._batches.take()), deadline_ms, self._who)
        self._state = _State.OPEN

    async def commit(self, *, deadline_ms: int) -> None:
        """Send, wait until the broker has every batch, then EndTxn; all of it under one deadline."""
        self._expect(_State.OPEN)
        self._state = _State.FINISHED
        await _within(self._commit(), deadline_ms, self._who)
        self._state = _State.READY

    async def _commit(self) -> None:
        await self._transaction.send(self._batches.take())
        await self._transaction.end(commit=True)

    async def abort(self) -> None:
        """Drop what was appended; a finished producer has nothing to abort (the next `init` does it)."""
        if self._state is _State.FINISHED:
            return
        self._expect(_State.OPEN)
        self._batches.take()
        self._state = _State.FINISHED
        await _within(self._transaction.end(commit=False), options.REQUEST_TIMEOUT_MS, self._who)
        self._state = _State.READY

    async def close(self) -> None:
        """Ends at once. An open transaction is aborted by the next `init` of the id, or by the broker's time-out."""
        self._state = _State.FINISHED
        await kill(self._producer)

    def _expect(self, state: _State) -> None:
        if self._state is not state:
            raise Stop(f"{self._who}: call out of order, the producer is {self._state.value}, not {state.value}")
