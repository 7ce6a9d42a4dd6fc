"""The one real broker of a test session, and brokers of their own for tests that kill them."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from workers.log.admin import TopicSpec, create_topics
from workers.log.broker import Broker
from workers.log.broker_jars import missing
from workers.log.kafka import KafkaLog

ROOT = Path(__file__).resolve().parents[1]
LIBS = ROOT / "var" / "kafka" / "libs"


@dataclass(frozen=True)
class KafkaUnderTest:
    """What a test gets: where the broker is, names nobody else has, topics on demand."""

    bootstrap: str
    broker: Broker | None = None
    """None where the session uses a broker that was running before (`TUODI_TEST_BOOTSTRAP`)."""

    def log(self) -> KafkaLog:
        """A new client; the test closes it."""
        return KafkaLog(self.bootstrap)

    def name(self, stem: str = "t") -> str:
        """A topic, group or transactional id of this test alone."""
        return f"{stem}-{uuid.uuid4().hex[:10]}"

    async def topic(self, partitions: int = 1, *, stem: str = "t", **config: str) -> str:
        """Create a topic of its own: `await kafka.topic(3, **{"cleanup.policy": "compact"})`."""
        name = self.name(stem)
        await create_topics(self.bootstrap, [TopicSpec(name, partitions, 1, config)])
        return name


def require_kafka() -> None:
    """Skip with the reason where Java or the jars are missing; in CI that is a failure, not a skip."""
    reason = missing(LIBS)
    if reason is None:
        return
    if os.environ.get("CI"):
        pytest.fail(f"a real Kafka is required in CI: {reason}")
    pytest.skip(f"no real Kafka here: {reason}")


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaUnderTest]:
    """One broker for the whole session. Never stop it in a test: take `own_kafka` for that.

    `TUODI_TEST_BOOTSTRAP=host:port` takes a running one instead, for short runs while developing.
    """
    given = os.environ.get("TUODI_TEST_BOOTSTRAP")
    if given:
        yield KafkaUnderTest(given)
        return
    yield from running_kafka(tmp_path_factory.mktemp("kafka"))


@pytest.fixture
def own_kafka(tmp_path: Path) -> Iterator[KafkaUnderTest]:
    """A broker of this test alone, to stop, kill and start again."""
    yield from running_kafka(tmp_path / "kafka")


def running_kafka(directory: Path, kind: type[Broker] = Broker) -> Iterator[KafkaUnderTest]:
    """A broker that runs until the fixture that yields from here ends; `kind` is one with settings of its own."""
    require_kafka()
    broker = kind(directory, LIBS)
    broker.start()
    try:
        yield KafkaUnderTest(broker.bootstrap, broker)
    finally:
        broker.kill9()  # its data goes with the folder: a controlled shutdown would only take longer
        broker.wipe()
