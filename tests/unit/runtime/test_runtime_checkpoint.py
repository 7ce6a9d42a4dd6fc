"""What a checkpoint knows after each way in which a batch ends: position, state, and what its fold was told."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from workers.log.port import CommitUnknown, Fenced, Headers, Record, TopicPartition
from workers.runtime.checkpoint import FOLD_AHEAD_RECORDS, KafkaCheckpoint, OutcomeUnknown
from workers.runtime.port import Emit, View
from workers.runtime.position import Position
from workers.runtime.store import MemoryStore

SOURCE = TopicPartition("in", 0)
BEGIN = Position("i", 0, 0)


class Producer:
    """Commits, or raises what it was given."""

    def __init__(self) -> None:
        self.raises: Exception | None = None

    async def init(self, *, deadline_ms: int) -> None: ...
    async def begin(self) -> None: ...
    def append(
        self, topic: str, partition: int, key: bytes | None, value: bytes | None, headers: Headers = ()
    ) -> None: ...
    async def flush(self, *, deadline_ms: int) -> None: ...
    async def abort(self) -> None: ...
    async def close(self) -> None: ...
    async def commit(self, *, deadline_ms: int) -> None:
        if self.raises is not None:
            raise self.raises


class Fold:
    """Keeps each record under its offset and writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.stamps: list[int] = []
        self.shown: list[list[int]] = []

    def restored(self, view: View) -> None: ...
    def ahead(self, records: Sequence[Record]) -> None:
        self.shown.append([record.offset for record in records])

    def process(self, record: Record, stamp_ms: int, view: View, emit: Emit) -> None:
        assert record.offset in self.shown[-1]
        self.stamps.append(stamp_ms)
        view.put("g", str(record.offset), record.value)

    def committed(self) -> None:
        self.told.append("committed")

    def dropped(self) -> None:
        self.told.append("dropped")


def made() -> tuple[KafkaCheckpoint, Producer, Fold]:
    producer, fold = Producer(), Fold()
    checkpoint = KafkaCheckpoint(
        source=SOURCE, changelog_topic="log", store=MemoryStore(), fold=fold, position=BEGIN, producer=producer,
        commit_deadline_ms=1_000, note_offset=lambda source, offset: None,
    )  # fmt: skip
    return checkpoint, producer, fold


def record(offset: int, timestamp_ms: int) -> Record:
    return Record("in", 0, offset, timestamp_ms, b"k", b"v", ())


async def test_a_committed_batch_moves_position_stamp_and_state() -> None:
    checkpoint, _, fold = made()
    await checkpoint.settle([record(0, 50), record(2, 90)])
    assert checkpoint.position == Position("i", 3, 90)
    assert dict(checkpoint.store.names("g")) == {"0": b"v", "2": b"v"}
    await checkpoint.settle([record(4, 70)])
    assert checkpoint.position == Position("i", 5, 90)
    assert fold.stamps == [50, 90, 90]
    assert fold.told == ["committed", "committed"]


async def test_an_unknown_batch_that_was_not_committed_never_was() -> None:
    checkpoint, producer, fold = made()
    await checkpoint.settle([record(0, 50)])
    producer.raises = CommitUnknown("lost")
    with pytest.raises(OutcomeUnknown):
        await checkpoint.settle([record(1, 60)])
    assert checkpoint.resolve(Position("i", 1, 50)) is False
    assert checkpoint.position == Position("i", 1, 50)
    assert dict(checkpoint.store.names("g")) == {"0": b"v"}
    assert fold.told == ["committed", "dropped"]


async def test_an_unknown_batch_that_was_committed_is_a_fact() -> None:
    checkpoint, producer, fold = made()
    producer.raises = CommitUnknown("lost")
    with pytest.raises(OutcomeUnknown):
        await checkpoint.settle([record(0, 50)])
    assert checkpoint.store.get("g", "0") is None
    assert checkpoint.resolve(Position("i", 1, 50)) is True
    assert checkpoint.position == Position("i", 1, 50)
    assert checkpoint.store.get("g", "0") == b"v"
    assert fold.told == ["committed"]


async def test_a_fenced_batch_is_dropped_and_a_successor_further_on_fences() -> None:
    checkpoint, producer, fold = made()
    producer.raises = Fenced("newer")
    with pytest.raises(Fenced):
        await checkpoint.settle([record(0, 50)])
    assert (checkpoint.position, len(checkpoint.store), fold.told) == (BEGIN, 0, ["dropped"])
    with pytest.raises(Fenced, match="offset 7"):
        checkpoint.resolve(Position("i", 7, 60))


async def test_every_record_is_shown_ahead_once_in_order_and_in_bounded_stretches() -> None:
    checkpoint, _, fold = made()
    await checkpoint.settle([record(offset, 50) for offset in range(2 * FOLD_AHEAD_RECORDS + 5)])
    assert [len(shown) for shown in fold.shown] == [FOLD_AHEAD_RECORDS, FOLD_AHEAD_RECORDS, 5]
    assert [offset for shown in fold.shown for offset in shown] == list(range(2 * FOLD_AHEAD_RECORDS + 5))
