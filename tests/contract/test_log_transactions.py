"""The port's promises about transactions, fencing and what a read_committed reader sees."""

from __future__ import annotations

import pytest

from tests.log_bench import (
    COMMITTED,
    DEADLINE_MS,
    UNCOMMITTED,
    Bench,
    eventually,
    everything,
    put,
    read_to,
    transaction,
    unique,
)
from workers.errors import Stop
from workers.log.port import CommitUnknown, Fenced, TopicPartition


async def test_a_commit_shows_everything_at_once(bench: Bench) -> None:
    first, second = await bench.topic(2), await bench.topic()
    producer = await transaction(bench.log, unique("id"))
    producer.append(first, 0, b"k", b"1")
    producer.append(first, 1, b"k", b"2")
    producer.append(second, 0, b"k", b"3")
    await producer.flush(deadline_ms=DEADLINE_MS)
    slots = [TopicPartition(first, 0), TopicPartition(first, 1), TopicPartition(second, 0)]
    assert [await everything(bench.log, slot) for slot in slots] == [[], [], []]

    await producer.commit(deadline_ms=DEADLINE_MS)

    for slot, value in zip(slots, (b"1", b"2", b"3"), strict=True):
        for _ in eventually():  # markers are written after the commit has answered
            if found := await everything(bench.log, slot):
                assert [r.value for r in found] == [value]
                break
    await producer.close()


async def test_many_transactions_by_one_producer(bench: Bench) -> None:
    topic = await bench.topic()
    producer = await transaction(bench.log, unique("id"))
    for number in range(20):
        if number:
            await producer.begin()
        producer.append(topic, 0, None, b"%d" % number)
        await producer.commit(deadline_ms=DEADLINE_MS)
    await producer.begin()
    await producer.commit(deadline_ms=DEADLINE_MS)  # nothing appended: nothing on the log
    await producer.close()

    for _ in eventually():
        found = await everything(bench.log, TopicPartition(topic, 0))
        if len(found) == 20:
            break
    assert [r.value for r in found] == [b"%d" % n for n in range(20)]
    assert len({r.offset for r in found}) == 20
    assert found[-1].offset > 19  # markers take offsets


async def test_an_abort_hides_what_was_written(bench: Bench) -> None:
    topic = await bench.topic()
    slot = TopicPartition(topic, 0)
    producer = await transaction(bench.log, unique("id"))
    producer.append(topic, 0, b"k", b"aborted")
    await producer.flush(deadline_ms=DEADLINE_MS)
    await producer.abort()
    await producer.begin()
    producer.append(topic, 0, b"k", b"never sent")
    await producer.abort()
    await producer.begin()
    producer.append(topic, 0, b"k", b"committed")
    await producer.commit(deadline_ms=DEADLINE_MS)
    await producer.close()

    for _ in eventually():
        if found := await everything(bench.log, slot):
            break
    assert [r.value for r in found] == [b"committed"]
    assert [r.value for r in await everything(bench.log, slot, UNCOMMITTED)] == [b"aborted", b"committed"]


async def test_an_open_transaction_blocks_the_readers_of_its_partition_alone(bench: Bench) -> None:
    topic = await bench.topic(2)
    blocked, free = TopicPartition(topic, 0), TopicPartition(topic, 1)
    await put(bench.log, topic, b"before")
    producer = await transaction(bench.log, unique("id"))
    producer.append(topic, 0, b"k", b"open")
    await producer.flush(deadline_ms=DEADLINE_MS)
    await put(bench.log, topic, b"behind")
    await put(bench.log, topic, b"beside", partition=1)

    assert (await bench.log.end_offsets([blocked], COMMITTED))[blocked] == 1  # the last stable offset
    assert (await bench.log.end_offsets([blocked], UNCOMMITTED))[blocked] == 3  # the high watermark
    reader = await bench.log.reader(client_id="r", isolation=COMMITTED)
    await reader.assign([blocked])
    await reader.seek(blocked, 0)
    assert [r.value for r in await read_to(reader, blocked, 1)] == [b"before"]
    assert await reader.read(max_records=10, timeout_ms=700) == []
    assert await reader.position(blocked) == 1
    assert [r.value for r in await everything(bench.log, free)] == [b"beside"]

    await producer.commit(deadline_ms=DEADLINE_MS)
    for _ in eventually():
        stable = (await bench.log.end_offsets([blocked], COMMITTED))[blocked]
        if stable == (await bench.log.end_offsets([blocked], UNCOMMITTED))[blocked]:
            break
    assert stable == 4
    assert [r.value for r in await read_to(reader, blocked, 4)] == [b"open", b"behind"]
    await reader.close()
    await producer.close()


async def test_a_position_moves_past_trailing_markers_and_aborted_records(bench: Bench) -> None:
    topic = await bench.topic()
    slot = TopicPartition(topic, 0)
    producer = await transaction(bench.log, unique("id"))
    producer.append(topic, 0, b"k", b"seen")
    await producer.commit(deadline_ms=DEADLINE_MS)
    await producer.begin()
    producer.append(topic, 0, b"k", b"aborted")
    await producer.flush(deadline_ms=DEADLINE_MS)
    await producer.abort()
    await producer.close()
    for _ in eventually():
        end = (await bench.log.end_offsets([slot], COMMITTED))[slot]
        if end == 4:
            break

    reader = await bench.log.reader(client_id="r", isolation=COMMITTED)
    await reader.assign([slot])
    await reader.seek(slot, 0)
    assert [r.value for r in await read_to(reader, slot, 4)] == [b"seen"]  # record, marker, aborted, marker
    assert await reader.position(slot) == 4
    await reader.close()


