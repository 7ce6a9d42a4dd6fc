"""A day is closed once intake has passed what the feeds held, in all partitions or none, by one clock."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime, timedelta

import orjson
import pytest

from schemas.topics import full_name
from tests.unit.intake.bills import memory_log, settings
from workers.errors import Retry, Usage
from workers.journal.clock import behind, business_date, close_day, feed_ends, last_whole_day, write_day
from workers.journal.clock_service import ClockService
from workers.journal.names import intake_group
from workers.log.memory import MemoryLog
from workers.log.port import Fenced, TopicPartition

DAY = date(2023, 5, 6)
FEED = full_name("settlement.reported")
JOURNAL = full_name("journal")


async def publish(log: MemoryLog, number: int = 1, partition: int = 0) -> None:
    producer = await log.producer(client_id="somebody")
    for _ in range(number):
        producer.append(FEED, partition, b"P1", b"{}")
    await producer.flush(deadline_ms=1_000)
    await producer.close()


def intake_commits(log: MemoryLog, offset: int, partition: int = 0) -> None:
    log.committed[intake_group(settings()), TopicPartition(FEED, partition)] = offset


def closed(log: MemoryLog) -> list[tuple[int, str]]:
    return [(record.partition, orjson.loads(record.value or b"")["date"]) for record in log.records(JOURNAL)]


async def until(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    deadline = asyncio.get_running_loop().time() + seconds
    while not condition():
        assert asyncio.get_running_loop().time() < deadline, f"waited {seconds} s"
        await asyncio.sleep(0.005)


@pytest.mark.parametrize(
    ("now", "today"),
    [
        ("2023-05-06T15:59:59+00:00", date(2023, 5, 6)),
        ("2023-05-06T16:00:00+00:00", date(2023, 5, 7)),
        ("2023-05-07T00:00:00+08:00", date(2023, 5, 7)),
    ],
)
def test_business_days_end_at_midnight_in_china(now: str, today: date) -> None:
    moment = datetime.fromisoformat(now)
    assert business_date(moment) == today
    assert last_whole_day(moment) == today - timedelta(days=1)


async def test_a_day_is_closed_once_in_every_partition() -> None:
    log = memory_log()
    await close_day(log, settings(), DAY, wait_deadline_ms=0)
    assert closed(log) == [(partition, "2023-05-06") for partition in range(12)]


async def test_a_day_waits_for_intake_and_is_closed_when_it_has_passed() -> None:
    log = memory_log()
    await publish(log, 3)
    closing = asyncio.create_task(close_day(log, settings(), DAY, wait_deadline_ms=10_000))
    intake_commits(log, 2)
    await asyncio.sleep(0.15)
    assert not closing.done()
    assert closed(log) == []
    intake_commits(log, 3)
    await closing
    assert len(closed(log)) == 12


async def test_what_arrives_after_the_question_is_not_waited_for() -> None:
    log = memory_log()
    await publish(log, 2)
    held = await feed_ends(log, settings())
    await publish(log, 5)
    intake_commits(log, 2)
    assert await behind(log, settings(), held) == {}


async def test_a_day_that_intake_does_not_pass_is_not_closed() -> None:
    log = memory_log()
    await publish(log, 3)
    with pytest.raises(Retry, match=r"lacks 3 offsets of 1 feed partitions.*medassist-intake"):
        await close_day(log, settings(), DAY, wait_deadline_ms=60)
    assert closed(log) == []


async def test_the_markers_of_a_senders_transaction_are_not_waited_for() -> None:
    log = memory_log()
    sender = await log.transactional(transactional_id="platform", client_id="platform", transaction_timeout_ms=10_000)
    await sender.init(deadline_ms=1_000)
    await sender.begin()
    sender.append(FEED, 0, b"P1", b"{}")
    await sender.commit(deadline_ms=1_000)
    intake_commits(log, 1)  # the record is passed; offset 1 is the marker
    await close_day(log, settings(), DAY, wait_deadline_ms=5_000)
    assert len(closed(log)) == 12


async def test_without_a_journal_the_operator_is_told_what_to_do() -> None:
    with pytest.raises(Usage, match="tuodi topics apply"):
        await close_day(MemoryLog(), settings(), DAY, wait_deadline_ms=0)


async def test_a_journal_with_another_partition_count_is_not_written() -> None:
    log = memory_log(partitions=6)
    with pytest.raises(Usage, match="6 partitions"):
        await close_day(log, settings(), DAY, wait_deadline_ms=0)
    assert closed(log) == []


async def test_a_clock_that_was_fenced_writes_nothing() -> None:
    async def hook(point: str, who: str) -> None:
        if point == "end" and not taken:
            taken.append(point)
            newer = await log.transactional(
                transactional_id="medassist-clock", client_id="newer", transaction_timeout_ms=10_000
            )
            await newer.init(deadline_ms=1_000)

    log = memory_log()
    taken: list[str] = []
    log.hook = hook
    with pytest.raises(Fenced):
        await write_day(log, settings(), DAY)
    assert taken
    assert closed(log) == []


@contextlib.asynccontextmanager
async def running(service: ClockService) -> AsyncIterator[ClockService]:
    await service.start()
    try:
        yield service
    finally:
        await service.stop()


async def test_the_clock_closes_yesterday_when_it_starts_and_each_day_after() -> None:
    log, now = memory_log(), [datetime(2023, 5, 7, 4, tzinfo=UTC)]
    async with running(ClockService(log, settings(), now=lambda: now[0])) as clock:
        await until(lambda: len(closed(log)) == 12)
        assert {day for _, day in closed(log)} == {"2023-05-06"}
        now[0] += timedelta(days=1)
        await until(lambda: len(closed(log)) == 24)
        assert {day for _, day in closed(log)} == {"2023-05-06", "2023-05-07"}
        assert clock.healthy()


async def test_of_two_clocks_one_is_elected_and_the_other_takes_over() -> None:
    log, now = memory_log(), [datetime(2023, 5, 7, 4, tzinfo=UTC)]
    first = ClockService(log, settings(), now=lambda: now[0], member="a")
    second = ClockService(log, settings(), now=lambda: now[0], member="b")
    await first.start()
    try:
        await until(lambda: len(closed(log)) == 12)
        async with running(second):
            await until(lambda: first.elected != second.elected)
            loser, winner = (second, first) if first.elected else (first, second)
            await winner.stop()
            await until(lambda: loser.elected)
            now[0] += timedelta(days=1)
            await until(lambda: (11, "2023-05-07") in closed(log))
    finally:
        await first.stop()


async def test_an_elected_clock_that_was_fenced_once_goes_on_closing() -> None:
    """By `tuodi clock --once` beside it, or by the clock before it that was only just ending its last attempt."""

    async def hook(point: str, who: str) -> None:
        if point == "end" and not taken:
            taken.append(point)
            other = await log.transactional(
                transactional_id="medassist-clock", client_id="other", transaction_timeout_ms=10_000
            )
            await other.init(deadline_ms=1_000)

    log = memory_log()
    taken: list[str] = []
    log.hook = hook
    async with running(ClockService(log, settings(), now=lambda: datetime(2023, 5, 7, 4, tzinfo=UTC))) as clock:
        await until(lambda: len(closed(log)) == 12)
        assert taken
        assert clock.elected


async def test_a_late_day_is_an_alert(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.journal.clock_service.WAIT_DEADLINE_MS", 20)
    log = memory_log()
    await publish(log, 2)
    service = ClockService(log, settings(), now=lambda: datetime(2023, 5, 7, 4, tzinfo=UTC))
    async with running(service):
        await until(lambda: not service.healthy())
        assert "ALERT a business date waits to be closed" in caplog.text
        assert closed(log) == []
        intake_commits(log, 2)
        await until(service.healthy)
    assert len(closed(log)) == 12
