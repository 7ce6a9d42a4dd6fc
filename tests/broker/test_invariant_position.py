"""Invariant 3: the position lives in the state; a missing, foreign or impossible one is a stop, never a guess."""

from __future__ import annotations

import pytest

from tests.broker import sabotage
from tests.broker.conftest import Cluster
from tests.broker.owner import Owner
from tests.broker.world import INCARNATION, World
from workers.errors import Stop
from workers.runtime.position import Position
from workers.runtime.restore import Restore

pytestmark = pytest.mark.broker


async def owner_dies_before_its_offsets_are_committed(cluster: Cluster, restore_type: type[Restore]) -> World:
    world = await cluster.world()
    await world.publish(5)
    async with Owner(world, "a") as former:
        await (await former.restored()).settle()
    await world.publish(5)
    async with Owner(world, "b", restore_type=restore_type) as successor:
        await (await successor.restored()).settle()
    return world


async def test_the_successor_goes_on_at_the_position_of_the_state(cluster: Cluster) -> None:
    assert await (await owner_dies_before_its_offsets_are_committed(cluster, Restore)).faults() == []


async def test_with_group_offsets_instead_records_are_folded_twice(cluster: Cluster) -> None:
    world = await owner_dies_before_its_offsets_are_committed(cluster, sabotage.PositionFromGroup)
    assert "10 outputs expected, 15 found" in (await world.faults())[0]


async def worlds_mixed(cluster: Cluster, *, positions: bool, incarnation: str) -> World:
    """A world whose changelog belongs to another journal, or was lost and created anew."""
    world = await cluster.world()
    await world.publish(5)
    async with Owner(world, "a") as former:
        await (await former.restored()).settle()
    if positions:
        other = await World(cluster.log, cluster.create).open(incarnation=incarnation)
        other.changelog = world.changelog
    else:
        other = world
        other.changelog = (await cluster.world(positions=False)).changelog
    await other.publish(9)
    return other


async def test_a_lost_changelog_stops(cluster: Cluster) -> None:
    world = await worlds_mixed(cluster, positions=False, incarnation=INCARNATION)
    async with Owner(world, "b") as successor:
        with pytest.raises(Stop, match="has no !position"):
            await successor.restored()


async def test_taking_a_lost_changelog_for_a_new_one_pays_twice(cluster: Cluster) -> None:
    world = await worlds_mixed(cluster, positions=False, incarnation=INCARNATION)
    async with Owner(world, "b", restore_type=sabotage.MissingPositionIsZero) as successor:
        await (await successor.restored()).settle()
    assert "14 outputs expected, 19 found, 5 repeated" in (await world.faults())[0]


async def test_a_journal_created_anew_stops(cluster: Cluster) -> None:
    """Trap 11: the client sees no topic ids; only what is written into the journal tells."""
    world = await worlds_mixed(cluster, positions=True, incarnation="world-2")
    async with Owner(world, "b") as successor:
        with pytest.raises(Stop, match="another journal"):
            await successor.restored()


async def test_without_the_incarnation_a_new_journals_first_records_are_skipped(cluster: Cluster) -> None:
    world = await worlds_mixed(cluster, positions=True, incarnation="world-2")
    async with Owner(world, "b", restore_type=sabotage.AnyIncarnation) as successor:
        await (await successor.restored()).settle()
    assert "9 outputs expected, 4 found" in (await world.faults())[0]


async def journal_lost_its_tail(cluster: Cluster) -> World:
    """State further than its journal: what a restored backup or an unclean leader leaves behind."""
    world = await cluster.world()
    await world.publish(5)
    producer = await cluster.log.producer(client_id="backup")
    producer.append(world.changelog, 0, b"!position", Position(INCARNATION, 9, 0).to_bytes())
    await producer.flush(deadline_ms=5_000)
    await producer.close()
    return world


async def test_a_position_beyond_the_end_stops(cluster: Cluster) -> None:
    world = await journal_lost_its_tail(cluster)
    async with Owner(world, "b") as successor:
        with pytest.raises(Stop, match="the journal lost its tail"):
            await successor.restored()


async def test_believing_a_position_beyond_the_end_loses_records(cluster: Cluster) -> None:
    world = await journal_lost_its_tail(cluster)
    async with Owner(world, "b", restore_type=sabotage.NoEndCheck) as successor:
        await successor.restored()
        await world.publish(5)
        await successor.settle()
    assert "10 outputs expected, 2 found" in (await world.faults())[0]


async def records_come_again(cluster: Cluster, **parts: type[sabotage.NoOrderCheck]) -> World:
    world = await cluster.world()
    await world.publish(5)
    async with Owner(world, "a", **parts) as owner:
        in_hand = await (await owner.restored()).waiting()
        await owner.settle(in_hand)
        await owner.settle(in_hand)
    return world


async def test_a_record_below_the_position_stops(cluster: Cluster) -> None:
    with pytest.raises(Stop, match="below the position"):
        await records_come_again(cluster)


async def test_folding_below_the_position_pays_twice(cluster: Cluster) -> None:
    world = await records_come_again(cluster, checkpoint_type=sabotage.NoOrderCheck)
    assert "5 outputs expected, 10 found" in (await world.faults())[0]
