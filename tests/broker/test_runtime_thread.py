"""The thinnest thread: one worker, one partition, then several, on a real Kafka."""

from __future__ import annotations

import pytest

from tests.broker.conftest import Cluster
from workers.log.port import Isolation, TopicPartition

pytestmark = pytest.mark.broker


async def test_one_worker_folds_every_input_once_and_in_order(cluster: Cluster) -> None:
    world = await cluster.world(partitions=2)
    await world.publish(300)
    async with world.running():
        await world.settled()
        await world.publish(50)
        await world.settled()
    assert await world.faults() == []


async def test_a_second_life_goes_on_where_the_first_ended(cluster: Cluster) -> None:
    world = await cluster.world(partitions=2)
    await world.publish(200)
    async with world.running():
        await world.settled()
    await world.publish(100)
    async with world.running() as runtime:
        await world.settled()
        owned = runtime.committed(0)
        ends = await cluster.log.end_offsets([TopicPartition(world.input, 0)], Isolation.READ_COMMITTED)
        assert owned is not None
        assert owned[1].offset == ends[TopicPartition(world.input, 0)]
    assert await world.faults() == []
