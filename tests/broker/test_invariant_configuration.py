"""Invariants 7, 12 and 13: back-offs that are spelled, health that is progress, topics that keep the journal."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from schemas.topics import FOREVER_MS, TOPICS, Cleanup, Kind, Timestamp
from tests.broker.conftest import Cluster
from tests.broker.faulty import FaultyLog, Gate
from tests.broker.world import eventually
from workers.log import kafka_transaction
from workers.log.kafka import KafkaLog
from workers.runtime.health import Verdict

ROOT = Path(__file__).parents[2]


# ---- 7: after EndTxn answers, the broker still writes markers; the next transaction must not sleep for them


class _Watched:
    """The asyncio of the module, with its sleeps written down."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(seconds)


async def longest_sleep(cluster: Cluster, monkeypatch: pytest.MonkeyPatch, *, cycles: int, until: float = 1.0) -> float:
    """The longest back-off, in seconds, of transactions one after the other; ends at the first one of `until`."""
    world = await cluster.world(partitions=12)
    log, watched = KafkaLog(cluster.bootstrap), _Watched()
    producer = await log.transactional(
        transactional_id=f"{world.name}-cycle", client_id="cycle", transaction_timeout_ms=10_000
    )
    await producer.init(deadline_ms=10_000)
    with monkeypatch.context() as patched:
        patched.setattr(kafka_transaction, "asyncio", watched)
        for _ in range(cycles):
            await producer.begin()
            for partition in range(world.partitions):
                producer.append(world.output, partition, b"k", b"v")
            await producer.commit(deadline_ms=5_000)
            if max(watched.slept, default=0.0) >= until:
                break
    await producer.close()
    await log.close()
    return max(watched.slept, default=0.0)


@pytest.mark.broker
async def test_the_back_off_of_transactions_is_ours(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    assert await longest_sleep(cluster, monkeypatch, cycles=40) <= 0.002


@pytest.mark.broker
async def test_as_shipped_every_transaction_may_sleep_for_markers(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without 7: the same cycles with what the client ships with, until the broker is once behind its markers."""
    monkeypatch.setattr(kafka_transaction, "TRANSACTION_BACKOFF_MS", 20)
    assert await longest_sleep(cluster, monkeypatch, cycles=1_000, until=0.02) >= 0.02


# ---- 12: health is progress


@pytest.mark.broker
async def test_a_worker_that_hangs_in_a_commit_is_not_ready_and_then_exits(cluster: Cluster) -> None:
    world = await cluster.world()
    log, gate = FaultyLog(cluster.bootstrap), Gate()
    options = {"stall_ms": 1_000, "commit_deadline_ms": 9_000}
    try:
        async with world.running(log=log, options=options) as runtime:
            await world.publish(5)
            await world.settled()
            await eventually(lambda: runtime.health.verdict is Verdict.READY, what="ready")
            log.commits = [gate.hold]
            await world.publish(5)
            await eventually(lambda: runtime.health.verdict is Verdict.NOT_READY, what="not ready")
            assert "has not moved" in runtime.health.reasons[0]
            await eventually(lambda: runtime.crashed, what="the end of the process")
    finally:
        gate.open.set()
        await log.close()


@pytest.mark.broker
async def test_an_idle_worker_is_ready_however_long_it_idles(cluster: Cluster) -> None:
    world = await cluster.world(partitions=2)
    async with world.running(options={"stall_ms": 1_000}) as runtime:
        await world.publish(6)
        await world.settled()
        await eventually(lambda: runtime.health.verdict is Verdict.READY, what="ready")
        still = min(partition.moved_at for partition in runtime.partitions.values())
        await eventually(
            lambda: runtime.health.partitions and min(r.still_seconds for r in runtime.health.partitions) > 2.5,
            what="more than two stall times",
        )
        assert runtime.health.verdict is Verdict.READY
        assert not runtime.crashed
        assert still == min(partition.moved_at for partition in runtime.partitions.values())


@pytest.mark.broker
async def test_one_stopped_partition_is_red_and_the_others_go_on(cluster: Cluster) -> None:
    world = await cluster.world(partitions=2)
    async with world.running() as runtime:
        producer = await cluster.log.producer(client_id="poison")
        producer.append(world.input, 0, b"k", b'{"id": "poison", "key": "k", "amount": 1}')
        await producer.flush(deadline_ms=5_000)
        await producer.close()
        await eventually(lambda: any("0 is stopped" in r for r in runtime.health.reasons), what="a red partition")
        assert runtime.health.verdict is Verdict.NOT_READY
        await world.publish(6, partition=1)
        await eventually(lambda: _answered(world.outputs(1), 6), what="the other partition's outputs")
        assert not runtime.crashed
        assert runtime.committed(0) is None


async def _answered(outputs: object, count: int) -> bool:
    return len(await outputs) == count  # type: ignore[misc]


# ---- 13: what the broker must keep


def test_the_journal_is_kept_for_ever_and_stamped_by_the_broker() -> None:
    journal = TOPICS["journal"]
    assert journal.cleanup is Cleanup.DELETE
    assert journal.retention_ms == FOREVER_MS
    assert journal.timestamp is Timestamp.APPEND


def test_feeds_are_deleted_and_state_is_compacted() -> None:
    assert {topic.cleanup for topic in TOPICS.values() if topic.kind is Kind.FEED} == {Cleanup.DELETE}
    compacted = {topic.short for topic in TOPICS.values() if topic.cleanup is Cleanup.COMPACT}
    assert {"ledger-changelog", "person.accumulated"} <= compacted


def test_no_unclean_leader_and_no_topic_by_accident() -> None:
    properties = (ROOT / "deploy/kafka/server.properties").read_text()
    lines = set(properties.splitlines())
    assert "unclean.leader.election.enable=false" in lines
    assert "auto.create.topics.enable=false" in lines
