"""`tuodi import` on a real log: transactions of bounded size, progress on stderr, safe to run again."""

from __future__ import annotations

import asyncio
import itertools
import sys
import time

import typer

from schemas.money import text_of
from workers.errors import TuodiError, Usage
from workers.journal.keys import person_keys
from workers.journal.pii import holds_person_data
from workers.journal.record import journal_of
from workers.journal.write import write_transaction
from workers.log.kafka import KafkaLog
from workers.log.port import Log
from workers.opening.plan import Asked, Plan, counters_of_law, plan_of, records_of
from workers.progress import ProgressLine
from workers.settings import Settings

RECORDS_PER_TRANSACTION = 500
LISTED_MAX = 200


def run(settings: Settings, asked: Asked, confirm: str | None) -> None:
    """Report; write only where `confirm` is the code that the dry run gave. TuodiError where something is wrong."""
    if asked.signers.author == asked.signers.second_signer:
        raise Usage("author and second signer are two people")
    for name, text in asked.signers._asdict().items():
        if holds_person_data(text.encode()):
            raise Usage(
                f"{name} is shaped like an ID number or a telephone number; state the officer's or document's own"
            )
    plan = plan_of(asked, counters_of_law())
    report(asked, plan)
    if not plan.sound:
        raise TuodiError(
            f"nothing was written: {len(plan.table.wrong)} lines and {len(plan.differences)} totals are wrong"
        )
    if confirm is None:
        typer.echo(f"dry run, nothing was written; to write: the same command with --confirm {plan.code}")
        return
    if confirm != plan.code:
        raise TuodiError(f"nothing was written: --confirm {confirm} is the code of another file, control or signers")
    written = asyncio.run(_write(settings, asked, plan))
    typer.echo(f"{written} balances written; the same import again has no effect (outcome repeat)")


def report(asked: Asked, plan: Plan) -> None:
    """Wrong lines and totals that differ on stderr, totals on stdout."""
    for wrong in plan.table.wrong[:LISTED_MAX]:
        sys.stderr.write(f"{asked.file}:{wrong.line}: {wrong.what}\n")
    if len(plan.table.wrong) > LISTED_MAX:
        sys.stderr.write(f"{asked.file}: {len(plan.table.wrong) - LISTED_MAX} more wrong lines\n")
    for difference in plan.differences:
        sys.stderr.write(f"{asked.control}: {difference}\n")
    typer.echo(f"{len(plan.table.balances)} balances, {len(plan.table.wrong)} lines rejected")
    for (measure, year, name), total in plan.totals.items():
        typer.echo(f"{measure} {year} {name}: {text_of(total.fen)} of {total.persons} persons")


async def _write(settings: Settings, asked: Asked, plan: Plan) -> int:
    log = KafkaLog(settings.cluster)
    try:
        return await write_balances(log, settings, asked, plan)
    finally:
        await log.close()


async def write_balances(log: Log, settings: Settings, asked: Asked, plan: Plan) -> int:
    """Append all balances, so many a transaction; how many. What an earlier run has written already is a repeat."""
    journal = journal_of(settings, person_keys(settings))
    records = records_of(plan, asked, journal, time.time_ns() // 1_000_000)
    total, written, progress = len(plan.table.balances), 0, ProgressLine("import")
    while batch := list(itertools.islice(records, RECORDS_PER_TRANSACTION)):
        await write_transaction(log, settings, batch, transactional_id=f"{settings.topic_prefix}-import")
        written += len(batch)
        progress(written, total)
    progress.end()
    return written
