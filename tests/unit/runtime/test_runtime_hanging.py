"""A transaction that hangs in the changelog hides what it committed: nobody restores below it or resolves past it."""

from __future__ import annotations

import asyncio

import pytest

from tests.broker.world import World
from tests.unit.runtime.test_runtime_memory import play, restored
from workers.errors import Stop
from workers.log.memory import MemoryLog
from workers.log.memory_producer import MemoryTransactionalProducer
from workers.log.port import TopicPartition, TransactionalProducer
from workers.runtime.changelog import POSITION_KEY
from workers.runtime.restore import HANGING_SECONDS, Restore, committed_position

AGES_MS = 10_000_000
"""The twin ends a transaction after its time-out, the broker that lost the markers does not: so it is long."""


async def hanging(world: World, log: MemoryLog) -> tuple[TransactionalProducer, TopicPartition]:
    """Something open in the changelog under an id that no restore initialises."""
    changelog = TopicPartition(world.options().changelog_topic, 0)
    lost = await log.transactional(transactional_id="lost", client_id="lost", transaction_timeout_ms=AGES_MS)
    await lost.init(deadline_ms=1_000)
    await lost.begin()
    lost.append(changelog.topic, 0, POSITION_KEY, b"{}")
    assert isinstance(lost, MemoryTransactionalProducer)
    await lost.flush(deadline_ms=1_000)
    return lost, changelog


def test_no_restore_and_no_resolution_beside_a_hanging_transaction() -> None:
    async def scenario(world: World, log: MemoryLog) -> None:
        _, changelog = await hanging(world, log)
        began = asyncio.get_running_loop().time()
        with pytest.raises(Stop, match="nobody owns"):
            await restored(world, log)
        assert asyncio.get_running_loop().time() - began >= HANGING_SECONDS
        with pytest.raises(Stop, match="nobody owns"):
            await committed_position(log, changelog, mark=0, batch_records=10, client_id="t")

    play(scenario)


def test_what_is_ended_in_time_is_waited_for() -> None:
    async def scenario(world: World, log: MemoryLog) -> None:
        lost, _ = await hanging(world, log)

        async def end() -> None:
            await asyncio.sleep(HANGING_SECONDS / 2)
            await lost.abort()

        ending = asyncio.create_task(end())
        found: Restore = await restored(world, log)
        await ending
        assert found.state.position is not None

    play(scenario)
