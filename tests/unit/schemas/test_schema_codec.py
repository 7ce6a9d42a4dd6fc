"""From bytes to models and back: the table of decoders, tolerant in, closed out, missing is never zero."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas import codec
from schemas.codec import FEED_MODELS, JOURNAL_MODELS, feed_model, journal_model, type_of
from schemas.events.header import JournalRecord
from schemas.events.office import OfficeOrdered
from schemas.money import FEN_MAX, text_of
from workers.policy.types import Application, BillFacts, Enrolment, Identity, PersonFacts

KEY = "0f" * 32
BILL: dict[str, Any] = {
    "type": "settlement.final",
    "version": 1,
    "region": "520000",
    "psn_no": "P1",
    "setl_id": "S1",
    "county": "522701",
    "care_type": "inpatient",
    "discharged_on": "2023-05-06",
    "settled_on": "2023-05-06",
}


def _decode(**changed: object) -> Any:
    value = {k: v for k, v in (BILL | changed).items() if v != "absent"}
    return feed_model("settlement.reported", "settlement.final", 1).validate_json(json.dumps(value).encode())


def test_unknown_fields_are_dropped_on_the_way_in() -> None:
    assert _decode(patient_name="x", decision={"deep": [1]}) == _decode()


def test_an_amount_that_was_not_stated_is_not_zero() -> None:
    bill = _decode(total_fee=None)
    assert (bill.total_fee, bill.in_scope, bill.in_scope_personal, bill.cash_pay) == (None, None, None, None)
    zero = {name: value for name, value in bill if value == 0 and value is not False}
    assert sorted(zero) == [
        "assistance_paid_upstream",
        "class_b_first_pay",
        "out_of_scope",
        "over_limit_price_pay",
        "supplementary_paid",
    ]


@pytest.mark.parametrize("field", ["region", "psn_no", "setl_id", "county", "care_type", "discharged_on", "settled_on"])
def test_required_fields_of_a_bill(field: str) -> None:
    with pytest.raises(ValidationError):
        _decode(**{field: "absent"})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("care_type", "surgery"),
        ("channel", "window"),
        ("place", "abroad"),
        ("exclusion", "rich"),
        ("insured", 1),
        ("insured", "true"),
    ],
)
def test_closed_lists_and_strict_types(field: str, value: object) -> None:
    with pytest.raises(ValidationError):
        _decode(**{field: value})


def test_an_error_does_not_repeat_the_input() -> None:
    secret = "110105194912310" + "02X"
    with pytest.raises(ValidationError) as error:
        _decode(setl_id=f"{secret} {secret}")
    assert secret not in str(error.value)
    assert secret not in json.dumps(error.value.errors(include_input=False, include_url=False, include_context=False))


def test_the_fields_of_a_bill_are_those_the_policy_reads() -> None:
    decoder = feed_model("settlement.reported", "settlement.final", 1)
    defaults = BillFacts._field_defaults
    for name in BillFacts._fields:
        assert name in decoder.model.model_fields
        if name in defaults:
            assert decoder.model.model_fields[name].get_default() == defaults[name]
        else:
            assert decoder.model.model_fields[name].is_required()


@pytest.mark.parametrize(
    ("topic", "type_", "facts"),
    [
        ("identity.changed", "identity.changed", Identity._fields),
        ("application.filed", "application.filed", Application._fields),
        ("enrolment.changed", "enrolment.changed", Enrolment._fields),
        ("enrolment.changed", "person.described", PersonFacts._fields[3:-1]),
    ],
)
def test_what_the_policy_knows_of_a_person_comes_by_the_same_names(
    topic: str, type_: str, facts: tuple[str, ...]
) -> None:
    assert set(facts) <= set(feed_model(topic, type_, 1).model.model_fields)


def test_unknown_type_and_unknown_version_are_told_apart() -> None:
    with pytest.raises(codec.UnknownType):
        feed_model("settlement.reported", "identity.changed", 1)
    with pytest.raises(codec.UnknownVersion):
        feed_model("settlement.reported", "settlement.final", 2)
    with pytest.raises(codec.UnknownType):
        journal_model("fund.reported", 1)
    with pytest.raises(codec.UnknownVersion):
        journal_model("day.closed", 2)


def test_every_person_event_has_its_journal_twin() -> None:
    """But a transfer: it becomes `person.transferred`, since a second person number stands in its order."""
    journal = {type_of(model): model for model in JOURNAL_MODELS}
    for topic, models in FEED_MODELS.items():
        for model in models:
            if topic in ("fund.reported", "payment.reported", "list.reported"):
                assert type_of(model) not in journal
                continue
            moved = {"to_psn_no", "to_region", "serial", "bills", "kept_bills"} if model is OfficeOrdered else set()
            swapped = {"person_key" if name == "psn_no" else name for name in model.model_fields} - moved
            assert swapped == set(journal[type_of(model)].model_fields)


def test_a_feed_event_becomes_its_journal_record() -> None:
    form = codec.journal_form(_decode(in_scope_personal="1000.00", note="dropped"), KEY)
    assert "psn_no" not in form
    record = journal_model("settlement.final", 1).validate_json(json.dumps(form).encode())
    assert (record.person_key, record.in_scope_personal, record.total_fee) == (KEY, 100_000, None)
    assert codec.wire(record) == form
    assert form["class_b_first_pay"] == "0.00"


def test_the_journal_is_closed() -> None:
    form = codec.journal_form(_decode(), KEY) | {"psn_no": "P1"}
    with pytest.raises(ValidationError):
        journal_model("settlement.final", 1).validate_json(json.dumps(form).encode())


@pytest.mark.parametrize("model", JOURNAL_MODELS, ids=type_of)
def test_every_journal_model_forbids_what_it_does_not_know(model: type[JournalRecord]) -> None:
    assert model.model_config["extra"] == "forbid"
    assert model.model_config["strict"] is True
    assert model.model_config["frozen"] is True


@pytest.mark.parametrize("model", [m for models in FEED_MODELS.values() for m in models], ids=type_of)
def test_every_feed_model_is_tolerant_strict_and_frozen(model: Any) -> None:
    assert model.model_config["extra"] == "ignore"
    assert model.model_config["strict"] is True
    assert model.model_config["frozen"] is True


@given(
    amounts=st.dictionaries(
        st.sampled_from(["total_fee", "in_scope", "class_b_first_pay", "out_of_scope", "cash_pay"]),
        st.one_of(st.none(), st.integers(0, FEN_MAX).map(text_of)),
    ),
    unknown=st.dictionaries(st.from_regex(r"x_[a-z]{1,5}", fullmatch=True), st.integers(), max_size=3),
)
def test_the_cheap_canonical_form_is_the_form_of_the_model(amounts: dict[str, Any], unknown: dict[str, Any]) -> None:
    value = BILL | {k: v for k, v in amounts.items() if not (v is None and k in ("class_b_first_pay", "out_of_scope"))}
    value |= unknown
    decoder = feed_model("settlement.reported", "settlement.final", 1)
    assert decoder.canonical(value) == codec.wire(decoder.validate_json(json.dumps(value).encode()))


def test_kind_of_reads_only_type_and_version() -> None:
    assert codec.kind_of(json.dumps(BILL).encode()) == ("settlement.final", 1)
    for raw in (b"", b"[]", b"{}", b'{"type":"a"}', b'{"type":1,"version":1}', b'{"type":"a","version":true}', b"\xff"):
        with pytest.raises(ValidationError):
            codec.kind_of(raw)


def _order(**fields: object) -> Any:
    value = {
        "type": "office.ordered",
        "version": 1,
        "region": "520000",
        "order_id": "O1",
        "author": "U1",
        "second_signer": "U2",
        "document": "黔南医保〔2023〕5号",
        "ordered_on": "2023-05-06",
        **fields,
    }
    return feed_model("office.ordered", "office.ordered", 1).validate_json(json.dumps(value).encode())


@pytest.mark.parametrize(
    ("kind", "needed"),
    [
        ("conflict_resolved", {"setl_id": "S1", "keep_digest": "1:abc"}),
        ("needs_person", {"setl_id": "S1", "decision": {"amounts": {"ordinary": "0.00"}}}),
        ("recovery", {"decision_id": "a" * 32, "approval": "waived"}),
        ("fraud", {"setl_id": "S1"}),
        ("application", {"application_id": "A1", "approval": "refused"}),
        ("exclusion", {"setl_id": "S1", "exclusion": "self_harm"}),
        ("county_list", {"county": "445202", "list_kind": "identities", "entries": ["其他特殊困难人员"]}),
        ("figures", {"figures": [{"name": "premium_window", "value": "350.00", "first_day": "2022-09-01"}]}),
        ("insured_place", {"county": "522701"}),
        ("year_closed", {"year": 2021}),
        ("task_closed", {"task_id": "T1"}),
        ("needs_person", {"setl_id": "S1", "found": {"formal_receipt": True}}),
        ("recovery", {"adoption": "a" * 64, "approval": "approved"}),
        ("proof", {"application_id": "A1", "not_assisted_proof": False}),
        ("objection", {"application_id": "A1", "approval": "refused"}),
        ("follow_up", {"task_id": "T1", "result": "recognised"}),
        ("region_mode", {"mode": "shadow"}),
        ("region_mode", {"mode": "live", "first_day": "2024-01-01"}),
        ("shadow_bill", {"setl_id": "S1", "approval": "approved"}),
    ],
)
def test_an_order_says_what_its_kind_needs(kind: str, needed: dict[str, Any]) -> None:
    assert _order(kind=kind, **needed).kind == kind
    for name in needed:
        with pytest.raises(ValidationError):
            _order(kind=kind, **{k: v for k, v in needed.items() if k != name})


def test_a_reversal_names_a_bill_or_a_cancel() -> None:
    head = {"type": "settlement.reverse", "version": 1, "region": "520000", "psn_no": "P1", "reversal_id": "R1"}
    decode = feed_model("settlement.reported", "settlement.reverse", 1).validate_json
    for name in ("setl_id", "msgid", "own_id"):
        assert getattr(decode(json.dumps(head | {name: "X1"}).encode()), name) == "X1"
    with pytest.raises(ValidationError):
        decode(json.dumps(head).encode())
