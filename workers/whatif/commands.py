"""`tuodi whatif`: the same facts under a draft of the rulebooks."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.command("whatif", help=HELP)(whatif)


HELP = """Try a draft on facts that happened: who would get more, who less, who would owe money back.

The facts are a file of feed lines or an exported journal (`tuodi export`). They are decided under the law of today,
then the draft is adopted as it would be live: every bill is decided again, differences are posted. All of it happens in
memory; nothing is written to any log. The answer does not depend on how many processes share the work.

A draft is a whole folder of rulebooks, as it would be adopted: begin one with `tuodi rulebook copy draft`.

Example: tuodi export --out journal.ndjson && tuodi whatif journal.ndjson --draft draft --html report.html

Exit codes: 0 answered, 1 a law does not load (file, line, articles and fix are named) or the file is no journal of this
engine, 2 asked wrongly.
"""


def whatif(
    facts: Annotated[Path, typer.Argument(help="feed lines or an exported journal; - is standard input")],
    draft: Annotated[
        Path | None, typer.Option(exists=True, file_okay=False, help="folder of the draft; default: the shipped one")
    ] = None,
    figures: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="outside figures of the draft (TOML or JSON)")
    ] = None,
    today: Annotated[
        Path | None,
        typer.Option(exists=True, file_okay=False, help="today's rulebooks, if the facts adopt none; default: shipped"),
    ] = None,
    today_figures: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="outside figures of today (TOML or JSON)")
    ] = None,
    html: Annotated[Path | None, typer.Option(help="write the report as one HTML file that needs nothing else")] = None,
    parts: Annotated[int | None, typer.Option(min=1, max=8, help="processes; default: one a core")] = None,
    json_: Annotated[bool, typer.Option("--json", help="the whole answer as one object, with every person")] = False,
) -> None:  # fmt: skip
    from workers.policy.adoption import build_adoption
    from workers.replay.run import replayable
    from workers.settings import settings
    from workers.whatif.report import page, summary
    from workers.whatif.run import what_if

    laws = build_adoption(today, today_figures), build_adoption(draft, figures)
    with replayable(facts, sys.stdin.buffer) as file:
        answer = what_if(file, settings(), *laws, parts=parts, progress=sys.stderr, name=facts.name)
    if html is not None:
        html.write_text(page(answer), encoding="utf-8")
    typer.echo(answer.model_dump_json(indent=2) if json_ else summary(answer))
