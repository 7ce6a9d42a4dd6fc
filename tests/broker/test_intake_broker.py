"""Invariant 10 on a real Kafka: intake is at-least-once, its verdict a function of the bytes; a kill loses nothing.

The last test takes the invariant out (offsets committed before the flush) and must find records missing: the account
that finds nothing in the others is able to find something.
"""

from __future__ import annotations

import signal
import time
from datetime import date

import pytest

from tests.broker.intake_world import PARTITIONS, IntakeWorld
from tests.broker.world import eventually
from workers.intake.dlq import read_letters
from workers.intake.letters import Sealer
from workers.journal.clock import close_day
from workers.journal.keys import dead_letter_key

pytestmark = pytest.mark.broker


async def killed(world: IntakeWorld, how: str) -> None:
    with world.child(how) as process:
        await eventually(lambda: process.poll() is not None, seconds=40, what="the child's death")
    assert process.returncode == -signal.SIGKILL


async def work_off(world: IntakeWorld) -> None:
    with world.child("work"):
        await eventually(world.passed, seconds=40, what="intake to pass the feed")


async def test_every_feed_record_becomes_a_journal_record_or_a_dead_letter(world: IntakeWorld) -> None:
    await world.publish(0, 1_000)
    await work_off(world)
    journal, dead, lost = await world.account()
    assert lost == set()
    assert (len(journal), len(dead)) == (900, 100)
    assert not journal.keys() & dead.keys()
    letters = await read_letters(world.log, world.settings)
    reasons = {letter.reason for letter in letters}
    assert reasons == {"empty", "key_missing", "not_json", "too_large"}
    sealer = Sealer(dead_letter_key(world.settings, dev_keys=True))
    sizes = {len(letter.original(sealer) or b"") for letter in letters if letter.reason == "too_large"}
    assert sizes == {900_000}


async def test_a_kill_between_flush_and_commit_repeats_and_loses_nothing(world: IntakeWorld) -> None:
    await world.publish(0, 600)
    await killed(world, "die")
    await world.publish(600, 200)
    await work_off(world)
    journal, dead, lost = await world.account()
    assert lost == set()
    assert len(journal) + len(dead) == 800
    repeated = [found for found in journal.values() if len(found) > 1]
    assert repeated, "the kill left no trace: nothing was flushed before it"
    for found in journal.values():
        assert len({(r.partition, r.key, r.value, tuple(r.headers)) for r in found}) == 1
    for found in dead.values():
        assert len({(r.partition, r.key, r.header("dlq_id"), r.header("dlq_reason")) for r in found}) == 1


async def test_committing_before_the_flush_loses_records_and_the_account_says_so(world: IntakeWorld) -> None:
    await world.publish(0, 600)
    await killed(world, "early")
    await work_off(world)
    _, _, lost = await world.account()
    assert lost, "the account does not notice lost records"


async def test_the_clock_waits_for_a_real_intake_and_closes_the_day(world: IntakeWorld) -> None:
    await world.publish(0, 200)
    with pytest.raises(Exception, match="lacks"):
        await close_day(world.log, world.settings, date(2023, 5, 6), wait_deadline_ms=200)
    with world.child("work"):
        await close_day(world.log, world.settings, date(2023, 5, 6), wait_deadline_ms=40_000)
        began = time.monotonic()
        for day in range(7, 12):
            await world.publish(200 + day * 10, 10)
            await close_day(world.log, world.settings, date(2023, 5, day), wait_deadline_ms=20_000)
        seconds = (time.monotonic() - began) / 5
    closed = [record for record in await world.whole("journal") if record.key == b"!day.closed"]
    assert len(closed) == PARTITIONS * 6
    first = [record.offset for record in closed[:1]]
    assert first[0] >= 200 * 9 // 10 // PARTITIONS // 2, "the day stands behind the bills that were sent before it"
    assert seconds < 5, f"closing a day takes {seconds:.2f} s"
