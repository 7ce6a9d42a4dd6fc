"""The check of `test_history_kill.py` has teeth: with a rule taken out, and killed where it matters, it is red."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.broker.history_world import HistoryWorld
from tests.kafka_fixture import KafkaUnderTest

pytestmark = [pytest.mark.broker, pytest.mark.slow, pytest.mark.timeout(240)]

SABOTAGE = "history_sabotage"


@pytest_asyncio.fixture
async def world(kafka: KafkaUnderTest, tmp_path: Path) -> AsyncIterator[HistoryWorld]:
    made = await HistoryWorld(kafka.bootstrap, tmp_path).open()
    await made.publish(20)
    yield made
    made.close()


async def _killed_at_its_point(world: HistoryWorld, what: str, run: int = 3) -> None:
    world.start(what, str(run), script=SABOTAGE)
    assert await world.ended(60) == -signal.SIGKILL, world.output()[-3000:]


async def _drained(world: HistoryWorld) -> list[str]:
    """Another batch behind all that was published before: once it is there, what is missing will not come any more."""
    await world.publish(1)
    last = list(world.account.decisions)[-20:]
    await world.until_seen(last)
    faults = world.faults()
    world.kill()
    return faults


async def test_sound_and_killed_between_write_and_commit_nothing_is_wrong(world: HistoryWorld) -> None:
    await _killed_at_its_point(world, "sound")
    world.start()
    await world.until_all()
    assert world.faults() == []


async def test_rows_and_position_in_two_transactions_lose_records(world: HistoryWorld) -> None:
    await _killed_at_its_point(world, "two_transactions")
    world.start("two_transactions", script=SABOTAGE)
    assert any("missing" in fault or "outcomes" in fault for fault in await _drained(world))


async def test_rows_without_position_count_twice(world: HistoryWorld) -> None:
    await _killed_at_its_point(world, "no_position")
    world.start("no_position", script=SABOTAGE)
    assert any("outcomes" in fault for fault in await _drained(world))


async def test_acknowledging_first_loses_records_and_the_honest_process_refuses_to_go_on(world: HistoryWorld) -> None:
    await _killed_at_its_point(world, "ack_first", run=1)  # a run is all that waits of a topic: there may be no third
    world.start()
    assert await world.ended(60) == 1
    assert "an older copy of the file was put back" in world.output()
    world.start("no_start_check", script=SABOTAGE)
    assert any("missing" in fault or "outcomes" in fault for fault in await _drained(world))


async def test_a_reader_of_uncommitted_records_holds_what_was_never_granted(world: HistoryWorld) -> None:
    world.start("uncommitted", script=SABOTAGE)
    await world.until_all()
    assert any("another body" in fault for fault in world.faults())
    assert any(fault.startswith("total ") for fault in world.faults())
