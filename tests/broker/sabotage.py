"""The runtime with one invariant taken out each. Tests show that the alarm goes off; nothing else may import this."""

from __future__ import annotations

from collections.abc import Sequence

from workers.log.port import Fenced, Record, TopicPartition
from workers.runtime.checkpoint import Folded, KafkaCheckpoint, OutcomeUnknown
from workers.runtime.options import RuntimeOptions
from workers.runtime.ownership import Membership
from workers.runtime.position import Position
from workers.runtime.restore import Restore, RestoredState


class IdPerWorker(RuntimeOptions):
    """Without 1: one transactional id per worker instead of per partition: a successor fences nobody."""

    def transactional_id(self, partition: int) -> str:
        return f"{self.client_id}-{partition}"


class InitAfterRestore(Restore):
    """Without 1 and 2: reads first and fences later; what a zombie commits in between is not in the state."""

    async def run(self) -> tuple[RestoredState, Position]:
        end = await self.end()
        await self.read(end)
        position = await self.check()
        await self.init()
        return self.state, position


class EndBeforeInit(Restore):
    """Without 2: fences first, but reads only to an end it had asked for before."""

    async def run(self) -> tuple[RestoredState, Position]:
        end = await self.end()
        await self.init()
        await self.read(end)
        return self.state, await self.check()


class PositionFromGroup(Restore):
    """Without 3: starts where the group's lazily committed offset says."""

    async def check(self) -> Position:
        position = await super().check()
        source = TopicPartition(self.options.input_topic, self.source.partition)
        offsets = await self.log.group_offsets(self.options.group, [source])  # type: ignore[attr-defined]
        return Position(position.incarnation, offsets[source] or 0, position.stamp)


class AnyIncarnation(Restore):
    """Without 3: does not look whether the journal is the one its state counts in."""

    async def first_incarnation(self, beginning: int) -> str | None:
        return self.state.position.incarnation if self.state.position else None


class MissingPositionIsZero(Restore):
    """Without 3: takes a lost changelog for a new one."""

    async def check(self) -> Position:
        if self.state.position is None:
            self.state.position = Position("world-1", 0, 0)
        return await super().check()


class NoEndCheck(Restore):
    """Without 3: believes a position beyond the end of the journal."""

    async def check_within_end(self, position: Position) -> None:
        return


class MergeBeforeCommit(KafkaCheckpoint):
    """Without 4: the state knows a batch that no log may ever hold."""

    async def begin(self) -> None:
        if self.pending is not None:
            self.store.merge(self.pending.overlay.writes)
        await super().begin()


class UnknownIsCommitted(KafkaCheckpoint):
    """Without 5: a time-out counts as success."""

    async def commit(self) -> None:
        try:
            await super().commit()
        except Fenced:
            raise
        except Exception as error:
            self.forced = error


class UnknownIsLost(KafkaCheckpoint):
    """Without 5: a time-out counts as failure."""

    def resolve(self, committed: Position) -> bool:
        self.drop()
        return False


class FencedGoesOn(KafkaCheckpoint):
    """Without 5: a fenced owner takes the partition back by force and folds its batch again on what it believes."""

    async def settle(self, records: Sequence[Record]) -> int:
        try:
            return await super().settle(records)
        except Fenced as error:
            raise OutcomeUnknown("fenced") from error

    def resolve(self, committed: Position) -> bool:
        self.drop()
        return False


class NoOrderCheck(KafkaCheckpoint):
    """Without 3: folds whatever comes, also what is below the position."""

    def refuse(self, record: Record, expected: int) -> None:
        return


class NoGenerations(Membership):
    """Without 6: believes records that were fetched before a rebalance."""

    def stale(self, before: int) -> bool:
        return False


class WholeStateInOneValue(KafkaCheckpoint):
    """Without 9: writes everything a partition knows with every batch."""

    def append_changelog(self, folded: Folded) -> None:
        for group in folded.overlay.groups():
            for name, value in folded.overlay.names(group):
                folded.overlay.put(group, name, value)
        super().append_changelog(folded)
