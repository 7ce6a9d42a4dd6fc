"""Every sample of a platform message, correct or broken, ends as the one right event or the one right refusal."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from tests.unit.national.national_samples import PERSON, SAMPLES, judged, value_of
from workers.intake.verdict import Accepted, Refused

TAKEN = {name: sample for name, sample in SAMPLES.items() if "taken" in sample["expect"]}
REFUSED = {name: sample for name, sample in SAMPLES.items() if "refused" in sample["expect"]}


def wire(event: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(orjson.dumps(event))
    return found


@pytest.mark.parametrize("name", TAKEN)
def test_a_correct_message_becomes_our_event(name: str) -> None:
    sample, expect = TAKEN[name], TAKEN[name]["expect"]
    found = judged(sample["value"], sample["topic"])
    assert isinstance(found, Accepted), found
    event = wire(found.event)
    assert (event["type"], event["psn_no"]) == (expect["taken"], PERSON)
    for field, value in expect.get("fields", {}).items():
        assert event.get(field) == value, field
    assert 1 + len(found.more) == expect.get("events", 1)
    assert list(found.warnings) == expect.get("warnings", [])


@pytest.mark.parametrize("name", REFUSED)
def test_a_broken_message_is_refused_with_its_field_and_code(name: str) -> None:
    sample, expect = REFUSED[name], REFUSED[name]["expect"]
    found = judged(sample["value"], sample["topic"])
    assert isinstance(found, Refused), found
    assert (found.reason.value, found.field, found.code, found.check) == (
        expect["refused"],
        expect["field"],
        expect["code"],
        expect["check"],
    )


def test_the_samples_cover_every_kind_of_message_and_every_stateless_check() -> None:
    assert {sample["expect"]["taken"] for sample in TAKEN.values()} == {
        "settlement.final",
        "settlement.cancel",
        "settlement.reverse",
        "identity.changed",
    }
    checks = {sample["expect"]["check"] for sample in REFUSED.values()} - {None}
    checks |= {check for sample in TAKEN.values() for check in sample["expect"].get("warnings", [])}
    stateless = {"I1", "I2", "I3", "I4", "A1", "A5", "A6", "A8", "A9", "A10", "A11", "A12", "A13", "A14", "A17"}
    assert checks >= stateless


def test_no_name_of_a_person_comes_through_or_into_a_message() -> None:
    body = value_of("2304 住院结算 整笔交易")
    body["output"]["setlinfo"] |= {"psn_name": "张三丰", "certno": "", "brdy": "1990-01-01"}
    body |= {"opter_name": "李四", "opter": "0001"}
    found = judged(body)
    assert isinstance(found, Accepted)
    assert not {"张三丰", "李四", "1990-01-01"} & set(map(str, found.event.values()))
    body["output"]["setlinfo"]["med_type"] = "张三丰"
    refused = judged(body)
    assert isinstance(refused, Refused)
    assert "张" not in refused.detail


def test_the_order_of_names_and_empty_texts_change_nothing() -> None:
    body = value_of("2304 住院结算 整笔交易")
    first = judged(body)
    body["output"]["setlinfo"] = dict(reversed(body["output"]["setlinfo"].items())) | {"dise_codg": "", "invono": None}
    assert judged(body) == first


def test_what_the_hospital_bears_is_no_own_payment_of_the_person() -> None:
    body = value_of("2304 住院结算 整笔交易")
    body["output"]["setlinfo"] |= {"hosp_part_amt": "4000.00", "psn_part_amt": "1345.67", "psn_cash_pay": "1345.67"}
    body["output"]["setldetail"] = []
    found = judged(body)
    assert isinstance(found, Accepted)
    assert (found.event["in_scope_personal"], found.warnings) == ("1345.67", ("A11",))


def test_what_the_platform_does_not_say_is_not_stated() -> None:
    body = value_of("2304 住院结算 整笔交易")
    del body["mdtrtarea_admvs"]
    found = judged(body)
    assert isinstance(found, Accepted)
    unsaid = {
        "place",
        "referral",
        "emergency_rescue",
        "primary_care_first",
        "major_disease",
        "formal_receipt",
        "exclusion",
    }
    assert not unsaid & set(found.event)
    manual = judged(value_of("核心表一行 setl_d") | {"setl_type": "1"})
    assert isinstance(manual, Accepted)
    assert (manual.event["channel"], manual.event.get("designated")) == ("manual", None)
