"""One batch, one transaction: the checkpoint of a partition as one object with one order of steps (design §5, 3–5).

    1  fold the batch on an overlay        nothing leaves this process, the store is untouched
    2  begin the transaction
    3  append the outputs
    4  append the changelog records        what the overlay wrote, last value per key
    5  append the position                 where the next batch begins: makes 3, 4 and the input one fact
    6  commit, under its deadline          from here to 7 the outcome may be unknown
    7  merge the overlay, tell the fold    only a commit that was answered changes what we know
    8  note the group offset               lazily committed, for lag displays; nothing rests on it

Steps 2–6 fail in three ways only. `Fenced`: somebody newer owns the partition. `OutcomeUnknown`: everything else, since
Kafka's transaction protocol allows no guess; `resolve` then compares what a fresh init and the changelog say. `Stop`: a
broken invariant. KIP-98 (transactions), KIP-447 (why one id per partition here: aiokafka speaks TxnOffsetCommit v0).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from workers.errors import Stop
from workers.log.port import Fenced, Headers, Record, TopicPartition, TransactionalProducer
from workers.runtime.changelog import POSITION_KEY, key_of
from workers.runtime.clock import now
from workers.runtime.overlay import Overlay
from workers.runtime.places import where_raised
from workers.runtime.port import Fold
from workers.runtime.position import Position
from workers.runtime.store import MemoryStore

FOLD_SLICE_SECONDS: Final = 0.02
"""A long batch lets heartbeats and the other partitions run this often; the overlay keeps it invisible meanwhile."""
FOLD_LOOK_RECORDS: Final = 8
"""The clock is looked at once in so many records."""
FOLD_AHEAD_RECORDS: Final = 64
"""So many records are shown to the fold ahead: more of them would not fit into a processor's cache (docs/bench.md)."""
GUARD_SECONDS: Final = 1.0
"""Beyond the producer's own deadline, in case its await never returns (aiokafka: a stop during a transaction)."""


class OutcomeUnknown(Exception):
    """Nobody here knows whether the transaction is committed: init again, then `resolve`."""


class Output(NamedTuple):
    topic: str
    partition: int
    key: bytes | None
    value: bytes | None
    headers: Headers


class Folded(NamedTuple):
    """A folded batch, ready to become one transaction."""

    overlay: Overlay
    outputs: list[Output]
    after: Position
    records: int


