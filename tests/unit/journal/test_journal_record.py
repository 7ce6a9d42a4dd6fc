"""One way into the journal: canonical bytes, key, partition, headers; the same for everybody who writes there."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from schemas.codec import feed_model, journal_model
from tests.unit.intake.bills import PSN_NO, bill, raw, settings
from workers.errors import Reject
from workers.journal.keys import PersonKeys
from workers.journal.partition import partition_of
from workers.journal.record import Journal, Source, canonical_json, journal_record, partition_records, time_text

KEYS = PersonKeys(b"k" * 32, 7)
FEED = Source("his/42", 1_700_000_000_123, "settlement.reported", 3, 41)


def journal(limit: int = 1_000_000) -> Journal:
    return Journal(KEYS, partitions=12, record_bytes_max=limit)


def test_a_feed_event_becomes_its_journal_record() -> None:
    record = journal().person_record(bill(), FEED)
    key = KEYS.person_key("520000", PSN_NO)
    assert record.key == key.encode()
    assert record.partition == partition_of(key, 12)
    assert dict(record.headers) == {
        "ce_specversion": b"1.0",
        "ce_id": dict(record.headers)["ce_id"],
        "ce_type": b"medassist.settlement.final.v1",
        "ce_source": b"his/42",
        "ce_time": b"2023-11-14T22:13:20.123Z",
        "content-type": b"application/json",
        "person_key_version": b"7",
        "source_topic": b"settlement.reported",
        "source_partition": b"3",
        "source_offset": b"41",
    }
    value = orjson.loads(record.value)
    assert value["person_key"] == key
    assert "psn_no" not in value
    assert PSN_NO.encode() not in record.value
    journal_model("settlement.final", 1).validate_json(record.value)


def test_the_value_is_canonical_json() -> None:
    value = journal().person_record(bill(exclusion_fact="定点"), FEED).value
    parsed = orjson.loads(value)
    assert list(parsed) == sorted(parsed)
    assert b": " not in value
    assert "定点".encode() in value
    assert orjson.dumps(parsed, option=orjson.OPT_SORT_KEYS) == value


def test_absent_facts_are_left_out() -> None:
    assert canonical_json({"b": None, "a": 1}) == b'{"a":1}'


def test_a_model_and_its_wire_form_give_the_same_bytes() -> None:
    model = feed_model("settlement.reported", "settlement.final", 1).validate_json(raw(bill()))
    from_model = journal_record(model, source=FEED, journal=journal())
    from_wire = journal().person_record(model.model_dump(mode="json", exclude_none=True), FEED)
    assert from_model == from_wire


def test_the_id_of_a_record_read_twice_is_the_same_and_of_another_place_another() -> None:
    def id_of(source: Source, body: dict[str, Any]) -> bytes:
        return dict(journal().person_record(body, source).headers)["ce_id"]

    assert id_of(FEED, bill()) == id_of(FEED, bill())
    assert id_of(FEED, bill()) != id_of(FEED._replace(offset=42), bill())
    console = Source("console", 5)
    assert id_of(console, bill()) == id_of(console, bill())
    assert id_of(console, bill()) != id_of(console, bill(setl_id="S2"))


@pytest.mark.parametrize("name", ["13800138000", "a b", "", "x" * 129, "张三", "11010519491231002X"])
def test_a_source_that_is_not_a_plain_name_is_unknown(name: str) -> None:
    headers = dict(journal().person_record(bill(), FEED._replace(name=name)).headers)
    assert headers["ce_source"] == b"unknown"


def test_an_event_without_a_person_acts_in_partition_0() -> None:
    fields = {"type": "identity.snapshot_closed", "version": 1, "region": "520000", "source_id": "civil", "count": 3}
    record = journal().person_record(fields, FEED)
    assert (record.partition, record.key) == (0, b"!identity.snapshot_closed")
    assert "person_key_version" not in dict(record.headers)


def test_a_record_above_the_limit_is_refused_without_its_values() -> None:
    with pytest.raises(Reject) as caught:
        journal(limit=5_000).person_record(bill(exclusion_fact="x" * 2_000), FEED)
    assert caught.value.reason == "too_large"
    assert "xxx" not in str(caught.value)


def test_partition_records_stand_in_every_partition_under_their_type() -> None:
    records = partition_records(settings(), "day.closed", {"date": "2023-05-06"}, Source("tuodi/clock", 1))
    assert [record.partition for record in records] == list(range(12))
    assert {record.key for record in records} == {b"!day.closed"}
    assert {record.value for record in records} == {b'{"date":"2023-05-06","type":"day.closed","version":1}'}
    ids = {dict(record.headers)["ce_id"] for record in records}
    assert len(ids) == 12


def test_a_partition_record_that_the_ledger_could_not_read_is_never_written() -> None:
    with pytest.raises(Reject, match="date"):
        partition_records(settings(), "day.closed", {"date": "6 May"}, Source("tuodi/clock", 1))


@pytest.mark.parametrize(
    ("ms", "text"), [(0, "1970-01-01T00:00:00.000Z"), (1_700_000_000_007, "2023-11-14T22:13:20.007Z")]
)
def test_times_are_rfc_3339(ms: int, text: str) -> None:
    assert time_text(ms) == text


@pytest.mark.parametrize("time_ms", [-1, -(10**15), 253_402_300_800_000, 1_683_345_540_000_000, 2**63 - 1])
def test_a_producers_clock_stops_nothing(time_ms: int) -> None:
    """A producer that counts in microseconds, or not at all, gets a time at the edge of the calendar."""
    assert time_text(time_ms) in ("1970-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z")
