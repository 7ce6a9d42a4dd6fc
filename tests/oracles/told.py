"""What the oracles of matters share: one person as finally known, yearly burdens, flags that several cities have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from tests.oracles import fold
from tests.oracles.fold import Bills, Event, Facts, Row, fen
from tests.oracles.spans import OPEN, Days, common, days, ends, joined, lasting, on_day

Flag = tuple[str, str, str | None, str | None, int | None]
OUTSIDE = fold.REFUSALS[:2]
REST = ("class_b_first_pay", "over_limit_price_pay", "out_of_scope")


class Told(NamedTuple):
    """One person as finally known, with the bills of the measure; `closed` is the last closed business date."""

    bills: Bills
    rows: Mapping[Any, Row]
    facts: Facts
    closed: str | None

    def decided(self) -> Iterable[tuple[Any, Event, Row]]:
        for key, bill in self.bills.items():
            if self.rows[key]["status"] == "decided":
                yield key, bill, self.rows[key]


def burdens(
    told: Told, whole: bool, names: Iterable[str], threshold: int | None, carried: Mapping[str, int] | None = None
) -> dict[str, int]:
    """Yearly own payment after all layers of every decided bill, and a referral above a threshold (17a, 3.4b, 3.7b)."""
    sums: Counter[str] = Counter()
    for key, bill, row in told.decided():
        if row["reason"] not in OUTSIDE:
            amount = own(bill) + (outside(bill) if whole else 0)
            sums[bill["discharged_on"][:4]] += max(0, left(amount, row) - (carried or {}).get(key[1], 0))
    found = {f"sum|{y}": amount for y, amount in sums.items() if amount}
    for y, amount in sums.items():
        held = any(common([days(i)], [(f"{y}-01-01", f"{y}-12-31")]) for i in lasting(told.facts, names))
        if held and threshold is not None and amount > threshold:
            found[f"referral|{y}"] = 0
    return found


def preference(facts: Facts, held: list[Event], county: str, valid: Days) -> Iterable[Flag]:
    """The days on which a person is in the groups and insured here as a resident."""
    insured = [
        (e.get("first_day") or e["registered_on"], e.get("last_day") or OPEN)
        for e in facts["enrolment.changed"]
        if e["county"].startswith(county) and e["insutype"] == "390"
    ]
    for p in facts["premium.paid"]:
        if p["kind"] == "basic" and p["county"].startswith(county) and p.get("insutype") == "390":
            insured.append((f"{p['coverage_year']}-01-01", f"{p['coverage_year']}-12-31"))
    for span in common(common(joined(map(days, held)), joined(insured)), [valid]):
        yield ("insurer_preference", *ends(*span), None, None)


def waivers(facts: Facts, county: str, held: list[Event], valid: Days, kind: str) -> Iterable[Flag]:
    """Stays of people who hold one of the identities on the day of admission; first seen by primary care if so said."""
    for a in facts["admission.registered"]:
        fits = a["county"].startswith(county) and valid[0] <= a["admitted_on"] <= valid[1] and a["designated"]
        if kind == "deposit_waiver":
            fits &= a["primary_care_first"] and a["referral"] != "missing" and a["place"] in ("in_county", "in_city")
        if fits and any(on_day(i, a["admitted_on"]) for i in held):
            yield kind, a["admitted_on"], a.get("discharged_on"), a["admission_id"], None


def placed(i: Event, facts: Facts, county: str) -> bool:
    """By the recognition place, else by insurance, else by registration, else by the platform and what is billed."""
    if i.get("county"):
        return bool(i["county"].startswith(county))
    places = [e["county"] for e in (*facts["enrolment.changed"], *facts["premium.paid"])]
    places = places or [p for p in (fold.described(facts, "registration_county"),) if p]
    if places:
        return any(p.startswith(county) for p in places)
    seen = [e["county"] for e in (*facts["insured.at"], *facts["admission.registered"])]
    return bool(i["region"][:2] == county[:2]) and (not seen or any(p.startswith(county) for p in seen))


def own(bill: Event) -> int:
    return fen(bill.get("in_scope_personal") or "0.00")


def own_qiannan(bill: Event) -> int:
    """2.1c; the whole cost in scope where no insurance has paid (A4)."""
    scope = bill.get("in_scope_personal" if bill["insured"] else "in_scope")
    return fen(scope) + fen(bill["class_b_first_pay"]) + fen(bill["over_limit_price_pay"]) if scope else 0


def outside(bill: Event) -> int:
    return sum(fen(bill[name]) for name in REST)


def left(amount: int, row: Row) -> int:
    return max(0, amount - sum(value for name, value in row.items() if name not in ("status", "reason")))
