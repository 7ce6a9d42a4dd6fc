"""`cap_year`: the yearly limit of the group, of its pool, or one limit inside another; QN-N3, JY-A2, LZ-A1."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from workers.policy.case import Case, End, Run
from workers.policy.rounding import Rounding, half_up, ratio_text
from workers.policy.say import Say, Says
from workers.policy.types import Step
from workers.policy.verbs.conditions import compile_all
from workers.policy.verbs.context import Context
from workers.policy.verbs_amounts import CapYear

Limits = Sequence[tuple[int, str]]
_CAP_NAMES = ("应救助额", "年度限额", "本年已用", "本次救助")
_CAP_KINDS = ("fen",) * 4
CAP_SAYS: Says = {
    "uncapped": Say("该类别不设年度限额，本次救助{本次救助}元。", ("本次救助",), ("fen",), outputs=1),
    "within": Say(
        "年度限额{年度限额}元，本年已用{本年已用}元，本次救助{本次救助}元。", _CAP_NAMES, _CAP_KINDS, outputs=1
    ),
    "limited": Say(
        "年度限额{年度限额}元，本年已用{本年已用}元，应救助额{应救助额}元超出余额，本次救助{本次救助}元。",
        _CAP_NAMES, _CAP_KINDS, outputs=1,
    ),
}  # fmt: skip


def compile_cap(rule: CapYear, context: Context) -> Run:
    rounding, counter, layer = context.rounding, rule.counter, rule.layer
    halves_payment = once_mode(context) == "payment_halved"
    factor = once_factor(context)
    nested = compile_nested(rule, context)

    def run(case: Case) -> End | None:
        group = case.group
        assert group is not None  # noqa: S101
        if group.limits or nested is not None:
            limits = group.limits if nested is None else nested(case)
            case.layers[layer], code, figures = pay_within(case, limits, group.counters[counter], rounding)
            case.steps.append(Step(rule.id, code, figures))
            return None
        cap = group.cap_once if case.once else group.cap
        exact, denominator = case.entitled
        if cap is None:
            paid = rounding(exact, denominator)
            code, numbers = "uncapped", (paid,)
        else:
            name = group.counters[counter]
            used = case.counters.get(name, 0)
            left = cap - used if used < cap else 0
            case.capped = exact > left * denominator
            paid = left if case.capped else rounding(exact, denominator)
            if case.capped:
                _note_over(case, paid)
            if case.once and halves_payment:
                limited = (left, 1) if case.capped else (exact, denominator)
                paid = rounding(limited[0] * factor[0], limited[1] * factor[1])
            code = "limited" if case.capped else "within"
            entitled = exact // denominator if not exact % denominator else ratio_text(exact, denominator)
            numbers = (entitled, cap, used, paid)  # type: ignore[assignment]
            if paid:
                case.uses[name] = paid
        case.layers[layer] = paid
        case.steps.append(Step(rule.id, code, numbers))
        return None

    return run


def pay_within(case: Case, limits: Limits, total: str, rounding: Rounding) -> tuple[int, str, tuple[int | str, ...]]:
    """What every limit leaves; the bill counts on each of them and on the layer's total. Amount, code, numbers."""
    cap, used = min(
        ((limit, case.counters.get(name, 0)) for limit, name in limits), key=lambda each: max(0, each[0] - each[1])
    )
    left = max(0, cap - used)
    exact, denominator = case.entitled
    case.capped = exact > left * denominator
    paid = left if case.capped else rounding(exact, denominator)
    case.left = left - paid
    if case.capped:
        _note_over(case, paid)
    if paid:
        case.uses[total] = paid
        case.uses.update((name, paid) for _, name in limits)
    return paid, "limited" if case.capped else "within", (ratio_text(exact, denominator), cap, used, paid)


def compile_nested(rule: CapYear, context: Context) -> Callable[[Case], Limits] | None:
    """Limits of a bill where a smaller yearly limit lies inside the group's (LZ-A1); None where there is none."""
    if not rule.nested or rule.nesting is None:
        return None
    mode, tests = context.pick(rule.nesting), [(compile_all(each.when), each) for each in rule.nested]

    def limits(case: Case) -> Limits:
        group = case.group
        assert group is not None  # noqa: S101
        assert group.cap is not None  # noqa: S101  a rulebook whose groups have no cap has nothing to nest in
        whole = (group.cap, group.counters[rule.counter])
        inner = [each for test, each in tests if test(case.bill) is not False]
        if mode == "single_counter":
            return [(each.limit.value, whole[1]) for each in inner] or [whole]
        if mode == "separate":
            inner_only = [(each.limit.value, group.counters[each.counter]) for each in inner]
            return inner_only or [(whole[0], group.counters[rule.rest_counter or rule.counter])]
        parts = [(each.limit.value, group.counters[each.counter]) for each in inner]
        return [*parts, whole]

    return limits


def _note_over(case: Case, paid: int) -> None:
    """Eligible expense beyond the expense that used up the cap: eligible − paid ÷ rate, exact (QN-A2)."""
    numerator, denominator = case.rate
    case.over = (case.eligible * numerator - paid * denominator, numerator)
    case.over_whole = half_up(*case.over)


def once_mode(context: Context) -> str:
    """Chosen reading of what an uninsured person's half applies to; empty when the rulebook has no such rule."""
    rules = context.rules("once_on_application")
    return context.pick(rules[0].applies_to) if rules else ""


def once_factor(context: Context) -> tuple[int, int]:
    rules = context.rules("once_on_application")
    value = rules[0].factor.value if rules else None
    return (value.numerator, value.denominator) if value is not None else (1, 1)
