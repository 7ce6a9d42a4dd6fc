"""Invariants 6 and 9: static members, generations, restores outside the listener, small changelog records."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.broker import sabotage
from tests.broker.conftest import Cluster
from tests.broker.faulty import FaultyLog
from tests.broker.world import World, eventually, read_all
from workers.log.port import TopicPartition
from workers.runtime.checkpoint import KafkaCheckpoint
from workers.runtime.ownership import Membership
from workers.runtime.position import Position
from workers.runtime.restore import Restore, RestoredState
from workers.runtime.service import PartitionRuntime
from workers.runtime.surroundings import Phase

pytestmark = pytest.mark.broker


def _running(runtime: PartitionRuntime) -> int:
    return sum(partition.phase is Phase.RUNNING for partition in runtime.partitions.values())


def _generation(runtime: PartitionRuntime) -> int:
    return runtime._membership.generation


async def restart_of_a_slot(cluster: Cluster, **options: Any) -> int:
    """Two workers, one of them restarted at once; returns how many rebalances the other one saw meanwhile."""
    world = await cluster.world(partitions=2)
    async with world.running("a", options=options) as healthy:
        async with world.running("b", options=options) as restarted:
            await eventually(lambda: _running(healthy) == 1 and _running(restarted) == 1, what="one partition each")
            before = _generation(healthy)
        async with world.running("b", options=options) as restarted:
            await eventually(lambda: _running(restarted) == 1, what="the partition of b")
            await world.publish(10)
            await world.settled()
            return _generation(healthy) - before


async def test_a_slot_that_restarts_disturbs_nobody(cluster: Cluster) -> None:
    assert await restart_of_a_slot(cluster) == 0


async def test_without_an_instance_id_a_restart_stops_everybody(cluster: Cluster) -> None:
    assert await restart_of_a_slot(cluster, instance_id=None) > 0


async def fetched_before_a_rebalance(
    cluster: Cluster, membership_type: type[Membership]
) -> tuple[World, PartitionRuntime]:
    """A poll of worker a answers only after worker b has joined and a has its partition again."""
    world = await cluster.world(partitions=2)
    await world.publish(20)
    log = FaultyLog(cluster.bootstrap)
    try:
        async with world.running("a", log=log, membership_type=membership_type) as first:

            async def until_the_next_generation_runs() -> None:
                generation = _generation(first)
                async with world.running("b"):
                    await eventually(lambda: _generation(first) > generation and _running(first) == 1, what="a again")

            await eventually(lambda: _running(first) == 2, what="both partitions")
            await world.settled()
            log.late_polls = [until_the_next_generation_runs]
            await world.publish(20)
            sound = membership_type is Membership
            try:
                await world.settled(seconds=25 if sound else 12)
            except AssertionError:
                if sound:
                    raise
            return world, first
    finally:
        await log.close()


async def test_records_fetched_before_a_rebalance_are_dropped_and_come_again(cluster: Cluster) -> None:
    world, first = await fetched_before_a_rebalance(cluster, Membership)
    assert first._membership.stale_records > 0
    assert first.metrics.stops == 0
    assert await world.faults() == []


async def test_believing_records_of_an_old_generation_is_caught(cluster: Cluster) -> None:
    world, first = await fetched_before_a_rebalance(cluster, sabotage.NoGenerations)
    assert first.metrics.stops > 0 or await world.faults() != []


class SlowRestore(Restore):
    """Longer than the session of this test."""

    async def run(self) -> tuple[RestoredState, Position]:
        await asyncio.sleep(3.5)
        return await super().run()


class RestoreInTheListener(Membership):
    """Without 9: the rebalance waits for the restore."""

    runtime: PartitionRuntime

    async def assigned(self, partitions: frozenset[TopicPartition]) -> None:
        await super().assigned(partitions)
        partitions_restored = [
            eventually(lambda p=p: p.phase is not Phase.RESTORING, what="the restore")
            for p in self.runtime.partitions.values()
        ]
        await asyncio.gather(*partitions_restored)


async def slow_restore(cluster: Cluster, membership_type: type[Membership]) -> int:
    """How often a worker was assigned its partition while a restore took longer than its session."""
    world = await cluster.world()
    await world.publish(5)
    options = {"session_timeout_ms": 1_500, "revoke_deadline_ms": 400, "close_deadline_ms": 400}
    runtime = world.runtime("a", options=options, restore_type=SlowRestore, membership_type=membership_type)
    if isinstance(runtime._membership, RestoreInTheListener):
        runtime._membership.runtime = runtime
    await runtime.start()
    try:
        if membership_type is not Membership:
            await eventually(lambda: _generation(runtime) > 1, seconds=15, what="the end of the session")
        await world.settled()
        return _generation(runtime)
    finally:
        await runtime.stop()


async def test_a_restore_longer_than_the_session_is_survived(cluster: Cluster) -> None:
    assert await slow_restore(cluster, Membership) == 1


async def test_restoring_inside_the_listener_loses_the_membership(cluster: Cluster) -> None:
    """Trap 10: no heartbeat while the listener runs, so the session ends and everything begins again."""
    assert await slow_restore(cluster, RestoreInTheListener) > 1


async def changelog_grows_by(cluster: Cluster, checkpoint_type: type[KafkaCheckpoint]) -> int:
    """Changelog records of one input when forty keys are known."""
    world = await cluster.world()
    changelog = TopicPartition(world.changelog, 0)
    async with world.running(checkpoint_type=checkpoint_type):
        await world.publish(40, keys=40)
        await world.settled()
        before = len(await read_all(cluster.log, changelog))
        await world.publish(1, keys=40)
        await world.settled()
        return len(await read_all(cluster.log, changelog)) - before


async def test_a_batch_writes_what_it_changed_and_the_position(cluster: Cluster) -> None:
    assert await changelog_grows_by(cluster, KafkaCheckpoint) == 2


async def test_writing_everything_each_time_is_seen(cluster: Cluster) -> None:
    assert await changelog_grows_by(cluster, sabotage.WholeStateInOneValue) > 40
