"""The clock on a real Kafka: one of several is elected, another takes over, an older one that wakes up is fenced."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import orjson
import pytest

from tests.broker.intake_world import PARTITIONS, IntakeWorld
from tests.broker.world import eventually
from workers.journal.clock import write_day
from workers.journal.clock_service import ClockService
from workers.log.port import Fenced

pytestmark = pytest.mark.broker


async def closed(world: IntakeWorld) -> list[str]:
    return [orjson.loads(record.value or b"")["date"] for record in await world.whole("journal")]


async def test_of_two_clocks_one_is_elected_and_the_other_takes_over(world: IntakeWorld) -> None:
    now = [datetime(2023, 5, 7, 4, tzinfo=UTC)]
    clocks = [ClockService(world.log, world.settings, now=lambda: now[0], member=name) for name in ("a", "b")]
    for clock in clocks:
        await clock.start()
    try:

        async def days(number: int) -> bool:
            return len(set(await closed(world))) == number

        await eventually(lambda: days(1), seconds=30, what="the first day")
        await eventually(lambda: sum(c.elected for c in clocks) == 1, seconds=30, what="one elected clock")
        winner, loser = sorted(clocks, key=lambda clock: not clock.elected)
        await winner.stop()
        await eventually(lambda: loser.elected, seconds=30, what="the other clock")
        now[0] += timedelta(days=1)
        await eventually(lambda: days(2), seconds=30, what="the second day")
    finally:
        for clock in clocks:
            await clock.stop()
    found = await closed(world)
    assert found.count("2023-05-07") == PARTITIONS
    assert found.count("2023-05-06") % PARTITIONS == 0


async def test_an_older_clock_cannot_write_after_a_newer_one_took_the_seat(world: IntakeWorld) -> None:
    seat = f"{world.settings.topic_prefix}-clock"
    old = await world.log.transactional(transactional_id=seat, client_id="old", transaction_timeout_ms=10_000)
    await old.init(deadline_ms=10_000)
    await old.begin()
    old.append(world.topic("journal"), 0, b"!day.closed", b'{"date":"2020-01-01","type":"day.closed","version":1}')
    await write_day(world.log, world.settings, date(2023, 5, 6))
    with pytest.raises(Fenced):
        await old.commit(deadline_ms=10_000)
    await old.close()
    assert set(await closed(world)) == {"2023-05-06"}
