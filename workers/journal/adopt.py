"""Bringing law into force: one journal transaction over all partitions with the canonical bytes (records.md §6).

The record's hash is that of the bytes; the ledger answers a hash that is in force with `repeat`, so adopting twice is
harmless and adopting after a crash is right.
"""

from __future__ import annotations

import time

from workers.errors import Reject, Usage
from workers.journal.record import Source, partition_records
from workers.journal.write import write_transaction
from workers.log.port import Log
from workers.policy.adoption import adoption_record_fields
from workers.settings import Settings

__all__ = ["SOURCE", "adopt", "adoption_record_fields"]

SOURCE = "tuodi/adopt"


async def adopt(log: Log, settings: Settings, adoption: bytes, *, instrument: str | None = None) -> str:
    """Adopt the canonical bytes of the compiled rulebooks with figures and engine number; returns their hash.

    `instrument` replaces the label that `workers.policy.adoption.adoption_record_fields` gives.

    Usage error where the bytes are above the journal's limit or the journal is missing, Retry where the outcome of the
    commit is unknown (adopt again), `Fenced` where somebody else adopts at this moment.
    """
    fields = adoption_record_fields(adoption)
    if instrument is not None:
        fields["instrument"] = instrument
    source = Source(SOURCE, time.time_ns() // 1_000_000)
    try:
        records = partition_records(settings, "rulebook.adopted", fields, source)
    except Reject as error:
        raise Usage(
            f"the adoption of {len(adoption)} bytes does not fit a journal record ({error}); the limit is"
            f" {settings.journal_record_bytes_max} bytes, adopt fewer instruments at a time"
        ) from None
    await write_transaction(log, settings, records, transactional_id=f"{settings.topic_prefix}-adopt")
    return fields["hash"]
