"""Random histories of one person as journal values, small enough that keys, conflicts and caps meet all the time."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.oracles.qiannan_premium import CLASS

PERSON = "a" * 64
REGION = "522700"
BILLS = ("S1", "S2", "S3", "S4")
DAYS = ("2022-12-31", "2023-01-01", "2023-04-30", "2023-05-06", "2023-05-31", "2023-11-30", "2024-01-01", "2024-02-29")
AMOUNTS = ("0.00", "0.01", "999.99", "1500.00", "30000.00", "99999.99")
ENVELOPE = {"version": 1, "person_key": PERSON, "region": REGION}

days = st.sampled_from(DAYS)
amounts = st.sampled_from(AMOUNTS)
bills = st.sampled_from(BILLS)


def rarely(value: Any, usual: Any) -> st.SearchStrategy[Any]:
    """Nine times the usual."""
    return st.sampled_from([usual] * 9 + [value])


def sometimes(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


@st.composite
def finals(draw: st.DrawFn) -> dict[str, Any]:
    """A bill; its dates follow from its number, so that most contradictions are about money."""
    setl_id = draw(bills)
    day = DAYS[(BILLS.index(setl_id) * 2 + draw(rarely(1, 0))) % len(DAYS)]
    insured = draw(rarely(False, True))
    return stated(
        type="settlement.final",
        setl_id=setl_id,
        msgid=draw(sometimes(st.sampled_from([f"M{setl_id}a", f"M{setl_id}b"]))),
        county=draw(rarely("440703", "522701")),
        care_type=draw(st.sampled_from(["inpatient"] * 4 + ["chronic_outpatient", "outpatient", "emergency"])),
        discharged_on=day,
        settled_on=day,
        insured=insured,
        insurance_settled=draw(rarely(False, True)),
        designated=draw(rarely(False, True)),
        emergency_rescue=draw(sometimes(st.booleans())),
        referral=draw(st.sampled_from(["not_required", "referred", "filed", "missing"])),
        referral_missing_by=draw(rarely("other", "person")),
        place=draw(sometimes(st.sampled_from(["in_county", "in_province", "out_of_province"]))),
        channel=draw(rarely("manual", "one_stop")),
        in_scope="150000.00",
        in_scope_personal=draw(rarely(None, "x")) and draw(amounts),
        class_b_first_pay=draw(rarely("100.00", "0.00")),
        over_limit_price_pay="0.00",
        out_of_scope=draw(rarely("5.55", "0.00")),
        assistance_paid_upstream="0.00",
        supplementary_paid="0.00",
    )


@st.composite
def identities(draw: st.DrawFn) -> dict[str, Any]:
    """An identity that lasts at least a day: whether one of no day has a retro window is for the law's own tests."""
    recognised_on, removed_on = draw(days), draw(sometimes(days))
    return stated(
        type="identity.changed",
        source_id=draw(st.sampled_from(["I1", "I2"])),
        identity=draw(st.sampled_from([*CLASS, "退役军人"])),
        revision=draw(st.integers(1, 3)),
        recognised_on=recognised_on,
        removed_on=removed_on if removed_on and removed_on > recognised_on else None,
        applied_on=draw(sometimes(days)),
        withdrawn=draw(rarely(True, False)),
    )


@st.composite
def undoings(draw: st.DrawFn) -> dict[str, Any]:
    """Cancels, reversals and reinstatements; own ids and message numbers belong to one bill each."""
    setl_id = draw(bills)
    own_id = draw(st.sampled_from([f"C{setl_id}a", f"C{setl_id}b"]))
    kind = draw(st.sampled_from(["cancel"] * 3 + ["reinstate"] * 2 + ["free", "reverse", "reverse_msgid"]))
    if kind == "cancel":
        return stated(type="settlement.cancel", setl_id=setl_id, own_id=own_id)
    if kind == "reinstate":
        back = f"R{draw(st.integers(1, 2))}"
        return stated(type="settlement.reinstate", setl_id=setl_id, cancel_own_id=own_id, own_id=back)
    names = {"free": {"own_id": own_id}, "reverse": {"setl_id": setl_id}, "reverse_msgid": {"msgid": f"M{setl_id}a"}}
    return stated(type="settlement.reverse", reversal_id=f"V{own_id}", **names[kind])


@st.composite
def applications(draw: st.DrawFn) -> dict[str, Any]:
    return stated(
        type="application.filed",
        application_id=draw(st.sampled_from(["A1", "A2"])),
        revision=draw(st.integers(1, 3)),
        kind=draw(st.sampled_from(["tilt", "uninsured_once"])),
        applied_on=draw(days),
        year=draw(sometimes(st.sampled_from([2023, 2024]))),
        setl_ids=draw(st.lists(bills, max_size=2, unique=True)),
        withdrawn=draw(rarely(True, False)),
    )


@st.composite
def enrolments(draw: st.DrawFn) -> dict[str, Any]:
    return stated(
        type="enrolment.changed",
        enrolment_id=draw(st.sampled_from(["E1", "E2"])),
        revision=draw(st.integers(1, 2)),
        insutype="390",
        county="522701",
        registered_on="2022-11-01",
        paid_on=draw(sometimes(days)),
        supplementary=False,
        withdrawn=draw(rarely(True, False)),
    )


def stated(**fields: Any) -> dict[str, Any]:
    """A journal value: absent facts left out."""
    return {name: value for name, value in (ENVELOPE | fields).items() if value is not None}
