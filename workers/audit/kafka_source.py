"""The cluster as a source: manual assignment, read_committed, no group, nothing written.

A small pool of consumers serves the streams that are read side by side. Every time-out is in ms.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from workers.audit.source import AuditError, Ends, Rec
from workers.cluster import ClusterLike, cluster_of
from workers.cluster_refusal import why_refused

REQUEST_TIMEOUT_MS = 20_000
FETCH_WAIT_MS = 200
FETCH_BYTES = 8_000_000
POLL_TIMEOUT_MS = 1_000
BATCH = 2_000
STALL_S = 60.0
"""No record and no movement for this long while below the end: give up instead of waiting for ever."""


class KafkaSource:
    """Reads the topics `<prefix>.<short>.v1` of one cluster."""

    def __init__(self, cluster: ClusterLike, prefix: str) -> None:
        self._cluster, self._prefix = cluster_of(cluster), prefix
        self._idle: list[AIOKafkaConsumer] = []
        self._all: list[AIOKafkaConsumer] = []
        self._ends: dict[TopicPartition, Ends] = {}
        self._counts: dict[str, int] | None = None

    def name(self, topic: str) -> str:
        dlq = ".dlq" if topic.endswith(".dlq") else ""
        return f"{self._prefix}.{topic.removesuffix('.dlq')}.v1{dlq}"

    async def partitions(self, topic: str) -> int:
        if self._counts is None:
            self._counts = await self._partition_counts()
        return self._counts.get(self.name(topic), 0)

    async def _partition_counts(self) -> dict[str, int]:
        admin = AIOKafkaAdminClient(
            **self._cluster.client_options(), client_id="tuodi-audit", request_timeout_ms=REQUEST_TIMEOUT_MS
        )
        try:
            await admin.start()
            return {found["topic"]: len(found["partitions"]) for found in await admin.describe_topics()}
        except KafkaError as error:
            raise AuditError(await self._silence(error)) from None
        finally:
            await admin.close()

    async def _silence(self, error: BaseException) -> str:
        """Why nobody can be asked: refused by a setting, or silent."""
        refused = await why_refused(self._cluster)
        return refused or f"no broker at {self._cluster.bootstrap}: {type(error).__name__}"

    async def ends(self, topic: str, partition: int) -> Ends:
        if not self._ends:
            await self._ask_ends()
        return self._ends[TopicPartition(self.name(topic), partition)]

    async def _ask_ends(self) -> None:
        """All ends of the prefix at once; the audit is of this moment."""
        counts = self._counts or await self._partition_counts()
        ours = (name for name in counts if name.startswith(f"{self._prefix}."))
        places = [TopicPartition(name, p) for name in ours for p in range(counts[name])]
        raw = await self._start("read_uncommitted")
        try:
            high = await raw.end_offsets(places)
        finally:
            await raw.stop()
        async with _Lease(self) as consumer:
            stable = await consumer.end_offsets(places)
            begin = await consumer.beginning_offsets(places)
        self._ends = {place: Ends(begin[place], high[place], stable[place]) for place in places}

    async def read(self, topic: str, partition: int) -> AsyncIterator[Rec]:
        place = TopicPartition(self.name(topic), partition)
        if partition >= await self.partitions(topic):
            return
        ends = await self.ends(topic, partition)
        if ends.begin >= ends.stable:
            return
        async with _Lease(self) as consumer:
            consumer.assign([place])
            consumer.seek(place, ends.begin)
            moved, position = asyncio.get_running_loop().time(), ends.begin
            while position < ends.stable:
                got = await consumer.getmany(place, timeout_ms=POLL_TIMEOUT_MS, max_records=BATCH)
                for m in got.get(place, ()):
                    if m.offset >= ends.stable:
                        return
                    yield Rec(partition, m.offset, m.timestamp, m.key, m.value, tuple(m.headers))
                now, before = asyncio.get_running_loop().time(), position
                position = await consumer.position(place)
                moved = now if position > before else moved
                if now - moved > STALL_S:
                    raise AuditError(f"{topic}[{partition}] stands still at {position} of {ends.stable}")

    async def close(self) -> None:
        for consumer in self._all:
            await consumer.stop()

    async def _start(self, isolation: str) -> AIOKafkaConsumer:
        consumer = AIOKafkaConsumer(
            **self._cluster.client_options(),
            group_id=None,
            client_id="tuodi-audit",
            enable_auto_commit=False,
            auto_offset_reset="none",
            isolation_level=isolation,
            request_timeout_ms=REQUEST_TIMEOUT_MS,
            fetch_max_wait_ms=FETCH_WAIT_MS,
            fetch_max_bytes=FETCH_BYTES,
            max_partition_fetch_bytes=FETCH_BYTES,
        )
        try:
            await consumer.start()
        except KafkaError as error:
            await consumer.stop()
            raise AuditError(await self._silence(error)) from None
        return consumer

    async def lend(self) -> AIOKafkaConsumer:
        if not self._idle:
            self._all.append(await self._start("read_committed"))
            return self._all[-1]
        return self._idle.pop()

    def take_back(self, consumer: AIOKafkaConsumer) -> None:
        consumer.pause(*consumer.assignment())  # not unsubscribe: aiokafka 0.14 ends its fetch task over it
        self._idle.append(consumer)


class _Lease:
    """A consumer for the time of one `async with`; several leases may be open side by side."""

    def __init__(self, source: KafkaSource) -> None:
        self._source = source

    async def __aenter__(self) -> AIOKafkaConsumer:
        self._consumer = await self._source.lend()
        return self._consumer

    async def __aexit__(self, *_: object) -> None:
        self._source.take_back(self._consumer)
