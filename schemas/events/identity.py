"""`identity.changed`: recognised identities and the closing of a county's monthly list."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import Field

from schemas.events.header import FeedEvent, Fields, PersonFeed
from schemas.events.words import Code, Count, Day, Division, Id, Label, MonthText, Revision


class RemovalReason(StrEnum):
    """Why an identity ended; a death counts its own day (X-A6)."""

    DEATH = "death"
    INELIGIBLE = "ineligible"
    MOVED = "moved"
    EXPIRED = "expired"
    OTHER = "other"


class MemberType(StrEnum):
    """Which member of a low-income family the person is (JY-3.1e): family membership alone is not enough."""

    ELDERLY = "elderly"
    MINOR = "minor"
    SEVERELY_DISABLED = "severely_disabled"
    SEVERE_PATIENT = "severe_patient"
    OTHER = "other"


class IdentityFields(Fields):
    """One identity in full, as its revision states it; the highest revision wins whatever the arrival."""

    source_id: Id = Field(description="the source's own number of this identity")
    identity: Label = Field(description="name of the identity in the words of the measure, such as 低保对象")
    revision: Revision
    recognised_on: Day = Field(description="first day with the identity, inclusive")
    removed_on: Day | None = Field(None, description="first day without it (death: the day of death)")
    removal_reason: RemovalReason | None = None
    withdrawn: bool = Field(False, description="it never was valid")
    entered_on: Day | None = Field(None, description="day of entry; without approved_on it is pending (JY-7.4a)")
    applied_on: Day | None = None
    approved_on: Day | None = None
    sub_class: Label | None = Field(None, description="sub-class of an allowance, such as 农村低保一类 (LZ-14.1d, e)")
    member_type: MemberType | None = None
    recognised_by: Label | None = Field(None, description="department that recognised it, such as 民政")
    county: Division | None = Field(None, description="recognition place")
    new_recognition: bool | None = Field(None, description="newly recognised, not renewed (DT-3.3a)")
    list_month: MonthText | None = None


class IdentityChanged(PersonFeed, IdentityFields):
    type: Literal["identity.changed"]


class SnapshotFields(Fields):
    """The list of one source, county and month is complete: so many lines with this digest (QN-1.1d)."""

    source_id: Id
    county: Division
    list_month: MonthText
    count: Count
    digest: Code | None = Field(None, description="digest of the list's lines, as the sender computes it")


class IdentitySnapshotClosed(FeedEvent, SnapshotFields):
    type: Literal["identity.snapshot_closed"]
