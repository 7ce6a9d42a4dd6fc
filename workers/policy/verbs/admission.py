"""Which bills: `require`, `hold`, `once_on_application`.

A certain refusal goes before a hold: a missing fact is waited for only while it can still matter.
"""

from __future__ import annotations

from operator import attrgetter

from workers.policy.case import Case, End, Run
from workers.policy.say import MET, NOT, Say, Says
from workers.policy.types import Application, BillFacts, PersonFacts, Status, Step
from workers.policy.verbs.conditions import compile_all
from workers.policy.verbs.context import Context
from workers.policy.verbs_admission import Hold, OnceOnApplication, Require

CARE_LABELS = {
    "inpatient": "住院费用", "chronic_outpatient": "慢特病门诊费用", "special_outpatient": "特殊病门诊费用",
    "major_outpatient": "重大疾病门诊费用", "outpatient": "普通门诊费用", "emergency": "急诊费用",
    "pharmacy": "药店购药费用", "maternity": "生育费用", "other": "其他费用",
    "True": "符合", "False": "不符合",
}  # fmt: skip
_UNINSURED = End(Status.DECIDED, "uninsured")


def accepted(rule: Require, context: Context) -> tuple[str | bool, ...]:
    """The values that fulfil a requirement: those of the text, or those of the document that it points to."""
    return rule.one_of if rule.figure is None else context.figures.get(rule.figure, ())


def require_says(rule: Require, context: Context) -> Says:
    """Codes of one `require` rule: each accepted value, each exception, refused, not stated."""
    says = {
        f"is_{value}".lower(): Say(f"{rule.name}：{CARE_LABELS.get(str(value), str(value))}。", effect=MET)
        for value in accepted(rule, context)
    }
    for each in rule.exceptions:
        says[each.id] = Say(f"{rule.name}：属于规定的例外情形，予以纳入。", options=())
        says[f"{each.id}.person"] = Say(f"{rule.name}：属于例外情形，须由经办人员认定。")
    says["no_figure"] = Say(f"{rule.name}：所依据的文件尚未录入，等待录入。")
    says["refused"] = Say(f"{rule.name}：不符合规定，不予救助。")
    says["not_stated"] = Say(f"{rule.name}：没有收到所需的事实，等待补充。")
    return says


def compile_require(rule: Require, context: Context) -> Run:
    read = attrgetter(rule.fact)
    passed = {value: Step(rule.id, f"is_{value}".lower()) for value in accepted(rule, context)}
    no_figure = Step(rule.id, "no_figure")
    without = rule.figure is not None and rule.figure not in context.figures
    refused, not_stated = Step(rule.id, "refused"), Step(rule.id, "not_stated")
    refuse = End(Status.HELD if rule.reason == "figure_missing" else Status.DECIDED, rule.reason)
    person = End(Status.NEEDS_PERSON, "needs_person")
    exceptions = [
        (
            compile_all(each.when),
            context.holds(each.needs_person_if, False),
            Step(rule.id, each.id),
            Step(rule.id, f"{each.id}.person"),
        )
        for each in rule.exceptions
        if context.holds(each.only_if, True)
    ]

    def run(case: Case) -> End | None:
        if without:
            case.steps.append(no_figure)
            case.hold = case.hold or "figure_missing"
            return None
        value = read(case.bill)
        step = passed.get(value)
        if step is not None:
            case.steps.append(step)
            return None
        unknown = value is None
        for test, needs_person, through, to_person in exceptions if not unknown else ():
            answer = test(case.bill)
            if answer:
                case.steps.append(to_person if needs_person else through)
                return person if needs_person else None
            unknown = unknown or answer is None
        if unknown:
            case.steps.append(not_stated)
            case.hold = case.hold or "fact_missing"
            return None
        case.steps.append(refused)
        return refuse

    return run


HOLD_SAYS: Says = {
    "there": Say("基本医保和大病保险结果已到。", effect=MET),
    "not_needed": Say("未参保，没有保险结果可以等待。", effect=NOT),
    "missing": Say("基本医保或大病保险结果尚未到达，到达后结算。"),
}


def compile_hold(rule: Hold, context: Context) -> Run:
    there, not_needed, missing = (Step(rule.id, code) for code in ("there", "not_needed", "missing"))
    settled, amount = "insurance_settled" in rule.until, "in_scope_personal" in rule.until

    def run(case: Case) -> End | None:
        bill = case.bill
        if rule.insured_only and not bill.insured:
            case.steps.append(not_needed)
        elif (settled and not bill.insurance_settled) or (amount and bill.in_scope_personal is None):
            case.steps.append(missing)
            case.hold = rule.reason
        else:
            case.steps.append(there)
        return None

    return run


ONCE_SAYS: Says = {
    "insured": Say("已参加基本医疗保险，不涉及一次性救助。", effect=NOT),
    "covered": Say("未参保，已办理参保缴费并提出一次性救助申请，本次费用在申请范围内。", options=("applies_to",)),
    "no_application": Say("未参保，也没有参保缴费之后提出的一次性救助申请。"),
    "not_covered": Say("未参保，本年度的一次性救助申请不包括本次费用。", options=("applies_to",)),
}


def compile_once(rule: OnceOnApplication, context: Context) -> Run:
    insured, covered, none, outside = (Step(rule.id, code) for code in ONCE_SAYS)
    in_life = context.pick(rule.applies_to) == "rate_halved_once_in_life"
    insutypes = frozenset(rule.insutypes)

    def run(case: Case) -> End | None:
        if case.bill.insured:
            case.steps.append(insured)
            return None
        application = first_application(case.person, rule.application, None if in_life else case.year, insutypes)
        if application is None:
            case.steps.append(none)
            return _UNINSURED
        if not covers(application, case.bill, case.year):
            case.steps.append(outside)
            return _UNINSURED
        case.once = True
        case.steps.append(covered)
        return None

    return run


def benefit_year(application: Application) -> int:
    """The year an application asks for; if it does not say, the year it was filed in."""
    return application.applied_on.year if application.year is None else application.year


def first_application(
    person: PersonFacts, kind: str, year: int | None, insutypes: frozenset[str]
) -> Application | None:
    """First application (by date, then id) that was filed after enrolment and payment; `year` None: of a lifetime."""
    fit = [
        application
        for application in person.applications
        if application.kind == kind
        and application.stands
        and (year is None or benefit_year(application) == year)
        and _enrolled(person, application, insutypes)
    ]
    return min(fit, key=lambda each: (each.applied_on, each.application_id), default=None)


def _enrolled(person: PersonFacts, application: Application, insutypes: frozenset[str]) -> bool:
    """Enrolled and paid on or before the application date, and not already at an end."""
    day = application.applied_on
    return any(
        enrolment.insutype in insutypes
        and enrolment.registered_on <= day
        and enrolment.paid_on is not None
        and enrolment.paid_on <= day
        and (enrolment.last_day is None or day <= enrolment.last_day)
        for enrolment in person.enrolments
    )


def covers(application: Application, bill: BillFacts, year: int) -> bool:
    """Whether the application names the bill, or, naming none, was filed on or after its settlement."""
    if benefit_year(application) != year:
        return False
    if application.setl_ids:
        return bill.setl_id in application.setl_ids
    return bill.settled_on <= application.applied_on
