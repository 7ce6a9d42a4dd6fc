"""The loop of a worker without state, at-least-once: poll → handle → flush → note offsets (design §5, 10).

What a batch led to is on the log before its offsets are committed, so nothing is lost; after a crash the tail is
handled again, so handlers must be functions of the record alone and their effects recognisable as repeats downstream.
Where a group never committed, reading starts at the beginning: there is no automatic reset.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Sequence
from typing import Any, Protocol

from mode import Service

from workers.errors import Retry, Stop, TuodiError
from workers.log.port import CommitUnknown, Fenced, Isolation, Log, NotAssigned, Producer, Record, TopicPartition
from workers.runtime.clock import now
from workers.runtime.health import PartitionReport
from workers.runtime.metrics import RuntimeMetrics
from workers.runtime.options import StatelessOptions
from workers.runtime.ownership import Membership
from workers.runtime.places import where_raised
from workers.runtime.watched import Watched

log = logging.getLogger(__name__)


class Handler(Protocol):
    """Handles records of one partition, in order, and appends what they lead to. Never awaits."""

    def __call__(self, records: list[Record], producer: Producer) -> None: ...


class StatelessLoop(Watched[StatelessOptions]):
    """Carries records from the topics of a group through a handler. One task; the producer is idempotent, acks=all."""

    def __init__(
        self,
        kafka: Log,
        options: StatelessOptions,
        handler: Handler,
        *,
        metrics: RuntimeMetrics | None = None,
        membership_type: type[Membership] = Membership,
        **service_options: Any,
    ) -> None:
        super().__init__(kafka, options, metrics, **service_options)
        self._handler = handler
        self._membership = membership_type(kafka, options, on_assigned=self._assigned, on_revoked=self._revoked)
        self._producer: Producer | None = None
        self._unplaced: set[TopicPartition] = set()
        self._owned: frozenset[TopicPartition] = frozenset()
        self._done: dict[TopicPartition, int] = {}
        self._to_commit: dict[TopicPartition, int] = {}
        self._committed_at = 0.0
        self._moved_at = 0.0
        self._random = random.SystemRandom()
        self._busy = asyncio.Lock()

    # ---- mode.Service

    async def on_start(self) -> None:
        """Connect and join; raises (exit code 1) where the broker or a topic is missing."""
        self._moved_at = now()
        self._producer = await self._kafka.producer(client_id=self.options.client_id)
        await self._membership.join()
        self._measured_at = now()

    @Service.task
    async def _carry_on(self) -> None:
        while not self.should_stop:
            try:
                async with self._busy:
                    await self._round()
            except Retry as error:
                log.warning("%s: polling failed (%s), again", self.options.group, error)
                await self.sleep(self.options.backoff_min_ms / 1000)

    async def on_stop(self) -> None:
        """Finish the round in hand, commit, leave; bounded."""
        try:
            async with asyncio.timeout((self.options.drain_deadline_ms + self.options.close_deadline_ms) / 1000):
                async with self._busy:
                    await self._commit_lazily(force=True)
                await self._membership.leave()
        except TimeoutError:
            log.warning("draining %s took too long; its tail will be handled again", self.options.group)
        if self._producer is not None:
            await self._producer.close()
        self.metrics.flush()

    # ---- one round

    async def _round(self) -> None:
        await self._place()
        got = await self._membership.poll()
        if got:
            await self._deliver(got)
            self._done.update((partition, records[-1].offset + 1) for partition, records in got.items())
            self._to_commit.update({partition: self._done[partition] for partition in got})
        await self._commit_lazily()

    async def _place(self) -> None:
        """Start newly assigned partitions: at the committed offset, or at the beginning where there is none."""
        for partition in sorted(self._unplaced):
            try:
                offset = await self._membership.committed(partition)
                if offset is None:
                    offset = (await self._kafka.beginning_offsets([partition]))[partition]
            except NotAssigned:
                return  # a rebalance is under way: its assignment fills the set anew
            if partition in self._unplaced:
                self._unplaced.discard(partition)
                self._membership.resume(partition, offset)

    async def _deliver(self, got: dict[TopicPartition, list[Record]]) -> None:
        """Handle and flush; after a failed flush with a new producer, all of it again.

        Giving up ends the process: the fetch position is past these records, so a loop that went on would skip them.
        """
        options, began = self.options, now()
        for attempt in range(options.attempts_max):
            try:
                producer = await self._usable_producer()
                for partition, records in got.items():
                    self._handle(partition, records, producer)
                await producer.flush(deadline_ms=options.flush_deadline_ms)
                break
            except (CommitUnknown, Fenced, Retry, OSError, TimeoutError) as error:
                if attempt + 1 == options.attempts_max:
                    raise Stop(
                        f"{options.group}: {options.attempts_max} attempts to write failed, the last with "
                        f"{type(error).__name__}; what was fetched is handled again from the committed offset by the "
                        "next process; is the broker up?"
                    ) from error
                self.metrics.commit_unknown += 1
                log.warning("%s: flush failed with %s; a new producer, again", options.group, type(error).__name__)
                await self._discard_producer()
                pause_ms = min(options.backoff_max_ms, options.backoff_min_ms * 2**attempt)
                await self.sleep(pause_ms * self._random.uniform(0.5, 1.0) / 1000)
        self.metrics.batch(sum(map(len, got.values())), now() - began)
        self._moved_at = now()

    def _handle(self, partition: TopicPartition, records: list[Record], producer: Producer) -> None:
        try:
            self._handler(records, producer)
        except TuodiError:
            raise
        except Exception as error:
            raise Stop(
                f"{partition.topic}[{partition.partition}] from offset {records[0].offset}: the handler raised "
                f"{where_raised(error)}; mend it and restart"
            ) from None

    async def _usable_producer(self) -> Producer:
        if self._producer is None:
            self._producer = await self._kafka.producer(client_id=self.options.client_id)
        return self._producer

    async def _discard_producer(self) -> None:
        producer, self._producer = self._producer, None
        if producer is None:
            return
        try:
            async with asyncio.timeout(self.options.close_deadline_ms / 1000):
                await producer.close()
        except Exception as error:
            log.warning("%s: closing a producer failed with %s", self.options.group, type(error).__name__)

    # ---- inside a rebalance

    def _assigned(self, partitions: frozenset[TopicPartition], generation: int) -> None:
        self._unassigned_since = None
        self._owned = partitions
        self._unplaced = set(partitions)
        self._to_commit.clear()

    async def _revoked(self, partitions: frozenset[TopicPartition]) -> None:
        self._unassigned_since = now()
        self._owned = frozenset()
        self._unplaced.clear()

    # ---- housekeeping

    async def _commit_lazily(self, *, force: bool = False) -> None:
        at = now()
        if self._to_commit and (force or at - self._committed_at >= self.options.lazy_commit_ms / 1000):
            self._committed_at = at
            offsets, self._to_commit = self._to_commit, {}
            await self._membership.commit_lazily(offsets)

    async def _measure(self) -> None:
        ends = await self._kafka.end_offsets(self._owned, Isolation.READ_COMMITTED) if self._owned else {}
        lags: dict[TopicPartition, int] = {}
        for partition, end in ends.items():
            if partition in self._owned:
                lags[partition] = max(0, end - await self._membership.fetch_position(partition))
        self._lag = lags
        if not any(lags.values()):
            self._moved_at = now()

    def _reports(self) -> list[PartitionReport]:
        still = round(now() - self._moved_at, 1)
        return [
            PartitionReport(
                partition.partition,
                "restoring" if partition in self._unplaced else "running",
                still,
                self._lag.get(partition, 0),
            )
            for partition in sorted(self._owned)
        ]

    def _lag_seconds(self, reports: Sequence[PartitionReport]) -> float:
        return max((report.still_seconds for report in reports if report.lag_records), default=0.0)
