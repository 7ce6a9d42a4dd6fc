"""`decision.explained`: one decision told in full, with its receipt and what it changed step by step, content-hashed.

Made on demand from `assistance.decided` and the rulebook's bytes; nothing here is stored or decides anything. Letters,
screens and comparisons are renderings of it. Whoever holds it can add it up again without our code (docs/trace.md).
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from schemas.events.words import (
    ClauseId,
    Count,
    Day,
    DecisionId,
    Division,
    Hash,
    Measure,
    PersonKey,
    Sequence,
    Version1,
)
from schemas.modes import RegionMode
from schemas.money import SignedYuan, Yuan
from schemas.outputs.decision import DecisionStatus, Posting
from schemas.outputs.parts import Amounts, BillRef, Cause, Figures, PaidUpstream, SignedAmounts, Subject
from schemas.reasons import Reason

Text = Annotated[str, Field(max_length=2000)]
Name = Annotated[str, Field(min_length=1, max_length=128)]
Values = Annotated[dict[Name, Annotated[str, Field(max_length=128)]], Field(max_length=32)]
"""Numbers by their Chinese names as people read them: "1234.50", "70%", "约115666.6667" (a fraction, rounded)."""

Clauses = Annotated[tuple[ClauseId, ...], Field(max_length=64)]


_WHERE_SAID = Field(exclude_if=lambda value: value is None)
"""Left out where the decision does not say it, so that documents and hashes of all others stay what they were."""


class _Told(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Citation(_Told):
    """Where it stands: article and words of the document; or the question whose reading it rests on (then no quote)."""

    doc_no: Name
    article: Annotated[str, Field(max_length=64)]
    quote: Text
    question: Annotated[str, Field(max_length=32)] = ""


class TraceStep(_Told):
    """One step. Every number of the sentence is one of the inputs or outputs; `verb` says how they follow."""

    n: Annotated[int, Field(ge=1, le=256)]
    rule: Name
    name: Name
    verb: Name
    code: Name
    inputs: Values
    outputs: Values
    sentence: Text
    citations: Annotated[tuple[Citation, ...], Field(max_length=64)]
    clauses: Clauses
    layer: Annotated[str, Field(max_length=32)] = Field("", description="layer that its last output is paid as")


class NotApplied(_Told):
    """A rule or group of the rulebook that did not apply, and why."""

    rule: Name
    name: Name
    clauses: Clauses
    because: Text


class Interpretation(_Told):
    """An open place of the text and the reading the decision rests on. `general`: it stands behind every decision."""

    id: ClauseId
    text: Text
    chosen: Name
    reading: Text
    basis: Text
    decided_by: Text
    general: bool


class ExecutionReceipt(_Told):
    """What must be the same to get the same decision again: engine, law, and the journal record that led to it."""

    engine: Annotated[int, Field(ge=1, le=10**6)]
    rulebook: Hash | None
    cause: Cause


class ChangedStep(_Told):
    """One rule whose words or numbers differ between two decisions; None: the decision had no such step."""

    rule: Name
    name: Name
    was: TraceStep | None
    now: TraceStep | None


class ChangedLayer(_Told):
    layer: Name
    was: Yuan
    now: Yuan
    delta: SignedYuan


class Difference(_Told):
    """What this decision says otherwise than the one it supersedes; layers that stayed are left out."""

    supersedes: DecisionId
    was_rulebook: Hash | None
    was_status: DecisionStatus
    was_reason: Reason
    layers: Annotated[tuple[ChangedLayer, ...], Field(max_length=8)]
    steps: Annotated[tuple[ChangedStep, ...], Field(max_length=256)]


class ExplainedDecision(_Told):
    """The whole explanation of one decision. `difference` is there where it supersedes another one that is known."""

    type: Literal["decision.explained"]
    version: Version1
    decision_id: DecisionId
    sequence: Sequence
    person_key: PersonKey
    supersedes: DecisionId | None
    bill: BillRef | None
    subject: Subject | None
    measure: Measure
    year: Count
    benefit_date: Day
    county: Division
    status: DecisionStatus
    reason: Reason
    reason_text: Text
    instrument: Annotated[str, Field(max_length=256)]
    doc_no: Annotated[str, Field(max_length=128)]
    layers: Amounts
    delta: SignedAmounts
    figures: Figures
    postings: Annotated[tuple[Posting, ...], Field(max_length=64)]
    funding: Annotated[tuple[Name, ...], Field(max_length=16)]
    receipt: ExecutionReceipt
    steps: Annotated[tuple[TraceStep, ...], Field(max_length=256)]
    not_applied: Annotated[tuple[NotApplied, ...], Field(max_length=256)]
    questions: Annotated[tuple[Interpretation, ...], Field(max_length=128)]
    paid_upstream: Annotated[PaidUpstream | None, _WHERE_SAID] = None
    payable: Annotated[Amounts | None, _WHERE_SAID] = None
    mode: Annotated[RegionMode | None, _WHERE_SAID] = None
    difference: Difference | None
    hash: Hash = Field(
        description="sha256 of the canonical JSON (sorted keys, no white space, UTF-8) with `hash` empty"
    )
