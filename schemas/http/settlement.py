"""Settle, cancel, reverse, reinstate, query: what a hospital sends is the feed's event, what it gets is one answer."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field

from schemas.events.header import Fields
from schemas.events.words import Count, DecisionId, Division, Id
from schemas.money import Yuan
from schemas.outputs.decision import BillState, Outcome
from schemas.outputs.parts import Amounts
from schemas.reasons import Reason

Sentence = Annotated[str, Field(max_length=256, description="what the clerk reads aloud, Chinese")]
Location = Annotated[str, Field(max_length=256, description="where the answer will be: GET it")]


class Recorded(Fields):
    """Where the request stands in the journal: proof that it was recorded."""

    model_config = ConfigDict(extra="forbid")

    partition: Count
    offset: Count


class SettlementAnswer(Fields):
    """The binding answer. A retry gets the same `decision_id`, `status`, `reason` and `layers`, outcome `repeat`."""

    model_config = ConfigDict(extra="forbid")

    region: Division
    setl_id: Id | None = Field(None, description="absent where a reversal waits for a settlement that is not known yet")
    outcome: Outcome | None = Field(None, description="what became of this request; absent in the answer to a query")
    status: BillState | None = Field(None, description="where the bill stands")
    reason: Reason | None = None
    sentence: Sentence
    assistance: Yuan = Field(
        description="what the fund pays of this bill through us (maf_pay): `payable`, else `layers`"
    )
    layers: Amounts = Field(default_factory=dict)
    payable: Amounts | None = Field(None, description="what we pay of the layers; absent: all of them")
    decision_id: DecisionId | None = Field(None, description="absent where nothing was decided yet: held, parked")
    recorded: Recorded | None = Field(None, description="place of this request in the journal")


class OnItsWay(Fields):
    """202: the request is recorded for ever and will be decided; the answer did not come before the deadline."""

    model_config = ConfigDict(extra="forbid")

    region: Division
    setl_id: Id | None = None
    sentence: Sentence
    location: Location | None = None
    recorded: Recorded | None = None
