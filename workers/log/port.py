"""The port of a partitioned, transactional log, in Kafka's terms. Two implementations: `kafka` and `memory`.

What the port promises is what one contract suite (`tests/contract/test_log_contract.py`) proves on both. Offsets are
those of records, with gaps where markers stand; times are milliseconds since 1970 UTC; time-outs are milliseconds.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from enum import Enum
from typing import NamedTuple, Protocol

Headers = Sequence[tuple[str, bytes]]


class TopicPartition(NamedTuple):
    topic: str
    partition: int


class Record(NamedTuple):
    """One record as it was read. `timestamp_ms` is the broker's append time where the topic says LogAppendTime."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: Headers

    def header(self, name: str) -> bytes | None:
        """The last value of a header (a repeated header counts with its last value), or None."""
        found = None
        for key, value in self.headers:
            if key == name:
                found = value
        return found


class Isolation(Enum):
    READ_UNCOMMITTED = "read_uncommitted"
    READ_COMMITTED = "read_committed"


class CommitUnknown(Exception):
    """A commit whose outcome nobody here knows (connection lost, deadline passed): a new `init` and the log tell."""


class Fenced(Exception):
    """A newer producer holds this transactional id, or the broker answered with a code the client does not know."""


class NotAssigned(Exception):
    """The partition does not belong to this member (any more): a rebalance took it while somebody worked on it."""


Placed = Mapping[TopicPartition, Sequence[int]]
"""Where records came to lie: offsets by partition, in the order of appending."""


class Producer(Protocol):
    """Idempotent, acks=all. `append` is synchronous and cheap; what it took is on the log when `flush` has returned.

    `flush` returns where: for each partition the offsets of what was appended to it, in that order. An offset is -1
    where the broker had the batch already (a retry of the client) and no longer knows its place.

    `flush` raises `CommitUnknown` when the deadline passes or the connection is lost (what was appended may or may not
    be on the log), `Fenced` when the broker lost this producer's sequence, `Stop` when it will never take the records
    (no right, too large). After any of them this producer is finished: close it and make a new one.
    """

    def append(
        self, topic: str, partition: int, key: bytes | None, value: bytes | None, headers: Headers = ()
    ) -> None: ...
    async def flush(self, *, deadline_ms: int) -> Placed: ...
    async def close(self) -> None: ...


class TransactionalProducer(Protocol):
    """One transactional id. Order of calls: init, then (begin, append*, commit | abort)*, close.

    `commit` sends what was appended and ends the transaction; it raises `Fenced` or `CommitUnknown`. After either, or
    any other error, this producer is finished: close it and make a new one. `init` raises `Retry` where the broker does
    not answer within the deadline, and waits until the markers of the former owner's transaction are written. `flush`
    puts what was appended so far on the log inside the open transaction (`commit` does it anyway); it raises the same.
    `Stop` from any of them: the broker will never take this (no right, too large, unknown partition).
    """

    async def init(self, *, deadline_ms: int) -> None: ...
    async def begin(self) -> None: ...
    def append(
        self, topic: str, partition: int, key: bytes | None, value: bytes | None, headers: Headers = ()
    ) -> None: ...
    async def flush(self, *, deadline_ms: int) -> None: ...
    async def commit(self, *, deadline_ms: int) -> None: ...
    async def abort(self) -> None: ...
    async def close(self) -> None: ...


class Reader(Protocol):
    """Reads partitions assigned by hand, outside any group. Starts nowhere: `seek` every assigned partition first.

    `read` raises `Stop` for a position that the log does not hold (cut off by retention, or beyond the end), `Retry`
    where the broker is away for longer than the client bears.
    """

    async def assign(self, partitions: Iterable[TopicPartition]) -> None: ...
    async def seek(self, partition: TopicPartition, offset: int) -> None: ...
    async def position(self, partition: TopicPartition) -> int: ...
    async def read(self, *, max_records: int, timeout_ms: int) -> list[Record]: ...
    async def close(self) -> None: ...


OnPartitions = Callable[[frozenset[TopicPartition]], Awaitable[None]]


class GroupMember(Protocol):
    """One member of a consumer group (eager protocol, static membership where `instance_id` is given).

    `on_assigned` and `on_revoked` are awaited inside the rebalance: they must be short. When `on_assigned` is called,
    every partition is already paused at offset 0: restore in a task, then `seek` and `resume`. `poll` never returns
    records of partitions that are paused, nor records fetched before a rebalance; it returns nothing while a rebalance
    is under way. `seek`, `pause`, `resume` and `position` raise `NotAssigned` for a partition that is not theirs.
    `start` returns when the first assignment has been given; what a hook raises, `start` or the next `poll` raises.
    `poll` raises `Stop` where another living process uses the same `instance_id`.
    """

    @property
    def generation(self) -> int:
        """Grows by one with every assignment this member was given."""
        ...

    def assignment(self) -> frozenset[TopicPartition]: ...
    async def start(self, on_assigned: OnPartitions, on_revoked: OnPartitions) -> None: ...
    async def poll(self, *, max_records: int, timeout_ms: int) -> dict[TopicPartition, list[Record]]: ...
    def pause(self, partitions: Iterable[TopicPartition]) -> None: ...
    def resume(self, partitions: Iterable[TopicPartition]) -> None: ...
    def seek(self, partition: TopicPartition, offset: int) -> None: ...
    async def position(self, partition: TopicPartition) -> int: ...
    async def commit_lazily(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Commit group offsets for lag displays; a failure is logged and dropped: no correctness rests on it."""
        ...

    async def committed(self, partition: TopicPartition) -> int | None: ...
    async def close(self) -> None: ...


class Log(Protocol):
    """A way to one log: a Kafka cluster or a memory twin."""

    async def producer(self, *, client_id: str) -> Producer: ...
    async def transactional(
        self, *, transactional_id: str, client_id: str, transaction_timeout_ms: int
    ) -> TransactionalProducer: ...
    async def reader(self, *, client_id: str, isolation: Isolation) -> Reader: ...
    async def member(
        self,
        *,
        group: str,
        topics: Sequence[str],
        client_id: str,
        instance_id: str | None,
        isolation: Isolation,
        session_timeout_ms: int,
    ) -> GroupMember: ...
    async def beginning_offsets(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int]: ...
    async def end_offsets(
        self, partitions: Iterable[TopicPartition], isolation: Isolation
    ) -> dict[TopicPartition, int]:
        """High watermark (read_uncommitted) or last stable offset (read_committed) of each partition."""
        ...

    async def group_offsets(self, group: str, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int | None]:
        """Committed offset of a consumer group per partition, None where it never committed; asked without joining."""
        ...

    async def partition_count(self, topic: str) -> int | None:
        """Number of partitions, or None where the topic does not exist."""
        ...

    async def close(self) -> None: ...
