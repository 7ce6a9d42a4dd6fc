"""What was measured of Faust holds in the app: options, acknowledging after the store, in order, committed only."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import faust
import pytest
from faust.transport.drivers import aiokafka as driver
from mode.supervisors import CrashingSupervisor
from prometheus_client import REGISTRY

from tests.unit.history.history_records import answered, decided, person_key
from workers.errors import Stop
from workers.history.app import WRITERS, Projection, build
from workers.history.database import Database, Source
from workers.settings import Settings


@pytest.fixture
def app(tmp_path: Path) -> faust.App:
    config = Settings(bootstrap="127.0.0.1:1,127.0.0.1:2", data_dir=tmp_path, database=tmp_path / "h.sqlite")
    return build(config, "slot-1")


def test_every_option_that_the_defaults_would_lose_records_by_is_set(app: faust.App) -> None:
    conf = app.conf
    assert conf.agent_supervisor is CrashingSupervisor
    assert conf.stream_wait_empty is False
    assert conf.broker_commit_interval == 0.5
    assert conf.topic_allow_declare is False
    assert conf.topic_disable_leader is True
    assert conf.web_enabled is False
    assert conf.table_standby_replicas == 0
    assert str(conf.processing_guarantee.value) == "at_least_once"
    assert conf.consumer_auto_offset_reset == "earliest"
    assert conf.consumer_group_instance_id == "slot-1"
    assert conf.broker_session_timeout <= conf.broker_request_timeout
    assert [str(url) for url in conf.broker] == ["kafka://127.0.0.1:1", "kafka://127.0.0.1:2"]


def test_every_topic_has_one_agent_that_is_never_concurrent(app: faust.App) -> None:
    agents = {name: agent for name, agent in app.agents.items() if name.startswith("history.")}
    assert set(agents) == {f"history.{short}" for short in WRITERS}
    assert {agent.concurrency for agent in agents.values()} == {1}


class Kafka:
    """Stands for aiokafka's consumer, which keeps what it is made with."""

    def __init__(self, **options: Any) -> None:
        self._isolation_level = options["isolation_level"]


def _isolation(app: faust.App, monkeypatch: pytest.MonkeyPatch) -> str:
    """The isolation level of the consumer that Faust would start."""

    async def nothing(*_: Any) -> None: ...

    monkeypatch.setattr(driver.aiokafka, "AIOKafkaConsumer", Kafka)
    app.finalize()
    consumer = app.transport.create_consumer(
        nothing, on_partitions_revoked=nothing, on_partitions_assigned=nothing, commit_interval=1.0
    )
    thread = consumer._new_consumer_thread()
    try:
        return str(thread._create_worker_consumer(app.transport)._isolation_level)
    finally:
        for made in (consumer._thread, thread):
            made.thread_loop.close()


async def test_the_consumer_reads_committed_records_only(app: faust.App, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _isolation(app, monkeypatch) == "read_committed"
    plain = faust.App("plain", broker="kafka://127.0.0.1:1")
    assert _isolation(plain, monkeypatch) == "read_uncommitted", "the default changed: committed.py may go"


async def test_an_aiokafka_that_keeps_it_elsewhere_stops_the_process(
    app: faust.App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Kafka, "__init__", lambda self, **options: None)
    with pytest.raises(Stop, match=r"adapt workers/history/committed\.py"):
        _isolation(app, monkeypatch)


class Stream:
    """Hands out runs of events as a Faust stream does, and notes what is acknowledged when."""

    def __init__(self, database: Database, *runs: list[tuple[int, int, bytes | None]]) -> None:
        self._database = database
        self._runs = runs
        self.acked: list[tuple[int, int]] = []

    async def noack_take(self, count: int, within: float) -> AsyncIterator[list[Any]]:
        for run in self._runs:
            yield [SimpleNamespace(message=self._message(*each)) for each in run]

    @staticmethod
    def _message(partition: int, offset: int, value: bytes | None) -> Any:
        return SimpleNamespace(partition=partition, offset=offset, timestamp=1.5, key=b"k", value=value, headers=[])

    async def ack(self, event: Any) -> None:
        message = event.message
        stored = self._database.position(Source("journal.answered", message.partition))
        assert stored > message.offset, "acknowledged before it was stored"
        self.acked.append((message.partition, message.offset))


def _answers(*places: tuple[int, int]) -> list[tuple[int, int, bytes | None]]:
    return [(partition, offset, answered(partition, offset, person_key(1))) for partition, offset in places]


async def test_events_are_acknowledged_after_the_store_every_one_and_in_order(tmp_path: Path) -> None:
    with Database(tmp_path / "h.sqlite") as database:
        stream = Stream(database, _answers((0, 0), (1, 0), (0, 1)), _answers((0, 1), (0, 2), (1, 5)))
        projection = Projection(database)
        await projection.follow("journal.answered", stream)
        assert stream.acked == [(0, 0), (1, 0), (0, 1), (0, 1), (0, 2), (1, 5)]
        assert projection.taken == 5, "what came twice was passed over"


async def test_a_record_that_stops_is_not_acknowledged_and_ends_the_agent(tmp_path: Path) -> None:
    with Database(tmp_path / "h.sqlite") as database:
        stream = Stream(database, _answers((0, 0)), [*_answers((0, 1)), (0, 2, None)], _answers((0, 3)))
        with pytest.raises(Stop, match="without value"):
            await Projection(database).follow("journal.answered", stream)
        assert stream.acked == [(0, 0)]
        assert database.position(Source("journal.answered", 0)) == 1


async def test_a_scrape_shows_the_totals_of_the_database(tmp_path: Path) -> None:
    with Database(tmp_path / "h.sqlite") as database:
        projection = Projection(database)
        raw = decided(person_key(1), 2, 5)
        stream = SimpleNamespace(acked=[])

        async def take(count: int, within: float) -> AsyncIterator[list[Any]]:
            message = SimpleNamespace(partition=0, offset=0, timestamp=0.0, key=b"k", value=raw, headers=[])
            yield [SimpleNamespace(message=message)]

        async def ack(event: Any) -> None:
            stream.acked.append(event)

        stream.noack_take, stream.ack = take, ack
        await projection.follow("assistance.decided", stream)
        projection.publish()
        assert REGISTRY.get_sample_value("settlement_history_waiting_decisions") == 1.0
