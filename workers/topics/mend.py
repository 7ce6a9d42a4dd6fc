"""End what hangs: with no worker at work, fenced, outputs before the changelog, looked at again afterwards (ADR 15)."""

from __future__ import annotations

from collections.abc import Callable

from workers.errors import Retry, Usage
from workers.journal.names import ledger_group, topic_name
from workers.log.kafka import KafkaLog
from workers.log.kafka_open import end_open, group_members
from workers.runtime.options import transactional_id
from workers.settings import Settings
from workers.topics.hanging import End, Hanging, find, judge

INIT_DEADLINE_MS = 15_000
Say = Callable[[str], None]


def transactional_ids(settings: Settings) -> dict[int, str]:
    """The transactional id of each journal partition's ledger."""
    group, journal = ledger_group(settings), topic_name(settings, "journal")
    return {partition: transactional_id(group, journal, partition) for partition in range(settings.partitions)}


async def look(settings: Settings) -> list[Hanging]:
    """What hangs and how it should end; writes nothing. Raises `Retry`, `Stop`."""
    log = KafkaLog(settings.cluster)
    try:
        return await judge(log, settings, await find(settings, transactional_ids(settings)))
    finally:
        await log.close()


async def mend(settings: Settings, say: Say) -> tuple[list[Hanging], list[Hanging]]:
    """(ended, left undecided). Can be repeated, also after an interruption.

    Raises `Usage` while a ledger worker is in the group, `Retry` (a broker is away), `Stop` (a marker was refused).
    """
    members = await group_members(settings.cluster, ledger_group(settings))
    if members:
        raise Usage(
            f"{len(members)} ledger workers are in the group {ledger_group(settings)}: stop them first, and wait for "
            "their session time-out"
        )
    ids = transactional_ids(settings)
    log = KafkaLog(settings.cluster)
    try:
        hanging = await find(settings, ids)
        for owner in hanging:
            if owner is not None:
                await _fence(log, settings, ids[owner])
        judged = await judge(log, settings, hanging)
        refused = {each.owner for each in judged if each.end is End.UNDECIDED}
        ended = [each for each in judged if each.owner not in refused]
        for each in ended:
            say(line(each))
            await end_open(settings.cluster, each.open, commit=each.end is End.COMMIT)
        left = await find(settings, ids) if ended else {}
        if any(owner not in refused for owner in left):
            raise Retry(
                "a transaction still hangs after its marker was written: look again with `tuodi topics hanging`"
            )
        return ended, [each for each in judged if each.owner in refused]
    finally:
        await log.close()


async def _fence(log: KafkaLog, settings: Settings, transactional_id: str) -> None:
    """Nobody who held the id may write any more: a paused worker could wake up between a look and a marker."""
    producer = await log.transactional(
        transactional_id=transactional_id,
        client_id="tuodi-mend",
        transaction_timeout_ms=settings.transaction_timeout_ms,
    )
    try:
        await producer.init(deadline_ms=INIT_DEADLINE_MS)
    finally:
        await producer.close()


def line(each: Hanging) -> str:
    """One hanging place for people."""
    place, of = each.open.place, "unknown" if each.owner is None else f"ledger {each.owner}"
    return (
        f"{each.end.value:9s} {place.topic}[{place.partition}] from offset {each.open.start_offset} ({of}): {each.why}"
    )
