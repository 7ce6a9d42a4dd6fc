"""The oracle of Qiannan (黔南府办发〔2022〕26号), from the law text and the clause register; clause ids beside lines.

Not here: year closing, amounts an office lays down.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Any

from tests.oracles import fold
from tests.oracles.fold import FLAGS, Bills, City, Event, Facts, Row, Used, begun, fen, half_up, row, year
from tests.oracles.qiannan_premium import CLASS, premiums

STANDARD = {1: (0, 100), 2: (0, 70), 3: (100_000, 60), 4: (200_000, 50)}  # class: yearly deductible, per cent
CAP, TILT_CAP, TILT_RATIO = 5_000_000, 5_000_000, Fraction(70, 100)  # A1, 1.4c
COVERED, RESCUE = ("inpatient", "chronic_outpatient"), "emergency"  # 2.1e, X-A7


def open_facts(bill: Event, facts: Facts) -> dict[str, tuple[Any, ...]]:
    """What may be unknown of a bill, with the values that it can have."""
    return {
        "designated": FLAGS,
        "emergency_rescue": FLAGS,
        "referral": ("not_required", "referred", "missing"),
        "referral_missing_by": ("person", "other"),
        "place": ("in_county", "out_of_province"),
    }


def settle(setl_id: str, bill: Event, facts: Facts, used: Used) -> Row:
    """One bill under the law, after the bills before it; adds to the counters of its year."""
    known = fold.held_names(facts, CLASS)  # others carry a premium subsidy only: 1.2c
    classes = {CLASS[i["identity"]] for i in known if entitled(i, bill, known)}
    if reason := refusal(setl_id, bill, facts, classes, known):
        return row("decided", reason)
    insured = bill["insured"]
    own = bill.get("in_scope_personal" if insured else "in_scope")  # A4: no insurance has paid
    if own is None or (insured and not bill.get("insurance_settled")):
        return row("held", "insurance_result_missing" if insured else "fact_missing")  # 2.1b
    base = fen(own)
    base += fen(bill["class_b_first_pay"]) + fen(bill["over_limit_price_pay"])  # 2.1c
    figure, points = STANDARD[min(classes)]  # A7: the highest class, once
    if bill["referral"] == "missing" and bill["referral_missing_by"] == "person" and bill["designated"]:
        points -= 10  # 1.3c; A9: a rescue elsewhere is no failure
    ratio = Fraction(points, 100 if insured else 200)  # A5: (ratio - 10) x 50 %
    withheld = min(base, max(0, figure - used["deductible_used"]))  # N3, X-A4, A10
    eligible, left = base - withheld, CAP - used["ordinary_used"]
    due, tilt, at_home = half_up(eligible * ratio), 0, False  # X-A3
    ordinary = min(due, left)
    applied = any(fold.year_of(a) == year(bill) for a in fold.stands(facts, "tilt"))  # A3
    if eligible * ratio > left and applied and insured and bill["designated"]:  # A4: no tilt for the uninsured
        at_home = bill["referral"] in ("referred", "filed") or bill["place"] != "out_of_province"
        if at_home:
            tilt = min(half_up((eligible - ordinary / ratio) * TILT_RATIO), TILT_CAP - used["tilt_used"])  # A2, A19
    for counter, amount in (("ordinary_used", ordinary), ("deductible_used", withheld), ("tilt_used", tilt)):
        used[counter] += amount
    how = ratio, bill["designated"], bill["referral"] == "missing" and bill["referral_missing_by"] == "person", at_home
    reason = "assisted" if ordinary + tilt else fold.zero(base, withheld, due)
    return row("decided", reason, ordinary=ordinary, tilt=tilt, how=how)


def refusal(setl_id: str, bill: Event, facts: Facts, classes: set[int], known: list[Event]) -> str | None:
    """Why the bill gets nothing whatever it costs, in the order of the closed list of reasons."""
    if bill["discharged_on"] < "2023-01-01":  # 6a, A12
        return "before_in_force"
    if not classes:
        return begun(known, bill["discharged_on"])
    if bill["care_type"] not in COVERED and (bill["care_type"] != RESCUE or not bill["emergency_rescue"]):
        return "scope_not_covered"  # 2.1e, X-A7
    if not bill["designated"] and not bill["emergency_rescue"]:
        return "not_designated"  # 1.3d
    if not bill["insured"] and not once(setl_id, bill, facts):
        return "uninsured"  # 1.3b
    return None


def entitled(i: Event, bill: Event, known: list[Event]) -> bool:
    """From recognition (1.3a), class 4 twelve months back (4.2d, A8), until removed: month end if no class is left."""
    on, first, removed, applied = bill["discharged_on"], i["recognised_on"], i.get("removed_on"), i.get("applied_on")
    if fold.never(i):
        return False
    if fold.ended(i, on):
        gone = fold.first_without(i)
        other = any(o["recognised_on"] <= gone and not fold.ended(o, gone) for o in known if o is not i)
        if other or on[:7] != removed[:7]:  # 1.2g, A6, A11, A23
            return False
    if first <= on or CLASS[i["identity"]] != 4 or not applied:
        return bool(first <= on)
    return bool(bill["settled_on"] >= fold.back(applied, 12))  # both ends inclusive, and what lies before recognition


def once(setl_id: str, bill: Event, facts: Facts) -> bool:
    """Of the year's one application for the uninsured that came after enrolling and paying (1.3b, A4)."""
    paid = [e for e in facts["enrolment.changed"] if e["insutype"] == "390" and e.get("paid_on")]
    asked = [a for a in fold.stands(facts, "uninsured_once") if fold.year_of(a) == year(bill)]
    asked = [a for a in asked if any(enrolled(e, a["applied_on"]) for e in paid)]
    if not asked:
        return False
    first = min(asked, key=lambda a: (a["applied_on"], a["application_id"]))
    named = first.get("setl_ids") or []
    return setl_id in named if named else bool(bill["settled_on"] <= first["applied_on"])


