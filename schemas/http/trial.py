"""The trial (预结算): what the bill would get now. Information, outside the guarantee; the answer of a settle binds."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field

from schemas.events.header import Fields
from schemas.events.settlement import BillFields
from schemas.events.words import ClauseId, Division, Id
from schemas.http.settlement import Sentence
from schemas.money import Yuan
from schemas.outputs.decision import BillState
from schemas.outputs.parts import Amounts, Figures, Receipt
from schemas.outputs.quote import Position
from schemas.reasons import Reason


class TrialRequest(BillFields):
    """The bill as it would be settled; `setl_id` is the trial's own number. Unknown fields are passed over."""

    model_config = ConfigDict(extra="ignore")

    region: Division
    psn_no: Id


class TrialAnswer(Fields):
    """What the bill would get, from what was committed at `position`."""

    model_config = ConfigDict(extra="forbid")

    quote_id: Id
    region: Division
    setl_id: Id
    status: BillState
    reason: Reason
    sentence: Sentence
    assistance: Yuan = Field(description="what the fund would pay through us (maf_pay): `payable`, else `layers`")
    layers: Amounts
    payable: Amounts | None = Field(None, description="what we would pay of the layers; absent: all of them")
    figures: Figures
    clauses: Annotated[tuple[ClauseId, ...], Field(max_length=64)] = ()
    questions: Annotated[tuple[ClauseId, ...], Field(max_length=64)] = ()
    receipt: Receipt
    position: Position
