"""The Kafka log with doors: a test says at which call of a worker something goes wrong, the broker stays real."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from workers.log.kafka import KafkaLog
from workers.log.port import CommitUnknown, GroupMember, Record, TopicPartition

Around = Callable[[Any, Callable[[], Awaitable[None]]], Awaitable[None]]
"""Called in the place of a commit with the producer and the commit itself."""


async def not_sent(producer: Any, commit: Callable[[], Awaitable[None]]) -> None:
    """The records are on the log, EndTxn never left."""
    await producer.flush(deadline_ms=5_000)
    raise CommitUnknown("not sent")


async def answer_lost(producer: Any, commit: Callable[[], Awaitable[None]]) -> None:
    """Committed, but nobody here hears of it."""
    await commit()
    raise CommitUnknown("answer lost")


class Gate:
    """Holds a call until the test opens it."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self.open = asyncio.Event()

    async def hold(self, producer: Any, commit: Callable[[], Awaitable[None]]) -> None:
        self.reached.set()
        await self.open.wait()
        await commit()


class _Producer:
    def __init__(self, inner: Any, log: FaultyLog) -> None:
        self._inner, self._log = inner, log

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def commit(self, *, deadline_ms: int) -> None:
        around = self._log.commits.pop(0) if self._log.commits else None
        if around is None:
            await self._inner.commit(deadline_ms=deadline_ms)
        else:
            await around(self._inner, lambda: self._inner.commit(deadline_ms=deadline_ms))


class _Member:
    def __init__(self, inner: GroupMember, log: FaultyLog) -> None:
        self._inner, self._log = inner, log

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def poll(self, *, max_records: int, timeout_ms: int) -> dict[TopicPartition, list[Record]]:
        got = await self._inner.poll(max_records=max_records, timeout_ms=timeout_ms)
        if got and self._log.late_polls:
            await self._log.late_polls.pop(0)()
        return got


class FaultyLog(KafkaLog):
    """`commits`: what happens in the place of the next commits (None = nothing); `late_polls`: awaited before the next
    fetched records are handed over."""

    def __init__(self, bootstrap: str) -> None:
        super().__init__(bootstrap)
        self.commits: list[Around | None] = []
        self.late_polls: list[Callable[[], Awaitable[None]]] = []

    async def transactional(self, **how: Any) -> Any:
        return _Producer(await super().transactional(**how), self)

    async def member(self, **how: Any) -> Any:
        return _Member(await super().member(**how), self)
