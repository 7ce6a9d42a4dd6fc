"""Who gets or gives back the difference between two decisions of one bill (docs/records.md §3, X-A8, design §4).

The hospital advanced the money at the window, so the first decision of a one-stop bill pays the hospital, a manual
claim pays the person. What changes later is not the hospital's doing: +Δ goes to the person (who paid at the window),
−Δ becomes a recovery that waits for an officer (`pending`). Only when its own bill was wrong — cancelled, reversed,
reinstated, corrected — does the hospital give back or get what it was paid, and the rest is between the fund and the
person.

Who advanced it is a fact of the bill (`advanced_by`; absent: as the channel says). Where the window was closed and the
person paid all, the first decision pays the person; where that is said after the hospital was paid, it is handed over.

What the platform paid itself is booked to `upstream` and to nobody else, in whole layers (`reported`) or in parts
(`workers.entitlement.upstream`): it has settled that. Only the rest of a layer goes to a payee.

Invariants, per layer: the postings of a decision sum to its delta; all postings of a bill sum to what it has now; the
hospital's net is never negative.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Final

from workers.entitlement.office import RECOVERY, pending, read_word, set_off
from workers.entitlement.outcome import NO_AMOUNTS, Payee, Posting
from workers.entitlement.state import Bill, Layers

PERSON: Final = "person"
TOLD: Final[tuple[Payee, ...]] = ("upstream", "shadow")
"""Accounts that say who has paid (`upstream`), or that nobody is to pay (`shadow`): never instructed."""
NOTHING_TOLD: Mapping[Payee, Mapping[str, int]] = MappingProxyType({})


class Why(Enum):
    """Whose doing a change is."""

    LAW_OR_FACTS = "law_or_facts"  # identity, rule, cap moved by another bill
    OWN_BILL = "own_bill"  # the sender corrected this bill


def post(
    bill: Bill,
    layers: Layers,
    *,
    taken_back: bool,
    decided: bool,
    why: Why,
    told: Mapping[Payee, Mapping[str, int]] = NOTHING_TOLD,
) -> tuple[Posting, ...]:
    """Post the way from `bill.layers` to `layers` and keep the bill's accounts (`paid`, `window`, `undone`).

    `told` says of which layers somebody else has paid how much, or nobody is to pay: the rest is ours.
    """
    if bill.paid.keys().isdisjoint(TOLD) and not (told and any(told.values())):
        return _post(bill, bill.layers, layers, taken_back, decided, why)
    before = {layer: amount - _told(bill, layer) for layer, amount in bill.layers.items()}
    says = [each for payee in TOLD for each in _tell(bill, payee, told.get(payee, NO_AMOUNTS), taken_back)]
    after = {layer: amount - _told(bill, layer) for layer, amount in layers.items()}
    return (*says, *_post(bill, before, after, taken_back, decided, why))


def payable(bill: Bill) -> Layers | None:
    """What of the bill we pay, by layer; None where it is all of the layers."""
    if not bill.paid or not any(any(bill.paid.get(payee, NO_AMOUNTS).values()) for payee in TOLD):
        return None
    return {layer: amount - _told(bill, layer) for layer, amount in bill.layers.items()}


def _told(bill: Bill, layer: str) -> int:
    """What of a layer stands in accounts that are told and never paid."""
    return sum(bill.paid.get(payee, NO_AMOUNTS).get(layer, 0) for payee in TOLD)


def _tell(bill: Bill, payee: Payee, layers: Mapping[str, int], taken_back: bool) -> tuple[Posting, ...]:
    """Bring an account that is only told to these amounts."""
    kind = "undo" if taken_back or bill.undone else "settle" if bill.window is None else "adjust"
    account = bill.paid.get(payee, NO_AMOUNTS)
    deltas = [(layer, layers.get(layer, 0) - account.get(layer, 0)) for layer in sorted({*layers, *account})]
    return tuple(_book(bill, layer, payee, kind, delta) for layer, delta in deltas if delta)


def _post(bill: Bill, before: Layers, layers: Layers, taken_back: bool, decided: bool, why: Why) -> tuple[Posting, ...]:
    if taken_back:
        return _undo(bill, before)
    if bill.undone:
        return _redo(bill, layers) if decided else ()
    if bill.window is None:
        return _first(bill, layers) if decided else ()
    return _handed_over(bill) + _adjust(bill, before, layers, why)


def _first(bill: Bill, layers: Layers) -> tuple[Posting, ...]:
    if not any(layers.values()):
        bill.window = {}
        return ()
    one_stop = _one_stop(bill)
    bill.window = {layer: amount for layer, amount in layers.items() if amount} if one_stop else {}
    payee: Payee = "hospital" if one_stop else "person"
    return tuple(_book(bill, layer, payee, "settle", amount) for layer, amount in layers.items() if amount)


def _undo(bill: Bill, before: Layers) -> tuple[Posting, ...]:
    """The hospital gives back all it has; what the person got beside it is recovered, or an open recovery lapses."""
    if bill.window is None or bill.undone:
        return ()
    bill.undone = True
    hospital = bill.paid.get("hospital", {})
    bill.window = {layer: amount for layer, amount in hospital.items() if amount}
    posted = []
    for layer in _union(before, hospital):
        amount, back = before.get(layer, 0), hospital.get(layer, 0)
        if back:
            posted.append(_book(bill, layer, "hospital", "undo", -back))
        if amount != back:
            posted.append(_book(bill, layer, "recovery", "undo", back - amount))
    return tuple(posted)


def _redo(bill: Bill, layers: Layers) -> tuple[Posting, ...]:
    """The hospital gets again what it advanced; the person's part returns: first out of what was to be recovered."""
    bill.undone = False
    window = bill.window or {}
    posted = []
    for layer in _union(layers, window):
        advanced = window.get(layer, 0)
        if advanced:
            posted.append(_book(bill, layer, "hospital", "undo", advanced))
        rest = layers.get(layer, 0) - advanced
        lapses = min(rest, -bill.paid.get("recovery", {}).get(layer, 0)) if rest > 0 else rest
        if lapses:
            posted.append(_book(bill, layer, "recovery", "undo", lapses))
        if rest != lapses:
            posted.append(_book(bill, layer, "person", "undo", rest - lapses))
    return tuple(posted)


