"""`payment.reported`: what the bank or the treasury did with an instruction."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from schemas.events.header import FeedEvent, Fields
from schemas.events.words import Day, DecisionId, Id, Revision
from schemas.money import Yuan


class PaymentResult(StrEnum):
    PAID = "paid"
    FAILED = "failed"
    RETURNED = "returned"


class PaymentFields(Fields):
    """One receipt; the highest revision wins."""

    payment_id: Id
    revision: Revision
    decision_ids: Annotated[tuple[DecisionId, ...], Field(min_length=1, max_length=1000)]
    result: PaymentResult
    paid_on: Day
    amount: Yuan


class PaymentReported(FeedEvent, PaymentFields):
    type: Literal["payment.reported"]
