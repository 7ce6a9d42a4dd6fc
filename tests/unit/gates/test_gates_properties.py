"""Properties of the law itself, for every measure, on random bills of random people (rules: docs/gates.md).

P3 nothing is paid above the limit left or below zero; P8 a higher cost never lowers the year's benefit; P9 a better
identity never does; P10 a bill in two parts is the same but for rounding; P11 rounding is within half a fen a step;
P15 a year later everything is the same.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workers.cases.laws import law_of, measures, shipped, shipped_books
from workers.cases.timeline import Timeline, read_all
from workers.policy.law import Law
from workers.policy.types import BillFacts, Identity, PersonFacts, Verdict

MEASURES = measures()
EXAMPLES = settings(max_examples=int(os.environ.get("TUODI_GATE_EXAMPLES", "25")), deadline=None)
FIRST = {"QN": 2023, "JY": 2020, "LZ": 2023, "HS": 2021, "DT": 2023}
"""A year that each instrument governs whole, and the next one too."""


@lru_cache(maxsize=8)
def law(measure: str) -> Law:
    return law_of(shipped(measure).book, adopted=True)


def decide(measure: str, person: PersonFacts, bills: Sequence[BillFacts]) -> list[Verdict]:
    """All bills in order, counters by year, as the ledger keeps them."""
    used: dict[tuple[str, int], dict[str, int]] = {}
    verdicts = []
    for bill in bills:
        found = law(measure).benefit_key(bill, person)
        assert found is not None
        counters = used.setdefault(found, {})
        verdict = law(measure).decide(bill, person, counters)
        for name, amount in verdict.uses.items():
            counters[name] = counters.get(name, 0) + amount
        verdicts.append(verdict)
    return verdicts


def benefit(verdicts: Sequence[Verdict]) -> int:
    return sum(sum(verdict.layers.values()) for verdict in verdicts)


def held(measure: str, number: int) -> Identity:
    """The identity of a class, in force from the year before."""
    group = law(measure).instruments[0].book.group[number]
    identity = group.identity[0]
    return Identity(
        f"I{number}", identity.name, date(FIRST[measure] - 1, 12, 1), applied_on=date(FIRST[measure] - 1, 12, 1),
        sub_class=next(iter(identity.sub_classes), None), member_type=next(iter(identity.member_types), None),
        new_recognition=False,
    )  # fmt: skip


def classes(measure: str) -> int:
    return len(law(measure).instruments[0].book.group)


amounts = st.integers(0, 12_000_000) | st.sampled_from([0, 1, 99_999, 100_000, 200_000, 5_000_000, 8_333_333])


@st.composite
def bills(draw: st.DrawFn, measure: str) -> list[BillFacts]:
    place = law(measure).instruments[0].book.place
    return [
        BillFacts(
            region=place.region, setl_id=f"S{number}", county=next(c for c in place.counties if c[4:] != "00"),
            care_type="inpatient", discharged_on=date(FIRST[measure], 3, 1 + number),
            settled_on=date(FIRST[measure], 3, 1 + number), admitted_on=date(FIRST[measure], 2, 1), insutype="390",
            designated=True, emergency_rescue=False, place="in_county", referral="not_required",
            in_scope_personal=own, major_disease=draw(st.booleans()),
        )
        for number, own in enumerate(draw(st.lists(amounts, min_size=1, max_size=5)))
    ]  # fmt: skip


@pytest.mark.parametrize("measure", MEASURES)
@given(data=st.data())
@EXAMPLES
def test_p3_nothing_is_paid_above_what_is_left_or_below_zero(measure: str, data: st.DataObject) -> None:
    said = data.draw(bills(measure))
    number = data.draw(st.integers(0, classes(measure) - 1))
    verdicts = decide(measure, PersonFacts((held(measure, number),)), said)
    assert all(min(verdict.layers.values(), default=0) >= 0 for verdict in verdicts)
    assert benefit(verdicts) <= sum(bill.in_scope_personal or 0 for bill in said)
    plan = list(law(measure).instruments[0].context.groups.values())[number]
    limits = [plan.cap, *(pool.cap for pool in plan.pools.values())]
    known = [limit for limit in limits if limit is not None]
    if known:
        assert sum(verdict.layers.get("ordinary", 0) for verdict in verdicts) <= max(known)


@pytest.mark.parametrize("measure", MEASURES)
@given(data=st.data())
@EXAMPLES
def test_p8_a_higher_cost_never_lowers_the_benefit_of_the_year(measure: str, data: st.DataObject) -> None:
    said = data.draw(bills(measure))
    person = PersonFacts((held(measure, data.draw(st.integers(0, classes(measure) - 1))),))
    at, more = data.draw(st.integers(0, len(said) - 1)), data.draw(st.sampled_from([1, 50, 100_000, 3_000_000]))
    higher = [*said]
    higher[at] = said[at]._replace(in_scope_personal=(said[at].in_scope_personal or 0) + more)
    assert benefit(decide(measure, person, higher)) >= benefit(decide(measure, person, said)) - len(said)


@pytest.mark.parametrize("measure", MEASURES)
@given(data=st.data())
@EXAMPLES
def test_p9_a_better_identity_never_lowers_the_benefit(measure: str, data: st.DataObject) -> None:
    said = data.draw(bills(measure))
    one, other = data.draw(st.lists(st.integers(0, classes(measure) - 1), min_size=2, max_size=2))
    low = PersonFacts((held(measure, max(one, other)),))
    both = PersonFacts((held(measure, min(one, other)), *(low.identities if one != other else ())))
    assert benefit(decide(measure, both, said)) >= benefit(decide(measure, low, said)) - len(said)


@pytest.mark.parametrize("measure", MEASURES)
@given(data=st.data())
@EXAMPLES
def test_p10_a_bill_in_two_parts_is_the_same_but_for_rounding(measure: str, data: st.DataObject) -> None:
    said = data.draw(bills(measure))
    person = PersonFacts((held(measure, data.draw(st.integers(0, classes(measure) - 1))),))
    whole = said[-1].in_scope_personal or 0
    first = data.draw(st.integers(0, whole))
    parts = [
        *said[:-1],
        said[-1]._replace(in_scope_personal=first),
        said[-1]._replace(setl_id="S9", in_scope_personal=whole - first),
    ]
    layers = len(law(measure).instruments[0].book.layers)
    difference = benefit(decide(measure, person, parts)) - benefit(decide(measure, person, said))
    assert abs(difference) <= layers * len(parts)


@pytest.mark.parametrize("measure", MEASURES)
@given(data=st.data())
@EXAMPLES
def test_p11_rounding_is_within_half_a_fen_a_step(measure: str, data: st.DataObject) -> None:
    said = data.draw(bills(measure))
    person = PersonFacts((held(measure, data.draw(st.integers(0, classes(measure) - 1))),))
    instrument = law(measure).instruments[0]
    for verdict in decide(measure, person, said):
        for step in verdict.steps:
            if instrument.rules[step.step].do == "single_rate" and verdict.over_cap == 0:
                eligible, rate = step.numbers[0], str(step.numbers[1])
                numerator, denominator = map(int, rate.split("/"))
                twice = 2 * (verdict.layers["ordinary"] * denominator - int(eligible) * numerator)
                limited = any(each.code == "limited" for each in verdict.steps)
                assert limited or abs(twice) <= denominator


def _a_year_later(day: date) -> date:
    return day.replace(year=day.year + 1)


def _dates(timeline: Timeline) -> list[date]:
    found: list[date | None] = []
    for each in (*timeline.identities, *timeline.applications, *timeline.enrolments, *(r.bill for r in timeline.rows)):
        found += [value for value in each if isinstance(value, date)]
    return [day for day in found if day is not None]


def _moved(facts: Any) -> Any:
    """The same facts a year later."""
    if not isinstance(facts, tuple) or not hasattr(facts, "_fields"):
        return facts
    later = {
        name: _a_year_later(value) for name, value in zip(facts._fields, facts, strict=True) if isinstance(value, date)
    }
    if getattr(facts, "year", None) is not None and "year" in facts._fields:
        later["year"] = facts.year + 1
    return facts._replace(**later)


BOOKS = shipped_books()


def _shifts(timeline: Timeline) -> bool:
    """Whether all bills lie in the validity now and a year later, and no day meets the end of a February."""
    instrument = BOOKS.law(timeline).instruments[0]
    if timeline.readings or timeline.adopted or timeline.lists:  # figures of other documents have days of their own
        return False
    if any(day.month == 2 and day.day > 27 for day in _dates(timeline)) or timeline.expected:
        return False
    year = timedelta(days=366)
    return all(instrument.in_force <= row.bill.discharged_on <= instrument.last_day - year for row in timeline.rows)


SHIFTED = [timeline for timeline in read_all() if _shifts(timeline)]


def test_p15_a_year_later_everything_is_the_same() -> None:
    assert len(SHIFTED) > 120
    for timeline in SHIFTED:
        chosen = BOOKS.law(timeline)
        identities = tuple(_moved(each) for each in timeline.identities)
        person = timeline.person._replace(
            identities=identities,
            applications=tuple(_moved(each) for each in timeline.applications),
            enrolments=tuple(_moved(each) for each in timeline.enrolments),
        )
        used: dict[object, dict[str, int]] = {}
        again: dict[object, dict[str, int]] = {}
        for row in timeline.rows:
            later = _moved(row.bill)
            assert isinstance(later, BillFacts)
            pair = []
            for bill, who, counters in ((row.bill, timeline.person, used), (later, person, again)):
                mine = counters.setdefault(chosen.benefit_key(bill, who), {})
                verdict = chosen.decide(bill, who, mine)
                for name, amount in verdict.uses.items():
                    mine[name] = mine.get(name, 0) + amount
                pair.append((verdict.status, verdict.reason, dict(verdict.layers), verdict.deductible, verdict.base))
            assert pair[0] == pair[1], f"{timeline.file}:{row.line} {timeline.title}"
