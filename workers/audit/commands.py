"""`tuodi audit`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workers.errors import Usage

if TYPE_CHECKING:
    from workers.audit.run import Plan

HELP = """Account for every record and every fen on the log, independently of the workers.

Reads all topics read_committed, decodes them by itself, and ends in one line: ALL ACCOUNTED n inputs, m decisions,
k dead letters, seed s. Otherwise it lists what is wrong (ids only, bounded). It writes nothing. Run it at rest: records
that are not worked yet are findings (A1). The checks are described in docs/audit.md.

Exit codes: 0 all accounted, 1 something is wrong, 2 it could not be carried out (no broker, no journal, bad file).
"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("audit", help=HELP)(audit)
    app.command("check-traces")(check_traces)


def audit(
    bootstrap: Annotated[
        str, typer.Option(help="Kafka bootstrap servers, host:port", envvar="TUODI_BOOTSTRAP")
    ] = "127.0.0.1:9092",
    topic_prefix: Annotated[
        str, typer.Option(help="First word of the topic names", envvar="TUODI_TOPIC_PREFIX")
    ] = "medassist",
    from_dir: Annotated[
        Path | None,
        typer.Option(help="Read a folder of exported NDJSON instead of a cluster", exists=True, file_okay=False),
    ] = None,
    feed: Annotated[Path | None, typer.Option(help="NDJSON of what was published to the feeds", exists=True)] = None,
    reader: Annotated[Path | None, typer.Option(help="NDJSON of what a read_committed reader saw", exists=True)] = None,
    replay: Annotated[
        Path | None, typer.Option(help="Output of `tuodi replay --json` of the journal", exists=True)
    ] = None,
    metrics: Annotated[
        list[str] | None, typer.Option(help="File or URL of a worker's metrics; may be repeated")
    ] = None,
    seed: Annotated[str | None, typer.Option(help="Seed of the run, printed in the last line")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of lines")] = False,
) -> None:
    from workers.audit.run import Plan
    from workers.audit.source import AuditError

    plan = Plan(topic_prefix, feed, reader, replay, tuple(metrics or ()), seed)
    try:
        clean = asyncio.run(_run(bootstrap, from_dir, plan, as_json))
    except AuditError as error:
        sys.stderr.write(f"tuodi audit: {error}\n")
        raise typer.Exit(2) from None
    raise typer.Exit(0 if clean else 1)


def check_traces(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="explained decisions, one JSON a line")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of lines")] = False,
) -> None:
    """Add up explained decisions again (`tuodi replay --traces`), independently of the code that made them.

    Exit codes: 0 all add up, 1 something does not follow (file, line and fault are named), 2 asked wrongly.
    """
    import orjson

    from workers.audit.traces import faults

    count, wrong = 0, []
    with file.open("rb") as lines:
        for count, line in enumerate(lines, start=1):
            try:
                explained = orjson.loads(line)
            except orjson.JSONDecodeError:
                explained = None
            if not isinstance(explained, dict):
                raise Usage(f"{file}:{count}: not an explained decision; write the file with `tuodi replay --traces`")
            wrong += [f"{file}:{count}: {fault}" for fault in faults(explained)]
    if as_json:
        typer.echo(orjson.dumps({"decisions": count, "faults": wrong}).decode())
    else:
        for each in wrong:
            typer.echo(each, err=True)
        typer.echo(f"{count} decisions add up" if not wrong else f"{len(wrong)} faults in {count} decisions")
    raise typer.Exit(1 if wrong else 0)


async def _run(bootstrap: str, from_dir: Path | None, plan: Plan, as_json: bool) -> bool:
    import orjson

    from workers.audit.kafka_source import KafkaSource
    from workers.audit.run import run_audit
    from workers.audit.source import FolderSource, Source
    from workers.settings import settings

    source: Source
    if from_dir:
        source = FolderSource(from_dir, plan.prefix)
    else:
        source = KafkaSource(settings().model_copy(update={"bootstrap": bootstrap}).cluster, plan.prefix)
    try:
        result = await run_audit(source, plan)
    finally:
        await source.close()
    if as_json:
        sys.stdout.write(orjson.dumps(result.as_json(), option=orjson.OPT_INDENT_2).decode() + "\n")
    else:
        sys.stdout.write("".join(f"{line}\n" for line in [*result.findings.lines(), result.line]))
    return result.findings.clean
