"""`tuodi kafka`: an Apache Kafka of one's own, from jars, without a container engine."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

Directory = Annotated[Path, typer.Option("--dir", help="folder of the broker: jars, data, ports, log")]
Json = Annotated[bool, typer.Option("--json", help="one JSON object on stdout")]

kafka = typer.Typer(
    no_args_is_help=True,
    help="Apache Kafka 4.3.1 from jars: one node for development, demo and tests. Needs Java 17; Maven once.",
)


def register(app: typer.Typer) -> None:
    """Add `tuodi kafka`."""
    app.add_typer(kafka, name="kafka")


@kafka.command()
def start(
    directory: Directory = Path("var/kafka"),
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 = any free port, remembered in broker.json")] = 0,
    as_json: Json = False,
) -> None:
    """Start the broker and wait until it answers; the address is on stdout.

    Fetches the jars with Maven the first time. Data and ports are kept between stop and start. Running already: only
    tells the address. Exit codes: 0 ready, 1 the broker ended or did not answer, 2 Java or Maven is missing.
    """
    from workers.log.broker import Broker
    from workers.log.broker_jars import fetch, missing

    broker = Broker(directory, port=port)
    fetch(broker.libs, _say)
    reason = missing(broker.libs)
    if reason is not None:
        from workers.errors import Usage

        raise Usage(reason)
    if broker.pid is None:
        _say("starting Apache Kafka …")
    seconds = broker.start()
    if as_json:
        typer.echo(json.dumps({"bootstrap": broker.bootstrap, "pid": broker.pid, "seconds": round(seconds, 2)}))
        return
    _say(f"ready after {seconds:.1f} s; stop it with: tuodi kafka stop")
    typer.echo(broker.bootstrap)


@kafka.command()
def jars(directory: Directory = Path("var/kafka")) -> None:
    """Fetch the jars with Maven and prepare fast starts; `start` does the first by itself. Can be repeated.

    Exit codes: 0 there, 1 the broker did not start, 2 Java or Maven is missing or Maven failed.
    """
    from workers.errors import Usage
    from workers.log.broker_jars import fetch, missing, prepare

    libs = directory / "libs"
    fetch(libs, _say)
    reason = missing(libs)
    if reason is not None:
        raise Usage(reason)
    prepare(libs.absolute(), _say)


@kafka.command()
def stop(directory: Directory = Path("var/kafka"), as_json: Json = False) -> None:
    """Stop the broker in good order; data and ports stay. Exit code 0 also when none was running."""
    from workers.log.broker import Broker

    was_running = Broker(directory).stop()
    if as_json:
        typer.echo(json.dumps({"was_running": was_running}))
    else:
        _say("stopped" if was_running else "was not running")


@kafka.command()
def status(directory: Directory = Path("var/kafka"), as_json: Json = False) -> None:
    """Is the broker serving clients? Exit codes: 0 it answers a metadata request, 1 it does not."""
    from workers.errors import Usage
    from workers.log.broker import Broker

    broker = Broker(directory)
    pid, ready = broker.pid, broker.ready()
    try:
        bootstrap: str | None = broker.bootstrap
    except Usage:
        bootstrap = None
    if as_json:
        typer.echo(json.dumps({"ready": ready, "pid": pid, "bootstrap": bootstrap, "dir": str(directory)}))
    elif ready:
        typer.echo(f"ready at {bootstrap} (process {pid})")
    else:
        typer.echo("not running" if pid is None else f"process {pid} runs but does not answer")
    raise typer.Exit(0 if ready else 1)


@kafka.command()
def wipe(
    directory: Directory = Path("var/kafka"),
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only say what would go")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
) -> None:
    """Stop the broker and remove its topics, offsets and ports; the jars stay. Everything on its log is gone.

    Exit codes: 0 done, 1 answered no, 2 not asked (no terminal) and no --yes.
    """
    from workers.errors import Usage
    from workers.log.broker import Broker

    broker = Broker(directory)
    doomed = broker.belongings()
    if dry_run:
        typer.echo("\n".join(str(path) for path in doomed) or "nothing to remove")
        return
    if not yes:
        if not sys.stdin.isatty():
            raise Usage("wipe removes every record of this broker: say --yes")
        typer.confirm(f"Remove every record of the broker in {directory}?", abort=True, err=True)
    broker.wipe()
    _say(f"removed {len(doomed)} files and folders")


def _say(line: str) -> None:
    typer.echo(line, err=True)
