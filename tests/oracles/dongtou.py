"""The oracle of Dongtou (洞政办发〔2022〕43号), from the law text and the clause register; clause ids beside lines.

The ordinary layer is the upper policy's and stands on the bill (A10). Retro is one payment on all bills of a window;
its sum is the law, its division among them is a question (docs/ambiguities-found.md).
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from tests.oracles import fold
from tests.oracles.fold import FLAGS, Bills, City, Event, Facts, Row, Used, begun, fen, half_up, row

ILLNESS = """因病纳入低保 因病纳入低保的支出型困难人员 纳入低保的因病致贫对象 因病纳入低保的因病致贫对象 因病纳入低边
    低边的支出型困难人员 因病纳入低边的支出型困难人员 纳入低边的因病致贫对象 因病纳入低边的因病致贫对象
    因病纳入低保、低边的支出型困难人员""".split()
HARDSHIP = (
    """特困 特困人员 特困供养人员 特困对象 低保 低保对象 城乡低保对象 最低生活保障对象 最低生活保障家庭成员
    低边 低边对象 低保边缘家庭成员 低保边缘家庭人口 低保边缘对象 县级以上人民政府规定的其他特殊困难人员 其他特殊困难人员
    县级以上规定的其他特殊困难人员 特殊困难人员""".split()
    + ILLNESS
)  # 2a
OFFICE = """其他因病致贫返贫的支出型困难人员 医保部门认定的其他因病致贫返贫的支出型困难人员 因病致贫返贫的支出型困难人员
    支出型困难人员""".split()  # 2b, A9
FIRST, LAST = "2022-01-01", "2025-12-31"  # 5b, 5c, A7
BRACKETS = ((15_000_000, 20), (10_000_000, 15), (3_000_000, 10))  # 3.3c, d: one rate for the whole (A3)
CEILING = 5_000_000  # 3.3d, e
ABOVE, DOWN_TO = 5_000_000, 4_950_000  # 3.4a, A5
REST = ("in_scope_personal", "class_b_first_pay", "over_limit_price_pay", "out_of_scope")  # A4


def open_facts(bill: Event, facts: Facts) -> dict[str, tuple[Any, ...]]:
    return {"designated": FLAGS}


def settle(setl_id: str, bill: Event, facts: Facts, used: Used) -> Row:
    """A bill by itself: refused, held, or what the platform paid on it already."""
    on = bill["discharged_on"]
    known = fold.held_names(facts, [*HARDSHIP, *OFFICE])
    mine = [i for i in known if i["recognised_on"] <= on and not fold.ended(i, on)]
    risk = fold.described(facts, "violence_risk") and bill["care_type"] == "inpatient"  # 或疑似患者: risk is enough
    if not windows(bill, facts):
        if FIRST <= on <= LAST and risk and not any(i["identity"] in HARDSHIP for i in mine):
            return row("needs_person", "needs_person")  # 3.7c, 医中
        if on < FIRST:
            return row("decided", "before_in_force")
        if on > LAST:
            return row("decided", "after_expiry")
        if not mine:
            return row("decided", begun(known, on))
    if not bill["designated"]:
        return row("decided", "not_designated")
    if not bill["insured"]:
        return row("decided", "uninsured")
    if not bill.get("insurance_settled") or bill.get("in_scope_personal") is None:
        return row("held", "insurance_result_missing")
    paid = fen(bill["assistance_paid_upstream"])
    used["ordinary_used"] += paid
    return row("decided", "", ordinary=paid)


def windows(bill: Event, facts: Facts) -> list[Event]:
    """The new recognitions whose extended window the bill lies in (3.3b, A1, A6)."""
    return [i for i in recognitions(facts) if fold.back(i["recognised_on"], 12) <= bill["discharged_on"] < six(i)]


def six(i: Event) -> str:
    return fold.back(i["recognised_on"], 6)


def recognitions(facts: Facts) -> list[Event]:
    """New recognitions for illness in the benefit period, in the order of their dates (A15)."""
    known = [i for i in fold.held_names(facts, ILLNESS) if not fold.never(i)]
    found = {i["recognised_on"]: i for i in known if FIRST <= i["recognised_on"] <= LAST and new(i, known)}
    return [found[day] for day in sorted(found)]


def new(i: Event, known: list[Event]) -> bool:
    """As the list says; where it does not, whoever had a gap before (A13)."""
    day = i["recognised_on"]
    if i.get("new_recognition") is not None:
        return bool(i["new_recognition"])
    return all(fold.first_without(o) < day for o in known if o["recognised_on"] < day)


def together(bills: Bills, rows: dict[Any, Row], facts: Facts, years: dict[int, Used]) -> None:
    """What is paid on several bills: the retro payments, then the resolution of each year."""
    done: set[Any] = set()
    for recognition in recognitions(facts):
        fit = {key: bill for key, bill in bills.items() if rows[key]["reason"] == "" and key not in done}
        fit = {key: bill for key, bill in fit.items() if recognition in windows(bill, facts)}
        own = {key: max(0, fen(b["in_scope_personal"]) - rows[key].get("ordinary", 0)) for key, b in fit.items()}  # A2
        total = sum(own.values())
        rate = next((rate for edge, rate in BRACKETS if total >= edge), 0)
        used = years[int(recognition["recognised_on"][:4])]  # A8
        paid = min(half_up(total * Fraction(rate, 100)), CEILING - used["retro_used"])
        if paid:
            used["retro_used"] += paid
            for key, share in shares(own, paid).items():
                if share:
                    rows[key]["retro"] = rows[key].get("retro", 0) + share
            done |= set(own)
    for key, bill in bills.items():
        one = rows[key]
        if one["reason"] == "" and hardship(bill, facts):
            used = years[fold.year(bill)]
            before = claim(used["resolution_burden"])
            whole = sum(fen(bill[name]) for name in REST)
            used["resolution_burden"] += whole - one.get("ordinary", 0) - one.get("retro", 0)  # A11
            more = claim(used["resolution_burden"]) - before  # A12
            used["resolution_used"] += more
            if more:
                one["resolution"] = more
        if one["reason"] == "":
            one["reason"] = "assisted" if len(one) > 2 else "nothing_to_assist"


def shares(own: dict[Any, int], paid: int) -> dict[Any, int]:
    """In the order of the bills, each up to what the sum so far gives in proportion."""
    total, so_far, given, found = sum(own.values()), 0, 0, {}
    for key, amount in own.items():
        so_far += amount
        upto = paid * so_far // total
        found[key], given = upto - given, upto
    return found


def claim(burden: int) -> int:
    return burden - DOWN_TO if burden > ABOVE else 0


def hardship(bill: Event, facts: Facts) -> bool:
    """In the defined term on the benefit date, within the benefit period (2a, A7, A9)."""
    on = bill["discharged_on"]
    known = fold.held_names(facts, HARDSHIP)
    return FIRST <= on <= LAST and any(i["recognised_on"] <= on and not fold.ended(i, on) for i in known)


def owns(setl_id: str, bill: Event, facts: Facts) -> bool:
    return str(bill["county"]) == "330305"


def paid_by_the_province(bill: Event, one: Row) -> int:
    """The whole ordinary layer, which is another policy's; the other layers begin behind it (A10)."""
    return int(one.get("ordinary", 0))


CITY = City(
    "DT", ("ordinary", "retro", "resolution"), owns, open_facts, settle, together,
    upstream=paid_by_the_province, tells=True,
)  # fmt: skip
