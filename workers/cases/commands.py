"""`tuodi cases`: worked examples, run and written by clerks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workers.errors import Usage

PlaceArgument = Annotated[
    Path | None, typer.Argument(help="A case file, the folder of a city, or a folder of such folders.")
]
RulebooksOption = Annotated[
    Path | None, typer.Option(help="Folder of rulebooks to decide with, a draft for example; the shipped ones.")
]


def register(app: typer.Typer) -> None:
    """Put the commands of this room on the command line."""
    cases = typer.Typer(
        help="Worked examples (样例): run them, begin one, take them to a spreadsheet and back.", no_args_is_help=True
    )
    cases.command("run")(run)
    cases.command("new")(new)
    cases.command("export")(export)
    cases.command("import")(import_)
    app.add_typer(cases, name="cases")


def run(
    place: PlaceArgument = None,
    rulebooks: RulebooksOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Decide every row and compare it with what its clerk expects; all examples of the project by default.

    A difference names file and row, both values, the step from which the law differs from the hand arithmetic, its
    sentence and its article. Exit codes: 0 all as expected, 1 a row differs, 2 a file cannot be read.
    """
    import json

    from workers.cases.judge import judge

    report = judge(place, rulebooks)
    if as_json:
        typer.echo(json.dumps(report.as_object(), ensure_ascii=False, indent=1))
    else:
        for fault in report.faults:
            typer.echo(str(fault), err=True)
        typer.echo(report.summary)
    if report.faults:
        raise typer.Exit(1)


def new(
    city: Annotated[str, typer.Argument(help="Folder or measure, such as qiannan or QN.")],
    clause: Annotated[str, typer.Argument(help="Clause, such as QN-1.3c; docs/clauses.md lists them.")],
    out: Annotated[Path | None, typer.Option(help="Write it here instead of on stdout; never over a file.")] = None,
    rulebooks: RulebooksOption = None,
) -> None:
    """Begin a worked example of a clause: its words, a person of a class it concerns, one bill with open cells (？).

    Exit codes: 0 written, 2 there is no such clause, or the file is there already.
    """
    from workers.cases.document import write
    from workers.cases.laws import books_of
    from workers.cases.template import template

    text = write(template(books_of(rulebooks), city, clause))
    if out is None:
        typer.echo(text, nl=False)
        return
    if out.exists():
        raise Usage(f"{out} is there already; name another file")
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(text, encoding="utf-8")
    typer.echo(f"written {out}; fill the cells with ？, then: tuodi cases run {out}", err=True)


def export(
    file: Annotated[Path, typer.Argument(help="Spreadsheet to write: .xlsx or .csv.")],
    place: PlaceArgument = None,
) -> None:
    """Take worked examples to a spreadsheet, a row of it for each row of an example.

    Exit codes: 0 written, 2 nothing to export, or another kind of file.
    """
    from workers.cases.document import paths, read
    from workers.cases.sheet import rows_of, save
    from workers.cases.timeline import FOLDER

    documents = [read(path) for path in paths(place or FOLDER)]
    rows = rows_of(documents)
    save(rows, file)
    typer.echo(f"{len(documents)} files, {len(rows) - 1} rows written to {file}", err=True)


def import_(
    file: Annotated[Path, typer.Argument(help="Spreadsheet as `tuodi cases export` writes it: .xlsx or .csv.")],
    folder: Annotated[Path, typer.Argument(help="Folder that gets the folders of the cities.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be written, write nothing.")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Write over files that say something else.")] = False,
) -> None:
    """Bring worked examples back from a spreadsheet as Markdown files; all is checked before anything is written.

    Exit codes: 0 written or nothing to do, 2 a row cannot be read, or a file would change without --replace.
    """
    from workers.cases.bring import bring
    from workers.cases.sheet import documents_of, loaded

    changes = bring(documents_of(loaded(file), folder), replace=replace, dry_run=dry_run)
    for what, path in changes:
        typer.echo(f"{what}  {path}")
