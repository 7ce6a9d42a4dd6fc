"""How much: `base_amount`, `subtract_deductible`, `cut_rate`, `single_rate`. Exact until rounded."""

from __future__ import annotations

from operator import attrgetter

from workers.policy.case import Case, End, Run
from workers.policy.rounding import ratio_text
from workers.policy.say import NOT, Say, Says
from workers.policy.types import BillFacts, Status, Step
from workers.policy.verbs.conditions import compile_all
from workers.policy.verbs.context import Context
from workers.policy.verbs_amounts import BaseAmount, CutRate, SingleRate, SubtractDeductible

_FACT_LABELS = {
    "in_scope_personal": "政策范围内个人自付",
    "in_scope": "政策范围内费用",
    "class_b_first_pay": "乙类先行自付",
    "over_limit_price_pay": "超限价自付",
    "out_of_scope": "目录外费用",
    "supplementary_paid": "补充保险支付",
    "assistance_paid_upstream": "已支付救助",
    "total_fee": "总费用",
}


def base_fields(rule: BaseAmount, context: Context, insured: bool) -> tuple[str, ...]:
    """The facts that make up the base of an insured or uninsured bill."""
    fields: tuple[str, ...] = rule.fields if insured else rule.uninsured_fields or rule.fields
    return (*fields, "supplementary_paid") if context.pick(rule.supplementary) == "added_back" else fields


def base_says(rule: BaseAmount, context: Context) -> Says:
    says = {}
    for code, insured in (("insured", True), ("uninsured", False)):
        names = tuple(_FACT_LABELS[field] for field in base_fields(rule, context, insured))
        text = "、".join(f"{name}{{{name}}}元" for name in names) + "，合计救助基数{救助基数}元。"
        kinds = ("fen",) * (len(names) + 1)
        says[code] = Say(text, (*names, "救助基数"), kinds, outputs=1)
    says["fact_missing"] = Say("缺少计算救助基数所需的金额，等待补充。")
    says["waits"] = Say("所需的事实尚未到齐，暂不计算。")
    return says


def compile_base(rule: BaseAmount, context: Context) -> Run:
    insured = tuple(attrgetter(field) for field in base_fields(rule, context, True))
    uninsured = tuple(attrgetter(field) for field in base_fields(rule, context, False))
    waits, missing = Step(rule.id, "waits"), Step(rule.id, "fact_missing")
    no_deductible = not context.rules("subtract_deductible")

    def run(case: Case) -> End | None:
        if case.hold is not None:
            case.steps.append(waits)
            return End(Status.HELD, case.hold)
        bill = case.bill
        parts: list[int] = [read(bill) for read in (insured if bill.insured else uninsured)]
        if None in parts:
            case.steps.append(missing)
            return End(Status.HELD, "fact_missing")
        case.base = sum(parts)
        if no_deductible:
            case.eligible = case.base
        case.steps.append(Step(rule.id, "insured" if bill.insured else "uninsured", (*parts, case.base)))
        return None

    return run


def own_in_scope(rule: BaseAmount, context: Context, bill: BillFacts) -> int:
    """In-scope own payment of any bill, refused ones too (QN-A10, second reading); 0 while not known."""
    parts = [getattr(bill, field) for field in base_fields(rule, context, bill.insured)]
    return 0 if None in parts else sum(parts)


_DEDUCTIBLE_NAMES = ("救助基数", "年度起付线", "本年已扣", "本次扣除", "余额")
DEDUCTIBLE_SAYS: Says = {
    "none": Say("该类别不设起付线。", effect=NOT),
    "filled": Say(
        "年度起付线{年度起付线}元，本年已扣{本年已扣}元，不再扣除，余额{余额}元。",
        _DEDUCTIBLE_NAMES, ("fen",) * 5, outputs=2, options=("fills",),
    ),
    "withheld": Say(
        "救助基数{救助基数}元，年度起付线{年度起付线}元，本年已扣{本年已扣}元，本次扣除{本次扣除}元，余额{余额}元。",
        _DEDUCTIBLE_NAMES, ("fen",) * 5, outputs=2, options=("fills",),
    ),
}  # fmt: skip


