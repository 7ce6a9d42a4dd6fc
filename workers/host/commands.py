"""`tuodi worker`: run intake, the ledger, or both. `tuodi clock`: close business dates."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

import typer


def register(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.command()(worker)
    app.command()(clock)


def worker(
    roles: Annotated[
        str, typer.Option(help="what this process does: intake, ledger, or intake,ledger")
    ] = "intake,ledger",
    instance: Annotated[
        str | None, typer.Option(help="name of this slot, unique and kept over restarts (static membership)")
    ] = None,
    log_format: Annotated[Literal["json", "text"], typer.Option(help="for machines or for people")] = "json",
    dev_keys: Annotated[bool, typer.Option("--dev-keys", help="allow the well-known development keys")] = False,
    supervise: Annotated[
        bool,
        typer.Option("--supervise", help="keep a parent that starts the worker anew when it dies, without imports"),
    ] = False,
) -> None:
    """Run the write side: checks what the feeds bring, decides, commits exactly once.

    Settings come from TUODI_… variables. Stops cleanly on SIGTERM (drains, leaves the group); may be killed at any
    moment. Metrics and health: /metrics, /healthz, /readyz on TUODI_HTTP_HOST:TUODI_HTTP_PORT (port 0: a free one,
    written to TUODI_DATA_DIR/worker-<instance>.port). Exit codes: 0 stopped, 1 crashed or no progress (with
    --supervise: 12 short lives in a row), 2 asked wrongly.
    """
    from workers.host.logs import configure
    from workers.host.slot import slot
    from workers.host.supervisor import Supervisor
    from workers.host.worker import check_roles, run
    from workers.settings import settings

    configure(json_lines=log_format == "json")
    chosen, name, given = [role for role in roles.split(",") if role], slot(instance), settings()
    check_roles(chosen)
    if supervise:
        raise typer.Exit(Supervisor(lambda: run(given, chosen, name, dev_keys=dev_keys)).run())
    run(given, chosen, name, dev_keys=dev_keys)


def clock(
    once: Annotated[bool, typer.Option("--once", help="close one date and exit, instead of running for ever")] = False,
    date: Annotated[str | None, typer.Option(help="with --once: YYYY-MM-DD; default: yesterday, UTC+8")] = None,
    wait_seconds: Annotated[int, typer.Option(min=0, help="with --once: how long to wait for intake")] = 60,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="with --once: say what intake lacks, write nothing")
    ] = False,
) -> None:
    """Close business dates (UTC+8): one record in each journal partition, once intake has passed what the feeds held.

    Without --once it runs for ever; several may run, one is elected. Exit codes: 0 closed, 1 intake is behind (nothing
    was written), 2 asked wrongly.
    """
    from workers.errors import Usage
    from workers.host.clock import close_once, run_for_ever
    from workers.settings import settings

    if not once:
        if date is not None or dry_run:
            raise Usage("--date and --dry-run go with --once")
        run_for_ever(settings())
        return
    asyncio.run(close_once(settings(), date, wait_deadline_ms=wait_seconds * 1000, dry_run=dry_run))
