"""Two worker processes under load, killed and frozen at random: every input once, in order, state as the truth."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from contextlib import suppress

import pytest

from tests.broker.conftest import Cluster
from tests.broker.world import World

pytestmark = [pytest.mark.broker, pytest.mark.slow]

SLOTS = ("a", "b")
SECONDS = 12.0


class Processes:
    """One child per slot, started again whenever it was killed."""

    def __init__(self, bootstrap: str, world: World) -> None:
        self._command = [
            sys.executable,
            "-m",
            "tests.broker.worker_child",
            bootstrap,
            world.name,
            str(world.partitions),
        ]
        self.children: dict[str, asyncio.subprocess.Process] = {}

    async def start(self, slot: str) -> None:
        self.children[slot] = await asyncio.create_subprocess_exec(
            *self._command, slot, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
        )

    async def kill(self, slot: str) -> None:
        child = self.children[slot]
        assert child.returncode is None, f"worker {slot} ended by itself with {child.returncode}"
        child.kill()
        await child.wait()

    async def end(self) -> None:
        for child in self.children.values():
            if child.returncode is None:
                child.send_signal(signal.SIGCONT)
                child.kill()
                await child.wait()


async def test_kills_and_a_freeze_lose_nothing_and_double_nothing(cluster: Cluster) -> None:
    seed = int(os.environ.get("TUODI_KILL_SEED", "0")) or random.randrange(1, 10**6)
    chance = random.Random(seed)
    world = await cluster.world(partitions=4)
    processes = Processes(cluster.bootstrap, world)
    load = asyncio.create_task(_load(world))
    try:
        for slot in SLOTS:
            await processes.start(slot)
        for _ in range(4):
            await asyncio.sleep(chance.uniform(0.8, 2.5))
            slot = chance.choice(SLOTS)
            await processes.kill(slot)
            await asyncio.sleep(chance.choice([0.0, 0.5]))
            await processes.start(slot)
        frozen = processes.children["a"]
        frozen.send_signal(signal.SIGSTOP)
        await asyncio.sleep(6.0)  # longer than the session of 4.5 s: b takes over, then a wakes up as a zombie
        frozen.send_signal(signal.SIGCONT)
        await load
        await world.settled(seconds=40)
        assert await world.faults() == [], f"again: TUODI_KILL_SEED={seed}"
    finally:
        load.cancel()
        with suppress(asyncio.CancelledError):
            await load
        await processes.end()


async def _load(world: World) -> None:
    """About 300 inputs a second."""
    loop = asyncio.get_running_loop()
    until = loop.time() + SECONDS
    while loop.time() < until:
        await world.publish(60, keys=5)
        await asyncio.sleep(0.2)
