"""The port's promises about groups: assignments, generations, static members, and what `poll` never returns."""

from __future__ import annotations

import asyncio

import pytest

from tests.log_bench import COMMITTED, Bench, Desk, eventually, put, unique, until
from workers.errors import Stop
from workers.log.port import NotAssigned, TopicPartition


async def test_a_lone_member_gets_everything_paused_at_zero(bench: Bench) -> None:
    topic = await bench.topic(3)
    slots = {TopicPartition(topic, n) for n in range(3)}
    await put(bench.log, topic, b"a", b"b", partition=1)
    desk = await Desk.open(bench.log, unique("group"), topic, resume=False)

    assert desk.given == [slots]
    assert desk.member.assignment() == slots
    assert desk.member.generation == 1
    assert [await desk.member.position(slot) for slot in slots] == [0, 0, 0]
    assert await desk.member.poll(max_records=10, timeout_ms=600) == {}

    desk.member.resume(slots)
    assert [r.value for r in await desk.read(2)] == [b"a", b"b"]
    assert await desk.member.position(TopicPartition(topic, 1)) == 2
    await desk.member.close()


async def test_paused_partitions_are_silent_and_lose_nothing(bench: Bench) -> None:
    topic = await bench.topic(2)
    held, running = TopicPartition(topic, 0), TopicPartition(topic, 1)
    await put(bench.log, topic, b"h1", partition=0)
    desk = await Desk.open(bench.log, unique("group"), topic)
    assert [r.value for r in await desk.read(1)] == [b"h1"]

    desk.member.pause([held])
    await put(bench.log, topic, b"h2", partition=0)
    await put(bench.log, topic, b"r1", partition=1)
    assert [r.value for r in await desk.read(1)] == [b"r1"]
    assert await desk.member.poll(max_records=10, timeout_ms=600) == {}
    desk.member.resume([held])
    assert [r.value for r in await desk.read(1)] == [b"h2"]

    desk.member.seek(running, 0)
    assert [r.value for r in await desk.read(1)] == [b"r1"]
    await desk.member.close()


async def test_a_second_member_takes_its_share(bench: Bench) -> None:
    topic = await bench.topic(4)
    slots = {TopicPartition(topic, n) for n in range(4)}
    group = unique("group")
    first = await Desk.open(bench.log, group, topic, instance=unique("one"))
    second = await Desk.open(bench.log, group, topic, instance=unique("two"))
    await until(lambda: first.member.generation == 2)

    assert first.lost == [slots]
    mine, yours = first.member.assignment(), second.member.assignment()
    assert mine | yours == slots
    assert not mine & yours
    assert len(mine) == len(yours) == 2
    assert second.member.generation == 1

    for number in range(4):
        await put(bench.log, topic, b"%d" % number, partition=number)
    seen = await first.read(2) + await second.read(2)
    assert sorted(r.value or b"" for r in seen) == [b"0", b"1", b"2", b"3"]
    other = min(yours)
    with pytest.raises(NotAssigned):
        first.member.seek(other, 0)
    with pytest.raises(NotAssigned):
        first.member.resume([other])
    with pytest.raises(NotAssigned):
        await first.member.position(other)
    await first.member.close()
    await second.member.close()


async def test_after_a_rebalance_everything_is_paused_at_zero_again(bench: Bench) -> None:
    """Records fetched under the old generation never come back: a partition speaks only after seek and resume."""
    topic = await bench.topic(2)
    group = unique("group")
    for number in range(2):
        await put(bench.log, topic, *(b"%d" % n for n in range(50)), partition=number)
    first = await Desk.open(bench.log, group, topic, instance=unique("one"))
    await first.member.poll(max_records=5, timeout_ms=2_000)  # the client has fetched more than it gave out
    first.resume = False

    second = await Desk.open(bench.log, group, topic, instance=unique("two"), resume=False)
    await until(lambda: first.member.generation == 2)

    assert await first.member.poll(max_records=500, timeout_ms=600) == {}
    [slot] = first.member.assignment()
    assert await first.member.position(slot) == 0
    first.member.seek(slot, 30)
    first.member.resume([slot])
    assert [r.offset for r in await first.read(20)] == list(range(30, 50))
    await first.member.close()
    await second.member.close()


async def test_a_dynamic_member_that_leaves_is_replaced_at_once(bench: Bench) -> None:
    topic = await bench.topic(2)
    group = unique("group")
    stays = await Desk.open(bench.log, group, topic, session_timeout_ms=6_000)
    leaves = await Desk.open(bench.log, group, topic, session_timeout_ms=6_000)
    await until(lambda: stays.member.generation == 2)
    await leaves.member.close()
    await until(lambda: len(stays.member.assignment()) == 2, seconds=5)
    assert stays.member.generation == 3
    await stays.member.close()


