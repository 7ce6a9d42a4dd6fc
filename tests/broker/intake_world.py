"""Topics of one intake on a real broker, a mixed load for its feeds, and the account of where everything went."""

from __future__ import annotations

import subprocess
import sys
from collections import defaultdict
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple

import orjson

from schemas.topics import FEEDS, JOURNAL, TOPICS, dlq_of, full_name
from tests.broker.world import read_all
from tests.processes import stopped_at_end
from tests.unit.intake.bills import bill
from workers.errors import Retry
from workers.journal.names import intake_group
from workers.journal.partition import partition_of
from workers.log.admin import TopicSpec, create_topics
from workers.log.port import Isolation, Log, Record, TopicPartition
from workers.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
PARTITIONS = 3
FEED = "settlement.reported"


def world_settings(bootstrap: str, prefix: str) -> Settings:
    return Settings(
        bootstrap=bootstrap, topic_prefix=prefix, partitions=PARTITIONS, batch_records_max=100, session_timeout_ms=6_000
    )


class Place(NamedTuple):
    """Stamp of a feed record."""

    feed: str
    partition: int
    offset: int


class IntakeWorld:
    """One prefix of topics."""

    def __init__(self, log: Log, settings: Settings) -> None:
        self.log, self.settings = log, settings

    def topic(self, short: str) -> str:
        return full_name(short, self.settings.topic_prefix)

    async def create(self) -> None:
        shorts = [JOURNAL, *FEEDS, *(dlq_of(feed) for feed in FEEDS)]
        specs = [TopicSpec(self.topic(short), PARTITIONS, 1, TOPICS[short].config(1)) for short in shorts]
        await create_topics(self.settings.bootstrap, specs)

    async def publish(self, first: int, number: int) -> None:
        """Bills of 50 persons; every tenth record is bad in one of several ways."""
        producer = await self.log.producer(client_id="platform")
        for count in range(first, first + number):
            key, value = self._record(count)
            producer.append(self.topic(FEED), partition_of(f"P{count % 50}", PARTITIONS), key, value)
        await producer.flush(deadline_ms=10_000)
        await producer.close()

    def _record(self, count: int) -> tuple[bytes | None, bytes | None]:
        key = f"P{count % 50}".encode()
        value = orjson.dumps(bill(psn_no=f"P{count % 50}", setl_id=f"S{count}"))
        bad = [(key, None), (None, value), (key, value[:-1]), (key, b"x" * 900_000 if count % 500 == 70 else b"[]")]
        return bad[count // 10 % 4] if count % 10 == 0 else (key, value)

    async def passed(self) -> bool:
        """Whether the committed offsets have reached the ends of the feed."""
        slots = [TopicPartition(self.topic(FEED), number) for number in range(PARTITIONS)]
        ends = await self.log.end_offsets(slots, Isolation.READ_COMMITTED)
        try:
            offsets = await self.log.group_offsets(intake_group(self.settings), slots)
        except Retry:  # a new broker has no coordinator until its offsets topic stands
            return False
        return all((offsets[slot] or 0) >= ends[slot] for slot in slots)

    async def whole(self, short: str) -> list[Record]:
        slots = [TopicPartition(self.topic(short), number) for number in range(PARTITIONS)]
        return [record for slot in slots for record in await read_all(self.log, slot)]

    async def account(self) -> tuple[dict[Place, list[Record]], dict[Place, list[Record]], set[Place]]:
        """Journal records and dead letters by the place they came from, and the places that led to nothing."""
        journal: dict[Place, list[Record]] = defaultdict(list)
        dead: dict[Place, list[Record]] = defaultdict(list)
        for record in await self.whole(JOURNAL):
            journal[_place(record, "source_topic", "source_partition", "source_offset")].append(record)
        for record in await self.whole(dlq_of(FEED)):
            place = _place(record, "__dlq.errors.topic", "__dlq.errors.partition", "__dlq.errors.offset")
            dead[place].append(record)
        sent = {Place(FEED, record.partition, record.offset) for record in await self.whole(FEED)}
        return journal, dead, sent - journal.keys() - dead.keys()

    def child(self, how: str) -> AbstractContextManager[subprocess.Popen[bytes]]:
        """Intake in a process of its own; stopped at the end where it still runs."""
        arguments = [self.settings.bootstrap, self.settings.topic_prefix, how]
        process = subprocess.Popen([sys.executable, "-m", "tests.broker.intake_child", *arguments], cwd=ROOT)
        return stopped_at_end(process, seconds=20)


def _place(record: Record, topic: str, partition: str, offset: str) -> Place:
    found = [record.header(name) or b"" for name in (topic, partition, offset)]
    return Place(found[0].decode(), int(found[1]), int(found[2]))
