"""The oracle of Qiannan's premium subsidy (一(二), annex, notes 2; readings QN-A13, A14, A18, A20, A21).

Amounts and statuses only: of several reasons for nothing no law says which is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import product
from typing import Any

from tests.oracles import fold
from tests.oracles.fold import FLAGS, Event, Facts, fen, half_up

DESTITUTE = "特困人员 特困供养人员 城乡特困人员 城市特困人员 农村特困人员"
ALLOWANCE = "低保对象 城乡低保对象 城市低保对象 农村低保对象 最低生活保障对象 最低生活保障家庭成员"
CLASSES = f"""{DESTITUTE} 孤儿 事实无人抚养未成年人 事实无人抚养儿童
    {ALLOWANCE} 脱贫不稳定人口 边缘易致贫人口 突发严重困难人口 脱贫不稳定户 边缘易致贫户 突发严重困难户 深度困难职工
    低保边缘家庭人口 低保边缘家庭成员 最低生活保障边缘家庭成员 相对困难职工
    因病致贫重病患者 因高额医疗费用支出导致家庭基本生活出现严重困难的大病患者 意外致困职工"""
# T1–T4, 1.1c: a line a class
CLASS = {name: number for number, names in enumerate(CLASSES.splitlines(), 1) for name in names.split()}
FULL = """二十世纪六十年代初精减退职老职工 二十世纪六十年代初精減退职老职工 精减退职老职工 精減退职老职工
    肇事肇祸的精神障碍患者 肇事肇祸精神障碍患者""".split()  # 1.2c: no class of assistance
WORKERS = "深度困难职工 相对困难职工 意外致困职工".split()
RATE = {1: 100, 2: 50, 3: 30, 4: 0}  # T1–T4
PAID, UNDER, OVER = "paid_on", 18, 60


def premiums(facts: Facts, windows: Mapping[str, str] | None) -> dict[str, tuple[str, int]]:
    """Payment → status and subsidy in fen; one a coverage year, in the order of payment (1.2d, e)."""
    found: dict[str, tuple[str, int]] = {}
    served: set[int] = set()
    mine = [i for i in facts["identity.changed"] if (i["identity"] in FULL or i["identity"] in CLASS)]
    mine = [i for i in mine if not fold.never(i)]
    for p in sorted(facts["premium.paid"], key=lambda e: (e[PAID], e["payment_id"])):
        if not p["county"].startswith("5227") or p["kind"] != "basic":
            continue
        year, last = p["coverage_year"], (windows or {}).get(str(p["coverage_year"]))
        if year < 2023 or not mine:  # 6b
            found[p["payment_id"]] = "decided", 0
        elif not last:
            found[p["payment_id"]] = "held", 0  # A14: the window is an outside figure
        else:
            due = {subsidy(p, mine, last, *facts_of) for facts_of in product(young_or_old(p, facts), kinds(p, facts))}
            if year in served:  # nothing more is given, whatever is missing
                due = {0}
            found[p["payment_id"]] = ("held", 0) if len(due) > 1 else ("decided", due.pop())
            if found[p["payment_id"]][1]:
                served.add(year)
    return found


def subsidy(p: Event, mine: list[Event], last: str, inside: bool, insutype: str | None) -> int:
    """By the highest identity on the payment date, else of those recognised later inside the window (A14, A20)."""
    now = [i for i in mine if i["recognised_on"] <= p[PAID] and not fold.ended(i, p[PAID])]  # A21: no grace month
    later = [i for i in mine if p[PAID] < i["recognised_on"] <= last]
    rates = (max((per_cent(i, inside, insutype) for i in group), default=0) for group in (now, later))
    rate = next((rate for rate in rates if rate), 0) if p[PAID] <= last else 0  # 1.2b
    return half_up(fen(p["standard"]) * Fraction(rate, 100))  # N2


def per_cent(i: Event, inside: bool, insutype: str | None) -> int:
    if insutype == "310" or (insutype is None and i["identity"] in WORKERS):
        return 0  # 1.2a: resident insurance; A18
    group = CLASS.get(i["identity"])
    return 100 if group is None else RATE[group] if group != 3 or inside else 0  # 1.2c, T3


def young_or_old(p: Event, facts: Facts) -> tuple[bool, ...]:
    """The bracket of class 3: 60 and over, under 18, severely disabled; age on the payment date (T3, A13)."""
    born, severe = fold.described(facts, "born_on"), fold.described(facts, "severe_disability")
    if severe:
        return (True,)
    if born is None:
        return FLAGS
    age = int(p[PAID][:4]) - int(born[:4]) - (p[PAID][5:] < born[5:])
    fits = age >= OVER or age < UNDER
    return (True,) if fits else (False,) if severe is False else FLAGS


def kinds(p: Event, facts: Facts) -> tuple[Any, ...]:
    """The insurance of the payment; who pays a contribution is a resident, of workers it must be said."""
    if p.get("insutype"):
        return (p["insutype"],)
    said = enrolled_as(p, facts)
    if len(said) == 1:
        return tuple(said)
    worker = any(i["identity"] in WORKERS for i in facts["identity.changed"])
    return ("390", None) if worker else ("390",)


def enrolled_as(p: Event, facts: Facts) -> set[str]:
    """The insurances of the payer at the place of the payment in the coverage year."""
    first, last = f"{p['coverage_year']}-01-01", f"{p['coverage_year']}-12-31"
    there = [e for e in facts["enrolment.changed"] if e["county"] == p["county"]]
    there = [e for e in there if (e.get("first_day") or e["registered_on"]) <= last]
    return {e["insutype"] for e in there if (e.get("last_day") or last) >= first}
