"""Reading is total: whatever a message holds ends as events or one typed refusal, twice the same, telling nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.codec import FEED_MODELS
from schemas.national.load import load_national
from schemas.topics import FEEDS
from tests.unit.national.national_samples import PERSON, SAMPLES
from workers.intake.verdict import Accepted, Refused, judge
from workers.journal.record import canonical_json

NATIONAL = load_national()
KNOWN_FIELDS = {
    *(name for names in NATIONAL.vocabulary.amounts.values() for name in names),
    *(name for names in NATIONAL.vocabulary.fields.values() for name in names),
    *NATIONAL.vocabulary.told,
    *(name for models in FEED_MODELS.values() for model in models for name in model.model_fields),
    *("infno", "input", "output", "setlinfo", "setldetail", "idetinfo", "insuinfo", "rows", "data", "fund_payamt"),
}
NAMES = sorted(KNOWN_FIELDS | {"setlinfo", "psnPartAmt", "unheard_of"})

HIDDEN = "机密姓名"
ODD = ["", "0", "-0.00", "1e5", "NaN", "9999999999999999.99", "0.001", "2023-02-30", "2023-05-06 24:61:00",
       "9999-12-31",
       "22:07", "2207", "2304AB", "SIM01", "SIM01,SIM04", HIDDEN, "522701", "330302", "\u0000", "１２"]  # fmt: skip
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=12), st.sampled_from(ODD),
)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
    max_leaves=6,
)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every (container, key) inside a message."""
    if isinstance(value, dict | list):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            yield value, key
            yield from places(value[key])


@st.composite
def damaged(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    sample = SAMPLES[draw(st.sampled_from(sorted(SAMPLES)))]
    message: dict[str, Any] = orjson.loads(orjson.dumps(sample["value"]))
    for _ in range(draw(st.integers(0, 4))):
        container, key = draw(st.sampled_from(list(places(message))))
        what = draw(st.sampled_from(["set", "drop", "rename"]))
        if what == "set" or isinstance(container, list):
            container[key] = draw(VALUES)
        else:
            value = container.pop(key)
            if what == "rename":
                container[draw(st.sampled_from(NAMES))] = value
        if not message:
            break
    topic = draw(st.sampled_from([sample["topic"]] * 8 + list(FEEDS)))
    return topic, message


def check(topic: str, raw: bytes) -> Accepted | Refused:
    first = judge(topic, PERSON.encode(), raw)
    assert isinstance(first, Accepted | Refused)
    assert judge(topic, PERSON.encode(), raw) == first
    if isinstance(first, Refused):
        assert first.field is None or first.field in KNOWN_FIELDS
        assert HIDDEN not in first.detail
        assert first.code is None or (len(first.code) <= 6 and first.code.isascii())
    else:
        for event in (first.event, *first.more):
            assert event["psn_no"] == PERSON
            canonical_json(event)
    return first


@settings(max_examples=1_500, deadline=None)
@given(damaged())
def test_a_damaged_message_is_taken_or_refused_and_nothing_else(found: tuple[str, dict[str, Any]]) -> None:
    topic, message = found
    check(topic, orjson.dumps(message))


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(FEEDS), st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=12))
def test_any_object_of_platform_names_is_taken_or_refused(topic: str, message: dict[str, Any]) -> None:
    check(topic, orjson.dumps(message))


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(SAMPLES)), st.integers(0, 2_000), st.binary(max_size=6))
def test_damaged_bytes_are_taken_or_refused(name: str, at: int, junk: bytes) -> None:
    raw = orjson.dumps(SAMPLES[name]["value"])
    check(SAMPLES[name]["topic"], raw[:at] + junk + raw[at + len(junk) :])


def test_lists_and_numbers_have_limits() -> None:
    sample = orjson.loads(orjson.dumps(SAMPLES["2304 住院结算 整笔交易"]["value"]))
    sample["output"]["setldetail"] = [{"fund_pay_type": "390100", "fund_payamt": 1}] * 201
    found = check("settlement.reported", orjson.dumps(sample))
    assert isinstance(found, Refused)
    assert found.field == "setldetail"
    raw = orjson.dumps(SAMPLES["2304 住院结算 整笔交易"]["value"]).replace(
        b'"inscp_scp_amt":10000.0,', b'"inscp_scp_amt":1' + b"0" * 40 + b","
    )
    huge = check("settlement.reported", raw)
    assert isinstance(huge, Refused)
    assert huge.field == "inscp_scp_amt"
