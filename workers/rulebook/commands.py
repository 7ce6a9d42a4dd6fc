"""`tuodi rulebook check|show`: what a policy clerk asks of a rulebook before it is adopted."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workers.errors import Usage

FolderArgument = Annotated[
    Path | None, typer.Argument(help="Folder with rulebooks (*.toml) and the instruments' texts (*.txt) beside them.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]


def register(app: typer.Typer) -> None:
    """Put the commands of this room on the command line."""
    rulebook = typer.Typer(
        help="Rulebooks (救助规则): check them, read them beside their articles.", no_args_is_help=True
    )
    rulebook.command("check")(check)
    rulebook.command("show")(show)
    app.add_typer(rulebook, name="rulebook")


def check(
    folder: FolderArgument = None,
    figures: Annotated[Path | None, typer.Option(help="TOML or JSON file of outside figures by measure.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Prove every citation, number and reference of the rulebooks, the shipped ones by default.

    Exit codes: 0 all right, 1 something is wrong (file, line, articles and fix are named), 2 the folder cannot be read.
    """
    import json

    from workers.policy.adoption import build_adoption, load_adoption
    from workers.policy.problems import RulebookError

    try:
        law = load_adoption(build_adoption(folder, figures))
    except RulebookError as error:
        if as_json:
            typer.echo(json.dumps({"ok": False, "findings": [each._asdict() for each in error.findings]}))
        else:
            for finding in error.findings:
                typer.echo(str(finding), err=True)
            typer.echo(f"{len(error.findings)} findings", err=True)
        raise typer.Exit(1) from error
    names = [f"{each.measure} {each.book.instrument.doc_no} {each.book.revision}" for each in law.instruments]
    if as_json:
        typer.echo(json.dumps({"ok": True, "hash": law.hash, "engine": law.engine, "instruments": names}))
        return
    for name in names:
        typer.echo(f"ok  {name}")
    typer.echo(f"hash {law.hash}, engine {law.engine}")


def show(
    measure: Annotated[str | None, typer.Argument(help="Measure, for example QN; all by default.")] = None,
    folder: Annotated[Path | None, typer.Option(help="Folder with rulebooks.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Read a rulebook beside its articles: groups, rules, quotes, open questions. Exit codes: 0, 1, 2 not there."""
    import json

    from workers.policy.adoption import build_adoption, load_adoption
    from workers.policy.show import as_object, as_text

    law = load_adoption(build_adoption(folder))
    books = [each.book for each in law.instruments if measure in (None, each.measure)]
    if not books:
        raise Usage(f"there is no measure of that name; there are: {', '.join(law.measures)}")
    if as_json:
        typer.echo(json.dumps([as_object(book) for book in books], ensure_ascii=False, indent=2))
        return
    for book in books:
        typer.echo(as_text(book))
