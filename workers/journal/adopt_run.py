"""`tuodi adopt` on a real log."""

from __future__ import annotations

import asyncio
from pathlib import Path

import typer

from workers.journal.adopt import adopt
from workers.log.kafka import KafkaLog
from workers.policy.adoption import adoption_record_fields, build_adoption
from workers.settings import Settings


def run(settings: Settings, rulebooks: Path | None, figures: Path | None, *, dry_run: bool) -> None:
    """Build, prove and adopt; dry, only build and prove. RulebookError lists what is wrong with the law."""
    adoption = build_adoption(rulebooks, figures)
    fields = adoption_record_fields(adoption)
    said = f"{fields['hash']} ({fields['instrument']}, {len(adoption)} bytes)"
    if dry_run:
        typer.echo(f"would adopt {said} in {settings.partitions} partitions")
        return
    asyncio.run(_write(settings, adoption))
    typer.echo(f"adopted {said} in {settings.partitions} partitions")


async def _write(settings: Settings, adoption: bytes) -> None:
    log = KafkaLog(settings.bootstrap)
    try:
        await adopt(log, settings, adoption)
    finally:
        await log.close()
