"""`elsewhere_on_application`: bills insured outside the governed places, of people registered there; LZ-15a, A13."""

from __future__ import annotations

from workers.policy.case import Case, End, Run
from workers.policy.say import NOT, Say, Says
from workers.policy.types import Status, Step
from workers.policy.verbs.applicants import elsewhere_application
from workers.policy.verbs.context import Context
from workers.policy.verbs_admission import ElsewhereOnApplication

SAYS: Says = {
    "here": Say("在本市参加基本医疗保险。", effect=NOT),
    "proved": Say(
        "在市外参加基本医疗保险，已申请医后救助并证明没有在参保地享受医疗救助。", options=("way_in", "residents")
    ),
    "no_application": Say("在市外参加基本医疗保险，没有收到医后救助申请。", options=("way_in",)),
    "assisted_there": Say("在市外参加基本医疗保险，不能证明没有在参保地享受医疗救助。", options=("way_in",)),
    "not_stated": Say("在市外参加基本医疗保险，没有收到未在参保地享受医疗救助的证明，等待补充。", options=("way_in",)),
}
_UNAPPLIED = End(Status.DECIDED, "application_missing")


def compile_elsewhere(rule: ElsewhereOnApplication, context: Context) -> Run:
    steps = {code: Step(rule.id, code) for code in SAYS}
    counties = frozenset(context.book.place.counties)

    def run(case: Case) -> End | None:
        code = _standing(case, counties)
        case.steps.append(steps[code])
        if code == "not_stated":
            case.hold = case.hold or "fact_missing"
        return None if code in ("here", "proved", "not_stated") else _UNAPPLIED

    return run


def _standing(case: Case, counties: frozenset[str]) -> str:
    if case.bill.county in counties:
        return "here"
    application = elsewhere_application(case.bill, case.person)
    if application is None:
        return "no_application"
    if application.not_assisted_proof is None:
        return "not_stated"
    return "proved" if application.not_assisted_proof else "assisted_there"