def misplaced(bill: Bill) -> bool:
    """The hospital was paid what, as was said since, the person bore."""
    return bill.advanced_by == PERSON and any(bill.paid.get("hospital", NO_AMOUNTS).values())


def _handed_over(bill: Bill) -> tuple[Posting, ...]:
    """What the hospital holds goes to the person who bore it; nothing is paid twice, the layers stay."""
    if not misplaced(bill):
        return ()
    bill.window = {}
    posted = []
    for layer, amount in list(bill.paid["hospital"].items()):
        if amount:
            posted += [_book(bill, layer, "hospital", "adjust", -amount), _book(bill, layer, PERSON, "adjust", amount)]
    return tuple(posted)


def _adjust(bill: Bill, before: Layers, layers: Layers, why: Why) -> tuple[Posting, ...]:
    posted: list[Posting] = []
    to_hospital = why is Why.OWN_BILL and _one_stop(bill)
    for layer in _union(layers, before):
        delta = layers.get(layer, 0) - before.get(layer, 0)
        if to_hospital and delta:
            share = max(delta, -bill.paid.get("hospital", {}).get(layer, 0))
            if share:
                posted.append(_book(bill, layer, "hospital", "adjust", share))
            delta -= share
        if delta > 0:  # what an officer left with the person is not paid a second time
            kept = set_off(bill, layer, delta)
            if kept:
                posted.append(_book(bill, layer, "recovery", "adjust", kept))
            delta -= kept
        if delta:
            posted.append(_book(bill, layer, "person" if delta > 0 else "recovery", "adjust", delta))
    return tuple(posted)


def _book(bill: Bill, layer: str, payee: Payee, kind: str, amount: int) -> Posting:
    account = bill.paid.setdefault(payee, {})
    account[layer] = account.get(layer, 0) + amount
    waits = payee == RECOVERY and amount < 0 and "fraud" not in read_word(bill) and layer in pending(bill)
    return Posting(layer, payee, kind, amount, waits)  # type: ignore[arg-type]


def _one_stop(bill: Bill) -> bool:
    """The hospital deducted the assistance at the window: a one-stop bill's does, unless somebody said otherwise."""
    if bill.advanced_by is not None:
        return bill.advanced_by != PERSON
    return bool(bill.facts.get("channel", "one_stop") == "one_stop")


def _union(first: Layers, second: Layers) -> list[str]:
    return [*first, *(layer for layer in second if layer not in first)]
