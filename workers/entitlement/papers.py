"""Tasks of applications: what a person filed and only an officer can answer (QN-4.2c, JY-5.2.2, LZ-15a, b, 申诉).

A pure function of the facts says which task an application wants; whatever changed, the open tasks are brought to that.
"""

from __future__ import annotations

from typing import Any

from workers.entitlement.rulings import (
    ELSEWHERE,
    MANUAL,
    MANUAL_CLAIM,
    OBJECTION,
    PROOF,
    RECOGNITION,
    Body,
    listed,
    ruling_of,
    state_of,
)
from workers.entitlement.state import Bill
from workers.entitlement.turn import Turn

APPLICATION = "application"
KINDS = frozenset({APPLICATION, MANUAL_CLAIM, OBJECTION})
"""Kinds of tasks about applications; their subject is `applications|<key>`."""
_SETL_IDS_SHOWN = 6


def follow_papers(turn: Turn) -> None:
    """Open and close tasks until each application has the one it wants."""
    for key in sorted(turn.revised.applications):
        follow_paper(turn, key)


def follow_paper(turn: Turn, key: str) -> None:
    """Open or close the task of one application."""
    subject = f"applications|{key}"
    entry = turn.revised.applications[key]
    kind = _wanted(turn, key, entry["body"])
    for task_id, task in list(turn.facts.tasks.items()):
        if task["subject"] == subject and task["kind"] in KINDS and task["kind"] != kind:
            turn.close_task_id(task_id, turn.because)
    if kind is not None and turn.task(kind, subject) is None:
        turn.open_task(kind, subject, None, _facts(turn, key, entry))


def claimed(turn: Turn, bill: Bill) -> None:
    """A bill has come that somebody may have claimed by hand: then the claim needs nobody any more."""
    if bill.facts.get("channel") == MANUAL and any(task["kind"] == MANUAL_CLAIM for task in turn.facts.tasks.values()):
        follow_papers(turn)


def _wanted(turn: Turn, key: str, body: Body) -> str | None:
    """The kind of task that the application wants now."""
    known, kind = turn.revised, body["kind"]
    if body.get("withdrawn") or state_of(known, key, body) is not None:
        return None
    if kind == RECOGNITION:
        return None if listed(known, body) else APPLICATION
    if kind == ELSEWHERE:
        proved = body.get("not_assisted_proof") is not None or ruling_of(known, PROOF, key, body) is not None
        return None if proved else APPLICATION
    if kind == MANUAL_CLAIM:
        return None if _all_came(turn, key, body) else MANUAL_CLAIM
    return OBJECTION if kind == OBJECTION else None


def _all_came(turn: Turn, key: str, body: Body) -> bool:
    region = key.partition("|")[0]
    bills = [turn.bill((region, setl_id)) for setl_id in body["setl_ids"]]
    return bool(bills) and all(bill is not None and bill.facts.get("channel") == MANUAL for bill in bills)


def _facts(turn: Turn, key: str, entry: dict[str, Any]) -> dict[str, Any]:
    """What the officer sees: codes, dates and numbers of papers, nothing of the person."""
    body = entry["body"]
    facts = {
        "region": key.partition("|")[0],
        "application_id": body["application_id"],
        "asks": body["kind"],
        "applied_on": body["applied_on"],
        "revision": entry["revision"],
    }
    if body.get("identity") is not None:
        facts["identity"] = body["identity"]
    if body["kind"] == ELSEWHERE:
        facts["wants"] = "not_assisted_proof"
    named = body.get("setl_ids", [])
    if named:
        facts |= {"bills": len(named), "setl_ids": ",".join(named[:_SETL_IDS_SHOWN])[:128]}
    if body["kind"] == OBJECTION and named:
        bill = turn.bill((key.partition("|")[0], named[0]))
        if bill is not None and bill.decision is not None:
            facts["decision_id"] = bill.decision["id"]
    return facts
