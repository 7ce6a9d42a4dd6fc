"""What the bench runs on: a simulated county of national-size bodies, as feed lines and as the journal records of them.

`prelude` is everything a ledger must know before the bills come (adoption, identities, enrolments, descriptions,
applications); `bills` are the settlements in their order of arrival. Only the bills are measured.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import orjson

from workers.intake.verdict import Accepted, judge
from workers.journal.keys import person_keys
from workers.journal.partition import partition_of
from workers.journal.record import Journal, JournalRecord, Source, journal_of, partition_records
from workers.log.port import Headers
from workers.policy.adoption import adoption_record_fields, build_adoption
from workers.settings import Settings
from workers.simulate.year import Plan, simulate

BILLS_PER_PERSON = 3
"""Fewer than a simulated person has on average, so that a county of bills / 3 persons always has enough."""


class FeedLine(NamedTuple):
    topic: str
    partition: int
    key: bytes
    value: bytes
    headers: Headers
    setl_id: str | None


class Sample(NamedTuple):
    prelude: list[FeedLine]
    bills: list[FeedLine]

    @property
    def mean_bill_bytes(self) -> int:
        return sum(len(bill.value) for bill in self.bills) // len(self.bills)


def make(settings: Settings, bills: int, *, seed: int = 1, only_assisted: bool = False) -> Sample:
    """A sample with this many distinct final bills; the same seed gives the same bytes."""
    persons = bills * (5 if only_assisted else 1) // BILLS_PER_PERSON + 100
    plan = Plan(seed, persons, national_size=True, only_assisted=only_assisted)
    prelude: list[FeedLine] = []
    chosen: list[FeedLine] = []
    seen: set[str] = set()
    for line in _feed_lines(plan, settings.partitions):
        if line.topic != "settlement.reported":
            prelude.append(line)
        elif line.setl_id is not None and line.setl_id not in seen and len(chosen) < bills:
            seen.add(line.setl_id)
            chosen.append(line)
    if len(chosen) < bills:
        raise AssertionError(f"the simulated county has only {len(chosen)} of {bills} bills; raise its persons")
    return Sample(prelude, chosen)


def _feed_lines(plan: Plan, partitions: int) -> Iterator[FeedLine]:
    for raw in simulate(plan):
        record = orjson.loads(raw)
        if "headers" not in record:
            continue
        value = record["value"]
        # a bill whose insurance result is still missing is held, so nobody would see a decision of it
        timed = value["type"] == "settlement.final" and value["insurance_settled"]
        setl_id = value["setl_id"] if timed else None
        headers = [(name, text.encode()) for name, text in record["headers"].items()]
        key = record["key"]
        partition = partition_of(key, partitions)
        yield FeedLine(record["topic"], partition, key.encode(), orjson.dumps(value), headers, setl_id)


class JournalSample(NamedTuple):
    """The same as journal records, as intake would have written them."""

    prelude: list[JournalRecord]
    bills: list[JournalRecord]

    @property
    def mean_bill_bytes(self) -> int:
        return sum(len(bill.value) for bill in self.bills) // len(self.bills)


def journal_sample(settings: Settings, sample: Sample) -> JournalSample:
    """Adoption and prelude, then the bills."""
    journal = journal_of(settings, person_keys(settings, dev_keys=True))
    fields = adoption_record_fields(build_adoption())
    prelude = partition_records(settings, "rulebook.adopted", fields, Source("bench", 0))
    prelude += [_journal_record(journal, line, number) for number, line in enumerate(sample.prelude)]
    bills = [_journal_record(journal, line, number) for number, line in enumerate(sample.bills, len(prelude))]
    return JournalSample(prelude, bills)


def _journal_record(journal: Journal, line: FeedLine, number: int) -> JournalRecord:
    verdict = judge(line.topic, line.key, line.value, line.headers)
    if not isinstance(verdict, Accepted):
        raise AssertionError(f"intake refuses a simulated line of {line.topic}: {verdict}")
    return journal.person_record(verdict.event, Source("bench", 0, line.topic, line.partition, number))
