"""A worker as it is deployed: `tuodi worker` with both roles in a process of its own; a watcher of its decisions."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import orjson

from bench.sample import FeedLine
from bench.world import INSTANCE, PARTITIONS, WAIT_SECONDS, World
from workers.journal.adopt import adopt
from workers.log.port import Isolation, TopicPartition
from workers.policy.adoption import build_adoption

START_SECONDS = 60.0
STOP_SECONDS = 20.0


class Worker:
    """One `tuodi worker` process on a world."""

    def __init__(self, at: World) -> None:
        self._settings = at.settings
        self._port_file = at.settings.data_dir / f"worker-{INSTANCE}.port"
        self._output = at.settings.data_dir / "worker.log"
        self._child: subprocess.Popen[bytes] | None = None

    def spawn(self) -> None:
        """Start the process; it is not ready yet."""
        self._port_file.unlink(missing_ok=True)
        environment = {
            **os.environ,
            "TUODI_BOOTSTRAP": self._settings.bootstrap,
            "TUODI_TOPIC_PREFIX": self._settings.topic_prefix,
            "TUODI_PARTITIONS": str(PARTITIONS),
            "TUODI_DATA_DIR": str(self._settings.data_dir),
            "TUODI_HTTP_PORT": "0",
        }
        command = [sys.executable, "-m", "workers.cli", "worker", "--instance", INSTANCE, "--dev-keys"]
        with self._output.open("ab") as output:
            self._child = subprocess.Popen(command, env=environment, stdout=output, stderr=output)

    async def ready(self) -> None:
        """Wait until `/readyz` says so; AssertionError with the end of its log if it does not."""
        deadline = time.monotonic() + START_SECONDS
        while not await asyncio.to_thread(self._says_ready):
            if time.monotonic() > deadline or self._ended():
                raise AssertionError(f"the worker is not ready; its log ends:\n{self._tail()}")
            await asyncio.sleep(0.05)

    async def stop(self) -> None:
        """SIGTERM and wait for the drain; SIGKILL if it takes too long."""
        child, self._child = self._child, None
        if child is None:
            return
        child.send_signal(signal.SIGTERM)
        try:
            await asyncio.to_thread(child.wait, STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            await asyncio.to_thread(child.wait)

    def cpu_seconds(self) -> float:
        """User and system time of the process so far, from /proc (0 where there is none)."""
        with suppress(OSError):
            if self._child is not None:
                fields = Path(f"/proc/{self._child.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
                return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        return 0.0

    def _ended(self) -> bool:
        return self._child is None or self._child.poll() is not None

    def _says_ready(self) -> bool:
        with suppress(OSError, ValueError, urllib.error.URLError):
            port = int(self._port_file.read_text(encoding="ascii"))
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as answer:
                return bool(json.load(answer)["ready"])
        return False

    def _tail(self) -> str:
        return _last_lines(self._output)


def _last_lines(path: Path) -> str:
    return "\n".join(path.read_text(errors="replace").splitlines()[-15:]) if path.exists() else "(empty)"


class Watcher:
    """Reads committed decisions as they come and notes when each bill was first decided (monotonic seconds)."""

    def __init__(self, at: World) -> None:
        self._at = at
        self.seen: dict[str, float] = {}
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Watch from the ends of now."""
        ends = await self._at.ends(self._at.name("assistance.decided"))
        reader = await self._at.log.reader(client_id="bench-watch", isolation=Isolation.READ_COMMITTED)
        await reader.assign(ends)
        for partition, offset in ends.items():
            await reader.seek(partition, offset)
        self._task = asyncio.create_task(self._watch(reader))

    async def _watch(self, reader) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
        try:
            while True:
                records = await reader.read(max_records=5_000, timeout_ms=1_000)
                at = time.perf_counter()
                for record in records:
                    self.seen.setdefault(orjson.loads(record.value or b"")["bill"]["setl_id"], at)
        finally:
            await reader.close()

    async def wait_for(self, bills: Iterable[FeedLine], seconds: float) -> None:
        """Until each of these bills was decided; AssertionError if one is not."""
        wanted = [bill.setl_id for bill in bills if bill.setl_id is not None]
        deadline = time.monotonic() + seconds
        while any(setl_id not in self.seen for setl_id in wanted):
            if self._task is not None and self._task.done():
                self._task.result()
            if time.monotonic() > deadline:
                missing = sum(setl_id not in self.seen for setl_id in wanted)
                raise AssertionError(f"{missing} of {len(wanted)} bills were not decided within {seconds:.0f} s")
            await asyncio.sleep(0.02)

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task


@asynccontextmanager
async def watching(at: World) -> AsyncIterator[Watcher]:
    watcher = Watcher(at)
    await watcher.start()
    try:
        yield watcher
    finally:
        await watcher.stop()


async def prepare(at: World, worker: Worker, prelude: Sequence[FeedLine]) -> None:
    """Adopt the law, feed the prelude and wait until the ledger has answered all of it."""
    await adopt(at.log, at.settings, build_adoption())
    worker.spawn()
    await worker.ready()
    await at.publish_feed(prelude)
    topic = at.name("journal.answered")
    reader = await at.log.reader(client_id="bench-answers", isolation=Isolation.READ_COMMITTED)
    slots = [TopicPartition(topic, number) for number in range(PARTITIONS)]
    await reader.assign(slots)
    for slot in slots:
        await reader.seek(slot, 0)
    answers, deadline = 0, time.monotonic() + WAIT_SECONDS
    while answers < len(prelude) + 3 * PARTITIONS:  # journal.opened, rulebook.adopted, sweep.sliced in each
        answers += len(await reader.read(max_records=5_000, timeout_ms=500))
        if time.monotonic() > deadline:
            raise AssertionError(f"only {answers} of {len(prelude)} prelude records were answered")
    await reader.close()
