"""The oracles of premium subsidies of four cities (JY 七(一), HS 三(二), LZ 第十一条, DT 三(二)), by the payment day.

Amounts and statuses only: of several reasons for nothing no law says which is told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.oracles import county_lists, fold, heshan, jieyang, lanzhou, qiannan_premium
from tests.oracles.fold import Event, Facts, fen

Due = set[int | None]
"""What an identity gives, fen; None where an outside figure is not adopted; several where a fact is open."""
Earned = Callable[[Event, Event], Due]
"""Identity, payment → what it gives."""
Given = Mapping[str, str]
"""A figure by year."""


def once_a_year(
    facts: Facts, counties: str, days: tuple[str, str], names: Any, earned: Earned, *, residents: bool = True
) -> dict[str, tuple[str, int]]:
    """Payment → status and subsidy in fen, in the order of payment (JY-A9, LZ-A16)."""
    found: dict[str, tuple[str, int]] = {}
    served: set[int] = set()
    known = [i for i in fold.held_names(facts, names) if not fold.never(i)]
    for p in sorted(facts["premium.paid"], key=lambda e: (e["paid_on"], e["payment_id"])):
        if not p["county"].startswith(counties) or p["kind"] != "basic":
            continue
        on = [i for i in known if i["recognised_on"] <= p["paid_on"] and not fold.ended(i, p["paid_on"])]
        ways = [earned(i, p) for i in on] if not residents or resident(p, facts) else []
        found[p["payment_id"]] = one_payment(p, ways if days[0] <= p["paid_on"] <= days[1] else [], served)
    return found


def one_payment(p: Event, ways: list[Due], served: set[int]) -> tuple[str, int]:
    """The highest that is certain; what a missing fact or figure leaves open is waited for, never after a subsidy."""
    if p["coverage_year"] in served:
        return "decided", 0
    sure = max((amount for way in ways if len(way) == 1 for amount in way if amount is not None), default=0)
    open_ = max((amount for way in ways if len(way) > 1 for amount in way if amount is not None), default=0)
    if open_ > sure or (not sure and any(None in way for way in ways)):
        return "held", 0
    served |= {p["coverage_year"]} if sure else set()
    return "decided", sure


def fixed(p: Event, figures: Given) -> int | None:
    """An amount that another document sets by year, never above the contribution."""
    amount = figures.get(str(p["coverage_year"]))
    return None if amount is None else min(fen(amount), fen(p["standard"]))


def resident(p: Event, facts: Facts) -> bool:
    """A contribution to resident insurance (JY-7.1a, LZ-11): as it says, else as its payer is enrolled that year."""
    return "310" not in qiannan_premium.kinds(p, facts)


def of_jieyang(lists: county_lists.Lists) -> Callable[[Facts], dict[str, tuple[str, int]]]:
    """All get the whole contribution but those whom a county names, whose list must say so (7.1a, A11)."""

    def earned(i: Event, p: Event) -> Due:
        if i["identity"].endswith("其他特殊困难人员"):
            return {fen(p["standard"]) if pays else 0 for pays in lists.pays(i, p["paid_on"])}
        if i["identity"] not in jieyang.LOW_INCOME:
            return {fen(p["standard"])}
        kind = i.get("member_type")
        return {fen(p["standard"]), 0} if kind is None else {fen(p["standard"]) if kind in jieyang.MEMBERS else 0}

    def of(facts: Facts) -> dict[str, tuple[str, int]]:
        everybody = county_lists.spread(facts["identity.changed"], lists, jieyang.GROUP, {})
        known = {**facts, "identity.changed": everybody}
        return once_a_year(known, "4452", ("2019-07-02", "9999"), jieyang.GROUP, earned)

    return of


def of_lanzhou(figures: Given) -> Callable[[Facts], dict[str, tuple[str, int]]]:
    """The first group the whole, other direct groups an amount that the province sets, applicants nothing (11b, c)."""

    def earned(i: Event, p: Event) -> Due:
        group = lanzhou.GROUP.get(i["identity"], 2) if lanzhou.rightly(i) else 5
        return {fen(p["standard"]) if group == 1 else fixed(p, figures) if group < 5 else 0}

    names = [*lanzhou.GROUP, *lanzhou.ALLOWANCE]
    return lambda facts: once_a_year(facts, "6201", ("2022-08-22", "2027-08-21"), names, earned)


def of_heshan(figures: Given) -> Callable[[Facts], dict[str, tuple[str, int]]]:
    """Special hardship people and both listed classes the whole (3.2d, F2.2a, A7); others by 江府〔2019〕40号."""

    def earned(i: Event, p: Event) -> Due:
        return {fen(p["standard"]) if heshan.GROUP[i["identity"]] == "special" else fixed(p, figures)}

    valid = ("2020-10-01", "9999")
    return lambda facts: once_a_year(facts, "440784", valid, heshan.GROUP, earned, residents=False)


def of_dongtou(facts: Facts) -> dict[str, tuple[str, int]]:
    """The supplementary contribution of holders of the disability certificate in basic insurance (3.2a)."""
    found: dict[str, tuple[str, int]] = {}
    served: set[int] = set()
    for p in sorted(facts["premium.paid"], key=lambda e: (e["paid_on"], e["payment_id"])):
        if p["county"] != "330305" or p["kind"] != "supplementary":
            continue
        holder = fold.described(facts, "disability_certificate") and "2022-01-01" <= p["paid_on"] <= "2025-12-31"
        basic = p.get("insutype") or len(qiannan_premium.enrolled_as(p, facts)) == 1
        due: Due = {fen(p["standard"])} if basic else {fen(p["standard"]), 0}
        found[p["payment_id"]] = one_payment(p, [due] if holder else [], served)
    return found
