"""Invariant 10: a worker without state commits offsets only after its output is on the log: a crash loses nothing."""

from __future__ import annotations

from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from tests.broker.conftest import Cluster
from tests.broker.world import World, eventually, read_all
from workers.log.port import CommitUnknown, Producer, Record, TopicPartition
from workers.runtime.metrics import RuntimeMetrics
from workers.runtime.options import StatelessOptions
from workers.runtime.stateless import StatelessLoop

pytestmark = pytest.mark.broker


class CommitsFirst(StatelessLoop):
    """Without 10: offsets are committed when records are fetched, before their output is on the log."""

    async def _deliver(self, got: dict[TopicPartition, list[Record]]) -> None:
        await self._membership.commit_lazily({p: records[-1].offset + 1 for p, records in got.items()})
        await super()._deliver(got)


def copying(world: World, kind: type[StatelessLoop] = StatelessLoop, **options: Any) -> StatelessLoop:
    """Copies every input to the output topic, same partition."""

    def copy(records: list[Record], producer: Producer) -> None:
        for record in records:
            producer.append(world.output, record.partition, record.key, record.value)

    chosen = {
        "group": f"{world.name}-copy",
        "topics": [world.input],
        "client_id": f"{world.name}-copy",
        "instance_id": f"{world.name}-copy",
        "session_timeout_ms": 4_500,
        "lazy_commit_ms": 50,
        "housekeeping_ms": 100,
    } | options
    metrics = RuntimeMetrics("copy", CollectorRegistry())
    return kind(world.log, StatelessOptions(**chosen), copy, metrics=metrics)


async def missing(world: World, partition: int = 0) -> set[bytes]:
    """Inputs without output."""
    inputs = await read_all(world.log, TopicPartition(world.input, partition))
    return {record.value or b"" for record in inputs} - set(await world.outputs(partition))


async def all_there(world: World) -> bool:
    return not any([await missing(world, partition) for partition in range(world.partitions)])


async def crash_before_the_flush(cluster: Cluster, kind: type[StatelessLoop]) -> World:
    """The first life ends after it fetched the inputs and before their output was flushed; then a second life."""
    world = await cluster.world()
    await world.publish(20)
    first = copying(world, kind, attempts_max=1)

    class Dying:
        def append(self, *record: Any) -> None:
            """Takes what will never be sent."""

        async def flush(self, *, deadline_ms: int) -> None:
            raise CommitUnknown("killed before the flush")

        async def close(self) -> None:
            """Nothing is open."""

    async def dying(*, client_id: str) -> Producer:
        return Dying()

    first._kafka = _Log(cluster.log, dying)  # type: ignore[assignment]
    await first.start()
    await eventually(lambda: first.crashed, what="the first life's end")
    await first.stop()
    async with copying(world, kind) as second:
        await world.publish(5)
        await eventually(lambda: second.metrics.records >= 5, what="the second life's first records")
        try:
            await eventually(lambda: all_there(world), seconds=10 if kind is StatelessLoop else 1, what="all outputs")
        except AssertionError:
            assert kind is not StatelessLoop, "a sound loop loses nothing"
    return world


class _Log:
    """The real log with another way to make a producer."""

    def __init__(self, inner: Any, producer: Any) -> None:
        self._inner, self.producer = inner, producer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


async def test_a_crash_before_the_flush_loses_nothing(cluster: Cluster) -> None:
    assert await missing(await crash_before_the_flush(cluster, StatelessLoop)) == set()


async def test_committing_before_the_flush_loses_records(cluster: Cluster) -> None:
    assert len(await missing(await crash_before_the_flush(cluster, CommitsFirst))) == 21


async def test_a_second_life_starts_at_the_committed_offset(cluster: Cluster) -> None:
    world = await cluster.world(partitions=2)
    await world.publish(40)
    async with copying(world):
        await eventually(lambda: all_there(world), what="all outputs")
    await world.publish(10)
    async with copying(world) as second:
        await eventually(lambda: all_there(world), what="all outputs")
        await eventually(lambda: second.health.ready, what="health")
        assert second.metrics.records == 10
    assert len(await world.outputs(0)) + len(await world.outputs(1)) == 52
