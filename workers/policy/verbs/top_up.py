"""`top_up`: tilt on application, on what lies above the ordinary cap; QN-1.4a–c, readings QN-A2, A3, A19."""

from __future__ import annotations

from workers.policy.case import Case, End, Run
from workers.policy.rounding import ratio_text
from workers.policy.say import NOT, Say, Says
from workers.policy.types import BillFacts, Status, Step
from workers.policy.verbs.admission import benefit_year
from workers.policy.verbs.context import Context
from workers.policy.verbs_amounts import TopUp

_NAMES = ("超限额费用", "比例", "年度限额", "本年已用", "倾斜救助")
_KINDS = ("fen", "ratio", "fen", "fen", "fen")
SAYS: Says = {
    "not_for_once": Say("一次性救助不再给予倾斜救助。", effect=NOT),
    "below_cap": Say("没有超出年度救助限额的费用。", effect=NOT),
    "no_application": Say(
        "超出限额的费用{超限额费用}元，没有收到倾斜救助申请。", ("超限额费用",), ("fen",),
        effect=NOT, options=("reach",),
    ),
    "place": Say("就医地点不属于省内定点或经转诊、备案的省外定点，不予倾斜救助。", effect=NOT, options=("place",)),
    "not_stated": Say("没有收到就医地点、定点或转诊备案情况，等待补充。", options=("place",)),
    "within": Say(
        "超限额费用{超限额费用}元×{比例}，年度限额{年度限额}元，本年已用{本年已用}元，倾斜救助{倾斜救助}元。",
        _NAMES, _KINDS, outputs=1, options=("reach", "base", "place"),
    ),
    "limited": Say(
        "超限额费用{超限额费用}元×{比例}，年度限额{年度限额}元，本年已用{本年已用}元，只能支付余额，倾斜救助{倾斜救助}元。",
        _NAMES, _KINDS, outputs=1, options=("reach", "base", "place"),
    ),
}  # fmt: skip
_HELD = End(Status.HELD, "fact_missing")


def compile_top_up(rule: TopUp, context: Context) -> Run:
    mode, reach, place = (context.pick(option) for option in (rule.base, rule.reach, rule.place))
    numerator, denominator = rule.rate.value.numerator, rule.rate.value.denominator
    rate_text = f"{numerator}/{denominator}"
    limit, counter, layer, rounding = rule.limit.value, rule.counter, rule.layer, context.rounding
    below, once, elsewhere, unknown = (
        Step(rule.id, code) for code in ("below_cap", "not_for_once", "place", "not_stated")
    )
    not_for_once = "once_on_application" in rule.not_for

    def pay(case: Case, over: tuple[int, int]) -> None:
        assert case.group is not None  # noqa: S101
        name = case.group.counters[counter]
        used = case.counters.get(name, 0)
        left = limit - used if used < limit else 0
        exact, unit = over[0] * numerator, over[1] * denominator
        limited = exact > left * unit
        paid = left if limited else rounding(exact, unit)
        case.layers[layer] = paid
        if paid:
            case.uses[name] = paid
        numbers = (ratio_text(*over), rate_text, limit, used, paid)
        case.steps.append(Step(rule.id, "limited" if limited else "within", numbers))

    def run(case: Case) -> End | None:
        if case.once and not_for_once:
            case.steps.append(once)
            return None
        over = _base(case, mode)
        if over[0] <= 0:
            case.steps.append(below)
            return None
        if not _applied(case, rule.application, reach):
            case.steps.append(Step(rule.id, "no_application", (ratio_text(*over),)))
            return None
        fits = eligible_place(case.bill, place)
        if fits is None:
            case.steps.append(unknown)
            return _HELD
        if fits:
            pay(case, over)
        else:
            case.steps.append(elsewhere)
        return None

    return run


def _base(case: Case, mode: str) -> tuple[int, int]:
    """Tilt base as an exact fraction of fen; nothing unless the cap cut the bill (except `all_residual`)."""
    if mode == "all_residual":
        return case.base - case.layers["ordinary"], 1
    if not case.capped:
        return 0, 1
    if mode == "excess_entitlement":
        exact, denominator = case.entitled
        return exact - case.layers["ordinary"] * denominator, denominator
    return case.over


def _applied(case: Case, kind: str, reach: str) -> bool:
    bill, year = case.bill, case.year
    for application in case.person.applications:
        if application.kind != kind or not application.stands:
            continue
        if reach == "named_bills":
            if bill.setl_id in application.setl_ids:
                return True
        elif benefit_year(application) == year and (reach == "whole_year" or bill.settled_on <= application.applied_on):
            return True
    return False


_INSIDE = frozenset({"in_county", "in_city", "in_province"})
_SENT = frozenset({"referred", "filed"})


def eligible_place(bill: BillFacts, reading: str) -> bool | None:
    """In the province at a designated institution, or out of it referred or filed (QN-A19); None: not stated."""
    rescue = reading == "rescue_counts" and bill.emergency_rescue is True
    if bill.designated is False and not rescue:
        return False
    if bill.designated is None and not rescue:
        return None
    if bill.referral in _SENT or rescue or bill.place in _INSIDE:
        return True
    if bill.place is None:
        return None
    if bill.referral is None:
        return None
    if reading == "without_fault_counts":
        return bill.referral != "missing" or bill.referral_missing_by != "person"
    return False
