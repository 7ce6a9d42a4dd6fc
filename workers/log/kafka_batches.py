"""Open batch builders per partition: `append` is synchronous, sending happens at flush or commit.

`send()` of the client costs a future and a pure Python hash per record (7.7 µs); a builder costs 0.76 µs
(`docs/` on performance). The partition is always explicit.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from aiokafka import AIOKafkaProducer

from workers.errors import Stop
from workers.log.kafka_options import RECORD_BYTES_MAX
from workers.log.port import Headers, Placed, TopicPartition


class Batches:
    """Builders in the order in which they were filled; the last one of each partition is open."""

    def __init__(self, new_builder: Callable[[], Any]) -> None:
        self._new_builder = new_builder
        self._builders: dict[tuple[str, int], list[Any]] = {}

    def append(self, topic: str, partition: int, key: bytes | None, value: bytes | None, headers: Headers) -> None:
        """Take one record. Raises `Stop` for a record that no broker of ours would take."""
        size = (len(key) if key else 0) + (len(value) if value else 0)
        if size > RECORD_BYTES_MAX:
            raise Stop(f"record of {size} bytes for {topic}[{partition}] is over the limit of {RECORD_BYTES_MAX} bytes")
        slot = (topic, partition)  # a plain tuple: this runs for every record
        builders = self._builders.get(slot)
        if builders is None:
            builders = self._builders[slot] = [self._new_builder()]
        # The compiled builder accepts nothing but a list of headers.
        listed = headers if type(headers) is list else list(headers)
        # None back means full: what does not fit opens the next builder, where the first record always fits.
        if builders[-1].append(timestamp=None, key=key, value=value, headers=listed) is None:
            builder = self._new_builder()
            if builder.append(timestamp=None, key=key, value=value, headers=listed) is None:
                raise Stop(f"an empty batch builder refused a record for {topic}[{partition}]")
            builders.append(builder)

    def take(self) -> dict[tuple[str, int], list[Any]]:
        """Everything appended since the last `take`."""
        builders, self._builders = self._builders, {}
        return builders


async def send_all(producer: AIOKafkaProducer, batches: dict[tuple[str, int], list[Any]]) -> Placed:
    """Send every builder outside a transaction and wait until the broker has them all; the first error is raised after
    all have ended. Returns where the records came to lie."""
    sent: list[asyncio.Future[Any]] = []
    placed: dict[TopicPartition, list[int]] = {}
    order: list[tuple[tuple[str, int], int]] = []
    try:
        for depth in range(max(map(len, batches.values()), default=0)):
            for slot, builders in batches.items():
                if depth < len(builders):
                    order.append((slot, builders[depth].record_count()))
                    sent.append(await _send(producer, builders[depth], slot))
        if sent:
            await asyncio.wait(sent)
        for (slot, records), future in zip(order, sent, strict=True):
            first = future.result().offset
            offsets = range(first, first + records) if first >= 0 else [-1] * records
            placed.setdefault(TopicPartition(*slot), []).extend(offsets)
        return placed
    finally:
        for future in sent:
            future.add_done_callback(_fetch)


async def _send(producer: AIOKafkaProducer, builder: Any, slot: tuple[str, int]) -> asyncio.Future[Any]:
    topic, partition = slot
    try:
        future: asyncio.Future[Any] = await producer.send_batch(builder, topic, partition=partition)
    except AssertionError as error:  # how aiokafka says that a partition is not in the metadata
        raise Stop(f"{topic}[{partition}] does not exist; run `tuodi topics plan`") from error
    return future


def _fetch(future: asyncio.Future[Any]) -> None:
    """Take the outcome of a batch nobody waits for any more, so that asyncio does not report it."""
    if not future.cancelled():
        future.exception()
