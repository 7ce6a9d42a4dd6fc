"""`office.ordered`: what an officer decided, with a second signer and a document. Never parked."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from schemas.events.header import FeedEvent, Fields
from schemas.events.settlement import Exclusion, MissingBy, Place, Referral
from schemas.events.words import Code, Day, DecisionId, Digest, Division, Document, Hash, Id, Revision, Word, Year
from schemas.modes import CountedBy, RegionMode
from schemas.money import Yuan


class OrderKind(StrEnum):
    """What an order does."""

    CONFLICT_RESOLVED = "conflict_resolved"  # names the digest to keep
    NEEDS_PERSON = "needs_person"  # decides a bill that the law leaves to a person, by amounts or by what was found
    RECOVERY = "recovery"  # approves, waives or refuses money back: of a bill, or all that an adoption brought
    FRAUD = "fraud"  # money back of a bill, found by people (LZ-23c)
    APPLICATION = "application"  # approves or refuses an application
    EXCLUSION = "exclusion"  # a finding that excludes a bill (JY-8.1b–d)
    COUNTY_LIST = "county_list"  # entries of a county's list (JY-3.1f, JY-8.1e)
    FIGURES = "figures"  # figures of a document outside the measure
    INSURED_PLACE = "insured_place"  # names the place whose measure holds for a manual claim
    YEAR_CLOSED = "year_closed"
    TASK_CLOSED = "task_closed"  # ends a task about which nothing is to be decided
    PROOF = "proof"  # whether assistance elsewhere was ruled out for an application (LZ-15a, b)
    OBJECTION = "objection"  # answers an objection (申诉): upheld or corrected
    FOLLOW_UP = "follow_up"  # what came back from another office about a referral or a watched person (LZ-16e)
    REGION_MODE = "region_mode"  # a region, or a county of it, goes into shadow or begins to pay
    SHADOW_BILL = (
        "shadow_bill"  # a bill or grant that was decided in shadow: we pay what the platform has not, or it stays
    )
    PERSON_MERGED = "person_merged"  # two numbers are one person: this one is given up
    PERSON_SPLIT = "person_split"  # one number stood for two people: the bills of the other one are listed


class Approval(StrEnum):
    APPROVED = "approved"
    REFUSED = "refused"
    WAIVED = "waived"


class ListKind(StrEnum):
    """Lists that a county or a higher government keeps."""

    IDENTITIES = "identities"
    EXCLUSIONS = "exclusions"


class OfficeDecision(Fields):
    """Amounts per layer that an officer sets for one bill."""

    amounts: Annotated[dict[Word, Yuan], Field(min_length=1, max_length=8)]
    note: Code | None = Field(None, description="code of the ground, no narrative")


class FoundFacts(Fields):
    """What people found out about a bill; it stands in place of what was stated. Amounts are never found here."""

    designated: bool | None = None
    emergency_rescue: bool | None = None
    place: Place | None = None
    referral: Referral | None = None
    referral_missing_by: MissingBy | None = None
    primary_care_first: bool | None = None
    major_disease: bool | None = None
    formal_receipt: bool | None = None

    @model_validator(mode="after")
    def _says_something(self) -> FoundFacts:
        if all(getattr(self, name) is None for name in type(self).model_fields):
            raise ValueError("found facts name at least one fact")
        return self


class FollowUp(StrEnum):
    """What another office made of a referral."""

    RECOGNISED = "recognised"
    NOT_RECOGNISED = "not_recognised"
    HELPED = "helped"
    NOT_HELPED = "not_helped"


Value = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[^\u0000-\u001f\u007f]+$")]


class Figure(Fields):
    """One figure of the law that the measure takes from elsewhere, in force from a day on."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[a-z][a-z0-9_.]*$")]
    value: Value = Field(description="amount, fraction, day or word; the rulebook says which")
    first_day: Day
    last_day: Day | None = None
    county: Division | None = None


