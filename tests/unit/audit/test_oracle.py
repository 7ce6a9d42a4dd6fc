"""Qiannan's oracle against amounts worked out by hand from the law text."""

from __future__ import annotations

from typing import Any

import pytest

from tests.oracles.qiannan import oracle

P = "52000000000000000001"


def bill(setl_id: str = "S1", own: str = "1000.00", **facts: Any) -> dict[str, Any]:
    base = dict(type="settlement.final", version=1, region="520000", psn_no=P, setl_id=setl_id, county="522701")
    base |= dict(care_type="inpatient", discharged_on="2023-05-06", settled_on="2023-05-06", designated=True)
    base |= dict(referral="not_required", place="in_county", in_scope_personal=own)
    return base | facts


def identity(name: str = "低保对象", since: str = "2023-01-01", revision: int = 1, **facts: Any) -> dict[str, Any]:
    base = dict(type="identity.changed", version=1, region="520000", psn_no=P, source_id="civil", identity=name)
    return base | dict(revision=revision, recognised_on=since) | facts


def application(kind: str = "tilt", on: str = "2023-12-01", own_id: str = "A1", **facts: Any) -> dict[str, Any]:
    base = dict(type="application.filed", version=1, region="520000", psn_no=P, application_id=own_id, revision=1)
    return base | dict(kind=kind, applied_on=on) | facts


def event(kind: str, **facts: Any) -> dict[str, Any]:
    return dict(type=f"settlement.{kind}", version=1, region="520000", psn_no=P) | facts


def rows(*events: dict[str, Any]) -> dict[str, tuple[str, int, int]]:
    found = oracle(events).get(P, {"bills": {}})["bills"]
    return {key[1]: (r["reason"], r["ordinary"], r["tilt"]) for key, r in found.items()}


@pytest.mark.parametrize(
    ("name", "own", "fen"),
    [
        ("特困人员", "1000.00", 100_000),  # class 1: no deductible, 100 %
        ("低保对象", "1000.00", 70_000),  # class 2: 70 %
        ("低保边缘家庭人口", "3000.00", 120_000),  # class 3: (3000 - 1000) x 60 %
        ("因病致贫重病患者", "3000.00", 50_000),  # class 4: (3000 - 2000) x 50 %
        ("深度困难职工", "0.01", 1),  # 0.007 rounds half up to 0.01
        ("低保对象", "1234.55", 86_419),  # 864.185 rounds up, not to even
    ],
)
def test_each_class_pays_its_ratio_above_its_deductible(name: str, own: str, fen: int) -> None:
    assert rows(identity(name), bill(own=own)) == {"S1": ("assisted", fen, 0)}


@pytest.mark.parametrize(
    ("facts", "reason", "fen"),
    [
        ({"referral": "missing", "referral_missing_by": "person"}, "assisted", 60_000),
        ({"referral": "missing", "referral_missing_by": "other"}, "assisted", 70_000),
        ({"referral": "missing"}, "fact_missing", 0),
        ({"designated": False, "emergency_rescue": False}, "not_designated", 0),
        ({"designated": False, "emergency_rescue": True}, "assisted", 70_000),
        ({"care_type": "outpatient"}, "scope_not_covered", 0),
        ({"care_type": "chronic_outpatient"}, "assisted", 70_000),
        ({"insurance_settled": False}, "insurance_result_missing", 0),
        ({"discharged_on": "2022-12-31"}, "before_in_force", 0),
        ({"county": "445200"}, "no_instrument", 0),
        ({"class_b_first_pay": "100.00", "over_limit_price_pay": "50.00"}, "assisted", 80_500),
        ({"in_scope_personal": "0.00"}, "nothing_to_assist", 0),
        ({"insured": False, "in_scope": "1000.00"}, "uninsured", 0),
    ],
)
def test_facts_of_the_bill_decide(facts: dict[str, Any], reason: str, fen: int) -> None:
    assert rows(identity(since="2022-01-01"), bill(**facts)) == {"S1": (reason, fen, 0)}


def test_the_deductible_is_taken_once_a_year_and_carried_over_a_change_of_class() -> None:
    third = identity("低保边缘家庭人口", removed_on="2023-06-10")
    fourth = identity("因病致贫重病患者", since="2023-06-10")
    found = rows(
        third, fourth, bill("S1", "600.00"), bill("S2", "600.00"), bill("S3", "2000.00", discharged_on="2023-06-11")
    )
    assert found["S1"] == ("within_deductible", 0, 0)
    assert found["S2"] == ("assisted", 12_000, 0)  # 200 above the deductible x 60 %
    assert found["S3"] == ("assisted", 50_000, 0)  # another 1000 up to 2000, then 50 % of 1000


def test_the_cap_then_tilt_on_application_then_nothing() -> None:
    bills = [bill("S1", "80000.00"), bill("S2", "200000.00"), bill("S3", "10.00")]
    assert rows(identity(), *bills) == {
        "S1": ("assisted", 5_000_000, 0),
        "S2": ("cap_used_up", 0, 0),
        "S3": ("cap_used_up", 0, 0),
    }
    tilted = rows(identity(), *bills, application())
    assert tilted["S1"] == ("assisted", 5_000_000, 600_000)  # (80000 - 50000 / 0.7) x 0.7 = 6000.00
    assert tilted["S2"] == ("assisted", 0, 4_400_000)  # what is left of 50000
    assert tilted["S3"] == ("cap_used_up", 0, 0)
    assert rows(identity(), bill("S1", "80000.00", place="out_of_province"), application())["S1"][2] == 0
    filed = bill("S1", "80000.00", place="out_of_province", referral="filed")
    assert rows(identity(), filed, application())["S1"][2] == 600_000


