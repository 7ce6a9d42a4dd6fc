"""Amounts that officers lay down keep every limit together with what the law decides."""

from __future__ import annotations

from collections import Counter
from datetime import date
from functools import lru_cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workers.audit.limits import LAYERS, over_counters
from workers.cases.laws import law_of, shipped
from workers.policy.law import Law
from workers.policy.types import Application, BillFacts, Identity, PersonFacts, Status, Verdict
from workers.policy.values import Condition, ReadingCite
from workers.policy.verbs_admission import NeedsPerson

HOME = {"QN": "522701", "JY": "445202", "LZ": "620102", "DT": "330305"}
NAMES = {
    "QN": ("特困人员", "低保对象", "低保边缘家庭人口"),
    "JY": ("特困供养人员", "低保对象", "建档立卡的贫困人员"),
    "LZ": ("特困人员", "农村返贫致贫人口", "农村易返贫致贫人口"),
    "DT": ("低保对象", "因病纳入低保的支出型困难人员", "其他因病致贫返贫的支出型困难人员"),
}
SECOND = {"QN": "tilt", "JY": "secondary", "LZ": "tilt", "DT": "resolution"}
DAYS = [date(2023, 1, 15), date(2023, 5, 6), date(2023, 12, 31)]


@lru_cache(maxsize=8)
def law_with_claims(measure: str) -> Law:
    """The shipped law, where every manual claim is left to a person (as Jieyang has it)."""
    book = shipped(measure).book
    if measure == "JY":
        return law_of(book)
    claims = NeedsPerson(
        id="claims", do="needs_person", name="零星报销", clauses=("X-A2",),
        cite=(ReadingCite(kind="by_reading", question="X-A2"),), when=(Condition(fact="channel", one_of=("manual",)),),
    )  # fmt: skip
    at = next(number for number, rule in enumerate(book.rule) if rule.do == "base_amount")
    return law_of(book.model_copy(update={"rule": (*book.rule[:at], claims, *book.rule[at:])}))


@st.composite
def histories(draw: Any, measure: str) -> tuple[PersonFacts, list[tuple[BillFacts, dict[str, int]]]]:
    identity = Identity("I", draw(st.sampled_from(NAMES[measure])), date(2023, 1, 1), new_recognition=True)
    person = PersonFacts((identity,), (Application("A", "tilt", date(2023, 1, 2)),))
    bills = []
    for number in range(draw(st.integers(1, 9))):
        day, own = draw(st.sampled_from(DAYS)), draw(st.integers(0, 12_000_000))
        manual = draw(st.booleans())
        bill = BillFacts(
            "1", f"S{number}", HOME[measure], draw(st.sampled_from(["inpatient", "inpatient", "chronic_outpatient"])),
            day, day, insutype="390", designated=True, emergency_rescue=False, place="in_county",
            referral="not_required", channel="manual" if manual else "one_stop", formal_receipt=True,
            in_scope_personal=own, out_of_scope=draw(st.integers(0, 3_000_000)), major_disease=draw(st.booleans()),
        )  # fmt: skip
        amounts = {"ordinary": draw(st.integers(0, own)), SECOND[measure]: draw(st.integers(0, own))}
        bills.append((bill, amounts))
    return person, bills


def fold(law: Law, person: PersonFacts, bills: list[tuple[BillFacts, dict[str, int]]]) -> tuple[list[Verdict], Any]:
    counters: dict[int, Counter[str]] = {}
    verdicts = []
    for bill, amounts in bills:
        used = counters.setdefault(2023, Counter())
        verdict = law.decide(bill, person, dict(used))
        if verdict.status is Status.NEEDS_PERSON:
            verdict = law.ordered(bill, person, dict(used), amounts)
            assert verdict.status is Status.DECIDED
            assert verdict.steps[-1].code == "officer"
            assert sum(verdict.layers.values()) <= sum(amounts.values())
            assert sum(verdict.layers.values()) <= (bill.in_scope_personal or 0) + bill.out_of_scope
        used.update(verdict.uses)
        verdicts.append(verdict)
    return verdicts, counters[2023]


@pytest.mark.parametrize("measure", sorted(HOME))
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_limits_hold_over_ordered_and_decided_bills(measure: str, data: st.DataObject) -> None:
    person, bills = data.draw(histories(measure))
    law = law_with_claims(measure)
    verdicts, counters = fold(law, law.foresee([bill for bill, _ in bills], person), bills)
    layers: Counter[str] = Counter()
    for verdict in verdicts:
        layers.update(verdict.layers)
        parts = (*verdict.layers.values(), verdict.deductible, verdict.own_share, verdict.over_cap)
        assert sum(parts) == verdict.base
        assert min(*parts, verdict.excluded) >= 0
    for layer, total in layers.items():
        assert total <= LAYERS.get((measure, layer), total)
        assert counters.get(f"{layer}_used", 0) == total or layer == "retro"
    assert list(over_counters(measure, counters, len(bills))) == []
    own = sum((bill.in_scope_personal or 0) + bill.out_of_scope for bill, _ in bills)
    assert sum(layers.values()) <= own


def test_an_officers_amount_leaves_less_to_the_next_bill() -> None:
    """60,000 of inpatient allowance; 59,999.99 were laid down."""
    law, person = law_with_claims("JY"), PersonFacts((Identity("I", "低保对象", date(2023, 1, 1)),))
    day = DAYS[1]
    bill = BillFacts("1", "S1", "445202", "inpatient", day, day, insutype="390", designated=True, channel="manual",
                     formal_receipt=True, in_scope_personal=9_000_000)  # fmt: skip
    first = law.ordered(bill, person, {}, {"ordinary": 5_999_999})
    assert first.uses == {"ordinary_used": 5_999_999, "inpatient_used": 5_999_999, "secondary_burden": 3_000_001}
    second = law.decide(bill._replace(channel="one_stop"), person, first.uses)
    assert second.layers["ordinary"] == 1
