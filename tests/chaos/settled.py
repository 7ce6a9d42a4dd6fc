"""Waits until everything that was published is answered: bounded, and says what is lacking when it gives up."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from pathlib import Path
from typing import Any

import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition

from workers.audit.feeds import FEEDS
from workers.audit.marks import Marks
from workers.audit.source import short

POLL_MS, REQUEST_TIMEOUT_MS = 200, 20_000

Place = tuple[str, int]


class Settled:
    """Follows journal, answers and dead letters from their beginning."""

    def __init__(self, bootstrap: str, prefix: str, partitions: int, feed: Path | None) -> None:
        self._bootstrap, self._prefix, self._partitions = bootstrap, prefix, partitions
        topics = ["journal", "journal.answered", *(f"{name}.dlq" for name in FEEDS)]
        self._names = {self._full(topic): topic for topic in topics}
        self._places = [TopicPartition(name, p) for name in self._names for p in range(partitions)]
        self._due: dict[Place, Marks] = defaultdict(Marks)
        self._accounted: dict[Place, Marks] = defaultdict(Marks)
        self._journal: dict[int, Marks] = defaultdict(Marks)
        self._answered: dict[int, Marks] = defaultdict(Marks)
        if feed is not None:
            with feed.open("rb") as lines:
                for line in map(orjson.loads, lines):
                    self._due[line["topic"], line["partition"]].add(line["offset"])

    def _full(self, topic: str) -> str:
        return f"{self._prefix}.{topic.removesuffix('.dlq')}.v1" + (".dlq" if topic.endswith(".dlq") else "")

    def lacking(self) -> tuple[int, int]:
        """Published records that are nowhere yet, and journal records without an answer."""
        nowhere = sum(len(marks.not_in(self._accounted[place], begin=0)) for place, marks in self._due.items())
        empty = self._partitions - len(self._journal)  # each partition begins with a record of its own
        unanswered = empty + sum(len(marks.not_in(self._answered[p], begin=0)) for p, marks in self._journal.items())
        return nowhere, unanswered

    async def wait(self, deadline_s: float) -> tuple[int, int]:
        """Until nothing is lacking or the deadline; returns what is lacking."""
        loop = asyncio.get_running_loop()
        until = loop.time() + deadline_s
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap, client_id="chaos-settled", group_id=None, enable_auto_commit=False,
            auto_offset_reset="none", isolation_level="read_committed", request_timeout_ms=REQUEST_TIMEOUT_MS,
        )  # fmt: skip
        await consumer.start()
        try:
            consumer.assign(self._places)
            for place in self._places:
                consumer.seek(place, 0)
            lacking = (1, 1)
            while any(lacking) and loop.time() < until:
                got = await consumer.getmany(timeout_ms=POLL_MS)
                for place, records in got.items():
                    for record in records:
                        self._take(self._names[place.topic], place.partition, record)
                lacking = (1, 1) if got else self.lacking()
            return self.lacking()
        finally:
            await consumer.stop()

    def _take(self, topic: str, partition: int, record: Any) -> None:
        if topic == "journal.answered":
            self._answered[partition].add(orjson.loads(record.value)["offset"])
            return
        if topic == "journal":
            self._journal[partition].add(record.offset)
            names = ("source_topic", "source_partition", "source_offset")
        else:
            names = ("__dlq.errors.topic", "__dlq.errors.partition", "__dlq.errors.offset")
        headers = {name: value.decode() for name, value in record.headers}
        if names[0] in headers:
            feed = short(headers[names[0]], self._prefix)
            self._accounted[feed, int(headers[names[1]])].add(int(headers[names[2]]))
