"""Bringing law into force: one journal transaction over all partitions with the canonical bytes (records.md §6).

The record's hash is that of the bytes; the ledger answers a hash that is in force with `repeat`, so adopting twice is
harmless and adopting after a crash is right.
"""

from __future__ import annotations

import hashlib
import time

from workers.errors import Reject, Usage
from workers.journal.record import Source, partition_records
from workers.journal.write import write_transaction
from workers.log.port import Log
from workers.settings import Settings

SOURCE = "tuodi/adopt"


def adoption_hash(adoption: bytes) -> str:
    """`sha256:` and the hash of the canonical bytes, as receipts name it."""
    return f"sha256:{hashlib.sha256(adoption).hexdigest()}"


def adoption_fields(instrument: str, adoption: bytes) -> dict[str, str]:
    """Fields of a `rulebook.adopted` record besides type and version."""
    return {"hash": adoption_hash(adoption), "instrument": instrument, "body": adoption.decode()}


async def adopt(log: Log, settings: Settings, adoption: bytes, *, instrument: str) -> str:
    """Adopt the canonical bytes of a compiled rulebook with its figures and engine number; returns their hash.

    Usage error where the bytes are above the journal's limit or the journal is missing, Retry where the outcome of the
    commit is unknown (adopt again), `Fenced` where somebody else adopts at this moment.
    """
    source = Source(SOURCE, time.time_ns() // 1_000_000)
    try:
        records = partition_records(settings, "rulebook.adopted", adoption_fields(instrument, adoption), source)
    except Reject:
        raise Usage(
            f"the adoption of {instrument} has {len(adoption)} bytes, more than a journal record may have"
            f" ({settings.journal_record_bytes_max}); split the rulebook by instrument"
        ) from None
    await write_transaction(log, settings, records, transactional_id=f"{settings.topic_prefix}-adopt")
    return adoption_hash(adoption)
