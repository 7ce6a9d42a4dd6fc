"""What a trace is told of: a verdict, or a decision as `assistance.decided` carries it, in one form."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Any, NamedTuple

from schemas.money import text_of
from workers.errors import Usage
from workers.policy.law import Law
from workers.policy.trace.beside import ENGINE_STEPS, ORDER
from workers.policy.types import Step, Verdict


class Decided(NamedTuple):
    """Steps parted by who took them, and what of the amounts the sentences need (yuan, as text)."""

    measure: str
    day: date
    reason: str
    steps: tuple[Step, ...]
    questions: tuple[str, ...]
    paid: frozenset[str]  # layers with money
    orders: tuple[str, ...] = ()  # what officers' orders did, as codes of `beside.ORDERS`
    layers: Mapping[str, str] = MappingProxyType({})
    beside: tuple[Step, ...] = ()  # what the engine says beside the rulebook


def of_verdict(verdict: Verdict) -> Decided:
    paid = frozenset(layer for layer, amount in verdict.layers.items() if amount)
    steps, orders, beside = _parted(verdict.steps)
    amounts = {layer: text_of(amount) for layer, amount in verdict.layers.items()}
    return Decided(
        verdict.measure, verdict.benefit_date, verdict.reason, steps, verdict.questions, paid, orders, amounts, beside
    )


def of_json(law: Law, decision: Mapping[str, Any]) -> Decided:
    """Usage when the decision was made under another law."""
    made_under = decision.get("receipt", {}).get("rulebook")
    if made_under is not None and made_under.removeprefix("sha256:") != law.hash:
        raise Usage(f"the decision was made under {made_under}; load the adoption with that hash to explain it")
    every = tuple(Step(rule, code, tuple(numbers)) for rule, code, numbers in decision.get("steps", ()))
    steps, orders, beside = _parted(every)
    paid = frozenset(layer for layer, amount in decision.get("layers", {}).items() if amount != "0.00")
    day = date.fromisoformat(decision["benefit_date"]) if decision.get("benefit_date") else date.min
    return Decided(
        decision.get("measure") or "", day, decision["reason"], steps, tuple(decision.get("questions", ())), paid,
        orders, decision.get("layers", {}), beside,
    )  # fmt: skip


def _parted(every: tuple[Step, ...]) -> tuple[tuple[Step, ...], tuple[str, ...], tuple[Step, ...]]:
    """Steps of the rulebook, codes of officers' orders, steps of the engine."""
    steps = tuple(step for step in every if step.step != ORDER and step.step not in ENGINE_STEPS)
    orders = tuple(step.code for step in every if step.step == ORDER)
    return steps, orders, tuple(step for step in every if step.step in ENGINE_STEPS)
