"""`enrolment.changed`: enrolments, premiums, and what else is known of a person. The highest revision wins."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import Field

from schemas.events.header import Fields, PersonFeed
from schemas.events.words import Code, Day, Division, Id, Revision, Year
from schemas.money import Yuan


class EnrolmentFields(Fields):
    """One enrolment in basic insurance."""

    enrolment_id: Id
    revision: Revision
    insutype: Code = Field(description="390 resident, 310 employee (national dictionary)")
    county: Division = Field(description="insured place")
    registered_on: Day
    paid_on: Day | None = None
    first_day: Day | None = Field(None, description="first day of benefits")
    last_day: Day | None = Field(None, description="last day of benefits, inclusive")
    supplementary: bool = Field(description="with the supplementary insurance of the city")
    withdrawn: bool = False


class EnrolmentChanged(PersonFeed, EnrolmentFields):
    type: Literal["enrolment.changed"]


class PremiumKind(StrEnum):
    BASIC = "basic"
    SUPPLEMENTARY = "supplementary"


class PremiumFields(Fields):
    """One personal contribution that was paid."""

    payment_id: Id
    revision: Revision
    coverage_year: Year
    paid_on: Day
    standard: Yuan = Field(description="personal contribution standard of the coverage year")
    kind: PremiumKind
    county: Division = Field(description="insured place")
    insutype: Code | None = None
    withdrawn: bool = False


class PremiumPaid(PersonFeed, PremiumFields):
    type: Literal["premium.paid"]


class HouseholdMeans(StrEnum):
    """Outcome of the means test that people make (QN-N1, HS-3.4a); never the figures of a household."""

    WITHIN = "within"
    ABOVE = "above"
    PENDING = "pending"


class DescribedFields(Fields):
    """Facts of a person that rules name. An absent fact is unknown, never false."""

    source_id: Id
    revision: Revision
    born_on: Day | None = None
    severe_disability: bool | None = None
    disability_certificate: bool | None = Field(None, description="holds the disability certificate (DT-3.2a)")
    rural: bool | None = Field(None, description="rural resident (LZ-16c)")
    registration_county: Division | None = Field(None, description="household registration (户籍)")
    long_residence: bool | None = Field(None, description="lives in the city for long (LZ-5a)")
    mental_disorder: bool | None = None
    violence_risk: bool | None = Field(None, description="psychiatric patient with a tendency to violence (DT-3.7c)")
    died_on: Day | None = None
    family_doctor: bool | None = Field(None, description="has signed with a family doctor (DT-3.5b)")
    household_means: HouseholdMeans | None = None


class PersonDescribed(PersonFeed, DescribedFields):
    type: Literal["person.described"]
