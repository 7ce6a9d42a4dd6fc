"""`settlement.reported`: bills, cancels, reversals, reinstatements and check-ups.

The fields of `BillFields` that decide money bear the names of `workers.policy.types.BillFacts`; the others are carried
for payment, clearing and statistics. An amount that was not stated stays None; only the five that the platform leaves
out when they are nothing default to 0.00.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from schemas.events.header import Fields, PersonFeed
from schemas.events.words import Code, Day, Division, Id, Label, Revision, Year
from schemas.money import Yuan


class CareType(StrEnum):
    """What kind of care a bill is for, after the dictionary of its region was applied."""

    INPATIENT = "inpatient"
    CHRONIC_OUTPATIENT = "chronic_outpatient"
    SPECIAL_OUTPATIENT = "special_outpatient"
    MAJOR_OUTPATIENT = "major_outpatient"
    OUTPATIENT = "outpatient"
    EMERGENCY = "emergency"
    PHARMACY = "pharmacy"
    MATERNITY = "maternity"
    OTHER = "other"


class Place(StrEnum):
    """Where the institution lies, seen from the insured place."""

    IN_COUNTY = "in_county"
    IN_CITY = "in_city"
    IN_PROVINCE = "in_province"
    OUT_OF_PROVINCE = "out_of_province"


class Referral(StrEnum):
    """Whether referral (转诊) or filing (备案) was needed and done."""

    NOT_REQUIRED = "not_required"
    REFERRED = "referred"
    FILED = "filed"
    MISSING = "missing"


class MissingBy(StrEnum):
    """Whose fault it is that referral or filing is missing (QN-1.3c reduces only for the person's own)."""

    PERSON = "person"
    OTHER = "other"


class Channel(StrEnum):
    """One-stop at the hospital, or a manual claim at the window."""

    ONE_STOP = "one_stop"
    MANUAL = "manual"


class AdvancedBy(StrEnum):
    """Who bore the assistance until it is paid: the hospital, which deducted it at the window, or the person."""

    HOSPITAL = "hospital"
    PERSON = "person"


class Exclusion(StrEnum):
    """Findings that exclude a bill from assistance (JY-8.1a–e)."""

    NON_DESIGNATED = "non_designated"
    NO_FORMAL_RECEIPT = "no_formal_receipt"
    ILLEGAL_ACT = "illegal_act"
    SELF_HARM = "self_harm"
    THIRD_PARTY_TRAFFIC = "third_party_traffic"
    THIRD_PARTY_MALPRACTICE = "third_party_malpractice"
    THIRD_PARTY_OTHER = "third_party_other"
    COUNTY_LISTED = "county_listed"
    OTHER = "other"


class BillFields(Fields):
    """One final bill without its person."""

    setl_id: Id = Field(description="settlement number (结算ID), unique within the region")
    msgid: Id | None = Field(None, description="message number of the settlement request, named by a 2601 reversal")
    visit_id: Id | None = Field(None, description="visit number (就诊ID)")

    county: Division = Field(description="insured place at the benefit date")
    care_type: CareType
    admitted_on: Day | None = None
    discharged_on: Day = Field(description="discharge; the visit date of outpatient care")
    settled_on: Day = Field(description="date of the settlement by basic insurance")
    insured: bool = True
    insutype: Code | None = Field(
        None, description="insurance kind by the region's dictionary: 390 resident, 310 employee"
    )
    insurance_settled: bool = Field(True, description="results of basic and major-illness insurance are in")
    designated: bool | None = Field(None, description="institution or pharmacy is designated (定点)")
    emergency_rescue: bool | None = None
    place: Place | None = None
    referral: Referral | None = None
    referral_missing_by: MissingBy | None = None
    primary_care_first: bool | None = Field(None, description="first seen and referred by primary care (基层首诊转诊)")
    channel: Channel = Channel.ONE_STOP

    total_fee: Yuan | None = Field(None, description="whole cost (medfee_sumamt)")
    in_scope: Yuan | None = Field(None, description="cost in policy scope (inscp_scp_amt)")
    in_scope_personal: Yuan | None = Field(None, description="own payment in scope after all insurances")
    class_b_first_pay: Yuan = Field(0, description="first payment of class B items (preselfpay_amt)")
    over_limit_price_pay: Yuan = Field(0, description="own payment above the limit price (overlmt_selfpay)")
    out_of_scope: Yuan = Field(0, description="own payment outside the catalogues (fulamt_ownpay_amt)")
    assistance_paid_upstream: Yuan = Field(0, description="assistance the platform already paid on this bill (maf_pay)")
    supplementary_paid: Yuan = Field(0, description="paid by a supplementary insurance")
    major_disease: bool | None = Field(None, description="marked 重特大疾病 upstream")
    disease_code: Code | None = None
    formal_receipt: bool | None = None
    exclusion: Exclusion | None = None
    exclusion_fact: Label | None = Field(None, description="code or document number of the finding, no narrative")

    institution_code: Id | None = None
    institution_level: Code | None = None
    clearing_type: Code | None = None
    clearing_org: Id | None = None
    pool_pay: Yuan | None = None
    critical_illness_pay: Yuan | None = None
    large_amount_pay: Yuan | None = None
    civil_servant_pay: Yuan | None = None
    enterprise_pay: Yuan | None = None
    disabled_pay: Yuan | None = None
    other_fund_pay: Yuan | None = None
    account_pay: Yuan | None = None
    cash_pay: Yuan | None = None
    hospital_share: Yuan | None = None
    fund_total: Yuan | None = None
    person_total: Yuan | None = None
    interim: bool | None = Field(None, description="interim settlement of a stay that goes on (中途结算)")
    benefit_year: Year | None = Field(None, description="the platform's year; checked, never used")


class SettledFields(BillFields):
    """A final bill, and who bore the assistance until it is paid."""

    advanced_by: AdvancedBy | None = Field(
        None,
        description="who bore the assistance until it is paid; absent: of a one-stop bill the hospital, of a manual "
        "claim the person. No part of sameness: the first word stays, but that it was the person is believed later too",
    )


class SettlementFinal(PersonFeed, SettledFields):
    """A bill as basic and major-illness insurance settled it."""

    type: Literal["settlement.final"]


class CancelFields(Fields):
    """A cancel of a bill (2208)."""

    setl_id: Id = Field(description="the bill that is cancelled")
    own_id: Id = Field(description="the cancel's own settlement number, else its message number")
    msgid: Id | None = Field(None, description="message number of the cancel's request, named by a 2601 reversal of it")
    cancelled_on: Day | None = None
    total_fee: Yuan | None = Field(None, description="what the cancel gives back, as an amount ≥ 0 (medfee_sumamt)")
    in_scope: Yuan | None = Field(None, description="of it in policy scope (inscp_scp_amt)")
    in_scope_personal: Yuan | None = Field(None, description="of it own payment in scope after all insurances")
    class_b_first_pay: Yuan | None = Field(None, description="of it first payment of class B items (preselfpay_amt)")
    over_limit_price_pay: Yuan | None = Field(None, description="of it above the limit price (overlmt_selfpay)")
    out_of_scope: Yuan | None = Field(None, description="of it outside the catalogues (fulamt_ownpay_amt)")
    assistance_paid_upstream: Yuan | None = Field(None, description="of it assistance of the platform (maf_pay)")
    pool_pay: Yuan | None = Field(None, description="this and the following: the bill's payments, given back alike")
    critical_illness_pay: Yuan | None = None
    large_amount_pay: Yuan | None = None
    civil_servant_pay: Yuan | None = None
    enterprise_pay: Yuan | None = None
    disabled_pay: Yuan | None = None
    other_fund_pay: Yuan | None = None
    account_pay: Yuan | None = None
    cash_pay: Yuan | None = None
    hospital_share: Yuan | None = None
    fund_total: Yuan | None = None
    person_total: Yuan | None = None


class SettlementCancel(PersonFeed, CancelFields):
    type: Literal["settlement.cancel"]


_NAMES_ONE: JsonDict = {"anyOf": [{"required": ["setl_id"]}, {"required": ["msgid"]}, {"required": ["own_id"]}]}


class ReverseFields(Fields):
    """A reversal (2601) of a bill by its number or message, or of a cancel (then it counts as a reinstatement)."""

    model_config = ConfigDict(json_schema_extra=_NAMES_ONE)

    reversal_id: Id
    setl_id: Id | None = None
    msgid: Id | None = Field(None, description="message number of the bill")
    own_id: Id | None = Field(None, description="own id of the cancel that is undone")

    @model_validator(mode="after")
    def _names_something(self) -> ReverseFields:
        if self.setl_id is None and self.msgid is None and self.own_id is None:
            raise ValueError("a reversal names setl_id or msgid of a bill, or own_id of a cancel")
        return self


class SettlementReverse(PersonFeed, ReverseFields):
    type: Literal["settlement.reverse"]


class ReinstateFields(Fields):
    """The undoing of a cancel: the bill returns to its first place."""

    setl_id: Id
    cancel_own_id: Id = Field(description="own id of the cancel that is undone")
    own_id: Id


class SettlementReinstate(PersonFeed, ReinstateFields):
    type: Literal["settlement.reinstate"]


class CheckupFields(Fields):
    """A check-up of the package (DT-3.5c). The highest revision wins."""

    checkup_id: Id
    revision: Revision
    performed_on: Day
    amount: Yuan
    chronic_management: bool = Field(description='enrolled in the management of the "two chronic diseases" (两慢病)')
    institution_code: Id
    supplementary: Annotated[bool | None, Field(description="in the supplementary insurance on that day")] = None
    withdrawn: bool = False


class CheckupRecorded(PersonFeed, CheckupFields):
    type: Literal["checkup.recorded"]
