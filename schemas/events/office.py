"""`office.ordered`: what an officer decided, with a second signer and a document. Never parked."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from schemas.events.header import FeedEvent, Fields
from schemas.events.settlement import Exclusion
from schemas.events.words import Code, Day, DecisionId, Digest, Division, Document, Id, Revision, Word, Year
from schemas.money import Yuan


class OrderKind(StrEnum):
    """What an order does."""

    CONFLICT_RESOLVED = "conflict_resolved"  # names the digest to keep
    NEEDS_PERSON = "needs_person"  # decides a bill that the law leaves to a person
    RECOVERY = "recovery"  # approves, waives or refuses money back
    FRAUD = "fraud"  # money back of a bill, found by people (LZ-23c)
    APPLICATION = "application"  # approves or refuses an application
    EXCLUSION = "exclusion"  # a finding that excludes a bill (JY-8.1b–d)
    COUNTY_LIST = "county_list"  # entries of a county's list (JY-3.1f, JY-8.1e)
    FIGURES = "figures"  # figures of a document outside the measure
    INSURED_PLACE = "insured_place"  # names the place whose measure holds
    YEAR_CLOSED = "year_closed"
    TASK_CLOSED = "task_closed"


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
    entries: Annotated[tuple[Value, ...], Field(max_length=1000)] = ()
    figures: Annotated[tuple[Figure, ...], Field(max_length=200)] = ()

    @model_validator(mode="after")
    def _says_what_its_kind_needs(self) -> OrderFields:
        missing = [name for name in NEEDED[self.kind] if not getattr(self, name)]
        if missing:
            raise ValueError(f"an order of kind {self.kind.value} needs {', '.join(missing)}")
        return self


NEEDED: dict[OrderKind, tuple[str, ...]] = {
    OrderKind.CONFLICT_RESOLVED: ("setl_id", "keep_digest"),
    OrderKind.NEEDS_PERSON: ("setl_id", "decision"),
    OrderKind.RECOVERY: ("decision_id", "approval"),
    OrderKind.FRAUD: ("setl_id",),
    OrderKind.APPLICATION: ("application_id", "approval"),
    OrderKind.EXCLUSION: ("setl_id", "exclusion"),
    OrderKind.COUNTY_LIST: ("county", "list_kind", "entries"),
    OrderKind.FIGURES: ("figures",),
    OrderKind.INSURED_PLACE: ("county",),
    OrderKind.YEAR_CLOSED: ("year",),
    OrderKind.TASK_CLOSED: ("task_id",),
}


class OfficeOrdered(FeedEvent, OrderFields):
    """An order about a person carries `psn_no`; one about a county or a document does not."""

    type: Literal["office.ordered"]
    psn_no: Id | None = None
