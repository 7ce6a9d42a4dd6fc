"""What a cancel says besides its bill: the amounts it gives back, and the message it came by (A8, 2601 of a cancel)."""

from __future__ import annotations

from workers.entitlement.records import Stated
from workers.entitlement.state import Bill, bill_name
from workers.entitlement.turn import Turn

CANCEL_DIFFERS = "cancel_differs"
MESSAGES_MAX = 200
"""Message numbers of cancels remembered for one bill; a reversal by a later one waits and becomes a task."""


def differs(bill: Bill, gives_back: Stated | None) -> bool:
    """Whether a cancel gives back another amount than the bill states: then it may be meant for another bill."""
    if gives_back is None:
        return False
    return any(bill.facts.get(name, fen) != fen for name, fen in gives_back.items())


def ask_about(turn: Turn, bill: Bill) -> None:
    """A person looks at the cancel that does not fit, unless the bill was taken back by one that does."""
    if not bill.cancelled and bill.reversed_by is None:
        turn.open_task(CANCEL_DIFFERS, bill_name(bill.key), bill.key, {})


def no_longer_asked(turn: Turn, bill: Bill) -> None:
    """The bill was taken back properly."""
    turn.close_task(CANCEL_DIFFERS, bill_name(bill.key), "cause_gone")


def note_message(bill: Bill, own_id: str, msgid: str | None) -> bool:
    """Remember the message a cancel came by; True if it is news."""
    if msgid is None or msgid == own_id or msgid in bill.cancel_msgids or len(bill.cancel_msgids) >= MESSAGES_MAX:
        return False
    bill.cancel_msgids[msgid] = own_id
    return True
