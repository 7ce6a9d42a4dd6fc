"""The oracle of Jieyang (揭医保〔2019〕21号), from the law text and the clause register; clause ids beside lines."""

from __future__ import annotations

from typing import Any

from tests.oracles import county_lists, fold
from tests.oracles.county_lists import Lists
from tests.oracles.fold import FLAGS, City, Event, Facts, Row, Used, begun, fen, half_up, row

GROUPS = (
    """特困供养人员 特困人员 孤儿 原农村五保对象 农村五保对象 城镇“三无”人员 城镇三无人员
    城镇"三无"人员 五保对象 三无人员""",
    """最低生活保障家庭成员 最低生活保障对象 城乡低保对象 低保对象 城市低保对象 农村低保对象""",
    """建档立卡的贫困人员 建档立卡贫困人员 建档立卡贫困户 精准扶贫建档立卡的一般贫困人口 低收入救助对象 低收入家庭成员
    县级人民政府规定的其他特殊困难人员 其他特殊困难人员""",
)  # 3.1b–f, 7.1a: a text a rank (A9)
GROUP = {name: number for number, names in enumerate(GROUPS, 1) for name in names.split()}
LOW_INCOME, MEMBERS = (
    ("低收入救助对象", "低收入家庭成员"),
    ("elderly", "minor", "severely_disabled", "severe_patient"),
)  # 3.1e
PER_CENT = {1: 100, 2: 80, 3: 80}
OUTPATIENT = {1: 3_000_000, 2: 2_000_000}  # 3.2.1c, d: nobody else
INPATIENT = {1: 8_000_000, 2: 6_000_000, 3: 5_000_000}  # 3.2.2b–e
BANDS = ((10_000_000, 3_000_000), (5_000_000, 2_000_000), (2_000_000, 1_000_000), (1_000_000, 500_000))  # 3.2.3b
VISITS = ("outpatient", "chronic_outpatient", "special_outpatient", "major_outpatient", "emergency")  # A1, X-A7


def open_facts(bill: Event, facts: Facts, lists: Lists) -> dict[str, tuple[Any, ...]]:
    """What may be unknown of a bill, with the values that it can have."""
    low = [i for i in facts["identity.changed"] if i["identity"] in LOW_INCOME and not i.get("member_type")]
    return {
        "designated": FLAGS,
        "insutype": ("390", "not stated"),
        "formal_receipt": FLAGS if bill["channel"] == "manual" else (True,),  # one-stop: the platform is the receipt
        "admitted_on": ("1900-01-01", bill["discharged_on"]) if bill["care_type"] == "inpatient" else ("",),
        "mental": (fold.described(facts, "mental_disorder"),) if knows_mind(facts) else FLAGS,
        **{"member|" + key(i): FLAGS for i in low},
        **county_lists.unplaced(facts, lists, GROUP),
    }


def settle(setl_id: str, bill: Event, facts: Facts, used: Used, lists: Lists) -> Row:
    """One bill under the law, after the bills before it; adds to the counters of its year (3.1b: natural year)."""
    everybody = county_lists.spread(facts["identity.changed"], lists, GROUP, bill)  # 3.1f
    known = [i for i in fold.held_names({"identity.changed": everybody}, GROUP) if counts(i, bill)]
    held = [i["identity"] for i in known if entitled(i, bill)]
    mine = {GROUP[name] for name in held}
    if reason := refusal(bill, facts, mine, known, lists):
        return row("decided", reason)
    if not bill.get("insurance_settled") or bill.get("in_scope_personal") is None:
        return row("held", "insurance_result_missing")
    if bill["channel"] == "manual" and not fold.claim_granted(setl_id, bill, facts):
        return row("needs_person", "needs_person", how=fund_of(mine, held))  # 5.2.2: the township takes it
    own, group = fen(bill["in_scope_personal"]), min(mine)
    stay = bill["care_type"] == "inpatient"
    pool, cap = ("inpatient_used", INPATIENT[group]) if stay else ("outpatient_used", OUTPATIENT[group])  # A2
    due = half_up(own * PER_CENT[group] / fold.Fraction(100))
    ordinary = min(due, max(0, cap - used[pool]))  # X-A4
    rest = sum(fen(bill[name]) for name in ("class_b_first_pay", "over_limit_price_pay", "out_of_scope"))
    used["secondary_burden"] += own - ordinary + rest  # 3.2.3a: with what lies outside the policy; A3, A5
    band = next((amount for edge, amount in BANDS if used["secondary_burden"] >= edge), 0)
    second = max(0, band - used["secondary_used"])  # A4
    for counter, amount in ((pool, ordinary), ("ordinary_used", ordinary), ("secondary_used", second)):
        used[counter] += amount
    how = *fund_of(mine, held), bill["designated"]
    reason = "assisted" if ordinary + second else fold.zero(own, 0, due)
    return row("decided", reason, ordinary=ordinary, secondary=second, how=how)


