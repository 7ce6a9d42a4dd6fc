"""The runtime over the memory log, in virtual time: odd changelogs, warm returns, failing folds, long restores."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Coroutine
from typing import Any, ClassVar

import pytest

from tests.broker.capfold import CapFold, input_bytes
from tests.broker.world import INCARNATION, World, eventually
from tests.unit.runtime.virtual_loop import VirtualLoop
from workers.errors import Retry, Stop
from workers.log.memory import MemoryLog
from workers.log.port import Record, TopicPartition
from workers.runtime.health import Verdict
from workers.runtime.port import Emit, View
from workers.runtime.position import Position
from workers.runtime.restore import Restore, RestoreProgress
from workers.runtime.store import MemoryStore
from workers.runtime.surroundings import Phase

Scenario = Callable[[World, MemoryLog], Coroutine[Any, Any, None]]


def play(scenario: Scenario, *, partitions: int = 1, **how: Any) -> None:
    """Run a scenario in a world of its own."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        log = MemoryLog(clock_ms=lambda: 1_700_000_000_000 + int(loop.time() * 1000))

        async def create(topics: dict[str, dict[str, str]], count: int) -> None:
            for name, config in topics.items():
                log.create_topic(name, count, append_time="message.timestamp.type" in config)

        world = await World(log, create, partitions).open(**how)
        await scenario(world, log)

    loop = VirtualLoop()
    try:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(main())
    finally:
        asyncio.set_event_loop(None)
        loop.close()


async def restored(world: World, log: MemoryLog, told: list[RestoreProgress] | None = None) -> Restore:
    producer = await log.transactional(transactional_id="t", client_id="t", transaction_timeout_ms=10_000)
    on_progress = (lambda progress: None) if told is None else told.append
    restore = Restore(log, world.options(restore_batch_records=10), 0, producer, on_progress=on_progress)
    await restore.run()
    return restore


def test_a_compacted_changelog_restores_the_same_state() -> None:
    async def scenario(world: World, log: MemoryLog) -> None:
        await world.publish(60, keys=4)
        async with world.running(options={"batch_records_max": 5}):
            await world.settled()
        assert log.compact(world.changelog) > 0
        await world.publish(10, keys=4)
        async with world.running():
            await world.settled()
        assert await world.faults() == []

    play(scenario)


def test_a_changelog_that_ends_in_aborted_records_is_read_to_its_end() -> None:
    async def scenario(world: World, log: MemoryLog) -> None:
        await world.publish(5)
        async with world.running():
            await world.settled()
        loser = await log.transactional(transactional_id="x", client_id="x", transaction_timeout_ms=10_000)
        await loser.init(deadline_ms=1_000)
        await loser.begin()
        for _ in range(30):
            loser.append(world.changelog, 0, b"k0-0|sum", b"rubbish")
        await loser.flush(deadline_ms=1_000)
        await loser.abort()
        restore = await restored(world, log)
        assert restore.state.store.get("k0-0", "sum") != b"rubbish"

    play(scenario)


def test_a_restore_tells_how_far_it_is() -> None:
    async def scenario(world: World, log: MemoryLog) -> None:
        await world.publish(40, keys=40)
        async with world.running():
            await world.settled()
        told: list[RestoreProgress] = []
        restore = await restored(world, log, told)
        assert len(restore.state.store) == 40
        assert len(told) >= 4
        remaining = [progress.offsets_remaining for progress in told]
        assert remaining == sorted(remaining, reverse=True)
        assert remaining[-1] == 0
        assert told[-1].records == 42  # forty sums and two positions

    play(scenario)


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        (None, b"x", "without a key"),
        (b"!position", b"x", "cannot be read"),
        (b"!position", Position(INCARNATION, 10**9, 0).to_bytes(), "lost its tail"),
        (b"!position", Position("another", 0, 0).to_bytes(), "another journal"),
    ],
)
def test_a_changelog_that_is_not_ours_stops(key: bytes | None, value: bytes, says: str) -> None:
    async def scenario(world: World, log: MemoryLog) -> None:
        producer = await log.producer(client_id="stranger")
        producer.append(world.changelog, 0, key, value)
        await producer.flush(deadline_ms=1_000)
        with pytest.raises(Stop, match=says):
            await restored(world, log)

    play(scenario)


def test_a_journal_that_lost_its_beginning_stops() -> None:
    async def scenario(world: World, log: MemoryLog) -> None:
        await world.publish(5)
        log.partition(TopicPartition(world.input, 0)).cut(3)
        with pytest.raises(Stop, match="another journal"):  # its first record is not `journal.opened` any more
            await restored(world, log)

    play(scenario)


class Bug(CapFold):
    """Raises what no fold should, with a value of the input in the message."""

    def process(self, record: Record, stamp_ms: int, view: View, emit: Emit) -> None:
        if b'"amount": 13' in (record.value or b""):
            raise KeyError("520101199001011234")
        super().process(record, stamp_ms, view, emit)


