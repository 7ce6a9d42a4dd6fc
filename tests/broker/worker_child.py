"""A worker of a test world as a process of its own: `python -m tests.broker.worker_child ADDRESS WORLD COUNT SLOT`."""

from __future__ import annotations

import asyncio
import sys

from mode import Worker

from tests.broker.conftest import Cluster
from tests.broker.world import World


def main(bootstrap: str, name: str, partitions: int, slot: str) -> None:
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    cluster = Cluster(bootstrap)
    world = World(cluster.log, cluster.create, partitions)
    world.name = name
    world.input, world.changelog, world.output = f"{name}.in", f"{name}.changelog", f"{name}.out"
    runtime = loop.run_until_complete(_make(world, slot))
    Worker(runtime, loop=loop, override_logging=False, redirect_stdouts=False, quiet=True).execute_from_commandline()


async def _make(world: World, slot: str) -> object:
    return world.runtime(slot)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4])
