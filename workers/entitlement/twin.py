"""One bill that was settled under two keys of one person: the first that arrived is the bill, the other says it again.

What both got is added up, so that the next decision takes back what was paid twice. An officer sees each such pair.
"""

from __future__ import annotations

from typing import Any

from workers.entitlement.cancels import take_cancel
from workers.entitlement.conflict import CONFLICT, room_for_rival
from workers.entitlement.office import RULED
from workers.entitlement.sameness import Sameness, bill_digest, compare, completed
from workers.entitlement.state import Bill, Layers, bill_name
from workers.entitlement.turn import Turn

SECOND_OWNER = "second_owner"


def united(turn: Turn, own: Bill, other: Bill) -> Bill:
    """The one bill of two; its accounts are the sums. The caller keeps and settles it."""
    bill, again = sorted((own, other), key=lambda each: each.arrival)
    _same_facts(turn, bill, again)
    bill.msgids += [msgid for msgid in again.msgids if msgid not in bill.msgids]
    _same_cancels(bill, again)
    bill.raised = {kind: {**again.raised.get(kind, {}), **bill.raised.get(kind, {})}
                   for kind in {**again.raised, **bill.raised}}  # fmt: skip
    bill.carried += [mark for mark in again.carried if mark not in bill.carried]
    bill.reversed_by = bill.reversed_by or again.reversed_by
    bill.ordered = _words(bill, again)
    _add_accounts(bill, again)
    turn.open_task(SECOND_OWNER, bill_name(bill.key), bill.key, {})
    return bill


def _same_cancels(bill: Bill, again: Bill) -> None:
    """Cancels of both; one that either knows by another name is one, and reinstated where either says so."""
    for own_id, reinstated_by in again.cancels.items():
        messages: list[str | None] = [msgid for msgid, own in again.cancel_msgids.items() if own == own_id]
        for msgid in messages or [None]:
            take_cancel(bill, own_id, msgid)
        named = bill.cancel_named(own_id) or own_id
        bill.cancels[named] = bill.cancels[named] or reinstated_by


def _same_facts(turn: Turn, bill: Bill, again: Bill) -> None:
    sameness = Sameness.SAME if bill.digest == again.digest else compare(bill.facts, again.facts)
    if sameness is Sameness.COMPLETES:
        bill.facts = completed(bill.facts, again.facts)
        bill.digest = bill_digest(bill.facts)
    bill.rivals = {**again.rivals, **bill.rivals}
    bill.rivals.pop(bill.digest, None)
    if sameness is Sameness.CONTRADICTS:
        if room_for_rival(bill):
            bill.rivals[again.digest] = {"facts": again.facts, "settled": False}
        turn.open_task(CONFLICT, bill_name(bill.key), bill.key, {"kept": bill.digest, "rival": again.digest})


def _words(bill: Bill, again: Bill) -> dict[str, Any] | None:
    """What officers ruled of either; money that was ruled on is added up, as the accounts are."""
    if bill.ordered is None or again.ordered is None:
        return again.ordered if bill.ordered is None else bill.ordered
    ruled = {name: _sum(bill.ordered.get(name, {}), again.ordered.get(name, {})) for name in RULED}
    orders = {"orders": [*bill.ordered.get("orders", []), *again.ordered.get("orders", [])]}
    words = {**again.ordered, **bill.ordered, **orders, **ruled}
    return {name: value for name, value in words.items() if value or name not in (*RULED, "orders")}


def _add_accounts(bill: Bill, again: Bill) -> None:
    bill.layers = _sum(bill.layers, again.layers)
    bill.paid = {payee: _sum(bill.paid.get(payee, {}), again.paid.get(payee, {})) for payee in _both(bill, again)}
    if bill.window is None or (bill.undone and not again.undone):
        bill.window, bill.undone = again.window, again.undone
    elif again.window is not None and not bill.undone and not again.undone:
        bill.window = _sum(bill.window, again.window)
    if bill.shadow is None or again.shadow is False:  # what was payable under one key stays to be recovered
        bill.shadow = again.shadow
    if bill.decision is None:
        bill.decision, bill.measure, bill.year = again.decision, again.measure, again.year
        bill.benefit_date, bill.status, bill.reason = again.benefit_date, again.status, again.reason


def _both(bill: Bill, again: Bill) -> list[str]:
    return [*bill.paid, *(payee for payee in again.paid if payee not in bill.paid)]


def _sum(one: Layers, two: Layers) -> Layers:
    return {name: one.get(name, 0) + two.get(name, 0) for name in [*one, *(name for name in two if name not in one)]}
