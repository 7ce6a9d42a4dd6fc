"""Intake end to end on the log in memory: everything arrives somewhere, is counted, and nobody's data leaks."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable

import orjson
import prometheus_client
import pytest

from schemas.topics import dlq_of, full_name
from tests.unit.intake.bills import PSN_NO, bill, memory_log, raw, settings
from workers.errors import Stop, Usage
from workers.intake.dlq import read_letters, send_again
from workers.intake.letters import PART_BYTES_MAX, Sealer, letter_id
from workers.intake.service import IntakeService
from workers.journal.keys import dead_letter_key
from workers.journal.names import INTAKE_FEEDS, intake_group
from workers.log.memory import MemoryLog
from workers.log.port import CommitUnknown, Headers, Record, TopicPartition

FEED = "settlement.reported"
JOURNAL = full_name("journal")
CARD, MOBILE = "11010519491231002X", "13800138000"
SECRETS = (CARD, MOBILE)

Sent = tuple[bytes | None, bytes | None, Headers]


async def until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = asyncio.get_running_loop().time() + seconds
    while not condition():
        assert asyncio.get_running_loop().time() < deadline, f"waited {seconds} s"
        await asyncio.sleep(0.005)


async def publish(log: MemoryLog, sent: list[Sent], feed: str = FEED, partition: int = 0) -> None:
    producer = await log.producer(client_id="platform")
    for key, value, headers in sent:
        producer.append(full_name(feed), partition, key, value, headers)
    await producer.flush(deadline_ms=1_000)
    await producer.close()


@contextlib.asynccontextmanager
async def intake(log: MemoryLog) -> AsyncIterator[IntakeService]:
    service = IntakeService(log, settings(), instance_id="a", dev_keys=True)
    await service.start()
    try:
        yield service
    finally:
        await service.stop()


def dead(log: MemoryLog, feed: str = FEED) -> list[Record]:
    return log.records(full_name(dlq_of(feed)))


def passed(log: MemoryLog, number: int, partition: int = 0) -> Callable[[], bool]:
    slot = TopicPartition(full_name(FEED), partition)
    return lambda: log.committed.get((intake_group(settings()), slot)) == number


def metric(name: str, **labels: str) -> float:
    return prometheus_client.REGISTRY.get_sample_value(name, labels) or 0.0


BAD: list[tuple[str, str, Sent]] = [
    ("null value", "empty", (PSN_NO.encode(), None, ())),
    ("null key", "key_missing", (None, raw(bill()), ())),
    ("malformed", "not_json", (PSN_NO.encode(), b'{"type": "settlement.final', ())),
    ("bad UTF-8", "not_json", (PSN_NO.encode(), b"\xff\xfe", ())),
    ("duplicate key", "not_json", (PSN_NO.encode(), b'{"type":"a","type":"b"}', ())),
    ("unknown version", "unknown_version", (PSN_NO.encode(), raw(bill(version=9)), ())),
    ("unknown type", "unknown_type", (PSN_NO.encode(), raw(bill(type="x")), ())),
    ("huge amount", "bad_amount", (PSN_NO.encode(), raw(bill(total_fee="9" * 13 + ".00")), ())),
    ("negative amount", "bad_amount", (PSN_NO.encode(), raw(bill(total_fee="-0.01")), ())),
    ("three places", "bad_amount", (PSN_NO.encode(), raw(bill(total_fee="1.001")), ())),
    ("wrong sum", "bad_sum", (PSN_NO.encode(), raw(bill(total_fee="1.00")), ())),
    ("other person", "key_mismatch", (b"P2", raw(bill()), ())),
    ("ID in a field", "personal_data", (PSN_NO.encode(), raw(bill(disease_code=CARD)), ())),
    ("ID as person", "personal_data", (CARD.encode(), raw(bill(psn_no=CARD)), ())),
    ("mobile in a name", "personal_data", (PSN_NO.encode(), raw(bill(contact={"phone": MOBILE})), ())),
    ("mobile in a key", "key_mismatch", (MOBILE.encode(), raw(bill()), ())),
    (
        "ID in headers",
        "bad_date",
        (
            PSN_NO.encode(),
            raw(bill(settled_on="2023-13-01")),
            (("ce_source", CARD.encode()), (f"x-{MOBILE}", b"1"), ("note", f"call {MOBILE}".encode())),
        ),
    ),
    ("900 kB", "too_large", (PSN_NO.encode(), raw(bill(note=f"{CARD} " * 47_000)), ())),
]


@pytest.mark.parametrize(("reason", "sent"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
async def test_bad_input_ends_as_a_typed_counted_dead_letter_and_leaks_nothing(
    reason: str, sent: Sent, caplog: pytest.LogCaptureFixture
) -> None:
    log = memory_log()
    before = metric("settlement_dead_letters_total", topic=FEED, reason=reason)
    with caplog.at_level(logging.DEBUG):
        async with intake(log):
            await publish(log, [sent])
            await until(passed(log, 1))
    (letter,) = dead(log)
    assert log.records(JOURNAL) == []
    assert letter.header("dlq_reason") == reason.encode()
    assert letter.header("dlq_id") == letter_id(FEED, 0, 0).encode()
    assert letter.header("__dlq.errors.topic") == FEED.encode()
    assert letter.header("__dlq.errors.partition") == b"0"
    assert letter.header("__dlq.errors.offset") == b"0"
    assert metric("settlement_dead_letters_total", topic=FEED, reason=reason) == before + 1
    original = Sealer(dead_letter_key(settings(), dev_keys=True)).open(letter.value or b"")
    assert original == (sent[1] or b"")
    in_the_clear = [letter.key or b"", letter.value or b"", repr(letter.headers).encode(), caplog.text.encode()]
    in_the_clear.append(prometheus_client.generate_latest())
    for secret in SECRETS:
        assert not any(secret.encode() in place for place in in_the_clear)


async def test_good_and_bad_together_are_all_accounted_in_order() -> None:
    log = memory_log()
    sent: list[Sent] = []
    for number in range(300):
        body = bill(psn_no=f"P{number % 7}", setl_id=f"S{number}")
        sent.append((f"P{number % 7}".encode(), raw(body) if number % 10 else b"{", ()))
    before = (
        metric("settlement_intake_records_total", topic=FEED),
        metric("settlement_intake_accepted_total", topic=FEED),
    )
    async with intake(log) as service:
        await publish(log, sent)
        await until(passed(log, 300))
        await until(lambda: service.current_health().ready)
        assert service.current_health().as_dict()["verdict"] == "ready"
    offsets = {int(r.header("source_offset") or b"-1") for r in log.records(JOURNAL)}
    offsets |= {int(r.header("__dlq.errors.offset") or b"-1") for r in dead(log)}
    assert offsets == set(range(300))
    assert len(log.records(JOURNAL)) == 270
    assert len(dead(log)) == 30
    by_person: dict[bytes | None, list[int]] = {}
    for record in log.records(JOURNAL):
        by_person.setdefault(record.key, []).append(int(record.header("source_offset") or b"-1"))
    assert len(by_person) == 7
    assert all(found == sorted(found) for found in by_person.values())
    assert metric("settlement_intake_records_total", topic=FEED) == before[0] + 300
    assert metric("settlement_intake_accepted_total", topic=FEED) == before[1] + 270


async def test_a_strangers_arrival_and_derived_headers_are_not_believed() -> None:
    log = memory_log()
    headers = (("arrival", b"1|2|3"), ("derived", b"1"), ("ce_causationid", b"x"), ("ce_source", b"his/7"))
    async with intake(log):
        await publish(log, [(PSN_NO.encode(), raw(bill()), headers)])
        await until(passed(log, 1))
    (record,) = log.records(JOURNAL)
    names = {name for name, _ in record.headers}
    assert not names & {"arrival", "derived", "ce_causationid"}
    assert record.header("ce_source") == b"his/7"


async def test_a_batch_that_failed_is_sent_again_with_the_same_bytes_and_counted_once() -> None:
    log = memory_log()
    failures = iter([True])

    async def fail_once(point: str, who: str) -> None:
        if point == "flushed" and who.startswith(intake_group(settings())) and next(failures, False):
            raise CommitUnknown("the answer was lost")

    before = metric("settlement_intake_records_total", topic=FEED)
    async with intake(log):
        log.hook = fail_once
        await publish(log, [(PSN_NO.encode(), raw(bill()), ()), (None, raw(bill()), ())])
        await until(passed(log, 2))
    first, again = log.records(JOURNAL)
    assert (first.key, first.value, first.headers) == (again.key, again.value, again.headers)
    assert {letter.header("dlq_id") for letter in dead(log)} == {letter_id(FEED, 0, 1).encode()}
    assert metric("settlement_intake_records_total", topic=FEED) == before + 2


async def test_a_second_intake_goes_on_where_the_first_stopped() -> None:
    log = memory_log()
    async with intake(log):
        await publish(log, [(PSN_NO.encode(), raw(bill(setl_id=f"S{n}")), ()) for n in range(5)])
        await until(passed(log, 5))
    async with intake(log):
        await publish(log, [(PSN_NO.encode(), raw(bill(setl_id="S5")), ())])
        await until(passed(log, 6))
    ids = [orjson.loads(record.value or b"")["setl_id"] for record in log.records(JOURNAL)]
    assert ids == [f"S{n}" for n in range(6)]


async def test_a_letter_is_opened_and_sent_again_as_it_came() -> None:
    log = memory_log()
    wrong, headers = raw(bill(total_fee="1.00")), (("ce_id", b"m-1"), ("ce_source", b"his/7"))
    async with intake(log):
        await publish(log, [(PSN_NO.encode(), wrong, headers)], partition=5)
        await until(passed(log, 1, 5))
        (letter,) = await read_letters(log, settings())
        assert (letter.feed, letter.reason, letter.field, letter.partition, letter.offset) == (
            FEED, "bad_sum", "total_fee", 5, 0,
        )  # fmt: skip
        sealer = Sealer(dead_letter_key(settings(), dev_keys=True))
        assert letter.original(sealer) == wrong
        assert await send_again(log, settings(), [letter], sealer) == 1
        await until(passed(log, 2, 5))
    again = log.records(full_name(FEED))[1]
    assert (again.partition, again.key, again.value) == (5, PSN_NO.encode(), wrong)
    assert again.headers[:2] == headers
    assert again.header("dlq_replayed_at") is not None
    assert Counter(found.reason for found in await read_letters(log, settings())) == {"bad_sum": 2}


async def test_a_letter_stays_closed_under_another_key() -> None:
    log = memory_log()
    async with intake(log):
        await publish(log, [(PSN_NO.encode(), b"{", ())])
        await until(passed(log, 1))
    (letter,) = await read_letters(log, settings())
    with pytest.raises(Usage, match="dlq_key_id"):
        letter.original(Sealer(b"x" * 32))


async def test_a_letter_whose_key_was_no_id_is_not_sent_again() -> None:
    log = memory_log()
    async with intake(log):
        await publish(log, [(MOBILE.encode(), raw(bill()), ())])
        await until(passed(log, 1))
    (letter,) = await read_letters(log, settings())
    assert not letter.replayable
    assert await send_again(log, settings(), [letter], Sealer(b"x" * 32)) == 0


async def test_an_original_larger_than_a_letter_is_cut_and_joined() -> None:
    log, large = memory_log(), b"x" * (PART_BYTES_MAX + 10)
    async with intake(log):
        await publish(log, [(PSN_NO.encode(), large, ())])
        await until(passed(log, 1))
    assert [record.header("dlq_part") for record in dead(log)] == [b"1/2", b"2/2"]
    (letter,) = await read_letters(log, settings())
    assert letter.original(Sealer(dead_letter_key(settings(), dev_keys=True))) == large


async def test_intake_does_not_start_without_its_topics() -> None:
    log = MemoryLog()
    with pytest.raises(Usage, match="tuodi topics apply"):
        await IntakeService(log, settings(), instance_id="a", dev_keys=True).on_start()
    log.create_topic(JOURNAL, 12)
    for feed in INTAKE_FEEDS:
        log.create_topic(full_name(feed), 12)
    with pytest.raises(Usage, match="dlq"):
        await IntakeService(log, settings(), instance_id="a", dev_keys=True).on_start()


async def test_a_fault_of_ours_stops_with_the_place_and_without_the_values(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError(CARD)

    log = memory_log()
    service = IntakeService(log, settings(), instance_id="a", dev_keys=True)
    monkeypatch.setattr("workers.intake.passage.judge", broken)
    record = Record(full_name(FEED), 3, 17, 0, PSN_NO.encode(), raw(bill()), ())
    producer = await log.producer(client_id="x")
    with pytest.raises(Stop) as caught:
        service.passage.append(record, producer)
    assert "settlement.reported" in str(caught.value)
    assert "[3]@17" in str(caught.value)
    assert CARD not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_intake_reads_the_feeds_whose_events_the_journal_carries() -> None:
    assert INTAKE_FEEDS == (
        "identity.changed", "settlement.reported", "application.filed", "enrolment.changed", "admission.registered",
        "office.ordered",
    )  # fmt: skip
