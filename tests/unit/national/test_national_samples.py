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
