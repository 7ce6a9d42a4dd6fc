"""What a stranger would send who has read the interface and not our code: each variant ends as the one right thing."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from schemas.national.load import load_national
from tests.unit.national.national_variants import VARIANTS, judged_variant, message_of, topic_of
from workers.intake.conformance import advice_of, findings
from workers.intake.verdict import Accepted, Refused

TAKEN = {name: variant for name, variant in VARIANTS.items() if "taken" in variant["expect"]}
REFUSED = {name: variant for name, variant in VARIANTS.items() if "refused" in variant["expect"]}


@pytest.mark.parametrize("name", TAKEN)
def test_it_is_taken(name: str) -> None:
    expect = TAKEN[name]["expect"]
    found = judged_variant(TAKEN[name])
    assert isinstance(found, Accepted), found
    event: dict[str, Any] = orjson.loads(orjson.dumps(found.event))
    stated = {field: event.get(field) for field in expect.get("fields", {})}
    assert (event["type"], stated) == (expect["taken"], expect.get("fields", {}))
    assert (1 + len(found.more), list(found.warnings)) == (expect.get("events", 1), expect.get("warnings", []))


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_with_field_code_and_check(name: str) -> None:
    expect = REFUSED[name]["expect"]
    found = judged_variant(REFUSED[name])
    assert isinstance(found, Refused), found
    shown = {"refused": found.reason.value, "field": found.field, "code": found.code, "check": found.check}
    assert shown == expect
    assert len(advice_of(found.reason, found.check)) == 2


def test_each_refusal_by_conformance_says_the_same() -> None:
    lines = [
        orjson.dumps({"topic": topic_of(variant), "key": variant.get("key", "52000000000000000001000042")})[:-1]
        + b',"value":' + message_of(variant) + b"}"
        for variant in REFUSED.values() if "pad" not in variant and "text" not in variant
    ]  # fmt: skip
    found = list(findings(lines, load_national()))
    assert len(found) == len(lines)
    assert not any(line.taken for line in found)


def test_every_check_without_history_is_met_and_missed() -> None:
    refused = {variant["expect"]["check"] for variant in REFUSED.values()} - {None}
    warned = {check for variant in TAKEN.values() for check in variant["expect"].get("warnings", ())}
    assert refused >= {"I1", "I2", "I3", "I4", "A1", "A8", "A9", "A10", "A12", "A13", "A17", "A18"}
    assert warned >= {"A5", "A6", "A7", "A11", "A13", "A14"}
    told = {name.split()[0] for name in TAKEN}
    assert told >= {"A5", "A7", "A10", "A11", "A18"}, "each limit is also tried from its allowed side"
