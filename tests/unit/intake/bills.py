"""Bodies and worlds for the tests of intake: one bill of national size, and a memory log with all topics."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson

from schemas.topics import TOPICS
from workers.log.memory import MemoryLog
from workers.log.port import Record
from workers.settings import Settings

PSN_NO = "52000000000000000001000042"


def bill(**changes: Any) -> dict[str, Any]:
    """A correct settled bill; a change of None leaves a field out."""
    body: dict[str, Any] = {
        "type": "settlement.final", "version": 1, "region": "520000", "psn_no": PSN_NO,
        "setl_id": "S202305060001234567", "msgid": "H52270100001202305061230450001",
        "visit_id": "V20230506000001", "county": "522701",
        "care_type": "inpatient", "admitted_on": "2023-05-01", "discharged_on": "2023-05-06",
        "settled_on": "2023-05-06", "insutype": "390", "designated": True, "place": "in_county",
        "referral": "not_required", "total_fee": "12345.67", "in_scope": "10000.00", "in_scope_personal": "3000.00",
        "class_b_first_pay": "1000.00", "over_limit_price_pay": "345.67", "out_of_scope": "1000.00",
        "major_disease": False, "disease_code": "I10.x00", "institution_code": "H52270100001",
        "institution_level": "20", "clearing_type": "11", "clearing_org": "522701", "pool_pay": "6000.00",
        "critical_illness_pay": "1000.00", "large_amount_pay": "0.00", "civil_servant_pay": "0.00",
        "enterprise_pay": "0.00", "disabled_pay": "0.00", "other_fund_pay": "0.00", "account_pay": "0.00",
        "cash_pay": "5345.67", "hospital_share": "0.00", "fund_total": "7000.00", "person_total": "5345.67",
        "interim": False, "benefit_year": 2023,
    }  # fmt: skip
    body.update(changes)
    return {name: value for name, value in body.items() if value is not None}


def national_bill(size: int = 2_500) -> dict[str, Any]:
    """The bill with carried fields of the national interface up to about `size` bytes of JSON."""
    body = bill()
    number = 0
    while len(orjson.dumps(body)) < size - 40:
        body[f"national_field_{number:02}"] = "2023-05-06 12:30:00 值"
        number += 1
    return body


def raw(body: dict[str, Any]) -> bytes:
    return orjson.dumps(body)


def feed_record(
    value: bytes | None,
    *,
    key: bytes | None = PSN_NO.encode(),
    feed: str = "settlement.reported",
    partition: int = 0,
    offset: int = 0,
    headers: Iterable[tuple[str, bytes]] = (),
    timestamp_ms: int = 1_700_000_000_000,
) -> Record:
    """A record as intake reads it."""
    return Record(f"medassist.{feed}.v1", partition, offset, timestamp_ms, key, value, tuple(headers))


def settings(**changes: Any) -> Settings:
    return Settings(**changes)


def memory_log(partitions: int = 12) -> MemoryLog:
    """A memory log with every topic of the registry."""
    log = MemoryLog()
    for topic in TOPICS.values():
        log.create_topic(topic.full_name(), partitions, append_time=topic.short == "journal")
    return log
