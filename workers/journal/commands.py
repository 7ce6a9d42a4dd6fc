"""`tuodi person-key`, `export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

DevKeys = Annotated[bool, typer.Option("--dev-keys", help="allow the well-known development keys")]


def register(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.command("person-key")(person_key)
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


def export(
    out: Annotated[Path, typer.Option(help="file to write; must not exist")],
) -> None:
    """Write the live journal as lines of JSON that `tuodi replay` reads: what is committed now, partition by partition.

    Holds pseudonymous person keys, no person numbers; guard it like the journal all the same.
    """
    from workers.journal.export_run import run
    from workers.settings import settings

    run(settings(), out)
