"""Publishing: killed between any two steps and run again, the feed states the same, and it fits the contract."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.outputs.person import TaskClosed, TaskOpened
from schemas.topics import full_name
from tests.unit.directory.people import KEYS, psn_no
from tests.unit.lists.list_world import ListWorld, row, silent, standing, text_of
from workers.directory.database import Directory
from workers.errors import Stop, Usage
from workers.intake.verdict import Accepted, judge
from workers.journal.partition import partition_of
from workers.lists import publish as publish_module
from workers.lists.database import Lists
from workers.lists.publish import Publisher, waiting
from workers.log.memory import MemoryLog
from workers.log.port import Record

PARTITIONS = 3
TOPICS = ("identity.changed", "task.opened", "task.closed")
ROOT = Path(__file__).resolve().parents[3]


class Killed(BaseException):
    """The process is gone: nothing catches this."""


class Steps:
    """Counts steps and ends the process at one of them."""

    def __init__(self, last: int | None = None) -> None:
        self.done, self._last = 0, last

    def __call__(self) -> None:
        self.done += 1
        if self.done == self._last:
            raise Killed


class SteppedProducer:
    def __init__(self, producer: Any, step: Steps) -> None:
        self._producer, self._step = producer, step

    def append(self, *what: Any) -> None:
        self._producer.append(*what)

    async def flush(self, *, deadline_ms: int) -> None:
        self._step()
        await self._producer.flush(deadline_ms=deadline_ms)
        self._step()

    async def close(self) -> None:
        await self._producer.close()


class SteppedLog(MemoryLog):
    def __init__(self) -> None:
        super().__init__()
        self.step = Steps()
        for short in TOPICS:
            self.create_topic(full_name(short), PARTITIONS)

    async def producer(self, *, client_id: str) -> Any:
        return SteppedProducer(await super().producer(client_id=client_id), self.step)


class SteppedLists(Lists):
    step: Callable[[], None] = Steps()

    def begin(self) -> None:
        super().begin()
        self.step()

    def commit(self) -> None:
        self.step()
        super().commit()
        self.step()


def filled(folder: Path) -> ListWorld:
    world = ListWorld(folder, 6)
    world.take("202403", [row(n) for n in (0, 1, 2, 98, 99)])
    world.take("202404", [row(n, recognised="2020-02-02") for n in (1, 2, 3)])
    world.take("202405", [row(n) for n in (1, 2, 4)])
    return world


async def publish_until_done(world: ListWorld, log: SteppedLog, kills: list[int]) -> int:
    """Publish, dying at each of these steps in turn, then to the end; returns the steps of the last run."""
    for kill in [*kills, None]:
        log.step = step = Steps(kill)
        lists = SteppedLists(world.settings.lists)
        lists.connection.execute("PRAGMA synchronous = OFF")
        lists.step = step
        try:
            await Publisher(lists, world.directory, log, world.settings).run(silent)
        except Killed:
            pass
        finally:
            lists.connection.close()
    return step.done


def told(log: SteppedLog) -> dict[bytes, tuple[str, int, bytes | None, bytes | None]]:
    """By event id what is on the log; a repeat with other bytes is an error."""
    found: dict[bytes, tuple[str, int, bytes | None, bytes | None]] = {}
    for record in records(log):
        event_id = record.header("ce_id") or b""
        what = (record.topic, record.partition, record.key, record.value)
        assert found.setdefault(event_id, what) == what
    return found


def records(log: SteppedLog) -> list[Record]:
    return [record for short in TOPICS for record in log.records(full_name(short))]


@settings(max_examples=60, deadline=None)
@given(kills=st.lists(st.integers(1, 40), max_size=6))
@pytest.mark.usefixtures("small_batches")
def test_killed_between_any_two_steps_the_feed_states_the_same(kills: list[int]) -> None:
    async def run() -> None:
        with tempfile.TemporaryDirectory() as folder:
            world = filled(Path(folder))
            plain, broken = SteppedLog(), SteppedLog()
            await publish_until_done(world, plain, [])
            world.lists.connection.execute("UPDATE change SET published_ms = NULL")
            await publish_until_done(world, broken, kills)
            assert told(broken) == told(plain)
            assert len(told(plain)) == len(records(plain)) == len(world.outbox())
            assert waiting(world.lists) == 0
            world.close()

    asyncio.run(run())


@pytest.fixture(scope="module")
def small_batches() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(publish_module, "BATCH", 3)
        yield


async def test_every_single_step_can_be_the_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publish_module, "BATCH", 3)
    world, plain = filled(tmp_path), SteppedLog()
    steps = await publish_until_done(world, plain, [])
    assert steps > 15
    repeated = 0
    for kill in range(1, steps + 1):
        world.lists.connection.execute("UPDATE change SET published_ms = NULL")
        broken = SteppedLog()
        await publish_until_done(world, broken, [kill])
        assert told(broken) == told(plain), f"killed at step {kill}"
        repeated += len(records(broken)) > len(records(plain))
    assert repeated, "no kill fell between flush and mark: this test shows nothing"
    world.close()


async def test_what_is_published_fits_the_contract_and_stands_as_the_outbox_says(tmp_path: Path) -> None:
    world, log = filled(tmp_path), SteppedLog()
    await publish_until_done(world, log, [])
    events = []
    for record in log.records(full_name("identity.changed")):
        verdict = judge("identity.changed", record.key, record.value, ())
        assert isinstance(verdict, Accepted), verdict
        assert record.key is not None
        assert record.partition == partition_of(record.key.decode(), PARTITIONS)
        events.append(orjson.loads(record.value or b""))
    assert standing(events) == standing(world.outbox())
    assert {event.get("psn_no") for event in events} == {*(psn_no(n) for n in (0, 1, 2, 3, 4)), None}
    for record in log.records(full_name("task.opened")) + log.records(full_name("task.closed")):
        model = TaskOpened if record.topic == full_name("task.opened") else TaskClosed
        body = model.model_validate_json(record.value or b"")
        assert record.key == body.person_key.encode()
    world.close()


async def test_a_missing_topic_and_another_directory_stop_the_publisher(tmp_path: Path) -> None:
    world = filled(tmp_path)
    with pytest.raises(Usage, match="topics apply"):
        await Publisher(world.lists, world.directory, MemoryLog(), world.settings).run(silent)
    with Directory(tmp_path / "other.sqlite", KEYS) as other:
        with pytest.raises(Stop, match="no such person"):
            await Publisher(world.lists, other, SteppedLog(), world.settings).run(silent)
    assert waiting(world.lists) == len(world.outbox())
    world.close()


_TAKE = """
import os, sys
from pathlib import Path
from tests.unit.lists.list_world import ListWorld, row
world = ListWorld(Path(sys.argv[1]))
calls, last = [0], int(sys.argv[2])
def at_work():
    calls[0] += 1
    if calls[0] == last:
        os.kill(os.getpid(), 9)
    return 0
