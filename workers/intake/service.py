"""Intake as a service: the stateless loop of the runtime with the passage as its handler (design §5, 10).

At least once: what a record led to is on the log (acks=all) before its offset is committed, and offsets are committed
lazily. A record that is read again gets the same verdict and the same journal bytes and ids; the ledger answers it with
`repeat`. Feeds are read read_committed, each feed partition in its order; between feeds no order is promised.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from schemas.topics import dlq_of
from workers.errors import Usage
from workers.intake import metrics
from workers.intake.letters import Sealer
from workers.intake.passage import Passage
from workers.journal.keys import dead_letter_key, person_keys
from workers.journal.names import intake_group, topic_name
from workers.journal.record import journal_of
from workers.journal.write import check_journal
from workers.log.port import Isolation, Log, Producer, Record, TopicPartition
from workers.runtime.options import StatelessOptions
from workers.runtime.stateless import StatelessLoop
from workers.settings import Settings

LAZY_COMMIT_MS = 20
"""How lazily offsets are committed. Shorter than the ledger's, since the clock waits for these offsets."""


class IntakeService(StatelessLoop):
    """Carries every feed record into the journal or a dead-letter topic. Usage where keys or topics are missing."""

    def __init__(
        self, log: Log, settings: Settings, *, instance_id: str, dev_keys: bool = False, **service_options: Any
    ) -> None:
        journal = journal_of(settings, person_keys(settings, dev_keys=dev_keys))
        sealer = Sealer(dead_letter_key(settings, dev_keys=dev_keys))
        self.passage = Passage(settings, journal, sealer)
        self._settings, self._way = settings, log
        self._counted_for: Producer | None = None
        super().__init__(log, intake_options(settings, self.passage, instance_id), self._pass_on, **service_options)

    async def on_start(self) -> None:
        """Check that the journal, the feeds and their dead-letter topics exist; then join the group."""
        await check_journal(self._way, self._settings)
        for feed in self.passage.feeds.values():
            await self._check_dead_letter_topic(feed)
        await super().on_start()

    def _pass_on(self, records: list[Record], producer: Producer) -> None:
        if producer is not self._counted_for:  # the batch before failed and comes again: count it once
            metrics.forget(self.passage.counts)
            self._counted_for = producer
        for record in records:
            self.passage.append(record, producer)

    async def _deliver(self, got: dict[TopicPartition, list[Record]]) -> None:
        await super()._deliver(got)
        metrics.flush(self.passage.counts)

    async def _measure(self) -> None:
        await super()._measure()
        owned = self._owned
        ends = await self._way.end_offsets(owned, Isolation.READ_COMMITTED) if owned else {}
        lags: Counter[str] = Counter({feed: 0 for feed in self.passage.feeds.values()})
        for partition, end in ends.items():
            done = self._done.get(partition)
            lags[self.passage.feeds[partition.topic]] += max(0, end - done) if done is not None else 0
        metrics.lag(lags)

    async def _check_dead_letter_topic(self, feed: str) -> None:
        """A dead letter goes to the partition number of its feed record."""
        feed_topic, dlq_topic = topic_name(self._settings, feed), topic_name(self._settings, dlq_of(feed))
        feed_count = await self._way.partition_count(feed_topic)
        dlq_count = await self._way.partition_count(dlq_topic)
        if feed_count is None or dlq_count is None or dlq_count < feed_count:
            raise Usage(
                f"{feed_topic} has {feed_count} partitions and {dlq_topic} {dlq_count}: both must exist and the second"
                " may not have fewer; create them with: tuodi topics apply"
            )


def intake_options(settings: Settings, passage: Passage, instance_id: str) -> StatelessOptions:
    """Settings as the stateless loop takes them; times in milliseconds."""
    group = intake_group(settings)
    return StatelessOptions(
        group=group,
        topics=tuple(passage.feeds),
        client_id=f"{group}-{instance_id}",
        instance_id=instance_id,
        batch_records_max=settings.batch_records_max,
        session_timeout_ms=settings.session_timeout_ms,
        flush_deadline_ms=settings.commit_deadline_ms,
        stall_ms=settings.stall_ms,
        lazy_commit_ms=LAZY_COMMIT_MS,
    )