@pytest.mark.parametrize(
    ("removed", "other", "on", "reason"),
    [
        ("2023-05-02", None, "2023-05-31", "assisted"),  # to the end of the month
        ("2023-05-02", None, "2023-06-01", "identity_ended"),
        ("2023-05-02", "低保边缘家庭人口", "2023-05-31", "within_deductible"),  # a change of class works at once
    ],
)
def test_the_month_of_removal(removed: str, other: str | None, on: str, reason: str) -> None:
    events = [identity(removed_on=removed), bill(discharged_on=on)] + ([identity(other)] if other else [])
    assert rows(*events)["S1"][0] == reason


@pytest.mark.parametrize(("settled", "reason"), [("2022-07-31", "no_identity"), ("2022-08-01", "assisted")])
def test_class_four_reaches_back_twelve_months_by_settlement_date(settled: str, reason: str) -> None:
    sick = identity("因病致贫重病患者", since="2023-09-01", applied_on="2023-08-01")
    paid = bill(own="5000.00", settled_on=settled, discharged_on="2023-01-01")
    assert rows(sick, paid)["S1"][0] == reason
    assert rows(identity(since="2023-09-01", applied_on="2023-08-01"), paid)["S1"][0] == "no_identity"


def test_uninsured_once_at_half_the_ratio_after_enrolling() -> None:
    once = application("uninsured_once", on="2023-06-01", setl_ids=["S1"])
    again = application("uninsured_once", on="2023-07-01", own_id="A2", setl_ids=["S2"])
    enrolled = dict(
        type="enrolment.changed", region="520000", psn_no=P, enrolment_id="E1", revision=1, paid_on="2023-06-01"
    ) | dict(insutype="390", county="522701", registered_on="2023-06-01")
    bills = [bill(s, insured=False, in_scope="1000.00") for s in ("S1", "S2")]
    found = rows(identity(), once, again, enrolled, *bills)
    assert found == {"S1": ("assisted", 35_000, 0), "S2": ("uninsured", 0, 0)}
    assert rows(identity(), once, enrolled | {"paid_on": "2023-06-02"}, bills[0])["S1"][0] == "uninsured"


def test_cancels_are_a_set_and_a_reversal_is_final() -> None:
    cancel = [event("cancel", setl_id="S1", own_id=c) for c in ("C1", "C2")]
    back = event("reinstate", setl_id="S1", cancel_own_id="C1", own_id="R1")
    by_2601 = event("reverse", own_id="C2", reversal_id="R2")
    start = [identity(), bill()]
    assert rows(*start, cancel[0])["S1"][0] == "cancelled"
    assert rows(*start, back, cancel[0])["S1"][0] == "assisted"  # the reinstatement came first
    assert rows(*start, *cancel, back)["S1"][0] == "cancelled"
    assert rows(*start, *cancel, back, by_2601)["S1"][0] == "assisted"
    assert rows(*start, cancel[0], bill())["S1"][0] == "cancelled"  # sent again: stays cancelled
    assert rows(cancel[0])["S1"][0] == "waits_for_bill"
    assert rows(*start, event("reverse", setl_id="S1", reversal_id="R3"), bill())["S1"][0] == "reversed"
    assert rows(identity(), event("reverse", msgid="M1", reversal_id="R4"), bill(msgid="M1"))["S1"][0] == "reversed"


def test_a_reinstated_bill_returns_to_its_first_place() -> None:
    bills = [bill("S1", "80000.00"), bill("S2", "80000.00")]
    cancel = event("cancel", setl_id="S1", own_id="C1")
    back = event("reinstate", setl_id="S1", cancel_own_id="C1", own_id="R1")
    assert rows(identity(), *bills, cancel)["S2"] == ("assisted", 5_000_000, 0)
    assert rows(identity(), *bills, cancel, back)["S2"] == ("cap_used_up", 0, 0)


def test_sameness_of_bills_and_revisions() -> None:
    incomplete = {k: v for k, v in bill().items() if k != "in_scope_personal"}
    assert rows(identity(), incomplete)["S1"][0] == "insurance_result_missing"
    assert rows(identity(), incomplete, bill())["S1"] == ("assisted", 70_000, 0)  # completed
    assert rows(identity(), bill(insurance_settled=False), bill())["S1"] == ("assisted", 70_000, 0)  # results came
    assert rows(identity(), bill(), bill(class_b_first_pay="1.00"))["S1"] == ("assisted", 70_000, 0)  # 0.00 was stated
    assert rows(identity(), bill(), bill(own="2000.00"))["S1"] == ("assisted", 70_000, 0)  # conflict: no effect
    assert rows(identity(), bill(), bill(channel="manual", msgid="M9"))["S1"] == ("assisted", 70_000, 0)
    newer, older = identity(revision=2, withdrawn=True), identity(revision=1)
    assert rows(newer, older, bill())["S1"][0] == "no_identity"  # stale
    assert rows(identity(revision=2), identity(revision=2, withdrawn=True), bill())["S1"][0] == "assisted"  # conflict


def test_an_order_keeps_the_rival_it_names() -> None:
    order = dict(type="office.ordered", kind="conflict_resolved", region="520000", psn_no=P, setl_id="S1")
    order |= dict(order_id="O1", keep_digest="2000.00")
    events = [identity(), bill(), bill(own="2000.00"), order]
    found = oracle(events, digest=lambda facts: facts["in_scope_personal"])[P]["bills"]
    assert found["520000", "S1"]["ordinary"] == 140_000
