"""`tuodi export` on a real log, with progress on stderr. The file appears whole or not at all."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import BinaryIO

import typer

from workers.errors import Usage
from workers.journal.export import export_journal
from workers.log.kafka import KafkaLog
from workers.progress import ProgressLine
from workers.settings import Settings


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
    log, progress = KafkaLog(settings.cluster), ProgressLine("export, offsets")
    try:
        return await export_journal(log, settings, file, progress)
    finally:
        progress.end()
        await log.close()
