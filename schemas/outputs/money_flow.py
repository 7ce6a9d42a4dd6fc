"""`payment.instructed`, `fund.allocated`, `clearing.stated`: the money beyond the ledger."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from schemas.events.header import Output
from schemas.events.words import Count, Day, DecisionId, Division, Id, MonthText, PersonKey, Sequence, Word
from schemas.money import SignedYuan, Yuan
from schemas.outputs.decision import Payee
from schemas.outputs.parts import Part

DecisionIds = Annotated[tuple[DecisionId, ...], Field(min_length=1, max_length=1000)]


class PaymentInstructed(Output):
    """One instruction to pay or to recover; the bank's answer names `payment_id`."""

    type: Literal["payment.instructed"]
    payment_id: Id
    number: Sequence = Field(description="gap-free per pool")
    pool: Id
    county: Division
    payee: Payee
    person_key: PersonKey | None = None
    institution_code: Id | None = None
    fund: Word
    amount: SignedYuan
    due_on: Day
    decision_ids: DecisionIds


class Share(Part):
    """What one fund bears; `unfunded` waits for money."""

    fund: Word
    amount: SignedYuan


class FundAllocated(Output):
    """A numbered allocation of one decision's money against the balances of a pool."""

    type: Literal["fund.allocated"]
    allocation_id: Id
    number: Sequence = Field(description="gap-free per pool")
    pool: Id
    county: Division
    decision_id: DecisionId
    person_key: PersonKey
    shares: Annotated[tuple[Share, ...], Field(min_length=1, max_length=16)]
    unfunded: Yuan


class ClearingStated(Output):
    """The monthly statement of one hospital: what it advanced and what came back."""

    type: Literal["clearing.stated"]
    clearing_id: Id
    pool: Id
    county: Division
    institution_code: Id
    month: MonthText
    bills: Count
    settled: SignedYuan
    undone: SignedYuan
    total: SignedYuan
