"""`reported_layer`: what another policy pays on the bill, as the platform reports it; DT-3.0, reading DT-A10."""

from __future__ import annotations

from operator import attrgetter

from workers.policy.case import Case, End, Run
from workers.policy.say import NOT, Say, Says
from workers.policy.types import Step
from workers.policy.verbs.context import Context
from workers.policy.verbs_amounts import ReportedLayer

SAYS: Says = {
    "none": Say("没有收到上级政策已支付的医疗救助。", effect=NOT),
    "reported": Say(
        "上级政策已支付医疗救助{已支付救助}元，由平台结算，不再支付。", ("已支付救助",), ("fen",), outputs=1
    ),
}


def compile_reported(rule: ReportedLayer, context: Context) -> Run:
    none, read = Step(rule.id, "none"), attrgetter(rule.fact)

    def run(case: Case) -> End | None:
        amount = read(case.bill)
        if not amount:
            case.steps.append(none)
            return None
        case.layers[rule.layer] = amount
        assert case.group is not None  # noqa: S101
        case.uses[case.group.counters[rule.counter]] = amount
        case.steps.append(Step(rule.id, "reported", (amount,)))
        return None

    return run
