"""`tuodi lists seal|take|status|resolve|publish|feedback|received|serve`; withdraw and prune: `upkeep_commands`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

JsonOption = Annotated[bool, typer.Option("--json", help="one JSON object on stdout")]
DevKeys = Annotated[bool, typer.Option("--dev-keys", help="allow the well-known development keys")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="do everything and take it back: shows what would happen")]
Source = Annotated[str, typer.Option(help="department, such as civil_affairs (schemas/national/lists)")]
Kind = Annotated[str, typer.Option(help="kind of list, such as subsistence")]
County = Annotated[str, typer.Option(help="recognition place, six digits, such as 522701")]
Period = Annotated[str, typer.Option(help="month of the list, YYYYMM")]

EXIT_WAITING = 3

lists = typer.Typer(
    no_args_is_help=True,
    help="Monthly lists of identities: take, compare with the month before, publish, answer (docs/lists.md).",
)


def register(app: typer.Typer) -> None:
    """Add `tuodi lists`."""
    from workers.lists import upkeep_commands  # noqa: F401 - its commands add themselves

    app.add_typer(lists, name="lists")


@lists.command()
def seal(file: Annotated[Path, typer.Argument(help=".csv, .xlsx or .ndjson")], as_json: JsonOption = False) -> None:
    """Print the closing line of a list: count and digest of its rows. Put it at the end of the file.

    Says of a file that has one already whether it fits. Exit codes: 0 told, 1 the closing line does not fit, 2 no
    table.
    """
    from workers.lists.seal import seal as seal_file
    from workers.progress import ProgressLine

    progress = ProgressLine("read")
    found = seal_file(file, progress)
    progress.end()
    if as_json:
        typer.echo(json.dumps({**found._asdict(), "line": found.line}))
    else:
        typer.echo(found.line)
    if found.fits is False:
        raise typer.Exit(1)


@lists.command()
def take(
    file: Annotated[Path, typer.Argument(help="the list: .csv (UTF-8, GB18030), .xlsx or .ndjson, closed by #END")],
    source: Source,
    kind: Kind,
    county: County,
    period: Period,
    dry_run: DryRun = False,
    confirm: Annotated[bool, typer.Option("--confirm", help="a person's word that an unusual list is right")] = False,
    as_json: JsonOption = False,
    dev_keys: DevKeys = False,
) -> None:
    """Take a monthly list: check it, compare it with the months before, put the changes into the outbox.

    Nothing is published here: `lists publish` or `lists serve` does. A list counts only when its closing line fits and
    no line is wrong; one that would end many people waits for --confirm. Exit codes: 0 taken (or would be), 1 not
    complete or lines are wrong, 2 asked wrongly (also: wrong source), 3 a person has to confirm.

    Example: tuodi lists take 202403.csv --dry-run --source civil_affairs --kind subsistence --county 522701
    --period 202403
    """
    import time

    from workers.directory.open import directory_of
    from workers.lists.database import CURRENT, WAITING, Lists
    from workers.lists.order import order_of
    from workers.lists.take import REPEAT, Way
    from workers.lists.take import take as take_file
    from workers.progress import ProgressLine
    from workers.settings import settings

    config = settings()
    order = order_of(config, source=source, kind=kind, county=county, period=period)
    reading, folding = ProgressLine("read"), ProgressLine("people compared")
    way = Way(dry_run, confirm, time.time_ns() // 1_000_000, reading, folding)
    with directory_of(config, dev_keys=dev_keys) as directory, Lists(config.lists) as database:
        found = take_file(database, directory, config, order, file, way)
    reading.end()
    folding.end()
    _tell_taken(found, file.name, dry_run=dry_run, as_json=as_json)
    if found.state == WAITING:
        raise typer.Exit(EXIT_WAITING)
    if found.state not in (CURRENT, REPEAT):
        raise typer.Exit(1)


def _tell_taken(found: Any, name: str, *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        told = found._asdict() | {
            "refused": [each._asdict() for each in found.refused],
            "sample": [each._asdict() for each in found.sample],
            "dry_run": dry_run,
        }
        typer.echo(json.dumps(told, ensure_ascii=False))
        return
    would = " (dry run: nothing is written)" if dry_run else ""
    typer.echo(f"{name}: {found.state}, {found.lines:,} lines, digest {found.digest}{would}")
    if found.note:
        typer.echo(f"  {found.note}")
    typer.echo(
        f"  {found.people_before:,} people before; {found.added:,} added, {found.changed:,} changed,"
        f" {found.ended:,} ended, {found.withdrawn:,} withdrawn; {found.unresolved:,} lines unresolved,"
        f" {found.wrong:,} wrong"
    )
    for each in found.sample:
        until = f" – {each.removed_on}" if each.removed_on else ""
        typer.echo(f"    {each.what:9}  {each.who}  {each.identity}  {each.recognised_on}{until}")
    for each in found.refused:
        typer.echo(f"  {name}:{each.line}: {each.what}" + (f": {each.word}" if each.word else ""))
    if found.wrong > len(found.refused):
        typer.echo(f"  and {found.wrong - len(found.refused):,} more")


@lists.command()
def status(
    period: Annotated[str | None, typer.Option(help="only this month, YYYYMM")] = None,
    county: Annotated[str | None, typer.Option(help="only this county")] = None,
    as_json: JsonOption = False,
) -> None:
    """Show the register: who sent what when, whether it counts, what waits to be published, unresolved lines."""
    from workers.lists.database import Lists
    from workers.lists.register import page
    from workers.lists.register import status as status_of
    from workers.settings import settings

    with Lists(settings().lists) as database:
        told = status_of(database, period, county)
    typer.echo(json.dumps(told, ensure_ascii=False) if as_json else page(told))


@lists.command()
def resolve(
    everything: Annotated[
        bool, typer.Option("--all", help="also lines resolved before: after `directory import --replace`")
    ] = False,
    dry_run: DryRun = False,
    as_json: JsonOption = False,
    dev_keys: DevKeys = False,
) -> None:
    """After an import of the directory: find the people of unresolved lines, publish their identities, close the tasks.

    Exit codes: 0 done, 1 lines are still unresolved.
    """
    import time

    from workers.directory.open import directory_of
    from workers.lists.database import Lists
    from workers.lists.resolve import resolve as resolve_all
    from workers.progress import ProgressLine
    from workers.settings import settings

    config = settings()
    progress = ProgressLine("people compared")
    with directory_of(config, dev_keys=dev_keys) as directory, Lists(config.lists) as database:
        found = resolve_all(
            database, directory, config, everything=everything, dry_run=dry_run, now_ms=time.time_ns() // 1_000_000,
            progress=progress,
        )  # fmt: skip
    progress.end()
    if as_json:
        typer.echo(json.dumps(found._asdict() | {"dry_run": dry_run}))
    else:
        typer.echo(
            f"{found.certificates} certificates resolved: {found.added} added, {found.changed} changed, {found.ended}"
            f" ended, {found.withdrawn} withdrawn; {found.tasks_closed} tasks closed,"
            f" {found.unresolved} lines unresolved"
        )
    if found.unresolved:
        raise typer.Exit(1)


@lists.command()
def publish(dry_run: DryRun = False, as_json: JsonOption = False, dev_keys: DevKeys = False) -> None:
    """Publish what waits in the outbox to the feeds. Can be repeated and interrupted at any point.

    Exit codes: 0 published, 1 the broker did not take it (try again), 2 a topic or the key is missing.
    """
    import asyncio

    from workers.directory.open import directory_of
    from workers.lists.database import Lists
    from workers.lists.publish import Publisher
    from workers.log.kafka import KafkaLog
    from workers.progress import ProgressLine
    from workers.settings import settings

    config = settings()

    async def run() -> int:
        progress = ProgressLine("published")
        with directory_of(config, dev_keys=dev_keys) as directory, Lists(config.lists) as database:
            log = KafkaLog(config.cluster)
            publisher = Publisher(database, directory, log, config)
            try:
                return publisher.waiting() if dry_run else (await publisher.run(progress)).records
            finally:
                progress.end()
                await log.close()

    done = asyncio.run(run())
    if as_json:
        typer.echo(json.dumps({"records": done, "dry_run": dry_run}))
    else:
        typer.echo(f"{done} records {'would be' if dry_run else 'are'} published")


@lists.command()
def feedback(
    to: Annotated[str, typer.Option(help="tax (person numbers) or source (masked certificates, line numbers)")],
    source: Source,
    kind: Kind,
    county: County,
    period: Period,
    as_json: JsonOption = False,
    dev_keys: DevKeys = False,
) -> None:
    """Write the file of a month's changes for the tax office or the source department into the guarded folder.

    Exit codes: 0 written, 2 no such list, or others may read the folder.
    """
    from workers.directory.open import directory_of
    from workers.lists.database import Lists
    from workers.lists.feedback import feedback as write
    from workers.lists.feedback import newest
    from workers.lists.order import order_of
    from workers.settings import settings

    config = settings()
    order = order_of(config, source=source, kind=kind, county=county, period=period)
    with directory_of(config, dev_keys=dev_keys) as directory, Lists(config.lists) as database:
        list_id = newest(database, (order.rules.name, source, kind, county), period)
        found = write(database, directory, config.lists_folder / "feedback", list_id, to)
    if as_json:
        typer.echo(json.dumps(found._asdict() | {"file": str(found.file)}))
    else:
        typer.echo(f"{found.file}: {found.changes} changes, {found.unresolved} unresolved lines")


@lists.command()
def received(
    list_id: Annotated[str | None, typer.Argument(help="take this list; without it, show what has come")] = None,
    confirm: Annotated[bool, typer.Option("--confirm", help="a person's word that an unusual list is right")] = False,
    dry_run: DryRun = False,
    as_json: JsonOption = False,
    dev_keys: DevKeys = False,
) -> None:
    """Lists that come line by line by the feed list.reported: show them, or take one (`lists serve` does by itself).

    Exit codes as those of `lists take`.
    """
    import time

    from workers.directory.open import directory_of
    from workers.lists.database import CURRENT, WAITING, Lists
    from workers.lists.received import received as on_their_way
    from workers.lists.received import take_received
    from workers.lists.take import REPEAT, Way
    from workers.progress import ProgressLine
    from workers.settings import settings

    config = settings()
    with directory_of(config, dev_keys=dev_keys) as directory, Lists(config.lists) as database:
        if list_id is None:
            rows = on_their_way(database)
            told = json.dumps([each._asdict() for each in rows], ensure_ascii=False)
            lines = [
                f"{each.list_id}  {each.state}  {each.lines} lines  {' '.join(each.head.values())}" for each in rows
            ]
            typer.echo(told if as_json else "\n".join(lines) or "none")
            return
        way = Way(dry_run, confirm, time.time_ns() // 1_000_000, ProgressLine("read"), ProgressLine("people compared"))
        found = take_received(database, directory, config, list_id, way)
    _tell_taken(found, list_id, dry_run=dry_run, as_json=as_json)
    if found.state == WAITING:
        raise typer.Exit(EXIT_WAITING)
    if found.state not in (CURRENT, REPEAT):
        raise typer.Exit(1)


@lists.command()
def serve(
    instance: Annotated[
        str | None, typer.Option(help="name of this slot, unique and kept over restarts (static membership)")
    ] = None,
    feed: Annotated[bool, typer.Option("--feed/--no-feed", help="also read the feed list.reported")] = True,
    dev_keys: DevKeys = False,
) -> None:
    """Run the lists worker: takes files of TUODI_LISTS_FOLDER/inbox/<source>/ and lists of the feed, publishes.

    One process per database. Metrics and health: /metrics, /healthz, /readyz on TUODI_HTTP_HOST:TUODI_HTTP_PORT (port
    0: a free one, written to TUODI_DATA_DIR/lists-<instance>.port). Exit codes: 0 stopped, 1 crashed, 2 asked wrongly.
    """
    import socket

    from workers.lists.serve_run import run
    from workers.settings import settings

    run(settings(), instance or socket.gethostname(), feed=feed, dev_keys=dev_keys)
