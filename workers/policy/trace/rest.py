"""What did not apply to a bill and why, and the readings its decision rests on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from schemas.reasons import REASON_TEXTS
from workers.policy.instrument import Instrument
from workers.policy.say import NOT
from workers.policy.trace.decided import Decided
from workers.policy.trace.steps import full_step, group_of
from workers.policy.trace.told import NotApplied, Relied
from workers.policy.types import Step
from workers.policy.verbs.registry import IMPLEMENTED


def not_applied(instrument: Instrument, found: Decided) -> Iterator[NotApplied]:
    """Groups and rules of the instrument that had no say in the bill's money."""
    steps = {step.step: step for step in found.steps}
    group = group_of(instrument, found)
    for other in instrument.book.group:
        if other is not group:
            because = _why_other_group(group, found)
            clauses = tuple(dict.fromkeys(clause for identity in other.identity for clause in identity.clauses))
            yield NotApplied(other.id, other.name, clauses, because)
    for rule in instrument.book.rule:
        step = steps.get(rule.id)
        if IMPLEMENTED[rule.do].plan is not None:
            continue  # another matter than this bill's money
        if step is not None:
            told = instrument.say(step.step, step.code)
            if told.effect == NOT:
                full = full_step(instrument, 0, step, found)
                yield NotApplied(rule.id, rule.name, tuple(rule.clauses), full.sentence)
        else:
            because = _why_silent(instrument, rule, found, steps)
            if because:
                yield NotApplied(rule.id, rule.name, tuple(rule.clauses), because)


def _why_other_group(group: Any, found: Decided) -> str:
    if group is not None:
        return f"本次按{group.name}救助。"
    return "费用发生时不具有该类身份。" if found.steps else f"此前已经决定：{REASON_TEXTS[found.reason]}"


def _why_silent(instrument: Instrument, rule: Any, found: Decided, steps: Mapping[str, Step]) -> str:
    """Why a rule without a step did not apply; empty when it did."""
    way = steps[instrument.chooser.rule.id].code.partition(".")[2] if instrument.chooser.rule.id in steps else ""
    if rule.do == "grace_month":
        return "" if way == "grace" else "没有处于终止当月的身份可以延续。"
    if rule.do == "retro_window":
        return "" if way == "retro" else "不属于申请之前追溯的费用。"
    if rule.do == "stay_in_progress":
        return "" if way == "stay" else "不属于住院期间退出的情形。"
    if rule.do == "require_application":
        return "" if way in ("applied", "retro") else "不是依申请救助的对象，或没有申请。"
    if rule.do == "route_fund":
        return _why_other_fund(instrument, rule, found)
    if rule.do == "round" and any(instrument.rules[name].do in ("cap_year", "reported_layer") for name in steps):
        return ""
    return f"此前已经决定：{REASON_TEXTS[found.reason]}"


def _why_other_fund(instrument: Instrument, rule: Any, found: Decided) -> str:
    if not found.paid:
        return "没有需要列支的救助金额。"
    if instrument.funds.by_layer:
        return "" if found.paid & set(rule.layers) else "没有由该资金列支的救助金额。"
    group = group_of(instrument, found)
    serves = instrument.funds.rules.get(group.id) if group is not None else None
    if serves is None:
        return "不属于该资金渠道的对象。" if rule.groups else ""
    return "" if serves is rule else "另有规定的资金渠道。"


def questions(instrument: Instrument, found: Decided) -> Iterator[Relied]:
    """Those that its steps rest on, and the general ones."""
    general = instrument.general_questions
    for question in instrument.book.question:
        relied = question.id in found.questions
        if relied or (question.id in general and found.steps):
            reading = next(each.text for each in question.readings if each.id == question.chosen)
            yield Relied(
                question.id, question.text, question.chosen, reading, question.basis, question.decided_by, not relied
            )  # fmt: skip
