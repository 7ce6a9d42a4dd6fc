"""What a person bore of one decided bill: in scope or whole, after all layers, after the first, before any."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter

from workers.policy.matters.situation import Result
from workers.policy.types import BillFacts
from workers.policy.verbs.amounts import base_fields
from workers.policy.verbs.context import Context
from workers.policy.verbs_amounts import BaseAmount

ACCEPTED = frozenset({"assisted", "within_deductible", "nothing_to_assist", "cap_used_up"})
OUTSIDE = frozenset({"before_in_force", "after_expiry"})
Bore = Callable[[BillFacts, Result], int]


def _in_scope(base: BaseAmount, context: Context) -> Callable[[BillFacts], int]:
    """In-scope own payment of any bill, 0 while not known; like `own_in_scope`, compiled once."""
    readers = {insured: _reader(base_fields(base, context, insured)) for insured in (True, False)}
    return lambda bill: readers[bill.insured](bill)


def _reader(fields: tuple[str, ...]) -> Callable[[BillFacts], int]:
    if len(fields) == 1:
        only: Callable[[BillFacts], int | None] = attrgetter(*fields)
        return lambda bill: only(bill) or 0
    stated: Callable[[BillFacts], tuple[int | None, ...]] = attrgetter(*fields)

    def read(bill: BillFacts) -> int:
        amounts = stated(bill)
        return 0 if None in amounts else sum(amounts)  # type: ignore[arg-type]

    return read


def own_payment(context: Context, burden: str) -> Bore:
    """The amount that a reading of `burden` names, fen, never below 0."""
    base = context.rules("base_amount")[0]
    own = _in_scope(base, context)

    def in_scope(bill: BillFacts, result: Result) -> int:
        return own(bill)

    def after_all(bill: BillFacts, result: Result) -> int:
        left = own(bill) - sum(result.layers.values())
        return left if left > 0 else 0

    def whole(bill: BillFacts, result: Result) -> int:
        outside = sum(getattr(bill, field) or 0 for field in base.outside)
        return max(0, own(bill) + outside - sum(result.layers.values()))

    def before_second(bill: BillFacts, result: Result) -> int:
        return max(0, own(bill) - result.layers.get("ordinary", 0))

    known: dict[str, Bore] = {
        "in_scope_after_all": after_all, "including_out_of_scope": whole, "before_second_layer": before_second,
        "in_scope_after_insurance": in_scope,
    }  # fmt: skip
    return known[burden]
