"""A commit whose connection is cut, before or after the broker saw it: the TCP proxy in place of a broken network."""

from __future__ import annotations

import asyncio

import pytest

from tests.broker import sabotage
from tests.broker.conftest import Cluster
from tests.broker.world import World, eventually
from tests.tcp_proxy import Mode, proxied
from workers.log.kafka import KafkaLog
from workers.runtime.checkpoint import KafkaCheckpoint

pytestmark = pytest.mark.broker

COMMIT_DEADLINE_MS = 800
END_TXN = 26
"""API key of EndTxn in the Kafka protocol."""


async def cut_at_the_commit(
    cluster: Cluster,
    monkeypatch: pytest.MonkeyPatch,
    *,
    arrives: bool,
    checkpoint_type: type[KafkaCheckpoint] = KafkaCheckpoint,
) -> tuple[World, int]:
    """EndTxn of the second batch is swallowed, or its answer is; past the deadline all connections break."""
    world = await cluster.world()
    async with proxied(cluster.bootstrap, monkeypatch) as proxy:
        log = KafkaLog(cluster.bootstrap)
        options = {"commit_deadline_ms": COMMIT_DEADLINE_MS}
        sound = checkpoint_type is KafkaCheckpoint
        try:
            async with world.running(log=log, options=options, checkpoint_type=checkpoint_type) as runtime:
                await world.publish(5)
                await world.settled()
                proxy.when(END_TXN, Mode.DROP_REPLIES if arrives else Mode.HOLD, passed_on=arrives)
                await world.publish(5)
                await asyncio.wait_for(proxy.sprung.wait(), 10)
                partition = next(iter(runtime.partitions.values()))
                await eventually(
                    lambda: runtime.metrics.commit_unknown or partition.in_flight == 0, what="the commit's deadline"
                )
                proxy.set(Mode.CUT)
                proxy.set(Mode.THROUGH)
                await world.publish(5)
                try:
                    await world.settled(seconds=20 if sound else 3)
                except AssertionError:
                    assert not sound, "a sound runtime settles everything"
            return world, runtime.metrics.commit_unknown
        finally:
            await log.close()
            await cluster.log.close()  # what it connected in here goes through the proxy


@pytest.mark.parametrize("arrives", [False, True])
async def test_a_cut_commit_is_decided_once(cluster: Cluster, monkeypatch: pytest.MonkeyPatch, arrives: bool) -> None:
    world, unknown = await cut_at_the_commit(cluster, monkeypatch, arrives=arrives)
    assert unknown >= 1
    assert await world.faults() == []


async def test_a_cut_commit_taken_for_lost_is_decided_twice(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    world, _ = await cut_at_the_commit(cluster, monkeypatch, arrives=True, checkpoint_type=sabotage.UnknownIsLost)
    assert "15 outputs expected, 20 found, 5 repeated" in (await world.faults())[0]


async def test_a_cut_commit_taken_for_committed_is_missing(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    world, _ = await cut_at_the_commit(cluster, monkeypatch, arrives=False, checkpoint_type=sabotage.UnknownIsCommitted)
    assert await world.faults() != []
