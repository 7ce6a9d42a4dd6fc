"""What `tuodi replay --json` prints: the final state after all events, one object. Later versions only add keys."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from schemas.outputs.decision import BillState, Payee, PostingKind
from schemas.reasons import Reason, RejectReason

MONEY = r"^-?(0|[1-9][0-9]*)\.[0-9]{2}$"
Money = Annotated[str, StringConstraints(pattern=MONEY)]


def _one_of(words: Iterable[str]) -> Any:
    """A text that the JSON Schema lists; the values are the enumerations' own, so nothing is checked twice."""
    return {"enum": [str(word) for word in words]}


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _empty(value: object) -> bool:
    return not value


class SettlementState(_Closed):
    """One bill after all events. A refusal is `decided` with 0.00 and a reason."""

    layers: dict[str, Money] = Field(description="layer → amount in yuan, e.g. ordinary: 700.00")
    status: str = Field(
        description="decided | held | parked | needs_person | reversed", json_schema_extra=_one_of(BillState)
    )
    reason: str = Field(description="code of schemas.reasons.Reason", json_schema_extra=_one_of(Reason))
    clauses: list[str] = Field(description="clauses that shaped the amounts")
    region: str
    recovery: dict[str, dict[str, str]] = Field(
        default_factory=dict,
        description="money back that was not lapsed: pending | approved | waived | refused → layer → amount in yuan",
    )
    paid_upstream: dict[str, str] = Field(
        default_factory=dict,
        exclude_if=_empty,
        description="where the platform paid assistance itself: stated, counted (within the layers), beyond; in yuan",
    )
    mode: str | None = Field(None, exclude_if=_empty, description="shadow: nothing of it is payable")
    payable: dict[str, str] = Field(
        default_factory=dict, exclude_if=_empty, description="what we pay of the layers, where it is not all of them"
    )


class Recognition(_Closed):
    source_id: str
    identity: str
    revision: int
    recognised_on: str
    removed_on: str | None
    withdrawn: bool


class PersonState(_Closed):
    """One person after all events. `years` → year → measure → counter → amount in yuan."""

    settlements: dict[str, SettlementState]
    years: dict[str, dict[str, dict[str, Money]]]
    burdens: dict[str, Money] = Field(
        {}, description="what warnings and extracts count, in yuan: `year|measure|name`, or `name|measure|id`"
    )
    premium: dict[str, dict[str, object]] = Field(
        description="payment_id → what was recorded and decided: `status`, `reason`, `layers` (premium: the subsidy), "
        "`clauses`, `funding`; `no_decision` for somebody whom no measure knows"
    )
    admissions: dict[str, dict[str, object]]
    recognitions: list[Recognition]
    checkups: dict[str, dict[str, object]]
    flags: list[dict[str, object]]
    forwarded_to: str | None = Field(None, description="the person_key this one was merged into; null while it lives")


class Posting(_Closed):
    person_key: str
    region: str
    setl_id: str = Field(description="empty where it is not about a bill")
    subject: dict[str, str] | None = Field(None, description="what it is about where it is not about a bill")
    decision_id: str
    layer: str
    payee: str = Field(description="hospital | person | recovery | upstream | shadow", json_schema_extra=_one_of(Payee))
    kind: str = Field(description="settle | adjust | undo", json_schema_extra=_one_of(PostingKind))
    amount: str = Field(pattern=MONEY)
    pending: bool = Field(False, description="money back that waited for an officer's word when it was posted")


class HeldBill(_Closed):
    person_key: str
    region: str
    setl_id: str
    reason: str = Field(description="code of schemas.reasons.Reason", json_schema_extra=_one_of(Reason))


class Rejected(_Closed):
    """A line that became a dead letter. `line` counts from 1."""

    line: int
    topic: str
    reason: str = Field(description="code of schemas.reasons.RejectReason", json_schema_extra=_one_of(RejectReason))
    detail: str


class ReplayResult(_Closed):
    """The whole answer of one replay."""

    persons: dict[str, PersonState] = Field(description="person_key → state")
    alerts: list[dict[str, object]]
    tasks: list[dict[str, object]] = Field(description="every task with its state: open | closed")
    postings: list[Posting]
    held: list[HeldBill]
    rejected: list[Rejected]
    counts: dict[str, int] = Field(description="lines, journal records, decisions, dead letters, and outcomes by code")
