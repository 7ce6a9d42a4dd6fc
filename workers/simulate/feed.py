"""Publishing a file of feed lines to the broker at a rate: at least once, in the order of the file, days in place.

Records are appended to the partition of their key (Kafka's default partitioner) and flushed (acks=all) every tick. A
line that is no feed is carried out instead of published, once everything before it is on the log: `rulebook.adopted`
adopts, `day.closed` waits until intake has passed what was published and closes the day. Feeding a line twice is
harmless, the ledger answers it with `repeat`: who does not know how far a feed came begins a little earlier.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import NamedTuple

import orjson

from schemas.topics import FEEDS
from workers.errors import Retry, Usage
from workers.journal.adopt import adopt
from workers.journal.clock import close_day
from workers.journal.names import topic_name
from workers.journal.partition import partition_of
from workers.log.port import Log, Producer
from workers.policy.adoption import build_adoption
from workers.replay.lines import CONTROL_TOPICS, Line
from workers.settings import Settings

FLUSH_RECORDS_MAX = 2_000
"""Records between two flushes where no rate is asked for, and the most that a late tick catches up at once."""

TICK_MS = 10
FEED_TOPICS = frozenset(FEEDS)

Progress = Callable[[int], None]


class FeedPlan(NamedTuple):
    """How to feed: records per second (0: as fast as the broker takes them), first line, what to leave out."""

    rate: int = 0
    from_line: int = 1
    close_days: bool = True
    intake_deadline_ms: int = 60_000
    flush_deadline_ms: int = 10_000


class FeedCounts(NamedTuple):
    """What a feed did; `last_line` is the last line that is surely on the log."""

    published: dict[str, int]
    days: int
    adoptions: int
    bytes: int
    last_line: int
    seconds: float


def check(line: Line) -> Line:
    """Usage error for a line that nobody may feed: our own topics, exported records, unknown topics."""
    if line.topic not in FEED_TOPICS and line.topic not in CONTROL_TOPICS:
        raise Usage(f"line {line.number}: {line.topic} is no feed; feeds are {', '.join(sorted(FEED_TOPICS))}")
    return line


def dry_run(lines: Iterable[Line], plan: FeedPlan, partitions: int) -> dict[str, object]:
    """What `feed` would do, without a broker: counts by topic and by partition."""
    topics: Counter[str] = Counter()
    spread: Counter[int] = Counter()
    size = last = 0
    for line in _from(lines, plan.from_line):
        check(line)
        topics[line.topic] += 1
        last = line.number
        if line.topic in FEED_TOPICS:
            spread[_partition(line, partitions)] += 1
            size += len(line.value or b"")
    by_partition = {str(number): spread[number] for number in range(partitions)}
    return {"lines": dict(sorted(topics.items())), "by_partition": by_partition, "bytes": size, "last_line": last}


def _from(lines: Iterable[Line], first: int) -> Iterator[Line]:
    return (line for line in lines if line.number >= first)


def _partition(line: Line, partitions: int) -> int:
    """A record without key goes to partition 0: a keyless record is refused by intake wherever it lies."""
    return partition_of(line.key.decode(), partitions) if line.key is not None else 0


class Feeder:
    """Feeds the lines of one file through one producer."""

    def __init__(self, log: Log, settings: Settings, plan: FeedPlan, progress: Progress | None = None) -> None:
        self._log, self._settings, self._plan = log, settings, plan
        self._progress = progress or (lambda _: None)
        self._published: Counter[str] = Counter()
        self._days = self._adoptions = self._bytes = 0
        self._last_line = plan.from_line - 1
        self._counts: dict[str, int] = {}

    async def run(self, lines: Iterable[Line]) -> FeedCounts:
        """Feed all lines. A passing fault of the broker becomes Retry with the line to go on from."""
        began = time.monotonic()
        producer = await self._log.producer(client_id="tuodi-feed")
        try:
            await self._feed(_from(lines, self._plan.from_line), producer)
        except Retry as error:
            raise Retry(
                f"{error}; on the log up to line {self._last_line}: --from-line {self._last_line + 1}"
            ) from error
        finally:
            await producer.close()
        seconds = time.monotonic() - began
        return FeedCounts(
            dict(sorted(self._published.items())), self._days, self._adoptions, self._bytes, self._last_line, seconds
        )

    async def _feed(self, lines: Iterator[Line], producer: Producer) -> None:
        pace = _Pace(self._plan.rate)
        waiting = 0
        for line in lines:
            if line.topic in CONTROL_TOPICS:
                await self._flush(producer, waiting, line.number - 1)
                waiting = 0
                await self._carry_out(line)
                self._last_line = line.number
                pace.restart()
                continue
            await self._append(line, producer)
            waiting += 1
            if waiting >= pace.room:
                await self._flush(producer, waiting, line.number)
                waiting = 0
                await pace.next_tick()
            last = line.number
        if waiting:
            await self._flush(producer, waiting, last)

    async def _append(self, line: Line, producer: Producer) -> None:
        topic = topic_name(self._settings, check(line).topic)
        count = self._counts.get(topic) or await self._ask(topic)
        producer.append(topic, _partition(line, count), line.key, line.value, list(line.headers))
        self._published[line.topic] += 1
        self._bytes += len(line.value or b"")

    async def _ask(self, topic: str) -> int:
        count = await self._log.partition_count(topic)
        if count is None:
            raise Usage(f"topic {topic} does not exist; create the topics with: tuodi topics apply")
        self._counts[topic] = count
        return count

    async def _flush(self, producer: Producer, waiting: int, line: int) -> None:
        if waiting:
            await producer.flush(deadline_ms=self._plan.flush_deadline_ms)
            self._last_line = line
            self._progress(line)

    async def _carry_out(self, line: Line) -> None:
        value = orjson.loads(line.value or b"{}")
        if line.topic == "day.closed":
            if self._plan.close_days:
                day = date.fromisoformat(value["date"])
                await close_day(self._log, self._settings, day, wait_deadline_ms=self._plan.intake_deadline_ms)
                self._days += 1
            return
        adoption = build_adoption() if value.get("shipped") else str(value["body"]).encode()
        await adopt(self._log, self._settings, adoption)
        self._adoptions += 1


class _Pace:
    """How many records a tick may hold. What a slow tick left undone is caught up, but never all at once."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self.restart()

    def restart(self) -> None:
        """Count from now: the time that a day took to close is not caught up with a burst."""
        self._began = time.monotonic()
        self._sent = 0
        self.room = FLUSH_RECORDS_MAX if self._rate == 0 else max(1, self._rate * TICK_MS // 1000)

    async def next_tick(self) -> None:
        """Wait until there is room for at least one record again."""
        if self._rate == 0:
            return
        self._sent += self.room
        ahead_s = self._sent / self._rate - (time.monotonic() - self._began)
        if ahead_s > 0:
            await asyncio.sleep(ahead_s)
        due = int((time.monotonic() - self._began) * self._rate) - self._sent
        self.room = min(FLUSH_RECORDS_MAX, max(1, self._rate * TICK_MS // 1000, due))


def count_lines(chunks: Iterable[bytes]) -> int:
    """Line feeds in these chunks."""
    return sum(chunk.count(b"\n") for chunk in chunks)
