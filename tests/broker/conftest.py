"""A real Kafka for these tests, one per session; a world of topics per test."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from tests.broker.world import World
from workers.log.broker import Broker
from workers.log.kafka import KafkaLog

LIBS = Path(__file__).parents[2] / "var/kafka/libs"


@pytest.fixture(scope="session")
def bootstrap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    given = os.environ.get("TUODI_TEST_BOOTSTRAP")
    if given:
        yield given
        return
    broker = Broker(tmp_path_factory.mktemp("kafka"), LIBS)
    broker.start()
    yield broker.bootstrap
    broker.wipe()


class Cluster:
    """A connection and a way to create topics."""

    def __init__(self, bootstrap: str) -> None:
        self.bootstrap = bootstrap
        self.log = KafkaLog(bootstrap)

    async def create(self, topics: dict[str, dict[str, str]], partitions: int) -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        await admin.start()
        try:
            new = [NewTopic(t, partitions, 1, topic_configs=configs) for t, configs in topics.items()]
            answer = await admin.create_topics(new, timeout_ms=10_000)
            assert all(code == 0 for _, code, *_ in answer.topic_errors), answer
        finally:
            await admin.close()

    async def world(self, partitions: int = 1, **how: bool) -> World:
        return await World(self.log, self.create, partitions).open(**how)


@pytest_asyncio.fixture
async def cluster(bootstrap: str) -> AsyncIterator[Cluster]:
    made = Cluster(bootstrap)
    yield made
    await made.log.close()
