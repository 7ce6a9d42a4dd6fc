"""A read_committed reader that runs through everything: what it was given, and how long each partition was silent.

It holds its own positions, so a record comes to it once, and what it wrote down must be the final list (A6).
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, NamedTuple

import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

POLL_MS, WAIT_MS, REQUEST_TIMEOUT_MS, RETRY_MS = 100, 50, 20_000, 50


class Gap(NamedTuple):
    """Silence of one partition, in seconds on the loop's clock."""

    partition: int
    begin: float
    end: float


class Tail:
    """Tails `assistance.decided` until stopped. Gaps shorter than `shortest_s` are not kept."""

    def __init__(self, bootstrap: str, prefix: str, partitions: int, out: Path, *, shortest_s: float = 0.5) -> None:
        self._bootstrap, self._out, self._shortest = bootstrap, out, shortest_s
        self._places = [TopicPartition(f"{prefix}.assistance.decided.v1", p) for p in range(partitions)]
        self._last: dict[int, float] = {}
        self.gaps: list[Gap] = []
        self.seen = 0
        self.errors: list[str] = []
        self._stop, self._news = asyncio.Event(), asyncio.Event()

    async def heard_from_all(self, since: float) -> None:
        """Wait until every partition has brought something after that moment."""
        while any(self._last.get(place.partition, 0.0) < since for place in self._places):
            self._news.clear()
            await self._news.wait()

    def stop(self) -> None:
        self._stop.set()

    async def run(self) -> None:
        """Read until `stop`, then once more until nothing comes."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            client_id="chaos-reader",
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="none",
            isolation_level="read_committed",
            fetch_max_wait_ms=WAIT_MS,
            request_timeout_ms=REQUEST_TIMEOUT_MS,
            retry_backoff_ms=RETRY_MS,
        )
        await consumer.start()
        try:
            consumer.assign(self._places)
            for place in self._places:
                consumer.seek(place, 0)
            with self._out.open("wb") as out:
                while not self._stop.is_set() or await self._behind(consumer):
                    await self._read(consumer, out)
        finally:
            await consumer.stop()

    async def _behind(self, consumer: AIOKafkaConsumer) -> bool:
        ends = await consumer.end_offsets(self._places)
        return any([await consumer.position(place) < end for place, end in ends.items()])

    async def _read(self, consumer: AIOKafkaConsumer, out: Any) -> None:
        try:
            got = await consumer.getmany(timeout_ms=POLL_MS)
        except KafkaError as error:  # the broker may be away; the positions stay
            self.errors.append(type(error).__name__)
            await asyncio.sleep(RETRY_MS / 1000)
            return
        now = asyncio.get_running_loop().time()
        for place, records in got.items():
            before = self._last.get(place.partition)
            if before is not None and now - before > self._shortest:
                self.gaps.append(Gap(place.partition, before, now))
            self._last[place.partition] = now
            self._news.set()
            for record in records:
                body = orjson.loads(record.value or b"{}")
                line = {"topic": "assistance.decided", "partition": place.partition, "offset": record.offset}
                out.write(orjson.dumps(line | {"decision_id": body.get("decision_id")}) + b"\n")
                self.seen += 1
