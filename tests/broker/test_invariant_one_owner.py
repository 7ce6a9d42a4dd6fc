"""Invariants 1 and 2: one transactional id per partition, init before restore, the end asked for after the init."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

from tests.broker import sabotage
from tests.broker.conftest import Cluster
from tests.broker.owner import Owner
from tests.broker.world import World
from workers.log.port import Fenced
from workers.runtime.restore import Restore

pytestmark = pytest.mark.broker


async def two_owners_decide(cluster: Cluster, **options: Any) -> tuple[World, bool]:
    """A zombie wakes up with a batch in hand that its successor has settled; returns whether it was fenced."""
    world = await cluster.world()
    await world.publish(5)
    async with Owner(world, "a", options=options) as zombie, Owner(world, "b", options=options) as successor:
        await (await zombie.restored()).settle()
        await world.publish(5)
        in_hand = await zombie.waiting()
        await (await successor.restored()).settle()
        try:
            await zombie.settle(in_hand)
        except Fenced:
            return world, True
        return world, False


async def test_a_zombie_is_fenced_by_its_successors_init(cluster: Cluster) -> None:
    world, fenced = await two_owners_decide(cluster)
    assert fenced
    assert await world.faults() == []


async def test_without_an_id_per_partition_a_zombie_decides_twice(cluster: Cluster) -> None:
    world, fenced = await two_owners_decide(cluster, kind=sabotage.IdPerWorker)
    assert not fenced
    assert "10 outputs expected, 15 found, 5 repeated" in (await world.faults())[0]


async def restore_while_the_zombie_commits(cluster: Cluster, restore_type: type[Restore]) -> World:
    """The former owner's transaction is open on the broker; it commits as late as it is allowed to, then all go on."""
    world = await cluster.world()
    await world.publish(5)
    async with Owner(world, "a") as zombie:
        await zombie.restored()
        assert zombie.producer is not None
        assert zombie.checkpoint is not None
        folded = await zombie.checkpoint.fold_batch(await zombie.waiting())
        await zombie.checkpoint.begin()
        zombie.checkpoint.append_outputs(folded)
        zombie.checkpoint.append_changelog(folded)
        zombie.checkpoint.append_position(folded)
        await zombie.producer.flush(deadline_ms=5_000)
        producer = zombie.producer

        class Late(restore_type):  # type: ignore[misc, valid-type]
            async def end(self) -> int:
                end: int = await super().end()
                with suppress(Fenced):
                    await producer.commit(deadline_ms=5_000)
                return end

        async with Owner(world, "b", restore_type=Late) as successor:
            await (await successor.restored()).settle()
            await world.publish(5)
            await successor.settle()
    return world


async def test_what_a_zombie_leaves_open_is_aborted_before_the_restore(cluster: Cluster) -> None:
    world = await restore_while_the_zombie_commits(cluster, Restore)
    assert await world.faults() == []


@pytest.mark.parametrize("restore_type", [sabotage.InitAfterRestore, sabotage.EndBeforeInit])
async def test_an_end_asked_for_before_the_init_hides_the_tail(cluster: Cluster, restore_type: type[Restore]) -> None:
    world = await restore_while_the_zombie_commits(cluster, restore_type)
    assert "10 outputs expected, 15 found, 5 repeated" in (await world.faults())[0]
