"""What the memory log adds to the port: the clock, hooks, compaction, retention, members that freeze. Deterministic."""

from __future__ import annotations

import pytest

from tests.log_bench import COMMITTED, DEADLINE_MS, UNCOMMITTED, Desk, everything, put, transaction, until
from workers.errors import Stop
from workers.log.memory import MemoryLog
from workers.log.port import CommitUnknown, Fenced, Record, TopicPartition

SLOT = TopicPartition("t", 0)


class Clock:
    """Milliseconds that move only when told to."""

    def __init__(self) -> None:
        self.now_ms = 1_700_000_000_000

    def __call__(self) -> int:
        return self.now_ms


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def log(clock: Clock) -> MemoryLog:
    made = MemoryLog(clock_ms=clock)
    made.create_topic("t", 2)
    made.create_topic("stamped", 1, append_time=True)
    return made


async def _script(log: MemoryLog) -> list[Record]:
    producer = await transaction(log, "id")
    for number in range(10):
        producer.append("t", number % 2, b"k", b"%d" % number, [("h", b"1")])
    await producer.commit(deadline_ms=DEADLINE_MS)
    await put(log, "stamped", b"x")
    return log.records("t") + log.records("stamped")


async def test_the_same_calls_give_the_same_log() -> None:
    runs = []
    for _ in range(2):
        log = MemoryLog(clock_ms=Clock())
        log.create_topic("t", 2)
        log.create_topic("stamped", 1, append_time=True)
        runs.append(await _script(log))
    assert runs[0] == runs[1]
    assert len(runs[0]) == 11


async def test_append_time_is_the_set_clock_at_the_moment_of_writing(log: MemoryLog, clock: Clock) -> None:
    producer = await log.producer(client_id="c")
    producer.append("stamped", 0, b"k", b"v")
    producer.append("t", 0, b"k", b"v")
    clock.now_ms += 500
    await producer.flush(deadline_ms=DEADLINE_MS)
    assert [r.timestamp_ms for r in log.records("stamped")] == [clock.now_ms]
    assert [r.timestamp_ms for r in log.records("t")] == [clock.now_ms - 500]


async def test_a_transaction_runs_out_by_the_set_clock(log: MemoryLog, clock: Clock) -> None:
    slow = await transaction(log, "id", timeout_ms=10_000)
    slow.append("t", 0, b"k", b"v")
    await slow.flush(deadline_ms=DEADLINE_MS)
    clock.now_ms += 9_999
    assert (await log.end_offsets([SLOT], COMMITTED))[SLOT] == 0
    clock.now_ms += 1
    assert (await log.end_offsets([SLOT], COMMITTED))[SLOT] == 2
    with pytest.raises(Fenced):
        await slow.commit(deadline_ms=DEADLINE_MS)


@pytest.mark.parametrize(("point", "visible"), [("flush", 0), ("flushed", 0), ("end", 0), ("ended", 1)])
async def test_a_crash_at_any_point_of_a_commit_is_all_or_nothing(log: MemoryLog, point: str, visible: int) -> None:
    async def crash(at: str, who: str) -> None:
        if (at, who) == (point, "id"):
            raise CommitUnknown("the test's crash")

    producer = await transaction(log, "id")
    producer.append("t", 0, b"k", b"v")
    producer.append("t", 1, b"k", b"v")
    log.hook = crash
    with pytest.raises(CommitUnknown):
        await producer.commit(deadline_ms=DEADLINE_MS)
    log.hook = None
    await (await log.transactional(transactional_id="id", client_id="c", transaction_timeout_ms=10_000)).init(
        deadline_ms=DEADLINE_MS
    )
    assert [len(await everything(log, TopicPartition("t", n))) for n in (0, 1)] == [visible, visible]


async def test_compaction_keeps_open_transactions_and_records_without_key(log: MemoryLog) -> None:
    await put(log, "t", b"a", b"a", b"b")
    aborted = await transaction(log, "one")
    aborted.append("t", 0, b"a", b"aborted")
    await aborted.flush(deadline_ms=DEADLINE_MS)
    await aborted.abort()
    keyless = await log.producer(client_id="c")
    keyless.append("t", 0, None, b"keyless")
    await keyless.flush(deadline_ms=DEADLINE_MS)
    running = await transaction(log, "two")
    running.append("t", 0, b"b", b"open")
    await running.flush(deadline_ms=DEADLINE_MS)

    assert log.compact("t") == 3  # one old value, the aborted record, its marker

    assert [(r.offset, r.value) for r in await everything(log, SLOT)] == [(1, b"a"), (2, b"b"), (5, b"keyless")]
    await running.commit(deadline_ms=DEADLINE_MS)
    assert [r.value for r in await everything(log, SLOT)][-1] == b"open"


async def test_retention_moves_the_beginning_and_a_position_before_it_is_a_stop(log: MemoryLog) -> None:
    await put(log, "t", b"a", b"b", b"c")
    log.partition(SLOT).cut(2)
    assert (await log.beginning_offsets([SLOT]))[SLOT] == 2
    reader = await log.reader(client_id="r", isolation=UNCOMMITTED)
    await reader.assign([SLOT])
    await reader.seek(SLOT, 1)
    with pytest.raises(Stop, match="outside"):
        await reader.read(max_records=1, timeout_ms=0)


async def test_a_topic_is_made_once(log: MemoryLog) -> None:
    log.create_topic("t", 2)
    with pytest.raises(Stop, match="exists with 2 partitions"):
        log.create_topic("t", 3)


async def test_one_partition_does_not_starve_the_other(log: MemoryLog) -> None:
    for partition in (0, 1):
        await put(log, "t", *(b"%d" % n for n in range(20)), partition=partition)
    reader = await log.reader(client_id="r", isolation=COMMITTED)
    slots = [TopicPartition("t", n) for n in (0, 1)]
    await reader.assign(slots)
    for slot in slots:
        await reader.seek(slot, 0)
    seen = [r.partition for _ in range(4) for r in await reader.read(max_records=5, timeout_ms=0)]
    assert set(seen) == {0, 1}


async def test_a_frozen_member_is_given_up_and_finds_out_when_it_thaws(log: MemoryLog) -> None:
    frozen = await Desk.open(log, "g", "t", instance="one", session_timeout_ms=200)
    other = await Desk.open(log, "g", "t", instance="two", session_timeout_ms=200)
    await until(lambda: frozen.member.generation == 2)
    believed = frozen.member.assignment()

    frozen.member.freeze()  # type: ignore[attr-defined]
    await until(lambda: len(other.member.assignment()) == 2)

    assert frozen.member.assignment() == believed  # a zombie: it still believes
    frozen.member.thaw()  # type: ignore[attr-defined]
    await until(lambda: frozen.member.generation == 3)
    assert frozen.lost[-1] == believed
    assert len(frozen.member.assignment() | other.member.assignment()) == 2
    assert not frozen.member.assignment() & other.member.assignment()
    await frozen.member.close()
    await other.member.close()


async def test_a_short_freeze_changes_nothing(log: MemoryLog) -> None:
    desk = await Desk.open(log, "g", "t", instance="one", session_timeout_ms=60_000)
    desk.member.freeze()  # type: ignore[attr-defined]
    desk.member.thaw()  # type: ignore[attr-defined]
    await put(log, "t", b"a")
    assert [r.value for r in await desk.read(1)] == [b"a"]
    assert desk.member.generation == 1
    await desk.member.close()
