"""`tuodi shadow report|status`: our results beside what the platform paid, and which regions are in shadow."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Database = Annotated[Path | None, typer.Option(help="the read model; default TUODI_DATABASE")]
Json = Annotated[bool, typer.Option("--json", help="one JSON object on stdout")]


def register(app: typer.Typer) -> None:
    """Add the commands of this room."""
    shadow = typer.Typer(name="shadow", help=HELP, no_args_is_help=True)
    shadow.command("report", help=REPORT)(report)
    shadow.command("status", help=STATUS)(status)
    app.add_typer(shadow)


HELP = """Shadow mode (试运行): a region is decided beside its platform, compared, and not paid (docs/shadow.md)."""

REPORT = """Compare our results with what the platform paid (maf_pay), by cause, county and class.

Reads the read model of `tuodi history`, or with --journal an export of the journal (or feed lines), without a broker.
Cells of fewer than k persons are left out, so that the report may leave the office; --internal tells them all. --bills
writes the bills that differ, one a line, without any person: for the office, to be looked up at the platform.

Example: tuodi shadow report --region 520000 --from 2024-01-01 --html shadow.html --bills bills.csv

Exit codes: 0 reported (also where nothing was compared), 1 the journal cannot be folded, 2 asked wrongly.
"""

K_DEFAULT = 10
"""Persons below which a cell is not told outside the office."""

STATUS = """Which regions and counties are in shadow, since when, and by which orders.

Exit codes: 0 shown, 2 asked wrongly.
"""


def report(
    region: Annotated[str | None, typer.Option(help="only this platform (six digits)")] = None,
    from_: Annotated[str | None, typer.Option("--from", help="first benefit date, YYYY-MM-DD")] = None,
    to: Annotated[str | None, typer.Option(help="last benefit date, YYYY-MM-DD")] = None,
    journal: Annotated[
        Path | None, typer.Option(help="an export (`tuodi export`) or feed lines; - reads stdin")
    ] = None,
    any_mode: Annotated[bool, typer.Option("--any-mode", help="bills of regions that pay too")] = False,
    k: Annotated[int, typer.Option(min=2, help="persons below which a cell is left out")] = K_DEFAULT,
    internal: Annotated[bool, typer.Option("--internal", help="tell all cells: for the office alone")] = False,
    html: Annotated[Path | None, typer.Option(help="write one HTML file that needs nothing else")] = None,
    csv: Annotated[Path | None, typer.Option(help="write the sums as CSV")] = None,
    bills: Annotated[Path | None, typer.Option(help="write the bills that differ as CSV: for the office alone")] = None,
    database: Database = None,
    json_: Json = False,
) -> None:
    import orjson

    from workers.settings import settings
    from workers.shadow.compare import Asked, compared
    from workers.shadow.report import page, table, text

    asked = Asked.of(region, from_, to, any_mode=any_mode)
    found = compared(asked, settings(), database, journal, k=1 if internal else k, bills=bills)
    if html is not None:
        html.write_text(page(found), encoding="utf-8")
    if csv is not None:
        csv.write_text(table(found), encoding="utf-8", newline="")
    typer.echo(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode() if json_ else text(found))


def status(database: Database = None, json_: Json = False) -> None:
    import orjson

    from workers.settings import settings
    from workers.shadow.status import page
    from workers.shadow.status import status as found_status

    found = found_status(database or settings().database)
    typer.echo(orjson.dumps({"orders": found}, option=orjson.OPT_INDENT_2).decode() if json_ else page(found))
