"""The real `tuodi history` on a real Kafka: killed again and again, nothing is missing and nothing doubled."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.broker.history_world import HistoryWorld
from tests.kafka_fixture import KafkaUnderTest

pytestmark = [pytest.mark.broker, pytest.mark.slow, pytest.mark.timeout(240)]

KILLS = 5
GAP_SECONDS = 5.0


@pytest_asyncio.fixture
async def world(kafka: KafkaUnderTest, tmp_path: Path) -> AsyncIterator[HistoryWorld]:
    made = await HistoryWorld(kafka.bootstrap, tmp_path).open()
    yield made
    made.close()


async def test_five_kills_while_decisions_come_lose_and_double_nothing(world: HistoryWorld) -> None:
    publishing = asyncio.create_task(world.publish(240, pause=0.1))
    world.start()
    await world.until_stored(100)
    gaps = []
    for _ in range(KILLS):
        gaps.append(await world.restart())
        await world.until_stored(world.stored() + 40)
    await publishing
    await world.until_all(seconds=90)
    assert world.aborted > 1_000
    assert world.faults() == []
    assert max(gaps) <= GAP_SECONDS, gaps
    assert world.stop() == 0


async def test_killed_before_the_first_record_and_stopped_in_good_order(world: HistoryWorld) -> None:
    world.start()
    await world.until_file()
    world.kill()
    await world.publish(5)
    world.start()
    await world.until_all()
    assert world.stop() == 0
    await world.publish(5)
    world.start()
    await world.until_all()
    assert world.faults() == []


async def test_a_missing_topic_ends_the_process_and_is_named(kafka: KafkaUnderTest, tmp_path: Path) -> None:
    world = HistoryWorld(kafka.bootstrap, tmp_path)
    world.start()
    assert await world.ended() == 1
    assert f"{world.prefix}.assistance.decided.v1" in world.output()
    assert "tuodi topics apply" in world.output()


async def test_a_new_file_reads_the_log_from_its_beginning(world: HistoryWorld) -> None:
    await world.publish(5)
    world.start()
    await world.until_all()
    assert world.stop() == 0
    world.database.unlink()
    world.start()
    await world.until_all()
    assert world.faults() == []
