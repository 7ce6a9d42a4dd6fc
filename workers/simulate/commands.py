"""`tuodi simulate` writes a county year; `tuodi feed` publishes such a file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from workers.settings import Settings
    from workers.simulate.feed import FeedPlan


def register(app: typer.Typer) -> None:
    """Add this room's commands."""
    app.command("simulate", help=_SIMULATE)(simulate_command)
    app.command("feed", help=_FEED)(feed_command)


_SIMULATE = """Write a county year for everybody insured, as lines of JSON in order of arrival.

The same arguments give the same bytes on every machine. Rates and their reasons: docs/simulate.md.

Example: tuodi simulate --seed 1 --persons 1000 --out year.ndjson && tuodi replay year.ndjson
"""


def simulate_command(
    seed: Annotated[int, typer.Option(min=0, max=2**20, help="Which county: every seed is another one.")] = 1,
    persons: Annotated[int, typer.Option(min=1, max=5_000_000, help="Insured persons; about 7 lines each.")] = 1_000,
    year: Annotated[int, typer.Option(min=2000, max=2099, help="Calendar year of the benefits.")] = 2023,
    city: Annotated[
        str, typer.Option(help="Whose words: qiannan, jieyang, heshan, lanzhou or dongtou; the same lives.")
    ] = "qiannan",
    county: Annotated[
        str | None, typer.Option(help="Division code of a county of the city; default its first.")
    ] = None,
    merges: Annotated[
        int, typer.Option(min=0, max=1_000, help="Of a thousand persons: who gets a second number, merged later.")
    ] = 0,
    out: Annotated[Path | None, typer.Option(help="File to write; standard output if not given.")] = None,
    national_size: Annotated[
        bool, typer.Option("--national-size", help="Fill the fields that are only carried: settlements of 2 to 3 kB.")
    ] = False,
    national: Annotated[
        bool,
        typer.Option("--national", help="Send in the platform's own shape what it can say (infno, setlinfo …)."),
    ] = False,
    only_assisted: Annotated[
        bool, typer.Option("--only-assisted", help="Leave out everybody without an identity: a small, dense file.")
    ] = False,
    close_every: Annotated[
        int,
        typer.Option(min=1, max=366, help="Close every so many days: on a live system each close waits for intake."),
    ] = 1,
    json_: Annotated[bool, typer.Option("--json", help="Print a summary as one JSON object (needs --out).")] = False,
) -> None:
    import orjson

    from workers.errors import Usage
    from workers.simulate.cities import CITIES
    from workers.simulate.output import write
    from workers.simulate.year import Plan

    if city not in CITIES:
        raise Usage(f"--city is one of {', '.join(CITIES)}")
    counties = CITIES[city].counties
    if (county or counties[0]) not in counties:
        raise Usage(f"--county is one of {', '.join(counties)}")
    if national and (city != "qiannan" or merges):
        raise Usage("--national goes with Qiannan and without --merges")
    if json_ and out is None:
        raise Usage("--json prints a summary and needs --out FILE for the lines")
    summary = write(
        Plan(
            seed, persons, year, county or counties[0], national_size=national_size, only_assisted=only_assisted,
            close_every=close_every, national=national, city=city, merges_ppm=merges * 1_000,
        ),
        out,
    )  # fmt: skip
    if json_:
        sys.stdout.write(orjson.dumps(summary._asdict()).decode() + "\n")
    elif out is not None:
        sys.stderr.write(f"{summary.lines} lines, {summary.bytes} bytes, sha256 {summary.sha256}\n")


_FEED = """Publish a file of feed lines to the broker, in order, at a rate.

Lines are as `tuodi simulate` writes them; records go to the partition of their key. A `rulebook.adopted` line adopts, a
`day.closed` line waits until intake has passed what was published and closes the day, so `tuodi worker` must run.
Feeding a line twice is harmless. Exit codes: 0 fed, 1 the broker or intake did not keep up (the message names the line
to go on from), 2 asked wrongly.

Example: tuodi feed year.ndjson --rate 500
"""


def feed_command(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="File of lines.")],
    rate: Annotated[int, typer.Option(min=0, max=1_000_000, help="Records per second; 0: as fast as possible.")] = 0,
    bootstrap: Annotated[str | None, typer.Option(help="Kafka, host:port; default TUODI_BOOTSTRAP.")] = None,
    from_line: Annotated[int, typer.Option(min=1, help="First line to feed, to go on after a fault.")] = 1,
    days: Annotated[bool, typer.Option("--days/--no-days", help="Close the days of the file.")] = True,
    intake_deadline_ms: Annotated[
        int, typer.Option(min=100, max=3_600_000, help="How long a day waits for intake, milliseconds.")
    ] = 60_000,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go where.")] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print the counts as one JSON object.")] = False,
) -> None:
    import asyncio

    import orjson

    from workers.replay.lines import read_lines
    from workers.settings import settings
    from workers.simulate import feed

    plan = feed.FeedPlan(rate=rate, from_line=from_line, close_days=days, intake_deadline_ms=intake_deadline_ms)
    chosen = settings() if bootstrap is None else settings().model_copy(update={"bootstrap": bootstrap})
    if dry_run:
        found = feed.dry_run(read_lines(file, chosen.topic_prefix), plan, chosen.partitions)
    else:
        found = asyncio.run(_feed_file(file, chosen, plan))
    if json_ or dry_run:
        sys.stdout.write(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode() + "\n")


async def _feed_file(file: Path, settings: Settings, plan: FeedPlan) -> dict[str, object]:
    from workers.log.kafka import KafkaLog
    from workers.progress import ProgressLine
    from workers.replay.lines import read_lines
    from workers.simulate.feed import Feeder, count_lines

    with file.open("rb") as source:
        total = count_lines(iter(lambda: source.read(1 << 20), b""))
    progress = ProgressLine("lines", plan.from_line - 1)
    log = KafkaLog(settings.cluster)
    try:
        feeder = Feeder(log, settings, plan, lambda line: progress(line, total))
        counts = await feeder.run(read_lines(file, settings.topic_prefix))
    finally:
        progress.end()
        await log.close()
    records = sum(counts.published.values())
    sys.stderr.write(
        f"{records:,} records, {counts.days} days, {counts.adoptions} adoptions in {counts.seconds:.1f} s"
        f" ({records / max(0.001, counts.seconds):,.0f}/s), last line {counts.last_line}\n"
    )
    return counts._asdict()
