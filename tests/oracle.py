"""The small oracle: Qiannan (黔南府办发〔2022〕26号) over feed events in arrival order, in plain code.

Written from the law text, the clause register and the page of records alone; it shares no line with the workers and is
deliberately slow: it forgets everything and computes each person from the beginning. Clause ids stand beside the lines.
Amounts are fen; dates stay ISO texts, which compare as dates do. Not here: year closing, amounts an office lays down.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Any

CLASSES = """特困人员 孤儿 事实无人抚养未成年人
    低保对象 脱贫不稳定人口 边缘易致贫人口 突发严重困难人口 深度困难职工
    低保边缘家庭人口 相对困难职工
    因病致贫重病患者 意外致困职工"""  # T1–T4, 1.1c: a line a class
CLASS = {name: number for number, names in enumerate(CLASSES.splitlines(), 1) for name in names.split()}
STANDARD = {1: (0, 100), 2: (0, 70), 3: (100_000, 60), 4: (200_000, 50)}  # class: yearly deductible, per cent
CAP, TILT_CAP, TILT_RATIO = 5_000_000, 5_000_000, Fraction(70, 100)  # A1, 1.4c
COVERED, RESCUE = ("inpatient", "chronic_outpatient"), "emergency"  # 2.1e, X-A7
CARRIED = """type version region psn_no person_key setl_id msgid visit_id institution_code institution_level
    clearing_type clearing_org pool_pay critical_illness_pay large_amount_pay civil_servant_pay enterprise_pay
    disabled_pay other_fund_pay account_pay cash_pay hospital_share fund_total person_total interim benefit_year
    channel""".split()  # of a bill; all else are money and rule fields, which sameness compares
NOTHING = "class_b_first_pay over_limit_price_pay out_of_scope assistance_paid_upstream supplementary_paid".split()
DEFAULT = dict.fromkeys(NOTHING, "0.00") | {"insured": True, "insurance_settled": True}  # unstated by the contract
OWN_ID = {"identity.changed": ["source_id", "identity"], "application.filed": ["application_id"]}
OWN_ID["enrolment.changed"] = ["enrolment_id"]
Event = Mapping[str, Any]
Facts = Mapping[str, list[Event]]


def oracle(events: Iterable[Event], digest: Callable[[Event], str] | None = None) -> dict[str, dict[str, Any]]:
    """Person → {"bills": {(region, setl_id): {status, reason, ordinary, tilt}}, "years": {year: counters}}.

    `digest` names a bill's facts as `keep_digest` of an order does; without it such orders are left aside.
    """
    people: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        if person := event.get("person_key") or event.get("psn_no"):
            people[person].append(event)
    return {person: one_person(mine, digest) for person, mine in people.items()}


def one_person(events: list[Event], digest: Callable[[Event], str] | None) -> dict[str, Any]:
    """Settle the bills in the order of their first arrival with everything else as finally known (X-A2)."""
    bills, facts = stated(events, digest), {kind: newest(events, kind) for kind in OWN_ID}
    facts["identity.changed"] = [i for i in facts["identity.changed"] if i["identity"] in CLASS]  # others: 1.2c
    undone, taken = without(events, bills)
    years: dict[int, dict[str, int]] = defaultdict(lambda: dict.fromkeys(("ordinary", "deductible", "tilt"), 0))
    out = {}
    for key, (bill, _) in bills.items():
        if key in undone | taken:
            out[key] = row("reversed", "reversed" if key in undone else "cancelled")  # a reversal is final
        else:
            out[key] = settle(key[1], bill, facts, years[int(bill["discharged_on"][:4])])
    out |= {key: row("parked", "waits_for_bill") for key in (undone | taken) - set(bills)}
    return {"bills": out, "years": {y: used for y, used in years.items() if any(used.values())}}


def stated(events: list[Event], digest: Callable[[Event], str] | None) -> dict[Any, tuple[dict[str, Any], set[Any]]]:
    """Bill → what it states and its message ids: first come, completed by what adds, kept against what contradicts."""
    bills: dict[Any, tuple[dict[str, Any], set[Any]]] = {}
    rivals: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for e in events:
        key = e.get("region"), e.get("setl_id")
        if e["type"] == "settlement.final":
            said = DEFAULT | {f: v for f, v in e.items() if f not in CARRIED and v is not None}
            said = {f: v for f, v in said.items() if (f, v) != ("insurance_settled", False)}  # results not in: absent
            known, msgids = bills.setdefault(key, (dict(said), set()))
            if all(known.get(field, value) == value for field, value in said.items()):
                known.update(said)
                msgids.add(e.get("msgid"))
            else:
                rivals[key].append(said)
        elif digest and e["type"] == "office.ordered" and e["kind"] == "conflict_resolved":
            for said in (rival for rival in rivals[key] if digest(rival) == e["keep_digest"]):
                bills[key] = dict(said), bills[key][1]
    return bills


def without(events: list[Event], bills: Mapping[Any, tuple[Any, set[Any]]]) -> tuple[set[Any], set[Any]]:
    """Bills that are reversed, and bills with a cancel that nothing reinstated; whichever record came first."""
    back = {(e["region"], e["setl_id"], e["cancel_own_id"]) for e in events if e["type"] == "settlement.reinstate"}
    reverses = [e for e in events if e["type"] == "settlement.reverse"]
    freed = {(e["region"], e["own_id"]) for e in reverses if e.get("own_id")}
    cancels = [(e["region"], e["setl_id"], e["own_id"]) for e in events if e["type"] == "settlement.cancel"]
    taken = {(r, bill) for r, bill, own in cancels if (r, bill, own) not in back and (r, own) not in freed}
    undone = {(e["region"], e["setl_id"]) for e in reverses if e.get("setl_id") and not e.get("own_id")}
    named = {(e["region"], e["msgid"]) for e in reverses if e.get("msgid") and not e.get("own_id")}
    return undone | {key for key, (_, ids) in bills.items() if any((key[0], i) in named for i in ids)}, taken


def newest(events: list[Event], kind: str) -> list[Event]:
    """Of each own id the highest revision, of equal ones the first, whatever the arrival; withdrawn ones left out."""
    best: dict[Any, Event] = {}
    for e in (e for e in events if e["type"] == kind):
        key = e["region"], *(e[field] for field in OWN_ID[kind])
        best[key] = max(best.get(key, e), e, key=lambda x: x["revision"])
    return [e for e in best.values() if not e.get("withdrawn")]


def settle(setl_id: str, bill: Event, facts: Facts, used: dict[str, int]) -> dict[str, Any]:
    """One bill under the law, after the bills before it; adds to the counters of its year."""
    classes = {CLASS[i["identity"]] for i in facts["identity.changed"] if entitled(i, bill, facts)}
    insured, year = bill["insured"], int(bill["discharged_on"][:4])  # X-A1: discharge or visit date
    if barred := refusal(setl_id, bill, facts, classes) or missing(bill):
        return row(*barred)
    base = fen(bill["in_scope_personal" if insured else "in_scope"])  # A4: no insurance has paid
    base += fen(bill["class_b_first_pay"]) + fen(bill["over_limit_price_pay"])  # 2.1c
    figure, points = STANDARD[min(classes)]  # A7: the highest class, once
    if bill["referral"] == "missing" and bill["referral_missing_by"] == "person" and bill["designated"]:
        points -= 10  # 1.3c; A9: a rescue elsewhere is no failure
    ratio = Fraction(points, 100 if insured else 200)  # A5: (ratio - 10) x 50 %
    withheld = min(base, max(0, figure - used["deductible"]))  # N3, X-A4, A10
    eligible, left = base - withheld, CAP - used["ordinary"]
    due, tilt = half_up(eligible * ratio), 0  # X-A3
    ordinary = min(due, left)
    applied = any(a["kind"] == "tilt" and year_of(a) == year for a in facts["application.filed"])  # A3
    if due > left and applied and insured and bill["designated"]:  # A4: no tilt for the uninsured
        if bill["referral"] in ("referred", "filed") or (bill.get("place") or "").startswith("in_"):
            tilt = min(half_up((eligible - ordinary / ratio) * TILT_RATIO), TILT_CAP - used["tilt"])  # A2, A19
        elif not bill.get("place"):
            return row("held", "fact_missing")
    for counter, amount in (("ordinary", ordinary), ("deductible", withheld), ("tilt", tilt)):
        used[counter] += amount
    zero = "within_deductible" if 0 < base == withheld else "nothing_to_assist" if due == 0 else "cap_used_up"  # X-A10
    return row("decided", "assisted" if ordinary + tilt else zero, ordinary, tilt)


def refusal(setl_id: str, bill: Event, facts: Facts, classes: set[int]) -> tuple[str, str] | None:
    """Why the bill gets nothing whatever it costs, in the order of the closed list of reasons."""
    if not bill["county"].startswith("5227"):
        return "held", "no_instrument"
    if bill["discharged_on"] < "2023-01-01":  # 6a, A12
        return "decided", "before_in_force"
    if not classes:
        ended = any(i["recognised_on"] <= bill["discharged_on"] for i in facts["identity.changed"])
        return "decided", "identity_ended" if ended else "no_identity"
    if bill["care_type"] not in COVERED and (bill["care_type"] != RESCUE or bill.get("emergency_rescue") is False):
        return "decided", "scope_not_covered"  # 2.1e, X-A7
    if bill.get("designated") is False and bill.get("emergency_rescue") is False:
        return "decided", "not_designated"  # 1.3d
    if not bill["insured"] and setl_id not in once(facts, int(bill["discharged_on"][:4])):
        return "decided", "uninsured"  # 1.3b
    return None


def missing(bill: Event) -> tuple[str, str] | None:
    """Held: something that decides the amount is not stated; never taken for zero."""
    insured, needed = bill["insured"], ["designated", "referral"]
    if insured and not bill.get("insurance_settled"):
        return "held", "insurance_result_missing"  # 2.1b
    needed += ["in_scope_personal" if insured else "in_scope"]
    needed += ["emergency_rescue"] if bill["care_type"] == RESCUE or not bill.get("designated") else []
    needed += ["referral_missing_by"] if bill.get("referral") == "missing" else []
    return ("held", "fact_missing") if any(bill.get(field) is None for field in needed) else None


def entitled(i: Event, bill: Event, facts: Facts) -> bool:
    """From recognition (1.3a), class 4 twelve months back (4.2d, A8), until removed: month end if no class is left."""
    on, first, removed, applied = bill["discharged_on"], i["recognised_on"], i.get("removed_on"), i.get("applied_on")
    if removed and removed <= on:
        other = any(valid(o, removed) for o in facts["identity.changed"])
        if other or removed <= first or on[:7] != removed[:7]:  # 1.2g, A6, A11, A23
            return False
    if first <= on or CLASS[i["identity"]] != 4 or not applied:
        return bool(first <= on)
    back = f"{int(applied[:4]) - 1}{applied[4:]}".replace("-02-29", "-02-28")
    return bool(bill["settled_on"] >= back)  # both ends inclusive, what lies between application and recognition too


def valid(i: Event, on: str) -> bool:
    """The identity itself, without what lives on after it."""
    return bool(i["recognised_on"] <= on < (i.get("removed_on") or "9999"))


def once(facts: Facts, year: int) -> list[str]:
    """Bills of the year's one application for the uninsured that came after enrolling and paying (1.3b, A4)."""
    paid = [e["paid_on"] for e in facts["enrolment.changed"] if e.get("paid_on")]
    asked = [a for a in facts["application.filed"] if a["kind"] == "uninsured_once" and year_of(a) == year]
    asked = [a for a in asked if any(day <= a["applied_on"] for day in paid)]
    asked.sort(key=lambda a: (a["applied_on"], a["application_id"]))
    return list(asked[0]["setl_ids"]) if asked else []


def row(status: str, reason: str, ordinary: int = 0, tilt: int = 0) -> dict[str, Any]:
    return {"status": status, "reason": reason, "ordinary": ordinary, "tilt": tilt}


def year_of(application: Event) -> int:
    return int(application.get("year") or application["applied_on"][:4])


def fen(text: str) -> int:
    return int(text.replace(".", ""))


def half_up(amount: Fraction | int) -> int:
    return int(Fraction(amount) + Fraction(1, 2))
