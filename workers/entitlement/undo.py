"""Cancel, reverse and reinstate (records.md §4).

A bill is cancelled while some cancel of its set is not reinstated, so that the order of arrival does not matter. A
reversal of the bill is final; a reversal of a cancel reinstates. Who names nothing that is known waits (`parked`).
"""

from __future__ import annotations

from workers.entitlement.bills import answer_decided
from workers.entitlement.cancels import ask_about, differs, same_cancel, take_cancel
from workers.entitlement.closed import again, closed_bill
from workers.entitlement.conflict import taken_back
from workers.entitlement.parked import park, take_parked
from workers.entitlement.records import Cancel, Reinstate, Reverse
from workers.entitlement.settle import settle
from workers.entitlement.state import Bill, bill_name
from workers.entitlement.turn import LIMIT, Turn

CANCELS_MAX = 200
"""Cancels remembered for one bill; a further one needs a person."""


def cancel(turn: Turn, record: Cancel) -> None:
    """Fold a cancel: at most one of several takes the money back, all are remembered."""
    bill = turn.bill((record.region, record.setl_id))
    if bill is None:
        _wait(turn, record)
    elif differs(bill, record.gives_back, record.carried):
        ask_about(turn, bill)
        turn.answer("conflict", bill)
    elif same_cancel(bill, record.own_id, record.msgid) is not None:
        _cancelled_again(turn, bill, record)
    elif len(bill.cancels) >= CANCELS_MAX:
        turn.open_task(LIMIT, bill_name(bill.key), bill.key, {"cancels_max": CANCELS_MAX})
        turn.answer("needs_person", bill)
    else:
        take_cancel(bill, record.own_id, record.msgid)
        _taken(turn, bill)


def _cancelled_again(turn: Turn, bill: Bill, record: Cancel) -> None:
    """A retry or another source, perhaps with a number that a reversal has waited for."""
    if not take_cancel(bill, record.own_id, record.msgid):
        turn.answer("repeat", bill)
        return
    before = dict(bill.cancels)
    take_parked(turn, bill)
    turn.keep(bill)
    if bill.cancels == before:
        turn.answer("repeat", bill)
    else:
        settle(turn, own=bill.key)
        _answer(turn, bill)


def reverse(turn: Turn, record: Reverse) -> None:
    """Fold a 2601 reversal: of a bill, or of a cancel it names."""
    bill, cancel_own_id = _named(turn, record)
    if bill is None:
        _wait(turn, record)
    elif cancel_own_id is not None:
        _reinstate(turn, bill, cancel_own_id, record.reversal_id)
    elif bill.reversed_by is not None:
        turn.answer("repeat", bill)
    else:
        bill.reversed_by = record.reversal_id
        _taken(turn, bill)


def reinstate(turn: Turn, record: Reinstate) -> None:
    """Fold the undoing of a cancel; it waits for a bill or cancel that is not known yet."""
    bill = turn.bill((record.region, record.setl_id))
    cancel_own_id = None if bill is None else bill.cancel_named(record.cancel_own_id)
    if bill is None or cancel_own_id is None:
        _wait(turn, record)
    else:
        _reinstate(turn, bill, cancel_own_id, record.own_id)


def _wait(turn: Turn, record: Cancel | Reverse | Reinstate) -> None:
    """Nothing live has that name: a bill of a closed year is a person's matter, anything else may still come."""
    closed = None if record.setl_id is None else closed_bill(turn, (record.region, record.setl_id))
    if closed is None or record.setl_id is None:
        park(turn, record)
    else:
        again(turn, (record.region, record.setl_id), closed, None, type(record).__name__.lower())


def _taken(turn: Turn, bill: Bill) -> None:
    """A cancel or reversal was noted on the bill: take the money back, if that is news."""
    take_parked(turn, bill)
    taken_back(turn, bill)
    turn.keep(bill)
    settle(turn, own=bill.key)
    _answer(turn, bill)


def _reinstate(turn: Turn, bill: Bill, cancel_own_id: str, own_id: str) -> None:
    reinstated_by = bill.cancels[cancel_own_id]
    if reinstated_by is not None:
        turn.answer("repeat" if reinstated_by == own_id else "no_effect", bill)
        return
    bill.cancels[cancel_own_id] = own_id
    turn.keep(bill)
    settle(turn, own=bill.key)
    _answer(turn, bill)


def _answer(turn: Turn, before: Bill) -> None:
    """`no_effect` where the bill is what it was: a second cancel, a reinstatement beside another standing cancel.

    An answer of no effect stands beside no decision: where an adoption had not reached this person, it is `applied`.
    """
    bill = turn.again(before)
    if (bill.status, bill.reason) != (before.status, before.reason):
        answer_decided(turn, bill)
    elif turn.outcome.decisions:
        turn.answer("applied", bill)
    else:
        turn.answer("no_effect", bill)


def _named(turn: Turn, record: Reverse) -> tuple[Bill | None, str | None]:
    """The bill a reversal is about, and the own id of the cancel if it names one.

    `own_id` names a cancel; a number or message number names a bill before a cancel that has it as its own id.
    """
    if record.own_id is not None:
        return _by_cancel(turn, record.region, [record.own_id])
    if record.setl_id is not None:
        bill = turn.bill((record.region, record.setl_id))
        if bill is not None:
            return bill, None
    if record.msgid is not None:
        for bill in turn.bills():
            if bill.key[0] == record.region and record.msgid in bill.msgids:
                return bill, None
    return _by_cancel(turn, record.region, [name for name in (record.setl_id, record.msgid) if name is not None])


def _by_cancel(turn: Turn, region: str, names: list[str]) -> tuple[Bill | None, str | None]:
    for bill in turn.bills():
        for name in names:
            own_id = bill.cancel_named(name) if bill.key[0] == region else None
            if own_id is not None:
                return bill, own_id
    return None, None