async def test_a_static_member_restarts_without_a_rebalance(bench: Bench) -> None:
    topic = await bench.topic(4)
    group, name = unique("group"), unique("two")
    stays = await Desk.open(bench.log, group, topic, instance=unique("one"), session_timeout_ms=6_000)
    restarts = await Desk.open(bench.log, group, topic, instance=name, session_timeout_ms=6_000)
    await until(lambda: stays.member.generation == 2)
    before = restarts.member.assignment()

    await restarts.member.close()
    again = await Desk.open(bench.log, group, topic, instance=name, session_timeout_ms=6_000)

    assert again.member.assignment() == before
    assert again.member.generation == 1  # a new member object begins to count
    assert stays.member.generation == 2
    assert len(stays.lost) == 1
    await stays.member.close()
    await again.member.close()


async def test_a_static_member_that_stays_away_loses_its_seat_when_its_session_ends(bench: Bench) -> None:
    topic = await bench.topic(2)
    group = unique("group")
    stays = await Desk.open(bench.log, group, topic, instance=unique("one"), session_timeout_ms=1_500)
    gone = await Desk.open(bench.log, group, topic, instance=unique("two"), session_timeout_ms=1_500)
    await until(lambda: stays.member.generation == 2)
    await gone.member.close()
    assert len(stays.member.assignment()) == 1

    await until(lambda: len(stays.member.assignment()) == 2, seconds=15)
    assert stays.member.generation == 3
    await stays.member.close()


async def test_group_offsets_are_kept_for_displays(bench: Bench) -> None:
    topic = await bench.topic(2)
    slot, other = TopicPartition(topic, 0), TopicPartition(topic, 1)
    group = unique("group")
    await put(bench.log, topic, b"a", b"b")
    desk = await Desk.open(bench.log, group, topic)
    assert await desk.member.committed(slot) is None

    await desk.member.commit_lazily({slot: 2})

    for _ in eventually():
        if await desk.member.committed(slot) == 2:
            break
    assert await bench.log.group_offsets(group, [slot, other]) == {slot: 2, other: None}
    await desk.member.commit_lazily({TopicPartition("not-mine", 0): 9})  # dropped, no error
    await desk.member.close()


async def test_members_of_different_groups_do_not_meet(bench: Bench) -> None:
    topic = await bench.topic(1)
    await put(bench.log, topic, b"a")
    desks = [await Desk.open(bench.log, unique("group"), topic) for _ in range(2)]
    for desk in desks:
        assert [r.value for r in await desk.read(1)] == [b"a"]
        assert desk.member.generation == 1
        await desk.member.close()


async def test_what_a_hook_raises_stops_the_member(bench: Bench) -> None:
    """aiokafka logs it and goes on; a partition whose release failed must not go on."""
    topic = await bench.topic(2)
    group = unique("group")
    desk = await Desk.open(bench.log, group, topic, instance=unique("one"))
    desk.broken = RuntimeError("the release failed")
    other = await Desk.open(bench.log, group, topic, instance=unique("two"), session_timeout_ms=1_500)
    with pytest.raises(RuntimeError, match="the release failed"):
        await desk.read(1)  # polls until something comes, and nothing ever comes
    await desk.member.close()
    await other.member.close()


async def test_a_start_waits_for_the_end_of_the_first_hook(bench: Bench) -> None:
    topic = await bench.topic(1)
    diary: list[str] = []

    async def assigned(partitions: frozenset[TopicPartition]) -> None:
        await asyncio.sleep(0.05)
        diary.append("assigned")

    async def revoked(partitions: frozenset[TopicPartition]) -> None:
        diary.append("revoked")

    member = await bench.log.member(
        group=unique("group"), topics=[topic], client_id="c", instance_id=None, isolation=COMMITTED,
        session_timeout_ms=3_000,
    )  # fmt: skip
    await member.start(assigned, revoked)
    assert diary == ["assigned"]
    await member.close()


async def test_two_living_members_with_one_instance_id_the_older_is_stopped(bench: Bench) -> None:
    """Otherwise they take the seat from each other for ever, and nothing is decided meanwhile."""
    topic = await bench.topic(2)
    group, name = unique("group"), unique("one")
    older = await Desk.open(bench.log, group, topic, instance=name)
    newer = await Desk.open(bench.log, group, topic, instance=name)
    with pytest.raises(Stop, match="another living process uses this instance id"):
        await older.read(1)
    await older.member.close()
    await put(bench.log, topic, b"a")
    assert [r.value for r in await newer.read(1)] == [b"a"]
    assert newer.member.generation == 1
    await newer.member.close()
