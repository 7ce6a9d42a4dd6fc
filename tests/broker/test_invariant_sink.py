"""Invariant 11: a SQL sink moves its position by compare-and-set in the transaction of its rows."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.broker.conftest import Cluster
from tests.broker.world import World, read_all
from workers.errors import Stop
from workers.history.database import Database, Row, Source
from workers.log.port import TopicPartition

pytestmark = pytest.mark.broker


class NoCompare(Database):
    """Without 11: sets the position whatever it was."""

    def _move(self, source: Source, at: int, to: int) -> None:
        self.connection.execute(
            "UPDATE position SET next = ? WHERE topic = ? AND partition = ?", (to, source.topic, source.partition)
        )


def count(database: sqlite3.Connection, source: Source, row: Row) -> None:
    """Not idempotent on purpose: a row stored twice is seen."""
    database.execute("CREATE TABLE IF NOT EXISTS seen (offset INTEGER)")
    database.execute("INSERT INTO seen VALUES (?)", (row.offset,))


async def two_sinks_on_one_file(cluster: Cluster, path: Path, kind: type[Database]) -> tuple[World, list[int], bool]:
    """Both have read the position before either moves it; returns what is stored and whether one was stopped."""
    world = await cluster.world()
    await world.publish(5)
    async with world.running():
        await world.settled()
    source = Source(world.output, 0)
    records = await read_all(cluster.log, TopicPartition(world.output, 0))
    rows = [Row(r.offset, r.timestamp_ms, r.key, r.value) for r in records]
    stopped = False
    with kind(path) as zombie, kind(path) as successor:
        assert zombie.position(source) == successor.position(source) == 0
        assert successor.take(source, rows, count) == 5
        try:
            zombie.take(source, rows, count)
        except Stop:
            stopped = True
        stored = [offset for (offset,) in successor.connection.execute("SELECT offset FROM seen")]
    return world, stored, stopped


async def test_a_second_sink_is_stopped_and_stores_nothing(cluster: Cluster, tmp_path: Path) -> None:
    _, stored, stopped = await two_sinks_on_one_file(cluster, tmp_path / "model.sqlite", Database)
    assert stopped
    assert len(stored) == len(set(stored)) == 5


async def test_without_the_comparison_every_row_is_stored_twice(cluster: Cluster, tmp_path: Path) -> None:
    _, stored, stopped = await two_sinks_on_one_file(cluster, tmp_path / "model.sqlite", NoCompare)
    assert not stopped
    assert len(stored) == 2 * len(set(stored)) == 10
