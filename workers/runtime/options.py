"""Limits and times of one runtime, passed in as one frozen object; the runtime reads no environment.

Defaults are those of `docs/records.md` (limits) and of the project's settings. Every name carries its unit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from workers.errors import Usage
from workers.log.port import TopicPartition

TRANSACTION_TIMEOUT_MS_MAX = 10_000
"""An orphan transaction blocks read_committed readers for this long at worst, plus the broker's scan interval."""


class MemberOptions(Protocol):
    """What a place in a group needs to know; both kinds of workers offer it."""

    @property
    def group(self) -> str: ...
    @property
    def topics(self) -> Sequence[str]: ...
    @property
    def client_id(self) -> str: ...
    @property
    def instance_id(self) -> str | None: ...
    @property
    def session_timeout_ms(self) -> int: ...
    @property
    def poll_timeout_ms(self) -> int: ...
    @property
    def batch_records_max(self) -> int: ...
    @property
    def join_deadline_ms(self) -> int: ...
    @property
    def close_deadline_ms(self) -> int: ...


def transactional_id(group: str, input_topic: str, partition: int) -> str:
    """One id per input partition: a successor's init fences whoever held the partition before (design §5, 1)."""
    return f"{group}-{input_topic}-{partition}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuntimeOptions:
    """What `PartitionRuntime` needs to know besides the log and the fold. Raises `Usage` where limits contradict."""

    group: str
    input_topic: str
    changelog_topic: str
    client_id: str
    output_topics: tuple[str, ...] = ()
    """Those whose partition of the same number only the owner writes in transactions: nothing may hang there either."""
    instance_id: str | None = None
    """Static membership (KIP-345): the name of the slot this process runs in; unique per group."""

    batch_records_max: int = 250
    batch_bytes_max: int = 1_000_000
    inbox_batches_max: int = 2
    """How many full batches wait in memory per partition before its fetching is paused."""
    batches_parallel_max: int = 8
    """Transactions in flight at once. While all are under way records gather: fewer and larger transactions under load,
    which cost 3 ms of CPU each whatever they carry (docs/bench.md)."""
    restores_parallel_max: int = 4
    batch_records_while_restoring: int = 100
    """Record limit of a batch while another partition of this process restores: a full batch folds for a tenth of a
    second, and in a backlog the partitions that run would keep the others waiting."""
    restore_batch_records: int = 5_000

    tick_ms: int = 5
    """How long a first record waits for company while eight transactions are in flight; it scales, from four on."""
    poll_timeout_ms: int = 100
    transaction_timeout_ms: int = 10_000
    session_timeout_ms: int = 6_000
    commit_deadline_ms: int = 5_000
    init_deadline_ms: int = 15_000
    """Longer than the transaction time-out: an init may have to wait for markers of the former owner."""
    end_grace_ms: int = 5_000
    """How long a journal end below the position is asked again: a new leader may lag for a moment, a lost log stays."""
    join_deadline_ms: int = 60_000
    """How long a member may wait for its first assignment: many sessions, so that only a silent coordinator ends the
    process."""
    revoke_deadline_ms: int = 0
    """How long a batch in flight may delay a rebalance; 0 = a third of the session time-out."""
    drain_deadline_ms: int = 5_000
    close_deadline_ms: int = 0
    """How long one client may take to close; 0 = a third of the session time-out, at most two seconds."""
    lazy_commit_ms: int = 1_000
    housekeeping_ms: int = 1_000
    stall_ms: int = 30_000
    backoff_min_ms: int = 100
    backoff_max_ms: int = 5_000
    attempts_max: int = 12
    """Tries of one restore or one resolution in a row before the process exits and is started anew."""
    warm_state_ms: int = 600_000
    """How long the state of a partition that was given up may be taken up again; far below the changelog's
    `delete.retention.ms` (24 h), since a tombstone that compaction removed would be missed."""

    def __post_init__(self) -> None:
        third = self.session_timeout_ms // 3
        object.__setattr__(self, "revoke_deadline_ms", self.revoke_deadline_ms or third)
        object.__setattr__(self, "close_deadline_ms", self.close_deadline_ms or min(2_000, third))
        _check_positive(self, self.__slots__)
        if self.transaction_timeout_ms > TRANSACTION_TIMEOUT_MS_MAX:
            raise Usage(f"transaction_timeout_ms must be at most {TRANSACTION_TIMEOUT_MS_MAX}: readers wait that long")
        if self.revoke_deadline_ms + self.close_deadline_ms >= self.session_timeout_ms:
            raise Usage("revoke_deadline_ms + close_deadline_ms must stay below session_timeout_ms, or we are evicted")
        if self.commit_deadline_ms >= self.transaction_timeout_ms:
            raise Usage("commit_deadline_ms must stay below transaction_timeout_ms, or the broker aborts before we ask")

    @property
    def topics(self) -> Sequence[str]:
        """What the group subscribes to."""
        return (self.input_topic,)

    def outputs_of(self, partition: int) -> list[TopicPartition]:
        """The partitions of outputs that belong to the owner of an input partition."""
        return [TopicPartition(topic, partition) for topic in self.output_topics]

    def transactional_id(self, partition: int) -> str:
        """The id of the owner of an input partition."""
        return transactional_id(self.group, self.input_topic, partition)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatelessOptions:
    """What `StatelessLoop` needs to know besides the log and the handler. Raises `Usage`."""

    group: str
    topics: Sequence[str]
    client_id: str
    instance_id: str | None = None
    batch_records_max: int = 1_000
    poll_timeout_ms: int = 100
    session_timeout_ms: int = 6_000
    join_deadline_ms: int = 60_000
    flush_deadline_ms: int = 5_000
    close_deadline_ms: int = 2_000
    drain_deadline_ms: int = 5_000
    lazy_commit_ms: int = 500
    housekeeping_ms: int = 1_000
    stall_ms: int = 30_000
    backoff_min_ms: int = 100
    backoff_max_ms: int = 5_000
    attempts_max: int = 12

    def __post_init__(self) -> None:
        _check_positive(self, self.__slots__)
        if not self.topics:
            raise Usage("a stateless loop needs at least one topic")


def _check_positive(options: object, names: Sequence[str]) -> None:
    for name in names:
        value = getattr(options, name)
        if isinstance(value, int) and value < 1:
            raise Usage(f"runtime option {name} is {value}; it must be at least 1")
