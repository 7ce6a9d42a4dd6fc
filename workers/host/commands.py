"""`tuodi worker`: run intake, the ledger, or both."""

from __future__ import annotations

import socket
from typing import Annotated, Literal

import typer


def register(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.command()(worker)


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
    from workers.host.supervisor import Supervisor
    from workers.host.worker import check_roles, run
    from workers.settings import settings

    configure(json_lines=log_format == "json")
    chosen, name, given = [role for role in roles.split(",") if role], instance or socket.gethostname(), settings()
    check_roles(chosen)
    if supervise:
        raise typer.Exit(Supervisor(lambda: run(given, chosen, name, dev_keys=dev_keys)).run())
    run(given, chosen, name, dev_keys=dev_keys)
