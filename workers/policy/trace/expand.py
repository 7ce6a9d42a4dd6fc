"""From the compact steps of a decision to the full trace.

A pure function of the law's bytes and the decision: the same decision is explained in the same words for ever.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workers.policy.law import Law
from workers.policy.say import NOT
from workers.policy.trace.beside import engine_step, order_step, reason_step
from workers.policy.trace.decided import of_json, of_verdict
from workers.policy.trace.rest import not_applied, questions
from workers.policy.trace.steps import full_step, validity_step
from workers.policy.trace.told import FullStep, Trace
from workers.policy.types import Verdict


def expand(law: Law, decision: Verdict | Mapping[str, Any]) -> Trace:
    """Explain a verdict, or a decision as `assistance.decided` carries it. Usage when it was made under another law."""
    found = of_verdict(decision) if isinstance(decision, Verdict) else of_json(law, decision)
    if found.measure not in law.measures:
        return Trace("", "", (reason_step(found.reason),), (), ())
    instrument = law.instrument(found.measure, found.day)
    if found.reason in ("before_in_force", "after_expiry"):
        steps: tuple[FullStep, ...] = (validity_step(instrument, found),)
    else:
        told = [step for step in found.steps if instrument.say(step.step, step.code).effect != NOT]
        steps = tuple(full_step(instrument, number, step, found) for number, step in enumerate(told, start=1))
        steps += tuple(
            order_step(number, code, found.layers) for number, code in enumerate(found.orders, len(steps) + 1)
        )
        steps += tuple(engine_step(number, step) for number, step in enumerate(found.beside, len(steps) + 1))
    return Trace(
        instrument.book.instrument.title,
        instrument.book.instrument.doc_no,
        steps,
        tuple(not_applied(instrument, found)),
        tuple(questions(instrument, found)),
    )
