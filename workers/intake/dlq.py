"""Reading dead letters back, for `tuodi dlq`: by id, each once, parts joined; and sending them again.

Sending again publishes the original bytes with the original key and headers to the original feed partition, and adds
`dlq_replayed_at`. Intake judges them like any record: sameness absorbs what had come through another way meanwhile.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from schemas.topics import dlq_of
from workers.errors import Stop, Usage
from workers.intake.letters import OURS, Sealer
from workers.journal.names import INTAKE_FEEDS, topic_name
from workers.journal.record import time_text
from workers.log.port import Isolation, Log, Record, TopicPartition
from workers.settings import Settings

READ_RECORDS_MAX = 1_000
READ_TIMEOUT_MS = 500
IDLE_READS_MAX = 60
REPLAYED_AT = "dlq_replayed_at"


class Letter(NamedTuple):
    """One dead letter: what its headers say, and its records (more than one where the original was cut in parts)."""

    id: str
    feed: str
    reason: str
    field: str | None
    stage: str
    partition: int
    offset: int
    failed_at: str
    key_id: str
    records: tuple[Record, ...]

    def about(self) -> dict[str, str | int | None]:
        """For people and `--json`: nothing of the original."""
        return {name: value for name, value in self._asdict().items() if name != "records"}

    @property
    def replayable(self) -> bool:
        """False where the key could not be kept in the clear: it was never an id, so sending it again is no use."""
        return _text(self.records[0], "dlq_key_hashed") is None

    def original(self, sealer: Sealer) -> bytes | None:
        """The original value; Usage error under another key."""
        if _text(self.records[0], "dlq_value_null") is not None:
            return None
        return b"".join(sealer.open(record.value or b"") for record in self.records)

    def original_headers(self) -> list[tuple[str, bytes]]:
        """The sender's headers as they were kept."""
        return [(name, value) for name, value in self.records[0].headers if not name.startswith(OURS)]


async def read_letters(
    log: Log,
    settings: Settings,
    feeds: Iterable[str] = INTAKE_FEEDS,
    progress: Callable[[int], None] | None = None,
) -> list[Letter]:
    """All dead letters of the feeds (short names), each id once, by feed, partition and offset of the original.

    `progress` is called with the records read of a feed so far. `Usage` where a topic is missing.
    """
    found: dict[str, dict[str, Record]] = {}
    for feed in feeds:
        for record in await _records(log, topic_name(settings, dlq_of(feed)), progress):
            id_ = _text(record, "dlq_id") or "unknown"
            found.setdefault(id_, {}).setdefault(_text(record, "dlq_part") or "1/1", record)
    letters = [letter for id_, parts in found.items() if (letter := _letter(id_, parts)) is not None]
    return sorted(letters, key=lambda letter: (letter.feed, letter.partition, letter.offset))


async def send_again(log: Log, settings: Settings, letters: Iterable[Letter], sealer: Sealer) -> int:
    """Publish originals to their feeds; returns how many. All are opened before the first is sent."""
    now = time_text(time.time_ns() // 1_000_000).encode()
    opened = [(letter, letter.original(sealer)) for letter in letters if letter.replayable]
    producer = await log.producer(client_id=f"{settings.topic_prefix}-dlq")
    try:
        for letter, value in opened:
            headers = [*letter.original_headers(), (REPLAYED_AT, now)]
            producer.append(topic_name(settings, letter.feed), letter.partition, letter.records[0].key, value, headers)
        await producer.flush(deadline_ms=settings.commit_deadline_ms)
    finally:
        await producer.close()
    return len(opened)


def _letter(id_: str, parts: Mapping[str, Record]) -> Letter | None:
    """None where parts are missing: the intake that wrote them died between, and wrote them all again under this id."""
    first = next(iter(parts.values()))
    count = int((_text(first, "dlq_part") or "1/1").split("/")[1])
    names = [f"{number}/{count}" for number in range(1, count + 1)]
    if any(name not in parts for name in names):
        return None
    return Letter(
        id=id_,
        feed=_text(first, "__dlq.errors.topic") or "",
        reason=_text(first, "dlq_reason") or "",
        field=_text(first, "dlq_field"),
        stage=_text(first, "dlq_stage") or "",
        partition=int(_text(first, "__dlq.errors.partition") or 0),
        offset=int(_text(first, "__dlq.errors.offset") or 0),
        failed_at=_text(first, "dlq_failed_at") or "",
        key_id=_text(first, "dlq_key_id") or "",
        records=tuple(parts[name] for name in names),
    )


async def _records(log: Log, topic: str, progress: Callable[[int], None] | None) -> list[Record]:
    """Every record of a topic up to the end asked for now."""
    count = await log.partition_count(topic)
    if count is None:
        raise Usage(f"topic {topic} does not exist; create the topics with: tuodi topics apply")
    partitions = [TopicPartition(topic, number) for number in range(count)]
    begins = await log.beginning_offsets(partitions)
    ends = await log.end_offsets(partitions, Isolation.READ_COMMITTED)
    filled = [partition for partition in partitions if begins[partition] < ends[partition]]
    if not filled:
        return []
    reader = await log.reader(client_id="tuodi-dlq", isolation=Isolation.READ_COMMITTED)
    found: list[Record] = []
    try:
        await reader.assign(filled)
        for partition in filled:
            await reader.seek(partition, begins[partition])
        idle = 0
        while behind := [p for p in filled if await reader.position(p) < ends[p]]:
            read = await reader.read(max_records=READ_RECORDS_MAX, timeout_ms=READ_TIMEOUT_MS)
            found += [record for record in read if record.offset < ends[TopicPartition(topic, record.partition)]]
            idle = 0 if read else idle + 1
            if progress is not None:
                progress(len(found))
            if idle >= IDLE_READS_MAX:
                raise Stop(f"reading {topic} stands still in partition {behind[0].partition}")
    finally:
        await reader.close()
    return found


def _text(record: Record, name: str) -> str | None:
    value = record.header(name)
    return None if value is None else value.decode("utf-8", "replace")
