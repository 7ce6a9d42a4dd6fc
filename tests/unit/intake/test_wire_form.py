"""The wire-form validators accept what the models accept and give the bytes the models give."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from schemas.codec import FEED_MODELS, feed_model, type_of, wire
from schemas.events.header import Fields
from tests.unit.intake.bills import bill
from workers.intake.wire_form import wire_validator
from workers.journal.record import canonical_json

MODELS = [model for models in FEED_MODELS.values() for model in models]
FINAL = feed_model("settlement.reported", "settlement.final", 1).model

LIST = {
    "list_id": "L1", "source": "civil_affairs", "list_kind": "subsistence", "county": "522701", "list_month": "2024-03",
}  # fmt: skip
SAMPLES: dict[str, dict[str, Any]] = {
    "settlement.final": bill(),
    "settlement.cancel": {"setl_id": "S1", "own_id": "C1", "cancelled_on": "2023-05-06"},
    "settlement.reverse": {"reversal_id": "R1", "msgid": "M1"},
    "settlement.reinstate": {"setl_id": "S1", "cancel_own_id": "C1", "own_id": "R1"},
    "checkup.recorded": {
        "checkup_id": "K1", "revision": 2, "performed_on": "2023-05-06", "amount": "80.00",
        "chronic_management": True, "institution_code": "H1",
    },
    "list.line": LIST | {"number": 1, "recognised_on": "2023-05-06", "new_recognition": True},
    "list.closed": LIST | {"count": 1, "digest": "e3b0c44298fc1c149afbf4c8996fb924"},
    "identity.changed": {
        "source_id": "civil", "identity": "特困供养人员", "revision": 1, "recognised_on": "2023-05-06",
        "removal_reason": "death", "list_month": "2023-05",
    },
    "identity.snapshot_closed": {
        "source_id": "civil", "county": "522701", "list_month": "2023-05", "count": 3, "digest": "ab",
    },
    "application.filed": {
        "application_id": "A1", "revision": 1, "kind": "tilt", "applied_on": "2023-05-06", "setl_ids": ["S1", "S2"],
    },
    "enrolment.changed": {
        "enrolment_id": "E1", "revision": 1, "insutype": "390", "county": "522701", "registered_on": "2023-01-01",
        "last_day": "2023-12-31", "supplementary": False,
    },
    "premium.paid": {
        "payment_id": "Y1", "revision": 1, "coverage_year": 2023, "paid_on": "2022-11-01", "standard": "350.00",
        "kind": "basic", "county": "522701",
    },
    "person.described": {"source_id": "civil", "revision": 1, "born_on": "1950-02-03", "severe_disability": True},
    "admission.registered": {
        "admission_id": "N1", "revision": 1, "admitted_on": "2023-05-01", "county": "522701", "place": "in_city",
        "designated": True, "primary_care_first": False, "referral": "referred", "institution_code": "H1",
        "supplementary": False,
    },
    "office.ordered": {
        "order_id": "O1", "kind": "needs_person", "author": "c7", "second_signer": "c9", "document": "文件1号",
        "ordered_on": "2023-05-06", "setl_id": "S1", "decision": {"amounts": {"ordinary": "1.00"}, "x": 1},
    },
    "fund.reported": {
        "report_id": "F1", "revision": 1, "pool": "522700", "source": "lottery", "balance": "100.00",
        "reported_on": "2023-05-06",
    },
    "payment.reported": {
        "payment_id": "Z1", "revision": 1, "decision_ids": ["a" * 32], "result": "paid", "paid_on": "2023-05-06",
        "amount": "12.00",
    },
}  # fmt: skip


def both(model: type[BaseModel], raw: bytes) -> tuple[bytes | None, bytes | None]:
    """Canonical bytes by the model and by the wire form; None where the text is not accepted."""
    try:
        by_model = canonical_json(wire(model.model_validate_json(raw)))
    except ValidationError:
        by_model = None
    try:
        by_wire = canonical_json(wire_validator(model)(raw))
    except ValidationError:
        by_wire = None
    return by_model, by_wire


@pytest.mark.parametrize("model", MODELS, ids=[type_of(model) for model in MODELS])
def test_a_sample_of_every_type_gives_the_models_bytes(model: type[Fields]) -> None:
    sample = {"version": 1, "region": "520000", "psn_no": "P1", "zz": {"unknown": 1}} | SAMPLES[type_of(model)]
    by_model, by_wire = both(model, orjson.dumps(sample | {"type": type_of(model)}))
    assert by_model is not None, model.model_validate_json(orjson.dumps(sample | {"type": type_of(model)}))
    assert by_wire == by_model


LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 3000), st.floats(), st.text(max_size=12), st.lists(st.text(), max_size=2),
    st.from_regex(r"-?[0-9]{1,14}\.[0-9]{1,3}", fullmatch=True),
    st.from_regex(r"[12][0-9]{3}-[0-9]{2}-[0-9]{2}(T00:00:00)?", fullmatch=True),
    st.sampled_from(["0.00", "1.00", "01.00", "1.0", "１.00", "1.00\n", "2023-05-06", "1683331200", "one_stop"]),
)  # fmt: skip


@settings(max_examples=600, deadline=None)
@given(st.sampled_from(sorted(FINAL.model_fields)), LEAVES)
def test_both_accept_the_same_bills_and_give_the_same_bytes(name: str, value: object) -> None:
    by_model, by_wire = both(FINAL, orjson.dumps(bill() | {name: value}))
    assert by_wire == by_model


@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b"nonsense", b'{"type":NaN}', b"\xff"])
def test_neither_accepts_what_is_no_bill(raw: bytes) -> None:
    assert both(FINAL, raw) == (None, None)
