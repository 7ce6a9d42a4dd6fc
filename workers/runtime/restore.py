"""From a changelog to a state, in the one order that is safe (design §5, 1–3):

1  init the transactional id      fences the former owner, aborts or completes what it left open; then nothing may be
                                  open in the changelog and the outputs: a hanging transaction hides what it committed
2  ask for the end                read_committed, *after* the init: nothing of the former owner is hidden behind it
3  read from the beginning to it  read_committed, in batches
4  check the position             present, same incarnation as the journal's first record, within the journal
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from workers.errors import Stop
from workers.log.port import Isolation, Log, Record, TopicPartition, TransactionalProducer
from workers.runtime.changelog import POSITION_KEY, read_range, split_key
from workers.runtime.clock import now
from workers.runtime.options import RuntimeOptions
from workers.runtime.position import Position, incarnation_of, parse_position
from workers.runtime.store import MemoryStore

END_POLL_SECONDS: Final = 0.1
HANGING_SECONDS: Final = 15.0
"""Longer than any transaction time-out plus the broker's scan for it: what is open for so long nobody will end."""


class RestoreProgress(NamedTuple):
    """How far a restore is. Offsets, not records: a compacted changelog has fewer records than offsets."""

    partition: int
    records: int
    offsets_remaining: int
    eta_seconds: float


OnProgress = Callable[[RestoreProgress], None]


@dataclass(slots=True)
class RestoredState:
    """State and position of a partition as of `mark`: reading the changelog from there on repeats nothing but harmless
    overwrites and meets at least one `!position`."""

    store: MemoryStore
    position: Position | None
    mark: int


class Restore:
    """Restores one partition. `producer` must be new: it is initialised here, first."""

    def __init__(
        self,
        log: Log,
        options: RuntimeOptions,
        partition: int,
        producer: TransactionalProducer,
        *,
        warm: RestoredState | None = None,
        on_progress: OnProgress = lambda progress: None,
    ) -> None:
        self.log = log
        self.options = options
        self.source = TopicPartition(options.input_topic, partition)
        self.changelog = TopicPartition(options.changelog_topic, partition)
        self.producer = producer
        self.state = warm or RestoredState(MemoryStore(), None, 0)
        self.warm = warm is not None
        self._on_progress = on_progress

    async def run(self) -> tuple[RestoredState, Position]:
        """All four steps. Raises `Fenced` (lost the partition), `Stop` (broken invariant) or a passing fault."""
        await self.init()  # 1
        await nothing_left_open(self.log, [self.changelog, *self.options.outputs_of(self.source.partition)])
        end = await self.end()  # 2
        await self.read(end)  # 3
        return self.state, await self.check()  # 4

    async def init(self) -> None:
        """1: fence the former owner; returns when its transaction's markers are written."""
        await self.producer.init(deadline_ms=self.options.init_deadline_ms)

    async def end(self) -> int:
        """2: the last stable offset of the changelog, asked for after the init."""
        return (await self.log.end_offsets([self.changelog], Isolation.READ_COMMITTED))[self.changelog]

    async def read(self, end: int) -> None:
        """3: apply every committed record below the end."""
        start = self.state.mark
        if not self.warm:
            start = (await self.log.beginning_offsets([self.changelog]))[self.changelog]
        began, records = now(), 0
        async for batch, position in read_range(
            self.log,
            self.changelog,
            start=start,
            end=end,
            batch_records=self.options.restore_batch_records,
            client_id=f"{self.options.client_id}-restore-{self.changelog.partition}",
        ):
            self.apply(batch)
            records += len(batch)
            remaining = max(0, end - position)
            rate = max(1, position - start) / max(now() - began, 1e-6)
            self._on_progress(RestoreProgress(self.source.partition, records, remaining, remaining / rate))
            await asyncio.sleep(0)

    def apply(self, batch: list[Record]) -> None:
        """Put a stretch of the changelog into the state."""
        put = self.state.store.put
        for record in batch:
            key = record.key
            if key == POSITION_KEY:
                self.state.position = parse_position(record.value, self._where())
                self.state.mark = record.offset
            elif key is None:
                raise Stop(f"{self._where()} offset {record.offset}: a record without a key is not ours; run the audit")
            else:
                group, name = split_key(key)
                put(group, name, record.value)

    async def check(self) -> Position:
        """4: the position exists, counts in this journal, and lies between its beginning and its end."""
        position = self.state.position
        if position is None:
            raise Stop(
                f"{self._where()} has no !position: a new changelog gets one from `tuodi topics apply`, a lost one is "
                "rebuilt from the journal; it is never assumed to be 0"
            )
        beginning = (await self.log.beginning_offsets([self.source]))[self.source]
        incarnation = await self.first_incarnation(beginning)
        if incarnation != position.incarnation:
            raise Stop(
                f"{self._where()} counts in another journal than {self.source.topic}[{self.source.partition}]: the "
                "topic was created anew or the changelog belongs elsewhere; restore the right pair or rebuild"
            )
        if position.offset < beginning:
            raise Stop(
                f"{self.source.topic}[{self.source.partition}] begins at {beginning}, the state needs offset "
                f"{position.offset}: records are gone; set unlimited retention and restore the journal from its backup"
            )
        await self.check_within_end(position)
        return position

    async def check_within_end(self, position: Position) -> None:
        """A journal that ends below the position lost records; a new partition leader may lag for a moment."""
        deadline = now() + self.options.end_grace_ms / 1000
        while True:
            end = (await self.log.end_offsets([self.source], Isolation.READ_UNCOMMITTED))[self.source]
            if position.offset <= end:
                return
            if now() > deadline:
                raise Stop(
                    f"{self.source.topic}[{self.source.partition}] ends at {end}, the state is at {position.offset}: "
                    "the journal lost its tail; compare with its replicas or backup before anything else"
                )
            await asyncio.sleep(END_POLL_SECONDS)

    async def first_incarnation(self, beginning: int) -> str | None:
        """What the journal's first record says; None where there is no such record."""
        end = (await self.log.end_offsets([self.source], Isolation.READ_COMMITTED))[self.source]
        async for batch, _ in read_range(
            self.log,
            self.source,
            start=beginning,
            end=end,
            batch_records=1,
            client_id=f"{self.options.client_id}-first-{self.source.partition}",
        ):
            if batch:
                return incarnation_of(batch[0])
        return None

    def _where(self) -> str:
        return f"{self.changelog.topic}[{self.changelog.partition}]"


