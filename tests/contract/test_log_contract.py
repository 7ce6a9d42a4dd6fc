"""The port's promises about records, offsets and reading, on memory and on a real Kafka."""

from __future__ import annotations

import time

import pytest

from tests.log_bench import COMMITTED, DEADLINE_MS, UNCOMMITTED, Bench, everything, put, read_to
from workers.errors import Stop
from workers.log.kafka_options import BATCH_BYTES_MAX, RECORD_BYTES_MAX
from workers.log.port import NotAssigned, TopicPartition

HEADERS = [("ce_id", b"1"), ("bytes", bytes(range(256))), ("ce_id", b"2"), ("empty", b""), ("名", "值".encode())]


async def test_a_record_comes_back_byte_for_byte(bench: Bench) -> None:
    topic = await bench.topic(2)
    producer = await bench.log.producer(client_id="c")
    producer.append(topic, 1, b"\x00key\xff", b"\xffvalue\x00", HEADERS)
    await producer.flush(deadline_ms=DEADLINE_MS)
    await producer.close()

    [record] = await everything(bench.log, TopicPartition(topic, 1))

    assert (record.topic, record.partition, record.offset) == (topic, 1, 0)
    assert (record.key, record.value) == (b"\x00key\xff", b"\xffvalue\x00")
    assert list(record.headers) == HEADERS
    assert record.header("ce_id") == b"2"
    assert record.header("missing") is None
    assert await everything(bench.log, TopicPartition(topic, 0)) == []


@pytest.mark.parametrize(("key", "value"), [(None, b"v"), (b"k", None), (None, None), (b"", b"")])
async def test_null_and_empty_are_different(bench: Bench, key: bytes | None, value: bytes | None) -> None:
    topic = await bench.topic()
    producer = await bench.log.producer(client_id="c")
    producer.append(topic, 0, key, value)
    await producer.flush(deadline_ms=DEADLINE_MS)
    await producer.close()

    [record] = await everything(bench.log, TopicPartition(topic, 0))

    assert (record.key, record.value, list(record.headers)) == (key, value, [])


async def test_order_holds_within_a_partition_over_several_flushes(bench: Bench) -> None:
    topic = await bench.topic(2)
    producer = await bench.log.producer(client_id="c")
    for number in range(300):
        producer.append(topic, number % 2, None, b"%d" % number)
        if number % 70 == 0:
            await producer.flush(deadline_ms=DEADLINE_MS)
    await producer.flush(deadline_ms=DEADLINE_MS)
    await producer.close()

    for partition in (0, 1):
        found = await everything(bench.log, TopicPartition(topic, partition))
        assert [record.value for record in found] == [b"%d" % n for n in range(300) if n % 2 == partition]
        assert [record.offset for record in found] == list(range(150))