def fund_of(mine: set[int], held: list[str]) -> tuple[int, bool]:
    """The group, and whether the poverty fund pays first (A10)."""
    return min(mine), min(mine) == 3 and any("建档立卡" in name for name in held)


def refusal(bill: Event, facts: Facts, mine: set[int], known: list[Event], lists: Lists) -> str | None:
    """Why the bill gets nothing whatever it costs."""
    if bill["discharged_on"] < "2019-07-02":  # A6
        return "before_in_force"
    if not mine:
        return begun(known, bill["discharged_on"])
    if bill["care_type"] != "inpatient" and (bill["care_type"] not in VISITS or min(mine) not in OUTPATIENT):
        return "scope_not_covered"  # 3.2.1, 3.2.2
    if not bill["designated"]:  # A7: an emergency elsewhere is no exception
        return "not_designated"
    if not member(bill, facts):
        return "not_member"
    found = bill.get("exclusion")
    if found and not (found == "self_harm" and bill["mental"]):  # 8.1
        return "excluded"
    return None if bill["formal_receipt"] and not lists.excludes(bill) else "excluded"


def member(bill: Event, facts: Facts) -> bool:
    """In the city's resident insurance from its registration on (3.1a, 7.2b, A13)."""
    if not bill["insured"]:
        return False
    here = [e for e in facts["enrolment.changed"] if e["insutype"] == "390" and e["county"].startswith("4452")]
    on = bill["discharged_on"]
    covered = any(e["registered_on"] <= on <= (e.get("last_day") or "9999") for e in here)
    return covered and bill["insutype"] != "310" if here else bool(bill["insutype"] == "390")


def entitled(i: Event, bill: Event) -> bool:
    """From recognition (7.2c) to removal; a stay that began before the removal is still assisted (5.1.2b, A8, A14)."""
    on, out = bill["discharged_on"], i.get("removed_on")
    if i["recognised_on"] > on:
        return False
    if not fold.ended(i, on):
        return True
    return bool(not fold.never(i) and bill["care_type"] == "inpatient" and bill["admitted_on"] < out)


def counts(i: Event, bill: Event) -> bool:
    """A low-income person counts as one of the four kinds of members (3.1e)."""
    if i["identity"] not in LOW_INCOME:
        return True
    return i["member_type"] in MEMBERS if i.get("member_type") else bool(bill["member|" + key(i)])


def key(i: Event) -> str:
    return f"{i['region']}|{i['source_id']}"


def knows_mind(facts: Facts) -> bool:
    return fold.described(facts, "mental_disorder") is not None


def owns(setl_id: str, bill: Event, facts: Facts) -> bool:
    return str(bill["county"]).startswith("4452")


def city(lists: Lists) -> City:
    """The measure with the lists of its counties."""

    def opened(bill: Event, facts: Facts) -> dict[str, tuple[Any, ...]]:
        return open_facts(bill, facts, lists)

    def settled(setl_id: str, bill: Event, facts: Facts, used: Used) -> Row:
        return settle(setl_id, bill, facts, used, lists)

    return City("JY", ("ordinary", "secondary"), owns, opened, settled)


def people(facts: Facts, lists: Lists) -> Facts:
    """The facts with listed people as long as their county lists them; nobody whose county is not stated."""
    nowhere = dict.fromkeys(county_lists.unplaced(facts, lists, GROUP), county_lists.NOWHERE)
    known = county_lists.spread(facts["identity.changed"], lists, GROUP, nowhere)
    return {**facts, "identity.changed": known}
