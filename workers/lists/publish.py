"""The outbox onto the log: at least once, in its order, the same bytes and ids every time.

A batch is appended, flushed (acks=all), then marked. Killed between flush and mark it is published again: intake makes
the same journal records of it and the ledger answers `repeat`. The person's number is put in here and nowhere else.
"""

from __future__ import annotations

import hashlib
import sqlite3
import time
from typing import Any, NamedTuple

import orjson

from schemas.events.header import ce_headers
from workers.directory.database import Directory
from workers.errors import Stop, Usage
from workers.journal.names import topic_name
from workers.journal.partition import partition_of
from workers.journal.record import time_text
from workers.lists.database import Lists
from workers.log.port import Log, Producer
from workers.settings import Settings
from workers.sheets.read import Progress

BATCH = 1_000
FLUSH_DEADLINE_MS = 30_000

_NEXT = """
SELECT change.seq, change.topic, change.person, change.key, change.body, change.at_ms, series.source, series.county
FROM change JOIN list ON list.id = change.list JOIN series ON series.id = list.series
WHERE change.published_ms IS NULL ORDER BY change.seq LIMIT ?
"""


class Published(NamedTuple):
    """Records that are on the log now and were not before, as far as this database knows."""

    records: int


class Publisher:
    """Publishes what waits. One or several may run: what is published twice is the same."""

    def __init__(self, lists: Lists, directory: Directory, log: Log, settings: Settings) -> None:
        self._lists, self._directory, self._log, self._settings = lists, directory, log, settings
        self._partitions: dict[str, int] = {}
        self._producer: Producer | None = None

    def waiting(self) -> int:
        """Records in the outbox."""
        return waiting(self._lists)

    async def run(self, progress: Progress, *, records_max: int | None = None) -> Published:
        """Publish until the outbox is empty, or at least `records_max` are out. Usage where a topic is missing."""
        total, done = self.waiting(), 0
        try:
            while rows := self._lists.connection.execute(_NEXT, (BATCH,)).fetchall():
                await self._send(rows)
                self._mark(rows)
                done += len(rows)
                progress(min(done, total), total)
                if records_max is not None and done >= records_max:
                    break
        finally:
            await self.close()
        return Published(done)

    async def close(self) -> None:
        """Close the producer; the next run makes a new one."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await producer.close()

    async def _send(self, rows: list[Any]) -> None:
        if self._producer is None:
            self._producer = await self._log.producer(client_id=f"{self._settings.topic_prefix}-lists")
        numbers = self._directory.numbers({row[2] for row in rows if row[2] is not None})
        for seq, topic, person, key, body, at_ms, source, county in rows:
            event = orjson.loads(body)
            if person is not None:
                if person not in numbers:
                    raise Stop(
                        f"outbox record {seq}: the directory has no such person; is it the one of these lists?"
                        " Bring both files back from the same backup"
                    )
                event["psn_no"] = key = numbers[person]
            full = topic_name(self._settings, topic)
            count = self._partitions.get(topic) or await self._ask(topic, full)
            headers = ce_headers(
                id_=hashlib.sha256(f"{self._lists.tag}|{seq}".encode()).hexdigest()[:32], type_=event["type"],
                version=1, source=f"lists/{source}/{county}", time=time_text(at_ms),
                prefix=self._settings.topic_prefix,
            )  # fmt: skip
            value = orjson.dumps(event, option=orjson.OPT_SORT_KEYS)
            self._producer.append(full, partition_of(key, count), key.encode(), value, headers)
        await self._producer.flush(deadline_ms=FLUSH_DEADLINE_MS)

    async def _ask(self, topic: str, full: str) -> int:
        count = await self._log.partition_count(full)
        if count is None:
            raise Usage(f"topic {full} does not exist; create the topics with: tuodi topics apply")
        self._partitions[topic] = count
        return count

    def _mark(self, rows: list[Any]) -> None:
        connection: sqlite3.Connection = self._lists.connection
        self._lists.begin()
        connection.execute(
            "UPDATE change SET published_ms = ? WHERE seq BETWEEN ? AND ? AND published_ms IS NULL",
            (time.time_ns() // 1_000_000, rows[0][0], rows[-1][0]),
        )
        self._lists.commit()


def waiting(lists: Lists) -> int:
    """Records that are not published yet."""
    (count,) = lists.connection.execute("SELECT COUNT(*) FROM change WHERE published_ms IS NULL").fetchone()
    return int(count)
