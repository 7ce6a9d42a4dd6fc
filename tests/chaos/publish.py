"""Publishes the load at its rate and writes down every record that the broker acknowledged.

The publisher is a stranger to the system: an ordinary idempotent producer. While the broker is away it waits; what was
never acknowledged is counted and is no part of the promise.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from tests.chaos.load import Feed

REQUEST_TIMEOUT_MS, LINGER_MS, RETRY_MS = 90_000, 2, 50
MOST = 3  # times `at_least`, where the disturbances do not come to an end
BLOCK_S = 0.02  # so many seconds of load are sent at a time


class Publisher:
    """`published` are acknowledged records, `refused` those the broker never acknowledged."""

    def __init__(self, bootstrap: str, prefix: str, out: Path) -> None:
        self._bootstrap, self._prefix, self._out = bootstrap, prefix, out
        self.published = self.refused = 0
        self.began = self.ended = 0.0

    async def run(self, feeds: Iterable[Feed], rate: float, at_least: int, enough: asyncio.Event) -> None:
        """Send `rate` records a second, `at_least` so many and until `enough`; then wait for acknowledgements."""
        producer = AIOKafkaProducer(
            bootstrap_servers=self._bootstrap,
            client_id="chaos-load",
            acks="all",
            enable_idempotence=True,
            linger_ms=LINGER_MS,
            request_timeout_ms=REQUEST_TIMEOUT_MS,
            retry_backoff_ms=RETRY_MS,
            max_request_size=1_000_000,
        )
        await producer.start()
        loop = asyncio.get_running_loop()
        self.began = loop.time()
        waiting: list[tuple[Feed, asyncio.Future[Any]]] = []
        try:
            for number, feed in enumerate(feeds):
                if number >= at_least and (enough.is_set() or number >= MOST * at_least):
                    break
                ahead = number / rate - (loop.time() - self.began)
                if ahead > BLOCK_S:
                    await asyncio.sleep(ahead)
                try:
                    topic = f"{self._prefix}.{feed.topic}.v1"
                    waiting.append((feed, await producer.send(topic, value=feed.value, key=feed.key)))
                except KafkaError:  # no room in the buffer for so long: never sent
                    self.refused += 1
            self.ended = loop.time()
            await self._acknowledged(waiting)
        finally:
            await producer.stop()

    async def _acknowledged(self, waiting: list[tuple[Feed, asyncio.Future[Any]]]) -> None:
        with self._out.open("wb") as out:
            for feed, future in waiting:
                try:
                    at = await asyncio.wait_for(future, timeout=REQUEST_TIMEOUT_MS / 1000)
                except (KafkaError, TimeoutError):
                    self.refused += 1
                    continue
                out.write(orjson.dumps(acknowledged(feed, at.partition, at.offset)) + b"\n")
                self.published += 1


def acknowledged(feed: Feed, partition: int, offset: int) -> dict[str, Any]:
    """The line of the feed file that the audit reads."""
    line: dict[str, Any] = {"topic": feed.topic, "partition": partition, "offset": offset, "wrong": feed.wrong}
    line["key"] = None if feed.key is None else feed.key.decode()
    if feed.value is None:
        return line | {"value": None}
    return line | {"value_base64": base64.b64encode(feed.value).decode()}
