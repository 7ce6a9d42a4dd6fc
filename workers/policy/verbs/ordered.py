"""Amounts an officer lays down for a bill that the law leaves to a person: they use limits and counters like any other.

Each layer is cut at what its yearly limit leaves, all together at what the person paid; burdens grow as if the law had
decided. Guarantee of design §5: no decision grants more than was left under the cap in force for its bill.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from workers.policy.case import Case
from workers.policy.types import Step
from workers.policy.verbs.caps import compile_nested, pay_within
from workers.policy.verbs.context import Context
from workers.policy.verbs.running_claim import burden, claim_of, gate_of
from workers.policy.verbs.threshold_share import qualifies

Lay = Callable[[Context, Case, Any, int], int]
"""Counts an ordered amount on the counters of a rule's layer; what of it may be paid, fen."""


ORDER = "order"
"""Step of an officer's amounts; no rule of a rulebook may be called so."""


def lay_down(context: Context, case: Case, amounts: Mapping[str, int], whole: int, *, counts: bool) -> None:
    """Put the ordered amounts in place of what the rules gave; `whole` is the person's own payment of the bill.

    `counts`: whether the law knows the person's group for this bill, whose limits and counters they use.
    """
    case.layers.update(dict.fromkeys(case.layers, 0))
    case.uses.clear()
    wanted = {layer: amount for layer, amount in amounts.items() if amount}
    for rule in context.book.rule if counts and case.group is not None else ():
        layer, lay = getattr(rule, "layer", None), _LAYERS.get(rule.do)
        if lay is not None:
            amount = min(wanted.pop(str(layer), 0), whole - sum(case.layers.values()))
            case.layers[str(layer)] = lay(context, case, rule, max(0, amount))
    only_ordered = {layer for rule in context.rules("needs_person") for layer in rule.layers}
    for layer in sorted(wanted.keys() & {*only_ordered, *case.layers}):
        case.layers[layer] = max(0, min(wanted[layer], whole - sum(case.layers.values())))
        if case.layers[layer]:
            case.uses[f"{layer}_used"] = case.layers[layer]
    case.steps.append(Step(ORDER, "officer", tuple(case.layers.values())))


def _ordinary(context: Context, case: Case, rule: Any, amount: int) -> int:
    """Within the yearly limit of the group, of its pool, or of limits one inside the other."""
    group = case.group
    assert group is not None  # noqa: S101
    nested = compile_nested(rule, context)
    limits = group.limits if nested is None else nested(case)
    if not limits and group.cap is not None:
        limits = ((group.cap, group.counters[rule.counter]),)
    if not limits or not amount:
        return amount
    case.entitled, case.rate, case.eligible = (amount, 1), (1, 1), amount
    return pay_within(case, limits, group.counters[rule.counter], context.rounding)[0]


def _top_up(context: Context, case: Case, rule: Any, amount: int) -> int:
    return _within(case, rule.counter, amount, rule.limit.value)


def _claim(context: Context, case: Case, rule: Any, amount: int) -> int:
    """Within what the year's burden entitles to; the burden grows by what the person still bears."""
    group = case.group
    assert group is not None  # noqa: S101
    gate = gate_of(rule, context)
    if gate is not None and gate(case, group) is not None:
        return 0
    own = burden(case, context.pick(rule.burden))
    name = group.counters[rule.burden_counter]
    if own:
        case.uses[name] = own
    return _within(case, rule.counter, amount, claim_of(rule, context)(case.counters.get(name, 0) + own))


def _share(context: Context, case: Case, rule: Any, amount: int) -> int:
    """Within the share of what passes the line; fills the line where the place of the bill does."""
    group = case.group
    assert group is not None  # noqa: S101
    own = (case.bill.in_scope_personal or 0) - case.layers["ordinary"]
    fits, name = qualifies(case.bill), group.counters[rule.burden_counter]
    if own > 0 and (fits or context.pick(rule.filled_by) == "all_burden_fills_line"):
        case.uses[name] = own
    before, line, rate = case.counters.get(name, 0), rule.threshold.value, rule.rate.value
    over = max(0, before + max(0, own) - line) - max(0, before - line) if fits else 0
    paid = min(amount, context.rounding(over * rate.numerator, rate.denominator))
    if paid:
        case.uses[group.counters[rule.counter]] = paid
    return paid


def _reported(context: Context, case: Case, rule: Any, amount: int) -> int:
    """An officer's word on the layer of another policy is an assistance of our own."""
    if amount:
        case.uses[rule.counter if case.group is None else case.group.counters[rule.counter]] = amount
    return amount


def _within(case: Case, counter: str, amount: int, limit: int) -> int:
    assert case.group is not None  # noqa: S101
    name = case.group.counters[counter]
    paid = min(amount, max(0, limit - case.counters.get(name, 0)))
    if paid:
        case.uses[name] = paid
    return paid


_LAYERS: Mapping[str, Lay] = {
    "cap_year": _ordinary,
    "reported_layer": _reported,
    "top_up": _top_up,
    "threshold_share": _share,
    "running_claim": _claim,
}
