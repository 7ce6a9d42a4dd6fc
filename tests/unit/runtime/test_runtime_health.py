"""Health is progress, judged over a runtime's life: sparse input, a rebalance without end, fencing for ever."""

from __future__ import annotations

import asyncio

import pytest

from tests.broker.world import World, eventually
from tests.unit.runtime.test_runtime_memory import play
from workers.errors import Retry
from workers.log.memory import MemoryLog
from workers.log.port import Fenced
from workers.runtime.checkpoint import KafkaCheckpoint
from workers.runtime.health import Verdict
from workers.runtime.ownership import Membership

STALL = {"stall_ms": 5_000}


def test_the_first_record_after_a_long_silence_is_no_stall() -> None:
    """A night without records, then one: while it is under way there is lag, but it did not begin last evening."""

    class Slow(KafkaCheckpoint):
        async def commit(self) -> None:
            await asyncio.sleep(2)
            await super().commit()

    async def scenario(world: World, log: MemoryLog) -> None:
        async with world.running(checkpoint_type=Slow, options=STALL) as runtime:
            await world.publish(1)
            await world.settled()
            await asyncio.sleep(60)
            await world.publish(1)
            await asyncio.sleep(1)
            assert runtime.health.partitions[0].lag_records > 0
            assert runtime.health.verdict is Verdict.READY
            await world.settled()
            assert not runtime.crashed

    play(scenario)


def test_a_rebalance_that_does_not_end_is_not_ready_and_then_an_exit() -> None:
    """No partition is owned while the coordinator is silent: that is not the same as having nothing to do."""

    async def scenario(world: World, log: MemoryLog) -> None:
        async with world.running(options=STALL) as runtime:
            await world.publish(3)
            await world.settled()
            await eventually(lambda: runtime.health.verdict is Verdict.READY, what="ready")
            await runtime._membership.revoked(frozenset(runtime.partitions))
            await asyncio.sleep(1)
            assert runtime.health.verdict is Verdict.NOT_READY
            await asyncio.sleep(11)
            assert runtime.crashed

    play(scenario)


def test_a_member_that_is_never_let_in_gives_up(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario(world: World, log: MemoryLog) -> None:
        member_of = log.member

        async def silent(**how: object) -> object:
            member = await member_of(**how)  # type: ignore[arg-type]

            async def start(*_: object) -> None:
                await asyncio.Event().wait()

            monkeypatch.setattr(member, "start", start)
            return member

        monkeypatch.setattr(log, "member", silent)
        options = world.options(join_deadline_ms=7_000)
        membership = Membership(log, options, on_assigned=lambda *_: None, on_revoked=_nothing)
        with pytest.raises(Retry, match="7000 ms"):
            await membership.join()

    play(scenario)


async def _nothing(_: object) -> None:
    """A hook without effect."""


def test_a_partition_that_is_fenced_again_and_again_is_an_exit() -> None:
    """Each new life restores and looks lively; that it never comes to a commit is what counts."""

    class Refused(KafkaCheckpoint):
        async def commit(self) -> None:
            raise Fenced("a code that this client does not know")

    async def scenario(world: World, log: MemoryLog) -> None:
        async with world.running(checkpoint_type=Refused, options=STALL) as runtime:
            await eventually(lambda: runtime.health.verdict is Verdict.READY, what="ready")
            await world.publish(3)
            await asyncio.sleep(7)
            assert runtime.metrics.fenced > 2
            assert not runtime.crashed
            assert any("fenced" in reason for reason in runtime.health.reasons)
            await asyncio.sleep(7)
            assert runtime.crashed

    play(scenario)
