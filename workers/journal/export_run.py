"""`tuodi export` on a real log, with progress on stderr. The file appears whole or not at all."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from pathlib import Path
from typing import BinaryIO

import typer

from workers.errors import Usage
from workers.journal.export import export_journal
from workers.log.kafka import KafkaLog
from workers.settings import Settings

SHOW_EVERY_SECONDS = 1.0


class Shown:
    """One line on stderr, at most once a second: records, share, time left."""

    def __init__(self) -> None:
        self._began = self._last = time.monotonic()

    def __call__(self, written: int, passed: int, total: int) -> None:
        now = time.monotonic()
        if now - self._last < SHOW_EVERY_SECONDS or not passed:
            return
        self._last = now
        left = (now - self._began) / passed * (total - passed)
        sys.stderr.write(f"export: {written} records, {100 * passed // max(total, 1)} %, {left:.0f} s left\n")


def run(settings: Settings, out: Path) -> None:
    """Export to a file that must not exist. Usage error where it does."""
    if out.exists():
        raise Usage(f"{out} exists; name a new file")
    part = out.with_name(f"{out.name}.part")
    try:
        with part.open("wb") as file:
            written = asyncio.run(_write(settings, file))
        os.replace(part, out)
    finally:
        part.unlink(missing_ok=True)
    typer.echo(f"{written} records in {out}")


async def _write(settings: Settings, file: BinaryIO) -> int:
    log = KafkaLog(settings.cluster)
    try:
        return await export_journal(log, settings, file, Shown())
    finally:
        await log.close()
