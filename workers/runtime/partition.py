"""The life of one owned partition, from its assignment to its end.

    restoring ──> running <──> unknown        unknown: a commit whose outcome a fresh init and the changelog must tell
        │            │            │
        └────────────┴────────────┴──> stopped (invariant broken, stays so) or left (fenced, revoked, process ends)

One task, one transactional producer, one inbox. Everything it needs from outside comes through `Surroundings`, so that
a test can put a broken part in the place of a sound one.
"""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from workers.errors import Stop
from workers.log.port import Fenced, Record, TopicPartition
from workers.runtime.checkpoint import KafkaCheckpoint, OutcomeUnknown
from workers.runtime.clock import now
from workers.runtime.inbox import Inbox
from workers.runtime.overlay import Overlay
from workers.runtime.port import Fold
from workers.runtime.position import Position
from workers.runtime.producer_slot import ProducerSlot
from workers.runtime.restore import RestoredState, RestoreProgress, committed_position
from workers.runtime.surroundings import Phase, Surroundings

log = logging.getLogger(__name__)

TELL_SECONDS: Final = 2.0
"""A restore that lasts longer than this tells how far it is, this often."""


class Partition:
    """One owned partition of one generation."""

    def __init__(
        self, source: TopicPartition, generation: int, around: Surroundings, warm: RestoredState | None = None
    ) -> None:
        options = around.options
        self.source = source
        self.generation = generation
        self.around = around
        self.phase = Phase.RESTORING
        self.stop_reason: str | None = None
        self.progress: RestoreProgress | None = None
        self.moved_at = now()
        """Monotonic time of the last sign of progress: a restored batch, a commit, a resolution."""
        self.commits = 0
        self.in_flight = 0
        self.last_append_ms = 0
        self.checkpoint: KafkaCheckpoint | None = None
        self.inbox = Inbox(
            batch_records_max=options.batch_records_max,
            batch_bytes_max=options.batch_bytes_max,
            inbox_batches_max=options.inbox_batches_max,
            tick_seconds=around.tick_seconds,
        )
        self._told_at = self.moved_at
        self._warm = warm
        self._mark = 0
        self._candidate: tuple[int, int] | None = None
        self._producers = ProducerSlot(around.log, options, source.partition)
        self._draining = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    # ---- from outside

    def start(self) -> asyncio.Task[None]:
        """Begin to live; never awaited inside a rebalance (trap 10)."""
        name = f"{self.source.topic}[{self.source.partition}]#{self.generation}"
        self._task = asyncio.create_task(self._live(), name=name)
        return self._task

    def offer(self, records: Sequence[Record]) -> None:
        """Take records for the next batches; ignored where they can no longer be folded."""
        if self.phase in (Phase.RUNNING, Phase.UNKNOWN):
            self.inbox.offer(records)

    async def leave(self, deadline_ms: int) -> RestoredState | None:
        """Let the batch in flight finish within the deadline, then end; returns the state if it may be used again."""
        self._draining.set()
        self.inbox.clear()
        task = self._task
        if task is not None and not task.done():
            if self.phase is not Phase.RUNNING or self.in_flight == 0:
                task.cancel()
            await asyncio.wait({task}, timeout=deadline_ms / 1000)
            if not task.done():
                task.cancel()
                await asyncio.wait({task}, timeout=self.around.options.close_deadline_ms / 1000)
        state = self._state()
        if self.phase is not Phase.STOPPED:
            self.phase = Phase.LEFT
        return state

    def note_changelog_end(self, end: int) -> None:
        """Move the place from which a resolution reads; only past positions that were answered as committed.

        Two commits after the end was asked for, the second one began after it, so its position stands at or behind it.
        """
        if self._candidate is not None and self.commits >= self._candidate[1] + 2:
            self._mark = max(self._mark, self._candidate[0])
            self._candidate = None
        if self._candidate is None:
            self._candidate = (end, self.commits)

    # ---- the life

    async def _live(self) -> None:
        try:
            self.around.restoring.add(self.source)
            try:
                await self._attempt(self._restore)
            finally:
                self.around.restoring.discard(self.source)
            while not self._draining.is_set():
                await self.inbox.due()
                async with self.around.batch_slots:
                    batch = self.inbox.cut(self._records_now())
                    if batch:
                        await self._settle(batch)
        except Fenced:
            self.around.metrics.fenced += 1
            self.around.fencings.note(self.source)
            self.phase = Phase.LEFT
            log.warning("%s is fenced by a newer owner: giving it up and joining anew", self._name())
            self.around.ask_rejoin("fenced")
        except Stop as error:
            self.around.metrics.stops += 1
            self.phase = Phase.STOPPED
            self.stop_reason = str(error)
            log.critical("%s STOPPED: %s", self._name(), error)
            self.around.forget(self.source)
            await self._producers.abort()
        finally:
            self.inbox.clear()
            await self._producers.close()

    async def _settle(self, batch: list[Record]) -> None:
        """One batch, until it is known to be committed: nothing is skipped, nothing folded twice."""
        checkpoint, metrics = self._checkpoint(), self.around.metrics
        self.in_flight = len(batch)
        try:
            while True:
                began = now()
                try:
                    await checkpoint.settle(batch)
                except OutcomeUnknown as unknown:
                    metrics.commit_unknown += 1
                    log.warning("%s: outcome of a commit unknown (%s); asking the log", self._name(), unknown)
                    self.phase = Phase.UNKNOWN
                    committed = await self._attempt(self._resolve)
                    self.phase = Phase.RUNNING
                    if not committed:
                        continue
                metrics.batch(len(batch), now() - began)
                break
        finally:
            self.in_flight = 0
        self.commits += 1
        self.moved_at = now()
        self.around.fencings.settled(self.source)
        self.last_append_ms = batch[-1].timestamp_ms

    def _records_now(self) -> int:
        options = self.around.options
        return options.batch_records_while_restoring if self.around.restoring else options.batch_records_max

    async def _restore(self) -> bool:
        """Init, restore, and let the records come."""
        around, options = self.around, self.around.options
        async with around.restore_slots:
            producer = await self._producers.renew()
            restore = around.restore_type(
                around.log,
                options,
                self.source.partition,
                producer,
                warm=self._warm,
                on_progress=self._note_progress,
            )
            state, position = await restore.run()
        self._warm = None
        self._mark = state.mark
        fold = self._fold(state)
        self.checkpoint = around.checkpoint_type(
            source=self.source,
            changelog_topic=options.changelog_topic,
            store=state.store,
            fold=fold,
            position=position,
            producer=producer,
            commit_deadline_ms=options.commit_deadline_ms,
            note_offset=around.note_offset,
        )
        gc.freeze()  # what was restored stays: the collector need not walk it again (a pause of tens of milliseconds)
        self.phase = Phase.RUNNING
        self.moved_at = now()
        log.info("%s restored: %d records, position %d", self._name(), len(state.store), position.offset)
        around.resume(self.source, position.offset)
        return True

    def _fold(self, state: RestoredState) -> Fold:
        fold = self.around.fold_factory(self.source.partition)
        view = Overlay(state.store)
        fold.restored(view)
        if view.writes:
            raise Stop(f"{self._name()}: the fold wrote while it was restored; only records may change state")
        return fold

    async def _resolve(self) -> bool:
        """Fence ourselves, then let the changelog tell: True = the pending batch is committed."""
        checkpoint, options = self._checkpoint(), self.around.options
        producer = await self._producers.renew()
        await producer.init(deadline_ms=options.init_deadline_ms)
        committed: Position = await committed_position(
            self.around.log,
            TopicPartition(options.changelog_topic, self.source.partition),
            mark=self._mark,
            batch_records=options.restore_batch_records,
            client_id=f"{options.client_id}-resolve-{self.source.partition}",
            beside=options.outputs_of(self.source.partition),
        )
        checkpoint.producer = producer
        known = checkpoint.resolve(committed)
        log.warning("%s: the batch was %s", self._name(), "committed" if known else "not committed, folding it again")
        return known

    async def _attempt(self, step: Callable[[], Awaitable[bool]]) -> bool:
        """Repeat a step through passing faults, backing off; `Fenced` and `Stop` are no passing faults."""
        options = self.around.options
        for attempt in range(options.attempts_max):
            try:
                return await step()
            except (Fenced, Stop):
                raise
            except Exception as error:
                if attempt + 1 == options.attempts_max:
                    raise
                pause_ms = min(options.backoff_max_ms, options.backoff_min_ms * 2**attempt)
                pause_ms *= self.around.random.uniform(0.5, 1.0)
                log.warning(
                    "%s: %s failed with %s, again in %d ms", self._name(), step.__name__, type(error).__name__, pause_ms
                )
                await asyncio.sleep(pause_ms / 1000)
        raise AssertionError("attempts_max is at least 1")

    # ---- small things

    def _note_progress(self, progress: RestoreProgress) -> None:
        before = self.progress.records if self.progress else 0
        self.around.metrics.restoring(progress, max(0, progress.records - before))
        self.progress = progress
        self.moved_at = now()
        if self.moved_at - self._told_at > TELL_SECONDS and progress.offsets_remaining:
            self._told_at = self.moved_at
            log.info(
                "%s restoring: %d records read, %d offsets to go, about %.0f s",
                self._name(),
                progress.records,
                progress.offsets_remaining,
                progress.eta_seconds,
            )

    def _checkpoint(self) -> KafkaCheckpoint:
        if self.checkpoint is None:
            raise Stop(f"{self._name()} has no state yet: a batch was cut before the restore ended")
        return self.checkpoint

    def _state(self) -> RestoredState | None:
        """The committed state; a batch in flight lies in an overlay that nobody merges any more."""
        if self.checkpoint is None or self.phase is Phase.STOPPED:
            return None
        return RestoredState(self.checkpoint.store, self.checkpoint.position, self._mark)

    def _name(self) -> str:
        return f"{self.source.topic}[{self.source.partition}]"
