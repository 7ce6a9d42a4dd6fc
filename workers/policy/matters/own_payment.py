"""What a person bore of one decided bill: in scope or whole, after all layers, after the first, before any."""

from __future__ import annotations

from collections.abc import Callable

from workers.policy.matters.situation import Result
from workers.policy.types import BillFacts
from workers.policy.verbs.amounts import own_in_scope
from workers.policy.verbs.context import Context

ACCEPTED = frozenset({"assisted", "within_deductible", "nothing_to_assist", "cap_used_up"})
OUTSIDE = frozenset({"before_in_force", "after_expiry"})
Bore = Callable[[BillFacts, Result], int]


def own_payment(context: Context, burden: str) -> Bore:
    """The amount that a reading of `burden` names, fen, never below 0."""
    base = context.rules("base_amount")[0]

    def in_scope(bill: BillFacts, result: Result) -> int:
        return own_in_scope(base, context, bill)

    def after_all(bill: BillFacts, result: Result) -> int:
        return max(0, own_in_scope(base, context, bill) - sum(result.layers.values()))

    def whole(bill: BillFacts, result: Result) -> int:
        outside = sum(getattr(bill, field) or 0 for field in base.outside)
        return max(0, own_in_scope(base, context, bill) + outside - sum(result.layers.values()))

    def before_second(bill: BillFacts, result: Result) -> int:
        return max(0, own_in_scope(base, context, bill) - result.layers.get("ordinary", 0))

    known: dict[str, Bore] = {
        "in_scope_after_all": after_all, "including_out_of_scope": whole, "before_second_layer": before_second,
        "in_scope_after_insurance": in_scope,
    }  # fmt: skip
    return known[burden]
