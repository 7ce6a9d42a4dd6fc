"""From a checked rulebook to a plan that decides bills: figures in fen, rules as closures, nothing looked up twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from fractions import Fraction
from itertools import pairwise
from typing import Any

from workers.policy.case import GroupPlan, Run
from workers.policy.completeness import completeness_findings
from workers.policy.county_lists import NO_LISTS, CountyLists
from workers.policy.loader import Loaded
from workers.policy.matters.findings import matter_findings
from workers.policy.matters.plan import Plan
from workers.policy.problems import Finding
from workers.policy.rounding import MODES
from workers.policy.schema import Group, Pool, Rulebook
from workers.policy.types import BillFacts
from workers.policy.verbs.caps import once_mode
from workers.policy.verbs.context import Context
from workers.policy.verbs.registry import AT_MOST_ONE, IMPLEMENTED, ONE_OF_EACH, ORDER, ORDINARY

_FIGURES = ("rate", "deductible", "cap")
"""Parts of the name of an outside figure behind the id of its group."""


def executable_findings(loaded: Loaded) -> list[Finding]:
    """What this engine cannot execute in a rulebook that is right in itself."""
    findings: list[Finding] = []
    places: dict[str, list[int]] = {}
    for number, rule in enumerate(loaded.book.rule):
        places.setdefault(rule.do, []).append(number)
        if rule.do not in IMPLEMENTED:
            message = f"rule {rule.id}: the verb {rule.do} exists, but this engine cannot execute it yet"
            fix = "leave the rule out until an engine release names the verb, or run that release"
            findings.append(loaded.finding(("rule", number, "do"), message, fix, *rule.clauses))
        if rule.do == "running_claim" and not _claimable(rule):
            message = (
                f"rule {rule.id}: a running claim goes by bands of fixed amounts only, or by threshold and down_to"
            )
            fix = "give each band an amount, or both a threshold and down_to and no band"
            findings.append(loaded.finding(("rule", number), message, fix, *rule.clauses))
    findings.extend((*_group_findings(loaded), *completeness_findings(loaded), *matter_findings(loaded)))
    for verb in ONE_OF_EACH:
        if verb not in places:
            findings.append(loaded.finding(("rule", 0), f"there is no rule `{verb}`", "add it with its citation"))
    findings.extend(_pool_findings(loaded, "choose_pool" in places))
    if [all(verb in places for verb in way) for way in ORDINARY].count(True) != 1:
        fix = "add `single_rate` and `cap_year`, or `reported_layer`, with their citations"
        findings.append(loaded.finding(("rule", 0), "the ordinary layer is not decided in one way", fix))
    for verb in (*ONE_OF_EACH, *AT_MOST_ONE, *(verb for way in ORDINARY for verb in way)):
        for number in places.get(verb, [])[1:]:
            first, second = loaded.book.rule[places[verb][0]], loaded.book.rule[number]
            message = f"two rules `{verb}`: {first.id} and {second.id}"
            path = ("rule", number, "do")
            findings.append(loaded.finding(path, message, "keep one", first.clauses[0], second.clauses[0]))
    present = [verb for verb in ORDER if verb in places]
    for before, after in pairwise(present):
        if places[before][0] > places[after][0]:
            path = ("rule", places[after][0], "do")
            findings.append(loaded.finding(path, f"`{after}` stands before `{before}`", f"move it behind `{before}`"))
    return findings


def _claimable(rule: Any) -> bool:
    """Bands with a sum each, or a threshold with what it is brought down to; nothing of both."""
    by_threshold = rule.threshold is not None and rule.down_to is not None
    if rule.bands:
        return rule.threshold is None and rule.down_to is None and all(band.amount is not None for band in rule.bands)
    return by_threshold


def _group_findings(loaded: Loaded) -> list[Finding]:
    """Forms of a group that the format has and this engine cannot execute yet."""
    findings: list[Finding] = []
    by_rate = any(rule.do == "single_rate" for rule in loaded.book.rule)
    for number, group in enumerate(loaded.book.group):
        findings.extend(_outside_findings(loaded, number, group))
        if by_rate and group.rate is None and not (group.like or group.outside or group.pool):
            findings.append(loaded.finding(("group", number), f"{group.name} has no rate", "add it with its citation"))
    return findings


def _outside_findings(loaded: Loaded, number: int, group: Group) -> list[Finding]:
    """Outside figures of a group: declared, and complete; `like` names a group that has them."""
    declared = {figure.id for figure in loaded.book.figure}
    model = next((each for each in loaded.book.group if each.id == (group.like or group.id)), None)
    wanted = {f"{model.id}_{part}" for part in _FIGURES} if model is not None else set()
    faults: list[tuple[str, str]] = []
    if model is None or (group.like and not model.outside):
        faults.append((f"`like` names {group.like}, which has no outside figures", "name a group that has them"))
    elif (group.like or group.outside) and not wanted <= set(model.outside):
        faults.append(("`outside` does not name rate, deductible and cap", f"name {', '.join(sorted(wanted))}"))
    if not set(group.outside) <= declared:
        unknown = ", ".join(sorted(set(group.outside) - declared))
        faults.append((f"{unknown} is not a figure of this rulebook", "declare it as [[figure]] with its document"))
    if group.outside and group.rate is not None:
        faults.append(("its rate stands here and in another document", "keep one"))
    clauses = group.identity[0].clauses
    return [loaded.finding(("group", number), f"{group.name}: {text}", fix, *clauses) for text, fix in faults]


def _pool_findings(loaded: Loaded, chosen: bool) -> list[Finding]:
    """Pools need the rule that chooses among them, and the rule needs groups with pools."""
    fix = "give the groups pools and one rule `choose_pool`, or neither"
    return [
        loaded.finding(("group", number), f"{group.name}: pools and the rule `choose_pool` go together", fix)
        for number, group in enumerate(loaded.book.group)
        if bool(group.pool) != chosen
    ]


def build_context(book: Rulebook, figures: Mapping[str, Any] | None = None, lists: CountyLists = NO_LISTS) -> Context:
    """Groups and rounding under the chosen readings."""
    context = Context(book, figures, lists)
    rounding = context.rules("round")
    context.rounding = MODES[context.pick(rounding[0].mode)]
    for group in book.group:
        context.groups[group.id] = _group(group, context)
    return context


def _group(group: Group, context: Context) -> GroupPlan:
    if group.outside or group.like:
        return _outside(group, context)
    cap = context.figure(group.cap)
    halves_cap = once_mode(context) == "rate_and_cap_halved"
    once = context.rules("once_on_application")
    cap_once = (
        context.rounding(*(cap * once[0].factor.value).as_integer_ratio()) if once and halves_cap and cap else cap
    )
    counters = _counters(group, context)
    plan = GroupPlan(
        id=group.id,
        name=group.name,
        rank=group.rank,
        deductible=context.figure(group.deductible) or 0,
        cap=cap,
        rates=_rates(context.figure(group.rate) or Fraction(0), context),
        cap_once=cap_once,
        counters=counters,
    )
    return plan._replace(pools={pool.id: _pool(plan, group, pool, context) for pool in group.pool})


def _outside(group: Group, context: Context) -> GroupPlan:
    """A group whose rate, deductible and cap another document states (X-A9), or that has those of another group."""
    model = next((each for each in context.book.group if each.id == group.like), group)
    names = (*group.outside, *(model.outside if model is not group else ()))
    found = {part: context.figures.get(f"{model.id}_{part}") for part in _FIGURES}
    return GroupPlan(
        id=group.id,
        name=group.name,
        rank=_outside_rank(group, context),
        deductible=found["deductible"] or 0,
        cap=found["cap"],
        rates=_rates(found["rate"] or Fraction(0), context),
        cap_once=found["cap"],
        counters=_counters(group, context),
        missing=not set(names) <= set(context.figures),
    )


def _outside_rank(group: Group, context: Context) -> int:
    """The highest gets most by the adopted figures (HS-A8): rate, then deductible, then cap; until then as listed."""

    def standing(each: Group) -> tuple[Fraction, int, int, int]:
        rate, deductible, cap = (context.figures[f"{each.like or each.id}_{part}"] for part in _FIGURES)
        return -rate, deductible, -cap, each.rank

    groups = [each for each in context.book.group if each.outside or each.like]
    wanted = {f"{each.like or each.id}_{part}" for each in groups for part in _FIGURES}
    if len(groups) < len(context.book.group) or not wanted <= set(context.figures):
        return group.rank
    return 1 + sorted(groups, key=standing).index(group)


def _counters(group: Group, context: Context) -> dict[str, str]:
    """Counter of a rule or pool → counter as it is kept: one for all groups, or one of each group (X-A4)."""
    names = {pool.counter for pool in group.pool}
    for rule in context.book.rule:
        names.update(
            getattr(rule, name) for name in ("counter", "burden_counter", "rest_counter") if getattr(rule, name, None)
        )
        names.update(nested.counter for nested in getattr(rule, "nested", ()))
    fresh = context.pick(context.book.governs.class_change) == "fresh"
    return {name: f"{name}.{group.id}" if fresh else name for name in sorted(names)}


def _pool(plan: GroupPlan, group: Group, pool: Pool, context: Context) -> GroupPlan:
    """The group with the figures of one pool; under JY-A2 `inside_inpatient` the inpatient limit holds for all."""
    chooser = context.rules("choose_pool")[0]
    inside = context.pick(chooser.inside) == "inside_inpatient"
    held_by = [pool, *(each for each in group.pool if inside and each.id == chooser.inpatient and each is not pool)]
    limits = [(context.figure(each.cap), plan.counters[each.counter]) for each in held_by]
    return plan._replace(
        cap=context.figure(pool.cap),
        cap_once=context.figure(pool.cap),
        rates=_rates(context.figure(pool.rate), context),
        pool=pool.id,
        limits=tuple((limit, counter) for limit, counter in limits if limit is not None),
    )


def _rates(rate: Fraction, context: Context) -> tuple[tuple[int, int, str, str], ...]:
    """The four rates of a group: as it is, cut, once, both (QN-A5)."""
    cuts, once = context.rules("cut_rate"), context.rules("once_on_application")
    points = cuts[0].points.value if cuts else Fraction(0)
    factor, minus_first = Fraction(1), True
    if once:
        factor = Fraction(1) if once_mode(context) == "payment_halved" else once[0].factor.value
        minus_first = context.pick(once[0].combined_with_cut) == "minus_then_half"
    both = (rate - points) * factor if minus_first else rate * factor - points
    table = ((rate, "class"), (rate - points, "cut"), (rate * factor, "once"), (both, "cut_once"))
    return tuple(_rate_row(max(Fraction(0), value), code) for value, code in table)


def _rate_row(value: Fraction, code: str) -> tuple[int, int, str, str]:
    return value.numerator, value.denominator, f"{value.numerator}/{value.denominator}", code


def compile_rules(book: Rulebook, context: Context) -> tuple[Run, ...]:
    """The executable rules in file order."""
    runs: list[Run] = []
    for rule in book.rule:
        compiler = IMPLEMENTED[rule.do].compile
        if compiler is not None:
            runs.append(compiler(rule, context))
    return tuple(runs)


def compile_plans(book: Rulebook, context: Context) -> tuple[Plan, ...]:
    """The rules about other matters than a bill, in file order."""
    compilers = ((rule, IMPLEMENTED[rule.do].plan) for rule in book.rule)
    return tuple(compiler(rule, context) for rule, compiler in compilers if compiler is not None)


def _discharge(bill: BillFacts) -> date:
    return bill.discharged_on


def _settlement(bill: BillFacts) -> date:
    return bill.settled_on


def _admission(bill: BillFacts) -> date:
    return bill.admitted_on or bill.discharged_on


DATES: dict[str, Callable[[BillFacts], date]] = {
    "discharge": _discharge,
    "settlement": _settlement,
    "admission": _admission,
}
