"""Grants (premiums, check-ups) over the switch of a region from shadow to paying (docs/shadow.md, docs/adr/0014).

A grant of the shadow was the platform's to pay. Once the region pays, a grant that comes to differ from what was left
with the platform opens a task, as a bill does, and only an order (`shadow_bill` that names the decision) makes it
payable. No feed says what the platform paid of a grant: what was left with it counts as paid, unless the officer says
what we pay.

A grant keeps `left` (layers left with the platform), `release` (an officer's word that the next decision carries out)
and from then on `platform` (layers that the platform has paid), each absent while there is nothing to say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import orjson

from schemas.money import text_of
from workers.entitlement.modes import live_on, shadowed
from workers.entitlement.outcome import NO_AMOUNTS, Code, Posting
from workers.entitlement.records import Order
from workers.entitlement.rulings import APPROVED
from workers.entitlement.shadow import SHADOW_CHANGED
from workers.entitlement.state import MATTERS, Layers, kept
from workers.entitlement.turn import DECIDED, Turn

Kept = dict[str, Any]


def told(entry: Kept, layers: Layers) -> Layers:
    """What of these layers the platform has paid."""
    paid: Mapping[str, int] = entry.get("platform", NO_AMOUNTS)
    return {layer: min(amount, paid.get(layer, 0)) for layer, amount in layers.items()}


def stated_upstream(entry: Kept) -> Layers:
    """`paid_upstream` of the decision; empty where nothing is known to be paid by the platform."""
    if "platform" not in entry:
        return {}
    stated, counted = sum(entry["platform"].values()), sum(told(entry, entry["layers"]).values())
    return {"stated": stated, "counted": counted, "beyond": stated - counted}


def released_now(entry: Kept, before: Layers) -> tuple[Posting, ...]:
    """Carry out an officer's word on the layers that he saw: from `shadow` to the person, and to `upstream` what the
    platform has paid.
    """
    entry.pop("shadow")
    entry.pop("left", None)
    paid = {layer: amount for layer, amount in entry.pop("release").items() if amount}
    if paid:
        entry["platform"] = paid
    posted = []
    for layer, amount in before.items():
        covered = paid.get(layer, 0)
        parts = (("shadow", -amount), ("upstream", covered), ("person", amount - covered))
        posted += [Posting(layer, payee, "adjust", part) for payee, part in parts if part]  # type: ignore[arg-type]
    return tuple(posted)


def follow(turn: Turn, entry: Kept, before: Layers) -> None:
    """Open, renew or close the task about a grant of the shadow that is other than what was left with the platform."""
    now = _nonzero(entry["layers"])
    if now == _nonzero(before):
        return
    turn.close_task(SHADOW_CHANGED, _subject(entry), turn.because)
    if not _watched(turn, entry):
        _leave(entry)
    elif now and now != entry.get("left", {}):
        _open(turn, entry)


def look_after_switch(turn: Turn, region: str) -> None:
    """The region pays from now on: grants stated in shadow although the order takes them in need a word."""
    modes = {} if turn.in_force is None else turn.in_force.modes
    for entry, keep in _grants(turn):
        stated = entry["stated"]
        day = stated["benefit_date"]
        if stated["subject"][1] == region and "shadow" in entry and any(entry["layers"].values()):
            if not shadowed(modes, region, stated["county"], day, day):
                entry.pop("left", None)
                _open(turn, entry)
                keep()


def release(turn: Turn, record: Order) -> Code:
    """The word on a grant of the shadow: we pay what the platform has not (`approved`), or it stays with the platform.

    `amounts` say what we pay; without them it is what was not left with the platform. Never more than is granted. The
    decision that carries it out is made when the person is looked at anew: the caller settles.
    """
    found = next((pair for pair in _grants(turn) if _decision(pair[0]) == record.decision_id), None)
    if found is None:
        return "stale" if turn.was(DECIDED, str(record.decision_id)) else "no_effect"
    entry, keep = found
    if "shadow" not in entry or not _watched(turn, entry):
        return "no_effect"
    if record.approval != APPROVED:
        asked = turn.task(SHADOW_CHANGED, _subject(entry)) is not None
        turn.close_task(SHADOW_CHANGED, _subject(entry), turn.because)
        _leave(entry)
        keep()
        return "applied" if asked else "no_effect"
    pays = _ours(entry) if record.amounts is None else record.amounts
    layers: Layers = entry["layers"]
    if not sum(pays.values()) or any(not 0 <= amount <= layers.get(layer, 0) for layer, amount in pays.items()):
        return "no_effect"
    entry["release"] = {layer: amount - pays.get(layer, 0) for layer, amount in layers.items()}
    turn.close_task(SHADOW_CHANGED, _subject(entry), turn.because)
    keep()
    return "applied"


def _ours(entry: Kept) -> Layers:
    left: Layers = entry.get("left", {})
    return {layer: max(0, amount - left.get(layer, 0)) for layer, amount in entry["layers"].items()}


def _grants(turn: Turn) -> Iterator[tuple[Kept, Callable[[], None]]]:
    """Every grant of the person with what keeps it: of the person itself, and of each bill."""
    raw = turn.packed.get(MATTERS)
    if raw is not None:
        raised = orjson.loads(raw)
        for entry in raised.get("grants", {}).values():
            yield entry, lambda: turn.packed.put(MATTERS, kept(orjson.dumps(raised)))
    for bill in turn.bills():
        for entry in bill.raised.get("grants", {}).values():
            yield entry, lambda bill=bill: turn.keep(bill)  # type: ignore[misc]


def _decision(entry: Kept) -> str | None:
    return None if entry["decision"] is None else str(entry["decision"]["id"])


def _watched(turn: Turn, entry: Kept) -> bool:
    stated = entry["stated"]
    if turn.in_force is None:
        return True
    return live_on(turn.in_force.modes, stated["subject"][1], stated["county"], turn.open_day)


def _leave(entry: Kept) -> None:
    left = _nonzero(entry["layers"])
    if left:
        entry["left"] = left
    else:
        entry.pop("left", None)


def _open(turn: Turn, entry: Kept) -> None:
    kind, _, subject_id = entry["stated"]["subject"]
    facts = {
        "subject": kind, "subject_id": subject_id, "would_pay": text_of(sum(entry["layers"].values())),
        "was": text_of(sum(entry.get("left", {}).values())), "reason": entry["stated"]["reason"],
        "decision_id": entry["decision"]["id"],
    }  # fmt: skip
    turn.open_task(SHADOW_CHANGED, _subject(entry), None, facts)


def _subject(entry: Kept) -> str:
    return f"{SHADOW_CHANGED}|{'|'.join(entry['stated']['subject'])}"


def _nonzero(layers: Layers) -> Layers:
    return {layer: amount for layer, amount in layers.items() if amount}