async def test_flush_says_where_each_record_came_to_lie(bench: Bench) -> None:
    topic = await bench.topic(2)
    producer = await bench.log.producer(client_id="c")
    big = b"x" * (BATCH_BYTES_MAX // 2)
    for _ in range(2):
        for number in range(5):
            producer.append(topic, number % 2, None, b"%d" % number + big)
        placed = await producer.flush(deadline_ms=DEADLINE_MS)
    nothing = await producer.flush(deadline_ms=DEADLINE_MS)
    await producer.close()

    assert {slot: list(offsets) for slot, offsets in placed.items()} == {
        TopicPartition(topic, 0): [3, 4, 5],
        TopicPartition(topic, 1): [2, 3],
    }
    assert nothing == {}


async def test_what_does_not_fit_one_batch_goes_into_several_in_order(bench: Bench) -> None:
    topic = await bench.topic()
    producer = await bench.log.producer(client_id="c")
    bodies = [bytes([number]) * (BATCH_BYTES_MAX // 3) for number in range(10)] + [b"x" * (BATCH_BYTES_MAX + 1000)]
    for body in bodies:
        producer.append(topic, 0, b"k", body)
    await producer.flush(deadline_ms=DEADLINE_MS)
    await producer.close()

    assert [record.value for record in await everything(bench.log, TopicPartition(topic, 0))] == bodies


async def test_a_record_over_the_limit_is_refused_where_it_is_appended(bench: Bench) -> None:
    topic = await bench.topic()
    producer = await bench.log.producer(client_id="c")
    with pytest.raises(Stop, match="over the limit"):
        producer.append(topic, 0, b"k", b"x" * (RECORD_BYTES_MAX + 1))
    await producer.close()


async def test_a_partition_that_does_not_exist_is_a_stop(bench: Bench) -> None:
    topic = await bench.topic(1)
    producer = await bench.log.producer(client_id="c")
    producer.append(topic, 0, b"k", b"v")
    producer.append(topic, 7, b"k", b"v")
    with pytest.raises(Stop, match="does not exist"):
        await producer.flush(deadline_ms=DEADLINE_MS)
    await producer.close()


async def test_append_time_is_the_brokers_and_create_time_the_producers(bench: Bench) -> None:
    stamped, created = await bench.topic(append_time=True), await bench.topic()
    before = time.time_ns() // 1_000_000
    producer = await bench.log.producer(client_id="c")
    producer.append(stamped, 0, b"k", b"v")
    producer.append(created, 0, b"k", b"v")
    appended = time.time_ns() // 1_000_000
    while time.time_ns() // 1_000_000 < appended + 20:  # let the clock move on, so that the two stamps must differ
        pass
    await producer.flush(deadline_ms=DEADLINE_MS)
    after = time.time_ns() // 1_000_000
    await producer.close()

    [by_broker] = await everything(bench.log, TopicPartition(stamped, 0))
    [by_producer] = await everything(bench.log, TopicPartition(created, 0))
    assert appended + 20 <= by_broker.timestamp_ms <= after
    assert before <= by_producer.timestamp_ms <= appended


async def test_offsets_and_partition_counts(bench: Bench) -> None:
    topic = await bench.topic(3)
    await put(bench.log, topic, b"a", b"b", partition=2)
    slots = [TopicPartition(topic, number) for number in range(3)]

    assert await bench.log.beginning_offsets(slots) == dict.fromkeys(slots, 0)
    for isolation in (COMMITTED, UNCOMMITTED):
        assert await bench.log.end_offsets(slots, isolation) == dict(zip(slots, (0, 0, 2), strict=True))
    assert await bench.log.partition_count(topic) == 3
    assert await bench.log.partition_count("no-such-topic") is None


async def test_a_reader_seeks_back_and_forth(bench: Bench) -> None:
    topic = await bench.topic()
    slot = TopicPartition(topic, 0)
    await put(bench.log, topic, b"a", b"b", b"c")
    reader = await bench.log.reader(client_id="r", isolation=COMMITTED)
    await reader.assign([slot])

    await reader.seek(slot, 1)
    assert [r.value for r in await read_to(reader, slot, 3)] == [b"b", b"c"]
    assert await reader.read(max_records=10, timeout_ms=50) == []
    await reader.seek(slot, 0)
    assert await reader.position(slot) == 0
    assert [r.value for r in await read_to(reader, slot, 3)] == [b"a", b"b", b"c"]
    await reader.close()


async def test_a_reader_takes_no_more_than_it_was_asked_for(bench: Bench) -> None:
    topic = await bench.topic()
    slot = TopicPartition(topic, 0)
    await put(bench.log, topic, *(b"%d" % n for n in range(10)))
    reader = await bench.log.reader(client_id="r", isolation=COMMITTED)
    await reader.assign([slot])
    await reader.seek(slot, 0)

    first = await reader.read(max_records=4, timeout_ms=5_000)
    assert len(first) == 4
    assert await reader.position(slot) == 4
    await reader.close()


async def test_a_reader_starts_nowhere(bench: Bench) -> None:
    topic = await bench.topic(2)
    reader = await bench.log.reader(client_id="r", isolation=COMMITTED)
    await reader.assign([TopicPartition(topic, 0)])
    with pytest.raises(Stop, match="never sought"):
        await reader.read(max_records=1, timeout_ms=10)
    with pytest.raises(NotAssigned):
        await reader.seek(TopicPartition(topic, 1), 0)
    await reader.close()


async def test_a_position_beyond_the_end_is_a_stop_and_never_a_jump(bench: Bench) -> None:
    topic = await bench.topic()
    await put(bench.log, topic, b"a")
    reader = await bench.log.reader(client_id="r", isolation=COMMITTED)
    await reader.assign([TopicPartition(topic, 0)])
    await reader.seek(TopicPartition(topic, 0), 5)
    with pytest.raises(Stop):
        await reader.read(max_records=1, timeout_ms=5_000)
    await reader.close()


async def test_compaction_keeps_the_last_value_of_a_key_and_leaves_gaps(bench: Bench) -> None:
    topic = await bench.topic(compact=True)
    slot = TopicPartition(topic, 0)
    producer = await bench.log.producer(client_id="c")
    for round_ in range(5):
        for key in (b"a", b"b"):
            producer.append(topic, 0, key, b"%d" % round_)
    await producer.flush(deadline_ms=DEADLINE_MS)
    await producer.close()
    assert [r.offset for r in await everything(bench.log, slot)] == list(range(10))

    await bench.compacted(topic)

    kept = [r for r in await everything(bench.log, slot) if r.key != b"!roll"]
    assert {r.key: r.value for r in kept} == {b"a": b"4", b"b": b"4"}
    offsets = [r.offset for r in kept]
    assert offsets == sorted(offsets)
    assert len(offsets) < 10
    assert offsets[-1] == 9  # a record keeps its offset; what is gone leaves a gap
