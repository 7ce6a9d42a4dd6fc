"""What a cancel says besides its bill: the amounts it gives back, and the message it came by (A8, 2601 of a cancel)."""

from __future__ import annotations

from hashlib import sha256

from workers.entitlement.records import Stated
from workers.entitlement.state import Bill, bill_name
from workers.entitlement.turn import Turn

CANCEL_DIFFERS = "cancel_differs"
CARRIED_MAX = 8
"""Sources of one bill whose payments are remembered by a mark; a further one is not compared."""
MESSAGES_MAX = 200
"""Message numbers of cancels remembered for one bill; a reversal by a later one waits and becomes a task."""


def differs(bill: Bill, gives_back: Stated | None, carried: str | None) -> bool:
    """Whether a cancel gives back another amount than the bill states: then it may be meant for another bill.

    `carried` is the mark of the payments that are only carried (`carried_mark`): it must be that of one of the sources.
    """
    if carried is not None and bill.carried and carried not in bill.carried:
        return True
    return any(bill.facts.get(name, fen) != fen for name, fen in (gives_back or {}).items())


def carried_mark(amounts: tuple[int | None, ...]) -> str | None:
    """A short mark of amounts (fen) in a fixed order, for telling whether two are alike; None where one is not stated.

    The payments of the single funds decide nothing, so the state of a bill keeps this instead of a dozen amounts.
    """
    return None if None in amounts else sha256(repr(amounts).encode()).hexdigest()[:16]


def ask_about(turn: Turn, bill: Bill) -> None:
    """A person looks at the cancel that does not fit, unless the bill was taken back by one that does."""
    if not bill.cancelled and bill.reversed_by is None:
        turn.open_task(CANCEL_DIFFERS, bill_name(bill.key), bill.key, {})


def no_longer_asked(turn: Turn, bill: Bill) -> None:
    """The bill was taken back properly."""
    turn.close_task(CANCEL_DIFFERS, bill_name(bill.key), "cause_gone")


def note_carried(bill: Bill, carried: str | None) -> bool:
    """Remember what a source says of the carried payments; True if it is news."""
    if carried is None or carried in bill.carried or len(bill.carried) >= CARRIED_MAX:
        return False
    bill.carried.append(carried)
    return True


def same_cancel(bill: Bill, own_id: str, msgid: str | None) -> str | None:
    """The name under which this cancel is known: a gateway calls it by its message, the platform by its own number."""
    return bill.cancel_named(own_id) or (msgid if msgid in bill.cancels else None)


def take_cancel(bill: Bill, own_id: str, msgid: str | None) -> bool:
    """Remember a cancel under its names; True if one of them is news. Its own number outranks that of its message."""
    known = same_cancel(bill, own_id, msgid)
    if known is None:
        bill.cancels[own_id] = None
    elif bill.cancel_named(own_id) is None:
        bill.cancels[own_id] = bill.cancels.pop(known)
        bill.cancel_msgids = {name: own_id if own == known else own for name, own in bill.cancel_msgids.items()}
        bill.cancel_msgids[known] = own_id
        return True
    return note_message(bill, bill.cancel_named(own_id) or own_id, msgid) or known is None


def note_message(bill: Bill, own_id: str, msgid: str | None) -> bool:
    """Remember the message a cancel came by; True if it is news."""
    if msgid is None or msgid == own_id or msgid in bill.cancel_msgids or len(bill.cancel_msgids) >= MESSAGES_MAX:
        return False
    bill.cancel_msgids[msgid] = own_id
    return True
