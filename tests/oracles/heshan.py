"""The oracle of Heshan (鹤府〔2020〕19号). The plan states no figure: those of 江府〔2019〕40号 come from outside (A1).

`city(figures)` takes them as fractions and fen by group, or None where they are not adopted.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from tests.oracles import fold
from tests.oracles.fold import FLAGS, City, Event, Facts, Row, Used, begun, fen, half_up, row

GROUP = {
    "特困供养人员": "destitute",
    "最低生活保障对象": "allowance",
    "孤儿": "orphan",
    "低收入家庭成员": "low_income",
    "精准扶贫重点帮扶对象": "poverty",
    "因病致贫家庭重病患者": "illness",  # 2a, A2
    "我市人民政府规定的其他特殊困难人员": "special",
    "一类人员": "special",  # A6
    "二类人员": "special",
    "特困人员": "destitute",
    "特困": "destitute",
    "低保": "allowance",
    "低保对象": "allowance",
    "城乡低保对象": "allowance",
    "最低生活保障家庭成员": "allowance",
    "精准扶贫人员": "poverty",  # 3.3a
    "因病致贫重病患者": "illness",
    "其他特殊困难人员": "special",
    "特殊困难人员": "special",  # 3.2e
}
ASKING = ("class_recognition", "retro", "hardship")  # 3.2e


def city(figures: Mapping[str, Any] | None) -> City:
    """The measure with the figures of 江府〔2019〕40号, as `--figures` has them under HS."""

    def open_facts(bill: Event, facts: Facts) -> dict[str, tuple[Any, ...]]:
        return {"designated": FLAGS}

    def settle(setl_id: str, bill: Event, facts: Facts, used: Used) -> Row:
        on = bill["discharged_on"]
        if on < "2020-10-01":  # 5a, A3
            return row("decided", "before_in_force")
        known = fold.held_names(facts, GROUP)
        mine = [GROUP[i["identity"]] for i in known if entitled(i, known, bill, facts, figures)]
        if not mine:
            asks = any(i["recognised_on"] <= on and not fold.ended(i, on) for i in known)
            return row("decided", "application_missing") if asks else row("decided", begun(known, on))
        if figures is None:
            return row("held", "figure_missing")  # X-A9
        if bill["care_type"] not in figures["care_types"]:
            return row("decided", "scope_not_covered")
        if not bill["designated"] or not bill["insured"]:
            return row("held", "figure_missing")  # 江府〔2019〕40号 is not known to say
        if not bill.get("insurance_settled") or bill.get("in_scope_personal") is None:
            return row("held", "insurance_result_missing")
        ratio, deductible, cap = max((standard(figures, g) for g in mine), key=lambda s: (s[0], -s[1], s[2]))
        base = fen(bill["in_scope_personal"])
        withheld = min(base, max(0, deductible - used["deductible_used"]))
        due = half_up((base - withheld) * ratio)
        ordinary = min(due, max(0, cap - used["ordinary_used"]))
        used["deductible_used"] += withheld
        used["ordinary_used"] += ordinary
        return row(
            "decided",
            "assisted" if ordinary else fold.zero(base, withheld, due),
            ordinary=ordinary,
            how=(ratio, deductible),
        )

    return City("HS", ("ordinary",), owns, open_facts, settle)


def standard(figures: Mapping[str, Any], group: str) -> tuple[Fraction, int, int]:
    name = "illness" if group == "special" else group  # 3.2e
    rate, deductible, cap = (figures[f"{name}_{what}"] for what in ("rate", "deductible", "cap"))
    return Fraction(rate.rstrip("%")) / 100, fen(deductible), fen(cap)


def entitled(i: Event, known: list[Event], bill: Event, facts: Facts, figures: Mapping[str, Any] | None) -> bool:
    """By the identity; special hardship people on application, as far back as the figure says (3.2e)."""
    on = bill["discharged_on"]
    if fold.ended(i, on) or fold.never(i):
        return False
    if GROUP[i["identity"]] != "special":
        return bool(i["recognised_on"] <= on)
    asked = [a["applied_on"] for a in facts["application.filed"] if serves(a, i, known)]
    asked += [i["applied_on"]] if i.get("applied_on") else []
    if figures is None:
        return bool(asked)  # how far back is not known, so no bill is certain to be out of reach
    return any(on >= fold.back(day, int(figures["special_retro_months"])) for day in asked)


def serves(a: Event, i: Event, known: list[Event]) -> bool:
    """The recognition in force on the day of the application, otherwise the next one after it."""
    if a["kind"] not in ASKING or a.get("rejected_on") or (a.get("identity") or i["identity"]) != i["identity"]:
        return False
    same = [o for o in known if o["identity"] == i["identity"]]
    day = a["applied_on"]
    now = [o for o in same if o["recognised_on"] <= day and not fold.ended(o, day)]
    later = sorted(o["recognised_on"] for o in same if o["recognised_on"] > day)
    return i in now if now else bool(later and i["recognised_on"] == later[0])


def owns(setl_id: str, bill: Event, facts: Facts) -> bool:
    return str(bill["county"]) == "440784"


CITY = city(None)
