"""Why our result and the platform's payment differ on one bill: a closed list, each cause with its sentence.

The cause is read from the trace of our decision alone: the platform says an amount and no reason. Where a different
class, rate, limit or base would give just the platform's amount, that is named; else the cause is `other`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from fractions import Fraction
from typing import Any, NamedTuple

from schemas.money import fen_of
from schemas.reasons import Sentenced
from workers.policy.law import Law
from workers.policy.trace.expand import expand
from workers.policy.trace.told import FullStep


class Cause(Sentenced):
    """Causes are part of the report's contract: never renamed, never reused."""

    SAME = "same", "双方金额一致。"
    NOT_DECIDED = "not_decided", "我方尚未作出决定：等待资料、等待人工或者等待规则启用。"
    NOT_REPORTED = "not_reported", "平台没有上报救助金额，我方按规定应予救助。"
    IDENTITY_UNKNOWN = "identity_unknown", "平台已予救助，我方没有该人在费用发生日的有效身份或者申请。"
    IDENTITY_DIFFERS = "identity_differs", "双方认定的救助对象类别不同：平台金额与另一类别的比例相符。"
    NOT_COVERED = "not_covered", "平台已予救助，我方按规定不予救助（范围、定点、参保、除外情形或者办法的有效期）。"
    BASE = "base", "救助基数不同：平台计入了我方不计入的费用，或者我方没有可救助的费用。"
    DEDUCTIBLE = "deductible", "起付线的扣除不同。"
    CAP = "cap", "年度限额的已用额不同：我方受限额限制，平台没有受限，或者相反。"
    RATE = "rate", "救助比例不同：基数相同，比例不是我方任何类别的比例，或者转诊、备案的降比不同。"
    SECOND_LAYER = "second_layer", "平台没有计算倾斜救助、二次救助等第二层待遇，基本救助一致。"
    OTHER = "other", "金额不同，由决定的计算过程不能推断原因，须与平台核对。"


LABELS: Mapping[Cause, str] = {
    Cause.SAME: "一致",
    Cause.NOT_DECIDED: "我方尚未决定",
    Cause.NOT_REPORTED: "平台没有上报",
    Cause.IDENTITY_UNKNOWN: "我方没有其身份",
    Cause.IDENTITY_DIFFERS: "类别不同",
    Cause.NOT_COVERED: "我方不予救助",
    Cause.BASE: "救助基数不同",
    Cause.DEDUCTIBLE: "起付线不同",
    Cause.CAP: "年度限额不同",
    Cause.RATE: "救助比例不同",
    Cause.SECOND_LAYER: "第二层待遇不同",
    Cause.OTHER: "原因待查",
}
"""Causes as a row of a table names them."""

BY_REASON: Mapping[str, Cause] = {
    "no_identity": Cause.IDENTITY_UNKNOWN,
    "identity_ended": Cause.IDENTITY_UNKNOWN,
    "application_missing": Cause.IDENTITY_UNKNOWN,
    "within_deductible": Cause.DEDUCTIBLE,
    "cap_used_up": Cause.CAP,
    "nothing_to_assist": Cause.BASE,
}
"""What it means that we give nothing where the platform has paid; every other refusal is `not_covered`."""

NOBODY = "（无身份）"
_TOLERANCE = 1  # fen: the platform may round otherwise


class Compared(NamedTuple):
    """One bill on both sides, fen. `group`: the class of our decision."""

    ours: int
    platform: int
    cause: Cause
    group: str


def compare(law: Law | None, decision: Mapping[str, Any]) -> Compared:
    """A decision as `assistance.decided` carries it, under the law it was made by."""
    ours = sum(fen_of(amount) for amount in decision["layers"].values())
    upstream = decision.get("paid_upstream")
    platform = 0 if upstream is None else fen_of(upstream["stated"])
    steps = () if law is None else expand(law, decision).steps
    chosen = next((step for step in steps if step.verb == "choose_identity"), None)
    group = NOBODY if chosen is None else chosen.inputs.get("类别", NOBODY)
    return Compared(ours, platform, _cause(law, decision, steps, ours, platform), group)


def _cause(
    law: Law | None, decision: Mapping[str, Any], steps: tuple[FullStep, ...], ours: int, platform: int
) -> Cause:
    if decision["status"] != "decided":
        return Cause.NOT_DECIDED
    if ours == platform:
        return Cause.SAME
    if platform == 0:
        return Cause.NOT_REPORTED
    if ours == 0:
        return BY_REASON.get(decision["reason"], Cause.NOT_COVERED)
    told = {step.verb: step for step in steps}
    if platform == fen_of(decision["layers"].get("ordinary", "0.00")):
        return Cause.SECOND_LAYER
    if "single_rate" not in told:
        return Cause.OTHER
    cap = told.get("cap_year")
    if cap is not None and cap.code == "limited" and platform > ours:
        return Cause.CAP
    return _by_figures(law, decision, told, platform)


def _by_figures(law: Law | None, decision: Mapping[str, Any], told: Mapping[str, FullStep], platform: int) -> Cause:
    """Which one figure of the calculation would have to be another one for the platform's amount."""
    step = told["single_rate"]
    eligible, rate = fen_of(step.inputs["应救助费用"]), _rate(step.inputs["比例"])
    figures = {name: fen_of(amount) for name, amount in decision["figures"].items()}
    base, whole = figures["base"], figures["base"] + figures["excluded"]
    if any(_near(eligible * other, platform) for other in _other_rates(law, decision, rate)):
        return Cause.IDENTITY_DIFFERS
    withheld = told.get("subtract_deductible")
    line = 0 if withheld is None else fen_of(withheld.inputs.get("年度起付线", "0.00"))
    if line and any(_near((base - part) * rate, platform) for part in {0, line} if part != base - eligible):
        return Cause.DEDUCTIBLE
    if whole != base and _near((whole - (base - eligible)) * rate, platform):
        return Cause.BASE
    if "cut_rate" in told and told["cut_rate"].code == "cut":
        return Cause.RATE
    implied = Fraction(platform, eligible) if eligible else Fraction(0)
    if 0 < implied <= 1 and any(_near(eligible * Fraction(percent, 100), platform) for percent in range(5, 101, 5)):
        return Cause.RATE
    return Cause.OTHER


def _other_rates(law: Law | None, decision: Mapping[str, Any], own: Fraction) -> Iterator[Fraction]:
    """The rates of the measure's classes and pools that are not the one that was used."""
    if law is None or decision["measure"] not in law.measures:
        return
    instrument = law.instrument(decision["measure"], date.fromisoformat(decision["benefit_date"]))
    for group in instrument.book.group:
        for holder in (group, *group.pool):
            found = getattr(getattr(holder, "rate", None), "value", None)
            if isinstance(found, Fraction) and found != own:
                yield found


def _rate(text: str) -> Fraction:
    """`70%`, `2/3` or `约0.6667` as the trace shows it."""
    bare = text.removeprefix("约")
    return Fraction(bare.removesuffix("%")) / (100 if bare.endswith("%") else 1)


def _near(amount: Fraction | int, platform: int) -> bool:
    return -_TOLERANCE <= amount - platform <= _TOLERANCE
