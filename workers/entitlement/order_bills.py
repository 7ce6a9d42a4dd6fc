"""Orders about one bill: which body stands, amounts, what people found, fraud, and money back.

Each is answered `stale` where the bill is not any more what the officer had before him, `no_effect` where the order
says nothing that could act, else `applied`. Amounts never exceed what the person paid.
"""

from __future__ import annotations

from typing import Any

from schemas.reasons import Reason
from workers.entitlement.conflict import in_conflict, keep_digest
from workers.entitlement.judge import REVERSED
from workers.entitlement.known import bill_facts
from workers.entitlement.office import own_payment, pending, word
from workers.entitlement.outcome import Code
from workers.entitlement.records import Order
from workers.entitlement.recoveries import by_decision, recovery, rule_grant, was_decision
from workers.entitlement.rulings import APPROVED, MANUAL, REFUSED
from workers.entitlement.settle import settle
from workers.entitlement.shadow import end_task, watched, would_pay
from workers.entitlement.shadow_grants import release as release_grant
from workers.entitlement.state import Bill
from workers.entitlement.turn import Turn

Answer = tuple[Code, Bill | None]

_WAITS_FOR_FACT = ("held", "fact_missing")
_NEEDS_PERSON = "needs_person"


def resolve(turn: Turn, record: Order) -> Answer:
    """Keep one of the contradicting bodies; a digest that is not among them any more makes the order stale."""
    bill = named(turn, record)
    if bill is None or not in_conflict(bill):
        return "no_effect", bill
    if record.keep_digest != bill.digest and record.keep_digest not in bill.rivals:
        return "stale", bill
    changes = keep_digest(turn, bill, str(record.keep_digest))
    turn.keep(bill)
    if changes:
        settle(turn, own=bill.key)
    return "applied", turn.again(bill)


def decide(turn: Turn, record: Order) -> Answer:
    """A bill that the law leaves to a person: an officer's amounts, or the facts with which the law decides itself."""
    bill = named(turn, record)
    if bill is None:
        return "no_effect", None
    by_fact = record.amounts is None
    waits = bill.status == _NEEDS_PERSON or (by_fact and (bill.status, bill.reason) == _WAITS_FOR_FACT)
    if not waits or outdated(turn, bill, record):
        return "stale", bill
    return rule_bill(turn, bill, record)


def rule_bill(turn: Turn, bill: Bill, record: Order, **also: Any) -> Answer:
    """Put an officer's amounts or findings on the bill and decide; no effect where the order says nothing new."""
    says: dict[str, Any] = dict(also)
    if record.amounts is not None:
        if not _fits(turn, bill, record.amounts):
            return "no_effect", bill
        says["layers"] = dict(record.amounts)
        if bill.reason == Reason.YEAR_CLOSED:  # the law would decide it, had it come in time
            says["corrects"] = True
    if record.found:
        says["found"] = {**(bill.ordered or {}).get("found", {}), **record.found}
    if says == also or all((bill.ordered or {}).get(name) == value for name, value in says.items()):
        return "no_effect", bill
    return _ruled(turn, bill, record, says)


def exclude(turn: Turn, record: Order) -> Answer:
    """A finding that takes the bill out of assistance (JY-8.1b–e); with `refused` the finding is taken back."""
    bill = named(turn, record)
    if bill is None:
        return "no_effect", None
    if bill.status == REVERSED or outdated(turn, bill, record):
        return "stale", bill
    standing = bill.said.get("exclusion")
    found = dict((bill.ordered or {}).get("found", {}))
    if record.approval == REFUSED:
        if standing != record.exclusion:
            return "no_effect", bill
        found |= {"exclusion": None, "exclusion_fact": None}
    elif standing == record.exclusion:
        return "no_effect", bill
    else:
        found |= {"exclusion": record.exclusion, "exclusion_fact": record.order_id}
    return _ruled(turn, bill, record, {"found": found})


