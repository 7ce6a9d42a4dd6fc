"""`tuodi import`: opening balances."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.command("import")(import_)


def import_(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="balances, CSV (docs/opening-balances.md)")],
    signature: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="Ed25519 signature over the file")],
    public_key: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="public key of the signer, PEM")],
    control: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="totals of the platform (5206), CSV")],
    opened_on: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="first day that is decided here")],
    author: Annotated[str, typer.Option(help="officer's number, never a name")],
    second_signer: Annotated[str, typer.Option(help="number of the second officer")],
    document: Annotated[str, typer.Option(help="document the import rests on")],
    revision: Annotated[int, typer.Option(min=1, help="a corrected file has a higher one")] = 1,
    confirm: Annotated[str | None, typer.Option(help="code that the dry run printed: write")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="write nothing (so it is without --confirm)")] = False,
) -> None:
    """Import what persons had used of their yearly limits before we began: used amounts by counter, and what was paid.

    The signature is proved first, then every line is checked and the totals are compared with the control file; one
    wrong line or total and nothing is written. A run without --confirm is dry and prints the code that confirms it.
    Running it again is safe: the journal takes each balance once.

    Exit codes: 0 done (or the dry run found all in order), 1 something is wrong (each line is named), 2 asked wrongly.
    """
    from workers.errors import Usage
    from workers.opening.plan import Asked, Signers
    from workers.opening.run import run
    from workers.settings import settings

    if dry_run and confirm is not None:
        raise Usage("--dry-run writes nothing, --confirm writes: choose one")
    signers = Signers(author, second_signer, document)
    run(settings(), Asked(file, signature, public_key, control, opened_on.date(), revision, signers), confirm)
