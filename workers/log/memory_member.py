"""One member of a group of the memory log; a task of its own takes part in rebalances, as the Kafka client's does."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from workers.errors import Stop
from workers.log.memory_group import MemoryGroup, Seat
from workers.log.memory_reader import Positions
from workers.log.port import Isolation, NotAssigned, OnPartitions, Record, TopicPartition

if TYPE_CHECKING:
    from workers.log.memory import MemoryLog


class MemoryMember:
    """See `workers.log.port.GroupMember`; `freeze` and `thaw` play SIGSTOP and SIGCONT."""

    def __init__(
        self,
        log: MemoryLog,
        group: MemoryGroup,
        *,
        group_name: str,
        topics: Sequence[str],
        name: str,
        static: bool,
        isolation: Isolation,
        session_timeout_ms: int,
    ) -> None:
        self._log, self._group, self._group_name = log, group, group_name
        self._topics, self._name, self._static = topics, name, static
        self._session_timeout_ms = session_timeout_ms
        self._positions = Positions(log, isolation)
        self._seat: Seat | None = None
        self._generation = 0
        self._owned: frozenset[TopicPartition] = frozenset()
        self._paused: set[TopicPartition] = set()
        self._signal = asyncio.Event()
        self._first = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._frozen = self._ousted = self._closed = False
        self._on_assigned: OnPartitions | None = None
        self._on_revoked: OnPartitions | None = None

    @property
    def generation(self) -> int:
        return self._generation

    def assignment(self) -> frozenset[TopicPartition]:
        return self._owned

    async def start(self, on_assigned: OnPartitions, on_revoked: OnPartitions) -> None:
        self._on_assigned, self._on_revoked = on_assigned, on_revoked
        self._task = asyncio.create_task(self._run())
        first = asyncio.create_task(self._first.wait())
        await asyncio.wait({first, self._task}, return_when=asyncio.FIRST_COMPLETED)
        first.cancel()
        if self._task.done():
            self._task.result()

    async def poll(self, *, max_records: int, timeout_ms: int) -> dict[TopicPartition, list[Record]]:
        if self._ousted:
            raise Stop(
                f"member {self._name} of {self._group_name}: another living process uses this instance id; give every"
                " process an id of its own"
            )
        if self._task is not None and self._task.done():
            self._task.result()
        return await self._log.poll(lambda: self._positions.fetch(self._owned - self._paused, max_records), timeout_ms)

    def pause(self, partitions: Iterable[TopicPartition]) -> None:
        for partition in partitions:
            self._expect(partition)
            self._paused.add(partition)

    def resume(self, partitions: Iterable[TopicPartition]) -> None:
        for partition in partitions:
            self._expect(partition)
            self._paused.discard(partition)
        self._log.wake()

    def seek(self, partition: TopicPartition, offset: int) -> None:
        self._expect(partition)
        self._positions.at[partition] = offset

    async def position(self, partition: TopicPartition) -> int:
        self._expect(partition)
        return self._positions.at[partition]

    async def commit_lazily(self, offsets: Mapping[TopicPartition, int]) -> None:
        for partition, offset in offsets.items():
            if partition in self._owned:
                self._log.committed[self._group_name, partition] = offset

    async def committed(self, partition: TopicPartition) -> int | None:
        self._expect(partition)
        return self._log.committed.get((self._group_name, partition))

    async def close(self) -> None:
        """A dynamic member leaves at once; a static one keeps its seat until its session runs out."""
        self._closed = True
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
        seat, self._seat = self._seat, None
        self._owned = frozenset()
        if seat is None or self._ousted or not self._group.holds(seat):
            return
        seat.holder = None
        if self._static:
            self._group.lose_sight(seat)
        else:
            self._group.leave(seat)

    def freeze(self) -> None:
        """The process is stopped: no heartbeat, no reaction; its session runs out, what it holds it still believes."""
        self._frozen = True
        if self._seat is not None:
            self._group.lose_sight(self._seat)

    def thaw(self) -> None:
        """The process goes on, and finds out what happened meanwhile only by its next heartbeat."""
        self._frozen = False
        if self._seat is not None and self._group.holds(self._seat):
            self._group.keep(self._seat)
        self.wake()

    def oust(self) -> None:
        """Another member came with the same instance id."""
        self._ousted = True

    def wake(self) -> None:
        """Something changed in the group."""
        self._signal.set()

    def _expect(self, partition: TopicPartition) -> None:
        if partition not in self._owned:
            raise NotAssigned(
                f"member {self._name} of {self._group_name}: {partition.topic}[{partition.partition}] is not assigned"
            )

    # -- the task

    async def _run(self) -> None:
        try:
            await self._take_part()
        except Exception:
            if self._seat is not None and self._group.holds(self._seat):
                self._group.lose_sight(self._seat)  # a member whose hook failed heartbeats no more
            raise

    async def _take_part(self) -> None:
        self._seat, given = self._group.enter(self._name, self._topics, self._session_timeout_ms, self)
        if given is None:
            given = await self._join()
        await self._take(given)
        while True:
            await self._signal.wait()
            self._signal.clear()
            if self._frozen or self._ousted or self._is_settled():
                continue
            await self._give_back()
            await self._take(await self._join())

    def _is_settled(self) -> bool:
        return self._seat is not None and self._group.holds(self._seat) and self._group.settled

    async def _join(self) -> frozenset[TopicPartition]:
        while True:
            if self._seat is None or not self._group.holds(self._seat):
                self._seat, given = self._group.enter(self._name, self._topics, self._session_timeout_ms, self)
                if given is not None:
                    return given
            outcome = await asyncio.shield(self._group.join(self._seat).outcome)
            if outcome is not None and self._seat.name in outcome:
                return outcome[self._seat.name]

    async def _give_back(self) -> None:
        lost, self._owned = self._owned, frozenset()
        self._paused.clear()
        if lost and self._on_revoked is not None:
            await self._on_revoked(lost)

    async def _take(self, given: frozenset[TopicPartition]) -> None:
        self._paused = set(given)
        self._positions.at = dict.fromkeys(given, 0)
        self._owned = given
        self._generation += 1
        if self._on_assigned is not None:
            await self._on_assigned(given)
        self._first.set()
        if self._group.round is not None and not self._group.settled:
            self.wake()  # another round began while the listener ran
