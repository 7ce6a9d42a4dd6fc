"""Money that is not a bill's: a decision with a subject, superseded with the signed difference (docs/records.md §3).

+Δ goes to the person, −Δ becomes a recovery that an officer approves; in shadow (docs/shadow.md) nothing is payable,
and over the switch of a region `shadow_grants` asks an officer.
"""

from __future__ import annotations

from typing import Any

from workers.entitlement import shadow_grants
from workers.entitlement.grant_account import Kind, follow, post
from workers.entitlement.modes import shadowed
from workers.entitlement.outcome import Decision, Posting
from workers.entitlement.state import Layers
from workers.entitlement.turn import DECIDED, Turn
from workers.errors import Stop
from workers.policy.matters.wanted import Grant

Kept = dict[str, Any]
"""What is kept of a grant: what it states, its layers (fen), its last decision."""


def grant(turn: Turn, known: Kept | None, wanted: Grant, shadow: bool | None = None) -> Kept:
    """The grant as kept from now on; a decision goes out where what it states has changed.

    `shadow` is the mode of the bill that it is about, None where it is about none.
    """
    stated = {
        "subject": list(wanted.subject), "measure": wanted.measure, "year": wanted.year,
        "benefit_date": wanted.benefit_date.isoformat(), "county": wanted.county, "status": wanted.status,
        "reason": wanted.reason, "base": wanted.base, "funding": list(wanted.funding), "clauses": list(wanted.clauses),
    }  # fmt: skip
    before: Layers = {} if known is None else known["layers"]
    made = None if known is None else known["decision"]
    same = known is not None and known["stated"] == stated and before == wanted.layers
    if known is not None and same and "release" not in known:
        return known
    layers = {**dict.fromkeys(before, 0), **wanted.layers}
    entry: Kept = {**(known or {}), "stated": stated, "layers": layers, "decision": made}
    entry.pop("shadow", None)
    if _in_shadow(turn, known, stated, shadow):
        entry["shadow"] = True
    if made is not None or wanted.status == "decided":
        kind: Kind = "settle" if made is None else "adjust"
        _emit(turn, entry, before, kind, wanted)
    return entry


def _in_shadow(turn: Turn, known: Kept | None, stated: Kept, shadow: bool | None) -> bool:
    """A grant keeps the mode of its first decision, as a bill does."""
    if known is not None and known["decision"] is not None:
        return "shadow" in known
    if turn.in_force is None or shadow is not None:
        return bool(shadow)
    day = stated["benefit_date"]
    return shadowed(turn.in_force.modes, stated["subject"][1], stated["county"], day, day)


def _postings(entry: Kept, before: Layers, delta: Layers, kind: Kind) -> tuple[Posting, ...]:
    if "shadow" in entry:
        return tuple(Posting(layer, "shadow", kind, amount) for layer, amount in delta.items() if amount)
    was, now = shadow_grants.told(entry, before), shadow_grants.told(entry, entry["layers"])
    told = {layer: now[layer] - was.get(layer, 0) for layer in now}
    ours = {layer: amount - told[layer] for layer, amount in delta.items()}
    says = (Posting(layer, "upstream", kind, amount) for layer, amount in told.items() if amount)
    return (*says, *post(entry, ours, kind))


def _payable(entry: Kept) -> Layers | None:
    """What of the grant we pay, by layer; None where it is all of it."""
    layers: Layers = entry["layers"]
    if "shadow" in entry:
        return dict.fromkeys(layers, 0) if any(layers.values()) else None
    told = shadow_grants.told(entry, layers)
    return {layer: amount - told[layer] for layer, amount in layers.items()} if any(told.values()) else None


def end_grant(turn: Turn, entry: Kept) -> None:
    """What the grant rested on is gone: it is taken back."""
    before: Layers = entry["layers"]
    if entry["stated"]["status"] == "reversed":
        return
    entry["stated"] = {**entry["stated"], "status": "reversed", "reason": "withdrawn", "base": 0, "funding": []}
    entry["layers"] = dict.fromkeys(before, 0)
    if entry["decision"] is not None:
        _emit(turn, entry, before, "undo", None)


def _emit(turn: Turn, entry: Kept, before: Layers, kind: Kind, wanted: Grant | None) -> None:
    stated, layers = entry["stated"], entry["layers"]
    given = sum(layers.values())
    if min(layers.values(), default=0) < 0 or given > stated["base"]:
        raise Stop("a grant is negative or more than its base: correct the rulebook or the engine that gave it")
    delta = {layer: amount - before.get(layer, 0) for layer, amount in layers.items()}
    released = shadow_grants.released_now(entry, before) if "release" in entry else ()
    postings = (*released, *_postings(entry, before, delta, kind))  # a new law may change it in the same turn
    decision_id, sequence = turn.next_id(DECIDED)
    own_share = stated["base"] - given
    turn.outcome.decisions.append(
        Decision(
            decision_id=decision_id,
            sequence=sequence,
            supersedes=None if entry["decision"] is None else entry["decision"]["id"],
            bill=None,
            subject=tuple(stated["subject"]),
            measure=stated["measure"],
            year=stated["year"],
            benefit_date=stated["benefit_date"],
            county=stated["county"],
            status=stated["status"],
            reason=stated["reason"],
            layers=layers,
            delta=delta,
            figures={"base": stated["base"], "deductible": 0, "own_share": own_share, "over_cap": 0, "excluded": 0},
            postings=postings,
            upstream=shadow_grants.stated_upstream(entry),
            payable=_payable(entry),
            shadow="shadow" in entry,
            funding=tuple(stated["funding"]),
            clauses=tuple(stated["clauses"]),
            questions=() if wanted is None else wanted.questions,
            steps=() if wanted is None else wanted.steps,
        )
    )
    entry["decision"] = {"id": decision_id, "sequence": sequence}
    if "paid" in entry:
        follow(turn, entry)
    if "shadow" in entry:
        shadow_grants.follow(turn, entry, before)
