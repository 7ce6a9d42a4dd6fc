"""What an operator does when the broker has lost markers (docs/hanging.md), with the same command."""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import dataclass, field

import orjson

from tests.chaos.schedule import SESSION_TIMEOUT_S
from tests.chaos.slots import ROOT

MEND_S, TRIES, PAUSE_S = 120.0, 10, 2.0
STILL_IN_THE_GROUP = 2
"""Exit code of `tuodi topics mend` until the sessions of the stopped workers are over."""


@dataclass
class Mended:
    """Places as topic, partition, end and why; `left` could not be judged."""

    ended: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


async def something_hangs(environment: dict[str, str]) -> bool:
    """`tuodi topics hanging`: whether there is anything to mend."""
    return (await _tuodi(environment, "hanging"))[0] != 0


async def mend(environment: dict[str, str]) -> Mended:
    """`tuodi topics mend`, once the stopped workers have left the group. RuntimeError where it fails."""
    await asyncio.sleep(SESSION_TIMEOUT_S)
    for _ in range(TRIES):
        code, out, err = await _tuodi(environment, "mend")
        if code != STILL_IN_THE_GROUP and out.startswith(b"{"):
            told = orjson.loads(out)
            return Mended(*([_line(each) for each in told[name]] for name in ("ended", "left")))
        await asyncio.sleep(PAUSE_S)
    raise RuntimeError(f"tuodi topics mend ended with {code}: {err.decode()[-2000:]}")


def _line(each: dict[str, object]) -> str:
    return f"{each['end']} {each['topic']}[{each['partition']}]: {each['why']}"


async def _tuodi(environment: dict[str, str], command: str) -> tuple[int, bytes, bytes]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "workers.cli", "topics", command, "--json", cwd=ROOT, env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await asyncio.wait_for(process.communicate(), timeout=MEND_S)
    return process.returncode or 0, out, err
