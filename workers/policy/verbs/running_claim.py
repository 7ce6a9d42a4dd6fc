"""`running_claim`: what the burden of the year so far entitles to, less what was paid; JY-3.2.3, DT-3.4a.

The layer may pay on burden of earlier bills: the bill that reaches a band gets the whole difference.
"""

from __future__ import annotations

from collections.abc import Callable

from workers.policy.case import Case, End, GroupPlan, Run
from workers.policy.say import NOT, Say, Says
from workers.policy.types import BillFacts, Step
from workers.policy.values import Band
from workers.policy.verbs.context import Context
from workers.policy.verbs.ways import BEFORE
from workers.policy.verbs_amounts import RunningClaim

_NAMES = ("此前自负", "本次自负", "累计自负", "应享受", "已支付", "本次支付")
_OPTIONS = ("burden", "step", "edge", "fed_by", "days")
_SUM = "本年个人自负{此前自负}元＋{本次自负}元＝{累计自负}元"
_THRESHOLD = {
    "below": "本年个人自负累计{累计自负}元，没有超过规定的金额。",
    "nothing_more": f"{_SUM}，应化解{{应享受}}元，已化解{{已支付}}元，本次化解{{本次支付}}元。",
    "difference": f"{_SUM}，应化解{{应享受}}元，已化解{{已支付}}元，本次化解{{本次支付}}元。",
}
_BANDS: Says = {
    "below": Say("本年个人自负累计{累计自负}元，未达到起付线。", ("累计自负",), ("fen",), effect=NOT, options=_OPTIONS),
    "nothing_more": Say(
        "本年个人自负{此前自负}元＋{本次自负}元＝{累计自负}元，所在档次{应享受}元，已支付{已支付}元，本次支付{本次支付}元。",
        _NAMES, ("fen",) * 6, outputs=1, effect=NOT, options=_OPTIONS,
    ),
    "difference": Say(
        "本年个人自负{此前自负}元＋{本次自负}元＝{累计自负}元，所在档次{应享受}元，已支付{已支付}元，本次支付{本次支付}元。",
        _NAMES, ("fen",) * 6, outputs=1, options=_OPTIONS,
    ),
    "not_for": Say("该类对象不享受此项待遇。", effect=NOT, options=("more_groups_if",)),
    "outside_days": Say("费用不在身份存续期间，不计入年度负担。", effect=NOT, options=("days",)),
}  # fmt: skip


def claim_says(rule: RunningClaim) -> Says:
    """A claim by threshold is told in other words than one by bands."""
    if rule.threshold is None:
        return _BANDS
    return {code: say._replace(text=_THRESHOLD.get(code, say.text)) for code, say in _BANDS.items()}


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


def claim_of(rule: RunningClaim, context: Context) -> Callable[[int], int]:
    """Burden of a year → what it entitles to, fen."""
    above = context.pick(rule.edge) == "above"
    if rule.threshold is not None and rule.down_to is not None:
        line, rest = rule.threshold.value + above, rule.down_to.value
        return lambda burden: burden - rest if burden >= line else 0
    bands = tuple(sorted(rule.bands, key=lambda each: each.from_amount))
    return lambda burden: entitled(bands, burden, above)


def gate_of(rule: RunningClaim, context: Context) -> Callable[[Case, GroupPlan], str | None] | None:
    """Why a bill has no part in the claim: its group, or its day; None where everybody has it for every bill."""
    if not rule.groups and rule.days is None:
        return None
    more = rule.more_groups if context.holds(rule.more_groups_if, False) else ()
    groups = frozenset((*rule.groups, *more)) or frozenset(each.id for each in context.book.group)
    chooser = context.rules("choose_identity")[0].id
    first = context.book.instrument.in_force.value

    def gate(case: Case, group: GroupPlan) -> str | None:
        if group.id not in groups:
            return "not_for"
        code = next(step.code for step in case.steps if step.step == chooser)
        return "outside_days" if code.endswith(BEFORE) or case.date < first else None

    return gate


def compile_claim(rule: RunningClaim, context: Context) -> Run:
    mode = context.pick(rule.burden)
    per_event = context.pick(rule.step) == "per_event"
    claim_at, gate, layer = claim_of(rule, context), gate_of(rule, context), rule.layer

    def run(case: Case) -> End | None:
        group = case.group
        assert group is not None  # noqa: S101
        if gate is not None and (shut := gate(case, group)) is not None:
            case.steps.append(Step(rule.id, shut))
            return None
        name, burden_name = group.counters[rule.counter], group.counters[rule.burden_counter]
        own = burden(case, mode)
        before = 0 if per_event else case.counters.get(burden_name, 0)
        used = 0 if per_event else case.counters.get(name, 0)
        if own:
            case.uses[burden_name] = own
        opened = mode != "over_cap_only" or case.capped or not case.left
        claim = claim_at(before + own) if opened else 0
        paid = max(0, claim - used)
        if paid:
            case.uses[name] = paid
        case.layers[layer] = paid
        code = "difference" if paid else "nothing_more" if claim else "below"
        numbers = (before, own, before + own, claim, used, paid) if claim else (before + own,)
        case.steps.append(Step(rule.id, code, numbers))
        return None

    return run


def burden(case: Case, mode: str) -> int:
    """What this bill adds to the burden of the year, after the layers before this one."""
    if mode == "over_cap_only":
        return case.over_whole + outside(case.bill)
    own = case.base if mode == "in_scope_only" else own_burden(case.bill)
    return max(0, own - sum(case.layers.values()))