def fraud(turn: Turn, record: Order) -> Answer:
    """Money back of a bill obtained by fraud (LZ-23c), ordered at once; with `refused` the finding is taken back."""
    bill = named(turn, record)
    if bill is None:
        return "no_effect", None
    if bill.status == REVERSED or outdated(turn, bill, record):
        return "stale", bill
    found, lifts = "fraud" in (bill.ordered or {}), record.approval == REFUSED
    if found != lifts:
        return "no_effect", bill
    if lifts:
        word(bill).pop("fraud")
    return _ruled(turn, bill, record, {} if lifts else {"fraud": record.order_id})


def insured_place(turn: Turn, record: Order) -> Answer:
    """The place whose measure holds for a manual claim (records.md §6)."""
    bill = named(turn, record)
    if bill is None or bill.facts.get("channel") != MANUAL or bill.said["county"] == record.county:
        return "no_effect", bill
    if bill.status == REVERSED or outdated(turn, bill, record):
        return "stale", bill
    found = {**(bill.ordered or {}).get("found", {}), "county": record.county}
    return _ruled(turn, bill, record, {"found": found})


def recover(turn: Turn, record: Order) -> Answer:
    """The word on money back that waits: approved, waived or refused. The decision itself stands."""
    if record.decision_id is None:
        return "no_effect", None
    bill = by_decision(turn, record.decision_id)
    if bill is None:
        done = rule_grant(turn, record.decision_id, str(record.approval), record.order_id)
        if done is not None:
            return ("applied" if done else "no_effect"), None
        return ("stale" if was_decision(turn, record.decision_id) else "no_effect"), None
    if record.setl_id not in (None, bill.key[1]) or not pending(bill):
        return "no_effect", bill
    _remember(bill, record)
    recovery(turn, bill, str(record.approval))
    return "applied", bill


def release(turn: Turn, record: Order) -> Answer:
    """What was decided in shadow: from now on we pay what the platform has not (`approved`), or it stays. A grant is
    named by its decision alone.

    No effect while the region itself is in shadow, on a bill that is payable, or where nobody has to say anything.
    """
    if record.setl_id is None:
        code = release_grant(turn, record)
        if code == "applied":
            settle(turn)
        return code, None
    bill = named(turn, record)
    if bill is None or not bill.shadow or not watched(turn, bill):
        return "no_effect", bill
    if bill.status == REVERSED or outdated(turn, bill, record):
        return "stale", bill
    if record.approval == APPROVED:
        if not would_pay(bill):  # nothing is left to pay: the bill stays what it is, and asks when that changes
            return "no_effect", bill
        bill.shadow = False
        return _ruled(turn, bill, record, {})
    if not end_task(turn, bill):
        return "no_effect", bill
    _remember(bill, record)
    turn.keep(bill)
    return "applied", bill


def named(turn: Turn, record: Order) -> Bill | None:
    """The bill that an order names."""
    if record.region is None or record.setl_id is None:
        return None
    return turn.bill((record.region, record.setl_id))


def outdated(turn: Turn, bill: Bill, record: Order) -> bool:
    """The officer had another body or another decision of the bill before him."""
    if record.keep_digest not in (None, bill.digest):
        return True
    return record.decision_id is not None and (bill.decision is None or record.decision_id != bill.decision["id"])


def _ruled(turn: Turn, bill: Bill, record: Order, says: dict[str, Any]) -> Answer:
    word(bill).update(says)
    _remember(bill, record)
    turn.keep(bill)
    settle(turn)
    return "applied", turn.again(bill)


def _remember(bill: Bill, record: Order) -> None:
    word(bill).setdefault("orders", []).append(record.order_id)


def _fits(turn: Turn, bill: Bill, amounts: dict[str, int]) -> bool:
    """Only layers that the law lets an officer lay down, and never above what the person paid."""
    if turn.in_force is None or sum(amounts.values()) > own_payment(bill):
        return False
    laid = turn.in_force.law.ordered(bill_facts(bill.said), turn.known, {}, amounts).layers
    return all(laid.get(layer, 0) for layer, amount in amounts.items() if amount)
