"""One transaction over the journal's partitions, for the few writers outside intake and ledger: clock and adoption."""

from __future__ import annotations

from collections.abc import Sequence

from workers.errors import Retry, Usage
from workers.journal.names import topic_name
from workers.journal.record import JournalRecord
from workers.log.port import CommitUnknown, Log
from workers.settings import Settings


async def write_transaction(
    log: Log, settings: Settings, records: Sequence[JournalRecord], *, transactional_id: str
) -> None:
    """Append the records to the journal, all or none.

    The transactional id is the writer's seat: a second writer under the same id fences the first (`Fenced`, left to the
    caller). An unknown outcome becomes Retry: what is written here is idempotent by content, so writing again is right.
    """
    topic = topic_name(settings, "journal")
    await check_journal(log, settings)
    producer = await log.transactional(
        transactional_id=transactional_id,
        client_id=transactional_id,
        transaction_timeout_ms=settings.transaction_timeout_ms,
    )
    try:
        await producer.init(deadline_ms=settings.commit_deadline_ms)
        await producer.begin()
        for record in records:
            producer.append(topic, record.partition, record.key, record.value, record.headers)
        await producer.commit(deadline_ms=settings.commit_deadline_ms)
    except CommitUnknown as error:
        raise Retry(f"the outcome of a transaction on {topic} is not known; write it again") from error
    finally:
        await producer.close()


async def check_journal(log: Log, settings: Settings) -> None:
    """Usage error where the journal does not exist or has another partition count than the settings say."""
    topic = topic_name(settings, "journal")
    found = await log.partition_count(topic)
    if found is None:
        raise Usage(f"topic {topic} does not exist; create the topics with: tuodi topics apply")
    if found != settings.partitions:
        raise Usage(
            f"topic {topic} has {found} partitions, TUODI_PARTITIONS says {settings.partitions}: persons would move"
            " between partitions; correct the setting"
        )
