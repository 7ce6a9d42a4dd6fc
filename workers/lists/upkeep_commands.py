"""`tuodi lists withdraw|prune`: what a person takes back, and what the database may forget."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from workers.lists.commands import (
    EXIT_WAITING,
    County,
    DryRun,
    JsonOption,
    Kind,
    Period,
    Source,
    lists,
)


@lists.command()
def withdraw(
    source: Source,
    kind: Kind,
    county: County,
    period: Period,
    author: Annotated[str, typer.Option(help="who takes it back: an officer's own number, never an ID number")],
    document: Annotated[str, typer.Option(help="by what: number of the letter, or why")],
    dry_run: DryRun = False,
    confirm: Annotated[bool, typer.Option("--confirm", help="a person's word that many ends are meant")] = False,
    as_json: JsonOption = False,
) -> None:
    """Take a month back that should never have counted, where there is no right list to put in its place.

    The month has no complete list any more, and everybody stands as if none had come; the changes go into the outbox.
    A corrected list is simply taken (`lists take`), before or after. Exit codes: 0 withdrawn (or would be), 2 asked
    wrongly (also: no such month in force), 3 it would end many people and a person has to confirm.

    Example: tuodi lists withdraw --source civil_affairs --kind subsistence --county 522701 --period 202403
    --author 12345 --document 黔民函〔2024〕7号 --dry-run
    """
    import time

    from workers.lists.database import WAITING, Lists
    from workers.lists.order import order_of
    from workers.lists.take import Way
    from workers.lists.withdraw import Because
    from workers.lists.withdraw import withdraw as take_back
    from workers.progress import ProgressLine
    from workers.settings import settings

    config = settings()
    order = order_of(config, source=source, kind=kind, county=county, period=period)
    reading, folding = ProgressLine("read"), ProgressLine("people compared")
    way = Way(dry_run, confirm, time.time_ns() // 1_000_000, reading, folding)
    with Lists(config.lists) as database:
        found = take_back(database, config, order, Because(author, document), way)
    folding.end()
    if as_json:
        typer.echo(json.dumps(found._asdict() | {"dry_run": dry_run}, ensure_ascii=False))
    else:
        would = " (dry run: nothing is written)" if dry_run else ""
        typer.echo(f"{period} {county} {source}/{kind}: {found.state}, {found.lines:,} lines{would}")
        typer.echo(f"  {found.note}")
        typer.echo(
            f"  {found.people:,} people stood there; {found.added:,} added, {found.changed:,} changed,"
            f" {found.ended:,} ended, {found.withdrawn:,} withdrawn; {found.tasks_opened:,} tasks opened,"
            f" {found.tasks_closed:,} closed"
        )
    if found.state == WAITING:
        raise typer.Exit(EXIT_WAITING)


@lists.command()
def prune(
    keep_months: Annotated[int, typer.Option(min=2, max=600, help="newest months of each series to keep whole")],
    dry_run: DryRun = False,
    as_json: JsonOption = False,
) -> None:
    """Forget older texts that no longer count, and the record of older changes that were published.

    Months in force, what was last stated of anybody, tasks, the register, and what waits to be published stay whatever
    their age: the next difference needs them. For forgotten months no feedback file can be written any more. Exit
    codes: 0 done (or would be), 2 asked wrongly.
    """
    from workers.lists.database import Lists
    from workers.lists.prune import prune as forget
    from workers.settings import settings

    with Lists(settings().lists) as database:
        found = forget(database, keep_months, dry_run=dry_run)
    if as_json:
        typer.echo(json.dumps(found._asdict() | {"dry_run": dry_run}))
    else:
        would = "would be " if dry_run else ""
        typer.echo(f"{found.lines:,} lines and {found.changes:,} published changes {would}forgotten")
