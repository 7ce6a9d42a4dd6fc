"""`list.reported`: a monthly list of identities line by line, for senders that publish instead of sending a file.

Lines carry person numbers only: a certificate never enters a topic. The record key is `list_id`, so that a list lies in
one partition in its order; a line sent again replaces itself by its number. The digest of `list.closed` is that of the
file form (docs/lists.md) over the cells `psn_no|identity|recognised_on|removed_on|removal_reason|sub_class|member_type|
recognition_county|entered_on|applied_on|approved_on|new_recognition` (absent: empty; true and false as 1 and 0) in the
order of numbers.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from schemas.events.header import FeedEvent
from schemas.events.identity import MemberType, RemovalReason
from schemas.events.words import Code, Count, Day, Division, Id, Label, MonthText, Word


class ListHead(FeedEvent):
    """Which list this belongs to: the same in all its records."""

    list_id: Id = Field(description="the sender's number of this transmission; the record key")
    source: Word = Field(description="department, as schemas/national/lists names it")
    list_kind: Word = Field(description="kind of list, as schemas/national/lists names it")
    county: Division = Field(description="recognition place of the list")
    list_month: MonthText = Field(description="month whose list this is")


class ListLine(ListHead):
    """One person of a list."""

    type: Literal["list.line"]
    number: Annotated[int, Field(ge=1, le=5_000_000, description="number of the line in its list")]
    psn_no: Id = Field(description="person number; never an ID number")
    identity: Label | None = Field(None, description="word of the department; may be absent where the list has one")
    recognised_on: Day | None = Field(None, description="first day with the identity; absent: of the list's month")
    removed_on: Day | None = Field(None, description="first day without it (death: the day of death)")
    removal_reason: RemovalReason | None = Field(None, description="why it ended")
    sub_class: Label | None = Field(None, description="sub-class of an allowance")
    member_type: MemberType | None = Field(None, description="which member of a low-income family")
    recognition_county: Division | None = Field(None, description="recognition place, where it is not the list's")
    entered_on: Day | None = Field(None, description="day of entry")
    applied_on: Day | None = Field(None, description="day of application")
    approved_on: Day | None = Field(None, description="day of approval")
    new_recognition: bool | None = Field(None, description="newly recognised, not renewed")


class ListClosed(ListHead):
    """The list is complete: so many lines with this digest."""

    type: Literal["list.closed"]
    count: Count = Field(description="lines of the list")
    digest: Code = Field(description="digest of the lines, as the module says")
