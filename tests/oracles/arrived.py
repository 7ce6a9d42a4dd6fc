"""What all oracles share: from records in the order of arrival to what is finally known (docs/records.md §3, 4)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

Event = Mapping[str, Any]
CARRIED = """type version region psn_no person_key setl_id msgid visit_id institution_code institution_level
    clearing_type clearing_org pool_pay critical_illness_pay large_amount_pay civil_servant_pay enterprise_pay
    disabled_pay other_fund_pay account_pay cash_pay hospital_share fund_total person_total interim benefit_year
    channel advanced_by""".split()  # of a bill; all else are money and rule fields, which sameness compares
NOTHING = "class_b_first_pay over_limit_price_pay out_of_scope assistance_paid_upstream supplementary_paid".split()
DEFAULT = dict.fromkeys(NOTHING, "0.00") | {"insured": True, "insurance_settled": True}  # unstated by the contract
OWN_ID = {
    "identity.changed": ["source_id", "identity"],
    "application.filed": ["application_id"],
    "enrolment.changed": ["enrolment_id"],
    "person.described": ["source_id"],
    "premium.paid": ["payment_id"],
    "admission.registered": ["admission_id"],
    "checkup.recorded": ["checkup_id"],
}


def stated(events: list[Event], digest: Callable[[Event], str] | None) -> dict[Any, tuple[dict[str, Any], set[Any]]]:
    """Bill → what it states and its message ids: first come, completed by what adds, kept against what contradicts."""
    bills: dict[Any, tuple[dict[str, Any], set[Any]]] = {}
    rivals: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for e in events:
        key = e.get("region"), e.get("setl_id")
        if e["type"] == "settlement.final":
            said = DEFAULT | {f: v for f, v in e.items() if f not in CARRIED and v is not None}
            said = {f: v for f, v in said.items() if (f, v) != ("insurance_settled", False)}  # results not in: absent
            known, msgids = bills.setdefault(key, ({**said, "advanced_by": e.get("advanced_by")}, set()))
            if all(known.get(field, value) == value for field, value in said.items()):
                known.update(said)
                known.setdefault("channel", e.get("channel") or "one_stop")  # no part of sameness: the first stays
                known["advanced_by"] = "person" if e.get("advanced_by") == "person" else known["advanced_by"]
                msgids.add(e.get("msgid"))  # that the person bore it is believed whenever it comes (docs/adr/0010)
            else:
                rivals[key].append(said)
        elif digest and e["type"] == "office.ordered" and e["kind"] == "conflict_resolved":
            for said in (rival for rival in rivals[key] if digest(rival) == e["keep_digest"]):
                kept = {name: bills[key][0][name] for name in ("channel", "advanced_by")}
                bills[key] = said | kept, bills[key][1]
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
