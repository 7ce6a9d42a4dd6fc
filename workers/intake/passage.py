"""One feed record's way: judged, then a journal record or dead letters. Nothing is dropped, nothing is remembered."""

from __future__ import annotations

from collections import Counter

from schemas.reasons import RejectReason
from workers.errors import Reject, Stop
from workers.intake.letters import Sealer, dead_letters
from workers.intake.national.folder import national_of
from workers.intake.verdict import Accepted, Refused, Verdict, judge
from workers.journal.names import INTAKE_FEEDS, intake_group, topic_name
from workers.journal.record import Journal, JournalRecord, Source
from workers.log.port import Producer, Record
from workers.runtime.places import where_raised
from workers.settings import Settings


class Counts:
    """Plain numbers of the hot path; the service carries them into metrics once per batch."""

    __slots__ = ("accepted", "refused", "warned")

    def __init__(self) -> None:
        self.accepted: Counter[str] = Counter()
        self.refused: Counter[tuple[str, str]] = Counter()
        self.warned: Counter[tuple[str, str]] = Counter()


class Passage:
    """Turns feed records into appended records. One per process; no state but counts."""

    def __init__(self, settings: Settings, journal: Journal, sealer: Sealer) -> None:
        self.counts = Counts()
        self.feeds = {topic_name(settings, feed): feed for feed in INTAKE_FEEDS}
        """Full topic name → short name of every feed."""
        self._journal, self._sealer = journal, sealer
        self._journal_topic = topic_name(settings, "journal")
        self._group = intake_group(settings)
        self._bytes_max = settings.feed_record_bytes_max
        self._settings = settings
        self._national = national_of(settings)

    def append(self, record: Record, producer: Producer) -> None:
        """Append what becomes of the record. Raises Stop for a fault of ours, with its place and without its values."""
        feed = self.feeds[record.topic]
        try:
            outcome = self._outcome(feed, record)
        except Exception as error:
            raise Stop(
                f"intake failed on {record.topic}[{record.partition}]@{record.offset} ({where_raised(error)}): a fault"
                " of this program, not of the record; nothing was skipped, mend it and restart"
            ) from None
        if isinstance(outcome, JournalRecord):
            producer.append(self._journal_topic, outcome.partition, outcome.key, outcome.value, outcome.headers)
            self.counts.accepted[feed] += 1
            return
        if isinstance(outcome, list):
            for made in outcome:
                producer.append(self._journal_topic, made.partition, made.key, made.value, made.headers)
            self.counts.accepted[feed] += len(outcome)
            return
        for letter in dead_letters(feed, record, outcome, self._sealer, group=self._group):
            topic = topic_name(self._settings, letter.topic)
            producer.append(topic, letter.partition, letter.key, letter.value, letter.headers)
        self.counts.refused[feed, outcome.reason.value] += 1

    def _outcome(self, feed: str, record: Record) -> JournalRecord | list[JournalRecord] | Refused:
        verdict = self.verdict(feed, record)
        if not isinstance(verdict, Accepted):
            return verdict
        source = Source(verdict.source, record.timestamp_ms, feed, record.partition, record.offset)
        for check in verdict.warnings:
            self.counts.warned[feed, check] += 1
        try:
            if verdict.more:
                return self._journal.person_records((verdict.event, *verdict.more), source)
            return self._journal.person_record(verdict.event, source)
        except Reject:  # the journal's only objection is its limit
            return Refused(RejectReason.TOO_LARGE, None, "journal")

    def verdict(self, feed: str, record: Record) -> Verdict:
        """The verdict on one record of a feed (short name)."""
        return judge(
            feed,
            record.key,
            record.value,
            record.headers,
            record.timestamp_ms,
            bytes_max=self._bytes_max,
            national=self._national,
        )
