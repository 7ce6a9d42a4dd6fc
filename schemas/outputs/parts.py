"""Parts that several outputs share."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field

from schemas.events.header import Fields
from schemas.events.words import Count, Division, Hash, Id, Word
from schemas.money import SignedYuan, Yuan


class Part(Fields):
    """A closed object inside an output."""

    model_config = ConfigDict(extra="forbid")


class BillRef(Part):
    """A bill by its platform and number."""

    region: Division
    setl_id: Id


class SubjectKind(StrEnum):
    """What a decision is about where it is not about a bill."""

    PREMIUM = "premium"  # a premium that was paid
    RECOGNITION = "recognition"  # a new recognition with its retro window (DT-3.3)
    YEAR = "year"  # a running claim of a whole year (JY-3.2.3, DT-3.4a)
    CHECKUP = "checkup"
    REST = "rest"  # what the person would still pay of a bill, carried by somebody else (HS-3.2c); id = the bill's


class Subject(Part):
    """What a decision is about where it is not about a bill."""

    kind: SubjectKind
    region: Division
    id: Id


class Cause(Part):
    """The journal record that led to this; of a list's task (`list.line`) `offset` is the line's number."""

    type: Annotated[str, Field(min_length=1, max_length=64)]
    partition: Count
    offset: Count
    stamp: Count = Field(description="arrival stamp, milliseconds since 1970 UTC")


Amounts = Annotated[dict[Word, Yuan], Field(max_length=8)]
"""Amounts ≥ 0 by layer or counter."""

SignedAmounts = Annotated[dict[Word, SignedYuan], Field(max_length=8)]
"""Amounts of either sign by layer."""


class Figures(Part):
    """base = Σ layers + deductible + own_share + over_cap; `excluded` is own payment outside the base."""

    base: Yuan
    deductible: Yuan
    own_share: Yuan
    over_cap: Yuan
    excluded: Yuan


class PaidUpstream(Part):
    """What the platform itself paid on the bill as medical assistance: never paid again, and nobody owes it back."""

    stated: Yuan = Field(description="maf_pay of the bill")
    counted: Yuan = Field(description="what of it lies within our layers: posted to `upstream`")
    beyond: Yuan = Field(description="what the platform paid above our law: an officer looks at it")


class Receipt(Part):
    """Under which law and engine this was decided."""

    engine: Annotated[int, Field(ge=1, le=10**6)]
    rulebook: Hash | None = Field(None, description="absent where no rulebook was in force")
