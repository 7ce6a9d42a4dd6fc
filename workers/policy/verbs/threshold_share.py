"""`threshold_share`: a share of the year's own in-policy payment above a line, by itself; LZ-14.3a, b, LZ-A2, A5."""

from __future__ import annotations

from workers.policy.case import Case, End, Run
from workers.policy.say import NOT, Say, Says
from workers.policy.types import BillFacts, Status, Step
from workers.policy.verbs.context import Context
from workers.policy.verbs_amounts import ThresholdShare

_NAMES = ("此前自负", "本次自负", "起付线", "超过部分", "比例", "倾斜救助")
_OPTIONS = ("over_cap_part", "filled_by", "unreferred")
SAYS: Says = {
    "nothing": Say("没有政策范围内的个人自负。", effect=NOT),
    "place": Say("就医地点不是参保地定点，也不是规范转诊的省内定点，不予二次倾斜救助。", effect=NOT, options=_OPTIONS),
    "not_stated": Say("没有收到就医地点或转诊情况，等待补充。", options=_OPTIONS),
    "below": Say(
        "本年政策范围内个人自负{此前自负}元＋{本次自负}元，没有超过{起付线}元。", _NAMES[:3], ("fen",) * 3,
        effect=NOT, options=_OPTIONS,
    ),
    "above": Say(
        "本年政策范围内个人自负{此前自负}元＋{本次自负}元，本次超过{起付线}元的部分{超过部分}元×{比例}，二次倾斜救助{倾斜救助}元。",
        _NAMES, ("fen", "fen", "fen", "fen", "ratio", "fen"), outputs=1, options=_OPTIONS,
    ),
}  # fmt: skip
_HELD = End(Status.HELD, "fact_missing")


def compile_share(rule: ThresholdShare, context: Context) -> Run:
    line, rate, layer, rounding = rule.threshold.value, rule.rate.value, rule.layer, context.rounding
    rate_text = f"{rate.numerator}/{rate.denominator}"
    without_over = context.pick(rule.over_cap_part) == "over_cap_excluded"
    all_fill = context.pick(rule.filled_by) == "all_burden_fills_line"
    nothing, elsewhere, unknown = (Step(rule.id, code) for code in ("nothing", "place", "not_stated"))

    def run(case: Case) -> End | None:
        group = case.group
        assert group is not None  # noqa: S101
        own = case.base - case.layers["ordinary"] - (case.over_whole if without_over else 0)
        if own <= 0:
            case.steps.append(nothing)
            return None
        fits = qualifies(case.bill)
        if fits is None:
            case.steps.append(unknown)
            return _HELD
        burden = group.counters[rule.burden_counter]
        before = case.counters.get(burden, 0)
        if fits or all_fill:
            case.uses[burden] = own
        if not fits:
            case.steps.append(elsewhere)
            return None
        over = max(0, before + own - line) - max(0, before - line)
        paid = rounding(over * rate.numerator, rate.denominator)
        case.layers[layer] = paid
        if paid:
            case.uses[group.counters[rule.counter]] = paid
        numbers = (before, own, line, over, rate_text, paid) if over else (before, own, line)
        case.steps.append(Step(rule.id, "above" if over else "below", numbers))
        return None

    return run


_INSURED_PLACE = frozenset({"in_county", "in_city"})


def qualifies(bill: BillFacts) -> bool | None:
    """At the insured place, or referred within the province; None: not stated. Filing is not referral (LZ-A2)."""
    if bill.place in _INSURED_PLACE:
        return True
    if bill.place is None:
        return None
    if bill.place != "in_province":
        return False
    return None if bill.referral is None else bill.referral == "referred"
