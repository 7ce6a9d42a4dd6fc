"""Topics of one round on a real broker: names of their own, 12 partitions, opened as `tuodi topics apply` does it."""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

from bench.sample import FeedLine
from workers.errors import Retry
from workers.journal.names import topic_name
from workers.journal.record import JournalRecord
from workers.log.admin import TopicSpec, create_topics
from workers.log.broker import Broker
from workers.log.kafka import KafkaLog
from workers.log.port import GroupMember, Isolation, Record, TopicPartition
from workers.settings import Settings
from workers.topics.apply import apply

LIBS = Path(__file__).parents[1] / "var/kafka/libs"
PARTITIONS = 12
INSTANCE = "bench"
"""One slot for every worker of a run: with another name, the group would wait for the session of the one before."""

LONG_LIVED = ("-XX:TieredStopAtLevel=4",)
"""A broker in service is compiled in full; the short-lived ones of the tests are not."""
FLUSH_RECORDS = 2_000
WAIT_SECONDS = 300.0
OPEN_ATTEMPTS = 3
_serial = itertools.count(1)


@contextmanager
def broker(bootstrap: str | None) -> Iterator[str]:
    """A broker of the bench's own in a temporary folder, or the one that was named."""
    if bootstrap is not None:
        yield bootstrap
        return
    with TemporaryDirectory(prefix="tuodi-bench-") as folder:
        own = Broker(Path(folder), LIBS, jvm_options=LONG_LIVED)
        own.start()
        try:
            yield own.bootstrap
        finally:
            own.kill9()


class World:
    """The topics of one round."""

    def __init__(self, bootstrap: str, data_dir: Path) -> None:
        prefix = f"bench{os.getpid()}x{next(_serial)}"
        self.settings = Settings(
            bootstrap=bootstrap, topic_prefix=prefix, partitions=PARTITIONS, replication_factor=1, data_dir=data_dir
        )
        self.log = KafkaLog(bootstrap)
        self.incarnation = ""

    def name(self, short: str) -> str:
        return topic_name(self.settings, short)

    def plain(self, short: str) -> str:
        """A topic of the bare loop, outside the registry."""
        return f"{self.settings.topic_prefix}.bare.{short}"

    async def open(self) -> World:
        """Create the registry's topics and those of the bare loops."""
        self.incarnation = await self._apply()
        compact = {"cleanup.policy": "compact"}
        specs = [TopicSpec(self.plain(short), PARTITIONS, 1, {}) for short in ("journal", "output")]
        specs += [TopicSpec(self.plain(short), PARTITIONS, 1, compact) for short in ("changelog", "runtime")]
        await create_topics(self.settings.bootstrap, specs)
        return self

    async def _apply(self) -> str:
        """A new broker takes a while until it has a transaction coordinator; applying again is harmless."""
        for _ in range(OPEN_ATTEMPTS):
            with suppress(Retry):
                return await apply(self.settings, allow_forgetting=False, say=lambda _: None)
        return await apply(self.settings, allow_forgetting=False, say=lambda _: None)

    async def publish(self, records: Iterable[tuple[str, int, bytes, bytes, Any]]) -> None:
        """Append (full topic, partition, key, value, headers) and wait until the broker has them."""
        producer = await self.log.producer(client_id="bench-load")
        try:
            for count, (topic, partition, key, value, headers) in enumerate(records, start=1):
                producer.append(topic, partition, key, value, list(headers))
                if count % FLUSH_RECORDS == 0:
                    await producer.flush(deadline_ms=30_000)
            await producer.flush(deadline_ms=30_000)
        finally:
            await producer.close()

    async def publish_feed(self, lines: Iterable[FeedLine]) -> None:
        await self.publish((self.name(x.topic), x.partition, x.key, x.value, x.headers) for x in lines)

    async def publish_journal(self, records: Iterable[JournalRecord]) -> None:
        topic = self.name("journal")
        await self.publish((topic, x.partition, x.key, x.value, x.headers) for x in records)

    async def ends(self, topic: str) -> dict[TopicPartition, int]:
        """End offsets of a topic as a read_committed reader sees them."""
        slots = [TopicPartition(topic, number) for number in range(PARTITIONS)]
        return await self.log.end_offsets(slots, Isolation.READ_COMMITTED)


@asynccontextmanager
async def world(bootstrap: str) -> AsyncIterator[World]:
    """An opened world, its connections closed at the end; the topics stay until the broker is wiped."""
    with TemporaryDirectory(prefix="tuodi-bench-data-") as folder:
        made = World(bootstrap, Path(folder))
        try:
            yield await made.open()
        finally:
            await made.log.close()


async def until(condition: Callable[[], bool], what: str, *, pause_ms: int = 5) -> None:
    """Poll until the condition holds; AssertionError after five minutes."""
    deadline = monotonic() + WAIT_SECONDS
    while not condition():
        if monotonic() > deadline:
            raise AssertionError(f"waited {WAIT_SECONDS:.0f} s in vain: {what}")
        await asyncio.sleep(pause_ms / 1000)


class Gate:
    """Holds records back from a worker that is otherwise running, so that only the work on them is measured."""

    def __init__(self, open_: bool = False) -> None:
        self.open = open_


class _GatedMember:
    """A member whose polls bring nothing while the gate is closed."""

    def __init__(self, member: GroupMember, gate: Gate) -> None:
        self._member, self._gate = member, gate

    def __getattr__(self, name: str) -> Any:
        return getattr(self._member, name)

    async def poll(self, *, max_records: int, timeout_ms: int) -> dict[TopicPartition, list[Record]]:
        if not self._gate.open:
            await asyncio.sleep(min(20, timeout_ms) / 1000)
            return {}
        return await self._member.poll(max_records=max_records, timeout_ms=timeout_ms)


class GatedLog(KafkaLog):
    """A Kafka whose group members stand behind a gate."""

    def __init__(self, bootstrap: str, gate: Gate) -> None:
        super().__init__(bootstrap)
        self._gate = gate

    async def member(self, **how: Any) -> Any:
        return _GatedMember(await super().member(**how), self._gate)
