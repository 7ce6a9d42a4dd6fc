"""`admission.registered`: a stay that begins, for the deposit waiver and stays in progress."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from schemas.events.header import Fields, PersonFeed
from schemas.events.settlement import Place, Referral
from schemas.events.words import Day, Division, Id, Revision


class AdmissionFields(Fields):
    """One stay, from registration to discharge."""

    admission_id: Id
    revision: Revision
    admitted_on: Day
    discharged_on: Day | None = None
    county: Division = Field(description="insured place")
    place: Place
    designated: bool
    primary_care_first: bool = Field(description="first seen and referred by primary care (QN-4.3b, LZ-21a)")
    referral: Referral
    institution_code: Id
    supplementary: bool = Field(description="in the supplementary insurance (DT-3.5a)")
    withdrawn: bool = False


class AdmissionRegistered(PersonFeed, AdmissionFields):
    type: Literal["admission.registered"]
