"""The border: each feed record became a journal record or a dead letter (A1), and nothing that was published is lost.

The join is by the source stamp: journal headers `source_topic|source_partition|source_offset`, dead-letter headers
`__dlq.errors.topic|partition|offset`. Several journal records for one feed record are allowed: intake is at least once.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from pathlib import Path

import orjson

from workers.audit.deadletters import check_dead_letter
from workers.audit.findings import Findings
from workers.audit.marks import Marks
from workers.audit.source import AuditError, Rec, Source, record_of, short

FEEDS = (
    "identity.changed",
    "settlement.reported",
    "application.filed",
    "enrolment.changed",
    "admission.registered",
    "office.ordered",
)

Place = tuple[str, int]  # short feed topic, partition


class FeedMarks:
    """Which feed records the journal and the dead letters account for."""

    def __init__(self, findings: Findings, prefix: str) -> None:
        self._findings, self._prefix = findings, prefix
        self.journalled: dict[Place, Marks] = defaultdict(Marks)
        self.rejected: dict[Place, Marks] = defaultdict(Marks)
        self.accepted_records = self.dead_letter_records = 0  # with what intake wrote again

    def journal(self, record: Rec, where: str) -> None:
        """Note the source of a journal record; one without is from the gateway, the clock, an office or the ledger."""
        topic = record.header("source_topic")
        if topic is not None:
            self.accepted_records += 1
            self._mark(self.journalled, topic, record.header("source_partition"), record.header("source_offset"), where)

    def dead_letter(self, record: Rec, where: str) -> None:
        """Note the source of a dead letter; the same source twice is allowed (intake is at least once)."""
        names = [record.header(f"__dlq.errors.{name}") for name in ("topic", "partition", "offset")]
        self.dead_letter_records += (record.header("dlq_part") or "1/1").startswith("1/")
        if names[0] is not None:
            self._mark(self.rejected, names[0], names[1], names[2], where)

    def _mark(
        self, marks: dict[Place, Marks], topic: str, partition: str | None, offset: str | None, where: str
    ) -> None:
        try:
            marks[short(topic, self._prefix), int(partition or "")].add(int(offset or ""))
        except ValueError:
            self._findings.add("A1", where, "the stamp of its source is not readable")


class Published:
    """What a publisher says it published (`--feed`): the log must hold this, or at least what was acknowledged.

    Lines with `partition` and `offset` are acknowledged records: each must stand at its place. Lines without are a
    whole file: as many records with the same contents must be there. Contents are compared by the sum of their hashes.
    """

    def __init__(self, file: Path, prefix: str) -> None:
        self.acknowledged: dict[Place, Marks] = defaultdict(Marks)
        self.stated: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        self.found: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        self.by_place = False
        with file.open("rb") as lines:
            for number, raw in enumerate(lines, start=1):
                if raw.strip():
                    self._take(raw, f"{file.name}:{number}", prefix)

    def _take(self, raw: bytes, where: str, prefix: str) -> None:
        try:
            line = orjson.loads(raw)
            topic = short(line["topic"], prefix)
            record = record_of({"partition": 0, "offset": 0} | line)
            if "offset" in line:
                self.by_place = True
                self.acknowledged[topic, record.partition].add(record.offset)
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
            raise AuditError(f"{where}: not a line of a feed file") from None
        if topic in FEEDS:
            _count(self.stated[topic], record)

    def feed(self, topic: str, record: Rec) -> None:
        if not self.by_place or record.offset in self.acknowledged[topic, record.partition]:
            _count(self.found[topic], record)

    def compare(self, findings: Findings) -> None:
        for topic in sorted({*self.stated, *self.found}):
            (said, said_sum), (found, found_sum) = self.stated[topic], self.found[topic]
            if said != found:
                findings.add("A1", topic, f"{said} records were published, the log holds {found} of them")
            elif said_sum != found_sum:
                findings.add("A1", topic, "the log holds other contents than were published")


def _count(total: list[int], record: Rec) -> None:
    try:
        value = orjson.dumps(orjson.loads(record.value or b""), option=orjson.OPT_SORT_KEYS)
    except orjson.JSONDecodeError:
        value = record.value or b""
    mark = hashlib.blake2b((record.key or b"") + b"\0" + value, digest_size=16).digest()
    total[0] += 1
    total[1] = (total[1] + int.from_bytes(mark, "big")) % (1 << 128)


async def audit_dead_letters(source: Source, marks: FeedMarks, findings: Findings) -> int:
    """Read all dead letters (A9) and note their sources; returns how many distinct feed records they stand for."""
    for feed in FEEDS:
        topic = f"{feed}.dlq"
        for partition in range(await source.partitions(topic)):
            async for record in source.read(topic, partition):
                where = f"{topic}[{partition}]@{record.offset}"
                check_dead_letter(record, where, findings)
                marks.dead_letter(record, where)
    return sum(m.count for m in marks.rejected.values())


async def audit_feeds(source: Source, marks: FeedMarks, published: Published | None, findings: Findings) -> int:
    """Every kept feed record is accounted for, and nothing claims a source that is not there; returns their number."""
    count = 0
    for feed in FEEDS:
        for partition in range(await source.partitions(feed)):
            place, there, begin = (feed, partition), Marks(), (await source.ends(feed, partition)).begin
            async for record in source.read(feed, partition):
                count += 1
                there.add(record.offset)
                if record.offset not in marks.journalled[place] and record.offset not in marks.rejected[place]:
                    findings.add(
                        "A1", f"{feed}[{partition}]@{record.offset}", "neither a journal record nor a dead letter"
                    )
                if published is not None:
                    published.feed(feed, record)
            for kind in (marks.journalled, marks.rejected):
                for offset in kind[place].not_in(there, begin=begin):
                    findings.add(
                        "A1", f"{feed}[{partition}]@{offset}", "named as a source, but there is no such record"
                    )
    if published is not None:
        published.compare(findings)
    return count
