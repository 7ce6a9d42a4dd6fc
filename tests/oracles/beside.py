"""The oracle of what stands beside the money of bills: flags, watched dates, yearly burdens, of all five measures.

Written from docs/matters.md, the law texts and the clause register; clause ids beside lines. A flag is
(kind, first day, last day or None, stay, amount in fen); days are ISO texts, both inclusive.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from tests.oracles import dongtou, fold, heshan, jieyang, lanzhou, qiannan_premium
from tests.oracles.county_lists import Lists, spread
from tests.oracles.fold import Beside, fen
from tests.oracles.spans import OPEN, common, days, ends, joined, lasting, later, on_day, without
from tests.oracles.told import Flag, Told, burdens, left, outside, own, own_qiannan, placed, preference, waivers

ACCEPTED = ("assisted", "within_deductible", "nothing_to_assist", "cap_used_up")


def qiannan_flags(told: Told) -> Counter[Flag]:
    """2.1a, 4.3b, 1.1d, N1."""
    facts, known = told.facts, qiannan_premium.CLASS
    upper = [i for i in lasting(facts, known) if known[i["identity"]] <= 2]
    flags = Counter(preference(facts, upper, "5227", ("2023-01-01", OPEN)))
    poor = lasting(facts, f"{qiannan_premium.ALLOWANCE} {qiannan_premium.DESTITUTE}".split())  # A17
    flags.update(waivers(facts, "5227", poor, ("2023-01-01", OPEN), "deposit_waiver"))
    for i in lasting(facts, [*known, *qiannan_premium.FULL]):
        if placed(i, facts, "5227"):
            flags[("tax_list", *ends(*days(i)), None, None)] += 1
    flags.update(extracts(told).values())
    return flags


def extracts(told: Told) -> dict[str, Flag]:
    """4.2c, N1: own payment of the year before an application; one that names no place is ours by its bills."""
    found = {}
    for a in told.facts["application.filed"]:
        here = not a.get("county") or a["county"].startswith("5227")
        if here and a["kind"] == "class_recognition" and (a.get("identity") or CLASS_4[0]) in CLASS_4:
            first, last = fold.back(a["applied_on"], 12), a["applied_on"]
            mine = [(b, r) for _, b, r in told.decided() if first <= b["settled_on"] <= last]
            amount = sum(left(own_qiannan(bill), row) for bill, row in mine)
            if amount or a.get("county"):
                found[a["application_id"]] = ("payment_extract", first, last, None, amount)
    return found


CLASS_4 = [name for name, number in qiannan_premium.CLASS.items() if number == 4]


def qiannan_tasks(told: Told) -> Iterable[tuple[str, str]]:
    """1.3e, A16: an offer a year; 4.2c, N1: a means test until the application is answered."""
    years = set()
    for _, bill, row in told.decided():
        if bill["insured"] and bill.get("insutype") == "390" and bill.get("major_disease") and bill.get("designated"):
            years |= {bill["discharged_on"][:4]} if row["reason"] in ("no_identity", "identity_ended") else set()
    yield from (("offer", year) for year in sorted(years))
    asked = {a["application_id"]: a for a in told.facts["application.filed"]}
    for a in map(asked.__getitem__, extracts(told)):
        served = any(a["applied_on"] <= i["recognised_on"] for i in lasting(told.facts, CLASS_4))
        if not a.get("rejected_on") and not served:
            yield "means_test", a["application_id"]


def jieyang_flags(told: Told) -> Counter[Flag]:
    """6c: no condition but the identity."""
    known = [i for i in lasting(told.facts, jieyang.GROUP) if jieyang.counts(i, {"member|" + jieyang.key(i): False})]
    return Counter(waivers(told.facts, "4452", known, ("2019-07-02", OPEN), "treat_first"))


def jieyang_pending(told: Told, days_given: int) -> Iterable[str]:
    """7.4a: entered, and not approved when so many days after it are closed."""
    for i in lasting(told.facts, jieyang.GROUP):
        kind = i.get("member_type")
        if i["identity"] in jieyang.LOW_INCOME and kind is not None and kind not in jieyang.MEMBERS:
            continue
        if i.get("entered_on") and not i.get("approved_on") and placed(i, told.facts, "4452"):
            if told.closed and later(i["entered_on"], days_given) <= told.closed:
                yield i["entered_on"]


def heshan_flags(told: Told) -> Counter[Flag]:
    """3.3b: recognised by one of the lists, and in no basic insurance."""
    names = [*heshan.GROUP, "重疾人员", "困难转复退军人", "因病致贫家庭成员"]
    mine = [i for i in lasting(told.facts, names) if placed(i, told.facts, "440784")]
    taken = [(e["registered_on"], e.get("last_day") or OPEN) for e in told.facts["enrolment.changed"]]
    flags: Counter[Flag] = Counter()
    for first, last in without(joined(map(days, mine)), joined(taken)):
        begins = any(i["recognised_on"] == first for i in mine)
        due = begins if told.closed is None else later(first, -1) <= told.closed
        if due:
            flags[("not_enrolled", *ends(first, last), None, None)] += 1
    return flags


def heshan_rest(told: Told) -> dict[str, int]:
    """3.2c, A4: what people of class one would still pay is the health department's."""
    found = {}
    for (_, setl_id), bill, row in told.decided():
        on = bill["discharged_on"]
        one = [i for i in lasting(told.facts, ("一类人员",)) if on_day(i, on)]
        paid = fen(bill["assistance_paid_upstream"])  # what the platform paid above the law is carried already
        amount = min(left(own(bill) + outside(bill), row), max(0, own(bill) + outside(bill) - paid))
        if one and row["reason"] in ACCEPTED and amount:
            found[setl_id] = amount
    return found


