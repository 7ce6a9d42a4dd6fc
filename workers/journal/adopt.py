"""Bringing law into force: one journal transaction over all partitions with the canonical bytes (records.md §6).

The record's hash is that of the bytes; the ledger answers a hash that is in force with `repeat`, so adopting twice is
harmless and adopting after a crash is right.
"""

from __future__ import annotations

import hashlib
import time

import orjson

from workers.errors import Reject, Usage
from workers.journal.record import Source, partition_records
from workers.journal.write import write_transaction
from workers.log.port import Log
from workers.settings import Settings

SOURCE = "tuodi/adopt"


def adoption_record_fields(adoption: bytes) -> dict[str, str]:
    """Fields of a `rulebook.adopted` record besides type and version: hash, instrument, body.

    `instrument` names the rulebook where the adoption holds one, else `adoption`: a label for people, the hash decides.
    """
    books = [name for name in orjson.loads(adoption)["files"] if name.endswith(".toml")]
    instrument = books[0].removesuffix(".toml")[:64] if len(books) == 1 else "adoption"
    return {
        "hash": f"sha256:{hashlib.sha256(adoption).hexdigest()}",
        "instrument": instrument,
        "body": adoption.decode(),
    }


async def adopt(log: Log, settings: Settings, adoption: bytes) -> str:
    """Adopt the canonical bytes of the compiled rulebooks with figures and engine number; returns their hash.

    Usage error where the bytes are above the journal's limit or the journal is missing, Retry where the outcome of the
    commit is unknown (adopt again), `Fenced` where somebody else adopts at this moment.
    """
    fields = adoption_record_fields(adoption)
    source = Source(SOURCE, time.time_ns() // 1_000_000)
    try:
        records = partition_records(settings, "rulebook.adopted", fields, source)
    except Reject:
        raise Usage(
            f"the adoption has {len(adoption)} bytes, more than a journal record may have"
            f" ({settings.journal_record_bytes_max}); adopt fewer instruments at a time"
        ) from None
    await write_transaction(log, settings, records, transactional_id=f"{settings.topic_prefix}-adopt")
    return fields["hash"]
