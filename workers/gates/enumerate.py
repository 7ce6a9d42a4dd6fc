"""Every kind of person at every kind of bill on every day that matters: exactly one ratio, deductible and limit.

Finite, so proved by going through it: identity (with sub-classes and member types) × kind of care × place × referral ×
major disease (where it matters) × the days on which anything begins or ends, and the days beside them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from itertools import product
from typing import Any, NamedTuple

from schemas.reasons import Reason
from workers.gates.mutations import CARE_TYPES
from workers.policy.dates import month_end, months_before
from workers.policy.instrument import Instrument
from workers.policy.law import Law
from workers.policy.types import BillFacts, Identity, PersonFacts, Status, Verdict

PLACES = ("in_county", "in_city", "in_province", "out_of_province", None)
REFERRALS = (
    ("not_required", None), ("referred", None), ("filed", None), ("missing", "person"), ("missing", "other"),
    ("missing", None), (None, None),
)  # fmt: skip
REASONS = frozenset(reason.value for reason in Reason)
ONE_DAY = timedelta(days=1)
OWN_PAYMENT = 1_000_000
FIGURES = {"single_rate": "比例", "subtract_deductible": "年度起付线", "cap_year": "年度限额"}
"""Verbs of ordinary assistance, and the figure that their step states."""


class Standard(NamedTuple):
    """What decides an amount: ratio ("7/10"), deductible and limit in fen; None where the step states none."""

    rate: str | None
    deductible: int | None
    limit: int | None


Key = tuple[str, str, str, bool | None]
"""Identity, pool, kind of ratio, marked as major disease."""


class Enumerated(NamedTuple):
    """`standards`: every standard that was met under a key."""

    decisions: int
    standards: dict[Key, set[Standard]]
    faults: list[str]


def enumerate_all(law: Law, instrument: Instrument, *, sub_classes_max: int = 99) -> Enumerated:
    """Go through everything one revision can meet; `sub_classes_max` bounds the spellings of one identity."""
    standards: dict[Key, set[Standard]] = {}
    faults: list[str] = []
    decisions = 0
    days = sorted(breakpoints(instrument))
    for name, person in people(instrument, sub_classes_max):
        for bill in bills(instrument, days):
            verdict = law.decide(bill, person, {})
            decisions += 1
            wrong = fault(instrument, verdict)
            if wrong:
                faults.append(f"{name}, {bill.care_type}, {bill.place}, {bill.referral}, {bill.discharged_on}: {wrong}")
            elif any(step.step == instrument.chooser.rule.id for step in verdict.steps) and verdict.base:
                kind, standard = standard_of(instrument, verdict)
                standards.setdefault((name, *kind, bill.major_disease), set()).add(standard)
    faults += [f"{key}: more than one standard: {found}" for key, found in standards.items() if len(found) > 1]
    return Enumerated(decisions, standards, faults)


def begun_and_ended(instrument: Instrument) -> tuple[date, date]:
    """Days of recognition and removal well within the validity."""
    year = instrument.in_force.year + 1
    return date(year, 6, 10), date(year, 9, 10)


def breakpoints(instrument: Instrument) -> set[date]:
    """Days on which something begins or ends, with the days before and behind."""
    begun, ended = begun_and_ended(instrument)
    edges = {instrument.in_force, begun, ended, month_end(ended), months_before(begun, 6), months_before(begun, 12)}
    if instrument.last_day != date.max:
        edges.add(instrument.last_day)
    return {day + shift for day in edges for shift in (-ONE_DAY, timedelta(0), ONE_DAY)}


def people(instrument: Instrument, sub_classes_max: int) -> Iterator[tuple[str, PersonFacts]]:
    """A person of every identity, sub-class and member type; applicants have applied."""
    begun, ended = begun_and_ended(instrument)
    for group in instrument.book.group:
        for identity in group.identity:
            for sub_class, member in product(
                identity.sub_classes[:sub_classes_max] or (None,), identity.member_types or (None,)
            ):
                name = "/".join(part for part in (identity.name, sub_class, member) if part)
                held = Identity(
                    "I", identity.name, begun, ended, "ineligible", applied_on=begun, sub_class=sub_class,
                    member_type=member, new_recognition=False,
                )  # fmt: skip
                yield name, PersonFacts((held,))


def bills(instrument: Instrument, days: Iterable[date]) -> Iterator[BillFacts]:
    place = instrument.book.place
    major = (None, True) if any(getattr(rule, "nested", ()) for rule in instrument.book.rule) else (None,)
    for day, care, where, (referral, fault_of), marked in product(days, CARE_TYPES, PLACES, REFERRALS, major):
        yield BillFacts(
            region=place.region, setl_id="S", county=place.counties[0], care_type=care, discharged_on=day,
            settled_on=day, admitted_on=day, insutype="390", designated=True, emergency_rescue=False, place=where,
            referral=referral, referral_missing_by=fault_of, in_scope_personal=OWN_PAYMENT, major_disease=marked,
        )  # fmt: skip


def fault(instrument: Instrument, verdict: Verdict) -> str | None:
    """What is wrong with a verdict in itself, if anything."""
    if verdict.reason not in REASONS:
        return f"the reason {verdict.reason} is not in the closed list"
    verbs: list[str] = [instrument.rules[step.step].do for step in verdict.steps]
    for verb in ("choose_identity", *FIGURES):
        if verbs.count(verb) > 1:
            return f"{verb} was applied {verbs.count(verb)} times"
    if verdict.reason == "assisted" and not any(verdict.layers.values()):
        return "assisted with nothing"
    if verdict.reason != "assisted" and any(verdict.layers.values()):
        return f"money in spite of {verdict.reason}"
    if verdict.status is Status.DECIDED and min((*verdict.layers.values(), verdict.base, verdict.own_share)) < 0:
        return "a negative amount"
    return None


def standard_of(instrument: Instrument, verdict: Verdict) -> tuple[tuple[str, str], Standard]:
    """Pool and kind of ratio, and the figures that the steps state."""
    found: dict[str, Any] = {}
    kind = pool = ""
    for step in verdict.steps:
        verb = instrument.rules[step.step].do
        names = instrument.say(step.step, step.code).names
        if verb == "choose_pool":
            pool = step.code.partition(".")[0]
        if verb == "single_rate":
            kind = step.code
        if verb in FIGURES and FIGURES[verb] in names:
            found[verb] = step.numbers[names.index(FIGURES[verb])]
    return (pool, kind), Standard(*(found.get(verb) for verb in FIGURES))