async def nothing_left_open(log: Log, places: Sequence[TopicPartition]) -> None:
    """Return once each last stable offset has reached the end as it was asked for; call it after an init.

    After the init nobody else may write here in a transaction, so nothing can be open. Yet a coordinator that loads
    while a partition has no leader takes it for deleted and skips its markers ("likely deleted already", Apache Kafka
    4.1 to 4.3, ADR 15): the transaction counts as complete and hangs in the log, and the next marker of the same id
    ends both. Whoever restored below it would decide its batch a second time; whoever went on beside an output of a
    batch that is committed might abort it with the next one. Raises `Stop`.
    """
    stuck, since = dict[TopicPartition, int](), now()
    while True:
        high = await log.end_offsets(places, Isolation.READ_UNCOMMITTED)
        stable = await log.end_offsets(places, Isolation.READ_COMMITTED)
        left = {place: stable[place] for place in places if stable[place] < high[place]}
        if not left:
            return
        if left != stuck:  # it moves: a newer owner is at work, and this worker will be told
            stuck, since = left, now()
        elif now() - since > HANGING_SECONDS:
            where = ", ".join(f"{place.topic}[{place.partition}] at offset {at}" for place, at in sorted(left.items()))
            raise Stop(
                f"a transaction that nobody owns is open in {where}: the broker lost its markers; stop all ledger "
                "workers, run `tuodi topics mend` (first with --dry-run), start them again (docs/hanging.md)"
            )
        await asyncio.sleep(END_POLL_SECONDS)


async def committed_position(
    log: Log,
    changelog: TopicPartition,
    *,
    mark: int,
    batch_records: int,
    client_id: str,
    beside: Sequence[TopicPartition] = (),
) -> Position:
    """The last committed `!position` at or after `mark`, read up to an end asked for now: call it after an init only.

    `beside`: the partitions of outputs in which nothing may hang either.

    Raises `Stop` where there is none: the changelog lost what this worker knew to be committed.
    """
    await nothing_left_open(log, [changelog, *beside])
    end = (await log.end_offsets([changelog], Isolation.READ_COMMITTED))[changelog]
    found: bytes | None = None
    async for batch, _ in read_range(
        log, changelog, start=mark, end=end, batch_records=batch_records, client_id=client_id
    ):
        for record in batch:
            if record.key == POSITION_KEY:
                found = record.value
    where = f"{changelog.topic}[{changelog.partition}]"
    if found is None:
        raise Stop(f"{where} has no !position from offset {mark} on, though one was committed; run the audit")
    return parse_position(found, where)
