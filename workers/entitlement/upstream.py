"""What the platform paid on a bill as medical assistance is never paid a second time (docs/adr/0012). Fen.

`assistance_paid_upstream` (maf_pay) covers what our law gives, layer by layer; that part is posted to `upstream`: told,
never instructed. What our law gives above it is ours to pay. What the platform paid above our law is nobody's debt by
itself: it is told as `beyond`, and an officer looks at it.

Where a measure tells the platform's payment as a layer of another policy (`reported_layer`, DT-A10), that layer is all
it covers: the other layers pay on what is left after it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from schemas.money import text_of
from workers.entitlement.judge import DECIDED, OUTSIDE, Judged
from workers.entitlement.state import Bill, Layers, bill_name
from workers.entitlement.turn import Turn
from workers.policy.types import Step

STATED = "assistance_paid_upstream"
STEP = "paid_upstream"
"""Step of the engine, and kind of the fact; no rule of a rulebook may be called so."""
UPSTREAM_MORE = "upstream_more"
"""Kind of a task: the platform paid more than the law gives."""


class Covered(NamedTuple):
    """How the platform's payment meets a result: by layer what it covers, and what the decision says of it."""

    layers: Mapping[str, int]
    told: Layers  # `stated`, `counted`, `beyond`; empty where the platform paid nothing


NOTHING = Covered(MappingProxyType({}), {})


def covered(bill: Bill, judged: Judged, layers: Layers) -> Covered:
    """What of `layers` the platform has paid itself."""
    stated = bill.facts.get(STATED, 0)
    if not stated and not judged.reported:
        return NOTHING
    if judged.status != DECIDED:
        return Covered(NOTHING.layers, {"stated": stated, "counted": 0, "beyond": 0})
    if judged.reports:
        parts = {layer: layers[layer] for layer in judged.reported}
        return Covered(parts, {"stated": stated, "counted": sum(parts.values()), "beyond": 0})
    parts, left = {}, stated
    for layer in sorted(layers, key=_ordinary_first):
        parts[layer] = min(left, layers[layer])
        left -= parts[layer]
    beyond = 0 if judged.reason in OUTSIDE else left  # another law holds for such a bill: it may have given that much
    return Covered(parts, {"stated": stated, "counted": stated - left, "beyond": beyond})


def step_of(told: Layers, layers: Layers) -> tuple[Step, ...]:
    """The step that says it; none where the platform paid nothing or a rule of the measure has told it."""
    given = sum(layers.values())
    return (Step(STEP, "beyond" if told["beyond"] else "counted", (told["stated"], given, told["counted"],
                 given - told["counted"], told["beyond"])),)  # fmt: skip


def follow_upstream(turn: Turn, bill: Bill, before: Layers) -> None:
    """Open, renew or close the task about what the platform paid beyond the law; money moves by no one's silence."""
    was, now = before.get("beyond", 0), bill.upstream.get("beyond", 0)
    if was == now:
        return
    subject = f"{UPSTREAM_MORE}|{bill_name(bill.key)}"
    turn.close_task(UPSTREAM_MORE, subject, turn.because)
    if now:
        facts = {name: text_of(amount) for name, amount in bill.upstream.items()}
        decision = {} if bill.decision is None else {"decision_id": bill.decision["id"]}
        turn.open_task(UPSTREAM_MORE, subject, bill.key, {**facts, **decision, "reason": bill.reason})


def _ordinary_first(layer: str) -> tuple[bool, str]:
    return layer != "ordinary", layer
