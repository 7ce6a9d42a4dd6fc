"""`tuodi rulebook`: what a policy clerk asks of a rulebook, from the first reading to the day it is adopted."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workers.errors import Usage

FolderArgument = Annotated[
    Path | None, typer.Argument(help="Folder with rulebooks (*.toml) and the instruments' texts (*.txt) beside them.")
]
MeasureArgument = Annotated[str | None, typer.Argument(help="Measure, for example QN; all by default.")]
FolderOption = Annotated[Path | None, typer.Option(help="Folder with rulebooks; the shipped ones by default.")]
FiguresOption = Annotated[Path | None, typer.Option(help="TOML or JSON file of outside figures by measure.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]
SHIPPED_WORD = "shipped"


def register(app: typer.Typer) -> None:
    """Put the commands of this room on the command line."""
    rulebook = typer.Typer(
        help="Rulebooks (救助规则): copy, check, read beside their articles, compare, see what is proved, adopt.",
        no_args_is_help=True,
    )
    for command in (check, show, diff, coverage, copy, adopt):
        rulebook.command(command.__name__)(command)
    app.add_typer(rulebook, name="rulebook")


def check(folder: FolderArgument = None, figures: FiguresOption = None, as_json: JsonOption = False) -> None:
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
    measure: MeasureArgument = None,
    folder: FolderOption = None,
    article: Annotated[
        str | None,
        typer.Option(help="An article as the rulebook calls it, or `all`: its words, and the rules on them."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Read a rulebook: groups, rules, quotes, open questions; with --article the article and the rules beside it.

    A draft that is not right yet can be read with --article, too. Exit codes: 0 shown, 1 it does not load, 2 not there.
    """
    import json

    if article is not None:
        from workers.rulebook.beside import books as read
        from workers.rulebook.beside import page

        if as_json:
            raise Usage("--article and --json do not go together")
        typer.echo("\n".join(page(each, article) for each in read(folder, measure)))
        return
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


def diff(
    was: Annotated[str, typer.Argument(help="Folder of rulebooks, or the word `shipped`.")],
    now: Annotated[str, typer.Argument(help="Folder of rulebooks to compare it with, or `shipped`.")],
    as_json: JsonOption = False,
) -> None:
    """Say what differs between two rulebooks: which value changes, from when, on which words.

    They are compared as they govern, period by period. What a change does to people and money: `tuodi whatif`.
    Exit codes: 0 compared (also where nothing differs), 1 one of them has an error, 2 a folder cannot be read.
    """
    import json

    from workers.policy.adoption import build_adoption, load_adoption
    from workers.policy.diff import as_text, compare

    sides = (None if name == SHIPPED_WORD else Path(name) for name in (was, now))
    changes = compare(*(load_adoption(build_adoption(folder)) for folder in sides))
    if as_json:
        body = [each._asdict() | {"since": str(each.since), "until": str(each.until)} for each in changes]
        typer.echo(json.dumps(body, ensure_ascii=False, indent=1))
    else:
        typer.echo(as_text(changes))


def coverage(
    measure: MeasureArgument = None,
    folder: FolderOption = None,
    cases: Annotated[Path | None, typer.Option(help="Folder of worked examples; tests/cases by default.")] = None,
    every: Annotated[bool, typer.Option("--all", help="List the clauses that are proved, too.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Say, clause by clause and revision by revision, which rules carry it out and how many rows of examples prove it.

    A clause without a rule may be the engine's, a later stage's or not for software: docs/clauses.md says which.
    Exit codes: 0 every rule is proved by a row in its period, 1 some rule has none, 2 asked wrongly.
    """
    import json

    from workers.cases.timeline import FOLDER
    from workers.rulebook.coverage import as_text
    from workers.rulebook.coverage import coverage as periods_of

    periods = periods_of(folder, cases or FOLDER, measure)
    if as_json:
        typer.echo(json.dumps([each.as_object() for each in periods], ensure_ascii=False, indent=1))
    else:
        typer.echo(as_text(periods, every=every))
    if any(clause.state == "unproved" for each in periods for clause in each.clauses):
        raise typer.Exit(1)


def copy(
    folder: Annotated[Path, typer.Argument(help="Folder to write; must not exist.")],
    source: Annotated[Path | None, typer.Option(help="Folder to copy; the shipped rulebooks by default.")] = None,
) -> None:
    """Copy the rulebooks with their instruments' texts, to begin a draft. Exit codes: 0 copied, 2 asked wrongly."""
    import shutil

    from workers.policy.adoption import SHIPPED, build_adoption

    if folder.exists():
        raise Usage(f"{folder} exists; name a new folder")
    build_adoption(source)
    shutil.copytree(source or SHIPPED, folder)
    typer.echo(f"{folder}: change it, then `tuodi rulebook check {folder}` and `tuodi whatif FACTS --draft {folder}`")


def adopt(
    rulebooks: Annotated[
        Path | None, typer.Option(exists=True, file_okay=False, help="folder of rulebooks; default: the shipped ones")
    ] = None,
    figures: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="TOML or JSON file of outside figures by measure")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="say what would change for whom, and write nothing")
    ] = False,
    facts: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="with --dry-run: an exported journal; default: the live one"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="with --dry-run: the whole impact as one object")] = False,
) -> None:
    """Bring rulebooks, outside figures and this engine into force: one transaction over all journal partitions.

    Ask first what it would do: --dry-run reads the live journal (or the file of --facts), decides every bill again in
    memory and says who would get more or less and who would owe money. Adopting the same bytes again has no effect.
    After the adoption every bill is decided again in slices; what would be taken back waits for an officer's approval.

    Exit codes: 0 adopted, or the impact was told; 1 failed or a rulebook has an error (file, line, both articles and
    the fix are named); 2 asked wrongly.
    """
    from workers.rulebook.adopting import impact, prepare, write
    from workers.settings import settings

    if not dry_run and (facts is not None or as_json):
        raise Usage("--facts and --json go with --dry-run")
    adoption = prepare(rulebooks, figures)
    if not dry_run:
        write(settings(), adoption)
        typer.echo(f"adopted {adoption.said} in {settings().partitions} partitions")
        return
    from workers.whatif.report import summary

    answer = impact(settings(), adoption, facts)
    if as_json:
        typer.echo(answer.model_dump_json(indent=2))
    else:
        typer.echo(f"would adopt {adoption.said} in {settings().partitions} partitions\n{summary(answer)}")
