"""Orders about applications: approved or refused, a proof accepted or not, an objection upheld or corrected.

`stale`: the application was changed, withdrawn or answered since the officer read it. `no_effect`: there is no such
application, or the order says nothing about it.
"""

from __future__ import annotations

from typing import Any

from workers.entitlement.judge import REVERSED
from workers.entitlement.order_bills import Answer, named, outdated, rule_bill
from workers.entitlement.outcome import Code
from workers.entitlement.papers import follow_paper
from workers.entitlement.records import Order
from workers.entitlement.rulings import (
    APPROVED,
    ELSEWHERE,
    OBJECTION,
    PROOF,
    REFUSED,
    RULING,
    note_ruling,
    ruling_of,
    state_of,
)
from workers.entitlement.settle import settle
from workers.entitlement.turn import Turn

_ANSWERS = (APPROVED, REFUSED)


def approve(turn: Turn, record: Order) -> Answer:
    """Approve or refuse an application: a recognition, a manual claim, any other; not an objection.

    A ruling may be changed by an order of a later day, so that the newest counts in whatever order they come.
    """
    key, entry = _paper(turn, record)
    if entry is None or record.approval not in _ANSWERS or entry["body"]["kind"] == OBJECTION:
        return "no_effect", None
    refused = _outdated(turn, record, key, entry, changes=_changes(turn, record, key, entry["body"]))
    if refused is not None:
        return refused, None
    _rule(turn, RULING, key, record, approval=record.approval)
    return "applied", None


def prove(turn: Turn, record: Order) -> Answer:
    """Whether it is proved that the costs were not assisted elsewhere (LZ-15a, b)."""
    key, entry = _paper(turn, record)
    if entry is None or entry["body"]["kind"] != ELSEWHERE or record.not_assisted_proof is None:
        return "no_effect", None
    refused = _outdated(turn, record, key, entry)
    if refused is not None:
        return refused, None
    if entry["body"].get("not_assisted_proof") is not None or ruling_of(turn.revised, PROOF, key, entry["body"]):
        return "stale", None
    _rule(turn, PROOF, key, record, not_assisted=record.not_assisted_proof)
    return "applied", None


def answer_objection(turn: Turn, record: Order) -> Answer:
    """Uphold the decision (`refused`) or correct it (`approved`): by amounts, by what was found, or by other facts."""
    key, entry = _paper(turn, record)
    if entry is None or entry["body"]["kind"] != OBJECTION or record.approval not in _ANSWERS:
        return "no_effect", None
    refused = _outdated(turn, record, key, entry)
    if refused is not None:
        return refused, None
    corrects = record.approval == APPROVED and (record.amounts is not None or bool(record.found))
    if not corrects:
        if record.amounts is not None or record.found or (record.approval == APPROVED and record.setl_id is not None):
            return "no_effect", None  # upheld, and yet amounts; or a bill to be corrected, and not how
        _rule(turn, RULING, key, record, approval=record.approval)
        return "applied", None
    code, bill = _correct(turn, record, entry["body"])
    if code == "applied":
        _rule(turn, RULING, key, record, approval=record.approval)
    return code, bill


def _correct(turn: Turn, record: Order, body: dict[str, Any]) -> Answer:
    bill = named(turn, record)
    if bill is None or (body["setl_ids"] and record.setl_id not in body["setl_ids"]):
        return "no_effect", bill
    if bill.status == REVERSED or outdated(turn, bill, record):
        return "stale", bill
    return rule_bill(turn, bill, record, **({"corrects": True} if record.amounts is not None else {}))


def _paper(turn: Turn, record: Order) -> tuple[str, dict[str, Any] | None]:
    key = f"{record.region}|{record.application_id}"
    return key, turn.revised.applications.get(key)


def _changes(turn: Turn, record: Order, key: str, body: dict[str, Any]) -> bool:
    """The order says otherwise than one of an earlier day; a sender's own word is not changed by orders."""
    ruled = ruling_of(turn.revised, RULING, key, body)
    if ruled is None or body.get("approved_on") is not None or body.get("rejected_on") is not None:
        return False
    return bool(ruled["approval"] != record.approval and ruled["on"] < (record.ordered_on or ""))


def _outdated(turn: Turn, record: Order, key: str, entry: dict[str, Any], *, changes: bool = False) -> Code | None:
    """The application is not what the officer had before him; a revision that nobody sent is a mistake."""
    if record.fact_revision is not None and record.fact_revision > entry["revision"]:
        return "no_effect"
    changed = record.fact_revision is not None and record.fact_revision < entry["revision"]
    answered = state_of(turn.revised, key, entry["body"]) is not None and not changes
    return "stale" if changed or answered or entry["body"].get("withdrawn") else None


def _rule(turn: Turn, kind: str, key: str, record: Order, **says: Any) -> None:
    before = turn.known
    note_ruling(turn.revised, kind, key, record, **says)
    turn.keep_revised()
    turn.look = True
    follow_paper(turn, key)
    if turn.facts.bills and turn.in_force is not None and turn.known != before:
        settle(turn)
