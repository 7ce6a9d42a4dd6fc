"""`quote.requested`, `quote.answered`: the trial (预结算). Information, outside the guarantee."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from schemas.events.header import Output
from schemas.events.settlement import BillFields
from schemas.events.words import ClauseId, Count, Division, Id, Moment, PersonKey
from schemas.outputs.decision import BillState, StepEntry
from schemas.outputs.parts import Amounts, Figures, Part, Receipt
from schemas.reasons import Reason


class QuoteBill(BillFields):
    """The bill as it would be settled; `setl_id` is the trial's own number."""

    model_config = ConfigDict(extra="forbid")


class QuoteRequested(Output):
    """The gateway asks the owner of the person's partition."""

    type: Literal["quote.requested"]
    quote_id: Id
    person_key: PersonKey
    region: Division
    bill: QuoteBill
    asked_at: Moment


class Position(Part):
    """The committed journal position that the answer was computed from: next offset to fold."""

    incarnation: Id
    partition: Count
    offset: Count


class QuoteAnswered(Output):
    """What the bill would get now, from committed state only."""

    type: Literal["quote.answered"]
    quote_id: Id
    person_key: PersonKey
    status: BillState
    reason: Reason
    layers: Amounts
    payable: Amounts | None = Field(None, description="what we would pay of the layers; absent: all of them")
    figures: Figures
    clauses: Annotated[tuple[ClauseId, ...], Field(max_length=64)] = ()
    questions: Annotated[tuple[ClauseId, ...], Field(max_length=64)] = ()
    steps: Annotated[tuple[StepEntry, ...], Field(max_length=256)] = ()
    receipt: Receipt
    position: Position
