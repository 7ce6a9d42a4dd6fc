"""`tuodi simulate`: write a county year to a file or to standard output."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add this room's commands."""
    app.command("simulate", help=_SIMULATE)(simulate_command)


_SIMULATE = """Write a county year for everybody insured, as lines of JSON in order of arrival.

The same arguments give the same bytes on every machine. Rates and their reasons: docs/simulate.md.

Example: tuodi simulate --seed 1 --persons 1000 --out year.ndjson && tuodi replay year.ndjson
"""


def simulate_command(
    seed: Annotated[int, typer.Option(min=0, max=2**20, help="Which county: every seed is another one.")] = 1,
    persons: Annotated[int, typer.Option(min=1, max=5_000_000, help="Insured persons; about 7 lines each.")] = 1_000,
    year: Annotated[int, typer.Option(min=2000, max=2099, help="Calendar year of the benefits.")] = 2023,
    county: Annotated[str, typer.Option(help="Division code of the county (one of the twelve of Qiannan).")] = "522701",
    out: Annotated[Path | None, typer.Option(help="File to write; standard output if not given.")] = None,
    national_size: Annotated[
        bool, typer.Option("--national-size", help="Fill the fields that are only carried: settlements of 2 to 3 kB.")
    ] = False,
    only_assisted: Annotated[
        bool, typer.Option("--only-assisted", help="Leave out everybody without an identity: a small, dense file.")
    ] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print a summary as one JSON object (needs --out).")] = False,
) -> None:
    import orjson

    from workers.errors import Usage
    from workers.simulate.county import COUNTIES
    from workers.simulate.output import write
    from workers.simulate.year import Plan

    if county not in COUNTIES:
        raise Usage(f"--county is one of {', '.join(COUNTIES)}")
    if json_ and out is None:
        raise Usage("--json prints a summary and needs --out FILE for the lines")
    summary = write(Plan(seed, persons, year, county, national_size, only_assisted), out)
    if json_:
        sys.stdout.write(orjson.dumps(summary._asdict()).decode() + "\n")
    elif out is not None:
        sys.stderr.write(f"{summary.lines} lines, {summary.bytes} bytes, sha256 {summary.sha256}\n")
