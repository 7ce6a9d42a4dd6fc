"""Every measure under every executable reading: figures add up, nothing is negative, limits hold, traces expand."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cases.test_cases import ALTERNATIVES
from workers.cases.laws import law_of, shipped, with_readings
from workers.policy.law import Law
from workers.policy.trace.expand import expand
from workers.policy.types import Application, BillFacts, Enrolment, Identity, PersonFacts, Status, Verdict

HOME = {"JY": "445202", "LZ": "620102"}
NAMES = {
    "JY": ("特困供养人员", "低保对象", "建档立卡的贫困人员", "低收入救助对象", "县级人民政府规定的其他特殊困难人员"),
    "LZ": (
        "城乡特困人员",
        "城乡低保对象",
        "农村返贫致贫人口",
        "农村易返贫致贫人口",
        "城乡低保边缘家庭成员",
        "因病致贫重病患者",
    ),
}
LIMITS = {
    "JY": {"outpatient_used": 3_000_000, "inpatient_used": 8_000_000, "secondary_used": 3_000_000},
    "LZ": {"ordinary_used": 8_000_000, "ordinary_general_used": 5_000_000},
}
READINGS = [(measure, question, reading) for measure, question, reading in ALTERNATIVES if measure in HOME]
DAYS = [date(2023, month, day) for month in (1, 3, 6, 12) for day in (1, 15)]
AMOUNT = st.one_of(st.integers(0, 300), st.integers(0, 20_000_000))
maybe = st.sampled_from([True, True, False, None])


@lru_cache(maxsize=64)
def law_under(measure: str, question: str, reading: str) -> Law:
    return law_of(with_readings(shipped(measure).book, {question: reading} if question else {}))


@st.composite
def people(draw: Any, measure: str) -> PersonFacts:
    identities = tuple(
        Identity(
            f"I{number}",
            draw(st.sampled_from(NAMES[measure])),
            draw(st.sampled_from(DAYS)),
            removed_on=draw(st.sampled_from([None, None, *DAYS])),
            removal_reason=draw(st.sampled_from(["death", "other"])),
            applied_on=draw(st.sampled_from([None, *DAYS])),
            sub_class=draw(st.sampled_from([None, "全额", "差额", "其他"])),
            member_type=draw(st.sampled_from([None, "elderly", "other"])),
            county=draw(st.sampled_from([None, HOME[measure], "110101"])),
        )
        for number in range(draw(st.integers(1, 3)))
    )
    kinds = st.sampled_from(["class_recognition", "retro", "elsewhere"])
    applications = tuple(
        Application(f"A{number}", draw(kinds), draw(st.sampled_from(DAYS)), not_assisted_proof=draw(maybe))
        for number in range(draw(st.integers(0, 2)))
    )
    enrolments = (Enrolment("E", "390", HOME[measure], draw(st.sampled_from(DAYS))),) if draw(st.booleans()) else ()
    return PersonFacts(identities, applications, enrolments, mental_disorder=draw(maybe))


@st.composite
def bills(draw: Any, measure: str) -> BillFacts:
    day = draw(st.sampled_from(DAYS))
    return BillFacts(
        "1",
        f"S{draw(st.integers(0, 10**9))}",
        HOME[measure],
        draw(st.sampled_from(["inpatient"] * 4 + ["chronic_outpatient", "outpatient", "emergency", "pharmacy"])),
        day,
        day,
        admitted_on=draw(st.sampled_from([None, *(each for each in DAYS if each <= day)])),
        insured=draw(st.sampled_from([True] * 9 + [False])),
        insutype=draw(st.sampled_from(["390", "390", "310", None])),
        designated=draw(maybe),
        place=draw(st.sampled_from(["in_county", "in_city", "in_province", "out_of_province", None])),
        referral=draw(st.sampled_from(["referred", "filed", "missing", None])),
        major_disease=draw(maybe),
        in_scope=draw(AMOUNT),
        in_scope_personal=draw(AMOUNT),
        class_b_first_pay=draw(st.integers(0, 500_000)),
        out_of_scope=draw(AMOUNT),
        supplementary_paid=draw(st.integers(0, 1_000)),
        formal_receipt=draw(maybe),
        channel=draw(st.sampled_from(["one_stop", "manual"])),
        exclusion=draw(st.sampled_from([None] * 6 + ["self_harm", "illegal_act"])),
    )


def fold(law: Law, person: PersonFacts, history: list[BillFacts]) -> tuple[list[Verdict], dict[str, dict[str, int]]]:
    counters: dict[str, dict[str, int]] = {}
    verdicts = []
    for bill in history:
        key = str(law.benefit_key(bill, person))
        used = counters.setdefault(key, {})
        before = dict(used)
        verdict = law.decide(bill, person, used)
        assert law.decide(bill, person, before) == verdict, "the law changed its counters, or is not a function"
        assert all(amount > 0 for amount in verdict.uses.values())
        for name, amount in verdict.uses.items():
            used[name] = used.get(name, 0) + amount
        verdicts.append(verdict)
    return verdicts, counters


def in_bounds(bill: BillFacts, verdict: Verdict) -> None:
    paid = sum(verdict.layers.values())
    parts = (*verdict.layers.values(), verdict.deductible, verdict.own_share, verdict.over_cap)
    assert min(*parts, verdict.base, verdict.excluded) >= 0
    if verdict.status is not Status.DECIDED:
        assert not paid
        assert not verdict.uses
        return
    assert sum(parts) == verdict.base
    assert verdict.layers["ordinary"] <= bill.in_scope_personal + bill.supplementary_paid if bill.insured else not paid
    assert (verdict.reason == "assisted") == (paid > 0)
    assert bool(verdict.funding) == (paid > 0)


@pytest.mark.parametrize("measure", sorted(HOME))
@settings(max_examples=120, deadline=None)
@given(data=st.data())
def test_no_verdict_of_a_measure_leaves_its_bounds(measure: str, data: st.DataObject) -> None:
    choices = [("", "")] + [(question, reading) for each, question, reading in READINGS if each == measure]
    question, reading = data.draw(st.sampled_from(choices))
    law = law_under(measure, question, reading)
    person = data.draw(people(measure))
    history = data.draw(st.lists(bills(measure), min_size=1, max_size=5))
    verdicts, _ = fold(law, person, history)
    for bill, verdict in zip(history, verdicts, strict=True):
        in_bounds(bill, verdict)
        assert expand(law, verdict).steps


@pytest.mark.parametrize("measure", sorted(HOME))
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_no_yearly_limit_is_exceeded_and_layers_have_their_counters(measure: str, data: st.DataObject) -> None:
    law = law_under(measure, "", "")
    person = data.draw(people(measure))
    history = data.draw(st.lists(bills(measure), min_size=1, max_size=6))
    verdicts, counters = fold(law, person, history)
    for used in counters.values():
        assert all(used.get(name, 0) <= limit for name, limit in LIMITS[measure].items())
    for layer in shipped(measure).book.layers:
        given_ = sum(verdict.layers[layer] for verdict in verdicts)
        assert given_ == sum(used.get(f"{layer}_used", 0) for used in counters.values())


def test_all_layers_of_lanzhou_stay_below_the_own_payment() -> None:
    person = PersonFacts((Identity("I", "农村易返贫致贫人口", date(2023, 1, 1)),))
    bill = BillFacts(
        "1",
        "S",
        "620102",
        "inpatient",
        date(2023, 3, 1),
        date(2023, 3, 1),
        designated=True,
        place="in_county",
        in_scope_personal=30_000_000,
        out_of_scope=1,
    )
    verdict = law_under("LZ", "", "").decide(bill, person, {"tilt_burden": 600_000})
    assert sum(verdict.layers.values()) < 30_000_000
    assert verdict.excluded == 1


def test_secondary_on_earlier_burden_is_part_of_the_base() -> None:
    person = PersonFacts((Identity("I", "低保对象", date(2023, 1, 1)),))
    bill = BillFacts(
        "1",
        "S",
        "445202",
        "inpatient",
        date(2023, 3, 1),
        date(2023, 3, 1),
        designated=True,
        insutype="390",
        in_scope_personal=0,
        out_of_scope=1,
    )
    verdict = law_under("JY", "", "").decide(bill, person, {"secondary_burden": 999_999})
    assert verdict.layers == {"ordinary": 0, "secondary": 500_000}
    assert (verdict.base, verdict.own_share, verdict.excluded) == (500_000, 0, 0)
    assert verdict.uses == {"secondary_burden": 1, "secondary_used": 500_000}
