"""Committed offsets of a consumer group, asked by an onlooker that never joins it (OffsetFetch to the coordinator)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from aiokafka.admin import AIOKafkaAdminClient

from workers.cluster import ClusterLike
from workers.log import kafka_options as options
from workers.log.kafka_reader import native, reading
from workers.log.port import TopicPartition


class GroupOffsets:
    """One lazily connected admin client for one cluster."""

    def __init__(self, cluster: ClusterLike) -> None:
        self._cluster = cluster
        self._admin: AIOKafkaAdminClient | None = None
        self._lock = asyncio.Lock()

    async def of(self, group: str, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int | None]:
        """Next offset to read per partition as committed, None where the group never committed there.

        Raises `Retry` where the broker or the group's coordinator is away; the next call connects anew, since this
        client does not fail over by itself.
        """
        asked = list(partitions)
        wanted = [native(partition) for partition in asked]
        with reading(f"offsets of group {group}"):
            admin = await self._started()
            try:
                found = await admin.list_consumer_group_offsets(group, partitions=wanted)
            except BaseException:
                await self.close()
                raise
        offsets = {TopicPartition(p.topic, p.partition): int(entry.offset) for p, entry in found.items()}
        return {p: offset if (offset := offsets.get(p, -1)) >= 0 else None for p in asked}

    async def close(self) -> None:
        admin, self._admin = self._admin, None
        if admin is not None:
            await admin.close()

    async def _started(self) -> AIOKafkaAdminClient:
        async with self._lock:
            if self._admin is None:
                admin = AIOKafkaAdminClient(**options.common(self._cluster, "tuodi-groups"))
                try:
                    await admin.start()
                except BaseException:
                    await admin.close()
                    raise
                self._admin = admin
            return self._admin
