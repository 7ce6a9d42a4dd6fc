"""One bench for both implementations of the log's port: the contract suite runs every test on each."""

from __future__ import annotations

import asyncio
import contextlib
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Protocol

import pytest

from tests.kafka_fixture import KafkaUnderTest
from tests.tcp_proxy import END_TXN, Mode, proxied
from workers.log.kafka import KafkaLog
from workers.log.memory import MemoryLog
from workers.log.port import GroupMember, Isolation, Log, Reader, Record, TopicPartition, TransactionalProducer

DEADLINE_MS = 10_000
COMMITTED, UNCOMMITTED = Isolation.READ_COMMITTED, Isolation.READ_UNCOMMITTED


class Bench(Protocol):
    """What the suite needs besides the port."""

    log: Log

    async def topic(self, partitions: int = 1, *, compact: bool = False, append_time: bool = False) -> str: ...
    async def compacted(self, topic: str) -> None:
        """Return when the cleaner has been over everything in the topic but its last record."""
        ...

    def commit_loses(self, *, request: bool) -> contextlib.AbstractAsyncContextManager[None]:
        """Inside, the next end of a transaction loses its request, or the answer to it."""
        ...


class MemoryBench:
    def __init__(self) -> None:
        self.memory = MemoryLog()
        self.log: Log = self.memory

    async def topic(self, partitions: int = 1, *, compact: bool = False, append_time: bool = False) -> str:
        name = unique("topic")
        self.memory.create_topic(name, partitions, append_time=append_time)
        return name

    async def compacted(self, topic: str) -> None:
        self.memory.compact(topic)

    @contextlib.asynccontextmanager
    async def commit_loses(self, *, request: bool) -> AsyncIterator[None]:
        async def never(point: str, who: str) -> None:
            if point == ("end" if request else "ended"):
                await asyncio.Event().wait()

        self.memory.hook = never
        yield
        self.memory.hook = None


class KafkaBench:
    def __init__(self, kafka: KafkaUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
        self._kafka, self._monkeypatch = kafka, monkeypatch
        self.log: Log = KafkaLog(kafka.bootstrap)

    async def topic(self, partitions: int = 1, *, compact: bool = False, append_time: bool = False) -> str:
        config = {"message.timestamp.type": "LogAppendTime"} if append_time else {}
        if compact:
            config |= {"cleanup.policy": "compact", "segment.ms": "100", "min.cleanable.dirty.ratio": "0.01"}
        return await self._kafka.topic(partitions, **config)

    async def compacted(self, topic: str) -> None:
        """The active segment is never cleaned: a closing record rolls it, then the cleaner has to come by."""
        partition = TopicPartition(topic, 0)
        producer = await self.log.producer(client_id="roll")
        try:
            before = len(await everything(self.log, partition))
            for _ in eventually(30):
                await asyncio.sleep(0.15)  # segment.ms, the broker's own clock
                producer.append(topic, 0, b"!roll", b"")
                await producer.flush(deadline_ms=DEADLINE_MS)
                if len([r for r in await everything(self.log, partition) if r.key != b"!roll"]) < before:
                    return
        finally:
            await producer.close()

    @contextlib.asynccontextmanager
    async def commit_loses(self, *, request: bool) -> AsyncIterator[None]:
        async with proxied(self._kafka.bootstrap, self._monkeypatch) as proxy:
            mode = Mode.HOLD if request else Mode.DROP_REPLIES
            proxy.when(END_TXN, mode, passed_on=not request)
            yield
            assert proxy.sprung.is_set(), "no EndTxn was seen"


def unique(stem: str) -> str:
    return f"{stem}-{uuid.uuid4().hex[:10]}"


def eventually(seconds: float = 20) -> Iterator[int]:
    """For `for _ in eventually(): if …: break`; fails when the time is up. Never a fixed wait."""
    end = time.monotonic() + seconds
    count = 0
    while time.monotonic() < end:
        yield count
        count += 1
    pytest.fail(f"did not happen within {seconds} s")


async def until(true: Callable[[], bool], seconds: float = 20) -> None:
    """Wait until a condition that other tasks bring about holds."""
    for _ in eventually(seconds):
        if true():
            return
        await asyncio.sleep(0.01)


async def transaction(log: Log, transactional_id: str, timeout_ms: int = 10_000) -> TransactionalProducer:
    """A producer after init and begin."""
    producer = await log.transactional(
        transactional_id=transactional_id, client_id=transactional_id, transaction_timeout_ms=timeout_ms
    )
    await producer.init(deadline_ms=DEADLINE_MS)
    await producer.begin()
    return producer


async def put(log: Log, topic: str, *values: bytes, partition: int = 0) -> None:
    """Records outside any transaction; key = value."""
    producer = await log.producer(client_id="put")
    for value in values:
        producer.append(topic, partition, value, value)
    await producer.flush(deadline_ms=DEADLINE_MS)
    await producer.close()


async def everything(log: Log, partition: TopicPartition, isolation: Isolation = COMMITTED) -> list[Record]:
    """All records visible now, read from the beginning to the end asked for at the start."""
    end = (await log.end_offsets([partition], isolation))[partition]
    reader = await log.reader(client_id="everything", isolation=isolation)
    try:
        await reader.assign([partition])
        await reader.seek(partition, (await log.beginning_offsets([partition]))[partition])
        return await read_to(reader, partition, end)
    finally:
        await reader.close()


async def read_to(reader: Reader, partition: TopicPartition, end: int) -> list[Record]:
    """Read until the position reaches `end`: the last record may stand before markers."""
    found: list[Record] = []
    for _ in eventually():
        found += await reader.read(max_records=500, timeout_ms=200)
        if await reader.position(partition) >= end:
            return found
    return found


class Desk:
    """A group member with a diary of its hooks; it resumes what it is given, from the offsets it knows."""

    def __init__(self, member: GroupMember, *, resume: bool = True) -> None:
        self.member = member
        self.resume = resume
        self.broken: Exception | None = None
        """What the next hook raises."""
        self.given: list[frozenset[TopicPartition]] = []
        self.lost: list[frozenset[TopicPartition]] = []

    @classmethod
    async def open(
        cls, log: Log, group: str, topic: str, *, instance: str | None = None, resume: bool = True,
        session_timeout_ms: int = 3_000,
    ) -> Desk:  # fmt: skip
        member = await log.member(
            group=group, topics=[topic], client_id=instance or "desk", instance_id=instance, isolation=COMMITTED,
            session_timeout_ms=session_timeout_ms,
        )  # fmt: skip
        desk = cls(member, resume=resume)
        await member.start(desk._assigned, desk._revoked)
        return desk

    async def _assigned(self, partitions: frozenset[TopicPartition]) -> None:
        self.given.append(partitions)
        if self.resume:
            self.member.resume(partitions)

    async def _revoked(self, partitions: frozenset[TopicPartition]) -> None:
        self.lost.append(partitions)
        if self.broken is not None:
            raise self.broken

    async def read(self, count: int) -> list[Record]:
        """Exactly that many records, or more when they come together."""
        found: list[Record] = []
        for _ in eventually():
            for records in (await self.member.poll(max_records=500, timeout_ms=200)).values():
                found += records
            if len(found) >= count:
                return found
        return found


@pytest.fixture(params=["memory", pytest.param("kafka", marks=pytest.mark.broker)])
async def bench(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    """Each implementation of the port in turn."""
    made: Bench
    if request.param == "memory":
        made = MemoryBench()
    else:
        made = KafkaBench(request.getfixturevalue("kafka"), monkeypatch)
    yield made
    await made.log.close()
