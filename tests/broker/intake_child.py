"""Intake in a process of its own, to be killed: python -m tests.broker.intake_child BOOTSTRAP PREFIX HOW.

HOW: `work` runs until it is stopped; `die` kills itself with SIGKILL between the flush of its second batch and the
commit of any offset; `early` is the sabotage: it commits offsets before it handles a batch, and dies the same way.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import Any

from tests.broker.intake_world import world_settings
from workers.intake.service import IntakeService
from workers.log.kafka import KafkaLog
from workers.log.port import Record, TopicPartition


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class DiesAfterFlush(IntakeService):
    """Killed after a flush has returned, before the offsets of any batch are committed."""

    flushed = 0

    async def _deliver(self, got: dict[TopicPartition, list[Record]]) -> None:
        await super()._deliver(got)
        self.flushed += 1
        if self.flushed == 2:
            die()

    async def _commit_lazily(self, *, force: bool = False) -> None:
        """As lazy as can be: nothing is committed before the death."""


class CommitsEarly(IntakeService):
    """Without the invariant: offsets are committed before what they led to is on the log."""

    async def _deliver(self, got: dict[TopicPartition, list[Record]]) -> None:
        await self._membership.commit_lazily({p: records[-1].offset + 1 for p, records in got.items()})
        die()


HOW: dict[str, type[IntakeService]] = {"work": IntakeService, "die": DiesAfterFlush, "early": CommitsEarly}


async def run(bootstrap: str, prefix: str, how: str) -> None:
    log = KafkaLog(bootstrap)
    settings = world_settings(bootstrap, prefix)
    options: dict[str, Any] = {"instance_id": "child", "dev_keys": True}
    service = HOW[how](log, settings, **options)
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    await service.start()
    await stopped.wait()
    await service.stop()
    await log.close()


if __name__ == "__main__":
    asyncio.run(run(*sys.argv[1:4]))
