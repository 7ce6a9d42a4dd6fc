"""The clock's two commands on a real log: close one date, or run as a process."""

from __future__ import annotations

from datetime import date

import typer

from workers.errors import Retry, Usage
from workers.host.http import Health, HttpService
from workers.host.logs import configure
from workers.host.process import run_services
from workers.journal.clock import behind, close_day, feed_ends, last_whole_day
from workers.journal.clock_service import ClockService
from workers.log.kafka import KafkaLog
from workers.log.port import Fenced
from workers.settings import Settings


def day_of(text: str | None) -> date:
    """The date asked for, else the last business date that is over. Usage for another spelling than YYYY-MM-DD."""
    if text is None:
        return last_whole_day()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Usage("--date is YYYY-MM-DD") from None


async def close_once(settings: Settings, text: str | None, *, wait_deadline_ms: int, dry_run: bool) -> None:
    """Close one date or, dry, say what stands in the way."""
    day = day_of(text)
    log = KafkaLog(settings.cluster)
    try:
        if dry_run:
            held = await feed_ends(log, settings)
            passed = await behind(log, settings, held)
            lacks = sum(held[partition] - offset for partition, offset in passed.items())
            typer.echo(f"would close {day} in {settings.partitions} partitions; intake lacks {lacks} offsets")
            return
        await close_day(log, settings, day, wait_deadline_ms=wait_deadline_ms)
        typer.echo(f"closed {day} in {settings.partitions} partitions")
    except Fenced:
        raise Retry("another clock took the seat at this moment; the date is closed by it, or close it again") from None
    finally:
        await log.close()


def run_for_ever(settings: Settings) -> None:
    """Run the clock until SIGTERM or SIGINT, with metrics and health like every worker."""
    configure()
    clock = ClockService(KafkaLog(settings.cluster), settings, close_log=True)

    def health() -> Health:
        """Late is not dead: intake is behind, and a restart would not help."""
        return Health(alive=True, ready=clock.healthy(), detail={"elected": clock.elected})

    http = HttpService(health, settings.http_host, settings.http_port, settings.data_dir / "clock.port")
    run_services([http, clock])
