"""Tasks of money back: a −Δ becomes a recovery, and an officer approves, waives or refuses it (design §4).

What an adoption takes back waits for one word on the adoption as a whole (docs/adr/0006): then no task opens here.
"""

from __future__ import annotations

from typing import Any

import orjson

from schemas.money import text_of
from workers.entitlement import grant_account
from workers.entitlement.office import RECOVERY, pending, read_word, rule, word
from workers.entitlement.outcome import BillKey
from workers.entitlement.state import MATTERS, Bill, kept
from workers.entitlement.turn import DECIDED, Turn

EACH = "each"
"""The ruling on an adoption that leaves every recovery to an order of its own."""


def follow(turn: Turn, bill: Bill) -> None:
    """Open, renew or close the bill's task: it names the decision that stands and what waits. The caller keeps it."""
    if read_word(bill).get("fraud"):  # who found the fraud ordered the money back (LZ-23c)
        rule(bill, "approved")
    due, noted = pending(bill), _open_task(turn, bill.key)
    if due and turn.sweeping and noted is None:
        word(bill)["held"] = turn.adoption
    elif bill.ordered is not None:
        bill.ordered.pop("held", None)
    wanted = bool(due) and "held" not in read_word(bill)
    subject = f"{RECOVERY}|{bill.decision['id'] if bill.decision else ''}"
    if noted is not None and not (wanted and turn.facts.tasks[noted]["subject"] == subject):
        turn.close_task_id(noted, "cause_gone" if wanted else turn.because)
    if wanted:
        facts = {"decision_id": bill.decision["id"] if bill.decision else "", "amount": text_of(sum(due.values()))}
        paid = sum(bill.paid.get("person", {}).values())
        turn.open_task(RECOVERY, subject, bill.key, {**facts, "paid_to_person": text_of(paid), "reason": bill.reason})


def recovery(turn: Turn, bill: Bill, approval: str) -> None:
    """An officer's word on the bill's money back. Nothing is decided anew: the decision itself stands."""
    rule(bill, approval)
    follow(turn, bill)
    turn.keep(bill)


def rule_adoption(turn: Turn, number: int, approval: str) -> None:
    """The word on all that an adoption took back, for this person; `each` opens a task for every bill."""
    for name, raw in list(turn.packed.names()):
        if b'"held":%d' % number not in raw:
            continue
        if name == MATTERS:
            raised = orjson.loads(raw)
            _rule_grants(turn, raised, number, approval)
            turn.packed.put(MATTERS, kept(orjson.dumps(raised)))
        elif name.startswith("bill|"):
            bill = Bill.unpack(raw)
            if read_word(bill).get("held") == number:
                word(bill).pop("held")
                if approval != EACH:
                    rule(bill, approval)
                follow(turn, bill)
            _rule_grants(turn, bill.raised, number, approval)
            turn.keep(bill)


def _rule_grants(turn: Turn, raised: dict[str, Any], number: int, approval: str) -> None:
    for entry in raised.get("grants", {}).values():
        if grant_account.released(turn, entry, number):
            if approval == EACH:
                grant_account.follow(turn, entry)
            else:
                grant_account.ruled(turn, entry, approval)


def rule_grant(turn: Turn, decision_id: str, approval: str, order_id: str) -> bool | None:
    """An officer's word on money back of the grant that this decision is about; None where it is about none."""
    raw = turn.packed.get(MATTERS)
    if raw is not None and decision_id.encode() in raw:
        raised = orjson.loads(raw)
        for entry in raised.get("grants", {}).values():
            if entry["decision"] is not None and entry["decision"]["id"] == decision_id:
                done = grant_account.ruled(turn, entry, approval, order_id)
                turn.packed.put(MATTERS, kept(orjson.dumps(raised)))
                return done
    for bill in turn.bills():
        for entry in bill.raised.get("grants", {}).values():
            if entry["decision"] is not None and entry["decision"]["id"] == decision_id:
                done = grant_account.ruled(turn, entry, approval, order_id)
                turn.keep(bill)
                return done
    return None


def by_decision(turn: Turn, decision_id: str) -> Bill | None:
    """The bill whose newest decision this is."""
    return next((bill for bill in turn.bills() if bill.decision and bill.decision["id"] == decision_id), None)


def was_decision(turn: Turn, decision_id: str) -> bool:
    return turn.was(DECIDED, decision_id)


def _open_task(turn: Turn, key: BillKey) -> str | None:
    for task_id, task in turn.facts.tasks.items():
        if task["kind"] == RECOVERY and task["bill"] is not None and tuple(task["bill"]) == key:
            return str(task_id)
    return None
