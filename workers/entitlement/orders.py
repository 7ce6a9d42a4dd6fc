"""Office orders about one person, each with author, second signer and document: applied, stale or no effect.

The kinds that decide here: `conflict_resolved`, `needs_person`, `task_closed`. Others have no effect on a ledger yet.
"""

from __future__ import annotations

from workers.entitlement.conflict import CONFLICT, in_conflict, keep_digest
from workers.entitlement.decide import NEEDS_PERSON
from workers.entitlement.records import Order
from workers.entitlement.sameness import digest_of
from workers.entitlement.settle import settle
from workers.entitlement.state import REVISED, Bill
from workers.entitlement.turn import LIMIT, Turn

ORDERS_MAX = 500
"""Orders remembered for one person; a further one needs a person."""
_OWN_PAYMENT = ("in_scope_personal", "class_b_first_pay", "over_limit_price_pay", "out_of_scope")
_DECIDED_BY_BILL = (CONFLICT, NEEDS_PERSON)
"""Kinds of bill tasks that end only with a word on the bill, never by closing the task."""


def order(turn: Turn, record: Order) -> None:
    """Fold one order; what was applied is remembered by its id."""
    digest = digest_of(record.body or {})
    known = turn.facts.orders.get(record.order_id)
    if known is not None:
        _again(turn, record, known == digest)
        return
    if len(turn.facts.orders) >= ORDERS_MAX:
        turn.open_task(LIMIT, "orders", None, {"orders_max": ORDERS_MAX})
        turn.answer("needs_person")
        return
    if record.task_id is not None and record.task_id not in turn.facts.tasks:
        turn.answer("no_effect")
    elif record.kind == "conflict_resolved":
        _resolve(turn, record)
    elif record.kind == NEEDS_PERSON:
        _decide(turn, record)
    elif record.kind == "task_closed":
        _close(turn, record)
    else:
        turn.answer("no_effect")
    if turn.outcome.code == "applied":
        turn.facts.orders[record.order_id] = digest
        turn.changed = True


def _again(turn: Turn, record: Order, same: bool) -> None:
    if same:
        turn.answer("repeat")
        return
    turn.open_task(CONFLICT, f"order|{record.order_id}", None, {"fact": "order"})
    turn.answer("conflict")


def _resolve(turn: Turn, record: Order) -> None:
    """Keep one of the contradicting bodies; a digest that is not among them any more makes the order stale."""
    bill = _bill(turn, record)
    if bill is None or not in_conflict(bill):
        turn.answer("no_effect", bill)
    elif record.keep_digest != bill.digest and record.keep_digest not in bill.rivals:
        turn.answer("stale", bill)
    else:
        changes = keep_digest(turn, bill, str(record.keep_digest))
        turn.keep(bill)
        if changes:
            settle(turn, own=bill.key)
        turn.answer("applied", turn.again(bill))


def _decide(turn: Turn, record: Order) -> None:
    """An officer's amounts for a bill that the law leaves to a person, never above the person's own payment."""
    bill = _bill(turn, record)
    if bill is None:
        turn.answer("no_effect")
    elif bill.status != NEEDS_PERSON:
        turn.answer("stale", bill)
    elif record.amounts is None or sum(record.amounts.values()) > _own_payment(bill):
        turn.answer("no_effect", bill)
    else:
        bill.ordered = dict(record.amounts)
        turn.keep(bill)
        settle(turn)
        turn.answer("applied", turn.again(bill))


def _close(turn: Turn, record: Order) -> None:
    task = turn.facts.tasks[record.task_id] if record.task_id is not None else None
    if task is None or (task["kind"] in _DECIDED_BY_BILL and task["bill"] is not None):
        turn.answer("no_effect")
    elif record.fact_revision is not None and record.fact_revision < _revision_now(turn, task["subject"]):
        turn.answer("stale")
    else:
        turn.close_task_id(str(record.task_id), "order")
        turn.answer("applied")


def _revision_now(turn: Turn, subject: str) -> int:
    """Revision of the fact a task is about, 0 if it is about none."""
    group, _, key = subject.partition("|")
    facts = getattr(turn.revised, group) if group in REVISED else {}
    return int(facts[key]["revision"]) if key in facts else 0


def _bill(turn: Turn, record: Order) -> Bill | None:
    if record.region is None or record.setl_id is None:
        return None
    return turn.bill((record.region, record.setl_id))


def _own_payment(bill: Bill) -> int:
    """What the person paid of the bill, fen, as far as it was stated."""
    return sum(bill.facts.get(name, 0) for name in _OWN_PAYMENT)
