"""Adoption stands in all partitions or none; the export takes the journal byte for byte."""

from __future__ import annotations

import io

import orjson
import pytest

from schemas.topics import full_name
from tests.unit.intake.bills import bill, memory_log, settings
from workers.errors import Usage
from workers.journal.adopt import adopt
from workers.journal.export import export_journal
from workers.journal.keys import PersonKeys
from workers.journal.record import Source, journal_of
from workers.log.memory import MemoryLog
from workers.log.port import CommitUnknown
from workers.policy.adoption import adoption_record_fields, build_adoption, load_adoption

JOURNAL = full_name("journal")


async def write_bills(log: MemoryLog, number: int) -> None:
    journal = journal_of(settings(), PersonKeys(b"k" * 32, 1))
    producer = await log.producer(client_id="gateway")
    for count in range(number):
        record = journal.person_record(bill(psn_no=f"P{count}", exclusion_fact="定点"), Source("gateway", count))
        producer.append(JOURNAL, record.partition, record.key, record.value, record.headers)
    await producer.flush(deadline_ms=1_000)


async def test_an_adoption_stands_once_in_every_partition_and_loads_from_its_bytes() -> None:
    log, adoption = memory_log(), build_adoption()
    found = await adopt(log, settings(), adoption)
    records = log.records(JOURNAL)
    assert [record.partition for record in records] == list(range(12))
    assert {record.key for record in records} == {b"!rulebook.adopted"}
    value = orjson.loads(records[0].value or b"")
    assert {name: value[name] for name in ("hash", "instrument", "body")} == adoption_record_fields(adoption)
    assert value["hash"] == found
    assert load_adoption(value["body"].encode()).hash in found


async def test_an_adoption_whose_commit_fails_is_in_no_partition() -> None:
    async def fail(point: str, who: str) -> None:
        if point == "end":
            raise CommitUnknown("connection lost")

    log = memory_log()
    log.hook = fail
    with pytest.raises(Exception, match="not known"):
        await adopt(log, settings(), build_adoption())
    log.hook = None
    assert log.records(JOURNAL) == []
    await adopt(log, settings(), build_adoption())  # a new init fences what the first left open
    assert len(log.records(JOURNAL)) == 12


async def test_an_adoption_above_the_journals_limit_is_refused_before_anything_is_written() -> None:
    log = memory_log()
    with pytest.raises(Usage, match="does not fit"):
        await adopt(log, settings(journal_record_bytes_max=10_000), build_adoption())
    assert log.records(JOURNAL) == []


async def test_the_export_takes_every_committed_record_byte_for_byte() -> None:
    log, out, seen = memory_log(), io.BytesIO(), []
    await adopt(log, settings(), build_adoption())
    await write_bills(log, 50)
    written = await export_journal(log, settings(), out, lambda *now: seen.append(now))
    lines = [orjson.loads(line) for line in out.getvalue().splitlines()]
    records = log.records(JOURNAL)
    assert written == len(lines) == len(records) == 62
    assert [(line["partition"], line["offset"]) for line in lines] == [(r.partition, r.offset) for r in records]
    for line, raw_line, record in zip(lines, out.getvalue().splitlines(), records, strict=True):
        assert (line["topic"], line["timestamp"]) == ("journal", record.timestamp_ms)
        assert line["key"].encode() == record.key
        assert {name: value.encode() for name, value in line["headers"].items()} == dict(record.headers)
        assert b'"value":' + (record.value or b"") + b"}" in raw_line
    assert seen[-1] == (74, 74)  # offsets: the records, and a marker in each of the 12 partitions


async def test_the_export_ends_where_the_journal_ended_when_it_began() -> None:
    log, out = memory_log(), io.BytesIO()
    await write_bills(log, 30)
    more = []

    async def append_more(*_: object) -> None:
        if not more:
            more.append(True)
            await write_bills(log, 30)

    reader = log.reader

    async def late(**how: object) -> object:
        await append_more()
        return await reader(**how)  # type: ignore[arg-type]

    log.reader = late  # type: ignore[method-assign,assignment]
    assert await export_journal(log, settings(), out) == 30
    assert len(log.records(JOURNAL)) == 60
