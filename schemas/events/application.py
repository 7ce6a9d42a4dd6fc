"""`application.filed`: what a person asked for, and what became of the asking."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from schemas.events.header import Fields, PersonFeed
from schemas.events.words import Day, Division, Id, Label, Revision, Year


class ApplicationKind(StrEnum):
    """What an application asks for."""

    TILT = "tilt"
    UNINSURED_ONCE = "uninsured_once"
    CLASS_RECOGNITION = "class_recognition"
    RETRO = "retro"
    ELSEWHERE = "elsewhere"
    HARDSHIP = "hardship"
    SECONDARY = "secondary"
    OBJECTION = "objection"
    MANUAL_CLAIM = "manual_claim"


class ApplicationFields(Fields):
    """One application in full; the highest revision wins."""

    application_id: Id
    revision: Revision
    kind: ApplicationKind
    applied_on: Day
    year: Year | None = Field(None, description="benefit year it asks for; the year of applied_on where absent")
    setl_ids: Annotated[tuple[Id, ...], Field(max_length=500)] = ()
    identity: Label | None = None
    county: Division | None = Field(None, description="where it was filed; names the measure of a manual claim")
    not_assisted_proof: bool | None = Field(None, description="proof of no assistance elsewhere (LZ-15a, b)")
    approved_on: Day | None = None
    rejected_on: Day | None = None
    withdrawn: bool = False


class ApplicationFiled(PersonFeed, ApplicationFields):
    type: Literal["application.filed"]
