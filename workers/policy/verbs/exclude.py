"""`exclude`: findings that take a bill out of assistance, and what lifts them; JY-8.1a–e."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

from workers.policy.case import Case, End, Run
from workers.policy.county_lists import LISTED
from workers.policy.say import NOT, Say, Says
from workers.policy.types import Status, Step
from workers.policy.verbs.conditions import compile_all
from workers.policy.verbs.context import Context
from workers.policy.verbs_admission import Exclude, Exclusion

LABELS = {
    "non_designated": "自行到非定点医药机构就医购药", "no_formal_receipt": "无正规票据", "illegal_act": "自身违法行为",
    "self_harm": "自残等", "third_party_traffic": "交通事故应由他方承担",
    "third_party_malpractice": "医疗事故应由他方承担", "third_party_other": "应由他方承担",
    "county_listed": "县级以上人民政府规定的其他情况", "other": "其他规定的情况",
}  # fmt: skip
_TEXTS = {
    "excluded": "费用属于不予救助的情形：{what}。",
    "lifted": "费用属于{what}，但患者为精神障碍患者，予以救助。",
    "not_stated": "费用涉及{what}，没有收到认定所需的事实，等待补充。",
}
_EXCLUDED = End(Status.DECIDED, "excluded")


def exclude_says(rule: Exclude) -> Says:
    """A code for each finding and what came of it."""
    says = {"none": Say("没有收到不予救助情形的认定。", effect=NOT)}
    for each in rule.codes:
        says.update({f"{code}.{each.code}": Say(text.format(what=LABELS[each.code])) for code, text in _TEXTS.items()})
    return says


def exclusion_clauses(rule: Exclude, code: str) -> tuple[str, ...]:
    """Clauses of the finding that a step's code names."""
    finding = code.partition(".")[2]
    return next((each.clauses for each in rule.codes if each.code == finding), ())


def compile_exclude(rule: Exclude, context: Context) -> Run:
    none = Step(rule.id, "none")
    findings = [_finding(rule, each, context) for each in rule.codes]

    def run(case: Case) -> End | None:
        waits: Step | None = None
        through = none
        for find, lift, steps in findings:
            found = find(case)
            lifted = lift(case.person) if found and lift is not None else False
            if found and lifted is False:
                case.steps.append(steps["excluded"])
                return _EXCLUDED
            if found and lifted:
                through = steps["lifted"]
            if found is None or lifted is None:
                waits = steps["not_stated"]
        if waits is not None:
            case.hold = case.hold or "fact_missing"
        case.steps.append(waits or through)
        return None

    return run


def _finding(rule: Exclude, each: Exclusion, context: Context) -> tuple[Any, Any, dict[str, Step]]:
    """Tests of one finding: met, not met or None while a fact is missing; and the fact of the person that lifts it."""
    steps = {code: Step(rule.id, f"{code}.{each.code}") for code in _TEXTS}
    lift = attrgetter(each.unless_fact) if each.unless_fact is not None else None
    if each.code == LISTED:
        lists = context.lists

        def listed(case: Case) -> bool:
            bill = case.bill
            return bill.exclusion == LISTED or lists.excludes(bill.disease_code, bill.county, case.date)

        return listed, lift, steps
    if not each.when:
        return lambda case: case.bill.exclusion == each.code, lift, steps
    test, holds = compile_all(each.when), each.if_unknown == "hold"

    def found(case: Case) -> bool | None:
        answer = test(case.bill)
        return answer if answer is not None or holds else False

    return found, lift, steps
