"""`assistance.decided`, `journal.answered`, `person.accumulated`: what the ledger publishes in its transaction."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from schemas.events.header import Output
from schemas.events.words import (
    ClauseId,
    Count,
    Day,
    DecisionId,
    Division,
    Id,
    Measure,
    PersonKey,
    Sequence,
    Word,
    Year,
)
from schemas.modes import RegionMode
from schemas.money import SignedYuan
from schemas.outputs.parts import Amounts, BillRef, Cause, Figures, PaidUpstream, Part, Receipt, SignedAmounts, Subject
from schemas.reasons import Reason


class DecisionStatus(StrEnum):
    """Where the bill stands. A refusal is decided with 0.00; held and needs_person take money back here."""

    DECIDED = "decided"
    REVERSED = "reversed"
    HELD = "held"
    NEEDS_PERSON = "needs_person"


class Payee(StrEnum):
    HOSPITAL = "hospital"  # it advanced the money
    PERSON = "person"  # manual claims and every later +Δ
    RECOVERY = "recovery"  # −Δ of an identity or rule change; an officer approves it
    SHADOW = "shadow"  # a region in shadow: told for comparison, payable to nobody
    UPSTREAM = "upstream"  # the platform paid the layer, or part of it, itself: told, never instructed


class PostingKind(StrEnum):
    SETTLE = "settle"
    ADJUST = "adjust"
    UNDO = "undo"


class Posting(Part):
    """Signed money of one layer to one payee; the postings of a decision sum to its delta."""

    layer: Word
    payee: Payee
    kind: PostingKind
    amount: SignedYuan
    pending: bool = Field(False, description="money back that waits for an officer's word (office.ordered, recovery)")


StepCode = Annotated[str, Field(min_length=1, max_length=64)]
StepNumber = int | Annotated[str, Field(max_length=64)]
StepEntry = tuple[StepCode, StepCode, Annotated[tuple[StepNumber, ...], Field(max_length=32)]]
"""[step id of the rulebook, code of what happened, numbers (fen, or "n/d" texts)]."""

WordList = Annotated[tuple[Word, ...], Field(max_length=16)]
ClauseList = Annotated[tuple[ClauseId, ...], Field(max_length=64)]


class AssistanceDecided(Output):
    """One decision. Never edited: a later one supersedes it with the signed difference."""

    type: Literal["assistance.decided"]
    decision_id: DecisionId
    sequence: Sequence = Field(description="per person, from 1, gap-free")
    person_key: PersonKey
    supersedes: DecisionId | None = None
    bill: BillRef | None = None
    subject: Subject | None = Field(None, description="what it is about where it is not a bill")
    cause: Cause
    measure: Measure
    year: Year
    benefit_date: Day
    county: Division
    status: DecisionStatus
    reason: Reason
    layers: Amounts
    delta: SignedAmounts
    figures: Figures
    postings: Annotated[tuple[Posting, ...], Field(max_length=64)] = ()
    funding: WordList = ()
    clauses: ClauseList = ()
    questions: ClauseList = ()
    receipt: Receipt
    steps: Annotated[tuple[StepEntry, ...], Field(max_length=256)] = ()
    paid_upstream: PaidUpstream | None = Field(None, description="there where the platform paid assistance itself")
    payable: Amounts | None = Field(None, description="what we pay of the layers; absent: all of them")
    mode: RegionMode | None = Field(None, description="shadow: nothing of it is payable; absent: live")


class Outcome(StrEnum):
    """What became of a journal record (docs/records.md §4)."""

    DECIDED = "decided"
    COMPLETED = "completed"
    REPEAT = "repeat"
    CONFIRMED = "confirmed"
    CONFLICT = "conflict"
    HELD = "held"
    PARKED = "parked"
    NEEDS_PERSON = "needs_person"
    APPLIED = "applied"
    STALE = "stale"
    NO_EFFECT = "no_effect"
    FORWARDED = "forwarded"


class BillState(StrEnum):
    """Where a bill stands, for people."""

    DECIDED = "decided"
    HELD = "held"
    PARKED = "parked"
    NEEDS_PERSON = "needs_person"
    REVERSED = "reversed"


class JournalAnswered(Output):
    """Exactly one per journal record; `status reason layers` repeat the stored state of the bill."""

    type: Literal["journal.answered"]
    partition: Count
    offset: Count
    person_key: PersonKey | None = None
    outcome: Outcome
    decision_ids: Annotated[tuple[DecisionId, ...], Field(max_length=20_000)] = ()
    tasks: Annotated[tuple[Id, ...], Field(max_length=20_000)] = ()
    bill: BillRef | None = None
    status: BillState | None = None
    reason: Reason | None = None
    layers: Amounts | None = None
    payable: Amounts | None = Field(None, description="what we pay of the layers; absent: all of them")
    decision_id: DecisionId | None = Field(
        None, description="newest decision of this bill; `decision_ids` may name others that the record changed too"
    )
    mode: RegionMode | None = Field(None, description="shadow: nothing of it is payable; absent: live")


class PersonAccumulated(Output):
    """The cap table of one person, year and measure; `sequence` is that of the decision it belongs to."""

    type: Literal["person.accumulated"]
    person_key: PersonKey
    year: Year
    measure: Measure
    counters: Amounts
    sequence: Sequence
