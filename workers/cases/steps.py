"""The first step at which the law and the hand arithmetic of a row part.

The clerk's sum names the figures that he used and, in between, what he expects each step to give. The steps of the
law are walked in order: the first whose result the sum does not contain is the one to look at.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from workers.cases.timeline import Row
from workers.policy.law import Law
from workers.policy.rounding import half_up
from workers.policy.trace.expand import expand
from workers.policy.trace.told import FullStep, Trace
from workers.policy.types import Verdict

SECOND_LAYERS = ("top_up", "threshold_share", "running_claim")

RESULTS = ("救助基数", "余额", "应救助额", "本次救助")
"""Results of steps that a sum contains when it agrees with them."""

REASON_VERBS: Mapping[str, tuple[str, ...]] = {
    "before_in_force": ("in_force",), "after_expiry": ("in_force",),
    "no_identity": ("choose_identity",), "identity_ended": ("choose_identity",),
    "application_missing": ("choose_identity", "elsewhere_on_application"),
    "scope_not_covered": ("require", "choose_pool"), "not_designated": ("require",), "uninsured": ("require",),
    "not_member": ("require_member",), "excluded": ("exclude",),
    "insurance_result_missing": ("hold",), "figure_missing": ("hold",),
    "within_deductible": ("subtract_deductible",), "cap_used_up": ("cap_year", "retro_benefit"),
    "nothing_to_assist": ("base_amount",),
}  # fmt: skip
"""Which verbs could have given the reason that was expected."""


def first_differing(law: Law, row: Row, verdict: Verdict) -> FullStep | None:
    """The step to look at; None where nothing was decided in steps."""
    trace = expand(law, verdict)
    if not trace.steps:
        return None
    if verdict.reason != row.reason:
        return _by_reason(law, trace, row.reason, verdict)
    if verdict.layers.get("ordinary", 0) == row.ordinary:
        return next((step for step in trace.steps if step.verb in SECOND_LAYERS), trace.steps[-1])
    sums = row.parts[0] if row.parts else ()
    shares = bool(row.shares) and row.shares[0]
    agreed = _agreed(row, sums, shares)
    for step in trace.steps:
        rate = step.inputs.get("比例")
        if rate is not None and shares and not _agrees(rate, agreed):
            return step
        if step.verb != "cap_year" and sums and not shares:
            continue  # the sum states a limit, not a share: only the limit can differ
        if any(not _agrees(text, agreed) for name, text in step.outputs.items() if name in RESULTS):
            return step
    return trace.steps[-1]


def _by_reason(law: Law, trace: Trace, expected: str, verdict: Verdict) -> FullStep:
    """The step that should have ended the decision with the expected reason, or the one that did."""
    rules = law.instrument(verdict.measure, verdict.benefit_date).rules if verdict.measure else {}
    for reason in (expected, verdict.reason):
        for step in trace.steps:
            gives = getattr(rules.get(step.rule), "reason", reason) == reason
            if gives and step.verb in REASON_VERBS.get(reason, ()):
                return step
    return trace.steps[-1]


def _agreed(row: Row, sums: tuple[Fraction, ...], shares: bool) -> set[Fraction]:
    """Every amount in fen and every rate that the clerk wrote or computed."""
    found = {Fraction(1), Fraction(row.ordinary)}
    if not shares:
        found.add(Fraction(row.bill.in_scope_personal or 0))
    for part in sums:
        found |= {part, Fraction(half_up(*(part * 100).as_integer_ratio()))}
    return found


def _agrees(text: str, agreed: set[Fraction]) -> bool:
    if text.endswith("%"):
        return Fraction(text[:-1]) / 100 in agreed
    return Fraction(half_up(*(Fraction(text) * 100).as_integer_ratio())) in agreed
