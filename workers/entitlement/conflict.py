"""The end of a contradiction: by a cancel (and a new id) or by an office order that names the digest to keep."""

from __future__ import annotations

from typing import Literal

from workers.entitlement.cancels import no_longer_asked
from workers.entitlement.state import Bill, bill_name
from workers.entitlement.turn import Turn

CONFLICT = "conflict"
RIVALS_MAX = 8
"""Contradicting bodies kept for one bill. Those already judged make room; a ninth unjudged one is only answered."""


def in_conflict(bill: Bill) -> bool:
    """Some contradicting body still waits for a word."""
    return any(not rival["settled"] for rival in bill.rivals.values())


def room_for_rival(bill: Bill) -> bool:
    """Make room for one more contradicting body; False where all that are kept still wait for a word."""
    if len(bill.rivals) < RIVALS_MAX:
        return True
    oldest_settled = next((digest for digest, rival in bill.rivals.items() if rival["settled"]), None)
    if oldest_settled is not None:
        del bill.rivals[oldest_settled]
    return oldest_settled is not None


def end_conflict(turn: Turn, bill: Bill, because: Literal["order", "cause_gone"]) -> None:
    """Every rival is settled and the task closed. The caller keeps the bill."""
    for rival in bill.rivals.values():
        rival["settled"] = True
    turn.close_task(CONFLICT, bill_name(bill.key), because)


def taken_back(turn: Turn, bill: Bill) -> None:
    """A cancel or reversal has reached the bill, by whatever way: nothing about it is disputed. The caller keeps it."""
    no_longer_asked(turn, bill)
    if in_conflict(bill):
        end_conflict(turn, bill, "cause_gone")


def keep_digest(turn: Turn, bill: Bill, digest: str) -> bool:
    """The body with this digest is the bill from now on; True if that changes the bill, which keeps its place.

    The channel is not in a digest: the first one stays, since it says who advanced the money.
    """
    changes = digest != bill.digest
    if changes:
        rival = bill.rivals.pop(digest)
        bill.rivals[bill.digest] = {"facts": bill.facts, "settled": True}
        channel = {"channel": bill.facts["channel"]} if "channel" in bill.facts else {}
        bill.facts = {**rival["facts"], **channel}
        bill.digest = digest
    end_conflict(turn, bill, "order")
    return changes
