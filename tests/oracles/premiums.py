"""The oracles of premium subsidies of Jieyang (七(一)) and Lanzhou (第十一条): identity on the payment day.

Amounts and statuses only: of several reasons for nothing no law says which is told.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.oracles import fold, jieyang, lanzhou, qiannan_premium
from tests.oracles.fold import Event, Facts, fen

Earned = Callable[[Event, Facts], set[str]]
"""What an identity gives: "full", "fixed" (an outside figure), "" for nothing; several where a fact is open."""


def once_a_year(
    facts: Facts, counties: str, days: tuple[str, str], names: Any, earned: Earned
) -> dict[str, tuple[str, int]]:
    """Payment → status and subsidy in fen, in the order of payment (JY-A9, LZ-A16)."""
    found: dict[str, tuple[str, int]] = {}
    served: set[int] = set()
    known = [i for i in fold.held_names(facts, names) if not fold.never(i)]
    for p in sorted(facts["premium.paid"], key=lambda e: (e["paid_on"], e["payment_id"])):
        if not p["county"].startswith(counties) or p["kind"] != "basic":
            continue
        on = [i for i in known if i["recognised_on"] <= p["paid_on"] and not fold.ended(i, p["paid_on"])]
        ways: set[str] = set().union(*(earned(i, facts) for i in on)) if resident(p, facts) else set()
        sure = any(earned(i, facts) == {"full"} for i in on) and bool(ways)
        if not days[0] <= p["paid_on"] <= days[1] or not ways - {""} or p["coverage_year"] in served:
            found[p["payment_id"]] = "decided", 0
        elif sure:
            found[p["payment_id"]] = "decided", fen(p["standard"])
            served |= {p["coverage_year"]} if fen(p["standard"]) else set()
        else:
            found[p["payment_id"]] = "held", 0
    return found


def resident(p: Event, facts: Facts) -> bool:
    """A contribution to resident insurance (JY-7.1a, LZ-11): as it says, else as its payer is enrolled that year."""
    return "310" not in qiannan_premium.kinds(p, facts)


def of_jieyang(facts: Facts) -> dict[str, tuple[str, int]]:
    """All but those whom a county names get the whole contribution (7.1a, A11)."""

    def earned(i: Event, facts: Facts) -> set[str]:
        if i["identity"].endswith("其他特殊困难人员"):
            return {""}
        if i["identity"] not in jieyang.LOW_INCOME:
            return {"full"}
        kind = i.get("member_type")
        return {"full", ""} if kind is None else {"full" if kind in jieyang.MEMBERS else ""}

    return once_a_year(facts, "4452", ("2019-07-02", "9999"), jieyang.GROUP, earned)


def of_lanzhou(facts: Facts) -> dict[str, tuple[str, int]]:
    """The first group the whole, other direct groups an amount that the province sets, applicants nothing (11b, c)."""

    def earned(i: Event, facts: Facts) -> set[str]:
        group = lanzhou.GROUP.get(i["identity"], 2)
        return {"full" if group == 1 else "fixed" if group < 5 else ""}

    return once_a_year(facts, "6201", ("2022-08-22", "2027-08-21"), [*lanzhou.GROUP, *lanzhou.ALLOWANCE], earned)
