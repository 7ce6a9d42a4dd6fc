"""The feed `list.reported` into the database: each record judged, kept, or made a dead letter. At least once."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from schemas.reasons import RejectReason
from schemas.topics import dlq_of
from workers.directory.database import Directory
from workers.directory.open import directory_of
from workers.errors import Stop, Usage
from workers.intake.letters import Sealer, dead_letters
from workers.intake.verdict import Refused, judge
from workers.journal.keys import dead_letter_key
from workers.journal.names import topic_name
from workers.lists import metrics
from workers.lists.database import Lists
from workers.lists.received import note, wrong_head
from workers.log.port import Log, Producer, Record
from workers.runtime.options import StatelessOptions
from workers.runtime.stateless import StatelessLoop
from workers.settings import Settings

FEED = "list.reported"
LAZY_COMMIT_MS = 200


class ListFeed(StatelessLoop):
    """Reads the feed. What a batch holds is in the database before its offsets are committed."""

    def __init__(
        self, log: Log, settings: Settings, *, instance_id: str, dev_keys: bool = False, **service_options: Any
    ) -> None:
        self._settings, self._dev_keys, self._way = settings, dev_keys, log
        self._sealer = Sealer(dead_letter_key(settings, dev_keys=dev_keys))
        self._group = f"{settings.topic_prefix}-lists"
        self._lists: Lists | None = None
        self._directory: Directory | None = None
        super().__init__(log, _options(settings, self._group, instance_id), self._keep, **service_options)

    async def on_start(self) -> None:
        """Usage where the topics are missing or the directory's key is another."""
        for short in (FEED, dlq_of(FEED)):
            if await self._way.partition_count(topic_name(self._settings, short)) is None:
                raise Usage(f"topic {topic_name(self._settings, short)} does not exist; create it: tuodi topics apply")
        self._directory = directory_of(self._settings, dev_keys=self._dev_keys)
        self._lists = Lists(self._settings.lists)
        await super().on_start()

    async def on_stop(self) -> None:
        await super().on_stop()
        for database in (self._lists, self._directory):
            if database is not None:
                database.close()

    def _keep(self, records: list[Record], producer: Producer) -> None:
        good: list[tuple[Record, dict[str, Any]]] = []
        for record in records:
            found = self._judged(record)
            if isinstance(found, Refused):
                self._refuse(record, found, producer)
            else:
                good.append((record, found))
        if not good:
            return
        if self._lists is None or self._directory is None:
            raise Stop("the lists worker was given records before it had started")
        strange = note(self._lists, self._directory, [event for _, event in good], time.time_ns() // 1_000_000)
        for record in _records_of(strange, good):
            self._refuse(record, Refused(RejectReason.BAD_FIELD, "list_id", "lists"), producer)

    def _judged(self, record: Record) -> dict[str, Any] | Refused:
        verdict = judge(
            FEED, record.key, record.value, record.headers, record.timestamp_ms,
            bytes_max=self._settings.feed_record_bytes_max,
        )  # fmt: skip
        if isinstance(verdict, Refused):
            return verdict
        wrong = wrong_head(self._settings, verdict.event)
        if wrong is not None:
            return Refused(wrong[0], wrong[1], "lists")
        return verdict.event

    def _refuse(self, record: Record, refused: Refused, producer: Producer) -> None:
        for letter in dead_letters(FEED, record, refused, self._sealer, group=self._group):
            topic = topic_name(self._settings, letter.topic)
            producer.append(topic, letter.partition, letter.key, letter.value, letter.headers)
        metrics.REFUSED.labels(refused.reason.value).inc()


def _records_of(strange: Sequence[dict[str, Any]], good: Sequence[tuple[Record, dict[str, Any]]]) -> list[Record]:
    ids = {id(event) for event in strange}
    return [record for record, event in good if id(event) in ids]


def _options(settings: Settings, group: str, instance_id: str) -> StatelessOptions:
    return StatelessOptions(
        group=group,
        topics=(topic_name(settings, FEED),),
        client_id=f"{group}-{instance_id}",
        instance_id=instance_id,
        batch_records_max=settings.batch_records_max,
        session_timeout_ms=settings.session_timeout_ms,
        flush_deadline_ms=settings.commit_deadline_ms,
        stall_ms=settings.stall_ms,
        lazy_commit_ms=LAZY_COMMIT_MS,
    )
