"""Every kind of bad input has its reason, its field, and no value of the input in its text."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.codec import FEED_MODELS, type_of, version_of
from schemas.events.header import Fields
from schemas.reasons import RejectReason
from schemas.topics import FEEDS
from tests.unit.intake.bills import PSN_NO, bill, national_bill, raw
from workers.intake.plans import plan_of
from workers.intake.verdict import Accepted, Refused, judge

FEED = "settlement.reported"
KEY = PSN_NO.encode()
CARD, MOBILE = "11010519491231002X", "13800138000"


def verdict(body: dict[str, Any] | bytes | None, key: bytes | None = KEY, topic: str = FEED, **more: Any) -> Any:
    return judge(topic, key, raw(body) if isinstance(body, dict) else body, **more)


def text(body: dict[str, Any], old: str, new: str) -> bytes:
    found = raw(body)
    assert old.encode() in found
    return found.replace(old.encode(), new.encode())


def test_a_good_bill_is_accepted_with_its_defaults_spelled_and_unknown_fields_dropped() -> None:
    found = verdict(national_bill(), headers=[("ce_source", b"his/42")])
    assert isinstance(found, Accepted)
    assert found.source == "his/42"
    assert found.event["insured"] is True
    assert found.event["channel"] == "one_stop"
    assert not any(name.startswith("national_field") for name in found.event)


BAD_BYTES: list[tuple[str, bytes | None, RejectReason]] = [
    ("null value", None, RejectReason.EMPTY),
    ("no bytes", b"", RejectReason.EMPTY),
    ("900 kB", b'{"x":"' + b"a" * 900_000 + b'"}', RejectReason.TOO_LARGE),
    ("malformed", b'{"type":', RejectReason.NOT_JSON),
    ("text", b"hello", RejectReason.NOT_JSON),
    ("list", b"[]", RejectReason.NOT_JSON),
    ("number", b"1", RejectReason.NOT_JSON),
    ("bad UTF-8", b'{"type":"\xff\xfe"}', RejectReason.NOT_JSON),
    ("UTF-16", '{"type":"x"}'.encode("utf-16"), RejectReason.NOT_JSON),
    ("NaN", b'{"type":NaN}', RejectReason.NOT_JSON),
    ("Infinity", b'{"type":-Infinity}', RejectReason.NOT_JSON),
    ("trailing", b"{}{}", RejectReason.NOT_JSON),
    ("lone surrogate", b'{"type":"\\ud800"}', RejectReason.NOT_JSON),
    ("deep list", b'{"a":' + b"[" * 40 + b"]" * 40 + b"}", RejectReason.NOT_JSON),
    ("very deep list", b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", RejectReason.NOT_JSON),
    ("deep object", b'{"a":' * 40 + b"1" + b"}" * 40, RejectReason.NOT_JSON),
    ("no type", b"{}", RejectReason.UNKNOWN_TYPE),
    ("type is a number", b'{"type":1,"version":1}', RejectReason.UNKNOWN_TYPE),
]


@pytest.mark.parametrize(("value", "reason"), [row[1:] for row in BAD_BYTES], ids=[row[0] for row in BAD_BYTES])
def test_bytes_that_are_no_event(value: bytes | None, reason: RejectReason) -> None:
    found = verdict(value)
    assert isinstance(found, Refused)
    assert found.reason is reason


@pytest.mark.parametrize(
    "change",
    [
        ('"region":"520000"', '"region":"520000","region":"520000"'),
        ('"region":"520000"', '"region" : "520000", "region"\n:"510000"'),
        ('"region":"520000"', '"region":"520000","\\u0072egion":"510000"'),
        ('"region":"520000"', '"region":"520000","note":"a\\":b","note":1'),
        ('"region":"520000"', '"region":"520000","more":{"a":1,"a":2}'),
    ],
)
def test_a_duplicate_key_is_refused_however_it_is_spelled(change: tuple[str, str]) -> None:
    found = verdict(text(bill(), *change))
    assert isinstance(found, Refused)
    assert found.reason is RejectReason.NOT_JSON


@pytest.mark.parametrize("note", ['a\\":b', "12:30:00", "{[:]}", ':":":'])
def test_text_that_only_looks_like_a_key_is_no_duplicate(note: str) -> None:
    assert isinstance(verdict(bill(national_note=note)), Accepted)


@pytest.mark.parametrize(
    ("changes", "reason", "field"),
    [
        ({"type": "settlement.finel"}, "unknown_type", "type"),
        ({"type": "day.closed"}, "unknown_type", "type"),
        ({"type": "identity.changed"}, "unknown_type", "type"),
        ({"version": 2}, "unknown_version", "version"),
        ({"version": True}, "unknown_version", "version"),
        ({"version": "1"}, "unknown_version", "version"),
        ({"version": None}, "unknown_version", "version"),
        ({"setl_id": None}, "bad_field", "setl_id"),
        ({"setl_id": "a b"}, "bad_field", "setl_id"),
        ({"setl_id": 17}, "bad_field", "setl_id"),
        ({"insured": "yes"}, "bad_field", "insured"),
        ({"total_fee": None, "in_scope": 100}, "bad_amount", "in_scope"),
        ({"total_fee": "12345.670"}, "bad_amount", "total_fee"),
        ({"total_fee": "-1.00"}, "bad_amount", "total_fee"),
        ({"total_fee": "1e5"}, "bad_amount", "total_fee"),
        ({"total_fee": "1234567890123.00"}, "bad_amount", "total_fee"),
        ({"total_fee": "NaN"}, "bad_amount", "total_fee"),
        ({"total_fee": "01.00"}, "bad_amount", "total_fee"),
        ({"total_fee": "１.00"}, "bad_amount", "total_fee"),
        ({"total_fee": 12345.67}, "bad_amount", "total_fee"),
        ({"total_fee": 10**30}, "bad_amount", "total_fee"),
        ({"class_b_first_pay": "x"}, "bad_amount", "class_b_first_pay"),
        ({"total_fee": "12345.68"}, "bad_sum", "total_fee"),
        ({"in_scope_personal": "10000.01"}, "bad_sum", "in_scope_personal"),
        ({"settled_on": "2023-02-30"}, "bad_date", "settled_on"),
        ({"settled_on": "20230506"}, "bad_date", "settled_on"),
        ({"settled_on": "0023-05-06"}, "bad_date", "settled_on"),
        ({"admitted_on": "2023-05-07"}, "bad_date", "discharged_on"),
        ({"discharged_on": "2023-05-07"}, "bad_date", "settled_on"),
        ({"care_type": "hotel"}, "unknown_code", "care_type"),
        ({"region": "990000"}, "unknown_code", "region"),
        ({"region": "52000"}, "bad_field", "region"),
        ({"disease_code": CARD}, "personal_data", None),
        ({"exclusion_fact": f"电话{MOBILE}"}, "personal_data", None),
        ({"unknown_field": {"deep": [MOBILE]}}, "personal_data", None),
        ({"psn_no": CARD}, "personal_data", None),
        ({MOBILE: 1}, "personal_data", None),
    ],
)
def test_a_bad_bill_is_refused_with_its_reason_and_field(
    changes: dict[str, Any], reason: str, field: str | None
) -> None:
    body = {name: value for name, value in (bill() | changes).items() if value is not None}
    if "total_fee" in body and isinstance(body["total_fee"], int):
        value = text(bill(), '"total_fee":"12345.67"', f'"total_fee":{body["total_fee"]}')
    else:
        value = raw(body)
    found = verdict(value)
    assert isinstance(found, Refused)
    assert (found.reason.value, found.field) == (reason, field)
    assert CARD not in found.detail
    assert MOBILE not in found.detail


def test_parts_that_are_not_all_stated_are_not_summed() -> None:
    assert isinstance(verdict(bill(out_of_scope=None)), Accepted)
    assert isinstance(verdict(bill(in_scope=None)), Accepted)


def test_an_interim_bill_may_be_settled_before_discharge() -> None:
    assert isinstance(verdict(bill(discharged_on="2023-05-09", interim=True)), Accepted)


@pytest.mark.parametrize(
    ("key", "reason"),
    [(None, "key_missing"), (b"", "key_missing"), (b"P2", "key_mismatch"), (b"\xff", "key_mismatch")],
)
def test_the_key_is_the_person_number(key: bytes | None, reason: str) -> None:
    found = verdict(bill(), key=key)
    assert isinstance(found, Refused)
    assert found.reason == reason


SENT = 1683331200_000  # 2023-05-06T00:00:00Z, 08:00 in China


@pytest.mark.parametrize(
    ("settled_on", "headers", "timestamp_ms", "good"),
    [
        ("2023-05-07", [], SENT, True),  # one day of skew
        ("2023-05-08", [], SENT, False),
        ("2023-05-08", [], SENT + 16 * 3_600_000, True),  # it is the 7th in China by then
        ("2023-05-08", [("ce_time", b"2023-05-08T09:00:00+08:00")], SENT, True),  # the sender says when
        ("2023-05-08", [("ce_time", b"2023-05-06T09:00:00+08:00")], None, False),
        ("2023-05-08", [("ce_time", b"yesterday")], SENT, False),
        ("2023-05-08", [("ce_time", b"2023-05-08T09:00:00")], SENT, False),  # no offset: not believed
        ("2023-05-08", [], None, True),  # a file has no time
    ],
)
def test_nothing_is_settled_in_the_future(
    settled_on: str, headers: list[tuple[str, bytes]], timestamp_ms: int | None, good: bool
) -> None:
    found = verdict(bill(settled_on=settled_on), headers=headers, timestamp_ms=timestamp_ms)
    assert isinstance(found, Accepted) is good
    if isinstance(found, Refused):
        assert (found.reason.value, found.field) == ("bad_date", "settled_on")


def test_an_identity_may_be_recognised_ahead_but_not_removed_before() -> None:
    body = {
        "type": "identity.changed", "version": 1, "region": "520000", "psn_no": "P1", "source_id": "civil",
        "identity": "特困供养人员", "revision": 1, "recognised_on": "2023-07-01",
    }  # fmt: skip
    assert isinstance(verdict(body, b"P1", "identity.changed", timestamp_ms=SENT), Accepted)
    found = verdict(body | {"removed_on": "2023-06-30"}, b"P1", "identity.changed", timestamp_ms=SENT)
    assert isinstance(found, Refused)
    assert (found.reason.value, found.field) == ("bad_date", "removed_on")


def test_what_is_unknown_inside_an_order_never_reaches_the_journal() -> None:
    body = {
        "type": "office.ordered", "version": 1, "region": "520000", "psn_no": "P1", "order_id": "O1",
        "kind": "needs_person", "author": "clerk-7", "second_signer": "clerk-9", "document": "黔南医保〔2023〕1号",
        "ordered_on": "2023-05-06", "setl_id": "S1",
        "decision": {"amounts": {"ordinary": "1.00"}, "name": "张三"},
    }  # fmt: skip
    found = verdict(body, b"P1", "office.ordered")
    assert isinstance(found, Accepted)
    assert found.event["decision"] == {"amounts": {"ordinary": "1.00"}}


def test_an_order_without_a_person_has_its_own_id_as_key() -> None:
    body = {
        "type": "office.ordered", "version": 1, "region": "520000", "order_id": "O1", "kind": "task_closed",
        "author": "clerk-7", "second_signer": "clerk-9", "document": "文件1号", "ordered_on": "2023-05-06",
        "task_id": "T1",
    }  # fmt: skip
    assert isinstance(verdict(body, b"O1", "office.ordered"), Accepted)
    found = verdict(body, b"O2", "office.ordered")
    assert isinstance(found, Refused)
    assert (found.reason.value, found.field) == ("key_mismatch", "order_id")


MODELS = [(topic, model) for topic, models in FEED_MODELS.items() for model in models]


@pytest.mark.parametrize(("topic", "model"), MODELS, ids=[type_of(model) for _, model in MODELS])
def test_every_type_has_a_plan_that_knows_its_fields(topic: str, model: type[Fields]) -> None:
    plan = plan_of(topic, type_of(model), version_of(model))
    assert plan.fields == set(model.model_fields)
    assert plan.amounts | plan.days | plan.codes <= plan.fields
    assert set(plan.key_fields) <= plan.fields


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["1.00", "12345.678", "2023-05-06", "520000", "P1", "settlement.final", "inpatient", CARD, MOBILE]),
)
VALUES = SCALARS | st.lists(SCALARS, max_size=2) | st.dictionaries(st.text(max_size=8), SCALARS, max_size=2)
BODIES = st.dictionaries(
    st.sampled_from([*bill(), "revision", "identity", "order_id", "kind", "zz"]), VALUES, max_size=4
)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(FEEDS), st.none() | st.binary(max_size=40), st.none() | st.binary(max_size=300))
def test_any_bytes_are_accepted_or_refused_and_nothing_else(topic: str, key: bytes | None, value: bytes | None) -> None:
    assert isinstance(judge(topic, key, value), Refused)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(FEEDS),
    BODIES,
    st.lists(st.tuples(st.sampled_from(["ce_time", "ce_source", "x"]), st.binary(max_size=30)), max_size=3),
    st.none() | st.integers(0, 2**45),
)
def test_any_change_of_a_bill_is_accepted_or_refused_and_nothing_else(
    topic: str, changes: dict[str, Any], headers: list[tuple[str, bytes]], timestamp_ms: int | None
) -> None:
    try:
        value = orjson.dumps(bill() | changes)
    except (TypeError, orjson.JSONEncodeError):
        value = repr(changes).encode("utf-8", "replace")
    first = judge(topic, KEY, value, headers, timestamp_ms)
    assert isinstance(first, (Accepted, Refused))
    assert judge(topic, KEY, value, headers, timestamp_ms) == first
    if isinstance(first, Refused):
        assert first.detail in {first.reason.text, f"{first.field}: {first.reason.text}"}


@settings(max_examples=200, deadline=None)
@given(st.integers(), st.text(alphabet="0123456789.eE+-", max_size=400))
def test_huge_and_odd_numbers_are_refused_as_amounts_or_json(number: int, spelling: str) -> None:
    for literal in (str(number * 10**400), f"{number}e99999", spelling or "x"):
        found = verdict(text(bill(), '"total_fee":"12345.67"', f'"total_fee":{literal}'))
        assert isinstance(found, Refused)
        assert found.reason in (RejectReason.BAD_AMOUNT, RejectReason.NOT_JSON, RejectReason.PERSONAL_DATA)


@pytest.mark.parametrize(
    "time", ["0001-01-01T00:00:00+08:00", "0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59-12:00"]
)
def test_a_time_at_the_edge_of_the_calendar_is_a_time(time: str) -> None:
    """Found by `bench.fuzz`: the day after the last one, or the hour before the first, exists in no calendar."""
    found = verdict(bill(), headers=[("ce_time", time.encode())])
    early = time.startswith("0001")
    assert isinstance(found, Refused) is early
    if early:
        assert (found.reason, found.field) == (RejectReason.BAD_DATE, "settled_on")