def test_a_bug_in_a_fold_stops_its_partition_and_tells_no_input_value(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario(world: World, log: MemoryLog) -> None:
        async with world.running(fold=Bug) as runtime:
            await world.publish(5, partition=0)
            producer = await log.producer(client_id="p")
            producer.append(world.input, 0, b"k", input_bytes("bad", "k", 13))
            await producer.flush(deadline_ms=1_000)
            await world.publish(5, partition=1)
            stopped = runtime.partitions[TopicPartition(world.input, 0)]
            await eventually(lambda: stopped.phase is Phase.STOPPED, what="the stop")
            await eventually(lambda: runtime.health.verdict is Verdict.NOT_READY, what="red health")
            reason = stopped.stop_reason or ""
            assert f"{world.input}[0] offset 6" in reason
            assert "KeyError at test_runtime_memory.py" in reason
            assert len(await world.outputs(1)) == 5

    play(scenario, partitions=2)
    assert "520101199001011234" not in caplog.text


def test_a_fold_that_writes_while_it_is_restored_stops() -> None:
    class Writes(CapFold):
        def restored(self, view: View) -> None:
            view.put("a", "b", b"c")

    async def scenario(world: World, log: MemoryLog) -> None:
        async with world.running(fold=Writes) as runtime:
            await eventually(lambda: runtime.metrics.stops, what="the stop")

    play(scenario)


class Stamps(CapFold):
    """Writes down the arrival stamps it is given."""

    given: ClassVar[list[int]] = []

    def process(self, record: Record, stamp_ms: int, view: View, emit: Emit) -> None:
        self.given.append(stamp_ms)
        super().process(record, stamp_ms, view, emit)


def test_stamps_never_go_back_not_even_across_lives() -> None:
    async def scenario(world: World, log: MemoryLog) -> None:
        Stamps.given.clear()
        clock = log.clock_ms
        for step_ms in (0, -5_000, -1_000, 60_000):
            log.clock_ms = lambda step_ms=step_ms: clock() + step_ms  # type: ignore[misc]
            await world.publish(3)
            async with world.running(fold=Stamps):
                await world.settled()
        assert len(Stamps.given) == 13
        assert Stamps.given == sorted(Stamps.given)
        assert Stamps.given[-1] > Stamps.given[0] + 50_000

    play(scenario)


class CountingRestore(Restore):
    """Counts what restores read."""

    read_records = 0

    def apply(self, batch: list[Record]) -> None:
        type(self).read_records += len(batch)
        super().apply(batch)


def test_a_partition_that_comes_back_soon_reads_only_the_tail() -> None:
    async def scenario(world: World, log: MemoryLog) -> None:
        CountingRestore.read_records = 0
        await world.publish(300, keys=100)
        async with world.running("a", restore_type=CountingRestore) as first:
            await world.settled()
            cold = CountingRestore.read_records
            async with world.running("b"):
                await eventually(lambda: len(first.partitions) == 1, what="a rebalance")
                await world.publish(20)
                await world.settled()
            await eventually(lambda: len(first.partitions) == 2, seconds=30, what="the partitions back")
            await world.publish(20)
            await world.settled()
            assert cold < 10
            assert CountingRestore.read_records < 300
        assert await world.faults() == []

    play(scenario, partitions=2)


def test_states_that_do_not_come_back_are_forgotten() -> None:
    async def scenario(world: World, log: MemoryLog) -> None:
        await world.publish(20)
        async with world.running("a", options={"warm_state_ms": 5_000}) as first:
            await world.settled()
            async with world.running("b"):
                await eventually(lambda: len(first.partitions) == 1, what="a rebalance")
                assert len(first._warm) == 1
                await asyncio.sleep(6)
                assert first._warm == {}
        assert await world.faults() == []

    play(scenario, partitions=2)


def test_a_log_that_does_not_answer_is_not_ready_and_then_an_exit(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario(world: World, log: MemoryLog) -> None:
        async with world.running(options={"stall_ms": 5_000}) as runtime:
            await eventually(lambda: runtime.health.verdict is Verdict.READY, what="ready")

            async def silent(*_: object) -> dict[TopicPartition, int]:
                raise Retry("away")

            monkeypatch.setattr(log, "end_offsets", silent)
            await asyncio.sleep(6)
            assert runtime.health.verdict is Verdict.NOT_READY
            assert "is the broker up" in runtime.health.reasons[0]
            await asyncio.sleep(5)
            assert runtime.crashed

    play(scenario)


def test_backpressure_bounds_the_inbox() -> None:
    async def scenario(world: World, log: MemoryLog) -> None:
        await world.publish(400)
        options = {"batch_records_max": 10, "inbox_batches_max": 2}
        async with world.running(options=options) as runtime:
            most = 0
            partition = None
            while len(await world.outputs()) < 400:
                partition = next(iter(runtime.partitions.values()), partition)
                most = max(most, len(partition.inbox) if partition else 0)
                await asyncio.sleep(0.001)
            assert most <= 30
        assert await world.faults() == []

    play(scenario)


def test_topics_cut_differently_are_refused_at_start() -> None:
    async def scenario(world: World, log: MemoryLog) -> None:
        log.create_topic("other", 3)
        runtime = world.runtime(options={"changelog_topic": "other"})
        with pytest.raises(Stop, match="equal partition counts"):
            await runtime.on_start()

    play(scenario)


def test_the_state_of_a_left_partition_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was restored is frozen for the garbage collector; a rebalance must not keep it for ever (it did)."""
    alive: list[int] = []

    class Counted(MemoryStore):
        def __init__(self) -> None:
            super().__init__()
            alive.append(1)

        def __del__(self) -> None:
            alive.pop()

    monkeypatch.setattr("workers.runtime.restore.MemoryStore", Counted)

    async def scenario(world: World, log: MemoryLog) -> None:
        await world.publish(20)
        for _ in range(3):
            async with world.running() as runtime:
                await world.settled()
                assert len(alive) >= world.partitions
            del runtime

    play(scenario, partitions=2)
    gc.collect()
    assert alive == []
