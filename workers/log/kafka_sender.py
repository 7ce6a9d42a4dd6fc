"""aiokafka's sender with spelled back-offs, patience towards a broker that is away, and an end that ends.

Three facts of aiokafka 0.14.0 are corrected here (reading `aiokafka/producer/sender.py`):
1. One `retry_backoff_ms` rules the wait for the former owner's markers in an init (should be ~2 ms) and the wait for a
   broker that is away (should be ~100 ms). We give the sender 2 ms, the client 100 ms.
2. `stop()` flushes: with a transaction in doubt it waits for ever, and its tasks outlive it. `kill` cancels them all.
3. Tasks that look for a coordinator loop for ever; they are cancelled by `kill` too.
"""

from __future__ import annotations

import asyncio
from typing import Any

import aiokafka.producer.sender as shipped
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, ProducerClosed

from workers.log.kafka_options import CONNECT_BACKOFF_MS, REQUEST_TIMEOUT_MS, TRANSACTION_BACKOFF_MS

_KILL_WAIT_S = 1.0


class TunedSender(shipped.Sender):  # type: ignore[misc]
    """The shipped sender that knows its own tasks, so that they can be ended."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.spawned: set[asyncio.Task[Any]] = set()

    def _maybe_do_transactional_request(self) -> asyncio.Task[Any] | None:
        task: asyncio.Task[Any] | None = super()._maybe_do_transactional_request()
        if task is not None:
            self._note(task)
        return task

    async def _send_produce_req(self, node_id: int, batches: Any) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._note(task)
        await super()._send_produce_req(node_id, batches)

    def _note(self, task: asyncio.Task[Any]) -> None:
        self.spawned.add(task)
        task.add_done_callback(self._forget)

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self.spawned.discard(task)
        if not task.cancelled():
            task.exception()  # fetched, so that asyncio does not report it a second time: the sender task carries it


def tune(producer: AIOKafkaProducer) -> AIOKafkaProducer:
    """Give a producer that is not started yet our sender and a patient client. Returns the same producer."""
    producer._sender = TunedSender(
        producer.client,
        acks=-1,
        txn_manager=producer._txn_manager,
        message_accumulator=producer._message_accumulator,
        retry_backoff_ms=TRANSACTION_BACKOFF_MS,
        request_timeout_ms=REQUEST_TIMEOUT_MS,
    )
    _make_patient(producer.client)
    return producer


def _make_patient(client: Any) -> None:
    """A failed connection or coordinator look-up answers only after a pause: the sender's loops retry every 2 ms."""
    get_conn, lookup = client._get_conn, client.coordinator_lookup

    async def patient_conn(*args: Any, **options: Any) -> Any:
        conn = await get_conn(*args, **options)
        if conn is None:
            await asyncio.sleep(CONNECT_BACKOFF_MS / 1000)
        return conn

    async def patient_lookup(*args: Any, **options: Any) -> Any:
        try:
            return await lookup(*args, **options)
        except KafkaError:
            await asyncio.sleep(CONNECT_BACKOFF_MS / 1000)
            raise

    client._get_conn, client.coordinator_lookup = patient_conn, patient_lookup


async def kill(producer: AIOKafkaProducer) -> None:
    """End a producer at once, whatever it was doing: nothing is flushed, who waits for it gets `ProducerClosed`."""
    producer._closed = True
    sender = producer._sender
    error = ProducerClosed()
    tasks = [task for task in (sender.sender_task, *sender.spawned) if task is not None and not task.done()]
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=_KILL_WAIT_S)
    if sender.sender_task is not None and sender.sender_task.done() and not sender.sender_task.cancelled():
        sender.sender_task.exception()  # fetched; the callers that waited have it already
    producer._message_accumulator.fail_all(error)
    _end_waiters(producer._txn_manager, error)
    await producer.client.close()


def _end_waiters(manager: Any, error: KafkaError) -> None:
    waiter = None if manager is None else manager._transaction_waiter
    if waiter is None:
        return
    if not waiter.done():
        waiter.set_exception(error)
    if not waiter.cancelled():
        waiter.exception()
