"""Lists of a rulebook that must be whole: parts of the own payment, kinds of care of the pools, outside figures."""

from __future__ import annotations

from workers.policy.loader import Loaded, walk
from workers.policy.problems import Finding
from workers.policy.values import Condition, CountValue
from workers.policy.verbs_admission import ChoosePool, Require, RequireApplication
from workers.policy.verbs_amounts import BaseAmount
from workers.policy.verbs_matters import Premium, Warn

OWN_PAYMENT = ("in_scope_personal", "class_b_first_pay", "over_limit_price_pay", "out_of_scope")
"""What a person bears of an insured bill; every part is assisted or lies outside."""


UNITS = {"reach": "months", "from_months": "months", "to_months": "months", "years": "years", "within": "months"}
"""In what the engine counts."""


def completeness_findings(loaded: Loaded) -> list[Finding]:
    """Parts that are forgotten, or stand twice."""
    findings: list[Finding] = []
    for path, node in walk(loaded.book):
        if isinstance(node, Condition) and not (node.one_of or node.is_not):
            message = f"the condition on {node.fact} names no value"
            findings.append(loaded.finding(path, message, "name values in one_of or is_not, or remove the condition"))
        if isinstance(node, CountValue) and node.unit != UNITS.get(str(path[-1]), node.unit):
            message = f"{path[-1]} is counted in {UNITS[str(path[-1])]}, not in {node.unit}"
            findings.append(loaded.finding(path, message, f"say {UNITS[str(path[-1])]}, or another verb"))
    for number, rule in enumerate(loaded.book.rule):
        faults: list[tuple[str, str]] = []
        if isinstance(rule, BaseAmount):
            faults = _own_payment(rule)
        elif isinstance(rule, ChoosePool):
            faults = _pools(rule)
        elif isinstance(rule, Require | RequireApplication):
            faults = _figures(loaded, rule)
        elif isinstance(rule, Premium):
            faults = _shares(loaded, rule)
        elif isinstance(rule, Warn) and rule.over == "year" and rule.who not in ("with_identity", "without_identity"):
            faults = [(f"a yearly warning tells people with and without identity only, not {rule.who}", "name one")]
        findings.extend(loaded.finding(("rule", number), text, fix, *rule.clauses) for text, fix in faults)
    return findings


def _own_payment(rule: BaseAmount) -> list[tuple[str, str]]:
    said = [*rule.fields, *rule.outside]
    faults = [
        (f"{part} is neither assisted nor outside", "name it in one list") for part in OWN_PAYMENT if part not in said
    ]
    twice = sorted({part for part in said if said.count(part) > 1})
    return [*faults, *((f"{part} is named twice", "leave it in one list") for part in twice)]


def _pools(rule: ChoosePool) -> list[tuple[str, str]]:
    said = [care for each in rule.serves for care in each.care_types]
    twice = sorted({care for care in said if said.count(care) > 1})
    faults = [(f"the kind of care {care} is served by two pools", "leave it in one pool") for care in twice]
    outpatient = [care for each in rule.serves if each.pool == rule.outpatient for care in each.care_types]
    idle = sorted(set(rule.special_care_types) - set(outpatient))
    return faults + [
        (f"special care {care} is none of the outpatient pool's", "remove it, or serve it") for care in idle
    ]


def _figures(loaded: Loaded, rule: Require | RequireApplication) -> list[tuple[str, str]]:
    """A class that waits for another document waits for every figure that its rules take from it."""
    figure = rule.figure if isinstance(rule, Require) else rule.reach_figure
    concerned = rule.groups if isinstance(rule, RequireApplication) else [each.id for each in loaded.book.group]
    faults = []
    for group in loaded.book.group:
        takes = group.id in concerned and bool(
            isinstance(rule, RequireApplication) or (group.outside and not group.like)
        )
        if figure is not None and takes and figure not in group.outside:
            text = f"{group.name} does not wait for the outside figure {figure}"
            faults.append((text, "name it in `outside` of the class"))
    return faults


def _shares(loaded: Loaded, rule: Premium) -> list[tuple[str, str]]:
    """A class, or a name of it, has one share of the premium."""
    names = {group.id: tuple(each.name for each in group.identity) for group in loaded.book.group}
    said = [
        (group, name) for share in rule.shares for group in share.groups for name in share.names or names.get(group, ())
    ]
    twice = sorted({group for group, name in said if said.count((group, name)) > 1})
    return [(f"{group} has two shares of the premium", "leave it in one") for group in twice]
