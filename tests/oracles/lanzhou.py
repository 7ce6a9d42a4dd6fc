"""The oracle of Lanzhou (兰政办发〔2022〕139号), from the law text and the clause register; clause ids beside lines."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from tests.oracles import fold
from tests.oracles.fold import FLAGS, Bills, City, Event, Facts, Row, Used, begun, fen, half_up, row, year

GROUPS = (
    "城乡特困人员 城市特困人员 农村特困人员 特困人员 特困供养人员 孤儿 事实无人抚养儿童 事实无人抚养未成年人",
    "城市低保全额保障对象 农村低保一、二类保障对象 农村低保一类保障对象 农村低保二类保障对象 "
    "城市低保全额 农村低保一类 农村低保二类",
    "城市低保差额保障对象 农村低保三、四类保障对象 农村低保三类保障对象 农村低保四类保障对象 "
    "农村返贫致贫人口 返贫致贫人口 城市低保差额 农村低保三类 农村低保四类",
    "农村易返贫致贫人口 易返贫致贫人口 脱贫不稳定户 边缘易致贫户 突发严重困难户 "
    "过渡期内的已脱贫人口 已脱贫人口 脱贫人口 过渡期内的农村易返贫致贫人口 "
    "纳入防止返贫致贫监测范围的农村易返贫致贫人口 脱贫不稳定人口 边缘易致贫人口 突发严重困难人口",
    "城乡低保边缘家庭成员 低保边缘家庭成员 低保边缘家庭人口",
    "因病致贫重病患者 因高额医疗费用支出导致家庭基本生活出现严重困难的大病患者",
)  # 14.1c–f, 14.2b: a text a rank (A11: ratio, deductible, application)
GROUP = {name: number for number, names in enumerate(GROUPS, 1) for name in names.split()}
ALLOWANCE = (
    "城乡低保对象",
    "城市低保对象",
    "农村低保对象",
    "低保对象",
    "最低生活保障对象",
    "最低生活保障家庭成员",
)  # 75 or 70 % by its sub-class (A9)
PER_CENT = {1: 100, 2: 75, 3: 70, 4: 60, 5: 60, 6: 60}
DEDUCTIBLE = {5: 200_000, 6: 500_000}  # 14.2b
GENERAL, MAJOR = 5_000_000, 8_000_000  # 14.1a, 14.2c
LINE = 600_000  # 14.3a
COVERED = ("inpatient", "chronic_outpatient", "special_outpatient", "major_outpatient")  # 12a, 14.2a: 门诊慢特病
ASKING = ("class_recognition", "retro", "hardship")


RURAL = [*GROUPS[3].split(), "农村返贫致贫人口", "返贫致贫人口"]  # 7a: by 乡村振兴; all others by 民政


def recognised(facts: Facts, names: Any) -> list[Event]:
    """Identities by the department that may recognise them; one that names none is taken for what it is called (7a)."""
    return [i for i in fold.held_names(facts, names) if rightly(i)]


def rightly(i: Event) -> bool:
    said = i.get("recognised_by")
    if said is None:
        return True
    if GROUP.get(i["identity"]) == 6:
        return "民政" in said or "医保" in said or "医疗保障" in said
    return ("乡村振兴" if i["identity"] in RURAL else "民政") in said


def open_facts(bill: Event, facts: Facts) -> dict[str, tuple[Any, ...]]:
    """What may be unknown of a bill, with the values that it can have."""
    classes = [i for i in recognised(facts, ALLOWANCE) if not rank_of(i, {})]
    proofs = [a for a in facts["application.filed"] if a["kind"] == "elsewhere" and a.get("not_assisted_proof") is None]
    return {
        "designated": FLAGS,
        "place": ("in_county", "in_province", "out_of_province"),
        "referral": ("not_required", "referred", "filed"),
        **{"class|" + key(i): (2, 3) for i in classes},
        **{"proof|" + a["application_id"]: FLAGS for a in proofs},
    }


def settle(setl_id: str, bill: Event, facts: Facts, used: Used) -> Row:
    """One bill under the law, after the bills before it; adds to the counters of its year."""
    known = recognised(facts, [*GROUP, *ALLOWANCE])
    mine = {rank_of(i, bill) for i in known if entitled(i, known, setl_id, bill, facts)}
    if reason := refusal(setl_id, bill, facts, mine, known):
        return row("decided", reason)
    if not bill.get("insurance_settled") or bill.get("in_scope_personal") is None:
        return row("held", "insurance_result_missing")  # 12a
    base, group = fen(bill["in_scope_personal"]), min(mine)  # 13a: class-B first payment is not named; 6
    withheld = min(base, max(0, DEDUCTIBLE.get(group, 0) - used["deductible_used"]))  # X-A4
    due = half_up((base - withheld) * Fraction(PER_CENT[group], 100))
    left = MAJOR - used["ordinary_used"]
    if not bill.get("major_disease"):  # A1: nested; A14
        left = min(left, GENERAL - used["ordinary_general_used"])
    ordinary = min(due, max(0, left))
    used["ordinary_used"] += ordinary
    used["ordinary_general_used"] += 0 if bill.get("major_disease") else ordinary
    used["deductible_used"] += withheld
    tilt = 0
    if at_home(bill):  # 14.3a, A2
        before = used["tilt_burden"]
        used["tilt_burden"] += base - ordinary
        over = max(0, used["tilt_burden"] - LINE) - max(0, before - LINE)
        tilt = half_up(over * Fraction(30, 100))
        used["tilt_used"] += tilt  # 14.3b
    reason = "assisted" if ordinary + tilt else fold.zero(base, withheld, due)
    return row("decided", reason, ordinary=ordinary, tilt=tilt, how=(group, bill["designated"]))


def at_home(bill: Event) -> bool:
    """At a designated place of the insured city, or referred by the rules and within the province."""
    return bill["place"] in ("in_county", "in_city") or (
        bill["place"] == "in_province" and bill["referral"] == "referred"
    )


def refusal(setl_id: str, bill: Event, facts: Facts, mine: set[int], known: list[Event]) -> str | None:
    """Why the bill gets nothing whatever it costs."""
    on = bill["discharged_on"]
    if on < "2022-08-22":  # 29a
        return "before_in_force"
    if on > "2027-08-21":  # 29b, A7
        return "after_expiry"
    if not mine:
        waits = any(began(i, on) and asks_here(i, bill) for i in known)  # what the identity asks for is missing
        return "application_missing" if waits else begun([i for i in known if fold.ended(i, on)], on)
    if bill["care_type"] not in COVERED:
        return "scope_not_covered"  # 12a, X-A7
    if not bill["designated"]:  # 15c: no exception
        return "not_designated"
    if not bill["insured"]:
        return "uninsured"  # A12
    return None if here(bill["county"]) or elsewhere(setl_id, bill, facts) else "application_missing"  # 15a


def entitled(i: Event, known: list[Event], setl_id: str, bill: Event, facts: Facts) -> bool:
    """Direct groups by the identity; applicants by an application that reaches the bill (14.2a, A3, A10, A17)."""
    on = bill["discharged_on"]
    if fold.never(i):
        return False
    abroad = i.get("county") and not here(i["county"])
    if rank_of(i, bill) not in DEDUCTIBLE:
        return began(i, on) and (not abroad or elsewhere(setl_id, bill, facts))  # 15b
    if abroad:
        return False  # 15b speaks of direct objects only
    if fold.ended(i, on):
        return False
    asked = [a["applied_on"] for a in facts["application.filed"] if serves(a, i, known)]
    asked += [i["applied_on"]] if i.get("applied_on") else []
    return any(on >= fold.back(day, 12) for day in asked)


def serves(a: Event, i: Event, known: list[Event]) -> bool:
    """The recognition in force on the day of the application, otherwise the next one after it (A17)."""
    if a["kind"] not in ASKING or a.get("rejected_on") or (a.get("identity") or i["identity"]) != i["identity"]:
        return False
    same = [o for o in known if o["identity"] == i["identity"]]
    day = a["applied_on"]
    now = [o for o in same if began(o, day)]
    later = sorted(o["recognised_on"] for o in same if o["recognised_on"] > day)
    return i in now if now else bool(later and i["recognised_on"] == later[0])


def asks_here(i: Event, bill: Event) -> bool:
    return rank_of(i, bill) not in DEDUCTIBLE or here(i.get("county") or "6201")


def began(i: Event, on: str) -> bool:
    return bool(i["recognised_on"] <= on) and not fold.ended(i, on)


def elsewhere(setl_id: str, bill: Event, facts: Facts) -> bool:
    """Not assisted where the person is insured or was recognised, on application with proof (15a, b, A13)."""
    found = fold.stands(facts, "elsewhere")
    return any(
        covers(a, setl_id, bill) and (a.get("not_assisted_proof") or bill.get("proof|" + a["application_id"]))
        for a in found
    )


def covers(a: Event, setl_id: str, bill: Event) -> bool:
    if a.get("setl_ids"):
        return setl_id in a["setl_ids"]
    return fold.year_of(a) == year(bill) and bool(bill["settled_on"] <= a["applied_on"])


def rank_of(i: Event, bill: Event) -> int:
    """The group of an identity; of an allowance by its sub-class, else as the bill assumes."""
    if i["identity"] not in ALLOWANCE:
        return GROUP[i["identity"]]
    sub = i.get("sub_class") or ""
    if "全额" in sub or "一类" in sub or "二类" in sub:
        return 2
    if "差额" in sub or "三类" in sub or "四类" in sub:
        return 3
    return int(bill.get("class|" + key(i), 0))


def key(i: Event) -> str:
    return f"{i['region']}|{i['source_id']}"


def here(county: str) -> bool:
    return county.startswith("6201")


def owns(setl_id: str, bill: Event, facts: Facts) -> bool:
    """Insured here; or insured where no measure governs, registered here and applied for (15a)."""
    if here(bill["county"]):
        return True
    asked = [a for a in fold.stands(facts, "elsewhere") if covers(a, setl_id, bill)]
    if here(fold.described(facts, "registration_county") or ""):
        return bool(asked)
    asked.sort(key=lambda a: (not a.get("not_assisted_proof"), a["applied_on"], a["application_id"]))
    lived = any(here(a.get("county") or "") for a in asked[:1])
    return lived and bool(fold.described(facts, "long_residence"))  # 5a, A13.residents


WATCHED = [name for name in GROUP if GROUP[name] == 5 or (GROUP[name] == 4 and not name.endswith("脱贫人口"))]
STAY, RURAL_STAY = 600_000, 1_000_000  # 16b, 16c


def raised(bills: Bills, rows: dict[Any, Row], facts: Facts) -> dict[str, int]:
    """Single stays that leave more than the line to watched groups, or to rural people of no group (A4, A6, A18)."""
    found = {}
    for (region, setl_id), bill in bills.items():
        one, on, own = rows[region, setl_id], bill["discharged_on"], bill.get("in_scope_personal")
        if one["status"] != "decided" or one["reason"] in fold.REFUSALS[:2] or own is None or not bill["insured"]:
            continue
        if bill["care_type"] != "inpatient" or not bill.get("designated"):  # A19
            continue
        held = [i for i in recognised(facts, [*GROUP, *ALLOWANCE]) if began(i, on)]
        left = fen(own) - one.get("ordinary", 0) - one.get("tilt", 0)
        if any(i["identity"] in WATCHED for i in held):
            found |= {f"falling_back|{setl_id}": 0} if left > STAY else {}
        elif not held and fold.described(facts, "rural") and fen(own) > RURAL_STAY:
            found[f"falling_in|{setl_id}"] = 0
    return found


CITY = City("LZ", ("ordinary", "tilt"), owns, open_facts, settle, warns=raised)
