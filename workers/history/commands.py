"""`tuodi history`, `tuodi explain`, `tuodi person`: keep the read model, and ask it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import typer


def register(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.command()(history)
    app.command()(explain)
    app.command()(person)


Database = Annotated[Path | None, typer.Option(help="the read model; default TUODI_DATABASE")]
Json = Annotated[bool, typer.Option("--json", help="one JSON object on stdout")]


def history(
    instance: Annotated[str | None, typer.Option(help="name of this slot (static membership)")] = None,
    log_format: Annotated[Literal["json", "text"], typer.Option(help="for machines or for people")] = "json",
) -> None:
    """Keep the read model (SQLite) up to date from the log: decisions, outcomes, cap tables, tasks, live totals.

    Delete the file to rebuild it: a new file reads the log from its beginning. One process a file.
    """
    from workers.history.app import run
    from workers.host.logs import configure
    from workers.host.slot import slot
    from workers.settings import settings

    configure(json_lines=log_format == "json")
    run(settings(), slot(instance) if instance else None)


def explain(
    bill: Annotated[str, typer.Argument(help="settlement number (setl_id), or a decision_id")],
    region: Annotated[str | None, typer.Option(help="region of the number, where it is not unique")] = None,
    database: Database = None,
    json_: Json = False,
) -> None:
    """Say, in Chinese, why a bill got what it got: steps, articles, what did not apply, and what changed.

    Exit codes: 0 explained, 1 no decision of this bill is in the read model, 2 asked wrongly.
    """
    from workers.history.explain import explain_bill
    from workers.settings import settings

    typer.echo(explain_bill(database or settings().database, bill, region, as_json=json_))


def person(
    key: Annotated[str, typer.Argument(help="person_key (see `tuodi person-key`)")],
    year: Annotated[int, typer.Option(help="benefit year")],
    known_on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="as known when this business date was closed")
    ] = None,
    database: Database = None,
    json_: Json = False,
) -> None:
    """Show a person's cap table, identities, bills and decisions of one year, as known now or on a business date.

    What a date knew is what stood in the journal before the date was closed (`tuodi clock`), whenever it is asked.

    Exit codes: 0 shown, 1 nothing known of this person and year, 2 asked wrongly.
    """
    from workers.history.show import show_person
    from workers.settings import settings

    day = None if known_on is None else known_on.date().isoformat()
    typer.echo(show_person(database or settings().database, key, year, as_json=json_, known_on=day))
