"""A connection to the session's real Kafka for these tests, and a world of topics per test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.broker.intake_world import IntakeWorld, world_settings
from tests.broker.world import World
from tests.kafka_fixture import KafkaUnderTest
from workers.log.admin import TopicSpec, create_topics
from workers.log.kafka import KafkaLog


class Cluster:
    """A connection and a way to create topics."""

    def __init__(self, bootstrap: str) -> None:
        self.bootstrap = bootstrap
        self.log = KafkaLog(bootstrap)

    async def create(self, topics: dict[str, dict[str, str]], partitions: int) -> None:
        await create_topics(self.bootstrap, [TopicSpec(t, partitions, 1, config) for t, config in topics.items()])

    async def world(self, partitions: int = 1, **how: bool) -> World:
        """Topics of this test alone, with first records and positions as `tuodi topics apply` writes them."""
        return await World(self.log, self.create, partitions).open(**how)


@pytest_asyncio.fixture
async def cluster(kafka: KafkaUnderTest) -> AsyncIterator[Cluster]:
    made = Cluster(kafka.bootstrap)
    yield made
    await made.log.close()


@pytest_asyncio.fixture(name="world")
async def intake_world(kafka: KafkaUnderTest) -> AsyncIterator[IntakeWorld]:
    """Topics of one intake, of this test alone."""
    made = IntakeWorld(KafkaLog(kafka.bootstrap), world_settings(kafka.bootstrap, kafka.name("intake")))
    await made.create()
    yield made
    await made.log.close()
