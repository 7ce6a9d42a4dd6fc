"""`tuodi audit`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

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


async def _run(bootstrap: str, from_dir: Path | None, plan: Plan, as_json: bool) -> bool:
    import orjson

    from workers.audit.kafka_source import KafkaSource
    from workers.audit.run import run_audit
    from workers.audit.source import FolderSource, Source

    source: Source = FolderSource(from_dir, plan.prefix) if from_dir else KafkaSource(bootstrap, plan.prefix)
    try:
        result = await run_audit(source, plan)
    finally:
        await source.close()
    if as_json:
        sys.stdout.write(orjson.dumps(result.as_json(), option=orjson.OPT_INDENT_2).decode() + "\n")
    else:
        sys.stdout.write("".join(f"{line}\n" for line in [*result.findings.lines(), result.line]))
    return result.findings.clean