def lanzhou_flags(told: Told) -> Counter[Flag]:
    """12c: four groups; 21a: the first group and the allowances."""
    valid = ("2022-08-22", "2027-08-21")
    known = lasting(told.facts, [*lanzhou.GROUP, *lanzhou.ALLOWANCE])
    poor = [i for i in known if lanzhou.GROUP.get(i["identity"], 2) < 4]
    named = [i for i in poor if "无人抚养" not in i["identity"]]
    flags = Counter(preference(told.facts, named, "6201", valid))
    free = [i for i in poor if "返贫" not in i["identity"]]
    flags.update(waivers(told.facts, "6201", free, valid, "deposit_waiver"))
    return flags


def dongtou_flags(told: Told) -> Counter[Flag]:
    """3.5a: who is in the supplementary insurance, in the district; 3.5b: people of the defined term."""
    flags: Counter[Flag] = Counter()
    for a in told.facts["admission.registered"]:
        here = a["county"] == "330305" and dongtou.FIRST <= a["admitted_on"] <= dongtou.LAST
        if here and a["supplementary"] and a["place"] == "in_county":
            flags["deposit_waiver", a["admitted_on"], a.get("discharged_on"), a["admission_id"], None] += 1
    mine = [i for i in lasting(told.facts, dongtou.HARDSHIP) if placed(i, told.facts, "330305")]
    for span in common(joined(map(days, mine)), [(dongtou.FIRST, dongtou.LAST)]):
        flags[("family_doctor", *ends(*span), None, None)] += 1
    return flags


def dongtou_checkups(told: Told) -> dict[str, tuple[str, int]]:
    """3.5c, A14: up to 3,500 a year, for the supplementary insured in the management of chronic diseases."""
    used: dict[str, int] = {}
    found: dict[str, tuple[str, int]] = {}
    for c in sorted(told.facts["checkup.recorded"], key=lambda e: (e["performed_on"], e["checkup_id"])):
        if not dongtou.FIRST <= c["performed_on"] <= dongtou.LAST or not c["region"].startswith("33"):
            continue
        year, member = c["performed_on"][:4], c.get("supplementary") if c["chronic_management"] else False
        paid = min(fen(c["amount"]), 350_000 - used.get(year, 0)) if member else 0
        used[year] = used.get(year, 0) + paid
        found[c["checkup_id"]] = ("held" if member is None else "decided"), paid
    return found


def of_qiannan(*of: Any) -> Beside:
    told = Told(*of)
    return Beside(qiannan_flags(told), Counter(qiannan_tasks(told)))


def of_jieyang(days_given: int, lists: Lists) -> Callable[..., Beside]:
    def of(*of: Any) -> Beside:
        told = Told(*of)
        everybody = spread(told.facts["identity.changed"], lists, jieyang.GROUP, {})
        named = told._replace(facts={**told.facts, "identity.changed": everybody})
        told = told._replace(facts=jieyang.people(told.facts, lists))
        pending = {f"approval_pending|{day}": 0 for day in jieyang_pending(named, days_given)}
        return Beside(jieyang_flags(told), raised=pending)

    return of


def of_heshan(threshold: int | None) -> Callable[..., Beside]:
    def of(*of: Any) -> Beside:
        told = Told(*of)
        carried = heshan_rest(told)  # A4: no burden of the person
        rest = {("rest", setl_id): ("decided", amount) for setl_id, amount in carried.items()}
        return Beside(heshan_flags(told), {}, burdens(told, True, heshan.GROUP, threshold, carried), rest)

    return of


def of_lanzhou(threshold: int | None) -> Callable[..., Beside]:
    def of(*of: Any) -> Beside:
        known = [*lanzhou.GROUP, *lanzhou.ALLOWANCE]
        told = Told(*of)
        told = told._replace(facts={**told.facts, "identity.changed": lanzhou.recognised(told.facts, known)})
        return Beside(lanzhou_flags(told), {}, burdens(told, False, known, threshold))

    return of


def of_dongtou(threshold: int | None) -> Callable[..., Beside]:
    def of(*of: Any) -> Beside:
        told = Told(*of)
        known = [*dongtou.HARDSHIP, *dongtou.OFFICE]
        checkups = {("checkup", name): due for name, due in dongtou_checkups(told).items()}
        return Beside(dongtou_flags(told), {}, burdens(told, True, known, threshold), checkups)

    return of
