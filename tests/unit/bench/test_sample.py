"""The bench's bytes: national size, distinct bills, the same in feed and journal, partitioned as Kafka would."""

from __future__ import annotations

import pytest

from bench import sample
from workers.journal.partition import partition_of
from workers.settings import Settings

SETTINGS = Settings(partitions=12)


@pytest.fixture(scope="module")
def made() -> sample.Sample:
    return sample.make(SETTINGS, 300)


def test_bills_are_distinct_and_of_national_size(made: sample.Sample) -> None:
    assert len(made.bills) == 300
    assert len({bill.setl_id for bill in made.bills}) == 300
    assert 2_000 <= made.mean_bill_bytes <= 3_000
    assert all(bill.partition == partition_of(bill.key.decode(), 12) for bill in made.bills)


def test_prelude_holds_everything_but_bills(made: sample.Sample) -> None:
    topics = {line.topic for line in made.prelude}
    assert "settlement.reported" not in topics
    assert {"identity.changed", "enrolment.changed"} <= topics


def test_the_journal_holds_the_same_bills_in_the_same_order(
    made: sample.Sample, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TUODI_DEV_KEYS", "1")
    journal = sample.journal_sample(SETTINGS, made)
    assert len(journal.bills) == len(made.bills)
    for record, line in zip(journal.bills, made.bills, strict=True):
        assert str(line.setl_id).encode() in record.value
        assert line.key not in record.value
        assert record.partition == partition_of(record.key.decode(), 12)
    adoptions = [record for record in journal.prelude if record.key == b"!rulebook.adopted"]
    assert [record.partition for record in adoptions] == list(range(12))


def test_same_seed_same_bytes(made: sample.Sample) -> None:
    assert sample.make(SETTINGS, 300).bills == made.bills
