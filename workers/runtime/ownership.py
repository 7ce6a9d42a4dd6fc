"""Membership of a group: who owns what since when, and which records may no longer be believed (design §5, 6).

Inside a rebalance nothing slow happens: `assigned` starts tasks and returns; `revoked` is bounded below the
session time-out. Records are believed only if no assignment happened while they were fetched; otherwise they are
dropped and every running partition seeks back to where its own queue ends. No lock is held across `poll`, which blocks
during a rebalance (traps 4, 5 and 10 of the client).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress

from workers.errors import Retry, Stop
from workers.log.port import Fenced, GroupMember, Isolation, Log, NotAssigned, Record, TopicPartition
from workers.runtime.options import MemberOptions

log = logging.getLogger(__name__)

OnAssigned = Callable[[frozenset[TopicPartition], int], None]
"""Called inside the rebalance with the partitions and the generation: starts tasks, awaits nothing."""
OnRevoked = Callable[[frozenset[TopicPartition]], Awaitable[None]]
"""Awaited inside the rebalance; bounded by `revoke_deadline_ms`."""


class Membership:
    """One process's place in its group, across rejoins."""

    def __init__(self, log: Log, options: MemberOptions, *, on_assigned: OnAssigned, on_revoked: OnRevoked) -> None:
        self._log = log
        self._options = options
        self._on_assigned = on_assigned
        self._on_revoked = on_revoked
        self._member: GroupMember | None = None
        self._next: dict[TopicPartition, int] = {}
        """Running partitions and the offset their next fetched record may not be below."""
        self.generation = 0
        """Grows with every assignment and every rejoin; unlike a member's own count it survives a new member."""
        self.stale_records = 0

    # ---- the member's life

    async def join(self) -> None:
        """Become a member; assignments arrive through the callback. Raises `Retry` where none comes in time."""
        options = self._options
        self._member = await self._log.member(
            group=options.group,
            topics=options.topics,
            client_id=options.client_id,
            instance_id=options.instance_id,
            isolation=Isolation.READ_COMMITTED,
            session_timeout_ms=options.session_timeout_ms,
        )
        try:
            async with asyncio.timeout(options.join_deadline_ms / 1000):
                await self._member.start(self.assigned, self.revoked)
        except TimeoutError:
            await self._close()
            raise Retry(
                f"group {options.group} gave no assignment within {options.join_deadline_ms} ms; is its coordinator up?"
            ) from None

    async def leave(self) -> None:
        """Give everything up, then end the membership. With an instance id the slot stays reserved for its session."""
        await self.revoked(frozenset(self._next))
        await self._close()

    async def _close(self) -> None:
        member, self._member = self._member, None
        if member is not None:
            try:
                async with asyncio.timeout(self._options.close_deadline_ms / 1000):
                    await member.close()
            except Exception as error:
                log.warning("leaving group %s failed with %s", self._options.group, type(error).__name__)

    async def rejoin(self) -> None:
        """A new member under the same instance id: the old one's view of its partitions can no longer be trusted."""
        await self.leave()
        self.generation += 1
        await self.join()

    # ---- inside a rebalance

    async def assigned(self, partitions: frozenset[TopicPartition]) -> None:
        """Count, start tasks, return. The member has paused every partition at 0 (the port says so)."""
        self.generation += 1
        self._next.clear()
        self._on_assigned(partitions, self.generation)

    async def revoked(self, partitions: frozenset[TopicPartition]) -> None:
        """Let batches in flight finish, within the bound. Correctness rests on the successor's init, not on this."""
        for partition in partitions:
            self._next.pop(partition, None)
        await self._on_revoked(partitions)

    # ---- records

    async def poll(self) -> dict[TopicPartition, list[Record]]:
        """Records of running partitions, in order, of this generation only. Stop where the group refuses the member."""
        member, before, options = self._joined(), self.generation, self._options
        try:
            got = await member.poll(max_records=options.batch_records_max, timeout_ms=options.poll_timeout_ms)
        except Fenced as error:
            raise Stop(
                f"the coordinator of {options.group} refuses this member: another process has instance id "
                f"{options.instance_id}, or the broker is too new ({error}); one id per slot"
            ) from error
        if self.stale(before):
            self.drop(got)
            return {}
        believed = {}
        for partition, records in got.items():
            expected = self._next.get(partition)
            if expected is None or not records:
                continue
            self._next[partition] = records[-1].offset + 1
            believed[partition] = records
        return believed

    def stale(self, before: int) -> bool:
        """True where an assignment happened since `before`: what was fetched may belong to the owner of that time."""
        return self.generation != before

    def drop(self, got: dict[TopicPartition, list[Record]]) -> None:
        """Forget fetched records and make sure they come again to whoever is running by now."""
        member = self._joined()
        self.stale_records += sum(map(len, got.values()))
        with suppress(NotAssigned):
            for partition, offset in self._next.items():
                member.seek(partition, offset)

    def resume(self, partition: TopicPartition, offset: int) -> None:
        """Let records of a restored partition come, from its position on."""
        member = self._joined()
        with suppress(NotAssigned):  # a rebalance took it meanwhile: its task is about to be told
            member.seek(partition, offset)
            self._next[partition] = offset
            member.resume([partition])

    def hold(self, partitions: Iterable[TopicPartition]) -> None:
        """Fetch no more for partitions whose inbox is full."""
        with suppress(NotAssigned):
            self._joined().pause(partitions)

    def release(self, partitions: Iterable[TopicPartition]) -> None:
        """Fetch again."""
        with suppress(NotAssigned):
            self._joined().resume([partition for partition in partitions if partition in self._next])

    def forget(self, partition: TopicPartition) -> None:
        """A partition stopped: it stays ours and paused, and nothing of it is folded."""
        self._next.pop(partition, None)
        self.hold([partition])

    async def fetch_position(self, partition: TopicPartition) -> int:
        """Where fetching stands: past trailing markers, unlike the last record's offset."""
        return await self._joined().position(partition)

    async def committed(self, partition: TopicPartition) -> int | None:
        """The group's committed offset, or None where nothing was ever committed."""
        return await self._joined().committed(partition)

    async def commit_lazily(self, offsets: dict[TopicPartition, int]) -> None:
        """Group offsets for lag displays."""
        if self._member is not None and offsets:
            await self._member.commit_lazily(offsets)

    def _joined(self) -> GroupMember:
        if self._member is None:
            raise Stop(f"not a member of group {self._options.group}; the runtime called out of order")
        return self._member
