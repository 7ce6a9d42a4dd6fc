"""From what the ledger said to what a caller is told: the answer, the promise of one, or a conflict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from schemas.events.header import Fields
from schemas.http.problem import ProblemType
from schemas.http.sentences import ON_ITS_WAY, REASONS, of_answer, of_trial
from schemas.http.settlement import OnItsWay, SettlementAnswer
from schemas.http.trial import TrialAnswer
from schemas.money import fen_of, text_of
from schemas.outputs.decision import BillState, Outcome
from workers.gateway.answers import Place
from workers.gateway.bills import BillKey, State
from workers.gateway.problems import ProblemError


class Told(NamedTuple):
    """One answer of the window. `body` is None-free when it is written out."""

    status: int
    body: Fields
    location: str | None = None


def sum_of(layers: Mapping[str, str]) -> str:
    """All layers together, in yuan."""
    return text_of(sum(map(fen_of, layers.values())))


def location_of(region: str, setl_id: str) -> str:
    """Where a settlement is asked for; its number has only characters that stand in an address as they are."""
    return f"/v1/settlements/{region}/{setl_id}"


def answered(body: Mapping[str, Any], region: str, place: Place) -> Told:
    """The answer of the ledger to a request; ProblemError(conflict) where it contradicts what is stored."""
    bill = body.get("bill") or {}
    layers = body.get("layers") or {}
    ids = body.get("decision_ids") or []
    decision_id = body.get("decision_id") or (ids[0] if len(ids) == 1 else None)
    if body["outcome"] == Outcome.CONFLICT.value:
        raise ProblemError(
            ProblemType.CONFLICT,
            region=region, setl_id=bill.get("setl_id"), decision_id=decision_id, layers=layers or None,
            payable=body.get("payable"),
        )  # fmt: skip
    state = State(body.get("status"), body.get("reason"), layers, body.get("payable"), decision_id)
    return Told(200, _answer((region, bill.get("setl_id")), body["outcome"], state, place))


def stored(key: BillKey, state: State) -> Told:
    """What is stored of a settlement, for a query."""
    return Told(200, _answer(key, None, state, None))


def _answer(key: tuple[str, str | None], outcome: str | None, state: State, place: Place | None) -> SettlementAnswer:
    assistance = sum_of(state.layers if state.payable is None else state.payable)
    status, reason = state.status, state.reason
    sentence = of_answer(
        None if outcome is None else Outcome(outcome),
        None if status is None else BillState(status),
        None if reason is None else REASONS[reason],
        assistance,
    )
    fields = {
        "region": key[0], "setl_id": key[1], "outcome": outcome, "status": status, "reason": reason,
        "sentence": sentence, "assistance": assistance, "layers": state.layers, "payable": state.payable,
        "decision_id": state.decision_id, "recorded": _place(place),
    }  # fmt: skip
    return SettlementAnswer.model_validate_json(orjson.dumps(fields))


def on_its_way(region: str, setl_id: str | None, place: Place | None) -> Told:
    """202: recorded, and where the answer will be."""
    location = None if setl_id is None else location_of(region, setl_id)
    fields = {
        "region": region, "setl_id": setl_id, "sentence": ON_ITS_WAY, "location": location, "recorded": _place(place),
    }  # fmt: skip
    return Told(202, OnItsWay.model_validate_json(orjson.dumps(fields)), location)


def quoted(body: Mapping[str, Any], region: str, setl_id: str) -> Told:
    """The answer to a trial."""
    payable = body.get("payable")
    assistance = sum_of(body["layers"] if payable is None else payable)
    same = (
        "quote_id",
        "status",
        "reason",
        "layers",
        "payable",
        "figures",
        "clauses",
        "questions",
        "receipt",
        "position",
    )
    fields = {name: body[name] for name in same if name in body}
    fields |= {
        "region": region, "setl_id": setl_id, "assistance": assistance,
        "sentence": of_trial(REASONS[body["reason"]], assistance),
    }  # fmt: skip
    return Told(200, TrialAnswer.model_validate_json(orjson.dumps(fields)))


def _place(place: Place | None) -> dict[str, int] | None:
    return None if place is None else {"partition": place[0], "offset": place[1]}