def compile_deductible(rule: SubtractDeductible, context: Context) -> Run:
    none, counter = Step(rule.id, "none"), rule.counter
    by_payments = context.pick(rule.fills) == "all_in_scope_payments"

    def run(case: Case) -> End | None:
        group, base = case.group, case.base
        assert group is not None  # noqa: S101  the chooser ran before
        figure = group.deductible
        if not figure:
            case.eligible = base
            case.steps.append(none)
            return None
        name = group.counters[counter]
        used = case.counters.get(name, 0)
        taken = min(base, figure - used) if used < figure else 0
        case.deductible = taken
        case.eligible = base - taken
        if taken and not by_payments:
            case.uses[name] = taken
        numbers = (base, figure, used, taken, base - taken)
        case.steps.append(Step(rule.id, "withheld" if taken else "filled", numbers))
        return None

    return run


CUT_SAYS: Says = {
    "not_stated": Say("没有收到转诊、备案情况，等待补充。"),
    "not_cut": Say("没有因个人原因未转诊或未备案的情形，比例不降低。", effect=NOT),
    "exempt": Say("急诊抢救不属于个人原因未办理手续，比例不降低。", effect=NOT, options=("exempt_if",)),
    "cut": Say("因个人原因未按规定转诊或备案，比例降低{降低}。", ("降低",), ("ratio",)),
}


def compile_cut(rule: CutRate, context: Context) -> Run:
    when, exempt = compile_all(rule.when), compile_all(rule.exempt)
    exempting = bool(rule.exempt) and context.holds(rule.exempt_if, True)
    not_cut, exempt_step, not_stated = (Step(rule.id, code) for code in ("not_cut", "exempt", "not_stated"))
    points = rule.points.value
    cut = Step(rule.id, "cut", (f"{points.numerator}/{points.denominator}",))

    def run(case: Case) -> End | None:
        applies = when(case.bill)
        if applies is False:
            case.steps.append(not_cut)
        elif applies is None:
            case.steps.append(not_stated)
            case.hold = case.hold or "fact_missing"
        elif exempting and exempt(case.bill):
            case.steps.append(exempt_step)
        else:
            case.cut = True
            case.steps.append(cut)
        return None

    return run


_RATE_NAMES = ("应救助费用", "比例", "应救助额")
_RATE_KINDS = ("fen", "ratio", "fen")
RATE_SAYS: Says = {
    "class": Say("{应救助费用}元×{比例}＝{应救助额}元。", _RATE_NAMES, _RATE_KINDS, outputs=1),
    "phased": Say(
        "{应救助费用}元×渐退后的比例{比例}＝{应救助额}元。", _RATE_NAMES, _RATE_KINDS, 1, options=("phase_out",)
    ),
    "cut": Say("{应救助费用}元×降低后的比例{比例}＝{应救助额}元。", _RATE_NAMES, _RATE_KINDS, outputs=1),
    "once": Say("{应救助费用}元×一次性救助比例{比例}＝{应救助额}元。", _RATE_NAMES, _RATE_KINDS, outputs=1),
    "cut_once": Say("{应救助费用}元×降低后的一次性救助比例{比例}＝{应救助额}元。", _RATE_NAMES, _RATE_KINDS, outputs=1),
}


def compile_rate(rule: SingleRate, context: Context) -> Run:
    def run(case: Case) -> End | None:
        group = case.group
        assert group is not None  # noqa: S101
        numerator, denominator, text, code = group.rates[case.cut + 2 * case.once]
        eligible = case.eligible
        exact = eligible * numerator
        case.rate = (numerator, denominator)
        case.entitled = (exact, denominator)
        entitled = exact // denominator if not exact % denominator else ratio_text(exact, denominator)
        case.steps.append(Step(rule.id, code, (eligible, text, entitled)))
        return None

    return run
