"""`require_member`: only people enrolled in the named insurance of the governed places; JY-3.1a, 7.2a, 7.2b, JY-A13."""

from __future__ import annotations

from datetime import date

from workers.policy.case import Case, End, Run
from workers.policy.say import MET, Say, Says
from workers.policy.types import PersonFacts, Status, Step
from workers.policy.verbs.context import Context
from workers.policy.verbs_admission import RequireMember

SAYS: Says = {
    "enrolled": Say("费用发生时已登记参加本市城乡居民基本医疗保险。", effect=MET, options=("from_day",)),
    "settled": Say("由本市城乡居民基本医疗保险结算。", effect=MET),
    "before": Say("费用发生时尚未登记参加本市城乡居民基本医疗保险，或已经停保。", options=("from_day",)),
    "other_insurance": Say("参加的不是本市城乡居民基本医疗保险。"),
    "uninsured": Say("费用未经基本医疗保险结算，不属于参保对象。"),
    "not_stated": Say("没有收到参保情况，等待补充。"),
}
_REFUSED = End(Status.DECIDED, "not_member")


def compile_member(rule: RequireMember, context: Context) -> Run:
    steps = {code: Step(rule.id, code) for code in SAYS}
    insutypes, counties = frozenset(rule.insutypes), frozenset(context.book.place.counties)

    def run(case: Case) -> End | None:
        code = _standing(case, insutypes, counties)
        case.steps.append(steps[code])
        if code == "not_stated":
            case.hold = case.hold or "fact_missing"
            return None
        return None if code in ("enrolled", "settled") else _REFUSED

    return run


def _standing(case: Case, insutypes: frozenset[str], counties: frozenset[str]) -> str:
    """The time line of enrolments decides; where none of this insurance is known, the settlement itself is evidence."""
    bill = case.bill
    if not bill.insured:
        return "uninsured"
    if bill.insutype is not None and bill.insutype not in insutypes:
        return "other_insurance"
    covers = enrolled(case.person, case.date, insutypes, counties)
    if covers is not None:
        return "enrolled" if covers else "before"
    return "settled" if bill.insutype is not None else "not_stated"


def enrolled(person: PersonFacts, day: date, insutypes: frozenset[str], counties: frozenset[str]) -> bool | None:
    """Whether an enrolment covers the day, from its registration on; payment may follow. None: none is known."""
    known: bool | None = None
    for enrolment in person.enrolments:
        if enrolment.insutype in insutypes and enrolment.county in counties:
            last = enrolment.last_day
            if enrolment.registered_on <= day and (last is None or day <= last):
                return True
            known = False
    return known
