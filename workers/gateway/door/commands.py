"""`tuodi hospitals check`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the commands of this room."""
    hospitals = typer.Typer(
        name="hospitals", help="Hospitals that may call the gateway (TUODI_HOSPITALS_FILE).", no_args_is_help=True
    )
    hospitals.callback()(_group)
    hospitals.command()(check)
    app.add_typer(hospitals)


def _group() -> None:
    """Hospitals that may call the gateway (docs/gateway-door.md)."""


def check(
    file: Annotated[Path, typer.Argument(help="a file of hospitals; its keys are read from beside it")],
    json: Annotated[bool, typer.Option("--json", help="one JSON object a line: a hospital, or a fault")] = False,
) -> None:
    """Say whether a file of hospitals is fit to be put into force; every fault with its line and what to do.

    Nothing is changed, no secret is shown. A running gateway reads a changed file by itself, and keeps the one before
    where the new one is broken (metric settlement_hospitals_file_valid 0): check first, then copy it over.
    Exit codes: 0 fit, 1 faults.

    Example: tuodi hospitals check deploy/gateway/hospitals.toml
    """
    from workers.gateway.door.check import check as check_file

    if check_file(file, as_json=json):
        raise typer.Exit(1)