class KafkaCheckpoint:
    """The state of one partition and its way onto the log. Used by one task at a time; holds no lock."""

    def __init__(
        self,
        *,
        source: TopicPartition,
        changelog_topic: str,
        store: MemoryStore,
        fold: Fold,
        position: Position,
        producer: TransactionalProducer,
        commit_deadline_ms: int,
        note_offset: Callable[[TopicPartition, int], None],
    ) -> None:
        self.source = source
        self.changelog_topic = changelog_topic
        self.store = store
        self.fold = fold
        self.position = position
        self.producer = producer
        self.pending: Folded | None = None
        self._commit_deadline_ms = commit_deadline_ms
        self._note_offset = note_offset

    async def settle(self, records: Sequence[Record]) -> int:
        """Carry one batch through all eight steps; returns the number of outputs.

        Raises `Fenced` (dropped, partition lost), `OutcomeUnknown` (kept as pending until `resolve`) or `Stop`.
        """
        folded = await self.fold_batch(records)  # 1
        self.pending = folded
        try:
            await self.begin()  # 2
            self.append_outputs(folded)  # 3
            self.append_changelog(folded)  # 4
            self.append_position(folded)  # 5
            await self.commit()  # 6
        except (Fenced, Stop):
            self.drop()
            raise
        except Exception as error:
            raise OutcomeUnknown(type(error).__name__) from error
        self.merge(folded)  # 7
        self.note_offset()  # 8
        return len(folded.outputs)

    # ---- the steps, one each, in order

    async def fold_batch(self, records: Sequence[Record]) -> Folded:
        """1: fold on an overlay. A fold that raises leaves nothing behind."""
        overlay, outputs = Overlay(self.store), list[Output]()
        incarnation, expected, stamp_ms = self.position
        emit, process = self._emitter(outputs), self.fold.process
        slice_ends = now() + FOLD_SLICE_SECONDS
        try:
            for number, record in enumerate(records):
                if number % FOLD_AHEAD_RECORDS == 0:
                    self.fold.ahead(records[number : number + FOLD_AHEAD_RECORDS])
                if record.offset < expected:
                    self.refuse(record, expected)
                # Arrival stamps never go back, though a broker's clock may.
                stamp_ms = max(stamp_ms, record.timestamp_ms)
                process(record, stamp_ms, overlay, emit)
                expected = record.offset + 1
                if number % FOLD_LOOK_RECORDS == 0 and now() > slice_ends:
                    await asyncio.sleep(0)
                    slice_ends = now() + FOLD_SLICE_SECONDS
        except Stop:
            self.fold.dropped()
            raise
        except Exception as error:
            self.fold.dropped()
            raise Stop(
                f"{self._where()} offset {record.offset}: the fold raised {where_raised(error)}; mend it and restart"
            ) from None
        return Folded(overlay, outputs, Position(incarnation, expected, stamp_ms), len(records))

    async def begin(self) -> None:
        """2: open the transaction."""
        await self.producer.begin()

    def append_outputs(self, folded: Folded) -> None:
        """3: what the fold emitted, in its order."""
        append = self.producer.append
        for topic, partition, key, value, headers in folded.outputs:
            append(topic, partition, key, value, headers)

    def append_changelog(self, folded: Folded) -> None:
        """4: what the fold wrote, last value per key; None is a tombstone."""
        append, topic, partition = self.producer.append, self.changelog_topic, self.source.partition
        for group, name, value in folded.overlay.changes():
            append(topic, partition, key_of(group, name), value)

    def append_position(self, folded: Folded) -> None:
        """5: the position after this batch, last of the changelog records."""
        self.producer.append(self.changelog_topic, self.source.partition, POSITION_KEY, folded.after.to_bytes())

    async def commit(self) -> None:
        """6: end the transaction under the deadline; the guard covers a client whose await never returns."""
        async with asyncio.timeout(self._commit_deadline_ms / 1000 + GUARD_SECONDS):
            await self.producer.commit(deadline_ms=self._commit_deadline_ms)

    def merge(self, folded: Folded) -> None:
        """7: the batch is a fact: take it over as a whole."""
        self.store.merge(folded.overlay.writes)
        self.position = folded.after
        self.pending = None
        self.fold.committed()

    def note_offset(self) -> None:
        """8: for lag displays."""
        self._note_offset(self.source, self.position.offset)

    # ---- the other ways a batch ends

    def drop(self) -> None:
        """The batch never happened."""
        if self.pending is not None:
            self.pending = None
            self.fold.dropped()

    def resolve(self, committed: Position) -> bool:
        """Settle a pending batch by the position read from the changelog after a fresh init; True = it was committed.

        Raises `Fenced` where the changelog is further than this worker ever was: a successor worked here while we
        waited; and `Stop` where it is behind, or of another journal: committed state does not vanish.
        """
        pending = self.pending
        if pending is not None and committed == pending.after:
            self.merge(pending)
            self.note_offset()
            return True
        if committed == self.position:
            self.drop()
            return False
        self.drop()
        if committed.incarnation == self.position.incarnation and committed.offset > self.position.offset:
            raise Fenced(f"{self._where()}: a successor has come to offset {committed.offset}")
        raise Stop(
            f"{self._where()}: the changelog is at offset {committed.offset}, this worker at {self.position.offset}"
            f"{f' or {pending.after.offset}' if pending else ''}: what was committed is gone; run the audit"
        )

    def refuse(self, record: Record, expected: int) -> None:
        """A record below the position was folded already: folding it again would pay twice."""
        raise Stop(
            f"{self._where()}: got offset {record.offset} below the position {expected}; restart the worker, and if it "
            "stops again compare the changelog's !position with the journal"
        )

    def _where(self) -> str:
        return f"{self.source.topic}[{self.source.partition}]"

    def _emitter(self, outputs: list[Output]) -> Callable[..., None]:
        default = self.source.partition

        def emit(
            topic: str,
            key: bytes | None,
            value: bytes | None,
            headers: Headers = (),
            *,
            partition: int | None = None,
        ) -> None:
            outputs.append(Output(topic, default if partition is None else partition, key, value, headers))

        return emit
