"""What officers ruled of one bill (`Bill.ordered`), and what of its money back still waits for their word. Fen.

Keys of `ordered`, each absent until an order says it: `orders` ids of the orders that spoke of the bill; `layers`
an officer's amounts, with `corrects` where they stand although the law decides (an answer to an objection); `found`
facts in place of the stated ones; `fraud` the order that found it (LZ-23c); `approved`, `waived`, `refused` money back
by layer; `held` the number of the adoption whose approval a recovery waits for.
"""

from __future__ import annotations

from typing import Any, Final, Protocol

from workers.entitlement.state import Bill, Layers

RECOVERY: Final = "recovery"
RULED: Final = ("approved", "waived", "refused")
_LEFT_WITH_PERSON: Final = ("waived", "refused")
_OWN_PAYMENT = ("in_scope_personal", "class_b_first_pay", "over_limit_price_pay", "out_of_scope")
_NOTHING: dict[str, Any] = {}


class Account(Protocol):
    """What was posted to whom and what officers ruled of it: a bill's, or that of a grant."""

    paid: dict[str, Layers]
    ordered: dict[str, Any] | None


def word(bill: Account) -> dict[str, Any]:
    """What officers ruled of the bill, to be added to. The caller keeps the bill."""
    if bill.ordered is None:
        bill.ordered = {}
    return bill.ordered


def read_word(bill: Account) -> dict[str, Any]:
    return _NOTHING if bill.ordered is None else bill.ordered


def own_payment(bill: Bill) -> int:
    """What the person paid of the bill, as far as it was stated."""
    return sum(bill.facts.get(name, 0) for name in _OWN_PAYMENT)


def outstanding(bill: Account) -> Layers:
    """Money back that was posted and did not lapse, by layer."""
    return {layer: -net for layer, net in bill.paid.get(RECOVERY, {}).items() if net < 0}


def pending(bill: Account) -> Layers:
    """Money back that no officer has ruled on yet, by layer."""
    ruled = read_word(bill)
    left = {
        layer: owed - sum(ruled.get(name, _NOTHING).get(layer, 0) for name in RULED)
        for layer, owed in outstanding(bill).items()
    }
    return {layer: owed for layer, owed in left.items() if owed > 0}


def rule(bill: Account, approval: str) -> Layers:
    """Note an officer's word on all that waits; what it was. The caller keeps the bill."""
    due = pending(bill)
    account = word(bill).setdefault(approval, {})
    for layer, amount in due.items():
        account[layer] = account.get(layer, 0) + amount
    word(bill).pop("held", None)
    return due


def set_off(bill: Account, layer: str, amount: int) -> int:
    """How much of a later payment the person has kept already, since an officer left money back with him."""
    taken = 0
    for name in _LEFT_WITH_PERSON:
        account = read_word(bill).get(name, _NOTHING)
        share = min(amount - taken, account.get(layer, 0), outstanding(bill).get(layer, 0) - taken)
        if share > 0:
            account[layer] -= share
            taken += share
    return taken
