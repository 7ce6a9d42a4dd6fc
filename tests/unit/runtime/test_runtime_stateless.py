"""The loop without state over the memory log: what it fetched is delivered or fetched again, however long it takes."""

from __future__ import annotations

import asyncio

import pytest
from prometheus_client import CollectorRegistry

from tests.broker.world import World, read_all
from tests.unit.runtime.test_runtime_memory import play
from workers.errors import Retry
from workers.log.memory import MemoryLog
from workers.log.port import Producer, Record, TopicPartition
from workers.runtime.metrics import RuntimeMetrics
from workers.runtime.options import StatelessOptions
from workers.runtime.stateless import StatelessLoop


def test_a_broker_that_stays_away_for_every_attempt_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fetched, not written, and no producer to be had: the next life begins with these records."""

    async def scenario(world: World, log: MemoryLog) -> None:
        away = asyncio.Event()
        producer_of = log.producer

        async def producer(*, client_id: str) -> Producer:
            if away.is_set() and client_id == "carry":
                raise Retry("the broker did not answer")
            return await producer_of(client_id=client_id)

        async def flush(point: str, who: str) -> None:
            if away.is_set() and point == "flush" and who == "carry":
                raise ConnectionResetError

        monkeypatch.setattr(log, "producer", producer)
        log.hook = flush

        def copy(records: list[Record], out: Producer) -> None:
            for record in records:
                out.append(world.output, 0, record.key, record.value)

        def loop() -> StatelessLoop:
            options = StatelessOptions(group="copy", topics=[world.input], client_id="carry", attempts_max=3)
            return StatelessLoop(log, options, copy, metrics=RuntimeMetrics("copy", CollectorRegistry()))

        first = loop()
        await first.start()
        away.set()
        await world.publish(5)
        await asyncio.sleep(5)
        away.clear()
        await world.publish(5)
        await asyncio.sleep(5)
        crashed = first.crashed
        await first.stop()
        if crashed:
            second = loop()
            await second.start()
            await asyncio.sleep(5)
            await second.stop()

        wanted = [record.value for record in await read_all(log, TopicPartition(world.input, 0)) if record.key]
        found = [record.value for record in await read_all(log, TopicPartition(world.output, 0))]
        assert [value for value in wanted if value not in found] == []

    play(scenario)
