"""The port on a Kafka cluster, by aiokafka 0.14. Options: `kafka_options`; corrections of it: `kafka_sender`."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

from aiokafka import AIOKafkaConsumer

from workers.cluster import ClusterLike, cluster_of
from workers.log import kafka_options as options
from workers.log.kafka_groups import GroupOffsets
from workers.log.kafka_member import KafkaMember
from workers.log.kafka_producer import KafkaProducer, KafkaTransactionalProducer
from workers.log.kafka_reader import KafkaReader, close_consumer, native, reading, start_consumer
from workers.log.noise import quieten
from workers.log.port import (
    GroupMember,
    Isolation,
    Log,
    Producer,
    Reader,
    TopicPartition,
    TransactionalProducer,
)

_START_DEADLINE_MS = 15_000


class KafkaLog:
    """A way to one Kafka cluster. Cheap to make; connects when first used. Used from one event loop."""

    def __init__(self, cluster: ClusterLike) -> None:
        quieten()
        self.cluster = cluster_of(cluster)
        self.bootstrap = self.cluster.bootstrap
        self._asking: dict[Isolation, AIOKafkaConsumer] = {}
        self._asking_lock = asyncio.Lock()
        self._groups = GroupOffsets(self.cluster)

    async def producer(self, *, client_id: str) -> Producer:
        made = KafkaProducer(self.cluster, client_id)
        await made.start(deadline_ms=_START_DEADLINE_MS)
        return made

    async def transactional(
        self, *, transactional_id: str, client_id: str, transaction_timeout_ms: int
    ) -> TransactionalProducer:
        return KafkaTransactionalProducer(self.cluster, client_id, transactional_id, transaction_timeout_ms)

    async def reader(self, *, client_id: str, isolation: Isolation) -> Reader:
        made = KafkaReader(self.cluster, client_id, isolation)
        await made.start()
        return made

    async def member(
        self,
        *,
        group: str,
        topics: Sequence[str],
        client_id: str,
        instance_id: str | None,
        isolation: Isolation,
        session_timeout_ms: int,
    ) -> GroupMember:
        return KafkaMember(
            self.cluster,
            group=group,
            topics=topics,
            client_id=client_id,
            instance_id=instance_id,
            isolation=isolation,
            session_timeout_ms=session_timeout_ms,
        )

    async def beginning_offsets(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        asked = [native(partition) for partition in partitions]
        consumer = await self._ask(Isolation.READ_UNCOMMITTED)
        with reading("beginning_offsets"):
            found = await consumer.beginning_offsets(asked)
        return {TopicPartition(p.topic, p.partition): offset for p, offset in found.items()}

    async def end_offsets(
        self, partitions: Iterable[TopicPartition], isolation: Isolation
    ) -> dict[TopicPartition, int]:
        """ListOffsets(latest) with the isolation level of the asking consumer: high watermark or last stable offset."""
        asked = [native(partition) for partition in partitions]
        consumer = await self._ask(isolation)
        with reading("end_offsets"):
            found = await consumer.end_offsets(asked)
        return {TopicPartition(p.topic, p.partition): offset for p, offset in found.items()}

    async def group_offsets(self, group: str, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int | None]:
        return await self._groups.of(group, partitions)

    async def partition_count(self, topic: str) -> int | None:
        consumer = await self._ask(Isolation.READ_UNCOMMITTED)
        with reading("partition_count"):
            cluster = await consumer._client.fetch_all_metadata()
        found = cluster.partitions_for_topic(topic)
        return len(found) if found else None

    async def close(self) -> None:
        asking, self._asking = self._asking, {}
        for consumer in asking.values():
            await close_consumer(consumer)
        await self._groups.close()

    async def _ask(self, isolation: Isolation) -> AIOKafkaConsumer:
        """One consumer per isolation level that only ever asks for offsets and metadata."""
        async with self._asking_lock:
            consumer = self._asking.get(isolation)
            if consumer is None:
                consumer = AIOKafkaConsumer(**options.consumer(self.cluster, "tuodi-offsets", isolation))
                await start_consumer(consumer, "offsets", self.cluster)
                self._asking[isolation] = consumer
            return consumer


def _conforms(log: KafkaLog) -> Log:
    """Checked by mypy: this class is the port."""
    return log