class OrderFields(Fields):
    """One order. Which of the optional fields it needs follows from its kind."""

    order_id: Id
    kind: OrderKind
    author: Id = Field(description="officer's number, never a name")
    second_signer: Id
    document: Document
    ordered_on: Day
    task_id: Id | None = None
    setl_id: Id | None = None
    fact_revision: Revision | None = Field(None, description="revision of the fact that the order speaks of")
    application_id: Id | None = None
    decision_id: DecisionId | None = None
    keep_digest: Digest | None = None
    decision: OfficeDecision | None = None
    approval: Approval | None = None
    exclusion: Exclusion | None = None
    county: Division | None = None
    year: Year | None = None
    list_kind: ListKind | None = None
    found: FoundFacts | None = Field(
        None,
        description="facts of the bill that people found, by the names and words of settlement.final: designated, "
        "emergency_rescue, place, referral, referral_missing_by, primary_care_first, major_disease, formal_receipt; "
        "the law then decides",
    )
    adoption: Hash | None = Field(None, description="with kind recovery: all that waits since this adoption")
    not_assisted_proof: bool | None = Field(None, description="with kind proof: not assisted elsewhere, or assisted")
    result: FollowUp | None = None
    mode: RegionMode | None = Field(None, description="with kind region_mode")
    first_day: Day | None = Field(None, description="live: bills from this day on are payable; shadow: may be absent")
    counted_by: CountedBy | None = Field(
        None, description="day of a bill that first_day speaks of; absent: benefit_date"
    )
    entries: Annotated[tuple[Value, ...], Field(max_length=1000)] = ()
    figures: Annotated[tuple[Figure, ...], Field(max_length=200)] = ()

    @model_validator(mode="after")
    def _says_what_its_kind_needs(self) -> OrderFields:
        missing = [name for name in NEEDED[self.kind] if getattr(self, name, None) in (None, ())]
        one_of = ONE_OF.get(self.kind, ())
        if one_of and all(getattr(self, name) is None for name in one_of):
            missing.append(" or ".join(one_of))
        if self.mode is RegionMode.LIVE and self.first_day is None:
            missing.append("first_day")
        if missing:
            raise ValueError(f"an order of kind {self.kind.value} needs {', '.join(missing)}")
        return self


ONE_OF: dict[OrderKind, tuple[str, ...]] = {
    OrderKind.NEEDS_PERSON: ("decision", "found"),
    OrderKind.RECOVERY: ("decision_id", "adoption"),
    OrderKind.SHADOW_BILL: ("setl_id", "decision_id"),
}
NEEDED: dict[OrderKind, tuple[str, ...]] = {
    OrderKind.CONFLICT_RESOLVED: ("setl_id", "keep_digest"),
    OrderKind.NEEDS_PERSON: ("setl_id",),
    OrderKind.RECOVERY: ("approval",),
    OrderKind.FRAUD: ("setl_id",),
    OrderKind.APPLICATION: ("application_id", "approval"),
    OrderKind.EXCLUSION: ("setl_id", "exclusion"),
    OrderKind.COUNTY_LIST: ("county", "list_kind", "entries"),
    OrderKind.FIGURES: ("figures",),
    OrderKind.INSURED_PLACE: ("county",),
    OrderKind.YEAR_CLOSED: ("year",),
    OrderKind.TASK_CLOSED: ("task_id",),
    OrderKind.PROOF: ("application_id", "not_assisted_proof"),
    OrderKind.OBJECTION: ("application_id", "approval"),
    OrderKind.FOLLOW_UP: ("task_id", "result"),
    OrderKind.REGION_MODE: ("mode",),
    OrderKind.SHADOW_BILL: ("approval",),
    OrderKind.PERSON_MERGED: ("psn_no", "to_psn_no", "serial"),
    OrderKind.PERSON_SPLIT: ("psn_no", "to_psn_no", "serial"),
}
TRANSFERS = (OrderKind.PERSON_MERGED, OrderKind.PERSON_SPLIT)
"""Kinds that become `person.transferred` in the journal: a person number stands in them."""
BILLS_NAMED_MAX = 500
"""Bills that one transfer may name, on either side: as released. The journal is read by older releases too, which take
no more; more needs a version 2 of `person.transferred`. A merge names none."""


class OrderedBill(Fields):
    """A bill by its platform and number."""

    region: Division
    setl_id: Id


OrderedBills = Annotated[tuple[OrderedBill, ...], Field(max_length=BILLS_NAMED_MAX)]


class OfficeOrdered(FeedEvent, OrderFields):
    """An order about a person carries `psn_no`; one about a county or a document does not."""

    type: Literal["office.ordered"]
    psn_no: Id | None = None
    to_psn_no: Id | None = Field(None, description="the other number: where records go (merge), who is split off")
    to_region: Division | None = Field(None, description="platform of the other number; absent: the same")
    serial: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = Field(
        None, description="serial of the directory of persons that ordered it; a repeated serial has no effect"
    )
    bills: OrderedBills | None = Field(None, description="split: bills of the other number")
    kept_bills: OrderedBills | None = Field(
        None, description="split: bills that stay; each bill stands in one of the lists"
    )

    @model_validator(mode="after")
    def _names_two_numbers(self) -> OfficeOrdered:
        """A number is issued by a province: the same number of another province is another person key."""
        if self.kind in TRANSFERS:
            here, there = self.region[:2], (self.to_region or self.region)[:2]
            if (here, self.psn_no) == (there, self.to_psn_no):
                raise ValueError("a transfer names two numbers")
        return self
