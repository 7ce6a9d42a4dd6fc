"""The runtime of one stateful worker as a `mode.Service`: hosts partitions, feeds them, watches them, ends them.

Three loops and nothing shared but plain attributes of one event loop: poll (records in), one task per partition
(records out, `partition.py`), housekeeping (lag, health, metrics, lazy offsets: `watched.py`). An exception that leaves
one of them ends the process with exit code 1 (`self.crash`); a `Stop` of one partition does not: it stays stopped and
red.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import random
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

from mode import Service

from workers.errors import Retry, Stop
from workers.log.port import Isolation, Log, TopicPartition
from workers.runtime.checkpoint import KafkaCheckpoint
from workers.runtime.clock import now
from workers.runtime.fencings import Fencings
from workers.runtime.health import PartitionReport
from workers.runtime.metrics import RuntimeMetrics
from workers.runtime.options import RuntimeOptions
from workers.runtime.ownership import Membership
from workers.runtime.partition import Partition
from workers.runtime.port import FoldFactory, Store
from workers.runtime.position import Position
from workers.runtime.restore import Restore, RestoredState
from workers.runtime.surroundings import Phase, Surroundings
from workers.runtime.watched import Watched

log = logging.getLogger(__name__)

BUSY_FREE: Final = 4
"""While no more partitions than these have a transaction in flight, nobody waits for company: the machine has room."""
BUSY_PER_TICK: Final = 4
"""So many partitions beyond those make one full `tick_ms`."""


class PartitionRuntime(Watched[RuntimeOptions]):
    """Folds one input topic, exactly once, partition by partition.

    `checkpoint_type`, `restore_type` and `membership_type` exist so that a test can take one invariant out and see the
    alarm go off.
    """

    def __init__(
        self,
        kafka: Log,
        options: RuntimeOptions,
        fold_factory: FoldFactory,
        *,
        metrics: RuntimeMetrics | None = None,
        checkpoint_type: type[KafkaCheckpoint] = KafkaCheckpoint,
        restore_type: type[Restore] = Restore,
        membership_type: type[Membership] = Membership,
        jitter: random.Random | None = None,
        **service_options: Any,
    ) -> None:
        super().__init__(kafka, options, metrics, **service_options)
        self.partitions: dict[TopicPartition, Partition] = {}
        self._membership = membership_type(kafka, options, on_assigned=self._assigned, on_revoked=self._revoked)
        self._warm: dict[TopicPartition, tuple[float, RestoredState]] = {}
        self._held: set[TopicPartition] = set()
        self._to_commit: dict[TopicPartition, int] = {}
        self._rejoin_reason: str | None = None
        self._committed_at = 0.0
        self._behind_since: dict[TopicPartition, float] = {}
        """When each partition with lag was first seen to have some: a stall begins no earlier."""
        self._around = Surroundings(
            log=kafka,
            options=options,
            fold_factory=fold_factory,
            metrics=self.metrics,
            resume=self._membership.resume,
            forget=self._membership.forget,
            note_offset=self._to_commit.__setitem__,
            ask_rejoin=self._ask_rejoin,
            tick_seconds=self._tick_seconds,
            fencings=Fencings(options.stall_ms / 1000),
            batch_slots=asyncio.Semaphore(options.batches_parallel_max),
            restore_slots=asyncio.Semaphore(options.restores_parallel_max),
            checkpoint_type=checkpoint_type,
            restore_type=restore_type,
            random=jitter or random.SystemRandom(),
        )

    # ---- for readers of state

    def committed(self, partition: int) -> tuple[Store, Position] | None:
        """Committed state and position of an owned partition that runs, or None. Never the overlay.

        The two belong together until the caller awaits something; it reads, and writes nothing.
        """
        owned = self.partitions.get(TopicPartition(self.options.input_topic, partition))
        if owned is None or owned.checkpoint is None or owned.phase not in (Phase.RUNNING, Phase.UNKNOWN):
            return None
        return owned.checkpoint.store, owned.checkpoint.position

    # ---- mode.Service

    async def on_start(self) -> None:
        """Check the topics; raises `Stop` (exit code 1) where one is missing or cut differently."""
        counts = {
            topic: await self._kafka.partition_count(topic)
            for topic in (self.options.input_topic, self.options.changelog_topic)
        }
        if None in counts.values() or len(set(counts.values())) != 1:
            raise Stop(f"topics must exist with equal partition counts, found {counts}; run `tuodi topics apply`")
        await self._membership.join()
        self._measured_at = now()

    @Service.task
    async def _poll(self) -> None:
        while not self.should_stop:
            if self._rejoin_reason is not None:
                await self._rejoin()
            try:
                got = await self._membership.poll()
            except Retry as error:
                log.warning("polling for %s failed (%s), again", self.options.group, error)
                await self.sleep(self.options.backoff_min_ms / 1000)
                continue
            for source, records in got.items():
                partition = self.partitions.get(source)
                if partition is not None:
                    partition.offer(records)
            self._balance_fetching()

    async def on_stop(self) -> None:
        """Drain: batches in flight finish within their bound, then the group is left. Bounded as a whole."""
        try:
            async with asyncio.timeout((self.options.drain_deadline_ms + self.options.close_deadline_ms * 2) / 1000):
                await self._leave_all(self.options.drain_deadline_ms)
                await self._commit_lazily(force=True)
                await self._membership.leave()
        except TimeoutError:
            log.warning("draining %s took too long; what is in flight is settled by the next owner", self.options.group)
        self.metrics.flush()

    # ---- inside a rebalance

    def _assigned(self, sources: frozenset[TopicPartition], generation: int) -> None:
        self._unassigned_since = None
        at = now()
        for source in sorted(sources):
            kept = self._warm.pop(source, None)
            warm = kept[1] if kept and at - kept[0] < self.options.warm_state_ms / 1000 else None
            partition = Partition(source, generation, self._around, warm)
            self.partitions[source] = partition
            partition.start().add_done_callback(self._partition_ended)
        self._held.clear()

    async def _revoked(self, sources: frozenset[TopicPartition]) -> None:
        self._unassigned_since = now()
        await self._leave_all(self.options.revoke_deadline_ms)

    async def _leave_all(self, deadline_ms: int) -> None:
        """Eager protocol: a rebalance takes every partition. Their states stay warm for a short return."""
        leaving, self.partitions = self.partitions, {}
        states = await asyncio.gather(*(partition.leave(deadline_ms) for partition in leaving.values()))
        for source, state in zip(leaving, states, strict=True):
            if state is not None:
                self._warm[source] = (now(), state)
        gc.unfreeze()  # what was restored may go: a frozen state that stands in a cycle stays until the process ends

    def _forget_cold_states(self) -> None:
        """States of partitions that did not come back give their memory back."""
        oldest = now() - self.options.warm_state_ms / 1000
        self._warm = {source: kept for source, kept in self._warm.items() if kept[0] > oldest}

    def _partition_ended(self, task: asyncio.Task[None]) -> None:
        if task.cancelled():
            return
        error = task.exception()
        if error is not None:
            log.critical("%s ended with %s", task.get_name(), type(error).__name__)
            self.add_future(self.crash(error))

    # ---- polling

    def _balance_fetching(self) -> None:
        """Pause what has enough to do, resume what has not."""
        full = {source for source, partition in self.partitions.items() if partition.inbox.full} - self._held
        low = {source for source in self._held if source in self.partitions and self.partitions[source].inbox.low}
        if full:
            self._membership.hold(full)
        if low:
            self._membership.release(low)
        self._held = (self._held | full) - low

    def _tick_seconds(self) -> float:
        """How long a first record waits for company: not at all while few transactions are in flight, longer the more
        there are. The price of one is fixed, so under load fewer and larger ones are cheaper for everybody."""
        busy = sum(partition.in_flight > 0 for partition in self.partitions.values())
        return self.options.tick_ms / 1000 * max(0, busy - BUSY_FREE) / BUSY_PER_TICK

    def _ask_rejoin(self, reason: str) -> None:
        self._rejoin_reason = reason

    async def _rejoin(self) -> None:
        """Join anew after a jittered pause: two owners that fence each other must not do so in step."""
        reason, self._rejoin_reason = self._rejoin_reason, None
        self.metrics.rejoins += 1
        await self.sleep(self._around.random.uniform(0.5, 1.0) * self.options.backoff_min_ms / 1000)
        log.warning("joining %s anew (%s)", self.options.group, reason)
        await self._membership.rejoin()

    # ---- housekeeping

    async def _measure(self) -> None:
        """Lag against the last stable offset by fetch position, and the place a resolution would read from."""
        self._forget_cold_states()
        owned = dict(self.partitions)
        if not owned:
            self._lag = {}
            return
        ends = await self._kafka.end_offsets(owned, Isolation.READ_COMMITTED)
        changelogs = {
            TopicPartition(self.options.changelog_topic, source.partition): partition
            for source, partition in owned.items()
        }
        for changelog, end in (await self._kafka.end_offsets(changelogs, Isolation.READ_COMMITTED)).items():
            changelogs[changelog].note_changelog_end(end)
        self._lag = {source: await self._lag_of(source, partition, ends[source]) for source, partition in owned.items()}
        self._note_behind(owned)
        await self._commit_lazily()

    async def _lag_of(self, source: TopicPartition, partition: Partition, end: int) -> int:
        waiting = len(partition.inbox) + partition.in_flight
        if partition.checkpoint is None or partition.phase is Phase.STOPPED:
            return max(0, end - (partition.checkpoint.position.offset if partition.checkpoint else 0))
        return waiting + max(0, end - await self._membership.fetch_position(source))

    def _note_behind(self, owned: Mapping[TopicPartition, Partition]) -> None:
        at = now()
        self._behind_since = {source: self._behind_since.get(source, at) for source in owned if self._lag[source]}
        for source, partition in owned.items():
            if not self._lag[source] and partition.phase is Phase.RUNNING:
                self._around.fencings.settled(source)

    def _reports(self) -> list[PartitionReport]:
        return [self._report(source, partition) for source, partition in sorted(self.partitions.items())]

    def _report(self, source: TopicPartition, partition: Partition) -> PartitionReport:
        """Still since the last move, but no longer than there has been something to do."""
        at, phase = now(), partition.phase.value
        still = at - max(partition.moved_at, self._behind_since.get(source, 0.0))
        fenced = self._around.fencings.seconds(source)
        if fenced is not None and partition.phase is not Phase.STOPPED:
            phase, still = "fenced", fenced
        return PartitionReport(
            source.partition, phase, round(still, 1), self._lag.get(source, 0), partition.stop_reason
        )

    def _lag_seconds(self, reports: Sequence[PartitionReport]) -> float:
        """Age of the last processed record of the partition furthest behind; 0 where nothing is behind."""
        behind = [
            time.time() - partition.last_append_ms / 1000
            for source, partition in self.partitions.items()
            if self._lag.get(source) and partition.last_append_ms
        ]
        return max([0.0, *behind])

    async def _commit_lazily(self, *, force: bool = False) -> None:
        at = now()
        if not force and at - self._committed_at < self.options.lazy_commit_ms / 1000:
            return
        self._committed_at = at
        offsets = {source: offset for source, offset in self._to_commit.items() if force or source in self.partitions}
        self._to_commit.clear()
        await self._membership.commit_lazily(offsets)