def enrolled(e: Event, on: str) -> bool:
    """Registered and paid by that day, and not over."""
    return bool(max(e["paid_on"], e["registered_on"]) <= on <= (e.get("last_day") or "9999"))


def owns(setl_id: str, bill: Event, facts: Facts) -> bool:
    return str(bill["county"]).startswith("5227")


def city(figures: Mapping[str, Any] | None) -> City:
    """The measure with its outside figures, as `--figures` has them under QN."""
    given = figures or {}
    windows = given.get("collection_window_last_day")
    return City(
        "QN", ("ordinary", "tilt"), owns, open_facts, settle,
        beside=lambda facts: premiums(facts, windows), warns=lambda *of: raised(given, *of),
    )  # fmt: skip


def raised(figures: Mapping[str, Any], bills: Bills, rows: dict[Any, Row], facts: Facts) -> dict[str, int]:
    """Yearly own payment in scope after assistance, strictly above the threshold (2.2a, b, e; A15, A22)."""
    sums: dict[int, int] = {}
    for key, bill in bills.items():
        scope = bill.get("in_scope_personal" if bill["insured"] else "in_scope")
        if scope and rows[key]["status"] == "decided" and bill["discharged_on"] >= "2023-01-01":
            own = fen(scope)
            own += fen(bill["class_b_first_pay"]) + fen(bill["over_limit_price_pay"])
            own -= rows[key].get("ordinary", 0) + rows[key].get("tilt", 0)
            sums[year(bill)] = sums.get(year(bill), 0) + own
    found = {f"sum|{y}": amount for y, amount in sums.items() if amount}
    known = [i for i in fold.held_names(facts, CLASS) if not fold.never(i)]
    for y, amount in sums.items() if figures else ():
        mine = any(i["recognised_on"] <= f"{y}-12-31" and not fold.ended(i, f"{y}-01-01") for i in known)
        kinds = ("falling_back", "referral") if mine else ("falling_in",)
        names = {"referral": "referral_own_burden"}
        limits = {kind: fen(figures[names.get(kind, f"warning_{kind}")]) for kind in kinds}
        found |= {f"{kind}|{y}": 0 for kind, limit in limits.items() if amount > limit}
    return found


CITY = city(None)


def oracle(events: Iterable[Event], digest: Callable[[Event], str] | None = None) -> dict[str, dict[str, Any]]:
    """Qiannan alone: person → {"bills": {key: {status, reason, ordinary, tilt}}, "years": {year: counters}}."""
    found = fold.judged(events, [CITY], digest)
    return {
        name: {"bills": _plain(person["bills"]), "years": _years(person["years"])} for name, person in found.items()
    }


def _plain(rows: Mapping[Any, Row]) -> dict[Any, Row]:
    return {key: {"ordinary": 0, "tilt": 0} | one for key, one in rows.items()}


def _years(years: Mapping[Any, Used]) -> dict[int, Used]:
    names = ("ordinary", "deductible", "tilt")
    return {y: {name: used.get(f"{name}_used", 0) for name in names} for (y, _), used in years.items()}
