"""One member of a consumer group on aiokafka: classic eager protocol, static membership, generations counted.

Two habits of the client shape this file. `getmany` blocks for as long as a rebalance lasts, so it runs under our own
time-out (nothing is lost: records leave the client's buffer in the same step in which `getmany` returns). And a new
assignment starts unpaused without a position, which is an error with `auto_offset_reset=none`: the listener pauses and
seeks to 0 before anything else can run.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import aiokafka
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from workers.cluster import ClusterLike
from workers.errors import Stop
from workers.log import kafka_options as options
from workers.log.kafka_reader import close_consumer, native, reading, start_consumer, to_record
from workers.log.kafka_seat import guard_seat
from workers.log.port import Isolation, NotAssigned, OnPartitions, Record, TopicPartition

_log = logging.getLogger(__name__)

_COMMIT_WAIT_S = 2.0
# A partition number that no topic has: asks the client for nothing, but shows it that its owner is alive.
_NOTHING = aiokafka.TopicPartition("", 0)


class _Listener(aiokafka.ConsumerRebalanceListener):  # type: ignore[misc]
    def __init__(self, member: KafkaMember) -> None:
        self._member = member

    async def on_partitions_revoked(self, revoked: set[Any]) -> None:
        await self._member._revoked()

    async def on_partitions_assigned(self, assigned: set[Any]) -> None:
        await self._member._assigned(frozenset(TopicPartition(p.topic, p.partition) for p in assigned))


class KafkaMember:
    """See `workers.log.port.GroupMember`."""

    def __init__(
        self,
        cluster: ClusterLike,
        *,
        group: str,
        topics: Sequence[str],
        client_id: str,
        instance_id: str | None,
        isolation: Isolation,
        session_timeout_ms: int,
    ) -> None:
        self._who = f"member {instance_id or client_id} of {group}"
        self._static, self._session_timeout_ms = instance_id is not None, session_timeout_ms
        self._topics, self._cluster = list(topics), cluster
        self._consumer = AIOKafkaConsumer(
            **options.member(cluster, client_id, isolation, group, instance_id, session_timeout_ms)
        )
        self._generation = 0
        self._owned: frozenset[TopicPartition] = frozenset()
        self._paused: set[TopicPartition] = set()
        self._on_assigned: OnPartitions | None = None
        self._on_revoked: OnPartitions | None = None
        self._first = asyncio.Event()
        self._failure: BaseException | None = None

    @property
    def generation(self) -> int:
        return self._generation

    def assignment(self) -> frozenset[TopicPartition]:
        return self._owned

    async def start(self, on_assigned: OnPartitions, on_revoked: OnPartitions) -> None:
        self._on_assigned, self._on_revoked = on_assigned, on_revoked
        self._consumer.subscribe(topics=self._topics, listener=_Listener(self))
        await start_consumer(self._consumer, self._who, self._cluster)
        if self._static:
            guard_seat(self._consumer, self._session_timeout_ms, self._seat_lost)
        await self._first.wait()  # the client's start returns while the listener may still be running
        self._raise_failure()

    async def poll(self, *, max_records: int, timeout_ms: int) -> dict[TopicPartition, list[Record]]:
        self._raise_failure()
        wanted: Iterable[Any] = ()  # all of them
        if self._paused or not self._owned:
            wanted = [native(partition) for partition in self._owned - self._paused] or [_NOTHING]
        found: dict[Any, list[Any]] = {}
        try:
            with reading(self._who, grouped=True):
                async with asyncio.timeout((timeout_ms + options.FETCH_MAX_WAIT_MS) / 1000):
                    found = await self._consumer.getmany(*wanted, timeout_ms=timeout_ms, max_records=max_records)
        except TimeoutError:
            return {}  # a rebalance is under way
        # No await since the records left the client: what is owned and running now was so when they did.
        return {
            partition: [to_record(record) for record in records]
            for partition, records in ((TopicPartition(p.topic, p.partition), r) for p, r in found.items())
            if partition in self._owned and partition not in self._paused
        }

    def pause(self, partitions: Iterable[TopicPartition]) -> None:
        for partition in partitions:
            self._expect(partition)
            self._consumer.pause(native(partition))
            self._paused.add(partition)

    def resume(self, partitions: Iterable[TopicPartition]) -> None:
        for partition in partitions:
            self._expect(partition)
            self._consumer.resume(native(partition))
            self._paused.discard(partition)

    def seek(self, partition: TopicPartition, offset: int) -> None:
        self._expect(partition)
        with reading(self._who):
            self._consumer.seek(native(partition), offset)

    async def position(self, partition: TopicPartition) -> int:
        self._expect(partition)
        with reading(self._who):
            return int(await self._consumer.position(native(partition)))

    async def commit_lazily(self, offsets: Mapping[TopicPartition, int]) -> None:
        mine = {native(partition): offset for partition, offset in offsets.items() if partition in self._owned}
        if not mine:
            return
        try:
            async with asyncio.timeout(_COMMIT_WAIT_S):
                await self._consumer.commit(mine)
        except (KafkaError, OSError, TimeoutError) as error:
            _log.info("%s: group offsets not committed (%s); only lag displays need them", self._who, error)

    async def committed(self, partition: TopicPartition) -> int | None:
        self._expect(partition)
        with reading(self._who):
            offset = await self._consumer.committed(native(partition))
        return None if offset is None else int(offset)

    async def close(self) -> None:
        await close_consumer(self._consumer)
        self._owned = frozenset()

    def _expect(self, partition: TopicPartition) -> None:
        if partition not in self._owned:
            raise NotAssigned(f"{self._who}: {partition.topic}[{partition.partition}] is not assigned here")

    def _seat_lost(self) -> None:
        self._failure = Stop(
            f"{self._who}: another living process uses this instance id; give every process an id of its own"
        )

    def _raise_failure(self) -> None:
        """The client logs what a listener raises and goes on; a broken hook must stop its owner instead."""
        if self._failure is not None:
            raise self._failure

    async def _call(self, hook: OnPartitions | None, partitions: frozenset[TopicPartition]) -> None:
        if hook is None:
            return
        try:
            await hook(partitions)
        except BaseException as error:
            self._failure = error
            raise

    async def _revoked(self) -> None:
        lost, self._owned = self._owned, frozenset()
        self._paused.clear()
        if lost:
            await self._call(self._on_revoked, lost)

    async def _assigned(self, given: frozenset[TopicPartition]) -> None:
        for partition in given:  # before the first await: no fetch may start and no reset may be asked for
            self._consumer.pause(native(partition))
            self._consumer.seek(native(partition), 0)
        self._paused = set(given)
        self._owned = given
        self._generation += 1
        try:
            await self._call(self._on_assigned, given)
        finally:
            self._first.set()
