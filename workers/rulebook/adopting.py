"""`tuodi rulebook adopt`: the law's canonical bytes into the journal, and before that what it would do."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from schemas.whatif import WhatIf
from workers.errors import Retry, Usage
from workers.journal.adopt import adopt, adopted_laws
from workers.log.kafka import KafkaLog
from workers.policy.adoption import adoption_record_fields, build_adoption
from workers.settings import Settings


class Adoption(NamedTuple):
    """What is to be adopted: canonical bytes and what they are called."""

    data: bytes
    hash: str
    instrument: str

    @property
    def said(self) -> str:
        return f"{self.hash} ({self.instrument}, {len(self.data)} bytes)"


def prepare(rulebooks: Path | None, figures: Path | None) -> Adoption:
    """Build and prove; RulebookError lists what is wrong with the law."""
    data = build_adoption(rulebooks, figures)
    fields = adoption_record_fields(data)
    return Adoption(data, fields["hash"], fields["instrument"])


def write(settings: Settings, adoption: Adoption) -> None:
    """One transaction over all journal partitions. Retry where its outcome is unknown: adopt again, it is harmless.

    Usage where these bytes were in force before and others are now: the ledger would keep the others (`repeat`).
    """
    asyncio.run(_write(settings, adoption))


async def _write(settings: Settings, adoption: Adoption) -> None:
    log = KafkaLog(settings.cluster)
    try:
        laws = await adopted_laws(log, settings)
        if f"sha256:{adoption.hash.removeprefix('sha256:')}" in laws[:-1]:
            raise Usage(
                f"{adoption.hash} was in force before and {laws[-1]} is now: adopting it again changes nothing; to go "
                "back to it, give its rulebook a new `revision` and adopt that (docs/rulebook.md)"
            )
        await adopt(log, settings, adoption.data)
    finally:
        await log.close()


def impact(settings: Settings, adoption: Adoption, facts: Path | None) -> WhatIf:
    """What adopting would change: on exported facts, or on the live journal as it is committed now (only read)."""
    from workers.whatif.run import what_if

    if facts is not None:
        return what_if(facts, settings, None, adoption.data, progress=sys.stderr, name=facts.name)
    with tempfile.TemporaryDirectory(prefix="tuodi-adopt-") as folder:
        file = Path(folder) / "journal.ndjson"
        asyncio.run(export_live(settings, file))
        return what_if(file, settings, None, adoption.data, progress=sys.stderr, name="live journal")


async def export_live(settings: Settings, file: Path) -> None:
    """The live journal as lines of a file; Retry where the broker does not answer."""
    from workers.journal.export import export_journal
    from workers.progress import ProgressLine

    log, progress = KafkaLog(settings.cluster), ProgressLine("export, offsets")
    try:
        with file.open("wb") as out:
            await export_journal(log, settings, out, progress)
    except Retry as error:
        where = f"the live journal at {settings.bootstrap} cannot be read ({error})"
        raise Retry(f"{where}; start the broker, or give an exported journal with --facts FILE") from error
    finally:
        progress.end()
        await log.close()
