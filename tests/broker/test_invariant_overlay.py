"""Invariants 4 and 5: merge after the answer; unknown is asked from the log; fenced gives up and joins anew."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.broker import sabotage
from tests.broker.conftest import Cluster
from tests.broker.faulty import Around, FaultyLog, Gate, answer_lost, not_sent
from tests.broker.owner import Owner
from tests.broker.world import World, eventually
from workers.runtime.checkpoint import KafkaCheckpoint
from workers.runtime.service import PartitionRuntime

pytestmark = pytest.mark.broker


async def one_commit_goes_wrong(
    cluster: Cluster, fault: Around, checkpoint_type: type[KafkaCheckpoint] = KafkaCheckpoint
) -> tuple[World, int]:
    """Three batches, the second with the fault; returns the world and how many outcomes were unknown."""
    world = await cluster.world()
    log = FaultyLog(cluster.bootstrap)
    try:
        async with world.running(log=log, checkpoint_type=checkpoint_type) as runtime:
            await world.publish(5)
            await world.settled()
            log.commits = [fault]
            await world.publish(5)
            await eventually(lambda: not log.commits, what="the commit that goes wrong")
            await world.publish(5)
            await _settled_or_stopped(world, runtime)
            return world, runtime.metrics.commit_unknown
    finally:
        await log.close()


async def _settled_or_stopped(world: World, runtime: PartitionRuntime) -> None:
    """A sabotaged runtime may never answer everything: then the wait is short, and the audit says what is missing."""
    sound = runtime._around.checkpoint_type is KafkaCheckpoint
    try:
        await world.settled(seconds=20 if sound else 2)
    except AssertionError:
        if sound:
            raise


@pytest.mark.parametrize("fault", [not_sent, answer_lost])
async def test_an_unknown_commit_is_settled_by_the_log(cluster: Cluster, fault: Around) -> None:
    world, unknown = await one_commit_goes_wrong(cluster, fault)
    assert unknown == 1
    assert await world.faults() == []


async def test_merging_before_the_commit_leaves_the_state_ahead(cluster: Cluster) -> None:
    world, _ = await one_commit_goes_wrong(cluster, not_sent, sabotage.MergeBeforeCommit)
    assert "state differs from the truth" in (await world.faults())[-1]


async def test_taking_unknown_for_committed_loses_a_batch(cluster: Cluster) -> None:
    world, _ = await one_commit_goes_wrong(cluster, not_sent, sabotage.UnknownIsCommitted)
    assert await world.faults() != []


async def test_taking_unknown_for_lost_decides_twice(cluster: Cluster) -> None:
    world, _ = await one_commit_goes_wrong(cluster, answer_lost, sabotage.UnknownIsLost)
    assert "15 outputs expected, 20 found, 5 repeated" in (await world.faults())[0]


async def fenced_in_mid_commit(cluster: Cluster, **parts: Any) -> tuple[World, PartitionRuntime]:
    """A worker holds a folded batch while another owner settles the same records; then the worker commits."""
    world = await cluster.world()
    log, gate = FaultyLog(cluster.bootstrap), Gate()
    try:
        async with world.running(log=log, **parts) as runtime:
            await world.publish(5)
            await world.settled()
            log.commits = [gate.hold]
            await world.publish(5)
            await asyncio.wait_for(gate.reached.wait(), 10)
            async with Owner(world, "b") as successor:
                await (await successor.restored()).settle()
            gate.open.set()
            await eventually(lambda: runtime.metrics.fenced + runtime.metrics.commit_unknown, what="the fence")
            await world.publish(5)
            await _settled_or_stopped(world, runtime)
        return world, runtime
    finally:
        await log.close()


async def test_a_fenced_owner_gives_up_and_joins_anew(cluster: Cluster) -> None:
    world, runtime = await fenced_in_mid_commit(cluster)
    assert (runtime.metrics.fenced, runtime.metrics.rejoins) == (1, 1)
    assert await world.faults() == []


async def test_a_fenced_owner_that_goes_on_decides_twice(cluster: Cluster) -> None:
    world, _ = await fenced_in_mid_commit(cluster, checkpoint_type=sabotage.FencedGoesOn)
    assert "15 outputs expected, 20 found, 5 repeated" in (await world.faults())[0]
