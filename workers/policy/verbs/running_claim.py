"""`running_claim`: what the burden of the year so far entitles to, less what was paid; JY-3.2.3, JY-A3–A5.

The layer may pay on burden of earlier bills: the bill that reaches a band gets the whole difference.
"""

from __future__ import annotations

from workers.policy.case import Case, End, Run
from workers.policy.say import NOT, Say, Says
from workers.policy.types import BillFacts, Step
from workers.policy.values import Band
from workers.policy.verbs.context import Context
from workers.policy.verbs_amounts import RunningClaim

_NAMES = ("此前自负", "本次自负", "累计自负", "应享受", "已支付", "本次支付")
_OPTIONS = ("burden", "step", "fed_by")
SAYS: Says = {
    "below": Say("本年个人自负累计{累计自负}元，未达到起付线。", ("累计自负",), ("fen",), effect=NOT, options=_OPTIONS),
    "nothing_more": Say(
        "本年个人自负{此前自负}元＋{本次自负}元＝{累计自负}元，所在档次{应享受}元，已支付{已支付}元，本次支付{本次支付}元。",
        _NAMES, ("fen",) * 6, outputs=1, effect=NOT, options=_OPTIONS,
    ),
    "difference": Say(
        "本年个人自负{此前自负}元＋{本次自负}元＝{累计自负}元，所在档次{应享受}元，已支付{已支付}元，本次支付{本次支付}元。",
        _NAMES, ("fen",) * 6, outputs=1, options=_OPTIONS,
    ),
}  # fmt: skip


def own_burden(bill: BillFacts) -> int:
    """Whole own payment of a bill before assistance, in the policy and outside it."""
    scope = bill.in_scope_personal if bill.insured else bill.in_scope
    return (scope or 0) + bill.class_b_first_pay + bill.over_limit_price_pay + bill.out_of_scope


def outside(bill: BillFacts) -> int:
    return bill.class_b_first_pay + bill.over_limit_price_pay + bill.out_of_scope


def entitled(bands: tuple[Band, ...], burden: int, above: bool) -> int:
    """Sum of the highest band that the burden reaches; 0 below the first."""
    reached = [band for band in bands if burden > band.from_amount or (burden == band.from_amount and not above)]
    return reached[-1].amount or 0 if reached else 0


def compile_claim(rule: RunningClaim, context: Context) -> Run:
    mode = context.pick(rule.burden)
    per_event = context.pick(rule.step) == "per_event"
    above = context.pick(rule.edge) == "above"
    bands, layer = tuple(sorted(rule.bands, key=lambda each: each.from_amount)), rule.layer

    def run(case: Case) -> End | None:
        group = case.group
        assert group is not None  # noqa: S101
        name, burden_name = group.counters[rule.counter], group.counters[rule.burden_counter]
        own = _burden(case, mode)
        before = 0 if per_event else case.counters.get(burden_name, 0)
        used = 0 if per_event else case.counters.get(name, 0)
        if own:
            case.uses[burden_name] = own
        opened = mode != "over_cap_only" or case.capped or not case.left
        claim = entitled(bands, before + own, above) if opened else 0
        paid = max(0, claim - used)
        if paid:
            case.uses[name] = paid
        case.layers[layer] = paid
        code = "difference" if paid else "nothing_more" if claim else "below"
        numbers = (before, own, before + own, claim, used, paid) if claim else (before + own,)
        case.steps.append(Step(rule.id, code, numbers))
        return None

    return run


def _burden(case: Case, mode: str) -> int:
    """What this bill adds to the burden of the year, after ordinary assistance."""
    if mode == "in_scope_only":
        return case.base - case.layers["ordinary"]
    if mode == "over_cap_only":
        return case.over_whole + outside(case.bill)
    return own_burden(case.bill) - case.layers["ordinary"]
