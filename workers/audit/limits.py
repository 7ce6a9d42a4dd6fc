"""The audit's own copy of every yearly limit of the five measures, in fen, written from the instruments alone.

Default readings of what the texts leave open; where an office has chosen another one, its findings here say so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import orjson

from workers.audit.decode import Unreadable, fen

LAYERS: Mapping[tuple[str, str], int] = {
    ("QN", "ordinary"): 5_000_000,  # 黔南府办发〔2022〕26号 附件: 50000元/人/年
    ("QN", "tilt"): 5_000_000,  # 一(四): 年度最高限额为5万元
    ("JY", "ordinary"): 11_000_000,  # 揭医保〔2019〕21号 三(二)1, 2: 3万元 and 8万元 of the highest group
    ("JY", "secondary"): 3_000_000,  # 三(二)3: 10万元以上的救助3万元
    ("LZ", "ordinary"): 8_000_000,  # 兰政办发〔2022〕139号 第十四条: 80000元, of which not major 50000元
}
"""Yearly limits of a layer per person; others have none of their own."""

COUNTERS: Mapping[tuple[str, str], int] = {
    ("JY", "outpatient_used"): 3_000_000,
    ("JY", "inpatient_used"): 8_000_000,
    ("LZ", "ordinary_general_used"): 5_000_000,
    ("DT", "retro_used"): 5_000_000,  # 洞政办发〔2022〕43号 三(三): 最高不超过5万元
}
"""Yearly limits that are told by a counter: of a pool, of one kind of bill, of the year of a recognition."""

JY_BANDS = ((10_000_000, 3_000_000), (5_000_000, 2_000_000), (2_000_000, 1_000_000), (1_000_000, 500_000))
LZ_LINE, DT_LINE, DT_REST = 600_000, 5_000_000, 4_950_000
BY_YEAR = frozenset({"JY", "DT"})
"""Measures with a layer that pays on burden of earlier bills: the year, not the bill, is held by the own payment."""


def over_counters(measure: str, counters: Mapping[str, int], bills: int) -> Iterator[str]:
    """What a year's counters show beyond the limits, and beyond what the burden entitles to. `bills`: how many."""
    for (of, name), limit in COUNTERS.items():
        if of == measure and counters.get(name, 0) > limit:
            yield f"{name} stands at {counters[name]} fen, the limit is {limit}"
    for name, burden, most in (
        ("secondary_used", "secondary_burden", _band),
        ("tilt_used", "tilt_burden", lambda amount: 3 * max(0, amount - LZ_LINE) // 10 + bills),
        ("resolution_used", "resolution_burden", lambda amount: amount - DT_REST if amount > DT_LINE else 0),
    ):
        entitled = most(counters.get(burden, 0))
        if counters.get(name, 0) > entitled and burden in counters:
            yield f"{name} stands at {counters[name]} fen, {counters[burden]} of burden entitle to {entitled}"


def _band(burden: int) -> int:
    return next((amount for edge, amount in JY_BANDS if burden >= edge), 0)


def own_payment(body: Mapping[str, Any], read: Callable[[Any], int] = fen) -> int:
    """Whole own payment of a bill as it is stated, fen; `read` reads an amount. Unreadable where an amount is none."""
    scope = [body.get("in_scope_personal"), None if body.get("insured", True) else body.get("in_scope")]
    parts = [body.get(name) for name in ("class_b_first_pay", "over_limit_price_pay", "out_of_scope")]
    inside = max((read(amount) for amount in scope if amount is not None), default=0)
    return inside + sum(read(amount) for amount in parts if amount is not None)


def heshan_limit(adoption: str) -> int | None:
    """Highest yearly limit among the adopted figures of 江府〔2019〕40号; None where none is adopted (X-A9)."""
    try:
        figures = orjson.loads(adoption)["figures"].get("HS", {})
        return max((fen(text) for name, text in figures.items() if name.endswith("_cap")), default=None)
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        raise Unreadable("an adoption has no figures") from None
