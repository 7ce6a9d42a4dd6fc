"""Bringing law into force: one journal transaction over all partitions with the canonical bytes (records.md §6).

The record's hash is that of the bytes; the ledger answers a hash that is in force with `repeat`, so adopting twice is
harmless and adopting after a crash is right.
"""

from __future__ import annotations

import time

import orjson

from workers.errors import Reject, Usage
from workers.journal.export import read_through
from workers.journal.names import topic_name
from workers.journal.record import Source, partition_records
from workers.journal.write import check_journal, write_transaction
from workers.log.port import Isolation, Log, Record, TopicPartition
from workers.policy.adoption import adoption_record_fields
from workers.settings import Settings

__all__ = ["SOURCE", "adopt", "adopted_laws", "adoption_record_fields"]

SOURCE = "tuodi/adopt"
KEY = b"!rulebook.adopted"


async def adopted_laws(log: Log, settings: Settings) -> list[str]:
    """Hashes of all laws that were ever adopted, the one in force last; read from partition 0 as it is committed.

    A partition is read from its beginning: seconds for a million records. Usage where there is no journal.
    """
    await check_journal(log, settings)
    partition = TopicPartition(topic_name(settings, "journal"), 0)
    begins = await log.beginning_offsets([partition])
    ends = await log.end_offsets([partition], Isolation.READ_COMMITTED)
    found: dict[str, None] = {}

    def take(record: Record) -> None:
        if record.key == KEY:
            found.setdefault("sha256:" + orjson.loads(record.value or b"{}")["hash"].removeprefix("sha256:"))

    reader = await log.reader(client_id=f"{settings.topic_prefix}-adopt", isolation=Isolation.READ_COMMITTED)
    try:
        await read_through(reader, partition, begins[partition], ends[partition], take)
    finally:
        await reader.close()
    return list(found)


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
