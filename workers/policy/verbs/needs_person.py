"""`needs_person`: what the text leaves to a person, or to the claim that another office takes; JY-5.2.2, DT-3.7c."""

from __future__ import annotations

from workers.policy.case import Case, End, Run
from workers.policy.say import NOT, Say, Says
from workers.policy.types import BillFacts, PersonFacts, Status, Step
from workers.policy.verbs.admission import benefit_year
from workers.policy.verbs.conditions import compile_all
from workers.policy.verbs.context import Context
from workers.policy.verbs.identity import chooser_of
from workers.policy.verbs_admission import NeedsPerson

_PERSON = End(Status.NEEDS_PERSON, "needs_person")


def needs_person_says(rule: NeedsPerson, context: Context) -> Says:
    return {
        "not": Say(f"{rule.name}：不属于此种情形。", effect=NOT),
        "waits": Say(f"{rule.name}：先等待所需的事实。"),
        "approved": Say(f"{rule.name}：申请已经审核通过。", options=("only_if",)),
        "person": Say(f"{rule.name}：须由经办人员认定。", options=("only_if",)),
    }


def compile_needs_person(rule: NeedsPerson, context: Context) -> Run:
    test, groups = compile_all(rule.when), frozenset(rule.unless_groups)
    chooser = chooser_of(context) if groups else None
    no, waits, approved, person = (Step(rule.id, code) for code in ("not", "waits", "approved", "person"))
    holds = context.holds(rule.only_if, True)

    def run(case: Case) -> End | None:
        if not holds or not test(case.bill) or not all(getattr(case.person, name) is True for name in rule.person):
            case.steps.append(no)
            return None
        if chooser is not None:
            found = chooser.find(case.bill, case.person, case.date)
            if found is not None and found.group.id in groups:
                case.steps.append(no)
                return None
        if case.hold is not None:
            case.steps.append(waits)
            return None
        if rule.unless_approved is not None and _approved(case.bill, case.person, rule.unless_approved):
            case.steps.append(approved)
            return None
        case.steps.append(person)
        return _PERSON

    return run


def _approved(bill: BillFacts, person: PersonFacts, kind: str) -> bool:
    """Whether an approved application of the kind names the bill or, naming none, was filed in its year after it."""
    return any(
        each.kind == kind
        and not each.withdrawn
        and each.rejected_on is None
        and each.approved_on is not None
        and (
            bill.setl_id in each.setl_ids
            if each.setl_ids
            else benefit_year(each) == bill.discharged_on.year and bill.settled_on <= each.applied_on
        )
        for each in person.applications
    )
