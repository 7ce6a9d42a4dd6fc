"""`yearly_allowance`: check-ups up to a yearly sum; DT-3.5c, DT-A14. In the order of their dates and numbers."""

from __future__ import annotations

from collections.abc import Iterator

from workers.policy.matters.places import Places, validity
from workers.policy.matters.plan import Plan
from workers.policy.matters.situation import Checkup, Situation
from workers.policy.matters.wanted import Grant
from workers.policy.say import Say, Says
from workers.policy.types import Step
from workers.policy.values import Choice
from workers.policy.verbs.context import Context
from workers.policy.verbs_amounts import YearlyAllowance

LAYER = "package"
_NAMES = ("体检费用", "年度限额", "本年已用", "支付")
SAYS: Says = {
    "paid": Say(
        "体检费用{体检费用}元，年度限额{年度限额}元，本年已用{本年已用}元，支付{支付}元。",
        _NAMES,
        ("fen",) * 4,
        outputs=1,
    ),
    "not_covered": Say("没有参加补充医疗保险，或者没有参与“两慢病”管理，不享受体检套餐。"),
    "not_stated": Say("没有收到参加补充医疗保险的情况，等待补充。"),
}


def plan_allowance(rule: YearlyAllowance, context: Context) -> Plan:
    """One decision for each check-up of somebody who is tied to the place."""
    measure, valid, limit = context.book.measure, validity(context), rule.limit.value
    questions = (rule.covers.question,) if isinstance(rule.covers, Choice) else ()
    places, county = Places(context), context.book.place.counties[0]

    def wanted(situation: Situation) -> Iterator[Grant]:
        used: dict[int, int] = {}
        kept = sorted(situation.recorded.checkups, key=lambda each: (each.performed_on, each.region, each.checkup_id))
        for each in kept:
            if not valid.first <= each.performed_on <= valid.last or not places.issued_by(each.region):
                continue
            year, code = each.performed_on.year, _code(each)
            before = used.get(year, 0)
            paid = min(each.amount, limit - before) if code == "paid" else 0
            used[year] = before + paid
            held = code == "not_stated"
            reason = "fact_missing" if held else "assisted" if paid else "cap_used_up"
            yield Grant(
                key=f"{rule.id}:{each.region}:{each.checkup_id}", subject=("checkup", each.region, each.checkup_id),
                measure=measure, year=year, benefit_date=each.performed_on, county=county,
                status="held" if held else "decided", reason="not_member" if code == "not_covered" else reason,
                layers={LAYER: paid}, base=0 if held else each.amount, funding=rule.funds if paid else (),
                clauses=rule.clauses, questions=questions,
                steps=(Step(rule.id, code, (each.amount, limit, before, paid) if code == "paid" else ()),),
            )  # fmt: skip

    return Plan(of_person=wanted)


def _code(checkup: Checkup) -> str:
    if not checkup.chronic_management:
        return "not_covered"
    if checkup.supplementary is None:
        return "not_stated"
    return "paid" if checkup.supplementary else "not_covered"
