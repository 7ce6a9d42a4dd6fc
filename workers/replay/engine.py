"""Replay without a broker: the judgement of intake and the fold of the ledger over the lines of a file.

The same code as live, with the memory store in place of the changelog. A feed line takes the way of intake and gets its
place in the journal here: offsets count up, stamps are line numbers, no clock is asked. An exported journal line keeps
the place it had, so that decisions come out byte for byte as they were committed. What the ledger writes into the
journal itself is folded where it arises in a feed replay; in an export it stands already, and the fold must want to
write the same.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import orjson

from schemas.topics import full_name
from workers.errors import Reject, Stop, Usage
from workers.intake.national.folder import national_of
from workers.intake.verdict import Accepted, judge
from workers.journal.adopt import adoption_record_fields
from workers.journal.balance import BALANCE, balance_record
from workers.journal.keys import person_keys
from workers.journal.record import JournalRecord, Source, journal_of, partition_records
from workers.ledger.fold import LedgerFold, make_fold
from workers.ledger.views import ADOPTED, RULEBOOK
from workers.log.port import Headers, Record
from workers.policy.adoption import load_adoption
from workers.replay.derived import Derived, Sent
from workers.replay.lines import Line
from workers.runtime.overlay import Overlay
from workers.runtime.store import MemoryStore
from workers.settings import Settings

READ_BY_OTHERS = frozenset({"list.reported", "fund.reported", "payment.reported"})
"""Feeds that other workers read themselves: judged as intake would, and no part of the journal."""


class Emitted(NamedTuple):
    """One record the ledger wrote."""

    topic: str
    key: bytes | None
    value: bytes


Keep = Callable[[Emitted], None]


class Refused(NamedTuple):
    """A line that became a dead letter."""

    line: int
    topic: str
    reason: str
    detail: str


class _Partition:
    def __init__(self, number: int, settings: Settings) -> None:
        self.number = number
        self.store = MemoryStore()
        self.fold: LedgerFold = make_fold(number, settings)
        self.next_offset = 0
        self.last_stamp = 0
        self.fold.restored(Overlay(self.store))


class Engine:
    """Folds lines in order; afterwards the stores hold the final state. `keep` receives what the ledger emits."""

    def __init__(self, settings: Settings, *, dev_keys: bool, keep: Keep) -> None:
        self.settings = settings
        self.partitions = [_Partition(number, settings) for number in range(settings.partitions)]
        self.refused: list[Refused] = []
        self.counts: Counter[str] = Counter()
        self._journal = journal_of(settings, person_keys(settings, dev_keys=dev_keys))
        self._topic = full_name("journal", settings.topic_prefix)
        self._national = national_of(settings)
        self._keep = keep
        self._derived = Derived()

    def adopt(self, adoption: bytes, line: int = 0) -> None:
        """Adopt a law in all partitions."""
        source = Source("replay", line)
        for record in partition_records(self.settings, "rulebook.adopted", adoption_record_fields(adoption), source):
            self.append(record, line)

    def run(self, lines: Iterable[Line], shipped: bytes) -> None:
        """Fold all lines; `shipped` is the adoption that a line "adopt the shipped law" means."""
        for line in lines:
            self.counts["lines"] += 1
            if line.place is not None or line.topic == "journal":
                self._exported(line)
            elif line.topic == "rulebook.adopted":
                self.adopt(_adoption_of(line, shipped), line.number)
            elif line.topic == BALANCE:
                self._balance(line)
            elif line.topic == "day.closed":
                self._day_closed(line)
            else:
                self._feed(line)
        self._derived.end([partition.next_offset for partition in self.partitions])

    def law_bytes(self, hash_: str) -> bytes:
        """Canonical bytes of an adoption that this replay has folded; Usage where it has not."""
        for partition in self.partitions:
            body = partition.store.get(RULEBOOK, hash_)
            if body is not None:
                return body
        raise Usage(f"rulebook {hash_}: the replayed file has not adopted it")

    def in_force(self) -> bytes | None:
        """Canonical bytes of the adoption in force at this moment; None before the first one."""
        adopted = next((raw for each in self.partitions if (raw := each.store.get(ADOPTED, "")) is not None), None)
        return None if adopted is None else self.law_bytes(orjson.loads(adopted)["hash"])

    def has_adopted(self, data: bytes) -> bool:
        """Whether these canonical bytes have ever been adopted in this replay."""
        hash_ = f"sha256:{load_adoption(data).hash}"
        return any(each.store.get(RULEBOOK, hash_) is not None for each in self.partitions)

    def _feed(self, line: Line) -> None:
        verdict = judge(line.topic, line.key, line.value, line.headers, national=self._national)
        if not isinstance(verdict, Accepted):
            self.refused.append(Refused(line.number, line.topic, str(verdict.reason), verdict.detail))
            self.counts["dead_letters"] += 1
            return
        if line.topic in READ_BY_OTHERS:
            self.counts["read_by_other_workers"] += 1
            return
        source = Source(verdict.source, line.number)
        for event in (verdict.event, *verdict.more):
            self.append(self._journal.person_record(event, source), line.number)

    def _balance(self, line: Line) -> None:
        """What `tuodi import` writes, as a line: fields of `balance.opened` with `psn_no`."""
        try:
            record = balance_record(self._journal, _body(line), Source("replay", line.number))
        except (Reject, KeyError) as error:
            raise Usage(f"{line.where}: {error}") from None
        self.append(record, line.number)

    def _day_closed(self, line: Line) -> None:
        date, source = _field(line, "date"), Source("replay", line.number)
        try:
            records = partition_records(self.settings, "day.closed", {"date": date}, source)
        except Reject:
            raise Usage(f"{line.where}: the date of a day.closed line is written YYYY-MM-DD") from None
        for record in records:
            self.append(record, line.number)

    def append(self, record: JournalRecord, line: int) -> None:
        """Fold one new record at the end of its partition, then what the ledger derived from it."""
        waiting = deque([Sent(record.partition, record.key, record.value, record.headers)])
        while waiting:
            sent = waiting.popleft()
            partition = self.partitions[sent.partition]
            offset, stamp = partition.next_offset, max(line, partition.last_stamp)
            entry = Record(self._topic, sent.partition, offset, stamp, sent.key, sent.value, sent.headers)
            waiting.extend(self._fold(partition, entry))

    def _exported(self, line: Line) -> None:
        if line.topic != "journal":
            raise Usage(f"{line.where}: only records of the journal are replayed from an export, not {line.topic}")
        if line.place is None:
            raise Usage(f"{line.where}: a line of the journal has partition, offset and timestamp")
        number, offset, timestamp = line.place
        if number >= len(self.partitions):
            raise Usage(f"{line.where}: partition {number}, but TUODI_PARTITIONS is {len(self.partitions)}")
        partition = self.partitions[number]
        if offset < partition.next_offset:
            raise Stop(f"{line.where}: journal[{number}]@{offset} comes twice or out of order; export it anew")
        record = Record(self._topic, number, offset, timestamp, line.key, line.value, line.headers)
        if record.header("derived") == b"1":
            self._derived.stands(record, line.where)
        for sent in self._fold(partition, record):
            self._derived.wanted(number, offset, sent)

    def _fold(self, partition: _Partition, record: Record) -> list[Sent]:
        """Fold one record; what the ledger wrote into the journal for it."""
        stamp = max(partition.last_stamp, record.timestamp_ms)
        overlay = Overlay(partition.store)
        derived: list[Sent] = []
        own = partition.number

        def emit(
            topic: str, key: bytes | None, value: bytes | None, headers: Headers = (), *, partition: int | None = None
        ) -> None:
            if topic == self._topic:
                derived.append(Sent(own if partition is None else partition, key, value, headers))
            elif value is not None:
                self._keep(Emitted(topic, key, value))

        partition.fold.process(record, stamp, overlay, emit)
        partition.store.merge(overlay.writes)
        partition.fold.committed()
        partition.next_offset, partition.last_stamp = record.offset + 1, stamp
        self.counts["journal_records"] += 1
        return derived


def _field(line: Line, name: str) -> str:
    body = _body(line)
    if not isinstance(body.get(name), str):
        raise Usage(f"{line.where}: a {line.topic} line states {name}, a text")
    return str(body[name])


def _body(line: Line) -> dict[str, Any]:
    try:
        body = orjson.loads(line.value or b"null")
    except orjson.JSONDecodeError:
        body = None
    if not isinstance(body, dict):
        raise Usage(f"{line.where}: the value of a {line.topic} line is a JSON object")
    return body


def _adoption_of(line: Line, shipped: bytes) -> bytes:
    return shipped if _body(line).get("shipped") else _field(line, "body").encode()
