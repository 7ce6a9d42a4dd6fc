"""What must hold before the read model takes its first record of a run; otherwise records would be missing for ever.

Faust goes on where its consumer group's offsets say, and it only logs a topic that does not exist. Offsets are
committed after the store, so a group that is ahead of the file means that the file is not the one that was fed: an
older copy was put back. And a topic that is missing means an empty read model that looks healthy.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence

from mode import Service

from schemas.topics import full_name
from workers.errors import Retry, Stop
from workers.history.database import Database, Source
from workers.log.admin import find_topics
from workers.log.kafka import KafkaLog
from workers.log.port import TopicPartition
from workers.settings import Settings

BROKER_SECONDS, BROKER_POLL_SECONDS = 20.0, 0.25
"""How long a broker that is just starting (or just making its offsets topic) is waited for."""


class StartCheck(Service):
    """Runs once, before the app starts; `Stop` ends the process with exit code 1."""

    def __init__(self, database: Database, config: Settings, group: str, topics: Iterable[str]) -> None:
        super().__init__()
        self._database, self._config, self._group = database, config, group
        self._topics = {full_name(short, config.topic_prefix): short for short in topics}

    async def on_start(self) -> None:
        deadline = time.monotonic() + BROKER_SECONDS
        while True:
            try:
                return await self._check()
            except Retry:
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(BROKER_POLL_SECONDS)

    async def _check(self) -> None:
        found = await find_topics(self._config.cluster, self._topics)
        missing = sorted(set(self._topics) - set(found))
        if missing:
            raise Stop(f"topics are missing: {', '.join(missing)}; run `tuodi topics apply` first")
        partitions = [TopicPartition(name, p) for name, topic in found.items() for p in range(topic.partitions)]
        for partition, offset in (await self._offsets(partitions)).items():
            self._not_behind(partition, offset or 0)

    async def _offsets(self, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int | None]:
        log = KafkaLog(self._config.cluster)
        try:
            return await log.group_offsets(self._group, partitions)
        finally:
            await log.close()

    def _not_behind(self, partition: TopicPartition, offset: int) -> None:
        source = Source(self._topics[partition.topic], partition.partition)
        stored = self._database.position(source)
        if offset > stored:
            raise Stop(
                f"{self._database.path}: {source.topic}[{source.partition}] is stored up to {stored}, but the group "
                f"{self._group} went on to {offset}: an older copy of the file was put back. Delete it and start "
                "again: a new file reads the log from its beginning."
            )
