"""`tuodi person-key`, `clock`, `export`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

DevKeys = Annotated[bool, typer.Option("--dev-keys", help="allow the well-known development keys")]


def register(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.command("person-key")(person_key)
    app.command()(clock)
    app.command()(export)


def person_key(
    psn_no: Annotated[str, typer.Argument(help="person number as the platform issued it; '-' reads it from stdin")],
    region: Annotated[str, typer.Option(help="region that issued it, six digits, such as 520000")],
    dev_keys: DevKeys = False,
) -> None:
    """Print the person key of a person number: HMAC-SM3 under the key in TUODI_PERSON_KEY_FILE.

    Without a key file the well-known development key is used, as `tuodi replay` does; stderr says so. The number
    itself stays in your shell's history unless you pass '-' and type it.
    """
    import re
    import sys

    from workers.errors import Usage
    from workers.journal.keys import person_keys
    from workers.settings import settings

    if not re.fullmatch(r"[0-9]{6}", region, re.ASCII):
        raise Usage("--region has six digits, such as 520000")
    number = sys.stdin.readline().strip() if psn_no == "-" else psn_no
    config = settings()
    keys = person_keys(config, dev_keys=dev_keys or config.person_key_file is None)
    typer.echo(keys.person_key(region, number))


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
    from workers.journal.clock_run import close_once, run_for_ever
    from workers.settings import settings

    if not once:
        if date is not None or dry_run:
            raise Usage("--date and --dry-run go with --once")
        run_for_ever(settings())
        return
    asyncio.run(close_once(settings(), date, wait_deadline_ms=wait_seconds * 1000, dry_run=dry_run))


def export(
    out: Annotated[Path, typer.Option(help="file to write; must not exist")],
) -> None:
    """Write the live journal as lines of JSON that `tuodi replay` reads: what is committed now, partition by partition.

    Holds pseudonymous person keys, no person numbers; guard it like the journal all the same.
    """
    from workers.journal.export_run import run
    from workers.settings import settings

    run(settings(), out)