world.lists.connection.set_progress_handler(at_work, 2_000)
world.directory.connection.set_progress_handler(at_work, 2_000)
world.take("202404", [row(n) for n in range(200, 2_200)], confirm=True)
print(calls[0])
"""


@pytest.mark.slow
def test_a_take_that_is_killed_leaves_all_or_nothing(tmp_path: Path) -> None:
    """SIGKILL in the middle of statements of either database; the next take finds the former list in force."""

    def run(folder: Path, kill: int) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", _TAKE, str(folder), str(kill)]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)

    def prepared(name: str) -> tuple[ListWorld, list[Any]]:
        (tmp_path / name).mkdir()
        world = ListWorld(tmp_path / name, 2_200)
        world.lists.connection.execute("UPDATE meta SET value = 'same' WHERE name = 'tag'")
        world.lists.tag = "same"
        world.take("202403", [row(n) for n in range(2_000)])
        return world, world.dump()

    world, _ = prepared("whole")
    done = run(tmp_path / "whole", 0)
    assert done.returncode == 0, done.stderr
    whole, steps = world.dump(), int(done.stdout)
    world.close()
    assert steps > 8
    for part in range(8):
        world, before = prepared(f"part{part}")
        killed = run(tmp_path / f"part{part}", 1 + part * (steps - 1) // 7)
        assert killed.returncode == -9, killed.stderr
        assert world.dump()[1:] == before[1:]
        again = run(tmp_path / f"part{part}", 0)
        assert again.returncode == 0, again.stderr
        assert [len(table) for table in world.dump()] == [len(table) for table in whole]
        assert standing(world.outbox()) == standing_of(tmp_path / "whole")
        world.close()


def standing_of(folder: Path) -> Any:
    world = ListWorld(folder)
    found = standing(world.outbox())
    world.close()
    return found


def test_the_text_of_a_list_is_what_the_digest_says(tmp_path: Path) -> None:
    assert text_of([]).splitlines()[-1].startswith("#END,0,e3b0c44298fc1c149afbf4c8996fb924")