async def test_a_newer_producer_fences_the_older_one(bench: Bench) -> None:
    topic = await bench.topic()
    shared = unique("id")
    zombie = await transaction(bench.log, shared)
    owner = await transaction(bench.log, shared)
    zombie.append(topic, 0, b"k", b"zombie")
    with pytest.raises(Fenced):
        await zombie.commit(deadline_ms=DEADLINE_MS)
    with pytest.raises(Stop, match="finished"):
        await zombie.begin()

    owner.append(topic, 0, b"k", b"owner")
    await owner.commit(deadline_ms=DEADLINE_MS)

    for _ in eventually():
        if found := await everything(bench.log, TopicPartition(topic, 0)):
            break
    assert [r.value for r in found] == [b"owner"]
    await zombie.close()
    await owner.close()


async def test_a_producer_fenced_in_the_middle_of_its_transaction(bench: Bench) -> None:
    topic = await bench.topic()
    shared = unique("id")
    zombie = await transaction(bench.log, shared)
    zombie.append(topic, 0, b"k", b"first half")
    await zombie.flush(deadline_ms=DEADLINE_MS)
    owner = await transaction(bench.log, shared)
    zombie.append(topic, 0, b"k", b"second half")
    with pytest.raises(Fenced):
        await zombie.commit(deadline_ms=DEADLINE_MS)

    assert await everything(bench.log, TopicPartition(topic, 0)) == []
    await zombie.close()
    await owner.close()


async def test_init_ends_what_a_dead_owner_left_open(bench: Bench) -> None:
    topic = await bench.topic()
    slot = TopicPartition(topic, 0)
    shared = unique("id")
    dead = await transaction(bench.log, shared)
    dead.append(topic, 0, b"k", b"orphan")
    await dead.flush(deadline_ms=DEADLINE_MS)
    await dead.close()  # as after kill -9: nothing is said to the broker
    await put(bench.log, topic, b"behind")
    assert (await bench.log.end_offsets([slot], COMMITTED))[slot] == 0

    owner = await bench.log.transactional(transactional_id=shared, client_id="new", transaction_timeout_ms=10_000)
    await owner.init(deadline_ms=DEADLINE_MS)

    # Init answers only when the markers stand: an end asked for now is final (design §5, 2).
    assert (await bench.log.end_offsets([slot], COMMITTED))[slot] == 3
    assert [r.value for r in await everything(bench.log, slot)] == [b"behind"]
    await owner.close()


async def test_a_transaction_that_runs_out_is_aborted_and_its_owner_fenced(bench: Bench) -> None:
    topic = await bench.topic()
    slot = TopicPartition(topic, 0)
    slow = await transaction(bench.log, unique("id"), timeout_ms=1_000)
    slow.append(topic, 0, b"k", b"too late")
    await slow.flush(deadline_ms=DEADLINE_MS)
    await put(bench.log, topic, b"behind")

    for _ in eventually(15):
        if found := await everything(bench.log, slot):
            break
    assert [r.value for r in found] == [b"behind"]
    with pytest.raises(Fenced):
        await slow.commit(deadline_ms=DEADLINE_MS)
    await slow.close()


async def test_calls_out_of_order_are_a_stop(bench: Bench) -> None:
    topic = await bench.topic()
    producer = await bench.log.transactional(
        transactional_id=unique("id"), client_id="c", transaction_timeout_ms=10_000
    )
    with pytest.raises(Stop):
        await producer.begin()
    await producer.init(deadline_ms=DEADLINE_MS)
    with pytest.raises(Stop):
        producer.append(topic, 0, b"k", b"v")
    with pytest.raises(Stop):
        await producer.commit(deadline_ms=DEADLINE_MS)
    await producer.begin()
    with pytest.raises(Stop):
        await producer.begin()
    await producer.close()


@pytest.mark.parametrize("request_lost", [True, False], ids=["request lost", "answer lost"])
async def test_a_commit_without_an_answer_is_unknown_and_the_log_tells(bench: Bench, request_lost: bool) -> None:
    topic = await bench.topic()
    slot = TopicPartition(topic, 0)
    shared = unique("id")
    async with bench.commit_loses(request=request_lost):
        producer = await transaction(bench.log, shared)
        producer.append(topic, 0, b"k", b"in doubt")
        with pytest.raises(CommitUnknown):
            await producer.commit(deadline_ms=1_500)
        with pytest.raises(Stop):
            await producer.begin()
        await producer.close()

    successor = await bench.log.transactional(transactional_id=shared, client_id="new", transaction_timeout_ms=10_000)
    await successor.init(deadline_ms=DEADLINE_MS)
    found = [r.value for r in await everything(bench.log, slot)]
    assert found == ([] if request_lost else [b"in doubt"])
    await successor.close()
