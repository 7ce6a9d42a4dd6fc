"""`choose_pool`: the figures of the group for the kind of care of the bill; JY-3.2.1, 3.2.2, reading JY-A1."""

from __future__ import annotations

from workers.policy.case import Case, End, Run
from workers.policy.say import Say, Says
from workers.policy.types import Status, Step
from workers.policy.verbs.admission import CARE_LABELS
from workers.policy.verbs.context import Context
from workers.policy.verbs_admission import ChoosePool

_REFUSED = End(Status.DECIDED, "scope_not_covered")


def served(rule: ChoosePool, context: Context) -> dict[str, str]:
    """Kind of care → pool, under the chosen reading."""
    pools = {care: each.pool for each in rule.serves for care in each.care_types}
    special = context.pick(rule.special)
    for care in list(pools):
        if special == "special_as_inpatient" and care in rule.special_care_types:
            pools[care] = rule.inpatient
        elif special == "only_special" and pools[care] == rule.outpatient and care not in rule.special_care_types:
            del pools[care]
    return pools


def pool_says(rule: ChoosePool, context: Context) -> Says:
    """A code for each pool, one for each kind of care or group that has none."""
    says = {"refused": Say(f"{rule.name}：本类对象的此类费用不在救助范围内。", options=("special",))}
    for care, pool in served(rule, context).items():
        options = ("special", "inside") if care in rule.special_care_types else ("inside",)
        says[f"{pool}.{care}"] = Say(f"{rule.name}：{CARE_LABELS[care]}。", options=options)
    return says


def compile_pool(rule: ChoosePool, context: Context) -> Run:
    pools = served(rule, context)
    refused = Step(rule.id, "refused")
    steps = {care: Step(rule.id, f"{pool}.{care}") for care, pool in pools.items()}

    def run(case: Case) -> End | None:
        group, care = case.group, case.bill.care_type
        assert group is not None  # noqa: S101  the chooser ran before
        plan = group.pools.get(pools.get(care, ""))
        if plan is None:
            case.steps.append(refused)
            return _REFUSED
        case.group = plan
        case.steps.append(steps[care])
        return None

    return run
