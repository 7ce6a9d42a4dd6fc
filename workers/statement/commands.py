"""`tuodi statement`: one page for the person."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.command("statement", help=HELP)(statement)


HELP = """Write one plain page for a person: what was paid of each bill, why this amount, why it changed, whom to ask.

Reads the read model (`tuodi history`), or replays a file (--file). The page is made of the decisions alone: the same
decisions give the same bytes, HTML and PDF. It holds no name; the window writes it in. Amounts that wait for approval
are told as such. Without --html or --pdf the HTML goes to standard output.

Example: tuodi statement KEY --year 2023 --file year.ndjson --pdf page.pdf

Exit codes: 0 written, 1 nothing is known of this person in this year, 2 asked wrongly.
"""


def statement(
    key: Annotated[str, typer.Argument(help="person_key (see `tuodi person-key`)")],
    year: Annotated[int, typer.Option(help="benefit year", min=2000, max=2199)],
    file: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="feed lines or an exported journal, replayed")
    ] = None,
    database: Annotated[Path | None, typer.Option(help="the read model; default TUODI_DATABASE")] = None,
    rulebooks: Annotated[
        Path | None,
        typer.Option(exists=True, file_okay=False, help="with --file: rulebooks instead of the shipped ones"),
    ] = None,
    figures: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="with --file: outside figures (TOML or JSON)")
    ] = None,
    contacts: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help='TOML: ["522701"] name = "…", phone = "…", address = "…"'),
    ] = None,
    html: Annotated[Path | None, typer.Option(help="write the HTML page here")] = None,
    pdf: Annotated[Path | None, typer.Option(help="write the PDF here")] = None,
    font: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="TrueType font of the PDF; default: the shipped one"),
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="the statement as one object on stdout")] = False,
) -> None:
    import json

    from workers.pages.html import render
    from workers.settings import settings
    from workers.statement.make import make

    found = make(key, year, settings(), file, database, rulebooks, figures, contacts)
    if pdf is not None:
        from workers.statement.pdf import page

        pdf.write_bytes(page(found, font))
    if html is not None:
        html.write_text(render("statement/page.html.j2", s=found), encoding="utf-8")
    if json_:
        typer.echo(json.dumps(as_object(found), ensure_ascii=False, indent=2))
    elif html is None and pdf is None:
        typer.echo(render("statement/page.html.j2", s=found), nl=False)


def as_object(node: object) -> object:
    """NamedTuples as objects, other tuples as lists."""
    if isinstance(node, tuple) and hasattr(node, "_asdict"):
        return {name: as_object(value) for name, value in node._asdict().items()}
    return [as_object(each) for each in node] if isinstance(node, tuple) else node
