"""The words in which the law is spoken to: facts of a bill and of a person going in, a verdict coming out.

Everything is immutable and free of I/O. Money is `int` fen; rates are `fractions.Fraction`; dates are
`datetime.date` in business days (UTC+8). `None` means the fact was not stated, which is never the same as zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple


class Status(StrEnum):
    """What became of a bill under the law. A refusal is DECIDED with 0 and a reason."""

    DECIDED = "decided"
    HELD = "held"
    NEEDS_PERSON = "needs_person"


class Identity(NamedTuple):
    """One recognised identity as its newest revision states it; `removed_on` is the first day without."""

    source_id: str
    identity: str
    recognised_on: date
    removed_on: date | None = None
    removal_reason: str | None = None  # "death" | "ineligible" | "moved" | "expired" | "other"
    withdrawn: bool = False  # it never was valid
    applied_on: date | None = None
    approved_on: date | None = None
    sub_class: str | None = None
    member_type: str | None = None
    recognised_by: str | None = None
    county: str | None = None  # recognition place, division code
    new_recognition: bool | None = None
    region: str | None = None  # the platform that sent it
    entered_on: date | None = None  # in the system; without an approval it is pending (JY-7.4a)


class Application(NamedTuple):
    """An application the person filed; `kind` is one of `schemas.events.application.ApplicationKind`."""

    application_id: str
    kind: str
    applied_on: date
    year: int | None = None  # benefit year it asks for; None = the year of `applied_on`
    setl_ids: tuple[str, ...] = ()
    identity: str | None = None
    withdrawn: bool = False
    county: str | None = None  # where it was filed
    not_assisted_proof: bool | None = None  # proof of no assistance elsewhere (LZ-15a, b)
    rejected_on: date | None = None
    approved_on: date | None = None

    @property
    def stands(self) -> bool:
        """Neither withdrawn nor refused."""
        return not self.withdrawn and self.rejected_on is None


class Enrolment(NamedTuple):
    """One basic-insurance enrolment; `last_day` is inclusive."""

    enrolment_id: str
    insutype: str  # 390 resident, 310 employee
    county: str
    registered_on: date
    paid_on: date | None = None
    first_day: date | None = None
    last_day: date | None = None
    supplementary: bool = False


class Share(NamedTuple):
    """What one bill has of a payment that several bills share (DT-3.3); `amount` in fen, `year` that of the ceiling."""

    recognised_on: date
    year: int
    own: int  # what the bill brought in
    total_base: int
    rate: str  # as it is told
    total: int
    amount: int


BillKey = tuple[str, str]
"""Region and `setl_id`."""


class PersonFacts(NamedTuple):
    """All that is known of a person besides bills. Tuples are sorted by their ids, so that equal facts are equal.

    `foreseen` is what `Law.foresee` found in all bills together; None: nobody looked, or there is nothing to look for.
    """

    identities: tuple[Identity, ...] = ()
    applications: tuple[Application, ...] = ()
    enrolments: tuple[Enrolment, ...] = ()
    born_on: date | None = None
    severe_disability: bool | None = None
    disability_certificate: bool | None = None
    rural: bool | None = None
    registration_county: str | None = None
    long_residence: bool | None = None
    mental_disorder: bool | None = None
    violence_risk: bool | None = None
    foreseen: Mapping[BillKey, tuple[Share, ...]] | None = None


class BillFacts(NamedTuple):
    """The money and rule fields of one bill (`settlement.reported`, type `settlement.final`), amounts in fen."""

    region: str
    setl_id: str
    county: str  # insured place, division code
    care_type: str  # schemas.events.settlement.CareType
    discharged_on: date  # visit date for outpatient
    settled_on: date
    admitted_on: date | None = None
    insured: bool = True
    insutype: str | None = None
    insurance_settled: bool = True  # results of basic and major-illness insurance are in
    designated: bool | None = None
    emergency_rescue: bool | None = None
    place: str | None = None  # "in_county" | "in_city" | "in_province" | "out_of_province"
    referral: str | None = None  # "not_required" | "referred" | "filed" | "missing"
    referral_missing_by: str | None = None  # "person" | "other"
    primary_care_first: bool | None = None
    channel: str = "one_stop"  # "one_stop" | "manual"
    total_fee: int | None = None
    in_scope: int | None = None
    in_scope_personal: int | None = None
    class_b_first_pay: int = 0
    over_limit_price_pay: int = 0
    out_of_scope: int = 0
    assistance_paid_upstream: int = 0
    supplementary_paid: int = 0
    major_disease: bool | None = None
    disease_code: str | None = None
    formal_receipt: bool | None = None
    exclusion: str | None = None
    exclusion_fact: str | None = None


class Step(NamedTuple):
    """One compact trace step: the rulebook's step id, the code of what happened, its numbers (fen, or "n/d" texts)."""

    step: str
    code: str
    numbers: tuple[int | str, ...] = ()


class Verdict(NamedTuple):
    """What one rulebook says of one bill, given the counters before it.

    `layers` maps layer name ("ordinary", "tilt") to fen. `uses` maps counter name to the fen that this bill adds.
    Figures satisfy: base = Σ layers + deductible + own_share + over_cap, and whole own payment = base + excluded.
    """

    status: Status
    reason: str  # schemas.reasons.Reason
    layers: Mapping[str, int]
    uses: Mapping[str, int]
    measure: str
    year: int
    benefit_date: date
    base: int = 0
    deductible: int = 0
    own_share: int = 0
    over_cap: int = 0
    excluded: int = 0
    clauses: tuple[str, ...] = ()  # clause ids that shaped the result
    steps: tuple[Step, ...] = ()
    funding: tuple[str, ...] = ()  # order of funds, never amounts
    questions: tuple[str, ...] = ()  # interpretations relied on
    elsewhere: Mapping[int, Mapping[str, int]] = MappingProxyType({})  # uses in counters of other years
    reported: tuple[str, ...] = ()  # layers that the platform paid itself: told, never paid again (DT-A10)
    reports: bool = False  # the measure tells what the platform paid as a layer of another policy (DT-A10)
    looks_ahead: bool = False  # it shares a payment with other bills: decide with `Law.foresee`
